//! Putting the sample in: everything in one transaction, so that a kill leaves all of it or nothing.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension as _;
use s3s::S3Result;
use s3s::crypto::{Checksum as _, Md5};

use super::{Meta, NewBody, NewObject, Store, Versioning, buckets, db, now_ms, objects};
use crate::checksum::{Algo, Kind, finish, hasher, hex};

/// One version of the sample; without content it is a delete marker.
pub(crate) struct SeedItem {
    pub(crate) key: String,
    pub(crate) modified_ms: i64,
    pub(crate) content: Option<SeedContent>,
}

/// What a version of the sample holds.
pub(crate) struct SeedContent {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) user: BTreeMap<String, String>,
    pub(crate) tags: Vec<(String, String)>,
}

const DONE: &str = "sample";

impl Store {
    /// Whether the sample has been put in already.
    pub(crate) fn is_seeded(&self) -> S3Result<bool> {
        self.read(|c| {
            let value: Option<String> = c
                .query_row("SELECT value FROM state WHERE name = ?1", [DONE], |r| r.get(0))
                .optional()
                .map_err(db)?;
            Ok(value.is_some())
        })
    }

    /// Makes the bucket with versions and puts the items in, in their order.
    pub(crate) fn seed(&self, bucket: &str, items: impl Iterator<Item = SeedItem>) -> S3Result<()> {
        self.write(|tx, garbage| {
            tx.execute(
                "INSERT OR IGNORE INTO buckets (name, created_ms, versioning) VALUES (?1, ?2, ?3)",
                rusqlite::params![bucket, now_ms(), Versioning::Enabled.name()],
            )
            .map_err(db)?;
            let row = buckets::need(tx, bucket)?;
            for item in items {
                let Some(content) = item.content else {
                    let marker = NewObject {
                        size: 0,
                        etag: String::new(),
                        storage_class: String::new(),
                        meta: Meta::default(),
                    };
                    objects::insert(tx, garbage, &row, &item.key, &marker, &[], item.modified_ms)?;
                    continue;
                };
                let mut sums = hasher(&[Algo::Crc64Nvme]);
                sums.update(&content.bytes);
                let md5 = Md5::checksum(&content.bytes);
                let object = NewObject {
                    size: content.bytes.len() as u64,
                    etag: hex(&md5),
                    storage_class: "STANDARD".to_owned(),
                    meta: Meta {
                        content_type: Some(content.content_type.to_owned()),
                        user: content.user,
                        tags: content.tags,
                        checksums: finish(sums),
                        checksum_kind: Some(Kind::FullObject),
                        ..Meta::default()
                    },
                };
                let segments = NewBody::Inline(content.bytes).segment(tx)?;
                objects::insert(tx, garbage, &row, &item.key, &object, &segments, item.modified_ms)?;
            }
            tx.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?1, 'done')", [DONE])
                .map_err(db)?;
            Ok(())
        })
    }
}
