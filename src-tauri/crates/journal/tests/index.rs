//! Indexes: filled page by page and gone on with after a restart; searched, with what is known of each row.
#![cfg(test)]

mod common;

use common::{fresh, object};
use windlass_domain::Timestamp;
use windlass_domain::search::Query;
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog, Index, LevelEntry, ListingId, Scope, SearchFound, SearchItem};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn bucket(prefix: &str) -> Scope {
    Scope { connection: Some("c".to_owned()), bucket: Some("b".to_owned()), prefix: prefix.to_owned() }
}

async fn warm(journal: &SqliteJournal, scope: &Scope) {
    while journal.warm(scope).await.unwrap() > 0 {}
}

async fn ask(journal: &SqliteJournal, text: &str, scope: &Scope) -> SearchFound {
    warm(journal, scope).await;
    journal.search(&Query::parse(text, NOW).unwrap(), scope, 0, 1000).await.unwrap()
}

fn lines(found: &SearchFound) -> Vec<String> {
    let line = |item: &SearchItem| match item {
        SearchItem::Prefix { bucket, prefix, count, .. } => format!("{bucket}/{prefix} {count}"),
        SearchItem::Row { row: Some(row), .. } => format!("  {}", row.entry.key()),
        SearchItem::Row { row: None, .. } => "  gone".to_owned(),
    };
    found.items.iter().map(line).collect()
}

async fn index(journal: &SqliteJournal, keys: &[&str]) -> ListingId {
    let id = journal.begin_index("c", "b", "", NOW).await.unwrap();
    let page = keys.iter().map(|key| object(key, 10, Some(5), "")).collect();
    journal.add_to_index(id, page, None).await.unwrap();
    journal.finish_index(id, NOW).await.unwrap();
    id
}

#[tokio::test]
async fn a_page_and_its_token_are_one_commit_and_outlive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let id = {
        let journal = SqliteJournal::open(&path).unwrap();
        let id = journal.begin_index("c", "b", "jobs/", NOW).await.unwrap();
        let before = journal.index(id).await.unwrap().unwrap();
        assert_eq!((before.next, before.requests, before.ended_at), (None, 0, None));
        let info = journal
            .add_to_index(id, vec![object("jobs/a", 3, None, "")], Some("token".to_owned()))
            .await
            .unwrap();
        assert_eq!((info.listing.objects, info.listing.bytes, info.requests), (1, 3, 1));
        id
    };
    let journal = SqliteJournal::open(&path).unwrap();
    let info = journal.index(id).await.unwrap().unwrap();
    assert_eq!((info.next.as_deref(), info.requests, info.prefix.as_str()), (Some("token"), 1, "jobs/"));
    assert_eq!(ask(&journal, "a", &bucket("jobs/")).await.count, 1, "what is in it can be searched");
    journal.add_to_index(id, vec![object("jobs/b", 4, None, "")], None).await.unwrap();
    let later = Timestamp::from_millis(1_790_000_001_000);
    let whole = journal.finish_index(id, later).await.unwrap();
    assert!(whole.listing.complete);
    assert_eq!((whole.next, whole.requests, whole.ended_at), (None, 2, Some(later)));
    assert_eq!(
        lines(&ask(&journal, "", &bucket("")).await).len(),
        0,
        "an index of a folder is none of the bucket"
    );
}

#[tokio::test]
async fn an_index_and_a_level_of_one_place_do_not_replace_each_other() {
    let (_dir, journal) = fresh();
    let level = journal.begin_listing("c", "b", "", false, NOW).await.unwrap();
    journal.add_to_listing(level, vec![object("top", 1, None, "")]).await.unwrap();
    journal.finish_listing(level).await.unwrap();
    let id = index(&journal, &["top", "deep/x"]).await;
    assert_eq!(journal.find_listing("c", "b", "", false).await.unwrap().unwrap().id, level);
    let again = journal.begin_listing("c", "b", "", false, NOW).await.unwrap();
    journal.finish_listing(again).await.unwrap();
    assert!(journal.index(id).await.unwrap().is_some());
    let new = index(&journal, &["top"]).await;
    assert!(journal.index(id).await.unwrap().is_none(), "a whole one replaces the one before it");
    assert_eq!(journal.indexes().await.unwrap().len(), 1);
    journal.drop_index(new).await.unwrap();
    assert_eq!(journal.indexes().await.unwrap(), []);
    assert!(journal.find_listing("c", "b", "", false).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_found_is_grouped_by_prefix_and_read_by_window() {
    let (_dir, journal) = fresh();
    index(&journal, &["a/1.jpg", "a/2.jpg", "a/x.txt", "b/3.jpg", "c"]).await;
    let found = ask(&journal, "jpg", &bucket("")).await;
    assert_eq!(lines(&found), ["b/a/ 2", "  a/1.jpg", "  a/2.jpg", "b/b/ 1", "  b/3.jpg"]);
    assert_eq!((found.total, found.count, found.bytes, found.more), (5, 3, 30, false));
    assert_eq!((found.behind, found.searched, found.oldest), (0, 5, Some(NOW)));
    for (offset, limit) in [(0, 2), (1, 3), (2, 1), (4, 9), (5, 9), (9, 1)] {
        let query = Query::parse("jpg", NOW).unwrap();
        let window = journal.search(&query, &bucket(""), offset, limit).await.unwrap();
        let all = lines(&found);
        let from = all.len().min(usize::try_from(offset).unwrap());
        let to = all.len().min(from + usize::try_from(limit).unwrap());
        assert_eq!(lines(&window), all[from..to], "{offset} {limit}");
    }
    assert_eq!(lines(&ask(&journal, "jpg", &bucket("b/")).await), ["b/b/ 1", "  b/3.jpg"]);
    assert_eq!(ask(&journal, "jpg", &Scope::default()).await.count, 3, "everywhere");
    let elsewhere = Scope { connection: Some("other".to_owned()), ..Scope::default() };
    assert_eq!(ask(&journal, "jpg", &elsewhere).await, SearchFound::default());
}

#[tokio::test]
async fn without_an_index_the_levels_that_were_listed_are_searched() {
    let (_dir, journal) = fresh();
    for (prefix, key) in [("", "top.jpg"), ("jobs/", "jobs/old.jpg"), ("jobs/", "jobs/new.jpg")] {
        let id = journal.begin_listing("c", "b", prefix, false, NOW).await.unwrap();
        let folder = LevelEntry::Folder(format!("{prefix}jpgs/"));
        journal.add_to_listing(id, vec![folder, object(key, 1, None, "")]).await.unwrap();
    }
    let found = ask(&journal, "jpg", &bucket("")).await;
    assert_eq!(
        lines(&found),
        ["b/ 2", "  jpgs/", "  top.jpg", "b/jobs/ 2", "  jobs/jpgs/", "  jobs/new.jpg"]
    );
    assert_eq!(lines(&ask(&journal, "jpg ext:jpg", &bucket("jobs/")).await), ["b/jobs/ 1", "  jobs/new.jpg"]);
}

#[tokio::test]
async fn what_was_taken_out_is_found_no_more_whether_it_is_in_memory_or_not() {
    let (_dir, journal) = fresh();
    let id = index(&journal, &["a/1", "a/2", "a/3"]).await;
    journal.remove_from_listing(id, &["a/3".to_owned()]).await.unwrap();
    assert_eq!(lines(&ask(&journal, "a", &bucket("")).await), ["b/a/ 2", "  a/1", "  a/2"]);
    journal.remove_from_listing(id, &["a/1".to_owned()]).await.unwrap();
    assert_eq!(lines(&ask(&journal, "a", &bucket("")).await), ["b/a/ 1", "  a/2"]);
    journal.rest();
    let cold = journal.search(&Query::parse("a", NOW).unwrap(), &bucket(""), 0, 9).await.unwrap();
    assert_eq!((cold.count, cold.behind), (0, 3), "and says how much it did not look at");
    assert_eq!(lines(&ask(&journal, "a", &bucket("")).await), ["b/a/ 1", "  a/2"]);
    journal.remove_from_listing(id, &["a/2".to_owned()]).await.unwrap();
    assert_eq!(ask(&journal, "a", &bucket("")).await.count, 0);
}

#[tokio::test]
async fn a_key_that_comes_again_on_a_server_without_order_is_found_once() {
    let (_dir, journal) = fresh();
    let id = journal.begin_index("c", "b", "", NOW).await.unwrap();
    let page = |keys: &[&str], size| keys.iter().map(|key| object(key, size, None, "")).collect::<Vec<_>>();
    journal.add_to_index(id, page(&["m", "z"], 1), Some("1".to_owned())).await.unwrap();
    assert_eq!(ask(&journal, "", &bucket("")).await.count, 2);
    journal.add_to_index(id, page(&["a", "m"], 5), None).await.unwrap();
    let found = ask(&journal, "", &bucket("")).await;
    assert_eq!((found.count, found.bytes), (3, 11));
}

#[tokio::test]
async fn sizes_of_prefixes_come_from_a_whole_index_that_is_in_memory() {
    let (_dir, journal) = fresh();
    let prefixes = ["".to_owned(), "a/".to_owned(), "a/b/".to_owned(), "none/".to_owned()];
    assert_eq!(journal.prefix_sizes("c", "b", &prefixes).await.unwrap(), None);
    index(&journal, &["a/1", "a/b/2", "a/b/3", "top"]).await;
    let cold = journal.prefix_sizes("c", "b", &prefixes).await.unwrap().unwrap();
    assert_eq!((cold.behind, cold.sizes.len()), (4, 0));
    warm(&journal, &bucket("")).await;
    let known = journal.prefix_sizes("c", "b", &prefixes).await.unwrap().unwrap();
    assert_eq!(known.sizes, [(4, 40), (3, 30), (2, 20), (0, 0)]);
    assert_eq!((known.at, known.behind), (NOW, 0));
}
