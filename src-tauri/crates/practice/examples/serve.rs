//! Serves the practice endpoint until it is killed: `serve ROOT PORT ACCESS_KEY SECRET_KEY [--no-sample] [--deny-delete TEXT]`.
//! With the last, the first delete of a key that contains the text is refused, as by a policy that is changed afterwards.

use windlass_practice::{Fault, Op, PracticeOptions, PracticeServer, Rule, When};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, port, access_key, secret_key, rest @ ..] = args.as_slice() else {
        return Err("usage: serve ROOT PORT ACCESS_KEY SECRET_KEY [--no-sample] [--deny-delete TEXT]".into());
    };
    let mut options = PracticeOptions::new(root);
    options.port = port.parse()?;
    options.credentials = Some((access_key.clone(), secret_key.clone()));
    options.seed_sample = !rest.iter().any(|arg| arg == "--no-sample");
    if let Some(at) = rest.iter().position(|arg| arg == "--deny-delete") {
        let text = rest.get(at + 1).ok_or("--deny-delete needs a text")?;
        let denied = Fault::Status { code: 403, error_code: "AccessDenied".to_owned() };
        options.faults.add(Rule::on(Op::DeleteObject, When::Times(1), denied).for_key(text));
    }
    let server = PracticeServer::start(options).await?;
    println!("{}", server.endpoint());
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}
