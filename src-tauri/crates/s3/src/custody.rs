//! What a bucket does with its objects by itself, and what it holds back.
use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    GlacierJobParameters, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode,
    ObjectLockRetention, ObjectLockRetentionMode, RestoreRequest, Tier as TierName,
};
use sha2::Digest as _;
use windlass_domain::lock::{Change, LockMode, ObjectLock, Retention, change};
use windlass_domain::thaw::{Archive, Tier, told};
use windlass_domain::{Bucket, Capabilities, ETag, ObjectKey, Timestamp, UploadId, VersionId};
use windlass_ports::{
    BucketLock, Governance, Hold, LifecycleDocument, LifecycleMark, ListedRule, LockTerm, OpenUpload,
    RemoteCustody, RemoteError, RemoteErrorKind as Kind, RemoteStore as _, RuleDraft, Standing, ThawAnswer,
    UploadUse,
};

use crate::error::{Trouble, own};
use crate::guard::check;
use crate::heard::{Heard, carry};
use crate::store::{bytes_of, required, time, version as named};
use crate::{S3Browse, rules};

const LIFECYCLE: &str = "GetBucketLifecycleConfiguration";
const MINIMUM: &str = "x-amz-transition-default-minimum-object-size";

fn code(error: &RemoteError) -> Option<&str> {
    Trouble::of(error).and_then(|trouble| trouble.code.as_deref())
}

/// Some servers overlook a subresource and take writing it for making the bucket.
fn overlooked(error: RemoteError) -> RemoteError {
    match code(&error) {
        Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou") => {
            RemoteError { kind: Kind::Unsupported, ..error }
        }
        _ => error,
    }
}

/// A document with its rules and its mark.
fn document(text: String, minimum: Option<String>) -> Result<LifecycleDocument, RemoteError> {
    let mut rules = Vec::new();
    if !text.is_empty() {
        let unread = |error: crate::fast::xml::Malformed| {
            own(Kind::Unexpected, format!("the lifecycle rules of this bucket cannot be read: {}", error.0))
        };
        for rule in rules::read(&text).map_err(unread)?.rules {
            let whole = rule.element.text(&text).map_err(unread)?.to_owned();
            rules.push(ListedRule { rule: rule.rule, text: whole, strange: rule.strange });
        }
    }
    let hash = sha2::Sha256::new()
        .chain_update(text.as_bytes())
        .chain_update([0])
        .chain_update(minimum.as_deref().unwrap_or_default());
    let mark: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(LifecycleDocument { text, rules, minimum, mark: LifecycleMark(mark.into_boxed_str()) })
}

fn mode(name: &str) -> Result<LockMode, RemoteError> {
    LockMode::parse(name)
        .ok_or_else(|| own(Kind::Unexpected, format!("the server names a lock that is not known: {name}")))
}

fn date(text: &str) -> Option<Timestamp> {
    time(DateTime::from_str(text, DateTimeFormat::HttpDate).ok().as_ref())
}

fn now() -> Timestamp {
    let now = DateTime::from(SystemTime::now()).to_millis();
    Timestamp::from_millis(now.unwrap_or_default())
}

fn lock(
    mode_name: Option<&ObjectLockMode>,
    until: Option<&DateTime>,
    hold: Option<&ObjectLockLegalHoldStatus>,
) -> Result<ObjectLock, RemoteError> {
    let retention = match (mode_name, time(until)) {
        (Some(name), Some(until)) => Some(Retention { mode: mode(name.as_str())?, until }),
        (_, _) => None,
    };
    Ok(ObjectLock { retention, hold: hold == Some(&ObjectLockLegalHoldStatus::On) })
}

fn not_as_expected(what: &str) -> RemoteError {
    own(
        Kind::PreconditionFailed,
        format!("the {what} of this version is not what it was when it was looked at"),
    )
}

#[async_trait]
impl RemoteCustody for S3Browse {
    async fn lifecycle(&self, bucket: &Bucket) -> Result<LifecycleDocument, RemoteError> {
        let (name, heard) = (bucket.as_str(), Heard::default());
        let asked = self
            .client
            .call(name, |c| {
                let call = c.get_bucket_lifecycle_configuration().bucket(name).customize();
                call.interceptor(heard.clone()).send()
            })
            .await;
        // What the SDK cannot read we may still understand, or at least keep.
        match (asked, heard.take()) {
            (asked, Some(said)) if (200..300).contains(&said.status) => {
                let html = said.header("content-type").is_some_and(|t| t.contains("text/html"));
                if check(LIFECYCLE, Some(&said.body), false, html).is_err()
                    && let Err(error) = asked
                {
                    return Err(error);
                }
                let text = String::from_utf8(said.body.to_vec()).map_err(|_| {
                    own(
                        Kind::Unexpected,
                        "the lifecycle rules of this bucket cannot be read: they are not UTF-8",
                    )
                })?;
                document(text, said.header(MINIMUM).map(str::to_owned))
            }
            (Err(error), _) if code(&error) == Some("NoSuchLifecycleConfiguration") => {
                document(String::new(), None)
            }
            (Err(error), _) => Err(error),
            (Ok(_), _) => Err(own(Kind::Unexpected, "the server's answer has no document")),
        }
    }

    fn draft_lifecycle(
        &self,
        opened: &LifecycleDocument,
        drafts: &[RuleDraft],
    ) -> Result<LifecycleDocument, RemoteError> {
        let text = rules::draft(&opened.text, drafts).map_err(|why| own(Kind::BadRequest, why.0))?;
        document(text, opened.minimum.clone())
    }

    async fn replace_lifecycle(
        &self,
        bucket: &Bucket,
        opened: &LifecycleMark,
        wanted: &LifecycleDocument,
    ) -> Result<(), RemoteError> {
        // Looking first also shows that the server knows rules at all: one that overlooks the question would take the DELETE below
        // for that of the bucket.
        let there = self.lifecycle(bucket).await?;
        if there.mark != *opened {
            return Err(own(
                Kind::PreconditionFailed,
                "somebody changed the lifecycle rules of this bucket since they were opened",
            ));
        }
        let name = bucket.as_str();
        if wanted.rules.is_empty() {
            if there.text.is_empty() {
                return Ok(());
            }
            return self
                .client
                .call(name, |c| c.delete_bucket_lifecycle().bucket(name).send())
                .await
                .map(|_| ());
        }
        self.client
            .call(name, |c| {
                let (text, minimum) = (wanted.text.clone(), wanted.minimum.clone());
                let call = c.put_bucket_lifecycle_configuration().bucket(name);
                call.set_transition_default_minimum_object_size(minimum.as_deref().map(Into::into))
                    .customize()
                    .mutate_request(move |request| carry(request, &text))
                    .send()
            })
            .await
            .map(|_| ())
            .map_err(overlooked)
    }

    async fn standing(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Standing, RemoteError> {
        let name = bucket.as_str();
        let out = self
            .client
            .call(name, |c| {
                let call = c.head_object().bucket(name).key(key.as_str());
                call.set_version_id(version.map(|version| version.as_str().to_owned())).send()
            })
            .await?;
        let class = out.storage_class().map_or("STANDARD", |class| class.as_str()).to_owned();
        Ok(Standing {
            version: named(out.version_id()),
            etag: ETag::new(required(out.e_tag(), "the ETag")?),
            size: bytes_of(out.content_length()),
            archive: Archive::of(&class, out.archive_status().map(|status| status.as_str())),
            class,
            thaw: told(out.restore(), date),
            lock: lock(
                out.object_lock_mode(),
                out.object_lock_retain_until_date(),
                out.object_lock_legal_hold_status(),
            )?,
        })
    }

    async fn thaw(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        tier: Tier,
        days: Option<u32>,
    ) -> Result<ThawAnswer, RemoteError> {
        let (name, heard) = (bucket.as_str(), Heard::default());
        let job = GlacierJobParameters::builder().tier(TierName::from(tier.name())).build();
        let job = job.map_err(|e| own(Kind::BadRequest, e.to_string()))?;
        let days = days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        let request = RestoreRequest::builder().set_days(days).glacier_job_parameters(job).build();
        let asked = self
            .client
            .call(name, |c| {
                let call = c.restore_object().bucket(name).key(key.as_str());
                call.set_version_id(version.map(|version| version.as_str().to_owned()))
                    .restore_request(request.clone())
                    .customize()
                    .interceptor(heard.clone())
                    .send()
            })
            .await;
        match asked {
            Ok(_) if heard.take().is_some_and(|said| said.status == 200) => Ok(ThawAnswer::Extended),
            Ok(_) => Ok(ThawAnswer::Started),
            Err(error) => match code(&error) {
                Some("RestoreAlreadyInProgress") => Ok(ThawAnswer::Going),
                Some("GlacierExpeditedRetrievalNotAvailable") => Ok(ThawAnswer::NotNow),
                // What is refused here is refused for its class; to read an archived object is refused with the same code.
                Some("InvalidObjectState" | "ObjectAlreadyInActiveTierError") => Ok(ThawAnswer::NotArchived),
                Some(_) | None => Err(error),
            },
        }
    }

    async fn bucket_lock(&self, bucket: &Bucket) -> Result<Option<BucketLock>, RemoteError> {
        let name = bucket.as_str();
        let out =
            match self.client.call(name, |c| c.get_object_lock_configuration().bucket(name).send()).await {
                Ok(out) => out,
                Err(error) if code(&error) == Some("ObjectLockConfigurationNotFoundError") => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
        let Some(found) = out.object_lock_configuration() else { return Ok(None) };
        if found.object_lock_enabled().is_none_or(|enabled| enabled.as_str() != "Enabled") {
            return Ok(None);
        }
        let default = found.rule().and_then(|rule| rule.default_retention());
        let default = match default.and_then(|default| Some((default, default.mode()?))) {
            None => None,
            Some((default, name)) => {
                let term = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
                let years = term(default.years()).map(LockTerm::Years);
                let term = term(default.days()).map(LockTerm::Days).or(years);
                term.map(|term| mode(name.as_str()).map(|mode| (mode, term))).transpose()?
            }
        };
        Ok(Some(BucketLock { default }))
    }

    async fn set_retention(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
        expect: Option<&Retention>,
        retention: Option<&Retention>,
        governance: Governance,
    ) -> Result<(), RemoteError> {
        let there = self.standing(bucket, key, Some(version)).await?.lock.retention;
        if there.as_ref() != expect {
            return Err(not_as_expected("retention"));
        }
        let bypass = match (change(there.as_ref(), retention, now()), governance) {
            (Change::Holds, _) => false,
            (Change::GoesPastGovernance, Governance::Bypassed) => true,
            (Change::GoesPastGovernance, Governance::Respected) => {
                return Err(own(
                    Kind::AccessDenied,
                    "this version is held in governance mode, and nobody asked to go past that",
                ));
            }
            (Change::Never, _) => {
                return Err(own(
                    Kind::AccessDenied,
                    "this version is held in compliance mode, which can be made longer and never shorter",
                ));
            }
        };
        let until = |retention: &Retention| DateTime::from_millis(retention.until.millis());
        let retention = ObjectLockRetention::builder()
            .set_mode(retention.map(|retention| ObjectLockRetentionMode::from(retention.mode.name())))
            .set_retain_until_date(retention.map(until))
            .build();
        let name = bucket.as_str();
        self.client
            .call(name, |c| {
                let call = c.put_object_retention().bucket(name).key(key.as_str());
                call.version_id(version.as_str())
                    .retention(retention.clone())
                    .set_bypass_governance_retention(bypass.then_some(true))
                    .send()
            })
            .await
            .map(|_| ())
    }

    async fn set_hold(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
        hold: Hold,
    ) -> Result<(), RemoteError> {
        let there = self.standing(bucket, key, Some(version)).await?.lock.hold;
        let (before, status) = match hold {
            Hold::On => (false, ObjectLockLegalHoldStatus::On),
            Hold::Off => (true, ObjectLockLegalHoldStatus::Off),
        };
        if there != before {
            return Err(not_as_expected("legal hold"));
        }
        let status = ObjectLockLegalHold::builder().status(status).build();
        let name = bucket.as_str();
        self.client
            .call(name, |c| {
                let call = c.put_object_legal_hold().bucket(name).key(key.as_str());
                call.version_id(version.as_str()).legal_hold(status.clone()).send()
            })
            .await
            .map(|_| ())
    }

    async fn delete_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
    ) -> Result<(), RemoteError> {
        let name = bucket.as_str();
        let deleted = self
            .client
            .call(name, |c| {
                c.delete_object().bucket(name).key(key.as_str()).version_id(version.as_str()).send()
            })
            .await;
        match deleted {
            Ok(_) => Ok(()),
            // Amazon says 204 of what is not there; others say that it is not.
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            // moto says so of what is locked.
            Err(error) if code(&error) == Some("ObjectLocked") => {
                Err(RemoteError { kind: Kind::AccessDenied, ..error })
            }
            Err(error) => Err(error),
        }
    }

    async fn open_uploads(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError> {
        self.client.bucket(bucket, Capabilities::default()).list_uploads(prefix).await
    }

    async fn upload_use(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<UploadUse, RemoteError> {
        let parts = self.client.bucket(bucket, Capabilities::default()).list_parts(key, upload).await?;
        Ok(UploadUse { parts: parts.len() as u64, bytes: parts.iter().map(|(_, _, bytes)| bytes).sum() })
    }

    async fn end_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<(), RemoteError> {
        self.client.bucket(bucket, Capabilities::default()).abort_upload(key, upload).await
    }
}
