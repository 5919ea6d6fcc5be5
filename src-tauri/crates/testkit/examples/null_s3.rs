//! The null S3: takes bytes and forgets them, lists keys that never were beside those that it took. It shows what a *client* costs, since the
//! server side is next to nothing. It checks lengths and CRC64NVME, keeps size, ETag and checksum of each key (so that
//! conditions and HEAD are honest), answers nothing slower than it must, and sets TCP_NODELAY: without it header and body
//! leave in two segments and small GETs wait 40 ms for a delayed ACK.
//!
//! usage: null_s3 [--list N] [--buckets B] [--versions V] [--latency MS]     N synthetic keys in each of the buckets `list`,
//! `list-1`, … (B of them, one by default); V versions in the bucket `versions`, five of each key
//! Prints `http://127.0.0.1:PORT`. `GET /-/stats` gives requests and bytes as JSON.
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

struct Stored {
    size: u64,
    etag: String,
    crc: Option<String>,
    /// Its bytes, where they are kept: those of what the client keeps for itself below the prefix.
    body: Option<Bytes>,
}

/// Parts of an open upload: number → bytes and checksum.
type Parts = BTreeMap<u32, (u64, u64)>;

#[derive(Default)]
struct Null {
    list: u64,
    buckets: u64,
    versions: u64,
    /// What each page of a listing waits for, as on a long way.
    latency: Duration,
    keys: Mutex<BTreeMap<String, Stored>>,
    uploads: Mutex<BTreeMap<String, Parts>>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

type Reply = Response<Full<Bytes>>;

fn reply(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert("x-amz-request-id", hyper::header::HeaderValue::from_static("null"));
    response
}

fn error(status: StatusCode, code: &str) -> Reply {
    reply(
        status,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
        ),
    )
}

fn set(response: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = hyper::header::HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn query<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn crc_text(value: u64) -> String {
    base64::engine::general_purpose::STANDARD.encode(value.to_be_bytes())
}

/// Size, checksum and, if they are to be kept, the bytes.
async fn take(body: Incoming, keep: bool) -> Option<(u64, u64, Option<Bytes>)> {
    let (mut body, mut kept) = (body, Vec::new());
    let mut crc = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.ok()?.into_data() {
            size += data.len() as u64;
            crc.update(&data);
            if keep {
                kept.extend_from_slice(&data);
            }
        }
    }
    Some((size, crc.finalize(), keep.then(|| kept.into())))
}

/// Versions of each key of the bucket `versions`.
const OF_A_KEY: u64 = 5;

fn synthetic(n: u64) -> String {
    format!("DJI_{n:010}.JPG")
}

impl Null {
    fn refused(&self, headers: &HeaderMap, key: &str) -> bool {
        let Ok(keys) = self.keys.lock() else { return true };
        let now = keys.get(key);
        match (header(headers, "if-none-match"), header(headers, "if-match")) {
            (Some(_), _) => now.is_some(),
            (None, Some(etag)) => now.is_none_or(|s| s.etag != etag),
            (None, None) => false,
        }
    }

    fn store(&self, key: &str, size: u64, crc: Option<String>, body: Option<Bytes>) -> String {
        let number = self.requests.load(Ordering::Relaxed);
        let etag = format!("\"{number:032x}\"");
        if let Ok(mut keys) = self.keys.lock() {
            keys.insert(key.to_owned(), Stored { size, etag: etag.clone(), crc, body });
        }
        etag
    }

    async fn put(&self, key: &str, q: &str, headers: &HeaderMap, body: Incoming) -> Reply {
        let Some((size, crc, bytes)) = take(body, key.contains("/.windlass/")).await else {
            return error(StatusCode::BAD_REQUEST, "IncompleteBody");
        };
        self.bytes.fetch_add(size, Ordering::Relaxed);
        let sent = header(headers, "x-amz-checksum-crc64nvme");
        if sent.is_some_and(|sent| sent != crc_text(crc)) {
            return error(StatusCode::BAD_REQUEST, "BadDigest");
        }
        let kept = sent.map(|_| crc_text(crc));
        if let (Some(number), Some(upload)) =
            (query(q, "partNumber").and_then(|n| n.parse().ok()), query(q, "uploadId"))
        {
            let mut response = reply(StatusCode::OK, "");
            match self.uploads.lock() {
                Ok(mut uploads) if uploads.contains_key(upload) => {
                    uploads.entry(upload.to_owned()).or_default().insert(number, (size, crc));
                }
                _ => return error(StatusCode::NOT_FOUND, "NoSuchUpload"),
            }
            set(&mut response, "etag", &format!("\"{crc:032x}\""));
            if let Some(kept) = kept {
                set(&mut response, "x-amz-checksum-crc64nvme", &kept);
            }
            return response;
        }
        if self.refused(headers, key) {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let etag = self.store(key, size, kept.clone(), bytes);
        let mut response = reply(StatusCode::OK, "");
        set(&mut response, "etag", &etag);
        if let Some(kept) = kept {
            set(&mut response, "x-amz-checksum-crc64nvme", &kept);
        }
        response
    }

    fn complete(&self, key: &str, upload: &str, headers: &HeaderMap) -> Reply {
        if self.refused(headers, key) {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let Some(parts) = self.uploads.lock().ok().and_then(|mut u| u.remove(upload)) else {
            return error(StatusCode::NOT_FOUND, "NoSuchUpload");
        };
        let (mut crc, mut size) = (0, 0);
        for (len, part) in parts.values() {
            crc = if size == 0 {
                *part
            } else {
                crc_fast::checksum_combine(crc_fast::CrcAlgorithm::Crc64Nvme, crc, *part, *len)
            };
            size += len;
        }
        if header(headers, "x-amz-checksum-crc64nvme").is_some_and(|sent| sent != crc_text(crc)) {
            return error(StatusCode::BAD_REQUEST, "BadDigest");
        }
        let etag = self.store(key, size, Some(crc_text(crc)), None);
        reply(
            StatusCode::OK,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CompleteMultipartUploadResult><ETag>{}</ETag><ChecksumCRC64NVME>{}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>",
                etag.replace('"', "&quot;"),
                crc_text(crc)
            ),
        )
    }

    /// What was stored below a prefix, as flat as a sync asks for it.
    fn list_stored(&self, bucket: &str, q: &str) -> Reply {
        let Ok(keys) = self.keys.lock() else {
            return error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
        };
        let size: usize = query(q, "max-keys").and_then(|n| n.parse().ok()).unwrap_or(1000).min(1000);
        let prefix = query(q, "prefix").unwrap_or("").replace("%2F", "/").replace("%2f", "/");
        let first = format!("{bucket}/{prefix}");
        let from = query(q, "continuation-token").map_or(Bound::Included(first.clone()), |after| {
            Bound::Excluded(after.replace("%2F", "/").replace("%2f", "/"))
        });
        let mut body = String::with_capacity(400 * 1000);
        let mut count = 0;
        let mut last = None;
        let mut more = false;
        for (key, stored) in
            keys.range::<String, _>((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(&first))
        {
            if count == size {
                more = true;
                break;
            }
            count += 1;
            let _ = write!(
                body,
                "<Contents><Key>{}</Key><LastModified>2026-11-20T10:36:00.000Z</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                key.get(bucket.len() + 1..).unwrap_or_default(),
                stored.etag.trim_matches('"'),
                stored.size
            );
            last = Some(key);
        }
        let next = last
            .filter(|_| more)
            .map(|key| format!("<NextContinuationToken>{key}</NextContinuationToken>"))
            .unwrap_or_default();
        reply(
            StatusCode::OK,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix>{prefix}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{size}</MaxKeys><IsTruncated>{more}</IsTruncated>{next}{body}</ListBucketResult>"
            ),
        )
    }

    fn list(&self, bucket: &str, q: &str) -> Reply {
        if bucket != "list" && !bucket.starts_with("list-") {
            return self.list_stored(bucket, q);
        }
        let size: u64 = query(q, "max-keys").and_then(|n| n.parse().ok()).unwrap_or(1000).min(1000);
        let after = query(q, "start-after").map(|key| {
            // How many keys are not behind it.
            let (mut low, mut high) = (0, self.list);
            while low < high {
                let middle = low + (high - low) / 2;
                if synthetic(middle).as_str() <= key { low = middle + 1 } else { high = middle }
            }
            low
        });
        let token = query(q, "continuation-token").and_then(|t| t.parse().ok());
        let from: u64 = token.or(after).unwrap_or(0);
        let total = self.list;
        let to = (from + size).min(total);
        let mut body = String::with_capacity(400 * 1000);
        let _ = write!(
            body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix></Prefix><KeyCount>{}</KeyCount><MaxKeys>{size}</MaxKeys><IsTruncated>{}</IsTruncated>",
            to - from,
            to < total
        );
        if to < total {
            let _ = write!(body, "<NextContinuationToken>{to}</NextContinuationToken>");
        }
        for n in from..to {
            let _ = write!(
                body,
                "<Contents><Key>{}</Key><LastModified>2026-11-20T10:36:00.000Z</LastModified><ETag>&quot;{n:032x}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                synthetic(n),
                20_000_000 + n % 7_000_000
            );
        }
        body.push_str("</ListBucketResult>");
        reply(StatusCode::OK, body)
    }

    /// Five versions of each key over a year, a third of the keys with a delete marker on top.
    fn list_versions(&self, bucket: &str, q: &str) -> Reply {
        let keys = if bucket == "versions" { self.versions / OF_A_KEY } else { 0 };
        let from = query(q, "key-marker")
            .and_then(|key| key.get(4..14))
            .and_then(|n| n.parse::<u64>().ok())
            .map_or(0, |n| n + 1);
        let to = (from + 1000 / OF_A_KEY).min(keys);
        let mut body = String::with_capacity(400 * 1000);
        let _ = write!(
            body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix></Prefix><IsTruncated>{}</IsTruncated>",
            to < keys
        );
        if let Some(last) = to.checked_sub(1).filter(|_| to < keys) {
            let _ = write!(
                body,
                "<NextKeyMarker>{}</NextKeyMarker><NextVersionIdMarker>v{}</NextVersionIdMarker>",
                synthetic(last),
                OF_A_KEY - 1
            );
        }
        for n in from..to {
            for version in 0..OF_A_KEY {
                let latest = version == 0;
                let marker = latest && n % 3 == 0;
                let name = if marker { "DeleteMarker" } else { "Version" };
                let _ = write!(
                    body,
                    "<{name}><Key>{}</Key><VersionId>v{version}</VersionId><IsLatest>{latest}</IsLatest><LastModified>2026-{:02}-{:02}T{:02}:{:02}:{:02}.000Z</LastModified><Owner><ID>null</ID></Owner>",
                    synthetic(n),
                    11 - 2 * version - n % 2,
                    1 + n % 28,
                    n % 24,
                    n % 60,
                    n / 60 % 60,
                );
                if !marker {
                    let _ = write!(
                        body,
                        "<ETag>&quot;{n:028x}{version:04x}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass>",
                        20_000_000 + (n + version) % 7_000_000
                    );
                }
                let _ = write!(body, "</{name}>");
            }
        }
        body.push_str("</ListVersionsResult>");
        reply(StatusCode::OK, body)
    }

    fn look(&self, method: &Method, key: &str) -> Reply {
        let Ok(keys) = self.keys.lock() else {
            return error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
        };
        let Some(stored) = keys.get(key) else { return error(StatusCode::NOT_FOUND, "NoSuchKey") };
        let body = if method == Method::HEAD {
            Vec::new()
        } else {
            match &stored.body {
                Some(body) => body.to_vec(),
                None => vec![0; usize::try_from(stored.size).unwrap_or(0)],
            }
        };
        let mut response = reply(StatusCode::OK, body);
        set(&mut response, "etag", &stored.etag);
        set(&mut response, "content-length", &stored.size.to_string());
        if let Some(crc) = &stored.crc {
            set(&mut response, "x-amz-checksum-crc64nvme", crc);
            set(&mut response, "x-amz-checksum-type", "FULL_OBJECT");
        }
        response
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Infallible> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_start_matches('/').to_owned();
        let q = parts.uri.query().unwrap_or("").to_owned();
        if path == "-/stats" {
            let text = format!("{{\"requests\":{number},\"bytes\":{}}}", self.bytes.load(Ordering::Relaxed));
            return Ok(reply(StatusCode::OK, text));
        }
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        let upload = query(&q, "uploadId");
        Ok(match (&parts.method, key.is_empty(), upload) {
            (&Method::PUT, false, _) => self.put(&path, &q, &parts.headers, body).await,
            (&Method::PUT | &Method::HEAD, true, _) => reply(StatusCode::OK, ""),
            (&Method::POST, false, None) if query(&q, "uploads").is_some() => {
                if let Ok(mut uploads) = self.uploads.lock() {
                    uploads.insert(number.to_string(), BTreeMap::new());
                }
                reply(
                    StatusCode::OK,
                    format!(
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{number}</UploadId></InitiateMultipartUploadResult>"
                    ),
                )
            }
            (&Method::POST, false, Some(id)) => {
                let _ = take(body, false).await;
                self.complete(&path, id, &parts.headers)
            }
            (&Method::DELETE, false, Some(id)) => {
                if let Ok(mut uploads) = self.uploads.lock() {
                    uploads.remove(id);
                }
                reply(StatusCode::NO_CONTENT, "")
            }
            (&Method::DELETE, false, None) => {
                if self.refused(&parts.headers, &path) {
                    error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
                } else {
                    if let Ok(mut keys) = self.keys.lock() {
                        keys.remove(&path);
                    }
                    reply(StatusCode::NO_CONTENT, "")
                }
            }
            (&Method::GET, true, _) if query(&q, "uploads").is_some() => reply(
                StatusCode::OK,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListMultipartUploadsResult><Bucket>{bucket}</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
                ),
            ),
            (&Method::GET, true, _) if query(&q, "versions").is_some() => self.list_versions(bucket, &q),
            (&Method::GET, true, _) if bucket.is_empty() => {
                let mut names = "<Bucket><Name>list</Name></Bucket>".to_owned();
                for number in 1..self.buckets {
                    let _ = write!(names, "<Bucket><Name>list-{number}</Name></Bucket>");
                }
                reply(
                    StatusCode::OK,
                    format!(
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>"
                    ),
                )
            }
            (&Method::GET, true, _)
                if q.is_empty() || query(&q, "list-type").is_some() || query(&q, "prefix").is_some() =>
            {
                tokio::time::sleep(self.latency).await;
                self.list(bucket, &q)
            }
            (&Method::GET | &Method::HEAD, false, None) if q.is_empty() || q.starts_with("x-id=") => {
                self.look(&parts.method, &path)
            }
            _ => error(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        })
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut null = Null::default();
    while let Some(arg) = args.next() {
        if arg == "--list" {
            null.list = args.next().and_then(|n| n.parse().ok()).unwrap_or(0);
        } else if arg == "--versions" {
            null.versions = args.next().and_then(|n| n.parse().ok()).unwrap_or(0);
        } else if arg == "--latency" {
            let millis = args.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            null.latency = Duration::from_millis(millis);
        } else if arg == "--buckets" {
            null.buckets = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        }
    }
    let null = Arc::new(null);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let null = Arc::clone(&null);
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| Arc::clone(&null).answer(request));
            // A client that goes away ends its own connection only.
            let _ = hyper::server::conn::http1::Builder::new()
                .max_buf_size(1 << 20)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}
