//! Table `capabilities`: what the probe found, per connection and bucket.
use rusqlite::{Connection, params};
use windlass_domain::{Capabilities, Timestamp};

use super::{execute, first, get, text};
use crate::error::{Result, other};

pub(crate) fn save(
    conn: &Connection,
    connection: &str,
    bucket: &str,
    found: &Capabilities,
    at: Timestamp,
) -> Result<()> {
    execute(
        conn,
        "INSERT INTO capabilities (connection, bucket, found, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (connection, bucket) DO UPDATE SET found = excluded.found, at = excluded.at",
        params![connection, bucket, serde_json::to_string(found).map_err(other)?, at.0],
    )
    .map(|_| ())
}

pub(crate) fn forget(conn: &Connection, connection: &str, bucket: &str) -> Result<()> {
    execute(conn, "DELETE FROM capabilities WHERE connection = ?1 AND bucket = ?2", [connection, bucket])
        .map(|_| ())
}

/// The newest of this bucket, or of any bucket when it is empty. One that is damaged, or of a newer version, is as good as none:
/// the server is tried out again, and what is found then takes its place.
pub(crate) fn find(
    conn: &Connection,
    connection: &str,
    bucket: &str,
) -> Result<Option<(Capabilities, Timestamp)>> {
    first(
        conn,
        "SELECT found, at FROM capabilities WHERE connection = ?1 AND (bucket = ?2 OR ?2 = '')
         ORDER BY at DESC LIMIT 1",
        [connection, bucket],
        |row| {
            let (Ok(found), Ok(at)) = (text(row, 0), get(row, 1)) else { return Ok(None) };
            Ok(serde_json::from_str(found).ok().map(|found| (found, Timestamp(at))))
        },
    )
    .map(Option::flatten)
}
