use proptest::prelude::*;

use super::*;
use crate::ETag;
use crate::digest::Digest;
use crate::state::Timestamp;

const NAMES: ConflictNames<'static> = ConflictNames { device: "d1", date: "2026-11-25" };

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn crc(content: u8) -> Digest {
    Digest::Crc64Nvme([content; 8])
}

fn local(inode: u64, content: u8) -> LocalState {
    let time = Timestamp(100 + i64::from(content));
    let file_id = FileId { device: 1, inode };
    LocalState { size: 10, mtime: time, ctime: time, file_id, digest: Some(crc(content)) }
}

fn remote(content: u8) -> RemoteState {
    RemoteState {
        size: 10,
        etag: ETag::new(format!("\"{content}\"")),
        version: None,
        digest: Some(crc(content)),
    }
}

fn base(inode: u64, content: u8) -> BaseState {
    BaseState { local: local(inode, content), remote: remote(content) }
}

fn seen(at: &str, local: Option<LocalState>, remote: Option<RemoteState>, base: Option<BaseState>) -> Seen {
    let local = local.map_or(Observed::Absent, Observed::Present);
    let remote = remote.map_or(Observed::Absent, Observed::Present);
    Seen { path: path(at), local, remote, base }
}

fn planned(seen: &[Seen]) -> Vec<Op> {
    plan(Mode::TwoWay, seen, &NAMES).ops
}

#[test]
fn ha15_a_rename_here_copies_there_and_sends_nothing() {
    let file = LocalState { ctime: Timestamp(999), digest: None, ..local(7, 1) };
    let ops =
        planned(&[seen("new", Some(file), None, None), seen("old", None, Some(remote(1)), Some(base(7, 1)))]);
    let [Op::MoveRemote { from, to, local, .. }] = ops.as_slice() else { panic!("{ops:?}") };
    assert_eq!((from, to, local.digest), (&path("old"), &path("new"), Some(crc(1))));
}

#[test]
fn a_rename_there_renames_here_and_fetches_nothing() {
    let ops = planned(&[
        seen("new", None, Some(remote(1)), None),
        seen("old", Some(local(7, 1)), None, Some(base(7, 1))),
    ]);
    assert!(matches!(ops.as_slice(), [Op::MoveLocal { .. }]), "{ops:?}");
}

#[test]
fn what_only_looks_like_a_rename_is_none() {
    // Written to on the way: another time, so its content has to be sent.
    let edited = LocalState { mtime: Timestamp(5), ..local(7, 2) };
    let ops = planned(&[
        seen("new", Some(edited), None, None),
        seen("old", None, Some(remote(1)), Some(base(7, 1))),
    ]);
    assert!(matches!(ops.as_slice(), [Op::Upload { .. }, Op::DeleteRemote { .. }]), "deletes last: {ops:?}");
    // Two hard links of one file: which of them is the new name?
    let ops = planned(&[
        seen("a", Some(local(7, 1)), None, None),
        seen("b", Some(local(7, 1)), None, None),
        seen("old", None, Some(remote(1)), Some(base(7, 1))),
    ]);
    assert_eq!(ops.iter().filter(|op| matches!(op, Op::Upload { .. })).count(), 2, "{ops:?}");
    // The old name was edited there meanwhile: an edit beats a delete.
    let ops = planned(&[
        seen("new", Some(local(7, 1)), None, None),
        seen("old", None, Some(remote(3)), Some(base(7, 1))),
    ]);
    assert!(ops.iter().all(|op| matches!(op, Op::Upload { .. } | Op::Download { .. })), "{ops:?}");
}

#[test]
fn hd4_a_swap_of_two_names_loses_nothing() {
    let ops = planned(&[
        seen("a", Some(local(2, 2)), Some(remote(1)), Some(base(1, 1))),
        seen("b", Some(local(1, 1)), Some(remote(2)), Some(base(2, 2))),
    ]);
    assert!(
        ops.iter().all(|op| matches!(op, Op::Upload { expect: RemoteExpect::Unchanged(_), .. }))
            && ops.len() == 2,
        "{ops:?}"
    );
}

#[test]
fn hd1_conflict_copies_have_names_that_are_free_and_fit() {
    let mine = local(1, 5);
    let here = |at: &str| seen(at, Some(mine.clone()), Some(remote(6)), Some(base(1, 1)));
    let taken = seen("a (conflict, d1, 2026-11-25).jpg", Some(local(9, 9)), None, None);
    let ops = planned(&[taken, here("a.jpg")]);
    let copy = ops.iter().find_map(|op| if let Op::KeepBoth { copy, .. } = op { Some(copy) } else { None });
    assert_eq!(copy, Some(&path("a (conflict, d1, 2026-11-25, 2).jpg")));
    let long = format!("folder/{}é.jpeg", "x".repeat(240));
    let ops = planned(&[here(&long)]);
    let [Op::KeepBoth { copy, .. }] = ops.as_slice() else { panic!("{ops:?}") };
    assert!(copy.name().len() <= 255 && copy.name().ends_with(".jpeg"), "{copy}");
    assert!(copy.as_str().starts_with("folder/"));
}

#[test]
fn a_plan_is_one_plain_sentence() {
    let ops = plan(Mode::TwoWay, &[], &NAMES);
    assert_eq!(ops.summary().sentence(), "Nothing to do: both sides are the same.");
    let some = [
        seen("a", Some(local(1, 1)), None, None),
        seen("b", None, Some(remote(2)), None),
        seen("c", None, Some(remote(3)), None),
    ];
    let sentence = plan(Mode::TwoWay, &some, &NAMES).summary().sentence();
    assert_eq!(sentence, "Upload 1 file (10 bytes), download 2 files (20 bytes) and delete nothing.");
    let gone = [seen("a", None, Some(remote(1)), Some(base(1, 1)))];
    let sentence = plan(Mode::TwoWay, &gone, &NAMES).summary().sentence();
    assert_eq!(sentence, "Delete 1 object in the bucket.");
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let local_side = proptest::option::of((0u64..4, 0u8..3));
    let remote_side = proptest::option::of(0u8..3);
    let known = proptest::option::of((0u64..4, 0u8..3));
    ("[a-d]{1,3}", local_side, remote_side, known).prop_map(|(at, l, r, b)| {
        let l = l.map(|(inode, content)| local(inode, content));
        seen(&at, l, r.map(remote), b.map(|(inode, content)| base(inode, content)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40_000))]
    /// No content that a plan takes away is the last of its kind, unless a person removed it on the side that had it.
    #[test]
    fn hd4_no_plan_loses_content(all in proptest::collection::vec(any_seen(), 1..8)) {
        let mut all = all;
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all.dedup_by(|a, b| a.path == b.path);
        for mode in [Mode::TwoWay, Mode::MirrorUp, Mode::MirrorDown] {
            let plan_ = plan(mode, &all, &NAMES);
            prop_assert_eq!(&plan_, &plan(mode, &all, &NAMES));
            let mut about = BTreeSet::new();
            for op in &plan_.ops {
                prop_assert!(about.insert(op.path().clone()), "two steps for {}", op.path());
                match op {
                    // A delete follows a delete of the very content that was known on both sides.
                    Op::DeleteRemote { path, remote } | Op::MoveRemote { from: path, remote, .. } => {
                        let at = all.iter().find(|seen| seen.path == *path).unwrap();
                        prop_assert_eq!(&at.local, &Observed::Absent);
                        prop_assert!(at.base.as_ref().is_some_and(|base| base.remote.etag == remote.etag));
                    }
                    Op::TrashLocal { path, local } | Op::MoveLocal { from: path, local, .. } => {
                        let at = all.iter().find(|seen| seen.path == *path).unwrap();
                        prop_assert_eq!(&at.remote, &Observed::Absent);
                        prop_assert!(at.base.as_ref().is_some_and(|base| base.local.digest == local.digest));
                    }
                    Op::KeepBoth { copy, .. } => {
                        prop_assert!(about.insert(copy.clone()), "two steps for {copy}");
                        prop_assert!(all.iter().all(|seen| seen.path != *copy));
                    }
                    Op::Upload { .. }
                    | Op::Download { .. }
                    | Op::Adopt { .. }
                    | Op::Forget { .. }
                    | Op::Compare { .. }
                    | Op::Show { .. } => {}
                }
                if let Op::MoveRemote { from, to, local, .. } | Op::MoveLocal { from, to, local, .. } = op {
                    prop_assert!(from != to && local.digest.is_some());
                    prop_assert!(about.insert(from.clone()), "the old name is somebody else's step too");
                }
            }
        }
    }
}
