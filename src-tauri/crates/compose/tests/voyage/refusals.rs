//! What a server refused is remembered for the place where it did, and forgotten when it is tried again, done after all, or
//! asked with other credentials. Nothing is ever held back for it.
use serde_json::{Value, json};
use windlass_practice::{Op, Profile, Rule};

use crate::house::{BUCKET, House};

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

/// Rights that are remembered as refused in a folder.
async fn refused(house: &House, prefix: &str) -> Vec<String> {
    let args = json!({ "connection": "c", "bucket": BUCKET, "prefix": prefix });
    let rows = call(house, "refusals", args).await;
    rows.as_array().unwrap().iter().map(|row| row["right"].as_str().unwrap().to_owned()).collect()
}

async fn until(house: &House, prefix: &str, rights: &[&str]) {
    house.until(&format!("{rights:?} in {prefix}"), async || refused(house, prefix).await == rights).await;
}

/// Deletes an object; how many went.
async fn delete(house: &House, key: &str) -> u64 {
    let args = json!({ "connection": "c", "bucket": BUCKET, "keys": [key] });
    call(house, "delete_objects", args).await["deleted"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_delete_is_remembered_where_it_was_until_it_is_tried_again() {
    let mut house = House::new(Profile::Aws).await;
    for key in ["raw/a.jpg", "raw/b.jpg", "raw/deep/c.jpg", "other/d.jpg"] {
        house.put(key, b"x").await;
    }
    assert_eq!(refused(&house, "raw/").await, [""; 0]);
    house.server.faults().add(Rule::denied(Op::DeleteObject));
    assert_eq!(delete(&house, "raw/a.jpg").await, 0);
    until(&house, "raw/", &["delete"]).await;
    assert_eq!(refused(&house, "raw/deep/").await, ["delete"]);
    assert_eq!((refused(&house, "").await, refused(&house, "other/").await), (vec![], vec![]));
    let args = json!({ "connection": "c", "bucket": BUCKET, "prefix": "raw/deep/" });
    let row = call(&house, "refusals", args).await[0].clone();
    assert_eq!(row["prefix"], "raw/");

    house.stop().await;
    house.start().await;
    assert_eq!(refused(&house, "raw/").await, ["delete"], "a restart forgets nothing");
    let again = json!({ "connection": "c", "bucket": BUCKET, "prefix": "raw/", "right": "delete" });
    call(&house, "forget_refusal", again).await;
    assert_eq!(refused(&house, "raw/").await, [""; 0]);
    assert_eq!(delete(&house, "raw/b.jpg").await, 0);
    until(&house, "raw/", &["delete"]).await;

    // A memory, never a rule: the server is asked all the same, and what it does says more than what is remembered.
    house.server.faults().clear();
    assert_eq!(delete(&house, "raw/deep/c.jpg").await, 1);
    until(&house, "raw/", &[]).await;
    assert_eq!(delete(&house, "raw/a.jpg").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_of_buckets_and_objects_is_kept_apart_and_goes_with_the_credentials() {
    let house = House::new(Profile::Aws).await;
    house.put("raw/a.jpg", b"x").await;
    for op in [Op::CreateBucket, Op::DeleteBucket, Op::ListObjects, Op::PutObject, Op::HeadObject] {
        house.server.faults().add(Rule::denied(op));
    }
    let api = &house.core().api;
    let draft = json!({ "name": "new-one", "region": "", "versioning": false, "object_lock": false });
    api.call("create_bucket", json!({ "connection": "c", "draft": draft })).await.unwrap_err();
    until(&house, "raw/", &["make_buckets"]).await;
    let folder = json!({ "connection": "c", "bucket": BUCKET, "prefix": "raw/", "name": "new" });
    api.call("create_folder", folder).await.unwrap_err();
    until(&house, "raw/", &["write", "make_buckets"]).await;
    let place = json!({ "connection": "c", "bucket": BUCKET, "prefix": "raw/", "refresh": true });
    call(&house, "open_listing", place).await;
    until(&house, "raw/", &["list", "write", "make_buckets"]).await;
    let details = json!({ "connection": "c", "bucket": BUCKET, "key": "raw/a.jpg" });
    api.call("object_details", details).await.unwrap_err();
    house.server.faults().clear();
    house.server.faults().add(Rule::denied(Op::DeleteBucket));
    house.raw.delete_object().bucket(BUCKET).key("raw/a.jpg").send().await.unwrap();
    let bucket = json!({ "connection": "c", "bucket": BUCKET, "typed": BUCKET });
    api.call("delete_bucket", bucket).await.unwrap_err();
    // A refused HEAD says nothing of reading: it is refused as well for what is not there.
    until(&house, "raw/", &["list", "write", "make_buckets", "delete_bucket"]).await;
    assert_eq!(refused(&house, "").await, ["make_buckets", "delete_bucket"]);
    let other = json!({ "connection": "other", "bucket": BUCKET, "prefix": "raw/" });
    assert_eq!(call(&house, "refusals", other).await, json!([]));

    let draft = json!({
        "name": "Tests", "source": "access_key", "profile": null, "endpoint": house.server.endpoint(),
        "region": "us-east-1", "start_in": "", "access_key": house.server.access_key(),
        "secret_key": house.server.secret_key(), "keep": "this_session", "passphrase": null,
    });
    let saved = call(&house, "save_connection", json!({ "draft": draft })).await;
    assert_eq!(saved["id"], "c");
    assert_eq!(refused(&house, "raw/").await, [""; 0]);
}
