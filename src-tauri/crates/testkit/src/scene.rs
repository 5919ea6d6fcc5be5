//! Everything a run needs but the engine: computers, the bucket, the oracle that watches them.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::act::Act;
use crate::content::{Content, ContentId};
use crate::disk::{DiskOptions, Power, VirtualDisk};
use crate::journal::VirtualJournal;
use crate::oracle::Oracle;
use crate::s3::{Profile, VirtualRemotes, VirtualS3};
use crate::world::World;

/// The folder on every computer.
const ROOT: &str = "/home/ana/pictures";

/// What a scene is made of.
#[derive(Debug, Clone)]
pub struct SceneOptions {
    /// Moves everything.
    pub seed: u64,
    /// The provider.
    pub profile: Profile,
    /// The disks.
    pub disk: DiskOptions,
    /// Computers that sync the same prefix.
    pub computers: usize,
    /// How long the engine is told to let a file lie still.
    pub settle: Duration,
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            profile: Profile::AWS,
            disk: DiskOptions::default(),
            computers: 1,
            settle: Duration::from_secs(2),
        }
    }
}

/// One computer.
#[derive(Debug)]
pub struct Computer {
    /// Its disk, which is its watcher too.
    pub disk: Arc<VirtualDisk>,
    /// Its journal, which keeps the settings too.
    pub journal: Arc<VirtualJournal>,
    /// Its way to the bucket.
    pub remotes: Arc<VirtualRemotes>,
}

/// The scene.
#[derive(Debug)]
pub struct Scene {
    /// Chance, time and death; the clock and the entropy of the engine.
    pub world: Arc<World>,
    /// The bucket.
    pub s3: Arc<VirtualS3>,
    /// Computers.
    pub computers: Vec<Computer>,
    /// Who watches.
    pub oracle: Arc<Oracle>,
}

impl Scene {
    /// The bucket's name.
    pub const BUCKET: &'static str = "depot";
    /// The prefix.
    pub const PREFIX: &'static str = "team/";

    /// Sets it up.
    #[must_use]
    pub fn new(options: &SceneOptions) -> Self {
        let world = World::new(options.seed);
        let s3 = VirtualS3::new(Arc::clone(&world), Self::BUCKET, Self::PREFIX, options.profile);
        let computers: Vec<Computer> = (0..options.computers)
            .map(|number| Computer {
                disk: VirtualDisk::new(Arc::clone(&world), ROOT, options.disk.clone()),
                journal: VirtualJournal::new(Arc::clone(&world), number),
                remotes: s3.remotes(),
            })
            .collect();
        let seen = computers.iter().map(|c| (Arc::clone(&c.disk), Arc::clone(&c.journal))).collect();
        let oracle = Oracle::new(Arc::clone(&world), Arc::clone(&s3), seen, Self::PREFIX, options.settle);
        let watching = Arc::downgrade(&oracle);
        world.watch(move || {
            if let Some(oracle) = watching.upgrade() {
                oracle.look();
            }
        });
        Self { world, s3, computers, oracle }
    }

    /// What the journals were ever told, by name, and how often.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (name, times) in self.computers.iter().flat_map(|computer| computer.journal.told()) {
            *all.entry(name).or_default() += times;
        }
        all
    }

    fn make(&self, tag: u64, len: usize, whole: bool) -> Content {
        let content = Content::made(tag, len);
        self.computers.iter().for_each(|computer| computer.disk.know(content.id));
        if whole {
            self.oracle.made(content.id, format!("content {tag} of {len} bytes"));
        }
        content
    }

    /// Does an act of the disk, the bucket or the clock; acts of a person at the program are the harness's.
    pub fn act(&self, at: usize, act: &Act) {
        use crate::disk::Write;
        self.world.say(|| format!("computer {at}: {act:?}"));
        self.world.mix(format!("{act:?}").bytes().fold(5, |h: u64, b| h.wrapping_mul(31) ^ u64::from(b)));
        match act {
            Act::Write { path, .. }
            | Act::Replace { path, .. }
            | Act::KeepTime { path, .. }
            | Act::Grow { path, .. }
            | Act::Touch(path)
            | Act::Empty(path)
            | Act::Put { path, .. } => self.oracle.handled(at, path),
            // A folder takes its files along.
            Act::Rename(from, _) | Act::Delete(from) | Act::Remove(from) => {
                // And what bore the new name goes by her hand.
                let to = if let Act::Rename(_, to) = act { to } else { from };
                for path in self.computers[at].disk.files().into_keys() {
                    if path.starts_with(from.as_str()) || path.starts_with(to.as_str()) {
                        self.oracle.handled(at, &path);
                    }
                }
            }
            _ => {}
        }
        let (disk, s3) = (&self.computers[at].disk, &self.s3);
        self.oracle.person(|| match act {
            Act::Write { path, tag, len } => {
                disk.write(path, self.make(*tag, *len, true), Write::InPlace).into_iter().collect()
            }
            Act::Replace { path, tag, len } => {
                disk.write(path, self.make(*tag, *len, true), Write::Replace).into_iter().collect()
            }
            Act::KeepTime { path, tag } => match disk.content(path) {
                Some(old) if !old.is_empty() => {
                    let content = self.make(*tag, old.len(), true);
                    disk.write(path, content, Write::KeepTime).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Act::Always(call, fault) => {
                self.world.fail_always(call, *fault);
                Vec::new()
            }
            Act::Fault(call, fault) => {
                self.world.fail_next(call, *fault);
                Vec::new()
            }
            Act::Empty(path) => {
                disk.write(path, self.make(0, 0, true), Write::KeepTime).into_iter().collect()
            }
            Act::Grow { path, tag, len, last } => {
                let before: Vec<ContentId> = disk.content(path).map(|old| old.id).into_iter().collect();
                disk.grow(path, self.make(*tag, *len, *last));
                before
            }
            Act::Touch(path) => {
                disk.touch(path);
                Vec::new()
            }
            Act::Rename(from, to) => disk.move_to(from, to),
            Act::Delete(path) => disk.delete(path),
            Act::Put { path, tag, len } => {
                s3.put_by_other(path, self.make(*tag, *len, true)).into_iter().collect()
            }
            Act::Remove(path) => s3.delete_by_other(path),
            Act::Recreate => s3.recreate(),
            Act::Restore(path) => s3.restore_older(path).into_iter().collect(),
            Act::ExpireUploads => {
                s3.expire_uploads();
                Vec::new()
            }
            Act::LoseMarker => {
                s3.remove_marker_object();
                Vec::new()
            }
            Act::Unmount => {
                self.oracle.shaken(true, false);
                disk.unmount();
                Vec::new()
            }
            Act::Mount => {
                disk.mount();
                Vec::new()
            }
            Act::Swap => {
                self.oracle.shaken(true, false);
                disk.swap();
                Vec::new()
            }
            Act::Copy => {
                disk.copy();
                Vec::new()
            }
            // What was only here and is not in the copy is gone by her hand. What the bucket or another computer shows stays hers.
            Act::PutBack => {
                let mut gone = disk.at_names();
                for path in disk.put_back() {
                    self.oracle.handled(at, &path);
                }
                let there: BTreeSet<ContentId> = s3.objects().into_values().collect();
                let shown = |content: &ContentId| {
                    there.contains(content)
                        || self.computers.iter().any(|c| c.disk.at_names().contains(content))
                };
                gone.retain(|content| !shown(content));
                gone.into_iter().collect()
            }
            Act::Lock(folder) => {
                disk.lock_folder(folder, true);
                Vec::new()
            }
            Act::Unlock(folder) => {
                disk.lock_folder(folder, false);
                Vec::new()
            }
            Act::Rot(path) => {
                disk.rot(path, true);
                Vec::new()
            }
            Act::Heal(path) => {
                disk.rot(path, false);
                Vec::new()
            }
            Act::Free(bytes) => {
                disk.set_free(*bytes);
                Vec::new()
            }
            Act::Jump(millis) => {
                self.world.jump(*millis);
                self.oracle.shaken(false, true);
                Vec::new()
            }
            Act::Ignore(name) => {
                self.oracle.left_out(name);
                Vec::new()
            }
            Act::Pause
            | Act::Resume
            | Act::Go
            | Act::BringBack
            | Act::Undo
            | Act::Settle { .. }
            | Act::Quiet
            | Act::Wait(_) => Vec::new(),
        });
    }

    /// A person says that what has this name now may go.
    pub fn lets_go(&self, at: usize, path: &str) {
        let content = self.computers[at].disk.content(path).map(|content| content.id);
        self.oracle.person(|| content.into_iter().collect());
    }

    /// What becomes of the disks after the process died.
    pub fn power(&self, power: Power) {
        for (number, computer) in self.computers.iter().enumerate() {
            match power {
                Power::Stays => computer.disk.deaf(),
                Power::Cut(seed) => {
                    let (damaged, torn) = computer.disk.cut(seed);
                    // It may be sent from here, and come down elsewhere.
                    for other in &self.computers {
                        torn.iter().for_each(|content| other.disk.know(*content));
                    }
                    self.oracle.damaged(number, &damaged);
                }
            }
        }
        self.world.say(|| format!("{power:?}"));
    }
}
