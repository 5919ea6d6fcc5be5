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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::Duration;

    use aws_credential_types::Credentials;
    use bytes::Bytes;

    use super::*;
    use crate::body::Progress;

    fn signed(token: Option<&str>, hash: Option<&str>) -> Vec<(&'static str, String)> {
        let place = Place::read("http://127.0.0.1:9000/photos", "us-east-1").unwrap();
        let call = Call {
            operation: "PutObject",
            method: Method::PUT,
            key: "a  b//../c",
            query: "x=%20".to_owned(),
            headers: vec![("if-match", Cow::Borrowed("\"e\""))],
            body: &Bytes::from_static(b"bytes"),
            progress: &Progress::default(),
            hash: hash.map(str::to_owned),
            limit: 0,
        };
        let identity = Credentials::new("key", "secret", token.map(str::to_owned), None, "test").into();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let target = place.target(call.key, &call.query);
        assert_eq!(target, "/photos/a%20%20b//../c?x=%20");
        let headers = sign(&place, &call, &target, &identity, now).unwrap();
        assert!(headers.iter().all(|(_, value)| value.is_sensitive()));
        headers.into_iter().map(|(name, value)| (name, value.to_str().unwrap().to_owned())).collect()
    }

    fn of<'a>(headers: &'a [(&str, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn conditions_length_and_token_are_signed() {
        let plain = signed(None, None);
        let authorization = of(&plain, "authorization").unwrap();
        assert!(
            authorization
                .contains("SignedHeaders=content-length;host;if-match;x-amz-content-sha256;x-amz-date,"),
            "{authorization}"
        );
        assert!(authorization.contains("key/20231114/us-east-1/s3/aws4_request"), "{authorization}");
        assert_eq!(of(&plain, "x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(of(&plain, "x-amz-date"), Some("20231114T221320Z"));
        assert_eq!(of(&plain, "x-amz-security-token"), None);
        let token = signed(Some("token"), Some("abc"));
        assert_eq!(of(&token, "x-amz-security-token"), Some("token"));
        assert_eq!(of(&token, "x-amz-content-sha256"), Some("abc"));
        assert!(of(&token, "authorization").unwrap().contains("x-amz-security-token"));
    }
}
