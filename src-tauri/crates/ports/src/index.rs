//! The index: everything below a prefix as one deep listing told it, and the search over all that was ever listed.
use std::fmt::Debug;

use async_trait::async_trait;
use windlass_domain::Timestamp;
use windlass_domain::search::{Facts, Query};
use windlass_domain::shards::{Seam, Span};

use crate::JournalError;
use crate::catalog::{ListedRow, ListingId, ListingInfo};
use crate::remote::LevelEntry;

/// An index of everything below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexInfo {
    /// Rows, bytes, whether it is whole, and when it began.
    pub listing: ListingInfo,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix; empty for the whole bucket.
    pub prefix: String,
    /// Token of the next page, if it is not whole, has one part and a page is in.
    pub next: Option<String>,
    /// Its parts, in the order of their keys; one, as long as nobody shared it out.
    pub parts: Vec<IndexPart>,
    /// Whether it must not be shared out: its keys do not come in order, or it was begun anew because they did not.
    pub alone: bool,
    /// LIST requests that it has cost so far.
    pub requests: u64,
    /// When the last page came in.
    pub ended_at: Option<Timestamp>,
}

/// A part of an index, which one lister fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPart {
    /// Its first row number, which names it.
    pub number: u32,
    /// Its keys.
    pub span: Span,
    /// Token of its next page; without one it is at its beginning.
    pub next: Option<String>,
    /// The last key in it; empty before the first.
    pub last: String,
    /// What it met first.
    pub first: Option<Seam>,
    /// What it met behind its end, if it came there.
    pub behind: Option<Seam>,
    /// Whether all of it is in.
    pub done: bool,
    /// Row numbers that it has left.
    pub room: u64,
}

/// A page of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPage {
    /// What is in the part, in the order of the keys.
    pub entries: Vec<LevelEntry>,
    /// Token of the next page.
    pub next: Option<String>,
    /// The first key of the page, or that there is none to the end.
    pub first: Option<Seam>,
    /// What came behind the part's end. With it the part is done.
    pub behind: Option<Seam>,
}

/// Where to search. `None` is everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// Connection.
    pub connection: Option<String>,
    /// Bucket; only with a connection.
    pub bucket: Option<String>,
    /// Prefix with its slash, or empty; only with a bucket.
    pub prefix: String,
}

/// What a look at one version of an object told beyond its listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// The version it was learned of. Of an object with another ETag it says nothing.
    pub etag: String,
    /// When that version was last changed, where the look told. Content type and tags are believed only of an object that was
    /// changed then: they can change while the ETag stays.
    pub modified: Option<Timestamp>,
    /// What was learned.
    pub facts: Facts,
}

/// Of how many of the objects in reach each of these is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KnownFacts {
    /// Content type.
    pub types: u64,
    /// Tags.
    pub tags: u64,
    /// What a camera wrote, or that none wrote anything.
    pub captures: u64,
    /// Objects in reach.
    pub of: u64,
}

/// A line of what was found: a prefix, then what lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchItem {
    /// The next ones are in this prefix.
    Prefix {
        /// Connection.
        connection: String,
        /// Bucket.
        bucket: String,
        /// Prefix with its slash, or empty.
        prefix: String,
        /// How many of the next ones.
        count: u64,
    },
    /// An object, or a folder that a listing told.
    Row {
        /// Connection.
        connection: String,
        /// Bucket.
        bucket: String,
        /// The row; `None` when it was taken out in the meantime.
        row: Option<ListedRow>,
    },
}

/// A window of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchFound {
    /// The lines of the window, in key order within a bucket.
    pub items: Vec<SearchItem>,
    /// Lines that can be read.
    pub total: u64,
    /// Objects and folders among them.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether more fit than can be read.
    pub more: bool,
    /// Rows that were listed and are not in memory yet, so that they were not searched: see [`Index::warm`].
    pub behind: u64,
    /// Rows that were searched.
    pub searched: u64,
    /// When the oldest listing among those searched began.
    pub oldest: Option<Timestamp>,
    /// How far the answer reaches, if the question is about what a listing does not tell.
    pub known: Option<KnownFacts>,
}

/// Sizes of prefixes, from a whole index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSizes {
    /// Objects and bytes of each prefix, in the order asked.
    pub sizes: Vec<(u64, u64)>,
    /// When the index began.
    pub at: Timestamp,
    /// Rows that are not in memory yet; with any, the sizes say nothing.
    pub behind: u64,
}

/// Indexes, and search. What is found is as old as the listing that told it.
#[async_trait]
pub trait Index: Debug + Send + Sync {
    /// All indexes, whole or not; of one place the newest first.
    async fn indexes(&self) -> Result<Vec<IndexInfo>, JournalError>;
    /// One.
    async fn index(&self, id: ListingId) -> Result<Option<IndexInfo>, JournalError>;
    /// Begins one. An older one of the same place serves until this is whole.
    async fn begin_index(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<ListingId, JournalError>;
    /// Adds a page that one request brought, and the token of the one after it, in one transaction: after a kill at any moment
    /// the next request is the right one. A key that is there already is replaced.
    async fn add_to_index(
        &self,
        id: ListingId,
        entries: Vec<LevelEntry>,
        next: Option<String>,
    ) -> Result<IndexInfo, JournalError>;
    /// Cuts a part that is not done in two at a key behind its last one. `None` when it has too few row numbers left for that, or
    /// the index must not be shared out; nothing is changed then.
    async fn split_index(
        &self,
        id: ListingId,
        part: u32,
        at: &str,
    ) -> Result<Option<IndexInfo>, JournalError>;
    /// Adds a page of a part that one request brought, with the place where the part goes on, in one transaction.
    async fn add_to_part(&self, id: ListingId, part: u32, page: PartPage) -> Result<IndexInfo, JournalError>;
    /// A key about in the middle of those behind `after` and up to `until`, as an index knows them, and how many lie there.
    async fn middle_of_index(
        &self,
        id: ListingId,
        after: &str,
        until: Option<&str>,
    ) -> Result<Option<(String, u64)>, JournalError>;
    /// Counts requests that brought nothing to keep.
    async fn count_requests(&self, id: ListingId, requests: u64) -> Result<(), JournalError>;
    /// Begins an index anew, to be filled by one lister; its rows go, and what it has cost stays counted.
    async fn begin_index_alone(&self, id: ListingId) -> Result<ListingId, JournalError>;
    /// Marks it whole and drops older ones of the same place.
    async fn finish_index(&self, id: ListingId, now: Timestamp) -> Result<IndexInfo, JournalError>;
    /// Drops one.
    async fn drop_index(&self, id: ListingId) -> Result<(), JournalError>;
    /// Lines `offset..offset+limit` of what the question means. Looks only at what is in memory, and says how much is not.
    async fn search(
        &self,
        query: &Query,
        scope: &Scope,
        offset: u64,
        limit: u64,
    ) -> Result<SearchFound, JournalError>;
    /// Keeps what was learned, for questions about it. At most 100,000 objects; what was learned longest ago is forgotten first.
    /// It goes with its connection, with the index it lies in, and with its object when that is deleted or changed here.
    async fn learn(&self, learned: Vec<Learned>) -> Result<(), JournalError>;
    /// What lies below each of these prefixes; `None` without a whole index of the bucket.
    async fn prefix_sizes(
        &self,
        connection: &str,
        bucket: &str,
        prefixes: &[String],
    ) -> Result<Option<KnownSizes>, JournalError>;
    /// Reads some more rows of this scope into memory; how many are left. Takes about a tenth of a second.
    async fn warm(&self, scope: &Scope) -> Result<u64, JournalError>;
    /// Gives the memory back that searches need.
    fn rest(&self);
}
