use proptest::prelude::*;

use super::*;
use crate::key::{ETag, VersionId};
use crate::lifecycle::tests::{rule, time};
use crate::lifecycle::words;
use crate::lifecycle::{DAY, Subject, simulate};
use crate::time::Content;

fn terms(rules: &[&str], versioning: Versioning, days: u32) -> Terms {
    let named = |(at, text): (usize, &&str)| Rule { id: format!("r{at}"), ..rule(text) };
    Terms {
        rules: rules.iter().enumerate().map(named).collect(),
        strange: Vec::new(),
        versioning,
        small: SmallObjects::Stay,
        now: Timestamp(time("2026-01-15").0 + 10 * 3_600_000_000_000),
        days,
    }
}

fn version(id: &str, at: &str, size: u64, class: &str) -> Version {
    let content = Content { size, etag: ETag::new("e"), class: class.into() };
    Version { id: VersionId::new(id), modified: time(at), content: Some(content) }
}

fn marker(id: &str, at: &str) -> Version {
    Version { id: VersionId::new(id), modified: time(at), content: None }
}

/// `Raw 3 objects 600000: 2026-01-15 STANDARD; 2026-02-01 GLACIER`.
fn told(forecast: &Forecast, rules: &[Rule]) -> Vec<String> {
    let stretch = |stretch: &Stretch| {
        let shown = match &stretch.shown {
            Shown::Class(class) => class.as_str(),
            Shown::Hidden => "hidden",
            Shown::Gone => "gone",
        };
        format!("{} {shown}", Date::of(stretch.from))
    };
    let line = |line: &Line| {
        let (name, amount) = (words::line(rules, &line.of), line.amount);
        let stretches: Vec<String> = line.stretches.iter().map(stretch).collect();
        format!("{name} {} {}: {}", amount.objects, amount.bytes, stretches.join("; "))
    };
    forecast.lines.iter().map(line).collect()
}

const KB200: u64 = 200_000;

/// Worked out by hand from the rules of S3: days are added to the moment and go up to the next midnight.
fn small_bucket(versioning: Versioning) -> (Forecast, Vec<Rule>) {
    let terms = terms(
        &["p:raw/ 30>GLACIER", "p:thumbs/ x45", "nx60", "p:raw/ t:case=open x10", "off x1"],
        versioning,
        90,
    );
    let rules = terms.rules.clone();
    let mut forecaster = Forecaster::new(terms);
    // 14 February, 15 February; the third is too small.
    forecaster.add("raw/a", &[version("1", "2026-01-15", KB200, "STANDARD")], true);
    forecaster.add("raw/b", &[version("1", "2026-01-16", 2 * KB200, "STANDARD")], false);
    forecaster.add("raw/c", &[version("1", "2026-01-01", 1000, "")], false);
    // 1 March for the one on top, 11 February for the one below.
    let thumb = [version("2", "2026-01-15", 5000, "STANDARD"), version("1", "2025-12-13", 4000, "STANDARD")];
    let below = [thumb[0].clone(), Version { modified: time("2025-12-13"), ..thumb[1].clone() }];
    forecaster.add("thumbs/t", &below, false);
    // Deleted on 13 December: destroyed on 11 February.
    forecaster.add(
        "x/gone",
        &[marker("2", "2025-12-13"), version("1", "2025-01-01", 7000, "STANDARD")],
        false,
    );
    forecaster.add("x/stays", &[version("1", "2025-01-01", 300, "REDUCED_REDUNDANCY")], false);
    forecaster.add("top", &[version("1", "2025-01-01", 1, "STANDARD")], false);
    (forecaster.finish(), rules)
}

#[test]
fn a_small_bucket_goes_the_way_that_was_worked_out_by_hand() {
    let (forecast, rules) = small_bucket(Versioning::On);
    assert_eq!(
        told(&forecast, &rules),
        [
            "r0 3 601000: 15 January 2026 STANDARD; 15 February 2026 GLACIER",
            "r1 1 5000: 15 January 2026 STANDARD; 1 March 2026 hidden",
            "x/ 1 300: 15 January 2026 REDUCED_REDUNDANCY",
            "Not in a folder 1 1: 15 January 2026 STANDARD",
            "Old versions 2 11000: 15 January 2026 STANDARD; 16 March 2026 gone",
        ]
    );
    assert_eq!(forecast.objects, 6);
    let events: Vec<String> = forecast
        .events
        .iter()
        .map(|event| {
            let at = event.at.map_or_else(|| "-".to_owned(), |at| Date::of(at).to_string());
            format!("{at}: {} / {} / {} held", event.title(&rules), event.detail(&rules, true), event.held)
        })
        .collect();
    let tags = "The rule asks for tags, and those are not in the index. What it does is not in the forecast.";
    let destroyed = "No restore reaches them any more. What needs one has to be restored before.";
    assert_eq!(
        events,
        [
            format!("11 February 2026: 2 old versions are destroyed / {destroyed} It begins with 1 and goes on until 16 March 2026. / 0 held"),
            "14 February 2026: 2 objects to Glacier Flexible Retrieval / Getting one back then takes 3 to 12 hours. It begins with 1 and goes on until 15 February 2026. / 1 held".to_owned(),
            "1 March 2026: 1 object is deleted / Each gets a delete marker and can be brought back until a rule destroys its old version. / 0 held".to_owned(),
            format!("-: 3 objects may be moved or deleted by r3 / {tags} / 1 held"),
        ]
    );
    let kept = |tallies: &[Tally]| -> Vec<(String, u64, u64)> {
        tallies.iter().map(|t| (t.class.clone(), t.objects, t.bytes)).collect()
    };
    let of = |class: &str, objects, bytes| (class.to_owned(), objects, bytes);
    assert_eq!(kept(&forecast.now), [of("REDUCED_REDUNDANCY", 1, 300), of("STANDARD", 7, 617_001)]);
    assert_eq!(
        kept(&forecast.then),
        [of("GLACIER", 2, 600_000), of("REDUCED_REDUNDANCY", 1, 300), of("STANDARD", 3, 6001)]
    );
    assert_eq!(kept(&forecast.moved), [of("GLACIER", 2, 600_000)]);
    let months: Vec<(String, u64)> = forecast
        .months
        .iter()
        .map(|month| (Date::of(month.from).to_string(), month.kept.iter().map(|t| t.bytes).sum()))
        .collect();
    let month = |day: &str, bytes| (day.to_owned(), bytes);
    // By the middle of February one of the old ones is gone, by that of March the other.
    assert_eq!(
        months,
        [
            month("15 January 2026", 617_301),
            month("1 February 2026", 610_301),
            month("1 March 2026", 606_301),
            month("1 April 2026", 606_301),
        ]
    );
}

#[test]
fn without_versions_what_is_deleted_is_gone() {
    let mut forecaster = Forecaster::new(terms(&["x10"], Versioning::Never, 30));
    forecaster.add("a/b", &[version("null", "2026-01-15", 5, "STANDARD")], false);
    let forecast = forecaster.finish();
    assert_eq!(told(&forecast, &[]), ["Rule 1 1 5: 15 January 2026 STANDARD; 25 January 2026 gone"]);
    let event = &forecast.events[0];
    assert_eq!(event.detail(&[], false), "This bucket keeps no versions, so nothing brings them back.");
    assert_eq!((event.title(&[]).as_str(), event.class.as_str()), ("1 object is deleted", "STANDARD"));
}

#[test]
fn what_a_strange_rule_does_is_not_told() {
    let mut terms = terms(&["x10"], Versioning::On, 30);
    terms.strange = vec![0];
    let rules = terms.rules.clone();
    let mut forecaster = Forecaster::new(terms);
    forecaster.add("a/b", &[version("1", "2026-01-15", 5, "STANDARD")], false);
    let forecast = forecaster.finish();
    assert_eq!(told(&forecast, &rules), ["a/ 1 5: 15 January 2026 STANDARD"]);
    assert_eq!(forecast.events.len(), 1);
    let event = &forecast.events[0];
    assert_eq!(event.kind, EventKind::Unknown);
    assert_eq!(
        event.detail(&rules, true),
        "The rule says something that Windlass does not know. What it does is not in the forecast."
    );
}

#[test]
fn small_and_early_ones_are_told_with_what_they_cost() {
    let mut forecaster = Forecaster::new(terms(&["10>GLACIER_IR x50 L:10"], Versioning::Never, 90));
    forecaster.add("a", &[version("1", "2026-01-15", 5000, "STANDARD")], false);
    let forecast = forecaster.finish();
    let events: Vec<String> =
        forecast.events.iter().map(|e| format!("{} / {}", e.title(&[]), e.detail(&[], false))).collect();
    assert_eq!(
        events,
        [
            "1 object is under 128 KB / Glacier Instant Retrieval bills each as 128 KB, so moving them saves little or nothing.",
            "1 object is deleted / This bucket keeps no versions, so nothing brings them back.",
            "1 object leaves Glacier Instant Retrieval early / Glacier Instant Retrieval is billed for 90 days at least; up to 50 days of that are paid for nothing.",
        ]
    );
}

#[test]
fn the_keys_of_an_event_are_those_of_its_current_objects() {
    let wanted = Wanted { kind: EventKind::Archived, rule: 0, class: Some(Class::Glacier), most: 2 };
    let mut forecaster =
        Forecaster::wanting(terms(&["30>GLACIER n30>GLACIER", "p:b x1"], Versioning::On, 90), wanted);
    let there = version("2", "2026-01-15", KB200, "STANDARD");
    let old = version("1", "2026-01-01", KB200, "STANDARD");
    forecaster.add("a", &[there.clone(), old.clone()], false);
    forecaster.add("gone", &[marker("2", "2026-01-02"), old], false);
    assert!(!forecaster.has_all());
    forecaster.add("z", std::slice::from_ref(&there), false);
    assert!(forecaster.has_all());
    forecaster.add("zz", &[there], false);
    assert_eq!(forecaster.finish().keys, ["a", "z"]);
}

#[test]
fn more_than_twelve_lines_are_put_together_and_lose_nothing() {
    let mut forecaster = Forecaster::new(terms(&["p:k00/ 5>GLACIER"], Versioning::On, 30));
    for folder in 0..1500_u64 {
        let key = format!("k{folder:02}/x");
        forecaster.add(&key, &[version("1", "2026-01-15", KB200 + 1500 - folder, "STANDARD")], false);
    }
    let old = [version("2", "2026-01-15", 5, "STANDARD"), version("1", "2026-01-01", 6, "STANDARD")];
    forecaster.add("zz", &old, false);
    let forecast = forecaster.finish();
    assert_eq!(forecast.lines.len(), 12);
    assert_eq!(forecast.lines[0].of, LineOf::Rule(0));
    assert_eq!(forecast.lines[10].of, LineOf::Rest);
    assert_eq!(forecast.lines[10].amount.objects, 1491);
    assert_eq!((&forecast.lines[11].of, forecast.lines[11].amount.bytes), (&LineOf::Old, 6));
    assert_eq!(forecast.lines.iter().map(|line| line.amount.objects).sum::<u64>(), 1502);
}

#[test]
fn of_too_many_events_those_that_lose_something_are_told() {
    let rules: Vec<String> = (0..40).map(|n| format!("p:k{n:02}/ 10>GLACIER x50")).collect();
    let mut rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    rules.push("t:a=b x1");
    let mut forecaster = Forecaster::new(terms(&rules, Versioning::Never, 90));
    for n in 0..40 {
        forecaster.add(&format!("k{n:02}/x"), &[version("1", "2026-01-15", KB200, "STANDARD")], false);
    }
    let events = forecaster.finish().events;
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(events.len(), 50);
    assert_eq!(
        (count(EventKind::Deleted), count(EventKind::Unknown), count(EventKind::Archived)),
        (40, 1, 9)
    );
    assert_eq!(events[49].kind, EventKind::Unknown, "without a day, so the last");
    assert!(events.is_sorted_by_key(|event| event.at.map_or(i64::MAX, |at| at.0)));
}

const RULES: [&str; 14] = [
    "30>STANDARD_IA 60>GLACIER x90",
    "p:a 10>GLACIER",
    "p:b x20",
    "nx15",
    "nx5/2",
    "n3/1>GLACIER nx40",
    "n10>DEEP_ARCHIVE",
    "L:500 3>ONEZONE_IA",
    "S:500 x7",
    "@2026-02-01>GLACIER_IR",
    "x@2026-02-10",
    "m",
    "p:a t:k=v x1",
    "off x2",
];
const CLASSES: [&str; 4] = ["STANDARD", "STANDARD_IA", "GLACIER", "EXPRESS_ONEZONE"];

/// `null`, a marker where 0, quarters of days and hours since the one above, bytes, place of the class.
type Drawn = (bool, u8, i64, i64, u64, usize);

fn histories() -> impl Strategy<Value = Vec<(String, Vec<Version>)>> {
    // Few times and sizes, so that many are treated alike.
    let days = prop::sample::select(vec![0, 1, 4, 40_i64]);
    let hours = prop::sample::select(vec![0, 1, 13_i64]);
    let size = prop::sample::select(vec![100, 600, 200_000_u64]);
    let one = (any::<bool>(), 0..3u8, days, hours, size, 0..4usize);
    let key = ("[ab]/[a-c]", prop::collection::vec(one, 1..6));
    prop::collection::vec(key, 1..12).prop_map(|keys| {
        let build = |(number, (key, versions)): (usize, (String, Vec<Drawn>))| {
            let mut at = time("2026-01-15").0;
            let versions: Vec<Version> = versions
                .into_iter()
                .enumerate()
                .map(|(place, (null, marker, days, hours, size, class))| {
                    at -= days * DAY / 4 + hours * 3_600_000_000_000;
                    let content = (marker > 0).then(|| Content {
                        size,
                        etag: ETag::new("e"),
                        class: CLASSES[class].into(),
                    });
                    let id = if null && place == 0 { "null".to_owned() } else { format!("v{place}") };
                    Version { id: VersionId::new(id), modified: Timestamp(at), content }
                })
                .collect();
            (format!("{key}{number}"), versions)
        };
        keys.into_iter().enumerate().map(build).collect()
    })
}

/// What the simulation says of one key: for each version until which day it is in which class.
fn one_by_one(terms: &Terms, key: &str, versions: &[Version], day: u32) -> Vec<(String, u64)> {
    let subject =
        Subject { key: key.to_owned(), versions: versions.to_vec(), tags: None, locked: Vec::new() };
    let mut kept: Vec<(VersionId, String, u64)> = versions
        .iter()
        .filter_map(|v| v.content.as_ref().map(|c| (v.id.clone(), c.class.to_string(), c.size)))
        .collect();
    for fate in simulate(&subject, &terms.rules, terms.versioning, terms.small, terms.now, terms.until()) {
        if terms.day(fate.at) > day {
            break;
        }
        match fate.act {
            Act::Move(class) => {
                for one in kept.iter_mut().filter(|one| one.0 == fate.version) {
                    class.name().clone_into(&mut one.1);
                }
            }
            Act::Destroy => kept.retain(|one| one.0 != fate.version),
            Act::Cover | Act::DropMarker => {}
        }
    }
    kept.into_iter().map(|(_, class, size)| (class, size)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// V6: the sums of a forecast are those of the simulation, key by key, on every day.
    #[test]
    fn the_sums_are_those_of_the_simulation(
        keys in histories(),
        rules in prop::collection::vec(prop::sample::select(RULES.to_vec()), 0..5),
        versioning in prop::sample::select(vec![Versioning::Never, Versioning::On, Versioning::Suspended]),
        old in any::<bool>(),
    ) {
        let mut terms = terms(&rules, versioning, 60);
        if old {
            terms.small = SmallObjects::VariesByClass;
        }
        let mut forecaster = Forecaster::new(terms.clone());
        for (key, versions) in &keys {
            forecaster.add(key, versions, false);
        }
        for day in 0..=60 {
            let mut expected = std::collections::BTreeMap::<String, (u64, u64)>::new();
            for (key, versions) in &keys {
                for (class, size) in one_by_one(&terms, key, versions, day) {
                    let sum = expected.entry(class).or_default();
                    *sum = (sum.0 + 1, sum.1 + size);
                }
            }
            let expected: Vec<Tally> = expected
                .into_iter()
                .map(|(class, (objects, bytes))| Tally { class, objects, bytes })
                .collect();
            prop_assert_eq!(forecaster.kept(Some(day)), expected, "day {} by {:?}", day, &rules);
        }
        let forecast = forecaster.finish();
        for line in &forecast.lines {
            prop_assert_eq!(line.stretches.first().map(|one| one.from), Some(forecast.from));
            prop_assert_eq!(line.stretches.last().map(|one| one.to), Some(forecast.until));
            for (one, next) in line.stretches.iter().zip(line.stretches.iter().skip(1)) {
                prop_assert!(one.to == next.from && one.from < one.to && one.shown != next.shown);
            }
        }
    }
}
