//! The API on the real journal, engine, disk, S3 client and practice bucket.
#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use windlass_api::dto::ListingWindow;
use windlass_api::{ErrorCode, UiEvent};
use windlass_compose::{ComposeOptions, Core};

async fn open(folder: &tempfile::TempDir) -> Core {
    let options = ComposeOptions { data_dir: Some(folder.path().join("data")), ..ComposeOptions::default() };
    windlass_compose::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_do_not_fit_are_refused_and_the_field_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let core = open(&folder).await;
    let api = Arc::clone(&core.api);
    let unknown = api.call("format_disk", json!({})).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::BadRequest);
    let missing = api.call("buckets", json!({})).await.unwrap_err();
    assert_eq!(missing.code, ErrorCode::BadRequest);
    assert!(missing.message.contains("`connection`"), "{}", missing.message);
    let wrong = api.call("buckets", json!({ "connection": 7 })).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::BadRequest);
    assert!(wrong.message.contains("`connection`"), "{}", wrong.message);
    assert_eq!(api.call("buckets", json!([])).await.unwrap_err().code, ErrorCode::BadRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_practice_bucket_is_listed_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let core = open(&folder).await;
    let api = Arc::clone(&core.api);
    let mut events = api.subscribe();
    let row = api.call("start_practice", json!({})).await.unwrap();
    let connection = row["id"].clone();
    let buckets = api.call("buckets", json!({ "connection": connection })).await.unwrap();
    let bucket = buckets[0]["name"].clone();
    let place = json!({ "connection": connection, "bucket": bucket, "prefix": "", "refresh": false });
    let summary = api.call("open_listing", place).await.unwrap();
    let window = loop {
        let ask = json!({
            "id": summary["id"], "offset": 0, "limit": 100, "sort": "name", "descending": false, "filter": "",
        });
        let window: ListingWindow =
            serde_json::from_value(api.call("listing_window", ask).await.unwrap()).unwrap();
        assert_eq!(window.summary.error, None);
        if window.summary.complete {
            break window;
        }
        // A hint says when to look again; the time-out is only for a hint that came before we listened.
        let _hint: Result<Result<UiEvent, _>, _> =
            tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
    };
    assert!(!window.rows.is_empty());
    assert_eq!(window.rows.len() as u64, window.summary.count);
    let gone =
        json!({ "id": "999999", "offset": 0, "limit": 1, "sort": "name", "descending": false, "filter": "" });
    assert_eq!(api.call("listing_window", gone).await.unwrap_err().code, ErrorCode::NotFound);
}
