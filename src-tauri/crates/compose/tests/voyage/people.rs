//! What people do: drop, pause, resume, cancel, retry, close the window.
use std::time::Duration;

use windlass_domain::words::FailureCode;
use windlass_domain::{Bucket, Prefix, Upload};
use windlass_engine::{EngineOptions, StopCause};
use windlass_ports::FileState;
use windlass_ports::journal::UploadFilter;
use windlass_practice::{Fault, Op, Profile, When};

use crate::disk::{OpenRows as _, stored_parts};
use crate::house::{BUCKET, House, MIB, quick, status};

fn slow(ms: u64) -> Fault {
    Fault::Slow { delay: Duration::from_millis(ms), bytes_per_sec: None }
}

async fn drop_card(house: &House) -> windlass_engine::BatchReport {
    let engine = &house.core().engine;
    let (batch, _) = engine
        .upload_paths("c", Bucket::new(BUCKET), Prefix::new("job"), vec![house.card()], "Drop".into())
        .await
        .unwrap();
    engine.wait_batch(&batch).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_folder_goes_up_with_its_name() {
    let house = House::new(Profile::Aws).await;
    let photo = house.write("in/photo.jpg", 5000);
    let clip = house.write("clip.mp4", 20 * MIB);
    std::os::unix::fs::symlink("/etc/passwd", house.card().join("link")).unwrap();
    let report = drop_card(&house).await;
    assert_eq!((report.done, report.failures), (2, 1), "{:?}", report.failed);
    assert!(house.object("job/card/in/photo.jpg").await == Some(photo));
    assert!(house.object("job/card/clip.mp4").await == Some(clip));
    assert!(house.object("job/card/link").await.is_none());
    // Dropped once more: equal bytes are there, so everything is Safe and nothing is replaced.
    let again = drop_card(&house).await;
    assert_eq!(again.done, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_that_changes_goes_up_in_its_last_state() {
    let options = EngineOptions { settle: Duration::from_millis(300), ..quick() };
    let house = House::with(Profile::Aws, options).await;
    house.keep_versions().await;
    house.write("clip.mp4", 40 * MIB);
    house.fault(Op::UploadPart, When::Every(2), slow(3000));
    let path = house.card().join("clip.mp4");
    let writer = async {
        house.until("a part is stored", async || stored_parts(&house).await >= 1).await;
        std::fs::write(&path, b"short now").unwrap();
    };
    let (report, ()) = tokio::join!(drop_card(&house), writer);
    assert_eq!((report.done, report.failures), (1, 0), "{:?}", report.failed);
    assert!(house.object("job/card/clip.mp4").await.as_deref() == Some(b"short now".as_slice()));
    assert_eq!(house.versions("job/card/clip.mp4").await, 1);
    assert_eq!(house.open_uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hd16_while_all_is_paused_nothing_changes_the_bucket_and_a_restart_keeps_the_pause() {
    let mut house = House::new(Profile::Aws).await;
    for n in 0..50 {
        house.write(&format!("p{n:02}.jpg"), 100_000);
    }
    house.write("clip.mp4", 40 * MIB);
    house.fault(Op::PutObject, When::Always, slow(30));
    house.fault(Op::UploadPart, When::Always, slow(100));
    let pair = house.pair().await;
    house
        .until("it is under way", async || {
            house.counts(&pair).await.safe >= 3 && stored_parts(&house).await >= 1
        })
        .await;
    house.core().engine.pause_all().await.unwrap();
    house.at_rest().await;
    let before = house.changes();
    house.stop().await;
    house.start().await;
    assert!(house.core().engine.all_paused());
    house.write("new.jpg", 1000);
    house.until("the new file is seen", async || house.counts(&pair).await.total == 52).await;
    assert_eq!(house.changes(), before, "paused is paused");
    let parts = house.log(Op::CreateMultipartUpload).len();
    house.core().engine.resume_all().await.unwrap();
    assert_eq!(house.quiet(&pair).await.safe, 52);
    assert_eq!(house.log(Op::CreateMultipartUpload).len(), parts, "the clip went on with its parts");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transfer_is_paused_resumed_and_cancelled() {
    let house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 40 * MIB);
    house.fault(Op::UploadPart, When::Always, slow(120));
    let pair = house.pair().await;
    house.until("a part is stored", async || stored_parts(&house).await >= 1).await;
    let engine = &house.core().engine;
    let id = house.core().journal_open().await.remove(0).spec.id;
    engine.pause(&id).await.unwrap();
    house
        .until("it is parked", async || {
            matches!(house.core().journal_open().await.remove(0).state, Upload::Waiting { .. })
                && engine.is_idle()
        })
        .await;
    engine.resume(&id).await.unwrap();
    assert_eq!(house.quiet(&pair).await.safe, 1);
    assert!(house.object("job/clip.mp4").await == Some(bytes));

    house.write("other.mp4", 40 * MIB);
    house.until("the other one is under way", async || stored_parts(&house).await >= 1).await;
    let id = house.core().journal_open().await.remove(0).spec.id;
    engine.cancel(&id).await.unwrap();
    house.until("it is cancelled", async || house.counts(&pair).await.failed == 1).await;
    assert_eq!(house.state(&pair, "other.mp4").await, FileState::Failed(FailureCode::Cancelled));
    assert_eq!(house.open_uploads().await, 0, "what was opened is given back");
    assert!(house.object("job/other.mp4").await.is_none());

    house.server.faults().clear();
    assert_eq!(engine.retry_failed(&pair.id, Some(FailureCode::Cancelled)).await.unwrap(), 1);
    assert_eq!(house.quiet(&pair).await.safe, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_grouped_and_tried_again() {
    let house = House::new(Profile::Aws).await;
    for n in 0..5 {
        house.write(&format!("p{n}.jpg"), 1000);
    }
    house.server.faults().add(
        windlass_practice::Rule::on(Op::PutObject, When::Always, status(403, "AccessDenied"))
            .for_key("job/p"),
    );
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.failed, 5);
    let failures = windlass_ports::Journal::failures(house.core().journal.as_ref(), &pair.id).await.unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].0, failures[0].1), (FailureCode::AccessDenied, 5));
    house.server.faults().clear();
    assert_eq!(house.core().engine.retry_failed(&pair.id, None).await.unwrap(), 5);
    assert_eq!(house.quiet(&pair).await.safe, 5);
    let window =
        windlass_ports::Journal::upload_window(house.core().journal.as_ref(), UploadFilter::Failed, 0, 10);
    assert_eq!(window.await.unwrap().1.failed, 0, "none stays in the list of failures");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_paused_removed_and_added_again() {
    let house = House::new(Profile::Aws).await;
    house.write("a.jpg", 1000);
    let pair = house.pair().await;
    house.quiet(&pair).await;
    let engine = &house.core().engine;
    engine.pause_pair(&pair.id).await.unwrap();
    house
        .until("it is paused", async || {
            engine.wait_quiet(&pair.id).await.stopped.is_some_and(|s| s.cause == StopCause::Paused)
        })
        .await;
    house.write("b.jpg", 1000);
    engine.resume_pair(&pair.id).await.unwrap();
    house.until("the new one is Safe", async || house.counts(&pair).await.safe == 2).await;
    house.write("clip.mp4", 40 * MIB);
    house.fault(Op::UploadPart, When::Always, slow(200));
    house.until("the clip is under way", async || stored_parts(&house).await >= 1).await;
    engine.remove_pair(&pair.id).await.unwrap();
    assert_eq!(house.open_uploads().await, 0);
    assert!(
        house.object("job/a.jpg").await.is_some() && house.card().join("a.jpg").exists(),
        "both sides stay"
    );
    house.server.faults().clear();
    // The marker is still there: the same folder, taken up again; what is in the bucket is compared, not sent.
    let puts = house.log(Op::PutObject).len();
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 3);
    assert_eq!(house.log(Op::PutObject).len(), puts);
}

#[tokio::test(flavor = "multi_thread")]
async fn hc2_closing_in_the_middle_goes_on_where_it_was() {
    let mut house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 80 * MIB);
    for n in 0..30 {
        house.write(&format!("p{n:02}.jpg"), 300_000);
    }
    house.fault(Op::UploadPart, When::Always, slow(60));
    house.fault(Op::PutObject, When::Always, slow(20));
    let pair = house.pair().await;
    for stop in 1..=4 {
        house.until("some more parts are stored", async || stored_parts(&house).await >= stop * 2).await;
        house.stop().await;
        house.start().await;
    }
    assert_eq!(house.quiet(&pair).await.safe, 31);
    assert!(house.object("job/clip.mp4").await == Some(bytes.clone()));
    assert_eq!(house.open_uploads().await, 0);
    assert_eq!(house.log(Op::CreateMultipartUpload).len(), 1);
    let sent: u64 = house.log(Op::UploadPart).iter().map(|r| r.body_bytes).sum();
    // Four stops cost at most what was in flight, and here parts end at their border.
    assert!(sent <= bytes.len() as u64 + 4 * 6 * 8 * MIB as u64, "{sent}");
}
