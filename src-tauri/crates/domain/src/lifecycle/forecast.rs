//! What the rules of a bucket will do to all of its objects, summed up day by day.
//!
//! Keys come in one by one and are forgotten again: what stays is a sum for each line, day and class. Objects that rules treat alike, and
//! that were written on one day, are simulated once ([`paths`]). The sums are those of [`super::simulate`], key by key.
//!
//! **Left out:** rules that ask for tags (an index has none) and rules with something that we do not understand; objects that they may be
//! for are told in an event of their own. Locks are not in an index either: what is locked is destroyed later than is told here.
mod events;
mod lines;
mod paths;

pub use events::{Event, EventKind};
pub use lines::{Line, LineOf, Shown, Stretch};

use events::Events;
use lines::Lines;
use paths::{Paths, Step};

use super::{Act, Class, Date, Rule, SMALL, SmallObjects, Versioning, midnight};
use crate::price::Tally;
use crate::state::Timestamp;
use crate::time::Version;

/// Days that are looked at at most.
pub const MOST_DAYS: u32 = 1830;

/// What a forecast is made from, besides the objects.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Places of those with something in them that is not understood.
    pub strange: Vec<usize>,
    /// Whether the bucket keeps versions.
    pub versioning: Versioning,
    /// Which objects are too small to be moved.
    pub small: SmallObjects,
    /// Now.
    pub now: Timestamp,
    /// So many days are looked at, at most [`MOST_DAYS`].
    pub days: u32,
}

impl Terms {
    /// The midnight from which days are counted.
    #[must_use]
    pub const fn first(&self) -> Timestamp {
        midnight(self.now)
    }

    /// The end.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        super::after_days(self.now, self.days.min(MOST_DAYS))
    }

    /// The number of a day.
    fn day(&self, at: Timestamp) -> u32 {
        u32::try_from(at.since(self.first()) / super::DAY.unsigned_abs()).unwrap_or(u32::MAX)
    }
}

/// Which objects are wanted by their keys: the current ones of an event that bear no hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The event's kind.
    pub kind: EventKind,
    /// Its rule.
    pub rule: usize,
    /// Its class; `None` where it does not matter.
    pub class: Option<Class>,
    /// At most so many.
    pub most: usize,
}

/// A month of storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Its first day; today for the first one.
    pub from: Timestamp,
    /// What is kept in its middle, by class.
    pub kept: Vec<Tally>,
}

/// What the rules will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Current objects.
    pub objects: u64,
    /// From.
    pub from: Timestamp,
    /// To.
    pub until: Timestamp,
    /// Lines, the largest first, old versions last; at most 12.
    pub lines: Vec<Line>,
    /// Events by day, those without one last; at most 50.
    pub events: Vec<Event>,
    /// Months.
    pub months: Vec<Month>,
    /// What is kept now, by class,
    pub now: Vec<Tally>,
    /// and at the end.
    pub then: Vec<Tally>,
    /// What is moved on the way, by the class that it comes to.
    pub moved: Vec<Tally>,
    /// Keys that were wanted.
    pub keys: Vec<String>,
}

/// Takes in keys one by one.
#[derive(Debug)]
pub struct Forecaster {
    terms: Terms,
    paths: Paths,
    lines: Lines,
    events: Events,
    moved: [(u64, u64); 7],
    objects: u64,
    wanted: Option<Wanted>,
    keys: Vec<String>,
}

impl Forecaster {
    /// Begins one.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self {
            paths: Paths::new(&terms),
            lines: Lines::new(terms.rules.len()),
            terms,
            events: Events::default(),
            moved: [(0, 0); 7],
            objects: 0,
            wanted: None,
            keys: Vec::new(),
        }
    }

    /// The same, and keeps the keys that are wanted.
    #[must_use]
    pub fn wanting(terms: Terms, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..Self::new(terms) }
    }

    /// Whether as many keys were found as are wanted.
    #[must_use]
    pub fn has_all(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| self.keys.len() >= wanted.most)
    }

    /// Takes a key with its versions, newest first. `held`: its current object is known to bear a hold.
    pub fn add(&mut self, key: &str, versions: &[Version], held: bool) {
        let paths = self.paths.of(&self.terms, key, versions);
        let mut wanted = false;
        for (place, (version, path)) in versions.iter().zip(paths).enumerate() {
            let Some(content) = &version.content else { continue };
            let (size, old) = (content.size, place > 0);
            let one = One { size, old, held: held && !old };
            wanted |= self.unknown(key, one);
            let class = if content.class.is_empty() { "STANDARD" } else { content.class.as_ref() };
            let line = if old {
                self.lines.old()
            } else {
                self.objects += 1;
                self.lines.of(self.paths.acts_on(key, size), key)
            };
            let class = self.lines.class(class);
            wanted |= self.walk(line, class, one, &path);
        }
        if wanted && !held && !self.has_all() {
            self.keys.push(key.to_owned());
        }
    }

    /// Rules of which it is not known whether they are for it; whether one of them is the one that is wanted.
    fn unknown(&mut self, key: &str, one: One) -> bool {
        let mut wanted = false;
        for rule in self.paths.unknown(key, one.size) {
            wanted |=
                !one.old && self.wanted.as_ref().is_some_and(|w| w.is_of(EventKind::Unknown, *rule, None));
            self.events.note((EventKind::Unknown, *rule, None, false), 0, "", one, 0);
        }
        wanted
    }

    /// Goes one version's way; whether it is one of the event that is wanted.
    fn walk(&mut self, line: usize, class: u8, one: One, path: &[Step]) -> bool {
        let mut wanted = false;
        let mut state = (class, false);
        self.lines.begin(line, state, one.size);
        for step in path {
            let Step { day, rule, .. } = *step;
            let mut note =
                |events: &mut Events, kind: EventKind, class: Option<Class>, name: &str, days: u32| {
                    wanted |= !one.old && self.wanted.as_ref().is_some_and(|w| w.is_of(kind, rule, class));
                    // What is destroyed was covered before, by whomever.
                    let old = one.old || kind == EventKind::OldGone;
                    events.note((kind, rule, class, old), day, name, one, days);
                };
            if let Some((had, days)) = step.early {
                note(&mut self.events, EventKind::Early, Some(had), had.name(), days);
            }
            let next = match step.act {
                Act::Move(to) => {
                    if to.is_archive() {
                        note(&mut self.events, EventKind::Archived, Some(to), to.name(), 0);
                    }
                    if one.size < SMALL && to.bills_small() {
                        note(&mut self.events, EventKind::Small, Some(to), to.name(), 0);
                    }
                    if let Some(moved) = self.moved.get_mut(to as usize) {
                        *moved = (moved.0 + 1, moved.1.saturating_add(one.size));
                    }
                    Some((self.lines.class(to.name()), state.1))
                }
                Act::Cover => {
                    note(&mut self.events, EventKind::Deleted, None, self.lines.name(state.0), 0);
                    Some((state.0, true))
                }
                Act::Destroy | Act::DropMarker => {
                    let gone = one.old || state.1;
                    let kind = if gone { EventKind::OldGone } else { EventKind::Deleted };
                    note(&mut self.events, kind, None, self.lines.name(state.0), 0);
                    None
                }
            };
            self.lines.change(line, day, state, next, one.size);
            match next {
                Some(next) => state = next,
                None => break,
            }
        }
        wanted
    }

    /// What is kept at the end of a day, by class: of the first midnight it is day 0. Before it, what is there now.
    #[must_use]
    pub fn kept(&self, day: Option<u32>) -> Vec<Tally> {
        self.lines.kept(day)
    }

    /// All of it.
    #[must_use]
    pub fn finish(self) -> Forecast {
        let (terms, until) = (&self.terms, self.terms.until());
        let mut months = Vec::new();
        let mut from = terms.now;
        while from < until {
            let to = Date::of(from).next_month().begins().min(until);
            let middle = Timestamp(from.0 + (to.0 - from.0) / 2);
            let day = (middle >= terms.first()).then(|| terms.day(middle));
            months.push(Month { from, kept: self.lines.kept(day) });
            from = to;
        }
        let moved = (0..).zip(self.moved).filter(|(_, moved)| moved.0 > 0).map(|(at, moved)| Tally {
            class: Class::at(at).map_or("", Class::name).to_owned(),
            objects: moved.0,
            bytes: moved.1,
        });
        Forecast {
            objects: self.objects,
            from: terms.now,
            until,
            events: self.events.told(terms),
            months,
            now: self.lines.kept(None),
            then: self.lines.kept(Some(u32::MAX)),
            moved: moved.collect(),
            lines: self.lines.told(terms),
            keys: self.keys,
        }
    }
}

impl Wanted {
    fn is_of(&self, kind: EventKind, rule: usize, class: Option<Class>) -> bool {
        let by_class = matches!(kind, EventKind::Archived | EventKind::Small | EventKind::Early);
        self.kind == kind && self.rule == rule && (!by_class || self.class == class)
    }
}

/// One version, as it is counted.
#[derive(Debug, Clone, Copy)]
struct One {
    size: u64,
    old: bool,
    held: bool,
}

#[cfg(test)]
mod tests;
