//! What sees every request first: the log, the clock, and the faults that are not about the meaning of an operation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use s3s::service::S3Service;
use s3s::{Body, StdError};

use crate::fault_body::FaultBody;
use crate::faults::{Fault, Faults, Profile};
use crate::log::{Log, RequestRecord, interesting};
use crate::store::Tamper;
use crate::target::{self, Op, Target};

/// What the operations need to know about the faults of a request; travels in its extensions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    pub(crate) tamper: Tamper,
    pub(crate) stale_head: bool,
    pub(crate) ignore_range: bool,
    pub(crate) empty_listing: bool,
    pub(crate) tree_order: bool,
    pub(crate) short_pages: Option<usize>,
}

/// Marks a request that this layer rewrote itself: it has no signature any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trusted;

/// Travels in the extensions of an answer whose status the protocol crate does not know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered(pub(crate) StatusCode);

/// How far a signature's time may be from ours.
const MAX_SKEW_SECS: i64 = 15 * 60;

/// The layer. One is shared by all connections.
pub(crate) struct Layer {
    pub(crate) service: S3Service,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    /// A rule says so.
    #[error("the connection is cut on purpose")]
    OnPurpose,
    /// The client went away or sent nonsense.
    #[error("the request broke off")]
    Broken(#[source] StdError),
}

/// The faults of one request, sorted by where they act.
#[derive(Default)]
struct Script {
    plan: Plan,
    flip_wire: bool,
    answer: Option<Response<Body>>,
    cut_before: bool,
    cut_after: bool,
    ok_error: Option<bool>,
    delay: Duration,
    bytes_per_sec: Option<u64>,
    clock_offset: Option<i64>,
    truncate: bool,
    cut_document: bool,
    listing_of: Option<String>,
    drop_subresource: bool,
}

impl Layer {
    /// Answers one request. An error makes the HTTP server cut the connection.
    pub(crate) async fn handle(&self, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let target = target::read(request.method(), request.uri(), request.headers());
        let received = Arc::new(AtomicU64::new(0));
        let mut record = RequestRecord {
            method: request.method().as_str().to_owned(),
            bucket: target.bucket.clone(),
            key: target.key.clone(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            operation: target.op,
            headers: BTreeMap::new(),
            status: None,
            body_bytes: 0,
        };
        record.headers = interesting(request.headers());
        let result = self.answer(request, &target, &received).await;
        record.status = result.as_ref().ok().map(|response| response.status().as_u16());
        record.body_bytes = received.load(Ordering::Relaxed);
        self.log.push(record);
        result
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        target: &Target,
        received: &Arc<AtomicU64>,
    ) -> Result<Response<Body>, Cut> {
        let script = script(self.faults.decide(target), request.headers());
        if !script.delay.is_zero() {
            tokio::time::sleep(script.delay).await;
        }
        let (mut parts, body) = request.into_parts();
        let middle = parts
            .headers
            .get(http::header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse::<u64>().ok())
            .map_or(0, |length| length / 2);
        let mut body = FaultBody::new(body, Arc::clone(received))
            .flip_at(script.flip_wire.then_some(middle))
            .slow(script.bytes_per_sec);
        if script.cut_before {
            drain(&mut body).await?;
            return Err(Cut::OnPurpose);
        }
        if let Some(answer) = script.answer {
            drain(&mut body).await?;
            return Ok(answer);
        }
        if script.ok_error == Some(false) {
            drain(&mut body).await?;
            return Ok(ok_with_error());
        }
        let offset = script.clock_offset.unwrap_or(0);
        if let Some(answer) = refuse_skew(&parts.headers, &parts.uri, offset) {
            drain(&mut body).await?;
            return Ok(dated(answer, script.clock_offset));
        }
        if self.faults.profile() == Profile::Ceph && sends_trailer(&parts.headers) {
            drain(&mut body).await?;
            return Ok(error(400, "XAmzContentSHA256Mismatch", ""));
        }
        parts.extensions.insert(script.plan);
        parts.extensions.insert(target.clone());
        if script.drop_subresource && target::has_subresource(&parts.uri) {
            parts.uri = without_query(&parts.uri);
            parts.headers.remove(http::header::AUTHORIZATION);
            parts.extensions.insert(Trusted);
        }
        if let Some(prefix) = script.listing_of.filter(|_| target.op == Op::ListObjects) {
            parts.uri = with_prefix(&parts.uri, &prefix);
            parts.headers.remove(http::header::AUTHORIZATION);
            parts.extensions.insert(Trusted);
        }
        let request = Request::from_parts(parts, Body::http_body_unsync(body));
        let mut response = self.service.call(request).await.map_err(|e| Cut::Broken(e.into()))?;
        if let Some(Answered(status)) = response.extensions_mut().remove() {
            *response.status_mut() = status;
        }
        if script.cut_after {
            return Err(Cut::OnPurpose);
        }
        if script.ok_error == Some(true) && response.status().is_success() {
            return Ok(ok_with_error());
        }
        let response = if script.cut_document { half(response).await? } else { response };
        let response = dated(response, script.clock_offset);
        Ok(shaped(response, target, script.truncate, script.bytes_per_sec))
    }
}

fn script(faults: Vec<Fault>, headers: &HeaderMap) -> Script {
    let mut script = Script::default();
    for fault in faults {
        match fault {
            Fault::CutAfterCommit => script.cut_after = true,
            Fault::CutBeforeCommit => script.cut_before = true,
            Fault::OkWithErrorBody { commit } => script.ok_error = Some(commit),
            Fault::Status { code, error_code } => {
                script.answer = Some(error(code, &error_code, "Answered by a rule."))
            }
            Fault::Slow { delay, bytes_per_sec } => {
                script.delay = delay;
                script.bytes_per_sec = bytes_per_sec;
            }
            Fault::CaptivePortal => script.answer = Some(captive_portal()),
            Fault::WrongClock { offset_secs } => script.clock_offset = Some(offset_secs),
            // Framed bodies are hit after the frames are taken off, so that it is the data that suffers.
            Fault::FlipBitInTransit if is_framed(headers) => script.plan.tamper = Tamper::InTransit,
            Fault::FlipBitInTransit => script.flip_wire = true,
            Fault::FlipBitAtRest => script.plan.tamper = Tamper::AtRest,
            Fault::StaleHead => script.plan.stale_head = true,
            Fault::TruncateBody => script.truncate = true,
            Fault::IgnoreRange => script.plan.ignore_range = true,
            Fault::EmptyListing => script.plan.empty_listing = true,
            Fault::CutDocument => script.cut_document = true,
            Fault::EmptyBody => script.answer = Some(with_request_id(Response::new(Body::empty()))),
            Fault::ListingOf { prefix } => script.listing_of = Some(prefix),
            Fault::TreeOrder => script.plan.tree_order = true,
            Fault::ShortPages { most } => script.plan.short_pages = Some(most),
            Fault::SubresourceIgnored => script.drop_subresource = true,
        }
    }
    script
}

fn content_sha256(headers: &HeaderMap) -> &str {
    headers.get("x-amz-content-sha256").and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn is_framed(headers: &HeaderMap) -> bool {
    content_sha256(headers).starts_with("STREAMING-")
}

fn sends_trailer(headers: &HeaderMap) -> bool {
    content_sha256(headers).ends_with("-TRAILER")
}

/// Reads the rest of a request so that the client gets to see the answer.
async fn drain(body: &mut FaultBody<Incoming>) -> Result<(), Cut> {
    while let Some(frame) = body.frame().await {
        frame.map_err(Cut::Broken)?;
    }
    Ok(())
}

fn without_query(uri: &Uri) -> Uri {
    uri.path().parse().unwrap_or_else(|_| uri.clone())
}

/// The same listing of another prefix.
fn with_prefix(uri: &Uri, prefix: &str) -> Uri {
    let query = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<_> = query.filter(|p| !p.starts_with("prefix=")).map(str::to_owned).collect();
    let encoded: String = prefix.bytes().map(|byte| format!("%{byte:02X}")).collect();
    query.push(format!("prefix={encoded}"));
    format!("{}?{}", uri.path(), query.join("&")).parse().unwrap_or_else(|_| uri.clone())
}

/// The first half of a document, announced as if it were all of it.
async fn half(response: Response<Body>) -> Result<Response<Body>, Cut> {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map_err(Cut::Broken)?.to_bytes();
    let cut = whole.slice(..whole.len() / 2);
    parts.headers.remove(http::header::TRANSFER_ENCODING);
    parts.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(cut.len()));
    Ok(Response::from_parts(parts, Body::from(cut)))
}

/// Refuses signatures whose time is too far from ours.
fn refuse_skew(headers: &HeaderMap, uri: &Uri, offset: i64) -> Option<Response<Body>> {
    let presigned = target::query_value(uri, "X-Amz-Date");
    let sent = match headers.get("x-amz-date") {
        Some(value) => value.to_str().ok()?,
        None => presigned?,
    };
    let sent = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", sent).ok()?;
    let sent = sent.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let now = jiff::Timestamp::now().as_second().saturating_add(offset);
    let skew = sent.saturating_sub(now);
    // A presigned URL may be old: it says itself how long it holds.
    let refused = skew > MAX_SKEW_SECS || (presigned.is_none() && skew < -MAX_SKEW_SECS);
    refused.then(|| {
        error(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    })
}

/// Shows the server's clock, if a rule moved it.
fn dated(mut response: Response<Body>, offset: Option<i64>) -> Response<Body> {
    if let Some(offset) = offset {
        let now = jiff::Timestamp::now().as_second().saturating_add(offset);
        if let Ok(now) = jiff::Timestamp::from_second(now)
            && let Ok(value) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        {
            response.headers_mut().insert(http::header::DATE, value);
        }
    }
    response
}

/// Applies what happens to the answer's body, and gives every answer its request id.
fn shaped(
    response: Response<Body>,
    target: &Target,
    truncate: bool,
    bytes_per_sec: Option<u64>,
) -> Response<Body> {
    let mut response = with_request_id(response);
    let cut = (truncate && target.op == Op::GetObject && response.status().is_success()).then(|| {
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        length.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok()).map_or(1, |l| l / 2)
    });
    if cut.is_none() && bytes_per_sec.is_none() {
        return response;
    }
    let body = std::mem::take(response.body_mut());
    let body = FaultBody::new(body, Arc::default()).cut_at(cut).slow(bytes_per_sec);
    *response.body_mut() = Body::http_body_unsync(body);
    response
}

fn with_request_id(mut response: Response<Body>) -> Response<Body> {
    let id = uuid::Uuid::new_v4().simple().to_string();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-amz-request-id", value);
    }
    response
}

fn document(status: u16, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    with_request_id(response)
}

fn error_document(code: &str, message: &str) -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <ServerTime>{now}</ServerTime></Error>"
    )
}

/// An error as S3 writes it.
fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let mut response = document(status, "application/xml", error_document(code, message));
    if let Ok(value) = HeaderValue::from_str(code) {
        response.headers_mut().insert("x-amz-error-code", value);
    }
    response
}

fn ok_with_error() -> Response<Body> {
    document(
        200,
        "application/xml",
        error_document("InternalError", "We encountered an internal error. Please try again."),
    )
}

fn captive_portal() -> Response<Body> {
    let page = "<!DOCTYPE html><html><head><title>Hotel WLAN</title></head><body><h1>Welcome</h1>\
                <form method=\"post\" action=\"/login\"><input name=\"room\"><button>Log in</button></form></body></html>";
    document(200, "text/html; charset=utf-8", page.to_owned())
}
