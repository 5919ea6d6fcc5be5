//! Whether a name is free for what comes down: a name is a file or a folder (hazard HA22).
use std::collections::BTreeSet;
use std::ops::Bound;

use super::{Op, Seen};
use crate::decide::LocalExpect;
use crate::path::RelPath;
use crate::state::{Observed, UnknownReason};
use crate::words::FailureCode;

/// Takes out downloads that have no place here: shown, or waiting where what is in the way goes in this very round.
pub(super) fn make_sure(ops: &mut Vec<Op>, waiting: &mut Vec<(RelPath, UnknownReason)>, seen: &[Seen]) {
    let fresh = |op: &Op| matches!(op, Op::Download { expect: LocalExpect::Absent, .. });
    if !ops.iter().any(fresh) {
        return;
    }
    let here: BTreeSet<&str> = seen
        .iter()
        .filter(|one| matches!(one.local, Observed::Present(_)))
        .map(|one| one.path.as_str())
        .collect();
    let trashed: BTreeSet<String> = ops
        .iter()
        .filter(|op| matches!(op, Op::TrashLocal { .. }))
        .map(|op| op.path().as_str().to_owned())
        .collect();
    let mut coming: Vec<RelPath> = ops.iter().filter(|op| fresh(op)).map(|op| op.path().clone()).collect();
    coming.sort();
    let mut accepted = BTreeSet::new();
    let mut shown = BTreeSet::new();
    let mut later = BTreeSet::new();
    for path in coming {
        let in_the_way = in_the_way(&here, &path);
        let taken = path.folders().any(|folder| accepted.contains(folder));
        if !taken && in_the_way.is_empty() {
            accepted.insert(path.as_str().to_owned());
        } else if !taken && in_the_way.iter().all(|file| trashed.contains(*file)) {
            later.insert(path);
        } else {
            shown.insert(path);
        }
    }
    if shown.is_empty() && later.is_empty() {
        return;
    }
    ops.retain(|op| !fresh(op) || !(shown.contains(op.path()) || later.contains(op.path())));
    ops.extend(shown.into_iter().map(|path| Op::Show { path, code: FailureCode::NameNotAllowed }));
    waiting.extend(later.into_iter().map(|path| (path, UnknownReason::Settling)));
}

/// Files where the path needs folders, and files below what is to be a file.
fn in_the_way<'a>(here: &BTreeSet<&'a str>, path: &RelPath) -> Vec<&'a str> {
    let folder = format!("{path}/");
    let from = (Bound::Excluded(folder.as_str()), Bound::Unbounded);
    let below = here.range::<str, _>(from).take_while(|file| file.starts_with(&folder));
    path.folders().filter_map(|above| here.get(above)).chain(below).copied().collect()
}
