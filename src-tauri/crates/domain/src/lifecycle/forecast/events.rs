//! Events: what happens to how many objects, and when it begins.
use std::collections::BTreeMap;

use super::{One, Terms};
use crate::lifecycle::Class;
use crate::state::Timestamp;
use crate::time::plan::Amount;

/// Events that are told.
const MOST: usize = 50;

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// To an archive, where they cannot be read at once.
    Archived,
    /// Current versions are deleted.
    Deleted,
    /// Covered versions are destroyed.
    OldGone,
    /// Moved to a class that bills small objects as larger ones.
    Small,
    /// Moved or destroyed before the least time of their class.
    Early,
    /// It is not known what a rule does to them.
    Unknown,
}

/// Something that happens: one rule does one thing, over some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Place of the rule.
    pub rule: usize,
    /// Whether it is of versions that are old already.
    pub old: bool,
    /// Storage class that they go to, or had; empty where they had several.
    pub class: String,
    /// When it begins; `None` for what has no day.
    pub at: Option<Timestamp>,
    /// When it ends.
    pub last: Option<Timestamp>,
    /// How many on its first day.
    pub first: u64,
    /// How many in all.
    pub amount: Amount,
    /// Those among them that bear a hold.
    pub held: u64,
    /// Of `Early`: the most days that are still paid for.
    pub days: u32,
}

impl Event {
    const fn weight(&self) -> u8 {
        match self.kind {
            EventKind::Deleted | EventKind::OldGone | EventKind::Unknown => 0,
            EventKind::Archived => 1 + self.old as u8,
            EventKind::Small | EventKind::Early => 2,
        }
    }
}

/// What is one event: kind, rule, class where it tells two apart, and whether it is of old versions.
pub(super) type Same = (EventKind, usize, Option<Class>, bool);

#[derive(Debug, Default)]
struct Summed {
    from: u32,
    to: u32,
    first: u64,
    amount: Amount,
    held: u64,
    class: String,
    days: u32,
}

#[derive(Debug, Default)]
pub(super) struct Events {
    all: BTreeMap<Same, Summed>,
}

impl Events {
    /// Counts one version. `class` is the one to tell.
    pub(super) fn note(&mut self, of: Same, day: u32, class: &str, one: One, days: u32) {
        let sum = self.all.entry(of).or_insert_with(|| Summed {
            from: day,
            to: day,
            class: class.to_owned(),
            ..Summed::default()
        });
        if day < sum.from {
            (sum.from, sum.first) = (day, 0);
        }
        sum.to = sum.to.max(day);
        sum.first += u64::from(day == sum.from);
        sum.amount.objects += 1;
        sum.amount.bytes = sum.amount.bytes.saturating_add(one.size);
        sum.held += u64::from(one.held);
        sum.days = sum.days.max(days);
        if sum.class != class {
            sum.class.clear();
        }
    }

    /// Those that are told.
    pub(super) fn told(self, terms: &Terms) -> Vec<Event> {
        let moment = |day: u32| crate::lifecycle::after_days(terms.first(), day);
        let event = |((kind, rule, _, old), sum): (Same, Summed)| {
            let dated = kind != EventKind::Unknown;
            Event {
                kind,
                rule,
                old,
                class: sum.class,
                at: dated.then(|| moment(sum.from)),
                last: dated.then(|| moment(sum.to)),
                first: sum.first,
                amount: sum.amount,
                held: sum.held,
                days: sum.days,
            }
        };
        let mut all: Vec<Event> = self.all.into_iter().map(event).collect();
        // Where there are too many, what is lost counts for more than what is paid for, and many objects for more than few.
        all.sort_by_key(|event| (event.weight(), std::cmp::Reverse(event.amount.objects)));
        all.truncate(MOST);
        all.sort_by_key(|event| (event.at.is_none(), event.at, event.kind, event.rule));
        all
    }
}
