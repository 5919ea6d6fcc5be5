//! Tables `transfers`, `batches` and `transfer_counts` (the last two kept by triggers). Tests: `tests/transfers.rs`.
use rusqlite::{Connection, Row, params};
use windlass_domain::{
    BatchId, Ending, PairId, RelPath, Revision, Timestamp, TransferId, Upload, UploadSpec,
};
use windlass_ports::UploadRow;
use windlass_ports::journal::{UploadCounts, UploadFilter};

use super::{all, amount, count, execute, first, get, parts, text, unsigned};
use crate::error::{Result, odd, other};
use crate::marks::{Mark, holds};

const SELECT: &str = "SELECT spec, state, revision, queued_at, id, spec_mark, state_mark FROM transfers";

/// Class and ending as stored.
fn class(state: &Upload) -> (&'static str, &'static str) {
    match state {
        Upload::Queued | Upload::Waiting { .. } => ("waiting", ""),
        Upload::Putting
        | Upload::Opening
        | Upload::Sending { .. }
        | Upload::Completing { .. }
        | Upload::Resolving { .. }
        | Upload::Verifying { .. }
        | Upload::Aborting { .. } => ("active", ""),
        Upload::Ended(ending) => match ending {
            Ending::Committed => ("done", "committed"),
            Ending::Superseded => ("done", "superseded"),
            Ending::Cancelled => ("done", "cancelled"),
            Ending::Conflicted => ("failed", "conflicted"),
            Ending::Failed(_) => ("failed", "failed"),
        },
    }
}

fn read(conn: &Connection, row: &Row<'_>) -> Result<UploadRow> {
    let id = text(row, 4)?;
    for (column, stored) in [(0, 5), (1, 6)] {
        if !holds(get(row, stored)?, Mark::default().of_texts(&[id, text(row, column)?])) {
            return Err(odd("a transfer", "damaged"));
        }
    }
    let spec: UploadSpec =
        serde_json::from_str(text(row, 0)?).map_err(|e| odd("a transfer", &e.to_string()))?;
    let mut state: Upload =
        serde_json::from_str(text(row, 1)?).map_err(|e| odd("a transfer's state", &e.to_string()))?;
    if state.done().is_some() {
        state.restore_parts(parts::of(conn, &spec.id)?);
    }
    Ok(UploadRow { spec, state, revision: Revision(unsigned(row, 2)?), queued_at: Timestamp(get(row, 3)?) })
}

pub(crate) fn save(
    conn: &Connection,
    spec: &UploadSpec,
    state: &Upload,
    at: Timestamp,
    revision: Revision,
) -> Result<()> {
    let (class, ending) = class(state);
    let json = serde_json::to_string(state).map_err(other)?;
    let state_mark = Mark::default().of_texts(&[spec.id.as_str(), &json]);
    let changed = execute(
        conn,
        "UPDATE OR FAIL transfers SET state_kind = ?2, state = ?3, class = ?4, ending = ?5, changed_at = ?6,
             revision = ?7, state_mark = ?8 WHERE id = ?1",
        params![
            spec.id.as_str(),
            state.name(),
            json,
            class,
            ending,
            at.0,
            revision.0.cast_signed(),
            state_mark
        ],
    )?;
    if changed > 0 {
        // An ended transfer needs no receipts any more.
        if !ending.is_empty() && !spec.single() {
            parts::drop_all(conn, &spec.id)?;
        }
        return Ok(());
    }
    let spec_json = serde_json::to_string(spec).map_err(other)?;
    execute(conn, "INSERT OR IGNORE INTO batches (batch) VALUES (?1)", [spec.batch.as_str()])?;
    execute(
        conn,
        "INSERT OR FAIL INTO transfers
             (id, batch, batch_seq, pair_id, path, size, spec, state_kind, state, class, ending, queued_at,
              changed_at, revision, spec_mark, state_mark)
         VALUES (?1, ?2, (SELECT seq FROM batches WHERE batch = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12,
             ?13, ?14)",
        params![
            spec.id.as_str(),
            spec.batch.as_str(),
            spec.pair.as_ref().map_or("", PairId::as_str),
            spec.path.as_str(),
            spec.snapshot.size.cast_signed(),
            spec_json,
            state.name(),
            json,
            class,
            ending,
            at.0,
            revision.0.cast_signed(),
            Mark::default().of_texts(&[spec.id.as_str(), &spec_json]),
            state_mark,
        ],
    )
    .map(|_| ())
}

/// A part changed the transfer, too.
pub(crate) fn touch(conn: &Connection, id: &TransferId, revision: Revision) -> Result<()> {
    execute(
        conn,
        "UPDATE transfers SET revision = ?2 WHERE id = ?1",
        params![id.as_str(), revision.0.cast_signed()],
    )
    .map(|_| ())
}

/// Removes ended ones from the list; failed ones too, since their files keep the cause.
pub(crate) fn clear_ended(conn: &Connection) -> Result<()> {
    execute(conn, "DELETE FROM transfers WHERE ending <> ''", [])?;
    execute(
        conn,
        "DELETE FROM batches WHERE open = 0 AND NOT EXISTS (SELECT 1 FROM transfers WHERE batch_seq = batches.seq)",
        [],
    )
    .map(|_| ())
}

pub(crate) fn open(conn: &Connection) -> Result<Vec<UploadRow>> {
    all(conn, &format!("{SELECT} WHERE ending = '' ORDER BY queued_at, seq"), [], |row| read(conn, row))
}

pub(crate) fn one(conn: &Connection, id: &TransferId) -> Result<Option<UploadRow>> {
    first(conn, &format!("{SELECT} WHERE id = ?1"), [id.as_str()], |row| read(conn, row))
}

pub(crate) fn open_of(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<Option<TransferId>> {
    first(
        conn,
        "SELECT id FROM transfers WHERE pair_id = ?1 AND path = ?2 AND ending = '' AND pair_id <> ''",
        [pair.as_str(), path.as_str()],
        |row| text(row, 0).map(TransferId::from),
    )
}

pub(crate) fn window(
    conn: &Connection,
    filter: UploadFilter,
    offset: u64,
    limit: u64,
) -> Result<(Vec<UploadRow>, UploadCounts)> {
    let condition = match filter {
        UploadFilter::Open => "class <> 'done'",
        UploadFilter::Active => "class = 'active'",
        UploadFilter::Waiting => "class = 'waiting'",
        UploadFilter::Failed => "class = 'failed'",
        UploadFilter::Done => "class = 'done'",
    };
    let rows = all(
        conn,
        &format!(
            "{SELECT} WHERE seq IN (SELECT seq FROM transfers WHERE {condition}
                 ORDER BY batch_seq DESC, seq LIMIT ?2 OFFSET ?1)
             ORDER BY batch_seq DESC, seq"
        ),
        [count(offset), count(limit)],
        |row| read(conn, row),
    )?;
    Ok((rows, counts(conn)?))
}

fn counts(conn: &Connection) -> Result<UploadCounts> {
    let mut counts = UploadCounts::default();
    let rows = all(conn, "SELECT class, transfers FROM transfer_counts", [], |row| {
        Ok((get::<String>(row, 0)?, amount(row, 1)?))
    })?;
    for (class, number) in rows {
        match class.as_str() {
            "active" => counts.active = number,
            "waiting" => counts.waiting = number,
            "failed" => counts.failed = number,
            "done" => counts.done = number,
            other => return Err(odd("a transfer's class", other)),
        }
    }
    counts.open = counts.active.saturating_add(counts.waiting).saturating_add(counts.failed);
    Ok(counts)
}

/// Over batches with something open: bytes of what is open or proved, and of what is proved.
pub(crate) fn open_bytes(conn: &Connection) -> Result<(u64, u64)> {
    first(
        conn,
        "SELECT coalesce(sum(open_bytes + safe_bytes), 0), coalesce(sum(safe_bytes), 0) FROM batches WHERE open > 0",
        [],
        |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)),
    )
    .map(Option::unwrap_or_default)
}

pub(crate) fn batch_open(conn: &Connection, batch: &BatchId) -> Result<u64> {
    first(conn, "SELECT open FROM batches WHERE batch = ?1", [batch.as_str()], |row| unsigned(row, 0))
        .map(Option::unwrap_or_default)
}
