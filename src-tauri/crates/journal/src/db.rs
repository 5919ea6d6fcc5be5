//! Opening the file with the settings that our promises rest on, and checking it.
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use windlass_ports::{JournalError, JournalErrorKind};

use crate::error::{Result, of, other, sql};

/// First SQLite without the WAL-reset bug (hazard HC4).
const OLDEST_SQLITE: i32 = 3_051_003;

/// Fails with a SQLite that can damage a WAL file.
pub(crate) fn check_library() -> Result<()> {
    let found = rusqlite::version_number();
    if found >= OLDEST_SQLITE {
        return Ok(());
    }
    Err(of(JournalErrorKind::Other, format!("SQLite {found} is too old; {OLDEST_SQLITE} is needed")))
}

fn common(conn: &Connection) -> Result<()> {
    conn.busy_timeout(Duration::from_secs(10)).map_err(sql)?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.pragma_update(None, "foreign_keys", true).map_err(sql)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(sql)
}

/// The one connection that writes. `synchronous = FULL`: what was committed is on the disk (hazard HC3).
pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sql)?;
    common(&conn)?;
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(sql)?;
    if mode != "wal" {
        return Err(of(
            JournalErrorKind::Other,
            format!("this file system cannot keep it safely (journal mode {mode}); it needs a local disk"),
        ));
    }
    conn.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
    conn.pragma_update(None, "cache_size", -8_192).map_err(sql)?;
    conn.pragma_update(None, "wal_autocheckpoint", 2_000).map_err(sql)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024).map_err(sql)?;
    Ok(conn)
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sql)?;
    common(&conn)?;
    conn.pragma_update(None, "query_only", true).map_err(sql)?;
    conn.pragma_update(None, "cache_size", -4_096).map_err(sql)?;
    Ok(conn)
}

/// Fails with `Corrupt` when the file's first bytes are none that we ever wrote. With some of them SQLite would say that the
/// file may not be written, or read its pages wrongly.
pub(crate) fn check_header(path: &Path) -> Result<()> {
    let mut header = [0; HEADER];
    let whole = std::fs::File::open(path).and_then(|mut file| {
        let len = file.metadata()?.len();
        if len >= HEADER as u64 {
            file.read_exact(&mut header)?;
        }
        Ok(len)
    });
    match whole {
        Ok(0) => return Ok(()),
        Ok(len) if len < HEADER as u64 => {
            return Err(of(JournalErrorKind::Corrupt, "it is too short for a database"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(other(error)),
    }
    let good = header.starts_with(b"SQLite format 3\0")
        // Pages of 4,096 bytes; written and read with or without a WAL; nothing reserved; the fixed fractions.
        && matches!(header.get(16..24), Some([0x10, 0, 1 | 2, 1 | 2, 0, 64, 32, 32]))
        // Format 4 and UTF-8, or neither yet: all may be in the WAL still.
        && matches!(header.get(44..48), Some([0, 0, 0, 0 | 4]))
        && matches!(header.get(56..60), Some([0, 0, 0, 0 | 1]))
        && header.get(72..92).is_some_and(|unused| unused.iter().all(|byte| *byte == 0));
    if good { Ok(()) } else { Err(of(JournalErrorKind::Corrupt, "its header is damaged")) }
}

const HEADER: usize = 100;
/// Up to this size the check at the start is the thorough one.
const SMALL: u64 = 32 * 1024 * 1024;

/// How much of a big journal is looked through when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Tables whose rows say what may be done: folders, connections, intents, open transfers. For a journal that was closed in
    /// order. Rows of files are many (a gigabyte for four million), each has a mark that is checked when it is read, and one
    /// that is missing leads to a comparison, never to a delete.
    Decisive,
    /// All but listings, which are a copy of what the server says.
    Whole,
}

/// Looks through every table whose loss would matter: all of a small journal, and of a big one what `depth` says, without the
/// list of free pages and what is in indexes.
pub(crate) fn quick_check(conn: &Connection, depth: Depth) -> Result<()> {
    let size: i64 = conn
        .query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| {
            row.get(0)
        })
        .map_err(damaged)?;
    if size.cast_unsigned() <= SMALL {
        return check(conn, "PRAGMA integrity_check");
    }
    let mut statement = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT IN ('listing_rows', 'listing_keys')
             AND (?1 OR name NOT IN ('files', 'safe_versions', 'audit', 'transfers'))",
        )
        .map_err(damaged)?;
    let names: Vec<String> = statement
        .query_map([depth == Depth::Whole], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(damaged)?;
    for name in names {
        check(conn, &format!("PRAGMA quick_check(\"{name}\")"))?;
    }
    Ok(())
}

pub(crate) fn integrity_check(conn: &Connection) -> Result<()> {
    check(conn, "PRAGMA integrity_check")?;
    let mut statement = conn.prepare("PRAGMA foreign_key_check").map_err(sql)?;
    if statement.exists([]).map_err(sql)? {
        return Err(of(JournalErrorKind::Corrupt, "a row points to one that is not there"));
    }
    Ok(())
}

fn check(conn: &Connection, pragma: &str) -> Result<()> {
    let mut statement = conn.prepare(pragma).map_err(damaged)?;
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(damaged)?;
    if found.iter().all(|line| line == "ok") {
        return Ok(());
    }
    Err(of(JournalErrorKind::Corrupt, found.join("; ")))
}

/// While looking for damage, SQLite's plain error (a schema that makes no sense) is damage too.
fn damaged(error: rusqlite::Error) -> JournalError {
    let plain =
        matches!(&error, rusqlite::Error::SqliteFailure(e, _) if e.code == rusqlite::ErrorCode::Unknown);
    if plain { JournalError { kind: JournalErrorKind::Corrupt, source: Box::new(error) } } else { sql(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma<T: rusqlite::types::FromSql>(conn: &Connection, name: &str) -> T {
        conn.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    #[test]
    fn hc3_commits_are_durable_pragmas_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let conn = open_writer(&path).unwrap();
        assert_eq!(pragma::<i64>(&conn, "synchronous"), 2, "FULL");
        assert_eq!(pragma::<String>(&conn, "journal_mode"), "wal");
        assert_eq!(pragma::<i64>(&conn, "foreign_keys"), 1);
        assert!(pragma::<i64>(&conn, "busy_timeout") >= 5_000);
        let reader = open_reader(&path).unwrap();
        assert_eq!(pragma::<i64>(&reader, "query_only"), 1);
        reader.execute_batch("CREATE TABLE t (a INTEGER) STRICT").unwrap_err();
    }

    #[test]
    fn hc4_sqlite_without_the_wal_reset_bug() {
        assert!(rusqlite::version_number() >= OLDEST_SQLITE);
        check_library().unwrap();
    }
}
