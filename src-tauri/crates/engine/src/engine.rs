//! The engine's door: sync folders, uploads, downloads, and what a person says to them.
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::broadcast;
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BatchId, Bucket, Ending, Filter, Mode, ObjectKey, PairId, PartPlan, Prefix, RelPath, RemoteExpect,
    TransferId, Upload, UploadEvent, UploadSpec, VersionId, map_key, upload,
};
use windlass_ports::journal::{FileFilter, UploadFilter};
use windlass_ports::{
    Brake, BrakeAnswer, FileState, FsError, JournalError, JournalWrite, PairOptions, PairRow, ScanItem,
    UploadRow,
};

use crate::backoff::Subject;
use crate::download::{self, DownloadRow, One, Wanted};
use crate::jobs;
use crate::meter::Moving;
use crate::pair::{PairHandle, PairView};
use crate::plan;
use crate::planted::{self, Bug};
use crate::pool::{Control, Job, Live};
use crate::report::{BatchReport, QuietReport, StopCause, Stopped};
use crate::shared::{EngineEvent, EngineOptions, EnginePorts, Shared, Stopping, lock};
use crate::supervise;
use crate::sync::{Keep, PlanReport};
use crate::thaws;
use crate::worker::{self, Outcome};

/// Setting: everything is paused.
const PAUSED: &str = "all_paused";
/// Setting: bytes per second.
const BANDWIDTH: &str = "bandwidth";
/// A dropped file that keeps changing is tried this often.
const CHANGES: u32 = 50;

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The journal could not be read or written.
    #[error("the journal could not be read or written")]
    Journal(#[from] JournalError),
    /// The disk refused.
    #[error("the disk refused")]
    Disk(#[from] FsError),
    /// There is no such folder or transfer.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The folder belongs to another pairing already.
    #[error("the folder holds the marker of another sync folder")]
    Paired,
    /// One folder would lie inside the other, and its files would be sent twice.
    #[error("the folder lies inside, or around, the sync folder \"{0}\"")]
    Overlaps(String),
    /// The folder is paused, and nothing may be changed.
    #[error("the folder is paused")]
    FolderPaused,
    /// What lies at the folder's path is the root of another sync folder.
    #[error("the folder that is there now holds the marker of another sync folder")]
    OtherMarker,
    /// It has ended, or it cannot be done in its state.
    #[error("it has ended already")]
    Over,
    /// It cannot be taken back; the text says why, for people.
    #[error("it cannot be taken back: {0}")]
    CannotUndo(&'static str),
    /// The question was answered already, or it is another one now.
    #[error("what was asked has changed meanwhile")]
    Stale,
    /// The bucket refused, or did not answer.
    #[error("the bucket could not be asked")]
    Remote(#[from] windlass_ports::RemoteError),
    /// The job makes no sense as a whole.
    #[error(transparent)]
    Job(#[from] windlass_domain::job::Refused),
    /// The changes make no sense.
    #[error(transparent)]
    Edit(#[from] windlass_domain::job::EditProblem),
    /// A line of what is to be left out means nothing.
    #[error(transparent)]
    Ignore(#[from] windlass_domain::BadLine),
    /// The engine stops.
    #[error("Windlass is closing")]
    Stopping,
}

impl From<crate::observe::Broken> for EngineError {
    fn from(broken: crate::observe::Broken) -> Self {
        use crate::observe::Broken;
        match broken {
            Broken::Stopping | Broken::Paused => Self::Stopping,
            Broken::Disk(error) => Self::Disk(error),
            Broken::Journal(error) => Self::Journal(error),
            Broken::Remote(error) => Self::Remote(error),
        }
    }
}

impl From<Stopping> for EngineError {
    fn from(_: Stopping) -> Self {
        Self::Stopping
    }
}

/// The engine. Cheap to clone; all clones are one engine. [`Engine::shutdown`] ends it.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

impl Engine {
    /// Starts: puts every transfer that had not ended back into the queue, and starts every sync folder. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn start(ports: EnginePorts, options: EngineOptions) -> Result<Self, JournalError> {
        let device = ports.journal.device_id().await?;
        let shared = Arc::new(Shared::new(ports, options, device));
        if shared.options.bandwidth.is_none() {
            let kept = shared.ports.settings.setting(BANDWIDTH).await?;
            shared.budget.pace.set(kept.and_then(|text| text.parse().ok()));
        }
        if shared.ports.settings.setting(PAUSED).await?.as_deref() == Some("1") {
            shared.all_paused.store(true, Ordering::SeqCst);
            shared.pool.set_paused(true);
        }
        let engine = Self { shared };
        for row in engine.shared.ports.journal.open_uploads().await? {
            if planted::is(Bug::ForgetsOpenUploads) {
                continue;
            }
            engine.readmit(row);
        }
        for row in engine.shared.ports.journal.pairs().await? {
            engine.start_pair(row);
        }
        jobs::readmit(&engine.shared).await?;
        thaws::readmit(&engine.shared).await?;
        let shared = Arc::clone(&engine.shared);
        engine.shared.tasks.spawn(async move { dispatch(shared).await });
        Ok(engine)
    }

    fn readmit(&self, row: UploadRow) {
        let UploadRow { spec, state, queued_at, .. } = row;
        let suspect = match &state {
            Upload::Opening => true,
            Upload::Waiting { resume, .. } => matches!(**resume, Upload::Opening),
            Upload::Queued
            | Upload::Putting
            | Upload::Sending { .. }
            | Upload::Completing { .. }
            | Upload::Resolving { .. }
            | Upload::Verifying { .. }
            | Upload::Aborting { .. }
            | Upload::Ended(_) => false,
        };
        self.shared.batches.begin_known(&spec.batch);
        self.shared.batches.opened(&spec.batch);
        self.shared.pool.add(Arc::new(Live::new(Arc::new(spec), queued_at)), state.recovered(), suspect);
    }

    fn start_pair(&self, row: PairRow) -> Arc<PairHandle> {
        let pair = Arc::new(PairHandle::new(row, self.shared.stop.child_token()));
        lock(&self.shared.pairs).insert(pair.id.clone(), Arc::clone(&pair));
        // Nothing of it runs before its actor has seen the marker.
        self.shared.pool.hold(&pair.id);
        let (shared, actor) = (Arc::clone(&self.shared), Arc::clone(&pair));
        self.shared.tasks.spawn(async move { supervise::folder(shared, actor).await });
        pair
    }

    /// Hints.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<EngineEvent> {
        self.shared.events.subscribe()
    }

    /// Adds a sync folder and starts it. A folder that carries this pairing's marker already is taken as it is.
    ///
    /// # Errors
    /// When the folder cannot be marked, belongs to another pairing, or the journal cannot be written.
    pub async fn add_pair(
        &self,
        name: &str,
        root: PathBuf,
        connection: &str,
        bucket: Bucket,
        prefix: Prefix,
    ) -> Result<PairRow, EngineError> {
        self.add_pair_row(PairRow {
            id: PairId::from(self.shared.id('f')),
            name: name.to_owned(),
            root: root.to_string_lossy().into_owned(),
            connection: connection.to_owned(),
            bucket: bucket.as_str().to_owned(),
            prefix: prefix.as_str().to_owned(),
            mode: Mode::Ingest,
            paused: false,
            last_scan: None,
            epoch: 0,
            remote_marker: None,
            seen_root: None,
            merged: None,
            options: windlass_ports::PairOptions::default(),
            brake: None,
        })
        .await
    }

    /// As [`Self::add_pair`], with a row.
    ///
    /// # Errors
    /// As there.
    pub async fn add_pair_row(&self, mut row: PairRow) -> Result<PairRow, EngineError> {
        let root = PathBuf::from(&row.root);
        for known in lock(&self.shared.pairs).values().map(|pair| pair.row()) {
            let other = Path::new(&known.root);
            if root.starts_with(other) || other.starts_with(&root) {
                return Err(EngineError::Overlaps(known.name));
            }
        }
        let fs = &self.shared.ports.fs;
        match fs.read_marker(&root).await {
            // A marker that no folder of this journal has: of a pairing that was removed, or of a journal that is gone. Its
            // id is taken over; what is in the bucket is compared by content, and nothing is deleted.
            Ok(marker) if lock(&self.shared.pairs).contains_key(&PairId::from(marker.id.as_str())) => {
                return Err(EngineError::Paired);
            }
            Ok(marker) => {
                row.id = PairId::from(marker.id);
                row.epoch = row.epoch.max(marker.epoch);
            }
            Err(_) => {
                // Journal first: a marker that nobody knows would be in the way of the next try.
                self.shared.ports.journal.commit(vec![JournalWrite::SavePair(row.clone())]).await?;
                if let Err(error) = fs.create_marker(&root, row.id.as_str()).await {
                    self.shared.ports.journal.commit(vec![JournalWrite::RemovePair(row.id)]).await?;
                    return Err(error.into());
                }
            }
        }
        self.shared.ports.journal.commit(vec![JournalWrite::SavePair(row.clone())]).await?;
        fs.sweep_temps(&root).await?;
        self.start_pair(row.clone());
        self.shared.tell(EngineEvent::Pair(row.id.clone()));
        Ok(row)
    }

    fn pair(&self, id: &PairId) -> Result<Arc<PairHandle>, EngineError> {
        self.shared.pair(id).ok_or(EngineError::NotFound("sync folder"))
    }

    /// Stops and forgets a sync folder. Its transfers are cancelled first, so that no upload stays open; files on both sides stay.
    ///
    /// # Errors
    /// When there is none, or the journal cannot be written.
    pub async fn remove_pair(&self, id: &PairId) -> Result<(), EngineError> {
        let pair = self.pair(id)?;
        pair.stop.cancel();
        pair.over.cancelled().await;
        self.shared.pool.hold(id);
        // A server that does not answer must not keep a folder from being removed.
        if !end_uploads(&self.shared, id).await {
            tracing::warn!(pair = %id, "some uploads could not be given back");
        }
        lock(&self.shared.pairs).remove(id);
        self.shared.ports.journal.commit(vec![JournalWrite::RemovePair(id.clone())]).await?;
        self.shared.pool.release(id);
        self.shared.tell(EngineEvent::Pair(id.clone()));
        Ok(())
    }

    async fn set_pair_paused(&self, id: &PairId, paused: bool) -> Result<(), EngineError> {
        let pair = self.pair(id)?;
        let row = PairRow { paused, ..pair.row() };
        self.shared.ports.journal.commit(vec![JournalWrite::SavePair(row)]).await?;
        if planted::is(Bug::IgnoresPause) {
            return Ok(());
        }
        pair.set_paused(paused);
        if paused {
            self.shared.pool.hold(id);
        }
        self.shared.tell(EngineEvent::Pair(id.clone()));
        Ok(())
    }

    /// Pauses a sync folder: no look, no request. Kept over a restart.
    ///
    /// # Errors
    /// When there is none, or the journal cannot be written.
    pub async fn pause_pair(&self, id: &PairId) -> Result<(), EngineError> {
        self.set_pair_paused(id, true).await
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// As [`Self::pause_pair`].
    pub async fn resume_pair(&self, id: &PairId) -> Result<(), EngineError> {
        self.set_pair_paused(id, false).await
    }

    /// What a round of a folder would do now, and nothing else: a plan to look at cannot be carried out.
    ///
    /// # Errors
    /// When there is no such folder, or a side cannot be seen.
    pub async fn plan_now(&self, id: &PairId) -> Result<PlanReport, EngineError> {
        let pair = self.pair(id)?;
        Ok(crate::sync::preview(&self.shared, &pair).await?)
    }

    /// A person's answer to the brake. It counts for exactly what was asked.
    ///
    /// # Errors
    /// [`EngineError::Stale`] when something else is asked by now, or nothing.
    pub async fn answer_brake(
        &self,
        id: &PairId,
        question: u64,
        answer: BrakeAnswer,
    ) -> Result<(), EngineError> {
        let pair = self.pair(id)?;
        let Some(brake) = pair.row().brake.filter(|brake| brake.id == question) else {
            return Err(EngineError::Stale);
        };
        let brake = Some(Brake { answer: Some(answer), ..brake });
        self.shared.ports.journal.commit(vec![JournalWrite::SaveBrake(id.clone(), brake.clone())]).await?;
        pair.set_brake(brake);
        pair.look_at_all();
        Ok(())
    }

    /// Sets what a person chose for a folder. What was left out so far and is not any more is compared by content, and
    /// nothing is deleted for having been left out.
    ///
    /// # Errors
    /// When there is no such folder, or the journal cannot be written.
    pub async fn set_pair_options(&self, id: &PairId, options: PairOptions) -> Result<(), EngineError> {
        let pair = self.pair(id)?;
        Filter::new(&options.ignore, options.largest)?;
        let row = pair.change(|row| row.options = options);
        self.shared.ports.journal.commit(vec![JournalWrite::SavePair(row)]).await?;
        pair.back_off.clear();
        pair.look_at_all();
        self.shared.tell(EngineEvent::Pair(id.clone()));
        Ok(())
    }

    /// Keeps a folder in another way from now on. What both sides were stays known.
    ///
    /// # Errors
    /// As [`Self::set_pair_options`].
    pub async fn set_pair_mode(&self, id: &PairId, mode: Mode) -> Result<(), EngineError> {
        let pair = self.pair(id)?;
        let row = pair.change(|row| row.mode = mode);
        self.shared.ports.journal.commit(vec![JournalWrite::SavePair(row)]).await?;
        pair.back_off.clear();
        pair.look_at_all();
        self.shared.tell(EngineEvent::Pair(id.clone()));
        Ok(())
    }

    /// Takes back a delete or a move to the trash. Nothing that is there now is replaced.
    ///
    /// # Errors
    /// When there is no such change, it cannot be taken back, or a side refuses.
    pub async fn undo(&self, intent: &str) -> Result<(), EngineError> {
        crate::sync::undo(&self.shared, intent).await
    }

    /// Says which side of a conflict keeps the name. What gives way goes to the folder's trash.
    ///
    /// # Errors
    /// When there is no such conflict, or the disk refuses.
    pub async fn resolve_conflict(&self, intent: &str, keep: Keep) -> Result<(), EngineError> {
        crate::sync::resolve(&self.shared, intent, keep).await
    }

    /// Lets a folder merge that has lost its marker file, or its marker object in the bucket: a person says that both are what they
    /// were. Lost markers are made anew, both sides are compared by content, and nothing is deleted for being missing.
    ///
    /// # Errors
    /// When there is no such folder, it cannot be read, another sync folder lies in its place, or the journal cannot be written.
    pub async fn merge_pair(&self, id: &PairId) -> Result<(), EngineError> {
        // Nobody answers when the folder was removed, or the engine stops.
        self.pair(id)?.ask_to_merge().await.unwrap_or(Err(EngineError::Stopping))
    }

    /// Looks at all of it again.
    ///
    /// # Errors
    /// When there is none.
    pub fn rescan_pair(&self, id: &PairId) -> Result<(), EngineError> {
        self.pair(id)?.look_at_all();
        Ok(())
    }

    /// How it is doing; `None` when there is none.
    #[must_use]
    pub fn pair_view(&self, id: &PairId) -> Option<PairView> {
        self.shared.pair(id).map(|pair| pair.view(&self.shared))
    }

    /// Waits until a folder has nothing left to do, or cannot go on by itself.
    pub async fn wait_quiet(&self, id: &PairId) -> QuietReport {
        match self.shared.pair(id) {
            Some(pair) => pair.wait_quiet().await,
            None => QuietReport {
                stopped: Some(Stopped {
                    cause: StopCause::Removed,
                    words: "There is no such sync folder any more.".to_owned(),
                }),
            },
        }
    }

    /// Tries failed files of a folder again, all or those of one cause. Returns how many.
    ///
    /// # Errors
    /// When there is none, or the journal fails.
    pub async fn retry_failed(&self, id: &PairId, code: Option<FailureCode>) -> Result<u64, EngineError> {
        let pair = self.pair(id)?;
        let journal = &self.shared.ports.journal;
        let mut of_path = BTreeMap::new();
        let mut offset = 0;
        loop {
            let (rows, _) = journal.upload_window(UploadFilter::Failed, offset, 1000).await?;
            offset += rows.len() as u64;
            let end = rows.len() < 1000;
            for row in rows.into_iter().filter(|row| row.spec.pair.as_ref() == Some(id)) {
                of_path.insert(row.spec.path.clone(), row);
            }
            if end {
                break;
            }
        }
        let mut files = Vec::new();
        loop {
            let (rows, total) = journal.file_window(id, FileFilter::Failed, files.len() as u64, 1000).await?;
            let end = rows.is_empty();
            files.extend(rows);
            if end || files.len() as u64 >= total {
                break;
            }
        }
        let mut tried = 0;
        let mut writes = Vec::new();
        for file in files {
            let FileState::Failed(cause) = file.state else { continue };
            if code.is_some_and(|code| code != cause) || !cause.words().can_retry {
                continue;
            }
            tried += 1;
            pair.back_off.forget(&file.path);
            let row = of_path.remove(&file.path);
            match row.filter(|row| {
                file.local.as_ref().is_some_and(|local| local.same_snapshot(&row.spec.snapshot))
            }) {
                Some(row) => self.again(row).await?,
                None => {
                    writes.push(JournalWrite::SaveFile {
                        pair: id.clone(),
                        path: file.path,
                        local: file.local,
                        state: FileState::Waiting,
                        note: String::new(),
                    });
                }
            }
        }
        if !writes.is_empty() {
            journal.commit(writes).await?;
        }
        pair.poison.forgive();
        pair.look_at_all();
        Ok(tried)
    }

    /// Sends files and folders that a person gave. Returns the batch and how many files it has; what cannot be sent stands in
    /// the batch's report.
    ///
    /// # Errors
    /// When a path is not there, or the journal cannot be written.
    pub async fn upload_paths(
        &self,
        connection: &str,
        bucket: Bucket,
        prefix: Prefix,
        paths: Vec<PathBuf>,
        name: String,
    ) -> Result<(BatchId, u64), EngineError> {
        let shared = &self.shared;
        let batch = BatchId::from(shared.id('b'));
        shared.batches.begin(&batch, &name);
        let mut count = 0;
        let mut jobs = Vec::new();
        for path in paths {
            let mut found = shared.ports.fs.walk_dropped(&path);
            while let Some(item) = found.next().await {
                let (source, scanned) = item?;
                let shown = scanned
                    .path
                    .as_ref()
                    .map_or_else(|| source.display().to_string(), |p| p.as_str().to_owned());
                let failure = match (&scanned.item, &scanned.path) {
                    (ScanItem::File(_), Some(_)) => None,
                    (ScanItem::Link, _) => Some(FailureCode::Link),
                    (ScanItem::Special, _) => Some(FailureCode::NotAFile),
                    (ScanItem::Unreadable(_), _) => Some(FailureCode::Unreadable),
                    (ScanItem::BadName(_), _) | (ScanItem::File(_), None) => {
                        Some(FailureCode::NameNotAllowed)
                    }
                };
                let (ScanItem::File(snapshot), Some(path), None) = (scanned.item, scanned.path, failure)
                else {
                    let words = failure.unwrap_or(FailureCode::Unexpected).words();
                    shared.batches.failed(&batch, shown, format!("{}. {}", words.title, words.advice));
                    continue;
                };
                let key = match prefix.key(path.as_str()) {
                    Ok(key) => key,
                    Err(problem) => {
                        shared.batches.failed(
                            &batch,
                            shown,
                            format!("The name is not possible there: {problem}."),
                        );
                        continue;
                    }
                };
                // A path that is not valid text would be opened under another name later.
                let Some(source) = source.to_str().map(str::to_owned) else {
                    shared.batches.failed(
                        &batch,
                        shown,
                        FailureCode::NameNotAllowed.words().title.to_owned(),
                    );
                    continue;
                };
                count += 1;
                shared.batches.opened(&batch);
                let spec = UploadSpec {
                    id: TransferId::from(shared.id('t')),
                    batch: batch.clone(),
                    pair: None,
                    source,
                    path,
                    connection: connection.to_owned(),
                    bucket: bucket.clone(),
                    key,
                    parts: PartPlan::for_size(snapshot.size),
                    snapshot,
                    expect: RemoteExpect::Absent,
                };
                jobs.push((Arc::new(spec), Upload::Queued));
                if jobs.len() >= 500 {
                    plan::queue(shared, Vec::new(), std::mem::take(&mut jobs)).await?;
                }
            }
        }
        plan::queue(shared, Vec::new(), jobs).await?;
        shared.batches.seal(&batch);
        Ok((batch, count))
    }

    /// Fetches objects below `to`; `strip` is taken off their keys. Nothing that is there is replaced.
    ///
    /// # Errors
    /// None today; what fails stands in the rows and in the batch's report.
    pub fn download(
        &self,
        connection: &str,
        bucket: Bucket,
        keys: Vec<ObjectKey>,
        strip: String,
        to: PathBuf,
        name: String,
    ) -> BatchId {
        let keys = keys
            .into_iter()
            .map(|key| {
                let path = map_key(&key, &strip);
                One { key, version: None, path, seq: 0 }
            })
            .collect();
        download::begin(
            &self.shared,
            Wanted { connection: connection.to_owned(), bucket, keys, to, name, tell: None },
        )
    }

    /// Fetches one version of an object into a folder, under this name, with the promises of every download.
    pub fn download_version(
        &self,
        connection: &str,
        bucket: Bucket,
        key: ObjectKey,
        version: VersionId,
        to: PathBuf,
        path: RelPath,
    ) -> BatchId {
        let name = format!("Download {path}");
        let keys = vec![One { key, version: Some(version), path: Ok(path), seq: 0 }];
        download::begin(
            &self.shared,
            Wanted { connection: connection.to_owned(), bucket, keys, to, name, tell: None },
        )
    }

    /// Waits until every file of a batch has ended.
    pub async fn wait_batch(&self, batch: &BatchId) -> BatchReport {
        self.shared.batches.wait(batch).await
    }

    async fn save_step(&self, job: &mut Job, event: UploadEvent) -> Result<Vec<upload::Effect>, EngineError> {
        let state = std::mem::replace(&mut job.state, Upload::Queued);
        let step = upload::step(&job.live.spec, state.clone(), event);
        let Ok(step) = step else {
            job.state = state;
            return Err(EngineError::Over);
        };
        job.state = step.state;
        let write = JournalWrite::SaveUpload {
            spec: job.live.spec.as_ref().clone(),
            state: job.state.clone(),
            at: self.shared.now(),
        };
        let revision = self.shared.commit(vec![write]).await?;
        self.shared.tell(EngineEvent::Uploads(revision));
        Ok(step.effects)
    }

    /// Pauses a transfer; its parts are kept. Kept over a restart.
    ///
    /// # Errors
    /// `NotFound` or `Over`.
    pub async fn pause(&self, id: &TransferId) -> Result<(), EngineError> {
        if self.shared.downloads.pause(id) {
            return Ok(());
        }
        if let Some(live) = self.shared.pool.running(id) {
            live.control.send_replace(Control::Pause);
            return Ok(());
        }
        let Some(mut job) = self.shared.pool.take_waiting(id) else { return Err(EngineError::Over) };
        let paused = self.save_step(&mut job, UploadEvent::Pause).await;
        self.shared.pool.park(job);
        paused.map(|_| ())
    }

    /// Goes on with it, or tries now what waits for another try.
    ///
    /// # Errors
    /// `Over`.
    pub async fn resume(&self, id: &TransferId) -> Result<(), EngineError> {
        if self.shared.downloads.resume(id) {
            return Ok(());
        }
        if let Some(live) = self.shared.pool.running(id) {
            live.control.send_if_modified(|control| {
                let paused = *control == Control::Pause;
                if paused {
                    *control = Control::Run;
                }
                paused
            });
            live.nudge.notify_one();
            return Ok(());
        }
        let Some(mut job) = self.shared.pool.take_waiting(id) else { return Err(EngineError::Over) };
        let resumed = match &job.state {
            Upload::Waiting { .. } => self.save_step(&mut job, UploadEvent::Resume).await.map(|_| ()),
            _ => Ok(()),
        };
        self.shared.pool.queue(job);
        resumed
    }

    /// Cancels it. What was opened on the server is given back.
    ///
    /// # Errors
    /// `Over`.
    pub async fn cancel(&self, id: &TransferId) -> Result<(), EngineError> {
        if self.shared.downloads.cancel(id) || cancel_upload(&self.shared, id) {
            return Ok(());
        }
        Err(EngineError::Over)
    }

    async fn again(&self, row: UploadRow) -> Result<(), EngineError> {
        // What a mirror or two-way folder expected in the bucket then may be true again by accident: it decides anew.
        let pair = row.spec.pair.as_ref().and_then(|id| self.shared.pair(id));
        if let Some(pair) = pair.filter(|pair| pair.row().mode != Mode::Ingest)
            && !planted::is(Bug::RetriesAsItWas)
        {
            let journal = &self.shared.ports.journal;
            let file = journal.file(&pair.id, &row.spec.path).await?;
            if let Some(file) = file.filter(|file| matches!(file.state, FileState::Failed(_))) {
                journal
                    .commit(vec![JournalWrite::SaveFile {
                        pair: pair.id.clone(),
                        path: file.path,
                        local: file.local,
                        state: FileState::Waiting,
                        note: String::new(),
                    }])
                    .await?;
            }
            pair.back_off.forget(&row.spec.path);
            pair.look_at(row.spec.path);
            return Ok(());
        }
        let spec = Arc::new(row.spec);
        self.shared.batches.begin_known(&spec.batch);
        self.shared.batches.opened(&spec.batch);
        plan::queue(&self.shared, Vec::new(), vec![(spec, Upload::Queued)]).await?;
        Ok(())
    }

    /// Tries a transfer again that failed or was cancelled, or that waits.
    ///
    /// # Errors
    /// `NotFound`, or the journal fails.
    pub async fn retry(&self, id: &TransferId) -> Result<(), EngineError> {
        if download::retry(&self.shared, id) {
            return Ok(());
        }
        let row = self.shared.ports.journal.upload(id).await?.ok_or(EngineError::NotFound("transfer"))?;
        match &row.state {
            Upload::Ended(Ending::Failed(_) | Ending::Conflicted | Ending::Cancelled) => {
                self.shared.forget_stores(&row.spec.connection);
                self.again(row).await
            }
            Upload::Ended(Ending::Committed | Ending::Superseded) => Err(EngineError::Over),
            Upload::Queued
            | Upload::Putting
            | Upload::Opening
            | Upload::Sending { .. }
            | Upload::Completing { .. }
            | Upload::Resolving { .. }
            | Upload::Verifying { .. }
            | Upload::Aborting { .. }
            | Upload::Waiting { .. } => self.resume(id).await,
        }
    }

    /// Pauses everything; no request changes a bucket until [`Self::resume_all`]. Kept over a restart.
    ///
    /// # Errors
    /// When it cannot be noted.
    pub async fn pause_all(&self) -> Result<(), EngineError> {
        self.shared.ports.settings.save_setting(PAUSED, "1").await?;
        self.shared.all_paused.store(true, Ordering::SeqCst);
        self.shared.pool.set_paused(true);
        self.shared.downloads.pause_all();
        Ok(())
    }

    /// Goes on with everything, also with what was paused one by one.
    ///
    /// # Errors
    /// When it cannot be noted.
    pub async fn resume_all(&self) -> Result<(), EngineError> {
        self.shared.ports.settings.save_setting(PAUSED, "0").await?;
        self.shared.all_paused.store(false, Ordering::SeqCst);
        for id in self.shared.pool.parked_ids() {
            // One that ended meanwhile needs nothing.
            let _over = self.resume(&id).await;
        }
        self.shared.pool.set_paused(false);
        self.shared.downloads.resume_all();
        Ok(())
    }

    /// Cancels everything that has not ended.
    ///
    /// # Errors
    /// None today.
    pub async fn cancel_all(&self) -> Result<(), EngineError> {
        self.shared.downloads.cancel_all();
        for id in self.shared.pool.ids(None) {
            // One that ended meanwhile needs nothing.
            let _over = self.cancel(&id).await;
        }
        Ok(())
    }

    /// Tries everything again that failed.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn retry_all(&self) -> Result<(), EngineError> {
        for id in self.shared.downloads.failed_ids() {
            download::retry(&self.shared, &id);
        }
        let mut failed = Vec::new();
        loop {
            let (rows, _) = self
                .shared
                .ports
                .journal
                .upload_window(UploadFilter::Failed, failed.len() as u64, 1000)
                .await?;
            let end = rows.len() < 1000;
            failed.extend(rows);
            if end {
                break;
            }
        }
        for row in failed {
            self.again(row).await?;
        }
        let pairs: Vec<PairId> = lock(&self.shared.pairs).keys().cloned().collect();
        for pair in pairs {
            self.retry_failed(&pair, None).await?;
        }
        Ok(())
    }

    /// Removes what has ended from the list.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn clear_done(&self) -> Result<(), EngineError> {
        self.shared.downloads.clear_done();
        let revision = self.shared.ports.journal.commit(vec![JournalWrite::ClearEnded]).await?;
        self.shared.tell(EngineEvent::Uploads(revision));
        Ok(())
    }

    /// Whether everything is paused.
    #[must_use]
    pub fn all_paused(&self) -> bool {
        self.shared.paused()
    }

    /// Uploads that move now.
    #[must_use]
    pub fn progress(&self) -> Vec<Moving> {
        self.shared.pool.progress()
    }

    /// Bytes per second now, up and down.
    #[must_use]
    pub fn rate(&self) -> u64 {
        self.shared.meter.rate()
    }

    /// Sets the cap; `None` takes it off. Kept over a restart.
    pub fn set_bandwidth(&self, bytes_per_second: Option<u64>) {
        self.shared.budget.pace.set(bytes_per_second);
        let shared = Arc::clone(&self.shared);
        let text = bytes_per_second.map_or_else(String::new, |rate| rate.to_string());
        self.shared.tasks.spawn(async move {
            if let Err(error) = shared.ports.settings.save_setting(BANDWIDTH, &text).await {
                tracing::warn!(error = %error.source, "the cap could not be noted; it holds until the end of this session");
            }
        });
    }

    /// The cap.
    #[must_use]
    pub fn bandwidth(&self) -> Option<u64> {
        self.shared.budget.pace.rate()
    }

    /// Downloads of this session, newest first.
    #[must_use]
    pub fn downloads(&self) -> Vec<DownloadRow> {
        self.shared.downloads.rows()
    }

    /// Name that a batch was given, while it is known.
    #[must_use]
    pub fn batch_name(&self, id: &BatchId) -> Option<String> {
        self.shared.batches.name(id).filter(|name| !name.is_empty())
    }

    /// A connection was changed, or its login was: what waits for it is tried now.
    pub fn connection_changed(&self, connection: &str) {
        self.shared.forget_stores(connection);
        self.shared.login_was_accepted(connection);
        for id in self.shared.pool.ids(None) {
            if let Some(live) = self.shared.pool.running(&id)
                && live.spec.connection == connection
            {
                live.nudge.notify_one();
            }
        }
        for pair in lock(&self.shared.pairs).values().filter(|pair| pair.row().connection == connection) {
            pair.back_off.clear();
        }
        thaws::connection_changed(&self.shared, connection);
        for pair in lock(&self.shared.pairs).values() {
            pair.look_at_all();
        }
    }

    /// Whether nothing is in flight and no buffer is held: gauges return to zero.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.shared.budget.idle() && self.shared.pool.nothing_runs()
    }

    /// Ends in order: no wake-ups, transfers at the border of a request, then everything that was spawned. The journal has
    /// every state when this returns.
    pub async fn shutdown(&self) {
        self.shared.pool.stop();
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// Whether there was an upload to be cancelled.
fn cancel_upload(shared: &Shared, id: &TransferId) -> bool {
    if let Some(live) = shared.pool.running(id) {
        live.control.send_replace(Control::Cancel);
        return true;
    }
    let Some(job) = shared.pool.take_waiting(id) else { return false };
    job.live.control.send_replace(Control::Cancel);
    shared.pool.queue_urgent(job);
    true
}

/// Cancels the uploads of a folder and waits until they have ended. `false` when some have not after a while.
pub(crate) async fn end_uploads(shared: &Shared, pair: &PairId) -> bool {
    for transfer in shared.pool.ids(Some(pair)) {
        // One that ended meanwhile needs no cancelling.
        let _ended = cancel_upload(shared, &transfer);
    }
    let all_ended = async {
        while shared.pool.open_of(pair) > 0 {
            let changed = shared.pool.wait_change();
            tokio::select! {
               biased;
                () = changed => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), all_ended).await.is_ok()
}

/// Starts what may run until the engine stops; then waits for what runs.
async fn dispatch(shared: Arc<Shared>) {
    loop {
        while let Some(job) = shared.pool.next() {
            let shared_too = Arc::clone(&shared);
            shared.tasks.spawn(async move { carry(shared_too, job).await });
        }
        tokio::select! {
           biased;
            () = shared.stop.cancelled() => return,
            () = shared.pool.bell.notified() => {}
        }
    }
}

/// Runs one upload, and does what its end asks for.
async fn carry(shared: Arc<Shared>, job: Job) {
    let live = Arc::clone(&job.live);
    let run = AssertUnwindSafe(worker::run(&shared, job)).catch_unwind();
    let (outcome, job) = match run.await {
        Ok(done) => done,
        Err(_) => match after_panic(&shared, &live).await {
            Some(done) => done,
            None => return,
        },
    };
    let spec = Arc::clone(&job.live.spec);
    let pair = spec.pair.as_ref().and_then(|id| shared.pair(id));
    match outcome {
        Outcome::Parked(_) => shared.pool.park(job),
        Outcome::Held(_) => shared.pool.put_back(job),
        Outcome::Offline(_) => {
            if let Some(id) = &spec.pair {
                shared.pool.hold(id);
            }
            shared.pool.put_back(job);
            if let Some(pair) = &pair {
                pair.look_at_all();
            }
        }
        Outcome::Ended(ending) => {
            // Before it is over, so that no look in between plans it again.
            if let Some(pair) = &pair {
                match ending {
                    Ending::Failed(_) | Ending::Conflicted => {
                        pair.back_off.failed(Subject::of_upload(&spec));
                    }
                    Ending::Committed => pair.back_off.forget(&spec.path),
                    Ending::Superseded | Ending::Cancelled => {}
                }
            }
            shared.pool.ended(&job.live);
            if let Some(pair) = pair.as_ref().filter(|pair| pair.row().mode != Mode::Ingest) {
                // Somebody was quicker, or the file changed: both sides are looked at again.
                if matches!(ending, Ending::Conflicted | Ending::Superseded) {
                    pair.look_at(spec.path.clone());
                }
            }
            match (&pair, ending == Ending::Superseded) {
                (Some(pair), true) => pair.look_at(spec.path.clone()),
                (None, true) if spec.pair.is_none() => {
                    tell_batches(&shared, &job.live, &ending, true);
                    changed_drop(&shared, &spec);
                    return;
                }
                _ => {}
            }
            tell_batches(&shared, &job.live, &ending, false);
            // Nothing that the folder's actor decides changes before the last one has ended.
            if let Some(pair) = pair.as_ref().filter(|pair| shared.pool.open_of(&pair.id) > 0) {
                pair.changed(&shared);
                return;
            }
        }
    }
    if let Some(pair) = pair {
        pair.ring();
        pair.changed(&shared);
    }
}

/// An upload that panicked goes on from what the journal has of it; after the third time it ends (hazard HC14).
async fn after_panic(shared: &Shared, live: &Arc<Live>) -> Option<(Outcome, Job)> {
    let panics = live.panics.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::error!(key = %live.spec.key, panics, "an upload panicked");
    // The rest of the pool must not spin on it.
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => return None,
        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
    }
    let row = shared.ports.journal.upload(&live.spec.id).await.ok().flatten();
    let mut state = row.map_or(Upload::Queued, |row| row.state.recovered());
    if panics < supervise::ENOUGH {
        let job = Job { live: Arc::clone(live), state: state.clone(), suspect: true };
        return Some((Outcome::Held(state), job));
    }
    let ending = Ending::Failed(FailureCode::Unexpected);
    state = Upload::Ended(ending.clone());
    let mut batch = vec![JournalWrite::SaveUpload {
        spec: live.spec.as_ref().clone(),
        state: state.clone(),
        at: shared.now(),
    }];
    if let (Some(pair), Some((file, note))) = (&live.spec.pair, worker::file_state(&state)) {
        batch.push(JournalWrite::SaveFile {
            pair: pair.clone(),
            path: live.spec.path.clone(),
            local: Some(live.spec.snapshot.clone()),
            state: file,
            note,
        });
    }
    shared.commit(batch).await.ok()?;
    let job = Job { live: Arc::clone(live), state, suspect: false };
    Some((Outcome::Ended(ending), job))
}

fn tell_batches(shared: &Shared, live: &Live, ending: &Ending, goes_on: bool) {
    for batch in live.batches() {
        // The batch of a dropped file that changed goes on with its newer version.
        if goes_on && batch == live.spec.batch {
            continue;
        }
        let name = live.spec.path.as_str().to_owned();
        shared.batches.ended(&batch, worker::ending_words(ending).map_err(|why| (name, why)));
    }
}

/// A dropped file changed while it was read: its newer version goes up when it lies still.
fn changed_drop(shared: &Arc<Shared>, spec: &Arc<UploadSpec>) {
    let (shared, spec) = (Arc::clone(shared), Arc::clone(spec));
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let work = async {
            let mut before = None;
            for _ in 0..CHANGES {
                match shared.ports.fs.look_absolute(Path::new(&spec.source)).await {
                    Ok(Some(ScanItem::File(now))) => {
                        let still = before
                            .as_ref()
                            .is_some_and(|then: &windlass_domain::LocalState| then.same_snapshot(&now));
                        if still || shared.options.settle.is_zero() {
                            return Some(now);
                        }
                        before = Some(now);
                    }
                    _ => return None,
                }
                tokio::time::sleep(shared.options.settle).await;
            }
            None
        };
        let found = tokio::select! {
           biased;
            () = shared.stop.cancelled() => return,
            found = work => found,
        };
        let name = spec.path.as_str().to_owned();
        let Some(snapshot) = found else {
            let why = "The file is gone, or it never stopped changing. Drop it again when it is finished."
                .to_owned();
            shared.batches.ended(&spec.batch, Err((name, why)));
            return;
        };
        let next = UploadSpec {
            id: TransferId::from(shared.id('t')),
            parts: PartPlan::for_size(snapshot.size),
            snapshot,
            ..spec.as_ref().clone()
        };
        if plan::queue(&shared, Vec::new(), vec![(Arc::new(next), Upload::Queued)]).await.is_err() {
            tracing::debug!("closing before the newer version was queued");
        }
    });
}
