//! What was learned of objects: questions about it find what looking at each object would find, and it goes when it should.
#![cfg(test)]

mod common;

use common::{fresh, object};
use proptest::prelude::*;
use windlass_domain::search::{Capture, Facts, Fit, Place, Query, same_change};
use windlass_domain::{
    Bucket, ETag, Item, ItemState, JobCounts, JobId, JobKind, JobSpec, JobState, ObjectKey, Root, Timestamp,
};
use windlass_journal::SqliteJournal;
use windlass_ports::{
    Catalog, Connection, CredentialSource, Index, JobRow, Jobs, KnownFacts, Learned, LevelEntry, ListingId,
    Scope, SearchFound, SearchItem,
};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn scope(prefix: &str) -> Scope {
    Scope { connection: Some("c".to_owned()), bucket: Some("b".to_owned()), prefix: prefix.to_owned() }
}

fn tagged(key: &str, etag: &str, tags: &[(&str, &str)]) -> Learned {
    Learned {
        connection: "c".to_owned(),
        bucket: "b".to_owned(),
        key: key.to_owned(),
        etag: etag.to_owned(),
        modified: None,
        facts: Facts {
            tags: Some(tags.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()),
            ..Facts::default()
        },
    }
}

async fn ask(journal: &SqliteJournal, text: &str, prefix: &str) -> SearchFound {
    journal.search(&Query::parse(text, NOW).unwrap(), &scope(prefix), 0, 1000).await.unwrap()
}

fn keys(found: &SearchFound) -> Vec<&str> {
    found
        .items
        .iter()
        .filter_map(|item| match item {
            SearchItem::Row { row: Some(row), .. } => Some(row.entry.key()),
            SearchItem::Row { row: None, .. } | SearchItem::Prefix { .. } => None,
        })
        .collect()
}

async fn index(journal: &SqliteJournal, keys: &[&str]) -> ListingId {
    let id = journal.begin_index("c", "b", "", NOW).await.unwrap();
    let page = keys.iter().map(|key| object(key, 10, Some(5), "STANDARD")).collect();
    journal.add_to_index(id, page, None).await.unwrap();
    journal.finish_index(id, NOW).await.unwrap();
    id
}

#[tokio::test]
async fn an_answer_says_of_how_many_objects_it_knows() {
    let (_dir, journal) = fresh();
    index(&journal, &["a/1", "a/2", "a/3", "b/1"]).await;
    assert_eq!(ask(&journal, "a", "").await.known, None, "a question about names says nothing of facts");
    let none = ask(&journal, "tag:case=open", "").await;
    assert_eq!((none.count, none.known), (0, Some(KnownFacts { of: 4, ..KnownFacts::default() })));
    journal
        .learn(vec![
            tagged("a/1", "\"a/1\"", &[("case", "open")]),
            tagged("a/3", "\"a/3\"", &[]),
            tagged("b/1", "\"b/1\"", &[("case", "Open"), ("x", "y")]),
        ])
        .await
        .unwrap();
    let found = ask(&journal, "tag:case=open", "").await;
    assert_eq!(keys(&found), ["a/1", "b/1"]);
    assert_eq!((found.total, found.bytes, found.behind, found.searched), (4, 20, 0, 4));
    assert_eq!(found.known, Some(KnownFacts { tags: 3, of: 4, ..KnownFacts::default() }));
    assert!(matches!(&found.items[0], SearchItem::Prefix { prefix, count: 1, .. } if prefix == "a/"));
    let below = ask(&journal, "tag:case", "a/").await;
    assert_eq!(keys(&below), ["a/1"]);
    assert_eq!(below.known, Some(KnownFacts { tags: 2, of: 3, ..KnownFacts::default() }));
    assert_eq!(keys(&ask(&journal, "tag:case 1 -a/", "").await), ["b/1"]);
    assert_eq!(ask(&journal, "tag:case is:safe", "").await.count, 0);
    assert_eq!(ask(&journal, "tag:case -is:safe", "").await.count, 2);
    let window = journal.search(&Query::parse("tag:case", NOW).unwrap(), &scope(""), 2, 1).await.unwrap();
    assert_eq!((window.items.len(), window.total), (1, 4));
}

#[tokio::test]
async fn facts_of_a_replaced_object_are_not_believed() {
    let (_dir, journal) = fresh();
    index(&journal, &["a", "b"]).await;
    let at = |millis| Some(Timestamp::from_millis(millis));
    let full = |key: &str, modified| Learned {
        modified,
        facts: Facts {
            content_type: Some("image/png".to_owned()),
            capture: Some(Capture { camera: "Canon".to_owned(), ..Capture::default() }),
            ..tagged(key, "", &[("t", "1")]).facts
        },
        ..tagged(key, &format!("\"{key}\""), &[])
    };
    // Listed as changed at 5 ns after 1970: the first was looked at then, the second after it was written anew.
    journal.learn(vec![full("a", at(0)), full("b", at(60_000))]).await.unwrap();
    assert_eq!(keys(&ask(&journal, "tag:t type:image", "").await), ["a"]);
    assert_eq!(keys(&ask(&journal, "camera:canon", "").await), ["a", "b"], "the same bytes say the same");
    let known = ask(&journal, "tag:t", "").await.known.unwrap();
    assert_eq!((known.types, known.tags, known.captures), (1, 1, 2));
    // Other bytes.
    journal.learn(vec![tagged("a", "\"other\"", &[("t", "1")])]).await.unwrap();
    assert_eq!(ask(&journal, "tag:t", "").await.known.unwrap().tags, 0);
    assert_eq!(keys(&ask(&journal, "camera:canon", "").await), ["b"]);
    // Only the type is learned later, after it was written anew: the old tags do not come with it.
    let typed = Learned {
        facts: Facts { content_type: Some("image/gif".to_owned()), ..Facts::default() },
        ..full("b", at(0))
    };
    journal.learn(vec![typed]).await.unwrap();
    assert_eq!(keys(&ask(&journal, "type:image/gif camera:canon", "").await), ["b"]);
    assert_eq!(ask(&journal, "tag:t", "").await.known.unwrap().tags, 0);
}

async fn place_of(journal: &SqliteJournal) -> u64 {
    ask(journal, "gps:-90,-180..90,180", "").await.known.unwrap().captures
}

fn placed(key: &str) -> Learned {
    let capture = Capture { place: Place::from_degrees(47.0, 8.0), ..Capture::default() };
    Learned {
        facts: Facts { capture: Some(capture), ..Facts::default() },
        ..tagged(key, &format!("\"{key}\""), &[])
    }
}

#[tokio::test]
async fn what_was_learned_goes_with_object_index_and_connection() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let id = index(&journal, &["a", "b", "c"]).await;
    journal.learn(vec![placed("a"), placed("b"), placed("c")]).await.unwrap();
    drop(journal);
    let journal = SqliteJournal::open(&path).unwrap();
    assert_eq!(place_of(&journal).await, 3, "it outlives a restart");
    assert_eq!(ask(&journal, "gps:46,7..48,9", "").await.count, 3);
    // Deleted, and there again: nobody looked at this one.
    journal.remove_from_listing(id, &["a".to_owned()]).await.unwrap();
    let again = index(&journal, &["a", "b", "c"]).await;
    assert_eq!(place_of(&journal).await, 2);
    journal.drop_index(again).await.unwrap();
    index(&journal, &["a", "b", "c"]).await;
    assert_eq!(place_of(&journal).await, 0, "dropped with the index");
    journal.learn(vec![placed("a")]).await.unwrap();
    assert_eq!(place_of(&journal).await, 1);
    let connection = Connection {
        id: "c".to_owned(),
        name: "One".to_owned(),
        source: CredentialSource::AccessKey { access_key: "k".to_owned() },
        endpoint: None,
        region: None,
        start_in: String::new(),
        position: 0,
    };
    journal.save_connection(connection).await.unwrap();
    journal.remove_connection("c").await.unwrap();
    index(&journal, &["a", "b", "c"]).await;
    assert_eq!(place_of(&journal).await, 0, "dropped with the connection");
}

#[tokio::test]
async fn what_was_learned_stays_while_another_whole_index_holds_its_object() {
    let (_dir, journal) = fresh();
    let whole = index(&journal, &["a", "b"]).await;
    journal.learn(vec![placed("a"), placed("b")]).await.unwrap();
    let half = journal.begin_index("c", "b", "", NOW).await.unwrap();
    journal.drop_index(half).await.unwrap();
    assert_eq!(place_of(&journal).await, 2, "the whole one is still there");
    let half = journal.begin_index("c", "b", "", NOW).await.unwrap();
    journal.drop_index(whole).await.unwrap();
    journal.drop_index(half).await.unwrap();
    index(&journal, &["a", "b"]).await;
    assert_eq!(place_of(&journal).await, 0, "no whole one held them any more");
}

/// Tags change without the ETag, so what was known before an edit of ours is known no more.
#[tokio::test]
async fn an_object_that_was_edited_here_is_not_known_any_more() {
    let (_dir, journal) = fresh();
    index(&journal, &["a", "b"]).await;
    journal
        .learn(vec![tagged("a", "\"a\"", &[("t", "1")]), tagged("b", "\"b\"", &[("t", "1")])])
        .await
        .unwrap();
    let job = JobRow {
        id: JobId::from("j"),
        spec: JobSpec {
            kind: JobKind::Edit,
            connection: "c".to_owned(),
            bucket: Bucket::new("b"),
            to_bucket: Bucket::new("b"),
            roots: vec![Root::here("a")],
            if_taken: windlass_domain::job::IfTaken::default(),
            edit: windlass_domain::job::ObjectEdit::default(),
            restore: None,
            purge: None,
            lock: None,
            undoes: None,
        },
        state: JobState::Running,
        counts: JobCounts::default(),
        at: 0,
        created: NOW,
        ended: None,
        undone_by: None,
        versioned: false,
        note: String::new(),
    };
    let item = |state| Item {
        seq: 0,
        from: ObjectKey::parse("a").unwrap(),
        to: None,
        size: 10,
        etag: ETag::new("\"a\""),
        taken: None,
        state,
        cause: None,
        written: None,
        marker: None,
        version: None,
        top: None,
    };
    journal.save_job(job.clone(), vec![item(ItemState::Planned)]).await.unwrap();
    assert_eq!(keys(&ask(&journal, "tag:t=1", "").await), ["a", "b"]);
    journal.save_job(job, vec![item(ItemState::Done)]).await.unwrap();
    let after = ask(&journal, "tag:t=1", "").await;
    assert_eq!((keys(&after), after.known.unwrap().tags), (vec!["b"], 1));
}

#[derive(Debug, Clone)]
struct Thing {
    key: String,
    etag: u8,
    modified: i64,
    learned: Option<(u8, Option<i64>, Facts)>,
}

fn facts() -> impl Strategy<Value = Facts> {
    let types = prop::option::of(prop::sample::select(vec!["", "image/jpeg", "image/png", "text/plain"]));
    let tags = prop::option::of(prop::collection::vec(
        (prop::sample::select(vec!["case", "Site"]), prop::sample::select(vec!["open", "Pier 7", ""])),
        0..3,
    ));
    let capture = (
        prop::sample::select(vec!["", "NIKON D850", "Canon X"]),
        prop::option::of(20_500_i64..20_520),
        prop::option::of((-91_i32..91, -180_i32..181)),
    );
    (types, tags, prop::option::of(capture)).prop_map(|(types, tags, capture)| Facts {
        content_type: types.map(str::to_owned),
        tags: tags.map(|all| all.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()),
        capture: capture.map(|(camera, day, place)| Capture {
            camera: camera.to_owned(),
            taken: day.map(|day| day * 86_400_000),
            place: place.map(|(north, east)| Place { north: north * 1_000_000, east: east * 1_000_000 }),
        }),
    })
}

fn thing() -> impl Strategy<Value = Thing> {
    let key = prop::collection::vec(prop::sample::select(vec!["a", "b", "/", "ü", ".jpg"]), 1..5);
    let learned = prop::option::of((0_u8..2, prop::option::of(0_i64..3), facts()));
    (key, 0_u8..2, 0_i64..3, learned).prop_map(|(key, etag, modified, learned)| Thing {
        key: key.concat(),
        etag,
        modified,
        learned,
    })
}

fn question() -> impl Strategy<Value = String> {
    let one = prop::sample::select(vec![
        "type:image",
        "type:image/png,text/plain",
        "tag:case",
        "tag:case=open",
        "tag:site=\"pier 7\"",
        "camera:nikon",
        "camera:canon,d850",
        "taken:2026",
        "taken:<2026-02-25",
        "gps:0,0..80,90",
        "gps:-80,100..80,-100",
        "a",
        "-b",
        "ext:jpg",
    ]);
    prop::collection::vec(one, 1..4).prop_map(|all| all.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    /// Ordered and unordered lists, looked up one by one and walked over.
    #[test]
    fn a_question_about_facts_finds_what_looking_at_each_object_would_find(
        things in prop::collection::vec(thing(), 0..30),
        fill in prop::sample::select(vec![0_usize, 700]),
        backwards in any::<bool>(),
        text in question(),
        under in prop::sample::select(vec!["", "a/", "b/"]),
    ) {
        let mut all: std::collections::BTreeMap<String, Thing> =
            things.into_iter().map(|thing| (thing.key.clone(), thing)).collect();
        for n in 0..fill {
            let key = format!("a/fill{n:04}");
            all.insert(key.clone(), Thing { key, etag: 0, modified: 0, learned: None });
        }
        let query = Query::parse(&text, NOW).unwrap();
        prop_assume!(!query.facts.is_empty());
        let time = |at: i64| Timestamp::from_millis(at * 60_000);
        let etag = |key: &str, etag: u8| format!("\"{key}{etag}\"");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(async {
            let (_dir, journal) = fresh();
            let id = journal.begin_index("c", "b", "", NOW).await.unwrap();
            let mut rows: Vec<LevelEntry> = all.values().map(|thing| LevelEntry::Object {
                key: thing.key.clone(),
                size: 1,
                modified: Some(time(thing.modified)),
                etag: etag(&thing.key, thing.etag),
                class: "STANDARD".to_owned(),
            }).collect();
            if backwards {
                let half = rows.split_off(rows.len() / 2);
                journal.add_to_index(id, half, Some("x".to_owned())).await.unwrap();
            }
            journal.add_to_index(id, rows, None).await.unwrap();
            journal.finish_index(id, NOW).await.unwrap();
            let learned = all.values().filter_map(|thing| {
                let (of, modified, facts) = thing.learned.clone()?;
                Some(Learned {
                    connection: "c".to_owned(),
                    bucket: "b".to_owned(),
                    key: thing.key.clone(),
                    etag: etag(&thing.key, of),
                    modified: modified.map(time),
                    facts,
                })
            });
            journal.learn(learned.collect()).await.unwrap();
            journal.search(&query, &scope(under), 0, 10_000).await.unwrap()
        });
        let below = |key: &str| {
            let body = key.strip_suffix('/').unwrap_or(key);
            body.rfind('/').and_then(|at| key.get(..=at)).unwrap_or_default().starts_with(under)
        };
        let mut known = KnownFacts::default();
        let mut expected = Vec::new();
        for thing in all.values().filter(|thing| below(&thing.key)) {
            known.of += 1;
            let Some((of, modified, facts)) = &thing.learned else { continue };
            if *of != thing.etag {
                continue;
            }
            let mut facts = facts.clone();
            if !same_change(modified.map(time), Some(time(thing.modified))) {
                (facts.content_type, facts.tags) = (None, None);
            }
            known.types += u64::from(facts.content_type.is_some());
            known.tags += u64::from(facts.tags.is_some());
            known.captures += u64::from(facts.capture.is_some());
            if query.facts.judge(&facts) == Fit::Yes
                && query.matches(&thing.key, 1, Some(time(thing.modified)), "STANDARD")
            {
                expected.push(thing.key.as_str());
            }
        }
        let mut got = keys(&found);
        got.sort_unstable();
        prop_assert_eq!(got, expected, "{}", text);
        prop_assert_eq!(found.known, Some(known));
    }
}
