use super::super::item::{CHANGED, GONE, Heard};
use super::*;
use crate::key::{ETag, ObjectKey};
use crate::thaw::Thaw;

const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86_400 * 1_000_000_000;

fn item(seq: u64, archive: Archive, state: ThawItemState) -> ThawItem {
    ThawItem {
        seq,
        key: ObjectKey::parse(&format!("cold/{seq}")).unwrap(),
        version: None,
        etag: ETag::new("\"e\""),
        size: 10,
        archive,
        state,
        ends_at: None,
        why: String::new(),
    }
}

fn batch(archives: &[Archive]) -> ThawBatch {
    let mut batch = ThawBatch {
        id: ThawId::from("w1"),
        name: "cold".to_owned(),
        connection: "c".to_owned(),
        bucket: Bucket::new("b"),
        place: "cold/".to_owned(),
        from: ThawFrom::Roots(vec!["cold/".to_owned()]),
        state: ThawState::Thawing,
        tier: Some(Tier::Standard),
        days: Some(3),
        then: ThawThen::Tell,
        parts: Vec::new(),
        counts: ThawCounts::default(),
        price: String::new(),
        asked: Vec::new(),
        asked_at: Some(Timestamp(0)),
        looks: 0,
        ready_at: None,
        ends_at: None,
        again: None,
        folder: None,
        restores: None,
        restored_by: None,
        stuck: false,
        note: String::new(),
        created: Timestamp(0),
    };
    for (seq, archive) in (1..).zip(archives) {
        batch.add(&item(seq, *archive, ThawItemState::Planned));
    }
    batch
}

fn stands(thaw: Thaw, now: i64) -> (ETag, Option<Archive>, Thaw, i64) {
    (ETag::new("\"e\""), Some(Archive::Glacier), thaw, now)
}

fn after(state: ThawItemState, said: &(ETag, Option<Archive>, Thaw, i64)) -> ThawItem {
    item(1, Archive::Glacier, state).heard(Heard::Stands {
        etag: &said.0,
        archive: said.1,
        thaw: said.2,
        now: Timestamp(said.3),
        over: Some(Timestamp(9 * DAY)),
    })
}

#[test]
fn hb23_a_request_that_nobody_knows_of_is_told_by_a_look_and_never_believed() {
    use ThawItemState::{Asking, Planned, Ready, Thawing};
    let ends = Timestamp(5 * DAY);
    for (thaw, state) in [
        (Thaw::Frozen, Planned),
        (Thaw::Going, Thawing),
        (Thaw::Ready(Some(ends)), Ready),
        (Thaw::Ready(None), Ready),
    ] {
        assert_eq!(after(Asking, &stands(thaw, DAY)).state, state, "{thaw:?}");
    }
    assert_eq!(after(Asking, &stands(Thaw::Ready(Some(ends)), DAY)).ends_at, Some(ends));
}

#[test]
fn hb23_what_was_asked_for_thaws_is_ready_and_ends() {
    use ThawItemState::{Ended, Ready, Thawing};
    assert_eq!(after(Thawing, &stands(Thaw::Going, DAY)).state, Thawing);
    assert_eq!(after(Thawing, &stands(Thaw::Frozen, DAY)).state, Thawing, "a look may show the past");
    assert_eq!(after(Thawing, &stands(Thaw::Frozen, 9 * DAY)).state, Ended);
    assert_eq!(after(Ready, &stands(Thaw::Frozen, DAY)).state, Ended);
    let ready = after(Thawing, &stands(Thaw::Ready(Some(Timestamp(5 * DAY))), DAY));
    assert_eq!(ready.state, Ready);
    assert_eq!(ready.clone().at(Timestamp(5 * DAY - 1)).state, Ready);
    assert_eq!(ready.at(Timestamp(5 * DAY)).state, Ended);
    // A server may name a day that is over, and still know of the copy.
    assert_eq!(after(Thawing, &stands(Thaw::Ready(Some(Timestamp(DAY))), DAY)).state, Ended);
}

#[test]
fn hb23_what_was_deleted_or_written_anew_meanwhile_is_told_and_not_taken_for_it() {
    use ThawItemState::{Asking, Downloaded, Failed, Ready, Thawing};
    let other = (ETag::new("\"other\""), None, Thaw::Frozen, DAY);
    for state in [Asking, Thawing, Ready] {
        let changed = after(state, &other);
        assert_eq!((changed.state, changed.why.as_str()), (Failed, CHANGED));
        let gone = item(1, Archive::Glacier, state).heard(Heard::Gone);
        assert_eq!((gone.state, gone.why.as_str()), (Failed, GONE));
    }
    assert_eq!(after(Downloaded, &other).state, Downloaded, "it is on disk all the same");
    assert_eq!(item(1, Archive::Glacier, Downloaded).heard(Heard::Gone).state, Downloaded);
    // The same object out of the archive can be read for good.
    let open = (ETag::new("\"e\""), None, Thaw::Frozen, DAY);
    let read = after(Thawing, &open);
    assert_eq!((read.state, read.ends_at), (Ready, None));
}

#[test]
fn answers_move_only_what_was_being_asked_for() {
    use ThawItemState::{Asking, Failed, Planned, Ready, Thawing};
    let after = |state, heard| item(1, Archive::Glacier, state).heard(heard).state;
    assert_eq!(after(Asking, Heard::Taken), Thawing);
    assert_eq!(after(Asking, Heard::NotNow), Planned);
    assert_eq!(after(Asking, Heard::Refused("no")), Failed);
    assert_eq!(after(Ready, Heard::Taken), Ready, "asked for longer, it stays readable");
    assert_eq!(after(Thawing, Heard::NotNow), Thawing, "what goes slowly goes on");
}

#[test]
fn a_batch_takes_as_long_as_its_slowest_archive_and_is_as_quick_as_it_allows() {
    let mixed = batch(&[Archive::DeepArchive, Archive::Glacier, Archive::Glacier]);
    assert_eq!(
        mixed.parts,
        [
            ThawPart { archive: Archive::Glacier, objects: 2, bytes: 20 },
            ThawPart { archive: Archive::DeepArchive, objects: 1, bytes: 10 },
        ]
    );
    assert_eq!(mixed.takes(Tier::Expedited), None);
    assert_eq!(mixed.takes(Tier::Standard), Some((3 * 3600, 12 * 3600)));
    assert_eq!(mixed.due_at(SECOND), Some(Timestamp(12 * 3600 * 1_000_000_000)));
    assert!(!mixed.can_hurry(), "nothing is quicker than standard for a deep archive");
    let glacier = batch(&[Archive::Glacier]);
    assert!(glacier.can_hurry());
    let bulk = ThawBatch { tier: Some(Tier::Bulk), ..mixed };
    assert!(bulk.can_hurry() && !ThawBatch { state: ThawState::Asking, ..bulk }.can_hurry());
}

#[test]
fn looks_begin_when_it_can_be_ready_and_a_restart_changes_nothing_about_them() {
    let mut glacier = batch(&[Archive::Glacier]);
    assert_eq!(glacier.look_at(SECOND), Some(Timestamp(3 * 3600 * 1_000_000_000)));
    let before = glacier.look_at(SECOND);
    glacier.looks = 1;
    assert!(glacier.look_at(SECOND) > before);
    glacier.state = ThawState::Ready;
    assert_eq!(glacier.look_at(SECOND), None);
}

#[test]
fn some_are_looked_at_until_one_of_their_archive_can_be_read_and_then_all() {
    let thawing = |seqs: std::ops::Range<u64>, archive| {
        seqs.map(move |seq| item(seq, archive, ThawItemState::Thawing)).collect::<Vec<_>>()
    };
    let mut all = thawing(1..101, Archive::Glacier);
    all.extend(thawing(101..103, Archive::DeepArchive));
    let seqs = |readable: &[Archive]| -> Vec<u64> {
        worth_a_look(&all, readable).iter().map(|item| item.seq).collect()
    };
    assert_eq!(seqs(&[]), [1, 50, 100, 101, 102]);
    assert_eq!(seqs(&[Archive::Glacier]).len(), 102);
    assert_eq!(seqs(&[Archive::DeepArchive]).len(), 5);
    assert!(worth_a_look(&[], &[]).is_empty());
}

#[test]
fn counts_follow_every_object() {
    let mut one = batch(&[Archive::Glacier, Archive::TieringArchive]);
    one.counts.moved(ThawItemState::Planned, ThawItemState::Asking);
    assert_eq!((one.counts.planned, one.counts.asked()), (2, 0), "not known to have arrived");
    one.counts.moved(ThawItemState::Asking, ThawItemState::Thawing);
    one.counts.moved(ThawItemState::Planned, ThawItemState::Failed);
    assert_eq!((one.counts.asked(), one.counts.failed), (1, 1));
    assert!(!one.nothing_left());
    one.counts.moved(ThawItemState::Thawing, ThawItemState::Ended);
    assert!(one.nothing_left());
    assert!(one.has_days() && !batch(&[Archive::TieringArchive]).has_days());
}

#[test]
fn a_copy_is_surely_over_only_long_after_its_days() {
    let takes = (3 * 3600, 5 * 3600);
    assert_eq!(surely_over(Timestamp(0), takes, None), None);
    let over = surely_over(Timestamp(0), takes, Some(1)).unwrap();
    assert!(over.0 >= DAY + 10 * 3600 * 1_000_000_000, "{over:?}");
}
