//! What a look at an object tells beyond its listing can be asked for from then on, and the answer says of how many it is known.
use serde_json::{Value, json};
use windlass_practice::{Op, Profile};

use crate::house::{BUCKET, House};

/// A real photo of a camera, cut off after its EXIF block; from the package golang-github-rwcarlsen-goexif-dev.
const PHOTO: &str = "/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif/samples/2006-08-03-16-29-38-sep-2006-08-03-16-29-38a.jpg";

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn index(house: &House) {
    call(house, "start_index", json!({ "connection": "c", "bucket": BUCKET, "prefix": "" })).await;
    house
        .until("it is whole", async || {
            let all = call(house, "indexes", json!({})).await;
            all.as_array()
                .unwrap()
                .iter()
                .all(|index| index["complete"] == json!(true) && index["running"] == json!(false))
        })
        .await;
}

async fn search(house: &House, text: &str) -> Value {
    let scope = json!({ "connection": "c", "bucket": BUCKET, "prefix": "" });
    call(house, "search", json!({ "text": text, "scope": scope, "offset": 0, "limit": 10 })).await
}

async fn until_known(house: &House, text: &str, fact: &str, of: u64) {
    house.until("it is known", async || search(house, text).await["known"][fact] == json!(of)).await;
}

async fn details(house: &House, key: &str) {
    call(house, "object_details", json!({ "connection": "c", "bucket": BUCKET, "key": key })).await;
}

async fn put(house: &House, key: &str, body: &[u8], kind: &str, tags: &str) {
    let put = house.raw.put_object().bucket(BUCKET).key(key).body(body.to_vec().into());
    put.content_type(kind).tagging(tags).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn details_that_were_read_can_be_asked_for_and_the_answer_says_how_far_it_reaches() {
    let mut house = House::new(Profile::Aws).await;
    for (key, kind, tags) in [
        ("a/1", "image/jpeg", "case=open&site=A14"),
        ("a/2", "image/jpeg", "case=closed"),
        ("a/3", "image/jpeg", "case=open"),
    ] {
        put(&house, key, key.as_bytes(), kind, tags).await;
    }
    index(&house).await;
    let before = search(&house, "tag:case=open").await;
    assert_eq!((&before["count"], &before["searched"]), (&json!(0), &json!(3)));
    assert_eq!(before["known"], json!({ "types": null, "tags": 0, "captures": null, "of": 3 }));
    assert_eq!(search(&house, "a").await["known"], Value::Null);

    details(&house, "a/1").await;
    details(&house, "a/2").await;
    until_known(&house, "tag:case", "tags", 2).await;
    let asked = house.server.request_log().len();
    let found = search(&house, "tag:case=open type:image").await;
    assert_eq!(found["known"], json!({ "types": 2, "tags": 2, "captures": null, "of": 3 }));
    assert_eq!((&found["count"], &found["lines"][1]["row"]["key"]), (&json!(1), &json!("a/1")));
    assert_eq!(search(&house, "tag:site=a14 tag:case").await["count"], json!(1));
    assert_eq!(house.server.request_log().len(), asked, "a search asks the server nothing");

    // It outlives a restart; an object that was replaced is one that nobody looked at.
    house.stop().await;
    house.start().await;
    assert_eq!(search(&house, "tag:case=open").await["count"], json!(1));
    put(&house, "a/1", b"other bytes", "text/plain", "case=closed").await;
    index(&house).await;
    let after = search(&house, "tag:case=open").await;
    assert_eq!((&after["count"], &after["known"]["tags"]), (&json!(0), &json!(1)));
    let nonsense = house
        .core()
        .api
        .call("search", json!({ "text": "gps:here", "scope": { "connection": null, "bucket": null, "prefix": "" }, "offset": 0, "limit": 1 }))
        .await
        .unwrap_err();
    assert!(nonsense.message.contains("gps:47.3,8.4..47.5,8.6"), "{}", nonsense.message);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_camera_wrote_can_be_asked_for_once_its_preview_was_shown() {
    let mut house = House::new(Profile::Aws).await;
    let photo = std::fs::read(PHOTO).expect("the package golang-github-rwcarlsen-goexif-dev is installed");
    house.put("photo.jpg", &photo).await;
    house.put("note.txt", b"no camera wrote this").await;
    house.put("never.jpg", b"not looked at").await;
    index(&house).await;
    for key in ["photo.jpg", "note.txt"] {
        let head = house.raw.head_object().bucket(BUCKET).key(key).send().await.unwrap();
        let etag = head.e_tag().unwrap();
        let ask = json!({ "connection": "c", "bucket": BUCKET, "key": key, "etag": etag, "want": "small" });
        call(&house, "preview", ask).await;
    }
    until_known(&house, "camera:canon", "captures", 2).await;
    let gets =
        |house: &House| house.server.request_log().iter().filter(|r| r.operation == Op::GetObject).count();
    let read = gets(&house);
    for (text, count) in [
        ("camera:canon", 1),
        ("camera:\"powershot sd600\" taken:2006-08-03", 1),
        ("taken:2006-08-04..2006-08-09", 0),
        ("camera:nikon", 0),
        ("note camera:canon", 0),
    ] {
        let found = search(&house, text).await;
        assert_eq!(found["count"], json!(count), "{text}");
        assert_eq!(found["known"], json!({ "types": null, "tags": null, "captures": 2, "of": 3 }), "{text}");
    }
    assert_eq!(gets(&house), read);
    // With the index goes what was learned.
    let id = call(&house, "indexes", json!({})).await[0]["id"].clone();
    call(&house, "drop_index", json!({ "id": id })).await;
    index(&house).await;
    assert_eq!(search(&house, "camera:canon").await["known"]["captures"], json!(0));
    house.stop().await;
}
