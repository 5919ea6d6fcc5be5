//! The disk as the engine sees it.
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::mpsc;
use windlass_domain::{LocalState, NameRules, RelPath, Timestamp};
use windlass_ports::{
    FsError, FsErrorKind, LocalFs, Marker, ScanItem, Scanned, Staged, Taken, WatchEvent, Watcher,
};

use super::stage::VirtualStaged;
use super::{VirtualDisk, Volume, below, is_ours, is_temp, text};
use crate::world::{Edge, Event, Fault};

/// Where a scan is.
enum At {
    Begin,
    After(String, usize),
    End,
}

impl VirtualDisk {
    /// The next finding after a path.
    fn after(&self, last: &str, under: Option<&str>) -> Option<(String, ScanItem)> {
        let disk = self.disk();
        let volume = disk.volume()?;
        let wanted = |path: &str| under.is_none_or(|under| path == under || below(path, under));
        // A folder that cannot be read stands where its first file would.
        let folder = disk.locked.iter().find(|folder| {
            folder.as_str() > last && wanted(folder) && volume.names.keys().any(|path| below(path, folder))
        });
        let file = volume.names.range(last.to_owned()..).map(|(path, _)| path).find(|path| {
            path.as_str() > last && !is_ours(path) && wanted(path) && disk.is_locked(path).is_none()
        });
        match (folder, file) {
            (Some(folder), file) if file.is_none_or(|file| folder < file) => {
                Some((folder.clone(), ScanItem::Unreadable("permission denied".to_owned())))
            }
            (_, Some(path)) => disk.look(path).map(|state| (path.clone(), ScanItem::File(state))),
            _ => None,
        }
    }

    async fn next_found(
        &self,
        at: At,
        root: &Path,
        under: Option<&RelPath>,
    ) -> Option<(Result<Scanned, FsError>, At)> {
        let (last, volume) = match at {
            At::End => return None,
            At::Begin => {
                self.own_root(root);
                self.world.pass("scan").await;
                if self.world.fault("scan", &[Fault::Eio]).is_some() {
                    return Some((Err(self.error(FsErrorKind::Other, "", "input/output error")), At::End));
                }
                // An unmounted disk leaves an empty folder behind, which reads well.
                (String::new(), self.disk().mounted.map_or(usize::MAX, |at| at))
            }
            At::After(last, volume) => {
                self.world.pass("scan on").await;
                (last, volume)
            }
        };
        if self.disk().mounted.map_or(usize::MAX, |at| at) != volume {
            let gone = self.error(FsErrorKind::RootMissing, "", "the folder was replaced meanwhile");
            return Some((Err(gone), At::End));
        }
        // Who walks from a place down never learns how the disk spells the way to it.
        let spelled = under.map(|under| self.disk().spell(text(under)));
        let (path, item) = self.after(&last, spelled.as_deref())?;
        let item = match (item, self.world.fault("scan on", &[Fault::Eio])) {
            (ScanItem::File(_), fault)
                if fault.is_some() || self.disk().is_rotten(&path, self.world.boots()) =>
            {
                ScanItem::Unreadable("input/output error".to_owned())
            }
            (item, _) => item,
        };
        let asked = match (under, &spelled) {
            (Some(under), Some(spelled)) => format!("{under}{}", &path[spelled.len()..]),
            _ => path.clone(),
        };
        let found = Scanned { path: RelPath::parse(&asked).ok(), item };
        Some((Ok(found), At::After(path, volume)))
    }

    /// `Changed` unless the file is this one.
    pub(super) fn expected(&self, path: &str, expect: &LocalState) -> Result<(), FsError> {
        match self.disk().look(path) {
            Some(now) if now.same_snapshot(expect) => Ok(()),
            _ => Err(self.error(FsErrorKind::Changed, path, "it is not the expected file any more")),
        }
    }

    fn there(&self) -> Result<(), FsError> {
        if self.is_away() { Err(self.error(FsErrorKind::RootMissing, "", "no marker")) } else { Ok(()) }
    }

    fn fails(&self, op: &'static str, path: &str) -> Result<(), FsError> {
        let examined = matches!(op, "look" | "spelled");
        match self.world.fault(op, &[Fault::Eio]) {
            None if !examined || !self.disk().is_rotten(path, self.world.boots()) => Ok(()),
            _ => Err(self.error(FsErrorKind::Other, path, "input/output error")),
        }
    }

    /// Renames, durably, in two steps between which the power may go.
    async fn rename_durably(&self, op: &'static str, from: &str, to: &str) -> Result<(), FsError> {
        let now = self.world.moment();
        {
            let mut disk = self.disk();
            let (old, new) = (disk.spell(from), disk.spell(to));
            let Some(volume) = disk.volume_mut() else {
                return Err(self.error(FsErrorKind::RootMissing, from, "the folder went away"));
            };
            let Some(number) = volume.names.get(&old).copied() else {
                return Err(self.error(FsErrorKind::NotFound, from, "it is not there"));
            };
            volume.change(now, vec![(old, None), (new, Some(number))]);
            disk.renamed(number, now);
        }
        self.hint(&[from, to]);
        self.world.cut(op, Edge::Between).await;
        if let Some(volume) = self.disk().volume_mut() {
            volume.sync_names();
        }
        self.world.cut(op, Edge::After).await;
        Ok(())
    }
}

#[async_trait]
impl LocalFs for VirtualDisk {
    async fn read_marker(&self, root: &Path) -> Result<Marker, FsError> {
        self.own_root(root);
        self.world.pass("read_marker").await;
        let marker = self.disk().volume().and_then(Volume::told_marker);
        marker.ok_or_else(|| self.error(FsErrorKind::RootMissing, "", "no marker"))
    }

    async fn set_epoch(&self, root: &Path, expect: &Marker, epoch: u64) -> Result<(), FsError> {
        self.own_root(root);
        self.world.cut("set_epoch", Edge::Before).await;
        self.fails("set_epoch", "")?;
        {
            let mut disk = self.disk();
            let found = disk.volume().and_then(Volume::told_marker);
            match disk.volume_mut().and_then(|volume| volume.marker.as_mut()) {
                Some(marker) if found.as_ref() == Some(expect) => marker.epoch = epoch,
                _ => return Err(self.error(FsErrorKind::RootMissing, "", "the marker is another one")),
            }
            disk.new_marker();
        }
        self.world.cut("set_epoch", Edge::After).await;
        Ok(())
    }

    async fn create_marker(&self, root: &Path, id: &str) -> Result<(), FsError> {
        self.own_root(root);
        self.world.cut("create_marker", Edge::Before).await;
        {
            let mut disk = self.disk();
            let Some(volume) = disk.volume_mut() else {
                return Err(self.error(FsErrorKind::RootMissing, "", "the folder is not there"));
            };
            if volume.marker.is_some() {
                return Err(self.error(FsErrorKind::Changed, "", "a marker is there already"));
            }
            volume.marker = Some(Marker { id: id.to_owned(), epoch: 0, identity: None });
            disk.new_marker();
        }
        self.world.cut("create_marker", Edge::After).await;
        Ok(())
    }

    fn scan<'a>(
        &'a self,
        root: &'a Path,
        under: Option<&'a RelPath>,
    ) -> BoxStream<'a, Result<Scanned, FsError>> {
        stream::unfold(At::Begin, move |at| self.next_found(at, root, under)).boxed()
    }

    async fn look(&self, root: &Path, path: &RelPath) -> Result<Option<Scanned>, FsError> {
        self.look_absolute(&root.join(text(path)))
            .await
            .map(|found| found.map(|item| Scanned { path: Some(path.clone()), item }))
    }

    async fn taken(&self, root: &Path, path: &RelPath) -> Result<Option<Taken>, FsError> {
        self.own_root(root);
        self.world.pass("look").await;
        self.fails("look", text(path))?;
        let disk = self.disk();
        if disk.look(text(path)).is_some() {
            return Ok(Some(Taken::File));
        }
        let Some(volume) = disk.volume() else { return Ok(None) };
        let spelled = disk.spell(text(path));
        let folder = volume.names.keys().any(|name| below(name, &spelled));
        let above = || volume.names.keys().any(|name| below(&spelled, name));
        Ok(if folder { Some(Taken::Folder) } else { above().then_some(Taken::FileAbove) })
    }

    async fn spelled(&self, root: &Path, path: &RelPath) -> Result<Option<RelPath>, FsError> {
        self.own_root(root);
        self.world.pass("spelled").await;
        self.fails("spelled", text(path))?;
        let disk = self.disk();
        let spelled = disk.spell(text(path));
        let there = disk
            .volume()
            .is_some_and(|volume| volume.names.keys().any(|name| *name == spelled || below(name, &spelled)));
        Ok(RelPath::parse(&spelled).ok().filter(|_| there))
    }

    async fn name_rules(&self, root: &Path) -> Result<NameRules, FsError> {
        self.own_root(root);
        let super::DiskOptions { insensitive, secretive, .. } = self.disk().options;
        if secretive {
            return Err(self.error(FsErrorKind::Denied, "", "read-only file system"));
        }
        // A step of its own only where it is needed, so that the schedules of all other disks stay what they were.
        if insensitive {
            self.world.cut("name_rules", Edge::Before).await;
            self.there()?;
            self.fails("name_rules", "")?;
        }
        Ok(NameRules { insensitive, ..NameRules::EXACT })
    }

    async fn look_absolute(&self, path: &Path) -> Result<Option<ScanItem>, FsError> {
        let Some(path) = self.below(path) else { return Ok(None) };
        self.world.pass("look").await;
        self.fails("look", &path)?;
        let disk = self.disk();
        Ok(match disk.look(&path) {
            Some(_) if disk.is_locked(&path).is_some() => {
                Some(ScanItem::Unreadable("permission denied".to_owned()))
            }
            found => found.map(ScanItem::File),
        })
    }

    fn walk_dropped<'a>(&'a self, _: &'a Path) -> BoxStream<'a, Result<(PathBuf, Scanned), FsError>> {
        stream::empty().boxed()
    }

    async fn read(&self, file: &Path, offset: u64, len: usize) -> Result<Bytes, FsError> {
        let Some(path) = self.below(file) else {
            return Err(self.error(FsErrorKind::NotFound, "", "outside"));
        };
        self.world.pass("read").await;
        self.fails("read", &path)?;
        let disk = self.disk();
        if disk.is_locked(&path).is_some() {
            return Err(self.error(FsErrorKind::Denied, &path, "permission denied"));
        }
        let Some(inode) = disk.volume().and_then(|volume| volume.inode(&disk.spell(&path))) else {
            return Err(self.error(FsErrorKind::NotFound, &path, "it is not there"));
        };
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        match from.checked_add(len).filter(|end| *end <= inode.data.len()) {
            Some(end) => Ok(inode.data.bytes.slice(from..end)),
            None => Err(self.error(FsErrorKind::Short, &path, "fewer bytes than expected")),
        }
    }

    async fn stage(&self, root: &Path, path: &RelPath) -> Result<Box<dyn Staged>, FsError> {
        self.own_root(root);
        self.world.cut("stage", Edge::Before).await;
        self.there()?;
        if let Some(fault) = self.world.fault("stage", &[Fault::Eio, Fault::Full]) {
            let kind = if fault == Fault::Full { FsErrorKind::Full } else { FsErrorKind::Other };
            return Err(self.error(kind, text(path), "it cannot be made"));
        }
        if is_ours(text(path)) {
            self.world.wrong("I13", format!("a file was staged at {path}"));
        }
        let staged = VirtualStaged::begin(self, text(path))?;
        self.world.cut("stage", Edge::After).await;
        Ok(Box::new(staged))
    }

    async fn sweep_temps(&self, root: &Path) -> Result<u64, FsError> {
        self.own_root(root);
        self.world.cut("sweep_temps", Edge::Before).await;
        let now = self.world.moment();
        let mut swept = 0;
        if let Some(volume) = self.disk().volume_mut() {
            let temps: Vec<String> = volume.names.keys().filter(|path| is_temp(path)).cloned().collect();
            swept = temps.len() as u64;
            for path in temps {
                volume.change(now, vec![(path, None)]);
            }
        }
        Ok(swept)
    }

    async fn trash(
        &self,
        root: &Path,
        path: &RelPath,
        expect: &LocalState,
        when: Timestamp,
    ) -> Result<String, FsError> {
        self.own_root(root);
        self.world.cut("trash", Edge::Before).await;
        self.there()?;
        self.fails("trash", text(path))?;
        self.expected(text(path), expect)?;
        let place = {
            let disk = self.disk();
            disk.volume().map(|volume| volume.trash_place(when.millis(), text(path))).unwrap_or_default()
        };
        self.world.say(|| format!("trashed {path}"));
        self.world.tell(Event::Trashed(path.as_str().to_owned()));
        self.rename_durably("trash", text(path), &place).await?;
        Ok(place)
    }

    async fn untrash(&self, root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError> {
        self.own_root(root);
        self.world.cut("untrash", Edge::Before).await;
        self.there()?;
        if self.disk().look(text(path)).is_some() {
            return Err(self.error(FsErrorKind::Changed, text(path), "something is there"));
        }
        self.rename_durably("untrash", trashed, text(path)).await
    }

    async fn rename(
        &self,
        root: &Path,
        from: &RelPath,
        to: &RelPath,
        expect: &LocalState,
    ) -> Result<(), FsError> {
        self.own_root(root);
        self.world.cut("rename", Edge::Before).await;
        self.there()?;
        self.fails("rename", text(from))?;
        self.expected(text(from), expect)?;
        if self.disk().look(text(to)).is_some() {
            return Err(self.error(FsErrorKind::Changed, text(to), "something is there"));
        }
        self.rename_durably("rename", text(from), text(to)).await
    }

    async fn free_space(&self, _: &Path) -> Result<u64, FsError> {
        self.world.pass("free_space").await;
        Ok(self.disk().options.free)
    }
}

/// Ends the watch when it is dropped.
struct Watching;

impl Watcher for VirtualDisk {
    fn watch(&self, root: &Path, events: mpsc::Sender<WatchEvent>) -> Result<Box<dyn Send + Sync>, FsError> {
        self.own_root(root);
        let mut disk = self.disk();
        if !disk.options.events {
            // As the port says: told once, and the periodic look does the work.
            let _full = events.try_send(WatchEvent::LookAtAll);
        }
        disk.heard = Some(events);
        Ok(Box::new(Watching))
    }
}
