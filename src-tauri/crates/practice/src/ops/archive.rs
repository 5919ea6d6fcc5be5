//! Asking for an archived object.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::Practice;
use super::extras::change;
use super::shared::custom;
use crate::layer::Answered;
use crate::store::now_ms;
use crate::thaw::{Standing, begun, is_archive, lasts, standing};

pub(super) async fn restore(
    p: &Practice,
    req: S3Request<RestoreObjectInput>,
) -> S3Result<S3Response<RestoreObjectOutput>> {
    let input = req.input;
    let (days, tier) = input.restore_request.map_or((None, None), |request| {
        (request.days, request.glacier_job_parameters.map(|job| job.tier).or(request.tier))
    });
    let tier = tier.map_or_else(|| "Standard".to_owned(), |tier| tier.as_str().to_owned());
    let pace = p.pace.get();
    let (status, found) = tokio::sync::oneshot::channel();
    change(p, input.bucket, input.key, input.version_id, move |row| {
        let before = standing(row);
        let deep = row.storage_class == "DEEP_ARCHIVE"
            || row.meta.archive_tier.as_deref() == Some("DEEP_ARCHIVE_ACCESS");
        // A copy lasts for days; what leaves a tier stays out of it.
        let lasting = is_archive(&row.storage_class);
        match before {
            Standing::Open | Standing::Ready(None) => {
                return Err(s3_error!(
                    InvalidObjectState,
                    "Restore is not allowed for the object's current storage class"
                ));
            }
            Standing::Going => {
                return Err(custom(409, "RestoreAlreadyInProgress", "Object restore is already in progress"));
            }
            Standing::Frozen | Standing::Ready(Some(_)) => {}
        }
        check(&tier, deep, lasting, days)?;
        row.meta.thaw = Some(match (before, row.meta.thaw, days) {
            (Standing::Ready(Some(_)), Some(mut thaw), Some(days)) => {
                thaw.until_ms = Some(lasts(pace, now_ms(), days));
                thaw
            }
            (_, _, days) => begun(pace, days),
        });
        // Nobody waits for it when the request was dropped.
        let _unheard = status.send(before);
        Ok(())
    })
    .await?;
    let extended = matches!(found.await, Ok(Standing::Ready(_)));
    let mut response = S3Response::new(RestoreObjectOutput::default());
    if !extended {
        // The protocol crate answers 200 whatever is said here.
        response.extensions.insert(Answered(http::StatusCode::ACCEPTED));
    }
    Ok(response)
}

fn check(tier: &str, deep: bool, lasting: bool, days: Option<i32>) -> S3Result<()> {
    let bad = |why: &'static str| -> S3Result<()> { Err(s3_error!(InvalidArgument, "{}", why)) };
    match (tier, days) {
        ("Expedited", _) if deep => bad("Retrieval option is not supported by this storage class"),
        ("Expedited" | "Standard" | "Bulk", Some(days)) if lasting && days > 0 => Ok(()),
        ("Expedited" | "Standard" | "Bulk", None) if !lasting => Ok(()),
        ("Expedited" | "Standard" | "Bulk", Some(_)) if lasting => bad("Days must be positive"),
        ("Expedited" | "Standard" | "Bulk", Some(_)) => {
            bad("Days cannot be specified for objects in an archive tier of INTELLIGENT_TIERING")
        }
        ("Expedited" | "Standard" | "Bulk", None) => Err(malformed()),
        (_, _) => Err(malformed()),
    }
}

fn malformed() -> S3Error {
    s3_error!(
        MalformedXML,
        "The XML you provided was not well-formed or did not validate against our published schema"
    )
}
