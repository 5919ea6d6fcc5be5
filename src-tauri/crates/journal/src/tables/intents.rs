//! Table `intents`: what changes or removes something, written before it happens; those that ended are the undo list. Tests:
//! `tests/intents.rs`.
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use windlass_domain::{PairId, RelPath, Timestamp, VersionId};
use windlass_ports::{IntentEnd, IntentKind, IntentRow, Tally};

use super::{all, count, execute, first, get, maybe, text, unsigned};
use crate::error::{Result, odd, other};
use crate::marks::Marked;

const INTENTS: Marked = Marked {
    what: "an intent",
    columns: &[
        "id", "pair_id", "kind", "path", "to_path", "local", "remote", "size", "cause", "at", "trashed",
        "marker", "ended_at", "ending", "meant",
    ],
    added: 1,
    table: "intents",
};

fn kind_text(kind: IntentKind) -> &'static str {
    match kind {
        IntentKind::DeleteRemote => "delete_remote",
        IntentKind::TrashLocal => "trash_local",
        IntentKind::MoveRemote => "move_remote",
        IntentKind::MoveLocal => "move_local",
        IntentKind::KeepBoth => "keep_both",
        IntentKind::ReplaceLocal => "replace_local",
        IntentKind::SettleConflict => "settle_conflict",
    }
}

fn kind(text: &str) -> Result<IntentKind> {
    match text {
        "delete_remote" => Ok(IntentKind::DeleteRemote),
        "trash_local" => Ok(IntentKind::TrashLocal),
        "move_remote" => Ok(IntentKind::MoveRemote),
        "move_local" => Ok(IntentKind::MoveLocal),
        "keep_both" => Ok(IntentKind::KeepBoth),
        "replace_local" => Ok(IntentKind::ReplaceLocal),
        "settle_conflict" => Ok(IntentKind::SettleConflict),
        other => Err(odd("an intent's kind", other)),
    }
}

fn end_text(end: IntentEnd) -> &'static str {
    match end {
        IntentEnd::Done => "done",
        IntentEnd::Refused => "refused",
        IntentEnd::Undone => "undone",
    }
}

fn end(text: &str) -> Result<IntentEnd> {
    match text {
        "done" => Ok(IntentEnd::Done),
        "refused" => Ok(IntentEnd::Refused),
        "undone" => Ok(IntentEnd::Undone),
        other => Err(odd("an intent's end", other)),
    }
}

fn json<T: Serialize>(value: Option<&T>) -> Result<String> {
    value.map_or_else(|| Ok(String::new()), |value| serde_json::to_string(value).map_err(other))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<Option<T>> {
    maybe(text).map(|text| serde_json::from_str(text).map_err(|_| odd("an intent", text))).transpose()
}

fn path(text: &str) -> Result<RelPath> {
    RelPath::parse(text).map_err(|_| odd("a path", text))
}

fn read(row: &Row<'_>) -> Result<IntentRow> {
    let ended_at = Timestamp(get(row, 12)?);
    Ok(IntentRow {
        id: get(row, 0)?,
        pair: PairId::from(text(row, 1)?),
        kind: kind(text(row, 2)?)?,
        path: path(text(row, 3)?)?,
        to: maybe(text(row, 4)?).map(path).transpose()?,
        local: from_json(text(row, 5)?)?,
        remote: from_json(text(row, 6)?)?,
        size: unsigned(row, 7)?,
        cause: get(row, 8)?,
        at: Timestamp(get(row, 9)?),
        meant: get(row, 14)?,
        trashed: maybe(text(row, 10)?).map(str::to_owned),
        marker: maybe(text(row, 11)?).map(VersionId::new),
        ended: maybe(text(row, 13)?).map(|text| end(text).map(|end| (ended_at, end))).transpose()?,
    })
}

pub(crate) fn save(conn: &Connection, intent: &IntentRow) -> Result<()> {
    execute(
        conn,
        "INSERT INTO intents
             (id, pair_id, kind, path, to_path, local, remote, size, cause, at, trashed, marker, ended_at, ending,
              meant, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
             (SELECT coalesce(max(seq), 0) + 1 FROM intents))
         ON CONFLICT (id) DO UPDATE SET
             pair_id = excluded.pair_id, kind = excluded.kind, path = excluded.path, to_path = excluded.to_path,
             local = excluded.local, remote = excluded.remote, size = excluded.size, cause = excluded.cause,
             at = excluded.at, trashed = excluded.trashed, marker = excluded.marker,
             ended_at = excluded.ended_at, ending = excluded.ending, meant = excluded.meant",
        params![
            intent.id,
            intent.pair.as_str(),
            kind_text(intent.kind),
            intent.path.as_str(),
            intent.to.as_ref().map_or("", RelPath::as_str),
            json(intent.local.as_ref())?,
            json(intent.remote.as_ref())?,
            intent.size.cast_signed(),
            intent.cause,
            intent.at.0,
            intent.trashed.as_deref().unwrap_or(""),
            intent.marker.as_ref().map_or("", |v| v.as_str()),
            intent.ended.map_or(0, |(at, _)| at.0),
            intent.ended.map_or("", |(_, end)| end_text(end)),
            intent.meant,
        ],
    )?;
    INTENTS.seal(conn, &intent.id)
}

/// Without a new place or marker, what was written about them before stays.
pub(crate) fn ended(
    conn: &Connection,
    id: &str,
    at: Timestamp,
    end: IntentEnd,
    trashed: Option<&str>,
    marker: Option<&VersionId>,
) -> Result<()> {
    INTENTS.change(
        conn,
        id,
        "UPDATE intents SET ended_at = ?2, ending = ?3, trashed = iif(?4 = '', trashed, ?4),
             marker = iif(?5 = '', marker, ?5)
         WHERE id = ?1",
        params![id, at.0, end_text(end), trashed.unwrap_or(""), marker.map_or("", |v| v.as_str())],
    )
}

pub(crate) fn open(conn: &Connection, pair: &PairId) -> Result<Vec<IntentRow>> {
    INTENTS.rows(conn, "WHERE pair_id = ?1 AND ending = '' ORDER BY seq", [pair.as_str()], read)
}

pub(crate) fn one(conn: &Connection, id: &str) -> Result<Option<IntentRow>> {
    INTENTS.rows(conn, "WHERE id = ?1", [id], read).map(|mut rows| rows.pop())
}

pub(crate) fn window(
    conn: &Connection,
    pair: &PairId,
    kind: Option<IntentKind>,
    offset: u64,
    limit: u64,
) -> Result<(Vec<IntentRow>, u64)> {
    let (condition, kind) = match kind {
        Some(kind) => ("pair_id = ?1 AND kind = ?2 AND ending <> ''", kind_text(kind)),
        None => ("pair_id = ?1 AND ?2 = '' AND ending <> ''", ""),
    };
    let text = INTENTS.select(&format!(
        "WHERE id IN (SELECT id FROM intents WHERE {condition}
             ORDER BY ended_at DESC, seq DESC LIMIT ?4 OFFSET ?3)
         ORDER BY ended_at DESC, seq DESC"
    ));
    // What is damaged cannot be undone by this list any more; the rest can.
    let rows = all(conn, &text, params![pair.as_str(), kind, count(offset), count(limit)], |row| {
        Ok(INTENTS.check(row).and_then(|()| read(row)).ok())
    })?;
    let rows = rows.into_iter().flatten().collect();
    let number = first(
        conn,
        &format!("SELECT count(*) FROM intents WHERE {condition}"),
        [pair.as_str(), kind],
        |row| unsigned(row, 0),
    )?;
    Ok((rows, number.unwrap_or_default()))
}

pub(crate) fn deleted_since(conn: &Connection, pair: &PairId, since: Timestamp) -> Result<Tally> {
    first(
        conn,
        "SELECT count(*), coalesce(sum(size), 0) FROM intents
         WHERE pair_id = ?1 AND ended_at >= ?2 AND ending = 'done' AND meant = 0
             AND kind IN ('delete_remote', 'trash_local')",
        params![pair.as_str(), since.0],
        |row| Ok(Tally { files: unsigned(row, 0)?, bytes: unsigned(row, 1)? }),
    )
    .map(Option::unwrap_or_default)
}

/// A person's word covers all deletes up to now. A damaged row stays as it is, and counts.
pub(crate) fn meant(conn: &Connection, pair: &PairId) -> Result<()> {
    let text = INTENTS.select(
        "WHERE pair_id = ?1 AND ending = 'done' AND meant = 0 AND kind IN ('delete_remote', 'trash_local')",
    );
    let ids = all(conn, &text, [pair.as_str()], |row| {
        Ok(if INTENTS.check(row).is_ok() { Some(get::<String>(row, 0)?) } else { None })
    })?;
    for id in ids.iter().flatten() {
        execute(conn, "UPDATE intents SET meant = 1 WHERE id = ?1", [id])?;
        INTENTS.seal(conn, id)?;
    }
    Ok(())
}

/// Checks every open one, and that the index has the same: one that it lost would hide an effect that may have happened.
pub(crate) fn check_open(conn: &Connection) -> Result<()> {
    // The plus keeps the statement from using the index.
    INTENTS.rows(conn, "WHERE +ending = ''", [], read)?;
    let keys = |rest: &str| {
        let text = format!("SELECT pair_id, seq, id FROM intents {rest} ORDER BY pair_id, seq");
        all(conn, &text, [], |row| Ok((get::<String>(row, 0)?, get::<i64>(row, 1)?, get::<String>(row, 2)?)))
    };
    if keys("WHERE +ending = ''")? == keys("INDEXED BY intents_open WHERE ending = ''")? {
        Ok(())
    } else {
        Err(odd("the index of intents", "damaged"))
    }
}
