//! The task of a job: window after window, each noted before the next begins.
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use windlass_domain::job::{self, Next};
use windlass_domain::{Item, ItemState, JobKind, JobState};
use windlass_ports::{JobRow, JournalWrite};

use super::carry::{Carrier, Held, Until};
use super::{Live, Order, over, restore};
use crate::planted::{self, Bug};
use crate::shared::{Shared, Stopping, lock};

/// Objects between two commits. Twice as many are at most looked at again after a kill.
const WINDOW: u32 = 256;
/// Objects under way at once; the budget of requests holds back more of them when the server asks for patience.
const AT_ONCE: usize = 32;
/// Time between two looks at whether everything is still paused.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What is known of the first window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing was done yet.
    Fresh,
    /// Some of it may have been done before the process ended.
    Suspect,
}

pub(super) fn spawn(shared: &Arc<Shared>, live: Arc<Live>, known: Known) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let stop = shared.stop.clone();
        tokio::select! {
            biased;
            // What was under way is looked at when it goes on.
            () = stop.cancelled() => {}
            done = run(&shared, &live, known) => if let Err(Stopping) = done {
                tracing::debug!("closing in the middle of a job");
            },
        }
    });
}

async fn audit(shared: &Shared, row: &JobRow, detail: String) -> Result<(), Stopping> {
    let place = row.spec.roots.first().map_or("", |root| root.from.as_str());
    let line = JournalWrite::Audit {
        at: shared.now(),
        action: row.spec.kind.code(),
        target: format!("{}/{place}", row.spec.bucket),
        detail,
    };
    shared.commit(vec![line]).await.map(|_| ())
}

async fn run(shared: &Shared, live: &Live, mut known: Known) -> Result<(), Stopping> {
    let row = live.row();
    audit(shared, &row, format!("job {}: {} objects, asked for by hand", row.id, row.counts.objects)).await?;
    let carrier = Carrier::new(shared, live, &row.spec);
    loop {
        let order = *live.order.borrow();
        match order {
            Order::Cancel => return end(shared, live, JobState::Cancelled).await,
            Order::Pause => {
                if live.row().state != JobState::Paused {
                    live.save(shared, |row| row.state = JobState::Paused, Vec::new()).await?;
                }
                let mut changed = live.order.subscribe();
                // It cannot be closed: `live` holds the sender.
                let _open = changed.wait_for(|order| *order != Order::Pause).await;
                continue;
            }
            Order::Run if live.row().state == JobState::Paused => {
                live.save(shared, |row| row.state = JobState::Running, Vec::new()).await?;
            }
            Order::Run => {}
        }
        if shared.paused() {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        }
        let row = live.row();
        let items = match shared.ports.jobs.items(&row.id, row.at, WINDOW).await {
            Ok(items) => items,
            Err(error) => {
                tracing::error!(error = %error.source, "the objects of a job could not be read; it is paused");
                live.order.send_replace(Order::Pause);
                continue;
            }
        };
        let Some(last) = items.last().map(|item| item.seq) else {
            return end(shared, live, JobState::Done).await;
        };
        if row.spec.kind == JobKind::Restore {
            // A write into a suspended bucket destroys the version without an id that is there.
            match restore::keeps_versions(shared, &row.spec).await {
                Ok(true) => {}
                Ok(false) => {
                    lock(&live.row).note = restore::KEEPS_NO_MORE.to_owned();
                    return end(shared, live, JobState::Failed).await;
                }
                Err(_) => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    continue;
                }
            }
        }
        if window(shared, live, &carrier, items, last, known).await? {
            known = Known::Fresh;
        }
    }
}

async fn end(shared: &Shared, live: &Live, state: JobState) -> Result<(), Stopping> {
    let row = live.row();
    let counts = row.counts;
    let detail = format!("job {}: {} done, {} left, {}", row.id, counts.done, counts.left, state.code());
    audit(shared, &row, detail).await?;
    over(shared, live, state, shared.now()).await
}

fn open(kind: JobKind, item: &Item) -> bool {
    job::next(kind, item) != Next::Nothing
}

/// One window; whether every object of it is done or left.
///
/// A move is noted twice: the copies, and only then are sources deleted; the deletes, with the cursor. So a source that is
/// gone before its copy was noted was never our doing.
async fn window(
    shared: &Shared,
    live: &Live,
    carrier: &Carrier<'_>,
    items: Vec<Item>,
    last: u64,
    known: Known,
) -> Result<bool, Stopping> {
    let kind = live.row().spec.kind;
    if planted::is(Bug::JobCursorFirst) {
        let done = items.iter().cloned().map(|item| Item { state: ItemState::Done, ..item }).collect();
        live.save(shared, |row| row.at = last, done).await?;
    }
    let mut items = items;
    let mut held = false;
    let stages: &[Until] = if kind == JobKind::Move && !planted::is(Bug::JobNotesLate) {
        &[Until::Copied, Until::Over]
    } else {
        &[Until::Over]
    };
    for (at, stage) in stages.iter().enumerate() {
        let (todo, rest): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| open(kind, item));
        let suspect = at == 0 && known == Known::Suspect;
        let mut carried = futures::stream::iter(todo)
            .map(|item| carrier.carry(item, suspect, *stage).boxed())
            .buffer_unordered(AT_ONCE);
        let mut changed = Vec::new();
        while let Some((item, outcome)) = carried.next().await {
            held |= outcome == Err(Held);
            changed.push(item);
        }
        drop(carried);
        live.set_waits(shared, None);
        let over = at + 1 == stages.len() && !held;
        let advance = |row: &mut JobRow| {
            if over {
                row.at = last;
            }
        };
        live.save(shared, advance, changed.clone()).await?;
        if held {
            return Ok(false);
        }
        items = rest;
        items.append(&mut changed);
    }
    Ok(true)
}
