//! Changes in place keep everything that they do not name, and copies from another bucket are copies like any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use std::collections::BTreeMap;

use common::{Bench, bench, body, bytes_of, key, versioned};
use windlass_domain::job::{Header, ObjectEdit};
use windlass_domain::{Bucket, RemoteExpect, Support};
use windlass_ports::{RemoteBrowse as _, RemoteErrorKind as Kind, RemoteStore as _};
use windlass_practice::Profile;

const MIB: u64 = 1 << 20;

async fn put_described(bench: &Bench, name: &str, bytes: Vec<u8>) {
    bench
        .raw()
        .put_object()
        .bucket("tests")
        .key(name)
        .body(bytes.into())
        .content_type("image/png")
        .cache_control("max-age=5")
        .content_disposition("attachment")
        .content_encoding("gzip")
        .content_language("de")
        .metadata("taken", "2026 in the field")
        .metadata("job", "1")
        .tagging("project=a%20b%26c&done=yes")
        .storage_class("STANDARD_IA".into())
        .acl("public-read".into())
        .send()
        .await
        .unwrap();
}

async fn tags(bench: &Bench, name: &str) -> BTreeMap<String, String> {
    bench.client.browse().tags(&bench.bucket, &key(name)).await.unwrap().into_iter().collect()
}

fn edit() -> ObjectEdit {
    let mut edit = ObjectEdit::default();
    edit.headers.insert(Header::CacheControl, Some("no-store".to_owned()));
    edit.headers.insert(Header::ContentEncoding, None);
    edit.metadata.insert("Job".to_owned(), Some("4711".to_owned()));
    edit
}

#[tokio::test]
async fn an_edit_keeps_the_rest_in_one_piece_and_by_parts() {
    let bench = bench(Profile::Aws).await;
    let probed = bench.probed().await;
    let bytes = vec![7u8; usize::try_from(13 * MIB).unwrap()];
    for (name, store) in [("whole", probed.clone()), ("parts", probed.clone().copying_whole_up_to(6 * MIB))] {
        put_described(&bench, name, bytes.clone()).await;
        let before = store.head(&key(name)).await.unwrap();
        let after = store.rewrite(&key(name), &before, &edit(), "d").await.unwrap();
        assert_eq!((after.size, after.digest), (before.size, before.digest), "{name}");
        assert!(bytes_of(&store, &key(name)).await == bytes, "{name}");
        let head = bench.raw().head_object().bucket("tests").key(name).send().await.unwrap();
        assert_eq!(head.cache_control(), Some("no-store"), "{name}");
        assert_eq!(head.content_encoding(), None);
        assert_eq!(head.content_type(), Some("image/png"));
        assert_eq!(head.content_disposition(), Some("attachment"));
        assert_eq!(head.content_language(), Some("de"));
        assert_eq!(head.storage_class().unwrap().as_str(), "STANDARD_IA");
        assert_eq!(head.metadata().unwrap()["taken"], "2026 in the field");
        assert_eq!(head.metadata().unwrap()["job"], "4711");
        assert_eq!(tags(&bench, name).await.get("project").map(String::as_str), Some("a b&c"), "{name}");
        let acl = bench.raw().get_object_acl().bucket("tests").key(name).send().await.unwrap();
        assert_eq!(acl.grants().len(), 2, "{name}: everybody may still read it");
    }
    assert!(probed.list_uploads("").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_edit_is_of_the_version_that_was_seen() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    let first = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let second =
        store.put(&key("a"), body("two"), &RemoteExpect::Unchanged(first.etag.clone()), "d").await.unwrap();
    let stale = store.rewrite(&key("a"), &first, &edit(), "d").await.unwrap_err();
    assert_eq!(stale.kind, Kind::PreconditionFailed);
    assert_eq!(store.head(&key("a")).await.unwrap().etag, second.etag);
    let class = ObjectEdit { class: Some("GLACIER".to_owned()), ..ObjectEdit::default() };
    let archived = store.rewrite(&key("a"), &second, &class, "d").await.unwrap();
    // HB23: what is archived cannot be copied, and so not changed either.
    let refused = store.rewrite(&key("a"), &archived, &edit(), "d").await.unwrap_err();
    assert_eq!(refused.kind, Kind::Archived);
    let moved = store.copy(&key("a"), &archived, &key("b"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(moved.kind, Kind::Archived);
}

#[tokio::test]
async fn tags_alone_make_no_new_version() {
    let bench = versioned(Profile::Aws).await;
    let store = bench.probed().await;
    put_described(&bench, "a", b"bytes".to_vec()).await;
    let before = store.head(&key("a")).await.unwrap();
    let mut edit = ObjectEdit::default();
    edit.tags.insert("done".to_owned(), None);
    edit.tags.insert("ü".to_owned(), Some("a=b".to_owned()));
    let after = store.rewrite(&key("a"), &before, &edit, "d").await.unwrap();
    assert_eq!(after.version, before.version);
    let now = tags(&bench, "a").await;
    assert_eq!(now.get("ü").map(String::as_str), Some("a=b"));
    assert_eq!((now.len(), now.contains_key("project")), (2, true));
    edit.class = Some("STANDARD".to_owned());
    let written = store.rewrite(&key("a"), &after, &edit, "d").await.unwrap();
    assert_ne!(written.version, before.version, "what is written anew is a new version");
    assert_eq!(tags(&bench, "a").await.len(), 2);
}

#[tokio::test]
async fn a_copy_from_another_bucket_brings_everything_along() {
    let bench = bench(Profile::Aws).await;
    bench.raw().create_bucket().bucket("others").send().await.unwrap();
    let store = bench.probed().await;
    put_described(&bench, "from", vec![3u8; usize::try_from(13 * MIB).unwrap()]).await;
    let source = store.head(&key("from")).await.unwrap();
    let others = bench.client.bucket(&Bucket::new("others"), store.capabilities());
    for (to, target) in [("whole", others.clone()), ("parts", others.clone().copying_whole_up_to(6 * MIB))] {
        let absent = RemoteExpect::Absent;
        let copied =
            target.copy_from(&bench.bucket, &key("from"), &source, &key(to), &absent, "d").await.unwrap();
        assert_eq!((copied.size, copied.digest), (source.size, source.digest), "{to}");
        let head = bench.raw().head_object().bucket("others").key(to).send().await.unwrap();
        assert_eq!(head.cache_control(), Some("max-age=5"), "{to}");
        assert_eq!(head.metadata().unwrap()["job"], "1");
        let again = target.copy_from(&bench.bucket, &key("from"), &source, &key(to), &absent, "d").await;
        assert_eq!(again.unwrap_err().kind, Kind::PreconditionFailed, "{to}: it replaces nothing");
    }
    // The same key in another bucket is another place.
    let from = key("from");
    let same = others.copy_from(&bench.bucket, &from, &source, &from, &RemoteExpect::Absent, "d").await;
    assert_eq!(same.unwrap().size, source.size);
}

#[tokio::test]
async fn hb3_without_conditions_and_versions_only_a_person_may_replace_and_delete() {
    let bench = bench(Profile::IgnoresConditions).await;
    let store = bench.probed().await;
    assert_ne!(store.capabilities().match_delete, Support::Yes);
    let put = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    let unchanged = RemoteExpect::Unchanged(put.etag.clone());
    assert_eq!(store.delete(&key("a"), &unchanged).await.unwrap_err().kind, Kind::Unsupported);
    let asked = std::sync::Arc::new(store.clone()).asked();
    let copied = asked.copy(&key("a"), &put, &key("b"), &RemoteExpect::Absent, "d").await.unwrap();
    assert_eq!(copied.size, 3);
    let other = RemoteExpect::Unchanged(windlass_domain::ETag::new("\"other\""));
    assert_eq!(asked.delete(&key("a"), &other).await.unwrap_err().kind, Kind::PreconditionFailed);
    asked.delete(&key("a"), &unchanged).await.unwrap();
    assert_eq!(store.head(&key("a")).await.unwrap_err().kind, Kind::NotFound);
    let taken = asked.copy(&key("b"), &copied, &key("b2"), &RemoteExpect::Absent, "d").await.unwrap();
    let refused = asked.copy(&key("b2"), &taken, &key("b"), &RemoteExpect::Absent, "d").await.unwrap_err();
    assert_eq!(refused.kind, Kind::PreconditionFailed, "a look right before replaces nothing either");
}
