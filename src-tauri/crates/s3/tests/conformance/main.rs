//! The suite of `windlass-testkit` through the adapter: on the practice endpoint in all its guises, and on the servers that
//! `WINDLASS_CONFORMANCE` names (`tests/s3/conformance.py` starts them): `name endpoint access-key secret`, one a line.
//!
//! Where a server is not like Amazon S3 the difference lies in `differences.json`, with its reason. One that is there and no
//! longer seen fails the test as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;

use common::{access, bench, raw};
use serde::Deserialize;
use windlass_domain::Bucket;
use windlass_ports::{RemoteBrowse as _, RemoteStore as _};
use windlass_practice::Profile;
use windlass_s3::S3Client;
use windlass_testkit::conformance::{Step, Subject, play, run};

/// What a server does in another way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    server: String,
    /// In both kinds of bucket when it is not said.
    versioned: Option<bool>,
    because: String,
    /// Step → what comes instead.
    steps: BTreeMap<String, String>,
}

fn known(server: &str, versioned: bool) -> BTreeMap<String, String> {
    let all: Vec<Difference> = serde_json::from_str(include_str!("differences.json")).unwrap();
    assert!(all.iter().all(|d| !d.because.is_empty() && !d.steps.is_empty()));
    let of = all.into_iter().filter(|d| d.server == server && d.versioned.is_none_or(|v| v == versioned));
    of.flat_map(|d| d.steps).collect()
}

fn differing(steps: &[Step]) -> BTreeMap<String, String> {
    steps.iter().filter(|s| !s.agrees()).map(|s| (s.name.clone(), s.got.clone())).collect()
}

async fn new_bucket(client: &aws_sdk_s3::Client, versioned: bool) -> String {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
    let name = format!("conformance-{}", uuid::Uuid::new_v4().simple());
    client.create_bucket().bucket(&name).send().await.unwrap();
    if versioned {
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        client.put_bucket_versioning().bucket(&name).versioning_configuration(on).send().await.unwrap();
    }
    name
}

/// A bucket is made, is there, holds something, and goes once it is empty; what came otherwise.
async fn comes_and_goes(server: &str, client: &S3Client, foreign: &aws_sdk_s3::Client) -> Vec<String> {
    use windlass_ports::{BucketUse, Made, NewBucket, Removed};
    let bucket = Bucket::new(format!("conformance-{}", uuid::Uuid::new_v4().simple()));
    let browse = client.browse();
    let mut wrong = Vec::new();
    let mut step = |name: &str, agrees: bool, got: String| {
        if !agrees {
            wrong.push(format!("{server}, {name}: {got}"));
        }
    };
    let new = NewBucket { name: bucket.clone(), region: None, object_lock: false };
    let made = browse.create_bucket(&new).await;
    step("make it", matches!(made, Ok(Made::New)), format!("{made:?}"));
    let again = browse.create_bucket(&new).await;
    step("make it again", matches!(again, Ok(Made::Yours)), format!("{again:?}"));
    let seen = browse.buckets().await;
    let listed = seen.as_ref().is_ok_and(|all| all.iter().any(|b| b.name == bucket.as_str()));
    step("find it", listed, format!("{seen:?}"));
    let empty = browse.bucket_use(&bucket).await;
    step("look into it", empty.as_ref().is_ok_and(BucketUse::is_empty), format!("{empty:?}"));
    let name = bucket.as_str();
    let put = foreign.put_object().bucket(name).key("a").body(b"x".to_vec().into()).send().await;
    step("put something", put.is_ok(), format!("{put:?}"));
    let full = browse.bucket_use(&bucket).await;
    step("count it", full.as_ref().is_ok_and(|found| found.objects == 1), format!("{full:?}"));
    let kept = browse.delete_bucket(&bucket).await;
    step("keep what is not empty", matches!(kept, Ok(Removed::NotEmpty)), format!("{kept:?}"));
    // Some keep versions of everything.
    let version = put.ok().and_then(|put| put.version_id().map(str::to_owned));
    foreign.delete_object().bucket(name).key("a").set_version_id(version).send().await.unwrap();
    let gone = browse.delete_bucket(&bucket).await;
    step("delete it", matches!(gone, Ok(Removed::Gone)), format!("{gone:?}"));
    let gone = browse.bucket_use(&bucket).await;
    let missing = gone.as_ref().is_err_and(|e| e.kind == windlass_ports::RemoteErrorKind::BucketMissing);
    step("find it gone", missing, format!("{gone:?}"));
    wrong
}

/// Plays all scenes in a bucket of each kind, and random sequences from `seeds`; what differs from the data.
async fn try_out(server: &str, endpoint: &str, key: &str, secret: &str, seeds: u64) -> Vec<String> {
    let foreign = raw(endpoint, key, secret);
    let client = S3Client::open(access(endpoint, key, secret)).await.unwrap();
    let mut wrong = comes_and_goes(server, &client, &foreign).await;
    for versioned in [false, true] {
        let bucket = Bucket::new(new_bucket(&foreign, versioned).await);
        let browse = client.browse();
        let found = browse.probe(&bucket, "", "conformance", 1).await.unwrap();
        println!("{server}, versions {versioned}: {found:?}");
        // Some keep versions of everything.
        let versioned = versioned || found.versioning.proved();
        let ways = [("short", client.clone()), ("sdk", client.through_sdk())];
        // The ways are compared where everything is supported, and on the servers of others.
        let imitated = server.starts_with("practice-") && server != "practice-aws";
        for (way, client) in ways.into_iter().take(if imitated { 1 } else { 2 }) {
            let (store, browse) = (client.bucket(&bucket, found.clone()), client.browse());
            let prefix = format!("{way}/");
            let subject =
                Subject { store: &store, browse: &browse, bucket: &bucket, prefix: &prefix, versioned };
            let steps = run(subject).await.unwrap();
            assert!(steps.len() >= 45, "{} steps", steps.len());
            let (seen, known) = (differing(&steps), known(server, versioned));
            if seen != known {
                let text = serde_json::to_string_pretty(&seen).unwrap();
                wrong.push(format!("{server}, {way}, versions {versioned}: {text}\nknown: {known:#?}"));
            }
            let proved = found.match_put.proved() && found.match_delete.proved();
            let able = found.create_only_put.proved()
                && (found.versioning.proved() || (proved && found.create_only_copy.proved()));
            for seed in (0..seeds).filter(|_| able && !server.ends_with("wasabi")) {
                let steps = play(subject, seed, 30).await.unwrap();
                let seen = differing(&steps);
                if !seen.is_empty() {
                    let trace: Vec<_> = steps.iter().map(|s| format!("{} → {}", s.name, s.got)).collect();
                    wrong.push(format!(
                        "{server}, {way}, versions {versioned}, seed {seed}: {seen:#?}\n{trace:#?}"
                    ));
                }
            }
        }
        assert!(
            client.bucket(&bucket, found).list_uploads("").await.unwrap().is_empty(),
            "uploads left open"
        );
    }
    wrong
}

#[tokio::test]
async fn the_practice_endpoint_agrees_in_every_guise() {
    let guises = [
        ("practice-aws", Profile::Aws, 12),
        ("practice-r2", Profile::R2, 3),
        ("practice-b2", Profile::B2, 3),
        ("practice-ceph", Profile::Ceph, 3),
        ("practice-wasabi", Profile::Wasabi, 0),
        ("practice-minio", Profile::Minio, 3),
        ("practice-ignores", Profile::IgnoresConditions, 3),
    ];
    let mut wrong = Vec::new();
    for (name, profile, seeds) in guises {
        let bench = bench(profile).await;
        let (key, secret) = (bench.server.access_key(), bench.server.secret_key());
        wrong.extend(try_out(name, &bench.server.endpoint(), key, secret, seeds).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn other_servers_agree_but_for_what_is_written_down() {
    let Ok(servers) = std::env::var("WINDLASS_CONFORMANCE") else {
        println!("skipped: WINDLASS_CONFORMANCE names no server (tests/s3/conformance.py starts some)");
        return;
    };
    let mut wrong = Vec::new();
    for line in servers.lines().filter(|l| !l.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, endpoint, key, secret] = words[..] else { panic!("name endpoint key secret: {line}") };
        wrong.extend(try_out(name, endpoint, key, secret, 4).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
