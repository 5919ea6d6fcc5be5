//! Names that have no room here (hazards HA16 to HA18, HA22): of names that the disk takes for one, the first is here or comes,
//! and the others are shown. None of them is merged, replaced or deleted for it.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use windlass_domain::sync::{Op, SyncPlan};
use windlass_domain::words::FailureCode;
use windlass_domain::{Claims, Clash, LocalExpect, NameRules, RelPath, RemoteState};
use windlass_ports::{FileRow, FileState, FsError, LocalFs};

use crate::planted::{self, Bug};

/// Why a name is not free, and words for it where the cause alone would not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) code: FailureCode,
    pub(super) note: String,
}

impl Blocked {
    pub(super) fn by_folder() -> Self {
        Self::not_allowed("A folder here has this name.")
    }

    pub(super) fn by_file_above() -> Self {
        Self::not_allowed("A file here has the name of a folder that it needs.")
    }

    pub(super) const fn by_twin() -> Self {
        Self { code: FailureCode::NameTwin, note: String::new() }
    }

    fn not_allowed(note: &str) -> Self {
        Self { code: FailureCode::NameNotAllowed, note: note.to_owned() }
    }

    fn of(path: &RelPath, clash: &Clash) -> Self {
        let own = clash.part() == path.as_str();
        let note = match clash {
            Clash::Twin(_) if own => String::new(),
            Clash::Twin(folder) => format!("This disk takes its folder \"{folder}\" for another one."),
            Clash::FileAndFolder(_) if own => return Self::by_folder(),
            Clash::FileAndFolder(_) => return Self::by_file_above(),
        };
        Self { code: clash.code(), note }
    }
}

/// What is in the bucket or in the journal and not here.
#[derive(Debug)]
pub(super) struct Absent {
    pub(super) path: RelPath,
    pub(super) there: Option<RemoteState>,
    pub(super) known: Option<FileRow>,
}

impl Absent {
    /// Who claims first: what was here at the last success, then what was on its way, then the order of names.
    fn rank(&self) -> u8 {
        match &self.known {
            Some(row) if row.base.is_some() => 0,
            Some(row) if row.state != FileState::Failed(FailureCode::NameTwin) => 1,
            Some(_) | None => 2,
        }
    }
}

/// The names of one look, on a disk that takes several for one.
#[derive(Debug)]
pub(super) struct Twins {
    claims: Claims,
    pub(super) absent: Vec<Absent>,
}

impl Twins {
    pub(super) const fn new(rules: NameRules) -> Self {
        Self { claims: Claims::new(rules), absent: Vec::new() }
    }

    /// It is here, so the disk has room for it.
    pub(super) fn here(&mut self, path: &RelPath) {
        // A disk that could not be tried out may hold both of two twins; then the first one counts.
        let _both_are_here = self.claims.claim(path);
    }

    /// What has no room beside what is here and what comes first, with the reason; in path order.
    pub(super) async fn settle(
        self,
        fs: &dyn LocalFs,
        root: &Path,
    ) -> Result<Vec<(Absent, Option<Blocked>)>, FsError> {
        let Self { mut claims, mut absent } = self;
        let mut free = BTreeSet::new();
        let mut clashes = BTreeMap::new();
        absent.sort_by(|one, other| (one.rank(), &one.path).cmp(&(other.rank(), &other.path)));
        for Absent { path, there, known } in &absent {
            // A row of something that is gone claims nothing.
            let wanted = there.is_some() || known.as_ref().is_some_and(|row| row.base.is_some());
            if !wanted || planted::is(Bug::TwinsAreTold) {
                continue;
            }
            let clash = match claims.check(path) {
                Err(clash) => Some(Blocked::of(path, &clash)),
                Ok(()) => empty_twin(fs, root, path, &mut claims, &mut free).await?,
            };
            match clash {
                Some(clash) => {
                    clashes.insert(path.clone(), clash);
                }
                None => {
                    let _free = claims.claim(path);
                }
            }
        }
        absent.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(absent
            .into_iter()
            .map(|absent| {
                let clash = clashes.remove(&absent.path);
                (absent, clash)
            })
            .collect())
    }
}

/// A scan does not show empty folders; a file would go into one that is spelled otherwise, and lie under another name.
async fn empty_twin(
    fs: &dyn LocalFs,
    root: &Path,
    path: &RelPath,
    claims: &mut Claims,
    free: &mut BTreeSet<RelPath>,
) -> Result<Option<Blocked>, FsError> {
    for folder in path.folders() {
        let Ok(folder) = RelPath::parse(folder) else { continue };
        if claims.has_folder(folder.as_str()) || free.contains(&folder) {
            continue;
        }
        match fs.spelled(root, &folder).await? {
            Some(spelled) if spelled != folder => {
                return Ok(Some(Blocked::of(path, &Clash::Twin(folder.as_str().to_owned()))));
            }
            Some(_) | None => {
                free.insert(folder);
            }
        }
    }
    Ok(None)
}

/// Puts in the place of everything that would come to a name without room that it is shown.
pub(super) fn show(plan: &mut SyncPlan, blocked: &BTreeMap<RelPath, Blocked>) {
    if blocked.is_empty() {
        return;
    }
    let mut shown = Vec::new();
    for op in &mut plan.ops {
        let (path, instead) = match op {
            Op::Download { path, expect: LocalExpect::Absent, .. } => (path.clone(), None),
            // Renamed there to what this disk takes for the same: the old one goes, and the new one comes when it is gone.
            Op::MoveLocal { from, to, local, .. } => {
                (to.clone(), Some(Op::TrashLocal { path: from.clone(), local: local.clone() }))
            }
            Op::Download { .. }
            | Op::Upload { .. }
            | Op::DeleteRemote { .. }
            | Op::TrashLocal { .. }
            | Op::MoveRemote { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => continue,
        };
        let Some(Blocked { code, .. }) = blocked.get(&path) else { continue };
        let show = Op::Show { path, code: *code };
        match instead {
            None => *op = show,
            Some(instead) => {
                *op = instead;
                shown.push(show);
            }
        }
    }
    plan.ops.extend(shown);
}
