//! The way to a name below a root: folder by folder, following no link (hazards HA23, HS8).
use std::ffi::OsStr;
use std::path::Path;

use windlass_domain::Timestamp;
use windlass_ports::{FsError, FsErrorKind};

use crate::error::{because, fs, root as root_error};
use crate::folder::{Folder, Kind};
use crate::names;

/// What becomes of a folder that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Make,
    Fail,
}

/// The folder that a name is in, and the name. `Changed` when a file or link stands where a folder is needed.
pub(super) fn reach<'a>(
    root: &Path,
    path: &'a str,
    missing: Missing,
) -> Result<(Folder, &'a OsStr), FsError> {
    let mut folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let Some((folders, name)) = path.rsplit_once('/') else { return Ok((folder, OsStr::new(path))) };
    for step in folders.split('/') {
        let step = OsStr::new(step);
        let next = match missing {
            Missing::Make => folder.make_child(step),
            Missing::Fail => folder.child(step),
        };
        folder = next.map_err(|error| match folder.examine(step) {
            Ok(Some(found)) if found.kind != Kind::Folder => {
                because(FsErrorKind::Changed, &root.join(path), "a file or link is where a folder is needed")
            }
            _ => fs(&root.join(path), error),
        })?;
    }
    Ok((folder, OsStr::new(name)))
}

/// Where the trash is, below the root.
pub(super) fn trash() -> String {
    format!("{}/trash/", names::OURS)
}

/// Places in the trash for a path, the best first. More than one is needed only when the same path goes there twice within a
/// millisecond.
pub(super) fn trash_places(when: Timestamp, path: &str) -> impl Iterator<Item = String> {
    let (trash, millis, path) = (trash(), when.millis(), path.to_owned());
    (0..100).map(move |n| match n {
        0 => format!("{trash}{millis}/{path}"),
        n => format!("{trash}{millis}-{n}/{path}"),
    })
}

/// Folders above `path` that are empty go, from the deepest up. One that is not empty, or may not be removed, stays.
pub(super) fn prune(root: &Path, path: &str) {
    let mut path = path;
    while let Some((above, _)) = path.rsplit_once('/') {
        path = above;
        let Ok((folder, name)) = reach(root, above, Missing::Fail) else { return };
        if folder.remove_folder(name).is_err() {
            return;
        }
    }
}
