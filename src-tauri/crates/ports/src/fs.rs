//! The local disk.
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use windlass_domain::{Crc64Nvme, LocalExpect, LocalState, NameRules, RelPath, Timestamp};

use crate::BoxError;

/// Trouble with the disk.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}: {path}")]
pub struct FsError {
    /// Decides behaviour.
    pub kind: FsErrorKind,
    /// Path it is about, for people.
    pub path: String,
    /// What the system said.
    #[source]
    pub source: BoxError,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsErrorKind {
    /// It is not there.
    NotFound,
    /// Not allowed.
    Denied,
    /// No space left.
    Full,
    /// The target is not what was expected; nothing was replaced.
    Changed,
    /// The root or its marker is missing or another one.
    RootMissing,
    /// Fewer bytes than the snapshot promised (hazard HB13).
    Short,
    /// Anything else.
    Other,
}

/// What a scan found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanItem {
    /// A regular file.
    File(LocalState),
    /// A symbolic link; not followed.
    Link,
    /// A pipe, socket or device; never opened.
    Special,
    /// A directory that could not be listed, or a file that could not be examined. Nothing below it is known.
    Unreadable(String),
    /// A name that is no path of ours (not UTF-8); the text is for people.
    BadName(String),
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Where; for `BadName` the nearest readable folder (empty for the root).
    pub path: Option<RelPath>,
    /// What.
    pub item: ScanItem,
}

/// Why a name is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A file, a link, a pipe or a device has it.
    File,
    /// A folder has it.
    Folder,
    /// Something that is no folder is where one of its folders would be.
    FileAbove,
}

/// What the marker file of a root says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The sync folder's id.
    pub id: String,
    /// Grows before every round of deletes; a journal with a smaller one is an old copy (hazard HC7), a marker that is behind
    /// belongs to an old copy of the folder (hazard HA7).
    pub epoch: u64,
    /// What the disk says of this very root; `None` where it says nothing that can be relied on.
    pub identity: Option<RootIdentity>,
}

/// Tells a root from a copy of it that lies at the same path. It stays the same over restarts, and over whatever happens to
/// the files in the root; it becomes another one with each [`LocalFs::set_epoch`], since that makes a new marker file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootIdentity(pub String);

/// A local folder tree. All methods take the absolute root and paths below it; none follows a link out of it.
#[async_trait]
pub trait LocalFs: Debug + Send + Sync {
    /// Reads the root's marker file (`.windlass/root.json`). `RootMissing` when root or marker are not there.
    async fn read_marker(&self, root: &Path) -> Result<Marker, FsError>;
    /// Writes another epoch into the marker, durably and atomically. `RootMissing` when the marker is not `expect` any more: not
    /// this folder's, or of a copy of it that was put in its place.
    async fn set_epoch(&self, root: &Path, expect: &Marker, epoch: u64) -> Result<(), FsError>;
    /// Writes the marker of a new pairing. Fails when one is there already; one that says nothing any more is replaced.
    async fn create_marker(&self, root: &Path, id: &str) -> Result<(), FsError>;
    /// Walks the whole tree (or what is below `under`), files in path order, honouring the ignore file `.windlassignore`
    /// and leaving out `.windlass/` and our temporary files. Ends with an error only when the root itself fails;
    /// unreadable folders are items.
    fn scan<'a>(
        &'a self,
        root: &'a Path,
        under: Option<&'a RelPath>,
    ) -> BoxStream<'a, Result<Scanned, FsError>>;
    /// Looks at one path without following links. `None` when it is not there.
    async fn look(&self, root: &Path, path: &RelPath) -> Result<Option<Scanned>, FsError>;
    /// What has this name, or is in its way, without following links. `None` when a file could be made there.
    async fn taken(&self, root: &Path, path: &RelPath) -> Result<Option<Taken>, FsError>;
    /// The spelling under which the disk lists what it finds at this path; `None` when it finds nothing. Costs a listing of each
    /// folder on the way.
    async fn spelled(&self, root: &Path, path: &RelPath) -> Result<Option<RelPath>, FsError>;
    /// What the disk below the root makes of names, by trying it out with a file in `.windlass/` that is gone afterwards. An
    /// error where that cannot be done, as in a folder that may only be read.
    async fn name_rules(&self, root: &Path) -> Result<NameRules, FsError>;
    /// Looks at an absolute path that a person gave (a drop). `None` when it is not there.
    async fn look_absolute(&self, path: &Path) -> Result<Option<ScanItem>, FsError>;
    /// Everything below a dropped file or folder: pairs of absolute path and path for the key.
    fn walk_dropped<'a>(&'a self, path: &'a Path) -> BoxStream<'a, Result<(PathBuf, Scanned), FsError>>;
    /// Reads exactly `len` bytes at `offset` of a file, opened without blocking on pipes and without following links.
    /// `Short` when the file ends before. The returned bytes come from one buffer of that size.
    async fn read(&self, file: &Path, offset: u64, len: usize) -> Result<Bytes, FsError>;
    /// As [`Self::read`], with the checksum of the bytes.
    async fn read_summed(&self, file: &Path, offset: u64, len: usize) -> Result<(Bytes, Crc64Nvme), FsError> {
        let bytes = self.read(file, offset, len).await?;
        let crc = Crc64Nvme::of(&bytes);
        Ok((bytes, crc))
    }
    /// As [`Self::read_summed`] for the first `len` bytes, and then [`Self::look_absolute`]: what the file is after its last
    /// byte was read.
    async fn read_and_look(
        &self,
        file: &Path,
        len: usize,
    ) -> Result<(Bytes, Crc64Nvme, Option<ScanItem>), FsError> {
        let (bytes, crc) = self.read_summed(file, 0, len).await?;
        Ok((bytes, crc, self.look_absolute(file).await?))
    }
    /// Begins a file at `target` under a temporary name on the same volume. Creates missing folders below `root`.
    async fn stage(&self, root: &Path, path: &RelPath) -> Result<Box<dyn Staged>, FsError>;
    /// Removes temporary files that a dead process left below `root`. Returns how many.
    async fn sweep_temps(&self, root: &Path) -> Result<u64, FsError>;
    /// Moves a file into the folder's own trash, `.windlass/trash/<when>/<path>`, on the same volume, durably; folders that
    /// become empty by it go. `Changed` when the file is not this snapshot any more, and then nothing moved. Gives the place in
    /// the trash, relative to the root.
    async fn trash(
        &self,
        root: &Path,
        path: &RelPath,
        expect: &LocalState,
        when: Timestamp,
    ) -> Result<String, FsError>;
    /// Brings a file back from the trash to `path`. `Changed` when something is there; `NotFound` when the trash was emptied.
    async fn untrash(&self, root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError>;
    /// Renames a file within the root, durably, making the folders it needs. `Changed` when the file is not this snapshot any
    /// more or something is at `to`; then nothing moved.
    async fn rename(
        &self,
        root: &Path,
        from: &RelPath,
        to: &RelPath,
        expect: &LocalState,
    ) -> Result<(), FsError>;
    /// Free bytes on the volume of `path`.
    async fn free_space(&self, path: &Path) -> Result<u64, FsError>;
}

/// A file being written under a temporary name. Dropping it removes the temporary file.
///
/// With [`LocalExpect::Unchanged`] `publish` replaces that very file and keeps what it held in the folder's trash, as
/// [`LocalFs::trash`] does with `mtime` for its time.
#[async_trait]
pub trait Staged: Debug + Send {
    /// Writes bytes at an offset.
    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<(), FsError>;
    /// Makes it durable and visible: fsync, re-check of the target, rename without replacing anything unexpected, fsync
    /// of the folder. `Changed` leaves the target alone.
    async fn publish(
        self: Box<Self>,
        expect: &LocalExpect,
        mtime: Option<Timestamp>,
    ) -> Result<Published, FsError>;
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where in the trash what was replaced is.
    pub kept: Option<String>,
    /// When the file changed last by the disk's own word, right after it got its name: a file that changed later was written to
    /// by somebody. `None` where the disk does not say.
    pub changed: Option<Timestamp>,
}
