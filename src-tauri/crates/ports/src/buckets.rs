//! Making and removing buckets.
use windlass_domain::Bucket;

/// A bucket that is to be made. What is not named here, such as who may read it, is left as the server makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBucket {
    /// Its name.
    pub name: Bucket,
    /// Its region; `None` for the connection's own.
    pub region: Option<String>,
    /// Whether objects can be locked in it, which also keeps versions, for good.
    pub object_lock: bool,
}

/// What came of making a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is there, and it was not before.
    New,
    /// A bucket of this name was this identity's already; it was left as it is.
    Yours,
    /// Somebody else has a bucket of this name.
    Taken,
}

/// What came of removing a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// Something is in it, so it was left.
    NotEmpty,
}

/// What is in a bucket, as far as the first page of each list tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BucketUse {
    /// Objects.
    pub objects: u64,
    /// Versions that are not current.
    pub older: u64,
    /// Delete markers.
    pub markers: u64,
    /// Uploads that were begun and not ended.
    pub uploads: u64,
    /// Whether there is more.
    pub more: bool,
}

impl BucketUse {
    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.objects == 0 && self.older == 0 && self.markers == 0 && self.uploads == 0 && !self.more
    }
}
