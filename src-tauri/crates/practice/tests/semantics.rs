//! The points of S3 that Windlass relies on, by the client Windlass uses.
#![cfg(test)]

mod common;

use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload,
    CompletedPart, VersioningConfiguration,
};
use common::{BUCKET, bench, body, client, read, refusal, upload};
use windlass_practice::{Op, PracticeOptions, PracticeServer, Profile};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn keys_are_made_once_and_kept_for_this_user_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut options = PracticeOptions::new(folder.path());
    options.seed_sample = false;
    let first = PracticeServer::start(options.clone()).await.expect("starts");
    let keys = (first.access_key().to_owned(), first.secret_key().to_owned());
    first.stop().await;
    let second = PracticeServer::start(options).await.expect("starts again");
    assert_eq!(keys, (second.access_key().to_owned(), second.secret_key().to_owned()));
    assert!(second.endpoint().starts_with("http://127.0.0.1:"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            std::fs::metadata(folder.path().join("credentials.json")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn the_sample_is_real_and_a_reset_brings_it_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = PracticeServer::start(PracticeOptions::new(folder.path())).await.expect("starts");
    let c = client(&server.endpoint(), server.access_key(), server.secret_key());
    let bucket = "inspections-practice";
    let count = async || {
        let page = c.list_objects_v2().bucket(bucket).send().await.expect("list");
        page.contents().iter().filter(|o| o.key().is_some_and(|k| k.ends_with(".JPG"))).count()
    };
    let before = count().await;
    assert!((380..=400).contains(&before), "{before}");
    let versions = c.list_object_versions().bucket(bucket).send().await.expect("versions");
    assert!(versions.delete_markers().len() >= 10, "some were deleted");
    assert!(versions.versions().iter().any(|v| v.is_latest() == Some(false)), "some were overwritten");
    let photo = "bridges/A14-viaduct/2026-11-20/raw/DJI_0401.JPG";
    let bytes = c
        .get_object()
        .bucket(bucket)
        .key(photo)
        .send()
        .await
        .expect("a photo")
        .body
        .collect()
        .await
        .expect("bytes");
    let bytes = bytes.to_vec();
    let image = image::load_from_memory(&bytes).expect("a JPEG");
    assert_eq!((image.width(), image.height()), (640, 426));
    assert!(bytes.windows(4).any(|w| w == b"Exif") && bytes.windows(10).any(|w| w == b"2026:11:20"));
    c.delete_object().bucket(bucket).key(photo).send().await.expect("delete");
    c.create_bucket().bucket("mine").send().await.expect("create");
    server.reset().await.expect("reset");
    assert_eq!(count().await, before);
    assert_eq!(c.list_buckets().send().await.expect("list").buckets().len(), 1, "everything else is gone");
}

#[tokio::test]
async fn only_one_of_many_conditional_writers_wins() {
    let bench = bench(Profile::Aws).await;
    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..16_u8 {
        let c = bench.client.clone();
        racers.spawn(async move {
            let large = vec![racer; 100_000];
            c.put_object().bucket(BUCKET).key("k").if_none_match("*").body(body(large)).send().await.is_ok()
        });
    }
    let winners = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn conditions_hold_for_put_complete_and_delete() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    let first = c.put_object().bucket(BUCKET).key("k").body(body("1")).send().await.expect("put");
    let tag = first.e_tag().expect("a tag");
    let put = |tag: &str| c.put_object().bucket(BUCKET).key("k").if_match(tag).body(body("2")).send();
    assert_eq!(refusal(put("\"other\"").await), (412, "PreconditionFailed".to_owned()));
    let second = put(tag).await.expect("the base is right");
    let none = c.put_object().bucket(BUCKET).key("absent").if_match(tag).body(body("2")).send().await;
    assert_eq!(refusal(none), (404, "NoSuchKey".to_owned()));
    let (id, parts) = upload(c, "k", &[b"part".to_vec()]).await;
    let complete =
        c.complete_multipart_upload().bucket(BUCKET).key("k").upload_id(&id).multipart_upload(parts);
    let refused = complete.clone().if_none_match("*").send().await;
    assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    let open =
        c.list_parts().bucket(BUCKET).key("k").upload_id(&id).send().await.expect("the upload is still open");
    assert_eq!(open.parts().len(), 1);
    complete.if_match(second.e_tag().expect("a tag")).send().await.expect("now it holds");
    let gone = c.delete_object().bucket(BUCKET).key("k").if_match(tag).send().await;
    assert_eq!(refusal(gone), (412, "PreconditionFailed".to_owned()));
    assert_eq!(read(c, "k").await, b"part");
}

#[tokio::test]
async fn a_multipart_object_has_the_checksum_of_all_its_bytes() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    let whole: Vec<u8> = (0..11 * MIB).map(|i| u8::try_from(i % 251).expect("small")).collect();
    let made =
        c.create_multipart_upload().bucket(BUCKET).key("k").checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let made = made.checksum_type(ChecksumType::FullObject).send().await.expect("an upload");
    let id = made.upload_id().expect("an id");
    let mut done = CompletedMultipartUpload::builder();
    for (number, piece) in (1..).zip(whole.chunks(5 * MIB)) {
        let sent =
            c.upload_part().bucket(BUCKET).key("k").upload_id(id).part_number(number).body(body(piece));
        let sent = sent.send().await.expect("part");
        let part = CompletedPart::builder().part_number(number).e_tag(sent.e_tag().expect("a tag"));
        done =
            done.parts(part.set_checksum_crc64_nvme(sent.checksum_crc64_nvme().map(str::to_owned)).build());
    }
    let complete =
        c.complete_multipart_upload().bucket(BUCKET).key("k").upload_id(id).multipart_upload(done.build());
    let wrong = complete.clone().checksum_crc64_nvme("AAAAAAAAAAA=").send().await;
    assert_eq!(refusal(wrong), (400, "BadDigest".to_owned()));
    complete.send().await.expect("complete");
    c.put_object().bucket(BUCKET).key("single").body(body(whole.clone())).send().await.expect("put");
    let sum = async |key: &str| {
        let head = c
            .head_object()
            .bucket(BUCKET)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .expect("head");
        head.checksum_crc64_nvme().expect("a checksum").to_owned()
    };
    assert_eq!(sum("k").await, sum("single").await);
    assert_eq!(read(c, "k").await, whole);
    let part = c
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .range(format!("bytes={}-{}", 5 * MIB - 2, 5 * MIB + 1))
        .send()
        .await;
    let bytes =
        part.expect("a range over the border of two parts").body.collect().await.expect("bytes").to_vec();
    assert_eq!(bytes, whole[5 * MIB - 2..5 * MIB + 2]);
}

#[tokio::test]
async fn versions_page_and_come_back() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    c.put_bucket_versioning().bucket(BUCKET).versioning_configuration(on).send().await.expect("on");
    for round in 0..7_u8 {
        for key in ["a", "b/x", "b/y", "c"] {
            c.put_object().bucket(BUCKET).key(key).body(body(vec![round])).send().await.expect("put");
        }
    }
    let marker = c.delete_object().bucket(BUCKET).key("a").send().await.expect("delete");
    assert_eq!(marker.delete_marker(), Some(true));
    let mut seen = Vec::new();
    let (mut key, mut version) = (None::<String>, None::<String>);
    loop {
        let call = c
            .list_object_versions()
            .bucket(BUCKET)
            .max_keys(3)
            .set_key_marker(key)
            .set_version_id_marker(version);
        let page = call.send().await.expect("a page");
        seen.extend(
            page.versions().iter().map(|v| (v.key().map(str::to_owned), v.version_id().map(str::to_owned))),
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        version = page.next_version_id_marker().map(str::to_owned);
    }
    assert_eq!(seen.len(), 28, "each version once");
    assert_eq!(refusal(c.head_object().bucket(BUCKET).key("a").send().await).0, 404);
    let id = marker.version_id().expect("the marker's id");
    assert_eq!(refusal(c.get_object().bucket(BUCKET).key("a").version_id(id).send().await).0, 405);
    c.delete_object().bucket(BUCKET).key("a").version_id(id).send().await.expect("the marker goes");
    assert_eq!(read(c, "a").await, [6]);
}

#[tokio::test]
async fn listings_page_over_prefixes_and_uploads() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    for key in ["a/1", "a/2", "b", "c/1", "c/d/2", "é/1", "z"] {
        c.put_object().bucket(BUCKET).key(key).body(body(key)).send().await.expect("put");
    }
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let call =
            c.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(1).set_continuation_token(token);
        let page = call.send().await.expect("a page");
        seen.extend(page.contents().iter().filter_map(|o| o.key().map(str::to_owned)));
        seen.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a/", "b", "c/", "z", "é/"], "in the order of UTF-8 bytes");
    for number in 0..5_u8 {
        upload(c, &format!("u{}", number % 2), &[vec![number]]).await;
    }
    let (mut key, mut id, mut uploads) = (None::<String>, None::<String>, 0);
    loop {
        let call = c
            .list_multipart_uploads()
            .bucket(BUCKET)
            .max_uploads(2)
            .set_key_marker(key)
            .set_upload_id_marker(id);
        let page = call.send().await.expect("a page");
        uploads += page.uploads().len();
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        id = page.next_upload_id_marker().map(str::to_owned);
    }
    assert_eq!(uploads, 5);
}

#[tokio::test]
async fn the_log_says_what_was_sent() {
    let bench = bench(Profile::Minio).await;
    bench.client.put_object().bucket(BUCKET).key("ä b").body(body(vec![0; 5000])).send().await.expect("put");
    let record = bench.server.request_log().pop().expect("a record");
    assert_eq!(
        (record.operation, record.key.as_deref(), record.status),
        (Op::PutObject, Some("ä b"), Some(200))
    );
    assert_eq!(record.body_bytes, 5000);
    assert!(!record.headers.contains_key("authorization"), "signatures are not kept");
}

#[tokio::test]
async fn small_reads_do_not_wait_for_an_acknowledgement() {
    let bench = bench(Profile::Aws).await;
    bench.client.put_object().bucket(BUCKET).key("k").body(body("small")).send().await.expect("put");
    let start = std::time::Instant::now();
    for _ in 0..50 {
        read(&bench.client, "k").await;
    }
    assert!(
        start.elapsed() < std::time::Duration::from_millis(50 * 40),
        "50 reads took {:?}",
        start.elapsed()
    );
}
