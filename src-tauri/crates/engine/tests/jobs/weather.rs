//! Faults, deaths and other people at random; nothing is lost, and it ends.
use std::time::Duration;

use windlass_domain::job::IfTaken;
use windlass_domain::{ItemState, JobKind, JobState};
use windlass_testkit::{Profile, Rng};

use crate::bench::{Bench, spec};

/// Of conditions that the server does not check no promise is made that races with others could not break.
const PROFILES: [Profile; 4] = [Profile::AWS, Profile::UNVERSIONED, Profile::BARE, Profile::UNORDERED];

/// One schedule. Gives how often the process died and others changed something.
pub(crate) fn schedule(seed: u64) -> Result<(u64, u64), String> {
    let mut chance = Rng::new(seed);
    let profile = PROFILES[chance.below(PROFILES.len() as u64) as usize];
    let policy = [IfTaken::Skip, IfTaken::KeepBoth][chance.below(2) as usize];
    let bench = Bench::new(seed, profile);
    let wanted = spec(JobKind::Move, &[("a/", "b/")], policy);
    let objects = 3 + chance.below(6);
    bench.live(|_| async {
        for number in 0..objects {
            bench.put(&format!("a/{number}"), 100 + number).await;
        }
        bench.put("b/0", 99).await;
    });
    let begun = bench.world.cuts();
    let mut at = begun;
    let deaths: Vec<u64> = (0..chance.below(4))
        .map(|_| {
            at += 1 + chance.below(60);
            at
        })
        .collect();
    bench.world.die_at(deaths);
    bench.world.set_faults(chance.below(3) * 40);
    let deeds: Vec<(u64, u64, u64)> =
        (0..chance.below(4)).map(|n| (chance.below(20_000), chance.below(objects), 200 + n)).collect();
    let changed = deeds.len() as u64;
    let view = bench.live(|boot| {
        let (bench, wanted, deeds) = (&bench, &wanted, deeds.clone());
        async move {
            let others = async {
                // In the first life only: what they do is done once.
                for (wait, number, tag) in deeds.into_iter().filter(|_| boot <= 2) {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    match tag % 3 {
                        0 => bench.put(&format!("a/{number}"), tag).await,
                        1 => bench.put(&format!("b/{number}"), tag).await,
                        _ => bench.delete(&format!("a/{number}")).await,
                    }
                }
            };
            let job = async {
                let engine = bench.engine().await;
                let view = bench.bring_about(&engine, wanted).await;
                engine.shutdown().await;
                view
            };
            tokio::join!(others, job).1
        }
    });
    bench.s3.settle();
    bench.verdict().map_err(|why| format!("seed {seed} on {}: {why}", profile.name))?;
    let view = view.ok_or(format!("seed {seed}: it did not end"))?;
    if view.row.state != JobState::Done {
        return Err(format!("seed {seed}: it ended as {:?}", view.row.state));
    }
    for (path, state, cause) in bench.items(&view.row.id) {
        if !matches!(state, ItemState::Done | ItemState::Left)
            || (state == ItemState::Left) != cause.is_some()
        {
            return Err(format!("seed {seed}: {path} is {state:?} for {cause:?}"));
        }
    }
    Ok((bench.world.deaths().values().sum(), changed))
}

#[test]
fn i1_random_faults_deaths_and_others_lose_nothing() {
    let (mut deaths, mut changes) = (0, 0);
    let base = std::env::var("WINDLASS_JOB_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    for seed in base..base + 1500 {
        let (died, changed) = schedule(seed).unwrap();
        deaths += died;
        changes += changed;
    }
    println!("{deaths} deaths, {changes} changes by others");
    assert!(deaths > 500 && changes > 500);
}
