//! Mirror and two-way folders, whole: what one side does reaches the other, and nothing is lost on the way.
use std::path::{Path, PathBuf};
use std::time::Duration;

use windlass_compose::Core;
use windlass_domain::{Mode, RelPath, Why};
use windlass_engine::{Away, EngineError, EngineOptions, Keep, PairPhase, StopCause};
use windlass_ports::{
    BrakeAnswer, FileState, IntentEnd, IntentKind, IntentRow, Journal as _, JournalWrite, MergeCause,
    PairOptions, PairRow,
};
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{BUCKET, House, MIB, OfJob as _, bytes_of, quick, status};

/// Absences are believed soon, so that tests end.
pub(crate) fn soon() -> EngineOptions {
    EngineOptions { absence: Duration::from_millis(400), remote_every: Duration::from_secs(3600), ..quick() }
}

async fn house() -> House {
    let house = House::with(Profile::Aws, soon()).await;
    house.keep_versions().await;
    house
}

pub(crate) fn row(root: PathBuf, mode: Mode) -> PairRow {
    PairRow {
        id: format!("f-{}", root.file_name().unwrap().to_string_lossy()).into(),
        name: "Card".into(),
        root: root.to_string_lossy().into_owned(),
        connection: "c".into(),
        bucket: BUCKET.into(),
        prefix: "job/".into(),
        mode,
        paused: false,
        last_scan: None,
        epoch: 0,
        remote_marker: None,
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    }
}

pub(crate) async fn paired(house: &House, mode: Mode) -> PairRow {
    house.core().engine.add_pair_row(row(house.card(), mode)).await.unwrap()
}

/// Looks again until two looks in a row found nothing to do.
pub(crate) async fn settled(core: &Core, pair: &PairRow) {
    for _ in 0..3 {
        core.engine.rescan_pair(&pair.id).unwrap();
        let quiet = tokio::time::timeout(Duration::from_secs(60), core.engine.wait_quiet(&pair.id)).await;
        let brakes: Vec<_> =
            core.journal.pairs().await.unwrap().into_iter().filter_map(|row| row.brake).collect();
        let Ok(quiet) = quiet else {
            let pairs = core.journal.pairs().await;
            panic!("the folder never came to rest: {:#?} {pairs:#?}", core.engine.pair_view(&pair.id));
        };
        assert_eq!(quiet.stopped, None, "{brakes:#?}");
    }
}

fn read(root: &Path, name: &str) -> Option<Vec<u8>> {
    std::fs::read(root.join(name)).ok()
}

pub(crate) async fn ended(core: &Core, pair: &PairRow, kind: IntentKind) -> Vec<IntentRow> {
    core.journal.intent_window(&pair.id, Some(kind), 0, 1000).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_get_what_only_one_had_hd14_and_it_does_not_echo() {
    let house = house().await;
    let here = house.write("here.jpg", 3000);
    let there = bytes_of("there", 20 * MIB);
    house.put("job/there/clip.mp4", &there).await;
    house.put("job/empty", b"").await;
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    assert!(house.object("job/here.jpg").await.as_deref() == Some(here.as_slice()));
    assert!(read(&house.card(), "there/clip.mp4").as_deref() == Some(there.as_slice()));
    assert_eq!(read(&house.card(), "empty").as_deref(), Some(b"".as_slice()));
    assert_eq!(house.counts(&pair).await.safe, 3);
    let (changes, gets) = (house.changes(), house.log(Op::GetObject).len());
    settled(house.core(), &pair).await;
    assert_eq!((house.changes(), house.log(Op::GetObject).len()), (changes, gets), "invariant I12");
}

#[tokio::test(flavor = "multi_thread")]
async fn hb1_edits_go_both_ways_and_each_write_names_what_it_replaces() {
    let house = house().await;
    house.write("a.txt", 10);
    house.write("b.txt", 10);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    std::fs::write(house.card().join("a.txt"), b"edited here").unwrap();
    house.put("job/b.txt", b"edited there").await;
    settled(house.core(), &pair).await;
    assert_eq!(house.object("job/a.txt").await.as_deref(), Some(b"edited here".as_slice()));
    assert_eq!(read(&house.card(), "b.txt").as_deref(), Some(b"edited there".as_slice()));
    let writes = house.log(Op::PutObject);
    let ours: Vec<_> = writes.iter().filter(|put| put.key.as_deref() == Some("job/a.txt")).collect();
    assert_eq!(ours.len(), 2);
    assert!(
        ours.iter()
            .all(|put| put.headers.contains_key("if-match") || put.headers.contains_key("if-none-match")),
        "{ours:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hd2_hd9_a_delete_here_leaves_a_marker_there_and_can_be_taken_back() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    std::fs::remove_file(house.card().join("3.jpg")).unwrap();
    settled(house.core(), &pair).await;
    house.until("it is gone there", async || house.object("job/3.jpg").await.is_none()).await;
    assert_eq!(house.versions("job/3.jpg").await, 1, "the content stays below the marker");
    let deletes = house.log(Op::DeleteObject);
    assert_eq!(deletes.len(), 1, "invariant I5");
    house
        .until("it is noted", async || ended(house.core(), &pair, IntentKind::DeleteRemote).await.len() == 1)
        .await;
    let intents = ended(house.core(), &pair, IntentKind::DeleteRemote).await;
    house.core().engine.undo(&intents[0].id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "3.jpg"), Some(bytes_of("3.jpg", 100)), "it came back");
    assert!(house.core().engine.undo(&intents[0].id).await.is_err(), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn hb16_a_delete_there_moves_the_file_here_to_the_trash() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("d/{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.raw.delete_object().bucket(BUCKET).key("job/d/3.jpg").send().await.unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("it is gone here", async || read(&house.card(), "d/3.jpg").is_none()).await;
    house
        .until("it is noted", async || ended(house.core(), &pair, IntentKind::TrashLocal).await.len() == 1)
        .await;
    let intents = ended(house.core(), &pair, IntentKind::TrashLocal).await;
    let place = intents[0].trashed.clone().unwrap();
    assert_eq!(read(&house.card(), &place), Some(bytes_of("d/3.jpg", 100)));
    house.core().engine.undo(&intents[0].id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(
        house.object("job/d/3.jpg").await,
        Some(bytes_of("d/3.jpg", 100)),
        "it came back on both sides"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hd1_hd3_both_edited_keeps_both_under_two_names_on_both_sides() {
    let house = house().await;
    house.write("plan.txt", 10);
    house.write("equal.txt", 10);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.core().engine.pause_pair(&pair.id).await.unwrap();
    std::fs::write(house.card().join("plan.txt"), b"mine").unwrap();
    house.put("job/plan.txt", b"theirs").await;
    std::fs::write(house.card().join("equal.txt"), b"same").unwrap();
    house.put("job/equal.txt", b"same").await;
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    let names: Vec<String> = std::fs::read_dir(house.card())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("plan (conflict"))
        .collect();
    assert_eq!(names.len(), 1, "one copy: {names:?}");
    assert_eq!(read(&house.card(), "plan.txt").as_deref(), Some(b"theirs".as_slice()));
    assert_eq!(read(&house.card(), &names[0]).as_deref(), Some(b"mine".as_slice()));
    assert_eq!(house.object("job/plan.txt").await.as_deref(), Some(b"theirs".as_slice()));
    assert_eq!(house.object(&format!("job/{}", names[0])).await.as_deref(), Some(b"mine".as_slice()));
    assert!(
        std::fs::read_dir(house.card()).unwrap().all(|e| !e
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("equal ("))
    );
    // A person says: mine.
    let conflicts = ended(house.core(), &pair, IntentKind::KeepBoth).await;
    assert_eq!(conflicts.len(), 1);
    house.core().engine.resolve_conflict(&conflicts[0].id, Keep::Mine).await.unwrap();
    settled(house.core(), &pair).await;
    house
        .until("the copy is gone there", async || house.object(&format!("job/{}", names[0])).await.is_none())
        .await;
    assert_eq!(house.object("job/plan.txt").await.as_deref(), Some(b"mine".as_slice()));
    assert_eq!(read(&house.card(), "plan.txt").as_deref(), Some(b"mine".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s5_a_file_replaced_by_a_download_can_be_taken_back() {
    let house = house().await;
    let pair = paired(&house, Mode::TwoWay).await;
    let first = house.write("a.txt", 3_000_000);
    house.write("b.txt", 100);
    settled(house.core(), &pair).await;
    assert!(
        ended(house.core(), &pair, IntentKind::ReplaceLocal).await.is_empty(),
        "nothing was replaced yet"
    );
    house.put("job/a.txt", b"theirs").await;
    house.put("job/b.txt", b"theirs, too").await;
    settled(house.core(), &pair).await;
    let replaced = async |name: &str| {
        let all = ended(house.core(), &pair, IntentKind::ReplaceLocal).await;
        all.into_iter().find(|row| row.path.as_str() == name && !row.meant).unwrap()
    };
    let a = replaced("a.txt").await;
    assert!(read(&house.card(), a.trashed.as_deref().unwrap()).as_deref() == Some(first.as_slice()));
    // Nobody touched it since: the old content is its content again, on both sides.
    house.core().engine.undo(&a.id).await.unwrap();
    house
        .until("it is here", async || read(&house.card(), "a.txt").as_deref() == Some(first.as_slice()))
        .await;
    settled(house.core(), &pair).await;
    house
        .until("it is there", async || house.object("job/a.txt").await.as_deref() == Some(first.as_slice()))
        .await;
    assert!(house.core().engine.undo(&a.id).await.is_err(), "once");
    let again = ended(house.core(), &pair, IntentKind::ReplaceLocal).await;
    assert!(again.iter().any(|row| row.meant), "what it replaced in its turn stands in the list");
    // Somebody wrote to this one: what comes back stands beside it.
    std::fs::write(house.card().join("b.txt"), b"edited since").unwrap();
    house.core().engine.undo(&replaced("b.txt").await.id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "b.txt").as_deref(), Some(b"edited since".as_slice()));
    assert_eq!(beside(&house.card(), "b (conflict"), [bytes_of("b.txt", 100)]);
}

/// Contents of files whose names begin so.
fn beside(root: &Path, name: &str) -> Vec<Vec<u8>> {
    let found = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    found
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(name))
        .map(|entry| std::fs::read(entry.path()).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_a_resolved_conflict_can_be_taken_back() {
    let house = house().await;
    house.write("mine.txt", 50);
    house.write("theirs.txt", 50);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.core().engine.pause_pair(&pair.id).await.unwrap();
    for name in ["mine.txt", "theirs.txt"] {
        std::fs::write(house.card().join(name), b"here").unwrap();
        house.put(&format!("job/{name}"), b"there").await;
    }
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    for conflict in ended(house.core(), &pair, IntentKind::KeepBoth).await {
        let keep = if conflict.path.as_str() == "mine.txt" { Keep::Mine } else { Keep::Theirs };
        house.core().engine.resolve_conflict(&conflict.id, keep).await.unwrap();
    }
    assert_eq!(read(&house.card(), "mine.txt").as_deref(), Some(b"here".as_slice()));
    assert_eq!(read(&house.card(), "theirs.txt").as_deref(), Some(b"there".as_slice()));
    settled(house.core(), &pair).await;
    let settled_ones = ended(house.core(), &pair, IntentKind::SettleConflict).await;
    assert_eq!(settled_ones.len(), 2);
    for row in settled_ones {
        house.core().engine.undo(&row.id).await.unwrap();
    }
    settled(house.core(), &pair).await;
    // What had won keeps the name; what had lost is back beside it.
    assert_eq!(read(&house.card(), "mine.txt").as_deref(), Some(b"here".as_slice()));
    assert_eq!(beside(&house.card(), "mine (conflict"), [b"there"]);
    assert_eq!(read(&house.card(), "theirs.txt").as_deref(), Some(b"there".as_slice()));
    assert_eq!(beside(&house.card(), "theirs (conflict"), [b"here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ha15_three_hundred_files_renamed_send_no_byte_and_meet_no_brake() {
    let house = house().await;
    for n in 0..300 {
        house.write(&format!("old/{n}.jpg"), 50);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let puts = house.log(Op::PutObject).len();
    std::fs::rename(house.card().join("old"), house.card().join("new")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house
        .until("all have the new name", async || {
            let listed = house.raw.list_objects_v2().bucket(BUCKET).prefix("job/new/").send().await.unwrap();
            let old = house.raw.list_objects_v2().bucket(BUCKET).prefix("job/old/").send().await.unwrap();
            (listed.contents().len(), old.contents().len()) == (300, 0)
        })
        .await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::PutObject).len(), puts, "no byte was sent");
    assert_eq!(house.log(Op::GetObject).len(), 0, "and none fetched");
    assert_eq!(house.object("job/new/7.jpg").await, Some(bytes_of("old/7.jpg", 50)));
    assert_eq!(house.counts(&pair).await.safe, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn hd5_the_brake_holds_a_mass_delete_and_keeps_to_the_answer() {
    let house = house().await;
    for n in 0..30 {
        house.write(&format!("{n:02}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    for n in 0..20 {
        std::fs::remove_file(house.card().join(format!("{n:02}.jpg"))).unwrap();
    }
    let new = house.write("new.jpg", 100);
    house.core().engine.rescan_pair(&pair.id).unwrap();
    let asked = async || {
        let rows = house.core().journal.pairs().await.unwrap();
        rows[0].brake.clone()
    };
    let asked_all = async || asked().await.is_some_and(|brake| brake.ask.delete_there == 20);
    house.until("a person is asked", asked_all).await;
    house
        .until("new files go up meanwhile", async || house.object("job/new.jpg").await == Some(new.clone()))
        .await;
    house
        .until("the folder says so", async || {
            house.core().engine.pair_view(&pair.id).unwrap().phase == PairPhase::Asking
        })
        .await;
    let quiet = house.core().engine.wait_quiet(&pair.id).await;
    assert_eq!(quiet.stopped.map(|s| s.cause), Some(StopCause::Asking));
    assert_eq!(house.core().engine.pair_view(&pair.id).unwrap().phase, PairPhase::Asking);
    let brake = asked().await.unwrap();
    assert_eq!((brake.ask.why, brake.ask.delete_there), (Why::Share, 20));
    assert!((30..=31).contains(&brake.ask.of), "the new file may be known by then: {}", brake.ask.of);
    assert_eq!(house.log(Op::DeleteObject).len(), 0, "invariant I16");
    assert!(house.core().engine.answer_brake(&pair.id, brake.id ^ 1, BrakeAnswer::Go).await.is_err());
    // Not meant: everything comes back.
    house.core().engine.answer_brake(&pair.id, brake.id, BrakeAnswer::Restore).await.unwrap();
    house
        .until("they are back", async || (0..20).all(|n| house.card().join(format!("{n:02}.jpg")).exists()))
        .await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
    assert!(asked().await.is_none());
    // Meant, this time.
    for n in 0..20 {
        std::fs::remove_file(house.card().join(format!("{n:02}.jpg"))).unwrap();
    }
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("a person is asked again", asked_all).await;
    let brake = asked().await.unwrap();
    house.core().engine.answer_brake(&pair.id, brake.id, BrakeAnswer::Go).await.unwrap();
    house.until("they are deleted", async || house.log(Op::DeleteObject).len() == 20).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.counts(&pair).await.total, 11);
    // They were meant, and do not count against the next one.
    std::fs::remove_file(house.card().join("20.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("nobody asks", async || house.log(Op::DeleteObject).len() == 21).await;
    assert!(asked().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn hd5_an_answer_stays_while_what_was_asked_about_is_proved_bit_by_bit() {
    let house = house().await;
    for n in 0..250 {
        house.write(&format!("{n:03}.jpg"), 20);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    // Events prove them gone at once. Looks without an event prove them again, the first ones before the last ones.
    for n in 0..200 {
        std::fs::remove_file(house.card().join(format!("{n:03}.jpg"))).unwrap();
    }
    house.core().engine.rescan_pair(&pair.id).unwrap();
    let asked = async || house.core().journal.pairs().await.unwrap()[0].brake.clone();
    house
        .until("a person is asked", async || asked().await.is_some_and(|brake| brake.ask.delete_there == 200))
        .await;
    let brake = asked().await.unwrap();
    house.core().engine.answer_brake(&pair.id, brake.id, BrakeAnswer::Go).await.unwrap();
    house.until("one answer is enough", async || house.log(Op::DeleteObject).len() == 200).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.counts(&pair).await.total, 50);
    assert!(asked().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn hb17_hb18_an_empty_listing_or_an_emptied_bucket_moves_nothing_to_the_trash() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let looked = house.log(Op::ListObjects).len();
    house.fault(Op::ListObjects, When::Always, Fault::EmptyListing);
    let all_here = || (0..10).all(|n| house.card().join(format!("{n}.jpg")).exists());
    for _ in 0..4 {
        house.core().engine.rescan_pair(&pair.id).unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(house.server.request_log().iter().filter(|r| r.operation == Op::ListObjects).count() > looked);
    assert!(all_here(), "a listing without the marker object proves nothing");
    house.server.faults().clear();
    // Emptied for real, marker and all: the folder waits for a person.
    let listed = house.raw.list_objects_v2().bucket(BUCKET).prefix("job/").send().await.unwrap();
    for object in listed.contents() {
        house.raw.delete_object().bucket(BUCKET).key(object.key().unwrap()).send().await.unwrap();
    }
    for _ in 0..4 {
        house.core().engine.rescan_pair(&pair.id).unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(all_here());
    assert!(ended(house.core(), &pair, IntentKind::TrashLocal).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hb18_files_deleted_there_in_masses_are_asked_about() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::MirrorDown).await;
    // A mirror down sends nothing; the objects are put there by hand.
    for n in 0..10 {
        house.put(&format!("job/{n}.jpg"), &bytes_of(&format!("{n}.jpg"), 100)).await;
    }
    settled(house.core(), &pair).await;
    assert_eq!(house.counts(&pair).await.safe, 10, "equal content is taken over");
    for n in 0..10 {
        house.raw.delete_object().bucket(BUCKET).key(format!("job/{n}.jpg")).send().await.unwrap();
    }
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house
        .until("a person is asked", async || {
            house.core().journal.pairs().await.unwrap()[0]
                .brake
                .as_ref()
                .is_some_and(|b| b.ask.why == Why::Everything)
        })
        .await;
    assert!((0..10).all(|n| house.card().join(format!("{n}.jpg")).exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ha6_ha8_an_unplugged_root_deletes_nothing_and_goes_on() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let away = house.path("away");
    std::fs::rename(house.card(), &away).unwrap();
    std::fs::create_dir(house.card()).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house
        .until("the folder is offline", async || {
            house.core().engine.pair_view(&pair.id).unwrap().phase == PairPhase::Offline
        })
        .await;
    house.put("job/meanwhile.jpg", b"new").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
    assert_eq!(std::fs::read_dir(house.card()).unwrap().count(), 0, "nothing is fetched into it");
    std::fs::remove_dir(house.card()).unwrap();
    std::fs::rename(&away, house.card()).unwrap();
    house.until("it goes on", async || read(&house.card(), "meanwhile.jpg").is_some()).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
}

/// As backup programs copy: with the times of last write, and with the marker.
fn copy_with_times(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn ha7_a_restored_copy_at_the_same_path_merges() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let (copy, old) = (house.path("copy"), house.path("old"));
    copy_with_times(&house.card(), &copy);
    std::fs::write(house.card().join("3.jpg"), b"newer").unwrap();
    house.write("late.jpg", 50);
    settled(house.core(), &pair).await;
    assert_eq!(house.object("job/3.jpg").await.as_deref(), Some(b"newer".as_slice()));
    // The backup comes back; no epoch tells, since nothing was deleted.
    std::fs::rename(house.card(), &old).unwrap();
    std::fs::rename(&copy, house.card()).unwrap();
    let merged = async || house.core().journal.pairs().await.unwrap().remove(0).merged;
    house.until("it is told that the folder merges", async || merged().await.is_some()).await;
    assert_eq!(merged().await.unwrap().why, MergeCause::OtherRoot);
    settled(house.core(), &pair).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
    assert_eq!(house.object("job/3.jpg").await.as_deref(), Some(b"newer".as_slice()), "and not replaced");
    assert_eq!(house.versions("job/3.jpg").await, 2);
    assert_eq!(read(&house.card(), "3.jpg").as_deref(), Some(b"newer".as_slice()));
    assert_eq!(read(&house.card(), "late.jpg"), Some(bytes_of("late.jpg", 50)));
    assert_eq!(ended(house.core(), &pair, IntentKind::KeepBoth).await.len(), 1, "the older content is kept");
    assert_eq!(house.counts(&pair).await.safe, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn ha6_a_lost_marker_file_is_mended_when_a_person_lets_the_folder_merge() {
    let house = house().await;
    for n in 0..4 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let engine = &house.core().engine;
    let away = async || engine.pair_view(&pair.id).unwrap().away;
    let marker = house.card().join(".windlass/root.json");
    // Deleted by a cleaner; then torn by a power cut.
    for torn in [false, true] {
        if torn {
            std::fs::write(&marker, b"{\"id\":").unwrap();
        } else {
            std::fs::remove_file(&marker).unwrap();
        }
        house.until("the marker is missed", async || away().await == Some(Away::Unmarked)).await;
        assert_eq!(engine.pair_view(&pair.id).unwrap().phase, PairPhase::Offline);
        engine.merge_pair(&pair.id).await.unwrap();
        settled(house.core(), &pair).await;
        assert_eq!((away().await, house.counts(&pair).await.safe), (None, 4));
    }
    // What is deleted from now on is deleted.
    std::fs::remove_file(house.card().join("0.jpg")).unwrap();
    engine.rescan_pair(&pair.id).unwrap();
    house.until("it is gone there", async || house.object("job/0.jpg").await.is_none()).await;
    settled(house.core(), &pair).await;
    let deletes = house.log(Op::DeleteObject).len();
    // A new, empty folder: nothing comes down before a person says so, then everything does.
    std::fs::rename(house.card(), house.path("away")).unwrap();
    std::fs::create_dir(house.card()).unwrap();
    house.until("it is empty", async || away().await == Some(Away::Empty)).await;
    assert_eq!(std::fs::read_dir(house.card()).unwrap().count(), 0);
    engine.merge_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "3.jpg"), Some(bytes_of("3.jpg", 100)));
    assert_eq!(house.log(Op::DeleteObject).len(), deletes);
    // Another folder's marker is nobody's to replace.
    std::fs::write(&marker, b"{\"id\":\"another\"}").unwrap();
    house.until("it is another folder", async || away().await == Some(Away::Other)).await;
    let refused = engine.merge_pair(&pair.id).await;
    assert!(matches!(refused, Err(EngineError::OtherMarker)), "{refused:?}");
    assert_eq!(std::fs::read(&marker).unwrap(), b"{\"id\":\"another\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hb17_a_lost_marker_object_is_mended_when_a_person_lets_the_folder_merge() {
    let house = house().await;
    for n in 0..4 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let engine = &house.core().engine;
    let delete = async |key: &str| {
        house.raw.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    };
    delete("job/.windlass/marker").await;
    delete("job/3.jpg").await;
    engine.rescan_pair(&pair.id).unwrap();
    let lost = async || engine.pair_view(&pair.id).unwrap().marker_object_lost;
    house.until("the marker object is missed", lost).await;
    engine.merge_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    assert!(!lost().await);
    assert!(house.object("job/.windlass/marker").await.is_some());
    assert_eq!(
        house.object("job/3.jpg").await,
        Some(bytes_of("3.jpg", 100)),
        "only here, so it goes there again"
    );
    // What is deleted there from now on goes here.
    delete("job/2.jpg").await;
    engine.rescan_pair(&pair.id).unwrap();
    house.until("2 is gone here", async || read(&house.card(), "2.jpg").is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hc7_an_older_journal_merges_and_deletes_nothing() {
    let mut house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.stop().await;
    let (data, copy) = (house.path("data"), house.path("data-copy"));
    copy_folder(&data, &copy);
    house.start().await;
    // What the copy does not know: a delete that was carried out, and a file that came back under the same name.
    std::fs::remove_file(house.card().join("1.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("1 is gone there", async || house.object("job/1.jpg").await.is_none()).await;
    house.raw.delete_object().bucket(BUCKET).key("job/2.jpg").send().await.unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("2 is gone here", async || read(&house.card(), "2.jpg").is_none()).await;
    house
        .until("both are noted", async || {
            house.core().journal.open_intents(&pair.id).await.unwrap().is_empty()
        })
        .await;
    house.stop().await;
    // Brought back there with the same bytes: to the old journal it looks as if it had been deleted here.
    house.put("job/2.jpg", &bytes_of("2.jpg", 100)).await;
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&copy, &data);
    let deletes = house.log(Op::DeleteObject).len();
    house.start().await;
    settled(house.core(), &pair).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), deletes, "invariant I9");
    assert_eq!(read(&house.card(), "2.jpg"), Some(bytes_of("2.jpg", 100)));
    assert_eq!(house.counts(&pair).await.safe, 9);
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hc7_a_journal_that_is_gone_merges_and_keeps_both_contents() {
    let mut house = house().await;
    house.write("same.jpg", 100);
    house.write("mine.jpg", 100);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.stop().await;
    std::fs::remove_dir_all(house.path("data")).unwrap();
    std::fs::write(house.card().join("mine.jpg"), b"edited here").unwrap();
    house.put("job/mine.jpg", b"edited there").await;
    std::fs::remove_file(house.card().join("same.jpg")).unwrap();
    house.start().await;
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
    assert_eq!(
        read(&house.card(), "same.jpg"),
        Some(bytes_of("same.jpg", 100)),
        "what is missing comes back"
    );
    assert_eq!(read(&house.card(), "mine.jpg").as_deref(), Some(b"edited there".as_slice()));
    let copies =
        house.files(&pair).await.into_iter().filter(|f| f.path.as_str().contains("(conflict")).count();
    assert_eq!(copies, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hc6_a_damaged_journal_is_put_aside_and_its_folders_merge() {
    let mut house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.stop().await;
    let journal = house.path("data").join(windlass_compose::JOURNAL_FILE);
    let mut bytes = std::fs::read(&journal).unwrap();
    // The version of the schema, in the header.
    bytes[63] ^= 0x40;
    std::fs::write(&journal, &bytes).unwrap();
    std::fs::remove_file(house.card().join("0.jpg")).unwrap();
    std::fs::write(house.card().join("1.jpg"), b"edited here").unwrap();
    house.put("job/1.jpg", b"edited there").await;
    let before = house.changes();
    house.start().await;
    let aside: Vec<_> = std::fs::read_dir(house.path("data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(std::fs::read(&aside[0]).unwrap(), bytes, "it stays as it was found");
    // Nobody has to add the folder again.
    assert_eq!(house.core().journal.pairs().await.unwrap().len(), 1);
    settled(house.core(), &pair).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), 0, "invariant I9");
    assert_eq!(read(&house.card(), "0.jpg"), Some(bytes_of("0.jpg", 100)), "what is missing comes back");
    assert_eq!(read(&house.card(), "1.jpg").as_deref(), Some(b"edited there".as_slice()));
    let copies: Vec<_> =
        house.files(&pair).await.into_iter().filter(|f| f.path.as_str().contains("(conflict")).collect();
    assert_eq!(copies.len(), 1);
    assert_eq!(read(&house.card(), copies[0].path.as_str()).as_deref(), Some(b"edited here".as_slice()));
    assert_eq!(house.counts(&pair).await.safe, 11);
    assert_eq!(house.changes(), before + 1, "only the kept copy is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn hb35_a_file_that_a_power_cut_emptied_is_fetched_again() {
    let house = house().await;
    house.write("photo.jpg", 5000);
    house.write("other.jpg", 10);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let path = house.card().join("photo.jpg");
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    let puts = house.log(Op::PutObject).len();
    house.core().engine.pause_pair(&pair.id).await.unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(0).unwrap();
    file.set_modified(time).unwrap();
    drop(file);
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "photo.jpg"), Some(bytes_of("photo.jpg", 5000)));
    assert_eq!(house.log(Op::PutObject).len(), puts, "and never sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha5_other_times_on_the_same_bytes_send_nothing() {
    let house = house().await;
    for n in 0..40 {
        house.write(&format!("{n}.jpg"), 200);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let puts = house.log(Op::PutObject).len();
    for n in 0..40 {
        let file = std::fs::File::options().write(true).open(house.card().join(format!("{n}.jpg"))).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    }
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::PutObject).len(), puts);
    assert_eq!(house.counts(&pair).await.safe, 40);
    assert!(house.core().journal.pairs().await.unwrap()[0].brake.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn hb21_where_no_versions_are_kept_a_delete_copies_to_the_trash_first() {
    let house = House::with(Profile::Aws, soon()).await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    std::fs::remove_file(house.card().join("3.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("it is gone there", async || house.object("job/3.jpg").await.is_none()).await;
    house
        .until("it is noted", async || ended(house.core(), &pair, IntentKind::DeleteRemote).await.len() == 1)
        .await;
    let intents = ended(house.core(), &pair, IntentKind::DeleteRemote).await;
    let trashed = intents[0].trashed.clone().unwrap();
    assert_eq!(house.object(&trashed).await, Some(bytes_of("3.jpg", 100)));
    house.core().engine.undo(&intents[0].id).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "3.jpg"), Some(bytes_of("3.jpg", 100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn hb3_where_conditions_do_nothing_and_no_versions_are_kept_nothing_is_replaced_or_deleted() {
    let house = House::with(Profile::IgnoresConditions, soon()).await;
    house.put("job/a.txt", b"first").await;
    for n in 0..9 {
        house.put(&format!("job/{n}.txt"), b"more").await;
    }
    let pair = paired(&house, Mode::TwoWay).await;
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("it came down", async || read(&house.card(), "a.txt").is_some()).await;
    std::fs::write(house.card().join("a.txt"), b"edited here").unwrap();
    std::fs::remove_file(house.card().join("1.txt")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("it is said", async || house.counts(&pair).await.failed >= 1).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(house.object("job/a.txt").await.as_deref(), Some(b"first".as_slice()));
    assert!(house.object("job/1.txt").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_up_carries_deletes_up_and_leaves_alone_what_others_did() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    house.put("job/foreign.txt", b"somebody else's").await;
    let pair = paired(&house, Mode::MirrorUp).await;
    settled(house.core(), &pair).await;
    assert!(read(&house.card(), "foreign.txt").is_none());
    house.put("job/0.jpg", b"changed there").await;
    std::fs::remove_file(house.card().join("1.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("the delete went up", async || house.object("job/1.jpg").await.is_none()).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.object("job/0.jpg").await.as_deref(), Some(b"changed there".as_slice()));
    assert_eq!(read(&house.card(), "0.jpg"), Some(bytes_of("0.jpg", 100)));
    assert_eq!(
        house.state(&pair, "0.jpg").await,
        FileState::Failed(windlass_domain::words::FailureCode::ReceiverChanged)
    );
    assert!(house.object("job/foreign.txt").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_down_fetches_and_never_sends() {
    let house = house().await;
    for n in 0..10 {
        house.put(&format!("job/{n}.jpg"), &bytes_of(&format!("{n}.jpg"), 100)).await;
    }
    house.write("own.txt", 10);
    let pair = paired(&house, Mode::MirrorDown).await;
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "5.jpg"), Some(bytes_of("5.jpg", 100)));
    std::fs::write(house.card().join("0.jpg"), b"edited here").unwrap();
    std::fs::remove_file(house.card().join("1.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("what was deleted here comes again", async || read(&house.card(), "1.jpg").is_some()).await;
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "0.jpg").as_deref(), Some(b"edited here".as_slice()));
    assert!(house.object("job/own.txt").await.is_none());
    let puts =
        house.log(Op::PutObject).into_iter().filter(|put| put.key.as_deref() != Some("job/.windlass/marker"));
    assert_eq!(puts.filter(|put| put.by_engine()).count(), 0);
}

trait ByEngine {
    fn by_engine(&self) -> bool;
}

impl ByEngine for windlass_practice::RequestRecord {
    /// What the test puts by hand has no condition.
    fn by_engine(&self) -> bool {
        self.key_is_of_job()
            && (self.headers.contains_key("if-match") || self.headers.contains_key("if-none-match"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ha35_two_computers_on_one_prefix_come_to_the_same_and_lose_nothing() {
    let house = house().await;
    let other = house.second_core("second").await;
    let root = house.path("second-card");
    std::fs::create_dir(&root).unwrap();
    house.write("a.jpg", 100);
    std::fs::write(root.join("b.jpg"), b"from the second").unwrap();
    std::fs::write(root.join("both.txt"), b"second's").unwrap();
    std::fs::write(house.card().join("both.txt"), b"first's").unwrap();
    let one = paired(&house, Mode::TwoWay).await;
    let two = other.engine.add_pair_row(row(root.clone(), Mode::TwoWay)).await.unwrap();
    for _ in 0..3 {
        settled(house.core(), &one).await;
        settled(&other, &two).await;
    }
    settled(house.core(), &one).await;
    let tree = |root: &Path| {
        let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
            })
            .collect();
        all.sort();
        all
    };
    let (first, second) = (tree(&house.card()), tree(&root));
    assert_eq!(first, second);
    let contents: Vec<_> = first.into_iter().map(|(_, bytes)| bytes).collect();
    for wanted in
        [bytes_of("a.jpg", 100), b"from the second".to_vec(), b"second's".to_vec(), b"first's".to_vec()]
    {
        assert!(contents.contains(&wanted), "{}", String::from_utf8_lossy(&wanted));
    }
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hd10_what_is_left_out_later_is_not_deleted_and_let_in_again_it_is_compared() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    house.write("raw/a.cr2", 100);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let engine = &house.core().engine;
    let left_out = PairOptions { ignore: vec!["raw/".into()], ..PairOptions::default() };
    engine.set_pair_options(&pair.id, left_out).await.unwrap();
    settled(house.core(), &pair).await;
    std::fs::remove_dir_all(house.card().join("raw")).unwrap();
    settled(house.core(), &pair).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    settled(house.core(), &pair).await;
    assert!(house.object("job/raw/a.cr2").await.is_some(), "left out is not deleted");
    engine.set_pair_options(&pair.id, PairOptions::default()).await.unwrap();
    settled(house.core(), &pair).await;
    assert_eq!(read(&house.card(), "raw/a.cr2"), Some(bytes_of("raw/a.cr2", 100)), "nor is it new over old");
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
    let bad = PairOptions { ignore: vec!["[z-a]".into()], ..PairOptions::default() };
    assert!(engine.set_pair_options(&pair.id, bad).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn hd10_a_file_that_the_ignore_file_hides_is_not_deleted_there() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    std::fs::write(house.card().join(".windlassignore"), b"3.jpg\n").unwrap();
    for _ in 0..3 {
        settled(house.core(), &pair).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(house.object("job/3.jpg").await.is_some());
    assert!(read(&house.card(), "3.jpg").is_some());
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hd16_paused_means_no_change_on_either_side() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.core().engine.pause_pair(&pair.id).await.unwrap();
    let changes = house.changes();
    std::fs::remove_file(house.card().join("1.jpg")).unwrap();
    house.write("new.jpg", 10);
    house.put("job/there.jpg", b"new").await;
    house.core().engine.rescan_pair(&pair.id).unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(house.changes(), changes + 1, "only ours by hand");
    assert!(read(&house.card(), "there.jpg").is_none());
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    house.until("it goes on", async || house.object("job/1.jpg").await.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hb29_a_download_that_is_cut_goes_on_where_it_was_and_one_that_changes_begins_anew() {
    let house = house().await;
    let bytes = bytes_of("clip", 8 * MIB);
    house.put("job/clip.mp4", &bytes).await;
    house.fault(Op::GetObject, When::Times(2), Fault::TruncateBody);
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    assert!(read(&house.card(), "clip.mp4").as_deref() == Some(bytes.as_slice()));
    let gets = house.log(Op::GetObject);
    assert!(
        gets.len() >= 2 && gets.iter().all(|get| get.headers.contains_key("if-match")),
        "each is bound to the version"
    );
    assert!(gets.iter().skip(1).all(|get| get.headers.contains_key("range")), "and none begins again");
}

#[tokio::test(flavor = "multi_thread")]
async fn he6_a_refused_listing_deletes_nothing_and_says_so() {
    let house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.fault(Op::ListObjects, When::Always, status(403, "AccessDenied"));
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house
        .until("it is said", async || {
            matches!(house.core().engine.pair_view(&pair.id).unwrap().phase, PairPhase::Waiting(_))
        })
        .await;
    assert!((0..10).all(|n| house.card().join(format!("{n}.jpg")).exists()));
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hd15_a_plan_changes_nothing_and_says_what_a_round_does() {
    let house = house().await;
    house.write("here.jpg", 100);
    house.put("job/there.jpg", b"there").await;
    let mut wanted = row(house.card(), Mode::TwoWay);
    wanted.paused = true;
    let pair = house.core().engine.add_pair_row(wanted).await.unwrap();
    let changes = house.changes();
    let plan = house.core().engine.plan_now(&pair.id).await.unwrap();
    let steps: Vec<_> = plan.ops.iter().map(|op| (op.path.as_str().to_owned(), op.what)).collect();
    assert_eq!(steps, [("here.jpg".to_owned(), "upload"), ("there.jpg".to_owned(), "download")]);
    assert!(plan.sentence.to_lowercase().contains("nothing"), "{}", plan.sentence);
    assert_eq!(house.changes(), changes);
    assert!(read(&house.card(), "there.jpg").is_none());
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    assert!(house.object("job/here.jpg").await.is_some() && read(&house.card(), "there.jpg").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn hd8_an_intent_that_a_stop_left_open_is_resolved_by_looking() {
    let mut house = house().await;
    for n in 0..10 {
        house.write(&format!("{n}.jpg"), 100);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    let row = house.core().journal.file(&pair.id, &RelPath::parse("1.jpg").unwrap()).await.unwrap().unwrap();
    let base = row.base.unwrap();
    // As if the process had died after the delete there, before the journal heard of it.
    let intent = IntentRow {
        id: "i-left".into(),
        pair: pair.id.clone(),
        kind: IntentKind::DeleteRemote,
        path: row.path.clone(),
        to: None,
        local: None,
        remote: Some(base.remote.clone()),
        size: 100,
        cause: "a test".into(),
        at: windlass_domain::Timestamp(1),
        meant: false,
        trashed: None,
        marker: None,
        ended: None,
    };
    house.core().engine.pause_pair(&pair.id).await.unwrap();
    house.core().journal.commit(vec![JournalWrite::SaveIntent(Box::new(intent))]).await.unwrap();
    std::fs::remove_file(house.card().join("1.jpg")).unwrap();
    house.raw.delete_object().bucket(BUCKET).key("job/1.jpg").send().await.unwrap();
    house.stop().await;
    let deletes = house.log(Op::DeleteObject).len();
    house.start().await;
    house.core().engine.resume_pair(&pair.id).await.unwrap();
    settled(house.core(), &pair).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    settled(house.core(), &pair).await;
    assert_eq!(house.log(Op::DeleteObject).len(), deletes, "no second marker is stacked");
    let ended = ended(house.core(), &pair, IntentKind::DeleteRemote).await;
    assert_eq!(ended[0].ended.map(|(_, end)| end), Some(IntentEnd::Done));
    assert_eq!(house.counts(&pair).await.total, 9);
}
