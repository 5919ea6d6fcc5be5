//! Which of several names a disk can hold.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};

use super::{NameRules, fold_into};
use crate::path::RelPath;
use crate::words::FailureCode;

/// Why a path has no room on the disk, and the part of the path (itself, or a folder above it) that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// It is to this disk the same name as another one, which is spelled otherwise (HA16 to HA18).
    Twin(String),
    /// It is a file there and a folder here, or the other way round (HA22).
    FileAndFolder(String),
}

impl Clash {
    /// The cause that a person is shown.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        match self {
            Self::Twin(_) => FailureCode::NameTwin,
            Self::FileAndFolder(_) => FailureCode::NameNotAllowed,
        }
    }

    /// The part of the path that has no room.
    #[must_use]
    pub fn part(&self) -> &str {
        let (Self::Twin(part) | Self::FileAndFolder(part)) = self;
        part
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

/// Names that are taken on one disk. The first to claim a name keeps it, so what is on the disk claims before what is only
/// in the bucket; all others are shown, and nothing follows from their absence here.
///
/// It holds sums of names and not the names: some 30 bytes for each of a million files. Two names with one sum, which no folder
/// of a person has, would cost a shown name and never a file.
#[derive(Debug, Clone)]
pub struct Claims {
    rules: NameRules,
    /// By the sum of the folded name, the sum of the name as it is spelled.
    taken: BTreeMap<u64, (u32, Kind)>,
    /// The folder that claimed last: its neighbours come right behind it.
    last: String,
    buffer: String,
}

impl Claims {
    /// Nothing is taken.
    #[must_use]
    pub const fn new(rules: NameRules) -> Self {
        Self { rules, taken: BTreeMap::new(), last: String::new(), buffer: String::new() }
    }

    /// Takes the name of a file and of the folders above it. A name can be claimed again with the same spelling.
    ///
    /// # Errors
    /// [`Clash`] when another name has the place; nothing is taken then.
    pub fn claim(&mut self, path: &RelPath) -> Result<(), Clash> {
        let folder = path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let known = folder == self.last;
        let mut folders = Vec::new();
        if !known {
            for folder in path.folders() {
                folders.push(self.look(folder, Kind::Folder)?);
            }
        }
        let (sum, spelled) = self.look(path.as_str(), Kind::File)?;
        self.taken.extend(folders.into_iter().map(|(sum, spelled)| (sum, (spelled, Kind::Folder))));
        self.taken.insert(sum, (spelled, Kind::File));
        if !known {
            folder.clone_into(&mut self.last);
        }
        Ok(())
    }

    /// Whether the name is free, or taken by this very spelling.
    ///
    /// # Errors
    /// [`Clash`] when another name has the place.
    pub fn check(&mut self, path: &RelPath) -> Result<(), Clash> {
        for folder in path.folders() {
            self.look(folder, Kind::Folder)?;
        }
        self.look(path.as_str(), Kind::File).map(|_| ())
    }

    /// Whether this folder is taken as a folder, under whatever spelling.
    pub fn has_folder(&mut self, folder: &str) -> bool {
        let (sum, _) = self.sums(folder);
        self.taken.get(&sum).is_some_and(|(_, kind)| *kind == Kind::Folder)
    }

    /// The sums of a name that is free for it.
    fn look(&mut self, text: &str, kind: Kind) -> Result<(u64, u32), Clash> {
        let (sum, spelled) = self.sums(text);
        match self.taken.get(&sum) {
            Some((other, _)) if *other != spelled => Err(Clash::Twin(text.to_owned())),
            Some((_, taken)) if *taken != kind => Err(Clash::FileAndFolder(text.to_owned())),
            None | Some(_) => Ok((sum, spelled)),
        }
    }

    /// Of the folded name, and of the name.
    fn sums(&mut self, text: &str) -> (u64, u32) {
        let spelled = sum(text);
        if !self.rules.insensitive {
            return (spelled, 0);
        }
        fold_into(text, &mut self.buffer);
        // The upper half: the lower one is not needed anywhere.
        (sum(&self.buffer), (spelled >> 32) as u32)
    }
}

fn sum(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
