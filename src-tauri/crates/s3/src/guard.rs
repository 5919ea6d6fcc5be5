//! Looks at every answer before it is believed: is this S3's, and is it the answer to this call?
//!
//! A captive portal answers 200 with a page of its own, which the SDK would read as an empty listing (hazard HE3). Some
//! servers overlook a subresource and answer as if it had not been there. Some answer 200 with an error inside
//! (hazard HB4).
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The answer is not an S3 server's answer to this call.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not S3's answer to {operation}: {why}")]
pub(crate) struct NotS3 {
    operation: String,
    why: String,
    /// A subresource was overlooked: the server does not know it.
    pub(crate) subresource: bool,
}

/// Status 200, and an error in the body.
#[derive(Debug, thiserror::Error)]
#[error("the server answered 200 with the error {code}")]
pub(crate) struct RefusedInBody {
    pub(crate) code: String,
}

/// Installed in every client of this crate.
#[derive(Debug)]
pub(crate) struct Guard;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if !response.status().is_success() {
            return Ok(());
        }
        let operation = cfg.load::<Metadata>().map(|m| m.name().to_owned()).unwrap_or_default();
        let has = |name: &str| response.headers().get(name).is_some_and(|v| !v.is_empty());
        let html = response.headers().get("content-type").is_some_and(|t| t.contains("text/html"));
        check(&operation, response.body().bytes(), has("etag"), html)
    }
}

/// What is wrong with a good answer to this call.
pub(crate) fn check(operation: &str, body: Option<&[u8]>, etag: bool, html: bool) -> Result<(), BoxError> {
    let refuse = |why: String, subresource: bool| -> Result<(), BoxError> {
        Err(Box::new(NotS3 { operation: operation.to_owned(), why, subresource }))
    };
    let root = body.and_then(root_of);
    if operation != "GetObject" && root.as_deref() == Some("Error") {
        let text = String::from_utf8_lossy(body.unwrap_or_default()).into_owned();
        let code =
            text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
        return Err(Box::new(RefusedInBody { code: code.unwrap_or("InternalError").to_owned() }));
    }
    let wanted = match operation {
        "ListObjectsV2" => Some("ListBucketResult"),
        "ListBuckets" => Some("ListAllMyBucketsResult"),
        "ListParts" => Some("ListPartsResult"),
        "ListMultipartUploads" => Some("ListMultipartUploadsResult"),
        "ListObjectVersions" => Some("ListVersionsResult"),
        "CreateMultipartUpload" => Some("InitiateMultipartUploadResult"),
        "CompleteMultipartUpload" => Some("CompleteMultipartUploadResult"),
        "GetBucketVersioning" => Some("VersioningConfiguration"),
        "GetObjectTagging" => Some("Tagging"),
        "GetObjectAcl" => Some("AccessControlPolicy"),
        "GetBucketOwnershipControls" => Some("OwnershipControls"),
        "GetBucketLifecycleConfiguration" => Some("LifecycleConfiguration"),
        "GetObjectLockConfiguration" => Some("ObjectLockConfiguration"),
        "CopyObject" => Some("CopyObjectResult"),
        "UploadPartCopy" => Some("CopyPartResult"),
        _ => None,
    };
    // A server that overlooks it answers with the object itself, or with a listing.
    let subresource = matches!(
        operation,
        "GetObjectTagging"
            | "GetObjectAcl"
            | "GetBucketOwnershipControls"
            | "GetBucketLifecycleConfiguration"
            | "GetObjectLockConfiguration"
    );
    if let Some(wanted) = wanted {
        return match root {
            Some(root) if root == wanted && !closed(body.unwrap_or_default(), wanted) => {
                refuse("the body ends in the middle".to_owned(), false)
            }
            Some(root) if root == wanted => Ok(()),
            Some(root) => {
                // Whoever answers with a page of their own has overlooked nothing: they are no S3 server.
                let page = ["html", "!doctype"].iter().any(|page| root.eq_ignore_ascii_case(page));
                refuse(format!("the body is <{root}>"), subresource && !page)
            }
            None => refuse("the body is no XML".to_owned(), subresource && !html),
        };
    }
    if matches!(operation, "PutObject" | "UploadPart" | "HeadObject" | "GetObject") && !etag {
        return refuse("it has no ETag".to_owned(), false);
    }
    // moto calls even nothing a web page.
    let empty = body.is_some_and(<[u8]>::is_empty);
    if html && !etag && !empty && operation != "HeadBucket" {
        return refuse("it is a web page".to_owned(), false);
    }
    Ok(())
}

/// Name of the first element, without its namespace prefix.
pub(crate) fn root_of(body: &[u8]) -> Option<String> {
    // While a server copies or puts parts together it sends blanks, and any number of them.
    let declared = body.starts_with(b"<?").then(|| memchr::memmem::find(body, b"?>")).flatten();
    let body = declared.and_then(|end| body.get(end + 2..)).unwrap_or(body).trim_ascii_start();
    let text = String::from_utf8_lossy(body.get(..body.len().min(2048)).unwrap_or(body)).into_owned();
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("<?") {
            rest = after.split_once("?>")?.1.trim_start();
        } else if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->")?.1.trim_start();
        } else {
            break;
        }
    }
    let name: String = rest
        .strip_prefix('<')?
        .chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/'))
        .collect();
    let name = name.rsplit(':').next().unwrap_or_default().to_owned();
    (!name.is_empty()).then_some(name)
}

/// Whether a document ends with the end of its first element. The SDK does not mind when it does not, and takes the
/// beginning of a listing for all of it (hazard HB17).
fn closed(body: &[u8], root: &str) -> bool {
    let body = body.trim_ascii_end();
    let Some(tag) = memchr::memrchr(b'<', body).and_then(|at| body.get(at + 1..)) else { return false };
    let Some(tag) = tag.strip_suffix(b">") else { return false };
    match tag.strip_prefix(b"/") {
        Some(name) => name.trim_ascii_end().rsplit(|b| *b == b':').next() == Some(root.as_bytes()),
        // Nothing is inside.
        None => tag.ends_with(b"/") && root_of(&[b"<", tag].concat()).as_deref() == Some(root),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn he3_a_page_is_no_listing() {
        let page = b"<!DOCTYPE html><html><body>Room and name, please</body></html>";
        assert!(check("ListObjectsV2", Some(page), false, true).is_err());
        assert!(check("ListBuckets", Some(b""), false, false).is_err());
        assert!(check("PutObject", Some(page), false, true).is_err());
        assert!(check("DeleteObject", Some(page), false, true).is_err());
        let listing = b"<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"></ListBucketResult>";
        assert!(check("ListObjectsV2", Some(listing), false, false).is_ok());
    }

    #[test]
    fn hb4_an_error_inside_200_is_found() {
        let body = b"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>";
        let error = check("CompleteMultipartUpload", Some(body), false, false).unwrap_err();
        assert_eq!(error.downcast_ref::<RefusedInBody>().unwrap().code, "SlowDown");
    }

    #[test]
    fn hb4_a_copy_is_done_when_its_result_is_there_and_not_before() {
        let blanks = " \n".repeat(5_000);
        let error = format!("<?xml version=\"1.0\"?>{blanks}<Error><Code>InternalError</Code></Error>");
        for operation in ["CopyObject", "UploadPartCopy"] {
            assert!(
                check(operation, Some(error.as_bytes()), false, false).unwrap_err().is::<RefusedInBody>()
            );
            assert!(check(operation, Some(blanks.as_bytes()), false, false).is_err());
            assert!(check(operation, Some(b""), true, false).is_err());
        }
        let done = format!("<?xml version=\"1.0\"?>{blanks}<CopyObjectResult></CopyObjectResult>");
        assert!(check("CopyObject", Some(done.as_bytes()), false, false).is_ok());
    }

    #[test]
    fn hb17_a_document_ends_with_its_first_element() {
        for whole in ["<a></a>", "<?x?><a/>", "<a b='c' />\n", "<s:a><a/></s:a >", "<a></a>\n\n"] {
            assert!(closed(whole.as_bytes(), "a"), "{whole}");
        }
        for cut in ["<a>", "<a><b></b>", "<a", "", "<a><a", "<a></a", "<a><b/>", "<a>text"] {
            assert!(!closed(cut.as_bytes(), "a"), "{cut}");
        }
    }

    #[test]
    fn tags_are_only_believed_from_a_tag_set() {
        let error = check("GetObjectTagging", Some(b"the object's own bytes"), true, false).unwrap_err();
        assert!(error.downcast_ref::<NotS3>().unwrap().subresource);
    }
}
