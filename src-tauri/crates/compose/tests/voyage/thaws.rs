//! Archived objects through the door: planned, asked for, thawed, and then told of, on disk or restored, also through restarts and
//! kills at the worst moments. A second of the hours that archives take is 50 µs here.
use std::time::Duration;

use aws_sdk_s3::types::{GlacierJobParameters, RestoreRequest, Tier};
use serde_json::{Value, json};
use windlass_api::UiEvent;
use windlass_domain::ThawId;
use windlass_domain::thaw::{ThawItem, ThawItemState, ThawState};
use windlass_engine::EngineOptions;
use windlass_journal::SqliteJournal;
use windlass_ports::Thaws as _;
use windlass_practice::{ArchiveTier, Fault, Op, Profile, Rule, ThawPace, When};

use crate::house::{BUCKET, House, quick};

const DAY: Duration = Duration::from_secs(3600);

fn options() -> EngineOptions {
    EngineOptions { thaw_second: Duration::from_micros(50), ..quick() }
}

/// Thaws after `takes`; a day of a copy lasts `day`.
async fn house(takes: Duration, day: Duration) -> House {
    let house = House::with(Profile::Aws, options()).await;
    house.server.set_thaw_pace(ThawPace { takes, day });
    house
}

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn put(house: &House, key: &str, class: &str, bytes: &[u8]) {
    let put = house.raw.put_object().bucket(BUCKET).key(key).body(bytes.to_vec().into());
    put.storage_class(class.into()).send().await.unwrap();
}

async fn plan(house: &House, roots: &[&str]) -> Value {
    let ask = json!({ "connection": "c", "bucket": BUCKET, "from": { "kind": "roots", "roots": roots } });
    let id = call(house, "plan_thaw", ask).await["id"].clone();
    batch(house, &id, "planned").await
}

/// The row of a batch; `None` when it is not on the board.
async fn row(house: &House, id: &Value) -> Option<Value> {
    let board = call(house, "thaws", json!({})).await;
    let all = ["open", "past"].map(|list| board[list].as_array().unwrap().clone()).concat();
    all.into_iter().find(|row| row["id"] == *id)
}

/// Waits until a batch stands so.
async fn batch(house: &House, id: &Value, state: &str) -> Value {
    house.until(state, async || row(house, id).await.unwrap()["state"] == json!(state)).await;
    row(house, id).await.unwrap()
}

async fn start(house: &House, id: &Value, speed: &str, days: u32, then: Value) {
    call(house, "start_thaw", json!({ "id": id, "speed": speed, "days": days, "then": then })).await;
}

async fn items(house: &House, id: &Value) -> Vec<(String, String)> {
    let items = call(house, "thaw_items", json!({ "id": id, "offset": 0, "limit": 100 })).await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    items["rows"].as_array().unwrap().iter().map(|row| (text(row, "name"), text(row, "state"))).collect()
}

fn told(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

/// Requests that asked for a key.
fn asked(house: &House, key: &str) -> usize {
    let log = house.server.request_log();
    let restores = log.iter().filter(|r| r.method == "POST" && r.query.contains("restore"));
    restores.filter(|r| r.key.as_deref() == Some(key)).count()
}

/// V4: from the request to the file on disk, with restarts of the program while it thaws; what is not archived is left out.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_from_the_request_to_the_file_on_disk_through_restarts() {
    let mut house = house(Duration::from_millis(2500), DAY).await;
    put(&house, "job/cold/a.bin", "GLACIER", b"ice a").await;
    put(&house, "job/cold/deep/b.bin", "DEEP_ARCHIVE", b"ice b").await;
    house.put("job/cold/warm.txt", b"warm").await;
    for key in ["job/cold/it-archived", "job/cold/it-open"] {
        put(&house, key, "INTELLIGENT_TIERING", key.as_bytes()).await;
    }
    house.server.archive(BUCKET, "job/cold/it-archived", ArchiveTier::Archive).await.unwrap();

    let planned = plan(&house, &["job/cold/"]).await;
    assert_eq!(
        (&planned["objects"], &planned["skipped"], &planned["name"]),
        (&json!(3), &json!(2), &json!("cold"))
    );
    assert_eq!(planned["classes"], json!(["GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]));
    assert_eq!((&planned["price"], &planned["asked_at"]), (&Value::Null, &Value::Null));
    let id = planned["id"].clone();
    let offers = call(&house, "thaw_offers", json!({ "id": id, "days": 2 })).await;
    let refused: Vec<bool> =
        offers.as_array().unwrap().iter().map(|offer| offer["refused"] != json!("")).collect();
    assert_eq!(refused, [true, false, false], "nothing is quick about a deep archive: {offers}");
    assert_eq!(offers[1]["price"]["kind"], "unlisted", "no list names this server");

    // A plan outlives a restart, and nothing was asked for.
    house.stop().await;
    house.start().await;
    batch(&house, &id, "planned").await;
    assert_eq!(asked(&house, "job/cold/a.bin"), 0);
    let to = house.path("thawed");
    std::fs::create_dir(&to).unwrap();
    let then = json!({ "kind": "download", "to": to.to_str().unwrap() });
    start(&house, &id, "standard", 2, then).await;
    let thawing = batch(&house, &id, "thawing").await;
    assert_eq!(
        (&thawing["asked"], &thawing["days"], &thawing["speed"]),
        (&json!(3), &json!(2), &json!("standard"))
    );
    assert!(thawing["look_at"].as_i64() > thawing["asked_at"].as_i64());
    house.stop().await;
    house.start().await;

    let past = batch(&house, &id, "past").await;
    assert_eq!((&past["downloaded"], &past["ready"], &past["failed"]), (&json!(3), &json!(3), &json!(0)));
    assert_eq!(past["folder"], json!(to.to_str().unwrap()));
    let file = |name: &str| std::fs::read(to.join("cold").join(name)).unwrap();
    assert_eq!(file("a.bin"), b"ice a");
    assert_eq!(file("deep/b.bin"), b"ice b");
    assert_eq!(file("it-archived"), b"job/cold/it-archived");
    assert!(!to.join("cold/warm.txt").exists(), "what can be read at once was not asked for");
    for key in ["job/cold/a.bin", "job/cold/deep/b.bin", "job/cold/it-archived"] {
        assert_eq!(asked(&house, key), 1, "{key}");
    }
    call(&house, "drop_thaw", json!({ "id": id })).await;
    assert_eq!(row(&house, &id).await, None);
}

/// A kill between the note and the request, and one between the request and its answer: the object is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_a_kill_around_the_request_is_told_by_a_look_and_nothing_is_asked_for_twice() {
    let mut house = house(Duration::from_millis(300), DAY).await;
    put(&house, "job/noted", "GLACIER", b"noted").await;
    put(&house, "job/sent", "GLACIER", b"sent").await;
    let id = plan(&house, &["job/"]).await["id"].clone();
    let to = house.path("data").join(windlass_compose::JOURNAL_FILE);
    house.stop().await;
    // The journal as a kill leaves it: both are noted, and one of the requests arrived.
    {
        let journal = SqliteJournal::open(&to).unwrap();
        let thaw = ThawId::from(id.as_str().unwrap());
        let mut kept = journal.thaw(&thaw).await.unwrap().unwrap();
        let items = journal.thaw_items(&thaw, &[ThawItemState::Planned], 0, 10).await.unwrap();
        assert_eq!(items.len(), 2);
        let noted = |item: ThawItem| ThawItem { state: ThawItemState::Asking, ..item };
        kept.state = ThawState::Asking;
        (kept.tier, kept.days) = (Some(windlass_domain::thaw::Tier::Standard), Some(1));
        journal.save_thaw(kept, items.into_iter().map(noted).collect()).await.unwrap();
    }
    let job = GlacierJobParameters::builder().tier(Tier::Standard).build().unwrap();
    let request = RestoreRequest::builder().days(1).glacier_job_parameters(job).build();
    house.raw.restore_object().bucket(BUCKET).key("job/sent").restore_request(request).send().await.unwrap();
    house.start().await;
    let ready = batch(&house, &id, "ready").await;
    assert_eq!((&ready["ready"], &ready["failed"]), (&json!(2), &json!(0)));
    assert_eq!((asked(&house, "job/noted"), asked(&house, "job/sent")), (1, 1));
}

/// A server that does not answer is waited for, and what was taken without an answer is not asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_answers_that_are_lost_are_told_by_a_look_and_refusals_that_pass_are_waited_for() {
    let house = house(Duration::from_millis(300), DAY).await;
    for key in ["job/lost", "job/busy", "job/full"] {
        put(&house, key, "GLACIER", key.as_bytes()).await;
    }
    let rules = house.server.faults();
    let fault = |code: u16, name: &str| Fault::Status { code, error_code: name.to_owned() };
    rules.add(Rule::on(Op::ObjectConfig, When::Times(1), Fault::CutAfterCommit).for_key("job/lost"));
    rules.add(Rule::on(Op::ObjectConfig, When::Times(1), fault(503, "SlowDown")).for_key("job/busy"));
    let no_room = fault(503, "GlacierExpeditedRetrievalNotAvailable");
    rules.add(Rule::on(Op::ObjectConfig, When::Times(1), no_room).for_key("job/full"));
    let id = plan(&house, &["job/"]).await["id"].clone();
    start(&house, &id, "expedited", 1, json!({ "kind": "tell" })).await;
    let ready = batch(&house, &id, "ready").await;
    assert_eq!(
        (&ready["ready"], &ready["waiting"], &ready["error"]),
        (&json!(3), &json!(false), &Value::Null)
    );
    assert_eq!(asked(&house, "job/lost"), 1, "the server took it");
    assert_eq!((asked(&house, "job/busy"), asked(&house, "job/full")), (2, 2));
}

/// Deleted or written anew while it thaws: told of that object, and the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_what_is_deleted_or_written_anew_meanwhile_is_told_and_the_rest_comes() {
    let house = house(Duration::from_millis(700), DAY).await;
    for key in ["job/deleted", "job/kept", "job/written"] {
        put(&house, key, "GLACIER", key.as_bytes()).await;
    }
    let id = plan(&house, &["job/"]).await["id"].clone();
    let mut heard = house.core().api.subscribe();
    start(&house, &id, "standard", 3, json!({ "kind": "tell" })).await;
    batch(&house, &id, "thawing").await;
    house.raw.delete_object().bucket(BUCKET).key("job/deleted").send().await.unwrap();
    put(&house, "job/written", "GLACIER", b"something else").await;
    let ready = batch(&house, &id, "ready").await;
    assert_eq!((&ready["ready"], &ready["failed"]), (&json!(1), &json!(2)));
    let rows = items(&house, &id).await;
    assert_eq!(
        rows,
        told(&[("deleted", "failed"), ("written", "failed"), ("kept", "ready")]),
        "failed ones first"
    );
    let why = call(&house, "thaw_items", json!({ "id": id, "offset": 0, "limit": 1 })).await;
    assert!(why["rows"][0]["why"].as_str().unwrap().contains("not there any more"), "{why}");
    let notice = async {
        loop {
            if let UiEvent::Thawed { id, name, objects, ends_at } = heard.recv().await.unwrap() {
                return (id, name, objects, ends_at.is_some());
            }
        }
    };
    let notice = tokio::time::timeout(Duration::from_secs(30), notice).await.unwrap();
    assert_eq!(notice, (id.as_str().unwrap().to_owned(), "job".to_owned(), 1, true));
    assert_eq!(
        ready["ends_at"],
        call(&house, "thaw_items", json!({ "id": id, "offset": 2, "limit": 1 })).await["rows"][0]["ends_at"]
    );
}

/// Copies are asked for longer, and end.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_copies_are_made_to_last_longer_and_end() {
    let house = house(Duration::from_millis(200), Duration::from_secs(5)).await;
    put(&house, "job/a", "GLACIER", b"a").await;
    put(&house, "job/b", "INTELLIGENT_TIERING", b"b").await;
    house.server.archive(BUCKET, "job/b", ArchiveTier::Archive).await.unwrap();
    let id = plan(&house, &["job/a"]).await["id"].clone();
    start(&house, &id, "standard", 1, json!({ "kind": "tell" })).await;
    let ready = batch(&house, &id, "ready").await;
    assert_eq!(ready["can_extend"], true);
    let before = ready["ends_at"].as_i64().unwrap();
    call(&house, "extend_thaw", json!({ "id": id, "days": 2 })).await;
    let longer = async || row(&house, &id).await.unwrap()["ends_at"].as_i64().unwrap() > before;
    house.until("it lasts longer", longer).await;
    assert_eq!(row(&house, &id).await.unwrap()["days"], 2);
    let past = batch(&house, &id, "past").await;
    assert_eq!(past["ready"], 0);
    assert_eq!(items(&house, &id).await, told(&[("a", "ended")]));

    // What leaves a tier of Intelligent-Tiering stays, so nothing can be extended and nothing ends.
    let id = plan(&house, &["job/b"]).await["id"].clone();
    start(&house, &id, "standard", 1, json!({ "kind": "tell" })).await;
    let ready = batch(&house, &id, "ready").await;
    assert_eq!(
        (&ready["ends_at"], &ready["days"], &ready["can_extend"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    let error = house.core().api.call("extend_thaw", json!({ "id": id, "days": 2 })).await.unwrap_err();
    assert_eq!(serde_json::to_value(error.code).unwrap(), "conflict");
    let to = house.path("later");
    std::fs::create_dir(&to).unwrap();
    call(&house, "download_thaw", json!({ "id": id, "to": to.to_str().unwrap() })).await;
    batch(&house, &id, "past").await;
    assert_eq!(std::fs::read(to.join("b")).unwrap(), b"b");
}

/// An archived object and another one are deleted, and the restore of both is planned.
async fn planned_restore(house: &House) -> Value {
    house.keep_versions().await;
    put(house, "job/cold", "GLACIER", b"ice").await;
    house.put("job/warm", b"warm").await;
    for key in ["job/cold", "job/warm"] {
        house.raw.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    }
    let request = json!({ "request": {
        "kind": "restore", "connection": "c", "bucket": BUCKET, "to_bucket": BUCKET,
        "roots": [{ "from": "job/", "to": "job/" }], "if_taken": "skip", "edit": [],
        "restore": {
            "version": null, "moment": null, "deleted": true, "undelete": "copy", "changed": true, "added": "keep",
            "rewritten": false, "but": [],
        },
    }});
    let job = call(house, "plan_job", request).await["id"].clone();
    let ready = async || call(house, "job", json!({ "id": job })).await["state"] == "ready";
    house.until("it is planned", ready).await;
    job
}

/// A restore that left archived versions: they thaw, and it is planned again and done by itself.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_a_restore_thaws_what_it_left_and_is_done_again_by_itself() {
    let mut house = house(Duration::from_millis(1500), DAY).await;
    let job = planned_restore(&house).await;
    let stands = async |id: &Value| call(&house, "job", json!({ "id": id })).await["state"].clone();
    call(&house, "start_job", json!({ "id": job, "typed": null })).await;
    house.until("it is done", async || stands(&job).await == "done").await;
    assert_eq!(house.object("job/cold").await, None);
    assert_eq!(house.object("job/warm").await.unwrap(), b"warm");

    let ask = json!({ "connection": "c", "bucket": BUCKET, "from": { "kind": "job", "id": job } });
    let id = call(&house, "plan_thaw", ask).await["id"].clone();
    let planned = batch(&house, &id, "planned").await;
    assert_eq!((&planned["objects"], &planned["job"]), (&json!(1), &job));
    let rows = call(&house, "thaw_items", json!({ "id": id, "offset": 0, "limit": 9 })).await;
    assert!(rows["rows"][0]["version"].is_string(), "{rows}");
    start(&house, &id, "bulk", 2, json!({ "kind": "restore" })).await;
    batch(&house, &id, "thawing").await;
    house.stop().await;
    house.start().await;
    let past = batch(&house, &id, "past").await;
    let restored = past["restored_by"].clone();
    assert_ne!(restored, job);
    let done = call(&house, "job", json!({ "id": restored })).await;
    assert_eq!((&done["state"], &done["done"], &done["left"]), (&json!("done"), &json!(1), &json!(0)));
    let head = house.raw.head_object().bucket(BUCKET).key("job/cold").send().await.unwrap();
    assert_eq!(head.content_length(), Some(3), "it is there again");
}

/// A restore that is only planned is thawed for and done, though its plan is forgotten by a restart.
#[tokio::test(flavor = "multi_thread")]
async fn hb23_a_restore_that_was_only_planned_is_done_once_what_it_needs_is_thawed() {
    let mut house = house(Duration::from_millis(1500), DAY).await;
    let job = planned_restore(&house).await;
    let ask = json!({ "connection": "c", "bucket": BUCKET, "from": { "kind": "job", "id": job } });
    let id = call(&house, "plan_thaw", ask).await["id"].clone();
    batch(&house, &id, "planned").await;
    start(&house, &id, "bulk", 2, json!({ "kind": "restore" })).await;
    batch(&house, &id, "thawing").await;
    house.stop().await;
    house.start().await;
    let jobs = call(&house, "jobs", json!({})).await;
    assert!(!jobs.as_array().unwrap().iter().any(|row| row["id"] == job), "its plan is forgotten: {jobs}");
    batch(&house, &id, "past").await;
    assert_eq!(house.object("job/warm").await.unwrap(), b"warm");
    let head = house.raw.head_object().bucket(BUCKET).key("job/cold").send().await.unwrap();
    assert_eq!(head.content_length(), Some(3), "it is there again");
}

/// Stopped, nothing more is asked for; what makes no sense is refused in words, and prices are known by speed or said to be unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_stopped_and_what_makes_no_sense_is_refused() {
    let house = house(DAY, DAY).await;
    put(&house, "job/a", "GLACIER", &[7; 20]).await;
    house.put("job/warm", b"warm").await;
    let host = house.server.endpoint().trim_start_matches("http://").to_owned();
    let list = json!({
        "currency": "EUR", "date": "2026-11-01", "source": "https://prices.example", "bytes_per_gb": 10,
        "places": [{ "endpoint": host, "list_1000": "1", "egress": [{ "gb": "0.5" }], "classes": {
            "STANDARD": { "put_1000": "5", "get_1000": "0.4", "retrieve_gb": "0", "month_gb": "0.3" },
            "GLACIER": { "put_1000": "5", "get_1000": "0.4", "retrieve_gb": "2", "restore_1000": "1000",
                "month_gb": "0.1", "bulk": { "retrieve_gb": "0", "restore_1000": "500" } },
        } }],
    });
    std::fs::write(house.path("data").join("prices.json"), list.to_string()).unwrap();
    let refused = async |name: &str, args: Value| {
        let error = house.core().api.call(name, args).await.unwrap_err();
        serde_json::to_value(error.code).unwrap()
    };
    let ask =
        json!({ "connection": "c", "bucket": BUCKET, "from": { "kind": "roots", "roots": ["job/warm"] } });
    let warm = call(&house, "plan_thaw", ask).await["id"].clone();
    let failed = batch(&house, &warm, "failed").await;
    assert!(
        failed["error"]["message"].as_str().unwrap().starts_with("Nothing of it is archived"),
        "{failed}"
    );

    let id = plan(&house, &["job/a"]).await["id"].clone();
    let offers = call(&house, "thaw_offers", json!({ "id": id, "days": 10 })).await;
    // One request at 1, 2 GB at 2, and 2 GB kept for a third of a month at 0.3.
    assert_eq!(
        (&offers[1]["price"]["kind"], &offers[1]["price"]["amount"]),
        (&json!("known"), &json!(5_200_000_000u64))
    );
    assert_eq!(offers[2]["price"]["amount"], 700_000_000);
    assert_eq!((&offers[0]["price"]["kind"], &offers[0]["refused"]), (&json!("unknown"), &json!("")));
    assert!(offers[0]["price"]["why"].as_str().unwrap().contains("Expedited"), "{offers}");
    assert!(offers[1]["least_seconds"].as_u64() <= offers[1]["most_seconds"].as_u64());
    let tell = json!({ "kind": "tell" });
    let how = |days: u32, then: &Value| json!({ "id": id, "speed": "bulk", "days": days, "then": then });
    assert_eq!(refused("start_thaw", how(0, &tell)).await, "bad_request");
    assert_eq!(refused("start_thaw", how(1, &json!({ "kind": "restore" }))).await, "bad_request");
    assert_eq!(
        refused("start_thaw", how(1, &json!({ "kind": "download", "to": "not/whole" }))).await,
        "bad_request"
    );
    assert_eq!(refused("download_thaw", json!({ "id": id, "to": "/tmp" })).await, "conflict");
    assert_eq!(refused("faster_thaw", json!({ "id": id, "speed": "standard" })).await, "conflict");
    assert_eq!(asked(&house, "job/a"), 0);
    call(&house, "start_thaw", how(10, &tell)).await;
    let thawing = batch(&house, &id, "thawing").await;
    assert_eq!((&thawing["price"]["amount"], &thawing["can_hurry"]), (&json!(700_000_000), &json!(true)));
    assert_eq!(call(&house, "thaws", json!({})).await["month"], 700_000_000);
    assert_eq!(refused("drop_thaw", json!({ "id": id })).await, "conflict");
    assert_eq!(refused("start_thaw", how(10, &tell)).await, "conflict");
    assert_eq!(refused("faster_thaw", json!({ "id": id, "speed": "bulk" })).await, "bad_request");
    call(&house, "faster_thaw", json!({ "id": id, "speed": "standard" })).await;
    let quicker = async || row(&house, &id).await.unwrap()["speed"] == "standard";
    house.until("it was asked for more quickly", quicker).await;
    assert_eq!(asked(&house, "job/a"), 2);
    let hurried = row(&house, &id).await.unwrap();
    assert_eq!(
        (&hurried["price"]["amount"], &hurried["can_hurry"]),
        (&json!(5_700_000_000u64), &json!(true))
    );
    call(&house, "stop_thaw", json!({ "id": id })).await;
    batch(&house, &id, "stopped").await;
    assert_eq!(refused("stop_thaw", json!({ "id": id })).await, "conflict");
    let board = call(&house, "thaws", json!({})).await;
    assert_eq!((board["open"].as_array().unwrap().len(), &board["currency"]), (0, &json!("EUR")));
    assert_eq!(board["month"], 5_700_000_000u64, "stopped, it is paid for all the same");
    call(&house, "drop_thaw", json!({ "id": id })).await;
}
