//! The journal as the engine uses it.
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::words::FailureCode;
use windlass_domain::{BatchId, Capabilities, PairId, RelPath, Revision, Timestamp, TransferId, Upload};
use windlass_ports::journal::{FileFilter, UploadCounts, UploadFilter};
use windlass_ports::{
    Catalog, Connection, FileRow, FileState, FolderCounts, IntentKind, IntentRow, Journal, JournalError,
    JournalErrorKind, JournalWrite, LevelEntry, ListedRow, ListingId, ListingInfo, ListingSort, PairRow,
    Picked, Tallied, Tally, UploadRow,
};

use super::told::name_of;
use super::{Class, Entry, Transfer, VirtualJournal, class, was_done};
use crate::world::{Edge, Event, Fault};

fn row(transfer: &Transfer) -> UploadRow {
    let mut state = transfer.state.clone();
    state.restore_parts(transfer.parts.clone());
    UploadRow {
        spec: transfer.spec.clone(),
        state,
        revision: Revision(transfer.revision),
        queued_at: transfer.queued_at,
    }
}

fn not_here<T>() -> Result<T, JournalError> {
    Err(JournalError { kind: JournalErrorKind::Other, source: "the simulator has no listings".into() })
}

impl VirtualJournal {
    fn transfers(&self, which: impl Fn(&Upload) -> bool) -> Vec<UploadRow> {
        let state = self.state();
        let mut found: Vec<&Transfer> =
            state.tables.transfers.values().filter(|transfer| which(&transfer.state)).collect();
        found.sort_by_key(|transfer| (transfer.queued_at, transfer.order));
        found.into_iter().map(row).collect()
    }
}

#[async_trait]
impl Journal for VirtualJournal {
    async fn commit(&self, batch: Vec<JournalWrite>) -> Result<Revision, JournalError> {
        self.world.cut("commit", Edge::Before).await;
        if self.world.fault("commit", &[Fault::Full]).is_some() {
            return Err(JournalError { kind: JournalErrorKind::Full, source: "no space".into() });
        }
        let unproved =
            |write: &JournalWrite| matches!(write, JournalWrite::SaveFile { state: FileState::Safe, .. });
        if batch.iter().any(unproved) {
            self.world.wrong("I2", "a file was to become Safe without a base");
            return Err(JournalError { kind: JournalErrorKind::Other, source: "Safe without a base".into() });
        }
        self.world.say(|| format!("commit {batch:?}"));
        let batch = Arc::new(batch);
        self.world.mix(batch.len() as u64);
        let revision = {
            let mut state = self.state();
            let revision = state.tables.revision();
            batch.iter().for_each(|write| state.tables.write(write));
            batch.iter().filter_map(name_of).for_each(|name| *state.told.entry(name).or_default() += 1);
            state.log.push(Entry::Batch(Arc::clone(&batch)));
            revision
        };
        self.world.tell(Event::Committed(self.number, batch));
        self.world.cut("commit", Edge::After).await;
        Ok(revision)
    }

    async fn device_id(&self) -> Result<String, JournalError> {
        Ok(format!("device-{}", self.number))
    }

    async fn pairs(&self) -> Result<Vec<PairRow>, JournalError> {
        self.world.pass("pairs").await;
        Ok(self.state().tables.pairs.values().cloned().collect())
    }

    async fn files(
        &self,
        pair: &PairId,
        after: Option<&RelPath>,
        limit: u32,
    ) -> Result<Vec<FileRow>, JournalError> {
        self.world.pass("files").await;
        let state = self.state();
        let rows = state
            .tables
            .files
            .iter()
            .filter(|((of, path), _)| of == pair && after.is_none_or(|after| path > after));
        Ok(rows.map(|(_, row)| row.clone()).take(limit as usize).collect())
    }

    async fn file(&self, pair: &PairId, path: &RelPath) -> Result<Option<FileRow>, JournalError> {
        self.world.pass("file").await;
        Ok(self.state().tables.files.get(&(pair.clone(), path.clone())).cloned())
    }

    async fn file_window(
        &self,
        pair: &PairId,
        filter: FileFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<FileRow>, u64), JournalError> {
        self.world.pass("file_window").await;
        let state = self.state();
        let wanted = |row: &FileRow| match filter {
            FileFilter::All => true,
            FileFilter::Todo => row.state != FileState::Safe,
            FileFilter::Verified => row.state == FileState::Safe,
            FileFilter::Failed => matches!(row.state, FileState::Failed(_)),
        };
        let rows: Vec<FileRow> = state
            .tables
            .files
            .iter()
            .filter(|((of, _), row)| of == pair && wanted(row))
            .map(|(_, row)| row.clone())
            .collect();
        let total = rows.len() as u64;
        Ok((rows.into_iter().skip(offset as usize).take(limit as usize).collect(), total))
    }

    async fn folder_counts(&self, pair: &PairId) -> Result<FolderCounts, JournalError> {
        self.world.pass("folder_counts").await;
        let state = self.state();
        let mut counts = FolderCounts::default();
        for (_, row) in state.tables.files.iter().filter(|((of, _), _)| of == pair) {
            let bytes = row.local.as_ref().map_or(0, |local| local.size);
            counts.total += 1;
            counts.bytes_total += bytes;
            match row.state {
                FileState::Waiting => counts.waiting += 1,
                FileState::Uploading => counts.uploading += 1,
                FileState::Checking => counts.checking += 1,
                FileState::Safe => {
                    counts.safe += 1;
                    counts.bytes_safe += bytes;
                }
                FileState::Failed(_) => counts.failed += 1,
                FileState::Downloading | FileState::Held => {}
            }
        }
        Ok(counts)
    }

    async fn failures(&self, _: &PairId) -> Result<Vec<(FailureCode, u64, Vec<RelPath>)>, JournalError> {
        Ok(Vec::new())
    }

    async fn open_uploads(&self) -> Result<Vec<UploadRow>, JournalError> {
        self.world.pass("open_uploads").await;
        Ok(self.transfers(|state| !matches!(state, Upload::Ended(_))))
    }

    async fn upload(&self, id: &TransferId) -> Result<Option<UploadRow>, JournalError> {
        self.world.pass("upload").await;
        Ok(self.state().tables.transfers.get(id).map(row))
    }

    async fn open_upload_of(
        &self,
        pair: &PairId,
        path: &RelPath,
    ) -> Result<Option<TransferId>, JournalError> {
        self.world.pass("open_upload_of").await;
        let state = self.state();
        let found = state.tables.transfers.values().find(|transfer| {
            transfer.spec.pair.as_ref() == Some(pair)
                && transfer.spec.path == *path
                && !matches!(transfer.state, Upload::Ended(_))
        });
        Ok(found.map(|transfer| transfer.spec.id.clone()))
    }

    async fn upload_window(
        &self,
        filter: UploadFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<UploadRow>, UploadCounts), JournalError> {
        self.world.pass("upload_window").await;
        let wanted = |state: &Upload| match filter {
            UploadFilter::Open => class(state) != Class::Done,
            UploadFilter::Active => class(state) == Class::Active,
            UploadFilter::Waiting => class(state) == Class::Waiting,
            UploadFilter::Failed => class(state) == Class::Failed,
            UploadFilter::Done => class(state) == Class::Done,
        };
        let rows = self.transfers(wanted);
        let count = |of| self.transfers(|state| class(state) == of).len() as u64;
        let (active, waiting) = (count(Class::Active), count(Class::Waiting));
        let (failed, done) = (count(Class::Failed), count(Class::Done));
        let counts = UploadCounts { open: active + waiting + failed, active, waiting, failed, done };
        Ok((rows.into_iter().skip(offset as usize).take(limit as usize).collect(), counts))
    }

    async fn open_intents(&self, pair: &PairId) -> Result<Vec<IntentRow>, JournalError> {
        self.world.pass("open_intents").await;
        let mut found: Vec<IntentRow> =
            self.open().into_iter().filter(|intent| intent.pair == *pair).collect();
        found.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(found)
    }

    async fn intent(&self, id: &str) -> Result<Option<IntentRow>, JournalError> {
        self.world.pass("intent").await;
        Ok(self.state().tables.intents.get(id).cloned())
    }

    async fn intent_window(
        &self,
        pair: &PairId,
        kind: Option<IntentKind>,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<IntentRow>, u64), JournalError> {
        self.world.pass("intent_window").await;
        let mut found = self.intents();
        found.retain(|intent| {
            intent.pair == *pair && intent.ended.is_some() && kind.is_none_or(|kind| kind == intent.kind)
        });
        found.sort_by(|a, b| (b.ended.map(|e| e.0), &b.id).cmp(&(a.ended.map(|e| e.0), &a.id)));
        let total = found.len() as u64;
        Ok((found.into_iter().skip(offset as usize).take(limit as usize).collect(), total))
    }

    async fn deleted_since(&self, pair: &PairId, since: Timestamp) -> Result<Tally, JournalError> {
        self.world.pass("deleted_since").await;
        let mut tally = Tally::default();
        for intent in self.intents() {
            let kind = matches!(intent.kind, IntentKind::DeleteRemote | IntentKind::TrashLocal);
            let when = intent.ended.is_some_and(|(at, _)| at >= since);
            if kind && when && !intent.meant && was_done(&intent) && intent.pair == *pair {
                tally.files += 1;
                tally.bytes += intent.size;
            }
        }
        Ok(tally)
    }

    async fn replaced_since(
        &self,
        pair: &PairId,
        since: Timestamp,
        without: &[RelPath],
    ) -> Result<u64, JournalError> {
        self.world.pass("replaced_since").await;
        let state = self.state();
        let counts = |(of, path): &(PairId, RelPath), at: Timestamp| {
            of == pair && at >= since && !without.contains(path)
        };
        Ok(state.tables.replaced.iter().filter(|(key, at)| counts(key, **at)).count() as u64)
    }

    async fn base_totals(&self, pair: &PairId) -> Result<Tally, JournalError> {
        self.world.pass("base_totals").await;
        let state = self.state();
        let mut tally = Tally::default();
        for ((of, _), row) in &state.tables.files {
            if let (true, Some(base)) = (of == pair, &row.base) {
                tally.files += 1;
                tally.bytes += base.local.size;
            }
        }
        Ok(tally)
    }

    async fn open_bytes(&self) -> Result<(u64, u64), JournalError> {
        Ok((0, 0))
    }

    async fn batch_open(&self, batch: &BatchId) -> Result<u64, JournalError> {
        Ok(self
            .transfers(|state| !matches!(state, Upload::Ended(_)))
            .iter()
            .filter(|row| row.spec.batch == *batch)
            .count() as u64)
    }
}

#[async_trait]
impl Catalog for VirtualJournal {
    async fn connections(&self) -> Result<Vec<Connection>, JournalError> {
        Ok(Vec::new())
    }

    async fn save_connection(&self, _: Connection) -> Result<(), JournalError> {
        not_here()
    }

    async fn remove_connection(&self, _: &str) -> Result<(), JournalError> {
        not_here()
    }

    async fn forget_bucket(&self, _: &str, _: &str) -> Result<(), JournalError> {
        not_here()
    }

    async fn save_capabilities(
        &self,
        _: &str,
        _: &str,
        _: &Capabilities,
        _: Timestamp,
    ) -> Result<(), JournalError> {
        not_here()
    }

    async fn capabilities(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<(Capabilities, Timestamp)>, JournalError> {
        Ok(None)
    }

    async fn find_listing(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: bool,
    ) -> Result<Option<ListingInfo>, JournalError> {
        Ok(None)
    }

    async fn begin_listing(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: bool,
        _: Timestamp,
    ) -> Result<ListingId, JournalError> {
        not_here()
    }

    async fn add_to_listing(&self, _: ListingId, _: Vec<LevelEntry>) -> Result<ListingInfo, JournalError> {
        not_here()
    }

    async fn finish_listing(&self, _: ListingId) -> Result<ListingInfo, JournalError> {
        not_here()
    }

    async fn listing_info(&self, _: ListingId) -> Result<Option<ListingInfo>, JournalError> {
        Ok(None)
    }

    async fn listing_window(
        &self,
        _: ListingId,
        _: u64,
        _: u64,
        _: ListingSort,
        _: bool,
        _: &str,
    ) -> Result<(Vec<ListedRow>, u64), JournalError> {
        not_here()
    }

    async fn tally(&self, _: ListingId, _: Picked) -> Result<Tallied, JournalError> {
        not_here()
    }

    async fn remove_from_listing(&self, _: ListingId, _: &[String]) -> Result<ListingInfo, JournalError> {
        not_here()
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.world.pass("setting").await;
        Ok(self.state().tables.settings.get(name).cloned())
    }

    async fn save_setting(&self, name: &str, value: &str) -> Result<(), JournalError> {
        self.world.cut("save_setting", Edge::Before).await;
        {
            let mut state = self.state();
            state.tables.settings.insert(name.to_owned(), value.to_owned());
            state.log.push(Entry::Setting(name.to_owned(), value.to_owned()));
        }
        self.world.cut("save_setting", Edge::After).await;
        Ok(())
    }
}
