//! Where a bucket is and how a request for it is addressed. The SDK's own rules decide; their answer is kept per bucket
//! and region.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_smithy_types::Document;
use aws_smithy_types::endpoint::EndpointAuthScheme;
use http::Uri;
use http::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters, as SigV4 wants it.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same for a key, whose slashes stay.
const KEY: &AsciiSet = &VALUE.remove(b'/');

/// Text as it stands in a query.
pub(super) fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, VALUE)
}

/// What a copy is made of, in the words of `x-amz-copy-source`.
pub(crate) fn copy_source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let mut text = format!("{}/{}", utf8_percent_encode(bucket, VALUE), utf8_percent_encode(key, KEY));
    if let Some(version) = version {
        text.push_str("?versionId=");
        text.extend(utf8_percent_encode(version, VALUE));
    }
    text
}

/// Settings of the connection that decide where a bucket is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) endpoint: Option<String>,
    pub(crate) fips: Option<bool>,
    pub(crate) dual_stack: Option<bool>,
}

/// Where a bucket is.
#[derive(Debug)]
pub(super) struct Place {
    /// Scheme and authority: what one connection serves.
    pub(super) origin: Uri,
    /// The same as text, without a slash at the end.
    pub(super) start: String,
    pub(super) host: HeaderValue,
    /// Encoded, without a slash at the end; empty when the bucket is in the host's name.
    path: String,
    /// Region to sign for.
    pub(super) region: String,
}

impl Place {
    pub(super) fn read(url: &str, region: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let (scheme, authority) = (uri.scheme()?.clone(), uri.authority()?.clone());
        let default = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        // A user's name in a URL is nothing the rules know.
        if authority.as_str().contains('@') || uri.query().is_some() {
            return None;
        }
        let host = if authority.port_u16() == Some(default) { authority.host() } else { authority.as_str() };
        let host = HeaderValue::from_str(host).ok()?;
        let path = uri.path().trim_end_matches('/').to_owned();
        let start = format!("{scheme}://{authority}");
        let origin = Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().ok()?;
        Some(Self { origin, start, host, path, region: region.to_owned() })
    }

    /// Path and query of a request.
    pub(super) fn target(&self, key: &str, query: &str) -> String {
        let mut target = String::with_capacity(self.path.len() + key.len() + query.len() + 16);
        target.push_str(&self.path);
        target.push('/');
        target.extend(utf8_percent_encode(key, KEY));
        if !query.is_empty() {
            target.push('?');
            target.push_str(query);
        }
        target
    }
}

type Known = HashMap<String, (String, Option<Arc<Place>>)>;

/// What is known of places.
#[derive(Debug)]
pub(super) struct Places {
    rules: Rules,
    resolver: DefaultResolver,
    proxies: Matcher,
    known: Mutex<Known>,
}

impl Places {
    pub(super) fn new(rules: Rules) -> Self {
        let proxies = Matcher::from_env();
        Self { rules, resolver: DefaultResolver::new(), proxies, known: Mutex::default() }
    }

    /// Where a bucket is; `None` when anything about it is special.
    pub(super) async fn of(&self, bucket: &str, region: &str) -> Option<Arc<Place>> {
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((for_region, place)) = known.get(bucket)
                && for_region == region
            {
                return place.clone();
            }
        }
        let place = self.find(bucket, region).await.map(Arc::new);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(bucket.to_owned(), (region.to_owned(), place.clone()));
        place
    }

    async fn find(&self, bucket: &str, region: &str) -> Option<Place> {
        // An ARN names another kind of thing, and an express bucket is signed in its own way.
        if bucket.is_empty() || bucket.contains(':') || bucket.ends_with("--x-s3") {
            return None;
        }
        let params = Params::builder()
            .bucket(bucket)
            .region(region)
            .set_endpoint(self.rules.endpoint.clone())
            .set_use_fips(self.rules.fips)
            .set_use_dual_stack(self.rules.dual_stack)
            .force_path_style(self.rules.endpoint.is_some())
            .build()
            .ok()?;
        let found = self.resolver.resolve_endpoint(&params).await.ok()?;
        if found.headers().next().is_some() {
            return None;
        }
        let place = Place::read(found.url(), signing_region(found.auth_schemes().first()?)?)?;
        // What goes through a proxy goes the SDK's way, which knows how.
        self.proxies.intercept(&place.origin).is_none().then_some(place)
    }
}

/// The region to sign for, if this is the plain way of signing.
fn signing_region(scheme: &EndpointAuthScheme) -> Option<&str> {
    let text = |name: &str| scheme.get(name).and_then(Document::as_string);
    (scheme.name() == "sigv4" && text("signingName") == Some("s3")).then(|| text("signingRegion"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(endpoint: Option<&str>, bucket: &str, region: &str) -> Option<Arc<Place>> {
        let rules = Rules { endpoint: endpoint.map(str::to_owned), ..Rules::default() };
        Places { proxies: Matcher::builder().build(), ..Places::new(rules) }.of(bucket, region).await
    }

    #[tokio::test]
    async fn amazon_has_the_bucket_in_the_host_unless_its_name_has_dots() {
        let place = of(None, "photos", "eu-central-1").await.unwrap();
        assert_eq!(place.host, "photos.s3.eu-central-1.amazonaws.com");
        assert_eq!(place.target("a b/c+d%~", ""), "/a%20b/c%2Bd%25~");
        assert_eq!(place.region, "eu-central-1");
        let place = of(None, "my.photos", "eu-central-1").await.unwrap();
        assert_eq!(place.host, "s3.eu-central-1.amazonaws.com");
        assert_eq!(place.target("//a", "list-type=2"), "/my.photos///a?list-type=2");
        assert_eq!(of(None, "b-c", "cn-north-1").await.unwrap().host, "b-c.s3.cn-north-1.amazonaws.com.cn");
    }

    #[tokio::test]
    async fn other_servers_have_the_bucket_in_the_path() {
        let place = of(Some("http://127.0.0.1:9000"), "photos", "us-east-1").await.unwrap();
        assert_eq!(
            (place.host.to_str().unwrap(), place.start.as_str()),
            ("127.0.0.1:9000", "http://127.0.0.1:9000")
        );
        assert_eq!(place.target("é", ""), "/photos/%C3%A9");
        let place = of(Some("https://example.org:443/s3/"), "photos", "us-east-1").await.unwrap();
        assert_eq!(place.host, "example.org");
        assert_eq!(place.target("", ""), "/s3/photos/");
    }

    #[tokio::test]
    async fn what_is_special_is_for_the_sdk() {
        for bucket in ["arn:aws:s3:us-west-2:123456789012:accesspoint/x", "photos--use1-az4--x-s3", ""] {
            assert!(of(None, bucket, "us-west-2").await.is_none(), "{bucket}");
        }
        // Names a server invents must not become the name of a host that gets our signature.
        for region in ["evil.example/", "x@evil", "a b"] {
            assert!(of(None, "photos", region).await.is_none(), "{region}");
        }
        assert!(of(Some("http://user:word@example.org"), "photos", "us-east-1").await.is_none());
    }

    #[tokio::test]
    async fn what_goes_through_a_proxy_is_for_the_sdk() {
        let proxies = Matcher::builder().all("http://proxy.example:3128").no("127.0.0.1").build();
        let rules = Rules { endpoint: Some("http://example.org".to_owned()), ..Rules::default() };
        let places = Places { proxies, ..Places::new(rules) };
        assert!(places.of("photos", "us-east-1").await.is_none());
    }
}
