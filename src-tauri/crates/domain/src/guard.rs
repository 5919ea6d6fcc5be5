//! The brake: how much may be deleted or overwritten before a person is asked (invariant I16).
use serde::{Deserialize, Serialize};

use crate::path::RelPath;
use crate::sync::{Op, SyncPlan};

/// Where the brake comes in. The defaults are those of design S5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Share of the folder's files that one round may delete, in percent.
    pub percent: u8,
    /// Files that may be deleted within an hour.
    pub files_an_hour: u64,
    /// Bytes that may be deleted within an hour.
    pub bytes_an_hour: u64,
    /// Files that may be deleted within seven days.
    pub files_a_week: u64,
    /// Share of the folder's files whose content one round may replace, in percent.
    pub overwrite_percent: u8,
    /// Fewer deletes or overwrites than these are never asked about as a share of a small folder.
    pub few: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            percent: 20,
            files_an_hour: 200,
            bytes_an_hour: 10 * 1024 * 1024 * 1024,
            files_a_week: 2000,
            overwrite_percent: 50,
            few: 5,
        }
    }
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Which limit it would break.
    pub why: Why,
    /// Files here that would go to the trash.
    pub trash_here: u64,
    /// Objects that would be deleted.
    pub delete_there: u64,
    /// Contents that would be replaced, on either side.
    pub overwrite: u64,
    /// Bytes of what would be deleted.
    pub bytes: u64,
    /// Files that are known to be the same on both sides.
    pub of: u64,
    /// The first paths, at most twenty.
    pub sample: Vec<RelPath>,
}

/// Which limit a round would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Everything would go.
    Everything,
    /// Too large a share.
    Share,
    /// Too many within an hour.
    FilesAnHour,
    /// Too much within an hour.
    BytesAnHour,
    /// Too many within a week.
    FilesAWeek,
    /// Too many contents replaced at once.
    Overwrites,
}

/// What was deleted lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Files within the last hour.
    pub hour_files: u64,
    /// Bytes within the last hour.
    pub hour_bytes: u64,
    /// Files within the last seven days.
    pub week_files: u64,
}

/// What is known to be the same on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

/// May a plan be carried out?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Go,
    /// Only if a person says so.
    Ask(Ask),
}

/// Most paths shown with a question.
const SAMPLE: usize = 20;

/// Holds a plan against the limits. A rename deletes nothing and counts for nothing (hazard HA15).
#[must_use]
pub fn guard(plan: &SyncPlan, totals: Totals, history: History, limits: &Limits) -> Verdict {
    let mut ask = Ask {
        why: Why::Share,
        trash_here: 0,
        delete_there: 0,
        overwrite: 0,
        bytes: 0,
        of: totals.files,
        sample: Vec::new(),
    };
    for op in &plan.ops {
        match op {
            Op::DeleteRemote { .. } => ask.delete_there += 1,
            Op::TrashLocal { .. } => ask.trash_here += 1,
            Op::Upload { .. } | Op::Download { .. } if op.overwrites() => ask.overwrite += 1,
            Op::Upload { .. }
            | Op::Download { .. }
            | Op::MoveRemote { .. }
            | Op::MoveLocal { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => continue,
        }
        if op.is_delete() {
            ask.bytes = ask.bytes.saturating_add(op.size());
        }
        if ask.sample.len() < SAMPLE {
            ask.sample.push(op.path().clone());
        }
    }
    let deletes = ask.trash_here + ask.delete_there;
    let share = |part: u64, percent: u8| {
        part > limits.few && u128::from(part) * 100 > u128::from(totals.files) * u128::from(percent)
    };
    let why = if deletes == 0 {
        None
    } else if deletes >= totals.files && totals.files > 1 {
        Some(Why::Everything)
    } else if share(deletes, limits.percent) {
        Some(Why::Share)
    } else if history.hour_files.saturating_add(deletes) > limits.files_an_hour {
        Some(Why::FilesAnHour)
    } else if history.hour_bytes.saturating_add(ask.bytes) > limits.bytes_an_hour {
        Some(Why::BytesAnHour)
    } else if history.week_files.saturating_add(deletes) > limits.files_a_week {
        Some(Why::FilesAWeek)
    } else {
        None
    };
    let why = why.or_else(|| share(ask.overwrite, limits.overwrite_percent).then_some(Why::Overwrites));
    match why {
        None => Verdict::Go,
        Some(why) => Verdict::Ask(Ask { why, ..ask }),
    }
}

/// Names exactly what a plan deletes and replaces: the same question, and only the same, has the same name. FNV-1a, since it
/// must not change between versions of a library.
#[must_use]
pub fn question_id(plan: &SyncPlan) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for op in plan.ops.iter().filter(|op| op.is_delete() || op.overwrites()) {
        let (kind, local, remote) = match op {
            Op::DeleteRemote { remote, .. } => (1, None, Some(&remote.etag)),
            Op::TrashLocal { local, .. } => (2, Some(local), None),
            Op::Upload { local, expect, .. } => (3, Some(local), crate::upload::expected_etag(expect)),
            Op::Download { remote, .. } => (4, None, Some(&remote.etag)),
            Op::MoveRemote { .. }
            | Op::MoveLocal { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => continue,
        };
        add(&[kind]);
        add(op.path().as_str().as_bytes());
        add(remote.map_or("", |etag| etag.as_str()).as_bytes());
        if let Some(local) = local {
            add(&local.size.to_le_bytes());
            add(&local.mtime.0.to_le_bytes());
        }
    }
    hash
}

/// What goes on while a person is asked: nothing that deletes or replaces.
#[must_use]
pub fn without_deletes(mut plan: SyncPlan) -> SyncPlan {
    plan.ops.retain(|op| !op.is_delete() && !op.overwrites());
    plan
}

/// Paths whose bases have to go so that what was to be deleted comes back from the other side.
#[must_use]
pub fn restored(plan: &SyncPlan) -> Vec<RelPath> {
    plan.ops.iter().filter(|op| op.is_delete() || op.overwrites()).map(|op| op.path().clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::{FileId, LocalState, RemoteState, Timestamp};
    use crate::{ETag, RemoteExpect};

    fn path(number: u64) -> RelPath {
        RelPath::parse(&format!("f{number:05}")).unwrap()
    }

    fn local(size: u64) -> LocalState {
        let time = Timestamp(1);
        LocalState { size, mtime: time, ctime: time, file_id: FileId::default(), digest: None }
    }

    fn remote(size: u64) -> RemoteState {
        RemoteState { size, etag: ETag::new("\"e\""), version: None, digest: None }
    }

    fn deletes(there: u64, here: u64, size: u64) -> SyncPlan {
        let there = (0..there).map(|n| Op::DeleteRemote { path: path(n), remote: remote(size) });
        let here = (0..here).map(|n| Op::TrashLocal { path: path(10_000 + n), local: local(size) });
        SyncPlan { ops: there.chain(here).collect(), waiting: Vec::new() }
    }

    fn why(plan: &SyncPlan, files: u64, history: History) -> Option<Why> {
        match guard(plan, Totals { files, bytes: 0 }, history, &Limits::default()) {
            Verdict::Go => None,
            Verdict::Ask(ask) => Some(ask.why),
        }
    }

    #[test]
    fn hd5_mass_deletes_of_either_side_are_asked_about() {
        let calm = History::default();
        assert_eq!(why(&deletes(20, 0, 1), 100, calm), None);
        assert_eq!(why(&deletes(21, 0, 1), 100, calm), Some(Why::Share));
        assert_eq!(why(&deletes(11, 10, 1), 100, calm), Some(Why::Share), "both sides count together");
        assert_eq!(why(&deletes(0, 200, 1), 100_000, calm), None);
        assert_eq!(why(&deletes(0, 201, 1), 100_000, calm), Some(Why::FilesAnHour));
        assert_eq!(why(&deletes(2, 0, 6 << 30), 100_000, calm), Some(Why::BytesAnHour));
        assert_eq!(why(&deletes(2, 0, 1), 2, calm), Some(Why::Everything));
        assert_eq!(why(&deletes(1, 0, 1), 1, calm), None, "one file of one is no mass");
        assert_eq!(why(&deletes(5, 0, 1), 6, calm), None, "a few of a small folder");
    }

    #[test]
    fn hd6_a_slow_drip_is_noticed_within_the_week() {
        let history = History { hour_files: 0, hour_bytes: 0, week_files: 1990 };
        assert_eq!(why(&deletes(10, 0, 1), 100_000, history), None);
        assert_eq!(why(&deletes(11, 0, 1), 100_000, history), Some(Why::FilesAWeek));
        let history = History { hour_files: 195, ..History::default() };
        assert_eq!(why(&deletes(6, 0, 1), 100_000, history), Some(Why::FilesAnHour));
    }

    #[test]
    fn hd7_replacing_most_of_a_folder_is_asked_about() {
        let replace = |n| SyncPlan {
            ops: (0..n)
                .map(|n| Op::Upload {
                    path: path(n),
                    local: local(1),
                    expect: RemoteExpect::Unchanged(ETag::new("\"e\"")),
                })
                .collect(),
            waiting: Vec::new(),
        };
        assert_eq!(why(&replace(50), 100, History::default()), None);
        assert_eq!(why(&replace(51), 100, History::default()), Some(Why::Overwrites));
        assert!(without_deletes(replace(51)).ops.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn the_brake_never_lets_more_through_than_its_limits(
            there in 0u64..300, here in 0u64..300, files in 1u64..3000, size in 0u64..(1 << 27),
            hour in 0u64..300, week in 0u64..2500,
        ) {
            let plan = deletes(there, here, size);
            let limits = Limits::default();
            let history = History { hour_files: hour, hour_bytes: hour * size, week_files: week };
            let all = there + here;
            let asked = guard(&plan, Totals { files, bytes: 0 }, history, &limits) != Verdict::Go;
            let over = all > limits.few && all * 100 > files * 20
                || hour + all > limits.files_an_hour
                || (hour + all) * size > limits.bytes_an_hour
                || week + all > limits.files_a_week
                || (all >= files && files > 1);
            prop_assert_eq!(asked, over && all > 0);
            // More deletes are never asked about less.
            let more = deletes(there + 1, here, size);
            if asked {
                let verdict = guard(&more, Totals { files, bytes: 0 }, history, &limits);
                prop_assert_ne!(verdict, Verdict::Go);
            }
            prop_assert_ne!(question_id(&plan), question_id(&more), "another question has another name");
        }
    }
}
