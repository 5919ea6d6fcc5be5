//! File events, as hints: what is lost becomes "look at everything" and never nothing (hazard HA11).
mod hints;
mod relay;

use std::path::Path;
use std::sync::Arc;

use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use windlass_ports::{FsError, FsErrorKind, WatchEvent, Watcher};

use crate::error::{because, root as root_error};
use hints::Hints;
use relay::Relay;

/// The system's own watcher (inotify, FSEvents, ReadDirectoryChanges).
///
/// A watch of a large tree takes a moment, since each folder is registered: call it where blocking is allowed. Where no
/// watch can be had, or not for the whole tree, one `LookAtAll` says so and the periodic rescan does the work. A folder
/// that came new is named twice, the second time a second later: what was put into it before it was watched is found
/// then. When the root itself is moved or removed, `LookAtAll` is the last hint; a root that comes back needs a new
/// watch.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotifyWatcher;

impl NotifyWatcher {
    /// A watcher.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

/// Ends the watch on drop. The relay's thread ends by itself at once after.
struct Guard {
    _watcher: Option<RecommendedWatcher>,
    relay: Arc<Relay>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.relay.close();
    }
}

impl Watcher for NotifyWatcher {
    fn watch(&self, root: &Path, events: mpsc::Sender<WatchEvent>) -> Result<Box<dyn Send + Sync>, FsError> {
        if !std::fs::metadata(root).map_err(|error| root_error(root, error))?.is_dir() {
            return Err(because(FsErrorKind::RootMissing, root, "it is not a folder"));
        }
        let relay = Arc::new(Relay::new());
        relay::start(Arc::clone(&relay), events).map_err(|error| root_error(root, error))?;
        let (hints, to) = (Hints::new(root), Arc::clone(&relay));
        let handler = move |event| hints.take(event, &to);
        let config = Config::default().with_follow_symlinks(false);
        let watcher = match RecommendedWatcher::new(handler, config) {
            Ok(mut watcher) => {
                if let Err(error) = watcher.watch(root, RecursiveMode::Recursive) {
                    tracing::warn!(%error, root = %root.display(), "not everything is watched");
                    relay.all();
                }
                // What was registered before the limit was reached still gives hints.
                Some(watcher)
            }
            Err(error) => {
                tracing::warn!(%error, root = %root.display(), "nothing is watched");
                relay.all();
                None
            }
        };
        Ok(Box::new(Guard { _watcher: watcher, relay }))
    }
}

#[cfg(test)]
mod tests;
