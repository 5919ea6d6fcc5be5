//! What a listing costs this process, the way the app does it: a core on a data folder, the level opened through the API,
//! pages from the server into the journal, windows of rows out of it.
//!
//! ```text
//! null_s3 --list 1000000 &       # prints its endpoint
//! list_into_journal DATA list http://127.0.0.1:PORT    # lists bucket `list` into the journal in DATA
//! list_into_journal DATA open http://127.0.0.1:PORT    # opens that listing again and scrolls through it
//! list_into_journal DATA index http://127.0.0.1:PORT   # indexes the bucket in DATA, then searches it as a person types
//! list_into_journal DATA time http://127.0.0.1:PORT    # reads the versions of bucket `versions`, then drags the slider over them
//! ```
//! Prints one line of JSON. Credentials come from the environment.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement may stop")]
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_compose::{ComposeOptions, Core};
use windlass_ports::{Connection, CredentialSource};

/// Rows of a window, as the user interface asks for them.
const ROWS: u64 = 200;
/// Windows that are read while scrolling.
const WINDOWS: u64 = 200;
const CONNECTION: &str = "bench";
const BUCKET: &str = "list";

/// CPU time of this process so far.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    // The 14th and 15th field of the line are user and system time, in hundredths of a second.
    after.split(' ').skip(11).take(2).map(|f| f.parse::<f64>().unwrap_or(0.0) / 100.0).sum()
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

async fn window(core: &Core, id: &Value, offset: u64) -> (Value, Duration) {
    let ask = json!({
        "id": id, "offset": offset, "limit": ROWS, "sort": "name", "descending": false, "filter": "",
    });
    let began = Instant::now();
    let window = core.api.call("listing_window", ask).await.unwrap();
    (window, began.elapsed())
}

/// The value at a JSON pointer; null when there is none.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn rows(window: &Value) -> usize {
    at(window, "/rows").as_array().map_or(0, Vec::len)
}

/// Waits for the whole listing, and looks at the first window now and then, as a person does who waits for it.
async fn list(core: &Core, id: &Value, began: Instant) -> Value {
    let mut events = core.api.subscribe();
    let mut first_rows = None;
    let last = loop {
        let (seen, _) = window(core, id, 0).await;
        assert!(at(&seen, "/summary/error").is_null(), "{}", at(&seen, "/summary/error"));
        if rows(&seen) > 0 {
            first_rows.get_or_insert_with(|| began.elapsed());
        }
        if *at(&seen, "/summary/complete") == json!(true) {
            break seen;
        }
        // A hint says when to look again; the time-out is only for one that came before we listened.
        let _hint = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
    };
    json!({
        "keys": at(&last, "/summary/count"), "wall_s": began.elapsed().as_secs_f64(), "cpu_s": cpu(),
        "first_rows_ms": millis(first_rows.unwrap_or_default()),
    })
}

/// The first window after opening, and windows at places all over the list.
async fn scroll(core: &Core, id: &Value, began: Instant) -> Value {
    let (seen, _) = window(core, id, 0).await;
    let opened = began.elapsed();
    let count = at(&seen, "/summary/count").as_u64().unwrap_or(0);
    let mut times = Vec::new();
    for number in 0..WINDOWS {
        // A step without a common factor visits places in no order.
        let offset = number.wrapping_mul(7_919_317) % count.saturating_sub(ROWS).max(1);
        let (seen, time) = window(core, id, offset).await;
        assert_eq!(rows(&seen) as u64, ROWS.min(count), "a whole window at {offset}");
        times.push(time);
    }
    times.sort();
    let share = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    json!({
        "keys": count, "open_ms": millis(opened), "window_p50_ms": millis(share(50)), "window_p95_ms": millis(share(95)),
        "cpu_s": cpu(),
    })
}

/// The bucket as an index, then questions of all kinds, each as far as the rows that the window would show.
async fn index(core: &Core, began: Instant) -> Value {
    let mut events = core.api.subscribe();
    let place = json!({ "connection": CONNECTION, "bucket": BUCKET, "prefix": "" });
    core.api.call("start_index", place).await.unwrap();
    let whole = loop {
        let rows = core.api.call("indexes", json!({})).await.unwrap();
        assert!(at(&rows, "/0/error").is_null(), "{rows}");
        if *at(&rows, "/0/complete") == json!(true) {
            break at(&rows, "/0").clone();
        }
        let _hint = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
    };
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu());
    let ask = |text: &str| json!({ "text": text, "scope": { "connection": null, "bucket": null, "prefix": "" }, "offset": 0, "limit": ROWS });
    let warm = Instant::now();
    while *at(&core.api.call("search", ask("0")).await.unwrap(), "/behind") != json!(0) {
        let _hint = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
    }
    let warm = warm.elapsed();
    let mut times = Vec::new();
    for number in 0..300_u32 {
        let part = number.wrapping_mul(7_919) % 1_000_000;
        let text = match number % 6 {
            0 => format!("{part}"),
            1 => format!("{:03} {}", part % 1000, part % 7),
            2 => format!("size:>{part}"),
            3 => format!("none of {part}"),
            4 => format!("{}", part % 10),
            _ => format!("{:04} -9", part % 10_000),
        };
        let asked = Instant::now();
        core.api.call("search", ask(&text)).await.unwrap();
        times.push(asked.elapsed());
    }
    times.sort();
    let share = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    json!({
        "keys": at(&whole, "/objects"), "requests": at(&whole, "/requests"), "wall_s": wall, "cpu_s": cpu,
        "warm_ms": millis(warm), "search_p50_ms": millis(share(50)), "search_p95_ms": millis(share(95)),
    })
}

/// The version index of a bucket, then the slider dragged over all of its time, and plans at some of the moments.
async fn time(core: &Core, began: Instant) -> Value {
    let mut events = core.api.subscribe();
    let place = json!({ "connection": CONNECTION, "bucket": "versions", "prefix": "" });
    core.api.call("start_history", place.clone()).await.unwrap();
    loop {
        let rows = core.api.call("histories", json!({})).await.unwrap();
        assert!(at(&rows, "/0/error").is_null(), "{rows}");
        if *at(&rows, "/0/complete") == json!(true) {
            break;
        }
        let _hint = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu());
    let opening = Instant::now();
    let place = core.api.call("open_time", place).await.unwrap();
    let opened = opening.elapsed();
    let id = at(&place, "/index/id");
    let (first, last) = (at(&place, "/first").as_i64().unwrap(), at(&place, "/last").as_i64().unwrap());
    let choice = json!({
        "deleted": true, "undelete": "copy", "changed": true, "added": "keep", "rewritten": false, "but": [],
    });
    let (mut drags, mut rows, mut plans) = (Vec::new(), Vec::new(), Vec::new());
    let mut differing = 0;
    for number in 0..300_i64 {
        let moment = first + (last - first) / 300 * number;
        let ask = json!({ "id": id, "prefix": "", "moment": moment });
        let asked = Instant::now();
        let counts = core.api.call("time_counts", ask).await.unwrap();
        drags.push(asked.elapsed());
        differing += at(&counts, "/deleted/objects").as_u64().unwrap()
            + at(&counts, "/changed/objects").as_u64().unwrap();
        if number % 10 == 0 {
            let ask = json!({
                "id": id, "prefix": "", "moment": moment, "show": "differences", "text": "", "offset": number,
                "limit": ROWS,
            });
            let asked = Instant::now();
            core.api.call("time_window", ask).await.unwrap();
            rows.push(asked.elapsed());
            let ask = json!({ "id": id, "prefix": "", "moment": moment, "choice": choice });
            let asked = Instant::now();
            core.api.call("time_plan", ask).await.unwrap();
            plans.push(asked.elapsed());
        }
    }
    assert!(differing > 0, "nothing ever differs");
    let share = |times: &mut Vec<Duration>, share: usize| {
        times.sort();
        millis(times.get(times.len() * share / 100).copied().unwrap_or_default())
    };
    json!({
        "versions": at(&place, "/index/versions"), "keys": at(&place, "/index/keys"), "requests": at(&place, "/index/requests"),
        "wall_s": wall, "cpu_s": cpu, "open_ms": millis(opened), "drag_p50_ms": share(&mut drags, 50),
        "drag_p95_ms": share(&mut drags, 95), "drag_max_ms": share(&mut drags, 99), "rows_p95_ms": share(&mut rows, 95),
        "plan_max_ms": share(&mut plans, 99),
    })
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let data = args.next().expect("a data folder");
    let what = args.next().expect("list, open, index or time");
    let endpoint = args.next().expect("the endpoint of a null_s3");
    let options = ComposeOptions { data_dir: Some(data.into()), ..ComposeOptions::default() };
    let core = windlass_compose::start(options).await.unwrap();
    core.catalog
        .save_connection(Connection {
            id: CONNECTION.to_owned(),
            name: CONNECTION.to_owned(),
            source: CredentialSource::DefaultChain,
            endpoint: Some(endpoint),
            region: Some("us-east-1".to_owned()),
            start_in: String::new(),
            position: 0,
        })
        .await
        .unwrap();
    let began = Instant::now();
    if what == "index" {
        println!("{}", index(&core, began).await);
        core.shutdown().await;
        return;
    }
    if what == "time" {
        println!("{}", time(&core, began).await);
        core.shutdown().await;
        return;
    }
    let place =
        json!({ "connection": CONNECTION, "bucket": BUCKET, "prefix": "", "refresh": what == "list" });
    let summary = core.api.call("open_listing", place).await.unwrap();
    let id = at(&summary, "/id");
    let said = if what == "list" { list(&core, id, began).await } else { scroll(&core, id, began).await };
    println!("{said}");
    core.shutdown().await;
}
