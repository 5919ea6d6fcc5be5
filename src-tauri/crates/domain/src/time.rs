//! Time: what a place looked like at any moment, told by the versions that are there, and the plan that brings a moment back.
//!
//! A version was the visible one from the moment it came into the list until the next one came on top. Its own time does not
//! say when that was: a multipart object bears the time at which its upload *began* ([AWS: Working with object metadata,
//! `Last-Modified`](https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html)), two versions can bear the same
//! second, and a copy of the bucket made by another tool keeps what order it likes. The order of the list is what holds:
//! S3 gives the versions of a key newest first ([AWS:
//! `ListObjectVersions`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html)). So a version is taken
//! to be visible [`since`] its own time, or since that of an older one that bears a later time.
//!
//! **What cannot be known:** versions that were destroyed since, by hand, by a lifecycle rule, or by being overwritten while
//! versioning was off or suspended. A moment is told by what is left.
pub mod by_key;
pub mod plan;
pub mod purge;
pub mod timeline;
pub mod tops;

pub use by_key::{ByKey, Unordered};
pub use plan::{Added, Brought, Choice, Expect, Left, Move, Totals, Undelete};
pub use timeline::{Bar, Builder, Counts, Moment, Planned, Timeline};
pub use tops::{Top, Tops};

use serde::{Deserialize, Serialize};

use crate::key::{ETag, VersionId};
use crate::state::Timestamp;

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id; `null` for what was written while versioning was off or suspended.
    pub id: VersionId,
    /// The time it bears.
    pub modified: Timestamp,
    /// What it holds; `None`: it is a delete marker.
    pub content: Option<Content>,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Bytes.
    pub size: u64,
    /// ETag: the same one at the same key and size is taken to be the same bytes, and a different one says nothing (hazard
    /// HB11).
    pub etag: ETag,
    /// Storage class.
    pub class: Box<str>,
}

impl Content {
    /// Whether these are the bytes of the other one, as far as ETags tell.
    #[must_use]
    pub fn same_bytes(&self, other: &Self) -> bool {
        self.size == other.size && self.etag == other.etag
    }
}

/// Since when each version is taken to be the visible one; versions and answer newest first. Never later than the answer
/// before it.
#[must_use]
pub fn since(versions: &[Version]) -> Vec<Timestamp> {
    let mut all: Vec<_> = versions.iter().map(|version| version.modified).collect();
    let mut latest = None;
    for at in all.iter_mut().rev() {
        let moved = latest.map_or(*at, |latest| (*at).max(latest));
        *at = moved;
        latest = Some(moved);
    }
    all
}

/// The version that was on top at a moment, delete marker or not; `None` before the first one. Versions newest first. A version
/// of the very moment counts.
#[must_use]
pub fn on_top(versions: &[Version], moment: Timestamp) -> Option<usize> {
    let mut found = None;
    for (place, version) in versions.iter().enumerate().rev() {
        // Whatever came on top of this one came later, whatever time it bears.
        if version.modified > moment {
            break;
        }
        found = Some(place);
    }
    found
}

/// The versions that were there at a moment, newest first: those from the one on top then. Empty before the first one.
#[must_use]
pub fn up_to(versions: &[Version], moment: Timestamp) -> &[Version] {
    on_top(versions, moment).and_then(|place| versions.get(place..)).unwrap_or_default()
}

/// What became of a key between a moment and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The same version is there, or none then and none now.
    Same,
    /// Written again with the same bytes: what is seen is the same, though headers or tags can differ.
    Rewritten,
    /// Other bytes are there.
    Changed,
    /// It was there and is not.
    Deleted,
    /// It was not there and is.
    Added,
}

/// What became of a key; versions newest first.
#[must_use]
pub fn change(versions: &[Version], moment: Timestamp) -> Change {
    let then = on_top(versions, moment);
    if then == Some(0) {
        return Change::Same;
    }
    let then = then.and_then(|place| versions.get(place)).and_then(|version| version.content.as_ref());
    let now = versions.first().and_then(|version| version.content.as_ref());
    match (then, now) {
        (None, None) => Change::Same,
        (Some(_), None) => Change::Deleted,
        (None, Some(_)) => Change::Added,
        (Some(then), Some(now)) if then.same_bytes(now) => Change::Rewritten,
        (Some(_), Some(_)) => Change::Changed,
    }
}

#[cfg(test)]
mod tests;
