//! Sixty cases worked out by hand from what AWS says of lifecycle rules; a line each: rules, versions (newest first), what happens.
//!
//! Rules: `30>GLACIER` and `@2026-03-01>GLACIER` move, `x365` and `x@2026-03-01` end, `m` drops markers that cover nothing,
//! `n30>GLACIER`, `n30/2>GLACIER`, `nx60`, `nx60/3` are for covered versions (and how many newer ones stay), `p:` a prefix, `t:k=v` a tag,
//! `L:` larger than, `S:` smaller than, `off`; two rules are parted by `|`. Versions: `name@time=bytes/CLASS`, `name@time` a marker, and
//! `!time` a lock. The key is `open/a`, today is 2026-01-15, one year is looked at, a time without a clock is at 10:30.
use super::*;
use crate::key::{ETag, VersionId};
use crate::time::{Content, Version};

/// Midnight of a day, or `2026-01-15T23:00` with a clock.
pub(super) fn time(text: &str) -> Timestamp {
    let (date, clock) = text.split_once('T').unwrap_or((text, "00:00"));
    let number = |text: &str| text.parse::<i64>().unwrap();
    let parts: Vec<i64> = date.split('-').map(number).collect();
    let [year, month, day] = parts[..] else { panic!("{text}") };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let years: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
    let before: i64 = months[..usize::try_from(month - 1).unwrap()].iter().sum();
    let (hour, minute) = clock.split_once(':').unwrap();
    Timestamp((years + before + day - 1) * DAY + (number(hour) * 60 + number(minute)) * 60_000_000_000)
}

fn at(text: &str) -> Timestamp {
    if text.contains('T') { time(text) } else { time(&format!("{text}T10:30")) }
}

fn noncurrent(text: &str) -> Noncurrent {
    let (days, keep) = text.split_once('/').unwrap_or((text, "0"));
    Noncurrent { days: days.parse().unwrap(), keep_newer: keep.parse().unwrap() }
}

fn when(text: &str) -> When {
    text.strip_prefix('@').map_or_else(|| When::Days(text.parse().unwrap()), |date| When::Date(time(date)))
}

pub(super) fn rule(text: &str) -> Rule {
    let mut rule = Rule { enabled: true, ..Rule::default() };
    for word in text.split_whitespace() {
        let class = |name: &str| Class::parse(name).unwrap();
        if word == "off" {
            rule.enabled = false;
        } else if word == "m" {
            rule.expired_markers = true;
        } else if let Some(prefix) = word.strip_prefix("p:") {
            rule.filter.prefix = prefix.to_owned();
        } else if let Some((name, value)) = word.strip_prefix("t:").and_then(|tag| tag.split_once('=')) {
            rule.filter.tags.push((name.to_owned(), value.to_owned()));
        } else if let Some(size) = word.strip_prefix("L:") {
            rule.filter.larger_than = Some(size.parse().unwrap());
        } else if let Some(size) = word.strip_prefix("S:") {
            rule.filter.smaller_than = Some(size.parse().unwrap());
        } else if let Some(rest) = word.strip_prefix("nx") {
            rule.noncurrent_expiration = Some(noncurrent(rest));
        } else if let Some((rest, name)) = word.strip_prefix('n').and_then(|rest| rest.split_once('>')) {
            rule.noncurrent_transitions.push((noncurrent(rest), class(name)));
        } else if let Some(rest) = word.strip_prefix('x') {
            rule.expiration = Some(when(rest));
        } else {
            let (rest, name) = word.split_once('>').unwrap();
            rule.transitions.push((when(rest), class(name)));
        }
    }
    rule
}

fn subject(text: &str) -> Subject {
    let mut subject = Subject { key: "open/a".to_owned(), versions: vec![], tags: None, locked: vec![] };
    for word in text.split_whitespace() {
        let (word, lock) = word.split_once('!').map_or((word, None), |(word, lock)| (word, Some(time(lock))));
        let (id, rest) = word.split_once('@').unwrap();
        let (moment, content) =
            rest.split_once('=').map_or((rest, None), |(moment, what)| (moment, Some(what)));
        let content = content.map(|what| {
            let (size, class) = what.split_once('/').unwrap();
            Content { size: size.parse().unwrap(), etag: ETag::new("e"), class: class.into() }
        });
        subject.versions.push(Version { id: VersionId::new(id), modified: at(moment), content });
        subject.locked.push(lock);
    }
    subject
}

fn day(at: Timestamp) -> String {
    assert_eq!(at, midnight(at), "everything happens at midnight");
    let (mut days, mut year) = (at.0 / DAY, 1970);
    loop {
        let length = (time(&format!("{}-01-01", year + 1)).0 - time(&format!("{year}-01-01")).0) / DAY;
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let month = (1..=12).rev().find(|m| time(&format!("{year}-{m:02}-01")).0 <= at.0).unwrap();
    let first = time(&format!("{year}-{month:02}-01")).0;
    format!("{year}-{month:02}-{:02}", (at.0 - first) / DAY + 1)
}

fn told(fates: &[Fate]) -> String {
    let line = |fate: &Fate| {
        let what = match &fate.act {
            Act::Move(class) => format!(">{}", class.name()),
            Act::Cover => "+marker".to_owned(),
            Act::Destroy => " gone".to_owned(),
            Act::DropMarker => " dropped".to_owned(),
        };
        let early =
            fate.early.map_or_else(String::new, |(class, days)| format!(" ({days} of {})", class.name()));
        format!("{} {}{what}{early}", day(fate.at), fate.version)
    };
    fates.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[derive(Clone, Copy)]
enum In {
    Never,
    On,
    Suspended,
    /// Without versions, and small objects are moved as they were before September 2024.
    Old,
}

/// A case: what bucket, rules, versions, what happens.
type Case = (In, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    // Rounding: days are added to the time, and the result goes up to midnight.
    (In::Never, "x3", "a@2026-01-15=200000/STANDARD", "2026-01-19 a gone"),
    (In::Never, "x1", "a@2026-01-15=200000/STANDARD", "2026-01-17 a gone"),
    (In::Never, "x1", "a@2026-01-15T00:00=200000/STANDARD", "2026-01-16 a gone"),
    (In::Never, "x1", "a@2026-01-15T00:01=200000/STANDARD", "2026-01-17 a gone"),
    (In::Never, "x1", "a@2026-01-15T23:59=200000/STANDARD", "2026-01-17 a gone"),
    (In::Never, "30>GLACIER", "a@2026-01-15=200000/STANDARD", "2026-02-15 a>GLACIER"),
    (In::Never, "0>GLACIER", "a@2026-01-15=200000/STANDARD", "2026-01-16 a>GLACIER"),
    // The end of February, and the end of what is looked at.
    (In::Never, "x45", "a@2026-01-15=200000/STANDARD", "2026-03-02 a gone"),
    (In::Never, "x364", "a@2026-01-15=200000/STANDARD", "2027-01-15 a gone"),
    (In::Never, "x365", "a@2026-01-15=200000/STANDARD", ""),
    // What is overdue happens with the next midnight.
    (In::Never, "x30", "a@2025-01-01=200000/STANDARD", "2026-01-15 a gone"),
    // By date: whoever was there before, and whoever comes after, with its own first midnight.
    (In::Never, "x@2026-03-01", "a@2026-01-15=200000/STANDARD", "2026-03-01 a gone"),
    (In::Never, "x@2026-03-01", "a@2026-03-05=200000/STANDARD", "2026-03-06 a gone"),
    (In::Never, "@2026-02-01>DEEP_ARCHIVE", "a@2026-01-15=200000/STANDARD", "2026-02-01 a>DEEP_ARCHIVE"),
    // One after the other, with what is still to be paid of the class that is left.
    (
        In::Never,
        "30>STANDARD_IA 90>GLACIER x200",
        "a@2026-01-15=200000/STANDARD",
        "2026-02-15 a>STANDARD_IA; 2026-04-16 a>GLACIER; 2026-08-04 a gone",
    ),
    (
        In::Never,
        "30>STANDARD_IA 45>GLACIER",
        "a@2026-01-15=200000/STANDARD",
        "2026-02-15 a>STANDARD_IA; 2026-03-02 a>GLACIER (15 of STANDARD_IA)",
    ),
    (
        In::Never,
        "10>GLACIER x50",
        "a@2026-01-15=200000/STANDARD",
        "2026-01-26 a>GLACIER; 2026-03-07 a gone (50 of GLACIER)",
    ),
    (
        In::Never,
        "1>DEEP_ARCHIVE x100",
        "a@2026-01-15=200000/STANDARD",
        "2026-01-17 a>DEEP_ARCHIVE; 2026-04-26 a gone (81 of DEEP_ARCHIVE)",
    ),
    (In::Never, "x20", "a@2026-01-15=200000/GLACIER_IR", "2026-02-05 a gone (70 of GLACIER_IR)"),
    (In::Never, "x31", "a@2026-01-15=200000/ONEZONE_IA", "2026-02-16 a gone"),
    (In::Never, "x5", "a@2026-01-15=200000/INTELLIGENT_TIERING", "2026-01-21 a gone"),
    // Nothing gets warmer, nor stays where it is.
    (In::Never, "1>STANDARD_IA", "a@2026-01-15=200000/GLACIER", ""),
    (In::Never, "1>GLACIER", "a@2026-01-15=200000/GLACIER", ""),
    (In::Never, "1>DEEP_ARCHIVE", "a@2026-01-15=200000/GLACIER", "2026-01-17 a>DEEP_ARCHIVE (89 of GLACIER)"),
    (In::Never, "1>GLACIER_IR", "a@2026-01-15=200000/ONEZONE_IA", ""),
    (In::Never, "40>GLACIER", "a@2026-01-15=200000/ONEZONE_IA", "2026-02-25 a>GLACIER"),
    (In::Never, "1>ONEZONE_IA", "a@2026-01-15=200000/INTELLIGENT_TIERING", "2026-01-17 a>ONEZONE_IA"),
    (
        In::Never,
        "1>INTELLIGENT_TIERING",
        "a@2025-11-01=200000/STANDARD_IA",
        "2026-01-15 a>INTELLIGENT_TIERING",
    ),
    (In::Never, "1>GLACIER", "a@2026-01-15=200000/EXPRESS_ONEZONE", ""),
    // Where two meet: what ends wins, and of two moves the colder one.
    (In::Never, "30>GLACIER x30", "a@2026-01-15=200000/STANDARD", "2026-02-15 a gone"),
    (In::Never, "30>GLACIER | 30>DEEP_ARCHIVE", "a@2026-01-15=200000/STANDARD", "2026-02-15 a>DEEP_ARCHIVE"),
    (
        In::Never,
        "30>STANDARD_IA | 31>GLACIER",
        "a@2026-01-15=200000/STANDARD",
        "2026-02-15 a>STANDARD_IA; 2026-02-16 a>GLACIER (29 of STANDARD_IA)",
    ),
    (In::Never, "x60 | x30", "a@2026-01-15=200000/STANDARD", "2026-02-15 a gone"),
    (In::On, "30>GLACIER x30", "a@2026-01-15=200000/STANDARD", "2026-02-15 a>GLACIER; 2026-02-15 a+marker"),
    // Small ones stay, unless the rule speaks of sizes or the bucket is of old.
    (In::Never, "30>GLACIER", "a@2026-01-15=131071/STANDARD", ""),
    (In::Never, "30>GLACIER", "a@2026-01-15=131072/STANDARD", "2026-02-15 a>GLACIER"),
    (In::Never, "30>STANDARD_IA L:1000", "a@2026-01-15=5000/STANDARD", "2026-02-15 a>STANDARD_IA"),
    (In::Old, "30>GLACIER", "a@2026-01-15=5000/STANDARD", "2026-02-15 a>GLACIER"),
    (In::Old, "30>STANDARD_IA", "a@2026-01-15=5000/STANDARD", ""),
    (In::Never, "x30", "a@2026-01-15=0/STANDARD", "2026-02-15 a gone"),
    // Filters: sizes are strict, prefixes are text, all tags have to be there.
    (In::Never, "x30 L:1000", "a@2026-01-15=1000/STANDARD", ""),
    (In::Never, "x30 L:1000", "a@2026-01-15=1001/STANDARD", "2026-02-15 a gone"),
    (In::Never, "x30 S:1000", "a@2026-01-15=1000/STANDARD", ""),
    (In::Never, "x30 S:1000", "a@2026-01-15=999/STANDARD", "2026-02-15 a gone"),
    (In::Never, "x30 p:open/", "a@2026-01-15=1/STANDARD", "2026-02-15 a gone"),
    (In::Never, "x30 p:op", "a@2026-01-15=1/STANDARD", "2026-02-15 a gone"),
    (In::Never, "x30 p:closed/", "a@2026-01-15=1/STANDARD", ""),
    (In::Never, "off x30", "a@2026-01-15=1/STANDARD", ""),
    // With versions, the end is a marker; then the rule for markers, and the one for what is covered.
    (In::On, "x30", "a@2026-01-15=200000/STANDARD", "2026-02-15 a+marker"),
    (
        In::On,
        "x30 nx10",
        "a@2026-01-15=200000/STANDARD",
        "2026-02-15 a+marker; 2026-02-25 a gone; 2026-03-17 expired dropped",
    ),
    (
        In::On,
        "x30 nx10 | m",
        "a@2026-01-15=200000/STANDARD",
        "2026-02-15 a+marker; 2026-02-25 a gone; 2026-02-25 expired dropped",
    ),
    (In::On, "m", "m@2026-01-10", "2026-01-15 m dropped"),
    (In::On, "m", "m@2026-01-10 a@2026-01-01=5/STANDARD", ""),
    // Covered ones count from when they were covered, not from when they were written.
    (In::On, "nx30", "b@2026-01-14=5/STANDARD a@2025-01-01=5/STANDARD", "2026-02-14 a gone"),
    (In::On, "n30>GLACIER", "b@2026-01-14=5/STANDARD a@2025-01-01=200000/STANDARD", "2026-02-14 a>GLACIER"),
    (
        In::On,
        "nx1/1",
        "c@2026-01-14=5/STANDARD b@2026-01-13=5/STANDARD a@2026-01-12=5/STANDARD",
        "2026-01-15 a gone",
    ),
    (In::On, "nx1", "m@2026-01-14 a@2026-01-12=5/STANDARD", "2026-01-16 a gone"),
    // What is locked goes when the lock ends; a hold never ends.
    (In::On, "nx30", "b@2026-01-14=5/STANDARD a@2025-01-01=5/STANDARD!2026-05-01T12:00", "2026-05-02 a gone"),
    // Suspended: the marker takes the place of `null`, and covers every other version.
    (In::Suspended, "x30", "null@2026-01-15=5/STANDARD", "2026-02-15 null gone; 2026-03-17 expired dropped"),
    (In::Suspended, "x30", "a@2026-01-15=5/STANDARD", "2026-02-15 a+marker"),
    (
        In::Suspended,
        "x30 m",
        "null@2026-01-15=5/STANDARD",
        "2026-02-15 null gone; 2026-02-15 expired dropped",
    ),
];

/// V6: the table.
#[test]
fn the_simulation_agrees_with_what_was_worked_out_by_hand() {
    assert!(CASES.len() >= 60, "{}", CASES.len());
    let (now, until) = (time("2026-01-15"), time("2027-01-15"));
    for (bucket, rules, versions, expected) in CASES {
        let rules: Vec<Rule> = rules.split('|').map(rule).collect();
        let (versioning, small) = match bucket {
            In::Never => (Versioning::Never, SmallObjects::Stay),
            In::On => (Versioning::On, SmallObjects::Stay),
            In::Suspended => (Versioning::Suspended, SmallObjects::Stay),
            In::Old => (Versioning::Never, SmallObjects::VariesByClass),
        };
        let fates = simulate(&subject(versions), &rules, versioning, small, now, until);
        assert_eq!(told(&fates), *expected, "{rules:?} on {versions}");
    }
}

/// A rule that asks for tags does nothing to an object whose tags nobody knows, and the caller can tell that apart.
#[test]
fn tags_that_are_not_known_are_not_guessed() {
    let rules = [rule("x30 t:case=open")];
    let mut one = subject("a@2026-01-15=5/STANDARD");
    let ask = |one: &Subject| {
        let (now, until) = (time("2026-01-15"), time("2027-01-15"));
        told(&simulate(one, &rules, Versioning::Never, SmallObjects::Stay, now, until))
    };
    assert_eq!(ask(&one), "");
    assert_eq!(rules[0].filter.meets(&one.key, 5, None), None);
    one.tags = Some(vec![("case".to_owned(), "closed".to_owned())]);
    assert_eq!(ask(&one), "");
    one.tags = Some(vec![("a".to_owned(), "b".to_owned()), ("case".to_owned(), "open".to_owned())]);
    assert_eq!(ask(&one), "2026-02-15 a gone");
}

#[test]
fn unfinished_uploads_are_aborted_by_the_strictest_rule_that_is_for_them() {
    let upload = |text: &str, days: u32| Rule { abort_uploads: Some(days), ..rule(text) };
    let rules =
        [upload("p:open/", 7), upload("", 30), upload("off", 1), upload("L:5", 2), upload("t:a=b", 3)];
    assert_eq!(aborted_at(&rules, "open/a", at("2026-01-15")), Some(time("2026-01-23")));
    assert_eq!(aborted_at(&rules, "other", at("2026-01-15")), Some(time("2026-02-15")));
    assert_eq!(aborted_at(&rules[..1], "other", at("2026-01-15")), None);
}
