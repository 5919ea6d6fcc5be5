//! What was observed on either side, and what both were at the last success.
use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::key::{ETag, VersionId};

/// Nanoseconds since 1970 (UTC). A file system's or the clock's word; never proof of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// From milliseconds since 1970; saturates.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// This time plus `millis`.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add((millis as i64).saturating_mul(1_000_000)))
    }

    /// Nanoseconds from `earlier` to this; zero when the clock went back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        if self.0 > earlier.0 { (self.0 - earlier.0) as u64 } else { 0 }
    }
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Box<str>);

        impl $name {
            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

id_type! {
    /// A sync folder.
    PairId
}
id_type! {
    /// A transfer.
    TransferId
}
id_type! {
    /// A copy, move, edit or delete of objects in a bucket.
    JobId
}
id_type! {
    /// Archived objects that are asked for together.
    ThawId
}
id_type! {
    /// Transfers that were asked for together: a drop, a download, a sync folder.
    BatchId
}

/// Grows by one with every commit of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// Device and inode (or volume and file index): tells a replaced file from a changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, PartialOrd, Ord)]
pub struct FileId {
    /// Device or volume.
    pub device: u64,
    /// Inode or file index.
    pub inode: u64,
}

/// A file as one `stat` saw it: the snapshot of hazards HA1 to HA3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalState {
    /// Bytes.
    pub size: u64,
    /// Time of last write.
    pub mtime: Timestamp,
    /// Time of last change of the inode.
    pub ctime: Timestamp,
    /// Which file.
    pub file_id: FileId,
    /// Checksum of the content, if it was read.
    pub digest: Option<Digest>,
}

impl LocalState {
    /// Whether both are the same untouched file: size, times and identity. The digest does not count, since it is not
    /// always there.
    #[must_use]
    pub fn same_snapshot(&self, other: &Self) -> bool {
        self.size == other.size
            && self.mtime == other.mtime
            && self.ctime == other.ctime
            && self.file_id == other.file_id
    }
}

/// The current version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteState {
    /// Bytes.
    pub size: u64,
    /// Opaque mark of the version.
    pub etag: ETag,
    /// Version id, where the bucket keeps versions.
    pub version: Option<VersionId>,
    /// Full-object checksum that the **server** gave.
    pub digest: Option<Digest>,
}

impl RemoteState {
    /// Whether both are the same version: ETag and size. The digest does not count, since listings have none, and neither
    /// does the version id, for the same reason.
    #[must_use]
    pub fn same_version(&self, other: &Self) -> bool {
        self.etag == other.etag && self.size == other.size
    }
}

/// What both sides were when this path was last proved equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseState {
    /// The file.
    pub local: LocalState,
    /// The object.
    pub remote: RemoteState,
}

impl BaseState {
    /// Whether both sides can have been equal: a row that says otherwise is damaged and proves nothing (hazard HC6).
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.local.size == self.remote.size
            && match (self.local.digest, self.remote.digest) {
                (Some(here), Some(there)) => here == there || discriminant(&here) != discriminant(&there),
                (None, _) | (_, None) => true,
            }
    }
}

/// Result of looking. `Unknown` never turns into `Absent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed<T> {
    /// Seen.
    Present(T),
    /// Looked for, everywhere it could be, and not there.
    Absent,
    /// Not known.
    Unknown(UnknownReason),
}

impl<T> Observed<T> {
    /// The same, borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Present(seen) => Observed::Present(seen),
            Self::Absent => Observed::Absent,
            Self::Unknown(reason) => Observed::Unknown(*reason),
        }
    }

    /// What was seen, if something was.
    #[must_use]
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(seen) => Some(seen),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// Why something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnknownReason {
    /// Nobody looked yet.
    NotScanned,
    /// It, or a folder above it, could not be read.
    Unreadable,
    /// The listing did not reach its end.
    ListingIncomplete,
    /// The root or its marker is not there.
    RootMissing,
    /// It does not lie still yet: somebody may be writing it.
    Settling,
    /// It was not seen, and that is not enough evidence yet that it is gone (invariant I6).
    AbsenceUnproved,
}
