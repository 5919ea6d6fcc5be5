//! SigV4 as S3 wants it: the path encoded once and not tidied, the payload's hash in a header. The library that the SDK
//! signs with costs several times as much a request; the tests hold every signature against it.
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::date_time::{DateTime, Format};
use http::Method;
use http::header::HeaderValue;
use sha2::digest::Output;
use sha2::{Digest as _, Sha256};
use windlass_ports::{RemoteError, RemoteErrorKind};

use super::Call;
use super::place::Place;
use crate::error::own;

type Hash = Output<Sha256>;

/// Bytes that HMAC takes at a time.
const BLOCK: usize = 64;

fn hmac(key: &[u8], text: &[u8]) -> Hash {
    let mut block = [0u8; BLOCK];
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize()
}

fn hex(bytes: &[u8], to: &mut String) {
    for byte in bytes {
        // Writing into a String does not fail.
        let _ = write!(to, "{byte:02x}");
    }
}

/// A day's signing key, which takes four HMACs to make.
struct Made {
    of: Hash,
    key: Hash,
}

/// The key made last.
#[derive(Default)]
pub(super) struct Keys(Mutex<Option<Made>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    fn get(&self, secret: &str, date: &str, region: &str) -> Hash {
        let of = [secret, date, region]
            .iter()
            .fold(Sha256::new(), |hash, part| {
                hash.chain_update((part.len() as u64).to_le_bytes()).chain_update(part)
            })
            .finalize();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| made.of == of) {
            return made.key;
        }
        let first = hmac(format!("AWS4{secret}").as_bytes(), date.as_bytes());
        let key = [region, "s3", "aws4_request"].iter().fold(first, |key, part| hmac(&key, part.as_bytes()));
        *made = Some(Made { of, key });
        key
    }
}

/// A header's value as it is signed: without spaces at the ends, and with one where there are several.
fn tidy(value: &str) -> Cow<'_, str> {
    let value = value.trim_matches(' ');
    if !value.contains("  ") {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The query with its parameters in order. They are encoded already.
fn ordered(query: &str) -> String {
    let mut pairs: Vec<(&str, &str)> =
        query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, ""))).collect();
    pairs.sort_unstable();
    let mut text = String::with_capacity(query.len() + 8);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// Headers that carry the signature.
pub(super) fn sign(
    keys: &Keys,
    place: &Place,
    call: &Call<'_>,
    target: &str,
    identity: &Identity,
    now: SystemTime,
) -> Result<Vec<(&'static str, HeaderValue)>, RemoteError> {
    let bad = |error: &dyn std::fmt::Display| own(RemoteErrorKind::BadRequest, error.to_string());
    let credentials = identity.data::<Credentials>().ok_or_else(|| bad(&"these credentials sign nothing"))?;
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|e| bad(&e))?.as_secs();
    let seconds = i64::try_from(seconds).map_err(|e| bad(&e))?;
    let mut time = DateTime::from_secs(seconds).fmt(Format::DateTime).map_err(|e| bad(&e))?;
    time.retain(|c| c != '-' && c != ':');
    let date = time.split('T').next().unwrap_or_default();
    let host = place.host.to_str().map_err(|e| bad(&e))?;
    let payload = call.hash.as_deref().unwrap_or("UNSIGNED-PAYLOAD");
    let length = call.body.len().to_string();

    let mut headers: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(call.headers.len() + 5);
    headers.extend(call.headers.iter().map(|(name, value)| (*name, tidy(value))));
    headers.push(("host", Cow::Borrowed(host)));
    headers.push(("x-amz-content-sha256", Cow::Borrowed(payload)));
    headers.push(("x-amz-date", Cow::Borrowed(&time)));
    if let Some(token) = credentials.session_token() {
        headers.push(("x-amz-security-token", Cow::Borrowed(token)));
    }
    if call.method == Method::PUT {
        headers.push(("content-length", Cow::Borrowed(&length)));
    }
    headers.sort_unstable_by_key(|(name, _)| *name);
    let mut names = String::with_capacity(256);
    for (name, _) in &headers {
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
    }

    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut text = String::with_capacity(1024 + target.len());
    let _ = write!(text, "{}\n{path}\n{}\n", call.method, ordered(query));
    for (name, value) in &headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{payload}");
    let canonical = Sha256::digest(&text);

    let scope = format!("{date}/{}/s3/aws4_request", place.region);
    text.clear();
    let _ = write!(text, "AWS4-HMAC-SHA256\n{time}\n{scope}\n");
    hex(&canonical, &mut text);
    let signature = hmac(&keys.get(credentials.secret_access_key(), date, &place.region), text.as_bytes());

    text.clear();
    let key = credentials.access_key_id();
    let _ = write!(text, "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature=");
    hex(&signature, &mut text);
    let carried = [
        Some(("x-amz-date", time.as_str())),
        Some(("authorization", text.as_str())),
        Some(("x-amz-content-sha256", payload)),
        credentials.session_token().map(|token| ("x-amz-security-token", token)),
    ];
    let value = |(name, text): (&'static str, &str)| {
        let mut value = HeaderValue::from_str(text).map_err(|e| bad(&e))?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    carried.into_iter().flatten().map(value).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sigv4::http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as sigv4,
    };
    use aws_sigv4::sign::v4;
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
        let headers = sign(&Keys::default(), &place, &call, &target, &identity, now).unwrap();
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

    /// What the SDK's own library says.
    fn theirs(
        place: &Place,
        call: &Call<'_>,
        target: &str,
        identity: &Identity,
        now: SystemTime,
    ) -> Vec<(String, String)> {
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
            .unwrap()
            .into();
        let length = call.body.len().to_string();
        let length = (call.method == Method::PUT).then_some(("content-length", length.as_str()));
        let headers = call.headers.iter().map(|(name, value)| (*name, value.as_ref())).chain(length);
        let payload = match &call.hash {
            Some(hash) => SignableBody::Precomputed(hash.clone()),
            None => SignableBody::UnsignedPayload,
        };
        let url = format!("{}{target}", place.start);
        let request = SignableRequest::new(call.method.as_str(), url, headers, payload).unwrap();
        let (signed, _) = sigv4(request, &params).unwrap().into_parts();
        let headers = signed.into_parts().0.into_iter();
        headers.map(|header| (header.name().to_owned(), header.value().to_owned())).collect()
    }

    #[test]
    fn signatures_are_those_of_the_sdk() {
        let keys = Keys::default();
        let long = "s".repeat(100);
        let mut count = 0;
        let cases = ["/photos", "", "/s3/a.b"].into_iter().flat_map(|start| {
            ["key", "a  b//../c", "é/ü~_-.x", "q?a=b&c#d%20+", "wide 日本/🐢", "/", ""]
                .map(|key| (start, key))
        });
        for (start, key) in cases {
            for endpoint in ["http://127.0.0.1:9000", "https://example.org", "http://example.org:80"] {
                let place = Place::read(&format!("{endpoint}{start}"), "eu-central-1").unwrap();
                let parts = format!("partNumber=7&uploadId={}", super::super::place::encoded("a/b+c=~ é"));
                let pages = "list-type=2&encoding-type=url&prefix=a%2Fb%20&delimiter=%2F&continuation-token=";
                for query in ["", &parts, pages, "uploads=", "b=2&a=1&a=0&ab=3"] {
                    for (secret, token) in [("secret", None), (long.as_str(), Some("to/ken=="))] {
                        count += 1;
                        let method = [Method::PUT, Method::GET, Method::HEAD][count % 3].clone();
                        let call = Call {
                            operation: "PutObject",
                            method,
                            key,
                            query: query.to_owned(),
                            headers: vec![
                                ("x-amz-meta-windlass-device", Cow::Borrowed("  a  b   c ")),
                                ("content-type", Cow::Borrowed("application/octet-stream")),
                                ("if-none-match", Cow::Borrowed("*")),
                                ("content-md5", Cow::Borrowed("a+/b==")),
                            ],
                            body: &Bytes::from_static(b"bytes"),
                            progress: &Progress::default(),
                            hash: (count % 2 == 0).then(|| "abc".to_owned()),
                            limit: 0,
                        };
                        let credentials =
                            Credentials::new("key", secret, token.map(str::to_owned), None, "test");
                        let identity = credentials.into();
                        // Days follow each other, so that no key is taken for another.
                        let now = SystemTime::UNIX_EPOCH
                            + Duration::from_secs(1_700_000_000 + count as u64 * 43_210);
                        let target = place.target(call.key, &call.query);
                        let ours = sign(&keys, &place, &call, &target, &identity, now).unwrap();
                        let mut ours: Vec<_> = ours
                            .into_iter()
                            .map(|(name, value)| (name.to_owned(), value.to_str().unwrap().to_owned()))
                            .collect();
                        let mut theirs = theirs(&place, &call, &target, &identity, now);
                        ours.sort();
                        theirs.sort();
                        assert_eq!(ours, theirs, "{endpoint}{target}");
                    }
                }
            }
        }
    }
}
