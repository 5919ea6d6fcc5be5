//! From the library's events to hints.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RemoveKind, RenameMode};
use notify::{ErrorKind, Event};

use super::relay::Relay;
use crate::names;

/// Sorts the events of one root.
#[derive(Debug)]
pub(super) struct Hints {
    root: PathBuf,
    limit_told: AtomicBool,
}

impl Hints {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), limit_told: AtomicBool::new(false) }
    }

    pub(super) fn take(&self, event: notify::Result<Event>, to: &Relay) {
        match event {
            Ok(event) if event.need_rescan() => to.all(),
            Ok(event) => self.event(event, to),
            // Each folder made after the limit was reached gives this error. Told once: else every new folder would
            // cost a walk over everything.
            Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                if !self.limit_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!("the system's limit of watched folders is reached");
                    to.all();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "events may be lost");
                to.all();
            }
        }
    }

    fn event(&self, event: Event, to: &Relay) {
        match event.kind {
            // A writer closed the file: the best hint there is.
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
            EventKind::Access(_) => return,
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => {}
        }
        if event.paths.is_empty() {
            // Something happened and nobody says where.
            return to.all();
        }
        if event.paths.contains(&self.root) && is_goodbye(event.kind) {
            return to.all();
        }
        let paths: Vec<_> = event.paths.into_iter().filter(|path| !self.is_ours(path)).collect();
        if may_be_new_folder(event.kind) {
            for path in paths.iter().filter(|path| is_folder(path)) {
                to.again_later(path.clone());
            }
        }
        to.touched(paths);
    }

    fn is_ours(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| names::is_temp(name.as_encoded_bytes()))
            || path.strip_prefix(&self.root).is_ok_and(|below| {
                below.components().next().is_some_and(|first| first.as_os_str() == names::OURS)
            })
    }
}

/// The root was removed or got another name.
fn is_goodbye(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(RemoveKind::Folder | RemoveKind::Any | RemoveKind::Other))
        || matches!(
            kind,
            EventKind::Modify(ModifyKind::Name(RenameMode::From | RenameMode::Both | RenameMode::Any))
        )
}

fn may_be_new_folder(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(CreateKind::Folder | CreateKind::Any | CreateKind::Other))
        || matches!(
            kind,
            EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both | RenameMode::Any))
        )
}

fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}
