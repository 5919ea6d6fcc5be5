//! Copies on the server, within the bucket and from another one of the connection: a rename costs no upload.
mod parts;
mod rewrite;

use std::time::Duration;

use windlass_domain::{ObjectKey, RemoteExpect, RemoteState, Support, VersionId};
use windlass_ports::{RemoteError, RemoteErrorKind as Kind, RemoteStore as _};

use crate::S3Store;
use crate::access::CALL;
use crate::error::own;
use crate::fast::place::copy_source;
use crate::lanes::{Copy, Grants, Source};
use crate::store::{required, state, version};

const MIB: u64 = 1 << 20;

/// A copy takes the server as long as it has bytes: 10 MiB a second is slow.
fn patience(bytes: u64) -> Duration {
    CALL + Duration::from_secs(bytes / (10 * MIB))
}

/// The version to be copied, and how it is held fast.
struct Bound {
    found: Source,
    size: u64,
    /// Named when the server is not known to check the source's ETag, or when it is not the current version.
    version: Option<VersionId>,
    /// It is what is at the key now.
    current: bool,
    /// Nothing holds it fast: it has to be looked at again afterwards.
    loose: bool,
}

impl S3Store {
    /// See [`windlass_ports::RemoteStore::copy`]. Metadata and tags are those of the source, its device included; `device`
    /// marks an upload that a copy by parts opens.
    ///
    /// The source is held fast by its ETag where the probe proved that the server looks at it, else by its version id, else
    /// by a look before and one after: if it changed meanwhile the copy fails as `PreconditionFailed`, and other bytes than
    /// asked for may be at `to`, where nothing was before. The destination's condition is sent where it was proved, with
    /// CopyObject or, if only Complete is known to look at it, with an upload of copied parts; else see
    /// `S3Store::condition`.
    pub(crate) async fn copy_version(
        &self,
        origin: &Self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        let here = origin.bucket == self.bucket;
        let itself = here && from == to;
        let bound = origin.bind(from, source, itself).await?;
        if itself && bound.current {
            return Err(own(Kind::BadRequest, "an object is not copied onto itself"));
        }
        let grants = match origin.grants(from, bound.version.as_ref()).await? {
            Some(grants) if here || self.takes_grants().await => Some(grants),
            Some(_) | None => None,
        };
        let caps = &self.capabilities;
        let (by_copy, by_complete) = match expect {
            RemoteExpect::Absent => (caps.create_only_copy, caps.create_only_complete),
            RemoteExpect::Unchanged(_) => (caps.match_copy, caps.match_complete),
        };
        let in_parts = caps.multipart.proved() && by_complete.proved();
        let large = bound.size > self.copy_whole;
        // A person's own copy looks first instead: parts would give a small object another kind of ETag and checksum.
        let copied = if large || (in_parts && !by_copy.proved() && !self.asked) {
            self.copy_by_parts(origin, from, &bound, to, expect, by_complete, grants.as_ref(), device).await?
        } else {
            self.copy_whole(origin, from, &bound, to, expect, by_copy, grants.as_ref()).await?
        };
        let was = source.digest.or(bound.found.kept.digest);
        if let (Some(was), Some(is)) = (was, copied.digest)
            && std::mem::discriminant(&was) == std::mem::discriminant(&is)
            && was != is
        {
            return Err(own(Kind::Integrity, "the copy has another checksum than what was copied"));
        }
        if bound.loose && origin.look(from, None).await?.kept.etag.as_deref() != Some(source.etag.as_str()) {
            return Err(own(Kind::PreconditionFailed, "the object changed while it was copied"));
        }
        Ok(copied)
    }

    /// An older version that is put on top is told from the current one by its id: both may hold the same bytes.
    async fn bind(&self, from: &ObjectKey, source: &RemoteState, itself: bool) -> Result<Bound, RemoteError> {
        let is = |found: &Source| found.kept.etag.as_deref() == Some(source.etag.as_str());
        let older = source.version.clone();
        let now = match self.look(from, None).await {
            Ok(found) => Some(found),
            Err(error) if error.kind == Kind::NotFound && older.is_some() => None,
            Err(error) => return Err(error),
        };
        let now = now.filter(|now| match &older {
            Some(older) if itself => now.kept.version.as_deref().unwrap_or("null") == older.as_str(),
            Some(_) | None => is(now),
        });
        let current = now.is_some();
        let (found, version) = match (now, older) {
            (Some(found), _) => {
                let version = version(found.kept.version.as_deref());
                (found, version.filter(|_| !self.capabilities.match_copy_source.proved()))
            }
            (None, Some(older)) => (self.look(from, Some(&older)).await?, Some(older)),
            (None, None) => {
                return Err(own(Kind::PreconditionFailed, "the object changed since it was looked at"));
            }
        };
        let size = required(found.size, "the size")?;
        if !is(&found) || size != source.size {
            return Err(own(Kind::PreconditionFailed, "the object is not what was to be copied"));
        }
        let loose = version.is_none() && !self.capabilities.match_copy_source.proved();
        Ok(Bound { found, size, version, current, loose })
    }

    /// The source's ETag, unless the server is known not to look at it.
    fn source_match<'a>(&self, bound: &'a Bound) -> Option<&'a str> {
        let ask = self.capabilities.match_copy_source != Support::No;
        bound.found.kept.etag.as_deref().filter(|_| ask)
    }

    #[allow(clippy::too_many_arguments, reason = "each is another thing that S3 wants to be told")]
    async fn copy_whole(
        &self,
        origin: &Self,
        from: &ObjectKey,
        bound: &Bound,
        to: &ObjectKey,
        expect: &RemoteExpect,
        support: Support,
        grants: Option<&Grants>,
    ) -> Result<RemoteState, RemoteError> {
        let expect = self.condition(to, expect, support).await?;
        let source = copy_source(origin.name(), from.as_str(), bound.version.as_ref().map(VersionId::as_str));
        let copy = Copy {
            source: &source,
            source_match: self.source_match(bound),
            how: &bound.found,
            to,
            expect,
            grants,
            crc: self.capabilities.crc64nvme.proved(),
            patience: patience(bound.size),
        };
        let kept = match self.client.fast_copy(&self.bucket, &copy).await? {
            Some(kept) => kept,
            None => self.client.slow_copy(&self.bucket, &copy).await?,
        };
        if kept.etag.is_none() {
            return self.head(to).await;
        }
        let copied = state(bound.size, kept)?;
        if copied.version.is_some() || !self.capabilities.versioning.proved() {
            return Ok(copied);
        }
        // Ceph's answer leaves the version out.
        let now = self.look(to, None).await?.kept;
        let same = now.etag.as_deref() == Some(copied.etag.as_str());
        let version = version(now.version.as_deref()).filter(|_| same);
        Ok(RemoteState { version, ..copied })
    }
}
