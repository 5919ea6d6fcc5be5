//! Listings: windows in every order against a plain sort.
#![cfg(test)]

mod common;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use common::{fresh, object};
use proptest::prelude::*;
use windlass_domain::Timestamp;
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog, LevelEntry, ListingId, ListingSort};

const SORTS: [ListingSort; 4] =
    [ListingSort::Name, ListingSort::Size, ListingSort::Modified, ListingSort::Class];

/// The plain way: everything in memory.
fn plain(
    all: &BTreeMap<String, LevelEntry>,
    sort: ListingSort,
    descending: bool,
    filter: &str,
) -> Vec<LevelEntry> {
    let last = |key: &str| key.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let kept = all.values().filter(|e| last(e.key()).contains(&filter.to_lowercase())).cloned();
    let (folders, mut objects): (Vec<_>, Vec<_>) = kept.partition(|e| matches!(e, LevelEntry::Folder(_)));
    let by = |e: &LevelEntry| match e {
        LevelEntry::Folder(_) | LevelEntry::Deleted { .. } => (0, String::new()),
        LevelEntry::Object { size, modified, class, .. } => match sort {
            ListingSort::Name => (0, String::new()),
            ListingSort::Size => (i128::from(*size), String::new()),
            ListingSort::Modified => (modified.map_or(i128::MIN, |at| i128::from(at.0)), String::new()),
            ListingSort::Class => (0, class.clone()),
        },
    };
    if descending {
        objects.sort_by_key(|e| Reverse(by(e)))
    } else {
        objects.sort_by_key(by)
    }
    let mut rows: Vec<_> = folders.into_iter().chain(objects).collect();
    if descending && sort == ListingSort::Name {
        rows.reverse();
    }
    rows
}

async fn check(journal: &SqliteJournal, id: ListingId, all: &BTreeMap<String, LevelEntry>, filter: &str) {
    for sort in SORTS {
        for descending in [false, true] {
            let expected = plain(all, sort, descending, filter);
            let (rows, total) = journal.listing_window(id, 2, 7, sort, descending, filter).await.unwrap();
            let rows: Vec<_> = rows.into_iter().map(|row| row.entry).collect();
            assert_eq!(total, expected.len() as u64, "{sort:?} {descending} {filter:?}");
            let expected: Vec<_> = expected.into_iter().skip(2).take(7).collect();
            assert_eq!(rows, expected, "{sort:?} {descending} {filter:?}");
        }
    }
}

fn entry() -> impl Strategy<Value = LevelEntry> {
    let name = "[a-cA-Cé]{1,3}";
    prop_oneof![
        1 => name.prop_map(|name| LevelEntry::Folder(format!("in/{name}/"))),
        4 => (name, 0u64..4, proptest::option::of(-2i64..3), "(STANDARD|GLACIER)")
            .prop_map(|(name, size, at, class)| object(&format!("in/{name}"), size, at, &class)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn windows_equal_a_plain_sort(
        pages in proptest::collection::vec(proptest::collection::vec(entry(), 0..12), 1..5),
        sorted in any::<bool>(),
        gone in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (_dir, journal) = fresh();
            let id = journal.begin_listing("c", "b", "in/", false, Timestamp(1)).await.unwrap();
            let mut all = BTreeMap::new();
            let mut pages = pages;
            if sorted {
                let mut entries: Vec<_> = pages.concat();
                entries.sort_by(|a, b| a.key().cmp(b.key()));
                entries.dedup_by(|a, b| a.key() == b.key());
                pages = entries.chunks(5).map(<[_]>::to_vec).collect();
            }
            for page in pages {
                all.extend(page.iter().map(|e| (e.key().to_owned(), e.clone())));
                let info = journal.add_to_listing(id, page).await.unwrap();
                assert_eq!(info.count, all.len() as u64);
                // While it grows, only the order by name is always up to date.
                let (rows, total) = journal.listing_window(id, 0, 99, ListingSort::Name, false, "").await.unwrap();
                if sorted {
                    assert_eq!(total, all.len() as u64);
                    assert_eq!(rows.len(), all.len());
                }
            }
            journal.finish_listing(id).await.unwrap();
            check(&journal, id, &all, "").await;
            check(&journal, id, &all, "Ab").await;
            let keys: Vec<String> = all.keys().cloned().collect();
            let gone: Vec<String> =
                gone.iter().filter(|_| !keys.is_empty()).map(|at| at.get(&keys).clone()).collect();
            for key in &gone {
                all.remove(key);
            }
            let info = journal.remove_from_listing(id, &gone).await.unwrap();
            let objects = all.values().filter(|e| matches!(e, LevelEntry::Object { .. })).count();
            assert_eq!((info.count, info.objects), (all.len() as u64, objects as u64));
            check(&journal, id, &all, "").await;
            check(&journal, id, &all, "É").await;
            journal.integrity_check().await.unwrap();
        });
    }
}

#[tokio::test]
async fn a_new_listing_replaces_the_old_one_of_its_level() {
    let (_dir, journal) = fresh();
    let old = journal.begin_listing("c", "b", "", false, Timestamp(1)).await.unwrap();
    journal.add_to_listing(old, vec![object("a", 1, None, "")]).await.unwrap();
    let other = journal.begin_listing("c", "b", "x/", false, Timestamp(1)).await.unwrap();
    journal.finish_listing(old).await.unwrap();
    let new = journal.begin_listing("c", "b", "", false, Timestamp(2)).await.unwrap();
    let info = journal.finish_listing(new).await.unwrap();
    assert!(info.complete);
    assert_eq!(journal.find_listing("c", "b", "", false).await.unwrap(), Some(info));
    assert_eq!(journal.listing_info(old).await.unwrap(), None);
    assert!(journal.listing_info(other).await.unwrap().is_some());
    assert_eq!(journal.listing_window(old, 0, 9, ListingSort::Name, false, "").await.unwrap(), (vec![], 0));
    journal.add_to_listing(old, vec![]).await.unwrap_err();
    journal.remove_connection("c").await.unwrap();
    assert_eq!(journal.find_listing("c", "b", "", false).await.unwrap(), None);
}

#[tokio::test]
async fn a_hundred_thousand_rows() {
    let (_dir, journal) = fresh();
    let id = journal.begin_listing("c", "b", "", false, Timestamp(1)).await.unwrap();
    let number = |n: u64| n.wrapping_mul(2_654_435_761) % 100_003;
    for page in 0..100u64 {
        let entries = (page * 1_000..(page + 1) * 1_000)
            .map(|n| object(&format!("photo-{n:06}.jpg"), number(n), Some(n as i64), "STANDARD"))
            .collect();
        let info = journal.add_to_listing(id, entries).await.unwrap();
        let (_, total) = journal.listing_window(id, 0, 50, ListingSort::Name, false, "").await.unwrap();
        assert_eq!(total, info.count, "rows can be seen as soon as their page is in");
    }
    journal.finish_listing(id).await.unwrap();
    let mut sizes: Vec<u64> = (0..100_000).map(number).collect();
    sizes.sort_unstable();
    for offset in [0usize, 50_000, 99_990] {
        let (rows, total) =
            journal.listing_window(id, offset as u64, 50, ListingSort::Size, false, "").await.unwrap();
        assert_eq!(total, 100_000);
        let found: Vec<u64> = rows
            .iter()
            .map(|row| match &row.entry {
                LevelEntry::Object { size, .. } => *size,
                other => panic!("{} is no object", other.key()),
            })
            .collect();
        assert_eq!(found, sizes.iter().copied().skip(offset).take(50).collect::<Vec<_>>());
    }
    let (rows, total) = journal.listing_window(id, 0, 5, ListingSort::Name, false, "9999").await.unwrap();
    assert_eq!((total, rows[0].entry.key()), (19, "photo-009999.jpg"));
}

#[tokio::test]
async fn what_was_known_of_a_bucket_is_forgotten_and_of_no_other() {
    let (_dir, journal) = fresh();
    let found = windlass_domain::Capabilities::default();
    let places = [("c", "gone"), ("c", "stays"), ("other", "gone")];
    for (connection, bucket) in places {
        journal.save_capabilities(connection, bucket, &found, Timestamp(1)).await.unwrap();
        let id = journal.begin_listing(connection, bucket, "a/", false, Timestamp(1)).await.unwrap();
        journal.add_to_listing(id, vec![object("a/b", 1, None, "STANDARD")]).await.unwrap();
        journal.finish_listing(id).await.unwrap();
    }
    journal.forget_bucket("c", "gone").await.unwrap();
    for (connection, bucket) in places {
        let stays = (connection, bucket) != ("c", "gone");
        let known = journal.capabilities(connection, bucket).await.unwrap().is_some();
        let listed = journal.find_listing(connection, bucket, "a/", false).await.unwrap().is_some();
        assert_eq!((known, listed), (stays, stays), "{connection} {bucket}");
    }
}

#[tokio::test]
async fn a_list_with_what_is_deleted_is_another_list_of_the_level() {
    let (_dir, journal) = fresh();
    let plain = journal.begin_listing("c", "b", "", false, Timestamp(1)).await.unwrap();
    journal.add_to_listing(plain, vec![object("a", 1, None, "")]).await.unwrap();
    journal.finish_listing(plain).await.unwrap();
    let with = journal.begin_listing("c", "b", "", true, Timestamp(2)).await.unwrap();
    let gone = LevelEntry::Deleted {
        key: "gone".to_owned(),
        size: 7,
        modified: Timestamp(5),
        etag: "\"g\"".to_owned(),
        class: "GLACIER".to_owned(),
        at: Timestamp(9),
    };
    let info = journal.add_to_listing(with, vec![object("a", 1, None, ""), gone.clone()]).await.unwrap();
    assert_eq!((info.count, info.objects, info.bytes), (2, 1, 1), "what is deleted is no object");
    journal.finish_listing(with).await.unwrap();
    assert_eq!(journal.find_listing("c", "b", "", false).await.unwrap().unwrap().id, plain);
    assert_eq!(journal.find_listing("c", "b", "", true).await.unwrap().unwrap().id, with);
    let (rows, _) = journal.listing_window(with, 0, 9, ListingSort::Name, true, "").await.unwrap();
    assert_eq!(rows.first().unwrap().entry, gone);
    let info = journal.remove_from_listing(with, &["gone".to_owned()]).await.unwrap();
    assert_eq!((info.count, info.objects, info.bytes), (1, 1, 1));
}
