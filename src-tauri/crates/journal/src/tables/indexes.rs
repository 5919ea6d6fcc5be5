//! Indexes: listings of everything below a prefix, and what is kept of them beside the rows. Tests: `tests/index.rs`.
use rusqlite::{Connection, params};
use windlass_domain::Timestamp;
use windlass_ports::{IndexInfo, LevelEntry, ListingId, PartPage, Scope};

use super::listings::{self, Header};
use super::{execute, first, get, index_parts, text, unsigned};
use crate::error::{Result, odd};

fn info(conn: &Connection, header: Header) -> Result<IndexInfo> {
    let sql = "SELECT next, requests, ended_at, alone FROM listings WHERE id = ?1";
    let kept = first(conn, sql, [header.info.id.0], |row| {
        Ok((text(row, 0)?.to_owned(), unsigned(row, 1)?, get::<i64>(row, 2)?, get::<bool>(row, 3)?))
    })?;
    let (next, requests, ended_at, alone) = kept.ok_or_else(|| odd("an index", "gone"))?;
    let next = (!next.is_empty()).then_some(next);
    Ok(IndexInfo {
        parts: index_parts::of(conn, &header, next.as_deref())?,
        alone: alone || header.keyed,
        next,
        requests,
        ended_at: header.info.complete.then_some(Timestamp(ended_at)),
        listing: header.info,
        connection: header.connection,
        bucket: header.bucket,
        prefix: header.prefix,
    })
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<IndexInfo>> {
    let headers = listings::headers(conn, None, None)?;
    headers.into_iter().filter(|header| header.deep).map(|header| info(conn, header)).collect()
}

pub(crate) fn one(conn: &Connection, id: ListingId) -> Result<Option<IndexInfo>> {
    listings::header(conn, id)?.filter(|header| header.deep).map(|header| info(conn, header)).transpose()
}

fn existing(conn: &Connection, id: ListingId) -> Result<IndexInfo> {
    one(conn, id)?.ok_or_else(|| odd("an index", "gone; make it again"))
}

/// Adds a page; also the numbers of rows that were replaced.
pub(crate) fn add(
    conn: &Connection,
    id: ListingId,
    entries: &mut [LevelEntry],
    next: Option<&str>,
) -> Result<(IndexInfo, Vec<u32>)> {
    let (_, gone) = listings::add(conn, id, entries)?;
    execute(
        conn,
        "UPDATE listings SET next = ?2, requests = requests + 1 WHERE id = ?1",
        params![id.0, next.unwrap_or_default()],
    )?;
    Ok((existing(conn, id)?, gone))
}

/// Adds a page of a part.
pub(crate) fn add_to_part(conn: &Connection, id: ListingId, part: u32, page: &PartPage) -> Result<IndexInfo> {
    index_parts::add(conn, id, part, page)?;
    count_requests(conn, id, 1)?;
    existing(conn, id)
}

pub(crate) fn count_requests(conn: &Connection, id: ListingId, requests: u64) -> Result<()> {
    execute(
        conn,
        "UPDATE listings SET requests = requests + ?2 WHERE id = ?1",
        [id.0, super::count(requests)],
    )
    .map(|_| ())
}

pub(crate) fn split(conn: &Connection, id: ListingId, part: u32, at: &str) -> Result<Option<IndexInfo>> {
    let info = existing(conn, id)?;
    let Some(header) = listings::header(conn, id)? else { return Ok(None) };
    let may = !info.alone && !info.listing.complete;
    let done = may && index_parts::split(conn, &header, info.next.as_deref().unwrap_or_default(), part, at)?;
    if done { existing(conn, id).map(Some) } else { Ok(None) }
}

pub(crate) fn middle(
    conn: &Connection,
    id: ListingId,
    after: &str,
    until: Option<&str>,
) -> Result<Option<(String, u64)>> {
    match listings::header(conn, id)? {
        Some(header) => index_parts::middle(conn, &header, after, until),
        None => Ok(None),
    }
}

pub(crate) fn finish(conn: &Connection, id: ListingId, now: Timestamp) -> Result<IndexInfo> {
    execute(conn, "UPDATE listings SET next = '', ended_at = ?2 WHERE id = ?1", params![id.0, now.0])?;
    listings::finish(conn, id)?;
    existing(conn, id)
}

/// The listings that a search of this scope goes through: of a bucket the smallest whole index that holds the scope, or one
/// that still fills, or else whatever levels were listed. No key is in two of them, but where levels of one bucket overlap in the
/// folders that they tell.
pub(crate) fn sources(conn: &Connection, scope: &Scope) -> Result<Vec<Header>> {
    let all = listings::headers(conn, scope.connection.as_deref(), scope.bucket.as_deref())?;
    let mut sources: Vec<Header> = Vec::new();
    for bucket in all.chunk_by(|a, b| a.connection == b.connection && a.bucket == b.bucket) {
        let holds = |header: &&Header| header.deep && scope.prefix.starts_with(&header.prefix);
        let whole = bucket.iter().filter(holds).filter(|h| h.info.complete).max_by_key(|h| h.prefix.len());
        let index = whole.or_else(|| bucket.iter().filter(holds).max_by_key(|h| (h.info.count, h.info.id)));
        if let Some(index) = index {
            sources.push(index.clone());
            continue;
        }
        let mut last: Option<&str> = None;
        for level in bucket.iter().filter(|h| !h.deep && h.prefix.starts_with(&scope.prefix)) {
            // The newest one of a level comes first.
            if last != Some(&level.prefix) {
                last = Some(&level.prefix);
                sources.push(level.clone());
            }
        }
    }
    for source in sources.iter_mut().filter(|source| source.deep) {
        if let Some(filled) = index_parts::filled(conn, source.info.id)? {
            source.filled = filled;
        }
    }
    Ok(sources)
}
