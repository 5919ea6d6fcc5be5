//! The walls: traits through which the engine and the API reach S3, the disk, the journal, time and secrets.
//!
//! **Does** name what the world must offer, and the kinds of error that decide behaviour.
//! **Never** implements any of it, and gives no default bodies: what an adapter does not do, it must say.
//! **Start reading** at [`remote::RemoteStore`] and [`journal::Journal`].
#![deny(missing_docs)]

pub mod buckets;
pub mod catalog;
pub mod clock;
pub mod custody;
pub mod decode;
pub mod fs;
pub mod history;
pub mod index;
pub mod jobs;
pub mod journal;
pub mod playing;
pub mod remote;
pub mod secret;
pub mod thaws;
pub mod watch;

pub use buckets::{BucketUse, Made, NewBucket, Removed};
pub use catalog::{
    Catalog, Connection, CredentialSource, ListedRow, ListingId, ListingInfo, ListingSort, Picked, Tallied,
};
pub use clock::{Clock, Entropy};
pub use custody::{
    BucketLock, Governance, Hold, LifecycleDocument, LifecycleMark, ListedRule, LockTerm, RemoteCustody,
    RuleDraft, Standing, ThawAnswer, UploadUse,
};
pub use decode::{ByteRanges, DecodeError, Decoded, Decoder, PreviewCache, Want};
pub use fs::{
    FsError, FsErrorKind, LocalFs, Marker, Published, RootIdentity, ScanItem, Scanned, Staged, Taken,
};
pub use history::{Histories, HistoryId, HistoryInfo, HistoryPage, KeyHistory};
pub use index::{
    Index, IndexInfo, IndexPart, KnownFacts, KnownSizes, Learned, PartPage, Scope, SearchFound, SearchItem,
};
pub use jobs::{JobRow, Jobs, LeftGroup};
pub use journal::{
    Brake, BrakeAnswer, FileRow, FileState, FolderCounts, IntentEnd, IntentKind, IntentRow, Journal,
    JournalError, JournalErrorKind, JournalWrite, MergeCause, Merged, PairOptions, PairRow, SeenRoot, Tally,
    UploadRow,
};
pub use playing::Streams;
pub use remote::{
    BucketInfo, ByteStream, Flow, Level, LevelEntry, ListedVersion, ObjectHead, OpenUpload, PutBody,
    RangeRead, RemoteBrowse, RemoteError, RemoteErrorKind, RemoteStore, Remotes, VersionMark, VersionPage,
};
pub use secret::{Secret, SecretError, SecretKeep, SecretStore};
pub use thaws::Thaws;
pub use watch::{WatchEvent, Watcher};

/// A boxed source of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
