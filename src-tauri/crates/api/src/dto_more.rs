//! Answers that have no row of their own.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto::FolderFileRow;

/// What the core says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AppInfo {
    /// Version of the program.
    pub version: String,
    /// `linux`, `windows` or `macos`.
    pub platform: String,
    /// Whether the practice bucket answers.
    pub practice_running: bool,
    /// Whether there is no connection yet.
    pub first_run: bool,
}

/// A bucket that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BucketDraft {
    /// Its name.
    pub name: String,
    /// Its region; empty for the connection's own.
    pub region: String,
    /// Whether it keeps older versions.
    pub versioning: bool,
    /// Whether objects can be locked in it, which keeps versions as well, for good.
    pub object_lock: bool,
}

/// Something that an identity may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RefusedRight {
    /// See what is in a folder.
    List,
    /// Read objects.
    Read,
    /// Write objects.
    Write,
    /// Delete objects.
    Delete,
    /// Make buckets.
    MakeBuckets,
    /// Delete a bucket.
    DeleteBucket,
}

/// What the server refused less than a day ago in a folder, or above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RefusalRow {
    /// What.
    pub right: RefusedRight,
    /// In this folder and below it.
    pub prefix: String,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
}

/// An object that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Kept {
    /// Its key.
    pub key: String,
    /// Why it is still there, in plain words.
    pub reason: String,
}

/// Answer of a delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeleteResult {
    /// How many are gone.
    #[ts(type = "number")]
    pub deleted: u64,
    /// What stayed, with reasons.
    pub kept: Vec<Kept>,
    /// How it can be undone; empty when it cannot.
    pub undo_hint: String,
}

/// A download has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DownloadStarted {
    /// Its batch.
    pub batch: String,
}

/// An upload has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UploadStarted {
    /// Its batch.
    pub batch: String,
    /// Files in it.
    #[ts(type = "number")]
    pub files: u64,
}

/// Which files of a sync folder to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FileFilter {
    /// Everything that is not Safe.
    Todo,
    /// Safe.
    Verified,
    /// Failed.
    Failed,
    /// All.
    All,
}

/// Files of a sync folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FolderFiles {
    /// Rows.
    pub rows: Vec<FolderFileRow>,
    /// How many there are under this filter.
    #[ts(type = "number")]
    pub total: u64,
}
