//! Folders by descriptor: every step names one component and refuses links.
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use windlass_domain::{FileId, LocalState, Timestamp};
use windlass_ports::RootIdentity;

use super::{Entry, Found, Kind, Listing};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Without blocking on a pipe, without following a link, without taking a terminal.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Names the file system, if inodes keep their numbers on it for as long as they live. FAT and exFAT number anew with each
/// mount, network and user-space file systems do as they like.
#[cfg(target_os = "linux")]
fn system(kind: i64, id: impl FnOnce() -> Option<u64>) -> Option<String> {
    match kind {
        // ext4 and Btrfs make their id of the UUID, Btrfs of the subvolume too: a snapshot in its place is another one.
        0xEF53 => Some(format!("ext4-{:x}", id()?)),
        0x9123_683E => Some(format!("btrfs-{:x}", id()?)),
        // The id of the others is that of the device, which a restart may change.
        0x5846_5342 => Some("xfs".to_owned()),
        0xF2F5_2010 => Some("f2fs".to_owned()),
        0x2FC1_2FC1 => Some("zfs".to_owned()),
        0xCA45_1A4E => Some("bcachefs".to_owned()),
        0x0102_1994 => Some("tmpfs".to_owned()),
        0x794C_7630 => Some("overlay".to_owned()),
        _ => None,
    }
}

/// Number and time of birth of an inode: a copy has neither. Numbers alone are given again.
#[cfg(target_os = "linux")]
fn born(file: impl std::os::fd::AsFd) -> Option<String> {
    use rustix::fs::StatxFlags;
    let wanted = StatxFlags::INO | StatxFlags::BTIME;
    let stat = rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, wanted).ok()?;
    let all = StatxFlags::from_bits_retain(stat.stx_mask).contains(wanted);
    all.then(|| format!("{}@{}.{:09}", stat.stx_ino, stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec))
}

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    fd: OwnedFd,
}

impl Folder {
    /// Opens a folder by the path that a person gave; links in that path are the person's own.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { fd: rustix::fs::open(path, FOLDER, Mode::empty())? })
    }

    /// Opens the folder `name` in this one. Fails when it is a link.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self { fd: rustix::fs::openat(&self.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())? })
    }

    /// As [`Folder::child`], after making it durably if it is not there.
    pub(crate) fn make_child(&self, name: &OsStr) -> io::Result<Self> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => self.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.child(name)
    }

    /// Looks at `name` without following it. `None` when it is not there.
    pub(crate) fn examine(&self, name: &OsStr) -> io::Result<Option<Found>> {
        seen(rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW))
    }

    /// What tells this folder and a file in it from copies of them; `None` where the file system says nothing that holds over
    /// a restart.
    #[cfg(target_os = "linux")]
    pub(crate) fn root_identity(&self, file: &File) -> Option<RootIdentity> {
        let system = system(rustix::fs::fstatfs(file).ok()?.f_type, || {
            rustix::fs::fstatvfs(file).ok().map(|system| system.f_fsid)
        })?;
        Some(RootIdentity(format!("{system}/{}/{}", born(&self.fd)?, born(file)?)))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn root_identity(&self, _file: &File) -> Option<RootIdentity> {
        None
    }

    /// All names. May be called once for each open folder.
    pub(crate) fn list(&self) -> Listing {
        let mut listing = Listing::default();
        let dir = match self.fd.try_clone().and_then(|fd| Dir::new(fd).map_err(io::Error::from)) {
            Ok(dir) => dir,
            Err(error) => return Listing { broken: Some(error), ..listing },
        };
        for entry in dir {
            match entry {
                Ok(entry) => {
                    let name = entry.file_name().to_bytes();
                    if name != b"." && name != b".." {
                        let name = OsString::from_vec(name.to_vec());
                        listing.entries.push(Entry { name, kind: kind(entry.file_type()) });
                    }
                }
                Err(error) => {
                    listing.broken = Some(error.into());
                    break;
                }
            }
        }
        listing
    }

    /// Opens a regular file for reading; see [`open_regular`].
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<(File, u64)> {
        regular(rustix::fs::openat(&self.fd, name, READ, Mode::empty())?)
    }

    /// Makes a new file for writing. The process's mask applies to `mode`.
    pub(crate) fn create(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode as _))?.into())
    }

    /// Renames only if nothing has the new name; else `AlreadyExists`.
    pub(crate) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.move_new(from, self, to)
    }

    /// As [`Folder::rename_new`], into another folder of the same file system.
    pub(crate) fn move_new(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        match exclusive::move_new(&self.fd, from, &into.fd, to) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.link_new(from, into, to),
            other => Ok(other?),
        }
    }

    /// The same for file systems without that kind of rename: a second name, then the first one away.
    fn link_new(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        if self.link(from, into, to)? {
            return self.remove(from);
        }
        // exFAT and its like know no second names either. What is left is to look and to be quick.
        match into.examine(to)? {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => self.replace(from, into, to),
        }
    }

    /// Gives a file a second name, if nothing has it; else `AlreadyExists`. `false` where the file system cannot.
    pub(crate) fn link(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<bool> {
        match rustix::fs::linkat(&self.fd, from, &into.fd, to, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK | Errno::XDEV) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets two names change places. `false` where the file system cannot.
    pub(crate) fn exchange(&self, one: &OsStr, into: &Self, other: &OsStr) -> io::Result<bool> {
        match exclusive::exchange(&self.fd, one, &into.fd, other) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Renames over whatever file has the new name.
    pub(crate) fn replace(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &into.fd, to)?)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes a file or link.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Makes names that came and went durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.fd) {
            // Some network and FUSE file systems have no such call for folders; there is nothing else to do.
            Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Which folder this is.
    pub(crate) fn identity(&self) -> io::Result<FileId> {
        Ok(found(&rustix::fs::fstat(&self.fd)?).state.file_id)
    }
}

/// Looks at a path that a person gave without following its last name; links before it are the person's own. `None` when
/// it is not there.
pub(crate) fn examine(path: &Path) -> io::Result<Option<Found>> {
    seen(rustix::fs::lstat(path))
}

fn seen(stat: rustix::io::Result<Stat>) -> io::Result<Option<Found>> {
    match stat {
        Ok(stat) => Ok(Some(found(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a regular file for reading and tells its size. Does not wait for the other end of a pipe, and fails on
/// everything that is no regular file.
pub(crate) fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    regular(rustix::fs::open(path, READ, Mode::empty())?)
}

fn regular(fd: OwnedFd) -> io::Result<(File, u64)> {
    let found = found(&rustix::fs::fstat(&fd)?);
    if found.kind == Kind::File {
        Ok((fd.into(), found.state.size))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// When the file changed last: its bytes, its name or its attributes.
pub(crate) fn changed(file: &File) -> Option<Timestamp> {
    rustix::fs::fstat(file).ok().map(|stat| found(&stat).state.ctime)
}

/// Reads bytes from `offset` on into `buffer`; says how many.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| rustix::io::pread(file, &mut *buffer, offset))?)
}

/// Writes all bytes at `offset`.
pub(crate) fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

fn kind(file_type: FileType) -> Option<Kind> {
    match file_type {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Folder),
        FileType::Symlink => Some(Kind::Link),
        FileType::Unknown => None,
        _ => Some(Kind::Special),
    }
}

// The fields' types differ from system to system.
#[allow(clippy::unnecessary_cast, clippy::cast_lossless)]
fn found(stat: &Stat) -> Found {
    let time =
        |seconds: i64, nanos: i64| Timestamp(seconds.saturating_mul(1_000_000_000).saturating_add(nanos));
    Found {
        kind: kind(FileType::from_raw_mode(stat.st_mode)).unwrap_or(Kind::Special),
        state: LocalState {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            file_id: FileId { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
            digest: None,
        },
        mode: (stat.st_mode as u32) & 0o7777,
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod exclusive {
    use std::ffi::OsStr;
    use std::os::fd::OwnedFd;

    use rustix::fs::{RenameFlags, renameat_with};
    use rustix::io::Result;

    pub(super) fn move_new(folder: &OwnedFd, from: &OsStr, into: &OwnedFd, to: &OsStr) -> Result<()> {
        renameat_with(folder, from, into, to, RenameFlags::NOREPLACE)
    }

    pub(super) fn exchange(folder: &OwnedFd, one: &OsStr, into: &OwnedFd, other: &OsStr) -> Result<()> {
        renameat_with(folder, one, into, other, RenameFlags::EXCHANGE)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod exclusive {
    use std::ffi::OsStr;
    use std::os::fd::OwnedFd;

    use rustix::io::{Errno, Result};

    pub(super) fn move_new(_: &OwnedFd, _: &OsStr, _: &OwnedFd, _: &OsStr) -> Result<()> {
        Err(Errno::NOSYS)
    }

    pub(super) fn exchange(_: &OwnedFd, _: &OsStr, _: &OwnedFd, _: &OsStr) -> Result<()> {
        Err(Errno::NOSYS)
    }
}

#[cfg(test)]
impl Folder {
    pub(crate) fn link_new_for_tests(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.link_new(from, self, to)
    }
}
