//! Buckets made and deleted by hand: nothing that is there is touched, what keeps a bucket is told, and both are written down.
use serde_json::{Value, json};
use windlass_api::{ErrorCode, UiError};
use windlass_practice::{Op, Profile, Rule, When};

use crate::house::{BUCKET, House, status};

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn make(house: &House, draft: Value) -> Result<Value, UiError> {
    let whole = |field: &str, or: Value| draft.get(field).cloned().unwrap_or(or);
    let draft = json!({
        "name": draft["name"], "region": whole("region", json!("")),
        "versioning": whole("versioning", json!(false)), "object_lock": whole("object_lock", json!(false)),
    });
    house.core().api.call("create_bucket", json!({ "connection": "c", "draft": draft })).await
}

async fn delete(house: &House, bucket: &str, typed: &str) -> Result<Value, UiError> {
    let args = json!({ "connection": "c", "bucket": bucket, "typed": typed });
    house.core().api.call("delete_bucket", args).await
}

async fn names(house: &House) -> Vec<String> {
    let rows = call(house, "buckets", json!({ "connection": "c" })).await;
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Whether the journal says that this was done to this bucket. The columns of a row lie side by side in its file.
fn written(house: &House, action: &str, bucket: &str) -> bool {
    let line = format!("{action}{bucket}");
    ["", "-wal"].iter().any(|end| {
        let file = house.path("data").join(format!("{}{end}", windlass_compose::JOURNAL_FILE));
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(line.len()).any(|at| at == line.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_made_with_what_was_asked_for_and_never_twice() {
    let house = House::new(Profile::Aws).await;
    for (name, word) in
        [("ab", "at least 3"), ("Photos", "Capital"), ("a_b_c", "“_”"), ("192.168.5.4", "address")]
    {
        let said = call(&house, "check_bucket_name", json!({ "name": name })).await;
        assert!(said.as_str().unwrap().contains(word), "{name}: {said}");
        let error = make(&house, json!({ "name": name })).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NameNotAllowed);
        assert!(error.message.contains("Nothing was made"), "{}", error.message);
    }
    assert_eq!(call(&house, "check_bucket_name", json!({ "name": "photos-2026" })).await, Value::Null);
    assert_eq!(names(&house).await, [BUCKET]);

    let row = make(&house, json!({ "name": "photos-2026", "versioning": true })).await.unwrap();
    assert_eq!(row["name"], "photos-2026");
    make(&house, json!({ "name": "plain" })).await.unwrap();
    make(&house, json!({ "name": "locked", "object_lock": true })).await.unwrap();
    let kept = async |bucket: &str| {
        house.raw.get_bucket_versioning().bucket(bucket).send().await.unwrap().status().is_some()
    };
    assert!(kept("photos-2026").await && kept("locked").await && !kept("plain").await);
    assert_eq!(names(&house).await, ["locked", "photos-2026", "plain", BUCKET]);

    let again = make(&house, json!({ "name": "plain", "versioning": true })).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::Conflict);
    assert!(again.message.contains("already") && !kept("plain").await, "{}", again.message);
    house.server.faults().add(Rule::on(Op::CreateBucket, When::Times(1), status(409, "BucketAlreadyExists")));
    let taken = make(&house, json!({ "name": "theirs" })).await.unwrap_err();
    assert!(taken.code == ErrorCode::Conflict && taken.message.contains("not yours"), "{}", taken.message);
    house.server.faults().add(Rule::denied(Op::CreateBucket));
    let refused = make(&house, json!({ "name": "mine" })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NoPermission);
    assert!(refused.message.contains("s3:CreateBucket"), "{}", refused.message);
    house.server.faults().clear();
    // One that was made without the versions that were asked for says so.
    house.server.faults().add(Rule::on(Op::BucketConfig, When::Always, status(501, "NotImplemented")));
    let half = make(&house, json!({ "name": "half", "versioning": true })).await.unwrap_err();
    assert!(half.message.contains("half was made, but"), "{}", half.message);
    house.server.faults().clear();
    for made in ["photos-2026", "plain", "locked", "half"] {
        assert!(written(&house, "create-bucket", made), "{made}");
    }
    assert!(!written(&house, "create-bucket", "theirs") && !written(&house, "create-bucket", "mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_bucket_is_deleted_and_what_keeps_it_is_told() {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    house.put("a.jpg", b"one").await;
    house.put("a.jpg", b"two").await;
    let wrong = delete(&house, BUCKET, "test").await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::BadRequest);
    let deletes = || house.log(Op::DeleteBucket).len();
    let full = delete(&house, BUCKET, BUCKET).await.unwrap_err();
    assert_eq!(full.code, ErrorCode::Conflict);
    assert!(full.message.contains("holds 1 object and 1 older version"), "{}", full.message);
    house.raw.delete_object().bucket(BUCKET).key("a.jpg").send().await.unwrap();
    let hidden = delete(&house, BUCKET, BUCKET).await.unwrap_err();
    assert!(hidden.message.contains("2 older versions and 1 delete marker"), "{}", hidden.message);

    make(&house, json!({ "name": "second" })).await.unwrap();
    let upload = house.raw.create_multipart_upload().bucket("second").key("x").send().await.unwrap();
    let begun = delete(&house, "second", "second").await.unwrap_err();
    assert!(begun.message.contains("1 unfinished upload"), "{}", begun.message);
    house.server.faults().add(Rule::denied(Op::ListObjectVersions));
    house.server.faults().add(Rule::denied(Op::ListObjects));
    let unseen = delete(&house, "second", "second").await.unwrap_err();
    assert!(
        unseen.code == ErrorCode::NoPermission && unseen.message.contains("look into"),
        "{}",
        unseen.message
    );
    house.server.faults().clear();
    assert_eq!(deletes(), 0, "the server is asked only once nothing is in it");
    let id = upload.upload_id().unwrap();
    house.raw.abort_multipart_upload().bucket("second").key("x").upload_id(id).send().await.unwrap();
    // Something came in between the look and the request.
    house.server.faults().add(Rule::on(Op::DeleteBucket, When::Times(1), status(409, "BucketNotEmpty")));
    let late = delete(&house, "second", "second").await.unwrap_err();
    assert!(late.code == ErrorCode::Conflict && late.message.contains("not empty"), "{}", late.message);
    house.server.faults().add(Rule::denied(Op::DeleteBucket));
    let refused = delete(&house, "second", "second").await.unwrap_err();
    assert!(refused.message.contains("s3:DeleteBucket"), "{}", refused.message);
    house.server.faults().clear();
    delete(&house, "second", "second").await.unwrap();
    assert_eq!(names(&house).await, [BUCKET]);
    assert!(written(&house, "delete-bucket", "second") && !written(&house, "delete-bucket", BUCKET));
    let gone = delete(&house, "second", "second").await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_a_sync_folder_stays_also_when_it_is_empty() {
    let house = House::new(Profile::Aws).await;
    make(&house, json!({ "name": "synced" })).await.unwrap();
    let args = json!({
        "name": "Reports", "local": house.card(), "connection": "c", "bucket": "synced", "prefix": "in/",
        "mode": "ingest", "options": null,
    });
    let folder = call(&house, "add_folder", args).await;
    let kept = delete(&house, "synced", "synced").await.unwrap_err();
    assert_eq!(kept.code, ErrorCode::Conflict);
    assert!(kept.message.contains("sync folder Reports"), "{}", kept.message);
    // The same server under another name.
    let mut other = house.core().catalog.connections().await.unwrap().remove(0);
    other.id = "other".to_owned();
    house.core().catalog.save_connection(other).await.unwrap();
    let args = json!({ "connection": "other", "bucket": "synced", "typed": "synced" });
    let kept = house.core().api.call("delete_bucket", args).await.unwrap_err();
    assert!(kept.message.contains("sync folder Reports"), "{}", kept.message);
    assert_eq!(house.log(Op::DeleteBucket).len(), 0);
    call(&house, "remove_folder", json!({ "id": folder["id"] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_made_anew_under_an_old_name_inherits_nothing() {
    let house = House::new(Profile::Aws).await;
    let bucket = windlass_domain::Bucket::new("again");
    make(&house, json!({ "name": "again", "versioning": true })).await.unwrap();
    let remotes = std::sync::Arc::clone(&house.core().remotes);
    let proved = async || {
        use windlass_ports::Remotes as _;
        remotes.store("c", &bucket, "").await.unwrap().capabilities().versioning.proved()
    };
    assert!(proved().await);
    let place = json!({ "connection": "c", "bucket": "again", "prefix": "", "refresh": false });
    house.raw.put_object().bucket("again").key("a").body(b"x".to_vec().into()).send().await.unwrap();
    let list = call(&house, "open_listing", place.clone()).await;
    let ask = json!({ "id": list["id"], "offset": 0, "limit": 9, "sort": "name", "descending": false, "filter": "" });
    house
        .until("it is listed", async || {
            call(&house, "listing_window", ask.clone()).await["summary"]["complete"] == json!(true)
        })
        .await;
    let index = json!({ "connection": "c", "bucket": "again", "prefix": "" });
    call(&house, "start_index", index).await;
    // The bucket is emptied by somebody else, without a word.
    let versions = house.raw.list_object_versions().bucket("again").send().await.unwrap();
    for version in versions.versions() {
        let id = version.version_id().unwrap();
        house
            .raw
            .delete_object()
            .bucket("again")
            .key(version.key().unwrap())
            .version_id(id)
            .send()
            .await
            .unwrap();
    }
    for marker in versions.delete_markers() {
        let id = marker.version_id().unwrap();
        house
            .raw
            .delete_object()
            .bucket("again")
            .key(marker.key().unwrap())
            .version_id(id)
            .send()
            .await
            .unwrap();
    }
    delete(&house, "again", "again").await.unwrap();
    assert_eq!(call(&house, "indexes", json!({})).await, json!([]));
    make(&house, json!({ "name": "again" })).await.unwrap();
    assert!(!proved().await, "the new one keeps no versions, and the engine knows");
    let list = call(&house, "open_listing", place).await;
    assert_eq!(list["count"], json!(0), "{list}");
}
