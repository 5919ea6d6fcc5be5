//! A list is filled while somebody looks at it, and no longer; whoever comes back goes on where it stopped.
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::{Value, json};
use windlass_practice::{Fault, Op, Profile, Rule, When};

use crate::house::{BUCKET, House};

/// Three pages.
const OBJECTS: usize = 2_100;

async fn house() -> House {
    let house = House::new(Profile::Aws).await;
    let there = &house;
    let put = |n: usize| async move { there.put(&format!("raw/{n:05}"), b"x").await };
    futures::stream::iter(0..OBJECTS).for_each_concurrent(16, put).await;
    house
}

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

async fn open(house: &House) -> Value {
    let place = json!({ "connection": "c", "bucket": BUCKET, "prefix": "raw/", "refresh": false });
    call(house, "open_listing", place).await
}

async fn close(house: &House, list: &Value) {
    call(house, "close_listing", json!({ "id": list["id"] })).await;
}

async fn window(house: &House, list: &Value) -> Value {
    let ask = json!({
        "id": list["id"], "offset": 0, "limit": 1, "sort": "name", "descending": true, "filter": "",
    });
    call(house, "listing_window", ask).await
}

fn lists(house: &House) -> usize {
    let of_level = |op: Op, query: &str| op == Op::ListObjects && query.contains("delimiter");
    house.server.request_log().iter().filter(|r| of_level(r.operation, &r.query)).count()
}

/// The second page of a list takes this long.
fn slow_second_page(house: &House, delay: Duration) {
    house.server.faults().add(Rule::on(
        Op::ListObjects,
        When::Nth(2),
        Fault::Slow { delay, bytes_per_sec: None },
    ));
}

/// B1: opening answers with the first page, while the second one is still on its way.
#[tokio::test(flavor = "multi_thread")]
async fn opening_a_list_answers_with_its_first_page() {
    let house = house().await;
    slow_second_page(&house, Duration::from_secs(600));
    let list = open(&house).await;
    assert_eq!((&list["count"], &list["complete"]), (&json!(1000), &json!(false)));
}

/// B1: what nobody looks at costs no further request, and it stops at once; the pages that came are not asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_left_stops_and_goes_on_where_it_was() {
    let house = house().await;
    slow_second_page(&house, Duration::from_secs(600));
    let list = open(&house).await;
    let again = open(&house).await;
    assert_eq!(again["id"], list["id"]);
    close(&house, &again).await;
    house.until("the second page is asked for", async || house.server.faults().fired() == 1).await;
    assert_eq!(window(&house, &list).await["summary"]["complete"], json!(false));
    close(&house, &list).await;
    house.server.faults().clear();
    let began = Instant::now();
    let list = open(&house).await;
    house
        .until("it is whole", async || window(&house, &list).await["summary"]["complete"] == json!(true))
        .await;
    assert!(began.elapsed() < Duration::from_secs(60), "the request that hung was given up");
    let seen = window(&house, &list).await;
    assert_eq!((&seen["summary"]["count"], &seen["rows"][0]["key"]), (&json!(OBJECTS), &json!("raw/02099")));
    // Each page was answered once: the second one was given up before.
    assert_eq!(lists(&house), 3);
}

/// B1: whoever comes and goes quickly, in several windows, waits for nobody, and the list becomes whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn coming_and_going_at_once_stops_nobody_and_loses_no_page() {
    let house = house().await;
    let delay = Duration::from_millis(20);
    house.server.faults().add(Rule::on(
        Op::ListObjects,
        When::Always,
        Fault::Slow { delay, bytes_per_sec: None },
    ));
    let come_and_go = |_| async {
        for _ in 0..100 {
            let list = open(&house).await;
            close(&house, &list).await;
        }
    };
    let all = futures::stream::iter(0..8).for_each_concurrent(None, come_and_go);
    assert!(tokio::time::timeout(Duration::from_secs(60), all).await.is_ok(), "somebody waits for ever");
    let list = open(&house).await;
    house
        .until("it is whole", async || window(&house, &list).await["summary"]["complete"] == json!(true))
        .await;
    assert_eq!(window(&house, &list).await["summary"]["count"], json!(OBJECTS));
}
