//! A death at every step: before, within and after every effect of a scenario, with every kind of loss.
use std::collections::BTreeMap;

use windlass_testkit::Power;

use crate::run::{Ran, check, judge, run};
use crate::scenarios;
use crate::script::{Journal, Plan};

/// What the disk loses.
const POWER: [Power; 4] = [Power::Stays, Power::Cut(1), Power::Cut(2), Power::Cut(3)];
/// Scenarios in which a second death, while the first is being mended, can do most harm.
const WORST: [&str; 5] = ["hb21-deleted-unversioned", "hd1-both-changed", "ha15-moved", "mirror-down", "large"];
/// Of the pairs of deaths, one in so many is run when nothing else is said.
const SHARE: u64 = 61;

/// Kills a plan at every cut; gives how many runs that were, and where the process died.
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

/// A scenario undisturbed, and with a death at each of its cuts for every kind of loss.
pub(crate) fn undisturbed_and_killed(name: &str) {
    let plan = scenarios::all().into_iter().find(|plan| plan.test_name() == name).unwrap();
    let began = std::time::Instant::now();
    let ran = check(&plan);
    let mut total = 0;
    for power in POWER {
        // Large files cost a hundred times as much: a kill at every step, a power cut at every third.
        let every = if plan.is_large() && power != Power::Stays { 3 } else { 1 };
        total += everywhere(&plan, power, every).0;
    }
    println!("{name}: {} steps, {} cuts, {total} deaths in {} ms", ran.steps, ran.cuts, began.elapsed().as_millis());
}

#[test]
fn deaths_reach_every_kind_of_effect() {
    let mut where_died: BTreeMap<String, u64> = BTreeMap::new();
    for plan in scenarios::all() {
        if WORST.contains(&&*plan.name) {
            for (place, times) in everywhere(&plan, Power::Stays, 1).1 {
                *where_died.entry(place).or_default() += times;
            }
        }
    }
    for (place, times) in &where_died {
        println!("{times:>7} {place}");
    }
    for place in [
        "commit Before", "commit After", "put Before", "put Between", "put After", "open_upload Between",
        "send_part Between", "complete_upload Between", "create_marker After", "stage After", "publish Before",
        "publish Between", "publish After", "trash Between", "rename Between", "copy Between", "delete Before",
        "delete Between", "set_epoch Before", "set_epoch After",
    ] {
        assert!(where_died.contains_key(place), "nobody died at {place}");
    }
}

/// A second death while the first is being mended. `WINDLASS_SIM_ALL=1` runs every pair.
#[test]
fn hc2_a_second_death_during_recovery_loses_nothing() {
    let every = if std::env::var_os("WINDLASS_SIM_ALL").is_some() { 1 } else { SHARE };
    let mut runs = 0;
    for plan in scenarios::all().into_iter().filter(|plan| WORST.contains(&&*plan.name)) {
        let mut number = 0;
        let mut first = 1;
        loop {
            let (mut second, mut reached) = (1, false);
            loop {
                number += 1;
                if number % every == 0 {
                    let mut plan = plan.clone();
                    plan.deaths = vec![first, first + second];
                    plan.power = vec![POWER[(number / every) as usize % 4], POWER[(number / every / 4) as usize % 4]];
                    let ran = check(&plan);
                    runs += 1;
                    reached |= ran.died() > 0;
                    if ran.died() < 2 {
                        break;
                    }
                }
                // Longer than any of them needs to come to rest.
                second += 1;
                if second > 160 {
                    break;
                }
            }
            first += 1;
            if first > 120 || (number % every == 0 && !reached) {
                break;
            }
        }
    }
    println!("{runs} runs with two deaths");
}

/// HC7, I9: from any commit of its past the journal leads to no delete and no loss.
fn set_back_to_any_commit(name: &str) {
    let mut plan = scenarios::all().into_iter().find(|plan| plan.test_name() == name).unwrap();
    plan.journal = Journal::To(usize::MAX);
    let commits = check(&plan).commits;
    for to in 0..commits {
        plan.journal = Journal::To(to);
        check(&plan);
    }
    println!("{name}: {commits} commits");
}

macro_rules! set_back {
    ($($test:ident: $name:literal)*) => { $(
        #[test]
        fn $test() {
            set_back_to_any_commit($name);
        }
    )* };
}

set_back! {
    hc7_set_back_to_any_commit_in_ingest: "ingest::hc7_journal_rolled_back"
    hc7_set_back_to_any_commit_in_two_way: "two_way::hc7_journal_rolled_back"
    hc7_set_back_to_any_commit_after_deletes: "two_way::hc7_deleted_again"
    hc7_set_back_to_any_commit_after_moves: "two_way::ha15_moved"
    hc7_set_back_to_any_commit_after_conflicts: "two_way::hd1_both_changed"
    hc7_set_back_to_any_commit_in_a_mirror_up: "mirror::mirror_up"
    hc7_set_back_to_any_commit_in_a_mirror_down: "mirror::mirror_down"
}
