//! Downloads: written under a temporary name beside the target, then made durable and visible in one step (HC1).
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::{LocalExpect, LocalState, RelPath, Timestamp};
use windlass_ports::{Clock as _, FsError, FsErrorKind, Published, Staged};

use super::moves::is_expected_renamed;
use super::way::{self, Missing, reach};
use crate::clock::{SystemClock, to_system};
use crate::error::{aside, because, fs};
use crate::folder::{Folder, Found, Kind, changed, write_at};
use crate::names;

/// Begins a file. `Changed` when a link or file stands where a folder is needed.
pub(super) fn begin(root: &Path, path: &RelPath) -> Result<StagedFile, FsError> {
    let target = root.join(path.as_str());
    if names::is_ours(path.as_str()) {
        return Err(because(FsErrorKind::Denied, &target, "the name is one that Windlass keeps for itself"));
    }
    let folder = Arc::new(reach(root, path.as_str(), Missing::Make)?.0);
    let name = names::temp();
    // The final file's permissions: what the process's mask leaves, and never to be run.
    let file = folder.create(OsStr::new(&name), 0o666).map_err(|error| fs(&target, error))?;
    let temp = Temp { folder: Arc::clone(&folder), name: name.into(), there: true };
    // Keeps the sweep away. Where there are no locks, only a sweep that runs beside a download could take it.
    let _no_locks_here = file.try_lock();
    Ok(StagedFile {
        root: root.to_path_buf(),
        path: path.clone(),
        target,
        folder,
        temp,
        file: Arc::new(file),
    })
}

/// The temporary file's name. Dropping it removes the file.
#[derive(Debug)]
struct Temp {
    folder: Arc<Folder>,
    name: OsString,
    there: bool,
}

impl Drop for Temp {
    fn drop(&mut self) {
        if self.there
            && let Err(error) = self.folder.remove(&self.name)
        {
            tracing::warn!(%error, name = ?self.name, "a temporary file stays until the next sweep");
        }
    }
}

/// A file under a temporary name. A `publish` that began runs to its end, also when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct StagedFile {
    root: PathBuf,
    path: RelPath,
    target: PathBuf,
    /// The folder of the target.
    folder: Arc<Folder>,
    temp: Temp,
    file: Arc<File>,
}

#[async_trait]
impl Staged for StagedFile {
    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<(), FsError> {
        let (file, target) = (Arc::clone(&self.file), self.target.clone());
        aside(&self.target, move || write_at(&file, offset, &bytes).map_err(|error| fs(&target, error))).await
    }

    async fn publish(
        self: Box<Self>,
        expect: &LocalExpect,
        mtime: Option<Timestamp>,
    ) -> Result<Published, FsError> {
        let (expect, target) = (expect.clone(), self.target.clone());
        aside(&target, move || self.make_visible(&expect, mtime)).await
    }
}

impl StagedFile {
    fn make_visible(mut self, expect: &LocalExpect, mtime: Option<Timestamp>) -> Result<Published, FsError> {
        self.prepare(expect, mtime)?;
        self.same_folder()?;
        let kept = match expect {
            LocalExpect::Absent => {
                self.appear()?;
                None
            }
            LocalExpect::Unchanged(state) => {
                Some(self.replace(state, mtime.unwrap_or_else(|| SystemClock.now()))?)
            }
        };
        // By the open file, before anything that takes long: what happens to it from now on is somebody else's doing.
        let changed = changed(&self.file);
        self.folder.sync().map_err(|error| fs(&self.target, error))?;
        Ok(Published { kept, changed })
    }

    /// Everything about the file itself, on the disk before its name is.
    fn prepare(&self, expect: &LocalExpect, mtime: Option<Timestamp>) -> Result<(), FsError> {
        let failed = |error| fs(&self.target, error);
        if let LocalExpect::Unchanged(state) = expect {
            // Before the long flush, to spare it, and for the mode.
            let mode = self.expected(state)?;
            keep_private(&self.file, mode).map_err(failed)?;
        }
        if let Some(time) = mtime.and_then(to_system) {
            self.file.set_modified(time).map_err(failed)?;
        }
        self.file.sync_all().map_err(failed)
    }

    /// The name's folder may have been moved away, or replaced by a link, while the file was written.
    fn same_folder(&self) -> Result<(), FsError> {
        let (now, _) =
            reach(&self.root, self.path.as_str(), Missing::Fail).map_err(|error| match error.kind {
                FsErrorKind::NotFound => FsError { kind: FsErrorKind::Changed, ..error },
                _ => error,
            })?;
        let failed = |error| fs(&self.target, error);
        if now.identity().map_err(failed)? == self.folder.identity().map_err(failed)? {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    fn appear(&mut self) -> Result<(), FsError> {
        match self.folder.rename_new(&self.temp.name, self.name()) {
            Ok(()) => {
                self.temp.there = false;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(self.changed()),
            Err(error) => Err(fs(&self.target, error)),
        }
    }

    /// A look first, then the exchange.
    fn replace(&mut self, state: &LocalState, when: Timestamp) -> Result<String, FsError> {
        self.expected(state)?;
        self.swap(state, when)
    }

    /// The new file waits in the trash, at the place where the old one belongs; then both change places in one step. At no
    /// moment has either no name, or one that the sweep takes. What came out is looked at: an edit between look and rename is
    /// seen, and put back (hazard HA31).
    fn swap(&mut self, state: &LocalState, when: Timestamp) -> Result<String, FsError> {
        let target = self.target.clone();
        let failed = |error| fs(&target, error);
        let Some(place) = self.wait_in_trash(when)? else {
            return self.replace_keeping(state, when);
        };
        let before = self.temp.folder.examine(&self.temp.name).map_err(failed)?;
        match self.folder.exchange(self.name(), &self.temp.folder, &self.temp.name) {
            Ok(true) => {}
            Ok(false) => return self.replace_keeping(state, when),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.changed()),
            Err(error) => return Err(failed(error)),
        }
        // What has the name in the trash is a person's file now. It must not be removed, whatever happens.
        self.temp.there = false;
        let out = self.temp.folder.examine(&self.temp.name);
        if matches!(&out, Ok(out) if is_expected_renamed(out.as_ref(), Some(state))) {
            self.temp.folder.sync().map_err(failed)?;
            return Ok(place);
        }
        self.put_back(before.as_ref()).map_err(failed)?;
        Err(self.changed())
    }

    /// Moves the new file to a free place in the trash. `None` when that is another volume.
    fn wait_in_trash(&mut self, when: Timestamp) -> Result<Option<String>, FsError> {
        for place in way::trash_places(when, self.path.as_str()) {
            let (trash, name) = reach(&self.root, &place, Missing::Make)?;
            match self.temp.folder.move_new(&self.temp.name, &trash, name) {
                Ok(()) => {
                    self.temp.folder = Arc::new(trash);
                    name.clone_into(&mut self.temp.name);
                    return Ok(Some(place));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => return Ok(None),
                Err(error) => return Err(fs(&self.target, error)),
            }
        }
        Err(because(FsErrorKind::Other, &self.target, "there is no free place in the trash"))
    }

    /// For file systems where names cannot change places: the old file gets a second name in the trash, or is copied there,
    /// and then the new one takes its name. An edit between look and rename would be lost if it replaced the file; there is no
    /// way to see it.
    fn replace_keeping(&mut self, state: &LocalState, when: Timestamp) -> Result<String, FsError> {
        let failed = |error| fs(&self.target, error);
        for place in way::trash_places(when, self.path.as_str()) {
            let (trash, name) = reach(&self.root, &place, Missing::Make)?;
            match keep(&self.folder, self.name(), &trash, name) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.changed()),
                Err(error) => return Err(failed(error)),
            }
            trash.sync().map_err(failed)?;
            let found = self.folder.examine(self.name()).map_err(failed)?;
            if !is_expected_renamed(found.as_ref(), Some(state)) {
                trash.remove(name).map_err(failed)?;
                return Err(self.changed());
            }
            self.temp.folder.replace(&self.temp.name, &self.folder, self.name()).map_err(failed)?;
            self.temp.there = false;
            return Ok(place);
        }
        Err(because(FsErrorKind::Other, &self.target, "there is no free place in the trash"))
    }

    /// Takes the exchange back.
    fn put_back(&mut self, before: Option<&Found>) -> io::Result<()> {
        match self.folder.exchange(self.name(), &self.temp.folder, &self.temp.name) {
            Ok(true) => {
                // Ours again, unless somebody edited it in this moment.
                let back = self.temp.folder.examine(&self.temp.name)?;
                self.temp.there = is_expected_renamed(back.as_ref(), before.map(|found| &found.state));
                Ok(())
            }
            // Somebody took the new file away.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.temp.folder.move_new(&self.temp.name, &self.folder, self.name())
            }
            Ok(false) => Err(io::ErrorKind::Unsupported.into()),
            Err(error) => Err(error),
        }
    }

    /// `Changed` unless the target is the file of that state; its permission bits if it is.
    fn expected(&self, state: &LocalState) -> Result<u32, FsError> {
        let found = self.folder.examine(self.name()).map_err(|error| fs(&self.target, error))?;
        match found {
            Some(found) if found.kind == Kind::File && found.state.same_snapshot(state) => Ok(found.mode),
            _ => Err(self.changed()),
        }
    }

    fn name(&self) -> &OsStr {
        OsStr::new(self.path.name())
    }

    fn changed(&self) -> FsError {
        because(FsErrorKind::Changed, &self.target, "the file is not the expected one any more")
    }
}

/// A second name for a file or, where the file system knows none, a copy. Never replaces.
fn keep(folder: &Folder, name: &OsStr, trash: &Folder, to: &OsStr) -> io::Result<()> {
    if folder.link(name, trash, to)? {
        return Ok(());
    }
    let (mut from, _) = folder.open_file(name)?;
    let mut copy = trash.create(to, 0o600)?;
    let done = io::copy(&mut from, &mut copy).and_then(|_| copy.sync_all());
    if done.is_err() {
        // Half a copy is none.
        let _left = trash.remove(to);
    }
    done
}

/// A file that others could not read stays one.
#[cfg(unix)]
fn keep_private(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode & 0o666))
}

#[cfg(not(unix))]
fn keep_private(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
impl StagedFile {
    pub(super) fn swap_for_tests(mut self, state: &LocalState) -> Result<(), FsError> {
        self.swap(state, SystemClock.now()).map(|_| ())
    }

    pub(super) fn wait_in_trash_for_tests(&mut self) -> Result<bool, FsError> {
        self.wait_in_trash(SystemClock.now()).map(|place| place.is_some())
    }

    pub(super) fn write_for_tests(&self, bytes: &[u8]) {
        write_at(&self.file, 0, bytes).unwrap();
    }

    pub(super) fn replace_keeping_for_tests(mut self, state: &LocalState) -> Result<(), FsError> {
        self.replace_keeping(state, SystemClock.now()).map(|_| ())
    }
}
