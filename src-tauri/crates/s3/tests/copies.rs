//! Copies on the server: nothing is replaced unasked, nothing of another version is copied, and what says what the bytes are
//! comes along.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use std::collections::BTreeMap;

use common::{Bench, bench, body, bytes_of, key, versioned};
use windlass_domain::{Capabilities, ETag, RemoteExpect, RemoteState, Support};
use windlass_ports::{RemoteBrowse as _, RemoteErrorKind as Kind, RemoteStore as _};
use windlass_practice::{Fault, Op, Profile, Rule, When};
use windlass_s3::S3Store;

const MIB: u64 = 1 << 20;

fn unchanged(state: &RemoteState) -> RemoteExpect {
    RemoteExpect::Unchanged(state.etag.clone())
}

/// The store as it is, and with every call through the SDK.
fn ways(bench: &Bench, store: &S3Store) -> [S3Store; 2] {
    let sdk = bench.client.through_sdk().bucket(&bench.bucket, store.capabilities());
    [store.clone(), sdk]
}

#[tokio::test]
async fn a_copy_holds_both_ends_fast_on_both_ways() {
    let bench = bench(Profile::Aws).await;
    let probed = bench.probed().await;
    for (n, store) in ways(&bench, &probed).into_iter().enumerate() {
        let (from, to) = (key(&format!("{n}/a b+c%d/ü")), key(&format!("{n}/new place")));
        let first = store.put(&from, body("one"), &RemoteExpect::Absent, "d").await.unwrap();
        let copied = store.copy(&from, &first, &to, &RemoteExpect::Absent, "d").await.unwrap();
        assert_eq!(copied, RemoteState { version: None, ..store.head(&to).await.unwrap() });
        assert_eq!((copied.size, copied.digest), (3, first.digest));
        assert_eq!(bytes_of(&store, &to).await, b"one");

        let again = store.copy(&from, &first, &to, &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(again.kind, Kind::PreconditionFailed, "it replaces nothing: {again:?}");
        let second = store.put(&from, body("two"), &unchanged(&first), "d").await.unwrap();
        let stale = store.copy(&from, &first, &key("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(stale.kind, Kind::PreconditionFailed, "another version is not copied: {stale:?}");
        assert_eq!(store.head(&key("x")).await.unwrap_err().kind, Kind::NotFound);

        let wrong = RemoteExpect::Unchanged(ETag::new("\"other\""));
        let refused = store.copy(&from, &second, &to, &wrong, "d").await.unwrap_err();
        assert_eq!(refused.kind, Kind::PreconditionFailed);
        assert_eq!(bytes_of(&store, &to).await, b"one");
        let over = store.copy(&from, &second, &to, &unchanged(&copied), "d").await.unwrap();
        assert_eq!(bytes_of(&store, &to).await, b"two");
        assert_eq!(over.etag, store.head(&to).await.unwrap().etag);

        let gone =
            store.copy(&key("none"), &second, &key("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(gone.kind, Kind::NotFound);
        let onto = store.copy(&from, &second, &from, &unchanged(&second), "d").await.unwrap_err();
        assert_eq!(onto.kind, Kind::BadRequest);
    }
    let log = bench.server.request_log();
    let copies: Vec<_> = log
        .iter()
        .filter(|r| r.operation == Op::CopyObject && r.key.as_deref() != Some(".windlass-probe-test/copy-to"))
        .collect();
    assert!(copies.iter().all(|r| r.headers.keys().any(|h| h.starts_with("if-"))
        || r.key.as_deref().is_some_and(|k| k.starts_with(".windlass-probe"))));
}

#[tokio::test]
async fn metadata_tags_class_and_access_come_along_in_one_piece_and_by_parts() {
    let bench = bench(Profile::Aws).await;
    let raw = bench.raw();
    let bytes = vec![5u8; usize::try_from(13 * MIB).unwrap()];
    raw.put_object()
        .bucket("tests")
        .key("from")
        .body(bytes.clone().into())
        .content_type("image/png")
        .cache_control("max-age=5")
        .content_disposition("attachment")
        .content_encoding("gzip")
        .content_language("de")
        .metadata("taken", "2026 in the field")
        .metadata("windlass-device", "first")
        .tagging("project=a%20b%26c&done=yes")
        .storage_class("STANDARD_IA".into())
        .acl("public-read".into())
        .send()
        .await
        .unwrap();
    let probed = bench.probed().await;
    let source = probed.head(&key("from")).await.unwrap();
    for (to, store) in [("whole", probed.clone()), ("parts", probed.clone().copying_whole_up_to(6 * MIB))] {
        let copied =
            store.copy(&key("from"), &source, &key(to), &RemoteExpect::Absent, "second").await.unwrap();
        assert_eq!(copied.digest, source.digest, "{to}: the server's checksum is that of the source");
        assert!(bytes_of(&store, &key(to)).await == bytes, "{to}");
        let head = raw.head_object().bucket("tests").key(to).send().await.unwrap();
        assert_eq!(head.content_type(), Some("image/png"), "{to}");
        assert_eq!(head.cache_control(), Some("max-age=5"));
        assert_eq!(head.content_disposition(), Some("attachment"));
        assert_eq!(head.content_encoding(), Some("gzip"));
        assert_eq!(head.content_language(), Some("de"));
        assert_eq!(head.storage_class().unwrap().as_str(), "STANDARD_IA");
        assert_eq!(head.metadata().unwrap()["taken"], "2026 in the field");
        let device = if to == "whole" { "first" } else { "second" };
        assert_eq!(head.metadata().unwrap()["windlass-device"], device);
        let tags: BTreeMap<_, _> = store_tags(&bench, to).await;
        assert_eq!(tags.get("project").map(String::as_str), Some("a b&c"), "{to}");
        assert_eq!(tags.len(), 2);
        let acl = raw.get_object_acl().bucket("tests").key(to).send().await.unwrap();
        assert_eq!(acl.grants().len(), 2, "{to}: everybody may still read it");
    }
    let parts = bench.server.request_log().into_iter().filter(|r| r.operation == Op::UploadPartCopy);
    let ranges: Vec<_> = parts.map(|r| r.headers["x-amz-copy-source-range"].clone()).collect();
    assert_eq!(ranges.len(), 3);
    assert!(ranges.contains(&"bytes=12582912-13631487".to_owned()), "{ranges:?}");
    assert!(probed.list_uploads("").await.unwrap().is_empty());
}

async fn store_tags(bench: &Bench, name: &str) -> BTreeMap<String, String> {
    bench.client.browse().tags(&bench.bucket, &key(name)).await.unwrap().into_iter().collect()
}

#[tokio::test]
async fn hb4_a_copy_that_fails_inside_200_is_an_error_and_leaves_no_upload() {
    let bench = bench(Profile::Aws).await;
    let probed = bench.probed().await;
    let small = probed.clone().copying_whole_up_to(6 * MIB);
    let large = body(vec![1u8; usize::try_from(11 * MIB).unwrap()]);
    let source = probed.put(&key("from"), large, &RemoteExpect::Absent, "d").await.unwrap();
    for (op, store) in
        [(Op::CopyObject, &probed), (Op::UploadPartCopy, &small), (Op::CompleteMultipartUpload, &small)]
    {
        for sdk in [false, true] {
            let store = if sdk {
                &ways(&bench, store)[1].clone().copying_whole_up_to(if op == Op::CopyObject {
                    5 << 30
                } else {
                    6 * MIB
                })
            } else {
                store
            };
            bench.server.faults().add(Rule::on(op, When::Nth(1), Fault::OkWithErrorBody { commit: false }));
            let error =
                store.copy(&key("from"), &source, &key("to"), &RemoteExpect::Absent, "d").await.unwrap_err();
            assert_eq!(error.kind, Kind::Network, "{op:?} {error:?}");
            assert_eq!(bench.server.faults().fired(), 1);
            bench.server.faults().clear();
            assert_eq!(store.head(&key("to")).await.unwrap_err().kind, Kind::NotFound, "{op:?}");
            assert!(store.list_uploads("").await.unwrap().is_empty(), "{op:?}");
        }
    }
}

#[tokio::test]
async fn hb29_a_source_that_changes_while_it_is_copied_by_parts_is_not_mixed() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await.copying_whole_up_to(5 * MIB);
    let bytes = |n: u8| body(vec![n; usize::try_from(12 * MIB).unwrap()]);
    let source = store.put(&key("from"), bytes(1), &RemoteExpect::Absent, "d").await.unwrap();
    // The third part waits until somebody else has written.
    let slow = Fault::Slow { delay: std::time::Duration::from_secs(1), bytes_per_sec: None };
    bench.server.faults().add(Rule::on(Op::UploadPartCopy, When::Nth(3), slow));
    let (from, to) = (key("from"), key("to"));
    let copy = store.copy(&from, &source, &to, &RemoteExpect::Absent, "d");
    let change = async {
        while !bench.server.request_log().iter().any(|r| r.operation == Op::UploadPartCopy) {
            tokio::task::yield_now().await;
        }
        bench
            .raw()
            .put_object()
            .bucket("tests")
            .key("from")
            .body(b"two".to_vec().into())
            .send()
            .await
            .unwrap();
    };
    let (copied, ()) = tokio::join!(copy, change);
    assert_eq!(copied.unwrap_err().kind, Kind::PreconditionFailed);
    assert_eq!(store.head(&key("to")).await.unwrap_err().kind, Kind::NotFound);
    assert!(store.list_uploads("").await.unwrap().is_empty());
}

#[tokio::test]
async fn hb3_without_a_condition_of_the_server_nothing_is_replaced_in_a_bucket_without_versions() {
    for profile in [Profile::IgnoresConditions, Profile::Ceph] {
        let bench = bench(profile).await;
        let store = bench.probed().await;
        let caps = store.capabilities();
        assert_eq!((caps.copy, caps.create_only_copy), (Support::Yes, Support::No), "{profile:?}");
        assert!(!caps.match_copy_source.proved() && !caps.match_put.proved() && !caps.match_delete.proved());
        bench.raw().put_object().bucket("tests").key("a").body(b"one".to_vec().into()).send().await.unwrap();
        let state = store.head(&key("a")).await.unwrap();
        let before = bench.server.request_log().len();
        let copy = store.copy(&key("a"), &state, &key("b"), &RemoteExpect::Absent, "d").await.unwrap_err();
        let put = store.put(&key("a"), body("two"), &unchanged(&state), "d").await.unwrap_err();
        let delete = store.delete(&key("a"), &unchanged(&state)).await.unwrap_err();
        let upload = store.open_upload(&key("a"), "d").await.unwrap();
        let part = store.send_part(&key("a"), &upload, 1, body("two")).await.unwrap();
        let whole = part.crc.digest();
        let complete =
            store.complete_upload(&key("a"), &upload, &[part], whole, &unchanged(&state)).await.unwrap_err();
        for error in [copy, put, delete, complete] {
            assert_eq!(error.kind, Kind::Unsupported, "{profile:?} {error:?}");
        }
        let writes = [Op::PutObject, Op::CopyObject, Op::DeleteObject, Op::CompleteMultipartUpload];
        let log = bench.server.request_log().split_off(before);
        assert!(log.iter().all(|r| !writes.contains(&r.operation)), "{log:?}");
    }
}

#[tokio::test]
async fn hb3_with_versions_a_look_right_before_stands_in_for_the_condition() {
    for profile in [Profile::IgnoresConditions, Profile::Ceph] {
        let bench = versioned(profile).await;
        let store = bench.probed().await;
        let one = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
        let two = store.put(&key("a"), body("two"), &unchanged(&one), "d").await.unwrap();
        assert_eq!(
            store.put(&key("a"), body("three"), &unchanged(&one), "d").await.unwrap_err().kind,
            Kind::PreconditionFailed
        );
        let copied = store.copy(&key("a"), &two, &key("b"), &RemoteExpect::Absent, "d").await.unwrap();
        assert_eq!(bytes_of(&store, &key("b")).await, b"two");
        let again = store.copy(&key("a"), &two, &key("b"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(again.kind, Kind::PreconditionFailed);
        let stale = store.delete(&key("b"), &unchanged(&one)).await.unwrap_err();
        assert_eq!(stale.kind, Kind::PreconditionFailed);
        store.delete(&key("b"), &unchanged(&copied)).await.unwrap().unwrap();
        // The source is held fast by its version, since nothing else holds it.
        let log = bench.server.request_log();
        let copy =
            log.iter().rfind(|r| r.operation == Op::CopyObject && r.key.as_deref() == Some("b")).unwrap();
        let version = two.version.as_ref().unwrap().as_str();
        assert_eq!(copy.headers["x-amz-copy-source"], format!("tests/a?versionId={version}"));
    }
}

#[tokio::test]
async fn a_condition_that_only_complete_looks_at_is_kept_by_a_copy_in_parts() {
    let bench = bench(Profile::Aws).await;
    let proved = bench.probed().await.capabilities();
    let known = Capabilities { create_only_copy: Support::No, match_copy: Support::No, ..proved };
    let store = bench.store(known);
    for text in ["one", ""] {
        let (from, to) = (key(&format!("from{text}")), key(&format!("to{text}")));
        let source = store.put(&from, body(text), &RemoteExpect::Absent, "d").await.unwrap();
        let copied = store.copy(&from, &source, &to, &RemoteExpect::Absent, "d").await.unwrap();
        assert_eq!((copied.size, copied.digest), (source.size, source.digest));
        assert_eq!(bytes_of(&store, &to).await, text.as_bytes());
        let again = store.copy(&from, &source, &to, &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(again.kind, Kind::PreconditionFailed);
    }
    assert!(store.list_uploads("").await.unwrap().is_empty());
}

#[tokio::test]
async fn hb20_an_older_version_is_put_back_on_top_by_a_copy() {
    let bench = versioned(Profile::Aws).await;
    let store = bench.probed().await;
    let a = key("a");
    let one = store.put(&a, body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let two = store.put(&a, body("two"), &unchanged(&one), "d").await.unwrap();
    let back = store.copy(&a, &one, &a, &unchanged(&two), "d").await.unwrap();
    assert_eq!(bytes_of(&store, &a).await, b"one");
    store.delete(&a, &unchanged(&back)).await.unwrap().unwrap();
    store.copy(&a, &two, &a, &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(bytes_of(&store, &a).await, b"two");
    let versions = bench.raw().list_object_versions().bucket("tests").prefix("a").send().await.unwrap();
    assert_eq!((versions.versions().len(), versions.delete_markers().len()), (4, 1), "nothing was purged");
    assert!(bench.server.request_log().iter().all(|r| r.operation != Op::DeleteObject
        || !r.query.contains("versionId")
        || r.key.as_deref().is_some_and(|k| k.starts_with(".windlass-probe"))));
}

#[tokio::test]
async fn hb23_what_is_archived_is_neither_read_nor_copied_and_is_there() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let put = bench.raw().put_object().bucket("tests").key("old").body(b"bytes".to_vec().into());
    put.storage_class("GLACIER".into()).send().await.unwrap();
    let state = store.head(&key("old")).await.unwrap();
    for store in ways(&bench, &store) {
        let get = store.get(&key("old"), None, &state.etag).await.err().unwrap();
        assert_eq!(get.kind, Kind::Archived, "{get:?}");
        let copy =
            store.copy(&key("old"), &state, &key("new"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(copy.kind, Kind::Archived, "{copy:?}");
    }
    let read =
        bench.client.browse().read_range(&bench.bucket, &key("old"), None, 0..4, None).await.unwrap_err();
    assert_eq!(read.kind, Kind::Archived);
    assert_eq!(store.head(&key("old")).await.unwrap(), state);
}
