//! The operations that go the short way, in the words of S3.
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use sha2::Digest as _;
use windlass_domain::{Bucket, Digest, ETag, ObjectKey, RemoteExpect, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{Flow, Level, RemoteError, RemoteErrorKind, VersionMark, VersionPage};

use super::answer::Answer;
use super::place::encoded;
use super::xml::{CUT, Malformed};
use super::{Call, listing, versions};
use crate::S3Client;
use crate::access::CALL;
use crate::body::{Progress, watched};
use crate::error::{own, stalled};
use crate::lanes::{Begin, Check, Copy, Kept, Part, Put, Source, content_type, quoted};
use crate::store::DEVICE;

/// Most bytes an answer without a listing may have.
const SMALL: usize = 1 << 20;
/// Most bytes a page may have: a thousand of the longest keys, every byte of them encoded twice, is a fifth of it.
const PAGE: usize = 32 << 20;
const EMPTY: Bytes = Bytes::new();

/// Name of the metadata header.
static DEVICE_HEADER: LazyLock<String> = LazyLock::new(|| format!("x-amz-meta-{DEVICE}"));

fn hash(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn condition(expect: &RemoteExpect) -> (&'static str, Cow<'_, str>) {
    match expect {
        RemoteExpect::Absent => ("if-none-match", Cow::Borrowed("*")),
        RemoteExpect::Unchanged(etag) => ("if-match", Cow::Borrowed(etag.as_str())),
    }
}

fn checked<'a>(check: &'a Check, headers: &mut Vec<(&'static str, Cow<'a, str>)>) {
    headers.push(match check {
        Check::Crc64Nvme(value) => ("x-amz-checksum-crc64nvme", Cow::Borrowed(value.as_str())),
        Check::Sha256(value) => ("x-amz-checksum-sha256", Cow::Borrowed(value.as_str())),
        Check::Md5(value) => ("content-md5", Cow::Borrowed(value.as_str())),
    });
}

fn kept(answer: &Answer) -> Kept {
    let crc = answer.header("x-amz-checksum-crc64nvme");
    let composite = answer.header("x-amz-checksum-type").is_some_and(|t| t == "COMPOSITE");
    let whole = crc
        .and_then(Digest::crc64nvme_from_base64)
        .or_else(|| answer.header("x-amz-checksum-sha256").and_then(Digest::sha256_from_base64));
    Kept {
        etag: answer.header("etag").map(str::to_owned),
        version: answer.header("x-amz-version-id").map(str::to_owned),
        crc: crc.map(str::to_owned),
        digest: whole.filter(|_| !composite),
    }
}

impl S3Client {
    /// Sends a call the short way; `None` when it has to go the SDK's way. It is sent a second time only when the server
    /// refused it unread, for the clock or for the region.
    async fn short(&self, bucket: &Bucket, call: &Call<'_>) -> Result<Option<Answer>, RemoteError> {
        let mut tried = false;
        loop {
            let Some(fast) = self.fast() else { return Ok(None) };
            let Some(place) = fast.place(bucket.as_str(), &self.region_of(bucket.as_str())).await else {
                return Ok(None);
            };
            let error = match fast.once(&place, call).await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            fast.learn(&error);
            if tried || !self.worth_again(bucket.as_str(), &error) {
                return Err(error);
            }
            tried = true;
        }
    }

    /// The same for calls without a body.
    async fn ask(
        &self,
        bucket: &Bucket,
        call: &Call<'_>,
        patience: Duration,
    ) -> Result<Option<Answer>, RemoteError> {
        match tokio::time::timeout(patience, self.short(bucket, call)).await {
            Ok(answer) => answer,
            Err(_) => Err(stalled(patience)),
        }
    }

    async fn write<'a>(
        &self,
        bucket: &Bucket,
        operation: &'static str,
        key: &'a ObjectKey,
        query: String,
        headers: Vec<(&'static str, Cow<'a, str>)>,
        (body, flow): (&'a Bytes, Option<&Arc<dyn Flow>>),
    ) -> Result<Option<Kept>, RemoteError> {
        let progress = &Progress::new(flow);
        let hash = (!self.unsigned_payload()).then(|| hash(body));
        let (key, method) = (key.as_str(), Method::PUT);
        let call = Call { operation, method, key, query, headers, body, progress, hash, limit: SMALL };
        let answer = watched(self.short(bucket, &call), body.len() as u64, progress).await?;
        Ok(answer.as_ref().map(kept))
    }

    pub(crate) async fn fast_put(&self, bucket: &Bucket, put: &Put<'_>) -> Result<Option<Kept>, RemoteError> {
        let mut headers = Vec::with_capacity(6);
        headers.push(("content-type", Cow::Borrowed(content_type(put.key))));
        headers.extend(put.expect.map(condition));
        headers.push((DEVICE_HEADER.as_str(), Cow::Borrowed(put.device)));
        checked(&put.check, &mut headers);
        self.write(bucket, "PutObject", put.key, String::new(), headers, (put.bytes, put.flow)).await
    }

    pub(crate) async fn fast_part(
        &self,
        bucket: &Bucket,
        part: &Part<'_>,
    ) -> Result<Option<Kept>, RemoteError> {
        let mut headers = Vec::with_capacity(4);
        headers.push(("content-type", Cow::Borrowed("application/octet-stream")));
        checked(&part.check, &mut headers);
        let query = format!("partNumber={}&uploadId={}", part.number, encoded(part.upload.as_str()));
        self.write(bucket, "UploadPart", part.key, query, headers, (part.bytes, part.flow)).await
    }

    async fn get(
        &self,
        bucket: &Bucket,
        operation: &'static str,
        method: Method,
        key: &str,
        query: String,
    ) -> Result<Option<Answer>, RemoteError> {
        let (progress, limit) = (&Progress::default(), PAGE);
        let headers = match operation {
            "HeadObject" => vec![("x-amz-checksum-mode", Cow::Borrowed("ENABLED"))],
            _ => Vec::new(),
        };
        let hash = Some(hash(b""));
        let call = Call { operation, method, key, query, headers, body: &EMPTY, progress, hash, limit };
        self.ask(bucket, &call, CALL).await
    }

    /// What a HEAD says, of the current version or a named one.
    pub(crate) async fn fast_head(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Option<Source>, RemoteError> {
        let query = version.map(|v| format!("versionId={}", encoded(v.as_str()))).unwrap_or_default();
        let answer = self.get(bucket, "HeadObject", Method::HEAD, key.as_str(), query).await?;
        Ok(answer.map(|a| {
            let text = |name: &str| a.header(name).map(str::to_owned);
            Source {
                size: a.header("content-length").and_then(|l| l.parse().ok()),
                kept: kept(&a),
                class: text("x-amz-storage-class"),
                encryption: text("x-amz-server-side-encryption"),
                kms_key: text("x-amz-server-side-encryption-aws-kms-key-id"),
            }
        }))
    }

    pub(crate) async fn fast_copy(
        &self,
        bucket: &Bucket,
        copy: &Copy<'_>,
    ) -> Result<Option<Kept>, RemoteError> {
        let mut headers = Vec::with_capacity(8);
        headers.push(("x-amz-copy-source", Cow::Borrowed(copy.source)));
        let mut say = |name: &'static str, value: Option<&'_ str>| {
            headers.extend(value.map(|value| (name, Cow::Owned(value.to_owned()))));
        };
        say("x-amz-copy-source-if-match", copy.source_match);
        say("x-amz-storage-class", copy.how.class.as_deref());
        say("x-amz-server-side-encryption", copy.how.kms().map(|(kind, _)| kind));
        say("x-amz-server-side-encryption-aws-kms-key-id", copy.how.kms().and_then(|(_, key)| key));
        say("x-amz-checksum-algorithm", copy.crc.then_some("CRC64NVME"));
        if let Some(grants) = copy.grants {
            say("x-amz-grant-full-control", grants.full_control.as_deref());
            say("x-amz-grant-read", grants.read.as_deref());
            say("x-amz-grant-read-acp", grants.read_acp.as_deref());
            say("x-amz-grant-write-acp", grants.write_acp.as_deref());
        }
        headers.extend(copy.expect.map(condition));
        let (operation, method, key, query) = ("CopyObject", Method::PUT, copy.to.as_str(), String::new());
        let (body, progress, hash, limit) = (&EMPTY, &Progress::default(), Some(hash(b"")), SMALL);
        let call = Call { operation, method, key, query, headers, body, progress, hash, limit };
        let Some(answer) = self.ask(bucket, &call, copy.patience).await? else { return Ok(None) };
        let crc = answer.said("ChecksumCRC64NVME");
        let composite = answer.said("ChecksumType").is_some_and(|t| t == "COMPOSITE");
        let whole = crc
            .as_deref()
            .and_then(Digest::crc64nvme_from_base64)
            .or_else(|| Digest::sha256_from_base64(&answer.said("ChecksumSHA256")?));
        Ok(Some(Kept {
            etag: answer.said("ETag").map(|tag| quoted(&tag)),
            version: answer.header("x-amz-version-id").map(str::to_owned),
            crc,
            digest: whole.filter(|_| !composite),
        }))
    }

    /// Deletes what is current; the id of the delete marker, if the server made one.
    pub(crate) async fn fast_delete(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        expect: Option<&ETag>,
    ) -> Result<Option<Option<String>>, RemoteError> {
        let headers = expect.map(|etag| ("if-match", Cow::Borrowed(etag.as_str()))).into_iter().collect();
        let (operation, method, key, query) = ("DeleteObject", Method::DELETE, key.as_str(), String::new());
        let (body, progress, hash, limit) = (&EMPTY, &Progress::default(), Some(hash(b"")), SMALL);
        let call = Call { operation, method, key, query, headers, body, progress, hash, limit };
        let answer = self.ask(bucket, &call, CALL).await?;
        Ok(answer.map(|a| {
            let marker = a.header("x-amz-delete-marker").is_some_and(|m| m.eq_ignore_ascii_case("true"));
            a.header("x-amz-version-id").filter(|_| marker).map(str::to_owned)
        }))
    }

    pub(crate) async fn fast_level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        from: Begin<'_>,
    ) -> Result<Option<Level>, RemoteError> {
        let mut query = String::from("list-type=2&encoding-type=url");
        let mut say = |name: &str, value: &str| {
            // Writing into a String does not fail.
            let _ = write!(query, "&{name}={}", encoded(value));
        };
        say("prefix", prefix);
        match depth {
            Depth::Level => say("delimiter", "/"),
            Depth::Deep => {}
        }
        match from {
            Begin::Start => {}
            Begin::Token(token) => say("continuation-token", token),
            Begin::Key(key) => say("start-after", key),
        }
        let Some(answer) = self.get(bucket, "ListObjectsV2", Method::GET, "", query).await? else {
            return Ok(None);
        };
        read_listing_page(&answer.body, bucket.as_str(), prefix, depth, from.token()).map(Some)
    }

    pub(crate) async fn fast_versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<Option<VersionPage>, RemoteError> {
        let mut query = String::from("versions=&encoding-type=url");
        let mut say = |name: &str, value: &str| {
            // Writing into a String does not fail.
            let _ = write!(query, "&{name}={}", encoded(value));
        };
        say("prefix", prefix);
        if depth == Depth::Level {
            say("delimiter", "/");
        }
        if let Some(mark) = after {
            say("key-marker", &mark.key);
            if let Some(version) = &mark.version {
                say("version-id-marker", version);
            }
        }
        let Some(answer) = self.get(bucket, "ListObjectVersions", Method::GET, "", query).await? else {
            return Ok(None);
        };
        read_versions_page(&answer.body, bucket.as_str(), prefix, depth, after).map(Some)
    }
}

/// What an answer to a listing of versions says; see [`read_listing_page`].
///
/// # Errors
/// When it is not wholly a page of this prefix.
pub fn read_versions_page(
    page: &[u8],
    bucket: &str,
    prefix: &str,
    depth: Depth,
    after: Option<&VersionMark>,
) -> Result<VersionPage, RemoteError> {
    versions::read(page).map_err(unread)?.checked(bucket, prefix, depth, after)
}

fn unread(error: Malformed) -> RemoteError {
    let kind = if error == CUT { RemoteErrorKind::Network } else { RemoteErrorKind::Unexpected };
    own(kind, format!("status 200: {error}"))
}

/// What an answer to a listing says. Apart from the request, so that hostile answers can be tried on it.
///
/// # Errors
/// When it is not wholly a page of this prefix.
pub fn read_listing_page(
    page: &[u8],
    bucket: &str,
    prefix: &str,
    depth: Depth,
    after: Option<&str>,
) -> Result<Level, RemoteError> {
    listing::read(page).map_err(unread)?.level(bucket, prefix, depth, after)
}
