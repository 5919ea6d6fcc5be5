//! Version indexes: filled page by page and gone on with after a restart, told whole as a timeline, read key by key.
#![cfg(test)]

mod common;

use common::fresh;
use windlass_domain::time::{Content, Version};
use windlass_domain::{ETag, Timestamp, VersionId};
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog as _, Histories as _, HistoryId, ListedVersion, VersionMark};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// `size` below zero is a delete marker.
fn one(key: &str, id: &str, second: i64, size: i64) -> ListedVersion {
    let content = u64::try_from(size).ok().map(|size| Content {
        size,
        etag: ETag::new(format!("\"{size}\"")),
        class: "STANDARD_IA".into(),
    });
    let version = Version { id: VersionId::new(id), modified: Timestamp(second * 1_000_000_000), content };
    ListedVersion { key: key.to_owned(), version, latest: false, owner: None }
}

fn mark(key: &str, version: Option<&str>) -> Option<VersionMark> {
    Some(VersionMark { key: key.to_owned(), version: version.map(str::to_owned) })
}

async fn filled(journal: &SqliteJournal, pages: Vec<Vec<ListedVersion>>) -> HistoryId {
    let id = journal.begin_history("c", "b", "p/", NOW).await.unwrap();
    let (mut after, count) = (None, pages.len());
    for (number, page) in pages.into_iter().enumerate() {
        let next = page
            .last()
            .filter(|_| number + 1 < count)
            .and_then(|last| mark(&last.key, Some(last.version.id.as_str())));
        journal.add_to_history(id, after, page, next.clone()).await.unwrap();
        after = next;
    }
    journal.finish_history(id, NOW).await.unwrap();
    id
}

#[tokio::test]
async fn a_key_whose_versions_lie_on_two_pages_is_one_key() {
    let (_dir, journal) = fresh();
    let pages = vec![
        vec![one("p/a", "3", 30, 3), one("p/b", "9", 90, -1), one("p/b", "8", 80, 8)],
        vec![one("p/b", "7", 70, 7), one("p/ü", "null", 10, 0)],
    ];
    let id = filled(&journal, pages).await;
    let info = journal.history(id).await.unwrap().unwrap();
    assert_eq!((info.keys, info.versions, info.bytes, info.requests), (3, 5, 18, 2));
    assert_eq!((info.next, info.ended, info.began), (None, Some(NOW), NOW));
    let line = journal.timeline(id).await.unwrap();
    assert_eq!((line.keys(), line.versions()), (3, 5));
    let counts = line.counts(Timestamp(85_000_000_000));
    assert_eq!((counts.then.objects, counts.then.bytes, counts.deleted.objects), (3, 11, 1));
    let asked = [2, 1].map(|key| (key, line.places(key)));
    let found = journal.key_histories(id, asked.to_vec()).await.unwrap();
    let told: Vec<(&str, Vec<&str>)> = found
        .iter()
        .map(|key| (key.key.as_str(), key.versions.iter().map(|v| v.id.as_str()).collect()))
        .collect();
    assert_eq!(told, [("p/ü", vec!["null"]), ("p/b", vec!["9", "8", "7"])]);
    let [_, b] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(b.versions.first().unwrap().content, None);
    assert_eq!(b.versions.get(1).unwrap(), &one("p/b", "8", 80, 8).version);
}

#[tokio::test]
async fn keys_are_found_by_prefix_by_text_and_by_name() {
    let (_dir, journal) = fresh();
    let keys = ["p/", "p/A/1", "p/a/Ü.jpg", "p/a/ü2", "p/a0", "p/b"];
    let page = keys.iter().map(|key| one(key, "1", 1, 1)).collect();
    let id = filled(&journal, vec![page]).await;
    for (prefix, range) in
        [("", 0..6), ("p/", 0..6), ("p/a/", 2..4), ("p/a", 2..5), ("p/c", 6..6), ("o", 0..0)]
    {
        assert_eq!(journal.keys_below(id, prefix).await.unwrap(), range, "{prefix}");
    }
    assert_eq!(journal.keys_with(id, 0..6, "ü").await.unwrap(), [2, 3]);
    assert_eq!(journal.keys_with(id, 3..6, "A").await.unwrap(), [3, 4]);
    let asked = ["p/b", "p/c", "p/", "p/a/", "z"].map(str::to_owned);
    assert_eq!(journal.key_numbers(id, asked.to_vec()).await.unwrap(), [5, 0]);
    let other = filled(&journal, vec![vec![one("q/x", "1", 1, 1)]]).await;
    assert_eq!(journal.keys_below(other, "q/").await.unwrap(), 0..1);
}

#[tokio::test]
async fn a_page_and_its_place_are_one_commit_and_outlive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let next = mark("p/a", None);
    let id = {
        let journal = SqliteJournal::open(&path).unwrap();
        let id = journal.begin_history("c", "b", "p/", NOW).await.unwrap();
        let page = vec![one("p/a", "2", 2, 2)];
        let info = journal.add_to_history(id, None, page.clone(), next.clone()).await.unwrap();
        assert_eq!((info.next, info.ended), (next.clone(), None));
        // The same page again, the first one again, and an end that is none.
        assert!(journal.add_to_history(id, None, page.clone(), next.clone()).await.is_err());
        assert!(journal.add_to_history(id, mark("p/a", Some("2")), page, None).await.is_err());
        assert!(journal.finish_history(id, NOW).await.is_err());
        id
    };
    let journal = SqliteJournal::open(&path).unwrap();
    let info = journal.history(id).await.unwrap().unwrap();
    assert_eq!((info.versions, info.next.clone()), (1, next.clone()));
    journal.add_to_history(id, next, vec![one("p/a", "1", 1, 1)], None).await.unwrap();
    let info = journal.finish_history(id, NOW).await.unwrap();
    assert_eq!((info.keys, info.versions), (1, 2));
    assert!(journal.add_to_history(id, None, Vec::new(), None).await.is_err(), "it is whole");
}

#[tokio::test]
async fn keys_that_do_not_ascend_are_refused_with_their_page() {
    let (_dir, journal) = fresh();
    let id = journal.begin_history("c", "b", "p/", NOW).await.unwrap();
    let page = vec![one("p/b", "1", 1, 1), one("p/a", "1", 1, 1)];
    let error = journal.add_to_history(id, None, page, None).await.unwrap_err();
    assert!(error.source.to_string().contains("order of their keys"), "{error:?}");
    let info = journal.history(id).await.unwrap().unwrap();
    assert_eq!((info.keys, info.versions, info.requests), (0, 0, 0));
}

#[tokio::test]
async fn a_whole_one_takes_the_place_of_the_older_and_rows_go_with_it() {
    let (_dir, journal) = fresh();
    let old =
        filled(&journal, vec![(0..12_000).map(|n| one(&format!("p/{n:05}"), "1", n, n)).collect()]).await;
    let begun = journal.begin_history("c", "b", "p/", NOW).await.unwrap();
    assert!(journal.history(old).await.unwrap().is_some(), "the old one serves until the new one is whole");
    let new = filled(&journal, vec![vec![one("p/x", "1", 1, 1)]]).await;
    let left: Vec<HistoryId> = journal.histories().await.unwrap().into_iter().map(|info| info.id).collect();
    assert_eq!(left, [new], "{begun:?} never became whole");
    assert!(journal.timeline(old).await.is_err());
    // What is dropped goes bit by bit, and nothing of the new one with it.
    let line = journal.timeline(new).await.unwrap();
    assert_eq!(line.versions(), 1);
    journal.forget_bucket("c", "b").await.unwrap();
    assert_eq!(journal.histories().await.unwrap(), []);
}

/// V6: a forecast goes over all keys page by page, and no key is cut.
#[tokio::test]
async fn a_page_of_keys_ends_between_two_keys_and_the_next_one_begins_there() {
    let (_dir, journal) = fresh();
    let listed = vec![
        one("p/a", "3", 30, 3),
        one("p/b", "9", 90, -1),
        one("p/b", "8", 80, 8),
        one("p/b", "7", 70, 7),
        one("p/c", "1", 10, 0),
    ];
    let id = filled(&journal, vec![listed]).await;
    let mut told = Vec::new();
    let mut at = Some(0);
    while let Some(from) = at {
        let page = journal.history_page(id, from, 2).await.unwrap();
        let keys: Vec<(String, usize)> =
            page.keys.into_iter().map(|key| (key.key, key.versions.len())).collect();
        told.push((from, keys));
        at = page.next;
    }
    let key = |name: &str, versions| (name.to_owned(), versions);
    assert_eq!(told, [(0, vec![key("p/a", 1), key("p/b", 3)]), (4, vec![key("p/c", 1)])]);
    let whole = journal.history_page(id, 0, u32::MAX).await.unwrap();
    assert_eq!((whole.keys.len(), whole.next), (3, None));
    assert_eq!(whole.keys[1].versions[0].content, None, "newest first");
}
