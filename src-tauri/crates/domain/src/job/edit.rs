//! What is changed of an object without touching its bytes.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A header that says what the bytes are or how they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// `Content-Type`.
    ContentType,
    /// `Cache-Control`.
    CacheControl,
    /// `Content-Disposition`.
    ContentDisposition,
    /// `Content-Encoding`.
    ContentEncoding,
    /// `Content-Language`.
    ContentLanguage,
}

/// Changes; what is not named stays as it is. `None` takes something away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectEdit {
    /// Headers.
    pub headers: BTreeMap<Header, Option<String>>,
    /// User metadata, by name without `x-amz-meta-`.
    pub metadata: BTreeMap<String, Option<String>>,
    /// Tags.
    pub tags: BTreeMap<String, Option<String>>,
    /// Storage class.
    pub class: Option<String>,
}

/// Why an edit makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditProblem {
    /// Nothing is changed by it.
    #[error("nothing is to be changed")]
    Nothing,
    /// A name of metadata is no header's name.
    #[error("\"{0}\" cannot be a name of metadata: letters, digits, - _ and . are allowed")]
    MetadataName(String),
    /// A value has characters that no header has.
    #[error("the value of \"{0}\" has characters that a header cannot have")]
    Value(String),
    /// S3 allows 128 characters in a tag's name and 256 in its value ("Categorizing your storage using tags").
    #[error("the tag \"{0}\" is too long: 128 characters of name and 256 of value are allowed")]
    TagTooLong(String),
    /// The sum of metadata, 2 KiB ("Working with object metadata").
    #[error("the metadata has more than 2 KiB")]
    MetadataTooLarge,
}

/// The tag that a hold is.
pub const HOLD_TAG: &str = "windlass-hold";
/// Its value.
pub const HELD: &str = "yes";

impl ObjectEdit {
    /// Puts a hold on.
    #[must_use]
    pub fn hold() -> Self {
        let tags = BTreeMap::from([(HOLD_TAG.to_owned(), Some(HELD.to_owned()))]);
        Self { tags, ..Self::default() }
    }

    /// Whether objects bear a hold afterwards; `None` where that stays as it is.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.tags.get(HOLD_TAG).map(|value| value.as_deref() == Some(HELD))
    }

    /// Whether the object itself is written anew, rather than its tags alone.
    #[must_use]
    pub fn rewrites(&self) -> bool {
        !self.headers.is_empty() || !self.metadata.is_empty() || self.class.is_some()
    }

    /// Checks what can be known before a server is asked.
    ///
    /// # Errors
    /// The first [`EditProblem`].
    pub fn check(&self) -> Result<(), EditProblem> {
        if !self.rewrites() && self.tags.is_empty() {
            return Err(EditProblem::Nothing);
        }
        let plain = |text: &str| !text.chars().any(char::is_control);
        for (name, value) in &self.metadata {
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(good) {
                return Err(EditProblem::MetadataName(name.clone()));
            }
            if value.as_ref().is_some_and(|value| !plain(value)) {
                return Err(EditProblem::Value(name.clone()));
            }
        }
        let bytes = |(name, value): (&String, &Option<String>)| {
            value.as_ref().map_or(0, |value| name.len() + value.len())
        };
        if self.metadata.iter().map(bytes).sum::<usize>() > 2048 {
            return Err(EditProblem::MetadataTooLarge);
        }
        for (header, value) in &self.headers {
            if value.as_ref().is_some_and(|value| !plain(value) || !value.is_ascii()) {
                return Err(EditProblem::Value(format!("{header:?}")));
            }
        }
        for (name, value) in &self.tags {
            let long = value.as_ref().is_some_and(|value| value.chars().count() > 256);
            if name.is_empty() || name.chars().count() > 128 || long {
                return Err(EditProblem::TagTooLong(name.clone()));
            }
        }
        Ok(())
    }

    /// Tags as they are afterwards.
    #[must_use]
    pub fn tags_after(&self, before: &[(String, String)]) -> Vec<(String, String)> {
        after(&self.tags, before)
    }

    /// Metadata as it is afterwards. Names count without their case, as headers do.
    #[must_use]
    pub fn metadata_after(&self, before: &[(String, String)]) -> Vec<(String, String)> {
        let lower: BTreeMap<String, Option<String>> =
            self.metadata.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let before: Vec<(String, String)> =
            before.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        after(&lower, &before)
    }
}

fn after(changes: &BTreeMap<String, Option<String>>, before: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: BTreeMap<String, String> = before.iter().cloned().collect();
    for (name, value) in changes {
        match value {
            Some(value) => all.insert(name.clone(), value.clone()),
            None => all.remove(name),
        };
    }
    all.into_iter().collect()
}
