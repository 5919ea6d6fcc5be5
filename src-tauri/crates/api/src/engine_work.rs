//! The engine as the API uses it: its states in words and rows.
use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::broadcast::{self, error::RecvError};
use windlass_domain::thaw::{Asking, ThawFrom, ThawItem, ThawItemState, ThawPart, ThawThen, Tier};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BatchId, Bucket, Item, JobId, JobSpec, Mode, ObjectKey, PairId, Prefix, RelPath, ThawId, TransferId,
    VersionId,
};
use windlass_engine::{
    Away, BatchReport, DownloadRow, DownloadState, Engine, EngineError, EngineEvent, JobView, Keep,
    PairPhase, PairView, PlanLine, StartThaw, ThawView,
};
use windlass_ports::{BrakeAnswer, LeftGroup, PairOptions, PairRow, RemoteErrorKind};

use crate::dto::{Direction, ErrorCode, FolderState, MergeNeed, TransferRow, TransferState};
use crate::dto_sync::{KeepSide, PlanKind};
use crate::work::{FolderStatus, Moving, Plan, PlanStep, Work, WorkEvent};
use crate::{UiError, chain, visible};

impl From<EngineError> for UiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Journal(error) => error.into(),
            EngineError::Disk(error) => error.into(),
            EngineError::NotFound(what) => Self::new(
                ErrorCode::NotFound,
                format!("There is no such {what} any more. Refresh the list to see what is there now."),
            ),
            EngineError::Paired => Self::new(
                ErrorCode::Conflict,
                "This folder, or the folder it is a copy of, is kept as a sync folder already. Nothing was added. Choose another folder.",
            ),
            EngineError::Overlaps(name) => Self::new(
                ErrorCode::Conflict,
                format!(
                    "One folder inside another would be sent twice, and \"{name}\" is kept as a sync folder already. Nothing was added. Choose another folder."
                ),
            ),
            EngineError::FolderPaused => Self::new(
                ErrorCode::Conflict,
                "The folder is paused, so nothing was changed. Resume it, and merge again then.",
            ),
            EngineError::OtherMarker => Self::new(
                ErrorCode::Conflict,
                "Another sync folder is in its place: another drive, most likely. Nothing was changed. Plug in the right drive.",
            ),
            EngineError::Over => Self::new(
                ErrorCode::Conflict,
                "It has ended already, so there is nothing to do. Refresh the list to see how.",
            ),
            EngineError::CannotUndo(why) => Self::new(
                ErrorCode::Conflict,
                format!("{why} Nothing was changed. What is there now stays as it is."),
            ),
            EngineError::Stale => Self::new(
                ErrorCode::Conflict,
                "What was asked has changed meanwhile, so nothing was done. Look at the question again.",
            ),
            EngineError::Remote(error) => error.into(),
            EngineError::Job(why) => Self::new(
                ErrorCode::BadRequest,
                format!("This cannot be done: {why}. Nothing was changed. Choose another place."),
            ),
            EngineError::Edit(why) => Self::new(
                ErrorCode::BadRequest,
                format!("This cannot be changed: {why}. Nothing was changed. Correct it, then try again."),
            ),
            EngineError::Ignore(error) => Self::new(
                ErrorCode::BadRequest,
                format!(
                    "What is to be left out is not understood: {error}. Nothing was changed. Correct that line."
                ),
            ),
            error @ EngineError::Stopping => {
                Self::new(ErrorCode::Unexpected, "Windlass is closing. It goes on with the next start.")
                    .with_detail(chain(&error))
            }
        }
    }
}

fn status(view: &PairView) -> (FolderState, String) {
    match &view.phase {
        PairPhase::Scanning(0) => (FolderState::Scanning, "Looking at the folder".to_owned()),
        PairPhase::Scanning(1) => (FolderState::Scanning, "Looking at the folder: 1 file so far".to_owned()),
        PairPhase::Scanning(seen) => {
            (FolderState::Scanning, format!("Looking at the folder: {seen} files so far"))
        }
        PairPhase::Syncing => (FolderState::Syncing, "Bringing both sides in step".to_owned()),
        PairPhase::Asking => (
            FolderState::Asking,
            "Stopped before it deleted or replaced a lot. Nothing of it was done. Say whether it was meant."
                .to_owned(),
        ),
        PairPhase::Uploading => (FolderState::Uploading, "Uploading".to_owned()),
        PairPhase::Watching => (FolderState::Watching, "Watching for new files".to_owned()),
        PairPhase::Settling(1) => {
            (FolderState::Waiting, "Waiting until 1 file has stopped changing".to_owned())
        }
        PairPhase::Settling(files) => {
            (FolderState::Waiting, format!("Waiting until {files} files have stopped changing"))
        }
        PairPhase::Paused => (FolderState::Paused, "Paused".to_owned()),
        PairPhase::Offline => {
            (FolderState::Offline, format!("The folder {}", view.away.unwrap_or(Away::Gone).words()))
        }
        PairPhase::Waiting(kind) => (FolderState::Waiting, waiting(*kind).to_owned()),
        PairPhase::Stopped(why) => (FolderState::Stopped, visible(why)),
    }
}

/// Which marker a person has to give back by letting the folder merge.
fn merge_need(view: &PairView) -> Option<MergeNeed> {
    match (&view.phase, view.away) {
        (PairPhase::Offline, Some(Away::Unmarked)) => Some(MergeNeed::File),
        (PairPhase::Offline, Some(Away::Empty)) => Some(MergeNeed::Empty),
        (PairPhase::Offline | PairPhase::Paused, _) => None,
        _ => view.marker_object_lost.then_some(MergeNeed::Object),
    }
}

/// A line of the engine's plan. A word that is not known here is shown, never hidden.
fn step(line: PlanLine) -> PlanStep {
    let kind = match line.what {
        "adopt" | "forget" => None,
        "upload" => Some(PlanKind::Upload),
        "download" => Some(PlanKind::Download),
        "replace_there" => Some(PlanKind::ReplaceThere),
        "replace_here" => Some(PlanKind::ReplaceHere),
        "rename_there" => Some(PlanKind::RenameThere),
        "rename_here" => Some(PlanKind::RenameHere),
        "keep_both" => Some(PlanKind::KeepBoth),
        "delete_there" => Some(PlanKind::DeleteThere),
        "trash_here" => Some(PlanKind::TrashHere),
        "compare" => Some(PlanKind::Compare),
        _ => Some(PlanKind::Show),
    };
    PlanStep { path: line.path, to: line.to, kind, size: line.size }
}

const fn waiting(kind: RemoteErrorKind) -> &'static str {
    match kind {
        RemoteErrorKind::Network => "No connection. Uploads wait and start by themselves.",
        RemoteErrorKind::Throttled => "The server asks for patience. Uploads go on by themselves.",
        RemoteErrorKind::Unauthenticated => {
            "The sign-in has ended or the key is wrong. Sign in again; nothing is lost."
        }
        RemoteErrorKind::NotFound
        | RemoteErrorKind::BucketMissing
        | RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::AccessDenied
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::Integrity
        | RemoteErrorKind::Unsupported
        | RemoteErrorKind::BadRequest
        | RemoteErrorKind::Archived
        | RemoteErrorKind::Unexpected => crate::error::remote_words(kind).1,
    }
}

fn row(download: DownloadRow) -> TransferRow {
    let (state, note) = match download.state {
        DownloadState::Waiting => (TransferState::Waiting, String::new()),
        DownloadState::Active => (TransferState::Active, String::new()),
        DownloadState::Retrying => {
            (TransferState::Retrying, "No answer from the server; tried again soon".to_owned())
        }
        DownloadState::Paused => (TransferState::Paused, String::new()),
        DownloadState::Done => (TransferState::Safe, String::new()),
        DownloadState::Failed(why) => (TransferState::Failed, why),
        DownloadState::Cancelled => (TransferState::Cancelled, "Nothing stayed on this computer".to_owned()),
    };
    TransferRow {
        id: download.id.as_str().to_owned(),
        batch: download.batch.as_str().to_owned(),
        batch_name: visible(&download.batch_name),
        direction: Direction::Down,
        name: visible(&download.name),
        to: visible(&download.to),
        size: download.size,
        done: download.done.min(download.size),
        parts: 1,
        parts_done: u32::from(state == TransferState::Safe),
        state,
        note,
        rate: download.rate,
        revision: download.revision,
    }
}

/// An engine behind the API's trait. Turns its hints into the API's.
#[derive(Debug)]
pub struct EngineWork {
    engine: Engine,
    events: broadcast::Sender<WorkEvent>,
}

impl EngineWork {
    /// Takes an engine. Needs a Tokio runtime; the task that passes hints on ends with the engine.
    #[must_use]
    pub fn new(engine: Engine, tasks: &tokio_util::task::TaskTracker) -> Self {
        let events = broadcast::channel(256).0;
        let (mut heard, out) = (engine.events(), events.clone());
        tasks.spawn(async move {
            loop {
                let event = match heard.recv().await {
                    Ok(EngineEvent::Uploads(revision)) => WorkEvent::Transfers(revision.0),
                    Ok(EngineEvent::Downloads) => WorkEvent::Transfers(0),
                    Ok(EngineEvent::Pair(_)) => WorkEvent::Folders,
                    Ok(EngineEvent::Jobs) => WorkEvent::Jobs,
                    Ok(EngineEvent::Thaws) => WorkEvent::Thaws,
                    Ok(EngineEvent::Thawed { id, name, objects, ends_at }) => {
                        WorkEvent::Thawed { id, name, objects, ends_at }
                    }
                    Err(RecvError::Lagged(_)) => WorkEvent::Missed,
                    Err(RecvError::Closed) => return,
                };
                // An error only says that nobody listens.
                let _unheard = out.send(event);
            }
        });
        Self { engine, events }
    }
}

#[async_trait]
impl Work for EngineWork {
    async fn add_pair(&self, pair: PairRow) -> Result<PairRow, UiError> {
        Ok(self.engine.add_pair_row(pair).await?)
    }

    async fn remove_pair(&self, id: &PairId) -> Result<(), UiError> {
        Ok(self.engine.remove_pair(id).await?)
    }

    async fn pause_pair(&self, id: &PairId) -> Result<(), UiError> {
        Ok(self.engine.pause_pair(id).await?)
    }

    async fn resume_pair(&self, id: &PairId) -> Result<(), UiError> {
        Ok(self.engine.resume_pair(id).await?)
    }

    async fn plan_now(&self, id: &PairId) -> Result<Plan, UiError> {
        let report = self.engine.plan_now(id).await?;
        Ok(Plan {
            sentence: report.sentence,
            steps: report.ops.into_iter().map(step).collect(),
            waiting: report.summary.waiting,
        })
    }

    async fn answer_brake(&self, id: &PairId, question: u64, answer: BrakeAnswer) -> Result<(), UiError> {
        Ok(self.engine.answer_brake(id, question, answer).await?)
    }

    async fn set_pair_options(&self, id: &PairId, options: PairOptions) -> Result<(), UiError> {
        Ok(self.engine.set_pair_options(id, options).await?)
    }

    async fn set_pair_mode(&self, id: &PairId, mode: Mode) -> Result<(), UiError> {
        Ok(self.engine.set_pair_mode(id, mode).await?)
    }

    async fn undo(&self, intent: &str) -> Result<(), UiError> {
        Ok(self.engine.undo(intent).await?)
    }

    async fn resolve_conflict(&self, intent: &str, keep: KeepSide) -> Result<(), UiError> {
        let keep = match keep {
            KeepSide::Mine => Keep::Mine,
            KeepSide::Theirs => Keep::Theirs,
            KeepSide::Both => Keep::Both,
        };
        Ok(self.engine.resolve_conflict(intent, keep).await?)
    }

    async fn retry_failed(&self, id: &PairId, code: Option<FailureCode>) -> Result<u64, UiError> {
        Ok(self.engine.retry_failed(id, code).await?)
    }

    async fn pause(&self, id: &TransferId) -> Result<(), UiError> {
        Ok(self.engine.pause(id).await?)
    }

    async fn resume(&self, id: &TransferId) -> Result<(), UiError> {
        Ok(self.engine.resume(id).await?)
    }

    async fn cancel(&self, id: &TransferId) -> Result<(), UiError> {
        Ok(self.engine.cancel(id).await?)
    }

    async fn retry(&self, id: &TransferId) -> Result<(), UiError> {
        Ok(self.engine.retry(id).await?)
    }

    async fn pause_all(&self) -> Result<(), UiError> {
        Ok(self.engine.pause_all().await?)
    }

    async fn resume_all(&self) -> Result<(), UiError> {
        Ok(self.engine.resume_all().await?)
    }

    async fn cancel_all(&self) -> Result<(), UiError> {
        Ok(self.engine.cancel_all().await?)
    }

    async fn retry_all(&self) -> Result<(), UiError> {
        Ok(self.engine.retry_all().await?)
    }

    async fn clear_done(&self) -> Result<(), UiError> {
        Ok(self.engine.clear_done().await?)
    }

    async fn rescan_pair(&self, id: &PairId) -> Result<(), UiError> {
        Ok(self.engine.rescan_pair(id)?)
    }

    async fn merge_pair(&self, id: &PairId) -> Result<(), UiError> {
        Ok(self.engine.merge_pair(id).await?)
    }

    async fn pair_status(&self, pair: &PairRow) -> FolderStatus {
        match self.engine.pair_view(&pair.id) {
            Some(view) => {
                let (state, text) = status(&view);
                let (merge_need, silent_since) = (merge_need(&view), view.silent_since);
                let nameless = (view.nameless.count, view.nameless.sample);
                FolderStatus { state, text, rate: view.rate, nameless, merge_need, silent_since }
            }
            None => FolderStatus {
                state: FolderState::Stopped,
                text: "It is not running".to_owned(),
                rate: 0,
                nameless: (0, Vec::new()),
                merge_need: None,
                silent_since: None,
            },
        }
    }

    async fn upload_paths(
        &self,
        connection: &str,
        bucket: Bucket,
        prefix: Prefix,
        paths: Vec<PathBuf>,
        name: String,
    ) -> Result<(BatchId, u64), UiError> {
        Ok(self.engine.upload_paths(connection, bucket, prefix, paths, name).await?)
    }

    async fn plan_job(&self, spec: JobSpec) -> Result<JobId, UiError> {
        Ok(self.engine.plan_job(spec).await?)
    }

    async fn undo_job(&self, id: &JobId) -> Result<JobId, UiError> {
        Ok(self.engine.undo_job(id).await?)
    }

    async fn start_job(&self, id: &JobId) -> Result<(), UiError> {
        Ok(self.engine.start_job(id).await?)
    }

    async fn pause_job(&self, id: &JobId) -> Result<(), UiError> {
        Ok(self.engine.pause_job(id)?)
    }

    async fn resume_job(&self, id: &JobId) -> Result<(), UiError> {
        Ok(self.engine.resume_job(id)?)
    }

    async fn cancel_job(&self, id: &JobId) -> Result<(), UiError> {
        Ok(self.engine.cancel_job(id).await?)
    }

    async fn remove_job(&self, id: &JobId) -> Result<(), UiError> {
        Ok(self.engine.remove_job(id).await?)
    }

    async fn jobs(&self) -> Result<Vec<JobView>, UiError> {
        Ok(self.engine.jobs().await?)
    }

    async fn job(&self, id: &JobId) -> Result<JobView, UiError> {
        Ok(self.engine.job(id).await?)
    }

    async fn job_items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, UiError> {
        Ok(self.engine.job_items(id, after, limit).await?)
    }

    async fn job_left(&self, id: &JobId) -> Result<Vec<LeftGroup>, UiError> {
        Ok(self.engine.job_left(id).await?)
    }

    async fn plan_thaw(&self, connection: &str, bucket: Bucket, from: ThawFrom) -> Result<ThawId, UiError> {
        Ok(self.engine.plan_thaw(connection, bucket, from).await?)
    }

    async fn start_thaw(&self, id: &ThawId, how: StartThaw) -> Result<(), UiError> {
        Ok(self.engine.start_thaw(id, how).await?)
    }

    async fn faster_thaw(
        &self,
        id: &ThawId,
        tier: Tier,
        asking: Asking,
        price: String,
    ) -> Result<(), UiError> {
        Ok(self.engine.faster_thaw(id, tier, asking, price).await?)
    }

    async fn extend_thaw(
        &self,
        id: &ThawId,
        days: u32,
        asking: Asking,
        price: String,
    ) -> Result<(), UiError> {
        Ok(self.engine.extend_thaw(id, days, asking, price).await?)
    }

    async fn stop_thaw(&self, id: &ThawId) -> Result<(), UiError> {
        Ok(self.engine.stop_thaw(id).await?)
    }

    async fn set_thaw_then(&self, id: &ThawId, then: ThawThen) -> Result<(), UiError> {
        Ok(self.engine.set_thaw_then(id, then).await?)
    }

    async fn fetch_thaw(&self, id: &ThawId, to: String) -> Result<(), UiError> {
        Ok(self.engine.fetch_thaw(id, to).await?)
    }

    async fn forget_thaw(&self, id: &ThawId) -> Result<(), UiError> {
        Ok(self.engine.forget_thaw(id).await?)
    }

    async fn thaws(&self) -> Result<Vec<ThawView>, UiError> {
        Ok(self.engine.thaws().await?)
    }

    async fn thaw(&self, id: &ThawId) -> Result<ThawView, UiError> {
        Ok(self.engine.thaw(id).await?)
    }

    async fn thaw_items(&self, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>, UiError> {
        Ok(self.engine.thaw_items(id, offset, limit).await?)
    }

    async fn thaw_parts(&self, id: &ThawId, state: ThawItemState) -> Result<Vec<ThawPart>, UiError> {
        Ok(self.engine.thaw_parts(id, state).await?)
    }

    async fn thaw_second(&self, connection: &str) -> u64 {
        self.engine.thaw_second(connection).await
    }

    async fn download(
        &self,
        connection: &str,
        bucket: Bucket,
        keys: Vec<ObjectKey>,
        strip: String,
        to: PathBuf,
        name: String,
    ) -> Result<BatchId, UiError> {
        Ok(self.engine.download(connection, bucket, keys, strip, to, name))
    }

    async fn download_version(
        &self,
        connection: &str,
        bucket: Bucket,
        key: ObjectKey,
        version: VersionId,
        to: PathBuf,
        name: RelPath,
    ) -> Result<BatchId, UiError> {
        Ok(self.engine.download_version(connection, bucket, key, version, to, name))
    }

    async fn wait_batch(&self, batch: &BatchId) -> BatchReport {
        self.engine.wait_batch(batch).await
    }

    fn all_paused(&self) -> bool {
        self.engine.all_paused()
    }

    fn progress(&self) -> Vec<Moving> {
        let moving = self.engine.progress();
        moving.into_iter().map(|m| Moving { id: m.id, sent: m.sent, rate: m.rate }).collect()
    }

    fn rate(&self) -> u64 {
        self.engine.rate()
    }

    fn set_bandwidth(&self, bytes_per_second: Option<u64>) {
        self.engine.set_bandwidth(bytes_per_second);
    }

    fn bandwidth(&self) -> Option<u64> {
        self.engine.bandwidth()
    }

    fn downloads(&self) -> Vec<TransferRow> {
        self.engine.downloads().into_iter().map(row).collect()
    }

    fn batch_name(&self, id: &BatchId) -> Option<String> {
        self.engine.batch_name(id)
    }

    fn connection_changed(&self, connection: &str) {
        self.engine.connection_changed(connection);
    }

    fn events(&self) -> broadcast::Receiver<WorkEvent> {
        self.events.subscribe()
    }
}
