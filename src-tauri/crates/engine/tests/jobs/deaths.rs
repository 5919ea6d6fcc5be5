//! A death at every call of a port, for every kind of provider.
use windlass_domain::job::{Cause, IfTaken};
use windlass_domain::{ItemState, JobKind};
use windlass_testkit::Profile;

use crate::bench::{Bench, Tags, expected, spec};

const BEFORE: Tags = &[("a/1", 1), ("a/2", 2), ("a/sub/3", 3), ("a/taken", 4), ("b/taken", 5), ("c", 6)];
const MOVED: Tags = &[("b/1", 1), ("b/2", 2), ("b/sub/3", 3), ("a/taken", 4), ("b/taken", 5), ("c", 6)];
const COPIED: Tags = &[
    ("a/1", 1),
    ("a/2", 2),
    ("a/sub/3", 3),
    ("a/taken", 4),
    ("b/1", 1),
    ("b/2", 2),
    ("b/sub/3", 3),
    ("b/taken", 5),
    ("c", 6),
];

/// One run with deaths at these cuts; whether one happened.
pub(crate) fn run(kind: JobKind, profile: Profile, seed: u64, deaths: &[u64]) -> Result<bool, String> {
    let bench = Bench::new(seed, profile);
    let wanted = spec(kind, &[("a/", "b/")], IfTaken::Skip);
    bench.live(|_| async {
        for (path, tag) in BEFORE {
            bench.put(path, *tag).await;
        }
    });
    let begun = bench.world.cuts();
    bench.world.die_at(deaths.iter().map(|at| at + begun));
    let done = bench.live(|_| async {
        let engine = bench.engine().await;
        let view = bench.bring_about(&engine, &wanted).await;
        engine.shutdown().await;
        view
    });
    let view = done.ok_or("it did not end")?;
    let after = expected(if kind == JobKind::Move { MOVED } else { COPIED });
    if bench.tags() != after {
        return Err(format!("{kind:?} ended with {:?}", bench.tags()));
    }
    let left: Vec<_> = bench.items(&view.row.id).into_iter().filter(|i| i.1 != ItemState::Done).collect();
    if left != [("a/taken".to_owned(), ItemState::Left, Some(Cause::Taken))] {
        return Err(format!("these were left: {left:?}"));
    }
    let counts = view.row.counts;
    if (counts.objects, counts.done, counts.left) != (4, 3, 1) {
        return Err(format!("counted {counts:?}"));
    }
    bench.live(|_| async {
        let engine = bench.engine().await;
        bench.take_back(&engine, &view.row.id).await;
        engine.shutdown().await;
    });
    if bench.tags() != expected(BEFORE) {
        return Err(format!("taken back, it is {:?}", bench.tags()));
    }
    bench.verdict()?;
    Ok(bench.world.deaths().values().sum::<u64>() > 0)
}

/// Deaths at every cut, until there are no more.
pub(crate) fn everywhere(kind: JobKind, profile: Profile) -> Result<u64, String> {
    let mut runs = 0;
    for at in 1.. {
        let died = run(kind, profile, 1, &[at]).map_err(|why| format!("{} at {at}: {why}", profile.name))?;
        if !died {
            break;
        }
        runs += 1;
    }
    Ok(runs)
}

/// What others do while the process is dead.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// They delete the copies that are there, where the source is still there too.
    DeleteCopies,
    /// They write the sources anew.
    ChangeSources,
}

/// A move that dies at this cut; then others do something; then it goes on. Whether it died.
pub(crate) fn with_others(profile: Profile, at: u64, deed: Deed) -> Result<bool, String> {
    let bench = Bench::new(at, profile);
    let wanted = spec(JobKind::Move, &[("a/", "b/")], IfTaken::Skip);
    bench.live(|_| async {
        for (path, tag) in BEFORE {
            bench.put(path, *tag).await;
        }
    });
    bench.world.die_at([bench.world.cuts() + at]);
    let second = bench.world.boots() + 2;
    bench
        .live(|boot| {
            let (bench, wanted) = (&bench, &wanted);
            async move {
                if boot == second {
                    for name in ["1", "2", "sub/3"] {
                        let (from, to) = (format!("a/{name}"), format!("b/{name}"));
                        let there = bench.tags();
                        match deed {
                            Deed::DeleteCopies if there.contains_key(&from) => bench.delete_copy(&to).await,
                            Deed::ChangeSources if there.contains_key(&from) => bench.put(&from, 70).await,
                            Deed::DeleteCopies | Deed::ChangeSources => {}
                        }
                    }
                }
                let engine = bench.engine().await;
                bench.bring_about(&engine, wanted).await;
                engine.shutdown().await;
            }
        })
        .ok_or("it did not end")?;
    bench.verdict().map_err(|why| format!("{deed:?} at {at}: {why}"))?;
    Ok(bench.world.deaths().values().sum::<u64>() > 0)
}

/// The same at every cut.
pub(crate) fn others_everywhere(profile: Profile, deed: Deed) -> Result<u64, String> {
    let mut at = 1;
    while with_others(profile, at, deed)? {
        at += 1;
    }
    Ok(at)
}

#[test]
fn i1_what_others_do_between_two_lives_costs_no_content() {
    for profile in [Profile::AWS, Profile::UNVERSIONED, Profile::BARE] {
        for deed in [Deed::DeleteCopies, Deed::ChangeSources] {
            let runs = others_everywhere(profile, deed).unwrap();
            assert!(runs > 25, "{runs}");
        }
    }
}

#[test]
fn hc2_a_move_ends_right_and_is_taken_back_with_a_death_at_every_call() {
    for profile in Profile::ALL {
        let runs = everywhere(JobKind::Move, profile).unwrap();
        println!("{}: {runs} deaths", profile.name);
        assert!(runs > 60, "{}: {runs}", profile.name);
    }
}

#[test]
fn hc2_a_copy_ends_right_and_is_taken_back_with_a_death_at_every_call() {
    for profile in Profile::ALL {
        let runs = everywhere(JobKind::Copy, profile).unwrap();
        assert!(runs > 40, "{}: {runs}", profile.name);
    }
}

#[test]
fn hc2_two_deaths_in_a_row_lose_nothing_either() {
    for first in (1..120).step_by(7) {
        for second in (first + 1..first + 60).step_by(5) {
            run(JobKind::Move, Profile::UNVERSIONED, 3, &[first, second]).unwrap();
        }
    }
}
