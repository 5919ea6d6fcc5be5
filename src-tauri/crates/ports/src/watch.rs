//! File-system events: hints where to look, never the truth.
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent {
    /// Something happened at these absolute paths.
    Touched(Vec<PathBuf>),
    /// Events were lost (queue overflow, watch limit, an error): look at everything (hazard HA11).
    LookAtAll,
}

/// Starts watching a folder. Dropping the returned guard ends it. Where no watch can be had, the implementation says so
/// with one `LookAtAll` and the periodic rescan does the work.
pub trait Watcher: std::fmt::Debug + Send + Sync {
    /// Watches `root` and everything below it. The channel is bounded; when it is full the implementation collapses
    /// what it holds to `LookAtAll`.
    fn watch(
        &self,
        root: &Path,
        events: mpsc::Sender<WatchEvent>,
    ) -> Result<Box<dyn Send + Sync>, crate::FsError>;
}
