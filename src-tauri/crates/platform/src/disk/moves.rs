//! Moves within a root: into the folder's own trash, out of it, and to another name. All of them go through open folders,
//! name by name (hazard HA23), replace nothing, and are durable when they return.
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windlass_domain::{LocalState, RelPath, Timestamp};
use windlass_ports::{FsError, FsErrorKind};

use super::way::{self, Missing, reach};
use crate::error::{because, fs};
use crate::folder::{Folder, Found, Kind};
use crate::names;

/// Moves a file into the trash; gives its place there, relative to the root.
pub(super) fn trash(
    root: &Path,
    path: &RelPath,
    expect: &LocalState,
    when: Timestamp,
) -> Result<String, FsError> {
    own(root, path)?;
    for place in way::trash_places(when, path.as_str()) {
        if shift(root, path.as_str(), &place, Some(expect))? == Shifted::Yes {
            return Ok(place);
        }
    }
    Err(because(FsErrorKind::Other, &root.join(path.as_str()), "there is no free place in the trash"))
}

/// Brings a file back out of the trash.
pub(super) fn untrash(root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError> {
    own(root, path)?;
    let plain = trashed.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !trashed.starts_with(&way::trash()) || !plain {
        return Err(because(FsErrorKind::Denied, &root.join(trashed), "it is no place in the trash"));
    }
    free(root, path, shift(root, trashed, path.as_str(), None)?)
}

/// Another name for a file.
pub(super) fn rename(root: &Path, from: &RelPath, to: &RelPath, expect: &LocalState) -> Result<(), FsError> {
    own(root, from)?;
    own(root, to)?;
    free(root, to, shift(root, from.as_str(), to.as_str(), Some(expect))?)
}

fn own(root: &Path, path: &RelPath) -> Result<(), FsError> {
    if names::is_ours(path.as_str()) {
        let why = "the name is one that Windlass keeps for itself";
        return Err(because(FsErrorKind::Denied, &root.join(path.as_str()), why));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Shifted {
    Yes,
    /// Something has the new name; nothing moved.
    Taken,
}

fn free(root: &Path, to: &RelPath, shifted: Shifted) -> Result<(), FsError> {
    match shifted {
        Shifted::Yes => Ok(()),
        Shifted::Taken => Err(because(
            FsErrorKind::Changed,
            &root.join(to.as_str()),
            "something is at the new name already",
        )),
    }
}

/// Whether it is the expected file; without an expectation, any file.
pub(super) fn is_expected(found: Option<&Found>, expect: Option<&LocalState>) -> bool {
    match (found, expect) {
        (Some(found), Some(expect)) => found.kind == Kind::File && found.state.same_snapshot(expect),
        (Some(found), None) => found.kind == Kind::File,
        (None, _) => false,
    }
}

/// The same after a rename, or a second name, which move the time of the inode's change on some file systems.
pub(super) fn is_expected_renamed(found: Option<&Found>, expect: Option<&LocalState>) -> bool {
    let expect =
        expect.zip(found).map(|(expect, found)| LocalState { ctime: found.state.ctime, ..expect.clone() });
    is_expected(found, expect.as_ref())
}

fn shift(root: &Path, from: &str, to: &str, expect: Option<&LocalState>) -> Result<Shifted, FsError> {
    let whole = root.join(from);
    let failed = |error| fs(&whole, error);
    let changed = || because(FsErrorKind::Changed, &whole, "the file is not the expected one any more");
    let (old, old_name) = reach(root, from, Missing::Fail)?;
    match old.examine(old_name).map_err(failed)? {
        None => return Err(because(FsErrorKind::NotFound, &whole, "it is not there")),
        found if is_expected(found.as_ref(), expect) => {}
        Some(_) => return Err(changed()),
    }
    let (new, new_name) = reach(root, to, Missing::Make)?;
    match old.move_new(old_name, &new, new_name) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Shifted::Taken),
        Err(error) => {
            way::prune(root, to);
            return Err(failed(error));
        }
    }
    settle((&old, old_name), (&new, new_name), expect).map_err(failed)?.then_some(()).ok_or_else(changed)?;
    way::prune(root, from);
    Ok(Shifted::Yes)
}

/// Makes a move durable; or takes it back, and says `false`, when an edit between look and rename went along.
fn settle(old: (&Folder, &OsStr), new: (&Folder, &OsStr), expect: Option<&LocalState>) -> io::Result<bool> {
    let found = new.0.examine(new.1);
    if matches!(&found, Ok(found) if is_expected_renamed(found.as_ref(), expect)) {
        // The new name first: whatever a power cut leaves, one of the names is there.
        new.0.sync()?;
        old.0.sync()?;
        return Ok(true);
    }
    match new.0.move_new(new.1, old.0, old.1) {
        Ok(()) => {}
        // A newer file has the old name already. Both are kept.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            tracing::warn!(kept = ?new.1, "a file was edited while it was moved, and replaced; it stays where it went");
        }
        Err(error) => return Err(error),
    }
    found.map(|_| false)
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
    fn ha31_an_edit_between_look_and_move_is_taken_back() {
        // The race itself cannot be hit at will: the second half of a move, with a state that only the first half believed.
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        put(root, "a.jpg", b"bytes");
        let before = state(root, "a.jpg");
        put(root, "a.jpg", b"an edit");
        let folder = Folder::open(root).unwrap();
        let (old, new) = ((&folder, OsStr::new("a.jpg")), (&folder, OsStr::new("moved.jpg")));
        folder.move_new(old.1, new.0, new.1).unwrap();
        assert!(!settle(old, new, Some(&before)).unwrap());
        assert_eq!(std::fs::read(root.join("a.jpg")).unwrap(), b"an edit");
        assert!(!root.join("moved.jpg").exists());
        // And somebody put a new file there meanwhile: both stay.
        folder.move_new(old.1, new.0, new.1).unwrap();
        put(root, "a.jpg", b"newer");
        assert!(!settle(old, new, Some(&before)).unwrap());
        assert_eq!(std::fs::read(root.join("a.jpg")).unwrap(), b"newer");
        assert_eq!(std::fs::read(root.join("moved.jpg")).unwrap(), b"an edit");
    }

    #[test]
    fn twice_within_a_millisecond_both_are_kept() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        let mut places = Vec::new();
        for content in [b"one", b"two"] {
            put(root, "d/a.jpg", content);
            places.push(
                trash(root, &path("d/a.jpg"), &state(root, "d/a.jpg"), Timestamp::from_millis(5)).unwrap(),
            );
        }
        assert_eq!(places, [".windlass/trash/5/d/a.jpg", ".windlass/trash/5-1/d/a.jpg"]);
        assert_eq!(std::fs::read(root.join(&places[0])).unwrap(), b"one");
        assert_eq!(std::fs::read(root.join(&places[1])).unwrap(), b"two");
        // Nothing comes back over something.
        put(root, "d/a.jpg", b"three");
        assert_eq!(untrash(root, &places[0], &path("d/a.jpg")).unwrap_err().kind, FsErrorKind::Changed);
        assert_eq!(std::fs::read(root.join(&places[0])).unwrap(), b"one");
    }

    #[test]
    fn hs7_our_own_names_are_not_moved() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path();
        put(root, ".windlass/root.json", b"{}");
        put(root, "a.jpg", b"a");
        let (marker, a) = (state(root, ".windlass/root.json"), state(root, "a.jpg"));
        let kind = |result: Result<(), FsError>| result.unwrap_err().kind;
        let own = path(".windlass/root.json");
        assert_eq!(kind(trash(root, &own, &marker, Timestamp(0)).map(|_| ())), FsErrorKind::Denied);
        assert_eq!(kind(rename(root, &own, &path("b"), &marker)), FsErrorKind::Denied);
        assert_eq!(kind(rename(root, &path("a.jpg"), &path(".windlass/x"), &a)), FsErrorKind::Denied);
        let place = trash(root, &path("a.jpg"), &a, Timestamp(0)).unwrap();
        assert_eq!(kind(untrash(root, &place, &own)), FsErrorKind::Denied);
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
