//! All versions below a prefix in memory, small enough that every move of the slider can be answered by looking at each key:
//! 30 bytes a version and 4 a key. A million versions in 200,000 keys are 31 MB and a few milliseconds.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::plan::{Amount, Choice, Step, Totals, step};
use super::{Change, Content, Version, since};
use crate::price::Tally;
use crate::state::Timestamp;
use crate::thaw::Archive;

/// What stands for the content of a version among those of its key: 0 is a delete marker, and the same number the same bytes.
type ContentId = u32;

/// A storage class, by its place in a list; there are never as many.
type ClassId = u8;

/// Takes in keys one by one.
#[derive(Debug, Default)]
pub struct Builder {
    timeline: Timeline,
}

impl Builder {
    /// Takes a key with its versions, newest first. Keys are numbered as they come, from 0.
    pub fn add(&mut self, versions: &[Version]) {
        let line = &mut self.timeline;
        let mut contents: BTreeMap<(u64, &str), ContentId> = BTreeMap::new();
        let since = since(versions);
        for (version, since) in versions.iter().zip(since).rev() {
            line.since.push(since);
            match &version.content {
                None => {
                    line.content.push(0);
                    line.size.push(0);
                    line.class.push(0);
                }
                Some(Content { size, etag, class }) => {
                    let next = u32::try_from(contents.len() + 1).unwrap_or(u32::MAX);
                    line.content.push(*contents.entry((*size, etag.as_str())).or_insert(next));
                    line.size.push(*size);
                    let known = line.classes.iter().position(|one| one == class);
                    let place = known.unwrap_or_else(|| {
                        line.classes.push(class.clone());
                        line.classes.len() - 1
                    });
                    line.class.push(ClassId::try_from(place).unwrap_or(ClassId::MAX));
                }
            }
        }
        line.ends.push(u32::try_from(line.since.len()).unwrap_or(u32::MAX));
    }

    /// All of them.
    #[must_use]
    pub fn build(mut self) -> Timeline {
        let line = &mut self.timeline;
        line.moments = line.since.clone();
        line.moments.sort_unstable();
        self.timeline
    }
}

/// All versions below a prefix.
#[derive(Debug, Default, Clone)]
pub struct Timeline {
    /// Where the versions of each key end.
    ends: Vec<u32>,
    /// Of each version, oldest first within its key: since when it was the visible one.
    since: Vec<Timestamp>,
    content: Vec<ContentId>,
    size: Vec<u64>,
    class: Vec<ClassId>,
    /// The storage classes that there are.
    classes: Vec<Box<str>>,
    /// All of `since`, sorted.
    moments: Vec<Timestamp>,
}

/// What a place looked like at a moment, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// What was there.
    pub then: Amount,
    /// What is there now.
    pub now: Amount,
    /// Objects in the very version of then.
    pub same: u64,
    /// Objects written again with the same bytes.
    pub rewritten: u64,
    /// Objects with other bytes; bytes of then.
    pub changed: Amount,
    /// Objects that are gone; bytes of then.
    pub deleted: Amount,
    /// Objects that came since; bytes of now.
    pub added: Amount,
}

/// What happened within a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bar {
    /// Versions that were written.
    pub written: u32,
    /// Delete markers.
    pub deleted: u32,
}

/// A key at a moment and now, by the places of its versions, oldest 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The key's number.
    pub key: u32,
    /// What became of it.
    pub change: Change,
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// In figures.
    pub totals: Totals,
    /// What is copied and need not be thawed first, by storage class.
    pub copies: Vec<Tally>,
    /// The keys of that.
    pub readable: Vec<u32>,
}

/// A key as [`Timeline::each`] sees it; versions by their places among those of all keys.
struct Seen {
    key: u32,
    change: Change,
    then: Option<usize>,
    now: Option<usize>,
    /// A marker on top is all that came since.
    lone: bool,
}

impl Timeline {
    /// Keys.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.ends.len()
    }

    /// Where the versions of a key lie among those of all keys, in the order in which they came.
    #[must_use]
    pub fn places(&self, key: u32) -> Range<u32> {
        let key = key as usize;
        let begin = key.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        begin..self.ends.get(key).copied().unwrap_or(begin)
    }

    /// The same for some of its keys alone: they keep their order, and are numbered from 0.
    #[must_use]
    pub fn within(&self, keys: &Range<u32>) -> Self {
        let begin = self.places(keys.start).start;
        let ends = self.ends.get(keys.start as usize..keys.end as usize).unwrap_or_default();
        let end = ends.last().copied().unwrap_or(begin);
        let places = begin as usize..end as usize;
        let since = self.since.get(places.clone()).unwrap_or_default().to_vec();
        let mut moments = since.clone();
        moments.sort_unstable();
        Self {
            ends: ends.iter().map(|end| end - begin).collect(),
            since,
            content: self.content.get(places.clone()).unwrap_or_default().to_vec(),
            size: self.size.get(places.clone()).unwrap_or_default().to_vec(),
            class: self.class.get(places).unwrap_or_default().to_vec(),
            classes: self.classes.clone(),
            moments,
        }
    }

    /// Versions and markers.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.since.len()
    }

    /// When the first and the last version came; `None` when there is none.
    #[must_use]
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        Some((*self.moments.first()?, *self.moments.last()?))
    }

    /// The last moment before this one at which something changed.
    #[must_use]
    pub fn earlier(&self, moment: Timestamp) -> Option<Timestamp> {
        let place = self.moments.partition_point(|at| *at < moment);
        self.moments.get(place.checked_sub(1)?).copied()
    }

    /// The first moment after this one at which something changed.
    #[must_use]
    pub fn later(&self, moment: Timestamp) -> Option<Timestamp> {
        self.moments.get(self.moments.partition_point(|at| *at <= moment)).copied()
    }

    /// How many versions and markers came in each of `bars` stretches of the same length, from `from` up to and without `to`.
    #[must_use]
    pub fn density(&self, from: Timestamp, to: Timestamp, bars: u16) -> Vec<Bar> {
        let mut all = vec![Bar::default(); usize::from(bars)];
        let length = i128::from(to.0) - i128::from(from.0);
        if length <= 0 || bars == 0 {
            return all;
        }
        for (since, content) in self.since.iter().zip(&self.content) {
            if *since < from || *since >= to {
                continue;
            }
            let place = (i128::from(since.0) - i128::from(from.0)) * i128::from(bars) / length;
            if let Some(bar) = usize::try_from(place).ok().and_then(|place| all.get_mut(place)) {
                if *content == 0 {
                    bar.deleted = bar.deleted.saturating_add(1);
                } else {
                    bar.written = bar.written.saturating_add(1);
                }
            }
        }
        all
    }

    /// The place as it was, and the difference to now.
    #[must_use]
    pub fn counts(&self, moment: Timestamp) -> Counts {
        let mut counts = Counts::default();
        self.each(moment, |Seen { change, then, now, .. }| {
            let (then, now) = (self.size_at(then), self.size_at(now));
            for (amount, size) in [(&mut counts.then, then), (&mut counts.now, now)] {
                if let Some(size) = size {
                    amount.objects += 1;
                    amount.bytes += size;
                }
            }
            let (amount, size) = match change {
                Change::Same => {
                    counts.same += u64::from(now.is_some());
                    return;
                }
                Change::Rewritten => {
                    counts.rewritten += 1;
                    return;
                }
                Change::Changed => (&mut counts.changed, then),
                Change::Deleted => (&mut counts.deleted, then),
                Change::Added => (&mut counts.added, now),
            };
            amount.objects += 1;
            amount.bytes += size.unwrap_or_default();
        });
        counts
    }

    /// The keys that are not what they were, in their order.
    #[must_use]
    pub fn differences(&self, moment: Timestamp) -> Vec<Moment> {
        let mut all = Vec::new();
        self.each(moment, |Seen { key, change, .. }| {
            if change != Change::Same {
                all.push(Moment { key, change });
            }
        });
        all
    }

    /// The keys that were there at a moment, in their order.
    #[must_use]
    pub fn there(&self, moment: Timestamp) -> Vec<u32> {
        let mut all = Vec::new();
        self.each(moment, |Seen { key, then, .. }| {
            if then.is_some() {
                all.push(key);
            }
        });
        all
    }

    /// What a choice comes to: for each key what [`super::plan::bring_back`] has for it. `but`: keys that are treated the other
    /// way.
    #[must_use]
    pub fn plan(&self, choice: &Choice, but: &BTreeSet<u32>) -> Planned {
        let (mut planned, other) = (Planned::default(), choice.other_way());
        let mut copies = vec![Amount::default(); self.classes.len()];
        self.each(choice.moment, |Seen { key, change, then, lone, .. }| {
            if change == Change::Same {
                return;
            }
            let step = step(change, lone, if but.contains(&key) { &other } else { choice });
            let size = self.size_at(then).unwrap_or_default();
            let class = then.and_then(|place| self.class.get(place)).copied().map_or(0, usize::from);
            let mut thaw = false;
            if step == Ok(Step::Copy) {
                thaw = self.classes.get(class).is_some_and(|class| Archive::of(class, None).is_some());
                if !thaw {
                    planned.readable.push(key);
                    if let Some(amount) = copies.get_mut(class) {
                        amount.objects += 1;
                        amount.bytes += size;
                    }
                }
            }
            planned.totals.count_step(change, step, size, thaw);
        });
        planned.copies = (self.classes.iter().zip(copies))
            .filter(|(_, amount)| amount.objects > 0)
            .map(|(class, amount)| Tally {
                class: class.to_string(),
                objects: amount.objects,
                bytes: amount.bytes,
            })
            .collect();
        planned
    }

    fn size_at(&self, place: Option<usize>) -> Option<u64> {
        self.size.get(place?).copied()
    }

    /// Each key in turn.
    fn each(&self, moment: Timestamp, mut see: impl FnMut(Seen)) {
        let mut start = 0;
        for (key, end) in (0u32..).zip(&self.ends) {
            let end = *end as usize;
            let (Some(since), Some(content)) = (self.since.get(start..end), self.content.get(start..end))
            else {
                return;
            };
            let id = |place: Option<usize>| content.get(place?).copied().filter(|id| *id != 0);
            let place = since.partition_point(|at| *at <= moment).checked_sub(1);
            let last = since.len().checked_sub(1);
            let (then, now) = (id(place), id(last));
            let change = match (then, now) {
                _ if place == last => Change::Same,
                (None, None) => Change::Same,
                (Some(_), None) => Change::Deleted,
                (None, Some(_)) => Change::Added,
                (Some(then), Some(now)) if then == now => Change::Rewritten,
                (Some(_), Some(_)) => Change::Changed,
            };
            see(Seen {
                key,
                change,
                then: then.and(place).map(|place| start + place),
                now: now.and(last).map(|last| start + last),
                lone: now.is_none() && place.map(|place| place + 1) == last,
            });
            start = end;
        }
    }
}
