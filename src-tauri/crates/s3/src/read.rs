//! Reading one version, whole or a range of it.
use std::ops::Range;

use windlass_domain::{ETag, ObjectKey, VersionId};
use windlass_ports::{ByteStream, RemoteError, RemoteErrorKind};

use crate::S3Store;
use crate::body::QUIET;
use crate::error::{own, stalled};
use crate::store::required;

impl S3Store {
    /// Exactly these bytes of exactly this version, or an error: nothing that was packed or unpacked on the way, no other
    /// range, and nothing of a version that came after (hazards HB29 to HB31).
    pub(crate) async fn read(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Box::pin(futures::stream::empty()));
        }
        let wanted = range.as_ref().map(|r| format!("bytes={}-{}", r.start, r.end - 1));
        let out = self
            .client
            .call(self.name(), |c| {
                let get = c.get_object().bucket(self.name()).key(key.as_str()).if_match(expect.as_str());
                let get = get.set_version_id(version.map(|version| version.as_str().to_owned()));
                get.set_range(wanted.clone()).send()
            })
            .await?;
        if out.e_tag() != Some(expect.as_str()) {
            return Err(own(
                RemoteErrorKind::PreconditionFailed,
                "the server sent another version than was asked for",
            ));
        }
        let length = out.content_length().and_then(|l| u64::try_from(l).ok());
        let expected = match &range {
            Some(range) => {
                let said = out.content_range().unwrap_or_default();
                let want = format!("bytes {}-{}/", range.start, range.end - 1);
                if !said.starts_with(&want) {
                    return Err(own(
                        RemoteErrorKind::Unexpected,
                        format!("the server ignored the range: asked for {want}, got '{said}'"),
                    ));
                }
                Some(range.end - range.start)
            }
            // Something between us and the server that packs or unpacks bytes does not know how many there will be.
            None => Some(required(length, "the number of bytes")?),
        };
        let mut bytes = out.body;
        Ok(Box::pin(async_stream::stream! {
            let mut seen = 0u64;
            loop {
                match tokio::time::timeout(QUIET, bytes.next()).await {
                    Err(_) => {
                        yield Err(stalled(QUIET));
                        return;
                    }
                    Ok(Some(Ok(chunk))) => {
                        seen += chunk.len() as u64;
                        if expected.is_some_and(|e| seen > e) {
                            yield Err(own(RemoteErrorKind::Integrity, "the server sent more bytes than announced"));
                            return;
                        }
                        yield Ok(chunk);
                    }
                    Ok(Some(Err(error))) => {
                        yield Err(own(RemoteErrorKind::Network, crate::error::chain(&error)));
                        return;
                    }
                    Ok(None) => break,
                }
            }
            if expected.is_some_and(|e| seen < e) {
                yield Err(own(RemoteErrorKind::Network, "the answer ended before all bytes had come"));
            }
        }))
    }
}
