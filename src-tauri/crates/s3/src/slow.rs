//! The SDK's way for the operations that usually go the short one: for what is special about a bucket, and to compare.
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumMode, EncodingType};
use windlass_domain::{Bucket, ObjectKey, RemoteExpect};
use windlass_ports::remote::Depth;
use windlass_ports::{Flow, Level, LevelEntry, RemoteError};

use crate::S3Client;
use crate::body::{Progress, body, watched};
use crate::fast::listing::decoded;
use crate::lanes::{Kept, Part, Put, content_type, endless};
use crate::store::{DEVICE, bytes_of, digest, time};

/// A payload that has to be signed goes out in one piece, so it waits for all of its bytes.
async fn held_back(flow: Option<&Arc<dyn Flow>>, bytes: usize) {
    if let Some(wait) = flow.and_then(|flow| flow.admit(bytes)) {
        wait.await;
    }
}

impl S3Client {
    pub(crate) async fn slow_put(&self, bucket: &Bucket, put: &Put<'_>) -> Result<Kept, RemoteError> {
        let (none_match, matched) = match put.expect {
            RemoteExpect::Absent => (Some("*".to_owned()), None),
            RemoteExpect::Unchanged(etag) => (None, Some(etag.as_str().to_owned())),
        };
        let unsigned = self.unsigned_payload();
        let progress = Progress::new(put.flow);
        let len = put.bytes.len() as u64;
        if !unsigned {
            held_back(put.flow, put.bytes.len()).await;
        }
        let send = self.call_unwatched(bucket.as_str(), |c| {
            let call = c
                .put_object()
                .bucket(bucket.as_str())
                .key(put.key.as_str())
                .content_length(i64::try_from(len).unwrap_or(i64::MAX))
                .content_type(content_type(put.key))
                .metadata(DEVICE, put.device)
                .set_if_none_match(none_match.clone())
                .set_if_match(matched.clone())
                .set_checksum_crc64_nvme(put.check.crc())
                .set_checksum_sha256(put.check.sha256())
                .set_content_md5(put.check.md5())
                .body(body(put.bytes, unsigned, &progress))
                .customize();
            if unsigned { call.disable_payload_signing().send() } else { call.send() }
        });
        let out = watched(send, len, &progress).await?;
        Ok(Kept {
            etag: out.e_tag().map(str::to_owned),
            version: out.version_id().map(str::to_owned),
            crc: out.checksum_crc64_nvme().map(str::to_owned),
            digest: digest(out.checksum_crc64_nvme(), out.checksum_sha256(), out.checksum_type()),
        })
    }

    pub(crate) async fn slow_part(&self, bucket: &Bucket, part: &Part<'_>) -> Result<Kept, RemoteError> {
        let unsigned = self.unsigned_payload();
        let progress = Progress::new(part.flow);
        let len = part.bytes.len() as u64;
        if !unsigned {
            held_back(part.flow, part.bytes.len()).await;
        }
        let send = self.call_unwatched(bucket.as_str(), |c| {
            let call = c
                .upload_part()
                .bucket(bucket.as_str())
                .key(part.key.as_str())
                .upload_id(part.upload.as_str())
                .part_number(part.number)
                .content_length(i64::try_from(len).unwrap_or(i64::MAX))
                .set_checksum_crc64_nvme(part.check.crc())
                .set_checksum_sha256(part.check.sha256())
                .set_content_md5(part.check.md5())
                .body(body(part.bytes, unsigned, &progress))
                .customize();
            if unsigned { call.disable_payload_signing().send() } else { call.send() }
        });
        let out = watched(send, len, &progress).await?;
        Ok(Kept {
            etag: out.e_tag().map(str::to_owned),
            version: None,
            crc: out.checksum_crc64_nvme().map(str::to_owned),
            digest: None,
        })
    }

    /// Size and what else a HEAD says.
    pub(crate) async fn slow_head(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<(Option<u64>, Kept), RemoteError> {
        let out = self
            .call(bucket.as_str(), |c| {
                c.head_object()
                    .bucket(bucket.as_str())
                    .key(key.as_str())
                    .checksum_mode(ChecksumMode::Enabled)
                    .send()
            })
            .await?;
        let kept = Kept {
            etag: out.e_tag().map(str::to_owned),
            version: out.version_id().map(str::to_owned),
            crc: out.checksum_crc64_nvme().map(str::to_owned),
            digest: digest(out.checksum_crc64_nvme(), out.checksum_sha256(), out.checksum_type()),
        };
        Ok((out.content_length().map(|size| bytes_of(Some(size))), kept))
    }

    pub(crate) async fn slow_level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError> {
        let delimiter = match depth {
            Depth::Level => Some("/".to_owned()),
            Depth::Deep => None,
        };
        let out = self
            .call(bucket.as_str(), |c| {
                c.list_objects_v2()
                    .bucket(bucket.as_str())
                    .prefix(prefix)
                    .encoding_type(EncodingType::Url)
                    .set_delimiter(delimiter.clone())
                    .set_continuation_token(after.map(str::to_owned))
                    .send()
            })
            .await?;
        let encoded = out.encoding_type() == Some(&EncodingType::Url);
        let name = |text: &str| if encoded { decoded(text) } else { text.to_owned() };
        let folders = out.common_prefixes().iter().filter_map(|p| p.prefix());
        let mut entries: Vec<LevelEntry> = folders.map(|p| LevelEntry::Folder(name(p))).collect();
        for object in out.contents() {
            let Some(key) = object.key() else { continue };
            entries.push(LevelEntry::Object {
                key: name(key),
                size: bytes_of(object.size()),
                modified: time(object.last_modified()),
                etag: object.e_tag().unwrap_or_default().to_owned(),
                class: object.storage_class().map_or("STANDARD", |c| c.as_str()).to_owned(),
            });
        }
        let next = out.next_continuation_token().filter(|t| !t.is_empty()).map(str::to_owned);
        if !out.is_truncated().unwrap_or(false) {
            return Ok(Level { entries, next: None });
        }
        if next.is_none() || next.as_deref() == after {
            return Err(endless());
        }
        Ok(Level { entries, next })
    }
}
