//! The test of the tests: every planted mistake must be caught.
use windlass_engine::planted::{Bug, plant};
use windlass_testkit::Power;

use crate::random;
use crate::run::run;
use crate::scenarios;
use crate::script::Plan;

/// Orders in which every scenario is tried.
const ORDERS: u64 = 4;
/// Random schedules at the most for one mistake.
const SEEDS: u64 = 3_000;

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

/// How a mistake is caught, if it is: by a scenario, by one with a death in it, or by a random schedule.
fn caught(bug: Bug) -> Option<String> {
    let plans = scenarios::all();
    if let Some(how) = plans.iter().find_map(|plan| shows(bug, plan).0) {
        return Some(how);
    }
    for plan in
        plans.iter().filter(|plan| ["large", "ha2-large-changes", "three-files"].contains(&&*plan.name))
    {
        let mut plan = plan.clone();
        for at in 1.. {
            plan.deaths = vec![at];
            plan.power = vec![Power::Stays];
            match shows(bug, &plan) {
                (Some(how), _) => return Some(how),
                (None, false) => break,
                (None, true) => {}
            }
        }
    }
    (0..SEEDS).find_map(|seed| shows(bug, &random::plan(seed)).0)
}

#[test]
fn every_planted_mistake_is_caught() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        match caught(bug) {
            Some(how) => println!("{bug:?}: {how}"),
            None => missed.push(bug),
        }
    }
    assert_eq!(missed, Vec::<Bug>::new(), "nobody saw these");
}
