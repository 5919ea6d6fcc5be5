use proptest::prelude::*;

use super::*;
use crate::decide::{LocalExpect, RemoteExpect};
use crate::key::ETag;
use crate::state::{FileId, LocalState, RemoteState, Timestamp};

fn path(number: u64) -> RelPath {
    RelPath::parse(&format!("f/{number:06}")).unwrap()
}

fn local(size: u64) -> LocalState {
    LocalState {
        size,
        mtime: Timestamp(1),
        ctime: Timestamp(2),
        file_id: FileId { device: 3, inode: 4 },
        digest: None,
    }
}

fn remote(size: u64) -> RemoteState {
    RemoteState { size, etag: ETag::new("\"e\""), version: None, digest: None }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delete,
    Trash,
    ReplaceThere,
    ReplaceHere,
    Upload,
    Download,
    Move,
    Forget,
}

fn op(kind: Kind, number: u64, size: u64) -> Op {
    let path = path(number);
    match kind {
        Kind::Delete => Op::DeleteRemote { path, remote: remote(size) },
        Kind::Trash => Op::TrashLocal { path, local: local(size) },
        Kind::ReplaceThere => {
            Op::Upload { path, local: local(size), expect: RemoteExpect::of(&remote(size)) }
        }
        Kind::ReplaceHere => {
            Op::Download { path, remote: remote(size), expect: LocalExpect::of(&local(size)) }
        }
        Kind::Upload => Op::Upload { path, local: local(size), expect: RemoteExpect::Absent },
        Kind::Download => Op::Download { path, remote: remote(size), expect: LocalExpect::Absent },
        Kind::Move => Op::MoveRemote {
            to: path.with_name("moved").unwrap(),
            from: path,
            local: local(size),
            remote: remote(size),
        },
        Kind::Forget => Op::Forget { path },
    }
}

fn plan_of(ops: impl IntoIterator<Item = Op>) -> SyncPlan {
    SyncPlan { ops: ops.into_iter().collect(), ..SyncPlan::default() }
}

fn many(kind: Kind, count: u64, size: u64) -> SyncPlan {
    plan_of((0..count).map(|number| op(kind, number, size)))
}

fn folder(files: u64) -> Totals {
    Totals { files, bytes: files }
}

fn why(plan: &SyncPlan, files: u64, history: History) -> Option<Why> {
    match guard(plan, folder(files), history, &Limits::default()) {
        Verdict::Go => None,
        Verdict::Ask(ask) => Some(ask.why),
    }
}

const NEVER: History = History { hour_files: 0, hour_bytes: 0, week_files: 0, hour_replaced: 0 };

#[test]
fn hd5_each_limit_asks_at_its_border() {
    const GIB: u64 = 1 << 30;
    let week = |week_files| History { week_files, ..NEVER };
    let replaced = |hour_replaced| History { hour_replaced, ..NEVER };
    let rows = [
        (many(Kind::Delete, 200, 1), 1000, NEVER, None),
        (many(Kind::Delete, 201, 1), 1000, NEVER, Some(Why::Share)),
        (many(Kind::Trash, 201, 1), 2000, NEVER, Some(Why::FilesAnHour)),
        (many(Kind::Trash, 200, 1), 2000, NEVER, None),
        (many(Kind::Delete, 1, 10 * GIB), 100, NEVER, None),
        (many(Kind::Delete, 1, 10 * GIB + 1), 100, NEVER, Some(Why::BytesAnHour)),
        (many(Kind::Delete, 1, 1), 100, History { hour_bytes: 10 * GIB, ..NEVER }, Some(Why::BytesAnHour)),
        (many(Kind::Delete, 1, 1), 10_000, week(1999), None),
        (many(Kind::Delete, 2, 1), 10_000, week(1999), Some(Why::FilesAWeek)),
        (many(Kind::Delete, 4, 1), 10, NEVER, None),
        (many(Kind::Delete, 5, 1), 10, NEVER, Some(Why::Share)),
        (many(Kind::Delete, 1, 1), 1, NEVER, None),
        (many(Kind::Delete, 2, 1), 2, NEVER, Some(Why::Everything)),
        (many(Kind::Trash, 3, 1), 2, NEVER, Some(Why::Everything)),
        (many(Kind::ReplaceThere, 50, 1), 100, NEVER, None),
        (many(Kind::ReplaceHere, 51, 1), 100, NEVER, Some(Why::Overwrites)),
        (many(Kind::ReplaceHere, 4, 1), 4, NEVER, None),
        (many(Kind::ReplaceHere, 5, 1), 5, NEVER, Some(Why::Overwrites)),
        (many(Kind::ReplaceThere, 1, 1), 100, replaced(49), None),
        (many(Kind::ReplaceThere, 1, 1), 100, replaced(50), Some(Why::Overwrites)),
        (many(Kind::ReplaceHere, 1, 1), 100, replaced(u64::MAX), Some(Why::Overwrites)),
        // A few files of a small folder, edited one by one.
        (many(Kind::ReplaceThere, 1, 1), 10, replaced(8), None),
        (many(Kind::ReplaceThere, 4, 1), 10, replaced(6), Some(Why::Overwrites)),
        (many(Kind::Delete, 1, 1), 100, replaced(99), None),
        (many(Kind::Upload, 1, 1), 100, replaced(99), None),
        (many(Kind::Upload, 9999, GIB), 10, NEVER, None),
        (many(Kind::Download, 9999, GIB), 10, NEVER, None),
        (many(Kind::Forget, 9999, GIB), 9999, NEVER, None),
        (
            SyncPlan::default(),
            0,
            History { hour_files: 9999, hour_bytes: u64::MAX, week_files: 9999, hour_replaced: 9999 },
            None,
        ),
    ];
    for (number, (plan, files, history, expected)) in rows.into_iter().enumerate() {
        assert_eq!(why(&plan, files, history), expected, "row {number}");
    }
}

#[test]
fn hd6_many_small_rounds_count_as_one() {
    // A folder of 150 files, one deleted every round: the share of what was there an hour ago decides, not the round's.
    let mut history = NEVER;
    let mut files = 150;
    while why(&many(Kind::Delete, 1, 1), files, history).is_none() {
        files -= 1;
        history.hour_files += 1;
        history.week_files += 1;
    }
    assert_eq!(history.hour_files, 30, "20 % of 150");
    // Ten an hour, for ever: the week's budget.
    let mut slow = NEVER;
    while why(&many(Kind::Delete, 10, 1), 100_000, slow).is_none() {
        slow.week_files += 10;
    }
    assert_eq!(slow.week_files, 2000);
}

#[test]
fn hd7_replaced_in_portions_counts_as_one() {
    // Twenty of a thousand files every round, each of them once.
    let mut history = NEVER;
    while why(&many(Kind::ReplaceThere, 20, 1), 1000, history).is_none() {
        history.hour_replaced += 20;
    }
    assert_eq!(history.hour_replaced, 500, "50 % of 1000");
    // An ordinary day: the same few files again and again are no more than themselves.
    assert_eq!(why(&many(Kind::ReplaceThere, 3, 1), 12, History { hour_replaced: 3, ..NEVER }), None);
}

#[test]
fn s6_ten_thousand_renames_are_no_deletes() {
    let plan = many(Kind::Move, 10_000, 1 << 30);
    assert_eq!(why(&plan, 10_000, NEVER), None);
    assert_eq!(restored(&plan), []);
    assert_eq!(without_deletes(&plan), plan);
}

#[test]
fn a_question_says_how_much_and_shows_what_it_is_about() {
    let kinds = [(Kind::Upload, 1), (Kind::ReplaceThere, 3), (Kind::Delete, 20), (Kind::Trash, 30)];
    let mut number = 0;
    let mut ops = Vec::new();
    for (kind, count) in kinds {
        for _ in 0..count {
            ops.push(op(kind, number, 10));
            number += 1;
        }
    }
    let Verdict::Ask(ask) = guard(&plan_of(ops), folder(100), NEVER, &Limits::default()) else {
        panic!("50 of 100 files went")
    };
    assert_eq!((ask.why, ask.delete_there, ask.trash_here, ask.overwrite), (Why::Share, 20, 30, 3));
    assert_eq!((ask.bytes, ask.of, ask.sample.len()), (500, 100, 20));
    assert_eq!(ask.sample.first(), Some(&path(4)), "the first that is deleted");
}

#[test]
fn a_question_has_its_own_id_and_keeps_it() {
    let base = || vec![op(Kind::Delete, 1, 1), op(Kind::Trash, 2, 1), op(Kind::ReplaceHere, 3, 1)];
    let id = question_id(&plan_of(base()));
    // Computed by another program: the number is in journals.
    assert_eq!(id, 5505143506931659);
    let mut others = vec![SyncPlan::default(), plan_of(base().into_iter().take(2))];
    for change in 0..7 {
        let mut ops = base();
        match (change, ops.as_mut_slice()) {
            (0, [Op::DeleteRemote { remote, .. }, ..]) => remote.etag = ETag::new("\"other\""),
            (1, [_, Op::TrashLocal { local, .. }, ..]) => local.mtime = Timestamp(9),
            (2, [_, Op::TrashLocal { local, .. }, ..]) => local.file_id.inode = 9,
            (3, [_, _, Op::Download { path, .. }]) => *path = self::path(9),
            (4, [_, _, Op::Download { expect, .. }]) => *expect = LocalExpect::of(&local(9)),
            (5, all) => all.swap(0, 1),
            _ => ops.push(op(Kind::ReplaceThere, 4, 1)),
        }
        others.push(plan_of(ops));
    }
    for (number, other) in others.iter().enumerate() {
        assert_ne!(question_id(other), id, "{number}");
    }
    let mut with_more = base();
    with_more.insert(0, op(Kind::Upload, 7, 1));
    with_more.push(op(Kind::Move, 8, 1));
    assert_eq!(question_id(&plan_of(with_more)), id, "what takes nothing away is not asked about");
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Delete),
        Just(Kind::Trash),
        Just(Kind::ReplaceThere),
        Just(Kind::ReplaceHere),
        Just(Kind::Upload),
        Just(Kind::Move),
    ]
}

fn any_plan() -> impl Strategy<Value = SyncPlan> {
    proptest::collection::vec((any_kind(), 0u64..40), 0..40).prop_map(|all| {
        plan_of(all.into_iter().enumerate().map(|(number, (kind, size))| op(kind, number as u64, size)))
    })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    (0u8..=100, 0u64..40, 0u64..500, 0u64..60, 0u8..=100, 0u64..6).prop_map(
        |(percent, files_an_hour, bytes_an_hour, files_a_week, overwrite_percent, few)| Limits {
            percent,
            files_an_hour,
            bytes_an_hour,
            files_a_week,
            overwrite_percent,
            few,
        },
    )
}

fn any_history() -> impl Strategy<Value = History> {
    prop_oneof![
        Just(NEVER),
        (0u64..30, 0u64..300, 0u64..50, 0u64..50).prop_map(
            |(hour_files, hour_bytes, week_files, hour_replaced)| History {
                hour_files,
                hour_bytes,
                week_files,
                hour_replaced
            }
        )
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn i16_go_is_never_said_beyond_a_limit(
        plan in any_plan(), files in 0u64..80, history in any_history(), limits in any_limits(),
    ) {
        let deletes = plan.ops.iter().filter(|op| op.is_delete()).count() as u64;
        let bytes: u64 = plan.ops.iter().filter(|op| op.is_delete()).map(Op::size).sum();
        let overwrites = plan.ops.iter().filter(|op| op.overwrites()).count() as u64;
        match guard(&plan, folder(files), history, &limits) {
            Verdict::Go => {
                if deletes > 0 {
                    prop_assert!(deletes + history.hour_files <= limits.files_an_hour);
                    prop_assert!(bytes + history.hour_bytes <= limits.bytes_an_hour);
                    prop_assert!(deletes + history.week_files <= limits.files_a_week);
                    prop_assert!(deletes < limits.few || deletes * 100 <= u64::from(limits.percent) * files);
                    prop_assert!(files < 2 || deletes < files);
                }
                prop_assert!(
                    overwrites < limits.few.max(1)
                        || overwrites * 100 <= u64::from(limits.overwrite_percent) * files
                );
                let hour = overwrites + history.hour_replaced;
                prop_assert!(
                    overwrites == 0
                        || hour < (limits.few * SPREAD).max(1)
                        || hour * 100 <= u64::from(limits.overwrite_percent) * files
                );
            }
            Verdict::Ask(ask) => {
                prop_assert!(deletes + overwrites > 0, "asked about nothing");
                prop_assert_eq!(ask.trash_here + ask.delete_there, deletes);
                prop_assert!(!ask.sample.is_empty() && ask.sample.len() <= 20);
            }
        }
        let calm = without_deletes(&plan);
        prop_assert_eq!(guard(&calm, folder(files), history, &limits), Verdict::Go);
        prop_assert_eq!(calm.ops.len() + restored(&plan).len(), plan.ops.len());
    }

    #[test]
    fn i16_more_deletes_never_release_the_brake(
        plan in any_plan(), more in proptest::collection::vec((any_kind(), 0u64..40), 1..9),
        files in 0u64..80, history in any_history(), limits in any_limits(),
    ) {
        if matches!(guard(&plan, folder(files), history, &limits), Verdict::Ask(_)) {
            let mut larger = plan.clone();
            larger.ops.extend(more.into_iter().zip(100..).map(|((kind, size), number)| op(kind, number, size)));
            prop_assert!(matches!(guard(&larger, folder(files), history, &limits), Verdict::Ask(_)));
        }
    }
}
