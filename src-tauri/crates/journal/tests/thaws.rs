//! Batches of archived objects: whole or not at all, in order, and not believed when they are damaged.
#![cfg(test)]

mod common;

use common::fresh;
use windlass_domain::thaw::{
    Archive, Asking, ThawBatch, ThawCounts, ThawFrom, ThawItem, ThawItemState, ThawState, ThawThen, Tier,
};
use windlass_domain::{Bucket, ETag, JobId, JobKind, JobSpec, ObjectKey, ThawId, Timestamp, VersionId};
use windlass_journal::SqliteJournal;
use windlass_ports::{JournalErrorKind, Thaws as _};

fn batch(id: &str, state: ThawState) -> ThawBatch {
    ThawBatch {
        id: ThawId::from(id),
        name: "cold".to_owned(),
        connection: "c".to_owned(),
        bucket: Bucket::new("b"),
        place: "ü/cold/".to_owned(),
        from: ThawFrom::Job(JobId::from("j")),
        state,
        tier: Some(Tier::Bulk),
        days: Some(3),
        then: ThawThen::Download { to: "/tmp".to_owned() },
        parts: Vec::new(),
        counts: ThawCounts::default(),
        price: "{}".to_owned(),
        asked: vec![Asking { at: Timestamp(7), cost: None, currency: "USD".to_owned() }],
        asked_at: Some(Timestamp(7)),
        looks: 2,
        ready_at: None,
        ends_at: None,
        again: None,
        folder: None,
        restores: Some(JobSpec::new(JobKind::Restore, "c", Bucket::new("b"))),
        restored_by: None,
        stuck: false,
        note: "n".to_owned(),
        created: Timestamp(5),
    }
}

fn item(seq: u64, state: ThawItemState) -> ThawItem {
    ThawItem {
        seq,
        key: ObjectKey::parse(&format!("ü/cold/{seq}")).unwrap(),
        version: (seq == 2).then(|| VersionId::new("null")),
        etag: ETag::new(format!("\"e{seq}\"")),
        size: if seq == 3 { u64::MAX } else { seq },
        archive: if seq == 2 { Archive::TieringDeepArchive } else { Archive::Glacier },
        state,
        ends_at: (state == ThawItemState::Ready).then(|| Timestamp(100 - seq.cast_signed())),
        why: if state == ThawItemState::Failed { "why".to_owned() } else { String::new() },
    }
}

fn all() -> Vec<ThawItem> {
    ThawItemState::ALL
        .into_iter()
        .chain([ThawItemState::Ready])
        .zip(1..)
        .map(|(state, seq)| item(seq, state))
        .collect()
}

#[tokio::test]
async fn a_batch_comes_back_as_it_was_saved() {
    let (dir, journal) = fresh();
    let (id, items) = (ThawId::from("w1"), all());
    let saved = batch("w1", ThawState::Thawing);
    journal.save_thaw(saved.clone(), items.clone()).await.unwrap();
    journal.save_thaw(batch("w2", ThawState::Planned), Vec::new()).await.unwrap();
    drop(journal);
    let journal = SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    let ids: Vec<_> = journal.thaws().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [ThawId::from("w2"), id.clone()], "newest first");
    assert_eq!(journal.thaw(&id).await.unwrap(), Some(saved));
    assert_eq!(journal.thaw_items(&id, &ThawItemState::ALL, 0, 100).await.unwrap(), items);
    let two = [ThawItemState::Ready, ThawItemState::Asking];
    let seqs = |items: Vec<ThawItem>| items.into_iter().map(|item| item.seq).collect::<Vec<_>>();
    assert_eq!(seqs(journal.thaw_items(&id, &two, 0, 100).await.unwrap()), [2, 4, 8]);
    assert_eq!(seqs(journal.thaw_items(&id, &two, 2, 1).await.unwrap()), [4]);
    assert_eq!(seqs(journal.thaw_window(&id, 0, 3).await.unwrap()), [7, 1, 2], "failed ones first");
    assert_eq!(seqs(journal.thaw_window(&id, 6, 9).await.unwrap()), [6, 8]);
    assert_eq!(journal.first_end(&id).await.unwrap(), Some(Timestamp(92)));

    let over = batch("w1", ThawState::Past);
    journal.save_thaw(over.clone(), vec![item(8, ThawItemState::Ended)]).await.unwrap();
    assert_eq!(journal.thaw(&id).await.unwrap(), Some(over));
    assert_eq!(journal.first_end(&id).await.unwrap(), Some(Timestamp(96)));
    journal.integrity_check().await.unwrap();
    journal.remove_thaw(&id).await.unwrap();
    assert_eq!(journal.thaw_window(&id, 0, 9).await.unwrap(), []);
    assert_eq!(journal.first_end(&id).await.unwrap(), None);
    assert_eq!(journal.thaws().await.unwrap().len(), 1);
}

#[tokio::test]
async fn hc6_a_damaged_batch_or_object_of_it_is_not_asked_for() {
    let (dir, journal) = fresh();
    let (path, id) = (dir.path().join("journal.db"), ThawId::from("w1"));
    journal.save_thaw(batch("w1", ThawState::Asking), all()).await.unwrap();
    drop(journal);
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute("UPDATE thaw_items SET key = 'other' WHERE seq = 2", []).unwrap();
    drop(foreign);
    let journal = SqliteJournal::open(&path).unwrap();
    assert_eq!(journal.thaw_items(&id, &[ThawItemState::Planned], 0, 9).await.unwrap().len(), 1);
    let damaged = journal.thaw_items(&id, &[ThawItemState::Asking], 0, 9).await.unwrap_err();
    assert_eq!(damaged.kind, JournalErrorKind::Corrupt);
    drop(journal);
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute("UPDATE thaws SET body = replace(body, '\"days\":3', '\"days\":8')", []).unwrap();
    drop(foreign);
    assert_eq!(SqliteJournal::open(&path).unwrap_err().kind, JournalErrorKind::Corrupt);
}
