//! Tables `settings` and `counter`.
use rusqlite::{Connection, params};
use windlass_domain::Revision;

use super::{execute, first, get, unsigned};
use crate::error::{Result, odd};

pub(crate) fn setting(conn: &Connection, name: &str) -> Result<Option<String>> {
    first(conn, "SELECT value FROM settings WHERE name = ?1", [name], |row| get(row, 0))
}

pub(crate) fn save_setting(conn: &Connection, name: &str, value: &str) -> Result<()> {
    execute(
        conn,
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
    .map(|_| ())
}

pub(crate) fn device_id(conn: &Connection) -> Result<String> {
    first(conn, "SELECT device_id FROM counter", [], |row| get(row, 0))?
        .ok_or_else(|| odd("the device id", ""))
}

/// The next revision. Two statements: RETURNING would keep its row in a table of its own.
pub(crate) fn next_revision(conn: &Connection) -> Result<Revision> {
    execute(conn, "UPDATE counter SET revision = revision + 1", [])?;
    first(conn, "SELECT revision FROM counter", [], |row| unsigned(row, 0))?
        .map(Revision)
        .ok_or_else(|| odd("the revision", ""))
}
