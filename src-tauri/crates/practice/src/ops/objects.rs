//! Single objects: PUT, GET, HEAD, DELETE.

use std::collections::BTreeMap;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::shared::{ReadConditions, conditions, epoch, plan, timestamp, verify, wanted};
use super::{Practice, lock};
use crate::checksum::{Kind, hex, put_checksums, take_checksums};
use crate::faults::Profile;
use crate::store::{Conditions, Lock, Meta, NewObject, Row, call, ingest, present, read_range};

/// Splits `a=1&b=2` into decoded pairs.
pub(super) fn parse_tags(header: Option<&str>) -> S3Result<Vec<(String, String)>> {
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let decode = |text: &str| crate::target::decode(&text.replace('+', " "));
    let tags: Vec<_> = pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect();
    check_tags(&tags)?;
    Ok(tags)
}

/// At most ten tags, keys once each and not too long.
pub(super) fn check_tags(tags: &[(String, String)]) -> S3Result<()> {
    if tags.len() > 10 {
        return Err(super::shared::custom(400, "BadRequest", "Object tags cannot be greater than 10"));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(s3_error!(InvalidTag, "The tag you have provided is not valid."));
        }
        if tags.iter().skip(index + 1).any(|(other, _)| other == key) {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(())
}

/// User metadata in the order listings and tests can rely on.
pub(super) fn user_metadata(metadata: Option<Metadata>) -> S3Result<BTreeMap<String, String>> {
    let user: BTreeMap<String, String> = metadata.unwrap_or_default().into_iter().collect();
    if user.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > 2048 {
        return Err(s3_error!(
            MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size"
        ));
    }
    Ok(user)
}

/// `aws-chunked` says how the request came, not what the object is.
pub(super) fn content_encoding(value: Option<String>) -> Option<String> {
    let kept: Vec<_> = value?
        .split(',')
        .map(str::trim)
        .filter(|v| !v.is_empty() && *v != "aws-chunked")
        .map(str::to_owned)
        .collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// Copies what several request structures call the same into a [`Meta`].
macro_rules! meta_of {
    ($input:expr) => {
        Meta {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $crate::ops::objects::content_encoding($input.content_encoding.clone()),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone(),
            website_redirect: $input.website_redirect_location.clone(),
            user: $crate::ops::objects::user_metadata($input.metadata.clone())?,
            tags: $crate::ops::objects::parse_tags($input.tagging.as_deref())?,
            sse: $input.server_side_encryption.as_ref().map(|s| s.as_str().to_owned()),
            sse_key: $input.ssekms_key_id.clone(),
            lock: $crate::ops::objects::lock_of(
                $input.object_lock_mode.as_ref().map(|m| m.as_str()),
                $input.object_lock_retain_until_date.as_ref(),
                $input.object_lock_legal_hold_status.as_ref().map(|m| m.as_str()),
            ),
            public_read: $input.acl.as_ref().is_some_and(|acl| acl.as_str().starts_with("public-read"))
                || $input.grant_read.as_ref().is_some_and(|who| who.contains("/groups/global/AllUsers")),
            ..Meta::default()
        }
    };
}
pub(super) use meta_of;

/// Lock headers as they are kept.
pub(super) fn lock_of(mode: Option<&str>, until: Option<&Timestamp>, hold: Option<&str>) -> Lock {
    #[allow(clippy::cast_possible_truncation)]
    let until_ms = until.map(|t| (epoch(t) * 1000.0) as i64);
    Lock { mode: mode.map(str::to_owned), until_ms, hold: hold == Some("ON") }
}

pub(super) async fn put(
    p: &Practice,
    mut req: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let plan = plan(&req.extensions);
    if req.input.sse_customer_algorithm.is_some() {
        return Err(s3_error!(NotImplemented, "Keys given by the client (SSE-C) are not supported here."));
    }
    let sent = take_checksums!(req.input);
    let algos = wanted(p, &req.headers, req.input.checksum_algorithm.as_ref(), &sent, None);
    let meta = meta_of!(req.input);
    lock::check(p, &req.input.bucket, &meta.lock, &req.headers).await?;
    let received = ingest(&p.store, req.input.body.take(), &algos, plan.tamper).await?;
    verify(
        p,
        &received,
        sent,
        req.trailing_headers.as_ref(),
        req.input.content_md5.as_deref(),
        &req.headers,
    )?;
    let etag = hex(&received.md5);
    let answered = received.answered.clone();
    if p.profile() == Profile::Ceph && req.input.if_match.is_some() {
        return Err(s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        ));
    }
    let conditions = conditions(p, req.input.if_match, req.input.if_none_match);
    let storage_class =
        req.input.storage_class.map_or_else(|| "STANDARD".to_owned(), |s| s.as_str().to_owned());
    let (bucket, key) = (req.input.bucket, req.input.key);
    let mut object = NewObject {
        size: received.size,
        etag: etag.clone(),
        storage_class,
        meta: Meta {
            checksum_kind: (!algos.is_empty()).then_some(Kind::FullObject),
            checksums: received.recorded.clone(),
            ..meta
        },
    };
    let (b, k) = (bucket.clone(), key.clone());
    let (version, before, sse) = call(&p.store, move |store| {
        default_encryption(store, &b, &mut object.meta)?;
        let sse = object.meta.sse.clone();
        let (version, before) = store.put(&b, &k, object, received.body, &conditions)?;
        Ok((version, before, sse))
    })
    .await?;
    p.remember(&bucket, &key, before);
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(etag)),
        version_id: version,
        size: None,
        checksum_type: (!algos.is_empty()).then(|| ChecksumType::from(Kind::FullObject.name().to_owned())),
        server_side_encryption: sse.map(ServerSideEncryption::from),
        ssekms_key_id: req.input.ssekms_key_id,
        ..Default::default()
    };
    put_checksums!(output, &answered);
    Ok(S3Response::new(output))
}

/// Objects of a bucket with default encryption say so.
pub(super) fn default_encryption(store: &crate::store::Store, bucket: &str, meta: &mut Meta) -> S3Result<()> {
    if meta.sse.is_none()
        && let Some(doc) = store.doc(bucket, "encryption", "")?
    {
        let text = String::from_utf8_lossy(&doc);
        let known = ["aws:kms:dsse", "aws:kms", "AES256"];
        meta.sse = known.into_iter().find(|name| text.contains(name)).map(str::to_owned);
    }
    Ok(())
}

/// Which bytes of an object to send.
struct Span {
    start: u64,
    length: u64,
    content_range: Option<String>,
    parts_count: Option<i32>,
}

fn span(row: &Row, range: Option<&Range>, part: Option<i32>) -> S3Result<Span> {
    if let Some(part) = part {
        if range.is_some() {
            return Err(s3_error!(
                InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter."
            ));
        }
        if row.meta.parts.is_empty() && part == 1 {
            return Ok(Span { start: 0, length: row.size, content_range: None, parts_count: None });
        }
        let mut start = 0;
        for meta in &row.meta.parts {
            if meta.number == part {
                let end = (start + meta.size).saturating_sub(1);
                return Ok(Span {
                    start,
                    length: meta.size,
                    content_range: Some(format!("bytes {start}-{end}/{}", row.size)),
                    parts_count: i32::try_from(row.meta.parts.len()).ok(),
                });
            }
            start += meta.size;
        }
        return Err(super::shared::custom(
            416,
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
        ));
    }
    match range {
        None => Ok(Span { start: 0, length: row.size, content_range: None, parts_count: None }),
        Some(range) => {
            let bytes = range
                .check(row.size)
                .map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))?;
            Ok(Span {
                start: bytes.start,
                length: bytes.end - bytes.start,
                content_range: Some(format!(
                    "bytes {}-{}/{}",
                    bytes.start,
                    bytes.end.saturating_sub(1),
                    row.size
                )),
                parts_count: None,
            })
        }
    }
}

/// Fills what GET and HEAD answer alike.
macro_rules! describe {
    ($output:expr, $row:expr, $span:expr, $with_checksums:expr, $versioned:expr) => {{
        let (row, span): (&Row, &Span) = ($row, $span);
        let meta = &row.meta;
        $output.accept_ranges = Some("bytes".to_owned());
        $output.cache_control = meta.cache_control.clone();
        $output.content_disposition = meta.content_disposition.clone();
        $output.content_encoding = meta.content_encoding.clone();
        $output.content_language = meta.content_language.clone();
        $output.content_length = i64::try_from(span.length).ok();
        $output.content_range = span.content_range.clone();
        $output.content_type =
            Some(meta.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned()));
        $output.e_tag = Some(ETag::Strong(row.etag.clone()));
        $output.expires = meta.expires.clone();
        $output.last_modified = Some(timestamp(row.modified_ms));
        $output.metadata = Some(meta.user.clone().into_iter().collect());
        $output.parts_count = span.parts_count;
        $output.restore = crate::thaw::standing(row).header();
        $output.server_side_encryption = meta.sse.clone().map(ServerSideEncryption::from);
        $output.ssekms_key_id = meta.sse_key.clone();
        $output.storage_class =
            (row.storage_class != "STANDARD").then(|| StorageClass::from(row.storage_class.clone()));
        $output.version_id = $versioned.then(|| row.version_id.clone());
        $output.website_redirect_location = meta.website_redirect.clone();
        $output.object_lock_mode = meta.lock.mode.clone().map(ObjectLockMode::from);
        $output.object_lock_retain_until_date = meta.lock.until_ms.map(timestamp);
        $output.object_lock_legal_hold_status =
            meta.lock.hold.then(|| ObjectLockLegalHoldStatus::from("ON".to_owned()));
        if $with_checksums && span.length == row.size {
            put_checksums!($output, &meta.checksums);
            $output.checksum_type = meta.checksum_kind.map(|k| ChecksumType::from(k.name().to_owned()));
        }
    }};
}

fn wants_checksums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|m| m.as_str().eq_ignore_ascii_case("ENABLED"))
}

async fn find(p: &Practice, bucket: &str, key: &str, version: Option<String>) -> S3Result<(Row, bool)> {
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    call(&p.store, move |store| {
        let versioned = store.bucket(&bucket)?.versioning != crate::store::Versioning::Off;
        let row = present(store.find(&bucket, &key, version.as_deref())?, version.as_deref())?;
        Ok((row, versioned))
    })
    .await
}

pub(super) async fn get(
    p: &Practice,
    req: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    let (row, versioned) = find(p, &input.bucket, &input.key, input.version_id.clone()).await?;
    if p.profile() != Profile::IgnoresConditions {
        let conditions = ReadConditions {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        };
        conditions.check(&row)?;
    }
    if !crate::thaw::standing(&row).can_be_read() {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the object's storage class"
        ));
    }
    let range = input.range.as_ref().filter(|_| !plan.ignore_range);
    let span = span(&row, range, input.part_number)?;
    let mut output = GetObjectOutput::default();
    describe!(output, &row, &span, wants_checksums(input.checksum_mode.as_ref()), versioned);
    output.tag_count = i32::try_from(row.meta.tags.len()).ok().filter(|n| *n > 0);
    output.body = Some(read_range(&p.store, row.segments, span.start, span.length));
    Ok(S3Response::new(output))
}

pub(super) async fn head(
    p: &Practice,
    req: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let plan = plan(&req.extensions);
    let input = req.input;
    let (mut row, versioned) = find(p, &input.bucket, &input.key, input.version_id.clone()).await?;
    let wasabi = p.profile() == Profile::Wasabi;
    if (plan.stale_head || wasabi)
        && input.version_id.is_none()
        && let Some(before) = p.recall(&input.bucket, &input.key, wasabi && !plan.stale_head)
    {
        row = present(before, None)?;
    }
    if p.profile() != Profile::IgnoresConditions {
        let conditions = ReadConditions {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        };
        conditions.check(&row)?;
    }
    let span = span(&row, input.range.as_ref(), input.part_number)?;
    let mut output = HeadObjectOutput::default();
    describe!(output, &row, &span, wants_checksums(input.checksum_mode.as_ref()), versioned);
    // What was thawed has left its tier.
    let frozen = !matches!(crate::thaw::standing(&row), crate::thaw::Standing::Ready(_));
    output.archive_status = row.meta.archive_tier.filter(|_| frozen).map(ArchiveStatus::from);
    Ok(S3Response::new(output))
}

/// Whether this provider looks at conditions of a DELETE.
fn delete_conditions(p: &Practice, if_match: Option<ETagCondition>) -> Conditions {
    match p.profile() {
        Profile::Ceph | Profile::IgnoresConditions => Conditions::default(),
        Profile::Aws | Profile::R2 | Profile::B2 | Profile::Wasabi | Profile::Minio => {
            Conditions { if_match, if_none_match: None }
        }
    }
}

pub(super) async fn delete(
    p: &Practice,
    req: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = req.input;
    let conditions = delete_conditions(p, input.if_match);
    let bypass = input.bypass_governance_retention == Some(true);
    let deleted = call(&p.store, move |store| {
        store.delete(&input.bucket, &input.key, input.version_id.as_deref(), bypass, |row| {
            conditions.check(row)
        })
    })
    .await?;
    let output = DeleteObjectOutput {
        delete_marker: deleted.delete_marker.then_some(true),
        version_id: deleted.version_id,
        ..Default::default()
    };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

pub(super) async fn delete_many(
    p: &Practice,
    req: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = req.input;
    if input.delete.objects.is_empty() || input.delete.objects.len() > 1000 {
        return Err(s3_error!(MalformedXML, "Between 1 and 1000 keys can be deleted at once."));
    }
    let bypass = input.bypass_governance_retention == Some(true);
    let quiet = input.delete.quiet == Some(true);
    let ignores = matches!(p.profile(), Profile::Ceph | Profile::IgnoresConditions);
    let (deleted, errors) = call(&p.store, move |store| {
        store.bucket(&input.bucket)?;
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for object in input.delete.objects {
            let if_match = object.e_tag.map(ETagCondition::ETag).filter(|_| !ignores);
            let conditions = Conditions { if_match, if_none_match: None };
            let version = object.version_id;
            match store
                .delete(&input.bucket, &object.key, version.as_deref(), bypass, |row| conditions.check(row))
            {
                Ok(done) => deleted.push(DeletedObject {
                    delete_marker: done.delete_marker.then_some(true),
                    delete_marker_version_id: done.version_id.filter(|_| done.delete_marker),
                    key: Some(object.key),
                    version_id: version,
                }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: version,
                }),
            }
        }
        Ok((deleted, errors))
    })
    .await?;
    let output = DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}
