//! The engine, a bucket and a journal, and a job that is brought to its end whatever happens.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Builder;
use windlass_domain::job::{IfTaken, ObjectEdit};
use windlass_domain::{
    Bucket, Crc64Nvme, ItemState, JobId, JobKind, JobSpec, JobState, ObjectKey, RemoteExpect, Root,
};
use windlass_engine::{Engine, EngineOptions, EnginePorts, JobView};
use windlass_ports::{Catalog, Clock, Entropy, Jobs as _, PutBody, RemoteStore};
use windlass_testkit::{
    Content, ContentId, DiskOptions, Profile, VirtualDisk, VirtualJournal, VirtualS3, World,
};

pub(crate) const BUCKET: &str = "depot";
/// Starts at the most.
const MOST_BOOTS: u32 = 30;
/// Longest virtual time of one life.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Objects by key below the prefix, with the tag of their content.
pub(crate) type Tags = &'static [(&'static str, u64)];

pub(crate) struct Bench {
    pub(crate) world: Arc<World>,
    pub(crate) s3: Arc<VirtualS3>,
    pub(crate) journal: Arc<VirtualJournal>,
    disk: Arc<VirtualDisk>,
    /// Contents that must be somewhere at every moment.
    guarded: Arc<Mutex<BTreeSet<ContentId>>>,
}

pub(crate) fn content(tag: u64) -> Content {
    Content::made(tag, 40)
}

pub(crate) fn key(path: &str) -> ObjectKey {
    ObjectKey::parse(&format!("team/{path}")).unwrap()
}

pub(crate) fn spec(kind: JobKind, roots: &[(&str, &str)], if_taken: IfTaken) -> JobSpec {
    let root = |(from, to): &(&str, &str)| Root { from: format!("team/{from}"), to: format!("team/{to}") };
    JobSpec {
        kind,
        connection: BUCKET.to_owned(),
        bucket: Bucket::new(BUCKET),
        to_bucket: Bucket::new(BUCKET),
        roots: roots.iter().map(root).collect(),
        if_taken,
        edit: ObjectEdit::default(),
        restore: None,
        purge: None,
        lock: None,
        undoes: None,
    }
}

impl Bench {
    pub(crate) fn new(seed: u64, profile: Profile) -> Self {
        let world = World::new(seed);
        let s3 = VirtualS3::new(Arc::clone(&world), BUCKET, "team/", profile);
        let journal = VirtualJournal::new(Arc::clone(&world), 0);
        let disk = VirtualDisk::new(Arc::clone(&world), "/home/ana", DiskOptions::default());
        let guarded: Arc<Mutex<BTreeSet<ContentId>>> = Arc::default();
        let (seen, watched, told) = (Arc::clone(&s3), Arc::clone(&guarded), Arc::downgrade(&world));
        world.watch(move || {
            if watched.lock().unwrap().is_empty() {
                return;
            }
            let there: BTreeSet<ContentId> = seen.objects().into_values().collect();
            let lost: Vec<ContentId> =
                watched.lock().unwrap().iter().filter(|id| !there.contains(id)).copied().collect();
            if let (false, Some(world)) = (lost.is_empty(), told.upgrade()) {
                world.wrong("I1", format!("{lost:?} is nowhere"));
            }
        });
        Self { world, s3, journal, disk, guarded }
    }

    fn ports(&self) -> EnginePorts {
        EnginePorts {
            remotes: self.s3.remotes(),
            journal: Arc::<VirtualJournal>::clone(&self.journal),
            jobs: Arc::<VirtualJournal>::clone(&self.journal),
            thaws: Arc::<VirtualJournal>::clone(&self.journal),
            settings: Arc::<VirtualJournal>::clone(&self.journal) as Arc<dyn Catalog>,
            fs: Arc::<VirtualDisk>::clone(&self.disk),
            watcher: Arc::<VirtualDisk>::clone(&self.disk),
            clock: Arc::<World>::clone(&self.world) as Arc<dyn Clock>,
            entropy: Arc::<World>::clone(&self.world) as Arc<dyn Entropy>,
        }
    }

    pub(crate) async fn engine(&self) -> Engine {
        Engine::start(self.ports(), EngineOptions::default()).await.unwrap()
    }

    /// Somebody puts an object, whatever is there.
    pub(crate) async fn put(&self, path: &str, tag: u64) {
        let content = content(tag);
        let old = self.s3.objects().get(path).copied();
        if let Some(old) = old.filter(|old| *old != content.id) {
            self.let_go(path, old);
        }
        let store = Arc::clone(&self.s3);
        let body = PutBody { crc: Crc64Nvme::of(&content.bytes), bytes: content.bytes.clone(), flow: None };
        let expect = match store.head(&key(path)).await {
            Ok(state) => RemoteExpect::Unchanged(state.etag),
            Err(_) => RemoteExpect::Absent,
        };
        let put = store.put(&key(path), body, &expect, "").await;
        // A server that stores other bytes than it was sent (fault StoredWrong) never had this content: the job can't lose it.
        if put.is_ok() && self.s3.objects().values().any(|id| *id == content.id) {
            self.guarded.lock().unwrap().insert(content.id);
        }
    }

    /// Somebody deletes an object.
    pub(crate) async fn delete(&self, path: &str) {
        if let Some(old) = self.s3.objects().get(path).copied() {
            self.let_go(path, old);
        }
        if let Ok(state) = self.s3.head(&key(path)).await {
            let _gone = self.s3.delete(&key(path), &RemoteExpect::Unchanged(state.etag)).await;
        }
    }

    /// Somebody deletes an object of whose content there is another: nobody else may take that away now.
    pub(crate) async fn delete_copy(&self, path: &str) {
        if let Ok(state) = self.s3.head(&key(path)).await {
            let _gone = self.s3.delete(&key(path), &RemoteExpect::Unchanged(state.etag)).await;
        }
    }

    /// Whoever takes the last one away is to blame. As objects move meanwhile, another's change of an object excuses its content.
    fn let_go(&self, _: &str, old: ContentId) {
        self.guarded.lock().unwrap().remove(&old);
    }

    /// Nothing is watched over any more: for many objects, where that would take too long.
    pub(crate) fn guard_nothing(&self) {
        self.guarded.lock().unwrap().clear();
    }

    /// What is at a path may go from now on.
    pub(crate) fn forgo(&self, path: &str) {
        if let Some(old) = self.s3.objects().get(path).copied() {
            self.let_go(path, old);
        }
    }

    pub(crate) fn tags(&self) -> BTreeMap<String, ContentId> {
        self.s3.objects()
    }

    /// What came of every object of the newest job of this kind.
    pub(crate) fn items(&self, id: &JobId) -> Vec<(String, ItemState, Option<windlass_domain::job::Cause>)> {
        let short = |key: &ObjectKey| key.as_str().trim_start_matches("team/").to_owned();
        self.journal.job_items(id).iter().map(|item| (short(&item.from), item.state, item.cause)).collect()
    }

    /// Runs lives of the process until `life` has come to its end.
    pub(crate) fn live<F: Future<Output = T>, T>(&self, life: impl Fn(u32) -> F) -> Option<T> {
        while self.world.boots() < MOST_BOOTS {
            let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let done = runtime.block_on(async {
                self.world.boot();
                let boots = self.world.boots();
                tokio::select! {
                    biased;
                    () = self.world.died() => None,
                    done = tokio::time::timeout(LONGEST, life(boots)) => done.ok(),
                }
            });
            drop(runtime);
            if done.is_some() || self.world.is_exhausted() {
                return done;
            }
        }
        self.world.wrong("I11", "no end");
        None
    }

    /// Plans, starts and waits for a job, or goes on with it where an earlier life began it.
    pub(crate) async fn bring_about(&self, engine: &Engine, wanted: &JobSpec) -> JobView {
        loop {
            let known = self.journal.jobs().await.unwrap();
            let same = |spec: &JobSpec| spec.kind == wanted.kind && spec.roots == wanted.roots;
            let row = known.into_iter().find(|row| same(&row.spec) && row.state != JobState::Failed);
            let id = match row {
                Some(row) => row.id,
                None => engine.plan_job(wanted.clone()).await.unwrap(),
            };
            let view = self.finish(engine, &id).await;
            if view.row.state != JobState::Failed {
                return view;
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }

    /// The same for the undo of a job.
    pub(crate) async fn take_back(&self, engine: &Engine, id: &JobId) -> JobView {
        let known = self.journal.jobs().await.unwrap();
        let undoing = known.into_iter().find(|row| row.spec.undoes.as_ref() == Some(id));
        let undo = match undoing {
            Some(row) => row.id,
            None => engine.undo_job(id).await.unwrap(),
        };
        self.finish(engine, &undo).await
    }

    pub(crate) async fn finish(&self, engine: &Engine, id: &JobId) -> JobView {
        loop {
            let view = engine.wait_job(id).await.unwrap();
            match view.row.state {
                JobState::Ready => engine.start_job(id).await.unwrap(),
                JobState::Done | JobState::Cancelled | JobState::Failed => return view,
                JobState::Planning | JobState::Running | JobState::Paused => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        let wrong = self.world.all_wrong();
        if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?}")) }
    }
}

/// Objects as the test writes them.
pub(crate) fn expected(tags: &[(&str, u64)]) -> BTreeMap<String, ContentId> {
    tags.iter().map(|(path, tag)| ((*path).to_owned(), content(*tag).id)).collect()
}
