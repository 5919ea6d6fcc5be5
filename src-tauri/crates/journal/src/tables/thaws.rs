//! Tables `thaws` and `thaw_items`: archived objects that are asked for together. Tests: `tests/thaws.rs`.
use rusqlite::{Connection, Row, params};
use windlass_domain::thaw::{Archive, ThawBatch, ThawItem, ThawItemState};
use windlass_domain::{ETag, ObjectKey, ThawId, Timestamp, VersionId};

use super::{all, count, execute, first, get, maybe, text, unsigned};
use crate::error::{Result, odd, other};
use crate::marks::{Mark, Marked, holds};

const THAWS: Marked = Marked {
    what: "a batch of archived objects",
    columns: &["id", "state", "body"],
    added: 0,
    table: "thaws",
};

const ARCHIVES: [(Archive, &str); 4] = [
    (Archive::Glacier, "glacier"),
    (Archive::DeepArchive, "deep_archive"),
    (Archive::TieringArchive, "tiering_archive"),
    (Archive::TieringDeepArchive, "tiering_deep_archive"),
];

const COLUMNS: &str = "thaw_id, seq, size, ends_at, mark, key, version, etag, archive, state, why";

fn read(row: &Row<'_>) -> Result<ThawBatch> {
    let body = text(row, 2)?;
    let batch: ThawBatch =
        serde_json::from_str(body).map_err(|_| odd("a batch of archived objects", body))?;
    let same = batch.id.as_str() == text(row, 0)? && batch.state.code() == text(row, 1)?;
    if same { Ok(batch) } else { Err(odd("a batch of archived objects", body)) }
}

pub(crate) fn save(conn: &Connection, batch: &ThawBatch, items: &[ThawItem]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO thaws (id, seq, state, body) VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM thaws), ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
        params![batch.id.as_str(), batch.state.code(), serde_json::to_string(batch).map_err(other)?],
    )?;
    THAWS.seal(conn, batch.id.as_str())?;
    items.iter().try_for_each(|item| save_item(conn, &batch.id, item))
}

/// One mark over the row, computed before it is written.
fn mark(thaw: &str, numbers: [i64; 3], texts: [&str; 6]) -> i64 {
    let numbers = numbers.map(|number| number.to_string());
    let mut whole: Vec<&str> = vec![thaw];
    whole.extend(numbers.iter().map(String::as_str));
    whole.extend(texts);
    Mark::default().of_texts(&whole)
}

fn save_item(conn: &Connection, thaw: &ThawId, item: &ThawItem) -> Result<()> {
    let numbers = [item.seq.cast_signed(), item.size.cast_signed(), item.ends_at.map_or(0, |at| at.0)];
    let archive = ARCHIVES.iter().find(|(archive, _)| *archive == item.archive).map_or("", |(_, code)| code);
    let texts = [
        item.key.as_str(),
        item.version.as_ref().map_or("", |version| version.as_str()),
        item.etag.as_str(),
        archive,
        item.state.code(),
        item.why.as_str(),
    ];
    let mark = mark(thaw.as_str(), numbers, texts);
    let ([seq, size, ends_at], [key, version, etag, archive, state, why]) = (numbers, texts);
    execute(
        conn,
        "INSERT INTO thaw_items (thaw_id, seq, size, ends_at, mark, key, version, etag, archive, state, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (thaw_id, seq) DO UPDATE SET size = excluded.size, ends_at = excluded.ends_at,
             mark = excluded.mark, key = excluded.key, version = excluded.version, etag = excluded.etag,
             archive = excluded.archive, state = excluded.state, why = excluded.why",
        params![thaw.as_str(), seq, size, ends_at, mark, key, version, etag, archive, state, why],
    )
    .map(|_| ())
}

fn read_item(row: &Row<'_>) -> Result<ThawItem> {
    let numbers: [i64; 3] = [get(row, 1)?, get(row, 2)?, get(row, 3)?];
    let mut texts = [""; 6];
    for (at, slot) in texts.iter_mut().enumerate() {
        *slot = text(row, 5 + at)?;
    }
    if !holds(get(row, 4)?, mark(text(row, 0)?, numbers, texts)) {
        return Err(odd("an archived object", "damaged"));
    }
    let ([_, _, ends_at], [key, version, etag, archive, state, why]) = (numbers, texts);
    let archived = ARCHIVES.iter().find(|(_, code)| *code == archive).map(|(archive, _)| *archive);
    let known = ThawItemState::ALL.into_iter().find(|s| s.code() == state);
    Ok(ThawItem {
        seq: unsigned(row, 1)?,
        key: ObjectKey::parse(key).map_err(|_| odd("a key", key))?,
        version: maybe(version).map(VersionId::new),
        etag: ETag::new(etag),
        size: unsigned(row, 2)?,
        archive: archived.ok_or_else(|| odd("an archive", archive))?,
        state: known.ok_or_else(|| odd("an archived object's state", state))?,
        ends_at: (ends_at != 0).then_some(Timestamp(ends_at)),
        why: why.to_owned(),
    })
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<ThawBatch>> {
    THAWS.rows(conn, "ORDER BY seq DESC", [], read)
}

pub(crate) fn one(conn: &Connection, id: &ThawId) -> Result<Option<ThawBatch>> {
    THAWS.rows(conn, "WHERE id = ?1", [id.as_str()], read).map(|mut rows| rows.pop())
}

pub(crate) fn items(
    conn: &Connection,
    id: &ThawId,
    states: &[ThawItemState],
    after: u64,
    limit: u32,
) -> Result<Vec<ThawItem>> {
    let mut found = Vec::new();
    for state in states {
        found.extend(all(
            conn,
            &format!("SELECT {COLUMNS} FROM thaw_items WHERE thaw_id = ?1 AND state = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4"),
            params![id.as_str(), state.code(), after.cast_signed(), limit],
            read_item,
        )?);
    }
    found.sort_by_key(|item| item.seq);
    found.truncate(limit as usize);
    Ok(found)
}

pub(crate) fn window(conn: &Connection, id: &ThawId, offset: u64, limit: u32) -> Result<Vec<ThawItem>> {
    all(
        conn,
        &format!(
            "SELECT {COLUMNS} FROM thaw_items WHERE thaw_id = ?1 ORDER BY state <> 'failed', seq LIMIT ?3 OFFSET ?2"
        ),
        params![id.as_str(), count(offset), limit],
        read_item,
    )
}

pub(crate) fn first_end(conn: &Connection, id: &ThawId) -> Result<Option<Timestamp>> {
    let found = first(
        conn,
        "SELECT min(ends_at) FROM thaw_items WHERE thaw_id = ?1 AND state = 'ready' AND ends_at <> 0",
        [id.as_str()],
        |row| get::<Option<i64>>(row, 0),
    )?;
    Ok(found.flatten().map(Timestamp))
}

pub(crate) fn remove(conn: &Connection, id: &ThawId) -> Result<()> {
    execute(conn, "DELETE FROM thaw_items WHERE thaw_id = ?1", [id.as_str()])?;
    execute(conn, "DELETE FROM thaws WHERE id = ?1", [id.as_str()]).map(|_| ())
}

/// Checks every batch that is not over: its rows decide what is asked for and paid.
pub(crate) fn check_open(conn: &Connection) -> Result<()> {
    THAWS.rows(conn, "WHERE state NOT IN ('past', 'stopped', 'failed')", [], read).map(|_| ())
}
