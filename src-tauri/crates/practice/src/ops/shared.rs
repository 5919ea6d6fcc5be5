//! Small things several groups of operations need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Extensions, HeaderMap};
use s3s::dto::{ChecksumAlgorithm, ETagCondition, Owner, Timestamp, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders, s3_error};

use super::Practice;
use crate::checksum::{Algo, Checksums};
use crate::faults::Profile;
use crate::layer::Plan;
use crate::store::{Conditions, Received, Row, etag_matches};

/// The faults the layer wrote down for this request.
pub(super) fn plan(extensions: &Extensions) -> Plan {
    extensions.get::<Plan>().copied().unwrap_or_default()
}

/// A time as S3 structures want it.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    let ms = u64::try_from(ms).unwrap_or(0);
    Timestamp::from(std::time::UNIX_EPOCH + std::time::Duration::from_millis(ms))
}

/// Seconds since 1970, with a fraction.
pub(super) fn epoch(time: &Timestamp) -> f64 {
    let mut text = Vec::new();
    if time.format(TimestampFormat::EpochSeconds, &mut text).is_err() {
        return 0.0;
    }
    String::from_utf8_lossy(&text).parse().unwrap_or(0.0)
}

/// An error with a code of our own choosing.
pub(super) fn custom(status: u16, code: &'static str, message: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    if let Ok(status) = http::StatusCode::from_u16(status) {
        error.set_status_code(status);
    }
    error
}

/// The owner of everything.
pub(super) fn owner() -> Owner {
    Owner { display_name: Some("practice".to_owned()), id: Some("practice".to_owned()) }
}

/// The conditions of a write, as far as the imitated provider honours them.
pub(super) fn conditions(
    p: &Practice,
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> Conditions {
    if p.profile() == Profile::IgnoresConditions {
        Conditions::default()
    } else {
        Conditions { if_match, if_none_match }
    }
}

/// A condition from the bare headers, where the protocol crate doesn't read it.
pub(super) fn header_condition(
    headers: &HeaderMap,
    name: http::HeaderName,
) -> S3Result<Option<ETagCondition>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    ETagCondition::parse_http_header(value.as_bytes())
        .map(Some)
        .map_err(|_| s3_error!(InvalidArgument, "The condition can't be read."))
}

/// The conditions of a read.
#[derive(Default)]
pub(super) struct ReadConditions<'a> {
    pub(super) if_match: Option<&'a ETagCondition>,
    pub(super) if_none_match: Option<&'a ETagCondition>,
    pub(super) if_modified_since: Option<&'a Timestamp>,
    pub(super) if_unmodified_since: Option<&'a Timestamp>,
}

impl ReadConditions<'_> {
    /// 412 or 304 when they don't hold, in the order HTTP gives them.
    pub(super) fn check(&self, row: &Row) -> S3Result<()> {
        let failed =
            || s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
        #[allow(clippy::cast_precision_loss)]
        let modified = (row.modified_ms / 1000) as f64;
        match (self.if_match, self.if_unmodified_since) {
            (Some(condition), _) if !etag_matches(condition, &row.etag) => return Err(failed()),
            (None, Some(since)) if modified > epoch(since) => return Err(failed()),
            (_, _) => {}
        }
        let mut unchanged = s3_error!(NotModified);
        let mut headers = HeaderMap::new();
        if let Ok(value) = http::HeaderValue::from_str(&format!("\"{}\"", row.etag)) {
            headers.insert(http::header::ETAG, value);
        }
        unchanged.set_headers(headers);
        match (self.if_none_match, self.if_modified_since) {
            (Some(condition), _) if etag_matches(condition, &row.etag) => Err(unchanged),
            (None, Some(since)) if modified <= epoch(since) => Err(unchanged),
            (_, _) => Ok(()),
        }
    }
}

/// Which checksums to compute for a body: those sent, announced or asked for, else what the provider adds by itself.
pub(super) fn wanted(
    p: &Practice,
    headers: &HeaderMap,
    asked: Option<&ChecksumAlgorithm>,
    sent: &Checksums,
    extra: Option<Algo>,
) -> Vec<Algo> {
    let profile = p.profile();
    if profile == Profile::Ceph {
        return Vec::new();
    }
    let trailers =
        headers.get_all("x-amz-trailer").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let announced = trailers.filter_map(|name| Algo::from_name(name.trim().strip_prefix("x-amz-checksum-")?));
    let asked = asked.and_then(|a| Algo::from_name(a.as_str()));
    let mut algos: Vec<Algo> = sent.algos();
    for algo in announced.chain(asked).chain(extra) {
        if !algos.contains(&algo) {
            algos.push(algo);
        }
    }
    if algos.is_empty() && profile == Profile::Aws {
        algos.push(Algo::Crc64Nvme);
    }
    algos
}

/// Compares a body with everything the client said about it, before and behind it.
pub(super) fn verify(
    p: &Practice,
    received: &Received,
    mut sent: Checksums,
    trailers: Option<&TrailingHeaders>,
    content_md5: Option<&str>,
    headers: &HeaderMap,
) -> S3Result<()> {
    if let Some(md5) = content_md5 {
        let raw = STANDARD.decode(md5).ok().filter(|raw| raw.len() == 16);
        let raw =
            raw.ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid."))?;
        if raw != received.md5 {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
    }
    if let Some(length) =
        headers.get("x-amz-decoded-content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok())
        && length != received.size
    {
        return Err(s3_error!(IncompleteBody, "The body is shorter or longer than was announced."));
    }
    if p.profile() == Profile::Ceph {
        return Ok(());
    }
    if let Some(trailers) = trailers.and_then(TrailingHeaders::take) {
        for algo in Algo::ALL {
            if let Some(value) = trailers.get(algo.header()).and_then(|v| v.to_str().ok()) {
                sent.set(algo, Some(value.trim().to_owned()));
            }
        }
    } else if headers.get("x-amz-trailer").is_some() {
        return Err(custom(
            400,
            "MalformedTrailerError",
            "The request announced a trailer that did not come.",
        ));
    }
    received.answered.verify_sent(&sent)
}

/// Percent encoding as listings use it.
pub(super) fn encode(text: &str, on: bool) -> String {
    if !on {
        return text.to_owned();
    }
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}
