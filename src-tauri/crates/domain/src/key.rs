//! Names on the S3 side: buckets, keys, prefixes, ETags, versions, upload ids.
use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest key in bytes (AWS, "Naming Amazon S3 objects").
pub const MAX_KEY_BYTES: usize = 1024;

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Keys have at least one byte.
    #[error("a key cannot be empty")]
    Empty,
    /// Keys have at most 1,024 bytes.
    #[error("the key has {0} bytes; S3 allows 1,024")]
    TooLong(usize),
}

/// An object's key: exactly the bytes that S3 gave or shall get.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectKey(Box<str>);

impl ObjectKey {
    /// Parses a key.
    ///
    /// # Errors
    /// [`KeyProblem`] when it is empty or longer than 1,024 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyProblem> {
        if text.is_empty() {
            return Err(KeyProblem::Empty);
        }
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyProblem::TooLong(text.len()));
        }
        Ok(Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last `/`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// An opaque mark of one version, with its quotes as the server sent it. **Never** a content hash: multipart, KMS and
    /// several providers make it anything (hazard HB11).
    ETag
}
text_type! {
    /// A bucket's name.
    Bucket
}
text_type! {
    /// Id of a multipart upload.
    UploadId
}
text_type! {
    /// Id of an object version.
    VersionId
}

/// A key prefix: empty, or ending in `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prefix(Box<str>);

impl Prefix {
    /// Takes a text and adds the closing `/` if something is there without one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_empty() || text.ends_with('/') {
            Self(text.into())
        } else {
            Self(format!("{text}/").into())
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of `rest` below this prefix.
    ///
    /// # Errors
    /// [`KeyProblem`] when the whole is no key.
    pub fn key(&self, rest: &str) -> Result<ObjectKey, KeyProblem> {
        ObjectKey::parse(&format!("{}{rest}", self.0))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_limit_counts_bytes_of_the_whole_key() {
        assert!(ObjectKey::parse(&"k".repeat(1024)).is_ok());
        assert_eq!(ObjectKey::parse(&"k".repeat(1025)), Err(KeyProblem::TooLong(1025)));
        assert_eq!(Prefix::new("p").key(&"é".repeat(512)), Err(KeyProblem::TooLong(1026)));
        assert_eq!(ObjectKey::parse(""), Err(KeyProblem::Empty));
    }

    #[test]
    fn a_key_says_its_text_and_its_name() {
        let key = ObjectKey::parse("photos/march/a.jpg").unwrap();
        assert_eq!((key.to_string().as_str(), key.name()), ("photos/march/a.jpg", "a.jpg"));
        assert_eq!(ObjectKey::parse("a.jpg").unwrap().name(), "a.jpg");
        assert_eq!(Prefix::new("photos/march").to_string(), "photos/march/");
    }

    #[test]
    fn prefix_closes_itself() {
        assert_eq!(Prefix::new("a").as_str(), "a/");
        assert_eq!(Prefix::new("a/").as_str(), "a/");
        assert_eq!(Prefix::new("").as_str(), "");
    }
}
