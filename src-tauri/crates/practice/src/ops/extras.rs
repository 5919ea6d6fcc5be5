//! Tags, attributes and access lists of objects.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::Practice;
use super::objects::check_tags;
use super::shared::{owner, timestamp};
use crate::checksum::put_checksums;
use crate::store::{Row, call, present};

pub(super) async fn find(
    p: &Practice,
    bucket: String,
    key: String,
    version: Option<String>,
) -> S3Result<Row> {
    call(&p.store, move |store| present(store.find(&bucket, &key, version.as_deref())?, version.as_deref()))
        .await
}

pub(super) async fn change(
    p: &Practice,
    bucket: String,
    key: String,
    version: Option<String>,
    work: impl FnOnce(&mut Row) -> S3Result<()> + Send + 'static,
) -> S3Result<String> {
    call(&p.store, move |store| store.update_meta(&bucket, &key, version.as_deref(), work)).await
}

fn shown(version: String) -> Option<String> {
    (version != "null").then_some(version)
}

pub(super) async fn tagging(
    p: &Practice,
    req: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let row = find(p, req.input.bucket, req.input.key, req.input.version_id).await?;
    let tag_set =
        row.meta.tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect();
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set, version_id: shown(row.version_id) }))
}

pub(super) async fn set_tagging(
    p: &Practice,
    req: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let input = req.input;
    let tags: Vec<_> = input
        .tagging
        .tag_set
        .into_iter()
        .map(|t| (t.key.unwrap_or_default(), t.value.unwrap_or_default()))
        .collect();
    check_tags(&tags)?;
    let version = change(p, input.bucket, input.key, input.version_id, move |row| {
        row.meta.tags = tags;
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutObjectTaggingOutput { version_id: shown(version) }))
}

pub(super) async fn delete_tagging(
    p: &Practice,
    req: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let input = req.input;
    let version = change(p, input.bucket, input.key, input.version_id, |row| {
        row.meta.tags.clear();
        Ok(())
    })
    .await?;
    let output = DeleteObjectTaggingOutput { version_id: shown(version) };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

pub(super) async fn attributes(
    p: &Practice,
    req: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = req.input;
    let row = find(p, input.bucket, input.key, input.version_id).await?;
    let wants =
        |name: &str| input.object_attributes.iter().any(|a| a.as_str().split(',').any(|a| a.trim() == name));
    let mut output = GetObjectAttributesOutput {
        last_modified: Some(timestamp(row.modified_ms)),
        version_id: shown(row.version_id.clone()),
        ..Default::default()
    };
    if wants("ETag") {
        output.e_tag = Some(ETag::Strong(row.etag.clone()));
    }
    if wants("ObjectSize") {
        output.object_size = i64::try_from(row.size).ok();
    }
    if wants("StorageClass") {
        output.storage_class = Some(StorageClass::from(row.storage_class.clone()));
    }
    if wants("Checksum") && !row.meta.checksums.algos().is_empty() {
        let mut checksum = Checksum::default();
        put_checksums!(checksum, &row.meta.checksums);
        checksum.checksum_type = row.meta.checksum_kind.map(|k| ChecksumType::from(k.name().to_owned()));
        output.checksum = Some(checksum);
    }
    if wants("ObjectParts") && !row.meta.parts.is_empty() {
        let limit = usize::try_from(input.max_parts.unwrap_or(1000)).map_or(1000, |n| n.min(1000));
        let after = input.part_number_marker.unwrap_or(0);
        let later: Vec<_> = row.meta.parts.iter().filter(|part| part.number > after).collect();
        let more = later.len() > limit;
        let parts: Vec<_> = later
            .into_iter()
            .take(limit)
            .map(|meta| {
                let mut part = ObjectPart {
                    part_number: Some(meta.number),
                    size: i64::try_from(meta.size).ok(),
                    ..Default::default()
                };
                put_checksums!(part, &meta.checksums);
                part
            })
            .collect();
        output.object_parts = Some(GetObjectAttributesParts {
            is_truncated: Some(more),
            max_parts: i32::try_from(limit).ok(),
            next_part_number_marker: parts.last().and_then(|part| part.part_number).filter(|_| more),
            part_number_marker: Some(after),
            parts: Some(parts),
            total_parts_count: i32::try_from(row.meta.parts.len()).ok(),
        });
    }
    Ok(S3Response::new(output))
}

fn full_control() -> Vec<Grant> {
    let grantee = Grantee {
        display_name: Some("practice".to_owned()),
        email_address: None,
        id: Some("practice".to_owned()),
        type_: Type::from("CanonicalUser".to_owned()),
        uri: None,
    };
    vec![Grant { grantee: Some(grantee), permission: Some(Permission::from("FULL_CONTROL".to_owned())) }]
}

pub(super) async fn object_acl(
    p: &Practice,
    req: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let row = find(p, req.input.bucket, req.input.key, req.input.version_id).await?;
    let mut grants = full_control();
    if row.meta.public_read {
        let everybody = Grantee {
            display_name: None,
            email_address: None,
            id: None,
            type_: Type::from("Group".to_owned()),
            uri: Some("http://acs.amazonaws.com/groups/global/AllUsers".to_owned()),
        };
        grants
            .push(Grant { grantee: Some(everybody), permission: Some(Permission::from("READ".to_owned())) });
    }
    Ok(S3Response::new(GetObjectAclOutput {
        grants: Some(grants),
        owner: Some(owner()),
        ..Default::default()
    }))
}

pub(super) async fn bucket_acl(
    p: &Practice,
    req: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    call(&p.store, move |store| store.bucket(&req.input.bucket)).await?;
    Ok(S3Response::new(GetBucketAclOutput { grants: Some(full_control()), owner: Some(owner()) }))
}
