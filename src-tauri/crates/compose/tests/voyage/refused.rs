//! One file on which nothing can be done: it says why, the rest of its folder goes on, and nobody is asked without end.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use windlass_domain::Mode;
use windlass_domain::words::FailureCode;
use windlass_ports::journal::UploadFilter;
use windlass_ports::{FileState, IntentEnd, IntentKind, Journal as _, LocalFs};
use windlass_practice::{Op, Profile, When};

use crate::disk::OddDisk;
use crate::house::{BUCKET, House, bytes_of, status};
use crate::sync::{ended, paired, settled, soon};

/// Looks that [`settled`] makes, and what a few events may add to each.
const LOOKS: usize = 3;
const EVENTS: usize = 4;

async fn house(fs: Option<OddDisk>) -> House {
    let mut house = House::with(Profile::Aws, soon()).await;
    house.keep_versions().await;
    if let Some(fs) = fs {
        house.stop().await;
        house.fs = Some(Arc::new(fs) as Arc<dyn LocalFs>);
        house.start().await;
    }
    house
}

fn listings(house: &House) -> usize {
    house.server.request_log().into_iter().filter(|request| request.operation == Op::ListObjects).count()
}

/// Further looks at a folder in which something failed ask for one listing each.
async fn asks_no_more(house: &House, pair: &windlass_ports::PairRow) {
    let before = listings(house);
    settled(house.core(), pair).await;
    let asked = listings(house) - before;
    assert!(asked <= LOOKS * EVENTS, "{asked} listings for {LOOKS} looks");
}

/// Transfers that failed.
async fn failed(house: &House) -> usize {
    house.core().journal.upload_window(UploadFilter::Failed, 0, 1000).await.unwrap().0.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn hb33_a_name_too_long_for_a_key_stops_no_folder_in_step_and_asks_for_nothing() {
    let house = house(None).await;
    let long = vec!["n".repeat(250); 5].join("/");
    house.write(&long, 10);
    house.write("other.jpg", 100);
    house.write("moved.jpg", 200);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.state(&pair, &long).await, FileState::Failed(FailureCode::NameNotAllowed));
    assert_eq!(house.state(&pair, "other.jpg").await, FileState::Safe);
    asks_no_more(&house, &pair).await;
    // A file that gets such a name.
    let to = vec!["m".repeat(250); 5].join("/");
    std::fs::create_dir_all(house.card().join(&to).parent().unwrap()).unwrap();
    std::fs::rename(house.card().join("moved.jpg"), house.card().join(&to)).unwrap();
    house.write("later.jpg", 100);
    settled(house.core(), &pair).await;
    assert_eq!(house.state(&pair, &to).await, FileState::Failed(FailureCode::NameNotAllowed));
    assert_eq!(house.state(&pair, "later.jpg").await, FileState::Safe);
    asks_no_more(&house, &pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ha9_a_file_that_cannot_be_read_is_tried_less_and_less_often() {
    let house = house(Some(OddDisk { never: vec![("read", "bad.jpg")], ..OddDisk::default() })).await;
    house.write("bad.jpg", 100);
    house.write("other.jpg", 100);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.state(&pair, "bad.jpg").await, FileState::Failed(FailureCode::Unreadable));
    assert_eq!(house.state(&pair, "other.jpg").await, FileState::Safe);
    assert_eq!(failed(&house).await, 1);
    asks_no_more(&house, &pair).await;
    assert_eq!(failed(&house).await, 1, "no new try, and no new row, with each look");
    // A person says: try again.
    assert_eq!(house.core().engine.retry_failed(&pair.id, None).await.unwrap(), 1);
    settled(house.core(), &pair).await;
    assert_eq!(failed(&house).await, 2);
    // And a changed file is tried at once.
    house.write("bad.jpg", 120);
    house.until("it is tried", async || failed(&house).await == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn he6_deletes_that_are_never_allowed_leave_one_intent_and_say_so() {
    let house = house(None).await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.fault(Op::DeleteObject, When::Always, status(403, "AccessDenied"));
    std::fs::remove_file(house.card().join("3.jpg")).unwrap();
    house
        .until("it says so", async || {
            house.state(&pair, "3.jpg").await == FileState::Failed(FailureCode::AccessDenied)
        })
        .await;
    asks_no_more(&house, &pair).await;
    let intents = ended(house.core(), &pair, IntentKind::DeleteRemote).await;
    let ends: Vec<_> = intents.iter().map(|intent| intent.ended.map(|(_, end)| end)).collect();
    assert_eq!(ends, [Some(IntentEnd::Refused)]);
    assert!(house.object("job/3.jpg").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn hc14_a_file_that_cannot_be_moved_stops_no_other() {
    let never = vec![("trash", "1.jpg"), ("rename", "2.jpg")];
    let house = house(Some(OddDisk { never, ..OddDisk::default() })).await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    // Deleted there; changed on both sides; deleted there; new there.
    house.raw.delete_object().bucket(BUCKET).key("job/1.jpg").send().await.unwrap();
    house.put("job/2.jpg", b"theirs").await;
    std::fs::write(house.card().join("2.jpg"), b"mine").unwrap();
    house.raw.delete_object().bucket(BUCKET).key("job/3.jpg").send().await.unwrap();
    house.put("job/new.jpg", &bytes_of("new", 500)).await;
    house
        .until("the others are done", async || {
            house.core().engine.rescan_pair(&pair.id).unwrap();
            !house.card().join("3.jpg").exists() && house.card().join("new.jpg").exists()
        })
        .await;
    let stuck = FileState::Failed(FailureCode::Immovable);
    house
        .until("both say so", async || {
            house.state(&pair, "1.jpg").await == stuck && house.state(&pair, "2.jpg").await == stuck
        })
        .await;
    asks_no_more(&house, &pair).await;
    for kind in [IntentKind::TrashLocal, IntentKind::KeepBoth] {
        let refused = ended(house.core(), &pair, kind).await;
        let refused = refused.iter().filter(|intent| matches!(intent.ended, Some((_, IntentEnd::Refused))));
        assert_eq!(refused.count(), 1, "{kind:?}");
    }
    assert_eq!(std::fs::read(house.card().join("2.jpg")).unwrap(), b"mine");
    assert_eq!(house.object("job/2.jpg").await.as_deref(), Some(b"theirs".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn hc14_a_panic_in_a_download_leaves_that_object_alone_and_the_folder_lives() {
    let fs = Arc::new(OddDisk { fatal_stage: AtomicBool::new(true), ..OddDisk::default() });
    let mut house = house(None).await;
    house.stop().await;
    house.fs = Some(Arc::clone(&fs) as Arc<dyn LocalFs>);
    house.start().await;
    house.put("job/a.jpg", b"beside it").await;
    house.put("job/fatal.jpg", b"nobody gets me").await;
    house.put("job/z.jpg", b"everybody gets me").await;
    let pair = paired(&house, Mode::TwoWay).await;
    house
        .until("the others came", async || {
            std::fs::read(house.card().join("z.jpg")).is_ok() && house.card().join("a.jpg").exists()
        })
        .await;
    house
        .until("it is left alone", async || {
            house.files(&pair).await.iter().any(|row| {
                row.path.as_str() == "fatal.jpg" && row.state == FileState::Failed(FailureCode::Unexpected)
            })
        })
        .await;
    house.until_safe(&pair, 2).await;
    assert_eq!(house.counts(&pair).await.failed, 1, "nobody else is blamed");
    fs.fatal_stage.store(false, Ordering::SeqCst);
    house.core().engine.retry_failed(&pair.id, None).await.unwrap();
    house.until_safe(&pair, 3).await;
}
