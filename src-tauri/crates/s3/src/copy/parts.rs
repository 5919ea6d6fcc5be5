//! A copy by parts: for what is too large for one request, and for a condition that only Complete looks at.
use std::ops::Range;

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use futures::{StreamExt as _, TryStreamExt as _};
use windlass_domain::{ETag, ObjectKey, RemoteExpect, RemoteState, Support, UploadId, VersionId};
use windlass_ports::{RemoteBrowse as _, RemoteError, RemoteErrorKind as Kind, RemoteStore as _};

use super::{Bound, MIB, patience};
use crate::S3Store;
use crate::error::{own, stalled};
use crate::fast::place::copy_source;
use crate::lanes::{Grants, quoted};
use crate::store::{DEVICE, conditions, digest, number, required, version};

/// Parts copied at a time.
const AT_A_TIME: usize = 4;
/// Most bytes of a part, unless there would be too many of them.
const PART: u64 = 1 << 30;
/// Most bytes of any part.
const LARGEST_PART: u64 = 5 << 30;
const MOST_PARTS: u64 = 10_000;
/// Where each part begins and ends.
pub(super) fn parts(size: u64, whole: u64) -> Result<Vec<Range<u64>>, RemoteError> {
    let needed = size.div_ceil(MOST_PARTS).div_ceil(MIB).saturating_mul(MIB);
    let length = PART.min(whole).max(needed).max(1);
    if length > LARGEST_PART {
        return Err(own(Kind::BadRequest, format!("{size} bytes are more than S3 keeps in one object")));
    }
    let count = size.div_ceil(length).max(1);
    Ok((0..count).map(|n| n * length..((n + 1) * length).min(size)).collect())
}

impl S3Store {
    #[allow(clippy::too_many_arguments, reason = "each is another thing that S3 wants to be told")]
    pub(super) async fn copy_by_parts(
        &self,
        origin: &Self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        expect: &RemoteExpect,
        support: Support,
        grants: Option<&Grants>,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let ranges = parts(bound.size, self.copy_whole)?;
        let expect = self.condition(to, expect, support).await?;
        let upload = self.open_copy(origin, from, bound, to, grants, device).await?;
        let source = copy_source(origin.name(), from.as_str(), bound.version.as_ref().map(VersionId::as_str));
        self.copy_into(&source, bound, to, &upload, ranges, expect).await
    }

    /// Fills an upload with copied parts and completes it; one that fails is given back.
    pub(super) async fn copy_into(
        &self,
        source: &str,
        bound: &Bound,
        to: &ObjectKey,
        upload: &UploadId,
        ranges: Vec<Range<u64>>,
        expect: Option<&RemoteExpect>,
    ) -> Result<RemoteState, RemoteError> {
        let done = async {
            let list = self.copy_parts(source, bound, to, upload, ranges).await?;
            self.complete_copy(to, upload, list, bound.size, expect).await
        }
        .await;
        if done.is_err() {
            // It may have been completed; then there is nothing to give back.
            if let Err(error) = self.abort_upload(to, upload).await {
                tracing::warn!(%to, kind = ?error.kind, "the upload of a copy that failed could not be given back");
            }
        }
        done
    }

    async fn open_copy(
        &self,
        origin: &Self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        grants: Option<&Grants>,
        device: &str,
    ) -> Result<UploadId, RemoteError> {
        let version = bound.version.as_ref().map(|v| v.as_str().to_owned());
        let head = self
            .client
            .call(origin.name(), |c| {
                let call = c.head_object().bucket(origin.name()).key(from.as_str());
                call.set_version_id(version.clone()).send()
            })
            .await?;
        if head.e_tag() != bound.found.kept.etag.as_deref() {
            return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
        }
        let tags = origin.tags_in_words(from, version.as_deref()).await?;
        let grants = grants.cloned().unwrap_or_default();
        let whole = self.capabilities.crc64nvme_multipart.proved();
        let out = self
            .client
            .call(self.name(), |c| {
                like(c.create_multipart_upload().bucket(self.name()).key(to.as_str()), &head)
                    .metadata(DEVICE, device)
                    .set_tagging(tags.clone())
                    .set_grant_full_control(grants.full_control.clone())
                    .set_grant_read(grants.read.clone())
                    .set_grant_read_acp(grants.read_acp.clone())
                    .set_grant_write_acp(grants.write_acp.clone())
                    .set_checksum_algorithm(whole.then_some(ChecksumAlgorithm::Crc64Nvme))
                    .set_checksum_type(whole.then_some(ChecksumType::FullObject))
                    .send()
            })
            .await?;
        Ok(UploadId::new(required(out.upload_id().filter(|id| !id.is_empty()), "the upload's id")?))
    }

    /// The source's tags as a header has them. A server without tags has none to keep.
    async fn tags_in_words(
        &self,
        from: &ObjectKey,
        version: Option<&str>,
    ) -> Result<Option<String>, RemoteError> {
        Ok(self.tags_of(from, version).await?.and_then(|tags| tags_as_words(&tags)))
    }

    /// An object's tags; nothing where the server knows none.
    pub(super) async fn tags_of(
        &self,
        from: &ObjectKey,
        version: Option<&str>,
    ) -> Result<Option<Vec<(String, String)>>, RemoteError> {
        if self.capabilities.tagging == Support::No {
            return Ok(None);
        }
        let tags = match version {
            None => self.client.browse().tags(&self.bucket, from).await,
            Some(version) => self
                .client
                .call(self.name(), |c| {
                    let call = c.get_object_tagging().bucket(self.name()).key(from.as_str());
                    call.version_id(version).send()
                })
                .await
                .map(|out| {
                    out.tag_set().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect()
                }),
        };
        match tags {
            Ok(tags) => Ok(Some(tags)),
            Err(error) if error.kind == Kind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn copy_parts(
        &self,
        source: &str,
        bound: &Bound,
        to: &ObjectKey,
        upload: &UploadId,
        ranges: Vec<Range<u64>>,
    ) -> Result<Vec<CompletedPart>, RemoteError> {
        let mut list: Vec<CompletedPart> = futures::stream::iter((1u32..).zip(ranges))
            .map(|(n, range)| self.copy_part(source, bound, to, upload, n, range))
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        list.sort_by_key(CompletedPart::part_number);
        Ok(list)
    }

    async fn copy_part(
        &self,
        source: &str,
        bound: &Bound,
        to: &ObjectKey,
        upload: &UploadId,
        part: u32,
        range: Range<u64>,
    ) -> Result<CompletedPart, RemoteError> {
        let n = number(part)?;
        let whole = self.capabilities.crc64nvme_multipart.proved();
        if range.is_empty() {
            // An empty object has no range to be copied.
            let nothing = bytes::Bytes::new();
            let body = windlass_ports::PutBody {
                crc: windlass_domain::Crc64Nvme::of(&nothing),
                bytes: nothing,
                flow: None,
            };
            let sent = self.send_part(to, upload, part, body).await?;
            let crc = whole.then(|| sent.crc.digest().to_base64());
            let part = CompletedPart::builder().part_number(n).e_tag(sent.etag.as_str());
            return Ok(part.set_checksum_crc64_nvme(crc).build());
        }
        let words = format!("bytes={}-{}", range.start, range.end - 1);
        let long = patience(range.end - range.start);
        let send = self.client.call_unwatched(self.name(), |c| {
            c.upload_part_copy()
                .bucket(self.name())
                .key(to.as_str())
                .upload_id(upload.as_str())
                .part_number(n)
                .copy_source(source)
                .set_copy_source_if_match(self.source_match(bound).map(str::to_owned))
                .copy_source_range(&words)
                .send()
        });
        let out = match tokio::time::timeout(long, send).await {
            Ok(out) => out?,
            Err(_) => return Err(stalled(long)),
        };
        let result = out.copy_part_result();
        let etag = result.and_then(|r| r.e_tag()).filter(|tag| !tag.is_empty());
        let etag = quoted(required(etag, "the part's ETag")?);
        let crc = result.and_then(|r| r.checksum_crc64_nvme()).filter(|_| whole).map(str::to_owned);
        Ok(CompletedPart::builder().part_number(n).e_tag(etag).set_checksum_crc64_nvme(crc).build())
    }

    async fn complete_copy(
        &self,
        to: &ObjectKey,
        upload: &UploadId,
        list: Vec<CompletedPart>,
        size: u64,
        expect: Option<&RemoteExpect>,
    ) -> Result<RemoteState, RemoteError> {
        let (none_match, matched) = conditions(expect);
        let list = CompletedMultipartUpload::builder().set_parts(Some(list)).build();
        let long = patience(size);
        let send = self.client.call_unwatched(self.name(), |c| {
            c.complete_multipart_upload()
                .bucket(self.name())
                .key(to.as_str())
                .upload_id(upload.as_str())
                .multipart_upload(list.clone())
                .set_if_none_match(none_match.clone())
                .set_if_match(matched.clone())
                .send()
        });
        let out = match tokio::time::timeout(long, send).await {
            Ok(out) => out?,
            Err(_) => return Err(stalled(long)),
        };
        let Some(etag) = out.e_tag().filter(|tag| !tag.is_empty()) else {
            return self.head(to).await;
        };
        Ok(RemoteState {
            size,
            etag: ETag::new(quoted(etag)),
            version: version(out.version_id()),
            digest: digest(out.checksum_crc64_nvme(), out.checksum_sha256(), out.checksum_type()),
        })
    }
}

/// Tags in the words of `x-amz-tagging`.
pub(super) fn tags_as_words(tags: &[(String, String)]) -> Option<String> {
    let mut words = url::form_urlencoded::Serializer::new(String::new());
    (!tags.is_empty()).then(|| words.extend_pairs(tags).finish())
}

/// Everything that says what the bytes are and how they are kept, as the source has it.
fn like(
    call: CreateMultipartUploadFluentBuilder,
    head: &HeadObjectOutput,
) -> CreateMultipartUploadFluentBuilder {
    let expires = head.expires_string().and_then(|text| {
        aws_sdk_s3::primitives::DateTime::from_str(text, aws_sdk_s3::primitives::DateTimeFormat::HttpDate)
            .ok()
    });
    let kms = head.server_side_encryption().filter(|kind| kind.as_str().starts_with("aws:kms"));
    call.set_content_type(head.content_type().map(str::to_owned))
        .set_cache_control(head.cache_control().map(str::to_owned))
        .set_content_disposition(head.content_disposition().map(str::to_owned))
        .set_content_encoding(head.content_encoding().map(str::to_owned))
        .set_content_language(head.content_language().map(str::to_owned))
        .set_expires(expires)
        .set_website_redirect_location(head.website_redirect_location().map(str::to_owned))
        .set_metadata(head.metadata().cloned())
        .set_storage_class(head.storage_class().cloned())
        .set_server_side_encryption(kms.cloned())
        .set_ssekms_key_id(kms.and(head.ssekms_key_id()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tile_every_size_and_are_never_too_many_or_too_large() {
        for size in [0, 1, 5 << 30, (5 << 30) + 1, 5 << 40, 48 << 40, 10_000 * (5 << 30)] {
            let ranges = parts(size, 5 << 30).unwrap();
            assert!(ranges.len() as u64 <= MOST_PARTS && !ranges.is_empty(), "{size}");
            let mut at = 0;
            for range in &ranges {
                assert_eq!(range.start, at);
                assert!(range.end - range.start <= LARGEST_PART);
                at = range.end;
            }
            assert_eq!(at, size);
        }
        assert!(parts(10_000 * (5 << 30) + 1, 5 << 30).is_err());
        assert_eq!(parts(13 * MIB, 6 * MIB).unwrap().len(), 3);
    }
}
