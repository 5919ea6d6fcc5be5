//! Who watches: knows every content that was ever made, who let it go, and what must never be seen. Shares no code with the
//! engine; checks by itself what the design calls I1 to I16.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_domain::words::FailureCode;
use windlass_domain::{BaseState, Mode, Upload};
use windlass_ports::{BrakeAnswer, Clock as _, FileState, IntentEnd, IntentKind, IntentRow, JournalWrite};

use crate::content::ContentId;
use crate::disk::{Damage, VirtualDisk};
use crate::journal::VirtualJournal;
use crate::s3::VirtualS3;
use crate::world::{Event, World};

/// Temporary files, and open uploads, that may be there at a time.
const MOST_OPEN: usize = 64;
/// Deletes that are so close together count as one sweep.
const SWEEP_NS: i64 = 30_000_000_000;
/// The last look before a decision is not longer ago.
const LOOK_NS: i64 = 5_000_000_000;
/// Moments are a little later than the clock says, so that no two are the same.
const TICKS_NS: i64 = 1_000_000;
/// How far the brake looks back. A little less, since a moment passes between its look and the commit.
const HOUR_NS: i64 = 3_590_000_000_000;

/// Of what came down, and of conflicts, no epoch tells.
fn has_epoch(intent: &IntentRow) -> bool {
    !matches!(intent.kind, IntentKind::KeepBoth | IntentKind::ReplaceLocal | IntentKind::SettleConflict)
}

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
    /// Every intent that was durable once: a request may take effect after its journal was set back.
    intents: BTreeMap<String, IntentRow>,
    /// ETags of the bases that the journals had of a key when a request for it was sent: it may take effect much later.
    sent: BTreeMap<u64, BTreeSet<String>>,
    /// Effective deletes by intent.
    deletes: BTreeMap<String, u64>,
    /// Moments of deletes that no move explains.
    sweep: Vec<i64>,
    /// Most files that were proved at a time.
    most: usize,
    /// Deletes and overwrites that a person said go to.
    go: u64,
    /// Names that a person left out.
    left_out: BTreeSet<String>,
    /// Files that computers replaced, and when last.
    replaced: BTreeMap<(usize, String), i64>,
    /// Files of which a cut left only name and times, and what they held: they must come back, unless a person makes them hers.
    emptied: BTreeMap<(usize, String), ContentId>,
    /// What a power cut made of files so that nobody can see it without reading them.
    silent: BTreeSet<ContentId>,
    /// The wall clock jumped: times prove nothing any more.
    jumped: bool,
    /// A disk was pulled.
    pulled: bool,
    paused: bool,
    /// A journal was set back, and with it the ids of uploads that it had noted are lost (they go after a week, hazard HB24).
    set_back: bool,
    /// Computers whose journal does not know of deletes that were made.
    old: BTreeSet<usize>,
    /// What such a computer proved anew since.
    anew: BTreeSet<(usize, String)>,
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
        // Nothing is in an empty file that could be missed.
        if name.ends_with(" of 0 bytes") {
            return;
        }
        let mut known = self.known();
        known.names.insert(content, name);
        known.made.insert(content);
        let Known { let_go, destroyed, missed, .. } = &mut *known;
        let _were = [let_go, destroyed, missed].map(|gone| gone.remove(&content));
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

    /// A person has her hands on a file: what a cut left of it is hers now.
    pub(crate) fn handled(&self, computer: usize, path: &str) {
        let mut known = self.known();
        if let Some(held) = known.emptied.remove(&(computer, path.to_owned())) {
            known.let_go.insert(held);
            known.destroyed.insert(held);
        }
    }

    /// A power cut damaged files that were not flushed: nobody can be asked for what they held.
    pub(crate) fn damaged(&self, computer: usize, damaged: &[Damage]) {
        for damage in damaged {
            // It may be sent from here, and come down elsewhere.
            for (disk, _) in &self.computers {
                damage.holds.iter().for_each(|content| disk.know(*content));
            }
            let row = self.computers[computer].1.row(&damage.path);
            let mtime = self.computers[computer].0.mtime(&damage.path);
            // Touched since, it looks like one that a person emptied.
            let proved = row.is_some_and(|row| {
                row.state == FileState::Safe && row.base.is_some_and(|base| Some(base.local.mtime) == mtime)
            });
            // A file of which only name and times are left, and which was proved, must come back (hazard HB35).
            if damage.emptied && proved {
                self.known().emptied.insert((computer, damage.path.clone()), damage.held);
                continue;
            }
            let mut known = self.known();
            known.silent.extend(damage.holds.into_iter().filter(|_| damage.silent));
            known.let_go.insert(damage.held);
            known.destroyed.insert(damage.held);
        }
        self.look();
    }

    /// The person paused the folder, and the engine said that it is; or goes on.
    pub fn paused(&self, paused: bool) {
        self.known().paused = paused;
    }

    /// Whether the folder is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.known().paused
    }

    /// A person leaves files of this name out.
    pub(crate) fn left_out(&self, name: &str) {
        self.known().left_out.insert(name.to_owned());
    }

    /// A disk is pulled, or the wall clock jumps.
    pub(crate) fn shaken(&self, disk: bool, clock: bool) {
        let mut known = self.known();
        (known.pulled, known.jumped) = (known.pulled || disk, known.jumped || clock);
    }

    /// Wipes a journal, or sets it back to what it was after so many commits.
    pub fn set_back(&self, computer: usize, commits: usize) {
        let journal = &self.computers[computer].1;
        let done = |of: &IntentRow| has_epoch(of) && of.ended.is_some_and(|(_, end)| end == IntentEnd::Done);
        let before: Vec<IntentRow> = journal.intents().into_iter().filter(done).collect();
        journal.roll_back(commits);
        let after = journal.intents();
        let forgot = before.iter().any(|intent| !after.iter().any(|kept| kept.id == intent.id));
        let mut known = self.known();
        (known.set_back, known.paused) = (true, false);
        known.replaced.clear();
        if forgot {
            known.old.insert(computer);
        }
    }

    /// Looks at everything. Called around every step that changes something.
    pub(crate) fn look(&self) {
        let now = self.world.now().0;
        self.computers.iter().for_each(|(disk, _)| disk.writeback(now));
        let disks = self.computers.iter().map(|(disk, _)| disk.generation());
        let generations: Vec<u64> = disks.chain([self.s3.generation()]).collect();
        // What is late may have taken effect just now.
        self.world.take_events().into_iter().for_each(|event| self.heard(event));
        if std::mem::replace(&mut self.known().generations, generations.clone()) == generations {
            return;
        }
        self.last_copies();
        let there = self.s3.contents();
        for (disk, _) in &self.computers {
            for content in disk.foreign().intersection(&there) {
                self.world.wrong("HA7", format!("{} of another disk is in the bucket", self.name(*content)));
            }
            for held in disk.strange() {
                let name = self.name(held.content);
                self.world.wrong("I3", format!("{} shows {name}, written by {:?}", held.path, held.by));
                disk.know(held.content);
            }
            if disk.temps() > MOST_OPEN {
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
        let unflushed: BTreeSet<ContentId> =
            self.computers.iter().flat_map(|(disk, _)| disk.unflushed_by_person()).collect();
        let mut known = self.known();
        let Known { made, kept, destroyed, missed, .. } = &mut *known;
        kept.extend(made.intersection(&durable));
        // What a person wrote and the system has not flushed yet counts again when it has.
        kept.retain(|content| durable.contains(content) || !unflushed.contains(content));
        let told = |of: &&ContentId| destroyed.contains(of) || missed.contains(of);
        let lost: Vec<ContentId> = kept.difference(&durable).filter(|of| !told(of)).copied().collect();
        missed.extend(&lost);
        drop(known);
        for content in lost {
            self.world.wrong("I1", format!("the last copy of {} is gone", self.name(content)));
        }
    }

    fn heard(&self, event: Event) {
        match event {
            Event::Submitted { what, key, request } => {
                if self.known().paused && self.computers.len() == 1 {
                    self.world.wrong("I14", format!("paused, and yet: {what} {key}"));
                }
                let bases = self.bases(&key);
                self.known().sent.insert(request, bases);
            }
            Event::Committed(computer, batch) => {
                batch.iter().for_each(|write| self.committed(computer, write));
                self.overwrites(computer, &batch);
            }
            Event::Replaced { key, old, deleted, request } => self.replaced(&key, &old, deleted, request),
            Event::Garbled(content) => {
                self.known().names.insert(content, "made by a fault on the way".to_owned());
                self.computers.iter().for_each(|(disk, _)| disk.know(content));
            }
            Event::Trashed(_) => self.swept(),
        }
    }

    fn committed(&self, computer: usize, write: &JournalWrite) {
        match write {
            JournalWrite::SaveBase { path, base, .. } => {
                self.proved(computer, path.as_str(), base);
                let safe = self.computers[computer].1.rows().iter().filter(|row| row.base.is_some()).count();
                let mut known = self.known();
                known.most = known.most.max(safe);
                if known.old.contains(&computer) {
                    known.anew.insert((computer, path.as_str().to_owned()));
                }
            }
            JournalWrite::SaveUpload { spec, state: Upload::Queued, at } => {
                let touched = spec.snapshot.mtime.max(spec.snapshot.ctime);
                let lay_still = at.0 - touched.0 + TICKS_NS >= self.settle.as_nanos() as i64;
                if spec.pair.is_some() && !lay_still && !self.known().jumped {
                    self.world.wrong("HA1", format!("{path} did not lie still yet", path = spec.path));
                }
            }
            JournalWrite::SaveIntent(intent) if intent.ended.is_none() => {
                self.known().intents.insert(intent.id.clone(), intent.as_ref().clone());
                self.intended(computer, intent);
            }
            JournalWrite::SaveBrake(_, Some(brake)) if brake.answer == Some(BrakeAnswer::Go) => {
                let mut known = self.known();
                let ask = &brake.ask;
                known.go = known.go.max(ask.trash_here + ask.delete_there + ask.overwrite);
                // What was before the question is answered for, too.
                (known.sweep, known.replaced) = Default::default();
            }
            _ => {}
        }
    }

    /// I16, HD7: in an hour most of a folder is not replaced without a person's word, however small the portions.
    fn overwrites(&self, computer: usize, batch: &[JournalWrite]) {
        let replaces = |write: &JournalWrite| match write {
            JournalWrite::SaveUpload { spec, state: Upload::Queued, .. } => {
                (spec.pair.is_some() && !spec.expect.is_absent()).then(|| spec.path.to_string())
            }
            JournalWrite::SaveFile { path, local, state: FileState::Downloading, .. } => {
                local.as_ref().map(|_| path.to_string())
            }
            _ => None,
        };
        let (now, limits) = (self.world.steady(), windlass_ports::PairOptions::default().limits);
        let paths: BTreeSet<String> = batch.iter().filter_map(replaces).collect();
        let (round, mut known) = (paths.len(), self.known());
        known.replaced.retain(|_, at| now - *at < HOUR_NS);
        known.replaced.extend(paths.into_iter().map(|path| ((computer, path), now)));
        let hour = known.replaced.keys().filter(|(of, _)| *of == computer).count();
        let (of, go, jumped) = (known.most, known.go as usize, known.jumped);
        drop(known);
        let most = of * usize::from(limits.overwrite_percent);
        let many = |n: usize, few: u64| n as u64 >= few && n.saturating_sub(go) * 100 > most;
        if many(round, limits.few) || (round > 0 && !jumped && many(hour, 2 * limits.few)) {
            self.world.wrong("I16", format!("{hour} of {of} files are replaced, and nobody was asked"));
        }
    }

    /// I2: the version that is called proved holds what the file held when it looked like that.
    fn proved(&self, computer: usize, path: &str, base: &BaseState) {
        let here = self.computers[computer].0.held_then(&base.local);
        let there = self.s3.with_etag(&format!("{}{path}", self.prefix), base.remote.etag.as_str());
        let unseen = !here.is_empty() && here.is_subset(&self.known().silent);
        if here.is_disjoint(&there) && !unseen {
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
        let anew = self.known().anew.contains(&(computer, path.to_owned()));
        if self.known().old.contains(&computer) && !anew && has_epoch(intent) {
            self.world.wrong("I9", format!("{path}: a journal that is an old copy led to {:?}", intent.kind));
        }
        // Spans of time are those of a clock that never jumps.
        let decided = self.world.steady_of(intent.at.0);
        let wrong = |what: &str| self.world.wrong("I6", format!("{path} is to be {what}"));
        match intent.kind {
            IntentKind::DeleteRemote | IntentKind::MoveRemote => {
                // A disk that went and came back between two looks at its marker was empty for the look in between.
                let flapped = disk.there_since().is_some_and(|at| decided - at < LOOK_NS);
                // What was decided before the disk went is given up before it has an effect.
                if disk.away_since().is_some_and(|since| self.world.steady_of(since) < decided) {
                    wrong("deleted there while the disk is away");
                } else if !disk.taken_away(path) && !flapped && disk.holds(path) {
                    wrong("deleted there, and nobody took it away here");
                }
            }
            IntentKind::TrashLocal | IntentKind::MoveLocal => {
                let now = self.world.steady();
                if self.s3.marker_gone().is_some_and(|since| now - self.world.steady_of(since) > SWEEP_NS) {
                    wrong("taken away here on the word of a listing without marker");
                }
                if !self.s3.was_removed(&format!("{}{path}", self.prefix), decided) {
                    wrong("taken away here, and nobody removed it there");
                }
            }
            IntentKind::KeepBoth | IntentKind::ReplaceLocal | IntentKind::SettleConflict => {}
        }
    }

    /// ETags of what the journals take for the state of a key.
    fn bases(&self, key: &str) -> BTreeSet<String> {
        let Some(path) = key.strip_prefix(&self.prefix) else { return BTreeSet::new() };
        let rows = self.computers.iter().filter_map(|(_, journal)| journal.row(path));
        rows.filter_map(|row| row.base).map(|base| base.remote.etag.as_str().to_owned()).collect()
    }

    /// I4 and I5: what was replaced was what the journal knew when the request was sent; what was deleted had an intent.
    fn replaced(&self, key: &str, old: &(String, ContentId), deleted: bool, request: u64) {
        let Some(path) = key.strip_prefix(&self.prefix) else { return };
        if path.starts_with(".windlass/") {
            return;
        }
        let profile = self.s3.profile();
        let kinds = [IntentKind::DeleteRemote, IntentKind::MoveRemote];
        let takes = |intent: &&IntentRow| kinds.contains(&intent.kind) && intent.path.as_str() == path;
        let (intent, any) = {
            let known = self.known();
            let exact = |intent: &&IntentRow| {
                takes(intent) && intent.remote.as_ref().is_some_and(|remote| remote.etag.as_str() == old.0)
            };
            let latest = known.intents.values().filter(exact).max_by_key(|intent| intent.at);
            (latest.cloned(), known.intents.values().any(|intent| takes(&intent)))
        };
        let sent = self.known().sent.get(&request).cloned().unwrap_or_default();
        // The same content under another ETag is the base, too.
        let is_it = |etag: &String| *etag == old.0 || self.s3.with_etag(key, etag).contains(&old.1);
        let based = sent.iter().any(is_it);
        let weak = !profile.conditions && profile.versions;
        if deleted {
            match &intent {
                // The weaker promise of a server without conditions: somebody wrote between the look and the delete, and what
                // was written is kept below.
                None if weak && any => {
                    self.known().let_go.insert(old.1);
                }
                None => self.world.wrong("I5", format!("{key} was deleted without an intent")),
                Some(intent) => {
                    let mut known = self.known();
                    let times = known.deletes.entry(intent.id.clone()).or_default();
                    *times += 1;
                    if *times > 1 && !profile.etag_of_content {
                        self.world.wrong("I5", format!("{key} was deleted twice for one intent"));
                    }
                }
            }
            if intent.is_none_or(|intent| intent.kind == IntentKind::DeleteRemote) {
                self.swept();
            }
        } else if weak && (!based || self.computers.len() > 1) {
            // The weaker promise of a server without conditions: the older version is kept below. The base may be another
            // computer's, which was quicker.
            self.known().let_go.insert(old.1);
        } else if based && !profile.versions && self.known().let_go.contains(&old.1) {
            // A newer version takes the place of one that a person replaced: where no versions are kept, that is its end.
            self.known().destroyed.insert(old.1);
        } else if !based {
            self.world.wrong("I4", format!("{key} was replaced, its base is not {}", self.name(old.1)));
        }
    }

    /// I16: no sweep of deletes without a person's word; each computer has its own limit.
    fn swept(&self) {
        let now = self.world.steady();
        let mut known = self.known();
        known.sweep.push(now);
        known.sweep.retain(|at| now - at <= SWEEP_NS);
        let limits = windlass_ports::PairOptions::default().limits;
        let most = limits.few.max(known.most as u64 * u64::from(limits.percent) / 100 + 1);
        let count = known.sweep.len() as u64;
        if count > (most + known.go) * self.computers.len() as u64 {
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
        let known = self.known();
        let gone =
            |of: &ContentId| known.let_go.contains(of) || known.destroyed.contains(of) || shown.contains(of);
        let missing: Vec<ContentId> = known.kept.iter().filter(|content| !gone(content)).copied().collect();
        drop(known);
        for content in missing {
            self.world.wrong("I10", format!("nobody let go of {}, and it is gone", self.name(content)));
        }
        // What was being written when the disk was pulled goes with the next start.
        if !self.known().pulled {
            self.no_temps();
        }
        for (number, (_, journal)) in self.computers.iter().enumerate() {
            self.converged(mode, number, &objects);
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

    /// I15: nothing half-written is left.
    pub fn no_temps(&self) {
        for (disk, _) in &self.computers {
            if disk.temps() > 0 {
                self.world.wrong("I15", format!("{} temporary files are left", disk.temps()));
            }
        }
    }

    fn converged(&self, mode: Mode, number: usize, objects: &BTreeMap<String, ContentId>) {
        let (disk, journal) = &self.computers[number];
        let files = disk.files();
        let unseen = self.known().silent.clone();
        let left_out = self.known().left_out.clone();
        let out = |path: &&String| left_out.contains(path.rsplit('/').next().unwrap_or(path));
        let silent = files.iter().filter(|(_, content)| unseen.contains(content));
        let excepted: BTreeSet<String> = journal
            .rows()
            .into_iter()
            .filter(|row| matches!(row.state, FileState::Failed(_)))
            .map(|row| row.path.as_str().to_owned())
            .chain(silent.map(|(path, _)| path.clone()))
            .chain(files.keys().chain(objects.keys()).filter(out).cloned())
            .collect();
        let wrong = |what: String| self.world.wrong("I11", what);
        let untrue = |what: String| self.world.wrong("I14", what);
        for (path, content) in &files {
            let Some(row) = journal.row(path) else {
                if mode != Mode::MirrorDown && !out(&path) {
                    wrong(format!("{path} is not known"));
                }
                continue;
            };
            match row.state {
                FileState::Failed(code) => {
                    let theirs = self.s3.was_touched(&format!("{}{path}", self.prefix));
                    if objects.get(path) == Some(content) && !theirs && !unseen.contains(content) {
                        untrue(format!("{path} failed ({code:?}), and both sides are equal"));
                    }
                }
                FileState::Safe => {
                    let then = row.base.map(|base| disk.held_then(&base.local)).unwrap_or_default();
                    if !then.contains(content) {
                        untrue(format!("{path} is called safe, and it is another file now"));
                    }
                }
                // A file of one's own in a folder that only receives: it is left alone.
                FileState::Waiting if mode == Mode::MirrorDown && !objects.contains_key(path) => {}
                other => wrong(format!("{path} is still {other:?}")),
            }
        }
        let up = matches!(mode, Mode::Ingest | Mode::MirrorUp | Mode::TwoWay);
        let down = matches!(mode, Mode::MirrorDown | Mode::TwoWay);
        for (path, content) in files.iter().filter(|(path, _)| up && !excepted.contains(*path)) {
            let there = objects.get(path);
            // In ingest, what others do to a key afterwards is theirs.
            let profile = self.s3.profile();
            let key = format!("{}{path}", self.prefix);
            // So is what comes in late on a server without conditions.
            let weak = !profile.conditions && (self.computers.len() > 1 || self.s3.was_late(&key));
            let theirs = mode == Mode::Ingest && (weak || self.s3.was_touched(&key));
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
        // HA17, I14: what the disk has no name for is told as that, and nothing else is.
        for path in objects.keys().filter(|_| down && disk.is_insensitive()) {
            let (twin, state) = (disk.twin(path), journal.row(path).map(|row| row.state));
            if twin.is_some() != (state == Some(FileState::Failed(FailureCode::NameTwin))) {
                untrue(format!("{path} has the twin {twin:?} here, and is {state:?}"));
            }
        }
        for path in objects.keys().filter(|path| mode == Mode::MirrorUp && !files.contains_key(*path)) {
            if journal.row(path).is_some_and(|row| row.state == FileState::Safe) {
                wrong(format!("{path} is only there, and yet called safe"));
            }
        }
    }
}
