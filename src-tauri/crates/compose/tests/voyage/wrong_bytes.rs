//! One flipped bit, on the way or on the server's disk, is found every time, and the file is never Safe.
use windlass_domain::words::FailureCode;
use windlass_ports::FileState;
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{House, MIB};

#[tokio::test(flavor = "multi_thread")]
async fn hb12_a_bit_flipped_at_rest_is_found_100_of_100_times() {
    let house = House::new(Profile::Aws).await;
    for n in 0..100 {
        house.write(&format!("p{n:03}.jpg"), 1000 + n * 50);
    }
    // The probe writes too, and learns from servers that work; the rule is for the photos.
    house
        .server
        .faults()
        .add(windlass_practice::Rule::on(Op::PutObject, When::Always, Fault::FlipBitAtRest).for_key("job/p"));
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (0, 100));
    for file in house.files(&pair).await {
        assert_eq!(file.state, FileState::Failed(FailureCode::StoredBytesDiffer), "{}", file.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb12_a_bit_flipped_on_the_way_is_found_100_of_100_times() {
    let house = House::new(Profile::Aws).await;
    for n in 0..100 {
        house.write(&format!("p{n:03}.jpg"), 1000 + n * 50);
    }
    house.server.faults().add(
        windlass_practice::Rule::on(Op::PutObject, When::Always, Fault::FlipBitInTransit).for_key("job/p"),
    );
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (0, 100));
    for file in house.files(&pair).await {
        assert_eq!(file.state, FileState::Failed(FailureCode::CorruptedInTransit), "{}", file.path);
        assert!(house.object(&format!("job/{}", file.path)).await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb12_videos_and_servers_without_our_checksum_are_checked_as_well() {
    for profile in [Profile::Aws, Profile::Ceph, Profile::Minio] {
        let house = House::new(profile).await;
        house.write("good.jpg", 5000);
        house.write("bad.jpg", 5000);
        house.write("bad.mp4", 20 * MIB);
        for op in [Op::PutObject, Op::UploadPart] {
            house
                .server
                .faults()
                .add(windlass_practice::Rule::on(op, When::Always, Fault::FlipBitAtRest).for_key("job/bad"));
        }
        let pair = house.pair().await;
        house.quiet(&pair).await;
        assert_eq!(house.state(&pair, "good.jpg").await, FileState::Safe, "{profile:?}");
        for name in ["bad.jpg", "bad.mp4"] {
            // A server that compares the parts at Complete refuses by itself; whatever it says, the file is not Safe.
            let state = house.state(&pair, name).await;
            assert!(matches!(state, FileState::Failed(_)), "{profile:?} {name}: {state:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hb12_a_bit_of_a_part_flipped_on_the_way_is_sent_again_and_ends_right() {
    let house = House::new(Profile::Aws).await;
    let bytes = house.write("clip.mp4", 30 * MIB);
    house.fault(Op::UploadPart, When::Nth(2), Fault::FlipBitInTransit);
    let pair = house.pair().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    assert!(house.object("job/clip.mp4").await == Some(bytes));
}
