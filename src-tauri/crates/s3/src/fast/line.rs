//! One connection. It is driven by whoever waits for its answer: there is no task beside it, and dropping the caller's
//! future closes it.
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use http::{Request, Uri};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::service::Service as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;

use super::answer::Answer;
use crate::body::Counted;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes hyper gathers before it writes or hands on.
const BUFFER: usize = 1 << 20;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Wire = MaybeHttpsStream<TokioIo<TcpStream>>;
type Connect = TowerToHyperService<HttpsConnector<HttpConnector>>;

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// Nothing of it was sent; here it is again.
    Unsent(Box<Request<Counted>>, BoxError),
    /// It may have taken effect.
    Sent(BoxError),
}

/// The system's certificates. Loading them takes milliseconds, so it is done when the first secure line is opened.
static ROOTS: LazyLock<RootCertStore> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    if !found.errors.is_empty() {
        tracing::warn!(errors = ?found.errors, "some certificates of this system could not be read");
    }
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(found.certs);
    if taken == 0 {
        tracing::warn!("this system has no certificates, so no secure line can be opened");
    }
    roots
});

fn plain() -> HttpConnector {
    let mut plain = HttpConnector::new();
    plain.set_nodelay(true);
    plain.enforce_http(false);
    plain.set_connect_timeout(Some(CONNECT));
    plain
}

/// The same protection as the SDK's client: TLS 1.2 or 1.3, and a certificate this system trusts.
static SECURE: LazyLock<Result<Connect, rustls::Error>> = LazyLock::new(|| {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(ROOTS.clone())
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1();
    Ok(TowerToHyperService::new(connector.wrap_connector(plain())))
});

async fn wire(origin: &Uri) -> Result<Wire, BoxError> {
    if origin.scheme_str() == Some("https") {
        return SECURE.as_ref().map_err(Clone::clone)?.call(origin.clone()).await;
    }
    Ok(MaybeHttpsStream::Http(TowerToHyperService::new(plain()).call(origin.clone()).await?))
}

pub(super) struct Line {
    sender: SendRequest<Counted>,
    work: Box<Connection<Wire, Counted>>,
    ended: bool,
}

impl Line {
    pub(super) async fn open(origin: &Uri) -> Result<Self, BoxError> {
        let wire = match tokio::time::timeout(CONNECT, wire(origin)).await {
            Ok(wire) => wire?,
            Err(_) => {
                return Err(format!("no connection within {} seconds", CONNECT.as_secs()).into());
            }
        };
        let (sender, work) = Builder::new().max_buf_size(BUFFER).handshake(wire).await?;
        Ok(Self { sender, work: Box::new(work), ended: false })
    }

    /// Waits for `step` and moves the connection meanwhile.
    async fn drive<T>(&mut self, step: impl Future<Output = T>) -> T {
        let mut step = pin!(step);
        poll_fn(|cx| {
            // First `step`, so that it has asked for what `work` may bring at once.
            if let Poll::Ready(done) = step.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            if !self.ended && Pin::new(&mut *self.work).poll(cx).is_ready() {
                // Whatever it ended with reaches `step` through hyper's channels.
                self.ended = true;
            }
            step.as_mut().poll(cx)
        })
        .await
    }

    /// Whether another request may go this way. Looks whether the server has closed it meanwhile.
    pub(super) fn usable(&mut self) -> bool {
        if !self.ended && (&mut *self.work).now_or_never().is_some() {
            self.ended = true;
        }
        !self.ended && self.sender.is_ready()
    }

    /// Sends a request and takes the whole answer, of at most `limit` bytes.
    pub(super) async fn exchange(&mut self, request: Request<Counted>, limit: usize) -> Result<Answer, Lost> {
        let sent = self.sender.try_send_request(request);
        let response = match self.drive(sent).await {
            Ok(response) => response,
            Err(mut error) => {
                return Err(match error.take_message() {
                    Some(request) => Lost::Unsent(Box::new(request), error.into_error().into()),
                    None => Lost::Sent(error.into_error().into()),
                });
            }
        };
        let (head, mut body) = response.into_parts();
        let body = self.body(&mut body, limit).await.map_err(Lost::Sent)?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    async fn body(&mut self, body: &mut Incoming, limit: usize) -> Result<Bytes, BoxError> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        loop {
            let Some(frame) = self.drive(body.frame()).await else { break };
            let Ok(data) = frame?.into_data() else { continue };
            if all.len() + first.as_ref().map_or(0, Bytes::len) + data.len() > limit {
                return Err(format!("the answer is longer than {limit} bytes").into());
            }
            match first.take() {
                None if all.is_empty() => first = Some(data),
                None => all.extend_from_slice(&data),
                Some(start) => {
                    all.reserve(told.min(limit).max(start.len() + data.len()));
                    all.extend_from_slice(&start);
                    all.extend_from_slice(&data);
                }
            }
        }
        Ok(first.unwrap_or_else(|| all.freeze()))
    }
}
