//! A place in time through the door: versions read once, the slider's answers, a restore with exceptions and its undo, and what
//! a version is looked at, compared and saved as.
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use windlass_practice::{Fault, Op, Profile, Rule, When};

use crate::house::{BUCKET, House};

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn delete(house: &House, key: &str) {
    house.raw.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
}

fn place(prefix: &str) -> Value {
    json!({ "connection": "c", "bucket": BUCKET, "prefix": prefix })
}

/// Three objects; the moment; then one is deleted, one changed, one written again and one added. `prefix/other` never changes.
async fn changed_house() -> (House, i64) {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    for key in ["a", "b", "c", "d"] {
        house.put(&format!("job/{key}.txt"), format!("{key}\nfirst\nlast\n").as_bytes()).await;
    }
    house.put("other/x", b"x").await;
    let moment = now();
    // Versions are told apart by the second that they bear.
    house.until("the next second", async || now() / 1000 > moment / 1000 + 1).await;
    delete(&house, "job/a.txt").await;
    house.put("job/b.txt", b"b\nsecond\nlast\n").await;
    house.put("job/c.txt", b"c\nfirst\nlast\n").await;
    house.put("job/e.txt", b"e").await;
    (house, moment)
}

/// Reads all versions below a prefix; the id of the index.
async fn read(house: &House, prefix: &str) -> Value {
    call(house, "start_history", place(prefix)).await;
    let whole = async || {
        let place = call(house, "open_time", place(prefix)).await;
        place["filling"].is_null() && !place["index"].is_null()
    };
    house.until("all versions are read", whole).await;
    call(house, "open_time", place(prefix)).await["index"]["id"].clone()
}

fn choice() -> Value {
    json!({
        "deleted": true, "undelete": "copy", "changed": true, "added": "keep", "rewritten": false, "but": [],
    })
}

async fn job(house: &House, id: &Value, states: &[&str]) -> Value {
    let there = async || {
        let job = call(house, "job", json!({ "id": id })).await;
        assert_ne!(job["state"], "failed", "{job}");
        states.contains(&job["state"].as_str().unwrap())
    };
    house.until("the job is that far", there).await;
    call(house, "job", json!({ "id": id })).await
}

/// V2: what the slider says of a moment, by figures, by rows and as a plan, for its own prefix and for one below it.
#[tokio::test(flavor = "multi_thread")]
async fn the_slider_tells_a_moment_and_what_became_of_it() {
    let (house, moment) = changed_house().await;
    let at = call(&house, "open_time", place("")).await;
    assert_eq!((&at["versions"], &at["index"], &at["first"]), (&json!("on"), &Value::Null, &Value::Null));
    let id = read(&house, "").await;
    let at = call(&house, "open_time", place("job/")).await;
    assert_eq!(at["index"]["id"], id, "the index of all answers for a part");
    assert!(at["first"].as_i64().unwrap() <= moment && at["last"].as_i64().unwrap() > moment, "{at}");

    let ask = json!({ "id": id, "prefix": "job/", "moment": moment });
    let counts = call(&house, "time_counts", ask.clone()).await;
    let objects = |name: &str| counts[name]["objects"].clone();
    assert_eq!(
        ["then", "now", "changed", "deleted", "added"].map(objects),
        [4, 4, 1, 1, 1].map(|n: u64| json!(n))
    );
    assert_eq!((&counts["same"], &counts["rewritten"]), (&json!(1), &json!(1)));
    assert!(counts["earlier"].as_i64().unwrap() <= moment && counts["later"].as_i64().unwrap() > moment);

    let window = async |show: &str, text: &str| {
        let mut ask = ask.clone();
        let more = json!({ "show": show, "text": text, "offset": 0, "limit": 100 });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(&house, "time_window", ask).await
    };
    let names = |window: &Value| -> Vec<(String, String)> {
        let rows = window["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["change"].as_str().unwrap().to_owned()))
            .collect()
    };
    let told = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(name, change)| ((*name).to_owned(), (*change).to_owned())).collect()
    };
    let all = [("a.txt", "deleted"), ("b.txt", "changed"), ("c.txt", "rewritten"), ("e.txt", "added")];
    assert_eq!(names(&window("differences", "").await), told(&all));
    assert_eq!(names(&window("differences", "E.T").await), told(&all[3..]));
    assert_eq!(names(&window("changed", "").await), told(&all[1..3]));
    let then = window("then", "").await;
    assert_eq!(then["total"], 4);
    assert_eq!(names(&then)[3], ("d.txt".to_owned(), "same".to_owned()));
    let deleted = window("deleted", "").await["rows"][0].clone();
    assert_eq!((&deleted["now"], &deleted["then"]["size"]), (&Value::Null, &json!(13)));
    assert_eq!(deleted["lone_marker"], true);

    let bars =
        json!({ "id": id, "prefix": "job/", "from": moment - 60_000, "to": moment + 60_000, "bars": 2 });
    let bars = call(&house, "time_bars", bars).await;
    assert_eq!(bars, json!([{ "written": 4, "deleted": 0 }, { "written": 3, "deleted": 1 }]));

    let mut ask = json!({ "id": id, "prefix": "job/", "moment": moment, "choice": choice() });
    let plan = call(&house, "time_plan", ask.clone()).await;
    let told = |plan: &Value| {
        ["undelete", "unmark", "roll_back"].map(|name| plan[name]["objects"].as_u64().unwrap())
    };
    assert_eq!((told(&plan), &plan["left"], &plan["hide"]), ([1, 0, 1], &json!(2), &json!(0)));
    ask["choice"]["undelete"] = json!("remove_marker");
    ask["choice"]["but"] = json!(["job/b.txt", "job/c.txt", "job/e.txt", "job/none"]);
    let plan = call(&house, "time_plan", ask.clone()).await;
    assert_eq!((told(&plan), &plan["left"], &plan["hide"]), ([0, 1, 1], &json!(1), &json!(1)));

    ask["choice"] = choice();
    let samples = call(&house, "time_samples", ask.clone()).await;
    assert_eq!((&samples["asked"], &samples["readable"]), (&json!(2), &json!(2)));
    assert!(samples["seconds"].as_u64().unwrap() >= 1);
    let denied = Fault::Status { code: 403, error_code: "AccessDenied".to_owned() };
    house.server.faults().add(Rule::on(Op::GetObject, When::Always, denied));
    let samples = call(&house, "time_samples", ask).await;
    assert_eq!((&samples["readable"], &samples["seconds"]), (&json!(0), &Value::Null));
    assert_eq!(samples["problem"]["code"], "no_permission");
}

/// V2: an index goes on where it was stopped, one that was replaced says so, and trouble that passes is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_index_is_stopped_gone_on_with_and_replaced() {
    let (house, _) = changed_house().await;
    let id = read(&house, "job/").await;
    house.put("job/f.txt", b"f").await;
    let newer = read(&house, "job/").await;
    assert_ne!(id, newer);
    let gone = json!({ "id": id, "prefix": "job/", "moment": 0 });
    // What is in memory still answers; what was never read does not.
    let other = json!({ "id": id, "prefix": "job/x", "moment": 0 });
    call(&house, "time_counts", gone).await;
    let error = house.core().api.call("time_counts", other).await.unwrap_err();
    assert_eq!(serde_json::to_value(error.code).unwrap(), json!("not_found"));
    let all = call(&house, "histories", json!({})).await;
    assert_eq!((all.as_array().unwrap().len(), &all[0]["complete"]), (1, &json!(true)));
    call(&house, "drop_history", json!({ "id": newer })).await;
    assert_eq!(call(&house, "histories", json!({})).await, json!([]));
}

/// V2: a moment comes back but for what was left out, each call can be read before, and undo gives the state before.
#[tokio::test(flavor = "multi_thread")]
async fn a_moment_comes_back_but_for_what_was_left_out() {
    let (house, moment) = changed_house().await;
    let mut restore = choice();
    restore["version"] = Value::Null;
    restore["moment"] = json!(moment);
    restore["but"] = json!(["job/b.txt", "job/e.txt"]);
    let request = |restore: Value| {
        json!({ "request": {
            "kind": "restore", "connection": "c", "bucket": BUCKET, "to_bucket": BUCKET,
            "roots": [{ "from": "job/", "to": "job/" }], "if_taken": "skip", "edit": [], "restore": restore,
        }})
    };
    let plan = call(&house, "plan_job", request(restore)).await;
    let ready = job(&house, &plan["id"], &["ready"]).await;
    assert_eq!(ready["objects"], 2);
    let items = call(&house, "job_items", json!({ "id": plan["id"], "offset": 0, "limit": 10 })).await;
    assert_eq!(items["total"], 2);
    let told: Vec<(&str, &str)> = items["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["key"].as_str().unwrap(), row["call"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("job/a.txt", "copy_back"), ("job/e.txt", "delete")]);
    assert_eq!((&items["rows"][0]["expects"], &items["rows"][0]["state"]), (&Value::Null, &json!("planned")));
    let second = call(&house, "job_items", json!({ "id": plan["id"], "offset": 1, "limit": 10 })).await;
    assert_eq!((second["rows"].as_array().unwrap().len(), &second["rows"][0]["seq"]), (1, &json!(2)));
    call(&house, "start_job", json!({ "id": plan["id"], "typed": null })).await;
    let done = job(&house, &plan["id"], &["done"]).await;
    assert_eq!((&done["done"], &done["left"], &done["can_undo"]), (&json!(2), &json!(0), &json!(true)));
    assert_eq!(house.object("job/a.txt").await.unwrap(), b"a\nfirst\nlast\n");
    assert_eq!(house.object("job/b.txt").await.unwrap(), b"b\nsecond\nlast\n", "left out");
    assert_eq!(house.object("job/e.txt").await, None, "hidden, as it was ticked");
    let undo = call(&house, "undo_job", json!({ "id": plan["id"] })).await;
    job(&house, &undo["id"], &["ready"]).await;
    call(&house, "start_job", json!({ "id": undo["id"], "typed": null })).await;
    job(&house, &undo["id"], &["done"]).await;
    assert_eq!(house.object("job/a.txt").await, None);
    assert_eq!(house.object("job/e.txt").await.unwrap(), b"e");

    // What is deleted now comes back as it was last, whenever that was.
    let mut last = choice();
    (last["version"], last["moment"]) = (Value::Null, Value::Null);
    let plan = call(&house, "plan_job", request(last)).await;
    let ready = job(&house, &plan["id"], &["ready"]).await;
    assert_eq!(ready["objects"], 1);
    call(&house, "start_job", json!({ "id": plan["id"], "typed": null })).await;
    job(&house, &plan["id"], &["done"]).await;
    assert_eq!(house.object("job/a.txt").await.unwrap(), b"a\nfirst\nlast\n");
}

/// V1: a list with what is deleted in it is another one than that without, and costs no other request.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_what_is_deleted_where_that_is_asked_for() {
    let (house, _) = changed_house().await;
    house.put("job/gone/x", b"x").await;
    delete(&house, "job/gone/x").await;
    delete(&house, "job/none").await;
    let rows = async |deleted: bool| {
        let ask = json!({
            "connection": "c", "bucket": BUCKET, "prefix": "job/", "refresh": true, "deleted": deleted, "limit": 100,
            "sort": "name", "descending": false, "filter": "",
        });
        let list = call(&house, "open_list", ask.clone()).await;
        let id = &list["summary"]["id"];
        let whole =
            json!({ "id": id, "offset": 0, "limit": 100, "sort": "name", "descending": false, "filter": "" });
        let ended = async || {
            call(&house, "listing_window", whole.clone()).await["summary"]["complete"] == json!(true)
        };
        house.until("the list is whole", ended).await;
        call(&house, "listing_window", whole.clone()).await
    };
    let names = |list: &Value| -> Vec<String> {
        list["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
    };
    let plain = rows(false).await;
    assert_eq!(names(&plain), ["job/b.txt", "job/c.txt", "job/d.txt", "job/e.txt"]);
    let with = rows(true).await;
    let expected = ["job/gone/", "job/a.txt", "job/b.txt", "job/c.txt", "job/d.txt", "job/e.txt"];
    assert_eq!(names(&with), expected, "one that never was more than a marker shows nothing");
    let gone = &with["rows"][1];
    assert_eq!((&gone["state"], &gone["size"]), (&json!("deleted"), &json!(13)));
    assert!(gone["deleted_at"].as_i64().unwrap() >= gone["modified"].as_i64().unwrap());
    assert_eq!((&with["summary"]["objects"], &with["rows"][2]["deleted_at"]), (&json!(4), &Value::Null));
    let found = json!({ "text": "a.txt", "scope": { "connection": null, "bucket": null, "prefix": "" }, "offset": 0, "limit": 9 });
    assert_eq!(
        call(&house, "search", found).await["count"],
        0,
        "what is deleted is not found as if it were there"
    );
}

/// V1: an older version is looked into, compared line by line, and saved under a name of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_saved_as_a_file_beside_the_current_one() {
    let (house, _) = changed_house().await;
    let ask = json!({ "connection": "c", "bucket": BUCKET, "key": "job/b.txt", "after": null });
    let page = call(&house, "object_versions", ask).await;
    let (newer, older) = (&page["rows"][0], &page["rows"][1]);
    let to = house.path("saved");
    std::fs::create_dir(&to).unwrap();
    let ask = json!({
        "connection": "c", "bucket": BUCKET, "key": "job/b.txt", "version": older["version"],
        "modified": older["modified"], "to": to.to_str().unwrap(),
    });
    let started = call(&house, "download_version", ask).await;
    let batch = windlass_domain::BatchId::from(started["batch"].as_str().unwrap().to_owned());
    assert_eq!(house.core().engine.wait_batch(&batch).await.failures, 0);
    let mut files = std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path());
    let (Some(file), None) = (files.next(), files.next()) else { panic!("one file and nothing else") };
    assert_eq!(std::fs::read(&file).unwrap(), b"b\nfirst\nlast\n");
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("b (20") && name.ends_with(").txt"), "{name}");

    let side = |row: &Value| json!({ "version": row["version"], "etag": row["etag"], "size": row["size"] });
    let ask = json!({
        "connection": "c", "bucket": BUCKET, "key": "job/b.txt", "older": side(older), "newer": side(newer),
    });
    let compared = call(&house, "compare_versions", ask).await;
    assert_eq!((&compared["text"]["gone"], &compared["text"]["new"]), (&json!(1), &json!(1)));
    let lines: Vec<&str> = compared["text"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(lines, ["b", "first", "second", "last"]);
    assert_eq!((&compared["same_bytes"], &compared["text"]["whole"]), (&json!(false), &json!(true)));
}

/// V5: in a bucket that locks what is written, a moment comes back and is taken back: nothing that is locked is ever deleted for that.
#[tokio::test(flavor = "multi_thread")]
async fn hb22_locked_versions_stand_in_no_restores_way() {
    use aws_sdk_s3::types::{
        DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
    };
    let house = House::new(Profile::Aws).await;
    house.raw.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    let default = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).days(1).build();
    let locks = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(default).build())
        .build();
    house
        .raw
        .put_object_lock_configuration()
        .bucket("locked")
        .object_lock_configuration(locks)
        .send()
        .await
        .unwrap();
    // What is written into a bucket with locks has to name its checksum.
    let put = async |key: &str, text: &'static str, md5: &str| {
        let put = house.raw.put_object().bucket("locked").key(key).body(text.as_bytes().to_vec().into());
        put.content_md5(md5).send().await.unwrap();
    };
    put("job/a", "first", "iwTV43ddKY54RV78XKQE1Q==").await;
    put("job/b", "first", "iwTV43ddKY54RV78XKQE1Q==").await;
    let moment = now();
    house.until("the next second", async || now() / 1000 > moment / 1000 + 1).await;
    put("job/a", "second", "qfDmGhN9hqqdtTRl4IAWEg==").await;
    house.raw.delete_object().bucket("locked").key("job/b").send().await.unwrap();
    put("job/c", "added", "tg7Yg1WsP2iY/Yp6sXNNBg==").await;
    let there = async || {
        let mut found = Vec::new();
        for key in ["job/a", "job/b", "job/c"] {
            let got = house.raw.get_object().bucket("locked").key(key).send().await.ok();
            found.push(match got {
                Some(got) => Some(got.body.collect().await.unwrap().to_vec()),
                None => None,
            });
        }
        found
    };
    let before = there().await;
    for undelete in ["copy", "remove_marker"] {
        let mut restore = choice();
        (restore["undelete"], restore["added"]) = (json!(undelete), json!("hide"));
        (restore["version"], restore["moment"]) = (Value::Null, json!(moment));
        let request = json!({ "request": {
            "kind": "restore", "connection": "c", "bucket": "locked", "to_bucket": "locked",
            "roots": [{ "from": "job/", "to": "job/" }], "if_taken": "skip", "edit": [], "restore": restore,
        }});
        let plan = call(&house, "plan_job", request).await;
        job(&house, &plan["id"], &["ready"]).await;
        call(&house, "start_job", json!({ "id": plan["id"], "typed": null })).await;
        let done = job(&house, &plan["id"], &["done"]).await;
        assert_eq!((&done["done"], &done["left"]), (&json!(3), &json!(0)), "{undelete}: {done}");
        assert_eq!(there().await, [Some(b"first".to_vec()), Some(b"first".to_vec()), None], "{undelete}");
        let undo = call(&house, "undo_job", json!({ "id": plan["id"] })).await;
        job(&house, &undo["id"], &["ready"]).await;
        call(&house, "start_job", json!({ "id": undo["id"], "typed": null })).await;
        let done = job(&house, &undo["id"], &["done"]).await;
        assert_eq!((&done["done"], &done["left"]), (&json!(3), &json!(0)), "{undelete}: {done}");
        assert_eq!(there().await, before, "{undelete}");
    }
}
