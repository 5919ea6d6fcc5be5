//! Renames reach the other side, and the other computer, as renames (S6).
use std::path::Path;
use std::time::Duration;

use windlass_compose::Core;
use windlass_domain::Mode;
use windlass_engine::EngineOptions;
use windlass_ports::{IntentEnd, IntentKind, Journal as _, PairRow};
use windlass_practice::{Op, Profile, When};

use crate::house::{BUCKET, House, bytes_of, quick, status};
use crate::sync::{paired, row};

/// Files renamed; ten thousand take two minutes without optimisation, so `WINDLASS_FILES` asks for them.
const FILES: usize = 2_000;

/// Waits until the folder has nothing left to do, and gives how many questions a person was asked.
async fn at_rest(core: &Core, pair: &PairRow) {
    core.engine.rescan_pair(&pair.id).unwrap();
    let quiet = tokio::time::timeout(Duration::from_secs(400), core.engine.wait_quiet(&pair.id)).await;
    let brakes: Vec<_> =
        core.journal.pairs().await.unwrap().into_iter().filter_map(|row| row.brake).collect();
    assert_eq!(quiet.expect("the folder came to rest").stopped, None, "{brakes:#?}");
}

async fn count(core: &Core, pair: &PairRow, kind: IntentKind) -> u64 {
    core.journal.intent_window(&pair.id, Some(kind), 0, 1).await.unwrap().1
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map(Iterator::count).unwrap_or_default()
}

/// "10,000 files renamed: 0 bytes uploaded, 0 brakes", on the computer where it happened and on the one that hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn s6_ha15_thousands_of_files_renamed_send_and_fetch_no_byte_on_either_computer() {
    let many = std::env::var("WINDLASS_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(FILES);
    // Absences are believed soon, so that the test ends.
    let options = EngineOptions {
        absence: Duration::from_millis(400),
        remote_every: Duration::from_secs(3600),
        ..quick()
    };
    let house = House::with(Profile::Aws, options).await;
    house.keep_versions().await;
    for n in 0..many {
        house.write(&format!("old/{n:05}.jpg"), 20);
    }
    let one = paired(&house, Mode::TwoWay).await;
    at_rest(house.core(), &one).await;
    let other = house.second_core("second").await;
    let root = house.path("second-card");
    std::fs::create_dir(&root).unwrap();
    let two = other.engine.add_pair_row(row(root.clone(), Mode::TwoWay)).await.unwrap();
    at_rest(&other, &two).await;
    assert_eq!(files(&root.join("old")), many);
    // From now on whatever sends or fetches a file is refused, and the file would be told as failed.
    for op in [Op::PutObject, Op::GetObject, Op::UploadPart] {
        house.fault(op, When::Always, status(403, "AccessDenied"));
    }

    std::fs::rename(house.card().join("old"), house.card().join("new")).unwrap();
    house
        .until("all have the new name there", async || {
            at_rest(house.core(), &one).await;
            count(house.core(), &one, IntentKind::MoveRemote).await == many as u64
        })
        .await;
    house
        .until("and on the other computer", async || {
            at_rest(&other, &two).await;
            files(&root.join("new")) == many
        })
        .await;
    at_rest(house.core(), &one).await;
    assert_eq!(files(&root.join("old")), 0);
    assert_eq!(std::fs::read(root.join("new/00077.jpg")).unwrap(), bytes_of("old/00077.jpg", 20));
    let old = house.raw.list_objects_v2().bucket(BUCKET).prefix("job/old/").send().await.unwrap();
    assert_eq!(old.contents().len(), 0);
    for (core, pair, moved) in
        [(house.core(), &one, IntentKind::MoveRemote), (&other, &two, IntentKind::MoveLocal)]
    {
        assert_eq!(count(core, pair, moved).await, many as u64);
        let counts = core.journal.folder_counts(&pair.id).await.unwrap();
        assert_eq!((counts.safe, counts.failed), (many as u64, 0), "no byte was sent, and none fetched");
        for kind in [IntentKind::DeleteRemote, IntentKind::TrashLocal, IntentKind::KeepBoth] {
            assert_eq!(count(core, pair, kind).await, 0, "{kind:?}");
        }
        let (first, _) = core.journal.intent_window(&pair.id, Some(moved), 0, 1000).await.unwrap();
        assert!(first.iter().all(|intent| intent.ended.is_some_and(|(_, end)| end == IntentEnd::Done)));
    }
    other.shutdown().await;
}
