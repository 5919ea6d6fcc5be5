//! Who a root and a prefix belong to: the marker file with its epoch, and the marker object.
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use windlass_domain::words::FailureCode;
use windlass_domain::{Bucket, Crc64Nvme, ETag, Prefix, RemoteExpect};
use windlass_ports::{
    FileState, JournalWrite, Marker, MergeCause, Merged, PairRow, PutBody, RemoteError, RemoteErrorKind,
    RemoteStore, SeenRoot,
};

use super::{Evidence, MARKER};
use crate::engine::EngineError;
use crate::observe::{Broken, went_away};
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

/// What the marker object says to people who find it.
const WORDS: &str = "This prefix is kept in step with a folder by Windlass. Without this object nothing is deleted in the folder.\n";

/// Checks that this is the root it was. Where it is a copy, or the journal is an old one, the folder merges: its bases go, so
/// that nothing can be concluded from what is missing (hazards HA7, HC7). `true` when it does so from now on.
pub(super) async fn here(
    shared: &Shared,
    pair: &PairHandle,
    evidence: &mut Evidence,
) -> Result<bool, Broken> {
    let row = pair.row();
    let root = Path::new(&row.root);
    let marker = match shared.ports.fs.read_marker(root).await {
        Ok(marker) if marker.id == row.id.as_str() => marker,
        Ok(_) | Err(_) => return Err(went_away(row.root.clone())),
    };
    let why = if marker.epoch > row.epoch && !planted::is(Bug::OldJournalIsFine) {
        MergeCause::OldJournal
    } else if is_copy(&row, &marker) && !planted::is(Bug::AnyCopyWillDo) {
        MergeCause::OtherRoot
    } else {
        if marker.epoch < row.epoch {
            // A stop between journal and marker.
            write_epoch(shared, pair, &marker, row.epoch).await?;
        } else if root_of(&marker) != row.seen_root {
            // A stop between marker and journal, or the first look.
            note_root(shared, pair, &marker).await?;
        }
        return Ok(false);
    };
    end_uploads(shared, pair).await?;
    tracing::warn!(pair = %row.id, marker = marker.epoch, journal = row.epoch, ?why, "this is not the root that the journal speaks of; merging");
    let epoch = row.epoch.max(marker.epoch);
    let mut writes = merge(shared, pair, why, epoch);
    let behind = marker.epoch < epoch;
    // A marker that is to be written will be another one.
    let root = if behind { None } else { root_of(&marker) };
    writes.push(JournalWrite::SaveRoot(row.id.clone(), root.clone()));
    shared.commit(writes).await?;
    pair.merges(evidence, epoch, root);
    if behind {
        write_epoch(shared, pair, &marker, epoch).await?;
    }
    Ok(true)
}

/// Whether the root is a copy of the one that the journal speaks of. A marker that is one epoch behind, and is the very file that
/// it was, is what a stop between journal and marker leaves.
pub(crate) fn is_copy(row: &PairRow, marker: &Marker) -> bool {
    let other = match (&row.seen_root, &marker.identity) {
        (Some(then), Some(now)) if marker.epoch == then.epoch => then.identity != *now,
        (Some(then), Some(_)) => marker.epoch < then.epoch,
        // Another file system, which says nothing that can be relied on.
        (Some(_), None) => true,
        (None, _) => false,
    };
    other || marker.epoch.saturating_add(1) < row.epoch
}

/// What is noted of a root; nothing where the disk says nothing.
fn root_of(marker: &Marker) -> Option<SeenRoot> {
    marker.identity.clone().map(|identity| SeenRoot { epoch: marker.epoch, identity })
}

/// Ends the uploads of the folder before it merges: what they would prove afterwards is true of another root. Their files are
/// looked at anew.
async fn end_uploads(shared: &Shared, pair: &PairHandle) -> Result<(), Broken> {
    let paths = shared.pool.paths(&pair.id);
    if paths.is_empty() || planted::is(Bug::MergesOverUploads) {
        return Ok(());
    }
    shared.pool.hold(&pair.id);
    let all = crate::engine::end_uploads(shared, &pair.id).await;
    let mut writes = Vec::new();
    for path in paths {
        let file = shared.ports.journal.file(&pair.id, &path).await.map_err(Broken::Journal)?;
        let Some(file) = file.filter(|file| file.state == FileState::Failed(FailureCode::Cancelled)) else {
            continue;
        };
        let (state, note) = (FileState::Waiting, String::new());
        writes.push(JournalWrite::SaveFile { pair: pair.id.clone(), path, local: file.local, state, note });
    }
    if !writes.is_empty() {
        shared.commit(writes).await?;
    }
    if all {
        shared.pool.release_unless(&pair.id, || pair.row().paused);
        return Ok(());
    }
    let source = "the server has not said yet what became of some uploads".into();
    Err(Broken::Remote(RemoteError { kind: RemoteErrorKind::Network, source }))
}

/// What makes a folder merge.
fn merge(shared: &Shared, pair: &PairHandle, why: MergeCause, epoch: u64) -> Vec<JournalWrite> {
    let id = &pair.id;
    vec![
        JournalWrite::ForgetBases(id.clone()),
        JournalWrite::SaveBrake(id.clone(), None),
        JournalWrite::SetEpoch(id.clone(), epoch),
        JournalWrite::NoteMerge(id.clone(), pair.note_merge(Merged { at: shared.now(), why })),
    ]
}

/// A person says that this is the folder, and that these are its objects, though a marker of theirs was lost: both sides are
/// compared anew, and lost markers are made anew. The journal first: a marker beside bases that speak of another root would
/// let them count.
pub(crate) async fn merge_again(
    shared: &Shared,
    pair: &PairHandle,
    evidence: &mut Evidence,
) -> Result<(), EngineError> {
    let row = pair.row();
    if row.paused {
        return Err(EngineError::FolderPaused);
    }
    let root = Path::new(&row.root);
    let fs = &shared.ports.fs;
    let marker = match fs.read_marker(root).await {
        Ok(marker) if marker.id != row.id.as_str() => return Err(EngineError::OtherMarker),
        Ok(marker) => Some(marker),
        // Whether the folder itself is there.
        Err(error) => match fs.scan(root, None).next().await {
            Some(Err(_)) => return Err(error.into()),
            Some(Ok(_)) | None => None,
        },
    };
    end_uploads(shared, pair).await?;
    let epoch = row.epoch.max(marker.as_ref().map_or(0, |marker| marker.epoch)).saturating_add(1);
    let mut writes = merge(shared, pair, MergeCause::Asked, epoch);
    writes.push(JournalWrite::SaveRoot(row.id.clone(), None));
    writes.push(JournalWrite::SetRemoteMarker(row.id.clone(), None));
    shared.ports.journal.commit(writes).await?;
    pair.merges(evidence, epoch, None);
    pair.set_remote_marker(None);
    pair.set_marker_object_lost(false);
    if marker.is_none() {
        fs.create_marker(root, row.id.as_str()).await?;
    }
    let made = fs.read_marker(root).await?;
    fs.set_epoch(root, &made, epoch).await?;
    Ok(())
}

/// Writes the epoch of the journal into the root that was looked at, and notes which root that made.
async fn write_epoch(shared: &Shared, pair: &PairHandle, seen: &Marker, epoch: u64) -> Result<(), Broken> {
    let row = pair.row();
    let (root, id) = (Path::new(&row.root), row.id.as_str());
    shared.ports.fs.set_epoch(root, seen, epoch).await.map_err(Broken::Disk)?;
    let marker = shared.ports.fs.read_marker(root).await.map_err(Broken::Disk)?;
    // What was put in its place just now is of another epoch.
    if marker.id == id && marker.epoch == epoch {
        note_root(shared, pair, &marker).await?;
    }
    Ok(())
}

async fn note_root(shared: &Shared, pair: &PairHandle, marker: &Marker) -> Result<(), Broken> {
    let root = root_of(marker);
    if pair.row().seen_root != root {
        shared.commit(vec![JournalWrite::SaveRoot(pair.id.clone(), root.clone())]).await?;
        pair.set_root(root);
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
    // The very root that was looked at gets the epoch. With it a copy that was put in its place would pass as the root for good
    // (hazard HA7).
    let marker = shared.ports.fs.read_marker(Path::new(&row.root)).await.map_err(Broken::Disk)?;
    let copy = is_copy(&row, &marker) && !planted::is(Bug::AnyCopyWillDo);
    if marker.id != row.id.as_str() || copy {
        return Err(went_away(row.root.clone()));
    }
    let epoch = row.epoch.saturating_add(1);
    if planted::is(Bug::EpochApart) {
        shared.commit(vec![JournalWrite::SetEpoch(row.id.clone(), epoch)]).await?;
    } else {
        intents.push(JournalWrite::SetEpoch(row.id.clone(), epoch));
    }
    shared.commit(intents).await?;
    pair.set_epoch(epoch);
    write_epoch(shared, pair, &marker, epoch).await
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
