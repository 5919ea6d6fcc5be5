//! The name of the file that a conflict sets aside.
use std::collections::BTreeSet;
use std::fmt;

use super::{Op, Seen};
use crate::names::{NameRules, twin_key};
use crate::path::RelPath;
use crate::state::{LocalState, RemoteState};
use crate::words::FailureCode;

/// Longest segment that we make.
const LONGEST: usize = 255;
/// A longer ending is a part of the name.
const LONGEST_ENDING: usize = 16;
/// How much of a computer's name is in a file's name.
const LONGEST_DEVICE: usize = 48;
/// How often a name is tried. More than these taken names for one file on one day are not believed.
const TRIES: u32 = 1000;

/// What conflict names are made of.
#[derive(Clone, Copy)]
pub struct ConflictNames<'a> {
    /// This computer's name.
    pub device: &'a str,
    /// Today, `yyyy-mm-dd`.
    pub date: &'a str,
    /// Whether a name is taken by something that is not among what was seen.
    pub taken: &'a dyn Fn(&RelPath) -> bool,
}

impl fmt::Debug for ConflictNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConflictNames")
            .field("device", &self.device)
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}

/// Adds what keeps both sides of each conflict.
pub(super) fn name_copies(
    ops: &mut Vec<Op>,
    conflicts: &[(RelPath, &LocalState, &RemoteState)],
    seen: &[Seen],
    names: &ConflictNames<'_>,
) {
    if conflicts.is_empty() {
        return;
    }
    // Names that any disk could take for the same are taken.
    let rules = NameRules { insensitive: true, ..NameRules::EXACT };
    let mut used: BTreeSet<String> = seen.iter().map(|one| twin_key(&one.path, rules)).collect();
    // A copy must not have the name of a folder either.
    let folders = seen.iter().flat_map(|one| one.path.folders());
    let folders: BTreeSet<String> =
        folders.filter_map(|f| Some(twin_key(&RelPath::parse(f).ok()?, rules))).collect();
    used.extend(folders);
    let mut sorted: Vec<_> = conflicts.iter().collect();
    sorted.sort_by_key(|(path, ..)| path);
    for (path, local, remote) in sorted {
        let free = (1..=TRIES).find_map(|number| {
            conflict_name(path, names.device, names.date, number)
                .filter(|copy| !used.contains(&twin_key(copy, rules)) && !(names.taken)(copy))
        });
        ops.push(match free {
            Some(copy) => {
                used.insert(twin_key(&copy, rules));
                let (local, remote) = ((*local).clone(), (*remote).clone());
                Op::KeepBoth { path: path.clone(), copy, local, remote }
            }
            None => Op::Show { path: path.clone(), code: FailureCode::NameNotAllowed },
        });
    }
}

/// `name (conflict, <device>, <date>).ext` in the same folder; the `number`th of the day, from the second on, says so. The
/// name is cut where the whole would be longer than 255 bytes. `None` for a path that cannot have such a neighbour.
#[must_use]
pub fn conflict_name(path: &RelPath, device: &str, date: &str, number: u32) -> Option<RelPath> {
    let (stem, ending) = match path.name().rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= LONGEST_ENDING && !ending.is_empty() => {
            (stem, format!(".{ending}"))
        }
        _ => (path.name(), String::new()),
    };
    let device = plain(device);
    let count = if number > 1 { format!(" {number}") } else { String::new() };
    let mark = format!(" (conflict, {device}, {}{count}){ending}", plain(date));
    let stem = cut(stem, LONGEST.saturating_sub(mark.len()));
    path.with_name(&format!("{stem}{mark}")).ok()
}

/// Without what a disk could refuse.
fn plain(text: &str) -> String {
    let kept = text.chars().map(|c| {
        let refused = c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
        if refused { '-' } else { c }
    });
    let kept: String = kept.collect();
    let kept = cut(kept.trim(), LONGEST_DEVICE).trim_end();
    if kept.is_empty() { "another computer".to_owned() } else { kept.to_owned() }
}

/// The longest beginning of at most so many bytes that ends between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or("")
}
