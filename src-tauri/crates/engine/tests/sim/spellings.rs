//! What only a look at the course of things shows of names: that a rename is one, that a state is shown and for how long. The
//! sentences are those of docs/SEMANTICS.md.
use windlass_domain::words::FailureCode;
use windlass_testkit::Act;

use crate::run::{Ran, check, judge, run_with};
use crate::scenarios;
use crate::script::Plan;

fn plan(name: &str) -> Plan {
    scenarios::all().into_iter().find(|plan| plan.test_name() == name).unwrap()
}

fn told(name: &str) -> Ran {
    check(&plan(name))
}

fn times(ran: &Ran, what: &str) -> u64 {
    ran.told.get(what).copied().unwrap_or_default()
}

/// What the journal wrote of a path, one word for each change, of the first `acts` acts. Waiting is left out: at the end of
/// every run a person has everything tried again.
fn course(name: &str, acts: usize, path: &str) -> Vec<String> {
    let mut plan = plan(name);
    plan.lines.truncate(acts);
    let ran = run_with(&plan, true);
    judge(&plan, &ran);
    let place = format!("path: RelPath({path:?})");
    let writes = ran.log.iter().filter(|line| line.contains("commit [")).flat_map(|line| line.split("Save"));
    let states = writes.filter(|write| write.contains(&place)).filter_map(|write| {
        if write.starts_with("Base") {
            return Some("Safe".to_owned());
        }
        let state = write.strip_prefix("File")?.split_once("state: ")?.1;
        state.split([',', ' ']).next().filter(|state| *state != "Waiting").map(str::to_owned)
    });
    let mut states: Vec<String> = states.collect();
    states.dedup();
    states
}

fn failed(code: FailureCode) -> String {
    format!("Failed({code:?})")
}

/// "Another spelling of the name of a file that both sides have is a rename: the object is copied, and the old key deleted on
/// condition. It is no conflict, and no delete."
#[test]
fn ha16_another_spelling_of_its_name_is_a_rename_and_neither_a_delete_nor_a_conflict() {
    // One file, and then the three in its folder.
    for name in ["two_way::ha16_spelled_otherwise", "mirror::ha16_spelled_otherwise_up"] {
        let ran = told(name);
        assert_eq!(times(&ran, "intent MoveRemote"), 4, "{name}: {:?}", ran.told);
        for other in ["intent DeleteRemote", "intent TrashLocal", "intent KeepBoth"] {
            assert_eq!(times(&ran, other), 0, "{name}: {:?}", ran.told);
        }
        // The first three, and no byte since.
        assert_eq!(times(&ran, "upload ended Committed"), 3, "{name}: {:?}", ran.told);
    }
    let ran = told("two_way::ha18_composed_otherwise");
    assert_eq!(times(&ran, "intent MoveRemote"), 1, "{:?}", ran.told);
    assert_eq!(times(&ran, "intent DeleteRemote"), 0, "{:?}", ran.told);
}

/// "What was renamed in the bucket is renamed here, too: nothing is fetched, nothing goes to the trash, and the brake does not ask."
#[test]
fn s6_a_folder_renamed_in_the_bucket_is_renamed_here() {
    let ran = told("two_way::s6_renamed_there");
    assert_eq!(times(&ran, "intent MoveLocal"), 14, "{:?}", ran.told);
    // What only has the size of another is what it is.
    assert_eq!(times(&ran, "intent TrashLocal"), 1, "{:?}", ran.told);
    assert_eq!(times(&ran, "file Downloading"), 1, "{:?}", ran.told);
    assert_eq!(times(&ran, "brake"), 0, "{:?}", ran.told);
    let ran = told("two_way::ha15_moved_by_another");
    assert_eq!(times(&ran, "intent MoveLocal"), 1, "{:?}", ran.told);
    assert_eq!(times(&ran, "intent TrashLocal"), 0, "{:?}", ran.told);
}

/// "As long as a renamed file does not lie still under its new name, the old one is not deleted either."
#[test]
fn ha15_a_rename_that_is_seen_at_once_is_no_delete() {
    let ran = told("two_way::ha15_moved");
    assert_eq!(times(&ran, "intent MoveRemote"), 4, "{:?}", ran.told);
    assert_eq!(times(&ran, "intent DeleteRemote"), 0, "{:?}", ran.told);
    assert_eq!(times(&ran, "upload ended Committed"), 4, "{:?}", ran.told);
}

/// "The others, and what lies in folders of another spelling, are shown and stay in the bucket: not merged, not replaced, not
/// deleted, not sent again."
#[test]
fn ha17_a_twin_is_shown_and_costs_nothing_but_its_state() {
    let twin = failed(FailureCode::NameTwin);
    for name in ["mirror::ha17_twins_down", "two_way::ha17_twins_there"] {
        for path in ["a.jpg", "photos/x.jpg", "photos/y.jpg", "photos/z/one.jpg"] {
            assert_eq!(course(name, 8, path), [twin.as_str()], "{name} {path}");
        }
        for path in ["A.jpg", "Photos/x.jpg", "b.jpg"] {
            assert_eq!(course(name, 8, path).last().map(String::as_str), Some("Safe"), "{name} {path}");
        }
    }
    let ran = told("mirror::ha17_twins_down");
    assert_eq!(times(&ran, "intent DeleteRemote"), 0, "{:?}", ran.told);
    assert_eq!(times(&ran, "intent KeepBoth"), 0, "{:?}", ran.told);
    // A file of one's own with the name of another key goes up under its own.
    for (path, end) in [("A.jpg", twin.as_str()), ("a.jpg", "Safe")] {
        let course = course("two_way::ha17_a_twin_of_what_is_here", 4, path);
        assert_eq!(course.last().map(String::as_str), Some(end), "{path}");
    }
}

/// "What is here already, then what the journal knows, then the first."
#[test]
fn ha17_what_the_journal_knows_comes_before_what_is_first_by_name() {
    let name = "mirror::ha17_known_first";
    assert_eq!(course(name, usize::MAX, "A.jpg"), [failed(FailureCode::NameTwin)]);
    assert_eq!(course(name, usize::MAX, "a.jpg"), ["Downloading", "Safe", "Downloading", "Safe"]);
}

/// "When the first is gone the next one comes."
#[test]
fn ha17_the_other_comes_when_the_first_is_gone() {
    let twin = failed(FailureCode::NameTwin);
    let whole = [twin.as_str(), "Downloading", "Safe"];
    assert_eq!(course("two_way::ha17_twins_there", usize::MAX, "a.jpg"), whole);
    assert_eq!(course("two_way::ha17_twins_there", usize::MAX, "photos/z/one.jpg"), whole);
    assert_eq!(course("mirror::ha17_twins_down", usize::MAX, "photos/x.jpg"), whole);
    assert_eq!(course("two_way::ha18_composed_otherwise", usize::MAX, "cafe\u{301}.jpg"), whole);
}

/// "Where that cannot be done it counts as one that takes several names for one."
#[test]
fn ha17_a_disk_that_cannot_be_tried_out_gets_the_careful_answer() {
    let name = "two_way::ha17_not_found_out";
    assert_eq!(course(name, usize::MAX, "B.jpg")[0], failed(FailureCode::NameTwin));
    let ran = told(name);
    // `A.jpg` was deleted and `b.jpg` renamed, each beside its twin.
    assert_eq!(times(&ran, "intent DeleteRemote"), 1, "{:?}", ran.told);
    assert_eq!(times(&ran, "intent MoveRemote"), 1, "{:?}", ran.told);
}

/// "What has no room is shown and comes when there is room."
#[test]
fn ha22_what_has_no_room_is_shown_until_there_is() {
    let name = "two_way::ha22_file_and_folder";
    let shown = failed(FailureCode::NameNotAllowed);
    assert_eq!(course(name, usize::MAX, "a/b.jpg"), [shown.as_str()]);
    assert_eq!(course(name, usize::MAX, "d"), [shown.as_str(), "Downloading", "Safe"]);
    assert!(plan(name).lines.iter().any(|line| line.act == Act::Delete("d".to_owned())));
}
