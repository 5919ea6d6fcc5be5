//! Tables `histories`, `history_keys`, `history_rows`, `history_garbage`: version indexes. Tests: `tests/histories.rs`.
use std::ops::Range;

use rusqlite::{Connection, Row, params};
use windlass_domain::time::timeline::Builder;
use windlass_domain::time::{Content, Timeline, Version};
use windlass_domain::{ETag, Timestamp, VersionId};
use windlass_ports::{
    HistoryId, HistoryInfo, HistoryPage, JournalErrorKind, KeyHistory, ListedVersion, VersionMark,
};

use super::dropped::GARBAGE;
use super::listings::SPAN;
use super::{all, amount, execute, first, get, text, unsigned};
use crate::error::{Result, odd, of, sql};

/// The size of a delete marker.
const MARKER: i64 = -1;
const SELECT: &str = "SELECT id, connection, bucket, prefix, keys, versions, bytes, requests, next_key, next_version, began, ended
     FROM histories";

/// First id of its rows and keys.
const fn base(id: HistoryId) -> i64 {
    id.0.saturating_mul(SPAN)
}

fn read(row: &Row<'_>) -> Result<HistoryInfo> {
    let next_key = text(row, 8)?;
    let info = HistoryInfo {
        id: HistoryId(get(row, 0)?),
        connection: get(row, 1)?,
        bucket: get(row, 2)?,
        prefix: get(row, 3)?,
        keys: amount(row, 4)?,
        versions: amount(row, 5)?,
        bytes: unsigned(row, 6)?,
        requests: unsigned(row, 7)?,
        next: (!next_key.is_empty())
            .then(|| next_key.to_owned())
            .map(|key| VersionMark { key, version: None }),
        began: Timestamp(get(row, 10)?),
        ended: get::<Option<i64>>(row, 11)?.map(Timestamp),
    };
    // Ids of rows are made from these.
    let room = SPAN.cast_unsigned();
    if !(0..i64::MAX / SPAN).contains(&info.id.0) || info.versions >= room || info.keys > info.versions {
        return Err(odd("a version index", "damaged"));
    }
    let version = get::<Option<String>>(row, 9)?;
    let next = info.next.clone().map(|mark| VersionMark { version, ..mark });
    Ok(HistoryInfo { next, ..info })
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<HistoryInfo>> {
    all(conn, &format!("{SELECT} ORDER BY connection, bucket, prefix, id DESC"), [], read)
}

pub(crate) fn one(conn: &Connection, id: HistoryId) -> Result<Option<HistoryInfo>> {
    first(conn, &format!("{SELECT} WHERE id = ?1"), [id.0], read)
}

fn existing(conn: &Connection, id: HistoryId) -> Result<HistoryInfo> {
    one(conn, id)?
        .ok_or_else(|| of(JournalErrorKind::Other, "this version index was replaced; make it again"))
}

pub(crate) fn begin(
    conn: &Connection,
    connection: &str,
    bucket: &str,
    prefix: &str,
    now: Timestamp,
) -> Result<HistoryId> {
    // One that never became whole serves nobody.
    put_away(
        conn,
        "connection = ?1 AND bucket = ?2 AND prefix = ?3 AND ended IS NULL",
        &[&connection, &bucket, &prefix],
    )?;
    execute(
        conn,
        "INSERT INTO histories (connection, bucket, prefix, began) VALUES (?1, ?2, ?3, ?4)",
        params![connection, bucket, prefix, now.0],
    )?;
    Ok(HistoryId(conn.last_insert_rowid()))
}

/// Adds a page, whole or not at all.
pub(crate) fn add(
    conn: &Connection,
    id: HistoryId,
    after: Option<&VersionMark>,
    page: &[ListedVersion],
    next: Option<&VersionMark>,
) -> Result<HistoryInfo> {
    let info = existing(conn, id)?;
    if info.ended.is_some() || info.next.as_ref() != after || (after.is_none() && info.requests > 0) {
        return Err(of(JournalErrorKind::Other, "this page of versions was added before, or is another one"));
    }
    let last =
        first(conn, "SELECT last_key FROM histories WHERE id = ?1", [id.0], |row| get::<String>(row, 0))?;
    let mut last = last.unwrap_or_default();
    let (mut keys, mut versions, mut bytes) = (info.keys, info.versions, info.bytes);
    let key_row = "INSERT INTO history_keys (id, key) VALUES (?1, ?2)";
    let row = "INSERT INTO history_rows (id, key, version, modified, size, etag, class)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut key_row = conn.prepare_cached(key_row).map_err(sql)?;
    let mut row = conn.prepare_cached(row).map_err(sql)?;
    for one in page {
        if keys == 0 || one.key != last {
            if keys > 0 && one.key < last {
                return Err(of(
                    JournalErrorKind::Other,
                    "the versions do not come in the order of their keys",
                ));
            }
            key_row.execute(params![base(id) + keys.cast_signed(), one.key]).map_err(sql)?;
            keys += 1;
            last.clone_from(&one.key);
        }
        let Version { id: version, modified, content } = &one.version;
        let (size, etag, class) = match content {
            Some(Content { size, etag, class }) => (size.cast_signed(), etag.as_str(), &**class),
            None => (MARKER, "", ""),
        };
        let (at, of_key) = (base(id) + versions.cast_signed(), keys.cast_signed() - 1);
        row.execute(params![at, of_key, version.as_str(), modified.0, size, etag, class]).map_err(sql)?;
        versions += 1;
        bytes = bytes.saturating_add(content.as_ref().map_or(0, |content| content.size));
    }
    execute(
        conn,
        "UPDATE histories SET keys = ?2, versions = ?3, bytes = ?4, requests = requests + 1, last_key = ?5, next_key = ?6,
             next_version = ?7
         WHERE id = ?1",
        params![
            id.0,
            keys.cast_signed(),
            versions.cast_signed(),
            bytes.cast_signed(),
            last,
            next.map_or("", |mark| mark.key.as_str()),
            next.and_then(|mark| mark.version.as_deref())
        ],
    )?;
    existing(conn, id)
}

pub(crate) fn finish(conn: &Connection, id: HistoryId, now: Timestamp) -> Result<HistoryInfo> {
    let info = existing(conn, id)?;
    if info.next.is_some() || info.requests == 0 {
        return Err(of(JournalErrorKind::Other, "this version index is not whole"));
    }
    execute(conn, "UPDATE histories SET ended = ?2 WHERE id = ?1", params![id.0, now.0])?;
    let others = "connection = ?1 AND bucket = ?2 AND prefix = ?3 AND id < ?4";
    put_away(conn, others, &[&info.connection, &info.bucket, &info.prefix, &id.0])?;
    existing(conn, id)
}

fn put_away(conn: &Connection, which: &str, params: &[&dyn rusqlite::ToSql]) -> Result<()> {
    let garbage =
        format!("INSERT OR IGNORE INTO history_garbage (history_id) SELECT id FROM histories WHERE {which}");
    execute(conn, &garbage, params)?;
    execute(conn, &format!("DELETE FROM histories WHERE {which}"), params).map(|_| ())
}

pub(crate) fn drop_one(conn: &Connection, id: HistoryId) -> Result<()> {
    put_away(conn, "id = ?1", &[&id.0])
}

pub(crate) fn drop_connection(conn: &Connection, connection: &str) -> Result<()> {
    put_away(conn, "connection = ?1", &[&connection])
}

pub(crate) fn drop_bucket(conn: &Connection, connection: &str, bucket: &str) -> Result<()> {
    put_away(conn, "connection = ?1 AND bucket = ?2", &[&connection, &bucket])
}

/// Removes some rows of dropped version indexes, in a transaction of its own. Whether there may be more.
pub(crate) fn collect_garbage(conn: &Connection) -> Result<bool> {
    let next = first(conn, "SELECT history_id FROM history_garbage LIMIT 1", [], |row| get::<i64>(row, 0))?;
    let Some(id) = next.map(HistoryId) else { return Ok(false) };
    conn.execute_batch("BEGIN IMMEDIATE").map_err(sql)?;
    let removed = collect_some(conn, id);
    let end = if removed.is_ok() { "COMMIT" } else { "ROLLBACK" };
    if !conn.is_autocommit() {
        conn.execute_batch(end).map_err(sql)?;
    }
    removed.map(|()| true)
}

fn collect_some(conn: &Connection, id: HistoryId) -> Result<()> {
    let range = [base(id), base(id) + SPAN, GARBAGE];
    let mut removed = 0;
    for table in ["history_rows", "history_keys"] {
        let some = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3)"
        );
        removed += execute(conn, &some, range)?;
    }
    if removed == 0 {
        execute(conn, "DELETE FROM history_garbage WHERE history_id = ?1", [id.0])?;
    }
    Ok(())
}

fn version(row: &Row<'_>, at: usize) -> Result<Version> {
    let size: i64 = get(row, at + 2)?;
    let content = match u64::try_from(size) {
        Ok(size) => {
            Some(Content { size, etag: ETag::new(text(row, at + 3)?), class: text(row, at + 4)?.into() })
        }
        Err(_) if size == MARKER => None,
        Err(_) => return Err(odd("a size", &size.to_string())),
    };
    Ok(Version { id: VersionId::new(text(row, at)?), modified: Timestamp(get(row, at + 1)?), content })
}

const ROW: &str = "SELECT key, version, modified, size, etag, class FROM history_rows WHERE id >= ?1 AND id < ?2 ORDER BY id";

pub(crate) fn timeline(conn: &Connection, id: HistoryId) -> Result<Timeline> {
    let info = existing(conn, id)?;
    let (mut builder, mut key, mut versions) = (Builder::default(), 0, Vec::new());
    let mut statement = conn.prepare_cached(ROW).map_err(sql)?;
    let mut rows = statement.query([base(id), base(id) + info.versions.cast_signed()]).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        let of_key: i64 = get(row, 0)?;
        if of_key != key {
            builder.add(&versions);
            versions.clear();
            key += 1;
        }
        if of_key != key {
            return Err(odd("a version", "of a key that is not there"));
        }
        versions.push(version(row, 1)?);
    }
    if !versions.is_empty() {
        builder.add(&versions);
    }
    Ok(builder.build())
}

/// How many keys fulfil what all of the first ones fulfil and none of the others.
fn count_of(conn: &Connection, info: &HistoryInfo, first_ones: impl Fn(&str) -> bool) -> Result<u32> {
    let (mut low, mut high) = (0, u32::try_from(info.keys).unwrap_or(u32::MAX));
    while low < high {
        let middle = low + (high - low) / 2;
        let row = base(info.id) + i64::from(middle);
        let among = first(conn, KEY, [row], |row| Ok(first_ones(text(row, 0)?)))?;
        if among.ok_or_else(|| odd("a key of a version index", "gone"))? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

pub(crate) fn below(conn: &Connection, id: HistoryId, prefix: &str) -> Result<Range<u32>> {
    let info = existing(conn, id)?;
    let from = count_of(conn, &info, |key| key < prefix)?;
    Ok(from..count_of(conn, &info, |key| key < prefix || key.starts_with(prefix))?)
}

pub(crate) fn containing(
    conn: &Connection,
    id: HistoryId,
    among: &Range<u32>,
    wanted: &str,
) -> Result<Vec<u32>> {
    existing(conn, id)?;
    let wanted = wanted.to_lowercase();
    let mut statement = conn
        .prepare_cached("SELECT id, key FROM history_keys WHERE id >= ?1 AND id < ?2 ORDER BY id")
        .map_err(sql)?;
    let range = [base(id) + i64::from(among.start), base(id) + i64::from(among.end)];
    let mut rows = statement.query(range).map_err(sql)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        if text(row, 1)?.to_lowercase().contains(&wanted) {
            let number = get::<i64>(row, 0)? - base(id);
            found.push(u32::try_from(number).map_err(|_| odd("a key of a version index", "damaged"))?);
        }
    }
    Ok(found)
}

pub(crate) fn numbers(conn: &Connection, id: HistoryId, keys: &[String]) -> Result<Vec<u32>> {
    let info = existing(conn, id)?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let number = count_of(conn, &info, |other| other < key.as_str())?;
        let there = first(conn, KEY, [base(id) + i64::from(number)], |row| Ok(text(row, 0)? == key))?;
        found.extend(there.filter(|there| *there && u64::from(number) < info.keys).map(|_| number));
    }
    Ok(found)
}

const KEY: &str = "SELECT key FROM history_keys WHERE id = ?1";

pub(crate) fn keys(conn: &Connection, id: HistoryId, keys: &[(u32, Range<u32>)]) -> Result<Vec<KeyHistory>> {
    let info = existing(conn, id)?;
    let mut found = Vec::with_capacity(keys.len());
    for (number, places) in keys {
        let key = first(conn, KEY, [base(id) + i64::from(*number)], |row| get::<String>(row, 0))?;
        let key = key.ok_or_else(|| odd("a key of a version index", "gone"))?;
        let end = i64::from(places.end).min(info.versions.cast_signed());
        let versions = all(conn, ROW, [base(id) + i64::from(places.start), base(id) + end], |row| {
            if get::<i64>(row, 0)? == i64::from(*number) {
                version(row, 1)
            } else {
                Err(odd("a version", "another key's"))
            }
        })?;
        found.push(KeyHistory { key, versions });
    }
    Ok(found)
}

/// Keys whose versions begin at a place, until there are enough versions.
pub(crate) fn page(conn: &Connection, id: HistoryId, at: u32, versions: u32) -> Result<HistoryPage> {
    let info = existing(conn, id)?;
    let (mut keys, mut taken): (Vec<(i64, Vec<Version>)>, u32) = (Vec::new(), 0);
    let mut next = None;
    let mut statement = conn.prepare_cached(ROW).map_err(sql)?;
    let range = [base(id) + i64::from(at), base(id) + info.versions.cast_signed()];
    let mut rows = statement.query(range).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        let key = get(row, 0)?;
        match keys.last_mut() {
            Some((last, all)) if *last == key => all.push(version(row, 1)?),
            _ if taken >= versions.max(1) => {
                next = Some(at + taken);
                break;
            }
            _ => keys.push((key, vec![version(row, 1)?])),
        }
        taken += 1;
    }
    let mut found = Vec::with_capacity(keys.len());
    for (number, versions) in keys {
        let key = first(conn, KEY, [base(id) + number], |row| get::<String>(row, 0))?;
        let key = key.ok_or_else(|| odd("a key of a version index", "gone"))?;
        found.push(KeyHistory { key, versions });
    }
    Ok(HistoryPage { keys: found, next })
}
