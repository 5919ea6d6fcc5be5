//! `windlass verify`: reads every file again and compares it with what the bucket holds, without trusting the journal.
use std::path::Path;

use futures::StreamExt as _;
use serde_json::json;
use windlass_domain::{Capabilities, Crc64Nvme, ObjectKey, RelPath, RemoteState};
use windlass_platform::Disk;
use windlass_ports::{LocalFs as _, RemoteError, RemoteErrorKind, RemoteStore, ScanItem};

use crate::address::Address;
use crate::args::{Common, Verify};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, printable};

const SLAB: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Tally {
    equal: u64,
    wrong: u64,
}

pub(crate) async fn run(common: &Common, args: &Verify, output: &Output) -> Result<Code, Failure> {
    let address = Address::parse(&args.address)?;
    let root = args
        .local
        .canonicalize()
        .map_err(|_| Failure::not_found(format!("There is no file or folder {}.", args.local.display())))?;
    let store = open::client(common).await?.bucket(&address.bucket, Capabilities::default());
    let disk = Disk::new();
    let mut tally = Tally::default();
    if root.is_file() {
        let name = root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let key = if address.rest.is_empty() || address.rest.ends_with('/') {
            format!("{}{name}", address.rest)
        } else {
            address.rest.clone()
        };
        compare(&disk, &store, &root, &name, &key, output, &mut tally).await?;
    } else {
        let prefix = address.prefix();
        let mut items = disk.scan(&root, None);
        while let Some(found) = items.next().await {
            let found = found.map_err(|e| Failure::unexpected("The folder could not be read.", e))?;
            let path = found.path.as_ref().map_or("", RelPath::as_str);
            match found.item {
                ScanItem::File(_) => {
                    compare(
                        &disk,
                        &store,
                        &root.join(path),
                        path,
                        &format!("{prefix}{path}"),
                        output,
                        &mut tally,
                    )
                    .await?;
                }
                ScanItem::Link | ScanItem::Special => tell(output, path, "left_out", "Not a regular file."),
                ScanItem::Unreadable(why) | ScanItem::BadName(why) => {
                    tally.wrong += 1;
                    tell(output, path, "unreadable", &why);
                }
            }
        }
    }
    output.result(
        || format!("{} of {} verified.", tally.equal, tally.equal + tally.wrong),
        &json!({ "verified": tally.equal, "total": tally.equal + tally.wrong }),
    );
    Ok(if tally.wrong == 0 { Code::Done } else { Code::NeedsYou })
}

fn tell(output: &Output, path: &str, state: &str, words: &str) {
    output.result(
        || format!("{}: {words}", printable(path)),
        &json!({ "path": path, "state": state, "words": words }),
    );
}

async fn compare(
    disk: &Disk,
    store: &dyn RemoteStore,
    file: &Path,
    path: &str,
    key: &str,
    output: &Output,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let (state, words) = match ObjectKey::parse(key) {
        Err(problem) => ("name_not_allowed", problem.to_string()),
        Ok(key) => verdict(disk, store, file, &key).await?,
    };
    if state == "verified" {
        tally.equal += 1;
        if output.json() {
            tell(output, path, state, &words);
        }
    } else {
        tally.wrong += 1;
        tell(output, path, state, &words);
    }
    Ok(())
}

async fn verdict(
    disk: &Disk,
    store: &dyn RemoteStore,
    file: &Path,
    key: &ObjectKey,
) -> Result<(&'static str, String), Failure> {
    let what = format!("Comparing {key}");
    let remote = match store.head(key).await {
        Ok(remote) => remote,
        Err(RemoteError { kind: RemoteErrorKind::NotFound, .. }) => {
            return Ok(("missing", "Not in the bucket.".to_owned()));
        }
        Err(error) => return Err(Failure::remote(&what, &error)),
    };
    let here = match read(disk, file).await {
        Ok(here) => here,
        Err(error) => return Ok(("unreadable", format!("Cannot be read here ({error})."))),
    };
    if here.len != remote.size {
        return Ok(("differs", format!("The object has {} bytes, the file has {}.", remote.size, here.len)));
    }
    let there = match remote.digest {
        Some(digest) if digest == here.digest() => {
            return Ok(("verified", "The bucket's own checksum equals the file's.".to_owned()));
        }
        _ => fetch(store, key, &remote).await.map_err(|e| Failure::remote(&what, &e))?,
    };
    Ok(if there == here {
        ("verified", "The object was read back and equals the file.".to_owned())
    } else {
        ("differs", "The object holds other bytes than the file.".to_owned())
    })
}

async fn read(disk: &Disk, file: &Path) -> Result<Crc64Nvme, windlass_ports::FsError> {
    let size = match disk.look_absolute(file).await? {
        Some(ScanItem::File(state)) => state.size,
        _ => 0,
    };
    let mut whole = Crc64Nvme::EMPTY;
    while whole.len < size {
        let len = usize::try_from(size - whole.len).unwrap_or(SLAB).min(SLAB);
        whole = whole.then(Crc64Nvme::of(&disk.read(file, whole.len, len).await?));
    }
    Ok(whole)
}

async fn fetch(
    store: &dyn RemoteStore,
    key: &ObjectKey,
    remote: &RemoteState,
) -> Result<Crc64Nvme, RemoteError> {
    let mut body = store.get(key, None, &remote.etag).await?;
    let mut whole = Crc64Nvme::EMPTY;
    while let Some(chunk) = body.next().await {
        whole = whole.then(Crc64Nvme::of(&chunk?));
    }
    Ok(whole)
}
