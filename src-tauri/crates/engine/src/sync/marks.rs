//! Who a root and a prefix belong to: the marker file with its epoch, and the marker object.
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use windlass_domain::{Bucket, Crc64Nvme, ETag, Prefix, RemoteExpect};
use windlass_ports::{JournalWrite, PutBody, RemoteError, RemoteErrorKind, RemoteStore};

use super::{Evidence, MARKER};
use crate::observe::{Broken, went_away};
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

/// What the marker object says to people who find it.
const WORDS: &str = "This prefix is kept in step with a folder by Windlass. Without this object nothing is deleted in the folder.\n";

/// Checks root and epoch. A marker that is ahead of the journal means that the journal is an old copy (a backup, a disk
/// image): its bases go, so that nothing can be concluded from what is missing (hazard HC7).
pub(super) async fn here(shared: &Shared, pair: &PairHandle, evidence: &mut Evidence) -> Result<(), Broken> {
    let row = pair.row();
    let root = Path::new(&row.root);
    let marker = match shared.ports.fs.read_marker(root).await {
        Ok(marker) if marker.id == row.id.as_str() => marker,
        Ok(_) | Err(_) => return Err(went_away(row.root.clone())),
    };
    if marker.epoch > row.epoch && !planted::is(Bug::OldJournalIsFine) {
        tracing::warn!(pair = %row.id, marker = marker.epoch, journal = row.epoch, "the journal is older than the folder; merging");
        shared
            .commit(vec![
                JournalWrite::ForgetBases(row.id.clone()),
                JournalWrite::SaveBrake(row.id.clone(), None),
                JournalWrite::SetEpoch(row.id.clone(), marker.epoch),
            ])
            .await?;
        pair.set_brake(None);
        pair.set_epoch(marker.epoch);
        evidence.clear();
    } else if marker.epoch < row.epoch {
        // A stop between journal and marker.
        shared.ports.fs.set_epoch(root, row.id.as_str(), row.epoch).await.map_err(Broken::Disk)?;
    }
    Ok(())
}

/// The next epoch together with the intents that it is for: in the journal, then in the root, and only then may anything be
/// changed. In one commit, so that no copy of the journal knows of the epoch and not of what was done in it (hazard HC7).
pub(super) async fn next_epoch(
    shared: &Shared,
    pair: &PairHandle,
    mut intents: Vec<JournalWrite>,
) -> Result<(), Broken> {
    if planted::is(Bug::EpochStays) {
        shared.commit(intents).await?;
        return Ok(());
    }
    let row = pair.row();
    let epoch = row.epoch.saturating_add(1);
    if planted::is(Bug::EpochApart) {
        shared.commit(vec![JournalWrite::SetEpoch(row.id.clone(), epoch)]).await?;
    } else {
        intents.push(JournalWrite::SetEpoch(row.id.clone(), epoch));
    }
    shared.commit(intents).await?;
    pair.set_epoch(epoch);
    shared.ports.fs.set_epoch(Path::new(&row.root), row.id.as_str(), epoch).await.map_err(Broken::Disk)
}

/// Makes sure that the marker object is known. Its ETag is noted once; when the object is gone or another one, it stays
/// noted as it was, and no absence is proved until a person lets the folder merge.
pub(super) async fn there(shared: &Arc<Shared>, pair: &PairHandle) -> Result<(), Broken> {
    let row = pair.row();
    if row.remote_marker.is_some() {
        return Ok(());
    }
    let bucket = Bucket::new(row.bucket.as_str());
    let store = shared.store(&row.connection, &bucket, &row.prefix).await.map_err(Broken::Remote)?;
    let etag = match find_or_put(shared, pair, store.as_ref(), &Prefix::new(&row.prefix)).await {
        Ok(Some(etag)) => etag,
        Ok(None) => return Err(Broken::Paused),
        // Whoever may only read (a mirror down) goes on without; then nothing here is ever trashed.
        Err(error) if error.kind == RemoteErrorKind::AccessDenied => return Ok(()),
        Err(error) => return Err(Broken::Remote(error)),
    };
    shared.commit(vec![JournalWrite::SetRemoteMarker(row.id.clone(), Some(etag.clone()))]).await?;
    pair.set_remote_marker(Some(etag));
    Ok(())
}

/// `None` when the folder was paused meanwhile.
async fn find_or_put(
    shared: &Shared,
    pair: &PairHandle,
    store: &dyn RemoteStore,
    prefix: &Prefix,
) -> Result<Option<ETag>, RemoteError> {
    let key = prefix.key(MARKER).map_err(|error| RemoteError {
        kind: RemoteErrorKind::BadRequest,
        source: error.to_string().into(),
    })?;
    if let Some(state) = remote::head(shared, store, &key).await? {
        return Ok(Some(state.etag));
    }
    let may = || if pair.row().paused || shared.paused() { Err(()) } else { Ok(()) };
    let bytes = Bytes::from_static(WORDS.as_bytes());
    let body = PutBody { crc: Crc64Nvme::of(&bytes), bytes, flow: None };
    let Ok(put) = shared.change(may, store.put(&key, body, &RemoteExpect::Absent, &shared.device)).await
    else {
        return Ok(None);
    };
    match put {
        Ok(state) => Ok(Some(state.etag)),
        // Another device was quicker.
        Err(error) if error.kind == RemoteErrorKind::PreconditionFailed => {
            remote::head(shared, store, &key).await?.map(|state| Some(state.etag)).ok_or(error)
        }
        Err(error) => Err(error),
    }
}
