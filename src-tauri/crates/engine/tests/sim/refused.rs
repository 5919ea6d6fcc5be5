//! What is refused again and again costs its own path and nothing else: the rest goes on, the file says why, and neither the
//! server nor the journal is flooded.
use windlass_domain::Mode;
use windlass_domain::words::FailureCode;
use windlass_testkit::{Act, Fault, Profile};

use crate::run::{Asked, check};
use crate::script::Plan;

/// Three hours in which nothing but the clock moves.
const HOURS: u64 = 3;

fn settled() -> Plan {
    let files = (0..3).map(|n| Act::write(&format!("shoot/{n:02}.jpg"), 100 + n, 20 + n as usize));
    Plan::new("refused", Mode::TwoWay).acts(files.chain([Act::Quiet]))
}

/// Runs it for hours with this call always failing, and gives what it cost.
fn refused(plan: Plan, call: &'static str, fault: Fault, acts: impl IntoIterator<Item = Act>) -> Asked {
    let plan = plan.acts([Act::Always(call, fault)]).acts(acts).acts([Act::Wait(HOURS * 3_600_000)]);
    let asked = check(&plan).asked;
    println!("{call} {fault:?}: {asked:?}");
    // One look a minute, and a few more for what happened.
    assert!(asked.calls.lists <= HOURS * 60 + 40, "{call}: {asked:?}");
    // A minute, two, four … an hour: nine tries in three hours, of three files at the most.
    assert!(asked.uploads <= 3 + 3 * 9 && asked.intents <= 3 * 9, "{call}: {asked:?}");
    asked
}

fn fails_alone(asked: &Asked, path: &str, code: FailureCode) {
    assert_eq!(asked.failed, [(path.to_owned(), code)]);
}

#[test]
fn he6_an_upload_that_is_never_allowed_costs_itself_alone() {
    let asked = refused(
        settled(),
        "put",
        Fault::Denied,
        [Act::write("new.jpg", 7, 30), Act::put("there.jpg", 8, 31)],
    );
    fails_alone(&asked, "new.jpg", FailureCode::AccessDenied);
}

#[test]
fn he6_a_delete_that_is_never_allowed_costs_itself_alone() {
    let asked = refused(
        settled(),
        "delete",
        Fault::Denied,
        [Act::Delete("shoot/00.jpg".to_owned()), Act::write("new.jpg", 7, 30)],
    );
    fails_alone(&asked, "shoot/00.jpg", FailureCode::AccessDenied);
}

#[test]
fn he6_a_rename_whose_old_name_may_not_be_deleted_costs_itself_alone() {
    let asked = refused(
        settled(),
        "delete",
        Fault::Denied,
        [Act::Rename("shoot/00.jpg".to_owned(), "best/00.jpg".to_owned()), Act::Wait(180_000)],
    );
    fails_alone(&asked, "shoot/00.jpg", FailureCode::AccessDenied);
}

#[test]
fn he6_a_copy_that_is_never_allowed_costs_itself_alone() {
    let plan = settled().profile(Profile::UNVERSIONED);
    let asked = refused(
        plan,
        "copy",
        Fault::Denied,
        [Act::Delete("shoot/00.jpg".to_owned()), Act::write("new.jpg", 7, 30)],
    );
    fails_alone(&asked, "shoot/00.jpg", FailureCode::AccessDenied);
}

#[test]
fn he6_a_download_that_is_never_allowed_costs_itself_alone() {
    let asked = refused(
        settled(),
        "get",
        Fault::Denied,
        [Act::put("there.jpg", 8, 31), Act::write("new.jpg", 7, 30)],
    );
    fails_alone(&asked, "there.jpg", FailureCode::AccessDenied);
    assert!(asked.calls.gets <= 12, "{asked:?}");
}

#[test]
fn a_download_that_can_never_be_published_is_not_fetched_every_minute() {
    let asked = refused(
        settled(),
        "publish",
        Fault::Eio,
        [Act::put("there.jpg", 8, 31), Act::write("new.jpg", 7, 30)],
    );
    fails_alone(&asked, "there.jpg", FailureCode::Immovable);
    assert!(asked.calls.gets <= 12, "{asked:?}");
}

#[test]
fn a_file_that_cannot_go_to_the_trash_costs_itself_alone() {
    let asked = refused(
        settled(),
        "trash",
        Fault::Eio,
        [Act::Remove("shoot/00.jpg".to_owned()), Act::write("new.jpg", 7, 30), Act::put("there.jpg", 8, 31)],
    );
    fails_alone(&asked, "shoot/00.jpg", FailureCode::Immovable);
}

#[test]
fn hd1_a_conflict_whose_file_cannot_be_renamed_costs_itself_alone() {
    let asked = refused(
        settled(),
        "rename",
        Fault::Eio,
        [
            Act::put("shoot/00.jpg", 11, 41),
            Act::write("shoot/00.jpg", 10, 40),
            Act::Remove("shoot/01.jpg".to_owned()),
            Act::put("there.jpg", 8, 31),
        ],
    );
    fails_alone(&asked, "shoot/00.jpg", FailureCode::Immovable);
}

#[test]
fn a_file_whose_bytes_cannot_be_read_costs_itself_alone() {
    let asked =
        refused(settled(), "read", Fault::Eio, [Act::write("new.jpg", 7, 30), Act::put("there.jpg", 8, 31)]);
    fails_alone(&asked, "new.jpg", FailureCode::Unreadable);
    // The same where it would be compared with what is there.
    let asked =
        refused(settled(), "read", Fault::Eio, [Act::put("both.jpg", 8, 30), Act::write("both.jpg", 7, 30)]);
    fails_alone(&asked, "both.jpg", FailureCode::Unreadable);
}

#[test]
fn a_file_that_cannot_be_read_is_sent_less_and_less_often_by_ingest_too() {
    let plan = Plan::new("refused", Mode::Ingest).acts([Act::write("old.jpg", 1, 30), Act::Quiet]);
    let asked = refused(plan, "read", Fault::Eio, [Act::write("new.jpg", 7, 30)]);
    fails_alone(&asked, "new.jpg", FailureCode::Unreadable);
    // It is looked at every ten minutes.
    assert!(asked.uploads <= 1 + 9, "{asked:?}");
}

#[test]
fn hb3_nothing_is_deleted_or_sent_where_nothing_can_protect_it() {
    let plan = Plan::new("refused", Mode::TwoWay)
        .profile(Profile::UNPROTECTED)
        .acts((0..3).map(|n| Act::put(&format!("shoot/{n:02}.jpg"), 100 + n, 20 + n as usize)))
        .acts([
            Act::Quiet,
            Act::Delete("shoot/00.jpg".to_owned()),
            Act::Rename("shoot/01.jpg".to_owned(), "shoot/moved.jpg".to_owned()),
            Act::write("new.jpg", 7, 30),
            Act::Remove("shoot/02.jpg".to_owned()),
            Act::Wait(HOURS * 3_600_000),
        ]);
    let asked = check(&plan).asked;
    println!("{asked:?}");
    // What was deleted there goes to the trash here, and that is all that is ever intended.
    assert_eq!((asked.calls.deletes, asked.calls.copies, asked.intents), (0, 0, 1), "{asked:?}");
    let why = |path: &str| asked.failed.iter().find(|(failed, _)| failed == path).map(|(_, code)| *code);
    for path in ["shoot/00.jpg", "shoot/01.jpg", "shoot/moved.jpg", "new.jpg"] {
        assert_eq!(why(path), Some(FailureCode::NotSupported), "{path}: {asked:?}");
    }
    assert!(asked.calls.lists <= HOURS * 60 + 40, "{asked:?}");
}

/// A stop between a change and the note that it was made, after which the disk cannot say what is where it was made: that file
/// says so and nothing is decided of it, the others go on, and when the disk is well again nothing was lost.
#[test]
fn hc2_a_change_that_nobody_can_look_at_after_a_stop_costs_itself_alone() {
    let copy = "shoot/00 (conflict, device-0, 2026-05-28).jpg";
    let both = || {
        settled().acts([
            Act::Rot(copy.to_owned()),
            Act::put("shoot/00.jpg", 11, 41),
            Act::write("shoot/00.jpg", 10, 40),
            Act::Wait(60_000),
            Act::write("new.jpg", 7, 30),
            Act::put("there.jpg", 8, 31),
            // Most stops are before the end of the first wait; the second one is long in any case.
            Act::Wait(600_000),
            Act::Wait(HOURS * 3_600_000),
        ])
    };
    let mut unlooked = 0;
    for at in 1.. {
        let plan = Plan { deaths: vec![at], ..both() };
        let ran = check(&plan);
        if ran.died() == 0 {
            break;
        }
        let asked = ran.asked;
        for path in ["new.jpg", "there.jpg", "shoot/01.jpg"] {
            assert!(asked.safe.iter().any(|safe| safe == path), "{at}: {path}: {asked:?}");
        }
        // Where it became of it what it was to become, the file says that nobody can read it.
        unlooked += u32::from(asked.failed.iter().any(|(path, _)| path == "shoot/00.jpg"));
    }
    assert_ne!(unlooked, 0, "no stop left one");
}

/// The same of a path at which nothing was found yet.
#[test]
fn a_new_object_whose_place_cannot_be_looked_at_costs_itself_alone() {
    let plan = Plan::new("refused", Mode::TwoWay).acts([Act::Rot("there.jpg".to_owned())]);
    let files = (0..3).map(|n| Act::write(&format!("shoot/{n:02}.jpg"), 100 + n, 20 + n as usize));
    let plan = plan.acts(files.chain([
        Act::Quiet,
        Act::put("there.jpg", 8, 31),
        Act::put("well.jpg", 9, 32),
        Act::write("new.jpg", 7, 30),
        Act::Wait(HOURS * 3_600_000),
    ]));
    let ran = check(&Plan { deaths: vec![20], ..plan });
    assert_eq!(ran.died(), 1);
    fails_alone(&ran.asked, "there.jpg", FailureCode::Unreadable);
    for path in ["new.jpg", "well.jpg"] {
        assert!(ran.asked.safe.iter().any(|safe| safe == path), "{path}: {:?}", ran.asked);
    }
    assert!(ran.asked.calls.lists <= HOURS * 60 + 40, "{:?}", ran.asked);
}

/// What was changed after its upload is not sent again by ingest. Where it came into the bucket by another way, both sides are
/// equal again, and nothing is left for a person to mend.
#[test]
fn i14_a_changed_file_that_is_there_as_it_is_now_is_safe_again() {
    let plan = Plan::new("refused", Mode::Ingest).acts([
        Act::write("by-hand.jpg", 7, 30),
        Act::write("only-here.jpg", 9, 30),
        Act::write("other.jpg", 11, 30),
        Act::Quiet,
        Act::write("by-hand.jpg", 8, 40),
        Act::write("only-here.jpg", 10, 40),
        Act::write("other.jpg", 12, 40),
        Act::put("by-hand.jpg", 8, 40),
        Act::put("other.jpg", 13, 40),
        Act::Quiet,
    ]);
    let asked = check(&plan).asked;
    assert_eq!(asked.safe, ["by-hand.jpg"]);
    let failed = [
        ("only-here.jpg".to_owned(), FailureCode::ChangedAfterUpload),
        ("other.jpg".to_owned(), FailureCode::DifferentObjectThere),
    ];
    assert_eq!(asked.failed, failed);
}
