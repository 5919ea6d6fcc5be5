//! Renames: a delete and a new file that hold the same become one step that sends no byte (S6).
use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use super::Op;
use crate::decide::{LocalExpect, RemoteExpect};
use crate::digest::Digest;
use crate::path::RelPath;
use crate::state::{BaseState, FileId, LocalState, RemoteState, UnknownReason};

/// Why two paths are one file under two names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// The very file, untouched but for its name.
    File { device: u64, inode: u64, size: u64, mtime: i64 },
    /// The bytes.
    Content(Digest, u64),
}

/// Positions in the list of what is to be done: deletes, and new files.
type Pairs = Vec<(usize, usize)>;

/// Where a mark is found: among what goes, and among what is new.
#[derive(Debug, Default)]
struct Places {
    gone: Vec<usize>,
    new: Vec<usize>,
}

/// Replaces pairs by renames. A path has one op, so what is renamed away is never what something is renamed to: chains and
/// cycles are no deletes (`decide` sees changed files) and stay transfers.
///
/// `unproved` are the deletes whose absence is not proved yet: they are taken out, and what would be their new name waits
/// with them.
pub(super) fn pair_up(
    ops: &mut Vec<Op>,
    waiting: &mut Vec<(RelPath, UnknownReason)>,
    deleted: &BTreeMap<&RelPath, &BaseState>,
    unproved: &BTreeSet<RelPath>,
) {
    let mut pairs = renamed_here(ops, deleted);
    pairs.extend(renamed_there(ops, deleted));
    let mut moves = Vec::with_capacity(pairs.len());
    let mut replaced = vec![false; ops.len()];
    for (gone, new) in pairs {
        let (Some(from), Some(to)) = (ops.get(gone), ops.get(new)) else { continue };
        let unsure = unproved.contains(from.path());
        let one = match (from, to) {
            _ if unsure => {
                waiting.push((to.path().clone(), UnknownReason::AbsenceUnproved));
                None
            }
            (Op::DeleteRemote { path: from, remote }, Op::Upload { path: to, local, .. }) => {
                let remote = remote.clone();
                Some(Op::MoveRemote { from: from.clone(), to: to.clone(), local: local.clone(), remote })
            }
            (Op::TrashLocal { path: from, local }, Op::Download { path: to, remote, .. }) => {
                let remote = remote.clone();
                Some(Op::MoveLocal { from: from.clone(), to: to.clone(), local: local.clone(), remote })
            }
            _ => continue,
        };
        moves.extend(one);
        for at in [gone, new] {
            if let Some(mark) = replaced.get_mut(at) {
                *mark = true;
            }
        }
    }
    let mut replaced = replaced.into_iter();
    ops.retain(|op| {
        let renamed = replaced.next().unwrap_or(false);
        let too_early = op.is_delete() && unproved.contains(op.path());
        !renamed && !too_early
    });
    ops.extend(moves);
}

fn renamed_here(ops: &[Op], deleted: &BTreeMap<&RelPath, &BaseState>) -> Pairs {
    let gone = places(ops, |op| {
        let Op::DeleteRemote { path, .. } = op else { return None };
        deleted.get(path).copied()
    });
    let new = places(ops, |op| {
        let Op::Upload { local, expect: RemoteExpect::Absent, .. } = op else { return None };
        Some(local)
    });
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut files = BTreeMap::<Mark, Places>::new();
    for (at, base) in &gone {
        if let Some(mark) = file_mark(&base.local) {
            files.entry(mark).or_default().gone.push(*at);
        }
    }
    for (at, local) in &new {
        if let Some(mark) = file_mark(local) {
            files.entry(mark).or_default().new.push(*at);
        }
    }
    let mut pairs: Pairs = Vec::new();
    for places in files.values() {
        // Hard links have one identity for several names; those are told apart by content alone.
        if let (&[gone], &[new]) = (places.gone.as_slice(), places.new.as_slice())
            && may_be_one(ops, deleted, gone, new)
        {
            pairs.push((gone, new));
        }
    }
    let done: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let left = |at: &usize| !done.contains(at);
    let gone = gone.iter().filter(|(at, _)| left(at)).filter_map(|(at, base)| {
        Some((*at, Mark::Content(base.local.digest.or(base.remote.digest)?, base.local.size)))
    });
    let new = new
        .iter()
        .filter(|(at, _)| left(at))
        .filter_map(|(at, local)| Some((*at, Mark::Content(local.digest?, local.size))));
    let more = by_content(ops, gone, new);
    pairs.extend(more);
    pairs
}

/// New objects without a checksum that have the size of a file which is gone there (a listing has no checksums, so none of them
/// is known to be the same).
pub(super) fn perhaps_renamed(
    ops: &[Op],
    deleted: &BTreeMap<&RelPath, &BaseState>,
) -> Vec<(RelPath, RemoteState)> {
    let sizes: BTreeSet<u64> = gone_there(ops, deleted)
        .into_iter()
        .filter_map(|(_, mark)| match mark {
            Mark::Content(_, size) => Some(size),
            Mark::File { .. } => None,
        })
        .collect();
    if sizes.is_empty() {
        return Vec::new();
    }
    ops.iter()
        .filter_map(|op| {
            let Op::Download { path, remote, expect: LocalExpect::Absent } = op else { return None };
            let alike = remote.digest.is_none() && sizes.contains(&remote.size);
            alike.then(|| (path.clone(), remote.clone()))
        })
        .collect()
}

/// Files that are gone there, and what they held.
fn gone_there(ops: &[Op], deleted: &BTreeMap<&RelPath, &BaseState>) -> Vec<(usize, Mark)> {
    places(ops, |op| {
        let Op::TrashLocal { path, local } = op else { return None };
        let base = deleted.get(path)?;
        let digest = local.digest.or(base.local.digest).or(base.remote.digest)?;
        Some(Mark::Content(digest, local.size))
    })
}

/// By content alone: an ETag says nothing about it (hazard HB11), and objects have no identity.
fn renamed_there(ops: &[Op], deleted: &BTreeMap<&RelPath, &BaseState>) -> Pairs {
    let gone = gone_there(ops, deleted);
    let new = places(ops, |op| {
        let Op::Download { remote, expect: LocalExpect::Absent, .. } = op else { return None };
        Some(Mark::Content(remote.digest?, remote.size))
    });
    by_content(ops, gone.into_iter(), new.into_iter())
}

fn places<'a, T>(ops: &'a [Op], of: impl Fn(&'a Op) -> Option<T>) -> Vec<(usize, T)> {
    ops.iter().enumerate().filter_map(|(at, op)| Some((at, of(op)?))).collect()
}

/// One to one, in path order where several hold the same. Where their numbers differ, none is a rename.
fn by_content(
    ops: &[Op],
    gone: impl Iterator<Item = (usize, Mark)>,
    new: impl Iterator<Item = (usize, Mark)>,
) -> Pairs {
    let mut contents = BTreeMap::<Mark, Places>::new();
    for (at, mark) in gone {
        contents.entry(mark).or_default().gone.push(at);
    }
    for (at, mark) in new {
        contents.entry(mark).or_default().new.push(at);
    }
    let mut pairs = Vec::new();
    for mut places in contents.into_values() {
        if places.gone.len() != places.new.len() {
            continue;
        }
        for list in [&mut places.gone, &mut places.new] {
            list.sort_by_key(|at| ops.get(*at).map(Op::path));
        }
        let together: Pairs = places.gone.into_iter().zip(places.new).collect();
        if together.iter().all(|(gone, new)| apart(ops, *gone, *new)) {
            pairs.extend(together);
        }
    }
    pairs
}

fn may_be_one(ops: &[Op], deleted: &BTreeMap<&RelPath, &BaseState>, gone: usize, new: usize) -> bool {
    let (Some(from), Some(Op::Upload { local, .. })) = (ops.get(gone), ops.get(new)) else { return false };
    let Some(base) = deleted.get(from.path()) else { return false };
    // An inode is given out again; where bytes were read, they decide.
    let differs = [base.local.digest, base.remote.digest]
        .into_iter()
        .flatten()
        .any(|then| local.digest.is_some_and(|now| now != then && discriminant(&now) == discriminant(&then)));
    !differs && apart(ops, gone, new)
}

/// A file cannot be renamed into itself as a folder, nor a file of a folder to the folder's name.
fn apart(ops: &[Op], gone: usize, new: usize) -> bool {
    match (ops.get(gone), ops.get(new)) {
        (Some(from), Some(to)) => !from.path().is_below(to.path()) && !to.path().is_below(from.path()),
        _ => false,
    }
}

fn file_mark(local: &LocalState) -> Option<Mark> {
    let FileId { device, inode } = local.file_id;
    // A disk without identities gives the default for all.
    (local.file_id != FileId::default()).then_some(Mark::File {
        device,
        inode,
        size: local.size,
        mtime: local.mtime.0,
    })
}
