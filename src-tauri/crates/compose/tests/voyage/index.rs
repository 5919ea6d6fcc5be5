//! A bucket is indexed page by page and searched; what goes wrong on the way costs no page twice.
use futures::StreamExt as _;
use serde_json::{Value, json};
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{House, status};

/// Three pages.
const OBJECTS: usize = 2_100;

async fn house() -> House {
    let house = House::new(Profile::Aws).await;
    let keys = (0..OBJECTS).map(|n| format!("job/{}/IMG_{n:05}.JPG", n / 700));
    let there = &house;
    let put = |key: String| async move { there.put(&key, b"x").await };
    futures::stream::iter(keys).for_each_concurrent(16, put).await;
    house
}

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn start(house: &House) -> Value {
    call(house, "start_index", json!({ "connection": "c", "bucket": crate::house::BUCKET, "prefix": "" }))
        .await
}

async fn only(house: &House) -> Value {
    call(house, "indexes", json!({})).await[0].clone()
}

async fn search(house: &House, text: &str) -> Value {
    let scope = json!({ "connection": "c", "bucket": crate::house::BUCKET, "prefix": "" });
    let args = json!({ "text": text, "scope": scope, "offset": 0, "limit": 10 });
    house
        .until("all of it is in memory", async || {
            call(house, "search", args.clone()).await["behind"] == json!(0)
        })
        .await;
    call(house, "search", args).await
}

fn lists(house: &House) -> usize {
    house
        .server
        .request_log()
        .iter()
        .filter(|r| r.operation == Op::ListObjects && !r.query.contains("delimiter"))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_indexed_and_searched_and_its_cost_is_told() {
    let house = house().await;
    let before = lists(&house);
    start(&house).await;
    house.until("it is whole", async || only(&house).await["complete"] == json!(true)).await;
    let index = only(&house).await;
    assert_eq!(
        (&index["objects"], &index["requests"], &index["running"]),
        (&json!(OBJECTS), &json!(3), &json!(false))
    );
    assert_eq!(lists(&house) - before, 3, "three pages are three requests");
    let found = search(&house, "img_0014 job/0").await;
    assert_eq!(
        (&found["count"], &found["bytes"], &found["searched"]),
        (&json!(10), &json!(10), &json!(OBJECTS))
    );
    assert_eq!(
        found["lines"][0],
        json!({ "type": "prefix", "connection": "c", "bucket": crate::house::BUCKET, "prefix": "job/0/", "name": "job/0/", "count": 10 })
    );
    assert_eq!(found["lines"][1]["row"]["key"], "job/0/IMG_00140.JPG");
    let ask =
        json!({ "connection": "c", "bucket": crate::house::BUCKET, "prefixes": ["job/", "job/2/", "none/"] });
    let sizes = call(&house, "prefix_sizes", ask).await;
    assert_eq!(sizes["sizes"][0]["objects"], json!(OBJECTS));
    assert_eq!((&sizes["sizes"][1]["bytes"], &sizes["sizes"][2]["objects"]), (&json!(700), &json!(0)));

    // What a person deletes is found no more.
    let keys = json!(["job/0/IMG_00140.JPG"]);
    call(
        &house,
        "delete_objects",
        json!({ "connection": "c", "bucket": crate::house::BUCKET, "keys": keys }),
    )
    .await;
    assert_eq!(search(&house, "img_0014 job/0").await["count"], json!(9));
    let nonsense = house
        .core()
        .api
        .call("search", json!({ "text": "size:huge", "scope": { "connection": null, "bucket": null, "prefix": "" }, "offset": 0, "limit": 1 }))
        .await
        .unwrap_err();
    assert!(nonsense.message.contains("size:>10mb"), "{}", nonsense.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_patience_is_asked_again_for_the_same_page() {
    let house = house().await;
    house.fault(Op::ListObjects, When::Nth(2), status(503, "SlowDown"));
    house.fault(Op::ListObjects, When::Nth(4), Fault::CutBeforeCommit);
    start(&house).await;
    house.until("it is whole", async || only(&house).await["complete"] == json!(true)).await;
    let index = only(&house).await;
    assert_eq!(
        (&index["objects"], &index["requests"], &index["error"]),
        (&json!(OBJECTS), &json!(3), &json!(null))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_goes_on_where_it_stopped_also_after_a_restart() {
    let mut house = house().await;
    house.fault(Op::ListObjects, When::Nth(3), status(403, "AccessDenied"));
    start(&house).await;
    house.until("it stands", async || only(&house).await["error"] != json!(null)).await;
    let stands = only(&house).await;
    assert_eq!(
        (&stands["objects"], &stands["running"], &stands["complete"]),
        (&json!(2_000), &json!(false), &json!(false))
    );
    assert_eq!(stands["error"]["code"], "no_permission");
    assert_eq!(search(&house, "img_01999").await["count"], json!(1), "what is in it is searched");
    house.stop().await;
    house.start().await;
    let before = lists(&house);
    start(&house).await;
    house.until("it is whole", async || only(&house).await["complete"] == json!(true)).await;
    assert_eq!(lists(&house) - before, 1, "only what was left is listed");
    assert_eq!(only(&house).await["requests"], json!(3));
    assert_eq!(search(&house, "img").await["count"], json!(OBJECTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_stopped_and_dropped_at_once() {
    let house = house().await;
    // No answer comes: stopping does not wait for one.
    house.fault(
        Op::ListObjects,
        When::Always,
        Fault::Slow { delay: std::time::Duration::from_secs(20), bytes_per_sec: None },
    );
    let index = start(&house).await;
    call(&house, "stop_index", json!({ "id": index["id"] })).await;
    let began = std::time::Instant::now();
    house.until("it stands", async || only(&house).await["running"] == json!(false)).await;
    assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
    call(&house, "drop_index", json!({ "id": index["id"] })).await;
    assert_eq!(call(&house, "indexes", json!({})).await, json!([]));
}
