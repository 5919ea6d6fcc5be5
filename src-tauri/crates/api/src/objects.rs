//! One object: its details.
use windlass_domain::thaw::Archive;
use windlass_domain::{Bucket, ObjectKey, Timestamp};
use windlass_ports::{Learned, LevelEntry, ListedRow, ListingSort, ObjectHead, RemoteErrorKind};

use crate::dto::{NamedValue, ObjectDetails, RowState};
use crate::learning::of_head;
use crate::names::{last_part, object_row};
use crate::{Api, UiError};

impl Api {
    pub(crate) async fn object_details(
        &self,
        connection: String,
        bucket: String,
        key: String,
    ) -> Result<ObjectDetails, UiError> {
        let place = Bucket::new(bucket.as_str());
        let parsed = parse_key(&key)?;
        let browse = self.remotes.browse(&connection).await?;
        let (head, tags) = tokio::join!(browse.details(&place, &parsed), browse.tags(&place, &parsed));
        let head = head?;
        let tags = match tags {
            Ok(tags) => Some(tags),
            Err(error) => {
                if !matches!(error.kind, RemoteErrorKind::Unsupported | RemoteErrorKind::AccessDenied) {
                    tracing::debug!(kind = ?error.kind, "tags were not read");
                }
                None
            }
        };
        self.learn(Learned {
            connection: connection.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            etag: head.etag.clone(),
            modified: head.modified,
            facts: of_head(&head, tags.as_deref()),
        });
        let tags = tags.map(named);
        let safe = self.known_safe(&connection, &bucket, &key, &head).await?;
        let row = object_row(ListedRow {
            entry: LevelEntry::Object {
                key,
                size: head.size,
                modified: head.modified,
                etag: head.etag.clone(),
                class: head.class.clone(),
            },
            safe,
        });
        let state_text = match row.state {
            RowState::Safe => {
                "The server confirmed a checksum of this version that equals the bytes read on this computer."
            }
            RowState::Archived => "Archived: it must be restored before it can be read.",
            RowState::Stored
            | RowState::Waiting
            | RowState::Uploading
            | RowState::Checking
            | RowState::Downloading
            | RowState::Held
            | RowState::Deleted
            | RowState::Failed => "In the bucket. Windlass has not compared its bytes with a file here.",
        };
        Ok(ObjectDetails {
            row,
            details: details(&head),
            metadata: named(head.metadata),
            tags,
            state_text: state_text.to_owned(),
        })
    }

    /// Whether a file here was proved equal to exactly this version.
    async fn known_safe(
        &self,
        connection: &str,
        bucket: &str,
        key: &str,
        head: &ObjectHead,
    ) -> Result<bool, UiError> {
        let Some(listing) = self.catalog.find_listing(connection, bucket, parent(key), false).await? else {
            return Ok(false);
        };
        let (rows, _) =
            self.catalog.listing_window(listing.id, 0, 200, ListingSort::Name, false, last_part(key)).await?;
        Ok(rows.into_iter().any(|row| match row.entry {
            LevelEntry::Object { key: listed, etag, .. } => row.safe && listed == key && etag == head.etag,
            LevelEntry::Folder(_) | LevelEntry::Deleted { .. } => false,
        }))
    }
}

/// The level a key is in.
pub(crate) fn parent(key: &str) -> &str {
    let body = key.strip_suffix('/').unwrap_or(key);
    body.rfind('/').and_then(|at| body.get(..=at)).unwrap_or_default()
}

pub(crate) fn parse_key(key: &str) -> Result<ObjectKey, UiError> {
    ObjectKey::parse(key)
        .map_err(|e| UiError::bad_request(format!("The field `key` is no key: {e}. Nothing was done.")))
}

fn named(pairs: Vec<(String, String)>) -> Vec<NamedValue> {
    pairs.into_iter().map(|(name, value)| NamedValue { name, value }).collect()
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(|_| String::new(), |t| t.to_string())
}

fn details(head: &ObjectHead) -> Vec<NamedValue> {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(NamedValue { name: name.to_owned(), value: value.to_owned() });
        }
    };
    add("Modified", &head.modified.map(time).unwrap_or_default());
    add("Class", &head.class);
    // Thawed, its copy can be read like any other object.
    let thawed = head
        .more
        .iter()
        .any(|(name, value)| name == "Restore" && value.contains("ongoing-request=\"false\""));
    if Archive::of(&head.class, None).is_some() && !thawed {
        add("Reading", "needs a thaw first");
    }
    add("Type", head.content_type.as_deref().unwrap_or_default());
    add("Encryption", head.encryption.as_deref().unwrap_or_default());
    for (name, value) in &head.checksums {
        add(name, value);
    }
    add("Version", head.version.as_deref().unwrap_or_default());
    add("ETag", &head.etag);
    for (name, value) in &head.more {
        add(name, value);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_a_key_is_all_before_its_last_part() {
        for (key, level) in [("a", ""), ("a/b", "a/"), ("a/b/", "a/"), ("/x", "/"), ("a//b", "a//")] {
            assert_eq!(parent(key), level, "{key}");
        }
    }
}
