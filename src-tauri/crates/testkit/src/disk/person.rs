//! What a person and the operating system do with the disk. Never waits: it happens between two steps.
use std::collections::BTreeSet;
use std::path::PathBuf;

use windlass_ports::{Clock as _, WatchEvent};

use super::{Inode, VirtualDisk, Volume, below, fold, is_ours};
use crate::content::{Content, ContentId};
use crate::world::{Fault, Who};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// Into the file that is there.
    InPlace,
    /// Into a new file that takes its name, as editors do.
    Replace,
    /// Into the file that is there, and the time of last write is put back.
    KeepTime,
}

impl VirtualDisk {
    /// A person writes a file. Gives the content that was there.
    pub(crate) fn write(&self, path: &str, content: Content, how: Write) -> Option<ContentId> {
        let now = self.world.moment();
        let mut disk = self.disk();
        let spelled = disk.spell(path);
        let path = spelled.as_str();
        disk.known.insert(content.id);
        // Nothing is in an empty file that could be recognised.
        if disk.mounted.is_some_and(|at| at > 0) && !content.is_empty() {
            disk.foreign.insert(content.id);
        }
        disk.back(path, now);
        let (mtime, careful) = (disk.coarse(now), disk.options.careful);
        let number = disk.next_inode;
        // Before the engine hears that it has its name nobody tells apart who wrote last.
        let boot = Some(self.world.boots());
        let fresh = disk.volume().and_then(|v| v.inode(path)).is_some_and(|inode| inode.landing == boot);
        let how = if fresh && how == Write::KeepTime { Write::InPlace } else { how };
        let volume = disk.volume_mut()?;
        let before = volume.inode(path).map(|inode| inode.data.id);
        let there = volume.names.get(path).copied();
        let number = match (there, how) {
            (Some(there), Write::InPlace | Write::KeepTime) => {
                if let Some(inode) = volume.inodes.get_mut(&there) {
                    inode.data = content;
                    inode.mtime = if how == Write::KeepTime { inode.mtime } else { mtime };
                    inode.ctime = now;
                    inode.dirty_since = Some(now);
                    inode.by = Who::Person;
                }
                there
            }
            _ => {
                let inode = Inode {
                    data: content,
                    mtime,
                    ctime: now,
                    durable: None,
                    dirty_since: Some(now),
                    by: Who::Person,
                    landing: None,
                };
                volume.inodes.insert(number, inode);
                volume.change(now, vec![(path.to_owned(), Some(number))]);
                disk.next_inode += 1;
                number
            }
        };
        if careful && let Some(volume) = disk.volume_mut() {
            volume.sync_data(number);
            volume.sync_names();
        }
        disk.note(number);
        drop(disk);
        self.hint(&[path]);
        before
    }

    /// A person appends: the file is as long as `content` now.
    pub(crate) fn grow(&self, path: &str, content: Content) {
        self.write(path, content, Write::InPlace);
    }

    /// Only the times change.
    pub(crate) fn touch(&self, path: &str) {
        let now = self.world.moment();
        let mut disk = self.disk();
        let spelled = disk.spell(path);
        let path = spelled.as_str();
        let mtime = disk.coarse(now);
        let Some(volume) = disk.volume_mut() else { return };
        let Some(number) = volume.names.get(path).copied() else { return };
        if let Some(inode) = volume.inodes.get_mut(&number) {
            (inode.mtime, inode.ctime) = (mtime, now);
        }
        disk.note(number);
        drop(disk);
        self.hint(&[path]);
    }

    /// A file or folder gets another name; what is there goes. Gives the contents that went.
    pub(crate) fn move_to(&self, from: &str, to: &str) -> Vec<ContentId> {
        let now = self.world.moment();
        let mut disk = self.disk();
        let careful = disk.options.careful;
        let spelled = (disk.spell(from), disk.spell(to));
        // What gets another spelling of its own name gets just that.
        let from = spelled.0.as_str();
        let to = if disk.options.insensitive && fold(from) != fold(to) { spelled.1.as_str() } else { to };
        let Some(volume) = disk.volume_mut() else { return Vec::new() };
        let moved: Vec<(String, u64)> = volume
            .names
            .iter()
            .filter(|(path, _)| path.as_str() == from || below(path, from))
            .map(|(path, number)| (path.clone(), *number))
            .collect();
        let (mut changes, mut gone) = (Vec::new(), Vec::new());
        for (path, number) in &moved {
            let target = format!("{to}{}", &path[from.len()..]);
            gone.extend(volume.inode(&target).map(|inode| inode.data.id));
            changes.push((path.clone(), None));
            changes.push((target, Some(*number)));
        }
        let all: Vec<String> = changes.iter().map(|(path, _)| path.clone()).collect();
        let added: Vec<String> =
            changes.iter().filter(|(_, to)| to.is_some()).map(|(path, _)| path.clone()).collect();
        if !changes.is_empty() {
            volume.change(now, changes);
            if careful {
                volume.sync_names();
            }
        }
        for (path, number) in moved {
            disk.taken_away.insert(path, None);
            disk.renamed(number, now);
        }
        for path in added {
            disk.back(&path, now);
        }
        drop(disk);
        self.hint(&all.iter().map(String::as_str).collect::<Vec<_>>());
        gone
    }

    /// A person deletes a file, or a folder with all that is in it (empty path: everything). Gives the contents.
    pub(crate) fn delete(&self, path: &str) -> Vec<ContentId> {
        let now = self.world.moment();
        let mut disk = self.disk();
        let careful = disk.options.careful;
        let spelled = disk.spell(path);
        let path = spelled.as_str();
        let Some(volume) = disk.volume_mut() else { return Vec::new() };
        let paths: Vec<String> = volume
            .names
            .keys()
            .filter(|name| !is_ours(name) && (path.is_empty() || name.as_str() == path || below(name, path)))
            .cloned()
            .collect();
        let gone: Vec<ContentId> =
            paths.iter().filter_map(|path| volume.inode(path)).map(|inode| inode.data.id).collect();
        for path in &paths {
            volume.change(now, vec![(path.clone(), None)]);
        }
        if careful {
            volume.sync_names();
        }
        disk.taken_away.extend(paths.iter().map(|path| (path.clone(), None)));
        drop(disk);
        self.hint(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        gone
    }

    /// The disk is pulled out. An empty folder stays at the mount point, as it does in reality.
    pub(crate) fn unmount(&self) {
        let mut disk = self.disk();
        if let Some(volume) = disk.volume_mut() {
            // Unmounting writes what is dirty.
            let numbers: Vec<u64> = volume.inodes.keys().copied().collect();
            numbers.into_iter().for_each(|number| volume.sync_data(number));
            volume.sync_names();
        }
        if disk.mounted.take().is_some() {
            disk.away_since = Some(self.world.now().0);
        }
        disk.heard = None;
        disk.generation += 1;
    }

    /// The first disk is there again.
    pub(crate) fn mount(&self) {
        let mut disk = self.disk();
        if disk.mounted != Some(0) {
            disk.there_since = Some(self.world.steady());
        }
        disk.mounted = Some(0);
        disk.generation += 1;
    }

    /// Another disk, empty but for a marker of its own, lies at the same path.
    pub(crate) fn swap(&self) {
        self.unmount();
        let mut disk = self.disk();
        if disk.volumes.len() < 2 {
            let marker = windlass_ports::Marker { id: "another-folder".to_owned(), epoch: 0, identity: None };
            disk.volumes.push(Volume { marker: Some(marker), ..Volume::default() });
        }
        disk.mounted = Some(1);
        disk.generation += 1;
    }

    /// A backup program makes a copy of the folder.
    pub(crate) fn copy(&self) {
        let mut disk = self.disk();
        if disk.mounted == Some(0) {
            disk.copy = disk.volume().cloned();
        }
    }

    /// The last copy is put in the place of the folder: the same names, bytes and times of last write in new files. Nobody hears
    /// of it. Gives the paths that were there, or are now.
    pub(crate) fn put_back(&self) -> BTreeSet<String> {
        let now = self.world.moment();
        let mut disk = self.disk();
        let Some(copy) = disk.copy.clone().filter(|_| disk.mounted == Some(0)) else {
            return BTreeSet::new();
        };
        let before: BTreeSet<String> =
            disk.volume().map(|volume| volume.names.keys().cloned().collect()).unwrap_or_default();
        let mut volume = Volume { marker: copy.marker.clone(), ..Volume::default() };
        for (path, inode) in
            copy.names.iter().filter_map(|(path, number)| Some((path, copy.inodes.get(number)?)))
        {
            let number = disk.next_inode;
            disk.next_inode += 1;
            let inode = Inode {
                ctime: now,
                durable: Some(inode.data.clone()),
                dirty_since: None,
                by: Who::Person,
                landing: None,
                ..inode.clone()
            };
            volume.inodes.insert(number, inode);
            volume.names.insert(path.clone(), number);
        }
        volume.durable = volume.names.clone();
        let numbers: Vec<u64> = volume.inodes.keys().copied().collect();
        let names: BTreeSet<String> = volume.names.keys().cloned().collect();
        if let Some(there) = disk.volume_mut() {
            *there = volume;
        }
        disk.new_marker();
        numbers.into_iter().for_each(|number| disk.note(number));
        names.iter().for_each(|path| disk.back(path, now));
        disk.not_copied.extend(before.difference(&names).cloned());
        disk.heard = None;
        before.union(&names).cloned().collect()
    }

    /// A folder cannot be read, or can again.
    pub(crate) fn lock_folder(&self, folder: &str, locked: bool) {
        let mut disk = self.disk();
        if locked {
            disk.locked.insert(folder.to_owned())
        } else {
            disk.locked.remove(folder)
        };
        drop(disk);
        self.hint(&[folder]);
    }

    /// From the next start of the program on the disk cannot say what is at a path, or it can again.
    pub(crate) fn rot(&self, path: &str, rotten: bool) {
        let next = self.world.boots() + 1;
        let mut disk = self.disk();
        if rotten {
            disk.rotten.insert(path.to_owned(), next)
        } else {
            disk.rotten.remove(path)
        };
        drop(disk);
        self.hint(&[path]);
    }

    /// No space, or space again.
    pub(crate) fn set_free(&self, bytes: u64) {
        self.disk().options.free = bytes;
    }

    /// The process died: nobody hears events any more.
    pub(crate) fn deaf(&self) {
        self.disk().heard = None;
    }

    /// Tells the watcher, unless the event gets lost.
    pub(super) fn hint(&self, paths: &[&str]) {
        let heard = {
            let disk = self.disk();
            if disk.options.events { disk.heard.clone() } else { None }
        };
        let Some(heard) = heard else { return };
        if self.world.fault("event", &[Fault::EventLost]).is_some() {
            return;
        }
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.root.join(path)).collect();
        if heard.try_send(WatchEvent::Touched(paths)).is_err() {
            // Full: what a real watcher collapses. Closed: nobody listens.
            let _closed = heard.try_send(WatchEvent::LookAtAll);
        }
    }
}
