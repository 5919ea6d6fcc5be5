//! What was really sent and said, where the SDK's own words leave something out: an answer's bytes, and a body that is written as it is.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;

use crate::store::md5_base64;

/// An answer as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Keeps the last answer to the calls that it is installed in, whatever the SDK made of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<Said>>>);

impl Heard {
    pub(crate) fn take(&self) -> Option<Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let said = Said {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: Bytes::copy_from_slice(response.body().bytes().unwrap_or_default()),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        Ok(())
    }
}

/// Has a request carry this document, byte for byte, with the checksum that every server knows.
pub(crate) fn carry(request: &mut HttpRequest, document: &str) {
    let headers = request.headers_mut();
    // Those of the document that the SDK would have written.
    let other: Vec<String> = headers
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.starts_with("x-amz-checksum-"))
        .collect();
    for name in other {
        headers.remove(name);
    }
    headers.remove("x-amz-sdk-checksum-algorithm");
    headers.insert("content-md5", md5_base64(document.as_bytes()));
    headers.insert("content-type", "application/xml");
    headers.insert("content-length", document.len().to_string());
    *request.body_mut() = SdkBody::from(document);
}
