//! The marker `.windlass/root.json`: a root without it, or with another one, is not the folder of the pair (HA6, HA7).
use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use windlass_ports::{FsError, FsErrorKind};

use crate::error::{because, fs, root as root_error};
use crate::folder::Folder;
use crate::names;

/// More than a marker ever needs; a bigger file is none of ours.
const MOST: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Marker {
    id: String,
}

pub(super) fn read(root: &Path) -> Result<String, FsError> {
    let ours = Folder::open(root)
        .and_then(|folder| folder.child(OsStr::new(names::OURS)))
        .map_err(|error| root_error(root, error))?;
    let (file, _) = ours.open_file(OsStr::new(names::MARKER)).map_err(|error| root_error(root, error))?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text).map_err(|error| root_error(root, error))?;
    let marker: Marker = serde_json::from_slice(&text).map_err(|error| FsError {
        kind: FsErrorKind::RootMissing,
        path: root.display().to_string(),
        source: Box::new(error),
    })?;
    Ok(marker.id)
}

pub(super) fn create(root: &Path, id: &str) -> Result<(), FsError> {
    let folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let ours = folder.make_child(OsStr::new(names::OURS)).map_err(|error| fs(root, error))?;
    let text = serde_json::to_vec(&Marker { id: id.to_owned() }).map_err(|error| FsError {
        kind: FsErrorKind::Other,
        path: root.display().to_string(),
        source: Box::new(error),
    })?;
    let temp = names::temp();
    let temp = OsStr::new(&temp);
    let done = write_new(&ours, temp, &text);
    if done.is_err() {
        // It may not be there, or may be the reason of the failure; the sweep is the second chance.
        let _left = ours.remove(temp);
    }
    done.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            because(FsErrorKind::Changed, root, "the folder has a marker already")
        } else {
            fs(root, error)
        }
    })
}

fn write_new(ours: &Folder, temp: &OsStr, text: &[u8]) -> io::Result<()> {
    let mut file = ours.create(temp, 0o644)?;
    file.write_all(text)?;
    file.sync_all()?;
    ours.rename_new(temp, OsStr::new(names::MARKER))?;
    ours.sync()
}
