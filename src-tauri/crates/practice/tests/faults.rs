//! Each fault does what its name says, and only to the requests its rule names.
#![cfg(test)]

mod common;

use std::time::{Duration, Instant};

use aws_sdk_s3::types::ChecksumMode;
use common::{BUCKET, Bench, bench, body, client, read, refusal, upload};
use windlass_practice::{Fault, Op, Profile, Rule, When};

async fn put(bench: &Bench, key: &str, bytes: &[u8]) -> Result<(), (u16, String)> {
    let result = bench.client.put_object().bucket(BUCKET).key(key).body(body(bytes)).send().await;
    if result.is_ok() { Ok(()) } else { Err(refusal(result)) }
}

async fn exists(bench: &Bench, key: &str) -> bool {
    bench.client.head_object().bucket(BUCKET).key(key).send().await.is_ok()
}

fn rule(bench: &Bench, op: Op, nth: When, fault: Fault) {
    bench.server.faults().add(Rule::on(op, nth, fault));
}

#[tokio::test]
async fn cut_after_commit_does_the_work_and_says_nothing() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::PutObject, When::Nth(1), Fault::CutAfterCommit);
    assert_eq!(put(&bench, "a", b"x").await, Err((0, String::new())), "no answer at all");
    assert!(exists(&bench, "a").await, "the object is there all the same");
    assert_eq!(put(&bench, "b", b"x").await, Ok(()), "the second is not hit");
}

#[tokio::test]
async fn cut_before_commit_does_nothing() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::PutObject, When::Times(1), Fault::CutBeforeCommit);
    assert!(put(&bench, "a", b"x").await.is_err());
    assert!(!exists(&bench, "a").await);
}

#[tokio::test]
async fn complete_can_answer_200_with_an_error_committed_or_not() {
    for commit in [true, false] {
        let bench = bench(Profile::Aws).await;
        rule(&bench, Op::CompleteMultipartUpload, When::Always, Fault::OkWithErrorBody { commit });
        let (id, parts) = upload(&bench.client, "big", &[b"only part".to_vec()]).await;
        let done = bench
            .client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("big")
            .upload_id(id)
            .multipart_upload(parts);
        let (status, code) = refusal(done.send().await);
        assert_eq!((status, code.as_str()), (200, "InternalError"));
        assert_eq!(exists(&bench, "big").await, commit, "commit = {commit}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_complete_makes_the_retry_find_no_upload() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::CompleteMultipartUpload, When::Nth(1), Fault::CutAfterCommit);
    let (id, parts) = upload(&bench.client, "big", &[b"only part".to_vec()]).await;
    let complete = || {
        let call = bench.client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&id);
        call.multipart_upload(parts.clone()).send()
    };
    assert_eq!(refusal(complete().await).0, 0);
    assert_eq!(refusal(complete().await), (404, "NoSuchUpload".to_owned()));
    assert_eq!(read(&bench.client, "big").await, b"only part");
}

#[tokio::test]
async fn every_status_comes_with_its_code_and_nothing_is_done() {
    let answers = [
        (503, "SlowDown"),
        (409, "ConditionalRequestConflict"),
        (412, "PreconditionFailed"),
        (403, "AccessDenied"),
        (400, "ExpiredToken"),
        (404, "NoSuchUpload"),
    ];
    for (code, error_code) in answers {
        let bench = bench(Profile::Aws).await;
        rule(&bench, Op::PutObject, When::Nth(1), Fault::Status { code, error_code: error_code.to_owned() });
        assert_eq!(put(&bench, "a", &[7; 300_000]).await, Err((code, error_code.to_owned())));
        assert!(!exists(&bench, "a").await);
    }
}

#[tokio::test]
async fn rules_count_as_they_say() {
    let bench = bench(Profile::Aws).await;
    let fault = Fault::Status { code: 503, error_code: "SlowDown".to_owned() };
    bench.server.faults().add(Rule::on(Op::PutObject, When::Every(3), fault.clone()).for_key("every"));
    bench.server.faults().add(Rule::on(Op::PutObject, When::Percent(30, 11), fault).for_key("some"));
    let mut every = Vec::new();
    let mut some = 0;
    for round in 1..=100 {
        if put(&bench, "every", b"").await.is_err() {
            every.push(round);
        }
        some += i32::from(put(&bench, "some", b"").await.is_err());
    }
    assert_eq!(every, (1..=33).map(|n| n * 3).collect::<Vec<_>>());
    assert!((18..=42).contains(&some), "about 30 of 100, the same every run: {some}");
    assert_eq!(bench.server.faults().fired(), 33 + u64::try_from(some).expect("not negative"));
}

#[tokio::test]
async fn slow_waits_and_trickles() {
    let bench = bench(Profile::Aws).await;
    let slow = Fault::Slow { delay: Duration::from_millis(200), bytes_per_sec: Some(200_000) };
    rule(&bench, Op::PutObject, When::Always, slow);
    let start = Instant::now();
    put(&bench, "a", &[1; 100_000]).await.expect("slow, but done");
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_captive_portal_is_html_with_200() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::ListObjects, When::Always, Fault::CaptivePortal);
    let result = bench.client.list_objects_v2().bucket(BUCKET).send().await;
    if let Ok(page) = &result {
        assert!(page.contents().is_empty(), "nothing of the page is data");
    }
    let log = bench.server.request_log();
    assert_eq!(log.last().and_then(|r| r.status), Some(200));
}

#[tokio::test]
async fn a_wrong_clock_refuses_honest_signatures() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::PutObject, When::Always, Fault::WrongClock { offset_secs: 7200 });
    assert_eq!(put(&bench, "a", b"x").await, Err((403, "RequestTimeTooSkewed".to_owned())));
    assert_eq!(
        put(&bench, "a", b"x").await,
        Ok(()),
        "the client learned the server's time from the first answer"
    );
    bench.server.faults().clear();
    rule(&bench, Op::PutObject, When::Always, Fault::WrongClock { offset_secs: 60 });
    let fresh = client(&bench.server.endpoint(), bench.server.access_key(), bench.server.secret_key());
    let minute = fresh.put_object().bucket(BUCKET).key("b").body(body("x")).send().await;
    assert!(minute.is_ok(), "a minute is within what is allowed");
}

#[tokio::test]
async fn a_bit_flipped_in_transit_is_refused_or_stored_wrong() {
    let bench = bench(Profile::Aws).await;
    rule(&bench, Op::PutObject, When::Always, Fault::FlipBitInTransit);
    let (status, code) =
        put(&bench, "signed", &[5; 200_000]).await.expect_err("the payload hash does not fit");
    assert_eq!((status, code.as_str()), (400, "XAmzContentSHA256Mismatch"));
    let sum = "AAAAAA==";
    let put =
        bench.client.put_object().bucket(BUCKET).key("summed").body(body(vec![5; 1000])).checksum_crc32(sum);
    assert_eq!(
        refusal(put.customize().disable_payload_signing().send().await),
        (400, "BadDigest".to_owned())
    );
    let plain = bench.client.put_object().bucket(BUCKET).key("plain").body(body(vec![5; 1000]));
    plain.customize().disable_payload_signing().send().await.expect("nobody can notice");
    let stored = read(&bench.client, "plain").await;
    assert_eq!(stored.iter().filter(|b| **b != 5).count(), 1, "one byte differs");
}

#[tokio::test]
async fn a_bit_flipped_at_rest_shows_in_head_and_get_only() {
    for size in [1000, 3_000_000] {
        let bench = bench(Profile::Aws).await;
        let good = vec![5_u8; size];
        let honest = bench
            .client
            .put_object()
            .bucket(BUCKET)
            .key("good")
            .body(body(good.clone()))
            .send()
            .await
            .expect("put");
        rule(&bench, Op::PutObject, When::Always, Fault::FlipBitAtRest);
        let hurt = bench
            .client
            .put_object()
            .bucket(BUCKET)
            .key("bad")
            .body(body(good.clone()))
            .send()
            .await
            .expect("put");
        assert_eq!(
            honest.checksum_crc64_nvme(),
            hurt.checksum_crc64_nvme(),
            "the answer praises what was sent"
        );
        assert_eq!(honest.e_tag(), hurt.e_tag());
        let head = bench
            .client
            .head_object()
            .bucket(BUCKET)
            .key("bad")
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        let head = head.expect("head");
        assert!(head.checksum_crc64_nvme().is_some());
        assert_ne!(
            head.checksum_crc64_nvme(),
            honest.checksum_crc64_nvme(),
            "HEAD tells the truth about the disk"
        );
        assert_ne!(read(&bench.client, "bad").await, good);
    }
}

#[tokio::test]
async fn a_stale_head_shows_the_state_before_the_write() {
    let bench = bench(Profile::Wasabi).await;
    put(&bench, "new", b"1").await.expect("put");
    assert!(!exists(&bench, "new").await, "the first HEAD is stale");
    assert!(exists(&bench, "new").await, "the second is not");
    put(&bench, "new", b"22").await.expect("put");
    let head = bench.client.head_object().bucket(BUCKET).key("new").send().await.expect("head");
    assert_eq!(head.content_length(), Some(1), "the size of the version before");
    bench.server.faults().set_profile(Profile::Aws);
    rule(&bench, Op::HeadObject, When::Times(2), Fault::StaleHead);
    put(&bench, "other", b"1").await.expect("put");
    assert!(!exists(&bench, "other").await);
    assert!(!exists(&bench, "other").await);
    assert!(exists(&bench, "other").await);
}

#[tokio::test]
async fn a_truncated_body_breaks_off_in_the_middle() {
    let bench = bench(Profile::Aws).await;
    put(&bench, "a", &[1; 1_000_000]).await.expect("put");
    rule(&bench, Op::GetObject, When::Nth(1), Fault::TruncateBody);
    let got = bench.client.get_object().bucket(BUCKET).key("a").send().await.expect("the headers are fine");
    assert_eq!(got.content_length(), Some(1_000_000));
    assert!(got.body.collect().await.is_err(), "the body is not");
    assert_eq!(read(&bench.client, "a").await.len(), 1_000_000);
}

#[tokio::test]
async fn an_ignored_range_is_a_whole_object() {
    let bench = bench(Profile::Aws).await;
    put(&bench, "a", b"0123456789").await.expect("put");
    let get = || bench.client.get_object().bucket(BUCKET).key("a").range("bytes=2-4").send();
    let part = get().await.expect("a range");
    assert_eq!(part.content_range(), Some("bytes 2-4/10"));
    rule(&bench, Op::GetObject, When::Always, Fault::IgnoreRange);
    let whole = get().await.expect("an answer");
    assert_eq!((whole.content_range(), whole.content_length()), (None, Some(10)));
}

#[tokio::test]
async fn an_empty_listing_hides_everything() {
    let bench = bench(Profile::Aws).await;
    put(&bench, "a", b"x").await.expect("put");
    rule(&bench, Op::ListObjects, When::Nth(1), Fault::EmptyListing);
    let list = || bench.client.list_objects_v2().bucket(BUCKET).send();
    assert_eq!(list().await.expect("list").key_count(), Some(0));
    assert_eq!(list().await.expect("list").key_count(), Some(1));
}

#[tokio::test]
async fn an_ignored_subresource_answers_as_another_call() {
    let bench = bench(Profile::Aws).await;
    put(&bench, "a", b"not tags at all").await.expect("put");
    rule(&bench, Op::ObjectConfig, When::Always, Fault::SubresourceIgnored);
    let tags = bench.client.get_object_tagging().bucket(BUCKET).key("a").send().await;
    assert!(tags.is_err(), "the object's bytes are no document");
    assert_eq!(bench.server.request_log().last().and_then(|r| r.status), Some(200), "yet the status is 200");
}

#[tokio::test]
async fn a_server_that_ignores_conditions_overwrites() {
    let bench = bench(Profile::IgnoresConditions).await;
    put(&bench, "a", b"1").await.expect("put");
    let again =
        bench.client.put_object().bucket(BUCKET).key("a").if_none_match("*").body(body("2")).send().await;
    assert!(again.is_ok());
    assert_eq!(read(&bench.client, "a").await, b"2");
    let record =
        bench.server.request_log().into_iter().rfind(|r| r.operation == Op::PutObject).expect("a record");
    assert_eq!(
        record.headers.get("if-none-match").map(String::as_str),
        Some("*"),
        "the log shows what was asked"
    );
    assert_eq!(record.body_bytes, 1);
}

#[tokio::test]
async fn ceph_knows_no_checksums_trailers_or_conditions_on_complete_and_delete() {
    let bench = bench(Profile::Ceph).await;
    put(&bench, "a", b"1").await.expect("put");
    let head =
        bench.client.head_object().bucket(BUCKET).key("a").checksum_mode(ChecksumMode::Enabled).send().await;
    assert_eq!(head.expect("head").checksum_crc64_nvme(), None);
    let (id, parts) = upload(&bench.client, "a", &[b"part".to_vec()]).await;
    let done = bench
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("a")
        .upload_id(id)
        .multipart_upload(parts);
    assert!(done.if_none_match("*").send().await.is_ok(), "Complete overwrites");
    let again =
        bench.client.put_object().bucket(BUCKET).key("a").if_none_match("*").body(body("2")).send().await;
    assert_eq!(refusal(again).0, 412, "PUT does not");
    let gone = bench.client.delete_object().bucket(BUCKET).key("a").if_match("\"other\"").send().await;
    assert!(gone.is_ok());
}

#[tokio::test]
async fn r2_wants_parts_of_one_size() {
    let bench = bench(Profile::R2).await;
    let mib = 1024 * 1024;
    let (id, parts) = upload(&bench.client, "a", &[vec![1; 6 * mib], vec![2; 5 * mib], vec![3; 10]]).await;
    let done = bench
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("a")
        .upload_id(id)
        .multipart_upload(parts);
    assert_eq!(refusal(done.send().await), (400, "InvalidPart".to_owned()));
    let (id, parts) = upload(&bench.client, "b", &[vec![1; 5 * mib], vec![2; 5 * mib], vec![3; 10]]).await;
    let done = bench
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("b")
        .upload_id(id)
        .multipart_upload(parts);
    assert!(done.send().await.is_ok());
}

#[tokio::test]
async fn b2_always_has_versions() {
    let bench = bench(Profile::B2).await;
    let first = bench.client.put_object().bucket(BUCKET).key("a").body(body("1")).send().await.expect("put");
    assert!(first.version_id().is_some());
}
