//! What the journal does while calls are written down.
use std::path::Path;

use rusqlite::Connection;
use windlass_crashvfs::{Recording, Trace};
use windlass_domain::{Ending, Timestamp, TransferId, Upload, UploadId};
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog as _, FileState, IntentEnd, IntentKind, Journal as _, JournalWrite};

use crate::common::{base, end, intent, local, object, pair, pair_id, path, receipt, save_upload, spec};
use crate::ground::{Ground, quick_folder, state};

/// One thing that is done.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Open, with all that a start does.
    Open,
    /// One commit.
    Commit(Vec<JournalWrite>),
    /// Commits that are under way at the same time, and share a transaction if they meet.
    Together(Vec<Vec<JournalWrite>>),
    /// A commit of the catalog.
    Setting(u64),
    /// A page of a listing.
    Page(u64),
    /// What SQLite does after 2,000 pages.
    Checkpoint,
    /// Close in order: a checkpoint, and the WAL goes.
    Close,
}

pub(crate) struct Scenario {
    steps: Vec<Step>,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn seen(n: u64) -> JournalWrite {
    JournalWrite::SaveFile {
        pair: pair_id(),
        path: path(&format!("{}/{:03}.jpg", n % 3, n % 40)),
        local: Some(local(n)),
        state: FileState::Waiting,
        note: String::new(),
    }
}

fn proved(n: u64) -> JournalWrite {
    JournalWrite::SaveBase {
        pair: pair_id(),
        path: path(&format!("{}/{:03}.jpg", n % 3, n % 40)),
        base: base(n, &format!("\"{n:032x}\"")),
    }
}

fn commit(n: u64) -> Step {
    let id = format!("t{}", n / 8);
    let one = spec(&id, "batch", Some(pair_id()), &format!("big/{}.mp4", n / 8), 100 << 20);
    Step::Commit(match n % 8 {
        0 => vec![save_upload(&one, Upload::Queued, 1), seen(n)],
        1 => {
            let state =
                Upload::Sending { upload: UploadId::new("u"), done: std::collections::BTreeMap::new() };
            vec![save_upload(&one, state, 2)]
        }
        2 => vec![JournalWrite::SavePart(TransferId::from(id.as_str()), receipt(1))],
        3 => {
            vec![seen(n), proved(n + 1), seen(n + 2), JournalWrite::ForgetFile(pair_id(), path("0/000.jpg"))]
        }
        4 => vec![JournalWrite::SaveIntent(Box::new(intent(&id, IntentKind::TrashLocal, "a", 1)))],
        5 => vec![end(&id, 2, IntentEnd::Done), JournalWrite::SetEpoch(pair_id(), n)],
        6 => return Step::Setting(n),
        _ => vec![save_upload(&one, Upload::Ended(Ending::Committed), 3), proved(n)],
    })
}

impl Scenario {
    pub(crate) const fn of(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    fn commits(count: u64, every: u64) -> Self {
        let mut steps = vec![Step::Open, Step::Commit(vec![JournalWrite::SavePair(pair())])];
        for n in 0..count {
            steps.push(commit(n));
            if n % every == every / 2 {
                steps.push(Step::Page(n));
                steps.push(Step::Together(
                    (0..4).map(|one| vec![seen(n + one), proved(n + 10 + one)]).collect(),
                ));
            }
            if n % every == every - 1 {
                steps.push(Step::Checkpoint);
            }
            if n == count * 2 / 3 {
                steps.extend([Step::Close, Step::Open]);
            }
        }
        steps.push(Step::Close);
        Self { steps }
    }

    /// From nothing to the end, with checkpoints and a second start.
    pub(crate) fn long() -> Self {
        Self::commits(110, 16)
    }

    /// The same, shorter.
    pub(crate) fn short() -> Self {
        Self::commits(40, 12)
    }

    /// Large commits, until SQLite makes a checkpoint on its own, and some more.
    pub(crate) fn heavy() -> Self {
        let mut steps = vec![Step::Open, Step::Commit(vec![JournalWrite::SavePair(pair())])];
        for n in 0..14 {
            let many = (0..500).map(|m| JournalWrite::SaveBase {
                pair: pair_id(),
                path: path(&format!("{m:04}/{n:02} with a name that is not short at all.jpg")),
                base: base(n, &format!("\"{m:032x}\"")),
            });
            steps.push(Step::Commit(many.collect()));
        }
        steps.extend((0..8).map(commit));
        Self { steps }
    }

    pub(crate) fn play(&self) -> (Trace, Ground) {
        self.play_on(quick_folder().path())
    }

    /// Plays it twice: once to learn what is there after each commit, one after the other, and once written down.
    pub(crate) fn play_on(&self, folder: &Path) -> (Trace, Ground) {
        let apart = quick_folder();
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), apart.path().join(entry.file_name())).unwrap();
        }
        let mut states = Vec::new();
        let file = apart.path().join("journal.db");
        self.run(&file, false, &mut || states.push(state(&file)));
        let recording = Recording::begin(folder).unwrap();
        self.run(&folder.join("journal.db"), true, &mut || recording.promise());
        (recording.end(), Ground::new(states))
    }

    /// `done` is called after the first start and after each commit that returned.
    fn run(&self, file: &Path, together: bool, done: &mut dyn FnMut()) {
        let runtime = runtime();
        let mut journal = None;
        let mut opened = 0;
        let mut listing = None;
        for step in &self.steps {
            match step {
                Step::Open => {
                    journal = Some(SqliteJournal::open(file).unwrap());
                    opened += 1;
                    if opened > 1 {
                        continue;
                    }
                }
                Step::Close => {
                    journal = None;
                    continue;
                }
                Step::Checkpoint => {
                    let conn = Connection::open(file).unwrap();
                    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
                    continue;
                }
                Step::Together(all) => {
                    let journal = journal.as_ref().unwrap();
                    if together {
                        let commits = all.iter().map(|batch| journal.commit(batch.clone()));
                        runtime.block_on(futures::future::try_join_all(commits)).unwrap();
                        all.iter().for_each(|_| done());
                    } else {
                        for batch in all {
                            runtime.block_on(journal.commit(batch.clone())).unwrap();
                            done();
                        }
                    }
                    continue;
                }
                Step::Commit(batch) => {
                    runtime.block_on(journal.as_ref().unwrap().commit(batch.clone())).unwrap();
                }
                Step::Setting(n) => {
                    let text = "x".repeat(usize::try_from(*n).unwrap() * 30);
                    runtime.block_on(journal.as_ref().unwrap().save_setting("one", &text)).unwrap();
                }
                Step::Page(n) => runtime.block_on(async {
                    let journal = journal.as_ref().unwrap();
                    let id = match listing {
                        Some(id) => id,
                        None => {
                            let id = journal.begin_listing("c", "b", "", false, Timestamp(1)).await.unwrap();
                            listing = Some(id);
                            done();
                            id
                        }
                    };
                    let page =
                        (0..5).map(|m| object(&format!("{n:05}/{m}"), m, Some(1), "STANDARD")).collect();
                    journal.add_to_listing(id, page).await.unwrap();
                }),
            }
            done();
        }
    }
}

/// A journal of version 2, closed in order.
pub(crate) fn second_version(file: &Path) {
    let conn = Connection::open(file).unwrap();
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    for text in [
        include_str!("../../src/migrations/0001_first.sql"),
        include_str!("../../src/migrations/0002_counts.sql"),
    ] {
        conn.execute_batch(text).unwrap();
    }
    conn.execute_batch(
        "INSERT INTO pairs (id, name, prefix, position) VALUES ('pair', 'Photos', 'in/', 1);
         WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 99)
         INSERT INTO files (pair_id, path, has_local, size, state) SELECT 'pair', printf('%03d', x), 1, x, 'waiting' FROM n;
         PRAGMA user_version = 2;",
    )
    .unwrap();
}
