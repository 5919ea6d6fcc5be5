//! Finding what is archived: below prefixes by their lists, and of a restore what it left.
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _};
use windlass_domain::job::Cause;
use windlass_domain::thaw::{Archive, ThawBatch, ThawFrom, ThawItem, ThawItemState, ThawState};
use windlass_domain::{ETag, ItemState, ObjectKey, RelPath, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{LevelEntry, RemoteCustody, RemoteError, RemoteErrorKind, Standing};

use super::ask::AT_ONCE;
use super::{Live, trouble};
use crate::jobs::{level, plan_words};
use crate::shared::{Shared, Stopping};

/// Objects written in one commit.
const CHUNK: usize = 1000;

const NOTHING: &str = "Nothing of it is archived: all of it can be read at once. Nothing was asked for.";
const UNREAD: &str = "The journal could not be read. Nothing was asked for. Try again.";

/// The name of what was chosen.
pub(super) fn name(roots: &[String], bucket: &str) -> String {
    match roots {
        [one] if one.is_empty() => bucket.to_owned(),
        [one] => {
            let body = one.strip_suffix('/').unwrap_or(one);
            body.rsplit('/').next().unwrap_or(body).to_owned()
        }
        many => format!("{} items", many.len()),
    }
}

/// The prefix that is common to all of what was chosen.
pub(super) fn place(roots: &[String]) -> String {
    if let [one] = roots
        && (one.is_empty() || one.ends_with('/'))
    {
        return one.clone();
    }
    let mut levels = roots.iter().map(|root| level(root));
    let mut common = levels.next().unwrap_or_default();
    for other in levels {
        while !other.starts_with(common) {
            common = level(common);
        }
    }
    common.to_owned()
}

/// What is left out of the paths of files: the level of what was chosen, so that a chosen folder is a folder here as well. Where that
/// could be no folder here, nothing is.
pub(super) fn strip(from: &ThawFrom, place: &str) -> String {
    let out = match from {
        ThawFrom::Roots(roots) if matches!(roots.as_slice(), [one] if one == place) => level(place),
        ThawFrom::Roots(_) | ThawFrom::Job(_) => place,
    };
    match out.strip_suffix('/').map(RelPath::parse) {
        Some(Ok(_)) => out.to_owned(),
        Some(Err(_)) | None => String::new(),
    }
}

enum Ended {
    Stopping,
    /// A person did not want it any more.
    Stopped,
    Remote(RemoteError),
    Words(&'static str),
}

impl From<Stopping> for Ended {
    fn from(_: Stopping) -> Self {
        Self::Stopping
    }
}

/// Something that may belong to the batch.
struct Seen {
    key: ObjectKey,
    version: Option<VersionId>,
    /// What a list says of it; `None` where only a look tells.
    listed: Option<(u64, ETag, Archive)>,
}

struct Finder<'s> {
    shared: &'s Shared,
    live: &'s Live,
    custody: Arc<dyn RemoteCustody>,
    next: u64,
    pending: Vec<Seen>,
    /// Of the pending ones.
    skipped: u64,
}

/// Finds what is archived, and says that the plan can be read or why there is none.
pub(super) async fn plan(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let over = async |state: ThawState, note: &str| {
        let change = |batch: &mut ThawBatch| {
            if batch.state == ThawState::Planning {
                batch.state = state;
                note.clone_into(&mut batch.note);
            }
        };
        live.save(shared, change, Vec::new()).await
    };
    match find(shared, live).await {
        Ok(()) if live.batch().counts.objects == 0 => over(ThawState::Failed, NOTHING).await,
        Ok(()) => over(ThawState::Planned, "").await,
        Err(Ended::Stopped) => Ok(()),
        Err(Ended::Stopping) => Err(Stopping),
        Err(Ended::Words(words)) => over(ThawState::Failed, words).await,
        Err(Ended::Remote(error)) => {
            tracing::warn!(kind = ?error.kind, error = %error.source, "archived objects could not be found");
            over(ThawState::Failed, plan_words(&error)).await
        }
    }
}

async fn find(shared: &Shared, live: &Live) -> Result<(), Ended> {
    let batch = live.batch();
    let custody = shared.ports.remotes.custody(&batch.connection).await.map_err(Ended::Remote)?;
    let mut finder = Finder { shared, live, custody, next: 1, pending: Vec::new(), skipped: 0 };
    match &batch.from {
        ThawFrom::Roots(roots) => {
            for (number, root) in roots.iter().enumerate() {
                let earlier = roots.get(..number).unwrap_or_default();
                finder.root(&batch, root, earlier).await?;
            }
        }
        ThawFrom::Job(id) => {
            let mut after = 0;
            loop {
                let page = shared.ports.jobs.items(id, after, CHUNK as u32).await;
                let page = page.map_err(|_| Ended::Words(UNREAD))?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for item in page {
                    if item.state == ItemState::Left && item.cause == Some(Cause::Archived) {
                        finder.pending.push(Seen { key: item.from, version: item.version, listed: None });
                    }
                }
                finder.write().await?;
            }
        }
    }
    finder.write().await
}

fn covers(root: &str, key: &str) -> bool {
    if root.is_empty() || root.ends_with('/') { key.starts_with(root) } else { key == root }
}

impl Finder<'_> {
    async fn root(&mut self, batch: &ThawBatch, root: &str, earlier: &[String]) -> Result<(), Ended> {
        if earlier.iter().any(|one| covers(one, root)) {
            return Ok(());
        }
        if !root.is_empty() && !root.ends_with('/') {
            if let Ok(key) = ObjectKey::parse(root) {
                self.pending.push(Seen { key, version: None, listed: None });
            }
            return if self.pending.len() >= CHUNK { self.write().await } else { Ok(()) };
        }
        let browse = self.shared.ports.remotes.browse(&batch.connection).await.map_err(Ended::Remote)?;
        let mut after: Option<String> = None;
        loop {
            let page = loop {
                let asked = browse.level(&batch.bucket, root, Depth::Deep, after.as_deref());
                match self.shared.call(asked).await {
                    Ok(page) => break page,
                    Err(error) if error.kind.is_passing() => self.wait(error.kind).await?,
                    Err(error) => return Err(Ended::Remote(error)),
                }
            };
            self.live.set_waits(self.shared, None);
            after = page.next;
            for entry in page.entries {
                let LevelEntry::Object { key, size, etag, class, .. } = entry else { continue };
                if key.ends_with('/') || earlier.iter().any(|one| covers(one, &key)) {
                    continue;
                }
                let Ok(key) = ObjectKey::parse(&key) else { continue };
                match Archive::of(&class, None) {
                    Some(archive) => self.pending.push(Seen {
                        key,
                        version: None,
                        listed: Some((size, ETag::new(etag), archive)),
                    }),
                    // Whether it is in one of its archive tiers, only the object itself tells.
                    None if class == "INTELLIGENT_TIERING" => {
                        self.pending.push(Seen { key, version: None, listed: None });
                    }
                    None => self.skipped += 1,
                }
            }
            self.write().await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn wait(&self, kind: RemoteErrorKind) -> Result<(), Ended> {
        trouble::wait(self.shared, self.live, kind, 4).await;
        if self.live.state() == ThawState::Planning { Ok(()) } else { Err(Ended::Stopped) }
    }

    /// Writes what is pending, after looks at those of which a list does not say enough.
    async fn write(&mut self) -> Result<(), Ended> {
        let batch = self.live.batch();
        if batch.state != ThawState::Planning {
            return Err(Ended::Stopped);
        }
        let (shared, custody, bucket) = (self.shared, self.custody.as_ref(), &batch.bucket);
        let mut pending = std::mem::take(&mut self.pending);
        let mut items = Vec::new();
        while !pending.is_empty() {
            let look = |seen: Seen| {
                async move {
                    let Seen { key, version, listed } = seen;
                    if listed.is_some() {
                        return (Seen { key, version, listed }, Ok(None));
                    }
                    let standing = shared.call(custody.standing(bucket, &key, version.as_ref())).await;
                    (Seen { key, version, listed: None }, standing.map(Some))
                }
                .boxed()
            };
            let mut looked = futures::stream::iter(std::mem::take(&mut pending)).map(look).buffered(AT_ONCE);
            let mut waits = None;
            while let Some((seen, standing)) = looked.next().await {
                let listed = match standing {
                    Ok(None) => seen.listed,
                    Ok(Some(Standing { etag, size, archive: Some(archive), .. })) => {
                        Some((size, etag, archive))
                    }
                    Ok(Some(_)) => None,
                    Err(error) if error.kind.is_passing() => {
                        waits = Some(error.kind);
                        pending.push(seen);
                        continue;
                    }
                    Err(error) if error.kind == RemoteErrorKind::NotFound => None,
                    Err(error) => return Err(Ended::Remote(error)),
                };
                let Some((size, etag, archive)) = listed else {
                    self.skipped += 1;
                    continue;
                };
                items.push(ThawItem {
                    seq: 0,
                    key: seen.key,
                    version: seen.version,
                    etag,
                    size,
                    archive,
                    state: ThawItemState::Planned,
                    ends_at: None,
                    why: String::new(),
                });
            }
            drop(looked);
            if let Some(kind) = waits {
                self.wait(kind).await?;
            }
        }
        self.live.set_waits(self.shared, None);
        // Those that had to wait come back behind others.
        items.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
        for item in &mut items {
            item.seq = self.next;
            self.next += 1;
        }
        let skipped = std::mem::take(&mut self.skipped);
        let add = |batch: &mut ThawBatch| {
            items.iter().for_each(|item| batch.add(item));
            batch.counts.skipped += skipped;
        };
        Ok(self.live.save(self.shared, add, items.clone()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(roots: &[&str]) -> Vec<String> {
        roots.iter().map(|root| (*root).to_owned()).collect()
    }

    #[test]
    fn a_batch_is_named_by_what_was_chosen_and_lies_below_what_is_common_to_it() {
        for (roots, told, common, out) in [
            (owned(&["a/b/"]), "b", "a/b/", "a/"),
            (owned(&["a/b.bin"]), "b.bin", "a/", "a/"),
            (owned(&[""]), "bucket", "", ""),
            (owned(&["a/b/", "a/c/x"]), "2 items", "a/", "a/"),
            (owned(&["a/b/c", "d"]), "2 items", "", ""),
            (owned(&["../x/"]), "x", "../x/", ""),
        ] {
            assert_eq!(name(&roots, "bucket"), told);
            assert_eq!(place(&roots), common);
            assert_eq!(strip(&ThawFrom::Roots(roots), common), out, "{common}");
        }
    }
}
