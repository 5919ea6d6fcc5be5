//! Serves the practice endpoint until it is killed: `serve ROOT PORT ACCESS_KEY SECRET_KEY [--no-sample]`.

use windlass_practice::{PracticeOptions, PracticeServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, port, access_key, secret_key, rest @ ..] = args.as_slice() else {
        return Err("usage: serve ROOT PORT ACCESS_KEY SECRET_KEY [--no-sample]".into());
    };
    let mut options = PracticeOptions::new(root);
    options.port = port.parse()?;
    options.credentials = Some((access_key.clone(), secret_key.clone()));
    options.seed_sample = !rest.iter().any(|arg| arg == "--no-sample");
    let server = PracticeServer::start(options).await?;
    println!("{}", server.endpoint());
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}
