//! From what was seen on both sides to transfers: asks `decide` for each file and queues what it says.
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;
use windlass_domain::parts::MAX_OBJECT;
use windlass_domain::words::FailureCode;
use windlass_domain::{
    Action, BaseState, BatchId, Bucket, ConflictKind, ETag, Ending, LocalState, Observed, PartPlan, Prefix,
    RelPath, RemoteExpect, RemoteState, TransferId, Triple, UnknownReason, Upload, UploadSpec, decide,
};
use windlass_ports::remote::Depth;
use windlass_ports::{FileState, JournalWrite, LevelEntry, PairRow, RemoteError, RemoteErrorKind};

use crate::planted::{self, Bug};
use crate::pool::Live;
use crate::remote;
use crate::shared::{EngineEvent, Shared, Stopping};
use crate::worker;

/// From this many new files on, one listing is cheaper than a look at each key.
const LIST_FROM: usize = 16;
/// Pages of a listing that are read before single looks are cheaper after all (a thousand keys each).
const MOST_PAGES: usize = 200;
/// Single looks under way.
const LOOKS_AT_ONCE: usize = 8;
/// Uploads of a folder that may be open before planning waits for room.
pub(crate) const MOST_OPEN: u64 = 4096;

/// A file that lies still and may have to go up.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) path: RelPath,
    pub(crate) local: LocalState,
    pub(crate) base: Option<BaseState>,
}

/// What is known of the prefix in one look at the folder.
#[derive(Debug)]
pub(crate) enum RemoteView {
    /// Nobody looked yet.
    Unlooked,
    /// A listing that reached its end: sizes by key.
    Listed(BTreeMap<Box<str>, u64>),
    /// Too long, or not allowed: keys are looked at one by one.
    OneByOne,
}

/// What came of planning.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// Uploads queued.
    pub(crate) queued: usize,
    /// Why some files have to wait for the other side.
    pub(crate) waits: Option<RemoteErrorKind>,
}

/// Decides for each candidate and queues the transfers. One commit for all of them.
pub(crate) async fn plan(
    shared: &Shared,
    pair: &PairRow,
    candidates: Vec<Candidate>,
    view: &mut RemoteView,
) -> Result<Planned, Stopping> {
    let mut planned = Planned::default();
    let mut batch = Vec::new();
    let mut jobs: Vec<(Arc<UploadSpec>, Upload)> = Vec::new();
    let bucket = Bucket::new(pair.bucket.as_str());
    let prefix = Prefix::new(&pair.prefix);
    let mut wanted = Vec::new();
    for candidate in candidates {
        let fail = |code| saved(pair, &candidate.path, &candidate.local, FileState::Failed(code));
        match prefix.key(candidate.path.as_str()) {
            Err(_) => batch.push(fail(FailureCode::NameNotAllowed)),
            Ok(_) if candidate.local.size > MAX_OBJECT => batch.push(fail(FailureCode::TooLarge)),
            Ok(key) => wanted.push((candidate, key)),
        }
    }
    let fresh = wanted.iter().filter(|(candidate, _)| candidate.base.is_none()).count();
    if fresh >= LIST_FROM && matches!(view, RemoteView::Unlooked) {
        *view = list(shared, pair, &bucket).await.unwrap_or(RemoteView::OneByOne);
    }
    let known = &*view;
    let observed: Vec<_> = futures::stream::iter(wanted)
        .map(|(candidate, key)| {
            let bucket = &bucket;
            async move {
                let remote = match (&candidate.base, known) {
                    // Decided from the base alone: ingest never replaces.
                    (Some(_), _) => Ok(Observed::Unknown(UnknownReason::NotScanned)),
                    (None, RemoteView::Listed(sizes)) => Ok(match sizes.get(key.as_str()) {
                        None => Observed::Absent,
                        Some(size) => Observed::Present(RemoteState {
                            size: *size,
                            etag: ETag::new(""),
                            version: None,
                            digest: None,
                        }),
                    }),
                    (None, RemoteView::Unlooked | RemoteView::OneByOne) => {
                        look(shared, pair, bucket, &key).await
                    }
                };
                (candidate, key, remote)
            }
        })
        .buffered(LOOKS_AT_ONCE)
        .collect()
        .await;
    for (candidate, key, remote) in observed {
        let remote = match remote {
            Ok(remote) => remote,
            Err(error) if error.kind == RemoteErrorKind::BucketMissing => {
                batch.push(saved(
                    pair,
                    &candidate.path,
                    &candidate.local,
                    FileState::Failed(FailureCode::BucketMissing),
                ));
                continue;
            }
            Err(error) => {
                planned.waits = Some(error.kind);
                Observed::Unknown(UnknownReason::ListingIncomplete)
            }
        };
        let spec = UploadSpec {
            id: TransferId::from(shared.id('t')),
            batch: BatchId::from(pair.id.as_str()),
            pair: Some(pair.id.clone()),
            source: source(pair, &candidate.path),
            path: candidate.path.clone(),
            connection: pair.connection.clone(),
            bucket: bucket.clone(),
            key,
            snapshot: candidate.local.clone(),
            expect: RemoteExpect::Absent,
            parts: PartPlan::for_size(candidate.local.size),
        };
        let seen = match &remote {
            Observed::Present(state) => Observed::Present(state),
            Observed::Absent => Observed::Absent,
            Observed::Unknown(reason) => Observed::Unknown(*reason),
        };
        let triple = Triple {
            local: Observed::Present(&candidate.local),
            remote: seen,
            base: candidate.base.as_ref(),
        };
        let mut action = decide(pair.mode, triple);
        let mut local = candidate.local.clone();
        if action == Action::Compare && candidate.base.is_some() && planted::is(Bug::TouchIsAChange) {
            action = Action::Conflict(ConflictKind::ChangedAfterUpload);
        } else if action == Action::Compare && candidate.base.is_some() {
            // Only the times changed: the content decides (hazard HA5).
            match remote::file_digest(shared, &spec).await {
                Ok(digest) => {
                    local.digest = Some(digest);
                    action = decide(pair.mode, Triple { local: Observed::Present(&local), ..triple });
                }
                // The next look sees what became of it.
                Err(_) => action = Action::Wait(UnknownReason::NotScanned),
            }
        }
        // Somebody may have put the changed file there by another way: then both are equal again, and nobody has to mend anything.
        if action == Action::Conflict(ConflictKind::ChangedAfterUpload)
            && let Some(base) = &candidate.base
            && let Ok(Observed::Present(now)) = look(shared, pair, &bucket, &spec.key).await
            && now.etag != base.remote.etag
            && now.size == local.size
        {
            action = Action::Compare;
        }
        match action {
            Action::Upload { expect } => jobs.push((Arc::new(UploadSpec { expect, ..spec }), Upload::Queued)),
            Action::Compare => {
                jobs.push((
                    Arc::new(spec),
                    Upload::Resolving { upload: None, digest: None, cancelled: false },
                ));
            }
            Action::Adopt => {
                if let Some(base) = candidate.base {
                    let base = BaseState { local, remote: base.remote };
                    batch.push(JournalWrite::SaveBase { pair: pair.id.clone(), path: candidate.path, base });
                }
            }
            Action::Conflict(kind) => {
                let code = match kind {
                    ConflictKind::DifferentObjectThere | ConflictKind::BothChanged => {
                        FailureCode::DifferentObjectThere
                    }
                    ConflictKind::ReceiverChanged => FailureCode::ReceiverChanged,
                    ConflictKind::ChangedAfterUpload => FailureCode::ChangedAfterUpload,
                };
                batch.push(saved(pair, &candidate.path, &local, FileState::Failed(code)));
            }
            Action::Wait(_) => batch.push(saved(pair, &candidate.path, &local, FileState::Waiting)),
            // Nothing of these is ingest's.
            Action::Nothing
            | Action::Download { .. }
            | Action::DeleteRemote { .. }
            | Action::TrashLocal { .. }
            | Action::Forget => {}
        }
    }
    planned.queued = jobs.len();
    queue(shared, batch, jobs).await?;
    Ok(planned)
}

/// Makes transfers durable, then adds them to the pool.
pub(crate) async fn queue(
    shared: &Shared,
    mut batch: Vec<JournalWrite>,
    jobs: Vec<(Arc<UploadSpec>, Upload)>,
) -> Result<(), Stopping> {
    let at = shared.now();
    for (spec, state) in &jobs {
        batch.push(JournalWrite::SaveUpload { spec: spec.as_ref().clone(), state: state.clone(), at });
        if let Some(pair) = &spec.pair
            && let Some((file, note)) = worker::file_state(state)
        {
            batch.push(JournalWrite::SaveFile {
                pair: pair.clone(),
                path: spec.path.clone(),
                local: Some(spec.snapshot.clone()),
                state: file,
                note,
            });
        }
    }
    if batch.is_empty() {
        return Ok(());
    }
    let mut revision = shared.commit(batch).await?;
    let mut twice = Vec::new();
    for (spec, state) in jobs {
        if !shared.pool.add(Arc::new(Live::new(Arc::clone(&spec), at)), state, false) {
            twice.push(JournalWrite::SaveUpload {
                spec: spec.as_ref().clone(),
                state: Upload::Ended(Ending::Superseded),
                at,
            });
        }
    }
    // One upload to a key at a time (hazard HB28): whoever asked for a second one waits for the first.
    if !twice.is_empty() {
        revision = shared.commit(twice).await?;
    }
    shared.tell(EngineEvent::Uploads(revision));
    Ok(())
}

fn saved(pair: &PairRow, path: &RelPath, local: &LocalState, state: FileState) -> JournalWrite {
    JournalWrite::SaveFile {
        pair: pair.id.clone(),
        path: path.clone(),
        local: Some(local.clone()),
        state,
        note: String::new(),
    }
}

/// Absolute path of a file of a folder.
pub(crate) fn source(pair: &PairRow, path: &RelPath) -> String {
    std::path::Path::new(&pair.root).join(path.as_str()).to_string_lossy().into_owned()
}

/// Everything below the prefix. Only a listing that reached its end is one.
async fn list(shared: &Shared, pair: &PairRow, bucket: &Bucket) -> Result<RemoteView, RemoteError> {
    let browse = shared.ports.remotes.browse(&pair.connection).await?;
    let mut sizes = BTreeMap::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = shared.call(browse.level(bucket, &pair.prefix, Depth::Deep, after.as_deref())).await?;
        for entry in page.entries {
            if let LevelEntry::Object { key, size, .. } = entry {
                sizes.insert(key.into_boxed_str(), size);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(RemoteView::Listed(sizes));
        }
    }
    Ok(RemoteView::OneByOne)
}

async fn look(
    shared: &Shared,
    pair: &PairRow,
    bucket: &Bucket,
    key: &windlass_domain::ObjectKey,
) -> Result<Observed<RemoteState>, RemoteError> {
    let store = shared.store(&pair.connection, bucket, &pair.prefix).await?;
    match remote::head(shared, store.as_ref(), key).await {
        Ok(Some(state)) => Ok(Observed::Present(state)),
        Ok(None) => Ok(Observed::Absent),
        // Whoever may write and not read cannot look. The condition of the write is the look then: the server refuses to
        // replace, and where it is not known to, the worker looks again and fails for the same reason.
        Err(error) if error.kind == RemoteErrorKind::AccessDenied => Ok(Observed::Absent),
        Err(error) => Err(error),
    }
}
