//! A volume of 1 MiB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(all(test, target_os = "linux"))]
mod common;

use bytes::Bytes;
use common::{names, rel};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use windlass_domain::LocalExpect;
use windlass_platform::Disk;
use windlass_ports::{FsErrorKind, LocalFs as _, ScanItem};

struct Volume(tempfile::TempDir);

impl Volume {
    /// `None` for a user who may not mount.
    fn new() -> Option<Self> {
        let base = tempfile::tempdir().unwrap();
        match mount("tmpfs", base.path(), "tmpfs", MountFlags::empty(), Some(c"size=1m")) {
            Ok(()) => Some(Self(base)),
            Err(error) => {
                assert!(
                    !rustix::process::geteuid().is_root(),
                    "root could not mount a small tmpfs for the test: {error}"
                );
                eprintln!("SKIPPED: only root can mount the small volume that this test needs");
                None
            }
        }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        unmount(self.0.path(), UnmountFlags::DETACH).unwrap();
    }
}

#[tokio::test]
async fn ha28_a_full_disk_stops_the_download_and_keeps_the_rest() {
    let Some(volume) = Volume::new() else { return };
    let (disk, root) = (Disk::new(), volume.0.path());
    common::put(root, "there", "theirs");
    assert!(disk.free_space(root).await.unwrap() <= 1024 * 1024);
    let mut staged = disk.stage(root, &rel("big")).await.unwrap();
    let mut offset = 0;
    let error = loop {
        match staged.write_at(offset, Bytes::from(vec![7; 256 * 1024])).await {
            Ok(()) => offset += 256 * 1024,
            Err(error) => break error,
        }
        assert!(offset <= 1024 * 1024, "it holds no more");
    };
    assert_eq!(error.kind, FsErrorKind::Full);
    drop(staged);
    assert_eq!(names(root), ["there"]);
    assert_eq!(std::fs::read(root.join("there")).unwrap(), b"theirs");
    let mut again = disk.stage(root, &rel("small")).await.unwrap();
    again.write_at(0, Bytes::from_static(b"ok")).await.unwrap();
    again.publish(&LocalExpect::Absent, None).await.unwrap();
}

#[tokio::test]
async fn ha28_a_full_disk_keeps_marker_and_file() {
    let Some(volume) = Volume::new() else { return };
    let (disk, root) = (Disk::new(), volume.0.path());
    disk.create_marker(root, "id").await.unwrap();
    common::put(root, "there", "theirs");
    let state = match disk.look(root, &rel("there")).await.unwrap().unwrap().item {
        ScanItem::File(state) => state,
        other => panic!("{other:?}"),
    };
    // Everything that is left, page by page.
    let mut filler = std::fs::File::create(root.join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[1; 4096]).is_ok() {}
    let marker = disk.read_marker(root).await.unwrap();
    assert_eq!(disk.set_epoch(root, &marker, 5).await.unwrap_err().kind, FsErrorKind::Full);
    assert_eq!(disk.read_marker(root).await.unwrap().epoch, 0);
    let mut staged = disk.stage(root, &rel("there")).await.unwrap();
    let error = staged.write_at(0, Bytes::from_static(b"new")).await.unwrap_err();
    assert_eq!(error.kind, FsErrorKind::Full);
    drop(staged);
    assert_eq!(std::fs::read(root.join("there")).unwrap(), b"theirs");
    assert_eq!(names(root), [".windlass", "filler", "there"]);
    assert_eq!(names(&root.join(".windlass")), ["root.json"]);
    // Moving needs no space for bytes.
    let place = disk.trash(root, &rel("there"), &state, windlass_domain::Timestamp::from_millis(1)).await;
    match place {
        Ok(place) => assert_eq!(std::fs::read(root.join(place)).unwrap(), b"theirs"),
        Err(error) => {
            assert_eq!(error.kind, FsErrorKind::Full);
            assert_eq!(std::fs::read(root.join("there")).unwrap(), b"theirs");
        }
    }
    drop(filler);
    std::fs::remove_file(root.join("filler")).unwrap();
    disk.set_epoch(root, &marker, 5).await.unwrap();
    assert_eq!(disk.read_marker(root).await.unwrap().epoch, 5);
}

#[tokio::test]
async fn ha6_an_unmounted_root_is_missing_and_an_empty_mount_point_too() {
    let Some(volume) = Volume::new() else { return };
    let disk = Disk::new();
    disk.create_marker(volume.0.path(), "id").await.unwrap();
    assert_eq!(disk.read_marker(volume.0.path()).await.unwrap().id, "id");
    let place = volume.0.path().to_path_buf();
    drop(volume);
    assert_eq!(disk.read_marker(&place).await.unwrap_err().kind, FsErrorKind::RootMissing);
}
