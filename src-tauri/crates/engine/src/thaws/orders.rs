//! What a person says to a batch, and what they are shown of it.
use windlass_domain::ThawId;
use windlass_domain::thaw::batch::MOST_DAYS;
use windlass_domain::thaw::{
    Again, Asking, ThawBatch, ThawFrom, ThawItemState, ThawPart, ThawState, ThawThen,
};

use super::{PAGE, StartThaw, ThawView, view_of};
use crate::engine::EngineError;
use crate::shared::{EngineEvent, Shared, lock};

/// Asks for all of it from now on.
pub(crate) async fn start(shared: &Shared, id: &ThawId, how: StartThaw) -> Result<(), EngineError> {
    let live = shared.thaws.find(id)?;
    let now = shared.now();
    let started = live
        .save(
            shared,
            |batch| {
                let days = batch.has_days().then_some(how.days);
                let possible = batch.takes(how.tier).is_some()
                    && days.is_none_or(|days| (1..=MOST_DAYS).contains(&days))
                    && (how.then != ThawThen::Restore || matches!(batch.from, ThawFrom::Job(_)));
                if batch.state != ThawState::Planned || !possible {
                    return false;
                }
                batch.state = ThawState::Asking;
                (batch.tier, batch.days, batch.then) = (Some(how.tier), days, how.then);
                batch.asked.push(how.asking);
                batch.price = how.price;
                batch.asked_at = Some(now);
                batch.looks = 0;
                true
            },
            Vec::new(),
        )
        .await?;
    if !started {
        return Err(EngineError::Stale);
    }
    live.wake.notify_one();
    Ok(())
}

/// Asks once more for what was asked for.
pub(crate) async fn again(
    shared: &Shared,
    id: &ThawId,
    again: Again,
    asking: Asking,
    price: String,
) -> Result<(), EngineError> {
    let live = shared.thaws.find(id)?;
    let taken = live
        .save(
            shared,
            |batch| {
                let may = match again {
                    Again::Faster { tier, .. } => {
                        batch.can_hurry()
                            && batch.tier.is_some_and(|now| tier < now)
                            && batch.takes(tier).is_some()
                    }
                    Again::Longer { days, .. } => batch.can_extend() && (1..=MOST_DAYS).contains(&days),
                };
                if may {
                    batch.again = Some(again);
                    batch.asked.push(asking);
                    batch.price = price;
                    batch.note.clear();
                }
                may
            },
            Vec::new(),
        )
        .await?;
    if !taken {
        return Err(EngineError::Stale);
    }
    live.wake.notify_one();
    Ok(())
}

/// Changes a batch that is not over on a person's word.
pub(crate) async fn change(
    shared: &Shared,
    id: &ThawId,
    change: impl FnOnce(&mut ThawBatch) -> bool,
) -> Result<(), EngineError> {
    let live = shared.thaws.find(id)?;
    if !live.save(shared, change, Vec::new()).await? {
        return Err(EngineError::Stale);
    }
    live.wake.notify_one();
    Ok(())
}

/// Forgets a batch that nothing was asked for, or that is over.
pub(crate) async fn forget(shared: &Shared, id: &ThawId) -> Result<(), EngineError> {
    if let Ok(live) = shared.thaws.find(id) {
        let may = |batch: &mut ThawBatch| {
            let may = batch.state == ThawState::Planned || batch.state.is_over();
            if batch.state == ThawState::Planned {
                // Its task ends by this and writes nothing any more.
                batch.state = ThawState::Stopped;
            }
            may
        };
        if !live.save(shared, may, Vec::new()).await? {
            return Err(EngineError::Stale);
        }
        live.wake.notify_one();
        shared.thaws.remove(id);
    }
    shared.ports.thaws.remove_thaw(id).await?;
    shared.tell(EngineEvent::Thaws);
    Ok(())
}

/// A connection was changed, or its login was: what waits for it is tried now.
pub(crate) fn connection_changed(shared: &Shared, connection: &str) {
    for live in shared.thaws.all() {
        if lock(&live.batch).connection == connection {
            live.wake.notify_one();
        }
    }
}

/// All batches, newest first.
pub(crate) async fn views(shared: &Shared) -> Result<Vec<ThawView>, EngineError> {
    let rows = shared.ports.thaws.thaws().await?;
    Ok(rows
        .into_iter()
        .map(|batch| match shared.thaws.find(&batch.id) {
            Ok(live) => live.view(),
            Err(_) => view_of(batch, None, 0),
        })
        .collect())
}

/// One batch.
pub(crate) async fn view(shared: &Shared, id: &ThawId) -> Result<ThawView, EngineError> {
    if let Ok(live) = shared.thaws.find(id) {
        return Ok(live.view());
    }
    let batch = shared.ports.thaws.thaw(id).await?.ok_or(EngineError::NotFound("batch"))?;
    Ok(view_of(batch, None, 0))
}

/// Objects of a batch that stand so, by archive.
pub(crate) async fn parts(
    shared: &Shared,
    id: &ThawId,
    state: ThawItemState,
) -> Result<Vec<ThawPart>, EngineError> {
    let (mut parts, mut after): (Vec<ThawPart>, u64) = (Vec::new(), 0);
    loop {
        let page = shared.ports.thaws.thaw_items(id, &[state], after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(parts) };
        after = last.seq;
        for item in &page {
            match parts.iter_mut().find(|part| part.archive == item.archive) {
                Some(part) => {
                    part.objects += 1;
                    part.bytes = part.bytes.saturating_add(item.size);
                }
                None => parts.push(ThawPart { archive: item.archive, objects: 1, bytes: item.size }),
            }
        }
    }
}
