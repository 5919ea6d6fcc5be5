//! From what was seen of many paths to what shall be done, in order. Never performs I/O and never reads a clock.
//!
//! **Invariant:** the same input gives the same plan. **Invariant:** deletes come last, and a rename is never a delete.
mod kept;
mod moves;
mod room;
mod summary;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use std::collections::{BTreeMap, BTreeSet};

pub use self::kept::{ConflictNames, conflict_name};
pub use self::summary::Summary;
use crate::decide::{Action, ConflictKind, LocalExpect, Mode, RemoteExpect, Triple, decide};
use crate::path::RelPath;
use crate::state::{BaseState, LocalState, Observed, RemoteState, UnknownReason};
use crate::words::FailureCode;

/// What is known of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path.
    pub path: RelPath,
    /// The file.
    pub local: Observed<LocalState>,
    /// The object.
    pub remote: Observed<RemoteState>,
    /// Both at the last success.
    pub base: Option<BaseState>,
}

/// One thing to do. Each names what it expects to find, and does nothing where it finds something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Send a file.
    Upload {
        /// Path.
        path: RelPath,
        /// The file as it must be.
        local: LocalState,
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Fetch an object.
    Download {
        /// Path.
        path: RelPath,
        /// The version to fetch. Where its digest is not known and a file is replaced, HEAD may still show that both are equal;
        /// then it is adopted instead.
        remote: RemoteState,
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Delete an object.
    DeleteRemote {
        /// Path.
        path: RelPath,
        /// The version as it must be.
        remote: RemoteState,
    },
    /// Move a file to the trash.
    TrashLocal {
        /// Path.
        path: RelPath,
        /// The file as it must be.
        local: LocalState,
    },
    /// A file was renamed here: copy the object on the server, then delete the old one.
    MoveRemote {
        /// Where the object is.
        from: RelPath,
        /// Where it goes; nothing may be there.
        to: RelPath,
        /// The file at `to`, as it must be.
        local: LocalState,
        /// The object at `from`, as it must be.
        remote: RemoteState,
    },
    /// An object was renamed there: rename the file.
    MoveLocal {
        /// Where the file is.
        from: RelPath,
        /// Where it goes; nothing may be there.
        to: RelPath,
        /// The file at `from`, as it must be.
        local: LocalState,
        /// The object at `to`.
        remote: RemoteState,
    },
    /// Both hold the same: write the journal.
    Adopt {
        /// Path.
        path: RelPath,
        /// Both sides.
        base: BaseState,
    },
    /// Gone on both sides: the journal forgets it.
    Forget {
        /// Path.
        path: RelPath,
    },
    /// Obtain digests of one kind, then decide again.
    Compare {
        /// Path.
        path: RelPath,
        /// The file.
        local: LocalState,
        /// The object, unless it is gone: then only the file is read.
        remote: Option<RemoteState>,
        /// Both at the last success.
        base: Option<BaseState>,
    },
    /// Both sides were changed: the object keeps the name, the file gets another one, and then both sides get both.
    KeepBoth {
        /// Path.
        path: RelPath,
        /// The file's new name; nothing may be there.
        copy: RelPath,
        /// The file as it must be.
        local: LocalState,
        /// The object.
        remote: RemoteState,
    },
    /// Leave both as they are and tell a person.
    Show {
        /// Path.
        path: RelPath,
        /// Why.
        code: FailureCode,
    },
}

impl Op {
    /// The path it is about; of a rename, the old one.
    #[must_use]
    pub const fn path(&self) -> &RelPath {
        match self {
            Self::Upload { path, .. }
            | Self::Download { path, .. }
            | Self::DeleteRemote { path, .. }
            | Self::TrashLocal { path, .. }
            | Self::MoveRemote { from: path, .. }
            | Self::MoveLocal { from: path, .. }
            | Self::Adopt { path, .. }
            | Self::Forget { path }
            | Self::Compare { path, .. }
            | Self::KeepBoth { path, .. }
            | Self::Show { path, .. } => path,
        }
    }

    /// Bytes of the file or object it is about.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match self {
            Self::Upload { local, .. }
            | Self::TrashLocal { local, .. }
            | Self::MoveRemote { local, .. }
            | Self::MoveLocal { local, .. }
            | Self::Compare { local, .. }
            | Self::KeepBoth { local, .. } => local.size,
            Self::Download { remote, .. } | Self::DeleteRemote { remote, .. } => remote.size,
            Self::Adopt { base, .. } => base.local.size,
            Self::Forget { .. } | Self::Show { .. } => 0,
        }
    }

    /// Whether it takes a file or an object away.
    #[must_use]
    pub const fn is_delete(&self) -> bool {
        matches!(self, Self::DeleteRemote { .. } | Self::TrashLocal { .. })
    }

    /// Whether it puts another content in the place of one.
    #[must_use]
    pub const fn overwrites(&self) -> bool {
        match self {
            Self::Upload { expect, .. } => !expect.is_absent(),
            Self::Download { expect, .. } => !expect.is_absent(),
            Self::DeleteRemote { .. }
            | Self::TrashLocal { .. }
            | Self::MoveRemote { .. }
            | Self::MoveLocal { .. }
            | Self::Adopt { .. }
            | Self::Forget { .. }
            | Self::Compare { .. }
            | Self::KeepBoth { .. }
            | Self::Show { .. } => false,
        }
    }

    /// What must have ended before it begins: all of a lower rank.
    const fn rank(&self) -> u8 {
        match self {
            Self::Adopt { .. } | Self::Forget { .. } => 0,
            Self::MoveRemote { .. } | Self::MoveLocal { .. } => 1,
            Self::Compare { .. } => 2,
            Self::Upload { .. } | Self::Download { .. } => 3,
            Self::KeepBoth { .. } | Self::Show { .. } => 4,
            Self::DeleteRemote { .. } | Self::TrashLocal { .. } => 5,
        }
    }
}

/// What shall be done, in order, and what cannot be decided yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// Journal first, then renames, comparisons, transfers, conflicts, and deletes last; within each in path order.
    pub ops: Vec<Op>,
    /// Paths that wait.
    pub waiting: Vec<(RelPath, UnknownReason)>,
    /// New objects that may be files under a new name: each has the size of a file that is gone there, and only its checksum
    /// tells. Who obtains it and plans again sees a rename where there is one; who does not fetches the object.
    pub perhaps_renamed: Vec<(RelPath, RemoteState)>,
}

impl SyncPlan {
    /// Whether nothing is to be done and nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.waiting.is_empty()
    }
}

/// Plans. `seen` has each path once, in any order. Paths that need nothing may be left out; renames and free names are
/// recognised among those that are in it.
#[must_use]
pub fn plan(mode: Mode, seen: &[Seen], names: &ConflictNames<'_>) -> SyncPlan {
    let mut ops = Vec::new();
    let mut waiting = Vec::new();
    let mut deleted = BTreeMap::new();
    let mut unproved = BTreeSet::new();
    let mut conflicts = Vec::new();
    for one in seen {
        let triple =
            Triple { local: one.local.as_ref(), remote: one.remote.as_ref(), base: one.base.as_ref() };
        let mut action = decide(mode, triple);
        if action == Action::Nothing {
            continue;
        }
        let path = one.path.clone();
        if action == Action::Wait(UnknownReason::AbsenceUnproved) {
            // If it was renamed, the new name must not be sent before it is known that the old one is gone.
            waiting.push((path.clone(), UnknownReason::AbsenceUnproved));
            match decide(mode, triple.were_it_gone()) {
                likely @ (Action::DeleteRemote { .. } | Action::TrashLocal { .. }) => action = likely,
                Action::Nothing
                | Action::Upload { .. }
                | Action::Download { .. }
                | Action::Forget
                | Action::Adopt
                | Action::Compare
                | Action::Conflict(_)
                | Action::Wait(_) => continue,
            }
            unproved.insert(path.clone());
        }
        let (local, remote) = (triple.local.present(), triple.remote.present());
        match (action, local, remote) {
            (Action::Nothing, _, _) => {}
            (Action::Wait(reason), _, _) => waiting.push((path, reason)),
            (Action::Forget, _, _) => ops.push(Op::Forget { path }),
            (Action::Upload { expect }, Some(local), _) => {
                ops.push(Op::Upload { path, local: local.clone(), expect });
            }
            (Action::Download { expect }, _, Some(remote)) => {
                ops.push(Op::Download { path, remote: remote.clone(), expect });
            }
            (Action::DeleteRemote { .. }, _, Some(remote)) => {
                deleted.extend(one.base.as_ref().map(|base| (&one.path, base)));
                ops.push(Op::DeleteRemote { path, remote: known_there(remote, one.base.as_ref()) });
            }
            (Action::TrashLocal { .. }, Some(local), _) => {
                deleted.extend(one.base.as_ref().map(|base| (&one.path, base)));
                ops.push(Op::TrashLocal { path, local: known_here(local, one.base.as_ref()) });
            }
            (Action::Compare, Some(local), remote) => {
                let (local, remote) = (local.clone(), remote.cloned());
                ops.push(Op::Compare { path, local, remote, base: one.base.clone() });
            }
            (Action::Conflict(ConflictKind::BothChanged), Some(local), Some(remote)) => {
                conflicts.push((path, local, remote));
            }
            (Action::Conflict(kind), _, _) => ops.push(Op::Show { path, code: kind.code() }),
            (Action::Adopt, Some(local), remote) => match remote.or(one.base.as_ref().map(|b| &b.remote)) {
                Some(remote) => {
                    let (local, remote) =
                        (known_here(local, one.base.as_ref()), known_there(remote, one.base.as_ref()));
                    ops.push(Op::Adopt { path, base: BaseState { local, remote } });
                }
                None => waiting.push((path, UnknownReason::NotScanned)),
            },
            // `decide` gives none of these without the side that it is about.
            (
                Action::Upload { .. }
                | Action::Download { .. }
                | Action::DeleteRemote { .. }
                | Action::TrashLocal { .. }
                | Action::Compare
                | Action::Adopt,
                _,
                _,
            ) => waiting.push((path, UnknownReason::NotScanned)),
        }
    }
    kept::name_copies(&mut ops, &conflicts, seen, names);
    room::make_sure(&mut ops, &mut waiting, seen);
    let perhaps_renamed = moves::perhaps_renamed(&ops, &deleted);
    moves::pair_up(&mut ops, &mut waiting, &deleted, &unproved);
    ops.sort_by(|one, other| (one.rank(), one.path()).cmp(&(other.rank(), other.path())));
    waiting.sort_by(|one, other| one.0.cmp(&other.0));
    SyncPlan { ops, waiting, perhaps_renamed }
}

/// The file with what the journal knows of it.
fn known_here(local: &LocalState, base: Option<&BaseState>) -> LocalState {
    let digest = base.filter(|base| base.local.same_snapshot(local)).and_then(|base| base.local.digest);
    LocalState { digest: local.digest.or(digest), ..local.clone() }
}

/// The object with what the journal knows of this version; listings have no checksums.
fn known_there(remote: &RemoteState, base: Option<&BaseState>) -> RemoteState {
    match base.filter(|base| base.remote.same_version(remote)) {
        Some(base) => RemoteState {
            digest: remote.digest.or(base.remote.digest),
            version: remote.version.clone().or_else(|| base.remote.version.clone()),
            ..remote.clone()
        },
        None => remote.clone(),
    }
}
