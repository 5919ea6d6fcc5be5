//! Paths below a sync folder's root, and the way between keys and paths.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::key::ObjectKey;

/// A `/`-separated path below a root: never absolute, no empty, `.` or `..` segment, no NUL. Only [`RelPath::parse`]
/// makes one, so a path of this type cannot leave its root by name (threat HS7).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(Box<str>);

/// Why a key cannot be a file name on this computer, or a file name no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing is left to be a name.
    #[error("it is empty")]
    Empty,
    /// `a//b`, or a leading or trailing `/`.
    #[error("it has an empty part between slashes")]
    EmptySegment,
    /// `.` or `..` as a segment.
    #[error("it has a part \".\" or \"..\", which would point somewhere else on a disk")]
    DotSegment,
    /// A NUL byte.
    #[error("it has a character that no file name may have")]
    Forbidden,
    /// A segment over 255 bytes, the limit of common file systems.
    #[error("one part of it is longer than 255 bytes")]
    SegmentTooLong,
    /// The file name on disk is not valid UTF-8, so it has no exact key.
    #[error("its name is not valid text (UTF-8), so it has no exact key")]
    NotText,
    /// Longer than this disk takes.
    #[error("the whole path is longer than this disk takes")]
    PathTooLong,
    /// Longer than a key may be.
    #[error("with its folders it is longer than the 1,024 bytes that a key may have")]
    KeyTooLong,
    /// A stand-in for a forbidden character that no key leads to.
    #[error("it has a character that stands for another one, where none is needed")]
    OddStandIn,
}

impl RelPath {
    /// Parses a path.
    ///
    /// # Errors
    /// [`NameProblem`] naming the first thing that forbids it.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        if text.is_empty() {
            return Err(NameProblem::Empty);
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err(NameProblem::EmptySegment),
                "." | ".." => return Err(NameProblem::DotSegment),
                other if other.contains('\0') => return Err(NameProblem::Forbidden),
                other if other.len() > 255 => return Err(NameProblem::SegmentTooLong),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folders above it, the outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at))
    }

    /// Whether this path lies below `folder`, were that one a folder.
    #[must_use]
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&*folder.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The same folder, another last segment.
    ///
    /// # Errors
    /// [`NameProblem`] when `name` is not one.
    pub fn with_name(&self, name: &str) -> Result<Self, NameProblem> {
        match self.0.rsplit_once('/') {
            Some((folder, _)) => Self::parse(&format!("{folder}/{name}")),
            None => Self::parse(name),
        }
    }

    /// This path followed by `name`.
    ///
    /// # Errors
    /// [`NameProblem`] when `name` is not a path.
    pub fn join(&self, name: &str) -> Result<Self, NameProblem> {
        Self::parse(&format!("{}/{name}", self.0))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RelPath {
    type Error = NameProblem;
    fn try_from(text: String) -> Result<Self, NameProblem> {
        Self::parse(&text)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        path.0.into()
    }
}

/// The file that `key` is below `prefix`, on a file system that takes any byte but `/` and NUL. Other disks:
/// [`crate::names::path_of`].
///
/// # Errors
/// [`NameProblem`] when there is none: such a key is shown and never written (hazard HA21).
pub fn map_key(key: &ObjectKey, prefix: &str) -> Result<RelPath, NameProblem> {
    key.as_str().strip_prefix(prefix).ok_or(NameProblem::Empty).and_then(RelPath::parse)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_becomes_the_text_that_it_was() {
        assert_eq!(String::from(RelPath::parse("a/b.jpg").unwrap()), "a/b.jpg");
    }

    #[test]
    fn hostile_keys_have_no_path() {
        let cases = [
            ("../x", NameProblem::DotSegment),
            ("a/../b", NameProblem::DotSegment),
            ("./a", NameProblem::DotSegment),
            ("a//b", NameProblem::EmptySegment),
            ("/etc/passwd", NameProblem::EmptySegment),
            ("dir/", NameProblem::EmptySegment),
            ("a\0b", NameProblem::Forbidden),
        ];
        for (text, problem) in cases {
            let key = ObjectKey::parse(text).unwrap();
            assert_eq!(map_key(&key, ""), Err(problem), "{text:?}");
        }
        let long = ObjectKey::parse(&"n".repeat(256)).unwrap();
        assert_eq!(map_key(&long, ""), Err(NameProblem::SegmentTooLong));
    }

    #[test]
    fn odd_but_possible_names_stay() {
        for text in
            ["new\nline", "emoji 📷.jpg", "\u{202e}gpj.exe", "a+b c%20d", " lead trail ", "back\\slash"]
        {
            assert_eq!(map_key(&ObjectKey::parse(text).unwrap(), "").unwrap().as_str(), text);
        }
    }

    proptest! {
        #[test]
        fn every_path_comes_back_from_its_key(parts in proptest::collection::vec("[^/\0]{1,20}", 1..5)) {
            let text = parts.join("/");
            if let Ok(path) = RelPath::parse(&text) {
                let key = crate::key::Prefix::new("some/prefix").key(path.as_str()).unwrap();
                prop_assert_eq!(map_key(&key, "some/prefix/"), Ok(path));
            }
        }

        #[test]
        fn no_path_climbs(text in "\\PC{0,40}") {
            if let Ok(path) = RelPath::parse(&text) {
                prop_assert!(path.as_str().split('/').all(|s| !s.is_empty() && s != "." && s != ".."));
            }
        }
    }
}
