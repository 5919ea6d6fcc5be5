//! Rows of table `files` on their way out. A damaged one never fails a whole page, and never says what was not written: the
//! part of it whose mark does not hold is left out. Without a base nothing is ever deleted or replaced (hazard HC6).
use rusqlite::{Connection, Params, Row};
use windlass_domain::words::FailureCode;
use windlass_domain::{BaseState, ETag, FileId, LocalState, RelPath, RemoteState, Timestamp, VersionId};
use windlass_ports::{FileRow, FileState};

use super::{digest, get, maybe, text, unsigned};
use crate::error::{Result, odd, sql};
use crate::marks::{Mark, NONE, holds};

/// The columns that [`page`] reads.
pub(crate) const SELECT: &str = "SELECT path, has_local, size, mtime, ctime, device, inode, digest, has_base,
    base_size, base_mtime, base_ctime, base_device, base_inode, base_digest, remote_size, remote_etag, remote_version,
    remote_digest, has_seen, seen_size, seen_etag, seen_version, seen_digest, state, failure, note, local_mark,
    base_mark, seen_mark FROM files";

/// State and failure as stored.
pub(crate) fn state_text(state: FileState) -> (&'static str, &'static str) {
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

pub(crate) fn failure(text: &str) -> Result<FailureCode> {
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

pub(crate) fn path(row: &Row<'_>, column: usize) -> Result<RelPath> {
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

/// Four columns from `from`: size, etag, version, digest.
fn remote(row: &Row<'_>, from: usize) -> Result<RemoteState> {
    Ok(RemoteState {
        size: unsigned(row, from)?,
        etag: ETag::new(text(row, from + 1)?),
        version: maybe(text(row, from + 2)?).map(VersionId::new),
        digest: digest(row, from + 3)?,
    })
}

/// What a row says of one thing. `Err` when it is damaged.
type Said<T> = std::result::Result<T, ()>;

fn said<T>(row: &Row<'_>, mark_column: usize, read: Result<T>, mark: impl FnOnce(&T) -> i64) -> Said<T> {
    let value = read.map_err(|_| ())?;
    let stored: i64 = get(row, mark_column).map_err(|_| ())?;
    if holds(stored, mark(&value)) { Ok(value) } else { Err(()) }
}

type Seen = (Option<LocalState>, FileState, String);

fn seen_here(row: &Row<'_>, path: &RelPath, mark: &mut Mark) -> Said<Seen> {
    let read = || -> Result<Seen> {
        let has_local: bool = get(row, 1)?;
        let local = if has_local { Some(local(row, 2)?) } else { None };
        Ok((local, state(text(row, 24)?, text(row, 25)?)?, get(row, 26)?))
    };
    said(row, 27, read(), |(local, state, note)| {
        mark.of_local(path, local.as_ref(), state_text(*state).1, note)
    })
}

fn base(row: &Row<'_>, path: &RelPath, mark: &mut Mark) -> Said<Option<BaseState>> {
    let read = || -> Result<Option<BaseState>> {
        let has_base: bool = get(row, 8)?;
        if !has_base {
            return Ok(None);
        }
        Ok(Some(BaseState { local: local(row, 9)?, remote: remote(row, 15)? }))
    };
    said(row, 28, read(), |base| base.as_ref().map_or(NONE, |base| mark.of_base(path, base)))
}

fn seen_there(row: &Row<'_>, path: &RelPath, mark: &mut Mark) -> Said<Option<RemoteState>> {
    let read = || -> Result<Option<RemoteState>> {
        let has_seen: bool = get(row, 19)?;
        if has_seen { remote(row, 20).map(Some) } else { Ok(None) }
    };
    said(row, 29, read(), |seen| seen.as_ref().map_or(NONE, |seen| mark.of_object(path, seen)))
}

/// `None` when not even the path can be read.
fn read(row: &Row<'_>, mark: &mut Mark) -> Option<FileRow> {
    let path = path(row, 0).ok()?;
    let (here, base, there) =
        (seen_here(row, &path, mark), base(row, &path, mark), seen_there(row, &path, mark));
    if here.is_err() || base.is_err() || there.is_err() {
        tracing::warn!("a file's row in the journal is damaged; what it said does not count");
    }
    let base = base.unwrap_or_default();
    let (local, state, note) = here.unwrap_or((None, FileState::Waiting, String::new()));
    // Safe is what a base proves.
    let state = if state == FileState::Safe && base.is_none() { FileState::Waiting } else { state };
    Some(FileRow { path, local, remote: there.unwrap_or_default(), base, state, note })
}

/// Rows of a statement that begins with [`SELECT`], at most `most`.
pub(crate) fn page(conn: &Connection, text: &str, params: impl Params, most: usize) -> Result<Vec<FileRow>> {
    let mut statement = conn.prepare_cached(text).map_err(sql)?;
    let mut rows = statement.query(params).map_err(sql)?;
    let (mut found, mut mark) = (Vec::new(), Mark::default());
    while found.len() < most {
        let Some(row) = rows.next().map_err(sql)? else { break };
        match read(row, &mut mark) {
            Some(row) => found.push(row),
            None => tracing::error!(
                "a file's row in the journal is damaged beyond its path; the file counts as new"
            ),
        }
    }
    Ok(found)
}
