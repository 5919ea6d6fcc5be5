//! Restores against a history that is replayed event by event: the moment comes back exactly, and so does the state before.
use std::collections::BTreeMap;
use std::time::Duration;

use windlass_domain::job::{Cause, Restore};
use windlass_domain::time::{Added, Choice, Undelete};
use windlass_domain::{Bucket, ItemState, JobKind, JobSpec, JobState, Timestamp, VersionId};
use windlass_engine::{Engine, JobView};
use windlass_ports::remote::Depth;
use windlass_ports::{ListedVersion, RemoteBrowse as _, RemoteStore as _};
use windlass_testkit::{ContentId, Profile, Rng};

use crate::bench::{BUCKET, Bench, content, key, spec};

/// Keeps versions and looks at no checksums, and every version has an ETag of its own: only bytes tell what is whose.
const BARE: Profile = Profile { name: "versions-no-checksums", versions: true, ..Profile::BARE };
const PROFILES: [Profile; 3] = [Profile::AWS, Profile::STALE, BARE];

type State = BTreeMap<String, ContentId>;

/// What happened to a path, in the order of its happening.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) path: String,
    /// The second that its version bears.
    at: Timestamp,
    version: VersionId,
    what: Option<ContentId>,
}

/// What was there at a moment. What was destroyed since is no event any more, as nobody can tell it.
fn replayed(events: &[Event], moment: Timestamp) -> State {
    let mut state = State::new();
    for event in events.iter().filter(|event| event.at <= moment) {
        match event.what {
            Some(what) => drop(state.insert(event.path.clone(), what)),
            None => drop(state.remove(&event.path)),
        }
    }
    state
}

/// What a restore makes of the present.
fn wanted(then: &State, now: &State, added: Added) -> State {
    let mut state = then.clone();
    if added == Added::Keep {
        state
            .extend(now.iter().filter(|(path, _)| !then.contains_key(*path)).map(|(p, id)| (p.clone(), *id)));
    }
    state
}

impl Bench {
    pub(crate) async fn versions_of(&self, path: &str) -> Vec<ListedVersion> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .s3
                .versions(&Bucket::new(BUCKET), key(path).as_str(), Depth::Deep, after.as_ref())
                .await
                .unwrap();
            all.extend(page.versions.into_iter().filter(|one| one.key == key(path).as_str()));
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    async fn event(&self, path: &str, what: Option<ContentId>) -> Event {
        let top = self.versions_of(path).await.remove(0);
        Event { path: path.to_owned(), at: top.version.modified, version: top.version.id, what }
    }

    /// Puts, deletes, markers upon markers and markers taken away, many within one second.
    pub(crate) async fn history(&self, chance: &mut Rng) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for _ in 0..4 + chance.below(14) {
            if chance.below(3) == 0 {
                tokio::time::sleep(Duration::from_millis(chance.below(3000))).await;
            }
            let path = format!("a/{}", chance.below(4));
            match chance.below(8) {
                0..5 => {
                    let tag = chance.below(5);
                    self.put(&path, tag).await;
                    self.guard_nothing();
                    events.push(self.event(&path, Some(content(tag).id)).await);
                }
                5 | 6 => {
                    self.s3.mark_by_other(&path);
                    events.push(self.event(&path, None).await);
                }
                _ => {
                    let markers = self.versions_of(&path).await;
                    if let Some(marker) = markers.iter().find(|one| one.version.content.is_none()) {
                        self.s3.remove_marker(&key(&path), &marker.version.id).await.unwrap();
                        events.retain(|event| event.path != path || event.version != marker.version.id);
                    }
                }
            }
        }
        events
    }

    /// The restore, planned anew as often as its plan failed; `None` when there is nothing to do.
    async fn restore(&self, engine: &Engine, wanted: &JobSpec) -> Option<JobView> {
        use windlass_ports::Jobs as _;
        loop {
            let known = self.journal.jobs().await.unwrap();
            let began = known.into_iter().find(|row| row.spec == *wanted && row.state != JobState::Failed);
            let id = match began {
                Some(row) => row.id,
                None => engine.plan_job(wanted.clone()).await.unwrap(),
            };
            let view = self.finish(engine, &id).await;
            if view.row.state != JobState::Failed {
                return Some(view);
            }
            if view.row.note.starts_with("There is nothing to bring back") {
                return None;
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}

fn restore_spec(restore: Restore, root: &str) -> JobSpec {
    let base = spec(JobKind::Restore, &[(root, root)], windlass_domain::job::IfTaken::Skip);
    JobSpec { restore: Some(restore), ..base }
}

#[derive(Debug, Default)]
struct Seen {
    deaths: u64,
    moves: u64,
    markers: u64,
}

/// One history, one moment, one restore, one undo, with deaths at random calls and, where `weather` is not zero, faults.
fn history(seed: u64, weather: u64, seen: &mut Seen) -> Result<(), String> {
    let mut chance = Rng::new(seed);
    let profile = PROFILES[chance.below(PROFILES.len() as u64) as usize];
    let bench = Bench::new(seed, profile);
    let events = bench
        .live(|_| {
            let mut chance = Rng::new(seed ^ 0x5eed);
            let bench = &bench;
            async move { bench.history(&mut chance).await }
        })
        .ok_or("the history did not end")?;
    let before = bench.tags();
    if replayed(&events, Timestamp(i64::MAX)) != before {
        return Err(format!("the test itself: {events:?} is not {before:?}"));
    }
    let times: Vec<i64> = events.iter().map(|event| event.at.0).collect();
    let Some((first, last)) = times.iter().min().zip(times.iter().max()) else { return Ok(()) };
    let span = u64::try_from((last - first) / 1_000_000_000).unwrap_or(0) + 3;
    let moment = Timestamp(first + (i64::try_from(chance.below(span)).unwrap_or(0) - 1) * 1_000_000_000);
    let choice = Choice {
        undelete: [Undelete::Copy, Undelete::RemoveMarker][chance.below(2) as usize],
        added: [Added::Keep, Added::Hide][chance.below(2) as usize],
        rewritten: chance.below(3) == 0,
        ..Choice::to(moment)
    };
    let asked = restore_spec(Restore::moment(choice), "a/");
    let after = wanted(&replayed(&events, moment), &before, choice.added);
    let begun = bench.world.cuts();
    let mut at = begun;
    let deaths: Vec<u64> = (0..chance.below(4))
        .map(|_| {
            at += 1 + chance.below(40);
            at
        })
        .collect();
    bench.world.die_at(deaths);
    bench.world.set_faults(weather);
    let view = bench
        .live(|_| async {
            let engine = bench.engine().await;
            let view = bench.restore(&engine, &asked).await;
            engine.shutdown().await;
            view
        })
        .ok_or("the restore did not end")?;
    bench.s3.settle();
    let said = |what: &str| format!("{what}: {choice:?} on {} after {events:?}", profile.name);
    let is = bench.tags();
    let Some(view) = view else {
        return if is == before && after == before {
            Ok(())
        } else {
            Err(said("it said that nothing was to be done"))
        };
    };
    let items = bench.journal.job_items(&view.row.id);
    let left: Vec<&str> = items
        .iter()
        .filter(|item| item.state == ItemState::Left)
        .map(|item| item.from.as_str().trim_start_matches("team/"))
        .collect();
    if weather == 0 && !left.is_empty() {
        return Err(said(&format!("{left:?} were left")));
    }
    // What was left is as it was, all else as it was then. A request whose answer was lost may still come and do what was wanted.
    let mut should = after.clone();
    for path in left.iter().filter(|path| is.get(**path) != after.get(**path)) {
        match before.get(*path) {
            Some(id) => drop(should.insert((*path).to_owned(), *id)),
            None => drop(should.remove(*path)),
        }
    }
    if is != should {
        return Err(said(&format!("it is {is:?} and not {should:?}")));
    }
    seen.moves += view.row.counts.done;
    seen.markers += items.iter().filter(|item| item.version.is_none() && item.size > 0).count() as u64;
    if view.row.counts.done > 0 {
        bench.world.set_faults(0);
        bench
            .live(|_| async {
                let engine = bench.engine().await;
                bench.take_back(&engine, &view.row.id).await;
                engine.shutdown().await;
            })
            .ok_or("the undo did not end")?;
        bench.s3.settle();
        let back = bench.tags();
        let differs = |path: &str| before.get(path) != back.get(path) && !left.contains(&path);
        if before.keys().chain(back.keys()).any(|path| differs(path)) {
            return Err(said(&format!("taken back, it is {back:?} and not {before:?}")));
        }
    }
    seen.deaths += bench.world.deaths().values().sum::<u64>();
    bench.verdict()
}

fn base() -> u64 {
    std::env::var("WINDLASS_JOB_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[test]
fn a_moment_comes_back_exactly_and_so_does_the_state_before() {
    let mut seen = Seen::default();
    for seed in base()..base() + 10_000 {
        history(seed, 0, &mut seen).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    println!("{seen:?}");
    assert!(seen.deaths > 5000 && seen.moves > 5000 && seen.markers > 1000, "{seen:?}");
}

#[test]
fn in_bad_weather_what_is_left_is_as_it_was() {
    let mut seen = Seen::default();
    for seed in base()..base() + 1500 {
        history(seed, 60, &mut seen).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    println!("{seen:?}");
    assert!(seen.deaths > 500 && seen.moves > 500, "{seen:?}");
}

/// A moment of the life of one object, planned and then changed by somebody else before it is started.
fn meanwhile(restore: Restore, change: impl AsyncFn(&Bench)) -> (State, Vec<(ItemState, Option<Cause>)>) {
    let bench = Bench::new(7, Profile::AWS);
    let items = bench.live(|_| async {
        bench.put("a/0", 1).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        bench.put("a/0", 2).await;
        bench.guard_nothing();
        let engine = bench.engine().await;
        let id = engine.plan_job(restore_spec(restore.clone(), "a/0")).await.unwrap();
        engine.wait_job(&id).await.unwrap();
        change(&bench).await;
        engine.start_job(&id).await.unwrap();
        engine.wait_job(&id).await.unwrap();
        engine.shutdown().await;
        bench.items(&id).into_iter().map(|(_, state, cause)| (state, cause)).collect()
    });
    (bench.tags(), items.unwrap())
}

async fn first_second(bench: &Bench) -> Timestamp {
    bench.versions_of("a/0").await.last().unwrap().version.modified
}

#[test]
fn what_somebody_else_changed_after_the_plan_is_left_alone() {
    let bench = Bench::new(7, Profile::AWS);
    let moment = bench
        .live(|_| async {
            bench.put("a/0", 1).await;
            first_second(&bench).await
        })
        .unwrap();
    let choice = Choice::to(moment);
    let there = |tag: u64| State::from([("a/0".to_owned(), content(tag).id)]);
    let calm = meanwhile(Restore::moment(choice), async |_| {});
    assert_eq!(calm, (there(1), vec![(ItemState::Done, None)]));
    let written = meanwhile(Restore::moment(choice), async |bench| bench.put("a/0", 3).await);
    assert_eq!(written, (there(3), vec![(ItemState::Left, Some(Cause::Changed))]));
    let deleted = meanwhile(Restore::moment(choice), async |bench| bench.s3.mark_by_other("a/0"));
    assert_eq!(deleted, (State::new(), vec![(ItemState::Left, Some(Cause::Changed))]));
}

#[test]
fn a_bucket_that_is_suspended_after_the_plan_loses_nothing() {
    let choice = Choice { added: Added::Hide, ..Choice::to(Timestamp(0)) };
    let (there, items) = meanwhile(Restore::moment(choice), async |bench| bench.s3.suspend_versions());
    assert_eq!(there, State::from([("a/0".to_owned(), content(2).id)]));
    assert_eq!(items, [(ItemState::Planned, None)]);
}

#[test]
fn without_versions_nothing_is_brought_back_and_nothing_replaced() {
    let bench = Bench::new(1, Profile::UNVERSIONED);
    let note = bench.live(|_| async {
        bench.put("a/0", 1).await;
        let engine = bench.engine().await;
        let choice = Choice { added: Added::Hide, ..Choice::to(Timestamp(0)) };
        let id = engine.plan_job(restore_spec(Restore::moment(choice), "a/")).await.unwrap();
        let view = engine.wait_job(&id).await.unwrap();
        engine.shutdown().await;
        (view.row.state, view.row.note)
    });
    let (state, note) = note.unwrap();
    assert_eq!(state, JobState::Failed);
    assert!(note.contains("versioning is off or suspended"), "{note}");
    assert_eq!(bench.tags().len(), 1);
}
