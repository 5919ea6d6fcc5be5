//! Small trees and short words for what was found.
#![allow(dead_code)]
use std::path::Path;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use windlass_domain::RelPath;
use windlass_ports::{FsError, ScanItem, Scanned};

pub(crate) fn rel(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

pub(crate) fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) fn tree(files: &[&str]) -> tempfile::TempDir {
    let base = tempfile::tempdir().unwrap();
    for file in files {
        put(base.path(), file, "x");
    }
    base
}

pub(crate) fn fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::from_raw_mode(0o644)).unwrap();
}

pub(crate) fn line(scanned: &Scanned) -> String {
    let path = scanned.path.as_ref().map_or("", RelPath::as_str);
    match &scanned.item {
        ScanItem::File(_) => path.to_owned(),
        ScanItem::Link => format!("link {path}"),
        ScanItem::Special => format!("special {path}"),
        ScanItem::Unreadable(_) => format!("unreadable {path}"),
        ScanItem::BadName(_) => format!("badname {path}"),
    }
}

pub(crate) async fn lines(
    mut stream: BoxStream<'_, Result<Scanned, FsError>>,
) -> Result<Vec<String>, FsError> {
    let mut all = Vec::new();
    while let Some(found) = stream.next().await {
        all.push(line(&found?));
    }
    Ok(all)
}

/// Names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}
