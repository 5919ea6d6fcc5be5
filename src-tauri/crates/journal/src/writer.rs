//! The one thread that writes. Jobs that are waiting when a transaction begins share it. When one of them fails, all of it
//! is taken back and done again with a savepoint for each, so that it takes nothing of the others with it.
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use windlass_ports::{JournalError, JournalErrorKind};

use crate::error::{Result, again, of, other, sql};
use crate::owner::Owner;
use crate::tables::dropped;

/// Most writes in one transaction.
const MOST_WRITES: usize = 1_000;
/// Jobs that may wait. Whoever sends more waits too.
const QUEUE: usize = 256;
/// While several write at the same time, this long for the others: pages and syncs are paid once for all of them.
const GATHER: Duration = Duration::from_millis(3);
/// They count as writing at the same time for this long after they did.
const CROWD: Duration = Duration::from_millis(20);

/// A piece of work with somebody who waits for its answer.
trait Job: Send {
    fn weight(&self) -> usize;
    /// Does the work inside a transaction; `Err` takes it back. It may be done a second time after that.
    fn run(&mut self, conn: &Connection) -> Result<()>;
    /// Called once, after the transaction: `Err` when it did not become durable.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

struct Typed<T, F> {
    weight: usize,
    work: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Typed<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T> + Send,
{
    fn weight(&self) -> usize {
        self.weight
    }

    /// A panic takes back this job and nothing of the others: without this thread nothing could be written any more.
    fn run(&mut self, conn: &Connection) -> Result<()> {
        let done = catch_unwind(AssertUnwindSafe(|| (self.work)(conn)));
        self.value = Some(done.map_err(|_| of(JournalErrorKind::Other, "the write panicked"))??);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let value = match (outcome, self.value) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(value)) => Ok(value),
            (Ok(()), None) => Err(of(JournalErrorKind::Other, "the write gave no answer")),
        };
        // Nobody listens when the caller was cancelled; the write stands.
        let _ = self.reply.send(value);
    }
}

pub(crate) struct Writer {
    /// `None` only while dropping. The thread ends when this closes.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// The thread holds connection and ownership, so that ownership ends after the last write.
    pub(crate) fn start(conn: Connection, owner: Owner) -> Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                serve(&conn, queue);
                drop(conn);
                drop(owner);
            })
            .map_err(other)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(crate) async fn run<T, F>(&self, weight: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let closed = || of(JournalErrorKind::Other, "it is closed");
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Typed { weight, work, value: None, reply });
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer ended by a panic");
        }
    }
}

fn serve(conn: &Connection, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut garbage = true;
    // When several wrote at the same time last. One who writes alone never waits.
    let mut crowd: Option<Instant> = None;
    // After a failed fsync nobody knows what is on the disk; SQLite must not go on with this connection (hazard HC5).
    let mut broken: Option<JournalError> = None;
    loop {
        let first = match queue.try_recv() {
            Ok(job) => job,
            Err(mpsc::error::TryRecvError::Disconnected) => return,
            Err(mpsc::error::TryRecvError::Empty) => {
                if garbage && broken.is_none() {
                    garbage = dropped::collect_garbage(conn).unwrap_or(false);
                    continue;
                }
                match queue.blocking_recv() {
                    Some(job) => job,
                    None => return,
                }
            }
        };
        if crowd.is_some_and(|at| at.elapsed() < CROWD) {
            std::thread::sleep(GATHER);
        }
        let mut group = vec![first];
        let mut weight: usize = group.iter().map(|job| job.weight()).sum();
        while weight < MOST_WRITES {
            match queue.try_recv() {
                Ok(job) => {
                    weight += job.weight();
                    group.push(job);
                }
                Err(_) => break,
            }
        }
        if let Some(error) = &broken {
            for job in group {
                job.answer(Err(again(error)));
            }
            continue;
        }
        let several = group.len() > 1;
        if let Err(error) = transaction(conn, group) {
            tracing::error!(error = %error.source, "the journal could not make a commit durable");
            broken = Some(error);
        }
        crowd = several.then(Instant::now);
        garbage = true;
    }
}

/// Runs a group in one transaction and answers everybody. `Err` when the connection may not be used any more.
fn transaction(conn: &Connection, mut group: Vec<Box<dyn Job>>) -> Result<()> {
    let alone = group.len() == 1;
    if !alone {
        let done =
            run(conn, "BEGIN IMMEDIATE").and_then(|()| group.iter_mut().try_for_each(|job| job.run(conn)));
        if done.is_ok() {
            return end(conn, group, None, Vec::new());
        }
        if !conn.is_autocommit() {
            run(conn, "ROLLBACK")?;
        }
    }
    if let Err(error) = run(conn, "BEGIN IMMEDIATE") {
        for job in group {
            job.answer(Err(again(&error)));
        }
        return Ok(());
    }
    let mut outcomes = Vec::with_capacity(group.len());
    let mut lost = None;
    for job in &mut group {
        let outcome = if alone { job.run(conn) } else { savepoint(conn, job.as_mut()) };
        // Some errors (no space) make SQLite take back the whole transaction.
        if conn.is_autocommit() {
            lost = outcome.as_ref().err().map(again);
            break;
        }
        outcomes.push(outcome);
    }
    end(conn, group, lost, outcomes)
}

/// Makes a transaction durable and answers everybody with what came of his job; no outcomes are good ones.
fn end(
    conn: &Connection,
    group: Vec<Box<dyn Job>>,
    lost: Option<JournalError>,
    outcomes: Vec<Result<()>>,
) -> Result<()> {
    let committed = match lost {
        Some(error) => Err(error),
        None if group.len() == 1 && outcomes.iter().any(Result::is_err) => run(conn, "ROLLBACK"),
        None => run(conn, "COMMIT"),
    };
    let Err(error) = committed else {
        let good = std::iter::repeat_with(|| Ok(()));
        for (job, outcome) in group.into_iter().zip(outcomes.into_iter().chain(good)) {
            job.answer(outcome);
        }
        return Ok(());
    };
    if !conn.is_autocommit() {
        run(conn, "ROLLBACK")?;
    }
    let fsync = failed_sync(&error);
    for job in group {
        job.answer(Err(again(&error)));
    }
    if fsync { Err(error) } else { Ok(()) }
}

fn run(conn: &Connection, text: &str) -> Result<()> {
    conn.prepare_cached(text).and_then(|mut s| s.execute([])).map(|_| ()).map_err(sql)
}

fn savepoint(conn: &Connection, job: &mut dyn Job) -> Result<()> {
    run(conn, "SAVEPOINT job")?;
    match job.run(conn) {
        Ok(()) => run(conn, "RELEASE job"),
        Err(error) => {
            if !conn.is_autocommit() {
                run(conn, "ROLLBACK TO job")?;
                run(conn, "RELEASE job")?;
            }
            Err(error)
        }
    }
}

fn failed_sync(error: &JournalError) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
    error
        .source
        .downcast_ref::<rusqlite::Error>()
        .and_then(rusqlite::Error::sqlite_extended_error_code)
        .is_some_and(|code| code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    #[tokio::test]
    async fn hc14_a_write_that_panics_takes_nothing_of_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let conn = db::open_writer(&path).unwrap();
        conn.execute_batch("CREATE TABLE t (a INTEGER NOT NULL) STRICT").unwrap();
        let writer = Writer::start(conn, Owner::take(&path).unwrap()).unwrap();
        let add = |conn: &Connection| conn.execute("INSERT INTO t (a) VALUES (1)", []).map_err(sql);
        let panics = move |conn: &Connection| -> Result<usize> {
            add(conn)?;
            panic!("planted")
        };
        let (one, bad, two) = tokio::join!(writer.run(1, add), writer.run(1, panics), writer.run(1, add));
        one.unwrap();
        two.unwrap();
        assert_eq!(bad.unwrap_err().kind, JournalErrorKind::Other);
        let count =
            |conn: &Connection| conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).map_err(sql);
        let rows: i64 = writer.run(1, count).await.unwrap();
        assert_eq!(rows, 2);
    }

    #[tokio::test]
    async fn no_space_is_said_and_nothing_of_the_batch_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let conn = db::open_writer(&path).unwrap();
        conn.execute_batch("CREATE TABLE t (a BLOB NOT NULL) STRICT").unwrap();
        conn.pragma_update(None, "max_page_count", 20).unwrap();
        let writer = Writer::start(conn, Owner::take(&path).unwrap()).unwrap();
        let fill = |bytes: i64| {
            move |conn: &Connection| {
                conn.execute("INSERT INTO t (a) VALUES (zeroblob(?1))", [bytes]).map_err(sql)?;
                Ok(())
            }
        };
        let (small, big, other) =
            tokio::join!(writer.run(1, fill(10)), writer.run(1, fill(1 << 20)), writer.run(1, fill(10)));
        assert_eq!(big.unwrap_err().kind, JournalErrorKind::Full);
        let kept = usize::from(small.is_ok()) + usize::from(other.is_ok());
        for lost in [small, other].into_iter().filter_map(Result::err) {
            assert_eq!(lost.kind, JournalErrorKind::Full, "whoever shared the transaction is told");
        }
        // With space again, it goes on.
        writer.run(1, fill(10)).await.unwrap();
        let count =
            |conn: &Connection| conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).map_err(sql);
        let rows: i64 = writer.run(1, count).await.unwrap();
        assert_eq!(usize::try_from(rows).unwrap(), kept + 1);
    }
}
