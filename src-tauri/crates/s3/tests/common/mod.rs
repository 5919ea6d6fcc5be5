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

pub(crate) async fn bench(profile: Profile) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut options = PracticeOptions::new(folder.path());
    options.seed_sample = false;
    options.faults = Faults::new(profile);
    let server = PracticeServer::start(options).await.unwrap();
    let (key, secret) = (server.access_key(), server.secret_key());
    let raw = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .credentials_provider(aws_sdk_s3::config::Credentials::new(key, secret, None, None, "test"))
        .region(aws_sdk_s3::config::Region::new("us-east-1"))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        .build();
    aws_sdk_s3::Client::from_conf(raw).create_bucket().bucket("tests").send().await.unwrap();
    let client = S3Client::open(access(&server.endpoint(), key, secret)).await.unwrap();
    Bench { server, client, bucket: Bucket::new("tests"), _folder: folder }
}

impl Bench {
    pub(crate) fn store(&self, capabilities: Capabilities) -> S3Store {
        self.client.bucket(&self.bucket, capabilities)
    }

    /// A store that knows what the probe found.
    pub(crate) async fn probed(&self) -> S3Store {
        use windlass_ports::RemoteBrowse as _;
        let found = self.client.browse().probe(&self.bucket, "", "test").await.unwrap();
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
