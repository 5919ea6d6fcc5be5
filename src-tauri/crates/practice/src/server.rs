//! Starting, resetting and stopping the server.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::S3Result;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::host::SingleDomain;
use s3s::s3_error;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config_docs::ConfigDocs;
use crate::faults::Faults;
use crate::layer::{Layer, Trusted};
use crate::log::{Log, RequestRecord};
use crate::ops::Practice;
use crate::store::Store;
use crate::thaw::{ArchiveTier, Pace, ThawPace};
use crate::{PracticeError, credentials, sample};

const REGION: &str = "us-east-1";

/// How the server is to be started.
#[derive(Debug, Clone)]
pub struct PracticeOptions {
    /// Where the data lies. Made if it isn't there.
    pub root: PathBuf,
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Access key and secret key; `None`: made once and kept in `root/credentials.json`, readable by this user only.
    pub credentials: Option<(String, String)>,
    /// Whether the sample photos are put in when the data is new.
    pub seed_sample: bool,
    /// The rules of what goes wrong. The server shares this table.
    pub faults: Faults,
    /// How quickly archived objects thaw.
    pub thaw: ThawPace,
}

impl PracticeOptions {
    /// Any free port, own keys, sample photos, no faults.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            port: 0,
            credentials: None,
            seed_sample: true,
            faults: Faults::default(),
            thaw: ThawPace::default(),
        }
    }
}

/// A running server. Dropping it ends it at once; what was answered with success is kept.
pub struct PracticeServer {
    port: u16,
    access_key: String,
    secret_key: String,
    seed_sample: bool,
    store: Arc<Store>,
    faults: Faults,
    pace: Pace,
    log: Log,
    tasks: JoinSet<()>,
}

impl PracticeServer {
    /// Opens the data, finishes what an earlier run was killed in, and listens on 127.0.0.1.
    ///
    /// # Errors
    /// When the folder, the index, the keys or the port can't be used.
    pub async fn start(options: PracticeOptions) -> Result<Self, PracticeError> {
        let PracticeOptions { root, port, credentials, seed_sample, faults, thaw } = options;
        let pace = Pace::new(thaw);
        let opened = tokio::task::spawn_blocking(move || open(&root, credentials, seed_sample)).await;
        let (store, access_key, secret_key) = opened.map_err(|e| PracticeError::Index(Box::new(e)))??;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(PracticeError::Listen)?;
        let port = listener.local_addr().map_err(PracticeError::Listen)?.port();
        let log = Log::default();
        let practice = Practice::new(Arc::clone(&store), faults.clone(), pace.clone());
        let mut builder = S3ServiceBuilder::new(practice);
        builder.set_auth(OneKey {
            access_key: access_key.clone(),
            secret_key: SecretKey::from(secret_key.as_str()),
        });
        builder.set_access(SignedOrTrusted);
        builder.set_route(ConfigDocs::new(Arc::clone(&store)));
        let domain = format!("localhost:{port}");
        builder.set_host(
            SingleDomain::new(&domain).map_err(|e| PracticeError::Listen(std::io::Error::other(e)))?,
        );
        let mut config = S3Config::default();
        // The layer compares the clocks, because its own may be moved by a rule.
        config.presigned_url_max_skew_time_secs = u32::MAX;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        let layer = Arc::new(Layer { service: builder.build(), faults: faults.clone(), log: log.clone() });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, layer));
        Ok(Self { port, access_key, secret_key, seed_sample, store, faults, pace, log, tasks })
    }

    /// The address for clients.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The only access key that is known.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// Its secret.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The region of all buckets.
    #[must_use]
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// Removes everything and, if the server was started so, puts the sample photos in again.
    ///
    /// # Errors
    /// When the data can't be written; the next start finishes the job.
    pub async fn reset(&self) -> Result<(), PracticeError> {
        let store = Arc::clone(&self.store);
        let seed = self.seed_sample;
        let done = tokio::task::spawn_blocking(move || {
            store.wipe().map_err(|e| PracticeError::Index(Box::new(e)))?;
            if seed { sample::seed(&store) } else { Ok(()) }
        });
        done.await.map_err(|e| PracticeError::Index(Box::new(e)))?
    }

    /// The live table of rules.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Thaws at this pace from the next request on.
    pub fn set_thaw_pace(&self, pace: ThawPace) {
        self.pace.set(pace);
    }

    /// Lets an object of `INTELLIGENT_TIERING` fall into an archive tier, as months without a reader do.
    ///
    /// # Errors
    /// When there is no such object, or it is of another class.
    pub async fn archive(&self, bucket: &str, key: &str, tier: ArchiveTier) -> Result<(), PracticeError> {
        let (store, bucket, key) = (Arc::clone(&self.store), bucket.to_owned(), key.to_owned());
        let done = tokio::task::spawn_blocking(move || {
            store.update_meta(&bucket, &key, None, |row| {
                if row.storage_class != "INTELLIGENT_TIERING" {
                    return Err(s3_error!(InvalidObjectState, "The object is of another class."));
                }
                row.meta.archive_tier = Some(tier.name().to_owned());
                row.meta.thaw = None;
                Ok(())
            })
        });
        let done = done.await.map_err(|e| PracticeError::Index(Box::new(e)))?;
        done.map(|_| ()).map_err(|e| PracticeError::Index(Box::new(e)))
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn request_log(&self) -> Vec<RequestRecord> {
        self.log.all()
    }

    /// Stops listening and cuts all connections.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn open(
    root: &std::path::Path,
    given: Option<(String, String)>,
    seed_sample: bool,
) -> Result<(Arc<Store>, String, String), PracticeError> {
    std::fs::create_dir_all(root).map_err(PracticeError::Folder)?;
    let (access_key, secret_key) = match given {
        Some(pair) => pair,
        None => credentials::load_or_create(root)?,
    };
    let store = Arc::new(Store::open(root).map_err(PracticeError::Index)?);
    if seed_sample {
        sample::seed(&store)?;
    }
    Ok((store, access_key, secret_key))
}

/// Owns all connections: they end when this ends.
async fn accept(listener: TcpListener, layer: Arc<Layer>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file handles, most likely: give the running requests a moment.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                };
                // Without this small answers wait 40 ms for an acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY could not be set");
                }
                let layer = Arc::clone(&layer);
                connections.spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let layer = Arc::clone(&layer);
                        async move { layer.handle(request).await }
                    });
                    let served = hyper::server::conn::http1::Builder::new()
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    if let Err(error) = served {
                        tracing::debug!(%error, "connection ended");
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

struct OneKey {
    access_key: String,
    secret_key: SecretKey,
}

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.access_key {
            Ok(self.secret_key.clone())
        } else {
            Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            ))
        }
    }
}

struct SignedOrTrusted;

#[async_trait::async_trait]
impl S3Access for SignedOrTrusted {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        if cx.credentials().is_some() || cx.extensions_mut().get::<Trusted>().is_some() {
            Ok(())
        } else {
            Err(s3_error!(AccessDenied, "Access Denied"))
        }
    }
}
