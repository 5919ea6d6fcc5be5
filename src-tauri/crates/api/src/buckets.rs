//! Making and removing buckets. A bucket is removed only when nothing is in it; nothing here deletes an object.
use windlass_domain::{Bucket, check_bucket_name};
use windlass_ports::{
    BucketUse, Connection, CredentialSource, JournalWrite, Made, NewBucket, PairRow, RemoteError,
    RemoteErrorKind, Removed,
};

use crate::dto::{BucketRow, ErrorCode};
use crate::dto_more::BucketDraft;
use crate::error::chain;
use crate::{Api, UiError, visible};

impl Api {
    /// What is wrong with a name for a new bucket, in words; `None` for a good one.
    pub(crate) async fn check_bucket_name(&self, name: String) -> Result<Option<String>, UiError> {
        Ok(check_bucket_name(&name).err().map(|problem| problem.to_string()))
    }

    /// Makes a bucket. One that is there already stays as it is.
    pub(crate) async fn create_bucket(
        &self,
        connection: String,
        draft: BucketDraft,
    ) -> Result<BucketRow, UiError> {
        let known = self.connection(&connection).await?;
        check_bucket_name(&draft.name).map_err(|problem| {
            UiError::new(
                ErrorCode::NameNotAllowed,
                format!("{problem} Nothing was made. Choose another name."),
            )
        })?;
        let region = draft.region.trim();
        let region =
            (!region.is_empty() && Some(region) != known.region.as_deref()).then(|| region.to_owned());
        let name = Bucket::new(draft.name.as_str());
        let browse = self.remotes.browse(&connection).await?;
        let new = NewBucket { name: name.clone(), region, object_lock: draft.object_lock };
        match browse.create_bucket(&new).await.map_err(|error| refused(error, Wanted::Make))? {
            Made::New => {}
            Made::Yours => {
                return Err(UiError::new(
                    ErrorCode::Conflict,
                    format!("You have a bucket {name} already. It was left as it is. Choose another name."),
                ));
            }
            Made::Taken => {
                return Err(UiError::new(
                    ErrorCode::Conflict,
                    format!(
                        "There is a bucket {name} already, and it is not yours: a name is given only once. Nothing was made. Choose another name."
                    ),
                ));
            }
        }
        self.note("create-bucket", name.as_str(), "bucket made by hand").await?;
        // An earlier one of this name may have been deleted elsewhere; nothing that was known of it holds for this one.
        self.forget_bucket(&connection, name.as_str()).await?;
        if draft.versioning && !draft.object_lock {
            browse.start_versions(&name).await.map_err(|error| {
                UiError::new(
                    ErrorCode::Unexpected,
                    format!(
                        "The bucket {name} was made, but it keeps no older versions: the server did not begin with that. Delete the bucket, or switch versions on with the server's own tools."
                    ),
                )
                .with_detail(chain(&error))
            })?;
        }
        Ok(BucketRow { name: draft.name, created: Some(self.clock.now().millis()) })
    }

    /// Removes a bucket with nothing in it, when its name was typed.
    pub(crate) async fn delete_bucket(
        &self,
        connection: String,
        bucket: String,
        typed: String,
    ) -> Result<(), UiError> {
        let known = self.connection(&connection).await?;
        if typed != bucket {
            return Err(UiError::bad_request(format!(
                "The name that was typed is not {}, so nothing was deleted. Type it as it is written.",
                visible(&bucket)
            )));
        }
        if let Some(pair) = self.folder_in(&known, &bucket).await? {
            return Err(UiError::new(
                ErrorCode::Conflict,
                format!(
                    "The sync folder {} keeps its files in {}, so the bucket was not deleted. Remove that sync folder first.",
                    visible(&pair.name),
                    visible(&bucket)
                ),
            ));
        }
        let name = Bucket::new(bucket.as_str());
        let browse = self.remotes.browse(&connection).await?;
        let found = browse.bucket_use(&name).await.map_err(|error| refused(error, Wanted::Look))?;
        if !found.is_empty() {
            return Err(UiError::new(ErrorCode::Conflict, holds(&visible(&bucket), &found)));
        }
        match browse.delete_bucket(&name).await.map_err(|error| refused(error, Wanted::Delete))? {
            Removed::Gone => {}
            Removed::NotEmpty => {
                return Err(UiError::new(
                    ErrorCode::Conflict,
                    format!(
                        "The server says that {} is not empty, so it was not deleted. Something may have come into it just now. Look at what it holds.",
                        visible(&bucket)
                    ),
                ));
            }
        }
        self.note("delete-bucket", &bucket, "empty bucket deleted by hand").await?;
        self.forget_bucket(&connection, &bucket).await
    }

    /// A sync folder with files in this bucket, through whichever connection to the same server.
    async fn folder_in(&self, known: &Connection, bucket: &str) -> Result<Option<PairRow>, UiError> {
        let connections = self.catalog.connections().await?;
        let here = |id: &str| {
            id == known.id || connections.iter().any(|other| other.id == id && same_server(other, known))
        };
        let pairs = self.journal.pairs().await?;
        Ok(pairs.into_iter().find(|pair| pair.bucket == bucket && here(&pair.connection)))
    }

    async fn forget_bucket(&self, connection: &str, bucket: &str) -> Result<(), UiError> {
        for index in self.index.indexes().await? {
            if index.connection == connection && index.bucket == bucket {
                self.drop_index(index.listing.id.0.to_string()).await?;
            }
        }
        self.catalog.forget_bucket(connection, bucket).await?;
        self.remotes.forget(connection).await;
        Ok(())
    }

    async fn note(&self, action: &'static str, bucket: &str, detail: &str) -> Result<(), UiError> {
        let line = JournalWrite::Audit {
            at: self.clock.now(),
            action,
            target: bucket.to_owned(),
            detail: detail.to_owned(),
        };
        self.journal.commit(vec![line]).await?;
        Ok(())
    }
}

/// Whether both lead to the same server, as far as their addresses tell. A profile may name an endpoint of its own, so that
/// two may seem to be on one server and are not: then a bucket is kept that could go.
fn same_server(one: &Connection, other: &Connection) -> bool {
    let practice = |c: &Connection| c.source == CredentialSource::Practice;
    !practice(one) && !practice(other) && one.endpoint == other.endpoint
}

#[derive(Clone, Copy)]
enum Wanted {
    Make,
    Look,
    Delete,
}

fn refused(error: RemoteError, wanted: Wanted) -> UiError {
    if error.kind != RemoteErrorKind::AccessDenied {
        return error.into();
    }
    let (what, right) = match wanted {
        Wanted::Make => ("make buckets. Nothing was made", "s3:CreateBucket"),
        Wanted::Look => ("look into this bucket, and only an empty one is deleted", "s3:ListBucket"),
        Wanted::Delete => ("delete this bucket. It was left as it is", "s3:DeleteBucket"),
    };
    UiError::new(
        ErrorCode::NoPermission,
        format!("This identity may not {what}. Ask whoever runs the account for {right}."),
    )
    .with_detail(chain(&error))
}

/// `photos holds 3 objects and 1 older version, so it was not deleted.`
fn holds(bucket: &str, found: &BucketUse) -> String {
    let some = |count: u64, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let mut parts: Vec<String> = [
        some(found.objects, "object", "objects"),
        some(found.older, "older version", "older versions"),
        some(found.markers, "delete marker", "delete markers"),
        some(found.uploads, "unfinished upload", "unfinished uploads"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if found.more {
        parts.push("more that was not counted".to_owned());
    }
    let last = parts.pop().unwrap_or_else(|| "something".to_owned());
    let list = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
    let older = if found.older + found.markers > 0 {
        " Older versions and markers stay when objects are deleted; they go with the server's own tools."
    } else {
        ""
    };
    format!("{bucket} holds {list}, so it was not deleted. Only an empty bucket is.{older}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_bucket_is_told_with_counts() {
        let found =
            |objects, older, markers, uploads, more| BucketUse { objects, older, markers, uploads, more };
        for (found, said) in [
            (found(1, 0, 0, 0, false), "b holds 1 object, so it was not deleted. Only an empty bucket is."),
            (
                found(3, 1, 0, 2, false),
                "b holds 3 objects, 1 older version and 2 unfinished uploads, so it was not deleted. Only an empty bucket is. Older versions and markers stay when objects are deleted; they go with the server's own tools.",
            ),
            (
                found(1000, 0, 0, 0, true),
                "b holds 1000 objects and more that was not counted, so it was not deleted. Only an empty bucket is.",
            ),
        ] {
            assert!(!found.is_empty());
            assert_eq!(holds("b", &found), said);
        }
        assert!(BucketUse::default().is_empty());
        assert!(!BucketUse { more: true, ..BucketUse::default() }.is_empty());
    }
}
