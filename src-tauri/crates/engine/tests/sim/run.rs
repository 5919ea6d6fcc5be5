//! Runs a plan: starts the engine, lets things happen, kills it where the plan says so, and judges what is left.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use windlass_domain::words::FailureCode;
use windlass_ports::FileState;
use windlass_testkit::{Act, Calls, Edge, Fault, Power, Scene, SceneOptions, Seen, Wrong};

use crate::house::{self, House, Person};
use crate::script::{Journal, Plan};

/// Starts at the most: a run that needs more does not come to an end.
const MOST_BOOTS: u32 = 20;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) cuts: u64,
    /// Commits of the first computer's journal when the script was through.
    pub(crate) commits: usize,
    pub(crate) steps: u64,
    pub(crate) trace: u64,
    pub(crate) seen: BTreeMap<(&'static str, Fault), Seen>,
    pub(crate) deaths: BTreeMap<(&'static str, Edge), u64>,
    /// What was committed, by name.
    pub(crate) told: BTreeMap<String, u64>,
    pub(crate) log: Vec<String>,
    /// What the engine had asked for when the script was through, and what its journal had.
    pub(crate) asked: Asked,
}

/// What a script cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) calls: Calls,
    pub(crate) uploads: usize,
    pub(crate) intents: usize,
    /// Files that say why they could not be kept in step.
    pub(crate) failed: Vec<(String, FailureCode)>,
    /// Files that are in step.
    pub(crate) safe: Vec<String>,
}

impl Ran {
    /// How often the process died.
    pub(crate) fn died(&self) -> u64 {
        self.deaths.values().sum()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Line number.
    Script(usize),
    Journal,
    Rest,
    Again,
    Over,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Runs it.
pub(crate) fn run(plan: &Plan) -> Ran {
    run_with(plan, false)
}

/// Runs it; with `log`, what happened is kept as lines.
pub(crate) fn run_with(plan: &Plan, log: bool) -> Ran {
    let scene = Scene::new(&SceneOptions {
        seed: plan.seed,
        profile: plan.profile,
        disk: plan.disk.clone(),
        computers: plan.computers,
        settle: house::SETTLE,
    });
    if log {
        scene.world.keep_log();
    }
    scene.world.set_faults(plan.per_mille);
    scene.world.script_calls(plan.faults.iter().copied());
    scene.world.die_at(plan.deaths.iter().copied());
    let mut stage = Stage::Script(0);
    let (mut deaths, mut commits, mut asked) = (0, 0, Asked::default());
    while stage != Stage::Over {
        if scene.world.boots() >= MOST_BOOTS {
            scene.world.wrong("I11", format!("{MOST_BOOTS} starts are not enough"));
            break;
        }
        let runtime = runtime();
        let died = runtime.block_on(async {
            scene.world.boot();
            tokio::select! {
                biased;
                () = scene.world.died() => true,
                () = live(&scene, plan, &mut stage, &mut asked) => false,
            }
        });
        // Everything of the engine is dropped here, as the kernel drops a dead process.
        drop(runtime);
        if scene.world.is_exhausted() {
            break;
        }
        if died {
            let power = plan.power.get(deaths).or(plan.power.last()).copied().unwrap_or(Power::Stays);
            scene.power(power);
            deaths += 1;
            // What the cut did to the disk has to come to rest first.
            if stage == Stage::Again {
                stage = Stage::Rest;
            }
        } else if stage == Stage::Journal {
            commits = scene.computers[0].journal.commits();
            set_back(&scene, plan);
            stage = Stage::Rest;
        } else {
            scene.power(Power::Stays);
        }
    }
    Ran {
        wrong: scene.world.all_wrong(),
        cuts: scene.world.cuts(),
        commits,
        steps: scene.world.steps(),
        trace: scene.world.trace(),
        seen: scene.world.seen(),
        deaths: scene.world.deaths(),
        told: scene.told(),
        log: scene.world.log(),
        asked,
    }
}

/// One life of the process, from where the last one stopped.
async fn live(scene: &Scene, plan: &Plan, stage: &mut Stage, asked: &mut Asked) {
    let house = House::start(scene, plan.mode).await;
    while let Stage::Script(number) = *stage {
        match plan.lines.get(number) {
            Some(line) => {
                tokio::time::sleep(Duration::from_millis(line.after)).await;
                *stage = Stage::Script(number + 1);
                house.act(line.at, &line.act).await;
            }
            None => *stage = if plan.journal == Journal::Stays { Stage::Rest } else { Stage::Journal },
        }
    }
    if *stage == Stage::Rest && asked.calls == Calls::default() {
        let journal = &scene.computers[0].journal;
        *asked = Asked {
            calls: scene.s3.calls(),
            uploads: journal.uploads(),
            intents: journal.intents().len(),
            safe: journal
                .rows()
                .into_iter()
                .filter(|row| row.state == FileState::Safe)
                .map(|row| row.path.as_str().to_owned())
                .collect(),
            failed: journal
                .rows()
                .into_iter()
                .filter_map(|row| match row.state {
                    FileState::Failed(code) => Some((row.path.as_str().to_owned(), code)),
                    _ => None,
                })
                .collect(),
        };
    }
    match *stage {
        Stage::Script(_) | Stage::Over | Stage::Journal => {}
        Stage::Rest => {
            calm(scene, plan);
            house.come_to_rest(Person::TriesAgain).await;
            scene.oracle.at_rest(plan.mode);
            *stage = Stage::Again;
        }
        // A further run of a synced tree plans nothing and sends nothing (invariant I12).
        Stage::Again => {
            let (calls, before) = (scene.s3.calls(), house.fingerprint());
            house.come_to_rest(Person::Watches).await;
            let now = Calls { lists: calls.lists, ..scene.s3.calls() };
            let (after, hopeless) = (house.fingerprint(), plan.forbids());
            if now != calls && !hopeless {
                scene
                    .world
                    .wrong("I12", format!("a further run asked for {:?} after {calls:?}", scene.s3.calls()));
            }
            // What is never possible is tried again now and then, and only the journal knows of it.
            let same = if hopeless { house::seen(&after) == house::seen(&before) } else { after == before };
            if !same {
                scene.world.wrong("I12", "a further run changed something");
            }
            scene.oracle.no_temps();
            *stage = Stage::Over;
        }
    }
    house.shut_down().await;
    scene.world.halt();
}

/// Faults and edits stop, and everything that was taken away is there again.
fn calm(scene: &Scene, plan: &Plan) {
    scene.world.set_faults(0);
    scene.world.script_calls([]);
    scene.world.hurry(true);
    for at in 0..plan.computers {
        if scene.computers[at].disk.is_elsewhere() {
            scene.act(at, &Act::Mount);
        }
        scene.act(at, &Act::Free(1 << 40));
        for line in plan.lines.iter().filter(|line| line.at == at) {
            match &line.act {
                Act::Lock(folder) => scene.act(at, &Act::Unlock(folder.clone())),
                Act::Rot(path) => scene.act(at, &Act::Heal(path.clone())),
                _ => {}
            }
        }
    }
}

/// The journals become what they were a while ago.
fn set_back(scene: &Scene, plan: &Plan) {
    scene.power(Power::Stays);
    for (at, computer) in scene.computers.iter().enumerate() {
        let commits = computer.journal.commits();
        let to = match plan.journal {
            Journal::Stays => commits,
            Journal::Back(percent) => commits * percent as usize / 100,
            Journal::To(to) => to.min(commits),
        };
        scene.oracle.set_back(at, to);
    }
}

/// Fails with everything that helps to see why.
pub(crate) fn judge(plan: &Plan, ran: &Ran) {
    assert!(ran.wrong.is_empty(), "{}", report(plan, ran));
}

/// What is wrong, how to run it again, and where every step of it is.
pub(crate) fn report(plan: &Plan, ran: &Ran) -> String {
    let mut text = format!(
        "SEED={} scenario={} mode={:?} profile={} deaths={:?} power={:?}\n",
        plan.seed, plan.name, plan.mode, plan.profile.name, plan.deaths, plan.power
    );
    for wrong in &ran.wrong {
        let _ok = writeln!(text, "  {wrong}");
    }
    if plan.name == "random" {
        let _ok = writeln!(text, "again: cargo xtask replay {}", plan.seed);
    }
    let ran = run_with(plan, true);
    let name = format!("windlass-sim-{}-{}-{}.log", plan.name, plan.seed, std::process::id());
    let file = std::env::temp_dir().join(name);
    if std::fs::write(&file, ran.log.join("\n")).is_ok() {
        let _ok = writeln!(text, "every step: {}", file.display());
    }
    text
}

/// Runs it and fails when anything is wrong.
pub(crate) fn check(plan: &Plan) -> Ran {
    let ran = run(plan);
    judge(plan, &ran);
    ran
}
