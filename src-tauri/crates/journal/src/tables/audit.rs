//! Table `audit`: every mutation of a bucket, never changed and never removed.
use rusqlite::{Connection, params};
use windlass_domain::Timestamp;

use super::execute;
use crate::error::Result;

pub(crate) fn add(conn: &Connection, at: Timestamp, action: &str, target: &str, detail: &str) -> Result<()> {
    execute(
        conn,
        "INSERT INTO audit (at, action, target, detail) VALUES (?1, ?2, ?3, ?4)",
        params![at.0, action, target, detail],
    )
    .map(|_| ())
}
