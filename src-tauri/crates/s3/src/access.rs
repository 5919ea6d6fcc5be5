//! One connection's client: credentials, endpoint, region, and the settings that keep the SDK from doing more than we
//! asked (hazard B, points on checksums, retries and time limits).
use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Region, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::service_config::ServiceConfigKey;
use windlass_domain::{Bucket, Capabilities};
use windlass_ports::{CredentialSource, RemoteError, RemoteErrorKind, Secret};

use crate::browse::S3Browse;
use crate::error::{Trouble, own, stalled, translate};
use crate::fast::{Fast, Rules};
use crate::guard::Guard;
use crate::store::S3Store;

/// Region that is asked first when none is known; a server that knows better says so.
const FIRST_REGION: &str = "us-east-1";
/// Longest wait for a call without a body of ours.
pub(crate) const CALL: Duration = Duration::from_secs(60);

/// What is needed to reach S3.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where credentials come from.
    pub source: CredentialSource,
    /// Endpoint URL; `None` for Amazon S3.
    pub endpoint: Option<String>,
    /// Region; `None` finds it.
    pub region: Option<String>,
    /// Secret of an access key, or of the practice endpoint.
    pub secret: Option<Secret>,
    /// The access key's id, where `source` does not hold it.
    pub access_key: Option<String>,
    /// Session token of temporary credentials.
    pub session_token: Option<Secret>,
}

/// The endpoint that the environment or a profile names for S3 alone.
fn endpoint_of_s3(loaded: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    loaded.service_config()?.load_config(key).filter(|url| !url.is_empty())
}

/// Whether what goes to this endpoint can be changed by nobody on the way.
fn safe_line(endpoint: Option<&str>) -> bool {
    let Some(endpoint) = endpoint else { return true };
    url::Url::parse(endpoint).is_ok_and(|url| {
        url.scheme() == "https"
            || match url.host() {
                Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
                Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
                Some(url::Host::Domain(name)) => name == "localhost",
                None => false,
            }
    })
}

#[derive(Debug)]
struct Inner {
    base: Builder,
    endpoint: Option<String>,
    region: String,
    unsigned_payload: bool,
    clients: Mutex<HashMap<String, Client>>,
    regions: Mutex<HashMap<String, String>>,
    fast: Fast,
}

/// A connection's client. Cheap to clone; clones share connections and what was learned of regions.
#[derive(Debug, Clone)]
pub struct S3Client {
    inner: Arc<Inner>,
    sdk_only: bool,
}

impl S3Client {
    /// Prepares a client. Nothing is sent to the endpoint yet.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Unauthenticated`] when no credentials were given, [`RemoteErrorKind::BadRequest`] when the
    /// endpoint is no URL.
    pub async fn open(access: Access) -> Result<Self, RemoteError> {
        if let Some(endpoint) = &access.endpoint {
            let good = url::Url::parse(endpoint)
                .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
            if !good {
                return Err(own(
                    RemoteErrorKind::BadRequest,
                    format!(
                        "{endpoint} is no endpoint: it has to start with https:// (or http://) and a host name"
                    ),
                ));
            }
        }
        let given = match &access.source {
            CredentialSource::AccessKey { access_key } => Some(access_key.clone()),
            CredentialSource::Practice => Some(access.access_key.clone().unwrap_or_default()),
            CredentialSource::Profile(_) | CredentialSource::DefaultChain => None,
        };
        let mut rules = Rules::default();
        let (mut base, provider, found_region, found_endpoint) = match given {
            Some(key) => {
                let secret = access.secret.as_ref().map(Secret::expose).unwrap_or_default();
                if key.is_empty() || secret.is_empty() {
                    return Err(own(
                        RemoteErrorKind::Unauthenticated,
                        "the secret of this access key is not here",
                    ));
                }
                let token = access.session_token.as_ref().map(|t| t.expose().to_owned());
                let credentials = Credentials::new(key, secret, token, None, "windlass");
                let provider = SharedCredentialsProvider::new(credentials);
                let base = aws_sdk_s3::Config::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .credentials_provider(provider.clone());
                (base, Some(provider), None, None)
            }
            None => {
                let mut loader = aws_config::defaults(BehaviorVersion::latest());
                let mut endpoint = None;
                if let CredentialSource::Profile(name) = &access.source {
                    loader = loader.profile_name(name);
                    endpoint = crate::found_profiles()
                        .into_iter()
                        .find(|p| &p.name == name)
                        .and_then(|p| p.endpoint);
                }
                if let Some(region) = &access.region {
                    loader = loader.region(Region::new(region.clone()));
                }
                let loaded = loader.load().await;
                let region = loaded.region().map(ToString::to_string);
                let endpoint = endpoint
                    .or_else(|| endpoint_of_s3(&loaded))
                    .or_else(|| loaded.endpoint_url().map(str::to_owned));
                (rules.fips, rules.dual_stack) = (loaded.use_fips(), loaded.use_dual_stack());
                (Builder::from(&loaded), loaded.credentials_provider(), region, endpoint)
            }
        };
        let region = access.region.or(found_region).unwrap_or_else(|| FIRST_REGION.to_owned());
        let endpoint = access.endpoint.or(found_endpoint);
        if let Some(endpoint) = &endpoint {
            base = base.endpoint_url(endpoint).force_path_style(true);
        }
        let base = base
            .region(Region::new(region.clone()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(Guard);
        rules.endpoint.clone_from(&endpoint);
        let fast = Fast::new(provider, rules);
        let unsigned_payload = safe_line(endpoint.as_deref());
        let (clients, regions) = (Mutex::default(), Mutex::default());
        let inner = Inner { base, endpoint, region, unsigned_payload, clients, regions, fast };
        Ok(Self { inner: Arc::new(inner), sdk_only: false })
    }

    /// The same connection with every call through the SDK, to compare the two ways.
    #[must_use]
    pub fn through_sdk(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), sdk_only: true }
    }

    /// The short way, unless every call is to go through the SDK.
    pub(crate) fn fast(&self) -> Option<&Fast> {
        (!self.sdk_only).then_some(&self.inner.fast)
    }

    /// The engine's view of a bucket.
    #[must_use]
    pub fn bucket(&self, bucket: &Bucket, capabilities: Capabilities) -> S3Store {
        S3Store::new(self.clone(), bucket.clone(), capabilities)
    }

    /// The browser's view of the connection.
    #[must_use]
    pub fn browse(&self) -> S3Browse {
        S3Browse::new(self.clone())
    }

    /// Endpoint, when it is not Amazon's own.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.inner.endpoint.as_deref()
    }

    /// Region asked first.
    pub(crate) fn region(&self) -> &str {
        &self.inner.region
    }

    /// Whether payloads go unsigned, so that they need not be hashed twice: over TLS, and to this computer itself.
    pub(crate) fn unsigned_payload(&self) -> bool {
        self.inner.unsigned_payload
    }

    /// Where a bucket is, as far as is known.
    pub(crate) fn region_of(&self, bucket: &str) -> String {
        let regions = self.inner.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.get(bucket).unwrap_or(&self.inner.region).clone()
    }

    fn client_for(&self, bucket: &str) -> Client {
        let region = self.region_of(bucket);
        let mut clients = self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.clone())
            .or_insert_with(|| Client::from_conf(self.inner.base.clone().region(Region::new(region)).build()))
            .clone()
    }

    /// Notes where a bucket is. False when that was known.
    pub(crate) fn learn(&self, bucket: &str, region: &str) -> bool {
        let mut regions = self.inner.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = regions.get(bucket).unwrap_or(&self.inner.region);
        if known == region {
            return false;
        }
        regions.insert(bucket.to_owned(), region.to_owned());
        true
    }

    /// Whether a refused request was not read and may go well now; notes the region the server named.
    pub(crate) fn worth_again(&self, bucket: &str, error: &RemoteError) -> bool {
        let named = Trouble::of(error).and_then(|t| t.region.as_deref());
        match (error.kind, named) {
            (RemoteErrorKind::ClockSkew, _) => true,
            (RemoteErrorKind::WrongRegion | RemoteErrorKind::BadRequest, Some(region)) => {
                self.learn(bucket, region)
            }
            _ => false,
        }
    }

    /// Sends one request. It is sent a second time only when the server refused it unread, for the clock (the SDK has
    /// then learned the server's time) or for the region (which the answer names; hazard HE9).
    pub(crate) async fn call<T, E, F>(
        &self,
        bucket: &str,
        run: impl Fn(Client) -> F,
    ) -> Result<T, RemoteError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        match tokio::time::timeout(CALL, self.call_unwatched(bucket, run)).await {
            Ok(done) => done,
            Err(_) => Err(stalled(CALL)),
        }
    }

    /// The same without a limit of its own.
    pub(crate) async fn call_unwatched<T, E, F>(
        &self,
        bucket: &str,
        run: impl Fn(Client) -> F,
    ) -> Result<T, RemoteError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let error = match run(self.client_for(bucket)).await {
            Ok(done) => return Ok(done),
            Err(error) => translate(error),
        };
        if !self.worth_again(bucket, &error) {
            return Err(error);
        }
        run(self.client_for(bucket)).await.map_err(translate)
    }
}
