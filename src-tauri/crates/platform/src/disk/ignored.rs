//! What a person does not want to sync: the files `.windlassignore`, in the syntax of gitignore. The one in the deepest
//! folder that says anything about a name decides.
use std::ffi::OsStr;
use std::io::{self, Read as _};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::folder::Folder;
use crate::names;

const MOST: u64 = 1024 * 1024;

/// The rules from the root down to the folder being walked.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// With the length of the folder's path and its slash.
    layers: Vec<(usize, Gitignore)>,
}

impl Rules {
    /// Adds the rules of a folder, if it has any; says whether it has. An ignore file that cannot be read is an error:
    /// without it nobody knows what may be uploaded.
    pub(super) fn enter(&mut self, folder: &Folder, base: usize) -> io::Result<bool> {
        let name = OsStr::new(names::IGNORE);
        if folder.examine(name)?.is_none() {
            return Ok(false);
        }
        let (file, size) = folder.open_file(name)?;
        if size > MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the ignore file is over 1 MiB"));
        }
        let mut text = Vec::new();
        file.take(MOST).read_to_end(&mut text)?;
        let mut builder = GitignoreBuilder::new("");
        let text = String::from_utf8_lossy(&text);
        for line in text.trim_start_matches('\u{feff}').lines() {
            if let Err(error) = builder.add_line(None, line) {
                tracing::warn!(%error, "a line of the ignore file has no meaning");
            }
        }
        let set = builder.build().map_err(io::Error::other)?;
        self.layers.push((base, set));
        Ok(true)
    }

    /// Takes the last rules away again.
    pub(super) fn leave(&mut self) {
        self.layers.pop();
    }

    /// Whether a path is left out. Asked from the root down, so that nothing below a folder left out is ever asked.
    pub(super) fn leave_out(&self, path: &str, is_folder: bool) -> bool {
        for (base, set) in self.layers.iter().rev() {
            let Some(below) = path.get(*base..) else { continue };
            match set.matched(below, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}
