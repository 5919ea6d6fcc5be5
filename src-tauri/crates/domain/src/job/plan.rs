//! Where each object goes, decided before anything is done.
//!
//! The whole scope is listed before the first copy, so a copy into its own folder ends, and what comes in later is no part of
//! the job.
use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, IfTaken, Item, ItemState, JobKind, JobSpec, Locking};
use crate::key::{ETag, ObjectKey};

/// Why a job makes no sense as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing was chosen.
    #[error("nothing was chosen")]
    Nothing,
    /// A folder is moved into itself.
    #[error("a folder cannot be moved into itself")]
    IntoItself,
    /// Everything is moved to where it is.
    #[error("it is there already")]
    SamePlace,
    /// A folder goes to a key, or an object to a prefix.
    #[error("a folder goes to a place that ends in /, and an object to a key")]
    Shape,
}

/// Checks a job as a whole.
///
/// # Errors
/// [`Refused`] in the person's words.
pub fn check(spec: &JobSpec) -> Result<(), Refused> {
    if spec.roots.is_empty()
        || (spec.kind == JobKind::Restore && spec.restore.is_none() && spec.undoes.is_none())
        || (spec.kind == JobKind::Purge && spec.purge.is_none())
        || (spec.kind == JobKind::Lock && spec.lock.is_none_or(|lock| lock == Locking::default()))
    {
        return Err(Refused::Nothing);
    }
    if !spec.kind.has_destination() {
        return Ok(());
    }
    for root in &spec.roots {
        let to_folder = root.to.is_empty() || root.to.ends_with('/');
        if root.is_folder() && !to_folder || !root.is_folder() && root.to.is_empty() {
            return Err(Refused::Shape);
        }
        let same_bucket = spec.bucket == spec.to_bucket;
        if spec.kind == JobKind::Move && same_bucket && root.from == root.to {
            return Err(Refused::SamePlace);
        }
        if spec.kind == JobKind::Move && same_bucket && root.is_folder() && root.to.starts_with(&root.from) {
            return Err(Refused::IntoItself);
        }
    }
    Ok(())
}

/// Gives each listed object its row. Memory grows with what is at the destination, and with the objects only where several
/// things were chosen or both are to be kept.
#[derive(Debug)]
pub struct Planner<'s> {
    spec: &'s JobSpec,
    /// What is at the destination now.
    there: &'s BTreeMap<String, ETag>,
    /// Destinations that are given away.
    claimed: BTreeSet<String>,
    /// Sources that have a row.
    seen: BTreeSet<String>,
    next: u64,
}

impl<'s> Planner<'s> {
    /// Plans against what is at the destination.
    #[must_use]
    pub const fn new(spec: &'s JobSpec, there: &'s BTreeMap<String, ETag>) -> Self {
        Self { spec, there, claimed: BTreeSet::new(), seen: BTreeSet::new(), next: 1 }
    }

    /// The row of an object that a root stands for; `None` when it has one already, by another root.
    pub fn add(&mut self, root: usize, from: &ObjectKey, size: u64, etag: &ETag) -> Option<Item> {
        let root = self.spec.roots.get(root)?;
        if self.spec.roots.len() > 1 && !self.seen.insert(from.as_str().to_owned()) {
            return None;
        }
        let mut item = Item {
            seq: self.next,
            from: from.clone(),
            to: None,
            size,
            etag: etag.clone(),
            taken: None,
            state: ItemState::Planned,
            cause: None,
            written: None,
            marker: None,
            version: None,
            top: None,
        };
        self.next += 1;
        if !self.spec.kind.has_destination() {
            return Some(item);
        }
        let to = root.target(from.as_str());
        Some(match self.place(from.as_str(), &to) {
            Ok((to, taken)) => {
                if self.remembers() {
                    self.claimed.insert(to.as_str().to_owned());
                }
                item.to = Some(to);
                item.taken = taken;
                item
            }
            Err(cause) => {
                item.to = ObjectKey::parse(&to).ok();
                item.left(cause)
            }
        })
    }

    /// Within one folder no two keys go to the same place.
    fn remembers(&self) -> bool {
        self.spec.roots.len() > 1 || self.spec.if_taken == IfTaken::KeepBoth
    }

    fn place(&self, from: &str, to: &str) -> Result<(ObjectKey, Option<ETag>), Cause> {
        let same = self.spec.bucket == self.spec.to_bucket && from == to;
        let twin = self.claimed.contains(to);
        let there = self.there.get(to);
        let clash = match (same, twin, there) {
            (true, _, _) => Some(Cause::SamePlace),
            (false, true, _) => Some(Cause::Twin),
            (false, false, Some(_)) if self.spec.covers(&self.spec.to_bucket, to) => Some(Cause::InTheWay),
            (false, false, Some(_)) => Some(Cause::Taken),
            (false, false, None) => None,
        };
        let key = |to: &str| ObjectKey::parse(to).map_err(|_| Cause::KeyTooLong);
        match (clash, self.spec.if_taken) {
            (None, _) => Ok((key(to)?, None)),
            (Some(Cause::SamePlace), IfTaken::KeepBoth) if self.spec.kind == JobKind::Move => {
                Err(Cause::SamePlace)
            }
            (Some(_), IfTaken::KeepBoth) => Ok((key(&self.free(to)?)?, None)),
            (Some(Cause::Taken), IfTaken::Replace) => Ok((key(to)?, there.cloned())),
            (Some(cause), IfTaken::Skip | IfTaken::Replace) => Err(cause),
        }
    }

    /// The first name with a number that nothing has.
    fn free(&self, to: &str) -> Result<String, Cause> {
        for number in 2..10_000 {
            let name = numbered(to, number);
            if !self.there.contains_key(&name) && !self.claimed.contains(&name) {
                return Ok(name);
            }
        }
        Err(Cause::Taken)
    }
}

/// `a/photo.jpg` with the number 2 is `a/photo (2).jpg`. A number that is there already gives way.
#[must_use]
pub fn numbered(key: &str, number: u32) -> String {
    let (folder, name) = match key.trim_end_matches('/').rfind('/') {
        Some(at) => key.split_at(at + 1),
        None => ("", key),
    };
    let (name, slash) = name.strip_suffix('/').map_or((name, ""), |name| (name, "/"));
    let (stem, end) = match name.rfind('.') {
        Some(at) if at > 0 && slash.is_empty() => name.split_at(at),
        _ => (name, ""),
    };
    let bare = stem
        .strip_suffix(')')
        .and_then(|s| s.rsplit_once(" ("))
        .filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        .map_or(stem, |(bare, _)| bare);
    format!("{folder}{bare} ({number}){end}{slash}")
}

/// The rows of a job that takes another one back, from that one's rows that were done. What cannot be taken back is left,
/// and says why.
#[must_use]
pub fn reverse(kind: JobKind, item: &Item, seq: u64) -> Option<(JobKind, Item)> {
    let written = item.written.clone();
    let base =
        Item { seq, state: ItemState::Planned, cause: None, written: None, taken: None, ..item.clone() };
    match kind {
        // A copy whose original could not be deleted is a copy.
        JobKind::Copy | JobKind::Move => {
            let (to, written) = (item.to.clone()?, written?);
            let back = if kind == JobKind::Move { JobKind::Move } else { JobKind::Delete };
            let row = match back {
                JobKind::Move => Item { from: to, to: Some(item.from.clone()), etag: written, ..base },
                JobKind::Copy
                | JobKind::Edit
                | JobKind::Delete
                | JobKind::Undelete
                | JobKind::Restore
                | JobKind::Purge
                | JobKind::Lock => Item { from: to, to: None, etag: written, marker: None, ..base },
            };
            Some((back, if item.taken.is_some() { row.left(Cause::Replaced) } else { row }))
        }
        JobKind::Delete => {
            item.marker.as_ref()?;
            Some((JobKind::Undelete, base))
        }
        JobKind::Restore => Some((JobKind::Restore, super::restore::reverse(item, base)?)),
        JobKind::Edit | JobKind::Undelete | JobKind::Purge | JobKind::Lock => None,
    }
}

/// The kind of the job that takes one of this kind back.
#[must_use]
pub const fn undone_by(kind: JobKind) -> Option<JobKind> {
    match kind {
        JobKind::Copy => Some(JobKind::Delete),
        JobKind::Move => Some(JobKind::Move),
        JobKind::Delete => Some(JobKind::Undelete),
        JobKind::Restore => Some(JobKind::Restore),
        JobKind::Edit | JobKind::Undelete | JobKind::Purge | JobKind::Lock => None,
    }
}
