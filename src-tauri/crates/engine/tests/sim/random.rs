//! Random schedules from seeds.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use windlass_domain::Mode;
use windlass_testkit::{Act, DiskOptions, Edge, Fault, Power, Profile, Rng, Seen};

use crate::run::{check, judge, report, run, run_with};
use crate::script::{Journal, Line, Plan};

/// Modes, those that can do more harm more often.
const MODES: [Mode; 6] =
    [Mode::Ingest, Mode::Ingest, Mode::MirrorUp, Mode::MirrorDown, Mode::TwoWay, Mode::TwoWay];
/// Servers that protect what is there, in some way.
const PROFILES: [Profile; 6] = [
    Profile::AWS,
    Profile::UNVERSIONED,
    Profile::CARELESS,
    Profile::STALE,
    Profile::UNORDERED,
    Profile::BARE,
];
/// Calls at which the process must have died.
const PLACES: [&str; 13] = [
    "commit",
    "put",
    "open_upload",
    "send_part",
    "complete_upload",
    "create_marker",
    "stage",
    "publish",
    "trash",
    "rename",
    "copy",
    "delete",
    "set_epoch",
];
/// Commits that must have been seen: every kind of intent and its ends, every state of an upload, the brake and its answers.
const TOLD: [&str; 34] = [
    "intent DeleteRemote",
    "intent TrashLocal",
    "intent MoveRemote",
    "intent MoveLocal",
    "intent KeepBoth",
    "intent ended Done",
    "intent ended Refused",
    "intent ended Undone",
    "upload Queued",
    "upload Sending",
    "upload Completing",
    "upload Resolving",
    "upload Verifying",
    "upload Aborting",
    "upload Waiting",
    "upload ended Committed",
    "upload ended Superseded",
    "upload ended Conflicted",
    "upload ended Failed",
    "brake",
    "brake answered Restore",
    "brake answered Go",
    "base",
    "base forgotten",
    "bases forgotten",
    "merge OldJournal",
    "merge OtherRoot",
    "merge Asked",
    "file Waiting",
    "file Downloading",
    "file Checking",
    "file Failed",
    "file forgotten",
    "part",
];
/// Of so many seeds, one is run twice.
const TWICE: u64 = 25;
/// Seconds when nothing else is said.
const SECONDS: u64 = 20;
/// And without optimisation.
const SECONDS_DEBUG: u64 = 10;
/// Seeds that once showed something which no scenario shows, run first.
const REGRESSIONS: [u64; 17] = [
    // Changed after its upload, and there as it is now by another way.
    10_753_509_147_157_899_043,
    // An older copy put over what was nowhere else.
    965_582_187_322_048_889,
    55_368_578_983_993_661,
    55_368_578_984_030_216,
    // A copy put in the place of the folder right before its epoch was written (HA7).
    965_582_187_321_877_502,
    965_582_187_321_924_914,
    // Renamed and written to, and not read.
    130_566_488,
    // Late requests whose journal was another one by then.
    80_029_474,
    80_113_885,
    80_146_753,
    // Spans of time over a jump of the clock.
    65_604_955_277_120,
    80_055_993,
    120_129_769,
    // Written to right behind a download, with its time put back.
    80_225_378,
    // A disk away for a moment.
    120_080_318,
    // Emptied by a cut, and empty there by chance.
    120_442_591,
    // It fails while the folder waits for a login: the person sees it later.
    130_284_439,
];

fn path(chance: &mut Rng) -> String {
    const NAMES: [&str; 7] =
        ["a.jpg", "b.jpg", "shoot/a.jpg", "shoot/b.jpg", "shoot/raw/c.dng", "notes.txt", "clip.mov"];
    (*chance.pick(&NAMES)).to_owned()
}

fn len(chance: &mut Rng) -> usize {
    match chance.below(1000) {
        0..100 => 0,
        100..900 => 1 + chance.below(200) as usize,
        900..985 => 4096 * (1 + chance.below(3)) as usize + 7,
        _ => 17 * 1024 * 1024 + 1234,
    }
}

/// One act, as often as such things happen.
fn act(chance: &mut Rng, mode: Mode, tag: &mut u64) -> Act {
    *tag += 1;
    let tag = *tag;
    let path = path(chance);
    match chance.below(100) {
        0..30 => Act::Write { path, tag, len: len(chance) },
        30..36 => Act::Replace { path, tag, len: len(chance) },
        36..40 => Act::KeepTime { path, tag },
        40..45 => Act::Grow { path, tag, len: 50 + chance.below(300) as usize, last: chance.often(500) },
        45..48 => Act::Touch(path),
        48..53 => Act::Rename(path, self::path(chance)),
        53..55 => Act::Rename("shoot".to_owned(), "best".to_owned()),
        55..60 => Act::Delete(path),
        60..72 => Act::Put { path, tag, len: len(chance) },
        72..76 => Act::Remove(path),
        76..78 => Act::Restore(path),
        78..80 => Act::ExpireUploads,
        80..82 if mode != Mode::Ingest => Act::LoseMarker,
        82..83 if mode != Mode::Ingest => Act::Recreate,
        83..85 => Act::Unmount,
        85..87 => Act::Mount,
        87..88 => Act::Lock("shoot".to_owned()),
        88..89 => Act::Unlock("shoot".to_owned()),
        89..90 => Act::Jump(chance.below(7_200_000) as i64 - 3_600_000),
        90..92 => Act::Pause,
        92..94 => Act::Resume,
        94..95 => Act::Go,
        95..96 => Act::BringBack,
        96..97 => Act::Quiet,
        97..98 => Act::Undo,
        _ => Act::Wait(chance.below(20_000)),
    }
}

/// The schedule of a seed.
pub(crate) fn plan(seed: u64) -> Plan {
    let mut chance = Rng::new(seed).fork(77);
    let mode = *chance.pick(&MODES);
    let mut plan = Plan::new("random", mode).profile(*chance.pick(&PROFILES));
    // Drawn apart, so that the seeds of before stay what they were.
    if Rng::new(seed).fork(78).often(60) {
        plan.profile = Profile::UNPROTECTED;
    }
    plan.seed = seed;
    plan.disk = DiskOptions {
        mtime_ns: *chance.pick(&[1, 1, 1_000_000_000, 2_000_000_000]),
        events: chance.often(850),
        careful: chance.often(700),
        ..DiskOptions::default()
    };
    plan.computers = if chance.often(150) { 2 } else { 1 };
    plan.per_mille = *chance.pick(&[0, 10, 30, 80, 200]);
    let mut tag = 1000;
    for _ in 0..3 + chance.below(12) {
        let after = match chance.below(10) {
            0..6 => chance.below(900),
            6..9 => chance.below(6_000),
            _ => chance.below(120_000),
        };
        let at = chance.below(plan.computers as u64) as usize;
        plan.lines.push(Line { after, at, act: act(&mut chance, mode, &mut tag) });
    }
    let mut at = 0;
    for _ in 0..chance.below(4) {
        at += 1 + chance.below(90);
        plan.deaths.push(at);
        let power = if chance.often(500) { Power::Stays } else { Power::Cut(chance.next()) };
        plan.power.push(power);
    }
    if chance.often(80) {
        plan.journal = Journal::Back(chance.below(101));
    } else if chance.often(80) {
        // A backup, and later a restore of it.
        for (act, after) in [(Act::Copy, 0), (Act::PutBack, chance.below(90_000))] {
            let from = plan.lines.iter().position(|line| line.act == Act::Copy).map_or(0, |at| at + 1);
            let to = from + chance.below((plan.lines.len() - from) as u64 + 1) as usize;
            plan.lines.insert(to, Line { after, at: 0, act });
        }
    }
    plan
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Counts over many runs.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) runs: u64,
    pub(crate) steps: u64,
    pub(crate) died: u64,
    pub(crate) seen: BTreeMap<(&'static str, Fault), Seen>,
    pub(crate) deaths: BTreeMap<(&'static str, Edge), u64>,
    pub(crate) profiles: BTreeMap<&'static str, u64>,
    pub(crate) modes: BTreeMap<String, u64>,
    /// What happened at all: intents and states that were committed, by name.
    pub(crate) told: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, plan: &Plan, ran: &crate::run::Ran) {
        self.runs += 1;
        self.steps += ran.steps;
        self.died += ran.died();
        *self.profiles.entry(plan.profile.name).or_default() += 1;
        *self.modes.entry(format!("{:?}", plan.mode)).or_default() += 1;
        for (what, times) in &ran.told {
            *self.told.entry(what.clone()).or_default() += times;
        }
        for (what, seen) in &ran.seen {
            let all = self.seen.entry(*what).or_default();
            all.chances += seen.chances;
            all.times += seen.times;
        }
        for (place, times) in &ran.deaths {
            *self.deaths.entry(*place).or_default() += times;
        }
    }

    fn join(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.died += other.died;
        for (what, seen) in other.seen {
            let all = self.seen.entry(what).or_default();
            all.chances += seen.chances;
            all.times += seen.times;
        }
        for (place, times) in other.deaths {
            *self.deaths.entry(place).or_default() += times;
        }
        for (name, times) in other.profiles {
            *self.profiles.entry(name).or_default() += times;
        }
        for (name, times) in other.modes {
            *self.modes.entry(name).or_default() += times;
        }
        for (name, times) in other.told {
            *self.told.entry(name).or_default() += times;
        }
    }

    /// What could have happened often enough and never did: the generator has stopped exploring.
    fn never(&self) -> Vec<String> {
        let faults = self.seen.iter().filter(|(_, seen)| seen.times == 0 && seen.chances > 2_000);
        let mut never: Vec<String> = faults.map(|((op, fault), _)| format!("{fault:?} at {op}")).collect();
        for place in PLACES {
            if !self.deaths.keys().any(|(op, _)| *op == place) {
                never.push(format!("a death at {place}"));
            }
        }
        for what in TOLD {
            if !self.told.contains_key(what) {
                never.push(what.to_owned());
            }
        }
        for mode in MODES {
            if !self.modes.contains_key(&format!("{mode:?}")) {
                never.push(format!("the mode {mode:?}"));
            }
        }
        for profile in Profile::ALL {
            if !self.profiles.contains_key(profile.name) {
                never.push(format!("the profile {}", profile.name));
            }
        }
        never
    }
}

/// Seeds of this run: one half is always the same, the other follows `WINDLASS_SIM_BASE` (the commit, in CI). With
/// `WINDLASS_SIM_FRESH` only the other.
fn seeds() -> impl Iterator<Item = u64> {
    let base = number("WINDLASS_SIM_BASE").unwrap_or(0x5EED).wrapping_mul(0x9E37_79B9);
    let fresh = std::env::var_os("WINDLASS_SIM_FRESH").is_some();
    (0..).map(move |n: u64| {
        if n.is_multiple_of(2) && !fresh {
            n / 2
        } else {
            base.wrapping_add(n / if fresh { 1 } else { 2 }) | 1 << 40
        }
    })
}

#[test]
fn random_schedules_break_nothing() {
    if let Some(seed) = number("WINDLASS_SEED") {
        let plan = plan(seed);
        println!("{plan:#?}");
        let ran = run_with(&plan, true);
        judge(&plan, &ran);
        println!("{} steps, {} deaths, trace {:016x}: nothing wrong", ran.steps, ran.died(), ran.trace);
        return;
    }
    // Which of the first seeds break what, one line each: to see what belongs together.
    if let Some(many) = number("WINDLASS_SIM_SURVEY") {
        let from = number("WINDLASS_SIM_FROM").unwrap_or_default();
        // Only those of these modes, profiles and numbers of computers.
        let only = std::env::var("WINDLASS_SIM_ONLY").unwrap_or_default();
        for seed in from..from + many {
            if seed % 500 == 0 {
                println!("from {seed}");
            }
            let plan = plan(seed);
            let kind = format!("{:?} {} {}", plan.mode, plan.profile.name, plan.computers);
            if !only.split_whitespace().all(|word| kind.split(' ').any(|part| part == word)) {
                continue;
            }
            for wrong in run(&plan).wrong.iter().take(2) {
                println!("{seed:>6} {kind}: {wrong}");
            }
        }
        return;
    }
    let seconds = if cfg!(debug_assertions) { SECONDS_DEBUG } else { SECONDS };
    let budget = Duration::from_secs(number("WINDLASS_SIM_SECONDS").unwrap_or(seconds));
    let threads = number("WINDLASS_SIM_THREADS").unwrap_or(1).max(1);
    let began = Instant::now();
    for seed in REGRESSIONS {
        check(&plan(seed));
    }
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            (0..threads).map(|part| scope.spawn(move || some(part, threads, began, budget))).collect();
        for part in parts {
            let (some, wrong) = part.join().unwrap();
            counts.join(some);
            failed.extend(wrong);
        }
    });
    let rate = counts.runs as f64 / began.elapsed().as_secs_f64();
    println!(
        "{} schedules, {rate:.0} a second; {} steps, {} deaths; {:?}; {:?}",
        counts.runs, counts.steps, counts.died, counts.profiles, counts.modes
    );
    if std::env::var_os("WINDLASS_SIM_COUNTS").is_some() {
        for ((op, fault), seen) in &counts.seen {
            println!("{:>8} of {:>8} {fault:?} at {op}", seen.times, seen.chances);
        }
        for ((op, edge), times) in &counts.deaths {
            println!("{times:>8} deaths at {op} {edge:?}");
        }
        for (what, times) in &counts.told {
            println!("{times:>8} {what}");
        }
    }
    assert!(failed.is_empty(), "{} seeds failed\n{}", failed.len(), failed.join("\n"));
    // Few schedules reach few places; that is no fault of the generator. What is rare by chance the scenarios do on purpose.
    if counts.runs >= 20_000 {
        for plan in crate::scenarios::all().iter().filter(|plan| !plan.is_large()) {
            counts.add(plan, &run(plan));
        }
        assert_eq!(counts.never(), Vec::<String>::new(), "never happened");
    }
}

/// Seeds that failed at which anybody stops.
const ENOUGH: usize = 10;

/// One thread's share: every `of`th seed from the `part`th on, until the time is over or `WINDLASS_SIM_MOST` are reached.
fn some(part: u64, of: u64, began: Instant, budget: Duration) -> (Counts, Vec<String>) {
    let (mut counts, mut failed) = (Counts::default(), Vec::new());
    let most = number("WINDLASS_SIM_MOST").map_or(usize::MAX, |most| most as usize);
    for (n, seed) in seeds().take(most).enumerate().skip(part as usize).step_by(of as usize) {
        if began.elapsed() >= budget || failed.len() >= ENOUGH {
            break;
        }
        let plan = plan(seed);
        let ran = run(&plan);
        counts.add(&plan, &ran);
        if !ran.wrong.is_empty() {
            failed.push(report(&plan, &ran));
        } else if (n as u64).is_multiple_of(TWICE) && ran.trace != run(&plan).trace {
            failed.push(format!("SEED={seed} takes another course the second time"));
        }
    }
    (counts, failed)
}

#[test]
fn a_seed_always_takes_the_same_course() {
    for seed in 0..40 {
        let plan = plan(seed);
        assert_eq!(run(&plan).trace, run(&plan).trace, "SEED={seed}");
    }
}
