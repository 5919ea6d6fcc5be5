//! Table `holds`: objects on which a job put a hold. Tests: `tests/jobs.rs`.
use std::collections::BTreeMap;

use rusqlite::Connection;
use windlass_domain::{ETag, Item, JobKind, JobSpec};

use super::{all, execute, get, text};
use crate::error::Result;

/// What became of a hold by an object of a job that was done.
pub(crate) fn follow(conn: &Connection, spec: &JobSpec, item: &Item) -> Result<()> {
    let (connection, bucket, key) = (spec.connection.as_str(), spec.bucket.as_str(), item.from.as_str());
    // What goes takes its tags along, and what comes back from an older version has those of that.
    let held = match spec.kind == JobKind::Edit {
        true => spec.edit.holds(),
        false => matches!(spec.kind, JobKind::Move | JobKind::Delete | JobKind::Restore).then_some(false),
    };
    match held {
        Some(true) => {
            let etag = item.written.as_ref().unwrap_or(&item.etag);
            execute(
                conn,
                "INSERT INTO holds (connection, bucket, key, etag) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (connection, bucket, key) DO UPDATE SET etag = excluded.etag",
                [connection, bucket, key, etag.as_str()],
            )
            .map(|_| ())
        }
        Some(false) => execute(
            conn,
            "DELETE FROM holds WHERE connection = ?1 AND bucket = ?2 AND key = ?3",
            [connection, bucket, key],
        )
        .map(|_| ()),
        None => Ok(()),
    }
}

/// All of a bucket.
pub(crate) fn of(conn: &Connection, connection: &str, bucket: &str) -> Result<BTreeMap<String, ETag>> {
    let rows = all(
        conn,
        "SELECT key, etag FROM holds WHERE connection = ?1 AND bucket = ?2",
        [connection, bucket],
        |row| Ok((get(row, 0)?, ETag::new(text(row, 1)?))),
    )?;
    Ok(rows.into_iter().collect())
}
