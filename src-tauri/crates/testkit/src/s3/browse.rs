//! Listings.
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::price::PriceAt;
use windlass_domain::time;
use windlass_domain::{Bucket, Capabilities, ETag, ObjectKey, RemoteExpect, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{
    BucketInfo, BucketUse, Level, LevelEntry, ListedVersion, Made, NewBucket, ObjectHead, PutBody, RangeRead,
    RemoteBrowse, RemoteError, RemoteErrorKind as Kind, RemoteStore as _, Removed, VersionMark, VersionPage,
};

use super::{PAGE, VirtualS3, error, lost};
use crate::world::Fault;

/// An order that is not that of the bytes, yet always the same: as of servers that sort by something else.
fn odd(key: &str) -> String {
    key.chars().rev().collect()
}

#[async_trait]
impl RemoteBrowse for VirtualS3 {
    fn place(&self, _: &Bucket) -> PriceAt {
        PriceAt { endpoint: Some("http://virtual".to_owned()), region: String::new() }
    }

    async fn buckets(&self) -> Result<Vec<BucketInfo>, RemoteError> {
        self.world.pass("buckets").await;
        Ok(vec![BucketInfo { name: self.bucket.as_str().to_owned(), created: None }])
    }

    async fn create_bucket(&self, _: &NewBucket) -> Result<Made, RemoteError> {
        Err(error(Kind::Unsupported, "there is one bucket only, and none is made"))
    }

    async fn start_versions(&self, _: &Bucket) -> Result<(), RemoteError> {
        Err(error(Kind::Unsupported, "the bucket stays as it is"))
    }

    async fn bucket_use(&self, bucket: &Bucket) -> Result<BucketUse, RemoteError> {
        self.inside_bucket(bucket);
        self.world.pass("bucket_use").await;
        let state = self.state();
        let mut found = BucketUse { uploads: state.open.len() as u64, ..BucketUse::default() };
        for version in state.keys.values().flat_map(|versions| {
            let last = versions.len().saturating_sub(1);
            versions.iter().enumerate().map(move |(at, version)| (version, at == last))
        }) {
            match version {
                (version, _) if version.data.is_none() => found.markers += 1,
                (_, true) => found.objects += 1,
                (_, false) => found.older += 1,
            }
        }
        Ok(found)
    }

    async fn delete_bucket(&self, bucket: &Bucket) -> Result<Removed, RemoteError> {
        self.world.wrong("I5", format!("the bucket {bucket} was to be deleted"));
        Err(error(Kind::AccessDenied, "nobody asked for it"))
    }

    async fn level(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError> {
        self.inside_bucket(bucket);
        self.inside(prefix);
        self.world.pass("list").await;
        let can = [
            Fault::NetBefore,
            Fault::Throttled,
            Fault::Expired,
            Fault::Denied,
            Fault::ListCut,
            Fault::ListMisses,
        ];
        if after.is_none() {
            self.state().calls.lists += 1;
        }
        let fault = self.world.fault("list", &can);
        match fault {
            Some(Fault::NetBefore) => return Err(lost()),
            Some(Fault::Throttled) => return Err(error(Kind::Throttled, "slow down")),
            Some(Fault::Expired) => return Err(error(Kind::Unauthenticated, "the token has expired")),
            Some(Fault::Denied) => return Err(error(Kind::AccessDenied, "access denied")),
            _ => {}
        }
        let mut state = self.state();
        state.catch_up(&self.world, false);
        let order = |key: &str| if state.profile.unordered { odd(key) } else { key.to_owned() };
        let mut keys: Vec<String> = state
            .keys
            .keys()
            .filter(|key| key.starts_with(prefix) && state.current(key).is_some())
            .map(|key| order(key))
            .filter(|key| after.is_none_or(|after| key.as_str() > after))
            .collect();
        keys.sort_unstable();
        let more = keys.len() > PAGE && fault != Some(Fault::ListCut);
        keys.truncate(PAGE);
        let next = if more { keys.last().cloned() } else { None };
        if fault == Some(Fault::ListMisses) && !keys.is_empty() {
            keys.remove(self.world.draw(|chance| chance.below(keys.len() as u64)) as usize);
        }
        let mut entries = Vec::new();
        let mut folder = String::new();
        for key in keys {
            let key = order(&key);
            let rest = key.get(prefix.len()..).unwrap_or_default();
            if depth == Depth::Level
                && let Some((name, _)) = rest.split_once('/')
            {
                if name != folder {
                    name.clone_into(&mut folder);
                    entries.push(LevelEntry::Folder(format!("{prefix}{name}/")));
                }
                continue;
            }
            if let Some(version) = state.current(&key) {
                entries.push(LevelEntry::Object {
                    size: version.data.as_ref().map_or(0, |data| data.len() as u64),
                    modified: Some(Self::modified(version)),
                    etag: version.etag.clone(),
                    class: state.kept(version.id).class,
                    key,
                });
            }
        }
        Ok(Level { entries, next })
    }

    async fn deep_after(&self, bucket: &Bucket, prefix: &str, key: &str) -> Result<Level, RemoteError> {
        // Where a page ends, its last key is the token.
        let token = if self.state().profile.unordered { odd(key) } else { key.to_owned() };
        self.level(bucket, prefix, Depth::Deep, Some(&token)).await
    }

    async fn versions(
        &self,
        bucket: &Bucket,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError> {
        self.inside_bucket(bucket);
        self.inside(prefix);
        self.world.pass("versions").await;
        let can = [Fault::NetBefore, Fault::Throttled, Fault::Expired, Fault::Denied];
        match self.world.fault("versions", &can) {
            Some(Fault::NetBefore) => return Err(lost()),
            Some(Fault::Throttled) => return Err(error(Kind::Throttled, "slow down")),
            Some(Fault::Expired) => return Err(error(Kind::Unauthenticated, "the token has expired")),
            Some(Fault::Denied) => return Err(error(Kind::AccessDenied, "access denied")),
            _ => {}
        }
        let mut state = self.state();
        state.catch_up(&self.world, false);
        let mut all = Vec::new();
        let mut folders: Vec<String> = Vec::new();
        for (key, versions) in state.keys.iter().filter(|(key, _)| key.starts_with(prefix)) {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            if depth == Depth::Level
                && let Some((name, _)) = rest.split_once('/')
            {
                let folder = format!("{prefix}{name}/");
                if after.is_none() && folders.last() != Some(&folder) && !versions.is_empty() {
                    folders.push(folder);
                }
                continue;
            }
            for (place, version) in versions.iter().rev().enumerate() {
                all.push(ListedVersion {
                    key: key.clone(),
                    version: time::Version {
                        id: VersionId::new(format!("n{}", version.id)),
                        modified: Self::modified(version),
                        content: version.data.as_ref().map(|data| time::Content {
                            size: data.len() as u64,
                            etag: ETag::new(version.etag.as_str()),
                            class: state.kept(version.id).class.into(),
                        }),
                    },
                    latest: place == 0,
                    owner: None,
                });
            }
        }
        if let Some(VersionMark { key, version }) = after {
            let is = |one: &ListedVersion| {
                one.key == *key && version.as_ref().is_none_or(|version| one.version.id.as_str() == version)
            };
            // A version that was taken away meanwhile ends nothing: the next page begins with the next key.
            match all.iter().position(is) {
                Some(place) => all.drain(..=place).for_each(drop),
                None => all.retain(|one| one.key > *key),
            }
        }
        let more = all.len() > PAGE;
        all.truncate(PAGE);
        let mark = |last: &ListedVersion| VersionMark {
            key: last.key.clone(),
            version: Some(last.version.id.as_str().to_owned()),
        };
        let next = all.last().filter(|_| more).map(mark);
        Ok(VersionPage { folders, versions: all, next })
    }

    async fn details(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, RemoteError> {
        self.inside_bucket(bucket);
        let state = self.head(key).await?;
        Ok(ObjectHead {
            size: state.size,
            etag: state.etag.as_str().to_owned(),
            version: state.version.map(|version| version.as_str().to_owned()),
            class: "STANDARD".to_owned(),
            ..ObjectHead::default()
        })
    }

    async fn tags(&self, _: &Bucket, _: &ObjectKey) -> Result<Vec<(String, String)>, RemoteError> {
        Err(error(Kind::Unsupported, "no tags here"))
    }

    async fn create_folder(&self, _: &Bucket, key: &ObjectKey) -> Result<(), RemoteError> {
        let body = PutBody { bytes: Bytes::new(), crc: windlass_domain::Crc64Nvme::EMPTY, flow: None };
        self.put(key, body, &RemoteExpect::Absent, "").await.map(|_| ())
    }

    async fn read_range(
        &self,
        _: &Bucket,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Range<u64>,
        expect: Option<&ETag>,
    ) -> Result<RangeRead, RemoteError> {
        self.world.pass("read_range").await;
        let state = self.state();
        let version = match version {
            Some(version) => state.version(key.as_str(), version),
            None => state.current(key.as_str()),
        };
        let (etag, data) = version
            .and_then(|version| Some((version.etag.clone(), version.data.clone()?)))
            .ok_or_else(|| error(Kind::NotFound, "no such key"))?;
        if expect.is_some_and(|expect| expect.as_str() != etag) {
            return Err(error(Kind::PreconditionFailed, "another version"));
        }
        let total = data.len();
        let (start, end) = (total.min(range.start as usize), total.min(range.end as usize));
        Ok(RangeRead { bytes: data.bytes.slice(start..end), total: total as u64, etag })
    }

    async fn versioning(&self, _: &Bucket) -> Result<Versioning, RemoteError> {
        self.world.pass("versioning").await;
        Ok(if self.profile().versions { Versioning::On } else { Versioning::Never })
    }

    async fn probe(&self, _: &Bucket, _: &str, _: &str, _: u64) -> Result<Capabilities, RemoteError> {
        Ok(self.capabilities())
    }
}
