//! What is left after a power cut.
use std::collections::{BTreeMap, BTreeSet};

use windlass_domain::LocalState;

use super::{Inode, VirtualDisk, is_ours};
use crate::content::{Content, ContentId};
use crate::rng::Rng;
use crate::world::Who;

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It is killed; the system goes on and loses nothing.
    Stays,
    /// The computer loses power: what was not flushed is lost as this number says.
    Cut(u64),
}

/// A file of a person that the cut damaged: where, what it held, what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) path: String,
    pub(crate) held: ContentId,
    /// What it holds now, if it is there.
    pub(crate) holds: Option<ContentId>,
    /// Nothing is left of it but its name and times: the case that must be recognised (hazard HB35).
    pub(crate) emptied: bool,
    /// Other bytes under the same size and times: nobody can see that without reading it.
    pub(crate) silent: bool,
}

impl VirtualDisk {
    /// Cuts the power: names are kept up to some moment, bytes that were not flushed are lost, cut short or torn.
    /// Gives the damage, and every content that came of it.
    pub(crate) fn cut(&self, seed: u64) -> (Vec<Damage>, BTreeSet<ContentId>) {
        let mut chance = Rng::new(seed ^ 0x0FF0);
        let mut disk = self.disk();
        disk.heard = None;
        disk.generation += 1;
        let mut before: Vec<(String, ContentId, Option<LocalState>)> = Vec::new();
        // What every file looked like, whatever its name: a name may be that of an older file again.
        let mut looks: BTreeMap<u64, (ContentId, LocalState)> = BTreeMap::new();
        if let Some(volume) = disk.volume() {
            for (path, number) in volume.names.iter().filter(|(path, _)| !is_ours(path)) {
                if let Some(inode) = volume.inodes.get(number) {
                    before.push((path.clone(), inode.data.id, disk.look(path)));
                }
            }
            let inodes = volume.inodes.iter();
            looks
                .extend(inodes.map(|(number, inode)| (*number, (inode.data.id, disk.state(*number, inode)))));
        }
        let (mut torn, mut by_engine) = (BTreeSet::new(), Vec::new());
        for volume in &mut disk.volumes {
            let kept = chance.below(volume.pending.len() as u64 + 1) as usize;
            volume.settle_names(kept);
            volume.pending.clear();
            volume.names = volume.durable.clone();
            for (number, inode) in &mut volume.inodes {
                if inode.dirty_since.take().is_none() {
                    continue;
                }
                let data = tear(&inode.data, inode.durable.as_ref(), &mut chance);
                if data.id != inode.data.id && inode.by == Who::Person {
                    torn.insert(data.id);
                }
                if inode.by == Who::Engine {
                    by_engine.push((*number, data.id));
                }
                inode.durable = Some(data.clone());
                inode.data = data;
            }
            volume.sync_names();
        }
        // What the cut made of a person's file is nobody's fault; of the engine's files nothing of the kind may be shown.
        disk.known.extend(&torn);
        let numbers: Vec<u64> =
            disk.volume().map(|volume| volume.inodes.keys().copied().collect()).unwrap_or_default();
        for number in numbers {
            disk.note(number);
        }
        // A name that was taken away, and is that of its old file again.
        let back = disk.volume().map(|volume| {
            let names = volume.names.iter().filter(|(path, _)| !is_ours(path));
            let names = names.filter(|(path, _)| !before.iter().any(|(known, ..)| known == *path));
            let looks = names.filter_map(|(path, number)| Some((path.clone(), looks.get(number)?.clone())));
            looks.map(|(path, (held, looked))| (path, held, Some(looked))).collect::<Vec<_>>()
        });
        before.extend(back.unwrap_or_default());
        let mut damaged = Vec::new();
        for (path, held, looked) in before {
            let now = disk.volume().and_then(|volume| volume.inode(&path));
            let same = now.is_some_and(|inode| inode.data.id == held);
            if !same {
                let same_time = |inode: &Inode| looked.as_ref().is_some_and(|l| l.mtime.0 == inode.mtime);
                let emptied = now.is_some_and(|inode| inode.data.is_empty() && same_time(inode));
                let holds = now.map(|inode| inode.data.id);
                let number = disk.volume().and_then(|volume| volume.names.get(&path).copied());
                let silent = number.and_then(|number| looks.get(&number)).is_some_and(|(then, looked)| {
                    Some(*then) != holds && disk.look(&path).as_ref() == Some(looked)
                });
                // Who looks finds nothing there, as if a person had taken it away.
                if now.is_none() {
                    disk.taken_away.insert(path.clone(), None);
                }
                damaged.push(Damage { path, held, holds, emptied, silent });
            }
        }
        (damaged, torn)
    }
}

/// What is left of bytes that were written over `before` and not flushed.
fn tear(data: &Content, before: Option<&Content>, chance: &mut Rng) -> Content {
    let none = Content::of(bytes::Bytes::new());
    let old = || before.cloned().unwrap_or_else(|| none.clone());
    match chance.below(5) {
        0 => old(),
        1 => none.clone(),
        2 => data.clone(),
        3 => {
            let len = chance.below(data.len() as u64 + 1) as usize;
            Content::of(data.bytes.slice(..len))
        }
        _ => {
            let page = if data.len() > 4096 { 4096 } else { data.len() / 2 };
            let mut bytes = data.bytes.to_vec();
            for (number, slot) in bytes.chunks_mut(page.max(1)).enumerate() {
                if number % 2 == 1 {
                    let from = before.map_or(&[][..], |b| &b.bytes[..]);
                    let at = number * page;
                    for (i, byte) in slot.iter_mut().enumerate() {
                        *byte = from.get(at + i).copied().unwrap_or(0);
                    }
                }
            }
            Content::of(bytes.into())
        }
    }
}
