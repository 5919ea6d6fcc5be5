//! What the network and the server's mood do.
use std::time::Duration;

use windlass_engine::{EngineOptions, PairPhase};
use windlass_ports::RemoteErrorKind;
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{House, MIB, quick, status};

#[tokio::test(flavor = "multi_thread")]
async fn he1_a_slow_line_is_no_dead_one() {
    let house = House::new(Profile::Aws).await;
    house.write("p.jpg", 400_000);
    house.server.faults().add(
        windlass_practice::Rule::on(
            Op::PutObject,
            When::Always,
            Fault::Slow { delay: Duration::ZERO, bytes_per_sec: Some(100_000) },
        )
        .for_key("job/p.jpg"),
    );
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    assert_eq!(house.log(Op::PutObject).len(), 1, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn he2_cuts_cost_only_what_was_in_flight() {
    let house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 80 * MIB);
    house.fault(Op::UploadPart, When::Every(4), Fault::CutBeforeCommit);
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    let sent: u64 = house.log(Op::UploadPart).iter().map(|r| r.body_bytes).sum();
    assert!(sent as f64 <= 1.45 * bytes.len() as f64, "{sent} bytes sent for {}", bytes.len());
    assert_eq!(house.log(Op::CreateMultipartUpload).len(), 1);
    assert!(house.object("job/clip.mp4").await == Some(bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn he3_a_captive_portal_is_offline_and_not_an_error_per_file() {
    let house = House::new(Profile::Aws).await;
    let pair = house.pair().await;
    house.quiet(&pair).await;
    for op in [Op::PutObject, Op::HeadObject, Op::ListObjects, Op::BucketConfig, Op::HeadBucket] {
        house.fault(op, When::Always, Fault::CaptivePortal);
    }
    for n in 0..30 {
        house.write(&format!("p{n}.jpg"), 1000);
    }
    house
        .until("it waits for the network", async || {
            matches!(
                house.core().engine.pair_view(&pair.id).unwrap().phase,
                PairPhase::Waiting(RemoteErrorKind::Network) | PairPhase::Uploading
            ) && house.counts(&pair).await.total == 30
        })
        .await;
    assert_eq!(house.counts(&pair).await.failed, 0);
    house.server.faults().clear();
    house.until("all is Safe", async || house.counts(&pair).await.safe == 30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn he4_a_busy_server_gets_no_storm() {
    async fn requests(busy: bool) -> usize {
        let house = House::new(Profile::Aws).await;
        for n in 0..300 {
            house.write(&format!("p{n:03}.jpg"), 2000);
        }
        if busy {
            // Refuses everybody for a while: whatever is sent then is in vain.
            house.server.faults().add(
                windlass_practice::Rule::on(Op::PutObject, When::Times(20), status(503, "SlowDown"))
                    .for_key("job/p"),
            );
        }
        let pair = house.pair().await;
        assert_eq!(house.quiet(&pair).await.safe, 300);
        house.log(Op::PutObject).len()
    }
    let calm = requests(false).await;
    let busy = requests(true).await;
    assert_eq!(calm, 300);
    assert!(busy as f64 <= 1.2 * calm as f64, "{busy} requests instead of {calm}");
}

#[tokio::test(flavor = "multi_thread")]
async fn he5_an_expired_login_parks_the_work_and_a_new_one_goes_on_with_it() {
    let house = House::new(Profile::Aws).await;
    let pair = house.pair().await;
    house.quiet(&pair).await;
    for op in [Op::PutObject, Op::HeadObject, Op::ListObjects] {
        house.fault(op, When::Always, status(400, "ExpiredToken"));
    }
    house.write("a.jpg", 1000);
    house
        .until("it says that the sign-in ended", async || {
            house.core().engine.pair_view(&pair.id).unwrap().phase
                == PairPhase::Waiting(RemoteErrorKind::Unauthenticated)
        })
        .await;
    assert_eq!(house.counts(&pair).await.failed, 0, "parked, not failed");
    house.server.faults().clear();
    house.core().engine.connection_changed("c");
    house.until("it is Safe", async || house.counts(&pair).await.safe == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn he7_a_wrong_clock_is_corrected() {
    let house = House::new(Profile::Aws).await;
    house.server.faults().add(windlass_practice::Rule {
        operation: None,
        key_contains: None,
        nth: When::Always,
        fault: Fault::WrongClock { offset_secs: 3 * 3600 },
    });
    house.write("a.jpg", 1000);
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn he14_the_cap_holds() {
    let options = EngineOptions { bandwidth: Some(4_000_000), ..quick() };
    let house = House::with(Profile::Aws, options).await;
    for n in 0..40 {
        house.write(&format!("p{n}.jpg"), 300_000);
    }
    let pair = house.pair().await;
    let began = std::time::Instant::now();
    assert_eq!(house.quiet(&pair).await.safe, 40);
    let rate = 12_000_000.0 / began.elapsed().as_secs_f64();
    assert!(rate <= 4_400_000.0, "{rate} bytes per second with a cap of 4 MB");
}
