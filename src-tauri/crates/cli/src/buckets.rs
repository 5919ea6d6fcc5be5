//! `windlass mb` and `windlass rb`: a bucket is made, or deleted when it is empty.
use serde_json::{Value, json};
use windlass_api::{ErrorCode, UiError};
use windlass_compose::ComposeOptions;

use crate::address::Address;
use crate::args::{Common, Mb, Rb};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::Output;

/// `mb`
pub(crate) async fn make(common: &Common, args: &Mb, output: &Output) -> Result<Code, Failure> {
    let bucket = whole(&args.address)?;
    let draft = json!({
        "name": bucket, "region": common.region.as_deref().unwrap_or_default(), "versioning": args.versions,
        "object_lock": args.object_lock,
    });
    ask(common, "create_bucket", json!({ "draft": draft })).await?;
    output.result(|| format!("Made s3://{bucket}/."), &json!({ "made": bucket }));
    Ok(Code::Done)
}

/// `rb`
pub(crate) async fn remove(common: &Common, args: &Rb, output: &Output) -> Result<Code, Failure> {
    let bucket = whole(&args.address)?;
    // Here the name is always typed.
    ask(common, "delete_bucket", json!({ "bucket": bucket, "typed": bucket })).await?;
    output.result(|| format!("Deleted s3://{bucket}/, which was empty."), &json!({ "deleted": bucket }));
    Ok(Code::Done)
}

/// The bucket of an address that names nothing in it.
fn whole(text: &str) -> Result<String, Failure> {
    let address = Address::parse(text)?;
    if address.rest.is_empty() {
        return Ok(address.bucket.as_str().to_owned());
    }
    Err(Failure::usage(format!(
        "{address} is a place in a bucket. Name only the bucket: s3://{}.",
        address.bucket
    )))
}

/// Asks the core, which looks after the sync folders and writes down what it did.
async fn ask(common: &Common, name: &str, mut args: Value) -> Result<(), Failure> {
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        let connection = open::connection(&core, common).await?;
        if let Some(args) = args.as_object_mut() {
            args.insert("connection".to_owned(), json!(connection));
        }
        core.api.call(name, args).await.map(|_| ()).map_err(failure)
    };
    let result = work.await;
    core.shutdown().await;
    result
}

fn failure(error: UiError) -> Failure {
    let code = match error.code {
        ErrorCode::SignInAgain | ErrorCode::NoPermission | ErrorCode::KeychainLocked => Code::NotAllowed,
        ErrorCode::NotFound | ErrorCode::FolderMissing => Code::NotFound,
        ErrorCode::Offline => Code::Offline,
        ErrorCode::NameNotAllowed | ErrorCode::BadRequest => Code::Usage,
        ErrorCode::Conflict => Code::NeedsYou,
        ErrorCode::AlreadyRunning => Code::Owned,
        ErrorCode::DiskFull | ErrorCode::JournalTooNew | ErrorCode::NotSupported | ErrorCode::Unexpected => {
            Code::Unexpected
        }
    };
    Failure { code, message: error.message, detail: error.detail }
}
