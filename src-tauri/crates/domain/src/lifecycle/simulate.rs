//! One key under the rules: what happens next, until nothing more does in the time that is looked at.
use super::{Class, Noncurrent, Rule, SMALL, SmallObjects, Versioning, When, after_days, midnight};
use crate::key::VersionId;
use crate::state::Timestamp;
use crate::time::Version;

/// A key with its versions, newest first.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Key.
    pub key: String,
    /// Versions and markers. In a bucket without versions there is one.
    pub versions: Vec<Version>,
    /// Tags of the current version where they are known; those of older ones are taken to be the same.
    pub tags: Option<Vec<(String, String)>>,
    /// Until when each version must not be destroyed (Object Lock); `i64::MAX` for a legal hold. Same places as the versions.
    pub locked: Vec<Option<Timestamp>>,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The version goes to another class.
    Move(Class),
    /// The current version gets a delete marker, and can be brought back.
    Cover,
    /// The version is destroyed.
    Destroy,
    /// A delete marker that covers nothing goes.
    DropMarker,
}

/// What will happen to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// When, at the earliest.
    pub at: Timestamp,
    /// The version; for a marker that a rule made, `expired`.
    pub version: VersionId,
    /// What.
    pub act: Act,
    /// Place of the rule.
    pub rule: usize,
    /// The class that it leaves, if it is paid for some days more.
    pub early: Option<(Class, u32)>,
}

/// A version as the simulation goes on.
#[derive(Debug, Clone)]
struct State {
    id: VersionId,
    written: Timestamp,
    /// Since when it is covered; `None` for the one on top.
    covered: Option<Timestamp>,
    /// Size and class; `None` for a marker. A class that rules do not move is `None` inside.
    content: Option<(u64, Option<Class>)>,
    /// Since when it is in its class.
    since: Timestamp,
    locked: Option<Timestamp>,
}

/// What the rules do to a key from `now` up to `until`, in order. A rule that asks for tags that are not known does nothing here.
#[must_use]
pub fn simulate(
    subject: &Subject,
    rules: &[Rule],
    versioning: Versioning,
    small: SmallObjects,
    now: Timestamp,
    until: Timestamp,
) -> Vec<Fate> {
    let mut states = begin(subject);
    let mut fates = Vec::new();
    let mut clock = midnight(now);
    // Each act takes a version away or makes it colder, and only the top is covered, once: it ends.
    while let Some(next) = next(subject, &states, rules, versioning, small, clock) {
        if next.at > until {
            break;
        }
        clock = next.at;
        let fate = Fate {
            at: next.at,
            version: states.get(next.place).map_or_else(|| VersionId::new(""), |state| state.id.clone()),
            act: next.act.clone(),
            rule: next.rule,
            early: states.get(next.place).and_then(|state| early(state, &next)),
        };
        apply(&mut states, &next, versioning);
        fates.push(fate);
    }
    fates
}

fn begin(subject: &Subject) -> Vec<State> {
    let mut covered = None;
    let mut states = Vec::with_capacity(subject.versions.len());
    for (place, version) in subject.versions.iter().enumerate() {
        let content = version.content.as_ref().map(|content| (content.size, Class::parse(&content.class)));
        states.push(State {
            id: version.id.clone(),
            written: version.modified,
            covered,
            content,
            since: version.modified,
            locked: subject.locked.get(place).copied().flatten(),
        });
        covered = Some(version.modified);
    }
    states
}

#[derive(Debug, Clone)]
struct Next {
    at: Timestamp,
    place: usize,
    act: Act,
    rule: usize,
}

impl Next {
    /// What comes first; at the same moment what destroys, then what moves furthest, then what covers.
    fn order(&self) -> (Timestamp, u8, usize, usize) {
        let rank = match self.act {
            Act::Destroy | Act::DropMarker => 0,
            Act::Move(class) => 10 - class as u8,
            Act::Cover => 20,
        };
        (self.at, rank, self.place, self.rule)
    }
}

fn next(
    subject: &Subject,
    states: &[State],
    rules: &[Rule],
    versioning: Versioning,
    small: SmallObjects,
    clock: Timestamp,
) -> Option<Next> {
    let mut all: Vec<Next> = Vec::new();
    for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        let mut say = |at: Timestamp, place: usize, act: Act| {
            all.push(Next { at: at.max(clock), place, act, rule: number });
        };
        for (place, state) in states.iter().enumerate() {
            let size = state.content.map_or(0, |content| content.0);
            let tags = subject.tags.as_deref();
            if rule.filter.meets(&subject.key, size, tags) != Some(true) {
                continue;
            }
            match (state.covered, state.content) {
                (None, None) => marker(states, rule, state, place, &mut say),
                (None, Some(_)) => current(rule, state, place, versioning, small, &mut say),
                (Some(since), _) => {
                    let newer = u32::try_from(place).unwrap_or(u32::MAX).saturating_sub(1);
                    covered(rule, state, place, since, newer, small, &mut say);
                }
            }
        }
    }
    all.into_iter().min_by_key(Next::order)
}

fn moment(when: When, written: Timestamp) -> Timestamp {
    match when {
        When::Days(days) => after_days(written, days),
        When::Date(date) => midnight(date.max(written)),
    }
}

/// A marker on top goes when it covers nothing: at once where that is wished, and with age where a rule ends objects by days.
fn marker(
    states: &[State],
    rule: &Rule,
    state: &State,
    place: usize,
    say: &mut impl FnMut(Timestamp, usize, Act),
) {
    if states.len() > 1 {
        return;
    }
    if rule.expired_markers {
        say(midnight(state.written), place, Act::DropMarker);
    }
    if let Some(when @ When::Days(_)) = rule.expiration {
        say(moment(when, state.written), place, Act::DropMarker);
    }
}

fn current(
    rule: &Rule,
    state: &State,
    place: usize,
    versioning: Versioning,
    small: SmallObjects,
    say: &mut impl FnMut(Timestamp, usize, Act),
) {
    if let Some(when) = rule.expiration {
        let at = moment(when, state.written);
        match versioning {
            Versioning::Never => say(at, place, Act::Destroy),
            Versioning::On => say(at, place, Act::Cover),
            // The marker is the version `null`, and replaces one of that name.
            Versioning::Suspended if state.id.as_str() == "null" => {
                say(free(state, at), place, Act::Destroy);
            }
            Versioning::Suspended => say(at, place, Act::Cover),
        }
    }
    for (when, class) in &rule.transitions {
        if goes(rule, state, *class, small) {
            say(moment(*when, state.written), place, Act::Move(*class));
        }
    }
}

fn covered(
    rule: &Rule,
    state: &State,
    place: usize,
    since: Timestamp,
    newer: u32,
    small: SmallObjects,
    say: &mut impl FnMut(Timestamp, usize, Act),
) {
    let due =
        |noncurrent: Noncurrent| (newer >= noncurrent.keep_newer).then(|| after_days(since, noncurrent.days));
    if let Some(at) = rule.noncurrent_expiration.and_then(due) {
        say(free(state, at), place, Act::Destroy);
    }
    for (noncurrent, class) in &rule.noncurrent_transitions {
        if let Some(at) = due(*noncurrent)
            && goes(rule, state, *class, small)
        {
            say(at, place, Act::Move(*class));
        }
    }
}

/// What is locked is destroyed when the lock ends.
fn free(state: &State, at: Timestamp) -> Timestamp {
    state.locked.map_or(at, |until| at.max(midnight(until)))
}

fn goes(rule: &Rule, state: &State, to: Class, small: SmallObjects) -> bool {
    let Some((size, Some(from))) = state.content else { return false };
    let archive = matches!(to, Class::Glacier | Class::DeepArchive);
    let too_small = size < SMALL
        && !rule.filter.names_sizes()
        && match small {
            SmallObjects::Stay => true,
            SmallObjects::VariesByClass => !archive,
        };
    from.leads_to(to) && !too_small
}

/// Days that are still paid for in the class that a version leaves.
fn early(state: &State, next: &Next) -> Option<(Class, u32)> {
    if !matches!(next.act, Act::Move(_) | Act::Destroy) {
        return None;
    }
    let class = state.content?.1?;
    let there = next.at.since(state.since) / super::DAY.unsigned_abs();
    let left = u64::from(class.least_days()).saturating_sub(there);
    u32::try_from(left).ok().filter(|left| *left > 0).map(|left| (class, left))
}

fn apply(states: &mut Vec<State>, next: &Next, versioning: Versioning) {
    match next.act {
        Act::Move(class) => {
            if let Some(state) = states.get_mut(next.place) {
                state.content = state.content.map(|(size, _)| (size, Some(class)));
                state.since = next.at;
            }
        }
        Act::Cover => {
            if let Some(top) = states.first_mut() {
                top.covered = Some(next.at);
            }
            states.insert(0, made(next.at));
        }
        Act::Destroy | Act::DropMarker => {
            if next.place < states.len() {
                let gone = states.remove(next.place);
                // In a suspended bucket a marker takes the place of the version `null`.
                if gone.covered.is_none() && gone.content.is_some() && versioning == Versioning::Suspended {
                    states.insert(0, made(next.at));
                }
            }
        }
    }
}

fn made(at: Timestamp) -> State {
    State {
        id: VersionId::new("expired"),
        written: at,
        covered: None,
        content: None,
        since: at,
        locked: None,
    }
}
