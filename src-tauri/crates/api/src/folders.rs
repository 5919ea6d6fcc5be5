//! Sync folders as rows.
use std::collections::HashMap;
use std::path::Path;

use windlass_domain::words::FailureCode;
use windlass_domain::{Mode, PairId, Prefix};
use windlass_ports::{FileRow, FileState, MergeCause, Merged, PairRow};

use crate::dto::{
    ErrorCode, FailureGroup, FolderCounts, FolderFileRow, MergedRow, MergedWhy, RowState, SyncFolderRow,
};
use crate::dto_more::{FileFilter, FolderFiles};
use crate::dto_sync::{FolderOptions, SyncMode};
use crate::sync_folders::{brake_row, check, domain_mode, options_row, stored_options, sync_mode};
use crate::{Api, UiError, visible};

/// Most rows in one answer.
const MAX_ROWS: u64 = 1000;

impl Api {
    pub(crate) async fn folders(&self) -> Result<Vec<SyncFolderRow>, UiError> {
        let mut rows = Vec::new();
        for pair in self.journal.pairs().await? {
            rows.push(self.folder_row(pair).await?);
        }
        Ok(rows)
    }

    pub(crate) async fn folder_row(&self, pair: PairRow) -> Result<SyncFolderRow, UiError> {
        let counts = self.journal.folder_counts(&pair.id).await?;
        let status = self.engine.pair_status(&pair).await;
        let conflicts = match pair.mode {
            Mode::Ingest => 0,
            Mode::MirrorUp | Mode::MirrorDown | Mode::TwoWay => self.conflict_count(&pair.id).await?,
        };
        Ok(SyncFolderRow {
            id: pair.id.as_str().to_owned(),
            name: pair.name,
            local: pair.root,
            remote: format!("{}/{}", pair.bucket, pair.prefix),
            connection: pair.connection,
            state: status.state,
            state_text: status.text,
            counts: FolderCounts {
                total: counts.total,
                safe: counts.safe,
                checking: counts.checking,
                uploading: counts.uploading,
                waiting: counts.waiting,
                failed: counts.failed,
                bytes_total: counts.bytes_total,
                bytes_safe: counts.bytes_safe,
            },
            last_scan: pair.last_scan.map(windlass_domain::Timestamp::millis),
            rate: status.rate,
            mode: sync_mode(pair.mode),
            conflicts,
            options: options_row(&pair.options),
            brake: pair.brake.map(brake_row),
            nameless: status.nameless.0,
            nameless_sample: status.nameless.1.iter().map(|name| visible(name)).collect(),
            merge_need: status.merge_need,
            merged: pair.merged.map(merged_row),
            silent_since: status.silent_since.map(windlass_domain::Timestamp::millis),
        })
    }

    /// Adds a sync folder. One that only adds files starts at once; any other waits until its plan was seen and
    /// [`Self::start_folder`] is called.
    #[allow(clippy::too_many_arguments)]
    pub(crate) async fn add_folder(
        &self,
        name: String,
        local: String,
        connection: String,
        bucket: String,
        prefix: String,
        mode: SyncMode,
        options: Option<FolderOptions>,
    ) -> Result<SyncFolderRow, UiError> {
        self.connection(&connection).await?;
        let local = local.trim();
        let root = Path::new(local);
        if !root.is_absolute() {
            return Err(UiError::bad_request(
                "The folder must be a whole path, such as /home/me/photos. Nothing was added. Choose it again.",
            ));
        }
        if bucket.trim().is_empty() {
            return Err(UiError::bad_request("No bucket is chosen. Nothing was added. Choose one."));
        }
        let options = options.map(stored_options).unwrap_or_default();
        check(&options)?;
        for known in self.journal.pairs().await? {
            let other = Path::new(&known.root);
            if root.starts_with(other) || other.starts_with(root) {
                return Err(UiError::new(
                    ErrorCode::Conflict,
                    format!(
                        "{} is kept as the sync folder \"{}\" already, and one folder inside another would be sent twice. Nothing was added. Choose another folder.",
                        known.root, known.name
                    ),
                ));
            }
        }
        let name = match (name.trim(), root.file_name()) {
            ("", Some(last)) => last.to_string_lossy().into_owned(),
            ("", None) => "Folder".to_owned(),
            (given, _) => given.to_owned(),
        };
        let pair = PairRow {
            id: PairId::from(format!("f{:016x}", self.entropy.next_u64())),
            name,
            root: local.to_owned(),
            connection,
            bucket: bucket.trim().to_owned(),
            prefix: Prefix::new(prefix.trim_start_matches('/')).as_str().to_owned(),
            mode: domain_mode(mode),
            paused: mode != SyncMode::Ingest,
            last_scan: None,
            epoch: 0,
            remote_marker: None,
            seen_root: None,
            merged: None,
            options,
            brake: None,
        };
        let pair = self.engine.add_pair(pair).await?;
        self.hub.folders();
        self.folder_row(pair).await
    }

    pub(crate) async fn remove_folder(&self, id: String) -> Result<(), UiError> {
        let id = PairId::from(id);
        self.engine.remove_pair(&id).await?;
        self.forget_plan(&id);
        self.hub.folders();
        Ok(())
    }

    pub(crate) async fn pause_folder(&self, id: String) -> Result<(), UiError> {
        self.engine.pause_pair(&PairId::from(id)).await?;
        self.hub.folders();
        Ok(())
    }

    pub(crate) async fn resume_folder(&self, id: String) -> Result<(), UiError> {
        self.engine.resume_pair(&PairId::from(id)).await?;
        self.hub.folders();
        Ok(())
    }

    /// A person says that folder and objects are what they were, though a marker was lost.
    pub(crate) async fn merge_folder(&self, id: String) -> Result<(), UiError> {
        let id = PairId::from(id);
        self.engine.merge_pair(&id).await?;
        self.forget_plan(&id);
        self.hub.folders();
        Ok(())
    }

    pub(crate) async fn rescan_folder(&self, id: String) -> Result<(), UiError> {
        self.engine.rescan_pair(&PairId::from(id)).await
    }

    pub(crate) async fn folder_files(
        &self,
        id: String,
        offset: u64,
        limit: u64,
        filter: FileFilter,
    ) -> Result<FolderFiles, UiError> {
        use windlass_ports::journal::FileFilter as Stored;
        let id = PairId::from(id);
        let pair = self.pair(&id).await?;
        let filter = match filter {
            FileFilter::Todo => Stored::Todo,
            FileFilter::Verified => Stored::Verified,
            FileFilter::Failed => Stored::Failed,
            FileFilter::All => Stored::All,
        };
        let (files, total) = self.journal.file_window(&id, filter, offset, limit.min(MAX_ROWS)).await?;
        let moving: HashMap<_, _> = self.engine.progress().into_iter().map(|m| (m.id, m.sent)).collect();
        let mut rows = Vec::with_capacity(files.len());
        for file in files {
            let sent = match file.state {
                FileState::Uploading if !moving.is_empty() => self
                    .journal
                    .open_upload_of(&id, &file.path)
                    .await?
                    .and_then(|transfer| moving.get(&transfer).copied())
                    .unwrap_or_default(),
                FileState::Uploading
                | FileState::Waiting
                | FileState::Downloading
                | FileState::Held
                | FileState::Failed(_) => 0,
                FileState::Checking | FileState::Safe => file.local.as_ref().map_or(0, |l| l.size),
            };
            rows.push(file_row(file, &pair, sent));
        }
        Ok(FolderFiles { rows, total })
    }

    pub(crate) async fn pair(&self, id: &PairId) -> Result<PairRow, UiError> {
        self.journal.pairs().await?.into_iter().find(|p| &p.id == id).ok_or_else(|| {
            UiError::new(ErrorCode::NotFound, "There is no such sync folder any more. Choose another one.")
        })
    }

    pub(crate) async fn folder_failures(&self, id: String) -> Result<Vec<FailureGroup>, UiError> {
        let groups = self.journal.failures(&PairId::from(id)).await?;
        Ok(groups
            .into_iter()
            .map(|(code, count, paths)| {
                let words = code.words();
                FailureGroup {
                    code: code.code().to_owned(),
                    title: words.title.to_owned(),
                    advice: words.advice.to_owned(),
                    count,
                    examples: paths.iter().map(|p| crate::visible(p.as_str())).collect(),
                    can_retry: words.can_retry,
                }
            })
            .collect())
    }

    pub(crate) async fn retry_failed(&self, id: String, code: Option<String>) -> Result<u64, UiError> {
        let code = code
            .map(|text| {
                FailureCode::from_code(&text)
                    .ok_or_else(|| UiError::bad_request(format!("The field `code` is no cause: {text}.")))
            })
            .transpose()?;
        self.engine.retry_failed(&PairId::from(id), code).await
    }
}

fn merged_row(merged: Merged) -> MergedRow {
    let why = match merged.why {
        MergeCause::OldJournal => MergedWhy::OldJournal,
        MergeCause::OtherRoot => MergedWhy::OtherFolder,
        MergeCause::Asked => MergedWhy::Asked,
    };
    MergedRow { at: merged.at.millis(), why }
}

fn file_row(file: FileRow, pair: &PairRow, sent: u64) -> FolderFileRow {
    let (state, words) = match file.state {
        FileState::Waiting => (RowState::Waiting, ""),
        FileState::Uploading => (RowState::Uploading, ""),
        FileState::Checking => (RowState::Checking, ""),
        FileState::Downloading => (RowState::Downloading, ""),
        FileState::Held => (RowState::Held, ""),
        FileState::Safe => (RowState::Safe, ""),
        FileState::Failed(code) => (RowState::Failed, code.words().title),
    };
    FolderFileRow {
        key: Prefix::new(&pair.prefix)
            .key(file.path.as_str())
            .map(|k| k.as_str().to_owned())
            .unwrap_or_default(),
        path: crate::visible(file.path.as_str()),
        size: file.local.map_or(0, |l| l.size),
        state,
        note: if file.note.is_empty() { words.to_owned() } else { file.note },
        sent,
    }
}
