//! Folders by path, for systems without descriptors for them. Each name is checked for being a link just before it is
//! used; between the two another program could put one there, which the other implementation rules out.
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use windlass_domain::{FileId, LocalState, Timestamp};

use super::{Entry, Found, Kind, Listing};
use crate::clock::from_system;

/// A folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self { path: path.to_path_buf() })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let path = self.path.join(name);
        if fs::symlink_metadata(&path)?.is_dir() {
            Ok(Self { path })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(crate) fn make_child(&self, name: &OsStr) -> io::Result<Self> {
        match fs::create_dir(self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.child(name),
        }
    }

    pub(crate) fn examine(&self, name: &OsStr) -> io::Result<Option<Found>> {
        examine(&self.path.join(name))
    }

    /// Nothing that is known here to hold over a restart.
    #[allow(clippy::unused_self)]
    #[cfg_attr(all(unix, test), expect(dead_code, reason = "compiled here only to be checked"))]
    pub(crate) const fn root_identity(&self, _file: &File) -> Option<windlass_ports::RootIdentity> {
        None
    }

    pub(crate) fn list(&self) -> Listing {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) => return Listing { broken: Some(error), ..listing },
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let kind = entry.file_type().ok().map(kind);
                    listing.entries.push(Entry { name: entry.file_name(), kind });
                }
                Err(error) => {
                    listing.broken = Some(error);
                    break;
                }
            }
        }
        listing
    }

    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<(File, u64)> {
        open_regular(&self.path.join(name))
    }

    pub(crate) fn create(&self, name: &OsStr, _mode: u32) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(self.path.join(name))
    }

    pub(crate) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.move_new(from, self, to)
    }

    pub(crate) fn move_new(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        // A second name never replaces; where there are none, look and be quick.
        if self.link(from, into, to)? {
            return self.remove(from);
        }
        match into.examine(to)? {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => self.replace(from, into, to),
        }
    }

    pub(crate) fn link(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<bool> {
        match fs::hard_link(self.path.join(from), into.path.join(to)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => Ok(false),
        }
    }

    pub(crate) fn exchange(&self, _one: &OsStr, _into: &Self, _other: &OsStr) -> io::Result<bool> {
        Ok(false)
    }

    pub(crate) fn replace(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path.join(from), into.path.join(to))
    }

    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.path.join(name))
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// Nothing: such systems have no call for it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn identity(&self) -> io::Result<FileId> {
        Ok(found(&fs::metadata(&self.path)?).state.file_id)
    }
}

pub(crate) fn examine(path: &Path) -> io::Result<Option<Found>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(found(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_file() {
        Ok((File::open(path)?, metadata.len()))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Not known here.
#[cfg_attr(all(unix, test), expect(dead_code, reason = "compiled here only to be checked"))]
pub(crate) const fn changed(_file: &File) -> Option<Timestamp> {
    None
}

pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

pub(crate) fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

fn kind(file_type: fs::FileType) -> Kind {
    if file_type.is_symlink() {
        Kind::Link
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Special
    }
}

/// No identity and no time of the inode's last change: both stay zero.
fn found(metadata: &Metadata) -> Found {
    Found {
        kind: kind(metadata.file_type()),
        state: LocalState {
            size: metadata.len(),
            mtime: metadata.modified().map_or(Timestamp(0), from_system),
            ctime: Timestamp(0),
            file_id: FileId::default(),
            digest: None,
        },
        mode: 0,
    }
}
