//! Bodies: taking them in while hashing, and giving ranges of them out again, in pieces of at most 1 MiB.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use rusqlite::Connection;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::crypto::Md5;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::{INLINE_LIMIT, Store, db};
use crate::checksum::{Algo, Checksums, finish, hasher};

/// How much is hashed and written at once.
const PIECE: usize = 1024 * 1024;
/// How much is read at once for an answer.
const READ_PIECE: usize = 256 * 1024;

/// One stretch of a stored body: a file or a row of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(crate) inline: Option<i64>,
    #[serde(rename = "n")]
    pub(crate) size: u64,
}

/// Damage done on purpose while a body comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tamper {
    /// None.
    #[default]
    No,
    /// One bit, before anything is hashed or checked.
    InTransit,
    /// One bit, after the client's checksums were computed: what is stored differs from what was answered.
    AtRest,
}

/// A body that is complete but not yet part of an object. Dropping it removes it.
pub(crate) enum NewBody {
    /// Small: goes into the index.
    Inline(Vec<u8>),
    /// Large: a file that nobody refers to yet.
    File(PendingFile),
}

/// A body file that is removed again unless it becomes part of an object.
pub(crate) struct PendingFile {
    id: String,
    path: PathBuf,
    size: u64,
    kept: bool,
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.kept {
            // A file that stays is found by the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl NewBody {
    /// Makes the body part of the running transaction and says where it lies. Call [`Self::keep`] after the commit.
    pub(crate) fn segment(&self, tx: &Connection) -> S3Result<Vec<Segment>> {
        match self {
            Self::Inline(bytes) if bytes.is_empty() => Ok(Vec::new()),
            Self::Inline(bytes) => {
                tx.prepare_cached("INSERT INTO inline_bodies (body) VALUES (?1)")
                    .map_err(db)?
                    .execute([bytes])
                    .map_err(db)?;
                let size = bytes.len() as u64;
                Ok(vec![Segment { file: None, inline: Some(tx.last_insert_rowid()), size }])
            }
            Self::File(file) => {
                Ok(vec![Segment { file: Some(file.id.clone()), inline: None, size: file.size }])
            }
        }
    }

    /// The transaction that refers to this body is committed.
    pub(crate) fn keep(mut self) {
        match &mut self {
            Self::Inline(_) => {}
            Self::File(file) => file.kept = true,
        }
    }
}

/// What came in: the body, its length, its MD5 and the checksums that were asked for.
pub(crate) struct Received {
    pub(crate) body: NewBody,
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    /// Of the bytes the client sent.
    pub(crate) answered: Checksums,
    /// Of the bytes that are stored: the same, unless they were damaged on purpose.
    pub(crate) recorded: Checksums,
}

struct Intake {
    md5: Md5,
    sums: ChecksumHasher,
    stored_sums: Option<ChecksumHasher>,
    tamper: Tamper,
    file: Option<(std::fs::File, PendingFile)>,
    size: u64,
}

impl Intake {
    /// Hashes and, if it isn't to stay in memory, writes one piece.
    fn take(&mut self, piece: &mut [u8], store: Option<&Store>) -> S3Result<()> {
        if self.tamper == Tamper::InTransit {
            flip(piece);
            self.tamper = Tamper::No;
        }
        self.md5.update(piece);
        self.sums.update(piece);
        if self.tamper == Tamper::AtRest {
            flip(piece);
            self.tamper = Tamper::No;
        }
        if let Some(stored) = &mut self.stored_sums {
            stored.update(piece);
        }
        self.size += piece.len() as u64;
        if let Some(store) = store {
            let (file, pending) = match &mut self.file {
                Some(open) => open,
                none => {
                    let id = uuid::Uuid::now_v7().simple().to_string();
                    let path = store.body_path(&id);
                    let file = std::fs::File::create_new(&path).map_err(S3Error::internal_error)?;
                    none.insert((file, PendingFile { id, path, size: 0, kept: false }))
                }
            };
            file.write_all(piece).map_err(S3Error::internal_error)?;
            pending.size += piece.len() as u64;
        }
        Ok(())
    }
}

fn flip(piece: &mut [u8]) {
    let middle = piece.len() / 2;
    if let Some(byte) = piece.get_mut(middle) {
        *byte ^= 0x10;
    }
}

/// Takes a whole body in, hashing as it comes; at most two pieces are in memory.
///
/// # Errors
/// What the stream reports (wrong payload hash, cut connection), or an internal error when the disk refuses.
pub(crate) async fn ingest(
    store: &Arc<Store>,
    stream: Option<StreamingBlob>,
    algos: &[Algo],
    tamper: Tamper,
) -> S3Result<Received> {
    let mut intake = Intake {
        md5: Md5::new(),
        sums: hasher(algos),
        stored_sums: (tamper == Tamper::AtRest).then(|| hasher(algos)),
        tamper,
        file: None,
        size: 0,
    };
    let mut pending: Vec<u8> = Vec::new();
    if let Some(mut stream) = stream {
        while let Some(next) = stream.next().await {
            let bytes = next.map_err(|e| body_error(&*e))?;
            pending.extend_from_slice(&bytes);
            if pending.len() >= PIECE {
                (intake, pending) = write_piece(store, intake, pending).await?;
            }
        }
    }
    let body = if intake.file.is_none() && pending.len() <= INLINE_LIMIT {
        intake.take(&mut pending, None)?;
        NewBody::Inline(pending)
    } else {
        (intake, _) = write_piece(store, intake, pending).await?;
        let Some((_, file)) = intake.file.take() else { return Err(s3_error!(InternalError)) };
        NewBody::File(file)
    };
    let answered = finish(intake.sums);
    let recorded = intake.stored_sums.map_or_else(|| answered.clone(), finish);
    Ok(Received { body, size: intake.size, md5: intake.md5.finalize(), answered, recorded })
}

async fn write_piece(
    store: &Arc<Store>,
    mut intake: Intake,
    mut piece: Vec<u8>,
) -> S3Result<(Intake, Vec<u8>)> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || {
        intake.take(&mut piece, Some(&store))?;
        piece.clear();
        Ok((intake, piece))
    })
    .await
    .map_err(S3Error::internal_error)?
}

/// Turns what the protocol layer found in the stream into the error S3 answers.
fn body_error(error: &(dyn std::error::Error + Send + Sync)) -> S3Error {
    // The protocol crate keeps these error types to itself, so their text is all there is.
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let mut error = S3Error::with_message(
            code,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
        error.set_status_code(http::StatusCode::BAD_REQUEST);
        error
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match.")
    } else {
        s3_error!(IncompleteBody, "The request body ended early or was malformed: {}", text)
    }
}

/// The JSON the index keeps.
pub(crate) fn segments_json(segments: &[Segment]) -> S3Result<String> {
    serde_json::to_string(segments).map_err(S3Error::internal_error)
}

/// Streams `length` bytes from `start` of a stored body. The reader ends when the answer is dropped.
pub(crate) fn read_range(
    store: &Arc<Store>,
    segments: Vec<Segment>,
    start: u64,
    length: u64,
) -> StreamingBlob {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(2);
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send_range(&store, &segments, start, length, &sender) {
            // The other side may be gone already; then nobody needs the error.
            let _ = sender.blocking_send(Err(error));
        }
    });
    StreamingBlob::wrap(futures::stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

fn send_range(
    store: &Store,
    segments: &[Segment],
    start: u64,
    length: u64,
    sender: &tokio::sync::mpsc::Sender<Result<Bytes, std::io::Error>>,
) -> Result<(), std::io::Error> {
    let mut skip = start;
    let mut left = length;
    for segment in segments {
        if left == 0 {
            break;
        }
        if skip >= segment.size {
            skip -= segment.size;
            continue;
        }
        let mut here = (segment.size - skip).min(left);
        left -= here;
        if let Some(id) = segment.inline {
            let body = store.read(|c| inline(c, id)).map_err(std::io::Error::other)?;
            let from = usize::try_from(skip).map_err(std::io::Error::other)?;
            let to = usize::try_from(skip + here).map_err(std::io::Error::other)?;
            let bytes = body.get(from..to).ok_or(std::io::ErrorKind::UnexpectedEof)?;
            if sender.blocking_send(Ok(Bytes::copy_from_slice(bytes))).is_err() {
                return Ok(());
            }
        } else if let Some(file) = &segment.file {
            let mut file = std::fs::File::open(store.body_path(file))?;
            file.seek(SeekFrom::Start(skip))?;
            while here > 0 {
                let size = usize::try_from(here.min(READ_PIECE as u64)).map_err(std::io::Error::other)?;
                let mut piece = vec![0; size];
                file.read_exact(&mut piece)?;
                here -= size as u64;
                if sender.blocking_send(Ok(Bytes::from(piece))).is_err() {
                    return Ok(());
                }
            }
        }
        skip = 0;
    }
    Ok(())
}

fn inline(connection: &Connection, id: i64) -> S3Result<Vec<u8>> {
    connection
        .prepare_cached("SELECT body FROM inline_bodies WHERE id = ?1")
        .and_then(|mut s| s.query_row([id], |r| r.get(0)))
        .map_err(db)
}
