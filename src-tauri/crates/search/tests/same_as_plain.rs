//! What is found is what looking at each key would find, for any keys and questions.
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use windlass_domain::Timestamp;
use windlass_domain::search::Query;
use windlass_search::{Arena, Entry};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

#[derive(Debug, Clone)]
struct Object {
    key: String,
    size: u64,
    modified: Option<Timestamp>,
    class: &'static str,
    gap: u32,
    gone: bool,
}

fn object() -> impl Strategy<Value = Object> {
    let key = prop::collection::vec(
        prop::sample::select(vec![
            "a", "b", "A", "ab", "/", "//", ".jpg", ".PNG", "ü", "\n", " ", "raw/", "Raw",
        ]),
        1..7,
    );
    let class = prop::sample::select(vec!["STANDARD", "GLACIER", "DEEP_ARCHIVE"]);
    let day = prop::option::of(20_000_i64..20_800);
    (key, 0_u64..3000, day, class, 0_u32..90, prop::bool::weighted(0.1)).prop_map(
        |(key, size, day, class, gap, gone)| Object {
            key: key.concat(),
            size,
            modified: day.map(|day| Timestamp::from_millis(day * 86_400_000)),
            class,
            gap: if gap < 80 { 0 } else { gap },
            gone,
        },
    )
}

fn question() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "b",
        "ab",
        "aa",
        "/",
        "a/",
        "/a",
        "a/b",
        "raw/",
        "/raw",
        "raw/a",
        "b//",
        "//",
        "Ü",
        "-b",
        "-a/",
        "-/raw",
        "jpg",
        ".jpg",
        "\"a b\"",
        "\"a\nb\"",
        "ext:jpg",
        "ext:png,jpg",
        "size:>1kb",
        "size:<=100",
        "class:glacier",
        "date:2026",
        "older:90d",
        "type:photo",
        "raw",
    ]);
    prop::collection::vec(word, 0..4).prop_map(|words| words.join(" "))
}

fn arena(objects: &[Object]) -> (Arena, Vec<u32>) {
    let mut arena = Arena::default();
    let mut ids = Vec::new();
    let mut id = 0;
    for object in objects {
        id += object.gap;
        let Object { key, size, modified, class, .. } = object;
        arena.push(&Entry { id, key, size: *size, modified: *modified, class, folder: false });
        ids.push(id);
        id += 1;
    }
    for (object, id) in objects.iter().zip(&ids) {
        if object.gone {
            arena.remove(*id);
        }
    }
    (arena, ids)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn finds_what_fits_and_nothing_else(
        objects in prop::collection::vec(object(), 0..40),
        text in question(),
        under in prop::sample::select(vec!["", "", "", "a/", "raw/", "/"]),
        most in 0_usize..60,
    ) {
        let query = Query::parse(&text, NOW).unwrap();
        let (arena, ids) = arena(&objects);
        let below = |key: &str| {
            let body = key.strip_suffix('/').unwrap_or(key);
            key.get(..body.rfind('/').map_or(0, |at| at + 1)).is_some_and(|prefix| prefix.starts_with(under))
        };
        let fits = |o: &Object| !o.gone && below(&o.key) && query.matches(&o.key, o.size, o.modified, o.class);
        let expected: Vec<(u32, &Object)> =
            ids.iter().copied().zip(&objects).filter(|(_, object)| fits(object)).collect();
        let found = arena.find(&query, under, most, &AtomicBool::new(false));
        let rows: Vec<u32> = expected.iter().map(|(id, _)| *id).take(most).collect();
        prop_assert_eq!(&found.rows, &rows, "{:?}", query);
        prop_assert_eq!(found.more, expected.len() > most);
        prop_assert_eq!(found.bytes, expected.iter().take(most).map(|(_, o)| o.size).sum::<u64>());
        if query.is_empty() {
            let all = (expected.len() as u64, expected.iter().map(|(_, o)| o.size).sum());
            prop_assert_eq!(arena.measure(under), all);
        }
        // Groups cover the rows, one after the other, each with its prefix.
        let mut covered = 0;
        for group in &found.groups {
            prop_assert_eq!(group.first, covered);
            for (_, object) in &expected[covered..covered + group.count] {
                prop_assert!(object.key.starts_with(&group.prefix));
            }
            covered += group.count;
        }
        prop_assert_eq!(covered, found.rows.len());
    }
}

#[test]
fn many_segments_give_one_order_and_one_group() {
    let mut arena = Arena::default();
    for id in 0..300_000 {
        let key = format!("Photos/DJI_{id:06}.JPG");
        arena.push(&Entry { id, key: &key, size: 1, modified: None, class: "STANDARD", folder: false });
    }
    let stop = AtomicBool::new(false);
    let ask = |text: &str, most| arena.find(&Query::parse(text, NOW).unwrap(), "", most, &stop);
    let all = ask("dji jpg", 250_000);
    assert_eq!((all.more, all.bytes), (true, 250_000));
    assert_eq!(all.rows, (0..250_000).collect::<Vec<u32>>());
    assert_eq!(all.groups.len(), 1);
    assert_eq!((all.groups[0].prefix.as_str(), all.groups[0].count), ("Photos/", 250_000));
    assert_eq!(ask("photos/dji_123456", 10).rows, [123_456]);
    assert_eq!(ask("photos", 3).rows, [0, 1, 2]);
    assert_eq!(ask("99999", 10).rows, [99_999, 199_999, 299_999]);
    assert!(!ask("99999", 3).more && ask("99999", 2).more);
    assert_eq!(ask("dji jpg", 300_000).rows.len(), 300_000);
    assert!(!ask("dji jpg", 300_000).more);
    assert!(arena.bytes() < 300_000 * 36, "{} bytes a key", arena.bytes() / 300_000);
}

#[test]
fn what_comes_by_parts_is_found_as_if_it_had_come_in_order() {
    let mut arena = Arena::default();
    // Three parts with numbers of their own, each a few rows at a time, the last one first.
    for step in 0..200 {
        for part in [2_u32, 0, 1] {
            for row in step * 500..(step + 1) * 500 {
                let (id, key) = (part * (1 << 28) + row, format!("all/{part}/{row:06}"));
                arena.push(&Entry {
                    id,
                    key: &key,
                    size: 1,
                    modified: None,
                    class: "STANDARD",
                    folder: false,
                });
            }
        }
    }
    arena.push(&Entry { id: 5, key: "again", size: 9, modified: None, class: "", folder: false });
    let found = arena.find(&Query::parse("all", NOW).unwrap(), "", 400_000, &AtomicBool::new(false));
    let rows = (0..3_u32).flat_map(|part| (0..100_000).map(move |row| part * (1 << 28) + row));
    assert_eq!(found.rows, rows.collect::<Vec<u32>>());
    assert_eq!(
        found.groups.iter().map(|g| (g.prefix.as_str(), g.count)).collect::<Vec<_>>(),
        [("all/0/", 100_000), ("all/1/", 100_000), ("all/2/", 100_000)]
    );
    assert_eq!(arena.measure("all/1/"), (100_000, 100_000));
}

#[test]
fn a_search_that_is_broken_off_says_so_and_a_clone_stays_as_it_is() {
    let mut arena = Arena::default();
    arena.push(&Entry { id: 0, key: "a", size: 1, modified: None, class: "STANDARD", folder: false });
    let before = arena.clone();
    arena.push(&Entry { id: 1, key: "ab", size: 1, modified: None, class: "STANDARD", folder: false });
    arena.remove(0);
    let query = Query::parse("a", NOW).unwrap();
    assert_eq!(before.find(&query, "", 9, &AtomicBool::new(false)).rows, [0]);
    assert_eq!(arena.find(&query, "", 9, &AtomicBool::new(false)).rows, [1]);
    let stopped = arena.find(&query, "", 9, &AtomicBool::new(true));
    assert!(stopped.more && stopped.rows.is_empty());
}

#[test]
fn folders_fit_words_and_no_other_limit() {
    let mut arena = Arena::default();
    arena.push(&Entry { id: 0, key: "jobs/raw/", size: 0, modified: None, class: "", folder: true });
    let ask =
        |text: &str| arena.find(&Query::parse(text, NOW).unwrap(), "", 9, &AtomicBool::new(false)).rows.len();
    assert_eq!((ask("raw"), ask("jobs/raw"), ask("raw/")), (1, 1, 1));
    assert_eq!((ask("raw size:>=0"), ask("raw class:x"), ask("raw older:1d")), (0, 0, 0));
}
