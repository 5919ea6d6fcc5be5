//! Migrations: numbered, additive, each in a transaction, with a copy of the file before the first of them.
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use windlass_ports::JournalErrorKind;

use crate::error::{Result, of, other, sql};

/// All migrations; the schema's version is how many were applied. Only ever appended to.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_counts.sql"),
    include_str!("migrations/0003_sync.sql"),
    include_str!("migrations/0004_brake_memory.sql"),
    include_str!("migrations/0005_root.sql"),
    include_str!("migrations/0006_index.sql"),
    include_str!("migrations/0007_jobs.sql"),
    include_str!("migrations/0008_facts.sql"),
    include_str!("migrations/0009_index_parts.sql"),
    include_str!("migrations/0010_restores.sql"),
    include_str!("migrations/0011_histories.sql"),
    include_str!("migrations/0012_deleted.sql"),
    include_str!("migrations/0013_thaws.sql"),
    include_str!("migrations/0014_holds.sql"),
];

/// How many migrations were applied.
pub(crate) fn version(conn: &Connection) -> Result<usize> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
    usize::try_from(version).map_err(other)
}

fn too_new(found: usize, known: usize) -> windlass_ports::JournalError {
    of(
        JournalErrorKind::TooNew,
        format!("it has version {found}; this program knows versions up to {known}. Update the program."),
    )
}

/// The copy that is made before version `from` is changed.
pub(crate) fn copy_path(journal: &Path, from: usize) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(format!(".before-v{from}"));
    PathBuf::from(name)
}

/// Brings the schema to the newest version.
pub(crate) fn migrate(conn: &mut Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    let from = version(conn)?;
    if from > migrations.len() {
        return Err(too_new(from, migrations.len()));
    }
    if from > 0 && from < migrations.len() {
        let copy = copy_path(path, from);
        if copy.exists() {
            std::fs::remove_file(&copy).map_err(other)?;
        }
        conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(sql)?;
    }
    for (index, migration) in migrations.iter().enumerate().skip(from) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        tx.execute_batch(migration).map_err(sql)?;
        tx.pragma_update(None, "user_version", i64::try_from(index + 1).map_err(other)?).map_err(sql)?;
        tx.commit().map_err(sql)?;
    }
    Ok(())
}

/// For those who only read: the schema must be exactly ours.
pub(crate) fn check_current(conn: &Connection, migrations: &[&str]) -> Result<()> {
    let found = version(conn)?;
    match found.cmp(&migrations.len()) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(too_new(found, migrations.len())),
        std::cmp::Ordering::Less => Err(of(
            JournalErrorKind::Other,
            "an older version wrote it, and its owner has not brought it up yet; start the app once",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    const FIRST: &str = "CREATE TABLE a (x INTEGER NOT NULL DEFAULT 0) STRICT; INSERT INTO a (x) VALUES (1);";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new';";
    const BROKEN: &str =
        "CREATE TABLE b (x INTEGER NOT NULL DEFAULT 0) STRICT; INSERT INTO nothing (x) VALUES (1);";

    #[test]
    fn migrations_apply_once_in_order_and_keep_a_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut conn = db::open_writer(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST]).unwrap();
        migrate(&mut conn, &path, &[FIRST]).unwrap();
        assert!(!copy_path(&path, 0).exists(), "nothing to copy the first time");
        migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap();
        let (x, y): (i64, String) =
            conn.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!((x, y.as_str()), (1, "new"));
        let copy = db::open_reader(&copy_path(&path, 1)).unwrap();
        assert_eq!(version(&copy).unwrap(), 1);
        assert_eq!(copy.query_row("SELECT count(*) FROM a", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_version_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut conn = db::open_writer(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST]).unwrap();
        migrate(&mut conn, &path, &[FIRST, BROKEN]).unwrap_err();
        assert_eq!(version(&conn).unwrap(), 1);
        assert!(conn.prepare("SELECT x FROM b").is_err(), "the half of it is taken back");
        migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap();
    }

    #[test]
    fn a_newer_journal_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut conn = db::open_writer(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap();
        assert_eq!(migrate(&mut conn, &path, &[FIRST]).unwrap_err().kind, JournalErrorKind::TooNew);
        assert_eq!(check_current(&conn, &[FIRST]).unwrap_err().kind, JournalErrorKind::TooNew);
        assert_eq!(check_current(&conn, &[FIRST, SECOND, SECOND]).unwrap_err().kind, JournalErrorKind::Other);
    }

    /// A journal of version 2 with a folder of 300 files in each state.
    fn second_version(path: &Path) {
        let mut conn = db::open_writer(path).unwrap();
        migrate(&mut conn, path, MIGRATIONS.get(..2).unwrap()).unwrap();
        conn.execute_batch(
            "INSERT INTO pairs (id, name, prefix, position) VALUES ('p', 'Photos', 'in/', 1);
             INSERT INTO connections (id, name, source) VALUES ('c', 'One', '{\"AccessKey\":{\"access_key\":\"k\"}}');
             WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 299)
             INSERT INTO files (pair_id, path, has_local, size, mtime, digest, has_base, base_size, base_mtime,
                 base_digest, remote_size, remote_etag, state, failure, note)
             SELECT 'p', printf('%s/%03d', s.column1, x), 1, x, -x, x'0102030405060708', s.column1 = 'safe', x, -x,
                 x'0102030405060708', x, 'e' || x, s.column1, iif(s.column1 = 'failed', 'unreadable', ''), 'n' || x
             FROM n, (VALUES ('waiting'), ('uploading'), ('checking'), ('safe'), ('failed')) s",
        )
        .unwrap();
    }

    #[tokio::test]
    async fn a_journal_of_version_2_comes_with_rows_and_counts() {
        use windlass_domain::{PairId, RelPath, Timestamp};
        use windlass_ports::{FileState, FolderCounts, Journal as _, JournalWrite};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        second_version(&path);
        let opened = crate::SqliteJournal::open_or_begin(&path, Timestamp(0)).unwrap();
        assert_eq!(opened.recovered, None);
        let (journal, pair) = (opened.journal, PairId::from("p"));
        let bytes: u64 = (0..300).sum();
        let mut expected = FolderCounts {
            total: 1500,
            safe: 300,
            checking: 300,
            uploading: 300,
            waiting: 300,
            failed: 300,
            bytes_total: 5 * bytes,
            bytes_safe: bytes,
        };
        assert_eq!(journal.folder_counts(&pair).await.unwrap(), expected);
        let rows = journal.files(&pair, None, 2000).await.unwrap();
        assert_eq!(rows.len(), 1500);
        for row in &rows {
            let (state, number) = row.path.as_str().split_once('/').unwrap();
            let number: u64 = number.parse().unwrap();
            let local = row.local.clone().unwrap();
            assert_eq!((local.size, local.mtime.0), (number, -number.cast_signed()), "{}", row.path);
            assert_eq!(row.note, format!("n{number}"));
            assert_eq!(row.remote, None);
            assert_eq!(row.base.is_some(), state == "safe");
            if let Some(base) = &row.base {
                assert_eq!(base.local, local);
                assert_eq!(base.remote.etag.as_str(), format!("e{number}"));
            }
        }
        // Its triggers and new states work.
        let (one, other) = (RelPath::parse("safe/001").unwrap(), RelPath::parse("failed/002").unwrap());
        let local = rows.first().unwrap().local.clone();
        journal
            .commit(vec![
                JournalWrite::SaveFile {
                    pair: pair.clone(),
                    path: one,
                    local: local.clone(),
                    state: FileState::Held,
                    note: String::new(),
                },
                JournalWrite::SaveFile {
                    pair: pair.clone(),
                    path: other.clone(),
                    local,
                    state: FileState::Downloading,
                    note: String::new(),
                },
                JournalWrite::ForgetFile(pair.clone(), other),
            ])
            .await
            .unwrap();
        expected.total = 1499;
        expected.safe = 299;
        expected.failed = 299;
        expected.waiting = 301;
        expected.bytes_total -= 3;
        expected.bytes_safe -= 1;
        assert_eq!(journal.folder_counts(&pair).await.unwrap(), expected);
        journal.integrity_check().await.unwrap();
        drop(journal);
        assert!(copy_path(&path, 2).exists());
        crate::SqliteJournal::open(&copy_path(&path, 2)).unwrap();
        crate::SqliteJournal::open(&path).unwrap();
    }

    #[tokio::test]
    async fn a_journal_of_version_12_takes_batches_of_archived_objects() {
        use windlass_domain::Timestamp;
        use windlass_ports::{Histories as _, Thaws as _};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut conn = db::open_writer(&path).unwrap();
        migrate(&mut conn, &path, MIGRATIONS.get(..12).unwrap()).unwrap();
        conn.execute_batch("INSERT INTO histories (connection, bucket) VALUES ('c', 'b')").unwrap();
        drop(conn);
        let opened = crate::SqliteJournal::open_or_begin(&path, Timestamp(0)).unwrap();
        assert_eq!(opened.recovered, None);
        assert_eq!(opened.journal.histories().await.unwrap().len(), 1, "what was there stays");
        assert_eq!(opened.journal.thaws().await.unwrap(), []);
        opened.journal.integrity_check().await.unwrap();
        assert!(copy_path(&path, 12).exists());
    }
}
