//! The four operations that go the short way, in the words of S3.
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::Method;
use sha2::Digest as _;
use windlass_domain::{Bucket, Digest, ObjectKey, RemoteExpect};
use windlass_ports::remote::Depth;
use windlass_ports::{Flow, Level, RemoteError, RemoteErrorKind};

use super::answer::Answer;
use super::place::encoded;
use super::xml::CUT;
use super::{Call, listing};
use crate::S3Client;
use crate::access::CALL;
use crate::body::{Progress, watched};
use crate::error::{own, stalled};
use crate::lanes::{Check, Kept, Part, Put, content_type, endless};
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
    async fn ask(&self, bucket: &Bucket, call: &Call<'_>) -> Result<Option<Answer>, RemoteError> {
        match tokio::time::timeout(CALL, self.short(bucket, call)).await {
            Ok(answer) => answer,
            Err(_) => Err(stalled(CALL)),
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
        headers.push(match put.expect {
            RemoteExpect::Absent => ("if-none-match", Cow::Borrowed("*")),
            RemoteExpect::Unchanged(etag) => ("if-match", Cow::Borrowed(etag.as_str())),
        });
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
        self.ask(bucket, &call).await
    }

    /// Size and what else a HEAD says.
    pub(crate) async fn fast_head(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<Option<(Option<u64>, Kept)>, RemoteError> {
        let answer = self.get(bucket, "HeadObject", Method::HEAD, key.as_str(), String::new()).await?;
        Ok(answer.map(|a| (a.header("content-length").and_then(|l| l.parse().ok()), kept(&a))))
    }

    pub(crate) async fn fast_level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
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
        if let Some(after) = after {
            say("continuation-token", after);
        }
        let Some(answer) = self.get(bucket, "ListObjectsV2", Method::GET, "", query).await? else {
            return Ok(None);
        };
        let page = listing::read(&answer.body).map_err(|error| {
            let kind = if error == CUT { RemoteErrorKind::Network } else { RemoteErrorKind::Unexpected };
            own(kind, format!("status 200: {error}"))
        })?;
        page.level(after).ok_or_else(endless).map(Some)
    }
}
