//! A moment as tables of the cases that others got wrong, and as a property against a place that is replayed event by event.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::plan::bring_back;
use super::*;

const fn at(second: i64) -> Timestamp {
    Timestamp(second * 1_000_000_000)
}

fn version(id: &str, second: i64, bytes: &str) -> Version {
    let content = Content {
        size: bytes.len() as u64,
        etag: ETag::new(format!("\"{bytes}\"")),
        class: "STANDARD".into(),
    };
    Version { id: VersionId::new(id), modified: at(second), content: Some(content) }
}

fn marker(id: &str, second: i64) -> Version {
    Version { id: VersionId::new(id), modified: at(second), content: None }
}

fn archived(id: &str, second: i64, bytes: &str) -> Version {
    let mut version = version(id, second, bytes);
    version.content.as_mut().unwrap().class = "DEEP_ARCHIVE".into();
    version
}

fn choice(second: i64) -> Choice {
    Choice::to(at(second))
}

fn on_top_id(versions: &[Version], second: i64) -> Option<&str> {
    on_top(versions, at(second)).map(|place| versions[place].id.as_str())
}

#[test]
fn the_version_of_a_moment_is_the_last_one_that_had_come() {
    let versions = [version("c", 30, "3"), marker("b", 20), version("a", 10, "1")];
    let seen: Vec<_> = [9, 10, 19, 20, 29, 30, 99].map(|second| on_top_id(&versions, second)).into();
    assert_eq!(seen, [None, Some("a"), Some("a"), Some("b"), Some("b"), Some("c"), Some("c")]);
}

/// Two writes of the same second: the order of the list says which one stayed.
#[test]
fn of_versions_of_one_second_the_upper_one_is_the_one() {
    let versions = [version("c", 10, "3"), version("b", 10, "2"), version("a", 10, "1")];
    assert_eq!(on_top_id(&versions, 10), Some("c"));
    assert_eq!(on_top_id(&versions, 9), None);
}

/// A multipart object bears the time at which its upload began: it was not to be seen before what it covers.
#[test]
fn an_upload_that_began_before_what_it_covers_came_after_it() {
    let versions = [version("slow", 10, "2"), version("quick", 20, "1")];
    assert_eq!(on_top_id(&versions, 15), None);
    assert_eq!(on_top_id(&versions, 20), Some("slow"));
    assert_eq!(since(&versions), [at(20), at(20)]);
}

/// HB20: a marker, nothing at all, and other bytes are three things.
#[test]
fn hb20_what_became_of_a_key() {
    type Case = (Vec<Version>, i64, Change);
    let cases: [Case; 9] = [
        (vec![], 5, Change::Same),
        (vec![version("a", 10, "1")], 10, Change::Same),
        (vec![version("a", 10, "1")], 9, Change::Added),
        (vec![marker("b", 20), version("a", 10, "1")], 10, Change::Deleted),
        (vec![marker("b", 20), version("a", 10, "1")], 9, Change::Same),
        (vec![marker("c", 30), marker("b", 20), version("a", 10, "1")], 20, Change::Same),
        (vec![version("b", 20, "2"), version("a", 10, "1")], 10, Change::Changed),
        (vec![version("c", 30, "1"), marker("b", 20), version("a", 10, "1")], 10, Change::Rewritten),
        (vec![version("c", 30, "1"), marker("b", 20), version("a", 10, "1")], 20, Change::Added),
    ];
    for (versions, second, expected) in cases {
        assert_eq!(change(&versions, at(second)), expected, "{versions:?} at {second}");
    }
}

fn planned(versions: &[Version], choice: &Choice) -> Option<Result<Move, Left>> {
    bring_back(versions, choice).map(|brought| brought.what)
}

fn copied(found: Option<Result<Move, Left>>) -> (String, bool) {
    match found {
        Some(Ok(Move::Copy { version, thaw, .. })) => (version.as_str().to_owned(), thaw),
        other => panic!("{other:?} is no copy"),
    }
}

/// A marker on top of an archived version: a copy needs it thawed, taking the marker away does not.
#[test]
fn hb23_a_marker_over_an_archived_version() {
    let versions = [marker("b", 20), archived("a", 10, "1")];
    assert_eq!(copied(planned(&versions, &choice(10))), ("a".to_owned(), true));
    let unmark = Choice { undelete: Undelete::RemoveMarker, ..choice(10) };
    assert!(
        matches!(planned(&versions, &unmark), Some(Ok(Move::RemoveMarker { marker, .. })) if marker.as_str() == "b")
    );
}

/// Several markers are several calls: between two of them a kill would leave what is neither then nor now.
#[test]
fn under_stacked_markers_a_copy_is_made_even_if_markers_may_go() {
    let versions = [marker("c", 30), marker("b", 20), version("a", 10, "1")];
    let unmark = Choice { undelete: Undelete::RemoveMarker, ..choice(10) };
    assert_eq!(copied(planned(&versions, &unmark)), ("a".to_owned(), false));
    // Of the moment at which only the first marker was there, nothing is to be done.
    assert_eq!(planned(&versions, &Choice { moment: at(25), ..unmark }), None);
}

/// A marker that covers a later version than the one of the moment would bring back the wrong one.
#[test]
fn a_marker_over_a_later_version_stays() {
    let versions = [marker("c", 30), version("b", 20, "2"), version("a", 10, "1")];
    let unmark = Choice { undelete: Undelete::RemoveMarker, ..choice(10) };
    assert_eq!(copied(planned(&versions, &unmark)), ("a".to_owned(), false));
}

/// What was written before versioning was turned on is the version `null`, and is copied as any other.
#[test]
fn the_null_version_is_a_version() {
    let versions = [version("b", 20, "2"), version("null", 10, "1")];
    assert_eq!(copied(planned(&versions, &choice(15))), ("null".to_owned(), false));
    let suspended = [version("null", 30, "3"), version("b", 20, "2")];
    assert_eq!(copied(planned(&suspended, &choice(20))), ("b".to_owned(), false));
}

#[test]
fn what_was_added_stays_or_is_hidden_and_what_is_the_same_is_left() {
    let added = [version("a", 10, "1")];
    assert_eq!(planned(&added, &choice(5)), Some(Err(Left::Kept)));
    let hide = Choice { added: Added::Hide, ..choice(5) };
    assert_eq!(planned(&added, &hide), Some(Ok(Move::Hide)));
    let again = [version("b", 20, "1"), version("a", 10, "1")];
    assert_eq!(planned(&again, &choice(10)), Some(Err(Left::SameBytes)));
    assert_eq!(copied(planned(&again, &Choice { rewritten: true, ..choice(10) })).0, "a");
}

#[test]
fn the_plan_names_what_it_saw() {
    let versions = [version("b", 20, "2"), version("a", 10, "1")];
    let brought = bring_back(&versions, &choice(10)).unwrap();
    assert_eq!(brought.expect, Expect::Object { version: VersionId::new("b"), etag: ETag::new("\"2\"") });
    let versions = [marker("b", 20), version("a", 10, "1")];
    let brought = bring_back(&versions, &choice(10)).unwrap();
    assert_eq!(brought.expect, Expect::Marker { version: VersionId::new("b") });
}

#[test]
fn bars_count_each_version_once_and_changes_are_found_in_both_directions() {
    let mut builder = Builder::default();
    builder.add(&[marker("b", 20), version("a", 10, "1")]);
    builder.add(&[version("c", 39, "3"), version("b", 20, "1")]);
    let line = builder.build();
    let bar = |written, deleted| Bar { written, deleted };
    assert_eq!(line.density(at(10), at(40), 3), [bar(1, 0), bar(1, 1), bar(1, 0)]);
    assert_eq!(line.density(at(10), at(39), 1), [bar(2, 1)]);
    assert_eq!(line.density(at(40), at(10), 2), [bar(0, 0); 2]);
    assert_eq!(line.range(), Some((at(10), at(39))));
    assert_eq!([5, 10, 11, 39].map(|s| line.earlier(at(s))), [None, None, Some(at(10)), Some(at(20))]);
    assert_eq!([5, 10, 20, 39].map(|s| line.later(at(s))), [Some(at(10)), Some(at(20)), Some(at(39)), None]);
    assert_eq!((line.keys(), line.versions()), (2, 4));
}

/// Something that happens to a key: a write with some bytes, or a delete.
type Event = (u8, i64, Option<u8>);

/// The versions of each key as S3 would list them after the events, newest first.
fn replayed(events: &[Event]) -> BTreeMap<u8, Vec<Version>> {
    let mut all: BTreeMap<u8, Vec<Version>> = BTreeMap::new();
    for (number, (key, second, bytes)) in events.iter().enumerate() {
        let id = format!("v{number}");
        let one = match bytes {
            Some(2) => archived(&id, *second, "xx"),
            Some(bytes) => version(&id, *second, &"x".repeat(usize::from(*bytes))),
            None => marker(&id, *second),
        };
        all.entry(*key).or_default().insert(0, one);
    }
    all
}

/// What is visible, by key.
fn visible(all: &BTreeMap<u8, Vec<Version>>) -> BTreeMap<u8, Content> {
    all.iter().filter_map(|(key, versions)| Some((*key, versions.first()?.content.clone()?))).collect()
}

/// Does what the plan says, as a server would.
fn carried_out(all: &mut BTreeMap<u8, Vec<Version>>, choice: &Choice) {
    for (key, versions) in all {
        let Some(brought) = bring_back(versions, choice) else { continue };
        let top = versions.first().unwrap();
        match &brought.expect {
            Expect::Object { version, etag } => {
                assert_eq!((version, etag), (&top.id, &top.content.as_ref().unwrap().etag));
            }
            Expect::Marker { version } => assert_eq!((version, &top.content), (&top.id, &None)),
        }
        match brought.what {
            Ok(Move::Copy { version, content, .. }) => {
                let source = versions.iter().find(|one| one.id == version).unwrap();
                assert_eq!(source.content.as_ref(), Some(&content));
                let new = Version {
                    id: VersionId::new(format!("back{key}")),
                    modified: at(1000),
                    content: Some(content),
                };
                versions.insert(0, new);
            }
            Ok(Move::RemoveMarker { marker, .. }) => {
                assert_eq!(versions.remove(0).id, marker);
            }
            Ok(Move::Hide) => versions.insert(0, marker(&format!("hide{key}"), 1000)),
            Err(_) => {}
        }
    }
}

proptest! {
    /// V2: whatever happened, the plan for any moment gives what was visible at it, told by replaying up to there; and its
    /// totals, the counts of the slider and the list of differences say the same.
    #[test]
    fn a_moment_is_what_replaying_up_to_it_gives(
        mut events in proptest::collection::vec((0u8..4, 0i64..12, proptest::option::weighted(0.7, 0u8..3)), 0..24),
        second in 0i64..14,
        remove in any::<bool>(),
        hide in any::<bool>(),
    ) {
        events.sort_by_key(|event| event.1);
        let before: Vec<Event> = events.iter().filter(|event| event.1 <= second).copied().collect();
        let (then, mut now) = (visible(&replayed(&before)), replayed(&events));

        let mut builder = Builder::default();
        now.values().for_each(|versions| builder.add(versions));
        let line = builder.build();
        let keys: Vec<u8> = now.keys().copied().collect();
        let there: Vec<u8> = line.there(at(second)).iter().map(|n| keys[*n as usize]).collect();
        prop_assert_eq!(there, then.keys().copied().collect::<Vec<_>>());
        let differences: BTreeMap<u8, Change> =
            line.differences(at(second)).iter().map(|one| (keys[one.key as usize], one.change)).collect();
        let expected: BTreeMap<u8, Change> = now
            .iter()
            .map(|(key, versions)| (*key, change(versions, at(second))))
            .filter(|one| one.1 != Change::Same)
            .collect();
        prop_assert_eq!(&differences, &expected);
        let counts = line.counts(at(second));
        prop_assert_eq!(counts.then.objects, then.len() as u64);
        prop_assert_eq!(counts.then.bytes, then.values().map(|c| c.size).sum::<u64>());
        prop_assert_eq!(counts.now.objects, visible(&now).len() as u64);
        let of = |change| expected.values().filter(|one| **one == change).count() as u64;
        prop_assert_eq!(counts.deleted.objects, of(Change::Deleted));
        prop_assert_eq!(counts.changed.objects, of(Change::Changed));
        prop_assert_eq!(counts.added.objects, of(Change::Added));
        prop_assert_eq!(counts.rewritten, of(Change::Rewritten));
        prop_assert_eq!(counts.same + of(Change::Changed) + of(Change::Added) + of(Change::Rewritten), counts.now.objects);

        let choice = Choice {
            undelete: if remove { Undelete::RemoveMarker } else { Undelete::Copy },
            added: if hide { Added::Hide } else { Added::Keep },
            ..choice(second)
        };
        let mut totals = Totals::default();
        now.values().filter_map(|versions| bring_back(versions, &choice)).for_each(|one| totals.count(&one));
        prop_assert_eq!(line.plan(&choice, &BTreeSet::new()).totals, totals);
        // Every second key the other way.
        let but: BTreeSet<u32> = (0..).step_by(2).take(now.len()).collect();
        let mut picked = Totals::default();
        for (number, versions) in (0..).zip(now.values()) {
            let choice = if but.contains(&number) { choice.other_way() } else { choice };
            bring_back(versions, &choice).iter().for_each(|one| picked.count(one));
        }
        let planned = line.plan(&choice, &but);
        prop_assert_eq!(planned.totals, picked);
        let copied = picked.undelete.objects + picked.roll_back.objects - picked.thaw.objects;
        prop_assert_eq!(planned.copies.iter().map(|one| one.objects).sum::<u64>(), copied);
        prop_assert_eq!(planned.readable.len() as u64, copied);
        // Part of the keys alone is what a timeline of theirs would be.
        let keys = 1..u32::try_from(now.len()).unwrap_or(1).max(1);
        let mut builder = timeline::Builder::default();
        now.values().skip(1).for_each(|versions| builder.add(versions));
        let part = builder.build();
        let within = line.within(&keys);
        prop_assert_eq!(within.counts(at(second)), part.counts(at(second)));
        prop_assert_eq!(within.differences(at(second)), part.differences(at(second)));
        prop_assert_eq!(within.plan(&choice, &but).totals, part.plan(&choice, &but).totals);
        prop_assert_eq!((within.range(), within.places(0)), (part.range(), part.places(0)));
        prop_assert_eq!(totals.undelete.objects + totals.unmark.objects, of(Change::Deleted));
        prop_assert_eq!(totals.roll_back.objects, of(Change::Changed));
        prop_assert_eq!(totals.hide + totals.keep, of(Change::Added));
        let added = visible(&now);
        carried_out(&mut now, &choice);
        let mut expected = then;
        if !hide {
            for (key, change) in &differences {
                if *change == Change::Added {
                    expected.insert(*key, added[key].clone());
                }
            }
        }
        prop_assert_eq!(visible(&now), expected);
    }
}
