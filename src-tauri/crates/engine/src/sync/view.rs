//! Both sides and the journal, merged in path order: what a round has to decide on. A path that is the same on both sides
//! costs no look-up, no request and no memory beyond the pages under way.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::time::Instant;
use windlass_domain::sync::Seen;
use windlass_domain::words::FailureCode;
use windlass_domain::{
    Bucket, Crc64Nvme, ETag, FileId, Filter, LocalState, Mode, NameRules, ObjectKey, Observed, RelPath,
    RemoteState, UnknownReason, map_key, names,
};
use windlass_ports::remote::Depth;
use windlass_ports::{
    FileRow, FileState, FsErrorKind, JournalWrite, LevelEntry, PairRow, RemoteBrowse, RemoteError,
    RemoteErrorKind, ScanItem, Taken,
};

use super::evidence::{Evidence, Side};
use super::twins::{Absent, Blocked, Twins};
use super::{MARKER, OURS, OURS_TOO, intents};
use crate::observe::{Broken, place, went_away};
use crate::pair::{Nameless, PairHandle};
use crate::planted::{self, Bug};
use crate::settle::{Rest, Settling};
use crate::shared::{Shared, lock};

/// Rows of the journal read at once.
const PAGE: u32 = 1000;
/// What a file of one's own says in a folder that only receives.
const OWN: &str = "It is only here, and this folder only receives. It is left alone.";
/// Files of a scan taken at once.
const SCANNED: usize = 256;
/// Writes gathered before they are committed.
const CHUNK: usize = 500;

/// What one look at both sides found.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Paths on which something may have to be done.
    pub(super) seen: Vec<Seen>,
    /// Names of earlier conflict copies that are the same on both sides.
    pub(super) copies: BTreeSet<RelPath>,
    /// State of those that have a row.
    pub(super) states: BTreeMap<RelPath, FileState>,
    /// Names that are not free here, whatever the plan says.
    pub(super) blocked: BTreeMap<RelPath, Blocked>,
    /// Files that do not lie still yet: one of them may be one that is missing under its old name.
    restless: BTreeSet<FileId>,
    /// It takes a look at everything to say anything of what was looked at.
    narrow: bool,
    /// When the next file may lie still, or the next absence may be proved.
    pub(super) again: Option<Instant>,
    /// Why the other side could not be seen.
    pub(super) waits: Option<RemoteErrorKind>,
}

impl View {
    fn add(&mut self, other: Self) {
        self.seen.extend(other.seen);
        self.states.extend(other.states);
        self.copies.extend(other.copies);
        self.blocked.extend(other.blocked);
        self.restless.extend(other.restless);
        self.narrow |= other.narrow;
        self.waits = self.waits.or(other.waits);
        if let Some(at) = other.again {
            self.again_at(at);
        }
    }

    /// What was renamed a moment ago: until the new name may be sent, the old one is not deleted either, or the rename would be a
    /// delete (hazards HA15, HA16). Gives the old names, for which an event counts in the next look as well.
    fn hold_moving(&mut self) -> Vec<RelPath> {
        let mut moving = Vec::new();
        for seen in self.seen.iter_mut().filter(|seen| seen.local == Observed::Absent) {
            let Some(base) = &seen.base else { continue };
            // A disk without identities gives the default for all.
            if base.local.file_id != FileId::default() && self.restless.contains(&base.local.file_id) {
                seen.local = Observed::Unknown(UnknownReason::Settling);
                moving.push(seen.path.clone());
            }
        }
        moving
    }

    fn again_at(&mut self, at: Instant) {
        self.again = Some(self.again.map_or(at, |before| before.min(at)));
    }
}

/// What comes at once: a million files are a thousand of these, and cost no wake-up each.
type Batch<T> = Vec<(RelPath, T)>;

/// A side that is read in path order. What comes out of order is a reason to sort first, never to conclude anything.
struct Ordered<T> {
    from: BoxStream<'static, Result<Batch<T>, Broken>>,
    next: VecDeque<(RelPath, T)>,
    over: bool,
}

/// It did not come in path order.
#[derive(Debug)]
pub(super) struct Disordered;

impl<T: Send + 'static> Ordered<T> {
    fn new(from: BoxStream<'static, Result<Batch<T>, Broken>>) -> Self {
        Self { from, next: VecDeque::new(), over: false }
    }

    /// Sees to it that there is a next entry, unless there is none.
    async fn ready(&mut self) -> Result<(), Broken> {
        while self.next.is_empty() && !self.over {
            match self.from.next().await.transpose()? {
                Some(batch) => self.next = batch.into(),
                None => self.over = true,
            }
        }
        Ok(())
    }

    /// The path of the next entry.
    fn path(&self) -> Option<&RelPath> {
        self.next.front().map(|(path, _)| path)
    }

    /// The entry of this path, if it is the next.
    async fn take(&mut self, path: &RelPath) -> Result<Option<Result<T, Disordered>>, Broken> {
        if self.path() != Some(path) {
            return Ok(None);
        }
        let taken = self.next.pop_front();
        self.ready().await?;
        if self.path().is_some_and(|next| next <= path) {
            return Ok(Some(Err(Disordered)));
        }
        Ok(taken.map(|(_, item)| Ok(item)))
    }
}

/// The same, read ahead by a little: while one page is merged the next is on its way. Ends when nobody listens any more.
fn ahead<T: Send + 'static>(
    shared: &Shared,
    mut from: BoxStream<'static, Result<Batch<T>, Broken>>,
) -> BoxStream<'static, Result<Batch<T>, Broken>> {
    let (send, receive) = tokio::sync::mpsc::channel(2);
    shared.tasks.spawn(async move {
        loop {
            let next = tokio::select! {
                biased;
                () = send.closed() => return,
                next = from.next() => next,
            };
            let Some(next) = next else { return };
            if send.send(next).await.is_err() {
                return;
            }
        }
    });
    received(receive)
}

fn received<T: Send + 'static>(receive: tokio::sync::mpsc::Receiver<T>) -> BoxStream<'static, T> {
    futures::stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) })
        .boxed()
}

/// What the listing said beside its entries: the ETag of the marker object.
type MarkerSeen = Arc<Mutex<Option<ETag>>>;

/// Everything below the prefix, page by page. Keys that cannot be paths here are left out and never concluded from.
fn listing(
    shared: Arc<Shared>,
    browse: Arc<dyn RemoteBrowse>,
    row: &PairRow,
    scope: Option<&RelPath>,
    marker: MarkerSeen,
    nameless: Arc<Mutex<Nameless>>,
) -> BoxStream<'static, Result<Batch<RemoteState>, Broken>> {
    struct Pages {
        after: Option<String>,
        over: bool,
    }
    let (bucket, prefix) = (Bucket::new(row.bucket.as_str()), row.prefix.clone());
    let scope = scope.cloned();
    let near = format!("{prefix}{}", scope.as_ref().map_or("", RelPath::as_str));
    let start = Pages { after: None, over: false };
    futures::stream::try_unfold(start, move |mut pages| {
        let (shared, browse, marker) = (Arc::clone(&shared), Arc::clone(&browse), Arc::clone(&marker));
        let nameless = Arc::clone(&nameless);
        let (bucket, prefix, near, scope) = (bucket.clone(), prefix.clone(), near.clone(), scope.clone());
        async move {
            if pages.over {
                return Ok(None);
            }
            let page = shared
                .call(browse.level(&bucket, &near, Depth::Deep, pages.after.as_deref()))
                .await
                .map_err(Broken::Remote)?;
            if page.next.is_some() && page.next == pages.after {
                return Err(Broken::Remote(RemoteError {
                    kind: RemoteErrorKind::Unexpected,
                    source: "the listing does not get on".into(),
                }));
            }
            pages.over = page.next.is_none();
            pages.after = page.next;
            let mut batch = Batch::with_capacity(page.entries.len());
            for entry in page.entries {
                let LevelEntry::Object { key, size, etag, .. } = entry else { continue };
                let Some(rest) = key.strip_prefix(prefix.as_str()) else {
                    return Err(Broken::Remote(RemoteError {
                        kind: RemoteErrorKind::Unexpected,
                        source: "the listing holds keys that were not asked for".into(),
                    }));
                };
                let etag = ETag::new(etag);
                if rest.starts_with(OURS) || rest.starts_with(OURS_TOO) {
                    if rest == MARKER {
                        *lock(&marker) = Some(etag.clone());
                    }
                    if !planted::is(Bug::SyncsItsOwn) {
                        continue;
                    }
                }
                let parsed = ObjectKey::parse(&key).ok().and_then(|key| map_key(&key, &prefix).ok());
                let Some(path) = parsed else {
                    // Folder objects say nothing; names that cannot be here stay in the bucket, and that is told.
                    if !key.ends_with('/') {
                        lock(&nameless).add(rest);
                    }
                    continue;
                };
                if scope.as_ref().is_none_or(|scope| path == *scope || below(&path, scope)) {
                    batch.push((path, RemoteState { size, etag, version: None, digest: None }));
                }
            }
            Ok(Some((batch, pages)))
        }
    })
    .boxed()
}

/// The folder's files. Unreadable places come along as such.
fn scanning(
    shared: Arc<Shared>,
    row: &PairRow,
    scope: Option<&RelPath>,
) -> BoxStream<'static, Result<Batch<ScanItem>, Broken>> {
    let (root, scope) = (row.root.clone(), scope.cloned());
    let (send, receive) = tokio::sync::mpsc::channel::<Result<Batch<ScanItem>, Broken>>(4);
    let tasks = shared.tasks.clone();
    // The scan borrows the root; a task of its own owns it. It ends when nobody listens any more.
    tasks.spawn(async move {
        let mut scan = shared.ports.fs.scan(Path::new(&root), scope.as_ref()).ready_chunks(SCANNED);
        while let Some(found) = scan.next().await {
            let mut batch = Batch::with_capacity(found.len());
            let mut broken = None;
            for found in found {
                match found {
                    Ok(found) => {
                        if let Some(path) = place(&found) {
                            batch.push((path, found.item));
                        }
                    }
                    // What is not there has nothing below it; whether the root is, is looked at when the look ends.
                    Err(error) if scope.is_some() && error.kind == FsErrorKind::NotFound => return,
                    Err(error) => broken = broken.or(Some(error)),
                }
            }
            if !batch.is_empty() && send.send(Ok(batch)).await.is_err() {
                return;
            }
            if let Some(error) = broken
                && send.send(Err(Broken::Disk(error))).await.is_err()
            {
                return;
            }
        }
    });
    received(receive)
}

/// The journal's rows, a page at a time.
fn rows(
    shared: Arc<Shared>,
    row: &PairRow,
    scope: Option<&RelPath>,
) -> BoxStream<'static, Result<Batch<FileRow>, Broken>> {
    struct Pages {
        after: Option<RelPath>,
        over: bool,
    }
    let (id, scope) = (row.id.clone(), scope.cloned());
    let start = Pages { after: None, over: false };
    futures::stream::try_unfold(start, move |mut pages| {
        let (shared, id, scope) = (Arc::clone(&shared), id.clone(), scope.clone());
        async move {
            if pages.over {
                return Ok(None);
            }
            let mut page = Vec::new();
            if let (Some(scope), None) = (&scope, &pages.after) {
                let found = shared.ports.journal.file(&id, scope).await.map_err(Broken::Journal)?;
                page.extend(found);
                pages.after = Some(scope.clone());
            }
            let found = shared.ports.journal.files(&id, pages.after.as_ref(), PAGE).await;
            let found = found.map_err(Broken::Journal)?;
            pages.over = found.len() < PAGE as usize;
            pages.after = found.last().map(|row| row.path.clone()).or(pages.after);
            match &scope {
                None => page = found,
                Some(scope) => {
                    let past = |row: &FileRow| {
                        !below(&row.path, scope) && row.path.as_str() > format!("{scope}/").as_str()
                    };
                    pages.over |= found.last().is_some_and(past);
                    page.extend(found.into_iter().filter(|row| below(&row.path, scope)));
                }
            }
            let batch: Batch<FileRow> = page.into_iter().map(|row| (row.path.clone(), row)).collect();
            Ok(Some((batch, pages)))
        }
    })
    .boxed()
}

/// Reads a side to its end and puts it into path order.
async fn sorted<T: Send + 'static>(mut from: Ordered<T>) -> Result<Ordered<T>, Broken> {
    let mut all: BTreeMap<_, _> = from.next.drain(..).collect();
    while let Some(batch) = from.from.next().await {
        all.extend(batch?);
    }
    Ok(Ordered::new(futures::stream::iter([Ok(all.into_iter().collect())]).boxed()))
}

/// One look at both sides.
pub(super) struct Looking<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) pair: &'a PairHandle,
    pub(super) row: &'a PairRow,
    pub(super) settling: &'a mut Settling,
    pub(super) evidence: &'a mut Evidence,
    /// What a person left out.
    pub(super) filter: &'a Filter,
    /// A plan is only to be shown: every absence counts as proved.
    pub(super) preview: bool,
    /// What the disk makes of names.
    pub(super) rules: NameRules,
}

#[derive(Default)]
struct Merge {
    view: View,
    writes: Vec<JournalWrite>,
    unreadable: Vec<RelPath>,
}

/// What has the name of something that is not in the scan.
enum Found {
    Itself,
    InTheWay(Blocked),
}

impl Looking<'_> {
    /// Merges scan, journal and listing. When a side comes out of order everything is read once more and sorted.
    ///
    /// `paths`: only these and what is below them, which proves no absence in the bucket; without any, everything.
    pub(super) async fn look(mut self, paths: &[RelPath]) -> Result<View, Broken> {
        let mut whole = View::default();
        let paths = if self.are_spelled_so(paths).await? { paths } else { &[] };
        let mut covered: Option<&RelPath> = None;
        for path in paths {
            // Paths come in order, so what lies in a folder that was looked at comes right behind it.
            if covered.is_some_and(|above| below(path, above)) {
                continue;
            }
            covered = Some(path);
            whole.add(self.one_look(Some(path)).await?);
        }
        if paths.is_empty() || whole.narrow {
            whole = self.one_look(None).await?;
        }
        self.evidence.told();
        for path in whole.hold_moving() {
            self.evidence.touched(path);
        }
        Ok(whole)
    }

    /// Whether each of these is on the disk under this very spelling. On one that does not tell spellings apart, a walk down to
    /// anything else would find it under the name that was asked for.
    async fn are_spelled_so(&self, paths: &[RelPath]) -> Result<bool, Broken> {
        if !self.rules.insensitive {
            return Ok(true);
        }
        for path in paths {
            if !self.is_spelled_so(path).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_spelled_so(&self, path: &RelPath) -> Result<bool, Broken> {
        let spelled = self.shared.ports.fs.spelled(Path::new(&self.row.root), path).await;
        Ok(spelled.map_err(Broken::Disk)?.as_ref() == Some(path))
    }

    async fn one_look(&mut self, scope: Option<&RelPath>) -> Result<View, Broken> {
        match self.pass(scope, false).await? {
            Ok(view) => Ok(view),
            Err(Disordered) => {
                tracing::info!(pair = %self.pair.id, "a side does not come in path order; sorting it first");
                match self.pass(scope, true).await? {
                    Ok(view) => Ok(view),
                    Err(Disordered) => Err(Broken::Remote(RemoteError {
                        kind: RemoteErrorKind::Unexpected,
                        source: "what was sorted is out of order".into(),
                    })),
                }
            }
        }
    }

    async fn pass(
        &mut self,
        scope: Option<&RelPath>,
        sort: bool,
    ) -> Result<Result<View, Disordered>, Broken> {
        let (shared, row) = (self.shared, self.row);
        self.evidence.begin();
        // A plan to look at takes nothing from the round that may be under way.
        if !self.preview {
            for path in self.pair.take_stored() {
                self.evidence.present(Side::There, &path);
            }
        }
        let marker = MarkerSeen::default();
        let browse = shared.ports.remotes.browse(&row.connection).await.map_err(Broken::Remote)?;
        let mut here = Ordered::new(scanning(Arc::clone(shared), row, scope));
        let nameless = Arc::<Mutex<Nameless>>::default();
        let told = (Arc::clone(&marker), Arc::clone(&nameless));
        let there = listing(Arc::clone(shared), browse, row, scope, told.0, told.1);
        let mut there = Ordered::new(ahead(shared, there));
        let mut known = Ordered::new(ahead(shared, rows(Arc::clone(shared), row, scope)));
        if sort {
            (here, there, known) = (sorted(here).await?, sorted(there).await?, sorted(known).await?);
        }
        let mut merge = Merge::default();
        // Only where the disk takes several names for one; elsewhere nothing is kept of what was seen.
        let mut twins = self.rules.insensitive.then(|| Twins::new(self.rules));
        loop {
            here.ready().await?;
            there.ready().await?;
            known.ready().await?;
            let next = [here.path(), there.path(), known.path()];
            let Some(path) = next.into_iter().flatten().min().cloned() else { break };
            let (here, there, known) =
                (here.take(&path).await?, there.take(&path).await?, known.take(&path).await?);
            let (here, there, known) = match (here.transpose(), there.transpose(), known.transpose()) {
                (Ok(here), Ok(there), Ok(known)) => (here, there, known),
                _ => return Ok(Err(Disordered)),
            };
            if here.is_some() {
                self.pair.seen_one();
            } else {
                self.pair.beat();
            }
            match &mut twins {
                Some(twins) if here.is_some() => twins.here(&path),
                // Whether it has room is known when everything that is here was seen.
                Some(twins) => {
                    twins.absent.push(Absent { path, there, known });
                    continue;
                }
                None => {}
            }
            self.one(&mut merge, path, here, there, known, None).await?;
            self.flush(&mut merge).await?;
        }
        if let Some(twins) = twins {
            merge.view.narrow = scope.is_some() && !twins.absent.is_empty();
            if !merge.view.narrow {
                let root = Path::new(&row.root);
                for (absent, clash) in
                    twins.settle(shared.ports.fs.as_ref(), root).await.map_err(Broken::Disk)?
                {
                    self.one(&mut merge, absent.path, None, absent.there, absent.known, clash).await?;
                    self.flush(&mut merge).await?;
                }
                merge.view.seen.sort_by(|one, other| one.path.cmp(&other.path));
            }
        }
        if !merge.writes.is_empty() {
            shared.commit(std::mem::take(&mut merge.writes)).await?;
        }
        self.pair.poison.done();
        // What was seen counts only if the root is still the same one (invariant I6, hazard HA10).
        if !self.pair.root_is_there(shared).await {
            return Err(went_away(row.root.clone()));
        }
        let seen = lock(&marker).clone();
        let marked = seen.is_some() && seen == row.remote_marker;
        self.conclude(&mut merge, marked, scope.is_none());
        if scope.is_none() {
            self.evidence.looked();
            self.pair.set_nameless(lock(&nameless).clone());
            self.pair.set_marker_object_lost(row.remote_marker.is_some() && !marked);
        }
        Ok(Ok(merge.view))
    }

    async fn flush(&self, merge: &mut Merge) -> Result<(), Broken> {
        if merge.writes.len() >= CHUNK {
            self.shared.commit(std::mem::take(&mut merge.writes)).await?;
            self.pair.changed(self.shared);
        }
        Ok(())
    }

    /// `clash`: another name that is here, or comes first, has its place.
    async fn one(
        &mut self,
        merge: &mut Merge,
        path: RelPath,
        mut here: Option<ScanItem>,
        there: Option<RemoteState>,
        known: Option<FileRow>,
        clash: Option<Blocked>,
    ) -> Result<(), Broken> {
        let shared = self.shared;
        let size = match (&here, &there) {
            (Some(ScanItem::File(local)), _) => local.size,
            (_, Some(remote)) => remote.size,
            _ => 0,
        };
        let out = self.filter.excludes(&path, size);
        if out && planted::is(Bug::IgnoredIsGone) {
            here = None;
        } else if out {
            // What is left out is as if it had never been here; let in again, it is compared anew (hazard HD10).
            if known.is_some() {
                merge.writes.push(JournalWrite::ForgetFile(self.pair.id.clone(), path));
            }
            return Ok(());
        }
        if self.pair.poison.is_quarantined(&path) {
            if known.is_none_or(|row| row.state != FileState::Failed(FailureCode::Unexpected)) {
                let state = FileState::Failed(FailureCode::Unexpected);
                merge.writes.push(self.file(
                    &path,
                    None,
                    state,
                    "Windlass stopped on it three times and leaves it alone",
                ));
            }
            return Ok(());
        }
        self.pair.poison.working_on(&path);
        let open = self.pair.is_open(shared, self.row, &path);
        if open {
            self.evidence.present(Side::Here, &path);
            return Ok(());
        }
        // Rows are read ahead: a transfer may have ended since, and what its end wrote is there now.
        let known = match known {
            Some(row) if matches!(row.state, FileState::Uploading | FileState::Checking) => {
                shared.ports.journal.file(&self.pair.id, &path).await.map_err(Broken::Journal)?
            }
            known => known,
        };
        let state = known.as_ref().map(|row| row.state);
        let says_own = known.as_ref().is_some_and(|row| row.state == FileState::Waiting && row.note == OWN);
        let (known_local, known_remote, base) = match known {
            Some(row) => (row.local, row.remote, row.base),
            None => (None, None, None),
        };
        let mut local = match here {
            None => {
                let frozen = merge.unreadable.iter().any(|above| names::is_below(&path, above, self.rules))
                    && !planted::is(Bug::UnreadableIsEmpty);
                match &base {
                    _ if frozen => Observed::Unknown(UnknownReason::Unreadable),
                    None => Observed::Absent,
                    Some(_) => self.absence(&mut merge.view, Side::Here, &path),
                }
            }
            Some(ScanItem::File(mut local)) => {
                self.evidence.present(Side::Here, &path);
                // The checksum of an untouched snapshot stays true.
                let kept = [known_local.as_ref(), base.as_ref().map(|base| &base.local)];
                local.digest = kept
                    .into_iter()
                    .flatten()
                    .find(|before| {
                        let same = before.same_snapshot(&local)
                            || (before.size == local.size && planted::is(Bug::SizeKeepsChecksum));
                        before.digest.is_some() && same
                    })
                    .and_then(|before| before.digest);
                let same = base.as_ref().is_some_and(|base| base.local.same_snapshot(&local));
                // What failed as it is now lay still already: its times may lie ahead since the clock was set back.
                let failed = matches!(state, Some(FileState::Failed(_)))
                    && known_local.as_ref().is_some_and(|before| before.same_snapshot(&local));
                if same {
                    self.settling.forget(&path);
                    Observed::Present(local)
                } else if failed {
                    Observed::Present(local)
                } else {
                    match self.settling.look(&path, &local, shared.now(), shared.options.settle) {
                        Rest::Still => Observed::Present(local),
                        Rest::Until(at) => {
                            merge.view.again_at(at);
                            merge.view.restless.insert(local.file_id);
                            if !matches!(state, Some(FileState::Waiting)) {
                                merge.writes.push(self.file(&path, Some(local), FileState::Waiting, ""));
                            }
                            Observed::Unknown(UnknownReason::Settling)
                        }
                    }
                }
            }
            Some(item) => {
                let (code, note) = match item {
                    ScanItem::Link => (FailureCode::Link, String::new()),
                    ScanItem::Special => (FailureCode::NotAFile, String::new()),
                    ScanItem::BadName(_) => (FailureCode::NameNotAllowed, "Not possible as a key".to_owned()),
                    ScanItem::Unreadable(why) => {
                        merge.unreadable.push(path.clone());
                        (FailureCode::Unreadable, why)
                    }
                    ScanItem::File(_) => return Ok(()),
                };
                if state != Some(FileState::Failed(code)) && base.is_none() {
                    merge.writes.push(self.file(&path, None, FileState::Failed(code), &note));
                }
                Observed::Unknown(UnknownReason::Unreadable)
            }
        };
        if let Some(clash) = clash {
            // What the disk finds under this name is another one, which is spelled otherwise.
            merge.view.blocked.insert(path.clone(), clash);
        } else if local == Observed::Absent && (base.is_some() || there.is_some()) {
            let taken = match self.taken(&path, base.is_some()).await {
                Err(broken) => {
                    // What cannot be looked at is not known to be gone.
                    let (code, note) = intents::of_one_file(shared, self.pair, broken).await?;
                    if state != Some(FileState::Failed(code)) && base.is_none() {
                        merge.writes.push(self.file(&path, None, FileState::Failed(code), &note));
                    }
                    local = Observed::Unknown(UnknownReason::Unreadable);
                    None
                }
                Ok(taken) => taken,
            };
            match taken {
                None => {}
                // Not in the scan and yet there: an ignore file leaves it out. It is neither gone nor to be replaced (hazard
                // HD10).
                Some(Found::Itself) => {
                    if state.is_some() {
                        merge.writes.push(JournalWrite::ForgetFile(self.pair.id.clone(), path));
                    }
                    return Ok(());
                }
                Some(Found::InTheWay(blocked)) => {
                    merge.view.blocked.insert(path.clone(), blocked);
                }
            }
        }
        let mut remote = match there {
            None if base.is_none() => Observed::Absent,
            None => {
                if self.pair.was_stored(&path) {
                    self.evidence.present(Side::There, &path);
                }
                self.absence(&mut merge.view, Side::There, &path)
            }
            Some(mut remote) => {
                self.evidence.present(Side::There, &path);
                let kept = [known_remote.as_ref(), base.as_ref().map(|base| &base.remote)];
                if let Some(before) = kept.into_iter().flatten().find(|before| {
                    let same = before.etag == remote.etag || planted::is(Bug::SizeKeepsTheirChecksum);
                    same && before.size == remote.size
                }) {
                    remote.digest = before.digest;
                    remote.version.clone_from(&before.version);
                }
                Observed::Present(remote)
            }
        };
        if let (Observed::Present(local), Observed::Present(remote), Some(base)) = (&local, &remote, &base)
            && base.local.same_snapshot(local)
            && base.remote.etag == remote.etag
            && base.remote.size == remote.size
        {
            if path.name().contains("(conflict") {
                merge.view.copies.insert(path.clone());
            }
            if state != Some(FileState::Safe) {
                merge.writes.push(JournalWrite::SaveBase {
                    pair: self.pair.id.clone(),
                    path,
                    base: base.clone(),
                });
            }
            return Ok(());
        }
        // What is empty on both sides is equal, and nobody has to read it to know.
        if let (Observed::Present(local), Observed::Present(remote)) = (&mut local, &mut remote)
            && (local.size, remote.size) == (0, 0)
        {
            let nothing = Some(Crc64Nvme::EMPTY.digest());
            (local.digest, remote.digest) = (nothing, nothing);
        }
        // Nothing on either side and never proved: the row is of something that is gone.
        if base.is_none() && local == Observed::Absent && remote == Observed::Absent {
            if state.is_some() {
                merge.writes.push(JournalWrite::ForgetFile(self.pair.id.clone(), path));
            }
            return Ok(());
        }
        // A file of one's own in a folder that only receives: nothing is done with it, and it says so.
        if self.row.mode == Mode::MirrorDown
            && let (None, Observed::Present(local), Observed::Absent) = (&base, &local, &remote)
            && !says_own
        {
            merge.writes.push(self.file(&path, Some(local.clone()), FileState::Waiting, OWN));
        }
        if let Some(state) = state {
            merge.view.states.insert(path.clone(), state);
        }
        merge.view.seen.push(Seen { path, local, remote, base });
        Ok(())
    }

    /// What is at the path of something that the scan did not show.
    async fn taken(&self, path: &RelPath, based: bool) -> Result<Option<Found>, Broken> {
        if planted::is(Bug::UnreadableIsEmpty) || planted::is(Bug::IgnoredIsGone) {
            return Ok(None);
        }
        let root = Path::new(&self.row.root);
        let taken = self.shared.ports.fs.taken(root, path).await.map_err(Broken::Disk)?;
        Ok(match taken {
            None => None,
            Some(Taken::Folder) => Some(Found::InTheWay(Blocked::by_folder())),
            Some(Taken::FileAbove) => Some(Found::InTheWay(Blocked::by_file_above())),
            // One that an ignore file leaves out, or that came since the scan.
            Some(Taken::File) if self.rules.insensitive && !based && !self.is_spelled_so(path).await? => {
                Some(Found::InTheWay(Blocked::by_twin()))
            }
            Some(Taken::File) => Some(Found::Itself),
        })
    }

    fn absence<T>(&mut self, view: &mut View, side: Side, path: &RelPath) -> Observed<T> {
        if self.preview {
            return Observed::Absent;
        }
        match self.evidence.absent(side, path, self.shared.options.absence) {
            None => Observed::Absent,
            Some(at) => {
                view.again_at(at);
                Observed::Unknown(UnknownReason::AbsenceUnproved)
            }
        }
    }

    /// What only the whole look can say.
    fn conclude(&mut self, merge: &mut Merge, marked: bool, whole: bool) {
        let view = &mut merge.view;
        for seen in &mut view.seen {
            // A listing that does not show the marker object proves no absence (hazard HB17).
            let marked = marked || planted::is(Bug::NoMarkerNeeded);
            if !marked && seen.base.is_some() && seen.remote == Observed::Absent {
                seen.remote = Observed::Unknown(UnknownReason::ListingIncomplete);
                if whole && !self.preview {
                    view.waits.get_or_insert(RemoteErrorKind::Unexpected);
                }
            }
            if seen.local == Observed::Absent
                && merge.unreadable.iter().any(|above| names::is_below(&seen.path, above, self.rules))
                && !planted::is(Bug::UnreadableIsEmpty)
            {
                seen.local = Observed::Unknown(UnknownReason::Unreadable);
            }
        }
    }

    fn file(&self, path: &RelPath, local: Option<LocalState>, state: FileState, note: &str) -> JournalWrite {
        JournalWrite::SaveFile {
            pair: self.pair.id.clone(),
            path: path.clone(),
            local,
            state,
            note: note.to_owned(),
        }
    }
}

fn below(path: &RelPath, above: &RelPath) -> bool {
    path.as_str().strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/'))
}
