//! The short way to S3, for what is done by the thousand: PUT, parts, HEAD, listings, copies and deletes.
//!
//! **Does** what the SDK's way does with the same headers, conditions, checksums, checks of the answer and kinds of
//! error, at a sixth of the CPU. **Never** decides where a bucket is by itself: the SDK's own rules say so, and what
//! they find special (access points, express buckets, proxies) goes the SDK's way.
//! **Start reading** at [`Fast::once`]; `calls.rs` has the operations.
mod answer;
mod calls;
mod credentials;
mod line;
pub(crate) mod listing;
pub(crate) mod place;
mod pool;
mod sign;
pub(crate) mod versions;
pub(crate) mod xml;

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri};
use windlass_ports::{RemoteError, RemoteErrorKind};

use self::answer::{Answer, believed};
use self::credentials::Held;
use self::place::{Place, Places};
use self::pool::Pool;
use crate::body::{Counted, Progress};
use crate::error::{Trouble, chain, own};

pub use self::calls::{read_listing_page, read_versions_page};
pub(crate) use self::place::Rules;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("windlass/", env!("CARGO_PKG_VERSION")));

/// What goes to the server.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Its name in the API, for the checks of the answer.
    operation: &'static str,
    method: Method,
    /// Empty for the bucket itself.
    key: &'a str,
    /// Encoded.
    query: String,
    headers: Vec<(&'static str, Cow<'a, str>)>,
    body: &'a Bytes,
    progress: &'a Progress,
    /// SHA-256 of the body in hex; `None` leaves it out of the signature.
    hash: Option<String>,
    /// Most bytes an answer may have.
    limit: usize,
}

/// Everything the short way keeps between calls.
#[derive(Debug)]
pub(crate) struct Fast {
    credentials: Held,
    keys: sign::Keys,
    places: Places,
    pool: Pool,
    /// Seconds by which servers are ahead of our clock.
    clock_ahead: AtomicI64,
}

impl Fast {
    pub(crate) fn new(provider: Option<SharedCredentialsProvider>, rules: Rules) -> Self {
        Self {
            credentials: Held::new(provider),
            keys: sign::Keys::default(),
            places: Places::new(rules),
            pool: Pool::default(),
            clock_ahead: AtomicI64::new(0),
        }
    }

    /// Where a bucket is; `None` when that is for the SDK to say.
    async fn place(&self, bucket: &str, region: &str) -> Option<std::sync::Arc<Place>> {
        self.places.of(bucket, region).await
    }

    /// What a refusal teaches: the server's time, and that credentials are no longer taken.
    pub(crate) fn learn(&self, error: &RemoteError) {
        match error.kind {
            RemoteErrorKind::ClockSkew => {
                if let Some(ahead) = Trouble::of(error).and_then(|t| t.clock_ahead) {
                    self.clock_ahead.store(ahead, Ordering::Relaxed);
                }
            }
            RemoteErrorKind::Unauthenticated => self.credentials.forget(),
            _ => {}
        }
    }

    fn now(&self) -> SystemTime {
        let ahead = self.clock_ahead.load(Ordering::Relaxed);
        let by = Duration::from_secs(ahead.unsigned_abs());
        let now = SystemTime::now();
        if ahead < 0 { now.checked_sub(by) } else { now.checked_add(by) }.unwrap_or(now)
    }

    /// Sends one request once.
    async fn once(&self, place: &Place, call: &Call<'_>) -> Result<Answer, RemoteError> {
        let identity = self.credentials.get().await?;
        let target = place.target(call.key, &call.query);
        let signed = sign::sign(&self.keys, place, call, &target, &identity, self.now())?;
        let bad = |error: &dyn std::fmt::Display| own(RemoteErrorKind::BadRequest, error.to_string());
        let uri = Uri::try_from(target).map_err(|e| bad(&e))?;
        call.progress.reset();
        let mut request = Request::new(Counted::new(call.body.clone(), call.progress.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(call.headers.len() + 8);
        headers.insert(HOST, place.host.clone());
        headers.insert(USER_AGENT, AGENT);
        for (name, value) in &call.headers {
            headers.insert(*name, HeaderValue::from_str(value).map_err(|e| bad(&e))?);
        }
        if call.method == Method::PUT {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
        }
        for (name, value) in signed {
            headers.insert(name, value);
        }
        let answer = self.pool.exchange(place, request, call.limit).await.map_err(|error| {
            let words = error.as_ref();
            own(RemoteErrorKind::Network, chain(words))
        })?;
        believed(call.operation, answer)
    }
}
