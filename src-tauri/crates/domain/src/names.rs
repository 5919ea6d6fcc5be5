//! Names between keys and disks (hazards HA16 to HA22): which names one disk takes for the same, and how a key becomes a
//! file where its characters are forbidden, without ever becoming another key.
mod claims;
mod windows;

#[cfg(test)]
mod tests;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

pub use self::claims::{Claims, Clash};
use crate::key::{ObjectKey, Prefix};
use crate::path::{NameProblem, RelPath};

/// What the disk below a root makes of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRules {
    /// Names that differ only in capital letters, or in how their letters are composed, are one file.
    pub insensitive: bool,
    /// Characters and names that Windows reserves are forbidden.
    pub windows: bool,
    /// Longest segment, in bytes; never more than 255.
    pub max_component_bytes: usize,
    /// Longest path below the root, in bytes.
    pub max_path: usize,
}

impl NameRules {
    /// A disk that takes every name but `.`, `..` and those with `/` or NUL, and takes each as it is.
    pub const EXACT: Self =
        Self { insensitive: false, windows: false, max_component_bytes: 255, max_path: 4096 };

    /// What is taken for true of a disk that cannot be tried out: it costs a shown name and never a file.
    pub const CAREFUL: Self = Self { insensitive: true, ..Self::EXACT };
}

impl Default for NameRules {
    fn default() -> Self {
        Self::EXACT
    }
}

/// What two paths have in common that this disk cannot hold both of. On a disk that tells all names apart, the path itself;
/// elsewhere the canonical caseless form (Unicode 3.13, D145), composed. It takes more for the same than some disks do, `ß`
/// and `ss` for one, which costs a shown name and never a file.
#[must_use]
pub fn twin_key(path: &RelPath, rules: NameRules) -> String {
    folded(path.as_str(), rules)
}

fn folded(text: &str, rules: NameRules) -> String {
    if !rules.insensitive {
        return text.to_owned();
    }
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// The form that all names have in common which an insensitive disk takes for one.
fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.nfd().default_case_fold().nfc());
    }
}

/// Whether `path` lies below `folder`, were that one a folder, to a disk with these rules.
#[must_use]
pub fn is_below(path: &RelPath, folder: &RelPath, rules: NameRules) -> bool {
    if path.is_below(folder) {
        return true;
    }
    rules.insensitive && {
        let (path, folder) = (folded(path.as_str(), rules), folded(folder.as_str(), rules));
        path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// The file that `key` is below `prefix` on such a disk. [`key_of`] leads back to exactly this key.
///
/// # Errors
/// [`NameProblem`] when there is none: such a key is shown and never written (hazard HA21), and nothing follows from its
/// absence here.
pub fn path_of(key: &ObjectKey, prefix: &Prefix, rules: NameRules) -> Result<RelPath, NameProblem> {
    let path = crate::path::map_key(key, prefix.as_str())?;
    let path = if rules.windows { RelPath::parse(&windows::stand_in(path.as_str()))? } else { path };
    if path.as_str().split('/').any(|segment| segment.len() > rules.max_component_bytes) {
        return Err(NameProblem::SegmentTooLong);
    }
    if path.as_str().len() > rules.max_path {
        return Err(NameProblem::PathTooLong);
    }
    Ok(path)
}

/// The key of a file found on such a disk. [`path_of`] leads back to exactly this file.
///
/// # Errors
/// [`NameProblem`] when there is none: such a file is shown and stays where it is.
pub fn key_of(path: &RelPath, prefix: &Prefix, rules: NameRules) -> Result<ObjectKey, NameProblem> {
    let key = |text: &str| prefix.key(text).map_err(|_| NameProblem::KeyTooLong);
    if !rules.windows {
        return key(path.as_str());
    }
    let text = windows::take_back(path.as_str());
    if windows::stand_in(&text) != path.as_str() {
        return Err(NameProblem::OddStandIn);
    }
    // What was taken back may be a name that no key of ours leads to, such as `..`.
    RelPath::parse(&text)?;
    key(&text)
}
