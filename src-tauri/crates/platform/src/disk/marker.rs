//! The marker `.windlass/root.json`: a root without it, or with another one, is not the folder of the pair (HA6, HA7).
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use windlass_ports::{FsError, FsErrorKind, Marker};

use crate::error::{because, fs, root as root_error};
use crate::folder::Folder;
use crate::names;

/// More than a marker ever needs; a bigger file is none of ours.
const MOST: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    /// Missing in markers from before there were epochs.
    #[serde(default)]
    epoch: u64,
}

pub(super) fn read(root: &Path) -> Result<Marker, FsError> {
    let folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let ours = folder.child(OsStr::new(names::OURS)).map_err(|error| root_error(root, error))?;
    let (mut file, _) = ours.open_file(OsStr::new(names::MARKER)).map_err(|error| root_error(root, error))?;
    let stored = stored(&mut file).map_err(|error| root_error(root, error))?.map_err(|error| FsError {
        kind: FsErrorKind::RootMissing,
        path: root.display().to_string(),
        source: Box::new(error),
    })?;
    Ok(Marker { id: stored.id, epoch: stored.epoch, identity: folder.root_identity(&file) })
}

fn stored(file: &mut File) -> io::Result<serde_json::Result<Stored>> {
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text))
}

/// Whether a marker is there that was read whole and says nothing: torn by a power cut, or something else by now.
fn says_nothing(ours: &Folder) -> bool {
    let read = ours.open_file(OsStr::new(names::MARKER)).and_then(|(mut file, _)| stored(&mut file));
    read.is_ok_and(|stored| stored.is_err())
}

pub(super) fn create(root: &Path, id: &str) -> Result<(), FsError> {
    let folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let ours = folder.make_child(OsStr::new(names::OURS)).map_err(|error| fs(root, error))?;
    let text = text(root, id, 0)?;
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

fn text(root: &Path, id: &str, epoch: u64) -> Result<Vec<u8>, FsError> {
    serde_json::to_vec(&Stored { id: id.to_owned(), epoch }).map_err(|error| FsError {
        kind: FsErrorKind::Other,
        path: root.display().to_string(),
        source: Box::new(error),
    })
}

/// Replaces the marker by one with another epoch, in one durable step.
pub(super) fn set_epoch(root: &Path, expect: &Marker, epoch: u64) -> Result<(), FsError> {
    if read(root)? != *expect {
        return Err(because(FsErrorKind::RootMissing, root, "the marker is another one"));
    }
    let ours = Folder::open(root)
        .and_then(|folder| folder.child(OsStr::new(names::OURS)))
        .map_err(|error| root_error(root, error))?;
    let (temp, text) = (names::temp(), text(root, &expect.id, epoch)?);
    let temp = OsStr::new(&temp);
    let done = (|| {
        let mut file = ours.create(temp, 0o644)?;
        file.write_all(&text)?;
        file.sync_all()?;
        ours.replace(temp, &ours, OsStr::new(names::MARKER))?;
        ours.sync()
    })();
    if done.is_err() {
        // It may not be there, or may be the reason of the failure; the sweep is the second chance.
        let _left = ours.remove(temp);
    }
    done.map_err(|error| fs(root, error))
}

fn write_new(ours: &Folder, temp: &OsStr, text: &[u8]) -> io::Result<()> {
    let mut file = ours.create(temp, 0o644)?;
    file.write_all(text)?;
    file.sync_all()?;
    let marker = OsStr::new(names::MARKER);
    match ours.rename_new(temp, marker) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && says_nothing(ours) => {
            ours.replace(temp, ours, marker)?;
        }
        done => done?,
    }
    ours.sync()
}
