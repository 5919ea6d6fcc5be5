//! Object Lock: retention and legal hold of versions, and what a bucket does by default.

use http::HeaderMap;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::Practice;
use super::extras::{change, find};
use super::shared::{custom, epoch, timestamp};
use crate::store::{Lock, call, now_ms};

fn no_lock() -> s3s::S3Error {
    custom(
        404,
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
}

pub(super) async fn retention(
    p: &Practice,
    req: S3Request<GetObjectRetentionInput>,
) -> S3Result<S3Response<GetObjectRetentionOutput>> {
    let row = find(p, req.input.bucket, req.input.key, req.input.version_id).await?;
    let (Some(mode), Some(until)) = (row.meta.lock.mode, row.meta.lock.until_ms) else {
        return Err(no_lock());
    };
    let retention = ObjectLockRetention {
        mode: Some(ObjectLockRetentionMode::from(mode)),
        retain_until_date: Some(timestamp(until)),
    };
    Ok(S3Response::new(GetObjectRetentionOutput { retention: Some(retention) }))
}

pub(super) async fn set_retention(
    p: &Practice,
    req: S3Request<PutObjectRetentionInput>,
) -> S3Result<S3Response<PutObjectRetentionOutput>> {
    let input = req.input;
    need_lock_bucket(p, &input.bucket).await?;
    let bypass = input.bypass_governance_retention == Some(true);
    let (mode, until) = input.retention.map_or((None, None), |r| (r.mode, r.retain_until_date));
    #[allow(clippy::cast_possible_truncation)]
    let until = until.map(|t| (epoch(&t) * 1000.0) as i64);
    let mode = mode.map(|m| m.as_str().to_owned());
    whole(mode.as_deref(), until)?;
    change(p, input.bucket, input.key, input.version_id, move |row| {
        let lock = &mut row.meta.lock;
        let held = lock.until_ms.is_some_and(|ms| ms > now_ms());
        let shorter = until.unwrap_or(0) < lock.until_ms.unwrap_or(0);
        let governed = lock.mode.as_deref() == Some("GOVERNANCE");
        let weaker = shorter || (!governed && mode.as_deref() != Some("COMPLIANCE"));
        if held && weaker && !(governed && bypass) {
            return Err(s3_error!(AccessDenied, "Access Denied because object protected by object lock."));
        }
        lock.mode = mode;
        lock.until_ms = until;
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutObjectRetentionOutput::default()))
}

async fn need_lock_bucket(p: &Practice, bucket: &str) -> S3Result<()> {
    let name = bucket.to_owned();
    let bucket = call(&p.store, move |store| store.bucket(&name)).await?;
    if bucket.object_lock.is_empty() {
        return Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration"));
    }
    Ok(())
}

/// What a request says of locks: only in a bucket that has them, whole, and of days to come.
pub(super) async fn check_parameters(p: &Practice, bucket: &str, lock: &Lock) -> S3Result<()> {
    if *lock == Lock::default() {
        let name = bucket.to_owned();
        return call(&p.store, move |store| store.bucket(&name)).await.map(|_| ());
    }
    need_lock_bucket(p, bucket).await?;
    whole(lock.mode.as_deref(), lock.until_ms)
}

fn whole(mode: Option<&str>, until_ms: Option<i64>) -> S3Result<()> {
    match (mode, until_ms) {
        (Some("GOVERNANCE" | "COMPLIANCE"), Some(until)) if until > now_ms() => Ok(()),
        (Some("GOVERNANCE" | "COMPLIANCE"), Some(_)) => {
            Err(s3_error!(InvalidArgument, "The retain until date must be in the future!"))
        }
        (None, None) => Ok(()),
        (Some(_), _) | (None, Some(_)) => Err(s3_error!(
            InvalidArgument,
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        )),
    }
}

/// Bytes that are to be locked come with something to check them by.
pub(super) async fn check_body(p: &Practice, bucket: &str, lock: &Lock, headers: &HeaderMap) -> S3Result<()> {
    let checked = headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "content-md5" | "x-amz-trailer") || name.starts_with("x-amz-checksum-")
    });
    let name = bucket.to_owned();
    let bucket = call(&p.store, move |store| store.bucket(&name)).await?;
    if checked || (*lock == Lock::default() && !bucket.object_lock.contains(' ')) {
        return Ok(());
    }
    Err(s3_error!(
        InvalidRequest,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    ))
}

pub(super) async fn check(p: &Practice, bucket: &str, lock: &Lock, headers: &HeaderMap) -> S3Result<()> {
    check_parameters(p, bucket, lock).await?;
    check_body(p, bucket, lock, headers).await
}

pub(super) async fn legal_hold(
    p: &Practice,
    req: S3Request<GetObjectLegalHoldInput>,
) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
    let row = find(p, req.input.bucket, req.input.key, req.input.version_id).await?;
    let status = ObjectLockLegalHoldStatus::from(if row.meta.lock.hold { "ON" } else { "OFF" }.to_owned());
    Ok(S3Response::new(GetObjectLegalHoldOutput {
        legal_hold: Some(ObjectLockLegalHold { status: Some(status) }),
    }))
}

pub(super) async fn set_legal_hold(
    p: &Practice,
    req: S3Request<PutObjectLegalHoldInput>,
) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
    let input = req.input;
    need_lock_bucket(p, &input.bucket).await?;
    let on = input.legal_hold.and_then(|h| h.status).is_some_and(|s| s.as_str() == "ON");
    change(p, input.bucket, input.key, input.version_id, move |row| {
        row.meta.lock.hold = on;
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutObjectLegalHoldOutput::default()))
}

pub(super) async fn configuration(
    p: &Practice,
    req: S3Request<GetObjectLockConfigurationInput>,
) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
    let bucket = call(&p.store, move |store| store.bucket(&req.input.bucket)).await?;
    if bucket.object_lock.is_empty() {
        return Err(custom(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        ));
    }
    let rule = bucket.object_lock.split_once(' ').map(|(mode, days)| ObjectLockRule {
        default_retention: Some(DefaultRetention {
            days: days.parse().ok(),
            mode: Some(ObjectLockRetentionMode::from(mode.to_owned())),
            years: None,
        }),
    });
    let configuration = ObjectLockConfiguration {
        object_lock_enabled: Some(ObjectLockEnabled::from("Enabled".to_owned())),
        rule,
    };
    Ok(S3Response::new(GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) }))
}

pub(super) async fn set_configuration(
    p: &Practice,
    req: S3Request<PutObjectLockConfigurationInput>,
) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
    let input = req.input;
    let retention = input.object_lock_configuration.and_then(|c| c.rule).and_then(|r| r.default_retention);
    let kept = match retention {
        Some(DefaultRetention { days, mode: Some(mode), years }) => {
            let days = days.unwrap_or(0).saturating_add(years.unwrap_or(0).saturating_mul(365));
            format!("{} {days}", mode.as_str())
        }
        Some(DefaultRetention { mode: None, .. }) | None => "on".to_owned(),
    };
    call(&p.store, move |store| store.set_object_lock(&input.bucket, &kept)).await?;
    Ok(S3Response::new(PutObjectLockConfigurationOutput::default()))
}
