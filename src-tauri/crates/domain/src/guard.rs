//! The brake: how much may be deleted or overwritten before a person is asked (invariant I16).
use serde::{Deserialize, Serialize};

use crate::path::RelPath;

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
