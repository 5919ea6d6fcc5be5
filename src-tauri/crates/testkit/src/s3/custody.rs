//! Rules, archives, locks and open uploads. Rules never act here; a lock holds what is destroyed by its version, and nothing else.
use async_trait::async_trait;
use windlass_domain::lifecycle::Rule;
use windlass_domain::lock::{Change, ObjectLock, Retention, change};
use windlass_domain::thaw::{Archive, Thaw, Tier, lasts};
use windlass_domain::{Bucket, ObjectKey, Timestamp, UploadId, VersionId};
use windlass_ports::{
    BucketLock, Clock as _, Governance, Hold, LifecycleDocument, LifecycleMark, ListedRule, OpenUpload,
    RemoteCustody, RemoteError, RemoteErrorKind as Kind, RemoteStore as _, RuleDraft, Standing, ThawAnswer,
    UploadUse,
};

use super::store::{LOOK, WRITE};
use super::{State, Version, VirtualS3, error};

/// What a bucket keeps of a version besides its bytes.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) class: String,
    /// When it can be read, and until when; the latter `None` for what stays thawed.
    thaw: Option<(Timestamp, Option<Timestamp>)>,
    tiered: bool,
    lock: ObjectLock,
}

impl Default for Kept {
    fn default() -> Self {
        Self { class: "STANDARD".to_owned(), thaw: None, tiered: false, lock: ObjectLock::default() }
    }
}

impl Kept {
    fn archive(&self) -> Option<Archive> {
        Archive::of(&self.class, self.tiered.then_some("ARCHIVE_ACCESS"))
    }

    fn thaw(&self, now: Timestamp) -> Thaw {
        match self.thaw {
            None => Thaw::Frozen,
            Some((ready, _)) if now < ready => Thaw::Going,
            Some((_, Some(until))) if until <= now => Thaw::Frozen,
            Some((_, until)) => Thaw::Ready(until),
        }
    }
}

impl State {
    pub(super) fn kept(&self, id: u64) -> Kept {
        self.kept.get(&id).cloned().unwrap_or_default()
    }

    /// Refuses bytes that are in an archive (hazard HB23).
    pub(super) fn readable(&self, version: &Version, now: Timestamp) -> Result<(), RemoteError> {
        let kept = self.kept(version.id);
        match (kept.archive(), kept.thaw(now)) {
            (None, _) | (Some(_), Thaw::Ready(_)) => Ok(()),
            (Some(_), Thaw::Frozen | Thaw::Going) => {
                Err(error(Kind::Archived, "the bytes are in an archive"))
            }
        }
    }

    /// A copy is of the class of its source.
    pub(super) fn same_class(&mut self, from: u64, to: u64) {
        if let Some(class) = self.kept.get(&from).map(|kept| kept.class.clone()) {
            self.kept.insert(to, Kept { class, ..Kept::default() });
        }
    }

    fn asked_for(&self, key: &str, version: Option<&VersionId>) -> Result<&Version, RemoteError> {
        let found = match version {
            Some(version) => self.version(key, version).filter(|version| version.data.is_some()),
            None => self.current(key),
        };
        found.ok_or_else(|| error(Kind::NotFound, "no such key or version"))
    }
}

impl VirtualS3 {
    /// From now on the current version is of this class, as a rule does it.
    pub fn reclass(&self, path: &str, class: &str) {
        let key = format!("{}{path}", self.prefix);
        let mut state = self.state();
        let Some(id) = state.current(&key).map(|version| version.id) else { return };
        state.kept.insert(id, Kept { class: class.to_owned(), ..Kept::default() });
    }

    /// The current version, of `INTELLIGENT_TIERING`, falls into the archive tier.
    pub fn fall_asleep(&self, path: &str) {
        self.reclass(path, "INTELLIGENT_TIERING");
        let key = format!("{}{path}", self.prefix);
        let mut state = self.state();
        let Some(id) = state.current(&key).map(|version| version.id) else { return };
        state.kept.entry(id).or_default().tiered = true;
    }

    /// How long thawing takes from now on; at once without.
    pub fn thaw_takes(&self, nanoseconds: i64) {
        self.state().thaw_takes = nanoseconds;
    }

    /// Somebody else locks the current version.
    pub fn lock_by_other(&self, path: &str, lock: ObjectLock) {
        let key = format!("{}{path}", self.prefix);
        let mut state = self.state();
        let Some(id) = state.current(&key).map(|version| version.id) else { return };
        state.kept.entry(id).or_default().lock = lock;
    }

    /// From now on versions may be deleted for good: somebody asked for it.
    pub fn allow_purges(&self) {
        self.state().purges = true;
    }

    /// Somebody else changes the rules.
    pub fn rules_by_other(&self, rules: Vec<Rule>) {
        self.state().rules = rules;
    }

    /// The rules now.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.state().rules.clone()
    }
}

fn document(rules: Vec<Rule>) -> LifecycleDocument {
    let rules: Vec<ListedRule> = rules
        .into_iter()
        .map(|rule| ListedRule { text: format!("{rule:?}"), rule, strange: Vec::new() })
        .collect();
    let text: String = rules.iter().map(|rule| format!("{}\n", rule.text)).collect();
    LifecycleDocument {
        mark: LifecycleMark(text.clone().into_boxed_str()),
        minimum: (!rules.is_empty()).then(|| "all_storage_classes_128K".to_owned()),
        text,
        rules,
    }
}

#[async_trait]
impl RemoteCustody for VirtualS3 {
    async fn lifecycle(&self, bucket: &Bucket) -> Result<LifecycleDocument, RemoteError> {
        self.inside_bucket(bucket);
        self.read("lifecycle", &self.prefix, LOOK).await?;
        Ok(document(self.state().rules.clone()))
    }

    fn draft_lifecycle(
        &self,
        opened: &LifecycleDocument,
        drafts: &[RuleDraft],
    ) -> Result<LifecycleDocument, RemoteError> {
        let rules = drafts.iter().map(|draft| match draft {
            RuleDraft::New(rule) | RuleDraft::Changed(_, rule) => Ok(rule.clone()),
            RuleDraft::Kept(at) => {
                let kept = opened.rules.get(*at).map(|kept| kept.rule.clone());
                kept.ok_or_else(|| error(Kind::BadRequest, "no such rule"))
            }
        });
        rules.collect::<Result<_, _>>().map(document)
    }

    async fn replace_lifecycle(
        &self,
        bucket: &Bucket,
        opened: &LifecycleMark,
        wanted: &LifecycleDocument,
    ) -> Result<(), RemoteError> {
        if self.lifecycle(bucket).await?.mark != *opened {
            return Err(error(Kind::PreconditionFailed, "somebody changed the rules"));
        }
        let rules = wanted.rules.iter().map(|listed| listed.rule.clone()).collect();
        self.change("replace_lifecycle", &self.prefix, WRITE, None, move |state, _, _| {
            state.rules = rules;
            Ok(())
        })
        .await
    }

    async fn standing(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Standing, RemoteError> {
        self.inside_bucket(bucket);
        self.read("standing", key.as_str(), LOOK).await?;
        let now = Timestamp(self.now());
        let state = self.state();
        let found = state.asked_for(key.as_str(), version)?;
        let (told, kept) = (state.told(found), state.kept(found.id));
        let thaw = kept.thaw(now);
        Ok(Standing {
            version: told.version,
            etag: told.etag,
            size: told.size,
            // What was thawed has left its tier.
            archive: kept.archive().filter(|archive| archive.has_days() || !matches!(thaw, Thaw::Ready(_))),
            class: kept.class,
            thaw,
            lock: kept.lock,
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
        self.inside_bucket(bucket);
        let (name, version) = (key.as_str().to_owned(), version.cloned());
        self.change("thaw", key.as_str(), WRITE, None, move |state, world, _| {
            let id = state.asked_for(&name, version.as_ref())?.id;
            let (now, mut kept) = (world.now(), state.kept(id));
            let Some(archive) = kept.archive() else { return Ok(ThawAnswer::NotArchived) };
            if archive.takes(tier).is_none() || archive.has_days() != days.is_some() {
                return Err(error(Kind::BadRequest, "this archive knows no such speed, or no such days"));
            }
            let ready = Timestamp(now.0.saturating_add(state.thaw_takes));
            let answer = match kept.thaw(now) {
                Thaw::Going => return Ok(ThawAnswer::Going),
                Thaw::Ready(None) => return Ok(ThawAnswer::NotArchived),
                Thaw::Ready(Some(_)) => {
                    kept.thaw = Some((now, days.map(|days| lasts(now, days))));
                    ThawAnswer::Extended
                }
                Thaw::Frozen => {
                    kept.thaw = Some((ready, days.map(|days| lasts(ready, days))));
                    ThawAnswer::Started
                }
            };
            state.kept.insert(id, kept);
            Ok(answer)
        })
        .await
    }

    async fn bucket_lock(&self, bucket: &Bucket) -> Result<Option<BucketLock>, RemoteError> {
        self.inside_bucket(bucket);
        self.read("bucket_lock", &self.prefix, LOOK).await?;
        Ok(self.profile().versions.then_some(BucketLock { default: None }))
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
        self.inside_bucket(bucket);
        let (name, version) = (key.as_str().to_owned(), version.clone());
        let (expect, retention) = (expect.copied(), retention.copied());
        self.change("set_retention", key.as_str(), WRITE, None, move |state, world, _| {
            let id = state.asked_for(&name, Some(&version))?.id;
            let mut kept = state.kept(id);
            if kept.lock.retention != expect {
                return Err(error(Kind::PreconditionFailed, "the retention is another one"));
            }
            match (change(expect.as_ref(), retention.as_ref(), world.now()), governance) {
                (Change::Holds, _) | (Change::GoesPastGovernance, Governance::Bypassed) => {}
                (Change::GoesPastGovernance, Governance::Respected) | (Change::Never, _) => {
                    return Err(error(Kind::AccessDenied, "the version is locked"));
                }
            }
            kept.lock.retention = retention;
            state.kept.insert(id, kept);
            Ok(())
        })
        .await
    }

    async fn set_hold(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
        hold: Hold,
    ) -> Result<(), RemoteError> {
        self.inside_bucket(bucket);
        let (name, version, on) = (key.as_str().to_owned(), version.clone(), hold == Hold::On);
        self.change("set_hold", key.as_str(), WRITE, None, move |state, _, _| {
            let id = state.asked_for(&name, Some(&version))?.id;
            let mut kept = state.kept(id);
            if kept.lock.hold == on {
                return Err(error(Kind::PreconditionFailed, "the hold is so already"));
            }
            kept.lock.hold = on;
            state.kept.insert(id, kept);
            Ok(())
        })
        .await
    }

    async fn delete_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: &VersionId,
    ) -> Result<(), RemoteError> {
        self.inside_bucket(bucket);
        if !self.state().purges {
            self.world.wrong("I5", format!("a version of {key} was to be deleted for good"));
            return Err(error(Kind::AccessDenied, "nobody asked for it"));
        }
        let (name, version) = (key.as_str().to_owned(), version.clone());
        self.change("delete_version", key.as_str(), WRITE, None, move |state, world, _| {
            let Ok(id) = state.asked_for(&name, Some(&version)).map(|version| version.id) else {
                return Ok(());
            };
            if state.kept(id).lock.holds(world.now()) {
                return Err(error(Kind::AccessDenied, "the version is locked"));
            }
            if let Some(versions) = state.keys.get_mut(&name) {
                versions.retain(|version| version.id != id);
                state.generation += 1;
            }
            Ok(())
        })
        .await
    }

    async fn open_uploads(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError> {
        self.inside_bucket(bucket);
        self.list_uploads(prefix).await
    }

    async fn upload_use(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<UploadUse, RemoteError> {
        self.inside_bucket(bucket);
        let parts = self.list_parts(key, upload).await?;
        Ok(UploadUse { parts: parts.len() as u64, bytes: parts.iter().map(|(_, _, bytes)| bytes).sum() })
    }

    async fn end_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<(), RemoteError> {
        self.inside_bucket(bucket);
        self.abort_upload(key, upload).await
    }
}
