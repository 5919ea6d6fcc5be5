//! What an endpoint was seen to do. Nothing here is assumed from its name.
use serde::{Deserialize, Serialize};

/// Whether something was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Support {
    /// Tried; works.
    Yes,
    /// Tried; refused, or ignored as if it had not been said.
    No,
    /// Not tried, or the answer proved nothing.
    #[default]
    Unknown,
}

impl Support {
    /// True only when proved.
    #[must_use]
    pub const fn proved(self) -> bool {
        matches!(self, Self::Yes)
    }
}

/// What the probe found for one endpoint and bucket. The default knows nothing, and an engine that knows nothing uses
/// the careful way everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// `If-None-Match: *` on PutObject refuses to replace.
    pub create_only_put: Support,
    /// `If-Match` on PutObject takes the right ETag and refuses a wrong one.
    pub match_put: Support,
    /// `If-None-Match: *` on CompleteMultipartUpload refuses to replace.
    pub create_only_complete: Support,
    /// `If-Match` on DeleteObject refuses a wrong ETag.
    pub match_delete: Support,
    /// CRC-64/NVME in a header is verified, kept and given back by HEAD.
    pub crc64nvme: Support,
    /// Full-object CRC-64/NVME over a multipart upload is verified at Complete and given back.
    pub crc64nvme_multipart: Support,
    /// SHA-256 in a header is verified, kept and given back.
    pub sha256: Support,
    /// `Content-MD5` is verified.
    pub content_md5: Support,
    /// Multipart uploads work, with ListParts.
    pub multipart: Support,
    /// The bucket keeps versions.
    pub versioning: Support,
    /// Object tags can be read, and a reply is really a tag set.
    pub tagging: Support,
    /// Keys such as `a//b` are kept byte for byte.
    pub exact_keys: Support,
    /// All parts but the last must be of one size (we always send it so; recorded for the report).
    pub equal_parts_needed: Support,
    /// `If-Match` on CompleteMultipartUpload takes the right ETag and refuses a wrong one.
    #[serde(default)]
    pub match_complete: Support,
    /// CopyObject copies within the bucket.
    #[serde(default)]
    pub copy: Support,
    /// `If-None-Match: *` on CopyObject refuses to replace.
    #[serde(default)]
    pub create_only_copy: Support,
    /// `If-Match` on CopyObject takes the right ETag of what is replaced and refuses a wrong one.
    #[serde(default)]
    pub match_copy: Support,
    /// `x-amz-copy-source-if-match` takes the right ETag of the source and refuses a wrong one.
    #[serde(default)]
    pub match_copy_source: Support,
    /// DeleteObject leaves a marker whose id comes back, and taking that marker away brings the object back.
    #[serde(default)]
    pub delete_marker: Support,
    /// ListObjectsV2 gives keys in the order of their UTF-8 bytes. Never relied on without a look at the keys themselves.
    #[serde(default)]
    pub utf8_order: Support,
    /// Which generation of the probe found this; an older one did not try everything.
    #[serde(default)]
    pub generation: u16,
}

impl Capabilities {
    /// The generation of today's probe. What an older one found is tried again before a new promise rests on it.
    pub const GENERATION: u16 = 2;

    /// Whether today's probe found this.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.generation >= Self::GENERATION
    }
}
