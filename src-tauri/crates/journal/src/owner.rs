//! One owner per journal: an exclusive lock of the operating system on a file beside it. The lock goes with the process,
//! however it ends.
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use windlass_ports::{JournalError, JournalErrorKind};

use crate::error::{of, other};

/// Ownership; given up on drop.
#[derive(Debug)]
pub(crate) struct Owner {
    _file: File,
}

impl Owner {
    pub(crate) fn take(journal: &Path) -> Result<Self, JournalError> {
        let mut name = journal.as_os_str().to_owned();
        name.push(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(other)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(of(JournalErrorKind::Owned, "another running program has it open for writing"))
            }
            Err(TryLockError::Error(error)) => Err(other(error)),
        }
    }
}
