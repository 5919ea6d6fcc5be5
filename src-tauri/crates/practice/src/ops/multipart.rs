//! Multipart uploads.

use std::collections::HashMap;

use s3s::crypto::Checksum as _;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::objects::meta_of;
use super::shared::{conditions, encode, owner, plan, timestamp, verify, wanted};
use super::{Practice, lock};
use crate::checksum::{self, Algo, Checksums, Kind, hex, put_checksums, take_checksums};
use crate::faults::Profile;
use crate::store::{Meta, NewObject, PartMeta, PartRow, UploadRow, call, ingest};

/// Every part but the last has at least this size.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

pub(super) fn check_number(number: i32) -> S3Result<()> {
    if (1..=10_000).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

/// Which checksum an upload has, from what the client asked for and what the provider can do.
fn choose(p: &Practice, algo: Option<Algo>, kind: Option<&str>) -> S3Result<(Option<Algo>, Option<Kind>)> {
    let profile = p.profile();
    let kind = match kind {
        None => None,
        Some(name) => {
            Some(Kind::from_name(name).ok_or_else(|| s3_error!(InvalidRequest, "Unknown checksum type"))?)
        }
    };
    let Some(algo) = algo else {
        return Ok(if profile == Profile::Aws {
            (Some(Algo::Crc64Nvme), Some(Kind::FullObject))
        } else {
            (None, None)
        });
    };
    if profile == Profile::Ceph {
        return Ok((None, None));
    }
    let natural = match algo {
        Algo::Crc64Nvme => Kind::FullObject,
        Algo::Crc32 | Algo::Crc32c | Algo::Sha1 | Algo::Sha256 => Kind::Composite,
    };
    let kind = kind.unwrap_or(natural);
    let possible = match (algo, kind) {
        (Algo::Crc64Nvme, Kind::Composite) | (Algo::Sha1 | Algo::Sha256, Kind::FullObject) => false,
        (Algo::Crc32 | Algo::Crc32c, Kind::FullObject) => profile != Profile::R2,
        (Algo::Crc64Nvme, Kind::FullObject)
        | (Algo::Crc32 | Algo::Crc32c | Algo::Sha1 | Algo::Sha256, Kind::Composite) => true,
    };
    if !possible {
        return Err(s3_error!(
            InvalidRequest,
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algo.name()
        ));
    }
    Ok((Some(algo), Some(kind)))
}

pub(super) async fn create(
    p: &Practice,
    req: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = req.input;
    if input.sse_customer_algorithm.is_some() {
        return Err(s3_error!(NotImplemented, "Keys given by the client (SSE-C) are not supported here."));
    }
    let asked = match &input.checksum_algorithm {
        None => None,
        Some(name) => Some(
            Algo::from_name(name.as_str())
                .ok_or_else(|| s3_error!(InvalidRequest, "Unknown checksum algorithm"))?,
        ),
    };
    let (checksum, kind) = choose(p, asked, input.checksum_type.as_ref().map(ChecksumType::as_str))?;
    let mut meta: Meta = meta_of!(input);
    lock::check_parameters(p, &input.bucket, &meta.lock).await?;
    let storage_class = input.storage_class.map_or_else(|| "STANDARD".to_owned(), |s| s.as_str().to_owned());
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let id = call(&p.store, move |store| {
        store.bucket(&bucket)?;
        super::objects::default_encryption(store, &bucket, &mut meta)?;
        let upload =
            UploadRow { upload_id: String::new(), key, initiated_ms: 0, storage_class, checksum, kind, meta };
        store.create_upload(&bucket, &upload)
    })
    .await?;
    let shown = asked.and(checksum);
    let output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: shown.map(|a| ChecksumAlgorithm::from(a.name().to_owned())),
        checksum_type: shown.and(kind).map(|k| ChecksumType::from(k.name().to_owned())),
        server_side_encryption: input.server_side_encryption,
        ssekms_key_id: input.ssekms_key_id,
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

pub(super) async fn upload_part(
    p: &Practice,
    mut req: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let plan = plan(&req.extensions);
    check_number(req.input.part_number)?;
    let (bucket, key, id) = (req.input.bucket.clone(), req.input.key.clone(), req.input.upload_id.clone());
    let upload = call(&p.store, move |store| store.upload(&bucket, &key, &id)).await?;
    lock::check_body(p, &req.input.bucket, &upload.meta.lock, &req.headers).await?;
    let sent = take_checksums!(req.input);
    let algos = wanted(p, &req.headers, req.input.checksum_algorithm.as_ref(), &sent, upload.checksum);
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
    let input = req.input;
    call(&p.store, move |store| {
        store.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, received)
    })
    .await?;
    let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(etag)), ..Default::default() };
    put_checksums!(output, &answered);
    Ok(S3Response::new(output))
}

pub(super) async fn list_parts(
    p: &Practice,
    req: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = req.input;
    let limit = usize::try_from(input.max_parts.unwrap_or(1000)).map_or(1000, |n| n.min(1000));
    let after = input.part_number_marker.unwrap_or(0);
    let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    let (upload, page, more) =
        call(&p.store, move |store| store.list_parts(&bucket, &key, &id, after, limit)).await?;
    let next = page.last().map(|part| part.number);
    let parts = page
        .into_iter()
        .map(|row| {
            let mut part = Part {
                e_tag: Some(ETag::Strong(row.etag)),
                last_modified: Some(timestamp(row.modified_ms)),
                part_number: Some(row.number),
                size: i64::try_from(row.size).ok(),
                ..Default::default()
            };
            put_checksums!(part, &row.checksums);
            part
        })
        .collect();
    let output = ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: upload.checksum.map(|a| ChecksumAlgorithm::from(a.name().to_owned())),
        checksum_type: upload.kind.map(|k| ChecksumType::from(k.name().to_owned())),
        is_truncated: Some(more),
        max_parts: i32::try_from(limit).ok(),
        next_part_number_marker: next.filter(|_| more),
        part_number_marker: Some(after),
        owner: Some(owner()),
        parts: Some(parts),
        storage_class: Some(StorageClass::from(upload.storage_class)),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

pub(super) async fn list_uploads(
    p: &Practice,
    req: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = req.input;
    let url = input.encoding_type.as_ref().is_some_and(|e| e.as_str() == "url");
    let limit = usize::try_from(input.max_uploads.unwrap_or(1000)).map_or(1000, |n| n.min(1000));
    let bucket = input.bucket.clone();
    let prefix = input.prefix.clone().unwrap_or_default();
    let key_marker = input.key_marker.clone().unwrap_or_default();
    let id_marker = input.upload_id_marker.clone().unwrap_or_default();
    let (page, more) =
        call(&p.store, move |store| store.list_uploads(&bucket, &prefix, (&key_marker, &id_marker), limit))
            .await?;
    let last = page.last().filter(|_| more).map(|u| (u.key.clone(), u.upload_id.clone()));
    let prefix = input.prefix.clone().unwrap_or_default();
    let mut groups: Vec<String> = Vec::new();
    let mut uploads = Vec::new();
    for row in page {
        if let Some(delimiter) = input.delimiter.as_deref().filter(|d| !d.is_empty())
            && let Some((head, _)) = row.key.strip_prefix(&prefix).and_then(|rest| rest.split_once(delimiter))
        {
            let group = format!("{prefix}{head}{delimiter}");
            if groups.last() != Some(&group) {
                groups.push(group);
            }
            continue;
        }
        uploads.push(MultipartUpload {
            checksum_algorithm: row.checksum.map(|a| ChecksumAlgorithm::from(a.name().to_owned())),
            checksum_type: row.kind.map(|k| ChecksumType::from(k.name().to_owned())),
            initiated: Some(timestamp(row.initiated_ms)),
            key: Some(encode(&row.key, url)),
            owner: Some(owner()),
            storage_class: Some(StorageClass::from(row.storage_class)),
            upload_id: Some(row.upload_id),
            ..Default::default()
        });
    }
    let groups: Vec<_> = groups.iter().map(|g| CommonPrefix { prefix: Some(encode(g, url)) }).collect();
    let output = ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: (!groups.is_empty()).then_some(groups),
        delimiter: input.delimiter.as_ref().map(|d| encode(d, url)),
        encoding_type: input.encoding_type,
        is_truncated: Some(more),
        key_marker: Some(encode(&input.key_marker.unwrap_or_default(), url)),
        max_uploads: i32::try_from(limit).ok(),
        next_key_marker: last.as_ref().map(|(key, _)| encode(key, url)),
        next_upload_id_marker: last.map(|(_, id)| id),
        prefix: Some(encode(&prefix, url)),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        uploads: Some(uploads),
        ..Default::default()
    };
    Ok(S3Response::new(output))
}

pub(super) async fn abort(
    p: &Practice,
    req: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = req.input;
    call(&p.store, move |store| store.abort_upload(&input.bucket, &input.key, &input.upload_id)).await?;
    Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), http::StatusCode::NO_CONTENT))
}

/// What the client says about the object it completes.
struct Claim {
    parts: Vec<CompletedPart>,
    checksums: Checksums,
    kind: Option<Kind>,
    size: Option<i64>,
    equal_sizes: bool,
}

pub(super) async fn complete(
    p: &Practice,
    req: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = req.input;
    let claim = Claim {
        checksums: take_checksums!(input),
        parts: input.multipart_upload.and_then(|m| m.parts).unwrap_or_default(),
        kind: input.checksum_type.as_ref().and_then(|t| Kind::from_name(t.as_str())),
        size: input.mpu_object_size,
        equal_sizes: p.profile() == Profile::R2,
    };
    let conditions = match p.profile() {
        Profile::Ceph => conditions(p, None, None),
        Profile::Aws
        | Profile::R2
        | Profile::B2
        | Profile::Wasabi
        | Profile::Minio
        | Profile::IgnoresConditions => conditions(p, input.if_match, input.if_none_match),
    };
    let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    let (version, before, made) = call(&p.store, move |store| {
        let mut made = None;
        let (version, before) = store.complete_upload(&bucket, &key, &id, &conditions, |upload, parts| {
            let (object, used) = assemble(upload, parts, &claim)?;
            made = Some((object.etag.clone(), object.meta.clone()));
            Ok((object, used))
        })?;
        Ok((version, before, made))
    })
    .await?;
    p.remember(&input.bucket, &input.key, before);
    let Some((etag, meta)) = made else { return Err(s3_error!(InternalError)) };
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, encode(&input.key, true))),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(etag)),
        version_id: version,
        checksum_type: meta.checksum_kind.map(|k| ChecksumType::from(k.name().to_owned())),
        server_side_encryption: meta.sse.map(ServerSideEncryption::from),
        ssekms_key_id: meta.sse_key,
        ..Default::default()
    };
    put_checksums!(output, &meta.checksums);
    Ok(S3Response::new(output))
}

/// Picks the parts the client named, in its order, and checks everything it said about them.
fn assemble(upload: &UploadRow, parts: Vec<PartRow>, claim: &Claim) -> S3Result<(NewObject, Vec<PartRow>)> {
    let mut have: HashMap<i32, PartRow> = parts.into_iter().map(|part| (part.number, part)).collect();
    if claim.parts.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    let mut used: Vec<PartRow> = Vec::with_capacity(claim.parts.len());
    for named in &claim.parts {
        let number = named.part_number.unwrap_or(0);
        if used.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
        }
        let part = have.remove(&number).ok_or_else(invalid_part)?;
        let named_sums = take_checksums!(named);
        let sums_agree = Algo::ALL.iter().all(|a| {
            named_sums.get(*a).is_none_or(|want| part.checksums.get(*a).is_none_or(|have| have == want))
        });
        if named.e_tag.as_ref().is_none_or(|tag| tag.value() != part.etag) || !sums_agree {
            return Err(invalid_part());
        }
        used.push(part);
    }
    check_sizes(&used, claim.equal_sizes)?;
    let size: u64 = used.iter().map(|part| part.size).sum();
    if claim.size.is_some_and(|said| u64::try_from(said) != Ok(size)) {
        return Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header does not match what was computed."
        ));
    }
    let mut meta = upload.meta.clone();
    if let (Some(algo), Some(kind)) = (upload.checksum, upload.kind) {
        if claim.kind.is_some_and(|said| said != kind) {
            return Err(s3_error!(
                InvalidRequest,
                "The checksum type is not the one the upload was created with."
            ));
        }
        let values: Vec<_> = used.iter().map(|part| (part.checksums.get(algo), part.size)).collect();
        let value = checksum::of_parts(algo, kind, &values);
        if let (Some(said), Some(value)) = (claim.checksums.get(algo), &value)
            && said != value
            && value.split('-').next() != Some(said)
        {
            return Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                algo.name()
            ));
        }
        meta.checksum_kind = value.is_some().then_some(kind);
        meta.checksums.set(algo, value);
    }
    meta.parts = used
        .iter()
        .map(|part| PartMeta {
            number: part.number,
            size: part.size,
            checksums: upload.checksum.map_or_else(Checksums::default, |a| part.checksums.only(&[a])),
        })
        .collect();
    let mut over = s3s::crypto::Md5::new();
    for part in &used {
        over.update(&unhex(&part.etag));
    }
    let etag = format!("{}-{}", hex(&over.finalize()), used.len());
    Ok((NewObject { size, etag, storage_class: upload.storage_class.clone(), meta }, used))
}

fn check_sizes(used: &[PartRow], equal: bool) -> S3Result<()> {
    let Some((last, rest)) = used.split_last() else { return Ok(()) };
    if rest.iter().any(|part| part.size < SMALLEST_PART) {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size"
        ));
    }
    let first = rest.first().map_or(last.size, |part| part.size);
    if equal && (rest.iter().any(|part| part.size != first) || last.size > first) {
        return Err(s3_error!(InvalidPart, "All non-trailing parts must have the same length."));
    }
    Ok(())
}

fn invalid_part() -> s3s::S3Error {
    s3_error!(
        InvalidPart,
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified \
         entity tag may not match the part's entity tag."
    )
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0_u32, |value, digit| value * 16 + digit))
        .filter_map(|value| u8::try_from(value).ok())
        .collect()
}
