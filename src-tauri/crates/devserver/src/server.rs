//! Routes of the development server: the API, events, files from and to the browser, and the user interface itself.
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::broadcast::error::RecvError;
use windlass_api::{Api, ErrorCode, UiError, UiEvent};
use windlass_domain::{Bucket, ObjectKey, RelPath};
use windlass_ports::{Entropy, Remotes};

/// Scripts, styles and connections only from this server; nothing may frame it.
const CSP: &str = "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; media-src http://127.0.0.1:*; style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Time in which hints are gathered into one message.
const GATHER: Duration = Duration::from_millis(100);
/// Most bytes of the arguments of one call.
const MAX_ARGS: usize = 8 * 1024 * 1024;

/// What the routes need.
pub(crate) struct Door {
    pub(crate) api: Arc<Api>,
    pub(crate) remotes: Arc<dyn Remotes>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) token: String,
    pub(crate) port: u16,
    pub(crate) ui: PathBuf,
    pub(crate) spool: PathBuf,
}

type Fields = Query<HashMap<String, String>>;

/// All routes. Answers only requests that name this very server as their host, and gives the API only to whoever has the
/// token. There are no CORS headers, so no other page can read an answer.
pub(crate) fn router(door: Arc<Door>) -> Router {
    let api = Router::new()
        .route("/call/{name}", post(call))
        .route("/upload", post(upload))
        .route("/download", get(download))
        .route("/events", get(events))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "There is no such address.") })
        .layer(middleware::from_fn_with_state(Arc::clone(&door), need_token));
    Router::new()
        .nest("/api", api)
        .fallback(page)
        .layer(middleware::from_fn_with_state(Arc::clone(&door), need_host))
        .with_state(door)
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(UiError::new(ErrorCode::BadRequest, message))).into_response()
}

fn fail(error: UiError) -> Response {
    let status = match error.code {
        ErrorCode::BadRequest | ErrorCode::NameNotAllowed => StatusCode::BAD_REQUEST,
        ErrorCode::NotFound | ErrorCode::FolderMissing => StatusCode::NOT_FOUND,
        ErrorCode::NoPermission => StatusCode::FORBIDDEN,
        ErrorCode::Conflict | ErrorCode::AlreadyRunning => StatusCode::CONFLICT,
        ErrorCode::SignInAgain | ErrorCode::KeychainLocked => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::NotSupported => StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Offline => StatusCode::BAD_GATEWAY,
        ErrorCode::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::JournalTooNew | ErrorCode::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(error)).into_response()
}

/// A page of a stranger could point its own name at this address; the host header tells.
async fn need_host(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if !own_page(request.headers(), door.port) {
        return refuse(StatusCode::FORBIDDEN, "This server answers only pages of its own.");
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether host and origin are this server's own names.
fn own_page(headers: &HeaderMap, port: u16) -> bool {
    let ours = |host: &str| host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}");
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let origin = !headers.contains_key(header::ORIGIN)
        || text(header::ORIGIN).and_then(|o| o.strip_prefix("http://")).is_some_and(ours);
    origin && text(header::HOST).is_some_and(ours)
}

async fn need_token(
    State(door): State<Arc<Door>>,
    Query(fields): Fields,
    request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get("x-windlass-token").and_then(|v| v.to_str().ok());
    // A WebSocket and a plain link cannot carry a header of ours.
    let plain = matches!(request.uri().path(), "/events" | "/download" | "/api/events" | "/api/download");
    let given = header.or_else(|| fields.get("token").filter(|_| plain).map(String::as_str));
    if given.is_some_and(|given| same(given, &door.token)) {
        next.run(request).await
    } else {
        refuse(
            StatusCode::UNAUTHORIZED,
            "The token is missing or wrong. Open the address that the server printed.",
        )
    }
}

/// Compares without telling by its time how much was right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

async fn call(State(door): State<Arc<Door>>, Path(name): Path<String>, body: Body) -> Response {
    let Ok(body) = axum::body::to_bytes(body, MAX_ARGS).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "The arguments are too large.");
    };
    let args = if body.is_empty() { Ok(serde_json::Value::Null) } else { serde_json::from_slice(&body) };
    match args {
        Ok(args) => match door.api.call(&name, args).await {
            Ok(value) => Json(value).into_response(),
            Err(error) => fail(error),
        },
        Err(_) => refuse(StatusCode::BAD_REQUEST, "The arguments are no JSON. Nothing was done."),
    }
}

async fn events(State(door): State<Arc<Door>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| forward(door, socket))
}

async fn forward(door: Arc<Door>, mut socket: WebSocket) {
    let mut hints = door.api.subscribe();
    loop {
        let mut batch: Vec<UiEvent> = Vec::new();
        tokio::select! {
            hint = hints.recv() => match hint {
                Ok(event) => batch.push(event),
                Err(RecvError::Lagged(_)) => batch.push(UiEvent::Missed),
                Err(RecvError::Closed) => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        }
        let until = tokio::time::Instant::now() + GATHER;
        while let Ok(more) = tokio::time::timeout_at(until, hints.recv()).await {
            match more {
                Ok(event) if batch.contains(&event) => {}
                Ok(event) => batch.push(event),
                Err(RecvError::Lagged(_)) => batch.push(UiEvent::Missed),
                Err(RecvError::Closed) => break,
            }
        }
        let Ok(text) = serde_json::to_string(&batch) else { return };
        if socket.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}

fn wanted<'a>(fields: &'a HashMap<String, String>, name: &str) -> Result<&'a str, UiError> {
    fields
        .get(name)
        .map(String::as_str)
        .ok_or_else(|| UiError::bad_request(format!("The field `{name}` is missing. Nothing was done.")))
}

async fn upload(State(door): State<Arc<Door>>, Query(fields): Fields, body: Body) -> Response {
    match take_in(&door, &fields, body).await {
        Ok(started) => Json(started).into_response(),
        Err(error) => fail(error),
    }
}

/// Keeps the browser's bytes in a file first: a transfer that can go on after a restart needs a file.
async fn take_in(
    door: &Door,
    fields: &HashMap<String, String>,
    body: Body,
) -> Result<windlass_api::dto_more::UploadStarted, UiError> {
    let path = RelPath::parse(wanted(fields, "path")?).map_err(|e| {
        UiError::new(
            ErrorCode::NameNotAllowed,
            format!("This file's name cannot be used: {e}. It was not sent."),
        )
    })?;
    let (connection, bucket) = (wanted(fields, "connection")?, wanted(fields, "bucket")?);
    let prefix = wanted(fields, "prefix")?;
    let root = door.spool.join(format!("{:016x}", door.entropy.next_u64()));
    let result = spool(&root.join(path.as_str()), body).await;
    if let Err(error) = result {
        let _left = tokio::fs::remove_dir_all(&root).await;
        return Err(error);
    }
    let first = path.as_str().split('/').next().unwrap_or_default();
    door.api.upload_files(connection, bucket, prefix, vec![root.join(first)]).await
}

async fn spool(target: &std::path::Path, body: Body) -> Result<(), UiError> {
    let disk = |e: std::io::Error| {
        let code = match e.kind() {
            std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
            _ => ErrorCode::Unexpected,
        };
        UiError::new(
            code,
            "The file could not be kept on this computer, so it was not sent. Is the disk full?",
        )
        .with_detail(e)
    };
    if let Some(folder) = target.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(disk)?;
    }
    let mut file = tokio::fs::File::create_new(target).await.map_err(disk)?;
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        let piece: Bytes = piece.map_err(|e| {
            UiError::new(ErrorCode::Offline, "The browser stopped sending the file, so it was not sent on.")
                .with_detail(e)
        })?;
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.sync_all().await.map_err(disk)
}

async fn download(State(door): State<Arc<Door>>, Query(fields): Fields) -> Response {
    match send_out(&door, &fields).await {
        Ok(response) => response,
        Err(error) => fail(error),
    }
}

async fn send_out(door: &Door, fields: &HashMap<String, String>) -> Result<Response, UiError> {
    let key = ObjectKey::parse(wanted(fields, "key")?)
        .map_err(|e| UiError::bad_request(format!("The field `key` is no key: {e}.")))?;
    let bucket = Bucket::new(wanted(fields, "bucket")?);
    let folder = key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = key.as_str().get(..folder.len() + usize::from(!folder.is_empty())).unwrap_or_default();
    let store = door.remotes.store(wanted(fields, "connection")?, &bucket, folder).await?;
    let seen = store.head(&key).await?;
    let stream = store.get(&key, None, &seen.etag).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(seen.size));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, disposition(key.name()));
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// Always a file to save, never a page to show; the name is percent-encoded (RFC 8187).
fn disposition(name: &str) -> HeaderValue {
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

async fn page(State(door): State<Arc<Door>>, request: Request) -> Response {
    let path = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    // Only a path that cannot climb is looked for.
    let Ok(path) = RelPath::parse(path) else {
        return refuse(StatusCode::NOT_FOUND, "There is no such file.");
    };
    match tokio::fs::read(door.ui.join(path.as_str())).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind(path.name()))], bytes).into_response(),
        Err(_) => refuse(StatusCode::NOT_FOUND, "There is no such file."),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
