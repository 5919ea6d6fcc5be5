//! Providers that resemble S3: whatever they lack, integrity stays, and Safe stays proved.
use windlass_domain::Capabilities;
use windlass_practice::{Op, Profile, Rule, When};

use crate::house::{BUCKET, House, MIB, status};

#[tokio::test(flavor = "multi_thread")]
async fn hb14_hb15_every_profile_ends_safe_and_no_byte_goes_unchecked() {
    let profiles = [Profile::Aws, Profile::R2, Profile::B2, Profile::Ceph, Profile::Wasabi, Profile::Minio];
    for profile in profiles {
        let house = House::new(profile).await;
        let photo = house.write("photo.jpg", 300_000);
        let clip = house.write("clip.mp4", 20 * MIB);
        let pair = house.pair().await;
        assert_eq!(house.quiet(&pair).await.safe, 2, "{profile:?}");
        assert!(house.object("job/photo.jpg").await == Some(photo), "{profile:?}");
        assert!(house.object("job/clip.mp4").await == Some(clip), "{profile:?}");
        for request in house.log(Op::PutObject).iter().chain(&house.log(Op::UploadPart)) {
            let checked = request
                .headers
                .keys()
                .any(|name| name.starts_with("x-amz-checksum-") || name == "content-md5");
            assert!(checked, "{profile:?}: {:?} went without a checksum", request.key);
        }
        let parts: Vec<u64> = house.log(Op::UploadPart).iter().map(|r| r.body_bytes).collect();
        let largest = parts.iter().max().copied().unwrap_or_default();
        assert!(
            parts.iter().filter(|size| **size != largest).count() <= 1,
            "all parts but the last are of one size"
        );
    }
}

/// What an older version found out counts no more, and a request of a dead process that the new probe runs into says nothing
/// about the file that waits.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_probe_is_repeated_and_what_it_meets_is_no_fault_of_a_file() {
    let house = House::new(Profile::Aws).await;
    let old = Capabilities::default();
    let (_, at) = house.core().catalog.capabilities("c", BUCKET).await.unwrap().unwrap();
    house.core().catalog.save_capabilities("c", BUCKET, &old, at).await.unwrap();
    house.server.faults().add(
        Rule::on(Op::PutObject, When::Nth(1), status(412, "PreconditionFailed")).for_key(".windlass-probe-"),
    );
    let photo = house.write("photo.jpg", 300_000);
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (1, 0));
    assert!(house.object("job/photo.jpg").await == Some(photo));
    let (found, _) = house.core().catalog.capabilities("c", BUCKET).await.unwrap().unwrap();
    assert!(found.is_current() && found.create_only_put.proved());
}
