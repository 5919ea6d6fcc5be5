//! Nothing that is in the bucket is ever replaced, whatever the answers look like.
use windlass_domain::words::FailureCode;
use windlass_ports::FileState;
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{House, MIB, status};

#[tokio::test(flavor = "multi_thread")]
async fn hb1_an_existing_object_stays_and_the_file_says_why() {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    house.write("small.jpg", 5000);
    house.write("clip.mp4", 20 * MIB);
    let equal = house.write("equal.jpg", 7000);
    house.put("job/small.jpg", b"somebody else's").await;
    house.put("job/clip.mp4", b"somebody else's").await;
    house.put("job/equal.jpg", &equal).await;
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (1, 2));
    for name in ["small.jpg", "clip.mp4"] {
        assert_eq!(
            house.state(&pair, name).await,
            FileState::Failed(FailureCode::DifferentObjectThere),
            "{name}"
        );
        assert!(house.object(&format!("job/{name}")).await.as_deref() == Some(b"somebody else's".as_slice()));
        assert_eq!(house.versions(&format!("job/{name}")).await, 1);
    }
    assert_eq!(house.versions("job/equal.jpg").await, 1, "equal bytes are taken over, not sent");
    assert_eq!(house.open_uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hb1_one_that_appears_between_the_look_and_the_write_stays_too() {
    let house = House::new(Profile::Aws).await;
    house.write("late.jpg", 5000);
    house.write("late.mp4", 20 * MIB);
    // The looks say that nothing is there: only the condition of the write is left.
    house.fault(Op::ListObjects, When::Always, Fault::EmptyListing);
    house.fault(Op::HeadObject, When::Times(2), status(404, "NoSuchKey"));
    house.put("job/late.jpg", b"first").await;
    let pair = house.pair().await;
    house.until("the photo is decided", async || house.counts(&pair).await.failed >= 1).await;
    assert_eq!(house.state(&pair, "late.jpg").await, FileState::Failed(FailureCode::DifferentObjectThere));
    assert!(house.object("job/late.jpg").await.as_deref() == Some(b"first".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn hb1_every_write_names_what_it_expects() {
    let house = House::new(Profile::Aws).await;
    for n in 0..20 {
        house.write(&format!("p{n}.jpg"), 1000);
    }
    house.write("clip.mp4", 20 * MIB);
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 21);
    let writes: Vec<_> =
        house.log(Op::PutObject).into_iter().chain(house.log(Op::CompleteMultipartUpload)).collect();
    assert_eq!(writes.len(), 21);
    for write in writes {
        assert_eq!(write.headers.get("if-none-match").map(String::as_str), Some("*"), "{:?}", write.key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb2_a_409_on_complete_starts_again_and_ends_right() {
    let house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 20 * MIB);
    house.fault(Op::CompleteMultipartUpload, When::Nth(1), status(409, "ConditionalRequestConflict"));
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    assert!(house.object("job/clip.mp4").await == Some(bytes));
    assert_eq!(house.log(Op::CreateMultipartUpload).len(), 2, "a new id, all parts again");
    assert_eq!(house.open_uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hb3_a_server_that_ignores_conditions_gets_nothing() {
    let house = House::new(Profile::IgnoresConditions).await;
    house.write("a.jpg", 1000);
    house.put("job/b.jpg", b"theirs").await;
    house.write("b.jpg", 1000);
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.failed, 2);
    assert_eq!(house.state(&pair, "a.jpg").await, FileState::Failed(FailureCode::NotSupported));
    assert!(house.object("job/a.jpg").await.is_none());
    assert!(house.object("job/b.jpg").await.as_deref() == Some(b"theirs".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn hb4_a_200_with_an_error_inside_is_not_believed() {
    for commit in [false, true] {
        let house = House::new(Profile::Aws).await;
        house.keep_versions().await;
        let bytes = house.write("clip.mp4", 20 * MIB);
        house.fault(Op::CompleteMultipartUpload, When::Nth(1), Fault::OkWithErrorBody { commit });
        let pair = house.pair().await;
        assert_eq!(house.quiet(&pair).await.safe, 1, "commit: {commit}");
        assert!(house.object("job/clip.mp4").await == Some(bytes));
        assert_eq!(house.versions("job/clip.mp4").await, 1, "commit: {commit}");
        assert_eq!(house.open_uploads().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb5_a_lost_answer_is_resolved_by_content() {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    let clip = house.write("clip.mp4", 20 * MIB);
    let photo = house.write("photo.jpg", 2 * MIB);
    for op in [Op::CompleteMultipartUpload, Op::PutObject, Op::CreateMultipartUpload] {
        house.fault(op, When::Nth(1), Fault::CutAfterCommit);
    }
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 2);
    assert!(house.object("job/clip.mp4").await == Some(clip));
    assert!(house.object("job/photo.jpg").await == Some(photo));
    assert_eq!((house.versions("job/clip.mp4").await, house.versions("job/photo.jpg").await), (1, 1));
    assert_eq!(house.open_uploads().await, 0, "the id whose answer was lost is given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn hb6_an_upload_that_the_provider_dropped_starts_again_by_itself() {
    let house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 30 * MIB);
    house.fault(Op::UploadPart, When::Nth(2), status(404, "NoSuchUpload"));
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    assert!(house.object("job/clip.mp4").await == Some(bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_after_it_was_proved_is_told_and_not_replaced() {
    let house = House::new(Profile::Aws).await;
    let first = house.write("notes.txt", 100);
    let pair = house.pair().await;
    house.quiet(&pair).await;
    house.write("notes.txt", 200);
    house.until("the change is told", async || house.counts(&pair).await.failed == 1).await;
    assert_eq!(house.state(&pair, "notes.txt").await, FileState::Failed(FailureCode::ChangedAfterUpload));
    assert!(house.object("job/notes.txt").await == Some(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn ha5_new_times_and_the_same_bytes_send_nothing() {
    let house = House::new(Profile::Aws).await;
    for n in 0..30 {
        house.write(&format!("p{n}.jpg"), 3000);
    }
    let pair = house.pair().await;
    house.quiet(&pair).await;
    let puts = house.log(Op::PutObject).len();
    for n in 0..30 {
        let file =
            std::fs::OpenOptions::new().append(true).open(house.card().join(format!("p{n}.jpg"))).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
            .unwrap();
    }
    house.core().engine.rescan_pair(&pair.id).unwrap();
    assert_eq!(house.quiet(&pair).await.safe, 30);
    assert_eq!(house.log(Op::PutObject).len(), puts);
}
