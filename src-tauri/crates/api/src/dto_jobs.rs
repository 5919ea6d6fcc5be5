//! Rows of copies, moves, edits and deletes on the server.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto_lock::{LockChange, PurgeChoice};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Copies.
    Copy,
    /// Copies, and deletes each source once its copy was proved.
    Move,
    /// Changes headers, metadata, tags or class in place.
    Edit,
    /// Deletes.
    Delete,
    /// Takes delete markers away.
    Undelete,
    /// Brings older versions back.
    Restore,
    /// Destroys old versions for good.
    Purge,
    /// Locks objects, or takes a legal hold off.
    Lock,
}

/// What happens where something is at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum IfTaken {
    /// Both stay as they are.
    Skip,
    /// The new one gets a number.
    KeepBoth,
    /// What the plan saw there is replaced.
    Replace,
}

/// One thing that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobRoot {
    /// A key, or a prefix that ends in `/`.
    pub from: String,
    /// A key for a key, a prefix for a prefix; the same as `from` where nothing goes elsewhere.
    pub to: String,
}

/// What an edit can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EditField {
    /// `Content-Type`.
    ContentType,
    /// `Cache-Control`.
    CacheControl,
    /// `Content-Disposition`.
    ContentDisposition,
    /// `Content-Encoding`.
    ContentEncoding,
    /// `Content-Language`.
    ContentLanguage,
    /// Storage class.
    StorageClass,
    /// User metadata, by name.
    Metadata,
    /// A tag, by name.
    Tag,
}

/// One change of an edit. What has no line stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EditLine {
    /// Of what.
    pub field: EditField,
    /// Name of the metadata or tag; else empty.
    pub name: String,
    /// Its new value; `None` takes it away.
    pub value: Option<String>,
}

/// How what was deleted comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Undelete {
    /// Its version is copied on top of the marker.
    Copy,
    /// The marker is taken away, if it is the only one on top.
    RemoveMarker,
}

/// What becomes of objects that were added since a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Added {
    /// They stay.
    Keep,
    /// They get a delete marker.
    Hide,
}

/// What a restore brings back: a version, a moment, or with neither what is deleted now as it was last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RestoreTo {
    /// This version of the only root, which is a key.
    pub version: Option<String>,
    /// What was there at this moment, milliseconds since 1970. The fields below are about it.
    #[ts(type = "number | null")]
    pub moment: Option<i64>,
    /// Whether what was deleted since comes back.
    pub deleted: bool,
    /// How it does.
    pub undelete: Undelete,
    /// Whether what was changed since is rolled back.
    pub changed: bool,
    /// What becomes of what was added since the moment.
    pub added: Added,
    /// Whether what was written again with the same bytes is rolled back as well.
    pub rewritten: bool,
    /// Keys that are treated the other way.
    pub but: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobRequest {
    /// What it does.
    pub kind: JobKind,
    /// Connection.
    pub connection: String,
    /// Bucket of what was chosen.
    pub bucket: String,
    /// Bucket of the destination.
    pub to_bucket: String,
    /// What was chosen.
    pub roots: Vec<JobRoot>,
    /// What happens where something is there already.
    pub if_taken: IfTaken,
    /// Changes of an edit.
    pub edit: Vec<EditLine>,
    /// What a restore brings back.
    pub restore: Option<RestoreTo>,
    /// Which old versions a purge destroys.
    pub purge: Option<PurgeChoice>,
    /// Instead of those, this version of the only root, which is a key.
    pub purge_version: Option<String>,
    /// What becomes of locks.
    pub lock: Option<LockChange>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its objects are being listed.
    Planning,
    /// The plan can be read; nothing was done.
    Ready,
    /// At work.
    Running,
    /// The server does not answer, or asks for patience; it goes on by itself.
    Waiting,
    /// Waits for a login.
    NeedsSignIn,
    /// Paused.
    Paused,
    /// Over.
    Done,
    /// Ended by a person.
    Cancelled,
    /// It could not be planned; the note says why.
    Failed,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobRow {
    /// Id.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// Connection.
    pub connection: String,
    /// Bucket of the sources.
    pub bucket: String,
    /// Bucket of the destination.
    pub to_bucket: String,
    /// First thing that was chosen, for display.
    pub from: String,
    /// Where it goes, for display.
    pub to: String,
    /// How many things were chosen.
    #[ts(type = "number")]
    pub chosen: u64,
    /// A move that stays in its level: one thing gets another name.
    pub rename: bool,
    /// Objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Objects done.
    #[ts(type = "number")]
    pub done: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub done_bytes: u64,
    /// Objects left as they were.
    #[ts(type = "number")]
    pub left: u64,
    /// Objects that would be replaced.
    #[ts(type = "number")]
    pub replaces: u64,
    /// Objects per second now.
    #[ts(type = "number")]
    pub rate: u64,
    /// Seconds left; `None` when unknown.
    #[ts(type = "number | null")]
    pub seconds_left: Option<u64>,
    /// Plain words where the state does not say all.
    pub note: String,
    /// Whether the bucket of the sources keeps versions.
    pub versioned: bool,
    /// Number that has to be typed before it is started: it deletes more than the firewall lets pass, or destroys versions.
    #[ts(type = "number | null")]
    pub type_to_start: Option<u64>,
    /// Day that has to be typed before it is started, as `2027-03-01`: nobody can destroy these objects before then.
    pub type_date: Option<String>,
    /// Job that this one takes back.
    pub undoes: Option<String>,
    /// Whether it can be taken back.
    pub can_undo: bool,
    /// Milliseconds since 1970.
    #[ts(type = "number")]
    pub created: i64,
}

/// Objects that a job left, by cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobProblem {
    /// Cause.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub advice: String,
    /// Objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// The first of them.
    pub keys: Vec<String>,
}
