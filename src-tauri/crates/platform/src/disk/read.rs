//! Reads of parts. Nothing stays open between two.
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use windlass_ports::{FsError, FsErrorKind};

use super::pool::Pool;
use crate::error::{because, fs};
use crate::folder::{open_regular, read_at};

pub(super) fn exactly(pool: &Arc<Pool>, path: &Path, offset: u64, len: usize) -> Result<Bytes, FsError> {
    let failed = |error| fs(path, error);
    let short = || because(FsErrorKind::Short, path, "the file ends before the bytes that were asked for");
    let (file, size) = open_regular(path).map_err(failed)?;
    // Before the memory is taken: a file that was cut needs none.
    if offset.checked_add(len as u64).is_none_or(|end| end > size) {
        return Err(short());
    }
    let out_of_memory = || failed(io::ErrorKind::OutOfMemory.into());
    let mut buffer = pool.take(len).ok_or_else(out_of_memory)?;
    while buffer.len() < len {
        let have = buffer.len();
        let read = read_at(&file, offset + have as u64, &mut buffer, len - have).map_err(failed)?;
        if read == 0 {
            return Err(short());
        }
    }
    Ok(pool.lend(buffer, len))
}
