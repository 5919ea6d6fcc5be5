//! The versions of one object, page by page as they are asked for.
use windlass_domain::Bucket;
use windlass_domain::thaw::Archive;
use windlass_ports::ListedVersion;
use windlass_ports::remote::Depth;

use crate::dto_versions::{VersionMark, VersionRow, VersionsPage};
use crate::objects::parse_key;
use crate::{Api, UiError};

impl Api {
    /// One page, and nothing of it is kept.
    pub(crate) async fn object_versions(
        &self,
        connection: String,
        bucket: String,
        key: String,
        after: Option<VersionMark>,
    ) -> Result<VersionsPage, UiError> {
        parse_key(&key)?;
        let browse = self.remotes.browse(&connection).await?;
        let after = after.map(|mark| windlass_ports::VersionMark { key: mark.key, version: mark.version });
        let page = browse.versions(&Bucket::new(bucket.as_str()), &key, Depth::Deep, after.as_ref()).await?;
        // Keys that only begin like this one come behind it.
        let past = page.versions.iter().any(|one| one.key != key);
        let rows = page.versions.into_iter().filter(|one| one.key == key).map(row).collect();
        let next = page.next.filter(|_| !past);
        Ok(VersionsPage { rows, next: next.map(|mark| VersionMark { key: mark.key, version: mark.version }) })
    }
}

fn row(one: ListedVersion) -> VersionRow {
    let ListedVersion { version, latest, owner, .. } = one;
    let modified = version.modified.millis();
    let id = version.id.as_str().to_owned();
    match version.content {
        Some(content) => VersionRow {
            version: id,
            latest,
            marker: false,
            size: content.size,
            modified,
            etag: content.etag.as_str().to_owned(),
            archived: Archive::of(&content.class, None).is_some(),
            class: content.class.into(),
            owner,
        },
        None => VersionRow {
            version: id,
            latest,
            marker: true,
            size: 0,
            modified,
            etag: String::new(),
            class: String::new(),
            archived: false,
            owner,
        },
    }
}
