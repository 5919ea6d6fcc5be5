//! What a person may take back, and a person's word on conflicts. Whatever moves a file away is an intent first, so that it
//! stands in the list of changes and can itself be taken back.
use std::path::Path;
use std::sync::Arc;

use windlass_domain::sync::conflict_name;
use windlass_domain::{Bucket, LocalExpect, LocalState, ObjectKey, Prefix, RelPath, RemoteExpect, Timestamp};
use windlass_ports::{
    FsError, FsErrorKind, IntentEnd, IntentKind, IntentRow, JournalWrite, PairRow, ScanItem,
};

use super::date;
use super::intents::{changed, ended, intent};
use crate::engine::EngineError;
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

/// Bytes that are copied at once.
const CHUNK: u64 = 1024 * 1024;
/// Names that are tried for what comes back beside another file.
const TRIES: u32 = 100;
const NOT_KNOWN: &str = "Its place in the trash is not known.";
const EMPTIED: &str = "The trash was emptied.";

/// Which side of a conflict stays under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The file that was here.
    Mine,
    /// The object that was in the bucket.
    Theirs,
    /// Both, as they are.
    Both,
}

/// Takes back what an intent did: a delete, a move to the trash, a content that was replaced. Nothing that somebody wrote since
/// is replaced: then what comes back gets a name of its own, beside it.
pub(crate) async fn undo(shared: &Arc<Shared>, id: &str) -> Result<(), EngineError> {
    let intent = shared.ports.journal.intent(id).await?.ok_or(EngineError::NotFound("change"))?;
    if !matches!(intent.ended, Some((_, IntentEnd::Done))) {
        return Err(EngineError::CannotUndo("It was not carried out, or it was taken back already."));
    }
    let pair = shared.pair(&intent.pair).ok_or(EngineError::NotFound("sync folder"))?;
    let row = pair.row();
    match intent.kind {
        IntentKind::TrashLocal | IntentKind::SettleConflict => {
            let place = intent.trashed.as_deref().ok_or(EngineError::CannotUndo(NOT_KNOWN))?;
            bring_back(shared, &row, place, &intent.path).await?;
        }
        IntentKind::ReplaceLocal => {
            let place = intent.trashed.as_deref().ok_or(EngineError::CannotUndo(NOT_KNOWN))?;
            match untouched(shared, &row, &intent).await? {
                Some(now) => put_back(shared, &pair, &row, place, &intent, &now).await?,
                None => bring_back(shared, &row, place, &intent.path).await?,
            }
        }
        IntentKind::DeleteRemote => {
            let bucket = Bucket::new(row.bucket.as_str());
            let store = shared.store(&row.connection, &bucket, &row.prefix).await?;
            let key = Prefix::new(&row.prefix)
                .key(intent.path.as_str())
                .map_err(|_| EngineError::CannotUndo("Its key is not known."))?;
            match (&intent.marker, &intent.trashed) {
                (Some(marker), _) => shared.call(store.remove_marker(&key, marker)).await?,
                (None, Some(trashed)) => {
                    let from = ObjectKey::parse(trashed).map_err(|_| EngineError::CannotUndo(NOT_KNOWN))?;
                    let state = remote::head(shared, store.as_ref(), &from)
                        .await?
                        .ok_or(EngineError::CannotUndo("The trash in the bucket was emptied."))?;
                    let mut expect = RemoteExpect::Absent;
                    if planted::is(Bug::UndoReplaces)
                        && let Some(there) = remote::head(shared, store.as_ref(), &key).await?
                    {
                        expect = RemoteExpect::of(&there);
                    }
                    shared.call(store.copy(&from, &state, &key, &expect, &shared.device)).await?;
                }
                (None, None) => {
                    return Err(EngineError::CannotUndo("Where its content went is not known."));
                }
            }
        }
        IntentKind::MoveRemote | IntentKind::MoveLocal | IntentKind::KeepBoth => {
            return Err(EngineError::CannotUndo(
                "Rename it back where you renamed it; the other side follows.",
            ));
        }
    }
    let undone = JournalWrite::EndIntent {
        id: intent.id.clone(),
        at: shared.now(),
        end: IntentEnd::Undone,
        trashed: intent.trashed,
        marker: intent.marker,
    };
    shared.ports.journal.commit(vec![undone]).await?;
    pair.look_at_all();
    Ok(())
}

/// A file at a path, if there is one.
async fn file(shared: &Shared, row: &PairRow, path: &RelPath) -> Result<Option<LocalState>, FsError> {
    Ok(match shared.ports.fs.look(Path::new(&row.root), path).await?.map(|found| found.item) {
        Some(ScanItem::File(local)) => Some(local),
        _ => None,
    })
}

/// Out of the trash, to the path or, where something is, to a free name beside it.
async fn bring_back(shared: &Shared, row: &PairRow, place: &str, path: &RelPath) -> Result<(), EngineError> {
    let (root, fs) = (Path::new(&row.root), &shared.ports.fs);
    let date = date(shared.now());
    let device = shared.device.get(..8).unwrap_or(&shared.device);
    let beside = (1..=TRIES).filter_map(|number| conflict_name(path, device, &date, number));
    for to in std::iter::once(path.clone()).chain(beside) {
        match fs.untrash(root, place, &to).await {
            Err(error) if error.kind == FsErrorKind::Changed => {}
            Err(error) if error.kind == FsErrorKind::NotFound => {
                return Err(EngineError::CannotUndo(EMPTIED));
            }
            done => return Ok(done?),
        }
    }
    Err(EngineError::CannotUndo("Every name for it beside the file is taken."))
}

/// The file that a download put there, if nobody changed it or its object since.
async fn untouched(
    shared: &Shared,
    row: &PairRow,
    intent: &IntentRow,
) -> Result<Option<LocalState>, EngineError> {
    let Some(now) = file(shared, row, &intent.path).await? else { return Ok(None) };
    let base = shared.ports.journal.file(&row.id, &intent.path).await?.and_then(|known| known.base);
    let same = base.zip(intent.remote.as_ref()).is_some_and(|(base, came)| {
        base.remote.etag == came.etag && base.remote.size == came.size && base.local.same_snapshot(&now)
    });
    Ok(same.then_some(now))
}

/// Makes what lies in the trash the content of the file again. What it replaces goes to the trash in its turn.
async fn put_back(
    shared: &Arc<Shared>,
    pair: &PairHandle,
    row: &PairRow,
    place: &str,
    undone: &IntentRow,
    now: &LocalState,
) -> Result<(), EngineError> {
    let (root, fs) = (Path::new(&row.root), &shared.ports.fs);
    let trashed = RelPath::parse(place).map_err(|_| EngineError::CannotUndo(NOT_KNOWN))?;
    let kept = file(shared, row, &trashed).await?.ok_or(EngineError::CannotUndo(EMPTIED))?;
    if fs.free_space(root).await? < kept.size {
        return Err(EngineError::CannotUndo("There is not enough free space for it."));
    }
    // A copy: at no moment is the name without a file.
    let mut staged = fs.stage(root, &undone.path).await?;
    let mut at = 0;
    while at < kept.size {
        let len = usize::try_from(CHUNK.min(kept.size - at)).unwrap_or(usize::MAX);
        staged.write_at(at, fs.read(&root.join(trashed.as_str()), at, len).await?).await?;
        at += len as u64;
    }
    let mtime = Timestamp::from_millis(shared.now().millis());
    let _by_hand = pair.by_hand.lock().await;
    let mut replaces = intent(shared, row, IntentKind::ReplaceLocal, &undone.path, "You took a change back");
    replaces.at = mtime;
    replaces.size = now.size;
    replaces.local = Some(now.clone());
    replaces.meant = true;
    shared.commit(vec![JournalWrite::SaveIntent(Box::new(replaces.clone()))]).await?;
    let published = staged
        .publish(&LocalExpect::Unchanged(now.clone()), Some(mtime))
        .await
        .map(|published| published.kept);
    finish(shared, &replaces, published).await
}

/// Ends an intent of a person. Of an error that is no refusal it is not known how far it came: the next round looks.
async fn finish(
    shared: &Shared,
    intent: &IntentRow,
    done: Result<Option<String>, FsError>,
) -> Result<(), EngineError> {
    let (end, trashed) = match &done {
        Ok(place) => (IntentEnd::Done, place.clone()),
        Err(error) if changed(error) => (IntentEnd::Refused, None),
        Err(_) => return Ok(done.map(|_| ())?),
    };
    shared.commit(vec![ended(shared, intent, end, trashed, None)]).await?;
    Ok(done.map(|_| ())?)
}

/// Moves the file that lost a conflict to the trash. `to`: the file that takes its name.
async fn settle(
    shared: &Shared,
    row: &PairRow,
    path: &RelPath,
    local: LocalState,
    to: Option<&RelPath>,
    cause: &str,
) -> Result<(), EngineError> {
    let mut settles = intent(shared, row, IntentKind::SettleConflict, path, cause);
    settles.to = to.cloned();
    settles.size = local.size;
    settles.local = Some(local.clone());
    settles.meant = true;
    shared.commit(vec![JournalWrite::SaveIntent(Box::new(settles.clone()))]).await?;
    let trashed = shared.ports.fs.trash(Path::new(&row.root), path, &local, settles.at).await;
    finish(shared, &settles, trashed.map(Some)).await
}

/// A person's word on a conflict whose sides were both kept. What loses goes to the trash here, from where it can be brought
/// back; the round that follows carries it to the bucket.
pub(crate) async fn resolve(shared: &Arc<Shared>, id: &str, keep: Keep) -> Result<(), EngineError> {
    let intent = shared.ports.journal.intent(id).await?.ok_or(EngineError::NotFound("conflict"))?;
    let IntentRow { kind: IntentKind::KeepBoth, to: Some(copy), .. } = &intent else {
        return Err(EngineError::NotFound("conflict"));
    };
    let pair = shared.pair(&intent.pair).ok_or(EngineError::NotFound("sync folder"))?;
    let row = pair.row();
    let by_hand = pair.by_hand.lock().await;
    match keep {
        Keep::Both => {}
        Keep::Theirs => {
            if let Some(mine) = file(shared, &row, copy).await? {
                settle(shared, &row, copy, mine, None, "You kept the version of the bucket").await?;
            }
        }
        Keep::Mine => {
            let mine = file(shared, &row, copy)
                .await?
                .ok_or(EngineError::CannotUndo("The copy with your changes is not there any more."))?;
            if let Some(theirs) = file(shared, &row, &intent.path).await? {
                settle(shared, &row, &intent.path, theirs, Some(copy), "You kept your version").await?;
            }
            shared.ports.fs.rename(Path::new(&row.root), copy, &intent.path, &mine).await?;
        }
    }
    let resolved = JournalWrite::EndIntent {
        id: intent.id.clone(),
        at: shared.now(),
        end: IntentEnd::Undone,
        trashed: None,
        marker: None,
    };
    shared.ports.journal.commit(vec![resolved]).await?;
    drop(by_hand);
    for path in [intent.path.clone(), copy.clone()] {
        pair.look_at(path);
    }
    Ok(())
}
