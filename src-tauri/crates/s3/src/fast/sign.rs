//! SigV4 as S3 wants it: the path encoded once and not tidied, the payload's hash in a header.
use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sigv4,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Method;
use http::header::HeaderValue;
use windlass_ports::{RemoteError, RemoteErrorKind};

use super::Call;
use super::place::Place;
use crate::error::{chain, own};

/// Headers that carry the signature.
pub(super) fn sign(
    place: &Place,
    call: &Call<'_>,
    target: &str,
    identity: &Identity,
    now: SystemTime,
) -> Result<Vec<(&'static str, HeaderValue)>, RemoteError> {
    let bad = |error: &(dyn std::error::Error + 'static)| own(RemoteErrorKind::BadRequest, chain(error));
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(&place.region)
        .name("s3")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|e| bad(&e))?
        .into();
    let length = call.body.len().to_string();
    let length = (call.method == Method::PUT).then_some(("content-length", length.as_str()));
    let headers = call.headers.iter().map(|(name, value)| (*name, value.as_ref())).chain(length);
    let payload = match &call.hash {
        Some(hash) => SignableBody::Precomputed(hash.clone()),
        None => SignableBody::UnsignedPayload,
    };
    let url = format!("{}{target}", place.start);
    let request = SignableRequest::new(call.method.as_str(), url, headers, payload).map_err(|e| bad(&e))?;
    let (signed, _) = sigv4(request, &params).map_err(|e| bad(&e))?.into_parts();
    let headers = signed.into_parts().0.into_iter().map(|header| {
        let mut value = HeaderValue::from_str(header.value()).map_err(|e| bad(&e))?;
        value.set_sensitive(true);
        Ok((header.name(), value))
    });
    headers.collect()
}
