//! Buckets.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::Practice;
use super::shared::{owner, timestamp};
use crate::faults::Profile;
use crate::store::{Versioning, call};

const REGION: &str = "us-east-1";

pub(super) async fn list(
    p: &Practice,
    req: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let input = req.input;
    let all = call(&p.store, |store| store.buckets()).await?;
    let limit = input.max_buckets.and_then(|n| usize::try_from(n).ok()).unwrap_or(10_000);
    let after = input.continuation_token.unwrap_or_default();
    let prefix = input.prefix.clone().unwrap_or_default();
    let mut rows: Vec<_> =
        all.into_iter().filter(|b| b.name > after && b.name.starts_with(&prefix)).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let token = rows.last().filter(|_| more).map(|b| b.name.clone());
    let bucket = |b: crate::store::BucketRow| Bucket {
        bucket_region: None,
        creation_date: Some(timestamp(b.created_ms)),
        name: Some(b.name),
    };
    let buckets = rows.into_iter().map(bucket).collect();
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(buckets),
        continuation_token: token,
        owner: Some(owner()),
        prefix: input.prefix,
    }))
}

pub(super) async fn create(
    p: &Practice,
    req: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let input = req.input;
    let lock = input.object_lock_enabled_for_bucket == Some(true);
    let versioning = if lock || p.profile() == Profile::B2 { Versioning::Enabled } else { Versioning::Off };
    let location = format!("/{}", input.bucket);
    call(&p.store, move |store| store.create_bucket(&input.bucket, versioning, if lock { "on" } else { "" }))
        .await?;
    Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
}

pub(super) async fn head(
    p: &Practice,
    req: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    call(&p.store, move |store| store.bucket(&req.input.bucket)).await?;
    Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..Default::default() }))
}

pub(super) async fn delete(
    p: &Practice,
    req: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    call(&p.store, move |store| store.delete_bucket(&req.input.bucket)).await?;
    Ok(S3Response::with_status(DeleteBucketOutput::default(), http::StatusCode::NO_CONTENT))
}

pub(super) async fn location(
    p: &Practice,
    req: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    call(&p.store, move |store| store.bucket(&req.input.bucket)).await?;
    Ok(S3Response::new(GetBucketLocationOutput::default()))
}

pub(super) async fn versioning(
    p: &Practice,
    req: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let bucket = call(&p.store, move |store| store.bucket(&req.input.bucket)).await?;
    let status = match bucket.versioning {
        Versioning::Off => None,
        Versioning::Enabled | Versioning::Suspended => {
            Some(BucketVersioningStatus::from(bucket.versioning.name().to_owned()))
        }
    };
    Ok(S3Response::new(GetBucketVersioningOutput { status, ..Default::default() }))
}

pub(super) async fn set_versioning(
    p: &Practice,
    req: S3Request<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let input = req.input;
    let status = input.versioning_configuration.status;
    let versioning = match status.as_ref().map(BucketVersioningStatus::as_str) {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") if p.profile() == Profile::B2 => {
            return Err(s3_error!(InvalidRequest, "Versions can't be switched off here."));
        }
        Some("Suspended") => Versioning::Suspended,
        _ => return Err(s3_error!(MalformedXML, "The status must be Enabled or Suspended.")),
    };
    call(&p.store, move |store| store.set_versioning(&input.bucket, versioning)).await?;
    Ok(S3Response::new(PutBucketVersioningOutput::default()))
}
