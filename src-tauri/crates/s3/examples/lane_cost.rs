//! What a call costs this process in CPU, the short way and through the SDK, on a server in another process:
//!
//! ```text
//! null_s3 --list 100000 &        # prints its endpoint
//! lane_cost http://127.0.0.1:PORT [objects] [big-object-bytes]
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement may stop")]
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;
use windlass_domain::{Bucket, Capabilities, Crc64Nvme, ObjectKey, RemoteExpect, Support};
use windlass_ports::remote::Depth;
use windlass_ports::{CredentialSource, PutBody, RemoteBrowse as _, RemoteStore as _, Secret};
use windlass_s3::{Access, S3Client};

/// Requests in flight.
const LANES: usize = 16;

/// Time in our own code and in the system.
fn cpu() -> (Duration, Duration) {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    // The 14th and 15th field of the line are user and system time, in hundredths of a second.
    let mut ticks = after.split(' ').skip(11).map(|f| f.parse::<u64>().unwrap_or(0));
    let mut next = || Duration::from_millis(ticks.next().unwrap_or(0) * 10);
    (next(), next())
}

async fn puts(client: &S3Client, way: &str, count: usize, bytes: usize) {
    let capabilities = Capabilities {
        crc64nvme: Support::Yes,
        crc64nvme_multipart: Support::Yes,
        ..Capabilities::default()
    };
    let store = Arc::new(client.bucket(&Bucket::new("bench"), capabilities));
    // Every key is new to the server, in a second run as well.
    let run = std::process::id();
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (store, way) = (Arc::clone(&store), way.to_owned());
        let body = Bytes::from(vec![lane.to_le_bytes().first().copied().unwrap_or(0); bytes]);
        lanes.spawn(async move {
            for n in (lane..count).step_by(LANES) {
                let key = ObjectKey::parse(&format!("{run}/{way}/{bytes}/{n:07}")).unwrap();
                let body = PutBody { crc: Crc64Nvme::of(&body), bytes: body.clone(), flow: None };
                store.put(&key, body, &RemoteExpect::Absent, "bench").await.unwrap();
            }
        });
    }
    while let Some(done) = lanes.join_next().await {
        done.unwrap();
    }
}

async fn parts(client: &S3Client, way: &str, total: u64) {
    const PART: usize = 8 << 20;
    let capabilities = Capabilities { crc64nvme_multipart: Support::Yes, ..Capabilities::default() };
    let store = Arc::new(client.bucket(&Bucket::new("bench"), capabilities));
    let key = ObjectKey::parse(&format!("{way}/big")).unwrap();
    let upload = store.open_upload(&key, "bench").await.unwrap();
    let count = u32::try_from(total / PART as u64).unwrap_or(u32::MAX).max(1);
    let mut lanes = JoinSet::new();
    for lane in 0..4 {
        let (store, key, upload) = (Arc::clone(&store), key.clone(), upload.clone());
        lanes.spawn(async move {
            let body = Bytes::from(vec![7u8; PART]);
            for n in (lane..count).step_by(4) {
                let body = PutBody { crc: Crc64Nvme::of(&body), bytes: body.clone(), flow: None };
                store.send_part(&key, &upload, n + 1, body).await.unwrap();
            }
        });
    }
    while let Some(done) = lanes.join_next().await {
        done.unwrap();
    }
    store.abort_upload(&key, &upload).await.unwrap();
}

async fn listed(client: &S3Client) -> u64 {
    let (browse, bucket) = (client.browse(), Bucket::new("list"));
    let (mut count, mut after) = (0, None);
    loop {
        let level = browse.level(&bucket, "", Depth::Deep, after.as_deref()).await.unwrap();
        count += level.entries.len() as u64;
        after = level.next;
        if after.is_none() {
            return count;
        }
    }
}

fn report(what: &str, way: &str, per: f64, unit: &str, before: ((Duration, Duration), Instant)) {
    let (user, system) = cpu();
    let (user, system) = ((user - before.0.0).as_secs_f64(), (system - before.0.1).as_secs_f64());
    let wall = before.1.elapsed().as_secs_f64();
    let each = (user + system) * 1e6 / per;
    println!(
        "{what:<16} {way:<6} {each:>9.2} µs CPU a {unit:<7} (user {user:.2} s, system {system:.2} s, wall {wall:.2} s)"
    );
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let endpoint = args.next().expect("the endpoint of a null_s3");
    let count: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let big: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(2 << 30);
    let client = S3Client::open(Access {
        source: CredentialSource::AccessKey { access_key: "bench".to_owned() },
        endpoint: Some(endpoint),
        region: None,
        secret: Some(Secret::new("bench".to_owned())),
        access_key: None,
        session_token: None,
    })
    .await
    .unwrap();
    for (way, client) in [("short", client.clone()), ("sdk", client.through_sdk())] {
        puts(&client, &format!("warm-{way}"), 200, 4096).await;
        let before = (cpu(), Instant::now());
        puts(&client, way, count, 4096).await;
        report("PUT 4 KiB", way, count as f64, "object", before);
        let before = (cpu(), Instant::now());
        let keys = listed(&client).await;
        report("listing", way, keys.max(1) as f64, "key", before);
        let before = (cpu(), Instant::now());
        parts(&client, way, big).await;
        report("parts of 8 MiB", way, big as f64 / f64::from(1 << 20), "MiB", before);
    }
}
