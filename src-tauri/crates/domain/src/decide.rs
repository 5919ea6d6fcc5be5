//! Decides what one path needs. Never performs I/O and never reads a clock.
//!
//! **Invariant:** an unknown side never leads to a write. **Invariant:** every write names what it expects to replace.
//! **Invariant:** without a base nothing is deleted and nothing is replaced.
mod change;
mod synced;

#[cfg(test)]
mod tests;

use change::Content;
use serde::{Deserialize, Serialize};

use crate::key::ETag;
use crate::state::{BaseState, LocalState, Observed, RemoteState, UnknownReason};
use crate::words::FailureCode;

/// How a folder is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Up only, create only: never replaces and never deletes, on either side.
    Ingest,
    /// The bucket becomes what the folder is. What others did in the bucket is shown and left alone.
    MirrorUp,
    /// The folder becomes what the prefix is. What was changed here is shown and left alone.
    MirrorDown,
    /// Both sides become the same; nothing that only one side has is lost.
    TwoWay,
}

/// What an upload expects at its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteExpect {
    /// Nothing: `If-None-Match: *`.
    Absent,
    /// This version: `If-Match`.
    Unchanged(ETag),
}

impl RemoteExpect {
    /// Exactly this object.
    #[must_use]
    pub fn of(remote: &RemoteState) -> Self {
        Self::Unchanged(remote.etag.clone())
    }

    /// Whether nothing is replaced.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// What a download expects at its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalExpect {
    /// Nothing.
    Absent,
    /// This file, untouched.
    Unchanged(LocalState),
}

impl LocalExpect {
    /// Exactly this file.
    #[must_use]
    pub fn of(local: &LocalState) -> Self {
        Self::Unchanged(local.clone())
    }

    /// Whether nothing is replaced.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Why both sides are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictKind {
    /// A different object is already at the key.
    DifferentObjectThere,
    /// The file changed after it had been uploaded, and this mode never replaces.
    ChangedAfterUpload,
    /// Both sides have different content and neither is known to be older.
    BothChanged,
    /// The side that only receives was changed by somebody else; it is shown and left alone.
    ReceiverChanged,
}

impl ConflictKind {
    /// The cause that a person is shown where both sides stay as they are.
    #[must_use]
    pub const fn code(self) -> FailureCode {
        match self {
            Self::DifferentObjectThere | Self::BothChanged => FailureCode::DifferentObjectThere,
            Self::ChangedAfterUpload => FailureCode::ChangedAfterUpload,
            Self::ReceiverChanged => FailureCode::ReceiverChanged,
        }
    }
}

/// What one path needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Send the file.
    Upload {
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Fetch the object.
    Download {
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Delete the object.
    DeleteRemote {
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Move the file to the trash.
    TrashLocal {
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Gone on both sides: only the journal forgets it.
    Forget,
    /// Same bytes on both sides: only write the journal.
    Adopt,
    /// A digest is missing, or the two are of different kinds: obtain both in one kind, decide again. It does not come twice
    /// once both are there.
    Compare,
    /// Keep both; tell a person.
    Conflict(ConflictKind),
    /// Do nothing until it is known.
    Wait(UnknownReason),
}

/// The three states of one path.
#[derive(Debug, Clone, Copy)]
pub struct Triple<'a> {
    /// The file.
    pub local: Observed<&'a LocalState>,
    /// The object.
    pub remote: Observed<&'a RemoteState>,
    /// Both at the last success.
    pub base: Option<&'a BaseState>,
}

impl Triple<'_> {
    /// The same, if what was not seen, without enough evidence yet, were gone indeed. Only for looking ahead.
    pub(crate) fn were_it_gone(mut self) -> Self {
        if self.local == Observed::Unknown(UnknownReason::AbsenceUnproved) {
            self.local = Observed::Absent;
        }
        if self.remote == Observed::Unknown(UnknownReason::AbsenceUnproved) {
            self.remote = Observed::Absent;
        }
        self
    }
}

/// Decides for one path. Total: every triple has an answer.
#[must_use]
pub fn decide(mode: Mode, triple: Triple<'_>) -> Action {
    match mode {
        Mode::Ingest => ingest(triple),
        Mode::MirrorUp => synced::decide(Way::Up, triple),
        Mode::MirrorDown => synced::decide(Way::Down, triple),
        Mode::TwoWay => synced::decide(Way::Both, triple),
    }
}

/// Which sides receive. Ingest is none of these: it decides from the base alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
    Both,
}

fn ingest(triple: Triple<'_>) -> Action {
    let local = match triple.local {
        Observed::Unknown(reason) => return Action::Wait(reason),
        // Gone here proves nothing about the bucket, and ingest deletes nothing.
        Observed::Absent => return Action::Nothing,
        Observed::Present(local) => local,
    };
    if let Some(base) = triple.base {
        if base.local.same_snapshot(local) {
            return Action::Nothing;
        }
        // Touched since: by content, if both digests are known, else look.
        return match (base.local.digest, local.digest) {
            (Some(then), Some(now)) if then == now && base.local.size == local.size => Action::Adopt,
            (_, Some(_)) => Action::Conflict(ConflictKind::ChangedAfterUpload),
            (_, None) if base.local.size != local.size => Action::Conflict(ConflictKind::ChangedAfterUpload),
            (_, None) => Action::Compare,
        };
    }
    match triple.remote {
        Observed::Unknown(reason) => Action::Wait(reason),
        Observed::Absent => Action::Upload { expect: RemoteExpect::Absent },
        Observed::Present(remote) => match change::content(local, remote) {
            Content::Same => Action::Adopt,
            Content::Differs => Action::Conflict(ConflictKind::DifferentObjectThere),
            Content::Unknown => Action::Compare,
        },
    }
}
