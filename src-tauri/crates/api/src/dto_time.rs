//! Rows of the time slider: what a place looked like at a moment, and the plan that brings it back.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto::UiError;
use crate::dto_jobs::{Added, Undelete};
use crate::dto_prices::Price;

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BucketVersions {
    /// It keeps every version.
    On,
    /// It kept them once: what was kept stays, what is written now takes the place of what has no id.
    Suspended,
    /// It never kept any.
    Off,
    /// The server does not say, or this identity may not ask.
    Unknown,
}

/// A version index: all versions and delete markers below a prefix, as one listing told them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct HistoryRow {
    /// Id.
    pub id: String,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix; empty for the whole bucket.
    pub prefix: String,
    /// Keys so far.
    #[ts(type = "number")]
    pub keys: u64,
    /// Versions and delete markers so far.
    #[ts(type = "number")]
    pub versions: u64,
    /// Bytes of all versions so far.
    #[ts(type = "number")]
    pub bytes: u64,
    /// LIST requests that it cost.
    #[ts(type = "number")]
    pub requests: u64,
    /// Whether it is whole.
    pub complete: bool,
    /// Whether it is being filled now.
    pub running: bool,
    /// Versions per second; `None` when it is not being filled.
    #[ts(type = "number | null")]
    pub rate: Option<u64>,
    /// Versions of the one before; what to expect of one that is not whole.
    #[ts(type = "number | null")]
    pub expected: Option<u64>,
    /// When its listing began, milliseconds since 1970. What came later may be in it or not.
    #[ts(type = "number")]
    pub began_at: i64,
    /// When it became whole.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// Why it stopped, if it did.
    pub error: Option<UiError>,
}

/// A place that is looked at in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimePlace {
    /// Whether its bucket keeps versions.
    pub versions: BucketVersions,
    /// The whole version index that answers for it: its own, or one of a prefix around it.
    pub index: Option<HistoryRow>,
    /// Its own one that is not whole: being filled, or stopped.
    pub filling: Option<HistoryRow>,
    /// When the first and the last of its versions came, milliseconds since 1970; `None` when there is none.
    #[ts(type = "number | null")]
    pub first: Option<i64>,
    /// See `first`.
    #[ts(type = "number | null")]
    pub last: Option<i64>,
}

/// What happened in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeBar {
    /// Versions written.
    pub written: u32,
    /// Delete markers.
    pub deleted: u32,
}

/// Objects and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ObjectAmount {
    /// Objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// A place at a moment, and the difference to now, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeCounts {
    /// What was there.
    pub then: ObjectAmount,
    /// What is there now.
    pub now: ObjectAmount,
    /// Objects in the very version of then.
    #[ts(type = "number")]
    pub same: u64,
    /// Objects written again with the same bytes.
    #[ts(type = "number")]
    pub rewritten: u64,
    /// Objects with other bytes; bytes of then.
    pub changed: ObjectAmount,
    /// Objects that are gone; bytes of then.
    pub deleted: ObjectAmount,
    /// Objects that came since; bytes of now.
    pub added: ObjectAmount,
    /// The last moment before at which something changed, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub earlier: Option<i64>,
    /// The first moment after at which something changed.
    #[ts(type = "number | null")]
    pub later: Option<i64>,
}

/// Which keys are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TimeShow {
    /// All that are not what they were.
    Differences,
    /// Those that are gone.
    Deleted,
    /// Those with other bytes, or written again with the same.
    Changed,
    /// Those that came since.
    Added,
    /// All that were there, changed or not.
    Then,
}

/// What became of a key since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TimeChange {
    /// The very version of then is there.
    Same,
    /// Written again with the same bytes.
    Rewritten,
    /// Other bytes are there.
    Changed,
    /// It is gone.
    Deleted,
    /// It came since.
    Added,
}

/// One version of a key, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeVersion {
    /// Its id.
    pub version: String,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// The time it bears, milliseconds since 1970.
    #[ts(type = "number")]
    pub modified: i64,
    /// Storage class.
    pub class: String,
    /// Whether it cannot be read or copied before it is restored from its archive.
    pub archived: bool,
}

/// A key at a moment and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeRow {
    /// Key.
    pub key: String,
    /// What follows the prefix of the place, as shown (bidirectional controls escaped).
    pub name: String,
    /// What became of it.
    pub change: TimeChange,
    /// What was there.
    pub then: Option<TimeVersion>,
    /// What is there now.
    pub now: Option<TimeVersion>,
    /// When it last changed, milliseconds since 1970.
    #[ts(type = "number")]
    pub when: i64,
    /// Whether one delete marker on top is all that came since: it can be taken away.
    pub lone_marker: bool,
}

/// Rows i..j of a place in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeWindow {
    /// Rows, beginning at the offset asked for, by key.
    pub rows: Vec<TimeRow>,
    /// Rows in all.
    #[ts(type = "number")]
    pub total: u64,
}

/// What takes part in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimeChoice {
    /// Whether what was deleted comes back.
    pub deleted: bool,
    /// How it does.
    pub undelete: Undelete,
    /// Whether what was changed is rolled back.
    pub changed: bool,
    /// What becomes of what was added.
    pub added: Added,
    /// Whether what was written again with the same bytes is rolled back as well.
    pub rewritten: bool,
    /// Keys that are treated the other way: one of a kind that takes part stays out, and one of a kind that does not is in.
    pub but: Vec<String>,
}

/// What a plan comes to, as the index knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimePlan {
    /// Deleted ones that come back as a copy.
    pub undelete: ObjectAmount,
    /// Deleted ones whose marker is taken away.
    pub unmark: ObjectAmount,
    /// Changed ones that are covered by the older version.
    pub roll_back: ObjectAmount,
    /// Of those that are copied: they have to be thawed first.
    pub thaw: ObjectAmount,
    /// Added ones that get a delete marker.
    #[ts(type = "number")]
    pub hide: u64,
    /// Ones that differ and are left.
    #[ts(type = "number")]
    pub left: u64,
    /// Price of the copies, and of keeping them for a month (its lines of the part `storing`).
    pub price: Price,
}

/// Whether what a plan copies can be read, as some of it tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimeSamples {
    /// Older versions that were looked at.
    pub asked: u32,
    /// Those that can be read.
    pub readable: u32,
    /// About how many seconds the plan takes at the pace of these looks; `None` when nothing is copied.
    #[ts(type = "number | null")]
    pub seconds: Option<u64>,
    /// Why the first of the others cannot.
    pub problem: Option<UiError>,
}

/// One call of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobItemRow {
    /// Its number, from 1.
    #[ts(type = "number")]
    pub seq: u64,
    /// Key.
    pub key: String,
    /// As it may be shown.
    pub name: String,
    /// What is called on the server.
    pub call: JobCall,
    /// The version that is copied or destroyed, or the delete marker that is taken away.
    pub version: Option<String>,
    /// Bytes of it.
    #[ts(type = "number")]
    pub size: u64,
    /// ETag of what has to be on top for it; `None`: nothing must be visible.
    pub expects: Option<String>,
    /// How it stands.
    pub state: JobItemState,
    /// Why it was left; else empty.
    pub why: String,
}

/// What a job calls on the server for one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobCall {
    /// `CopyObject` of an older version on top.
    CopyBack,
    /// `DeleteObject` of a delete marker by its version id.
    RemoveMarker,
    /// `DeleteObject` without a version id: a delete marker comes on top.
    Delete,
    /// `CopyObject` to another key.
    Copy,
    /// `CopyObject` onto itself with changes, or `PutObjectTagging`.
    Rewrite,
    /// `DeleteObject` of a version by its id.
    Destroy,
    /// `PutObjectRetention`, `PutObjectLegalHold`, or both.
    Lock,
}

/// How one object of a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobItemState {
    /// To be done.
    Planned,
    /// Under way.
    Doing,
    /// Done.
    Done,
    /// Left as it was.
    Left,
}

/// Rows i..j of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobItems {
    /// Rows, in the order in which they are done.
    pub rows: Vec<JobItemRow>,
    /// Rows in all.
    #[ts(type = "number")]
    pub total: u64,
}
