//! What all parts of an engine share.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use windlass_domain::{Bucket, PairId, Revision, ThawId, Timestamp, UploadSpec};
use windlass_ports::{
    Catalog, Clock, Entropy, Jobs, Journal, JournalError, JournalErrorKind, JournalWrite, LocalFs,
    RemoteError, RemoteErrorKind, RemoteStore, Remotes, Thaws, Watcher,
};

use crate::budget::{Budget, Entered};
use crate::download::Downloads;
use crate::jobs::Board;
use crate::meter::Meter;
use crate::pair::PairHandle;
use crate::pool::Pool;
use crate::report::Batches;
use crate::retry;
use crate::thaws;

/// How long a client of a bucket is kept before it is asked for again.
const STORE_LIFE: Duration = Duration::from_secs(30);
/// Time between two tries to write a journal that has no space.
const JOURNAL_AGAIN: Duration = Duration::from_secs(3);
/// An engine that stops waits this long for a client that is being made: a first use tries the server out, and cleans up
/// after itself.
const STORE_GRACE: Duration = Duration::from_secs(2);

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that is young enough.
fn kept(stores: &Mutex<Stores>, place: &(String, Bucket)) -> Option<Arc<dyn RemoteStore>> {
    let stores = lock(stores);
    let (store, since) = stores.get(place)?;
    (since.elapsed() < STORE_LIFE).then(|| Arc::clone(store))
}

fn stopping() -> RemoteError {
    RemoteError { kind: RemoteErrorKind::Network, source: "Windlass is closing".into() }
}

/// Settings of an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How long a file must lie still before it is read.
    pub settle: Duration,
    /// Time between two looks at a whole folder; nothing depends on events alone.
    pub rescan: Duration,
    /// What is missing is gone only when it was missing twice, so far apart (invariant I6).
    pub absence: Duration,
    /// Mirror and two-way folders look at the bucket this often; less often where that costs many requests.
    pub remote_every: Duration,
    /// Time between two looks at a folder's marker.
    pub marker_every: Duration,
    /// A folder whose work has not gone on for this long is told to be silent (hazard HC15). No honest work takes so long
    /// without a sign.
    pub silent: Duration,
    /// Bytes per second at the most.
    pub bandwidth: Option<u64>,
    /// Requests in flight at the most.
    pub requests: usize,
    /// Bytes of all buffers together.
    pub buffer_bytes: u64,
    /// Small files (one request) under way at the most.
    pub small_at_once: usize,
    /// Large files (parts) under way at the most.
    pub large_at_once: usize,
    /// Parts of one file under way at the most.
    pub parts_at_once: usize,
    /// What counts as a second of the hours that archives take; shorter in tests, and for the practice bucket, which takes half a
    /// minute for them.
    pub thaw_second: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(10),
            rescan: Duration::from_secs(30 * 60),
            marker_every: Duration::from_secs(3),
            silent: Duration::from_secs(10 * 60),
            absence: Duration::from_secs(60),
            remote_every: Duration::from_secs(60),
            bandwidth: None,
            requests: 32,
            buffer_bytes: 64 * 1024 * 1024,
            small_at_once: 96,
            large_at_once: 3,
            parts_at_once: 6,
            thaw_second: Duration::from_secs(1),
        }
    }
}

/// The world, as ports.
#[derive(Debug, Clone)]
pub struct EnginePorts {
    /// S3 by connection.
    pub remotes: Arc<dyn Remotes>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// Jobs, in the same journal.
    pub jobs: Arc<dyn Jobs>,
    /// Batches of archived objects, in the same journal.
    pub thaws: Arc<dyn Thaws>,
    /// Settings that outlive a start.
    pub settings: Arc<dyn Catalog>,
    /// The disk.
    pub fs: Arc<dyn LocalFs>,
    /// File events.
    pub watcher: Arc<dyn Watcher>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A hint: look again. Never the data itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// Uploads changed up to this revision of the journal.
    Uploads(Revision),
    /// Downloads changed.
    Downloads,
    /// A sync folder changed.
    Pair(PairId),
    /// A job changed.
    Jobs,
    /// A batch of archived objects changed.
    Thaws,
    /// A batch of archived objects can be read from now on.
    Thawed {
        /// Which.
        id: ThawId,
        /// Its name, as the keys have it.
        name: String,
        /// Objects that can be read.
        objects: u64,
        /// When the first copy ends.
        ends_at: Option<Timestamp>,
    },
}

/// The engine is stopping: no new work, no more writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopping;

/// Whoever holds it asks for a bucket's client.
type Turn = Arc<tokio::sync::Mutex<()>>;
type Stores = BTreeMap<(String, Bucket), (Arc<dyn RemoteStore>, Instant)>;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ports: EnginePorts,
    pub(crate) options: EngineOptions,
    pub(crate) device: String,
    pub(crate) budget: Budget,
    pub(crate) meter: Arc<Meter>,
    pub(crate) pool: Pool,
    pub(crate) batches: Batches,
    pub(crate) downloads: Downloads,
    pub(crate) jobs: Board,
    pub(crate) thaws: thaws::Board,
    pub(crate) pairs: Mutex<BTreeMap<PairId, Arc<PairHandle>>>,
    pub(crate) events: broadcast::Sender<EngineEvent>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) all_paused: AtomicBool,
    stores: Arc<Mutex<Stores>>,
    /// One at a time asks for the client of a bucket: the first use tries out what its server can do.
    asking: Mutex<BTreeMap<(String, Bucket), Turn>>,
    /// Connections whose credentials were refused last.
    refused: Mutex<BTreeSet<String>>,
}

impl Shared {
    pub(crate) fn new(ports: EnginePorts, options: EngineOptions, device: String) -> Self {
        Self {
            budget: Budget::new(options.requests, options.buffer_bytes, options.bandwidth),
            meter: Arc::default(),
            pool: Pool::new(&options),
            batches: Batches::default(),
            downloads: Downloads::default(),
            jobs: Board::default(),
            thaws: thaws::Board::default(),
            pairs: Mutex::default(),
            events: broadcast::channel(256).0,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            all_paused: AtomicBool::new(false),
            stores: Arc::default(),
            asking: Mutex::default(),
            refused: Mutex::default(),
            ports,
            options,
            device,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn id(&self, kind: char) -> String {
        format!("{kind}{:016x}", self.ports.entropy.next_u64())
    }

    pub(crate) fn tell(&self, event: EngineEvent) {
        // An error only says that nobody listens.
        let _unheard = self.events.send(event);
    }

    pub(crate) fn paused(&self) -> bool {
        self.all_paused.load(Ordering::SeqCst)
    }

    pub(crate) fn pair(&self, id: &PairId) -> Option<Arc<PairHandle>> {
        lock(&self.pairs).get(id).cloned()
    }

    /// Something of this folder's work goes on.
    pub(crate) fn beat(&self, pair: Option<&PairId>) {
        if let Some(pair) = pair.and_then(|pair| self.pair(pair)) {
            pair.beat();
        }
    }

    /// Writes a batch. A journal that cannot be written (no space) is waited for: nothing may happen in the world that it
    /// does not know of (hazard HA29).
    pub(crate) async fn commit(&self, batch: Vec<JournalWrite>) -> Result<Revision, Stopping> {
        self.noted(|| self.ports.journal.commit(batch.clone())).await
    }

    /// The same for any write of the journal: tried until it is durable, or another process owns the journal, or the engine stops.
    pub(crate) async fn noted<T, F>(&self, write: impl Fn() -> F) -> Result<T, Stopping>
    where
        F: Future<Output = Result<T, JournalError>>,
    {
        let mut told = false;
        loop {
            match write().await {
                Ok(written) => return Ok(written),
                Err(error) => {
                    if !told {
                        tracing::error!(kind = ?error.kind, error = %error.source, "the journal could not be written; work waits");
                        told = true;
                    }
                    if error.kind == JournalErrorKind::Owned {
                        return Err(Stopping);
                    }
                }
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Stopping),
                () = tokio::time::sleep(JOURNAL_AGAIN) => {}
            }
        }
    }

    /// The bucket as the engine uses it.
    pub(crate) async fn store(
        &self,
        connection: &str,
        bucket: &Bucket,
        near: &str,
    ) -> Result<Arc<dyn RemoteStore>, RemoteError> {
        let place = (connection.to_owned(), bucket.clone());
        if let Some(store) = kept(&self.stores, &place) {
            return Ok(store);
        }
        // A task of its own: whoever asked may be paused meanwhile, and a trial that is cut off leaves what it wrote behind.
        let asking = Arc::clone(lock(&self.asking).entry(place.clone()).or_default());
        let stores = Arc::clone(&self.stores);
        let (remotes, stop, near) = (Arc::clone(&self.ports.remotes), self.stop.clone(), near.to_owned());
        let made = self.tasks.spawn(async move {
            let _one = asking.lock().await;
            if let Some(store) = kept(&stores, &place) {
                return Ok(store);
            }
            let late = async {
                stop.cancelled().await;
                tokio::time::sleep(STORE_GRACE).await;
            };
            let store = tokio::select! {
                biased;
                store = remotes.store(&place.0, &place.1, &near) => store?,
                () = late => return Err(stopping()),
            };
            lock(&stores).insert(place, (Arc::clone(&store), Instant::now()));
            Ok(store)
        });
        made.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// The bucket of an upload.
    pub(crate) async fn store_of(&self, spec: &UploadSpec) -> Result<Arc<dyn RemoteStore>, RemoteError> {
        let key = spec.key.as_str();
        // A folder's files lie below its prefix, a dropped one's below where it was dropped.
        let near = key.strip_suffix(spec.path.as_str()).unwrap_or_default();
        self.store(&spec.connection, &spec.bucket, near).await
    }

    /// Forgets clients, so that the next use sees a changed connection or new credentials.
    pub(crate) fn forget_stores(&self, connection: &str) {
        lock(&self.stores).retain(|(known, _), _| known != connection);
    }

    /// The server did not accept this connection's credentials.
    pub(crate) fn login_was_refused(&self, connection: &str) {
        self.forget_stores(connection);
        lock(&self.refused).insert(connection.to_owned());
    }

    /// It accepted them.
    pub(crate) fn login_was_accepted(&self, connection: &str) {
        lock(&self.refused).remove(connection);
    }

    /// Whether they were refused last.
    pub(crate) fn login_refused(&self, connection: &str) -> bool {
        lock(&self.refused).contains(connection)
    }

    /// Makes one request inside the budget and learns from its answer.
    pub(crate) async fn call<T>(
        &self,
        request: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<T, RemoteError> {
        let place = self.budget.gate.enter().await;
        let answer = request.await;
        self.learn(place, &answer);
        answer
    }

    /// As [`Self::call`], for a request that changes the bucket: whether it `may` go out is asked at the last moment, as the
    /// wait for a place in the budget can be long and somebody may pause meanwhile (invariant I14).
    pub(crate) async fn change<T, E>(
        &self,
        may: impl FnOnce() -> Result<(), E>,
        request: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<Result<T, RemoteError>, E> {
        let place = self.budget.gate.enter().await;
        may()?;
        let answer = request.await;
        self.learn(place, &answer);
        Ok(answer)
    }

    fn learn<T>(&self, place: Entered<'_>, answer: &Result<T, RemoteError>) {
        match answer {
            Ok(_) => place.succeeded(),
            Err(error) if error.kind == RemoteErrorKind::Throttled => {
                place.throttled(retry::unit(self.ports.entropy.as_ref()));
            }
            Err(_) => drop(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use windlass_testkit::{Scene, SceneOptions};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn i14_a_pause_during_the_wait_for_a_place_keeps_the_request_back() {
        let scene = Scene::new(&SceneOptions::default());
        let computer = &scene.computers[0];
        let ports = EnginePorts {
            remotes: Arc::<windlass_testkit::VirtualRemotes>::clone(&computer.remotes),
            journal: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
            jobs: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
            thaws: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
            settings: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal) as Arc<dyn Catalog>,
            fs: Arc::<windlass_testkit::VirtualDisk>::clone(&computer.disk),
            watcher: Arc::<windlass_testkit::VirtualDisk>::clone(&computer.disk),
            clock: Arc::<windlass_testkit::World>::clone(&scene.world) as Arc<dyn Clock>,
            entropy: Arc::<windlass_testkit::World>::clone(&scene.world) as Arc<dyn Entropy>,
        };
        let options = EngineOptions { requests: 1, ..EngineOptions::default() };
        let shared = Shared::new(ports, options, "device".to_owned());
        let (paused, sent) = (AtomicBool::new(false), AtomicBool::new(false));
        let place = shared.budget.gate.enter().await;
        let may = || if paused.load(Ordering::SeqCst) { Err(()) } else { Ok(()) };
        let request = shared.change(may, async {
            sent.store(true, Ordering::SeqCst);
            Ok::<(), RemoteError>(())
        });
        let person = async {
            tokio::task::yield_now().await;
            paused.store(true, Ordering::SeqCst);
            place.succeeded();
        };
        let (answer, ()) = tokio::join!(request, person);
        assert!(answer.is_err() && !sent.load(Ordering::SeqCst));
        assert_eq!(shared.budget.gate.used(), 0);
    }

    #[test]
    fn i14_a_folder_that_is_being_paused_is_not_released() {
        let pool = Pool::new(&EngineOptions::default());
        let pair = PairId::from("folder");
        pool.hold(&pair);
        pool.release_unless(&pair, || true);
        assert!(pool.holds(&pair));
        pool.release_unless(&pair, || false);
        assert!(!pool.holds(&pair));
    }
}
