//! Deletes: only what was expected, never a version for good, and taken back by taking the marker away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use common::{bench, body, bytes_of, key, versioned};
use windlass_domain::{ETag, RemoteExpect, RemoteState, VersionId};
use windlass_ports::{RemoteBrowse as _, RemoteCustody as _, RemoteErrorKind as Kind, RemoteStore as _};
use windlass_practice::{Op, Profile};

fn unchanged(state: &RemoteState) -> RemoteExpect {
    RemoteExpect::Unchanged(state.etag.clone())
}

#[tokio::test]
async fn hb20_a_delete_leaves_a_marker_and_taking_it_away_brings_the_object_back() {
    let bench = versioned(Profile::Aws).await;
    let probed = bench.probed().await;
    assert!(probed.capabilities().delete_marker.proved(), "{:?}", probed.capabilities());
    let sdk = bench.client.through_sdk().bucket(&bench.bucket, probed.capabilities());
    for (n, store) in [probed, sdk].into_iter().enumerate() {
        let key = key(&format!("{n}/a b+c%d/ü"));
        let state = store.put(&key, body("one"), &RemoteExpect::Absent, "d").await.unwrap();
        let wrong = store.delete(&key, &RemoteExpect::Unchanged(ETag::new("\"other\""))).await.unwrap_err();
        assert_eq!(wrong.kind, Kind::PreconditionFailed);
        let marker = store.delete(&key, &unchanged(&state)).await.unwrap().expect("the marker's id");
        assert_ne!(Some(&marker), state.version.as_ref());
        assert_eq!(store.head(&key).await.unwrap_err().kind, Kind::NotFound);
        let again = store.delete(&key, &unchanged(&state)).await.unwrap_err();
        assert!(matches!(again.kind, Kind::NotFound | Kind::PreconditionFailed), "{again:?}");
        store.remove_marker(&key, &marker).await.unwrap();
        assert_eq!(store.head(&key).await.unwrap(), state);
        assert_eq!(bytes_of(&store, &key).await, b"one");
        assert_eq!(store.remove_marker(&key, &marker).await.unwrap_err().kind, Kind::NotFound);
    }
}

#[tokio::test]
async fn hb20_no_version_that_holds_bytes_is_ever_taken_away() {
    let bench = versioned(Profile::Aws).await;
    let store = bench.probed().await;
    let state = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let longer = store.put(&key("a longer"), body("two"), &RemoteExpect::Absent, "d").await.unwrap();
    let marker = store.delete(&key("a longer"), &unchanged(&longer)).await.unwrap().unwrap();
    let before = bench.server.request_log().len();
    let data = store.remove_marker(&key("a"), state.version.as_ref().unwrap()).await.unwrap_err();
    assert_eq!(data.kind, Kind::BadRequest);
    let others = store.remove_marker(&key("a"), &marker).await.unwrap_err();
    assert_eq!(others.kind, Kind::NotFound, "a marker of another key");
    let null = store.remove_marker(&key("a"), &VersionId::new("null")).await.unwrap_err();
    assert_eq!(null.kind, Kind::Unsupported);
    let log = bench.server.request_log().split_off(before);
    assert!(log.iter().all(|r| r.operation != Op::DeleteObject), "{log:?}");
    assert_eq!(bytes_of(&store, &key("a")).await, b"one");
}

#[tokio::test]
async fn a_marker_below_many_versions_is_found_on_a_later_page() {
    let bench = versioned(Profile::Aws).await;
    let store = bench.probed().await;
    let state = store.put(&key("a"), body("first"), &RemoteExpect::Absent, "d").await.unwrap();
    let marker = store.delete(&key("a"), &unchanged(&state)).await.unwrap().unwrap();
    let mut last = store.put(&key("a"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    for n in 0..1_005u32 {
        last = store.put(&key("a"), body(n.to_string()), &unchanged(&last), "d").await.unwrap();
    }
    store.remove_marker(&key("a"), &marker).await.unwrap();
    assert_eq!(store.head(&key("a")).await.unwrap(), last);
}

#[tokio::test]
async fn hb21_a_bucket_without_versions_gives_no_marker_and_never_the_name_null() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    assert!(!store.capabilities().versioning.proved() && !store.capabilities().delete_marker.proved());
    let state = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(store.delete(&key("a"), &unchanged(&state)).await.unwrap(), None);
    // Versions are kept for a while and then no longer: the marker is called null, as any later object will be.
    for status in [BucketVersioningStatus::Enabled, BucketVersioningStatus::Suspended] {
        let rule = VersioningConfiguration::builder().status(status).build();
        let raw = bench.raw();
        raw.put_bucket_versioning().bucket("tests").versioning_configuration(rule).send().await.unwrap();
    }
    assert!(!bench.probed().await.capabilities().versioning.proved(), "it does not keep them now");
    let state = store.put(&key("b"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(store.delete(&key("b"), &unchanged(&state)).await.unwrap(), None);
}

#[tokio::test]
async fn hb22_a_locked_version_stays_and_a_marker_hides_it() {
    let bench = bench(Profile::Aws).await;
    let raw = bench.raw();
    raw.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    let bucket = windlass_domain::Bucket::new("locked");
    let found = bench.client.browse().probe(&bucket, "", "test", 1).await.unwrap();
    let store = bench.client.bucket(&bucket, found);
    let state = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let until = aws_sdk_s3::primitives::DateTime::from_secs(4_000_000_000);
    let lock = aws_sdk_s3::types::ObjectLockRetention::builder()
        .mode(aws_sdk_s3::types::ObjectLockRetentionMode::Compliance)
        .retain_until_date(until)
        .build();
    raw.put_object_retention().bucket("locked").key("a").retention(lock).send().await.unwrap();
    let version = state.version.clone().unwrap();
    let purge = bench.client.browse().delete_version(&bucket, &key("a"), &version).await.unwrap_err();
    assert_eq!(purge.kind, Kind::AccessDenied, "protected, and nothing to be tried again: {purge:?}");
    let marker = store.delete(&key("a"), &unchanged(&state)).await.unwrap().unwrap();
    store.remove_marker(&key("a"), &marker).await.unwrap();
    assert_eq!(store.head(&key("a")).await.unwrap(), state);
}
