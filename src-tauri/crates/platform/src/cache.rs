//! Previews on the disk: files only this user may open, written beside and moved into place, and no more of them than a limit.
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use windlass_ports::PreviewCache;

/// Bytes kept.
const KEPT: u64 = 256 * 1024 * 1024;

/// Keeps previews in a folder.
#[derive(Debug)]
pub struct DiskCache {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    limit: u64,
    /// Bytes in the folder; `None` until they were counted.
    held: Mutex<Option<u64>>,
    next: AtomicU64,
}

impl DiskCache {
    /// In this folder, which is made when the first is kept.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self::with_limit(folder, KEPT)
    }

    /// With another limit in bytes.
    #[must_use]
    pub fn with_limit(folder: PathBuf, limit: u64) -> Self {
        let inner = Inner { folder, limit, held: Mutex::default(), next: AtomicU64::new(0) };
        Self { inner: Arc::new(inner) }
    }
}

#[async_trait]
impl PreviewCache for DiskCache {
    async fn get(&self, name: &str) -> Option<Bytes> {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        tokio::task::spawn_blocking(move || inner.get(&name)).await.ok().flatten()
    }

    async fn put(&self, name: &str, bytes: Bytes) {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        match tokio::task::spawn_blocking(move || inner.put(&name, &bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a preview was not kept"),
            Err(error) => tracing::debug!(%error, "a preview was not kept"),
        }
    }
}

impl Inner {
    /// Names hold keys of strangers, so the file's name is a digest.
    fn path(&self, name: &str) -> PathBuf {
        let digest = Sha256::digest(name.as_bytes());
        self.folder.join(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    fn get(&self, name: &str) -> Option<Bytes> {
        let path = self.path(name);
        let bytes = fs::read(&path).ok()?;
        // The time of its last use decides who goes first. One that cannot be noted only goes sooner.
        let _unnoted = fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(bytes.into())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        private_folder(&self.folder)?;
        if held.is_none() {
            *held = Some(sizes(&self.folder)?.iter().map(|(_, size, _)| size).sum());
        }
        let path = self.path(name);
        let before = fs::metadata(&path).map_or(0, |found| found.len());
        let beside = self.folder.join(format!(
            "new-{}-{}",
            std::process::id(),
            self.next.fetch_add(1, Ordering::Relaxed)
        ));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&beside).and_then(|mut file| file.write_all(bytes));
        if let Err(error) = written.and_then(|()| fs::rename(&beside, &path)) {
            let _left = fs::remove_file(&beside);
            return Err(error);
        }
        let now = held.unwrap_or(0).saturating_sub(before) + bytes.len() as u64;
        *held = Some(now);
        if now > self.limit {
            *held = Some(self.make_room()?);
        }
        Ok(())
    }

    /// Lets the longest unused go until a tenth is free. What is left.
    fn make_room(&self) -> io::Result<u64> {
        let mut all = sizes(&self.folder)?;
        all.sort_by_key(|(_, _, used)| *used);
        let mut held: u64 = all.iter().map(|(_, size, _)| size).sum();
        for (path, size, _) in all {
            if held <= self.limit - self.limit / 10 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                held -= size;
            }
        }
        Ok(held)
    }
}

fn sizes(folder: &Path) -> io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(about) = entry.metadata()
            && about.is_file()
        {
            found.push((entry.path(), about.len(), about.modified().unwrap_or(SystemTime::UNIX_EPOCH)));
        }
    }
    Ok(found)
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_kept_comes_back_and_is_for_this_user_only() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("cache/previews");
        let cache = DiskCache::new(folder.clone());
        assert_eq!(cache.get("../../etc/passwd").await, None);
        cache.put("../../etc/passwd", Bytes::from_static(b"picture")).await;
        assert_eq!(cache.get("../../etc/passwd").await.as_deref(), Some(&b"picture"[..]));
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap()).collect();
        assert_eq!(files.len(), 1, "nothing is left beside it, and nothing lies elsewhere");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(files[0].metadata().unwrap().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        }
        // Another start finds it.
        assert!(DiskCache::new(folder).get("../../etc/passwd").await.is_some());
    }

    #[tokio::test]
    async fn the_longest_unused_goes_first() {
        let base = tempfile::tempdir().unwrap();
        let cache = DiskCache::with_limit(base.path().to_path_buf(), 1000);
        let age = |name: &str, seconds| {
            let file = fs::File::open(cache.inner.path(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        };
        for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
            cache.put(name, Bytes::from(vec![0; 300])).await;
            age(name, at as u64);
        }
        assert!(cache.get("a").await.is_some(), "which makes it the one used last");
        cache.put("d", Bytes::from(vec![0; 300])).await;
        assert!(cache.get("b").await.is_none());
        for name in ["a", "c", "d"] {
            assert!(cache.get(name).await.is_some(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_disk_that_takes_nothing_is_no_error() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("f");
        fs::write(&file, "x").unwrap();
        let cache = DiskCache::new(file);
        cache.put("a", Bytes::from_static(b"x")).await;
        assert_eq!(cache.get("a").await, None);
    }
}
