//! The journal in SQLite: what was observed, what is under way, and what the browser lists.
//!
//! **Does** implement the ports `Journal`, `Jobs`, `Thaws`, `Catalog` and `Index`: one writer thread (its commits are durable), a few
//! readers that cannot write, one owner at a time, additive migrations with a copy before each. A journal that is damaged is put aside.
//! **Never** decides anything about a file, reads a clock for data, or holds a secret.
//! **Start reading** at [`SqliteJournal::open`], then `write.rs` (what each write does) and `tables/` (one file each).
#![deny(missing_docs)]

mod arenas;
mod as_catalog;
mod as_histories;
mod as_index;
mod as_jobs;
mod as_journal;
mod as_thaws;
mod db;
mod error;
mod known;
mod marks;
mod migrate;
mod order;
mod owner;
mod readers;
mod sound;
mod tables;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use windlass_domain::Timestamp;
use windlass_ports::{JournalError, JournalErrorKind};

use crate::arenas::Arenas;
use crate::order::Orders;
use crate::owner::Owner;
use crate::readers::Readers;
use crate::writer::Writer;

/// The journal file. Dropping it finishes the writes that were handed over, closes the file and gives up ownership.
#[derive(Debug)]
pub struct SqliteJournal {
    path: PathBuf,
    /// `None` when another process owns the journal and this one only reads.
    writer: Option<Writer>,
    readers: Readers,
    orders: Arc<Orders>,
    arenas: Arc<Arenas>,
}

/// A journal, and what happened on the way to it.
#[derive(Debug)]
pub struct Opened {
    /// It.
    pub journal: SqliteJournal,
    /// Where the damaged one was put, of which nothing is known about files any more.
    pub recovered: Option<PathBuf>,
}

impl SqliteJournal {
    /// Opens or makes the journal and owns it: no other process can until this is dropped. Blocks shortly.
    ///
    /// # Errors
    /// `Owned` when another process has it, `TooNew` when a newer version wrote it, `Corrupt` when it is damaged (the
    /// caller keeps the file aside), `Full` when there is no space.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        db::check_library()?;
        let owner = Owner::take(path)?;
        let conn = sound::open(path)?;
        Self::start(path, conn, owner)
    }

    /// As [`SqliteJournal::open`]; but a damaged journal is put aside, and a new one begun with the connections and sync
    /// folders that could still be read, and with nothing about their files: all of them start in merge mode, in which
    /// nothing is deleted or replaced. The name of the file put aside has `now` in it.
    ///
    /// # Errors
    /// As [`SqliteJournal::open`], without `Corrupt`.
    pub fn open_or_begin(path: &Path, now: Timestamp) -> Result<Opened, JournalError> {
        db::check_library()?;
        let owner = Owner::take(path)?;
        let (conn, recovered) = match sound::open(path) {
            Ok(conn) => (conn, None),
            Err(error) if error.kind == JournalErrorKind::Corrupt => {
                tracing::error!(error = %error.source, "the journal is damaged; it is put aside, and a new one begun");
                let (conn, aside) = sound::begin_again(path, now)?;
                (conn, Some(aside))
            }
            Err(error) => return Err(error),
        };
        Ok(Opened { journal: Self::start(path, conn, owner)?, recovered })
    }

    fn start(path: &Path, conn: Connection, owner: Owner) -> Result<Self, JournalError> {
        let writer = Writer::start(conn, owner)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Some(writer),
            readers: Readers::open(path)?,
            orders: Arc::new(Orders::default()),
            arenas: Arc::default(),
        })
    }

    /// Opens an existing journal to read it, whoever owns it. Every write fails with `Owned`.
    ///
    /// # Errors
    /// `TooNew`, `Corrupt`, or `Other` when it is not there or of an older version that its owner has not brought up.
    pub fn open_shared(path: &Path) -> Result<Self, JournalError> {
        db::check_library()?;
        let conn = db::open_reader(path)?;
        migrate::check_current(&conn, migrate::MIGRATIONS)?;
        Ok(Self {
            path: path.to_owned(),
            writer: None,
            readers: Readers::with(path, conn),
            orders: Arc::new(Orders::default()),
            arenas: Arc::default(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the whole file and its indices: slow and thorough.
    ///
    /// # Errors
    /// `Corrupt` with what SQLite found.
    pub async fn integrity_check(&self) -> Result<(), JournalError> {
        self.read(db::integrity_check).await
    }

    /// Damage that was met while reading: the next start looks at everything before it trusts this file.
    fn doubt(&self, error: &JournalError) {
        if error.kind == JournalErrorKind::Corrupt {
            sound::doubt(&self.path);
        }
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        self.readers.run(work).await.inspect_err(|error| self.doubt(error))
    }

    /// `work` may be done a second time, after the first was taken back.
    pub(crate) async fn write<T, F>(&self, weight: usize, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.run(weight, work).await.inspect_err(|error| self.doubt(error)),
            None => Err(error::of(
                JournalErrorKind::Owned,
                "it was opened for reading only; the program that owns it has to do this",
            )),
        }
    }
}
