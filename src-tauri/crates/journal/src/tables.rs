//! One file per table: its row type's way in and out. `migrations/` has the schema.
pub(crate) mod audit;
pub(crate) mod capabilities;
pub(crate) mod connections;
pub(crate) mod dropped;
pub(crate) mod facts;
pub(crate) mod file_rows;
pub(crate) mod files;
pub(crate) mod histories;
pub(crate) mod holds;
pub(crate) mod index_parts;
pub(crate) mod indexes;
pub(crate) mod intents;
pub(crate) mod jobs;
pub(crate) mod listings;
pub(crate) mod pairs;
pub(crate) mod parts;
pub(crate) mod replaced;
pub(crate) mod settings;
pub(crate) mod tallies;
pub(crate) mod thaws;
pub(crate) mod transfers;

use rusqlite::{Connection, Params, Row};
use windlass_domain::Digest;

use crate::error::{Result, odd, sql};

/// Runs a cached statement; the number of rows it changed.
///
/// What fires triggers says OR FAIL: a failure leaves what the statement had done so far, and the writer takes back the
/// whole job anyway. Without it SQLite copies every page that the statement touches, so as to take back the statement.
pub(crate) fn execute(conn: &Connection, text: &str, params: impl Params) -> Result<usize> {
    conn.prepare_cached(text).and_then(|mut s| s.execute(params)).map_err(sql)
}

/// All rows.
pub(crate) fn all<T>(
    conn: &Connection,
    text: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(text).map_err(sql)?;
    let mut rows = statement.query(params).map_err(sql)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The first row, if any.
pub(crate) fn first<T>(
    conn: &Connection,
    text: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = conn.prepare_cached(text).map_err(sql)?;
    let mut rows = statement.query(params).map_err(sql)?;
    match rows.next().map_err(sql)? {
        Some(row) => read(row).map(Some),
        None => Ok(None),
    }
}

/// A column.
pub(crate) fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, column: usize) -> Result<T> {
    row.get(column).map_err(sql)
}

/// A text column without a copy.
pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str> {
    row.get_ref(column).map_err(sql)?.as_str().map_err(|e| sql(e.into()))
}

/// An unsigned number, kept bit by bit.
pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    get::<i64>(row, column).map(i64::cast_unsigned)
}

/// A number of things. Fewer than none is damage.
pub(crate) fn amount(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = get(row, column)?;
    u64::try_from(number).map_err(|_| odd("a count", &number.to_string()))
}

/// A digest as stored: its length tells its kind.
pub(crate) fn digest_bytes(digest: Option<&Digest>) -> &[u8] {
    match digest {
        None => &[],
        Some(Digest::Crc64Nvme(bytes)) => bytes,
        Some(Digest::Sha256(bytes)) => bytes,
    }
}

pub(crate) fn digest(row: &Row<'_>, column: usize) -> Result<Option<Digest>> {
    let bytes = row.get_ref(column).map_err(sql)?.as_blob().map_err(|e| sql(e.into()))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        return Ok(Some(Digest::Crc64Nvme(bytes)));
    }
    <[u8; 32]>::try_from(bytes)
        .map(|bytes| Some(Digest::Sha256(bytes)))
        .map_err(|_| odd("a digest", &format!("{bytes:?}")))
}

/// An optional text; the empty one stands for none.
pub(crate) fn maybe(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

/// A limit or offset for SQLite.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
