//! Lifecycle: the rules of a bucket, and what they will do to a key and when, day by day.
//!
//! **Sources.** Rounding: a rule's days are added to the time of the object, and the result is rounded up to the next midnight UTC
//! ([AWS: Lifecycle configuration
//! elements](https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days)).
//! What wins where two rules meet: deleting for good, then a transition, then a delete marker; of two transitions the one to the
//! colder class ([AWS: Examples, conflicts](https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html)). Which
//! class leads to which, and which objects are too small ([AWS: Transitioning
//! objects](https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html)).
//!
//! **What it is not:** a promise. S3 acts some time after a moment of a rule, and what people do in the meantime is not known.
pub mod days;
pub mod forecast;
pub mod simulate;
pub mod warnings;
pub mod words;

pub use days::Date;
pub use forecast::{Forecast, Forecaster, Terms};
pub use simulate::{Act, Fate, Subject, simulate};

use serde::{Deserialize, Serialize};

use crate::state::Timestamp;

/// Objects below this are not moved by rules, unless a rule names sizes or the bucket says otherwise, in bytes.
pub const SMALL: u64 = 128 * 1024;

/// A storage class that rules know, warmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Class {
    /// `STANDARD`, and what the server calls nothing at all.
    Standard,
    /// `STANDARD_IA`.
    StandardIa,
    /// `INTELLIGENT_TIERING`.
    IntelligentTiering,
    /// `ONEZONE_IA`.
    OnezoneIa,
    /// `GLACIER_IR`.
    GlacierIr,
    /// `GLACIER`.
    Glacier,
    /// `DEEP_ARCHIVE`.
    DeepArchive,
}

impl Class {
    const ALL: [(&'static str, Self); 7] = [
        ("STANDARD", Self::Standard),
        ("STANDARD_IA", Self::StandardIa),
        ("INTELLIGENT_TIERING", Self::IntelligentTiering),
        ("ONEZONE_IA", Self::OnezoneIa),
        ("GLACIER_IR", Self::GlacierIr),
        ("GLACIER", Self::Glacier),
        ("DEEP_ARCHIVE", Self::DeepArchive),
    ];

    /// By its name at the server; `None` for those that rules do not move (`REDUCED_REDUNDANCY`, `EXPRESS_ONEZONE`…).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name.is_empty() { "STANDARD" } else { name };
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    /// Its name at the server.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, class)| *class == self).map_or("", |(name, _)| name)
    }

    /// By its place among all of them.
    #[must_use]
    pub fn at(place: usize) -> Option<Self> {
        Self::ALL.get(place).map(|(_, class)| *class)
    }

    /// Whether an object below [`SMALL`] is billed as a larger one in it: as 128 KiB, or in an archive with 40 KiB more than it has.
    #[must_use]
    pub const fn bills_small(self) -> bool {
        !matches!(self, Self::Standard | Self::IntelligentTiering)
    }

    /// Whether what is in it has to be thawed before it can be read.
    #[must_use]
    pub const fn is_archive(self) -> bool {
        matches!(self, Self::Glacier | Self::DeepArchive)
    }

    /// Days that are paid for at least.
    #[must_use]
    pub const fn least_days(self) -> u32 {
        match self {
            Self::Standard | Self::IntelligentTiering => 0,
            Self::StandardIa | Self::OnezoneIa => 30,
            Self::GlacierIr | Self::Glacier => 90,
            Self::DeepArchive => 180,
        }
    }

    /// Whether a rule moves from this class to another one.
    #[must_use]
    pub fn leads_to(self, to: Self) -> bool {
        match self {
            // From one zone it goes to the two archives alone.
            Self::OnezoneIa => matches!(to, Self::Glacier | Self::DeepArchive),
            Self::Standard
            | Self::StandardIa
            | Self::IntelligentTiering
            | Self::GlacierIr
            | Self::Glacier
            | Self::DeepArchive => to > self,
        }
    }
}

/// Which objects are too small to be moved (`x-amz-transition-default-minimum-object-size`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallObjects {
    /// All below 128 KiB: the default since September 2024.
    #[default]
    Stay,
    /// Those below 128 KiB on their way to a class other than the two archives: the default before.
    VariesByClass,
}

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// It never did.
    #[default]
    Never,
    /// It does.
    On,
    /// It did: new objects replace the version `null`.
    Suspended,
}

/// Which objects a rule is for; what is empty excludes none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filter {
    /// The start of their keys.
    #[serde(default)]
    pub prefix: String,
    /// Tags that they all bear.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// They are larger than this, in bytes.
    #[serde(default)]
    pub larger_than: Option<u64>,
    /// They are smaller than this, in bytes.
    #[serde(default)]
    pub smaller_than: Option<u64>,
}

impl Filter {
    /// Whether it is for an object. `None`: that hangs on tags, and they are not known.
    #[must_use]
    pub fn meets(&self, key: &str, size: u64, tags: Option<&[(String, String)]>) -> Option<bool> {
        let rest = key.starts_with(&self.prefix)
            && self.larger_than.is_none_or(|least| size > least)
            && self.smaller_than.is_none_or(|most| size < most);
        if !rest {
            return Some(false);
        }
        if self.tags.is_empty() {
            return Some(true);
        }
        tags.map(|tags| self.tags.iter().all(|wanted| tags.contains(wanted)))
    }

    /// Whether it says something of sizes; then it is not asked whether an object is too small.
    const fn names_sizes(&self) -> bool {
        self.larger_than.is_some() || self.smaller_than.is_some()
    }
}

/// When something is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many days after the object was written.
    Days(u32),
    /// From this day on, whenever it was written; a midnight UTC.
    Date(Timestamp),
}

/// What happens to versions that are not current any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noncurrent {
    /// So many days after they were covered.
    pub days: u32,
    /// So many newer ones that are not current either are left alone.
    #[serde(default)]
    pub keep_newer: u32,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which objects it is for.
    #[serde(default)]
    pub filter: Filter,
    /// Moves of current versions.
    #[serde(default)]
    pub transitions: Vec<(When, Class)>,
    /// The end of current versions.
    #[serde(default)]
    pub expiration: Option<When>,
    /// Whether delete markers go that cover nothing.
    #[serde(default)]
    pub expired_markers: bool,
    /// Moves of versions that are not current.
    #[serde(default)]
    pub noncurrent_transitions: Vec<(Noncurrent, Class)>,
    /// Their end.
    #[serde(default)]
    pub noncurrent_expiration: Option<Noncurrent>,
    /// Days after which unfinished uploads are aborted.
    #[serde(default)]
    pub abort_uploads: Option<u32>,
}

/// Whether two lists hold the same in any order.
fn alike<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let mut left: Vec<&T> = b.iter().collect();
    a.iter().all(|one| left.iter().position(|other| *other == one).map(|at| left.swap_remove(at)).is_some())
        && left.is_empty()
}

impl Rule {
    /// Whether it says the same as another one; the order of its tags and moves says nothing.
    #[must_use]
    pub fn says(&self, other: &Self) -> bool {
        let rest = |rule: &Self| Self {
            filter: Filter { tags: Vec::new(), ..rule.filter.clone() },
            transitions: Vec::new(),
            noncurrent_transitions: Vec::new(),
            ..rule.clone()
        };
        alike(&self.filter.tags, &other.filter.tags)
            && alike(&self.transitions, &other.transitions)
            && alike(&self.noncurrent_transitions, &other.noncurrent_transitions)
            && rest(self) == rest(other)
    }
}

const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

/// The midnight UTC at or after a moment.
#[must_use]
pub const fn midnight(at: Timestamp) -> Timestamp {
    let rest = at.0.rem_euclid(DAY);
    if rest == 0 { at } else { Timestamp(at.0.saturating_add(DAY - rest)) }
}

/// The moment of a rule: so many days later, rounded up to midnight UTC.
#[must_use]
pub const fn after_days(at: Timestamp, days: u32) -> Timestamp {
    midnight(Timestamp(at.0.saturating_add((days as i64).saturating_mul(DAY))))
}

/// When an upload that was begun then is aborted by a rule.
#[must_use]
pub fn aborted_at(rules: &[Rule], key: &str, begun: Timestamp) -> Option<Timestamp> {
    // An upload has no size and no tags yet, so rules that ask for them are not for it.
    let is_for = |rule: &&Rule| {
        let Filter { prefix, tags, .. } = &rule.filter;
        rule.enabled && key.starts_with(prefix) && tags.is_empty() && !rule.filter.names_sizes()
    };
    rules
        .iter()
        .filter(is_for)
        .filter_map(|rule| rule.abort_uploads)
        .min()
        .map(|days| after_days(begun, days))
}

#[cfg(test)]
mod tests;
