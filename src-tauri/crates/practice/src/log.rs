//! The last requests, for tests that ask what was really sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;

use crate::target::Op;

/// How many requests are remembered.
const REMEMBERED: usize = 100_000;

/// One request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// `GET`, `PUT`, ...
    pub method: String,
    /// The bucket, if the request names one.
    pub bucket: Option<String>,
    /// The key, decoded, if the request names one.
    pub key: Option<String>,
    /// The query as it was sent.
    pub query: String,
    /// Which S3 operation it is.
    pub operation: Op,
    /// Conditions, checksums, ranges and lengths; names in lower case. Never signatures.
    pub headers: BTreeMap<String, String>,
    /// The status answered; `None` when the connection was cut instead.
    pub status: Option<u16>,
    /// Bytes of the request body that arrived.
    pub body_bytes: u64,
}

/// A bounded ring of records.
#[derive(Clone, Default)]
pub(crate) struct Log {
    ring: Arc<Mutex<VecDeque<RequestRecord>>>,
}

impl Log {
    pub(crate) fn push(&self, record: RequestRecord) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= REMEMBERED {
            ring.pop_front();
        }
        ring.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The headers worth remembering.
pub(crate) fn interesting(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            name.starts_with("if-")
                || name.starts_with("x-amz-checksum")
                || name.starts_with("x-amz-copy-source")
                || name.starts_with("x-amz-meta-")
                || matches!(
                    name,
                    "content-length"
                        | "content-md5"
                        | "content-encoding"
                        | "content-type"
                        | "range"
                        | "user-agent"
                        | "x-amz-content-sha256"
                        | "x-amz-date"
                        | "x-amz-decoded-content-length"
                        | "x-amz-sdk-checksum-algorithm"
                        | "x-amz-trailer"
                )
        })
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}
