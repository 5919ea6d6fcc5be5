//! What the engine's door offers for archived objects.
use windlass_domain::thaw::{
    Again, Asking, ThawFrom, ThawItem, ThawItemState, ThawPart, ThawState, ThawThen, Tier,
};
use windlass_domain::{Bucket, ThawId};

use super::{StartThaw, ThawView, orders};
use crate::engine::{Engine, EngineError};

impl Engine {
    /// Plans a batch of archived objects: finds them. Nothing is asked for before [`Engine::start_thaw`].
    ///
    /// # Errors
    /// When nothing was chosen, there is no such restore, or the journal fails.
    pub async fn plan_thaw(
        &self,
        connection: &str,
        bucket: Bucket,
        from: ThawFrom,
    ) -> Result<ThawId, EngineError> {
        super::plan(&self.shared, connection, bucket, from).await
    }

    /// Asks for all of it from now on, over every restart.
    ///
    /// # Errors
    /// [`EngineError::Stale`] when it is not planned, or cannot be asked for so.
    pub async fn start_thaw(&self, id: &ThawId, how: StartThaw) -> Result<(), EngineError> {
        orders::start(&self.shared, id, how).await
    }

    /// Asks for what still thaws more quickly.
    ///
    /// # Errors
    /// [`EngineError::Stale`] when that is not possible, or not now.
    pub async fn faster_thaw(
        &self,
        id: &ThawId,
        tier: Tier,
        asking: Asking,
        price: String,
    ) -> Result<(), EngineError> {
        orders::again(&self.shared, id, Again::Faster { tier, at: 0 }, asking, price).await
    }

    /// Asks for copies to last so many days from now.
    ///
    /// # Errors
    /// [`EngineError::Stale`] when none of it can be read, or not now.
    pub async fn extend_thaw(
        &self,
        id: &ThawId,
        days: u32,
        asking: Asking,
        price: String,
    ) -> Result<(), EngineError> {
        orders::again(&self.shared, id, Again::Longer { days, at: 0 }, asking, price).await
    }

    /// Ends it: nothing more is asked for or looked at. What was asked for thaws all the same.
    ///
    /// # Errors
    /// When it is over.
    pub async fn stop_thaw(&self, id: &ThawId) -> Result<(), EngineError> {
        orders::change(&self.shared, id, |batch| {
            let open = !batch.state.is_over();
            if open {
                batch.state = ThawState::Stopped;
            }
            open
        })
        .await
    }

    /// Says what comes once it can be read. One that can be read already does it now.
    ///
    /// # Errors
    /// [`EngineError::Stale`] for a restore where it is made from none; when it is over.
    pub async fn set_thaw_then(&self, id: &ThawId, then: ThawThen) -> Result<(), EngineError> {
        orders::change(&self.shared, id, |batch| {
            let may = !batch.state.is_over()
                && (then != ThawThen::Restore || matches!(batch.from, ThawFrom::Job(_)));
            if may {
                if batch.state == ThawState::Ready && matches!(then, ThawThen::Download { .. }) {
                    batch.folder = None;
                }
                batch.then = then;
                batch.stuck = false;
                batch.note.clear();
            }
            may
        })
        .await
    }

    /// Fetches what can be read into a folder.
    ///
    /// # Errors
    /// [`EngineError::Stale`] when it cannot be read yet, or is being fetched.
    pub async fn fetch_thaw(&self, id: &ThawId, to: String) -> Result<(), EngineError> {
        orders::change(&self.shared, id, |batch| {
            let may = batch.state == ThawState::Ready && batch.again.is_none();
            if may {
                batch.state = ThawState::Downloading;
                batch.folder = Some(to);
                batch.note.clear();
            }
            may
        })
        .await
    }

    /// Forgets one that nothing was asked for, or that is over.
    ///
    /// # Errors
    /// [`EngineError::Stale`] while it is open.
    pub async fn forget_thaw(&self, id: &ThawId) -> Result<(), EngineError> {
        orders::forget(&self.shared, id).await
    }

    /// All batches, newest first.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn thaws(&self) -> Result<Vec<ThawView>, EngineError> {
        orders::views(&self.shared).await
    }

    /// One batch.
    ///
    /// # Errors
    /// When there is none.
    pub async fn thaw(&self, id: &ThawId) -> Result<ThawView, EngineError> {
        orders::view(&self.shared, id).await
    }

    /// Objects of a batch, failed ones first.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn thaw_items(
        &self,
        id: &ThawId,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<ThawItem>, EngineError> {
        Ok(self.shared.ports.thaws.thaw_window(id, offset, limit).await?)
    }

    /// Objects of a batch that stand so, by archive.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn thaw_parts(&self, id: &ThawId, state: ThawItemState) -> Result<Vec<ThawPart>, EngineError> {
        orders::parts(&self.shared, id, state).await
    }

    /// Nanoseconds that a second of waiting for an archive takes at this connection: the practice bucket is quicker.
    pub async fn thaw_second(&self, connection: &str) -> u64 {
        super::second(&self.shared, connection).await
    }
}
