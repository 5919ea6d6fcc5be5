//! Uploads that nobody ended: what they hold, what ends them, and ending them here (hazard HB24).
use std::collections::BTreeSet;

use futures::{FutureExt as _, StreamExt as _};
use windlass_domain::lifecycle::{Filter, Rule, aborted_at};
use windlass_domain::price::Tally;
use windlass_domain::{Bucket, JobSpec, JobState, ObjectKey, Root, UploadId};
use windlass_ports::RemoteErrorKind;

use crate::dto::ErrorCode;
use crate::dto_lifecycle::{OrphanUpload, OrphanUploads, OrphanUse, OrphansEnded, UploadName};
use crate::objects::{parent, parse_key};
use crate::{Api, UiError, visible};

/// Rows of one answer.
const MOST: usize = 1000;
/// Uploads ended at once.
const AT_ONCE: usize = 8;

/// What writes into a bucket from here.
struct InUse {
    bucket: Bucket,
    /// Keys of transfers that have not ended.
    keys: BTreeSet<String>,
    jobs: Vec<JobSpec>,
}

impl InUse {
    /// Whether an upload to this key may be one of ours. A copy by parts is known by its job alone, and one that keeps both may have a
    /// number in its name: there everything in the folder counts.
    fn has(&self, key: &str) -> bool {
        let targets = |spec: &JobSpec| {
            let near = |root: &Root| {
                Root::here(&root.to).covers(key) || (!root.is_folder() && parent(&root.to) == parent(key))
            };
            spec.to_bucket == self.bucket && spec.roots.iter().any(near)
        };
        self.keys.contains(key) || self.jobs.iter().any(targets)
    }
}

impl Api {
    /// By whatever connection: an upload has no word on whose it is.
    async fn in_use(&self, bucket: &Bucket) -> Result<InUse, UiError> {
        let transfers = self.journal.open_uploads().await?;
        let keys = transfers.into_iter().filter(|row| row.spec.bucket == *bucket);
        let at_work = |state: JobState| matches!(state, JobState::Running | JobState::Paused);
        let jobs = self.engine.jobs().await?.into_iter().filter(|view| at_work(view.row.state));
        Ok(InUse {
            bucket: bucket.clone(),
            keys: keys.map(|row| row.spec.key.as_str().to_owned()).collect(),
            jobs: jobs.map(|view| view.row.spec).collect(),
        })
    }

    pub(crate) async fn orphan_uploads(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
    ) -> Result<OrphanUploads, UiError> {
        let custody = self.remotes.custody(&connection).await?;
        let place = Bucket::new(bucket.as_str());
        let mut open = custody.open_uploads(&place, &prefix).await?;
        // Rules are a help here and no condition: somebody who may not read them may still end uploads.
        let document = self.rules(&connection, &bucket, None).await.ok();
        let listed = document.iter().flat_map(|document| &document.rules);
        let rules: Vec<Rule> =
            listed.filter(|listed| listed.strange.is_empty()).map(|listed| listed.rule.clone()).collect();
        let ends_all =
            |rule: &Rule| rule.enabled && rule.abort_uploads.is_some() && rule.filter == Filter::default();
        let used = self.in_use(&place).await?;
        open.sort_by_key(|upload| (upload.initiated.is_none(), upload.initiated));
        let row = |upload: &windlass_ports::OpenUpload| OrphanUpload {
            key: upload.key.as_str().to_owned(),
            name: visible(upload.key.as_str()),
            upload: upload.upload.as_str().to_owned(),
            begun: upload.initiated.map_or(0, windlass_domain::Timestamp::millis),
            in_use: used.has(upload.key.as_str()),
            ends_at: upload
                .initiated
                .and_then(|begun| aborted_at(&rules, upload.key.as_str(), begun))
                .map(windlass_domain::Timestamp::millis),
        };
        Ok(OrphanUploads {
            rows: open.iter().take(MOST).map(row).collect(),
            total: open.len() as u64,
            ruled: rules.iter().any(ends_all),
        })
    }

    pub(crate) async fn count_orphan(
        &self,
        connection: String,
        bucket: String,
        upload: UploadName,
    ) -> Result<OrphanUse, UiError> {
        let custody = self.remotes.custody(&connection).await?;
        let (key, id) = (parse_key(&upload.key)?, UploadId::new(upload.upload));
        let used = custody.upload_use(&Bucket::new(bucket.as_str()), &key, &id).await?;
        // Parts are paid for as standard storage until they become an object.
        let parts = [Tally { class: "STANDARD".to_owned(), objects: used.parts, bytes: used.bytes }];
        let price = self.price(&connection, &bucket, |list, at| list.storing(at, &parts)).await?;
        Ok(OrphanUse { parts: used.parts, bytes: used.bytes, price })
    }

    pub(crate) async fn abort_orphans(
        &self,
        connection: String,
        bucket: String,
        uploads: Vec<UploadName>,
    ) -> Result<OrphansEnded, UiError> {
        let custody = self.remotes.custody(&connection).await?;
        let place = Bucket::new(bucket.as_str());
        let (custody, place) = (&custody, &place);
        let end = |upload: UploadName| {
            async move {
                let key: ObjectKey = parse_key(&upload.key)?;
                // Looked at for each: one can have been taken up since it was shown.
                if self.in_use(place).await?.has(&upload.key) {
                    return Err(UiError::new(
                        ErrorCode::Conflict,
                        format!(
                            "The upload of {} is used by a transfer on this computer, so it was not ended. Cancel the transfer instead.",
                            visible(&upload.key)
                        ),
                    ));
                }
                match custody.end_upload(place, &key, &UploadId::new(upload.upload)).await {
                    // Somebody else ended it.
                    Err(error) if error.kind == RemoteErrorKind::NoSuchUpload => Ok(()),
                    ended => Ok(ended?),
                }
            }
            .boxed()
        };
        let mut all = futures::stream::iter(uploads).map(end).buffered(AT_ONCE);
        let mut told = OrphansEnded { ended: 0, left: 0, problem: None };
        while let Some(ended) = all.next().await {
            match ended {
                Ok(()) => told.ended += 1,
                Err(error) => {
                    told.left += 1;
                    told.problem.get_or_insert(error);
                }
            }
        }
        Ok(told)
    }
}
