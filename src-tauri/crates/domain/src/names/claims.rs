//! Which of several names a disk can hold.
use std::collections::BTreeMap;

use super::{NameRules, folded};
use crate::path::RelPath;
use crate::words::FailureCode;

/// Why a path has no room on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// It, or a folder above it, is to this disk the same name as this one, which is spelled otherwise (HA16 to HA18).
    Twin(String),
    /// This one is a file there and a folder here, or the other way round (HA22).
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

/// Names that are taken on one disk. The first to claim a name keeps it, so what is on the disk claims before what is only
/// in the bucket; all others are shown, and nothing follows from their absence here.
#[derive(Debug, Clone)]
pub struct Claims {
    rules: NameRules,
    taken: BTreeMap<String, (String, Kind)>,
}

impl Claims {
    /// Nothing is taken.
    #[must_use]
    pub const fn new(rules: NameRules) -> Self {
        Self { rules, taken: BTreeMap::new() }
    }

    /// Takes the name of a file and of the folders above it. A name can be claimed again with the same spelling.
    ///
    /// # Errors
    /// [`Clash`] when another name has the place; nothing is taken then.
    pub fn claim(&mut self, path: &RelPath) -> Result<(), Clash> {
        for folder in path.folders() {
            self.look(folder, Kind::Folder)?;
        }
        self.look(path.as_str(), Kind::File)?;
        for folder in path.folders() {
            self.taken.insert(folded(folder, self.rules), (folder.to_owned(), Kind::Folder));
        }
        self.taken.insert(folded(path.as_str(), self.rules), (path.as_str().to_owned(), Kind::File));
        Ok(())
    }

    fn look(&self, text: &str, kind: Kind) -> Result<(), Clash> {
        match self.taken.get(&folded(text, self.rules)) {
            None => Ok(()),
            Some((spelled, _)) if spelled != text => Err(Clash::Twin(spelled.clone())),
            Some((_, taken)) if *taken == kind => Ok(()),
            Some((spelled, _)) => Err(Clash::FileAndFolder(spelled.clone())),
        }
    }
}
