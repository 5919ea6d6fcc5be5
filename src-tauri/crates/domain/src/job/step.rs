//! What comes next for one object, and what it became.
use std::mem::discriminant;

use super::{Cause, IfTaken, Item, ItemState, JobKind, plan, purge, restore};
use crate::key::{ETag, ObjectKey, VersionId};
use crate::state::RemoteState;

/// The next thing to do about an object. Each is done only to the version that the row names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Copy it to its destination.
    Copy,
    /// The copy is noted: look at both, and at a move delete the source if [`may_delete`].
    Prove,
    /// Write it anew in place, with changes.
    Rewrite,
    /// Delete it: the person asked for that.
    Delete,
    /// Copy an older version of it on top.
    CopyBack,
    /// Take its delete marker away.
    TakeMarkerAway,
    /// Destroy an old version of it, or a delete marker, for good.
    Destroy,
    /// Change what locks it.
    Lock,
    /// Nothing.
    Nothing,
}

/// What comes next.
#[must_use]
pub const fn next(kind: JobKind, item: &Item) -> Next {
    match (kind, item.state) {
        (JobKind::Copy | JobKind::Move, ItemState::Planned) => Next::Copy,
        (JobKind::Copy | JobKind::Move, ItemState::Copied) => Next::Prove,
        (JobKind::Edit, ItemState::Planned) => Next::Rewrite,
        (JobKind::Delete, ItemState::Planned) => Next::Delete,
        (JobKind::Undelete, ItemState::Planned) => Next::TakeMarkerAway,
        (JobKind::Restore, ItemState::Planned) => match (&item.version, &item.marker) {
            (Some(_), _) => Next::CopyBack,
            (None, Some(_)) => Next::TakeMarkerAway,
            (None, None) => Next::Delete,
        },
        (JobKind::Purge, ItemState::Planned) => Next::Destroy,
        (JobKind::Lock, ItemState::Planned) => Next::Lock,
        (
            JobKind::Edit
            | JobKind::Delete
            | JobKind::Undelete
            | JobKind::Restore
            | JobKind::Purge
            | JobKind::Lock,
            ItemState::Copied,
        )
        | (_, ItemState::Done | ItemState::Left) => Next::Nothing,
    }
}

/// Whether two objects hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The server's checksums say so.
    Same,
    /// Size or checksums differ.
    Different,
    /// The server has no checksums to compare. An ETag is none (hazard HB11).
    Unknown,
}

/// What sizes and checksums say of two objects.
#[must_use]
pub fn proof(one: &RemoteState, other: &RemoteState) -> Proof {
    if one.size != other.size {
        return Proof::Different;
    }
    match (one.digest, other.digest) {
        (Some(a), Some(b)) if discriminant(&a) == discriminant(&b) => {
            if a == b {
                Proof::Same
            } else {
                Proof::Different
            }
        }
        _ if one.size == 0 => Proof::Same,
        (Some(_), Some(_)) | (None, _) | (_, None) => Proof::Unknown,
    }
}

/// Both ends as they are now, after something whose effect is not known: a refusal, a lost answer, a kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The source; of a restore the older version.
    pub source: Option<RemoteState>,
    /// What is at the destination, and of a restore what is at the key now; always `None` where there is none.
    pub there: Option<RemoteState>,
    /// Whether what is at the destination is what is at the source, by [`proof`] or by its bytes.
    pub same: Proof,
}

/// What was seen of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server says that it copied, and this is what it wrote.
    Wrote(ETag),
    /// Both ends as they are.
    Looked(Looked),
    /// The source was deleted.
    Deleted(Option<VersionId>),
    /// It was written anew in place.
    Rewritten(ETag),
    /// Its delete marker was taken away, and it is there.
    Back(ETag),
    /// The version that the row names is gone for good.
    Destroyed,
    /// Its lock is as it should be.
    Locked,
    /// It cannot be done, and never will be by trying again.
    Refused(Cause),
}

/// What an object became. The state it gives is noted before anything rests on it.
#[must_use]
pub fn settle(kind: JobKind, if_taken: IfTaken, mut item: Item, outcome: Outcome) -> Item {
    match outcome {
        // No source goes away for it, so nothing rests on the copy; the server's answer was compared with what was copied.
        Outcome::Wrote(etag) if kind == JobKind::Restore => restore::done(item, Some(etag), None),
        Outcome::Wrote(etag) => copied(item, etag),
        Outcome::Looked(looked) if kind == JobKind::Restore => restore::looked(item, &looked),
        // Either is looked at before each try, by its version.
        Outcome::Looked(_) if matches!(kind, JobKind::Purge | JobKind::Lock) => item,
        Outcome::Destroyed | Outcome::Locked => purge::destroyed(item),
        Outcome::Looked(looked) => match item.state {
            ItemState::Planned => looked_before(kind, if_taken, item, looked),
            ItemState::Copied => looked_after(kind, item, &looked),
            ItemState::Done | ItemState::Left => item,
        },
        Outcome::Deleted(marker) => {
            item.state = ItemState::Done;
            item.marker = marker;
            item
        }
        Outcome::Rewritten(etag) => {
            item.state = ItemState::Done;
            item.written = Some(etag);
            item
        }
        Outcome::Back(etag) => {
            item.state = ItemState::Done;
            item.written = Some(etag);
            item.marker = None;
            item
        }
        Outcome::Refused(cause) => item.left(cause),
    }
}

fn copied(mut item: Item, written: ETag) -> Item {
    item.state = ItemState::Copied;
    item.written = Some(written);
    item.marker = None;
    item
}

/// Whether the source of a move may go: it is the version that was copied, its copy is there as it was written, and nothing
/// says that they differ.
#[must_use]
pub fn may_delete(item: &Item, looked: &Looked) -> bool {
    let (Some(source), Some(there)) = (&looked.source, &looked.there) else { return false };
    item.state == ItemState::Copied
        && source.etag == item.etag
        && Some(&there.etag) == item.written.as_ref()
        && there.size == source.size
        && looked.same != Proof::Different
}

/// Nothing is known to have been done; it may have been.
fn looked_before(kind: JobKind, if_taken: IfTaken, mut item: Item, looked: Looked) -> Item {
    let Some(source) = looked.source else {
        // We delete no source before its copy is noted, so this was somebody else. Of a delete it is what was wanted.
        return match kind {
            JobKind::Delete => settle(kind, if_taken, item, Outcome::Deleted(None)),
            JobKind::Copy | JobKind::Move | JobKind::Edit => item.left(Cause::Gone),
            JobKind::Undelete | JobKind::Restore | JobKind::Purge | JobKind::Lock => item,
        };
    };
    match kind {
        // It was not deleted, and is not what was to be deleted.
        JobKind::Delete if source.etag != item.etag => return item.left(Cause::Changed),
        JobKind::Undelete => return settle(kind, if_taken, item, Outcome::Back(source.etag)),
        JobKind::Copy
        | JobKind::Move
        | JobKind::Edit
        | JobKind::Delete
        | JobKind::Restore
        | JobKind::Purge
        | JobKind::Lock => {}
    }
    if source.etag != item.etag {
        item.etag = source.etag;
        item.size = source.size;
    }
    let Some(there) = looked.there.filter(|_| kind.has_destination()) else { return item };
    if item.taken.as_ref() == Some(&there.etag) {
        return item;
    }
    match (looked.same, if_taken) {
        (Proof::Same, _) => copied(item, there.etag),
        (Proof::Different | Proof::Unknown, IfTaken::Skip) => item.left(Cause::Taken),
        (Proof::Different | Proof::Unknown, IfTaken::Replace) => {
            // Only what the person saw in the plan was let go.
            item.left(Cause::Taken)
        }
        (Proof::Different | Proof::Unknown, IfTaken::KeepBoth) => match next_name(&item) {
            Some(to) => {
                item.to = Some(to);
                item
            }
            None => item.left(Cause::Taken),
        },
    }
}

/// The copy is noted. It is proved now, the source may be gone, and either may have been changed since.
fn looked_after(kind: JobKind, mut item: Item, looked: &Looked) -> Item {
    let there = looked.there.as_ref().filter(|there| Some(&there.etag) == item.written.as_ref());
    let Some(there) = there else {
        return match &looked.source {
            // Neither is there: somebody else deleted both.
            None => item.left(Cause::Gone),
            // The source is the only one again, and is copied again.
            Some(_) => {
                item.state = ItemState::Planned;
                item.written = None;
                item
            }
        };
    };
    if there.size != item.size || looked.same == Proof::Different {
        return item.left(Cause::Damaged);
    }
    match (kind, &looked.source) {
        (JobKind::Move, Some(source)) if source.etag != item.etag => item.left(Cause::Newer),
        (JobKind::Move, Some(_)) => item,
        (JobKind::Move, None)
        | (
            JobKind::Copy
            | JobKind::Edit
            | JobKind::Delete
            | JobKind::Undelete
            | JobKind::Restore
            | JobKind::Purge
            | JobKind::Lock,
            _,
        ) => {
            item.state = ItemState::Done;
            item
        }
    }
}

fn next_name(item: &Item) -> Option<ObjectKey> {
    let now = item.to.as_ref()?.as_str();
    let stem = now.rsplit_once(" (").and_then(|(_, rest)| rest.split_once(')'));
    let number = stem.and_then(|(number, _)| number.parse::<u32>().ok()).unwrap_or(1);
    ObjectKey::parse(&plan::numbered(now, number.checked_add(1)?)).ok()
}
