//! `s3://bucket/prefix`.
use windlass_domain::{Bucket, Prefix};

use crate::exit::Failure;

/// A place in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Bucket.
    pub(crate) bucket: Bucket,
    /// Everything after the first `/`, as typed.
    pub(crate) rest: String,
}

impl Address {
    /// Whether the text means S3 at all.
    pub(crate) fn is_one(text: &str) -> bool {
        text.starts_with("s3://")
    }

    /// Parses `s3://bucket/rest`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return Err(Failure::usage(format!(
                "\"{text}\" is no S3 address. Write it as s3://bucket/prefix."
            )));
        };
        let (bucket, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(Failure::usage(format!(
                "\"{text}\" names no bucket. Write it as s3://bucket/prefix."
            )));
        }
        Ok(Self { bucket: Bucket::new(bucket), rest: rest.to_owned() })
    }

    /// The rest as a prefix that ends in `/` (or is empty).
    pub(crate) fn prefix(&self) -> Prefix {
        Prefix::new(&self.rest)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parsed = Address::parse("s3://b/a/b c//d").unwrap();
        assert_eq!((parsed.bucket.as_str(), parsed.rest.as_str()), ("b", "a/b c//d"));
        assert_eq!(Address::parse("s3://b").unwrap().prefix().as_str(), "");
        assert_eq!(Address::parse("s3://b/p").unwrap().prefix().as_str(), "p/");
        for wrong in ["b/p", "s3://", "s3:///p", "/home/x"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
