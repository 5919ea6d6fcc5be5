//! Archives, locks and lifecycle documents as the client of another tool sees them.
#![cfg(test)]

mod common;

use std::time::Duration;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, GlacierJobParameters, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, RestoreRequest,
    Tier,
};
use aws_sdk_s3::{Client, primitives::DateTime};
use common::{BUCKET, bench, body, client, refusal};
use windlass_practice::{PracticeOptions, PracticeServer, Profile, ThawPace};

async fn ask(c: &Client, key: &str, tier: Tier, days: Option<i32>) -> (u16, String) {
    let job = GlacierJobParameters::builder().tier(tier).build().expect("a tier");
    let request = RestoreRequest::builder().set_days(days).glacier_job_parameters(job).build();
    let asked = c.restore_object().bucket(BUCKET).key(key).restore_request(request).send().await;
    if asked.is_ok() { (0, String::new()) } else { refusal(asked) }
}

async fn restore_header(c: &Client, key: &str) -> Option<String> {
    let head = c.head_object().bucket(BUCKET).key(key).send().await.expect("it is there");
    head.restore().map(str::to_owned)
}

async fn put_glacier(c: &Client, key: &str) {
    let put = c.put_object().bucket(BUCKET).key(key).body(body("ice")).storage_class("GLACIER".into());
    put.send().await.expect("it is put");
}

#[tokio::test]
async fn hb23_what_is_asked_for_goes_on_through_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut options = PracticeOptions::new(folder.path());
    options.seed_sample = false;
    options.thaw = ThawPace { takes: Duration::from_secs(3600), ..ThawPace::default() };
    let server = PracticeServer::start(options.clone()).await.expect("starts");
    let c = client(&server.endpoint(), server.access_key(), server.secret_key());
    c.create_bucket().bucket(BUCKET).send().await.expect("made");
    put_glacier(&c, "a").await;
    assert_eq!(restore_header(&c, "a").await, None);
    assert_eq!(ask(&c, "a", Tier::Standard, Some(1)).await.0, 0);
    server.stop().await;
    options.thaw.takes = Duration::ZERO;
    let server = PracticeServer::start(options).await.expect("starts again");
    let c = client(&server.endpoint(), server.access_key(), server.secret_key());
    assert_eq!(restore_header(&c, "a").await.as_deref(), Some("ongoing-request=\"true\""));
    let again = ask(&c, "a", Tier::Standard, Some(1)).await;
    assert_eq!(again, (409, "RestoreAlreadyInProgress".to_owned()));
    let got = refusal(c.get_object().bucket(BUCKET).key("a").send().await);
    assert_eq!(got, (403, "InvalidObjectState".to_owned()));
    put_glacier(&c, "b").await;
    assert_eq!(ask(&c, "b", Tier::Standard, Some(1)).await.0, 0);
    let told = restore_header(&c, "b").await.expect("it is ready");
    assert!(
        told.starts_with("ongoing-request=\"false\", expiry-date=\"") && told.ends_with("00:00:00 GMT\""),
        "{told}"
    );
}

#[tokio::test]
async fn what_is_asked_for_in_a_wrong_way_is_refused_as_amazon_does() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    put_glacier(c, "a").await;
    c.put_object().bucket(BUCKET).key("warm").body(body("x")).send().await.expect("put");
    let code = |(status, code): (u16, String)| format!("{status} {code}");
    assert_eq!(code(ask(c, "warm", Tier::Standard, Some(1)).await), "403 InvalidObjectState");
    assert_eq!(code(ask(c, "a", Tier::Standard, None).await), "400 MalformedXML");
    assert_eq!(code(ask(c, "a", Tier::Standard, Some(0)).await), "400 InvalidArgument");
    assert_eq!(code(ask(c, "a", "Sudden".into(), Some(1)).await), "400 MalformedXML");
    assert_eq!(code(ask(c, "none", Tier::Standard, Some(1)).await), "404 NoSuchKey");
    assert_eq!(restore_header(c, "a").await, None, "none of it began");
}

#[tokio::test]
async fn locks_are_only_taken_in_a_bucket_that_has_them_whole_and_checked() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    c.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true).send().await.expect("made");
    let until = |days: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        DateTime::from_secs(i64::try_from(now.as_secs()).expect("soon") + days * 86_400)
    };
    let put = |bucket: &str, days: i64, md5: bool| {
        c.put_object()
            .bucket(bucket)
            .key("a")
            .body(body("x"))
            .object_lock_mode(ObjectLockMode::Compliance)
            .object_lock_retain_until_date(until(days))
            .set_content_md5(md5.then(|| "nd1OkhrXkRLF0rQAx9I7UA==".to_owned()))
            .send()
    };
    assert_eq!(refusal(put(BUCKET, 1, true).await).1, "InvalidRequest");
    assert_eq!(refusal(put("locked", -1, true).await).1, "InvalidArgument");
    assert_eq!(refusal(put("locked", 1, false).await), (400, "InvalidRequest".to_owned()));
    let wrong = refusal(put("locked", 1, true).await);
    assert_eq!(wrong.1, "BadDigest", "what came to check it by is checked");
    let good = c.put_object().bucket("locked").key("a").body(body("x"));
    let good = good
        .object_lock_mode(ObjectLockMode::Compliance)
        .object_lock_retain_until_date(until(1))
        .content_md5("ndTkYSaMgDT1yFZOFVxnpg==");
    let version = good.send().await.expect("it is put").version_id().expect("versions are kept").to_owned();
    let delete = c.delete_object().bucket("locked").key("a").version_id(&version);
    let held = refusal(delete.bypass_governance_retention(true).send().await);
    assert_eq!(held, (403, "AccessDenied".to_owned()));
    let on = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
    let elsewhere = c.put_object_legal_hold().bucket(BUCKET).key("a").legal_hold(on).send().await;
    assert_eq!(refusal(elsewhere).1, "InvalidRequest");
    let late = c.put_object_lock_configuration().bucket(BUCKET);
    let enabled = aws_sdk_s3::types::ObjectLockConfiguration::builder()
        .object_lock_enabled(aws_sdk_s3::types::ObjectLockEnabled::Enabled)
        .build();
    let late = late.object_lock_configuration(enabled).send().await;
    assert_eq!(refusal(late), (409, "InvalidBucketState".to_owned()));
}

#[tokio::test]
async fn rules_are_kept_with_what_belongs_to_them_and_refused_when_they_are_too_many_or_of_one_name() {
    let bench = bench(Profile::Aws).await;
    let c = &bench.client;
    let rule = |id: String| {
        LifecycleRule::builder()
            .id(id)
            .filter(LifecycleRuleFilter::builder().prefix("p/").build())
            .status(ExpirationStatus::Enabled)
            .expiration(LifecycleExpiration::builder().days(3).build())
            .build()
            .expect("a rule")
    };
    let put = |ids: Vec<String>| {
        let rules = ids.into_iter().map(rule).collect();
        let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().expect("rules");
        c.put_bucket_lifecycle_configuration().bucket(BUCKET).lifecycle_configuration(rules).send()
    };
    let none = c.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await;
    assert_eq!(refusal(none), (404, "NoSuchLifecycleConfiguration".to_owned()));
    put((0..1000).map(|n| n.to_string()).collect()).await.expect("a thousand are taken");
    assert_eq!(refusal(put((0..1001).map(|n| n.to_string()).collect()).await).1, "MalformedXML");
    let twice = put(vec!["a".to_owned(), "a".to_owned()]).await;
    assert_eq!(refusal(twice).1, "InvalidArgument");
    let told = c.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.expect("they are there");
    assert_eq!(told.rules().len(), 1000, "nothing was replaced");
    let minimum = told.transition_default_minimum_object_size().expect("it is told");
    assert_eq!(minimum.as_str(), "all_storage_classes_128K");
    c.delete_bucket_lifecycle().bucket(BUCKET).send().await.expect("they go");
    let none = c.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await;
    assert_eq!(refusal(none).0, 404);
}
