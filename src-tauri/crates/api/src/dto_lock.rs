//! Rows of Object Lock, and of the purge of old versions.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How firmly a version is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Who has a right of its own and says so may still delete it.
    Governance,
    /// Nobody may, the owner of the account included.
    Compliance,
}

/// What holds a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LockRow {
    /// Key.
    pub key: String,
    /// The version that was looked at.
    pub version: Option<String>,
    /// How firmly it is kept; `None` where it has no retention.
    pub mode: Option<LockMode>,
    /// Until when, milliseconds since 1970; it may have passed.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// Whether a legal hold is on it.
    pub hold: bool,
    /// Whether it cannot be destroyed now.
    pub holds: bool,
    /// Why, in a plain sentence; else empty.
    pub why: String,
}

/// What new objects of a bucket get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LockDefault {
    /// How firmly.
    pub mode: LockMode,
    /// For so many days,
    pub days: Option<u32>,
    /// or years.
    pub years: Option<u32>,
}

/// Object Lock of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BucketLock {
    /// Whether it is on. Without it nothing can be locked, and nothing is asked about single objects.
    pub on: bool,
    /// What new objects get that say nothing themselves.
    pub default: Option<LockDefault>,
}

/// What becomes of the locks of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LockChange {
    /// How firmly they are kept from now on; with `until`. `None`: the retention stays.
    pub mode: Option<LockMode>,
    /// Until when, milliseconds since 1970. What is kept longer or more firmly already stays so.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// `true` puts a legal hold on, `false` takes it away, `None` leaves it.
    pub hold: Option<bool>,
}

/// Which old versions are destroyed. A version has to meet all of it; the one on top, and what is locked, always stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PurgeChoice {
    /// It was covered at least so many days ago.
    pub days: u32,
    /// So many of the newest old versions of each key stay.
    pub keep: u32,
    /// It has at least so many bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Delete markers below the top go as well, and one on top that covers nothing.
    pub markers: bool,
}
