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

#[cfg(unix)]
mod replacing {
    use std::path::PathBuf;

    use windlass_domain::LocalState;

    use super::super::{look, stage};
    use super::*;

    fn state(root: &Path, path: &str) -> LocalState {
        match look::below(root, &RelPath::parse(path).unwrap()).unwrap().unwrap().item {
            ScanItem::File(state) => state,
            other => panic!("{other:?}"),
        }
    }

    fn staged(root: &Path, path: &str) -> stage::StagedFile {
        let staged = stage::begin(root, &RelPath::parse(path).unwrap()).unwrap();
        staged.write_for_tests(b"new");
        staged
    }

    /// Every file below, with its content.
    fn all(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(all(&path));
            } else {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    fn contents(root: &Path) -> Vec<String> {
        all(root).into_iter().map(|(_, content)| content).collect()
    }

    // The races themselves cannot be hit at will: the same steps with a state that only the first look believes.
    #[cfg(target_os = "linux")]
    #[test]
    fn ha31_an_edit_between_look_and_rename_is_put_back() {
        let base = tree(&["d/f"]);
        let state = state(base.path(), "d/f");
        let staged = staged(base.path(), "d/f");
        std::fs::write(base.path().join("d/f"), "edited").unwrap();
        let error = staged.swap_for_tests(&state).unwrap_err();
        assert_eq!(error.kind, FsErrorKind::Changed);
        assert_eq!(
            all(base.path()),
            [(base.path().join("d/f"), "edited".to_owned())],
            "and nothing else stays"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn ha31_what_was_replaced_is_in_the_trash() {
        let base = tree(&["d/f"]);
        let state = state(base.path(), "d/f");
        staged(base.path(), "d/f").swap_for_tests(&state).unwrap();
        let found = all(base.path());
        assert_eq!(contents(base.path()), ["x", "new"]);
        let kept = found[0].0.strip_prefix(base.path()).unwrap().to_string_lossy().into_owned();
        assert!(kept.starts_with(".windlass/trash/") && kept.ends_with("/d/f"), "{kept}");
        assert_eq!(found[1].0, base.path().join("d/f"));
    }

    #[test]
    fn ha31_a_file_that_went_away_is_not_made_again() {
        let base = tree(&["f"]);
        let state = state(base.path(), "f");
        let staged = staged(base.path(), "f");
        std::fs::remove_file(base.path().join("f")).unwrap();
        assert_eq!(staged.swap_for_tests(&state).unwrap_err().kind, FsErrorKind::Changed);
        assert_eq!(contents(base.path()), Vec::<String>::new());
    }

    #[test]
    fn ha31_without_an_exchange_the_old_file_is_kept_too() {
        let base = tree(&["d/f"]);
        let before = state(base.path(), "d/f");
        staged(base.path(), "d/f").replace_keeping_for_tests(&before).unwrap();
        assert_eq!(contents(base.path()), ["x", "new"]);
        // And an edit that can be seen is left alone.
        let late = staged(base.path(), "d/f");
        let before = LocalState { size: 99, ..state(base.path(), "d/f") };
        assert_eq!(late.replace_keeping_for_tests(&before).unwrap_err().kind, FsErrorKind::Changed);
        assert_eq!(contents(base.path()), ["x", "new"]);
    }

    #[test]
    fn hc1_a_power_cut_between_the_steps_leaves_no_name_that_the_sweep_takes() {
        // What is on the disk at the moment of the exchange: the old file at its name, the new one in the trash.
        let base = tree(&["f"]);
        let mut staged = staged(base.path(), "f");
        assert!(staged.wait_in_trash_for_tests().unwrap());
        assert_eq!(super::super::sweep::temps(base.path()).unwrap(), 0);
        assert_eq!(contents(base.path()), ["new", "x"]);
    }
}
