//! What both ways to a server have in common: what goes out, and what an answer says.
use std::sync::Arc;

use bytes::Bytes;
use windlass_domain::{Digest, ObjectKey, RemoteExpect, UploadId};
use windlass_ports::{Flow, RemoteError, RemoteErrorKind};

use crate::error::own;

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
    pub(crate) expect: &'a RemoteExpect,
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

/// The error of a listing that is said to go on, and not where.
pub(crate) fn endless() -> RemoteError {
    own(RemoteErrorKind::Unexpected, "the server says that the listing goes on, and not where")
}
