//! `windlass practice`: the practice endpoint, for trying things out and for scripts.
use serde_json::json;
use windlass_practice::{PracticeOptions, PracticeServer};

use crate::args::{Common, Practice};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::Output;

pub(crate) async fn run(common: &Common, args: &Practice, output: &Output) -> Result<Code, Failure> {
    let root = match &args.root {
        Some(root) => root.clone(),
        None => open::data_dir(common)?.join("practice"),
    };
    let mut options = PracticeOptions::new(&root);
    options.port = args.port;
    options.seed_sample = !args.empty;
    let failed = |e| {
        Failure::unexpected(
            "The practice endpoint could not start. Is its port taken, or its folder not writable?",
            e,
        )
    };
    let server = PracticeServer::start(options).await.map_err(failed)?;
    if args.reset {
        server.reset().await.map_err(failed)?;
    }
    output.result(
        || {
            format!(
                "The practice endpoint answers at {}\n\n  export AWS_ENDPOINT_URL={}\n  export AWS_ACCESS_KEY_ID={}\n  export AWS_SECRET_ACCESS_KEY={}\n  export AWS_REGION={}\n\nIt stays on this computer and ends with Ctrl-C. Its data is in {}",
                server.endpoint(), server.endpoint(), server.access_key(), server.secret_key(), server.region(), root.display(),
            )
        },
        &json!({
            "endpoint": server.endpoint(), "access_key": server.access_key(), "secret_key": server.secret_key(),
            "region": server.region(), "root": root,
        }),
    );
    open::ctrl_c().await?;
    server.stop().await;
    Ok(Code::Done)
}
