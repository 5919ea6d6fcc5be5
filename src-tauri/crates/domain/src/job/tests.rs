//! The rules of jobs as tables, and as properties over a small bucket that anything may happen to.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::plan::{check, numbered, reverse, undone_by};
use super::*;
use crate::digest::{Crc64Nvme, Digest};
use crate::state::RemoteState;

fn spec(kind: JobKind, roots: &[(&str, &str)], if_taken: IfTaken) -> JobSpec {
    JobSpec {
        kind,
        connection: "c".to_owned(),
        bucket: Bucket::new("b"),
        to_bucket: Bucket::new("b"),
        roots: roots
            .iter()
            .map(|(from, to)| Root { from: (*from).to_owned(), to: (*to).to_owned() })
            .collect(),
        if_taken,
        edit: ObjectEdit::default(),
        restore: None,
        purge: None,
        lock: None,
        undoes: None,
    }
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

fn plan_one(spec: &JobSpec, there: &[&str], from: &str) -> Item {
    let there = there.iter().map(|k| ((*k).to_owned(), ETag::new(format!("\"{k}\"")))).collect();
    Planner::new(spec, &there).add(0, &key(from), 7, &ETag::new("\"s\"")).unwrap()
}

fn target(item: &Item) -> &str {
    item.to.as_ref().unwrap().as_str()
}

#[test]
fn keys_keep_every_odd_character_below_the_new_prefix() {
    let spec = spec(JobKind::Move, &[("a/", "b/c/")], IfTaken::Skip);
    for rest in ["x", "/x", "../x", "a b+c%20", "ü/📷.jpg", "x//y/", "", "./.."] {
        let item = plan_one(&spec, &[], &format!("a/{rest}"));
        assert_eq!((target(&item), item.state), (&*format!("b/c/{rest}"), ItemState::Planned), "{rest}");
    }
}

#[test]
fn hb33_a_key_that_gets_too_long_is_left_and_says_so() {
    let long = format!("{}/", "p".repeat(1000));
    let spec = spec(JobKind::Move, &[("a/", &long)], IfTaken::Replace);
    assert_eq!(plan_one(&spec, &[], "a/short").state, ItemState::Planned);
    let item = plan_one(&spec, &[], &format!("a/{}", "x".repeat(30)));
    assert_eq!((item.state, item.cause), (ItemState::Left, Some(Cause::KeyTooLong)));
}

#[test]
fn what_makes_no_sense_as_a_whole_is_refused() {
    type Case = (JobKind, &'static [(&'static str, &'static str)], Option<Refused>);
    let cases: [Case; 11] = [
        (JobKind::Move, &[], Some(Refused::Nothing)),
        (JobKind::Move, &[("a/", "a/b/")], Some(Refused::IntoItself)),
        (JobKind::Move, &[("", "all/")], Some(Refused::IntoItself)),
        (JobKind::Copy, &[("a/", "a/b/")], None),
        (JobKind::Move, &[("a/b/", "a/")], None),
        (JobKind::Move, &[("a/", "a/")], Some(Refused::SamePlace)),
        (JobKind::Move, &[("ab/", "abc/")], None),
        (JobKind::Move, &[("a/", "b")], Some(Refused::Shape)),
        (JobKind::Copy, &[("a", "")], Some(Refused::Shape)),
        (JobKind::Copy, &[("a", "a")], None),
        (JobKind::Delete, &[("a/", "a/")], None),
    ];
    for (kind, roots, expected) in cases {
        assert_eq!(check(&spec(kind, roots, IfTaken::Skip)).err(), expected, "{kind:?} {roots:?}");
    }
    let mut elsewhere = spec(JobKind::Move, &[("a/", "a/b/")], IfTaken::Skip);
    elsewhere.to_bucket = Bucket::new("other");
    assert_eq!(check(&elsewhere), Ok(()));
}

#[test]
fn a_taken_place_is_skipped_numbered_or_replaced_as_the_person_said() {
    let of = |policy| {
        plan_one(&spec(JobKind::Copy, &[("a/", "b/")], policy), &["b/x.jpg", "b/x (2).jpg"], "a/x.jpg")
    };
    assert_eq!(of(IfTaken::Skip).cause, Some(Cause::Taken));
    assert_eq!(target(&of(IfTaken::KeepBoth)), "b/x (3).jpg");
    let replaced = of(IfTaken::Replace);
    assert_eq!((replaced.state, replaced.taken), (ItemState::Planned, Some(ETag::new("\"b/x.jpg\""))));
}

#[test]
fn what_is_moved_itself_is_never_replaced() {
    for kind in [JobKind::Move, JobKind::Copy] {
        let spec = spec(kind, &[("a/b/", "a/")], IfTaken::Replace);
        let item = plan_one(&spec, &["a/b/x"], "a/b/b/x");
        assert_eq!((item.state, item.cause), (ItemState::Left, Some(Cause::InTheWay)));
    }
}

#[test]
fn twins_of_one_name_do_not_meet() {
    let mut spec = spec(JobKind::Move, &[("x/a.jpg", "z/a.jpg"), ("y/a.jpg", "z/a.jpg")], IfTaken::Replace);
    let there = BTreeMap::new();
    let rows = |spec: &JobSpec| {
        let mut planner = Planner::new(spec, &there);
        let etag = ETag::new("\"s\"");
        let one = planner.add(0, &key("x/a.jpg"), 1, &etag).unwrap();
        let two = planner.add(1, &key("y/a.jpg"), 1, &etag).unwrap();
        assert_eq!(planner.add(1, &key("x/a.jpg"), 1, &etag), None, "one object, one row");
        (one, two)
    };
    let (one, two) = rows(&spec);
    assert_eq!((one.state, two.cause), (ItemState::Planned, Some(Cause::Twin)));
    spec.if_taken = IfTaken::KeepBoth;
    assert_eq!(target(&rows(&spec).1), "z/a (2).jpg");
}

#[test]
fn a_copy_beside_itself_gets_a_number_and_a_move_stays() {
    let copy = spec(JobKind::Copy, &[("a.jpg", "a.jpg")], IfTaken::KeepBoth);
    assert_eq!(target(&plan_one(&copy, &["a.jpg"], "a.jpg")), "a (2).jpg");
    let skip = spec(JobKind::Copy, &[("a.jpg", "a.jpg")], IfTaken::Skip);
    assert_eq!(plan_one(&skip, &["a.jpg"], "a.jpg").cause, Some(Cause::SamePlace));
}

#[test]
fn numbers_go_before_the_ending() {
    for (name, expected) in [
        ("a/photo.jpg", "a/photo (2).jpg"),
        ("photo (7).jpg", "photo (2).jpg"),
        ("a/.hidden", "a/.hidden (2)"),
        ("a/b", "a/b (2)"),
        ("a.b/c/", "a.b/c (2)/"),
        ("x (y).z", "x (y) (2).z"),
    ] {
        assert_eq!(numbered(name, 2), expected);
    }
}

#[test]
fn causes_come_back_from_their_text() {
    for cause in Cause::ALL {
        assert_eq!(Cause::from_code(cause.code()), Some(cause));
        assert!(!cause.words().title.is_empty());
    }
}

#[test]
fn an_edit_changes_what_it_names_and_keeps_the_rest() {
    let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let mut edit = ObjectEdit::default();
    assert_eq!(edit.check(), Err(EditProblem::Nothing));
    edit.metadata.insert("Job".to_owned(), Some("7".to_owned()));
    edit.metadata.insert("old".to_owned(), None);
    assert_eq!(edit.check(), Ok(()));
    let after = edit.metadata_after(&pairs(&[("job", "6"), ("old", "x"), ("kept", "y")]));
    assert_eq!(after, pairs(&[("job", "7"), ("kept", "y")]));
    edit.tags.insert("k".to_owned(), Some("v".repeat(257)));
    assert!(matches!(edit.check(), Err(EditProblem::TagTooLong(_))));
    edit.tags.clear();
    edit.metadata.insert("bad name".to_owned(), None);
    assert!(matches!(edit.check(), Err(EditProblem::MetadataName(_))));
    edit.metadata.clear();
    edit.headers.insert(Header::ContentType, Some("a\r\nx-amz-acl: public-read".to_owned()));
    assert!(matches!(edit.check(), Err(EditProblem::Value(_))));
}

#[test]
fn only_what_was_done_and_can_be_is_taken_back() {
    let done = |kind: JobKind| {
        let spec = spec(kind, &[("a/", "b/")], IfTaken::Replace);
        let mut item = plan_one(&spec, &[], "a/x");
        item.state = ItemState::Done;
        item.written = Some(ETag::new("\"w\""));
        item.marker = Some(VersionId::new("m"));
        item
    };
    let (kind, back) = reverse(JobKind::Move, &done(JobKind::Move), 9).unwrap();
    assert_eq!((kind, back.from.as_str(), target(&back)), (JobKind::Move, "b/x", "a/x"));
    assert_eq!((back.etag.as_str(), back.seq, back.state), ("\"w\"", 9, ItemState::Planned));
    assert_eq!(back.marker.unwrap().as_str(), "m");
    let (kind, gone) = reverse(JobKind::Copy, &done(JobKind::Copy), 9).unwrap();
    assert_eq!((kind, gone.from.as_str(), gone.to), (JobKind::Delete, "b/x", None));
    let mut replaced = done(JobKind::Copy);
    replaced.taken = Some(ETag::new("\"t\""));
    assert_eq!(reverse(JobKind::Copy, &replaced, 1).unwrap().1.cause, Some(Cause::Replaced));
    assert_eq!(reverse(JobKind::Delete, &done(JobKind::Delete), 1).unwrap().0, JobKind::Undelete);
    let unversioned = Item { marker: None, ..done(JobKind::Delete) };
    assert!(reverse(JobKind::Delete, &unversioned, 1).is_none());
    assert!(reverse(JobKind::Edit, &done(JobKind::Edit), 1).is_none());
    assert_eq!(undone_by(JobKind::Edit), None);
}

fn state_of(content: u8, etag: &str, digests: bool) -> RemoteState {
    RemoteState {
        size: 1,
        etag: ETag::new(etag),
        version: None,
        digest: digests.then(|| Crc64Nvme::of(&[content]).digest()),
    }
}

#[test]
fn hb11_an_etag_is_no_proof_and_a_checksum_is() {
    let with = |content, digests| state_of(content, "\"same\"", digests);
    assert_eq!(proof(&with(1, true), &with(1, true)), Proof::Same);
    assert_eq!(proof(&with(1, true), &with(2, true)), Proof::Different);
    assert_eq!(proof(&with(1, false), &with(1, true)), Proof::Unknown);
    let sha = RemoteState { digest: Some(Digest::Sha256([1; 32])), ..with(1, true) };
    assert_eq!(proof(&sha, &with(1, true)), Proof::Unknown);
    assert_eq!(proof(&RemoteState { size: 2, ..with(1, false) }, &with(1, false)), Proof::Different);
}

/// A bucket of two keys, and what may happen to it between two steps of ours.
#[derive(Debug, Clone)]
struct Small {
    objects: BTreeMap<&'static str, (u8, u32)>,
    next: u32,
    digests: bool,
    /// Every content that ever was, and those that somebody else removed.
    ever: BTreeSet<u8>,
    excused: BTreeSet<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    /// The step is done, and its answer arrives.
    Goes,
    /// It is done, and nobody hears of it.
    Unheard,
    /// It is not done.
    Lost,
    /// Nothing after this is noted: the process dies and begins with what was.
    Dies,
    PutSource(u8),
    PutThere(u8),
    RemoveSource,
    RemoveThere,
}

impl Small {
    fn put(&mut self, key: &'static str, content: u8) {
        self.remove(key);
        self.next += 1;
        self.objects.insert(key, (content, self.next));
        self.ever.insert(content);
        self.excused.remove(&content);
    }

    fn remove(&mut self, key: &'static str) {
        let Some((old, _)) = self.objects.remove(key) else { return };
        // Only whoever takes the last one away is to blame.
        if self.objects.values().all(|(content, _)| *content != old) {
            self.excused.insert(old);
        }
    }

    fn state(&self, key: &str) -> Option<RemoteState> {
        self.objects.get(key).map(|(content, n)| state_of(*content, &format!("\"{n}\""), self.digests))
    }

    fn looked(&self, kind: JobKind) -> Looked {
        let (source, there) = (self.state("a/x"), self.state("b/x").filter(|_| kind.has_destination()));
        let same = match (&source, &there) {
            (Some(a), Some(b)) => match proof(a, b) {
                Proof::Unknown if self.objects["a/x"].0 == self.objects["b/x"].0 => Proof::Same,
                Proof::Unknown => Proof::Different,
                known @ (Proof::Same | Proof::Different) => known,
            },
            _ => Proof::Unknown,
        };
        Looked { source, there, same }
    }

    /// As a server does it, with conditions: what comes of it.
    fn carry(&mut self, kind: JobKind, item: &Item) -> Outcome {
        match next(kind, item) {
            Next::Copy => {
                let free = match (&self.state("b/x"), &item.taken) {
                    (None, None) => true,
                    (Some(now), Some(taken)) => now.etag == *taken,
                    _ => false,
                };
                if !free || self.state("a/x").is_none_or(|s| s.etag != item.etag) {
                    return Outcome::Looked(self.looked(kind));
                }
                // What a person's word lets go.
                self.remove("b/x");
                let content = self.objects["a/x"].0;
                self.next += 1;
                self.objects.insert("b/x", (content, self.next));
                Outcome::Wrote(self.state("b/x").unwrap().etag)
            }
            Next::Prove => {
                let looked = self.looked(kind);
                if !may_delete(item, &looked) {
                    return Outcome::Looked(looked);
                }
                self.objects.remove("a/x");
                Outcome::Deleted(None)
            }
            Next::Rewrite
            | Next::Delete
            | Next::TakeMarkerAway
            | Next::CopyBack
            | Next::Destroy
            | Next::Lock => {
                unreachable!("no restores here")
            }
            Next::Nothing => Outcome::Looked(self.looked(kind)),
        }
    }

    fn lost(&self) -> Vec<u8> {
        let now: BTreeSet<u8> = self.objects.values().map(|(content, _)| *content).collect();
        self.ever.iter().copied().filter(|c| !now.contains(c) && !self.excused.contains(c)).collect()
    }
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => Just(Deed::Goes),
        2 => Just(Deed::Unheard),
        1 => Just(Deed::Lost),
        2 => Just(Deed::Dies),
        1 => (10u8..14).prop_map(Deed::PutSource),
        1 => (10u8..14).prop_map(Deed::PutThere),
        1 => Just(Deed::RemoveSource),
        1 => Just(Deed::RemoveThere),
    ];
    prop::collection::vec(deed, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    /// Whatever happens between the steps, no content goes that somebody else did not remove, and a source is deleted only
    /// in the version whose copy was proved (invariants I1, I4, I7).
    #[test]
    fn i1_a_move_loses_nothing_whatever_happens_in_between(
        deeds in deeds(),
        digests in any::<bool>(),
        policy in prop_oneof![Just(IfTaken::Skip), Just(IfTaken::Replace)],
        taken in any::<bool>(),
    ) {
        let mut bucket = Small {
            objects: BTreeMap::new(), next: 0, digests, ever: BTreeSet::new(), excused: BTreeSet::new(),
        };
        bucket.put("a/x", 1);
        if taken {
            bucket.put("b/x", 2);
        }
        let spec = spec(JobKind::Move, &[("a/", "b/")], policy);
        let there: BTreeMap<String, ETag> =
            bucket.state("b/x").into_iter().map(|s| ("b/x".to_owned(), s.etag)).collect();
        let source = bucket.state("a/x").unwrap();
        let mut noted = Planner::new(&spec, &there).add(0, &key("a/x"), 1, &source.etag).unwrap();
        let mut suspect = false;
        for deed in deeds {
            match deed {
                Deed::Goes | Deed::Unheard | Deed::Lost if suspect => {
                    noted = settle(spec.kind, policy, noted, Outcome::Looked(bucket.looked(spec.kind)));
                    suspect = false;
                }
                Deed::Goes => {
                    if next(spec.kind, &noted) != Next::Nothing {
                        let outcome = bucket.carry(spec.kind, &noted);
                        noted = settle(spec.kind, policy, noted, outcome);
                    }
                }
                Deed::Unheard => {
                    if next(spec.kind, &noted) != Next::Nothing {
                        let _unheard = bucket.carry(spec.kind, &noted);
                        suspect = true;
                    }
                }
                Deed::Lost => suspect = true,
                Deed::Dies => suspect = true,
                Deed::PutSource(content) => bucket.put("a/x", content),
                Deed::PutThere(content) => bucket.put("b/x", content),
                Deed::RemoveSource => bucket.remove("a/x"),
                Deed::RemoveThere => bucket.remove("b/x"),
            }
            prop_assert_eq!(bucket.lost(), Vec::<u8>::new());
        }
    }

    /// A folder's plan is one to one: no two rows go to one key, and no row goes outside.
    #[test]
    fn a_plan_sends_no_two_objects_to_one_key(
        keys in prop::collection::btree_set("[ab/. ]{1,6}", 1..12),
        there in prop::collection::btree_set("z/[ab/. ]{1,6}", 0..6),
        policy in prop_oneof![Just(IfTaken::Skip), Just(IfTaken::KeepBoth), Just(IfTaken::Replace)],
    ) {
        let spec = spec(JobKind::Copy, &[("a", "z/a"), ("", "z/")], policy);
        let there: BTreeMap<String, ETag> = there.into_iter().map(|k| (k, ETag::new("\"t\""))).collect();
        let mut planner = Planner::new(&spec, &there);
        let mut targets = BTreeSet::new();
        for from in keys {
            let Some(item) = planner.add(1, &key(&from), 1, &ETag::new("\"s\"")) else { continue };
            if item.state == ItemState::Planned {
                let to = item.to.unwrap();
                prop_assert!(to.as_str().starts_with("z/"));
                prop_assert!(targets.insert(to.as_str().to_owned()), "{to} twice");
                prop_assert!(policy == IfTaken::Replace || !there.contains_key(to.as_str()));
            }
        }
    }
}
