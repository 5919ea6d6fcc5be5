//! Hints, gathered: of several about one thing only the newest goes out, about eight times a second.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::dto::StepResult;
use crate::work::WorkEvent;
use crate::{UiEvent, visible};

/// Time between two batches of hints.
const BEAT: Duration = Duration::from_millis(125);
/// Hints a slow receiver may fall behind before it is told to read everything again.
const BACKLOG: usize = 1024;

#[derive(Debug, Default)]
struct Pending {
    listings: BTreeMap<String, u64>,
    transfers: Option<u64>,
    folders: bool,
    indexes: bool,
    histories: bool,
    jobs: bool,
    thaws: bool,
    thawed: Vec<UiEvent>,
    connections: bool,
    missed: bool,
    steps: Vec<(String, StepResult)>,
}

/// Where hints meet.
#[derive(Debug)]
pub(crate) struct Hub {
    pending: Mutex<Pending>,
    dirty: Notify,
    out: broadcast::Sender<UiEvent>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self { pending: Mutex::default(), dirty: Notify::new(), out: broadcast::channel(BACKLOG).0 }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<UiEvent> {
        self.out.subscribe()
    }

    fn note(&self, change: impl FnOnce(&mut Pending)) {
        change(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        self.dirty.notify_one();
    }

    pub(crate) fn listing(&self, id: i64, revision: u64) {
        self.note(|p| {
            p.listings.insert(id.to_string(), revision);
        });
    }

    pub(crate) fn connections(&self) {
        self.note(|p| p.connections = true);
    }

    pub(crate) fn folders(&self) {
        self.note(|p| p.folders = true);
    }

    pub(crate) fn indexes(&self) {
        self.note(|p| p.indexes = true);
    }

    pub(crate) fn histories(&self) {
        self.note(|p| p.histories = true);
    }

    pub(crate) fn step(&self, run: &str, result: StepResult) {
        self.note(|p| p.steps.push((run.to_owned(), result)));
    }

    fn take(&self) -> Pending {
        std::mem::take(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, event: UiEvent) {
        // An error only says that nobody listens.
        let _unheard = self.out.send(event);
    }

    pub(crate) async fn flush_loop(hub: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = hub.dirty.notified() => {}
            }
            let pending = hub.take();
            for (run, result) in pending.steps {
                hub.send(UiEvent::TestStep { run, result });
            }
            for (id, revision) in pending.listings {
                hub.send(UiEvent::Listing { id, revision });
            }
            if let Some(revision) = pending.transfers {
                hub.send(UiEvent::Transfers { revision });
            }
            if pending.folders {
                hub.send(UiEvent::Folders);
            }
            if pending.indexes {
                hub.send(UiEvent::Indexes);
            }
            if pending.histories {
                hub.send(UiEvent::Histories);
            }
            if pending.jobs {
                hub.send(UiEvent::Jobs);
            }
            if pending.thaws {
                hub.send(UiEvent::Thaws);
            }
            for thawed in pending.thawed {
                hub.send(thawed);
            }
            if pending.connections {
                hub.send(UiEvent::Connections);
            }
            if pending.missed {
                hub.send(UiEvent::Missed);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    pub(crate) async fn listen(
        hub: Arc<Self>,
        mut events: broadcast::Receiver<WorkEvent>,
        stop: CancellationToken,
    ) {
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Ok(WorkEvent::Transfers(revision)) => {
                    hub.note(|p| p.transfers = Some(p.transfers.unwrap_or(0).max(revision)));
                }
                Ok(WorkEvent::Folders) => hub.folders(),
                Ok(WorkEvent::Jobs) => hub.note(|p| p.jobs = true),
                Ok(WorkEvent::Thaws) => hub.note(|p| p.thaws = true),
                Ok(WorkEvent::Thawed { id, name, objects, ends_at }) => hub.note(|p| {
                    p.thaws = true;
                    p.thawed.push(UiEvent::Thawed {
                        id: id.as_str().to_owned(),
                        name: visible(&name),
                        objects,
                        ends_at: ends_at.map(windlass_domain::Timestamp::millis),
                    });
                }),
                Ok(WorkEvent::Missed) | Err(RecvError::Lagged(_)) => hub.note(|p| p.missed = true),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_hints_becomes_one_in_a_beat() {
        let hub = Arc::new(Hub::new());
        let mut heard = hub.subscribe();
        let stop = CancellationToken::new();
        let mut tasks = tokio::task::JoinSet::new();
        for revision in 1..=500 {
            hub.listing(7, revision);
        }
        tasks.spawn(Hub::flush_loop(Arc::clone(&hub), stop.clone()));
        assert_eq!(heard.recv().await.unwrap(), UiEvent::Listing { id: "7".into(), revision: 500 });
        let first = tokio::time::Instant::now();
        hub.listing(7, 501);
        hub.folders();
        assert_eq!(heard.recv().await.unwrap(), UiEvent::Listing { id: "7".into(), revision: 501 });
        assert!(first.elapsed() >= BEAT);
        assert_eq!(heard.recv().await.unwrap(), UiEvent::Folders);
        stop.cancel();
        tasks.join_all().await;
    }
}
