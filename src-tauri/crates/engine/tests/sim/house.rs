//! The real engine on the computers of a scene, and the person in front of them.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_domain::{Mode, PairId};
use windlass_engine::{Engine, EngineOptions, EnginePorts, Keep, PairPhase, QuietReport, StopCause};
use windlass_ports::{BrakeAnswer, Catalog, Clock, Entropy, IntentEnd, IntentKind, PairOptions, PairRow};
use windlass_testkit::{Act, Computer, ContentId, Scene};

/// What can be seen of everything: files and commits of each computer, objects, open uploads.
pub(crate) type Fingerprint = (Vec<(Contents, u64)>, Contents, usize);
pub(crate) type Contents = BTreeMap<String, ContentId>;

/// Of those, what people can see: files and objects.
pub(crate) fn seen((here, there, _): &Fingerprint) -> (Vec<&Contents>, &Contents) {
    (here.iter().map(|(files, _)| files).collect(), there)
}

/// Longest virtual time until a folder is at rest.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// Rounds until a folder has to be at rest (invariant I11).
const ROUNDS: usize = 200;
/// Two looks so far apart are evidence enough for everything.
const APART: Duration = Duration::from_secs(61);

/// How long a file must lie still.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);

pub(crate) fn options() -> EngineOptions {
    EngineOptions { settle: SETTLE, rescan: Duration::from_secs(600), ..EngineOptions::default() }
}

fn ports(scene: &Scene, computer: &Computer) -> EnginePorts {
    EnginePorts {
        remotes: Arc::<windlass_testkit::VirtualRemotes>::clone(&computer.remotes),
        journal: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
        jobs: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
        thaws: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal),
        settings: Arc::<windlass_testkit::VirtualJournal>::clone(&computer.journal) as Arc<dyn Catalog>,
        fs: Arc::<windlass_testkit::VirtualDisk>::clone(&computer.disk),
        watcher: Arc::<windlass_testkit::VirtualDisk>::clone(&computer.disk),
        clock: Arc::<windlass_testkit::World>::clone(&scene.world) as Arc<dyn Clock>,
        entropy: Arc::<windlass_testkit::World>::clone(&scene.world) as Arc<dyn Entropy>,
    }
}

fn row(computer: &Computer, number: usize, mode: Mode) -> PairRow {
    PairRow {
        id: PairId::from(format!("folder-{number}")),
        name: "Pictures".to_owned(),
        root: computer.disk.root().to_string_lossy().into_owned(),
        connection: "depot".to_owned(),
        bucket: Scene::BUCKET.to_owned(),
        prefix: Scene::PREFIX.to_owned(),
        mode,
        paused: false,
        last_scan: None,
        epoch: 0,
        remote_marker: None,
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    }
}

/// What the person does about files that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    TriesAgain,
    Watches,
}

/// The engines of a scene, started.
pub(crate) struct House<'s> {
    scene: &'s Scene,
    mode: Mode,
    engines: Vec<Engine>,
}

impl<'s> House<'s> {
    /// Starts an engine on every computer, and sets the folder up where the journal does not know it.
    pub(crate) async fn start(scene: &'s Scene, mode: Mode) -> Self {
        let mut house = Self { scene, mode, engines: Vec::new() };
        for (number, computer) in scene.computers.iter().enumerate() {
            let engine = loop {
                match Engine::start(ports(scene, computer), options()).await {
                    Ok(engine) => break engine,
                    Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
                }
            };
            house.engines.push(engine);
            house.set_up(number).await;
        }
        house
    }

    /// A person sets the folder up, until it is.
    async fn set_up(&self, number: usize) {
        let (engine, computer) = (&self.engines[number], &self.scene.computers[number]);
        for _ in 0..50 {
            let known = computer.journal.pair();
            let runs = known.as_ref().is_some_and(|pair| engine.pair_view(&pair.id).is_some());
            if computer.disk.is_elsewhere() || (runs && computer.disk.has_marker()) {
                return;
            }
            // The process died, or the journal had no space, while the folder was set up: the person sets it up again.
            if let Some(pair) = known {
                let _again = engine.remove_pair(&pair.id).await;
            }
            let row = row(computer, number, self.mode);
            if engine.add_pair_row(row).await.is_err() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    fn pair(&self, at: usize) -> Option<PairId> {
        self.scene.computers[at].journal.pair().map(|pair| pair.id)
    }

    /// An act of anybody.
    pub(crate) async fn act(&self, at: usize, act: &Act) {
        self.scene.act(at, act);
        let Some(pair) = self.pair(at) else { return };
        let engine = &self.engines[at];
        match act {
            Act::Pause if engine.pause_pair(&pair).await.is_ok() => self.scene.oracle.paused(true),
            Act::Resume => {
                self.scene.oracle.paused(false);
                let _gone = engine.resume_pair(&pair).await;
            }
            Act::Go => self.answer(at, BrakeAnswer::Go).await,
            Act::BringBack => self.answer(at, BrakeAnswer::Restore).await,
            Act::Undo => {
                let done = self.scene.computers[at].journal.intents().into_iter().filter(|intent| {
                    let kept = [IntentKind::MoveRemote, IntentKind::MoveLocal, IntentKind::KeepBoth];
                    !kept.contains(&intent.kind) && matches!(intent.ended, Some((_, IntentEnd::Done)))
                });
                let last = done.max_by_key(|intent| intent.at);
                if let Some(intent) = last.filter(|_| !self.scene.oracle.is_paused()) {
                    if intent.kind == IntentKind::ReplaceLocal {
                        self.scene.lets_go(at, intent.path.as_str());
                    }
                    let _too_late = engine.undo(&intent.id).await;
                }
            }
            Act::Settle { mine } => {
                let open = self.scene.computers[at].journal.intents().into_iter().filter(|intent| {
                    intent.kind == IntentKind::KeepBoth && matches!(intent.ended, Some((_, IntentEnd::Done)))
                });
                if let Some(intent) = open.max_by_key(|intent| intent.at) {
                    let loses = intent.to.as_ref().filter(|_| !mine).unwrap_or(&intent.path);
                    self.scene.lets_go(at, loses.as_str());
                    let keep = if *mine { Keep::Mine } else { Keep::Theirs };
                    let _too_late = engine.resolve_conflict(&intent.id, keep).await;
                }
            }
            Act::Ignore(name) => {
                if let Some(mut row) = self.scene.computers[at].journal.pair() {
                    row.options.ignore.push(name.clone());
                    let _gone = engine.set_pair_options(&pair, row.options).await;
                }
            }
            Act::Wait(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
            Act::Quiet => {
                let _late = tokio::time::timeout(Duration::from_secs(900), self.quiet(at)).await;
            }
            _ => {}
        }
    }

    /// The person answers the question of a brake, if there is one.
    async fn answer(&self, at: usize, answer: BrakeAnswer) {
        let Some(pair) = self.scene.computers[at].journal.pair() else { return };
        let Some(brake) = pair.brake else { return };
        // Something else may be asked by now.
        let _stale = self.engines[at].answer_brake(&pair.id, brake.id, answer).await;
    }

    async fn quiet(&self, at: usize) -> QuietReport {
        match self.pair(at) {
            Some(pair) => {
                let _gone = self.engines[at].rescan_pair(&pair);
                self.engines[at].wait_quiet(&pair).await
            }
            None => QuietReport::default(),
        }
    }

    /// With faults and edits stopped, until nothing changes any more (invariant I11).
    pub(crate) async fn come_to_rest(&self, person: Person) {
        let mut before = None;
        let mut why = String::new();
        let rounds = async {
            // What fails while a folder waits for something else is only seen, and tried again, when it does not any more.
            let mut tries = person == Person::TriesAgain;
            for _ in 0..ROUNDS {
                why = self.one_round(person, &mut tries).await.unwrap_or_default();
                self.scene.s3.settle();
                let now = self.fingerprint();
                let same = before.as_ref() == Some(&now);
                if why.is_empty() && same {
                    return true;
                }
                if !same {
                    why.push_str(" something changed");
                }
                before = Some(now);
                tokio::time::sleep(APART).await;
            }
            false
        };
        let rested = tokio::time::timeout(LONGEST, rounds).await;
        let phases: Vec<Option<PairPhase>> = (0..self.engines.len())
            .map(|at| self.pair(at).and_then(|pair| self.engines[at].pair_view(&pair)).map(|view| view.phase))
            .collect();
        match rested {
            Ok(true) => {}
            Ok(false) => {
                self.scene.world.wrong("I11", format!("no rest after {ROUNDS} rounds:{why}; {phases:?}"));
            }
            Err(_) => self.scene.world.wrong("I11", format!("no rest after {LONGEST:?}:{why}; {phases:?}")),
        }
    }

    /// Looks at everything once on every computer; says why it is not at rest. With `tries`, the person tries again what
    /// failed, until she has done so on computers of which none waited for anything.
    async fn one_round(&self, person: Person, tries: &mut bool) -> Option<String> {
        let scene = self.scene;
        let (mut why, mut waited) = (None, false);
        // Without the marker object that it knows a folder concludes nothing until the person lets it merge.
        if self.mode != Mode::Ingest && person == Person::TriesAgain {
            let there = scene.s3.marker();
            for at in 0..self.engines.len() {
                let known = scene.computers[at].journal.pair().and_then(|pair| pair.remote_marker);
                if known.is_some() && known != there {
                    if let Some(pair) = self.pair(at) {
                        let _again = self.engines[at].merge_pair(&pair).await;
                    }
                    why = Some(" the marker object was lost".to_owned());
                }
            }
        }
        for at in 0..self.engines.len() {
            self.set_up(at).await;
            let report = self.quiet(at).await;
            let Some(pair) = self.pair(at) else { continue };
            if let Some(stopped) = report.stopped {
                waited = true;
                why = Some(format!(" {:?}", stopped.cause));
                if stopped.cause == StopCause::Paused {
                    scene.oracle.paused(false);
                    let _gone = self.engines[at].resume_pair(&pair).await;
                }
            }
            if *tries {
                let _tried = self.engines[at].retry_failed(&pair, None).await;
                why = Some(" tried again".to_owned());
            }
            if scene.computers[at].journal.pair().and_then(|pair| pair.brake).is_some() {
                self.answer(at, BrakeAnswer::Restore).await;
                why = Some(" a brake was answered".to_owned());
            }
        }
        *tries &= waited;
        why
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let scene = self.scene;
        let computers = scene.computers.iter();
        let here: Vec<_> = computers.map(|c| (c.disk.files(), c.journal.fingerprint())).collect();
        (here, scene.s3.objects(), scene.s3.open_uploads())
    }

    /// Ends in order.
    pub(crate) async fn shut_down(self) {
        for engine in &self.engines {
            engine.shutdown().await;
            if !engine.is_idle() {
                self.scene.world.wrong("I15", "requests or buffers are left after the end");
            }
        }
    }
}
