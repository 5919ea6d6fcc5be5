//! Jobs and their objects: whole or not at all, in order, and not believed when they are damaged.
#![cfg(test)]

mod common;

use common::fresh;
use windlass_domain::job::{Cause, IfTaken, Locking, ObjectEdit, Purge, Restore};
use windlass_domain::time::Undelete;
use windlass_domain::{
    Bucket, ETag, Item, ItemState, JobCounts, JobId, JobKind, JobSpec, JobState, ObjectKey, Root, Timestamp,
    VersionId,
};
use windlass_journal::SqliteJournal;
use windlass_ports::{JobRow, Jobs as _, JournalErrorKind};

fn job(id: &str) -> JobRow {
    JobRow {
        id: JobId::from(id),
        spec: JobSpec {
            kind: JobKind::Move,
            connection: "c".to_owned(),
            bucket: Bucket::new("one"),
            to_bucket: Bucket::new("two"),
            roots: vec![Root { from: "a/".to_owned(), to: "ü b/".to_owned() }],
            if_taken: IfTaken::KeepBoth,
            edit: ObjectEdit { class: Some("STANDARD_IA".to_owned()), ..ObjectEdit::default() },
            restore: Some(Restore::Version {
                version: VersionId::new("null"),
                undelete: Undelete::RemoveMarker,
            }),
            purge: Some(Purge::Version(VersionId::new("v"))),
            lock: Some(Locking { retention: None, hold: Some(true) }),
            undoes: Some(JobId::from("before")),
        },
        state: JobState::Running,
        counts: JobCounts { objects: 7, bytes: u64::MAX, done: 3, done_bytes: 9, left: 1, replaces: 2 },
        at: 4,
        created: Timestamp(5),
        ended: None,
        undone_by: None,
        versioned: true,
        note: "n".to_owned(),
    }
}

fn item(seq: u64, state: ItemState) -> Item {
    let key = |text: &str| ObjectKey::parse(text).unwrap();
    Item {
        seq,
        from: key(&format!("a/{seq}")),
        to: seq.is_multiple_of(2).then(|| key(&format!("b/{seq}"))),
        size: seq * 10,
        etag: ETag::new(format!("\"e{seq}\"")),
        taken: (seq == 2).then(|| ETag::new("\"t\"")),
        state,
        cause: (state == ItemState::Left).then_some(Cause::Archived),
        written: (state == ItemState::Done).then(|| ETag::new("\"w\"")),
        marker: (seq == 3).then(|| VersionId::new("m")),
        version: (seq == 2).then(|| VersionId::new("null")),
        top: (seq == 2).then(|| (VersionId::new("t"), 9)),
    }
}

#[tokio::test]
async fn a_job_comes_back_as_it_was_saved() {
    let (dir, journal) = fresh();
    let items: Vec<Item> = [ItemState::Planned, ItemState::Copied, ItemState::Done, ItemState::Left]
        .into_iter()
        .zip(1..)
        .map(|(state, seq)| item(seq, state))
        .collect();
    journal.save_job(job("j1"), items.clone()).await.unwrap();
    journal.save_job(JobRow { created: Timestamp(6), ..job("j2") }, Vec::new()).await.unwrap();
    drop(journal);
    let journal = SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    let ids: Vec<_> = journal.jobs().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [JobId::from("j2"), JobId::from("j1")], "newest first");
    assert_eq!(journal.job(&JobId::from("j1")).await.unwrap(), Some(job("j1")));
    let id = JobId::from("j1");
    assert_eq!(journal.items(&id, 0, 10).await.unwrap(), items);
    assert_eq!(journal.items(&id, 1, 2).await.unwrap(), items[1..3]);
    let left = journal.left(&id, 5).await.unwrap();
    assert_eq!((left.len(), left[0].cause, left[0].objects), (1, Cause::Archived, 1));
    assert_eq!(left[0].keys, ["a/4"]);

    let over = JobRow {
        state: JobState::Done,
        ended: Some(Timestamp(9)),
        undone_by: Some(JobId::from("j2")),
        ..job("j1")
    };
    journal.save_job(over.clone(), vec![item(1, ItemState::Done)]).await.unwrap();
    assert_eq!(journal.job(&id).await.unwrap(), Some(over));
    assert_eq!(journal.items(&id, 0, 1).await.unwrap(), [item(1, ItemState::Done)]);
    journal.remove_job(&id).await.unwrap();
    assert_eq!(journal.items(&id, 0, 10).await.unwrap(), []);
    assert_eq!(journal.jobs().await.unwrap().len(), 1);
    journal.integrity_check().await.unwrap();
}

#[tokio::test]
async fn hc6_a_damaged_object_of_a_job_is_not_acted_upon() {
    let (dir, journal) = fresh();
    let path = dir.path().join("journal.db");
    journal
        .save_job(job("j1"), vec![item(1, ItemState::Planned), item(2, ItemState::Planned)])
        .await
        .unwrap();
    drop(journal);
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute("UPDATE job_items SET to_key = 'b/3' WHERE seq = 2", []).unwrap();
    drop(foreign);
    let journal = SqliteJournal::open(&path).unwrap();
    let id = JobId::from("j1");
    assert_eq!(journal.items(&id, 0, 1).await.unwrap().len(), 1);
    assert_eq!(journal.items(&id, 0, 2).await.unwrap_err().kind, JournalErrorKind::Corrupt);
    drop(journal);
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute("UPDATE jobs SET state = 'paused'", []).unwrap();
    drop(foreign);
    assert_eq!(SqliteJournal::open(&path).unwrap_err().kind, JournalErrorKind::Corrupt);
}

#[tokio::test]
async fn a_hundred_thousand_objects_are_written_and_read_in_hundreds_of_commits() {
    let (_dir, journal) = fresh();
    for chunk in 0..100u64 {
        let items =
            (chunk * 1000 + 1..=(chunk + 1) * 1000).map(|seq| item(seq, ItemState::Planned)).collect();
        journal.save_job(job("j1"), items).await.unwrap();
    }
    let id = JobId::from("j1");
    let (mut at, mut seen) = (0, 0);
    loop {
        let items = journal.items(&id, at, 5000).await.unwrap();
        let Some(last) = items.last() else { break };
        (at, seen) = (last.seq, seen + items.len());
    }
    assert_eq!((at, seen), (100_000, 100_000));
}

/// V6: what a job held stays known when the job is forgotten, and ends with whatever takes the tag away.
#[tokio::test]
async fn holds_outlive_their_job_and_end_with_what_takes_them_away() {
    let (_dir, journal) = fresh();
    let of = |id: &str, kind: JobKind, edit: ObjectEdit| {
        let mut job = job(id);
        job.spec = JobSpec { kind, edit, restore: None, undoes: None, ..job.spec };
        job
    };
    let done = |seq: u64| Item { written: None, ..item(seq, ItemState::Done) };
    let held = async || {
        let held = journal.held("c", "one").await.unwrap();
        held.into_iter().map(|(key, etag)| format!("{key} {}", etag.as_str())).collect::<Vec<_>>()
    };
    let holding = of("h", JobKind::Edit, ObjectEdit::hold());
    let items = vec![done(1), done(2), done(3), item(4, ItemState::Planned), item(5, ItemState::Left)];
    journal.save_job(holding, items).await.unwrap();
    assert_eq!(held().await, ["a/1 \"e1\"", "a/2 \"e2\"", "a/3 \"e3\""]);
    assert!(journal.held("c", "two").await.unwrap().is_empty());
    journal.remove_job(&JobId::from("h")).await.unwrap();
    assert_eq!(held().await.len(), 3);
    journal.save_job(of("d", JobKind::Delete, ObjectEdit::default()), vec![done(1)]).await.unwrap();
    let mut off = ObjectEdit::hold();
    off.tags.values_mut().for_each(|value| *value = None);
    journal.save_job(of("o", JobKind::Edit, off), vec![done(2)]).await.unwrap();
    let other = ObjectEdit { class: Some("STANDARD_IA".to_owned()), ..ObjectEdit::default() };
    journal.save_job(of("e", JobKind::Edit, other), vec![done(3)]).await.unwrap();
    assert_eq!(held().await, ["a/3 \"e3\""]);
}
