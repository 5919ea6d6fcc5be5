//! Batches of archived objects in memory.
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::thaw::{ThawBatch, ThawItem, ThawItemState};
use windlass_domain::{ThawId, Timestamp};
use windlass_ports::{JournalError, JournalErrorKind, Thaws};

use super::{Entry, Tables, VirtualJournal};
use crate::world::{Edge, Fault};

impl Tables {
    pub(super) fn save_thaw(&mut self, batch: &ThawBatch, items: &[ThawItem]) {
        self.thaws.insert(batch.id.clone(), batch.clone());
        for item in items {
            self.thaw_items.insert((batch.id.clone(), item.seq), item.clone());
        }
    }

    pub(super) fn remove_thaw(&mut self, id: &ThawId) {
        self.thaws.remove(id);
        self.thaw_items.retain(|(of, _), _| of != id);
    }
}

impl VirtualJournal {
    /// All objects of a batch.
    #[must_use]
    pub fn thawed(&self, id: &ThawId) -> Vec<ThawItem> {
        let state = self.state();
        let of = state.tables.thaw_items.iter().filter(|((of, _), _)| of == id);
        of.map(|(_, item)| item.clone()).collect()
    }
}

#[async_trait]
impl Thaws for VirtualJournal {
    async fn save_thaw(&self, batch: ThawBatch, items: Vec<ThawItem>) -> Result<(), JournalError> {
        self.world.cut("save_thaw", Edge::Before).await;
        if self.world.fault("save_thaw", &[Fault::Full]).is_some() {
            return Err(JournalError { kind: JournalErrorKind::Full, source: "no space".into() });
        }
        self.world.say(|| format!("save_thaw {:?} with {items:?}", batch.state));
        {
            let mut state = self.state();
            state.tables.save_thaw(&batch, &items);
            state.log.push(Entry::Thaw(Arc::new((batch, items))));
        }
        self.world.cut("save_thaw", Edge::After).await;
        Ok(())
    }

    async fn thaws(&self) -> Result<Vec<ThawBatch>, JournalError> {
        // Where there are none the answer takes no turn: what sync folders do keeps its schedule, seed by seed.
        let mut rows: Vec<ThawBatch> = self.state().tables.thaws.values().cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.created));
        Ok(rows)
    }

    async fn thaw(&self, id: &ThawId) -> Result<Option<ThawBatch>, JournalError> {
        Ok(self.state().tables.thaws.get(id).cloned())
    }

    async fn thaw_items(
        &self,
        id: &ThawId,
        states: &[ThawItemState],
        after: u64,
        limit: u32,
    ) -> Result<Vec<ThawItem>, JournalError> {
        let found = self.thawed(id).into_iter();
        Ok(found.filter(|i| i.seq > after && states.contains(&i.state)).take(limit as usize).collect())
    }

    async fn thaw_window(&self, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>, JournalError> {
        let mut all = self.thawed(id);
        all.sort_by_key(|item| (item.state != ThawItemState::Failed, item.seq));
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(all.into_iter().skip(offset).take(limit as usize).collect())
    }

    async fn first_end(&self, id: &ThawId) -> Result<Option<Timestamp>, JournalError> {
        let ready = self.thawed(id).into_iter().filter(|item| item.state == ThawItemState::Ready);
        Ok(ready.filter_map(|item| item.ends_at).min())
    }

    async fn remove_thaw(&self, id: &ThawId) -> Result<(), JournalError> {
        self.world.cut("remove_thaw", Edge::Before).await;
        let mut state = self.state();
        state.tables.remove_thaw(id);
        state.log.push(Entry::NoThaw(id.clone()));
        Ok(())
    }
}
