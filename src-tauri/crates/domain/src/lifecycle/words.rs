//! Rules, and what they will do, in plain English.
use super::forecast::{Event, EventKind, LineOf};
use super::{Class, Date, Filter, Noncurrent, Rule, When};

impl Class {
    /// Its name for people.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::StandardIa => "Infrequent Access",
            Self::IntelligentTiering => "Intelligent-Tiering",
            Self::OnezoneIa => "One Zone Infrequent Access",
            Self::GlacierIr => "Glacier Instant Retrieval",
            Self::Glacier => "Glacier Flexible Retrieval",
            Self::DeepArchive => "Deep Archive",
        }
    }

    /// How long it takes to get something back; empty where it can be read at once.
    #[must_use]
    pub const fn delay(self) -> &'static str {
        match self {
            Self::Glacier => "3 to 12 hours",
            Self::DeepArchive => "12 to 48 hours",
            Self::Standard
            | Self::StandardIa
            | Self::IntelligentTiering
            | Self::OnezoneIa
            | Self::GlacierIr => "",
        }
    }
}

/// The name of a class for people, also of one that rules do not move.
#[must_use]
pub fn class(name: &str) -> &str {
    Class::parse(name).map_or(name, |class| class.plain())
}

/// `12,400`.
#[must_use]
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `128 KB` for what is a whole number of them (1,024 bytes each), else `1,000 bytes`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let whole = units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| many(bytes, "byte"), |(unit, name)| format!("{} {name}", number(bytes / unit)))
}

/// `1 day`, `30 days`.
#[must_use]
pub fn many(n: u64, what: &str) -> String {
    format!("{} {what}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// ` below raw/` for a prefix that is a folder.
fn place(prefix: &str) -> String {
    match prefix {
        "" => String::new(),
        folder if folder.ends_with('/') => format!(" below {folder}"),
        start => format!(" whose names begin with {start}"),
    }
}

/// What an object has to have besides its name.
fn conditions(filter: &Filter) -> String {
    let mut parts = Vec::new();
    let tags: Vec<String> = filter.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    match tags.len() {
        0 => {}
        1 => parts.push(format!("bear the tag {}", list(&tags))),
        _ => parts.push(format!("bear the tags {}", list(&tags))),
    }
    parts.extend(filter.larger_than.map(|bytes| format!("are larger than {}", size(bytes))));
    parts.extend(filter.smaller_than.map(|bytes| format!("are smaller than {}", size(bytes))));
    if parts.is_empty() { String::new() } else { format!(" that {}", list(&parts)) }
}

/// `Objects below raw/ that are larger than 128 KB`; with other words for all of them, and for some.
fn objects(filter: &Filter, all: &str, some: &str) -> String {
    if *filter == Filter::default() {
        return all.to_owned();
    }
    format!("{some}{}{}", place(&filter.prefix), conditions(filter))
}

fn when(when: When) -> String {
    match when {
        When::Days(0) => "as soon as they are written".to_owned(),
        When::Days(days) => format!("{} after they were written", many(days.into(), "day")),
        When::Date(date) => format!("from {} on", Date::of(date)),
    }
}

fn covered(after: Noncurrent) -> String {
    let when = match after.days {
        0 => "as soon as they are replaced or deleted".to_owned(),
        days => format!("{} after they were replaced or deleted", many(days.into(), "day")),
    };
    match after.keep_newer {
        0 => when,
        1 => format!("{when}, but for the newest of each object"),
        newest => format!("{when}, but for the {newest} newest of each object"),
    }
}

/// A rule in plain sentences, one for each thing that it does. `strange` are elements in it that nobody here understands.
#[must_use]
pub fn sentences(rule: &Rule, strange: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    if !rule.enabled {
        all.push("This rule is off and does nothing.".to_owned());
    }
    let of = objects(&rule.filter, "All objects", "Objects");
    let old = objects(&rule.filter, "Old versions of all objects", "Old versions of objects");
    for (at, to) in &rule.transitions {
        all.push(format!("{of} move to {} {}.", to.plain(), when(*at)));
    }
    all.extend(rule.expiration.map(|at| format!("{of} are deleted {}.", when(at))));
    if rule.expired_markers {
        let place = place(&rule.filter.prefix);
        all.push(format!("Delete markers{place} with nothing below them are removed."));
    }
    for (after, to) in &rule.noncurrent_transitions {
        all.push(format!("{old} move to {} {}.", to.plain(), covered(*after)));
    }
    all.extend(rule.noncurrent_expiration.map(|after| format!("{old} are destroyed {}.", covered(after))));
    all.extend(rule.abort_uploads.map(|days| {
        let place = place(&rule.filter.prefix);
        format!("Unfinished uploads{place} are ended {} after they were begun.", many(days.into(), "day"))
    }));
    if !strange.is_empty() {
        all.push(format!(
            "It also says something that Windlass does not know ({}). That is kept, and what it does cannot be foretold.",
            strange.join(", ")
        ));
    }
    all
}

/// The name of a rule; of one without, its number.
#[must_use]
pub fn name(rules: &[Rule], place: usize) -> String {
    match rules.get(place).map(|rule| rule.id.as_str()) {
        Some("") | None => format!("Rule {}", place + 1),
        Some(name) => name.to_owned(),
    }
}

/// The name of a line of a forecast.
#[must_use]
pub fn line(rules: &[Rule], of: &LineOf) -> String {
    match of {
        LineOf::Rule(place) => name(rules, *place),
        LineOf::Folder(folder) if folder.is_empty() => "Not in a folder".to_owned(),
        LineOf::Folder(folder) => folder.clone(),
        LineOf::Old => "Old versions".to_owned(),
        LineOf::Rest => "Everything else".to_owned(),
    }
}

impl Event {
    fn what(&self) -> String {
        let n = self.amount.objects;
        if self.old { many(n, "old version") } else { many(n, "object") }
    }

    /// One line without the date.
    #[must_use]
    pub fn title(&self, rules: &[Rule]) -> String {
        let (what, to) = (self.what(), class(&self.class));
        let are = if self.amount.objects == 1 { "is" } else { "are" };
        match self.kind {
            EventKind::Archived => format!("{what} to {to}"),
            EventKind::Deleted => format!("{what} {are} deleted"),
            EventKind::OldGone => {
                format!("{} {are} destroyed", many(self.amount.objects, "old version"))
            }
            EventKind::Small => format!("{what} {are} under 128 KB"),
            EventKind::Early => {
                format!("{what} {} {to} early", if self.amount.objects == 1 { "leaves" } else { "leave" })
            }
            EventKind::Unknown => {
                format!("{what} may be moved or deleted by {}", name(rules, self.rule))
            }
        }
    }

    /// What it means, in plain sentences. `keeps`: the bucket keeps versions.
    #[must_use]
    pub fn detail(&self, rules: &[Rule], keeps: bool) -> String {
        let mut all = match self.kind {
            EventKind::Archived => {
                let delay = Class::parse(&self.class).map_or("", Class::delay);
                format!("Getting one back then takes {delay}.")
            }
            EventKind::Deleted if keeps => {
                "Each gets a delete marker and can be brought back until a rule destroys its old version."
                    .to_owned()
            }
            EventKind::Deleted => "This bucket keeps no versions, so nothing brings them back.".to_owned(),
            EventKind::OldGone => {
                "No restore reaches them any more. What needs one has to be restored before.".to_owned()
            }
            EventKind::Small if Class::parse(&self.class).is_some_and(Class::is_archive) => format!(
                "{} bills each with 40 KB more than it has, so moving them saves little or nothing.",
                class(&self.class)
            ),
            EventKind::Small => {
                format!(
                    "{} bills each as 128 KB, so moving them saves little or nothing.",
                    class(&self.class)
                )
            }
            EventKind::Early => {
                let least = Class::parse(&self.class).map_or(0, Class::least_days);
                format!(
                    "{} is billed for {} at least; up to {} of that are paid for nothing.",
                    class(&self.class),
                    many(least.into(), "day"),
                    many(self.days.into(), "day")
                )
            }
            EventKind::Unknown => self.unknown(rules),
        };
        if let (Some(at), Some(last)) = (self.at, self.last)
            && last > at
        {
            all += &format!(" It begins with {} and goes on until {}.", number(self.first), Date::of(last));
        }
        all
    }

    fn unknown(&self, rules: &[Rule]) -> String {
        let asks = rules.get(self.rule).is_some_and(|rule| !rule.filter.tags.is_empty());
        if asks {
            "The rule asks for tags, and those are not in the index. What it does is not in the forecast."
                .to_owned()
        } else {
            "The rule says something that Windlass does not know. What it does is not in the forecast."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::time;

    fn told(rule: Rule) -> Vec<String> {
        sentences(&Rule { enabled: true, ..rule }, &[])
    }

    fn below(prefix: &str) -> Filter {
        Filter { prefix: prefix.to_owned(), ..Filter::default() }
    }

    #[test]
    fn every_element_of_a_rule_is_a_sentence() {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let filter = Filter { larger_than: Some(128 << 10), ..below("raw/") };
        let moves = Rule {
            filter,
            transitions: vec![
                (When::Days(30), Class::Glacier),
                (When::Date(time("2027-01-01")), Class::DeepArchive),
            ],
            ..Rule::default()
        };
        assert_eq!(
            told(moves),
            [
                "Objects below raw/ that are larger than 128 KB move to Glacier Flexible Retrieval 30 days after they were written.",
                "Objects below raw/ that are larger than 128 KB move to Deep Archive from 1 January 2027 on.",
            ]
        );
        let all = Rule {
            transitions: vec![(When::Days(0), Class::IntelligentTiering)],
            expiration: Some(When::Days(1)),
            ..Rule::default()
        };
        assert_eq!(
            told(all),
            [
                "All objects move to Intelligent-Tiering as soon as they are written.",
                "All objects are deleted 1 day after they were written.",
            ]
        );
        let tagged = Filter {
            prefix: "2026-".to_owned(),
            tags: vec![tag("case", "open"), tag("hold", "")],
            larger_than: Some(1000),
            smaller_than: Some(5 << 30),
        };
        let ends = Rule { filter: tagged, expiration: Some(When::Days(365)), ..Rule::default() };
        assert_eq!(
            told(ends),
            [
                "Objects whose names begin with 2026- that bear the tags case=open and hold=, are larger than 1,000 bytes and are smaller than 5 GB are deleted 365 days after they were written.",
            ]
        );
        let old = Rule {
            filter: below("raw/"),
            noncurrent_transitions: vec![(Noncurrent { days: 7, keep_newer: 1 }, Class::OnezoneIa)],
            noncurrent_expiration: Some(Noncurrent { days: 1200, keep_newer: 3 }),
            abort_uploads: Some(7),
            expired_markers: true,
            ..Rule::default()
        };
        assert_eq!(
            told(old),
            [
                "Delete markers below raw/ with nothing below them are removed.",
                "Old versions of objects below raw/ move to One Zone Infrequent Access 7 days after they were replaced or deleted, but for the newest of each object.",
                "Old versions of objects below raw/ are destroyed 1,200 days after they were replaced or deleted, but for the 3 newest of each object.",
                "Unfinished uploads below raw/ are ended 7 days after they were begun.",
            ]
        );
        let at_once =
            Rule { noncurrent_expiration: Some(Noncurrent { days: 0, keep_newer: 0 }), ..Rule::default() };
        assert_eq!(
            told(at_once),
            ["Old versions of all objects are destroyed as soon as they are replaced or deleted."]
        );
        let off = Rule { expired_markers: true, ..Rule::default() };
        assert_eq!(
            sentences(&off, &["Owner".to_owned(), "Filter/ObjectAge".to_owned()]),
            [
                "This rule is off and does nothing.",
                "Delete markers with nothing below them are removed.",
                "It also says something that Windlass does not know (Owner, Filter/ObjectAge). That is kept, and what it does cannot be foretold.",
            ]
        );
    }

    #[test]
    fn numbers_and_sizes_read_well() {
        assert_eq!(
            [0, 999, 1000, 12_400, 1_000_000].map(number),
            ["0", "999", "1,000", "12,400", "1,000,000"]
        );
        assert_eq!(
            [0, 1, 1023, 1024, 1 << 20, 3 << 30].map(size),
            ["0 bytes", "1 byte", "1,023 bytes", "1 KB", "1 MB", "3 GB"]
        );
    }
}
