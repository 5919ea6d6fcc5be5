//! How an index is filled: by one lister, and by several where that pays (`windlass_domain::shards`), each with a place of its own in
//! the journal. Pages are kept one at a time; what is on the way when somebody stops is asked for again.
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use windlass_domain::shards::{Cut, Pace, SETTLED, Seam, gap, split_point};
use windlass_domain::{Bucket, Support};
use windlass_ports::remote::Depth;
use windlass_ports::{
    Catalog, Clock, Index, IndexInfo, IndexPart, Level, LevelEntry, ListingId, PartPage, RemoteBrowse,
    RemoteError, RemoteErrorKind, Remotes,
};

use crate::UiError;
use crate::dto::ErrorCode;
use crate::events::Hub;
use crate::indexes::{Fillings, lock};

/// First pause after trouble that may be over the next moment; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Parts of one index.
const MOST_PARTS: usize = 200;
/// A part of which an older index knows fewer keys is not worth a request more.
const WORTH_SPLITTING: u64 = 4_000;
/// What directory buckets are called: they list in no order, and from no key on.
const DIRECTORY: &str = "--x-s3";

/// What filling needs; it outlives the call that began it.
pub(crate) struct Fill {
    pub(crate) info: IndexInfo,
    /// A whole index of the same place: it tells where the middle is.
    pub(crate) older: Option<ListingId>,
    pub(crate) index: Arc<dyn Index>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) remotes: Arc<dyn Remotes>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) fillings: Fillings,
    pub(crate) stop: CancellationToken,
}

/// What one request of one lister brought.
struct Asked {
    part: u32,
    token: Option<String>,
    began: Instant,
    trip: Duration,
    page: Result<Level, RemoteError>,
}

/// What happens with a page.
enum Taken {
    Kept,
    /// This server has an order of its own: everything is listed again, by one lister.
    Again,
}

/// Listers under way.
struct Listers {
    asking: JoinSet<Asked>,
    pace: Pace,
    /// Pages of each part that is being read, since it began or was split.
    pages: BTreeMap<u32, u64>,
    busy: Vec<u32>,
    /// The first key of the listing.
    first: Option<String>,
    /// Until when everybody waited last.
    calm: Instant,
    pause: Duration,
    alone: bool,
}

async fn ask(browse: Arc<dyn RemoteBrowse>, bucket: Bucket, prefix: String, part: IndexPart) -> Asked {
    let began = Instant::now();
    let page = match &part.next {
        None if !part.span.after.is_empty() => browse.deep_after(&bucket, &prefix, &part.span.after).await,
        token => browse.level(&bucket, &prefix, Depth::Deep, token.as_deref()).await,
    };
    Asked { part: part.number, token: part.next, began, trip: began.elapsed(), page }
}

impl Fill {
    fn note(&self, running: bool, error: Option<UiError>) {
        if let Some(filling) = lock(&self.fillings).get_mut(&self.info.listing.id.0) {
            filling.running = running;
            filling.error = error;
        }
        self.hub.indexes();
    }

    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = self.fill() => result,
        };
        self.note(false, result.err());
    }

    async fn fill(&mut self) -> Result<(), UiError> {
        while let Taken::Again = self.parts().await? {
            self.begin_alone().await?;
        }
        self.index.finish_index(self.info.listing.id, self.clock.now()).await?;
        Ok(())
    }

    /// Whether the server must not be asked for more than one page at a time.
    async fn must_be_alone(&self) -> bool {
        let known = self.catalog.capabilities(&self.info.connection, &self.info.bucket).await;
        let unordered = matches!(known, Ok(Some((found, _))) if found.utf8_order == Support::No);
        unordered || self.info.bucket.ends_with(DIRECTORY)
    }

    /// Lists what is left of all parts.
    async fn parts(&mut self) -> Result<Taken, UiError> {
        let empty = self.info.parts.iter().filter(|part| part.done && part.last.is_empty()).count();
        let first = self.info.parts.first().and_then(|part| match &part.first {
            Some(Seam::Key(key)) => Some(key.clone()),
            Some(Seam::End) | None => None,
        });
        let mut listers = Listers {
            asking: JoinSet::new(),
            pace: Pace::after(self.info.requests, empty as u64),
            pages: BTreeMap::new(),
            busy: Vec::new(),
            first,
            calm: Instant::now(),
            pause: FIRST_PAUSE,
            alone: self.must_be_alone().await,
        };
        loop {
            self.send_out(&mut listers).await?;
            match listers.asking.join_next().await {
                None => break,
                Some(Ok(asked)) => {
                    listers.busy.retain(|part| *part != asked.part);
                    if let Taken::Again = self.take(&mut listers, asked).await? {
                        return Ok(Taken::Again);
                    }
                }
                Some(Err(died)) => {
                    return Err(UiError::new(
                        ErrorCode::Unexpected,
                        "Listing broke off for a reason of our own. What is indexed stays searchable.",
                    )
                    .with_detail(died));
                }
            }
        }
        self.close().await
    }

    /// As many listers as pay: to parts that wait, then to halves of others.
    async fn send_out(&mut self, listers: &mut Listers) -> Result<(), UiError> {
        while listers.busy.len() < listers.pace.listers() {
            let free = |part: &&IndexPart| !part.done && !listers.busy.contains(&part.number);
            let Some(part) = self.info.parts.iter().find(free).cloned() else {
                if listers.busy.is_empty() || !self.split(listers).await? {
                    return Ok(());
                }
                continue;
            };
            let browse = self.remotes.browse(&self.info.connection).await?;
            let bucket = Bucket::new(self.info.bucket.as_str());
            listers.busy.push(part.number);
            listers.asking.spawn(ask(browse, bucket, self.info.prefix.clone(), part));
        }
        Ok(())
    }

    /// Cuts the part in two that has been read for longest; whether there is one that can be.
    async fn split(&mut self, listers: &mut Listers) -> Result<bool, UiError> {
        if listers.alone || self.info.alone || self.info.parts.len() >= MOST_PARTS {
            return Ok(false);
        }
        let id = self.info.listing.id;
        let pages = |part: &IndexPart| listers.pages.get(&part.number).copied().unwrap_or(0);
        let begun = |part: &&IndexPart| !part.done && !part.last.is_empty();
        let mut order: Vec<IndexPart> = self.info.parts.iter().filter(begun).cloned().collect();
        order.sort_by_key(|part| Reverse(pages(part)));
        for part in order {
            let until = part.span.until.as_deref();
            let known = match self.older {
                Some(older) if listers.pace.may_split(true) => {
                    self.index.middle_of_index(older, &part.last, until).await?
                }
                Some(_) | None => None,
            };
            let at = match known {
                Some((_, few)) if few < WORTH_SPLITTING => continue,
                Some((key, _)) => Some(key),
                None if pages(&part) >= SETTLED && listers.pace.may_split(false) => {
                    listers.first.as_deref().and_then(|first| split_point(first, &part.last, until))
                }
                None => None,
            };
            let Some(at) = at else { continue };
            if let Some(info) = self.index.split_index(id, part.number, &at).await? {
                self.info = info;
                listers.pages.insert(part.number, 0);
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn take(&mut self, listers: &mut Listers, asked: Asked) -> Result<Taken, UiError> {
        let page = match asked.page {
            Ok(page) => page,
            // Nothing is lost: the next request is the same one.
            Err(error) if error.kind.is_passing() => {
                if error.kind == RemoteErrorKind::Throttled {
                    listers.pace.throttled();
                }
                self.note(true, Some(error.into()));
                // Who asked before the last pause met the same trouble as it did.
                if asked.began >= listers.calm {
                    tokio::time::sleep(listers.pause).await;
                    listers.pause = (listers.pause * 2).min(LONGEST_PAUSE);
                    listers.calm = Instant::now();
                }
                return Ok(Taken::Kept);
            }
            Err(error) if error.kind == RemoteErrorKind::BadRequest && asked.token.is_some() => {
                return Err(UiError::new(
                    ErrorCode::Unexpected,
                    "The server no longer knows where the list stopped. What is indexed stays searchable. Make the index again.",
                )
                .with_detail(crate::chain(&error)));
            }
            Err(error) => return Err(error.into()),
        };
        listers.pause = FIRST_PAUSE;
        if page.next.is_some() && page.next == asked.token {
            return Err(UiError::new(
                ErrorCode::Unexpected,
                "The server sent the same page of the list again and again, so the index cannot become whole. What is indexed stays searchable.",
            ));
        }
        if listers.first.is_none() {
            listers.first = page.entries.first().map(|entry| entry.key().to_owned());
        }
        let began = Instant::now();
        let id = self.info.listing.id;
        if self.info.parts.len() == 1 {
            let more = page.next.is_some();
            self.info = self.index.add_to_index(id, page.entries, page.next).await?;
            if !more && let Some(part) = self.info.parts.first_mut() {
                part.done = true;
            }
        } else if let Taken::Again = self.take_part(listers, asked.part, page).await? {
            return Ok(Taken::Again);
        }
        *listers.pages.entry(asked.part).or_default() += 1;
        listers.pace.page(asked.trip, began.elapsed());
        self.note(true, None);
        Ok(Taken::Kept)
    }

    /// Keeps what of a page is in its part, as the part is now: it may have been split while the page was on its way.
    async fn take_part(&mut self, listers: &mut Listers, number: u32, page: Level) -> Result<Taken, UiError> {
        let Some(part) = self.info.parts.iter().find(|part| part.number == number) else {
            return Ok(Taken::Again);
        };
        let Level { mut entries, next } = page;
        let cut = part.span.cut(&part.last, entries.iter().map(LevelEntry::key));
        let key = |entry: &LevelEntry| Seam::Key(entry.key().to_owned());
        let end = next.is_none().then_some(Seam::End);
        let first = entries.first().map(key).or_else(|| end.clone());
        let behind = match cut {
            Cut::Disorder => return Ok(Taken::Again),
            Cut::Whole => end,
            Cut::At(place) => {
                let behind = entries.get(place).map(key);
                entries.truncate(place);
                behind
            }
        };
        if entries.len() as u64 > part.room {
            return Ok(Taken::Again);
        }
        if behind.is_some() && part.last.is_empty() && entries.is_empty() {
            listers.pace.wasted();
        }
        let next = if behind.is_some() { None } else { next };
        let page = PartPage { entries, next, first, behind };
        self.info = self.index.add_to_part(self.info.listing.id, number, page).await?;
        Ok(Taken::Kept)
    }

    /// Whether nothing lies between the parts that nobody listed.
    async fn close(&mut self) -> Result<Taken, UiError> {
        let seam = |part: &IndexPart| (part.first.clone(), part.behind.clone());
        let mut seams: Vec<_> = self.info.parts.iter().map(seam).collect();
        while let Some(at) = gap(&seams) {
            if !self.is_closed(at).await? {
                return Ok(Taken::Again);
            }
            let first = seams.get(at + 1).and_then(|(first, _)| first.clone());
            match seams.get_mut(at) {
                Some((_, behind)) if first.is_some() => *behind = first,
                Some(_) | None => return Ok(Taken::Again),
            }
        }
        Ok(Taken::Kept)
    }

    /// Looks at a border again, from both sides: somebody may have written or deleted there between the two looks before.
    async fn is_closed(&self, at: usize) -> Result<bool, UiError> {
        let (Some(left), Some(right)) = (self.info.parts.get(at), self.info.parts.get(at + 1)) else {
            return Ok(false);
        };
        let browse = self.remotes.browse(&self.info.connection).await?;
        let bucket = Bucket::new(self.info.bucket.as_str());
        let from = if left.last.is_empty() { &left.span.after } else { &left.last };
        let before = if from.is_empty() {
            browse.level(&bucket, &self.info.prefix, Depth::Deep, None).await?
        } else {
            browse.deep_after(&bucket, &self.info.prefix, from).await?
        };
        let behind = browse.deep_after(&bucket, &self.info.prefix, &right.span.after).await?;
        self.index.count_requests(self.info.listing.id, 2).await?;
        let met = |page: &Level| {
            let key = page.entries.iter().map(LevelEntry::key).find(|key| !left.span.contains(key));
            key.map(|key| Seam::Key(key.to_owned())).or_else(|| page.next.is_none().then_some(Seam::End))
        };
        Ok(met(&before).is_some() && met(&before) == met(&behind))
    }

    /// The same index from its beginning, for one lister.
    async fn begin_alone(&mut self) -> Result<(), UiError> {
        let old = self.info.listing.id;
        tracing::info!(
            bucket = self.info.bucket,
            "the server does not list in the order of the keys: one lister from here on"
        );
        let new = self.index.begin_index_alone(old).await?;
        {
            let mut fillings = lock(&self.fillings);
            if let Some(mut filling) = fillings.remove(&old.0) {
                (filling.began, filling.had) = (Instant::now(), 0);
                fillings.insert(new.0, filling);
            }
        }
        self.info = self
            .index
            .index(new)
            .await?
            .ok_or_else(|| UiError::new(ErrorCode::NotFound, "This index was dropped. Make it again."))?;
        self.hub.indexes();
        Ok(())
    }
}
