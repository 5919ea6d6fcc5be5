//! What comes once a batch can be read: it is fetched, or the restore that it is made from is planned again; and the end of its copies.
use std::sync::Arc;
use std::time::Duration;

use windlass_domain::thaw::{ThawBatch, ThawItem, ThawItemState, ThawState, ThawThen};
use windlass_domain::{JobId, JobState};

use super::{Live, look};
use crate::engine::EngineError;
use crate::jobs::{self, Archived};
use crate::shared::{Shared, Stopping};

/// Objects whose end is noted in one commit.
const WINDOW: usize = 1000;
/// Time between two looks at the restore.
const RESTORE_AGAIN: Duration = Duration::from_millis(500);

const RESTORE_GONE: &str = "There is no restore that left these objects. They can be read: restore them from the bucket's past, or download them.";
const NOT_RESTORED: &str =
    "The restore could not be planned again. The objects can be read. Restore them from the bucket's past.";

/// Ends what has ended; true when that was all of it.
pub(super) async fn expire(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let now = shared.now();
    if live.batch().ends_at.is_some_and(|ends| ends <= now) {
        let ready = look::all(shared, live, ThawItemState::Ready).await;
        let Some(ready) = look::found(shared, live, ready).await else { return Ok(()) };
        let moved: Vec<(ThawItem, ThawItem)> = ready
            .into_iter()
            .map(|item| (item.clone(), item.at(now)))
            .filter(|(before, after)| before.state != after.state)
            .collect();
        for window in moved.chunks(WINDOW) {
            live.save_moved(shared, window.to_vec(), |_| ()).await?;
        }
        let ends_at = look::first_end(shared, live).await;
        live.save(shared, |batch| batch.ends_at = ends_at, Vec::new()).await?;
    }
    if live.batch().nothing_left() {
        end(shared, live, "").await?;
    }
    Ok(())
}

/// All was done that was wanted, or nothing can be read any more.
async fn end(shared: &Shared, live: &Live, note: &str) -> Result<(), Stopping> {
    let past = |batch: &mut ThawBatch| {
        if matches!(batch.state, ThawState::Ready | ThawState::Downloading) {
            batch.state = ThawState::Past;
            if !note.is_empty() {
                note.clone_into(&mut batch.note);
            }
        }
    };
    live.save(shared, past, Vec::new()).await
}

/// One step of a batch that can be read.
pub(super) async fn round(shared: &Arc<Shared>, live: &Live) -> Result<(), Stopping> {
    expire(shared, live).await?;
    let batch = live.batch();
    if batch.state != ThawState::Ready {
        return Ok(());
    }
    match (&batch.then, &batch.folder, &batch.restored_by) {
        (ThawThen::Download { to }, None, _) => {
            let begin = |batch: &mut ThawBatch| {
                if batch.state == ThawState::Ready {
                    batch.state = ThawState::Downloading;
                    batch.folder = Some(to.clone());
                }
            };
            live.save(shared, begin, Vec::new()).await
        }
        (ThawThen::Restore, _, None) if !batch.stuck => restore(shared, live, &batch).await,
        (ThawThen::Restore, _, Some(job)) if !batch.stuck => follow(shared, live, job).await,
        _ => {
            live.rest(shared, batch.ends_at).await;
            Ok(())
        }
    }
}

/// What was to come did not work.
async fn stuck(shared: &Shared, live: &Live, words: &str) -> Result<(), Stopping> {
    let note = |batch: &mut ThawBatch| {
        batch.stuck = true;
        // Tried again, it is planned anew.
        batch.restored_by = None;
        words.clone_into(&mut batch.note);
    };
    live.save(shared, note, Vec::new()).await
}

/// Plans the restore again and starts it.
async fn restore(shared: &Arc<Shared>, live: &Live, batch: &ThawBatch) -> Result<(), Stopping> {
    let note = async |words: &str| stuck(shared, live, words).await;
    let Some(spec) = batch.restores.clone() else { return note(RESTORE_GONE).await };
    let planned = match jobs::plan_with(shared, spec, Archived::Tried).await {
        Ok(id) => id,
        Err(EngineError::Stopping) => return Err(Stopping),
        Err(error) => {
            tracing::warn!(%error, "what was thawed could not be restored");
            return note(NOT_RESTORED).await;
        }
    };
    let view = match jobs::wait(shared, &planned).await {
        Ok(view) => view,
        Err(EngineError::Stopping) => return Err(Stopping),
        Err(_) => return note(NOT_RESTORED).await,
    };
    if jobs::found_nothing(&view.row) {
        return end(shared, live, "").await;
    }
    if view.row.state != JobState::Ready {
        let words = if view.row.note.is_empty() { NOT_RESTORED } else { view.row.note.as_str() };
        return note(words).await;
    }
    // Noted before it is started: after a kill in between the plan is forgotten, and made anew.
    live.save(shared, |batch| batch.restored_by = Some(planned.clone()), Vec::new()).await?;
    match jobs::start(shared, &planned).await {
        Ok(()) => Ok(()),
        Err(EngineError::Stopping) => Err(Stopping),
        Err(_) => live.save(shared, |batch| batch.restored_by = None, Vec::new()).await,
    }
}

/// Waits for the restore.
async fn follow(shared: &Shared, live: &Live, job: &JobId) -> Result<(), Stopping> {
    match jobs::view(shared, job).await {
        Ok(view) if matches!(view.row.state, JobState::Done | JobState::Cancelled) => {
            end(shared, live, "").await
        }
        Ok(view) if view.row.state == JobState::Failed => {
            let words = if view.row.note.is_empty() { NOT_RESTORED } else { view.row.note.as_str() };
            stuck(shared, live, words).await
        }
        Ok(_) => {
            tokio::select! {
                () = live.wake.notified() => {}
                () = tokio::time::sleep(RESTORE_AGAIN) => {}
            }
            Ok(())
        }
        // A plan that was not started before the program ended.
        Err(EngineError::NotFound(_)) => {
            live.save(shared, |batch| batch.restored_by = None, Vec::new()).await
        }
        Err(_) => {
            live.rest(shared, None).await;
            Ok(())
        }
    }
}
