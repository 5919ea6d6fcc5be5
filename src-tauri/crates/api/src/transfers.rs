//! Transfers as rows, and what a person can do to them.
use std::collections::HashMap;

use windlass_domain::upload::FaultKind;
use windlass_domain::{Ending, Timestamp, TransferId, Upload, WaitFor};
use windlass_ports::UploadRow;
use windlass_ports::journal::UploadFilter;

use crate::dto::{
    Activity, Direction, TransferCounts, TransferFilter, TransferRow, TransferState, TransferWindow,
};
use crate::work::Moving;
use crate::{Api, UiError, visible};

/// Most rows in one answer.
const MAX_ROWS: u64 = 1000;

macro_rules! one {
    ($($name:ident => $does:ident),* $(,)?) => {
        $(pub(crate) async fn $name(&self, id: String) -> Result<(), UiError> {
            self.engine.$does(&TransferId::from(id)).await
        })*
    };
}

macro_rules! all {
    ($($name:ident),* $(,)?) => {
        $(pub(crate) async fn $name(&self) -> Result<(), UiError> {
            self.engine.$name().await
        })*
    };
}

impl Api {
    one!(pause_transfer => pause, resume_transfer => resume, cancel_transfer => cancel, retry_transfer => retry);
    all!(pause_all, resume_all, cancel_all, retry_all, clear_done);

    pub(crate) async fn set_bandwidth(&self, bytes_per_second: Option<u64>) -> Result<(), UiError> {
        if bytes_per_second.is_some_and(|b| b < 1024) {
            return Err(UiError::bad_request(
                "The limit must be at least 1 KiB per second. Nothing was changed. Use pause to stop transfers.",
            ));
        }
        self.engine.set_bandwidth(bytes_per_second);
        Ok(())
    }

    pub(crate) async fn transfers(
        &self,
        offset: u64,
        limit: u64,
        filter: TransferFilter,
    ) -> Result<TransferWindow, UiError> {
        let downloads: Vec<TransferRow> = self.engine.downloads();
        let limit = limit.min(MAX_ROWS);
        let shown: Vec<&TransferRow> = downloads.iter().filter(|d| belongs(d.state, filter)).collect();
        let before = shown.len() as u64;
        let mut rows: Vec<TransferRow> =
            shown.into_iter().skip(offset as usize).take(limit as usize).cloned().collect();
        let stored = match filter {
            TransferFilter::Open => UploadFilter::Open,
            TransferFilter::Active => UploadFilter::Active,
            TransferFilter::Waiting => UploadFilter::Waiting,
            TransferFilter::Failed => UploadFilter::Failed,
            TransferFilter::Done => UploadFilter::Done,
        };
        let rest = limit.saturating_sub(rows.len() as u64);
        let (uploads, counts) =
            self.journal.upload_window(stored, offset.saturating_sub(before), rest).await?;
        let moving = self.engine.progress();
        let by_id: HashMap<&TransferId, &Moving> = moving.iter().map(|m| (&m.id, m)).collect();
        let pairs: HashMap<_, _> = self.journal.pairs().await?.into_iter().map(|p| (p.id, p.name)).collect();
        let now = self.clock.now();
        for upload in uploads {
            let name = upload
                .spec
                .pair
                .as_ref()
                .and_then(|id| pairs.get(id).cloned())
                .or_else(|| self.engine.batch_name(&upload.spec.batch))
                .unwrap_or_else(|| "Upload".to_owned());
            let moved = by_id.get(&upload.spec.id).copied();
            rows.push(row(&upload, name, moved, now));
        }
        let mut counts = TransferCounts {
            open: counts.open,
            active: counts.active,
            waiting: counts.waiting,
            failed: counts.failed,
            done: counts.done,
        };
        for download in &downloads {
            for (count, filter) in [
                (&mut counts.open, TransferFilter::Open),
                (&mut counts.active, TransferFilter::Active),
                (&mut counts.waiting, TransferFilter::Waiting),
                (&mut counts.failed, TransferFilter::Failed),
                (&mut counts.done, TransferFilter::Done),
            ] {
                *count += u64::from(belongs(download.state, filter));
            }
        }
        let activity = self.activity(&rows, &moving, &downloads, counts.failed).await?;
        Ok(TransferWindow { rows, counts, activity })
    }

    async fn activity(
        &self,
        rows: &[TransferRow],
        moving: &[Moving],
        downloads: &[TransferRow],
        failed: u64,
    ) -> Result<Activity, UiError> {
        let (mut total, mut done) = self.journal.open_bytes().await?;
        done += moving.iter().map(|m| m.sent).sum::<u64>();
        for download in downloads.iter().filter(|d| belongs(d.state, TransferFilter::Open)) {
            total += download.size;
            done += download.done;
        }
        let done = done.min(total);
        let rate = self.engine.rate();
        Ok(Activity {
            done,
            total,
            rate,
            seconds_left: if rate == 0 || done >= total { None } else { Some((total - done).div_ceil(rate)) },
            failed,
            paused: self.engine.all_paused(),
            cap: self.engine.bandwidth(),
            title: rows
                .iter()
                .find(|r| r.state == TransferState::Active)
                .map(|r| r.batch_name.clone())
                .unwrap_or_default(),
        })
    }
}

const fn belongs(state: TransferState, filter: TransferFilter) -> bool {
    match filter {
        TransferFilter::Open => !matches!(state, TransferState::Safe | TransferState::Cancelled),
        TransferFilter::Active => matches!(state, TransferState::Active | TransferState::Checking),
        TransferFilter::Waiting => matches!(
            state,
            TransferState::Waiting
                | TransferState::Retrying
                | TransferState::Paused
                | TransferState::NeedsSignIn
        ),
        TransferFilter::Failed => matches!(state, TransferState::Failed),
        TransferFilter::Done => matches!(state, TransferState::Safe | TransferState::Cancelled),
    }
}

fn row(upload: &UploadRow, batch_name: String, moving: Option<&Moving>, now: Timestamp) -> TransferRow {
    let spec = &upload.spec;
    let (state, note) = words(&upload.state, now);
    let parts_done = upload.state.done().map_or(0, |done| done.len() as u32);
    let stored: u64 = upload.state.done().map_or(0, |done| {
        done.keys().filter_map(|n| spec.parts.range(*n)).map(|range| range.end - range.start).sum()
    });
    let size = spec.snapshot.size;
    let done = match state {
        TransferState::Safe | TransferState::Checking => size,
        TransferState::Waiting
        | TransferState::Active
        | TransferState::Retrying
        | TransferState::Paused
        | TransferState::NeedsSignIn
        | TransferState::Failed
        | TransferState::Cancelled => moving.map_or(stored, |m| m.sent.max(stored)).min(size),
    };
    TransferRow {
        id: spec.id.as_str().to_owned(),
        batch: spec.batch.as_str().to_owned(),
        batch_name,
        direction: Direction::Up,
        name: visible(spec.path.as_str()),
        to: visible(&format!("{}/{}", spec.bucket, spec.key)),
        size,
        done,
        parts: if spec.single() { 1 } else { spec.parts.count() },
        parts_done,
        state,
        note,
        rate: moving.map_or(0, |m| m.rate),
        revision: upload.revision.0,
    }
}

fn words(state: &Upload, now: Timestamp) -> (TransferState, String) {
    let none = String::new();
    match state {
        Upload::Queued => (TransferState::Waiting, none),
        Upload::Putting | Upload::Opening | Upload::Sending { .. } | Upload::Completing { .. } => {
            (TransferState::Active, none)
        }
        Upload::Resolving { .. } => (TransferState::Checking, "Looking at what the bucket holds".to_owned()),
        Upload::Verifying { .. } => (TransferState::Checking, none),
        Upload::Aborting { .. } => (TransferState::Active, "Clearing up on the server".to_owned()),
        Upload::Waiting { until, why, .. } => waiting(*until, *why, now),
        Upload::Ended(Ending::Committed) => (TransferState::Safe, none),
        Upload::Ended(Ending::Superseded) => (
            TransferState::Cancelled,
            "The file changed while it was read; its newer version is looked at anew".to_owned(),
        ),
        Upload::Ended(Ending::Conflicted) => (
            TransferState::Failed,
            "A different object is already there; both were left as they are".to_owned(),
        ),
        Upload::Ended(Ending::Cancelled) => (TransferState::Cancelled, none),
        Upload::Ended(Ending::Failed(code)) => (TransferState::Failed, code.words().title.to_owned()),
    }
}

fn waiting(until: WaitFor, why: Option<FaultKind>, now: Timestamp) -> (TransferState, String) {
    match until {
        WaitFor::User => (TransferState::Paused, String::new()),
        WaitFor::Credentials => {
            (TransferState::NeedsSignIn, "Sign-in ended; sign in again to go on".to_owned())
        }
        WaitFor::Network => {
            (TransferState::Retrying, "No connection; goes on by itself when it is back".to_owned())
        }
        WaitFor::Time(at) => {
            let seconds = at.since(now).div_ceil(1_000_000_000);
            let cause = match why {
                Some(FaultKind::Throttled) => "The server asks for patience",
                Some(FaultKind::CorruptedInTransit) => "Bytes were damaged on the way",
                Some(FaultKind::Network) => "No answer from the server",
                Some(
                    FaultKind::PreconditionFailed
                    | FaultKind::ConditionalConflict
                    | FaultKind::NoSuchUpload
                    | FaultKind::Credentials
                    | FaultKind::AccessDenied
                    | FaultKind::BucketMissing
                    | FaultKind::SourceUnreadable
                    | FaultKind::SourceGone
                    | FaultKind::Unsupported
                    | FaultKind::Unexpected,
                )
                | None => "It did not work the first time",
            };
            (TransferState::Retrying, format!("{cause}; next try in {seconds} s"))
        }
    }
}
