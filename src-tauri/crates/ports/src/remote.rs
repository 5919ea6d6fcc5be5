//! The bucket side.
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use windlass_domain::job::ObjectEdit;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::price::PriceAt;
use windlass_domain::time::Version;
use windlass_domain::{
    Bucket, Capabilities, Crc64Nvme, Digest, ETag, ObjectKey, PartReceipt, RemoteExpect, RemoteState,
    Timestamp, UploadId, VersionId,
};

use crate::{BoxError, BucketUse, Made, NewBucket, RemoteCustody, Removed};

/// Trouble with S3.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}")]
pub struct RemoteError {
    /// Decides behaviour.
    pub kind: RemoteErrorKind,
    /// What the server or the client library said; never a secret.
    #[source]
    pub source: BoxError,
}

/// Kinds of trouble. Text of a server is never matched on; status and error code are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteErrorKind {
    /// No such key or version.
    NotFound,
    /// No such bucket.
    BucketMissing,
    /// No such upload id.
    NoSuchUpload,
    /// 412.
    PreconditionFailed,
    /// 409 on a conditional write: a concurrent one is under way.
    ConditionalConflict,
    /// This identity may not, or nobody may: servers refuse to delete a locked version in the same words
    /// ([`RemoteCustody::standing`] tells).
    AccessDenied,
    /// Unknown key id, wrong secret, expired token.
    Unauthenticated,
    /// The request's time is too far from the server's.
    ClockSkew,
    /// The bucket is in another region (its name, when the server says so, is in the source's text).
    WrongRegion,
    /// 503, 429.
    Throttled,
    /// No answer, a cut one, none in time, or an answer that is not S3's (a captive portal). The request may have taken
    /// effect.
    Network,
    /// A checksum did not match.
    Integrity,
    /// The server does not do this, or answered as if it were another call.
    Unsupported,
    /// Our mistake: the request is malformed.
    BadRequest,
    /// The bytes are in an archive and have to be restored before they can be read or copied (hazard HB23). The object is
    /// there.
    Archived,
    /// Anything else.
    Unexpected,
}

impl RemoteErrorKind {
    /// Trouble of the way or the hour, which says nothing of what was asked and may be over the next moment.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Network | Self::Throttled)
    }
}

/// Follows the bytes of a body on their way out, and may hold them back. The adapter asks before it hands over a piece.
pub trait Flow: Debug + Send + Sync {
    /// Most bytes of one piece: small where a cap is set, so that a slow line moves evenly.
    fn piece(&self) -> usize;
    /// May these many bytes go out? `None`: now. Otherwise they may when the future ends.
    fn admit(&self, bytes: usize) -> Option<BoxFuture<'static, ()>>;
    /// These many bytes were handed to the system.
    fn sent(&self, bytes: usize);
    /// The request begins from its first byte again.
    fn restarted(&self);
}

/// Body of a PUT or a part: one buffer, and the checksum that was computed over it.
#[derive(Debug, Clone)]
pub struct PutBody {
    /// Bytes.
    pub bytes: Bytes,
    /// Their checksum.
    pub crc: Crc64Nvme,
    /// Who follows them; nobody counts or holds them back without.
    pub flow: Option<Arc<dyn Flow>>,
}

/// An upload that is open on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// Key.
    pub key: ObjectKey,
    /// Id.
    pub upload: UploadId,
    /// Since when.
    pub initiated: Option<Timestamp>,
}

/// A stream of bytes.
pub type ByteStream = BoxStream<'static, Result<Bytes, RemoteError>>;

/// What HEAD says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// ETag.
    pub etag: String,
    /// Version.
    pub version: Option<String>,
    /// Last change.
    pub modified: Option<Timestamp>,
    /// Content type.
    pub content_type: Option<String>,
    /// Storage class (`STANDARD` when the server is silent).
    pub class: String,
    /// Encryption in words, if any.
    pub encryption: Option<String>,
    /// Full-object checksums by name (`CRC64NVME`, `SHA256`…), base64.
    pub checksums: Vec<(String, String)>,
    /// User metadata.
    pub metadata: Vec<(String, String)>,
    /// Further lines worth showing (lock, replication, restore), by name.
    pub more: Vec<(String, String)>,
}

/// One entry of one level of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelEntry {
    /// A common prefix, ending in `/`.
    Folder(String),
    /// An object.
    Object {
        /// Key.
        key: String,
        /// Bytes.
        size: u64,
        /// Last change.
        modified: Option<Timestamp>,
        /// ETag.
        etag: String,
        /// Storage class.
        class: String,
    },
    /// An object that is deleted, where those were asked for: what it was last.
    Deleted {
        /// Key.
        key: String,
        /// Bytes.
        size: u64,
        /// Last change before it was deleted.
        modified: Timestamp,
        /// ETag.
        etag: String,
        /// Storage class.
        class: String,
        /// When it was deleted.
        at: Timestamp,
    },
}

impl LevelEntry {
    /// Its key or prefix.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Folder(key) | Self::Object { key, .. } | Self::Deleted { key, .. } => key,
        }
    }
}

/// Bytes of an object and what came with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeRead {
    /// Bytes.
    pub bytes: Bytes,
    /// Size of the whole object.
    pub total: u64,
    /// ETag of the version they are of.
    pub etag: String,
}

/// One page of one level.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// Entries in the order received, which is **not** assumed to be sorted.
    pub entries: Vec<LevelEntry>,
    /// Token of the next page; `None` at the end.
    pub next: Option<String>,
}

/// A version of an object, or a delete marker, as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// Key.
    pub key: String,
    /// The version.
    pub version: Version,
    /// Whether the server says that it is the one on top.
    pub latest: bool,
    /// Whose it is, where the server says so: a name, else an id.
    pub owner: Option<String>,
}

/// Where a listing of versions goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMark {
    /// Behind this key,
    pub key: String,
    /// or behind this version of it.
    pub version: Option<String>,
}

/// A page of versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionPage {
    /// Common prefixes, ending in `/`; none where everything below was asked for.
    pub folders: Vec<String>,
    /// By key as the server orders them, those of a key together and newest first.
    pub versions: Vec<ListedVersion>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<VersionMark>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInfo {
    /// Name.
    pub name: String,
    /// Creation time.
    pub created: Option<Timestamp>,
}

/// The bucket as the engine uses it. Every write names what it expects. No call retries by itself: the engine decides.
/// Dropping a returned future cancels the request; whether it took effect is then unknown.
#[async_trait]
pub trait RemoteStore: Debug + Send + Sync {
    /// What was proved of this endpoint.
    fn capabilities(&self) -> Capabilities;
    /// The same bucket for what a person asked for by name. Where neither the server's conditions nor versions protect what
    /// is replaced or deleted, it is looked at right before, and another writer could come in between (hazard HB3); the
    /// engine's own decisions are refused there.
    fn asked(self: Arc<Self>) -> Arc<dyn RemoteStore>;
    /// State of the current version with the checksum the server holds.
    async fn head(&self, key: &ObjectKey) -> Result<RemoteState, RemoteError>;
    /// State of an older version, or of the current one by its id.
    async fn head_version(&self, key: &ObjectKey, version: &VersionId) -> Result<RemoteState, RemoteError>;
    /// Bytes of exactly this version; a range answers with exactly that range or fails (hazard HB30).
    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError>;
    /// The same of an older version, or of the current one by its id.
    async fn get_version(
        &self,
        key: &ObjectKey,
        version: &VersionId,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError>;
    /// One conditional request. The checksum goes as a header where the server is known to verify one.
    async fn put(
        &self,
        key: &ObjectKey,
        body: PutBody,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError>;
    /// Opens an upload, marked with our device id in the metadata.
    async fn open_upload(&self, key: &ObjectKey, device: &str) -> Result<UploadId, RemoteError>;
    /// Sends one part.
    async fn send_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: u32,
        body: PutBody,
    ) -> Result<PartReceipt, RemoteError>;
    /// Every part the server has, over all pages (hazard HB7), as number → (ETag, size).
    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<Vec<(u32, ETag, u64)>, RemoteError>;
    /// Completes, conditionally, with the full-object checksum where the server verifies one. A 200 with an error in the
    /// body is an error (hazard HB4).
    async fn complete_upload(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[PartReceipt],
        whole: Digest,
        expect: &RemoteExpect,
    ) -> Result<RemoteState, RemoteError>;
    /// Gives an upload back; one that is not there is given back.
    async fn abort_upload(&self, key: &ObjectKey, upload: &UploadId) -> Result<(), RemoteError>;
    /// Open uploads below a prefix, over all pages.
    async fn list_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError>;
    /// Copies one version of an object within the bucket, on the server, with its metadata, tags and class, by parts above
    /// 5 GiB. `source` is the version that must be copied (`x-amz-copy-source-if-match`), `expect` what must be at `to`. A 200
    /// with an error in the body is an error (hazard HB4). With the same key at both ends the source names an older version, which
    /// is put on top.
    async fn copy(
        &self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError>;
    /// The same from another bucket of this connection, or from this one.
    async fn copy_from(
        &self,
        bucket: &Bucket,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError>;
    /// Writes an object anew in place with changes, on the server, and keeps everything that is not changed: headers,
    /// metadata, tags, class, encryption, access list, checksum. Only if its current version is `source`; a bucket that keeps
    /// versions gets a new one. Tags alone are changed without a new version.
    async fn rewrite(
        &self,
        key: &ObjectKey,
        source: &RemoteState,
        edit: &ObjectEdit,
        device: &str,
    ) -> Result<RemoteState, RemoteError>;
    /// Deletes the current version if it is this one. Never names a version id, so a bucket that keeps versions keeps this
    /// one below a delete marker, whose version id comes back.
    async fn delete(&self, key: &ObjectKey, expect: &RemoteExpect) -> Result<Option<VersionId>, RemoteError>;
    /// Takes a delete marker of ours away, so that what lies below it is current again. Only ever for an undo.
    async fn remove_marker(&self, key: &ObjectKey, marker: &VersionId) -> Result<(), RemoteError>;
}

/// Browsing, kept apart so that the engine's port stays small.
#[async_trait]
pub trait RemoteBrowse: Debug + Send + Sync {
    /// Where a bucket is, as far as is known without asking: a bucket in another region than was thought is known once a
    /// request met it.
    fn place(&self, bucket: &Bucket) -> PriceAt;
    /// Buckets this identity may list.
    async fn buckets(&self) -> Result<Vec<BucketInfo>, RemoteError>;
    /// Makes a bucket; one that is there already is never touched.
    async fn create_bucket(&self, new: &NewBucket) -> Result<Made, RemoteError>;
    /// Has a bucket keep versions from now on.
    async fn start_versions(&self, bucket: &Bucket) -> Result<(), RemoteError>;
    /// What is in a bucket, as far as the first page of each of its lists tells. What this identity may not see is not
    /// counted.
    async fn bucket_use(&self, bucket: &Bucket) -> Result<BucketUse, RemoteError>;
    /// Removes a bucket that is empty. Never deletes anything in it: what came into it meanwhile keeps it.
    async fn delete_bucket(&self, bucket: &Bucket) -> Result<Removed, RemoteError>;
    /// One page of one level (`delimiter = "/"`), or of everything below the prefix when `deep`.
    async fn level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError>;
    /// The first page of everything below the prefix that comes behind a key (`start-after`); the key itself need not be there.
    async fn deep_after(&self, bucket: &Bucket, prefix: &str, key: &str) -> Result<Level, RemoteError>;
    /// One page of the versions and delete markers of one level, or of everything below a prefix. A folder in which everything
    /// is deleted is a folder.
    async fn versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError>;
    /// Details of the current version.
    async fn details(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, RemoteError>;
    /// Tags; `Unsupported` when the reply is not a tag set.
    async fn tags(&self, bucket: &Bucket, key: &ObjectKey) -> Result<Vec<(String, String)>, RemoteError>;
    /// Creates the empty object that stands for a folder; fails when it exists.
    async fn create_folder(&self, bucket: &Bucket, key: &ObjectKey) -> Result<(), RemoteError>;
    /// Bytes of an object, for previews: exactly this range, or fewer at its end (hazard HB30), of exactly this version when
    /// one is named (`If-Match`); `PreconditionFailed` when another is there. `version` reads an older one.
    async fn read_range(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Range<u64>,
        expect: Option<&ETag>,
    ) -> Result<RangeRead, RemoteError>;
    /// Whether a bucket keeps versions.
    async fn versioning(&self, bucket: &Bucket) -> Result<Versioning, RemoteError>;
    /// Runs the capability probe in a scratch folder below `prefix` that bears the name `who`, and removes what it wrote. What an
    /// earlier probe of the same name left when it was killed goes first, so no two of one name may run at a time. `attempt` is a
    /// number that no earlier one had: a request of a dead process may still arrive, and must not meet this one's keys.
    async fn probe(
        &self,
        bucket: &Bucket,
        prefix: &str,
        who: &str,
        attempt: u64,
    ) -> Result<Capabilities, RemoteError>;
}

/// How deep a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// One level.
    Level,
    /// Everything below.
    Deep,
}

/// Opens stores by connection; caches clients.
#[async_trait]
pub trait Remotes: Debug + Send + Sync {
    /// The engine's view of a bucket. The first time, its server is tried out below the prefix `near`, where the caller is at
    /// work anyway (invariant I13).
    async fn store(
        &self,
        connection: &str,
        bucket: &Bucket,
        near: &str,
    ) -> Result<Arc<dyn RemoteStore>, RemoteError>;
    /// The browser's view of a connection.
    async fn browse(&self, connection: &str) -> Result<Arc<dyn RemoteBrowse>, RemoteError>;
    /// What the buckets of a connection do with their objects by themselves.
    async fn custody(&self, connection: &str) -> Result<Arc<dyn RemoteCustody>, RemoteError>;
    /// Forgets cached clients of a connection (it was changed, or its credentials were).
    async fn forget(&self, connection: &str);
}
