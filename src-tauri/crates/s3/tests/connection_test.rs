//! Each thing that can be wrong with a connection has its own plain answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(test)]
mod common;

use common::{access, bench};
use windlass_practice::{Fault, Op, Profile, Rule, When};
use windlass_s3::{S3Client, StepOutcome, TestStep, TestStepResult};

async fn run(client: &S3Client, start: &str) -> Vec<TestStepResult> {
    let mut told = Vec::new();
    let results = client.test(start, &mut |step| told.push(step)).await;
    assert_eq!(told, results);
    assert_eq!(results.len(), 5);
    results
}

fn of(results: &[TestStepResult], step: TestStep) -> &TestStepResult {
    results.iter().find(|r| r.step == step).unwrap()
}

#[tokio::test]
async fn c7_all_is_well_and_nothing_stays_behind() {
    let bench = bench(Profile::Aws).await;
    let results = run(&bench.client, "tests/").await;
    assert_eq!(of(&results, TestStep::Write).outcome, StepOutcome::Passed, "{results:#?}");
    let results = run(&bench.client, "").await;
    assert_eq!(of(&results, TestStep::List).outcome, StepOutcome::Passed, "{results:#?}");
}

#[tokio::test]
async fn c7_wrong_secret_and_unknown_key() {
    let bench = bench(Profile::Aws).await;
    let wrong =
        S3Client::open(access(&bench.server.endpoint(), bench.server.access_key(), "wrong")).await.unwrap();
    let results = run(&wrong, "tests/").await;
    let step = of(&results, TestStep::Identity);
    assert_eq!(step.outcome, StepOutcome::Failed, "{results:#?}");
    assert!(step.message.contains("secret"), "{}", step.message);
    let unknown = S3Client::open(access(&bench.server.endpoint(), "AKIAUNKNOWN", "wrong")).await.unwrap();
    let results = run(&unknown, "tests/").await;
    assert!(of(&results, TestStep::Identity).message.contains("does not know"), "{results:#?}");
    assert_eq!(of(&results, TestStep::List).outcome, StepOutcome::Skipped);
}

#[tokio::test]
async fn c7_unknown_host_and_refused_port() {
    let unknown = S3Client::open(access("https://no-such-host.invalid", "a", "b")).await.unwrap();
    let results = run(&unknown, "").await;
    assert!(of(&results, TestStep::NameFound).message.contains("No computer named"), "{results:#?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = S3Client::open(access(&format!("http://127.0.0.1:{port}"), "a", "b")).await.unwrap();
    let results = run(&refused, "").await;
    assert!(of(&results, TestStep::NameFound).message.contains("nothing answers"), "{results:#?}");
}

#[tokio::test]
async fn c7_missing_bucket_and_missing_permissions() {
    let bench = bench(Profile::Aws).await;
    let results = run(&bench.client, "nowhere/").await;
    assert!(of(&results, TestStep::List).message.contains("no bucket named nowhere"), "{results:#?}");
    let denied = || Fault::Status { code: 403, error_code: "AccessDenied".to_owned() };
    bench.server.faults().add(Rule::on(Op::PutObject, When::Always, denied()));
    let results = run(&bench.client, "tests/").await;
    assert_eq!(of(&results, TestStep::Write).outcome, StepOutcome::Limited, "{results:#?}");
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, denied()));
    let results = run(&bench.client, "tests/").await;
    assert_eq!(of(&results, TestStep::List).outcome, StepOutcome::Limited, "{results:#?}");
}

#[tokio::test]
async fn c7_captive_portal_and_expired_sign_in() {
    let bench = bench(Profile::Aws).await;
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Nth(1), Fault::CaptivePortal));
    let results = run(&bench.client, "tests/").await;
    assert!(of(&results, TestStep::SecureLine).message.contains("log-in page"), "{results:#?}");
    bench.server.faults().clear();
    let expired = Fault::Status { code: 400, error_code: "ExpiredToken".to_owned() };
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, expired));
    let results = run(&bench.client, "tests/").await;
    assert!(of(&results, TestStep::Identity).message.contains("expired"), "{results:#?}");
}

#[tokio::test]
async fn c7_a_skewed_clock_is_named_with_its_amount() {
    let bench = bench(Profile::Aws).await;
    let skewed = Fault::Status { code: 403, error_code: "RequestTimeTooSkewed".to_owned() };
    bench.server.faults().add(Rule::on(Op::ListObjects, When::Always, skewed));
    let results = run(&bench.client, "tests/").await;
    let step = of(&results, TestStep::SecureLine);
    assert!(step.message.contains("clock is"), "{results:#?}");
}
