//! Downloads of a session: bound to one version, verified, and visible only when they are whole.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::{Semaphore, watch};
use windlass_domain::{
    BatchId, Bucket, Crc64Nvme, Digest, LocalExpect, NameProblem, ObjectKey, RelPath, TransferId, VersionId,
};
use windlass_ports::{FsError, FsErrorKind, RemoteError, RemoteErrorKind};

use crate::meter::Meter;
use crate::retry;
use crate::shared::{EngineEvent, Shared, lock};

/// Downloads under way at once.
const AT_ONCE: usize = 6;
/// Tries before a download gives up on a silent network.
const TRIES: u32 = 8;
/// Bytes gathered before they are written.
const CHUNK: usize = 1024 * 1024;
/// Space that stays free beside what is fetched.
const RESERVE: u64 = 64 * 1024 * 1024;

/// State of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadState {
    /// Queued.
    Waiting,
    /// Bytes come.
    Active,
    /// Will be tried again by itself.
    Retrying,
    /// Paused by a person.
    Paused,
    /// There, whole, and equal to the object where the server keeps a checksum.
    Done,
    /// Ended without success.
    Failed(String),
    /// Cancelled by a person; nothing stayed.
    Cancelled,
}

impl DownloadState {
    const fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed(_) | Self::Cancelled)
    }
}

/// A download for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadRow {
    /// Id.
    pub id: TransferId,
    /// Batch.
    pub batch: BatchId,
    /// Name of the batch.
    pub batch_name: String,
    /// Key.
    pub name: String,
    /// Where it goes.
    pub to: String,
    /// Bytes; zero until they are known.
    pub size: u64,
    /// Bytes that came.
    pub done: u64,
    /// State.
    pub state: DownloadState,
    /// Bytes per second.
    pub rate: u64,
    /// Grows with every change.
    pub revision: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Run,
    Pause,
    Cancel,
}

#[derive(Debug)]
struct Item {
    id: TransferId,
    batch: BatchId,
    batch_name: String,
    connection: String,
    bucket: Bucket,
    key: ObjectKey,
    version: Option<VersionId>,
    root: PathBuf,
    path: Option<RelPath>,
    size: AtomicU64,
    done: AtomicU64,
    meter: Meter,
    state: Mutex<DownloadState>,
    revision: AtomicU64,
    order: watch::Sender<Order>,
    seq: u64,
    tell: Option<Tell>,
}

/// All downloads of this session.
#[derive(Debug)]
pub(crate) struct Downloads {
    /// Newest last.
    items: Mutex<BTreeMap<u64, Arc<Item>>>,
    next: AtomicU64,
    places: Semaphore,
}

impl Default for Downloads {
    fn default() -> Self {
        Self { items: Mutex::default(), next: AtomicU64::new(0), places: Semaphore::new(AT_ONCE) }
    }
}

/// What is to be fetched.
pub(crate) struct Wanted {
    pub(crate) connection: String,
    pub(crate) bucket: Bucket,
    pub(crate) keys: Vec<One>,
    pub(crate) to: PathBuf,
    pub(crate) name: String,
    /// Who wants to know of each end.
    pub(crate) tell: Option<Tell>,
}

/// One object of it.
pub(crate) struct One {
    pub(crate) key: ObjectKey,
    /// Instead of what is there: this version.
    pub(crate) version: Option<VersionId>,
    /// Where it goes, or why it cannot.
    pub(crate) path: Result<RelPath, NameProblem>,
    /// Its number, for whoever is told of its end.
    pub(crate) seq: u64,
}

/// Where the end of each download is told, by its number.
pub(crate) type Tell = tokio::sync::mpsc::UnboundedSender<(u64, DownloadState)>;

enum Trouble {
    Remote(RemoteError),
    Disk(FsError),
    Words(String),
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<FsError> for Trouble {
    fn from(error: FsError) -> Self {
        Self::Disk(error)
    }
}

/// Queues downloads; they run at once.
pub(crate) fn begin(shared: &Arc<Shared>, wanted: Wanted) -> BatchId {
    let batch = BatchId::from(shared.id('d'));
    shared.batches.begin(&batch, &wanted.name);
    for One { key, version, path: problem, seq } in wanted.keys {
        let state = match &problem {
            Ok(_) => DownloadState::Waiting,
            Err(why) => DownloadState::Failed(format!(
                "The key cannot be a file here: {why}. It stays in the bucket."
            )),
        };
        let item = Arc::new(Item {
            id: TransferId::from(shared.id('d')),
            batch: batch.clone(),
            batch_name: wanted.name.clone(),
            connection: wanted.connection.clone(),
            bucket: wanted.bucket.clone(),
            key,
            version,
            root: wanted.to.clone(),
            path: problem.ok(),
            size: AtomicU64::new(0),
            done: AtomicU64::new(0),
            meter: Meter::default(),
            state: Mutex::new(state),
            revision: AtomicU64::new(1),
            order: watch::Sender::new(Order::Run),
            seq,
            tell: wanted.tell.clone(),
        });
        let number = shared.downloads.next.fetch_add(1, Ordering::Relaxed);
        lock(&shared.downloads.items).insert(number, Arc::clone(&item));
        shared.batches.opened(&batch);
        start(shared, item);
    }
    shared.batches.seal(&batch);
    shared.tell(EngineEvent::Downloads);
    batch
}

fn start(shared: &Arc<Shared>, item: Arc<Item>) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let stop = shared.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = run(&shared, &item) => {}
        }
    });
}

async fn run(shared: &Shared, item: &Item) {
    let known = lock(&item.state).clone();
    let end = match known {
        DownloadState::Failed(why) => DownloadState::Failed(why),
        DownloadState::Waiting
        | DownloadState::Active
        | DownloadState::Retrying
        | DownloadState::Paused
        | DownloadState::Done
        | DownloadState::Cancelled => drive(shared, item).await,
    };
    let outcome = match &end {
        DownloadState::Failed(why) => Err((item.key.as_str().to_owned(), why.clone())),
        DownloadState::Cancelled => Err((item.key.as_str().to_owned(), "You cancelled it.".to_owned())),
        DownloadState::Waiting
        | DownloadState::Active
        | DownloadState::Retrying
        | DownloadState::Paused
        | DownloadState::Done => Ok(()),
    };
    if let Some(tell) = &item.tell {
        // An error says that nobody waits for it any more.
        let _unheard = tell.send((item.seq, end.clone()));
    }
    set(shared, item, end);
    shared.batches.ended(&item.batch, outcome);
}

async fn drive(shared: &Shared, item: &Item) -> DownloadState {
    let mut order = item.order.subscribe();
    let mut tries = 0;
    loop {
        let now = *order.borrow_and_update();
        match now {
            Order::Cancel => return DownloadState::Cancelled,
            Order::Pause => {
                set(shared, item, DownloadState::Paused);
                if order.changed().await.is_err() {
                    return DownloadState::Cancelled;
                }
                continue;
            }
            Order::Run => {}
        }
        let tried = tokio::select! {
            biased;
            changed = order.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return DownloadState::Cancelled,
            },
            tried = fetch(shared, item) => tried,
        };
        let error = match tried {
            Ok(()) => return DownloadState::Done,
            Err(error) => error,
        };
        let retry = matches!(&error, Trouble::Remote(e) if matches!(
            e.kind,
            RemoteErrorKind::Network | RemoteErrorKind::Throttled | RemoteErrorKind::Integrity | RemoteErrorKind::PreconditionFailed
        ));
        if !retry || tries >= TRIES {
            return DownloadState::Failed(words(&error));
        }
        set(shared, item, DownloadState::Retrying);
        let wait = Duration::from_millis(retry::delay_ms(tries, shared.ports.entropy.as_ref()));
        tries += 1;
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => {}
            changed = order.changed() => if changed.is_err() { return DownloadState::Cancelled },
        }
    }
}

/// One try, from the first byte: a temporary file, every byte of one version, compared, then renamed without replacing
/// anything. Whatever ends it early leaves nothing behind.
async fn fetch(shared: &Shared, item: &Item) -> Result<(), Trouble> {
    let Ok(_place) = shared.downloads.places.acquire().await else { return Ok(()) };
    let Some(path) = &item.path else {
        return Err(Trouble::Words("The key cannot be a file here.".to_owned()));
    };
    set(shared, item, DownloadState::Active);
    item.done.store(0, Ordering::Relaxed);
    let near = item.key.as_str().strip_suffix(item.key.name()).unwrap_or_default();
    let store = shared.store(&item.connection, &item.bucket, near).await?;
    let state = match &item.version {
        Some(version) => shared.call(store.head_version(&item.key, version)).await?,
        None => shared.call(store.head(&item.key)).await?,
    };
    item.size.store(state.size, Ordering::Relaxed);
    let free = shared.ports.fs.free_space(&item.root).await?;
    if free < state.size.saturating_add(RESERVE.min(state.size)) {
        return Err(Trouble::Words(format!(
            "It needs {} bytes and {free} are free in {}. Nothing was written. Free some space, then try again.",
            state.size,
            item.root.display()
        )));
    }
    let mut staged = shared.ports.fs.stage(&item.root, path).await?;
    let mut whole = Crc64Nvme::EMPTY;
    if state.size > 0 {
        let place = shared.budget.gate.enter().await;
        // Bound to the version that HEAD saw: two generations are never spliced (hazard HB29).
        let mut body = match &item.version {
            Some(version) => store.get_version(&item.key, version, None, &state.etag).await?,
            None => store.get(&item.key, None, &state.etag).await?,
        };
        let mut pending = bytes::BytesMut::new();
        loop {
            let chunk = body.next().await.transpose()?;
            let last = chunk.is_none();
            if let Some(chunk) = chunk {
                shared.budget.pace.take(chunk.len() as u64).await;
                shared.meter.add(chunk.len() as u64);
                item.meter.add(chunk.len() as u64);
                item.done.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                pending.extend_from_slice(&chunk);
            }
            if pending.len() >= CHUNK || (last && !pending.is_empty()) {
                let bytes = pending.split().freeze();
                let crc = Crc64Nvme::of(&bytes);
                staged.write_at(whole.len, bytes).await?;
                whole = whole.then(crc);
                touch(shared, item);
            }
            if last {
                break;
            }
        }
        place.succeeded();
    }
    if whole.len != state.size {
        return Err(Trouble::Remote(RemoteError {
            kind: RemoteErrorKind::Network,
            source: format!("{} bytes of {} came", whole.len, state.size).into(),
        }));
    }
    if let Some(digest @ Digest::Crc64Nvme(_)) = state.digest
        && digest != whole.digest()
    {
        return Err(Trouble::Remote(RemoteError {
            kind: RemoteErrorKind::Integrity,
            source: "what came has another checksum than the object".into(),
        }));
    }
    staged.publish(&LocalExpect::Absent, None).await?;
    Ok(())
}

fn set(shared: &Shared, item: &Item, state: DownloadState) {
    let mut now = lock(&item.state);
    if *now == state {
        return;
    }
    *now = state;
    drop(now);
    touch(shared, item);
}

fn touch(shared: &Shared, item: &Item) {
    item.revision.fetch_add(1, Ordering::Relaxed);
    shared.tell(EngineEvent::Downloads);
}

fn words(error: &Trouble) -> String {
    match error {
        Trouble::Words(words) => words.clone(),
        Trouble::Disk(error) => match error.kind {
            FsErrorKind::Changed => format!("{} is there already, and nothing is replaced. Choose another folder.", error.path),
            FsErrorKind::Full => format!("The disk is full ({}). Nothing half-written stayed. Free some space, then try again.", error.path),
            FsErrorKind::Denied => format!("{} may not be written. Choose another folder.", error.path),
            FsErrorKind::NotFound | FsErrorKind::RootMissing | FsErrorKind::Short | FsErrorKind::Other => {
                format!("{} could not be written: {}.", error.path, error.source)
            }
        },
        Trouble::Remote(error) => match error.kind {
            RemoteErrorKind::NotFound => "It is not in the bucket any more. Refresh the list.".to_owned(),
            RemoteErrorKind::Archived => {
                "It is archived and cannot be read at once. Thaw it, then download it again.".to_owned()
            }
            RemoteErrorKind::AccessDenied => "This identity may not read it. Ask whoever owns the bucket.".to_owned(),
            RemoteErrorKind::Unauthenticated => "The server does not accept the credentials. Sign in again, then try again.".to_owned(),
            RemoteErrorKind::Integrity => {
                "What came is not what the bucket says it holds, several times. Nothing was kept. Try another network.".to_owned()
            }
            RemoteErrorKind::PreconditionFailed => {
                "It keeps changing in the bucket. Nothing half old and half new was kept. Try again later.".to_owned()
            }
            RemoteErrorKind::Network | RemoteErrorKind::Throttled => {
                "The server did not answer, several times. Nothing half-written stayed. Try again when the network is back.".to_owned()
            }
            RemoteErrorKind::BucketMissing
            | RemoteErrorKind::NoSuchUpload
            | RemoteErrorKind::ConditionalConflict
            | RemoteErrorKind::ClockSkew
            | RemoteErrorKind::WrongRegion
            | RemoteErrorKind::Unsupported
            | RemoteErrorKind::BadRequest
            | RemoteErrorKind::Unexpected => format!("It could not be fetched: {}.", error.source),
        },
    }
}

impl Downloads {
    /// Newest first.
    pub(crate) fn rows(&self) -> Vec<DownloadRow> {
        lock(&self.items).values().rev().map(|item| row(item)).collect()
    }

    fn find(&self, id: &TransferId) -> Option<Arc<Item>> {
        lock(&self.items).values().find(|item| item.id == *id).cloned()
    }

    fn order(&self, id: &TransferId, order: Order) -> bool {
        self.find(id).is_some_and(|item| {
            item.order.send_replace(order);
            true
        })
    }

    pub(crate) fn pause(&self, id: &TransferId) -> bool {
        self.order(id, Order::Pause)
    }

    pub(crate) fn resume(&self, id: &TransferId) -> bool {
        self.order(id, Order::Run)
    }

    pub(crate) fn cancel(&self, id: &TransferId) -> bool {
        self.order(id, Order::Cancel)
    }

    fn order_all(&self, order: Order) {
        for item in lock(&self.items).values() {
            if !lock(&item.state).is_over() {
                item.order.send_replace(order);
            }
        }
    }

    pub(crate) fn pause_all(&self) {
        self.order_all(Order::Pause);
    }

    pub(crate) fn resume_all(&self) {
        self.order_all(Order::Run);
    }

    pub(crate) fn cancel_all(&self) {
        self.order_all(Order::Cancel);
    }

    pub(crate) fn cancel_batch(&self, batch: &BatchId) {
        for item in lock(&self.items).values().filter(|item| item.batch == *batch) {
            item.order.send_replace(Order::Cancel);
        }
    }

    pub(crate) fn clear_done(&self) {
        lock(&self.items).retain(|_, item| !lock(&item.state).is_over());
    }

    pub(crate) fn failed_ids(&self) -> Vec<TransferId> {
        let items = lock(&self.items);
        items
            .values()
            .filter(|item| matches!(*lock(&item.state), DownloadState::Failed(_)))
            .map(|item| item.id.clone())
            .collect()
    }
}

/// Tries a failed or cancelled download again. False when there is no such download.
pub(crate) fn retry(shared: &Arc<Shared>, id: &TransferId) -> bool {
    let Some(item) = shared.downloads.find(id) else { return false };
    {
        let mut state = lock(&item.state);
        if !matches!(*state, DownloadState::Failed(_) | DownloadState::Cancelled) || item.path.is_none() {
            return true;
        }
        *state = DownloadState::Waiting;
    }
    item.order.send_replace(Order::Run);
    shared.batches.opened(&item.batch);
    start(shared, item);
    true
}

fn row(item: &Item) -> DownloadRow {
    let state = lock(&item.state).clone();
    let to = match &item.path {
        Some(path) => item.root.join(path.as_str()),
        None => Path::new(&item.root).to_owned(),
    };
    DownloadRow {
        id: item.id.clone(),
        batch: item.batch.clone(),
        batch_name: item.batch_name.clone(),
        name: item.key.as_str().to_owned(),
        to: to.to_string_lossy().into_owned(),
        size: item.size.load(Ordering::Relaxed),
        done: item.done.load(Ordering::Relaxed),
        rate: if state == DownloadState::Active { item.meter.rate() } else { 0 },
        state,
        revision: item.revision.load(Ordering::Relaxed),
    }
}
