//! Every mode against every abstract state: 26 files × 26 objects × 577 bases, each property on its own.
// A property speaks of a few actions.
#![allow(clippy::wildcard_enum_match_arm)]
use super::*;
use crate::digest::Digest;
use crate::state::{FileId, Timestamp};

const MODES: [Mode; 4] = [Mode::Ingest, Mode::MirrorUp, Mode::MirrorDown, Mode::TwoWay];
const SYNC: [Mode; 3] = [Mode::MirrorUp, Mode::MirrorDown, Mode::TwoWay];

/// 0: not read; 1, 2: two contents; 3: a content known by another kind of digest.
fn digest(content: u8) -> Option<Digest> {
    match content {
        0 => None,
        3 => Some(Digest::Sha256([3; 32])),
        other => Some(Digest::Crc64Nvme([other; 8])),
    }
}

fn local(size: u64, mtime: i64, content: u8) -> LocalState {
    let mtime = Timestamp(mtime);
    LocalState { size, mtime, ctime: mtime, file_id: FileId::default(), digest: digest(content) }
}

fn remote(size: u64, etag: u8, content: u8) -> RemoteState {
    RemoteState { size, etag: ETag::new(format!("\"{etag}\"")), version: None, digest: digest(content) }
}

fn locals() -> Vec<LocalState> {
    let all = (0..3).flat_map(|size| (1..3).map(move |time| (size, time)));
    all.flat_map(|(size, time)| (0..4).map(move |content| local(size, time, content))).collect()
}

fn remotes() -> Vec<RemoteState> {
    let all = (0..3).flat_map(|size| (1..3).map(move |etag| (size, etag)));
    all.flat_map(|(size, etag)| (0..4).map(move |content| remote(size, etag, content))).collect()
}

fn observed<T>(all: Vec<T>) -> Vec<Observed<T>> {
    let rest = [Observed::Absent, Observed::Unknown(UnknownReason::AbsenceUnproved)];
    all.into_iter().map(Observed::Present).chain(rest).collect()
}

/// Calls with every triple; returns how many there were.
fn every_triple(mut check: impl FnMut(Triple<'_>)) -> u64 {
    let (files, objects) = (observed(locals()), observed(remotes()));
    let met = locals().into_iter().flat_map(|local| {
        remotes().into_iter().map(move |remote| Some(BaseState { local: local.clone(), remote }))
    });
    let mut count = 0;
    for base in std::iter::once(None).chain(met) {
        for local in &files {
            for remote in &objects {
                check(Triple { local: local.as_ref(), remote: remote.as_ref(), base: base.as_ref() });
                count += 1;
            }
        }
    }
    count
}

fn equal_content(one: (u64, Option<Digest>), other: (u64, Option<Digest>)) -> bool {
    one.0 == other.0 && one.1.is_some() && one.1 == other.1
}

/// The base's content, by every digest that stands for it.
fn base_contents(triple: Triple<'_>, base: &BaseState) -> Vec<(u64, Option<Digest>)> {
    let mut all = vec![(base.local.size, base.local.digest), (base.remote.size, base.remote.digest)];
    if let Some(l) = triple.local.present().filter(|l| l.same_snapshot(&base.local)) {
        all.push((l.size, l.digest));
    }
    if let Some(r) = triple.remote.present().filter(|r| r.same_version(&base.remote)) {
        all.push((r.size, r.digest));
    }
    all
}

fn local_holds_base(triple: Triple<'_>, local: &LocalState, base: &BaseState) -> bool {
    let now = (local.size, local.digest);
    local.same_snapshot(&base.local) || base_contents(triple, base).iter().any(|b| equal_content(*b, now))
}

fn remote_holds_base(triple: Triple<'_>, remote: &RemoteState, base: &BaseState) -> bool {
    let now = (remote.size, remote.digest);
    remote.same_version(&base.remote) || base_contents(triple, base).iter().any(|b| equal_content(*b, now))
}

#[test]
fn every_triple_is_enough_of_them() {
    assert!(every_triple(|_| {}) * MODES.len() as u64 >= 1_500_000);
}

#[test]
fn property_1_unknown_waits_and_nothing_else_waits() {
    every_triple(|triple| {
        let unknown =
            matches!(triple.local, Observed::Unknown(_)) || matches!(triple.remote, Observed::Unknown(_));
        for mode in SYNC {
            let action = decide(mode, triple);
            assert_eq!(matches!(action, Action::Wait(_)), unknown, "{mode:?} {triple:?}: {action:?}");
        }
        if matches!(triple.local, Observed::Unknown(_)) {
            let action = decide(Mode::Ingest, triple);
            assert!(matches!(action, Action::Wait(_)), "{triple:?}: {action:?}");
        }
    });
}

#[test]
fn property_2_a_delete_needs_a_base_an_absence_there_and_an_untouched_file_here() {
    every_triple(|triple| {
        for mode in MODES {
            match decide(mode, triple) {
                Action::DeleteRemote { expect } => {
                    let (base, remote) = (triple.base.unwrap(), triple.remote.present().unwrap());
                    assert!(matches!(mode, Mode::MirrorUp | Mode::TwoWay), "{mode:?}");
                    assert_eq!(triple.local, Observed::Absent);
                    assert!(remote.same_version(&base.remote), "{triple:?}");
                    assert_eq!(expect, RemoteExpect::of(remote));
                }
                Action::TrashLocal { expect } => {
                    let (base, local) = (triple.base.unwrap(), triple.local.present().unwrap());
                    assert!(matches!(mode, Mode::MirrorDown | Mode::TwoWay), "{mode:?}");
                    assert_eq!(triple.remote, Observed::Absent);
                    let untouched = local.same_snapshot(&base.local);
                    let receives = mode == Mode::MirrorDown && local_holds_base(triple, local, base);
                    assert!(untouched || receives, "{mode:?} {triple:?}");
                    assert_eq!(expect, LocalExpect::of(local));
                }
                Action::Forget => {
                    assert!(triple.base.is_some());
                    assert_eq!((triple.local, triple.remote), (Observed::Absent, Observed::Absent));
                }
                _ => {}
            }
        }
    });
}

#[test]
fn property_3_nothing_is_replaced_that_is_not_in_the_base() {
    every_triple(|triple| {
        for mode in MODES {
            match decide(mode, triple) {
                Action::Upload { expect: RemoteExpect::Absent } => {
                    assert_eq!(triple.remote, Observed::Absent, "{mode:?} {triple:?}");
                }
                Action::Upload { expect: RemoteExpect::Unchanged(etag) } => {
                    let (base, remote) = (triple.base.unwrap(), triple.remote.present().unwrap());
                    assert!(matches!(mode, Mode::MirrorUp | Mode::TwoWay), "{mode:?}");
                    assert_eq!(etag, remote.etag);
                    assert!(remote_holds_base(triple, remote, base), "{mode:?} {triple:?}");
                }
                Action::Download { expect: LocalExpect::Absent } => {
                    assert_eq!(triple.local, Observed::Absent, "{mode:?} {triple:?}");
                }
                Action::Download { expect: LocalExpect::Unchanged(seen) } => {
                    let (base, local) = (triple.base.unwrap(), triple.local.present().unwrap());
                    assert!(matches!(mode, Mode::MirrorDown | Mode::TwoWay), "{mode:?}");
                    assert_eq!(&seen, local);
                    let lost = local.size == 0 && base.local.size > 0;
                    assert!(lost || local_holds_base(triple, local, base), "{mode:?} {triple:?}");
                }
                _ => {}
            }
        }
    });
}

/// What both sides and the journal are after the action took effect.
fn after(
    action: Action,
    triple: Triple<'_>,
) -> Option<(Option<LocalState>, Option<RemoteState>, Option<BaseState>)> {
    let (l, r) = (triple.local.present().cloned(), triple.remote.present().cloned());
    let equal = |local: LocalState, remote: RemoteState| {
        (Some(local.clone()), Some(remote.clone()), Some(BaseState { local, remote }))
    };
    match action {
        Action::Upload { .. } => {
            let l = l.unwrap();
            let there = RemoteState {
                size: l.size,
                etag: ETag::new("\"new\""),
                version: None,
                digest: Some(l.digest.unwrap_or(Digest::Crc64Nvme([9; 8]))),
            };
            Some(equal(l, there))
        }
        Action::Download { .. } => {
            let r = r.unwrap();
            let read = r.digest.or(digest(1));
            Some(equal(LocalState { size: r.size, digest: read, ..local(0, 77, 0) }, r))
        }
        Action::Adopt => Some(equal(l.unwrap(), r.unwrap())),
        Action::DeleteRemote { .. } | Action::TrashLocal { .. } | Action::Forget => Some((None, None, None)),
        Action::Nothing | Action::Compare | Action::Conflict(_) | Action::Wait(_) => None,
    }
}

#[test]
fn property_4_after_a_successful_action_nothing_is_left_to_do() {
    every_triple(|triple| {
        for mode in SYNC {
            let action = decide(mode, triple);
            let Some((l, r, base)) = after(action.clone(), triple) else { continue };
            let local = l.as_ref().map_or(Observed::Absent, Observed::Present);
            let remote = r.as_ref().map_or(Observed::Absent, Observed::Present);
            let then = Triple { local, remote, base: base.as_ref() };
            assert_eq!(decide(mode, then), Action::Nothing, "{mode:?} {action:?} {triple:?}");
        }
    });
}

#[test]
fn property_4b_compare_does_not_come_twice() {
    every_triple(|triple| {
        for mode in SYNC {
            if decide(mode, triple) != Action::Compare {
                continue;
            }
            for (here, there) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
                let l = triple.local.present().map(|l| LocalState { digest: digest(here), ..l.clone() });
                let r = triple.remote.present().map(|r| RemoteState { digest: digest(there), ..r.clone() });
                let base = triple.base.cloned().map(|mut base| {
                    // The engine computes one kind, so its bases have that kind or none.
                    base.local.digest = base.local.digest.filter(|d| matches!(d, Digest::Crc64Nvme(_)));
                    base.remote.digest = base.remote.digest.filter(|d| matches!(d, Digest::Crc64Nvme(_)));
                    base
                });
                let then = Triple {
                    local: l.as_ref().map_or(triple.local, Observed::Present),
                    remote: r.as_ref().map_or(triple.remote, Observed::Present),
                    base: base.as_ref(),
                };
                assert_ne!(decide(mode, then), Action::Compare, "{mode:?} {then:?}");
            }
        }
    });
}

#[test]
fn property_5_every_write_names_what_was_seen() {
    every_triple(|triple| {
        for mode in MODES {
            let there = || triple.remote.present().map_or(RemoteExpect::Absent, RemoteExpect::of);
            let here = || triple.local.present().map_or(LocalExpect::Absent, LocalExpect::of);
            match decide(mode, triple) {
                Action::Upload { expect } | Action::DeleteRemote { expect } => assert_eq!(expect, there()),
                Action::Download { expect } | Action::TrashLocal { expect } => assert_eq!(expect, here()),
                _ => {}
            }
        }
    });
}

#[test]
fn property_6_each_mode_writes_only_where_it_may_and_gives_the_same_answer_again() {
    every_triple(|triple| {
        for mode in MODES {
            let action = decide(mode, triple);
            assert_eq!(action, decide(mode, triple));
            let here = matches!(action, Action::Download { .. } | Action::TrashLocal { .. });
            let there = matches!(action, Action::Upload { .. } | Action::DeleteRemote { .. });
            let (may_here, may_there) = match mode {
                Mode::Ingest | Mode::MirrorUp => (false, true),
                Mode::MirrorDown => (true, false),
                Mode::TwoWay => (true, true),
            };
            assert!(may_here || !here, "{mode:?} {action:?} {triple:?}");
            assert!(may_there || !there, "{mode:?} {action:?} {triple:?}");
        }
    });
}

#[test]
fn hc7_without_a_base_nothing_is_deleted_or_replaced() {
    every_triple(|triple| {
        if triple.base.is_some() {
            return;
        }
        for mode in MODES {
            match decide(mode, triple) {
                Action::Upload { expect } => assert!(expect.is_absent()),
                Action::Download { expect } => assert!(expect.is_absent()),
                Action::DeleteRemote { .. } | Action::TrashLocal { .. } | Action::Forget => {
                    panic!("{mode:?} {triple:?} removes")
                }
                _ => {}
            }
        }
    });
}

#[test]
fn hc6_a_damaged_base_counts_as_none() {
    every_triple(|triple| {
        if triple.base.is_none_or(BaseState::is_sound) {
            return;
        }
        for mode in SYNC {
            let expected = match decide(mode, Triple { base: None, ..triple }) {
                Action::Nothing if (triple.local, triple.remote) == (Observed::Absent, Observed::Absent) => {
                    Action::Forget
                }
                other => other,
            };
            assert_eq!(decide(mode, triple), expected, "{mode:?} {triple:?}");
        }
    });
}

#[test]
fn hd1_equal_digests_are_never_a_conflict_and_never_a_transfer() {
    every_triple(|triple| {
        let (Observed::Present(l), Observed::Present(r)) = (triple.local, triple.remote) else { return };
        if !equal_content((l.size, l.digest), (r.size, r.digest)) {
            return;
        }
        for mode in SYNC {
            let action = decide(mode, triple);
            assert!(matches!(action, Action::Adopt | Action::Nothing), "{mode:?} {action:?} {triple:?}");
        }
    });
}

/// Two kinds of checksum say nothing about each other: what differs in kind alone is read, and is no conflict.
#[test]
fn hd1_digests_of_two_kinds_ask_for_a_look_at_the_bytes() {
    let (here, there, other) = (local(1, 1, 1), remote(1, 1, 3), remote(1, 1, 2));
    for mode in MODES {
        let triple =
            |there| Triple { local: Observed::Present(&here), remote: Observed::Present(there), base: None };
        assert_eq!(decide(mode, triple(&there)), Action::Compare, "{mode:?}");
        assert!(matches!(decide(mode, triple(&other)), Action::Conflict(_)), "{mode:?}");
    }
}

#[test]
fn hb35_an_emptied_file_never_goes_up_and_comes_back() {
    every_triple(|triple| {
        let (Observed::Present(l), Some(base)) = (triple.local, triple.base) else { return };
        if l.size != 0 || base.local.size == 0 || l.mtime != base.local.mtime || !base.is_sound() {
            return;
        }
        for mode in MODES {
            let action = decide(mode, triple);
            assert!(
                !matches!(action, Action::Upload { .. } | Action::TrashLocal { .. }),
                "{mode:?} {action:?} {triple:?}"
            );
            let there = triple.remote.present().is_some_and(|r| r.same_version(&base.remote));
            if there && matches!(mode, Mode::TwoWay | Mode::MirrorDown) {
                assert_eq!(action, Action::Download { expect: LocalExpect::of(l) }, "{triple:?}");
            }
            if there && matches!(mode, Mode::Ingest | Mode::MirrorUp) {
                assert_eq!(action, Action::Conflict(ConflictKind::ChangedAfterUpload), "{triple:?}");
            }
        }
    });
}

#[test]
fn hb35_a_file_that_was_always_empty_is_not_lost() {
    let base = BaseState { local: local(0, 1, 1), remote: remote(0, 1, 1) };
    let moved = LocalState { ctime: Timestamp(2), ..local(0, 1, 0) };
    for mode in MODES {
        let there = remote(0, 1, 0);
        let triple =
            Triple { local: Observed::Present(&moved), remote: Observed::Present(&there), base: Some(&base) };
        assert_eq!(decide(mode, triple), Action::Compare, "{mode:?}");
    }
}

/// Letters of the table. Upload, Download: `U` over nothing, `U!` over the version seen.
fn letters(action: &Action) -> &'static str {
    match action {
        Action::Nothing => ".",
        Action::Upload { expect: RemoteExpect::Absent } => "U",
        Action::Upload { expect: RemoteExpect::Unchanged(_) } => "U!",
        Action::Download { expect: LocalExpect::Absent } => "D",
        Action::Download { expect: LocalExpect::Unchanged(_) } => "D!",
        Action::DeleteRemote { .. } => "delete",
        Action::TrashLocal { .. } => "trash",
        Action::Forget => "forget",
        Action::Adopt => "adopt",
        Action::Compare => "look",
        Action::Conflict(ConflictKind::DifferentObjectThere) => "other",
        Action::Conflict(ConflictKind::ChangedAfterUpload) => "after",
        Action::Conflict(ConflictKind::BothChanged) => "both",
        Action::Conflict(ConflictKind::ReceiverChanged) => "shown",
        Action::Wait(_) => "wait",
    }
}

/// Columns: the object is the same, written again with the same bytes, written again with who knows which, changed, changed
/// to what the file has, gone, not known.
fn table(mode: Mode, rows: [(&str, [&str; 7]); 9]) {
    let base = BaseState { local: local(1, 1, 1), remote: remote(1, 1, 1) };
    let columns = [
        Observed::Present(remote(1, 1, 0)),
        Observed::Present(remote(1, 2, 1)),
        Observed::Present(remote(1, 2, 0)),
        Observed::Present(remote(1, 2, 2)),
        Observed::Present(remote(2, 2, 2)),
        Observed::Absent,
        Observed::Unknown(UnknownReason::ListingIncomplete),
    ];
    for (name, expected) in rows {
        let file = match name {
            "same" => Observed::Present(local(1, 1, 0)),
            "touched" => Observed::Present(local(1, 2, 1)),
            "unsure" => Observed::Present(local(1, 2, 0)),
            "changed" => Observed::Present(local(2, 2, 2)),
            "unread" => Observed::Present(local(2, 2, 0)),
            "lost" => Observed::Present(local(0, 1, 0)),
            "emptied" => Observed::Present(local(0, 9, 0)),
            "gone" => Observed::Absent,
            "unknown" => Observed::Unknown(UnknownReason::Settling),
            other => panic!("no row {other}"),
        };
        for (number, (object, expected)) in columns.iter().zip(expected).enumerate() {
            let triple = Triple { local: file.as_ref(), remote: object.as_ref(), base: Some(&base) };
            let action = decide(mode, triple);
            assert_eq!(letters(&action), expected, "{mode:?}, row {name}, column {number}");
        }
    }
}

#[test]
#[rustfmt::skip]
fn table_of_two_way() {
    table(Mode::TwoWay, [
        //           same     touched  unsure   changed  as here  gone      unknown
        ("same",    [".",     "adopt", "look",  "D!",    "D!",    "trash",  "wait"]),
        ("touched", ["adopt", "adopt", "look",  "D!",    "D!",    "U",      "wait"]),
        ("unsure",  ["look",  "look",  "look",  "look",  "look",  "U",      "wait"]),
        ("changed", ["U!",    "U!",    "look",  "both",  "adopt", "U",      "wait"]),
        ("unread",  ["U!",    "U!",    "look",  "both",  "look",  "U",      "wait"]),
        ("lost",    ["D!",    "D!",    "D!",    "D!",    "D!",    "after",  "wait"]),
        ("emptied", ["U!",    "U!",    "look",  "both",  "both",  "U",      "wait"]),
        ("gone",    ["delete","D",     "D",     "D",     "D",     "forget", "wait"]),
        ("unknown", ["wait",  "wait",  "wait",  "wait",  "wait",  "wait",   "wait"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn table_of_mirror_up() {
    table(Mode::MirrorUp, [
        //           same     touched  unsure   changed  as here  gone      unknown
        ("same",    [".",     "adopt", "look",  "shown", "shown", "U",      "wait"]),
        ("touched", ["adopt", "adopt", "look",  "shown", "shown", "U",      "wait"]),
        ("unsure",  ["look",  "look",  "look",  "look",  "look",  "U",      "wait"]),
        ("changed", ["U!",    "U!",    "look",  "shown", "adopt", "U",      "wait"]),
        ("unread",  ["U!",    "U!",    "look",  "shown", "look",  "U",      "wait"]),
        ("lost",    ["after", "after", "after", "after", "after", "after",  "wait"]),
        ("emptied", ["U!",    "U!",    "look",  "shown", "shown", "U",      "wait"]),
        ("gone",    ["delete","shown", "shown", "shown", "shown", "forget", "wait"]),
        ("unknown", ["wait",  "wait",  "wait",  "wait",  "wait",  "wait",   "wait"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn table_of_mirror_down() {
    table(Mode::MirrorDown, [
        //           same     touched  unsure   changed  as here  gone      unknown
        ("same",    [".",     "adopt", "look",  "D!",    "D!",    "trash",  "wait"]),
        ("touched", ["adopt", "adopt", "look",  "D!",    "D!",    "trash",  "wait"]),
        ("unsure",  ["look",  "look",  "look",  "look",  "look",  "look",   "wait"]),
        ("changed", ["shown", "shown", "look",  "shown", "adopt", "shown",  "wait"]),
        ("unread",  ["shown", "shown", "look",  "shown", "look",  "shown",  "wait"]),
        ("lost",    ["D!",    "D!",    "D!",    "D!",    "D!",    "after",  "wait"]),
        ("emptied", ["shown", "shown", "look",  "shown", "shown", "shown",  "wait"]),
        ("gone",    ["D",     "D",     "D",     "D",     "D",     "forget", "wait"]),
        ("unknown", ["wait",  "wait",  "wait",  "wait",  "wait",  "wait",   "wait"]),
    ]);
}

#[test]
fn table_of_first_meetings() {
    let (file, read, object, equal, other) =
        (local(1, 1, 0), local(1, 1, 1), remote(1, 1, 0), remote(1, 1, 1), remote(1, 1, 2));
    let both = [(&file, &object), (&file, &equal), (&read, &equal), (&read, &other)];
    for (mode, here, there, met) in [
        (Mode::MirrorUp, "U", ".", ["look", "look", "adopt", "other"]),
        (Mode::MirrorDown, ".", "D", ["look", "look", "adopt", "shown"]),
        (Mode::TwoWay, "U", "D", ["look", "look", "adopt", "both"]),
        (Mode::Ingest, "U", ".", ["look", "look", "adopt", "other"]),
    ] {
        let answer = |local, remote| letters(&decide(mode, Triple { local, remote, base: None }));
        assert_eq!(answer(Observed::Absent, Observed::Absent), ".", "{mode:?}");
        assert_eq!(answer(Observed::Present(&file), Observed::Absent), here, "{mode:?}");
        assert_eq!(answer(Observed::Absent, Observed::Present(&object)), there, "{mode:?}");
        for ((local, remote), expected) in both.into_iter().zip(met) {
            assert_eq!(answer(Observed::Present(local), Observed::Present(remote)), expected, "{mode:?}");
        }
    }
}

#[test]
fn table_of_ingest() {
    use Observed::{Absent, Present, Unknown};
    let (a, changed) = (local(1, 1, 0), local(2, 2, 0));
    let (hashed, touched) = (local(1, 1, 1), local(1, 9, 1));
    let (bigger, bare, summed) = (remote(2, 1, 0), remote(1, 1, 0), remote(1, 1, 1));
    let base = BaseState { local: hashed.clone(), remote: summed.clone() };
    let rows = [
        (Present(&a), Absent, None, "U"),
        (Present(&a), Present(&bigger), None, "other"),
        (Present(&a), Present(&summed), None, "look"),
        (Present(&hashed), Present(&summed), None, "adopt"),
        (Present(&changed), Absent, Some(&base), "after"),
        (Present(&touched), Absent, Some(&base), "adopt"),
        (Absent, Present(&bare), Some(&base), "."),
        (Present(&a), Unknown(UnknownReason::ListingIncomplete), None, "wait"),
    ];
    for (number, (local, remote, base, expected)) in rows.into_iter().enumerate() {
        assert_eq!(letters(&decide(Mode::Ingest, Triple { local, remote, base })), expected, "row {number}");
    }
}

#[test]
fn ingest_sends_only_what_was_never_proved_and_adopts_only_what_was_read() {
    every_triple(|triple| match decide(Mode::Ingest, triple) {
        Action::Upload { expect } => {
            assert!(expect.is_absent() && triple.base.is_none() && triple.remote == Observed::Absent);
        }
        Action::Adopt => assert!(triple.local.present().unwrap().digest.is_some()),
        Action::Download { .. }
        | Action::DeleteRemote { .. }
        | Action::TrashLocal { .. }
        | Action::Forget => panic!("{triple:?}"),
        Action::Nothing | Action::Compare | Action::Conflict(_) | Action::Wait(_) => {}
    });
}

#[test]
fn every_conflict_has_words() {
    for kind in [
        ConflictKind::DifferentObjectThere,
        ConflictKind::ChangedAfterUpload,
        ConflictKind::BothChanged,
        ConflictKind::ReceiverChanged,
    ] {
        assert!(!kind.code().words().title.is_empty());
    }
}
