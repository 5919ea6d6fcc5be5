//! Uploads, their parts and their counts.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;

use common::{fresh, object, pair, pair_id, path, receipt, save_upload, spec};
use windlass_domain::{BatchId, ETag, Ending, Timestamp, TransferId, Upload, UploadId, WaitFor};
use windlass_ports::journal::{UploadCounts, UploadFilter};
use windlass_ports::{Catalog, Journal, JournalWrite, ListingSort};

const MIB: u64 = 1 << 20;

fn sending() -> Upload {
    Upload::Sending { upload: UploadId::new("u"), done: BTreeMap::new() }
}

#[tokio::test]
async fn parts_come_back_into_the_state() {
    let (_dir, journal) = fresh();
    let spec = spec("t", "b", Some(pair_id()), "big", 100 * MIB);
    let id = TransferId::from("t");
    journal
        .commit(vec![JournalWrite::SavePair(pair()), save_upload(&spec, Upload::Queued, 1)])
        .await
        .unwrap();
    let first = journal.commit(vec![save_upload(&spec, sending(), 2)]).await.unwrap();
    let second = journal
        .commit(vec![
            JournalWrite::SavePart(id.clone(), receipt(2)),
            JournalWrite::SavePart(id.clone(), receipt(1)),
        ])
        .await
        .unwrap();
    assert_eq!(second.0, first.0 + 1);
    let row = journal.upload(&id).await.unwrap().unwrap();
    assert_eq!(row.spec, spec);
    assert_eq!((row.revision, row.queued_at), (second, Timestamp(1)));
    let parts = BTreeMap::from([(1, receipt(1)), (2, receipt(2))]);
    assert_eq!(row.state.done(), Some(&parts));

    // Parked states give their parts back, too.
    let parked = Upload::Waiting { resume: Box::new(sending()), until: WaitFor::Network, why: None };
    journal.commit(vec![save_upload(&spec, parked, 3)]).await.unwrap();
    let open = journal.open_uploads().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].state.done(), Some(&parts));

    journal.commit(vec![JournalWrite::DropParts(id.clone())]).await.unwrap();
    assert_eq!(journal.upload(&id).await.unwrap().unwrap().state.done(), Some(&BTreeMap::new()));
}

#[tokio::test]
async fn one_open_upload_per_path() {
    let (_dir, journal) = fresh();
    let first = spec("1", "b", Some(pair_id()), "a", 1);
    let second = spec("2", "b", Some(pair_id()), "a", 1);
    journal
        .commit(vec![JournalWrite::SavePair(pair()), save_upload(&first, Upload::Queued, 1)])
        .await
        .unwrap();
    journal.commit(vec![save_upload(&second, Upload::Queued, 2)]).await.unwrap_err();
    assert_eq!(journal.open_upload_of(&pair_id(), &path("a")).await.unwrap(), Some(TransferId::from("1")));
    journal
        .commit(vec![
            save_upload(&first, Upload::Ended(Ending::Superseded), 3),
            save_upload(&second, Upload::Queued, 3),
        ])
        .await
        .unwrap();
    assert_eq!(journal.open_upload_of(&pair_id(), &path("a")).await.unwrap(), Some(TransferId::from("2")));
    // Dropped files may be sent twice: they belong to no folder.
    journal
        .commit(vec![
            save_upload(&spec("3", "c", None, "a", 1), Upload::Queued, 4),
            save_upload(&spec("4", "c", None, "a", 1), Upload::Queued, 4),
        ])
        .await
        .unwrap();
}

#[tokio::test]
async fn counts_bytes_and_windows() {
    let (_dir, journal) = fresh();
    let old: Vec<_> = (0..4).map(|n| spec(&format!("o{n}"), "old", None, &format!("o{n}"), 10)).collect();
    let new: Vec<_> = (0..2).map(|n| spec(&format!("n{n}"), "new", None, &format!("n{n}"), 100)).collect();
    journal.commit(old.iter().map(|s| save_upload(s, Upload::Queued, 1)).collect()).await.unwrap();
    journal.commit(new.iter().map(|s| save_upload(s, Upload::Queued, 2)).collect()).await.unwrap();
    journal
        .commit(vec![
            save_upload(&old[0], Upload::Ended(Ending::Committed), 3),
            save_upload(&old[1], Upload::Ended(Ending::Conflicted), 3),
            save_upload(&old[2], Upload::Putting, 3),
        ])
        .await
        .unwrap();
    let (rows, counts) = journal.upload_window(UploadFilter::Open, 1, 3).await.unwrap();
    assert_eq!(counts, UploadCounts { open: 5, active: 1, waiting: 3, failed: 1, done: 1 });
    let ids: Vec<_> = rows.iter().map(|row| row.spec.id.as_str()).collect();
    assert_eq!(ids, ["n1", "o1", "o2"], "newest batch first");
    assert_eq!(journal.open_bytes().await.unwrap(), (10 + 10 + 10 + 200, 10));
    assert_eq!(journal.batch_open(&BatchId::from("old")).await.unwrap(), 2);

    journal.commit(vec![JournalWrite::ClearEnded]).await.unwrap();
    let (_, counts) = journal.upload_window(UploadFilter::Done, 0, 10).await.unwrap();
    assert_eq!(counts, UploadCounts { open: 4, active: 1, waiting: 3, failed: 0, done: 0 });
    let open: Vec<_> = journal.open_uploads().await.unwrap().into_iter().map(|row| row.spec.id).collect();
    assert_eq!(open.iter().map(TransferId::as_str).collect::<Vec<_>>(), ["o2", "o3", "n0", "n1"]);
    journal.integrity_check().await.unwrap();
}

#[tokio::test]
async fn a_proved_version_is_marked_safe_in_listings() {
    let (_dir, journal) = fresh();
    let dropped = spec("t", "b", None, "a", 1);
    let proof = JournalWrite::NoteSafe {
        connection: dropped.connection.clone(),
        bucket: dropped.bucket.clone(),
        key: dropped.key.clone(),
        etag: ETag::new("\"in/a\""),
    };
    journal.commit(vec![save_upload(&dropped, Upload::Ended(Ending::Committed), 2), proof]).await.unwrap();
    let synced =
        JournalWrite::SaveBase { pair: pair_id(), path: path("b"), base: common::base(1, "\"in/b\"") };
    journal.commit(vec![JournalWrite::SavePair(pair()), synced]).await.unwrap();

    for (bucket, safe) in [("bucket", [true, true, false]), ("another", [false, false, false])] {
        let id = journal.begin_listing("connection", bucket, "in/", false, Timestamp(1)).await.unwrap();
        let entries = ["in/a", "in/b", "in/c"].map(|key| object(key, 1, None, "STANDARD"));
        journal.add_to_listing(id, entries.to_vec()).await.unwrap();
        let (rows, _) = journal.listing_window(id, 0, 10, ListingSort::Name, false, "").await.unwrap();
        assert_eq!(rows.iter().map(|row| row.safe).collect::<Vec<_>>(), safe, "{bucket}");
    }
}
