//! An open folder: everything below a root is reached through one, name by name, so that no link can lead out.
#[cfg(any(not(unix), test))]
mod portable;
#[cfg(unix)]
mod unix;

use std::ffi::OsString;
use std::io;

use windlass_domain::LocalState;

#[cfg(not(unix))]
pub(crate) use portable::{Folder, changed, examine, open_regular, read_at, write_at};
#[cfg(unix)]
pub(crate) use unix::{Folder, changed, examine, open_regular, read_at, write_at};

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Special,
}

/// What one look found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) state: LocalState,
    /// Permission bits, where the system has them.
    pub(crate) mode: u32,
}

/// A name in a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    /// `None` where the file system does not say it with the name.
    pub(crate) kind: Option<Kind>,
}

/// All names of a folder, and the error that ended the listing too early (hazard HA9).
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    pub(crate) broken: Option<io::Error>,
}

#[cfg(test)]
mod tests;
