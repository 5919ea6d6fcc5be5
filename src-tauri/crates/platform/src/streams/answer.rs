//! The answer to one request of a player.
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use windlass_domain::playing::{self, RangeAnswer};
use windlass_ports::BoxError;

use super::{Opened, Table};

type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Goes with every answer: nothing of a stranger's bytes is taken for anything but what we call them, nothing in them runs should they
/// be opened as a page, nothing is kept on the disk, and no page may read them. The window's own player is of another origin
/// (`tauri://localhost`), so it must be allowed to play them.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Answers a request, and says whose end is also the end of its connection.
pub(super) async fn answer(
    request: Request<Incoming>,
    table: &Table,
    host: &str,
    playing: &watch::Sender<Option<CancellationToken>>,
) -> Result<Response<Body>, Infallible> {
    let mut response = match table.find(asked(&request, host).unwrap_or_default(), Instant::now()) {
        None => bare(StatusCode::NOT_FOUND),
        Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        Some(opened) => {
            playing.send_replace(Some(opened.ended.clone()));
            part(&request, opened).await
        }
    };
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The token that is asked for; `None` when it is no question of a player of ours. A page of a stranger could point its own name at this
/// address; the host header tells.
fn asked<'a>(request: &'a Request<Incoming>, host: &str) -> Option<&'a str> {
    let headers = request.headers();
    let hosts: Vec<_> = headers.get_all(header::HOST).iter().collect();
    let ours = matches!(hosts.as_slice(), [one] if one.as_bytes() == host.as_bytes());
    if !ours || request.uri().query().is_some() || !is_of_a_player(headers) {
        return None;
    }
    request.uri().path().strip_prefix('/').filter(|token| !token.is_empty())
}

/// Web views say what a request is for. Pages, frames and scripts are not given a film, whatever they would make of it (hazard HS2).
fn is_of_a_player(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|dest| matches!(dest.as_bytes(), b"video" | b"audio" | b"empty"))
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

async fn part(request: &Request<Incoming>, opened: Arc<Opened>) -> Response<Body> {
    let size = opened.source.size();
    let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap_or_default());
    let (status, part) = match playing::answer(range, size) {
        RangeAnswer::Whole => (StatusCode::OK, 0..size),
        RangeAnswer::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        RangeAnswer::Unsatisfiable => {
            let mut response = bare(StatusCode::RANGE_NOT_SATISFIABLE);
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let mut response = bare(status);
    insert(&mut response, header::CONTENT_TYPE, opened.media.name());
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    if status == StatusCode::PARTIAL_CONTENT {
        let said = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        insert(&mut response, header::CONTENT_RANGE, &said);
    }
    if request.method() == Method::HEAD {
        return response;
    }
    // Before the status is said, so that a player whose object is gone is told so and does not ask again and again.
    match first(&opened, &part).await {
        Ok(bytes) => *response.body_mut() = stream(opened, part, bytes),
        Err(error) => {
            tracing::debug!(%error, "nothing could be read for a player");
            return bare(StatusCode::BAD_GATEWAY);
        }
    }
    response
}

fn insert(response: &mut Response<Body>, name: HeaderName, value: &str) {
    // All of them are made of ASCII, here or in the domain.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

async fn first(opened: &Opened, part: &Range<u64>) -> Result<Bytes, BoxError> {
    match playing::next_piece(part, part.start) {
        Some(piece) => read(opened, piece).await,
        None => Ok(Bytes::new()),
    }
}

/// The part from its first piece on. The next is read when the connection has room for it.
fn stream(opened: Arc<Opened>, part: Range<u64>, first: Bytes) -> Body {
    let at = part.start + first.len() as u64;
    let rest = futures::stream::try_unfold(at, move |at| {
        let (opened, piece) = (Arc::clone(&opened), playing::next_piece(&part, at));
        async move {
            let Some(piece) = piece else { return Ok(None) };
            let end = piece.end;
            read(&opened, piece).await.map(|bytes| Some((bytes, end)))
        }
    });
    let all = futures::stream::iter([Ok(first)]).chain(rest);
    StreamBody::new(all.map_ok(Frame::data)).boxed_unsync()
}

async fn read(opened: &Opened, piece: Range<u64>) -> Result<Bytes, BoxError> {
    opened.touch(Instant::now());
    let len = piece.end - piece.start;
    let bytes = opened.source.read(piece.start, len).await?;
    opened.touch(Instant::now());
    if bytes.len() as u64 == len { Ok(bytes) } else { Err("fewer bytes came than the file has".into()) }
}
