//! Tables `listings`, `listing_rows`, `listing_keys`, `listing_garbage`: what the browser shows. Tests:
//! `tests/listings.rs`.
use std::ops::Range;

use rusqlite::{Connection, Row, params};
use windlass_domain::Timestamp;
use windlass_ports::{JournalErrorKind, LevelEntry, ListedRow, ListingId, ListingInfo};

use super::{all, execute, first, get, text, unsigned};
use crate::error::{Result, odd, of, sql};

/// Ids of one listing's rows.
pub(crate) const SPAN: i64 = 1 << 32;
/// A key that is looked for costs as much as walking over so many rows.
const SEARCH_COST: u64 = 20;
/// Stands for a time that is not known.
const NO_TIME: i64 = i64::MIN;

/// First row id of a listing.
pub(crate) const fn base(id: ListingId) -> i64 {
    id.0.saturating_mul(SPAN)
}

/// What a listing holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One level.
    Level,
    /// The same with what is deleted in it. Nothing but the browser's list reads it.
    LevelWithDeleted,
    /// Everything below.
    Deep,
}

/// A listing with what is needed to add to it.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) info: ListingInfo,
    pub(crate) connection: String,
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    /// Whether it holds everything below its prefix, and no folders.
    pub(crate) deep: bool,
    pub(crate) next_row: i64,
    /// Numbers of its rows. Of an index with parts, those of each part: only [`super::indexes::sources`] tells them.
    pub(crate) filled: Vec<Range<u32>>,
    last_key: String,
    /// Whether ids are not in key order and `listing_keys` is in use.
    pub(crate) keyed: bool,
}

impl Header {
    /// The last key of the last page.
    pub(crate) fn last_key(&self) -> &str {
        &self.last_key
    }
}

const SELECT: &str =
    "SELECT id, rows, objects, bytes, complete, listed_at, revision, connection, bucket, next_row,
    last_key, keyed, prefix, deep FROM listings";

/// Fails with `Corrupt` for numbers that no listing of ours has: ids of rows are made from them.
fn read(row: &Row<'_>) -> Result<Header> {
    let mut header = Header {
        info: ListingInfo {
            id: ListingId(get(row, 0)?),
            count: unsigned(row, 1)?,
            objects: unsigned(row, 2)?,
            bytes: unsigned(row, 3)?,
            complete: get(row, 4)?,
            listed_at: Timestamp(get(row, 5)?),
            revision: unsigned(row, 6)?,
        },
        connection: get(row, 7)?,
        bucket: get(row, 8)?,
        next_row: get(row, 9)?,
        last_key: get(row, 10)?,
        keyed: get(row, 11)?,
        prefix: get(row, 12)?,
        deep: get(row, 13)?,
        filled: Vec::new(),
    };
    header.filled.push(0..u32::try_from(header.next_row).unwrap_or(u32::MAX));
    let info = &header.info;
    let good = (0..i64::MAX / SPAN).contains(&info.id.0)
        && (0..SPAN).contains(&header.next_row)
        && info.count <= header.next_row.cast_unsigned()
        && info.objects <= info.count;
    if good { Ok(header) } else { Err(odd("a listing", "damaged")) }
}

pub(crate) fn header(conn: &Connection, id: ListingId) -> Result<Option<Header>> {
    first(conn, &format!("{SELECT} WHERE id = ?1"), [id.0], read)
}

fn existing(conn: &Connection, id: ListingId) -> Result<Header> {
    header(conn, id)?
        .ok_or_else(|| of(JournalErrorKind::Other, "this listing was replaced by a newer one; list again"))
}

pub(crate) fn find(
    conn: &Connection,
    connection: &str,
    bucket: &str,
    prefix: &str,
    deleted: bool,
) -> Result<Option<ListingInfo>> {
    first(
        conn,
        &format!(
            "{SELECT} WHERE connection = ?1 AND bucket = ?2 AND prefix = ?3 AND deep = 0 AND deleted = ?4
             ORDER BY id DESC LIMIT 1"
        ),
        params![connection, bucket, prefix, deleted],
        |row| read(row).map(|header| header.info),
    )
}

pub(crate) fn begin(
    conn: &Connection,
    connection: &str,
    bucket: &str,
    prefix: &str,
    kind: Kind,
    now: Timestamp,
) -> Result<ListingId> {
    let (deep, deleted) = (kind == Kind::Deep, kind == Kind::LevelWithDeleted);
    execute(
        conn,
        "INSERT INTO listings (connection, bucket, prefix, deep, deleted, listed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![connection, bucket, prefix, deep, deleted, now.0],
    )?;
    Ok(ListingId(conn.last_insert_rowid()))
}

/// Bytes and whether it is an object.
fn measure(entry: &LevelEntry) -> (u64, bool) {
    match entry {
        // What is deleted is no object, and its bytes are none of the list's.
        LevelEntry::Folder(_) | LevelEntry::Deleted { .. } => (0, false),
        LevelEntry::Object { size, .. } => (*size, true),
    }
}

fn count_in(info: &mut ListingInfo, entry: &LevelEntry) {
    let (size, object) = measure(entry);
    info.count += 1;
    info.objects += u64::from(object);
    info.bytes = info.bytes.saturating_add(size);
}

fn put_row(conn: &Connection, id: i64, entry: &LevelEntry) -> Result<()> {
    let insert = "INSERT OR REPLACE INTO listing_rows (id, key, folder, size, modified, etag, class)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let insert_deleted =
        "INSERT OR REPLACE INTO listing_rows (id, key, folder, size, modified, etag, class, deleted)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    match entry {
        LevelEntry::Folder(key) => execute(conn, insert, params![id, key, true, 0, NO_TIME, "", ""]),
        LevelEntry::Object { key, size, modified, etag, class } => execute(
            conn,
            insert,
            params![id, key, false, size.cast_signed(), modified.map_or(NO_TIME, |at| at.0), etag, class],
        ),
        LevelEntry::Deleted { key, size, modified, etag, class, at } => execute(
            conn,
            insert_deleted,
            params![id, key, false, size.cast_signed(), modified.0, etag, class, at.0],
        ),
    }
    .map(|_| ())
}

/// Id of the first row whose key is not before this one, where ids are in key order; and whether it is that very key.
fn lower_bound(conn: &Connection, header: &Header, key: &str) -> Result<(i64, bool)> {
    let base = base(header.info.id);
    // Ids are in key order, with gaps where keys were taken out.
    let (mut low, mut high) = (base, base + header.next_row);
    while low < high {
        let middle = low + (high - low) / 2;
        let seen = first(
            conn,
            "SELECT id, key FROM listing_rows WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
            [middle, high],
            |row| Ok((get::<i64>(row, 0)?, text(row, 1)?.cmp(key))),
        )?;
        match seen {
            None | Some((_, std::cmp::Ordering::Greater)) => high = middle,
            Some((id, std::cmp::Ordering::Less)) => low = id + 1,
            Some((id, std::cmp::Ordering::Equal)) => return Ok((id, true)),
        }
    }
    Ok((low, false))
}

/// Row numbers of what is behind a key and up to and with another, where ids are in key order.
pub(crate) fn between(
    conn: &Connection,
    header: &Header,
    after: &str,
    until: Option<&str>,
) -> Result<(u32, u32)> {
    let number = |id: i64| u32::try_from(id - base(header.info.id)).unwrap_or(u32::MAX);
    let behind =
        |key: &str| lower_bound(conn, header, key).map(|(id, itself)| number(id + i64::from(itself)));
    let to = until.map_or_else(|| Ok(number(base(header.info.id) + header.next_row)), behind)?;
    Ok((behind(after)?, to))
}

/// The key of the first row from a number on.
pub(crate) fn key_from(conn: &Connection, header: &Header, from: u32, to: u32) -> Result<Option<String>> {
    let base = base(header.info.id);
    first(
        conn,
        "SELECT key FROM listing_rows WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
        [base + i64::from(from), base + i64::from(to)],
        |row| get(row, 0),
    )
}

/// Objects below a prefix that is empty or ends in a slash, in a listing of everything below its own prefix.
pub(crate) fn objects_below(conn: &Connection, header: &Header, under: &str) -> Result<u64> {
    if under.is_empty() || (!header.deep && header.prefix.starts_with(under)) {
        return Ok(header.info.objects);
    }
    let end = super::facts::end(under);
    let counted = if header.keyed {
        first(
            conn,
            "SELECT count(*) FROM listing_keys WHERE listing_id = ?1 AND key > ?2 AND key < ?3",
            params![header.info.id.0, under, end],
            |row| super::amount(row, 0),
        )?
    } else {
        // What has the prefix as its whole key does not lie below it.
        let (from, itself) = lower_bound(conn, header, under)?;
        let (to, _) = lower_bound(conn, header, &end)?;
        first(
            conn,
            "SELECT count(*) FROM listing_rows WHERE id >= ?1 AND id < ?2",
            [from + i64::from(itself), to],
            |row| super::amount(row, 0),
        )?
    };
    Ok(counted.unwrap_or_default())
}

/// Row id of a key.
pub(crate) fn find_row(conn: &Connection, header: &Header, key: &str) -> Result<Option<i64>> {
    if header.keyed {
        return first(
            conn,
            "SELECT row_id FROM listing_keys WHERE listing_id = ?1 AND key = ?2",
            params![header.info.id.0, key],
            |row| get(row, 0),
        );
    }
    lower_bound(conn, header, key).map(|(id, there)| there.then_some(id))
}

/// Takes a row out; its number.
fn take_out(conn: &Connection, header: &mut Header, row_id: i64) -> Result<u32> {
    let old = format!("SELECT {ENTRY} FROM listing_rows WHERE id = ?1");
    if let Some(old) = first(conn, &old, [row_id], entry)? {
        let (size, object) = measure(&old);
        header.info.count = header.info.count.saturating_sub(1);
        header.info.objects = header.info.objects.saturating_sub(u64::from(object));
        header.info.bytes = header.info.bytes.saturating_sub(size);
    }
    execute(conn, "DELETE FROM listing_rows WHERE id = ?1", [row_id])?;
    u32::try_from(row_id - base(header.info.id)).map_err(|_| odd("a row", "damaged"))
}

/// A listing after a change, and the numbers of rows that the change took out.
pub(crate) type Changed = (ListingInfo, Vec<u32>);

/// Adds a page. Pages in key order only append; others go through `listing_keys`.
pub(crate) fn add(conn: &Connection, id: ListingId, entries: &mut [LevelEntry]) -> Result<Changed> {
    let mut header = existing(conn, id)?;
    let mut gone = Vec::new();
    entries.sort_by(|a, b| a.key().cmp(b.key()));
    let in_order = entries.first().is_none_or(|e| e.key() > header.last_key.as_str() || header.next_row == 0)
        && entries.is_sorted_by(|a, b| a.key() < b.key());
    if !header.keyed && !in_order {
        execute(
            conn,
            "INSERT OR REPLACE INTO listing_keys (listing_id, key, row_id)
             SELECT ?1, key, id FROM listing_rows WHERE id >= ?2 AND id < ?3",
            [id.0, base(id), base(id) + SPAN],
        )?;
        header.keyed = true;
    }
    for entry in entries.iter() {
        let key = entry.key();
        if header.keyed
            && let Some(old) = find_row(conn, &header, key)?
        {
            gone.push(take_out(conn, &mut header, old)?);
        }
        let row_id = base(id) + header.next_row;
        put_row(conn, row_id, entry)?;
        if header.keyed {
            execute(
                conn,
                "INSERT OR REPLACE INTO listing_keys (listing_id, key, row_id) VALUES (?1, ?2, ?3)",
                params![id.0, key, row_id],
            )?;
        }
        header.next_row += 1;
        count_in(&mut header.info, entry);
    }
    if let Some(last) = entries.last() {
        header.last_key = last.key().to_owned();
    }
    Ok((save(conn, header)?, gone))
}

/// Adds rows with these numbers and the next ones to a listing whose order others look after; the number after the last.
pub(crate) fn append(conn: &Connection, id: ListingId, entries: &[LevelEntry], from: i64) -> Result<i64> {
    let mut header = existing(conn, id)?;
    let mut number = from;
    for entry in entries {
        put_row(conn, base(id) + number, entry)?;
        number += 1;
        count_in(&mut header.info, entry);
    }
    header.next_row = header.next_row.max(number);
    save(conn, header)?;
    Ok(number)
}

fn save(conn: &Connection, mut header: Header) -> Result<ListingInfo> {
    header.info.revision = header.info.revision.saturating_add(1);
    let info = &header.info;
    execute(
        conn,
        "UPDATE listings SET rows = ?2, objects = ?3, bytes = ?4, complete = ?5, revision = ?6, next_row = ?7,
             last_key = ?8, keyed = ?9 WHERE id = ?1",
        params![
            info.id.0,
            info.count.cast_signed(),
            info.objects.cast_signed(),
            info.bytes.cast_signed(),
            info.complete,
            info.revision.cast_signed(),
            header.next_row,
            header.last_key,
            header.keyed,
        ],
    )?;
    Ok(header.info)
}

/// Complete; older listings of the same level go.
pub(crate) fn finish(conn: &Connection, id: ListingId) -> Result<ListingInfo> {
    let mut header = existing(conn, id)?;
    header.info.complete = true;
    execute(
        conn,
        "INSERT OR IGNORE INTO listing_garbage (listing_id)
         SELECT o.id FROM listings o JOIN listings n ON n.id = ?1
         WHERE o.connection = n.connection AND o.bucket = n.bucket AND o.prefix = n.prefix AND o.deep = n.deep AND o.deleted = n.deleted
             AND o.id < n.id",
        [id.0],
    )?;
    execute(conn, "DELETE FROM listings WHERE id IN (SELECT listing_id FROM listing_garbage)", [])?;
    save(conn, header)
}

pub(crate) fn remove(conn: &Connection, id: ListingId, keys: &[String]) -> Result<Changed> {
    let mut header = existing(conn, id)?;
    let mut gone = Vec::new();
    for key in keys {
        super::facts::forget(conn, &header.connection, &header.bucket, key)?;
        if let Some(row_id) = find_row(conn, &header, key)? {
            gone.push(take_out(conn, &mut header, row_id)?);
            if header.keyed {
                execute(
                    conn,
                    "DELETE FROM listing_keys WHERE listing_id = ?1 AND key = ?2",
                    params![id.0, key],
                )?;
            }
        }
    }
    Ok((save(conn, header)?, gone))
}

/// Visits rows in key order, from row number `from` on (which only makes sense when ids are in key order).
pub(crate) fn visit(
    conn: &Connection,
    header: &Header,
    column: &'static str,
    from: u32,
    mut see: impl FnMut(u32, bool, &Row<'_>) -> Result<()>,
) -> Result<()> {
    let base = base(header.info.id);
    // Columns: id, folder, then the one asked for and the key where it is needed.
    let text = if header.keyed {
        format!(
            "SELECT r.id, r.folder, r.{column} FROM listing_keys k JOIN listing_rows r ON r.id = k.row_id
             WHERE k.listing_id = ?3 AND r.id >= ?1 AND r.id < ?2 ORDER BY k.key"
        )
    } else {
        format!(
            "SELECT r.id, r.folder, r.{column} FROM listing_rows r
             WHERE r.id >= ?1 AND r.id < ?2 AND ?3 > 0 ORDER BY r.id"
        )
    };
    let mut statement = conn.prepare_cached(&text).map_err(sql)?;
    let mut rows = statement.query([base + i64::from(from), base + SPAN, header.info.id.0]).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        let number = u32::try_from(get::<i64>(row, 0)? - base).unwrap_or(u32::MAX);
        see(number, get(row, 1)?, row)?;
    }
    Ok(())
}

/// Rows by number. One that is gone meanwhile is left out.
pub(crate) fn rows(conn: &Connection, header: &Header, numbers: &[u32]) -> Result<Vec<ListedRow>> {
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        found.extend(row(conn, header, *number)?);
    }
    Ok(found)
}

/// Columns of an entry.
const ENTRY: &str = "key, folder, size, modified, etag, class, deleted";

fn entry(row: &Row<'_>) -> Result<LevelEntry> {
    if get(row, 1)? {
        return Ok(LevelEntry::Folder(get(row, 0)?));
    }
    if let Some(at) = get::<Option<i64>>(row, 6)? {
        return Ok(LevelEntry::Deleted {
            key: get(row, 0)?,
            size: unsigned(row, 2)?,
            modified: Timestamp(get(row, 3)?),
            etag: get(row, 4)?,
            class: get(row, 5)?,
            at: Timestamp(at),
        });
    }
    Ok(LevelEntry::Object {
        key: get(row, 0)?,
        size: unsigned(row, 2)?,
        modified: time(get(row, 3)?),
        etag: get(row, 4)?,
        class: get(row, 5)?,
    })
}

/// Visits those of some keys, given in order, that are there, each with its number and its place among the keys.
pub(crate) fn visit_keys(
    conn: &Connection,
    header: &Header,
    keys: &[&str],
    mut see: impl FnMut(usize, u32, LevelEntry) -> Result<()>,
) -> Result<()> {
    let base = base(header.info.id);
    let number = |id: i64| u32::try_from(id - base).map_err(|_| odd("a row", "damaged"));
    if header.keyed || (keys.len() as u64).saturating_mul(SEARCH_COST) < header.info.count {
        for (place, key) in keys.iter().enumerate() {
            let Some(id) = find_row(conn, header, key)? else { continue };
            let sql = format!("SELECT {ENTRY} FROM listing_rows WHERE id = ?1");
            if let Some(entry) = first(conn, &sql, [id], entry)? {
                see(place, number(id)?, entry)?;
            }
        }
        return Ok(());
    }
    // Both are in key order: one walk over the rows.
    let mut statement = conn
        .prepare_cached(&format!(
            "SELECT {ENTRY}, id FROM listing_rows WHERE id >= ?1 AND id < ?2 ORDER BY id"
        ))
        .map_err(sql)?;
    let mut rows = statement.query([base, base + SPAN]).map_err(sql)?;
    let mut wanted = keys.iter().enumerate().peekable();
    while let Some(row) = rows.next().map_err(sql)? {
        let key = text(row, 0)?;
        while wanted.next_if(|(_, want)| **want < key).is_some() {}
        match wanted.peek() {
            None => return Ok(()),
            Some((place, want)) if **want == key => see(*place, number(get(row, 7)?)?, entry(row)?)?,
            Some(_) => {}
        }
    }
    Ok(())
}

/// One row by number, if it is there.
pub(crate) fn row(conn: &Connection, header: &Header, number: u32) -> Result<Option<ListedRow>> {
    let entry = first(
        conn,
        &format!("SELECT {ENTRY} FROM listing_rows WHERE id = ?1"),
        [base(header.info.id) + i64::from(number)],
        entry,
    )?;
    let Some(entry) = entry else { return Ok(None) };
    let safe = is_safe(conn, header, &entry)?;
    Ok(Some(ListedRow { entry, safe }))
}

fn time(millis: i64) -> Option<Timestamp> {
    (millis != NO_TIME).then_some(Timestamp(millis))
}

/// A row as a search needs it.
#[derive(Debug)]
pub(crate) struct Searched<'a> {
    pub(crate) number: u32,
    pub(crate) key: &'a str,
    pub(crate) folder: bool,
    pub(crate) size: u64,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) class: &'a str,
}

/// Visits rows by number, within `numbers`, at most `most`; the number after the last one seen, if there may be more.
pub(crate) fn visit_by_number(
    conn: &Connection,
    header: &Header,
    numbers: Range<u32>,
    most: u32,
    mut see: impl FnMut(&Searched<'_>),
) -> Result<Option<u32>> {
    let base = base(header.info.id);
    let mut statement = conn
        .prepare_cached(
            "SELECT id, key, folder, size, modified, class FROM listing_rows WHERE id >= ?1 AND id < ?2
             ORDER BY id LIMIT ?3",
        )
        .map_err(sql)?;
    let (from, end) = (base + i64::from(numbers.start), base + i64::from(numbers.end));
    let mut rows = statement.query([from, end, i64::from(most)]).map_err(sql)?;
    let mut seen = 0;
    let mut next = numbers.start;
    while let Some(row) = rows.next().map_err(sql)? {
        let number = u32::try_from(get::<i64>(row, 0)? - base).map_err(|_| odd("a row", "damaged"))?;
        see(&Searched {
            number,
            key: text(row, 1)?,
            folder: get(row, 2)?,
            size: unsigned(row, 3)?,
            modified: time(get(row, 4)?),
            class: text(row, 5)?,
        });
        seen += 1;
        next = number.saturating_add(1);
    }
    Ok((seen == most).then_some(next))
}

/// All headers below a place that can be searched, in the order of connection, bucket and prefix; of one place the newest first.
pub(crate) fn headers(
    conn: &Connection,
    connection: Option<&str>,
    bucket: Option<&str>,
) -> Result<Vec<Header>> {
    all(
        conn,
        &format!(
            "{SELECT} WHERE (?1 IS NULL OR connection = ?1) AND (?2 IS NULL OR bucket = ?2) AND deleted = 0
             ORDER BY connection, bucket, prefix, id DESC"
        ),
        params![connection, bucket],
        read,
    )
}

fn is_safe(conn: &Connection, header: &Header, entry: &LevelEntry) -> Result<bool> {
    let LevelEntry::Object { key, etag, .. } = entry else { return Ok(false) };
    first(
        conn,
        "SELECT 1 FROM safe_versions WHERE connection = ?1 AND bucket = ?2 AND key = ?3 AND etag = ?4",
        [header.connection.as_str(), header.bucket.as_str(), key, etag],
        |_| Ok(()),
    )
    .map(|found| found.is_some())
}
