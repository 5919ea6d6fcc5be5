//! What a failed call means. Status and error code decide; the server's text is only shown.
use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use windlass_ports::{RemoteError, RemoteErrorKind};

use crate::guard::{NotS3, RefusedInBody};

/// What the server said when it refused, or what kept us from hearing it. Holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Trouble {
    /// In words, with status and code.
    pub text: String,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The server's error code.
    pub code: Option<String>,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// The bucket's region, when the server named it.
    pub region: Option<String>,
    /// The server's clock minus ours, in seconds, when the answer had a date.
    pub clock_ahead: Option<i64>,
}

impl Trouble {
    /// The trouble inside an error of this crate.
    #[must_use]
    pub fn of(error: &RemoteError) -> Option<&Self> {
        error.source.downcast_ref()
    }
}

/// An error of ours, without an answer behind it.
pub(crate) fn own(kind: RemoteErrorKind, text: impl Into<String>) -> RemoteError {
    let trouble = Trouble {
        text: text.into(),
        status: None,
        code: None,
        request_id: None,
        region: None,
        clock_ahead: None,
    };
    RemoteError { kind, source: Box::new(trouble) }
}

pub(crate) fn stalled(after: Duration) -> RemoteError {
    own(
        RemoteErrorKind::Network,
        format!(
            "nothing moved for {} seconds, so the request was given up; it may have taken effect",
            after.as_secs()
        ),
    )
}

/// Every layer of an error in one line, without repeating a layer that says what the one above said.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(layer) = next {
        let words = layer.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = layer.source();
    }
    text
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(layer) = next {
        if let Some(found) = layer.downcast_ref::<T>() {
            return Some(found);
        }
        next = layer.source();
    }
    None
}

/// Seconds by which the server's clock is ahead of ours, by its `Date`.
pub(crate) fn clock_ahead(date: Option<&str>) -> Option<i64> {
    let server = DateTime::from_str(date?, DateTimeFormat::HttpDate).ok()?.secs();
    let here = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(server - i64::try_from(here).ok()?)
}

/// Translates what the SDK reports.
pub(crate) fn translate<E>(error: SdkError<E, HttpResponse>) -> RemoteError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let header = |name: &str| error.raw_response().and_then(|r| r.headers().get(name)).map(str::to_owned);
    let status = error.raw_response().map(|r| r.status().as_u16());
    let html = header("content-type").is_some_and(|t| t.contains("text/html"));
    let clock_ahead = clock_ahead(header("date").as_deref());
    let region = header("x-amz-bucket-region");
    let request_id = header("x-amz-request-id");
    let mut code = error.code().map(str::to_owned).or_else(|| header("x-amz-error-code"));
    let words = chain(&error);

    let kind = if let Some(found) = find::<NotS3>(&error) {
        if found.subresource { RemoteErrorKind::Unsupported } else { RemoteErrorKind::Network }
    } else if let Some(found) = find::<RefusedInBody>(&error) {
        code = Some(found.code.clone());
        kind_of(status.unwrap_or(200), code.as_deref(), html)
    } else {
        match &error {
            SdkError::ConstructionFailure(_) if credentials_failed(&words) => {
                RemoteErrorKind::Unauthenticated
            }
            SdkError::ConstructionFailure(_) => RemoteErrorKind::BadRequest,
            SdkError::ServiceError(_) => kind_of(status.unwrap_or(0), code.as_deref(), html),
            // No answer, a cut one, or one that cannot be read; and whatever the SDK may add later.
            _ => {
                if credentials_failed(&words) {
                    RemoteErrorKind::Unauthenticated
                } else {
                    RemoteErrorKind::Network
                }
            }
        }
    };
    let text = match (status, &code) {
        (Some(status), Some(code)) => {
            let said = error.message().unwrap_or_default();
            format!("status {status}, {code}. {said}").trim_end().to_owned()
        }
        (Some(status), None) => format!("status {status}: {words}"),
        (None, _) => words,
    };
    RemoteError { kind, source: Box::new(Trouble { text, status, code, request_id, region, clock_ahead }) }
}

/// What a refusal says that came the short way, by the same table.
pub(crate) fn refused(
    status: u16,
    code: Option<String>,
    message: Option<String>,
    region: Option<String>,
    html: bool,
    header: impl Fn(&str) -> Option<String>,
) -> RemoteError {
    let code = code.or_else(|| header("x-amz-error-code"));
    let kind = kind_of(status, code.as_deref(), html);
    let text = match &code {
        Some(code) => {
            format!("status {status}, {code}. {}", message.unwrap_or_default()).trim_end().to_owned()
        }
        None => format!("status {status}"),
    };
    let clock_ahead = clock_ahead(header("date").as_deref());
    let request_id = header("x-amz-request-id");
    let trouble = Trouble { text, status: Some(status), code, request_id, region, clock_ahead };
    RemoteError { kind, source: Box::new(trouble) }
}

/// What an answer means that came the short way and is not believed.
pub(crate) fn disbelieved(
    error: &(dyn StdError + 'static),
    status: u16,
    html: bool,
    header: impl Fn(&str) -> Option<String>,
) -> RemoteError {
    let code = find::<RefusedInBody>(error).map(|refused| refused.code.clone());
    let kind = match find::<NotS3>(error) {
        Some(found) if found.subresource => RemoteErrorKind::Unsupported,
        Some(_) => RemoteErrorKind::Network,
        None => kind_of(status, code.as_deref(), html),
    };
    let trouble = Trouble {
        text: format!("status {status}: {error}"),
        status: Some(status),
        code,
        request_id: header("x-amz-request-id"),
        region: header("x-amz-bucket-region"),
        clock_ahead: clock_ahead(header("date").as_deref()),
    };
    RemoteError { kind, source: Box::new(trouble) }
}

/// The SDK's own words (not a server's) when no credentials could be had before anything was sent.
fn credentials_failed(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("credential") || words.contains("sso") || words.contains("token has expired")
}

/// The table of hazard HE4.
pub(crate) fn kind_of(status: u16, code: Option<&str>, html: bool) -> RemoteErrorKind {
    use RemoteErrorKind as K;
    match code {
        Some("NoSuchKey" | "NoSuchVersion") => K::NotFound,
        Some("NoSuchBucket") => K::BucketMissing,
        Some("NoSuchUpload") => K::NoSuchUpload,
        Some("PreconditionFailed") => K::PreconditionFailed,
        Some("ConditionalRequestConflict" | "OperationAborted") => K::ConditionalConflict,
        Some("RequestTimeTooSkewed") => K::ClockSkew,
        Some(
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "TemporaryRedirect"
            | "IllegalLocationConstraintException",
        ) => K::WrongRegion,
        Some(
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "NotSignedUp"
            | "InvalidSecurity"
            | "MissingSecurityHeader"
            | "RequestExpired",
        ) => K::Unauthenticated,
        Some("AccessDenied" | "AllAccessDisabled" | "AccountProblem") => K::AccessDenied,
        Some(
            "SlowDown"
            | "ServiceUnavailable"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequests"
            | "RequestLimitExceeded"
            | "503 SlowDown",
        ) => K::Throttled,
        Some(
            "BadDigest"
            | "InvalidDigest"
            | "XAmzContentSHA256Mismatch"
            | "XAmzContentChecksumMismatch"
            | "ChecksumMismatch",
        ) => K::Integrity,
        Some("RequestTimeout" | "InternalError" | "IncompleteBody") => K::Network,
        Some("NotImplemented" | "MethodNotAllowed") => K::Unsupported,
        Some("InvalidObjectState") => K::Archived,
        Some(_) | None => match status {
            // HTML without an S3 code: someone between us and the server.
            _ if html && code.is_none() => K::Network,
            301 | 307 => K::WrongRegion,
            300..=399 => K::Network,
            401 => K::Unauthenticated,
            403 => K::AccessDenied,
            404 => K::NotFound,
            405 | 501 => K::Unsupported,
            409 => K::ConditionalConflict,
            412 => K::PreconditionFailed,
            429 | 503 => K::Throttled,
            408 | 500 | 502 | 504 | 511 => K::Network,
            400..=499 => K::BadRequest,
            _ => K::Unexpected,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn he4_status_and_code_decide_not_text() {
        use RemoteErrorKind as K;
        for (status, code, kind) in [
            (503, Some("SlowDown"), K::Throttled),
            (429, None, K::Throttled),
            (403, Some("AccessDenied"), K::AccessDenied),
            (403, Some("RequestTimeTooSkewed"), K::ClockSkew),
            (403, Some("InvalidAccessKeyId"), K::Unauthenticated),
            (400, Some("ExpiredToken"), K::Unauthenticated),
            (404, Some("NoSuchBucket"), K::BucketMissing),
            (404, Some("NoSuchUpload"), K::NoSuchUpload),
            (404, None, K::NotFound),
            (412, None, K::PreconditionFailed),
            (409, Some("ConditionalRequestConflict"), K::ConditionalConflict),
            (400, Some("BadDigest"), K::Integrity),
            (400, Some("AuthorizationHeaderMalformed"), K::WrongRegion),
            (301, None, K::WrongRegion),
            (500, Some("InternalError"), K::Network),
            (400, Some("RequestTimeout"), K::Network),
            (501, Some("NotImplemented"), K::Unsupported),
            (403, Some("InvalidObjectState"), K::Archived),
        ] {
            assert_eq!(kind_of(status, code, false), kind, "{status} {code:?}");
        }
        assert_eq!(kind_of(403, None, true), K::Network, "a page of a proxy is no answer of S3");
    }
}
