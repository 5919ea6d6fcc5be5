//! What the API needs of the engine, as a trait: the API can be tried without one, and the engine need not know rows.
use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::broadcast;
use windlass_domain::thaw::{Asking, ThawFrom, ThawItem, ThawItemState, ThawPart, ThawThen, Tier};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BatchId, Bucket, Item, JobId, JobSpec, Mode, ObjectKey, PairId, Prefix, RelPath, ThawId, Timestamp,
    TransferId, VersionId,
};
use windlass_engine::{BatchReport, JobView, StartThaw, ThawView};
use windlass_ports::{BrakeAnswer, LeftGroup, PairOptions, PairRow};

use crate::UiError;
use crate::dto::{FolderState, MergeNeed, TransferRow};
use crate::dto_sync::{KeepSide, PlanKind};

/// A hint from the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkEvent {
    /// A transfer changed.
    Transfers(u64),
    /// A sync folder changed.
    Folders,
    /// A copy, move, edit or delete on the server changed.
    Jobs,
    /// A batch of archived objects changed.
    Thaws,
    /// A batch of archived objects can be read from now on.
    Thawed {
        /// Which.
        id: ThawId,
        /// Its name, as the keys have it.
        name: String,
        /// Objects that can be read.
        objects: u64,
        /// When the first copy ends.
        ends_at: Option<Timestamp>,
    },
    /// Hints were lost.
    Missed,
}

/// A transfer that moves now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// Which.
    pub id: TransferId,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes per second.
    pub rate: u64,
}

/// How a sync folder is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderStatus {
    /// State.
    pub state: FolderState,
    /// One sentence for people.
    pub text: String,
    /// Bytes per second.
    pub rate: u64,
    /// Objects whose names cannot be files here: how many, and the first of them.
    pub nameless: (u64, Vec<String>),
    /// A marker was lost.
    pub merge_need: Option<MergeNeed>,
    /// Its work has not gone on since then.
    pub silent_since: Option<Timestamp>,
}

/// What a round of a sync folder would do. It holds no way to carry itself out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The whole of it in one sentence.
    pub sentence: String,
    /// Every step.
    pub steps: Vec<PlanStep>,
    /// Files that could not be planned yet.
    pub waiting: u64,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// Path it is about.
    pub path: RelPath,
    /// Where to, for renames and kept conflicts.
    pub to: Option<RelPath>,
    /// What would happen; `None` when both sides are the same and only the journal would be written.
    pub kind: Option<PlanKind>,
    /// Bytes.
    pub size: u64,
}

/// The engine as the API uses it.
#[async_trait]
pub trait Work: std::fmt::Debug + Send + Sync {
    /// Adds a sync folder and starts it.
    async fn add_pair(&self, pair: PairRow) -> Result<PairRow, UiError>;
    /// Stops and forgets a sync folder; files on both sides stay.
    async fn remove_pair(&self, id: &PairId) -> Result<(), UiError>;
    /// Pauses it.
    async fn pause_pair(&self, id: &PairId) -> Result<(), UiError>;
    /// Goes on with it.
    async fn resume_pair(&self, id: &PairId) -> Result<(), UiError>;
    /// Looks at all of it again.
    async fn rescan_pair(&self, id: &PairId) -> Result<(), UiError>;
    /// Compares both sides anew, and makes lost markers anew; nothing is deleted for being missing.
    async fn merge_pair(&self, id: &PairId) -> Result<(), UiError>;
    /// How it is doing.
    async fn pair_status(&self, pair: &PairRow) -> FolderStatus;
    /// What a round of it would do now; changes nothing.
    async fn plan_now(&self, id: &PairId) -> Result<Plan, UiError>;
    /// A person's answer to exactly this question.
    async fn answer_brake(&self, id: &PairId, question: u64, answer: BrakeAnswer) -> Result<(), UiError>;
    /// Sets what a person chose for it.
    async fn set_pair_options(&self, id: &PairId, options: PairOptions) -> Result<(), UiError>;
    /// Keeps it in another way.
    async fn set_pair_mode(&self, id: &PairId, mode: Mode) -> Result<(), UiError>;
    /// Takes a change back.
    async fn undo(&self, intent: &str) -> Result<(), UiError>;
    /// Says which side of a conflict keeps the name.
    async fn resolve_conflict(&self, intent: &str, keep: KeepSide) -> Result<(), UiError>;
    /// Tries failed files again; how many.
    async fn retry_failed(&self, id: &PairId, code: Option<FailureCode>) -> Result<u64, UiError>;
    /// Sends files and folders that a person gave.
    async fn upload_paths(
        &self,
        connection: &str,
        bucket: Bucket,
        prefix: Prefix,
        paths: Vec<PathBuf>,
        name: String,
    ) -> Result<(BatchId, u64), UiError>;
    /// Fetches objects; `strip` is taken off their keys.
    async fn download(
        &self,
        connection: &str,
        bucket: Bucket,
        keys: Vec<ObjectKey>,
        strip: String,
        to: PathBuf,
        name: String,
    ) -> Result<BatchId, UiError>;
    /// Fetches one version of an object into a folder, under this name.
    async fn download_version(
        &self,
        connection: &str,
        bucket: Bucket,
        key: ObjectKey,
        version: VersionId,
        to: PathBuf,
        name: RelPath,
    ) -> Result<BatchId, UiError>;
    /// Waits until every file of a batch has ended. Dropping the future leaves the batch to go on.
    async fn wait_batch(&self, batch: &BatchId) -> BatchReport;
    /// Plans a copy, move, edit or delete on the server. Nothing is done before it is started.
    async fn plan_job(&self, spec: JobSpec) -> Result<JobId, UiError>;
    /// Plans the job that takes another one back.
    async fn undo_job(&self, id: &JobId) -> Result<JobId, UiError>;
    /// Starts a job that was planned.
    async fn start_job(&self, id: &JobId) -> Result<(), UiError>;
    /// Pauses it at the next object.
    async fn pause_job(&self, id: &JobId) -> Result<(), UiError>;
    /// Goes on with it.
    async fn resume_job(&self, id: &JobId) -> Result<(), UiError>;
    /// Ends it at the next object; forgets it where it was only planned.
    async fn cancel_job(&self, id: &JobId) -> Result<(), UiError>;
    /// Forgets one that is over.
    async fn remove_job(&self, id: &JobId) -> Result<(), UiError>;
    /// All jobs, newest first.
    async fn jobs(&self) -> Result<Vec<JobView>, UiError>;
    /// One job.
    async fn job(&self, id: &JobId) -> Result<JobView, UiError>;
    /// Objects of a job in order, after this place: what is planned for each, or what became of it.
    async fn job_items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, UiError>;
    /// What it left, by cause.
    async fn job_left(&self, id: &JobId) -> Result<Vec<LeftGroup>, UiError>;
    /// Finds archived objects. Nothing is asked for before the batch is started.
    async fn plan_thaw(&self, connection: &str, bucket: Bucket, from: ThawFrom) -> Result<ThawId, UiError>;
    /// Asks for all of a batch from now on.
    async fn start_thaw(&self, id: &ThawId, how: StartThaw) -> Result<(), UiError>;
    /// Asks for what still thaws more quickly.
    async fn faster_thaw(
        &self,
        id: &ThawId,
        tier: Tier,
        asking: Asking,
        price: String,
    ) -> Result<(), UiError>;
    /// Asks for copies to last so many days from now.
    async fn extend_thaw(&self, id: &ThawId, days: u32, asking: Asking, price: String)
    -> Result<(), UiError>;
    /// Ends a batch.
    async fn stop_thaw(&self, id: &ThawId) -> Result<(), UiError>;
    /// Says what comes once it can be read.
    async fn set_thaw_then(&self, id: &ThawId, then: ThawThen) -> Result<(), UiError>;
    /// Fetches what can be read into a folder.
    async fn fetch_thaw(&self, id: &ThawId, to: String) -> Result<(), UiError>;
    /// Forgets one that nothing was asked for, or that is over.
    async fn forget_thaw(&self, id: &ThawId) -> Result<(), UiError>;
    /// All batches, newest first.
    async fn thaws(&self) -> Result<Vec<ThawView>, UiError>;
    /// One batch.
    async fn thaw(&self, id: &ThawId) -> Result<ThawView, UiError>;
    /// Objects of a batch, failed ones first.
    async fn thaw_items(&self, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>, UiError>;
    /// Objects of a batch that stand so, by archive.
    async fn thaw_parts(&self, id: &ThawId, state: ThawItemState) -> Result<Vec<ThawPart>, UiError>;
    /// Nanoseconds that a second of waiting for an archive takes at a connection.
    async fn thaw_second(&self, connection: &str) -> u64;
    /// Pauses a transfer.
    async fn pause(&self, id: &TransferId) -> Result<(), UiError>;
    /// Goes on with it.
    async fn resume(&self, id: &TransferId) -> Result<(), UiError>;
    /// Cancels it.
    async fn cancel(&self, id: &TransferId) -> Result<(), UiError>;
    /// Tries it again.
    async fn retry(&self, id: &TransferId) -> Result<(), UiError>;
    /// Pauses all.
    async fn pause_all(&self) -> Result<(), UiError>;
    /// Goes on with all.
    async fn resume_all(&self) -> Result<(), UiError>;
    /// Cancels all.
    async fn cancel_all(&self) -> Result<(), UiError>;
    /// Tries all failed ones again.
    async fn retry_all(&self) -> Result<(), UiError>;
    /// Removes ended ones from the list.
    async fn clear_done(&self) -> Result<(), UiError>;
    /// Whether all are paused.
    fn all_paused(&self) -> bool;
    /// Uploads that move now.
    fn progress(&self) -> Vec<Moving>;
    /// Bytes per second now.
    fn rate(&self) -> u64;
    /// Sets the cap.
    fn set_bandwidth(&self, bytes_per_second: Option<u64>);
    /// The cap.
    fn bandwidth(&self) -> Option<u64>;
    /// Downloads of this session, newest first.
    fn downloads(&self) -> Vec<TransferRow>;
    /// Name that a batch was given, while it is known.
    fn batch_name(&self, id: &BatchId) -> Option<String>;
    /// A connection or its login was changed: what waits for it is tried now.
    fn connection_changed(&self, connection: &str);
    /// Hints.
    fn events(&self) -> broadcast::Receiver<WorkEvent>;
}
