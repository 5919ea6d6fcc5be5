//! Purges: old versions destroyed for good. [`crate::time::purge`] decides which; here each gets its row, and is looked at again before
//! it goes.
//!
//! **Invariant:** what is on top stays, at the plan and at the step. S3 has no condition on a delete that names a version, so each is
//! looked at right before it; a version's id is never given again, except `null`, whose ETag is compared.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cause, Item, ItemState, JobSpec};
use crate::key::{ObjectKey, VersionId};
use crate::lock::ObjectLock;
use crate::state::{RemoteState, Timestamp};
use crate::time::Version;
use crate::time::purge::{Choice, purge};

/// What is destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purge {
    /// Every version that meets a choice.
    Matching(Choice),
    /// This version of one object, unless it is on top.
    Version(VersionId),
}

/// Gives each version that is to be destroyed its row.
#[derive(Debug)]
pub struct Purger<'s> {
    spec: &'s JobSpec,
    now: Timestamp,
    next: u64,
}

impl<'s> Purger<'s> {
    /// Plans what a spec asks for, at this moment.
    #[must_use]
    pub const fn new(spec: &'s JobSpec, now: Timestamp) -> Self {
        Self { spec, now, next: 1 }
    }

    /// The rows of a key, with its versions newest first: all of them. None where it is that of an earlier root. Whether they are locked
    /// is not known here: see [`guarded`].
    pub fn add(&mut self, root: usize, key: &ObjectKey, versions: &[Version]) -> Vec<Item> {
        let earlier = self.spec.roots.get(..root).unwrap_or_default();
        if earlier.iter().any(|root| root.covers(key.as_str())) {
            return Vec::new();
        }
        let goes: BTreeSet<VersionId> = match &self.spec.purge {
            None => return Vec::new(),
            Some(Purge::Matching(choice)) => {
                let fates = purge(versions, &[], choice, self.now);
                fates.into_iter().filter(|fate| fate.kept.is_none()).map(|fate| fate.version).collect()
            }
            Some(Purge::Version(version)) => {
                versions.iter().skip(1).map(|one| &one.id).filter(|id| *id == version).cloned().collect()
            }
        };
        versions
            .iter()
            .filter(|version| goes.contains(&version.id))
            .map(|version| {
                let mut item = super::restore::blank(self.next, key);
                self.next += 1;
                match &version.content {
                    Some(content) => {
                        item.version = Some(version.id.clone());
                        (item.size, item.etag) = (content.size, content.etag.clone());
                    }
                    None => item.marker = Some(version.id.clone()),
                }
                item
            })
            .collect()
    }
}

/// A planned row, left where what it is about is locked.
#[must_use]
pub fn guarded(item: Item, lock: &ObjectLock, now: Timestamp) -> Item {
    let planned = item.state == ItemState::Planned;
    if planned && lock.holds(now) { item.left(Cause::Protected) } else { item }
}

/// What is right for a version right before it is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It goes.
    Destroy,
    /// It is gone.
    Gone,
    /// It stays.
    Leave(Cause),
}

/// For a version with bytes: `top` is what is visible at its key now, `own` is the version itself.
#[must_use]
pub fn last_look(item: &Item, top: Option<&RemoteState>, own: Option<&RemoteState>) -> Last {
    let Some(own) = own else { return Last::Gone };
    // Some servers call what has no id nothing at all.
    let id = |state: &RemoteState| state.version.clone().unwrap_or_else(|| VersionId::new("null"));
    // Where the server tells no ids at all, what is on top is told from it by its bytes alone.
    let blind = |top: &RemoteState| own.version.is_none() && top.version.is_none() && top.etag == own.etag;
    let is_top = |top: &RemoteState| Some(id(top)) == item.version || blind(top);
    if item.version.is_none() || top.is_some_and(is_top) {
        return Last::Leave(Cause::Changed);
    }
    // Only what has no id of its own can have been replaced.
    let replaced = own.etag != item.etag && item.version.as_ref().is_some_and(|id| id.as_str() == "null");
    if replaced { Last::Leave(Cause::Changed) } else { Last::Destroy }
}

/// For a delete marker: `newest` are the newest versions of its key, at least two where it has so many.
#[must_use]
pub fn last_look_at_marker(item: &Item, newest: &[Version]) -> Last {
    let Some(top) = newest.first() else { return Last::Gone };
    // On top it may go only where it covers nothing: else what it hides would be back.
    if Some(&top.id) == item.marker.as_ref() && newest.len() > 1 {
        return Last::Leave(Cause::Changed);
    }
    Last::Destroy
}

/// A row that is done, without anything that it wrote.
pub(super) fn destroyed(item: Item) -> Item {
    Item { state: ItemState::Done, ..item }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{JobKind, Next, Outcome, Root, next, settle};
    use crate::key::{Bucket, ETag};
    use crate::lock::{LockMode, Retention};
    use crate::time::Content;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
    const NOW: Timestamp = Timestamp(1_000 * DAY);

    fn version(id: &str, days: i64, bytes: Option<&str>) -> Version {
        let content = |bytes: &str| {
            let etag = ETag::new(format!("\"{bytes}\""));
            Content { size: bytes.len() as u64, etag, class: "STANDARD".into() }
        };
        let modified = Timestamp(NOW.0 - days * DAY);
        Version { id: VersionId::new(id), modified, content: bytes.map(content) }
    }

    fn rows(purge: Purge, roots: &[&str], root: usize, versions: &[Version]) -> Vec<Item> {
        let spec = JobSpec {
            roots: roots.iter().map(|root| Root::here(root)).collect(),
            purge: Some(purge),
            ..JobSpec::new(JobKind::Purge, "c", Bucket::new("b"))
        };
        Purger::new(&spec, NOW).add(root, &ObjectKey::parse("a/k").unwrap(), versions)
    }

    const ALL: Choice = Choice { days: 0, keep: 0, bytes: 0, markers: true };

    fn history() -> [Version; 4] {
        [
            version("top", 1, Some("now")),
            version("gone", 2, None),
            version("older", 3, Some("older")),
            version("oldest", 9, Some("the oldest")),
        ]
    }

    #[test]
    fn every_old_version_gets_a_row_that_names_it_and_what_is_on_top_gets_none() {
        let rows = rows(Purge::Matching(ALL), &["a/"], 0, &history());
        let named: Vec<_> = rows
            .iter()
            .map(|row| (row.seq, row.version.as_ref().or(row.marker.as_ref()).unwrap().as_str(), row.size))
            .collect();
        assert_eq!(named, [(1, "gone", 0), (2, "older", 5), (3, "oldest", 10)]);
        assert!(rows[0].version.is_none() && rows[1].marker.is_none());
        assert!(rows.iter().all(|row| next(JobKind::Purge, row) == Next::Destroy));
    }

    #[test]
    fn hb20_one_version_goes_unless_it_is_on_top_and_a_key_belongs_to_its_first_root() {
        let one = |id: &str| rows(Purge::Version(VersionId::new(id)), &["a/k"], 0, &history());
        assert_eq!(one("older").len(), 1);
        assert!(one("top").is_empty());
        assert!(one("nobody").is_empty());
        assert!(rows(Purge::Matching(ALL), &["a/", "a/k"], 1, &history()).is_empty());
    }

    #[test]
    fn what_is_locked_stays_and_says_so() {
        let row = rows(Purge::Matching(ALL), &["a/"], 0, &history()).remove(1);
        let kept = |until| ObjectLock {
            retention: Some(Retention { mode: LockMode::Governance, until: Timestamp(NOW.0 + until) }),
            hold: false,
        };
        assert_eq!(guarded(row.clone(), &kept(1), NOW).cause, Some(Cause::Protected));
        assert_eq!(guarded(row.clone(), &kept(0), NOW).cause, None);
        let held = ObjectLock { retention: None, hold: true };
        assert_eq!(guarded(row, &held, NOW).state, ItemState::Left);
    }

    fn state(id: Option<&str>, bytes: &str) -> RemoteState {
        let etag = ETag::new(format!("\"{bytes}\""));
        RemoteState { size: bytes.len() as u64, etag, version: id.map(VersionId::new), digest: None }
    }

    #[test]
    fn hb20_right_before_it_goes_a_version_is_not_on_top_and_is_the_one_that_was_meant() {
        let row = rows(Purge::Matching(ALL), &["a/"], 0, &history()).remove(1);
        let (top, own) = (state(Some("top"), "now"), state(Some("older"), "older"));
        assert_eq!(last_look(&row, Some(&top), Some(&own)), Last::Destroy);
        // Below a marker nothing is visible.
        assert_eq!(last_look(&row, None, Some(&own)), Last::Destroy);
        assert_eq!(last_look(&row, Some(&top), None), Last::Gone);
        // What covered it was taken away meanwhile.
        assert_eq!(last_look(&row, Some(&own), Some(&own)), Last::Leave(Cause::Changed));
        let (untold, other) = (state(None, "older"), state(None, "now"));
        assert_eq!(last_look(&row, Some(&untold), Some(&untold)), Last::Leave(Cause::Changed));
        assert_eq!(last_look(&row, Some(&other), Some(&untold)), Last::Destroy);
        let null = Item { version: Some(VersionId::new("null")), ..row };
        for id in [None, Some("null")] {
            assert_eq!(last_look(&null, Some(&top), Some(&state(id, "older"))), Last::Destroy);
            assert_eq!(
                last_look(&null, Some(&state(id, "x")), Some(&state(id, "x"))),
                Last::Leave(Cause::Changed)
            );
            // Written over while the bucket was suspended, and covered since.
            assert_eq!(last_look(&null, Some(&top), Some(&state(id, "x"))), Last::Leave(Cause::Changed));
        }
    }

    #[test]
    fn hb20_a_marker_on_top_goes_only_where_it_covers_nothing() {
        let row = rows(Purge::Matching(ALL), &["a/"], 0, &history()).remove(0);
        assert_eq!(last_look_at_marker(&row, &history()), Last::Destroy);
        assert_eq!(last_look_at_marker(&row, &history()[1..]), Last::Leave(Cause::Changed));
        assert_eq!(last_look_at_marker(&row, &history()[1..2]), Last::Destroy);
        assert_eq!(last_look_at_marker(&row, &[]), Last::Gone);
    }

    #[test]
    fn a_row_that_was_destroyed_is_done_and_nothing_takes_it_back() {
        let row = rows(Purge::Matching(ALL), &["a/"], 0, &history()).remove(1);
        let done = settle(JobKind::Purge, crate::job::IfTaken::Skip, row, Outcome::Destroyed);
        assert_eq!((done.state, next(JobKind::Purge, &done)), (ItemState::Done, Next::Nothing));
        assert!(crate::job::plan::reverse(JobKind::Purge, &done, 1).is_none());
        assert!(crate::job::plan::undone_by(JobKind::Purge).is_none());
    }
}
