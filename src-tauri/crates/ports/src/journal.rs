//! The journal: what was observed and what is under way. Observations are stored, work is derived; only transfers are
//! kept as work.
use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    Ask, BaseState, BatchId, Bucket, ETag, Limits, LocalState, Mode, ObjectKey, PairId, PartReceipt, RelPath,
    RemoteState, Revision, Timestamp, TransferId, Upload, UploadSpec, VersionId,
};

use crate::{BoxError, RootIdentity};

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
    /// See [`crate::Marker::epoch`].
    pub epoch: u64,
    /// ETag of the marker object below the prefix, once it was written or found; a listing without it proves no absence
    /// (hazard HB17).
    pub remote_marker: Option<ETag>,
    /// Which root it was when that was noted last.
    pub seen_root: Option<SeenRoot>,
    /// When both sides were compared anew last.
    pub merged: Option<Merged>,
    /// What a person chose for it.
    pub options: PairOptions,
    /// A question that waits for a person, or for the round that acts on the answer.
    pub brake: Option<Brake>,
}

/// What a person chose for a sync folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PairOptions {
    /// Lines in the syntax of gitignore: what is not synced. Beside the folder's own `.windlassignore`.
    pub ignore: Vec<String>,
    /// Larger files are not synced, in bytes.
    pub largest: Option<u64>,
    /// Where the brake comes in.
    pub limits: Limits,
}

/// The engine stopped before it deleted or overwrote more than the limits allow (invariant I16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brake {
    /// Names exactly what was asked: an answer to another question counts for nothing.
    pub id: u64,
    /// Why, and how much.
    pub ask: Ask,
    /// Since when.
    pub since: Timestamp,
    /// A person's word; `None` while it is missing.
    pub answer: Option<BrakeAnswer>,
}

/// A root as it was seen. One of a lower epoch, or another one of the same epoch, is a copy (hazard HA7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRoot {
    /// See [`crate::Marker::epoch`].
    pub epoch: u64,
    /// See [`crate::Marker::identity`].
    pub identity: RootIdentity,
}

/// Both sides were compared anew, since nothing could be concluded from what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// When it began.
    pub at: Timestamp,
    /// Why.
    pub why: MergeCause,
}

/// Why a folder merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MergeCause {
    /// The journal is older than the folder (hazard HC7).
    OldJournal,
    /// The folder is a copy, most likely an older one (hazard HA7).
    OtherRoot,
    /// A person asked for it, because a marker was lost.
    Asked,
}

/// What a person says to a brake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BrakeAnswer {
    /// It was meant: go on with exactly this.
    Go,
    /// It was not meant: what would be deleted is brought back from the other side.
    Restore,
}

/// What an intent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntentKind {
    /// Delete an object.
    DeleteRemote,
    /// Move a file to the trash.
    TrashLocal,
    /// Copy an object to a new key and delete the old one: a rename here.
    MoveRemote,
    /// Rename a file here: a rename there.
    MoveLocal,
    /// Rename the local file of a conflict to a name of its own.
    KeepBoth,
    /// Put a newer content into the place of a file here, which goes to the trash.
    ReplaceLocal,
    /// Move the file that lost a conflict to the trash, on a person's word.
    SettleConflict,
}

/// How an intent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntentEnd {
    /// It took effect.
    Done,
    /// What was to be changed is not what was expected any more; nothing was changed.
    Refused,
    /// It took effect and was taken back by a person.
    Undone,
}

/// Something that changes or removes what is there, written down before it happens (invariants I5, I7). Those that ended are
/// the undo list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRow {
    /// Id.
    pub id: String,
    /// Folder.
    pub pair: PairId,
    /// What for.
    pub kind: IntentKind,
    /// The path it is about (for moves: from where).
    pub path: RelPath,
    /// For moves and kept conflicts: where to. For settled ones: the file that takes the name, where it does.
    pub to: Option<RelPath>,
    /// The file as it must be, where there is one.
    pub local: Option<LocalState>,
    /// The object as it must be, where there is one.
    pub remote: Option<RemoteState>,
    /// Bytes.
    pub size: u64,
    /// Why, in plain words.
    pub cause: String,
    /// When it was written.
    pub at: Timestamp,
    /// A person's word let it through: it does not count against the limits of the brake.
    pub meant: bool,
    /// Where the content went: the place in the trash here, or the key in the trash there.
    pub trashed: Option<String>,
    /// Delete marker that it left.
    pub marker: Option<VersionId>,
    /// When and how it ended.
    pub ended: Option<(Timestamp, IntentEnd)>,
}

/// Files and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
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
    /// On its way here.
    Downloading,
    /// Held by a brake until a person answers.
    Held,
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
    /// The object as last seen; `None` when it was not seen, or is what the base says.
    pub remote: Option<RemoteState>,
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
    /// Adds a sync folder, or replaces what a person chose for one that is there: its last scan, epoch, marker object, root,
    /// merge and brake have writes of their own and stay.
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
    /// A file that is gone here and never reached the bucket, or is gone on both sides: its row with its base.
    ForgetFile(PairId, RelPath),
    /// What was seen of an object; `None` takes it back.
    SaveRemote(PairId, RelPath, Option<RemoteState>),
    /// Merge mode: every base of the folder goes, so that nothing can be concluded from what is missing (hazard HC7). Files that
    /// were Safe wait.
    ForgetBases(PairId),
    /// The same for one path.
    ForgetBase(PairId, RelPath),
    /// See [`PairRow::epoch`].
    SetEpoch(PairId, u64),
    /// See [`PairRow::remote_marker`].
    SetRemoteMarker(PairId, Option<ETag>),
    /// See [`PairRow::seen_root`].
    SaveRoot(PairId, Option<SeenRoot>),
    /// See [`PairRow::merged`].
    NoteMerge(PairId, Merged),
    /// See [`PairRow::brake`].
    SaveBrake(PairId, Option<Brake>),
    /// The content of this file, here or there, is about to be replaced without a person's word (invariant I16).
    NoteReplaced(PairId, RelPath, Timestamp),
    /// A person's word covers what was counted up to now: deletes that were done and files that were replaced count no more.
    Meant(PairId),
    /// Writes an intent. An existing one of this id is replaced.
    SaveIntent(Box<IntentRow>),
    /// Notes how an intent ended, and where the content went.
    EndIntent {
        /// Its id.
        id: String,
        /// When.
        at: Timestamp,
        /// How.
        end: IntentEnd,
        /// See [`IntentRow::trashed`].
        trashed: Option<String>,
        /// See [`IntentRow::marker`].
        marker: Option<VersionId>,
    },
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
    /// Intents that have not ended, oldest first.
    async fn open_intents(&self, pair: &PairId) -> Result<Vec<IntentRow>, JournalError>;
    /// One intent.
    async fn intent(&self, id: &str) -> Result<Option<IntentRow>, JournalError>;
    /// A window of a folder's intents that ended, newest first, and how many there are. With `kind` only those.
    async fn intent_window(
        &self,
        pair: &PairId,
        kind: Option<IntentKind>,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<IntentRow>, u64), JournalError>;
    /// What was deleted or trashed (kinds `DeleteRemote` and `TrashLocal`, ended `Done`) since this moment and not
    /// [`IntentRow::meant`].
    async fn deleted_since(&self, pair: &PairId, since: Timestamp) -> Result<Tally, JournalError>;
    /// How many different files were replaced since this moment (see `NoteReplaced`), without these.
    async fn replaced_since(
        &self,
        pair: &PairId,
        since: Timestamp,
        without: &[RelPath],
    ) -> Result<u64, JournalError>;
    /// Files with a base, and their bytes.
    async fn base_totals(&self, pair: &PairId) -> Result<Tally, JournalError>;
    /// Bytes total and Safe over open batches: (total, done).
    async fn open_bytes(&self) -> Result<(u64, u64), JournalError>;
    /// Uploads of a batch that have not ended.
    async fn batch_open(&self, batch: &BatchId) -> Result<u64, JournalError>;
}
