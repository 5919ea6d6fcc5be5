//! Batches of archived objects: found, asked for, looked at until they can be read, and then told of, fetched or restored.
//!
//! One task owns a batch for as long as it is not over; what a person says changes the batch and wakes the task. Every object is
//! noted as asked for before its request goes out ([`ask`]); after a kill, what was noted so is looked at ([`look`]) and never
//! believed. An archived object is a state here, never an error (hazard HB23).
mod ask;
mod door;
mod fetch;
mod look;
mod orders;
mod planning;
mod then;
mod trouble;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use windlass_domain::thaw::{
    Archive, Asking, ThawBatch, ThawCounts, ThawFrom, ThawItem, ThawState, ThawThen, Tier,
};
use windlass_domain::{Bucket, JobKind, ThawId, Timestamp};
use windlass_ports::{CredentialSource, JournalError, RemoteErrorKind};

pub(crate) use orders::connection_changed;

use crate::engine::EngineError;
use crate::shared::{EngineEvent, Shared, Stopping, lock};

/// Time between two hints that a batch got on.
const BEAT: Duration = Duration::from_millis(100);
/// Longest sleep at a stretch: a computer that slept has a clock that jumped.
const NAP: Duration = Duration::from_secs(60);
/// Time between two looks at whether everything is still paused.
const PAUSED_AGAIN: Duration = Duration::from_millis(500);
/// The practice bucket takes half a minute where an archive takes three hours.
const PRACTICE: u32 = 360;

/// Objects read from the journal at once.
const PAGE: u32 = 2000;

/// A batch for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThawView {
    /// The batch as it is kept.
    pub batch: ThawBatch,
    /// What it waits for.
    pub waits: Option<RemoteErrorKind>,
    /// When it is looked at next.
    pub look_at: Option<Timestamp>,
    /// By when all of it typically can be read.
    pub due_at: Option<Timestamp>,
}

/// What a person says to a batch that was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartThaw {
    /// How quickly.
    pub tier: Tier,
    /// Days that copies are to last, where they last days.
    pub days: u32,
    /// What comes then.
    pub then: ThawThen,
    /// What it costs.
    pub asking: Asking,
    /// The same in the caller's words.
    pub price: String,
}

/// A batch that has a task.
#[derive(Debug)]
struct Live {
    batch: Mutex<ThawBatch>,
    /// Held by whoever saves it, so that what is written last is what came last.
    saving: tokio::sync::Mutex<()>,
    wake: Notify,
    waits: Mutex<Option<RemoteErrorKind>>,
    /// Archives of which something was seen to be readable since this process began.
    readable: Mutex<Vec<Archive>>,
    told: Mutex<Option<Instant>>,
    /// Nanoseconds that a second of waiting takes.
    second: u64,
}

impl Live {
    fn new(batch: ThawBatch, second: u64) -> Arc<Self> {
        Arc::new(Self {
            batch: Mutex::new(batch),
            saving: tokio::sync::Mutex::default(),
            wake: Notify::new(),
            waits: Mutex::default(),
            readable: Mutex::default(),
            told: Mutex::default(),
            second,
        })
    }

    fn batch(&self) -> ThawBatch {
        lock(&self.batch).clone()
    }

    fn state(&self) -> ThawState {
        lock(&self.batch).state
    }

    fn view(&self) -> ThawView {
        view_of(self.batch(), *lock(&self.waits), self.second)
    }

    fn set_waits(&self, shared: &Shared, kind: Option<RemoteErrorKind>) {
        if std::mem::replace(&mut *lock(&self.waits), kind) != kind {
            shared.tell(EngineEvent::Thaws);
        }
    }

    fn hint(&self, shared: &Shared) {
        let mut told = lock(&self.told);
        if told.is_none_or(|at| at.elapsed() >= BEAT) {
            *told = Some(Instant::now());
            drop(told);
            shared.tell(EngineEvent::Thaws);
        }
    }

    /// Saves the batch as it is changed, with some of its objects; what `change` says comes back. Waits for a journal without space:
    /// nothing may be asked for that it does not know of (hazard HA29).
    async fn save<T>(
        &self,
        shared: &Shared,
        change: impl FnOnce(&mut ThawBatch) -> T,
        items: Vec<ThawItem>,
    ) -> Result<T, Stopping> {
        let _one = self.saving.lock().await;
        let (before, said, batch) = {
            let mut batch = lock(&self.batch);
            let before = batch.state;
            let said = change(&mut batch);
            (before, said, batch.clone())
        };
        shared.noted(|| shared.ports.thaws.save_thaw(batch.clone(), items.clone())).await?;
        if before == batch.state {
            self.hint(shared)
        } else {
            shared.tell(EngineEvent::Thaws)
        }
        Ok(said)
    }

    /// Saves what objects became, and counts it. `before` are the same objects as they were.
    async fn save_moved(
        &self,
        shared: &Shared,
        moved: Vec<(ThawItem, ThawItem)>,
        change: impl FnOnce(&mut ThawBatch),
    ) -> Result<(), Stopping> {
        let count = |batch: &mut ThawBatch| {
            moved.iter().for_each(|(before, after)| batch.counts.moved(before.state, after.state));
            change(batch);
        };
        let items = moved.iter().map(|(_, after)| after.clone()).collect();
        self.save(shared, count, items).await
    }

    /// Sleeps until then, or until somebody says something.
    async fn rest(&self, shared: &Shared, until: Option<Timestamp>) {
        let nap = until.map_or(NAP, |until| {
            Duration::from_nanos(u64::try_from(until.0.saturating_sub(shared.now().0)).unwrap_or(0)).min(NAP)
        });
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}

fn view_of(batch: ThawBatch, waits: Option<RemoteErrorKind>, second: u64) -> ThawView {
    ThawView { look_at: batch.look_at(second), due_at: batch.due_at(second), batch, waits }
}

/// Batches that have a task.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<BTreeMap<ThawId, Arc<Live>>>);

impl Board {
    fn find(&self, id: &ThawId) -> Result<Arc<Live>, EngineError> {
        lock(&self.0).get(id).cloned().ok_or(EngineError::Over)
    }

    fn add(&self, live: &Arc<Live>) {
        let id = lock(&live.batch).id.clone();
        lock(&self.0).insert(id, Arc::clone(live));
    }

    fn remove(&self, id: &ThawId) {
        lock(&self.0).remove(id);
    }

    fn all(&self) -> Vec<Arc<Live>> {
        lock(&self.0).values().cloned().collect()
    }
}

/// Nanoseconds that a second of waiting for an archive takes at this connection.
pub(crate) async fn second(shared: &Shared, connection: &str) -> u64 {
    let second = u64::try_from(shared.options.thaw_second.as_nanos()).unwrap_or(u64::MAX);
    let all = shared.ports.settings.connections().await.unwrap_or_default();
    let practice =
        all.iter().any(|one| one.id == connection && matches!(one.source, CredentialSource::Practice));
    if practice { second / u64::from(PRACTICE) } else { second }
}

/// Plans a batch: finds what is archived. Nothing is asked for before [`start`].
pub(crate) async fn plan(
    shared: &Arc<Shared>,
    connection: &str,
    bucket: Bucket,
    from: ThawFrom,
) -> Result<ThawId, EngineError> {
    let mut restores = None;
    let roots: Vec<String> = match &from {
        ThawFrom::Roots(roots) => roots.clone(),
        ThawFrom::Job(id) => {
            let row = shared.ports.jobs.job(id).await?.ok_or(EngineError::NotFound("job"))?;
            let theirs = row.spec.kind == JobKind::Restore
                && row.spec.connection == connection
                && row.spec.bucket == bucket;
            if !theirs {
                return Err(EngineError::NotFound("restore"));
            }
            let roots = row.spec.roots.iter().map(|root| root.from.clone()).collect();
            restores = Some(row.spec);
            roots
        }
    };
    if roots.is_empty() {
        return Err(EngineError::NotFound("object"));
    }
    let id = ThawId::from(shared.id('w'));
    let batch = ThawBatch {
        id: id.clone(),
        name: planning::name(&roots, bucket.as_str()),
        connection: connection.to_owned(),
        bucket,
        place: planning::place(&roots),
        from,
        state: ThawState::Planning,
        tier: None,
        days: None,
        then: ThawThen::Tell,
        parts: Vec::new(),
        counts: ThawCounts::default(),
        price: String::new(),
        asked: Vec::new(),
        asked_at: None,
        looks: 0,
        ready_at: None,
        ends_at: None,
        again: None,
        folder: None,
        restores,
        restored_by: None,
        stuck: false,
        note: String::new(),
        created: shared.now(),
    };
    let live = Live::new(batch, second(shared, connection).await);
    live.save(shared, |_| (), Vec::new()).await?;
    shared.thaws.add(&live);
    spawn(shared, live);
    Ok(id)
}

/// Takes up every batch that is not over.
pub(crate) async fn readmit(shared: &Arc<Shared>) -> Result<(), JournalError> {
    for mut batch in shared.ports.thaws.thaws().await? {
        if batch.state.is_over() {
            continue;
        }
        if batch.state == ThawState::Planning {
            // Found anew from the beginning; nothing was asked for.
            shared.ports.thaws.remove_thaw(&batch.id).await?;
            (batch.counts, batch.parts) = (ThawCounts::default(), Vec::new());
            shared.ports.thaws.save_thaw(batch.clone(), Vec::new()).await?;
        }
        let second = second(shared, &batch.connection).await;
        let live = Live::new(batch, second);
        shared.thaws.add(&live);
        spawn(shared, live);
    }
    Ok(())
}

fn spawn(shared: &Arc<Shared>, live: Arc<Live>) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let stop = shared.stop.clone();
        tokio::select! {
            biased;
            // What was under way is looked at with the next start.
            () = stop.cancelled() => {}
            done = drive(&shared, &live) => if let Err(Stopping) = done {
                tracing::debug!("closing while something thaws");
            },
        }
    });
}

async fn drive(shared: &Arc<Shared>, live: &Live) -> Result<(), Stopping> {
    loop {
        let state = live.state();
        if shared.paused() && !state.is_over() && state != ThawState::Planned {
            tokio::time::sleep(PAUSED_AGAIN).await;
            continue;
        }
        match state {
            ThawState::Planning => planning::plan(shared, live).await?,
            ThawState::Planned => live.rest(shared, None).await,
            ThawState::Asking => ask::round(shared, live).await?,
            ThawState::Thawing | ThawState::Ready if live.batch().again.is_some() => {
                ask::again(shared, live).await?;
            }
            ThawState::Thawing => look::round(shared, live).await?,
            ThawState::Ready => then::round(shared, live).await?,
            ThawState::Downloading => fetch::round(shared, live).await?,
            ThawState::Past | ThawState::Stopped | ThawState::Failed => {
                live.set_waits(shared, None);
                shared.thaws.remove(&live.batch().id);
                shared.tell(EngineEvent::Thaws);
                return Ok(());
            }
        }
    }
}
