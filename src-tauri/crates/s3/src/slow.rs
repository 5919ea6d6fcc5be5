//! The SDK's way for the operations that usually go the short one: for what is special about a bucket, and to compare.
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, EncodingType, ServerSideEncryption, StorageClass};
use windlass_domain::{Bucket, ETag, ObjectKey, Timestamp, VersionId, time};
use windlass_ports::remote::Depth;
use windlass_ports::{
    Flow, Level, LevelEntry, ListedVersion, RemoteError, RemoteErrorKind, VersionMark, VersionPage,
};

use crate::S3Client;
use crate::body::{Progress, body, watched};
use crate::error::{own, stalled};
use crate::fast::listing::Page;
use crate::fast::versions;
use crate::lanes::{Begin, Copy, Kept, Part, Put, Source, content_type, quoted};
use crate::store::{DEVICE, bytes_of, conditions, digest, time as moment};

/// A payload that has to be signed goes out in one piece, so it waits for all of its bytes.
async fn held_back(flow: Option<&Arc<dyn Flow>>, bytes: usize) {
    if let Some(wait) = flow.and_then(|flow| flow.admit(bytes)) {
        wait.await;
    }
}

impl S3Client {
    pub(crate) async fn slow_put(&self, bucket: &Bucket, put: &Put<'_>) -> Result<Kept, RemoteError> {
        let (none_match, matched) = conditions(put.expect);
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

    /// What a HEAD says, of the current version or a named one.
    pub(crate) async fn slow_head(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Source, RemoteError> {
        let out = self
            .call(bucket.as_str(), |c| {
                c.head_object()
                    .bucket(bucket.as_str())
                    .key(key.as_str())
                    .set_version_id(version.map(|v| v.as_str().to_owned()))
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
        Ok(Source {
            size: out.content_length().map(|size| bytes_of(Some(size))),
            kept,
            class: out.storage_class().map(|c| c.as_str().to_owned()),
            encryption: out.server_side_encryption().map(|e| e.as_str().to_owned()),
            kms_key: out.ssekms_key_id().map(str::to_owned),
        })
    }

    pub(crate) async fn slow_copy(&self, bucket: &Bucket, copy: &Copy<'_>) -> Result<Kept, RemoteError> {
        let (none_match, matched) = conditions(copy.expect);
        let grants = copy.grants.cloned().unwrap_or_default();
        let kms = copy.how.kms();
        let send = self.call_unwatched(bucket.as_str(), |c| {
            c.copy_object()
                .bucket(bucket.as_str())
                .key(copy.to.as_str())
                .copy_source(copy.source)
                .set_copy_source_if_match(copy.source_match.map(str::to_owned))
                .set_if_none_match(none_match.clone())
                .set_if_match(matched.clone())
                .set_storage_class(copy.how.class.as_deref().map(StorageClass::from))
                .set_server_side_encryption(kms.map(|(kind, _)| ServerSideEncryption::from(kind)))
                .set_ssekms_key_id(kms.and_then(|(_, key)| key).map(str::to_owned))
                .set_checksum_algorithm(copy.crc.then_some(ChecksumAlgorithm::Crc64Nvme))
                .set_grant_full_control(grants.full_control.clone())
                .set_grant_read(grants.read.clone())
                .set_grant_read_acp(grants.read_acp.clone())
                .set_grant_write_acp(grants.write_acp.clone())
                .send()
        });
        let out = match tokio::time::timeout(copy.patience, send).await {
            Ok(out) => out?,
            Err(_) => return Err(stalled(copy.patience)),
        };
        let result = out.copy_object_result();
        let crc = result.and_then(|r| r.checksum_crc64_nvme());
        let sha256 = result.and_then(|r| r.checksum_sha256());
        Ok(Kept {
            etag: result.and_then(|r| r.e_tag()).map(quoted).filter(|tag| !tag.is_empty()),
            version: out.version_id().map(str::to_owned),
            crc: crc.map(str::to_owned),
            digest: digest(crc, sha256, result.and_then(|r| r.checksum_type())),
        })
    }

    /// Deletes what is current; the id of the delete marker, if the server made one.
    pub(crate) async fn slow_delete(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        expect: Option<&ETag>,
    ) -> Result<Option<String>, RemoteError> {
        let out = self
            .call(bucket.as_str(), |c| {
                let call = c.delete_object().bucket(bucket.as_str()).key(key.as_str());
                call.set_if_match(expect.map(|etag| etag.as_str().to_owned())).send()
            })
            .await?;
        Ok(out.version_id().filter(|_| out.delete_marker() == Some(true)).map(str::to_owned))
    }

    pub(crate) async fn slow_level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        from: Begin<'_>,
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
                    .set_continuation_token(from.token().map(str::to_owned))
                    .set_start_after(from.key().map(str::to_owned))
                    .send()
            })
            .await?;
        let folder = |p: &aws_sdk_s3::types::CommonPrefix| p.prefix().map(str::to_owned);
        let folders = out.common_prefixes().iter().filter_map(folder).map(LevelEntry::Folder).collect();
        let mut objects = Vec::with_capacity(out.contents().len());
        for object in out.contents() {
            let (Some(key), Some(size)) = (object.key(), object.size()) else {
                return Err(own(
                    RemoteErrorKind::Unexpected,
                    "an object in the listing has no key or no size",
                ));
            };
            objects.push(LevelEntry::Object {
                key: key.to_owned(),
                size: bytes_of(Some(size)),
                modified: moment(object.last_modified()),
                etag: object.e_tag().unwrap_or_default().to_owned(),
                class: object.storage_class().map_or("STANDARD", |c| c.as_str()).to_owned(),
            });
        }
        let page = Page {
            folders,
            objects,
            encoded: out.encoding_type() == Some(&EncodingType::Url),
            truncated: out.is_truncated(),
            next: out.next_continuation_token().map(str::to_owned),
            bucket: out.name().map(str::to_owned),
            prefix: out.prefix().map(str::to_owned),
        };
        page.level(bucket.as_str(), prefix, depth, from.token())
    }

    /// The SDK gives versions and markers apart, so their order among each other is made again from their times.
    pub(crate) async fn slow_versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError> {
        let out = self
            .call(bucket.as_str(), |c| {
                c.list_object_versions()
                    .bucket(bucket.as_str())
                    .prefix(prefix)
                    .encoding_type(EncodingType::Url)
                    .set_delimiter((depth == Depth::Level).then(|| "/".to_owned()))
                    .set_key_marker(after.map(|mark| mark.key.clone()))
                    .set_version_id_marker(after.and_then(|mark| mark.version.clone()))
                    .send()
            })
            .await?;
        let odd =
            |what: &str| own(RemoteErrorKind::Unexpected, format!("a version in the listing has no {what}"));
        let mut versions = Vec::with_capacity(out.versions().len() + out.delete_markers().len());
        for one in out.versions() {
            let content = time::Content {
                size: bytes_of(Some(one.size().ok_or_else(|| odd("size"))?)),
                etag: ETag::new(one.e_tag().unwrap_or_default()),
                class: one.storage_class().map_or("STANDARD", |c| c.as_str()).into(),
            };
            let modified = moment(one.last_modified());
            let whose = one.owner();
            versions.push(listed(
                one.key(),
                one.version_id(),
                modified,
                Some(content),
                one.is_latest(),
                whose,
            )?);
        }
        for one in out.delete_markers() {
            let (modified, whose) = (moment(one.last_modified()), one.owner());
            versions.push(listed(one.key(), one.version_id(), modified, None, one.is_latest(), whose)?);
        }
        let page = versions::Page {
            versions,
            encoded: out.encoding_type() == Some(&EncodingType::Url),
            truncated: out.is_truncated(),
            next_key: out.next_key_marker().map(str::to_owned),
            next_version: out.next_version_id_marker().map(str::to_owned),
            bucket: out.name().map(str::to_owned),
            prefix: out.prefix().map(str::to_owned),
            folders: out.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)).collect(),
        };
        page.checked(bucket.as_str(), prefix, depth, after)
    }
}

fn listed(
    key: Option<&str>,
    id: Option<&str>,
    modified: Option<Timestamp>,
    content: Option<time::Content>,
    latest: Option<bool>,
    owner: Option<&aws_sdk_s3::types::Owner>,
) -> Result<ListedVersion, RemoteError> {
    let odd =
        |what: &str| own(RemoteErrorKind::Unexpected, format!("a version in the listing has no {what}"));
    let name = owner.and_then(|owner| owner.display_name().filter(|name| !name.is_empty()).or(owner.id()));
    Ok(ListedVersion {
        key: key.ok_or_else(|| odd("key"))?.to_owned(),
        version: time::Version {
            id: VersionId::new(id.filter(|id| !id.is_empty()).unwrap_or("null")),
            modified: modified.ok_or_else(|| odd("time"))?,
            content,
        },
        latest: latest.unwrap_or_default(),
        owner: name.map(str::to_owned),
    })
}
