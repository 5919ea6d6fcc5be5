//! Carrying out a plan. Nothing here decides what is right; it only makes sure that the world is still what the plan saw.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream;
use windlass_domain::parts::MAX_OBJECT;
use windlass_domain::sync::{Op, Seen, SyncPlan};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BatchId, Bucket, LocalExpect, LocalState, Observed, PartPlan, Prefix, RelPath, RemoteExpect, RemoteState,
    Support, TransferId, Upload, UploadSpec, twin_key,
};
use windlass_ports::{
    FileState, FsErrorKind, IntentEnd, IntentKind, IntentRow, JournalWrite, PairRow, RemoteError,
    RemoteErrorKind, RemoteStore, ScanItem,
};

use super::Decided;
use super::fetch::{self, Trouble};
use super::intents::{changed, ended, intent, is_version, key, trash_key};
use super::marks;
use super::twins::Blocked;
use crate::observe::{Broken, room, went_away};
use crate::pair::PairHandle;
use crate::plan::{queue, source};
use crate::planted::{self, Bug};
use crate::remote;
use crate::shared::Shared;

/// Writes and new transfers in one commit.
const CHUNK: usize = 500;
/// Small requests under way for one folder.
const CALLS: usize = 16;
/// Objects fetched at once for one folder.
const FETCHES: usize = 6;
/// Files compared at once.
const COMPARES: usize = 4;

/// What came of acting.
#[derive(Debug, Default)]
pub(super) struct Acted {
    pub(super) changed: bool,
    pub(super) waits: Option<RemoteErrorKind>,
}

/// What came of comparing.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) any: bool,
    pub(super) waits: Option<RemoteErrorKind>,
}

struct Acting<'a> {
    shared: &'a Arc<Shared>,
    pair: &'a PairHandle,
    row: &'a PairRow,
    store: Arc<dyn RemoteStore>,
    prefix: Prefix,
    /// A person's word let it through: it does not count against the brake's limits.
    meant: bool,
    done: std::sync::Mutex<Acted>,
}

/// Obtains the checksums that are missing for a decision, and puts them into `seen`.
pub(super) async fn compare(
    shared: &Arc<Shared>,
    row: &PairRow,
    plan: &SyncPlan,
    seen: &mut [Seen],
    states: &mut BTreeMap<RelPath, FileState>,
) -> Result<Compared, Broken> {
    let mut result = Compared::default();
    let wanted: Vec<_> = plan
        .ops
        .iter()
        .filter_map(|op| match op {
            Op::Compare { path, local, remote, .. } => Some((path.clone(), local.clone(), remote.clone())),
            // A file under a new name may have been written to before it was renamed: only its bytes prove that it is the
            // one that is known (hazard HA3, invariant I2).
            Op::MoveRemote { to, local, .. } if local.digest.is_none() && !planted::is(Bug::MovesUnread) => {
                Some((to.clone(), local.clone(), None))
            }
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(result);
    }
    let bucket = Bucket::new(row.bucket.as_str());
    let prefix = Prefix::new(&row.prefix);
    let store = shared.store(&row.connection, &bucket, &row.prefix).await.map_err(Broken::Remote)?;
    let mut found = stream::iter(wanted)
        .map(|(path, local, remote)| {
            let (store, prefix) = (&store, &prefix);
            async move {
                let digests =
                    digests(shared, row, store.as_ref(), prefix, &path, &local, remote.as_ref()).await;
                (path, local, remote, digests)
            }
        })
        .buffer_unordered(COMPARES);
    let mut writes = Vec::new();
    while let Some((path, mut local, remote, digests)) = found.next().await {
        let (here, there) = match digests {
            Ok(digests) => digests,
            Err(remote::Trouble::Source(_)) => continue,
            Err(remote::Trouble::Remote(error)) => {
                result.waits = Some(error.kind);
                continue;
            }
        };
        local.digest = Some(here);
        states.insert(path.clone(), FileState::Checking);
        writes.push(JournalWrite::SaveFile {
            pair: row.id.clone(),
            path: path.clone(),
            local: Some(local.clone()),
            state: FileState::Checking,
            note: String::new(),
        });
        let remote = remote.map(|remote| RemoteState { digest: there, ..remote });
        if remote.is_some() {
            writes.push(JournalWrite::SaveRemote(row.id.clone(), path.clone(), remote.clone()));
        }
        if let Ok(at) = seen.binary_search_by(|seen| seen.path.cmp(&path))
            && let Some(seen) = seen.get_mut(at)
        {
            result.any = true;
            seen.local = Observed::Present(local);
            if let Some(remote) = remote {
                seen.remote = Observed::Present(remote);
            }
        }
        if writes.len() >= CHUNK {
            shared.commit(std::mem::take(&mut writes)).await?;
        }
    }
    if !writes.is_empty() {
        shared.commit(writes).await?;
    }
    Ok(result)
}

type Digests = (windlass_domain::Digest, Option<windlass_domain::Digest>);

async fn digests(
    shared: &Shared,
    row: &PairRow,
    store: &dyn RemoteStore,
    prefix: &Prefix,
    path: &RelPath,
    local: &LocalState,
    remote: Option<&RemoteState>,
) -> Result<Digests, remote::Trouble> {
    let bad = |error: windlass_domain::KeyProblem| RemoteError {
        kind: RemoteErrorKind::BadRequest,
        source: error.to_string().into(),
    };
    let key = prefix.key(path.as_str()).map_err(bad)?;
    let here = match local.digest {
        Some(digest) => digest,
        None => {
            let bucket = Bucket::new(row.bucket.as_str());
            let spec = spec(shared, row, bucket, key.clone(), path, local, RemoteExpect::Absent);
            remote::file_digest(shared, &spec).await?
        }
    };
    let there = match remote {
        None => None,
        Some(_) if planted::is(Bug::AdoptsBySize) => Some(here),
        Some(remote) if remote.digest.is_some() => remote.digest,
        Some(remote) => Some(remote::stored_digest(shared, store, &key, remote, Some(&row.id)).await?),
    };
    Ok((here, there))
}

fn spec(
    shared: &Shared,
    row: &PairRow,
    bucket: Bucket,
    key: windlass_domain::ObjectKey,
    path: &RelPath,
    local: &LocalState,
    expect: RemoteExpect,
) -> UploadSpec {
    UploadSpec {
        id: TransferId::from(shared.id('t')),
        batch: BatchId::from(row.id.as_str()),
        pair: Some(row.id.clone()),
        source: source(row, path),
        path: path.clone(),
        connection: row.connection.clone(),
        bucket,
        key,
        snapshot: local.clone(),
        expect,
        parts: PartPlan::for_size(local.size),
    }
}

/// Does what the plan says. Deletes come last.
pub(super) async fn act(
    shared: &Arc<Shared>,
    pair: &PairHandle,
    row: &PairRow,
    decided: Decided,
    seen: &[Seen],
    states: &BTreeMap<RelPath, FileState>,
    blocked: &BTreeMap<RelPath, Blocked>,
) -> Result<Acted, Broken> {
    let Decided { plan, meant } = decided;
    if plan.ops.is_empty() {
        return Ok(Acted::default());
    }
    let bucket = Bucket::new(row.bucket.as_str());
    let store = shared.store(&row.connection, &bucket, &row.prefix).await.map_err(Broken::Remote)?;
    let acting = Acting {
        shared,
        pair,
        row,
        store,
        prefix: Prefix::new(&row.prefix),
        meant,
        done: std::sync::Mutex::default(),
    };
    let (mut moves, mut up, mut down, mut both, mut deletes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut writes = Vec::new();
    for op in plan.ops {
        match op {
            Op::Adopt { path, base } => {
                writes.push(JournalWrite::SaveBase { pair: row.id.clone(), path, base })
            }
            Op::Forget { path } => writes.push(JournalWrite::ForgetFile(row.id.clone(), path)),
            Op::Show { path, code } => {
                if states.get(&path) != Some(&FileState::Failed(code)) {
                    // With what was seen, so that a checksum that was made stays known.
                    let local = local_of(seen, &path);
                    let note = blocked.get(&path).map(|blocked| blocked.note.clone()).unwrap_or_default();
                    writes.push(acting.noted(&path, local, FileState::Failed(code), note));
                }
            }
            Op::Upload { path, local, expect } => up.push((path, local, expect)),
            Op::Download { path, remote, expect } => down.push((path, remote, expect)),
            Op::MoveRemote { .. } | Op::MoveLocal { .. } => moves.push(op),
            Op::KeepBoth { path, copy, local, remote } => both.push((path, copy, local, remote)),
            Op::DeleteRemote { .. } | Op::TrashLocal { .. } => deletes.push(op),
            Op::Compare { .. } => {}
        }
    }
    for chunk in writes.chunks(CHUNK) {
        shared.commit(chunk.to_vec()).await?;
        acting.touched();
    }
    acting.many(moves).await?;
    acting.upload(up, &bucket).await?;
    for (path, copy, local, remote) in both {
        acting.keep_both(path, copy, local, remote).await?;
    }
    acting.download(down, states).await?;
    acting.many(deletes).await?;
    Ok(acting.done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

impl Acting<'_> {
    fn touched(&self) {
        crate::shared::lock(&self.done).changed = true;
        self.pair.changed(self.shared);
    }

    fn waits(&self, kind: RemoteErrorKind) {
        crate::shared::lock(&self.done).waits = Some(kind);
    }

    fn state(&self, path: &RelPath, local: Option<LocalState>, state: FileState) -> JournalWrite {
        self.noted(path, local, state, String::new())
    }

    fn noted(
        &self,
        path: &RelPath,
        local: Option<LocalState>,
        state: FileState,
        note: String,
    ) -> JournalWrite {
        JournalWrite::SaveFile { pair: self.row.id.clone(), path: path.clone(), local, state, note }
    }

    /// What the brake remembers of a content that is replaced.
    fn replaces(&self, path: &RelPath, is_new: bool) -> Option<JournalWrite> {
        let note = || JournalWrite::NoteReplaced(self.row.id.clone(), path.clone(), self.shared.now());
        (!is_new && !self.meant).then(note)
    }

    /// Whether a file is here under this very name. A disk may find one under a name that is spelled otherwise.
    async fn is_here(&self, path: &RelPath) -> Result<bool, Broken> {
        let (root, fs) = (Path::new(&self.row.root), &self.shared.ports.fs);
        if fs.look(root, path).await.map_err(Broken::Disk)?.is_none() {
            return Ok(false);
        }
        if !self.pair.name_rules(self.shared).await.insensitive {
            return Ok(true);
        }
        Ok(fs.spelled(root, path).await.map_err(Broken::Disk)?.as_ref() == Some(path))
    }

    /// Right before a request that changes something: a person may have paused the folder since the last look.
    fn not_paused(&self) -> Result<(), Broken> {
        if self.pair.row().paused || self.shared.paused() {
            return Err(Broken::Paused);
        }
        if self.shared.stop.is_cancelled() {
            return Err(Broken::Stopping);
        }
        Ok(())
    }

    /// Makes one request that changes something, unless the folder was paused by then.
    async fn change<T>(
        &self,
        request: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<Result<T, RemoteError>, Broken> {
        self.shared.change(|| self.not_paused(), request).await
    }

    /// Whoever changes something looks first whether it may.
    async fn still_may(&self) -> Result<(), Broken> {
        self.not_paused()?;
        if !self.pair.root_is_there(self.shared).await {
            return Err(went_away(self.row.root.clone()));
        }
        Ok(())
    }

    async fn upload(
        &self,
        up: Vec<(RelPath, LocalState, RemoteExpect)>,
        bucket: &Bucket,
    ) -> Result<(), Broken> {
        for chunk in up.chunks(CHUNK) {
            room(self.shared, self.pair, &self.row.root).await?;
            let (mut jobs, mut writes) = (Vec::new(), Vec::new());
            for (path, local, expect) in chunk {
                match key(&self.prefix, path) {
                    Err(_) => {
                        writes.push(self.state(
                            path,
                            Some(local.clone()),
                            FileState::Failed(FailureCode::NameNotAllowed),
                        ));
                    }
                    Ok(_) if local.size > MAX_OBJECT => {
                        writes.push(self.state(
                            path,
                            Some(local.clone()),
                            FileState::Failed(FailureCode::TooLarge),
                        ));
                    }
                    Ok(key) => {
                        let spec =
                            spec(self.shared, self.row, bucket.clone(), key, path, local, expect.clone());
                        writes.extend(self.replaces(path, expect.is_absent()));
                        jobs.push((Arc::new(spec), Upload::Queued));
                    }
                }
            }
            queue(self.shared, writes, jobs).await?;
            self.touched();
        }
        Ok(())
    }

    async fn download(
        &self,
        down: Vec<(RelPath, RemoteState, LocalExpect)>,
        states: &BTreeMap<RelPath, FileState>,
    ) -> Result<(), Broken> {
        for chunk in down.chunks(CHUNK) {
            let news: Vec<_> = chunk
                .iter()
                .filter(|(path, ..)| states.get(path) != Some(&FileState::Downloading))
                .map(|(path, _, expect)| self.state(path, expected(expect), FileState::Downloading))
                .chain(chunk.iter().filter_map(|(path, _, expect)| self.replaces(path, expect.is_absent())))
                .collect();
            if !news.is_empty() {
                self.shared.commit(news).await?;
            }
        }
        let mut flying = stream::iter(down)
            .map(|(path, remote, expect)| self.one_down(path, remote, expect))
            .buffer_unordered(FETCHES);
        while let Some(done) = flying.next().await {
            done?;
        }
        Ok(())
    }

    async fn one_down(&self, path: RelPath, wanted: RemoteState, expect: LocalExpect) -> Result<(), Broken> {
        self.still_may().await?;
        let key = key(&self.prefix, &path)?;
        let fetched =
            fetch::fetch(self.shared, self.store.as_ref(), self.row, &path, &key, &wanted, &expect).await;
        let mut end = None;
        let write = match fetched {
            Ok(fetched) => {
                end = fetched.end;
                fetched.write
            }
            Err(Trouble::Stopping) => return Err(Broken::Stopping),
            Err(Trouble::Remote(error)) => match error.kind {
                // Another version, or none: the next look sees it.
                RemoteErrorKind::PreconditionFailed | RemoteErrorKind::NotFound => {
                    self.touched();
                    return Ok(());
                }
                RemoteErrorKind::AccessDenied => {
                    self.state(&path, expected(&expect), FileState::Failed(FailureCode::AccessDenied))
                }
                // A state, not an error, and no reason to think anything of the file here (hazard HB23).
                RemoteErrorKind::Archived => {
                    self.state(&path, expected(&expect), FileState::Failed(FailureCode::Archived))
                }
                RemoteErrorKind::Integrity => {
                    self.state(&path, expected(&expect), FileState::Failed(FailureCode::CorruptedInTransit))
                }
                kind => {
                    tracing::debug!(%path, ?kind, error = %error.source, "a download failed");
                    self.waits(kind);
                    return Ok(());
                }
            },
            Err(Trouble::Disk(error)) => match error.kind {
                // Somebody wrote to the target meanwhile (hazard HA31): the next look decides anew.
                FsErrorKind::Changed => {
                    self.touched();
                    return Ok(());
                }
                FsErrorKind::RootMissing => return Err(Broken::Disk(error)),
                FsErrorKind::Full => {
                    self.state(&path, expected(&expect), FileState::Failed(FailureCode::DiskFull))
                }
                FsErrorKind::Denied | FsErrorKind::NotFound | FsErrorKind::Short | FsErrorKind::Other => {
                    tracing::warn!(%path, error = %error.source, "a download could not be written");
                    self.state(&path, expected(&expect), FileState::Failed(FailureCode::Unreadable))
                }
            },
        };
        let failed = matches!(write, JournalWrite::SaveFile { .. });
        self.shared.commit(end.into_iter().chain([write]).collect()).await?;
        if !failed {
            self.touched();
        }
        Ok(())
    }

    /// The local file of a conflict gets a name of its own; what is in the bucket keeps the name (hazards HD1 to HD3). Nothing
    /// is fetched or sent here: the next round finds a new file and a missing one.
    async fn keep_both(
        &self,
        path: RelPath,
        copy: RelPath,
        local: LocalState,
        remote: RemoteState,
    ) -> Result<(), Broken> {
        self.still_may().await?;
        let mut intent = intent(self.shared, self.row, IntentKind::KeepBoth, &path, "Both sides had changed");
        intent.to = Some(copy.clone());
        intent.size = local.size;
        intent.local = Some(local.clone());
        intent.remote = Some(remote);
        self.shared.commit(vec![JournalWrite::SaveIntent(Box::new(intent.clone()))]).await?;
        let root = Path::new(&self.row.root);
        let fs = &self.shared.ports.fs;
        let renamed = if planted::is(Bug::ConflictTakesTheirs) {
            fs.trash(root, &path, &local, intent.at).await.map(|_| ())
        } else {
            fs.rename(root, &path, &copy, &local).await
        };
        match renamed {
            Ok(()) => {
                let writes = vec![
                    ended(self.shared, &intent, IntentEnd::Done, None, None),
                    JournalWrite::ForgetFile(self.row.id.clone(), path),
                ];
                self.shared.commit(writes).await?;
                self.touched();
                Ok(())
            }
            Err(error) if changed(&error) => {
                // The name may be that of something which this look did not see: the next round takes another one.
                if fs.look(root, &copy).await.map_err(Broken::Disk)?.is_some() {
                    self.pair.name_is_taken(copy);
                }
                self.refuse(&intent).await
            }
            Err(error) => Err(Broken::Disk(error)),
        }
    }

    async fn refuse(&self, intent: &IntentRow) -> Result<(), Broken> {
        self.shared.commit(vec![ended(self.shared, intent, IntentEnd::Refused, None, None)]).await?;
        self.touched();
        Ok(())
    }

    /// Moves or deletes, each after its intent is durable.
    async fn many(&self, ops: Vec<Op>) -> Result<(), Broken> {
        for chunk in ops.chunks(CHUNK) {
            let chunk = self.witnessed(chunk).await?;
            if chunk.is_empty() {
                continue;
            }
            let mut work = Vec::new();
            let mut batch = Vec::new();
            for op in &chunk {
                let Some(intent) = self.intent_of(op) else { continue };
                batch.push(JournalWrite::SaveIntent(Box::new(intent.clone())));
                work.push((op.clone(), intent));
            }
            self.still_may().await?;
            if planted::is(Bug::IntentAfterEffect) {
                marks::next_epoch(self.shared, self.pair, Vec::new()).await?;
            } else {
                marks::next_epoch(self.shared, self.pair, batch.clone()).await?;
            }
            let mut flying =
                stream::iter(work).map(|(op, intent)| self.one(op, intent)).buffer_unordered(CALLS);
            let mut broken = None;
            let mut ends = Vec::new();
            while let Some(done) = flying.next().await {
                match done {
                    Ok(writes) => ends.extend(writes),
                    // Those that are under way come to their end; what was not begun stays an open intent.
                    Err(error) => broken = broken.or(Some(error)),
                }
                if ends.len() >= CHUNK {
                    self.shared.commit(std::mem::take(&mut ends)).await?;
                    self.touched();
                }
            }
            if !ends.is_empty() {
                self.shared.commit(ends).await?;
                self.touched();
            }
            if planted::is(Bug::IntentAfterEffect) {
                self.shared.commit(batch).await?;
            }
            if let Some(error) = broken {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Without what is still there: two listings did not show it, or an event and a scan; its own answer is the third witness,
    /// and without it nothing is even intended (invariant I6, hazard HB16).
    async fn witnessed(&self, ops: &[Op]) -> Result<Vec<Op>, Broken> {
        let gone = stream::iter(ops.to_vec()).map(|op| async move {
            let gone = match &op {
                Op::TrashLocal { path, .. } | Op::MoveLocal { from: path, .. } => {
                    self.is_gone_there(path).await
                }
                Op::DeleteRemote { path, .. } => self.is_gone_here(path, None).await?,
                Op::MoveRemote { from, to, local, .. } => self.is_gone_here(from, Some((to, local))).await?,
                _ => true,
            };
            Ok(gone.then_some(op))
        });
        gone.buffered(CALLS)
            .filter_map(|op| std::future::ready(op.transpose()))
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .collect()
    }

    async fn is_gone_there(&self, path: &RelPath) -> bool {
        let believed = planted::is(Bug::OneListingIsEnough) || planted::is(Bug::EventProvesThere);
        let Ok(key) = key(&self.prefix, path) else { return false };
        match remote::head(self.shared, self.store.as_ref(), &key).await {
            Ok(found) => found.is_none() || believed,
            Err(error) => {
                self.waits(error.kind);
                false
            }
        }
    }

    /// `moved`: where the file is by now, and what it looks like there.
    async fn is_gone_here(
        &self,
        path: &RelPath,
        moved: Option<(&RelPath, &LocalState)>,
    ) -> Result<bool, Broken> {
        let believed = planted::is(Bug::UnreadableIsEmpty)
            || planted::is(Bug::IgnoredIsGone)
            || planted::is(Bug::AnyFolderWillDo);
        let gone = match moved {
            None => !self.is_here(path).await?,
            Some((to, local)) => self.has_moved(path, to, local).await?,
        };
        if !gone && !believed {
            // The next round decides anew.
            self.touched();
        }
        Ok(gone || believed)
    }

    /// Whether nothing is at `from` any more, or only what is at `to`: after a rename of capital letters the disk finds the new
    /// name under the old one (hazard HA16).
    async fn has_moved(&self, from: &RelPath, to: &RelPath, local: &LocalState) -> Result<bool, Broken> {
        let root = Path::new(&self.row.root);
        let found = self.shared.ports.fs.look(root, from).await.map_err(Broken::Disk)?;
        Ok(match found.map(|found| found.item) {
            None => true,
            Some(ScanItem::File(now)) => {
                let rules = self.pair.name_rules(self.shared).await;
                rules.insensitive
                    && twin_key(from, rules) == twin_key(to, rules)
                    && now.file_id == local.file_id
            }
            Some(_) => false,
        })
    }

    fn intent_of(&self, op: &Op) -> Option<IntentRow> {
        let (shared, row) = (self.shared.as_ref(), self.row);
        Some(match op {
            Op::DeleteRemote { path, remote } => IntentRow {
                meant: self.meant,
                remote: Some(remote.clone()),
                size: remote.size,
                ..intent(shared, row, IntentKind::DeleteRemote, path, "It was deleted here")
            },
            Op::TrashLocal { path, local } => IntentRow {
                meant: self.meant,
                local: Some(local.clone()),
                size: local.size,
                ..intent(shared, row, IntentKind::TrashLocal, path, "It was deleted in the bucket")
            },
            Op::MoveRemote { from, to, local, remote } => IntentRow {
                to: Some(to.clone()),
                local: Some(local.clone()),
                remote: Some(remote.clone()),
                size: remote.size,
                ..intent(shared, row, IntentKind::MoveRemote, from, "It was renamed here")
            },
            Op::MoveLocal { from, to, local, remote } => IntentRow {
                to: Some(to.clone()),
                local: Some(local.clone()),
                remote: Some(remote.clone()),
                size: local.size,
                ..intent(shared, row, IntentKind::MoveLocal, from, "It was renamed in the bucket")
            },
            Op::Upload { .. }
            | Op::Download { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => return None,
        })
    }

    async fn one(&self, op: Op, intent: IntentRow) -> Result<Vec<JournalWrite>, Broken> {
        self.still_may().await?;
        let done = match op {
            Op::DeleteRemote { path, remote } => self.delete_remote(&intent, &path, &remote).await?,
            Op::TrashLocal { path, local } => self.trash_local(&intent, &path, &local).await?,
            Op::MoveRemote { from, to, local, remote } => {
                self.move_remote(&intent, &from, &to, &local, &remote).await?
            }
            Op::MoveLocal { from, to, local, remote } => {
                self.move_local(&intent, &from, &to, &local, &remote).await?
            }
            Op::Upload { .. }
            | Op::Download { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => Done::Refused,
        };
        Ok(match done {
            Done::Did { trashed, marker, mut writes } => {
                writes.insert(0, ended(self.shared, &intent, IntentEnd::Done, trashed, marker));
                writes
            }
            Done::Refused => vec![ended(self.shared, &intent, IntentEnd::Refused, None, None)],
            Done::Unknown => Vec::new(),
        })
    }

    /// What an error of the bucket means for an intent.
    fn remote_trouble(&self, error: &RemoteError) -> Done {
        match error.kind {
            RemoteErrorKind::PreconditionFailed
            | RemoteErrorKind::ConditionalConflict
            | RemoteErrorKind::NotFound => Done::Refused,
            // It may have taken effect: the intent stays open and the next round looks (invariant I5).
            RemoteErrorKind::Network => {
                self.waits(error.kind);
                Done::Unknown
            }
            kind => {
                tracing::debug!(?kind, error = %error.source, "a change in the bucket failed");
                self.waits(kind);
                Done::Refused
            }
        }
    }

    async fn delete_remote(
        &self,
        intent: &IntentRow,
        path: &RelPath,
        remote: &RemoteState,
    ) -> Result<Done, Broken> {
        let (shared, store) = (self.shared, self.store.as_ref());
        // Is it still gone here, and is here still here?
        if self.is_here(path).await? || !self.pair.root_is_there(shared).await {
            return Ok(Done::Refused);
        }
        let key = key(&self.prefix, path)?;
        let able = store.capabilities();
        let mut trashed = None;
        if !able.versioning.proved() && !planted::is(Bug::NoTrashCopy) {
            // Where no old versions are kept the content goes to the trash first (hazard HB21), and only a condition that is
            // known to hold protects what somebody else writes meanwhile (HB3).
            if able.match_delete == Support::No {
                self.waits(RemoteErrorKind::Unsupported);
                return Ok(Done::Refused);
            }
            let to = trash_key(&self.prefix, intent).map_err(Broken::Remote)?;
            match self.change(store.copy(&key, remote, &to, &RemoteExpect::Absent, &shared.device)).await? {
                Ok(_) => trashed = Some(to.as_str().to_owned()),
                // A copy of this very intent, made before a stop.
                Err(error) if error.kind == RemoteErrorKind::PreconditionFailed => {
                    let copied = remote::head(shared, store, &to).await.map_err(Broken::Remote)?;
                    if copied.is_none_or(|copied| copied.size != remote.size) {
                        return Ok(Done::Refused);
                    }
                    trashed = Some(to.as_str().to_owned());
                }
                Err(error) => return Ok(self.remote_trouble(&error)),
            }
        }
        let mut expect = RemoteExpect::Unchanged(remote.etag.clone());
        if planted::is(Bug::DeleteWithoutCondition)
            && let Some(there) = remote::head(shared, store, &key).await.map_err(Broken::Remote)?
        {
            expect = RemoteExpect::Unchanged(there.etag);
        }
        let forget = JournalWrite::ForgetFile(self.row.id.clone(), path.clone());
        let audit = self.audit("delete", &key, "deleted here");
        match self.change(store.delete(&key, &expect)).await? {
            Ok(marker) => Ok(Done::Did { trashed, marker, writes: vec![forget, audit] }),
            Err(error) => Ok(self.remote_trouble(&error)),
        }
    }

    async fn trash_local(
        &self,
        intent: &IntentRow,
        path: &RelPath,
        local: &LocalState,
    ) -> Result<Done, Broken> {
        let shared = self.shared;
        let mut local = local.clone();
        if planted::is(Bug::TrashesWhatIsThere) {
            let there = shared.ports.fs.look(Path::new(&self.row.root), path).await.map_err(Broken::Disk)?;
            if let Some(ScanItem::File(there)) = there.map(|found| found.item) {
                local = there;
            }
        }
        match shared.ports.fs.trash(Path::new(&self.row.root), path, &local, intent.at).await {
            Ok(place) => Ok(Done::Did {
                trashed: Some(place),
                marker: None,
                writes: vec![JournalWrite::ForgetFile(self.row.id.clone(), path.clone())],
            }),
            Err(error) if changed(&error) => Ok(Done::Refused),
            Err(error) => Err(Broken::Disk(error)),
        }
    }

    /// A rename here: copied there, proved, and only then deleted under the old name (S6, hazard HA15).
    async fn move_remote(
        &self,
        _intent: &IntentRow,
        from: &RelPath,
        to: &RelPath,
        local: &LocalState,
        remote: &RemoteState,
    ) -> Result<Done, Broken> {
        let (shared, store) = (self.shared, self.store.as_ref());
        let root = Path::new(&self.row.root);
        let same_file =
            match shared.ports.fs.look(root, to).await.map_err(Broken::Disk)?.map(|found| found.item) {
                Some(ScanItem::File(now)) => now.same_snapshot(local),
                _ => false,
            };
        let gone = self.has_moved(from, to, local).await?;
        if !same_file || !gone {
            return Ok(Done::Refused);
        }
        let (old, new) = (key(&self.prefix, from)?, key(&self.prefix, to)?);
        let mut expect = RemoteExpect::Absent;
        if planted::is(Bug::MovesOverWhatIsThere)
            && let Some(there) = remote::head(shared, store, &new).await.map_err(Broken::Remote)?
        {
            expect = RemoteExpect::Unchanged(there.etag);
        }
        let copied = match self.change(store.copy(&old, remote, &new, &expect, &shared.device)).await? {
            Ok(copied) => copied,
            Err(error) => return Ok(self.remote_trouble(&error)),
        };
        let digest = match remote::stored_digest(
            shared,
            store,
            &new,
            &RemoteState { digest: None, ..copied.clone() },
            Some(&self.row.id),
        )
        .await
        {
            Ok(digest) => digest,
            Err(error) => return Ok(self.remote_trouble(&error)),
        };
        if local.digest != Some(digest) && !planted::is(Bug::MovesUnread) {
            // The file is not what its old base says, or the copy is not: compared by the next round.
            return Ok(Done::Refused);
        }
        let base = windlass_domain::BaseState {
            local: LocalState { digest: Some(digest), ..local.clone() },
            remote: RemoteState { digest: Some(digest), ..copied },
        };
        let mut writes = vec![
            JournalWrite::SaveBase { pair: self.row.id.clone(), path: to.clone(), base },
            self.audit("copy", &new, "renamed here"),
        ];
        match self.change(store.delete(&old, &RemoteExpect::Unchanged(remote.etag.clone()))).await? {
            Ok(marker) => {
                writes.push(JournalWrite::ForgetFile(self.row.id.clone(), from.clone()));
                writes.push(self.audit("delete", &old, "renamed here"));
                Ok(Done::Did { trashed: None, marker, writes })
            }
            // The new name is proved; what is at the old one is for the next round.
            Err(error) => {
                let unknown = matches!(self.remote_trouble(&error), Done::Unknown);
                shared.commit(writes).await?;
                self.touched();
                Ok(if unknown { Done::Unknown } else { Done::Refused })
            }
        }
    }

    /// A rename there: the file here gets the new name, and nothing is fetched.
    async fn move_local(
        &self,
        _intent: &IntentRow,
        from: &RelPath,
        to: &RelPath,
        local: &LocalState,
        remote: &RemoteState,
    ) -> Result<Done, Broken> {
        let (shared, store) = (self.shared, self.store.as_ref());
        let (old, new) = (key(&self.prefix, from)?, key(&self.prefix, to)?);
        let (at_old, at_new) =
            (remote::head(shared, store, &old).await, remote::head(shared, store, &new).await);
        let state = match (at_old, at_new) {
            (Ok(None), Ok(Some(state))) if is_version(&state, remote) => state,
            (Ok(_), Ok(_)) => return Ok(Done::Refused),
            (Err(error), _) | (_, Err(error)) => {
                self.waits(error.kind);
                return Ok(Done::Refused);
            }
        };
        let root = Path::new(&self.row.root);
        match shared.ports.fs.rename(root, from, to, local).await {
            Ok(()) => {}
            Err(error) if changed(&error) => return Ok(Done::Refused),
            Err(error) => return Err(Broken::Disk(error)),
        }
        let mut writes = vec![JournalWrite::ForgetFile(self.row.id.clone(), from.clone())];
        if let Some(ScanItem::File(mut now)) =
            shared.ports.fs.look(root, to).await.map_err(Broken::Disk)?.map(|found| found.item)
            && now.file_id == local.file_id
            && now.size == local.size
            && now.mtime == local.mtime
        {
            now.digest = local.digest;
            let remote = RemoteState { digest: local.digest.or(state.digest), ..state };
            let base = windlass_domain::BaseState { local: now, remote };
            writes.push(JournalWrite::SaveBase { pair: self.row.id.clone(), path: to.clone(), base });
        }
        Ok(Done::Did { trashed: None, marker: None, writes })
    }

    fn audit(&self, action: &'static str, key: &windlass_domain::ObjectKey, why: &str) -> JournalWrite {
        JournalWrite::Audit {
            at: self.shared.now(),
            action,
            target: format!("{}/{key}", self.row.bucket),
            detail: why.to_owned(),
        }
    }
}

/// How an intent was carried out.
enum Done {
    Did {
        trashed: Option<String>,
        marker: Option<windlass_domain::VersionId>,
        writes: Vec<JournalWrite>,
    },
    Refused,
    /// The answer was lost.
    Unknown,
}

fn local_of(seen: &[Seen], path: &RelPath) -> Option<LocalState> {
    let at = seen.binary_search_by(|seen| seen.path.cmp(path)).ok()?;
    match &seen.get(at)?.local {
        Observed::Present(local) => Some(local.clone()),
        Observed::Absent | Observed::Unknown(_) => None,
    }
}

fn expected(expect: &LocalExpect) -> Option<LocalState> {
    match expect {
        LocalExpect::Absent => None,
        LocalExpect::Unchanged(local) => Some(local.clone()),
    }
}
