//! Rows of what is kept in step: modes, plans, brakes, conflicts, and what was changed.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto_more::Kept;

/// How a sync folder is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// Up only, create only: nothing is replaced or deleted, on either side.
    Ingest,
    /// The bucket becomes what the folder is.
    MirrorUp,
    /// The folder becomes what the bucket is.
    MirrorDown,
    /// Both become the same.
    TwoWay,
}

/// Where the brake comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrakeLimits {
    /// Share of the files that one round may delete, in percent.
    pub percent: u8,
    /// Files that may be deleted within an hour.
    #[ts(type = "number")]
    pub files_an_hour: u64,
    /// Bytes that may be deleted within an hour.
    #[ts(type = "number")]
    pub bytes_an_hour: u64,
    /// Files that may be deleted within seven days.
    #[ts(type = "number")]
    pub files_a_week: u64,
    /// Share of the files whose content one round may replace, in percent.
    pub overwrite_percent: u8,
}

/// What a person chose for a sync folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FolderOptions {
    /// Lines in the syntax of gitignore: what is left out. Changing them deletes nothing.
    pub ignore: Vec<String>,
    /// Larger files are left out, in bytes.
    #[ts(type = "number | null")]
    pub largest: Option<u64>,
    /// Where the brake comes in; `None` for the usual limits.
    pub limits: Option<BrakeLimits>,
}

/// Which limit a round would have broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BrakeWhy {
    /// Everything would go.
    Everything,
    /// Too large a share.
    Share,
    /// Too many within an hour.
    FilesAnHour,
    /// Too much within an hour.
    BytesAnHour,
    /// Too many within a week.
    FilesAWeek,
    /// Too many contents replaced at once.
    Overwrites,
}

/// What a person says to a brake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BrakeChoice {
    /// Go on with exactly what was asked.
    Go,
    /// Nothing of it is deleted or replaced; what is missing comes back from the other side.
    Restore,
}

/// A question that waits: the engine stopped before it deleted or replaced too much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrakeRow {
    /// Names exactly what was asked. Text, because a number of this size does not fit one of JavaScript's.
    pub id: String,
    /// Why.
    pub why: BrakeWhy,
    /// Files here that would go to the trash.
    #[ts(type = "number")]
    pub trash_here: u64,
    /// Objects that would be deleted.
    #[ts(type = "number")]
    pub delete_there: u64,
    /// Contents that would be replaced.
    #[ts(type = "number")]
    pub overwrite: u64,
    /// Bytes of what would be deleted.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Files that are known to be the same on both sides.
    #[ts(type = "number")]
    pub of: u64,
    /// The first paths, at most twenty, as they may be shown.
    pub sample: Vec<String>,
    /// Since when it waits.
    #[ts(type = "number")]
    pub since: i64,
    /// The answer, once it was given and until it has taken effect.
    pub answer: Option<BrakeChoice>,
}

/// What a plan would do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Send a new file.
    Upload,
    /// Fetch a new object.
    Download,
    /// Send a file over an older object.
    ReplaceThere,
    /// Fetch an object over an older file; the file goes to the trash.
    ReplaceHere,
    /// Rename in the bucket.
    RenameThere,
    /// Rename here.
    RenameHere,
    /// Both changed: both are kept.
    KeepBoth,
    /// Delete in the bucket.
    DeleteThere,
    /// Move to the trash here.
    TrashHere,
    /// Read the file to see whether both sides are the same.
    Compare,
    /// Left alone and shown; a person has to look.
    Show,
}

/// Files of one kind in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanCount {
    /// Kind.
    pub kind: PlanKind,
    /// Files.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// A plan to look at. It cannot be carried out: a start looks anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanHead {
    /// Names this plan; another one replaces it.
    pub plan: String,
    /// The whole of it in one sentence.
    pub sentence: String,
    /// Counts by kind, in the order of [`PlanKind`], without those that are zero.
    pub counts: Vec<PlanCount>,
    /// Files that are the same on both sides already.
    #[ts(type = "number")]
    pub same: u64,
    /// Files that are still being written or could not be seen; the plan says nothing of them.
    #[ts(type = "number")]
    pub waiting: u64,
    /// When it was made.
    #[ts(type = "number")]
    pub made: i64,
}

/// Which steps of a plan to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlanFilter {
    /// All.
    All,
    /// What deletes or replaces.
    Risky,
}

/// A row of a plan's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanNode {
    /// Path below the root, as it is; not for showing.
    pub path: String,
    /// Last part, as it may be shown.
    pub name: String,
    /// How deep it lies; 0 at the top.
    pub depth: u32,
    /// What happens to it; `None` for a folder.
    pub kind: Option<PlanKind>,
    /// New name, for renames and kept conflicts, as it may be shown.
    pub to: Option<String>,
    /// Files in it, 1 for a file.
    #[ts(type = "number")]
    pub files: u64,
    /// Files of it that would be deleted or replaced.
    #[ts(type = "number")]
    pub risky: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Rows i..j of a plan's tree with some folders open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanWindow {
    /// Rows.
    pub rows: Vec<PlanNode>,
    /// How many rows there are with these folders open.
    #[ts(type = "number")]
    pub total: u64,
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictSide {
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Last change, where it is known.
    #[ts(type = "number | null")]
    pub modified: Option<i64>,
    /// Who wrote it, where it is known.
    pub by: Option<String>,
}

/// A conflict: both sides were kept, under two names, and a person may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictRow {
    /// Id.
    pub id: String,
    /// Path, as it may be shown.
    pub path: String,
    /// Name that the file of this computer has now, as it may be shown.
    pub kept_as: String,
    /// Key of the object.
    pub key: String,
    /// The file that was here.
    pub mine: ConflictSide,
    /// The object that was there.
    pub theirs: ConflictSide,
    /// Since when.
    #[ts(type = "number")]
    pub at: i64,
}

/// Conflicts that wait for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictWindow {
    /// Rows, newest first.
    pub rows: Vec<ConflictRow>,
    /// How many wait.
    #[ts(type = "number")]
    pub total: u64,
}

/// Both sides of one conflict from near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictDetails {
    /// The row, with what was asked of both sides now.
    pub row: ConflictRow,
    /// Small picture of the file here (`data:image/jpeg;base64,…`).
    pub mine_picture: Option<String>,
    /// Small picture of the object.
    pub theirs_picture: Option<String>,
}

/// Which side of a conflict keeps the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeepSide {
    /// The file that was here; the other goes to the trash.
    Mine,
    /// The object that was there; the file goes to the trash.
    Theirs,
    /// Both, as they are.
    Both,
}

/// An answer to one conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictChoice {
    /// Id of the conflict.
    pub id: String,
    /// What to keep.
    pub keep: KeepSide,
}

/// How a batch of conflicts was resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictsResolved {
    /// How many are resolved.
    #[ts(type = "number")]
    pub resolved: u64,
    /// Those that stay, with reasons; `key` is the path.
    pub kept: Vec<Kept>,
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Deleted in the bucket.
    DeletedThere,
    /// Moved to the trash here.
    TrashedHere,
    /// Renamed in the bucket.
    RenamedThere,
    /// Renamed here.
    RenamedHere,
    /// Both sides of a conflict kept.
    KeptBoth,
    /// A newer content came from the bucket; the old one went to the trash here.
    ReplacedHere,
    /// What lost a conflict went to the trash here.
    ConflictSettled,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChangeEnd {
    /// It took effect.
    Done,
    /// Something else was there by then; nothing was changed.
    Refused,
    /// A person took it back, or resolved it.
    Undone,
}

/// One entry of what a sync folder deleted, renamed or kept twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangeRow {
    /// Id.
    pub id: String,
    /// What.
    pub kind: ChangeKind,
    /// Path, as it may be shown.
    pub path: String,
    /// New name, as it may be shown.
    pub to: Option<String>,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Why, in plain words.
    pub cause: String,
    /// When it ended.
    #[ts(type = "number")]
    pub at: i64,
    /// How.
    pub end: ChangeEnd,
    /// Why it cannot be taken back; `None` when it can.
    pub no_undo: Option<String>,
}

/// Changes of a sync folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangeWindow {
    /// Rows, newest first.
    pub rows: Vec<ChangeRow>,
    /// How many there are.
    #[ts(type = "number")]
    pub total: u64,
}
