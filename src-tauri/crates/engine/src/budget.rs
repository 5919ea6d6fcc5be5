//! Limits as budgets: requests in flight (adaptive), bytes in memory, bytes per second.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Requests in flight at the start; grows while answers come back well.
const FIRST_LIMIT: usize = 8;
/// A second refusal within this time belongs to the same burst.
const ONE_BURST: Duration = Duration::from_millis(400);
/// First pause of everybody after the server asked for patience; doubles.
const FIRST_HOLD: Duration = Duration::from_millis(200);
const LONGEST_HOLD: Duration = Duration::from_secs(20);
/// Unit of the byte budget.
const KIB: u64 = 1024;
/// Bytes of bodies under way that are always allowed.
const LEAST_UNDER_WAY: u64 = 16 * 1024 * KIB;
/// Of what got through in a second, this part may be under way.
const UNDER_WAY_SECONDS: f64 = 0.4;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct GateState {
    limit: usize,
    used: usize,
    successes: usize,
    slow_start: bool,
    hold_until: Option<Instant>,
    last_shed: Option<Instant>,
    sheds_in_a_row: u32,
}

/// Requests in flight: grows by one a round while the server answers, halves when it asks for patience, and then holds
/// everybody back for a moment, so that refusals do not become a storm (hazard HE4).
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<GateState>,
    freed: Notify,
    most: usize,
}

impl Gate {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            state: Mutex::new(GateState {
                limit: FIRST_LIMIT.min(most.max(1)),
                used: 0,
                successes: 0,
                slow_start: true,
                hold_until: None,
                last_shed: None,
                sheds_in_a_row: 0,
            }),
            freed: Notify::new(),
            most: most.max(1),
        }
    }

    /// Waits for a place. Dropping the returned value gives it back.
    pub(crate) async fn enter(&self) -> Entered<'_> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            let hold = {
                let mut state = lock(&self.state);
                match state.hold_until.filter(|until| *until > Instant::now()) {
                    Some(until) => Some(until),
                    None if state.used < state.limit => {
                        state.used += 1;
                        return Entered { gate: self };
                    }
                    None => None,
                }
            };
            match hold {
                Some(until) => tokio::time::sleep_until(until).await,
                None => freed.await,
            }
        }
    }

    /// Requests allowed in flight now.
    #[cfg(test)]
    fn limit(&self) -> usize {
        lock(&self.state).limit
    }

    /// Requests in flight now.
    pub(crate) fn used(&self) -> usize {
        lock(&self.state).used
    }

    fn succeeded(&self) {
        let mut state = lock(&self.state);
        state.sheds_in_a_row = 0;
        if state.limit >= self.most {
            return;
        }
        state.successes += 1;
        // Slow start doubles in a round; after the first refusal it is one a round.
        if state.slow_start || state.successes >= state.limit {
            state.limit += 1;
            state.successes = 0;
            drop(state);
            self.freed.notify_one();
        }
    }

    /// The server asked for patience. `jitter` is between 0 and 1.
    fn shed(&self, jitter: f64) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        if state.last_shed.is_some_and(|last| now.duration_since(last) < ONE_BURST) {
            return;
        }
        state.last_shed = Some(now);
        state.slow_start = false;
        state.successes = 0;
        state.limit = (state.limit / 2).max(1);
        let hold = FIRST_HOLD.saturating_mul(1 << state.sheds_in_a_row.min(10)).min(LONGEST_HOLD);
        state.sheds_in_a_row += 1;
        state.hold_until = Some(now + hold.mul_f64(0.5 + jitter.clamp(0.0, 1.0)));
    }
}

/// A place among the requests in flight.
#[derive(Debug)]
#[must_use = "dropping it gives the place back"]
pub(crate) struct Entered<'a> {
    gate: &'a Gate,
}

impl Entered<'_> {
    /// The server answered well.
    pub(crate) fn succeeded(self) {
        self.gate.succeeded();
    }

    /// The server asked for patience.
    pub(crate) fn throttled(self, jitter: f64) {
        self.gate.shed(jitter);
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.gate.state);
        state.used = state.used.saturating_sub(1);
        drop(state);
        self.gate.freed.notify_one();
    }
}

#[derive(Debug)]
struct PaceState {
    rate: Option<u64>,
    /// When the bytes that were let through are paid off.
    free_at: Option<Instant>,
}

/// Bytes per second over everything: one bucket for all traffic, retries included (hazard HE14).
#[derive(Debug)]
pub(crate) struct Pace {
    state: Mutex<PaceState>,
    changed: Notify,
}

impl Pace {
    pub(crate) fn new(rate: Option<u64>) -> Self {
        Self { state: Mutex::new(PaceState { rate, free_at: None }), changed: Notify::new() }
    }

    pub(crate) fn set(&self, rate: Option<u64>) {
        let mut state = lock(&self.state);
        state.rate = rate;
        state.free_at = None;
        drop(state);
        self.changed.notify_waiters();
    }

    pub(crate) fn rate(&self) -> Option<u64> {
        lock(&self.state).rate
    }

    /// When `len` bytes may go out; `None` when there is no cap. They count as gone.
    fn start_of(&self, len: u64) -> Option<Instant> {
        let mut state = lock(&self.state);
        let rate = state.rate.filter(|rate| *rate > 0)?;
        let now = Instant::now();
        let start = state.free_at.filter(|at| *at > now).unwrap_or(now);
        state.free_at = Some(start + Duration::from_secs_f64(len as f64 / rate as f64));
        Some(start)
    }

    /// Waits until `len` bytes may go out.
    pub(crate) async fn take(&self, len: u64) {
        let changed = self.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let Some(start) = self.start_of(len) else { return };
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(start) => {}
            // Another cap: what waited under the old one goes.
            () = changed => {}
        }
    }
}

/// Bytes of bodies under way: what a kill or a cut can cost (invariant I12). Behind a slow line they would only wait in the
/// system's buffers, so their number follows what gets through.
#[derive(Debug)]
pub(crate) struct UnderWay {
    room: Semaphore,
    window: Mutex<u64>,
    most: u64,
}

impl UnderWay {
    fn new(most: u64) -> Self {
        let least = LEAST_UNDER_WAY.min(most).max(KIB);
        Self {
            room: Semaphore::new((least / KIB) as usize),
            window: Mutex::new(least),
            most: most.max(least),
        }
    }

    /// Waits until a body of `len` bytes may begin, `rate` bytes a second getting through now.
    pub(crate) async fn enter(&self, len: u64, rate: u64) -> Option<SemaphorePermit<'_>> {
        let least = LEAST_UNDER_WAY.min(self.most);
        self.resize(((rate as f64 * UNDER_WAY_SECONDS) as u64).clamp(least, self.most));
        // A body larger than the least window waits for all of that.
        let units = u32::try_from(len.min(least) / KIB).unwrap_or(u32::MAX).max(1);
        // Never closed, so this cannot fail.
        self.room.acquire_many(units).await.ok()
    }

    fn resize(&self, wanted: u64) {
        let mut window = lock(&self.window);
        if wanted > *window {
            self.room.add_permits(((wanted - *window) / KIB) as usize);
            *window += (wanted - *window) / KIB * KIB;
        } else {
            *window -= self.room.forget_permits(((*window - wanted) / KIB) as usize) as u64 * KIB;
        }
    }

    fn idle(&self) -> bool {
        let window = lock(&self.window);
        self.room.available_permits() as u64 * KIB == *window
    }
}

/// All budgets of an engine.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) gate: Gate,
    pub(crate) pace: Arc<Pace>,
    pub(crate) under_way: UnderWay,
    bytes: Semaphore,
    total: u32,
}

impl Budget {
    pub(crate) fn new(requests: usize, bytes: u64, rate: Option<u64>) -> Self {
        let total = u32::try_from((bytes / KIB).max(1)).unwrap_or(u32::MAX);
        Self {
            gate: Gate::new(requests),
            pace: Arc::new(Pace::new(rate)),
            under_way: UnderWay::new(bytes),
            bytes: Semaphore::new(total as usize),
            total,
        }
    }

    /// Waits for room for `len` bytes in memory. One buffer larger than the whole budget waits for all of it.
    pub(crate) async fn memory(&self, len: u64) -> Option<SemaphorePermit<'_>> {
        let units = u32::try_from(len.div_ceil(KIB).max(1)).unwrap_or(u32::MAX).min(self.total);
        // Never closed, so this cannot fail.
        self.bytes.acquire_many(units).await.ok()
    }

    /// Whether nothing is held: gauges return to zero.
    pub(crate) fn idle(&self) -> bool {
        self.gate.used() == 0
            && self.under_way.idle()
            && self.bytes.available_permits() == self.total as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_gate_grows_with_answers_and_halves_with_refusals() {
        let gate = Gate::new(32);
        for _ in 0..10 {
            gate.enter().await.succeeded();
        }
        assert_eq!(gate.limit(), FIRST_LIMIT + 10, "slow start");
        gate.enter().await.throttled(0.5);
        assert_eq!(gate.limit(), 9);
        let before = Instant::now();
        gate.enter().await.succeeded();
        assert!(before.elapsed() >= Duration::from_millis(100), "everybody waits after a refusal");
        assert_eq!(gate.used(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn he4_one_burst_of_refusals_counts_once() {
        let gate = Gate::new(32);
        let first = gate.enter().await;
        let second = gate.enter().await;
        first.throttled(0.0);
        second.throttled(0.0);
        assert_eq!(gate.limit(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn he14_the_cap_holds_over_time_and_a_new_cap_counts_at_once() {
        let pace = Pace::new(Some(1_000_000));
        let began = Instant::now();
        for _ in 0..20 {
            pace.take(500_000).await;
        }
        // The last half megabyte has just been let out, so 9.5 MB are paid for.
        let seconds = began.elapsed().as_secs_f64();
        assert!((9.4..=10.1).contains(&seconds), "{seconds}");
        pace.take(100_000_000).await;
        let waiting = pace.take(1);
        tokio::pin!(waiting);
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        pace.set(None);
        let before = Instant::now();
        waiting.await;
        assert!(before.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn bytes_under_way_follow_what_gets_through() {
        const PART: u64 = 8 * 1024 * KIB;
        let under_way = UnderWay::new(64 * 1024 * KIB);
        let (first, second) = (under_way.enter(PART, 0).await, under_way.enter(PART, 0).await);
        let third = under_way.enter(PART, 0);
        tokio::pin!(third);
        assert!(futures::poll!(third.as_mut()).is_pending(), "16 MiB are under way");
        let fourth = under_way.enter(PART, 100_000_000).await;
        let third = third.await;
        assert!(!under_way.idle());
        drop((first, second, third, fourth));
        assert!(under_way.idle());
        // A body of any length comes through, and a window that shrank is the least one again.
        drop(under_way.enter(1 << 40, 0).await);
        assert_eq!(*lock(&under_way.window), LEAST_UNDER_WAY);
        assert!(under_way.idle());
    }

    #[tokio::test]
    async fn memory_is_given_back() {
        let budget = Budget::new(4, 10 * KIB, None);
        let huge = budget.memory(1_000_000).await;
        assert!(!budget.idle());
        drop(huge);
        assert!(budget.idle());
    }
}
