//! The journal: what was observed and what is under way. Observations are stored, work is derived; only transfers are
//! kept as work.
use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BaseState, BatchId, Bucket, ETag, LocalState, Mode, ObjectKey, PairId, PartReceipt, RelPath, Revision,
    Timestamp, TransferId, Upload, UploadSpec,
};

use crate::BoxError;

/// Trouble with the journal.
#[derive(Debug, thiserror::Error)]
#[error("the journal: {kind:?}")]
pub struct JournalError {
    /// Decides behaviour.
    pub kind: JournalErrorKind,
    /// What SQLite said.
    #[source]
    pub source: BoxError,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalErrorKind {
    /// No space: no new work, no effect without an intent.
    Full,
    /// Written by a newer version.
    TooNew,
    /// Damaged.
    Corrupt,
    /// Another process owns it.
    Owned,
    /// Anything else.
    Other,
}

/// A sync folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRow {
    /// Id; also the id in the root marker.
    pub id: PairId,
    /// Name shown.
    pub name: String,
    /// Absolute local root.
    pub root: String,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix, empty or ending in `/`.
    pub prefix: String,
    /// Mode.
    pub mode: Mode,
    /// Paused by a person.
    pub paused: bool,
    /// When the last complete scan ended.
    pub last_scan: Option<Timestamp>,
}

/// State of one file, as stored and queried (S7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Seen; still settling, or not planned yet.
    Waiting,
    /// A transfer of it is open.
    Uploading,
    /// Stored; its checksum is not confirmed yet.
    Checking,
    /// Proved.
    Safe,
    /// Needs a person.
    Failed(FailureCode),
}

/// A file of a sync folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Path.
    pub path: RelPath,
    /// As last seen; `None` for something that is no regular file.
    pub local: Option<LocalState>,
    /// At the last success.
    pub base: Option<BaseState>,
    /// State.
    pub state: FileState,
    /// Detail for people, often empty.
    pub note: String,
}

/// Counts of a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FolderCounts {
    /// All files.
    pub total: u64,
    /// Safe.
    pub safe: u64,
    /// Checking.
    pub checking: u64,
    /// Uploading.
    pub uploading: u64,
    /// Waiting.
    pub waiting: u64,
    /// Failed.
    pub failed: u64,
    /// Bytes of all.
    pub bytes_total: u64,
    /// Bytes of the Safe ones.
    pub bytes_safe: u64,
}

/// A stored upload.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadRow {
    /// What and where.
    pub spec: UploadSpec,
    /// State, with its parts.
    pub state: Upload,
    /// Revision of its last change.
    pub revision: Revision,
    /// When it was queued.
    pub queued_at: Timestamp,
}

/// One write. A batch is one `IMMEDIATE` transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalWrite {
    /// Adds or replaces a sync folder.
    SavePair(PairRow),
    /// Removes a sync folder with its files and transfers. Files on disk and in the bucket are not touched.
    RemovePair(PairId),
    /// Notes the end of a complete scan.
    ScanEnded(PairId, Timestamp),
    /// What was seen of a file, and its state.
    SaveFile {
        /// Folder.
        pair: PairId,
        /// Path.
        path: RelPath,
        /// As seen.
        local: Option<LocalState>,
        /// State.
        state: FileState,
        /// Detail.
        note: String,
    },
    /// A file that is gone here and never reached the bucket.
    ForgetFile(PairId, RelPath),
    /// A transfer's state. Parts are not in it; see `SavePart`.
    SaveUpload {
        /// What and where; stored once.
        spec: UploadSpec,
        /// State.
        state: Upload,
        /// Now.
        at: Timestamp,
    },
    /// A part that the store has.
    SavePart(TransferId, PartReceipt),
    /// Forgets the parts of a transfer (its upload id is gone).
    DropParts(TransferId),
    /// Base row and Safe state: only ever in one batch with the end of the transfer that proved it.
    SaveBase {
        /// Folder.
        pair: PairId,
        /// Path.
        path: RelPath,
        /// Both sides.
        base: BaseState,
    },
    /// This version was proved equal to a file here that belongs to no sync folder. In one batch with the end of its transfer.
    NoteSafe {
        /// Connection.
        connection: String,
        /// Bucket.
        bucket: Bucket,
        /// Key.
        key: ObjectKey,
        /// The version.
        etag: ETag,
    },
    /// Removes ended transfers from the list.
    ClearEnded,
    /// One line of the audit log: every mutation of the bucket.
    Audit {
        /// When.
        at: Timestamp,
        /// What: `put`, `complete`, `abort`, `delete`.
        action: &'static str,
        /// `bucket/key`.
        target: String,
        /// How it ended and why.
        detail: String,
    },
}

/// Which files of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFilter {
    /// Everything that is not Safe.
    Todo,
    /// Safe.
    Verified,
    /// Failed.
    Failed,
    /// All.
    All,
}

/// Which transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFilter {
    /// Not ended, and failed ones.
    Open,
    /// Moving.
    Active,
    /// Waiting.
    Waiting,
    /// Failed or conflicted.
    Failed,
    /// Committed, superseded, cancelled.
    Done,
}

/// Counts of transfers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UploadCounts {
    /// See [`UploadFilter::Open`].
    pub open: u64,
    /// Active.
    pub active: u64,
    /// Waiting.
    pub waiting: u64,
    /// Failed.
    pub failed: u64,
    /// Done.
    pub done: u64,
}

/// The journal. Owned results, no cursors. Writes are durable when `commit` returns (`synchronous = FULL`); commits of
/// concurrent callers may share one transaction.
#[async_trait]
pub trait Journal: Debug + Send + Sync {
    /// Writes a batch, whole or not at all.
    async fn commit(&self, batch: Vec<JournalWrite>) -> Result<Revision, JournalError>;
    /// This computer's id, made once.
    async fn device_id(&self) -> Result<String, JournalError>;
    /// All sync folders.
    async fn pairs(&self) -> Result<Vec<PairRow>, JournalError>;
    /// All files of a folder in path order, from after `after`, at most `limit`.
    async fn files(
        &self,
        pair: &PairId,
        after: Option<&RelPath>,
        limit: u32,
    ) -> Result<Vec<FileRow>, JournalError>;
    /// One file.
    async fn file(&self, pair: &PairId, path: &RelPath) -> Result<Option<FileRow>, JournalError>;
    /// A window of a folder's files, and how many there are.
    async fn file_window(
        &self,
        pair: &PairId,
        filter: FileFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<FileRow>, u64), JournalError>;
    /// Counts of a folder.
    async fn folder_counts(&self, pair: &PairId) -> Result<FolderCounts, JournalError>;
    /// Failures by cause with up to 20 paths each.
    async fn failures(&self, pair: &PairId) -> Result<Vec<(FailureCode, u64, Vec<RelPath>)>, JournalError>;
    /// Uploads that have not ended, with their parts, oldest first.
    async fn open_uploads(&self) -> Result<Vec<UploadRow>, JournalError>;
    /// One upload.
    async fn upload(&self, id: &TransferId) -> Result<Option<UploadRow>, JournalError>;
    /// The open upload of this path, if any.
    async fn open_upload_of(&self, pair: &PairId, path: &RelPath)
    -> Result<Option<TransferId>, JournalError>;
    /// A window of uploads, newest batch first, and counts.
    async fn upload_window(
        &self,
        filter: UploadFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<UploadRow>, UploadCounts), JournalError>;
    /// Bytes total and Safe over open batches: (total, done).
    async fn open_bytes(&self) -> Result<(u64, u64), JournalError>;
    /// Uploads of a batch that have not ended.
    async fn batch_open(&self, batch: &BatchId) -> Result<u64, JournalError>;
}
