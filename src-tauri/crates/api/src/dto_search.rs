//! Search and indexes, as the user interface sees them.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::UiError;
use crate::dto::ObjectRow;

/// An index of a bucket, or of what is below a prefix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct IndexRow {
    /// Id.
    pub id: String,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix; empty for the whole bucket.
    pub prefix: String,
    /// Objects in it.
    #[ts(type = "number")]
    pub objects: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// LIST requests that it has cost.
    #[ts(type = "number")]
    pub requests: u64,
    /// Whether it is whole.
    pub complete: bool,
    /// Whether it fills right now.
    pub running: bool,
    /// Objects a second while it runs.
    #[ts(type = "number | null")]
    pub rate: Option<u64>,
    /// Objects of the index before it, while this one is not whole: about how many there will be.
    #[ts(type = "number | null")]
    pub expected: Option<u64>,
    /// When it was begun: what it holds is from then on.
    #[ts(type = "number")]
    pub began_at: i64,
    /// When it became whole.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// Why it stands still, if it was not stopped by hand. While it runs: why it waits.
    pub error: Option<UiError>,
}

/// Where to search; `null` is everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchScope {
    /// Connection.
    pub connection: Option<String>,
    /// Bucket; only with a connection.
    pub bucket: Option<String>,
    /// Prefix with its slash, or empty; only with a bucket.
    pub prefix: String,
}

/// A line of what was found: a prefix, then what lies in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SearchLine {
    /// The next ones are in this prefix.
    Prefix {
        /// Connection.
        connection: String,
        /// Bucket.
        bucket: String,
        /// Prefix with its slash, or empty.
        prefix: String,
        /// As it may be shown.
        name: String,
        /// How many.
        #[ts(type = "number")]
        count: u64,
    },
    /// An object or a folder.
    Object {
        /// Connection.
        connection: String,
        /// Bucket.
        bucket: String,
        /// Its row.
        row: ObjectRow,
    },
    /// Was found, and was taken out of the list in the meantime.
    Gone,
}

/// Of how many objects what was asked for is known; `null` for what was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchKnown {
    /// Content type.
    #[ts(type = "number | null")]
    pub types: Option<u64>,
    /// Tags.
    #[ts(type = "number | null")]
    pub tags: Option<u64>,
    /// What a camera wrote.
    #[ts(type = "number | null")]
    pub captures: Option<u64>,
    /// Objects in reach.
    #[ts(type = "number")]
    pub of: u64,
}

/// Lines i..j of what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SearchWindow {
    /// Lines, beginning at the offset asked for.
    pub lines: Vec<SearchLine>,
    /// Lines that can be read.
    #[ts(type = "number")]
    pub total: u64,
    /// Objects and folders among them.
    #[ts(type = "number")]
    pub count: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Whether more fit than can be read.
    pub more: bool,
    /// Rows that were searched.
    #[ts(type = "number")]
    pub searched: u64,
    /// Rows that are being read into memory and were not searched yet; a hint tells when.
    #[ts(type = "number")]
    pub behind: u64,
    /// When the oldest list among those searched was made; none when there is nothing to search.
    #[ts(type = "number | null")]
    pub oldest: Option<i64>,
    /// How far the answer reaches, if the question is about what only a look at an object tells.
    pub known: Option<SearchKnown>,
}

/// What lies below a prefix, as an index knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PrefixSize {
    /// Prefix.
    pub prefix: String,
    /// Objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Sizes of prefixes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PrefixSizes {
    /// Those asked for; none when no whole index holds them, or it is still being read into memory (a hint tells when).
    pub sizes: Vec<PrefixSize>,
    /// When the index began.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
}
