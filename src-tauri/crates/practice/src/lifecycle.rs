//! What is looked at in a document of lifecycle rules before it is kept as it is. Nothing here ever acts by the rules.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Result, s3_error};

use crate::checksum::{Algo, Checksums, finish, hasher};

/// The header beside the rules that says which objects are too small to move.
pub(crate) const MINIMUM: &str = "x-amz-transition-default-minimum-object-size";

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What the request says of small objects, or the default.
pub(crate) fn minimum(headers: &HeaderMap) -> S3Result<String> {
    match header(headers, MINIMUM) {
        None => Ok("all_storage_classes_128K".to_owned()),
        Some(known @ ("all_storage_classes_128K" | "varies_by_storage_class")) => Ok(known.to_owned()),
        Some(_) => Err(s3_error!(InvalidRequest, "Unknown default minimum object size")),
    }
}

/// A document comes with a checksum, is whole, and has no more rules than S3 takes, each with a name of its own.
pub(crate) fn check(headers: &HeaderMap, body: &[u8]) -> S3Result<()> {
    let mut sent = Checksums::default();
    for algo in Algo::ALL {
        sent.set(algo, header(headers, &algo.header()).map(str::to_owned));
    }
    let md5 = header(headers, "content-md5");
    if md5.is_none() && sent.algos().is_empty() {
        return Err(s3_error!(
            InvalidRequest,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        ));
    }
    if let Some(md5) = md5 {
        let mut hash = Md5::new();
        hash.update(body);
        if STANDARD.encode(hash.finalize()) != md5 {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
    }
    let mut hash = hasher(&sent.algos());
    hash.update(body);
    finish(hash).verify_sent(&sent)?;

    let malformed = || {
        s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let count = |what: &str| text.matches(what).count();
    let rules = count("<Rule>");
    if count("<LifecycleConfiguration") != 1 || rules == 0 || rules != count("</Rule>") || rules > 1000 {
        return Err(malformed());
    }
    let mut names: Vec<&str> =
        text.split("<ID>").skip(1).filter_map(|rest| rest.split("</ID>").next()).collect();
    names.sort_unstable();
    if names.windows(2).any(|two| matches!(two, [a, b] if a == b)) {
        return Err(s3_error!(
            InvalidArgument,
            "Rule ID must be unique. Found same ID for more than one rule"
        ));
    }
    Ok(())
}
