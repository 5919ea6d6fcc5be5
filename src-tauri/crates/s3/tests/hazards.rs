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
    let found = aws.client.browse().probe(&aws.bucket, "p/", "test", 1).await.unwrap();
    assert!(
        found.create_only_put.proved() && found.match_put.proved() && found.crc64nvme.proved(),
        "{found:?}"
    );
    assert!(found.create_only_complete.proved() && found.crc64nvme_multipart.proved(), "{found:?}");
    assert!(found.multipart.proved() && found.content_md5.proved() && found.sha256.proved(), "{found:?}");
    let left = aws.client.browse().level(&aws.bucket, "", Depth::Deep, None).await.unwrap();
    assert!(left.entries.is_empty(), "{left:?}");

    let ignores = bench(Profile::IgnoresConditions).await;
    let found = ignores.client.browse().probe(&ignores.bucket, "", "test", 1).await.unwrap();
    assert_eq!(found.create_only_put, Support::No, "{found:?}");
    assert_eq!(found.create_only_complete, Support::No, "{found:?}");

    let ceph = bench(Profile::Ceph).await;
    let found = ceph.client.browse().probe(&ceph.bucket, "", "test", 1).await.unwrap();
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

#[tokio::test]
async fn hb2_a_409_on_complete_says_so_and_keeps_the_parts() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    let part = store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    let fault = Fault::Status { code: 409, error_code: "ConditionalRequestConflict".to_owned() };
    bench.server.faults().add(Rule::on(Op::CompleteMultipartUpload, When::Nth(1), fault));
    let whole = part.crc.digest();
    let parts = [part];
    let error =
        store.complete_upload(&key("b"), &upload, &parts, whole, &RemoteExpect::Absent).await.unwrap_err();
    assert_eq!(error.kind, Kind::ConditionalConflict);
    assert_eq!(store.list_parts(&key("b"), &upload).await.unwrap().len(), 1);
    assert_eq!(store.head(&key("b")).await.unwrap_err().kind, Kind::NotFound);
}

#[test]
fn hb14_what_an_older_probe_found_is_read_and_known_to_be_old() {
    let text = r#"{"create_only_put":"Yes","match_put":"No","create_only_complete":"Yes","match_delete":"Yes",
        "crc64nvme":"Yes","crc64nvme_multipart":"Yes","sha256":"Yes","content_md5":"Yes","multipart":"Yes",
        "versioning":"No","tagging":"Yes","exact_keys":"Yes","equal_parts_needed":"Unknown"}"#;
    let old: Capabilities = serde_json::from_str(text).unwrap();
    assert_eq!((old.create_only_put, old.match_put), (Support::Yes, Support::No));
    assert_eq!((old.create_only_copy, old.delete_marker), (Support::Unknown, Support::Unknown));
    assert!(!old.is_current());
    assert!(Capabilities { generation: Capabilities::GENERATION, ..old }.is_current());
}

#[tokio::test]
async fn hb15_what_a_write_answers_is_believed_and_no_stale_head() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let first = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    bench.server.faults().add(Rule::on(Op::HeadObject, When::Always, Fault::StaleHead));
    let second =
        store.put(&key("a"), body("two"), &RemoteExpect::Unchanged(first.etag.clone()), "d").await.unwrap();
    assert_eq!(store.head(&key("a")).await.unwrap().etag, first.etag, "HEAD still shows the one before");
    assert_ne!(second.etag, first.etag);
    // A copy and a delete that name the new version are not led astray: the copy is refused, and loses nothing by it.
    let copy = store.copy(&key("a"), &second, &key("b"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(copy.kind, Kind::PreconditionFailed);
    store.delete(&key("a"), &RemoteExpect::Unchanged(second.etag)).await.unwrap();
}

#[tokio::test]
async fn hb25_nobody_elses_upload_is_given_back() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let theirs = store.open_upload(&key("photos/a.jpg"), "another device").await.unwrap();
    store.send_part(&key("photos/a.jpg"), &theirs, 1, body("part")).await.unwrap();
    let beside = store.open_upload(&key(".windlass-probe-test2/a"), "another device").await.unwrap();
    // The probe cleans up after itself, and an abort names a key and an id.
    bench.probed().await;
    store.abort_upload(&key("photos/b.jpg"), &theirs).await.unwrap();
    let open = store.list_uploads("").await.unwrap();
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open.iter().any(|o| o.upload == theirs) && open.iter().any(|o| o.upload == beside));
    assert_eq!(store.list_parts(&key("photos/a.jpg"), &theirs).await.unwrap().len(), 1);
}

#[tokio::test]
async fn hb26_an_upload_is_given_back_until_nothing_of_it_is_left() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    // The first answer says "gone", and a part is there all the same.
    let said = Fault::Status { code: 204, error_code: String::new() };
    bench.server.faults().add(Rule::on(Op::AbortMultipartUpload, When::Nth(1), said.clone()));
    store.abort_upload(&key("b"), &upload).await.unwrap();
    assert!(store.list_uploads("").await.unwrap().is_empty());
    let aborts =
        bench.server.request_log().iter().filter(|r| r.operation == Op::AbortMultipartUpload).count();
    assert_eq!(aborts, 2);
    // It is tried a few times and then told.
    let upload = store.open_upload(&key("b"), "d").await.unwrap();
    store.send_part(&key("b"), &upload, 1, body("part")).await.unwrap();
    bench.server.faults().add(Rule::on(Op::AbortMultipartUpload, When::Always, said));
    assert!(store.abort_upload(&key("b"), &upload).await.is_err());
}

#[tokio::test]
async fn hb31_packed_bytes_stay_as_they_are_stored() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    // Not even valid gzip: whoever unpacked it would fail, or change it.
    let bytes = b"\x1f\x8b\x08 these are the bytes".to_vec();
    let put = bench.raw().put_object().bucket("tests").key("a.gz").body(bytes.clone().into());
    put.content_encoding("gzip").send().await.unwrap();
    let state = store.head(&key("a.gz")).await.unwrap();
    assert_eq!(state.size, bytes.len() as u64);
    assert_eq!(common::bytes_of(&store, &key("a.gz")).await, bytes);
    let range: Vec<_> = store.get(&key("a.gz"), Some(2..6), &state.etag).await.unwrap().collect().await;
    let range: Vec<u8> = range.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(range, bytes[2..6]);
}

#[test]
fn hb33_a_key_of_more_than_1024_bytes_never_reaches_a_server() {
    use windlass_domain::{KeyProblem, ObjectKey, Prefix};
    let prefix = Prefix::new(&"p".repeat(1000));
    assert!(prefix.key(&"k".repeat(23)).is_ok());
    // The limit counts bytes, after the prefix was put before it and before anything is encoded.
    assert_eq!(prefix.key(&"\u{fc}".repeat(12)), Err(KeyProblem::TooLong(1025)));
    assert!(ObjectKey::parse(&"%".repeat(1024)).is_ok());
}

#[tokio::test]
async fn hb33_the_longest_key_goes_there_and_back() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    // Encoded it is three times as long.
    let longest = key(&format!("{}a", "\u{fc}/".repeat(341)));
    assert_eq!(longest.as_str().len(), 1024);
    let state = store.put(&longest, body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    let page = bench.client.browse().level(&bench.bucket, "", Depth::Deep, None).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    let copied = store.copy(&longest, &state, &key("short"), &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(copied.etag, state.etag);
    store.delete(&longest, &RemoteExpect::Unchanged(state.etag)).await.unwrap();
}
