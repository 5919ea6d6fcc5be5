//! Looking at the bucket side of an upload: what is at the key, whether it is ours, and what was left open.
use std::time::Duration;

use futures::StreamExt as _;
use windlass_domain::upload::Found;
use windlass_domain::{
    Crc64Nvme, Digest, ObjectKey, PairId, RemoteExpect, RemoteState, Timestamp, UploadSpec,
};
use windlass_ports::{RemoteError, RemoteErrorKind, RemoteStore};

use crate::planted::{self, Bug};
use crate::pool::Live;
use crate::read::{self, SourceTrouble};
use crate::retry;
use crate::shared::Shared;

/// How far a server's clock may be behind ours when it says when an upload began.
const CLOCK_SLACK_MS: i64 = 15 * 60 * 1000;
/// Bytes read at once when a file is only hashed.
const SLAB: u64 = 4 * 1024 * 1024;

/// Trouble of either side.
#[derive(Debug)]
pub(crate) enum Trouble {
    Remote(RemoteError),
    Source(SourceTrouble),
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<SourceTrouble> for Trouble {
    fn from(trouble: SourceTrouble) -> Self {
        Self::Source(trouble)
    }
}

/// What is at the key; `None` when nothing is.
pub(crate) async fn head(
    shared: &Shared,
    store: &dyn RemoteStore,
    key: &ObjectKey,
) -> Result<Option<RemoteState>, RemoteError> {
    match shared.call(store.head(key)).await {
        Ok(state) => Ok(Some(state)),
        Err(error) if error.kind == RemoteErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether what is at a key is what a write expects there.
pub(crate) fn as_expected(found: Option<&RemoteState>, expect: &RemoteExpect) -> bool {
    match (found, expect) {
        (None, RemoteExpect::Absent) => true,
        (Some(state), RemoteExpect::Unchanged(etag)) => state.etag == *etag,
        (None, RemoteExpect::Unchanged(_)) | (Some(_), RemoteExpect::Absent) => false,
    }
}

/// Looks that may show another version than the one just written, before it is believed (hazard HB15: some providers show
/// the state before a write for a moment).
const STALE_LOOKS: u32 = 4;

/// The CRC-64/NVME of a stored version, asked for after the write: the server's own word on what it holds, or, where it keeps
/// none, computed over the bytes read back. The answer to the write itself is no proof of what lies on the server's disk.
pub(crate) async fn stored_digest(
    shared: &Shared,
    store: &dyn RemoteStore,
    key: &ObjectKey,
    state: &RemoteState,
    pair: Option<&PairId>,
) -> Result<Digest, RemoteError> {
    if let Some(digest @ Digest::Crc64Nvme(_)) = state.digest {
        return Ok(digest);
    }
    let mut looks = 0;
    let seen = loop {
        let seen = head(shared, store, key).await?;
        looks += 1;
        match seen {
            Some(seen) if seen.etag == state.etag => break seen,
            _ if looks < STALE_LOOKS => {
                let wait = retry::delay_ms(looks, shared.ports.entropy.as_ref());
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            _ => {
                return Err(RemoteError {
                    kind: RemoteErrorKind::PreconditionFailed,
                    source: "another version is there than the one that was written".into(),
                });
            }
        }
    };
    if let Some(digest @ Digest::Crc64Nvme(_)) = seen.digest {
        return Ok(digest);
    }
    if state.size == 0 {
        return Ok(Crc64Nvme::EMPTY.digest());
    }
    let place = shared.budget.gate.enter().await;
    let mut body = store.get(key, None, &state.etag).await?;
    let mut whole = Crc64Nvme::EMPTY;
    while let Some(chunk) = body.next().await {
        whole = whole.then(Crc64Nvme::of(&chunk?));
        shared.beat(pair);
    }
    place.succeeded();
    if whole.len != state.size {
        return Err(RemoteError {
            kind: RemoteErrorKind::Network,
            source: format!("{} bytes of {} came back", whole.len, state.size).into(),
        });
    }
    Ok(whole.digest())
}

/// The checksum of the whole file here. It must lie still meanwhile.
pub(crate) async fn file_digest(shared: &Shared, spec: &UploadSpec) -> Result<Digest, SourceTrouble> {
    let mut whole = Crc64Nvme::EMPTY;
    while whole.len < spec.snapshot.size {
        let end = (whole.len + SLAB).min(spec.snapshot.size);
        let _room = shared.budget.memory(end - whole.len).await;
        let (_, crc) = read::read(shared, spec, whole.len..end).await?;
        whole = whole.then(crc);
        shared.beat(spec.pair.as_ref());
    }
    read::unchanged(shared, spec).await?;
    Ok(whole.digest())
}

/// Looks at the key and says whose content is there, by checksum, never by guess (hazard HB5).
pub(crate) async fn resolve(
    shared: &Shared,
    store: &dyn RemoteStore,
    spec: &UploadSpec,
    digest: Option<Digest>,
) -> Result<Found, Trouble> {
    let Some(state) = head(shared, store, &spec.key).await? else { return Ok(Found::Nothing) };
    if matches!(&spec.expect, RemoteExpect::Unchanged(etag) if *etag == state.etag) {
        // What was to be replaced is still there: nothing of ours arrived.
        return Ok(Found::Nothing);
    }
    if state.size != spec.snapshot.size {
        return Ok(Found::Other);
    }
    let ours = match digest {
        Some(ours) => ours,
        None => file_digest(shared, spec).await?,
    };
    let theirs = stored_digest(shared, store, &spec.key, &state, spec.pair.as_ref()).await?;
    if theirs == ours || planted::is(Bug::SizeIsEnough) {
        let remote = RemoteState { digest: Some(theirs), ..state };
        Ok(Found::Ours { remote, digest: ours })
    } else {
        Ok(Found::Other)
    }
}

/// Gives back uploads of this key whose ids nobody noted: a kill or a cut between the server's answer and the journal.
///
/// Only this key's, only such that began after this transfer was queued, and only without parts: another device's upload of
/// the same key that is under way has parts or gets a new id at the price of a request (hazards HB24, HB25).
pub(crate) async fn sweep(shared: &Shared, store: &dyn RemoteStore, live: &Live) -> Result<(), RemoteError> {
    if planted::is(Bug::DoesNotSweep) {
        return Ok(());
    }
    let spec = &live.spec;
    let found = match shared.call(store.list_uploads(spec.key.as_str())).await {
        Ok(found) => found,
        Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported | RemoteErrorKind::AccessDenied) => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    // Our clock may have been set back since it was queued.
    let queued = live.queued_at.millis();
    let queued = if planted::is(Bug::TrustsItsClock) { queued } else { queued.min(shared.now().millis()) };
    let since = queued.saturating_sub(CLOCK_SLACK_MS);
    for open in found.into_iter().filter(|open| open.key == spec.key) {
        let ours = open.initiated.is_none_or(|at| at >= Timestamp::from_millis(since));
        if !ours {
            continue;
        }
        match shared.call(store.list_parts(&spec.key, &open.upload)).await {
            Ok(parts) if parts.is_empty() => {}
            Ok(_) => continue,
            Err(error) if error.kind == RemoteErrorKind::NoSuchUpload => continue,
            Err(error) => return Err(error),
        }
        tracing::info!(key = %spec.key, "giving back an upload that was opened and not noted");
        shared.call(store.abort_upload(&spec.key, &open.upload)).await?;
    }
    Ok(())
}
