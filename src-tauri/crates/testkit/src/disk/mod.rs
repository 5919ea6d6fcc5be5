//! A disk with two views: what programs see, and what a power cut would leave.
//!
//! It behaves as ext4 does (`data=ordered`, delayed allocation): names become durable in order and after a while, bytes
//! independently of them. Folders are what the paths of files say.
mod person;
mod port;
mod power;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::mpsc;
use windlass_domain::{FileId, LocalState, RelPath, Timestamp};
use windlass_ports::{FsError, FsErrorKind, Marker, RootIdentity, WatchEvent};

pub(crate) use self::person::Write;
pub(crate) use self::power::Damage;
pub use self::power::Power;
use crate::content::{Content, ContentId};
use crate::world::{Who, World};

/// Names below this folder are ours, and so are files that begin with the other.
const OURS: &str = ".windlass";
const TEMP: &str = ".windlass-";
/// The system writes bytes after this long by itself, and names after that long.
const WRITEBACK_NS: i64 = 30_000_000_000;
const JOURNAL_NS: i64 = 5_000_000_000;
/// From what a round saw to what it does about it.
const ROUND_NS: i64 = 60_000_000_000;

/// What kind of disk it is.
#[derive(Debug, Clone)]
pub struct DiskOptions {
    /// Times of last write are multiples of this: 1 on ext4, two seconds on FAT.
    pub mtime_ns: i64,
    /// File events come at all.
    pub events: bool,
    /// Free bytes.
    pub free: u64,
    /// The person's programs flush what they write.
    pub careful: bool,
    /// Names that differ only in capital letters, or in how their letters are composed, are one file. Each is stored as it was
    /// given first.
    pub insensitive: bool,
    /// It cannot be found out whether they are.
    pub secretive: bool,
}

impl Default for DiskOptions {
    fn default() -> Self {
        Self { mtime_ns: 1, events: true, free: 1 << 40, careful: true, insensitive: false, secretive: false }
    }
}

#[derive(Debug, Clone)]
struct Inode {
    data: Content,
    mtime: i64,
    ctime: i64,
    /// Bytes that a power cut leaves; `None` when none were written ever.
    durable: Option<Content>,
    dirty_since: Option<i64>,
    by: Who,
    /// The process (by its number) that is giving it its name and has not heard that it has it.
    landing: Option<u32>,
}

/// Names that changed in one step: kept or lost together.
#[derive(Debug, Clone)]
struct Renaming {
    at: i64,
    changes: Vec<(String, Option<u64>)>,
}

#[derive(Debug, Clone, Default)]
struct Volume {
    marker: Option<Marker>,
    /// Number of the marker file: another one with each that is made.
    marker_file: u64,
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable: BTreeMap<String, u64>,
    pending: Vec<Renaming>,
}

impl Volume {
    fn told_marker(&self) -> Option<Marker> {
        let identity = Some(RootIdentity(self.marker_file.to_string()));
        self.marker.clone().map(|marker| Marker { identity, ..marker })
    }

    fn inode(&self, path: &str) -> Option<&Inode> {
        self.names.get(path).and_then(|number| self.inodes.get(number))
    }

    fn change(&mut self, at: i64, changes: Vec<(String, Option<u64>)>) {
        for (path, to) in &changes {
            match to {
                Some(number) => self.names.insert(path.clone(), *number),
                None => self.names.remove(path),
            };
        }
        self.pending.push(Renaming { at, changes });
    }

    /// The first `count` pending changes of names become durable.
    fn settle_names(&mut self, count: usize) {
        for renaming in self.pending.drain(..count) {
            for (path, to) in renaming.changes {
                match to {
                    Some(number) => self.durable.insert(path, number),
                    None => self.durable.remove(&path),
                };
            }
        }
        let used: BTreeSet<u64> = self.names.values().chain(self.durable.values()).copied().collect();
        let pending: BTreeSet<u64> =
            self.pending.iter().flat_map(|r| r.changes.iter().filter_map(|(_, to)| *to)).collect();
        self.inodes.retain(|number, _| used.contains(number) || pending.contains(number));
    }

    /// As `fsync` of every folder does: ext4 commits its whole journal.
    fn sync_names(&mut self) {
        self.settle_names(self.pending.len());
    }

    fn is_dirty(&self) -> bool {
        self.inodes.values().any(|inode| inode.dirty_since.is_some())
    }

    /// A free place in the trash, as the adapter names them.
    fn trash_place(&self, millis: i64, path: &str) -> String {
        let places = (0..).map(|n| match n {
            0 => format!("{OURS}/trash/{millis}/{path}"),
            n => format!("{OURS}/trash/{millis}-{n}/{path}"),
        });
        places.into_iter().find(|place| !self.names.contains_key(place)).unwrap_or_default()
    }

    fn sync_data(&mut self, number: u64) {
        if let Some(inode) = self.inodes.get_mut(&number) {
            inode.durable = Some(inode.data.clone());
            inode.dirty_since = None;
        }
    }

    fn writeback(&mut self, now: i64) {
        let old: Vec<u64> = self
            .inodes
            .iter()
            .filter(|(_, inode)| inode.dirty_since.is_some_and(|since| now - since >= WRITEBACK_NS))
            .map(|(number, _)| *number)
            .collect();
        for number in old {
            self.sync_data(number);
        }
        let old = self.pending.iter().take_while(|renaming| now - renaming.at >= JOURNAL_NS).count();
        if old > 0 {
            self.settle_names(old);
        }
    }
}

#[derive(Debug)]
struct Disk {
    options: DiskOptions,
    volumes: Vec<Volume>,
    /// The folder's own disk as a backup program saw it.
    copy: Option<Volume>,
    /// Files that the folder lost only by being a copy from before they came.
    not_copied: BTreeSet<String>,
    mounted: Option<usize>,
    /// When it was pulled last.
    away_since: Option<i64>,
    /// When it was there again, by the clock that never jumps.
    there_since: Option<i64>,
    next_inode: u64,
    /// Folders that cannot be read.
    locked: BTreeSet<String>,
    /// Paths that cannot be examined, from this start of the program on.
    rotten: BTreeMap<String, u32>,
    heard: Option<mpsc::Sender<WatchEvent>>,
    /// What a file held when it looked like this.
    history: BTreeMap<(u64, i64, i64, u64), BTreeSet<ContentId>>,
    /// Contents that a final name may show: what persons wrote, and what objects hold.
    known: BTreeSet<ContentId>,
    /// Paths whose file a person or a power cut took away, and since when there is one again.
    taken_away: BTreeMap<String, Option<i64>>,
    /// What was written to another disk that lay at the path.
    foreign: BTreeSet<ContentId>,
    generation: u64,
}

/// The disk of one computer, with one folder that is synced.
#[derive(Debug)]
pub struct VirtualDisk {
    world: Arc<World>,
    root: PathBuf,
    state: Mutex<Disk>,
    me: Weak<Self>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) path: String,
    pub(crate) content: ContentId,
    pub(crate) by: Who,
}

impl VirtualDisk {
    /// A disk with an empty folder at `root`.
    #[must_use]
    pub fn new(world: Arc<World>, root: &str, options: DiskOptions) -> Arc<Self> {
        let state = Disk {
            options,
            volumes: vec![Volume::default()],
            copy: None,
            not_copied: BTreeSet::new(),
            mounted: Some(0),
            away_since: None,
            there_since: None,
            next_inode: 11,
            locked: BTreeSet::new(),
            rotten: BTreeMap::new(),
            heard: None,
            history: BTreeMap::new(),
            known: BTreeSet::new(),
            taken_away: BTreeMap::new(),
            foreign: BTreeSet::new(),
            generation: 1,
        };
        Arc::new_cyclic(|me| Self {
            world,
            root: PathBuf::from(root),
            state: Mutex::new(state),
            me: Weak::clone(me),
        })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.disk().generation
    }

    /// The system writes by itself what is old enough.
    pub(crate) fn writeback(&self, now: i64) {
        let mut disk = self.disk();
        let mut wrote = false;
        for volume in &mut disk.volumes {
            let before = volume.pending.len();
            let dirty = volume.inodes.values().filter(|inode| inode.dirty_since.is_some()).count();
            if before > 0 || dirty > 0 {
                volume.writeback(now);
                wrote = true;
            }
        }
        if wrote {
            disk.generation += 1;
        }
    }

    /// Contents at final names and in the trash, on all volumes: as seen, and as a power cut would leave them.
    pub(crate) fn contents(&self) -> (BTreeSet<ContentId>, BTreeSet<ContentId>) {
        let disk = self.disk();
        let (mut seen, mut durable) = (BTreeSet::new(), BTreeSet::new());
        for volume in &disk.volumes {
            let of = |names: &BTreeMap<String, u64>, content: &dyn Fn(&Inode) -> Option<ContentId>| {
                names
                    .iter()
                    .filter(|(path, _)| !is_temp(path))
                    .filter_map(|(_, number)| volume.inodes.get(number).and_then(content))
                    .collect::<Vec<_>>()
            };
            seen.extend(of(&volume.names, &|inode| Some(inode.data.id)));
            durable.extend(of(&volume.durable, &|inode| inode.durable.as_ref().map(|data| data.id)));
        }
        (seen, durable)
    }

    /// Contents at final names that a person wrote and the system still holds in memory, in part or whole.
    pub(crate) fn unflushed_by_person(&self) -> BTreeSet<ContentId> {
        let disk = self.disk();
        let mut found = BTreeSet::new();
        for volume in disk.volumes.iter().filter(|v| !v.pending.is_empty() || v.is_dirty()) {
            let inodes = volume.names.values().filter_map(|number| volume.inodes.get(number));
            found.extend(inodes.filter(|inode| inode.by == Who::Person).map(|inode| inode.data.id));
        }
        found
    }

    /// Files at final names that can be seen now.
    pub(crate) fn visible(&self) -> Vec<Held> {
        let disk = self.disk();
        let Some(volume) = disk.volume() else { return Vec::new() };
        volume
            .names
            .iter()
            .filter(|(path, _)| !is_ours(path))
            .filter_map(|(path, number)| {
                let inode = volume.inodes.get(number)?;
                Some(Held { path: path.clone(), content: inode.data.id, by: inode.by })
            })
            .collect()
    }

    /// Contents at final names, also of disks that are not there now.
    pub(crate) fn at_names(&self) -> BTreeSet<ContentId> {
        let disk = self.disk();
        let mut found = BTreeSet::new();
        for volume in &disk.volumes {
            let names = volume.names.iter().filter(|(path, _)| !is_ours(path));
            found
                .extend(names.filter_map(|(_, number)| volume.inodes.get(number)).map(|inode| inode.data.id));
        }
        found
    }

    /// The paths and contents that can be seen now.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, ContentId> {
        self.visible().into_iter().map(|held| (held.path, held.content)).collect()
    }

    /// The content of a file, if it is there.
    #[must_use]
    pub fn content(&self, path: &str) -> Option<Content> {
        self.disk().volume().and_then(|volume| volume.inode(path)).map(|inode| inode.data.clone())
    }

    /// When a file was written last.
    pub(crate) fn mtime(&self, path: &str) -> Option<Timestamp> {
        self.disk().look(path).map(|local| local.mtime)
    }

    /// The name that keeps this one from being there, because the disk takes both for the same.
    pub(crate) fn twin(&self, path: &str) -> Option<String> {
        let disk = self.disk();
        let volume = disk.volume().filter(|_| disk.options.insensitive)?;
        let spelled = disk.spell(path);
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let in_the_way = volume.names.contains_key(&spelled)
            || volume.names.keys().any(|name| below(name, &spelled))
            || folder(&spelled) != folder(path);
        (spelled != path && in_the_way).then_some(spelled)
    }

    /// Whether the disk takes names for the same that are spelled otherwise.
    pub(crate) fn is_insensitive(&self) -> bool {
        self.disk().options.insensitive
    }

    /// Final names that show something nobody ever wrote whole.
    pub(crate) fn strange(&self) -> Vec<Held> {
        let held = self.visible();
        let disk = self.disk();
        held.into_iter().filter(|held| !disk.known.contains(&held.content)).collect()
    }

    /// This content may be shown at a final name.
    pub(crate) fn know(&self, content: ContentId) {
        self.disk().known.insert(content);
    }

    /// What a file held when it looked like this.
    pub(crate) fn held_then(&self, local: &LocalState) -> BTreeSet<ContentId> {
        let key = (local.file_id.inode, local.mtime.0, local.ctime.0, local.size);
        self.disk().history.get(&key).cloned().unwrap_or_default()
    }

    /// Whether a file is here, or is missing only because the folder is a copy from before it came.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let disk = self.disk();
        disk.volume().is_some_and(|volume| volume.inode(path).is_some() || disk.not_copied.contains(path))
    }

    /// Contents that belong to another disk.
    pub(crate) fn foreign(&self) -> BTreeSet<ContentId> {
        self.disk().foreign.clone()
    }

    /// Whether a person or a power cut took the file of this path away, and it is not back for longer than a round may take.
    pub(crate) fn taken_away(&self, path: &str) -> bool {
        let disk = self.disk();
        let just_now = |at| self.world.steady() - self.world.steady_of(at) < ROUND_NS;
        disk.taken_away.get(path).is_some_and(|back| back.is_none_or(just_now))
    }

    /// Since when the disk is there again, by the clock that never jumps.
    pub(crate) fn there_since(&self) -> Option<i64> {
        self.disk().there_since
    }

    /// Since when nothing of the folder can be seen.
    pub(crate) fn away_since(&self) -> Option<i64> {
        let disk = self.disk();
        disk.away_since.filter(|_| disk.mounted.is_none())
    }

    /// Whether nothing of the folder can be seen.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.disk().mounted.is_none()
    }

    /// Whether the folder's own disk is not there, or another one is.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.disk().mounted != Some(0)
    }

    /// Whether the folder carries a marker.
    #[must_use]
    pub fn has_marker(&self) -> bool {
        self.disk().volume().is_some_and(|volume| volume.marker.is_some())
    }

    /// Temporary files that are there.
    #[must_use]
    pub fn temps(&self) -> usize {
        let disk = self.disk();
        disk.volumes.iter().flat_map(|volume| volume.names.keys()).filter(|path| is_temp(path)).count()
    }

    fn error(&self, kind: FsErrorKind, path: &str, why: &str) -> FsError {
        FsError { kind, path: self.root.join(path).to_string_lossy().into_owned(), source: why.into() }
    }

    /// The path below the root. A call for another place breaks I13.
    fn below(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok().and_then(Path::to_str).map(str::to_owned);
        if inside.is_none() {
            self.world.wrong("I13", format!("the disk was asked for {}", path.display()));
        }
        inside
    }

    fn own_root(&self, root: &Path) {
        if root != self.root {
            self.world.wrong("I13", format!("the disk was asked for the root {}", root.display()));
        }
    }
}

impl Disk {
    fn volume(&self) -> Option<&Volume> {
        self.mounted.map(|at| &self.volumes[at])
    }

    fn volume_mut(&mut self) -> Option<&mut Volume> {
        self.generation += 1;
        match self.mounted {
            Some(at) => self.volumes.get_mut(at),
            None => None,
        }
    }

    fn is_locked(&self, path: &str) -> Option<&str> {
        self.locked.iter().map(String::as_str).find(|above| below(path, above))
    }

    fn is_rotten(&self, path: &str, boots: u32) -> bool {
        self.rotten.get(path).is_some_and(|since| *since <= boots)
    }

    fn state(&self, number: u64, inode: &Inode) -> LocalState {
        LocalState {
            size: inode.data.len() as u64,
            mtime: Timestamp(inode.mtime),
            ctime: Timestamp(inode.ctime),
            file_id: FileId { device: self.mounted.unwrap_or_default() as u64 + 1, inode: number },
            digest: None,
        }
    }

    /// The name under which the disk has, or would make, what is asked for.
    fn spell(&self, path: &str) -> String {
        let Some(volume) = self.volume().filter(|_| self.options.insensitive) else { return path.to_owned() };
        let mut spelled = String::new();
        for (depth, part) in path.split('/').enumerate() {
            if depth > 0 {
                spelled.push('/');
            }
            spelled.push_str(part);
            let wanted = fold(&spelled);
            let head = |name: &str| {
                let end = name.match_indices('/').nth(depth).map_or(name.len(), |(at, _)| at);
                name[..end].to_owned()
            };
            let there = volume.names.keys().map(|name| head(name)).find(|head| fold(head) == wanted);
            spelled = there.unwrap_or(spelled);
        }
        spelled
    }

    fn look(&self, path: &str) -> Option<LocalState> {
        let volume = self.volume()?;
        let number = volume.names.get(&self.spell(path))?;
        volume.inodes.get(number).map(|inode| self.state(*number, inode))
    }

    /// The marker file is another one.
    fn new_marker(&mut self) {
        let number = self.next_inode;
        self.next_inode += 1;
        if let Some(volume) = self.volume_mut() {
            volume.marker_file = number;
        }
    }

    /// Remembers what the file holds as it looks now.
    fn note(&mut self, number: u64) {
        if let Some(inode) = self.volume().and_then(|volume| volume.inodes.get(&number)) {
            let key = (number, inode.mtime, inode.ctime, inode.data.len() as u64);
            let id = inode.data.id;
            self.history.entry(key).or_default().insert(id);
        }
    }

    /// A rename gives the inode another time of change, as ext4 does.
    fn renamed(&mut self, number: u64, now: i64) {
        if let Some(inode) = self.volume_mut().and_then(|volume| volume.inodes.get_mut(&number)) {
            inode.ctime = now;
        }
        self.note(number);
    }

    /// Whether a file's name is still being given to it, and by which process.
    fn land(&mut self, number: u64, by: Option<u32>) {
        if let Some(inode) = self.volume_mut().and_then(|volume| volume.inodes.get_mut(&number)) {
            inode.landing = by;
        }
    }

    fn back(&mut self, path: &str, now: i64) {
        self.not_copied.remove(path);
        if let Some(back) = self.taken_away.get_mut(path) {
            back.get_or_insert(now);
        }
    }

    fn coarse(&self, now: i64) -> i64 {
        now - now.rem_euclid(self.options.mtime_ns)
    }
}

/// What names have in common that are one to an insensitive disk. Knows the few letters that tests use.
fn fold(name: &str) -> String {
    const COMPOSED: [(&str, &str); 2] = [("e\u{301}", "\u{e9}"), ("E\u{301}", "\u{c9}")];
    let composed = COMPOSED.iter().fold(name.to_owned(), |name, (two, one)| name.replace(two, one));
    composed.to_lowercase()
}

/// Whether `path` lies in `folder`.
fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_ours(path: &str) -> bool {
    path.split('/').any(|part| part == OURS || part.starts_with(TEMP))
}

fn is_temp(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(TEMP))
}

fn text(path: &RelPath) -> &str {
    path.as_str()
}
