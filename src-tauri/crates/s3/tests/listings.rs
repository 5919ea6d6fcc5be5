//! A listing is evidence, so what is not one is an error and never an empty page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use common::{Bench, bench, body, key};
use futures::StreamExt as _;
use windlass_domain::{Capabilities, RemoteExpect};
use windlass_ports::remote::Depth;
use windlass_ports::{
    Level, LevelEntry, RemoteBrowse as _, RemoteError, RemoteErrorKind as Kind, RemoteStore as _,
};
use windlass_practice::{Fault, Op, Profile, Rule, When};
use windlass_s3::S3Client;

async fn filled(count: u32) -> Bench {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    futures::stream::iter(0..count)
        .for_each_concurrent(16, |n| {
            let store = &store;
            async move {
                store.put(&key(&format!("p/{n:05}")), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
            }
        })
        .await;
    store.put(&key("q/other"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    bench
}

fn ways(bench: &Bench) -> [S3Client; 2] {
    [bench.client.clone(), bench.client.through_sdk()]
}

async fn page(client: &S3Client, bench: &Bench, after: Option<&str>) -> Result<Level, RemoteError> {
    client.browse().level(&bench.bucket, "p/", Depth::Deep, after).await
}

#[tokio::test]
async fn hb17_no_answer_but_a_whole_page_of_this_prefix_is_a_page() {
    let bench = filled(1_005).await;
    let faults = [
        (Fault::CutDocument, Kind::Network),
        (Fault::EmptyBody, Kind::Network),
        (Fault::CaptivePortal, Kind::Network),
        (Fault::ListingOf { prefix: "q/".to_owned() }, Kind::Unexpected),
        (Fault::ListingOf { prefix: String::new() }, Kind::Unexpected),
        (Fault::ListingOf { prefix: "nothing/".to_owned() }, Kind::Unexpected),
        (Fault::OkWithErrorBody { commit: true }, Kind::Network),
        (Fault::Status { code: 403, error_code: "AccessDenied".to_owned() }, Kind::AccessDenied),
        (Fault::Status { code: 404, error_code: "NoSuchBucket".to_owned() }, Kind::BucketMissing),
        (Fault::Status { code: 503, error_code: "SlowDown".to_owned() }, Kind::Throttled),
        (Fault::CutBeforeCommit, Kind::Network),
    ];
    for client in ways(&bench) {
        let first = page(&client, &bench, None).await.unwrap();
        assert_eq!(first.entries.len(), 1_000);
        let next = first.next.unwrap();
        for (fault, kind) in &faults {
            for after in [None, Some(next.as_str())] {
                bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, fault.clone()));
                let error = page(&client, &bench, after).await.unwrap_err();
                assert_eq!(error.kind, *kind, "{fault:?} {after:?} {error:?}");
                bench.server.faults().clear();
            }
        }
        assert_eq!(page(&client, &bench, Some(&next)).await.unwrap().entries.len(), 5);
    }
    // An empty page that is well made looks like any other. That is why the marker object has to be in a listing.
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, Fault::EmptyListing));
    assert!(page(&bench.client, &bench, None).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn he6_what_one_action_is_refused_does_not_change_what_the_others_say() {
    let bench = filled(3).await;
    let store = bench.probed().await;
    let state = store.head(&key("p/00000")).await.unwrap();
    for (op, kind) in [
        (Op::ListObjects, Kind::AccessDenied),
        (Op::DeleteObject, Kind::AccessDenied),
        (Op::CopyObject, Kind::AccessDenied),
    ] {
        bench.server.faults().add(Rule::denied(op));
        let expect = RemoteExpect::Unchanged(state.etag.clone());
        let error = match op {
            Op::ListObjects => page(&bench.client, &bench, None).await.unwrap_err(),
            Op::DeleteObject => store.delete(&key("p/00000"), &expect).await.unwrap_err(),
            _ => {
                store.copy(&key("p/00000"), &state, &key("x"), &RemoteExpect::Absent, "d").await.unwrap_err()
            }
        };
        assert_eq!(error.kind, kind, "{op:?}");
        bench.server.faults().clear();
        assert_eq!(store.head(&key("p/00000")).await.unwrap(), state);
    }
}

#[tokio::test]
async fn a_deep_listing_has_what_a_comparison_needs() {
    let bench = filled(3).await;
    bench
        .raw()
        .put_object()
        .bucket("tests")
        .key("p/cold")
        .storage_class("GLACIER".into())
        .body(b"four".to_vec().into())
        .send()
        .await
        .unwrap();
    let store = bench.store(Capabilities::default());
    for client in ways(&bench) {
        for entry in page(&client, &bench, None).await.unwrap().entries {
            let LevelEntry::Object { key: name, size, modified, etag, class } = entry else {
                panic!("a folder")
            };
            let head = store.head(&key(&name)).await.unwrap();
            assert_eq!((size, etag.as_str()), (head.size, head.etag.as_str()));
            assert!(modified.is_some());
            assert_eq!(class, if name == "p/cold" { "GLACIER" } else { "STANDARD" });
        }
    }
}

#[tokio::test]
async fn hb34_an_order_that_is_not_that_of_bytes_is_seen_by_the_probe_and_kept_as_it_came() {
    let bench = bench(Profile::Aws).await;
    assert!(bench.probed().await.capabilities().utf8_order.proved());
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, Fault::TreeOrder));
    let store = bench.probed().await;
    assert_eq!(store.capabilities().utf8_order, windlass_domain::Support::No);
    for name in ["p/a-x", "p/a/x"] {
        store.put(&key(name), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    }
    for client in ways(&bench) {
        let found = page(&client, &bench, None).await.unwrap().entries;
        let names: Vec<_> = found.iter().map(LevelEntry::key).collect();
        assert_eq!(names, ["p/a/x", "p/a-x"]);
    }
}

#[tokio::test]
async fn a_listing_begins_behind_any_key_whether_it_is_there_or_not() {
    let bench = filled(1_005).await;
    for client in ways(&bench) {
        let after = async |key: &str| client.browse().deep_after(&bench.bucket, "p/", key).await.unwrap();
        let first = |level: &Level| match level.entries.first() {
            Some(entry) => entry.key().to_owned(),
            None => String::new(),
        };
        let page = after("p/00002").await;
        assert_eq!((first(&page).as_str(), page.entries.len()), ("p/00003", 1_000));
        let rest =
            client.browse().level(&bench.bucket, "p/", Depth::Deep, page.next.as_deref()).await.unwrap();
        assert_eq!((first(&rest).as_str(), rest.entries.len(), rest.next), ("p/01003", 2, None));
        assert_eq!(first(&after("p/00999 +&\u{1}é\u{1F4F7}").await), "p/01000");
        let none = after("p/9").await;
        assert_eq!((none.entries.len(), none.next), (0, None));
    }
}
