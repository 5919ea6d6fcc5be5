//! Decides what one path needs. Never performs I/O and never reads a clock.
//!
//! **Invariant:** an unknown side never leads to a write. **Invariant:** every write names what it expects to replace.
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::key::ETag;
use crate::state::{BaseState, LocalState, Observed, RemoteState, UnknownReason};

/// How a folder is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Up only, create only: never replaces and never deletes, on either side.
    Ingest,
    /// The bucket becomes what the folder is. What others did in the bucket is shown and left alone.
    MirrorUp,
    /// The folder becomes what the prefix is. What was changed here is shown and left alone.
    MirrorDown,
    /// Both sides become the same; nothing that only one side has is lost.
    TwoWay,
}

/// What an upload expects at its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteExpect {
    /// Nothing: `If-None-Match: *`.
    Absent,
    /// This version: `If-Match`.
    Unchanged(ETag),
}

/// What a download expects at its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalExpect {
    /// Nothing.
    Absent,
    /// This file, untouched.
    Unchanged(LocalState),
}

/// Why both sides are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictKind {
    /// A different object is already at the key.
    DifferentObjectThere,
    /// The file changed after it had been uploaded, and this mode never replaces.
    ChangedAfterUpload,
    /// Both sides have different content and neither is known to be older.
    BothChanged,
    /// The side that only receives was changed by somebody else; it is shown and left alone.
    ReceiverChanged,
}

/// What one path needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Send the file.
    Upload {
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Fetch the object.
    Download {
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Delete the object.
    DeleteRemote {
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Move the file to the trash.
    TrashLocal {
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Gone on both sides: only the journal forgets it.
    Forget,
    /// Same bytes on both sides: only write the journal.
    Adopt,
    /// A digest is missing: obtain it, decide again.
    Compare,
    /// Keep both; tell a person.
    Conflict(ConflictKind),
    /// Do nothing until it is known.
    Wait(UnknownReason),
}

/// The three states of one path.
#[derive(Debug, Clone, Copy)]
pub struct Triple<'a> {
    /// The file.
    pub local: Observed<&'a LocalState>,
    /// The object.
    pub remote: Observed<&'a RemoteState>,
    /// Both at the last success.
    pub base: Option<&'a BaseState>,
}

/// Decides for one path. Total: every triple has an answer.
#[must_use]
pub fn decide(mode: Mode, triple: Triple<'_>) -> Action {
    match mode {
        Mode::Ingest => ingest(triple),
        Mode::MirrorUp | Mode::MirrorDown | Mode::TwoWay => both_sides(mode, triple),
    }
}

/// A side against what it was at the last success.
enum Against<'a, T> {
    Same(&'a T),
    Changed(&'a T),
    Gone,
    /// It differs, and only a checksum can say whether its content does.
    Unclear,
}

fn both_sides(mode: Mode, triple: Triple<'_>) -> Action {
    let (local, remote) = match (triple.local, triple.remote) {
        (Observed::Unknown(reason), _) | (_, Observed::Unknown(reason)) => return Action::Wait(reason),
        (Observed::Present(local), Observed::Present(remote)) => (Some(local), Some(remote)),
        (Observed::Present(local), Observed::Absent) => (Some(local), None),
        (Observed::Absent, Observed::Present(remote)) => (None, Some(remote)),
        (Observed::Absent, Observed::Absent) => (None, None),
    };
    match triple.base {
        None => without_base(mode, local, remote),
        Some(base) => with_base(mode, local, remote, base),
    }
}

fn without_base(mode: Mode, local: Option<&LocalState>, remote: Option<&RemoteState>) -> Action {
    match (local, remote) {
        (None, None) => Action::Forget,
        (Some(_), None) => match mode {
            Mode::TwoWay | Mode::MirrorUp | Mode::Ingest => Action::Upload { expect: RemoteExpect::Absent },
            // What was put here by hand is nobody's to remove.
            Mode::MirrorDown => Action::Nothing,
        },
        (None, Some(_)) => match mode {
            Mode::TwoWay | Mode::MirrorDown => Action::Download { expect: LocalExpect::Absent },
            Mode::MirrorUp | Mode::Ingest => Action::Nothing,
        },
        (Some(local), Some(remote)) => match same_content(local, remote) {
            Some(true) => Action::Adopt,
            Some(false) => Action::Conflict(differs(mode)),
            None => Action::Compare,
        },
    }
}

/// What it is called when both sides have different content.
const fn differs(mode: Mode) -> ConflictKind {
    match mode {
        Mode::TwoWay => ConflictKind::BothChanged,
        Mode::MirrorUp | Mode::MirrorDown => ConflictKind::ReceiverChanged,
        Mode::Ingest => ConflictKind::DifferentObjectThere,
    }
}

fn known_to_differ(now: Option<Digest>, then: Option<Digest>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => {
            std::mem::discriminant(&now) == std::mem::discriminant(&then) && now != then
        }
        _ => false,
    }
}

/// `None`: only reading tells.
fn same_content(local: &LocalState, remote: &RemoteState) -> Option<bool> {
    if local.size != remote.size {
        return Some(false);
    }
    match (local.digest, remote.digest) {
        (Some(here), Some(there)) if std::mem::discriminant(&here) == std::mem::discriminant(&there) => {
            Some(here == there)
        }
        _ => None,
    }
}

fn with_base(
    mode: Mode,
    local: Option<&LocalState>,
    remote: Option<&RemoteState>,
    base: &BaseState,
) -> Action {
    // A power cut can leave a file that was being replaced with no bytes and its old time (hazard HB35): a loss, not an edit.
    if let Some(local) = local
        && local.size == 0
        && base.local.size > 0
        && local.mtime == base.local.mtime
    {
        return match (mode, remote) {
            (Mode::TwoWay | Mode::MirrorDown, Some(_)) => {
                Action::Download { expect: LocalExpect::Unchanged(local.clone()) }
            }
            (_, Some(_)) => Action::Conflict(ConflictKind::ReceiverChanged),
            // The empty file is all there is: it stays, and is shown.
            (_, None) => Action::Conflict(differs(mode)),
        };
    }
    let here = match local {
        None => Against::Gone,
        // The same marks on other bytes (hazard HA3) are a change like any other.
        Some(local) if known_to_differ(local.digest, base.local.digest) => Against::Changed(local),
        Some(local) if base.local.same_snapshot(local) => Against::Same(local),
        Some(local) if local.size != base.local.size => Against::Changed(local),
        Some(local) => match (local.digest, base.local.digest) {
            (Some(now), Some(then)) if now == then => Against::Same(local),
            (Some(_), Some(_)) => Against::Changed(local),
            _ => Against::Unclear,
        },
    };
    let there = match remote {
        None => Against::Gone,
        Some(remote) if known_to_differ(remote.digest, base.remote.digest) => Against::Changed(remote),
        Some(remote) if remote.etag == base.remote.etag && remote.size == base.remote.size => {
            Against::Same(remote)
        }
        Some(remote) if remote.size != base.remote.size => Against::Changed(remote),
        Some(remote) => match (remote.digest, base.remote.digest) {
            (Some(now), Some(then)) if now == then => Against::Same(remote),
            (Some(_), Some(_)) => Against::Changed(remote),
            _ => Against::Unclear,
        },
    };
    let matched = |remote: &RemoteState| RemoteExpect::Unchanged(remote.etag.clone());
    let untouched = |local: &LocalState| LocalExpect::Unchanged(local.clone());
    let up = |expect| Action::Upload { expect };
    let down = |expect| Action::Download { expect };
    match (here, there) {
        (Against::Unclear, _) | (_, Against::Unclear) => Action::Compare,
        (Against::Gone, Against::Gone) => Action::Forget,
        // Other times, another version mark, and the same bytes as ever: only the journal learns of it (hazard HA5).
        (Against::Same(local), Against::Same(remote)) => {
            let as_ever = base.local.same_snapshot(local)
                && base.remote.etag == remote.etag
                && base.remote.size == remote.size;
            match same_content(local, remote) {
                _ if as_ever => Action::Nothing,
                // One of them is not what its marks say.
                Some(false) => Action::Conflict(differs(mode)),
                _ => Action::Adopt,
            }
        }
        (Against::Same(local), Against::Changed(_)) => match mode {
            Mode::TwoWay | Mode::MirrorDown => down(untouched(local)),
            Mode::MirrorUp | Mode::Ingest => Action::Conflict(ConflictKind::ReceiverChanged),
        },
        (Against::Same(local), Against::Gone) => match mode {
            Mode::TwoWay | Mode::MirrorDown => Action::TrashLocal { expect: untouched(local) },
            Mode::MirrorUp | Mode::Ingest => up(RemoteExpect::Absent),
        },
        (Against::Changed(_), Against::Same(remote)) => match mode {
            Mode::TwoWay | Mode::MirrorUp => up(matched(remote)),
            Mode::MirrorDown | Mode::Ingest => Action::Conflict(ConflictKind::ReceiverChanged),
        },
        (Against::Changed(local), Against::Changed(remote)) => match same_content(local, remote) {
            Some(true) => Action::Adopt,
            Some(false) => Action::Conflict(differs(mode)),
            None => Action::Compare,
        },
        // An edit beats a delete.
        (Against::Changed(_), Against::Gone) => match mode {
            Mode::TwoWay | Mode::MirrorUp => up(RemoteExpect::Absent),
            Mode::MirrorDown | Mode::Ingest => Action::Conflict(ConflictKind::ReceiverChanged),
        },
        (Against::Gone, Against::Changed(_)) => match mode {
            Mode::TwoWay | Mode::MirrorDown => down(LocalExpect::Absent),
            Mode::MirrorUp | Mode::Ingest => Action::Conflict(ConflictKind::ReceiverChanged),
        },
        (Against::Gone, Against::Same(remote)) => match mode {
            Mode::TwoWay | Mode::MirrorUp => Action::DeleteRemote { expect: matched(remote) },
            Mode::MirrorDown => down(LocalExpect::Absent),
            Mode::Ingest => Action::Nothing,
        },
    }
}

fn ingest(triple: Triple<'_>) -> Action {
    let local = match triple.local {
        Observed::Unknown(reason) => return Action::Wait(reason),
        // Gone here proves nothing about the bucket, and ingest deletes nothing.
        Observed::Absent => return Action::Nothing,
        Observed::Present(local) => local,
    };
    if let Some(base) = triple.base {
        if base.local.same_snapshot(local) {
            return Action::Nothing;
        }
        // Touched since: by content, if both digests are known, else look.
        return match (base.local.digest, local.digest) {
            (Some(then), Some(now)) if then == now && base.local.size == local.size => Action::Adopt,
            (_, Some(_)) => Action::Conflict(ConflictKind::ChangedAfterUpload),
            (_, None) if base.local.size != local.size => Action::Conflict(ConflictKind::ChangedAfterUpload),
            (_, None) => Action::Compare,
        };
    }
    match triple.remote {
        Observed::Unknown(reason) => Action::Wait(reason),
        Observed::Absent => Action::Upload { expect: RemoteExpect::Absent },
        Observed::Present(remote) if remote.size != local.size => {
            Action::Conflict(ConflictKind::DifferentObjectThere)
        }
        Observed::Present(remote) => match (local.digest, remote.digest) {
            (Some(here), Some(there)) if here == there => Action::Adopt,
            (Some(here), Some(there)) if std::mem::discriminant(&here) == std::mem::discriminant(&there) => {
                Action::Conflict(ConflictKind::DifferentObjectThere)
            }
            _ => Action::Compare,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::{FileId, Timestamp};

    fn local(size: u64, mtime: i64, digest: Option<u8>) -> LocalState {
        LocalState {
            size,
            mtime: Timestamp(mtime),
            ctime: Timestamp(mtime),
            file_id: FileId::default(),
            digest: digest.map(|d| Digest::Crc64Nvme([d; 8])),
        }
    }

    fn remote(size: u64, digest: Option<u8>) -> RemoteState {
        RemoteState {
            size,
            etag: ETag::new("\"e\""),
            version: None,
            digest: digest.map(|d| Digest::Crc64Nvme([d; 8])),
        }
    }

    fn any_local() -> impl Strategy<Value = LocalState> {
        (0u64..3, 0i64..3, proptest::option::of(0u8..3)).prop_map(|(s, m, d)| local(s, m, d))
    }

    fn any_remote() -> impl Strategy<Value = RemoteState> {
        (0u64..3, proptest::option::of(0u8..3)).prop_map(|(s, d)| remote(s, d))
    }

    fn any_observed<T: Clone + std::fmt::Debug>(
        inner: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Observed<T>> {
        prop_oneof![
            4 => inner.prop_map(Observed::Present),
            1 => Just(Observed::Absent),
            1 => Just(Observed::Unknown(UnknownReason::ListingIncomplete)),
            1 => Just(Observed::Unknown(UnknownReason::RootMissing)),
        ]
    }

    fn as_ref<T>(o: &Observed<T>) -> Observed<&T> {
        match o {
            Observed::Present(t) => Observed::Present(t),
            Observed::Absent => Observed::Absent,
            Observed::Unknown(r) => Observed::Unknown(*r),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn ingest_writes_only_where_nothing_is_known_to_be(
            l in any_observed(any_local()), r in any_observed(any_remote()),
            b in proptest::option::of((any_local(), any_remote())),
        ) {
            let base = b.map(|(local, remote)| BaseState { local, remote });
            let action = decide(Mode::Ingest, Triple { local: as_ref(&l), remote: as_ref(&r), base: base.as_ref() });
            if let Action::Upload { expect } = &action {
                prop_assert_eq!(expect, &RemoteExpect::Absent);
                prop_assert!(matches!(r, Observed::Absent), "an upload over an object that may be there");
                prop_assert!(matches!(l, Observed::Present(_)));
                prop_assert!(base.is_none(), "a path that was proved once is not sent again");
            }
            if matches!(l, Observed::Unknown(_)) {
                prop_assert!(matches!(action, Action::Wait(_)), "unknown here must wait, got {:?}", action);
            }
            if action == Action::Adopt {
                let Observed::Present(l) = &l else { return Err(TestCaseError::fail("adopted nothing")) };
                prop_assert!(l.digest.is_some(), "adopted without reading the file");
            }
        }

        #[test]
        fn after_success_nothing_is_left_to_do(l in any_local(), r in any_remote()) {
            let base = BaseState { local: l.clone(), remote: r.clone() };
            let triple = Triple { local: Observed::Present(&l), remote: Observed::Present(&r), base: Some(&base) };
            prop_assert_eq!(decide(Mode::Ingest, triple), Action::Nothing);
        }
    }

    const MODES: [Mode; 3] = [Mode::MirrorUp, Mode::MirrorDown, Mode::TwoWay];

    /// Every triple that can be told apart: two sizes, two times, three digests (one of them missing), two version marks.
    fn every_triple(
        mut check: impl FnMut(Mode, &Observed<LocalState>, &Observed<RemoteState>, Option<&BaseState>),
    ) -> u64 {
        let digests = [None, Some(1), Some(2)];
        let (mut locals, mut remotes, mut whole_locals, mut whole_remotes) = (vec![], vec![], vec![], vec![]);
        for size in [0, 5, 7] {
            for digest in digests {
                for mtime in [1, 2] {
                    whole_locals.push(local(size, mtime, digest));
                }
                for etag in ["\"a\"", "\"b\""] {
                    whole_remotes.push(RemoteState { etag: ETag::new(etag), ..remote(size, digest) });
                }
            }
        }
        for reason in [UnknownReason::NotScanned, UnknownReason::AbsenceUnproved] {
            locals.push(Observed::Unknown(reason));
            remotes.push(Observed::Unknown(reason));
        }
        locals.push(Observed::Absent);
        remotes.push(Observed::Absent);
        locals.extend(whole_locals.iter().cloned().map(Observed::Present));
        remotes.extend(whole_remotes.iter().cloned().map(Observed::Present));
        let mut bases = vec![None];
        for local in &whole_locals {
            for remote in &whole_remotes {
                // What was proved equal has one size and one checksum.
                if local.size == remote.size && local.digest == remote.digest && local.digest.is_some() {
                    bases.push(Some(BaseState { local: local.clone(), remote: remote.clone() }));
                }
            }
        }
        let mut count = 0;
        for mode in MODES {
            for local in &locals {
                for remote in &remotes {
                    for base in &bases {
                        check(mode, local, remote, base.as_ref());
                        count += 1;
                    }
                }
            }
        }
        count
    }

    fn same_local(local: &LocalState, base: &BaseState) -> bool {
        (base.local.same_snapshot(local) && !known_to_differ(local.digest, base.local.digest))
            || (local.size == base.local.size && local.digest.is_some() && local.digest == base.local.digest)
    }

    fn same_remote(remote: &RemoteState, base: &BaseState) -> bool {
        remote.size == base.remote.size
            && (remote.etag == base.remote.etag
                || (remote.digest.is_some() && remote.digest == base.remote.digest))
    }

    #[test]
    fn the_six_properties_hold_for_every_triple() {
        use Observed::{Absent, Present, Unknown};
        let count = every_triple(|mode, l, r, b| {
            let triple = Triple { local: as_ref(l), remote: as_ref(r), base: b };
            let action = decide(mode, triple);
            let case = format!("{mode:?} {l:?} {r:?} {b:?} -> {action:?}");
            // 1. Unknown on either side, and only that, waits.
            let unknown = matches!(l, Unknown(_)) || matches!(r, Unknown(_));
            assert_eq!(unknown, matches!(action, Action::Wait(_)), "{case}");
            // 6. Same input, same answer.
            assert_eq!(action, decide(mode, triple), "{case}");
            match &action {
                // 2. A delete needs a base, the other side gone, and this side as it was.
                Action::DeleteRemote { expect } => {
                    let (Absent, Present(remote), Some(base)) = (l, r, b) else { panic!("{case}") };
                    assert!(same_remote(remote, base) && mode != Mode::MirrorDown, "{case}");
                    assert_eq!(*expect, RemoteExpect::Unchanged(remote.etag.clone()), "{case}");
                }
                Action::TrashLocal { expect } => {
                    let (Present(local), Absent, Some(base)) = (l, r, b) else { panic!("{case}") };
                    assert!(same_local(local, base) && mode != Mode::MirrorUp, "{case}");
                    assert_eq!(*expect, LocalExpect::Unchanged(local.clone()), "{case}");
                }
                // 3. Nothing is replaced that is not in the base. 5. Every write names what it replaces.
                Action::Upload { expect } => {
                    assert!(matches!(l, Present(_)) && mode != Mode::MirrorDown, "{case}");
                    match (r, expect) {
                        (Absent, RemoteExpect::Absent) => {}
                        (Present(remote), RemoteExpect::Unchanged(etag)) => {
                            assert!(
                                *etag == remote.etag && b.is_some_and(|b| same_remote(remote, b)),
                                "{case}"
                            );
                        }
                        _ => panic!("{case}"),
                    }
                }
                Action::Download { expect } => {
                    assert!(matches!(r, Present(_)) && mode != Mode::MirrorUp, "{case}");
                    match (l, expect) {
                        (Absent, LocalExpect::Absent) => {}
                        (Present(local), LocalExpect::Unchanged(then)) => {
                            let lost = local.size == 0 && b.is_some_and(|b| b.local.mtime == local.mtime);
                            assert!(
                                then == local && (lost || b.is_some_and(|b| same_local(local, b))),
                                "{case}"
                            );
                        }
                        _ => panic!("{case}"),
                    }
                }
                Action::Adopt => {
                    let (Present(local), Present(remote)) = (l, r) else { panic!("{case}") };
                    assert_eq!(local.size, remote.size, "{case}");
                    let differ = matches!((local.digest, remote.digest), (Some(a), Some(b)) if a != b);
                    assert!(!differ, "{case}");
                }
                Action::Forget => assert!(matches!((l, r), (Absent, Absent)), "{case}"),
                Action::Compare => {
                    let missing = matches!(l, Present(l) if l.digest.is_none())
                        || matches!(r, Present(r) if r.digest.is_none());
                    assert!(missing, "nothing to obtain: {case}");
                }
                Action::Conflict(_) => {
                    let equal =
                        matches!((l, r), (Present(l), Present(r)) if same_content(l, r) == Some(true));
                    let lost =
                        matches!((l, b), (Present(l), Some(b)) if l.size == 0 && l.mtime == b.local.mtime);
                    assert!(!equal || lost, "equal content is no conflict: {case}");
                }
                Action::Nothing | Action::Wait(_) => {}
            }
        });
        assert!(count > 30_000, "{count} triples");
    }

    #[test]
    fn what_was_done_leaves_nothing_to_do() {
        // 4. Each action, carried out, ends in `Nothing` or in fewer steps than there are actions.
        every_triple(|mode, l, r, b| {
            let (mut l, mut r, mut b) = (l.clone(), r.clone(), b.cloned());
            for _ in 0..6 {
                let triple = Triple { local: as_ref(&l), remote: as_ref(&r), base: b.as_ref() };
                let digest = |d: Option<Digest>| d.or(Some(Digest::Crc64Nvme([9; 8])));
                match decide(mode, triple) {
                    Action::Nothing | Action::Wait(_) | Action::Conflict(_) => return,
                    Action::Forget if b.is_none() => return,
                    Action::Forget => b = None,
                    Action::Upload { .. } => {
                        let Observed::Present(sent) = &mut l else { panic!("sent nothing") };
                        sent.digest = digest(sent.digest);
                        let there = RemoteState { etag: ETag::new("\"new\""), ..remote(sent.size, None) };
                        let there = RemoteState { digest: sent.digest, ..there };
                        b = Some(BaseState { local: sent.clone(), remote: there.clone() });
                        r = Observed::Present(there);
                    }
                    Action::Download { .. } => {
                        let Observed::Present(there) = &mut r else { panic!("fetched nothing") };
                        there.digest = digest(there.digest);
                        let here = LocalState { digest: there.digest, ..local(there.size, 50, None) };
                        b = Some(BaseState { local: here.clone(), remote: there.clone() });
                        l = Observed::Present(here);
                    }
                    Action::DeleteRemote { .. } => r = Observed::Absent,
                    Action::TrashLocal { .. } => l = Observed::Absent,
                    Action::Adopt => {
                        let (Observed::Present(here), Observed::Present(there)) = (&l, &r) else { panic!() };
                        b = Some(BaseState { local: here.clone(), remote: there.clone() });
                    }
                    Action::Compare => {
                        if let Observed::Present(here) = &mut l {
                            here.digest = here.digest.or(Some(Digest::Crc64Nvme([1; 8])));
                        }
                        if let Observed::Present(there) = &mut r {
                            there.digest = there.digest.or(Some(Digest::Crc64Nvme([1; 8])));
                        }
                    }
                }
            }
            panic!("{mode:?} {l:?} {r:?} {b:?} does not come to rest");
        });
    }

    #[test]
    fn hb35_an_empty_file_with_the_old_time_is_a_loss_and_is_never_sent() {
        let base = BaseState { local: local(5, 1, Some(1)), remote: remote(5, Some(1)) };
        let empty = LocalState { ctime: Timestamp(9), ..local(0, 1, None) };
        let triple = Triple {
            local: Observed::Present(&empty),
            remote: Observed::Present(&base.remote),
            base: Some(&base),
        };
        let fetched = Action::Download { expect: LocalExpect::Unchanged(empty.clone()) };
        assert_eq!(decide(Mode::TwoWay, triple), fetched);
        assert_eq!(decide(Mode::MirrorDown, triple), fetched);
        for mode in [Mode::MirrorUp, Mode::Ingest] {
            assert!(matches!(decide(mode, triple), Action::Conflict(_)), "{mode:?}");
        }
        // Somebody really emptied it: the time is another one.
        let emptied = local(0, 7, None);
        let triple = Triple { local: Observed::Present(&emptied), ..triple };
        assert!(matches!(decide(Mode::TwoWay, triple), Action::Upload { .. }));
    }

    #[test]
    fn ha4_a_time_that_goes_back_counts_as_a_change_like_any_other() {
        let base = BaseState { local: local(5, 100, Some(1)), remote: remote(5, Some(1)) };
        let older = local(5, 3, Some(2));
        let triple = Triple {
            local: Observed::Present(&older),
            remote: Observed::Present(&base.remote),
            base: Some(&base),
        };
        assert!(matches!(
            decide(Mode::TwoWay, triple),
            Action::Upload { expect: RemoteExpect::Unchanged(_) }
        ));
        let touched = local(5, 3, Some(1));
        let triple = Triple { local: Observed::Present(&touched), ..triple };
        assert_eq!(decide(Mode::TwoWay, triple), Action::Adopt, "ha5: the same bytes under another time");
    }

    #[test]
    fn hd1_both_edited_is_a_conflict_and_equal_edits_are_none_hd2_an_edit_beats_a_delete() {
        let base = BaseState { local: local(5, 1, Some(1)), remote: remote(5, Some(1)) };
        let (mine, theirs) =
            (local(6, 2, Some(2)), RemoteState { etag: ETag::new("n"), ..remote(6, Some(3)) });
        let triple =
            Triple { local: Observed::Present(&mine), remote: Observed::Present(&theirs), base: Some(&base) };
        assert_eq!(decide(Mode::TwoWay, triple), Action::Conflict(ConflictKind::BothChanged));
        let equal = RemoteState { digest: mine.digest, ..theirs.clone() };
        let triple = Triple { remote: Observed::Present(&equal), ..triple };
        assert_eq!(decide(Mode::TwoWay, triple), Action::Adopt);
        // An edit beats a delete, on either side.
        let triple = Triple { remote: Observed::Absent, ..triple };
        assert_eq!(decide(Mode::TwoWay, triple), Action::Upload { expect: RemoteExpect::Absent });
        let triple = Triple { local: Observed::Absent, remote: Observed::Present(&equal), base: Some(&base) };
        assert_eq!(decide(Mode::TwoWay, triple), Action::Download { expect: LocalExpect::Absent });
    }

    #[test]
    fn table_of_ingest() {
        use Observed::{Absent, Present, Unknown};
        let (a, changed) = (local(1, 1, None), local(2, 2, None));
        let (hashed, touched) = (local(1, 1, Some(1)), local(1, 9, Some(1)));
        let (bigger, bare, summed) = (remote(2, None), remote(1, None), remote(1, Some(1)));
        let base = BaseState { local: hashed.clone(), remote: summed.clone() };
        let rows = [
            (Present(&a), Absent, None, Action::Upload { expect: RemoteExpect::Absent }),
            (Present(&a), Present(&bigger), None, Action::Conflict(ConflictKind::DifferentObjectThere)),
            (Present(&a), Present(&summed), None, Action::Compare),
            (Present(&hashed), Present(&summed), None, Action::Adopt),
            (Present(&changed), Absent, Some(&base), Action::Conflict(ConflictKind::ChangedAfterUpload)),
            (Present(&touched), Absent, Some(&base), Action::Adopt),
            (Absent, Present(&bare), Some(&base), Action::Nothing),
            (
                Present(&a),
                Unknown(UnknownReason::ListingIncomplete),
                None,
                Action::Wait(UnknownReason::ListingIncomplete),
            ),
        ];
        for (number, (local, remote, base, expected)) in rows.into_iter().enumerate() {
            assert_eq!(decide(Mode::Ingest, Triple { local, remote, base }), expected, "row {number}");
        }
    }
}
