//! From what was seen of all paths to what is to be done, and to words for it. Pure: same input, same plan, same order.
use std::collections::{BTreeMap, BTreeSet};

use crate::decide::{Action, ConflictKind, LocalExpect, Mode, RemoteExpect, Triple, decide};
use crate::path::RelPath;
use crate::state::{BaseState, FileId, LocalState, Observed, RemoteState, UnknownReason};
use crate::words::FailureCode;

/// One path, as both sides and the journal have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path.
    pub path: RelPath,
    /// The file.
    pub local: Observed<LocalState>,
    /// The object.
    pub remote: Observed<RemoteState>,
    /// Both at the last success.
    pub base: Option<BaseState>,
}

/// One step. Every step that writes names what it expects to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Send the file.
    Upload {
        /// Path.
        path: RelPath,
        /// The file.
        local: LocalState,
        /// What must be at the key.
        expect: RemoteExpect,
    },
    /// Fetch the object.
    Download {
        /// Path.
        path: RelPath,
        /// The object.
        remote: RemoteState,
        /// What must be at the path.
        expect: LocalExpect,
    },
    /// Delete the object, if it is this one.
    DeleteRemote {
        /// Path.
        path: RelPath,
        /// The object.
        remote: RemoteState,
    },
    /// Move the file to the trash, if it is this one.
    TrashLocal {
        /// Path.
        path: RelPath,
        /// The file.
        local: LocalState,
    },
    /// It was renamed here: copy the object on the server, then delete it under the old name.
    MoveRemote {
        /// Old path.
        from: RelPath,
        /// New path.
        to: RelPath,
        /// The file, at the new path; its digest is that of the old base.
        local: LocalState,
        /// The object at the old key.
        remote: RemoteState,
    },
    /// It was renamed in the bucket: rename the file.
    MoveLocal {
        /// Old path.
        from: RelPath,
        /// New path.
        to: RelPath,
        /// The file, at the old path.
        local: LocalState,
        /// The object, at the new key.
        remote: RemoteState,
    },
    /// Same bytes on both sides: only the journal learns of it.
    Adopt {
        /// Path.
        path: RelPath,
        /// Both sides.
        base: BaseState,
    },
    /// Gone on both sides: the journal forgets it.
    Forget {
        /// Path.
        path: RelPath,
    },
    /// A checksum is missing: obtain it, plan again.
    Compare {
        /// Path.
        path: RelPath,
        /// The file.
        local: LocalState,
        /// The object, where there is one.
        remote: Option<RemoteState>,
        /// Both at the last success.
        base: Option<BaseState>,
    },
    /// Both sides have content of their own: the object keeps the name, the file gets this one.
    KeepBoth {
        /// Path.
        path: RelPath,
        /// New name of the file here.
        copy: RelPath,
        /// The file.
        local: LocalState,
        /// The object.
        remote: RemoteState,
    },
    /// Left as it is and shown.
    Show {
        /// Path.
        path: RelPath,
        /// Why.
        code: FailureCode,
    },
}

impl Op {
    /// Path it is about; for renames the new one.
    #[must_use]
    pub const fn path(&self) -> &RelPath {
        match self {
            Self::Upload { path, .. }
            | Self::Download { path, .. }
            | Self::DeleteRemote { path, .. }
            | Self::TrashLocal { path, .. }
            | Self::MoveRemote { to: path, .. }
            | Self::MoveLocal { to: path, .. }
            | Self::Adopt { path, .. }
            | Self::Forget { path }
            | Self::Compare { path, .. }
            | Self::KeepBoth { path, .. }
            | Self::Show { path, .. } => path,
        }
    }

    /// Bytes of what it is about.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match self {
            Self::Upload { local, .. }
            | Self::TrashLocal { local, .. }
            | Self::MoveRemote { local, .. }
            | Self::MoveLocal { local, .. }
            | Self::Compare { local, .. }
            | Self::KeepBoth { local, .. } => local.size,
            Self::Download { remote, .. } | Self::DeleteRemote { remote, .. } => remote.size,
            Self::Adopt { base, .. } => base.local.size,
            Self::Forget { .. } | Self::Show { .. } => 0,
        }
    }

    /// Whether something would be gone afterwards.
    #[must_use]
    pub const fn is_delete(&self) -> bool {
        matches!(self, Self::DeleteRemote { .. } | Self::TrashLocal { .. })
    }

    /// Whether content that was there would be replaced.
    #[must_use]
    pub const fn overwrites(&self) -> bool {
        matches!(
            self,
            Self::Upload { expect: RemoteExpect::Unchanged(_), .. }
                | Self::Download { expect: LocalExpect::Unchanged(_), .. }
        )
    }

    /// Order of carrying out: what only informs the journal first, deletes last.
    const fn rank(&self) -> u8 {
        match self {
            Self::Adopt { .. } | Self::Forget { .. } | Self::Show { .. } | Self::Compare { .. } => 0,
            Self::MoveRemote { .. } | Self::MoveLocal { .. } => 1,
            Self::Upload { .. } | Self::Download { .. } => 2,
            Self::KeepBoth { .. } => 3,
            Self::DeleteRemote { .. } | Self::TrashLocal { .. } => 4,
        }
    }
}

/// What is to be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// Steps.
    pub ops: Vec<Op>,
    /// Paths of which too little is known.
    pub waiting: Vec<(RelPath, UnknownReason)>,
}

/// How conflict copies are called.
#[derive(Debug, Clone, Copy)]
pub struct ConflictNames<'a> {
    /// This computer, briefly.
    pub device: &'a str,
    /// The day.
    pub date: &'a str,
}

/// Plans for all paths. `seen` is in path order and holds every path on which the sides differ from the base or from each
/// other; what is left out is the same as ever.
#[must_use]
pub fn plan(mode: Mode, seen: &[Seen], names: &ConflictNames<'_>) -> SyncPlan {
    let mut plan = SyncPlan::default();
    let mut taken: BTreeSet<RelPath> = BTreeSet::new();
    for one in seen {
        let triple =
            Triple { local: borrowed(&one.local), remote: borrowed(&one.remote), base: one.base.as_ref() };
        let action = decide(mode, triple);
        let path = one.path.clone();
        let (local, remote) = (present(&one.local), present(&one.remote));
        let op = match (action, local, remote) {
            (Action::Wait(reason), ..) => {
                plan.waiting.push((path, reason));
                continue;
            }
            (Action::Nothing, ..) => continue,
            (Action::Forget, ..) => Op::Forget { path },
            (Action::Upload { expect }, Some(local), _) => Op::Upload { path, local: local.clone(), expect },
            (Action::Download { expect }, _, Some(remote)) => {
                Op::Download { path, remote: remote.clone(), expect }
            }
            (Action::DeleteRemote { .. }, _, Some(remote)) => {
                Op::DeleteRemote { path, remote: remote.clone() }
            }
            (Action::TrashLocal { .. }, Some(local), _) => Op::TrashLocal { path, local: local.clone() },
            (Action::Adopt, Some(local), Some(remote)) => {
                let (mut local, mut remote) = (local.clone(), remote.clone());
                // They are equal, so what one side is known to be, both are.
                let known =
                    local.digest.or(remote.digest).or(one.base.as_ref().and_then(|base| base.local.digest));
                local.digest = local.digest.or(known);
                remote.digest = remote.digest.or(known);
                Op::Adopt { path, base: BaseState { local, remote } }
            }
            (Action::Compare, Some(local), remote) => {
                Op::Compare { path, local: local.clone(), remote: remote.cloned(), base: one.base.clone() }
            }
            (Action::Conflict(ConflictKind::BothChanged), Some(local), Some(remote)) => {
                let free = |copy: &RelPath| {
                    !taken.contains(copy) && seen.binary_search_by(|seen| seen.path.cmp(copy)).is_err()
                };
                match conflict_name(&path, names, free) {
                    Some(copy) => {
                        taken.insert(copy.clone());
                        Op::KeepBoth { path, copy, local: local.clone(), remote: remote.clone() }
                    }
                    None => Op::Show { path, code: FailureCode::DifferentObjectThere },
                }
            }
            (Action::Conflict(kind), ..) => Op::Show { path, code: code(kind) },
            // `decide` names sides that are there; were it otherwise, nothing would be done.
            (
                Action::Upload { .. }
                | Action::Download { .. }
                | Action::DeleteRemote { .. }
                | Action::TrashLocal { .. }
                | Action::Adopt
                | Action::Compare,
                ..,
            ) => continue,
        };
        plan.ops.push(op);
    }
    moves(&mut plan, seen);
    // Stable: within a rank the path order stays.
    plan.ops.sort_by_key(Op::rank);
    plan
}

const fn code(kind: ConflictKind) -> FailureCode {
    match kind {
        ConflictKind::DifferentObjectThere | ConflictKind::BothChanged => FailureCode::DifferentObjectThere,
        ConflictKind::ChangedAfterUpload => FailureCode::ChangedAfterUpload,
        ConflictKind::ReceiverChanged => FailureCode::ReceiverChanged,
    }
}

const fn borrowed<T>(observed: &Observed<T>) -> Observed<&T> {
    match observed {
        Observed::Present(value) => Observed::Present(value),
        Observed::Absent => Observed::Absent,
        Observed::Unknown(reason) => Observed::Unknown(*reason),
    }
}

const fn present<T>(observed: &Observed<T>) -> Option<&T> {
    match observed {
        Observed::Present(value) => Some(value),
        Observed::Absent | Observed::Unknown(_) => None,
    }
}

/// Turns pairs of a vanished and a new path with one content into renames (S6, hazard HA15). Only where both halves are
/// certain and there is one candidate each: everything else stays what it is, which loses nothing either.
fn moves(plan: &mut SyncPlan, seen: &[Seen]) {
    let base_of = |path: &RelPath| {
        let at = seen.binary_search_by(|seen| seen.path.cmp(path)).ok()?;
        seen.get(at)?.base.as_ref()
    };
    // Renamed here: the very file, untouched, under another name.
    type Identity = (FileId, u64, i64);
    let identity = |local: &LocalState| -> Identity { (local.file_id, local.size, local.mtime.0) };
    let mut gone: BTreeMap<Identity, Vec<RelPath>> = BTreeMap::new();
    let mut new: BTreeMap<Identity, Vec<RelPath>> = BTreeMap::new();
    // Renamed there: the same checksum, known on both.
    type Content = (u64, crate::digest::Digest);
    let mut trashed: BTreeMap<Content, Vec<RelPath>> = BTreeMap::new();
    let mut fetched: BTreeMap<Content, Vec<RelPath>> = BTreeMap::new();
    for op in &plan.ops {
        match op {
            Op::DeleteRemote { path, .. } => {
                if let Some(base) = base_of(path).filter(|base| base.local.digest.is_some()) {
                    gone.entry(identity(&base.local)).or_default().push(path.clone());
                }
            }
            Op::Upload { path, local, expect: RemoteExpect::Absent } => {
                new.entry(identity(local)).or_default().push(path.clone());
            }
            Op::TrashLocal { path, local } => {
                if let Some(digest) = local.digest.or(base_of(path).and_then(|base| base.local.digest)) {
                    trashed.entry((local.size, digest)).or_default().push(path.clone());
                }
            }
            Op::Download { path, remote, expect: LocalExpect::Absent } => {
                if let Some(digest) = remote.digest {
                    fetched.entry((remote.size, digest)).or_default().push(path.clone());
                }
            }
            Op::Upload { .. }
            | Op::Download { .. }
            | Op::MoveRemote { .. }
            | Op::MoveLocal { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => {}
        }
    }
    let mut pairs: BTreeMap<RelPath, RelPath> = BTreeMap::new();
    let only = |old: &[RelPath], new: &[RelPath]| match (old, new) {
        ([old], [new]) => Some((new.clone(), old.clone())),
        _ => None,
    };
    pairs.extend(gone.iter().filter_map(|(of, old)| only(old, new.get(of)?)));
    pairs.extend(trashed.iter().filter_map(|(of, old)| only(old, fetched.get(of)?)));
    if pairs.is_empty() {
        return;
    }
    let halves: BTreeSet<RelPath> = pairs.values().cloned().collect();
    let mut old_halves: BTreeMap<RelPath, Op> = BTreeMap::new();
    let mut rest = Vec::with_capacity(plan.ops.len());
    for op in std::mem::take(&mut plan.ops) {
        if op.is_delete() && halves.contains(op.path()) {
            old_halves.insert(op.path().clone(), op);
        } else {
            rest.push(op);
        }
    }
    for op in rest {
        let old = pairs.get(op.path()).and_then(|from| old_halves.get(from).cloned());
        plan.ops.push(match (op, old) {
            (
                Op::Upload { path: to, mut local, expect: RemoteExpect::Absent },
                Some(Op::DeleteRemote { path: from, remote }),
            ) => {
                local.digest = local.digest.or(base_of(&from).and_then(|base| base.local.digest));
                Op::MoveRemote { from, to, local, remote }
            }
            (
                Op::Download { path: to, remote, expect: LocalExpect::Absent },
                Some(Op::TrashLocal { path: from, mut local }),
            ) => {
                local.digest = remote.digest;
                Op::MoveLocal { from, to, local, remote }
            }
            (op, _) => op,
        });
    }
}

/// Longest name of a file, in bytes, on the file systems in use.
const LONGEST_NAME: usize = 255;

/// `name (conflict, <device>, <date>).ext`, with a number where that is taken; cut at a letter where it would be too long.
fn conflict_name(
    path: &RelPath,
    names: &ConflictNames<'_>,
    free: impl Fn(&RelPath) -> bool,
) -> Option<RelPath> {
    let name = path.name();
    let folder = path.as_str().strip_suffix(name).unwrap_or_default();
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    // An extension that is none does not have to survive whole.
    let (stem, extension) = if extension.len() > 32 { (name, "") } else { (stem, extension) };
    for number in 1..1000 {
        let number = if number == 1 { String::new() } else { format!(", {number}") };
        let tail = format!(" (conflict, {}, {}{number}){extension}", names.device, names.date);
        let mut room = LONGEST_NAME.saturating_sub(tail.len()).min(stem.len());
        while !stem.is_char_boundary(room) {
            room -= 1;
        }
        let copy = RelPath::parse(&format!("{folder}{}{tail}", stem.get(..room).unwrap_or_default())).ok()?;
        if free(&copy) {
            return Some(copy);
        }
    }
    None
}

/// A plan in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files to send.
    pub uploads: u64,
    /// Objects to fetch.
    pub downloads: u64,
    /// Renames on either side.
    pub moves: u64,
    /// Objects to delete.
    pub deletes_there: u64,
    /// Files to move to the trash.
    pub trashes_here: u64,
    /// Files of which both versions are kept.
    pub conflicts: u64,
    /// Files that are equal on both sides already.
    pub adopts: u64,
    /// Files to be read and compared.
    pub compares: u64,
    /// Files that are left as they are and shown.
    pub shown: u64,
    /// Files of which too little is known yet.
    pub waiting: u64,
    /// Bytes to send.
    pub bytes_up: u64,
    /// Bytes to fetch.
    pub bytes_down: u64,
}

impl SyncPlan {
    /// Counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = Summary { waiting: self.waiting.len() as u64, ..Summary::default() };
        for op in &self.ops {
            match op {
                Op::Upload { .. } => {
                    sum.uploads += 1;
                    sum.bytes_up += op.size();
                }
                Op::Download { .. } => {
                    sum.downloads += 1;
                    sum.bytes_down += op.size();
                }
                Op::MoveRemote { .. } | Op::MoveLocal { .. } => sum.moves += 1,
                Op::DeleteRemote { .. } => sum.deletes_there += 1,
                Op::TrashLocal { .. } => sum.trashes_here += 1,
                Op::KeepBoth { .. } => sum.conflicts += 1,
                Op::Adopt { .. } => sum.adopts += 1,
                Op::Compare { .. } => sum.compares += 1,
                Op::Show { .. } => sum.shown += 1,
                Op::Forget { .. } => {}
            }
        }
        sum
    }
}

impl Summary {
    /// One plain sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        let mut say = |count: u64, one: &str, many: &str, bytes: Option<u64>| {
            if count > 0 {
                let noun = if count == 1 { one } else { many };
                let size = bytes.map(|bytes| format!(" ({})", size(bytes))).unwrap_or_default();
                parts.push(noun.replace('#', &count.to_string()) + &size);
            }
        };
        say(self.uploads, "upload # file", "upload # files", Some(self.bytes_up));
        say(self.downloads, "download # file", "download # files", Some(self.bytes_down));
        say(self.moves, "rename # file", "rename # files", None);
        say(self.compares, "compare # file", "compare # files", None);
        say(self.conflicts, "keep both versions of # file", "keep both versions of # files", None);
        say(self.deletes_there, "delete # object in the bucket", "delete # objects in the bucket", None);
        say(self.trashes_here, "move # file here to the trash", "move # files here to the trash", None);
        if self.deletes_there == 0 && self.trashes_here == 0 && !parts.is_empty() {
            parts.push("delete nothing".to_owned());
        }
        match parts.pop() {
            None => "Nothing to do: both sides are the same.".to_owned(),
            Some(last) if parts.is_empty() => capital(&last) + ".",
            Some(last) => capital(&parts.join(", ")) + " and " + &last + ".",
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// Bytes for people, in the units of file managers.
fn size(bytes: u64) -> String {
    let units = ["KB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if value < 9.95 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
