//! The port `Histories`.
use std::ops::Range;

use async_trait::async_trait;
use windlass_domain::Timestamp;
use windlass_domain::time::Timeline;
use windlass_ports::{
    Histories, HistoryId, HistoryInfo, HistoryPage, JournalError, KeyHistory, ListedVersion, VersionMark,
};

use crate::SqliteJournal;
use crate::as_journal::snapshot;
use crate::tables::histories;

#[async_trait]
impl Histories for SqliteJournal {
    async fn histories(&self) -> Result<Vec<HistoryInfo>, JournalError> {
        self.read(histories::list).await
    }

    async fn history(&self, id: HistoryId) -> Result<Option<HistoryInfo>, JournalError> {
        self.read(move |conn| histories::one(conn, id)).await
    }

    async fn begin_history(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<HistoryId, JournalError> {
        let (connection, bucket, prefix) = (connection.to_owned(), bucket.to_owned(), prefix.to_owned());
        self.write(1, move |conn| histories::begin(conn, &connection, &bucket, &prefix, now)).await
    }

    async fn add_to_history(
        &self,
        id: HistoryId,
        after: Option<VersionMark>,
        page: Vec<ListedVersion>,
        next: Option<VersionMark>,
    ) -> Result<HistoryInfo, JournalError> {
        let weight = page.len().max(1);
        self.write(weight, move |conn| histories::add(conn, id, after.as_ref(), &page, next.as_ref())).await
    }

    async fn finish_history(&self, id: HistoryId, now: Timestamp) -> Result<HistoryInfo, JournalError> {
        self.write(1, move |conn| histories::finish(conn, id, now)).await
    }

    async fn drop_history(&self, id: HistoryId) -> Result<(), JournalError> {
        self.write(1, move |conn| histories::drop_one(conn, id)).await
    }

    async fn timeline(&self, id: HistoryId) -> Result<Timeline, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| histories::timeline(conn, id))).await
    }

    async fn keys_below(&self, id: HistoryId, prefix: &str) -> Result<Range<u32>, JournalError> {
        let prefix = prefix.to_owned();
        self.read(move |conn| snapshot(conn, |conn| histories::below(conn, id, &prefix))).await
    }

    async fn keys_with(
        &self,
        id: HistoryId,
        among: Range<u32>,
        text: &str,
    ) -> Result<Vec<u32>, JournalError> {
        let text = text.to_owned();
        self.read(move |conn| snapshot(conn, |conn| histories::containing(conn, id, &among, &text))).await
    }

    async fn key_numbers(&self, id: HistoryId, keys: Vec<String>) -> Result<Vec<u32>, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| histories::numbers(conn, id, &keys))).await
    }

    async fn key_histories(
        &self,
        id: HistoryId,
        keys: Vec<(u32, Range<u32>)>,
    ) -> Result<Vec<KeyHistory>, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| histories::keys(conn, id, &keys))).await
    }

    async fn history_page(&self, id: HistoryId, at: u32, versions: u32) -> Result<HistoryPage, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| histories::page(conn, id, at, versions))).await
    }
}
