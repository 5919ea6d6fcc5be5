//! One object down to its path: staged, bound to one version, compared, and published only over what was expected.
use std::path::Path;

use futures::StreamExt as _;
use windlass_domain::{
    BaseState, Crc64Nvme, Digest, LocalExpect, LocalState, ObjectKey, RelPath, RemoteState, Timestamp,
};
use windlass_ports::{
    FsError, FsErrorKind, JournalWrite, PairRow, RemoteError, RemoteErrorKind, RemoteStore, ScanItem, Scanned,
};

use crate::planted::{self, Bug};
use crate::retry;
use crate::shared::Shared;

/// Bytes gathered before they are written.
const CHUNK: usize = 1024 * 1024;
/// Space that stays free beside what is fetched.
const RESERVE: u64 = 64 * 1024 * 1024;
/// A file system's clock may be this much ahead of ours.
const TICK_NS: i64 = 10_000_000;
/// Cuts of one download that are made good by going on where it stopped.
const CUTS: u32 = 6;

/// Trouble of either side.
#[derive(Debug)]
pub(super) enum Trouble {
    Remote(RemoteError),
    Disk(FsError),
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<FsError> for Trouble {
    fn from(error: FsError) -> Self {
        Self::Disk(error)
    }
}

fn remote(kind: RemoteErrorKind, why: impl Into<String>) -> Trouble {
    Trouble::Remote(RemoteError { kind, source: why.into().into() })
}

/// Fetches `wanted` to `path`. Gives the write that makes the journal know of it, once the file is durable under its name.
///
/// Dropping the future removes what was staged.
pub(super) async fn fetch(
    shared: &Shared,
    store: &dyn RemoteStore,
    row: &PairRow,
    path: &RelPath,
    key: &ObjectKey,
    wanted: &RemoteState,
    expect: &LocalExpect,
) -> Result<JournalWrite, Trouble> {
    let root = Path::new(&row.root);
    let state = shared.call(store.head(key)).await?;
    if state.etag != wanted.etag || state.size != wanted.size {
        return Err(remote(
            RemoteErrorKind::PreconditionFailed,
            "another version is there than the one listed",
        ));
    }
    let free = shared.ports.fs.free_space(root).await?;
    if free < state.size.saturating_add(RESERVE.min(state.size)) {
        return Err(Trouble::Disk(FsError {
            kind: FsErrorKind::Full,
            path: row.root.clone(),
            source: format!("it needs {} bytes and {free} are free", state.size).into(),
        }));
    }
    let mut staged = shared.ports.fs.stage(root, path).await?;
    let mut whole = Crc64Nvme::EMPTY;
    let mut cuts = 0;
    while whole.len < state.size {
        let before = whole.len;
        match some(shared, store, row, key, &state, staged.as_mut(), &mut whole).await {
            Ok(()) if planted::is(Bug::ShortIsWhole) => break,
            Ok(()) => {}
            // Bound to the same version, so that two generations are never spliced (hazard HB29).
            Err(Trouble::Remote(error)) if error.kind.is_passing() && cuts < CUTS => {
                cuts = if whole.len > before { 0 } else { cuts + 1 };
                let wait = retry::delay_ms(cuts, shared.ports.entropy.as_ref());
                tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
            }
            Err(error) => {
                if planted::is(Bug::LeavesTemps) {
                    std::mem::forget(staged);
                }
                return Err(error);
            }
        }
    }
    let digest = whole.digest();
    if whole.len != state.size && !planted::is(Bug::ShortIsWhole) {
        return Err(remote(RemoteErrorKind::Unexpected, "more bytes came than the object has"));
    }
    if let Some(said @ Digest::Crc64Nvme(_)) = state.digest
        && said != digest
        && !planted::is(Bug::PublishesUnverified)
    {
        return Err(remote(RemoteErrorKind::Integrity, "what came has another checksum than the object"));
    }
    // A time of our own: if the file bears another one a moment later, somebody wrote to it.
    let mtime = Timestamp::from_millis(shared.now().millis());
    let mut expect = expect.clone();
    if planted::is(Bug::ReplacesWhatIsThere)
        && let Some(Scanned { item: ScanItem::File(there), .. }) = shared.ports.fs.look(root, path).await?
    {
        expect = LocalExpect::Unchanged(there);
    }
    staged.publish(&expect, Some(mtime)).await?;
    // Whoever writes and puts the time back cannot put back when the file changed last.
    let since = shared.now().0.saturating_add(TICK_NS);
    let touched = |local: &LocalState| local.ctime.0 > since && !planted::is(Bug::BelievesItsOwnTime);
    let found = shared.ports.fs.look(root, path).await?;
    let state = RemoteState { digest: Some(digest), ..state };
    match found.map(|found| found.item) {
        Some(ScanItem::File(mut local))
            if local.size == state.size && local.mtime == mtime && !touched(&local) =>
        {
            local.digest = Some(digest);
            let base = BaseState { local, remote: state };
            Ok(JournalWrite::SaveBase { pair: row.id.clone(), path: path.clone(), base })
        }
        // A disk with coarse times, or an edit right behind us: the next round compares contents.
        _ => Ok(JournalWrite::SaveRemote(row.id.clone(), path.clone(), Some(state))),
    }
}

/// From where it stands to the end, or to the next cut.
async fn some(
    shared: &Shared,
    store: &dyn RemoteStore,
    row: &PairRow,
    key: &ObjectKey,
    state: &RemoteState,
    staged: &mut dyn windlass_ports::Staged,
    whole: &mut Crc64Nvme,
) -> Result<(), Trouble> {
    let place = shared.budget.gate.enter().await;
    let range = (whole.len > 0).then_some(whole.len..state.size);
    let mut etag = state.etag.clone();
    if planted::is(Bug::SplicesVersions) {
        etag = shared.call(store.head(key)).await?.etag;
    }
    let mut body = store.get(key, range, &etag).await?;
    let mut pending = bytes::BytesMut::new();
    loop {
        let chunk = body.next().await.transpose();
        let (last, cut) = match chunk {
            Ok(Some(chunk)) => {
                shared.budget.pace.take(chunk.len() as u64).await;
                shared.meter.add(chunk.len() as u64);
                shared.beat(Some(&row.id));
                pending.extend_from_slice(&chunk);
                (false, None)
            }
            Ok(None) => (true, None),
            Err(error) => (true, Some(error)),
        };
        if pending.len() >= CHUNK || (last && !pending.is_empty()) {
            let bytes = pending.split().freeze();
            let crc = Crc64Nvme::of(&bytes);
            if whole.len + crc.len > state.size {
                return Err(remote(RemoteErrorKind::Unexpected, "more bytes came than the object has"));
            }
            staged.write_at(whole.len, bytes).await?;
            *whole = whole.then(crc);
        }
        if let Some(cut) = cut {
            return Err(cut.into());
        }
        if last {
            break;
        }
    }
    place.succeeded();
    if whole.len < state.size && !planted::is(Bug::ShortIsWhole) {
        return Err(remote(RemoteErrorKind::Network, format!("{} bytes of {} came", whole.len, state.size)));
    }
    Ok(())
}
