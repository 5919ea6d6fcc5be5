//! Reads of parts. Nothing stays open between two.
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use windlass_domain::Crc64Nvme;
use windlass_ports::{FsError, FsErrorKind};

use super::pool::Pool;
use crate::error::{because, fs};
use crate::folder::{open_regular, read_at};

/// Read at a time, so that the checksum finds the bytes in the processor's cache.
const STEP: usize = 256 * 1024;

/// Bytes of a file and their checksum.
pub(super) fn exactly(
    pool: &Arc<Pool>,
    path: &Path,
    offset: u64,
    len: usize,
) -> Result<(Bytes, Crc64Nvme), FsError> {
    let failed = |error| fs(path, error);
    let short = || because(FsErrorKind::Short, path, "the file ends before the bytes that were asked for");
    let (file, size) = open_regular(path).map_err(failed)?;
    // Before the memory is taken: a file that was cut needs none.
    if offset.checked_add(len as u64).is_none_or(|end| end > size) {
        return Err(short());
    }
    let out_of_memory = || failed(io::ErrorKind::OutOfMemory.into());
    let mut buffer = pool.take(len).ok_or_else(out_of_memory)?;
    let (mut at, mut crc) = (offset, Crc64Nvme::EMPTY);
    for step in buffer.get_mut(..len).unwrap_or_default().chunks_mut(STEP) {
        let mut rest = &mut *step;
        while !rest.is_empty() {
            let read = read_at(&file, at, rest).map_err(failed)?;
            if read == 0 {
                return Err(short());
            }
            at += read as u64;
            rest = rest.get_mut(read..).unwrap_or_default();
        }
        crc = crc.then(Crc64Nvme::of(step));
    }
    Ok((pool.lend(buffer, len), crc))
}
