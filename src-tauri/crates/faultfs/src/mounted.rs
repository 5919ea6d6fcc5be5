//! The file system itself: each call goes to the folder behind it, unless a fault comes first.
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use fuser::{
    BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::Arguments;
use crate::faults::Faults;

/// The kernel keeps nothing: every look comes here.
const TTL: Duration = Duration::ZERO;
const DIRECT: FopenFlags = FopenFlags::FOPEN_DIRECT_IO;

/// Mounts, obeys until its input ends, and unmounts.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let behind = arguments.behind.canonicalize().context("the folder behind")?;
    let faults = Arc::new(Faults::default());
    let system = Mounted {
        faults: Arc::clone(&faults),
        behind: behind.clone(),
        short_reads: arguments.short_reads,
        ignore_case: arguments.ignore_case,
        coarse: arguments.coarse,
        plain_rename: arguments.plain_rename,
        paths: Mutex::new(BTreeMap::from([(INodeNo::ROOT.0, behind)])),
        files: Mutex::default(),
        listings: Mutex::default(),
        next: AtomicU64::new(1),
    };
    let mut config = Config::default();
    config.mount_options =
        vec![MountOption::FSName("windlass-faultfs".to_owned()), MountOption::DefaultPermissions];
    let session = fuser::spawn_mount(system, &arguments.place, &config).context("mounting")?;
    let mut out = io::stdout().lock();
    writeln!(out, "mounted")?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", faults.order(line?.trim_end()))?;
        out.flush()?;
    }
    session.umount_and_join().context("unmounting")
}

type Names = Vec<(u64, FileType, OsString)>;

struct Mounted {
    faults: Arc<Faults>,
    behind: PathBuf,
    short_reads: bool,
    ignore_case: bool,
    coarse: u64,
    plain_rename: bool,
    /// Where each inode that the kernel knows lies behind. The last name of a file counts.
    paths: Mutex<BTreeMap<u64, PathBuf>>,
    files: Mutex<BTreeMap<u64, (PathBuf, Arc<File>)>>,
    listings: Mutex<BTreeMap<u64, Arc<Names>>>,
    next: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kind(file_type: fs::FileType) -> FileType {
    if file_type.is_dir() {
        FileType::Directory
    } else if file_type.is_symlink() {
        FileType::Symlink
    } else {
        FileType::RegularFile
    }
}

impl Mounted {
    fn fails(&self, call: &str, path: &Path) -> Result<(), Errno> {
        if self.faults.hit(call, path.strip_prefix(&self.behind).unwrap_or(path)) {
            Err(Errno::EIO)
        } else {
            Ok(())
        }
    }

    fn path(&self, inode: INodeNo) -> Result<PathBuf, Errno> {
        lock(&self.paths).get(&inode.0).cloned().ok_or(Errno::ENOENT)
    }

    /// Where a name lies: as it is, or, where case means nothing, as it was first written.
    fn name(&self, parent: INodeNo, name: &OsStr) -> Result<PathBuf, Errno> {
        let folder = self.path(parent)?;
        let path = folder.join(name);
        if !self.ignore_case || path.symlink_metadata().is_ok() {
            return Ok(path);
        }
        let wanted = name.to_string_lossy().to_lowercase();
        let there = fs::read_dir(&folder)?
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().to_lowercase() == wanted);
        Ok(there.map_or(path, |entry| entry.path()))
    }

    fn number(&self, data: &Metadata) -> u64 {
        let root = self.behind.metadata().is_ok_and(|root| root.ino() == data.ino());
        if root { INodeNo::ROOT.0 } else { data.ino() + 1 }
    }

    fn time(&self, seconds: i64, nanos: i64) -> SystemTime {
        let (mut seconds, mut nanos) =
            (u64::try_from(seconds).unwrap_or_default(), u32::try_from(nanos).unwrap_or_default());
        if self.coarse > 0 {
            (seconds, nanos) = (seconds - seconds % self.coarse, 0);
        }
        UNIX_EPOCH + Duration::new(seconds, nanos)
    }

    fn attributes(&self, data: &Metadata) -> FileAttr {
        FileAttr {
            ino: INodeNo(self.number(data)),
            size: data.len(),
            blocks: data.blocks(),
            atime: self.time(data.atime(), data.atime_nsec()),
            mtime: self.time(data.mtime(), data.mtime_nsec()),
            ctime: self.time(data.ctime(), data.ctime_nsec()),
            crtime: UNIX_EPOCH,
            kind: kind(data.file_type()),
            perm: u16::try_from(data.mode() & 0o7777).unwrap_or(0o600),
            nlink: u32::try_from(data.nlink()).unwrap_or(1),
            uid: data.uid(),
            gid: data.gid(),
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }

    /// Notes where it lies, and gives what is to be said of it.
    fn known(&self, path: &Path) -> Result<FileAttr, Errno> {
        let attributes = self.attributes(&path.symlink_metadata()?);
        if attributes.ino != INodeNo::ROOT {
            lock(&self.paths).insert(attributes.ino.0, path.to_path_buf());
        }
        Ok(attributes)
    }

    fn hold(&self, path: PathBuf, file: File) -> FileHandle {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.files).insert(number, (path, Arc::new(file)));
        FileHandle(number)
    }

    fn held(&self, handle: FileHandle) -> Result<(PathBuf, Arc<File>), Errno> {
        lock(&self.files).get(&handle.0).cloned().ok_or(Errno::EBADF)
    }

    fn looked(&self, parent: INodeNo, name: &OsStr) -> Result<FileAttr, Errno> {
        let path = self.name(parent, name)?;
        self.fails("lookup", &path)?;
        self.known(&path)
    }

    fn attributes_of(&self, inode: INodeNo, handle: Option<FileHandle>) -> Result<FileAttr, Errno> {
        let path = self.path(inode)?;
        self.fails("getattr", &path)?;
        if let Some((_, file)) = handle.and_then(|handle| self.held(handle).ok()) {
            return Ok(self.attributes(&file.metadata()?));
        }
        Ok(self.attributes(&path.symlink_metadata()?))
    }

    fn opened(&self, inode: INodeNo, flags: OpenFlags) -> Result<FileHandle, Errno> {
        let path = self.path(inode)?;
        self.fails("open", &path)?;
        let write = flags.0 & 3 != 0;
        let truncate = write && flags.0 & TRUNCATE != 0;
        let file = OpenOptions::new().read(true).write(write).truncate(truncate).open(&path)?;
        Ok(self.hold(path, file))
    }

    fn made(&self, parent: INodeNo, name: &OsStr, mode: u32) -> Result<(FileAttr, FileHandle), Errno> {
        let path = self.name(parent, name)?;
        self.fails("create", &path)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&path)?;
        let attributes = self.known(&path)?;
        Ok((attributes, self.hold(path, file)))
    }

    fn read_some(&self, handle: FileHandle, offset: u64, size: u32) -> Result<Vec<u8>, Errno> {
        let (path, file) = self.held(handle)?;
        self.fails("read", &path)?;
        let asked = usize::try_from(size).unwrap_or_default();
        // A third at the most, and never nothing: nothing would mean the end.
        let most = if self.short_reads { (asked / 3).max(1) } else { asked };
        let mut buffer = vec![0; most];
        let got = file.read_at(&mut buffer, offset)?;
        buffer.truncate(got);
        Ok(buffer)
    }

    fn wrote(&self, handle: FileHandle, offset: u64, data: &[u8]) -> Result<u32, Errno> {
        let (path, file) = self.held(handle)?;
        self.fails("write", &path)?;
        file.write_all_at(data, offset)?;
        u32::try_from(data.len()).map_err(|_| Errno::EINVAL)
    }

    fn listed(&self, inode: INodeNo) -> Result<FileHandle, Errno> {
        let path = self.path(inode)?;
        self.fails("open", &path)?;
        let mut names: Names =
            vec![(inode.0, FileType::Directory, ".".into()), (inode.0, FileType::Directory, "..".into())];
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            names.push((self.number(&entry.metadata()?), kind(entry.file_type()?), entry.file_name()));
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.listings).insert(number, Arc::new(names));
        Ok(FileHandle(number))
    }

    /// Each listing comes in two halves at least, so that it can break off in the middle.
    fn names(&self, inode: INodeNo, handle: FileHandle, offset: u64) -> Result<Names, Errno> {
        self.fails("readdir", &self.path(inode)?)?;
        let names = lock(&self.listings).get(&handle.0).cloned().ok_or(Errno::EBADF)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let half = names.len().div_ceil(2);
        let end = if offset < half { half } else { names.len() };
        Ok(names.get(offset..end).unwrap_or_default().to_vec())
    }

    fn renamed(&self, from: &Path, to: &Path, flags: RenameFlags) -> Result<(), Errno> {
        self.fails("rename", to)?;
        if self.plain_rename && !flags.is_empty() {
            return Err(Errno::EINVAL);
        }
        let flags = rustix::fs::RenameFlags::from_bits_retain(flags.bits());
        rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, flags)
            .map_err(|error| Errno::from_i32(error.raw_os_error()))?;
        let exchanged = flags.contains(rustix::fs::RenameFlags::EXCHANGE);
        let moved = |path: &Path, from: &Path, to: &Path| {
            path.strip_prefix(from)
                .ok()
                .map(|rest| if rest.as_os_str().is_empty() { to.to_path_buf() } else { to.join(rest) })
        };
        for path in lock(&self.paths).values_mut() {
            if let Some(now) = moved(path, from, to) {
                *path = now;
            } else if let (true, Some(now)) = (exchanged, moved(path, to, from)) {
                *path = now;
            }
        }
        // What was replaced is gone, and the new owner of the name is the one that came.
        self.known(to)?;
        Ok(())
    }

    fn times(&self, file: &File, accessed: Option<TimeOrNow>, modified: Option<TimeOrNow>) -> io::Result<()> {
        let time = |when| match when {
            TimeOrNow::SpecificTime(time) => time,
            TimeOrNow::Now => SystemTime::now(),
        };
        let mut times = fs::FileTimes::new();
        if let Some(accessed) = accessed {
            times = times.set_accessed(time(accessed));
        }
        if let Some(modified) = modified {
            times = times.set_modified(time(modified));
        }
        file.set_times(times)
    }

    fn changed(
        &self,
        inode: INodeNo,
        mode: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        handle: Option<FileHandle>,
    ) -> Result<FileAttr, Errno> {
        let path = self.path(inode)?;
        let file = match handle.and_then(|handle| self.held(handle).ok()) {
            Some((_, file)) => file,
            None => Arc::new(OpenOptions::new().read(true).write(path.is_file()).open(&path)?),
        };
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode & 0o7777))?;
        }
        if let Some(size) = size {
            file.set_len(size)?;
        }
        if accessed.is_some() || modified.is_some() {
            self.times(&file, accessed, modified)?;
        }
        Ok(self.attributes(&file.metadata()?))
    }
}

fn done(result: Result<(), Errno>, reply: ReplyEmpty) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

/// `O_TRUNC`.
const TRUNCATE: i32 = 0o1000;

impl Filesystem for Mounted {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self.looked(parent, name) {
            Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, handle: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes_of(inode, handle) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        _: Option<SystemTime>,
        handle: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        match self.changed(inode, mode, size, accessed, modified, handle) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, reply: ReplyEntry) {
        let made = || {
            let path = self.name(parent, name)?;
            self.fails("mkdir", &path)?;
            fs::create_dir(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o7777))?;
            self.known(&path)
        };
        match made() {
            Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let removed = self.name(parent, name).and_then(|path| Ok(fs::remove_file(path)?));
        done(removed, reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let removed = self.name(parent, name).and_then(|path| Ok(fs::remove_dir(path)?));
        done(removed, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        into: INodeNo,
        new: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let renamed = || self.renamed(&self.name(parent, name)?, &self.name(into, new)?, flags);
        done(renamed(), reply);
    }

    fn link(&self, _: &Request, inode: INodeNo, into: INodeNo, new: &OsStr, reply: ReplyEntry) {
        let linked = || {
            let to = self.name(into, new)?;
            fs::hard_link(self.path(inode)?, &to)?;
            self.known(&to)
        };
        match linked() {
            Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, inode: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        match self.opened(inode, flags) {
            Ok(handle) => reply.opened(handle, DIRECT),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        match self.made(parent, name, mode) {
            Ok((attributes, handle)) => reply.created(&TTL, &attributes, Generation(0), handle, DIRECT),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.read_some(handle, offset, size) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.wrote(handle, offset, data) {
            Ok(size) => reply.written(size),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        lock(&self.files).remove(&handle.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, handle: FileHandle, _: bool, reply: ReplyEmpty) {
        let synced = || {
            let (path, file) = self.held(handle)?;
            self.fails("fsync", &path)?;
            Ok(file.sync_all()?)
        };
        done(synced(), reply);
    }

    fn opendir(&self, _: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.listed(inode) {
            Ok(handle) => reply.opened(handle, FopenFlags::empty()),
            Err(error) => reply.error(error),
        }
    }

    fn readdir(
        &self,
        _: &Request,
        inode: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.names(inode, handle, offset) {
            Ok(names) => {
                for (at, (number, kind, name)) in (offset + 1..).zip(names) {
                    if reply.add(INodeNo(number), at, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }

    fn releasedir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        lock(&self.listings).remove(&handle.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(self.path(inode).and_then(|path| self.fails("fsync", &path)), reply);
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        match rustix::fs::statvfs(&self.behind) {
            Ok(now) => reply.statfs(
                now.f_blocks,
                now.f_bfree,
                now.f_bavail,
                now.f_files,
                now.f_ffree,
                u32::try_from(now.f_bsize).unwrap_or(4096),
                255,
                u32::try_from(now.f_frsize).unwrap_or(4096),
            ),
            Err(error) => reply.error(Errno::from_i32(error.raw_os_error())),
        }
    }
}
