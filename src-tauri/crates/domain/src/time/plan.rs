//! The plan that brings a moment back: for each key one move at most, and what has to be there for it to be made.
//!
//! **Nothing is destroyed.** What was changed is covered by a copy of its older version, what was deleted is copied on top of
//! its marker, and what was added gets a marker if that is wished. Only where a person chose it is a delete marker taken away,
//! and only a single one: taking several away is several calls, between which a kill would leave neither state.
use serde::{Deserialize, Serialize};

use super::{Change, Content, Version, change, on_top};
use crate::key::{ETag, VersionId};
use crate::state::Timestamp;
use crate::thaw::Archive;

/// How a deleted object comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undelete {
    /// Its version is copied on top of the marker. Needs no right to destroy anything, costs a copy and its storage, and an
    /// archived one has to be thawed.
    #[default]
    Copy,
    /// The marker is taken away, and the version itself is there again: free, at once, archived or not. Needs the right
    /// `s3:DeleteObjectVersion`.
    RemoveMarker,
}

/// What becomes of objects that were added since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Added {
    /// They stay.
    #[default]
    Keep,
    /// They get a delete marker.
    Hide,
}

/// What a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The moment to come back to.
    pub moment: Timestamp,
    /// Whether what was deleted comes back.
    #[serde(default = "yes")]
    pub deleted: bool,
    /// How it does.
    #[serde(default)]
    pub undelete: Undelete,
    /// Whether what was changed is rolled back.
    #[serde(default = "yes")]
    pub changed: bool,
    /// What becomes of what was added.
    #[serde(default)]
    pub added: Added,
    /// Whether what was written again with the same bytes is rolled back as well, for the sake of its headers and tags.
    #[serde(default)]
    pub rewritten: bool,
}

const fn yes() -> bool {
    true
}

impl Choice {
    /// What was deleted or changed since comes back as a copy, and what was added stays.
    #[must_use]
    pub const fn to(moment: Timestamp) -> Self {
        Self {
            moment,
            deleted: true,
            undelete: Undelete::Copy,
            changed: true,
            added: Added::Keep,
            rewritten: false,
        }
    }

    /// The same for a key that is to be treated the other way: what would take part is left, and what would be left takes part.
    #[must_use]
    pub const fn other_way(self) -> Self {
        let added = match self.added {
            Added::Keep => Added::Hide,
            Added::Hide => Added::Keep,
        };
        Self { deleted: !self.deleted, changed: !self.changed, added, rewritten: !self.rewritten, ..self }
    }
}

/// What is at a key when the plan is made, and has to be there still when its move is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// An object, in this version.
    Object {
        /// Its version.
        version: VersionId,
        /// Its ETag.
        etag: ETag,
    },
    /// Nothing is visible; a delete marker is on top.
    Marker {
        /// Version of the marker.
        version: VersionId,
    },
}

/// What is done to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// This version is copied on top.
    Copy {
        /// The version.
        version: VersionId,
        /// What it holds.
        content: Content,
        /// It is archived, and has to be thawed before. Whether one of `INTELLIGENT_TIERING` is, only its head tells.
        thaw: bool,
    },
    /// The only marker on top of the version that was there is taken away.
    RemoveMarker {
        /// Version of the marker.
        marker: VersionId,
        /// What comes back.
        content: Content,
    },
    /// It gets a delete marker.
    Hide,
}

/// Why a key that differs is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// It was added since, and those are kept.
    Kept,
    /// It holds the same bytes.
    SameBytes,
    /// A person left it out.
    Out,
}

/// What the plan has for a key that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// What became of it since.
    pub change: Change,
    /// What is there now.
    pub expect: Expect,
    /// What is done, or why nothing.
    pub what: Result<Move, Left>,
}

/// What is done to a key, without the names of what it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Copy,
    RemoveMarker,
    Hide,
}

/// `lone`: a marker on top is all that came since. Only for a key that is not what it was.
pub(super) const fn step(change: Change, lone: bool, choice: &Choice) -> Result<Step, Left> {
    match change {
        Change::Rewritten if !choice.rewritten => Err(Left::SameBytes),
        Change::Deleted if !choice.deleted => Err(Left::Out),
        Change::Changed if !choice.changed => Err(Left::Out),
        Change::Added => match choice.added {
            Added::Keep => Err(Left::Kept),
            Added::Hide => Ok(Step::Hide),
        },
        Change::Deleted if lone && matches!(choice.undelete, Undelete::RemoveMarker) => {
            Ok(Step::RemoveMarker)
        }
        Change::Same | Change::Deleted | Change::Changed | Change::Rewritten => Ok(Step::Copy),
    }
}

/// The plan for a key; `None` where it is as it was. Versions newest first, and all of them from the newest down to the one of
/// the moment.
#[must_use]
pub fn bring_back(versions: &[Version], choice: &Choice) -> Option<Brought> {
    let change = change(versions, choice.moment);
    let top = versions.first()?;
    let expect = match &top.content {
        Some(content) => Expect::Object { version: top.id.clone(), etag: content.etag.clone() },
        None => Expect::Marker { version: top.id.clone() },
    };
    if change == Change::Same {
        return None;
    }
    let place = on_top(versions, choice.moment);
    let what = match step(change, place == Some(1), choice) {
        Err(left) => Err(left),
        Ok(Step::Hide) => Ok(Move::Hide),
        Ok(step @ (Step::Copy | Step::RemoveMarker)) => {
            let then = versions.get(place?)?;
            let content = then.content.clone()?;
            Ok(if step == Step::RemoveMarker {
                Move::RemoveMarker { marker: top.id.clone(), content }
            } else {
                let thaw = Archive::of(&content.class, None).is_some();
                Move::Copy { version: then.id.clone(), content, thaw }
            })
        }
    };
    Some(Brought { change, expect, what })
}

/// Objects and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amount {
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

/// What a plan comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Deleted ones that come back as a copy.
    pub undelete: Amount,
    /// Deleted ones whose marker is taken away.
    pub unmark: Amount,
    /// Changed ones that are covered by the older version.
    pub roll_back: Amount,
    /// Of those that are copied: they have to be thawed first.
    pub thaw: Amount,
    /// Added ones that get a marker.
    pub hide: u64,
    /// Added ones that stay.
    pub keep: u64,
    /// Those with the same bytes, which are left.
    pub same_bytes: u64,
    /// Those that a person left out.
    pub out: u64,
}

impl Totals {
    /// Counts a key.
    pub fn count(&mut self, brought: &Brought) {
        let (step, size, thaw) = match &brought.what {
            Ok(Move::Copy { content, thaw, .. }) => (Ok(Step::Copy), content.size, *thaw),
            Ok(Move::RemoveMarker { content, .. }) => (Ok(Step::RemoveMarker), content.size, false),
            Ok(Move::Hide) => (Ok(Step::Hide), 0, false),
            Err(left) => (Err(*left), 0, false),
        };
        self.count_step(brought.change, step, size, thaw);
    }

    pub(super) fn count_step(&mut self, change: Change, step: Result<Step, Left>, size: u64, thaw: bool) {
        match step {
            Ok(Step::Copy) => {
                if thaw {
                    self.thaw.add(size);
                }
                match change {
                    Change::Deleted => self.undelete.add(size),
                    Change::Changed | Change::Rewritten | Change::Added | Change::Same => {
                        self.roll_back.add(size);
                    }
                }
            }
            Ok(Step::RemoveMarker) => self.unmark.add(size),
            Ok(Step::Hide) => self.hide += 1,
            Err(Left::Kept) => self.keep += 1,
            Err(Left::SameBytes) => self.same_bytes += 1,
            Err(Left::Out) => self.out += 1,
        }
    }

    /// Objects that something is done to.
    #[must_use]
    pub const fn moves(&self) -> u64 {
        self.undelete.objects + self.unmark.objects + self.roll_back.objects + self.hide
    }
}
