//! Intents, and what else a folder knows besides its files.
#![cfg(test)]

mod common;

use common::{base, end, fresh, intent, local, pair, pair_id, path, remote};
use windlass_domain::{Ask, ETag, Limits, Mode, Timestamp, VersionId, Why};
use windlass_ports::{
    Brake, BrakeAnswer, FileState, IntentEnd, IntentKind, Journal, JournalWrite, PairOptions, Tally,
};

fn save(row: windlass_ports::IntentRow) -> JournalWrite {
    JournalWrite::SaveIntent(Box::new(row))
}

#[tokio::test]
async fn an_intent_is_open_until_it_ends_and_then_in_the_undo_list() {
    let (dir, journal) = fresh();
    let kinds = [
        IntentKind::DeleteRemote,
        IntentKind::TrashLocal,
        IntentKind::MoveRemote,
        IntentKind::MoveLocal,
        IntentKind::KeepBoth,
        IntentKind::ReplaceLocal,
        IntentKind::SettleConflict,
    ];
    let mut rows: Vec<_> =
        (0i64..).zip(kinds).map(|(n, kind)| intent(&format!("i{n}"), kind, "a/b", 10 - n)).collect();
    rows[2].to = Some(path("c/d"));
    rows[3].local = None;
    rows[4].remote = None;
    rows[5].meant = true;
    let mut batch = vec![JournalWrite::SavePair(pair())];
    batch.extend(rows.iter().cloned().map(save));
    journal.commit(batch).await.unwrap();
    assert_eq!(journal.open_intents(&pair_id()).await.unwrap(), rows, "in the order they were written");
    assert_eq!(journal.intent_window(&pair_id(), None, 0, 10).await.unwrap(), (vec![], 0));
    assert_eq!(journal.intent("none").await.unwrap(), None);

    let ended = JournalWrite::EndIntent {
        id: "i0".to_owned(),
        at: Timestamp(20),
        end: IntentEnd::Done,
        trashed: Some("p/.windlass/trash/1/a/b".to_owned()),
        marker: Some(VersionId::new("v")),
    };
    journal.commit(vec![ended, end("i1", 30, IntentEnd::Refused)]).await.unwrap();
    // As after a crash: what was committed is there.
    drop(journal);
    let journal = windlass_journal::SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    rows.drain(..2);
    assert_eq!(journal.open_intents(&pair_id()).await.unwrap(), rows);
    let done = journal.intent("i0").await.unwrap().unwrap();
    assert_eq!(done.ended, Some((Timestamp(20), IntentEnd::Done)));
    assert_eq!(done.trashed.as_deref(), Some("p/.windlass/trash/1/a/b"));
    assert_eq!(done.marker, Some(VersionId::new("v")));
    // Taken back: where it had been stays known.
    journal.commit(vec![end("i0", 40, IntentEnd::Undone)]).await.unwrap();
    let undone = journal.intent("i0").await.unwrap().unwrap();
    assert_eq!(undone.ended, Some((Timestamp(40), IntentEnd::Undone)));
    assert_eq!((undone.trashed, undone.marker), (done.trashed, done.marker));

    journal.commit(vec![JournalWrite::RemovePair(pair_id())]).await.unwrap();
    assert_eq!(journal.intent("i0").await.unwrap(), None);
    journal.commit(vec![save(intent("late", IntentKind::TrashLocal, "a", 1))]).await.unwrap_err();
}

#[tokio::test]
async fn the_undo_window_is_newest_first_and_by_kind() {
    let (_dir, journal) = fresh();
    let mut batch = vec![JournalWrite::SavePair(pair())];
    for n in 0..20 {
        let kind = if n % 2 == 0 { IntentKind::TrashLocal } else { IntentKind::DeleteRemote };
        batch.push(save(intent(&format!("{n:02}"), kind, &format!("f{n}"), n)));
        if n != 19 {
            batch.push(end(&format!("{n:02}"), 100 + n / 4, IntentEnd::Done));
        }
    }
    journal.commit(batch).await.unwrap();
    let ids = async |kind, offset, limit| {
        let (rows, number) = journal.intent_window(&pair_id(), kind, offset, limit).await.unwrap();
        (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), number)
    };
    assert_eq!(ids(None, 1, 3).await, (vec!["17".to_owned(), "16".into(), "15".into()], 19));
    assert_eq!(ids(Some(IntentKind::DeleteRemote), 0, 2).await, (vec!["17".to_owned(), "15".into()], 9));
    assert_eq!(ids(Some(IntentKind::KeepBoth), 0, 2).await, (vec![], 0));
}

#[tokio::test]
async fn what_was_deleted_since_a_moment() {
    let (_dir, journal) = fresh();
    let mut batch = vec![JournalWrite::SavePair(pair())];
    for (id, kind, ended, how) in [
        ("a", IntentKind::DeleteRemote, 10, IntentEnd::Done),
        ("b", IntentKind::TrashLocal, 20, IntentEnd::Done),
        ("c", IntentKind::TrashLocal, 9, IntentEnd::Done),
        ("d", IntentKind::TrashLocal, 20, IntentEnd::Refused),
        ("e", IntentKind::TrashLocal, 20, IntentEnd::Undone),
        ("f", IntentKind::MoveRemote, 20, IntentEnd::Done),
        ("g", IntentKind::ReplaceLocal, 20, IntentEnd::Done),
        ("h", IntentKind::SettleConflict, 20, IntentEnd::Done),
    ] {
        batch.push(save(intent(id, kind, "x", 1)));
        batch.push(end(id, ended, how));
    }
    batch.push(save(intent("open", IntentKind::DeleteRemote, "x", 30)));
    journal.commit(batch).await.unwrap();
    let since = async |at| journal.deleted_since(&pair_id(), Timestamp(at)).await.unwrap();
    assert_eq!(since(10).await, Tally { files: 2, bytes: 6 });
    assert_eq!(since(0).await, Tally { files: 3, bytes: 9 });
    assert_eq!(since(21).await, Tally::default());
}

#[tokio::test]
async fn hd5_what_a_person_let_through_is_not_counted_again() {
    let (dir, journal) = fresh();
    let mut batch = vec![JournalWrite::SavePair(pair())];
    for n in 0..6 {
        let id = format!("i{n}");
        let mut row = intent(&id, IntentKind::DeleteRemote, "x", n);
        row.meant = n >= 2;
        batch.push(save(row));
        batch.push(end(&id, 10, IntentEnd::Done));
    }
    journal.commit(batch).await.unwrap();
    let count = async |journal: &windlass_journal::SqliteJournal| {
        journal.deleted_since(&pair_id(), Timestamp(0)).await.unwrap().files
    };
    assert_eq!(count(&journal).await, 2);
    // The next word covers what came before it, and nothing else of it changes.
    let before = journal.intent("i0").await.unwrap().unwrap();
    let open = intent("open", IntentKind::TrashLocal, "y", 1);
    journal.commit(vec![save(open.clone()), JournalWrite::Meant(pair_id())]).await.unwrap();
    assert_eq!(count(&journal).await, 0);
    drop(journal);
    let journal = windlass_journal::SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    assert_eq!(
        journal.intent("i0").await.unwrap(),
        Some(windlass_ports::IntentRow { meant: true, ..before }),
        "its mark holds"
    );
    assert_eq!(journal.open_intents(&pair_id()).await.unwrap(), vec![open]);
    journal.commit(vec![end("open", 20, IntentEnd::Done)]).await.unwrap();
    assert_eq!(count(&journal).await, 1, "what comes later counts");
}

#[tokio::test]
async fn hd7_different_files_that_were_replaced_are_counted() {
    const HOUR: i64 = 3_600_000_000_000;
    let (dir, journal) = fresh();
    let note = |name: &str, at| JournalWrite::NoteReplaced(pair_id(), path(name), Timestamp(at));
    let batch = vec![JournalWrite::SavePair(pair()), note("a", HOUR), note("b", HOUR), note("a", 2 * HOUR)];
    journal.commit(batch).await.unwrap();
    let since = async |journal: &windlass_journal::SqliteJournal, at, without: &[&str]| {
        let without: Vec<_> = without.iter().map(|name| path(name)).collect();
        journal.replaced_since(&pair_id(), Timestamp(at), &without).await.unwrap()
    };
    assert_eq!(since(&journal, HOUR, &[]).await, 2, "one that was replaced twice is one");
    assert_eq!(since(&journal, HOUR + 1, &[]).await, 1);
    assert_eq!(since(&journal, HOUR, &["a", "new"]).await, 1);
    drop(journal);
    let journal = windlass_journal::SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    assert_eq!(since(&journal, HOUR, &[]).await, 2, "a restart forgets nothing");
    // What is older than any limit goes.
    journal.commit(vec![note("c", 8 * 24 * HOUR)]).await.unwrap();
    assert_eq!(since(&journal, 0, &[]).await, 1);
    journal.commit(vec![JournalWrite::Meant(pair_id())]).await.unwrap();
    assert_eq!(since(&journal, 0, &[]).await, 0);
}

#[tokio::test]
async fn a_folder_keeps_epoch_marker_options_and_brake() {
    let (dir, journal) = fresh();
    let mut folder = pair();
    for mode in [Mode::MirrorUp, Mode::MirrorDown, Mode::TwoWay] {
        folder.mode = mode;
        journal.commit(vec![JournalWrite::SavePair(folder.clone())]).await.unwrap();
        assert_eq!(journal.pairs().await.unwrap(), vec![folder.clone()]);
    }
    folder.options = PairOptions {
        ignore: vec!["*.tmp".to_owned()],
        largest: Some(7),
        limits: Limits { percent: 30, ..Limits::default() },
    };
    folder.epoch = 2;
    journal.commit(vec![JournalWrite::SavePair(folder.clone())]).await.unwrap();
    let ask = Ask {
        why: Why::Share,
        trash_here: 1,
        delete_there: 2,
        overwrite: 3,
        bytes: 4,
        of: 5,
        sample: vec![path("a")],
    };
    let brake = Brake { id: u64::MAX, ask, since: Timestamp(5), answer: Some(BrakeAnswer::Restore) };
    let etag = Some(ETag::new("\"m\""));
    journal
        .commit(vec![
            JournalWrite::SetEpoch(pair_id(), 9),
            JournalWrite::SetRemoteMarker(pair_id(), etag.clone()),
            JournalWrite::SaveBrake(pair_id(), Some(brake.clone())),
        ])
        .await
        .unwrap();
    // Somebody who read the row before saves it: the epoch does not go back.
    folder.paused = true;
    folder.remote_marker.clone_from(&etag);
    folder.brake = Some(brake);
    journal.commit(vec![JournalWrite::SavePair(folder.clone())]).await.unwrap();
    folder.epoch = 9;
    drop(journal);
    let journal = windlass_journal::SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    assert_eq!(journal.pairs().await.unwrap(), vec![folder.clone()]);
    journal
        .commit(vec![
            JournalWrite::SaveBrake(pair_id(), None),
            JournalWrite::SetRemoteMarker(pair_id(), None),
        ])
        .await
        .unwrap();
    (folder.brake, folder.remote_marker) = (None, None);
    assert_eq!(journal.pairs().await.unwrap(), vec![folder]);
}

#[tokio::test]
async fn the_object_as_seen_stays_until_a_base_says_the_same() {
    let (_dir, journal) = fresh();
    let seen =
        |name: &str, size| JournalWrite::SaveRemote(pair_id(), path(name), Some(remote(size, "\"seen\"")));
    let proved =
        |size| JournalWrite::SaveBase { pair: pair_id(), path: path("a"), base: base(size, "\"e\"") };
    let row = async |name: &str| journal.file(&pair_id(), &path(name)).await.unwrap();
    journal
        .commit(vec![JournalWrite::SavePair(pair()), proved(1), seen("a", 2), seen("there", 3)])
        .await
        .unwrap();
    let a = row("a").await.unwrap();
    assert_eq!(
        (a.remote, a.base, a.state),
        (Some(remote(2, "\"seen\"")), Some(base(1, "\"e\"")), FileState::Safe)
    );
    let there = row("there").await.unwrap();
    assert_eq!((there.remote, there.local, there.base), (Some(remote(3, "\"seen\"")), None, None));
    assert_eq!(there.state, FileState::Waiting);
    // A look at the file changes neither.
    let look = JournalWrite::SaveFile {
        pair: pair_id(),
        path: path("a"),
        local: None,
        state: FileState::Held,
        note: "asked".to_owned(),
    };
    journal.commit(vec![look]).await.unwrap();
    let a = row("a").await.unwrap();
    assert_eq!((a.remote, a.base), (Some(remote(2, "\"seen\"")), Some(base(1, "\"e\""))));
    assert_eq!((a.local, a.state, a.note.as_str()), (None, FileState::Held, "asked"));
    journal.commit(vec![proved(2)]).await.unwrap();
    assert_eq!(row("a").await.unwrap().remote, None);
    journal
        .commit(vec![
            JournalWrite::SaveRemote(pair_id(), path("there"), None),
            JournalWrite::SaveRemote(pair_id(), path("nowhere"), None),
        ])
        .await
        .unwrap();
    assert_eq!(row("there").await.unwrap().remote, None);
    assert_eq!(row("nowhere").await, None);
}

#[tokio::test]
async fn hc7_without_bases_nothing_is_safe_and_digests_stay() {
    let (_dir, journal) = fresh();
    let proved = |name: &str, size| JournalWrite::SaveBase {
        pair: pair_id(),
        path: path(name),
        base: base(size, "\"e\""),
    };
    let failed = JournalWrite::SaveFile {
        pair: pair_id(),
        path: path("c"),
        local: Some(local(5)),
        state: FileState::Held,
        note: "n".to_owned(),
    };
    let start = vec![JournalWrite::SavePair(pair()), proved("a", 1), proved("b", 2), proved("c", 4), failed];
    journal.commit(start).await.unwrap();
    assert_eq!(journal.base_totals(&pair_id()).await.unwrap(), Tally { files: 3, bytes: 7 });
    journal
        .commit(vec![JournalWrite::SaveRemote(pair_id(), path("b"), Some(remote(9, "\"seen\"")))])
        .await
        .unwrap();
    journal.commit(vec![JournalWrite::ForgetBase(pair_id(), path("b"))]).await.unwrap();
    assert_eq!(journal.base_totals(&pair_id()).await.unwrap(), Tally { files: 2, bytes: 5 });
    assert_eq!(journal.folder_counts(&pair_id()).await.unwrap().safe, 1);
    journal.commit(vec![JournalWrite::ForgetBases(pair_id())]).await.unwrap();
    let rows = journal.files(&pair_id(), None, 10).await.unwrap();
    let found: Vec<_> =
        rows.iter().map(|r| (r.path.as_str(), r.local.clone(), r.base.is_some(), r.state)).collect();
    assert_eq!(
        found,
        [
            ("a", Some(local(1)), false, FileState::Waiting),
            ("b", Some(local(2)), false, FileState::Waiting),
            ("c", Some(local(5)), false, FileState::Held),
        ]
    );
    assert!(rows.iter().all(|row| row.local.as_ref().unwrap().digest.is_some()));
    let seen: Vec<_> = rows.iter().map(|row| row.remote.clone().unwrap()).collect();
    assert_eq!(seen, [remote(1, "\"e\""), remote(9, "\"seen\""), remote(4, "\"e\"")], "with their checksums");
    let counts = journal.folder_counts(&pair_id()).await.unwrap();
    assert_eq!((counts.safe, counts.waiting, counts.bytes_safe), (0, 3, 0));
    assert_eq!(journal.base_totals(&pair_id()).await.unwrap(), Tally::default());
}
