//! A listing of versions, taken apart key by key.
use super::Version;

/// The versions of a key come apart in the listing, or its keys do not ascend: the past of a key could not be told whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the versions do not come in the order of their keys")]
pub struct Unordered;

/// Gathers versions as they are listed, and gives each key with all of its versions, newest first.
#[derive(Debug, Default)]
pub struct ByKey {
    key: String,
    versions: Vec<Version>,
}

impl ByKey {
    /// Takes the next version; gives the key before, once it is whole.
    ///
    /// # Errors
    /// [`Unordered`].
    pub fn add(
        &mut self,
        key: String,
        version: Version,
    ) -> Result<Option<(String, Vec<Version>)>, Unordered> {
        if self.versions.is_empty() || self.key == key {
            self.key = key;
            self.versions.push(version);
            return Ok(None);
        }
        if key < self.key {
            return Err(Unordered);
        }
        let whole =
            (std::mem::replace(&mut self.key, key), std::mem::replace(&mut self.versions, vec![version]));
        Ok(Some(whole))
    }

    /// The last key, when the listing has ended.
    #[must_use]
    pub fn end(self) -> Option<(String, Vec<Version>)> {
        (!self.versions.is_empty()).then_some((self.key, self.versions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::VersionId;
    use crate::state::Timestamp;

    fn gathered(listed: &[(&str, &str)]) -> Result<Vec<(String, usize)>, Unordered> {
        let (mut by_key, mut all) = (ByKey::default(), Vec::new());
        for (key, id) in listed {
            let version = Version { id: VersionId::new(*id), modified: Timestamp(0), content: None };
            all.extend(by_key.add((*key).to_owned(), version)?);
        }
        all.extend(by_key.end());
        Ok(all.into_iter().map(|(key, versions)| (key, versions.len())).collect())
    }

    #[test]
    fn each_key_comes_once_with_all_of_its_versions() {
        let listed = [("a", "3"), ("a", "2"), ("b", "1"), ("c", "2"), ("c", "1")];
        let whole = [("a".to_owned(), 2), ("b".to_owned(), 1), ("c".to_owned(), 2)];
        assert_eq!(gathered(&listed).unwrap(), whole);
        assert_eq!(gathered(&[]).unwrap(), []);
    }

    #[test]
    fn a_key_that_comes_again_is_no_second_key() {
        assert_eq!(gathered(&[("a", "3"), ("b", "1"), ("a", "2")]), Err(Unordered));
    }
}
