//! Opening, owning, closing, damage.
#![cfg(test)]

mod common;

use std::path::Path;

use common::{fresh, pair, pair_id};
use windlass_domain::{PairId, Timestamp};
use windlass_journal::SqliteJournal;
use windlass_ports::{Catalog, Journal, JournalErrorKind, JournalWrite};

fn kind(result: Result<SqliteJournal, windlass_ports::JournalError>) -> JournalErrorKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn one_owner_and_any_number_of_readers() {
    let (dir, journal) = fresh();
    let file = dir.path().join("journal.db");
    assert_eq!(kind(SqliteJournal::open(&file)), JournalErrorKind::Owned);
    let reader = SqliteJournal::open_shared(&file).unwrap();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    assert_eq!(reader.pairs().await.unwrap(), vec![pair()], "readers see what was committed");
    assert_eq!(reader.device_id().await.unwrap(), journal.device_id().await.unwrap());
    let error = reader.commit(vec![JournalWrite::RemovePair(pair_id())]).await.unwrap_err();
    assert_eq!(error.kind, JournalErrorKind::Owned);
    reader.save_setting("a", "b").await.unwrap_err();

    let id = journal.device_id().await.unwrap();
    drop(journal);
    let journal = SqliteJournal::open(&file).unwrap();
    assert_eq!(journal.device_id().await.unwrap(), id, "made once");
}

#[tokio::test]
async fn a_copy_taken_while_open_opens_whole() {
    let (dir, journal) = fresh();
    let after = tempfile::tempdir().unwrap();
    for n in 0..50 {
        let mut row = pair();
        row.id = PairId::from(format!("{n:02}"));
        journal.commit(vec![JournalWrite::SavePair(row)]).await.unwrap();
        // What a kill at this moment leaves: the file and its WAL, without the shared memory.
        if n % 10 == 9 {
            let copy = after.path().join(format!("{n}.db"));
            std::fs::copy(dir.path().join("journal.db"), &copy).unwrap();
            std::fs::copy(dir.path().join("journal.db-wal"), after.path().join(format!("{n}.db-wal")))
                .unwrap();
            let killed = SqliteJournal::open(&copy).unwrap();
            assert_eq!(killed.pairs().await.unwrap().len(), n + 1, "every commit that returned is there");
            killed.integrity_check().await.unwrap();
        }
    }
}

fn damage(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte = 0x5a;
    }
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn hc6_damage_is_found_when_opening() {
    let (dir, journal) = fresh();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    drop(journal);
    let file = dir.path().join("journal.db");
    damage(&file);
    assert_eq!(kind(SqliteJournal::open(&file)), JournalErrorKind::Corrupt);
    std::fs::write(&file, "this is no database, and long enough to be read as the header of one".repeat(100))
        .unwrap();
    assert_eq!(kind(SqliteJournal::open(&file)), JournalErrorKind::Corrupt);
}

/// What was found out about a server is found out again: its damage must not keep a folder from going on (hazard HC6).
#[tokio::test]
async fn hc6_a_damaged_capability_is_as_good_as_none() {
    let (dir, journal) = fresh();
    let found = windlass_domain::Capabilities::default();
    journal.save_capabilities("a", "one", &found, Timestamp(1)).await.unwrap();
    let other = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    for damage in ["'{\"create_only_put\":\"Yec\"}'", "''", "CAST(x'ff' AS TEXT)"] {
        other.execute(&format!("UPDATE capabilities SET found = {damage}"), []).unwrap();
        assert_eq!(journal.capabilities("a", "one").await.unwrap(), None, "{damage}");
        journal.save_capabilities("a", "one", &found, Timestamp(2)).await.unwrap();
        assert_eq!(journal.capabilities("a", "one").await.unwrap(), Some((found.clone(), Timestamp(2))));
    }
}

#[tokio::test]
async fn settings_connections_and_capabilities() {
    use windlass_domain::Capabilities;
    use windlass_ports::{Connection, CredentialSource};
    let (_dir, journal) = fresh();
    assert_eq!(journal.setting("theme").await.unwrap(), None);
    journal.save_setting("theme", "dark").await.unwrap();
    journal.save_setting("theme", "light").await.unwrap();
    assert_eq!(journal.setting("theme").await.unwrap().as_deref(), Some("light"));

    let connection = |id: &str, position| Connection {
        id: id.to_owned(),
        name: id.to_owned(),
        source: CredentialSource::AccessKey { access_key: "key".to_owned() },
        endpoint: Some("http://localhost:1".to_owned()),
        region: None,
        start_in: String::new(),
        position,
    };
    journal.save_connection(connection("b", 1)).await.unwrap();
    journal.save_connection(connection("a", 2)).await.unwrap();
    assert_eq!(journal.connections().await.unwrap(), vec![connection("b", 1), connection("a", 2)]);
    let found = Capabilities::default();
    journal.save_capabilities("a", "one", &found, Timestamp(1)).await.unwrap();
    journal.save_capabilities("a", "two", &found, Timestamp(2)).await.unwrap();
    assert_eq!(journal.capabilities("a", "one").await.unwrap(), Some((found.clone(), Timestamp(1))));
    assert_eq!(journal.capabilities("a", "").await.unwrap(), Some((found, Timestamp(2))));
    assert_eq!(journal.capabilities("a", "three").await.unwrap(), None);
    journal.remove_connection("a").await.unwrap();
    assert_eq!(journal.connections().await.unwrap(), vec![connection("b", 1)]);
    assert_eq!(journal.capabilities("a", "").await.unwrap(), None);
}
