//! Changes in place. S3 changes nothing of an object: it is copied onto itself with everything that it had, said anew, and
//! whatever is not said is lost.
use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, MetadataDirective, ObjectLockLegalHoldStatus,
    ObjectLockMode, ServerSideEncryption, StorageClass, Tag, Tagging, TaggingDirective,
};
use windlass_domain::job::{Header, ObjectEdit};
use windlass_domain::{ObjectKey, RemoteExpect, RemoteState, UploadId};
use windlass_ports::{RemoteError, RemoteErrorKind as Kind, RemoteStore as _};

use super::parts::{parts, tags_as_words};
use super::{Bound, patience};
use crate::S3Store;
use crate::error::{own, stalled};
use crate::fast::place::copy_source;
use crate::lanes::{Grants, quoted};
use crate::store::{DEVICE, conditions, required};

/// All that an object says of itself, after the change.
#[derive(Debug)]
struct Described {
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    expires: Option<DateTime>,
    redirect: Option<String>,
    metadata: HashMap<String, String>,
    class: Option<StorageClass>,
    encryption: Option<ServerSideEncryption>,
    kms_key: Option<String>,
    checksum: Option<ChecksumAlgorithm>,
    /// `None`: as they are.
    tags: Option<Vec<(String, String)>>,
    lock: Option<ObjectLockMode>,
    lock_until: Option<DateTime>,
    hold: Option<ObjectLockLegalHoldStatus>,
}

/// The algorithm of the checksum that is kept.
fn checksum(head: &HeadObjectOutput) -> Option<ChecksumAlgorithm> {
    let kept = [
        (head.checksum_crc64_nvme(), ChecksumAlgorithm::Crc64Nvme),
        (head.checksum_sha256(), ChecksumAlgorithm::Sha256),
        (head.checksum_crc32_c(), ChecksumAlgorithm::Crc32C),
        (head.checksum_crc32(), ChecksumAlgorithm::Crc32),
        (head.checksum_sha1(), ChecksumAlgorithm::Sha1),
    ];
    kept.into_iter().find(|(value, _)| value.is_some()).map(|(_, algorithm)| algorithm)
}

fn described(head: &HeadObjectOutput, edit: &ObjectEdit, tags: Option<Vec<(String, String)>>) -> Described {
    let header = |which: Header, was: Option<&str>| match edit.headers.get(&which) {
        Some(changed) => changed.clone(),
        None => was.map(str::to_owned),
    };
    let before: Vec<(String, String)> =
        head.metadata().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let expires = head
        .expires_string()
        .and_then(|text| DateTime::from_str(text, aws_sdk_s3::primitives::DateTimeFormat::HttpDate).ok());
    let kms = head.server_side_encryption().filter(|kind| kind.as_str().starts_with("aws:kms"));
    Described {
        content_type: header(Header::ContentType, head.content_type()),
        cache_control: header(Header::CacheControl, head.cache_control()),
        content_disposition: header(Header::ContentDisposition, head.content_disposition()),
        content_encoding: header(Header::ContentEncoding, head.content_encoding()),
        content_language: header(Header::ContentLanguage, head.content_language()),
        expires,
        redirect: head.website_redirect_location().map(str::to_owned),
        metadata: edit.metadata_after(&before).into_iter().collect(),
        class: edit.class.as_deref().map(StorageClass::from).or_else(|| head.storage_class().cloned()),
        encryption: kms.cloned(),
        kms_key: kms.and(head.ssekms_key_id()).map(str::to_owned),
        checksum: checksum(head),
        tags,
        lock: head.object_lock_mode().cloned(),
        lock_until: head.object_lock_retain_until_date().copied(),
        hold: head
            .object_lock_legal_hold_status()
            .filter(|status| **status == ObjectLockLegalHoldStatus::On)
            .cloned(),
    }
}

/// Says everything again, in either kind of request.
macro_rules! say {
    ($call:expr, $d:expr, $grants:expr) => {
        $call
            .set_content_type($d.content_type.clone())
            .set_cache_control($d.cache_control.clone())
            .set_content_disposition($d.content_disposition.clone())
            .set_content_encoding($d.content_encoding.clone())
            .set_content_language($d.content_language.clone())
            .set_expires($d.expires)
            .set_website_redirect_location($d.redirect.clone())
            .set_metadata(Some($d.metadata.clone()))
            .set_storage_class($d.class.clone())
            .set_server_side_encryption($d.encryption.clone())
            .set_ssekms_key_id($d.kms_key.clone())
            .set_object_lock_mode($d.lock.clone())
            .set_object_lock_retain_until_date($d.lock_until)
            .set_object_lock_legal_hold_status($d.hold.clone())
            .set_grant_full_control($grants.full_control.clone())
            .set_grant_read($grants.read.clone())
            .set_grant_read_acp($grants.read_acp.clone())
            .set_grant_write_acp($grants.write_acp.clone())
    };
}

impl S3Store {
    /// See [`windlass_ports::RemoteStore::rewrite`]. Between the look at what there is and the copy another writer could
    /// come in where the server checks neither end; see `S3Store::condition`.
    pub(crate) async fn rewrite_version(
        &self,
        key: &ObjectKey,
        source: &RemoteState,
        edit: &ObjectEdit,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let bound = self.bind(key, source, false).await?;
        if !bound.current {
            return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
        }
        if !edit.rewrites() {
            self.retag(key, &bound, edit).await?;
            return self.head(key).await;
        }
        let head = self
            .client
            .call(self.name(), |c| {
                let call = c.head_object().bucket(self.name()).key(key.as_str());
                call.checksum_mode(ChecksumMode::Enabled).send()
            })
            .await?;
        if head.e_tag() != Some(source.etag.as_str()) {
            return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
        }
        if head.missing_meta().is_some_and(|missing| missing > 0) {
            return Err(own(Kind::Unsupported, "the object has metadata that no header can say again"));
        }
        let large = bound.size > self.copy_whole;
        // Parts take none along; a copy in one request does where they stay the same.
        let tags = if large || !edit.tags.is_empty() {
            let before = self.tags_of(key, None).await?;
            if before.is_none() && !edit.tags.is_empty() {
                return Err(own(Kind::Unsupported, "this server keeps no tags"));
            }
            Some(edit.tags_after(&before.unwrap_or_default()))
        } else {
            None
        };
        let described = described(&head, edit, tags);
        let grants = self.grants(key, None).await?.unwrap_or_default();
        let expect = RemoteExpect::Unchanged(source.etag.clone());
        let written = if large {
            self.rewrite_by_parts(key, &bound, &described, &grants, &expect, device).await?
        } else {
            self.rewrite_whole(key, &bound, &described, &grants, &expect).await?
        };
        if let (Some(was), Some(is)) = (bound.found.kept.digest, written.digest)
            && std::mem::discriminant(&was) == std::mem::discriminant(&is)
            && was != is
        {
            return Err(own(Kind::Integrity, "the object has another checksum than before"));
        }
        Ok(written)
    }

    async fn rewrite_whole(
        &self,
        key: &ObjectKey,
        bound: &Bound,
        described: &Described,
        grants: &Grants,
        expect: &RemoteExpect,
    ) -> Result<RemoteState, RemoteError> {
        let expect = self.condition(key, expect, self.capabilities.match_copy).await?;
        let (none_match, matched) = conditions(expect);
        let source = copy_source(self.name(), key.as_str(), None);
        let tags = described.tags.as_deref();
        let send = self.client.call_unwatched(self.name(), |c| {
            let call = c.copy_object().bucket(self.name()).key(key.as_str()).copy_source(&source);
            say!(call, described, grants)
                .set_copy_source_if_match(self.source_match(bound).map(str::to_owned))
                .set_if_none_match(none_match.clone())
                .set_if_match(matched.clone())
                .metadata_directive(MetadataDirective::Replace)
                .set_tagging_directive(tags.map(|_| TaggingDirective::Replace))
                .set_tagging(tags.and_then(tags_as_words))
                .set_checksum_algorithm(described.checksum.clone())
                .send()
        });
        let long = patience(bound.size);
        let out = match tokio::time::timeout(long, send).await {
            Ok(out) => out?,
            Err(_) => return Err(stalled(long)),
        };
        let answer = out.copy_object_result().and_then(|r| r.e_tag()).map(quoted);
        let now = self.head(key).await?;
        match answer.filter(|tag| !tag.is_empty()) {
            Some(etag) if etag != now.etag.as_str() => {
                Err(own(Kind::PreconditionFailed, "another version is there than the one that was written"))
            }
            Some(_) | None => Ok(now),
        }
    }

    async fn rewrite_by_parts(
        &self,
        key: &ObjectKey,
        bound: &Bound,
        described: &Described,
        grants: &Grants,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let ranges = parts(bound.size, self.copy_whole)?;
        let expect = self.condition(key, expect, self.capabilities.match_complete).await?;
        let whole = self.capabilities.crc64nvme_multipart.proved();
        let out = self
            .client
            .call(self.name(), |c| {
                let call = c.create_multipart_upload().bucket(self.name()).key(key.as_str());
                say!(call, described, grants)
                    .metadata(DEVICE, device)
                    .set_tagging(described.tags.as_deref().and_then(tags_as_words))
                    .set_checksum_algorithm(whole.then_some(ChecksumAlgorithm::Crc64Nvme))
                    .set_checksum_type(whole.then_some(ChecksumType::FullObject))
                    .send()
            })
            .await?;
        let id = required(out.upload_id().filter(|id| !id.is_empty()), "the upload's id")?;
        let source = copy_source(self.name(), key.as_str(), None);
        self.copy_into(&source, bound, key, &UploadId::new(id), ranges, expect).await
    }

    /// Tags alone, of exactly the version that was looked at where it has an id.
    async fn retag(&self, key: &ObjectKey, bound: &Bound, edit: &ObjectEdit) -> Result<(), RemoteError> {
        let version = crate::store::version(bound.found.kept.version.as_deref());
        let version = version.as_ref().map(|v| v.as_str().to_owned());
        let before = self.tags_of(key, version.as_deref()).await?;
        let before = before.ok_or_else(|| own(Kind::Unsupported, "this server keeps no tags"))?;
        let after = edit.tags_after(&before);
        if after.is_empty() {
            return self
                .client
                .call(self.name(), |c| {
                    let call = c.delete_object_tagging().bucket(self.name()).key(key.as_str());
                    call.set_version_id(version.clone()).send()
                })
                .await
                .map(|_| ());
        }
        let tags = after
            .iter()
            .map(|(name, value)| Tag::builder().key(name).value(value).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| own(Kind::BadRequest, error.to_string()))?;
        let set = Tagging::builder()
            .set_tag_set(Some(tags))
            .build()
            .map_err(|error| own(Kind::BadRequest, error.to_string()))?;
        self.client
            .call(self.name(), |c| {
                let call = c.put_object_tagging().bucket(self.name()).key(key.as_str());
                call.set_version_id(version.clone()).tagging(set.clone()).send()
            })
            .await
            .map(|_| ())
    }
}
