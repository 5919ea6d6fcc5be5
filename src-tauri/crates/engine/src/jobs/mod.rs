//! Jobs: copies, moves, edits, deletes, restores, purges and locks of objects on the server.
//!
//! A job is planned ([`planning`]) into rows of the journal, read by a person, started, and carried out window by window
//! ([`run`], [`carry`]). One task owns a job; what a person says reaches it through a watch channel.
mod carry;
mod custody;
mod door;
mod planning;
mod restore;
mod run;
mod undo;

pub(crate) use planning::{level, words as plan_words};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use windlass_domain::job::plan::check;
use windlass_domain::price::Tally;
use windlass_domain::{Item, ItemState, JobCounts, JobId, JobKind, JobSpec, JobState, Timestamp};
use windlass_ports::{JobRow, JournalError, LeftGroup, RemoteErrorKind};

use crate::engine::EngineError;
use crate::meter::Meter;
use crate::shared::{EngineEvent, Shared, Stopping, lock};

/// Time between two hints that a job got on.
const BEAT: Duration = Duration::from_millis(100);
/// Keys shown of the objects that were left for one cause.
const KEYS_SHOWN: u32 = 20;

/// What a restore does about versions in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archived {
    /// They are left, with their cause.
    Left,
    /// They were thawed: they are tried.
    Tried,
}

/// A job for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job as it is kept, with its counts as of now.
    pub row: JobRow,
    /// Objects per second.
    pub rate: u64,
    /// Bytes per second that the server copied.
    pub byte_rate: u64,
    /// What it waits for.
    pub waits: Option<RemoteErrorKind>,
    /// Objects below the folders that were chosen, by storage class, as this process listed them for its plan.
    pub classes: Vec<Tally>,
}

impl JobView {
    /// Seconds until it is over at its present pace.
    #[must_use]
    pub fn seconds_left(&self) -> Option<u64> {
        let counts = &self.row.counts;
        let open = counts.objects.saturating_sub(counts.done + counts.left);
        (self.row.state == JobState::Running && self.rate > 0).then(|| open.div_ceil(self.rate))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Run,
    Pause,
    Cancel,
}

/// A job that has a task.
#[derive(Debug)]
struct Live {
    row: Mutex<JobRow>,
    order: watch::Sender<Order>,
    /// Told whenever the state changes.
    state: watch::Sender<JobState>,
    objects: Meter,
    bytes: Meter,
    waits: Mutex<Option<RemoteErrorKind>>,
    /// Objects and bytes by storage class.
    classes: Mutex<BTreeMap<String, (u64, u64)>>,
    told: Mutex<Option<Instant>>,
}

impl Live {
    fn new(row: JobRow) -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(row.state),
            row: Mutex::new(row),
            order: watch::Sender::new(Order::Run),
            objects: Meter::default(),
            bytes: Meter::default(),
            waits: Mutex::default(),
            classes: Mutex::default(),
            told: Mutex::default(),
        })
    }

    fn row(&self) -> JobRow {
        lock(&self.row).clone()
    }

    fn id(&self) -> JobId {
        lock(&self.row).id.clone()
    }

    fn view(&self) -> JobView {
        JobView {
            row: self.row(),
            rate: self.objects.rate(),
            byte_rate: self.bytes.rate(),
            waits: *lock(&self.waits),
            classes: lock(&self.classes)
                .iter()
                .map(|(class, &(objects, bytes))| Tally { class: class.clone(), objects, bytes })
                .collect(),
        }
    }

    /// Counts an object that is to be done something about, for the plan's price.
    fn tally(&self, class: &str, size: u64) {
        let mut classes = lock(&self.classes);
        if !classes.contains_key(class) {
            classes.insert(class.to_owned(), (0, 0));
        }
        if let Some((objects, bytes)) = classes.get_mut(class) {
            *objects += 1;
            *bytes = bytes.saturating_add(size);
        }
    }

    /// Counts what an object became, and hints at it now and then.
    fn moved_on(&self, shared: &Shared, before: ItemState, item: &Item) {
        lock(&self.row).counts.moved_on(before, item);
        if matches!(item.state, ItemState::Done | ItemState::Left) {
            self.objects.add(1);
            self.bytes.add(item.size);
        }
        self.hint(shared);
    }

    fn hint(&self, shared: &Shared) {
        let mut told = lock(&self.told);
        if told.is_none_or(|at| at.elapsed() >= BEAT) {
            *told = Some(Instant::now());
            drop(told);
            shared.tell(EngineEvent::Jobs);
        }
    }

    fn set_waits(&self, shared: &Shared, kind: Option<RemoteErrorKind>) {
        let changed = std::mem::replace(&mut *lock(&self.waits), kind) != kind;
        if changed {
            shared.tell(EngineEvent::Jobs);
        }
    }

    /// Saves the job as it is changed, with some of its objects. Waits for a journal without space: nothing may happen that it
    /// does not know of (hazard HA29).
    async fn save(
        &self,
        shared: &Shared,
        change: impl FnOnce(&mut JobRow),
        items: Vec<Item>,
    ) -> Result<(), Stopping> {
        let row = {
            let mut row = lock(&self.row);
            change(&mut row);
            row.clone()
        };
        let state = row.state;
        shared.noted(|| shared.ports.jobs.save_job(row.clone(), items.clone())).await?;
        if self.state.send_replace(state) != state {
            shared.tell(EngineEvent::Jobs);
        }
        Ok(())
    }
}

/// Jobs that have a task.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<BTreeMap<JobId, Arc<Live>>>);

impl Board {
    fn find(&self, id: &JobId) -> Option<Arc<Live>> {
        lock(&self.0).get(id).cloned()
    }

    fn add(&self, live: &Arc<Live>) {
        lock(&self.0).insert(live.id(), Arc::clone(live));
    }

    fn remove(&self, id: &JobId) {
        lock(&self.0).remove(id);
    }
}

fn begin(shared: &Shared, spec: JobSpec) -> Arc<Live> {
    let live = Live::new(JobRow {
        id: JobId::from(shared.id('j')),
        spec,
        state: JobState::Planning,
        counts: JobCounts::default(),
        at: 0,
        created: shared.now(),
        ended: None,
        undone_by: None,
        versioned: false,
        note: String::new(),
    });
    shared.jobs.add(&live);
    live
}

/// Plans a job: lists what it is about and says what would be done. Nothing is done before [`start`].
pub(crate) async fn plan(shared: &Arc<Shared>, spec: JobSpec) -> Result<JobId, EngineError> {
    plan_with(shared, spec, Archived::Left).await
}

/// As [`plan`], with word on archived versions.
pub(crate) async fn plan_with(
    shared: &Arc<Shared>,
    spec: JobSpec,
    archived: Archived,
) -> Result<JobId, EngineError> {
    check(&spec)?;
    if spec.kind == JobKind::Edit {
        spec.edit.check()?;
    }
    let live = begin(shared, spec);
    let id = live.id();
    if let Err(Stopping) = live.save(shared, |_| (), Vec::new()).await {
        shared.jobs.remove(&id);
        return Err(EngineError::Stopping);
    }
    spawn_planning(shared, live, None, archived);
    Ok(id)
}

/// Plans the job that takes another one back.
pub(crate) async fn plan_undo(shared: &Arc<Shared>, id: &JobId) -> Result<JobId, EngineError> {
    let row = shared.ports.jobs.job(id).await?.ok_or(EngineError::NotFound("job"))?;
    if !row.state.is_over() {
        return Err(EngineError::CannotUndo("It is still at work. Cancel it first."));
    }
    let spec = undo::spec(&row)?;
    if let Some(undoing) = &row.undone_by
        && let Some(undoing) = shared.ports.jobs.job(undoing).await?
        && !undoing.state.is_over()
    {
        return Err(EngineError::CannotUndo("It is being taken back already."));
    }
    let live = begin(shared, spec);
    let new = live.id();
    live.save(shared, |_| (), Vec::new()).await?;
    spawn_planning(shared, live, Some(row), Archived::Left);
    Ok(new)
}

fn spawn_planning(shared: &Arc<Shared>, live: Arc<Live>, undoes: Option<JobRow>, archived: Archived) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let stop = shared.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = async {
                match &undoes {
                    Some(row) => undo::plan(&shared, &live, row).await,
                    None => planning::plan(&shared, &live, archived).await,
                }
            } => {}
        }
    });
}

/// Whether a restore could not be planned because all is as it was.
pub(crate) fn found_nothing(row: &JobRow) -> bool {
    row.state == JobState::Failed && row.note == restore::NOTHING
}

/// Starts a job that was planned.
pub(crate) async fn start(shared: &Arc<Shared>, id: &JobId) -> Result<(), EngineError> {
    let live = shared.jobs.find(id).ok_or(EngineError::NotFound("job"))?;
    if live.row().state != JobState::Ready {
        return Err(EngineError::Stale);
    }
    if let Some(undoes) = live.row().spec.undoes
        && let Some(row) = shared.ports.jobs.job(&undoes).await?
    {
        shared.ports.jobs.save_job(JobRow { undone_by: Some(id.clone()), ..row }, Vec::new()).await?;
    }
    live.save(shared, |row| row.state = JobState::Running, Vec::new()).await?;
    run::spawn(shared, live, run::Known::Fresh);
    Ok(())
}

/// Takes up the jobs that had been started; plans that nobody started are forgotten, since they may be old by now.
pub(crate) async fn readmit(shared: &Arc<Shared>) -> Result<(), JournalError> {
    for row in shared.ports.jobs.jobs().await? {
        match row.state {
            JobState::Planning | JobState::Ready => shared.ports.jobs.remove_job(&row.id).await?,
            JobState::Running | JobState::Paused => {
                let paused = row.state == JobState::Paused;
                let live = Live::new(row);
                if paused {
                    live.order.send_replace(Order::Pause);
                }
                shared.jobs.add(&live);
                run::spawn(shared, live, run::Known::Suspect);
            }
            JobState::Done | JobState::Cancelled | JobState::Failed => {}
        }
    }
    Ok(())
}

fn order(shared: &Shared, id: &JobId, order: Order) -> Result<(), EngineError> {
    let live = shared.jobs.find(id).ok_or(EngineError::Over)?;
    live.order.send_replace(order);
    Ok(())
}

/// Pauses a job at the next border of an object.
pub(crate) fn pause(shared: &Shared, id: &JobId) -> Result<(), EngineError> {
    order(shared, id, Order::Pause)
}

/// Goes on with it.
pub(crate) fn resume(shared: &Shared, id: &JobId) -> Result<(), EngineError> {
    order(shared, id, Order::Run)
}

/// Ends a job at the next border of an object; one that was only planned is forgotten.
pub(crate) async fn cancel(shared: &Shared, id: &JobId) -> Result<(), EngineError> {
    let live = shared.jobs.find(id).ok_or(EngineError::Over)?;
    live.order.send_replace(Order::Cancel);
    if live.row().state == JobState::Ready {
        shared.jobs.remove(id);
        shared.ports.jobs.remove_job(id).await?;
        shared.tell(EngineEvent::Jobs);
    }
    Ok(())
}

/// Forgets a job that is over, and with it the way to take it back.
pub(crate) async fn remove(shared: &Shared, id: &JobId) -> Result<(), EngineError> {
    let row = shared.ports.jobs.job(id).await?.ok_or(EngineError::NotFound("job"))?;
    if !row.state.is_over() {
        return Err(EngineError::CannotUndo("It is still at work. Cancel it first."));
    }
    shared.ports.jobs.remove_job(id).await?;
    shared.tell(EngineEvent::Jobs);
    Ok(())
}

/// All jobs, newest first.
pub(crate) async fn views(shared: &Shared) -> Result<Vec<JobView>, EngineError> {
    let rows = shared.ports.jobs.jobs().await?;
    Ok(rows
        .into_iter()
        .map(|row| match shared.jobs.find(&row.id) {
            Some(live) => live.view(),
            None => JobView { row, rate: 0, byte_rate: 0, waits: None, classes: Vec::new() },
        })
        .collect())
}

/// One job.
pub(crate) async fn view(shared: &Shared, id: &JobId) -> Result<JobView, EngineError> {
    if let Some(live) = shared.jobs.find(id) {
        return Ok(live.view());
    }
    let row = shared.ports.jobs.job(id).await?.ok_or(EngineError::NotFound("job"))?;
    Ok(JobView { row, rate: 0, byte_rate: 0, waits: None, classes: Vec::new() })
}

/// What was left, by cause.
pub(crate) async fn left(shared: &Shared, id: &JobId) -> Result<Vec<LeftGroup>, EngineError> {
    Ok(shared.ports.jobs.left(id, KEYS_SHOWN).await?)
}

/// Waits until a job has been planned, or is over, or paused.
pub(crate) async fn wait(shared: &Shared, id: &JobId) -> Result<JobView, EngineError> {
    if let Some(live) = shared.jobs.find(id) {
        let mut state = live.state.subscribe();
        let rests = |state: &JobState| !matches!(state, JobState::Planning | JobState::Running);
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return Err(EngineError::Stopping),
            // It cannot be closed: `live` holds the sender.
            _ = state.wait_for(rests) => {}
        }
    }
    view(shared, id).await
}

/// Ends a job for good.
async fn over(shared: &Shared, live: &Live, state: JobState, now: Timestamp) -> Result<(), Stopping> {
    live.set_waits(shared, None);
    let change = |row: &mut JobRow| {
        row.state = state;
        row.ended = Some(now);
    };
    live.save(shared, change, Vec::new()).await?;
    shared.jobs.remove(&live.id());
    shared.tell(EngineEvent::Jobs);
    Ok(())
}
