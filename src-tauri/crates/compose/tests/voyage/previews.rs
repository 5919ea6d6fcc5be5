//! A look into a file: what it costs, which version it is of, what is kept, and what becomes of files nobody can read.
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use windlass_api::{ErrorCode, UiError};
use windlass_ports::decode::{ByteRanges, DecodeError, Decoded, Decoder, FileKind, Want};
use windlass_practice::{Op, Profile};
use windlass_testkit::{Script, ScriptedDecoder};

use crate::house::{BUCKET, House};

/// A real photo of a camera, cut off after its EXIF block; from the package golang-github-rwcarlsen-goexif-dev.
const PHOTO: &str = "/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif/samples/2006-08-03-16-29-38-sep-2006-08-03-16-29-38a.jpg";

async fn look(house: &House, key: &str, etag: &str, want: &str) -> Result<Value, UiError> {
    let ask = json!({ "connection": "c", "bucket": BUCKET, "key": key, "etag": etag, "want": want });
    house.core().api.call("preview", ask).await
}

async fn etag(house: &House, key: &str) -> String {
    let head = house.raw.head_object().bucket(BUCKET).key(key).send().await.unwrap();
    head.e_tag().unwrap().to_owned()
}

/// Ranges that were asked of an object, in order.
fn ranges(house: &House, key: &str) -> Vec<String> {
    let asked = house.server.request_log().into_iter();
    asked
        .filter(|r| r.operation == Op::GetObject && r.key.as_deref() == Some(key))
        .map(|r| r.headers.get("range").cloned().unwrap_or_else(|| "everything".to_owned()))
        .collect()
}

/// B5: picture and facts of a photo of 8 MB cost one request of 64 KiB, and nothing the second time, not even after a start.
#[tokio::test(flavor = "multi_thread")]
async fn the_picture_and_the_facts_of_a_photo_cost_64_kib_once() {
    let mut house = House::new(Profile::Aws).await;
    let mut photo =
        std::fs::read(PHOTO).expect("the package golang-github-rwcarlsen-goexif-dev is installed");
    photo.resize(8_000_000, 0);
    house.put("a.bin", &photo).await;
    let etag = etag(&house, "a.bin").await;
    let found = look(&house, "a.bin", &etag, "small").await.unwrap();
    assert_eq!(
        found["kind"], "jpeg",
        "told by its bytes, whatever its name: {found}; is windlass-decoder built?"
    );
    let picture = found["picture"]["data_url"].as_str().unwrap();
    assert!(picture.starts_with("data:image/jpeg;base64,"), "{picture:.40}");
    let facts = found["facts"].as_array().unwrap();
    assert!(facts.contains(&json!({ "name": "camera", "value": "Canon PowerShot SD600" })), "{facts:?}");
    assert_eq!(ranges(&house, "a.bin"), ["bytes=0-65535"]);

    let again = look(&house, "a.bin", &etag, "small").await.unwrap();
    assert_eq!(again, found);
    house.stop().await;
    house.start().await;
    assert_eq!(look(&house, "a.bin", &etag, "small").await.unwrap(), found);
    assert_eq!(ranges(&house, "a.bin"), ["bytes=0-65535"], "it was kept");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hb29_a_look_is_of_the_version_that_was_listed() {
    let mut house = House::new(Profile::Aws).await;
    house.decoder = Some(Arc::new(ScriptedDecoder::default()));
    house.stop().await;
    house.start().await;
    house.put("a", b"first").await;
    let first = etag(&house, "a").await;
    house.put("a", b"second").await;
    let error = look(&house, "a", &first, "small").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict, "{error:?}");
    let second = etag(&house, "a").await;
    assert_eq!(look(&house, "a", &second, "small").await.unwrap()["missing"], Value::Null);
    house.stop().await;
}

/// Lets another version be written between two reads.
#[derive(Debug)]
struct Replacing {
    raw: aws_sdk_s3::Client,
}

#[async_trait]
impl Decoder for Replacing {
    async fn decode(&self, _: Want, source: &dyn ByteRanges) -> Result<Decoded, DecodeError> {
        source.read(0, 10).await.map_err(DecodeError::Source)?;
        self.raw.put_object().bucket(BUCKET).key("a").body(vec![2; 200_000].into()).send().await.unwrap();
        source.read(100_000, 10).await.map_err(DecodeError::Source)?;
        Ok(Decoded::bare(FileKind::Other))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb29_two_versions_are_never_mixed_in_one_look() {
    let mut house = House::new(Profile::Aws).await;
    house.decoder = Some(Arc::new(Replacing { raw: house.raw.clone() }));
    house.stop().await;
    house.start().await;
    house.put("a", &[1; 200_000]).await;
    let error = look(&house, "a", "", "large").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict, "{error:?}");
    house.stop().await;
}

/// Hazard HS17: a file over which the decoder died is "could not be read" from then on, also after a start; another version of it
/// is looked into anew. Where only the decoder is missing, nothing is noted.
#[tokio::test(flavor = "multi_thread")]
async fn hs17_a_file_that_killed_the_decoder_is_not_tried_again() {
    let mut house = House::new(Profile::Aws).await;
    let decoder =
        Arc::new(ScriptedDecoder::new([Script::Die, Script::Hang, Script::Absent, Script::Read(0, 3)]));
    house.decoder = Some(Arc::clone(&decoder) as Arc<dyn Decoder>);
    house.stop().await;
    house.start().await;
    house.put("a", b"bomb").await;
    let first = etag(&house, "a").await;
    assert_eq!(look(&house, "a", &first, "small").await.unwrap()["missing"], "unreadable");
    house.stop().await;
    house.start().await;
    assert_eq!(look(&house, "a", &first, "small").await.unwrap()["missing"], "unreadable");
    assert_eq!(decoder.asked(), [(Want::Small, 4)], "it was tried once");

    house.put("a", b"other").await;
    let second = etag(&house, "a").await;
    assert_eq!(look(&house, "a", &second, "large").await.unwrap()["missing"], "unreadable");
    assert_eq!(look(&house, "a", &second, "small").await.unwrap()["missing"], "not_installed");
    assert_eq!(look(&house, "a", &second, "small").await.unwrap()["kind"], "jpeg");
    assert_eq!(decoder.asked().len(), 4);
    // The core goes on as if nothing had been.
    let place = json!({ "connection": "c", "bucket": BUCKET, "prefix": "", "refresh": true });
    assert!(house.core().api.call("open_listing", place).await.is_ok());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_object_and_one_that_is_not_there_are_told_apart() {
    let mut house = House::new(Profile::Aws).await;
    house.decoder = Some(Arc::new(ScriptedDecoder::new([Script::Read(0, 0)])));
    house.stop().await;
    house.start().await;
    house.put("empty", b"").await;
    assert_eq!(look(&house, "empty", "", "small").await.unwrap()["kind"], "jpeg", "the decoder was asked");
    assert_eq!(look(&house, "nothing", "", "small").await.unwrap_err().code, ErrorCode::NotFound);
    house.stop().await;
}
