//! What the engine's door offers for jobs.
use windlass_domain::{Item, JobId, JobSpec};
use windlass_ports::LeftGroup;

use super::JobView;
use crate::engine::{Engine, EngineError};

impl Engine {
    /// Plans a copy, move, edit or delete on the server; [`Engine::wait_job`] tells when the plan can be read. Nothing is done
    /// before [`Engine::start_job`], and a plan that nobody starts is forgotten with the next start of the program.
    ///
    /// # Errors
    /// When it makes no sense as a whole, or the journal fails.
    pub async fn plan_job(&self, spec: JobSpec) -> Result<JobId, EngineError> {
        super::plan(&self.shared, spec).await
    }

    /// Plans the job that takes another one back: conditionally again, so that what changed since stays.
    ///
    /// # Errors
    /// When there is no such job, it is not over, or it cannot be taken back.
    pub async fn undo_job(&self, id: &JobId) -> Result<JobId, EngineError> {
        super::plan_undo(&self.shared, id).await
    }

    /// Starts a job that was planned. From here on it goes on over every restart until it is over.
    ///
    /// # Errors
    /// When there is no such plan, or the journal fails.
    pub async fn start_job(&self, id: &JobId) -> Result<(), EngineError> {
        super::start(&self.shared, id).await
    }

    /// Pauses a job at the next object.
    ///
    /// # Errors
    /// When it is over.
    pub fn pause_job(&self, id: &JobId) -> Result<(), EngineError> {
        super::pause(&self.shared, id)
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// When it is over.
    pub fn resume_job(&self, id: &JobId) -> Result<(), EngineError> {
        super::resume(&self.shared, id)
    }

    /// Cancels a job at the next object. What was done stays done, and can be taken back.
    ///
    /// # Errors
    /// When it is over.
    pub async fn cancel_job(&self, id: &JobId) -> Result<(), EngineError> {
        super::cancel(&self.shared, id).await
    }

    /// Forgets a job that is over.
    ///
    /// # Errors
    /// When there is none, or it is not over.
    pub async fn remove_job(&self, id: &JobId) -> Result<(), EngineError> {
        super::remove(&self.shared, id).await
    }

    /// All jobs, newest first.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn jobs(&self) -> Result<Vec<JobView>, EngineError> {
        super::views(&self.shared).await
    }

    /// One job.
    ///
    /// # Errors
    /// When there is none.
    pub async fn job(&self, id: &JobId) -> Result<JobView, EngineError> {
        super::view(&self.shared, id).await
    }

    /// Objects of a job that were left, by cause.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn job_left(&self, id: &JobId) -> Result<Vec<LeftGroup>, EngineError> {
        super::left(&self.shared, id).await
    }

    /// Objects of a job in order, after this place, at most `limit`: what is planned for each, or what became of it.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn job_items(&self, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>, EngineError> {
        Ok(self.shared.ports.jobs.items(id, after, limit).await?)
    }

    /// Waits until a job was planned, is over, or is paused.
    ///
    /// # Errors
    /// When there is none, or the engine stops.
    pub async fn wait_job(&self, id: &JobId) -> Result<JobView, EngineError> {
        super::wait(&self.shared, id).await
    }
}
