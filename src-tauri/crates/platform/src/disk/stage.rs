//! Downloads: written under a temporary name beside the target, then made durable and visible in one step (HC1).
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::{LocalExpect, LocalState, RelPath, Timestamp};
use windlass_ports::{FsError, FsErrorKind, Staged};

use crate::clock::to_system;
use crate::error::{aside, because, fs, root as root_error};
use crate::folder::{Folder, Kind, write_at};
use crate::names;

/// Begins a file. `Changed` when a link or file stands where a folder is needed.
pub(super) fn begin(root: &Path, path: &RelPath) -> Result<StagedFile, FsError> {
    let target = root.join(path.as_str());
    if names::is_ours(path.as_str()) {
        return Err(because(FsErrorKind::Denied, &target, "the name is one that Windlass keeps for itself"));
    }
    let folder = parent(root, path, Missing::Make)?;
    let name = names::temp();
    // The final file's permissions: what the process's mask leaves, and never to be run.
    let file = folder.create(OsStr::new(&name), 0o666).map_err(|error| fs(&target, error))?;
    let temp = Temp { folder, name, there: true };
    // Keeps the sweep away. Where there are no locks, only a sweep that runs beside a download could take it.
    let _no_locks_here = file.try_lock();
    Ok(StagedFile { root: root.to_path_buf(), path: path.clone(), target, temp, file: Arc::new(file) })
}

enum Missing {
    Make,
    Fail,
}

/// The folder that the file is to be in, reached name by name without following a link (HA23, HS8).
fn parent(root: &Path, path: &RelPath, missing: Missing) -> Result<Folder, FsError> {
    let mut folder = Folder::open(root).map_err(|error| root_error(root, error))?;
    let Some((folders, _)) = path.as_str().rsplit_once('/') else { return Ok(folder) };
    for step in folders.split('/') {
        let step = OsStr::new(step);
        let next = match missing {
            Missing::Make => folder.make_child(step),
            Missing::Fail => folder.child(step),
        };
        folder = next.map_err(|error| match folder.examine(step) {
            Ok(Some(found)) if found.kind != Kind::Folder => because(
                FsErrorKind::Changed,
                &root.join(path.as_str()),
                "a file or link is where a folder is needed",
            ),
            _ => fs(&root.join(path.as_str()), error),
        })?;
    }
    Ok(folder)
}

/// The temporary file's name. Dropping it removes the file.
#[derive(Debug)]
struct Temp {
    folder: Folder,
    name: String,
    there: bool,
}

impl Drop for Temp {
    fn drop(&mut self) {
        if self.there
            && let Err(error) = self.folder.remove(OsStr::new(&self.name))
        {
            tracing::warn!(%error, name = %self.name, "a temporary file stays until the next sweep");
        }
    }
}

/// A file under a temporary name. A `publish` that began runs to its end, also when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct StagedFile {
    root: PathBuf,
    path: RelPath,
    target: PathBuf,
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
    ) -> Result<PathBuf, FsError> {
        let (expect, target) = (expect.clone(), self.target.clone());
        aside(&target, move || self.make_visible(&expect, mtime)).await
    }
}

impl StagedFile {
    fn make_visible(mut self, expect: &LocalExpect, mtime: Option<Timestamp>) -> Result<PathBuf, FsError> {
        self.prepare(expect, mtime)?;
        self.same_folder()?;
        match expect {
            LocalExpect::Absent => self.appear()?,
            LocalExpect::Unchanged(state) => self.replace(state)?,
        }
        self.temp.folder.sync().map_err(|error| fs(&self.target, error))?;
        Ok(self.target.clone())
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
        let now = parent(&self.root, &self.path, Missing::Fail).map_err(|error| match error.kind {
            FsErrorKind::NotFound => FsError { kind: FsErrorKind::Changed, ..error },
            _ => error,
        })?;
        let failed = |error| fs(&self.target, error);
        if now.identity().map_err(failed)? == self.temp.folder.identity().map_err(failed)? {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    fn appear(&mut self) -> Result<(), FsError> {
        match self.temp.folder.rename_new(OsStr::new(&self.temp.name), self.name()) {
            Ok(()) => {
                self.temp.there = false;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(self.changed()),
            Err(error) => Err(fs(&self.target, error)),
        }
    }

    /// A look first, then the exchange.
    fn replace(&mut self, state: &LocalState) -> Result<(), FsError> {
        self.expected(state)?;
        self.swap(state)
    }

    /// Changes places with the target, then looks at what came out: an edit between look and rename is seen, and put
    /// back (hazard HA31).
    fn swap(&mut self, state: &LocalState) -> Result<(), FsError> {
        let failed = |error| fs(&self.target, error);
        let temp = OsStr::new(&self.temp.name);
        if !self.temp.folder.exchange(temp, self.name()).map_err(failed)? {
            self.temp.folder.replace(temp, self.name()).map_err(failed)?;
            self.temp.there = false;
            return Ok(());
        }
        let same = self.temp.folder.examine(temp).map(|out| {
            // The rename itself may have moved the time of the inode's change.
            out.is_some_and(|out| {
                let expected = LocalState { ctime: out.state.ctime, ..state.clone() };
                out.kind == Kind::File && out.state.same_snapshot(&expected)
            })
        });
        if let Ok(true) = same {
            // What came out goes with the temporary name.
            return Ok(());
        }
        self.put_back()?;
        Err(self.changed())
    }

    /// Under the temporary name is a person's file now. It must not be removed, whatever happens.
    fn put_back(&mut self) -> Result<(), FsError> {
        let temp = OsStr::new(&self.temp.name);
        if let Ok(true) = self.temp.folder.exchange(temp, self.name()) {
            return Ok(());
        }
        self.temp.there = false;
        let kept = format!("windlass-kept-{:016x}", rand::random::<u64>());
        self.temp.folder.rename_new(temp, OsStr::new(&kept)).map_err(|error| fs(&self.target, error))
    }

    /// `Changed` unless the target is the file of that state; its permission bits if it is.
    fn expected(&self, state: &LocalState) -> Result<u32, FsError> {
        let found = self.temp.folder.examine(self.name()).map_err(|error| fs(&self.target, error))?;
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
        self.swap(state)
    }
}
