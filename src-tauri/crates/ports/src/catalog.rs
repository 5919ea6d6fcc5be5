//! Connections and listings: the journal as the browser uses it. Rows are read by window, never whole.
use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use windlass_domain::price::Tally;
use windlass_domain::{Capabilities, Timestamp};

use crate::JournalError;
use crate::remote::LevelEntry;

/// Where a connection's credentials come from. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialSource {
    /// A profile of the AWS configuration files.
    Profile(String),
    /// An access key; its secret is in the secret store under the connection's id.
    AccessKey {
        /// The key's id.
        access_key: String,
    },
    /// The practice endpoint.
    Practice,
    /// The environment's default chain (command line).
    DefaultChain,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Id.
    pub id: String,
    /// Name shown.
    pub name: String,
    /// Credentials.
    pub source: CredentialSource,
    /// Endpoint URL; `None` for Amazon S3.
    pub endpoint: Option<String>,
    /// Region; `None` finds it.
    pub region: Option<String>,
    /// `bucket/prefix/`, or empty.
    pub start_in: String,
    /// Place in the list.
    pub position: i64,
}

/// A listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListingId(pub i64);

/// What is known of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingInfo {
    /// Id.
    pub id: ListingId,
    /// Rows.
    pub count: u64,
    /// Objects among them.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether the last page is in.
    pub complete: bool,
    /// When it began.
    pub listed_at: Timestamp,
    /// Grows with every batch.
    pub revision: u64,
}

/// Order of a window. Folders come first in every order but descending name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingSort {
    /// Key, by bytes.
    Name,
    /// Size.
    Size,
    /// Last change.
    Modified,
    /// Storage class.
    Class,
}

/// A row of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// The entry.
    pub entry: LevelEntry,
    /// Whether a Safe file of ours is this version (same ETag).
    pub safe: bool,
}

/// Rows of a listing that were ticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// These keys.
    Only(BTreeSet<String>),
    /// All but these keys.
    AllBut(BTreeSet<String>),
}

/// What picked rows are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tallied {
    /// Objects by class, in the order of the classes' names.
    pub objects: Vec<Tally>,
    /// Folders among the rows; what they hold is not known here.
    pub folders: u64,
}

/// Connections, capabilities and listings.
#[async_trait]
pub trait Catalog: Debug + Send + Sync {
    /// All connections, in order.
    async fn connections(&self) -> Result<Vec<Connection>, JournalError>;
    /// Adds or replaces one.
    async fn save_connection(&self, connection: Connection) -> Result<(), JournalError>;
    /// Removes one, with its listings. Sync folders of it stay and go offline.
    async fn remove_connection(&self, id: &str) -> Result<(), JournalError>;
    /// Forgets what was found out and listed of a bucket that is gone: another of its name may be of another kind.
    async fn forget_bucket(&self, connection: &str, bucket: &str) -> Result<(), JournalError>;
    /// Stores what the probe found.
    async fn save_capabilities(
        &self,
        connection: &str,
        bucket: &str,
        found: &Capabilities,
        at: Timestamp,
    ) -> Result<(), JournalError>;
    /// What the probe found for this bucket, or for any bucket of the connection when `bucket` is empty.
    async fn capabilities(
        &self,
        connection: &str,
        bucket: &str,
    ) -> Result<Option<(Capabilities, Timestamp)>, JournalError>;
    /// The newest listing of this level, complete or not: one with what is deleted in it, or one without.
    async fn find_listing(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        deleted: bool,
    ) -> Result<Option<ListingInfo>, JournalError>;
    /// Begins a new one; `deleted` says whether it is to have what is deleted in it.
    async fn begin_listing(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        deleted: bool,
        now: Timestamp,
    ) -> Result<ListingId, JournalError>;
    /// Adds one page; a key that is there already is replaced. One transaction.
    async fn add_to_listing(
        &self,
        id: ListingId,
        entries: Vec<LevelEntry>,
    ) -> Result<ListingInfo, JournalError>;
    /// Marks it complete and drops older listings of the same level.
    async fn finish_listing(&self, id: ListingId) -> Result<ListingInfo, JournalError>;
    /// What is known of it.
    async fn listing_info(&self, id: ListingId) -> Result<Option<ListingInfo>, JournalError>;
    /// Rows `offset..offset+limit` in this order, whose last key part contains `filter` (any case). Also the number of
    /// rows that the filter leaves.
    async fn listing_window(
        &self,
        id: ListingId,
        offset: u64,
        limit: u64,
        sort: ListingSort,
        descending: bool,
        filter: &str,
    ) -> Result<(Vec<ListedRow>, u64), JournalError>;
    /// Objects and bytes of picked rows by storage class. Keys that the listing does not have are not counted.
    async fn tally(&self, id: ListingId, picked: Picked) -> Result<Tallied, JournalError>;
    /// Takes keys out of a listing after they were deleted.
    async fn remove_from_listing(&self, id: ListingId, keys: &[String]) -> Result<ListingInfo, JournalError>;
    /// A setting, as text.
    async fn setting(&self, name: &str) -> Result<Option<String>, JournalError>;
    /// Stores a setting.
    async fn save_setting(&self, name: &str, value: &str) -> Result<(), JournalError>;
}
