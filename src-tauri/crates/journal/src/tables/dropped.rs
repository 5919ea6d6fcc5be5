//! Listings that are dropped, by hand and with what they lie in; table `listing_garbage`. Their rows go bit by bit.
use rusqlite::Connection;
use windlass_ports::ListingId;

use super::listings::{Header, SPAN, base, header, headers};
use super::{execute, facts, first, get, histories};
use crate::error::{Result, sql};

/// Rows of dropped listings that are removed at a time, so that nobody waits long for the writer.
pub(crate) const GARBAGE: i64 = 5_000;

/// Drops one; its rows go bit by bit. With an index what was learned of its objects goes at once, unless another whole one holds
/// them.
pub(crate) fn drop_one(conn: &Connection, id: ListingId) -> Result<()> {
    if let Some(index) = header(conn, id)?.filter(|header| header.deep) {
        let all = headers(conn, Some(&index.connection), Some(&index.bucket))?;
        let holds = |other: &Header| {
            other.deep
                && other.info.complete
                && other.info.id != id
                && index.prefix.starts_with(&other.prefix)
        };
        if !all.iter().any(holds) {
            facts::forget_below(conn, &index.connection, &index.bucket, &index.prefix)?;
        }
    }
    put_away(conn, id)
}

/// Drops one and nothing beside it.
pub(crate) fn put_away(conn: &Connection, id: ListingId) -> Result<()> {
    execute(
        conn,
        "INSERT OR IGNORE INTO listing_garbage (listing_id) SELECT id FROM listings WHERE id = ?1",
        [id.0],
    )?;
    execute(conn, "DELETE FROM listings WHERE id = ?1", [id.0]).map(|_| ())
}

pub(crate) fn drop_connection(conn: &Connection, connection: &str) -> Result<()> {
    execute(
        conn,
        "INSERT OR IGNORE INTO listing_garbage (listing_id) SELECT id FROM listings WHERE connection = ?1",
        [connection],
    )?;
    execute(conn, "DELETE FROM listings WHERE connection = ?1", [connection])?;
    histories::drop_connection(conn, connection)
}

pub(crate) fn drop_bucket(conn: &Connection, connection: &str, bucket: &str) -> Result<()> {
    execute(
        conn,
        "INSERT OR IGNORE INTO listing_garbage (listing_id)
         SELECT id FROM listings WHERE connection = ?1 AND bucket = ?2",
        [connection, bucket],
    )?;
    execute(conn, "DELETE FROM listings WHERE connection = ?1 AND bucket = ?2", [connection, bucket])?;
    histories::drop_bucket(conn, connection, bucket)
}

/// Removes some rows of dropped listings, in a transaction of its own. Whether there may be more.
pub(crate) fn collect_garbage(conn: &Connection) -> Result<bool> {
    let next = first(conn, "SELECT listing_id FROM listing_garbage LIMIT 1", [], |row| get::<i64>(row, 0))?;
    let Some(id) = next.map(ListingId) else { return histories::collect_garbage(conn) };
    conn.execute_batch("BEGIN IMMEDIATE").map_err(sql)?;
    let removed = collect_some(conn, id);
    let end = if removed.is_ok() { "COMMIT" } else { "ROLLBACK" };
    if !conn.is_autocommit() {
        conn.execute_batch(end).map_err(sql)?;
    }
    removed.map(|()| true)
}

fn collect_some(conn: &Connection, id: ListingId) -> Result<()> {
    let rows = execute(
        conn,
        "DELETE FROM listing_rows WHERE id IN
             (SELECT id FROM listing_rows WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
        [base(id), base(id) + SPAN, GARBAGE],
    )?;
    let keys = execute(
        conn,
        "DELETE FROM listing_keys WHERE listing_id = ?1 AND key IN
             (SELECT key FROM listing_keys WHERE listing_id = ?1 ORDER BY key LIMIT ?2)",
        [id.0, GARBAGE],
    )?;
    if rows == 0 && keys == 0 {
        execute(conn, "DELETE FROM index_parts WHERE listing_id = ?1", [id.0])?;
        execute(conn, "DELETE FROM listing_garbage WHERE listing_id = ?1", [id.0])?;
    }
    Ok(())
}
