//! What became of each side since the last success, and whether two contents are the same.
use std::mem::discriminant;

use crate::digest::Digest;
use crate::state::{BaseState, LocalState, RemoteState};

/// One side, while it is there, against the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The very same file or version.
    Same,
    /// Written again with the same bytes.
    Touched,
    /// Other bytes.
    Changed,
    /// Written again; with which bytes is not known.
    Unsure,
}

impl Change {
    /// Whether it holds what it held at the last success.
    pub(super) const fn keeps_content(self) -> bool {
        match self {
            Self::Same | Self::Touched => true,
            Self::Changed | Self::Unsure => false,
        }
    }
}

/// Two contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Equal digests of one kind.
    Same,
    /// Other sizes, or other digests of one kind.
    Differs,
    /// A digest is missing, or they are of different kinds.
    Unknown,
}

/// The file's content against the object's. ETags and times say nothing about it.
pub(super) fn content(local: &LocalState, remote: &RemoteState) -> Content {
    if local.size != remote.size {
        return Content::Differs;
    }
    match (local.digest, remote.digest) {
        (Some(here), Some(there)) if here == there => Content::Same,
        (Some(here), Some(there)) if discriminant(&here) == discriminant(&there) => Content::Differs,
        _ => Content::Unknown,
    }
}

/// Both sides against the base.
pub(super) fn changes(local: &LocalState, remote: &RemoteState, base: &BaseState) -> (Change, Change) {
    let (same_file, same_version) = (local.same_snapshot(&base.local), remote.same_version(&base.remote));
    // A side that is the same has the base's content, so its digest is one of the base's too.
    let known = [
        base.local.digest,
        base.remote.digest,
        local.digest.filter(|_| same_file),
        remote.digest.filter(|_| same_version),
    ];
    let here =
        if same_file { Change::Same } else { rewritten(local.size == base.local.size, local.digest, &known) };
    let there = if same_version {
        Change::Same
    } else {
        rewritten(remote.size == base.remote.size, remote.digest, &known)
    };
    (here, there)
}

/// The file against the base, while the object is gone.
pub(super) fn change_here(local: &LocalState, base: &BaseState) -> Change {
    if local.same_snapshot(&base.local) {
        return Change::Same;
    }
    rewritten(local.size == base.local.size, local.digest, &[base.local.digest, base.remote.digest])
}

fn rewritten(same_size: bool, digest: Option<Digest>, known: &[Option<Digest>]) -> Change {
    if !same_size {
        return Change::Changed;
    }
    let Some(now) = digest else { return Change::Unsure };
    let mut known = known.iter().flatten().peekable();
    // The base has nothing to compare with: what was written again counts as an edit, which loses nothing.
    let mut change = if known.peek().is_none() { Change::Changed } else { Change::Unsure };
    for then in known {
        if *then == now {
            return Change::Touched;
        }
        if discriminant(then) == discriminant(&now) {
            change = Change::Changed;
        }
    }
    change
}

/// A file that a power cut may have emptied: no bytes, the time of the last success, and something to be there (hazard
/// HB35). It is never taken for an edit.
pub(super) fn looks_lost(local: &LocalState, base: &BaseState) -> bool {
    local.size == 0 && base.local.size > 0 && local.mtime == base.local.mtime
}
