//! The test of the tests: every planted mistake must be caught.
use std::sync::Mutex;

use windlass_engine::planted::{Bug, plant};
use windlass_testkit::Power;

use crate::random;
use crate::run::{check, run};
use crate::scenarios;
use crate::script::{Journal, Plan};

/// Orders in which every scenario is tried.
const ORDERS: u64 = 8;
/// Random schedules at the most for one mistake.
const SEEDS: u64 = 3_000;
/// Scenarios in an order that are killed at every step, with what the disk loses.
const KILLED: [(&str, u64, Power); 10] = [
    ("hb24-removed-while-it-waits", 1, Power::Stays),
    ("three-files", 1, Power::Stays),
    ("hd1-both-changed", 1, Power::Stays),
    ("ha15-moved", 1, Power::Stays),
    ("large", 1, Power::Stays),
    ("ha2-large-changes", 1, Power::Stays),
    // A cut that keeps names and tears bytes under the same size and times.
    ("ha2-large-careless", 1, Power::Cut(10)),
    ("ha2-large-careless", 2, Power::Cut(10)),
    ("ha2-large-careless", 3, Power::Cut(10)),
    ("ha2-large-careless", 4, Power::Cut(10)),
];
/// Scenarios after which the journal is set back to every one of its commits.
const SET_BACK: [&str; 1] = ["hc7-deleted-again"];

/// Where a mistake was caught last: tried first, so that the whole search is only made for what has moved.
const HINTS: [(Bug, &str, u64, &[u64]); 19] = [
    (Bug::BelievesItsOwnTime, "ha3-rewritten-behind-a-download", 3, &[]),
    (Bug::CancelWaits, "hb24-removed-while-it-waits", 1, &[65]),
    (Bug::RetriesAsItWas, "hb19-tried-again-over-a-restore", 3, &[]),
    (Bug::TrustsItsClock, "hb24-clock-set-back", 1, &[]),
    (Bug::GivesBackAfterwards, "hb24-same-bytes-by-another", 1, &[]),
    (Bug::GoneMeansDone, "hb6-uploads-expire", 2, &[]),
    (Bug::BelievesTheAnswer, "random", 32, &[]),
    (Bug::BaseBeforeProof, "random", 32, &[]),
    (Bug::AnyChecksumWillDo, "random", 32, &[]),
    (Bug::BelievesReceipts, "ha2-large-careless", 1, &[30]),
    (Bug::ForgetsTheId, "large", 1, &[25]),
    (Bug::DoesNotSweep, "large", 1, &[20]),
    (Bug::CompleteWithoutCondition, "random", 320, &[]),
    (Bug::ForgetsOpenIntents, "hd1-both-changed", 1, &[49]),
    (Bug::SplicesVersions, "hb29-other-versions", 7, &[]),
    (Bug::LeavesTemps, "hb29-other-versions", 2, &[]),
    (Bug::EventProvesThere, "hb16-listings-miss-keys", 1, &[]),
    (Bug::DeleteWithoutCondition, "hb1-changed-while-deleted", 6, &[]),
    (Bug::TrashesWhatIsThere, "ha31-edited-while-trashed", 3, &[]),
];

/// What a plan shows of a mistake, and only of that: without it, the same plan ends well.
fn shows(bug: Bug, plan: &Plan) -> (Option<String>, bool) {
    plant(bug);
    let ran = run(plan);
    plant(Bug::None);
    if !ran.wrong.is_empty() {
        check(plan);
    }
    (
        ran.wrong
            .first()
            .map(|wrong| format!("{} seed {} deaths {:?}: {wrong}", plan.name, plan.seed, plan.deaths)),
        ran.died() > 0,
    )
}

/// How a mistake is caught, if it is: by a scenario, by one with a death in it or a journal set back, or by a random schedule.
fn caught(bug: Bug) -> Option<String> {
    let plans = scenarios::all();
    for (_, name, seed, deaths) in HINTS.iter().filter(|(of, ..)| *of == bug) {
        let plan = match plans.iter().find(|plan| plan.name == *name) {
            Some(plan) => {
                let power = KILLED.iter().filter(|(of, ..)| of == name).map(|(.., power)| *power).collect();
                Plan { seed: *seed, deaths: deaths.to_vec(), power, ..plan.clone() }
            }
            None => random::plan(*seed),
        };
        if let (Some(how), _) = shows(bug, &plan) {
            return Some(how);
        }
    }
    let (large, small): (Vec<Plan>, Vec<Plan>) = plans.iter().cloned().partition(Plan::is_large);
    if let Some(how) = in_order(bug, &small, 1).or_else(|| in_order(bug, &large, 1)) {
        return Some(how);
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
    for (name, seed, power) in KILLED {
        for plan in plans.iter().filter(|plan| plan.name == name) {
            let mut plan = Plan { seed, power: vec![power], ..plan.clone() };
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
    (2..=ORDERS)
        .find_map(|seed| in_order(bug, &small, seed))
        .or_else(|| (2..=4 * ORDERS).find_map(|seed| in_order(bug, &large, seed)))
        .or_else(|| (0..SEEDS).find_map(|seed| shows(bug, &random::plan(seed)).0))
}

/// By a scenario in this order.
fn in_order(bug: Bug, plans: &[Plan], seed: u64) -> Option<String> {
    plans.iter().map(|plan| Plan { seed, ..plan.clone() }).find_map(|plan| shows(bug, &plan).0)
}

#[test]
fn every_planted_mistake_is_caught() {
    // Names, to look at some of them.
    let only = std::env::var("WINDLASS_BUG").unwrap_or_default();
    let wanted = |bug: &Bug| only.is_empty() || only.split(',').any(|name| format!("{bug:?}") == name);
    let bugs: Vec<Bug> = Bug::ALL.into_iter().filter(wanted).collect();
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
