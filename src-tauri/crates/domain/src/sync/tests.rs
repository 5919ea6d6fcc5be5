use proptest::prelude::*;

use super::*;
use crate::digest::Digest;
use crate::key::{ETag, VersionId};
use crate::state::{FileId, Timestamp};

const NAMES: ConflictNames<'static> =
    ConflictNames { device: "Ada's desk", date: "2026-11-25", taken: &|_| false };

#[test]
fn names_of_copies_show_in_logs_without_their_question() {
    let shown = format!("{NAMES:?}");
    assert!(shown.contains("Ada's desk") && shown.contains("2026-11-25"), "{shown}");
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn digest(content: u8) -> Option<Digest> {
    (content > 0).then_some(Digest::Crc64Nvme([content; 8]))
}

/// A file of 10 bytes; content 0 was not read.
fn local(inode: u64, time: i64, content: u8) -> LocalState {
    let mtime = Timestamp(time);
    LocalState {
        size: 10,
        mtime,
        ctime: mtime,
        file_id: FileId { device: 1, inode },
        digest: digest(content),
    }
}

fn remote(etag: &str, content: u8) -> RemoteState {
    RemoteState { size: 10, etag: ETag::new(etag), version: None, digest: digest(content) }
}

fn seen(
    text: &str,
    local: Option<LocalState>,
    remote: Option<RemoteState>,
    base: Option<(LocalState, RemoteState)>,
) -> Seen {
    Seen {
        path: path(text),
        local: local.map_or(Observed::Absent, Observed::Present),
        remote: remote.map_or(Observed::Absent, Observed::Present),
        base: base.map(|(local, remote)| BaseState { local, remote }),
    }
}

/// Was synced, and is gone here.
fn gone_here(text: &str, inode: u64, content: u8) -> Seen {
    let etag = format!("e{inode}");
    let base = (local(inode, 1, content), remote(&etag, content));
    seen(text, None, Some(remote(&etag, 0)), Some(base))
}

/// Was synced, and is gone there.
fn gone_there(text: &str, inode: u64, content: u8) -> Seen {
    let base = (local(inode, 1, content), remote(&format!("e{inode}"), content));
    seen(text, Some(local(inode, 1, 0)), None, Some(base))
}

/// The file after a rename: its inode changed last when it was renamed.
fn renamed(inode: u64, content: u8) -> LocalState {
    LocalState { ctime: Timestamp(50), ..local(inode, 1, content) }
}

fn new_here(text: &str, file: LocalState) -> Seen {
    seen(text, Some(file), None, None)
}

fn new_there(text: &str, etag: &str, content: u8) -> Seen {
    seen(text, None, Some(remote(etag, content)), None)
}

/// A listing says no version; where it is the one that the base is of, the delete is bound to it all the same.
#[test]
fn a_delete_is_bound_to_the_version_that_the_base_is_of() {
    let known = RemoteState { version: Some(VersionId::new("v1")), ..remote("e1", 1) };
    let deleted = |listed: RemoteState| {
        let base = (local(1, 1, 1), known.clone());
        match two_way(&[seen("a", None, Some(listed), Some(base))]).as_slice() {
            [Op::DeleteRemote { remote, .. }] => remote.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(deleted(remote("e1", 0)), known);
    let newer = RemoteState { version: Some(VersionId::new("v2")), ..remote("e1", 0) };
    assert_eq!(
        deleted(newer).version,
        Some(VersionId::new("v2")),
        "what was looked at comes before what was"
    );
}

fn two_way(all: &[Seen]) -> Vec<Op> {
    plan(Mode::TwoWay, all, &NAMES).ops
}

/// Kind and path of each.
fn words(ops: &[Op]) -> Vec<String> {
    let word = |op: &Op| match op {
        Op::Upload { path, .. } => format!("upload {path}"),
        Op::Download { path, .. } => format!("download {path}"),
        Op::DeleteRemote { path, .. } => format!("delete {path}"),
        Op::TrashLocal { path, .. } => format!("trash {path}"),
        Op::MoveRemote { from, to, .. } => format!("move there {from} > {to}"),
        Op::MoveLocal { from, to, .. } => format!("move here {from} > {to}"),
        Op::Adopt { path, .. } => format!("adopt {path}"),
        Op::Forget { path } => format!("forget {path}"),
        Op::Compare { path, .. } => format!("compare {path}"),
        Op::KeepBoth { path, copy, .. } => format!("keep {path} > {copy}"),
        Op::Show { path, code } => format!("show {path} {}", code.code()),
    };
    ops.iter().map(word).collect()
}

#[test]
fn s6_a_renamed_folder_of_ten_thousand_files_sends_nothing_and_deletes_nothing() {
    let mut here = Vec::new();
    let mut there = Vec::new();
    for number in 0..10_000u64 {
        let (old, new) = (format!("old/{number:05}.jpg"), format!("new/{number:05}.jpg"));
        here.push(gone_here(&old, number + 1, 0));
        here.push(new_here(&new, renamed(number + 1, 0)));
        // Every third file holds what its neighbour holds.
        let content = Digest::Crc64Nvme((number - u64::from(number % 3 == 1)).to_be_bytes());
        let mut gone = gone_there(&old, number + 1, 1);
        if let Some(base) = &mut gone.base {
            base.local.digest = Some(content);
            base.remote.digest = Some(content);
        }
        let mut new = new_there(&new, &format!("new{number}"), 1);
        if let Observed::Present(object) = &mut new.remote {
            object.digest = Some(content);
        }
        there.extend([gone, new]);
    }
    let ops = two_way(&here);
    assert!(ops.iter().all(|op| matches!(op, Op::MoveRemote { .. })), "{:?}", ops.first());
    assert_eq!(ops.len(), 10_000);
    let ops = two_way(&there);
    assert_eq!(ops.len(), 10_000);
    for op in &ops {
        let Op::MoveLocal { from, to, .. } = op else { panic!("{op:?}") };
        assert_eq!(from.name(), to.name(), "equal contents in path order");
    }
}

#[test]
fn s6_a_rename_says_what_both_ends_are() {
    let ops = two_way(&[gone_here("a", 7, 3), new_here("b", renamed(7, 0))]);
    let expected = Op::MoveRemote {
        from: path("a"),
        to: path("b"),
        local: renamed(7, 0),
        remote: remote("e7", 3), // with the digest that the journal knows
    };
    assert_eq!(ops, [expected]);
    let ops = two_way(&[gone_there("a", 7, 3), new_there("b", "new", 3)]);
    let expected =
        Op::MoveLocal { from: path("a"), to: path("b"), local: local(7, 1, 3), remote: remote("new", 3) };
    assert_eq!(ops, [expected]);
}

#[test]
fn s6_by_content_where_the_disk_has_no_identities() {
    let nameless = |content| LocalState { file_id: FileId::default(), ..local(0, 9, content) };
    assert_eq!(words(&two_way(&[gone_here("a", 1, 3), new_here("b", nameless(3))])), ["move there a > b"]);
    for unknown in [nameless(0), nameless(4), LocalState { size: 11, ..nameless(3) }] {
        let ops = words(&two_way(&[gone_here("a", 1, 3), new_here("b", unknown)]));
        assert_eq!(ops, ["upload b", "delete a"]);
    }
    // Identities of zero are none: two unread files are not one.
    let mut gone = gone_here("a", 1, 0);
    if let Some(base) = &mut gone.base {
        base.local.file_id = FileId::default();
    }
    let fresh = LocalState { mtime: Timestamp(1), ..nameless(0) };
    assert_eq!(words(&two_way(&[gone, new_here("b", fresh)])), ["upload b", "delete a"]);
}

#[test]
fn s6_an_inode_that_was_given_out_again_is_no_rename() {
    let gone = gone_here("a", 7, 3);
    for other in [local(7, 2, 0), LocalState { size: 11, ..renamed(7, 0) }, renamed(7, 4)] {
        let ops = words(&two_way(&[gone.clone(), new_here("b", other)]));
        assert_eq!(ops, ["upload b", "delete a"]);
    }
}

#[test]
fn s6_hb11_an_etag_alone_is_no_rename() {
    let mut gone = gone_there("a", 7, 0);
    assert_eq!(words(&two_way(&[gone.clone(), new_there("b", "e7", 0)])), ["download b", "trash a"]);
    assert_eq!(words(&two_way(&[gone.clone(), new_there("b", "e7", 3)])), ["download b", "trash a"]);
    if let Some(base) = &mut gone.base {
        base.remote.digest = digest(3);
    }
    assert_eq!(words(&two_way(&[gone, new_there("b", "other", 3)])), ["move here a > b"]);
}

#[test]
fn a_plan_is_empty_when_nothing_is_to_be_done_and_nothing_waits() {
    let planned = |seen: &[Seen]| plan(Mode::TwoWay, seen, &NAMES);
    assert!(planned(&[]).is_empty());
    assert!(!planned(&[new_there("a", "new", 3)]).is_empty());
    let waits = Seen { local: Observed::Unknown(UnknownReason::Settling), ..new_there("a", "new", 3) };
    let waiting = planned(&[waits]);
    assert!(waiting.ops.is_empty() && !waiting.is_empty(), "{waiting:?}");
}

#[test]
fn s6_what_may_have_been_renamed_there_is_named_to_be_asked_for() {
    let named = |seen: &[Seen]| -> Vec<String> {
        let planned = plan(Mode::TwoWay, seen, &NAMES);
        planned.perhaps_renamed.iter().map(|(path, _)| path.to_string()).collect()
    };
    let (gone, new) = (gone_there("a", 7, 3), new_there("b", "new", 0));
    assert_eq!(named(&[gone.clone(), new.clone()]), ["b"]);
    // Before it is sure that the old name is gone as well: the new one must not be fetched meanwhile.
    let unsure = Seen { remote: Observed::Unknown(UnknownReason::AbsenceUnproved), ..gone.clone() };
    assert_eq!(named(&[unsure, new.clone()]), ["b"]);
    // Nothing is gone; its content is known; another size; known already what it holds.
    assert!(named(std::slice::from_ref(&new)).is_empty());
    assert!(named(&[gone_there("a", 7, 0), new.clone()]).is_empty());
    let mut other = new.clone();
    if let Observed::Present(object) = &mut other.remote {
        object.size += 1;
    }
    assert!(named(&[gone.clone(), other]).is_empty());
    assert!(named(&[gone, new_there("b", "new", 3)]).is_empty());
}

#[test]
fn s6_several_that_fit_are_matched_in_path_order_or_not_at_all() {
    let (a, b) = (gone_here("a", 1, 3), gone_here("b", 2, 3));
    let copies =
        [new_here("y", local(8, 9, 3)), new_here("x", local(9, 9, 3)), new_here("z", local(10, 9, 3))];
    let two = [b.clone(), a.clone(), copies[1].clone(), copies[0].clone()];
    assert_eq!(words(&two_way(&two)), ["move there a > x", "move there b > y"]);
    let [y, x, z] = copies;
    let three = [a, b, x, y, z];
    assert_eq!(words(&two_way(&three)), ["upload x", "upload y", "upload z", "delete a", "delete b"]);
    // What is recognised as the very file does not stand in the way of the others.
    let mixed = [
        gone_here("a", 1, 3),
        gone_here("b", 2, 3),
        new_here("x", renamed(2, 3)),
        new_here("y", local(8, 9, 3)),
    ];
    assert_eq!(words(&two_way(&mixed)), ["move there a > y", "move there b > x"]);
    // Two names of one file (a hard link), not read: which is which is not known.
    let links = [
        gone_here("a", 7, 3),
        Seen { path: path("b"), ..gone_here("a", 7, 3) },
        new_here("x", renamed(7, 0)),
        new_here("y", renamed(7, 0)),
    ];
    assert_eq!(words(&two_way(&links)), ["upload x", "upload y", "delete a", "delete b"]);
}

#[test]
fn hd4_a_file_does_not_move_into_itself() {
    let ops = words(&two_way(&[gone_here("a", 7, 3), new_here("a/b", renamed(7, 3))]));
    assert_eq!(ops, ["upload a/b", "delete a"]);
    let ops = words(&two_way(&[gone_here("a/b", 7, 3), new_here("a", renamed(7, 3))]));
    assert_eq!(ops, ["upload a", "delete a/b"]);
}

#[test]
fn s6_only_what_is_new_is_the_end_of_a_rename() {
    // `b` was there: it is replaced, and `a` deleted, each with its own condition.
    let over = seen("b", Some(renamed(7, 3)), Some(remote("e8", 0)), Some((local(8, 1, 4), remote("e8", 4))));
    assert_eq!(words(&two_way(&[gone_here("a", 7, 3), over])), ["upload b", "delete a"]);
    let edited = seen("a", None, Some(remote("edited", 0)), Some((local(7, 1, 3), remote("e7", 3))));
    assert_eq!(words(&two_way(&[edited, new_here("b", renamed(7, 0))])), ["download a", "upload b"]);
    for mode in [Mode::MirrorDown, Mode::Ingest] {
        let ops = plan(mode, &[gone_here("a", 7, 3), new_here("b", renamed(7, 3))], &NAMES).ops;
        assert!(!ops.iter().any(|op| matches!(op, Op::MoveRemote { .. })), "{mode:?}");
    }
}

#[test]
fn s6_the_new_name_waits_while_the_old_one_is_not_proved_gone() {
    let unproved = Observed::Unknown(UnknownReason::AbsenceUnproved);
    let old = Seen { local: unproved, ..gone_here("a", 7, 3) };
    let other = new_here("c", local(9, 9, 0));
    let both = plan(Mode::TwoWay, &[old, new_here("b", renamed(7, 0)), other], &NAMES);
    assert_eq!(words(&both.ops), ["upload c"]);
    let reason = UnknownReason::AbsenceUnproved;
    assert_eq!(both.waiting, [(path("a"), reason), (path("b"), reason)]);
    let old = Seen { remote: Observed::Unknown(UnknownReason::AbsenceUnproved), ..gone_there("a", 7, 3) };
    let both = plan(Mode::TwoWay, &[old, new_there("b", "new", 3), new_there("c", "x", 0)], &NAMES);
    assert_eq!(words(&both.ops), ["download c"]);
    assert_eq!(both.waiting, [(path("a"), reason), (path("b"), reason)]);
    // Other reasons say nothing about a rename, and an absence alone is never a delete.
    for reason in [
        UnknownReason::NotScanned,
        UnknownReason::Unreadable,
        UnknownReason::ListingIncomplete,
        UnknownReason::RootMissing,
        UnknownReason::Settling,
    ] {
        let old = Seen { local: Observed::Unknown(reason), ..gone_here("a", 7, 3) };
        let both = plan(Mode::TwoWay, &[old, new_here("b", renamed(7, 0))], &NAMES);
        assert_eq!((words(&both.ops), both.waiting), (vec!["upload b".into()], vec![(path("a"), reason)]));
    }
    let alone = Seen { local: Observed::Unknown(UnknownReason::AbsenceUnproved), ..gone_here("a", 7, 3) };
    assert_eq!(plan(Mode::TwoWay, &[alone], &NAMES).ops, []);
}

fn conflict(text: &str) -> Seen {
    seen(text, Some(local(1, 9, 1)), Some(remote("new", 2)), Some((local(1, 1, 3), remote("e1", 3))))
}

#[test]
fn hd1_a_conflict_keeps_both_under_a_name_that_says_why() {
    let ops = words(&two_way(&[conflict("photos/a.jpg")]));
    assert_eq!(ops, ["keep photos/a.jpg > photos/a (conflict, Ada's desk, 2026-11-25).jpg"]);
    let ops = plan(Mode::MirrorUp, &[conflict("a")], &NAMES).ops;
    assert_eq!(words(&ops), ["show a receiver_changed"]);
}

#[test]
fn hd3_a_conflict_name_is_never_taken() {
    let first = "a (conflict, Ada's desk, 2026-11-25).jpg";
    let second = "a (conflict, Ada's desk, 2026-11-25 2).jpg";
    let third = "a (conflict, Ada's desk, 2026-11-25 3).jpg";
    let expected = [format!("keep a.jpg > {second}")];
    for taken in [
        new_here(first, local(4, 4, 0)),
        new_there(first, "e", 0),
        gone_here(first, 4, 4),
        new_here(&first.to_uppercase(), local(4, 4, 0)),
        new_there(&format!("{first}/below"), "e", 0),
    ] {
        let ops = words(&two_way(&[conflict("a.jpg"), taken]));
        assert!(ops.contains(&expected[0]), "{ops:?}");
    }
    let taken = |path: &RelPath| [first, second].contains(&path.as_str());
    let ops = plan(Mode::TwoWay, &[conflict("a.jpg")], &ConflictNames { taken: &taken, ..NAMES }).ops;
    assert_eq!(words(&ops), [format!("keep a.jpg > {third}")]);
    // Two that would get the same: their names are cut to the same length.
    let (one, other) = (format!("{}1.jpg", "n".repeat(240)), format!("{}2.jpg", "n".repeat(240)));
    let ops = two_way(&[conflict(&other), conflict(&one)]);
    let copies: Vec<&RelPath> = ops
        .iter()
        .map(|op| if let Op::KeepBoth { copy, .. } = op { copy } else { panic!("{op:?}") })
        .collect();
    assert_eq!(copies.len(), 2);
    assert_ne!(copies[0], copies[1]);
    let always = plan(Mode::TwoWay, &[conflict("a")], &ConflictNames { taken: &|_| true, ..NAMES }).ops;
    assert_eq!(words(&always), ["show a name_not_allowed"]);
}

#[test]
fn conflict_names_keep_the_ending_and_fit() {
    let name = |text: &str| conflict_name(&path(text), "desk", "2026-11-25", 1).unwrap().name().to_owned();
    assert_eq!(name("d/a.tar.gz"), "a.tar (conflict, desk, 2026-11-25).gz");
    assert_eq!(name(".bashrc"), ".bashrc (conflict, desk, 2026-11-25)");
    assert_eq!(name("plain"), "plain (conflict, desk, 2026-11-25)");
    assert_eq!(name("dot."), "dot. (conflict, desk, 2026-11-25)");
    assert_eq!(
        name("v1.a long ending of no kind"),
        "v1.a long ending of no kind (conflict, desk, 2026-11-25)"
    );
    let long = name(&format!("{}.jpeg", "é".repeat(120)));
    assert!(long.ends_with("é (conflict, desk, 2026-11-25).jpeg") && (254..=255).contains(&long.len()));
    let odd = conflict_name(&path("a"), " C:\\x/\u{7}y ", "2026-11-25", 1).unwrap();
    assert_eq!(odd.as_str(), "a (conflict, C--x--y, 2026-11-25)");
    let none = conflict_name(&path("a"), " ", "2026-11-25", 2).unwrap();
    assert_eq!(none.as_str(), "a (conflict, another computer, 2026-11-25 2)");
}

#[test]
fn ha22_what_has_no_room_here_is_shown_or_waits() {
    let here = seen("a", Some(local(1, 1, 1)), Some(remote("e", 1)), Some((local(1, 1, 1), remote("e", 1))));
    assert_eq!(words(&two_way(&[here.clone(), new_there("a/b", "x", 0)])), ["show a/b name_not_allowed"]);
    let folder = Seen { path: path("d/e/f"), ..here };
    assert_eq!(words(&two_way(&[folder.clone(), new_there("d", "x", 0)])), ["show d name_not_allowed"]);
    assert_eq!(words(&two_way(&[folder.clone(), new_there("d/e.txt", "x", 0)])), ["download d/e.txt"]);
    assert_eq!(words(&two_way(&[folder, new_there("d/e/f.x/g", "x", 0)])), ["download d/e/f.x/g"]);
    let both = [new_there("a/b/c", "x", 0), new_there("a", "y", 0), new_there("a/d", "z", 0)];
    let ops = words(&two_way(&both));
    assert_eq!(ops, ["download a", "show a/b/c name_not_allowed", "show a/d name_not_allowed"]);
    // What is in the way goes in this round; then there is room.
    let going = plan(Mode::TwoWay, &[gone_there("a", 1, 1), new_there("a/b", "x", 0)], &NAMES);
    assert_eq!(words(&going.ops), ["trash a"]);
    assert_eq!(going.waiting, [(path("a/b"), UnknownReason::Settling)]);
}

#[test]
fn the_order_is_journal_renames_comparisons_transfers_conflicts_deletes() {
    let touched = LocalState { mtime: Timestamp(5), ..local(1, 1, 0) };
    let mut all = vec![
        gone_here("00 deleted", 11, 1),
        gone_there("01 trashed", 12, 2),
        conflict("02 conflict"),
        new_here("03 up", local(13, 9, 0)),
        new_there("04 down", "d", 0),
        seen("05 compare", Some(touched), Some(remote("e1", 0)), Some((local(1, 1, 1), remote("e1", 1)))),
        gone_here("06 from", 14, 0),
        new_here("07 to", renamed(14, 0)),
        seen("08 forget", None, None, Some((local(1, 1, 1), remote("e1", 1)))),
        seen("09 adopt", Some(local(1, 9, 1)), Some(remote("z", 1)), None),
        seen("10 same", Some(local(1, 1, 0)), Some(remote("e1", 0)), Some((local(1, 1, 1), remote("e1", 1)))),
        Seen {
            path: path("11 waits"),
            local: Observed::Unknown(UnknownReason::Settling),
            remote: Observed::Absent,
            base: None,
        },
    ];
    let first = plan(Mode::TwoWay, &all, &NAMES);
    let expected = [
        "forget 08 forget",
        "adopt 09 adopt",
        "move there 06 from > 07 to",
        "compare 05 compare",
        "upload 03 up",
        "download 04 down",
        "keep 02 conflict > 02 conflict (conflict, Ada's desk, 2026-11-25)",
        "delete 00 deleted",
        "trash 01 trashed",
    ];
    assert_eq!(words(&first.ops), expected);
    assert_eq!(first.waiting, [(path("11 waits"), UnknownReason::Settling)]);
    for _ in 0..all.len() {
        all.rotate_left(1);
        assert_eq!(plan(Mode::TwoWay, &all, &NAMES), first, "another order of what was seen");
    }
    let sum = Summary::of(&first);
    let expected = Summary {
        uploads: 1,
        downloads: 1,
        moves: 1,
        deletes_there: 1,
        trashes_here: 1,
        conflicts: 1,
        adopts: 1,
        compares: 1,
        waiting: 1,
        bytes_up: 10,
        bytes_down: 10,
    };
    assert_eq!(sum, expected);
}

#[test]
fn ha5_adopted_rows_keep_what_was_known() {
    // Only the file was touched; the object's digest is the journal's, since the listing has none.
    let touched = LocalState { mtime: Timestamp(5), ..local(1, 1, 1) };
    let one =
        seen("a", Some(touched.clone()), Some(remote("e1", 0)), Some((local(1, 1, 1), remote("e1", 1))));
    let ops = two_way(std::slice::from_ref(&one));
    let expected = BaseState { local: touched, remote: remote("e1", 1) };
    assert_eq!(ops, [Op::Adopt { path: path("a"), base: expected.clone() }]);
    // Ingest may not know the object at all.
    let unknown = Seen { remote: Observed::Unknown(UnknownReason::NotScanned), ..one };
    let ops = plan(Mode::Ingest, &[unknown], &NAMES).ops;
    assert_eq!(ops, [Op::Adopt { path: path("a"), base: expected }]);
}

#[test]
fn a_plan_is_one_plain_sentence() {
    let says = |sum: Summary| sum.sentence();
    let sum = Summary { uploads: 12, bytes_up: 3_100_000_000, moves: 2, ..Summary::default() };
    assert_eq!(says(sum), "Upload 12 files (3.1 GB), rename 2, delete nothing.");
    let sum = Summary { downloads: 1, bytes_down: 1, trashes_here: 1234, ..Summary::default() };
    assert_eq!(says(sum), "Download 1 file (1 byte), move 1,234 here to the trash.");
    let sum = Summary { deletes_there: 2, conflicts: 1, compares: 3, waiting: 4, ..Summary::default() };
    assert_eq!(says(sum), "Compare 3, keep both sides of 1, wait for 4, delete 2 in the bucket.");
    assert_eq!(says(Summary::default()), "Nothing to do: both sides are the same.");
    let adopts = Summary { adopts: 5, ..Summary::default() };
    assert_eq!(says(adopts), "Nothing to do: both sides are the same.");
    for (count, text) in [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (u64::MAX, "18.4 EB"),
    ] {
        let sum = Summary { uploads: 1, bytes_up: count, ..Summary::default() };
        assert_eq!(says(sum), format!("Upload 1 file ({text}), delete nothing."));
    }
}

proptest! {
    #[test]
    fn conflict_names_are_short_enough_and_beside_the_file(
        folder in "[a-z]{0,9}", name in "\\PC{1,80}", device in "\\PC{0,80}", number in 1u32..2000,
    ) {
        let text = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if let Ok(path) = RelPath::parse(&text) {
            let copy = conflict_name(&path, &device, "2026-11-25", number);
            let copy = copy.expect("every path can have one");
            prop_assert!(copy.name().len() <= 255);
            prop_assert_ne!(&copy, &path);
            prop_assert_eq!(copy.folders().last(), path.folders().last());
        }
    }
}
