//! Taking a delete marker away, which brings back what lies below it.
use windlass_domain::{ObjectKey, VersionId};
use windlass_ports::{RemoteError, RemoteErrorKind};

use crate::S3Store;
use crate::error::own;

impl S3Store {
    /// Removes a version that the server lists as a delete marker, and never one that it does not. `NotFound` when there is
    /// no such version (it may have been taken away before), `BadRequest` when it holds bytes.
    ///
    /// The list of versions is asked, not HEAD: several servers answer 404 for a marker there, and a 405 may be a proxy's.
    /// Between the question and the DELETE nothing can go wrong, since the id of a marker never becomes an object's. Only
    /// `null` can, so that is refused.
    pub(crate) async fn take_marker_away(
        &self,
        key: &ObjectKey,
        marker: &VersionId,
    ) -> Result<(), RemoteError> {
        if marker.as_str() == "null" || marker.as_str().is_empty() {
            return Err(own(
                RemoteErrorKind::Unsupported,
                "a marker without an id of its own is not told apart from an object",
            ));
        }
        self.is_marker(key, marker).await?;
        self.client
            .call(self.name(), |c| {
                c.delete_object().bucket(self.name()).key(key.as_str()).version_id(marker.as_str()).send()
            })
            .await
            .map(|_| ())
    }

    async fn is_marker(&self, key: &ObjectKey, marker: &VersionId) -> Result<(), RemoteError> {
        let mut after: (Option<String>, Option<String>) = (None, None);
        let is = |k: Option<&str>, v: Option<&str>| k == Some(key.as_str()) && v == Some(marker.as_str());
        loop {
            let out = self
                .client
                .call(self.name(), |c| {
                    let call = c.list_object_versions().bucket(self.name()).prefix(key.as_str());
                    call.set_key_marker(after.0.clone()).set_version_id_marker(after.1.clone()).send()
                })
                .await?;
            if out.delete_markers().iter().any(|m| is(m.key(), m.version_id())) {
                return Ok(());
            }
            if out.versions().iter().any(|v| is(v.key(), v.version_id())) {
                return Err(own(
                    RemoteErrorKind::BadRequest,
                    "this version holds bytes; it is no delete marker",
                ));
            }
            let next = (
                out.next_key_marker().filter(|m| !m.is_empty()).map(str::to_owned),
                out.next_version_id_marker().filter(|m| !m.is_empty()).map(str::to_owned),
            );
            if !out.is_truncated().unwrap_or(false) || next.0.is_none() || next == after {
                return Err(own(RemoteErrorKind::NotFound, "there is no such version"));
            }
            after = next;
        }
    }
}
