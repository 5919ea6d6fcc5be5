//! Table `replaced`: files whose content was replaced without a person's word, for the brake. Tests: `tests/intents.rs`.
use rusqlite::{Connection, params};
use windlass_domain::{PairId, RelPath, Timestamp};

use super::{execute, first, unsigned};
use crate::error::Result;

/// Older rows go when one is written: no limit looks back so far.
const KEPT_NS: i64 = 7 * 24 * 3600 * 1_000_000_000;

pub(crate) fn note(conn: &Connection, pair: &PairId, path: &RelPath, at: Timestamp) -> Result<()> {
    let old = at.0.saturating_sub(KEPT_NS);
    execute(conn, "DELETE FROM replaced WHERE pair_id = ?1 AND at < ?2", params![pair.as_str(), old])?;
    execute(
        conn,
        "INSERT INTO replaced (pair_id, path, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (pair_id, path) DO UPDATE SET at = excluded.at",
        params![pair.as_str(), path.as_str(), at.0],
    )?;
    Ok(())
}

pub(crate) fn forget(conn: &Connection, pair: &PairId) -> Result<()> {
    execute(conn, "DELETE FROM replaced WHERE pair_id = ?1", [pair.as_str()])?;
    Ok(())
}

pub(crate) fn since(conn: &Connection, pair: &PairId, at: Timestamp, without: &[RelPath]) -> Result<u64> {
    let text = "SELECT count(*) FROM replaced WHERE pair_id = ?1 AND at >= ?2";
    let mut number =
        first(conn, text, params![pair.as_str(), at.0], |row| unsigned(row, 0))?.unwrap_or_default();
    for path in without {
        let text = "SELECT 1 FROM replaced WHERE pair_id = ?1 AND path = ?2 AND at >= ?3";
        let again = first(conn, text, params![pair.as_str(), path.as_str(), at.0], |_| Ok(()))?;
        number = number.saturating_sub(u64::from(again.is_some()));
    }
    Ok(number)
}
