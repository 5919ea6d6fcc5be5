//! Purges and locks: one row carried out. What is right is decided in the domain.
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use windlass_domain::job::purge::{Last, guarded, last_look, last_look_at_marker};
use windlass_domain::job::{Cause, LockStep, Locking, Outcome, Purger, lock_step};
use windlass_domain::time::{ByKey, Version};
use windlass_domain::{Bucket, Item, ItemState, ObjectKey};
use windlass_ports::remote::Depth;
use windlass_ports::{Governance, Hold, RemoteCustody, RemoteError, RemoteErrorKind, Standing};

use super::Live;
use super::carry::{Carrier, Tried, trouble};
use super::planning::{Ended, TRIES, level, pause};
use super::restore::key_by_key;
use crate::remote;
use crate::shared::{Shared, lock};

/// Versions whose locks are looked at at once.
const LOOKS: usize = 16;
const NOTHING: &str = "There is no old version like that. Nothing was destroyed.";
const NO_LOCK: &str = "Object Lock is not on in this bucket, so nothing in it can be locked. Nothing was done. It can only be turned on \
     by whoever owns the bucket.";

/// Makes the rows of a purge.
pub(super) async fn purge_rows(shared: &Shared, live: &Live) -> Result<(), Ended> {
    let spec = live.row().spec;
    let near = spec.roots.first().map_or("", |root| level(&root.from)).to_owned();
    // Tried out before anything is listed: a trial writes and removes keys of its own.
    shared.store(&spec.connection, &spec.bucket, &near).await?;
    let browse = shared.ports.remotes.browse(&spec.connection).await?;
    let custody = shared.ports.remotes.custody(&spec.connection).await?;
    let locks = shared.call(custody.bucket_lock(&spec.bucket)).await;
    // Whoever may not ask, or is not understood, is told of each lock when the version is to go.
    let looks = locks.is_ok_and(|lock| lock.is_some()).then_some(custody.as_ref());
    lock(&live.row).versioned = true;
    let mut purger = Purger::new(&spec, shared.now());
    for (number, root) in spec.roots.iter().enumerate() {
        let mut add = |key: &ObjectKey, versions: &[Version]| purger.add(number, key, versions);
        key_by_key(shared, live, browse.as_ref(), looks, root, &mut add).await?;
    }
    if live.row().counts.objects == 0 {
        return Err(Ended::Words(NOTHING));
    }
    Ok(())
}

/// Whether locks can be set in a job's bucket at all.
pub(super) async fn lockable(shared: &Shared, live: &Live) -> Result<(), Ended> {
    let spec = live.row().spec;
    let custody = shared.ports.remotes.custody(&spec.connection).await?;
    match shared.call(custody.bucket_lock(&spec.bucket)).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Ended::Words(NO_LOCK)),
        // Setting a lock needs another right than asking for the bucket's.
        Err(error) if error.kind == RemoteErrorKind::AccessDenied => Ok(()),
        Err(error) if error.kind == RemoteErrorKind::Unsupported => Err(Ended::Words(NO_LOCK)),
        Err(error) => Err(error.into()),
    }
}

/// Rows of a purge, those that are locked left.
pub(super) async fn guard(
    shared: &Shared,
    custody: &dyn RemoteCustody,
    bucket: &Bucket,
    items: Vec<Item>,
) -> Result<Vec<Item>, RemoteError> {
    let look = |item: Item| guard_one(shared, custody, bucket, item).boxed();
    futures::stream::iter(items).map(look).buffered(LOOKS).try_collect().await
}

async fn guard_one(
    shared: &Shared,
    custody: &dyn RemoteCustody,
    bucket: &Bucket,
    item: Item,
) -> Result<Item, RemoteError> {
    let Some(version) = item.version.clone().filter(|_| item.state == ItemState::Planned) else {
        return Ok(item);
    };
    let mut tries = 0;
    loop {
        match shared.call(custody.standing(bucket, &item.from, Some(&version))).await {
            Ok(standing) => return Ok(guarded(item, &standing.lock, shared.now())),
            Err(error) if error.kind.is_passing() && tries < TRIES => {
                tokio::time::sleep(pause(shared, tries)).await;
                tries += 1;
            }
            // What may not be read may be deleted all the same: the server has the last word.
            Err(error) if matches!(error.kind, RemoteErrorKind::AccessDenied | RemoteErrorKind::NotFound) => {
                return Ok(item);
            }
            Err(error) => return Err(error),
        }
    }
}

impl Carrier<'_> {
    async fn custody(&self) -> Result<std::sync::Arc<dyn RemoteCustody>, RemoteError> {
        self.shared.ports.remotes.custody(&self.spec.connection).await
    }

    /// Destroys the version or the marker that the row names, after a last look.
    pub(super) async fn destroy(&self, item: &Item) -> Tried {
        let last = match (&item.version, &item.marker) {
            (Some(_), _) => self.last_look(item).await,
            (None, Some(_)) => self.newest(item).await.map(|newest| last_look_at_marker(item, &newest)),
            (None, None) => Ok(Last::Leave(Cause::Unexpected)),
        };
        match last {
            Ok(Last::Destroy) => {}
            Ok(Last::Gone) => return Tried::Became(Outcome::Destroyed),
            Ok(Last::Leave(cause)) => return Tried::Became(Outcome::Refused(cause)),
            Err(error) => return trouble(&error, None),
        }
        let (store, custody) = match (self.source().await, self.custody().await) {
            (Ok(store), Ok(custody)) => (store, custody),
            (Err(error), _) | (_, Err(error)) => return trouble(&error, None),
        };
        let call = async {
            match (&item.version, &item.marker) {
                (Some(version), _) => custody.delete_version(&self.spec.bucket, &item.from, version).await,
                (None, Some(marker)) => match store.remove_marker(&item.from, marker).await {
                    Err(error) if error.kind == RemoteErrorKind::NotFound => Ok(()),
                    removed => removed,
                },
                (None, None) => Ok(()),
            }
        };
        match self.shared.change(|| self.may(), call).await {
            Err(held) => held.into(),
            Ok(Ok(())) => Tried::Became(Outcome::Destroyed),
            Ok(Err(error)) if error.kind == RemoteErrorKind::AccessDenied => {
                let cause = if self.is_locked(item).await { Cause::Protected } else { Cause::Denied };
                Tried::Became(Outcome::Refused(cause))
            }
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }

    async fn last_look(&self, item: &Item) -> Result<Last, RemoteError> {
        let Some(version) = &item.version else { return Ok(Last::Leave(Cause::Unexpected)) };
        let store = self.source().await?;
        let top = remote::head(self.shared, store.as_ref(), &item.from);
        let own = async {
            match self.shared.call(store.head_version(&item.from, version)).await {
                Ok(own) => Ok(Some(own)),
                Err(error) if error.kind == RemoteErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        let (top, own) = futures::try_join!(top, own)?;
        Ok(last_look(item, top.as_ref(), own.as_ref()))
    }

    /// The newest versions of a row's key, as one page tells them.
    async fn newest(&self, item: &Item) -> Result<Vec<Version>, RemoteError> {
        let browse = self.shared.ports.remotes.browse(&self.spec.connection).await?;
        let prefix = item.from.as_str();
        let page = self.shared.call(browse.versions(&self.spec.bucket, prefix, Depth::Deep, None)).await?;
        let mut by_key = ByKey::default();
        for listed in page.versions.into_iter().filter(|listed| listed.key == prefix) {
            if by_key.add(listed.key, listed.version).is_err() {
                let source = "versions are not listed in order".into();
                return Err(RemoteError { kind: RemoteErrorKind::Unexpected, source });
            }
        }
        Ok(by_key.end().map(|(_, versions)| versions).unwrap_or_default())
    }

    async fn is_locked(&self, item: &Item) -> bool {
        let Ok(custody) = self.custody().await else { return false };
        let look = custody.standing(&self.spec.bucket, &item.from, item.version.as_ref());
        self.shared.call(look).await.is_ok_and(|standing| standing.lock.holds(self.shared.now()))
    }

    /// Changes what locks the version that the plan saw.
    pub(super) async fn set_lock(&self, item: &Item) -> Tried {
        let Some(wanted) = &self.spec.lock else {
            return Tried::Became(Outcome::Refused(Cause::Unexpected));
        };
        let custody = match self.custody().await {
            Ok(custody) => custody,
            Err(error) => return trouble(&error, None),
        };
        let look = custody.standing(&self.spec.bucket, &item.from, None);
        let standing = match self.shared.call(look).await {
            Ok(standing) => standing,
            Err(error) if error.kind == RemoteErrorKind::NotFound => {
                return Tried::Became(Outcome::Refused(Cause::Gone));
            }
            Err(error) => return trouble(&error, None),
        };
        if standing.etag != item.etag {
            return Tried::Became(Outcome::Refused(Cause::Changed));
        }
        self.lock_version(custody.as_ref(), item, wanted, &standing).await
    }

    async fn lock_version(
        &self,
        custody: &dyn RemoteCustody,
        item: &Item,
        wanted: &Locking,
        standing: &Standing,
    ) -> Tried {
        let step = match lock_step(wanted, &standing.lock, self.shared.now()) {
            Ok(Some(step)) => step,
            Ok(None) => return Tried::Became(Outcome::Locked),
            Err(cause) => return Tried::Became(Outcome::Refused(cause)),
        };
        let Some(version) = &standing.version else {
            return Tried::Became(Outcome::Refused(Cause::Unsupported));
        };
        let (bucket, key) = (&self.spec.bucket, &item.from);
        let before = standing.lock.retention;
        let LockStep { retention, hold } = step;
        let call = async {
            // The hold first, since it can be taken back: what is refused in part is left as it was.
            if let Some(on) = hold {
                custody.set_hold(bucket, key, version, if on { Hold::On } else { Hold::Off }).await?;
            }
            let Some(to) = &retention else { return Ok(()) };
            let governance = Governance::Respected;
            let set =
                custody.set_retention(bucket, key, version, before.as_ref(), Some(to), governance).await;
            if let (Err(refused), Some(on)) = (&set, hold)
                && !refused.kind.is_passing()
            {
                custody.set_hold(bucket, key, version, if on { Hold::Off } else { Hold::On }).await?;
            }
            set
        };
        match self.shared.change(|| self.may(), call).await {
            Err(held) => held.into(),
            Ok(Ok(())) => Tried::Became(Outcome::Locked),
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }
}
