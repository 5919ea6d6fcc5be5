//! Indexes that several listers fill: parts with places of their own, and one index for everybody who reads it.
#![cfg(test)]

mod common;

use common::{fresh, object};
use windlass_domain::Timestamp;
use windlass_domain::search::Query;
use windlass_domain::shards::{Seam, Span};
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog as _, Index, IndexInfo, LevelEntry, ListingId, PartPage, Scope, SearchItem};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn bucket() -> Scope {
    Scope { connection: Some("c".to_owned()), bucket: Some("b".to_owned()), prefix: String::new() }
}

fn key(n: u32) -> String {
    format!("k/{n:05}")
}

fn entries(numbers: std::ops::Range<u32>) -> Vec<LevelEntry> {
    numbers.map(|n| object(&key(n), 1, Some(5), "")).collect()
}

fn page(numbers: std::ops::Range<u32>, next: Option<&str>, behind: Option<u32>) -> PartPage {
    let end = next.is_none() && behind.is_none();
    PartPage {
        first: Some(Seam::Key(key(numbers.start))),
        entries: entries(numbers),
        next: next.map(str::to_owned),
        behind: behind.map(|n| Seam::Key(key(n))).or(end.then_some(Seam::End)),
    }
}

async fn found(journal: &SqliteJournal, text: &str) -> Vec<String> {
    while journal.warm(&bucket()).await.unwrap() > 0 {}
    let found = journal.search(&Query::parse(text, NOW).unwrap(), &bucket(), 0, 1000).await.unwrap();
    let mut prefixes = 0;
    let key = |item: SearchItem| match item {
        SearchItem::Prefix { .. } => {
            prefixes += 1;
            None
        }
        SearchItem::Row { row, .. } => Some(row.unwrap().entry.key().to_owned()),
    };
    let keys: Vec<String> = found.items.into_iter().filter_map(key).collect();
    assert!(prefixes <= 1, "one prefix is one group, also where two parts meet");
    keys
}

fn keys(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers.into_iter().map(key).collect()
}

/// 0..10 of the first part, then a cut at 50.
async fn shared(journal: &SqliteJournal) -> (ListingId, IndexInfo) {
    let id = journal.begin_index("c", "b", "", NOW).await.unwrap();
    journal.add_to_index(id, entries(0..10), Some("t10".to_owned())).await.unwrap();
    let info = journal.split_index(id, 0, &key(50)).await.unwrap().unwrap();
    (id, info)
}

#[tokio::test]
async fn each_part_goes_on_at_its_own_place_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let (id, right) = {
        let journal = SqliteJournal::open(&path).unwrap();
        let (id, info) = shared(&journal).await;
        let [left, right] = info.parts.as_slice() else { panic!("{:?}", info.parts) };
        assert_eq!(left.span, Span { after: String::new(), until: Some(key(50)) });
        assert_eq!(
            (left.next.as_deref(), left.last.as_str(), info.next),
            (Some("t10"), key(9).as_str(), None)
        );
        assert_eq!(right.span, Span { after: key(50), until: None });
        assert_eq!((&right.next, right.last.as_str(), right.done), (&None, "", false));
        let right = right.number;
        // The right half comes first; both are searched in the order of their keys.
        journal.add_to_part(id, right, page(51..60, Some("t60"), None)).await.unwrap();
        assert_eq!(found(&journal, "k").await, keys((0..10).chain(51..60)));
        journal.add_to_part(id, 0, page(10..20, Some("t20"), None)).await.unwrap();
        assert_eq!(found(&journal, "k").await, keys((0..20).chain(51..60)));
        (id, right)
    };
    let journal = SqliteJournal::open(&path).unwrap();
    let info = journal.index(id).await.unwrap().unwrap();
    let next: Vec<_> = info.parts.iter().map(|part| (part.next.as_deref(), part.last.clone())).collect();
    assert_eq!(next, [(Some("t20"), key(19)), (Some("t60"), key(59))]);
    assert_eq!((info.requests, info.listing.objects, info.listing.bytes), (3, 29, 29));
    journal.add_to_part(id, 0, page(20..51, None, Some(51))).await.unwrap();
    let info = journal.add_to_part(id, right, page(60..70, None, None)).await.unwrap();
    assert!(info.parts.iter().all(|part| part.done && part.next.is_none()));
    assert_eq!(info.parts[0].behind, info.parts[1].first);
    assert_eq!(info.parts[1].behind, Some(Seam::End));
    journal.finish_index(id, NOW).await.unwrap();
    assert_eq!(found(&journal, "k").await, keys(0..70));
    let sizes = journal.prefix_sizes("c", "b", &["k/".to_owned()]).await.unwrap().unwrap();
    assert_eq!((sizes.sizes, sizes.behind), (vec![(70, 70)], 0));
    // What is deleted here is gone from whichever part it was in.
    journal.remove_from_listing(id, &keys([7, 55])).await.unwrap();
    assert_eq!(found(&journal, "k").await, keys((0..70).filter(|n| ![7, 55].contains(n))));
    journal.rest();
    assert_eq!(found(&journal, "k").await.len(), 68);
    journal.integrity_check().await.unwrap();
}

#[tokio::test]
async fn a_page_that_does_not_belong_there_is_not_kept() {
    let (_dir, journal) = fresh();
    let (id, info) = shared(&journal).await;
    let right = info.parts[1].number;
    for (part, page) in [
        (0, page(5..12, None, None)),
        (0, page(40..60, None, None)),
        (right, page(45..60, None, None)),
        (right + 1, page(60..61, None, None)),
    ] {
        journal.add_to_part(id, part, page).await.unwrap_err();
    }
    let after = journal.index(id).await.unwrap().unwrap();
    assert_eq!(after, info, "nothing of them is there");
    for at in [key(3), key(9), key(50), key(70)] {
        assert_eq!(journal.split_index(id, 0, &at).await.unwrap(), None, "{at}");
    }
}

#[tokio::test]
async fn an_empty_part_gives_its_row_numbers_back() {
    let (_dir, journal) = fresh();
    let (id, info) = shared(&journal).await;
    let room = info.parts[0].room;
    let nothing =
        PartPage { entries: Vec::new(), next: None, first: Some(Seam::End), behind: Some(Seam::End) };
    let info = journal.add_to_part(id, info.parts[1].number, nothing).await.unwrap();
    assert!(info.parts[1].done && info.parts[0].room > room * 10, "{:?}", info.parts);
    // It can be split again and again.
    let mut at = 49;
    while let Some(info) = journal.split_index(id, 0, &key(at)).await.unwrap() {
        let right = info.parts[1].number;
        let nothing = PartPage {
            entries: Vec::new(),
            next: None,
            first: Some(Seam::Key(key(at + 1))),
            behind: Some(Seam::Key(key(at + 1))),
        };
        journal.add_to_part(id, right, nothing).await.unwrap();
        at -= 1;
    }
    assert_eq!(at, 9);
    journal.add_to_part(id, 0, page(10..11, None, Some(11))).await.unwrap();
    assert_eq!(found(&journal, "k").await, keys(0..11));
}

#[tokio::test]
async fn the_middle_is_told_by_the_rows_between_two_keys() {
    let (_dir, journal) = fresh();
    let (id, info) = shared(&journal).await;
    journal.add_to_part(id, 0, page(10..51, None, Some(51))).await.unwrap();
    journal.add_to_part(id, info.parts[1].number, page(51..200, None, None)).await.unwrap();
    journal.finish_index(id, NOW).await.unwrap();
    for (after, until, middle, count) in [
        (None, None, 100, 200),
        (None, Some(50), 25, 51),
        (Some(49), Some(150), 100, 101),
        (Some(198), None, 199, 1),
    ] {
        let after = after.map(key).unwrap_or_default();
        let found = journal.middle_of_index(id, &after, until.map(key).as_deref()).await.unwrap();
        assert_eq!(found, Some((key(middle), count)), "{after}");
    }
    assert_eq!(journal.middle_of_index(id, &key(199), None).await.unwrap(), None);
}

#[tokio::test]
async fn an_index_that_begins_anew_alone_keeps_its_cost_and_is_not_shared_out() {
    let (_dir, journal) = fresh();
    let (id, _) = shared(&journal).await;
    let new = journal.begin_index_alone(id).await.unwrap();
    assert_eq!(journal.index(id).await.unwrap(), None);
    let info = journal.index(new).await.unwrap().unwrap();
    assert_eq!((info.requests, info.alone, info.listing.objects, info.parts.len()), (1, true, 0, 1));
    journal.add_to_index(new, entries(0..10), Some("t".to_owned())).await.unwrap();
    assert_eq!(journal.split_index(new, 0, &key(50)).await.unwrap(), None);
    assert_eq!(found(&journal, "k").await, keys(0..10));
}
