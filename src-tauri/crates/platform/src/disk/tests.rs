//! What needs a disk that fails at a chosen point; the rest is in `tests/`.
use std::io;
use std::path::Path;

use windlass_domain::RelPath;
use windlass_ports::{FsErrorKind, ScanItem, Scanned};

use super::stream::Stop;
use super::walk::{Told, scan_with};
use crate::folder::{Folder, Listing};

/// A scan over a disk whose folder `bad` gives `listed` names and then an error.
fn scan_broken(root: &Path, bad: &str, listed: usize) -> (Vec<Scanned>, Option<FsErrorKind>) {
    let lister = |folder: &Folder, path: &str| -> Listing {
        let mut listing = folder.list();
        if path == bad {
            listing.entries.sort_by(|a, b| a.name.cmp(&b.name));
            listing.entries.truncate(listed);
            listing.broken = Some(io::Error::from_raw_os_error(5));
        }
        listing
    };
    let mut found = Vec::new();
    let end = scan_with(root, None, &lister, &mut |told| {
        if let Told::Item(item) = told {
            found.push(item);
        }
        Ok(())
    });
    let kind = match end {
        Ok(()) => None,
        Err(Stop::Failed(error)) => Some(error.kind),
        Err(Stop::Unheard) => panic!("the test listens"),
    };
    (found, kind)
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let base = tempfile::tempdir().unwrap();
    for file in files {
        let path = base.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    base
}

fn told(found: &[Scanned]) -> Vec<String> {
    found
        .iter()
        .map(|s| {
            let path = s.path.as_ref().map_or("", RelPath::as_str);
            match &s.item {
                ScanItem::File(_) => path.to_owned(),
                ScanItem::Unreadable(_) => format!("?{path}"),
                other => format!("{other:?} {path}"),
            }
        })
        .collect()
}

#[test]
fn ha9_a_folder_that_cannot_be_listed_is_an_item_and_the_walk_goes_on() {
    let base = tree(&["a/1", "b/1", "b/2", "c"]);
    let (found, error) = scan_broken(base.path(), "b", 0);
    assert_eq!(told(&found), ["a/1", "?b", "c"]);
    assert_eq!(error, None);
}

#[test]
fn ha9_a_listing_that_breaks_off_is_told_before_what_it_gave() {
    let base = tree(&["b/1", "b/2", "b/3", "b/d/4", "c"]);
    for n in 1..=4 {
        let (found, error) = scan_broken(base.path(), "b", n);
        let told = told(&found);
        assert_eq!(told.first().unwrap(), "?b", "{told:?}");
        assert_eq!(told.len(), n + 2, "{told:?}");
        assert_eq!(error, None);
    }
}

#[test]
fn ha9_a_root_that_breaks_off_fails_the_scan() {
    let base = tree(&["a", "b", "c"]);
    for n in 0..3 {
        let (found, error) = scan_broken(base.path(), "", n);
        assert_eq!(found.len(), n);
        assert_eq!(error, Some(FsErrorKind::Other), "a scan of half a root must not look whole");
    }
}

#[test]
fn ha9_an_ignore_file_in_a_broken_listing_still_counts() {
    let base = tree(&["b/1", "b/2"]);
    std::fs::write(base.path().join("b/.windlassignore"), "1\n").unwrap();
    let lister = |folder: &Folder, path: &str| {
        let mut listing = folder.list();
        if path == "b" {
            listing.entries.retain(|e| e.name != ".windlassignore");
            listing.broken = Some(io::Error::from_raw_os_error(5));
        }
        listing
    };
    let mut found = Vec::new();
    let sink: &mut dyn FnMut(Told) -> Result<(), Stop> = &mut |told| {
        if let Told::Item(item) = told {
            found.push(item);
        }
        Ok(())
    };
    assert!(scan_with(base.path(), None, &lister, sink).is_ok());
    assert_eq!(told(&found), ["?b", "b/2"]);
}

#[test]
fn ha10_a_root_that_was_replaced_during_the_scan_fails_it() {
    let base = tree(&["r/a", "r/d/b"]);
    let root = base.path().join("r");
    let swap = |folder: &Folder, path: &str| {
        if path == "d" {
            std::fs::rename(&root, base.path().join("old")).unwrap();
            std::fs::create_dir(&root).unwrap();
        }
        folder.list()
    };
    let end = scan_with(&root, None, &swap, &mut |_| Ok(()));
    let Err(Stop::Failed(error)) = end else { panic!("half of one disk and half of another") };
    assert_eq!(error.kind, FsErrorKind::RootMissing);
}

#[cfg(target_os = "linux")]
#[test]
fn ha31_an_edit_between_look_and_rename_is_put_back() {
    // The race itself cannot be hit at will: the same steps with a state that only the first look believes.
    let base = tree(&["f"]);
    let path = RelPath::parse("f").unwrap();
    let state = match super::look::below(base.path(), &path).unwrap().unwrap().item {
        ScanItem::File(state) => state,
        other => panic!("{other:?}"),
    };
    let staged = super::stage::begin(base.path(), &path).unwrap();
    std::fs::write(base.path().join("f"), "edited").unwrap();
    let error = staged.swap_for_tests(&state).unwrap_err();
    assert_eq!(error.kind, FsErrorKind::Changed);
    assert_eq!(std::fs::read(base.path().join("f")).unwrap(), b"edited");
    assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 1, "no temporary file stays");
}
