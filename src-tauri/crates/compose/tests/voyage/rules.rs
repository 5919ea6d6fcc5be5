//! Lifecycle rules through the door: edited in their own text, told in advance, held against, and uploads that nobody ended.
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
};
use serde_json::{Value, json};
use windlass_api::{ErrorCode, UiError};
use windlass_practice::{Op, Profile, Rule, When};

use crate::house::{BUCKET, House, MIB, status};

/// What another tool wrote, with every element that S3 knows and one that it does not.
const THEIRS: &str = include_str!("theirs.xml");
/// Its MD5, in Base64.
const MD5: &str = "jXXb47OvA3c9CsOZQE8ACg==";

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn fails(house: &House, name: &str, args: Value) -> UiError {
    house.core().api.call(name, args).await.unwrap_err()
}

/// The arguments of a call about the bucket.
fn of(more: Value) -> Value {
    let mut args = json!({ "connection": "c", "bucket": BUCKET });
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

async fn put_theirs(house: &House) {
    house
        .raw
        .put_bucket_lifecycle_configuration()
        .bucket(BUCKET)
        .customize()
        .mutate_request(|request| {
            request.headers_mut().remove("x-amz-checksum-crc32");
            request.headers_mut().insert("content-md5", MD5);
            request.headers_mut().insert("content-length", THEIRS.len().to_string());
            *request.body_mut() = THEIRS.into();
        })
        .send()
        .await
        .unwrap();
}

/// Somebody else puts one rule.
async fn put_other(house: &House) {
    let rule = LifecycleRule::builder()
        .id("other")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("x/").build())
        .expiration(LifecycleExpiration::builder().days(9).build())
        .build()
        .unwrap();
    let rules = BucketLifecycleConfiguration::builder().rules(rule).build().unwrap();
    let put = house.raw.put_bucket_lifecycle_configuration().bucket(BUCKET);
    put.lifecycle_configuration(rules).send().await.unwrap();
}

fn kept(place: u32) -> Value {
    json!({ "keeps": place, "form": null })
}

fn rules(rules: Vec<Value>) -> Value {
    json!({ "rules": rules, "json": null })
}

/// A form that does nothing yet.
fn form(id: &str, prefix: &str) -> Value {
    json!({
        "id": id, "enabled": true, "prefix": prefix, "tags": [], "larger_than": null, "smaller_than": null, "transitions": [],
        "expiration": null, "expired_markers": false, "old_transitions": [], "old_expiration": null, "abort_uploads": null,
    })
}

fn added(form: &Value) -> Value {
    json!({ "keeps": null, "form": form })
}

fn days(days: u32) -> Value {
    json!({ "days": days, "date": null })
}

/// V6: rules with every element, put by another tool, survive the edit of one of them.
#[tokio::test(flavor = "multi_thread")]
async fn v6_an_edit_of_one_rule_leaves_every_other_byte_alone() {
    let house = House::new(Profile::Aws).await;
    put_theirs(&house).await;
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    assert_eq!(opened["xml"], THEIRS);
    let first = &opened["rules"][0];
    assert_eq!(first["strange"], json!(["Owner"]));
    assert_eq!(first["form"]["prefix"], "a&b/");
    assert_eq!(
        first["form"]["tags"],
        json!([{ "key": "case", "value": "open" }, { "key": "k", "value": "" }])
    );
    assert_eq!(first["form"]["old_expiration"], json!({ "days": 120, "keep_newer": 3 }));
    assert_eq!(
        opened["rules"][1]["sentences"],
        json!([
            "This rule is off and does nothing.",
            "Objects below logs/ are deleted from 1 January 2027 on."
        ])
    );
    let mark = &opened["mark"];

    let mut edited = first["form"].clone();
    edited["transitions"][1]["when"] = days(60);
    let edit = rules(vec![json!({ "keeps": 0, "form": edited }), kept(1), kept(2)]);
    let draft = call(&house, "draft_lifecycle", of(json!({ "mark": mark, "edit": edit }))).await;
    let wanted = THEIRS.replace(
        "<StorageClass>GLACIER</StorageClass><Days>90</Days>",
        "<Days>60</Days><StorageClass>GLACIER</StorageClass>",
    );
    assert_eq!(draft["xml"], wanted);
    let kinds: Vec<&str> =
        draft["lines"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"gone") && kinds.contains(&"new"), "{kinds:?}");
    let warned = draft["warnings"].as_array().unwrap();
    assert!(
        warned.contains(&json!(
            "Old versions of a&b/ are destroyed after 120 days but for the 3 newest of each object, so no restore reaches further back."
        )),
        "{warned:?}"
    );
    let saved = call(&house, "save_lifecycle", of(json!({ "mark": mark, "edit": edit }))).await;
    assert_eq!((&saved["xml"], &saved["notes"]), (&json!(wanted), &json!([])));
    let again = call(&house, "lifecycle", of(json!({}))).await;
    assert_eq!((&again["xml"], &again["mark"]), (&json!(wanted), &saved["mark"]));

    // Nothing changed is nothing to see, and a rule that says the same stays as it is.
    let same = rules(vec![json!({ "keeps": 0, "form": again["rules"][0]["form"] }), kept(1), kept(2)]);
    let draft = call(&house, "draft_lifecycle", of(json!({ "mark": again["mark"], "edit": same }))).await;
    assert_eq!((&draft["lines"], &draft["warnings"]), (&json!([]), &json!([])));
    // Without rules there is no document.
    let none = of(json!({ "mark": again["mark"], "edit": rules(vec![]) }));
    assert_eq!(call(&house, "save_lifecycle", none).await["xml"], "");
    assert!(house.raw.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.is_err());
}

/// V6: who changes rules that are others by now is told so, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn v6_rules_that_were_changed_since_they_were_opened_are_not_overwritten() {
    let mut house = House::new(Profile::Aws).await;
    put_theirs(&house).await;
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    put_other(&house).await;
    let edit = rules(vec![kept(0)]);
    let save = of(json!({ "mark": opened["mark"], "edit": edit }));
    let error = fails(&house, "save_lifecycle", save.clone()).await;
    assert_eq!(error.code, ErrorCode::Conflict);
    assert!(error.message.contains("changed since you opened them"), "{}", error.message);
    let there = call(&house, "lifecycle", of(json!({}))).await;
    assert_eq!(there["rules"][0]["form"]["id"], "other");
    // A mark that is not in memory any more is looked for at the server.
    house.stop().await;
    house.start().await;
    let draft = of(json!({ "mark": there["mark"], "edit": edit }));
    assert_eq!(call(&house, "draft_lifecycle", draft).await["lines"], json!([]));
    assert_eq!(fails(&house, "draft_lifecycle", save).await.code, ErrorCode::Conflict);

    let empty = added(&form("empty", ""));
    let nothing = of(json!({ "mark": there["mark"], "edit": rules(vec![kept(0), empty]) }));
    let error = fails(&house, "draft_lifecycle", nothing).await;
    assert_eq!(
        error.message,
        "The rule empty does nothing: give it something to do, or remove it. Nothing was changed."
    );
}

/// V6: JSON says the same as the form, keeps what it does not know, and drops nothing without a word.
#[tokio::test(flavor = "multi_thread")]
async fn v6_json_goes_there_and_back_and_keeps_what_it_cannot_say() {
    let house = House::new(Profile::Aws).await;
    put_theirs(&house).await;
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    let text = opened["json"].as_str().unwrap();
    let draft = async |text: &str| {
        let edit = json!({ "rules": null, "json": text });
        let args = of(json!({ "mark": opened["mark"], "edit": edit }));
        house.core().api.call("draft_lifecycle", args).await
    };
    assert_eq!(draft(text).await.unwrap()["xml"], THEIRS, "the same is nothing changed");
    // The order says nothing; one is changed, one goes, one comes.
    let mut json: Value = serde_json::from_str(text).unwrap();
    let all = json["Rules"].as_array_mut().unwrap();
    all.remove(1);
    all.reverse();
    all[1]["Expiration"]["Days"] = json!(400);
    all.insert(0, json!({ "ID": "new", "Filter": { "Prefix": "n/" }, "Status": "Enabled", "Expiration": { "Days": 3 } }));
    let made = draft(&json.to_string()).await.unwrap();
    let xml = made["xml"].as_str().unwrap();
    assert!(xml.contains("<Days>400</Days>") && xml.contains("<Owner team=\"ops\">"), "{xml}");
    assert!(!xml.contains("<ID>dated</ID>") && xml.contains("<ID>new</ID>"), "{xml}");
    let names: Vec<&str> =
        made["rules"].as_array().unwrap().iter().map(|rule| rule["form"]["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["everything", "markers", "new"]);
    let refused = draft(&text.replace("\"Status\"", "\"Owner\": 1, \"Status\"")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
    assert!(
        refused.message.contains("In the rule \"everything\", \"Owner\" is not known"),
        "{}",
        refused.message
    );
}

async fn read_index(house: &House) {
    call(house, "start_history", of(json!({ "prefix": "" }))).await;
    let whole = async || {
        let place = call(house, "open_time", of(json!({ "prefix": "" }))).await;
        place["filling"].is_null() && !place["index"].is_null()
    };
    house.until("all versions are read", whole).await;
}

async fn forecast(house: &House) -> Value {
    call(house, "forecast", of(json!({ "days": 90, "mark": null, "edit": null }))).await
}

fn event<'a>(forecast: &'a Value, kind: &str) -> &'a Value {
    let found = forecast["events"].as_array().unwrap().iter().find(|event| event["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {forecast:#}"))
}

async fn until_job(house: &House, id: &Value, state: &str) -> Value {
    let there = async || {
        let job = call(house, "job", json!({ "id": id })).await;
        assert_ne!(job["state"], "failed", "{job}");
        job["state"] == state
    };
    house.until("the job is that far", there).await;
    call(house, "job", json!({ "id": id })).await
}

/// Rules for raw photos, small ones, thumbnails and old versions.
async fn ruled_house() -> House {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    for name in ["a", "b", "c"] {
        house.put(&format!("raw/{name}"), &vec![7; 200_000]).await;
    }
    house.put("raw/small", b"small").await;
    house.put("thumbs/t", b"first").await;
    house.put("thumbs/t", b"again").await;
    house.put("other/o", b"other").await;
    let mut raw = form("Raw photos", "raw/");
    raw["transitions"] = json!([{ "when": days(30), "class": "DEEP_ARCHIVE" }]);
    let mut thumbs = form("Thumbnails", "thumbs/");
    thumbs["expiration"] = days(20);
    thumbs["old_expiration"] = json!({ "days": 10, "keep_newer": 0 });
    let mut tagged = form("Closed cases", "");
    tagged["tags"] = json!([{ "key": "case", "value": "closed" }]);
    tagged["expiration"] = days(1);
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    let edit = rules([raw, thumbs, tagged].iter().map(added).collect());
    call(&house, "save_lifecycle", of(json!({ "mark": opened["mark"], "edit": edit }))).await;
    house
}

/// V6: what the rules will do is told by an index that was read for real, also for rules that are not saved yet.
#[tokio::test(flavor = "multi_thread")]
async fn v6_a_forecast_says_what_happens_to_which_objects() {
    let house = ruled_house().await;
    let before = forecast(&house).await;
    assert_eq!((&before["index"], &before["lines"], &before["rules"]), (&Value::Null, &json!([]), &json!(3)));
    read_index(&house).await;
    let told = forecast(&house).await;
    assert_eq!((&told["objects"], &told["error"]), (&json!(6), &Value::Null));
    let lines: Vec<String> = told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let stretches = line["stretches"].as_array().unwrap().iter();
            let word = |one: &Value| match one["kind"].as_str().unwrap() {
                "class" => format!("{} {}", one["class"].as_str().unwrap(), one["note"].as_str().unwrap()),
                other => other.to_owned(),
            };
            let all: Vec<String> = stretches.map(word).collect();
            format!(
                "{} {} {}: {}",
                line["title"].as_str().unwrap(),
                line["objects"],
                line["bytes"],
                all.join(", ")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "Raw photos 4 600005: STANDARD , DEEP_ARCHIVE 12 to 48 hours to get back",
            "other/ 1 5: STANDARD no rule",
            "Thumbnails 1 5: STANDARD , hidden, gone",
            "Old versions 1 5: STANDARD , gone",
        ]
    );
    let archived = event(&told, "archived");
    assert_eq!(archived["title"], "3 objects to Deep Archive");
    assert_eq!(
        (&archived["held"], &archived["rule"], &archived["bytes"]),
        (&json!(0), &json!(0), &json!(600_000))
    );
    let day = 86_400_000;
    let in_days = (archived["at"].as_i64().unwrap() - told["from"].as_i64().unwrap()) / day;
    assert!((29..=31).contains(&in_days), "{in_days}");
    // The old one goes ten days after it was covered, the new one ten days after the rule covers it.
    let gone = event(&told, "old_gone");
    assert_eq!((&gone["objects"], &gone["warns"]), (&json!(2), &json!(true)));
    let unknown = event(&told, "unknown");
    assert_eq!((&unknown["at"], &unknown["objects"], &unknown["rule"]), (&json!(0), &json!(7), &json!(2)));
    assert!(told["months"].as_array().unwrap().len() >= 3);
    assert_eq!((&told["now"]["kind"], &told["months"][0]["bytes"]), (&json!("unlisted"), &json!(600_020)));

    // As if this were saved: nothing moves.
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    let edit = rules(vec![kept(1), kept(2)]);
    let args = of(json!({ "days": 90, "mark": opened["mark"], "edit": edit }));
    let drafted = call(&house, "forecast", args).await;
    assert_eq!((&drafted["rules"], &drafted["lines"][0]["title"]), (&json!(2), &json!("raw/")));
    assert_eq!(call(&house, "lifecycle", of(json!({}))).await["mark"], opened["mark"], "nothing was saved");
}

/// V6: a server that does not give its rules away still says what index there is, and nothing is foretold.
#[tokio::test(flavor = "multi_thread")]
async fn v6_without_the_rules_there_is_no_forecast_and_it_is_said_why() {
    let house = ruled_house().await;
    read_index(&house).await;
    house.server.faults().add(Rule::on(Op::BucketConfig, When::Always, status(403, "AccessDenied")));
    let told = forecast(&house).await;
    assert_eq!((&told["error"]["code"], &told["lines"]), (&json!("no_permission"), &json!([])));
    assert_eq!((&told["index"]["complete"], &told["months"]), (&json!(true), &json!([])));
}

/// V6: a hold is put on what a rule would move, is known when its job is forgotten, and ends with the version that bears it.
#[tokio::test(flavor = "multi_thread")]
async fn v6_objects_of_an_event_are_held_and_told_as_held() {
    let house = ruled_house().await;
    read_index(&house).await;
    let opened = call(&house, "lifecycle", of(json!({}))).await;
    let told = forecast(&house).await;
    let hold = |event: &Value| of(json!({ "event": event, "mark": opened["mark"], "days": 90 }));
    let refused = fails(&house, "hold_objects", hold(event(&told, "old_gone"))).await;
    assert!(refused.message.contains("old versions cannot be held"), "{}", refused.message);
    let archived = event(&told, "archived");
    let plan = call(&house, "hold_objects", hold(archived)).await;
    let ready = until_job(&house, &plan["id"], "ready").await;
    assert_eq!((&ready["kind"], &ready["objects"]), (&json!("edit"), &json!(3)));
    assert_eq!(event(&forecast(&house).await, "archived")["held"], 0, "a plan holds nothing");
    call(&house, "start_job", json!({ "id": plan["id"], "typed": null })).await;
    until_job(&house, &plan["id"], "done").await;
    let tags = house.raw.get_object_tagging().bucket(BUCKET).key("raw/b").send().await.unwrap();
    assert_eq!((tags.tag_set()[0].key(), tags.tag_set()[0].value()), ("windlass-hold", "yes"));
    call(&house, "remove_job", json!({ "id": plan["id"] })).await;
    let told = forecast(&house).await;
    assert_eq!(event(&told, "archived")["held"], 3);
    assert_eq!(event(&told, "unknown")["held"], 3);
    let again = fails(&house, "hold_objects", hold(archived)).await;
    assert_eq!(again.code, ErrorCode::NotFound);

    house.put("raw/b", &vec![8; 200_000]).await;
    read_index(&house).await;
    let newer = async || event(&forecast(&house).await, "archived")["held"] == 2;
    house.until("the new index answers", newer).await;
}

fn name(upload: &Value) -> Value {
    json!({ "key": upload["key"], "upload": upload["upload"] })
}

/// HB24: uploads that nobody ended are shown with what they hold and end, and the one that a transfer uses goes on. HB6: one that somebody
/// else ended is no trouble.
#[tokio::test(flavor = "multi_thread")]
async fn hb24_unfinished_uploads_are_counted_and_ended_but_for_those_in_use() {
    let house = House::new(Profile::Aws).await;
    let orphan = house.raw.create_multipart_upload().bucket(BUCKET).key("old/scan").send().await.unwrap();
    let id = orphan.upload_id().unwrap();
    let part = house.raw.upload_part().bucket(BUCKET).key("old/scan").upload_id(id).part_number(1);
    part.body(vec![1; 5000].into()).send().await.unwrap();
    let gone = house.raw.create_multipart_upload().bucket(BUCKET).key("old/gone").send().await.unwrap();
    house.fault(Op::UploadPart, When::Always, status(503, "SlowDown"));
    house.write("large", 20 * MIB);
    let path = house.card().join("large").to_string_lossy().into_owned();
    call(&house, "upload_paths", of(json!({ "prefix": "job/", "paths": [path] }))).await;
    house.until("the transfer has its upload", async || house.open_uploads().await == 3).await;

    let opened = call(&house, "lifecycle", of(json!({}))).await;
    let mut tidy = form("Tidy", "old/");
    tidy["abort_uploads"] = json!(7);
    let edit = rules(vec![added(&tidy)]);
    call(&house, "save_lifecycle", of(json!({ "mark": opened["mark"], "edit": edit }))).await;
    let shown = call(&house, "orphan_uploads", of(json!({ "prefix": "" }))).await;
    assert_eq!((&shown["total"], &shown["ruled"]), (&json!(3), &json!(false)));
    let rows = shown["rows"].as_array().unwrap();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap();
    assert_eq!((&row("old/scan")["in_use"], &row("job/large")["in_use"]), (&json!(false), &json!(true)));
    assert_eq!(row("job/large")["ends_at"], Value::Null);
    let (begun, ends) = (&row("old/scan")["begun"], &row("old/scan")["ends_at"]);
    let days = (ends.as_i64().unwrap() - begun.as_i64().unwrap()) / 86_400_000;
    assert!((7..=8).contains(&days), "{days}");
    let used = call(&house, "count_orphan", of(json!({ "upload": name(row("old/scan")) }))).await;
    assert_eq!((&used["parts"], &used["bytes"]), (&json!(1), &json!(5000)));

    let gone_id = gone.upload_id().unwrap();
    house
        .raw
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("old/gone")
        .upload_id(gone_id)
        .send()
        .await
        .unwrap();
    let all: Vec<Value> = rows.iter().map(name).collect();
    let ended = call(&house, "abort_orphans", of(json!({ "uploads": all }))).await;
    assert_eq!((&ended["ended"], &ended["left"]), (&json!(2), &json!(1)));
    assert_eq!(ended["problem"]["code"], "conflict");
    assert_eq!(house.open_uploads().await, 1);
    house.server.faults().clear();
    house.until("the transfer went on", async || house.object("job/large").await.is_some()).await;
}
