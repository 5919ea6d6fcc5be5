//! The folder in which dragged files wait for the program that takes them.
//!
//! Lies in the app's cache, open to nobody else. Removing never follows a link and never leaves the folder.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Name of the folder in the cache.
const NAME: &str = "drag-out";

/// The folder for all drags.
#[derive(Debug)]
pub(crate) struct Staging {
    root: PathBuf,
    next: AtomicU64,
}

impl Staging {
    /// The folder in this cache. It is made by the first drag.
    pub(crate) fn below(cache: &Path) -> Self {
        Self { root: cache.join(NAME), next: AtomicU64::new(0) }
    }

    /// Removes whatever lies in it: at the start, when no drag can be under way.
    pub(crate) fn empty(&self) {
        if let Err(error) = remove(&self.root) {
            tracing::warn!(%error, folder = %self.root.display(), "what was dragged out earlier could not be removed");
        }
    }

    /// Opens a place for one drag.
    ///
    /// # Errors
    /// When it cannot be made, or a link lies where the folder should be.
    pub(crate) fn open(&self) -> io::Result<Stored> {
        make(&self.root, true)?;
        if !std::fs::symlink_metadata(&self.root)?.is_dir() {
            return Err(io::Error::other("a link lies where the folder for drags should be"));
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(format!("{}-{number}", std::process::id()));
        make(&path, false)?;
        Ok(Stored { path: Arc::new(path) })
    }
}

/// A place for the files of one drag.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    path: Arc<PathBuf>,
}

impl Stored {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The files and folders at its top, in the order of their names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn names(&self) -> io::Result<Vec<PathBuf>> {
        let mut names = std::fs::read_dir(self.path())?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// Removes it with all it holds. What cannot be removed now goes at the next start.
    pub(crate) async fn remove(self) {
        let path = Arc::clone(&self.path);
        let removed = tauri::async_runtime::spawn_blocking(move || remove(&path)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%error, folder = %self.path.display(), "what was dragged out could not be removed");
        }
    }
}

fn make(path: &Path, parents: bool) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(parents);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes a folder, or the link that lies in its place; what a link leads to stays.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("windlass-drag-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    #[cfg(unix)]
    fn emptying_takes_what_lies_there_and_never_what_a_link_leads_to() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let cache = cache("empty");
        let mine = cache.join("photos");
        std::fs::create_dir(&mine).unwrap();
        std::fs::write(mine.join("keep.jpg"), "x").unwrap();
        let staging = Staging::below(&cache);
        let stored = staging.open().unwrap();
        std::fs::write(stored.path().join("a.bin"), "a").unwrap();
        symlink(&mine, stored.path().join("link")).unwrap();
        assert_eq!(std::fs::metadata(stored.path()).unwrap().permissions().mode() & 0o777, 0o700);
        staging.empty();
        assert!(!cache.join(NAME).exists(), "all of it goes");
        assert!(mine.join("keep.jpg").exists(), "the link goes, not what it leads to");

        symlink(&mine, cache.join(NAME)).unwrap();
        assert!(staging.open().is_err(), "nothing is put where a link leads");
        staging.empty();
        assert!(mine.join("keep.jpg").exists(), "a link in the folder's place goes alone");
        assert!(!cache.join(NAME).is_symlink());
        std::fs::remove_dir_all(&cache).unwrap();
    }

    #[test]
    fn each_drag_has_a_place_of_its_own() {
        let cache = cache("own");
        let staging = Staging::below(&cache);
        let (one, two) = (staging.open().unwrap(), staging.open().unwrap());
        assert_ne!(one.path(), two.path());
        std::fs::write(one.path().join("b"), "").unwrap();
        std::fs::create_dir(one.path().join("a")).unwrap();
        assert_eq!(one.names().unwrap(), vec![one.path().join("a"), one.path().join("b")]);
        assert!(two.names().unwrap().is_empty());
        std::fs::remove_dir_all(&cache).unwrap();
    }
}
