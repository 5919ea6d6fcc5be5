//! Versions of objects: writing, finding and deleting them, each in one transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::dto::ETagCondition;
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::{
    Garbage, NewBody, Segment, Store, Versioning, buckets, db, now_ms, segments_json, size_column, size_value,
};
use crate::checksum::{Checksums, Kind};
use crate::thaw::Thawing;

/// What an object carries besides its bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Meta {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) expires: Option<s3s::dto::Timestamp>,
    pub(crate) website_redirect: Option<String>,
    pub(crate) user: BTreeMap<String, String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) checksums: Checksums,
    pub(crate) checksum_kind: Option<Kind>,
    pub(crate) parts: Vec<PartMeta>,
    pub(crate) sse: Option<String>,
    pub(crate) sse_key: Option<String>,
    pub(crate) lock: Lock,
    pub(crate) thaw: Option<Thawing>,
    /// Archive tier of `INTELLIGENT_TIERING`.
    pub(crate) archive_tier: Option<String>,
    pub(crate) public_read: bool,
}

/// One part of a completed multipart object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PartMeta {
    pub(crate) number: i32,
    pub(crate) size: u64,
    pub(crate) checksums: Checksums,
}

/// Retention and legal hold of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Lock {
    pub(crate) mode: Option<String>,
    pub(crate) until_ms: Option<i64>,
    pub(crate) hold: bool,
}

/// One stored version.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) version_id: String,
    pub(crate) delete_marker: bool,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) storage_class: String,
    pub(crate) meta: Meta,
    pub(crate) segments: Vec<Segment>,
}

/// A version about to be written. A delete marker is one without an ETag.
pub(crate) struct NewObject {
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) storage_class: String,
    pub(crate) meta: Meta,
}

/// Conditions of a write.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl Conditions {
    /// Refuses when the current version isn't what the client expects.
    pub(crate) fn check(&self, current: Option<&Row>) -> S3Result<()> {
        let current = current.filter(|row| !row.delete_marker);
        if let Some(condition) = &self.if_match {
            match current {
                None => return Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
                Some(row) if !etag_matches(condition, &row.etag) => return Err(precondition_failed()),
                Some(_) => {}
            }
        }
        if let (Some(condition), Some(row)) = (&self.if_none_match, current)
            && etag_matches(condition, &row.etag)
        {
            return Err(precondition_failed());
        }
        Ok(())
    }
}

/// Whether a condition names this ETag.
pub(crate) fn etag_matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// What a delete did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deleted {
    /// A marker was made, or the version removed was one.
    pub(crate) delete_marker: bool,
    pub(crate) version_id: Option<String>,
}

const COLUMNS: &str =
    "seq, version_id, delete_marker, size, etag, modified_ms, storage_class, meta, segments";

fn from_row(r: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let json = |i: usize, e: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(i, rusqlite::types::Type::Text, Box::new(e))
    };
    let meta: String = r.get(7)?;
    let segments: String = r.get(8)?;
    Ok(Row {
        seq: r.get(0)?,
        version_id: r.get(1)?,
        delete_marker: r.get(2)?,
        size: size_column(r, 3)?,
        etag: r.get(4)?,
        modified_ms: r.get(5)?,
        storage_class: r.get(6)?,
        meta: serde_json::from_str(&meta).map_err(|e| json(7, e))?,
        segments: serde_json::from_str(&segments).map_err(|e| json(8, e))?,
    })
}

/// The newest version of a key, be it a delete marker.
pub(super) fn latest(c: &Connection, bucket: &str, key: &str) -> S3Result<Option<Row>> {
    c.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1"
    ))
    .and_then(|mut s| s.query_row(params![bucket, key.as_bytes()], from_row).optional())
    .map_err(db)
}

fn by_id(c: &Connection, bucket: &str, key: &str, version: &str) -> S3Result<Option<Row>> {
    c.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 AND version_id = ?3"
    ))
    .and_then(|mut s| s.query_row(params![bucket, key.as_bytes(), version], from_row).optional())
    .map_err(db)
}

fn remove(tx: &Connection, garbage: &mut Garbage, row: &Row) -> S3Result<()> {
    garbage.release(tx, &row.segments)?;
    tx.prepare_cached("DELETE FROM versions WHERE seq = ?1")
        .and_then(|mut s| s.execute([row.seq]))
        .map_err(db)?;
    Ok(())
}

fn unmark_latest(tx: &Connection, bucket: &str, key: &str) -> S3Result<()> {
    tx.prepare_cached("UPDATE versions SET is_latest = 0 WHERE bucket = ?1 AND key = ?2 AND is_latest = 1")
        .and_then(|mut s| s.execute(params![bucket, key.as_bytes()]))
        .map_err(db)?;
    Ok(())
}

fn mark_latest(tx: &Connection, bucket: &str, key: &str) -> S3Result<()> {
    tx.prepare_cached(
        "UPDATE versions SET is_latest = 1 WHERE seq =
         (SELECT seq FROM versions WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1)",
    )
    .and_then(|mut s| s.execute(params![bucket, key.as_bytes()]))
    .map_err(db)?;
    Ok(())
}

/// Writes a new version inside a transaction and returns its id.
pub(super) fn insert(
    tx: &Connection,
    garbage: &mut Garbage,
    bucket: &buckets::BucketRow,
    key: &str,
    object: &NewObject,
    segments: &[Segment],
    modified_ms: i64,
) -> S3Result<String> {
    let delete_marker = object.etag.is_empty();
    let version_id = match bucket.versioning {
        Versioning::Enabled => uuid::Uuid::now_v7().simple().to_string(),
        Versioning::Off | Versioning::Suspended => {
            if let Some(old) = by_id(tx, &bucket.name, key, "null")? {
                remove(tx, garbage, &old)?;
            }
            "null".to_owned()
        }
    };
    unmark_latest(tx, &bucket.name, key)?;
    let algo = object.meta.checksums.algos().first().map_or("", |a| a.name());
    let kind = object.meta.checksum_kind.map_or("", Kind::name);
    tx.prepare_cached(
        "INSERT INTO versions (bucket, key, version_id, is_latest, delete_marker, size, etag, modified_ms, storage_class,
         checksum, checksum_type, meta, segments) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .and_then(|mut s| {
        s.execute(params![
            bucket.name,
            key.as_bytes(),
            version_id,
            delete_marker,
            size_value(object.size),
            object.etag,
            modified_ms,
            object.storage_class,
            algo,
            kind,
            serde_json::to_string(&object.meta).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?,
            segments_json(segments).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?,
        ])
    })
    .map_err(db)?;
    Ok(version_id)
}

impl Store {
    /// Writes an object if its conditions hold; returns the version id (where the bucket has them) and what it replaced.
    pub(crate) fn put(
        &self,
        bucket: &str,
        key: &str,
        mut object: NewObject,
        body: NewBody,
        conditions: &Conditions,
    ) -> S3Result<(Option<String>, Option<Row>)> {
        let written = self.write(|tx, garbage| {
            let bucket = buckets::need(tx, bucket)?;
            let before = latest(tx, &bucket.name, key)?;
            conditions.check(before.as_ref())?;
            apply_default_lock(&bucket, &mut object.meta);
            let segments = body.segment(tx)?;
            let id = insert(tx, garbage, &bucket, key, &object, &segments, now_ms())?;
            Ok(((bucket.versioning != Versioning::Off).then_some(id), before))
        })?;
        body.keep();
        Ok(written)
    }

    /// Finds one version, or the newest; delete markers are returned as such.
    pub(crate) fn find(&self, bucket: &str, key: &str, version: Option<&str>) -> S3Result<Option<Row>> {
        self.read(|c| {
            buckets::need(c, bucket)?;
            match version {
                None => latest(c, bucket, key),
                Some(version) => by_id(c, bucket, key, version),
            }
        })
    }

    /// Deletes the current version (leaving a marker where the bucket has versions) or one given version for good.
    pub(crate) fn delete(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        bypass: bool,
        check: impl FnOnce(Option<&Row>) -> S3Result<()>,
    ) -> S3Result<Deleted> {
        self.write(|tx, garbage| {
            let bucket = buckets::need(tx, bucket)?;
            let name = bucket.name.as_str();
            if let Some(version) = version {
                let Some(row) = by_id(tx, name, key, version)? else {
                    return Ok(Deleted { delete_marker: false, version_id: Some(version.to_owned()) });
                };
                check(Some(&row))?;
                check_lock(&row, bypass)?;
                remove(tx, garbage, &row)?;
                mark_latest(tx, name, key)?;
                return Ok(Deleted { delete_marker: row.delete_marker, version_id: Some(row.version_id) });
            }
            let before = latest(tx, name, key)?;
            check(before.as_ref())?;
            match bucket.versioning {
                Versioning::Off => {
                    if let Some(row) = before {
                        remove(tx, garbage, &row)?;
                    }
                    Ok(Deleted::default())
                }
                Versioning::Enabled | Versioning::Suspended => {
                    let marker = NewObject {
                        size: 0,
                        etag: String::new(),
                        storage_class: String::new(),
                        meta: Meta::default(),
                    };
                    let id = insert(tx, garbage, &bucket, key, &marker, &[], now_ms())?;
                    Ok(Deleted { delete_marker: true, version_id: Some(id) })
                }
            }
        })
    }

    /// Changes what a version carries, not its bytes. Returns the version's id.
    pub(crate) fn update_meta(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        change: impl FnOnce(&mut Row) -> S3Result<()>,
    ) -> S3Result<String> {
        self.write(|tx, _| {
            buckets::need(tx, bucket)?;
            let row = match version {
                None => latest(tx, bucket, key)?,
                Some(version) => by_id(tx, bucket, key, version)?,
            };
            let mut row = present(row, version)?;
            change(&mut row)?;
            let json = serde_json::to_string(&row.meta).map_err(S3Error::internal_error)?;
            tx.execute("UPDATE versions SET meta = ?2 WHERE seq = ?1", params![row.seq, json]).map_err(db)?;
            Ok(row.version_id)
        })
    }
}

/// The version if it is one with bytes; otherwise the error S3 gives.
pub(crate) fn present(row: Option<Row>, version: Option<&str>) -> S3Result<Row> {
    match (row, version) {
        (Some(row), _) if !row.delete_marker => Ok(row),
        (Some(row), Some(_)) => {
            let mut error =
                s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.");
            error.set_headers(marker_headers(&row));
            Err(error)
        }
        (Some(row), None) => {
            let mut error = s3_error!(NoSuchKey, "The specified key does not exist.");
            error.set_headers(marker_headers(&row));
            Err(error)
        }
        (None, Some(_)) => Err(s3_error!(NoSuchVersion, "The specified version does not exist.")),
        (None, None) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
    }
}

fn marker_headers(row: &Row) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", http::HeaderValue::from_static("true"));
    if let Ok(value) = http::HeaderValue::from_str(&row.version_id) {
        headers.insert("x-amz-version-id", value);
    }
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    headers
}

fn check_lock(row: &Row, bypass: bool) -> S3Result<()> {
    let lock = &row.meta.lock;
    let held = lock.until_ms.is_some_and(|until| until > now_ms());
    let governed = lock.mode.as_deref() == Some("GOVERNANCE");
    if lock.hold || (held && !(governed && bypass)) {
        return Err(s3_error!(AccessDenied, "Access Denied because object protected by object lock."));
    }
    Ok(())
}

pub(super) fn apply_default_lock(bucket: &buckets::BucketRow, meta: &mut Meta) {
    if meta.lock.mode.is_some() || bucket.object_lock.is_empty() {
        return;
    }
    // The rule is kept as "MODE days"; "on" alone means no default.
    if let Some((mode, days)) = bucket.object_lock.split_once(' ')
        && let Ok(days) = days.parse::<i64>()
    {
        meta.lock.mode = Some(mode.to_owned());
        meta.lock.until_ms = Some(now_ms().saturating_add(days.saturating_mul(86_400_000)));
    }
}
