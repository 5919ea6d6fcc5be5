//! The C side: a VFS that calls the one that was the default, and writes down what changes.
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi;

use crate::disk::{Change, Trace};

/// SQLite did not take the VFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotRegistered;

impl std::fmt::Display for NotRegistered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SQLite has no default VFS of the version that is needed, or did not take this one")
    }
}

impl std::error::Error for NotRegistered {}

/// Everything that SQLite changes below a folder is written down, until [`Recording::end`].
#[derive(Debug)]
pub struct Recording {
    folder: PathBuf,
}

#[derive(Debug, Default)]
struct Running {
    trace: Trace,
    /// Number of the file that a name stands for.
    names: BTreeMap<String, usize>,
    files: usize,
}

static RUNNING: Mutex<BTreeMap<PathBuf, Running>> = Mutex::new(BTreeMap::new());

fn running() -> MutexGuard<'static, BTreeMap<PathBuf, Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recording {
    /// Begins with the files that are in `folder` now, all of them durable.
    ///
    /// # Errors
    /// The folder cannot be read, or SQLite refuses ([`NotRegistered`]).
    pub fn begin(folder: &Path) -> std::io::Result<Self> {
        register().map_err(std::io::Error::other)?;
        let folder = folder.canonicalize()?;
        let mut one = Running::default();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if let Some(name) = entry.file_name().to_str().filter(|name| !name.ends_with("-shm")) {
                one.trace.start.insert(name.to_owned(), std::fs::read(entry.path())?);
            }
        }
        // The same numbers as the disk gives them: in the order of their names.
        one.names = one.trace.start.keys().cloned().zip(0..).collect();
        one.files = one.names.len();
        running().insert(folder.clone(), one);
        Ok(Self { folder })
    }

    /// What was done up to now counts as promised: a cut from here on must not lose it.
    pub fn promise(&self) {
        if let Some(one) = running().get_mut(&self.folder) {
            let now = one.trace.changes.len();
            one.trace.promises.push(now);
        }
    }

    /// Everything that was written down.
    #[must_use]
    pub fn end(self) -> Trace {
        running().remove(&self.folder).map(|one| one.trace).unwrap_or_default()
    }
}

/// The recording and the name in it that a path belongs to. What SQLite maps into memory and never trusts is left out.
fn place(path: &Path) -> Option<(PathBuf, String)> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    (!name.ends_with("-shm") && running().contains_key(folder)).then(|| (folder.to_owned(), name.to_owned()))
}

/// What is known of an open file.
struct Open {
    folder: PathBuf,
    file: usize,
    /// A journal or WAL that this made: its first sync is one of the folder, too (`UNIXFILE_DIRSYNC` in SQLite's `os_unix.c`).
    sync_folder: bool,
}

impl Open {
    fn note(&self, change: Change) {
        if let Some(one) = running().get_mut(&self.folder) {
            one.trace.changes.push(change);
        }
    }
}

/// Calls the same method of the file below.
macro_rules! through {
    ($file:ident, $method:ident $(, $arg:expr)*) => {{
        let inner = inner($file);
        match (*inner).pMethods.as_ref().and_then(|methods| methods.$method) {
            Some(real) => real(inner $(, $arg)*),
            None => ffi::SQLITE_IOERR,
        }
    }};
}

/// SQLite gives room for this and, behind it, for the file of the VFS below.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    /// A `Box<Open>`, or null for files that nobody records.
    open: *mut Open,
}

/// C structures that SQLite keeps pointers to.
struct Registered {
    vfs: UnsafeCell<ffi::sqlite3_vfs>,
    below: *mut ffi::sqlite3_vfs,
}

// SAFETY: `vfs` is written before it is registered and by SQLite only afterwards, under its own mutex. `below` is SQLite's VFS
// of the operating system, which every thread uses.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

static REGISTERED: OnceLock<Option<Registered>> = OnceLock::new();

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Without xFetch (version 3), so that nothing is written through a map that this does not see.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn register() -> Result<(), NotRegistered> {
    let done = REGISTERED.get_or_init(|| {
        // SAFETY: initializing is allowed at any time from any thread; the answer to find is null or lives as long as SQLite.
        let below = unsafe {
            ffi::sqlite3_initialize();
            ffi::sqlite3_vfs_find(std::ptr::null())
        };
        // SAFETY: null or a good VFS, see above.
        let one = unsafe { below.as_ref() }.filter(|one| one.iVersion >= 3)?;
        let mut vfs = *one;
        vfs.szOsFile += size_of::<File>() as c_int;
        vfs.zName = c"windlass-crash".as_ptr();
        vfs.pNext = std::ptr::null_mut();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        // All others are those of the VFS below. They are given this one's address and use of it only `pAppData`, which was copied.
        Some(Registered { vfs: UnsafeCell::new(vfs), below })
    });
    static TAKEN: OnceLock<bool> = OnceLock::new();
    let taken = TAKEN.get_or_init(|| {
        // SAFETY: the structure is in a static, so it stays where it is for as long as the process lives.
        done.as_ref()
            .is_some_and(|one| unsafe { ffi::sqlite3_vfs_register(one.vfs.get(), 1) } == ffi::SQLITE_OK)
    });
    if *taken { Ok(()) } else { Err(NotRegistered) }
}

fn below() -> Option<&'static ffi::sqlite3_vfs> {
    let one = REGISTERED.get()?.as_ref()?;
    // SAFETY: SQLite's own VFS, which lives as long as the process.
    unsafe { one.below.as_ref() }
}

/// The file of the VFS below.
///
/// # Safety
/// `file` is one that SQLite made for this VFS.
unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: `szOsFile` asked for room for both; a `File` is as aligned as the pointers that the one behind it begins with.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// What is known of a file; `None` when nobody records it.
///
/// # Safety
/// As for [`inner`].
unsafe fn known<'a>(file: *mut ffi::sqlite3_file) -> Option<&'a mut Open> {
    // SAFETY: `open` below filled it with null or a box that `close` takes back. SQLite uses a file from one thread at a time.
    unsafe { (*file.cast::<File>()).open.as_mut() }
}

/// # Safety
/// Null, or text that ends in a zero.
unsafe fn path_of(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: see above.
    let text = unsafe { CStr::from_ptr(name) };
    text.to_str().ok().map(PathBuf::from)
}

/// # Safety
/// As SQLite calls `xOpen`.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room for a `File` (see `szOsFile`) and a name that is null or text.
    let (path, inner) = unsafe {
        (*file).pMethods = std::ptr::null();
        (*file.cast::<File>()).open = std::ptr::null_mut();
        (path_of(name), inner(file))
    };
    let there = path.as_ref().is_some_and(|path| path.exists());
    let Some((Some(real), vfs)) = below().map(|vfs| (vfs.xOpen, vfs)) else { return ffi::SQLITE_ERROR };
    // SAFETY: the same arguments, with the room behind our own.
    let answer = unsafe { real(std::ptr::from_ref(vfs).cast_mut(), name, inner, flags, out) };
    // SAFETY: xOpen has set the methods of its file, or null.
    if unsafe { (*inner).pMethods }.is_null() {
        return answer;
    }
    // SAFETY: `file` is ours to fill until this returns.
    unsafe { (*file).pMethods = &raw const METHODS };
    let Some((folder, name)) = path.filter(|_| answer == ffi::SQLITE_OK).as_deref().and_then(place) else {
        return answer;
    };
    let mut all = running();
    let Some(one) = all.get_mut(&folder) else { return answer };
    let known = one.names.get(&name).copied().filter(|_| there);
    let number = known.unwrap_or_else(|| {
        let number = one.files;
        one.files += 1;
        one.names.insert(name.clone(), number);
        one.trace.changes.push(Change::Create { name, file: number });
        number
    });
    let kinds = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;
    let sync_folder = flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & kinds != 0;
    let known = Box::new(Open { folder, file: number, sync_folder });
    // SAFETY: as above.
    unsafe { (*file.cast::<File>()).open = Box::into_raw(known) };
    answer
}

/// # Safety
/// As SQLite calls `xDelete`.
unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let Some((Some(real), vfs)) = below().map(|vfs| (vfs.xDelete, vfs)) else { return ffi::SQLITE_ERROR };
    // SAFETY: the same arguments.
    let answer = unsafe { real(std::ptr::from_ref(vfs).cast_mut(), name, sync) };
    // SAFETY: a name that SQLite gave.
    let path = unsafe { path_of(name) };
    if answer == ffi::SQLITE_OK
        && let Some((folder, name)) = path.as_deref().and_then(place)
        && let Some(one) = running().get_mut(&folder)
    {
        one.names.remove(&name);
        one.trace.changes.push(Change::Delete { name, folder: sync != 0 });
    }
    answer
}

/// # Safety
/// As SQLite calls `xClose`.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` filled it; after this SQLite does not use the file any more.
    let known = unsafe { std::mem::replace(&mut (*file.cast::<File>()).open, std::ptr::null_mut()) };
    if !known.is_null() {
        // SAFETY: made by `Box::into_raw` in `open`, and taken back once.
        drop(unsafe { Box::from_raw(known) });
    }
    // SAFETY: the file below, which `open` opened.
    unsafe { through!(file, xClose) }
}

/// # Safety
/// As SQLite calls `xWrite`.
unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the same arguments for the file below.
    let answer = unsafe { through!(file, xWrite, bytes, amount, at) };
    // SAFETY: a file of this VFS.
    if let (Some(open), ffi::SQLITE_OK) = (unsafe { known(file) }, answer) {
        // SAFETY: SQLite gives `amount` bytes.
        let bytes = unsafe {
            std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(amount).unwrap_or_default())
        };
        open.note(Change::Write { file: open.file, at: at.cast_unsigned(), bytes: bytes.to_vec() });
    }
    answer
}

/// # Safety
/// As SQLite calls `xTruncate`.
unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the same arguments for the file below.
    let answer = unsafe { through!(file, xTruncate, len) };
    // SAFETY: a file of this VFS.
    if let (Some(open), ffi::SQLITE_OK) = (unsafe { known(file) }, answer) {
        open.note(Change::Truncate { file: open.file, len: len.cast_unsigned() });
    }
    answer
}

/// # Safety
/// As SQLite calls `xSync`.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the same arguments for the file below.
    let answer = unsafe { through!(file, xSync, flags) };
    // SAFETY: a file of this VFS.
    if let (Some(open), ffi::SQLITE_OK) = (unsafe { known(file) }, answer) {
        let folder = std::mem::take(&mut open.sync_folder);
        open.note(Change::Sync { file: open.file, folder });
    }
    answer
}

/// Calls that only go through.
macro_rules! pass {
    ($($name:ident = $method:ident ($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {$(
        /// # Safety
        /// As SQLite calls it.
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $arg: $kind)*) -> $answer {
            // SAFETY: the same arguments for the file below.
            unsafe { through!(file, $method $(, $arg)*) }
        }
    )*};
}

pass! {
    read = xRead(bytes: *mut c_void, amount: c_int, at: ffi::sqlite3_int64) -> c_int;
    file_size = xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(out: *mut c_int) -> c_int;
    file_control = xFileControl(op: c_int, arg: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, n: c_int, flags: c_int) -> c_int;
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

/// # Safety
/// As SQLite calls `xShmBarrier`.
unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: the file below, which `open` opened.
    unsafe {
        let inner = inner(file);
        if let Some(real) = (*inner).pMethods.as_ref().and_then(|methods| methods.xShmBarrier) {
            real(inner);
        }
    }
}
