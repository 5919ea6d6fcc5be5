//! A practice endpoint in a temporary folder, and our client on it.
#![cfg(test)]
#![allow(dead_code, reason = "every test file uses a part of it")]

use bytes::Bytes;
use tempfile::TempDir;
use windlass_domain::{Bucket, Capabilities, Crc64Nvme, ObjectKey};
use windlass_ports::{CredentialSource, PutBody, Secret};
use windlass_practice::{Faults, PracticeOptions, PracticeServer, Profile};
use windlass_s3::{Access, S3Client, S3Store};

pub(crate) struct Bench {
    pub(crate) server: PracticeServer,
    pub(crate) client: S3Client,
    pub(crate) bucket: Bucket,
    _folder: TempDir,
}

pub(crate) fn access(endpoint: &str, key: &str, secret: &str) -> Access {
    Access {
        source: CredentialSource::AccessKey { access_key: key.to_owned() },
        endpoint: Some(endpoint.to_owned()),
        region: None,
        secret: Some(Secret::new(secret.to_owned())),
        access_key: None,
        session_token: None,
    }
}

/// The same with versions kept.
pub(crate) async fn versioned(profile: Profile) -> Bench {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
    let bench = bench(profile).await;
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    bench.raw().put_bucket_versioning().bucket("tests").versioning_configuration(on).send().await.unwrap();
    bench
}

pub(crate) async fn bench(profile: Profile) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut options = PracticeOptions::new(folder.path());
    options.seed_sample = false;
    options.faults = Faults::new(profile);
    let server = PracticeServer::start(options).await.unwrap();
    let (key, secret) = (server.access_key(), server.secret_key());
    raw(&server.endpoint(), key, secret).create_bucket().bucket("tests").send().await.unwrap();
    let client = S3Client::open(access(&server.endpoint(), key, secret)).await.unwrap();
    Bench { server, client, bucket: Bucket::new("tests"), _folder: folder }
}

/// A client that is not ours.
pub(crate) fn raw(endpoint: &str, key: &str, secret: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .credentials_provider(aws_sdk_s3::config::Credentials::new(key, secret, None, None, "test"))
        .region(aws_sdk_s3::config::Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .request_checksum_calculation(aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

impl Bench {
    pub(crate) fn raw(&self) -> aws_sdk_s3::Client {
        raw(&self.server.endpoint(), self.server.access_key(), self.server.secret_key())
    }

    pub(crate) fn store(&self, capabilities: Capabilities) -> S3Store {
        self.client.bucket(&self.bucket, capabilities)
    }

    /// A store that knows what the probe found.
    pub(crate) async fn probed(&self) -> S3Store {
        use windlass_ports::RemoteBrowse as _;
        let found = self.client.browse().probe(&self.bucket, "", "test", 1).await.unwrap();
        self.store(found)
    }
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(crate) fn body(bytes: impl Into<Bytes>) -> PutBody {
    let bytes = bytes.into();
    PutBody { crc: Crc64Nvme::of(&bytes), bytes, flow: None }
}

/// The whole object, of the version that HEAD shows.
pub(crate) async fn bytes_of(store: &S3Store, key: &ObjectKey) -> Vec<u8> {
    use futures::TryStreamExt as _;
    use windlass_ports::RemoteStore as _;
    let etag = store.head(key).await.unwrap().etag;
    let pieces: Vec<Bytes> = store.get(key, None, &etag).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}
