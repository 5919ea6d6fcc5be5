//! How many files a second a rename of a folder takes, the short way and through the SDK, on a server in another process:
//!
//! ```text
//! serve DIR 9000 KEY SECRET --no-sample &        # the example of windlass-practice
//! renames http://127.0.0.1:9000 KEY SECRET [files] [in flight]
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement may stop")]
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::task::JoinSet;
use windlass_domain::{Bucket, Crc64Nvme, ObjectKey, RemoteExpect, RemoteState};
use windlass_ports::{CredentialSource, PutBody, RemoteBrowse as _, RemoteStore as _, Secret};
use windlass_s3::{Access, S3Client, S3Store};

/// Time in our own code and in the system, in hundredths of a second.
fn ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    after.split(' ').skip(11).take(2).map(|f| f.parse::<u64>().unwrap_or(0)).sum()
}

fn key(folder: &str, n: usize) -> ObjectKey {
    ObjectKey::parse(&format!("{folder}/{n:06}.jpg")).unwrap()
}

async fn filled(store: &Arc<S3Store>, folder: &'static str, files: usize, lanes: usize) -> Vec<RemoteState> {
    let mut work = JoinSet::new();
    for lane in 0..lanes {
        let store = Arc::clone(store);
        work.spawn(async move {
            let mut states = Vec::new();
            for n in (lane..files).step_by(lanes) {
                let bytes = Bytes::from(format!("{n}").into_bytes());
                let body = PutBody { crc: Crc64Nvme::of(&bytes), bytes, flow: None };
                let state = store.put(&key(folder, n), body, &RemoteExpect::Absent, "bench").await.unwrap();
                states.push((n, state));
            }
            states
        });
    }
    let mut all: Vec<_> = work.join_all().await.into_iter().flatten().collect();
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, state)| state).collect()
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |n: usize| args.get(n).cloned();
    let endpoint = arg(0).expect("the endpoint");
    let (access_key, secret) = (arg(1).expect("the access key"), arg(2).expect("the secret"));
    let files: usize = arg(3).and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let lanes: usize = arg(4).and_then(|n| n.parse().ok()).unwrap_or(16);
    let client = S3Client::open(Access {
        source: CredentialSource::AccessKey { access_key },
        endpoint: Some(endpoint),
        region: None,
        secret: Some(Secret::new(secret)),
        access_key: None,
        session_token: None,
    })
    .await
    .unwrap();
    let bucket = Bucket::new(arg(5).unwrap_or_else(|| "renames".to_owned()));
    let found = client.browse().probe(&bucket, "", "renames", 1).await.unwrap();
    for (way, client) in [("short", client.clone()), ("sdk", client.through_sdk())] {
        let store = Arc::new(client.bucket(&bucket, found.clone()));
        let states = Arc::new(filled(&store, "before", files, lanes).await);
        let (start, before) = (Instant::now(), ticks());
        let mut work = JoinSet::new();
        for lane in 0..lanes {
            let (store, states) = (Arc::clone(&store), Arc::clone(&states));
            work.spawn(async move {
                for (n, state) in states.iter().enumerate().skip(lane).step_by(lanes) {
                    let (from, to) = (key("before", n), key(&format!("after-{way}"), n));
                    store.copy(&from, state, &to, &RemoteExpect::Absent, "bench").await.unwrap();
                    store.delete(&from, &RemoteExpect::Unchanged(state.etag.clone())).await.unwrap();
                }
            });
        }
        work.join_all().await;
        let (wall, cpu) = (start.elapsed().as_secs_f64(), ticks() - before);
        let rate = files as f64 / wall;
        println!(
            "{way:<6} {files} files in {wall:.1} s: {rate:.0} a second, {:.0} µs CPU of ours each",
            cpu as f64 * 1e4 / files as f64
        );
    }
}
