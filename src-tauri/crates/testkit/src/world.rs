//! The world: chance, time, faults, and the moment of death, all from one seed.
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use windlass_domain::Timestamp;
use windlass_ports::{Clock, Entropy, JournalWrite};

use crate::content::ContentId;
use crate::rng::Rng;

/// Steps after which a run has lost its way.
const MOST_STEPS: u64 = 150_000;
/// When the first boot is: some day in 2026.
const BEGIN_NS: i64 = 1_780_000_000_000_000_000;

/// What can go wrong at a port call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The request never arrived.
    NetBefore,
    /// It took effect and its answer was lost.
    NetAfter,
    /// It seems lost, and takes effect a while later.
    Late,
    /// 503.
    Throttled,
    /// 403.
    Denied,
    /// 401: the login expired.
    Expired,
    /// 409 on a conditional write.
    Conflict,
    /// The bytes were damaged on the way and the server noticed.
    Integrity,
    /// Something on the way changed a bit; what is stored differs, and the answer repeats what was sent.
    StoredWrong,
    /// A bit of the body that comes back is another one.
    BitFlip,
    /// The body that comes back ends early, with an error.
    BodyCut,
    /// The body that comes back ends early, as if that were all.
    BodyShort,
    /// A listing says that it has ended before it has.
    ListCut,
    /// A listing leaves a key out.
    ListMisses,
    /// HEAD shows the state before the last write.
    Stale,
    /// The disk reports an error.
    Eio,
    /// No space.
    Full,
    /// A file event is lost.
    EventLost,
}

/// Where in a call the process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// Nothing happened yet.
    Before,
    /// It took effect, or part of it; nobody was told.
    Between,
    /// It took effect and the answer is on its way.
    After,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The engine.
    Engine,
    /// A person at this computer, another device, or whoever runs the bucket.
    Person,
}

/// Something the oracle wants to hear of.
#[derive(Debug, Clone)]
pub enum Event {
    /// The engine's request replaced or removed the current object of a key.
    Replaced {
        /// Key.
        key: String,
        /// ETag and content that were current.
        old: (String, ContentId),
        /// Whether it is gone now (or below a delete marker), rather than another one.
        deleted: bool,
        /// The request that did it, as it was [`Event::Submitted`].
        request: u64,
    },
    /// A batch became durable in this computer's journal.
    Committed(usize, Arc<Vec<JournalWrite>>),
    /// A request that changes the bucket was sent. It may take effect much later.
    Submitted {
        /// What is asked for.
        what: String,
        /// Of which key.
        key: String,
        /// A number of its own.
        request: u64,
    },
    /// Something on the way made this of what was sent, and the bucket holds it.
    Garbled(ContentId),
    /// The engine moved this file to the trash.
    Trashed(String),
}

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which, as in the design: `I1`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
    /// At this step.
    pub step: u64,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at step {}: {}", self.invariant, self.step, self.what)
    }
}

/// How often something could have happened, and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Chances.
    pub chances: u64,
    /// Times.
    pub times: u64,
}

/// Looks at the world after a step.
type Watch = Arc<dyn Fn() + Send + Sync>;

struct Inner {
    chance: Rng,
    ids: Rng,
    steps: u64,
    cuts: u64,
    trace: u64,
    die_at: VecDeque<u64>,
    dead: bool,
    boots: u32,
    per_mille: u64,
    /// Faults by the name of the call, beside those of chance.
    calls: Vec<(&'static str, Fault)>,
    /// Faults of every call of a name.
    always: Vec<(&'static str, Fault)>,
    hurried: bool,
    exhausted: bool,
    log: Option<Vec<String>>,
    seen: BTreeMap<(&'static str, Fault), Seen>,
    deaths: BTreeMap<(&'static str, Edge), u64>,
    wrong: Vec<Wrong>,
    events: Vec<Event>,
    base: i64,
    /// What all jumps of the wall clock came to, and since when: steady times at which they happened.
    jumps: Vec<(i64, i64)>,
    tick: i64,
    began: Option<Instant>,
    watch: Option<Watch>,
}

/// The world. Every port call asks it when it goes on, whether it fails and whether the process dies here.
pub struct World {
    inner: Mutex<Inner>,
    died: watch::Sender<bool>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        write!(f, "World(step {}, cut {}, boot {})", inner.steps, inner.cuts, inner.boots)
    }
}

impl World {
    /// A world that this seed moves, without faults until [`Self::set_faults`].
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        let chance = Rng::new(seed);
        let inner = Inner {
            ids: chance.fork(1),
            chance,
            steps: 0,
            cuts: 0,
            trace: seed,
            die_at: VecDeque::new(),
            dead: false,
            boots: 0,
            per_mille: 0,
            calls: Vec::new(),
            always: Vec::new(),
            hurried: false,
            exhausted: false,
            log: None,
            seen: BTreeMap::new(),
            deaths: BTreeMap::new(),
            wrong: Vec::new(),
            events: Vec::new(),
            base: BEGIN_NS,
            jumps: vec![(0, 0)],
            tick: 0,
            began: None,
            watch: None,
        };
        Arc::new(Self { inner: Mutex::new(inner), died: watch::Sender::new(false) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many of a thousand calls that can fail do.
    pub fn set_faults(&self, per_mille: u64) {
        self.inner().per_mille = per_mille;
    }

    /// These faults at the next calls of these names, in this order for each name.
    pub fn script_calls(&self, faults: impl IntoIterator<Item = (&'static str, Fault)>) {
        self.inner().calls = faults.into_iter().collect();
    }

    /// This fault at every call of this name from now on, also when everything else is calm: a right that is missing, a disk
    /// that may only be read.
    pub fn fail_always(&self, call: &'static str, fault: Fault) {
        self.inner().always.push((call, fault));
    }

    /// This fault at the next call of this name, behind those that wait for one already.
    pub fn fail_next(&self, call: &'static str, fault: Fault) {
        self.inner().calls.push((call, fault));
    }

    /// The process dies at these cuts (numbers of [`Self::cuts`], growing).
    pub fn die_at(&self, cuts: impl IntoIterator<Item = u64>) {
        self.inner().die_at = cuts.into_iter().collect();
    }

    /// No waiting between steps from now on: order stays as calls come. For the last, undisturbed part of a run.
    pub fn hurry(&self, hurried: bool) {
        self.inner().hurried = hurried;
    }

    /// Keeps what happens as lines; they are printed as they come when `WINDLASS_VERBOSE` is set.
    pub fn keep_log(&self) {
        self.inner().log = Some(Vec::new());
    }

    /// The lines kept.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.inner().log.clone().unwrap_or_default()
    }

    /// Calls `look` around every cut.
    pub fn watch(&self, look: impl Fn() + Send + Sync + 'static) {
        self.inner().watch = Some(Arc::new(look));
    }

    /// Says what happens; part of the trace.
    pub fn say(&self, what: impl FnOnce() -> String) {
        let mut inner = self.inner();
        if inner.log.is_some() {
            let line = format!("{:>6} {}", inner.steps, what());
            if std::env::var_os("WINDLASS_VERBOSE").is_some() {
                eprintln!("{line}");
            }
            inner.log.get_or_insert_default().push(line);
        }
    }

    /// Mixes a number into the trace.
    pub fn mix(&self, value: u64) {
        mix(&mut self.inner(), value);
    }

    /// A draw for the schedule.
    pub fn draw<T>(&self, with: impl FnOnce(&mut Rng) -> T) -> T {
        with(&mut self.inner().chance)
    }

    /// Notes a broken invariant. The first fifty are kept.
    pub fn wrong(&self, invariant: &'static str, what: impl Into<String>) {
        let what = what.into();
        self.say(|| format!("WRONG {invariant}: {what}"));
        let mut inner = self.inner();
        let step = inner.steps;
        if inner.wrong.len() < 50 {
            inner.wrong.push(Wrong { invariant, what, step });
        }
    }

    /// Broken invariants so far.
    #[must_use]
    pub fn all_wrong(&self) -> Vec<Wrong> {
        self.inner().wrong.clone()
    }

    /// Tells the oracle.
    pub(crate) fn tell(&self, event: Event) {
        self.inner().events.push(event);
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.inner().events)
    }

    /// Steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.inner().steps
    }

    /// Places so far where the process could have died.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.inner().cuts
    }

    /// A number that any other course of things would have made another one.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.inner().trace
    }

    /// How often each fault could have happened at each call, and did.
    #[must_use]
    pub fn seen(&self) -> BTreeMap<(&'static str, Fault), Seen> {
        self.inner().seen.clone()
    }

    /// Where the process died.
    #[must_use]
    pub fn deaths(&self) -> BTreeMap<(&'static str, Edge), u64> {
        self.inner().deaths.clone()
    }

    /// Which start of the process this is.
    #[must_use]
    pub fn boots(&self) -> u32 {
        self.inner().boots
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.inner().dead
    }

    /// Whether it took more steps than any run needs.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.inner().exhausted
    }

    /// Ends when the process dies.
    pub async fn died(&self) {
        let mut died = self.died.subscribe();
        // The world outlives whoever waits, so the channel stays open.
        let _open = died.wait_for(|dead| *dead).await;
    }

    /// The process dies now.
    pub fn die(&self) {
        self.look();
        let mut inner = self.inner();
        stop_clock(&mut inner);
        inner.dead = true;
        drop(inner);
        self.died.send_replace(true);
    }

    /// A new process. Call inside its runtime, whose time begins now.
    pub fn boot(&self) {
        let mut inner = self.inner();
        inner.dead = false;
        inner.boots += 1;
        inner.base += 1_000_000_000;
        inner.began = Some(Instant::now());
        let boot = inner.boots;
        mix(&mut inner, u64::from(boot));
        drop(inner);
        self.died.send_replace(false);
        self.say(|| format!("boot {boot}"));
    }

    /// The runtime is about to end without a death.
    pub fn halt(&self) {
        stop_clock(&mut self.inner());
    }

    /// The wall clock jumps; timers do not.
    pub fn jump(&self, millis: i64) {
        let mut inner = self.inner();
        let (now, before) = (steady(&inner), jumped(&inner));
        inner.base += millis * 1_000_000;
        inner.jumps.push((now, before + millis * 1_000_000));
    }

    /// Now, by a clock that never jumps: for spans of time.
    pub(crate) fn steady(&self) -> i64 {
        steady(&self.inner())
    }

    /// A moment that the wall clock showed, by the clock that never jumps. It showed some moments twice: the later one.
    pub(crate) fn steady_of(&self, wall: i64) -> i64 {
        let inner = self.inner();
        let read = |(since, jumped): &(i64, i64)| Some(wall - jumped).filter(|steady| steady >= since);
        inner.jumps.iter().rev().find_map(read).unwrap_or(wall)
    }

    /// A moment that no other call gets: later than all before.
    pub(crate) fn moment(&self) -> i64 {
        let mut inner = self.inner();
        inner.tick += 1;
        wall(&inner) + inner.tick
    }

    /// Whether this call fails, and how.
    pub(crate) fn fault(&self, op: &'static str, can: &[Fault]) -> Option<Fault> {
        let mut inner = self.inner();
        if let Some((_, fault)) = inner.always.iter().find(|(call, fault)| *call == op && can.contains(fault))
        {
            return Some(*fault);
        }
        if inner.per_mille == 0 && inner.calls.is_empty() {
            return None;
        }
        if let Some(at) = inner.calls.iter().position(|(call, fault)| *call == op && can.contains(fault)) {
            let (_, fault) = inner.calls.remove(at);
            mix(&mut inner, fault as u64 + 100);
            drop(inner);
            self.say(|| format!("{op}: fault {fault:?}"));
            return Some(fault);
        }
        let rate = inner.per_mille;
        for fault in can {
            inner.seen.entry((op, *fault)).or_default().chances += 1;
        }
        if !inner.chance.often(rate) {
            return None;
        }
        let fault = *inner.chance.pick(can);
        inner.seen.entry((op, fault)).or_default().times += 1;
        mix(&mut inner, fault as u64 + 100);
        drop(inner);
        self.say(|| format!("{op}: fault {fault:?}"));
        Some(fault)
    }

    /// A call that changes nothing: it may be passed by others here, and goes no further once the process is dead.
    pub(crate) async fn pass(&self, op: &'static str) {
        self.step(op, None).await;
    }

    /// An edge of an effect: the process may die here.
    pub(crate) async fn cut(&self, op: &'static str, edge: Edge) {
        self.look();
        self.step(op, Some(edge)).await;
    }

    /// Counts a step and says how long others go first; `None` when the process is dead, or dies here.
    fn count(&self, op: &'static str, edge: Option<Edge>) -> Option<u64> {
        let mut inner = self.inner();
        if inner.dead {
            return None;
        }
        inner.steps += 1;
        let hash = op.bytes().fold(edge.map_or(7, |e| e as u64), |h, b| h.wrapping_mul(31) ^ u64::from(b));
        mix(&mut inner, hash);
        if inner.steps > MOST_STEPS {
            drop(inner);
            if !self.is_exhausted() {
                self.wrong("I11", "it goes round in circles");
                self.inner().exhausted = true;
            }
            self.die();
            return None;
        }
        if edge.is_some() {
            inner.cuts += 1;
        }
        if let Some(edge) = edge
            && inner.die_at.front().is_some_and(|at| inner.cuts >= *at)
        {
            inner.die_at.pop_front();
            *inner.deaths.entry((op, edge)).or_default() += 1;
            drop(inner);
            self.say(|| format!("{op} {edge:?}: the process dies"));
            self.die();
            return None;
        }
        Some(if inner.hurried { 0 } else { inner.chance.below(100) })
    }

    async fn step(&self, op: &'static str, edge: Option<Edge>) {
        let Some(wait) = self.count(op, edge) else { return std::future::pending().await };
        match wait {
            0..50 => {}
            50..75 => tokio::task::yield_now().await,
            75..96 => self.sleep(1 + wait).await,
            96..99 => self.sleep(400 + wait * 7).await,
            _ => self.sleep(3_000).await,
        }
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    async fn sleep(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    pub(crate) fn look(&self) {
        let look = self.inner().watch.clone();
        if let Some(look) = look {
            look();
        }
    }
}

fn mix(inner: &mut Inner, value: u64) {
    inner.trace = (inner.trace ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
}

fn wall(inner: &Inner) -> i64 {
    inner.base + inner.began.map_or(0, |began| began.elapsed().as_nanos() as i64)
}

fn jumped(inner: &Inner) -> i64 {
    inner.jumps.last().map_or(0, |(_, jumped)| *jumped)
}

fn steady(inner: &Inner) -> i64 {
    wall(inner) - jumped(inner)
}

fn stop_clock(inner: &mut Inner) {
    inner.base = wall(inner);
    inner.began = None;
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp(wall(&self.inner()))
    }
}

impl Entropy for World {
    fn next_u64(&self) -> u64 {
        self.inner().ids.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_no_time_that_passes() {
        let world = World::new(1);
        let (began, steady) = (world.now().0, world.steady());
        world.jump(3_600_000);
        assert_eq!((world.now().0 - began, world.steady()), (3_600_000_000_000, steady));
        assert_eq!(world.steady_of(world.now().0), steady);
        // What was noted before the jump.
        assert_eq!(world.steady_of(began), steady);
        world.jump(-7_200_000);
        assert_eq!((world.steady(), world.steady_of(world.now().0)), (steady, steady));
    }
}
