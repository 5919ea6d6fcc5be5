//! What crosses the door between a user interface and the core: plain rows, no secrets coming out, no paths of our own
//! making. Sizes are bytes, times are milliseconds since 1970 (UTC), rates are bytes per second.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dto_sync::{BrakeRow, FolderOptions, SyncMode};

/// A connection as it is shown: never holds the secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionRow {
    /// Stable id.
    pub id: String,
    /// Name a person gave it, or the profile's.
    pub name: String,
    /// Where its credentials come from.
    pub source: ConnectionSource,
    /// Endpoint URL; empty for Amazon S3.
    pub endpoint: String,
    /// Region used for signing.
    pub region: String,
    /// `bucket/prefix/` it starts in; empty when all buckets may be listed.
    pub start_in: String,
    /// What the capability probe found, if it has run.
    pub capabilities: Option<CapabilityReport>,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionSource {
    /// A profile of the AWS configuration files.
    Profile,
    /// An access key kept in the keychain (or as the person chose).
    AccessKey,
    /// The practice bucket on this computer.
    Practice,
}

/// A profile found in the AWS configuration files. Windlass reads them and never changes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FoundProfile {
    /// Name of the profile.
    pub name: String,
    /// What kind of credentials it holds, in words: "Access key ending 7Q4D", "Company sign-in, role FieldUpload".
    pub kind: String,
    /// Region, if the profile names one.
    pub region: Option<String>,
    /// Endpoint, if the profile names one.
    pub endpoint: Option<String>,
}

/// Where a new secret shall be kept. There is no silent default: the person chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeepSecret {
    /// The operating system's keychain.
    Keychain,
    /// In memory until the app ends.
    ThisSession,
    /// A file encrypted with a passphrase.
    PassphraseFile,
}

/// Which places for secrets exist on this computer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SecretPlaces {
    /// Whether a keychain answers.
    pub keychain: bool,
    /// Why not, in plain words, when it does not.
    pub keychain_problem: Option<String>,
    /// Whether a passphrase file exists already.
    pub passphrase_file: bool,
}

/// What a person enters to connect.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct ConnectionDraft {
    /// Name to show; empty takes one from the endpoint or profile.
    pub name: String,
    /// Source of credentials.
    pub source: ConnectionSource,
    /// Profile name, for [`ConnectionSource::Profile`].
    pub profile: Option<String>,
    /// Endpoint URL; empty for Amazon S3.
    pub endpoint: String,
    /// Region; empty finds it from the bucket.
    pub region: String,
    /// `bucket/prefix/` or empty.
    pub start_in: String,
    /// Access key id, for [`ConnectionSource::AccessKey`].
    pub access_key: Option<String>,
    /// Secret access key; goes in, never comes out.
    pub secret_key: Option<String>,
    /// Where to keep it.
    pub keep: KeepSecret,
    /// Passphrase, for [`KeepSecret::PassphraseFile`].
    pub passphrase: Option<String>,
}

/// One step of the staged connection test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TestStep {
    /// The endpoint's name resolves and a connection opens.
    NameFound,
    /// TLS and clock.
    SecureLine,
    /// The credentials are accepted.
    Identity,
    /// The start prefix, or the buckets, can be listed.
    List,
    /// A small object can be written, read back and removed.
    Write,
}

/// Outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It holds.
    Passed,
    /// Not wrong, but worth knowing ("this role may not write here; that is normal for readers").
    Limited,
    /// It does not hold; later steps were not tried.
    Failed,
    /// Not tried.
    Skipped,
}

/// Result of a step, with its own plain answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StepResult {
    /// Which step.
    pub step: TestStep,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What was found, in one or two plain sentences.
    pub message: String,
    /// What to do next, when something is wrong.
    pub advice: Option<String>,
    /// Milliseconds it took.
    pub millis: u32,
}

/// Whether something was proved to work here. Nothing is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Tried, works.
    Yes,
    /// Tried, refused or ignored.
    No,
    /// Not tried, or the answer proved nothing.
    Unknown,
}

/// One line of the capability probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CapabilityLine {
    /// Stable code, such as `conditional_put`.
    pub code: String,
    /// Name in words.
    pub name: String,
    /// What was found.
    pub support: Support,
    /// What it means for the person.
    pub note: String,
}

/// The capability probe's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CapabilityReport {
    /// When it ran.
    #[ts(type = "number")]
    pub probed_at: i64,
    /// Its lines, in a fixed order.
    pub lines: Vec<CapabilityLine>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BucketRow {
    /// Its name.
    pub name: String,
    /// When it was created, if the server says.
    #[ts(type = "number | null")]
    pub created: Option<i64>,
}

/// Columns that a listing sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// Key, by bytes.
    Name,
    /// Size.
    Size,
    /// Time of last change.
    Modified,
    /// Storage class.
    Class,
    /// State.
    State,
}

/// State of an object or file as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// In the bucket; Windlass has not compared its bytes.
    Stored,
    /// The store confirmed a checksum of this version equal to the bytes read here.
    Safe,
    /// Waiting for its turn.
    Waiting,
    /// Being sent.
    Uploading,
    /// Sent, checksum being compared.
    Checking,
    /// Needs a person.
    Failed,
    /// Archived class.
    Archived,
    /// On its way here.
    Downloading,
    /// Held by the brake until a person answers.
    Held,
    /// Deleted; shown where deleted objects were asked for.
    Deleted,
}

/// A row of the browse list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ObjectRow {
    /// Whole key; for a folder the common prefix, ending in `/`.
    pub key: String,
    /// Last part of it, as shown (bidirectional controls escaped).
    pub name: String,
    /// Whether this is a folder.
    pub folder: bool,
    /// Bytes; zero for folders.
    #[ts(type = "number")]
    pub size: u64,
    /// Last change.
    #[ts(type = "number | null")]
    pub modified: Option<i64>,
    /// Storage class.
    pub class: String,
    /// ETag of the version listed; empty for folders.
    pub etag: String,
    /// State.
    pub state: RowState,
    /// When it was deleted, milliseconds since 1970; its size, time, class and ETag are what it had last.
    #[ts(type = "number | null")]
    pub deleted_at: Option<i64>,
    /// Set when this key cannot be a file name here, in plain words.
    pub name_problem: Option<String>,
}

/// Rows i..j of a listing, read from the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ListingWindow {
    /// Rows, beginning at the offset asked for.
    pub rows: Vec<ObjectRow>,
    /// What is known of the whole listing.
    pub summary: ListingSummary,
}

/// What is known of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ListingSummary {
    /// Id of the listing.
    pub id: String,
    /// Rows so far.
    #[ts(type = "number")]
    pub count: u64,
    /// Objects so far.
    #[ts(type = "number")]
    pub objects: u64,
    /// Bytes so far.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Whether the last page has arrived.
    pub complete: bool,
    /// When it was listed.
    #[ts(type = "number")]
    pub listed_at: i64,
    /// Grows with every change of the rows.
    #[ts(type = "number")]
    pub revision: u64,
    /// Why it stopped, if it did.
    pub error: Option<UiError>,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct NamedValue {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// What the inspector shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ObjectDetails {
    /// The row.
    pub row: ObjectRow,
    /// Details in the order shown: Modified, Class, Type, Encryption, CRC64NVME, Version, ETag…
    pub details: Vec<NamedValue>,
    /// User metadata.
    pub metadata: Vec<NamedValue>,
    /// Tags; `None` when this server has none or this identity may not read them.
    pub tags: Option<Vec<NamedValue>>,
    /// Why it is Safe or not, one sentence.
    pub state_text: String,
}

/// A sync folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SyncFolderRow {
    /// Id.
    pub id: String,
    /// Name shown.
    pub name: String,
    /// Local folder, for display.
    pub local: String,
    /// `bucket/prefix/`.
    pub remote: String,
    /// Connection id.
    pub connection: String,
    /// State.
    pub state: FolderState,
    /// One sentence for people.
    pub state_text: String,
    /// Counts.
    pub counts: FolderCounts,
    /// When the last scan ended.
    #[ts(type = "number | null")]
    pub last_scan: Option<i64>,
    /// Bytes per second now.
    #[ts(type = "number")]
    pub rate: u64,
    /// How it is kept.
    pub mode: SyncMode,
    /// Conflicts that wait for a person.
    #[ts(type = "number")]
    pub conflicts: u64,
    /// The question that waits, if one does.
    pub brake: Option<BrakeRow>,
    /// What a person chose for it.
    pub options: FolderOptions,
    /// Objects in the bucket whose names cannot be files here. They stay where they are.
    #[ts(type = "number")]
    pub nameless: u64,
    /// The first of them, without the prefix.
    pub nameless_sample: Vec<String>,
    /// A marker was lost: the folder waits until a person lets it merge.
    pub merge_need: Option<MergeNeed>,
    /// When both sides were compared anew last.
    pub merged: Option<MergedRow>,
    /// Its work has not gone on since then, for longer than any work takes.
    #[ts(type = "number | null")]
    pub silent_since: Option<i64>,
}

/// Which marker was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MergeNeed {
    /// The marker file; the folder is there, with files in it.
    File,
    /// The marker file, and the folder is empty: a drive that is not plugged in looks the same.
    Empty,
    /// The marker object in the bucket.
    Object,
}

/// Both sides were compared anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MergedRow {
    /// When it began.
    #[ts(type = "number")]
    pub at: i64,
    /// Why.
    pub why: MergedWhy,
}

/// Why a folder merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MergedWhy {
    /// The journal was older than the folder.
    OldJournal,
    /// The folder is a copy of the one before, most likely an older one.
    OtherFolder,
    /// A person asked for it.
    Asked,
}

/// State of a sync folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FolderState {
    /// Looking at the folder.
    Scanning,
    /// Sending.
    Uploading,
    /// Everything that can be is Safe; watching.
    Watching,
    /// Paused by a person.
    Paused,
    /// The folder is not there (drive unplugged, marker missing). Nothing is changed.
    Offline,
    /// Waits for the network or a login.
    Waiting,
    /// Stopped; a person must look.
    Stopped,
    /// Bringing both sides in step.
    Syncing,
    /// The brake holds; a person must say whether it was meant.
    Asking,
}

/// Counts of a folder's files; they add up to `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FolderCounts {
    /// All files known.
    #[ts(type = "number")]
    pub total: u64,
    /// Safe.
    #[ts(type = "number")]
    pub safe: u64,
    /// Stored, checksum being compared.
    #[ts(type = "number")]
    pub checking: u64,
    /// Being sent.
    #[ts(type = "number")]
    pub uploading: u64,
    /// Waiting (queued, settling, back-off).
    #[ts(type = "number")]
    pub waiting: u64,
    /// Need a person.
    #[ts(type = "number")]
    pub failed: u64,
    /// Bytes of all.
    #[ts(type = "number")]
    pub bytes_total: u64,
    /// Bytes of the Safe ones.
    #[ts(type = "number")]
    pub bytes_safe: u64,
}

/// A file of a sync folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FolderFileRow {
    /// Path below the root.
    pub path: String,
    /// Key it goes to; empty when it has none.
    pub key: String,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// State.
    pub state: RowState,
    /// Plain words about the state, empty when it speaks for itself.
    pub note: String,
    /// Bytes sent.
    #[ts(type = "number")]
    pub sent: u64,
}

/// Failures with one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FailureGroup {
    /// Stable code of the cause.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub advice: String,
    /// How many files.
    #[ts(type = "number")]
    pub count: u64,
    /// Up to 20 paths.
    pub examples: Vec<String>,
    /// Whether "Try again" makes sense.
    pub can_retry: bool,
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferRow {
    /// Id.
    pub id: String,
    /// Batch it belongs to (a sync folder, a drop, a download).
    pub batch: String,
    /// Name of the batch.
    pub batch_name: String,
    /// Up or down.
    pub direction: Direction,
    /// File name.
    pub name: String,
    /// Where it goes, for display.
    pub to: String,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Bytes done.
    #[ts(type = "number")]
    pub done: u64,
    /// Number of parts, 1 for a single request.
    pub parts: u32,
    /// Parts done.
    pub parts_done: u32,
    /// State.
    pub state: TransferState,
    /// Plain words: "Retry in 8 s", "Sign-in ended". Empty when the state says all.
    pub note: String,
    /// Bytes per second now.
    #[ts(type = "number")]
    pub rate: u64,
    /// Revision of this row.
    #[ts(type = "number")]
    pub revision: u64,
}

/// Direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the bucket.
    Up,
    /// From the bucket.
    Down,
}

/// State of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Queued.
    Waiting,
    /// Bytes move.
    Active,
    /// Stored, checksum being compared.
    Checking,
    /// Will try again by itself.
    Retrying,
    /// Paused by a person.
    Paused,
    /// Waits for a login.
    NeedsSignIn,
    /// Done and proved.
    Safe,
    /// Ended without success; the note says why.
    Failed,
    /// Cancelled by a person.
    Cancelled,
}

/// Transfers by window, with counts for the tabs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferWindow {
    /// Rows.
    pub rows: Vec<TransferRow>,
    /// Counts.
    pub counts: TransferCounts,
    /// Totals for the activity strip.
    pub activity: Activity,
}

/// Which transfers to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TransferFilter {
    /// Not ended, or failed.
    Open,
    /// Moving now.
    Active,
    /// Waiting.
    Waiting,
    /// Failed.
    Failed,
    /// Done.
    Done,
}

/// Counts by filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TransferCounts {
    /// Open.
    #[ts(type = "number")]
    pub open: u64,
    /// Active.
    #[ts(type = "number")]
    pub active: u64,
    /// Waiting.
    #[ts(type = "number")]
    pub waiting: u64,
    /// Failed.
    #[ts(type = "number")]
    pub failed: u64,
    /// Done.
    #[ts(type = "number")]
    pub done: u64,
}

/// What the activity strip shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Activity {
    /// Bytes done of the open batches.
    #[ts(type = "number")]
    pub done: u64,
    /// Bytes of the open batches.
    #[ts(type = "number")]
    pub total: u64,
    /// Bytes per second now.
    #[ts(type = "number")]
    pub rate: u64,
    /// Seconds left; `None` when unknown.
    #[ts(type = "number | null")]
    pub seconds_left: Option<u64>,
    /// Failed transfers.
    #[ts(type = "number")]
    pub failed: u64,
    /// Paused as a whole.
    pub paused: bool,
    /// Cap in bytes per second.
    #[ts(type = "number | null")]
    pub cap: Option<u64>,
    /// Name of what runs.
    pub title: String,
}

/// Codes the user interface acts on; text comes from its own catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Credentials are missing, wrong or expired.
    SignInAgain,
    /// The identity may not do this.
    NoPermission,
    /// No such bucket or key.
    NotFound,
    /// No connection.
    Offline,
    /// The local folder is not there.
    FolderMissing,
    /// No space.
    DiskFull,
    /// The keychain did not open.
    KeychainLocked,
    /// A name that is not allowed here.
    NameNotAllowed,
    /// The journal was written by a newer version.
    JournalTooNew,
    /// Something differs from what was expected; nothing was overwritten.
    Conflict,
    /// The server does not support this.
    NotSupported,
    /// What was asked makes no sense.
    BadRequest,
    /// Another Windlass owns the journal.
    AlreadyRunning,
    /// Anything else.
    Unexpected,
}

/// The only error that crosses to a user interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct UiError {
    /// Decides what the UI does.
    pub code: ErrorCode,
    /// What happened, what it means, what to do: plain words.
    pub message: String,
    /// Technical detail, copyable, never a secret.
    pub detail: Option<String>,
}

/// Hints sent to the UI: look again. Never the data itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UiEvent {
    /// A listing has new rows.
    Listing {
        /// Its id.
        id: String,
        /// Its revision.
        #[ts(type = "number")]
        revision: u64,
    },
    /// Transfers changed.
    Transfers {
        /// Newest revision.
        #[ts(type = "number")]
        revision: u64,
    },
    /// Sync folders changed.
    Folders,
    /// An index grew or ended, or more of it can be searched.
    Indexes,
    /// A version index grew or ended.
    Histories,
    /// Copies, moves, edits or deletes changed.
    Jobs,
    /// Batches of archived objects changed.
    Thaws,
    /// A batch of archived objects can be read from now on. Told once, so it carries what a notice says.
    Thawed {
        /// Its id.
        id: String,
        /// Its name. Displayable.
        name: String,
        /// Objects that can be read.
        #[ts(type = "number")]
        objects: u64,
        /// When the first copy ends, milliseconds since 1970; `None` where they stay for good.
        #[ts(type = "number | null")]
        ends_at: Option<i64>,
    },
    /// A step of a connection test ended.
    TestStep {
        /// Id of the test run.
        run: String,
        /// Its result.
        result: StepResult,
    },
    /// Connections changed.
    Connections,
    /// Events were lost: read everything again.
    Missed,
}
