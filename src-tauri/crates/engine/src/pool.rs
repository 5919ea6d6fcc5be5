//! The queue: which upload runs next. Photos and videos have lanes of their own, so that two hundred videos never starve
//! ten thousand photos; sync folders take turns.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};
use windlass_domain::{BatchId, PairId, PartReceipt, RelPath, Timestamp, TransferId, Upload, UploadSpec};

use crate::meter::{Meter, Moving};
use crate::shared::{EngineOptions, lock};

/// What a running upload is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// Go on.
    Run,
    /// A person pauses it.
    Pause,
    /// A person cancels it.
    Cancel,
    /// Put it back into the queue: all is paused, its folder is offline, or the engine stops.
    Hold,
}

/// An upload that has not ended.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) spec: Arc<UploadSpec>,
    pub(crate) queued_at: Timestamp,
    pub(crate) control: watch::Sender<Control>,
    /// Rings a waiting upload: try now.
    pub(crate) nudge: Notify,
    /// Bytes handed to the system, of parts that are under way too.
    pub(crate) sent: Arc<AtomicU64>,
    pub(crate) meter: Arc<Meter>,
    /// Times it panicked.
    pub(crate) panics: std::sync::atomic::AtomicU32,
    /// Receipts that are durable and not in the state yet.
    pub(crate) receipts: Mutex<Vec<PartReceipt>>,
    /// Further batches that wait for it: the same file was asked for twice.
    also: Mutex<Vec<BatchId>>,
}

impl Live {
    pub(crate) fn new(spec: Arc<UploadSpec>, queued_at: Timestamp) -> Self {
        Self {
            spec,
            queued_at,
            control: watch::Sender::new(Control::Run),
            nudge: Notify::new(),
            sent: Arc::default(),
            meter: Arc::default(),
            panics: std::sync::atomic::AtomicU32::new(0),
            receipts: Mutex::default(),
            also: Mutex::default(),
        }
    }

    /// Batches that hear of its end.
    pub(crate) fn batches(&self) -> Vec<BatchId> {
        let mut all = vec![self.spec.batch.clone()];
        all.extend(lock(&self.also).iter().cloned());
        all
    }
}

/// An upload with the state it goes on from.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) live: Arc<Live>,
    pub(crate) state: Upload,
    /// An upload id may have been given that nobody noted: ask the server before anything else.
    pub(crate) suspect: bool,
}

type Group = Option<PairId>;
type Place = (String, String, String);

#[derive(Debug, Default)]
struct Lanes {
    small: VecDeque<Job>,
    large: VecDeque<Job>,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<Group, Lanes>,
    /// Cancelled ones: they run whatever is paused.
    urgent: VecDeque<Job>,
    parked: BTreeMap<TransferId, Job>,
    live: BTreeMap<TransferId, Arc<Live>>,
    running: BTreeSet<TransferId>,
    at: BTreeMap<Place, TransferId>,
    open: BTreeMap<PairId, u64>,
    held: BTreeSet<PairId>,
    paused: bool,
    stopping: bool,
    small_running: usize,
    large_running: usize,
    turn: Option<Group>,
}

/// The queue and who runs.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// Something may be startable.
    pub(crate) bell: Notify,
    /// Room, or an end.
    changed: Notify,
    small_at_once: usize,
    large_at_once: usize,
}

fn place(spec: &UploadSpec) -> Place {
    (spec.connection.clone(), spec.bucket.as_str().to_owned(), spec.key.as_str().to_owned())
}

impl Pool {
    pub(crate) fn new(options: &EngineOptions) -> Self {
        Self {
            state: Mutex::default(),
            bell: Notify::new(),
            changed: Notify::new(),
            small_at_once: options.small_at_once.max(1),
            large_at_once: options.large_at_once.max(1),
        }
    }

    /// Adds an upload, or parks it when a person had paused it. False when another upload to the same key is open; then the
    /// batch waits for that one.
    pub(crate) fn add(&self, live: Arc<Live>, state: Upload, suspect: bool) -> bool {
        let mut pool = lock(&self.state);
        let spec = Arc::clone(&live.spec);
        if let Some(other) = pool.at.get(&place(&spec)).and_then(|id| pool.live.get(id)) {
            if other.spec.batch != spec.batch {
                lock(&other.also).push(spec.batch.clone());
            }
            return false;
        }
        pool.at.insert(place(&spec), spec.id.clone());
        pool.live.insert(spec.id.clone(), Arc::clone(&live));
        if let Some(pair) = &spec.pair {
            *pool.open.entry(pair.clone()).or_default() += 1;
        }
        let job = Job { live, state, suspect };
        if matches!(job.state, Upload::Waiting { until: windlass_domain::WaitFor::User, .. }) {
            pool.parked.insert(spec.id.clone(), job);
        } else {
            push(&mut pool, job);
        }
        drop(pool);
        self.bell.notify_one();
        true
    }

    /// Whether an upload to this key is open.
    pub(crate) fn is_open(&self, connection: &str, bucket: &str, key: &str) -> bool {
        lock(&self.state).at.contains_key(&(connection.to_owned(), bucket.to_owned(), key.to_owned()))
    }

    /// Whether nothing at all is under way.
    pub(crate) fn is_idle(&self) -> bool {
        lock(&self.state).at.is_empty()
    }

    /// Open uploads of a sync folder.
    pub(crate) fn open_of(&self, pair: &PairId) -> u64 {
        lock(&self.state).open.get(pair).copied().unwrap_or_default()
    }

    /// The next one to run; it counts as running from now on.
    pub(crate) fn next(&self) -> Option<Job> {
        let mut pool = lock(&self.state);
        if pool.stopping {
            return None;
        }
        if let Some(job) = pool.urgent.pop_front() {
            return Some(started(&mut pool, job));
        }
        if pool.paused {
            return None;
        }
        let groups: Vec<Group> = pool.lanes.keys().cloned().collect();
        let start =
            pool.turn.as_ref().and_then(|turn| groups.iter().position(|g| g == turn)).map_or(0, |at| at + 1);
        let small = pool.small_running < self.small_at_once;
        let large = pool.large_running < self.large_at_once;
        for group in groups.iter().cycle().skip(start).take(groups.len()) {
            if group.as_ref().is_some_and(|pair| pool.held.contains(pair)) {
                continue;
            }
            let Some(lanes) = pool.lanes.get_mut(group) else { continue };
            let job = if small { lanes.small.pop_front() } else { None };
            let job = match job {
                Some(job) => Some(job),
                None if large => lanes.large.pop_front(),
                None => None,
            };
            let empty = lanes.small.is_empty() && lanes.large.is_empty();
            if empty {
                pool.lanes.remove(group);
            }
            if let Some(job) = job {
                pool.turn = Some(group.clone());
                return Some(started(&mut pool, job));
            }
        }
        None
    }

    /// It ended for good.
    pub(crate) fn ended(&self, live: &Live) {
        let mut pool = lock(&self.state);
        stopped(&mut pool, &live.spec);
        pool.live.remove(&live.spec.id);
        pool.at.remove(&place(&live.spec));
        if let Some(pair) = &live.spec.pair {
            let left = pool.open.get_mut(pair).map_or(0, |open| {
                *open = open.saturating_sub(1);
                *open
            });
            if left == 0 {
                pool.open.remove(pair);
            }
        }
        drop(pool);
        self.changed.notify_waiters();
        self.bell.notify_one();
    }

    /// It stopped running and waits for a person.
    pub(crate) fn park(&self, job: Job) {
        let mut pool = lock(&self.state);
        stopped(&mut pool, &job.live.spec);
        pool.parked.insert(job.live.spec.id.clone(), job);
        drop(pool);
        self.bell.notify_one();
    }

    /// It stopped running and goes on later, before the others.
    pub(crate) fn put_back(&self, job: Job) {
        let mut pool = lock(&self.state);
        stopped(&mut pool, &job.live.spec);
        job.live.control.send_if_modified(|control| {
            let held = *control == Control::Hold;
            if held {
                *control = Control::Run;
            }
            held
        });
        // A word that came while it was on its way back.
        if *job.live.control.borrow() == Control::Cancel {
            pool.urgent.push_back(job);
        } else {
            let lanes = pool.lanes.entry(job.live.spec.pair.clone()).or_default();
            if job.live.spec.single() { lanes.small.push_front(job) } else { lanes.large.push_front(job) }
        }
        drop(pool);
        self.bell.notify_one();
    }

    /// Takes an upload that does not run out of the queue or out of the parking place.
    pub(crate) fn take_waiting(&self, id: &TransferId) -> Option<Job> {
        let mut pool = lock(&self.state);
        if let Some(job) = pool.parked.remove(id) {
            return Some(job);
        }
        for lanes in pool.lanes.values_mut() {
            for lane in [&mut lanes.small, &mut lanes.large] {
                if let Some(at) = lane.iter().position(|job| job.live.spec.id == *id) {
                    return lane.remove(at);
                }
            }
        }
        None
    }

    /// Puts a job at the end of its lane.
    pub(crate) fn queue(&self, job: Job) {
        push(&mut lock(&self.state), job);
        self.bell.notify_one();
    }

    /// Runs a job before all others, whatever is paused.
    pub(crate) fn queue_urgent(&self, job: Job) {
        lock(&self.state).urgent.push_back(job);
        self.bell.notify_one();
    }

    /// The upload, when it runs.
    pub(crate) fn running(&self, id: &TransferId) -> Option<Arc<Live>> {
        let pool = lock(&self.state);
        pool.running.contains(id).then(|| pool.live.get(id).cloned()).flatten()
    }

    /// Ids of all open uploads; with a folder, only of that one.
    pub(crate) fn ids(&self, pair: Option<&PairId>) -> Vec<TransferId> {
        let pool = lock(&self.state);
        let wanted = pool.live.values().filter(|live| pair.is_none() || live.spec.pair.as_ref() == pair);
        wanted.map(|live| live.spec.id.clone()).collect()
    }

    /// Paths of the open uploads of a folder.
    pub(crate) fn paths(&self, pair: &PairId) -> Vec<RelPath> {
        let pool = lock(&self.state);
        let wanted = pool.live.values().filter(|live| live.spec.pair.as_ref() == Some(pair));
        wanted.map(|live| live.spec.path.clone()).collect()
    }

    /// Parked ones.
    pub(crate) fn parked_ids(&self) -> Vec<TransferId> {
        lock(&self.state).parked.keys().cloned().collect()
    }

    /// Keeps uploads of a folder from running; what runs goes back into the queue.
    pub(crate) fn hold(&self, pair: &PairId) {
        let mut pool = lock(&self.state);
        pool.held.insert(pair.clone());
        tell(&pool, |spec| spec.pair.as_ref() == Some(pair));
    }

    pub(crate) fn release(&self, pair: &PairId) {
        self.release_unless(pair, || false);
    }

    /// Lets uploads of a folder run, unless it is `paused`: asked here, so that no pause slips in between.
    pub(crate) fn release_unless(&self, pair: &PairId, paused: impl FnOnce() -> bool) {
        let mut pool = lock(&self.state);
        if !paused() && pool.held.remove(pair) {
            drop(pool);
            self.bell.notify_one();
        }
    }

    /// Whether uploads of a folder are kept from running.
    #[cfg(test)]
    pub(crate) fn holds(&self, pair: &PairId) -> bool {
        lock(&self.state).held.contains(pair)
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        let mut pool = lock(&self.state);
        pool.paused = paused;
        if paused {
            tell(&pool, |_| true);
        }
        drop(pool);
        self.bell.notify_one();
    }

    /// No new work; what runs goes back into the queue.
    pub(crate) fn stop(&self) {
        let mut pool = lock(&self.state);
        pool.stopping = true;
        tell(&pool, |_| true);
    }

    pub(crate) fn progress(&self) -> Vec<Moving> {
        let pool = lock(&self.state);
        let running = pool.running.iter().filter_map(|id| pool.live.get(id));
        running
            .map(|live| Moving {
                id: live.spec.id.clone(),
                sent: live.sent.load(Ordering::Relaxed).min(live.spec.snapshot.size),
                rate: live.meter.rate(),
            })
            .collect()
    }

    /// Whether nothing runs.
    pub(crate) fn nothing_runs(&self) -> bool {
        lock(&self.state).running.is_empty()
    }

    /// Waits for the next end.
    pub(crate) async fn wait_change(&self) {
        self.changed.notified().await;
    }
}

fn push(pool: &mut State, job: Job) {
    let lanes = pool.lanes.entry(job.live.spec.pair.clone()).or_default();
    if job.live.spec.single() { lanes.small.push_back(job) } else { lanes.large.push_back(job) }
}

fn started(pool: &mut State, job: Job) -> Job {
    let spec = &job.live.spec;
    pool.running.insert(spec.id.clone());
    if spec.single() {
        pool.small_running += 1
    } else {
        pool.large_running += 1
    }
    job
}

fn stopped(pool: &mut State, spec: &UploadSpec) {
    if pool.running.remove(&spec.id) {
        let count = if spec.single() { &mut pool.small_running } else { &mut pool.large_running };
        *count = count.saturating_sub(1);
    }
}

fn tell(pool: &State, which: impl Fn(&UploadSpec) -> bool) {
    for live in pool.running.iter().filter_map(|id| pool.live.get(id)) {
        if which(&live.spec) {
            live.control.send_if_modified(|control| {
                let free = *control == Control::Run;
                if free {
                    *control = Control::Hold;
                }
                free
            });
        }
    }
}
