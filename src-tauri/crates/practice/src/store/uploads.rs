//! Multipart uploads and their parts. A completed object refers to the bodies of its parts; nothing is copied.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::{S3Error, S3Result, s3_error};

use super::{
    Conditions, Garbage, Meta, NewBody, NewObject, Received, Row, Segment, Store, Versioning, buckets, db,
    now_ms, objects, segments_json, size_column, size_value,
};
use crate::checksum::{Algo, Checksums, Kind, hex};

/// An upload that is open.
#[derive(Debug, Clone)]
pub(crate) struct UploadRow {
    pub(crate) upload_id: String,
    pub(crate) key: String,
    pub(crate) initiated_ms: i64,
    pub(crate) storage_class: String,
    pub(crate) checksum: Option<Algo>,
    pub(crate) kind: Option<Kind>,
    pub(crate) meta: Meta,
}

/// A part of an open upload.
#[derive(Debug, Clone)]
pub(crate) struct PartRow {
    pub(crate) number: i32,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) checksums: Checksums,
    pub(crate) segments: Vec<Segment>,
}

fn json_error(index: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}

fn upload_row(r: &rusqlite::Row<'_>) -> rusqlite::Result<UploadRow> {
    let key: Vec<u8> = r.get(1)?;
    let checksum: String = r.get(4)?;
    let kind: String = r.get(5)?;
    let meta: String = r.get(6)?;
    Ok(UploadRow {
        upload_id: r.get(0)?,
        key: String::from_utf8_lossy(&key).into_owned(),
        initiated_ms: r.get(2)?,
        storage_class: r.get(3)?,
        checksum: Algo::from_name(&checksum),
        kind: Kind::from_name(&kind),
        meta: serde_json::from_str(&meta).map_err(|e| json_error(6, e))?,
    })
}

fn part_row(r: &rusqlite::Row<'_>) -> rusqlite::Result<PartRow> {
    let checksums: String = r.get(4)?;
    let segments: String = r.get(5)?;
    Ok(PartRow {
        number: r.get(0)?,
        size: size_column(r, 1)?,
        etag: r.get(2)?,
        modified_ms: r.get(3)?,
        checksums: serde_json::from_str(&checksums).map_err(|e| json_error(4, e))?,
        segments: serde_json::from_str(&segments).map_err(|e| json_error(5, e))?,
    })
}

fn need(c: &Connection, bucket: &str, key: &str, upload: &str) -> S3Result<UploadRow> {
    buckets::need(c, bucket)?;
    c.prepare_cached(
        "SELECT upload_id, key, initiated_ms, storage_class, checksum, checksum_type, meta FROM uploads
         WHERE upload_id = ?1 AND bucket = ?2 AND key = ?3",
    )
    .and_then(|mut s| s.query_row(params![upload, bucket, key.as_bytes()], upload_row).optional())
    .map_err(db)?
    .ok_or_else(|| {
        s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        )
    })
}

fn parts(c: &Connection, upload: &str, after: i32, limit: usize) -> S3Result<Vec<PartRow>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    c.prepare_cached(
        "SELECT number, size, etag, modified_ms, checksums, segments FROM parts
         WHERE upload_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
    )
    .and_then(|mut s| s.query_map(params![upload, after, limit], part_row)?.collect())
    .map_err(db)
}

fn forget(tx: &Connection, upload: &str) -> S3Result<()> {
    tx.execute("DELETE FROM parts WHERE upload_id = ?1", [upload]).map_err(db)?;
    tx.execute("DELETE FROM uploads WHERE upload_id = ?1", [upload]).map_err(db)?;
    Ok(())
}

/// Ends every upload of a bucket.
pub(super) fn drop_all(tx: &Connection, garbage: &mut Garbage, bucket: &str) -> S3Result<()> {
    let ids: Vec<String> = tx
        .prepare("SELECT upload_id FROM uploads WHERE bucket = ?1")
        .and_then(|mut s| s.query_map([bucket], |r| r.get(0))?.collect())
        .map_err(db)?;
    for id in ids {
        for part in parts(tx, &id, 0, usize::MAX)? {
            garbage.release(tx, &part.segments)?;
        }
        forget(tx, &id)?;
    }
    Ok(())
}

impl Store {
    /// Opens an upload and returns its id.
    pub(crate) fn create_upload(&self, bucket: &str, upload: &UploadRow) -> S3Result<String> {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let meta = serde_json::to_string(&upload.meta).map_err(S3Error::internal_error)?;
        self.write(|tx, _| {
            buckets::need(tx, bucket)?;
            tx.prepare_cached(
                "INSERT INTO uploads (upload_id, bucket, key, initiated_ms, storage_class, checksum, checksum_type, meta)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    bucket,
                    upload.key.as_bytes(),
                    now_ms(),
                    upload.storage_class,
                    upload.checksum.map_or("", Algo::name),
                    upload.kind.map_or("", Kind::name),
                    meta
                ])
            })
            .map_err(db)?;
            Ok(())
        })?;
        Ok(id)
    }

    /// An open upload.
    pub(crate) fn upload(&self, bucket: &str, key: &str, upload: &str) -> S3Result<UploadRow> {
        self.read(|c| need(c, bucket, key, upload))
    }

    /// Stores a part, replacing an earlier one of the same number.
    pub(crate) fn put_part(
        &self,
        bucket: &str,
        key: &str,
        upload: &str,
        number: i32,
        received: Received,
    ) -> S3Result<i64> {
        let modified = now_ms();
        let Received { body, size, md5, recorded: kept, .. } = received;
        let etag = hex(&md5);
        self.write(|tx, garbage| {
            need(tx, bucket, key, upload)?;
            if let Some(old) = parts(tx, upload, number.saturating_sub(1), 1)?.into_iter().find(|p| p.number == number) {
                garbage.release(tx, &old.segments)?;
            }
            let segments = NewBody::segment(&body, tx)?;
            let checksums = serde_json::to_string(&kept).map_err(S3Error::internal_error)?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO parts (upload_id, number, size, etag, modified_ms, checksums, segments)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(db)?
            .execute(params![upload, number, size_value(size), etag, modified, checksums, segments_json(&segments)?])
            .map_err(db)?;
            Ok(())
        })?;
        body.keep();
        Ok(modified)
    }

    /// One page of the parts of an upload, and whether there are more.
    pub(crate) fn list_parts(
        &self,
        bucket: &str,
        key: &str,
        upload: &str,
        after: i32,
        limit: usize,
    ) -> S3Result<(UploadRow, Vec<PartRow>, bool)> {
        self.read(|c| {
            let row = need(c, bucket, key, upload)?;
            let mut page = parts(c, upload, after, limit.saturating_add(1))?;
            let more = page.len() > limit;
            page.truncate(limit);
            Ok((row, page, more))
        })
    }

    /// One page of open uploads after `(key, upload id)`, and whether there are more.
    pub(crate) fn list_uploads(
        &self,
        bucket: &str,
        prefix: &str,
        after: (&str, &str),
        limit: usize,
    ) -> S3Result<(Vec<UploadRow>, bool)> {
        self.read(|c| {
            buckets::need(c, bucket)?;
            // Without an upload id the marker means "after every upload of that key".
            let (key, id) = (after.0, if after.1.is_empty() { "~" } else { after.1 });
            let mut statement = c
                .prepare_cached(
                    "SELECT upload_id, key, initiated_ms, storage_class, checksum, checksum_type, meta FROM uploads
                     WHERE bucket = ?1 AND (key, upload_id) > (?2, ?3) AND key >= ?4 ORDER BY key, upload_id",
                )
                .map_err(db)?;
            let mut rows = statement.query(params![bucket, key.as_bytes(), id, prefix.as_bytes()]).map_err(db)?;
            let mut page = Vec::new();
            while let Some(row) = rows.next().map_err(db)? {
                let row = upload_row(row).map_err(db)?;
                if !row.key.starts_with(prefix) {
                    break;
                }
                if page.len() == limit {
                    return Ok((page, true));
                }
                page.push(row);
            }
            Ok((page, false))
        })
    }

    /// Ends an upload and lets go of its parts.
    pub(crate) fn abort_upload(&self, bucket: &str, key: &str, upload: &str) -> S3Result<()> {
        self.write(|tx, garbage| {
            need(tx, bucket, key, upload)?;
            for part in parts(tx, upload, 0, usize::MAX)? {
                garbage.release(tx, &part.segments)?;
            }
            forget(tx, upload)
        })
    }

    /// Makes the object of an upload in one step. `assemble` picks the parts and describes the object.
    pub(crate) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        upload: &str,
        conditions: &Conditions,
        assemble: impl FnOnce(&UploadRow, Vec<PartRow>) -> S3Result<(NewObject, Vec<PartRow>)>,
    ) -> S3Result<(Option<String>, Option<Row>)> {
        self.write(|tx, garbage| {
            let row = need(tx, bucket, key, upload)?;
            let bucket = buckets::need(tx, bucket)?;
            let all = parts(tx, upload, 0, usize::MAX)?;
            let numbers: Vec<(i32, Vec<Segment>)> =
                all.iter().map(|p| (p.number, p.segments.clone())).collect();
            let (mut object, used) = assemble(&row, all)?;
            objects::apply_default_lock(&bucket, &mut object.meta);
            let before = objects::latest(tx, &bucket.name, key)?;
            conditions.check(before.as_ref())?;
            let taken: HashSet<i32> = used.iter().map(|p| p.number).collect();
            for (number, segments) in &numbers {
                if !taken.contains(number) {
                    garbage.release(tx, segments)?;
                }
            }
            let segments: Vec<Segment> = used.into_iter().flat_map(|p| p.segments).collect();
            let id = objects::insert(tx, garbage, &bucket, key, &object, &segments, now_ms())?;
            forget(tx, upload)?;
            Ok(((bucket.versioning != Versioning::Off).then_some(id), before))
        })
    }
}
