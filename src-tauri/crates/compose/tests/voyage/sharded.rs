//! A long listing goes with several listers. What it gives is what one lister gives, whatever happens on the way.
use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{BUCKET, House, status};

/// Keys of a page.
const PAGE: usize = 10;

async fn house(keys: &[String]) -> House {
    let house = House::new(Profile::Aws).await;
    let there = &house;
    let put = |key: String| async move { there.put(&key, b"x").await };
    futures::stream::iter(keys.to_vec()).for_each_concurrent(16, put).await;
    house.fault(Op::ListObjects, When::Always, Fault::ShortPages { most: PAGE });
    let delay = Duration::from_millis(60);
    house.fault(Op::ListObjects, When::Always, Fault::Slow { delay, bytes_per_sec: None });
    house
}

/// Folders of many sizes, numbers, signs and letters beyond those of English.
fn names() -> Vec<String> {
    let mut keys: Vec<String> = (0..500).map(|n| format!("job/DJI_{n:05}.JPG")).collect();
    keys.extend((0..120).map(|n| format!("job/{}/é{}/x{n}", ["a", "Zoo", "+1"][n % 3], n % 7)));
    keys.extend((0..30).map(|n| format!("job/\u{1F4F7}{n}")));
    keys.sort();
    keys
}

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn start(house: &House) {
    call(house, "start_index", json!({ "connection": "c", "bucket": BUCKET, "prefix": "job/" })).await;
}

async fn only(house: &House) -> Value {
    let all = call(house, "indexes", json!({})).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    all[0].clone()
}

async fn whole(house: &House) {
    house.until("it is whole", async || only(house).await["complete"] == json!(true)).await;
}

/// Keys as a search finds them.
async fn found(house: &House) -> Vec<String> {
    let scope = json!({ "connection": "c", "bucket": BUCKET, "prefix": "job/" });
    let args = json!({ "text": "job", "scope": scope, "offset": 0, "limit": 1000 });
    house
        .until("all of it is in memory", async || {
            call(house, "search", args.clone()).await["behind"] == json!(0)
        })
        .await;
    let window = call(house, "search", args).await;
    let lines = window["lines"].as_array().unwrap();
    lines.iter().filter_map(|line| line["row"]["key"].as_str()).map(str::to_owned).collect()
}

/// Queries of the listings that were answered.
fn lists(house: &House) -> Vec<String> {
    let log = house.server.request_log().into_iter();
    let deep = log.filter(|r| {
        r.operation == Op::ListObjects && !r.query.contains("delimiter") && !r.query.contains("probe")
    });
    deep.filter(|r| r.status == Some(200)).map(|r| r.query).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_listing_is_shared_out_and_gives_what_one_lister_gives() {
    let keys = names();
    let house = house(&keys).await;
    let before = lists(&house).len();
    house.fault(Op::ListObjects, When::Nth(30), status(503, "SlowDown"));
    start(&house).await;
    whole(&house).await;
    let index = only(&house).await;
    let asked: Vec<String> = lists(&house).split_off(before);
    assert_eq!(index["requests"], json!(asked.len()), "each is counted");
    assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len(), "no page is asked for twice");
    assert!(asked.iter().any(|query| query.contains("start-after")), "it was shared out");
    assert!(asked.len() < keys.len() / PAGE * 3 / 2, "{} requests", asked.len());
    assert_eq!(found(&house).await, keys);

    // The second time it is known that so few keys are not worth it.
    let (objects, before) = (json!(keys.len()), lists(&house).len());
    start(&house).await;
    house
        .until("it is made anew", async || {
            let all = call(&house, "indexes", json!({})).await;
            let all = all.as_array().unwrap();
            all.len() == 1 && all[0]["complete"] == json!(true) && all[0]["began_at"] != index["began_at"]
        })
        .await;
    assert!(lists(&house).split_off(before).iter().all(|query| !query.contains("start-after")));
    assert_eq!(only(&house).await["objects"], objects);
    assert_eq!(found(&house).await, keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lister_goes_on_where_it_stood_however_often_it_is_stopped() {
    let keys = names();
    let mut house = house(&keys).await;
    let before = lists(&house).len();
    house.fault(Op::ListObjects, When::Every(9), status(403, "AccessDenied"));
    let mut stops = 0;
    while stops == 0 || only(&house).await["complete"] == json!(false) {
        start(&house).await;
        house.until("it stands", async || only(&house).await["running"] == json!(false)).await;
        house.stop().await;
        house.start().await;
        stops += 1;
        assert!(stops < 60, "it never becomes whole");
    }
    assert!(stops > 5, "{stops}");
    let asked: Vec<String> = lists(&house).split_off(before);
    // What was on the way when it stopped is asked for again, and is kept once.
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(only(&house).await["requests"], json!(once.len()));
    assert!(asked.iter().any(|query| query.contains("start-after")), "it was shared out");
    assert_eq!(found(&house).await, keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_an_order_of_its_own_is_listed_by_one_lister() {
    // In order as far as the listing is shared out; then folders come before what a sign follows.
    let mut keys: Vec<String> = (0..300).map(|n| format!("job/{n:03}")).collect();
    keys.extend((300..340).flat_map(|n| [format!("job/{n}-x"), format!("job/{n}/x")]));
    let house = house(&keys).await;
    house.fault(Op::ListObjects, When::Always, Fault::TreeOrder);
    let before = lists(&house).len();
    start(&house).await;
    whole(&house).await;
    let asked: Vec<String> = lists(&house).split_off(before);
    assert!(asked.iter().any(|query| query.contains("start-after")), "it was shared out");
    let mut all = found(&house).await;
    all.sort();
    assert_eq!(all, keys, "each once");
    let pages = keys.len() / PAGE;
    let alone = &asked[asked.len() - pages..];
    assert!(alone.iter().all(|query| !query.contains("start-after")), "{alone:?}");
}
