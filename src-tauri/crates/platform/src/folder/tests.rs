//! Both implementations keep the same promises.
use std::ffi::OsStr;
use std::io;

use super::Kind;

macro_rules! promises {
    ($module:ident) => {
        mod $module {
            use super::*;
            use crate::folder::$module::{Folder, open_regular, read_at, write_at};

            fn name(text: &str) -> &OsStr {
                OsStr::new(text)
            }

            #[test]
            fn names_are_listed_and_examined() {
                let base = tempfile::tempdir().unwrap();
                std::fs::write(base.path().join("f"), "abc").unwrap();
                let folder = Folder::open(base.path()).unwrap();
                folder.make_child(name("d")).unwrap();
                folder.make_child(name("d")).expect("twice is no error");
                let mut seen: Vec<_> = folder
                    .list()
                    .entries
                    .into_iter()
                    .map(|e| (e.name.into_string().unwrap(), e.kind))
                    .collect();
                seen.sort_by(|a, b| a.0.cmp(&b.0));
                assert_eq!(seen, [("d".into(), Some(Kind::Folder)), ("f".into(), Some(Kind::File))]);
                assert_eq!(folder.examine(name("f")).unwrap().unwrap().state.size, 3);
                assert!(folder.examine(name("none")).unwrap().is_none());
            }

            #[cfg(unix)]
            #[test]
            fn ha23_a_link_is_never_a_folder_or_a_file() {
                let (base, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                std::fs::write(out.path().join("f"), "secret").unwrap();
                std::os::unix::fs::symlink(out.path(), base.path().join("d")).unwrap();
                std::os::unix::fs::symlink(out.path().join("f"), base.path().join("f")).unwrap();
                let folder = Folder::open(base.path()).unwrap();
                folder.child(name("d")).unwrap_err();
                folder.make_child(name("d")).unwrap_err();
                folder.open_file(name("f")).unwrap_err();
                open_regular(&base.path().join("f")).unwrap_err();
                assert_eq!(folder.examine(name("d")).unwrap().unwrap().kind, Kind::Link);
            }

            #[test]
            fn hc1_a_new_name_replaces_nothing() {
                let base = tempfile::tempdir().unwrap();
                let folder = Folder::open(base.path()).unwrap();
                let file = folder.create(name("t"), 0o600).unwrap();
                write_at(&file, 2, b"cd").unwrap();
                write_at(&file, 0, b"ab").unwrap();
                std::fs::write(base.path().join("there"), "theirs").unwrap();
                let taken = folder.rename_new(name("t"), name("there")).unwrap_err();
                assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
                folder.rename_new(name("t"), name("new")).unwrap();
                assert_eq!(std::fs::read(base.path().join("new")).unwrap(), b"abcd");
                assert_eq!(std::fs::read(base.path().join("there")).unwrap(), b"theirs");
                assert!(folder.examine(name("t")).unwrap().is_none());
                folder.create(name("new"), 0o600).unwrap_err();
                folder.sync().unwrap();
                assert_eq!(
                    folder.identity().unwrap(),
                    Folder::open(base.path()).unwrap().identity().unwrap()
                );
                let below = folder.make_child(name("below")).unwrap();
                let taken = below.move_new(name("none"), &folder, name("there"));
                taken.unwrap_err();
                folder.move_new(name("new"), &below, name("new")).unwrap();
                let taken = below.move_new(name("new"), &folder, name("there")).unwrap_err();
                assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
                below.move_new(name("new"), &folder, name("new")).unwrap();
                assert!(folder.link(name("new"), &below, name("second")).unwrap());
                folder.link(name("there"), &below, name("second")).unwrap_err();
                folder.remove_folder(name("below")).unwrap_err();
                below.remove(name("second")).unwrap();
                folder.remove_folder(name("below")).unwrap();
                if folder.exchange(name("new"), &folder, name("there")).unwrap() {
                    assert_eq!(std::fs::read(base.path().join("there")).unwrap(), b"abcd");
                    assert!(folder.exchange(name("new"), &folder, name("there")).unwrap());
                }
                let mut buffer = [0; 2];
                let (file, size) = folder.open_file(name("new")).unwrap();
                assert_eq!(size, 4);
                assert_eq!(read_at(&file, 1, &mut buffer).unwrap(), 2);
                assert_eq!(&buffer, b"bc");
            }
        }
    };
}

promises!(portable);
#[cfg(unix)]
promises!(unix);

#[cfg(unix)]
#[test]
fn hc1_the_second_way_to_a_new_name_replaces_nothing_either() {
    let base = tempfile::tempdir().unwrap();
    let folder = super::unix::Folder::open(base.path()).unwrap();
    std::fs::write(base.path().join("t"), "ours").unwrap();
    std::fs::write(base.path().join("there"), "theirs").unwrap();
    let link = |to: &str| folder.link_new_for_tests(OsStr::new("t"), OsStr::new(to));
    assert_eq!(link("there").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    link("new").unwrap();
    assert!(!base.path().join("t").exists());
    assert_eq!(std::fs::read(base.path().join("new")).unwrap(), b"ours");
    assert_eq!(std::fs::read(base.path().join("there")).unwrap(), b"theirs");
}
