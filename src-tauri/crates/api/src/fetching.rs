//! Fetching what is chosen as a whole, for a shell that hands it on: all of it, or an error and nothing that goes on.
use std::future::Future;
use std::path::PathBuf;

use tokio::sync::broadcast::error::RecvError;
use windlass_domain::{BatchId, Bucket, ObjectKey, TransferId};
use windlass_engine::BatchReport;
use windlass_ports::LevelEntry;
use windlass_ports::remote::Depth;

use crate::dto::{ErrorCode, TransferState};
use crate::names::{last_part, visible};
use crate::objects::parse_key;
use crate::writing::level_to_strip;
use crate::{Api, UiError};

/// How much may be fetched as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeLimit {
    /// Objects.
    pub files: usize,
    /// Their bytes together.
    pub bytes: u64,
}

impl Api {
    /// Fetches objects and folders below the folder `to`, and returns when all of it is there, with the promises of every
    /// download: each object bound to one version, verified, and visible only when it is whole. It stands among the transfers.
    ///
    /// Cancel: when `stop` is ready, what is under way is cancelled and awaited, so that nothing is written to `to` after
    /// this has returned. What had arrived by then stays there; the caller removes the folder.
    ///
    /// # Errors
    /// `NotSupported` when it is more than `limit`; `Unexpected` when something could not be fetched, with the first reason,
    /// or when it was stopped; else what the server says to the listing.
    pub async fn fetch_whole(
        &self,
        connection: &str,
        bucket: &str,
        keys: &[String],
        to: PathBuf,
        limit: WholeLimit,
        stop: impl Future<Output = ()>,
    ) -> Result<(), UiError> {
        let place = Bucket::new(bucket);
        let Some(first) = keys.first() else {
            return Err(UiError::bad_request("Nothing is chosen, so nothing was fetched."));
        };
        let name = match keys.len() {
            1 => format!("Drag out {}", last_part(first)),
            many => format!("Drag out {many} items"),
        };
        tokio::pin!(stop);
        let wanted = tokio::select! {
            biased;
            () = &mut stop => return Err(stopped()),
            wanted = self.objects_below(connection, &place, keys, Some(limit)) => wanted?,
        };
        if wanted.is_empty() {
            return Err(UiError::bad_request(
                "There are no objects in it, so there is nothing to hand over.",
            ));
        }
        // Before the first byte: what happens from here on is seen.
        let mut changes = self.engine.events();
        let batch = self.engine.download(connection, place, wanted, level_to_strip(first), to, name).await?;
        let whole = self.engine.wait_batch(&batch);
        tokio::pin!(whole);
        let early = loop {
            tokio::select! {
                biased;
                () = &mut stop => break stopped(),
                report = &mut whole => return all_of(&report),
                change = changes.recv() => match change {
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        if self.bytes_of(&batch) > limit.bytes {
                            break too_much();
                        }
                    }
                    Err(RecvError::Closed) => return Err(stopped()),
                },
            }
        };
        self.cancel_batch(&batch).await;
        whole.await;
        Err(early)
    }

    fn bytes_of(&self, batch: &BatchId) -> u64 {
        let rows = self.engine.downloads();
        rows.iter().filter(|row| row.batch == batch.as_str()).map(|row| row.size).sum()
    }

    async fn cancel_batch(&self, batch: &BatchId) {
        for row in self.engine.downloads() {
            let over =
                matches!(row.state, TransferState::Safe | TransferState::Failed | TransferState::Cancelled);
            if row.batch == batch.as_str() && !over {
                // One that has just ended needs no cancel.
                let _ = self.engine.cancel(&TransferId::from(row.id)).await;
            }
        }
    }

    /// The objects that are chosen, those of chosen folders among them. With a limit, the walk ends where it is passed.
    pub(crate) async fn objects_below(
        &self,
        connection: &str,
        place: &Bucket,
        keys: &[String],
        limit: Option<WholeLimit>,
    ) -> Result<Vec<ObjectKey>, UiError> {
        let browse = self.remotes.browse(connection).await?;
        let mut wanted: Vec<ObjectKey> = Vec::new();
        let mut bytes = 0_u64;
        let fits = |files: usize, bytes: u64| match limit {
            Some(limit) if files > limit.files || bytes > limit.bytes => Err(too_much()),
            Some(_) | None => Ok(()),
        };
        fits(keys.len(), 0)?;
        for key in keys {
            if !key.ends_with('/') {
                wanted.push(parse_key(key)?);
                continue;
            }
            let mut after = None;
            loop {
                let page = browse.level(place, key, Depth::Deep, after.as_deref()).await?;
                for entry in page.entries {
                    match entry {
                        LevelEntry::Object { key, size, .. } if !key.ends_with('/') => {
                            bytes = bytes.saturating_add(size);
                            wanted.push(parse_key(&key)?);
                        }
                        // The empty object that stands for a folder.
                        LevelEntry::Object { .. } | LevelEntry::Deleted { .. } | LevelEntry::Folder(_) => {}
                    }
                }
                fits(wanted.len(), bytes)?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        fits(wanted.len(), bytes)?;
        Ok(wanted)
    }
}

fn all_of(report: &BatchReport) -> Result<(), UiError> {
    if report.failures == 0 {
        return Ok(());
    }
    let why =
        report.failed.first().map(|(name, why)| format!("{}: {why}", visible(name))).unwrap_or_default();
    let all = report.done.saturating_add(report.failures);
    Err(UiError::new(
        ErrorCode::Unexpected,
        format!(
            "{} of {all} could not be fetched, so nothing was handed over. {why} Leave it out and drag the others, or \
             choose Download to see each reason.",
            report.failures
        ),
    ))
}

fn too_much() -> UiError {
    UiError::new(
        ErrorCode::NotSupported,
        "This is too much to drag: what is dragged is fetched while you hold it. Nothing was handed over. Choose Download \
         and a folder instead; that goes on in the background.",
    )
}

fn stopped() -> UiError {
    UiError::new(ErrorCode::Unexpected, "The drag ended before all of it was here. Nothing was handed over.")
}
