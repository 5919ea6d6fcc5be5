//! Trouble with one path, which is nobody else's: what the path says then, and that it is left alone for a while.
use std::collections::BTreeMap;

use windlass_domain::sync::Op;
use windlass_domain::words::FailureCode;
use windlass_domain::{LocalExpect, LocalState, RelPath};
use windlass_ports::{FileState, JournalWrite, RemoteErrorKind};

use crate::backoff::Subject;
use crate::pair::PairHandle;

/// What a file says that is another one each time something is to be done with it.
pub(super) const NEVER_THE_SAME: &str = "It was another one each time something was to be done with it";

/// Whether it is left alone for now: only what says so. Where the file says something else, something happened since.
pub(super) fn is_held(pair: &PairHandle, op: &Op, states: &BTreeMap<RelPath, FileState>) -> bool {
    matches!(states.get(op.path()), Some(FileState::Failed(_)))
        && Subject::of(op).is_some_and(|subject| pair.back_off.is_held(&subject))
}

/// Leaves it alone for a while. Gives the rows that say so.
pub(super) fn left_alone(pair: &PairHandle, op: &Op, code: FailureCode, note: &str) -> Vec<JournalWrite> {
    if let Some(subject) = Subject::of(op) {
        pair.back_off.failed(subject);
    }
    rows(pair, op, code, note)
}

/// The rows that say so.
pub(super) fn rows(pair: &PairHandle, op: &Op, code: FailureCode, note: &str) -> Vec<JournalWrite> {
    let save = |(path, local): (RelPath, Option<LocalState>)| JournalWrite::SaveFile {
        pair: pair.id.clone(),
        path,
        local,
        state: FileState::Failed(code),
        note: note.to_owned(),
    };
    concerned(op).into_iter().map(save).collect()
}

/// The files of an op, as they were seen.
fn concerned(op: &Op) -> Vec<(RelPath, Option<LocalState>)> {
    match op {
        Op::Upload { path, local, .. }
        | Op::TrashLocal { path, local }
        | Op::KeepBoth { path, local, .. }
        | Op::Compare { path, local, .. } => vec![(path.clone(), Some(local.clone()))],
        Op::Download { path, expect, .. } => vec![(path.clone(), expected(expect))],
        Op::DeleteRemote { path, .. } => vec![(path.clone(), None)],
        Op::MoveRemote { from, to, local, .. } => {
            vec![(from.clone(), None), (to.clone(), Some(local.clone()))]
        }
        Op::MoveLocal { from, to, local, .. } => {
            vec![(from.clone(), Some(local.clone())), (to.clone(), None)]
        }
        Op::Adopt { .. } | Op::Forget { .. } | Op::Show { .. } => Vec::new(),
    }
}

/// The same in the states that were read.
pub(super) fn show(states: &mut BTreeMap<RelPath, FileState>, op: &Op, code: FailureCode) {
    for (path, _) in concerned(op) {
        states.insert(path, FileState::Failed(code));
    }
}

/// Whether it only says that what is there is another one, or none.
pub(super) const fn is_changed(kind: RemoteErrorKind) -> bool {
    matches!(
        kind,
        RemoteErrorKind::PreconditionFailed
            | RemoteErrorKind::ConditionalConflict
            | RemoteErrorKind::NotFound
    )
}

/// What trouble of one path means, where nothing but that path is concerned. `None`: all of the folder is, for now, or what
/// is there is another one.
pub(super) const fn failure(kind: RemoteErrorKind) -> Option<FailureCode> {
    match kind {
        RemoteErrorKind::AccessDenied => Some(FailureCode::AccessDenied),
        RemoteErrorKind::Archived => Some(FailureCode::Archived),
        RemoteErrorKind::Integrity => Some(FailureCode::CorruptedInTransit),
        RemoteErrorKind::Unsupported => Some(FailureCode::NotSupported),
        RemoteErrorKind::BadRequest | RemoteErrorKind::NoSuchUpload | RemoteErrorKind::Unexpected => {
            Some(FailureCode::Unexpected)
        }
        RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::NotFound
        | RemoteErrorKind::Network
        | RemoteErrorKind::Throttled
        | RemoteErrorKind::Unauthenticated
        | RemoteErrorKind::BucketMissing
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion => None,
    }
}

/// The file that is to be there, if one is.
pub(super) fn expected(expect: &LocalExpect) -> Option<LocalState> {
    match expect {
        LocalExpect::Absent => None,
        LocalExpect::Unchanged(local) => Some(local.clone()),
    }
}
