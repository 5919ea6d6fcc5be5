//! Locks and purges through the door: what is locked and why is shown, a selection is locked, old versions are destroyed, and what is
//! locked or on top stays.
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use windlass_practice::{Fault, Op, Profile, Rule, When};

use crate::house::{BUCKET, House};

const DAY: i64 = 86_400_000;

fn in_days(days: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    // A lock ends at a second.
    (i64::try_from(now).unwrap() + days * DAY) / 1000 * 1000
}

async fn call(house: &House, name: &str, args: Value) -> Result<Value, Value> {
    house.core().api.call(name, args).await.map_err(|error| serde_json::to_value(error).unwrap())
}

async fn job(house: &House, id: &Value, states: &[&str]) -> Value {
    let there = async || {
        let job = call(house, "job", json!({ "id": id })).await.unwrap();
        states.contains(&job["state"].as_str().unwrap())
    };
    house.until("the job is that far", there).await;
    call(house, "job", json!({ "id": id })).await.unwrap()
}

/// A job of this kind, planned.
async fn plan(house: &House, bucket: &str, kind: &str, roots: &[&str], rest: Value) -> Value {
    let roots: Vec<Value> = roots.iter().map(|root| json!({ "from": root, "to": root })).collect();
    let mut request = json!({
        "kind": kind, "connection": "c", "bucket": bucket, "to_bucket": bucket, "roots": roots,
        "if_taken": "skip", "edit": [], "restore": null,
    });
    for (name, value) in rest.as_object().unwrap() {
        request[name] = value.clone();
    }
    let row = call(house, "plan_job", json!({ "request": request })).await.unwrap();
    job(house, &row["id"], &["ready", "failed"]).await
}

async fn run(house: &House, id: &Value, typed: Value, date: Value) -> Value {
    call(house, "start_job", json!({ "id": id, "typed": typed, "date": date })).await.unwrap();
    job(house, id, &["done"]).await
}

async fn locked_house() -> House {
    let house = House::new(Profile::Aws).await;
    house.raw.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    house
}

async fn put(house: &House, bucket: &str, key: &str, text: &'static str) -> String {
    let put = house.raw.put_object().bucket(bucket).key(key).body(text.as_bytes().to_vec().into());
    put.send().await.unwrap().version_id().unwrap().to_owned()
}

async fn versions(house: &House, bucket: &str, key: &str) -> Vec<String> {
    let page = call(
        house,
        "object_versions",
        json!({ "connection": "c", "bucket": bucket, "key": key, "after": null }),
    );
    let rows = page.await.unwrap();
    rows["rows"].as_array().unwrap().iter().map(|row| row["version"].as_str().unwrap().to_owned()).collect()
}

fn all() -> Value {
    json!({ "purge": { "days": 0, "keep": 0, "bytes": 0, "markers": true } })
}

/// V5: a selection is locked by a job; compliance only by its day, typed; what is kept longer is left; and all of it is shown.
#[tokio::test(flavor = "multi_thread")]
async fn hb22_a_selection_is_locked_shown_and_extended() {
    let house = locked_house().await;
    let place = json!({ "connection": "c", "bucket": "locked" });
    assert_eq!(call(&house, "bucket_lock", place).await.unwrap(), json!({ "on": true, "default": null }));
    let plain = json!({ "connection": "c", "bucket": BUCKET });
    assert_eq!(call(&house, "bucket_lock", plain).await.unwrap(), json!({ "on": false, "default": null }));
    for key in ["case/a", "case/b", "other"] {
        put(&house, "locked", key, "x").await;
    }
    let (soon, late) = (in_days(3), in_days(9));
    let governed = json!({ "lock": { "mode": "governance", "until": late, "hold": true } });
    let row = plan(&house, "locked", "lock", &["case/b"], governed).await;
    assert_eq!((&row["objects"], &row["type_date"]), (&json!(1), &Value::Null), "{row}");
    run(&house, &row["id"], Value::Null, Value::Null).await;

    let strict = json!({ "lock": { "mode": "compliance", "until": soon, "hold": null } });
    let row = plan(&house, "locked", "lock", &["case/", "other"], strict).await;
    let day = row["type_date"].as_str().unwrap().to_owned();
    assert_eq!(day.len(), 10, "{row}");
    for wrong in [Value::Null, json!("2020-01-01")] {
        let refused =
            call(&house, "start_job", json!({ "id": row["id"], "typed": null, "date": wrong })).await;
        assert_eq!(refused.unwrap_err()["code"], "conflict");
    }
    let done = run(&house, &row["id"], Value::Null, json!(day)).await;
    assert_eq!((&done["done"], &done["left"]), (&json!(2), &json!(1)), "{done}");
    assert_eq!(done["can_undo"], false);
    let left = call(&house, "job_problems", json!({ "id": row["id"] })).await.unwrap();
    assert_eq!((&left[0]["code"], &left[0]["keys"]), (&json!("kept_firmer"), &json!(["case/b"])));

    let keys =
        json!({ "connection": "c", "bucket": "locked", "keys": ["case/a", "case/b", "nobody", "other"] });
    let rows = call(&house, "object_locks", keys).await.unwrap();
    let told: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["key"].as_str().unwrap(), row["mode"].as_str(), row["until"].as_i64(), row["hold"] == true)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("case/a", Some("compliance"), Some(soon), false),
            ("case/b", Some("governance"), Some(late), true),
            ("other", Some("compliance"), Some(soon), false),
        ]
    );
    assert!(rows[0]["why"].as_str().unwrap().contains("Nobody can destroy it"), "{rows}");
    // A hold is taken off by its own word.
    let off = plan(
        &house,
        "locked",
        "lock",
        &["case/b"],
        json!({ "lock": { "mode": null, "until": null, "hold": false } }),
    );
    run(&house, &off.await["id"], Value::Null, Value::Null).await;
    let version = versions(&house, "locked", "case/b").await.remove(0);
    let one = json!({ "connection": "c", "bucket": "locked", "key": "case/b", "version": version });
    let lock = call(&house, "version_lock", one).await.unwrap();
    assert_eq!((&lock["hold"], &lock["holds"]), (&json!(false), &json!(true)));
    // Where nothing can be locked the plan says so.
    let row =
        plan(&house, BUCKET, "lock", &[""], json!({ "lock": { "mode": null, "until": null, "hold": true } }))
            .await;
    assert_eq!(row["state"], "failed");
    assert!(row["note"].as_str().unwrap().starts_with("Object Lock is not on in this bucket"), "{row}");
}

/// V3: what is destroyed is counted and typed, what is locked is told with its reason, and what is on top stays.
#[tokio::test(flavor = "multi_thread")]
async fn hb20_old_versions_are_purged_by_their_number_and_locked_ones_stay() {
    let house = locked_house().await;
    let first = put(&house, "locked", "a", "first").await;
    put(&house, "locked", "a", "second").await;
    let kept = put(&house, "locked", "b", "kept").await;
    let until = aws_sdk_s3::primitives::DateTime::from_millis(in_days(2));
    let retention = aws_sdk_s3::types::ObjectLockRetention::builder()
        .mode(aws_sdk_s3::types::ObjectLockRetentionMode::Governance)
        .retain_until_date(until)
        .build();
    let lock = house.raw.put_object_retention().bucket("locked").key("b").version_id(&kept);
    lock.retention(retention).send().await.unwrap();
    house.raw.delete_object().bucket("locked").key("b").send().await.unwrap();
    house.raw.delete_object().bucket("locked").key("a").send().await.unwrap();
    let top = put(&house, "locked", "a", "now").await;

    let row = plan(&house, "locked", "purge", &[""], all()).await;
    assert_eq!(
        (&row["objects"], &row["left"], &row["type_to_start"]),
        (&json!(4), &json!(1), &json!(3)),
        "{row}"
    );
    let items =
        call(&house, "job_items", json!({ "id": row["id"], "offset": 0, "limit": 10 })).await.unwrap();
    let calls: Vec<_> = items["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["key"].as_str().unwrap(), row["call"].as_str().unwrap(), row["state"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        calls,
        [
            ("a", "remove_marker", "planned"),
            ("a", "destroy", "planned"),
            ("a", "destroy", "planned"),
            ("b", "destroy", "left"),
        ]
    );
    assert!(items["rows"].as_array().unwrap().iter().any(|row| row["version"] == json!(first)));
    let left = call(&house, "job_problems", json!({ "id": row["id"] })).await.unwrap();
    assert_eq!(left[0]["code"], "protected", "{left}");
    let refused =
        call(&house, "start_job", json!({ "id": row["id"], "typed": 4, "date": null })).await.unwrap_err();
    assert!(refused["message"].as_str().unwrap().starts_with("This destroys 3 versions"), "{refused}");
    let done = run(&house, &row["id"], json!(3), Value::Null).await;
    assert_eq!((&done["done"], &done["left"], &done["can_undo"]), (&json!(3), &json!(1), &json!(false)));
    assert_eq!(versions(&house, "locked", "a").await, std::slice::from_ref(&top));
    let b = versions(&house, "locked", "b").await;
    assert_eq!((b.len(), &b[1]), (2, &kept));

    // One version by name; never the one on top.
    let old = put(&house, "locked", "c", "old").await;
    let new = put(&house, "locked", "c", "new").await;
    let row = plan(&house, "locked", "purge", &["c"], json!({ "purge_version": new })).await;
    assert_eq!(row["state"], "failed", "{row}");
    let row = plan(&house, "locked", "purge", &["c"], json!({ "purge_version": old })).await;
    run(&house, &row["id"], json!(1), Value::Null).await;
    assert_eq!(versions(&house, "locked", "c").await, [new]);
}

/// A lock that is refused in part is left as it was, and what is said of it is true.
#[tokio::test(flavor = "multi_thread")]
async fn hb22_a_lock_that_is_refused_in_part_leaves_no_part_of_it() {
    let house = locked_house().await;
    put(&house, "locked", "a", "x").await;
    let denied = Fault::Status { code: 403, error_code: "AccessDenied".to_owned() };
    let both = json!({ "lock": { "mode": "governance", "until": in_days(3), "hold": true } });
    let row = plan(&house, "locked", "lock", &["a"], both).await;
    // The hold is taken, the retention is refused. The plan tried the bucket out with such calls of its own.
    house.server.faults().add(Rule::on(Op::ObjectConfig, When::Nth(2), denied));
    let done = run(&house, &row["id"], Value::Null, Value::Null).await;
    assert_eq!((&done["done"], &done["left"]), (&json!(0), &json!(1)), "{done}");
    let left = call(&house, "job_problems", json!({ "id": row["id"] })).await.unwrap();
    assert_eq!(left[0]["code"], "denied", "{left}");
    let keys = json!({ "connection": "c", "bucket": "locked", "keys": ["a"] });
    let rows = call(&house, "object_locks", keys).await.unwrap();
    assert_eq!((&rows[0]["hold"], &rows[0]["mode"]), (&json!(false), &Value::Null), "{rows}");
}
