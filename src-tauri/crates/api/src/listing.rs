//! Listings: filled in the background page by page, read by window. The order in which a server sends is never relied on.
//!
//! A listing is filled as long as somebody looks at it. Then it stops where it is, and goes on from there when somebody looks
//! again: a bucket of millions costs no request that nobody waits for.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use windlass_domain::Bucket;
use windlass_domain::time::{Content, Top, Tops};
use windlass_ports::remote::Depth;
use windlass_ports::{
    Catalog, Level, LevelEntry, ListingId, ListingInfo, ListingSort, RemoteBrowse, RemoteError, Remotes,
    VersionMark,
};

use crate::dto::{ErrorCode, ListingSummary, ListingWindow, SortBy};
use crate::events::Hub;
use crate::names::object_row;
use crate::{Api, UiError};

/// Most rows in one answer.
const MAX_WINDOW: u64 = 1000;
/// How long opening a list waits for its first page. Whoever opened it would only come back to ask for rows.
const FIRST_PAGE: Duration = Duration::from_secs(1);
/// How long the second page waits, so that reading and drawing the first one need not share the processor with it.
const FIRST_LOOK: Duration = Duration::from_millis(150);

/// A listing that this process fills or filled.
#[derive(Debug)]
pub(crate) struct Running {
    active: bool,
    error: Option<UiError>,
    /// In how many views it is open.
    views: watch::Sender<u32>,
    /// What the next page comes after; `None` before the first one and after the last.
    after: Option<Mark>,
    /// What was read of the key at the end of the last page, where deleted objects are shown.
    tops: Tops,
    /// Says when a page came, or none will.
    moved: watch::Sender<()>,
}

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    Token(String),
    Version(VersionMark),
}

/// A page of a listing.
struct Page {
    entries: Vec<LevelEntry>,
    next: Option<Mark>,
    tops: Tops,
}

/// What a background listing needs; it outlives the call that began it.
struct Fill {
    id: ListingId,
    connection: String,
    bucket: Bucket,
    prefix: String,
    /// Whether what is deleted is shown as well.
    deleted: bool,
    catalog: Arc<dyn Catalog>,
    remotes: Arc<dyn Remotes>,
    hub: Arc<Hub>,
    listings: Arc<Mutex<HashMap<i64, Running>>>,
    stop: CancellationToken,
}

/// Why no more pages are asked for.
enum Ended {
    Whole,
    /// Nobody looks. It was said already, and somebody may have begun again since.
    Resting,
}

/// Waits until a list is open in no view. What `wait_for` gives is a lock on their number, so it must not outlive this: whoever holds
/// it and waits for the listings would wait for whoever holds these and counts a view.
async fn nobody_looks(views: &mut watch::Receiver<u32>) {
    let _none = views.wait_for(|views| *views == 0).await;
}

impl Fill {
    async fn run(self) {
        let result = tokio::select! {
            () = self.stop.cancelled() => Ok(Ended::Whole),
            result = self.pages() => result,
        };
        if !matches!(result, Ok(Ended::Resting))
            && let Some(running) = lock(&self.listings).get_mut(&self.id.0)
        {
            running.active = false;
            running.error = result.err();
            running.moved.send_replace(());
        }
        if let Ok(Some(info)) = self.catalog.listing_info(self.id).await {
            self.hub.listing(self.id.0, info.revision.saturating_add(1));
        }
    }

    /// Nobody looks: it stops here, unless somebody came back in this very moment.
    fn rests(&self) -> bool {
        let mut listings = lock(&self.listings);
        let Some(running) = listings.get_mut(&self.id.0) else { return true };
        running.active = *running.views.borrow() > 0;
        running.moved.send_replace(());
        !running.active
    }

    async fn pages(&self) -> Result<Ended, UiError> {
        let browse = self.remotes.browse(&self.connection).await?;
        let Some((mut after, mut tops, mut views)) = lock(&self.listings)
            .get(&self.id.0)
            .map(|running| (running.after.clone(), running.tops.clone(), running.views.subscribe()))
        else {
            return Ok(Ended::Resting);
        };
        loop {
            // Only a request is dropped: a page that came is kept, and with it where the next one begins.
            let mut page = tokio::select! {
                biased;
                () = nobody_looks(&mut views) => {
                    if self.rests() {
                        return Ok(Ended::Resting);
                    }
                    continue;
                }
                page = self.page(browse.as_ref(), after.as_ref(), tops.clone()) => page?,
            };
            page.entries.retain(|entry| !stands_for(&self.prefix, entry));
            let info = self.catalog.add_to_listing(self.id, page.entries).await?;
            // A server that gives the same token again would keep us here for ever.
            if page.next.is_some() && page.next == after {
                return Err(UiError::new(
                    ErrorCode::Unexpected,
                    "The server sent the same page of the list again and again, so the list is not whole. Refresh it; if it stays, tell whoever runs the server.",
                ));
            }
            let first = after.is_none();
            (after, tops) = (page.next, page.tops);
            if let Some(running) = lock(&self.listings).get_mut(&self.id.0) {
                running.after.clone_from(&after);
                running.tops.clone_from(&tops);
            }
            if after.is_none() {
                self.catalog.finish_listing(self.id).await?;
                return Ok(Ended::Whole);
            }
            self.page_came();
            self.hub.listing(self.id.0, info.revision);
            if first {
                // Left already: what is next sees that at once.
                let _left = tokio::time::timeout(FIRST_LOOK, nobody_looks(&mut views)).await;
            }
        }
    }

    async fn page(
        &self,
        browse: &dyn RemoteBrowse,
        after: Option<&Mark>,
        mut tops: Tops,
    ) -> Result<Page, RemoteError> {
        if !self.deleted {
            let token = match after {
                Some(Mark::Token(token)) => Some(token.as_str()),
                Some(Mark::Version(_)) | None => None,
            };
            let Level { entries, next } =
                browse.level(&self.bucket, &self.prefix, Depth::Level, token).await?;
            return Ok(Page { entries, next: next.map(Mark::Token), tops });
        }
        let mark = match after {
            Some(Mark::Version(mark)) => Some(mark),
            Some(Mark::Token(_)) | None => None,
        };
        let page = browse.versions(&self.bucket, &self.prefix, Depth::Level, mark).await?;
        let mut entries: Vec<LevelEntry> = page.folders.into_iter().map(LevelEntry::Folder).collect();
        entries.extend(page.versions.into_iter().filter_map(|one| tops.add(one.key, one.version)).map(shown));
        Ok(Page { entries, next: page.next.map(Mark::Version), tops })
    }

    fn page_came(&self) {
        if let Some(running) = lock(&self.listings).get(&self.id.0) {
            running.moved.send_replace(());
        }
    }
}

/// The entry of a key by its versions.
fn shown(top: Top) -> LevelEntry {
    let Top { key, modified, content: Content { size, etag, class }, deleted } = top;
    let (etag, class) = (etag.as_str().to_owned(), class.into_string());
    match deleted {
        Some(at) => LevelEntry::Deleted { key, size, modified, etag, class, at },
        None => LevelEntry::Object { key, size, modified: Some(modified), etag, class },
    }
}

/// Whether this is the empty object that stands for the folder itself; it is no file in it.
fn stands_for(prefix: &str, entry: &LevelEntry) -> bool {
    matches!(entry, LevelEntry::Object { key, size: 0, .. } | LevelEntry::Deleted { key, size: 0, .. } if key == prefix)
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
        deleted: Option<bool>,
    ) -> Result<ListingSummary, UiError> {
        let deleted = deleted.unwrap_or_default();
        self.connection(&connection).await?;
        let known = if refresh {
            None
        } else {
            self.catalog.find_listing(&connection, &bucket, &prefix, deleted).await?
        };
        let known = known.filter(|known| {
            let mut listings = lock(&self.listings);
            let running = listings.get_mut(&known.id.0);
            let fit = known.complete || running.as_ref().is_some_and(|r| r.error.is_none());
            if let Some(running) = running.filter(|_| fit) {
                running.views.send_modify(|views| *views += 1);
            }
            fit
        });
        let id = match known {
            Some(known) if known.complete => return Ok(self.summary(known)),
            Some(known) => known.id,
            None => {
                let now = self.clock.now();
                let id = self.catalog.begin_listing(&connection, &bucket, &prefix, deleted, now).await?;
                let running = Running {
                    active: false,
                    error: None,
                    views: watch::Sender::new(1),
                    after: None,
                    tops: Tops::default(),
                    moved: watch::Sender::new(()),
                };
                lock(&self.listings).insert(id.0, running);
                id
            }
        };
        self.fill(id, connection, &bucket, prefix, deleted);
        self.first_page(id).await;
        let info = self.catalog.listing_info(id).await?.ok_or_else(gone)?;
        Ok(self.summary(info))
    }

    /// Begins to fill a listing, or goes on; does nothing for one that is being filled.
    fn fill(&self, id: ListingId, connection: String, bucket: &str, prefix: String, deleted: bool) {
        match lock(&self.listings).get_mut(&id.0).filter(|running| !running.active) {
            Some(running) => running.active = true,
            None => return,
        }
        self.tasks.spawn(
            Fill {
                id,
                connection,
                bucket: Bucket::new(bucket),
                prefix,
                deleted,
                catalog: Arc::clone(&self.catalog),
                remotes: Arc::clone(&self.remotes),
                hub: Arc::clone(&self.hub),
                listings: Arc::clone(&self.listings),
                stop: self.stop.child_token(),
            }
            .run(),
        );
    }

    /// Waits a moment for the first page of a listing that has none.
    async fn first_page(&self, id: ListingId) {
        let mut moved = {
            let listings = lock(&self.listings);
            let Some(running) = listings.get(&id.0).filter(|r| r.active && r.after.is_none()) else { return };
            running.moved.subscribe()
        };
        // Neither a slow server nor one that is gone is an error here: the summary says how far it is.
        let _slow = tokio::time::timeout(FIRST_PAGE, moved.changed()).await;
    }

    /// Opens a list and reads its first rows, in one call: two would be a wait more before anything is seen.
    #[expect(clippy::too_many_arguments, reason = "the fields of two calls, by name at the door")]
    pub(crate) async fn open_list(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
        refresh: bool,
        deleted: Option<bool>,
        limit: u64,
        sort: SortBy,
        descending: bool,
        filter: String,
    ) -> Result<ListingWindow, UiError> {
        let summary = self.open_listing(connection, bucket, prefix, refresh, deleted).await?;
        self.listing_window(summary.id, 0, limit, sort, descending, filter).await
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
        let mut moved = {
            let mut listings = lock(&self.listings);
            let Some(running) = listings.get_mut(&id.0) else { return Ok(()) };
            running.views.send_modify(|views| *views = views.saturating_sub(1));
            // One that ended needs nothing kept; one that stops goes on from there when it is opened again.
            if *running.views.borrow() == 0 && !running.active && running.after.is_none() {
                listings.remove(&id.0);
                return Ok(());
            }
            running.moved.subscribe()
        };
        // Whoever closed it may count on it that no request of it is under way.
        while self.fills_for_nobody(id) && moved.changed().await.is_ok() {}
        Ok(())
    }

    fn fills_for_nobody(&self, id: ListingId) -> bool {
        let listings = lock(&self.listings);
        listings.get(&id.0).is_some_and(|running| running.active && *running.views.borrow() == 0)
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
