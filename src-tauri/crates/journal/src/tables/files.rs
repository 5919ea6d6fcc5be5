//! Tables `files` and `file_counts` (kept by triggers), and `safe_versions`. Tests: `tests/files.rs`.
use rusqlite::{Connection, Row, ToSql, params};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BaseState, Crc64Nvme, Digest, ETag, FileId, LocalState, PairId, RelPath, RemoteState, Timestamp,
    VersionId,
};
use windlass_ports::journal::FileFilter;
use windlass_ports::{FileRow, FileState, FolderCounts, JournalErrorKind, Tally};

use super::{all, count, digest, digest_bytes, execute, first, get, maybe, pairs, text, unsigned};
use crate::error::{Result, odd, of};

const SELECT: &str = "SELECT path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size,
    base_mtime, base_ctime, base_device, base_inode, base_digest, remote_size, remote_etag, remote_version,
    remote_digest, state, failure, note, has_seen, seen_size, seen_etag, seen_version, seen_digest, base_check FROM files";

/// State and failure as stored.
fn state_text(state: FileState) -> (&'static str, &'static str) {
    match state {
        FileState::Waiting => ("waiting", ""),
        FileState::Uploading => ("uploading", ""),
        FileState::Checking => ("checking", ""),
        FileState::Downloading => ("downloading", ""),
        FileState::Held => ("held", ""),
        FileState::Safe => ("safe", ""),
        FileState::Failed(code) => ("failed", code.code()),
    }
}

fn failure(text: &str) -> Result<FailureCode> {
    FailureCode::from_code(text).ok_or_else(|| odd("a failure", text))
}

fn state(state: &str, code: &str) -> Result<FileState> {
    match state {
        "waiting" => Ok(FileState::Waiting),
        "uploading" => Ok(FileState::Uploading),
        "checking" => Ok(FileState::Checking),
        "downloading" => Ok(FileState::Downloading),
        "held" => Ok(FileState::Held),
        "safe" => Ok(FileState::Safe),
        "failed" => failure(code).map(FileState::Failed),
        other => Err(odd("a file's state", other)),
    }
}

fn path(row: &Row<'_>, column: usize) -> Result<RelPath> {
    let text = text(row, column)?;
    RelPath::parse(text).map_err(|_| odd("a path", text))
}

/// Six columns from `from`: size, mtime, ctime, device, inode, digest.
fn local(row: &Row<'_>, from: usize) -> Result<LocalState> {
    Ok(LocalState {
        size: unsigned(row, from)?,
        mtime: Timestamp(get(row, from + 1)?),
        ctime: Timestamp(get(row, from + 2)?),
        file_id: FileId { device: unsigned(row, from + 3)?, inode: unsigned(row, from + 4)? },
        digest: digest(row, from + 5)?,
    })
}

fn read(row: &Row<'_>) -> Result<FileRow> {
    let has_local: bool = get(row, 1)?;
    let has_base: bool = get(row, 8)?;
    let path = path(row, 0)?;
    let base = if has_base {
        Some(BaseState {
            local: local(row, 9)?,
            remote: RemoteState {
                size: unsigned(row, 15)?,
                etag: ETag::new(text(row, 16)?),
                version: maybe(text(row, 17)?).map(VersionId::new),
                digest: digest(row, 18)?,
            },
        })
    } else {
        None
    };
    let seen: bool = get(row, 22)?;
    let remote = if seen {
        Some(RemoteState {
            size: unsigned(row, 23)?,
            etag: ETag::new(text(row, 24)?),
            version: maybe(text(row, 25)?).map(VersionId::new),
            digest: digest(row, 26)?,
        })
    } else {
        None
    };
    let mut state = state(text(row, 19)?, text(row, 20)?)?;
    let noted: i64 = get(row, 27)?;
    let base = base.filter(|base: &BaseState| noted == 0 || noted == base_check(&path, base));
    if base.is_none() && state == FileState::Safe {
        // Damage that SQLite cannot see (hazard HC6): nothing is concluded from such a row.
        tracing::error!(%path, "a row of the journal is damaged; the file is compared again");
        state = FileState::Waiting;
    }
    Ok(FileRow {
        path,
        local: if has_local { Some(local(row, 2)?) } else { None },
        remote,
        base,
        state,
        note: get(row, 21)?,
    })
}

/// A checksum over a path and its base; never 0, which stands for none.
fn base_check(path: &RelPath, base: &BaseState) -> i64 {
    let BaseState { local, remote } = base;
    let mut bytes = Vec::with_capacity(160);
    bytes.extend_from_slice(path.as_str().as_bytes());
    bytes.push(0);
    for number in [
        local.size,
        local.mtime.0.cast_unsigned(),
        local.ctime.0.cast_unsigned(),
        local.file_id.device,
        local.file_id.inode,
        remote.size,
    ] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(digest_bytes(local.digest.as_ref()));
    bytes.push(0);
    bytes.extend_from_slice(remote.etag.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(remote.version.as_ref().map_or("", |version| version.as_str()).as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(digest_bytes(remote.digest.as_ref()));
    match Crc64Nvme::of(&bytes).digest() {
        Digest::Crc64Nvme(sum) => i64::from_le_bytes(sum).max(i64::MIN + 1) | 1,
        Digest::Sha256(_) => 1,
    }
}

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
             failure = ?11, note = ?12
         WHERE pair_id = ?1 AND path = ?2",
        "INSERT INTO files
             (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, state, failure, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
        ],
    )?;
    if state == FileState::Failed(FailureCode::StoredBytesDiffer) {
        forget_safe(conn, pair, path)?;
    }
    Ok(())
}

/// Base and Safe in one row write. The file as last seen becomes the one that was proved, so that a later look compares
/// with that.
pub(crate) fn save_base(conn: &Connection, pair: &PairId, path: &RelPath, base: &BaseState) -> Result<()> {
    let BaseState { local, remote } = base;
    change_or_add(
        conn,
        "UPDATE OR FAIL files SET
             has_local = 1, size = ?3, mtime = ?4, ctime = ?5, device = ?6, inode = ?7, digest = ?8,
             has_base = 1, base_size = ?3, base_mtime = ?4, base_ctime = ?5, base_device = ?6, base_inode = ?7,
             base_digest = ?8, remote_size = ?9, remote_etag = ?10, remote_version = ?11, remote_digest = ?12,
             state = 'safe', failure = '', note = '', base_check = ?13, has_seen = 0
         WHERE pair_id = ?1 AND path = ?2",
        "INSERT INTO files
             (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size,
              base_mtime, base_ctime, base_device, base_inode, base_digest, remote_size, remote_etag,
              remote_version, remote_digest, state, failure, note, base_check)
         VALUES
             (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'safe', '', '', ?13)",
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
            base_check(path, base),
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

/// What was seen of an object. Adds a waiting row where there is none.
pub(crate) fn save_seen(
    conn: &Connection,
    pair: &PairId,
    path: &RelPath,
    seen: Option<&RemoteState>,
) -> Result<()> {
    let Some(seen) = seen else {
        return execute(
            conn,
            "UPDATE files SET has_seen = 0 WHERE pair_id = ?1 AND path = ?2",
            [pair.as_str(), path.as_str()],
        )
        .map(|_| ());
    };
    change_or_add(
        conn,
        "UPDATE OR FAIL files SET has_seen = 1, seen_size = ?3, seen_etag = ?4, seen_version = ?5, seen_digest = ?6
         WHERE pair_id = ?1 AND path = ?2",
        "INSERT INTO files (pair_id, path, has_seen, seen_size, seen_etag, seen_version, seen_digest)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)",
        params![
            pair.as_str(),
            path.as_str(),
            seen.size.cast_signed(),
            seen.etag.as_str(),
            seen.version.as_ref().map_or("", |version| version.as_str()),
            digest_bytes(seen.digest.as_ref()),
        ],
    )
}

/// Takes bases away: of one path, or of all. What was Safe waits to be compared; the object of the base stays noted as seen,
/// with its checksum.
pub(crate) fn forget_bases(conn: &Connection, pair: &PairId, path: Option<&RelPath>) -> Result<()> {
    execute(
        conn,
        "UPDATE OR FAIL files SET
             has_seen = 1,
             seen_size = iif(has_seen, seen_size, remote_size), seen_etag = iif(has_seen, seen_etag, remote_etag),
             seen_version = iif(has_seen, seen_version, remote_version),
             seen_digest = iif(has_seen, seen_digest, remote_digest),
             has_base = 0, state = iif(state = 'safe', 'waiting', state)
         WHERE pair_id = ?1 AND has_base = 1 AND (?2 = '' OR path = ?2)",
        [pair.as_str(), path.map_or("", RelPath::as_str)],
    )
    .map(|_| ())
}

/// Files with a base, and their bytes.
pub(crate) fn base_totals(conn: &Connection, pair: &PairId) -> Result<Tally> {
    let tally = first(
        conn,
        "SELECT count(*), coalesce(sum(base_size), 0) FROM files WHERE pair_id = ?1 AND has_base = 1",
        [pair.as_str()],
        |row| Ok(Tally { files: unsigned(row, 0)?, bytes: unsigned(row, 1)? }),
    )?;
    Ok(tally.unwrap_or_default())
}

pub(crate) fn list(
    conn: &Connection,
    pair: &PairId,
    after: Option<&RelPath>,
    limit: u32,
) -> Result<Vec<FileRow>> {
    all(
        conn,
        &format!("{SELECT} WHERE pair_id = ?1 AND path > ?2 ORDER BY path LIMIT ?3"),
        params![pair.as_str(), after.map_or("", RelPath::as_str), limit],
        read,
    )
}

pub(crate) fn one(conn: &Connection, pair: &PairId, path: &RelPath) -> Result<Option<FileRow>> {
    first(conn, &format!("{SELECT} WHERE pair_id = ?1 AND path = ?2"), [pair.as_str(), path.as_str()], read)
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
    let rows = all(
        conn,
        &format!(
            "{SELECT} WHERE pair_id = ?1 AND path IN
                 (SELECT path FROM files WHERE pair_id = ?1 {condition} ORDER BY path LIMIT ?3 OFFSET ?2)
             ORDER BY path"
        ),
        params![pair.as_str(), count(offset), count(limit)],
        read,
    )?;
    Ok((rows, total))
}

pub(crate) fn counts(conn: &Connection, pair: &PairId) -> Result<FolderCounts> {
    let mut counts = FolderCounts::default();
    let rows = all(
        conn,
        "SELECT state, files, bytes FROM file_counts WHERE pair_id = ?1",
        [pair.as_str()],
        |row| Ok((get::<String>(row, 0)?, unsigned(row, 1)?, unsigned(row, 2)?)),
    )?;
    for (state, files, bytes) in rows {
        counts.total += files;
        counts.bytes_total += bytes;
        match state.as_str() {
            "waiting" | "downloading" | "held" => counts.waiting += files,
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
