//! Reads from a bare request which operation it is and what it is about, before the protocol crate does.

use http::{HeaderMap, Method, Uri};

/// The operations a rule can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are those of the S3 API.
pub enum Op {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    DeleteBucket,
    /// Any subresource of a bucket (`?versioning`, `?lifecycle`, ...).
    BucketConfig,
    ListObjects,
    ListObjectVersions,
    ListMultipartUploads,
    PutObject,
    CopyObject,
    GetObject,
    HeadObject,
    DeleteObject,
    DeleteObjects,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    ListParts,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    /// Any subresource of an object (`?tagging`, `?attributes`, `?retention`, ...).
    ObjectConfig,
    /// Not an S3 call.
    Other,
}

/// What a request is about.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) op: Op,
}

const BUCKET_DOCS: [&str; 22] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "tagging",
    "versioning",
    "website",
];
const OBJECT_DOCS: [&str; 8] =
    ["acl", "attributes", "legal-hold", "restore", "retention", "select", "tagging", "torrent"];

/// The parameter names of a query.
pub(crate) fn query_names(uri: &Uri) -> impl Iterator<Item = &str> {
    uri.query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty())
}

/// The value of one parameter, still encoded.
pub(crate) fn query_value<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    uri.query()?.split('&').find_map(|pair| match pair.split_once('=') {
        Some((n, v)) if n == name => Some(v),
        Some(_) => None,
        None => (pair == name).then_some(""),
    })
}

/// Whether the request names a subresource that a poor server might overlook.
pub(crate) fn has_subresource(uri: &Uri) -> bool {
    query_names(uri).any(|name| BUCKET_DOCS.contains(&name) || OBJECT_DOCS.contains(&name))
}

/// Undoes percent encoding; bytes that are no UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let ahead = bytes.clone().take(2).filter_map(|b| char::from(b).to_digit(16)).collect::<Vec<_>>();
        if let [high, low] = ahead.as_slice() {
            out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            let _ = bytes.nth(1);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads method, path, query and host.
pub(crate) fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Target {
    let host = headers.get(http::header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let (bucket, key) = match host.strip_suffix(".localhost") {
        Some(bucket) => (bucket.to_owned(), path),
        None => match path.split_once('/') {
            Some((bucket, key)) => (decode(bucket), key),
            None => (decode(path), ""),
        },
    };
    let bucket = (!bucket.is_empty()).then_some(bucket);
    let key = (!key.is_empty()).then(|| decode(key));
    let op = operation(method, uri, headers, bucket.is_some(), key.is_some());
    Target { bucket, key, op }
}

fn operation(method: &Method, uri: &Uri, headers: &HeaderMap, bucket: bool, key: bool) -> Op {
    let has = |name: &str| query_names(uri).any(|n| n == name);
    let copy = headers.contains_key("x-amz-copy-source");
    if !bucket {
        return if method == Method::GET { Op::ListBuckets } else { Op::Other };
    }
    if !key {
        if query_names(uri).any(|n| BUCKET_DOCS.contains(&n)) {
            return Op::BucketConfig;
        }
        return match method.as_str() {
            "PUT" => Op::CreateBucket,
            "HEAD" => Op::HeadBucket,
            "DELETE" => Op::DeleteBucket,
            "POST" if has("delete") => Op::DeleteObjects,
            "GET" if has("uploads") => Op::ListMultipartUploads,
            "GET" if has("versions") => Op::ListObjectVersions,
            "GET" => Op::ListObjects,
            _ => Op::Other,
        };
    }
    if query_names(uri).any(|n| OBJECT_DOCS.contains(&n)) {
        return Op::ObjectConfig;
    }
    match method.as_str() {
        "PUT" if has("uploadId") && copy => Op::UploadPartCopy,
        "PUT" if has("uploadId") => Op::UploadPart,
        "PUT" if copy => Op::CopyObject,
        "PUT" => Op::PutObject,
        "POST" if has("uploads") => Op::CreateMultipartUpload,
        "POST" if has("uploadId") => Op::CompleteMultipartUpload,
        "GET" if has("uploadId") => Op::ListParts,
        "GET" => Op::GetObject,
        "HEAD" => Op::HeadObject,
        "DELETE" if has("uploadId") => Op::AbortMultipartUpload,
        "DELETE" => Op::DeleteObject,
        _ => Op::Other,
    }
}
