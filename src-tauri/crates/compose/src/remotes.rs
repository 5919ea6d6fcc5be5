//! From a connection's id to a client of S3: looks the connection up, adds its secret, keeps the client.
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use windlass_domain::{Bucket, Capabilities};
use windlass_ports::{
    Catalog, Clock, Connection, CredentialSource, JournalError, RemoteBrowse, RemoteCustody, RemoteError,
    RemoteErrorKind, RemoteStore, Remotes, SecretError, SecretStore,
};
use windlass_practice::{PracticeOptions, PracticeServer};
use windlass_s3::{Access, S3Client};

/// Clients by connection. The practice bucket is started when somebody first asks for it.
pub struct LiveRemotes {
    catalog: Arc<dyn Catalog>,
    secrets: Arc<dyn SecretStore>,
    clock: Arc<dyn Clock>,
    /// Names this computer's probes.
    device: String,
    probing: Mutex<()>,
    /// What was found out and could not be noted, by connection and bucket.
    unnoted: std::sync::Mutex<BTreeMap<(String, String), Capabilities>>,
    practice_root: PathBuf,
    practice: Mutex<Option<PracticeServer>>,
    endpoint: std::sync::Mutex<Option<String>>,
    clients: Mutex<HashMap<String, S3Client>>,
}

impl std::fmt::Debug for LiveRemotes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRemotes").finish_non_exhaustive()
    }
}

impl LiveRemotes {
    /// Knows nothing yet; clients are made when asked for.
    #[must_use]
    pub fn new(
        catalog: Arc<dyn Catalog>,
        secrets: Arc<dyn SecretStore>,
        clock: Arc<dyn Clock>,
        device: String,
        practice_root: PathBuf,
    ) -> Self {
        Self {
            catalog,
            secrets,
            clock,
            device,
            probing: Mutex::default(),
            unnoted: std::sync::Mutex::default(),
            practice_root,
            practice: Mutex::default(),
            endpoint: std::sync::Mutex::default(),
            clients: Mutex::default(),
        }
    }

    /// Address of the practice bucket while it runs.
    #[must_use]
    pub fn practice_endpoint(&self) -> Option<String> {
        self.endpoint.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Starts the practice bucket if it does not run.
    ///
    /// # Errors
    /// When its folder or a port cannot be used.
    pub async fn start_practice(&self) -> Result<(), windlass_practice::PracticeError> {
        self.practice_access().await.map(|_| ())
    }

    /// Puts the practice bucket back to its first state.
    ///
    /// # Errors
    /// When its data cannot be written.
    pub async fn reset_practice(&self) -> Result<(), windlass_practice::PracticeError> {
        self.start_practice().await?;
        match self.practice.lock().await.as_ref() {
            Some(server) => server.reset().await,
            None => Ok(()),
        }
    }

    /// Stops the practice bucket.
    pub async fn stop(&self) {
        self.clients.lock().await.clear();
        if let Some(server) = self.practice.lock().await.take() {
            *self.endpoint.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
            server.stop().await;
        }
    }

    async fn practice_access(&self) -> Result<Access, windlass_practice::PracticeError> {
        let mut practice = self.practice.lock().await;
        let server = match practice.take() {
            Some(server) => practice.insert(server),
            None => {
                let server = PracticeServer::start(PracticeOptions::new(&self.practice_root)).await?;
                *self.endpoint.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    Some(server.endpoint());
                practice.insert(server)
            }
        };
        Ok(Access {
            source: CredentialSource::Practice,
            endpoint: Some(server.endpoint()),
            region: Some(server.region().to_owned()),
            access_key: Some(server.access_key().to_owned()),
            secret: Some(windlass_ports::Secret::new(server.secret_key().to_owned())),
            session_token: None,
        })
    }

    async fn access(&self, connection: &Connection) -> Result<Access, RemoteError> {
        let (access_key, secret) = match &connection.source {
            CredentialSource::Practice => {
                return self
                    .practice_access()
                    .await
                    .map_err(|e| RemoteError { kind: RemoteErrorKind::Network, source: Box::new(e) });
            }
            CredentialSource::Profile(_) | CredentialSource::DefaultChain => (None, None),
            CredentialSource::AccessKey { access_key } => {
                let secret = self.secrets.get(&connection.id).await.map_err(secret_trouble)?;
                let secret = secret.ok_or_else(|| RemoteError {
                    kind: RemoteErrorKind::Unauthenticated,
                    source: "the secret of this connection was kept for one session only; enter it again"
                        .into(),
                })?;
                (Some(access_key.clone()), Some(secret))
            }
        };
        Ok(Access {
            source: connection.source.clone(),
            endpoint: connection.endpoint.clone(),
            region: connection.region.clone(),
            access_key,
            secret,
            session_token: None,
        })
    }

    async fn client(&self, id: &str) -> Result<S3Client, RemoteError> {
        let mut clients = self.clients.lock().await;
        if let Some(client) = clients.get(id) {
            return Ok(client.clone());
        }
        let known = self.catalog.connections().await.map_err(journal_trouble)?;
        let connection = known.into_iter().find(|c| c.id == id).ok_or_else(|| RemoteError {
            kind: RemoteErrorKind::Unauthenticated,
            source: "this connection was removed".into(),
        })?;
        let client = S3Client::open(self.access(&connection).await?).await?;
        clients.insert(id.to_owned(), client.clone());
        Ok(client)
    }

    /// What was proved of a bucket; tries it out when nobody did.
    async fn capabilities(
        &self,
        client: &S3Client,
        connection: &str,
        bucket: &Bucket,
        near: &str,
    ) -> Result<Capabilities, RemoteError> {
        // One at a time: two of one name would clean up under each other's feet.
        let _one = self.probing.lock().await;
        let known = self.catalog.capabilities(connection, bucket.as_str()).await.map_err(journal_trouble)?;
        // What an older version found out says nothing about what is asked since.
        if let Some((found, _)) = known.filter(|(found, _)| found.is_current()) {
            return Ok(found);
        }
        let place = (connection.to_owned(), bucket.as_str().to_owned());
        let before = self.unnoted().get(&place).cloned();
        let found = match before {
            Some(found) => found,
            None => {
                let attempt = self.clock.now().0.unsigned_abs();
                match client.browse().probe(bucket, near, &self.device, attempt).await {
                    Ok(found) => found,
                    // A reader may not try writing out. Nothing is known then, and nothing is stored as known.
                    Err(error) if error.kind == RemoteErrorKind::AccessDenied => {
                        return Ok(Capabilities::default());
                    }
                    Err(error) => return Err(of_the_probe(error)),
                }
            }
        };
        // A journal without space is no fault of the bucket's, and what was found out is true all the same. Whoever has
        // something to write next meets the full disk and says so (hazard HA29).
        match self.catalog.save_capabilities(connection, bucket.as_str(), &found, self.clock.now()).await {
            Ok(()) => drop(self.unnoted().remove(&place)),
            Err(error) => {
                tracing::error!(kind = ?error.kind, error = %error.source, "what the server can do could not be noted in the journal");
                self.unnoted().insert(place, found.clone());
            }
        }
        Ok(found)
    }

    fn unnoted(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Capabilities>> {
        self.unnoted.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Remotes for LiveRemotes {
    async fn store(
        &self,
        connection: &str,
        bucket: &Bucket,
        near: &str,
    ) -> Result<Arc<dyn RemoteStore>, RemoteError> {
        let client = self.client(connection).await?;
        let capabilities = self.capabilities(&client, connection, bucket, near).await?;
        Ok(Arc::new(client.bucket(bucket, capabilities)))
    }

    async fn browse(&self, connection: &str) -> Result<Arc<dyn RemoteBrowse>, RemoteError> {
        Ok(Arc::new(self.client(connection).await?.browse()))
    }

    async fn custody(&self, connection: &str) -> Result<Arc<dyn RemoteCustody>, RemoteError> {
        Ok(Arc::new(self.client(connection).await?.browse()))
    }

    async fn forget(&self, connection: &str) {
        self.unnoted().retain(|(of, _), _| of != connection);
        self.clients.lock().await.remove(connection);
    }
}

/// What the probe met at a key of its own says nothing about the file that waits for it.
fn of_the_probe(error: RemoteError) -> RemoteError {
    match error.kind {
        RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::NotFound
        | RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::Integrity
        | RemoteErrorKind::BadRequest => RemoteError { kind: RemoteErrorKind::Unexpected, ..error },
        _ => error,
    }
}

fn journal_trouble(error: JournalError) -> RemoteError {
    RemoteError { kind: RemoteErrorKind::Unexpected, source: Box::new(error) }
}

fn secret_trouble(error: SecretError) -> RemoteError {
    RemoteError { kind: RemoteErrorKind::Unauthenticated, source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use windlass_journal::SqliteJournal;
    use windlass_platform::{Secrets, SystemClock};

    use super::*;

    /// Found by `tests/net/fulldisk.py`: a client that was trying a bucket out when the journal's disk got full blamed the
    /// server, in silence, and tried it out again and again.
    #[tokio::test]
    async fn ha29_a_journal_that_takes_nothing_is_not_the_buckets_fault() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal.db");
        let owner = SqliteJournal::open(&file).unwrap();
        let connection = Connection {
            id: "c".to_owned(),
            name: "Practice".to_owned(),
            source: CredentialSource::Practice,
            endpoint: None,
            region: None,
            start_in: String::new(),
            position: 0,
        };
        owner.save_connection(connection).await.unwrap();
        // Writing to this one fails.
        let catalog: Arc<dyn Catalog> = Arc::new(SqliteJournal::open_shared(&file).unwrap());
        let remotes = LiveRemotes::new(
            Arc::clone(&catalog),
            Arc::new(Secrets::new(folder.path())),
            Arc::new(SystemClock),
            "d".to_owned(),
            folder.path().join("practice"),
        );
        let browse = remotes.browse("c").await.unwrap();
        let name = browse.buckets().await.unwrap().remove(0).name;
        let bucket = Bucket::new(name.as_str());
        let store = remotes.store("c", &bucket, "").await.unwrap();
        assert_eq!(catalog.capabilities("c", &name).await.unwrap(), None);
        assert!(store.capabilities().is_current());
        // What was found out is remembered, and noted when the journal takes it.
        assert_eq!(remotes.unnoted().len(), 1);
        assert_eq!(remotes.store("c", &bucket, "").await.unwrap().capabilities(), store.capabilities());
        remotes.forget("c").await;
        assert_eq!(remotes.unnoted().len(), 0);
        remotes.stop().await;
    }
}
