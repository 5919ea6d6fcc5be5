//! Tables `files` and `file_counts` (kept by triggers), and `safe_versions`. Tests: `tests/files.rs`.
use rusqlite::{Connection, ToSql, TransactionBehavior, params};
use windlass_domain::words::FailureCode;
use windlass_domain::{BaseState, LocalState, PairId, RelPath, RemoteState};
use windlass_ports::journal::FileFilter;
use windlass_ports::{FileRow, FileState, FolderCounts, JournalErrorKind, Tally};

use super::file_rows::{self, SELECT, failure, path, state_text};
use super::{all, amount, count, digest_bytes, execute, first, get, pairs, text, unsigned};
use crate::error::{Result, odd, of, sql};
use crate::marks::{Mark, NONE};

/// Changes a row, or adds it when there is none. An upsert would check the reference to the folder each time.
fn change_or_add(conn: &Connection, change: &str, add: &str, params: &[&dyn ToSql]) -> Result<()> {
    if execute(conn, change, params)? == 0 {
        execute(conn, add, params)?;
    }
    Ok(())
}

/// What was seen. Never makes a file Safe: only [`save_base`] does (SEMANTICS: "Safe never without a proof").
pub(crate) fn save(
    conn: &Connection,
    pair: &PairId,
    path: &RelPath,
    local: Option<&LocalState>,
    state: FileState,
    note: &str,
) -> Result<()> {
    if state == FileState::Safe {
        return Err(of(
            JournalErrorKind::Other,
            "a file becomes Safe only together with the base that proves it (SaveBase)",
        ));
    }
    let (state_name, code) = state_text(state);
    let id = local.map(|l| l.file_id).unwrap_or_default();
    change_or_add(
        conn,
        "UPDATE OR FAIL files SET
             has_local = ?3, size = ?4, mtime = ?5, ctime = ?6, device = ?7, inode = ?8, digest = ?9, state = ?10,
             failure = ?11, note = ?12, local_mark = ?13
         WHERE pair_id = ?1 AND path = ?2",
        "INSERT INTO files
             (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, state, failure, note,
              local_mark, base_mark, seen_mark)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, 1)",
        params![
            pair.as_str(),
            path.as_str(),
            local.is_some(),
            local.map_or(0, |l| l.size.cast_signed()),
            local.map_or(0, |l| l.mtime.0),
            local.map_or(0, |l| l.ctime.0),
            id.device.cast_signed(),
            id.inode.cast_signed(),
            digest_bytes(local.and_then(|l| l.digest.as_ref())),
            state_name,
            code,
            note,
            Mark::default().of_local(path, local, code, note),
        ],
    )?;
    if state == FileState::Failed(FailureCode::StoredBytesDiffer) {
        forget_safe(conn, pair, path)?;
    }
    Ok(())
}

/// Base and Safe in one row write. The file as last seen becomes the one that was proved, so that a later look compares
/// with that; the object as last seen is what the base says.
pub(crate) fn save_base(conn: &Connection, pair: &PairId, path: &RelPath, base: &BaseState) -> Result<()> {
    let BaseState { local, remote } = base;
    let mut mark = Mark::default();
    change_or_add(
        conn,
        "UPDATE OR FAIL files SET
             has_local = 1, size = ?3, mtime = ?4, ctime = ?5, device = ?6, inode = ?7, digest = ?8,
             has_base = 1, base_size = ?3, base_mtime = ?4, base_ctime = ?5, base_device = ?6, base_inode = ?7,
             base_digest = ?8, remote_size = ?9, remote_etag = ?10, remote_version = ?11, remote_digest = ?12,
             has_seen = 0, seen_size = 0, seen_etag = '', seen_version = '', seen_digest = x'', state = 'safe',
             failure = '', note = '', local_mark = ?13, base_mark = ?14,
             remote_mark = ?15, seen_mark = 1
         WHERE pair_id = ?1 AND path = ?2",
        "INSERT INTO files
             (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size,
              base_mtime, base_ctime, base_device, base_inode, base_digest, remote_size, remote_etag,
              remote_version, remote_digest, state, failure, note, local_mark, base_mark,
              remote_mark, seen_mark)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'safe', '', '',
              ?13, ?14, ?15, 1)",
        params![
            pair.as_str(),
            path.as_str(),
            local.size.cast_signed(),
            local.mtime.0,
            local.ctime.0,
            local.file_id.device.cast_signed(),
            local.file_id.inode.cast_signed(),
            digest_bytes(local.digest.as_ref()),
            remote.size.cast_signed(),
            remote.etag.as_str(),
            remote.version.as_ref().map_or("", |v| v.as_str()),
            digest_bytes(remote.digest.as_ref()),
            mark.of_local(path, Some(local), "", ""),
            mark.of_base(path, base),
            mark.of_object(path, remote),
        ],
    )?;
    if let Some((connection, bucket, prefix)) = pairs::place(conn, pair)? {
        add_safe(conn, &connection, &bucket, &format!("{prefix}{path}"), remote.etag.as_str())?;
    }
    Ok(())
}

/// Notes that this version was proved equal to a file here.
pub(crate) fn add_safe(
    conn: &Connection,
    connection: &str,
    bucket: &str,
    key: &str,
    etag: &str,
) -> Result<()> {
    execute(
        conn,
        "INSERT OR IGNORE INTO safe_versions (connection, bucket, key, etag) VALUES (?1, ?2, ?3, ?4)",
        [connection, bucket, key, etag],
    )
    .map(|_| ())
}

/// The stored bytes turned out to differ: no version of this key counts as proved any more.
fn forget_safe(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<()> {
    if let Some((connection, bucket, prefix)) = pairs::place(conn, pair)? {
        execute(
            conn,
            "DELETE FROM safe_versions WHERE connection = ?1 AND bucket = ?2 AND key = ?3",
            [connection, bucket, format!("{prefix}{path}")],
        )?;
    }
    Ok(())
}

pub(crate) fn forget(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<()> {
    execute(conn, "DELETE FROM files WHERE pair_id = ?1 AND path = ?2", [pair.as_str(), path.as_str()])
        .map(|_| ())
}

/// What was seen of an object.
pub(crate) fn save_seen(
    conn: &Connection,
    pair: &PairId,
    path: &RelPath,
    seen: Option<&RemoteState>,
) -> Result<()> {
    const CHANGE: &str = "UPDATE files SET
             has_seen = ?3, seen_size = ?4, seen_etag = ?5, seen_version = ?6, seen_digest = ?7, seen_mark = ?8
         WHERE pair_id = ?1 AND path = ?2";
    let Some(seen) = seen else {
        let none: &[&dyn ToSql] = params![pair.as_str(), path.as_str(), 0, 0, "", "", [0u8; 0], NONE];
        return execute(conn, CHANGE, none).map(|_| ());
    };
    let mut mark = Mark::default();
    let values: &[&dyn ToSql] = params![
        pair.as_str(),
        path.as_str(),
        1,
        seen.size.cast_signed(),
        seen.etag.as_str(),
        seen.version.as_ref().map_or("", |v| v.as_str()),
        digest_bytes(seen.digest.as_ref()),
        mark.of_object(path, seen),
    ];
    if execute(conn, CHANGE, values)? == 0 {
        // Nothing of it was ever seen here.
        save(conn, pair, path, None, FileState::Waiting, "")?;
        execute(conn, CHANGE, values)?;
    }
    Ok(())
}

const FORGET: &str = "UPDATE OR FAIL files SET
         seen_size = iif(has_seen, seen_size, remote_size), seen_etag = iif(has_seen, seen_etag, remote_etag),
         seen_version = iif(has_seen, seen_version, remote_version),
         seen_digest = iif(has_seen, seen_digest, remote_digest), seen_mark = iif(has_seen, seen_mark, remote_mark),
         has_seen = 1, has_base = 0, base_size = 0, base_mtime = 0, base_ctime = 0, base_device = 0, base_inode = 0,
         base_digest = x'', remote_size = 0, remote_etag = '', remote_version = '', remote_digest = x'',
         base_mark = 1, remote_mark = 1, state = iif(state = 'safe', 'waiting', state)
     WHERE pair_id = ?1 AND has_base = 1";

/// Merge mode. The file as last seen stays, with its digest: of an untouched file that is still true. So does the object,
/// which is the base's unless another was seen since: of a version that is still there, its checksum is still true.
pub(crate) fn forget_bases(conn: &Connection, pair: &PairId) -> Result<()> {
    execute(conn, FORGET, [pair.as_str()]).map(|_| ())
}

pub(crate) fn forget_base(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<()> {
    execute(conn, &format!("{FORGET} AND path = ?2"), [pair.as_str(), path.as_str()]).map(|_| ())
}

/// Files with a base, and their bytes. Goes through all rows.
pub(crate) fn base_totals(conn: &Connection, pair: &PairId) -> Result<Tally> {
    let text = "SELECT count(*), coalesce(sum(base_size), 0) FROM files WHERE pair_id = ?1 AND has_base = 1";
    first(conn, text, [pair.as_str()], |row| Ok(Tally { files: unsigned(row, 0)?, bytes: unsigned(row, 1)? }))
        .map(Option::unwrap_or_default)
}

/// A page in path order. It is full unless it is the last one: a row whose path is damaged takes no place in it.
pub(crate) fn list(
    conn: &Connection,
    pair: &PairId,
    after: Option<&RelPath>,
    limit: u32,
) -> Result<Vec<FileRow>> {
    let text = format!("{SELECT} WHERE pair_id = ?1 AND path > ?2 ORDER BY path");
    let after = after.map_or("", RelPath::as_str);
    file_rows::page(conn, &text, params![pair.as_str(), after], usize::try_from(limit).unwrap_or(usize::MAX))
}

pub(crate) fn one(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<Option<FileRow>> {
    let text = format!("{SELECT} WHERE pair_id = ?1 AND path = ?2");
    file_rows::page(conn, &text, [pair.as_str(), path.as_str()], 1).map(|mut rows| rows.pop())
}

pub(crate) fn window(
    conn: &Connection,
    pair: &PairId,
    filter: FileFilter,
    offset: u64,
    limit: u64,
) -> Result<(Vec<FileRow>, u64)> {
    let counts = counts(conn, pair)?;
    // The inner statement skips in an index that has the path alone; rows are read for the window only.
    let (condition, total) = match filter {
        FileFilter::All => ("", counts.total),
        FileFilter::Todo => ("AND state <> 'safe'", counts.total.saturating_sub(counts.safe)),
        FileFilter::Verified => ("AND state = 'safe'", counts.safe),
        FileFilter::Failed => ("AND state = 'failed'", counts.failed),
    };
    let rows = file_rows::page(
        conn,
        &format!(
            "{SELECT} WHERE pair_id = ?1 AND path IN
                 (SELECT path FROM files WHERE pair_id = ?1 {condition} ORDER BY path LIMIT ?3 OFFSET ?2)
             ORDER BY path"
        ),
        params![pair.as_str(), count(offset), count(limit)],
        usize::MAX,
    )?;
    Ok((rows, total))
}

pub(crate) fn counts(conn: &Connection, pair: &PairId) -> Result<FolderCounts> {
    let mut counts = FolderCounts::default();
    let rows = all(
        conn,
        "SELECT state, files, bytes FROM file_counts WHERE pair_id = ?1",
        [pair.as_str()],
        |row| Ok((get::<String>(row, 0)?, amount(row, 1)?, unsigned(row, 2)?)),
    )?;
    for (state, files, bytes) in rows {
        counts.total = counts.total.saturating_add(files);
        counts.bytes_total = counts.bytes_total.saturating_add(bytes);
        match state.as_str() {
            // Nobody is asked for more than which of them moves.
            "waiting" | "downloading" | "held" => counts.waiting = counts.waiting.saturating_add(files),
            "uploading" => counts.uploading = files,
            "checking" => counts.checking = files,
            "safe" => {
                counts.safe = files;
                counts.bytes_safe = bytes;
            }
            "failed" => counts.failed = files,
            other => return Err(odd("a file's state", other)),
        }
    }
    Ok(counts)
}

/// Counts are kept by triggers; when they are not what the rows say, a byte of them changed on the disk.
pub(crate) fn mend_counts(conn: &mut Connection) -> Result<()> {
    const ROWS: &str =
        "SELECT pair_id, state, count(*) AS files, sum(size) AS bytes FROM files GROUP BY pair_id, state";
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    let differ = format!(
        "WITH counted AS ({ROWS})
         SELECT 1 FROM file_counts k FULL JOIN counted c ON c.pair_id = k.pair_id AND c.state = k.state
         WHERE coalesce(k.files, 0) <> coalesce(c.files, 0) OR coalesce(k.bytes, 0) <> coalesce(c.bytes, 0) LIMIT 1"
    );
    if first(&transaction, &differ, [], |_| Ok(()))?.is_some() {
        tracing::warn!("the counts of files were wrong; they are made again");
        execute(&transaction, "UPDATE file_counts SET files = 0, bytes = 0", [])?;
        let again = format!(
            "INSERT INTO file_counts (pair_id, state, files, bytes) {ROWS}
             ON CONFLICT (pair_id, state) DO UPDATE SET files = excluded.files, bytes = excluded.bytes"
        );
        execute(&transaction, &again.replace("GROUP BY", "WHERE true GROUP BY"), [])?;
    }
    transaction.commit().map_err(sql)
}

pub(crate) fn failures(conn: &Connection, pair: &PairId) -> Result<Vec<(FailureCode, u64, Vec<RelPath>)>> {
    let causes = all(
        conn,
        "SELECT failure, count(*) FROM files WHERE pair_id = ?1 AND state = 'failed' GROUP BY failure",
        [pair.as_str()],
        |row| Ok((failure(text(row, 0)?)?, unsigned(row, 1)?)),
    )?;
    let mut found = Vec::with_capacity(causes.len());
    for (code, number) in causes {
        let paths = all(
            conn,
            "SELECT path FROM files WHERE pair_id = ?1 AND state = 'failed' AND failure = ?2
             ORDER BY path LIMIT 20",
            [pair.as_str(), code.code()],
            |row| path(row, 0),
        )?;
        found.push((code, number, paths));
    }
    found.sort_by_key(|(code, _, _)| *code);
    Ok(found)
}
