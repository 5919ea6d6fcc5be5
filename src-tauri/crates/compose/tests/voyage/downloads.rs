//! Downloads: whole, of one version, verified, and never over something that is there.
use std::path::PathBuf;
use std::time::Duration;

use windlass_api::WholeLimit;
use windlass_domain::{Bucket, ObjectKey};
use windlass_engine::{BatchReport, DownloadState};
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{BUCKET, House, MIB, bytes_of};

fn fetch(house: &House, keys: &[&str], to: PathBuf) -> windlass_domain::BatchId {
    let keys = keys.iter().map(|key| ObjectKey::parse(key).unwrap()).collect();
    house.core().engine.download("c", Bucket::new(BUCKET), keys, "job/".into(), to, "Download".into())
}

async fn download(house: &House, keys: &[&str], to: PathBuf) -> BatchReport {
    let batch = fetch(house, keys, to);
    house.core().engine.wait_batch(&batch).await
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_arrive_whole_and_what_is_there_stays() {
    let house = House::new(Profile::Aws).await;
    let big = bytes_of("big", 12 * MIB);
    house.put("job/big.mp4", &big).await;
    house.put("job/in/small.txt", b"small").await;
    house.put("job/empty", b"").await;
    house.put("job/there.txt", b"from the bucket").await;
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    std::fs::write(to.join("there.txt"), "mine").unwrap();
    let report =
        download(&house, &["job/big.mp4", "job/in/small.txt", "job/empty", "job/there.txt"], to.clone())
            .await;
    assert_eq!((report.done, report.failures), (3, 1));
    assert!(report.failed[0].1.contains("nothing is replaced"), "{:?}", report.failed);
    assert!(std::fs::read(to.join("big.mp4")).unwrap() == big);
    assert_eq!(std::fs::read(to.join("in/small.txt")).unwrap(), b"small");
    assert_eq!(std::fs::read(to.join("there.txt")).unwrap(), b"mine");
    assert_eq!(names(&to), ["big.mp4", "empty", "in", "there.txt"], "nothing temporary stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha21_keys_that_are_no_names_are_told_and_nothing_leaves_the_folder() {
    let house = House::new(Profile::Aws).await;
    let keys = ["job/../escaped", "job/a//b", "job/folder/"];
    for key in keys {
        house.put(key, b"x").await;
    }
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let report = download(&house, &keys, to.clone()).await;
    assert_eq!((report.done, report.failures), (0, 3));
    assert!(
        report.failed.iter().all(|(_, why)| why.contains("cannot be a file here")),
        "{:?}",
        report.failed
    );
    assert!(names(&to).is_empty());
    assert!(!house.path("escaped").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn hb29_two_versions_are_never_spliced() {
    let house = House::new(Profile::Aws).await;
    let (old, new) = (bytes_of("old", 4 * MIB), bytes_of("new", 4 * MIB));
    house.put("job/clip.mp4", &old).await;
    house.fault(
        Op::GetObject,
        When::Times(1),
        Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(2_000_000) },
    );
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let batch = fetch(&house, &["job/clip.mp4"], to.clone());
    house.until("some of it came", async || house.core().engine.downloads()[0].done > 0).await;
    house.put("job/clip.mp4", &new).await;
    assert_eq!(house.core().engine.wait_batch(&batch).await.done, 1);
    let got = std::fs::read(to.join("clip.mp4")).unwrap();
    assert!(got == old || got == new, "one version, whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn he2_a_cut_download_is_tried_again_and_hb12_wrong_bytes_are_not_kept() {
    let house = House::new(Profile::Aws).await;
    let bytes = bytes_of("clip", 3 * MIB);
    house
        .raw
        .put_object()
        .bucket(BUCKET)
        .key("job/clip.mp4")
        .checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Crc64Nvme)
        .body(bytes.clone().into())
        .send()
        .await
        .unwrap();
    house.fault(Op::GetObject, When::Times(2), Fault::TruncateBody);
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    assert_eq!(download(&house, &["job/clip.mp4"], to.clone()).await.done, 1);
    assert!(std::fs::read(to.join("clip.mp4")).unwrap() == bytes);
    assert_eq!(names(&to), ["clip.mp4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hd18_a_cancelled_download_leaves_nothing() {
    let house = House::new(Profile::Aws).await;
    house.put("job/clip.mp4", &bytes_of("clip", 8 * MIB)).await;
    house.fault(
        Op::GetObject,
        When::Always,
        Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(1_000_000) },
    );
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let batch = fetch(&house, &["job/clip.mp4"], to.clone());
    house.until("some of it came", async || house.core().engine.downloads()[0].done > 0).await;
    let id = house.core().engine.downloads()[0].id.clone();
    house.core().engine.cancel(&id).await.unwrap();
    assert_eq!(house.core().engine.wait_batch(&batch).await.failures, 1);
    house.until("the temporary file is gone", async || names(&to).is_empty()).await;
}

const ROOM: WholeLimit = WholeLimit { files: 10, bytes: 16 * 1024 * 1024 };

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dragged_out_is_fetched_whole_or_nothing_is_handed_over() {
    let house = House::new(Profile::Aws).await;
    let big = bytes_of("big", 9 * MIB);
    house.put("job/tree/big.mp4", &big).await;
    house.put("job/tree/in/small.txt", b"small").await;
    house.put("job/one.txt", b"one").await;
    house.put("job/a//b", b"no name").await;
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let api = &house.core().api;
    let fetch = |keys: &[&str], limit: WholeLimit| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let to = to.clone();
        async move { api.fetch_whole("c", BUCKET, &keys, to, limit, std::future::pending()).await }
    };
    fetch(&["job/tree/", "job/one.txt"], ROOM).await.unwrap();
    assert_eq!(names(&to), ["one.txt", "tree"], "nothing temporary stays");
    assert!(std::fs::read(to.join("tree/big.mp4")).unwrap() == big);
    assert_eq!(std::fs::read(to.join("tree/in/small.txt")).unwrap(), b"small");

    let error = fetch(&["job/a//b"], ROOM).await.unwrap_err();
    assert!(error.message.contains("nothing was handed over"), "{error:?}");
    for (keys, limit) in [
        (["job/tree/"], WholeLimit { bytes: MIB as u64, ..ROOM }),
        (["job/tree/"], WholeLimit { files: 1, ..ROOM }),
        // What is no folder is measured when it is asked for.
        (["job/tree/big.mp4"], WholeLimit { bytes: MIB as u64, ..ROOM }),
    ] {
        let away = house.path("away");
        std::fs::create_dir(&away).unwrap();
        house.fault(
            Op::GetObject,
            When::Always,
            Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(1_000_000) },
        );
        let keys = keys.map(str::to_owned);
        let end = api.fetch_whole("c", BUCKET, &keys, away.clone(), limit, std::future::pending()).await;
        assert!(end.unwrap_err().message.contains("Choose Download"), "{keys:?}");
        assert!(names(&away).is_empty());
        std::fs::remove_dir(&away).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hd18_a_drag_that_ends_early_leaves_nothing_and_writes_no_more() {
    let house = House::new(Profile::Aws).await;
    house.put("job/clip.mp4", &bytes_of("clip", 8 * MIB)).await;
    house.fault(
        Op::GetObject,
        When::Always,
        Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(1_000_000) },
    );
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let came = house.until("some of it came", async || {
        house.core().engine.downloads().first().is_some_and(|row| row.done > 0)
    });
    let keys = ["job/clip.mp4".to_owned()];
    let end = house.core().api.fetch_whole("c", BUCKET, &keys, to.clone(), ROOM, came).await;
    assert!(end.unwrap_err().message.contains("drag ended"), "it says so");
    assert_eq!(house.core().engine.downloads()[0].state, DownloadState::Cancelled);
    assert!(names(&to).is_empty(), "when it has returned, nothing is there and nothing is written");
}
