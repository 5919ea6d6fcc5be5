//! Restores: what a moment or a version says, as rows, and one row carried out. What is right is decided in the domain.
use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use windlass_domain::job::restore::is_meant;
use windlass_domain::job::{Cause, Looked, Outcome, Proof, Restorer};
use windlass_domain::lifecycle::Versioning;
use windlass_domain::time::{ByKey, Content, Unordered, Version};
use windlass_domain::{
    Bucket, Crc64Nvme, Item, ItemState, JobSpec, ObjectKey, RemoteExpect, RemoteState, Root, VersionId,
};
use windlass_ports::remote::Depth;
use windlass_ports::{
    ByteStream, ListedVersion, RemoteBrowse, RemoteCustody, RemoteError, RemoteErrorKind, VersionMark,
    VersionPage,
};

use super::carry::{Carrier, Tried, trouble};
use super::custody::guard;
use super::planning::{CHUNK, Ended, TRIES, pause, write};
use super::{Archived, Live, Order};
use crate::remote;
use crate::shared::Shared;

/// How long a server may show the past of a key after it was changed.
const PAST: Duration = Duration::from_secs(3);
/// What is put back can only be taken back again where the bucket keeps what it covers.
const KEEPS_NONE: &str = "This bucket does not keep what is replaced: its versioning is off or suspended. Nothing was done. Turn \
     versioning on, then restore.";
/// The same, found out after the plan.
pub(super) const KEEPS_NO_MORE: &str = "This bucket no longer keeps what is replaced: its versioning was suspended. Nothing more was \
     done. Turn versioning on, then restore again.";
pub(super) const NOTHING: &str = "There is nothing to bring back: all of it is as it was. Nothing was done.";
const UNORDERED: &str = "This server lists versions in an order that cannot be followed. Nothing was done.";

/// Whether the bucket keeps what is covered now: a probe may be old, and a bucket be suspended since.
pub(super) async fn keeps_versions(shared: &Shared, spec: &JobSpec) -> Result<bool, RemoteError> {
    let browse = shared.ports.remotes.browse(&spec.connection).await?;
    match shared.call(browse.versioning(&spec.bucket)).await {
        Ok(keeps) => Ok(keeps == Versioning::On),
        Err(error) if error.kind.is_passing() => Err(error),
        Err(_) => {
            let near = spec.roots.first().map_or("", |root| super::planning::level(&root.from));
            let store = shared.store(&spec.connection, &spec.bucket, near).await?;
            Ok(store.capabilities().versioning.proved())
        }
    }
}

/// Makes the rows of a restore.
pub(super) async fn rows(shared: &Shared, live: &Live, archived: Archived) -> Result<(), Ended> {
    let spec = live.row().spec;
    let near = spec.roots.first().map_or("", |root| super::planning::level(&root.from)).to_owned();
    // Tried out before anything is listed: a trial writes and removes keys of its own.
    shared.store(&spec.connection, &spec.bucket, &near).await?;
    let browse = shared.ports.remotes.browse(&spec.connection).await?;
    if !keeps_versions(shared, &spec).await? {
        return Err(Ended::Words(KEEPS_NONE));
    }
    crate::shared::lock(&live.row).versioned = true;
    let mut planner = match archived {
        Archived::Left => Restorer::new(&spec),
        Archived::Tried => Restorer::new(&spec).thawed(),
    };
    for (number, root) in spec.roots.iter().enumerate() {
        let mut add =
            |key: &ObjectKey, versions: &[Version]| planner.add(number, key, versions).into_iter().collect();
        key_by_key(shared, live, browse.as_ref(), None, root, &mut add).await?;
    }
    if live.row().counts.objects == 0 {
        return Err(Ended::Words(NOTHING));
    }
    Ok(())
}

/// The rows of a key with its versions, newest first.
type Rows<'a> = &'a mut (dyn FnMut(&ObjectKey, &[Version]) -> Vec<Item> + Send);

/// Each key below a root with all of its versions; the rows that are made of them are written. With `locks`, those that are locked
/// are left.
pub(super) async fn key_by_key(
    shared: &Shared,
    live: &Live,
    browse: &dyn RemoteBrowse,
    locks: Option<&dyn RemoteCustody>,
    root: &Root,
    each: Rows<'_>,
) -> Result<(), Ended> {
    let bucket = &live.row().spec.bucket;
    let (mut after, mut by_key, mut items) = (None, ByKey::default(), Vec::new());
    loop {
        let page = page(shared, live, browse, bucket, &root.from, after.as_ref()).await?;
        after = page.next;
        for ListedVersion { key, version, .. } in page.versions {
            // Behind one object come those whose names only begin as its does.
            if !root.covers(&key) {
                after = None;
                break;
            }
            match by_key.add(key, version) {
                Ok(Some((key, versions))) => take(live, &key, &versions, each, &mut items),
                Ok(None) => {}
                Err(Unordered) => return Err(Ended::Words(UNORDERED)),
            }
        }
        if after.is_none()
            && let Some((key, versions)) = std::mem::take(&mut by_key).end()
        {
            take(live, &key, &versions, each, &mut items);
        }
        if !items.is_empty() && (items.len() >= CHUNK || after.is_none()) {
            let rows = std::mem::take(&mut items);
            let rows = match locks {
                Some(custody) => guard(shared, custody, bucket, rows).await?,
                None => rows,
            };
            write(shared, live, rows).await?;
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

fn take(live: &Live, key: &str, versions: &[Version], each: Rows<'_>, items: &mut Vec<Item>) {
    let Ok(name) = ObjectKey::parse(key) else { return };
    let rows = each(&name, versions);
    if rows.is_empty() {
        return;
    }
    let content: BTreeMap<&VersionId, &Content> =
        versions.iter().filter_map(|one| Some((&one.id, one.content.as_ref()?))).collect();
    for item in &rows {
        let content = item.version.as_ref().and_then(|id| content.get(id));
        if item.state == ItemState::Planned
            && let Some(content) = content
        {
            live.tally(&content.class, content.size);
        }
    }
    items.extend(rows);
}

async fn page(
    shared: &Shared,
    live: &Live,
    browse: &dyn RemoteBrowse,
    bucket: &Bucket,
    prefix: &str,
    after: Option<&VersionMark>,
) -> Result<VersionPage, Ended> {
    let mut tries = 0;
    loop {
        if *live.order.borrow() == Order::Cancel {
            return Err(Ended::Cancelled);
        }
        match shared.call(browse.versions(bucket, prefix, Depth::Deep, after)).await {
            Ok(page) => return Ok(page),
            Err(error) if error.kind.is_passing() && tries < TRIES => {
                tokio::time::sleep(pause(shared, tries)).await;
                tries += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Carrier<'_> {
    /// Copies an older version on top of what the plan saw there.
    pub(super) async fn copy_back(&self, item: &Item) -> Tried {
        let store = match self.source().await {
            Ok(store) => store,
            Err(error) => return trouble(&error, None),
        };
        let expect = item.taken.clone().map_or(RemoteExpect::Absent, RemoteExpect::Unchanged);
        let source = RemoteState {
            size: item.size,
            etag: item.etag.clone(),
            version: item.version.clone(),
            digest: None,
        };
        let copy = store.copy(&item.from, &source, &item.from, &expect, &self.shared.device);
        match self.shared.change(|| self.may(), copy).await {
            Err(held) => held.into(),
            Ok(Ok(copy)) => Tried::Became(Outcome::Wrote(copy.etag)),
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }

    /// Takes the marker away that hides the version. Nothing at S3 makes that depend on what is on top, so it is looked at right
    /// before: whatever came there meanwhile stays, and so does the marker.
    pub(super) async fn unmark(&self, item: &Item) -> Tried {
        let looked = match self.look_at_version(item).await {
            Ok(looked) => looked,
            Err(error) => return trouble(&error, None),
        };
        if looked.there.as_ref().is_some_and(|there| !is_meant(there, item)) {
            return Tried::Became(Outcome::Looked(looked));
        }
        match self.undelete(item).await {
            Tried::Became(Outcome::Back(etag)) if etag != item.etag => match self.look_at_version(item).await
            {
                Ok(Looked { there: Some(there), .. }) if is_meant(&there, item) => {
                    Tried::Became(Outcome::Back(there.etag))
                }
                Ok(_) => Tried::Became(Outcome::Refused(Cause::Changed)),
                Err(error) => trouble(&error, None),
            },
            // A look may show the past for a moment.
            Tried::Became(Outcome::Refused(Cause::Gone)) => Tried::Odd,
            tried => tried,
        }
    }

    /// The version that a row brings back, and what is at its key now.
    pub(super) async fn look_at_version(&self, item: &Item) -> Result<Looked, RemoteError> {
        let store = self.source().await?;
        let mut there = remote::head(self.shared, store.as_ref(), &item.from).await?;
        // What looks as if it had been brought back may be the past of before somebody changed it.
        if item.version.is_some() && there.as_ref().is_some_and(|now| Some(&now.etag) != item.taken.as_ref())
        {
            tokio::time::sleep(PAST).await;
            there = remote::head(self.shared, store.as_ref(), &item.from).await?;
        }
        let Some(version) = &item.version else {
            return Ok(Looked { source: None, there, same: Proof::Unknown });
        };
        let source = match self.shared.call(store.head_version(&item.from, version)).await {
            Ok(state) => Some(state),
            Err(error) if error.kind == RemoteErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let same = match (&source, &there) {
            // What the plan saw there is not ours.
            (Some(_), Some(there)) if item.taken.as_ref() == Some(&there.etag) => Proof::Unknown,
            (Some(source), Some(there)) => match windlass_domain::job::proof(source, there) {
                // Only bytes can say whose it is.
                Proof::Unknown if there.etag != source.etag => {
                    let one = self.sum(store.get_version(&item.from, version, None, &source.etag)).await?;
                    let other = self.sum(store.get(&item.from, None, &there.etag)).await?;
                    if one == other { Proof::Same } else { Proof::Different }
                }
                proof => proof,
            },
            (None, _) | (_, None) => Proof::Unknown,
        };
        Ok(Looked { source, there, same })
    }

    async fn sum(
        &self,
        body: impl Future<Output = Result<ByteStream, RemoteError>>,
    ) -> Result<Crc64Nvme, RemoteError> {
        let _place = self.shared.budget.gate.enter().await;
        let (mut body, mut whole) = (body.await?, Crc64Nvme::EMPTY);
        while let Some(chunk) = body.next().await {
            whole = whole.then(Crc64Nvme::of(&chunk?));
        }
        Ok(whole)
    }
}
