//! One object down to its path: staged, bound to one version, compared, and published only over what was expected.
use std::path::Path;

use futures::StreamExt as _;
use windlass_domain::{
    BaseState, Crc64Nvme, Digest, LocalExpect, LocalState, ObjectKey, RelPath, RemoteState, Timestamp,
};
use windlass_ports::{
    FsError, FsErrorKind, IntentEnd, IntentKind, JournalWrite, PairRow, RemoteError, RemoteErrorKind,
    RemoteStore, ScanItem, Scanned,
};

use super::intents::{changed, ended, intent};
use crate::planted::{self, Bug};
use crate::retry;
use crate::shared::{Shared, Stopping};

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
    Stopping,
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<Stopping> for Trouble {
    fn from(_: Stopping) -> Self {
        Self::Stopping
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

/// What the journal shall know, once the file is durable under its name.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) write: JournalWrite,
    /// The end of the intent, where a file was replaced.
    pub(super) end: Option<JournalWrite>,
}

/// Fetches `wanted` to `path`. What it replaces there goes to the trash, after an intent that says so is durable.
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
) -> Result<Fetched, Trouble> {
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
    let (end, changed) = publish(shared, row, path, wanted, staged, &expect, mtime).await?;
    // Whoever writes and puts the time back cannot put back when the file changed last.
    let since = changed.unwrap_or_else(|| Timestamp(shared.now().0.saturating_add(TICK_NS)));
    let touched = |local: &LocalState| local.ctime > since && !planted::is(Bug::BelievesItsOwnTime);
    let found = shared.ports.fs.look(root, path).await?;
    let state = RemoteState { digest: Some(digest), ..state };
    let write = match found.map(|found| found.item) {
        Some(ScanItem::File(mut local))
            if local.size == state.size && local.mtime == mtime && !touched(&local) =>
        {
            local.digest = Some(digest);
            let base = BaseState { local, remote: state };
            JournalWrite::SaveBase { pair: row.id.clone(), path: path.clone(), base }
        }
        // A disk with coarse times, or an edit right behind us: the next round compares contents.
        _ => JournalWrite::SaveRemote(row.id.clone(), path.clone(), Some(state)),
    };
    Ok(Fetched { write, end })
}

/// Gives what was staged its name. A new file costs no commit; the file that one replaces gets an intent first, so that it can
/// be brought back. Gives the end of that, and when the new one changed last.
async fn publish(
    shared: &Shared,
    row: &PairRow,
    path: &RelPath,
    wanted: &RemoteState,
    staged: Box<dyn windlass_ports::Staged>,
    expect: &LocalExpect,
    mtime: Timestamp,
) -> Result<(Option<JournalWrite>, Option<Timestamp>), Trouble> {
    let LocalExpect::Unchanged(local) = expect else {
        let published = staged.publish(expect, Some(mtime)).await?;
        return Ok((None, published.changed));
    };
    let mut replaces = intent(shared, row, IntentKind::ReplaceLocal, path, "It was changed in the bucket");
    replaces.at = mtime;
    replaces.size = local.size;
    replaces.local = Some(local.clone());
    replaces.remote = Some(wanted.clone());
    shared.commit(vec![JournalWrite::SaveIntent(Box::new(replaces.clone()))]).await?;
    match staged.publish(expect, Some(mtime)).await {
        Ok(published) => {
            let end = ended(shared, &replaces, IntentEnd::Done, published.kept, None);
            Ok((Some(end), published.changed))
        }
        Err(error) => {
            // Of any other error it is not known how far it came: the next round looks.
            if changed(&error) {
                shared.commit(vec![ended(shared, &replaces, IntentEnd::Refused, None, None)]).await?;
            }
            Err(error.into())
        }
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
