//! Table `intents`: what changes or removes something, and the undo list. Tests: `tests/intents.rs`.
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use windlass_domain::{LocalState, PairId, RelPath, RemoteState, Timestamp, VersionId};
use windlass_ports::{IntentEnd, IntentKind, IntentRow, Tally};

use super::{all, count, execute, first, get, text, unsigned};
use crate::error::{Result, odd, other};

/// What is stored as JSON beside the columns that are asked for.
#[derive(Serialize, Deserialize)]
struct Stored {
    path: RelPath,
    to: Option<RelPath>,
    local: Option<LocalState>,
    remote: Option<RemoteState>,
    cause: String,
    at: Timestamp,
    trashed: Option<String>,
    marker: Option<VersionId>,
}

const fn kind_text(kind: IntentKind) -> &'static str {
    match kind {
        IntentKind::DeleteRemote => "delete_remote",
        IntentKind::TrashLocal => "trash_local",
        IntentKind::MoveRemote => "move_remote",
        IntentKind::MoveLocal => "move_local",
        IntentKind::KeepBoth => "keep_both",
    }
}

fn kind(text: &str) -> Result<IntentKind> {
    Ok(match text {
        "delete_remote" => IntentKind::DeleteRemote,
        "trash_local" => IntentKind::TrashLocal,
        "move_remote" => IntentKind::MoveRemote,
        "move_local" => IntentKind::MoveLocal,
        "keep_both" => IntentKind::KeepBoth,
        unknown => return Err(odd("a kind of intent", unknown)),
    })
}

const fn end_text(end: IntentEnd) -> &'static str {
    match end {
        IntentEnd::Done => "done",
        IntentEnd::Refused => "refused",
        IntentEnd::Undone => "undone",
    }
}

fn end(text: &str) -> Result<Option<IntentEnd>> {
    Ok(match text {
        "" => None,
        "done" => Some(IntentEnd::Done),
        "refused" => Some(IntentEnd::Refused),
        "undone" => Some(IntentEnd::Undone),
        unknown => return Err(odd("an intent's end", unknown)),
    })
}

const SELECT: &str = "SELECT id, pair_id, kind, size, row, ended, ended_at FROM intents";

fn read(row: &Row<'_>) -> Result<IntentRow> {
    let stored: Stored = serde_json::from_str(text(row, 4)?).map_err(other)?;
    let ended_at = Timestamp(get(row, 6)?);
    Ok(IntentRow {
        id: get(row, 0)?,
        pair: PairId::from(text(row, 1)?),
        kind: kind(text(row, 2)?)?,
        path: stored.path,
        to: stored.to,
        local: stored.local,
        remote: stored.remote,
        size: unsigned(row, 3)?,
        cause: stored.cause,
        at: stored.at,
        trashed: stored.trashed,
        marker: stored.marker,
        ended: end(text(row, 5)?)?.map(|end| (ended_at, end)),
    })
}

pub(crate) fn save(conn: &Connection, intent: &IntentRow) -> Result<()> {
    let stored = Stored {
        path: intent.path.clone(),
        to: intent.to.clone(),
        local: intent.local.clone(),
        remote: intent.remote.clone(),
        cause: intent.cause.clone(),
        at: intent.at,
        trashed: intent.trashed.clone(),
        marker: intent.marker.clone(),
    };
    execute(
        conn,
        "INSERT INTO intents (id, pair_id, kind, size, row, ended, ended_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET
             kind = excluded.kind, size = excluded.size, row = excluded.row, ended = excluded.ended,
             ended_at = excluded.ended_at",
        params![
            intent.id,
            intent.pair.as_str(),
            kind_text(intent.kind),
            intent.size.cast_signed(),
            serde_json::to_string(&stored).map_err(other)?,
            intent.ended.map_or("", |(_, end)| end_text(end)),
            intent.ended.map_or(0, |(at, _)| at.0),
        ],
    )
    .map(|_| ())
}

pub(crate) fn end_one(
    conn: &Connection,
    id: &str,
    at: Timestamp,
    end: IntentEnd,
    trashed: Option<&String>,
    marker: Option<&VersionId>,
) -> Result<()> {
    let Some(mut intent) = one(conn, id)? else { return Err(odd("an intent that ends", id)) };
    intent.trashed = trashed.cloned().or(intent.trashed);
    intent.marker = marker.cloned().or(intent.marker);
    intent.ended = Some((at, end));
    save(conn, &intent)
}

pub(crate) fn one(conn: &Connection, id: &str) -> Result<Option<IntentRow>> {
    first(conn, &format!("{SELECT} WHERE id = ?1"), [id], read)
}

pub(crate) fn open(conn: &Connection, pair: &PairId) -> Result<Vec<IntentRow>> {
    all(conn, &format!("{SELECT} WHERE pair_id = ?1 AND ended = '' ORDER BY seq"), [pair.as_str()], read)
}

pub(crate) fn window(
    conn: &Connection,
    pair: &PairId,
    wanted: Option<IntentKind>,
    offset: u64,
    limit: u64,
) -> Result<(Vec<IntentRow>, u64)> {
    let wanted = wanted.map_or("", kind_text);
    let which = "pair_id = ?1 AND ended <> '' AND (?2 = '' OR kind = ?2)";
    let total = first(
        conn,
        &format!("SELECT count(*) FROM intents WHERE {which}"),
        params![pair.as_str(), wanted],
        |row| unsigned(row, 0),
    )?;
    let rows = all(
        conn,
        &format!("{SELECT} WHERE {which} ORDER BY seq DESC LIMIT ?4 OFFSET ?3"),
        params![pair.as_str(), wanted, count(offset), count(limit)],
        read,
    )?;
    Ok((rows, total.unwrap_or(0)))
}

pub(crate) fn deleted_since(conn: &Connection, pair: &PairId, since: Timestamp) -> Result<Tally> {
    let tally = first(
        conn,
        "SELECT count(*), coalesce(sum(size), 0) FROM intents
         WHERE pair_id = ?1 AND ended = 'done' AND kind IN ('delete_remote', 'trash_local') AND ended_at >= ?2",
        params![pair.as_str(), since.0],
        |row| Ok(Tally { files: unsigned(row, 0)?, bytes: unsigned(row, 1)? }),
    )?;
    Ok(tally.unwrap_or_default())
}
