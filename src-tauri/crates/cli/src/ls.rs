//! `windlass ls`: pages are printed as they come; nothing is kept.
use serde_json::json;
use windlass_ports::LevelEntry;
use windlass_ports::remote::Depth;

use crate::address::Address;
use crate::args::{Common, Ls};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, bytes, printable};
use crate::past;

pub(crate) async fn run(common: &Common, args: &Ls, output: &Output) -> Result<Code, Failure> {
    let browse = open::client(common).await?.browse();
    let browse: &dyn windlass_ports::RemoteBrowse = &browse;
    let Some(text) = &args.address else {
        let buckets = browse.buckets().await.map_err(|e| Failure::remote("Listing the buckets", &e))?;
        for bucket in buckets {
            output.result(
                || format!("s3://{}/", bucket.name),
                &json!({ "bucket": bucket.name, "created": bucket.created.map(windlass_domain::Timestamp::millis) }),
            );
        }
        return Ok(Code::Done);
    };
    let address = Address::parse(text)?;
    if args.versions {
        return past::versions(browse, &address, output).await;
    }
    if let Some(at) = args.at {
        return past::list(browse, &address, at, args.recursive, output).await;
    }
    let depth = if args.recursive { Depth::Deep } else { Depth::Level };
    let mut after = None;
    let mut seen = false;
    loop {
        let page = browse
            .level(&address.bucket, &address.rest, depth, after.as_deref())
            .await
            .map_err(|e| Failure::remote(&format!("Listing {address}"), &e))?;
        for entry in page.entries {
            seen = true;
            print(&entry, &address, output);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if !seen && !address.rest.is_empty() {
        return Err(Failure::not_found(format!("Nothing is at {address}.")));
    }
    Ok(Code::Done)
}

fn print(entry: &LevelEntry, address: &Address, output: &Output) {
    match entry {
        LevelEntry::Folder(prefix) => output.result(
            || format!("{:>10}  s3://{}/{}", "folder", address.bucket, printable(prefix)),
            &json!({ "folder": prefix }),
        ),
        // Never asked for here: `--versions` shows what is deleted.
        LevelEntry::Deleted { .. } => {}
        LevelEntry::Object { key, size, modified, etag, class } => output.result(
            || format!("{:>10}  s3://{}/{}", bytes(*size), address.bucket, printable(key)),
            &json!({
                "key": key, "size": size, "modified": modified.map(windlass_domain::Timestamp::millis),
                "etag": etag, "class": class,
            }),
        ),
    }
}
