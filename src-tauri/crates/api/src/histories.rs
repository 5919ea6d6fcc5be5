//! Version indexes: all versions below a prefix listed in the background, page by page, to be stopped and gone on with at any
//! time. What is looked up in them: `time.rs`.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use windlass_domain::Bucket;
use windlass_ports::remote::Depth;
use windlass_ports::{Clock, Histories, HistoryId, HistoryInfo, Remotes, VersionPage};

use crate::dto::ErrorCode;
use crate::dto_time::HistoryRow;
use crate::events::Hub;
use crate::indexes::{Filling, Fillings, lock};
use crate::{Api, UiError};

/// First pause after trouble that may be over the next moment; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What filling needs; it outlives the call that began it.
struct Fill {
    info: HistoryInfo,
    histories: Arc<dyn Histories>,
    remotes: Arc<dyn Remotes>,
    clock: Arc<dyn Clock>,
    hub: Arc<Hub>,
    fillings: Fillings,
    stop: CancellationToken,
}

impl Fill {
    fn note(&self, running: bool, error: Option<UiError>) {
        if let Some(filling) = lock(&self.fillings).get_mut(&self.info.id.0) {
            filling.running = running;
            filling.error = error;
        }
        self.hub.histories();
    }

    async fn run(mut self) {
        let stop = self.stop.clone();
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = self.pages() => result,
        };
        self.note(false, result.err());
    }

    async fn pages(&mut self) -> Result<(), UiError> {
        let id = self.info.id;
        while self.info.requests == 0 || self.info.next.is_some() {
            let page = self.page().await?;
            let after = self.info.next.clone();
            self.info = self.histories.add_to_history(id, after, page.versions, page.next).await?;
            self.note(true, None);
        }
        self.histories.finish_history(id, self.clock.now()).await?;
        Ok(())
    }

    /// The next page. Trouble that may pass is waited for: nothing is lost, the next request is the same one.
    async fn page(&self) -> Result<VersionPage, UiError> {
        let bucket = Bucket::new(self.info.bucket.as_str());
        let mut wait = FIRST_PAUSE;
        loop {
            let browse = self.remotes.browse(&self.info.connection).await?;
            let after = self.info.next.as_ref();
            match browse.versions(&bucket, &self.info.prefix, Depth::Deep, after).await {
                Ok(page) => return Ok(page),
                Err(error) if error.kind.is_passing() => {
                    self.note(true, Some(error.into()));
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Api {
    pub(crate) async fn histories(&self) -> Result<Vec<HistoryRow>, UiError> {
        let all = self.histories.histories().await?;
        Ok(all.iter().map(|info| self.history_row(info, &all)).collect())
    }

    /// Begins a version index, or goes on with the one that is not whole.
    pub(crate) async fn start_history(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
    ) -> Result<HistoryRow, UiError> {
        self.connection(&connection).await?;
        let all = self.histories.histories().await?;
        let begun = all
            .iter()
            .find(|info| info.ended.is_none() && is_of(info, &connection, &bucket, &prefix))
            .map(|info| info.id);
        let id = match begun {
            Some(id) => id,
            None => self.histories.begin_history(&connection, &bucket, &prefix, self.clock.now()).await?,
        };
        let info = self.histories.history(id).await?.ok_or_else(gone)?;
        let stop = self.stop.child_token();
        let begins = {
            let mut fillings = lock(&self.history_fillings);
            let begins = !fillings.get(&id.0).is_some_and(|filling| filling.running);
            if begins {
                let filling = Filling {
                    stop: stop.clone(),
                    running: true,
                    error: None,
                    began: Instant::now(),
                    had: info.versions,
                };
                fillings.insert(id.0, filling);
            }
            begins
        };
        if begins {
            let fill = Fill {
                info: info.clone(),
                histories: Arc::clone(&self.histories),
                remotes: Arc::clone(&self.remotes),
                clock: Arc::clone(&self.clock),
                hub: Arc::clone(&self.hub),
                fillings: Arc::clone(&self.history_fillings),
                stop,
            };
            self.tasks.spawn(fill.run());
            self.hub.histories();
        }
        Ok(self.history_row(&info, &all))
    }

    /// Stops filling; what is in it stays, and [`Self::start_history`] goes on.
    pub(crate) async fn stop_history(&self, id: String) -> Result<(), UiError> {
        if let Some(filling) = lock(&self.history_fillings).get(&parse(&id)?.0) {
            filling.stop.cancel();
        }
        self.hub.histories();
        Ok(())
    }

    pub(crate) async fn drop_history(&self, id: String) -> Result<(), UiError> {
        let id = parse(&id)?;
        if let Some(filling) = lock(&self.history_fillings).remove(&id.0) {
            filling.stop.cancel();
        }
        self.histories.drop_history(id).await?;
        self.hub.histories();
        Ok(())
    }

    /// As it is shown; `all` tells what to expect of one that is not whole.
    pub(crate) fn history_row(&self, info: &HistoryInfo, all: &[HistoryInfo]) -> HistoryRow {
        let fillings = lock(&self.history_fillings);
        let filling = fillings.get(&info.id.0);
        let running = filling.is_some_and(|filling| filling.running);
        let rate = filling.filter(|_| running).and_then(|filling| {
            let millis = u64::try_from(filling.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            info.versions.saturating_sub(filling.had).saturating_mul(1000).checked_div(millis)
        });
        let before = all.iter().find(|other| {
            other.ended.is_some() && is_of(other, &info.connection, &info.bucket, &info.prefix)
        });
        HistoryRow {
            id: info.id.0.to_string(),
            connection: info.connection.clone(),
            bucket: info.bucket.clone(),
            prefix: info.prefix.clone(),
            keys: info.keys,
            versions: info.versions,
            bytes: info.bytes,
            requests: info.requests,
            complete: info.ended.is_some(),
            running,
            rate,
            expected: before.filter(|_| info.ended.is_none()).map(|other| other.versions),
            began_at: info.began.millis(),
            ended_at: info.ended.map(windlass_domain::Timestamp::millis),
            error: filling.and_then(|filling| filling.error.clone()),
        }
    }
}

/// Whether it is of exactly this place.
pub(crate) fn is_of(info: &HistoryInfo, connection: &str, bucket: &str, prefix: &str) -> bool {
    info.connection == connection && info.bucket == bucket && info.prefix == prefix
}

pub(crate) fn parse(id: &str) -> Result<HistoryId, UiError> {
    id.parse().map(HistoryId).map_err(|_| UiError::bad_request("The field `id` is no version index's id."))
}

pub(crate) fn gone() -> UiError {
    UiError::new(ErrorCode::NotFound, "This version index was dropped or replaced. Read the versions again.")
}
