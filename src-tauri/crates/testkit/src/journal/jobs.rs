//! Jobs in memory.
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::{ETag, Item, ItemState, JobId, JobKind};
use windlass_ports::{JobRow, Jobs, JournalError, JournalErrorKind, LeftGroup};

use super::{Entry, Tables, VirtualJournal};
use crate::world::{Edge, Fault};

impl Tables {
    pub(super) fn save_job(&mut self, job: &JobRow, items: &[Item]) {
        self.jobs.insert(job.id.clone(), job.clone());
        for item in items {
            self.items.insert((job.id.clone(), item.seq), item.clone());
        }
    }

    pub(super) fn remove_job(&mut self, id: &JobId) {
        self.jobs.remove(id);
        self.items.retain(|(of, _), _| of != id);
    }
}

impl VirtualJournal {
    /// All objects of a job.
    #[must_use]
    pub fn job_items(&self, id: &JobId) -> Vec<Item> {
        let state = self.state();
        state.tables.items.iter().filter(|((of, _), _)| of == id).map(|(_, item)| item.clone()).collect()
    }
}

#[async_trait]
impl Jobs for VirtualJournal {
    async fn save_job(&self, job: JobRow, items: Vec<Item>) -> Result<(), JournalError> {
        self.world.cut("save_job", Edge::Before).await;
        if self.world.fault("save_job", &[Fault::Full]).is_some() {
            return Err(JournalError { kind: JournalErrorKind::Full, source: "no space".into() });
        }
        self.world.say(|| format!("save_job {:?} at {} with {items:?}", job.state, job.at));
        self.world.mix(items.len() as u64);
        {
            let mut state = self.state();
            state.tables.save_job(&job, &items);
            state.log.push(Entry::Job(Arc::new((job, items))));
        }
        self.world.cut("save_job", Edge::After).await;
        Ok(())
    }

    async fn jobs(&self) -> Result<Vec<JobRow>, JournalError> {
        // Where there are none the answer takes no turn: what sync folders do keeps its schedule, seed by seed.
        if !self.state().tables.jobs.is_empty() {
            self.world.pass("jobs").await;
        }
        let mut rows: Vec<JobRow> = self.state().tables.jobs.values().cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.created));
        Ok(rows)
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRow>, JournalError> {
        self.world.pass("job").await;
        Ok(self.state().tables.jobs.get(id).cloned())
    }

    async fn items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, JournalError> {
        self.world.pass("items").await;
        let state = self.state();
        let rows = state.tables.items.range((id.clone(), after + 1)..(id.clone(), u64::MAX));
        Ok(rows.take(limit as usize).map(|(_, item)| item.clone()).collect())
    }

    async fn left(&self, id: &JobId, keys: u32) -> Result<Vec<LeftGroup>, JournalError> {
        self.world.pass("left").await;
        let mut groups: BTreeMap<_, LeftGroup> = BTreeMap::new();
        for item in self.job_items(id) {
            let (ItemState::Left, Some(cause)) = (item.state, item.cause) else { continue };
            let group =
                groups.entry(cause).or_insert_with(|| LeftGroup { cause, objects: 0, keys: Vec::new() });
            group.objects += 1;
            if group.keys.len() < keys as usize {
                group.keys.push(item.from.as_str().to_owned());
            }
        }
        Ok(groups.into_values().collect())
    }

    async fn held(&self, connection: &str, bucket: &str) -> Result<BTreeMap<String, ETag>, JournalError> {
        self.world.pass("held").await;
        let state = self.state();
        let of = |id: &JobId| {
            state.tables.jobs.get(id).is_some_and(|job| {
                let spec = &job.spec;
                spec.kind == JobKind::Edit
                    && spec.edit.holds() == Some(true)
                    && spec.connection == connection
                    && spec.bucket.as_str() == bucket
            })
        };
        let done =
            state.tables.items.iter().filter(|((id, _), item)| item.state == ItemState::Done && of(id));
        Ok(done.map(|(_, item)| (item.from.as_str().to_owned(), item.etag.clone())).collect())
    }

    async fn remove_job(&self, id: &JobId) -> Result<(), JournalError> {
        self.world.cut("remove_job", Edge::Before).await;
        let mut state = self.state();
        state.tables.remove_job(id);
        state.log.push(Entry::NoJob(id.clone()));
        Ok(())
    }
}
