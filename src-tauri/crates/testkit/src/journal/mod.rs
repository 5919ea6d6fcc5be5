//! The journal in memory: a batch is durable when its commit returns. Every batch is kept, so that the journal can be wiped or
//! set back to any earlier commit (hazards HC6, HC7).
mod jobs;
mod port;
mod thaws;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use windlass_domain::thaw::{ThawBatch, ThawItem};
use windlass_domain::{
    Ending, Item, JobId, PairId, PartReceipt, RelPath, Revision, ThawId, Timestamp, TransferId, Upload,
    UploadSpec,
};
use windlass_ports::{FileRow, FileState, IntentEnd, IntentRow, JobRow, JournalWrite, PairRow};

use crate::world::World;

#[derive(Debug, Clone)]
struct Transfer {
    spec: UploadSpec,
    state: Upload,
    parts: BTreeMap<u32, PartReceipt>,
    revision: u64,
    queued_at: Timestamp,
    order: u64,
}

/// Tables.
#[derive(Debug, Clone, Default)]
struct Tables {
    pairs: BTreeMap<PairId, PairRow>,
    files: BTreeMap<(PairId, RelPath), FileRow>,
    transfers: BTreeMap<TransferId, Transfer>,
    intents: BTreeMap<String, IntentRow>,
    replaced: BTreeMap<(PairId, RelPath), Timestamp>,
    settings: BTreeMap<String, String>,
    jobs: BTreeMap<JobId, JobRow>,
    items: BTreeMap<(JobId, u64), Item>,
    thaws: BTreeMap<ThawId, ThawBatch>,
    thaw_items: BTreeMap<(ThawId, u64), ThawItem>,
    safe: u64,
    revision: u64,
}

/// One commit, as it is repeated after a rollback.
#[derive(Debug, Clone)]
enum Entry {
    Batch(Arc<Vec<JournalWrite>>),
    Setting(String, String),
    Job(Arc<(JobRow, Vec<Item>)>),
    NoJob(JobId),
    Thaw(Arc<(ThawBatch, Vec<ThawItem>)>),
    NoThaw(ThawId),
}

#[derive(Debug, Default)]
struct State {
    tables: Tables,
    log: Vec<Entry>,
    /// What was ever committed, by name.
    told: BTreeMap<String, u64>,
}

/// The journal of one computer.
#[derive(Debug)]
pub struct VirtualJournal {
    world: Arc<World>,
    /// Which computer's.
    number: usize,
    state: Mutex<State>,
}

impl VirtualJournal {
    /// An empty one.
    #[must_use]
    pub fn new(world: Arc<World>, number: usize) -> Arc<Self> {
        Arc::new(Self { world, number, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits so far.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.state().log.len()
    }

    /// Sets it back to what it was after so many commits; zero wipes it. While no engine runs.
    pub fn roll_back(&self, commits: usize) {
        let mut state = self.state();
        state.log.truncate(commits);
        let mut tables = Tables::default();
        for entry in &state.log {
            match entry {
                Entry::Batch(batch) => batch.iter().for_each(|write| tables.write(write)),
                Entry::Setting(name, value) => {
                    tables.settings.insert(name.clone(), value.clone());
                }
                Entry::Job(saved) => tables.save_job(&saved.0, &saved.1),
                Entry::NoJob(id) => tables.remove_job(id),
                Entry::Thaw(saved) => tables.save_thaw(&saved.0, &saved.1),
                Entry::NoThaw(id) => tables.remove_thaw(id),
            }
        }
        // Revisions only ever grow for those who listen.
        tables.revision = state.tables.revision;
        state.tables = tables;
    }

    /// Some number that changes when what is stored about files and transfers does; the time of a scan does not count.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let state = self.state();
        let writes = state.log.iter().filter(|entry| match entry {
            Entry::Batch(batch) => batch.iter().any(|write| !matches!(write, JournalWrite::ScanEnded(..))),
            Entry::Setting(..) | Entry::Job(_) | Entry::NoJob(_) | Entry::Thaw(_) | Entry::NoThaw(_) => false,
        });
        writes.count() as u64
    }

    /// All rows of all folders.
    #[must_use]
    pub fn rows(&self) -> Vec<FileRow> {
        self.state().tables.files.values().cloned().collect()
    }

    /// A row by its path, whatever the folder.
    #[must_use]
    pub fn row(&self, path: &str) -> Option<FileRow> {
        self.state().tables.files.values().find(|row| row.path.as_str() == path).cloned()
    }

    /// The first folder.
    #[must_use]
    pub fn pair(&self) -> Option<PairRow> {
        self.state().tables.pairs.values().next().cloned()
    }

    /// Intents that have not ended.
    #[must_use]
    pub fn open(&self) -> Vec<IntentRow> {
        self.state().tables.intents.values().filter(|intent| intent.ended.is_none()).cloned().collect()
    }

    /// Intents, ended or not.
    #[must_use]
    pub fn intents(&self) -> Vec<IntentRow> {
        self.state().tables.intents.values().cloned().collect()
    }

    /// All transfers, also those that have ended.
    #[must_use]
    pub fn uploads(&self) -> usize {
        self.state().tables.transfers.len()
    }

    /// Transfers that have not ended.
    #[must_use]
    pub fn open_transfers(&self) -> usize {
        self.state().tables.transfers.values().filter(|t| !matches!(t.state, Upload::Ended(_))).count()
    }
}

impl Tables {
    fn file(&mut self, pair: &PairId, path: &RelPath) -> &mut FileRow {
        self.files.entry((pair.clone(), path.clone())).or_insert_with(|| FileRow {
            path: path.clone(),
            local: None,
            remote: None,
            base: None,
            state: FileState::Waiting,
            note: String::new(),
        })
    }

    fn lose_base(row: &mut FileRow) {
        row.base = None;
        if row.state == FileState::Safe {
            row.state = FileState::Waiting;
        }
    }

    fn write(&mut self, write: &JournalWrite) {
        match write {
            JournalWrite::SavePair(row) => {
                let mut row = row.clone();
                if let Some(before) = self.pairs.get(&row.id) {
                    row.epoch = row.epoch.max(before.epoch);
                    row.last_scan = before.last_scan;
                    row.remote_marker.clone_from(&before.remote_marker);
                    row.brake.clone_from(&before.brake);
                    row.seen_root.clone_from(&before.seen_root);
                    row.merged = before.merged;
                }
                self.pairs.insert(row.id.clone(), row);
            }
            JournalWrite::RemovePair(id) => {
                self.pairs.remove(id);
                self.files.retain(|(pair, _), _| pair != id);
                self.intents.retain(|_, intent| intent.pair != *id);
                self.replaced.retain(|(pair, _), _| pair != id);
                self.transfers.retain(|_, transfer| transfer.spec.pair.as_ref() != Some(id));
            }
            JournalWrite::ScanEnded(id, at) => self.pair(id, |row| row.last_scan = Some(*at)),
            JournalWrite::SaveFile { pair, path, local, state, note } => {
                let row = self.file(pair, path);
                row.local.clone_from(local);
                row.state = *state;
                row.note.clone_from(note);
            }
            JournalWrite::ForgetFile(pair, path) => {
                self.files.remove(&(pair.clone(), path.clone()));
            }
            JournalWrite::SaveRemote(pair, path, remote) => self.file(pair, path).remote.clone_from(remote),
            JournalWrite::ForgetBases(pair) => {
                self.files
                    .iter_mut()
                    .filter(|((of, _), _)| of == pair)
                    .for_each(|(_, row)| Self::lose_base(row));
            }
            JournalWrite::ForgetBase(pair, path) => {
                if let Some(row) = self.files.get_mut(&(pair.clone(), path.clone())) {
                    Self::lose_base(row);
                }
            }
            JournalWrite::SetEpoch(id, epoch) => self.pair(id, |row| row.epoch = *epoch),
            JournalWrite::SetRemoteMarker(id, etag) => {
                self.pair(id, |row| row.remote_marker.clone_from(etag));
            }
            JournalWrite::SaveRoot(id, root) => self.pair(id, |row| row.seen_root.clone_from(root)),
            JournalWrite::NoteMerge(id, merged) => self.pair(id, |row| row.merged = Some(*merged)),
            JournalWrite::SaveBrake(id, brake) => self.pair(id, |row| row.brake.clone_from(brake)),
            JournalWrite::NoteReplaced(pair, path, at) => {
                self.replaced.insert((pair.clone(), path.clone()), *at);
            }
            JournalWrite::Meant(id) => {
                self.replaced.retain(|(pair, _), _| pair != id);
                let done = self.intents.values_mut().filter(|intent| intent.pair == *id && was_done(intent));
                done.for_each(|intent| intent.meant = true);
            }
            JournalWrite::SaveIntent(intent) => {
                self.intents.insert(intent.id.clone(), intent.as_ref().clone());
            }
            JournalWrite::EndIntent { id, at, end, trashed, marker } => {
                if let Some(intent) = self.intents.get_mut(id) {
                    intent.ended = Some((*at, *end));
                    intent.trashed = trashed.clone().or(intent.trashed.take());
                    intent.marker = marker.clone().or(intent.marker.take());
                }
            }
            JournalWrite::SaveUpload { spec, state, at } => self.save_upload(spec, state, *at),
            JournalWrite::SavePart(id, receipt) => {
                let revision = self.revision;
                if let Some(transfer) = self.transfers.get_mut(id) {
                    transfer.parts.insert(receipt.number, receipt.clone());
                    transfer.revision = revision;
                }
            }
            JournalWrite::DropParts(id) => {
                if let Some(transfer) = self.transfers.get_mut(id) {
                    transfer.parts.clear();
                }
            }
            JournalWrite::SaveBase { pair, path, base } => {
                let row = self.file(pair, path);
                row.local = Some(base.local.clone());
                row.remote = None;
                row.base = Some(base.clone());
                row.state = FileState::Safe;
                row.note.clear();
            }
            JournalWrite::NoteSafe { .. } => self.safe += 1,
            JournalWrite::ClearEnded => {
                self.transfers.retain(|_, transfer| !matches!(transfer.state, Upload::Ended(_)));
            }
            JournalWrite::Audit { .. } => {}
        }
    }

    fn pair(&mut self, id: &PairId, change: impl FnOnce(&mut PairRow)) {
        if let Some(row) = self.pairs.get_mut(id) {
            change(row);
        }
    }

    fn save_upload(&mut self, spec: &UploadSpec, state: &Upload, at: Timestamp) {
        let order = self.transfers.len() as u64 + self.revision * 1000;
        let transfer = self.transfers.entry(spec.id.clone()).or_insert_with(|| Transfer {
            spec: spec.clone(),
            state: state.clone(),
            parts: BTreeMap::new(),
            revision: 0,
            queued_at: at,
            order,
        });
        transfer.state = state.clone();
        transfer.state.restore_parts(BTreeMap::new());
        transfer.revision = self.revision;
        if matches!(state, Upload::Ended(_)) {
            transfer.parts.clear();
        }
    }

    fn revision(&mut self) -> Revision {
        self.revision += 1;
        Revision(self.revision)
    }
}

/// How an upload stands, for the lists.
fn class(state: &Upload) -> Class {
    match state {
        Upload::Queued | Upload::Waiting { .. } => Class::Waiting,
        Upload::Ended(Ending::Committed | Ending::Superseded | Ending::Cancelled) => Class::Done,
        Upload::Ended(Ending::Conflicted | Ending::Failed(_)) => Class::Failed,
        Upload::Putting
        | Upload::Opening
        | Upload::Sending { .. }
        | Upload::Completing { .. }
        | Upload::Resolving { .. }
        | Upload::Verifying { .. }
        | Upload::Aborting { .. } => Class::Active,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Waiting,
    Active,
    Failed,
    Done,
}

fn was_done(intent: &IntentRow) -> bool {
    intent.ended.is_some_and(|(_, end)| end == IntentEnd::Done)
}
