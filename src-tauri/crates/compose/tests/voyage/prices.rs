//! Prices: what is counted is what the server is asked, and nothing is given as free that no list names.
use serde_json::{Value, json};
use windlass_practice::{Op, Profile};

use crate::house::{BUCKET, House};

async fn call(house: &House, name: &str, args: Value) -> Value {
    house.core().api.call(name, args).await.unwrap()
}

/// A list of the person's own with a price for the server of this house: a thousand requests of each kind cost a digit of
/// their own, and a "GB" is 10 bytes.
fn price_list(house: &House) {
    let endpoint = house.server.endpoint();
    let host = endpoint.trim_start_matches("http://");
    let list = json!({
        "currency": "EUR", "date": "2026-11-01", "source": "https://prices.example", "bytes_per_gb": 10,
        "places": [{
            "endpoint": host, "list_1000": "1", "egress": [{ "gb": "0.5" }],
            "classes": { "STANDARD": {
                "put_1000": "5", "get_1000": "0.4", "retrieve_gb": "0", "month_gb": "0.1", "min_days": 30
            } }
        }]
    });
    std::fs::write(house.path("data").join("prices.json"), list.to_string()).unwrap();
}

async fn list(house: &House, prefix: &str) {
    let args = json!({ "connection": "c", "bucket": BUCKET, "prefix": prefix, "refresh": true });
    let id = call(house, "open_listing", args).await["id"].clone();
    let ask =
        json!({ "id": id, "offset": 0, "limit": 10, "sort": "name", "descending": false, "filter": "" });
    house
        .until("it is listed", async || {
            call(house, "listing_window", ask.clone()).await["summary"]["complete"] == json!(true)
        })
        .await;
}

async fn download(house: &House, choice: Value) -> Value {
    call(house, "price_download", json!({ "connection": "c", "bucket": BUCKET, "choice": choice })).await
}

fn units(price: &Value, part: &str) -> u64 {
    let lines = price["lines"].as_array().unwrap();
    lines.iter().filter(|line| line["part"] == json!(part)).map(|line| line["units"].as_u64().unwrap()).sum()
}

async fn house() -> House {
    let house = House::new(Profile::Aws).await;
    for n in 0..3 {
        house.put(&format!("job/{n}.txt"), b"0123456789").await;
        house.put(&format!("job/deep/{n}.txt"), b"01234567890123456789").await;
    }
    list(&house, "job/").await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_of_a_download_counts_what_the_server_is_asked() {
    let house = house().await;
    price_list(&house);
    let keys = json!(["job/0.txt", "job/1.txt", "job/deep/"]);
    let choice = |look: bool| json!({ "prefix": "job/", "all": false, "keys": keys, "look": look });
    let told = house.server.request_log().len();
    let hint = download(&house, choice(false)).await;
    assert_eq!(house.server.request_log().len(), told, "a hint asks the server nothing");
    assert_eq!((&hint["objects"], &hint["bytes"], &hint["folders"]), (&json!(2), &json!(20), &json!(1)));
    let all = json!({ "prefix": "job/", "all": true, "keys": ["job/2.txt"], "look": false });
    assert_eq!(download(&house, all).await, hint);

    let whole = download(&house, choice(true)).await;
    assert_eq!((&whole["objects"], &whole["bytes"], &whole["folders"]), (&json!(5), &json!(80), &json!(0)));
    let price = &whole["price"];
    assert_eq!((&price["kind"], &price["currency"]), (&json!("known"), &json!("EUR")));
    // One LIST at 1 per 1,000, ten GETs and HEADs at 0.4 per 1,000, 80 bytes at 0.5 per ten.
    assert_eq!(price["amount"], json!(1_000_000u64 + 4_000_000 + 4_000_000_000));
    let before = house.server.request_log().len();
    let to = house.path("to");
    std::fs::create_dir(&to).unwrap();
    let args = json!({ "connection": "c", "bucket": BUCKET, "keys": keys, "to": to });
    call(&house, "download", args).await;
    house
        .until("all are here", async || {
            let args = json!({ "offset": 0, "limit": 1, "filter": "done" });
            call(&house, "transfers", args).await["counts"]["done"] == json!(5)
        })
        .await;
    let log = house.server.request_log();
    let since = |ops: &[Op]| log.iter().skip(before).filter(|r| ops.contains(&r.operation)).count() as u64;
    assert_eq!(since(&[Op::GetObject, Op::HeadObject]), units(price, "gets"));
    assert_eq!(since(&[Op::ListObjects]), units(price, "lists"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_copy_or_move_counts_no_less_than_the_server_is_asked() {
    let house = house().await;
    price_list(&house);
    let root = |from: &str, to: &str| json!({ "from": from, "to": to });
    let roots = json!([root("job/deep/", "job/moved/"), root("job/0.txt", "job/moved/0.txt")]);
    let request = json!({
        "kind": "move", "connection": "c", "bucket": BUCKET, "to_bucket": BUCKET, "roots": roots,
        "if_taken": "keep_both", "edit": []
    });
    let id = call(&house, "plan_job", json!({ "request": request })).await["id"].clone();
    let state = async |wanted: &str| call(&house, "job", json!({ "id": id })).await["state"] == json!(wanted);
    house.until("it is planned", || state("ready")).await;
    let price = call(&house, "price_job", json!({ "id": id })).await;
    assert_eq!(price["early"], json!([{ "class": "STANDARD", "objects": 4, "days": 30 }]), "{price}");
    let before = house.server.request_log().len();
    call(&house, "start_job", json!({ "id": id, "typed": null })).await;
    house.until("it is done", || state("done")).await;
    let log = house.server.request_log();
    let since = |ops: &[Op]| log.iter().skip(before).filter(|r| ops.contains(&r.operation)).count() as u64;
    assert_eq!(since(&[Op::CopyObject, Op::PutObject]), units(&price, "puts"));
    let asked = since(&[Op::GetObject, Op::HeadObject, Op::ObjectConfig]);
    let counted = units(&price, "gets");
    assert!(asked > 0 && asked <= counted, "{asked} requests, and {counted} in the price");
    // Deleting costs nothing, and its plan says what class has a least time.
    let request = json!({
        "kind": "delete", "connection": "c", "bucket": BUCKET, "to_bucket": BUCKET,
        "roots": [root("job/moved/", "job/moved/")], "if_taken": "skip", "edit": []
    });
    let id = call(&house, "plan_job", json!({ "request": request })).await["id"].clone();
    house
        .until("it is planned", async || {
            call(&house, "job", json!({ "id": id })).await["state"] == json!("ready")
        })
        .await;
    let price = call(&house, "price_job", json!({ "id": id })).await;
    assert_eq!((&price["kind"], &price["amount"]), (&json!("known"), &json!(0)));
    assert_eq!(price["early"][0]["objects"], json!(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_list_has_no_prices_and_a_broken_list_says_so() {
    let house = house().await;
    let choice =
        json!({ "prefix": "job/", "all": false, "keys": ["job/0.txt", "job/none.txt"], "look": false });
    let unlisted = download(&house, choice.clone()).await;
    let price = &unlisted["price"];
    assert_eq!(
        (&price["kind"], &price["amount"], &price["lines"]),
        (&json!("unlisted"), &json!(0), &json!([]))
    );
    let settings = call(&house, "price_settings", json!({})).await;
    assert_eq!((&settings["own"], &settings["ask_from"]), (&json!(false), &json!(1_000_000_000)));
    assert!(settings["file"].as_str().unwrap().ends_with("prices.json"), "{settings}");

    price_list(&house);
    let listed = download(&house, choice.clone()).await;
    assert_eq!(listed["price"]["kind"], json!("unknown"), "nobody knows the class of what no list has");
    let args = json!({ "connection": "c", "bucket": BUCKET, "requests": 3 });
    assert_eq!(call(&house, "price_listing", args.clone()).await["amount"], json!(3_000_000));

    std::fs::write(house.path("data").join("prices.json"), "{").unwrap();
    let broken = call(&house, "price_listing", args).await;
    assert_eq!((&broken["kind"], &broken["amount"]), (&json!("unknown"), &json!(0)));
    assert!(broken["why"].as_str().unwrap().contains("cannot be used"), "{broken}");
    assert_eq!(call(&house, "price_settings", json!({})).await["problem"], broken["why"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_from_how_many_bytes_on_they_are_asked() {
    let house = house().await;
    let choice = json!({ "prefix": "job/", "all": false, "keys": ["job/0.txt"], "look": true });
    let asks = async || download(&house, choice.clone()).await["ask"].clone();
    assert_eq!(asks().await, json!(false));
    for (from, ask) in [(json!(10), true), (json!(11), false), (json!(0), true), (json!(null), false)] {
        call(&house, "set_price_ask", json!({ "bytes": from })).await;
        assert_eq!(asks().await, json!(ask), "{from}");
        assert_eq!(call(&house, "price_settings", json!({})).await["ask_from"], from);
    }
}
