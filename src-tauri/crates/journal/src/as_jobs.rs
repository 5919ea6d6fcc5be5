//! The port `Jobs`.
use std::collections::BTreeMap;

use async_trait::async_trait;
use windlass_domain::{ETag, Item, JobId};
use windlass_ports::{JobRow, Jobs, JournalError, LeftGroup};

use crate::SqliteJournal;
use crate::as_journal::snapshot;
use crate::tables::{holds, jobs};

#[async_trait]
impl Jobs for SqliteJournal {
    async fn save_job(&self, job: JobRow, items: Vec<Item>) -> Result<(), JournalError> {
        self.write(items.len().max(1), move |conn| jobs::save(conn, &job, &items)).await
    }

    async fn jobs(&self) -> Result<Vec<JobRow>, JournalError> {
        self.read(jobs::list).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRow>, JournalError> {
        let id = id.clone();
        self.read(move |conn| jobs::one(conn, &id)).await
    }

    async fn items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, JournalError> {
        let id = id.clone();
        self.read(move |conn| jobs::items(conn, &id, after, limit)).await
    }

    async fn left(&self, id: &JobId, keys: u32) -> Result<Vec<LeftGroup>, JournalError> {
        let id = id.clone();
        self.read(move |conn| snapshot(conn, |conn| jobs::left(conn, &id, keys))).await
    }

    async fn held(&self, connection: &str, bucket: &str) -> Result<BTreeMap<String, ETag>, JournalError> {
        let (connection, bucket) = (connection.to_owned(), bucket.to_owned());
        self.read(move |conn| holds::of(conn, &connection, &bucket)).await
    }

    async fn remove_job(&self, id: &JobId) -> Result<(), JournalError> {
        let id = id.clone();
        self.write(1, move |conn| jobs::remove(conn, &id)).await
    }
}
