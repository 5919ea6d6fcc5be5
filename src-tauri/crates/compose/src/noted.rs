//! What the server refuses, passed on: each `AccessDenied` is told with the bucket and the key it was about, and that something
//! was done after all while refusals are remembered.
//!
//! Nothing is held back and nothing decided here; the requests and their answers go through as they are.
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use windlass_api::{Answer, Teller, Told};
use windlass_domain::job::ObjectEdit;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::price::PriceAt;
use windlass_domain::{
    Bucket, Capabilities, Digest, ETag, ObjectKey, PartReceipt, RemoteExpect, RemoteState, Right, UploadId,
    VersionId,
};
use windlass_ports::remote::Depth;
use windlass_ports::{
    BucketInfo, BucketUse, ByteStream, Level, Made, NewBucket, ObjectHead, OpenUpload, PutBody, RangeRead,
    RemoteBrowse, RemoteCustody, RemoteError, RemoteErrorKind, RemoteStore, Remotes, Removed, VersionMark,
    VersionPage,
};

/// Remotes that tell how they are answered.
#[derive(Debug)]
pub(crate) struct NotedRemotes {
    pub(crate) inner: Arc<dyn Remotes>,
    pub(crate) teller: Teller,
}

#[derive(Debug, Clone)]
struct Notes {
    connection: String,
    teller: Teller,
}

impl Notes {
    fn look<T>(
        &self,
        right: Right,
        bucket: &str,
        key: &str,
        answer: Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let told = match &answer {
            Ok(_) => Some(Answer::Done),
            Err(error) if error.kind == RemoteErrorKind::AccessDenied => Some(Answer::Refused),
            Err(_) => None,
        };
        if let Some(told) = told.filter(|told| self.teller.wants(*told)) {
            self.teller.tell(Told {
                connection: self.connection.clone(),
                right,
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                answer: told,
            });
        }
        answer
    }
}

#[async_trait]
impl Remotes for NotedRemotes {
    async fn store(
        &self,
        connection: &str,
        bucket: &Bucket,
        near: &str,
    ) -> Result<Arc<dyn RemoteStore>, RemoteError> {
        let inner = self.inner.store(connection, bucket, near).await?;
        let notes = Notes { connection: connection.to_owned(), teller: self.teller.clone() };
        Ok(Arc::new(NotedStore { inner, bucket: bucket.clone(), notes }))
    }

    async fn browse(&self, connection: &str) -> Result<Arc<dyn RemoteBrowse>, RemoteError> {
        let inner = self.inner.browse(connection).await?;
        let notes = Notes { connection: connection.to_owned(), teller: self.teller.clone() };
        Ok(Arc::new(NotedBrowse { inner, notes }))
    }

    // None of the rights that are remembered is asked for there.
    async fn custody(&self, connection: &str) -> Result<Arc<dyn RemoteCustody>, RemoteError> {
        self.inner.custody(connection).await
    }

    async fn forget(&self, connection: &str) {
        self.inner.forget(connection).await;
    }
}

#[derive(Debug)]
struct NotedStore {
    inner: Arc<dyn RemoteStore>,
    bucket: Bucket,
    notes: Notes,
}

impl NotedStore {
    fn look<T>(&self, right: Right, key: &str, answer: Result<T, RemoteError>) -> Result<T, RemoteError> {
        self.notes.look(right, self.bucket.as_str(), key, answer)
    }
}

#[async_trait]
impl RemoteStore for NotedStore {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn asked(self: Arc<Self>) -> Arc<dyn RemoteStore> {
        let inner = Arc::clone(&self.inner).asked();
        Arc::new(Self { inner, bucket: self.bucket.clone(), notes: self.notes.clone() })
    }

    // A HEAD is refused for what is not there as well, where listing is not allowed: it says nothing of reading.
    async fn head(&self, key: &ObjectKey) -> Result<RemoteState, RemoteError> {
        self.inner.head(key).await
    }

    async fn head_version(&self, key: &ObjectKey, version: &VersionId) -> Result<RemoteState, RemoteError> {
        self.inner.head_version(key, version).await
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.look(Right::Read, key.as_str(), self.inner.get(key, range, expect).await)
    }

    /// Older versions have a right of their own, so their refusals teach nothing of this one.
    async fn get_version(
        &self,
        key: &ObjectKey,
        version: &VersionId,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.inner.get_version(key, version, range, expect).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        body: PutBody,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.look(Right::Write, key.as_str(), self.inner.put(key, body, expect, device).await)
    }

    async fn open_upload(&self, key: &ObjectKey, device: &str) -> Result<UploadId, RemoteError> {
        self.look(Right::Write, key.as_str(), self.inner.open_upload(key, device).await)
    }

    async fn send_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: u32,
        body: PutBody,
    ) -> Result<PartReceipt, RemoteError> {
        self.look(Right::Write, key.as_str(), self.inner.send_part(key, upload, number, body).await)
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<Vec<(u32, ETag, u64)>, RemoteError> {
        self.inner.list_parts(key, upload).await
    }

    async fn complete_upload(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[PartReceipt],
        whole: Digest,
        expect: &RemoteExpect,
    ) -> Result<RemoteState, RemoteError> {
        let answer = self.inner.complete_upload(key, upload, parts, whole, expect).await;
        self.look(Right::Write, key.as_str(), answer)
    }

    async fn abort_upload(&self, key: &ObjectKey, upload: &UploadId) -> Result<(), RemoteError> {
        self.inner.abort_upload(key, upload).await
    }

    async fn list_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError> {
        self.inner.list_uploads(prefix).await
    }

    // A copy is refused for its source or for its destination, and the answer does not say for which.
    async fn copy(
        &self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.inner.copy(from, source, to, expect, device).await
    }

    async fn copy_from(
        &self,
        bucket: &Bucket,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.inner.copy_from(bucket, from, source, to, expect, device).await
    }

    async fn rewrite(
        &self,
        key: &ObjectKey,
        source: &RemoteState,
        edit: &ObjectEdit,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.inner.rewrite(key, source, edit, device).await
    }

    async fn delete(&self, key: &ObjectKey, expect: &RemoteExpect) -> Result<Option<VersionId>, RemoteError> {
        self.look(Right::Delete, key.as_str(), self.inner.delete(key, expect).await)
    }

    async fn remove_marker(&self, key: &ObjectKey, marker: &VersionId) -> Result<(), RemoteError> {
        self.inner.remove_marker(key, marker).await
    }
}

#[derive(Debug)]
struct NotedBrowse {
    inner: Arc<dyn RemoteBrowse>,
    notes: Notes,
}

#[async_trait]
impl RemoteBrowse for NotedBrowse {
    fn place(&self, bucket: &Bucket) -> PriceAt {
        self.inner.place(bucket)
    }

    async fn buckets(&self) -> Result<Vec<BucketInfo>, RemoteError> {
        self.inner.buckets().await
    }

    async fn create_bucket(&self, new: &NewBucket) -> Result<Made, RemoteError> {
        self.notes.look(Right::MakeBuckets, "", "", self.inner.create_bucket(new).await)
    }

    async fn start_versions(&self, bucket: &Bucket) -> Result<(), RemoteError> {
        self.inner.start_versions(bucket).await
    }

    async fn bucket_use(&self, bucket: &Bucket) -> Result<BucketUse, RemoteError> {
        self.inner.bucket_use(bucket).await
    }

    async fn delete_bucket(&self, bucket: &Bucket) -> Result<Removed, RemoteError> {
        let answer = self.inner.delete_bucket(bucket).await;
        self.notes.look(Right::DeleteBucket, bucket.as_str(), "", answer)
    }

    async fn level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError> {
        let answer = self.inner.level(bucket, prefix, depth, after).await;
        self.notes.look(Right::List, bucket.as_str(), prefix, answer)
    }

    async fn deep_after(&self, bucket: &Bucket, prefix: &str, key: &str) -> Result<Level, RemoteError> {
        let answer = self.inner.deep_after(bucket, prefix, key).await;
        self.notes.look(Right::List, bucket.as_str(), prefix, answer)
    }

    async fn versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError> {
        self.inner.versions(bucket, prefix, depth, after).await
    }

    async fn details(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, RemoteError> {
        self.inner.details(bucket, key).await
    }

    async fn tags(&self, bucket: &Bucket, key: &ObjectKey) -> Result<Vec<(String, String)>, RemoteError> {
        self.inner.tags(bucket, key).await
    }

    async fn create_folder(&self, bucket: &Bucket, key: &ObjectKey) -> Result<(), RemoteError> {
        let folder = key.as_str().trim_end_matches('/');
        let answer = self.inner.create_folder(bucket, key).await;
        self.notes.look(Right::Write, bucket.as_str(), folder, answer)
    }

    async fn read_range(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Range<u64>,
        expect: Option<&ETag>,
    ) -> Result<RangeRead, RemoteError> {
        let answer = self.inner.read_range(bucket, key, version, range, expect).await;
        self.notes.look(Right::Read, bucket.as_str(), key.as_str(), answer)
    }

    async fn versioning(&self, bucket: &Bucket) -> Result<Versioning, RemoteError> {
        self.inner.versioning(bucket).await
    }

    async fn probe(
        &self,
        bucket: &Bucket,
        prefix: &str,
        who: &str,
        attempt: u64,
    ) -> Result<Capabilities, RemoteError> {
        self.inner.probe(bucket, prefix, who, attempt).await
    }
}
