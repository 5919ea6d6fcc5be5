//! Of a listing of versions, what each key shows: its object, or what it was when it was deleted.
use super::{Content, Version};
use crate::state::Timestamp;

/// What a key shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// Key.
    pub key: String,
    /// The time of the version that is there, or was last there.
    pub modified: Timestamp,
    /// What that holds.
    pub content: Content,
    /// When it was deleted; `None`: it is there.
    pub deleted: Option<Timestamp>,
}

/// Takes versions as they are listed, a key's newest first, and gives each key once. A key that has nothing but delete markers
/// shows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tops {
    key: Option<String>,
    deleted: Option<Timestamp>,
    shown: bool,
}

impl Tops {
    /// The next version.
    pub fn add(&mut self, key: String, version: Version) -> Option<Top> {
        let first = self.key.as_ref() != Some(&key);
        if first {
            *self = Self { key: Some(key.clone()), deleted: None, shown: false };
        }
        let Some(content) = version.content else {
            if first {
                self.deleted = Some(version.modified);
            }
            return None;
        };
        if std::mem::replace(&mut self.shown, true) {
            return None;
        }
        Some(Top { key, modified: version.modified, content, deleted: self.deleted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{ETag, VersionId};

    /// `size` below zero is a delete marker.
    fn tops(listed: &[(&str, i64, i64)]) -> Vec<(String, i64, u64, Option<i64>)> {
        let mut tops = Tops::default();
        let version = |second, size: i64| Version {
            id: VersionId::new("v"),
            modified: Timestamp(second),
            content: u64::try_from(size).ok().map(|size| Content {
                size,
                etag: ETag::new("\"e\""),
                class: "STANDARD".into(),
            }),
        };
        let shown = listed
            .iter()
            .filter_map(|(key, second, size)| tops.add((*key).to_owned(), version(*second, *size)));
        shown.map(|top| (top.key, top.modified.0, top.content.size, top.deleted.map(|at| at.0))).collect()
    }

    #[test]
    fn each_key_shows_what_is_there_or_was_last() {
        let listed = [
            ("a", 9, 3),
            ("a", 8, -1),
            ("a", 7, 1),
            // Deleted twice: the marker on top says since when.
            ("b", 9, -1),
            ("b", 6, -1),
            ("b", 5, 2),
            ("b", 4, 1),
            ("c", 9, -1),
            ("d", 1, 0),
        ];
        let shown = [("a", 9, 3, None), ("b", 5, 2, Some(9)), ("d", 1, 0, None)];
        assert_eq!(tops(&listed), shown.map(|(key, at, size, gone)| (key.to_owned(), at, size, gone)));
    }
}
