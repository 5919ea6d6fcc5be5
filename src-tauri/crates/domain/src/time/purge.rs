//! Which old versions are destroyed for good, and which stay for what reason. Nothing else in Windlass destroys a version.
//!
//! **Invariant:** the version on top stays, whatever was chosen; so does what is locked, and what bears a time that is yet to come.
use serde::{Deserialize, Serialize};

use super::Version;
use crate::key::VersionId;
use crate::state::Timestamp;

const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

/// What a person chose; a version has to meet all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// It was covered at least so many days ago.
    pub days: u32,
    /// At least so many newer old versions of the key stay.
    pub keep: u32,
    /// It has at least so many bytes.
    pub bytes: u64,
    /// Delete markers below the top go as well, and one on top that covers nothing.
    pub markers: bool,
}

/// Why a version stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It is on top.
    Current,
    /// It is locked until then; `i64::MAX`: it is held.
    Locked(Timestamp),
    /// It was covered too short a time ago, or at a time that is yet to come.
    Young,
    /// It is one of the newest old ones.
    Newest,
    /// It is too small.
    Small,
    /// It is a delete marker, and those stay.
    Marker,
}

/// A version and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The version.
    pub version: VersionId,
    /// Its bytes; 0 of a marker.
    pub bytes: u64,
    /// `None`: it is destroyed.
    pub kept: Option<Kept>,
}

/// What becomes of the versions of a key; newest first, and all of them. `locked` has the same places.
#[must_use]
pub fn purge(
    versions: &[Version],
    locked: &[Option<Timestamp>],
    choice: &Choice,
    now: Timestamp,
) -> Vec<Fate> {
    let mut covered: Option<Timestamp> = None;
    let mut old = 0;
    let mut fates = Vec::with_capacity(versions.len());
    for (place, version) in versions.iter().enumerate() {
        let bytes = version.content.as_ref().map_or(0, |content| content.size);
        let lock = locked.get(place).copied().flatten().filter(|until| *until > now);
        let alone = versions.len() == 1 && version.content.is_none() && choice.markers;
        // A lone marker counts from when it came.
        let since = if alone { Some(version.modified) } else { covered };
        let kept = match (since, lock) {
            (None, _) => Some(Kept::Current),
            (_, Some(until)) => Some(Kept::Locked(until)),
            (Some(since), None) => stays(version, since, old, bytes, choice, now),
        };
        if place > 0 && version.content.is_some() {
            old += 1;
        }
        covered = Some(version.modified);
        fates.push(Fate { version: version.id.clone(), bytes, kept });
    }
    fates
}

fn stays(
    version: &Version,
    since: Timestamp,
    newer: u32,
    bytes: u64,
    choice: &Choice,
    now: Timestamp,
) -> Option<Kept> {
    let days = i64::from(choice.days).saturating_mul(DAY);
    // What bears a later time than what covers it was covered when that came: no earlier than either says.
    let since = since.0.max(version.modified.0);
    if now.0.saturating_sub(since) < days {
        return Some(Kept::Young);
    }
    if version.content.is_none() {
        return (!choice.markers).then_some(Kept::Marker);
    }
    if newer < choice.keep {
        return Some(Kept::Newest);
    }
    (bytes < choice.bytes).then_some(Kept::Small)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::ETag;
    use crate::time::Content;

    const NOW: Timestamp = Timestamp(1000 * DAY);

    /// A version of so many days ago, with bytes or a marker.
    fn version(number: usize, days: i64, bytes: Option<u64>) -> Version {
        let content = |size| Content { size, etag: ETag::new("e"), class: "STANDARD".into() };
        Version {
            id: VersionId::new(format!("v{number}")),
            modified: Timestamp(NOW.0 - days * DAY),
            content: bytes.map(content),
        }
    }

    fn fates(versions: &[Version], locked: &[Option<Timestamp>], choice: Choice) -> Vec<Option<Kept>> {
        purge(versions, locked, &choice, NOW).iter().map(|fate| fate.kept).collect()
    }

    const ALL: Choice = Choice { days: 0, keep: 0, bytes: 0, markers: true };

    #[test]
    fn age_counts_from_when_a_version_was_covered() {
        let versions = [version(0, 5, Some(1)), version(1, 400, Some(1)), version(2, 500, Some(1))];
        let of = |days| fates(&versions, &[], Choice { days, ..ALL });
        assert_eq!(of(5), [Some(Kept::Current), None, None]);
        assert_eq!(of(6), [Some(Kept::Current), Some(Kept::Young), None]);
        assert_eq!(of(401), [Some(Kept::Current), Some(Kept::Young), Some(Kept::Young)]);
    }

    #[test]
    fn the_newest_old_ones_stay_and_markers_are_none_of_them() {
        let versions =
            [version(0, 1, Some(1)), version(1, 2, None), version(2, 3, Some(1)), version(3, 4, Some(1))];
        let choice = Choice { keep: 1, ..ALL };
        assert_eq!(fates(&versions, &[], choice), [Some(Kept::Current), None, Some(Kept::Newest), None]);
        let choice = Choice { markers: false, ..ALL };
        assert_eq!(fates(&versions, &[], choice), [Some(Kept::Current), Some(Kept::Marker), None, None]);
    }

    #[test]
    fn hb22_what_is_locked_stays_with_its_reason_and_goes_when_the_lock_has_ended() {
        let versions = [version(0, 1, Some(1)), version(1, 2, Some(1)), version(2, 3, Some(1))];
        let (later, before) = (Timestamp(NOW.0 + 1), NOW);
        let found = fates(&versions, &[None, Some(later), Some(before)], ALL);
        assert_eq!(found, [Some(Kept::Current), Some(Kept::Locked(later)), None]);
    }

    #[test]
    fn sizes_and_a_marker_that_covers_nothing() {
        let versions = [version(0, 1, Some(1)), version(1, 2, Some(9)), version(2, 3, Some(10))];
        let choice = Choice { bytes: 10, ..ALL };
        assert_eq!(fates(&versions, &[], choice), [Some(Kept::Current), Some(Kept::Small), None]);
        let lone = [version(0, 3, None)];
        assert_eq!(fates(&lone, &[], ALL), [None]);
        assert_eq!(fates(&lone, &[], Choice { days: 4, ..ALL }), [Some(Kept::Young)]);
        assert_eq!(fates(&lone, &[], Choice { markers: false, ..ALL }), [Some(Kept::Current)]);
        assert_eq!(fates(&[version(0, 3, Some(5))], &[], ALL), [Some(Kept::Current)]);
    }

    proptest! {
        /// V3: whatever was chosen and whatever the clocks said, what can be seen stays, and so does what is locked.
        #[test]
        fn what_is_on_top_or_locked_is_never_destroyed(
            versions in proptest::collection::vec((-3i64..20, proptest::option::weighted(0.7, 0u64..5), any::<bool>()), 1..8),
            days in 0u32..10,
            keep in 0u32..3,
            bytes in 0u64..4,
            markers in any::<bool>(),
        ) {
            let all: Vec<Version> = versions.iter().enumerate().map(|(n, v)| version(n, v.0, v.1)).collect();
            let locked: Vec<_> = versions.iter().map(|v| v.2.then_some(Timestamp(NOW.0 + DAY))).collect();
            let choice = Choice { days, keep, bytes, markers };
            let fates = purge(&all, &locked, &choice, NOW);
            prop_assert_eq!(fates.len(), all.len());
            let lone_marker = all.len() == 1 && all[0].content.is_none();
            for (place, fate) in fates.iter().enumerate() {
                prop_assert_eq!(&fate.version, &all[place].id);
                if fate.kept.is_none() {
                    prop_assert!(place > 0 || (lone_marker && markers));
                    prop_assert!(locked[place].is_none());
                    prop_assert!(all[place].modified <= NOW);
                    prop_assert!(fate.bytes >= bytes || all[place].content.is_none());
                    prop_assert!(markers || all[place].content.is_some());
                }
            }
            let left = fates.iter().skip(1).filter(|f| f.kept == Some(Kept::Newest)).count();
            prop_assert!(left <= keep as usize);
        }
    }
}
