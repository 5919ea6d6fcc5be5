//! A death at every step: before, within and after every effect of every scenario, with every kind of loss.
use std::collections::BTreeMap;

use windlass_testkit::Power;

use crate::run::{Ran, judge, run};
use crate::scenarios;
use crate::script::Plan;

/// What the disk loses.
const POWER: [Power; 4] = [Power::Stays, Power::Cut(1), Power::Cut(2), Power::Cut(3)];

/// Kills a plan at every cut; gives how many runs that were.
fn everywhere(plan: &Plan, power: Power, every: u64) -> (u64, BTreeMap<String, u64>) {
    let (mut at, mut runs, mut where_died) = (1, 0, BTreeMap::new());
    loop {
        let mut plan = plan.clone();
        plan.deaths = vec![at];
        plan.power = vec![power];
        let ran: Ran = run(&plan);
        judge(&plan, &ran);
        if ran.died() == 0 {
            return (runs, where_died);
        }
        for ((op, edge), times) in &ran.deaths {
            *where_died.entry(format!("{op} {edge:?}")).or_default() += times;
        }
        runs += 1;
        at += every;
    }
}

#[test]
fn hc2_a_death_at_any_step_loses_nothing() {
    let mut total = 0;
    let mut where_died: BTreeMap<String, u64> = BTreeMap::new();
    for plan in scenarios::all() {
        let began = std::time::Instant::now();
        let before = total;
        for power in POWER {
            // Large files cost a hundred times as much: a kill at every step, a power cut at every third.
            let every = if plan.is_large() && power != Power::Stays { 3 } else { 1 };
            let (runs, places) = everywhere(&plan, power, every);
            total += runs;
            for (place, times) in places {
                *where_died.entry(place).or_default() += times;
            }
        }
        println!("{:28} {:>5} runs {:>6} ms", plan.name, total - before, began.elapsed().as_millis());
    }
    println!("{total} runs with a death");
    for (place, times) in &where_died {
        println!("{times:>7} {place}");
    }
    for place in [
        "commit Before",
        "commit After",
        "put Before",
        "put Between",
        "put After",
        "open_upload Between",
        "send_part Between",
        "complete_upload Between",
        "create_marker After",
    ] {
        assert!(where_died.contains_key(place), "nobody died at {place}");
    }
}
