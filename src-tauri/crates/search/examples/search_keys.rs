//! Measures a search: `search_keys KEYS` makes that many keys, asks many questions, and prints one line of JSON: median, 95th
//! percentile and maximum in milliseconds, and bytes a key. tests/bench calls it.
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use windlass_domain::Timestamp;
use windlass_domain::search::Query;
use windlass_search::{Arena, Entry};

/// As people ask: rare and common fragments, several words, limits, folders, typing letter by letter, and what is not there.
const QUESTIONS: &[&str] = &[
    "d",
    "dj",
    "dji",
    "dji_0412",
    "dji_04128",
    "jpg",
    "thermal",
    "thermal 2026-05",
    "bridge 0412",
    "nothing-like-it",
    "a14 raw jpg",
    "raw/dji",
    "2026-03-1",
    "ext:mp4",
    "type:video size:>10mb",
    "size:>24mb",
    "class:glacier 99",
    "date:2026-02 dji_1",
    "report -draft",
    "bridge-0042/2026",
    "\"img_777\"",
    "7777",
    "e",
    "pier mp4 class:deep",
];
const ROUNDS: usize = 9;

fn main() {
    let keys: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let begun = Instant::now();
    let mut arena = Arena::default();
    for id in 0..keys {
        // 250 keys a prefix, as a day of an inspection has.
        let (asset, day, n) = (id / 5000, id / 250 % 20, id % 250);
        let (sort, ending) = match (n, id % 10) {
            (225.., _) => ("thermal", "tiff"),
            (_, 1) => ("raw", "MP4"),
            _ => ("raw", "JPG"),
        };
        let key = format!(
            "bridges/bridge-{asset:04}/2026-{:02}-{:02}/{sort}/DJI_{n:04}_{:05}.{ending}",
            1 + day % 12,
            1 + (asset + day) % 28,
            id.wrapping_mul(2_654_435_761) >> 15,
        );
        let class = if id % 7 == 0 { "GLACIER" } else { "STANDARD" };
        let entry = Entry {
            id,
            key: &key,
            size: u64::from(id % 25) * 1_000_000,
            modified: Some(Timestamp::from_millis(1_767_225_600_000 + i64::from(id % 15_000_000) * 1000)),
            class,
            folder: false,
        };
        arena.push(&entry);
    }
    let filled = begun.elapsed();
    let mut times: Vec<f64> = Vec::new();
    let mut hits = 0;
    for _ in 0..ROUNDS {
        for text in QUESTIONS {
            let Ok(query) = Query::parse(text, Timestamp::from_millis(1_790_000_000_000)) else { continue };
            let begun = Instant::now();
            let found = arena.find(&query, "", 100_000, &AtomicBool::new(false));
            let took = begun.elapsed().as_secs_f64() * 1000.0;
            hits += found.rows.len();
            times.push(took);
            if std::env::var_os("WINDLASS_EACH").is_some() {
                eprintln!("{took:8.2} ms {:>10} {text}", found.rows.len());
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    println!(
        "{{\"keys\":{keys},\"p50_ms\":{:.2},\"p95_ms\":{:.2},\"max_ms\":{:.2},\"bytes_a_key\":{:.1},\"fill_s\":{:.2},\"hits\":{hits}}}",
        at(0.5),
        at(0.95),
        at(1.0),
        arena.bytes() as f64 / f64::from(keys),
        filled.as_secs_f64(),
    );
}
