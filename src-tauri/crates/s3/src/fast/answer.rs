//! An answer, and whether it is believed. The same checks as on the SDK's way.
use std::str::from_utf8;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use windlass_ports::RemoteError;

use super::xml::unescape;
use crate::error::{disbelieved, refused};
use crate::guard::{check, root_of};

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header's text; an empty one is none.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| from_utf8(v.as_bytes()).ok()).filter(|v| !v.is_empty())
    }

    fn html(&self) -> bool {
        self.header("content-type").is_some_and(|t| t.contains("text/html"))
    }

    /// Text of the first `<name>` in a small document.
    pub(super) fn said(&self, name: &str) -> Option<String> {
        let text = from_utf8(&self.body).ok()?;
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once('<')?;
        Some(unescape(value.trim()).ok()?.into_owned()).filter(|v| !v.is_empty())
    }
}

/// The answer, if it is a good one and S3's.
pub(super) fn believed(operation: &str, answer: Answer) -> Result<Answer, RemoteError> {
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        let etag = answer.header("etag").is_some();
        return match check(operation, Some(&answer.body), etag, answer.html()) {
            Ok(()) => Ok(answer),
            Err(error) => Err(disbelieved(&*error, status, answer.html(), |name| {
                answer.header(name).map(str::to_owned)
            })),
        };
    }
    let document = matches!(root_of(&answer.body).as_deref(), Some("Error" | "ErrorResponse"));
    let of = |name: &str| if document { answer.said(name) } else { None };
    let region = answer.header("x-amz-bucket-region").map(str::to_owned).or_else(|| of("Region"));
    // The answer to HEAD has no document, and the SDK has a name for this one.
    let nothing = operation == "HeadObject" && status == 404 && answer.header("x-amz-error-code").is_none();
    let code = of("Code").or_else(|| nothing.then(|| "NotFound".to_owned()));
    Err(refused(status, code, of("Message"), region, answer.html(), |name| {
        answer.header(name).map(str::to_owned)
    }))
}
