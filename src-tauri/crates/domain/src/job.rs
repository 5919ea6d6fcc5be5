//! Copies, moves, edits, deletes and restores of objects on the server, of one object or a folder of a hundred thousand.
//!
//! A *job* is planned first: every object gets a row that says where from, where to and which version is meant ([`plan`]).
//! Then each row is moved on by what was seen ([`step`]). A row is a write-ahead note: it was durable before anything was
//! done about its object, so after a kill the rows that had not ended are looked at again, and none is believed to have been
//! done because nobody remembers.
//!
//! **Invariant:** no source is deleted whose copy was not proved, in the same version, and noted before.
pub mod cause;
pub mod edit;
pub mod locking;
pub mod plan;
pub mod purge;
pub mod restore;
pub mod step;

use serde::{Deserialize, Serialize};

pub use cause::Cause;
pub use edit::{EditProblem, Header, ObjectEdit};
pub use locking::{LockStep, Locking, lock_step};
pub use plan::{Planner, Refused};
pub use purge::{Purge, Purger};
pub use restore::{Restore, Restorer};
pub use step::{Looked, Next, Outcome, Proof, may_delete, next, proof, settle};

use crate::key::{Bucket, ETag, ObjectKey, VersionId};
use crate::state::JobId;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Copies objects.
    Copy,
    /// Copies objects, and deletes each source once its copy was proved: a move, or a rename.
    Move,
    /// Changes headers, metadata, tags or the storage class in place.
    Edit,
    /// Deletes objects. Never names a version, so a bucket that keeps versions keeps them.
    Delete,
    /// Takes delete markers away again: the undo of a delete.
    Undelete,
    /// Brings older versions back: copies them on top, takes single markers away, hides what came since. Its undo is of the same
    /// kind.
    Restore,
    /// Destroys old versions for good. Nothing takes that back.
    Purge,
    /// Locks objects: gives them a retention, or a legal hold, or takes a hold away.
    Lock,
}

impl JobKind {
    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Move => "move",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Restore => "restore",
            Self::Purge => "purge",
            Self::Lock => "lock",
        }
    }

    /// Whether something is written to another key.
    #[must_use]
    pub const fn has_destination(self) -> bool {
        matches!(self, Self::Copy | Self::Move)
    }
}

/// What happens where something is at the destination already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfTaken {
    /// Both stay, and the object is told as left.
    #[default]
    Skip,
    /// The object gets a name with a number.
    KeepBoth,
    /// What is there is replaced, on a person's word and in exactly the version that the plan saw.
    Replace,
}

/// One thing that was chosen: an object, or everything below a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// A key, or a prefix that is empty or ends in `/`.
    pub from: String,
    /// A key for a key, a prefix for a prefix. The same as `from` where nothing goes elsewhere.
    pub to: String,
}

impl Root {
    /// Something that stays where it is.
    #[must_use]
    pub fn here(from: &str) -> Self {
        Self { from: from.to_owned(), to: from.to_owned() }
    }

    /// Whether it stands for everything below a prefix.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.from.is_empty() || self.from.ends_with('/')
    }

    /// Whether a key is one of those it stands for.
    #[must_use]
    pub fn covers(&self, key: &str) -> bool {
        if self.is_folder() { key.starts_with(&self.from) } else { key == self.from }
    }

    /// Where a key of it goes.
    #[must_use]
    pub fn target(&self, key: &str) -> String {
        if !self.is_folder() {
            return self.to.clone();
        }
        let rest = key.strip_prefix(self.from.as_str()).unwrap_or(key);
        format!("{}{rest}", self.to)
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// What it does.
    pub kind: JobKind,
    /// Connection of both buckets: from one connection to another, bytes would have to come through this computer.
    pub connection: String,
    /// Bucket of the sources.
    pub bucket: Bucket,
    /// Bucket of the destinations; the same one for edits and deletes.
    pub to_bucket: Bucket,
    /// What was chosen.
    pub roots: Vec<Root>,
    /// What happens where something is at the destination.
    #[serde(default)]
    pub if_taken: IfTaken,
    /// What an edit changes.
    #[serde(default)]
    pub edit: ObjectEdit,
    /// What a restore brings back; `None` for the other kinds and for the undo of a restore.
    #[serde(default)]
    pub restore: Option<Restore>,
    /// What a purge destroys; `None` for the other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<Purge>,
    /// What becomes of locks; `None` for the other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Locking>,
    /// The job that this one takes back.
    #[serde(default)]
    pub undoes: Option<JobId>,
}

impl JobSpec {
    /// A job of this kind in one bucket that says nothing more yet.
    #[must_use]
    pub fn new(kind: JobKind, connection: &str, bucket: Bucket) -> Self {
        Self {
            kind,
            connection: connection.to_owned(),
            to_bucket: bucket.clone(),
            bucket,
            roots: Vec::new(),
            if_taken: IfTaken::default(),
            edit: ObjectEdit::default(),
            restore: None,
            purge: None,
            lock: None,
            undoes: None,
        }
    }

    /// Whether a key is one of its sources.
    #[must_use]
    pub fn covers(&self, bucket: &Bucket, key: &str) -> bool {
        self.bucket == *bucket && self.roots.iter().any(|root| root.covers(key))
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Its objects are being listed.
    Planning,
    /// The plan is there to be read; nothing was done.
    Ready,
    /// At work.
    Running,
    /// Paused by a person.
    Paused,
    /// Every object was gone through.
    Done,
    /// Cancelled by a person, between two objects.
    Cancelled,
    /// It could not be planned.
    Failed,
}

impl JobState {
    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }
}

/// Objects and bytes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobCounts {
    /// Objects that were found.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that are done.
    pub done: u64,
    /// Their bytes.
    pub done_bytes: u64,
    /// Objects that were left, each with its cause.
    pub left: u64,
    /// Objects at destinations that a person's word lets it replace.
    pub replaces: u64,
}

impl JobCounts {
    /// Counts a row that was planned.
    pub fn planned(&mut self, item: &Item) {
        self.objects += 1;
        self.bytes += item.size;
        self.left += u64::from(item.state == ItemState::Left);
        self.replaces += u64::from(item.state == ItemState::Planned && item.taken.is_some());
    }

    /// Counts what a row became.
    pub fn moved_on(&mut self, before: ItemState, item: &Item) {
        if before == item.state {
            return;
        }
        match item.state {
            ItemState::Done => {
                self.done += 1;
                self.done_bytes += item.size;
            }
            ItemState::Left => self.left += 1,
            ItemState::Planned | ItemState::Copied => {}
        }
    }
}

/// How one object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemState {
    /// Nothing is known to have been done.
    Planned,
    /// The server says that it copied; what it wrote is noted. The copy is looked at before anything rests on it.
    Copied,
    /// Done.
    Done,
    /// Left as it was, for a cause.
    Left,
}

impl ItemState {
    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Copied => "copied",
            Self::Done => "done",
            Self::Left => "left",
        }
    }
}

/// One object of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its place in the job.
    pub seq: u64,
    /// Key of the source.
    pub from: ObjectKey,
    /// Key of the destination, where there is one.
    pub to: Option<ObjectKey>,
    /// Bytes.
    pub size: u64,
    /// The version that is meant; what has another one was changed.
    pub etag: ETag,
    /// What is to be replaced at the destination.
    pub taken: Option<ETag>,
    /// How it stands.
    pub state: ItemState,
    /// Why it was left.
    pub cause: Option<Cause>,
    /// What the job wrote: at the destination, or in place.
    pub written: Option<ETag>,
    /// While it is planned, a delete marker that hides what was there before: at the destination of a move that takes one
    /// back, or at the key of an undelete or a restore. Of a purge, the marker that is destroyed. Once it is done, the marker that hides the source, or what came since.
    pub marker: Option<VersionId>,
    /// Of a restore: the version that is copied on top. Of a purge: the version that is destroyed. Its ETag is `etag`.
    pub version: Option<VersionId>,
    /// Of a restore: the version that is covered by that, and its bytes. Its ETag is `taken`.
    pub top: Option<(VersionId, u64)>,
}

impl Item {
    /// The same, left for a cause.
    #[must_use]
    pub fn left(mut self, cause: Cause) -> Self {
        self.state = ItemState::Left;
        self.cause = Some(cause);
        self
    }
}

#[cfg(test)]
mod tests;
