//! A connection as the browser uses it.
use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketVersioningStatus, ChecksumMode};
use bytes::BytesMut;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::price::PriceAt;
use windlass_domain::{Bucket, Capabilities, ETag, ObjectKey, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{
    BucketInfo, BucketUse, Level, Made, NewBucket, ObjectHead, RangeRead, RemoteBrowse, RemoteError,
    RemoteErrorKind, Removed, VersionMark, VersionPage,
};

use crate::S3Client;
use crate::body::QUIET;
use crate::error::{own, stalled};
use crate::lanes::Begin;
use crate::store::{md5_base64, time};

/// A connection, for looking around.
#[derive(Debug, Clone)]
pub struct S3Browse {
    pub(crate) client: S3Client,
}

impl S3Browse {
    pub(crate) const fn new(client: S3Client) -> Self {
        Self { client }
    }
}

/// Bytes that come, and bytes of the whole, from `bytes 0-9/100`; `None` when it is another range than was asked for.
fn sent(said: &str, range: &Range<u64>) -> Option<(usize, u64)> {
    let (first, rest) = said.strip_prefix("bytes ")?.split_once('-')?;
    let (last, total) = rest.split_once('/')?;
    let (first, last, total): (u64, u64, u64) =
        (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
    let right = first == range.start && last == range.end.min(total).checked_sub(1)? && first <= last;
    if !right {
        return None;
    }
    Some((usize::try_from(last - first + 1).ok()?, total))
}

#[async_trait]
impl RemoteBrowse for S3Browse {
    fn place(&self, bucket: &Bucket) -> PriceAt {
        let endpoint = self.client.endpoint().map(str::to_owned);
        PriceAt { endpoint, region: self.client.region_of(bucket.as_str()) }
    }

    async fn buckets(&self) -> Result<Vec<BucketInfo>, RemoteError> {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let out = self
                .client
                .call("", |c| c.list_buckets().set_continuation_token(token.clone()).send())
                .await?;
            for bucket in out.buckets() {
                let Some(name) = bucket.name() else { continue };
                found.push(BucketInfo { name: name.to_owned(), created: time(bucket.creation_date()) });
            }
            let next = out.continuation_token().filter(|t| !t.is_empty()).map(str::to_owned);
            if next.is_none() || next == token {
                return Ok(found);
            }
            token = next;
        }
    }

    async fn create_bucket(&self, new: &NewBucket) -> Result<Made, RemoteError> {
        self.client.make_bucket(new).await
    }

    async fn start_versions(&self, bucket: &Bucket) -> Result<(), RemoteError> {
        self.client.start_versions(bucket).await
    }

    async fn bucket_use(&self, bucket: &Bucket) -> Result<BucketUse, RemoteError> {
        self.client.bucket_use(bucket).await
    }

    async fn delete_bucket(&self, bucket: &Bucket) -> Result<Removed, RemoteError> {
        self.client.remove_bucket(bucket).await
    }

    async fn level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError> {
        let from = after.map_or(Begin::Start, Begin::Token);
        match self.client.fast_level(bucket, prefix, depth, from).await? {
            Some(level) => Ok(level),
            None => self.client.slow_level(bucket, prefix, depth, from).await,
        }
    }

    async fn deep_after(&self, bucket: &Bucket, prefix: &str, key: &str) -> Result<Level, RemoteError> {
        match self.client.fast_level(bucket, prefix, Depth::Deep, Begin::Key(key)).await? {
            Some(level) => Ok(level),
            None => self.client.slow_level(bucket, prefix, Depth::Deep, Begin::Key(key)).await,
        }
    }

    async fn versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError> {
        match self.client.fast_versions(bucket, prefix, depth, after).await? {
            Some(page) => Ok(page),
            None => self.client.slow_versions(bucket, prefix, depth, after).await,
        }
    }

    async fn details(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, RemoteError> {
        let out = self
            .client
            .call(bucket.as_str(), |c| {
                c.head_object()
                    .bucket(bucket.as_str())
                    .key(key.as_str())
                    .checksum_mode(ChecksumMode::Enabled)
                    .send()
            })
            .await?;
        let encryption =
            out.server_side_encryption().map(|kind| match (kind.as_str(), out.ssekms_key_id()) {
                ("AES256", _) => "By the server, with its own key (SSE-S3)".to_owned(),
                (_, Some(key)) => format!("By the server, with the KMS key {key}"),
                (other, None) => format!("By the server ({other})"),
            });
        let checksums = [
            ("CRC64NVME", out.checksum_crc64_nvme()),
            ("SHA256", out.checksum_sha256()),
            ("SHA1", out.checksum_sha1()),
            ("CRC32C", out.checksum_crc32_c()),
            ("CRC32", out.checksum_crc32()),
        ];
        let composite = out.checksum_type() == Some(&aws_sdk_s3::types::ChecksumType::Composite);
        let whole =
            checksums.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
        let checksums = whole.filter(|(_, value)| !composite && !value.contains('-')).collect();
        let mut more = Vec::new();
        let mut line = |name: &str, value: Option<String>| more.extend(value.map(|v| (name.to_owned(), v)));
        line("Lock", out.object_lock_mode().map(|m| m.as_str().to_owned()));
        line("Locked until", out.object_lock_retain_until_date().map(ToString::to_string));
        line("Legal hold", out.object_lock_legal_hold_status().map(|s| s.as_str().to_owned()));
        line("Replication", out.replication_status().map(|s| s.as_str().to_owned()));
        line("Restore", out.restore().map(str::to_owned));
        line("Expires", out.expiration().map(str::to_owned));
        line("Cache control", out.cache_control().map(str::to_owned));
        line("Content encoding", out.content_encoding().map(str::to_owned));
        let mut metadata: Vec<(String, String)> =
            out.metadata().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        metadata.sort();
        Ok(ObjectHead {
            size: out.content_length().and_then(|s| u64::try_from(s).ok()).unwrap_or(0),
            etag: out.e_tag().unwrap_or_default().to_owned(),
            version: out.version_id().map(str::to_owned),
            modified: time(out.last_modified()),
            content_type: out.content_type().map(str::to_owned),
            class: out.storage_class().map_or("STANDARD", |c| c.as_str()).to_owned(),
            encryption,
            checksums,
            metadata,
            more,
        })
    }

    async fn tags(&self, bucket: &Bucket, key: &ObjectKey) -> Result<Vec<(String, String)>, RemoteError> {
        let out = self
            .client
            .call(bucket.as_str(), |c| {
                c.get_object_tagging().bucket(bucket.as_str()).key(key.as_str()).send()
            })
            .await?;
        Ok(out.tag_set().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect())
    }

    async fn create_folder(&self, bucket: &Bucket, key: &ObjectKey) -> Result<(), RemoteError> {
        if !key.as_str().ends_with('/') {
            return Err(own(RemoteErrorKind::BadRequest, "a folder's key ends in /"));
        }
        // Some servers ignore the condition below, so look first.
        match self.details(bucket, key).await {
            Ok(_) => return Err(own(RemoteErrorKind::PreconditionFailed, "the folder is already there")),
            Err(error) if matches!(error.kind, RemoteErrorKind::NotFound | RemoteErrorKind::AccessDenied) => {
            }
            Err(error) => return Err(error),
        }
        self.client
            .call(bucket.as_str(), |c| {
                c.put_object()
                    .bucket(bucket.as_str())
                    .key(key.as_str())
                    .if_none_match("*")
                    // A bucket whose objects are locked takes none without a checksum.
                    .content_md5(md5_base64(b""))
                    .content_length(0)
                    .body(Vec::new().into())
                    .send()
            })
            .await
            .map(|_| ())
    }

    async fn read_range(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Range<u64>,
        expect: Option<&ETag>,
    ) -> Result<RangeRead, RemoteError> {
        if range.is_empty() {
            return Err(own(RemoteErrorKind::BadRequest, "an empty range"));
        }
        let got = self
            .client
            .call(bucket.as_str(), |c| {
                let get = c.get_object().bucket(bucket.as_str()).key(key.as_str());
                let get = get.set_if_match(expect.map(|e| e.as_str().to_owned()));
                let get = get.set_version_id(version.map(|version| version.as_str().to_owned()));
                get.range(format!("bytes={}-{}", range.start, range.end - 1)).send()
            })
            .await;
        let mut out = match got {
            Ok(out) => out,
            // An empty object has no first byte.
            Err(error) if crate::Trouble::of(&error).is_some_and(|t| t.status == Some(416)) => {
                let etag = expect.map(|e| e.as_str().to_owned()).unwrap_or_default();
                return Ok(RangeRead { etag, ..RangeRead::default() });
            }
            Err(error) => return Err(error),
        };
        let etag = out.e_tag().unwrap_or_default().to_owned();
        if expect.is_some_and(|expect| expect.as_str() != etag) {
            return Err(own(
                RemoteErrorKind::PreconditionFailed,
                "the server sent another version than was asked for",
            ));
        }
        let said = out.content_range().unwrap_or_default().to_owned();
        let (wanted, total) = sent(&said, &range).ok_or_else(|| {
            own(RemoteErrorKind::Unexpected, format!("the server ignored the range: it sent '{said}'"))
        })?;
        let mut bytes = BytesMut::new();
        loop {
            match tokio::time::timeout(QUIET, out.body.next()).await {
                Err(_) => return Err(stalled(QUIET)),
                Ok(None) => break,
                Ok(Some(Ok(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Some(Err(error))) => {
                    return Err(own(RemoteErrorKind::Network, crate::error::chain(&error)));
                }
            }
            if bytes.len() > wanted {
                return Err(own(RemoteErrorKind::Integrity, "the server sent more bytes than announced"));
            }
        }
        if bytes.len() < wanted {
            return Err(own(RemoteErrorKind::Network, "the answer ended before all bytes had come"));
        }
        Ok(RangeRead { bytes: bytes.freeze(), total, etag })
    }

    async fn versioning(&self, bucket: &Bucket) -> Result<Versioning, RemoteError> {
        let out = self
            .client
            .call(bucket.as_str(), |c| c.get_bucket_versioning().bucket(bucket.as_str()).send())
            .await?;
        Ok(match out.status() {
            Some(BucketVersioningStatus::Enabled) => Versioning::On,
            Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
            Some(_) | None => Versioning::Never,
        })
    }

    async fn probe(
        &self,
        bucket: &Bucket,
        prefix: &str,
        who: &str,
        attempt: u64,
    ) -> Result<Capabilities, RemoteError> {
        crate::probe::probe(&self.client, bucket, prefix, who, attempt).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hb30_a_range_that_was_not_asked_for_is_refused() {
        assert_eq!(sent("bytes 0-9/100", &(0..10)), Some((10, 100)));
        assert_eq!(sent("bytes 0-6/7", &(0..10)), Some((7, 7)));
        for wrong in ["", "bytes 0-99/100", "bytes 1-10/100", "bytes 0-4/100", "bytes 0-9/*", "bytes 9-0/100"]
        {
            assert_eq!(sent(wrong, &(0..10)), None, "{wrong}");
        }
    }
}
