//! Moves within a root: into the folder's own trash, out of it, and to another name. All of them go through open folders,
//! name by name (hazard HA23), replace nothing, and are durable when they return.
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windlass_domain::{LocalState, RelPath, Timestamp};
use windlass_ports::{FsError, FsErrorKind};

use crate::error::{because, fs, root as root_error};
use crate::folder::{Folder, Kind};
use crate::names;

/// Folder of the trash below `.windlass`.
const TRASH: &str = "trash";

/// Moves a file into the trash; gives its place there, relative to the root.
pub(super) fn trash(
    root: &Path,
    path: &RelPath,
    expect: &LocalState,
    when: Timestamp,
) -> Result<String, FsError> {
    let place = format!("{}/{TRASH}/{}/{path}", names::OURS, when.millis());
    shift(root, path.as_str(), &place, Some(expect))?;
    Ok(place)
}

/// Brings a file back out of the trash.
pub(super) fn untrash(root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError> {
    let below = format!("{}/{TRASH}/", names::OURS);
    let plain = trashed.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !trashed.starts_with(&below) || !plain || names::is_ours(path.as_str()) {
        return Err(because(FsErrorKind::Denied, &root.join(trashed), "it is no place in the trash"));
    }
    shift(root, trashed, path.as_str(), None)
}

/// Another name for a file.
pub(super) fn rename(root: &Path, from: &RelPath, to: &RelPath, expect: &LocalState) -> Result<(), FsError> {
    if names::is_ours(from.as_str()) || names::is_ours(to.as_str()) {
        let why = "the name is one that Windlass keeps for itself";
        return Err(because(FsErrorKind::Denied, &root.join(to.as_str()), why));
    }
    shift(root, from.as_str(), to.as_str(), Some(expect))
}

fn shift(root: &Path, from: &str, to: &str, expect: Option<&LocalState>) -> Result<(), FsError> {
    let whole = root.join(from);
    let failed = |error| fs(&whole, error);
    let changed = || because(FsErrorKind::Changed, &whole, "the file is not the expected one any more");
    let (old, old_name) = reach(root, from, false)?;
    let is_expected = |found: Option<crate::folder::Found>, by_rename: bool| match (found, expect) {
        (Some(found), Some(expect)) if found.kind == Kind::File => {
            // The rename itself moves the time of the inode's change on some file systems.
            let ctime = if by_rename { found.state.ctime } else { expect.ctime };
            found.state.same_snapshot(&LocalState { ctime, ..expect.clone() })
        }
        (Some(found), None) => found.kind == Kind::File,
        _ => false,
    };
    match old.examine(old_name).map_err(failed)? {
        None => return Err(because(FsErrorKind::NotFound, &whole, "it is not there")),
        found if is_expected(found.clone(), false) => {}
        _ => return Err(changed()),
    }
    let (new, new_name) = reach(root, to, true)?;
    match old.move_new(old_name, &new, new_name) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(because(
                FsErrorKind::Changed,
                &root.join(to),
                "something is at the new name already",
            ));
        }
        Err(error) => return Err(failed(error)),
    }
    // An edit between look and rename went along: back with it, it is nobody's to move.
    if !is_expected(new.examine(new_name).map_err(failed)?, true) {
        new.move_new(new_name, &old, old_name).map_err(failed)?;
        return Err(changed());
    }
    // The new name first: whatever a power cut leaves, one of the names is there.
    new.sync().map_err(failed)?;
    old.sync().map_err(failed)?;
    prune(root, from);
    Ok(())
}

/// The folder that a name is in, and the name.
fn reach<'a>(root: &Path, path: &'a str, make: bool) -> Result<(Folder, &'a OsStr), FsError> {
    let mut folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let Some((folders, name)) = path.rsplit_once('/') else { return Ok((folder, OsStr::new(path))) };
    for step in folders.split('/') {
        let step = OsStr::new(step);
        let next = if make { folder.make_child(step) } else { folder.child(step) };
        folder = next.map_err(|error| match folder.examine(step) {
            Ok(Some(found)) if found.kind != Kind::Folder => {
                because(FsErrorKind::Changed, &root.join(path), "a file or link is where a folder is needed")
            }
            _ => fs(&root.join(path), error),
        })?;
    }
    Ok((folder, OsStr::new(name)))
}

/// Folders that are empty now go, from the deepest up. One that is not empty, or may not be removed, stays.
fn prune(root: &Path, from: &str) {
    let mut path = from;
    while let Some((above, _)) = path.rsplit_once('/') {
        path = above;
        let Ok((folder, name)) = reach(root, above, false) else { return };
        if folder.remove_folder(name).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use windlass_ports::ScanItem;

    use super::*;
    use crate::disk::look;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    fn state(root: &Path, at: &str) -> LocalState {
        match look::below(root, &path(at)).unwrap().unwrap().item {
            ScanItem::File(state) => state,
            other => panic!("{other:?}"),
        }
    }

    fn put(root: &Path, at: &str, bytes: &[u8]) {
        let file = root.join(at);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    #[test]
    fn what_goes_to_the_trash_can_come_back() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        put(root, "a/b/photo.jpg", b"bytes");
        put(root, "a/other.jpg", b"other");
        let place =
            trash(root, &path("a/b/photo.jpg"), &state(root, "a/b/photo.jpg"), Timestamp::from_millis(77))
                .unwrap();
        assert_eq!(place, ".windlass/trash/77/a/b/photo.jpg");
        assert!(!root.join("a/b").exists(), "a folder that became empty goes");
        assert!(root.join("a/other.jpg").exists());
        assert_eq!(std::fs::read(root.join(&place)).unwrap(), b"bytes");
        untrash(root, &place, &path("a/b/photo.jpg")).unwrap();
        assert_eq!(std::fs::read(root.join("a/b/photo.jpg")).unwrap(), b"bytes");
        assert_eq!(untrash(root, &place, &path("x")).unwrap_err().kind, FsErrorKind::NotFound);
    }

    #[test]
    fn what_is_not_the_expected_file_stays_where_it_is() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        put(root, "a.jpg", b"bytes");
        let before = state(root, "a.jpg");
        put(root, "a.jpg", b"edited");
        let error = trash(root, &path("a.jpg"), &before, Timestamp(0)).unwrap_err();
        assert_eq!(error.kind, FsErrorKind::Changed);
        assert_eq!(
            rename(root, &path("a.jpg"), &path("b.jpg"), &before).unwrap_err().kind,
            FsErrorKind::Changed
        );
        assert_eq!(std::fs::read(root.join("a.jpg")).unwrap(), b"edited");
        assert_eq!(
            rename(root, &path("no.jpg"), &path("b.jpg"), &before).unwrap_err().kind,
            FsErrorKind::NotFound
        );
    }

    #[test]
    fn a_rename_replaces_nothing() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        put(root, "a.jpg", b"mine");
        put(root, "b.jpg", b"theirs");
        let mine = state(root, "a.jpg");
        assert_eq!(
            rename(root, &path("a.jpg"), &path("b.jpg"), &mine).unwrap_err().kind,
            FsErrorKind::Changed
        );
        assert_eq!(std::fs::read(root.join("b.jpg")).unwrap(), b"theirs");
        rename(root, &path("a.jpg"), &path("new/c.jpg"), &mine).unwrap();
        assert_eq!(std::fs::read(root.join("new/c.jpg")).unwrap(), b"mine");
        assert!(!root.join("a.jpg").exists());
    }

    #[test]
    fn ha23_no_move_goes_through_a_link_or_out_of_the_root() {
        let base = tempfile::tempdir().unwrap();
        let (root, out) = (base.path().join("root"), base.path().join("out"));
        std::fs::create_dir_all(&out).unwrap();
        put(&root, "a.jpg", b"mine");
        put(&out, "b.jpg", b"theirs");
        std::os::unix::fs::symlink(&out, root.join("link")).unwrap();
        let mine = state(&root, "a.jpg");
        assert!(rename(&root, &path("a.jpg"), &path("link/a.jpg"), &mine).is_err());
        assert!(trash(&root, &path("link/b.jpg"), &mine, Timestamp(0)).is_err());
        std::os::unix::fs::symlink(&out, root.join(".windlass")).unwrap();
        assert!(trash(&root, &path("a.jpg"), &mine, Timestamp(0)).is_err());
        for place in [".windlass/trash/../../../out/b.jpg", "a.jpg", "/etc/passwd", ".windlass/trash//x"] {
            assert_eq!(untrash(&root, place, &path("x")).unwrap_err().kind, FsErrorKind::Denied, "{place}");
        }
        assert!(root.join("a.jpg").exists() && out.join("b.jpg").exists());
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1, "nothing was made outside");
    }
}
