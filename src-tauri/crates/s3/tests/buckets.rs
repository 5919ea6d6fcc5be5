//! Making and removing buckets: one that is there is never touched, and only an empty one goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use common::{bench, body, key, versioned};
use windlass_domain::lifecycle::Versioning;
use windlass_domain::{Bucket, RemoteExpect};
use windlass_ports::{
    BucketUse, Made, NewBucket, RemoteBrowse as _, RemoteErrorKind, RemoteStore as _, Removed,
};
use windlass_practice::{Fault, Op, Profile, Rule, When};

fn plain(name: &str) -> NewBucket {
    NewBucket { name: Bucket::new(name), region: None, object_lock: false }
}

async fn names(browse: &windlass_s3::S3Browse) -> Vec<String> {
    browse.buckets().await.unwrap().into_iter().map(|bucket| bucket.name).collect()
}

#[tokio::test]
async fn a_bucket_is_made_and_one_that_is_there_is_left_as_it_is() {
    let bench = bench(Profile::Aws).await;
    let browse = bench.client.browse();
    assert_eq!(browse.create_bucket(&plain("new-one")).await.unwrap(), Made::New);
    assert_eq!(names(&browse).await, ["new-one", "tests"]);
    assert_eq!(browse.versioning(&Bucket::new("new-one")).await.unwrap(), Versioning::Never);
    let asked = || bench.server.request_log().into_iter().filter(|r| r.operation == Op::CreateBucket).count();
    let before = asked();
    assert_eq!(browse.create_bucket(&plain("new-one")).await.unwrap(), Made::Yours);
    assert_eq!(asked(), before, "the server takes making it again for done, so it is not asked to");
    for (code, answer) in [("BucketAlreadyOwnedByYou", Made::Yours), ("BucketAlreadyExists", Made::Taken)] {
        let taken = Fault::Status { code: 409, error_code: code.to_owned() };
        bench.server.faults().add(Rule::on(Op::CreateBucket, When::Always, taken));
        assert_eq!(browse.create_bucket(&plain("other")).await.unwrap(), answer);
        bench.server.faults().clear();
    }
    // Who may not look may still make one, and who may not make one is told so.
    bench.server.faults().add(Rule::denied(Op::HeadBucket));
    assert_eq!(browse.create_bucket(&plain("unseen")).await.unwrap(), Made::New);
    bench.server.faults().add(Rule::denied(Op::CreateBucket));
    let refused = browse.create_bucket(&plain("more")).await.unwrap_err();
    assert_eq!(refused.kind, RemoteErrorKind::AccessDenied);
    bench.server.faults().clear();
    assert_eq!(names(&browse).await, ["new-one", "tests", "unseen"]);
}

#[tokio::test]
async fn versions_and_locks_are_switched_on_when_they_are_asked_for() {
    let bench = bench(Profile::Aws).await;
    let browse = bench.client.browse();
    browse.create_bucket(&plain("kept")).await.unwrap();
    browse.start_versions(&Bucket::new("kept")).await.unwrap();
    assert_eq!(browse.versioning(&Bucket::new("kept")).await.unwrap(), Versioning::On);
    let locked = NewBucket { object_lock: true, region: Some("somewhere".to_owned()), ..plain("locked") };
    assert_eq!(browse.create_bucket(&locked).await.unwrap(), Made::New);
    assert_eq!(
        browse.versioning(&Bucket::new("locked")).await.unwrap(),
        Versioning::On,
        "a lock keeps versions"
    );
    let lock = bench.raw().get_object_lock_configuration().bucket("locked").send().await.unwrap();
    assert!(lock.object_lock_configuration().is_some());
    let gone = browse.start_versions(&Bucket::new("nowhere")).await.unwrap_err();
    assert_eq!(gone.kind, RemoteErrorKind::BucketMissing);
}

#[tokio::test]
async fn what_keeps_a_bucket_is_counted_and_only_an_empty_one_goes() {
    let bench = versioned(Profile::Aws).await;
    let (browse, store, bucket) = (bench.client.browse(), bench.probed().await, &bench.bucket);
    assert_eq!(browse.bucket_use(bucket).await.unwrap(), BucketUse::default(), "the probe tidied up");
    let first = store.put(&key("a"), body("one"), &RemoteExpect::Absent, "d").await.unwrap();
    store.put(&key("a"), body("two"), &RemoteExpect::Unchanged(first.etag), "d").await.unwrap();
    let last = store.put(&key("b"), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    store.delete(&key("b"), &RemoteExpect::Unchanged(last.etag)).await.unwrap();
    let upload = store.open_upload(&key("c"), "d").await.unwrap();
    let full = BucketUse { objects: 1, older: 2, markers: 1, uploads: 1, more: false };
    assert_eq!(browse.bucket_use(bucket).await.unwrap(), full);
    assert_eq!(browse.delete_bucket(bucket).await.unwrap(), Removed::NotEmpty);
    assert_eq!(browse.bucket_use(bucket).await.unwrap(), full, "nothing in it was touched");
    store.abort_upload(&key("c"), &upload).await.unwrap();

    // Where versions are not shown, objects are counted.
    bench.server.faults().add(Rule::denied(Op::ListObjectVersions));
    let seen = BucketUse { objects: 1, ..BucketUse::default() };
    assert_eq!(browse.bucket_use(bucket).await.unwrap(), seen);
    // What cannot be looked into at all is not called empty.
    bench.server.faults().add(Rule::denied(Op::ListObjects));
    let hidden = browse.bucket_use(bucket).await.unwrap_err();
    assert_eq!(hidden.kind, RemoteErrorKind::AccessDenied);
    bench.server.faults().clear();

    browse.create_bucket(&plain("empty")).await.unwrap();
    let empty = Bucket::new("empty");
    assert_eq!(browse.bucket_use(&empty).await.unwrap(), BucketUse::default());
    assert_eq!(browse.delete_bucket(&empty).await.unwrap(), Removed::Gone);
    assert_eq!(names(&browse).await, ["tests"]);
    assert_eq!(browse.delete_bucket(&empty).await.unwrap_err().kind, RemoteErrorKind::BucketMissing);
    assert_eq!(browse.bucket_use(&empty).await.unwrap_err().kind, RemoteErrorKind::BucketMissing);
}

#[tokio::test]
async fn a_bucket_with_more_than_a_page_says_that_there_is_more() {
    let bench = bench(Profile::Aws).await;
    let store = bench.probed().await;
    for n in 0..1_001u32 {
        store.put(&key(&n.to_string()), body("x"), &RemoteExpect::Absent, "d").await.unwrap();
    }
    let found = bench.client.browse().bucket_use(&bench.bucket).await.unwrap();
    assert_eq!(found, BucketUse { objects: 1_000, more: true, ..BucketUse::default() });
    // An overlooked `?versions` is answered with objects; they are counted all the same.
    bench.server.faults().add(Rule::on(Op::ListObjectVersions, When::Always, Fault::SubresourceIgnored));
    let found = bench.client.browse().bucket_use(&bench.bucket).await.unwrap();
    assert_eq!(found, BucketUse { objects: 1_000, more: true, ..BucketUse::default() });
}
