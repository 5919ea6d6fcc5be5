//! Listings in UTF-8 byte order, page by page, jumping over whole common prefixes instead of reading them.

use rusqlite::{Connection, params};
use s3s::S3Result;

use super::{Store, buckets, db, size_column};

/// What to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListQuery {
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    /// List only keys after this one (not with it).
    pub(crate) after: String,
    /// Whether `after`, if it is a common prefix, stands for all keys under it.
    pub(crate) skip_group: bool,
    pub(crate) limit: usize,
}

/// What versions to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct VersionQuery {
    pub(crate) list: ListQuery,
    /// Within the key `list.after`: only versions older than this one.
    pub(crate) after_version: Option<String>,
}

/// One line of a listing.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) version_id: String,
    pub(crate) is_latest: bool,
    pub(crate) delete_marker: bool,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) storage_class: String,
    pub(crate) checksum: String,
    pub(crate) checksum_type: String,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    pub(crate) prefixes: Vec<String>,
    /// Set when there is more: the last key or common prefix of this page.
    pub(crate) next: Option<String>,
    /// Set when there is more and the page ended with a version: its id.
    pub(crate) next_version: Option<String>,
}

const COLUMNS: &str = "key, version_id, is_latest, delete_marker, size, etag, modified_ms, storage_class, checksum, checksum_type";

fn entry(r: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    let key: Vec<u8> = r.get(0)?;
    Ok(Entry {
        key: String::from_utf8_lossy(&key).into_owned(),
        version_id: r.get(1)?,
        is_latest: r.get(2)?,
        delete_marker: r.get(3)?,
        size: size_column(r, 4)?,
        etag: r.get(5)?,
        modified_ms: r.get(6)?,
        storage_class: r.get(7)?,
        checksum: r.get(8)?,
        checksum_type: r.get(9)?,
    })
}

/// The first byte string behind everything that starts with `prefix`.
fn behind(prefix: &str) -> Vec<u8> {
    let mut bytes = prefix.as_bytes().to_vec();
    // UTF-8 never contains 0xff, so the last byte can always be counted up.
    if let Some(last) = bytes.last_mut() {
        *last = last.saturating_add(1);
    }
    bytes
}

/// The common prefix a key falls under, if any.
fn group(key: &str, query: &ListQuery) -> Option<String> {
    let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty())?;
    let rest = key.strip_prefix(query.prefix.as_str())?;
    let (head, _) = rest.split_once(delimiter)?;
    Some(format!("{}{head}{delimiter}", query.prefix))
}

/// Where reading starts: a key, whether it is included, and below which version of it.
struct Cursor {
    key: Vec<u8>,
    inclusive: bool,
    below_seq: Option<i64>,
}

impl Cursor {
    fn start(query: &ListQuery) -> Self {
        if query.after.as_str() < query.prefix.as_str() || query.after.is_empty() {
            return Self { key: query.prefix.as_bytes().to_vec(), inclusive: true, below_seq: None };
        }
        // A marker that is itself a common prefix stands for all keys under it.
        if query.skip_group && group(&query.after, query).as_deref() == Some(query.after.as_str()) {
            return Self { key: behind(&query.after), inclusive: true, below_seq: None };
        }
        Self { key: query.after.as_bytes().to_vec(), inclusive: false, below_seq: None }
    }
}

fn list(
    c: &Connection,
    bucket: &str,
    query: &ListQuery,
    mut cursor: Cursor,
    all_versions: bool,
) -> S3Result<Page> {
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let filter = if all_versions { "" } else { "AND is_latest = 1 AND delete_marker = 0" };
    let order = if all_versions { "key, seq DESC" } else { "key" };
    let sql = |comparison: &str| {
        format!("SELECT {COLUMNS} FROM versions WHERE bucket = ?1 AND {comparison} {filter} ORDER BY {order}")
    };
    'seek: loop {
        let text = match (cursor.inclusive, cursor.below_seq) {
            (true, _) => sql("key >= ?2"),
            (false, None) => sql("key > ?2"),
            (false, Some(_)) => sql("key >= ?2 AND (key > ?2 OR seq < ?3)"),
        };
        let mut statement = c.prepare_cached(&text).map_err(db)?;
        let mut rows = match cursor.below_seq {
            Some(seq) => statement.query(params![bucket, cursor.key, seq]),
            None => statement.query(params![bucket, cursor.key]),
        }
        .map_err(db)?;
        while let Some(row) = rows.next().map_err(db)? {
            let entry = entry(row).map_err(db)?;
            if !entry.key.starts_with(&query.prefix) {
                return Ok(page);
            }
            if page.entries.len() + page.prefixes.len() >= query.limit {
                set_next(&mut page);
                return Ok(page);
            }
            if let Some(prefix) = group(&entry.key, query) {
                cursor = Cursor { key: behind(&prefix), inclusive: true, below_seq: None };
                page.prefixes.push(prefix);
                continue 'seek;
            }
            page.entries.push(entry);
        }
        return Ok(page);
    }
}

fn set_next(page: &mut Page) {
    let last = page.entries.last();
    match (last, page.prefixes.last()) {
        (Some(entry), Some(prefix)) if entry.key.as_str() < prefix.as_str() => {
            page.next = Some(prefix.clone())
        }
        (None, Some(prefix)) => page.next = Some(prefix.clone()),
        (Some(entry), _) => {
            page.next = Some(entry.key.clone());
            page.next_version = Some(entry.version_id.clone());
        }
        (None, None) => {}
    }
}

impl Store {
    /// One page of the current objects.
    pub(crate) fn list(&self, bucket: &str, query: &ListQuery) -> S3Result<Page> {
        self.read(|c| {
            buckets::need(c, bucket)?;
            list(c, bucket, query, Cursor::start(query), false)
        })
    }

    /// One page of all versions and delete markers, newest first within a key.
    pub(crate) fn list_versions(&self, bucket: &str, query: &VersionQuery) -> S3Result<Page> {
        self.read(|c| {
            buckets::need(c, bucket)?;
            let mut cursor = Cursor::start(&query.list);
            if let Some(version) = &query.after_version {
                let seq: Option<i64> = c
                    .prepare_cached(
                        "SELECT max(seq) FROM versions WHERE bucket = ?1 AND key = ?2 AND version_id = ?3",
                    )
                    .and_then(|mut s| {
                        s.query_row(params![bucket, query.list.after.as_bytes(), version], |r| r.get(0))
                    })
                    .map_err(db)?;
                if seq.is_some() {
                    cursor = Cursor {
                        key: query.list.after.as_bytes().to_vec(),
                        inclusive: false,
                        below_seq: seq,
                    };
                }
            }
            list(c, bucket, &query.list, cursor, true)
        })
    }
}
