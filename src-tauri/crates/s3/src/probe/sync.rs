//! What only a sync needs to know of an endpoint: copies, delete markers, the order of listings.
use aws_sdk_s3::types::EncodingType;
use windlass_domain::{Bucket, Capabilities, ETag, ObjectKey, RemoteExpect, Support, VersionId};
use windlass_ports::{RemoteError, RemoteErrorKind as Kind, RemoteStore as _};

use super::{Probe, Say, WRONG, accepted, no_if, refusal};
use crate::fast::listing::decoded;
use crate::fast::place::copy_source;
use crate::lanes::quoted;
use crate::store::conditions;

/// Names that come in another order wherever it is not that of their UTF-8 bytes: folders first, without regard to case, or
/// by UTF-16 units.
const ORDER: [&str; 6] = ["order-x", "order/x", "orderX", "ordera", "order\u{ff5e}", "order\u{1f600}"];

impl Probe<'_> {
    /// Whether Complete takes the right ETag of what it replaces.
    pub(super) async fn match_complete(
        &self,
        key: &str,
        now: Option<String>,
    ) -> Result<Support, RemoteError> {
        let now = match now {
            Some(etag) => etag,
            // Ceph's answer leaves it out.
            None => {
                let head = |c: aws_sdk_s3::Client| c.head_object().bucket(self.bucket).key(key).send();
                self.client.call(self.bucket, head).await?.e_tag().unwrap_or_default().to_owned()
            }
        };
        let right = RemoteExpect::Unchanged(ETag::new(now));
        let id = self.open(key, false).await?;
        let etag = self.part(key, &id).await?;
        Ok(accepted(&self.complete(key, &id, &etag, Some(&right), None).await))
    }

    /// A copy of the scratch object `from`, with these conditions; the copy's ETag.
    async fn copy(
        &self,
        from: &str,
        to: &str,
        source_match: Option<&str>,
        expect: Option<&RemoteExpect>,
    ) -> Result<String, RemoteError> {
        let (none_match, matched) = conditions(expect);
        let out = self
            .client
            .call(self.bucket, |c| {
                c.copy_object()
                    .bucket(self.bucket)
                    .key(to)
                    .copy_source(copy_source(self.bucket, from, None))
                    .set_copy_source_if_match(source_match.map(str::to_owned))
                    .set_if_none_match(none_match.clone())
                    .set_if_match(matched.clone())
                    .send()
            })
            .await?;
        let etag = out.copy_object_result().and_then(|r| r.e_tag()).map(quoted).unwrap_or_default();
        Ok(etag)
    }

    pub(super) async fn copies(&self, found: &mut Capabilities) -> Result<(), RemoteError> {
        let (from, to) = (self.key("copy-from"), self.key("copy-to"));
        let source = self.put(&from, &Say::default()).await?;
        let copied = match self.copy(&from, &to, None, None).await {
            Ok(etag) => etag,
            Err(error) if error.kind.is_passing() => return Ok(()),
            Err(_) => {
                found.copy = Support::No;
                return Ok(());
            }
        };
        found.copy = Support::Yes;
        let wanted = &[Kind::PreconditionFailed];
        let again = self.copy(&from, &to, None, Some(&RemoteExpect::Absent)).await;
        found.create_only_copy = match refusal(&again, wanted) {
            Support::Yes => {
                let new = self.key("copy-new");
                accepted(&self.copy(&from, &new, None, Some(&RemoteExpect::Absent)).await)
            }
            other => other,
        };
        let expect = |etag: &str| RemoteExpect::Unchanged(ETag::new(etag));
        let again = self.copy(&from, &to, None, Some(&expect(WRONG))).await;
        found.match_copy = match refusal(&again, wanted) {
            Support::Yes => accepted(&self.copy(&from, &to, None, Some(&expect(&copied))).await),
            other => other,
        };
        let again = self.copy(&from, &to, Some(WRONG), None).await;
        found.match_copy_source = match refusal(&again, wanted) {
            Support::Yes => accepted(&self.copy(&from, &to, Some(&source), None).await),
            other => other,
        };
        Ok(())
    }

    /// Whether a delete can be taken back by taking its marker away.
    pub(super) async fn markers(&self) -> Result<Support, RemoteError> {
        let key = self.key("marker");
        self.put(&key, &Say::default()).await?;
        let Ok(parsed) = ObjectKey::parse(&key) else { return Ok(Support::Unknown) };
        let bucket = Bucket::new(self.bucket);
        let Some(marker) = self.client.slow_delete(&bucket, &parsed, None).await? else {
            return Ok(Support::No);
        };
        let store = self.client.bucket(&bucket, Capabilities::default());
        match store.remove_marker(&parsed, &VersionId::new(marker)).await {
            Ok(()) => {
                // The first HEAD after a write may show what was before (hazard HB15).
                let mut back = false;
                for _ in 0..2 {
                    back = back || self.client.slow_head(&bucket, &parsed, None).await.is_ok();
                }
                Ok(no_if(back))
            }
            Err(error) if error.kind.is_passing() => Ok(Support::Unknown),
            Err(_) => Ok(Support::No),
        }
    }

    pub(super) async fn order(&self) -> Result<Support, RemoteError> {
        for name in ORDER {
            // A server that takes fewer names is judged by those it took.
            self.put(&self.key(name), &Say::default()).await.ok();
        }
        let start = self.key("order");
        let out = self
            .client
            .call(self.bucket, |c| {
                let list = c.list_objects_v2().bucket(self.bucket).prefix(&start);
                list.encoding_type(EncodingType::Url).send()
            })
            .await?;
        let encoded = out.encoding_type() == Some(&EncodingType::Url);
        let name = |key: &str| if encoded { decoded(key) } else { key.to_owned() };
        let keys: Vec<String> = out.contents().iter().filter_map(|o| o.key()).map(name).collect();
        if keys.len() < 4 {
            return Ok(Support::Unknown);
        }
        Ok(no_if(keys.is_sorted()))
    }
}
