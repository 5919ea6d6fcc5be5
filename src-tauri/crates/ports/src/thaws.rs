//! Batches of archived objects as they are kept: one row for each batch, and one for each of its objects.
use std::fmt::Debug;

use async_trait::async_trait;
use windlass_domain::thaw::{ThawBatch, ThawItem, ThawItemState};
use windlass_domain::{ThawId, Timestamp};

use crate::JournalError;

/// Batches in the journal. Writes are durable when they return, and each is one transaction.
#[async_trait]
pub trait Thaws: Debug + Send + Sync {
    /// Saves a batch and some of its objects, whole or not at all. Rows that are there are replaced.
    async fn save_thaw(&self, batch: ThawBatch, items: Vec<ThawItem>) -> Result<(), JournalError>;
    /// All batches, newest first.
    async fn thaws(&self) -> Result<Vec<ThawBatch>, JournalError>;
    /// One batch.
    async fn thaw(&self, id: &ThawId) -> Result<Option<ThawBatch>, JournalError>;
    /// Its objects in one of these states in order, after this place, at most `limit`.
    async fn thaw_items(
        &self,
        id: &ThawId,
        states: &[ThawItemState],
        after: u64,
        limit: u32,
    ) -> Result<Vec<ThawItem>, JournalError>;
    /// Its objects as they are shown, failed ones first and then in order: at most `limit` behind the first `offset`.
    async fn thaw_window(&self, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>, JournalError>;
    /// When the first of the copies ends that can be read.
    async fn first_end(&self, id: &ThawId) -> Result<Option<Timestamp>, JournalError>;
    /// Forgets a batch with its objects. Nothing in a bucket is touched.
    async fn remove_thaw(&self, id: &ThawId) -> Result<(), JournalError>;
}
