//! The version index: all versions and delete markers below a prefix, as one listing told them.
use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use windlass_domain::Timestamp;
use windlass_domain::time::{Timeline, Version};

use crate::JournalError;
use crate::remote::{ListedVersion, VersionMark};

/// Names a version index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryId(pub i64);

/// A version index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryInfo {
    /// Its name.
    pub id: HistoryId,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix; empty for the whole bucket.
    pub prefix: String,
    /// Keys.
    pub keys: u64,
    /// Versions and markers.
    pub versions: u64,
    /// Bytes of all versions.
    pub bytes: u64,
    /// LIST requests that it has cost.
    pub requests: u64,
    /// Where the next page begins; `None` before the first page and at the end.
    pub next: Option<VersionMark>,
    /// When the listing began. What came later may be in it or not.
    pub began: Timestamp,
    /// When it became whole.
    pub ended: Option<Timestamp>,
}

/// A key with its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHistory {
    /// Key.
    pub key: String,
    /// All of its versions, newest first.
    pub versions: Vec<Version>,
}

/// Some keys of a version index, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// Keys, each with all of its versions.
    pub keys: Vec<KeyHistory>,
    /// The place of the version with which the next page begins; `None` at the end.
    pub next: Option<u32>,
}

/// Version indexes. Each is filled page by page in the order of the server, and goes on after a kill where it was.
#[async_trait]
pub trait Histories: Debug + Send + Sync {
    /// All of them; of one place the newest first.
    async fn histories(&self) -> Result<Vec<HistoryInfo>, JournalError>;
    /// One.
    async fn history(&self, id: HistoryId) -> Result<Option<HistoryInfo>, JournalError>;
    /// Begins one. An older one of the same place serves until this is whole.
    async fn begin_history(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<HistoryId, JournalError>;
    /// Adds the page that was asked for with `after`, and where the next one begins, in one transaction. Fails, and changes
    /// nothing, when it goes on elsewhere by now, or when keys do not ascend: then the past of a key could not be told whole.
    async fn add_to_history(
        &self,
        id: HistoryId,
        after: Option<VersionMark>,
        page: Vec<ListedVersion>,
        next: Option<VersionMark>,
    ) -> Result<HistoryInfo, JournalError>;
    /// Marks it whole and drops older ones of the same place.
    async fn finish_history(&self, id: HistoryId, now: Timestamp) -> Result<HistoryInfo, JournalError>;
    /// Drops one; its rows go bit by bit.
    async fn drop_history(&self, id: HistoryId) -> Result<(), JournalError>;
    /// All of it for the slider: 30 bytes a version.
    async fn timeline(&self, id: HistoryId) -> Result<Timeline, JournalError>;
    /// The numbers of the keys that begin like this.
    async fn keys_below(&self, id: HistoryId, prefix: &str) -> Result<Range<u32>, JournalError>;
    /// Those keys among these numbers, ascending, that contain a text, without regard to case.
    async fn keys_with(&self, id: HistoryId, among: Range<u32>, text: &str)
    -> Result<Vec<u32>, JournalError>;
    /// The numbers of some keys; one that is not in it has none.
    async fn key_numbers(&self, id: HistoryId, keys: Vec<String>) -> Result<Vec<u32>, JournalError>;
    /// Keys by the numbers that the timeline has for them, each with the places of its versions ([`Timeline::places`]), in the
    /// order asked.
    async fn key_histories(
        &self,
        id: HistoryId,
        keys: Vec<(u32, Range<u32>)>,
    ) -> Result<Vec<KeyHistory>, JournalError>;
    /// All of its keys, page by page: those whose versions begin at this place, until there are at least `versions` of them.
    async fn history_page(&self, id: HistoryId, at: u32, versions: u32) -> Result<HistoryPage, JournalError>;
}
