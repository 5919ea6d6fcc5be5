//! Opening a journal that says what was written, or none (hazard HC6). The caller owns it.
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use windlass_domain::Timestamp;
use windlass_ports::{JournalError, JournalErrorKind, PairRow};

use crate::error::{Result, odd, other, sql};
use crate::marks::{BEFORE, Mark, Marked, holds};
use crate::tables::connections::{self, CONNECTIONS};
use crate::tables::pairs::{self, PAIRS};
use crate::tables::{all, execute, files, get, intents, jobs, thaws, transfers};
use crate::{db, migrate};

/// Opens, checks and migrates.
///
/// # Errors
/// `Corrupt` when anything is not as it was written that would be acted upon. Rows of files are checked when they are read.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    db::check_header(path)?;
    let depth = if ended_well(path) { db::Depth::Decisive } else { db::Depth::Whole };
    let mut conn = db::open_writer(path)?;
    let from = migrate::version(&conn)?;
    check_counter(&conn, from)?;
    db::quick_check(&conn, depth)?;
    migrate::migrate(&mut conn, path, migrate::MIGRATIONS)?;
    // A process may have ended after its migrations and before this.
    if from < migrate::MIGRATIONS.len() || !is_sealed(&conn)? {
        seal(&mut conn)?;
    }
    pairs::list(&conn)?;
    connections::list(&conn)?;
    intents::check_open(&conn)?;
    jobs::check_open(&conn)?;
    thaws::check_open(&conn)?;
    transfers::open(&conn)?;
    if depth == db::Depth::Whole {
        files::mend_counts(&mut conn).map_err(damaged)?;
    }
    trust(path)?;
    Ok(conn)
}

/// Whether the last owner closed it, and nobody met damage in it since. SQLite removes the WAL when the last connection
/// closes (<https://www.sqlite.org/wal.html>), so one with something in it is of a process that died.
fn ended_well(path: &Path) -> bool {
    let left_open = std::fs::metadata(with(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    !left_open && !with(path, DOUBTED).exists()
}

/// Name of the file that says: look at everything.
const DOUBTED: &str = "-doubted";

/// Notes that damage was met.
pub(crate) fn doubt(path: &Path) {
    if let Err(error) = std::fs::write(with(path, DOUBTED), b"") {
        tracing::error!(%error, "it could not be noted that the journal is damaged");
    }
}

/// It was looked at, and is sound.
fn trust(path: &Path) -> Result<()> {
    match std::fs::remove_file(with(path, DOUBTED)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(other(error)),
        _ => Ok(()),
    }
}

/// The first version with marks.
const MARKED: usize = 3;

/// Over what all else rests on: the version, the schema, the device's id.
fn counter_mark(conn: &Connection, version: usize) -> Result<i64> {
    let mut texts = vec![version.to_string()];
    let schema = all(
        conn,
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'
         ORDER BY type, name",
        [],
        |row| Ok([get::<String>(row, 0)?, get(row, 1)?, get(row, 2)?, get(row, 3)?]),
    )?;
    texts.extend(schema.into_iter().flatten());
    texts.extend(all(conn, "SELECT device_id FROM counter", [], |row| get::<String>(row, 0))?);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Ok(Mark::default().of_texts(&texts))
}

fn check_counter(conn: &Connection, version: usize) -> Result<()> {
    if version < MARKED {
        // No file of ours has tables and says that it has none.
        let tables = all(conn, "SELECT name FROM sqlite_schema WHERE type = 'table'", [], |_| Ok(()));
        let empty = tables.map_err(damaged)?.is_empty();
        let marked = conn.prepare("SELECT mark FROM counter").is_ok();
        return if empty == (version == 0) && !marked {
            Ok(())
        } else {
            Err(odd("the schema's version", "damaged"))
        };
    }
    let mark = counter_mark(conn, version).map_err(damaged)?;
    let stored = all(conn, "SELECT mark FROM counter", [], |row| get(row, 0)).map_err(damaged)?;
    match stored.as_slice() {
        [stored] if holds(*stored, mark) => Ok(()),
        _ => Err(odd("the schema", "damaged")),
    }
}

/// A statement that makes no sense any more (a table or column is not there) is damage, too.
fn damaged(error: JournalError) -> JournalError {
    let plain = error.source.downcast_ref::<rusqlite::Error>().is_some_and(|error| {
        matches!(error, rusqlite::Error::SqliteFailure(e, _) if e.code == rusqlite::ErrorCode::Unknown)
            || matches!(error, rusqlite::Error::SqlInputError { .. })
    });
    if plain { JournalError { kind: JournalErrorKind::Corrupt, ..error } } else { error }
}

fn is_sealed(conn: &Connection) -> Result<bool> {
    Ok(all(conn, "SELECT mark FROM counter", [], |row| get::<i64>(row, 0))?
        .iter()
        .all(|mark| *mark != BEFORE))
}

/// Marks what a migration left without marks: the counter always, rows of small tables that have none.
fn seal(conn: &mut Connection) -> Result<()> {
    let transaction = conn.transaction().map_err(sql)?;
    for table in [PAIRS, CONNECTIONS] {
        let ids = all(&transaction, &table.select("WHERE mark = 0"), [], |row| get::<String>(row, 0))?;
        for id in ids {
            table.seal(&transaction, &id)?;
        }
    }
    let mark = counter_mark(&transaction, migrate::MIGRATIONS.len())?;
    execute(&transaction, "UPDATE counter SET mark = ?1", params![mark])?;
    transaction.commit().map_err(sql)
}

/// Puts the journal aside and begins a new one. When this is cut off in between, the next start finds no journal, and the
/// sync folders have to be added again; their files are safe in any case.
pub(crate) fn begin_again(path: &Path, now: Timestamp) -> Result<(Connection, PathBuf)> {
    let aside = put_aside(path, now)?;
    let mut conn = open(path)?;
    if let Err(error) = salvage(&mut conn, &aside) {
        tracing::warn!(error = %error.source, "nothing of the damaged journal could be read");
    }
    Ok((conn, aside))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The file goes before its WAL: a file without its WAL would be an older journal, and might look sound.
fn put_aside(path: &Path, now: Timestamp) -> Result<PathBuf> {
    let mut millis = now.millis();
    let aside = loop {
        let aside = with(path, &format!(".damaged-{millis}"));
        if !aside.try_exists().map_err(other)? {
            break aside;
        }
        millis += 1;
    };
    std::fs::rename(path, &aside).map_err(other)?;
    let move_along = |end: &str| match std::fs::rename(with(path, end), with(&aside, end)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(other(error)),
        _ => Ok(()),
    };
    move_along("-wal")?;
    // Only an index of the WAL; made again when it is needed.
    match std::fs::remove_file(with(path, "-shm")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(other(error)),
        _ => {}
    }
    sync_folder(path)?;
    Ok(aside)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(other)
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}

/// Connections and sync folders whose marks hold. What was said about a folder's files is not taken over, nor a question
/// about them.
fn salvage(conn: &mut Connection, aside: &Path) -> Result<()> {
    let old = db::open_reader(aside)?;
    // The damaged file stays as it was found: what is in its WAL stays there. Without one, the empty one that reading makes
    // goes when it is closed.
    let has_wal = with(aside, "-wal").metadata().is_ok_and(|wal| wal.len() > 0);
    old.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_wal).map_err(sql)?;
    let transaction = conn.transaction().map_err(sql)?;
    for connection in readable(&old, CONNECTIONS, connections::read) {
        connections::save(&transaction, &connection)?;
    }
    for pair in readable(&old, PAIRS, pairs::read) {
        pairs::save(&transaction, &PairRow { last_scan: None, brake: None, ..pair })?;
    }
    transaction.commit().map_err(sql)
}

/// The rows up to where reading breaks off, without those that are not as they were written.
fn readable<T>(old: &Connection, table: Marked, read: impl Fn(&rusqlite::Row<'_>) -> Result<T>) -> Vec<T> {
    let mut found = Vec::new();
    let whole = all(old, &table.select("WHERE mark <> 0"), [], |row| {
        if let Ok(value) = table.check(row).and_then(|()| read(row)) {
            found.push(value);
        }
        Ok(())
    });
    if let Err(error) = whole {
        tracing::warn!(error = %error.source, "not all of {} could be read", table.table);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hc6_an_index_that_lost_an_open_intent_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(&dir.path().join("journal.db")).unwrap();
        conn.execute_batch("INSERT INTO pairs (id) VALUES ('p')").unwrap();
        let add = |id: &str| {
            let text = format!(
                "INSERT INTO intents (id, seq, pair_id, kind, path) VALUES ('{id}', {id}, 'p', 'trash_local', 'a')"
            );
            conn.execute_batch(&text).unwrap();
        };
        let redefine = |from: &str, to: &str| {
            let text = format!(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, {from}, {to}) WHERE name = 'intents_open';
                 PRAGMA writable_schema = RESET"
            );
            conn.execute_batch(&text).unwrap();
        };
        add("1");
        intents::check_open(&conn).unwrap();
        // As long as it is an index of something else, it takes no notice.
        redefine("'ending = '", "'ending <> '");
        add("2");
        redefine("'ending <> '", "'ending = '");
        assert_eq!(intents::check_open(&conn).unwrap_err().kind, JournalErrorKind::Corrupt);
    }
}
