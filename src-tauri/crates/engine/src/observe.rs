//! Looking at a folder: the scan and the journal, merged in path order, so that nothing is looked up row by row.
use std::collections::VecDeque;
use std::path::Path;

use futures::StreamExt as _;
use tokio::time::Instant;
use windlass_domain::words::FailureCode;
use windlass_domain::{Prefix, RelPath};
use windlass_ports::{
    FileRow, FileState, FsError, JournalError, JournalWrite, PairRow, RemoteError, ScanItem, Scanned,
};

use crate::backoff::Subject;
use crate::pair::PairHandle;
use crate::plan::{self, Candidate, RemoteView};
use crate::settle::{Rest, Settling};
use crate::shared::{Shared, Stopping};

/// Rows of the journal read at once.
const PAGE: u32 = 1000;
/// Findings written, and candidates planned, at once.
const CHUNK: usize = 500;

/// Why a look did not reach its end.
#[derive(Debug)]
pub(crate) enum Broken {
    Stopping,
    Paused,
    Disk(FsError),
    Journal(JournalError),
    Remote(RemoteError),
}

impl Broken {
    /// Who is to blame: a client of a bucket needs the journal as well, and its trouble says nothing about the server.
    pub(crate) fn cause(self) -> Self {
        let Self::Remote(RemoteError { kind, source }) = self else { return self };
        match source.downcast::<JournalError>() {
            Ok(error) => Self::Journal(*error),
            Err(source) => Self::Remote(RemoteError { kind, source }),
        }
    }
}

impl From<Stopping> for Broken {
    fn from(_: Stopping) -> Self {
        Self::Stopping
    }
}

/// What a look left to be done.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// When the next file may lie still.
    pub(crate) settle_at: Option<Instant>,
    /// The other side could not be seen.
    pub(crate) waits: Option<windlass_ports::RemoteErrorKind>,
}

/// One look in progress.
pub(crate) struct Look<'a> {
    shared: &'a Shared,
    pair: &'a PairHandle,
    row: PairRow,
    prefix: Prefix,
    settling: &'a mut Settling,
    view: RemoteView,
    writes: Vec<JournalWrite>,
    candidates: Vec<Candidate>,
    looked: Looked,
}

/// Rows of the journal in path order, a page at a time.
struct Rows<'a> {
    shared: &'a Shared,
    pair: &'a PairHandle,
    page: VecDeque<FileRow>,
    after: Option<RelPath>,
    over: bool,
}

impl Rows<'_> {
    async fn peek(&mut self) -> Result<Option<&FileRow>, Broken> {
        if self.page.is_empty() && !self.over {
            let found = self.shared.ports.journal.files(&self.pair.id, self.after.as_ref(), PAGE).await;
            let found = found.map_err(Broken::Journal)?;
            self.over = found.len() < PAGE as usize;
            self.after = found.last().map(|row| row.path.clone()).or(self.after.take());
            self.page = found.into();
        }
        Ok(self.page.front())
    }

    fn pop(&mut self) -> Option<FileRow> {
        self.page.pop_front()
    }
}

impl<'a> Look<'a> {
    pub(crate) fn new(shared: &'a Shared, pair: &'a PairHandle, settling: &'a mut Settling) -> Self {
        let row = pair.row();
        Self {
            shared,
            pair,
            prefix: Prefix::new(&row.prefix),
            row,
            settling,
            view: RemoteView::Unlooked,
            writes: Vec::new(),
            candidates: Vec::new(),
            looked: Looked::default(),
        }
    }

    /// Looks at the whole folder. A file that is gone and never reached the bucket is forgotten, and that only when root and
    /// marker were there before and after, and every folder above it was read to its end (invariant I6).
    pub(crate) async fn everything(mut self) -> Result<Looked, Broken> {
        let (shared, pair) = (self.shared, self.pair);
        let mut rows = Rows { shared, pair, page: VecDeque::new(), after: None, over: false };
        let mut gone: Vec<RelPath> = Vec::new();
        let mut unreadable: Vec<RelPath> = Vec::new();
        let mut last: Option<RelPath> = None;
        let mut ordered = true;
        let root = self.row.root.clone();
        let mut scan = shared.ports.fs.scan(Path::new(&root), None);
        while let Some(found) = scan.next().await {
            let found = found.map_err(Broken::Disk)?;
            let Some(path) = place(&found) else { continue };
            if matches!(found.item, ScanItem::Unreadable(_)) {
                unreadable.push(path.clone());
            }
            // The order is what makes the merge right, so it is checked; whatever comes out of order is looked up.
            let known = if last.as_ref().is_some_and(|last| *last > path) {
                ordered = false;
                shared.ports.journal.file(&pair.id, &path).await.map_err(Broken::Journal)?
            } else {
                while rows.peek().await?.is_some_and(|row| row.path < path) {
                    gone.extend(rows.pop().filter(forgettable).map(|row| row.path));
                }
                last = Some(path.clone());
                if rows.peek().await?.is_some_and(|row| row.path == path) { rows.pop() } else { None }
            };
            // Rows are read ahead: an upload may have ended since. What its end wrote is there once it is no longer open.
            let open = self.is_open(&path);
            let known = match known {
                Some(row) if !open && matches!(row.state, FileState::Uploading | FileState::Checking) => {
                    shared.ports.journal.file(&pair.id, &path).await.map_err(Broken::Journal)?
                }
                known => known,
            };
            self.consider(path, found.item, known, open);
            pair.seen_one();
            self.flush(CHUNK).await?;
        }
        drop(scan);
        while rows.peek().await?.is_some() {
            gone.extend(rows.pop().filter(forgettable).map(|row| row.path));
        }
        self.flush(1).await?;
        if !pair.root_is_there(shared).await {
            return Err(went_away(root));
        }
        if ordered {
            let hidden = |path: &RelPath| {
                unreadable.iter().any(|above| {
                    path.as_str().strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
            };
            self.writes.extend(
                gone.into_iter()
                    .filter(|path| !hidden(path))
                    .map(|path| JournalWrite::ForgetFile(pair.id.clone(), path)),
            );
        }
        self.writes.push(JournalWrite::ScanEnded(pair.id.clone(), shared.now()));
        self.flush(1).await?;
        pair.scan_ended(shared.now());
        Ok(self.looked)
    }

    /// Looks at single paths, and at what is below them.
    pub(crate) async fn paths(mut self, paths: impl IntoIterator<Item = RelPath>) -> Result<Looked, Broken> {
        let (shared, pair) = (self.shared, self.pair);
        let root = self.row.root.clone();
        let mut covered: Option<String> = None;
        for path in paths {
            // Paths come in order, so what lies in a folder that was looked at comes right behind it.
            if covered.as_ref().is_some_and(|folder| path.as_str().starts_with(folder.as_str())) {
                continue;
            }
            let mut found_any = false;
            let mut scan = shared.ports.fs.scan(Path::new(&root), Some(&path));
            while let Some(found) = scan.next().await {
                // Gone between the event and the look, or the root is: the whole look finds out.
                let Ok(found) = found else { break };
                let Some(place) = place(&found) else { continue };
                found_any = true;
                if place != path {
                    covered = Some(format!("{path}/"));
                }
                // In this order: the row is read after an upload that is no longer open wrote its end.
                let open = self.is_open(&place);
                let known = shared.ports.journal.file(&pair.id, &place).await.map_err(Broken::Journal)?;
                self.consider(place, found.item, known, open);
                self.flush(CHUNK).await?;
            }
            drop(scan);
            if !found_any {
                self.settling.forget(&path);
                let known = shared.ports.journal.file(&pair.id, &path).await.map_err(Broken::Journal)?;
                if known.is_some_and(|row| forgettable(&row) && !self.is_open(&path))
                    && pair.root_is_there(shared).await
                {
                    self.writes.push(JournalWrite::ForgetFile(pair.id.clone(), path));
                }
            }
        }
        self.flush(1).await?;
        Ok(self.looked)
    }

    fn is_open(&self, path: &RelPath) -> bool {
        let key = format!("{}{path}", self.prefix);
        self.shared.pool.is_open(&self.row.connection, &self.row.bucket, &key)
    }

    fn is_held(&self, path: &RelPath, local: &windlass_domain::LocalState) -> bool {
        self.pair.back_off.is_held(&Subject::of_new(path, local))
    }

    /// `open`: an upload of it was open before its row was read.
    fn consider(&mut self, path: RelPath, item: ScanItem, known: Option<FileRow>, open: bool) {
        let (local, failure, note) = match item {
            ScanItem::File(local) => (Some(local), None, String::new()),
            ScanItem::Link => (None, Some(FailureCode::Link), String::new()),
            ScanItem::Special => (None, Some(FailureCode::NotAFile), String::new()),
            ScanItem::Unreadable(why) => (None, Some(FailureCode::Unreadable), why),
            ScanItem::BadName(_) => {
                let why = windlass_domain::NameProblem::NotText;
                (None, Some(FailureCode::NameNotAllowed), format!("Not possible as a key: {why}"))
            }
        };
        if let Some(code) = failure {
            // A file that is proved and cannot be read now is still proved; what is not known changes nothing.
            let keep = known.as_ref().is_some_and(|row| {
                row.state == FileState::Failed(code)
                    || (code == FailureCode::Unreadable && row.base.is_some())
            });
            if !keep && !open {
                self.save(path, None, FileState::Failed(code), note);
            }
            return;
        }
        let Some(local) = local else { return };
        if open {
            return;
        }
        if let Some(row) = &known {
            if let Some(base) = row.base.as_ref().filter(|base| base.local.same_snapshot(&local)) {
                // The very file that was proved is back in its place, after another one was seen there.
                let back = matches!(
                    row.state,
                    FileState::Waiting
                        | FileState::Failed(FailureCode::ChangedAfterUpload | FailureCode::Unreadable)
                );
                if back {
                    self.settling.forget(&path);
                    let (pair, base) = (self.pair.id.clone(), base.clone());
                    self.writes.push(JournalWrite::SaveBase { pair, path, base });
                    return;
                }
                if row.state == FileState::Safe {
                    return;
                }
            }
            let same = row.local.as_ref().is_some_and(|before| before.same_snapshot(&local));
            // What a person has to mend stays as it is until the file changes or is tried again.
            if same && matches!(row.state, FileState::Failed(code) if code != FailureCode::Unreadable) {
                return;
            }
            // What cannot be read is tried again by itself, less and less often.
            if same && row.state == FileState::Failed(FailureCode::Unreadable) && self.is_held(&path, &local)
            {
                return;
            }
        }
        match self.settling.look(&path, &local, self.shared.now(), self.shared.options.settle) {
            Rest::Until(at) => {
                self.looked.settle_at = Some(self.looked.settle_at.map_or(at, |before| before.min(at)));
                let same = known.is_some_and(|row| {
                    row.state == FileState::Waiting
                        && row.local.is_some_and(|before| before.same_snapshot(&local))
                });
                if !same {
                    self.save(path, Some(local), FileState::Waiting, String::new());
                }
            }
            Rest::Still => {
                self.candidates.push(Candidate { path, local, base: known.and_then(|row| row.base) })
            }
        }
    }

    fn save(
        &mut self,
        path: RelPath,
        local: Option<windlass_domain::LocalState>,
        state: FileState,
        note: String,
    ) {
        self.writes.push(JournalWrite::SaveFile { pair: self.pair.id.clone(), path, local, state, note });
    }

    /// Writes and plans what has come together, when it is at least `from`.
    async fn flush(&mut self, from: usize) -> Result<(), Broken> {
        if self.candidates.len() >= from {
            room(self.shared, self.pair, &self.row.root).await?;
        }
        // Another disk may have been mounted here since the last look for the marker: nothing that was seen on it counts
        // (hazard HA7).
        let due = self.writes.len() >= from || self.candidates.len() >= from;
        if due && !self.pair.root_is_there(self.shared).await {
            return Err(went_away(self.row.root.clone()));
        }
        if self.writes.len() >= from {
            let writes = std::mem::take(&mut self.writes);
            self.shared.commit(writes).await?;
            self.pair.changed(self.shared);
        }
        if self.candidates.len() >= from {
            let candidates = std::mem::take(&mut self.candidates);
            let planned = plan::plan(self.shared, &self.row, candidates, &mut self.view).await?;
            self.looked.waits = planned.waits.or(self.looked.waits);
            if planned.queued > 0 {
                self.pair.changed(self.shared);
            }
        }
        Ok(())
    }
}

/// Waits until few enough uploads of this folder are open. Whoever waits here must still see that the folder was paused, or
/// went away: nothing of it ends then.
pub(crate) async fn room(shared: &Shared, pair: &PairHandle, root: &str) -> Result<(), Broken> {
    while shared.pool.open_of(&pair.id) >= plan::MOST_OPEN {
        tokio::select! {
            biased;
            () = shared.pool.wait_change() => {}
            () = tokio::time::sleep(shared.options.marker_every) => {
                pair.beat();
                if pair.row().paused {
                    return Err(Broken::Paused);
                }
                if !pair.root_is_there(shared).await {
                    return Err(went_away(root.to_owned()));
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn went_away(root: String) -> Broken {
    Broken::Disk(FsError {
        kind: windlass_ports::FsErrorKind::RootMissing,
        path: root,
        source: "the folder went away during the scan".into(),
    })
}

/// The path of a finding. A name that is no path stands under a readable stand-in.
pub(crate) fn place(found: &Scanned) -> Option<RelPath> {
    match (&found.path, &found.item) {
        (Some(path), ScanItem::BadName(name)) => stand_in(&format!("{path}/"), name),
        (None, ScanItem::BadName(name)) => stand_in("", name),
        (path, _) => path.clone(),
    }
}

fn stand_in(above: &str, name: &str) -> Option<RelPath> {
    let readable: String = name.chars().filter(|c| !matches!(c, '/' | '\0')).take(80).collect();
    RelPath::parse(&format!("{above}{readable}")).ok()
}

/// Whether nothing is lost by forgetting a file that is gone: it never became Safe, and no transfer of it is open.
fn forgettable(row: &FileRow) -> bool {
    row.base.is_none() && !matches!(row.state, FileState::Uploading | FileState::Checking)
}

#[cfg(test)]
mod tests {
    use windlass_ports::{JournalErrorKind, RemoteErrorKind};

    use super::*;

    #[test]
    fn ha29_trouble_with_the_journal_is_never_blamed_on_the_bucket() {
        let full = JournalError { kind: JournalErrorKind::Full, source: "no space".into() };
        let blamed = RemoteError { kind: RemoteErrorKind::Unexpected, source: Box::new(full) };
        let Broken::Journal(error) = Broken::Remote(blamed).cause() else { panic!("the bucket is blamed") };
        assert_eq!(error.kind, JournalErrorKind::Full);
        let other = RemoteError { kind: RemoteErrorKind::Throttled, source: "slow down".into() };
        assert!(
            matches!(Broken::Remote(other).cause(), Broken::Remote(e) if e.kind == RemoteErrorKind::Throttled)
        );
    }
}
