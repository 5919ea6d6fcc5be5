//! What a write expects, and who checks it.
use windlass_domain::{ObjectKey, RemoteExpect, Support, VersionId};
use windlass_ports::{RemoteError, RemoteErrorKind};

use crate::S3Store;
use crate::error::own;
use crate::lanes::Source;

impl S3Store {
    /// What a HEAD says, of the current version or a named one.
    pub(crate) async fn look(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Source, RemoteError> {
        match self.client.fast_head(&self.bucket, key, version).await? {
            Some(found) => Ok(found),
            None => self.client.slow_head(&self.bucket, key, version).await,
        }
    }

    /// What the server is to be asked to check before it replaces or takes something away. Where the probe did not prove
    /// that it does, a bucket that keeps versions is looked at right before, which leaves a moment in which another writer
    /// goes unnoticed (nothing is lost then, only hidden; hazard HB3), and any other bucket is refused, unless a person asked
    /// for exactly this.
    pub(crate) async fn condition<'a>(
        &self,
        key: &ObjectKey,
        expect: &'a RemoteExpect,
        support: Support,
    ) -> Result<Option<&'a RemoteExpect>, RemoteError> {
        if support.proved() {
            return Ok(Some(expect));
        }
        if !self.capabilities.versioning.proved() && !self.asked {
            return Err(own(
                RemoteErrorKind::Unsupported,
                "this server does not check what it replaces or deletes, and the bucket keeps no versions",
            ));
        }
        let holds = match (self.look(key, None).await, expect) {
            (Ok(found), RemoteExpect::Unchanged(etag)) => found.kept.etag.as_deref() == Some(etag.as_str()),
            (Ok(_), RemoteExpect::Absent) => false,
            (Err(error), _) if error.kind == RemoteErrorKind::NotFound => *expect == RemoteExpect::Absent,
            (Err(error), _) => return Err(error),
        };
        if !holds {
            return Err(own(
                RemoteErrorKind::PreconditionFailed,
                "the key is not as it was when it was looked at",
            ));
        }
        // Some servers refuse even the right ETag.
        Ok((support != Support::No).then_some(expect))
    }
}
