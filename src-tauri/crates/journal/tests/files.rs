//! Sync folders and their files.
#![cfg(test)]

mod common;

use common::{base, fresh, local, pair, pair_id, path};
use windlass_domain::Timestamp;
use windlass_domain::words::FailureCode;
use windlass_ports::journal::FileFilter;
use windlass_ports::{FileState, FolderCounts, Journal, JournalWrite};

fn seen(name: &str, size: u64, state: FileState) -> JournalWrite {
    JournalWrite::SaveFile {
        pair: pair_id(),
        path: path(name),
        local: Some(local(size)),
        state,
        note: "a note".to_owned(),
    }
}

fn proved(name: &str, size: u64) -> JournalWrite {
    JournalWrite::SaveBase { pair: pair_id(), path: path(name), base: base(size, "\"e\"") }
}

#[tokio::test]
async fn rows_come_back_as_they_were_given() {
    let (_dir, journal) = fresh();
    let mut folder = pair();
    journal
        .commit(vec![JournalWrite::SavePair(folder.clone()), seen("a", 3, FileState::Waiting)])
        .await
        .unwrap();
    let row = journal.file(&pair_id(), &path("a")).await.unwrap().unwrap();
    assert_eq!((row.local, row.base, row.state), (Some(local(3)), None, FileState::Waiting));
    assert_eq!(row.note, "a note");

    journal.commit(vec![proved("a", 4), JournalWrite::ScanEnded(pair_id(), Timestamp(9))]).await.unwrap();
    let row = journal.file(&pair_id(), &path("a")).await.unwrap().unwrap();
    assert_eq!((row.local, row.base, row.state), (Some(local(4)), Some(base(4, "\"e\"")), FileState::Safe));
    folder.last_scan = Some(Timestamp(9));
    assert_eq!(journal.pairs().await.unwrap(), vec![folder]);
    assert_eq!(journal.file(&pair_id(), &path("b")).await.unwrap(), None);
}

#[tokio::test]
async fn safe_never_without_base() {
    let (_dir, journal) = fresh();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    journal.commit(vec![seen("a", 1, FileState::Safe)]).await.unwrap_err();
    assert_eq!(journal.file(&pair_id(), &path("a")).await.unwrap(), None, "nothing of the batch is kept");
    // A later look takes Safe away and keeps the base.
    journal.commit(vec![proved("a", 1), seen("a", 2, FileState::Waiting)]).await.unwrap();
    let row = journal.file(&pair_id(), &path("a")).await.unwrap().unwrap();
    assert_eq!((row.state, row.base), (FileState::Waiting, Some(base(1, "\"e\""))));
}

#[tokio::test]
async fn hc2_a_batch_is_whole_or_not_at_all() {
    let (_dir, journal) = fresh();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    let good = journal.commit(vec![seen("kept", 1, FileState::Waiting)]);
    let bad = journal.commit(vec![seen("lost", 1, FileState::Waiting), seen("x", 1, FileState::Safe)]);
    let also_good = journal.commit(vec![seen("kept too", 1, FileState::Waiting)]);
    // Under way at the same time, so that they may share a transaction.
    let (good, bad, also_good) = tokio::join!(good, bad, also_good);
    good.unwrap();
    bad.unwrap_err();
    also_good.unwrap();
    let names: Vec<_> =
        journal.files(&pair_id(), None, 10).await.unwrap().into_iter().map(|f| f.path).collect();
    assert_eq!(names, vec![path("kept"), path("kept too")]);
}

#[tokio::test]
async fn counts_follow_every_change() {
    let (_dir, journal) = fresh();
    journal
        .commit(vec![
            JournalWrite::SavePair(pair()),
            seen("a", 1, FileState::Waiting),
            seen("b", 2, FileState::Uploading),
            seen("c", 4, FileState::Checking),
            seen("d", 8, FileState::Failed(FailureCode::Unreadable)),
            seen("e", 16, FileState::Failed(FailureCode::Link)),
            proved("f", 32),
            seen("g", 64, FileState::Waiting),
        ])
        .await
        .unwrap();
    journal
        .commit(vec![
            proved("a", 1),
            seen("b", 3, FileState::Uploading),
            JournalWrite::ForgetFile(pair_id(), path("g")),
        ])
        .await
        .unwrap();
    let expected = FolderCounts {
        total: 6,
        safe: 2,
        checking: 1,
        uploading: 1,
        waiting: 0,
        failed: 2,
        bytes_total: 1 + 3 + 4 + 8 + 16 + 32,
        bytes_safe: 33,
    };
    assert_eq!(journal.folder_counts(&pair_id()).await.unwrap(), expected);
    let failures = journal.failures(&pair_id()).await.unwrap();
    assert_eq!(
        failures,
        vec![(FailureCode::Unreadable, 1, vec![path("d")]), (FailureCode::Link, 1, vec![path("e")])]
    );
    for (filter, names) in [
        (FileFilter::All, vec!["a", "b", "c", "d", "e", "f"]),
        (FileFilter::Todo, vec!["b", "c", "d", "e"]),
        (FileFilter::Verified, vec!["a", "f"]),
        (FileFilter::Failed, vec!["d", "e"]),
    ] {
        let (rows, total) = journal.file_window(&pair_id(), filter, 1, 2).await.unwrap();
        assert_eq!(total, names.len() as u64, "{filter:?}");
        let found: Vec<_> = rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(found, names.into_iter().skip(1).take(2).collect::<Vec<_>>(), "{filter:?}");
    }

    journal.commit(vec![JournalWrite::RemovePair(pair_id())]).await.unwrap();
    assert_eq!(journal.folder_counts(&pair_id()).await.unwrap(), FolderCounts::default());
    assert_eq!(journal.files(&pair_id(), None, 10).await.unwrap(), vec![]);
    journal.integrity_check().await.unwrap();
}

#[tokio::test]
async fn pages_of_files_go_on_where_the_last_one_ended() {
    let (_dir, journal) = fresh();
    let mut batch = vec![JournalWrite::SavePair(pair())];
    batch.extend((0..25).map(|n| seen(&format!("{n:02}"), 1, FileState::Waiting)));
    journal.commit(batch).await.unwrap();
    let mut names = Vec::new();
    loop {
        let page = journal.files(&pair_id(), names.last(), 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        names.extend(page.into_iter().map(|row| row.path));
    }
    assert_eq!(names, (0..25).map(|n| path(&format!("{n:02}"))).collect::<Vec<_>>());
}
