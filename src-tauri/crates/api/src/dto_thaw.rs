//! Rows of the thaw board: what was asked back from archives, how far it is, and until when it can be read.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto::UiError;
use crate::dto_prices::Price;

/// How quickly an object is brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ThawSpeed {
    /// Minutes; not from deep archives, and not for large objects at every hour.
    Expedited,
    /// Hours.
    Standard,
    /// A day or two, and cheap.
    Bulk,
}

/// What happens by itself once a batch can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ThawThen {
    /// A notice.
    Tell,
    /// It is downloaded into this folder.
    Download {
        /// Absolute path of a folder.
        to: String,
    },
    /// The restore that left these versions is planned again and started.
    Restore,
}

/// What a batch is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ThawFrom {
    /// The current versions of these keys, and of what is below these prefixes (they end in `/`; the empty one is the whole bucket).
    Roots {
        /// Keys and prefixes.
        roots: Vec<String>,
    },
    /// The versions that this restore left because they are archived.
    Job {
        /// Id of the job.
        id: String,
    },
}

/// How a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ThawState {
    /// Its objects are being found.
    Planning,
    /// Its plan can be read; nothing was asked for and nothing costs.
    Planned,
    /// The objects are being asked for, one request each.
    Asking,
    /// All were asked for; they are looked at from time to time.
    Thawing,
    /// All that come can be read.
    Ready,
    /// They are being downloaded, or were.
    Downloading,
    /// The copies have ended, or all was done that was wanted.
    Past,
    /// Ended by a person. What was asked for already is thawed and paid for all the same.
    Stopped,
    /// It could not be planned; `error` says why.
    Failed,
}

/// A batch of archived objects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ThawRow {
    /// Id.
    pub id: String,
    /// Its name: the folder, the object, or how many things were chosen. Displayable.
    pub name: String,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix that is common to all of it, as shown.
    pub place: String,
    /// How it stands.
    pub state: ThawState,
    /// Whether nothing moves at the moment because the server does not answer or wants a login; `error` says which.
    pub waiting: bool,
    /// Archived objects (while planning: so far).
    #[ts(type = "number")]
    pub objects: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Objects that were looked at and are not archived, so they are not in it.
    #[ts(type = "number")]
    pub skipped: u64,
    /// Storage classes of them, colder ones last: `GLACIER`, `DEEP_ARCHIVE`, `INTELLIGENT_TIERING` (its archive tier),
    /// `INTELLIGENT_TIERING_DEEP` (its deep archive tier).
    pub classes: Vec<String>,
    /// How quickly it was asked for; `None` before.
    pub speed: Option<ThawSpeed>,
    /// Days that the copies last; `None` before, and where nothing in it has days (what Intelligent-Tiering thaws stays).
    pub days: Option<u32>,
    /// What comes then.
    pub then: ThawThen,
    /// What was asked for costs so much; before, `None`.
    pub price: Option<Price>,
    /// Objects that were asked for.
    #[ts(type = "number")]
    pub asked: u64,
    /// Objects that can be read.
    #[ts(type = "number")]
    pub ready: u64,
    /// Objects that could not be asked for or are gone; `thaw_items` says why of each.
    #[ts(type = "number")]
    pub failed: u64,
    /// Objects on disk.
    #[ts(type = "number")]
    pub downloaded: u64,
    /// When it was asked for, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub asked_at: Option<i64>,
    /// By when it typically can be read.
    #[ts(type = "number | null")]
    pub due_at: Option<i64>,
    /// Since when all of it can be read.
    #[ts(type = "number | null")]
    pub ready_at: Option<i64>,
    /// When the first copy ends; `None` before, and where they stay for good.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
    /// When it is looked at next.
    #[ts(type = "number | null")]
    pub look_at: Option<i64>,
    /// Job that it was made from, if it was; `then` may be `restore` only with one.
    pub job: Option<String>,
    /// Job that was planned when it could be read.
    pub restored_by: Option<String>,
    /// Folder that it was downloaded to.
    pub folder: Option<String>,
    /// Whether `faster_thaw` can do anything: it is thawing, and a quicker speed exists for all of it.
    pub can_hurry: bool,
    /// Whether `extend_thaw` can: it is ready, and its copies last days.
    pub can_extend: bool,
    /// Why nothing moves, or why it failed.
    pub error: Option<UiError>,
    /// When it was made.
    #[ts(type = "number")]
    pub created: i64,
}

/// The board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ThawBoard {
    /// Batches that are not over; what ends first comes first, then what is thawing by when it is due.
    pub open: Vec<ThawRow>,
    /// Those that are over, newest first, at most 200.
    pub past: Vec<ThawRow>,
    /// Billionths of the currency asked for since the first of this month, UTC; `None` when some of it has no known price.
    #[ts(type = "number | null")]
    pub month: Option<u64>,
    /// Three letters.
    pub currency: String,
}

/// One speed that a planned batch can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ThawOffer {
    /// The speed.
    pub speed: ThawSpeed,
    /// Why it cannot be chosen, in plain words; else empty.
    pub refused: String,
    /// Seconds after which the first may be ready,
    #[ts(type = "number")]
    pub least_seconds: u64,
    /// and by which all typically are.
    #[ts(type = "number")]
    pub most_seconds: u64,
    /// Price of the retrieval, and of keeping the copies for the days asked about (its lines of the part `storing`).
    pub price: Price,
}

/// How one object of a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ThawItemState {
    /// Not asked for yet.
    Planned,
    /// Asked for.
    Thawing,
    /// It can be read.
    Ready,
    /// It is on disk.
    Downloaded,
    /// Its copy has ended.
    Ended,
    /// It could not be asked for, or is gone.
    Failed,
}

/// One object of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThawItem {
    /// Its number, from 1.
    #[ts(type = "number")]
    pub seq: u64,
    /// Key.
    pub key: String,
    /// As it may be shown: what follows the batch's `place`.
    pub name: String,
    /// Version, where it is not just the current one.
    pub version: Option<String>,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Class, as in `ThawRow.classes`.
    pub class: String,
    /// How it stands.
    pub state: ThawItemState,
    /// Until when it can be read, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub ends_at: Option<i64>,
    /// Why it failed, in plain words; else empty.
    pub why: String,
}

/// Rows i..j of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThawItems {
    /// Rows, failed ones first, then by key.
    pub rows: Vec<ThawItem>,
    /// Rows in all.
    #[ts(type = "number")]
    pub total: u64,
}
