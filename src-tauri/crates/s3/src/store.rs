//! A bucket as the engine uses it.
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;
use tokio::sync::OnceCell;
use windlass_domain::job::ObjectEdit;
use windlass_domain::{
    Bucket, Capabilities, Digest, ETag, ObjectKey, PartReceipt, RemoteExpect, RemoteState, Timestamp,
    UploadId, VersionId,
};
use windlass_ports::{ByteStream, OpenUpload, PutBody, RemoteError, RemoteErrorKind, RemoteStore};

use crate::S3Client;
use crate::acl::Acls;
use crate::body::ANSWER;
use crate::error::{own, stalled};
use crate::lanes::{Check, Kept, Part, Put, content_type};

/// Metadata that names the device a version came from.
pub(crate) const DEVICE: &str = "windlass-device";

/// How often an upload is given back while parts of it still come in (hazard HB26).
const ABORTS: usize = 3;
/// Most bytes that one request copies.
const COPY_WHOLE: u64 = 5 << 30;

/// A bucket of a connection.
#[derive(Debug, Clone)]
pub struct S3Store {
    pub(crate) client: S3Client,
    pub(crate) bucket: Bucket,
    pub(crate) capabilities: Capabilities,
    pub(crate) copy_whole: u64,
    /// What was learned of access lists, for all clones.
    pub(crate) acls: Arc<OnceCell<Acls>>,
    /// The same of other buckets that were copied from.
    others: Arc<Mutex<BTreeMap<Bucket, Arc<OnceCell<Acls>>>>>,
    /// See [`windlass_ports::RemoteStore::asked`].
    pub(crate) asked: bool,
}

impl S3Store {
    pub(crate) fn new(client: S3Client, bucket: Bucket, capabilities: Capabilities) -> Self {
        Self {
            client,
            bucket,
            capabilities,
            copy_whole: COPY_WHOLE,
            acls: Arc::default(),
            others: Arc::default(),
            asked: false,
        }
    }

    /// Another bucket of the connection, to be copied from. What was proved of requests holds for the endpoint.
    pub(crate) fn sibling(&self, bucket: &Bucket) -> Self {
        if *bucket == self.bucket {
            return self.clone();
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let acls = Arc::clone(others.entry(bucket.clone()).or_default());
        Self { bucket: bucket.clone(), acls, ..self.clone() }
    }

    /// The same bucket, with objects above this size copied by parts: for servers that allow less than 5 GiB, and tests.
    #[must_use]
    pub fn copying_whole_up_to(mut self, bytes: u64) -> Self {
        self.copy_whole = bytes.min(COPY_WHOLE);
        self
    }

    pub(crate) fn name(&self) -> &str {
        self.bucket.as_str()
    }
}

/// The full-object checksum among what the server said; a composite one is none.
pub(crate) fn digest(crc: Option<&str>, sha256: Option<&str>, kind: Option<&ChecksumType>) -> Option<Digest> {
    if kind == Some(&ChecksumType::Composite) {
        return None;
    }
    crc.and_then(Digest::crc64nvme_from_base64).or_else(|| sha256.and_then(Digest::sha256_from_base64))
}

pub(crate) fn md5_base64(bytes: &[u8]) -> String {
    STANDARD.encode(md5::Md5::digest(bytes))
}

pub(crate) fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(sha2::Sha256::digest(bytes))
}

pub(crate) fn bytes_of(size: Option<i64>) -> u64 {
    size.and_then(|s| u64::try_from(s).ok()).unwrap_or(0)
}

pub(crate) fn time(date: Option<&aws_sdk_s3::primitives::DateTime>) -> Option<Timestamp> {
    date.and_then(|d| d.to_millis().ok()).map(Timestamp::from_millis)
}

/// `If-None-Match` and `If-Match`.
pub(crate) fn conditions(expect: Option<&RemoteExpect>) -> (Option<String>, Option<String>) {
    match expect {
        None => (None, None),
        Some(RemoteExpect::Absent) => (Some("*".to_owned()), None),
        Some(RemoteExpect::Unchanged(etag)) => (None, Some(etag.as_str().to_owned())),
    }
}

/// A version's id. What has no id of its own is called `null`, and that is any later object's name as well.
pub(crate) fn version(id: Option<&str>) -> Option<VersionId> {
    id.filter(|id| !id.is_empty() && *id != "null").map(VersionId::new)
}

pub(crate) fn state(size: u64, kept: Kept) -> Result<RemoteState, RemoteError> {
    Ok(RemoteState {
        size,
        etag: ETag::new(required(kept.etag, "the ETag")?),
        version: version(kept.version.as_deref()),
        digest: kept.digest,
    })
}

pub(crate) fn number(part: u32) -> Result<i32, RemoteError> {
    i32::try_from(part).map_err(|_| own(RemoteErrorKind::BadRequest, format!("{part} is no part number")))
}

pub(crate) fn required<T>(value: Option<T>, what: &str) -> Result<T, RemoteError> {
    value.ok_or_else(|| own(RemoteErrorKind::Unexpected, format!("the server's answer lacks {what}")))
}

#[async_trait]
impl RemoteStore for S3Store {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    async fn head(&self, key: &ObjectKey) -> Result<RemoteState, RemoteError> {
        let found = self.look(key, None).await?;
        state(required(found.size, "the size")?, found.kept)
    }

    async fn head_version(&self, key: &ObjectKey, version: &VersionId) -> Result<RemoteState, RemoteError> {
        let found = self.look(key, Some(version)).await?;
        state(required(found.size, "the size")?, found.kept)
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.read(key, None, range, expect).await
    }

    async fn get_version(
        &self,
        key: &ObjectKey,
        version: &VersionId,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.read(key, Some(version), range, expect).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        put: PutBody,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let caps = &self.capabilities;
        let check = if caps.crc64nvme.proved() {
            Check::Crc64Nvme(put.crc.digest().to_base64())
        } else if caps.sha256.proved() {
            Check::Sha256(sha256_base64(&put.bytes))
        } else {
            Check::Md5(md5_base64(&put.bytes))
        };
        let expect = match expect {
            RemoteExpect::Absent => Some(expect),
            RemoteExpect::Unchanged(_) => self.condition(key, expect, caps.match_put).await?,
        };
        let put = Put { key, bytes: &put.bytes, flow: put.flow.as_ref(), expect, device, check };
        let kept = match self.client.fast_put(&self.bucket, &put).await? {
            Some(kept) => kept,
            None => self.client.slow_put(&self.bucket, &put).await?,
        };
        state(put.bytes.len() as u64, kept)
    }

    async fn open_upload(&self, key: &ObjectKey, device: &str) -> Result<UploadId, RemoteError> {
        let whole = self.capabilities.crc64nvme_multipart.proved();
        let out = self
            .client
            .call(self.name(), |c| {
                let call = c
                    .create_multipart_upload()
                    .bucket(self.name())
                    .key(key.as_str())
                    .content_type(content_type(key))
                    .metadata(DEVICE, device);
                call.set_checksum_algorithm(whole.then_some(ChecksumAlgorithm::Crc64Nvme))
                    .set_checksum_type(whole.then_some(ChecksumType::FullObject))
                    .send()
            })
            .await?;
        Ok(UploadId::new(required(out.upload_id().filter(|id| !id.is_empty()), "the upload's id")?))
    }

    async fn send_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        part: u32,
        put: PutBody,
    ) -> Result<PartReceipt, RemoteError> {
        let number = number(part)?;
        let check = if self.capabilities.crc64nvme_multipart.proved() {
            Check::Crc64Nvme(put.crc.digest().to_base64())
        } else {
            Check::Md5(md5_base64(&put.bytes))
        };
        let sent = Part { key, upload, number, bytes: &put.bytes, flow: put.flow.as_ref(), check };
        let kept = match self.client.fast_part(&self.bucket, &sent).await? {
            Some(kept) => kept,
            None => self.client.slow_part(&self.bucket, &sent).await?,
        };
        if let (Check::Crc64Nvme(sent), Some(kept)) = (&sent.check, &kept.crc)
            && sent != kept
        {
            return Err(own(
                RemoteErrorKind::Integrity,
                format!("the server has another checksum for part {part}"),
            ));
        }
        Ok(PartReceipt {
            number: part,
            etag: ETag::new(required(kept.etag, "the part's ETag")?),
            crc: put.crc,
        })
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<Vec<(u32, ETag, u64)>, RemoteError> {
        let mut found = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let out = self
                .client
                .call(self.name(), |c| {
                    let call =
                        c.list_parts().bucket(self.name()).key(key.as_str()).upload_id(upload.as_str());
                    call.set_part_number_marker(marker.clone()).send()
                })
                .await?;
            for part in out.parts() {
                let number =
                    required(part.part_number().and_then(|n| u32::try_from(n).ok()), "a part's number")?;
                found.push((number, ETag::new(part.e_tag().unwrap_or_default()), bytes_of(part.size())));
            }
            if !out.is_truncated().unwrap_or(false) {
                return Ok(found);
            }
            let next = out.next_part_number_marker().map(str::to_owned);
            if next.is_none() || next == marker {
                return Err(own(RemoteErrorKind::Unexpected, "the server's list of parts does not go on"));
            }
            marker = next;
        }
    }

    async fn complete_upload(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[PartReceipt],
        whole: Digest,
        expect: &RemoteExpect,
    ) -> Result<RemoteState, RemoteError> {
        let expect = match expect {
            RemoteExpect::Absent => Some(expect),
            RemoteExpect::Unchanged(_) => {
                self.condition(key, expect, self.capabilities.match_complete).await?
            }
        };
        let (none_match, matched) = conditions(expect);
        let proved = self.capabilities.crc64nvme_multipart.proved();
        let size: u64 = parts.iter().map(|p| p.crc.len).sum();
        let list = parts
            .iter()
            .map(|p| {
                let part = CompletedPart::builder().part_number(number(p.number)?).e_tag(p.etag.as_str());
                Ok(part.set_checksum_crc64_nvme(proved.then(|| p.crc.digest().to_base64())).build())
            })
            .collect::<Result<Vec<_>, RemoteError>>()?;
        let list = CompletedMultipartUpload::builder().set_parts(Some(list)).build();
        let crc = match whole {
            Digest::Crc64Nvme(_) if proved => Some(whole.to_base64()),
            Digest::Crc64Nvme(_) | Digest::Sha256(_) => None,
        };
        let with_size = crc.is_some() || self.client.endpoint().is_none();
        let send = self.client.call_unwatched(self.name(), |c| {
            c.complete_multipart_upload()
                .bucket(self.name())
                .key(key.as_str())
                .upload_id(upload.as_str())
                .multipart_upload(list.clone())
                .set_if_none_match(none_match.clone())
                .set_if_match(matched.clone())
                .set_checksum_type(crc.is_some().then_some(ChecksumType::FullObject))
                .set_checksum_crc64_nvme(crc.clone())
                .set_mpu_object_size(if with_size { i64::try_from(size).ok() } else { None })
                .send()
        });
        let out = match tokio::time::timeout(ANSWER * 2, send).await {
            Ok(out) => out?,
            Err(_) => return Err(stalled(ANSWER * 2)),
        };
        match out.e_tag().filter(|tag| !tag.is_empty()) {
            Some(etag) => Ok(RemoteState {
                size,
                etag: ETag::new(etag),
                version: version(out.version_id()),
                digest: digest(out.checksum_crc64_nvme(), out.checksum_sha256(), out.checksum_type()),
            }),
            // Ceph's answer leaves it out.
            None => self.head(key).await,
        }
    }

    async fn abort_upload(&self, key: &ObjectKey, upload: &UploadId) -> Result<(), RemoteError> {
        for _ in 0..ABORTS {
            let gone = self
                .client
                .call(self.name(), |c| {
                    c.abort_multipart_upload()
                        .bucket(self.name())
                        .key(key.as_str())
                        .upload_id(upload.as_str())
                        .send()
                })
                .await;
            match gone {
                Ok(_) => {}
                Err(error) if error.kind == RemoteErrorKind::NoSuchUpload => return Ok(()),
                Err(error) => return Err(error),
            }
            // A part that was on its way may have come after it, and would be paid for unseen.
            match self.list_parts(key, upload).await {
                Ok(_) => {}
                // Gone, or not for us to know.
                Err(_) => return Ok(()),
            }
        }
        Err(own(RemoteErrorKind::ConditionalConflict, "parts of an upload that was given back still come in"))
    }

    async fn list_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError> {
        let mut found: Vec<OpenUpload> = Vec::new();
        let mut marker: (Option<String>, Option<String>) = (None, None);
        loop {
            let out = self
                .client
                .call(self.name(), |c| {
                    let call = c.list_multipart_uploads().bucket(self.name()).prefix(prefix);
                    call.set_key_marker(marker.0.clone()).set_upload_id_marker(marker.1.clone()).send()
                })
                .await?;
            for upload in out.uploads() {
                let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
                let Ok(key) = ObjectKey::parse(key) else { continue };
                let initiated = time(upload.initiated());
                found.push(OpenUpload { key, upload: UploadId::new(id), initiated });
            }
            let next = (
                out.next_key_marker().filter(|m| !m.is_empty()).map(str::to_owned),
                out.next_upload_id_marker().filter(|m| !m.is_empty()).map(str::to_owned),
            );
            // SeaweedFS says "there is more" and not where: what it gave is all there is to get.
            if !out.is_truncated().unwrap_or(false) || next.0.is_none() || next == marker {
                return Ok(found);
            }
            marker = next;
        }
    }

    async fn copy(
        &self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.copy_version(self, from, source, to, expect, device).await
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
        self.copy_version(&self.sibling(bucket), from, source, to, expect, device).await
    }

    async fn rewrite(
        &self,
        key: &ObjectKey,
        source: &RemoteState,
        edit: &ObjectEdit,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.rewrite_version(key, source, edit, device).await
    }

    fn asked(self: Arc<Self>) -> Arc<dyn RemoteStore> {
        Arc::new(Self { asked: true, ..self.as_ref().clone() })
    }

    /// Where the server does not check the condition, see `S3Store::condition`. `None` comes back from a bucket that keeps
    /// no versions, and from one that was told to stop keeping them: the object is gone then.
    async fn delete(&self, key: &ObjectKey, expect: &RemoteExpect) -> Result<Option<VersionId>, RemoteError> {
        if *expect == RemoteExpect::Absent {
            return Err(own(RemoteErrorKind::BadRequest, "what is expected to be absent cannot be deleted"));
        }
        let etag = match self.condition(key, expect, self.capabilities.match_delete).await? {
            Some(RemoteExpect::Unchanged(etag)) => Some(etag),
            Some(RemoteExpect::Absent) | None => None,
        };
        let marker = match self.client.fast_delete(&self.bucket, key, etag).await? {
            Some(marker) => marker,
            None => self.client.slow_delete(&self.bucket, key, etag).await?,
        };
        Ok(version(marker.as_deref()))
    }

    async fn remove_marker(&self, key: &ObjectKey, marker: &VersionId) -> Result<(), RemoteError> {
        self.take_marker_away(key, marker).await
    }
}
