//! Listings of objects and versions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::Practice;
use super::shared::{encode, owner, plan, timestamp};
use crate::layer::Plan;
use crate::store::{Entry, ListQuery, Page, VersionQuery, call};

fn limit(max_keys: Option<i32>) -> S3Result<usize> {
    let wanted = usize::try_from(max_keys.unwrap_or(1000));
    wanted.map(|n| n.min(1000)).map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))
}

fn by_url(encoding: Option<&EncodingType>) -> S3Result<bool> {
    match encoding.map(EncodingType::as_str) {
        None | Some("") => Ok(false),
        Some("url") => Ok(true),
        Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
    }
}

fn object(entry: Entry, url: bool, with_owner: bool) -> Object {
    Object {
        checksum_algorithm: (!entry.checksum.is_empty())
            .then(|| vec![ChecksumAlgorithm::from(entry.checksum)]),
        checksum_type: (!entry.checksum_type.is_empty()).then(|| ChecksumType::from(entry.checksum_type)),
        e_tag: Some(ETag::Strong(entry.etag)),
        key: Some(encode(&entry.key, url)),
        last_modified: Some(timestamp(entry.modified_ms)),
        owner: with_owner.then(owner),
        restore_status: None,
        size: i64::try_from(entry.size).ok(),
        storage_class: Some(ObjectStorageClass::from(entry.storage_class)),
    }
}

fn prefixes(names: Vec<String>, url: bool) -> Option<Vec<CommonPrefix>> {
    (!names.is_empty()).then(|| names.iter().map(|n| CommonPrefix { prefix: Some(encode(n, url)) }).collect())
}

fn opt(text: Option<&String>, url: bool) -> Option<String> {
    text.map(|t| encode(t, url))
}

async fn page(p: &Practice, bucket: &str, mut query: ListQuery, plan: Plan) -> S3Result<Page> {
    let bucket = bucket.to_owned();
    query.limit = query.limit.min(plan.short_pages.unwrap_or(usize::MAX));
    let mut page = call(&p.store, move |store| store.list(&bucket, &query)).await?;
    if plan.tree_order {
        page.entries.sort_by_key(|e| e.key.replace('/', "\0"));
    }
    Ok(if plan.empty_listing { Page::default() } else { page })
}

pub(super) async fn v2(
    p: &Practice,
    req: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    let url = by_url(input.encoding_type.as_ref())?;
    let (after, skip_group) = match &input.continuation_token {
        Some(token) => (read_token(token)?, true),
        None => (input.start_after.clone().unwrap_or_default(), false),
    };
    let query = ListQuery {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after,
        skip_group,
        limit: limit(input.max_keys)?,
    };
    let max_keys = i32::try_from(query.limit).ok();
    let page = page(p, &input.bucket, query, plan).await?;
    let with_owner = input.fetch_owner == Some(true);
    let count = page.entries.len() + page.prefixes.len();
    let output = ListObjectsV2Output {
        prefix: Some(encode(&input.prefix.clone().unwrap_or_default(), url)),
        max_keys,
        key_count: i32::try_from(count).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_ref().map(|next| URL_SAFE_NO_PAD.encode(next)),
        contents: Some(page.entries.into_iter().map(|e| object(e, url, with_owner)).collect()),
        common_prefixes: prefixes(page.prefixes, url),
        delimiter: opt(input.delimiter.as_ref(), url),
        encoding_type: input.encoding_type,
        start_after: opt(input.start_after.as_ref(), url),
        name: Some(input.bucket),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

fn read_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|b| String::from_utf8(b).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

pub(super) async fn v1(
    p: &Practice,
    req: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    let url = by_url(input.encoding_type.as_ref())?;
    let query = ListQuery {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: input.marker.clone().unwrap_or_default(),
        skip_group: true,
        limit: limit(input.max_keys)?,
    };
    let max_keys = i32::try_from(query.limit).ok();
    let page = page(p, &input.bucket, query, plan).await?;
    let output = ListObjectsOutput {
        prefix: Some(encode(&input.prefix.clone().unwrap_or_default(), url)),
        marker: Some(encode(&input.marker.clone().unwrap_or_default(), url)),
        max_keys,
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next.as_ref().map(|n| encode(n, url)),
        contents: Some(page.entries.into_iter().map(|e| object(e, url, true)).collect()),
        common_prefixes: prefixes(page.prefixes, url),
        delimiter: opt(input.delimiter.as_ref(), url),
        encoding_type: input.encoding_type,
        name: Some(input.bucket),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

pub(super) async fn versions(
    p: &Practice,
    req: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    let url = by_url(input.encoding_type.as_ref())?;
    let query = VersionQuery {
        list: ListQuery {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after: input.key_marker.clone().unwrap_or_default(),
            skip_group: true,
            limit: limit(input.max_keys)?,
        },
        after_version: input.version_id_marker.clone().filter(|v| !v.is_empty()),
    };
    let max_keys = i32::try_from(query.list.limit).ok();
    let bucket = input.bucket.clone();
    let mut page = call(&p.store, move |store| store.list_versions(&bucket, &query)).await?;
    if plan.empty_listing {
        page = Page::default();
    }
    let mut versions = Vec::new();
    let mut markers = Vec::new();
    for entry in page.entries {
        if entry.delete_marker {
            markers.push(DeleteMarkerEntry {
                is_latest: Some(entry.is_latest),
                key: Some(encode(&entry.key, url)),
                last_modified: Some(timestamp(entry.modified_ms)),
                owner: Some(owner()),
                version_id: Some(entry.version_id),
            });
        } else {
            versions.push(ObjectVersion {
                checksum_algorithm: (!entry.checksum.is_empty())
                    .then(|| vec![ChecksumAlgorithm::from(entry.checksum)]),
                checksum_type: (!entry.checksum_type.is_empty())
                    .then(|| ChecksumType::from(entry.checksum_type)),
                e_tag: Some(ETag::Strong(entry.etag)),
                is_latest: Some(entry.is_latest),
                key: Some(encode(&entry.key, url)),
                last_modified: Some(timestamp(entry.modified_ms)),
                owner: Some(owner()),
                restore_status: None,
                size: i64::try_from(entry.size).ok(),
                storage_class: Some(ObjectVersionStorageClass::from(entry.storage_class)),
                version_id: Some(entry.version_id),
            });
        }
    }
    let output = ListObjectVersionsOutput {
        common_prefixes: prefixes(page.prefixes, url),
        delete_markers: (!markers.is_empty()).then_some(markers),
        delimiter: opt(input.delimiter.as_ref(), url),
        encoding_type: input.encoding_type,
        is_truncated: Some(page.next.is_some()),
        key_marker: Some(encode(&input.key_marker.unwrap_or_default(), url)),
        max_keys,
        name: Some(input.bucket),
        next_key_marker: page.next.as_ref().map(|n| encode(n, url)),
        next_version_id_marker: page.next_version,
        prefix: Some(encode(&input.prefix.unwrap_or_default(), url)),
        version_id_marker: input.version_id_marker,
        versions: (!versions.is_empty()).then_some(versions),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}
