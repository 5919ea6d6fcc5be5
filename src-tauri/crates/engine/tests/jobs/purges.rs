//! Purges against histories: exactly what was chosen goes, through deaths and bad weather, and nothing that is on top or locked. And locks
//! that are put on a selection.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use windlass_domain::job::{Cause, IfTaken, Locking, Purge};
use windlass_domain::lock::{LockMode, ObjectLock, Retention};
use windlass_domain::time::Version;
use windlass_domain::time::purge::{Choice, purge};
use windlass_domain::{Bucket, ItemState, JobKind, JobSpec, JobState, Timestamp, VersionId};
use windlass_ports::RemoteCustody as _;
use windlass_testkit::{Profile, Rng};

use crate::bench::{BUCKET, Bench, key, spec};

const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
const BARE: Profile = Profile { name: "versions-no-checksums", versions: true, ..Profile::BARE };
const PROFILES: [Profile; 3] = [Profile::AWS, Profile::STALE, BARE];
const PATHS: [&str; 4] = ["a/0", "a/1", "a/2", "a/3"];
const ALL: Choice = Choice { days: 0, keep: 0, bytes: 0, markers: true };

fn purge_spec(what: Purge, root: &str) -> JobSpec {
    JobSpec { purge: Some(what), ..spec(JobKind::Purge, &[(root, root)], IfTaken::Skip) }
}

type Versions = BTreeMap<&'static str, Vec<Version>>;

impl Bench {
    async fn all_versions(&self) -> Versions {
        let mut all = Versions::new();
        for path in PATHS {
            all.insert(path, self.versions_of(path).await.into_iter().map(|one| one.version).collect());
        }
        all
    }
}

#[derive(Debug, Default)]
struct Seen {
    deaths: u64,
    destroyed: u64,
    kept: u64,
    locked: u64,
}

/// One history and one purge, with deaths at random calls and, where `weather` is not zero, faults.
fn history(seed: u64, weather: u64, seen: &mut Seen) -> Result<(), String> {
    let mut chance = Rng::new(seed);
    let profile = PROFILES[chance.below(PROFILES.len() as u64) as usize];
    let bench = Bench::new(seed, profile);
    bench.s3.allow_purges();
    let locks = chance.below(2) == 0;
    let before = bench
        .live(|_| {
            let mut chance = Rng::new(seed ^ 0x5eed);
            let bench = &bench;
            async move {
                bench.history(&mut chance).await;
                let mut locked = BTreeSet::new();
                if locks && let Some(top) = bench.versions_of("a/1").await.first() {
                    let until = Timestamp(i64::MAX / 2);
                    let retention = Some(Retention { mode: LockMode::Governance, until });
                    bench.s3.lock_by_other("a/1", ObjectLock { retention, hold: false });
                    if top.version.content.is_some() {
                        locked.insert(top.version.id.clone());
                    }
                    bench.put("a/1", 9).await;
                }
                bench.guard_nothing();
                tokio::time::sleep(Duration::from_secs(10)).await;
                (bench.all_versions().await, locked)
            }
        })
        .ok_or("the history did not end")?;
    let (before, locked) = before;
    let choice = Choice { keep: chance.below(3) as u32, markers: chance.below(2) == 0, ..ALL };
    let mut should = before.clone();
    for versions in should.values_mut() {
        let until: Vec<_> =
            versions.iter().map(|one| locked.contains(&one.id).then_some(Timestamp(i64::MAX / 2))).collect();
        let fates = purge(versions, &until, &choice, Timestamp(i64::MAX / 4));
        let mut fates = fates.into_iter();
        versions.retain(|_| fates.next().is_some_and(|fate| fate.kept.is_some()));
    }
    let goes = |of: &Versions| of.values().map(Vec::len).sum::<usize>();
    let count = goes(&before) - goes(&should);
    let mut at = bench.world.cuts();
    let deaths: Vec<u64> = (0..chance.below(4))
        .map(|_| {
            at += 1 + chance.below(25);
            at
        })
        .collect();
    bench.world.die_at(deaths);
    bench.world.set_faults(weather);
    if count == 0 {
        return Ok(());
    }
    let asked = purge_spec(Purge::Matching(choice), "a/");
    let view = bench
        .live(|_| async {
            // A life begins a second after the last one began, and what bears a time that is yet to come stays.
            tokio::time::sleep(Duration::from_secs(3600)).await;
            let engine = bench.engine().await;
            let view = bench.bring_about(&engine, &asked).await;
            engine.shutdown().await;
            view
        })
        .ok_or("the purge did not end")?;
    bench.s3.settle();
    bench.world.set_faults(0);
    let is = bench.live(|_| bench.all_versions()).ok_or("the look did not end")?;
    let said = |what: &str| {
        format!("{what}: {choice:?} on {} of {before:?}, {:?}", profile.name, bench.items(&view.row.id))
    };
    for (path, versions) in &before {
        let (is, should) = (&is[path], &should[path]);
        let extra = is.iter().filter(|one| !should.contains(one)).count() as u64;
        // In bad weather something may be left, and then it is said.
        if should.iter().any(|one| !is.contains(one)) || extra > view.row.counts.left {
            return Err(said(&format!("{path} is {is:?} and not {should:?}")));
        }
        if versions.first() != is.first() && !(versions.len() == 1 && is.is_empty()) {
            return Err(said(&format!("what is on top of {path} is another one")));
        }
    }
    let protected = bench
        .journal_items(&view.row.id)
        .filter(|(state, cause)| *state == ItemState::Left && *cause == Some(Cause::Protected))
        .count() as u64;
    if weather == 0 && view.row.counts.left != protected {
        return Err(said(&format!("{} were left", view.row.counts.left)));
    }
    seen.destroyed += view.row.counts.done;
    seen.locked += protected;
    seen.kept += goes(&should) as u64;
    seen.deaths += bench.world.deaths().values().sum::<u64>();
    bench.verdict()
}

impl Bench {
    fn journal_items(&self, id: &windlass_domain::JobId) -> impl Iterator<Item = (ItemState, Option<Cause>)> {
        self.items(id).into_iter().map(|(_, state, cause)| (state, cause))
    }
}

#[test]
fn hb20_a_purge_destroys_exactly_what_was_chosen_through_any_death() {
    let mut seen = Seen::default();
    for seed in 0..3_000 {
        history(seed, 0, &mut seen).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    println!("{seen:?}");
    assert!(seen.deaths > 1000 && seen.destroyed > 3000 && seen.kept > 3000 && seen.locked > 200, "{seen:?}");
}

#[test]
fn in_bad_weather_nothing_goes_that_was_not_chosen() {
    let mut seen = Seen::default();
    for seed in 0..500 {
        history(seed, 60, &mut seen).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    println!("{seen:?}");
    assert!(seen.deaths > 100 && seen.destroyed > 300, "{seen:?}");
}

/// Three versions of one object, planned, changed by somebody else, and then purged: what is left of them, and the rows.
fn meanwhile(
    what: Purge,
    change: impl AsyncFn(&Bench, &[VersionId]),
) -> (Vec<usize>, Vec<(ItemState, Option<Cause>)>) {
    let bench = Bench::new(7, Profile::AWS);
    bench.s3.allow_purges();
    let done = bench.live(|_| async {
        let mut ids = Vec::new();
        for tag in 1..4 {
            bench.put("a/0", tag).await;
            ids.push(bench.versions_of("a/0").await.remove(0).version.id);
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        bench.guard_nothing();
        let engine = bench.engine().await;
        let id = engine.plan_job(purge_spec(what.clone(), "a/0")).await.unwrap();
        assert_eq!(engine.wait_job(&id).await.unwrap().row.state, JobState::Ready);
        change(&bench, &ids).await;
        engine.start_job(&id).await.unwrap();
        engine.wait_job(&id).await.unwrap();
        engine.shutdown().await;
        let there = bench.versions_of("a/0").await;
        let place = |id: &VersionId| ids.iter().position(|one| one == id).unwrap_or(usize::MAX);
        (there.iter().map(|one| place(&one.version.id)).collect(), bench.journal_items(&id).collect())
    });
    done.unwrap()
}

#[test]
fn hb20_what_came_on_top_after_the_plan_stays() {
    let all = || Purge::Matching(ALL);
    let gone = (ItemState::Done, None);
    assert_eq!(meanwhile(all(), async |_, _| {}), (vec![2], vec![gone, gone]));
    // Somebody destroys the newest: the one below is the object now.
    let top = async |bench: &Bench, ids: &[VersionId]| {
        bench.s3.delete_version(&Bucket::new(BUCKET), &key("a/0"), &ids[2]).await.unwrap();
    };
    let left = (ItemState::Left, Some(Cause::Changed));
    assert_eq!(meanwhile(all(), top), (vec![1], vec![left, gone]));
    // Somebody destroyed one that was to go.
    let old = async |bench: &Bench, ids: &[VersionId]| {
        bench.s3.delete_version(&Bucket::new(BUCKET), &key("a/0"), &ids[0]).await.unwrap();
    };
    assert_eq!(meanwhile(all(), old), (vec![2], vec![gone, gone]));
}

#[test]
fn hb22_what_is_locked_after_the_plan_stays_and_says_so() {
    let lock = async |bench: &Bench, ids: &[VersionId]| {
        bench
            .s3
            .set_hold(&Bucket::new(BUCKET), &key("a/0"), &ids[1], windlass_ports::Hold::On)
            .await
            .unwrap();
    };
    let (there, items) = meanwhile(Purge::Matching(ALL), lock);
    assert_eq!(there, [2, 1]);
    assert_eq!(items, [(ItemState::Left, Some(Cause::Protected)), (ItemState::Done, None)]);
}

#[test]
fn hb20_a_marker_that_came_on_top_after_the_plan_stays() {
    let bench = Bench::new(3, Profile::AWS);
    bench.s3.allow_purges();
    let done = bench.live(|_| async {
        bench.put("a/0", 1).await;
        bench.s3.mark_by_other("a/0");
        tokio::time::sleep(Duration::from_secs(10)).await;
        bench.put("a/0", 2).await;
        bench.guard_nothing();
        let top = bench.versions_of("a/0").await.remove(0).version.id;
        let engine = bench.engine().await;
        let choice = Choice { keep: 5, ..ALL };
        let id = engine.plan_job(purge_spec(Purge::Matching(choice), "a/0")).await.unwrap();
        engine.wait_job(&id).await.unwrap();
        // The marker hides the first version again: taken away, that would be back.
        bench.s3.delete_version(&Bucket::new(BUCKET), &key("a/0"), &top).await.unwrap();
        engine.start_job(&id).await.unwrap();
        engine.wait_job(&id).await.unwrap();
        engine.shutdown().await;
        (bench.journal_items(&id).collect::<Vec<_>>(), bench.versions_of("a/0").await.len())
    });
    assert_eq!(done.unwrap(), (vec![(ItemState::Left, Some(Cause::Changed))], 2));
    assert!(bench.tags().is_empty());
}

fn locking(
    wanted: Locking,
    prepare: impl AsyncFn(&Bench),
) -> (Vec<(ItemState, Option<Cause>)>, Vec<ObjectLock>) {
    let bench = Bench::new(5, Profile::AWS);
    // Death after any call: what was locked is seen to be so.
    bench.world.die_at(vec![40, 55]);
    let done = bench.live(|boots| {
        let (bench, prepare) = (&bench, &prepare);
        async move {
            if boots == 1 {
                for path in PATHS {
                    bench.put(path, 1).await;
                }
                bench.guard_nothing();
                prepare(bench).await;
            }
            let engine = bench.engine().await;
            let spec = JobSpec { lock: Some(wanted), ..spec(JobKind::Lock, &[("a/", "a/")], IfTaken::Skip) };
            let view = bench.bring_about(&engine, &spec).await;
            engine.shutdown().await;
            let mut locks = Vec::new();
            for path in PATHS {
                let standing = bench.s3.standing(&Bucket::new(BUCKET), &key(path), None).await.unwrap();
                locks.push(standing.lock);
            }
            (bench.journal_items(&view.row.id).collect::<Vec<_>>(), locks)
        }
    });
    done.unwrap()
}

#[test]
fn hb22_a_selection_is_locked_and_nothing_is_weakened() {
    let kept = |mode, days: i64| {
        Some(Retention { mode, until: Timestamp(Timestamp::from_millis(4_000_000_000_000).0 + days * DAY) })
    };
    let wanted = Locking { retention: kept(LockMode::Governance, 10), hold: Some(true) };
    let longer = ObjectLock { retention: kept(LockMode::Compliance, 20), hold: true };
    let shorter = ObjectLock { retention: kept(LockMode::Governance, 5), hold: false };
    let (items, locks) = locking(wanted, async |bench| {
        bench.s3.lock_by_other("a/1", longer);
        bench.s3.lock_by_other("a/2", shorter);
    });
    let done = (ItemState::Done, None);
    assert_eq!(items, [done, (ItemState::Left, Some(Cause::KeptFirmer)), done, done]);
    let now = ObjectLock { retention: kept(LockMode::Governance, 10), hold: true };
    assert_eq!(locks, [now, longer, now, now]);
    let (items, locks) = locking(Locking { retention: None, hold: Some(false) }, async |bench| {
        bench.s3.lock_by_other("a/1", longer);
    });
    assert_eq!(items, [done; 4]);
    assert_eq!(locks[1], ObjectLock { hold: false, ..longer });
}
