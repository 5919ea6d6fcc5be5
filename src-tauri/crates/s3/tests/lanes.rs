//! Both ways to a server must do and say the same: the short one is tried beside the SDK's on the practice endpoint and
//! on a server of canned answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Bench, access, bench, body, key};
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use windlass_domain::{Bucket, Capabilities, ETag, RemoteExpect, Support, UploadId};
use windlass_ports::remote::Depth;
use windlass_ports::{LevelEntry, RemoteBrowse as _, RemoteError, RemoteErrorKind as Kind, RemoteStore as _};
use windlass_practice::{Fault, Op, Profile, RequestRecord, Rule, When};
use windlass_s3::{S3Client, Trouble};

/// The short way and the SDK's, and a name for what each writes.
fn ways(client: &S3Client) -> [(&'static str, S3Client); 2] {
    [("short", client.clone()), ("sdk", client.through_sdk())]
}

fn checks() -> [Capabilities; 3] {
    let md5 =
        Capabilities { match_put: Support::Yes, match_complete: Support::Yes, ..Capabilities::default() };
    let sha = Capabilities { sha256: Support::Yes, ..md5.clone() };
    let crc = Capabilities { crc64nvme: Support::Yes, crc64nvme_multipart: Support::Yes, ..md5.clone() };
    [md5, sha, crc]
}

/// What decides behaviour in an error.
fn gist(error: &RemoteError) -> (Kind, Option<u16>, Option<String>, Option<String>) {
    let trouble = Trouble::of(error).unwrap();
    (error.kind, trouble.status, trouble.code.clone(), trouble.region.clone())
}

/// What a request said, without what differs between any two requests.
fn said(record: &RequestRecord) -> (String, BTreeSet<String>, BTreeMap<String, String>) {
    let query = record.query.split('&').filter(|p| !p.is_empty() && !p.starts_with("x-id="));
    let query = query.filter(|p| !p.starts_with("uploadId=")).map(|p| p.to_owned()).collect();
    let mut headers = record.headers.clone();
    headers.retain(|name, _| !matches!(name.as_str(), "user-agent" | "x-amz-date"));
    (record.method.clone(), query, headers)
}

async fn all(client: &S3Client, bucket: &Bucket, prefix: &str, depth: Depth) -> (Vec<LevelEntry>, u32) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let level = client.browse().level(bucket, prefix, depth, after.as_deref()).await.unwrap();
        found.extend(level.entries);
        pages += 1;
        after = level.next;
        if after.is_none() {
            return (found, pages);
        }
    }
}

#[tokio::test]
async fn writes_say_and_give_the_same() {
    let bench = bench(Profile::Aws).await;
    // A mapped address is no loopback to us, so payloads are signed.
    let mapped = bench.server.endpoint().replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let signed = access(&mapped, bench.server.access_key(), bench.server.secret_key());
    let signed = S3Client::open(signed).await.unwrap();
    for (n, capabilities) in checks().into_iter().enumerate() {
        for (payload, client) in [("open", &bench.client), ("signed", &signed)] {
            let mut results = Vec::new();
            for (way, client) in ways(client) {
                let store = client.bucket(&bench.bucket, capabilities.clone());
                let key = key(&format!("{way}/{n}/{payload}/a b+c%d/ü"));
                let from = bench.server.request_log().len();
                let first = store.put(&key, body("one"), &RemoteExpect::Absent, "dev 1").await.unwrap();
                let again = store.put(&key, body("x"), &RemoteExpect::Absent, "dev 1").await.unwrap_err();
                let unchanged = RemoteExpect::Unchanged(first.etag.clone());
                let second = store.put(&key, body("two"), &unchanged, "dev 1").await.unwrap();
                let stale = store.put(&key, body("three"), &unchanged, "dev 1").await.unwrap_err();
                let nothing = store
                    .put(&key, body(""), &RemoteExpect::Unchanged(second.etag.clone()), "d")
                    .await
                    .unwrap();
                let head = store.head(&key).await.unwrap();
                assert_eq!(head.etag, nothing.etag);
                assert_eq!(
                    (gist(&again).0, gist(&stale).0),
                    (Kind::PreconditionFailed, Kind::PreconditionFailed)
                );
                let upload = store.open_upload(&key, "dev 1").await.unwrap();
                let part = store.send_part(&key, &upload, 1, body(vec![7; 300_000])).await.unwrap();
                let missing = UploadId::new("none such");
                let lost = store.send_part(&key, &missing, 1, body("x")).await.unwrap_err();
                assert_eq!(lost.kind, Kind::NoSuchUpload, "{lost:?}");
                let whole = part.crc.digest();
                let expect = RemoteExpect::Unchanged(nothing.etag.clone());
                store
                    .complete_upload(&key, &upload, std::slice::from_ref(&part), whole, &expect)
                    .await
                    .unwrap();
                let log: Vec<_> = bench.server.request_log()[from..].iter().map(said).collect();
                let ours = bench.server.request_log()[from].headers["user-agent"].starts_with("windlass/");
                assert_eq!(ours, way == "short");
                let states: Vec<_> =
                    [first, second, nothing, head].into_iter().map(|s| (s.size, s.etag, s.digest)).collect();
                let details = client.browse().details(&bench.bucket, &key).await.unwrap();
                let told = (details.content_type, details.metadata, details.checksums);
                results.push((log, states, part, [gist(&again), gist(&stale), gist(&lost)], told));
            }
            assert_eq!(results[0], results[1], "check {n}, {payload}");
        }
    }
}

#[tokio::test]
async fn odd_keys_are_listed_as_they_are() {
    let bench = bench(Profile::Aws).await;
    let odd = [
        "a b",
        "a+b",
        "a%20b",
        "a%",
        "ü/é",
        "日本",
        "line\nbreak",
        "tab\there",
        "cr\rhere",
        "q\"uo'te",
        "<&>",
        "a//b",
        "/leading",
        "trail/",
        "a?b=c&d#e",
        "back\\slash",
        "[x](y){z}",
        "a~b*c!d",
        "\u{1}",
        "x ",
        " y",
        "&amp;",
    ];
    let put = |client: S3Client| {
        let store = client.bucket(&bench.bucket, Capabilities::default());
        async move {
            for name in odd {
                let key = key(&format!("odd/{name}"));
                match store.head(&key).await {
                    Ok(state) => assert_eq!(state.size, 1),
                    Err(error) => {
                        assert_eq!(error.kind, Kind::NotFound, "{name:?}: {error:?}");
                        store.put(&key, body("x"), &RemoteExpect::Absent, "d").await.unwrap();
                    }
                }
                let state = store.head(&key).await.unwrap();
                let got: Vec<_> = store.get(&key, None, &state.etag).await.unwrap().collect().await;
                assert_eq!(got.len(), 1, "{name:?}");
            }
        }
    };
    put(bench.client.clone()).await;
    put(bench.client.through_sdk()).await;
    for prefix in ["", "odd/", "odd/a", "odd/a//", "odd//", "odd/ü", "odd/<", "none/", "odd/a+"] {
        for depth in [Depth::Level, Depth::Deep] {
            let short = all(&bench.client, &bench.bucket, prefix, depth).await;
            let sdk = all(&bench.client.through_sdk(), &bench.bucket, prefix, depth).await;
            assert_eq!(short, sdk, "{prefix} {depth:?}");
        }
    }
    let (found, _) = all(&bench.client, &bench.bucket, "", Depth::Deep).await;
    let found: BTreeSet<_> = found
        .into_iter()
        .map(|e| match e {
            LevelEntry::Object { key, .. } => key,
            other => panic!("{} in the deep", other.key()),
        })
        .collect();
    assert_eq!(found, odd.iter().map(|o| format!("odd/{o}")).collect());
}

#[tokio::test]
async fn pages_follow_each_other() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    futures::stream::iter(0..1_203u32)
        .for_each_concurrent(16, |n| {
            let store = &store;
            async move {
                let key = key(&format!("p/{n:05}/file & more"));
                store.put(&key, body("x"), &RemoteExpect::Absent, "d").await.unwrap();
            }
        })
        .await;
    for (prefix, depth) in [("p/", Depth::Level), ("", Depth::Deep), ("p/00001/", Depth::Level)] {
        let from = bench.server.request_log().len();
        let short = all(&bench.client, &bench.bucket, prefix, depth).await;
        let middle = bench.server.request_log().len();
        let sdk = all(&bench.client.through_sdk(), &bench.bucket, prefix, depth).await;
        assert_eq!(short, sdk, "{prefix} {depth:?}");
        assert_eq!(short.0.len(), if prefix == "p/00001/" { 1 } else { 1_203 });
        let log = bench.server.request_log();
        let said =
            |records: &[RequestRecord]| records.iter().map(said).map(|s| (s.0, s.1)).collect::<Vec<_>>();
        assert_eq!(said(&log[from..middle]), said(&log[middle..]));
    }
}

/// The calls, each as its error or nothing.
async fn errors(
    client: &S3Client,
    bucket: &Bucket,
) -> Vec<Option<(Kind, Option<u16>, Option<String>, Option<String>)>> {
    let proved = Support::Yes;
    let known = Capabilities { match_put: proved, match_delete: proved, ..Capabilities::default() };
    let store = client.bucket(bucket, known);
    let upload = UploadId::new("none such");
    let stale = RemoteExpect::Unchanged(ETag::new("\"other\""));
    vec![
        client.browse().level(bucket, "", Depth::Level, None).await.err().map(|e| gist(&e)),
        store.put(&key("there"), body("x"), &stale, "d").await.err().map(|e| gist(&e)),
        store.send_part(&key("there"), &upload, 1, body("x")).await.err().map(|e| gist(&e)),
        store.head(&key("not there")).await.err().map(|e| gist(&e)),
        store.delete(&key("there"), &stale).await.err().map(|e| gist(&e)),
    ]
}

async fn compare(bench: &Bench, client: &S3Client, bucket: &Bucket, what: &str) -> Vec<Option<Kind>> {
    bench.server.faults().clear();
    let short = errors(client, bucket).await;
    let sdk = errors(&client.through_sdk(), bucket).await;
    assert_eq!(short, sdk, "{what}");
    short.into_iter().map(|e| e.map(|e| e.0)).collect()
}

#[tokio::test]
async fn refusals_mean_the_same() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    store.put(&key("there"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    compare(&bench, &bench.client, &bench.bucket, "all is well").await;
    let found = compare(&bench, &bench.client, &Bucket::new("nowhere"), "no bucket").await;
    assert_eq!(found[0], Some(Kind::BucketMissing));
    for (key, secret) in [(bench.server.access_key(), "wrong"), ("AKIAUNKNOWN", "wrong")] {
        let client = S3Client::open(access(&bench.server.endpoint(), key, secret)).await.unwrap();
        let found = compare(&bench, &client, &bench.bucket, "credentials").await;
        assert!(found[..3].iter().all(|k| *k == Some(Kind::Unauthenticated)), "{found:?}");
    }
    let faults = [
        (403, "AccessDenied"),
        (503, "SlowDown"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (400, "ExpiredToken"),
        (403, "RequestTimeTooSkewed"),
        (409, "ConditionalRequestConflict"),
        (400, "BadDigest"),
        (501, "NotImplemented"),
        (301, "PermanentRedirect"),
        (400, "AuthorizationHeaderMalformed"),
        (418, "Teapot"),
    ];
    let faults = faults.map(|(code, name)| Fault::Status { code, error_code: name.to_owned() });
    let others = [
        Fault::CutBeforeCommit,
        Fault::CaptivePortal,
        Fault::OkWithErrorBody { commit: false },
        Fault::WrongClock { offset_secs: -7200 },
        Fault::EmptyListing,
    ];
    for fault in faults.into_iter().chain(others) {
        let rule = Rule { operation: None, key_contains: None, nth: When::Always, fault: fault.clone() };
        let mut results = Vec::new();
        // Another client each time: one that has learned the clock keeps it.
        for sdk in [false, true] {
            let access =
                access(&bench.server.endpoint(), bench.server.access_key(), bench.server.secret_key());
            let client = S3Client::open(access).await.unwrap();
            bench.server.faults().clear();
            bench.server.faults().add(rule.clone());
            let client = if sdk { client.through_sdk() } else { client };
            results.push(errors(&client, &bench.bucket).await);
        }
        assert_eq!(results[0], results[1], "{fault:?}");
    }
}

#[tokio::test]
async fn a_cut_after_the_work_is_a_network_error_and_nothing_is_sent_twice() {
    let bench = bench(Profile::Aws).await;
    let store = bench.store(Capabilities::default());
    store.put(&key("warm"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    bench.server.faults().add(Rule::on(Op::PutObject, When::Always, Fault::CutAfterCommit));
    let error = store.put(&key("a"), body("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(error.kind, Kind::Network);
    let puts = bench.server.request_log().into_iter().filter(|r| r.key.as_deref() == Some("a")).count();
    assert_eq!(puts, 1);
    assert_eq!(store.head(&key("a")).await.unwrap().size, 1);
}

#[tokio::test]
async fn connections_are_used_again() {
    let (endpoint, count, _server) = canned(|_, _| answer("200 OK", LISTING)).await;
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    for _ in 0..5 {
        client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await.unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

const LISTING: &str = "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>";

fn answer(status: &str, page: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    )
    .into_bytes()
}

/// A server that gives what `say` makes of a request's head and its number on the connection; an empty answer closes.
/// Counts connections.
async fn canned(
    say: impl Fn(&str, u32) -> Vec<u8> + Send + Sync + 'static,
) -> (String, Arc<AtomicU32>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU32::new(0));
    let (say, counted) = (Arc::new(say), Arc::clone(&count));
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut lines = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            lines.spawn(serve(stream, Arc::clone(&say)));
        }
    });
    (endpoint, count, server)
}

async fn serve(mut stream: TcpStream, say: Arc<impl Fn(&str, u32) -> Vec<u8>>) {
    let (mut seen, mut number) = (Vec::new(), 0);
    let mut buffer = [0; 65_536];
    loop {
        while let Some(end) = seen.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .map_or(0, |l| l.split("\r\n").next().unwrap().trim().parse::<usize>().unwrap());
            if seen.len() < end + 4 + length {
                break;
            }
            seen.drain(..end + 4 + length);
            let answer = say(&head, number);
            number += 1;
            if answer.is_empty() || stream.write_all(&answer).await.is_err() {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            // Someone wants to speak TLS.
            Ok(_) if buffer[0] == 0x16 => return,
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
        }
    }
}

#[tokio::test]
async fn a_connection_the_server_closed_is_replaced() {
    // Not announced by `Connection: close`.
    let (endpoint, count, _server) =
        canned(|_, number| if number == 0 { answer("200 OK", LISTING) } else { Vec::new() }).await;
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    let listed = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await;
    assert!(listed.is_ok(), "{listed:?}");
    // The second request on that connection is read and answered by nothing: it may have taken effect.
    let lost = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await.unwrap_err();
    assert_eq!(lost.kind, Kind::Network, "{lost:?}");
    assert_eq!(count.load(Ordering::Relaxed), 1);

    let shut = Arc::new(tokio::sync::Notify::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let told = Arc::clone(&shut);
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 8192];
            assert!(stream.read(&mut buffer).await.unwrap() > 0);
            stream.write_all(&answer("200 OK", LISTING)).await.unwrap();
            drop(stream);
            told.notify_one();
        }
    });
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    for _ in 0..20 {
        let listed = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await;
        assert!(listed.is_ok(), "{listed:?}");
        shut.notified().await;
    }
}

#[tokio::test]
async fn he10_a_redirect_is_not_followed() {
    let (second, asked, _other) = canned(|_, _| answer("200 OK", LISTING)).await;
    let (endpoint, _, _server) = canned(move |_, _| {
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {second}/b/\r\nContent-Length: 0\r\n\r\n")
            .into_bytes()
    })
    .await;
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    for (way, client) in ways(&client) {
        let error = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await.unwrap_err();
        assert_eq!(error.kind, Kind::WrongRegion, "{way}");
        let store = client.bucket(&Bucket::new("b"), Capabilities::default());
        let error = store.put(&key("k"), body("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
        assert_eq!(error.kind, Kind::WrongRegion, "{way}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the other host must see nothing of us");
}

#[tokio::test]
async fn he9_the_region_is_learned_once() {
    for sdk in [false, true] {
        let (endpoint, _, _server) = canned(|head, _| {
            if head.contains("/eu-west-3/s3/aws4_request") {
                return answer("200 OK", LISTING);
            }
            let page = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>";
            let text = String::from_utf8(answer("400 Bad Request", page)).unwrap();
            text.replace("\r\n\r\n", "\r\nx-amz-bucket-region: eu-west-3\r\n\r\n").into_bytes()
        })
        .await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        let client = if sdk { client.through_sdk() } else { client };
        for _ in 0..2 {
            client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn odd_pages_are_read_alike() {
    let pages = [
        LISTING.to_owned(),
        "<?xml version=\"1.0\"?>\n<!-- hello --><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>".to_owned(),
        "\n<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>\n  <EncodingType>url</EncodingType>\n  <Contents>\n    <Key>a%2Fb+c%2B%25</Key>\n    <Size>12</Size>\n    <LastModified>2024-02-29T23:59:59.999Z</LastModified>\n <ETag>&quot;x&quot;</ETag>\n <Owner><ID>Key</ID><DisplayName/></Owner></Contents>\n</ListBucketResult>\n".to_owned(),
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>a&amp;b&lt;&#13;&#x41;&apos;</Key><Size>0</Size><StorageClass>GLACIER</StorageClass></Contents><CommonPrefixes><Prefix>p&amp;/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>q%2F</Prefix></CommonPrefixes></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Contents><Key>j</Key><Size>1</Size></Contents><Contents><Key>k</Key><Size>3</Size><RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1=</NextContinuationToken><Unknown a=\"&gt;\"><Deep><Er/></Deep></Unknown></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken></NextContinuationToken></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>3</Size><LastModified>1969-12-31T23:59:59.5Z</LastModified></Contents><Contents><Key>l</Key><Size>4</Size><LastModified>2023-01-31T00:00:00Z</LastModified></Contents></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Contents><Key>k</Key><Size>many</Size></Contents></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Contents><Key>&nbsp;</Key></Contents></ListBucketResult>".to_owned(),
        "<!DOCTYPE html><html><body>Room number</body></html>".to_owned(),
        "<ListAllMyBucketsResult></ListAllMyBucketsResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Contents><Size>1</Size></Contents></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Contents><Key>k</Key></Contents></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>other</Name></ListBucketResult>".to_owned(),
        "<ListBucketResult><Name>b</Name><Prefix>other/</Prefix></ListBucketResult>".to_owned(),
        "<Error><Code>SlowDown</Code></Error>".to_owned(),
        String::new(),
        "{}".to_owned(),
    ];
    for page in pages {
        let sent = page.clone();
        let (endpoint, _, _server) = canned(move |_, _| answer("200 OK", &sent)).await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        let mut results = Vec::new();
        for (_, client) in ways(&client) {
            let level = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await;
            results.push(level.map(|l| (l.entries, l.next)).map_err(|e| e.kind));
        }
        assert_eq!(results[0], results[1], "{page}");
    }
}

#[tokio::test]
async fn hb17_a_cut_page_is_no_listing() {
    // By itself the SDK takes what came for all there is.
    for page in [
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size><ETag>e</ETag></Contents><Contents><Key>b",
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>",
        "<ListBucketResult",
    ] {
        let (endpoint, _, _server) = canned(move |_, _| answer("200 OK", page)).await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        for (way, client) in ways(&client) {
            for depth in [Depth::Level, Depth::Deep] {
                let error = client.browse().level(&Bucket::new("b"), "", depth, None).await.unwrap_err();
                assert_eq!(error.kind, Kind::Network, "{way} {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_answer_is_bounded_and_a_line_without_tls_is_a_network_error() {
    let (endpoint, _, _server) = canned(|_, _| {
        let mut all =
            format!("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: {}\r\n\r\n", 1u64 << 40).into_bytes();
        all.resize(3 << 20, b' ');
        all
    })
    .await;
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    let store = client.bucket(&Bucket::new("b"), Capabilities::default());
    let error = store.put(&key("k"), body("x"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(error.kind, Kind::Network, "{error:?}");
    let secure = S3Client::open(access(&endpoint.replace("http:", "https:"), "a", "b")).await.unwrap();
    for (way, client) in ways(&secure) {
        let error = client.browse().level(&Bucket::new("b"), "", Depth::Level, None).await.unwrap_err();
        assert_eq!(error.kind, Kind::Network, "{way} {error:?}");
    }
}

#[tokio::test]
async fn hb30_a_range_is_exactly_the_one_asked_for_or_an_error() {
    let said = [
        ("206 Partial Content", "bytes 10-19/100", true),
        ("206 Partial Content", "bytes 0-9/100", false),
        ("206 Partial Content", "bytes 10-18/100", false),
        ("206 Partial Content", "bytes 10-190/200", false),
        ("206 Partial Content", "", false),
        ("200 OK", "", false),
    ];
    for (status, range, good) in said {
        let (endpoint, _, _server) = canned(move |_, _| {
            let range = if range.is_empty() { String::new() } else { format!("Content-Range: {range}\r\n") };
            format!("HTTP/1.1 {status}\r\nETag: \"e\"\r\n{range}Content-Length: 10\r\n\r\n0123456789")
                .into_bytes()
        })
        .await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        let store = client.bucket(&Bucket::new("b"), Capabilities::default());
        let got = store.get(&key("k"), Some(10..20), &ETag::new("\"e\"")).await;
        assert_eq!(got.is_ok(), good, "{status} {range}");
    }
}

#[tokio::test]
async fn hb31_a_body_of_unknown_length_is_not_taken_for_the_object() {
    // What something on the way packed or unpacked has no length, or another ETag.
    for head in ["ETag: \"e\"\r\nTransfer-Encoding: chunked", "ETag: W/\"e\"\r\nContent-Length: 15"] {
        let (endpoint, _, _server) = canned(move |_, _| {
            format!("HTTP/1.1 200 OK\r\n{head}\r\nContent-Encoding: gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                .into_bytes()
        })
        .await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        let store = client.bucket(&Bucket::new("b"), Capabilities::default());
        assert!(store.get(&key("k"), None, &ETag::new("\"e\"")).await.is_err(), "{head}");
    }
}

#[tokio::test]
async fn hb34_a_server_that_only_knows_the_old_listing_is_never_taken_to_be_at_its_end() {
    // It overlooks list-type=2 and says NextMarker, or nothing, where the new one has a token.
    for next in ["<NextMarker>k</NextMarker>", ""] {
        let page = format!(
            "<ListBucketResult><Name>b</Name><Prefix/><Marker/><IsTruncated>true</IsTruncated>{next}\
             <Contents><Key>k</Key><Size>1</Size><ETag>e</ETag></Contents></ListBucketResult>"
        );
        let (endpoint, _, _server) = canned(move |_, _| answer("200 OK", &page)).await;
        let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
        for (way, client) in ways(&client) {
            let error = client.browse().level(&Bucket::new("b"), "", Depth::Deep, None).await.unwrap_err();
            assert_eq!(error.kind, Kind::Unexpected, "{way}");
        }
    }
}

#[tokio::test]
async fn he10_nothing_that_copies_or_deletes_follows_a_redirect_either() {
    let (second, asked, _other) = canned(|_, _| answer("200 OK", LISTING)).await;
    let (endpoint, _, _server) = canned(move |_, _| {
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {second}/b/k\r\nContent-Length: 0\r\n\r\n")
            .into_bytes()
    })
    .await;
    let client = S3Client::open(access(&endpoint, "a", "b")).await.unwrap();
    let known = Capabilities { match_delete: Support::Yes, ..Capabilities::default() };
    let etag = ETag::new("\"e\"");
    for (way, client) in ways(&client) {
        let store = client.bucket(&Bucket::new("b"), known.clone());
        let error = store.delete(&key("k"), &RemoteExpect::Unchanged(etag.clone())).await.unwrap_err();
        assert_eq!(error.kind, Kind::WrongRegion, "{way}");
        let error = store.get(&key("k"), None, &etag).await.err().unwrap();
        assert_eq!(error.kind, Kind::WrongRegion, "{way}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the other host was never asked");
}
