//! Looks at single paths.
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windlass_domain::RelPath;
use windlass_ports::{FsError, ScanItem, Scanned, Taken};

use crate::error::{fs, root as root_error};
use crate::folder::{Folder, Found, Kind, examine};

/// What is at a path below a root. A folder is no file: `None`, as a scan lists none either. The same where a file or a
/// link stands in place of a folder of the path.
pub(super) fn below(root: &Path, path: &RelPath) -> Result<Option<Scanned>, FsError> {
    let Way::Found(found) = way(root, path)? else { return Ok(None) };
    Ok(item(found).map(|item| Scanned { path: Some(path.clone()), item }))
}

/// What keeps a file from being made at a path.
pub(super) fn taken(root: &Path, path: &RelPath) -> Result<Option<Taken>, FsError> {
    Ok(match way(root, path)? {
        Way::Free => None,
        Way::Blocked => Some(Taken::FileAbove),
        Way::Found(Found { kind: Kind::Folder, .. }) => Some(Taken::Folder),
        Way::Found(_) => Some(Taken::File),
    })
}

enum Way {
    Found(Found),
    Free,
    /// Something that is no folder is where a folder would be.
    Blocked,
}

fn way(root: &Path, path: &RelPath) -> Result<Way, FsError> {
    let whole = || root.join(path.as_str());
    let mut folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let (folders, name) = path.as_str().rsplit_once('/').map_or((None, path.as_str()), |(f, n)| (Some(f), n));
    for step in folders.into_iter().flat_map(|f| f.split('/')) {
        folder = match folder.child(OsStr::new(step)) {
            Ok(child) => child,
            Err(error) => match folder.examine(OsStr::new(step)) {
                Ok(Some(found)) if found.kind == Kind::Folder => return Err(fs(&whole(), error)),
                Ok(Some(_)) => return Ok(Way::Blocked),
                Ok(None) => return Ok(Way::Free),
                Err(error) => return Err(fs(&whole(), error)),
            },
        };
    }
    let found = folder.examine(OsStr::new(name)).map_err(|error| fs(&whole(), error))?;
    Ok(found.map_or(Way::Free, Way::Found))
}

/// What is at a path that a person gave. The last name is not followed, links before it are the person's own.
pub(super) fn absolute(path: &Path) -> Result<Option<ScanItem>, FsError> {
    let whole = std::path::absolute(path).map_err(|error| fs(path, error))?;
    let (Some(above), Some(name)) = (whole.parent(), whole.file_name()) else { return Ok(None) };
    let gone =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    match examine(&above.join(name)) {
        Ok(found) => Ok(found.and_then(item)),
        Err(error) if gone(&error) => Ok(None),
        Err(error) => Err(fs(path, error)),
    }
}

fn item(found: Found) -> Option<ScanItem> {
    match found.kind {
        Kind::File => Some(ScanItem::File(found.state)),
        Kind::Link => Some(ScanItem::Link),
        Kind::Special => Some(ScanItem::Special),
        Kind::Folder => None,
    }
}
