//! What a disk makes of names, found out by trying (hazards HA16 to HA18).
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windlass_domain::{NameRules, RelPath, twin_key};
use windlass_ports::{FsError, FsErrorKind};

use crate::error::{because, fs, root as root_error};
use crate::folder::{Folder, Kind};
use crate::names;

/// Makes a file in `.windlass/` and looks for it under other spellings.
pub(super) fn rules(root: &Path) -> Result<NameRules, FsError> {
    let ours = Folder::open(root)
        .and_then(|folder| folder.child(OsStr::new(names::OURS)))
        .map_err(|error| root_error(root, error))?;
    // Its name is that of a temporary file, so that the sweep takes what a dead process left.
    let temp = names::temp();
    let name = format!("{temp}-a\u{e9}");
    let file = ours.create(OsStr::new(&name), 0o600).map_err(|error| fs(root, error))?;
    // Keeps the sweep away; where there are no locks, the last look below finds out.
    let _no_locks_here = file.try_lock();
    let found = insensitive(&ours, &temp, &name);
    let removed = ours.remove(OsStr::new(&name));
    let insensitive = found.map_err(|error| fs(root, error))?;
    removed.map_err(|error| fs(root, error))?;
    Ok(NameRules { insensitive, windows: cfg!(windows), ..NameRules::EXACT })
}

fn insensitive(ours: &Folder, temp: &str, name: &str) -> io::Result<bool> {
    for other in ["-A\u{e9}", "-ae\u{301}", "-A\u{c9}"] {
        if ours.examine(OsStr::new(&format!("{temp}{other}")))?.is_some() {
            return Ok(true);
        }
    }
    // Only a file that is still there shows anything by not being found.
    match ours.examine(OsStr::new(name))? {
        Some(_) => Ok(false),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The spelling in which the folders on the way list a path.
pub(super) fn spelled(root: &Path, path: &RelPath) -> Result<Option<RelPath>, FsError> {
    let failed = |error| fs(&root.join(path.as_str()), error);
    let mut folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let mut spelled = String::new();
    let mut steps = path.as_str().split('/').peekable();
    while let Some(step) = steps.next() {
        // Where nothing is found nothing has to be listed.
        let Some(found) = folder.examine(OsStr::new(step)).map_err(failed)? else { return Ok(None) };
        let Some(name) = listed(&folder, step).map_err(failed)? else { return Ok(None) };
        if !spelled.is_empty() {
            spelled.push('/');
        }
        spelled.push_str(&name);
        if steps.peek().is_some() {
            if found.kind != Kind::Folder {
                return Ok(None);
            }
            folder = folder.child(OsStr::new(step)).map_err(failed)?;
        }
    }
    let why = |_| because(FsErrorKind::Other, &root.join(path.as_str()), "its name on the disk is no path");
    RelPath::parse(&spelled).map(Some).map_err(why)
}

/// The name of the folder's list that is this one, or the same to a disk that takes spellings for one.
fn listed(folder: &Folder, name: &str) -> io::Result<Option<String>> {
    let fold = |name: &str| RelPath::parse(name).ok().map(|path| twin_key(&path, NameRules::CAREFUL));
    let wanted = fold(name);
    let listing = folder.list();
    let mut twin = None;
    for entry in listing.entries {
        let Some(text) = entry.name.to_str() else { continue };
        if text == name {
            return Ok(Some(text.to_owned()));
        }
        if fold(text) == wanted {
            twin = Some(text.to_owned());
        }
    }
    match (twin, listing.broken) {
        (None, Some(error)) => Err(error),
        (twin, _) => Ok(twin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ha16_a_disk_is_tried_out_and_nothing_of_it_stays() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(rules(root.path()).unwrap_err().kind, FsErrorKind::RootMissing, "without our folder");
        std::fs::create_dir(root.path().join(names::OURS)).unwrap();
        let found = rules(root.path()).unwrap();
        // The disk itself is the judge: some of the computers on which this runs take `A` for `a`.
        std::fs::write(root.path().join("try"), b"").unwrap();
        let one_name = root.path().join("TRY").exists();
        assert!(found.insensitive || !one_name);
        assert_eq!(std::fs::read_dir(root.path().join(names::OURS)).unwrap().count(), 0);
    }

    #[test]
    fn ha16_names_are_told_as_they_are_listed() {
        let root = tempfile::tempdir().unwrap();
        let path = |text: &str| RelPath::parse(text).unwrap();
        std::fs::create_dir_all(root.path().join("Photos/2026")).unwrap();
        std::fs::write(root.path().join("Photos/2026/A.jpg"), b"a").unwrap();
        for there in ["Photos", "Photos/2026", "Photos/2026/A.jpg"] {
            assert_eq!(spelled(root.path(), &path(there)).unwrap(), Some(path(there)));
        }
        for gone in ["Photos/2026/b.jpg", "Photos/2026/A.jpg/x", "other"] {
            assert_eq!(spelled(root.path(), &path(gone)).unwrap(), None, "{gone}");
        }
    }

    #[test]
    fn ha16_another_spelling_is_found_in_the_list() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("Caf\u{e9}.jpg"), b"a").unwrap();
        let listed = |name: &str| listed(&Folder::open(root.path()).unwrap(), name).unwrap();
        assert_eq!(listed("cafe\u{301}.JPG").as_deref(), Some("Caf\u{e9}.jpg"));
        assert_eq!(listed("cafe.jpg"), None);
    }
}
