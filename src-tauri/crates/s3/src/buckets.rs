//! Making and removing buckets. Nothing here deletes an object.
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use windlass_domain::Bucket;
use windlass_ports::remote::Depth;
use windlass_ports::{BucketUse, LevelEntry, Made, NewBucket, RemoteError, RemoteErrorKind, Removed};

use crate::lanes::Begin;
use crate::{S3Client, Trouble};

/// The region that is named by naming none.
const UNNAMED: &str = "us-east-1";

fn code(error: &RemoteError) -> Option<&str> {
    Trouble::of(error).and_then(|trouble| trouble.code.as_deref())
}

impl S3Client {
    /// Looks first: in its oldest region S3 takes the making of a bucket that is one's own already for done, and puts its
    /// access list back to that of a new one (CreateBucket in the API reference, `BucketAlreadyOwnedByYou`); other servers
    /// answer the same in every region.
    pub(crate) async fn make_bucket(&self, new: &NewBucket) -> Result<Made, RemoteError> {
        let name = new.name.as_str();
        let amazon = self.endpoint().is_none();
        let region = new.region.as_deref().unwrap_or_else(|| self.region());
        match self.call(name, |c| c.head_bucket().bucket(name).send()).await {
            Ok(_) => return Ok(Made::Yours),
            Err(error) => match error.kind {
                RemoteErrorKind::NotFound | RemoteErrorKind::BucketMissing => {}
                // Only a bucket that is there is in a region.
                RemoteErrorKind::WrongRegion => return Ok(Made::Taken),
                // It is there, or this identity may not even look. Where making it again would change it, it is not tried.
                RemoteErrorKind::AccessDenied if amazon && region == UNNAMED => return Ok(Made::Taken),
                RemoteErrorKind::AccessDenied => {}
                _ => return Err(error),
            },
        }
        if amazon {
            // A bucket of this name may have been met elsewhere before.
            self.learn(name, region);
        }
        // Servers that are not Amazon's have names of their own for regions, and often none: only what a person wrote is sent.
        let named =
            if amazon { Some(region).filter(|region| *region != UNNAMED) } else { new.region.as_deref() };
        let place = named.map(|region| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region))
                .build()
        });
        let made = self
            .call(name, |c| {
                c.create_bucket()
                    .bucket(name)
                    .set_create_bucket_configuration(place.clone())
                    .set_object_lock_enabled_for_bucket(new.object_lock.then_some(true))
                    .send()
            })
            .await;
        match made {
            Ok(_) => Ok(Made::New),
            Err(error) => match code(&error) {
                Some("BucketAlreadyOwnedByYou") => Ok(Made::Yours),
                Some("BucketAlreadyExists") => Ok(Made::Taken),
                _ => Err(error),
            },
        }
    }

    pub(crate) async fn start_versions(&self, bucket: &Bucket) -> Result<(), RemoteError> {
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.call(bucket.as_str(), |c| {
            c.put_bucket_versioning().bucket(bucket.as_str()).versioning_configuration(on.clone()).send()
        })
        .await
        .map(|_| ())
    }

    pub(crate) async fn bucket_use(&self, bucket: &Bucket) -> Result<BucketUse, RemoteError> {
        let name = bucket.as_str();
        let mut found = BucketUse::default();
        match self.call(name, |c| c.list_object_versions().bucket(name).send()).await {
            Ok(page) => {
                let current = page.versions().iter().filter(|v| v.is_latest() != Some(false)).count();
                found.objects = current as u64;
                found.older = (page.versions().len() - current) as u64;
                found.markers = page.delete_markers().len() as u64;
                found.more = page.is_truncated() == Some(true);
            }
            // The server knows no versions, or does not show them to this identity.
            Err(error)
                if matches!(error.kind, RemoteErrorKind::Unsupported | RemoteErrorKind::AccessDenied) =>
            {
                let page = self.slow_level(bucket, "", Depth::Deep, Begin::Start).await?;
                let is_object = |entry: &&LevelEntry| matches!(entry, LevelEntry::Object { .. });
                found.objects = page.entries.iter().filter(is_object).count() as u64;
                found.more = page.next.is_some();
            }
            Err(error) => return Err(error),
        }
        match self.call(name, |c| c.list_multipart_uploads().bucket(name).send()).await {
            Ok(page) => {
                found.uploads = page.uploads().len() as u64;
                found.more |= page.is_truncated() == Some(true);
            }
            // Then nobody can tell; what is whole in the bucket was seen above.
            Err(error)
                if matches!(error.kind, RemoteErrorKind::Unsupported | RemoteErrorKind::AccessDenied) => {}
            Err(error) => return Err(error),
        }
        Ok(found)
    }

    pub(crate) async fn remove_bucket(&self, bucket: &Bucket) -> Result<Removed, RemoteError> {
        let name = bucket.as_str();
        match self.call(name, |c| c.delete_bucket().bucket(name).send()).await {
            Ok(_) => Ok(Removed::Gone),
            Err(error) if code(&error) == Some("BucketNotEmpty") => Ok(Removed::NotEmpty),
            Err(error) => Err(error),
        }
    }
}
