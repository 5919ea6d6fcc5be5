//! Table `pairs`: sync folders.
use rusqlite::{Connection, Row, params};
use windlass_domain::{ETag, Mode, PairId, Timestamp};
use windlass_ports::{Brake, Merged, PairOptions, PairRow, SeenRoot};

use super::{execute, first, get, maybe, text, unsigned};
use crate::error::{Result, odd, other};
use crate::marks::Marked;

/// Its rows.
pub(crate) const PAIRS: Marked = Marked {
    what: "a sync folder",
    columns: &[
        "id",
        "name",
        "root",
        "connection",
        "bucket",
        "prefix",
        "mode",
        "paused",
        "scanned",
        "last_scan",
        "epoch",
        "remote_marker",
        "options",
        "brake",
        "seen_root",
        "merged",
    ],
    added: 0,
    table: "pairs",
};

fn mode_text(mode: Mode) -> &'static str {
    match mode {
        Mode::Ingest => "ingest",
        Mode::MirrorUp => "mirror_up",
        Mode::MirrorDown => "mirror_down",
        Mode::TwoWay => "two_way",
    }
}

fn mode(text: &str) -> Result<Mode> {
    match text {
        "ingest" => Ok(Mode::Ingest),
        "mirror_up" => Ok(Mode::MirrorUp),
        "mirror_down" => Ok(Mode::MirrorDown),
        "two_way" => Ok(Mode::TwoWay),
        other => Err(odd("a folder's mode", other)),
    }
}

fn brake_text(brake: Option<&Brake>) -> Result<String> {
    brake.map_or_else(|| Ok(String::new()), |brake| serde_json::to_string(brake).map_err(other))
}

fn options(text: &str) -> Result<PairOptions> {
    serde_json::from_str(text).map_err(|_| odd("a folder's options", text))
}

fn brake(text: &str) -> Result<Option<Brake>> {
    maybe(text).map(|text| serde_json::from_str(text).map_err(|_| odd("a folder's brake", text))).transpose()
}

fn root_text(root: Option<&SeenRoot>) -> Result<String> {
    root.map_or_else(|| Ok(String::new()), |root| serde_json::to_string(root).map_err(other))
}

fn root(text: &str) -> Result<Option<SeenRoot>> {
    maybe(text).map(|text| serde_json::from_str(text).map_err(|_| odd("a folder's root", text))).transpose()
}

fn merged_text(merged: Option<&Merged>) -> Result<String> {
    merged.map_or_else(|| Ok(String::new()), |merged| serde_json::to_string(merged).map_err(other))
}

fn merged(text: &str) -> Result<Option<Merged>> {
    maybe(text).map(|text| serde_json::from_str(text).map_err(|_| odd("a folder's merge", text))).transpose()
}

/// A row of [`PAIRS`].
pub(crate) fn read(row: &Row<'_>) -> Result<PairRow> {
    let scanned: bool = get(row, 8)?;
    Ok(PairRow {
        id: PairId::from(text(row, 0)?),
        name: get(row, 1)?,
        root: get(row, 2)?,
        connection: get(row, 3)?,
        bucket: get(row, 4)?,
        prefix: get(row, 5)?,
        mode: mode(text(row, 6)?)?,
        paused: get(row, 7)?,
        last_scan: if scanned { Some(Timestamp(get(row, 9)?)) } else { None },
        epoch: unsigned(row, 10)?,
        remote_marker: maybe(text(row, 11)?).map(ETag::new),
        options: options(text(row, 12)?)?,
        brake: brake(text(row, 13)?)?,
        seen_root: root(text(row, 14)?)?,
        merged: merged(text(row, 15)?)?,
    })
}

/// All, in the order they were added.
pub(crate) fn list(conn: &Connection) -> Result<Vec<PairRow>> {
    PAIRS.rows(conn, "ORDER BY position, id", [], read)
}

/// Where the files of a folder go: connection, bucket, prefix.
pub(crate) fn place(conn: &Connection, pair: &PairId) -> Result<Option<(String, String, String)>> {
    first(conn, "SELECT connection, bucket, prefix FROM pairs WHERE id = ?1", [pair.as_str()], |row| {
        Ok((get(row, 0)?, get(row, 1)?, get(row, 2)?))
    })
}

/// The epoch never goes back by this: who saves the row read it some time ago, and a smaller epoch than the marker's would
/// say that the journal is an old copy.
/// What a person chose. The last scan, the epoch, the marker and the brake have writes of their own, and a row that was read
/// before one of those does not take it back.
pub(crate) fn save(conn: &Connection, pair: &PairRow) -> Result<()> {
    execute(
        conn,
        "INSERT INTO pairs
             (id, name, root, connection, bucket, prefix, mode, paused, scanned, last_scan, position, epoch,
              remote_marker, options, brake, seen_root, merged)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, (SELECT coalesce(max(position), 0) + 1 FROM pairs),
             ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, root = excluded.root, connection = excluded.connection,
             bucket = excluded.bucket, prefix = excluded.prefix, mode = excluded.mode,
             paused = excluded.paused, epoch = max(epoch, excluded.epoch), options = excluded.options",
        params![
            pair.id.as_str(),
            pair.name,
            pair.root,
            pair.connection,
            pair.bucket,
            pair.prefix,
            mode_text(pair.mode),
            pair.paused,
            pair.last_scan.is_some(),
            pair.last_scan.map_or(0, |at| at.0),
            pair.epoch.cast_signed(),
            pair.remote_marker.as_ref().map_or("", |etag| etag.as_str()),
            serde_json::to_string(&pair.options).map_err(other)?,
            brake_text(pair.brake.as_ref())?,
            root_text(pair.seen_root.as_ref())?,
            merged_text(pair.merged.as_ref())?,
        ],
    )?;
    PAIRS.seal(conn, pair.id.as_str())
}

pub(crate) fn remove(conn: &Connection, pair: &PairId) -> Result<()> {
    let id = [pair.as_str()];
    execute(conn, "DELETE FROM transfers WHERE pair_id = ?1 AND pair_id <> ''", id)?;
    execute(conn, "DELETE FROM intents WHERE pair_id = ?1", id)?;
    execute(conn, "DELETE FROM files WHERE pair_id = ?1", id)?;
    execute(conn, "DELETE FROM file_counts WHERE pair_id = ?1", id)?;
    execute(conn, "DELETE FROM pairs WHERE id = ?1", id).map(|_| ())
}

pub(crate) fn scan_ended(conn: &Connection, pair: &PairId, at: Timestamp) -> Result<()> {
    let text = "UPDATE pairs SET scanned = 1, last_scan = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, params![pair.as_str(), at.0])
}

pub(crate) fn set_epoch(conn: &Connection, pair: &PairId, epoch: u64) -> Result<()> {
    let text = "UPDATE pairs SET epoch = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, params![pair.as_str(), epoch.cast_signed()])
}

pub(crate) fn set_remote_marker(conn: &Connection, pair: &PairId, etag: Option<&ETag>) -> Result<()> {
    let text = "UPDATE pairs SET remote_marker = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, [pair.as_str(), etag.map_or("", |etag| etag.as_str())])
}

pub(crate) fn save_root(conn: &Connection, pair: &PairId, root: Option<&SeenRoot>) -> Result<()> {
    let text = "UPDATE pairs SET seen_root = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, [pair.as_str(), root_text(root)?.as_str()])
}

pub(crate) fn note_merge(conn: &Connection, pair: &PairId, merged: &Merged) -> Result<()> {
    let text = "UPDATE pairs SET merged = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, [pair.as_str(), merged_text(Some(merged))?.as_str()])
}

pub(crate) fn save_brake(conn: &Connection, pair: &PairId, brake: Option<&Brake>) -> Result<()> {
    let text = "UPDATE pairs SET brake = ?2 WHERE id = ?1";
    PAIRS.change(conn, pair.as_str(), text, [pair.as_str(), brake_text(brake)?.as_str()])
}
