//! What a person does to the bucket by hand: folders, deletes, uploads and downloads.
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt as _;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::{Bucket, Prefix, RelPath, RemoteExpect, VersionId};
use windlass_ports::{JournalWrite, LevelEntry, RemoteErrorKind, RemoteStore};

use crate::dto::ErrorCode;
use crate::dto_more::{DeleteResult, DownloadStarted, Kept, UploadStarted};
use crate::error::remote_words;
use crate::names::last_part;
use crate::objects::{parent, parse_key};
use crate::{Api, UiError};

/// Deletes under way at the same time.
const DELETES_AT_ONCE: usize = 8;

impl Api {
    pub(crate) async fn create_folder(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
        name: String,
    ) -> Result<(), UiError> {
        let not_allowed = |why: String| {
            UiError::new(
                ErrorCode::NameNotAllowed,
                format!("This cannot be a folder's name: {why}. Nothing was made. Choose another name."),
            )
        };
        if name.contains('/') {
            return Err(not_allowed("it has a slash".to_owned()));
        }
        RelPath::parse(&name).map_err(|e| not_allowed(e.to_string()))?;
        let key = Prefix::new(&prefix).key(&format!("{name}/")).map_err(|e| not_allowed(e.to_string()))?;
        let browse = self.remotes.browse(&connection).await?;
        browse.create_folder(&Bucket::new(bucket.as_str()), &key).await?;
        self.audit("put", &bucket, key.as_str(), "folder made by hand").await?;
        if let Some(listing) = self.catalog.find_listing(&connection, &bucket, &prefix, false).await? {
            let entry = LevelEntry::Folder(key.as_str().to_owned());
            let info = self.catalog.add_to_listing(listing.id, vec![entry]).await?;
            self.hub.listing(listing.id.0, info.revision);
        }
        Ok(())
    }

    async fn audit(
        &self,
        action: &'static str,
        bucket: &str,
        key: &str,
        detail: &str,
    ) -> Result<(), UiError> {
        let line = JournalWrite::Audit {
            at: self.clock.now(),
            action,
            target: format!("{bucket}/{key}"),
            detail: detail.to_owned(),
        };
        self.journal.commit(vec![line]).await?;
        Ok(())
    }

    pub(crate) async fn delete_objects(
        &self,
        connection: String,
        bucket: String,
        keys: Vec<String>,
    ) -> Result<DeleteResult, UiError> {
        let place = Bucket::new(bucket.as_str());
        let store =
            self.remotes.store(&connection, &place, keys.first().map_or("", |key| parent(key))).await?;
        let outcomes: Vec<(String, Option<String>)> = futures::stream::iter(keys)
            .map(|key| {
                let store = Arc::clone(&store);
                let bucket = bucket.as_str();
                async move {
                    let kept = match delete_one(&store, &key).await {
                        Ok(()) => self
                            .audit("delete", bucket, &key, "deleted by hand")
                            .await
                            .err()
                            .map(|e| e.message),
                        Err(reason) => Some(reason),
                    };
                    (key, kept)
                }
            })
            .buffer_unordered(DELETES_AT_ONCE)
            .collect()
            .await;
        let mut gone: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut kept = Vec::new();
        let mut deleted = 0;
        let mut removed = Vec::new();
        for (key, reason) in outcomes {
            match reason {
                Some(reason) => kept.push(Kept { key, reason }),
                None => {
                    deleted += 1;
                    removed.push(key.clone());
                    gone.entry(parent(&key).to_owned()).or_default().push(key);
                }
            }
        }
        kept.sort_by(|a, b| a.key.cmp(&b.key));
        for (level, keys) in gone {
            if let Some(listing) = self.catalog.find_listing(&connection, &bucket, &level, false).await? {
                let info = self.catalog.remove_from_listing(listing.id, &keys).await?;
                self.hub.listing(listing.id.0, info.revision);
            }
        }
        self.take_out_of_indexes(&connection, &bucket, &removed).await?;
        let versions = match self.remotes.browse(&connection).await {
            Ok(browse) => browse.versioning(&place).await.is_ok_and(|kept| kept == Versioning::On),
            Err(_) => false,
        };
        let undo_hint = match (deleted, versions) {
            (0, _) => "",
            (_, true) => {
                "This bucket keeps versions: what was deleted is still there as an older version and can be brought back with the server's own tools."
            }
            (_, false) => "This bucket is not known to keep versions, so this cannot be undone.",
        };
        Ok(DeleteResult { deleted, kept, undo_hint: undo_hint.to_owned() })
    }

    /// What was deleted is found no more.
    async fn take_out_of_indexes(
        &self,
        connection: &str,
        bucket: &str,
        keys: &[String],
    ) -> Result<(), UiError> {
        if keys.is_empty() {
            return Ok(());
        }
        let all = self.index.indexes().await?;
        for index in all.iter().filter(|index| index.connection == connection && index.bucket == bucket) {
            self.catalog.remove_from_listing(index.listing.id, keys).await?;
        }
        self.hub.indexes();
        Ok(())
    }

    pub(crate) async fn download(
        &self,
        connection: String,
        bucket: String,
        keys: Vec<String>,
        to: String,
    ) -> Result<DownloadStarted, UiError> {
        let to = absolute(&to)?;
        let place = Bucket::new(bucket.as_str());
        let Some(first) = keys.first() else {
            return Err(UiError::bad_request("Nothing is chosen, so nothing was fetched."));
        };
        let strip = level_to_strip(first);
        let name = match keys.len() {
            1 => format!("Download {}", last_part(first)),
            many => format!("Download {many} items"),
        };
        let wanted = self.objects_below(&connection, &place, &keys, None).await?;
        let batch = self.engine.download(&connection, place, wanted, strip, to, name).await?;
        Ok(DownloadStarted { batch: batch.as_str().to_owned() })
    }

    /// Saves a version as a file whose name says when it is of.
    pub(crate) async fn download_version(
        &self,
        connection: String,
        bucket: String,
        key: String,
        version: String,
        modified: i64,
        to: String,
    ) -> Result<DownloadStarted, UiError> {
        let to = absolute(&to)?;
        let parsed = parse_key(&key)?;
        let at = jiff::Timestamp::from_millisecond(modified)
            .map_err(|_| UiError::bad_request("The field `modified` is no time. Nothing was done."))?
            .to_zoned(jiff::tz::TimeZone::system());
        let name = dated(last_part(&key), &at.strftime("%Y-%m-%d %H.%M.%S").to_string());
        let name = RelPath::parse(&name).map_err(|why| {
            UiError::new(
                ErrorCode::NameNotAllowed,
                format!("The key cannot be a file here: {why}. It stays in the bucket."),
            )
        })?;
        let (place, version) = (Bucket::new(bucket.as_str()), VersionId::new(version));
        let batch = self.engine.download_version(&connection, place, parsed, version, to, name).await?;
        Ok(DownloadStarted { batch: batch.as_str().to_owned() })
    }

    pub(crate) async fn upload_paths(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
        paths: Vec<String>,
    ) -> Result<UploadStarted, UiError> {
        let paths = paths.iter().map(|p| absolute(p)).collect::<Result<Vec<_>, _>>()?;
        self.upload_files(&connection, &bucket, &prefix, paths).await
    }

    /// Sends files and folders to a place in a bucket. For shells that hold paths already.
    ///
    /// # Errors
    /// When nothing is there or the upload cannot be queued.
    pub async fn upload_files(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        paths: Vec<PathBuf>,
    ) -> Result<UploadStarted, UiError> {
        self.connection(connection).await?;
        let Some(first) = paths.first() else {
            return Err(UiError::bad_request("No files were given, so nothing was sent."));
        };
        let name = match (paths.len(), first.file_name()) {
            (1, Some(name)) => name.to_string_lossy().into_owned(),
            (many, _) => format!("{many} items to {bucket}/{prefix}"),
        };
        let (batch, files) = self
            .engine
            .upload_paths(connection, Bucket::new(bucket), Prefix::new(prefix), paths, name)
            .await?;
        Ok(UploadStarted { batch: batch.as_str().to_owned(), files })
    }
}

/// The level that paths here leave out. Where it could not be a folder here itself (`../`, `a//`), nothing is left out: then
/// such a key fails with its reason, instead of landing here under a shorter name.
pub(crate) fn level_to_strip(key: &str) -> String {
    let level = parent(key);
    match level.strip_suffix('/').map(RelPath::parse) {
        Some(Ok(_)) => level.to_owned(),
        Some(Err(_)) | None => String::new(),
    }
}

/// `photo.jpg` of a time: `photo (time).jpg`.
fn dated(name: &str, time: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem} ({time}).{extension}"),
        Some(_) | None => format!("{name} ({time})"),
    }
}

/// Deletes what is at the key right now; the reason when it stays.
async fn delete_one(store: &Arc<dyn RemoteStore>, key: &str) -> Result<(), String> {
    let parsed = parse_key(key).map_err(|e| e.message)?;
    let words = |kind: RemoteErrorKind| remote_words(kind).1.to_owned();
    let seen = store.head(&parsed).await.map_err(|error| {
        if error.kind == RemoteErrorKind::NotFound && key.ends_with('/') {
            "A folder goes away with the last thing in it. Open it and delete what it holds.".to_owned()
        } else {
            words(error.kind)
        }
    })?;
    let marker = store.delete(&parsed, &RemoteExpect::Unchanged(seen.etag)).await;
    marker.map(|_| ()).map_err(|error| words(error.kind))
}

pub(crate) fn absolute(path: &str) -> Result<PathBuf, UiError> {
    let path = PathBuf::from(path);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(UiError::bad_request(format!(
            "{} is not a whole path. Enter it from the beginning, such as /home/me/photos.",
            path.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_as_a_file_keeps_its_extension() {
        for (name, file) in [("a.tar.gz", "a.tar (t).gz"), ("notes", "notes (t)"), (".env", ".env (t)")] {
            assert_eq!(dated(name, "t"), file);
        }
    }

    #[test]
    fn a_level_that_is_no_folder_here_is_not_left_out() {
        for (key, strip) in
            [("a/b.jpg", "a/"), ("a/b/", "a/"), ("b.jpg", ""), ("../x", ""), ("a//b", ""), ("/lead", "")]
        {
            assert_eq!(level_to_strip(key), strip, "{key}");
        }
    }
}
