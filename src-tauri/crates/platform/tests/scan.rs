//! The walk over real trees: order, rules, links, pipes, broken names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(all(test, unix))]
mod common;

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use common::{lines, put, rel, tree};
use futures::StreamExt as _;
use windlass_platform::Disk;
use windlass_ports::{FsErrorKind, LocalFs as _, ScanItem};

async fn scan(root: &Path) -> Vec<String> {
    lines(Disk::new().scan(root, None)).await.unwrap()
}

async fn under(root: &Path, path: &str) -> Vec<String> {
    lines(Disk::new().scan(root, Some(&rel(path)))).await.unwrap()
}

#[tokio::test]
async fn files_come_in_the_order_of_their_paths_bytes() {
    let base = tree(
        &["a/b", "a.txt", "a-b/c", "a", "b/ä", "b/z", "b/z.d/1", "b/z/2", "Z", "ab/c", "0"]
            .into_iter()
            .filter(|p| *p != "a" && *p != "b/z")
            .collect::<Vec<_>>(),
    );
    let found = scan(base.path()).await;
    let mut sorted = found.clone();
    sorted.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(found, sorted);
    assert_eq!(found, ["0", "Z", "a-b/c", "a.txt", "a/b", "ab/c", "b/z.d/1", "b/z/2", "b/ä"]);
}

#[tokio::test]
async fn a_state_is_what_the_system_says() {
    use std::os::unix::fs::MetadataExt as _;
    let base = tree(&["d/f"]);
    let item = Disk::new().scan(base.path(), None).next().await.unwrap().unwrap().item;
    let ScanItem::File(state) = item else { panic!("{item:?}") };
    let meta = std::fs::metadata(base.path().join("d/f")).unwrap();
    assert_eq!(state.size, 1);
    assert_eq!(state.mtime.0, meta.mtime() * 1_000_000_000 + meta.mtime_nsec());
    assert_eq!(state.ctime.0, meta.ctime() * 1_000_000_000 + meta.ctime_nsec());
    assert_eq!((state.file_id.device, state.file_id.inode), (meta.dev(), meta.ino()));
    assert_eq!(state.digest, None);
}

#[tokio::test]
async fn what_is_ours_and_what_is_ignored_is_left_out() {
    let base = tree(&[
        ".windlass/root.json",
        "deep/.windlass/x",
        ".windlass-tmp-1",
        "d/.windlass-tmp-2",
        "keep",
        "x.log",
        "d/y.log",
        "d/kept.log",
        "node_modules/m/i",
        "d/node_modules/j",
        "only/top",
        "d/only/below",
        "e/x.tmp",
        "e/z.log",
        "e/f/x.tmp",
        "x.tmp",
    ]);
    put(base.path(), ".windlassignore", "\u{feff}# a note\n*.log\n!kept.log\nnode_modules/\n/only\n");
    put(base.path(), "e/.windlassignore", "*.tmp\n!/f/x.tmp\n!z.log\n");
    assert_eq!(
        scan(base.path()).await,
        [
            ".windlassignore",
            "d/kept.log",
            "d/only/below",
            "deep/.windlass/x",
            "e/.windlassignore",
            "e/f/x.tmp",
            "e/z.log",
            "keep",
            "x.tmp"
        ]
    );
    for (path, expected) in [
        ("d", vec!["d/kept.log", "d/only/below"]),
        ("d/kept.log", vec!["d/kept.log"]),
        ("x.log", vec![]),
        ("node_modules/m/i", vec![]),
        ("node_modules", vec![]),
        ("only/top", vec![]),
        ("e/x.tmp", vec![]),
        ("e/f/x.tmp", vec!["e/f/x.tmp"]),
        (".windlass", vec![]),
        (".windlass/root.json", vec![]),
        ("d/.windlass-tmp-2", vec![]),
        ("none", vec![]),
        ("keep/none", vec![]),
    ] {
        assert_eq!(under(base.path(), path).await, expected, "under {path}");
    }
}

#[tokio::test]
async fn an_ignore_file_that_cannot_be_read_lets_nothing_through() {
    let base = tree(&["a", "d/b", "e"]);
    symlink("/dev/null", base.path().join("d/.windlassignore")).unwrap();
    assert_eq!(scan(base.path()).await, ["a", "unreadable d", "e"]);
    assert_eq!(under(base.path(), "d/b").await, ["unreadable d"]);
    symlink("/dev/null", base.path().join(".windlassignore")).unwrap();
    lines(Disk::new().scan(base.path(), None)).await.unwrap_err();
    lines(Disk::new().scan(base.path(), Some(&rel("a")))).await.unwrap_err();
}

#[tokio::test]
async fn ha23_links_are_told_and_not_followed() {
    let (base, out) = (tree(&["a", "d/f"]), tree(&["secret"]));
    symlink(base.path(), base.path().join("loop")).unwrap();
    symlink("self", base.path().join("self")).unwrap();
    symlink(out.path(), base.path().join("out")).unwrap();
    symlink(out.path().join("secret"), base.path().join("d/leak")).unwrap();
    let found = tokio::time::timeout(Duration::from_secs(10), scan(base.path())).await.expect("no hang");
    assert_eq!(found, ["a", "d/f", "link d/leak", "link loop", "link out", "link self"]);
    assert_eq!(under(base.path(), "out/secret").await, Vec::<String>::new());
    let disk = Disk::new();
    assert_eq!(disk.look(base.path(), &rel("out/secret")).await.unwrap(), None);
    assert_eq!(disk.look(base.path(), &rel("out")).await.unwrap().unwrap().item, ScanItem::Link);
}

#[tokio::test]
async fn ha25_pipes_and_sockets_are_told_and_not_opened() {
    let base = tree(&["a"]);
    common::fifo(&base.path().join("p"));
    let _socket = std::os::unix::net::UnixListener::bind(base.path().join("s")).unwrap();
    let found = tokio::time::timeout(Duration::from_secs(10), scan(base.path())).await.expect("no hang");
    assert_eq!(found, ["a", "special p", "special s"]);
}

#[tokio::test]
async fn names_that_are_no_text_are_told_with_their_folder_and_in_order() {
    let base = tree(&["d/f", "d/\u{ffff}", "x"]);
    // By its bytes this name is the last, by its readable form it is not.
    std::fs::write(base.path().join("d").join(std::ffi::OsStr::from_bytes(b"\xff")), "1").unwrap();
    std::fs::create_dir(base.path().join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap();
    assert_eq!(scan(base.path()).await, ["d/f", "badname d", "d/\u{ffff}", "x", "badname "]);
    let disk = Disk::new();
    let last = disk.scan(base.path(), None).collect::<Vec<_>>().await.pop().unwrap().unwrap();
    assert_eq!(last.item, ScanItem::BadName("\u{fffd}".to_owned()));
}

#[tokio::test]
async fn ha6_a_root_that_is_not_there_is_an_error_and_no_empty_tree() {
    let base = tree(&["f"]);
    for root in ["none", "f"] {
        let error = lines(Disk::new().scan(&base.path().join(root), None)).await.unwrap_err();
        assert_eq!(error.kind, FsErrorKind::RootMissing, "{root}");
        let error = Disk::new().look(&base.path().join(root), &rel("x")).await.unwrap_err();
        assert_eq!(error.kind, FsErrorKind::RootMissing, "{root}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(scan(empty.path()).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_tree_deeper_than_any_key_is_no_crash() {
    let base = tempfile::tempdir().unwrap();
    let mut path = base.path().to_path_buf();
    for _ in 0..300 {
        path.push("d");
    }
    std::fs::create_dir_all(&path).unwrap();
    let found = scan(base.path()).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("unreadable d/d/d"), "{found:?}");
    assert_eq!(Disk::new().sweep_temps(base.path()).await.unwrap(), 0);
}

#[tokio::test]
async fn many_files_in_few_batches() {
    let base = tempfile::tempdir().unwrap();
    for d in 0..20 {
        std::fs::create_dir(base.path().join(format!("{d:02}"))).unwrap();
        for f in 0..200 {
            std::fs::write(base.path().join(format!("{d:02}/{f:03}")), "").unwrap();
        }
    }
    let found = scan(base.path()).await;
    assert_eq!(found.len(), 4_000);
    assert!(found.is_sorted());
}

#[tokio::test]
async fn a_dropped_folder_brings_its_name() {
    let base = tree(&[
        "photos/a.jpg",
        "photos/2024/b.jpg",
        "photos/.windlassignore",
        "photos/.windlass/root.json",
        "one",
    ]);
    put(base.path(), "photos/.windlassignore", "*.jpg");
    let disk = Disk::new();
    let root = base.path().join("photos");
    let found: Vec<_> = disk.walk_dropped(&root).map(|r| r.unwrap()).collect().await;
    let keys: Vec<_> = found.iter().map(|(_, s)| s.path.as_ref().unwrap().as_str()).collect();
    assert_eq!(
        keys,
        ["photos/.windlassignore", "photos/2024/b.jpg", "photos/a.jpg"],
        "a person pointed at all of it"
    );
    for (place, scanned) in &found {
        assert_eq!(*place, base.path().join(scanned.path.as_ref().unwrap().as_str()));
    }
    let one: Vec<_> = disk.walk_dropped(&base.path().join("one")).map(|r| r.unwrap()).collect().await;
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].0, base.path().join("one"));
    assert_eq!(one[0].1.path.as_ref().unwrap().as_str(), "one");
    symlink("one", base.path().join("ln")).unwrap();
    let link: Vec<_> = disk.walk_dropped(&base.path().join("ln")).map(|r| r.unwrap()).collect().await;
    assert_eq!(link[0].1.item, ScanItem::Link);
    let none = disk.walk_dropped(&base.path().join("none")).next().await.unwrap().unwrap_err();
    assert_eq!(none.kind, FsErrorKind::NotFound);
}

#[tokio::test]
async fn single_paths_are_looked_at() {
    let base = tree(&["d/f"]);
    common::fifo(&base.path().join("p"));
    let disk = Disk::new();
    let look = async |path: &str| disk.look(base.path(), &rel(path)).await.unwrap().map(|s| s.item);
    assert!(matches!(look("d/f").await, Some(ScanItem::File(s)) if s.size == 1));
    assert_eq!(look("p").await, Some(ScanItem::Special));
    for none in ["d", "none", "none/x", "d/f/x", "d/none"] {
        assert_eq!(look(none).await, None, "{none}");
        assert_eq!(disk.look_absolute(&base.path().join(none)).await.unwrap(), None, "{none}");
    }
    let dropped = disk.look_absolute(&base.path().join("d/f")).await.unwrap();
    assert!(matches!(dropped, Some(ScanItem::File(_))));
}
