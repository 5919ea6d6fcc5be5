//! Reading the file of an upload, and saying whether it is still the file that was queued.
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use windlass_domain::{Crc64Nvme, UploadSpec};
use windlass_ports::{FsError, FsErrorKind, ScanItem};

use crate::planted::{self, Bug};
use crate::shared::Shared;

/// Why a file cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceTrouble {
    /// It is not what it was when it was queued.
    Changed,
    /// It is not there, and its folder is.
    Gone,
    /// It cannot be read.
    Unreadable,
    /// The folder it belongs to is not there: nothing is known of it.
    FolderOffline,
}

/// Bytes of one range and their checksum.
pub(crate) async fn read(
    shared: &Shared,
    spec: &UploadSpec,
    range: Range<u64>,
) -> Result<(Bytes, Crc64Nvme), SourceTrouble> {
    let len = usize::try_from(range.end - range.start).map_err(|_| SourceTrouble::Unreadable)?;
    if len == 0 {
        // Opening it would tell whether it is there; `unchanged` does that anyway.
        return Ok((Bytes::new(), Crc64Nvme::EMPTY));
    }
    match shared.ports.fs.read_summed(Path::new(&spec.source), range.start, len).await {
        Ok(read) => Ok(read),
        Err(error) => Err(trouble(shared, spec, &error).await),
    }
}

/// All bytes and their checksum, of a file that was the same before and after: [`read`] and [`unchanged`] in one visit to
/// the disk.
pub(crate) async fn whole(shared: &Shared, spec: &UploadSpec) -> Result<(Bytes, Crc64Nvme), SourceTrouble> {
    let len = usize::try_from(spec.snapshot.size).map_err(|_| SourceTrouble::Unreadable)?;
    if len == 0 {
        unchanged(shared, spec).await?;
        return Ok((Bytes::new(), Crc64Nvme::EMPTY));
    }
    match shared.ports.fs.read_and_look(Path::new(&spec.source), len).await {
        Ok((bytes, crc, now)) => {
            same(shared, spec, now).await?;
            Ok((bytes, crc))
        }
        Err(error) => Err(trouble(shared, spec, &error).await),
    }
}

/// Compares the file with its snapshot. Called after the last byte was read: equal before and after means that the
/// bytes between belong to one state of the file (invariant I2).
pub(crate) async fn unchanged(shared: &Shared, spec: &UploadSpec) -> Result<(), SourceTrouble> {
    match shared.ports.fs.look_absolute(Path::new(&spec.source)).await {
        Ok(now) => same(shared, spec, now).await,
        Err(error) => Err(trouble(shared, spec, &error).await),
    }
}

async fn same(shared: &Shared, spec: &UploadSpec, now: Option<ScanItem>) -> Result<(), SourceTrouble> {
    match now {
        Some(ScanItem::File(now))
            if now.same_snapshot(&spec.snapshot) || planted::is(Bug::NotLookedAtAgain) =>
        {
            Ok(())
        }
        Some(ScanItem::File(_) | ScanItem::Link | ScanItem::Special) => Err(SourceTrouble::Changed),
        Some(ScanItem::Unreadable(_) | ScanItem::BadName(_)) => {
            Err(absent(shared, spec, SourceTrouble::Unreadable).await)
        }
        None => Err(absent(shared, spec, SourceTrouble::Gone).await),
    }
}

async fn trouble(shared: &Shared, spec: &UploadSpec, error: &FsError) -> SourceTrouble {
    let seen = match error.kind {
        FsErrorKind::NotFound => SourceTrouble::Gone,
        FsErrorKind::Short | FsErrorKind::Changed => SourceTrouble::Changed,
        FsErrorKind::RootMissing => SourceTrouble::FolderOffline,
        FsErrorKind::Denied | FsErrorKind::Full | FsErrorKind::Other => SourceTrouble::Unreadable,
    };
    absent(shared, spec, seen).await
}

/// A file that cannot be reached says nothing as long as its folder cannot be reached either (hazard HA6).
async fn absent(shared: &Shared, spec: &UploadSpec, seen: SourceTrouble) -> SourceTrouble {
    let Some(pair) = spec.pair.as_ref().and_then(|id| shared.pair(id)) else { return seen };
    match pair.root_is_there(shared).await {
        true => seen,
        false => SourceTrouble::FolderOffline,
    }
}
