//! Copies inside the server: whole objects and parts.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::Practice;
use super::objects::meta_of;
use super::shared::{ReadConditions, conditions, header_condition, plan, timestamp, wanted};
use crate::checksum::{Checksums, Kind, hex, put_checksums};
use crate::faults::Profile;
use crate::store::{Conditions, Meta, NewObject, Row, call, ingest, now_ms, present, read_range};

struct Source {
    bucket: String,
    key: String,
    version: Option<String>,
}

fn source(from: &CopySource) -> S3Result<Source> {
    match from {
        CopySource::Bucket { bucket, key, version_id } => Ok(Source {
            bucket: bucket.to_string(),
            key: key.to_string(),
            version: version_id.as_ref().map(ToString::to_string),
        }),
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            Err(s3_error!(NotImplemented, "Access points are not supported here."))
        }
    }
}

async fn find(p: &Practice, from: &Source, conditions: ReadConditions<'_>) -> S3Result<Row> {
    let (bucket, key, version) = (from.bucket.clone(), from.key.clone(), from.version.clone());
    let row = call(&p.store, move |store| {
        present(store.find(&bucket, &key, version.as_deref())?, version.as_deref())
    })
    .await?;
    let looks = !matches!(p.profile(), Profile::IgnoresConditions | Profile::Ceph);
    if looks && conditions.check(&row).is_err() {
        return Err(s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        ));
    }
    if !crate::thaw::standing(&row).can_be_read() {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the source object's storage class"
        ));
    }
    Ok(row)
}

macro_rules! source_conditions {
    ($input:expr) => {
        ReadConditions {
            if_match: $input.copy_source_if_match.as_ref(),
            if_none_match: $input.copy_source_if_none_match.as_ref(),
            if_modified_since: $input.copy_source_if_modified_since.as_ref(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.as_ref(),
        }
    };
}

pub(super) async fn object(
    p: &Practice,
    req: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let plan = plan(&req.extensions);
    let if_match = header_condition(&req.headers, http::header::IF_MATCH)?;
    let if_none_match = header_condition(&req.headers, http::header::IF_NONE_MATCH)?;
    let input = req.input;
    let from = source(&input.copy_source)?;
    let row = find(p, &from, source_conditions!(input)).await?;
    let replace = input.metadata_directive.as_ref().is_some_and(|d| d.as_str() == "REPLACE");
    let replace_tags = input.tagging_directive.as_ref().is_some_and(|d| d.as_str() == "REPLACE");
    let same = from.bucket == input.bucket && from.key == input.key && from.version.is_none();
    if same
        && !replace
        && !replace_tags
        && input.storage_class.is_none()
        && input.server_side_encryption.is_none()
    {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing anything."
        ));
    }
    let given: Meta = meta_of!(input);
    super::lock::check_parameters(p, &input.bucket, &given.lock).await?;
    let mut meta = if replace { Meta { tags: Vec::new(), ..given.clone() } } else { row.meta.clone() };
    meta.tags = if replace_tags { given.tags } else { row.meta.tags.clone() };
    meta.sse = given.sse;
    meta.sse_key = given.sse_key;
    meta.lock = given.lock;
    meta.public_read = given.public_read;
    meta.thaw = None;
    meta.archive_tier = None;
    meta.parts = Vec::new();
    let kept = row.meta.checksums.algos().first().copied();
    let algos =
        wanted(p, &http::HeaderMap::new(), input.checksum_algorithm.as_ref(), &Checksums::default(), kept);
    let body = read_range(&p.store, row.segments.clone(), 0, row.size);
    let received = ingest(&p.store, Some(body), &algos, plan.tamper).await?;
    meta.checksums = received.recorded.clone();
    meta.checksum_kind = (!algos.is_empty()).then_some(Kind::FullObject);
    let etag = hex(&received.md5);
    let answered = received.answered.clone();
    let storage_class = input.storage_class.map_or_else(|| "STANDARD".to_owned(), |s| s.as_str().to_owned());
    let mut object = NewObject { size: received.size, etag: etag.clone(), storage_class, meta };
    let conditions = match p.profile() {
        Profile::Ceph => Conditions::default(),
        Profile::Aws
        | Profile::R2
        | Profile::B2
        | Profile::Wasabi
        | Profile::Minio
        | Profile::IgnoresConditions => conditions(p, if_match, if_none_match),
    };
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let (version, before) = call(&p.store, move |store| {
        super::objects::default_encryption(store, &bucket, &mut object.meta)?;
        store.put(&bucket, &key, object, received.body, &conditions)
    })
    .await?;
    p.remember(&input.bucket, &input.key, before);
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(etag)),
        last_modified: Some(timestamp(now_ms())),
        checksum_type: (!algos.is_empty()).then(|| ChecksumType::from(Kind::FullObject.name().to_owned())),
        ..Default::default()
    };
    put_checksums!(result, &answered);
    let output = CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: (row.version_id != "null").then_some(row.version_id),
        version_id: version,
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

/// `bytes=a-b`, both included.
fn copy_range(text: Option<&str>, size: u64) -> S3Result<(u64, u64)> {
    let Some(text) = text else { return Ok((0, size)) };
    let bad = || {
        s3_error!(InvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last")
    };
    let (first, last) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(bad)?;
    let first: u64 = first.parse().map_err(|_| bad())?;
    let last: u64 = last.parse().map_err(|_| bad())?;
    if first > last || last >= size {
        return Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {}",
            size
        ));
    }
    Ok((first, last - first + 1))
}

pub(super) async fn part(
    p: &Practice,
    req: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    super::multipart::check_number(input.part_number)?;
    let from = source(&input.copy_source)?;
    let row = find(p, &from, source_conditions!(input)).await?;
    let (start, length) = copy_range(input.copy_source_range.as_deref(), row.size)?;
    let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    let upload = call(&p.store, move |store| store.upload(&bucket, &key, &id)).await?;
    let algos: Vec<_> = upload.checksum.into_iter().collect();
    let body = read_range(&p.store, row.segments, start, length);
    let received = ingest(&p.store, Some(body), &algos, plan.tamper).await?;
    let etag = hex(&received.md5);
    let answered = received.answered.clone();
    let modified = call(&p.store, move |store| {
        store.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, received)
    })
    .await?;
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(etag)),
        last_modified: Some(timestamp(modified)),
        ..Default::default()
    };
    put_checksums!(result, &answered);
    let output = UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: (row.version_id != "null").then_some(row.version_id),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}
