//! Buckets, and the documents that hang on them.

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::{S3Result, s3_error};

use super::{Store, db, now_ms};

/// Versioning of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// Never switched on.
    Off,
    /// New versions are kept.
    Enabled,
    /// Switched off again: new objects get the version "null".
    Suspended,
}

impl Versioning {
    /// As kept in the index and as S3 calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Off => "",
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "Enabled" => Self::Enabled,
            "Suspended" => Self::Suspended,
            _ => Self::Off,
        }
    }
}

/// One bucket.
#[derive(Debug, Clone)]
pub(crate) struct BucketRow {
    pub(crate) name: String,
    pub(crate) created_ms: i64,
    pub(crate) versioning: Versioning,
    /// Empty, "on", or the mode and the days of the default retention.
    pub(crate) object_lock: String,
}

fn row(r: &rusqlite::Row<'_>) -> rusqlite::Result<BucketRow> {
    let versioning: String = r.get(2)?;
    Ok(BucketRow {
        name: r.get(0)?,
        created_ms: r.get(1)?,
        versioning: Versioning::from_name(&versioning),
        object_lock: r.get(3)?,
    })
}

/// Finds a bucket or answers `NoSuchBucket`.
pub(super) fn need(connection: &Connection, name: &str) -> S3Result<BucketRow> {
    connection
        .prepare_cached("SELECT name, created_ms, versioning, object_lock FROM buckets WHERE name = ?1")
        .and_then(|mut s| s.query_row([name], row).optional())
        .map_err(db)?
        .ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
}

impl Store {
    /// One bucket.
    pub(crate) fn bucket(&self, name: &str) -> S3Result<BucketRow> {
        self.read(|c| need(c, name))
    }

    /// All buckets in order of their names.
    pub(crate) fn buckets(&self) -> S3Result<Vec<BucketRow>> {
        self.read(|c| {
            let mut statement = c
                .prepare_cached("SELECT name, created_ms, versioning, object_lock FROM buckets ORDER BY name")
                .map_err(db)?;
            statement.query_map([], row).and_then(Iterator::collect).map_err(db)
        })
    }

    /// Makes a bucket; in us-east-1 making one's own bucket again succeeds.
    pub(crate) fn create_bucket(
        &self,
        name: &str,
        versioning: Versioning,
        object_lock: &str,
    ) -> S3Result<()> {
        self.write(|tx, _| {
            tx.execute(
                "INSERT OR IGNORE INTO buckets (name, created_ms, versioning, object_lock) VALUES (?1, ?2, ?3, ?4)",
                params![name, now_ms(), versioning.name(), object_lock],
            )
            .map_err(db)?;
            Ok(())
        })
    }

    /// Removes an empty bucket.
    pub(crate) fn delete_bucket(&self, name: &str) -> S3Result<()> {
        self.write(|tx, garbage| {
            need(tx, name)?;
            let used: bool = tx
                .query_row("SELECT EXISTS (SELECT 1 FROM versions WHERE bucket = ?1)", [name], |r| r.get(0))
                .map_err(db)?;
            if used {
                return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
            }
            super::uploads::drop_all(tx, garbage, name)?;
            tx.execute("DELETE FROM bucket_docs WHERE bucket = ?1", [name]).map_err(db)?;
            tx.execute("DELETE FROM buckets WHERE name = ?1", [name]).map_err(db)?;
            Ok(())
        })
    }

    /// Switches versioning.
    pub(crate) fn set_versioning(&self, name: &str, versioning: Versioning) -> S3Result<()> {
        self.write(|tx, _| {
            let bucket = need(tx, name)?;
            if !bucket.object_lock.is_empty() && versioning == Versioning::Suspended {
                return Err(s3_error!(InvalidBucketState, "An Object Lock bucket keeps its versioning on."));
            }
            tx.execute(
                "UPDATE buckets SET versioning = ?2 WHERE name = ?1",
                params![name, versioning.name()],
            )
            .map_err(db)?;
            Ok(())
        })
    }

    /// Sets the object lock configuration.
    pub(crate) fn set_object_lock(&self, name: &str, json: &str) -> S3Result<()> {
        self.write(|tx, _| {
            if need(tx, name)?.versioning != Versioning::Enabled {
                return Err(s3_error!(
                    InvalidBucketState,
                    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
                ));
            }
            tx.execute("UPDATE buckets SET object_lock = ?2 WHERE name = ?1", params![name, json])
                .map_err(db)?;
            Ok(())
        })
    }

    /// A document of a bucket (lifecycle, CORS, policy, ...), as it was put.
    pub(crate) fn doc(&self, bucket: &str, name: &str, id: &str) -> S3Result<Option<Vec<u8>>> {
        self.read(|c| {
            need(c, bucket)?;
            c.prepare_cached("SELECT body FROM bucket_docs WHERE bucket = ?1 AND name = ?2 AND id = ?3")
                .and_then(|mut s| s.query_row(params![bucket, name, id], |r| r.get(0)).optional())
                .map_err(db)
        })
    }

    /// Stores a document of a bucket.
    pub(crate) fn put_doc(&self, bucket: &str, name: &str, id: &str, body: &[u8]) -> S3Result<()> {
        self.write(|tx, _| {
            need(tx, bucket)?;
            tx.execute(
                "INSERT OR REPLACE INTO bucket_docs (bucket, name, id, body) VALUES (?1, ?2, ?3, ?4)",
                params![bucket, name, id, body],
            )
            .map_err(db)?;
            Ok(())
        })
    }

    /// Removes a document of a bucket.
    pub(crate) fn delete_doc(&self, bucket: &str, name: &str, id: &str) -> S3Result<()> {
        self.write(|tx, _| {
            need(tx, bucket)?;
            tx.execute(
                "DELETE FROM bucket_docs WHERE bucket = ?1 AND name = ?2 AND id = ?3",
                params![bucket, name, id],
            )
            .map_err(db)?;
            Ok(())
        })
    }
}
