//! Files under a temporary name.
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::{LocalExpect, Timestamp};
use windlass_ports::{FsError, FsErrorKind, Published, Staged};

use super::{DiskOptions, Inode, TEMP, VirtualDisk, below, is_temp};
use crate::content::Content;
use crate::world::{Edge, Fault, Who, World};

/// A file being written.
#[derive(Debug)]
pub(super) struct VirtualStaged {
    disk: Arc<VirtualDisk>,
    world: Arc<World>,
    boot: u32,
    temp: String,
    number: u64,
    path: String,
    there: bool,
    bytes: Vec<u8>,
}

impl VirtualStaged {
    pub(super) fn begin(disk: &VirtualDisk, path: &str) -> Result<Self, FsError> {
        let now = disk.world.moment();
        let mut state = disk.disk();
        let spelled = state.spell(path);
        let path = spelled.as_str();
        let in_the_way =
            state.volume().is_some_and(|volume| volume.names.keys().any(|name| below(path, name)));
        if in_the_way {
            return Err(disk.error(FsErrorKind::Changed, path, "a file is where a folder is needed"));
        }
        let number = state.next_inode;
        state.next_inode += 1;
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let temp = format!("{folder}{TEMP}{number}");
        let Some(volume) = state.volume_mut() else {
            return Err(disk.error(FsErrorKind::RootMissing, path, "the folder is not there"));
        };
        let inode = Inode {
            data: Content::of(Bytes::new()),
            mtime: now,
            ctime: now,
            durable: None,
            dirty_since: Some(now),
            by: Who::Engine,
            landing: None,
        };
        volume.inodes.insert(number, inode);
        volume.change(now, vec![(temp.clone(), Some(number))]);
        drop(state);
        Ok(Self {
            disk: disk.me.upgrade().unwrap(),
            world: Arc::clone(&disk.world),
            boot: disk.world.boots(),
            temp,
            number,
            path: path.to_owned(),
            there: true,
            bytes: Vec::new(),
        })
    }

    fn changed(&self) -> FsError {
        self.disk.error(FsErrorKind::Changed, &self.path, "the file is not the expected one any more")
    }
}

#[async_trait]
impl Staged for VirtualStaged {
    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<(), FsError> {
        self.world.cut("write_at", Edge::Before).await;
        let fault = self.world.fault("write_at", &[Fault::Full, Fault::Eio]);
        let mut state = self.disk.disk();
        let DiskOptions { free, .. } = state.options;
        if fault == Some(Fault::Full) || (bytes.len() as u64) > free {
            return Err(self.disk.error(FsErrorKind::Full, &self.path, "no space left on the device"));
        }
        if fault.is_some() {
            return Err(self.disk.error(FsErrorKind::Other, &self.path, "input/output error"));
        }
        if state.volume_mut().is_none() {
            return Err(self.disk.error(FsErrorKind::Other, &self.path, "the disk went away"));
        }
        drop(state);
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = at + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(&bytes);
        Ok(())
    }

    async fn publish(
        mut self: Box<Self>,
        expect: &LocalExpect,
        mtime: Option<Timestamp>,
    ) -> Result<Published, FsError> {
        self.world.cut("publish", Edge::Before).await;
        if self.world.fault("publish", &[Fault::Eio]).is_some() {
            return Err(self.disk.error(FsErrorKind::Other, &self.path, "input/output error"));
        }
        let (number, now) = (self.number, self.world.moment());
        {
            let mut state = self.disk.disk();
            let time = state.coarse(mtime.map_or(now, |time| time.0));
            let Some(volume) = state.volume_mut() else {
                return Err(self.disk.error(FsErrorKind::RootMissing, &self.path, "the folder went away"));
            };
            if volume.names.get(&self.temp) != Some(&number) {
                return Err(self.changed());
            }
            if let Some(inode) = volume.inodes.get_mut(&number) {
                inode.data = Content::of(std::mem::take(&mut self.bytes).into());
                inode.mtime = time;
            }
            volume.sync_data(number);
        }
        self.world.cut("publish", Edge::Between).await;
        let now = self.world.moment();
        let mut trashed = None;
        {
            let mut state = self.disk.disk();
            // Somebody may have given the name another spelling meanwhile.
            self.path = state.spell(&self.path);
            let found = state.look(&self.path);
            let folder_there =
                state.volume().is_some_and(|volume| volume.names.keys().any(|name| below(&self.path, name)));
            match (expect, &found) {
                _ if folder_there => return Err(self.changed()),
                (LocalExpect::Absent, None) => {}
                (LocalExpect::Unchanged(state), Some(found)) if found.same_snapshot(state) => {}
                _ => return Err(self.changed()),
            }
            let Some(volume) = state.volume_mut() else { return Err(self.changed()) };
            // The folder was moved away while the file was written.
            if volume.names.get(&self.temp) != Some(&number) {
                return Err(self.changed());
            }
            let mut changes = vec![(self.temp.clone(), None), (self.path.clone(), Some(number))];
            let place = volume.trash_place(mtime.map_or(now, |time| time.0) / 1_000_000, &self.path);
            if let Some(old) = volume.names.get(&self.path).copied() {
                // A second name first, so that at no moment it has none.
                volume.change(now, vec![(place.clone(), Some(old))]);
                trashed = Some(place);
            }
            changes.rotate_left(1);
            volume.change(now, changes);
            state.back(&self.path, now);
            state.renamed(number, now);
            state.land(number, Some(self.boot));
            self.there = false;
        }
        self.disk.hint(&[&self.path]);
        self.world.cut("publish", Edge::Between).await;
        if let Some(volume) = self.disk.disk().volume_mut() {
            volume.sync_names();
        }
        self.world.cut("publish", Edge::After).await;
        self.disk.disk().land(number, None);
        Ok(Published { kept: trashed, changed: Some(Timestamp(now)) })
    }
}

impl Drop for VirtualStaged {
    fn drop(&mut self) {
        // A dead process removes nothing.
        if !self.there || self.world.is_dead() || self.world.boots() != self.boot {
            return;
        }
        let now = self.world.moment();
        if let Some(volume) = self.disk.disk().volume_mut() {
            // Its folder may bear another name by now.
            let name = volume.names.iter().find(|(path, number)| **number == self.number && is_temp(path));
            if let Some(name) = name.map(|(path, _)| path.clone()) {
                volume.change(now, vec![(name, None)]);
            }
        }
    }
}
