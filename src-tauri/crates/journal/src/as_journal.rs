//! The port `Journal`.
use async_trait::async_trait;
use rusqlite::Connection;
use windlass_domain::words::FailureCode;
use windlass_domain::{BatchId, PairId, RelPath, Revision, Timestamp, TransferId};
use windlass_ports::journal::{FileFilter, UploadCounts, UploadFilter};
use windlass_ports::{
    FileRow, FolderCounts, IntentKind, IntentRow, Journal, JournalError, JournalWrite, PairRow, Tally,
    UploadRow,
};

use crate::SqliteJournal;
use crate::error::{Result, sql};
use crate::tables::{files, intents, pairs, replaced, settings, transfers};
use crate::write::apply;

/// Several reads of one state of the journal.
pub(crate) fn snapshot<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = conn.unchecked_transaction().map_err(sql)?;
    let value = work(&transaction)?;
    transaction.commit().map_err(sql)?;
    Ok(value)
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn commit(&self, batch: Vec<JournalWrite>) -> std::result::Result<Revision, JournalError> {
        self.write(batch.len().max(1), move |conn| apply(conn, &batch)).await
    }

    async fn device_id(&self) -> std::result::Result<String, JournalError> {
        self.read(settings::device_id).await
    }

    async fn pairs(&self) -> std::result::Result<Vec<PairRow>, JournalError> {
        self.read(pairs::list).await
    }

    async fn files(
        &self,
        pair: &PairId,
        after: Option<&RelPath>,
        limit: u32,
    ) -> std::result::Result<Vec<FileRow>, JournalError> {
        let (pair, after) = (pair.clone(), after.cloned());
        self.read(move |conn| files::list(conn, &pair, after.as_ref(), limit)).await
    }

    async fn file(
        &self,
        pair: &PairId,
        path: &RelPath,
    ) -> std::result::Result<Option<FileRow>, JournalError> {
        let (pair, path) = (pair.clone(), path.clone());
        self.read(move |conn| files::one(conn, &pair, &path)).await
    }

    async fn file_window(
        &self,
        pair: &PairId,
        filter: FileFilter,
        offset: u64,
        limit: u64,
    ) -> std::result::Result<(Vec<FileRow>, u64), JournalError> {
        let pair = pair.clone();
        self.read(move |conn| snapshot(conn, |conn| files::window(conn, &pair, filter, offset, limit))).await
    }

    async fn folder_counts(&self, pair: &PairId) -> std::result::Result<FolderCounts, JournalError> {
        let pair = pair.clone();
        self.read(move |conn| files::counts(conn, &pair)).await
    }

    async fn failures(
        &self,
        pair: &PairId,
    ) -> std::result::Result<Vec<(FailureCode, u64, Vec<RelPath>)>, JournalError> {
        let pair = pair.clone();
        self.read(move |conn| snapshot(conn, |conn| files::failures(conn, &pair))).await
    }

    async fn open_uploads(&self) -> std::result::Result<Vec<UploadRow>, JournalError> {
        self.read(|conn| snapshot(conn, transfers::open)).await
    }

    async fn upload(&self, id: &TransferId) -> std::result::Result<Option<UploadRow>, JournalError> {
        let id = id.clone();
        self.read(move |conn| snapshot(conn, |conn| transfers::one(conn, &id))).await
    }

    async fn open_upload_of(
        &self,
        pair: &PairId,
        path: &RelPath,
    ) -> std::result::Result<Option<TransferId>, JournalError> {
        let (pair, path) = (pair.clone(), path.clone());
        self.read(move |conn| transfers::open_of(conn, &pair, &path)).await
    }

    async fn upload_window(
        &self,
        filter: UploadFilter,
        offset: u64,
        limit: u64,
    ) -> std::result::Result<(Vec<UploadRow>, UploadCounts), JournalError> {
        self.read(move |conn| snapshot(conn, |conn| transfers::window(conn, filter, offset, limit))).await
    }

    async fn open_intents(&self, pair: &PairId) -> std::result::Result<Vec<IntentRow>, JournalError> {
        let pair = pair.clone();
        self.read(move |conn| intents::open(conn, &pair)).await
    }

    async fn intent(&self, id: &str) -> std::result::Result<Option<IntentRow>, JournalError> {
        let id = id.to_owned();
        self.read(move |conn| intents::one(conn, &id)).await
    }

    async fn intent_window(
        &self,
        pair: &PairId,
        kind: Option<IntentKind>,
        offset: u64,
        limit: u64,
    ) -> std::result::Result<(Vec<IntentRow>, u64), JournalError> {
        let pair = pair.clone();
        self.read(move |conn| snapshot(conn, |conn| intents::window(conn, &pair, kind, offset, limit))).await
    }

    async fn deleted_since(
        &self,
        pair: &PairId,
        since: Timestamp,
    ) -> std::result::Result<Tally, JournalError> {
        let pair = pair.clone();
        self.read(move |conn| intents::deleted_since(conn, &pair, since)).await
    }

    async fn replaced_since(
        &self,
        pair: &PairId,
        since: Timestamp,
        without: &[RelPath],
    ) -> std::result::Result<u64, JournalError> {
        let (pair, without) = (pair.clone(), without.to_vec());
        self.read(move |conn| replaced::since(conn, &pair, since, &without)).await
    }

    async fn base_totals(&self, pair: &PairId) -> std::result::Result<Tally, JournalError> {
        let pair = pair.clone();
        self.read(move |conn| files::base_totals(conn, &pair)).await
    }

    async fn open_bytes(&self) -> std::result::Result<(u64, u64), JournalError> {
        self.read(transfers::open_bytes).await
    }

    async fn batch_open(&self, batch: &BatchId) -> std::result::Result<u64, JournalError> {
        let batch = batch.clone();
        self.read(move |conn| transfers::batch_open(conn, &batch)).await
    }
}
