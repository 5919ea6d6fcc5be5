//! The data below the protocol: an SQLite index plus one file per large body.
//!
//! Order of every write: body file complete under its final name, then one transaction in the index. A kill between the
//! two leaves a file nobody refers to, which the next start removes. Readers never see half an object.

mod body;
mod buckets;
mod listing;
mod objects;
mod seed;
mod uploads;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};
use s3s::{S3Error, S3Result};

pub(crate) use body::{NewBody, Received, Segment, Tamper, ingest, read_range, segments_json};
pub(crate) use buckets::{BucketRow, Versioning};
pub(crate) use listing::{Entry, ListQuery, Page, VersionQuery};
pub(crate) use objects::{Conditions, Lock, Meta, NewObject, PartMeta, Row, etag_matches, present};
pub(crate) use seed::{SeedContent, SeedItem};
pub(crate) use uploads::{PartRow, UploadRow};

/// Bodies up to this size live in the index itself.
pub(crate) const INLINE_LIMIT: usize = 64 * 1024;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, versioning TEXT NOT NULL DEFAULT '',
    object_lock TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS bucket_docs (
    bucket TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL DEFAULT '', body BLOB NOT NULL,
    PRIMARY KEY (bucket, name, id)
) STRICT;
CREATE TABLE IF NOT EXISTS inline_bodies (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL, key BLOB NOT NULL, version_id TEXT NOT NULL,
    is_latest INTEGER NOT NULL, delete_marker INTEGER NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified_ms INTEGER NOT NULL, storage_class TEXT NOT NULL,
    checksum TEXT NOT NULL DEFAULT '', checksum_type TEXT NOT NULL DEFAULT '',
    meta TEXT NOT NULL, segments TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS versions_by_id ON versions (bucket, key, version_id);
CREATE INDEX IF NOT EXISTS versions_in_order ON versions (bucket, key, seq DESC);
CREATE INDEX IF NOT EXISTS versions_current ON versions (bucket, key) WHERE is_latest = 1 AND delete_marker = 0;
CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated_ms INTEGER NOT NULL,
    storage_class TEXT NOT NULL, checksum TEXT NOT NULL, checksum_type TEXT NOT NULL, meta TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_in_order ON uploads (bucket, key, upload_id);
CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified_ms INTEGER NOT NULL, checksums TEXT NOT NULL, segments TEXT NOT NULL,
    PRIMARY KEY (upload_id, number)
) STRICT, WITHOUT ROWID;
";

/// The practice data of one folder. Calls block; async code goes through [`call`].
pub(crate) struct Store {
    root: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens or creates the folder and removes what an earlier process left half done.
    pub(crate) fn open(root: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        std::fs::create_dir_all(root.join("bodies"))?;
        let connection = Connection::open(root.join("index.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A killed process loses nothing with NORMAL; only a power cut may, and the practice bucket may lose that.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(SCHEMA)?;
        let store = Self { root: root.to_owned(), connection: Mutex::new(connection) };
        store.sweep()?;
        Ok(store)
    }

    /// Runs `work` in one write transaction; it is rolled back when `work` fails.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>, &mut Garbage) -> S3Result<T>,
    ) -> S3Result<T> {
        let mut garbage = Garbage::default();
        let result = {
            let mut connection = self.lock();
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(db)?;
            let result = work(&tx, &mut garbage)?;
            tx.commit().map_err(db)?;
            result
        };
        for file in garbage.files {
            // A file that stays is found by the next start.
            let _ = std::fs::remove_file(self.body_path(&file));
        }
        Ok(result)
    }

    /// Runs `work` on the connection without a transaction of its own.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> S3Result<T>) -> S3Result<T> {
        work(&self.lock())
    }

    /// Where a body file lies.
    pub(crate) fn body_path(&self, id: &str) -> PathBuf {
        self.root.join("bodies").join(id)
    }

    /// Removes every object, upload and bucket.
    pub(crate) fn wipe(&self) -> S3Result<()> {
        self.write(|tx, _| {
            tx.execute_batch(
                "DELETE FROM state; DELETE FROM buckets; DELETE FROM bucket_docs; DELETE FROM inline_bodies;
                 DELETE FROM versions; DELETE FROM uploads; DELETE FROM parts;",
            )
            .map_err(db)
        })?;
        self.sweep().map_err(S3Error::internal_error)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes body files nobody refers to.
    fn sweep(&self) -> Result<(), SweepError> {
        let mut used: HashSet<String> = HashSet::new();
        {
            let connection = self.lock();
            for sql in ["SELECT segments FROM versions", "SELECT segments FROM parts"] {
                let mut statement = connection.prepare(sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let json: String = row.get(0)?;
                    let segments: Vec<Segment> = serde_json::from_str(&json)?;
                    used.extend(segments.into_iter().filter_map(|s| s.file));
                }
            }
        }
        for entry in std::fs::read_dir(self.root.join("bodies"))? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| used.contains(name)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("the index can't be read")]
    Index(#[from] rusqlite::Error),
    #[error("an entry of the index is damaged")]
    Entry(#[from] serde_json::Error),
    #[error("the folder of bodies can't be read")]
    Folder(#[from] std::io::Error),
}

/// Body files to remove once the transaction that let go of them is committed.
#[derive(Default)]
pub(crate) struct Garbage {
    files: Vec<String>,
}

impl Garbage {
    /// Lets go of a body: rows in the index at once, files after the commit.
    pub(crate) fn release(&mut self, tx: &Connection, segments: &[Segment]) -> S3Result<()> {
        for segment in segments {
            if let Some(id) = segment.inline {
                tx.prepare_cached("DELETE FROM inline_bodies WHERE id = ?1")
                    .map_err(db)?
                    .execute([id])
                    .map_err(db)?;
            }
            if let Some(file) = &segment.file {
                self.files.push(file.clone());
            }
        }
        Ok(())
    }
}

/// Runs blocking work of the store away from the async threads.
pub(crate) async fn call<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || work(&store)).await.map_err(S3Error::internal_error)?
}

/// A failure of the index is an internal error to the client.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn db(error: rusqlite::Error) -> S3Error {
    S3Error::internal_error(error)
}

/// A size column; sizes are never negative.
pub(crate) fn size_column(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// A size as the index keeps it.
pub(crate) fn size_value(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
