//! Playing: what is read of an object and when, which version it is of, how it ends, and who else gets none of it.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use windlass_api::{ErrorCode, UiError};
use windlass_practice::{Fault, Op, Profile, Rule, When};

use crate::house::{BUCKET, House, MIB, bytes_of, status};
use crate::player::{Answer, ask, begin, parts, send};

/// Sound of this size, as far as anybody looks at its first bytes.
fn sound(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = bytes_of(name, size);
    bytes[..16].copy_from_slice(b"RIFF\xff\xff\xff\xffWAVEfmt ");
    bytes
}

async fn play(house: &House, key: &str, etag: &str) -> Result<Value, UiError> {
    let ask = json!({ "connection": "c", "bucket": BUCKET, "key": key, "etag": etag });
    house.core().api.call("play", ask).await
}

async fn etag(house: &House, key: &str) -> String {
    let head = house.raw.head_object().bucket(BUCKET).key(key).send().await.unwrap();
    head.e_tag().unwrap().to_owned()
}

async fn stop(house: &House, playing: &Value) {
    house.core().api.call("stop_playing", json!({ "id": playing["id"] })).await.unwrap();
}

async fn trouble(house: &House, playing: &Value) -> Value {
    house.core().api.call("play_trouble", json!({ "id": playing["id"] })).await.unwrap()
}

fn address(playing: &Value) -> &str {
    playing["address"].as_str().unwrap()
}

/// Ranges that were asked of an object, in order, each bound to a version.
fn ranges(house: &House, key: &str) -> Vec<(usize, usize)> {
    let asked = house.server.request_log().into_iter();
    let gets = asked.filter(|r| r.operation == Op::GetObject && r.key.as_deref() == Some(key));
    gets.map(|r| {
        let range = r.headers.get("range").expect("never the whole object");
        let (first, last) = range.strip_prefix("bytes=").and_then(|r| r.split_once('-')).unwrap();
        assert!(r.headers.contains_key("if-match"), "bound to the version that was listed");
        (first.parse().unwrap(), last.parse::<usize>().unwrap() + 1)
    })
    .collect()
}

/// Waits until the server has not been asked for anything more for a while.
async fn at_rest(house: &House, key: &str) -> Vec<(usize, usize)> {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let (mut same, mut before) = (0, ranges(house, key));
    while same < 10 {
        tick.tick().await;
        let now = ranges(house, key);
        same = if now == before { same + 1 } else { 0 };
        before = now;
    }
    before
}

/// B5, hazard HB30: pressing Play reads 64 KiB, and what a player asks for is what is read and given, in bounded pieces.
#[tokio::test(flavor = "multi_thread")]
async fn hb30_a_player_gets_the_range_it_asks_for_and_nothing_else_is_read() {
    let mut house = House::new(Profile::Aws).await;
    let bytes = sound("a.wav", 5 * MIB + 123);
    house.put("a.wav", &bytes).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    assert_eq!(playing["media"], "audio/wav");
    assert_eq!(ranges(&house, "a.wav"), [(0, 65536)]);

    let first = ask(address(&playing), Some("bytes=0-65535")).await;
    assert_eq!((first.status, first.header("content-length")), (206, "65536"));
    assert_eq!(first.header("content-range"), format!("bytes 0-65535/{}", bytes.len()));
    assert_eq!((first.header("accept-ranges"), first.header("content-type")), ("bytes", "audio/wav"));
    assert!(first.body == bytes[..65536]);
    assert_eq!(ranges(&house, "a.wav").len(), 1, "they were there already");

    let seek = ask(address(&playing), Some("bytes=4000000-4300000")).await;
    assert!(seek.status == 206 && seek.body == bytes[4_000_000..=4_300_000]);
    let read = ranges(&house, "a.wav");
    let asked = 4_000_000..=4_300_001;
    assert!(read[1..].iter().all(|(a, b)| asked.contains(a) && asked.contains(b)), "only there: {read:?}");

    let rest = ask(address(&playing), Some("bytes=1000000-")).await;
    assert!(rest.status == 206 && rest.body == bytes[1_000_000..]);
    let whole = ask(address(&playing), None).await;
    assert!(whole.status == 200 && whole.body == bytes);
    assert!(ranges(&house, "a.wav").iter().all(|(a, b)| b - a <= MIB), "pieces of one MiB at the most");
    let end = ask(address(&playing), Some("bytes=-10")).await;
    assert!(end.status == 206 && end.body == bytes[bytes.len() - 10..]);
    let beyond = ask(address(&playing), Some("bytes=99999999-")).await;
    assert_eq!((beyond.status, beyond.body.len()), (416, 0));
    assert_eq!(beyond.header("content-range"), format!("bytes */{}", bytes.len()));
    let before = ranges(&house, "a.wav").len();
    let (host, path) = parts(address(&playing));
    let head = send(host, &format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
    assert_eq!((head.status, head.header("content-length")), (200, bytes.len().to_string().as_str()));
    assert_eq!(ranges(&house, "a.wav").len(), before, "HEAD reads nothing");
    assert_eq!(trouble(&house, &playing).await, Value::Null);
    house.stop().await;
}

/// Hazard HS33: a player that stops reading stops the reading, and goes on where it was.
#[tokio::test(flavor = "multi_thread")]
async fn hs33_a_player_that_does_not_read_holds_the_server_back() {
    let mut house = House::new(Profile::Aws).await;
    let bytes = sound("a.wav", 32 * MIB);
    house.put("a.wav", &bytes).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    let (mut line, body) = begin(address(&playing), 0, 1000).await;
    assert!(body == bytes[..1000]);
    let read = at_rest(&house, "a.wav").await;
    let reached = read.last().unwrap().1;
    assert!(reached < 12 * MIB, "read as far as {reached} for a player that took 1000 bytes");
    let mut rest = Vec::new();
    line.read_to_end(&mut rest).await.unwrap();
    assert!(rest == bytes[1000..]);
    house.stop().await;
}

/// Closing quick look ends the reading at once, also in the middle of a piece, and the port is gone with it.
#[tokio::test(flavor = "multi_thread")]
async fn hs16_closing_ends_the_reading_and_closes_the_port() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("a.wav", 32 * MIB)).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    let other = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    assert_ne!(playing["id"], other["id"]);
    let (mut line, _) = begin(address(&playing), 0, 100_000).await;
    // From now on a piece takes longer than this test may.
    let slow = Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(1000) };
    house.server.faults().add(Rule::on(Op::GetObject, When::Always, slow));
    stop(&house, &playing).await;
    let mut rest = Vec::new();
    let _ended = tokio::time::timeout(Duration::from_secs(20), line.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() < 31 * MIB, "it broke off");
    let before = ranges(&house, "a.wav").len();
    // One request can have been on its way, and be noted by the server only now.
    let after = at_rest(&house, "a.wav").await.len();
    assert!(after <= before + 1, "nothing more was read, but {after} ranges and not {before}");
    assert_eq!(ask(address(&playing), None).await.status, 404, "the address is gone");
    stop(&house, &other).await;
    let (host, _) = parts(address(&other));
    assert!(TcpStream::connect(host).await.is_err(), "nothing listens any more");
    // And opens again.
    house.server.faults().clear();
    let again = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    assert_eq!(ask(address(&again), Some("bytes=0-3")).await.body, b"RIFF");
    house.stop().await;
    assert!(TcpStream::connect(parts(address(&again)).0).await.is_err(), "it ends with the core");
}

/// The web view drops its request when a person goes on: the reading ends then, without a word of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_player_that_goes_away_ends_the_reading() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("a.wav", 32 * MIB)).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    drop(begin(address(&playing), 0, 300_000).await);
    let read = at_rest(&house, "a.wav").await;
    assert!(read.last().unwrap().1 < 12 * MIB, "{read:?}");
    assert_eq!(trouble(&house, &playing).await, Value::Null, "going away is no trouble");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hb29_playing_is_of_the_version_that_was_listed_and_never_of_two() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("first", 3 * MIB)).await;
    let first = etag(&house, "a.wav").await;
    let playing = play(&house, "a.wav", &first).await.unwrap();
    house.put("a.wav", &sound("second", 3 * MIB)).await;
    let got = ask(address(&playing), Some("bytes=1000000-")).await;
    assert_eq!((got.status, got.body.len()), (502, 0));
    let why = trouble(&house, &playing).await;
    assert_eq!(why["code"], "conflict");
    assert!(
        why["message"].as_str().unwrap().starts_with("Playing stopped: the object was replaced"),
        "{why}"
    );
    // The piece that was read before belongs to the version that was listed, and an answer breaks off where that ends.
    let cut = ask(address(&playing), Some("bytes=0-")).await;
    assert!(cut.status == 206 && cut.body == sound("first", 3 * MIB)[..65536], "{}", cut.body.len());
    let error = play(&house, "a.wav", &first).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict, "{error:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hb23_what_is_archived_refused_or_gone_says_so_and_opens_nothing() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("a.wav", MIB)).await;
    for (fault, code, says) in [
        (status(403, "InvalidObjectState"), ErrorCode::NotSupported, "archived"),
        (status(403, "AccessDenied"), ErrorCode::NoPermission, "may not"),
    ] {
        house.server.faults().add(Rule::on(Op::GetObject, When::Always, fault));
        let error = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{error:?}");
        house.server.faults().clear();
    }
    let error = play(&house, "nothing.wav", "").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict, "{error:?}");
    house.stop().await;
}

/// A line that stumbles does not end a film.
#[tokio::test(flavor = "multi_thread")]
async fn he4_passing_trouble_is_tried_again_and_lasting_trouble_is_said() {
    let mut house = House::new(Profile::Aws).await;
    let bytes = sound("a.wav", MIB);
    house.put("a.wav", &bytes).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    house.server.faults().add(Rule::on(Op::GetObject, When::Times(2), status(503, "SlowDown")));
    assert!(ask(address(&playing), Some("bytes=70000-")).await.body == bytes[70_000..]);
    house.server.faults().clear();
    house.server.faults().add(Rule::on(Op::GetObject, When::Always, status(503, "SlowDown")));
    assert_eq!(ask(address(&playing), Some("bytes=70000-")).await.status, 502);
    assert_eq!(trouble(&house, &playing).await["code"], "offline");
    house.stop().await;
}

/// Every answer is one that nothing could run in or be read from by a page of a stranger.
fn assert_harmless(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.headers.keys().any(|name| name.starts_with("access-control")), "no page may read it");
}

/// Hazards HS5 and HS16: without the token, under another name, or for anything but a player there is nothing.
#[tokio::test(flavor = "multi_thread")]
async fn hs5_hs16_only_a_player_with_the_token_gets_bytes() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("a.wav", MIB)).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    let (host, path) = parts(address(&playing));
    assert_eq!(path.len(), 65, "256 bits: {path}");
    let port = host.rsplit(':').next().unwrap();
    let short = path.strip_suffix(|_: char| true).unwrap();
    let flipped = format!("{short}{}", if path.ends_with('0') { '1' } else { '0' });
    let mut refused = Vec::new();
    for path in [
        "/",
        "/favicon.ico",
        short,
        &flipped,
        &format!("{path}/"),
        &format!("{path}?x=1"),
        &format!("/.{path}"),
        &format!("/{path}"),
        &format!("/..{path}"),
        &format!("/%2e%2e{path}"),
        &path.to_uppercase(),
    ] {
        if path != parts(address(&playing)).1 {
            refused.push(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        }
    }
    // Another name that leads here (DNS rebinding), none, or two.
    for hosts in [
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: localhost:{port}\r\n"),
        "Host: 127.0.0.1\r\n".to_owned(),
        String::new(),
        format!("Host: {host}\r\nHost: evil.example\r\n"),
    ] {
        refused.push(format!("GET {path} HTTP/1.1\r\n{hosts}\r\n"));
    }
    // Not a player: a page, a frame, a script.
    for dest in ["document", "iframe", "script", "object", "image"] {
        refused.push(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: {dest}\r\n\r\n"));
    }
    for head in &refused {
        let answer = send(host, head).await;
        // Two hosts are no request at all for the server below ours.
        assert!(matches!(answer.status, 404 | 400) && answer.body.is_empty(), "{head}: {answer:?}");
        if answer.status == 404 {
            assert_harmless(&answer);
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer =
            send(host, &format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"))
                .await;
        assert_eq!((answer.status, answer.body.len()), (405, 0), "{method}");
        assert_harmless(&answer);
    }
    assert_eq!(ranges(&house, "a.wav").len(), 1, "none of them made anything be read");
    assert_harmless(&ask(address(&playing), None).await);
    house.stop().await;
}

/// Hazard HS2: what is served is named by its bytes, whatever name and type the object has; a page is not served at all, and one that
/// begins like sound is sound for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn hs2_a_page_called_a_film_is_not_played_and_a_polyglot_is_only_sound() {
    let mut house = House::new(Profile::Aws).await;
    let page = b"<!doctype html><script>alert(1)</script>";
    let drawing = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (key, body) in [("page.mp4", &page[..]), ("drawing.mp4", drawing)] {
        let put = house.raw.put_object().bucket(BUCKET).key(key).content_type("video/mp4");
        put.body(body.to_vec().into()).send().await.unwrap();
        let error = play(&house, key, "").await.unwrap_err();
        assert!(
            error.code == ErrorCode::NotSupported && error.message.contains("neither a film nor sound"),
            "{error:?}"
        );
    }
    let both = [&b"ID3\x04\0\0\0\0\0\0"[..], page].concat();
    let put = house.raw.put_object().bucket(BUCKET).key("both.html").content_type("text/html");
    put.body(both.clone().into()).send().await.unwrap();
    let playing = play(&house, "both.html", "").await.unwrap();
    let answer = ask(address(&playing), None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "audio/mpeg"));
    assert_harmless(&answer);
    assert_eq!(answer.body, both);
    house.stop().await;
}

/// Connections are counted: more than enough of them are closed unanswered, and the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn hs16_connections_have_a_limit() {
    let mut house = House::new(Profile::Aws).await;
    house.put("a.wav", &sound("a.wav", 8 * MIB)).await;
    let playing = play(&house, "a.wav", &etag(&house, "a.wav").await).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..24 {
        held.push(begin(address(&playing), 0, 10).await);
    }
    let mut one_more = TcpStream::connect(parts(address(&playing)).0).await.unwrap();
    let mut nothing = Vec::new();
    assert!(matches!(one_more.read_to_end(&mut nothing).await, Ok(0) | Err(_)), "closed without a word");
    held.clear();
    // The places come back when the server has seen that they went.
    let answered = async {
        loop {
            let (host, path) = parts(address(&playing));
            let mut line = TcpStream::connect(host).await.unwrap();
            let head = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            let mut text = Vec::new();
            let _sent = tokio::io::AsyncWriteExt::write_all(&mut line, head.as_bytes()).await;
            let _read = line.read_to_end(&mut text).await;
            if text.starts_with(b"HTTP/1.1 200") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.expect("places come back");
    house.stop().await;
}
