//! Rows of the versions of an object.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto_preview::{FactName, Preview};

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

/// One of two versions that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VersionSide {
    /// Its id.
    pub version: String,
    /// ETag.
    pub etag: String,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
}

/// What a line of two texts is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    /// In both.
    Same,
    /// Only in the older one.
    Gone,
    /// Only in the newer one.
    New,
    /// Here lines that are the same are left out; the numbers around tell how many.
    Skip,
}

/// A line of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiffLine {
    /// What it is.
    pub kind: DiffKind,
    /// Its number in the older one, from 1.
    pub old: Option<u32>,
    /// Its number in the newer one, from 1.
    pub new: Option<u32>,
    /// Its text without its end.
    pub text: String,
}

/// Two texts, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TextDiff {
    /// Lines that differ, each with three around it.
    pub lines: Vec<DiffLine>,
    /// Lines only in the older one.
    pub gone: u32,
    /// Lines only in the newer one.
    pub new: u32,
    /// Whether both were read to their ends. If not, what is behind the first part of either is not compared.
    pub whole: bool,
}

/// A fact of two versions that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FactDiff {
    /// Which.
    pub name: FactName,
    /// In the older one; `None` where it has none.
    pub older: Option<String>,
    /// In the newer one.
    pub newer: Option<String>,
}

/// Two versions of an object beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Comparison {
    /// What is inside the older one.
    pub older: Preview,
    /// What is inside the newer one.
    pub newer: Preview,
    /// Their texts, where both are text.
    pub text: Option<TextDiff>,
    /// Facts of the file (camera, lens, exposure, pages…) that differ.
    pub facts: Vec<FactDiff>,
    /// Whether both hold the same bytes, as far as their ETags tell.
    pub same_bytes: bool,
}
