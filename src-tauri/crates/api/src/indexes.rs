//! Indexes: a bucket listed whole in the background, page by page, to be stopped and gone on with at any time. How it is filled:
//! `filling.rs`.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use windlass_ports::{IndexInfo, ListingId};

use crate::dto::ErrorCode;
use crate::dto_search::IndexRow;
use crate::filling::Fill;
use crate::{Api, UiError};

/// An index that this process fills, or tried to.
#[derive(Debug)]
pub(crate) struct Filling {
    pub(crate) stop: CancellationToken,
    pub(crate) running: bool,
    pub(crate) error: Option<UiError>,
    pub(crate) began: tokio::time::Instant,
    /// Objects that were in it then.
    pub(crate) had: u64,
}

pub(crate) type Fillings = Arc<Mutex<HashMap<i64, Filling>>>;

pub(crate) fn lock(fillings: &Fillings) -> MutexGuard<'_, HashMap<i64, Filling>> {
    fillings.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Api {
    pub(crate) async fn indexes(&self) -> Result<Vec<IndexRow>, UiError> {
        let all = self.index.indexes().await?;
        let fillings = lock(&self.fillings);
        Ok(all.iter().map(|info| row(info, &all, fillings.get(&info.listing.id.0))).collect())
    }

    /// Begins an index, or goes on with the one that is not whole.
    pub(crate) async fn start_index(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
    ) -> Result<IndexRow, UiError> {
        self.connection(&connection).await?;
        let all = self.index.indexes().await?;
        let here = |info: &&IndexInfo| {
            info.connection == connection
                && info.bucket == bucket
                && info.prefix == prefix
                && !info.listing.complete
        };
        let id = match all.iter().find(here) {
            Some(info) => info.listing.id,
            None => self.index.begin_index(&connection, &bucket, &prefix, self.clock.now()).await?,
        };
        let info = self.index.index(id).await?.ok_or_else(gone)?;
        let stop = self.stop.child_token();
        {
            let mut fillings = lock(&self.fillings);
            if fillings.get(&id.0).is_some_and(|filling| filling.running) {
                return Ok(row(&info, &all, fillings.get(&id.0)));
            }
            let filling = Filling {
                stop: stop.clone(),
                running: true,
                error: None,
                began: tokio::time::Instant::now(),
                had: info.listing.objects,
            };
            fillings.insert(id.0, filling);
        }
        let older = all.iter().find(|other| other.listing.complete && same_place(other, &info));
        let fill = Fill {
            older: older.map(|older| older.listing.id),
            info: info.clone(),
            index: Arc::clone(&self.index),
            catalog: Arc::clone(&self.catalog),
            remotes: Arc::clone(&self.remotes),
            clock: Arc::clone(&self.clock),
            hub: Arc::clone(&self.hub),
            fillings: Arc::clone(&self.fillings),
            stop,
        };
        self.tasks.spawn(fill.run());
        self.hub.indexes();
        Ok(row(&info, &all, lock(&self.fillings).get(&id.0)))
    }

    /// Stops filling; what is in it stays, and [`Self::start_index`] goes on.
    pub(crate) async fn stop_index(&self, id: String) -> Result<(), UiError> {
        let id = parse(&id)?;
        if let Some(filling) = lock(&self.fillings).get(&id.0) {
            filling.stop.cancel();
        }
        self.hub.indexes();
        Ok(())
    }

    pub(crate) async fn drop_index(&self, id: String) -> Result<(), UiError> {
        let id = parse(&id)?;
        if let Some(filling) = lock(&self.fillings).remove(&id.0) {
            filling.stop.cancel();
        }
        self.index.drop_index(id).await?;
        self.hub.indexes();
        Ok(())
    }
}

fn parse(id: &str) -> Result<ListingId, UiError> {
    id.parse().map(ListingId).map_err(|_| UiError::bad_request("The field `id` is no index's id."))
}

fn gone() -> UiError {
    UiError::new(ErrorCode::NotFound, "This index was dropped. Make it again.")
}

fn same_place(a: &IndexInfo, b: &IndexInfo) -> bool {
    (&a.connection, &a.bucket, &a.prefix) == (&b.connection, &b.bucket, &b.prefix)
}

fn row(info: &IndexInfo, all: &[IndexInfo], filling: Option<&Filling>) -> IndexRow {
    let running = filling.is_some_and(|filling| filling.running);
    let rate = filling.filter(|_| running).and_then(|filling| {
        let millis = u64::try_from(filling.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        info.listing.objects.saturating_sub(filling.had).saturating_mul(1000).checked_div(millis)
    });
    let before = all.iter().find(|other| other.listing.complete && same_place(other, info));
    IndexRow {
        id: info.listing.id.0.to_string(),
        connection: info.connection.clone(),
        bucket: info.bucket.clone(),
        prefix: info.prefix.clone(),
        objects: info.listing.objects,
        bytes: info.listing.bytes,
        requests: info.requests,
        complete: info.listing.complete,
        running,
        rate,
        expected: before.filter(|_| !info.listing.complete).map(|other| other.listing.objects),
        began_at: info.listing.listed_at.millis(),
        ended_at: info.ended_at.map(|at| at.millis()),
        error: filling.and_then(|filling| filling.error.clone()),
    }
}
