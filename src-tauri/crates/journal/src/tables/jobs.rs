//! Tables `jobs` and `job_items`: copies, moves, edits and deletes of objects. Tests: `tests/jobs.rs`.
use rusqlite::{Connection, Row, params};
use windlass_domain::job::Cause;
use windlass_domain::{
    ETag, Item, ItemState, JobCounts, JobId, JobKind, JobSpec, JobState, ObjectKey, Timestamp, VersionId,
};
use windlass_ports::{JobRow, LeftGroup};

use super::{all, amount, execute, facts, get, holds, maybe, text, unsigned};
use crate::error::{Result, odd, other};
use crate::marks::{self, Mark, Marked};

const JOBS: Marked = Marked {
    what: "a job",
    columns: &[
        "id",
        "spec",
        "state",
        "objects",
        "bytes",
        "done",
        "done_bytes",
        "left_objects",
        "replaces",
        "at",
        "created",
        "ended",
        "undone_by",
        "versioned",
        "note",
    ],
    added: 0,
    table: "jobs",
};

const STATES: [JobState; 7] = [
    JobState::Planning,
    JobState::Ready,
    JobState::Running,
    JobState::Paused,
    JobState::Done,
    JobState::Cancelled,
    JobState::Failed,
];
const ITEM_STATES: [ItemState; 4] = [ItemState::Planned, ItemState::Copied, ItemState::Done, ItemState::Left];

fn read(row: &Row<'_>) -> Result<JobRow> {
    let (spec, state) = (text(row, 1)?, text(row, 2)?);
    let spec: JobSpec = serde_json::from_str(spec).map_err(|_| odd("a job", spec))?;
    let state = STATES.into_iter().find(|s| s.code() == state).ok_or_else(|| odd("a job's state", state))?;
    let ended = Timestamp(get(row, 11)?);
    Ok(JobRow {
        id: JobId::from(text(row, 0)?),
        spec,
        state,
        counts: JobCounts {
            objects: amount(row, 3)?,
            bytes: unsigned(row, 4)?,
            done: amount(row, 5)?,
            done_bytes: unsigned(row, 6)?,
            left: amount(row, 7)?,
            replaces: amount(row, 8)?,
        },
        at: amount(row, 9)?,
        created: Timestamp(get(row, 10)?),
        ended: (ended.0 != 0).then_some(ended),
        undone_by: maybe(text(row, 12)?).map(JobId::from),
        versioned: get(row, 13)?,
        note: get(row, 14)?,
    })
}

pub(crate) fn save(conn: &Connection, job: &JobRow, items: &[Item]) -> Result<()> {
    let counts = &job.counts;
    execute(
        conn,
        "INSERT INTO jobs
             (id, spec, state, objects, bytes, done, done_bytes, left_objects, replaces, at, created, ended, undone_by,
              versioned, note, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
             (SELECT coalesce(max(seq), 0) + 1 FROM jobs))
         ON CONFLICT (id) DO UPDATE SET
             spec = excluded.spec, state = excluded.state, objects = excluded.objects, bytes = excluded.bytes,
             done = excluded.done, done_bytes = excluded.done_bytes, left_objects = excluded.left_objects,
             replaces = excluded.replaces, at = excluded.at, created = excluded.created, ended = excluded.ended,
             undone_by = excluded.undone_by, versioned = excluded.versioned, note = excluded.note",
        params![
            job.id.as_str(),
            serde_json::to_string(&job.spec).map_err(other)?,
            job.state.code(),
            counts.objects.cast_signed(),
            counts.bytes.cast_signed(),
            counts.done.cast_signed(),
            counts.done_bytes.cast_signed(),
            counts.left.cast_signed(),
            counts.replaces.cast_signed(),
            job.at.cast_signed(),
            job.created.0,
            job.ended.map_or(0, |at| at.0),
            job.undone_by.as_ref().map_or("", JobId::as_str),
            job.versioned,
            job.note,
        ],
    )?;
    JOBS.seal(conn, job.id.as_str())?;
    for item in items {
        save_item(conn, &job.id, item)?;
        if item.state == ItemState::Done {
            forget_changed(conn, &job.spec, item)?;
            holds::follow(conn, &job.spec, item)?;
        }
    }
    Ok(())
}

/// What was learned of an object before it was changed: its tags can be others while its ETag stays.
fn forget_changed(conn: &Connection, spec: &JobSpec, item: &Item) -> Result<()> {
    let bucket = spec.bucket.as_str();
    match spec.kind {
        JobKind::Copy | JobKind::Purge | JobKind::Lock => {}
        JobKind::Move | JobKind::Edit | JobKind::Delete | JobKind::Undelete | JobKind::Restore => {
            facts::forget(conn, &spec.connection, bucket, item.from.as_str())?;
        }
    }
    match &item.to {
        Some(to) => facts::forget(conn, &spec.connection, spec.to_bucket.as_str(), to.as_str()),
        None => Ok(()),
    }
}

/// One mark over the row, computed before it is written: a hundred thousand rows are not read back for theirs. What only restores
/// have does not count where it is empty, so rows of before there were any keep theirs.
fn mark(job: &str, seq: i64, size: i64, texts: [&str; 8], restore: (&str, &str, i64)) -> i64 {
    let (seq, size, top_size) = (seq.to_string(), size.to_string(), restore.2.to_string());
    let mut all = vec![job, &seq, &size];
    all.extend(texts);
    if restore != ("", "", 0) {
        all.extend([restore.0, restore.1, &top_size]);
    }
    Mark::default().of_texts(&all)
}

fn save_item(conn: &Connection, job: &JobId, item: &Item) -> Result<()> {
    let (seq, size) = (item.seq.cast_signed(), item.size.cast_signed());
    let texts = [
        item.from.as_str(),
        item.to.as_ref().map_or("", ObjectKey::as_str),
        item.etag.as_str(),
        item.taken.as_ref().map_or("", ETag::as_str),
        item.state.code(),
        item.cause.map_or("", Cause::code),
        item.written.as_ref().map_or("", ETag::as_str),
        item.marker.as_ref().map_or("", |v| v.as_str()),
    ];
    let version = item.version.as_ref().map_or("", |v| v.as_str());
    let (top, top_size) = item.top.as_ref().map_or(("", 0), |(top, size)| (top.as_str(), size.cast_signed()));
    let [from, to, etag, taken, state, cause, written, marker] = texts;
    execute(
        conn,
        "INSERT OR REPLACE INTO job_items
             (job_id, seq, from_key, to_key, size, etag, taken, state, cause, written, marker, mark,
              version, top, top_size)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            job.as_str(),
            seq,
            from,
            to,
            size,
            etag,
            taken,
            state,
            cause,
            written,
            marker,
            mark(job.as_str(), seq, size, texts, (version, top, top_size)),
            version,
            top,
            top_size,
        ],
    )
    .map(|_| ())
}

fn read_item(row: &Row<'_>) -> Result<Item> {
    let mut texts = [""; 8];
    for (at, slot) in texts.iter_mut().enumerate() {
        *slot = text(row, 3 + at)?;
    }
    let (job, seq, size): (&str, i64, i64) = (text(row, 0)?, get(row, 1)?, get(row, 2)?);
    let (version, top, top_size) = (text(row, 12)?, text(row, 13)?, get(row, 14)?);
    if !marks::holds(get(row, 11)?, mark(job, seq, size, texts, (version, top, top_size))) {
        return Err(odd("an object of a job", "damaged"));
    }
    let [from, to, etag, taken, state, cause, written, marker] = texts;
    let key = |text: &str| ObjectKey::parse(text).map_err(|_| odd("a key", text));
    Ok(Item {
        seq: seq.cast_unsigned(),
        from: key(from)?,
        to: maybe(to).map(key).transpose()?,
        size: size.cast_unsigned(),
        etag: ETag::new(etag),
        taken: maybe(taken).map(ETag::new),
        state: ITEM_STATES
            .into_iter()
            .find(|s| s.code() == state)
            .ok_or_else(|| odd("an object's state", state))?,
        cause: maybe(cause)
            .map(|code| Cause::from_code(code).ok_or_else(|| odd("a cause", code)))
            .transpose()?,
        written: maybe(written).map(ETag::new),
        marker: maybe(marker).map(VersionId::new),
        version: maybe(version).map(VersionId::new),
        top: maybe(top).map(|top| (VersionId::new(top), top_size.cast_unsigned())),
    })
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<JobRow>> {
    JOBS.rows(conn, "ORDER BY seq DESC", [], read)
}

pub(crate) fn one(conn: &Connection, id: &JobId) -> Result<Option<JobRow>> {
    JOBS.rows(conn, "WHERE id = ?1", [id.as_str()], read).map(|mut rows| rows.pop())
}

pub(crate) fn items(conn: &Connection, id: &JobId, after: u64, limit: u32) -> Result<Vec<Item>> {
    all(
        conn,
        "SELECT job_id, seq, size, from_key, to_key, etag, taken, state, cause, written, marker, mark, version, top,
                top_size
         FROM job_items WHERE job_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        params![id.as_str(), after.cast_signed(), limit],
        read_item,
    )
}

pub(crate) fn left(conn: &Connection, id: &JobId, keys: u32) -> Result<Vec<LeftGroup>> {
    let groups = all(
        conn,
        "SELECT cause, count(*) FROM job_items WHERE job_id = ?1 AND state = 'left' GROUP BY cause",
        [id.as_str()],
        |row| Ok((get::<String>(row, 0)?, amount(row, 1)?)),
    )?;
    groups
        .into_iter()
        .map(|(code, objects)| {
            let cause = Cause::from_code(&code).ok_or_else(|| odd("a cause", &code))?;
            let keys = all(
                conn,
                "SELECT from_key FROM job_items WHERE job_id = ?1 AND state = 'left' AND cause = ?2
                 ORDER BY seq LIMIT ?3",
                params![id.as_str(), code, keys],
                |row| get(row, 0),
            )?;
            Ok(LeftGroup { cause, objects, keys })
        })
        .collect()
}

pub(crate) fn remove(conn: &Connection, id: &JobId) -> Result<()> {
    execute(conn, "DELETE FROM job_items WHERE job_id = ?1", [id.as_str()])?;
    execute(conn, "DELETE FROM jobs WHERE id = ?1", [id.as_str()]).map(|_| ())
}

/// Checks every job that has not ended: its rows decide what is copied and deleted.
pub(crate) fn check_open(conn: &Connection) -> Result<()> {
    JOBS.rows(conn, "WHERE state IN ('planning', 'ready', 'running', 'paused')", [], read).map(|_| ())
}
