//! Archived objects that are asked for together, from the plan to the end of their copies.
use serde::{Deserialize, Serialize};

use super::item::{ThawItem, ThawItemState};
use super::{Archive, Tier, lasts, look_after};
use crate::job::JobSpec;
use crate::key::Bucket;
use crate::state::{JobId, ThawId, Timestamp};

/// Objects of each archive that are looked at until the first of them can be read.
pub const SAMPLES: usize = 3;

/// Days that copies can be asked for.
pub const MOST_DAYS: u32 = 36_500;

/// How a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThawState {
    /// Its objects are being found.
    Planning,
    /// The plan can be read; nothing was asked for.
    Planned,
    /// The objects are being asked for.
    Asking,
    /// All were asked for.
    Thawing,
    /// All that come can be read.
    Ready,
    /// They are being fetched, or were.
    Downloading,
    /// The copies have ended, or all was done that was wanted.
    Past,
    /// Ended by a person.
    Stopped,
    /// It could not be planned.
    Failed,
}

impl ThawState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Planning,
        Self::Planned,
        Self::Asking,
        Self::Thawing,
        Self::Ready,
        Self::Downloading,
        Self::Past,
        Self::Stopped,
        Self::Failed,
    ];

    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Asking => "asking",
            Self::Thawing => "thawing",
            Self::Ready => "ready",
            Self::Downloading => "downloading",
            Self::Past => "past",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Past | Self::Stopped | Self::Failed)
    }
}

/// What happens once a batch can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThawThen {
    /// A notice.
    Tell,
    /// It is fetched into this folder.
    Download {
        /// Absolute path.
        to: String,
    },
    /// The restore that it is made from is planned again and started.
    Restore,
}

/// What a batch is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThawFrom {
    /// The current versions of these keys, and of what is below these prefixes.
    Roots(Vec<String>),
    /// The versions that this restore left.
    Job(JobId),
}

/// Objects of one archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThawPart {
    /// Where they lie.
    pub archive: Archive,
    /// How many.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A time at which objects were asked for on a person's word, and what that costs by the price list of that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// When.
    pub at: Timestamp,
    /// Billionths of the currency; `None` where that was not known.
    pub cost: Option<u64>,
    /// Three letters.
    pub currency: String,
}

/// What was asked for already is asked for once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// More quickly.
    Faster {
        /// How quickly.
        tier: Tier,
        /// Objects up to this place were.
        at: u64,
    },
    /// For longer: so many days from now.
    Longer {
        /// Days.
        days: u32,
        /// Objects up to this place were.
        at: u64,
    },
}

/// How many objects stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ThawCounts {
    /// All of them.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Looked at and not archived, so not in it.
    pub skipped: u64,
    /// Not asked for yet, as far as is known.
    pub planned: u64,
    /// Asked for.
    pub thawing: u64,
    /// Can be read.
    pub ready: u64,
    /// On disk.
    pub downloaded: u64,
    /// Their copies have ended.
    pub ended: u64,
    /// Could not be asked for, or are gone.
    pub failed: u64,
}

impl ThawCounts {
    const fn of(&mut self, state: ThawItemState) -> &mut u64 {
        match state {
            ThawItemState::Planned | ThawItemState::Asking => &mut self.planned,
            ThawItemState::Thawing => &mut self.thawing,
            ThawItemState::Ready => &mut self.ready,
            ThawItemState::Downloaded => &mut self.downloaded,
            ThawItemState::Ended => &mut self.ended,
            ThawItemState::Failed => &mut self.failed,
        }
    }

    /// Counts a new one.
    pub const fn add(&mut self, item: &ThawItem) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(item.size);
        *self.of(item.state) += 1;
    }

    /// Counts what one became.
    pub const fn moved(&mut self, before: ThawItemState, after: ThawItemState) {
        let from = self.of(before);
        *from = from.saturating_sub(1);
        *self.of(after) += 1;
    }

    /// Those that were asked for, whatever became of them.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.thawing + self.ready + self.downloaded + self.ended
    }
}

/// A batch as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThawBatch {
    /// Id.
    pub id: ThawId,
    /// Its name, as the keys have it.
    pub name: String,
    /// Connection.
    pub connection: String,
    /// Bucket.
    pub bucket: Bucket,
    /// Prefix that is common to all of it: empty, or ends in `/`.
    pub place: String,
    /// What it is made from.
    pub from: ThawFrom,
    /// How it stands.
    pub state: ThawState,
    /// How quickly it was asked for.
    pub tier: Option<Tier>,
    /// Days that its copies last.
    pub days: Option<u32>,
    /// What comes then.
    pub then: ThawThen,
    /// Its objects by archive.
    pub parts: Vec<ThawPart>,
    /// Its objects by how they stand.
    pub counts: ThawCounts,
    /// What it costs, in the words of whoever asked for it; empty before.
    pub price: String,
    /// Each time that it was asked for on a person's word.
    pub asked: Vec<Asking>,
    /// When it was asked for last; looks are timed by it.
    pub asked_at: Option<Timestamp>,
    /// Looks since then.
    pub looks: u32,
    /// When all of it could be read.
    pub ready_at: Option<Timestamp>,
    /// When the first copy ends.
    pub ends_at: Option<Timestamp>,
    /// What is asked for once more, while it is.
    pub again: Option<Again>,
    /// Folder that it is fetched to, or was.
    pub folder: Option<String>,
    /// What the restore that it is made from was asked for: the job itself may be forgotten by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<JobSpec>,
    /// Restore that was planned when it could be read.
    pub restored_by: Option<JobId>,
    /// What was to come then did not work; it is tried again on a person's word.
    pub stuck: bool,
    /// Why it failed, or what did not work; for people, else empty.
    pub note: String,
    /// When it was made.
    pub created: Timestamp,
}

impl ThawBatch {
    /// Counts an object that belongs to it.
    pub fn add(&mut self, item: &ThawItem) {
        self.counts.add(item);
        match self.parts.iter_mut().find(|part| part.archive == item.archive) {
            Some(part) => {
                part.objects += 1;
                part.bytes = part.bytes.saturating_add(item.size);
            }
            None => {
                self.parts.push(ThawPart { archive: item.archive, objects: 1, bytes: item.size });
                self.parts.sort_by_key(|part| part.archive);
            }
        }
    }

    /// Whether copies of any of it last days.
    #[must_use]
    pub fn has_days(&self) -> bool {
        self.parts.iter().any(|part| part.archive.has_days())
    }

    /// When it is worth the first look, and by when all typically can be read, in seconds after it was asked for; `None` where
    /// something in it has no such speed.
    #[must_use]
    pub fn takes(&self, tier: Tier) -> Option<(u32, u32)> {
        let mut all: Option<(u32, u32)> = None;
        for part in &self.parts {
            let (least, most) = part.archive.takes(tier)?;
            let (first, last) = all.unwrap_or((least, most));
            all = Some((first.min(least), last.max(most)));
        }
        all
    }

    /// Whether all of it can be asked for more quickly than it was.
    #[must_use]
    pub fn can_hurry(&self) -> bool {
        let quicker = |tier: &Tier| self.takes(*tier).is_some();
        self.state == ThawState::Thawing
            && self.again.is_none()
            && self.tier.is_some_and(|now| {
                [Tier::Expedited, Tier::Standard].iter().filter(|t| **t < now).any(quicker)
            })
    }

    /// Whether copies of it can be made to last longer.
    #[must_use]
    pub fn can_extend(&self) -> bool {
        self.state == ThawState::Ready && self.again.is_none() && self.has_days() && self.counts.ready > 0
    }

    /// Nanoseconds after it was asked for at which it is looked at next, where a second of waiting takes `second` nanoseconds.
    fn look_in(&self, second: u64) -> Option<i64> {
        let after = look_after(self.takes(self.tier?)?, self.looks);
        i64::try_from(u64::from(after).saturating_mul(second)).ok()
    }

    /// When it is looked at next; `None` while nothing is to be seen. `second` is how many nanoseconds a second of waiting takes.
    #[must_use]
    pub fn look_at(&self, second: u64) -> Option<Timestamp> {
        (self.state == ThawState::Thawing)
            .then(|| Some(Timestamp(self.asked_at?.0.saturating_add(self.look_in(second)?))))?
    }

    /// By when all of it typically can be read.
    #[must_use]
    pub fn due_at(&self, second: u64) -> Option<Timestamp> {
        let most = self.takes(self.tier?)?.1;
        let after = i64::try_from(u64::from(most).saturating_mul(second)).ok()?;
        Some(Timestamp(self.asked_at?.0.saturating_add(after)))
    }

    /// Whether nothing of it is there to be read any more, nor will be.
    #[must_use]
    pub const fn nothing_left(&self) -> bool {
        self.counts.planned == 0 && self.counts.thawing == 0 && self.counts.ready == 0
    }
}

/// By when a copy has ended in any case that was asked for then.
#[must_use]
pub fn surely_over(asked: Timestamp, takes: (u32, u32), days: Option<u32>) -> Option<Timestamp> {
    let late = i64::from(takes.1).saturating_mul(2_000_000_000);
    Some(lasts(Timestamp(asked.0.saturating_add(late)), days?))
}

/// Which of these are looked at: some of each archive until one of it can be read, and then all of it. `readable` are the archives of
/// which something was seen to be.
#[must_use]
pub fn worth_a_look(thawing: &[ThawItem], readable: &[Archive]) -> Vec<ThawItem> {
    let mut chosen = Vec::new();
    let mut archives: Vec<Archive> = thawing.iter().map(|item| item.archive).collect();
    archives.sort_unstable();
    archives.dedup();
    for archive in archives {
        let of: Vec<&ThawItem> = thawing.iter().filter(|item| item.archive == archive).collect();
        if readable.contains(&archive) || of.len() <= SAMPLES {
            chosen.extend(of.into_iter().cloned());
            continue;
        }
        let last = of.len() - 1;
        chosen.extend(
            (0..SAMPLES).filter_map(|n| of.get(n * last / (SAMPLES - 1))).map(|item| (*item).clone()),
        );
    }
    chosen
}

#[cfg(test)]
mod tests;
