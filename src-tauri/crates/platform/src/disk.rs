//! The local disk behind the port [`LocalFs`].
mod ignored;
mod look;
mod marker;
mod moves;
mod pool;
mod read;
mod spelling;
mod stage;
mod stream;
mod sweep;
mod walk;
mod way;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use windlass_domain::{Crc64Nvme, LocalState, NameRules, RelPath, Timestamp};
use windlass_ports::{FsError, LocalFs, Marker, ScanItem, Scanned, Staged, Taken};

use crate::error::{aside, fs};
use pool::Pool;

/// The computer's file systems. Copies share one pool of read buffers (at most 64 MiB at rest, and none for long).
///
/// Every call runs on a thread that may block; dropping a call's future does not stop what it already began, dropping a
/// stream does.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    pool: Arc<Pool>,
}

impl Disk {
    /// A disk with an empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl LocalFs for Disk {
    async fn read_marker(&self, root: &Path) -> Result<Marker, FsError> {
        let (owned, pool) = (root.to_path_buf(), Arc::clone(&self.pool));
        aside(root, move || {
            // Whoever watches a folder comes by every few seconds.
            pool.tidy();
            marker::read(&owned)
        })
        .await
    }

    async fn set_epoch(&self, root: &Path, expect: &Marker, epoch: u64) -> Result<(), FsError> {
        let (owned, expect) = (root.to_path_buf(), expect.clone());
        aside(root, move || marker::set_epoch(&owned, &expect, epoch)).await
    }

    async fn trash(
        &self,
        root: &Path,
        path: &RelPath,
        expect: &LocalState,
        when: Timestamp,
    ) -> Result<String, FsError> {
        let (owned, path, expect) = (root.to_path_buf(), path.clone(), expect.clone());
        aside(root, move || moves::trash(&owned, &path, &expect, when)).await
    }

    async fn untrash(&self, root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError> {
        let (owned, trashed, path) = (root.to_path_buf(), trashed.to_owned(), path.clone());
        aside(root, move || moves::untrash(&owned, &trashed, &path)).await
    }

    async fn rename(
        &self,
        root: &Path,
        from: &RelPath,
        to: &RelPath,
        expect: &LocalState,
    ) -> Result<(), FsError> {
        let (owned, from, to, expect) = (root.to_path_buf(), from.clone(), to.clone(), expect.clone());
        aside(root, move || moves::rename(&owned, &from, &to, &expect)).await
    }

    async fn create_marker(&self, root: &Path, id: &str) -> Result<(), FsError> {
        let (owned, id) = (root.to_path_buf(), id.to_owned());
        aside(root, move || marker::create(&owned, &id)).await
    }

    fn scan<'a>(
        &'a self,
        root: &'a Path,
        under: Option<&'a RelPath>,
    ) -> BoxStream<'a, Result<Scanned, FsError>> {
        let (root, under) = (root.to_path_buf(), under.cloned());
        stream::of(root.clone(), move |out| walk::scan(&root, under.as_ref(), out))
    }

    async fn look(&self, root: &Path, path: &RelPath) -> Result<Option<Scanned>, FsError> {
        let (owned, path) = (root.to_path_buf(), path.clone());
        aside(root, move || look::below(&owned, &path)).await
    }

    async fn taken(&self, root: &Path, path: &RelPath) -> Result<Option<Taken>, FsError> {
        let (owned, path) = (root.to_path_buf(), path.clone());
        aside(root, move || look::taken(&owned, &path)).await
    }

    async fn spelled(&self, root: &Path, path: &RelPath) -> Result<Option<RelPath>, FsError> {
        let (owned, path) = (root.to_path_buf(), path.clone());
        aside(root, move || spelling::spelled(&owned, &path)).await
    }

    async fn name_rules(&self, root: &Path) -> Result<NameRules, FsError> {
        let owned = root.to_path_buf();
        aside(root, move || spelling::rules(&owned)).await
    }

    async fn look_absolute(&self, path: &Path) -> Result<Option<ScanItem>, FsError> {
        let owned = path.to_path_buf();
        aside(path, move || look::absolute(&owned)).await
    }

    fn walk_dropped<'a>(&'a self, path: &'a Path) -> BoxStream<'a, Result<(PathBuf, Scanned), FsError>> {
        let path = path.to_path_buf();
        stream::of(path.clone(), move |out| walk::dropped(&path, out))
    }

    async fn read(&self, file: &Path, offset: u64, len: usize) -> Result<Bytes, FsError> {
        let (owned, pool) = (file.to_path_buf(), Arc::clone(&self.pool));
        aside(file, move || read::exactly(&pool, &owned, offset, len)).await.map(|(bytes, _)| bytes)
    }

    async fn read_summed(&self, file: &Path, offset: u64, len: usize) -> Result<(Bytes, Crc64Nvme), FsError> {
        let (owned, pool) = (file.to_path_buf(), Arc::clone(&self.pool));
        aside(file, move || read::exactly(&pool, &owned, offset, len)).await
    }

    async fn read_and_look(
        &self,
        file: &Path,
        len: usize,
    ) -> Result<(Bytes, Crc64Nvme, Option<ScanItem>), FsError> {
        let (owned, pool) = (file.to_path_buf(), Arc::clone(&self.pool));
        aside(file, move || {
            let (bytes, crc) = read::exactly(&pool, &owned, 0, len)?;
            Ok((bytes, crc, look::absolute(&owned)?))
        })
        .await
    }

    async fn stage(&self, root: &Path, path: &RelPath) -> Result<Box<dyn Staged>, FsError> {
        let (owned, path) = (root.to_path_buf(), path.clone());
        let staged = aside(root, move || stage::begin(&owned, &path)).await?;
        Ok(Box::new(staged))
    }

    async fn sweep_temps(&self, root: &Path) -> Result<u64, FsError> {
        let owned = root.to_path_buf();
        aside(root, move || sweep::temps(&owned)).await
    }

    async fn free_space(&self, path: &Path) -> Result<u64, FsError> {
        let owned = path.to_path_buf();
        aside(path, move || {
            // A folder that is still to be made lies on the volume of the nearest one that is there.
            let there = owned.ancestors().find(|p| p.exists()).unwrap_or(&owned);
            fs4::available_space(there).map_err(|error| fs(&owned, error))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
