//! Documents that hang on a bucket and are only kept: lifecycle, CORS, policy, tags and so on. They come back byte for byte.

use std::sync::Arc;

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::BodyExt as _;
use s3s::route::S3Route;
use s3s::{Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use crate::lifecycle;
use crate::store::{Store, call};
use crate::target::{self, Target};

/// Name in the query, and what S3 answers when there is none.
const DOCS: [(&str, Missing); 13] = [
    ("accelerate", Missing::Empty("AccelerateConfiguration")),
    ("analytics", Missing::Error("NoSuchConfiguration")),
    ("cors", Missing::Error("NoSuchCORSConfiguration")),
    ("encryption", Missing::Error("ServerSideEncryptionConfigurationNotFoundError")),
    ("inventory", Missing::Error("NoSuchConfiguration")),
    ("lifecycle", Missing::Error("NoSuchLifecycleConfiguration")),
    ("logging", Missing::Empty("BucketLoggingStatus")),
    ("notification", Missing::Empty("NotificationConfiguration")),
    ("ownershipControls", Missing::Error("OwnershipControlsNotFoundError")),
    ("publicAccessBlock", Missing::Error("NoSuchPublicAccessBlockConfiguration")),
    ("replication", Missing::Error("ReplicationConfigurationNotFoundError")),
    ("requestPayment", Missing::Payer),
    ("tagging", Missing::Error("NoSuchTagSet")),
];
const MORE: [(&str, Missing); 2] = [
    ("policy", Missing::Error("NoSuchBucketPolicy")),
    ("website", Missing::Error("NoSuchWebsiteConfiguration")),
];

/// Documents are small; anything longer is refused.
const LIMIT: usize = 1024 * 1024;

#[derive(Clone, Copy)]
enum Missing {
    Error(&'static str),
    Empty(&'static str),
    Payer,
}

/// The route that keeps them.
pub(crate) struct ConfigDocs {
    store: Arc<Store>,
}

impl ConfigDocs {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

fn kind(uri: &Uri) -> Option<(&'static str, Missing)> {
    DOCS.into_iter().chain(MORE).find(|(name, _)| target::query_names(uri).any(|n| n == *name))
}

#[async_trait::async_trait]
impl S3Route for ConfigDocs {
    fn is_match(&self, method: &Method, uri: &Uri, _: &HeaderMap, extensions: &mut Extensions) -> bool {
        let on_bucket = extensions.get::<Target>().is_some_and(|t| t.bucket.is_some() && t.key.is_none());
        on_bucket && matches!(method.as_str(), "GET" | "PUT" | "DELETE") && kind(uri).is_some()
    }

    async fn call(&self, req: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let Some((name, missing)) = kind(&req.uri) else { return Err(s3_error!(NotImplemented)) };
        let Some(bucket) = req.extensions.get::<Target>().and_then(|t| t.bucket.clone()) else {
            return Err(s3_error!(InvalidRequest));
        };
        let id = target::query_value(&req.uri, "id").map(target::decode).unwrap_or_default();
        match req.method.as_str() {
            "PUT" => {
                let body = http_body_util::Limited::new(req.input, LIMIT).collect().await;
                let body = body
                    .map_err(|e| s3_error!(MalformedXML, "The document can't be read: {}", e))?
                    .to_bytes();
                let minimum = if name == "lifecycle" {
                    lifecycle::check(&req.headers, &body)?;
                    Some(lifecycle::minimum(&req.headers)?)
                } else {
                    None
                };
                call(&self.store, move |store| {
                    if let Some(minimum) = minimum {
                        store.put_doc(&bucket, lifecycle::MINIMUM, "", minimum.as_bytes())?;
                    }
                    store.put_doc(&bucket, name, &id, &body)
                })
                .await?;
                let status = if name == "policy" { StatusCode::NO_CONTENT } else { StatusCode::OK };
                Ok(S3Response::with_status(Body::empty(), status))
            }
            "DELETE" => {
                call(&self.store, move |store| store.delete_doc(&bucket, name, &id)).await?;
                Ok(S3Response::with_status(Body::empty(), StatusCode::NO_CONTENT))
            }
            _ => {
                let (found, minimum) = call(&self.store, move |store| {
                    let minimum = match name {
                        "lifecycle" => store.doc(&bucket, lifecycle::MINIMUM, "")?,
                        _ => None,
                    };
                    Ok((store.doc(&bucket, name, &id)?, minimum))
                })
                .await?;
                let body = match (found, missing) {
                    (Some(body), _) => body,
                    (None, Missing::Empty(root)) => {
                        format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>").into_bytes()
                    }
                    (None, Missing::Payer) => {
                        b"<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>".to_vec()
                    }
                    (None, Missing::Error(code)) => return Err(not_found(code)),
                };
                let mut response = S3Response::new(Body::from(Bytes::from(body)));
                let json = HeaderValue::from_static(if name == "policy" {
                    "application/json"
                } else {
                    "application/xml"
                });
                response.headers.insert(http::header::CONTENT_TYPE, json);
                if let Some(minimum) = minimum.and_then(|text| HeaderValue::from_bytes(&text).ok()) {
                    response.headers.insert(lifecycle::MINIMUM, minimum);
                }
                Ok(response)
            }
        }
    }
}

fn not_found(code: &'static str) -> S3Error {
    let mut error =
        S3Error::with_message(S3ErrorCode::Custom(code.into()), "There is no such configuration.");
    error.set_status_code(StatusCode::NOT_FOUND);
    error
}
