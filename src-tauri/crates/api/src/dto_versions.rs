//! Rows of the versions of an object.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a listing of versions goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VersionMark {
    /// Behind this key,
    pub key: String,
    /// or behind this version of it.
    pub version: Option<String>,
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VersionRow {
    /// Its id; `null` for what was written while the bucket kept no versions.
    pub version: String,
    /// Whether it is on top now.
    pub latest: bool,
    /// Whether it is a delete marker.
    pub marker: bool,
    /// Bytes; 0 for a marker.
    #[ts(type = "number")]
    pub size: u64,
    /// The time it bears, milliseconds since 1970.
    #[ts(type = "number")]
    pub modified: i64,
    /// ETag; empty for a marker.
    pub etag: String,
    /// Storage class; empty for a marker.
    pub class: String,
    /// Whether it cannot be read before it is restored from its archive.
    pub archived: bool,
    /// Whose it is, where the server says so.
    pub owner: Option<String>,
}

/// A page of the versions of an object, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VersionsPage {
    /// Versions and markers.
    pub rows: Vec<VersionRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<VersionMark>,
}
