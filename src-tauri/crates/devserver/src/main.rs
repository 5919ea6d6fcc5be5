//! Windlass for a browser on this computer: the same API as the window, on loopback with a token. Never shipped.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use windlass_compose::ComposeOptions;
use windlass_engine::EngineOptions;
use windlass_platform::SystemEntropy;
use windlass_ports::{Entropy, Remotes};

mod server;

/// Serves the user interface and the core on loopback until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "windlass-devserver", version)]
struct Args {
    /// Folder of the journal, instead of the app's.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The built user interface.
    #[arg(long, default_value = "ui/dist")]
    ui: PathBuf,
    /// Seconds a file must lie still before it is read.
    #[arg(long, default_value_t = 1.0)]
    settle: f64,
    /// Seconds between two looks at the bucket, and between the two looks that both miss a file before it counts as gone.
    #[arg(long)]
    every: Option<f64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("WINDLASS_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("windlass=info,warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let mut engine =
        EngineOptions { settle: Duration::try_from_secs_f64(args.settle)?, ..EngineOptions::default() };
    if let Some(every) = args.every {
        let every = Duration::try_from_secs_f64(every)?;
        (engine.absence, engine.remote_every) = (every, every);
    }
    let core =
        windlass_compose::start(ComposeOptions { data_dir: args.data, engine, ..ComposeOptions::default() })
            .await?;
    let listener =
        tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await.context("opening the port")?;
    let port = listener.local_addr()?.port();
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let token = format!("{:016x}{:016x}", entropy.next_u64(), entropy.next_u64());
    let spool = core.dirs.data().join("dropped");
    let door = Arc::new(server::Door {
        api: Arc::clone(&core.api),
        remotes: Arc::clone(&core.remotes) as Arc<dyn Remotes>,
        entropy,
        token: token.clone(),
        port,
        ui: args.ui,
        spool,
    });
    // The token is in the fragment: it is never sent to a server or written to a log by one.
    println!("listening http://127.0.0.1:{port}/#token={token}");
    let serving = axum::serve(listener, server::router(Arc::clone(&door))).into_future();
    tokio::select! {
        ended = serving => ended.context("serving")?,
        () = ended_by_a_person() => {}
    }
    drop(door);
    core.shutdown().await;
    Ok(())
}

async fn ended_by_a_person() {
    #[cfg(unix)]
    {
        let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(term) => term,
            Err(_) => return,
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        tracing::warn!("Ctrl-C cannot be heard here");
    }
}
