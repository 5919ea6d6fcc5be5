//! Removes temporary files that a dead process left (hazard HA32).
use std::ffi::OsStr;
use std::fs::TryLockError;
use std::path::Path;

use windlass_ports::FsError;

use crate::error::root as root_error;
use crate::folder::{Folder, Kind};
use crate::names;

const DEEPEST: usize = 200;

/// Walks every folder, also those that the ignore file leaves out: a download may have been meant for one.
pub(super) fn temps(root: &Path) -> Result<u64, FsError> {
    let folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    Ok(sweep(&folder, 0))
}

fn sweep(folder: &Folder, depth: usize) -> u64 {
    if depth > DEEPEST {
        return 0;
    }
    let mut removed = 0;
    // A folder that cannot be read keeps what is in it until it can.
    for entry in folder.list().entries {
        let kind = entry.kind.or_else(|| folder.examine(&entry.name).ok().flatten().map(|found| found.kind));
        match kind {
            Some(Kind::Folder) => {
                if let Ok(child) = folder.child(&entry.name) {
                    removed += sweep(&child, depth + 1);
                }
            }
            Some(Kind::File) if names::is_temp(entry.name.as_encoded_bytes()) => {
                if !in_use(folder, &entry.name) && folder.remove(&entry.name).is_ok() {
                    removed += 1;
                }
            }
            Some(Kind::File | Kind::Link | Kind::Special) | None => {}
        }
    }
    removed
}

/// Whoever writes a temporary file holds its lock, which the system takes back when the process ends.
fn in_use(folder: &Folder, name: &OsStr) -> bool {
    let Ok((file, _)) = folder.open_file(name) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}
