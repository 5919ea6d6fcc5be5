//! Listings: filled in the background page by page, read by window. The order in which a server sends is never relied on.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use windlass_domain::Bucket;
use windlass_ports::remote::Depth;
use windlass_ports::{Catalog, LevelEntry, ListingId, ListingInfo, ListingSort, Remotes};

use crate::dto::{ErrorCode, ListingSummary, ListingWindow, SortBy};
use crate::events::Hub;
use crate::names::object_row;
use crate::{Api, UiError};

/// Most rows in one answer.
const MAX_WINDOW: u64 = 1000;

/// A listing that this process fills or filled.
#[derive(Debug)]
pub(crate) struct Running {
    active: bool,
    error: Option<UiError>,
}

/// What a background listing needs; it outlives the call that began it.
struct Fill {
    id: ListingId,
    connection: String,
    bucket: Bucket,
    prefix: String,
    catalog: Arc<dyn Catalog>,
    remotes: Arc<dyn Remotes>,
    hub: Arc<Hub>,
    listings: Arc<Mutex<HashMap<i64, Running>>>,
    stop: CancellationToken,
}

impl Fill {
    async fn run(self) {
        let result = tokio::select! {
            () = self.stop.cancelled() => Ok(()),
            result = self.pages() => result,
        };
        {
            let mut listings = lock(&self.listings);
            if let Some(running) = listings.get_mut(&self.id.0) {
                running.active = false;
                running.error = result.err();
            }
        }
        if let Ok(Some(info)) = self.catalog.listing_info(self.id).await {
            self.hub.listing(self.id.0, info.revision.saturating_add(1));
        }
    }

    async fn pages(&self) -> Result<(), UiError> {
        let browse = self.remotes.browse(&self.connection).await?;
        let mut after: Option<String> = None;
        loop {
            let mut page = browse.level(&self.bucket, &self.prefix, Depth::Level, after.as_deref()).await?;
            page.entries.retain(|entry| !stands_for(&self.prefix, entry));
            let info = self.catalog.add_to_listing(self.id, page.entries).await?;
            self.hub.listing(self.id.0, info.revision);
            match page.next {
                // A server that gives the same token again would keep us here for ever.
                Some(next) if Some(&next) == after.as_ref() => {
                    return Err(UiError::new(
                        ErrorCode::Unexpected,
                        "The server sent the same page of the list again and again, so the list is not whole. Refresh it; if it stays, tell whoever runs the server.",
                    ));
                }
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.catalog.finish_listing(self.id).await?;
        Ok(())
    }
}

/// Whether this is the empty object that stands for the folder itself; it is no file in it.
fn stands_for(prefix: &str, entry: &LevelEntry) -> bool {
    matches!(entry, LevelEntry::Object { key, size: 0, .. } if key == prefix)
}

fn lock(listings: &Mutex<HashMap<i64, Running>>) -> MutexGuard<'_, HashMap<i64, Running>> {
    listings.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Api {
    pub(crate) async fn open_listing(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
        refresh: bool,
    ) -> Result<ListingSummary, UiError> {
        self.connection(&connection).await?;
        if !refresh
            && let Some(known) = self.catalog.find_listing(&connection, &bucket, &prefix).await?
            && (known.complete || lock(&self.listings).get(&known.id.0).is_some_and(|r| r.active))
        {
            return Ok(self.summary(known));
        }
        let id = self.catalog.begin_listing(&connection, &bucket, &prefix, self.clock.now()).await?;
        let stop = self.stop.child_token();
        lock(&self.listings).insert(id.0, Running { active: true, error: None });
        self.tasks.spawn(
            Fill {
                id,
                connection,
                bucket: Bucket::new(bucket.as_str()),
                prefix,
                catalog: Arc::clone(&self.catalog),
                remotes: Arc::clone(&self.remotes),
                hub: Arc::clone(&self.hub),
                listings: Arc::clone(&self.listings),
                stop,
            }
            .run(),
        );
        let info = self.catalog.listing_info(id).await?.ok_or_else(gone)?;
        Ok(self.summary(info))
    }

    pub(crate) async fn listing_window(
        &self,
        id: String,
        offset: u64,
        limit: u64,
        sort: SortBy,
        descending: bool,
        filter: String,
    ) -> Result<ListingWindow, UiError> {
        let id = listing_id(&id)?;
        let sort = match sort {
            // The state is known per row only once it is read; names keep equal states apart in a stable way.
            SortBy::Name | SortBy::State => ListingSort::Name,
            SortBy::Size => ListingSort::Size,
            SortBy::Modified => ListingSort::Modified,
            SortBy::Class => ListingSort::Class,
        };
        let info = self.catalog.listing_info(id).await?.ok_or_else(gone)?;
        let (rows, matching) =
            self.catalog.listing_window(id, offset, limit.min(MAX_WINDOW), sort, descending, &filter).await?;
        let mut summary = self.summary(info);
        summary.count = matching;
        Ok(ListingWindow { rows: rows.into_iter().map(object_row).collect(), summary })
    }

    pub(crate) async fn close_listing(&self, id: String) -> Result<(), UiError> {
        let id = listing_id(&id)?;
        let mut listings = lock(&self.listings);
        // One that still fills goes on: whoever comes back finds it further on. An ended one is only forgotten here.
        if listings.get(&id.0).is_some_and(|r| !r.active) {
            listings.remove(&id.0);
        }
        Ok(())
    }

    fn summary(&self, info: ListingInfo) -> ListingSummary {
        let error = lock(&self.listings).get(&info.id.0).and_then(|r| r.error.clone());
        ListingSummary {
            id: info.id.0.to_string(),
            count: info.count,
            objects: info.objects,
            bytes: info.bytes,
            complete: info.complete,
            listed_at: info.listed_at.millis(),
            revision: info.revision.saturating_add(u64::from(error.is_some())),
            error,
        }
    }
}

fn listing_id(text: &str) -> Result<ListingId, UiError> {
    text.parse().map(ListingId).map_err(|_| UiError::bad_request("The field `id` is no listing's id."))
}

fn gone() -> UiError {
    UiError::new(ErrorCode::NotFound, "This list was replaced by a newer one. Open the folder again.")
}
