//! What the tests of this crate share: a server in a temporary folder and a client that hides nothing.
#![cfg(test)]
#![allow(dead_code, reason = "every test file uses a part of it")]

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use tempfile::TempDir;
use windlass_practice::{Faults, PracticeOptions, PracticeServer, Profile};

/// The bucket the tests use.
pub(crate) const BUCKET: &str = "tests";

pub(crate) struct Bench {
    pub(crate) server: PracticeServer,
    pub(crate) client: Client,
    _folder: TempDir,
}

/// A client without retries, automatic checksums or checksum validation.
pub(crate) fn client(endpoint: &str, access_key: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    Client::from_conf(config)
}

/// A server that imitates `profile`, without the sample, with one bucket.
pub(crate) async fn bench(profile: Profile) -> Bench {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut options = PracticeOptions::new(folder.path());
    options.seed_sample = false;
    options.faults = Faults::new(profile);
    let server = PracticeServer::start(options).await.expect("the server starts");
    let client = client(&server.endpoint(), server.access_key(), server.secret_key());
    client.create_bucket().bucket(BUCKET).send().await.expect("the bucket is made");
    Bench { server, client, _folder: folder }
}

/// Status and S3 code of a refusal; a cut connection has neither.
pub(crate) fn refusal<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> (u16, String) {
    match result {
        Ok(_) => panic!("this was to be refused, but it succeeded"),
        Err(error) => {
            let status = error.raw_response().map_or(0, |r| r.status().as_u16());
            (status, error.code().unwrap_or_default().to_owned())
        }
    }
}

pub(crate) fn body(bytes: impl Into<Vec<u8>>) -> aws_sdk_s3::primitives::ByteStream {
    aws_sdk_s3::primitives::ByteStream::from(bytes.into())
}

/// The bytes of an object.
pub(crate) async fn read(client: &Client, key: &str) -> Vec<u8> {
    let got = client.get_object().bucket(BUCKET).key(key).send().await.expect("the object is there");
    got.body.collect().await.expect("the whole body comes").to_vec()
}

/// Opens an upload and sends the parts; returns the id and what Complete needs.
pub(crate) async fn upload(
    client: &Client,
    key: &str,
    parts: &[Vec<u8>],
) -> (String, aws_sdk_s3::types::CompletedMultipartUpload) {
    let made = client.create_multipart_upload().bucket(BUCKET).key(key).send().await.expect("an upload");
    let id = made.upload_id().expect("an id").to_owned();
    let mut done = aws_sdk_s3::types::CompletedMultipartUpload::builder();
    for (index, part) in parts.iter().enumerate() {
        let number = i32::try_from(index + 1).expect("few parts");
        let sent = client
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(&id)
            .part_number(number)
            .body(body(part.clone()));
        let tag = sent.send().await.expect("the part is taken").e_tag().expect("a tag").to_owned();
        done = done.parts(aws_sdk_s3::types::CompletedPart::builder().part_number(number).e_tag(tag).build());
    }
    (id, done.build())
}
