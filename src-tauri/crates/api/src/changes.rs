//! What a sync folder deleted, renamed or kept twice: the list, taking it back, and the conflicts that wait for a person.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;

use windlass_domain::{Bucket, PairId, Prefix, RelPath};
use windlass_ports::{IntentEnd, IntentKind, IntentRow, ObjectHead, PairRow, ScanItem};

use crate::dto::ErrorCode;
use crate::dto_more::Kept;
use crate::dto_preview::PreviewWant;
use crate::dto_sync::{
    ChangeEnd, ChangeKind, ChangeRow, ChangeWindow, ConflictChoice, ConflictDetails, ConflictRow,
    ConflictSide, ConflictWindow, ConflictsResolved,
};
use crate::objects::parse_key;
use crate::{Api, UiError, visible};

/// Most rows in one answer.
const MAX_ROWS: u64 = 1000;
/// Conflicts that are looked through; there are few, and each was written by hand.
const MAX_CONFLICTS: usize = 10_000;
/// Metadata that names the device a version came from.
const DEVICE: &str = "windlass-device";

/// Conflicts of each folder that were counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// How often a person answered; a count is as old as this.
    answers: u64,
    /// All that ever were, and those that wait.
    of: BTreeMap<PairId, (u64, u64)>,
}

impl Counted {
    fn answered(&mut self) {
        self.answers += 1;
        self.of.clear();
    }
}

impl Api {
    /// What the folder changed, newest first.
    pub(crate) async fn folder_changes(
        &self,
        id: String,
        offset: u64,
        limit: u64,
    ) -> Result<ChangeWindow, UiError> {
        let id = PairId::from(id);
        self.pair(&id).await?;
        let (rows, total) = self.journal.intent_window(&id, None, offset, limit.min(MAX_ROWS)).await?;
        Ok(ChangeWindow { rows: rows.into_iter().filter_map(change_row).collect(), total })
    }

    /// Takes a delete or a move to the trash back.
    pub(crate) async fn undo_change(&self, id: String) -> Result<(), UiError> {
        self.engine.undo(&id).await?;
        self.hub.folders();
        Ok(())
    }

    /// Conflicts that wait for a person, newest first.
    pub(crate) async fn folder_conflicts(
        &self,
        id: String,
        offset: u64,
        limit: u64,
    ) -> Result<ConflictWindow, UiError> {
        let id = PairId::from(id);
        let pair = self.pair(&id).await?;
        let open = self.open_conflicts(&id).await?;
        let total = open.len() as u64;
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = usize::try_from(limit.min(MAX_ROWS)).unwrap_or(usize::MAX);
        let rows = open.iter().skip(skip).take(take).map(|intent| conflict_row(intent, &pair)).collect();
        Ok(ConflictWindow { rows, total })
    }

    /// Both sides of a conflict as they are now, with small pictures.
    pub(crate) async fn conflict_details(&self, id: String) -> Result<ConflictDetails, UiError> {
        let intent = self.journal.intent(&id).await?.filter(is_open_conflict).ok_or_else(no_conflict)?;
        let pair = self.pair(&intent.pair).await?;
        let mut row = conflict_row(&intent, &pair);
        let (mine_picture, there) =
            tokio::join!(self.local_picture(&pair, intent.to.as_ref()), self.remote_side(&pair, &row.key));
        let mut theirs_picture = None;
        // A side that cannot be asked right now is told from the journal alone.
        if let Ok((head, picture)) = there {
            row.theirs.size = head.size;
            row.theirs.modified = head.modified.map(windlass_domain::Timestamp::millis);
            row.theirs.by = self.writer(&head).await?;
            theirs_picture = picture;
        }
        Ok(ConflictDetails { row, mine_picture, theirs_picture })
    }

    /// A person's word on several conflicts. Each is tried; what could not be done is told.
    pub(crate) async fn resolve_conflicts(
        &self,
        choices: Vec<ConflictChoice>,
    ) -> Result<ConflictsResolved, UiError> {
        let mut answer = ConflictsResolved { resolved: 0, kept: Vec::new() };
        for ConflictChoice { id, keep } in choices {
            let path = self.journal.intent(&id).await?.map(|i| visible(i.path.as_str()));
            match self.engine.resolve_conflict(&id, keep).await {
                Ok(()) => answer.resolved += 1,
                Err(error) => {
                    answer.kept.push(Kept { key: path.unwrap_or_default(), reason: error.message });
                }
            }
        }
        self.conflicts.lock().unwrap_or_else(PoisonError::into_inner).answered();
        self.hub.folders();
        Ok(answer)
    }

    /// How many conflicts of a folder wait. Counted anew only when there are more than at the last count, or one was resolved:
    /// the list of folders is asked for several times a second.
    pub(crate) async fn conflict_count(&self, id: &PairId) -> Result<u64, UiError> {
        let (_, total) = self.journal.intent_window(id, Some(IntentKind::KeepBoth), 0, 0).await?;
        let answers = {
            let known = self.conflicts.lock().unwrap_or_else(PoisonError::into_inner);
            match known.of.get(id) {
                Some((then, open)) if *then == total => return Ok(*open),
                Some(_) | None => known.answers,
            }
        };
        let open = self.open_conflicts(id).await?.len() as u64;
        let mut known = self.conflicts.lock().unwrap_or_else(PoisonError::into_inner);
        // A count that began before an answer is of yesterday.
        if known.answers == answers {
            known.of.insert(id.clone(), (total, open));
        }
        Ok(open)
    }

    /// Conflicts of a folder that wait for a person.
    async fn open_conflicts(&self, id: &PairId) -> Result<Vec<IntentRow>, UiError> {
        let mut open = Vec::new();
        let mut seen = 0;
        loop {
            let (rows, total) =
                self.journal.intent_window(id, Some(IntentKind::KeepBoth), seen, MAX_ROWS).await?;
            let end = rows.is_empty();
            seen += rows.len() as u64;
            open.extend(rows.into_iter().filter(is_open_conflict));
            if end || seen >= total || open.len() >= MAX_CONFLICTS {
                return Ok(open);
            }
        }
    }

    async fn writer(&self, head: &ObjectHead) -> Result<Option<String>, UiError> {
        let Some((_, device)) = head.metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(DEVICE))
        else {
            return Ok(None);
        };
        if *device == self.journal.device_id().await? {
            return Ok(Some("this computer".to_owned()));
        }
        Ok(Some(format!("device {}", visible(&device.chars().take(8).collect::<String>()))))
    }

    async fn remote_side(&self, pair: &PairRow, key: &str) -> Result<(ObjectHead, Option<String>), UiError> {
        let bucket = Bucket::new(pair.bucket.as_str());
        let parsed = parse_key(key)?;
        let head = self.remotes.browse(&pair.connection).await?.details(&bucket, &parsed).await?;
        let (connection, bucket) = (pair.connection.clone(), pair.bucket.clone());
        let found =
            self.preview(connection, bucket, key.to_owned(), head.etag.clone(), PreviewWant::Small).await;
        let picture = found.ok().and_then(|found| found.picture).map(|picture| picture.data_url);
        Ok((head, picture))
    }

    async fn local_picture(&self, pair: &PairRow, path: Option<&RelPath>) -> Option<String> {
        let (root, path) = (Path::new(&pair.root), path?);
        // Looked at first: nothing but a regular file below the root is opened.
        let Ok(Some(found)) = self.fs.look(root, path).await else { return None };
        let ScanItem::File(local) = found.item else { return None };
        self.local_preview(root.join(path.as_str()), local.size).await
    }
}

fn no_conflict() -> UiError {
    UiError::new(
        ErrorCode::NotFound,
        "This conflict is resolved already. Refresh the list to see those that wait.",
    )
}

/// Resolving ends a conflict as `Undone`, whatever was kept.
fn is_open_conflict(intent: &IntentRow) -> bool {
    intent.kind == IntentKind::KeepBoth && matches!(intent.ended, Some((_, IntentEnd::Done)))
}

fn conflict_row(intent: &IntentRow, pair: &PairRow) -> ConflictRow {
    ConflictRow {
        id: intent.id.clone(),
        path: visible(intent.path.as_str()),
        kept_as: intent.to.as_ref().map(|to| visible(to.as_str())).unwrap_or_default(),
        key: Prefix::new(&pair.prefix)
            .key(intent.path.as_str())
            .map(|k| k.as_str().to_owned())
            .unwrap_or_default(),
        mine: ConflictSide {
            size: intent.local.as_ref().map_or(intent.size, |l| l.size),
            modified: intent.local.as_ref().map(|l| l.mtime.millis()),
            by: None,
        },
        theirs: ConflictSide { size: intent.remote.as_ref().map_or(0, |r| r.size), modified: None, by: None },
        at: intent.ended.map_or(intent.at, |(at, _)| at).millis(),
    }
}

/// `None` for one that has not ended.
fn change_row(intent: IntentRow) -> Option<ChangeRow> {
    let (at, end) = intent.ended?;
    Some(ChangeRow {
        no_undo: no_undo(&intent, end).map(str::to_owned),
        kind: match intent.kind {
            IntentKind::DeleteRemote => ChangeKind::DeletedThere,
            IntentKind::TrashLocal => ChangeKind::TrashedHere,
            IntentKind::MoveRemote => ChangeKind::RenamedThere,
            IntentKind::MoveLocal => ChangeKind::RenamedHere,
            IntentKind::KeepBoth => ChangeKind::KeptBoth,
            IntentKind::ReplaceLocal => ChangeKind::ReplacedHere,
            IntentKind::SettleConflict => ChangeKind::ConflictSettled,
        },
        id: intent.id,
        path: visible(intent.path.as_str()),
        to: intent.to.map(|to| visible(to.as_str())),
        size: intent.size,
        cause: visible(&intent.cause),
        at: at.millis(),
        end: match end {
            IntentEnd::Done => ChangeEnd::Done,
            IntentEnd::Refused => ChangeEnd::Refused,
            IntentEnd::Undone => ChangeEnd::Undone,
        },
    })
}

/// Why a change cannot be taken back.
const fn no_undo(intent: &IntentRow, end: IntentEnd) -> Option<&'static str> {
    match (intent.kind, end) {
        (_, IntentEnd::Refused) => Some("Nothing was changed, so there is nothing to take back."),
        (_, IntentEnd::Undone) => Some("It was taken back already."),
        (
            IntentKind::DeleteRemote
            | IntentKind::TrashLocal
            | IntentKind::ReplaceLocal
            | IntentKind::SettleConflict,
            IntentEnd::Done,
        ) => {
            if intent.trashed.is_none() && intent.marker.is_none() {
                Some("Where its content went is not known.")
            } else {
                None
            }
        }
        (IntentKind::MoveRemote | IntentKind::MoveLocal, IntentEnd::Done) => {
            Some("Rename it back where you renamed it; the other side follows.")
        }
        (IntentKind::KeepBoth, IntentEnd::Done) => Some("Choose under Conflicts which side keeps the name."),
    }
}
