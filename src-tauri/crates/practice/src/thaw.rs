//! Archived objects: which are, and how long it takes until one can be read.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::{Row, now_ms};

const DAY: Duration = Duration::from_secs(86_400);

/// How quickly the server thaws. A real one takes minutes to days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThawPace {
    /// From the request until the object can be read.
    pub takes: Duration,
    /// What counts as a day of a thawed copy. With a true day it lasts to the midnight UTC after its days, as on Amazon S3.
    pub day: Duration,
}

impl Default for ThawPace {
    /// Half a minute, so that a person sees that it takes time; true days.
    fn default() -> Self {
        Self { takes: Duration::from_secs(30), day: DAY }
    }
}

/// The pace that holds from the next request on.
#[derive(Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<ThawPace>>);

impl Pace {
    pub(crate) fn new(pace: ThawPace) -> Self {
        Self(Arc::new(Mutex::new(pace)))
    }

    pub(crate) fn get(&self) -> ThawPace {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, pace: ThawPace) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }
}

/// An archive tier of `INTELLIGENT_TIERING`, into which objects go by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveTier {
    /// `ARCHIVE_ACCESS`.
    Archive,
    /// `DEEP_ARCHIVE_ACCESS`.
    DeepArchive,
}

impl ArchiveTier {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Archive => "ARCHIVE_ACCESS",
            Self::DeepArchive => "DEEP_ARCHIVE_ACCESS",
        }
    }
}

/// What was asked for of an archived object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Thawing {
    pub(crate) ready_ms: i64,
    /// `None`: what is thawed stays.
    pub(crate) until_ms: Option<i64>,
}

/// How an object stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In no archive.
    Open,
    Frozen,
    Going,
    Ready(Option<i64>),
}

impl Standing {
    pub(crate) const fn can_be_read(self) -> bool {
        matches!(self, Self::Open | Self::Ready(_))
    }

    /// `x-amz-restore`.
    pub(crate) fn header(self) -> Option<String> {
        match self {
            Self::Open | Self::Frozen => None,
            Self::Going => Some("ongoing-request=\"true\"".to_owned()),
            Self::Ready(None) => Some("ongoing-request=\"false\"".to_owned()),
            Self::Ready(Some(until)) => {
                let until = jiff::Timestamp::from_millisecond(until).unwrap_or(jiff::Timestamp::MAX);
                let until = until.strftime("%a, %d %b %Y %H:%M:%S GMT");
                Some(format!("ongoing-request=\"false\", expiry-date=\"{until}\""))
            }
        }
    }
}

/// Whether a class is an archive whose thawed copies last for days.
pub(crate) fn is_archive(class: &str) -> bool {
    matches!(class, "GLACIER" | "DEEP_ARCHIVE")
}

/// How a version stands now.
pub(crate) fn standing(row: &Row) -> Standing {
    if !is_archive(&row.storage_class) && row.meta.archive_tier.is_none() {
        return Standing::Open;
    }
    let now = now_ms();
    match row.meta.thaw {
        None => Standing::Frozen,
        Some(thaw) if now < thaw.ready_ms => Standing::Going,
        Some(Thawing { until_ms: Some(until), .. }) if until <= now => Standing::Frozen,
        Some(Thawing { until_ms, .. }) => Standing::Ready(until_ms),
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Until when a copy lasts that can be read from `from` on.
pub(crate) fn lasts(pace: ThawPace, from: i64, days: i32) -> i64 {
    let until = from.saturating_add(millis(pace.day).saturating_mul(i64::from(days)));
    let day = millis(DAY);
    if pace.day == DAY { until.saturating_add((day - until.rem_euclid(day)).rem_euclid(day)) } else { until }
}

/// A request that is taken now.
pub(crate) fn begun(pace: ThawPace, days: Option<i32>) -> Thawing {
    let ready_ms = now_ms().saturating_add(millis(pace.takes));
    Thawing { ready_ms, until_ms: days.map(|days| lasts(pace, ready_ms, days)) }
}
