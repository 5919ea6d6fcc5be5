//! What a person is shown before anything happens, and what a person may take back.
use std::path::Path;
use std::sync::Arc;

use windlass_domain::sync::{Op, Summary};
use windlass_domain::{Bucket, ObjectKey, Prefix, RelPath, RemoteExpect};
use windlass_ports::{IntentEnd, IntentKind, IntentRow, JournalWrite, ScanItem};

use super::{Evidence, decide, renames, view};
use crate::engine::EngineError;
use crate::observe::Broken;
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::settle::Settling;
use crate::shared::Shared;

/// A plan to look at. It holds no way to carry itself out: a round always looks anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanReport {
    /// Counts and bytes.
    pub summary: Summary,
    /// The same in one sentence.
    pub sentence: String,
    /// Every step, in the order they would be taken.
    pub ops: Vec<PlanLine>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// Path it is about.
    pub path: RelPath,
    /// Where to, for renames and kept conflicts.
    pub to: Option<RelPath>,
    /// What would be done: `upload`, `replace_there`, `download`, `replace_here`, `delete_there`, `trash_here`,
    /// `rename_there`, `rename_here`, `keep_both`, `compare`, `adopt`, `forget`, `show`.
    pub what: &'static str,
    /// Bytes.
    pub size: u64,
}

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

/// What a round would do now. Reads both sides and changes nothing but the state of files in the journal.
pub(crate) async fn preview(shared: &Arc<Shared>, pair: &PairHandle) -> Result<PlanReport, Broken> {
    let row = pair.row();
    let (mut settling, mut evidence) = (Settling::default(), Evidence::default());
    let looking = view::Looking {
        shared,
        pair,
        row: &row,
        settling: &mut settling,
        evidence: &mut evidence,
        filter: &super::filter(&row),
        preview: true,
        rules: pair.name_rules(shared).await,
    };
    let view = looking.look(&[]).await?;
    let (mut seen, copies, blocked) = (view.seen, view.copies, view.blocked);
    let mut plan = decide(shared, pair, &row, &seen, &copies, &blocked);
    // A rename in the bucket is to be shown as one. Where that cannot be found out now, it is a new object and a missing one.
    if renames::ask(shared, pair, &row, &plan, &mut seen).await.is_ok_and(|asked| asked.any) {
        plan = decide(shared, pair, &row, &seen, &copies, &blocked);
    }
    let summary = Summary::of(&plan);
    let ops = plan.ops.iter().map(line).collect();
    Ok(PlanReport { sentence: summary.sentence(), summary, ops })
}

fn line(op: &Op) -> PlanLine {
    let (what, to) = match op {
        Op::Upload { expect: RemoteExpect::Absent, .. } => ("upload", None),
        Op::Upload { .. } => ("replace_there", None),
        Op::Download { expect: windlass_domain::LocalExpect::Absent, .. } => ("download", None),
        Op::Download { .. } => ("replace_here", None),
        Op::DeleteRemote { .. } => ("delete_there", None),
        Op::TrashLocal { .. } => ("trash_here", None),
        Op::MoveRemote { to, .. } => ("rename_there", Some(to.clone())),
        Op::MoveLocal { to, .. } => ("rename_here", Some(to.clone())),
        Op::KeepBoth { copy, .. } => ("keep_both", Some(copy.clone())),
        Op::Compare { .. } => ("compare", None),
        Op::Adopt { .. } => ("adopt", None),
        Op::Forget { .. } => ("forget", None),
        Op::Show { .. } => ("show", None),
    };
    PlanLine { path: op.path().clone(), to, what, size: op.size() }
}

/// Takes back a delete or a move to the trash. Nothing that is there now is replaced.
pub(crate) async fn undo(shared: &Arc<Shared>, id: &str) -> Result<(), EngineError> {
    let intent = shared.ports.journal.intent(id).await?.ok_or(EngineError::NotFound("change"))?;
    if !matches!(intent.ended, Some((_, IntentEnd::Done))) {
        return Err(EngineError::CannotUndo("It was not carried out, or it was taken back already."));
    }
    let pair = shared.pair(&intent.pair).ok_or(EngineError::NotFound("sync folder"))?;
    let row = pair.row();
    match intent.kind {
        IntentKind::TrashLocal => {
            let place = intent
                .trashed
                .as_deref()
                .ok_or(EngineError::CannotUndo("Its place in the trash is not known."))?;
            shared.ports.fs.untrash(Path::new(&row.root), place, &intent.path).await?;
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
                    let from = ObjectKey::parse(trashed)
                        .map_err(|_| EngineError::CannotUndo("Its place in the trash is not known."))?;
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

/// A person's word on a conflict whose sides were both kept. What loses goes to the trash here, from where it can be brought
/// back; the round that follows carries it to the bucket.
pub(crate) async fn resolve(shared: &Arc<Shared>, id: &str, keep: Keep) -> Result<(), EngineError> {
    let intent = shared.ports.journal.intent(id).await?.ok_or(EngineError::NotFound("conflict"))?;
    let IntentRow { kind: IntentKind::KeepBoth, to: Some(copy), .. } = &intent else {
        return Err(EngineError::NotFound("conflict"));
    };
    let pair = shared.pair(&intent.pair).ok_or(EngineError::NotFound("sync folder"))?;
    let row = pair.row();
    let root = Path::new(&row.root);
    let fs = &shared.ports.fs;
    let file = async |path: &RelPath| -> Result<Option<windlass_domain::LocalState>, EngineError> {
        Ok(match fs.look(root, path).await?.map(|found| found.item) {
            Some(ScanItem::File(local)) => Some(local),
            _ => None,
        })
    };
    match keep {
        Keep::Both => {}
        Keep::Theirs => {
            if let Some(local) = file(copy).await? {
                fs.trash(root, copy, &local, shared.now()).await?;
            }
        }
        Keep::Mine => {
            let mine = file(copy)
                .await?
                .ok_or(EngineError::CannotUndo("The copy with your changes is not there any more."))?;
            if let Some(theirs) = file(&intent.path).await? {
                fs.trash(root, &intent.path, &theirs, shared.now()).await?;
            }
            fs.rename(root, copy, &intent.path, &mine).await?;
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
    for path in [intent.path.clone(), copy.clone()] {
        pair.look_at(path);
    }
    Ok(())
}
