//! Reading parts, markers, and files that come from a bucket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(all(test, unix))]
mod common;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use common::{fifo, names, put, rel, tree};
use windlass_domain::{LocalExpect, LocalState, Timestamp};
use windlass_platform::Disk;
use windlass_ports::{FsErrorKind, LocalFs as _, Marker, ScanItem, Staged};

async fn state(root: &Path, path: &str) -> LocalState {
    match Disk::new().look(root, &rel(path)).await.unwrap().unwrap().item {
        ScanItem::File(state) => state,
        other => panic!("{other:?}"),
    }
}

async fn staged(root: &Path, path: &str, text: &str) -> Box<dyn Staged> {
    let mut staged = Disk::new().stage(root, &rel(path)).await.unwrap();
    staged.write_at(0, Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
    staged
}

#[tokio::test]
async fn ha6_a_missing_or_damaged_marker_is_a_missing_root() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    let kind = async |root: &Path| disk.read_marker(root).await.unwrap_err().kind;
    assert_eq!(kind(&base.path().join("none")).await, FsErrorKind::RootMissing);
    assert_eq!(kind(base.path()).await, FsErrorKind::RootMissing, "an empty mount point");
    std::fs::create_dir(base.path().join(".windlass")).unwrap();
    assert_eq!(kind(base.path()).await, FsErrorKind::RootMissing);
    for damaged in ["", "{", "{\"id\":1}", "\0\0\0"] {
        put(base.path(), ".windlass/root.json", damaged);
        assert_eq!(kind(base.path()).await, FsErrorKind::RootMissing, "{damaged:?}");
    }
    std::fs::remove_file(base.path().join(".windlass/root.json")).unwrap();
    fifo(&base.path().join(".windlass/root.json"));
    let read = tokio::time::timeout(Duration::from_secs(5), disk.read_marker(base.path()));
    read.await.expect("no hang").unwrap_err();
}

#[tokio::test]
async fn ha7_a_marker_is_written_once() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    disk.create_marker(base.path(), "one \"id\"").await.unwrap();
    assert_eq!(disk.read_marker(base.path()).await.unwrap().id, "one \"id\"");
    let second = disk.create_marker(base.path(), "two").await.unwrap_err();
    assert_eq!(second.kind, FsErrorKind::Changed);
    assert_eq!(disk.read_marker(base.path()).await.unwrap().id, "one \"id\"");
    assert_eq!(names(&base.path().join(".windlass")), ["root.json"]);
    let nowhere = disk.create_marker(&base.path().join("none"), "x").await.unwrap_err();
    assert_eq!(nowhere.kind, FsErrorKind::RootMissing);
    assert!(!base.path().join("none").exists(), "a root is never made");
}

#[tokio::test]
async fn hc7_an_epoch_is_written_into_the_marker() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    let of = |id: &str, epoch| Marker { id: id.to_owned(), epoch, identity: None };
    let kind = async |id: &str| disk.set_epoch(base.path(), &of(id, 0), 1).await.unwrap_err().kind;
    assert_eq!(kind("one").await, FsErrorKind::RootMissing, "a marker is never made again");
    put(base.path(), ".windlass/root.json", "{\"id\":\"one\"}");
    let marker = async || {
        let Marker { id, epoch, identity: _ } = disk.read_marker(base.path()).await.unwrap();
        (id, epoch)
    };
    assert_eq!(marker().await, ("one".to_owned(), 0), "of an older version");
    let seen = disk.read_marker(base.path()).await.unwrap();
    disk.set_epoch(base.path(), &seen, 7).await.unwrap();
    assert_eq!(marker().await, ("one".to_owned(), 7));
    assert_eq!(kind("two").await, FsErrorKind::RootMissing);
    // Another epoch, or another file, is another marker: a copy of the folder lies there.
    assert_eq!(disk.set_epoch(base.path(), &seen, 8).await.unwrap_err().kind, FsErrorKind::RootMissing);
    assert_eq!(marker().await, ("one".to_owned(), 7));
    assert_eq!(names(&base.path().join(".windlass")), ["root.json"]);
}

#[tokio::test]
async fn ha6_a_marker_that_says_nothing_is_made_anew_when_that_is_asked_for() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    put(base.path(), ".windlass/root.json", "{\"id\":\"on");
    assert_eq!(disk.read_marker(base.path()).await.unwrap_err().kind, FsErrorKind::RootMissing);
    disk.create_marker(base.path(), "one").await.unwrap();
    assert_eq!(disk.read_marker(base.path()).await.unwrap().id, "one");
    assert_eq!(disk.create_marker(base.path(), "two").await.unwrap_err().kind, FsErrorKind::Changed);
    assert_eq!(names(&base.path().join(".windlass")), ["root.json"]);
}

/// A copy as backup programs make it: same names, same bytes, same times.
#[cfg(target_os = "linux")]
fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ha6_ha7_a_copy_of_a_root_has_another_identity_and_the_root_keeps_its_own() {
    let base = tempfile::tempdir().unwrap();
    let (root, aside) = (base.path().join("root"), base.path().join("copy"));
    put(&root, "a.txt", "a");
    let disk = Disk::new();
    disk.create_marker(&root, "one").await.unwrap();
    let identity = async || disk.read_marker(&root).await.unwrap().identity;
    let Some(first) = identity().await else {
        return; /* a file system that tells none */
    };
    // Whatever happens to its files, to their rights and to its own name.
    put(&root, "b.txt", "b");
    std::fs::remove_file(root.join("a.txt")).unwrap();
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(root.join(".windlass/root.json"), read_only).unwrap();
    std::fs::rename(&root, &aside).unwrap();
    std::fs::rename(&aside, &root).unwrap();
    assert_eq!(identity().await.as_ref(), Some(&first));
    // A copy, with everything that a copy can take along.
    copy(&root, &aside);
    std::fs::rename(&root, base.path().join("old")).unwrap();
    std::fs::rename(&aside, &root).unwrap();
    let copied = identity().await.unwrap();
    assert_ne!(copied, first);
    // A restore that puts its files in the place of the old ones, in the same folder.
    let marker = root.join(".windlass/root.json");
    std::fs::rename(&marker, base.path().join("marker")).unwrap();
    copy(&base.path().join("marker"), &marker);
    let restored = identity().await.unwrap();
    assert_ne!(restored, copied);
    // The marker moved to another folder is no root of ours either.
    let other = base.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::rename(root.join(".windlass"), other.join(".windlass")).unwrap();
    assert_ne!(disk.read_marker(&other).await.unwrap().identity.unwrap(), restored);
}

#[tokio::test]
async fn the_trash_is_never_scanned() {
    let base = tree(&["d/f", "g"]);
    let disk = Disk::new();
    let f = state(base.path(), "d/f").await;
    let place = disk.trash(base.path(), &rel("d/f"), &f, Timestamp::from_millis(3)).await.unwrap();
    assert_eq!(place, ".windlass/trash/3/d/f");
    assert_eq!(common::lines(disk.scan(base.path(), None)).await.unwrap(), ["g"]);
    let below = rel(".windlass/trash");
    assert_eq!(common::lines(disk.scan(base.path(), Some(&below))).await.unwrap(), Vec::<String>::new());
    disk.untrash(base.path(), &place, &rel("d/f")).await.unwrap();
    assert!(
        state(base.path(), "d/f")
            .await
            .same_snapshot(&LocalState { ctime: state(base.path(), "d/f").await.ctime, ..f })
    );
    assert_eq!(common::lines(disk.scan(base.path(), None)).await.unwrap(), ["d/f", "g"]);
    let f = state(base.path(), "d/f").await;
    disk.rename(base.path(), &rel("d/f"), &rel("e/f"), &f).await.unwrap();
    assert_eq!(common::lines(disk.scan(base.path(), None)).await.unwrap(), ["e/f", "g"]);
}

#[tokio::test]
async fn ha23_a_marker_behind_a_link_is_none() {
    let (base, out) = (tempfile::tempdir().unwrap(), tree(&["root.json"]));
    symlink(out.path(), base.path().join(".windlass")).unwrap();
    let disk = Disk::new();
    assert_eq!(disk.read_marker(base.path()).await.unwrap_err().kind, FsErrorKind::RootMissing);
    disk.create_marker(base.path(), "x").await.unwrap_err();
    assert_eq!(names(out.path()), ["root.json"]);
}

#[tokio::test]
async fn parts_are_read_exactly() {
    let base = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let file = base.path().join("f");
    std::fs::write(&file, &content).unwrap();
    let disk = Disk::new();
    for _ in 0..3 {
        for (offset, len) in
            [(0, 0), (0, 10), (5, 65_536), (1, 65_537), (100, 1_000_001), (2_999_999, 1), (0, 3_000_000)]
        {
            let bytes = disk.read(&file, offset as u64, len).await.unwrap();
            assert_eq!(bytes.len(), len);
            assert!(bytes == content[offset..offset + len], "{len} at {offset}");
        }
    }
}

#[tokio::test]
async fn hb13_a_file_that_ends_early_is_short() {
    let base = tree(&[]);
    put(base.path(), "f", "12345");
    let disk = Disk::new();
    for (offset, len) in [(0, 6), (5, 1), (6, 1), (u64::MAX, 1), (0, 100_000_000)] {
        let error = disk.read(&base.path().join("f"), offset, len).await.unwrap_err();
        assert_eq!(error.kind, FsErrorKind::Short, "{len} at {offset}");
    }
    assert_eq!(disk.read(&base.path().join("f"), 5, 0).await.unwrap().len(), 0);
    let none = disk.read(&base.path().join("none"), 0, 1).await.unwrap_err();
    assert_eq!(none.kind, FsErrorKind::NotFound);
    // A file of /proc says it has no bytes, and has some.
    let odd = disk.read(Path::new("/proc/self/status"), 0, 1).await.unwrap_err();
    assert_eq!(odd.kind, FsErrorKind::Short);
}

#[tokio::test]
async fn ha25_ha23_no_pipe_device_folder_or_link_is_read() {
    let base = tree(&["f", "d/x"]);
    fifo(&base.path().join("p"));
    symlink("f", base.path().join("l")).unwrap();
    for path in ["p", "d", "l"] {
        let disk = Disk::new();
        let file = base.path().join(path);
        let read = tokio::time::timeout(Duration::from_secs(5), disk.read(&file, 0, 1));
        assert_eq!(read.await.expect("no hang").unwrap_err().kind, FsErrorKind::Other, "{path}");
    }
    assert_eq!(Disk::new().read(Path::new("/dev/zero"), 0, 1).await.unwrap_err().kind, FsErrorKind::Other);
}

#[tokio::test]
async fn hc1_a_file_appears_whole_or_not_at_all() {
    let base = tempfile::tempdir().unwrap();
    let mut staged = Disk::new().stage(base.path(), &rel("new/deep/f")).await.unwrap();
    staged.write_at(3, Bytes::from_static(b"def")).await.unwrap();
    staged.write_at(0, Bytes::from_static(b"abc")).await.unwrap();
    let folder = base.path().join("new/deep");
    assert!(names(&folder).iter().all(|n| n.starts_with(".windlass-tmp-")), "only the temporary name");
    assert_eq!(common::lines(Disk::new().scan(base.path(), None)).await.unwrap(), Vec::<String>::new());
    let mtime = Timestamp(1_500_000_000_123_456_789);
    let published = staged.publish(&LocalExpect::Absent, Some(mtime)).await.unwrap();
    assert_eq!(published.kept, None, "nothing was replaced");
    assert_eq!(
        published.changed,
        Some(state(base.path(), "new/deep/f").await.ctime),
        "and nobody wrote to it since"
    );
    let path = folder.join("f");
    assert_eq!(std::fs::read(&path).unwrap(), b"abcdef");
    assert_eq!(state(base.path(), "new/deep/f").await.mtime, mtime);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o111, 0, "never to be run");
    assert_eq!(names(&folder), ["f"]);
}

#[tokio::test]
async fn hc1_dropping_removes_the_temporary_file() {
    let base = tempfile::tempdir().unwrap();
    let staged = staged(base.path(), "f", "half").await;
    assert_eq!(names(base.path()).len(), 1);
    drop(staged);
    assert_eq!(names(base.path()), Vec::<String>::new());
}

#[tokio::test]
async fn ha31_nothing_unexpected_is_replaced() {
    let base = tree(&["there", "same"]);
    let before = state(base.path(), "same").await;

    let error =
        staged(base.path(), "there", "new").await.publish(&LocalExpect::Absent, None).await.unwrap_err();
    assert_eq!(error.kind, FsErrorKind::Changed);
    assert_eq!(std::fs::read(base.path().join("there")).unwrap(), b"x");

    std::fs::set_permissions(base.path().join("same"), std::fs::Permissions::from_mode(0o710)).unwrap();
    let expect = LocalExpect::Unchanged(before);
    let error = staged(base.path(), "same", "new").await.publish(&expect, None).await.unwrap_err();
    assert_eq!(error.kind, FsErrorKind::Changed, "its ctime moved");

    let expect = LocalExpect::Unchanged(state(base.path(), "same").await);
    staged(base.path(), "same", "new").await.publish(&expect, None).await.unwrap();
    assert_eq!(std::fs::read(base.path().join("same")).unwrap(), b"new");
    assert_eq!(
        std::fs::metadata(base.path().join("same")).unwrap().mode() & 0o777,
        0o600,
        "as private as it was"
    );

    let late = staged(base.path(), "same", "late").await;
    std::fs::remove_file(base.path().join("same")).unwrap();
    assert_eq!(late.publish(&expect, None).await.unwrap_err().kind, FsErrorKind::Changed);
    std::fs::create_dir(base.path().join("folder")).unwrap();
    let over = staged(base.path(), "folder", "x").await.publish(&LocalExpect::Absent, None).await;
    assert_eq!(over.unwrap_err().kind, FsErrorKind::Changed);
    symlink("nowhere", base.path().join("dangling")).unwrap();
    let over = staged(base.path(), "dangling", "x").await.publish(&LocalExpect::Absent, None).await;
    assert_eq!(over.unwrap_err().kind, FsErrorKind::Changed);
    assert_eq!(names(base.path()), [".windlass", "dangling", "folder", "there"], "no temporary file stays");
}

#[tokio::test]
async fn ha23_no_write_goes_through_a_link() {
    let (base, out) = (tree(&["d/x", "file"]), tempfile::tempdir().unwrap());
    symlink(out.path(), base.path().join("l")).unwrap();
    for path in ["l/f", "l/new/f", "file/f"] {
        let error = Disk::new().stage(base.path(), &rel(path)).await.unwrap_err();
        assert_eq!(error.kind, FsErrorKind::Changed, "{path}");
    }
    // The folder becomes a link while the file is written.
    let late = staged(base.path(), "d/f", "new").await;
    std::fs::rename(base.path().join("d"), base.path().join("moved")).unwrap();
    symlink(out.path(), base.path().join("d")).unwrap();
    assert_eq!(late.publish(&LocalExpect::Absent, None).await.unwrap_err().kind, FsErrorKind::Changed);
    assert_eq!(names(out.path()), Vec::<String>::new(), "nothing outside");
    assert_eq!(names(&base.path().join("moved")), ["x"], "and no temporary file");
}

#[tokio::test]
async fn ha23_a_link_that_comes_and_goes_never_wins() {
    let (base, out) = (tree(&[]), tempfile::tempdir().unwrap());
    let (root, target) = (base.path().to_path_buf(), out.path().to_path_buf());
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = std::sync::Arc::clone(&stop);
    let swapper = std::thread::spawn(move || {
        let d = root.join("d");
        while !told.load(std::sync::atomic::Ordering::Relaxed) {
            let _gone = std::fs::remove_dir_all(&d);
            let _link = symlink(&target, &d);
            let _gone = std::fs::remove_file(&d);
        }
    });
    for n in 0..300 {
        if let Ok(staged) = Disk::new().stage(base.path(), &rel(&format!("d/{n}"))).await {
            let _lost_or_won = staged.publish(&LocalExpect::Absent, None).await;
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    swapper.join().unwrap();
    assert_eq!(names(out.path()), Vec::<String>::new());
}

#[tokio::test]
async fn hs7_our_own_names_are_never_written_from_a_bucket() {
    let base = tempfile::tempdir().unwrap();
    for path in [".windlass/root.json", ".windlass", ".windlass-tmp-1", "d/.windlass-tmp-1"] {
        let error = Disk::new().stage(base.path(), &rel(path)).await.unwrap_err();
        assert_eq!(error.kind, FsErrorKind::Denied, "{path}");
    }
    assert_eq!(names(base.path()), Vec::<String>::new());
    let error = Disk::new().stage(&base.path().join("none"), &rel("f")).await.unwrap_err();
    assert_eq!(error.kind, FsErrorKind::RootMissing);
    assert!(!base.path().join("none").exists());
}

#[tokio::test]
async fn ha32_the_sweep_takes_what_a_dead_process_left_and_nothing_else() {
    let (base, out) = (
        tree(&[".windlass-tmp-1", "d/.windlass-tmp-2", "d/f", ".windlass/.windlass-tmp-3"]),
        tree(&[".windlass-tmp-4"]),
    );
    put(base.path(), ".windlassignore", "d/\n");
    symlink(out.path(), base.path().join("l")).unwrap();
    std::fs::create_dir(base.path().join(".windlass-tmp-folder")).unwrap();
    let alive = staged(base.path(), "d/alive", "a").await;
    let disk = Disk::new();
    assert_eq!(disk.sweep_temps(base.path()).await.unwrap(), 3);
    assert_eq!(names(base.path()), [".windlass", ".windlass-tmp-folder", ".windlassignore", "d", "l"]);
    assert_eq!(names(out.path()), [".windlass-tmp-4"], "not through a link");
    alive.publish(&LocalExpect::Absent, None).await.expect("one being written stays");
    assert_eq!(names(&base.path().join("d")), ["alive", "f"]);
    assert_eq!(disk.sweep_temps(base.path()).await.unwrap(), 0);
}

#[tokio::test]
async fn free_space_is_that_of_the_volume() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::new();
    assert!(disk.free_space(base.path()).await.unwrap() > 0);
    assert!(disk.free_space(&base.path().join("not/yet/there")).await.unwrap() > 0);
}
