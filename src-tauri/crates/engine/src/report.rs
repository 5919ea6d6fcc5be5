//! Waiting for an end: of a batch, of a sync folder's work.
use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;
use windlass_domain::BatchId;

use crate::shared::lock;

/// Failures kept by name; more are only counted.
const NAMED: usize = 1000;

/// How a batch ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Files that are Safe, or objects that were fetched and verified.
    pub done: u64,
    /// Files that failed or were cancelled.
    pub failures: u64,
    /// The first thousand of them: name, and why in plain words.
    pub failed: Vec<(String, String)>,
}

/// Why a folder's work cannot come to an end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// The folder or its marker is not there.
    FolderOffline,
    /// The credentials are not accepted.
    SignIn,
    /// The folder is paused.
    Paused,
    /// The brake holds deletes until a person answers.
    Asking,
    /// The folder was removed, or the engine stops.
    Removed,
}

/// Why, and in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Decides what a caller does.
    pub cause: StopCause,
    /// What happened, what it means, what to do.
    pub words: String,
}

/// How a folder came to rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuietReport {
    /// Set when it stopped before everything was done.
    pub stopped: Option<Stopped>,
}

#[derive(Debug, Default)]
struct Live {
    name: String,
    open: u64,
    sealed: bool,
    report: BatchReport,
}

/// Batches of this session.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    live: Mutex<BTreeMap<BatchId, Live>>,
    changed: Notify,
}

impl Batches {
    /// Begins one; it cannot end before [`Self::seal`].
    pub(crate) fn begin(&self, id: &BatchId, name: &str) {
        lock(&self.live).insert(id.clone(), Live { name: name.to_owned(), ..Live::default() });
    }

    /// Begins one that an earlier session sealed, unless it is there.
    pub(crate) fn begin_known(&self, id: &BatchId) {
        lock(&self.live).entry(id.clone()).or_insert_with(|| Live { sealed: true, ..Live::default() });
    }

    pub(crate) fn name(&self, id: &BatchId) -> Option<String> {
        lock(&self.live).get(id).map(|live| live.name.clone())
    }

    pub(crate) fn opened(&self, id: &BatchId) {
        if let Some(live) = lock(&self.live).get_mut(id) {
            live.open += 1;
        }
    }

    /// Nothing more is added.
    pub(crate) fn seal(&self, id: &BatchId) {
        if let Some(live) = lock(&self.live).get_mut(id) {
            live.sealed = true;
        }
        self.changed.notify_waiters();
    }

    /// One that was opened has ended.
    pub(crate) fn ended(&self, id: &BatchId, outcome: Result<(), (String, String)>) {
        if let Some(live) = lock(&self.live).get_mut(id) {
            live.open = live.open.saturating_sub(1);
            note(&mut live.report, outcome);
        }
        self.changed.notify_waiters();
    }

    /// A failure of something that was never opened.
    pub(crate) fn failed(&self, id: &BatchId, name: String, why: String) {
        if let Some(live) = lock(&self.live).get_mut(id) {
            note(&mut live.report, Err((name, why)));
        }
    }

    /// Waits until it is sealed and nothing of it is open.
    pub(crate) async fn wait(&self, id: &BatchId) -> BatchReport {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match lock(&self.live).get(id) {
                None => return BatchReport::default(),
                Some(live) if live.sealed && live.open == 0 => return live.report.clone(),
                Some(_) => {}
            }
            changed.await;
        }
    }
}

fn note(report: &mut BatchReport, outcome: Result<(), (String, String)>) {
    match outcome {
        Ok(()) => report.done += 1,
        Err(failure) => {
            report.failures += 1;
            if report.failed.len() < NAMED {
                report.failed.push(failure);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_batch_ends_when_it_is_sealed_and_all_of_it_has_ended() {
        let batches = Batches::default();
        let id = BatchId::from("b");
        batches.begin(&id, "Drop");
        batches.opened(&id);
        let waiting = batches.wait(&id);
        tokio::pin!(waiting);
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        batches.ended(&id, Ok(()));
        assert!(futures::poll!(waiting.as_mut()).is_pending(), "more may come");
        batches.failed(&id, "x".into(), "why".into());
        batches.seal(&id);
        let report = waiting.await;
        assert_eq!((report.done, report.failures), (1, 1));
    }
}
