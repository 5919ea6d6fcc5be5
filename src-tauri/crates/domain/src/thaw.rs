//! Archived objects: what may be asked for to read one, how long that takes, and how it stands.
//!
//! **Sources.** Tiers and times: [AWS: Archive retrieval
//! options](https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html); how an object says that it is
//! being thawed: [AWS: `HeadObject`, `x-amz-restore` and
//! `x-amz-archive-status`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
//!
//! A *batch* ([`batch`]) is what was asked for together. What is known of each object is only ever what the server said: a request
//! is noted before it is sent, so after a kill the object is looked at, and neither believed to be thawed nor asked for again blindly.
pub mod batch;
pub mod item;

use serde::{Deserialize, Serialize};

pub use batch::{Again, Asking, ThawBatch, ThawCounts, ThawFrom, ThawPart, ThawState, ThawThen};
pub use item::{Heard, ThawItem, ThawItemState};

use crate::lifecycle::after_days;
use crate::state::Timestamp;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;

/// Where an archived object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archive {
    /// Storage class `GLACIER`.
    Glacier,
    /// Storage class `DEEP_ARCHIVE`.
    DeepArchive,
    /// Archive tier of `INTELLIGENT_TIERING`.
    TieringArchive,
    /// Deep archive tier of `INTELLIGENT_TIERING`.
    TieringDeepArchive,
}

impl Archive {
    /// By storage class and `x-amz-archive-status`; `None` for what can be read at once.
    #[must_use]
    pub fn of(class: &str, status: Option<&str>) -> Option<Self> {
        match (class, status) {
            ("GLACIER", _) => Some(Self::Glacier),
            ("DEEP_ARCHIVE", _) => Some(Self::DeepArchive),
            (_, Some("ARCHIVE_ACCESS")) => Some(Self::TieringArchive),
            (_, Some("DEEP_ARCHIVE_ACCESS")) => Some(Self::TieringDeepArchive),
            (_, _) => None,
        }
    }

    /// Whether a thawed copy lasts a number of days. What `INTELLIGENT_TIERING` thaws stays, and no days are asked for.
    #[must_use]
    pub const fn has_days(self) -> bool {
        matches!(self, Self::Glacier | Self::DeepArchive)
    }

    /// Seconds after which it is worth a look, and by which it typically is done; `None` where there is no such speed. For a deep archive
    /// AWS says only the latter; from when it is worth a look is our guess.
    #[must_use]
    pub const fn takes(self, tier: Tier) -> Option<(u32, u32)> {
        match (self, tier) {
            (Self::Glacier | Self::TieringArchive, Tier::Expedited) => Some((MINUTE, 5 * MINUTE)),
            (Self::Glacier | Self::TieringArchive, Tier::Standard) => Some((3 * HOUR, 5 * HOUR)),
            (Self::Glacier | Self::TieringArchive, Tier::Bulk) => Some((5 * HOUR, 12 * HOUR)),
            (Self::DeepArchive | Self::TieringDeepArchive, Tier::Expedited) => None,
            (Self::DeepArchive | Self::TieringDeepArchive, Tier::Standard) => Some((9 * HOUR, 12 * HOUR)),
            (Self::DeepArchive | Self::TieringDeepArchive, Tier::Bulk) => Some((12 * HOUR, 48 * HOUR)),
        }
    }
}

/// How quickly an object is thawed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Tier {
    /// Within minutes, dear, and not for large objects at every hour.
    Expedited,
    /// Within hours.
    #[default]
    Standard,
    /// Within a day or two, and cheap.
    Bulk,
}

impl Tier {
    /// Its name at the server.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expedited => "Expedited",
            Self::Standard => "Standard",
            Self::Bulk => "Bulk",
        }
    }
}

/// How an archived object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thaw {
    /// Nobody asked for it.
    Frozen,
    /// It was asked for.
    Going,
    /// It can be read, and a copy of it is there until then; `None`: for good.
    Ready(Option<Timestamp>),
}

/// What `x-amz-restore` says: `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`. `date` reads such a date. What
/// cannot be read says that it is not ready, so that nothing is fetched in vain.
#[must_use]
pub fn told(restore: Option<&str>, date: impl Fn(&str) -> Option<Timestamp>) -> Thaw {
    let Some(text) = restore else { return Thaw::Frozen };
    let value = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        let rest = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        rest.split_once('"').map(|(value, _)| value)
    };
    match value("ongoing-request") {
        Some("false") => Thaw::Ready(value("expiry-date").and_then(date)),
        Some(_) | None => Thaw::Going,
    }
}

/// Until when a copy lasts that is asked for `days` and thawed at this moment: rounded up to midnight UTC, as rules are.
#[must_use]
pub const fn lasts(thawed: Timestamp, days: u32) -> Timestamp {
    after_days(thawed, days)
}

/// How many seconds after it was asked for an object is looked at for the n-th time (from 0): first when it can be ready at the earliest,
/// then eight times up to when it should be, and then each time a quarter later, an hour apart at most.
#[must_use]
pub fn look_after((least, most): (u32, u32), looks: u32) -> u32 {
    const STEPS: u32 = 8;
    let step = most.saturating_sub(least).div_ceil(STEPS).max(15);
    if looks <= STEPS {
        return least.saturating_add(step.saturating_mul(looks));
    }
    let mut at = least.saturating_add(step.saturating_mul(STEPS));
    let mut wait = step;
    for _ in STEPS..looks.min(STEPS + 200) {
        wait = wait.saturating_add(wait / 4).clamp(15, HOUR);
        at = at.saturating_add(wait);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hb23_what_is_archived_is_told_by_class_and_by_the_tier_of_intelligent_tiering() {
        for (class, status, expected) in [
            ("GLACIER", None, Some(Archive::Glacier)),
            ("DEEP_ARCHIVE", None, Some(Archive::DeepArchive)),
            ("GLACIER_IR", None, None),
            ("STANDARD", None, None),
            ("", None, None),
            ("INTELLIGENT_TIERING", None, None),
            ("INTELLIGENT_TIERING", Some("ARCHIVE_ACCESS"), Some(Archive::TieringArchive)),
            ("INTELLIGENT_TIERING", Some("DEEP_ARCHIVE_ACCESS"), Some(Archive::TieringDeepArchive)),
        ] {
            assert_eq!(Archive::of(class, status), expected, "{class} {status:?}");
        }
        assert!(Archive::Glacier.has_days() && !Archive::TieringArchive.has_days());
    }

    #[test]
    fn there_is_nothing_quick_about_a_deep_archive() {
        assert_eq!(Archive::DeepArchive.takes(Tier::Expedited), None);
        assert_eq!(Archive::Glacier.takes(Tier::Expedited), Some((60, 300)));
        assert_eq!(Archive::DeepArchive.takes(Tier::Bulk).map(|t| t.1), Some(48 * 3600));
    }

    #[test]
    fn hb23_the_head_says_how_it_stands_and_what_cannot_be_read_is_not_ready() {
        let day = Timestamp::from_millis(1_356_048_000_000);
        let date = |text: &str| (text == "Fri, 21 Dec 2012 00:00:00 GMT").then_some(day);
        for (text, expected) in [
            (None, Thaw::Frozen),
            (Some(r#"ongoing-request="true""#), Thaw::Going),
            (
                Some(r#"ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT""#),
                Thaw::Ready(Some(day)),
            ),
            (
                Some(r#"expiry-date = "Fri, 21 Dec 2012 00:00:00 GMT", ongoing-request = "false""#),
                Thaw::Ready(Some(day)),
            ),
            (Some(r#"ongoing-request="false""#), Thaw::Ready(None)),
            (Some(r#"ongoing-request="false", expiry-date="soon""#), Thaw::Ready(None)),
            (Some("ongoing-request=false"), Thaw::Going),
            (Some(""), Thaw::Going),
        ] {
            assert_eq!(told(text, date), expected, "{text:?}");
        }
    }

    #[test]
    fn a_copy_lasts_to_the_midnight_after_its_days() {
        let noon = Timestamp::from_millis(1_356_048_000_000 + 12 * 3_600_000);
        assert_eq!(lasts(noon, 1), Timestamp::from_millis(1_356_048_000_000 + 2 * 86_400_000));
    }

    #[test]
    fn looks_begin_when_it_can_be_ready_and_get_rarer_when_it_is_late() {
        let span = (3 * HOUR, 5 * HOUR);
        assert_eq!(look_after(span, 0), 3 * HOUR);
        assert_eq!(look_after(span, 8), 5 * HOUR);
        let waits: Vec<u32> = (8..60).map(|n| look_after(span, n + 1) - look_after(span, n)).collect();
        assert!(waits.is_sorted() && waits.last() == Some(&HOUR), "{waits:?}");
        // No matter how often: no step is shorter than a quarter of a minute, and none is lost.
        assert!((0..40).all(|n| look_after((60, 300), n + 1) >= look_after((60, 300), n) + 15));
        assert!(look_after((0, u32::MAX), u32::MAX) == u32::MAX);
    }
}
