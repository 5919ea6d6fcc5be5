//! The operations: what each S3 call does with the store. One file per group; this one only hands over.

mod archive;
mod buckets;
mod copy;
mod extras;
mod list;
mod lock;
mod multipart;
mod objects;
mod shared;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::faults::{Faults, Profile};
use crate::store::{Row, Store};
use crate::thaw::Pace;

/// How many earlier states are kept for stale HEADs.
const STALE_KEPT: usize = 1024;

/// The implementation the protocol crate calls.
pub(crate) struct Practice {
    store: Arc<Store>,
    faults: Faults,
    pace: Pace,
    stale: Mutex<HashMap<(String, String), Option<Row>>>,
}

impl Practice {
    pub(crate) fn new(store: Arc<Store>, faults: Faults, pace: Pace) -> Self {
        Self { store, faults, pace, stale: Mutex::new(HashMap::new()) }
    }

    fn profile(&self) -> Profile {
        self.faults.profile()
    }

    /// Remembers what a write replaced, for the HEADs that are to be stale.
    fn remember(&self, bucket: &str, key: &str, before: Option<Row>) {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        if stale.len() >= STALE_KEPT {
            stale.clear();
        }
        stale.insert((bucket.to_owned(), key.to_owned()), before);
    }

    /// What the key was before the last write; forgotten afterwards when `once`.
    fn recall(&self, bucket: &str, key: &str, once: bool) -> Option<Option<Row>> {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (bucket.to_owned(), key.to_owned());
        if once { stale.remove(&name) } else { stale.get(&name).cloned() }
    }
}

/// Writes the methods of the trait that hand over to a function of a group.
macro_rules! hand_over {
    ($($method:ident($input:ident) -> $output:ident = $function:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Practice {
            $(async fn $method(&self, req: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $function(self, req).await
            })*
        }
    };
}

hand_over! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = buckets::versioning;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = buckets::set_versioning;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = lock::configuration;
    put_object_lock_configuration(PutObjectLockConfigurationInput) -> PutObjectLockConfigurationOutput = lock::set_configuration;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list::v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::v2;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list::versions;
    put_object(PutObjectInput) -> PutObjectOutput = objects::put;
    get_object(GetObjectInput) -> GetObjectOutput = objects::get;
    head_object(HeadObjectInput) -> HeadObjectOutput = objects::head;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = objects::delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = objects::delete_many;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy::object;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = copy::part;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part;
    list_parts(ListPartsInput) -> ListPartsOutput = multipart::list_parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list_uploads;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart::complete;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = extras::attributes;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = extras::tagging;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = extras::set_tagging;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = extras::delete_tagging;
    get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = lock::retention;
    put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = lock::set_retention;
    get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = lock::legal_hold;
    put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = lock::set_legal_hold;
    restore_object(RestoreObjectInput) -> RestoreObjectOutput = archive::restore;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = extras::object_acl;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = extras::bucket_acl;
}
