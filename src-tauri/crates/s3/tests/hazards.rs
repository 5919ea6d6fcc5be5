//! The bucket side's hazards, on the practice endpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use common::{bench, body, key};
use futures::StreamExt as _;
use windlass_domain::{Capabilities, Crc64Nvme, ETag, RemoteExpect, Support};
use windlass_ports::remote::Depth;
use windlass_ports::{RemoteBrowse as _, RemoteErrorKind as Kind, RemoteStore as _};
use windlass_practice::{Fault, Op, Profile, Rule, When};

#[tokio::test]
async fn hb1_every_write_carries_a_condition() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let before = bench.server.request_log().len();
    let first = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let refused = store.put(&key("a"), body("two"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(refused.kind, Kind::PreconditionFailed);
    let second =
        store.put(&key("a"), body("two"), &RemoteExpect::Unchanged(first.etag.clone()), "d").await.unwrap();
    let stale =
        store.put(&key("a"), body("three"), &RemoteExpect::Unchanged(first.etag), "d").await.unwrap_err();
    assert_eq!(stale.kind, Kind::PreconditionFailed);
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    let part = store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    let whole = part.crc.digest();
    store.complete_upload(&key("b"), &upload, &[part], whole, &RemoteExpect::Absent).await.unwrap();
    let wrong = store.delete(&key("a"), &RemoteExpect::Unchanged(ETag::new("\"other\""))).await.unwrap_err();
    assert_eq!(wrong.kind, Kind::PreconditionFailed);
    store.delete(&key("a"), &RemoteExpect::Unchanged(second.etag)).await.unwrap();
    for record in bench.server.request_log().split_off(before) {
        if matches!(record.operation, Op::PutObject | Op::CompleteMultipartUpload | Op::DeleteObject) {
            let said =
                record.headers.contains_key("if-none-match") || record.headers.contains_key("if-match");
            assert!(said, "{record:?}");
        }
    }
}

#[tokio::test]
async fn hb4_200_with_error_body_is_an_error() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    let part = store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    let rule = Rule::on(Op::CompleteMultipartUpload, When::Nth(1), Fault::OkWithErrorBody { commit: false });
    bench.server.faults().add(rule);
    let whole = part.crc.digest();
    let parts = [part];
    store.complete_upload(&key("b"), &upload, &parts, whole, &RemoteExpect::Absent).await.unwrap_err();
    assert_eq!(store.head(&key("b")).await.unwrap_err().kind, Kind::NotFound);
    store.complete_upload(&key("b"), &upload, &parts, whole, &RemoteExpect::Absent).await.unwrap();
}

#[tokio::test]
async fn hb7_list_parts_pages() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let upload = store.open_upload(&key("many"), "d").await.unwrap();
    futures::stream::iter(1..=1_050u32)
        .for_each_concurrent(16, |n| {
            let (store, upload) = (&store, &upload);
            async move {
                store.send_part(&key("many"), upload, n, body("x")).await.unwrap();
            }
        })
        .await;
    let listed = store.list_parts(&key("many"), &upload).await.unwrap();
    assert_eq!(listed.iter().map(|p| p.0).collect::<Vec<_>>(), (1..=1_050).collect::<Vec<_>>());
    assert_eq!(store.list_uploads("").await.unwrap().len(), 1);
    store.abort_upload(&key("many"), &upload).await.unwrap();
    store.abort_upload(&key("many"), &upload).await.unwrap();
}

#[tokio::test]
async fn hb11_etag_is_opaque_and_the_digest_is_the_servers() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    let part = store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    let whole = part.crc.digest();
    let state =
        store.complete_upload(&key("b"), &upload, &[part], whole, &RemoteExpect::Absent).await.unwrap();
    assert!(state.etag.as_str().contains('-'));
    assert_eq!(store.head(&key("b")).await.unwrap().digest, Some(whole));
}

#[tokio::test]
async fn hb12_a_bit_flipped_on_the_way_is_refused() {
    let bench = bench(Profile::Aws).await;
    for capabilities in
        [Capabilities::default(), Capabilities { crc64nvme: Support::Yes, ..Capabilities::default() }]
    {
        bench.server.faults().clear();
        bench.server.faults().add(Rule::on(Op::PutObject, When::Nth(1), Fault::FlipBitInTransit));
        let store = bench.store(capabilities);
        let error = store.put(&key("a"), body("bytes"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(error.kind, Kind::Integrity, "{error:?}");
        assert_eq!(store.head(&key("a")).await.unwrap_err().kind, Kind::NotFound);
    }
}

#[tokio::test]
async fn hb14_the_probe_sees_what_each_server_does_and_leaves_nothing() {
    let aws = bench(Profile::Aws).await;
    let found = aws.client.browse().probe(&aws.bucket, "p/", "test").await.unwrap();
    assert!(
        found.create_only_put.proved() && found.match_put.proved() && found.crc64nvme.proved(),
        "{found:?}"
    );
    assert!(found.create_only_complete.proved() && found.crc64nvme_multipart.proved(), "{found:?}");
    assert!(found.multipart.proved() && found.content_md5.proved() && found.sha256.proved(), "{found:?}");
    let left = aws.client.browse().level(&aws.bucket, "", Depth::Deep, None).await.unwrap();
    assert!(left.entries.is_empty(), "{left:?}");

    let ignores = bench(Profile::IgnoresConditions).await;
    let found = ignores.client.browse().probe(&ignores.bucket, "", "test").await.unwrap();
    assert_eq!(found.create_only_put, Support::No, "{found:?}");
    assert_eq!(found.create_only_complete, Support::No, "{found:?}");

    let ceph = bench(Profile::Ceph).await;
    let found = ceph.client.browse().probe(&ceph.bucket, "", "test").await.unwrap();
    assert!(!found.crc64nvme.proved() && !found.create_only_complete.proved(), "{found:?}");
    let store = ceph.store(found);
    store.put(&key("a"), body("bytes"), &RemoteExpect::Absent, "d").await.unwrap();
}

#[tokio::test]
async fn hb29_get_is_bound_to_one_version() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let first = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    store.put(&key("a"), body("two"), &RemoteExpect::Unchanged(first.etag.clone()), "d").await.unwrap();
    let error = store.get(&key("a"), None, &first.etag).await.err().unwrap();
    assert_eq!(error.kind, Kind::PreconditionFailed);
}

#[tokio::test]
async fn hb30_an_ignored_range_and_a_cut_body_are_errors() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let state = store.put(&key("a"), body(vec![7u8; 200_000]), &RemoteExpect::Absent, "d").await.unwrap();
    let good: Vec<_> = store.get(&key("a"), Some(10..20), &state.etag).await.unwrap().collect().await;
    assert_eq!(good.iter().map(|c| c.as_ref().unwrap().len()).sum::<usize>(), 10);
    bench.server.faults().add(Rule::on(Op::GetObject, When::Nth(1), Fault::IgnoreRange));
    assert!(store.get(&key("a"), Some(10..20), &state.etag).await.is_err());
    bench.server.faults().clear();
    bench.server.faults().add(Rule::on(Op::GetObject, When::Nth(1), Fault::TruncateBody));
    // The cut may meet us before the headers or in the middle of the bytes; either way it is an error.
    if let Ok(stream) = store.get(&key("a"), None, &state.etag).await {
        let cut: Vec<_> = stream.collect().await;
        assert!(cut.iter().any(Result::is_err));
    }
    assert_eq!(bench.server.faults().fired(), 1);
}

#[tokio::test]
async fn he3_captive_portal_is_no_empty_listing() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let rule = Rule { operation: None, key_contains: None, nth: When::Always, fault: Fault::CaptivePortal };
    bench.server.faults().add(rule);
    let listing = bench.client.browse().level(&bench.bucket, "", Depth::Level, None).await.unwrap_err();
    assert_eq!(listing.kind, Kind::Network, "{listing:?}");
    assert_eq!(bench.client.browse().buckets().await.unwrap_err().kind, Kind::Network);
    let put = store.put(&key("a"), body("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(put.kind, Kind::Network, "{put:?}");
    assert_eq!(store.head(&key("a")).await.unwrap_err().kind, Kind::Network);
}

#[tokio::test]
async fn tags_of_a_server_that_overlooks_them_are_unsupported() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    store.put(&key("a"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    assert!(bench.client.browse().tags(&bench.bucket, &key("a")).await.unwrap().is_empty());
    bench.server.faults().add(Rule::on(Op::ObjectConfig, When::Always, Fault::SubresourceIgnored));
    let error = bench.client.browse().tags(&bench.bucket, &key("a")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported, "{error:?}");
}

#[tokio::test]
async fn he7_a_wrong_clock_is_corrected_and_the_request_sent_again() {
    let bench = bench(Profile::Aws).await;
    let fault = Fault::WrongClock { offset_secs: 3 * 3600 };
    let rule = Rule { operation: None, key_contains: None, nth: When::Always, fault };
    bench.server.faults().add(rule);
    let store = bench.store(Capabilities::default());
    let state = store.put(&key("a"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(state.size, Crc64Nvme::of(b"x").len);
}
