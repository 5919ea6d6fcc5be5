//! Fetching what can be read, as downloads among the transfers. They are of one session; what is on disk is noted here, so that the
//! next one fetches only the rest.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use windlass_domain::thaw::{ThawBatch, ThawItem, ThawItemState, ThawState};
use windlass_domain::{Crc64Nvme, Digest, RelPath, map_key};
use windlass_ports::ScanItem;

use super::{Live, look, planning, then};
use crate::download::{self, DownloadState, One, Wanted};
use crate::jobs::level;
use crate::shared::{Shared, Stopping};

/// Ends noted in one commit.
const WINDOW: usize = 256;
/// Files compared at once with what the bucket has.
const AT_ONCE: usize = 4;
/// Bytes of a file read at once.
const SLAB: u64 = 4 * 1024 * 1024;

/// Fetches what can be read and is not on disk, to its end or until a person stops it.
pub(super) async fn round(shared: &Arc<Shared>, live: &Live) -> Result<(), Stopping> {
    then::expire(shared, live).await?;
    let batch = live.batch();
    let (ThawState::Downloading, Some(folder)) = (batch.state, batch.folder.clone()) else { return Ok(()) };
    let folder = PathBuf::from(folder);
    let ready = look::all(shared, live, ThawItemState::Ready).await;
    let Some(ready) = look::found(shared, live, ready).await else { return Ok(()) };
    let strip = planning::strip(&batch.from, &batch.place);
    let rest = there_already(shared, live, &folder, &strip, ready).await?;
    let left = fetch(shared, live, &batch, &folder, &strip, rest).await?;
    let over = |batch: &mut ThawBatch| {
        if batch.state == ThawState::Downloading {
            batch.state = if batch.nothing_left() { ThawState::Past } else { ThawState::Ready };
            batch.note = match left {
                0 => String::new(),
                1 => "One object was not fetched. It can be read: see why, and download it again.".to_owned(),
                left => {
                    format!(
                        "{left} objects were not fetched. They can be read: see why, and download them again."
                    )
                }
            };
        }
    };
    live.save(shared, over, Vec::new()).await
}

/// Objects that are on disk already are noted, and the others come back.
async fn there_already(
    shared: &Shared,
    live: &Live,
    folder: &Path,
    strip: &str,
    ready: Vec<ThawItem>,
) -> Result<Vec<ThawItem>, Stopping> {
    let batch = live.batch();
    let compare = |item: ThawItem| {
        let batch = &batch;
        async move {
            let path = map_key(&item.key, strip).ok();
            let same = match &path {
                Some(path) => is_on_disk(shared, batch, folder, path, &item).await.unwrap_or(false),
                None => false,
            };
            (item, same)
        }
        .boxed()
    };
    let mut compared = futures::stream::iter(ready).map(compare).buffered(AT_ONCE);
    let (mut rest, mut moved) = (Vec::new(), Vec::new());
    while let Some((item, same)) = compared.next().await {
        if same { moved.push((item.clone(), on_disk(item))) } else { rest.push(item) }
    }
    drop(compared);
    if !moved.is_empty() {
        live.save_moved(shared, moved, |_| ()).await?;
    }
    Ok(rest)
}

fn on_disk(item: ThawItem) -> ThawItem {
    ThawItem { state: ThawItemState::Downloaded, why: String::new(), ..item }
}

/// Whether the whole object is in this file, by the checksum that the bucket has of it. A download that was noted by nobody becomes
/// visible only when it is whole; anything else that has this name is not it.
async fn is_on_disk(
    shared: &Shared,
    batch: &ThawBatch,
    folder: &Path,
    path: &RelPath,
    item: &ThawItem,
) -> Option<bool> {
    let fs = &shared.ports.fs;
    let found = fs.look(folder, path).await.ok()??;
    let ScanItem::File(file) = found.item else { return None };
    if file.size != item.size {
        return None;
    }
    let store = shared.store(&batch.connection, &batch.bucket, level(item.key.as_str())).await.ok()?;
    let state = match &item.version {
        Some(version) => shared.call(store.head_version(&item.key, version)).await.ok()?,
        None => shared.call(store.head(&item.key)).await.ok()?,
    };
    let digest = state.digest.filter(|digest| matches!(digest, Digest::Crc64Nvme(_)))?;
    if state.etag != item.etag {
        return None;
    }
    let (file, mut whole) = (folder.join(path.as_str()), Crc64Nvme::EMPTY);
    while whole.len < item.size {
        let len = usize::try_from(SLAB.min(item.size - whole.len)).ok()?;
        whole = whole.then(fs.read_summed(&file, whole.len, len).await.ok()?.1);
    }
    Some(whole.digest() == digest)
}

/// Fetches these; how many were not.
async fn fetch(
    shared: &Arc<Shared>,
    live: &Live,
    batch: &ThawBatch,
    folder: &Path,
    strip: &str,
    items: Vec<ThawItem>,
) -> Result<u64, Stopping> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let one = |item: &ThawItem| One {
        path: map_key(&item.key, strip),
        key: item.key.clone(),
        version: item.version.clone(),
        seq: item.seq,
    };
    let mut open: std::collections::BTreeMap<u64, ThawItem> =
        items.iter().map(|item| (item.seq, item.clone())).collect();
    let wanted = Wanted {
        connection: batch.connection.clone(),
        bucket: batch.bucket.clone(),
        keys: items.iter().map(one).collect(),
        to: folder.to_owned(),
        name: format!("Thawed: {}", batch.name),
        tell: Some(tell),
    };
    if open.is_empty() {
        return Ok(0);
    }
    let transfers = download::begin(shared, wanted);
    let mut left = 0;
    while !open.is_empty() {
        let mut ends = Vec::new();
        tokio::select! {
            _ = told.recv_many(&mut ends, WINDOW) => {}
            () = live.wake.notified() => {}
        }
        let mut moved = Vec::new();
        for (seq, end) in ends {
            let Some(item) = open.remove(&seq) else { continue };
            let why = match end {
                DownloadState::Done => {
                    moved.push((item.clone(), on_disk(item)));
                    continue;
                }
                DownloadState::Failed(why) => why,
                DownloadState::Cancelled
                | DownloadState::Waiting
                | DownloadState::Active
                | DownloadState::Retrying
                | DownloadState::Paused => "Its download was cancelled.".to_owned(),
            };
            left += 1;
            moved.push((item.clone(), ThawItem { why, ..item }));
        }
        if !moved.is_empty() {
            live.save_moved(shared, moved, |_| ()).await?;
        }
        if live.state().is_over() {
            shared.downloads.cancel_batch(&transfers);
            return Ok(left);
        }
    }
    Ok(left)
}
