//! Restores: older versions brought back, object by object, and taken back again.
//!
//! A row of a restore is one of three: an older version is copied on top ([`Item::version`] names it), the only marker on top is
//! taken away ([`Item::marker`]), or what came since gets a marker (neither). Each names what the plan saw on top, and what
//! somebody else put there meanwhile is left alone.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cause, Item, ItemState, JobSpec, Looked, Proof};
use crate::key::{ETag, ObjectKey, VersionId};
use crate::state::RemoteState;
use crate::thaw::Archive;
use crate::time::plan::{Choice, Expect, Move, Undelete, bring_back};
use crate::time::{Content, Version};

/// What is brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restore {
    /// This version of one object.
    Version {
        /// The version.
        version: VersionId,
        /// How it comes back when a marker hides it.
        #[serde(default)]
        undelete: Undelete,
    },
    /// What was there at a moment.
    Moment {
        /// What takes part, and how.
        #[serde(flatten)]
        choice: Choice,
        /// Keys that are treated the other way.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        but: BTreeSet<String>,
    },
    /// What is deleted now, as it was last.
    Last {
        /// How it comes back.
        #[serde(default)]
        undelete: Undelete,
    },
}

impl Restore {
    /// What was there at a moment, with no key treated otherwise.
    #[must_use]
    pub const fn moment(choice: Choice) -> Self {
        Self::Moment { choice, but: BTreeSet::new() }
    }
}

/// Gives each key its row.
#[derive(Debug)]
pub struct Restorer<'s> {
    spec: &'s JobSpec,
    next: u64,
    thawed: bool,
}

impl<'s> Restorer<'s> {
    /// Plans what a spec asks for.
    #[must_use]
    pub const fn new(spec: &'s JobSpec) -> Self {
        Self { spec, next: 1, thawed: false }
    }

    /// Archived versions were thawed before: they are tried. What cannot be read all the same is left when it is refused.
    #[must_use]
    pub const fn thawed(self) -> Self {
        Self { thawed: true, ..self }
    }

    /// The row of a key, with its versions newest first: all of them. `None` where there is nothing to do, and where the key is
    /// that of an earlier root.
    pub fn add(&mut self, root: usize, key: &ObjectKey, versions: &[Version]) -> Option<Item> {
        let earlier = self.spec.roots.get(..root)?;
        if earlier.iter().any(|root| root.covers(key.as_str())) {
            return None;
        }
        let top = versions.first()?;
        let (expect, what) = match self.spec.restore.as_ref()? {
            Restore::Moment { choice, but } => {
                let choice = if but.contains(key.as_str()) { choice.other_way() } else { *choice };
                let brought = bring_back(versions, &choice)?;
                (brought.expect, brought.what.ok()?)
            }
            Restore::Last { undelete } => (expected(top), last(versions, *undelete)?),
            Restore::Version { version, undelete } => (expected(top), one(versions, version, *undelete)?),
        };
        let mut item = blank(self.next, key);
        self.next += 1;
        if let Expect::Object { version, etag } = expect {
            item.taken = Some(etag);
            item.top = Some((version, top.content.as_ref().map_or(0, |content| content.size)));
        }
        match what {
            Move::Copy { version, content, thaw } => {
                item.version = Some(version);
                (item.size, item.etag) = (content.size, content.etag);
                if thaw && !self.thawed {
                    return Some(item.left(Cause::Archived));
                }
            }
            Move::RemoveMarker { marker, content } => {
                item.marker = Some(marker);
                (item.size, item.etag) = (content.size, content.etag);
            }
            Move::Hide => {
                item.etag = item.taken.take()?;
                item.size = item.top.as_ref().map_or(0, |top| top.1);
            }
        }
        Some(item)
    }
}

pub(super) fn blank(seq: u64, key: &ObjectKey) -> Item {
    Item {
        seq,
        from: key.clone(),
        to: None,
        size: 0,
        etag: ETag::new(""),
        taken: None,
        state: ItemState::Planned,
        cause: None,
        written: None,
        marker: None,
        version: None,
        top: None,
    }
}

fn expected(top: &Version) -> Expect {
    match &top.content {
        Some(Content { etag, .. }) => Expect::Object { version: top.id.clone(), etag: etag.clone() },
        None => Expect::Marker { version: top.id.clone() },
    }
}

/// What brings one version back; `None` when it is on top, is a marker, or is not there.
fn one(versions: &[Version], version: &VersionId, undelete: Undelete) -> Option<Move> {
    let place = versions.iter().position(|one| one.id == *version)?;
    let content = versions.get(place)?.content.clone()?;
    let top = versions.first()?;
    match (place, &top.content, undelete) {
        (0, _, _) => None,
        (1, None, Undelete::RemoveMarker) => Some(Move::RemoveMarker { marker: top.id.clone(), content }),
        _ => {
            let thaw = Archive::of(&content.class, None).is_some();
            Some(Move::Copy { version: version.clone(), content, thaw })
        }
    }
}

/// What brings back what markers hide; `None` when nothing is hidden.
fn last(versions: &[Version], undelete: Undelete) -> Option<Move> {
    if versions.first()?.content.is_some() {
        return None;
    }
    let hidden = versions.iter().find(|version| version.content.is_some())?;
    one(versions, &hidden.id, undelete)
}

/// A row that is done.
pub(super) fn done(mut item: Item, written: Option<ETag>, marker: Option<VersionId>) -> Item {
    item.state = ItemState::Done;
    item.written = written;
    item.marker = marker;
    item
}

/// What a row became by a look at its key: whether it was done is not known.
pub(super) fn looked(item: Item, looked: &Looked) -> Item {
    if item.state != ItemState::Planned {
        return item;
    }
    let there = looked.there.as_ref();
    match (&item.version, &item.marker) {
        (Some(_), _) => match (there, &item.taken) {
            // What the plan saw is there still: it was not done, or would do no harm done twice.
            (Some(now), Some(taken)) if now.etag == *taken => gone_or_planned(item, looked),
            (None, None) => gone_or_planned(item, looked),
            // The older version itself, as if nothing had come since: a look that shows the past.
            (Some(now), _) if now.version.is_some() && now.version == item.version => item,
            (Some(now), _) if now.size == item.size && is_copy(now, &item, looked) => {
                let written = now.etag.clone();
                done(item, Some(written), None)
            }
            (Some(_), _) | (None, Some(_)) => item.left(Cause::Changed),
        },
        // That the version is visible may be the past of before the marker: only the server's word on the marker ends it.
        (None, Some(_)) => match there {
            Some(now) if !is_meant(now, &item) => item.left(Cause::Changed),
            Some(_) | None => item,
        },
        (None, None) => match there {
            None => done(item, None, None),
            Some(now) if now.etag == item.etag => item,
            Some(_) => item.left(Cause::Changed),
        },
    }
}

/// Whether this is a copy of the version. Its own ETag counts beside that of the list.
fn is_copy(now: &RemoteState, item: &Item, looked: &Looked) -> bool {
    let same = looked.source.as_ref().is_some_and(|source| source.etag == now.etag);
    now.etag == item.etag || same || looked.same == Proof::Same
}

/// Whether what is visible is the version that a marker hid. One of before the bucket kept versions has no id, nothing of that kind
/// can come while it keeps them, and SeaweedFS lists some of them with another ETag than they have.
#[must_use]
pub fn is_meant(now: &RemoteState, item: &Item) -> bool {
    now.etag == item.etag || (now.version.is_none() && now.size == item.size)
}

/// The version itself can have been destroyed since. While a bucket keeps versions, one of this id stays the same: where its ETag is
/// another one than the list said, as SeaweedFS has it for uploads in parts of before it kept any, the version's own word counts.
fn gone_or_planned(mut item: Item, looked: &Looked) -> Item {
    match &looked.source {
        Some(source) if source.size == item.size => {
            item.etag = source.etag.clone();
            item
        }
        Some(_) | None => item.left(Cause::Gone),
    }
}

/// The row that takes a row back; `base` is a fresh one of its key.
pub(super) fn reverse(item: &Item, base: Item) -> Option<Item> {
    let base = Item { version: None, top: None, taken: None, ..base };
    match (&item.version, &item.top, &item.written) {
        // It covered an object: that one is copied on top.
        (Some(_), Some((top, size)), Some(written)) => Some(Item {
            version: Some(top.clone()),
            etag: item.taken.clone()?,
            size: *size,
            taken: Some(written.clone()),
            marker: None,
            ..base
        }),
        // Nothing was visible there before.
        (_, None, Some(written)) => Some(Item { etag: written.clone(), marker: None, ..base }),
        // It was hidden: its marker goes, or where that is not known, it is copied on top of it.
        (None, Some((top, _)), None) => match &item.marker {
            Some(marker) => Some(Item { marker: Some(marker.clone()), ..base }),
            None => Some(Item { version: Some(top.clone()), marker: None, ..base }),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{IfTaken, JobKind, Next, ObjectEdit, Outcome, Root, next, plan, settle};
    use crate::key::Bucket;
    use crate::state::Timestamp;
    use crate::time::plan::Added;

    fn version(id: &str, second: i64, bytes: &str) -> Version {
        let (etag, class) = (ETag::new(format!("\"{bytes}\"")), "STANDARD".into());
        let content = Some(Content { size: bytes.len() as u64, etag, class });
        Version { id: VersionId::new(id), modified: Timestamp(second), content }
    }

    fn marker(id: &str, second: i64) -> Version {
        Version { id: VersionId::new(id), modified: Timestamp(second), content: None }
    }

    fn spec(restore: Restore, roots: &[&str]) -> JobSpec {
        JobSpec {
            kind: JobKind::Restore,
            connection: "c".to_owned(),
            bucket: Bucket::new("b"),
            to_bucket: Bucket::new("b"),
            roots: roots.iter().map(|root| Root::here(root)).collect(),
            if_taken: IfTaken::Skip,
            edit: ObjectEdit::default(),
            restore: Some(restore),
            purge: None,
            lock: None,
            undoes: None,
        }
    }

    fn row(restore: Restore, versions: &[Version]) -> Option<Item> {
        let spec = spec(restore, &["a/"]);
        Restorer::new(&spec).add(0, &ObjectKey::parse("a/k").unwrap(), versions)
    }

    fn to(second: i64, undelete: Undelete) -> Restore {
        Restore::moment(Choice { undelete, added: Added::Hide, ..Choice::to(Timestamp(second)) })
    }

    fn exactly(id: &str, undelete: Undelete) -> Restore {
        Restore::Version { version: VersionId::new(id), undelete }
    }

    fn state(bytes: &str) -> RemoteState {
        let etag = ETag::new(format!("\"{bytes}\""));
        let version = Some(VersionId::new(format!("of {bytes}")));
        RemoteState { size: bytes.len() as u64, etag, version, digest: None }
    }

    fn seen(source: Option<&str>, there: Option<&str>) -> Looked {
        Looked { source: source.map(state), there: there.map(state), same: Proof::Unknown }
    }

    fn after(item: &Item, source: Option<&str>, there: Option<&str>) -> (ItemState, Option<Cause>) {
        let item =
            settle(JobKind::Restore, IfTaken::Skip, item.clone(), Outcome::Looked(seen(source, there)));
        (item.state, item.cause)
    }

    const PLANNED: (ItemState, Option<Cause>) = (ItemState::Planned, None);
    const DONE: (ItemState, Option<Cause>) = (ItemState::Done, None);
    const CHANGED: (ItemState, Option<Cause>) = (ItemState::Left, Some(Cause::Changed));

    #[test]
    fn what_was_changed_is_covered_and_its_undo_puts_the_newer_one_back() {
        let item =
            row(to(1, Undelete::Copy), &[version("new", 5, "newer"), version("old", 1, "old")]).unwrap();
        assert_eq!(next(JobKind::Restore, &item), Next::CopyBack);
        assert_eq!(
            (item.version.as_ref().unwrap().as_str(), item.size, item.etag.as_str()),
            ("old", 3, "\"old\"")
        );
        assert_eq!(item.taken, Some(ETag::new("\"newer\"")));
        assert_eq!(after(&item, Some("old"), Some("newer")), PLANNED);
        assert_eq!(after(&item, Some("old"), Some("old")), DONE);
        assert_eq!(after(&item, Some("old"), Some("else")), CHANGED);
        assert_eq!(after(&item, Some("old"), None), CHANGED);
        let own = Looked { source: Some(state("OLD")), there: Some(state("OLD")), same: Proof::Unknown };
        let own = settle(JobKind::Restore, IfTaken::Skip, item.clone(), Outcome::Looked(own));
        assert_eq!(own.state, ItemState::Done);
        let other = settle(
            JobKind::Restore,
            IfTaken::Skip,
            item.clone(),
            Outcome::Looked(seen(Some("OLD"), Some("newer"))),
        );
        assert_eq!((other.state, other.etag.as_str()), (ItemState::Planned, "\"OLD\""));
        assert_eq!(after(&item, None, Some("newer")), (ItemState::Left, Some(Cause::Gone)));
        let copied = Outcome::Wrote(ETag::new("\"old\""));
        let done = settle(JobKind::Restore, IfTaken::Skip, item, copied);
        let (kind, undo) = plan::reverse(JobKind::Restore, &done, 9).unwrap();
        assert_eq!((kind, next(kind, &undo), undo.seq), (JobKind::Restore, Next::CopyBack, 9));
        assert_eq!(
            (undo.version.as_ref().unwrap().as_str(), undo.size, undo.etag.as_str()),
            ("new", 5, "\"newer\"")
        );
        assert_eq!(undo.taken, Some(ETag::new("\"old\"")));
    }

    #[test]
    fn what_was_deleted_comes_on_top_of_its_marker_and_its_undo_hides_it_again() {
        let versions = [marker("d2", 6), marker("d1", 5), version("old", 1, "old")];
        // Two markers are never taken away.
        for undelete in [Undelete::Copy, Undelete::RemoveMarker] {
            let item = row(to(2, undelete), &versions).unwrap();
            assert_eq!((next(JobKind::Restore, &item), &item.taken), (Next::CopyBack, &None));
            assert_eq!(after(&item, Some("old"), None), PLANNED);
            assert_eq!(after(&item, Some("old"), Some("else")), CHANGED);
            let done = settle(JobKind::Restore, IfTaken::Skip, item, Outcome::Wrote(ETag::new("\"w\"")));
            let undo = plan::reverse(JobKind::Restore, &done, 1).unwrap().1;
            assert_eq!((next(JobKind::Restore, &undo), undo.etag.as_str()), (Next::Delete, "\"w\""));
        }
    }

    #[test]
    fn a_single_marker_is_taken_away_where_a_person_chose_it() {
        let item = row(to(2, Undelete::RemoveMarker), &[marker("d1", 5), version("old", 1, "old")]).unwrap();
        assert_eq!(
            (next(JobKind::Restore, &item), item.marker.as_ref().unwrap().as_str()),
            (Next::TakeMarkerAway, "d1")
        );
        assert_eq!(after(&item, None, None), PLANNED);
        assert_eq!(after(&item, None, Some("old")), PLANNED);
        let null = |bytes: &str| RemoteState { version: None, ..state(bytes) };
        assert!(
            is_meant(&null("OLD"), &item)
                && !is_meant(&state("OLD"), &item)
                && !is_meant(&null("older"), &item)
        );
        assert_eq!(after(&item, None, Some("else")), CHANGED);
        let done = settle(JobKind::Restore, IfTaken::Skip, item, Outcome::Back(ETag::new("\"old\"")));
        let undo = plan::reverse(JobKind::Restore, &done, 1).unwrap().1;
        assert_eq!((next(JobKind::Restore, &undo), undo.etag.as_str()), (Next::Delete, "\"old\""));
    }

    #[test]
    fn what_was_added_is_hidden_and_its_undo_takes_that_marker_away() {
        let item = row(to(0, Undelete::Copy), &[version("new", 5, "newer")]).unwrap();
        assert_eq!(
            (next(JobKind::Restore, &item), item.etag.as_str(), item.size),
            (Next::Delete, "\"newer\"", 5)
        );
        assert_eq!(after(&item, None, Some("newer")), PLANNED);
        assert_eq!(after(&item, None, Some("else")), CHANGED);
        assert_eq!(after(&item, None, None), DONE);
        let hidden = |marker: Option<&str>| {
            let outcome = Outcome::Deleted(marker.map(VersionId::new));
            settle(JobKind::Restore, IfTaken::Skip, item.clone(), outcome)
        };
        let undo = plan::reverse(JobKind::Restore, &hidden(Some("d")), 1).unwrap().1;
        assert_eq!(
            (next(JobKind::Restore, &undo), undo.marker.as_ref().unwrap().as_str()),
            (Next::TakeMarkerAway, "d")
        );
        // Nobody heard which marker it was: it is copied on top of it.
        let undo = plan::reverse(JobKind::Restore, &hidden(None), 1).unwrap().1;
        assert_eq!(
            (next(JobKind::Restore, &undo), undo.version.as_ref().unwrap().as_str()),
            (Next::CopyBack, "new")
        );
        assert_eq!((undo.taken, undo.etag.as_str(), undo.size), (None, "\"newer\"", 5));
    }

    #[test]
    fn one_version_comes_back_by_its_id() {
        let versions = [version("c", 3, "3"), version("b", 2, "2"), marker("d", 1), version("null", 0, "0")];
        let item = row(exactly("null", Undelete::Copy), &versions).unwrap();
        assert_eq!(
            (item.version.as_ref().unwrap().as_str(), item.taken.as_ref().unwrap().as_str()),
            ("null", "\"3\"")
        );
        // What is on top, a marker, and what is not there bring nothing back.
        for id in ["c", "d", "e"] {
            assert_eq!(row(exactly(id, Undelete::Copy), &versions), None, "{id}");
        }
        let hidden = [marker("d", 4), version("a", 1, "1")];
        assert!(row(exactly("a", Undelete::RemoveMarker), &hidden).unwrap().marker.is_some());
        assert!(row(exactly("a", Undelete::Copy), &hidden).unwrap().version.is_some());
        let deeper = [marker("d", 4), version("b", 2, "2"), version("a", 1, "1")];
        assert!(row(exactly("a", Undelete::RemoveMarker), &deeper).unwrap().version.is_some());
    }

    #[test]
    fn what_is_deleted_comes_back_as_it_was_last() {
        let last = |undelete, versions: &[Version]| row(Restore::Last { undelete }, versions);
        let (copy, unmark) = (Undelete::Copy, Undelete::RemoveMarker);
        let lone = [marker("d", 4), version("b", 2, "2"), version("a", 1, "1")];
        assert_eq!(last(copy, &lone).unwrap().version.unwrap().as_str(), "b");
        assert_eq!(last(unmark, &lone).unwrap().marker.unwrap().as_str(), "d");
        // Several markers stacked: none of them is taken away.
        let stacked = [marker("e", 5), marker("d", 4), version("b", 2, "2")];
        assert_eq!(last(unmark, &stacked).unwrap().version.unwrap().as_str(), "b");
        assert_eq!(last(copy, &[version("b", 2, "2")]), None);
        assert_eq!(last(copy, &[marker("d", 4)]), None);
    }

    #[test]
    fn a_key_that_was_ticked_otherwise_is_treated_the_other_way() {
        let choice = Choice { changed: false, ..Choice::to(Timestamp(2)) };
        let restore = |keys: &[&str]| Restore::Moment {
            choice,
            but: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let deleted = [marker("d", 5), version("old", 1, "old")];
        let changed = [version("new", 5, "newer"), version("old", 1, "old")];
        let added = [version("new", 5, "newer")];
        let rewritten = [version("new", 5, "old"), version("old", 1, "old")];
        let taking_part = |keys: &[&str]| {
            [&deleted[..], &changed, &added, &rewritten]
                .map(|versions| row(restore(keys), versions).is_some())
        };
        assert_eq!(taking_part(&[]), [true, false, false, false]);
        assert_eq!(taking_part(&["a/other"]), [true, false, false, false]);
        assert_eq!(taking_part(&["a/k"]), [false, true, true, true]);
    }

    #[test]
    fn a_restore_of_before_keys_could_be_left_out_is_still_read() {
        let told = r#"{"moment":{"moment":7,"undelete":"copy","added":"hide","rewritten":true}}"#;
        let choice = Choice { added: Added::Hide, rewritten: true, ..Choice::to(Timestamp(7)) };
        let restore: Restore = serde_json::from_str(told).unwrap();
        assert_eq!(restore, Restore::moment(choice));
        let picked = Restore::Moment { choice, but: BTreeSet::from(["a/k".to_owned()]) };
        let told = serde_json::to_string(&picked).unwrap();
        assert_eq!(serde_json::from_str::<Restore>(&told).unwrap(), picked);
    }

    /// A delete marker on top of a version in an archive class.
    #[test]
    fn hb23_an_archived_version_is_left_with_its_cause_but_its_marker_can_go() {
        let mut old = version("old", 1, "old");
        old.content.as_mut().unwrap().class = "GLACIER".into();
        let versions = [marker("d", 5), old];
        assert_eq!(row(to(2, Undelete::Copy), &versions).unwrap().cause, Some(Cause::Archived));
        assert_eq!(row(exactly("old", Undelete::Copy), &versions).unwrap().cause, Some(Cause::Archived));
        let spec = spec(to(2, Undelete::Copy), &["a/"]);
        let tried =
            Restorer::new(&spec).thawed().add(0, &ObjectKey::parse("a/k").unwrap(), &versions).unwrap();
        assert_eq!((next(JobKind::Restore, &tried), tried.cause), (Next::CopyBack, None));
        assert_eq!(row(to(2, Undelete::RemoveMarker), &versions).unwrap().cause, None);
    }

    #[test]
    fn a_key_has_one_row_by_its_first_root() {
        let spec = spec(to(0, Undelete::Copy), &["a/", "a/k"]);
        let (mut planner, key) = (Restorer::new(&spec), ObjectKey::parse("a/k").unwrap());
        let versions = [version("new", 5, "newer")];
        assert_eq!(planner.add(0, &key, &versions).unwrap().seq, 1);
        assert_eq!(planner.add(1, &key, &versions), None);
    }
}
