//! Decides what one path needs. Never performs I/O and never reads a clock.
//!
//! **Invariant:** an unknown side never leads to a write. **Invariant:** every write names what it expects to replace.
use serde::{Deserialize, Serialize};

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
        Mode::MirrorUp | Mode::MirrorDown | Mode::TwoWay => Action::Wait(UnknownReason::NotScanned),
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
    use crate::digest::Digest;
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
