//! Intents: what changes or removes something is written down first; a stop in between is resolved by looking, never by
//! guessing (invariants I5, I7).
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use windlass_domain::sync::{Op, SyncPlan};
use windlass_domain::words::FailureCode;
use windlass_domain::{Bucket, LocalState, ObjectKey, Prefix, RelPath, RemoteState, VersionId};
use windlass_ports::{
    FileState, FsError, FsErrorKind, IntentEnd, IntentKind, IntentRow, JournalWrite, PairRow, RemoteError,
    RemoteErrorKind, ScanItem,
};

use crate::observe::Broken;
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

use super::trouble::failure;

/// A new intent.
pub(super) fn intent(
    shared: &Shared,
    row: &PairRow,
    kind: IntentKind,
    path: &RelPath,
    cause: &str,
) -> IntentRow {
    IntentRow {
        id: shared.id('i'),
        pair: row.id.clone(),
        kind,
        path: path.clone(),
        to: None,
        local: None,
        remote: None,
        size: 0,
        cause: cause.to_owned(),
        at: shared.now(),
        meant: false,
        trashed: None,
        marker: None,
        ended: None,
    }
}

/// The write that ends it.
pub(super) fn ended(
    shared: &Shared,
    intent: &IntentRow,
    end: IntentEnd,
    trashed: Option<String>,
    marker: Option<VersionId>,
) -> JournalWrite {
    JournalWrite::EndIntent { id: intent.id.clone(), at: shared.now(), end, trashed, marker }
}

/// Where `LocalFs::trash` puts a file.
pub(super) fn trash_place(intent: &IntentRow) -> String {
    format!(".windlass/trash/{}/{}", intent.at.millis(), intent.path)
}

/// Key in the trash of a bucket that keeps no versions.
pub(super) fn trash_key(prefix: &Prefix, intent: &IntentRow) -> Result<ObjectKey, RemoteError> {
    let rest = format!(".windlass/trash/{}/{}", intent.at.millis(), intent.path);
    prefix
        .key(&rest)
        .map_err(|error| RemoteError { kind: RemoteErrorKind::BadRequest, source: error.to_string().into() })
}

/// What came of the intents that a stop left open.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    /// Files of which nobody can say yet what became of them.
    unresolved: BTreeSet<RelPath>,
}

impl Recovered {
    /// Takes what concerns them out of a plan: what is decided of a file rests on knowing what was done with it (invariant I5).
    /// `true` if there is any.
    pub(super) fn hold(&self, plan: &mut SyncPlan) -> bool {
        plan.ops.retain(|op| match op {
            Op::MoveRemote { from, to, .. } | Op::MoveLocal { from, to, .. } => {
                !self.unresolved.contains(from) && !self.unresolved.contains(to)
            }
            op => !self.unresolved.contains(op.path()),
        });
        !self.unresolved.is_empty()
    }
}

/// Ends the intents that a stop left open. What took effect is noted; what did not is left for this round to decide anew. Where
/// one file cannot be looked at, its intent stays open, the file says so, and the others go on.
pub(super) async fn recover(shared: &Arc<Shared>, pair: &PairHandle) -> Result<Recovered, Broken> {
    // What a person takes back right now comes to its end first.
    let _by_hand = pair.by_hand.lock().await;
    let row = pair.row();
    let open = shared.ports.journal.open_intents(&row.id).await.map_err(Broken::Journal)?;
    let mut recovered = Recovered::default();
    if open.is_empty() || planted::is(Bug::ForgetsOpenIntents) {
        return Ok(recovered);
    }
    for intent in open {
        match resolved(shared, pair, &row, &intent).await {
            Ok((end, trashed)) => {
                tracing::info!(pair = %row.id, kind = ?intent.kind, ?end, "an interrupted change was resolved");
                shared.commit(vec![ended(shared, &intent, end, trashed, None)]).await?;
            }
            Err(broken) => {
                let (code, note) = of_one_file(shared, pair, broken).await?;
                tracing::warn!(pair = %row.id, kind = ?intent.kind, path = %intent.path, note, "an interrupted change cannot be looked at");
                for path in [Some(intent.path), intent.to].into_iter().flatten() {
                    let known = shared.ports.journal.file(&row.id, &path).await.map_err(Broken::Journal)?;
                    let state = FileState::Failed(code);
                    if known.as_ref().is_none_or(|known| known.state != state) {
                        let local = known.and_then(|known| known.local);
                        let (pair, path, note) = (row.id.clone(), path.clone(), note.clone());
                        shared
                            .commit(vec![JournalWrite::SaveFile { pair, path, local, state, note }])
                            .await?;
                    }
                    recovered.unresolved.insert(path);
                }
            }
        }
    }
    Ok(recovered)
}

/// What trouble says of one file. An error where it says nothing, or something of all of them.
pub(super) async fn of_one_file(
    shared: &Shared,
    pair: &PairHandle,
    broken: Broken,
) -> Result<(FailureCode, String), Broken> {
    match broken.cause() {
        Broken::Disk(error)
            if matches!(error.kind, FsErrorKind::Denied | FsErrorKind::Other)
                && pair.root_is_there(shared).await =>
        {
            Ok((FailureCode::Unreadable, error.source.to_string()))
        }
        Broken::Remote(error) => match failure(error.kind) {
            Some(code) => Ok((code, error.source.to_string())),
            None => Err(Broken::Remote(error)),
        },
        broken => Err(broken),
    }
}

/// How an intent ended, as a look at both sides tells, and where what it took away lies.
async fn resolved(
    shared: &Arc<Shared>,
    pair: &PairHandle,
    row: &PairRow,
    intent: &IntentRow,
) -> Result<(IntentEnd, Option<String>), Broken> {
    let bucket = Bucket::new(row.bucket.as_str());
    let prefix = Prefix::new(&row.prefix);
    let root = Path::new(&row.root);
    let path = &intent.path;
    Ok(match intent.kind {
        IntentKind::DeleteRemote => {
            let store = shared.store(&row.connection, &bucket, &row.prefix).await.map_err(Broken::Remote)?;
            let key = key(&prefix, path)?;
            let there = remote::head(shared, store.as_ref(), &key).await.map_err(Broken::Remote)?;
            let trashed = trash_key(&prefix, intent).ok().map(|key| key.as_str().to_owned());
            if there.is_none() { (IntentEnd::Done, trashed) } else { (IntentEnd::Refused, None) }
        }
        IntentKind::TrashLocal => {
            let here = shared.ports.fs.look(root, path).await.map_err(Broken::Disk)?;
            match here {
                None if pair.root_is_there(shared).await => (IntentEnd::Done, Some(trash_place(intent))),
                _ => (IntentEnd::Refused, None),
            }
        }
        IntentKind::KeepBoth | IntentKind::MoveLocal => {
            let to = intent.to.as_ref().unwrap_or(path);
            let here = shared.ports.fs.look(root, to).await.map_err(Broken::Disk)?;
            let moved = matches!(
                (here.map(|found| found.item), &intent.local),
                (Some(ScanItem::File(now)), Some(then)) if now.file_id == then.file_id && now.size == then.size
            );
            if moved && intent.kind == IntentKind::KeepBoth {
                // The old base speaks of a file that bears another name now.
                shared.commit(vec![JournalWrite::ForgetBase(row.id.clone(), path.clone())]).await?;
            }
            (if moved { IntentEnd::Done } else { IntentEnd::Refused }, None)
        }
        IntentKind::ReplaceLocal | IntentKind::SettleConflict => {
            let place = trash_place(intent);
            if went_to_trash(shared, root, intent, &place).await? {
                (IntentEnd::Done, Some(place))
            } else {
                (IntentEnd::Refused, None)
            }
        }
        // Copied and not deleted, or neither: both are seen by the look that follows.
        IntentKind::MoveRemote => (IntentEnd::Refused, None),
    })
}

/// Whether the file that an intent names lies in the trash, and under its name no more.
async fn went_to_trash(
    shared: &Shared,
    root: &Path,
    intent: &IntentRow,
    place: &str,
) -> Result<bool, Broken> {
    let (Some(then), Ok(place)) = (&intent.local, RelPath::parse(place)) else { return Ok(false) };
    let file = async |path: &RelPath| -> Result<Option<LocalState>, Broken> {
        Ok(match shared.ports.fs.look(root, path).await.map_err(Broken::Disk)?.map(|found| found.item) {
            Some(ScanItem::File(now)) => Some(now),
            _ => None,
        })
    };
    // Where names cannot change places the trash holds a copy, or a second name, before the file is replaced.
    let is_still_here = file(&intent.path)
        .await?
        .is_some_and(|now| now.file_id == then.file_id && now.size == then.size && now.mtime == then.mtime);
    Ok(!is_still_here && file(&place).await?.is_some_and(|kept| kept.size == then.size))
}

/// The key of a path.
pub(super) fn key(prefix: &Prefix, path: &RelPath) -> Result<ObjectKey, Broken> {
    prefix.key(path.as_str()).map_err(|error| {
        Broken::Remote(RemoteError { kind: RemoteErrorKind::BadRequest, source: error.to_string().into() })
    })
}

/// The state an object must be in; its digest does not count.
pub(super) fn is_version(now: &RemoteState, then: &RemoteState) -> bool {
    now.etag == then.etag && now.size == then.size
}

/// Whether the disk says that a file is not what it was.
pub(super) const fn changed(error: &FsError) -> bool {
    matches!(error.kind, FsErrorKind::Changed | FsErrorKind::NotFound)
}
