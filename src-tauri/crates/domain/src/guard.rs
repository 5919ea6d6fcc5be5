//! The brake: how much may be deleted or overwritten before a person is asked (invariant I16).
//!
//! **Invariant:** what is asked about stays asked about when more is deleted.
mod question;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::question::question_id;
use crate::path::RelPath;
use crate::sync::{Op, SyncPlan};

/// Where the brake comes in. The defaults are those of design S5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Share of the folder's files that may be deleted within an hour, in percent.
    pub percent: u8,
    /// Files that may be deleted within an hour.
    pub files_an_hour: u64,
    /// Bytes that may be deleted within an hour.
    pub bytes_an_hour: u64,
    /// Files that may be deleted within seven days.
    pub files_a_week: u64,
    /// Share of the folder's files whose content may be replaced within an hour, in percent.
    pub overwrite_percent: u8,
    /// Fewer deletes or overwrites than these are never asked about as a share of a small folder. Overwrites that are spread
    /// over several rounds may be [`SPREAD`] times as many: a person who works on a few files is no mass change.
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
    /// Too many contents replaced within an hour.
    Overwrites,
}

/// What is known to be the same on both sides: files and bytes with a base.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What was deleted or replaced already, on either side, without a person's word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Files within the last hour.
    pub hour_files: u64,
    /// Their bytes.
    pub hour_bytes: u64,
    /// Files within the last seven days.
    pub week_files: u64,
    /// Different files whose content was replaced within the last hour, without those that the plan replaces again.
    pub hour_replaced: u64,
}

/// Whether a plan may be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of it.
    Go,
    /// Only after a person's word. Until then [`without_deletes`] goes on.
    Ask(Ask),
}

/// See [`Limits::few`].
pub const SPREAD: u64 = 2;

/// How many paths a question names.
const SAMPLE: usize = 20;

/// What a plan takes away.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    trash_here: u64,
    delete_there: u64,
    overwrite: u64,
    bytes: u64,
}

impl Loss {
    fn of(plan: &SyncPlan) -> Self {
        let mut loss = Self::default();
        for op in &plan.ops {
            if op.overwrites() {
                loss.overwrite += 1;
            }
            if op.is_delete() {
                loss.bytes = loss.bytes.saturating_add(op.size());
                if matches!(op, Op::TrashLocal { .. }) {
                    loss.trash_here += 1;
                } else {
                    loss.delete_there += 1;
                }
            }
        }
        loss
    }

    const fn deletes(self) -> u64 {
        self.trash_here.saturating_add(self.delete_there)
    }
}

/// Looks whether a plan stays within the limits, together with what was deleted and replaced before it. Renames are no deletes.
#[must_use]
pub fn guard(plan: &SyncPlan, totals: Totals, history: History, limits: &Limits) -> Verdict {
    let loss = Loss::of(plan);
    let Some(why) = too_much(loss, totals, history, limits) else { return Verdict::Go };
    let asked = |op: &&Op| if why == Why::Overwrites { op.overwrites() } else { op.is_delete() };
    Verdict::Ask(Ask {
        why,
        trash_here: loss.trash_here,
        delete_there: loss.delete_there,
        overwrite: loss.overwrite,
        bytes: loss.bytes,
        of: totals.files,
        sample: plan.ops.iter().filter(asked).take(SAMPLE).map(|op| op.path().clone()).collect(),
    })
}

fn too_much(loss: Loss, totals: Totals, history: History, limits: &Limits) -> Option<Why> {
    let deletes = loss.deletes();
    if deletes > 0 {
        let hour = deletes.saturating_add(history.hour_files);
        if deletes >= totals.files && deletes.max(totals.files) >= 2 {
            return Some(Why::Everything);
        }
        // Of what was there an hour ago, so that many small rounds count as one.
        let there_was = totals.files.saturating_add(history.hour_files);
        if hour >= limits.few && is_more_than(hour, limits.percent, there_was) {
            return Some(Why::Share);
        }
        if hour > limits.files_an_hour {
            return Some(Why::FilesAnHour);
        }
        if loss.bytes.saturating_add(history.hour_bytes) > limits.bytes_an_hour {
            return Some(Why::BytesAnHour);
        }
        if deletes.saturating_add(history.week_files) > limits.files_a_week {
            return Some(Why::FilesAWeek);
        }
    }
    if loss.overwrite == 0 {
        return None;
    }
    let too_many = |files: u64, few: u64| {
        files >= few.max(1) && is_more_than(files, limits.overwrite_percent, totals.files)
    };
    // What is encrypted slowly settles in portions: many small rounds count as one here, too (hazard HD7).
    let hour = loss.overwrite.saturating_add(history.hour_replaced);
    let asks = too_many(loss.overwrite, limits.few) || too_many(hour, limits.few.saturating_mul(SPREAD));
    asks.then_some(Why::Overwrites)
}

/// Whether `part` is more than this share of `whole`.
fn is_more_than(part: u64, percent: u8, whole: u64) -> bool {
    u128::from(part) * 100 > u128::from(percent) * u128::from(whole)
}

/// What goes on while a question waits: everything that takes nothing away. Renames are in it, since what they move stays.
#[must_use]
pub fn without_deletes(plan: &SyncPlan) -> SyncPlan {
    let ops = plan.ops.iter().filter(|op| !op.is_delete() && !op.overwrites()).cloned().collect();
    SyncPlan { ops, waiting: plan.waiting.clone(), perhaps_renamed: Vec::new() }
}

/// The paths whose base goes when a person says that it was not meant. Then what is missing on one side comes from the other
/// where the mode lets it, and of two contents both are kept.
#[must_use]
pub fn restored(plan: &SyncPlan) -> Vec<RelPath> {
    plan.ops.iter().filter(|op| op.is_delete() || op.overwrites()).map(|op| op.path().clone()).collect()
}
