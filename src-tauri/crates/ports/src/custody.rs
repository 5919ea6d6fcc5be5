//! What a bucket does with its objects by itself, and what it holds back: lifecycle rules, archives, locks, and uploads that nobody
//! ended. Apart from [`crate::RemoteBrowse`], so that either stays small.
use std::fmt::Debug;

use async_trait::async_trait;
use windlass_domain::lifecycle::{Rule, SmallObjects};
use windlass_domain::lock::{LockMode, ObjectLock, Retention};
use windlass_domain::thaw::{Archive, Thaw, Tier};
use windlass_domain::{Bucket, ETag, ObjectKey, UploadId, VersionId};

use crate::{OpenUpload, RemoteError};

/// Tells two states of a bucket's rules apart; names bytes, not meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleMark(pub Box<str>);

/// A rule as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// What we understand of it.
    pub rule: Rule,
    /// Its text, from `<Rule>` to `</Rule>`.
    pub text: String,
    /// What stands in it that we do not understand, by the names of the elements (`Filter/ObjectAge`). It is kept; what the rule does
    /// cannot be foretold where this is not empty.
    pub strange: Vec<String>,
}

/// A bucket's lifecycle rules, as the server wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleDocument {
    /// The whole document; empty where there are no rules.
    pub text: String,
    /// Its rules, in its order.
    pub rules: Vec<ListedRule>,
    /// `x-amz-transition-default-minimum-object-size`, which belongs to the rules and is not in their text.
    pub minimum: Option<String>,
    /// Its mark.
    pub mark: LifecycleMark,
}

impl LifecycleDocument {
    /// Which objects its rules find too small to move; `None` where the server does not say, or in words that we do not know.
    #[must_use]
    pub fn small_objects(&self) -> Option<SmallObjects> {
        match self.minimum.as_deref()? {
            "all_storage_classes_128K" => Some(SmallObjects::Stay),
            "varies_by_storage_class" => Some(SmallObjects::VariesByClass),
            _ => None,
        }
    }
}

/// A rule of a document that is to be written. What stands in the opened document and is not named is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleDraft {
    /// The rule at this place of the opened document, byte for byte.
    Kept(usize),
    /// The same with changes. What they do not concern stays byte for byte, and so does what we do not understand.
    Changed(usize, Rule),
    /// A new one.
    New(Rule),
}

/// What came of asking for an archived object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThawAnswer {
    /// It is being thawed from now on.
    Started,
    /// It could be read already; its copy lasts as long as was asked for now.
    Extended,
    /// It is being thawed already, as was asked for before.
    Going,
    /// It is not in an archive.
    NotArchived,
    /// There is no room for quick ones at this hour; slower ones are always taken.
    NotNow,
}

/// How an object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version that was looked at.
    pub version: Option<VersionId>,
    /// Its ETag.
    pub etag: ETag,
    /// Its bytes.
    pub size: u64,
    /// Its storage class.
    pub class: String,
    /// The archive it is in.
    pub archive: Option<Archive>,
    /// How it stands there.
    pub thaw: Thaw,
    /// What holds it. An identity that may not see locks (`s3:GetObjectRetention`, `s3:GetObjectLegalHold`) is shown none.
    pub lock: ObjectLock,
}

/// How long a default keeps new objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockTerm {
    /// Days.
    Days(u32),
    /// Years.
    Years(u32),
}

/// Object Lock of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketLock {
    /// What new objects get that say nothing themselves.
    pub default: Option<(LockMode, LockTerm)>,
}

/// Whether a change goes past governance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Governance {
    /// It is respected.
    Respected,
    /// A person asked to go past it. Never past compliance.
    Bypassed,
}

/// What parts of an open upload hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UploadUse {
    /// Parts.
    pub parts: u64,
    /// Their bytes, which are paid for.
    pub bytes: u64,
}

/// What a bucket does with its objects by itself, and what it holds back. No call retries by itself. Dropping a returned future
/// cancels the request; whether it took effect is then unknown.
#[async_trait]
pub trait RemoteCustody: Debug + Send + Sync {
    /// The lifecycle rules. A bucket without any gives an empty document; `Unsupported` where the server knows no rules.
    async fn lifecycle(&self, bucket: &Bucket) -> Result<LifecycleDocument, RemoteError>;
    /// The document that is to be written for these rules. Asks nobody. Those that stay are named in the order of the opened
    /// document. `BadRequest`, with the reason in words, for rules that cannot be written without touching others or that no server
    /// takes.
    fn draft_lifecycle(
        &self,
        opened: &LifecycleDocument,
        rules: &[RuleDraft],
    ) -> Result<LifecycleDocument, RemoteError>;
    /// Writes the document whole; one without rules takes all rules away. The bucket is looked at right before: `PreconditionFailed`
    /// when its rules are not those that were opened any more. S3 knows no condition here, so somebody who writes in between goes
    /// unnoticed. A server may keep less than it was given (Ceph 16.2 and moto forget sizes): read again, and compare what the rules say.
    async fn replace_lifecycle(
        &self,
        bucket: &Bucket,
        opened: &LifecycleMark,
        document: &LifecycleDocument,
    ) -> Result<(), RemoteError>;
    /// How a version stands, by HEAD; the current one without an id.
    async fn standing(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Standing, RemoteError>;
    /// Asks for an archived version. `days` is how long the copy lasts; none where what is thawed stays
    /// ([`Archive::has_days`]).
    async fn thaw(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        tier: Tier,
        days: Option<u32>,
    ) -> Result<ThawAnswer, RemoteError>;
    /// Object Lock of a bucket; `None` where it is not on.
    async fn bucket_lock(&self, bucket: &Bucket) -> Result<Option<BucketLock>, RemoteError>;
    /// Gives a version another retention; `None` takes it away. The version is looked at right before: `PreconditionFailed` when its
    /// retention is not `expect`. What weakens compliance is not sent, what weakens governance only when it is to be bypassed; either
    /// is `AccessDenied` otherwise.
    async fn set_retention(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
        expect: Option<&Retention>,
        retention: Option<&Retention>,
        governance: Governance,
    ) -> Result<(), RemoteError>;
    /// Puts a legal hold on a version, or takes it away. The version is looked at right before: `PreconditionFailed` when the hold
    /// is there already, or gone.
    async fn set_hold(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
        hold: Hold,
    ) -> Result<(), RemoteError>;
    /// Deletes a version for good, by its id, on a person's explicit word. Looks at nothing: who calls has seen that it is not on top, and nothing at S3
    /// makes that a condition. One that is not there is deleted. `AccessDenied` where it is locked, or the identity may not; never
    /// goes past governance.
    async fn delete_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
    ) -> Result<(), RemoteError>;
    /// Open uploads below a prefix, over all pages.
    async fn open_uploads(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError>;
    /// What the parts of one hold, over all pages.
    async fn upload_use(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<UploadUse, RemoteError>;
    /// Ends an upload and gives its parts back; one that is not there is given back.
    async fn end_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<(), RemoteError>;
}

/// What is to become of a legal hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is put on.
    On,
    /// It is taken away.
    Off,
}
