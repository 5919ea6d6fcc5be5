//! Looking: some of each archive when it can be ready, all of it once one can be read.
use futures::{FutureExt as _, StreamExt as _};
use windlass_domain::Timestamp;
use windlass_domain::thaw::batch::{surely_over, worth_a_look};
use windlass_domain::thaw::{Archive, ThawBatch, ThawItem, ThawItemState, ThawState};
use windlass_ports::JournalError;

use super::ask::AT_ONCE;
use super::trouble::{self, Tried};
use super::{Live, NAP, PAGE};
use crate::shared::{EngineEvent, Shared, Stopping, lock};

/// Objects looked at between two commits.
const WINDOW: usize = 256;

/// What the journal found; where it cannot be read, a moment passes.
pub(super) async fn found<T>(shared: &Shared, live: &Live, read: Result<T, JournalError>) -> Option<T> {
    match read {
        Ok(found) => Some(found),
        Err(error) => {
            tracing::error!(error = %error.source, "archived objects could not be read from the journal; they wait");
            live.rest(shared, Some(Timestamp(shared.now().0.saturating_add(NAP.as_nanos() as i64)))).await;
            None
        }
    }
}

/// All objects in a state.
pub(super) async fn all(
    shared: &Shared,
    live: &Live,
    state: ThawItemState,
) -> Result<Vec<ThawItem>, JournalError> {
    let id = live.batch().id;
    let (mut items, mut after) = (Vec::new(), 0);
    loop {
        let page = shared.ports.thaws.thaw_items(&id, &[state], after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(items) };
        after = last.seq;
        items.extend(page);
    }
}

/// When the first copy ends.
pub(super) async fn first_end(shared: &Shared, live: &Live) -> Option<Timestamp> {
    let batch = live.batch();
    match shared.ports.thaws.first_end(&batch.id).await {
        Ok(end) => end,
        Err(error) => {
            tracing::warn!(error = %error.source, "when a copy ends could not be read");
            batch.ends_at
        }
    }
}

/// Looks at these; false when the server did not answer for some, after a wait. What was learned is noted either way.
pub(super) async fn at(shared: &Shared, live: &Live, items: Vec<ThawItem>) -> Result<bool, Stopping> {
    let batch = live.batch();
    let over = batch.asked_at.zip(batch.tier.and_then(|tier| batch.takes(tier)));
    let over = over.and_then(|(asked, takes)| surely_over(asked, takes, batch.days));
    let custody = match shared.ports.remotes.custody(&batch.connection).await {
        Ok(custody) => custody,
        Err(error) => {
            trouble::wait(shared, live, error.kind, 3).await;
            return Ok(false);
        }
    };
    let (custody, bucket) = (custody.as_ref(), &batch.bucket);
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() && !live.state().is_over() {
        let window: Vec<ThawItem> = items.by_ref().take(WINDOW).collect();
        let look = |item: ThawItem| {
            async move { (trouble::look(shared, custody, bucket, &item, over).await, item) }.boxed()
        };
        let mut looked = futures::stream::iter(window).map(look).buffer_unordered(AT_ONCE);
        let (mut moved, mut waits) = (Vec::new(), None);
        while let Some((tried, item)) = looked.next().await {
            match tried {
                Tried::Became(after) if after != item => moved.push((item, after)),
                Tried::Became(_) | Tried::Held => {}
                Tried::Wait(kind) => waits = Some(kind),
            }
        }
        drop(looked);
        for (_, after) in moved.iter().filter(|(_, after)| after.state == ThawItemState::Ready) {
            let mut readable = lock(&live.readable);
            if !readable.contains(&after.archive) {
                readable.push(after.archive);
            }
        }
        live.save_moved(shared, moved, |_| ()).await?;
        if let Some(kind) = waits {
            trouble::wait(shared, live, kind, 5).await;
            return Ok(false);
        }
        live.set_waits(shared, None);
    }
    Ok(true)
}

/// Waits for the next look, and looks.
pub(super) async fn round(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let batch = live.batch();
    if batch.counts.thawing == 0 {
        return ready(shared, live).await;
    }
    if let Some(at) = batch.look_at(live.second)
        && at > shared.now()
    {
        live.rest(shared, Some(at)).await;
        return Ok(());
    }
    let mut known: Vec<Archive> = lock(&live.readable).clone();
    loop {
        let thawing = all(shared, live, ThawItemState::Thawing).await;
        let Some(thawing) = found(shared, live, thawing).await else { return Ok(()) };
        if !at(shared, live, worth_a_look(&thawing, &known)).await? {
            return Ok(());
        }
        let now = lock(&live.readable).clone();
        // Once one of an archive can be read, all of it is looked at.
        if now == known {
            break;
        }
        known = now;
    }
    let ends_at = first_end(shared, live).await;
    let looked = |batch: &mut ThawBatch| {
        batch.looks = batch.looks.saturating_add(1);
        batch.ends_at = ends_at;
    };
    live.save(shared, looked, Vec::new()).await
}

/// Nothing thaws any more: all that comes can be read.
async fn ready(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let (ends_at, now) = (first_end(shared, live).await, shared.now());
    let became = |batch: &mut ThawBatch| {
        let was = batch.state == ThawState::Thawing;
        if was {
            batch.ends_at = ends_at;
            batch.note.clear();
            batch.state = if batch.nothing_left() { ThawState::Past } else { ThawState::Ready };
            batch.ready_at = (batch.counts.ready > 0).then_some(now);
        }
        was && batch.state == ThawState::Ready
    };
    if live.save(shared, became, Vec::new()).await? {
        let batch = live.batch();
        shared.tell(EngineEvent::Thawed {
            id: batch.id,
            name: batch.name,
            objects: batch.counts.ready,
            ends_at: batch.ends_at,
        });
    }
    Ok(())
}
