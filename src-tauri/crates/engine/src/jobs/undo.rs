//! Taking a job back: the reverse of what was done, under conditions again. What was changed since stays as it is.
use windlass_domain::job::plan::{reverse, undone_by};
use windlass_domain::{JobKind, JobSpec, JobState, Root};
use windlass_ports::{JobRow, JournalError};

use super::{Live, Order, over};
use crate::engine::EngineError;
use crate::shared::{Shared, Stopping, lock};

const CHUNK: u32 = 1000;

/// What takes a job back.
pub(super) fn spec(row: &JobRow) -> Result<JobSpec, EngineError> {
    let spec = &row.spec;
    if spec.kind == JobKind::Purge {
        return Err(EngineError::CannotUndo("What was destroyed is gone for good."));
    }
    if spec.kind == JobKind::Lock {
        return Err(EngineError::CannotUndo(
            "A lock is never weakened from here. A legal hold can be taken off with the same command that puts it on.",
        ));
    }
    let kind = undone_by(spec.kind).ok_or(EngineError::CannotUndo(
        "What was changed in place cannot be taken back from here. Where the bucket keeps versions, the older version is still there.",
    ))?;
    if spec.kind == JobKind::Delete && !row.versioned {
        return Err(EngineError::CannotUndo("The bucket keeps no versions, so what was deleted is gone."));
    }
    if spec.kind == JobKind::Restore && spec.undoes.is_some() {
        return Err(EngineError::CannotUndo(
            "It took a restore back. To bring the older state back again, restore to the same moment.",
        ));
    }
    if row.counts.done == 0 {
        return Err(EngineError::CannotUndo("Nothing of it was done."));
    }
    let back = |root: &Root| match kind {
        JobKind::Move => Root { from: root.to.clone(), to: root.from.clone() },
        JobKind::Copy | JobKind::Edit | JobKind::Delete => Root::here(&root.to),
        JobKind::Undelete | JobKind::Restore | JobKind::Purge | JobKind::Lock => Root::here(&root.from),
    };
    let (bucket, to_bucket) = (spec.to_bucket.clone(), spec.bucket.clone());
    Ok(JobSpec {
        kind,
        connection: spec.connection.clone(),
        to_bucket: if kind == JobKind::Move { to_bucket } else { bucket.clone() },
        bucket,
        roots: spec.roots.iter().map(back).collect(),
        if_taken: windlass_domain::job::IfTaken::Skip,
        edit: windlass_domain::job::ObjectEdit::default(),
        restore: None,
        purge: None,
        lock: None,
        undoes: Some(row.id.clone()),
    })
}

/// Makes the rows from those that were done.
pub(super) async fn plan(shared: &Shared, live: &Live, undoes: &JobRow) {
    if let Err(Stopping) = rows(shared, live, undoes).await {
        tracing::debug!("closing before an undo was planned");
    }
}

async fn rows(shared: &Shared, live: &Live, undoes: &JobRow) -> Result<(), Stopping> {
    let (mut after, mut seq) = (0, 0);
    lock(&live.row).versioned = undoes.versioned;
    loop {
        let items = match shared.ports.jobs.items(&undoes.id, after, CHUNK).await {
            Ok(items) => items,
            Err(error) => return unread(shared, live, &error).await,
        };
        let Some(last) = items.last() else { break };
        after = last.seq;
        let mut back = Vec::new();
        for item in items.iter().filter(|item| item.state == windlass_domain::ItemState::Done) {
            if let Some((_, row)) = reverse(undoes.spec.kind, item, seq + 1) {
                seq += 1;
                back.push(row);
            }
        }
        if *live.order.borrow() == Order::Cancel {
            return over(shared, live, JobState::Cancelled, shared.now()).await;
        }
        let count = |row: &mut JobRow| back.iter().for_each(|item| row.counts.planned(item));
        live.save(shared, count, back.clone()).await?;
    }
    if seq == 0 {
        lock(&live.row).note = "There is nothing of it that could be taken back.".to_owned();
        return over(shared, live, JobState::Failed, shared.now()).await;
    }
    live.save(shared, |row| row.state = JobState::Ready, Vec::new()).await
}

async fn unread(shared: &Shared, live: &Live, error: &JournalError) -> Result<(), Stopping> {
    tracing::error!(error = %error.source, "the objects of a job could not be read");
    lock(&live.row).note = "The journal could not be read. Nothing was done.".to_owned();
    over(shared, live, JobState::Failed, shared.now()).await
}
