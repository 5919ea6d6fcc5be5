//! Power cuts (hazards HC1 to HC3, HC10): the journal runs on a VFS that writes down every call; then the power fails before
//! each of them, what was not synced is lost, kept or torn, and the journal is opened again from what is left.
//!
//! All commits are durable (`synchronous = FULL`, `db::open_writer`): there is no lazy class. So what is found must be exactly
//! what was there after some number of commits, and at least after those that had returned.
#![cfg(test)]

mod common;
#[path = "crash_vfs/ground.rs"]
mod ground;
#[path = "crash_vfs/scenario.rs"]
mod scenario;

use ground::{Found, Ground, quick_folder};
use scenario::{Scenario, Step};
use windlass_crashvfs::{Cut, Lies, Trace};

/// By chance, in sectors of either size.
fn torn(at: usize, seeds: u64) -> Vec<Cut> {
    let sector = |seed: u64| if (at as u64 + seed).is_multiple_of(2) { 512 } else { 4096 };
    (0..seeds).map(|seed| Cut::Torn { sector: sector(seed), seed: (at as u64) << 8 | seed }).collect()
}

/// No sync helped, all of it was written in time, and by chance.
fn all(at: usize, seeds: u64) -> Vec<Cut> {
    [vec![Cut::Lost, Cut::Kept], torn(at, seeds)].concat()
}

/// Cuts at every `every`-th call, and says what was found.
fn cut(
    name: &str,
    trace: &Trace,
    ground: &Ground,
    lies: Lies,
    every: usize,
    cuts: &(dyn Fn(usize) -> Vec<Cut> + Sync),
) -> Found {
    let began = std::time::Instant::now();
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().min(4));
    let found = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    let mut found = Found::default();
                    trace.cuts(lies, |at, image| {
                        if at % every != 0 || at / every % workers != worker {
                            return;
                        }
                        for cut in cuts(at) {
                            ground.look(at, cut, image(cut), trace.promised(at), &mut found);
                        }
                    });
                    found
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).fold(Found::default(), Found::and)
    });
    println!(
        "{name}: {} calls ({} syncs), {} promises, {} cuts, {} different disks opened, {} wrong, {} ms",
        trace.len(),
        trace.syncs(),
        trace.promised(usize::MAX),
        found.cuts,
        found.opened,
        found.wrong.len(),
        began.elapsed().as_millis()
    );
    found
}

/// From nothing to the end, with checkpoints and a second start.
fn at_every_call(name: &str, cuts: &(dyn Fn(usize) -> Vec<Cut> + Sync)) -> Found {
    let (trace, ground) = Scenario::long().play();
    let promises = trace.promised(usize::MAX);
    assert!(trace.syncs() > 140 && promises > 130, "{} {promises}", trace.syncs());
    let found = cut(name, &trace, &ground, Lies::Honest, 1, cuts);
    assert!(found.wrong.is_empty(), "{}", found.say());
    found
}

#[test]
fn hc3_a_power_cut_at_every_call_that_loses_or_tears_leaves_a_prefix_with_every_promise() {
    let found = at_every_call("every call, lost and torn", &|at| [vec![Cut::Lost], torn(at, 1)].concat());
    // The oldest that is allowed was met, on disks that differ. Whether a commit that had not returned survives whole among torn
    // sectors is chance; the test below has those that do.
    assert!(found.exact > 0 && found.opened > 1_000, "{found:?}");
}

/// What a kill leaves as well.
#[test]
fn hc3_a_power_cut_at_every_call_that_loses_nothing_leaves_a_prefix_with_every_promise() {
    let found = at_every_call("every call, kept", &|_| vec![Cut::Kept]);
    // Both the oldest that is allowed and a newer one were met, or the cuts are not what they seem.
    assert!(found.exact > 0 && found.newer > 0, "{found:?}");
}

/// SQLite's own checkpoint, after 2,000 pages, and the WAL that begins again after it.
#[test]
fn hc2_a_power_cut_around_the_checkpoint_that_sqlite_makes() {
    let (trace, ground) = Scenario::heavy().play();
    let pages = trace.len() / 2;
    assert!(pages > 2_400, "only {pages} pages: no checkpoint");
    let found = cut("own checkpoint", &trace, &ground, Lies::Honest, 251, &|at| all(at, 1));
    assert!(found.wrong.is_empty(), "{}", found.say());
}

#[test]
fn hc1_a_power_cut_while_recovering_from_a_power_cut() {
    let (first, ground) = Scenario::short().play();
    let mut images = Vec::new();
    let wanted: Vec<usize> = (1..=6).map(|part| first.len() * part / 7).collect();
    first.cuts(Lies::Honest, |at, image| {
        if wanted.contains(&at) {
            images.push((first.promised(at), image(Cut::Torn { sector: 512, seed: at as u64 })));
        }
    });
    assert_eq!(images.len(), 6);
    for (number, (promised, image)) in images.into_iter().enumerate() {
        let (second, second_ground) = ground.recover(&image, promised);
        let found =
            cut(&format!("recovery {number}"), &second, &second_ground, Lies::Honest, 1, &|at| all(at, 4));
        assert!(found.wrong.is_empty(), "{}", found.say());
    }
}

/// From a journal of version 2, with the copy that is made before.
#[test]
fn hc10_a_power_cut_in_a_migration_leaves_the_old_or_the_new_one_and_a_whole_copy() {
    let folder = quick_folder();
    scenario::second_version(&folder.path().join("journal.db"));
    let (trace, ground) = Scenario::of(vec![Step::Open, Step::Close]).play_on(folder.path());
    let ground = ground.with_copy_before(2);
    let found = cut("migration", &trace, &ground, Lies::Honest, 1, &|at| all(at, 4));
    assert!(found.wrong.is_empty(), "{}", found.say());
}

/// The test of the test: a disk that does not do what it says is found out, whichever sync it is.
#[test]
fn without_sync_the_test_finds_it() {
    let (trace, ground) = Scenario::short().play();
    for lies in [Lies::NoSync, Lies::NoSyncOfWal, Lies::NoSyncOfDatabase, Lies::NoSyncOfFolder] {
        let found = cut(&format!("{lies:?}"), &trace, &ground, lies, 13, &|at| all(at, 2));
        assert!(!found.wrong.is_empty(), "nothing went wrong with {lies:?}");
    }
    let found = cut("honest", &trace, &ground, Lies::Honest, 13, &|at| all(at, 2));
    assert!(found.wrong.is_empty(), "{}", found.say());
}
