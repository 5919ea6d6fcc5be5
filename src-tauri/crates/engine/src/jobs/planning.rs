//! Listing what a job is about.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use windlass_domain::job::Planner;
use windlass_domain::{Bucket, ETag, Item, ItemState, JobKind, JobState, ObjectKey, RemoteState, Root};
use windlass_ports::remote::Depth;
use windlass_ports::{LevelEntry, RemoteError, RemoteErrorKind, RemoteStore};

use super::{Archived, Live, Order, custody, over, restore};
use crate::remote;
use crate::retry;
use crate::shared::{EngineEvent, Shared, Stopping, lock};

/// Rows written in one commit.
pub(super) const CHUNK: usize = 1000;
/// Single objects looked at at once.
const LOOKS: usize = 16;
/// Tries of a listing before a plan is given up.
pub(super) const TRIES: u32 = 6;

pub(super) enum Ended {
    Stopping,
    Cancelled,
    Remote(RemoteError),
    /// It makes no sense here, in words for people.
    Words(&'static str),
}

impl From<Stopping> for Ended {
    fn from(_: Stopping) -> Self {
        Self::Stopping
    }
}

impl From<RemoteError> for Ended {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

/// Plans a job, and says that it is ready or why it cannot be.
pub(super) async fn plan(shared: &Shared, live: &Live, archived: Archived) {
    let made = match live.row().spec.kind {
        JobKind::Restore => restore::rows(shared, live, archived).await,
        JobKind::Purge => custody::purge_rows(shared, live).await,
        JobKind::Lock => match custody::lockable(shared, live).await {
            Ok(()) => rows(shared, live).await,
            Err(ended) => Err(ended),
        },
        JobKind::Copy | JobKind::Move | JobKind::Edit | JobKind::Delete | JobKind::Undelete => {
            rows(shared, live).await
        }
    };
    match made {
        Ok(()) => {
            // An error says that the engine stops; the plan is made anew then.
            let _stopping = live.save(shared, |row| row.state = JobState::Ready, Vec::new()).await;
        }
        Err(Ended::Stopping) => {}
        Err(Ended::Cancelled) => {
            let id = live.id();
            shared.jobs.remove(&id);
            if let Err(error) = shared.ports.jobs.remove_job(&id).await {
                tracing::warn!(error = %error.source, "a plan that was cancelled is forgotten with the next start");
            }
            live.state.send_replace(JobState::Cancelled);
            shared.tell(EngineEvent::Jobs);
        }
        Err(Ended::Words(words)) => {
            lock(&live.row).note = words.to_owned();
            let _stopping = over(shared, live, JobState::Failed, shared.now()).await;
        }
        Err(Ended::Remote(error)) => {
            tracing::warn!(kind = ?error.kind, error = %error.source, "a job could not be planned");
            lock(&live.row).note = words(&error).to_owned();
            let _stopping = over(shared, live, JobState::Failed, shared.now()).await;
        }
    }
}

/// Why a plan could not be made.
pub(crate) const fn words(error: &RemoteError) -> &'static str {
    match error.kind {
        RemoteErrorKind::AccessDenied => {
            "You may not list it. Nothing was done. Ask whoever owns the bucket."
        }
        RemoteErrorKind::Unauthenticated => {
            "The server does not accept the credentials. Nothing was done. Sign in again, then try again."
        }
        RemoteErrorKind::BucketMissing => "There is no such bucket. Nothing was done.",
        RemoteErrorKind::NotFound => "It is not there any more. Nothing was done. Refresh the list.",
        RemoteErrorKind::Network | RemoteErrorKind::Throttled => {
            "The server did not answer, several times. Nothing was done. Try again when the network is back."
        }
        RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::Integrity
        | RemoteErrorKind::Unsupported
        | RemoteErrorKind::BadRequest
        | RemoteErrorKind::Archived
        | RemoteErrorKind::Unexpected => {
            "The server's answer makes no sense. Nothing was done. Try again later."
        }
    }
}

/// The level that holds a key or a prefix.
pub(crate) fn level(of: &str) -> &str {
    let trimmed = of.strip_suffix('/').unwrap_or(of);
    trimmed.rfind('/').and_then(|at| trimmed.get(..=at)).unwrap_or_default()
}

async fn rows(shared: &Shared, live: &Live) -> Result<(), Ended> {
    let spec = live.row().spec;
    let near = |root: fn(&Root) -> &str| spec.roots.first().map_or("", |one| level(root(one))).to_owned();
    // Tried out before anything is listed: a trial writes and removes keys of its own.
    let source = shared.store(&spec.connection, &spec.bucket, &near(|r| &r.from)).await?;
    let target = shared.store(&spec.connection, &spec.to_bucket, &near(|r| &r.to)).await?;
    lock(&live.row).versioned = source.capabilities().versioning.proved();
    let mut there = BTreeMap::new();
    if spec.kind.has_destination() {
        for root in spec.roots.iter().filter(|root| root.is_folder()) {
            let mut note = |key: ObjectKey, _: u64, etag: ETag| {
                there.insert(key.as_str().to_owned(), etag);
                None
            };
            list(shared, live, &spec.to_bucket, &root.to, &mut note).await?;
        }
        let keys = spec.roots.iter().filter(|root| !root.is_folder()).map(|root| root.to.clone());
        for (key, found) in heads(shared, &target, keys.collect()).await? {
            there.extend(found.map(|state| (key, state.etag)));
        }
    }
    let mut planner = Planner::new(&spec, &there);
    for (number, root) in spec.roots.iter().enumerate().filter(|(_, root)| root.is_folder()) {
        let mut add = |key: ObjectKey, size: u64, etag: ETag| planner.add(number, &key, size, &etag);
        list(shared, live, &spec.bucket, &root.from, &mut add).await?;
    }
    let single: Vec<(usize, &str)> = spec
        .roots
        .iter()
        .enumerate()
        .filter(|(_, root)| !root.is_folder())
        .map(|(number, root)| (number, root.from.as_str()))
        .collect();
    for chunk in single.chunks(CHUNK) {
        let keys = chunk.iter().map(|(_, key)| (*key).to_owned()).collect();
        let found = heads(shared, &source, keys).await?;
        let mut items = Vec::new();
        for ((number, _), (key, state)) in chunk.iter().zip(found) {
            let (Some(state), Ok(key)) = (state, ObjectKey::parse(&key)) else { continue };
            items.extend(planner.add(*number, &key, state.size, &state.etag));
        }
        write(shared, live, items).await?;
    }
    if live.row().counts.objects == 0 {
        let source = "nothing is there".into();
        return Err(RemoteError { kind: RemoteErrorKind::NotFound, source }.into());
    }
    Ok(())
}

pub(super) async fn write(shared: &Shared, live: &Live, items: Vec<Item>) -> Result<(), Ended> {
    if *live.order.borrow() == Order::Cancel {
        return Err(Ended::Cancelled);
    }
    let count = |row: &mut windlass_ports::JobRow| items.iter().for_each(|item| row.counts.planned(item));
    live.save(shared, count, items.clone()).await?;
    live.hint(shared);
    Ok(())
}

/// Every object below a prefix, page by page; the rows that are made of it are written.
async fn list(
    shared: &Shared,
    live: &Live,
    bucket: &Bucket,
    prefix: &str,
    each: &mut (dyn FnMut(ObjectKey, u64, ETag) -> Option<Item> + Send),
) -> Result<(), Ended> {
    let connection = live.row().spec.connection;
    let browse = shared.ports.remotes.browse(&connection).await?;
    let (mut after, mut tries, mut items) = (None, 0, Vec::new());
    loop {
        if *live.order.borrow() == Order::Cancel {
            return Err(Ended::Cancelled);
        }
        let page = match shared.call(browse.level(bucket, prefix, Depth::Deep, after.as_deref())).await {
            Ok(page) => page,
            Err(error) if error.kind.is_passing() && tries < TRIES => {
                tokio::time::sleep(pause(shared, tries)).await;
                tries += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        tries = 0;
        for entry in page.entries {
            let LevelEntry::Object { key, size, etag, class, .. } = entry else { continue };
            let Ok(key) = ObjectKey::parse(&key) else { continue };
            let Some(item) = each(key, size, ETag::new(etag)) else { continue };
            if item.state == ItemState::Planned {
                live.tally(&class, size);
            }
            items.push(item);
        }
        after = page.next;
        if !items.is_empty() && (items.len() >= CHUNK || after.is_none()) {
            write(shared, live, std::mem::take(&mut items)).await?;
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

pub(super) fn pause(shared: &Shared, tries: u32) -> Duration {
    Duration::from_millis(retry::delay_ms(tries, shared.ports.entropy.as_ref()))
}

/// What is at each of these keys.
async fn heads(
    shared: &Shared,
    store: &Arc<dyn RemoteStore>,
    keys: Vec<String>,
) -> Result<Vec<(String, Option<RemoteState>)>, RemoteError> {
    let look = |text: String| head(shared, store.as_ref(), text).boxed();
    futures::stream::iter(keys).map(look).buffered(LOOKS).try_collect().await
}

async fn head(
    shared: &Shared,
    store: &dyn RemoteStore,
    text: String,
) -> Result<(String, Option<RemoteState>), RemoteError> {
    let Ok(key) = ObjectKey::parse(&text) else { return Ok((text, None)) };
    let mut tries = 0;
    loop {
        match remote::head(shared, store, &key).await {
            Ok(found) => return Ok((text, found)),
            Err(error) if error.kind.is_passing() && tries < TRIES => {
                tokio::time::sleep(pause(shared, tries)).await;
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
