//! One sync folder: an actor that owns its looks and its plan. Everybody else rings its bell.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use windlass_domain::{Bucket, Mode, NameRules, PairId, RelPath, Timestamp};
use windlass_ports::remote::Depth;
use windlass_ports::{
    JournalError, JournalErrorKind, Marker, Merged, PairRow, RemoteErrorKind, SeenRoot, WatchEvent,
};

use crate::backoff::BackOff;
use crate::engine::EngineError;
use crate::observe::{Broken, Look, Looked};
use crate::planted::{self, Bug};
use crate::report::{QuietReport, StopCause, Stopped};
use crate::settle::Settling;
use crate::shared::{EngineEvent, Shared, lock};
use crate::supervise::Poison;
use crate::sync::{self, Evidence, Told};

/// Paths that are looked at one by one; more become one look at everything.
const MOST_PATHS: usize = 1000;
/// Paths that are looked at one by one whatever the folder's size.
const FEW_PATHS: usize = 32;
/// Files in a walk that cost as much as one look at a path.
const WALK_IS_CHEAPER: usize = 50;
/// After an event, this long for its neighbours.
const GATHER: Duration = Duration::from_millis(150);
/// The other side could not be seen: again after this long.
const REMOTE_AGAIN: Duration = Duration::from_secs(10);
/// The credentials were refused, and no upload is left that would find out whether they still are: asked after this long.
const LOGIN_AGAIN: Duration = Duration::from_secs(60);
/// Least time between two hints that counts changed.
const HINT_EVERY: Duration = Duration::from_millis(200);

/// What a folder does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairPhase {
    /// Looking; so many files seen.
    Scanning(u64),
    /// Comparing, fetching, renaming, deleting.
    Syncing,
    /// Deletes are held until a person answers.
    Asking,
    /// Sending.
    Uploading,
    /// Everything that can be is Safe; watching.
    Watching,
    /// So many files do not lie still yet.
    Settling(u64),
    /// Paused by a person.
    Paused,
    /// The folder or its marker is not there; nothing is concluded and nothing is changed.
    Offline,
    /// The other side cannot be seen, for this kind of reason.
    Waiting(RemoteErrorKind),
    /// The disk or the journal fails; the text is for people.
    Stopped(String),
}

/// A folder's state for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairView {
    /// What it does.
    pub phase: PairPhase,
    /// Bytes per second.
    pub rate: u64,
    /// Objects that cannot be files here.
    pub nameless: Nameless,
    /// What was found where the root should be; `None` when it is there.
    pub away: Option<Away>,
    /// The marker object below the prefix is gone or another one: no absence is proved until the folder merges.
    pub marker_object_lost: bool,
    /// Nothing of its work has gone on since then, for longer than any work takes.
    pub silent_since: Option<Timestamp>,
}

/// What is found where a root should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    /// Nothing that could be read.
    Gone,
    /// A folder without any file: most likely the place where a drive that is not plugged in would be.
    Empty,
    /// A folder with files and without a marker.
    Unmarked,
    /// Another sync folder's root.
    Other,
}

impl Away {
    /// What it means and what to do, as what follows the folder's path.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gone => "is not there. Nothing was changed. Plug the drive in and it goes on.",
            Self::Empty => {
                "is empty and its marker file is missing: most likely its drive is not plugged in. Nothing was changed. Plug the drive in and it goes on."
            }
            Self::Unmarked => {
                "is there, but its marker file .windlass/root.json is missing. Nothing was changed. If it is the right folder, merge again; if not, plug in the right drive."
            }
            Self::Other => {
                "is another sync folder: another drive is in its place. Nothing was changed. Plug the right drive in and it goes on."
            }
        }
    }
}

/// Objects below the prefix whose names cannot be files, seen by the last look at everything. They stay where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nameless {
    /// How many.
    pub count: u64,
    /// The first of them, without the prefix; at most twenty.
    pub sample: Vec<String>,
}

impl Nameless {
    pub(crate) fn add(&mut self, name: &str) {
        const SAMPLE: usize = 20;
        self.count += 1;
        if self.sample.len() < SAMPLE {
            self.sample.push(name.to_owned());
        }
    }
}

#[derive(Debug, Default)]
struct Dirty {
    all: bool,
    paths: BTreeSet<RelPath>,
}

/// A sync folder, as others see it.
#[derive(Debug)]
pub(crate) struct PairHandle {
    pub(crate) id: PairId,
    row: Mutex<PairRow>,
    dirty: Mutex<Dirty>,
    bell: Notify,
    phase: Mutex<PairPhase>,
    seen: AtomicU64,
    hinted: Mutex<Option<Instant>>,
    /// `None` while there is work.
    quiet: watch::Sender<Option<QuietReport>>,
    pub(crate) poison: Poison,
    pub(crate) back_off: BackOff,
    /// What was stored since the last look began: a listing from before proves nothing of it (hazard HB16).
    stored: Mutex<BTreeSet<RelPath>>,
    /// Names that a conflict's file could not get because something bears them.
    taken: Mutex<BTreeSet<RelPath>>,
    nameless: Mutex<Nameless>,
    /// Checksums of objects that may be files under a new name, of the last round that asked.
    told: Mutex<Told>,
    away: Mutex<Option<Away>>,
    marker_object_lost: AtomicBool,
    /// Who waits for the folder to merge.
    merge: Mutex<Option<oneshot::Sender<Result<(), EngineError>>>>,
    /// When something of its work went on last.
    beat: Mutex<Instant>,
    /// What the disk below the root makes of names, once that was found out, for as long as it is the same disk.
    names: Mutex<Option<NameRules>>,
    /// Held while a person's word changes files: a round does not take that for what a stop left half done.
    pub(crate) by_hand: tokio::sync::Mutex<()>,
    pub(crate) stop: CancellationToken,
    /// Cancelled when the actor has ended.
    pub(crate) over: CancellationToken,
}

impl PairHandle {
    pub(crate) fn new(row: PairRow, stop: CancellationToken) -> Self {
        Self {
            id: row.id.clone(),
            row: Mutex::new(row),
            dirty: Mutex::new(Dirty { all: true, paths: BTreeSet::new() }),
            bell: Notify::new(),
            phase: Mutex::new(PairPhase::Scanning(0)),
            seen: AtomicU64::new(0),
            hinted: Mutex::default(),
            quiet: watch::Sender::new(None),
            poison: Poison::default(),
            back_off: BackOff::default(),
            stored: Mutex::default(),
            taken: Mutex::default(),
            nameless: Mutex::default(),
            told: Mutex::default(),
            away: Mutex::default(),
            marker_object_lost: AtomicBool::new(false),
            merge: Mutex::default(),
            beat: Mutex::new(Instant::now()),
            names: Mutex::default(),
            by_hand: tokio::sync::Mutex::default(),
            stop,
            over: CancellationToken::new(),
        }
    }

    pub(crate) fn row(&self) -> PairRow {
        lock(&self.row).clone()
    }

    /// An upload is about to be noted as proved. Before it is, so that whoever reads its row knows of it.
    pub(crate) fn stored(&self, path: RelPath) {
        lock(&self.stored).insert(path);
    }

    /// Something bears this name.
    pub(crate) fn name_is_taken(&self, path: RelPath) {
        lock(&self.taken).insert(path);
    }

    /// Whether that was found out.
    pub(crate) fn is_name_taken(&self, path: &RelPath) -> bool {
        lock(&self.taken).contains(path)
    }

    /// Whether it was stored since the last look began.
    pub(crate) fn was_stored(&self, path: &RelPath) -> bool {
        lock(&self.stored).contains(path)
    }

    /// What new objects hold, as far as the last round that asked was told.
    pub(crate) fn told(&self) -> Told {
        lock(&self.told).clone()
    }

    pub(crate) fn set_told(&self, told: Told) {
        *lock(&self.told) = told;
    }

    /// A look begins: what was stored before it.
    pub(crate) fn take_stored(&self) -> BTreeSet<RelPath> {
        std::mem::take(&mut *lock(&self.stored))
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        lock(&self.row).paused = paused;
        self.look_at_all();
    }

    /// Changes the row and gives it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut PairRow)) -> PairRow {
        let mut row = lock(&self.row);
        change(&mut row);
        row.clone()
    }

    pub(crate) fn set_brake(&self, brake: Option<windlass_ports::Brake>) {
        lock(&self.row).brake = brake;
    }

    pub(crate) fn set_epoch(&self, epoch: u64) {
        lock(&self.row).epoch = epoch;
    }

    pub(crate) fn set_root(&self, root: Option<SeenRoot>) {
        lock(&self.row).seen_root = root;
    }

    pub(crate) fn note_merge(&self, merged: Merged) -> Merged {
        lock(&self.row).merged = Some(merged);
        merged
    }

    /// What was concluded so far is not true of this root.
    pub(crate) fn merges(&self, evidence: &mut Evidence, epoch: u64, root: Option<SeenRoot>) {
        evidence.clear();
        let mut row = lock(&self.row);
        row.brake = None;
        row.epoch = epoch;
        row.seen_root = root;
    }

    pub(crate) fn set_marker_object_lost(&self, lost: bool) {
        self.marker_object_lost.store(lost, Ordering::Relaxed);
    }

    /// Lets the folder merge with its next turn. What comes of it is sent back.
    pub(crate) fn ask_to_merge(&self) -> oneshot::Receiver<Result<(), EngineError>> {
        let (reply, answer) = oneshot::channel();
        *lock(&self.merge) = Some(reply);
        self.look_at_all();
        answer
    }

    /// Something of its work goes on.
    pub(crate) fn beat(&self) {
        *lock(&self.beat) = Instant::now();
    }

    /// Since when nothing goes on, if that is longer than any work takes. A folder that is paused has nothing to do.
    pub(crate) fn silent_since(&self, shared: &Shared) -> Option<Timestamp> {
        let silent = lock(&self.beat).elapsed();
        if silent < shared.options.silent || lock(&self.row).paused {
            return None;
        }
        let silent = i64::try_from(silent.as_nanos()).unwrap_or(i64::MAX);
        Some(Timestamp(shared.now().0.saturating_sub(silent)))
    }

    pub(crate) fn set_nameless(&self, nameless: Nameless) {
        *lock(&self.nameless) = nameless;
    }

    /// What the disk below the root makes of names. Where it cannot be tried out, such as in a folder that may only be read, it
    /// is taken for one that makes one of several; the next look tries again.
    pub(crate) async fn name_rules(&self, shared: &Shared) -> NameRules {
        if let Some(rules) = *lock(&self.names) {
            return rules;
        }
        let root = lock(&self.row).root.clone();
        match shared.ports.fs.name_rules(Path::new(&root)).await {
            Ok(rules) => {
                tracing::debug!(pair = %self.id, insensitive = rules.insensitive, "names were tried out");
                *lock(&self.names) = Some(rules);
                rules
            }
            Err(error) => {
                tracing::debug!(pair = %self.id, error = %error.source, "names could not be tried out");
                NameRules::CAREFUL
            }
        }
    }

    /// The disk may be another one from now on.
    fn forget_names(&self) {
        *lock(&self.names) = None;
    }

    pub(crate) fn set_remote_marker(&self, etag: Option<windlass_domain::ETag>) {
        lock(&self.row).remote_marker = etag;
    }

    /// Whether an upload of this path is open.
    pub(crate) fn is_open(&self, shared: &Shared, row: &PairRow, path: &RelPath) -> bool {
        if shared.pool.is_idle() {
            return false;
        }
        let key = format!("{}{path}", windlass_domain::Prefix::new(&row.prefix));
        shared.pool.is_open(&row.connection, &row.bucket, &key)
    }

    pub(crate) fn scan_ended(&self, at: Timestamp) {
        lock(&self.row).last_scan = Some(at);
    }

    /// Looks at everything, soon.
    pub(crate) fn look_at_all(&self) {
        lock(&self.dirty).all = true;
        self.quiet.send_replace(None);
        self.bell.notify_one();
    }

    /// Looks at a path, soon.
    pub(crate) fn look_at(&self, path: RelPath) {
        let mut dirty = lock(&self.dirty);
        if dirty.paths.len() >= MOST_PATHS {
            dirty.all = true;
        } else {
            dirty.paths.insert(path);
        }
        drop(dirty);
        self.quiet.send_replace(None);
        self.bell.notify_one();
    }

    /// One of its uploads ended or got stuck: counts changed, and perhaps there is nothing left to do.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    pub(crate) fn view(&self, shared: &Shared) -> PairView {
        let rate = if shared.pool.open_of(&self.id) > 0 { shared.meter.rate() } else { 0 };
        let phase = match lock(&self.phase).clone() {
            PairPhase::Scanning(_) => PairPhase::Scanning(self.seen.load(Ordering::Relaxed)),
            other => other,
        };
        PairView {
            phase,
            rate,
            nameless: lock(&self.nameless).clone(),
            away: *lock(&self.away),
            marker_object_lost: self.marker_object_lost.load(Ordering::Relaxed),
            silent_since: self.silent_since(shared),
        }
    }

    pub(crate) fn seen_one(&self) {
        self.beat();
        self.seen.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells listeners, a few times a second at the most.
    pub(crate) fn changed(&self, shared: &Shared) {
        self.beat();
        let mut hinted = lock(&self.hinted);
        if hinted.is_none_or(|at| at.elapsed() >= HINT_EVERY) {
            *hinted = Some(Instant::now());
            shared.tell(EngineEvent::Pair(self.id.clone()));
        }
    }

    /// Waits until there is nothing left to do, or until it cannot be done.
    pub(crate) async fn wait_quiet(&self) -> QuietReport {
        let mut quiet = self.quiet.subscribe();
        let report = quiet.wait_for(Option::is_some).await.ok().and_then(|report| report.clone());
        report.unwrap_or_default()
    }

    /// Whether root and marker are there and the marker is this folder's.
    pub(crate) async fn root_is_there(&self, shared: &Shared) -> bool {
        self.own_marker(shared).await.is_some() || planted::is(Bug::AnyFolderWillDo)
    }

    /// The marker, if it is there and this folder's.
    async fn own_marker(&self, shared: &Shared) -> Option<Marker> {
        self.beat();
        let root = lock(&self.row).root.clone();
        let marker = shared.ports.fs.read_marker(Path::new(&root)).await;
        marker.ok().filter(|marker| marker.id == self.id.as_str())
    }

    /// What is found where the root should be.
    async fn find_away(&self, shared: &Shared) -> Away {
        let root = lock(&self.row).root.clone();
        let (root, fs) = (Path::new(&root), &shared.ports.fs);
        if fs.read_marker(root).await.is_ok() {
            return Away::Other;
        }
        match fs.scan(root, None).next().await {
            Some(Ok(_)) => Away::Unmarked,
            Some(Err(_)) => Away::Gone,
            None => Away::Empty,
        }
    }

    pub(crate) fn set_phase(&self, shared: &Shared, phase: PairPhase) {
        let mut now = lock(&self.phase);
        if *now != phase {
            tracing::debug!(pair = %self.id, ?phase, "phase");
            *now = phase;
            drop(now);
            shared.tell(EngineEvent::Pair(self.id.clone()));
        }
    }
}

/// Runs a folder until it is stopped.
pub(crate) async fn run(shared: Arc<Shared>, pair: Arc<PairHandle>) {
    let over = pair.over.clone();
    let (events, heard) = mpsc::channel(64);
    let mut actor = Actor {
        shared,
        pair,
        events,
        heard,
        watch: None,
        settling: Settling::default(),
        settle_at: None,
        again_at: None,
        ask_at: None,
        rescan_at: Instant::now(),
        marker_at: Instant::now(),
        waits: None,
        asks: false,
        evidence: Evidence::default(),
        swept: false,
        broken: 0,
        refused: 0,
    };
    let stop = actor.pair.stop.clone();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = actor.round() => {}
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = actor.sleep() => {}
        }
    }
    let removed = stopped(StopCause::Removed, "Windlass is closing, or the folder was removed.");
    actor.pair.quiet.send_replace(Some(removed));
    over.cancel();
}

/// Removes temporary files of a process that died. Only the actor makes new ones below its root, and it has not begun yet.
async fn sweep(shared: &Shared, pair: &PairHandle) -> bool {
    let root = pair.row().root;
    match shared.ports.fs.sweep_temps(Path::new(&root)).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(pair = %pair.id, error = %error.source, "temporary files could not be looked for");
            false
        }
    }
}

fn journal_words(error: &JournalError) -> String {
    match error.kind {
        JournalErrorKind::Full => {
            "The disk that holds the journal is full. Free some space, and it goes on by itself.".to_owned()
        }
        _ => format!("The journal could not be read: {}", error.source),
    }
}

fn stopped(cause: StopCause, words: &str) -> QuietReport {
    QuietReport { stopped: Some(Stopped { cause, words: words.to_owned() }) }
}

struct Actor {
    shared: Arc<Shared>,
    pair: Arc<PairHandle>,
    events: mpsc::Sender<WatchEvent>,
    heard: mpsc::Receiver<WatchEvent>,
    watch: Option<Box<dyn Send + Sync>>,
    settling: Settling,
    settle_at: Option<Instant>,
    again_at: Option<Instant>,
    /// When to ask whether the credentials are accepted again.
    ask_at: Option<Instant>,
    rescan_at: Instant,
    marker_at: Instant,
    waits: Option<RemoteErrorKind>,
    asks: bool,
    evidence: Evidence,
    /// What a dead process left half-written here is gone (hazard HA32).
    swept: bool,
    /// Rounds in a row that were broken off.
    broken: u32,
    /// Rounds since the last whole one in which nothing was another one by then.
    refused: u32,
}

impl Actor {
    async fn round(&mut self) {
        let (shared, pair) = (Arc::clone(&self.shared), Arc::clone(&self.pair));
        pair.beat();
        self.merge().await;
        if pair.row().paused {
            shared.pool.hold(&pair.id);
            self.watch = None;
            pair.forget_names();
            pair.set_phase(&shared, PairPhase::Paused);
            pair.quiet
                .send_replace(Some(stopped(StopCause::Paused, "The folder is paused. Resume it to go on.")));
            return;
        }
        let now = Instant::now();
        if now >= self.marker_at {
            self.marker_at = now + shared.options.marker_every;
            let marker = pair.own_marker(&shared).await;
            if marker.is_none() && !planted::is(Bug::AnyFolderWillDo) {
                self.offline().await;
                return;
            }
            *lock(&pair.away) = None;
            // Ingest replaces and deletes nothing, so a copy is as good as the folder.
            let row = pair.row();
            if row.mode != Mode::Ingest && marker.is_some_and(|marker| sync::is_copy(&row, &marker)) {
                self.other_root();
            }
        } else if matches!(*lock(&pair.phase), PairPhase::Offline) {
            return;
        }
        if !self.swept {
            self.swept = sweep(&shared, &pair).await;
        }
        // A pause may have come while the marker was read: what it held stays held.
        if pair.row().paused {
            return;
        }
        shared.pool.release_unless(&pair.id, || pair.row().paused);
        self.start_watching();
        if now >= self.rescan_at {
            self.rescan_at = now + self.rescan_after();
            lock(&pair.dirty).all = true;
        }
        if self.again_at.is_some_and(|at| at <= now) {
            self.again_at = None;
            lock(&pair.dirty).all = true;
        }
        if self.settle_at.is_some_and(|at| at <= now) {
            self.settle_at = None;
            let mut dirty = lock(&pair.dirty);
            // A mirror also waits for absences to be proved, which only a look at everything does.
            if self.settling.len() > MOST_PATHS || pair.row().mode != Mode::Ingest {
                dirty.all = true;
            } else {
                dirty.paths.extend(self.settling.paths());
            }
        }
        let mut dirty = std::mem::take(&mut *lock(&pair.dirty));
        if pair.row().mode != Mode::Ingest {
            if dirty.all || !dirty.paths.is_empty() {
                self.sync(dirty).await;
            }
            self.rest();
            return;
        }
        // A look at one path costs as much as some dozens in a walk over everything.
        let known = usize::try_from(pair.seen.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if dirty.paths.len() > FEW_PATHS && known / WALK_IS_CHEAPER < dirty.paths.len() {
            dirty.all = true;
        }
        if dirty.all {
            self.look(None).await;
        } else if !dirty.paths.is_empty() {
            self.look(Some(dirty.paths)).await;
        }
        self.ask_again().await;
        self.rest();
    }

    /// Ingest asks the bucket for nothing while there is nothing to send. Where the credentials were refused last, somebody
    /// has to ask, or the folder would wait for a login that is long there (invariant I14).
    async fn ask_again(&mut self) {
        let (shared, row) = (Arc::clone(&self.shared), self.pair.row());
        let nobody = planted::is(Bug::NobodyAsksAgain);
        if nobody || !shared.login_refused(&row.connection) || shared.pool.open_of(&self.pair.id) > 0 {
            self.ask_at = None;
            return;
        }
        let now = Instant::now();
        if now < *self.ask_at.get_or_insert(now + LOGIN_AGAIN) {
            return;
        }
        self.ask_at = Some(now + LOGIN_AGAIN);
        let asked = match shared.ports.remotes.browse(&row.connection).await {
            Ok(browse) => {
                let bucket = Bucket::new(row.bucket.as_str());
                shared.call(browse.level(&bucket, &row.prefix, Depth::Level, None)).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        match asked.map_err(|error| error.kind) {
            Err(RemoteErrorKind::Unauthenticated | RemoteErrorKind::Network) => {}
            // Whatever else the server says: it knows who asks.
            Ok(()) | Err(_) => {
                shared.login_was_accepted(&row.connection);
                self.ask_at = None;
            }
        }
    }

    /// A bucket is looked at every minute, unless that takes many requests: a listing costs one for a thousand keys.
    fn rescan_after(&self) -> Duration {
        let options = &self.shared.options;
        if self.pair.row().mode == Mode::Ingest {
            return options.rescan;
        }
        let pages = self.pair.seen.load(Ordering::Relaxed) / 1000;
        let for_cost = Duration::from_secs(pages.saturating_mul(4));
        options.remote_every.saturating_add(for_cost).min(options.rescan.max(options.remote_every))
    }

    /// A round of a mirror or two-way folder.
    async fn sync(&mut self, dirty: Dirty) {
        let (shared, pair) = (Arc::clone(&self.shared), Arc::clone(&self.pair));
        for path in &dirty.paths {
            self.evidence.touched(path.clone());
        }
        let all = dirty.all || dirty.paths.len() > FEW_PATHS;
        let paths: Vec<RelPath> = if all { Vec::new() } else { dirty.paths.into_iter().collect() };
        if all {
            pair.seen.store(0, Ordering::Relaxed);
            if shared.pool.open_of(&pair.id) == 0 {
                pair.set_phase(&shared, PairPhase::Scanning(0));
            }
        }
        let round = sync::round(&shared, &pair, &mut self.settling, &mut self.evidence, &paths).await;
        match round {
            Ok(round) => {
                self.broken = 0;
                let Looked { settle_at, waits } = round.looked;
                // The bucket was seen to its end, so the server knows who asks.
                shared.login_was_accepted(&pair.row().connection);
                self.settle_at = match (self.settle_at, settle_at) {
                    (Some(before), Some(at)) if !all => Some(before.min(at)),
                    (before, None) if !all => before,
                    (_, at) => at,
                };
                self.waits = waits;
                self.asks = round.asks || (!all && self.asks);
                self.refused = match (round.refused, all) {
                    (true, _) => self.refused.saturating_add(1),
                    (false, true) => 0,
                    (false, false) => self.refused,
                };
                let soon = round.refused.then(|| self.delay(self.refused));
                let again = [waits.map(|_| REMOTE_AGAIN), soon].into_iter().flatten().min();
                self.again_at = match (self.again_at, again.map(|wait| Instant::now() + wait)) {
                    // Only a look at everything says that nothing is left.
                    (Some(before), Some(at)) if !all => Some(before.min(at)),
                    (before, None) if !all => before,
                    (_, at) => at,
                };
                if round.acted && !round.refused {
                    // What was done is looked at: the next round finds nothing left to do, or what is new.
                    let mut dirty = lock(&pair.dirty);
                    if all {
                        dirty.all = true;
                    } else {
                        dirty.paths.extend(paths);
                    }
                } else if all {
                    pair.back_off.prune();
                    if self.settle_at.is_none() {
                        self.settling.clear();
                    }
                }
                if round.merges {
                    self.other_root();
                }
            }
            Err(broken) => self.broke(broken).await,
        }
        pair.changed(&shared);
    }

    async fn look(&mut self, paths: Option<BTreeSet<RelPath>>) {
        let (shared, pair) = (Arc::clone(&self.shared), Arc::clone(&self.pair));
        let all = paths.is_none();
        if all {
            pair.seen.store(0, Ordering::Relaxed);
            if shared.pool.open_of(&pair.id) == 0 {
                pair.set_phase(&shared, PairPhase::Scanning(0));
            }
        }
        let look = Look::new(&shared, &pair, &mut self.settling);
        let result = match paths {
            None => look.everything().await,
            Some(paths) => look.paths(paths).await,
        };
        match result {
            Ok(Looked { settle_at, waits }) => {
                self.broken = 0;
                self.settle_at = match (all, self.settle_at, settle_at) {
                    (true, _, at) | (false, None, at) => at,
                    (false, before, None) => before,
                    (false, Some(before), Some(at)) => Some(before.min(at)),
                };
                self.waits = waits;
                self.again_at = waits.map(|_| Instant::now() + REMOTE_AGAIN);
                if all && self.settle_at.is_none() {
                    self.settling.clear();
                }
            }
            Err(broken) => self.broke(broken).await,
        }
        pair.changed(&shared);
    }

    /// What ended a look before its end.
    async fn broke(&mut self, broken: Broken) {
        let (shared, pair) = (Arc::clone(&self.shared), Arc::clone(&self.pair));
        match broken.cause() {
            Broken::Stopping => {}
            // The rest of the look comes with the resume.
            Broken::Paused => lock(&pair.dirty).all = true,
            Broken::Disk(error) => {
                if pair.root_is_there(&shared).await {
                    tracing::warn!(pair = %pair.id, kind = ?error.kind, error = %error.source, "the folder could not be read");
                    pair.set_phase(
                        &shared,
                        PairPhase::Stopped(format!("The folder could not be read: {}", error.source)),
                    );
                    self.again_after_a_break();
                } else {
                    self.offline().await;
                }
            }
            Broken::Journal(error) => {
                tracing::error!(pair = %pair.id, kind = ?error.kind, error = %error.source, "the journal could not be used");
                self.waits = None;
                pair.set_phase(&shared, PairPhase::Stopped(journal_words(&error)));
                self.again_after_a_break();
            }
            // The other side could not be seen to its end: nothing was concluded.
            Broken::Remote(error) => {
                tracing::debug!(pair = %pair.id, kind = ?error.kind, error = %error.source, "the bucket could not be seen");
                if error.kind == RemoteErrorKind::Unauthenticated {
                    shared.login_was_refused(&pair.row().connection);
                }
                self.waits = Some(error.kind);
                self.again_after_a_break();
            }
        }
    }

    /// Lets the folder merge, if a person asked for it.
    async fn merge(&mut self) {
        let Some(asked) = lock(&self.pair.merge).take() else { return };
        let done = sync::merge_again(&self.shared, &self.pair, &mut self.evidence).await;
        self.marker_at = Instant::now();
        self.other_root();
        self.shared.tell(EngineEvent::Pair(self.pair.id.clone()));
        // Who asked may not wait any more.
        let _gone = asked.send(done);
    }

    /// The root is, or may be, another one: what was heard and tried out of the one before says nothing.
    fn other_root(&mut self) {
        self.watch = None;
        self.swept = false;
        self.pair.forget_names();
        // Whoever asked for it may ask at once whether the folder has come to rest.
        self.pair.look_at_all();
    }

    /// A reset costs a moment; what stays broken is tried once a minute.
    fn again_after_a_break(&mut self) {
        self.broken = self.broken.saturating_add(1);
        self.again_at = Some(Instant::now() + self.delay(self.broken));
    }

    /// How long to wait after so many times.
    fn delay(&self, times: u32) -> Duration {
        Duration::from_millis(crate::retry::delay_ms(times, self.shared.ports.entropy.as_ref()))
    }

    /// Root or marker are not there: nothing is known, nothing is concluded, no request changes the bucket (hazard HA6).
    async fn offline(&mut self) {
        let away = self.pair.find_away(&self.shared).await;
        let (shared, pair) = (&self.shared, &self.pair);
        shared.pool.hold(&pair.id);
        // What was being written there stays behind half-written.
        self.swept = false;
        self.watch = None;
        pair.forget_names();
        pair.back_off.clear();
        self.settling.clear();
        self.evidence.clear();
        self.settle_at = None;
        lock(&pair.dirty).all = true;
        pair.set_phase(shared, PairPhase::Offline);
        if lock(&pair.away).replace(away) != Some(away) {
            shared.tell(EngineEvent::Pair(pair.id.clone()));
        }
        let words = format!("{} {}", pair.row().root, away.words());
        pair.quiet.send_replace(Some(stopped(StopCause::FolderOffline, &words)));
    }

    fn start_watching(&mut self) {
        if self.watch.is_some() {
            return;
        }
        let root = PathBuf::from(self.pair.row().root);
        match self.shared.ports.watcher.watch(&root, self.events.clone()) {
            Ok(guard) => self.watch = Some(guard),
            // The periodic look does the work; tried again with the next round.
            Err(error) => tracing::warn!(error = %error.source, "file events cannot be had"),
        }
        // Whatever happened before the watch began was not heard.
        lock(&self.pair.dirty).all = true;
    }

    /// What to show and whether there is anything left to do.
    fn rest(&mut self) {
        let (shared, pair) = (&self.shared, &self.pair);
        if matches!(*lock(&pair.phase), PairPhase::Offline) && self.watch.is_none() {
            return;
        }
        let dirty = {
            let dirty = lock(&pair.dirty);
            dirty.all || !dirty.paths.is_empty()
        };
        let open = shared.pool.open_of(&pair.id);
        let row = pair.row();
        let login = shared.login_refused(&row.connection);
        // A question that was answered waits for nobody: what it is about is still being looked at twice.
        let asks = self.asks && row.brake.is_none_or(|brake| brake.answer.is_none());
        let phase = match (self.waits, open, self.settle_at) {
            _ if login => PairPhase::Waiting(RemoteErrorKind::Unauthenticated),
            (Some(kind), ..) => PairPhase::Waiting(kind),
            (None, open, _) if open > 0 => PairPhase::Uploading,
            _ if asks => PairPhase::Asking,
            _ if dirty => PairPhase::Syncing,
            (None, _, Some(_)) => PairPhase::Settling(self.settling.len() as u64),
            (None, _, None)
                if matches!(*lock(&pair.phase), PairPhase::Stopped(_)) && self.again_at.is_some() =>
            {
                return;
            }
            // Something was another one by then: it is looked at again in a moment.
            (None, _, None) if self.again_at.is_some() => PairPhase::Syncing,
            (None, _, None) => PairPhase::Watching,
        };
        pair.set_phase(shared, phase);
        pair.changed(shared);
        if login || self.waits == Some(RemoteErrorKind::Unauthenticated) {
            let words =
                "The server does not accept the credentials. Nothing is lost; sign in again and it goes on.";
            pair.quiet.send_replace(Some(stopped(StopCause::SignIn, words)));
        } else if asks && !dirty && open == 0 {
            let words = "More would be deleted or replaced than the limits allow. Nothing of it was done; it waits for your answer.";
            pair.quiet.send_replace(Some(stopped(StopCause::Asking, words)));
        } else if !dirty && open == 0 && self.settle_at.is_none() && self.again_at.is_none() {
            pair.quiet.send_replace(Some(QuietReport::default()));
        } else {
            pair.quiet.send_replace(None);
        }
    }

    async fn sleep(&mut self) {
        let paused = self.pair.row().paused;
        let mut until = self.marker_at.min(self.rescan_at);
        for at in [self.settle_at, self.again_at, self.ask_at].into_iter().flatten() {
            until = until.min(at);
        }
        if matches!(*lock(&self.pair.phase), PairPhase::Offline) {
            until = self.marker_at;
        }
        let pending = {
            let dirty = lock(&self.pair.dirty);
            (dirty.all || !dirty.paths.is_empty()) && !matches!(*lock(&self.pair.phase), PairPhase::Offline)
        };
        if pending && !paused {
            return;
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(until), if !paused => {}
            () = self.pair.bell.notified() => {}
            Some(event) = self.heard.recv() => {
                self.note(event);
                // Its neighbours come along, within a bound.
                let deadline = Instant::now() + GATHER;
                while let Ok(Some(event)) = tokio::time::timeout_at(deadline, self.heard.recv()).await {
                    self.note(event);
                }
            }
        }
    }

    fn note(&self, event: WatchEvent) {
        let root = self.pair.row().root;
        match event {
            WatchEvent::LookAtAll => self.pair.look_at_all(),
            WatchEvent::Touched(paths) => {
                for path in paths {
                    let below = path.strip_prefix(&root).ok().and_then(Path::to_str);
                    match below.map(RelPath::parse) {
                        Some(Ok(path)) if path.as_str().starts_with(".windlass/") => {}
                        Some(Ok(path)) => self.pair.look_at(path),
                        Some(Err(_)) | None => self.pair.look_at_all(),
                    }
                }
            }
        }
    }
}
