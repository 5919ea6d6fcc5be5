//! Renames in the bucket. A listing has no checksums, so a new name looks like a new object; before it is fetched, and the file
//! under the old name goes to the trash, the server is asked what the object holds. One HEAD for each new object that has the
//! size of a file which is gone there; none where nothing is gone.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use windlass_domain::sync::{Op, Seen, SyncPlan};
use windlass_domain::{Bucket, Digest, ETag, Observed, Prefix, RelPath, RemoteState};
use windlass_ports::{PairRow, RemoteErrorKind};

use crate::observe::Broken;
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

/// Questions under way at a time.
const HEADS: usize = 16;

/// What objects hold that may be files under a new name, by path and version; `None`: the server keeps no checksum of it.
pub(crate) type Told = BTreeMap<RelPath, (ETag, Option<Digest>)>;

/// What came of asking.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Something is known now that was not: plan again.
    pub(super) any: bool,
    /// Why some could not be asked about.
    pub(super) waits: Option<RemoteErrorKind>,
    /// Sizes of those.
    unasked: BTreeSet<u64>,
}

impl Asked {
    /// Takes out what would be done with files that may have been renamed, where that could not be found out for trouble that
    /// passes: another round knows. Fetching the one and moving the other to the trash would be a rename done the long way, and
    /// perhaps a question to a person (S6).
    pub(super) fn hold(&self, plan: &mut SyncPlan) {
        plan.ops.retain(|op| match op {
            Op::Download { expect, .. } if expect.is_absent() => !self.unasked.contains(&op.size()),
            Op::TrashLocal { .. } => !self.unasked.contains(&op.size()),
            _ => true,
        });
    }
}

/// Obtains the checksums that the plan asks for, and puts them into `seen` (in path order).
///
/// # Errors
/// [`Broken::Remote`] when the bucket cannot be reached at all.
pub(super) async fn ask(
    shared: &Arc<Shared>,
    pair: &PairHandle,
    row: &PairRow,
    plan: &SyncPlan,
    seen: &mut [Seen],
) -> Result<Asked, Broken> {
    let mut asked = Asked::default();
    if plan.perhaps_renamed.is_empty() {
        return Ok(asked);
    }
    let bucket = Bucket::new(row.bucket.as_str());
    let prefix = Prefix::new(&row.prefix);
    let store = shared.store(&row.connection, &bucket, &row.prefix).await.map_err(Broken::Remote)?;
    let (mut known, before) = (Told::new(), pair.told());
    let mut questions = Vec::new();
    for (path, object) in &plan.perhaps_renamed {
        let told = before.get(path).filter(|(etag, _)| *etag == object.etag).cloned();
        match told.or_else(|| spoiled(seen, object)) {
            Some(told) => {
                known.insert(path.clone(), told);
            }
            // A key that cannot be made of the path is left to those who fetch it.
            None => {
                let key = prefix.key(path.as_str()).ok();
                questions.extend(key.map(|key| (path.clone(), object.clone(), key)));
            }
        }
    }
    let mut answers = stream::iter(questions)
        .map(|(path, object, key)| {
            let store = &store;
            async move {
                let answer = remote::head(shared, store.as_ref(), &key).await;
                (path, object, answer)
            }
        })
        .buffer_unordered(HEADS);
    while let Some((path, object, answer)) = answers.next().await {
        match answer {
            // Some servers show the state before the last write for a while (hazard HB15): only this version's checksum counts.
            Ok(Some(state)) if state.etag == object.etag && state.size == object.size => {
                known.insert(path, (state.etag, state.digest));
            }
            Ok(_) => {}
            Err(error) if error.kind.is_passing() => {
                asked.waits = Some(error.kind);
                asked.unasked.insert(object.size);
            }
            Err(error) => {
                tracing::debug!(%path, %error, "a new object's checksum is not told; it is fetched")
            }
        }
    }
    for (path, (_, digest)) in &known {
        let Some(digest) = digest else { continue };
        if let Ok(at) = seen.binary_search_by(|seen| seen.path.cmp(path))
            && let Some(Seen { remote: Observed::Present(remote), .. }) = seen.get_mut(at)
        {
            remote.digest = Some(*digest);
            asked.any = true;
        }
    }
    pair.set_told(known);
    Ok(asked)
}

/// A mistake that is planted: whatever has the size of a file that is gone is that file.
fn spoiled(seen: &[Seen], object: &RemoteState) -> Option<(ETag, Option<Digest>)> {
    if !planted::is(Bug::RenamedBySize) {
        return None;
    }
    let gone = seen.iter().filter(|one| !matches!(one.remote, Observed::Present(_)));
    let bases = gone.filter_map(|one| one.base.as_ref());
    let digest = bases.filter(|base| base.local.size == object.size).find_map(|base| base.local.digest);
    Some((object.etag.clone(), digest))
}
