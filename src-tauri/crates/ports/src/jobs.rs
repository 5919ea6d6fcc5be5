//! Copies, moves, edits, deletes and restores as they are kept: one row for each job, and one for each of its objects.
use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use windlass_domain::job::Cause;
use windlass_domain::{ETag, Item, JobCounts, JobId, JobSpec, JobState, Timestamp};

use crate::JournalError;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Id.
    pub id: JobId,
    /// What was asked for.
    pub spec: JobSpec,
    /// How it stands.
    pub state: JobState,
    /// How much of it.
    pub counts: JobCounts,
    /// The cursor: every object up to this place is done or left. Written in one commit with what became of them.
    pub at: u64,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// The job that takes it back, once there is one.
    pub undone_by: Option<JobId>,
    /// Whether the bucket in which something is changed or deleted keeps versions.
    pub versioned: bool,
    /// Why it could not be planned, for people; else empty.
    pub note: String,
}

/// Objects that were left for one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftGroup {
    /// Why.
    pub cause: Cause,
    /// How many.
    pub objects: u64,
    /// The first of their keys.
    pub keys: Vec<String>,
}

/// Jobs in the journal. Writes are durable when they return, and each is one transaction; the engine writes hundreds of
/// objects in one.
#[async_trait]
pub trait Jobs: Debug + Send + Sync {
    /// Saves a job and some of its objects, whole or not at all. Rows that are there are replaced.
    async fn save_job(&self, job: JobRow, items: Vec<Item>) -> Result<(), JournalError>;
    /// All jobs, newest first.
    async fn jobs(&self) -> Result<Vec<JobRow>, JournalError>;
    /// One job.
    async fn job(&self, id: &JobId) -> Result<Option<JobRow>, JournalError>;
    /// Its objects in order, after this place, at most `limit`.
    async fn items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, JournalError>;
    /// Those that were left, by cause, with at most `keys` keys each.
    async fn left(&self, id: &JobId, keys: u32) -> Result<Vec<LeftGroup>, JournalError>;
    /// Objects of a bucket on which a job put a hold ([`windlass_domain::job::ObjectEdit::holds`]) and that no job changed since, each in
    /// the version that was held. Outlives the jobs.
    async fn held(&self, connection: &str, bucket: &str) -> Result<BTreeMap<String, ETag>, JournalError>;
    /// Forgets a job with its objects. Nothing in a bucket is touched.
    async fn remove_job(&self, id: &JobId) -> Result<(), JournalError>;
}
