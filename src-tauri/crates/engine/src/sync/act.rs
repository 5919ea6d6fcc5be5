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
    FileState, FsError, FsErrorKind, IntentEnd, IntentKind, IntentRow, JournalWrite, PairRow, RemoteError,
    RemoteErrorKind, RemoteStore, ScanItem,
};

use super::Decided;
use super::fetch::{self, Trouble};
use super::intents::{changed, ended, intent, is_version, key, trash_key};
use super::marks;
use super::trouble::{NEVER_THE_SAME, expected, failure, is_changed, is_held, left_alone, rows, show};
use super::twins::Blocked;
use crate::backoff::Subject;
use crate::observe::{Broken, room, went_away};
use crate::pair::PairHandle;
use crate::plan::{queue, source};
use crate::planted::{self, Bug};
use crate::read::SourceTrouble;
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
    /// Something was done, and what came of it is to be looked at. Sending is done by others and tells of its end itself.
    pub(super) progressed: bool,
    /// Something was not what it had been any more.
    pub(super) refused: bool,
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
    pair: &PairHandle,
    row: &PairRow,
    plan: &SyncPlan,
    seen: &mut [Seen],
    states: &mut BTreeMap<RelPath, FileState>,
) -> Result<Compared, Broken> {
    let mut result = Compared::default();
    let wanted: Vec<_> = plan
        .ops
        .iter()
        .filter(|op| !is_held(pair, op, states))
        .filter_map(|op| match op {
            Op::Compare { path, local, remote, .. } => {
                Some((op.clone(), path.clone(), local.clone(), remote.clone()))
            }
            // A file under a new name may have been written to before it was renamed: only its bytes prove that it is the
            // one that is known (hazard HA3, invariant I2).
            Op::MoveRemote { to, local, .. } if local.digest.is_none() && !planted::is(Bug::MovesUnread) => {
                Some((op.clone(), to.clone(), local.clone(), None))
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
        .map(|(op, path, local, remote)| {
            let (store, prefix) = (&store, &prefix);
            async move {
                let _beside = pair.poison.working_beside(op.path());
                let digests =
                    digests(shared, row, store.as_ref(), prefix, &path, &local, remote.as_ref()).await;
                (op, path, local, remote, digests)
            }
        })
        .buffer_unordered(COMPARES);
    let mut writes = Vec::new();
    while let Some((op, path, mut local, remote, digests)) = found.next().await {
        let (here, there) = match digests {
            Ok(digests) => digests,
            Err(trouble) => {
                let failed = match &trouble {
                    // The next look sees what became of it.
                    remote::Trouble::Source(
                        SourceTrouble::Changed | SourceTrouble::Gone | SourceTrouble::FolderOffline,
                    ) => None,
                    remote::Trouble::Source(SourceTrouble::Unreadable) => {
                        Some((FailureCode::Unreadable, String::new()))
                    }
                    remote::Trouble::Remote(_) if key(&prefix, &path).is_err() => {
                        Some((FailureCode::NameNotAllowed, String::new()))
                    }
                    remote::Trouble::Remote(error) => {
                        let code = failure(error.kind);
                        if code.is_none() && !is_changed(error.kind) {
                            result.waits = Some(error.kind);
                        }
                        code.map(|code| (code, error.source.to_string()))
                    }
                };
                if let Some((code, note)) = failed {
                    writes.extend(left_alone(pair, &op, code, &note));
                    show(states, &op, code);
                }
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
    for op in plan.ops.into_iter().filter(|op| !is_held(pair, op, states)) {
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
            Op::Upload { .. } => up.push(op),
            Op::Download { path, remote, expect } => down.push((path, remote, expect)),
            Op::MoveRemote { .. } | Op::MoveLocal { .. } => moves.push(op),
            Op::KeepBoth { .. } => both.push(op),
            Op::DeleteRemote { .. } | Op::TrashLocal { .. } => deletes.push(op),
            Op::Compare { .. } => {}
        }
    }
    for chunk in writes.chunks(CHUNK) {
        shared.commit(chunk.to_vec()).await?;
        acting.progressed();
    }
    acting.many(moves).await?;
    acting.upload(up, &bucket).await?;
    for op in both {
        acting.keep_both(op).await?;
    }
    acting.download(down, states).await?;
    acting.many(deletes).await?;
    Ok(acting.done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

impl Acting<'_> {
    fn progressed(&self) {
        crate::shared::lock(&self.done).progressed = true;
        self.pair.changed(self.shared);
    }

    fn refused(&self) {
        crate::shared::lock(&self.done).refused = true;
    }

    /// It was not what it had been any more: the next round decides anew. Where that never ends, it is a failure.
    fn changed(&self, op: &Op) -> Vec<JournalWrite> {
        if Subject::of(op).is_some_and(|subject| self.pair.back_off.changed(subject)) {
            return rows(self.pair, op, FailureCode::Unexpected, NEVER_THE_SAME);
        }
        self.refused();
        Vec::new()
    }

    /// Nothing but this path is concerned: it says so, and is left alone for a while.
    fn failed(&self, op: &Op, code: FailureCode, note: &str) -> Vec<JournalWrite> {
        tracing::warn!(pair = %self.row.id, path = %op.path(), ?code, note, "it could not be done");
        left_alone(self.pair, op, code, note)
    }

    async fn noted_now(&self, writes: Vec<JournalWrite>) -> Result<(), Broken> {
        if !writes.is_empty() {
            self.shared.commit(writes).await?;
            self.pair.changed(self.shared);
        }
        Ok(())
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

    async fn upload(&self, up: Vec<Op>, bucket: &Bucket) -> Result<(), Broken> {
        for chunk in up.chunks(CHUNK) {
            room(self.shared, self.pair, &self.row.root).await?;
            let (mut jobs, mut writes) = (Vec::new(), Vec::new());
            for op in chunk {
                let Op::Upload { path, local, expect } = op else { continue };
                match key(&self.prefix, path) {
                    Err(_) => writes.extend(self.failed(op, FailureCode::NameNotAllowed, "")),
                    Ok(_) if local.size > MAX_OBJECT => {
                        writes.extend(self.failed(op, FailureCode::TooLarge, ""));
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
            self.pair.changed(self.shared);
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
        let _beside = self.pair.poison.working_beside(&path);
        let op = Op::Download { path: path.clone(), remote: wanted.clone(), expect: expect.clone() };
        let key = key(&self.prefix, &path)?;
        let fetched =
            fetch::fetch(self.shared, self.store.as_ref(), self.row, &path, &key, &wanted, &expect).await;
        let writes = match fetched {
            Ok(fetched) => {
                self.pair.back_off.forget(&path);
                self.progressed();
                fetched.end.into_iter().chain([fetched.write]).collect()
            }
            Err(Trouble::Stopping) => return Err(Broken::Stopping),
            Err(Trouble::Remote(error)) => match failure(error.kind) {
                // Another version, or none: the next look sees it.
                None if is_changed(error.kind) => self.changed(&op),
                None => {
                    tracing::debug!(%path, kind = ?error.kind, error = %error.source, "a download failed");
                    self.waits(error.kind);
                    Vec::new()
                }
                // An archived one too: a state, not an error, and no reason to think anything of the file here (hazard HB23).
                Some(code) => self.failed(&op, code, ""),
            },
            Err(Trouble::Disk(error)) => match error.kind {
                // Somebody wrote to the target meanwhile (hazard HA31): the next look decides anew.
                FsErrorKind::Changed => self.changed(&op),
                FsErrorKind::RootMissing => return Err(Broken::Disk(error)),
                FsErrorKind::Full => self.failed(&op, FailureCode::DiskFull, ""),
                FsErrorKind::Denied | FsErrorKind::NotFound | FsErrorKind::Short | FsErrorKind::Other => {
                    self.failed(&op, FailureCode::Immovable, &error.source.to_string())
                }
            },
        };
        self.noted_now(writes).await
    }

    /// The local file of a conflict gets a name of its own; what is in the bucket keeps the name (hazards HD1 to HD3). Nothing
    /// is fetched or sent here: the next round finds a new file and a missing one.
    async fn keep_both(&self, op: Op) -> Result<(), Broken> {
        let Op::KeepBoth { path, copy, local, remote } = &op else { return Ok(()) };
        self.still_may().await?;
        let _beside = self.pair.poison.working_beside(path);
        let mut intent = intent(self.shared, self.row, IntentKind::KeepBoth, path, "Both sides had changed");
        intent.to = Some(copy.clone());
        intent.size = local.size;
        intent.local = Some(local.clone());
        intent.remote = Some(remote.clone());
        self.shared.commit(vec![JournalWrite::SaveIntent(Box::new(intent.clone()))]).await?;
        let root = Path::new(&self.row.root);
        let fs = &self.shared.ports.fs;
        let renamed = if planted::is(Bug::ConflictTakesTheirs) {
            fs.trash(root, path, local, intent.at).await.map(|_| ())
        } else {
            fs.rename(root, path, copy, local).await
        };
        let done = match renamed {
            Ok(()) => Done::did(vec![JournalWrite::ForgetFile(self.row.id.clone(), path.clone())]),
            Err(error) if changed(&error) => {
                // The name may be that of something which this look did not see: the next round takes another one.
                if fs.look(root, copy).await.is_ok_and(|found| found.is_some()) {
                    self.pair.name_is_taken(copy.clone());
                }
                Done::Changed
            }
            Err(error) if error.kind == FsErrorKind::RootMissing => return Err(Broken::Disk(error)),
            Err(error) => self.disk_trouble(&op, &error).await,
        };
        let writes = self.end(&op, &intent, done);
        self.noted_now(writes).await
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
                    self.noted_now(std::mem::take(&mut ends)).await?;
                }
            }
            self.noted_now(ends).await?;
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
                    self.is_gone_there(&op, path).await?
                }
                // What the server cannot do safely is not even intended.
                Op::DeleteRemote { .. } | Op::MoveRemote { .. } if self.cannot_protect() => {
                    self.noted_now(self.failed(&op, FailureCode::NotSupported, "")).await?;
                    false
                }
                Op::DeleteRemote { path, .. } => self.is_gone_here(&op, path, None).await?,
                Op::MoveRemote { from, to, local, .. } => {
                    self.is_gone_here(&op, from, Some((to, local))).await?
                }
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

    /// Where no old versions are kept only a condition that is known to hold protects what somebody else writes meanwhile
    /// (hazard HB3).
    fn cannot_protect(&self) -> bool {
        let able = self.store.capabilities();
        !able.versioning.proved() && !planted::is(Bug::NoTrashCopy) && able.match_delete == Support::No
    }

    async fn is_gone_there(&self, op: &Op, path: &RelPath) -> Result<bool, Broken> {
        let believed = planted::is(Bug::OneListingIsEnough) || planted::is(Bug::EventProvesThere);
        let Ok(key) = key(&self.prefix, path) else { return Ok(false) };
        match remote::head(self.shared, self.store.as_ref(), &key).await {
            Ok(found) => Ok(found.is_none() || believed),
            Err(error) => {
                match failure(error.kind) {
                    Some(code) => {
                        self.noted_now(self.failed(op, code, &error.source.to_string())).await?;
                    }
                    None => self.waits(error.kind),
                }
                Ok(false)
            }
        }
    }

    /// `moved`: where the file is by now, and what it looks like there.
    async fn is_gone_here(
        &self,
        op: &Op,
        path: &RelPath,
        moved: Option<(&RelPath, &LocalState)>,
    ) -> Result<bool, Broken> {
        let believed = planted::is(Bug::UnreadableIsEmpty)
            || planted::is(Bug::IgnoredIsGone)
            || planted::is(Bug::AnyFolderWillDo);
        let gone = match moved {
            None => self.is_here(path).await.map(|here| !here),
            Some((to, local)) => self.has_moved(path, to, local).await,
        };
        let gone = match gone {
            Err(Broken::Disk(error)) if error.kind != FsErrorKind::RootMissing => {
                let failed = self.failed(op, FailureCode::Unreadable, &error.source.to_string());
                self.noted_now(failed).await?;
                return Ok(false);
            }
            gone => gone?,
        };
        if !gone && !believed {
            self.noted_now(self.changed(op)).await?;
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
        let _beside = self.pair.poison.working_beside(op.path());
        let done = match self.carry_out(&op, &intent).await.map_err(Broken::cause) {
            Err(Broken::Disk(error)) if error.kind != FsErrorKind::RootMissing => {
                self.disk_trouble(&op, &error).await
            }
            Err(Broken::Remote(error)) => self.remote_trouble(&error),
            done => done?,
        };
        Ok(self.end(&op, &intent, done))
    }

    async fn carry_out(&self, op: &Op, intent: &IntentRow) -> Result<Done, Broken> {
        match op {
            Op::DeleteRemote { path, remote } => self.delete_remote(intent, path, remote).await,
            Op::TrashLocal { path, local } => self.trash_local(intent, path, local).await,
            Op::MoveRemote { from, to, local, remote } => {
                self.move_remote(intent, from, to, local, remote).await
            }
            Op::MoveLocal { from, to, local, remote } => {
                self.move_local(intent, from, to, local, remote).await
            }
            Op::Upload { .. }
            | Op::Download { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => Ok(Done::Refused),
        }
    }

    /// How it ends in the journal.
    fn end(&self, op: &Op, intent: &IntentRow, done: Done) -> Vec<JournalWrite> {
        let refused = || vec![ended(self.shared, intent, IntentEnd::Refused, None, None)];
        match done {
            Done::Did { trashed, marker, mut writes } => {
                self.pair.back_off.forget(op.path());
                self.progressed();
                writes.insert(0, ended(self.shared, intent, IntentEnd::Done, trashed, marker));
                writes
            }
            Done::Changed => [refused(), self.changed(op)].concat(),
            Done::Failed(code, note) => [refused(), self.failed(op, code, &note)].concat(),
            Done::Refused => refused(),
            Done::Unknown => Vec::new(),
        }
    }

    /// What an error of the disk means for an intent. Whether the file is where it was is looked at, since a disk may fail when
    /// all is done: then the intent stays open and the next round says what became of it (invariant I5).
    async fn disk_trouble(&self, op: &Op, error: &FsError) -> Done {
        let (path, local) = match op {
            Op::TrashLocal { path, local }
            | Op::MoveLocal { from: path, local, .. }
            | Op::KeepBoth { path, local, .. } => (path, local),
            _ => return Done::Failed(FailureCode::Unreadable, error.source.to_string()),
        };
        let there = self.shared.ports.fs.look(Path::new(&self.row.root), path).await;
        let moved = match there.map(|found| found.map(|found| found.item)) {
            Ok(Some(ScanItem::File(now))) => !now.same_snapshot(local),
            Ok(_) => true,
            Err(_) => false,
        };
        if moved {
            self.refused();
            return Done::Unknown;
        }
        let code =
            if error.kind == FsErrorKind::Full { FailureCode::DiskFull } else { FailureCode::Immovable };
        Done::Failed(code, error.source.to_string())
    }

    /// What an error of the bucket means for an intent.
    fn remote_trouble(&self, error: &RemoteError) -> Done {
        match error.kind {
            kind if is_changed(kind) => Done::Changed,
            // It may have taken effect: the intent stays open and the next round looks (invariant I5).
            RemoteErrorKind::Network => {
                self.waits(error.kind);
                Done::Unknown
            }
            kind => match failure(kind) {
                Some(code) => Done::Failed(code, error.source.to_string()),
                None => {
                    tracing::debug!(?kind, error = %error.source, "a change in the bucket failed");
                    self.waits(kind);
                    Done::Refused
                }
            },
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
            return Ok(Done::Changed);
        }
        let key = key(&self.prefix, path)?;
        let able = store.capabilities();
        let mut trashed = None;
        if !able.versioning.proved() && !planted::is(Bug::NoTrashCopy) {
            // Where no old versions are kept the content goes to the trash first (hazard HB21).
            let Ok(to) = trash_key(&self.prefix, intent) else {
                let note = "Its key in the trash would be longer than keys may be".to_owned();
                return Ok(Done::Failed(FailureCode::NameNotAllowed, note));
            };
            match self.change(store.copy(&key, remote, &to, &RemoteExpect::Absent, &shared.device)).await? {
                Ok(_) => trashed = Some(to.as_str().to_owned()),
                // A copy of this very intent, made before a stop.
                Err(error) if error.kind == RemoteErrorKind::PreconditionFailed => {
                    let copied = remote::head(shared, store, &to).await.map_err(Broken::Remote)?;
                    if copied.is_none_or(|copied| copied.size != remote.size) {
                        return Ok(Done::Changed);
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
            Err(error) if changed(&error) => Ok(Done::Changed),
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
            return Ok(Done::Changed);
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
            return Ok(Done::Changed);
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
                let old = Op::DeleteRemote { path: from.clone(), remote: remote.clone() };
                let done = match self.remote_trouble(&error) {
                    Done::Failed(code, note) => {
                        writes.extend(self.failed(&old, code, &note));
                        Done::Refused
                    }
                    done => done,
                };
                self.progressed();
                self.noted_now(writes).await?;
                Ok(done)
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
            (Ok(_), Ok(_)) => return Ok(Done::Changed),
            (Err(error), _) | (_, Err(error)) => return Ok(self.remote_trouble(&error)),
        };
        let root = Path::new(&self.row.root);
        match shared.ports.fs.rename(root, from, to, local).await {
            Ok(()) => {}
            Err(error) if changed(&error) => return Ok(Done::Changed),
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
    /// It was not what it had been any more.
    Changed,
    /// Nothing but this is concerned, and at once it would fail again.
    Failed(FailureCode, String),
    /// Not now.
    Refused,
    /// The answer was lost.
    Unknown,
}

impl Done {
    const fn did(writes: Vec<JournalWrite>) -> Self {
        Self::Did { trashed: None, marker: None, writes }
    }
}

fn local_of(seen: &[Seen], path: &RelPath) -> Option<LocalState> {
    let at = seen.binary_search_by(|seen| seen.path.cmp(path)).ok()?;
    match &seen.get(at)?.local {
        Observed::Present(local) => Some(local.clone()),
        Observed::Absent | Observed::Unknown(_) => None,
    }
}
