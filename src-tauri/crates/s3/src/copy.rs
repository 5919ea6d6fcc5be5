//! Copies within the bucket, on the server: a rename costs no upload.
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use futures::{StreamExt as _, TryStreamExt as _};
use windlass_domain::{ETag, ObjectKey, RemoteExpect, RemoteState, Support, UploadId, VersionId};
use windlass_ports::{RemoteBrowse as _, RemoteError, RemoteErrorKind as Kind, RemoteStore as _};

use crate::S3Store;
use crate::access::CALL;
use crate::error::{own, stalled};
use crate::fast::place::copy_source;
use crate::lanes::{Copy, Grants, Source, quoted};
use crate::store::{DEVICE, conditions, digest, number, required, state, version};

/// Parts copied at a time.
const AT_A_TIME: usize = 4;
/// Most bytes of a part, unless there would be too many of them.
const PART: u64 = 1 << 30;
/// Most bytes of any part.
const LARGEST_PART: u64 = 5 << 30;
const MOST_PARTS: u64 = 10_000;
const MIB: u64 = 1 << 20;

/// A copy takes the server as long as it has bytes: 10 MiB a second is slow.
fn patience(bytes: u64) -> Duration {
    CALL + Duration::from_secs(bytes / (10 * MIB))
}

/// Where each part begins and ends.
fn parts(size: u64, whole: u64) -> Result<Vec<Range<u64>>, RemoteError> {
    let needed = size.div_ceil(MOST_PARTS).div_ceil(MIB).saturating_mul(MIB);
    let length = PART.min(whole).max(needed).max(1);
    if length > LARGEST_PART {
        return Err(own(Kind::BadRequest, format!("{size} bytes are more than S3 keeps in one object")));
    }
    let count = size.div_ceil(length).max(1);
    Ok((0..count).map(|n| n * length..((n + 1) * length).min(size)).collect())
}

/// The version to be copied, and how it is held fast.
struct Bound {
    found: Source,
    size: u64,
    /// Named when the server is not known to check the source's ETag, or when it is not the current version.
    version: Option<VersionId>,
    /// It is what is at the key now.
    current: bool,
    /// Nothing holds it fast: it has to be looked at again afterwards.
    loose: bool,
}

impl S3Store {
    /// See [`windlass_ports::RemoteStore::copy`]. Metadata and tags are those of the source, its device included; `device`
    /// marks an upload that a copy by parts opens.
    ///
    /// The source is held fast by its ETag where the probe proved that the server looks at it, else by its version id, else
    /// by a look before and one after: if it changed meanwhile the copy fails as `PreconditionFailed`, and other bytes than
    /// asked for may be at `to`, where nothing was before. The destination's condition is sent where it was proved, with
    /// CopyObject or, if only Complete is known to look at it, with an upload of copied parts; else see
    /// [`S3Store::condition`].
    pub(crate) async fn copy_version(
        &self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let bound = self.bind(from, source).await?;
        if from == to && bound.current {
            return Err(own(Kind::BadRequest, "an object is not copied onto itself"));
        }
        let grants = self.grants(from, bound.version.as_ref()).await?;
        let caps = &self.capabilities;
        let (by_copy, by_complete) = match expect {
            RemoteExpect::Absent => (caps.create_only_copy, caps.create_only_complete),
            RemoteExpect::Unchanged(_) => (caps.match_copy, caps.match_complete),
        };
        let in_parts = caps.multipart.proved() && by_complete.proved();
        let large = bound.size > self.copy_whole;
        let copied = if large || (in_parts && !by_copy.proved()) {
            self.copy_by_parts(from, &bound, to, expect, by_complete, grants.as_ref(), device).await?
        } else {
            self.copy_whole(from, &bound, to, expect, by_copy, grants.as_ref()).await?
        };
        if let (Some(was), Some(is)) = (source.digest, copied.digest)
            && std::mem::discriminant(&was) == std::mem::discriminant(&is)
            && was != is
        {
            return Err(own(Kind::Integrity, "the copy has another checksum than what was copied"));
        }
        if bound.loose && self.look(from, None).await?.kept.etag.as_deref() != Some(source.etag.as_str()) {
            return Err(own(Kind::PreconditionFailed, "the object changed while it was copied"));
        }
        Ok(copied)
    }

    async fn bind(&self, from: &ObjectKey, source: &RemoteState) -> Result<Bound, RemoteError> {
        let is = |found: &Source| found.kept.etag.as_deref() == Some(source.etag.as_str());
        let older = source.version.clone();
        let now = match self.look(from, None).await {
            Ok(found) => Some(found),
            Err(error) if error.kind == Kind::NotFound && older.is_some() => None,
            Err(error) => return Err(error),
        };
        let current = now.as_ref().is_some_and(is);
        let (found, version) = match (now.filter(is), older) {
            (Some(found), _) => {
                let version = version(found.kept.version.as_deref());
                (found, version.filter(|_| !self.capabilities.match_copy_source.proved()))
            }
            (None, Some(older)) => (self.look(from, Some(&older)).await?, Some(older)),
            (None, None) => {
                return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
            }
        };
        let size = required(found.size, "the size")?;
        if !is(&found) || size != source.size {
            return Err(own(Kind::PreconditionFailed, "the object is not what was to be copied"));
        }
        let loose = version.is_none() && !self.capabilities.match_copy_source.proved();
        Ok(Bound { found, size, version, current, loose })
    }

    /// The source's ETag, unless the server is known not to look at it.
    fn source_match<'a>(&self, bound: &'a Bound) -> Option<&'a str> {
        let ask = self.capabilities.match_copy_source != Support::No;
        bound.found.kept.etag.as_deref().filter(|_| ask)
    }

    async fn copy_whole(
        &self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        expect: &RemoteExpect,
        support: Support,
        grants: Option<&Grants>,
    ) -> Result<RemoteState, RemoteError> {
        let expect = self.condition(to, expect, support).await?;
        let source = copy_source(self.name(), from.as_str(), bound.version.as_ref().map(VersionId::as_str));
        let copy = Copy {
            source: &source,
            source_match: self.source_match(bound),
            how: &bound.found,
            to,
            expect,
            grants,
            crc: self.capabilities.crc64nvme.proved(),
            patience: patience(bound.size),
        };
        let kept = match self.client.fast_copy(&self.bucket, &copy).await? {
            Some(kept) => kept,
            None => self.client.slow_copy(&self.bucket, &copy).await?,
        };
        if kept.etag.is_none() {
            return self.head(to).await;
        }
        let copied = state(bound.size, kept)?;
        if copied.version.is_some() || !self.capabilities.versioning.proved() {
            return Ok(copied);
        }
        // Ceph's answer leaves the version out.
        let now = self.look(to, None).await?.kept;
        let same = now.etag.as_deref() == Some(copied.etag.as_str());
        let version = version(now.version.as_deref()).filter(|_| same);
        Ok(RemoteState { version, ..copied })
    }

    #[allow(clippy::too_many_arguments, reason = "each is another thing that S3 wants to be told")]
    async fn copy_by_parts(
        &self,
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
        let upload = self.open_copy(from, bound, to, grants, device).await?;
        let done = async {
            let list = self.copy_parts(from, bound, to, &upload, ranges).await?;
            self.complete_copy(to, &upload, list, bound.size, expect).await
        }
        .await;
        if done.is_err() {
            // It may have been completed; then there is nothing to give back.
            if let Err(error) = self.abort_upload(to, &upload).await {
                tracing::warn!(%to, kind = ?error.kind, "the upload of a copy that failed could not be given back");
            }
        }
        done
    }

    async fn open_copy(
        &self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        grants: Option<&Grants>,
        device: &str,
    ) -> Result<UploadId, RemoteError> {
        let version = bound.version.as_ref().map(|v| v.as_str().to_owned());
        let head = self
            .client
            .call(self.name(), |c| {
                let call = c.head_object().bucket(self.name()).key(from.as_str());
                call.set_version_id(version.clone()).send()
            })
            .await?;
        if head.e_tag() != bound.found.kept.etag.as_deref() {
            return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
        }
        let tags = self.tags_in_words(from, version.as_deref()).await?;
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
            Ok(tags) if tags.is_empty() => Ok(None),
            Ok(tags) => {
                let mut words = url::form_urlencoded::Serializer::new(String::new());
                Ok(Some(words.extend_pairs(tags).finish()))
            }
            Err(error) if error.kind == Kind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn copy_parts(
        &self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        upload: &UploadId,
        ranges: Vec<Range<u64>>,
    ) -> Result<Vec<CompletedPart>, RemoteError> {
        let source = copy_source(self.name(), from.as_str(), bound.version.as_ref().map(VersionId::as_str));
        let mut list: Vec<CompletedPart> = futures::stream::iter((1u32..).zip(ranges))
            .map(|(n, range)| self.copy_part(&source, bound, to, upload, n, range))
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
