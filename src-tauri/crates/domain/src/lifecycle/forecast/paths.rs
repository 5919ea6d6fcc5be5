//! The way of each version through the days. Most keys have one version, and versions of one day that the same rules are for go the same
//! way: that is looked up, and simulated once.
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Terms;
use crate::key::VersionId;
use crate::lifecycle::{Act, Class, Rule, SMALL, Subject, midnight, simulate};
use crate::state::Timestamp;
use crate::time::Version;

/// Ways that are remembered; more than that are looked for again.
const MOST: usize = 100_000;

/// What happens to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// On which day.
    pub(super) day: u32,
    /// What.
    pub(super) act: Act,
    /// Place of the rule.
    pub(super) rule: usize,
    /// The class that it leaves, if that is paid for some days more.
    pub(super) early: Option<(Class, u32)>,
}

/// A way.
pub(super) type Path = Arc<[Step]>;

/// What two versions that go the same way have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sort {
    /// Which rules are for it.
    rules: usize,
    class: Option<Class>,
    small: bool,
    written: Timestamp,
    covered: Option<Timestamp>,
    /// In a suspended bucket, the version `null` is replaced by a marker.
    null: bool,
}

#[derive(Debug)]
pub(super) struct Paths {
    /// Rules in force of which everything is known, with their places.
    rules: Vec<(usize, Rule)>,
    /// Rules in force that ask for tags, or are strange.
    unknown: Vec<(usize, Rule)>,
    /// Whether versions of a key hang on each other: a rule leaves some of the newer ones alone.
    together: bool,
    /// Groups of rules, by their places in `rules`.
    groups: BTreeMap<Vec<usize>, usize>,
    grouped: Vec<Vec<(usize, Rule)>>,
    known: BTreeMap<Sort, Path>,
    /// What was asked last, so that nothing is allocated for each key.
    asked: Vec<usize>,
    unsure: Vec<usize>,
}

impl Paths {
    pub(super) fn new(terms: &Terms) -> Self {
        let in_force = terms.rules.iter().cloned().enumerate().filter(|(_, rule)| rule.enabled);
        let (rules, unknown): (Vec<_>, Vec<_>) =
            in_force.partition(|(place, rule)| rule.filter.tags.is_empty() && !terms.strange.contains(place));
        let newer = |rule: &Rule| {
            let moves = rule.noncurrent_transitions.iter().map(|(after, _)| after);
            moves.chain(&rule.noncurrent_expiration).any(|after| after.keep_newer > 0)
        };
        Self {
            together: rules.iter().any(|(_, rule)| newer(rule)),
            rules,
            unknown,
            groups: BTreeMap::new(),
            grouped: Vec::new(),
            known: BTreeMap::new(),
            asked: Vec::new(),
            unsure: Vec::new(),
        }
    }

    /// The first rule that does something to current objects and is for this one.
    pub(super) fn acts_on(&self, key: &str, size: u64) -> Option<usize> {
        let acts = |rule: &Rule| !rule.transitions.is_empty() || rule.expiration.is_some();
        let first = self.rules.iter().find(|(_, rule)| acts(rule) && is_for(rule, key, size));
        first.map(|(place, _)| *place)
    }

    /// Rules that may be for it, which nobody can tell.
    pub(super) fn unknown(&mut self, key: &str, size: u64) -> &[usize] {
        self.unsure.clear();
        for (place, rule) in &self.unknown {
            if rule.filter.meets(key, size, None) != Some(false) {
                self.unsure.push(*place);
            }
        }
        &self.unsure
    }

    /// The ways of all versions of a key; that of a marker is empty.
    pub(super) fn of(&mut self, terms: &Terms, key: &str, versions: &[Version]) -> Vec<Path> {
        if self.together && versions.len() > 1 {
            return self.together(terms, key, versions);
        }
        let mut above = None;
        let mut paths = Vec::with_capacity(versions.len());
        for version in versions {
            paths.push(self.alone(terms, key, version, above));
            above = Some(version.modified);
        }
        paths
    }

    fn alone(&mut self, terms: &Terms, key: &str, version: &Version, covered: Option<Timestamp>) -> Path {
        let Some(content) = &version.content else { return Path::default() };
        self.asked.clear();
        for (at, (_, rule)) in self.rules.iter().enumerate() {
            if is_for(rule, key, content.size) {
                self.asked.push(at);
            }
        }
        if self.asked.is_empty() {
            return Path::default();
        }
        let rules = match self.groups.get(&self.asked) {
            Some(known) => *known,
            None => {
                let group = self.asked.iter().filter_map(|at| self.rules.get(*at).cloned()).collect();
                self.grouped.push(group);
                self.groups.insert(self.asked.clone(), self.grouped.len() - 1);
                self.grouped.len() - 1
            }
        };
        let sort = Sort {
            rules,
            class: Class::parse(&content.class),
            small: content.size < SMALL,
            written: midnight(version.modified),
            covered: covered.map(midnight),
            null: version.id.as_str() == "null",
        };
        if let Some(known) = self.known.get(&sort) {
            return Arc::clone(known);
        }
        let group = self.grouped.get(rules).map(Vec::as_slice).unwrap_or_default();
        // A marker stands for what covers it; what becomes of that is no part of this way.
        let cover = covered.map(|since| Version { id: VersionId::new(""), modified: since, content: None });
        let versions: Vec<Version> = cover.into_iter().chain([version.clone()]).collect();
        let path = run(terms, key, &versions, group).pop().unwrap_or_default();
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(sort, Arc::clone(&path));
        path
    }

    fn together(&self, terms: &Terms, key: &str, versions: &[Version]) -> Vec<Path> {
        let among = |rule: &Rule| {
            versions.iter().any(|version| {
                let size = version.content.as_ref().map_or(0, |content| content.size);
                is_for(rule, key, size)
            })
        };
        let rules: Vec<_> = self.rules.iter().filter(|(_, rule)| among(rule)).cloned().collect();
        run(terms, key, versions, &rules)
    }
}

fn is_for(rule: &Rule, key: &str, size: u64) -> bool {
    rule.filter.meets(key, size, None) == Some(true)
}

/// Simulates a key; the way of each version.
fn run(terms: &Terms, key: &str, versions: &[Version], rules: &[(usize, Rule)]) -> Vec<Path> {
    let mut paths: Vec<Vec<Step>> = vec![Vec::new(); versions.len()];
    let only: Vec<Rule> = rules.iter().map(|(_, rule)| rule.clone()).collect();
    let subject =
        Subject { key: key.to_owned(), versions: versions.to_vec(), tags: None, locked: Vec::new() };
    let places: BTreeMap<&str, usize> =
        versions.iter().enumerate().map(|(place, version)| (version.id.as_str(), place)).collect();
    for fate in simulate(&subject, &only, terms.versioning, terms.small, terms.now, terms.until()) {
        let place = places.get(fate.version.as_str());
        let Some((path, (rule, _))) = place.and_then(|at| paths.get_mut(*at)).zip(rules.get(fate.rule))
        else {
            continue;
        };
        path.push(Step { day: terms.day(fate.at), act: fate.act, rule: *rule, early: fate.early });
    }
    paths.into_iter().map(Path::from).collect()
}
