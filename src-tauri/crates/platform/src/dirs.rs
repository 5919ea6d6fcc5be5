//! The application's folders.
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

/// Why the application has no folder.
#[derive(Debug, thiserror::Error)]
pub enum DirsError {
    /// The system names no home folder.
    #[error("the system names no home folder for this user")]
    NoHome,
    /// It could not be made or is no folder.
    #[error("the folder {path} cannot be used")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Where the application keeps what is its own.
#[derive(Debug, Clone)]
pub struct AppDirs {
    data: PathBuf,
    cache: PathBuf,
    config: PathBuf,
}

impl AppDirs {
    /// The folders of this user, or all of them inside `explicit` when it is given. Makes the data folder, which only
    /// this user may open, since the journal in it names the user's files.
    ///
    /// # Errors
    /// [`DirsError`] when there is no home folder, or the folder cannot be made.
    pub fn open(explicit: Option<&Path>) -> Result<Self, DirsError> {
        let dirs = match explicit {
            Some(path) => {
                let data = std::path::absolute(path)
                    .map_err(|source| DirsError::Unusable { path: path.to_path_buf(), source })?;
                let cache = data.join("cache");
                Self { config: data.clone(), data, cache }
            }
            None => {
                let found = directories::ProjectDirs::from("", "", "Windlass").ok_or(DirsError::NoHome)?;
                Self {
                    data: found.data_dir().to_path_buf(),
                    cache: found.cache_dir().to_path_buf(),
                    config: found.config_dir().to_path_buf(),
                }
            }
        };
        private_folder(&dirs.data)?;
        Ok(dirs)
    }

    /// The journal and what belongs to it.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The practice bucket. Not made.
    #[must_use]
    pub fn practice(&self) -> PathBuf {
        self.data.join("practice")
    }

    /// What a person may write for Windlass to read, such as a price list. Not made.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// What may be deleted at any time, such as thumbnails. Not made.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.cache.clone()
    }
}

fn private_folder(path: &Path) -> Result<(), DirsError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| DirsError::Unusable { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_folder_is_made_for_this_user_only() {
        let base = tempfile::tempdir().unwrap();
        let dirs = AppDirs::open(Some(&base.path().join("a/b"))).unwrap();
        assert_eq!(dirs.data(), base.path().join("a/b"));
        assert_eq!(dirs.practice(), base.path().join("a/b/practice"));
        assert!(dirs.cache().starts_with(base.path()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(std::fs::metadata(dirs.data()).unwrap().mode() & 0o777, 0o700);
        }
        AppDirs::open(Some(dirs.data())).expect("a second start finds it");
    }

    #[test]
    fn a_file_in_the_way_is_said() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("f");
        std::fs::write(&file, "x").unwrap();
        assert!(matches!(AppDirs::open(Some(&file)), Err(DirsError::Unusable { .. })));
    }
}
