//! All versions below a prefix in memory, small enough that every move of the slider can be answered by looking at each key:
//! 21 bytes a version and 4 a key. A million versions in 200,000 keys are 22 MB and a few milliseconds.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::Amount;
use super::{Change, Content, Version, since};
use crate::state::Timestamp;

/// What stands for the content of a version among those of its key: 0 is a delete marker, and the same number the same bytes.
type ContentId = u32;

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
                }
                Some(Content { size, etag, .. }) => {
                    let next = u32::try_from(contents.len() + 1).unwrap_or(u32::MAX);
                    line.content.push(*contents.entry((*size, etag.as_str())).or_insert(next));
                    line.size.push(*size);
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
#[derive(Debug, Default)]
pub struct Timeline {
    /// Where the versions of each key end.
    ends: Vec<u32>,
    /// Of each version, oldest first within its key: since when it was the visible one.
    since: Vec<Timestamp>,
    content: Vec<ContentId>,
    size: Vec<u64>,
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

impl Timeline {
    /// Keys.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.ends.len()
    }

    /// Where the versions of a key lie among those of all keys, in the order in which they came.
    #[must_use]
    pub fn places(&self, key: u32) -> std::ops::Range<u32> {
        let key = key as usize;
        let begin = key.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        begin..self.ends.get(key).copied().unwrap_or(begin)
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
        self.each(moment, |_, change, then, now| {
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
        self.each(moment, |key, change, _, _| {
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
        self.each(moment, |key, _, then, _| {
            if then.is_some() {
                all.push(key);
            }
        });
        all
    }

    /// Each key: its number, what became of it, and its sizes then and now.
    fn each(&self, moment: Timestamp, mut see: impl FnMut(u32, Change, Option<u64>, Option<u64>)) {
        let mut start = 0;
        for (key, end) in (0u32..).zip(&self.ends) {
            let end = *end as usize;
            let (Some(since), Some(content), Some(size)) =
                (self.since.get(start..end), self.content.get(start..end), self.size.get(start..end))
            else {
                return;
            };
            start = end;
            let seen = |place: Option<usize>| {
                let place = place?;
                let id = content.get(place).copied().filter(|id| *id != 0)?;
                Some((id, size.get(place).copied().unwrap_or_default()))
            };
            let (place, last) =
                (since.partition_point(|at| *at <= moment).checked_sub(1), end_place(since.len()));
            let (then, now) = (seen(place), seen(last));
            let change = match (then, now) {
                _ if place == last => Change::Same,
                (None, None) => Change::Same,
                (Some(_), None) => Change::Deleted,
                (None, Some(_)) => Change::Added,
                (Some((then, _)), Some((now, _))) if then == now => Change::Rewritten,
                (Some(_), Some(_)) => Change::Changed,
            };
            see(key, change, then.map(|seen| seen.1), now.map(|seen| seen.1));
        }
    }
}

const fn end_place(len: usize) -> Option<usize> {
    len.checked_sub(1)
}
