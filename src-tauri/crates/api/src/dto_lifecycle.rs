//! Rows of lifecycle rules, of what they will do, and of uploads that nobody ended.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto::UiError;
use crate::dto_prices::Price;
use crate::dto_time::HistoryRow;
use crate::dto_versions::DiffLine;

/// When something happens: exactly one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleWhen {
    /// So many days after the object was written.
    pub days: Option<u32>,
    /// From this midnight UTC on, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub date: Option<i64>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A move of current versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleMove {
    /// When.
    pub when: RuleWhen,
    /// To which storage class.
    pub class: String,
}

/// What happens to versions that were covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleOld {
    /// So many days after they were covered.
    pub days: u32,
    /// So many newer covered ones stay as they are.
    pub keep_newer: u32,
}

/// A move of covered versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleOldMove {
    /// When.
    pub when: RuleOld,
    /// To which storage class.
    pub class: String,
}

/// A rule as a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleForm {
    /// Its name.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Start of the keys it is for; empty: all.
    pub prefix: String,
    /// Tags that an object must bear, all of them.
    pub tags: Vec<RuleTag>,
    /// Only objects larger than so many bytes.
    #[ts(type = "number | null")]
    pub larger_than: Option<u64>,
    /// Only objects smaller than so many bytes.
    #[ts(type = "number | null")]
    pub smaller_than: Option<u64>,
    /// Moves of current versions.
    pub transitions: Vec<RuleMove>,
    /// End of current versions.
    pub expiration: Option<RuleWhen>,
    /// Whether delete markers go that cover nothing.
    pub expired_markers: bool,
    /// Moves of covered versions.
    pub old_transitions: Vec<RuleOldMove>,
    /// End of covered versions.
    pub old_expiration: Option<RuleOld>,
    /// Days after which unfinished uploads are ended.
    pub abort_uploads: Option<u32>,
}

/// A rule of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleRow {
    /// What we understand of it.
    pub form: RuleForm,
    /// The same in plain sentences.
    pub sentences: Vec<String>,
    /// Its own text.
    pub xml: String,
    /// Elements in it that Windlass does not know; they are kept. Not empty: what it does cannot be foretold.
    pub strange: Vec<String>,
}

/// The rules of a bucket, as they were opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Lifecycle {
    /// Names what was opened; edits and saves are told it.
    pub mark: String,
    /// Its rules, in its order. A rule's place is its number from 0.
    pub rules: Vec<RuleRow>,
    /// All of it as JSON, the way Amazon's own command line reads and writes it.
    pub json: String,
    /// All of it as the server gave it; empty where there are no rules.
    pub xml: String,
    /// After a save: what the server made of it that was not asked for ("The server forgot the sizes of …"); else empty.
    pub notes: Vec<String>,
    /// When it was read, milliseconds since 1970.
    #[ts(type = "number")]
    pub read_at: i64,
}

/// One rule of an edit. With `keeps` alone the rule stays byte for byte, with both it is that one with changes, with `form` alone it
/// is new. What is not named goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleEdit {
    /// Place of a rule that was opened.
    pub keeps: Option<u32>,
    /// What it is to say.
    pub form: Option<RuleForm>,
}

/// What is to be written: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LifecycleEdit {
    /// Rule by rule; those that stay come in the order in which they were opened.
    pub rules: Option<Vec<RuleEdit>>,
    /// All of it as JSON.
    pub json: Option<String>,
}

/// What an edit would write, beside what was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LifecycleDraft {
    /// The rules, as they would read.
    pub rules: Vec<RuleRow>,
    /// The same as JSON.
    pub json: String,
    /// The whole text that is written.
    pub xml: String,
    /// The opened text and this one, line by line; empty when nothing changes.
    pub lines: Vec<DiffLine>,
    /// What is worth a thought before saving, in plain sentences ("Old versions are destroyed after 30 days, so no restore reaches further back.").
    pub warnings: Vec<String>,
}

/// What a stretch of a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StretchKind {
    /// Most of its bytes are in `class`.
    Class,
    /// All of them are gone: deleted, with a version below.
    Hidden,
    /// All of them are gone for good.
    Gone,
}

/// A stretch of time in which a line stays the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ForecastStretch {
    /// From, milliseconds since 1970.
    #[ts(type = "number")]
    pub from: i64,
    /// To.
    #[ts(type = "number")]
    pub to: i64,
    /// What it shows.
    pub kind: StretchKind,
    /// Storage class of most of its bytes; empty where it is gone.
    pub class: String,
    /// Plain words that belong into it: "12 to 48 h to get back", "no rule", "made again on demand"; may be empty.
    pub note: String,
}

/// Objects to which the same happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ForecastLine {
    /// Name: of the rule, of the folder where there is none, or "Old versions".
    pub title: String,
    /// Place of the rule among the rules; `None` where none concerns it.
    pub rule: Option<u32>,
    /// Whether it is of covered versions.
    pub old: bool,
    /// Objects (or versions).
    #[ts(type = "number")]
    pub objects: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// From today to the end of the forecast, without gaps.
    pub stretches: Vec<ForecastStretch>,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ForecastKind {
    /// They go to an archive, where they cannot be read at once.
    Archived,
    /// Current versions are deleted.
    Deleted,
    /// Covered versions are destroyed: no restore reaches them any more.
    OldGone,
    /// They are moved to a class that bills small objects as larger ones.
    Small,
    /// They are moved or destroyed before the least time of their class.
    Early,
    /// A rule asks for tags, and those are not in the index, so what it does is not in the forecast.
    Unknown,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ForecastEvent {
    /// What.
    pub kind: ForecastKind,
    /// When it begins, milliseconds since 1970; 0 for what has no day.
    #[ts(type = "number")]
    pub at: i64,
    /// One line without the date: "12,400 objects to Deep Archive".
    pub title: String,
    /// What it means, in plain sentences.
    pub detail: String,
    /// Whether it is shown as a warning.
    pub warns: bool,
    /// Objects or versions.
    #[ts(type = "number")]
    pub objects: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Storage class that they go to, or had.
    pub class: String,
    /// Place of the rule.
    pub rule: Option<u32>,
    /// Those among them that bear a hold, as far as is known on this computer.
    #[ts(type = "number")]
    pub held: u64,
    /// Of `small`: a filter by size on the rule would keep them where they are; `larger_than` to set, in bytes.
    #[ts(type = "number | null")]
    pub exclude_below: Option<u64>,
}

/// A month of storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ForecastMonth {
    /// Its first day (today for the first one), milliseconds since 1970.
    #[ts(type = "number")]
    pub from: i64,
    /// Billionths of the currency for a whole month at the pace of its middle; `None` where a class has no price.
    #[ts(type = "number | null")]
    pub amount: Option<u64>,
    /// Bytes kept in its middle.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What the rules of a bucket will do, by its index. Never a promise: S3 acts some time after a moment of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Forecast {
    /// The whole index over the whole bucket that it is made from; `None`: there is none, and everything else is empty.
    pub index: Option<HistoryRow>,
    /// The one that is being read, or stopped.
    pub filling: Option<HistoryRow>,
    /// Rules in force.
    pub rules: u32,
    /// Current objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// From.
    #[ts(type = "number")]
    pub from: i64,
    /// To.
    #[ts(type = "number")]
    pub to: i64,
    /// Lines, largest first; "Old versions" last; at most 12, the rest in one.
    pub lines: Vec<ForecastLine>,
    /// Events by day, those without one last; at most 50.
    pub events: Vec<ForecastEvent>,
    /// Months.
    pub months: Vec<ForecastMonth>,
    /// Storage of a month now,
    pub now: Price,
    /// and at the end.
    pub then: Price,
    /// Requests of moves over the whole time, billionths; `None` where a class has no price.
    #[ts(type = "number | null")]
    pub moves: Option<u64>,
    /// Why the rules could not be read; then there are no lines. Unfinished uploads are not in it; those are `orphan_uploads`.
    pub error: Option<UiError>,
}

/// An upload that nobody ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OrphanUpload {
    /// Key that it would become.
    pub key: String,
    /// As it may be shown.
    pub name: String,
    /// Its id.
    pub upload: String,
    /// When it was begun, milliseconds since 1970.
    #[ts(type = "number")]
    pub begun: i64,
    /// Whether a transfer on this computer uses it: it cannot be ended here.
    pub in_use: bool,
    /// When a rule ends it.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
}

/// Uploads of a bucket that nobody ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OrphanUploads {
    /// Oldest first, at most 1,000.
    pub rows: Vec<OrphanUpload>,
    /// How many there are.
    #[ts(type = "number")]
    pub total: u64,
    /// Whether some rule ends unfinished uploads in all of the bucket.
    pub ruled: bool,
}

/// One of them, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UploadName {
    /// Key.
    pub key: String,
    /// Id.
    pub upload: String,
}

/// What one holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OrphanUse {
    /// Parts.
    #[ts(type = "number")]
    pub parts: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Price of keeping them for a month.
    pub price: Price,
}

/// What became of ending some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OrphansEnded {
    /// Those that are gone.
    #[ts(type = "number")]
    pub ended: u64,
    /// Those that are not, and why the first of them is not.
    #[ts(type = "number")]
    pub left: u64,
    /// See `left`.
    pub problem: Option<UiError>,
}
