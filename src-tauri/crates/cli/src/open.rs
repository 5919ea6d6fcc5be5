//! Opening what a command needs: a client for the connection that the options name, or the whole core.
use std::path::PathBuf;

use windlass_compose::{ComposeOptions, Core};
use windlass_domain::Bucket;
use windlass_ports::{Connection, CredentialSource};
use windlass_s3::{Access, S3Client};

use crate::args::Common;
use crate::exit::{Code, Failure, OWNED};

/// Where credentials come from, as the options say: a profile, or the default chain of the AWS tools.
fn source(common: &Common) -> CredentialSource {
    match &common.profile {
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => CredentialSource::DefaultChain,
    }
}

/// A client of the connection that the options name. The journal is not opened.
pub(crate) async fn client(common: &Common) -> Result<S3Client, Failure> {
    S3Client::open(Access {
        source: source(common),
        endpoint: common.endpoint_url.clone(),
        region: common.region.clone(),
        access_key: None,
        secret: None,
        session_token: None,
    })
    .await
    .map_err(|e| Failure::remote("Opening the connection", &e))
}

/// The journal's folder.
pub(crate) fn data_dir(common: &Common) -> Result<PathBuf, Failure> {
    windlass_platform::dirs::AppDirs::open(common.data.as_deref())
        .map(|dirs| dirs.data().to_path_buf())
        .map_err(|e| Failure::unexpected("The folder for the journal cannot be used.", e))
}

/// The whole core on the journal. Fails with its own code when another process owns it.
pub(crate) async fn core(common: &Common, options: ComposeOptions) -> Result<Core, Failure> {
    let options = ComposeOptions { data_dir: common.data.clone(), ..options };
    windlass_compose::start(options).await.map_err(|error| {
        if windlass_compose::is_owned(&error) {
            Failure { code: Code::Owned, message: OWNED.to_owned(), detail: None }
        } else {
            Failure::unexpected("Windlass could not start.", format!("{error:#}"))
        }
    })
}

/// The stored connection that the options name, so that a later start can go on with its transfers. Made when there is
/// none. No secret is stored: the chain or the profile is asked each time.
pub(crate) async fn connection(core: &Core, common: &Common) -> Result<String, Failure> {
    let source = source(common);
    let known = core.catalog.connections().await.map_err(|e| Failure::journal(&e))?;
    if let Some(same) = known
        .iter()
        .find(|c| c.source == source && c.endpoint == common.endpoint_url && c.region == common.region)
    {
        return Ok(same.id.clone());
    }
    let name = common.profile.clone().unwrap_or_else(|| "Command line".to_owned());
    let id = free_id(&known);
    core.catalog
        .save_connection(Connection {
            id: id.clone(),
            name,
            source,
            endpoint: common.endpoint_url.clone(),
            region: common.region.clone(),
            start_in: String::new(),
            position: known.len() as i64,
        })
        .await
        .map_err(|e| Failure::journal(&e))?;
    Ok(id)
}

fn free_id(known: &[Connection]) -> String {
    let mut number = known.len() + 1;
    loop {
        let id = format!("cli-{number}");
        if known.iter().all(|c| c.id != id) {
            return id;
        }
        number += 1;
    }
}

/// Looks whether the bucket answers, so that a mistyped name is one plain line and not one per file.
pub(crate) async fn check_bucket(
    core: &Core,
    connection: &str,
    bucket: &Bucket,
    prefix: &str,
) -> Result<(), Failure> {
    use windlass_ports::Remotes as _;
    let what = format!("Opening s3://{bucket}/{prefix}");
    let browse = core.remotes.browse(connection).await.map_err(|e| Failure::remote(&what, &e))?;
    match browse.level(bucket, prefix, windlass_ports::remote::Depth::Level, None).await {
        Ok(_) => Ok(()),
        // May write, may not list: normal for field work.
        Err(error) if error.kind == windlass_ports::RemoteErrorKind::AccessDenied => Ok(()),
        Err(error) => Err(Failure::remote(&what, &error)),
    }
}

/// Waits for Ctrl-C.
pub(crate) async fn ctrl_c() -> Result<(), Failure> {
    tokio::signal::ctrl_c().await.map_err(|e| Failure::unexpected("Ctrl-C cannot be heard here.", e))
}
