//! What failed is left alone for a while, and longer each time, until the file or the object is another one or a person says
//! so: a path on which nothing can be done costs neither its folder nor the server anything.
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;
use windlass_domain::sync::Op;
use windlass_domain::{ETag, LocalExpect, LocalState, RelPath, RemoteExpect, RemoteState, UploadSpec};

use crate::shared::lock;

/// The first wait of a path; doubled each time.
const FIRST: Duration = Duration::from_secs(60);
/// The longest.
const LONGEST: Duration = Duration::from_secs(3600);
/// So often in a row a path may turn out to be another one right before something is done with it. Then that is a failure
/// like any other: a server or a disk that never means what it lists.
const PATIENT: u32 = 5;

/// What something was to be done with. It is tried anew as soon as this is another one.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    path: RelPath,
    local: Option<LocalState>,
    etag: Option<ETag>,
}

impl Subject {
    /// What an op is about. `None`: it is about the journal alone.
    pub(crate) fn of(op: &Op) -> Option<Self> {
        let (local, etag) = match op {
            Op::Upload { local, expect, .. } => (Some(local), etag(expect)),
            Op::Download { remote, expect, .. } => (file(expect), Some(&remote.etag)),
            Op::DeleteRemote { remote, .. } => (None, Some(&remote.etag)),
            Op::TrashLocal { local, .. } => (Some(local), None),
            Op::MoveRemote { local, remote, .. }
            | Op::MoveLocal { local, remote, .. }
            | Op::KeepBoth { local, remote, .. } => (Some(local), Some(&remote.etag)),
            Op::Compare { local, remote, .. } => {
                (Some(local), remote.as_ref().map(|r: &RemoteState| &r.etag))
            }
            Op::Adopt { .. } | Op::Forget { .. } | Op::Show { .. } => return None,
        };
        Some(Self { path: op.path().clone(), local: local.cloned(), etag: etag.cloned() })
    }

    /// What an upload is about.
    pub(crate) fn of_upload(spec: &UploadSpec) -> Self {
        let etag = etag(&spec.expect).cloned();
        Self { path: spec.path.clone(), local: Some(spec.snapshot.clone()), etag }
    }

    /// A file that is to go where nothing is.
    pub(crate) fn of_new(path: &RelPath, local: &LocalState) -> Self {
        Self { path: path.clone(), local: Some(local.clone()), etag: None }
    }

    fn is(&self, other: &Self) -> bool {
        let same = match (&self.local, &other.local) {
            (Some(one), Some(other)) => one.same_snapshot(other),
            (None, None) => true,
            _ => false,
        };
        same && self.etag == other.etag
    }
}

const fn etag(expect: &RemoteExpect) -> Option<&ETag> {
    match expect {
        RemoteExpect::Absent => None,
        RemoteExpect::Unchanged(etag) => Some(etag),
    }
}

const fn file(expect: &LocalExpect) -> Option<&LocalState> {
    match expect {
        LocalExpect::Absent => None,
        LocalExpect::Unchanged(local) => Some(local),
    }
}

#[derive(Debug)]
struct Kept {
    subject: Subject,
    /// Times in a row that it was another one by then.
    changed: u32,
    /// Times in a row that it failed.
    failed: u32,
    until: Instant,
}

/// The paths of a folder that are left alone for now. Lives as long as the process: after a start everything is tried once.
#[derive(Debug, Default)]
pub(crate) struct BackOff {
    paths: Mutex<BTreeMap<RelPath, Kept>>,
}

impl BackOff {
    /// Whether this is left alone for now.
    pub(crate) fn is_held(&self, subject: &Subject) -> bool {
        let paths = lock(&self.paths);
        paths
            .get(&subject.path)
            .is_some_and(|kept| kept.failed > 0 && kept.until > Instant::now() && kept.subject.is(subject))
    }

    /// It failed, and at once it would fail again.
    pub(crate) fn failed(&self, subject: Subject) {
        let mut paths = lock(&self.paths);
        let kept = Self::kept(&mut paths, subject);
        let wait = FIRST.saturating_mul(1 << kept.failed.min(16)).min(LONGEST);
        kept.failed = kept.failed.saturating_add(1);
        kept.until = Instant::now() + wait;
    }

    /// It was another one by then. Whether that happened so often that it counts as a failure from now on.
    pub(crate) fn changed(&self, subject: Subject) -> bool {
        let mut paths = lock(&self.paths);
        let kept = Self::kept(&mut paths, subject.clone());
        kept.changed = kept.changed.saturating_add(1);
        let enough = kept.changed > PATIENT;
        drop(paths);
        if enough {
            self.failed(subject);
        }
        enough
    }

    fn kept(paths: &mut BTreeMap<RelPath, Kept>, subject: Subject) -> &mut Kept {
        let fresh = |subject| Kept { subject, changed: 0, failed: 0, until: Instant::now() };
        let kept = paths.entry(subject.path.clone()).or_insert_with(|| fresh(subject.clone()));
        if !kept.subject.is(&subject) {
            *kept = fresh(subject);
        }
        kept
    }

    /// It was done, or a person says to try it again.
    pub(crate) fn forget(&self, path: &RelPath) {
        lock(&self.paths).remove(path);
    }

    /// A person says to try everything again, or what everything depends on is another one.
    pub(crate) fn clear(&self) {
        lock(&self.paths).clear();
    }

    /// Forgets what was not tried again for long: it is gone, or nothing is to be done with it any more.
    pub(crate) fn prune(&self) {
        let now = Instant::now();
        lock(&self.paths).retain(|_, kept| kept.until + LONGEST > now);
    }
}

#[cfg(test)]
mod tests {
    use windlass_domain::{FileId, Timestamp};

    use super::*;

    fn subject(size: u64, etag: Option<&str>) -> Subject {
        let local = LocalState {
            size,
            mtime: Timestamp(1),
            ctime: Timestamp(1),
            file_id: FileId::default(),
            digest: None,
        };
        Subject { path: RelPath::parse("a").unwrap(), local: Some(local), etag: etag.map(ETag::new) }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_is_left_alone_for_longer_each_time_and_an_hour_at_the_most() {
        let (back, it) = (BackOff::default(), subject(1, None));
        assert!(!back.is_held(&it));
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            back.failed(it.clone());
            tokio::time::advance(Duration::from_secs(minutes * 60 - 1)).await;
            assert!(back.is_held(&it), "{minutes}");
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(!back.is_held(&it), "{minutes}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_file_or_object_is_tried_at_once_and_begins_anew() {
        let (back, it) = (BackOff::default(), subject(1, Some("e")));
        back.failed(it.clone());
        back.failed(it.clone());
        assert!(!back.is_held(&subject(2, Some("e"))) && !back.is_held(&subject(1, Some("f"))));
        back.failed(subject(2, Some("e")));
        tokio::time::advance(FIRST).await;
        assert!(!back.is_held(&subject(2, Some("e"))), "the first wait again");
        back.failed(it.clone());
        back.forget(&it.path);
        assert!(!back.is_held(&it));
    }

    #[tokio::test(start_paused = true)]
    async fn what_always_turns_out_to_be_another_one_is_a_failure_in_the_end() {
        let (back, it) = (BackOff::default(), subject(1, None));
        for _ in 0..PATIENT {
            assert!(!back.changed(it.clone()) && !back.is_held(&it));
        }
        assert!(back.changed(it.clone()) && back.is_held(&it));
        back.prune();
        assert!(back.is_held(&it));
        tokio::time::advance(FIRST + LONGEST).await;
        back.prune();
        assert!(lock(&back.paths).is_empty());
    }
}
