//! Copies, moves, edits, deletes and restores on the server: planned, read, started, taken back.
use windlass_domain::job::{self, Header, Locking, ObjectEdit, Purge, Restore};
use windlass_domain::lock::Retention;
use windlass_domain::time::purge;
use windlass_domain::{self as domain, Bucket, JobId, JobSpec, Limits, Root, Timestamp, VersionId};
use windlass_engine::JobView;
use windlass_ports::RemoteErrorKind;

use crate::dto::ErrorCode;
use crate::dto_jobs::{
    EditField, EditLine, IfTaken, JobKind, JobProblem, JobRequest, JobRow, JobState, RestoreTo,
};
use crate::dto_lock::{LockChange, PurgeChoice};
use crate::dto_time::{JobCall, JobItemRow, JobItemState, JobItems, TimeChoice};
use crate::{Api, UiError, locks, time, visible};

impl Api {
    pub(crate) async fn plan_job(&self, request: JobRequest) -> Result<JobRow, UiError> {
        self.connection(&request.connection).await?;
        let id = self.engine.plan_job(spec(request)?).await?;
        self.engine.job(&id).await.map(row)
    }

    pub(crate) async fn undo_job(&self, id: String) -> Result<JobRow, UiError> {
        let id = self.engine.undo_job(&JobId::from(id)).await?;
        self.engine.job(&id).await.map(row)
    }

    pub(crate) async fn jobs(&self) -> Result<Vec<JobRow>, UiError> {
        Ok(self.engine.jobs().await?.into_iter().map(row).collect())
    }

    pub(crate) async fn job(&self, id: String) -> Result<JobRow, UiError> {
        self.engine.job(&JobId::from(id)).await.map(row)
    }

    /// A plan that deletes more than the firewall lets pass, or destroys versions, is started only by its number; one that locks
    /// objects so that nobody can destroy them, by the day until which it does.
    pub(crate) async fn start_job(
        &self,
        id: String,
        typed: Option<u64>,
        date: Option<String>,
    ) -> Result<(), UiError> {
        let id = JobId::from(id);
        let plan = row(self.engine.job(&id).await?);
        if plan.type_to_start.is_some() && plan.type_to_start != typed {
            let (what, of) = match plan.kind {
                JobKind::Purge => ("destroys", "versions"),
                _ => ("deletes", "objects"),
            };
            return Err(UiError::new(
                ErrorCode::Conflict,
                format!(
                    "This {what} {} {of}, so their number has to be typed first. Nothing was deleted. Type it, then start.",
                    plan.objects - plan.left
                ),
            ));
        }
        if let Some(day) = &plan.type_date
            && date.as_deref().map(str::trim) != Some(day)
        {
            return Err(UiError::new(
                ErrorCode::Conflict,
                format!(
                    "Nobody can destroy these objects before {day}, so that day has to be typed first. Nothing was locked. Type it, then start."
                ),
            ));
        }
        self.engine.start_job(&id).await
    }

    pub(crate) async fn pause_job(&self, id: String) -> Result<(), UiError> {
        self.engine.pause_job(&JobId::from(id)).await
    }

    pub(crate) async fn resume_job(&self, id: String) -> Result<(), UiError> {
        self.engine.resume_job(&JobId::from(id)).await
    }

    pub(crate) async fn cancel_job(&self, id: String) -> Result<(), UiError> {
        self.engine.cancel_job(&JobId::from(id)).await
    }

    pub(crate) async fn remove_job(&self, id: String) -> Result<(), UiError> {
        self.engine.remove_job(&JobId::from(id)).await
    }

    pub(crate) async fn job_problems(&self, id: String) -> Result<Vec<JobProblem>, UiError> {
        let mut groups = self.engine.job_left(&JobId::from(id)).await?;
        groups.sort_by_key(|group| job::Cause::ALL.iter().position(|cause| *cause == group.cause));
        let problem = |group: windlass_ports::LeftGroup| {
            let words = group.cause.words();
            JobProblem {
                code: group.cause.code().to_owned(),
                title: words.title.to_owned(),
                advice: words.advice.to_owned(),
                objects: group.objects,
                keys: group.keys.iter().map(|key| visible(key)).collect(),
            }
        };
        Ok(groups.into_iter().map(problem).collect())
    }
}

/// Most rows in one answer.
const MOST_ITEMS: u64 = 500;

impl Api {
    /// Rows i..j of what a job calls on the server.
    pub(crate) async fn job_items(&self, id: String, offset: u64, limit: u64) -> Result<JobItems, UiError> {
        let id = JobId::from(id);
        let job = self.engine.job(&id).await?.row;
        let limit = u32::try_from(limit.min(MOST_ITEMS)).unwrap_or_default();
        // Rows are numbered from 1 without gaps.
        let items = self.engine.job_items(&id, offset, limit).await?;
        let rows = items.into_iter().map(|item| item_row(job.spec.kind, item)).collect();
        Ok(JobItems { rows, total: job.counts.objects })
    }
}

fn item_row(kind: domain::JobKind, item: domain::Item) -> JobItemRow {
    let call = match kind {
        domain::JobKind::Copy | domain::JobKind::Move => JobCall::Copy,
        domain::JobKind::Edit => JobCall::Rewrite,
        domain::JobKind::Delete => JobCall::Delete,
        domain::JobKind::Undelete => JobCall::RemoveMarker,
        domain::JobKind::Restore if item.version.is_some() => JobCall::CopyBack,
        domain::JobKind::Restore if item.marker.is_some() && item.state == domain::ItemState::Planned => {
            JobCall::RemoveMarker
        }
        domain::JobKind::Restore => JobCall::Delete,
        domain::JobKind::Purge if item.version.is_none() => JobCall::RemoveMarker,
        domain::JobKind::Purge => JobCall::Destroy,
        domain::JobKind::Lock => JobCall::Lock,
    };
    let marker = item.marker.filter(|_| call == JobCall::RemoveMarker);
    let expects = match call {
        JobCall::Delete | JobCall::Rewrite | JobCall::Lock => Some(item.etag),
        JobCall::Destroy => None,
        JobCall::CopyBack | JobCall::RemoveMarker | JobCall::Copy => item.taken,
    };
    JobItemRow {
        seq: item.seq,
        name: visible(item.from.as_str()),
        key: item.from.as_str().to_owned(),
        call,
        version: item.version.or(marker).map(|version| version.as_str().to_owned()),
        size: item.size,
        expects: expects.map(|etag| etag.as_str().to_owned()),
        state: match item.state {
            domain::ItemState::Planned => JobItemState::Planned,
            domain::ItemState::Done => JobItemState::Done,
            domain::ItemState::Left => JobItemState::Left,
            domain::ItemState::Copied => JobItemState::Doing,
        },
        why: item.cause.map(|cause| cause.words().title.to_owned()).unwrap_or_default(),
    }
}

fn spec(request: JobRequest) -> Result<JobSpec, UiError> {
    let kind = match request.kind {
        JobKind::Copy => domain::JobKind::Copy,
        JobKind::Move => domain::JobKind::Move,
        JobKind::Edit => domain::JobKind::Edit,
        JobKind::Delete => domain::JobKind::Delete,
        JobKind::Restore => domain::JobKind::Restore,
        JobKind::Purge => domain::JobKind::Purge,
        JobKind::Lock => domain::JobKind::Lock,
        JobKind::Undelete => {
            return Err(UiError::bad_request(
                "Only what was deleted here can be brought back, by taking that back. Nothing was done.",
            ));
        }
    };
    let purge = match kind {
        domain::JobKind::Purge => purge(&request)?,
        _ => None,
    };
    let lock = match kind {
        domain::JobKind::Lock => Some(locking(request.lock)?),
        _ => None,
    };
    let restore = match (kind, request.restore) {
        (domain::JobKind::Restore, Some(to)) => Some(restore(to)?),
        _ => None,
    };
    if let Some(Restore::Version { .. }) = restore
        && !matches!(request.roots.as_slice(), [root] if !Root::here(&root.from).is_folder())
    {
        return Err(UiError::bad_request("A version is one of a single object. Nothing was done."));
    }
    let elsewhere = kind.has_destination();
    let bucket = Bucket::new(request.bucket.as_str());
    let root = |root: crate::dto_jobs::JobRoot| match elsewhere {
        true => Root { from: root.from, to: root.to },
        false => Root::here(&root.from),
    };
    Ok(JobSpec {
        kind,
        connection: request.connection,
        to_bucket: if elsewhere { Bucket::new(request.to_bucket.as_str()) } else { bucket.clone() },
        bucket,
        roots: request.roots.into_iter().map(root).collect(),
        if_taken: match request.if_taken {
            IfTaken::Skip => job::IfTaken::Skip,
            IfTaken::KeepBoth => job::IfTaken::KeepBoth,
            IfTaken::Replace => job::IfTaken::Replace,
        },
        edit: edit(request.edit),
        restore,
        purge,
        lock,
        undoes: None,
    })
}

fn purge(request: &JobRequest) -> Result<Option<Purge>, UiError> {
    match (request.purge, &request.purge_version) {
        (Some(PurgeChoice { days, keep, bytes, markers }), None) => {
            Ok(Some(Purge::Matching(purge::Choice { days, keep, bytes, markers })))
        }
        // A version that is named says all.
        (_, Some(version)) => match request.roots.as_slice() {
            [root] if !Root::here(&root.from).is_folder() => {
                Ok(Some(Purge::Version(VersionId::new(version.as_str()))))
            }
            _ => Err(UiError::bad_request("A version is one of a single object. Nothing was done.")),
        },
        (None, None) => Ok(None),
    }
}

fn locking(change: Option<LockChange>) -> Result<Locking, UiError> {
    let Some(LockChange { mode, until, hold }) = change else {
        return Err(UiError::bad_request("Say what becomes of the locks. Nothing was done."));
    };
    let retention = match (mode, until) {
        (Some(mode), Some(until)) => {
            Some(Retention { mode: locks::meant(mode), until: Timestamp::from_millis(until) })
        }
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(UiError::bad_request(
                "A retention needs a day, and says whether it is governance or compliance. Nothing was done.",
            ));
        }
    };
    Ok(Locking { retention, hold })
}

fn restore(to: RestoreTo) -> Result<Restore, UiError> {
    let RestoreTo { version, moment, deleted, undelete, changed, added, rewritten, but } = to;
    match (version, moment) {
        (Some(version), None) => {
            Ok(Restore::Version { version: VersionId::new(version), undelete: time::undelete(undelete) })
        }
        (None, Some(moment)) => {
            Ok(time::restore(moment, &TimeChoice { deleted, undelete, changed, added, rewritten, but }))
        }
        (None, None) => Ok(Restore::Last { undelete: time::undelete(undelete) }),
        (Some(_), Some(_)) => {
            Err(UiError::bad_request("Name either a version or a moment to bring back. Nothing was done."))
        }
    }
}

fn edit(lines: Vec<EditLine>) -> ObjectEdit {
    let mut edit = ObjectEdit::default();
    for EditLine { field, name, value } in lines {
        let header = match field {
            EditField::ContentType => Header::ContentType,
            EditField::CacheControl => Header::CacheControl,
            EditField::ContentDisposition => Header::ContentDisposition,
            EditField::ContentEncoding => Header::ContentEncoding,
            EditField::ContentLanguage => Header::ContentLanguage,
            EditField::StorageClass => {
                edit.class = value;
                continue;
            }
            EditField::Metadata => {
                edit.metadata.insert(name, value);
                continue;
            }
            EditField::Tag => {
                edit.tags.insert(name, value);
                continue;
            }
        };
        edit.headers.insert(header, value);
    }
    edit
}

/// The part before the last name.
fn level(key: &str) -> &str {
    let body = key.strip_suffix('/').unwrap_or(key);
    body.rfind('/').and_then(|at| body.get(..=at)).unwrap_or_default()
}

pub(crate) fn row(view: JobView) -> JobRow {
    let seconds_left = view.seconds_left();
    let JobView { row, rate, waits, .. } = view;
    let (spec, counts) = (&row.spec, &row.counts);
    let waiting = match waits {
        Some(RemoteErrorKind::Unauthenticated) => (JobState::NeedsSignIn, "Sign in again; nothing is lost."),
        Some(RemoteErrorKind::Throttled) => {
            (JobState::Waiting, "The server asks for patience. It goes on by itself.")
        }
        Some(_) => (JobState::Waiting, "No connection. It goes on by itself."),
        None => (JobState::Running, ""),
    };
    let (state, note) = match row.state {
        domain::JobState::Planning => (JobState::Planning, ""),
        domain::JobState::Ready => (JobState::Ready, ""),
        domain::JobState::Running => waiting,
        domain::JobState::Paused => (JobState::Paused, ""),
        domain::JobState::Done => (JobState::Done, ""),
        domain::JobState::Cancelled => (JobState::Cancelled, ""),
        domain::JobState::Failed => (JobState::Failed, row.note.as_str()),
    };
    let kind = match spec.kind {
        domain::JobKind::Copy => JobKind::Copy,
        domain::JobKind::Move => JobKind::Move,
        domain::JobKind::Edit => JobKind::Edit,
        domain::JobKind::Delete => JobKind::Delete,
        domain::JobKind::Undelete => JobKind::Undelete,
        domain::JobKind::Restore => JobKind::Restore,
        domain::JobKind::Purge => JobKind::Purge,
        domain::JobKind::Lock => JobKind::Lock,
    };
    let first = spec.roots.first();
    let (from, to) = first.map_or(("", ""), |root| (root.from.as_str(), root.to.as_str()));
    let several = spec.roots.len() > 1;
    let limits = Limits::default();
    let deletes = counts.objects.saturating_sub(counts.left);
    let many =
        kind == JobKind::Delete && (deletes > limits.files_an_hour || counts.bytes > limits.bytes_an_hour);
    let many = many || kind == JobKind::Purge;
    let kept = spec.lock.and_then(|lock| lock.retention);
    let compliance = kept.filter(|kept| kept.mode == windlass_domain::lock::LockMode::Compliance);
    JobRow {
        id: row.id.as_str().to_owned(),
        kind,
        state,
        connection: spec.connection.clone(),
        bucket: spec.bucket.as_str().to_owned(),
        to_bucket: spec.to_bucket.as_str().to_owned(),
        from: visible(from),
        to: visible(if several { level(to) } else { to }),
        chosen: spec.roots.len() as u64,
        rename: kind == JobKind::Move
            && !several
            && spec.bucket == spec.to_bucket
            && level(from) == level(to),
        objects: counts.objects,
        bytes: counts.bytes,
        done: counts.done,
        done_bytes: counts.done_bytes,
        left: counts.left,
        replaces: counts.replaces,
        rate,
        seconds_left,
        note: note.to_owned(),
        versioned: row.versioned,
        type_to_start: many.then_some(deletes),
        type_date: compliance.map(|kept| locks::typed_day(kept.until)),
        undoes: spec.undoes.as_ref().map(|id| id.as_str().to_owned()),
        can_undo: row.state.is_over()
            && row.undone_by.is_none()
            && counts.done > 0
            && job::plan::undone_by(spec.kind).is_some()
            && !(spec.kind == domain::JobKind::Restore && spec.undoes.is_some())
            && (spec.kind != domain::JobKind::Delete || row.versioned),
        created: row.created.millis(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_an_edit_gets_to_its_place() {
        let line = |field, name: &str, value: Option<&str>| EditLine {
            field,
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        let edit = edit(vec![
            line(EditField::CacheControl, "", Some("no-store")),
            line(EditField::ContentEncoding, "", None),
            line(EditField::StorageClass, "", Some("STANDARD_IA")),
            line(EditField::Metadata, "job", Some("7")),
            line(EditField::Tag, "old", None),
        ]);
        assert_eq!(edit.headers.get(&Header::CacheControl), Some(&Some("no-store".to_owned())));
        assert_eq!(edit.headers.get(&Header::ContentEncoding), Some(&None));
        assert_eq!(edit.class.as_deref(), Some("STANDARD_IA"));
        assert_eq!(edit.metadata.get("job"), Some(&Some("7".to_owned())));
        assert_eq!(edit.tags.get("old"), Some(&None));
    }

    #[test]
    fn levels_are_what_comes_before_the_last_name() {
        for (key, expected) in [("a/b/", "a/"), ("a/b", "a/"), ("a/", ""), ("a", ""), ("", "")] {
            assert_eq!(level(key), expected);
        }
    }
}
