//! Who watches: knows every content that was ever made, who let it go, and what must never be seen. Shares no code with the
//! engine; checks by itself what the design calls I1 to I16.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_domain::{BaseState, Mode, Upload};
use windlass_ports::{BrakeAnswer, Clock as _, FileState, IntentEnd, IntentKind, IntentRow, JournalWrite};

use crate::content::ContentId;
use crate::disk::{Damage, VirtualDisk};
use crate::journal::VirtualJournal;
use crate::s3::VirtualS3;
use crate::world::{Event, World};

/// Temporary files and open uploads that may be there at a time.
const MOST_TEMPS: usize = 64;
const MOST_OPEN: usize = 64;
/// Deletes that are so close together count as one sweep.
const SWEEP_NS: i64 = 30_000_000_000;

/// Moments are a little later than the clock says, so that no two are the same.
const TICKS_NS: i64 = 1_000_000;

#[derive(Debug, Default)]
struct Known {
    names: BTreeMap<ContentId, String>,
    /// Complete contents that persons made.
    made: BTreeSet<ContentId>,
    /// Those that were durable somewhere once: the set U of the design.
    kept: BTreeSet<ContentId>,
    /// A person took it away where it was, or put something else there.
    let_go: BTreeSet<ContentId>,
    /// A person, or the system, took the last copy.
    destroyed: BTreeSet<ContentId>,
    /// Already told.
    missed: BTreeSet<ContentId>,
    /// Effective deletes by intent.
    deletes: BTreeMap<String, u64>,
    /// Moments of deletes that no move explains.
    sweep: Vec<i64>,
    /// Most files that were proved at a time.
    most: usize,
    go: bool,
    /// Files that a power cut changed so that nobody can see it.
    silent: BTreeSet<(usize, String)>,
    /// The wall clock jumped: times prove nothing any more.
    jumped: bool,
    paused: bool,
    /// A journal was set back, and with it the ids of uploads that it had noted are lost (they go after a week, hazard HB24).
    set_back: bool,
    /// Computers whose journal does not know of deletes that were made.
    old: BTreeSet<usize>,
    generations: Vec<u64>,
}

/// The oracle.
#[derive(Debug)]
pub struct Oracle {
    world: Arc<World>,
    s3: Arc<VirtualS3>,
    computers: Vec<(Arc<VirtualDisk>, Arc<VirtualJournal>)>,
    prefix: String,
    settle: Duration,
    known: Mutex<Known>,
}

impl Oracle {
    pub(crate) fn new(
        world: Arc<World>,
        s3: Arc<VirtualS3>,
        computers: Vec<(Arc<VirtualDisk>, Arc<VirtualJournal>)>,
        prefix: &str,
        settle: Duration,
    ) -> Arc<Self> {
        Arc::new(Self { world, s3, computers, prefix: prefix.to_owned(), settle, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, content: ContentId) -> String {
        let name = self.known().names.get(&content).cloned();
        format!("{content:?} ({})", name.unwrap_or_else(|| "nobody made it".to_owned()))
    }

    /// A person made this, complete.
    pub(crate) fn made(&self, content: ContentId, name: String) {
        let mut known = self.known();
        known.names.insert(content, name);
        known.made.insert(content);
        known.let_go.remove(&content);
        known.destroyed.remove(&content);
        known.missed.remove(&content);
    }

    /// Everything that can be read anywhere: now, and after a power cut.
    fn held(&self) -> (BTreeSet<ContentId>, BTreeSet<ContentId>) {
        let mut durable = self.s3.contents();
        let mut seen = durable.clone();
        for (disk, _) in &self.computers {
            let (on_disk, kept) = disk.contents();
            seen.extend(on_disk);
            durable.extend(kept);
        }
        (seen, durable)
    }

    /// Runs an act of a person, which gives the contents that it took away; what it took the last copy of is gone by right.
    pub(crate) fn person(&self, act: impl FnOnce() -> Vec<ContentId>) {
        self.look();
        let (before, durable_before) = self.held();
        let gone = act();
        let (after, durable) = self.held();
        let mut known = self.known();
        known.destroyed.extend(before.difference(&after));
        // What is left is only in the memory of a computer: it counts again when it is written.
        known.kept.retain(|content| durable.contains(content) || !durable_before.contains(content));
        known.let_go.extend(gone);
        drop(known);
        self.look();
    }

    /// A power cut damaged files that were not flushed: nobody can be asked for what they held.
    pub(crate) fn damaged(&self, computer: usize, damaged: &[Damage]) {
        for damage in damaged {
            let row = self.computers[computer].1.row(&damage.path);
            let proved = row.is_some_and(|row| row.state == FileState::Safe);
            // A file of which only name and times are left, and which was proved, must come back (hazard HB35).
            if damage.emptied && proved {
                continue;
            }
            let mut known = self.known();
            if damage.silent {
                known.silent.insert((computer, damage.path.clone()));
            }
            known.let_go.insert(damage.held);
            known.destroyed.insert(damage.held);
        }
        self.look();
    }

    /// The person paused the folder, and the engine said that it is; or goes on.
    pub fn paused(&self, paused: bool) {
        self.known().paused = paused;
    }

    /// The wall clock jumped.
    pub(crate) fn clock_jumped(&self) {
        self.known().jumped = true;
    }

    /// Wipes a journal, or sets it back to what it was after so many commits.
    pub fn set_back(&self, computer: usize, commits: usize) {
        let journal = &self.computers[computer].1;
        let done = |intent: &IntentRow| intent.ended.is_some_and(|(_, end)| end == IntentEnd::Done);
        let before: Vec<IntentRow> = journal.intents().into_iter().filter(done).collect();
        journal.roll_back(commits);
        let after = journal.intents();
        let forgot = before.iter().any(|intent| !after.iter().any(|kept| kept.id == intent.id && done(kept)));
        let mut known = self.known();
        known.set_back = true;
        known.paused = false;
        if forgot {
            known.old.insert(computer);
        }
    }

    /// Looks at everything. Called around every step that changes something.
    pub(crate) fn look(&self) {
        let now = self.world.now().0;
        self.computers.iter().for_each(|(disk, _)| disk.writeback(now));
        for event in self.world.take_events() {
            self.heard(event);
        }
        let mut generations: Vec<u64> = self.computers.iter().map(|(disk, _)| disk.generation()).collect();
        generations.push(self.s3.generation());
        {
            let mut known = self.known();
            if known.generations == generations {
                return;
            }
            known.generations = generations;
        }
        for event in self.world.take_events() {
            self.heard(event);
        }
        self.last_copies();
        let there = self.s3.contents();
        for (disk, _) in &self.computers {
            for content in disk.foreign().intersection(&there) {
                self.world.wrong("HA7", format!("{} of another disk is in the bucket", self.name(*content)));
            }
        }
        for (disk, _) in &self.computers {
            for held in disk.strange() {
                let name = self.name(held.content);
                self.world.wrong("I3", format!("{} shows {name}, written by {:?}", held.path, held.by));
                disk.know(held.content);
            }
            if disk.temps() > MOST_TEMPS {
                self.world.wrong("I15", format!("{} temporary files", disk.temps()));
            }
        }
        if self.s3.open_uploads() > MOST_OPEN {
            self.world.wrong("I15", format!("{} open uploads", self.s3.open_uploads()));
        }
    }

    /// I1: what was durable once stays durable somewhere.
    fn last_copies(&self) {
        let (_, durable) = self.held();
        let mut known = self.known();
        let Known { made, kept, destroyed, missed, .. } = &mut *known;
        kept.extend(made.intersection(&durable));
        let lost: Vec<ContentId> = kept
            .iter()
            .filter(|content| {
                !durable.contains(content) && !destroyed.contains(content) && !missed.contains(content)
            })
            .copied()
            .collect();
        missed.extend(&lost);
        drop(known);
        for content in lost {
            self.world.wrong("I1", format!("the last copy of {} is gone", self.name(content)));
        }
    }

    fn heard(&self, event: Event) {
        match event {
            Event::Submitted(what) => {
                if self.known().paused && self.computers.len() == 1 {
                    self.world.wrong("I14", format!("paused, and yet: {what}"));
                }
            }
            Event::Committed(computer, batch) => {
                for write in batch.iter() {
                    self.committed(computer, write);
                }
            }
            Event::Replaced { key, old, deleted } => self.replaced(&key, &old, deleted),
            Event::Trashed(path) => {
                self.world.say(|| format!("trashed {path}"));
                self.swept();
            }
        }
    }

    fn committed(&self, computer: usize, write: &JournalWrite) {
        match write {
            JournalWrite::SaveBase { path, base, .. } => {
                self.proved(computer, path.as_str(), base);
                let safe = self.computers[computer].1.rows().iter().filter(|row| row.base.is_some()).count();
                let mut known = self.known();
                known.most = known.most.max(safe);
            }
            JournalWrite::SaveUpload { spec, state: Upload::Queued, at } => {
                let touched = spec.snapshot.mtime.max(spec.snapshot.ctime);
                let jumped = self.known().jumped;
                if !jumped
                    && spec.pair.is_some()
                    && at.0 - touched.0 + TICKS_NS < self.settle.as_nanos() as i64
                {
                    self.world.wrong("HA1", format!("{path} did not lie still yet", path = spec.path));
                }
            }
            JournalWrite::SaveIntent(intent) if intent.ended.is_none() => self.intended(computer, intent),
            JournalWrite::SaveBrake(_, Some(brake)) if brake.answer == Some(BrakeAnswer::Go) => {
                self.known().go = true;
            }
            _ => {}
        }
    }

    /// I2: the version that is called proved holds what the file held when it looked like that.
    fn proved(&self, computer: usize, path: &str, base: &BaseState) {
        let here = self.computers[computer].0.held_then(&base.local);
        let there = self.s3.with_etag(&format!("{}{path}", self.prefix), base.remote.etag.as_str());
        if here.is_disjoint(&there) {
            self.world.wrong("I2", format!("{path} is called safe: here {here:?}, there {there:?}"));
        }
        if let (Some(here), Some(there)) = (base.local.digest, base.remote.digest)
            && here != there
        {
            self.world.wrong("I2", format!("{path} is called safe with two checksums"));
        }
    }

    /// I6: what the engine takes for a delete is one.
    fn intended(&self, computer: usize, intent: &IntentRow) {
        let (disk, _) = &self.computers[computer];
        let path = intent.path.as_str();
        if self.known().old.contains(&computer) && intent.kind != IntentKind::KeepBoth {
            self.world.wrong("I9", format!("{path}: a journal that is an old copy led to {:?}", intent.kind));
        }
        match intent.kind {
            IntentKind::DeleteRemote | IntentKind::MoveRemote => {
                if disk.is_away() {
                    self.world.wrong("I6", format!("{path} is to be deleted there while the disk is away"));
                } else if !disk.taken_by_person(path) && disk.content(path).is_some() {
                    self.world.wrong("I6", format!("{path} is to be deleted there, and it is here"));
                }
            }
            IntentKind::TrashLocal | IntentKind::MoveLocal => {
                let now = self.world.now().0;
                if self.s3.marker_gone().is_some_and(|since| now - since > SWEEP_NS) {
                    self.world.wrong("I6", format!("{path} is to be taken away here on the word of a listing without marker"));
                }
                if !self.s3.was_removed(&format!("{}{path}", self.prefix)) {
                    self.world
                        .wrong("I6", format!("{path} is to be taken away here, and nobody removed it there"));
                }
            }
            IntentKind::KeepBoth => {}
        }
    }

    /// I4 and I5: what was replaced was what the journal knew; what was deleted had an intent.
    fn replaced(&self, key: &str, old: &(String, ContentId), deleted: bool) {
        let Some(path) = key.strip_prefix(&self.prefix) else { return };
        if path.starts_with(".windlass/") {
            return;
        }
        let profile = self.s3.profile();
        let mut intents = self.computers.iter().flat_map(|(_, journal)| journal.intents());
        let intent = intents.find(|intent| {
            matches!(intent.kind, IntentKind::DeleteRemote | IntentKind::MoveRemote)
                && intent.path.as_str() == path
                && intent.remote.as_ref().is_some_and(|remote| remote.etag.as_str() == old.0)
        });
        let based = self.computers.iter().any(|(_, journal)| {
            let base = journal.row(path).and_then(|row| row.base);
            base.is_some_and(|base| base.remote.etag.as_str() == old.0)
        });
        let weak = !profile.conditions && profile.versions;
        if deleted {
            match &intent {
                None => self.world.wrong("I5", format!("{key} was deleted without an intent")),
                Some(intent) => {
                    let mut known = self.known();
                    let times = known.deletes.entry(intent.id.clone()).or_default();
                    *times += 1;
                    if *times > 1 && !profile.etag_of_content {
                        drop(known);
                        self.world.wrong("I5", format!("{key} was deleted twice for one intent"));
                    }
                }
            }
            if intent.is_none_or(|intent| intent.kind == IntentKind::DeleteRemote) {
                self.swept();
            }
        } else if !based && weak {
            // The weaker promise of a server without conditions: the older version is kept below.
            self.known().let_go.insert(old.1);
        } else if !based {
            let name = self.name(old.1);
            self.world.wrong("I4", format!("{key} was replaced, and its base was another: {name}"));
        }
    }

    /// I16: no sweep of deletes without a person's word.
    fn swept(&self) {
        let now = self.world.now().0;
        let mut known = self.known();
        known.sweep.push(now);
        known.sweep.retain(|at| now - at <= SWEEP_NS);
        let limits = windlass_ports::PairOptions::default().limits;
        let share = known.most as u64 * u64::from(limits.percent) / 100;
        let most = limits.few.max(share + 1);
        let (count, go) = (known.sweep.len() as u64, known.go);
        drop(known);
        if count > most && !go {
            self.world.wrong("I16", format!("{count} deletes at once, and nobody was asked"));
        }
    }

    /// At the end, with faults and edits stopped: I10, I11, I14, I15.
    pub fn at_rest(&self, mode: Mode) {
        self.s3.settle();
        self.look();
        let objects = self.s3.objects();
        let mut shown: BTreeSet<ContentId> = objects.values().copied().collect();
        for (disk, _) in &self.computers {
            shown.extend(disk.at_names());
        }
        let missing: Vec<ContentId> = {
            let known = self.known();
            let wanted = known
                .kept
                .iter()
                .filter(|content| !known.let_go.contains(content) && !known.destroyed.contains(content));
            wanted.filter(|content| !shown.contains(content)).copied().collect()
        };
        for content in missing {
            let name = self.name(content);
            self.world.wrong("I10", format!("nobody let go of {name}, and it is nowhere to be seen"));
        }
        for (number, (disk, journal)) in self.computers.iter().enumerate() {
            self.converged(mode, number, &objects);
            if disk.temps() > 0 {
                self.world.wrong("I15", format!("{} temporary files are left", disk.temps()));
            }
            if journal.open_transfers() > 0 {
                self.world.wrong("I11", format!("{} transfers are open", journal.open_transfers()));
            }
            for intent in journal.open() {
                self.world.wrong("I11", format!("the intent {:?} of {} is open", intent.kind, intent.path));
            }
        }
        if self.s3.open_uploads() > 0 && !self.known().set_back {
            self.world.wrong("I15", format!("{} uploads are left open", self.s3.open_uploads()));
        }
    }

    fn converged(&self, mode: Mode, number: usize, objects: &BTreeMap<String, ContentId>) {
        let (disk, journal) = &self.computers[number];
        let files = disk.files();
        let silent: Vec<String> = self
            .known()
            .silent
            .iter()
            .filter(|(at, _)| *at == number)
            .map(|(_, path)| path.clone())
            .collect();
        let excepted: BTreeSet<String> = journal
            .rows()
            .into_iter()
            .filter(|row| matches!(row.state, FileState::Failed(_)))
            .map(|row| row.path.as_str().to_owned())
            .chain(silent)
            .collect();
        let wrong = |what: String| self.world.wrong("I11", what);
        for (path, content) in &files {
            match journal.row(path) {
                None if mode == Mode::MirrorDown => {}
                None => wrong(format!("{path} is not known")),
                Some(row) => match row.state {
                    FileState::Failed(code) => {
                        let theirs = self.s3.was_touched(&format!("{}{path}", self.prefix));
                        if objects.get(path) == Some(content) && !theirs {
                            let what = format!("{path} failed ({code:?}), and both sides are equal");
                            self.world.wrong("I14", what);
                        }
                    }
                    FileState::Safe => {
                        let then = row.base.map(|base| disk.held_then(&base.local)).unwrap_or_default();
                        if !then.contains(content) {
                            self.world
                                .wrong("I14", format!("{path} is called safe, and it is another file now"));
                        }
                    }
                    other => wrong(format!("{path} is still {other:?}")),
                },
            }
        }
        let up = matches!(mode, Mode::Ingest | Mode::MirrorUp | Mode::TwoWay);
        let down = matches!(mode, Mode::MirrorDown | Mode::TwoWay);
        for (path, content) in files.iter().filter(|(path, _)| up && !excepted.contains(*path)) {
            let there = objects.get(path);
            // In ingest, what others do to a key afterwards is theirs.
            let theirs = mode == Mode::Ingest && self.s3.was_touched(&format!("{}{path}", self.prefix));
            if there != Some(content) && !theirs {
                wrong(format!("{path} holds {content:?} here and {there:?} there"));
            }
        }
        for (path, content) in objects.iter().filter(|(path, _)| down && !excepted.contains(*path)) {
            let here = files.get(path);
            if here != Some(content) {
                wrong(format!("{path} holds {content:?} there and {here:?} here"));
            }
        }
        if mode == Mode::MirrorUp {
            for path in objects.keys().filter(|path| !files.contains_key(*path)) {
                if journal.row(path).is_some_and(|row| row.state == FileState::Safe) {
                    wrong(format!("{path} is only there, and yet called safe"));
                }
            }
        }
    }
}
