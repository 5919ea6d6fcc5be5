//! The port `Thaws`.
use async_trait::async_trait;
use windlass_domain::thaw::{ThawBatch, ThawItem, ThawItemState};
use windlass_domain::{ThawId, Timestamp};
use windlass_ports::{JournalError, Thaws};

use crate::SqliteJournal;
use crate::as_journal::snapshot;
use crate::tables::thaws;

#[async_trait]
impl Thaws for SqliteJournal {
    async fn save_thaw(&self, batch: ThawBatch, items: Vec<ThawItem>) -> Result<(), JournalError> {
        self.write(items.len().max(1), move |conn| thaws::save(conn, &batch, &items)).await
    }

    async fn thaws(&self) -> Result<Vec<ThawBatch>, JournalError> {
        self.read(thaws::list).await
    }

    async fn thaw(&self, id: &ThawId) -> Result<Option<ThawBatch>, JournalError> {
        let id = id.clone();
        self.read(move |conn| thaws::one(conn, &id)).await
    }

    async fn thaw_items(
        &self,
        id: &ThawId,
        states: &[ThawItemState],
        after: u64,
        limit: u32,
    ) -> Result<Vec<ThawItem>, JournalError> {
        let (id, states) = (id.clone(), states.to_vec());
        self.read(move |conn| snapshot(conn, |conn| thaws::items(conn, &id, &states, after, limit))).await
    }

    async fn thaw_window(&self, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>, JournalError> {
        let id = id.clone();
        self.read(move |conn| thaws::window(conn, &id, offset, limit)).await
    }

    async fn first_end(&self, id: &ThawId) -> Result<Option<Timestamp>, JournalError> {
        let id = id.clone();
        self.read(move |conn| thaws::first_end(conn, &id)).await
    }

    async fn remove_thaw(&self, id: &ThawId) -> Result<(), JournalError> {
        let id = id.clone();
        self.write(1, move |conn| thaws::remove(conn, &id)).await
    }
}
