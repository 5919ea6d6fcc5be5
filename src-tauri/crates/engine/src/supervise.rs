//! What panics is started again: a folder's actor, an upload. What panics three times on one thing leaves that thing alone,
//! so that one bad file never stops the others (hazards HC14, HC15).
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use windlass_domain::RelPath;

use crate::pair::{self, PairHandle, PairPhase};
use crate::shared::{EngineEvent, Shared, lock};

/// Panics on one thing before it is left alone.
pub(crate) const ENOUGH: u32 = 3;
/// First wait before a restart; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait before a restart.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Counts panics by what was worked on.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    /// What is looked at, or what one of several things that were done side by side panicked on.
    at: Mutex<Option<RelPath>>,
    counts: Mutex<BTreeMap<RelPath, u32>>,
}

impl Poison {
    /// From now on this is worked on.
    pub(crate) fn working_on(&self, path: &RelPath) {
        *lock(&self.at) = Some(path.clone());
    }

    /// While the answer lives this is worked on, beside others. Should it die in a panic, it was the one: what panics is
    /// unwound before those that only were under way beside it.
    pub(crate) fn working_beside(&self, path: &RelPath) -> Beside<'_> {
        Beside { poison: self, path: path.clone() }
    }

    /// Nothing particular is.
    pub(crate) fn done(&self) {
        *lock(&self.at) = None;
    }

    /// Whether it is left alone.
    pub(crate) fn is_quarantined(&self, path: &RelPath) -> bool {
        let counts = lock(&self.counts);
        !counts.is_empty() && counts.get(path).is_some_and(|count| *count >= ENOUGH)
    }

    /// A person tries everything again.
    pub(crate) fn forgive(&self) {
        lock(&self.counts).clear();
    }

    fn count(&self) -> Option<(RelPath, u32)> {
        let path = lock(&self.at).take()?;
        let mut counts = lock(&self.counts);
        let count = counts.entry(path.clone()).or_default();
        *count += 1;
        Some((path, *count))
    }
}

/// Work on one path, beside others.
#[must_use]
pub(crate) struct Beside<'a> {
    poison: &'a Poison,
    path: RelPath,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.poison.at).get_or_insert_with(|| self.path.clone());
        }
    }
}

/// Runs a folder's actor until it is stopped, whatever it does.
pub(crate) async fn folder(shared: Arc<Shared>, pair: Arc<PairHandle>) {
    let mut wait = FIRST_WAIT;
    loop {
        let run = AssertUnwindSafe(pair::run(Arc::clone(&shared), Arc::clone(&pair)));
        let ended = tokio::select! {
            biased;
            ended = run.catch_unwind() => ended,
            never = listen(&shared, &pair) => match never {},
        };
        if ended.is_ok() {
            return;
        }
        let on = pair.poison.count();
        tracing::error!(pair = %pair.id, ?on, "a folder's work panicked; it starts again");
        pair.set_phase(
            &shared,
            PairPhase::Stopped(
                "An error in Windlass stopped this folder; it starts again by itself.".to_owned(),
            ),
        );
        tokio::select! {
            biased;
            () = pair.stop.cancelled() => {
                pair.over.cancel();
                return;
            }
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
        pair.look_at_all();
    }
}

/// Tells whoever shows the folder when its work falls silent, and when it goes on.
async fn listen(shared: &Shared, pair: &PairHandle) -> Infallible {
    let mut silent = false;
    loop {
        tokio::time::sleep(shared.options.silent / 4).await;
        let now = pair.silent_since(shared).is_some();
        if now != silent {
            silent = now;
            if silent {
                tracing::error!(pair = %pair.id, "a folder's work does not go on");
            }
            shared.tell(EngineEvent::Pair(pair.id.clone()));
        }
    }
}
