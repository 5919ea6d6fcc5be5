//! The test of the tests: every planted mistake must be caught.
use std::sync::Mutex;

use windlass_engine::planted::{Bug, plant};
use windlass_testkit::Power;

use crate::random;
use crate::run::run;
use crate::scenarios;
use crate::script::{Journal, Plan};

/// Orders in which every scenario is tried.
const ORDERS: u64 = 8;
/// Random schedules at the most for one mistake.
const SEEDS: u64 = 3_000;
/// Scenarios that are killed at every step, with what the disk loses.
const KILLED: [(&str, Power); 7] = [
    ("three-files", Power::Stays),
    ("hd1-both-changed", Power::Stays),
    ("ha15-moved", Power::Stays),
    ("large", Power::Stays),
    ("ha2-large-changes", Power::Stays),
    ("ha2-large-careless", Power::Cut(1)),
    ("ha2-large-careless", Power::Cut(2)),
];
/// Scenarios after which the journal is set back to every one of its commits.
const SET_BACK: [&str; 1] = ["hc7-deleted-again"];

/// What a plan shows of a mistake, and only of that: without it, the same plan ends well.
fn shows(bug: Bug, plan: &Plan) -> (Option<String>, bool) {
    plant(bug);
    let ran = run(plan);
    plant(Bug::None);
    let wrong = ran.wrong.first().filter(|_| run(plan).wrong.is_empty());
    (
        wrong.map(|wrong| format!("{} seed {} deaths {:?}: {wrong}", plan.name, plan.seed, plan.deaths)),
        ran.died() > 0,
    )
}

/// How a mistake is caught, if it is: by a scenario, by one with a death in it or a journal set back, or by a random schedule.
fn caught(bug: Bug) -> Option<String> {
    let plans = scenarios::all();
    for seed in 1..=ORDERS {
        for plan in plans.iter().filter(|plan| seed == 1 || !plan.is_large()) {
            if let (Some(how), _) = shows(bug, &Plan { seed, ..plan.clone() }) {
                return Some(how);
            }
        }
    }
    for (name, power) in KILLED {
        for plan in plans.iter().filter(|plan| plan.name == name) {
            let mut plan = Plan { power: vec![power], ..plan.clone() };
            for at in 1.. {
                plan.deaths = vec![at];
                match shows(bug, &plan) {
                    (Some(how), _) => return Some(how),
                    (None, false) => break,
                    (None, true) => {}
                }
            }
        }
    }
    for plan in plans.iter().filter(|plan| SET_BACK.contains(&&*plan.name)) {
        let mut plan = Plan { journal: Journal::To(usize::MAX), ..plan.clone() };
        for to in 0..run(&plan).commits {
            plan.journal = Journal::To(to);
            if let (Some(how), _) = shows(bug, &plan) {
                return Some(format!("set back to {to}: {how}"));
            }
        }
    }
    (0..SEEDS).find_map(|seed| shows(bug, &random::plan(seed)).0)
}

#[test]
fn every_planted_mistake_is_caught() {
    // Part of a name, to look at one of them.
    let only = std::env::var("WINDLASS_BUG").unwrap_or_default();
    let bugs: Vec<Bug> = Bug::ALL.into_iter().filter(|bug| format!("{bug:?}").contains(&only)).collect();
    let (left, missed) = (Mutex::new(bugs.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(bug) = left.lock().unwrap().next() else { return };
                    match caught(*bug) {
                        Some(how) => println!("{bug:?}: {how}"),
                        None => missed.lock().unwrap().push(*bug),
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    println!("{} of {} planted mistakes were caught", bugs.len() - missed.len(), bugs.len());
    assert_eq!(missed, Vec::<Bug>::new(), "nobody saw these");
}
