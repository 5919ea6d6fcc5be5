//! What both ways to a server have in common: what goes out, and what an answer says.
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use windlass_domain::{Digest, ObjectKey, RemoteExpect, UploadId};
use windlass_ports::{Flow, RemoteError, RemoteErrorKind};

use crate::error::own;

/// Where a page of a listing begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin<'a> {
    /// At the first key.
    Start,
    /// Where a page before it ended.
    Token(&'a str),
    /// Behind this key.
    Key(&'a str),
}

impl<'a> Begin<'a> {
    pub(crate) const fn token(self) -> Option<&'a str> {
        match self {
            Self::Token(token) => Some(token),
            Self::Start | Self::Key(_) => None,
        }
    }

    pub(crate) const fn key(self) -> Option<&'a str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Start | Self::Token(_) => None,
        }
    }
}

/// The checksum a body is sent with, base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Check {
    Crc64Nvme(String),
    Sha256(String),
    Md5(String),
}

impl Check {
    pub(crate) fn crc(&self) -> Option<String> {
        match self {
            Self::Crc64Nvme(value) => Some(value.clone()),
            Self::Sha256(_) | Self::Md5(_) => None,
        }
    }

    pub(crate) fn sha256(&self) -> Option<String> {
        match self {
            Self::Sha256(value) => Some(value.clone()),
            Self::Crc64Nvme(_) | Self::Md5(_) => None,
        }
    }

    pub(crate) fn md5(&self) -> Option<String> {
        match self {
            Self::Md5(value) => Some(value.clone()),
            Self::Crc64Nvme(_) | Self::Sha256(_) => None,
        }
    }
}

/// The content type of a key, from the end of its name: what a browser or a CDN shows it as. Never looked at by us.
pub(crate) fn content_type(key: &ObjectKey) -> &'static str {
    mime_guess::from_path(key.name()).first_raw().unwrap_or("application/octet-stream")
}

/// An object to be put.
#[derive(Debug)]
pub(crate) struct Put<'a> {
    pub(crate) key: &'a ObjectKey,
    pub(crate) bytes: &'a Bytes,
    pub(crate) flow: Option<&'a Arc<dyn Flow>>,
    /// What the server is asked to check; nothing where it is known not to.
    pub(crate) expect: Option<&'a RemoteExpect>,
    pub(crate) device: &'a str,
    pub(crate) check: Check,
}

/// A part to be sent.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) key: &'a ObjectKey,
    pub(crate) upload: &'a UploadId,
    pub(crate) number: i32,
    pub(crate) bytes: &'a Bytes,
    pub(crate) flow: Option<&'a Arc<dyn Flow>>,
    pub(crate) check: Check,
}

/// What the server says of something it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) etag: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) crc: Option<String>,
    /// The full-object checksum.
    pub(crate) digest: Option<Digest>,
}

/// A version that is to be copied, and how the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) size: Option<u64>,
    pub(crate) kept: Kept,
    /// Storage class; none is the standard one.
    pub(crate) class: Option<String>,
    /// Kind of encryption and, with KMS, its key.
    pub(crate) encryption: Option<String>,
    pub(crate) kms_key: Option<String>,
}

impl Source {
    /// Encryption that has to be asked for again. The server's own key needs no asking.
    pub(crate) fn kms(&self) -> Option<(&str, Option<&str>)> {
        let kind = self.encryption.as_deref().filter(|kind| kind.starts_with("aws:kms"))?;
        Some((kind, self.kms_key.as_deref()))
    }
}

/// Who may do what with an object, besides its owner: in the words of the `x-amz-grant-` headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) full_control: Option<String>,
    pub(crate) read: Option<String>,
    pub(crate) read_acp: Option<String>,
    pub(crate) write_acp: Option<String>,
}

/// An object to be copied in one request.
#[derive(Debug)]
pub(crate) struct Copy<'a> {
    /// Bucket, key and version, encoded.
    pub(crate) source: &'a str,
    /// The source's ETag, where the server is to check it.
    pub(crate) source_match: Option<&'a str>,
    pub(crate) how: &'a Source,
    pub(crate) to: &'a ObjectKey,
    /// What the server is asked to check at `to`.
    pub(crate) expect: Option<&'a RemoteExpect>,
    pub(crate) grants: Option<&'a Grants>,
    /// Ask for a CRC-64/NVME of the copy.
    pub(crate) crc: bool,
    /// Longest wait for the answer.
    pub(crate) patience: Duration,
}

/// An ETag out of a document, where some servers leave out the quotes that they send in headers.
pub(crate) fn quoted(etag: &str) -> String {
    if etag.is_empty() || etag.contains('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

/// The error of a listing that is said to go on, and not where.
pub(crate) fn endless() -> RemoteError {
    own(RemoteErrorKind::Unexpected, "the server says that the listing goes on, and not where")
}
