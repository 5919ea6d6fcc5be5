//! Journals with changed bytes (hazard HC6): what is read is what was written, or nothing.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{base, end, intent, local, pair, pair_id, path, remote, save_upload, spec};
use windlass_domain::words::FailureCode;
use windlass_domain::{PairId, Timestamp, Upload};
use windlass_journal::SqliteJournal;
use windlass_ports::{
    Catalog, Connection, CredentialSource, FileRow, FileState, IntentEnd, IntentKind, IntentRow, Journal,
    JournalErrorKind, JournalWrite, PairRow, UploadRow,
};

/// In memory where there is such a folder: these tests open a thousand journals.
fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn other_pair() -> PairRow {
    PairRow { id: PairId::from("other"), prefix: "out/".to_owned(), epoch: 4, ..pair() }
}

/// All that is acted upon.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    pairs: Vec<PairRow>,
    connections: Vec<Connection>,
    files: BTreeMap<String, FileRow>,
    open: Vec<IntentRow>,
    ended: Vec<IntentRow>,
    uploads: Vec<UploadRow>,
}

async fn said(journal: &SqliteJournal) -> Said {
    let mut files = BTreeMap::new();
    let mut after = None;
    loop {
        let page = journal.files(&pair_id(), after.as_ref(), 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.path.clone());
        for row in page {
            assert_eq!(files.insert(row.path.to_string(), row), None, "twice");
        }
    }
    Said {
        pairs: journal.pairs().await.unwrap(),
        connections: journal.connections().await.unwrap(),
        files,
        open: journal.open_intents(&pair_id()).await.unwrap(),
        ended: journal.intent_window(&pair_id(), None, 0, 100).await.unwrap().0,
        uploads: journal.open_uploads().await.unwrap(),
    }
}

async fn fill(journal: &SqliteJournal) {
    let mut batch = vec![JournalWrite::SavePair(pair()), JournalWrite::SavePair(other_pair())];
    for n in 0..40u64 {
        let path = path(&format!("folder {}/a photo {n}.jpg", n % 3));
        let etag = format!("\"{n:032x}\"");
        if n % 3 != 0 {
            batch.push(JournalWrite::SaveBase { pair: pair_id(), path: path.clone(), base: base(n, &etag) });
        }
        if n % 4 == 0 {
            let state = if n % 8 == 0 { FileState::Failed(FailureCode::Unreadable) } else { FileState::Held };
            let (note, local) = (format!("a note of {n}"), Some(local(n)));
            batch.push(JournalWrite::SaveFile { pair: pair_id(), path: path.clone(), local, state, note });
        }
        if n % 5 == 0 {
            batch.push(JournalWrite::SaveRemote(pair_id(), path, Some(remote(n, &etag))));
        }
    }
    for n in 0..8 {
        let id = format!("intent {n}");
        batch.push(JournalWrite::SaveIntent(Box::new(intent(&id, IntentKind::TrashLocal, "gone", n))));
        if n % 2 == 0 {
            batch.push(end(&id, n, IntentEnd::Done));
        }
    }
    for n in 0..4 {
        let spec = spec(&format!("t{n}"), "batch", Some(pair_id()), &format!("up {n}"), 9);
        batch.push(save_upload(&spec, Upload::Queued, n));
    }
    journal.commit(batch).await.unwrap();
    let connection = Connection {
        id: "connection".to_owned(),
        name: "One".to_owned(),
        source: CredentialSource::AccessKey { access_key: "key".to_owned() },
        endpoint: Some("http://localhost:1".to_owned()),
        region: None,
        start_in: String::new(),
        position: 1,
    };
    journal.save_connection(connection).await.unwrap();
}

/// Numbers that look like chance, from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

fn only_these(folder: &Path, files: &[(&str, &[u8])]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// `true` when every row says what it said; fails when one says anything else.
fn same_or_less(found: &Said, whole: &Said, what: &str) -> bool {
    assert_eq!(found.pairs, whole.pairs, "{what}");
    assert_eq!(found.connections, whole.connections, "{what}");
    assert_eq!(found.open, whole.open, "{what}");
    assert_eq!(found.uploads, whole.uploads, "{what}");
    assert!(found.ended.iter().all(|row| whole.ended.contains(row)), "{what}");
    for (name, row) in &found.files {
        let Some(written) = whole.files.get(name) else {
            let bare = (&row.local, &row.remote, &row.base, row.state);
            assert_eq!(bare, (&None, &None, &None, FileState::Waiting), "{what}: {name}");
            continue;
        };
        assert!(row.local.is_none() || row.local == written.local, "{what}: {name}");
        assert!(row.remote.is_none() || row.remote == written.remote, "{what}: {name}");
        assert!(row.base.is_none() || row.base == written.base, "{what}: {name}");
        assert!(row.state == written.state || row.state == FileState::Waiting, "{what}: {name}");
        assert!(row.note.is_empty() || row.note == written.note, "{what}: {name}");
        assert!(row.state != FileState::Safe || row.base.is_some(), "{what}: {name}");
    }
    found == whole
}

#[tokio::test]
async fn hc6_a_journal_with_flipped_bytes_never_lies() {
    let folder = quick_folder();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).unwrap();
    fill(&journal).await;
    let whole = said(&journal).await;
    drop(journal);
    let sound = std::fs::read(&file).unwrap();
    let mut chance = Chance(0x0057_1AD1_A550_0006);
    let (mut same, mut less, mut aside, mut salvaged) = (0, 0, 0, 0);
    for round in 0..1_000 {
        let mut bytes = sound.clone();
        let mut flipped = Vec::new();
        for _ in 0..=chance.below(3) {
            // Half of them where rows are written, so that not all hit what no row uses.
            let at = loop {
                let at = chance.below(bytes.len());
                if round % 2 == 0 || bytes[at] != 0 {
                    break at;
                }
            };
            bytes[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
            flipped.push(at);
        }
        let what = format!("round {round}, bytes {flipped:?}");
        only_these(folder.path(), &[("journal.db", &bytes)]);
        let opened = SqliteJournal::open_or_begin(&file, Timestamp::from_millis(7))
            .unwrap_or_else(|error| panic!("{what}: {:?} {}", error.kind, error.source));
        let found = said(&opened.journal).await;
        match &opened.recovered {
            None if same_or_less(&found, &whole, &what) => same += 1,
            None => less += 1,
            Some(place) => {
                assert_eq!(place, &folder.path().join("journal.db.damaged-7"), "{what}");
                assert_eq!(std::fs::read(place).unwrap(), bytes, "{what}: it stays as it was found");
                assert_eq!(put_aside(folder.path()), [place.as_path()], "{what}: and nothing beside it");
                assert!(
                    found.files.is_empty() && found.open.is_empty() && found.uploads.is_empty(),
                    "{what}"
                );
                assert!(found.pairs.iter().all(|row| whole.pairs.contains(row)), "{what}");
                assert!(found.connections.iter().all(|row| whole.connections.contains(row)), "{what}");
                salvaged += usize::from(!found.pairs.is_empty());
                aside += 1;
            }
        }
    }
    println!(
        "same {same}, with rows that say less {less}, put aside {aside}, of these with folders {salvaged}"
    );
    assert!(
        same > 0 && less > 0 && salvaged > 0,
        "{same} {less} {aside} {salvaged}: the flips hit too little"
    );
}

#[tokio::test]
async fn hc6_a_damaged_wal_is_an_older_journal_or_none() {
    let folder = quick_folder();
    let (file, copies) = (folder.path().join("journal.db"), quick_folder());
    let journal = SqliteJournal::open(&file).unwrap();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    for n in 1..=20 {
        let write = JournalWrite::SaveBase { pair: pair_id(), path: path("a"), base: base(n, "\"e\"") };
        journal.commit(vec![write]).await.unwrap();
    }
    let main = std::fs::read(&file).unwrap();
    let wal = std::fs::read(folder.path().join("journal.db-wal")).unwrap();
    let mut chance = Chance(0x0057_1AD1_A550_0007);
    let (mut last, mut older) = (0, 0);
    for round in 0..100 {
        let mut bytes = wal.clone();
        if round > 0 {
            let at = chance.below(bytes.len());
            bytes[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
        }
        only_these(copies.path(), &[("journal.db", &main), ("journal.db-wal", &bytes)]);
        let opened = SqliteJournal::open_or_begin(&copies.path().join("journal.db"), Timestamp(0)).unwrap();
        let Some(row) = opened.journal.file(&pair_id(), &path("a")).await.unwrap() else {
            older += 1;
            continue;
        };
        let size = row.local.as_ref().unwrap().size;
        assert!((1..=20).contains(&size), "round {round}");
        assert_eq!(row.base, Some(base(size, "\"e\"")), "round {round}");
        if size == 20 { last += 1 } else { older += 1 }
    }
    assert!(last > 0 && older > 0, "{last} {older}");
}

fn put_aside(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn hc6_what_was_put_aside_is_never_written_over() {
    let folder = quick_folder();
    let file = folder.path().join("journal.db");
    for n in 0..3 {
        std::fs::write(&file, format!("this is no database {n}").repeat(100)).unwrap();
        let opened = SqliteJournal::open_or_begin(&file, Timestamp::from_millis(9)).unwrap();
        assert!(opened.recovered.is_some());
        drop(opened);
        std::fs::remove_file(&file).unwrap();
    }
    assert_eq!(put_aside(folder.path()).len(), 3);
    // None at all, and an empty one, are new ones.
    std::fs::write(&file, "").unwrap();
    let opened = SqliteJournal::open_or_begin(&file, Timestamp(0)).unwrap();
    assert_eq!(opened.recovered, None);
    // Neither is one that another process has.
    let error = SqliteJournal::open_or_begin(&file, Timestamp(0)).unwrap_err();
    assert_eq!(error.kind, windlass_ports::JournalErrorKind::Owned);
    assert_eq!(put_aside(folder.path()).len(), 3);
}

/// A big journal that was closed in order is not read through when it opens; damage in it is met when its rows are read, and
/// the next start looks at everything.
#[tokio::test]
async fn hc6_hc11_damage_in_a_big_journal_is_met_when_read_and_the_next_start_puts_it_aside() {
    let folder = quick_folder();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).unwrap();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    let mut n = 0u64;
    while std::fs::metadata(&file).unwrap().len() < 40 << 20 {
        let base_of = |n: u64| JournalWrite::SaveBase {
            pair: pair_id(),
            path: path(&format!("a folder with a long name/a photo with a long name {n:09}.jpg")),
            base: base(n, &format!("\"{n:032x}\"")),
        };
        journal.commit((n..n + 2_000).map(base_of).collect()).await.unwrap();
        n += 2_000;
    }
    drop(journal);
    let mut bytes = std::fs::read(&file).unwrap();
    let pages = bytes.len() / 4096;
    for page in (pages / 2..pages * 3 / 4).step_by(40) {
        bytes[page * 4096..page * 4096 + 64].fill(0xFF);
    }
    std::fs::write(&file, &bytes).unwrap();

    let read = async |journal: &SqliteJournal| {
        let mut after = None;
        loop {
            match journal.files(&pair_id(), after.as_ref(), 1_000).await {
                Ok(page) if page.is_empty() => return None,
                Ok(page) => after = page.last().map(|row| row.path.clone()),
                Err(error) => return Some(error.kind),
            }
        }
    };
    let opened = SqliteJournal::open_or_begin(&file, Timestamp(0)).unwrap();
    assert_eq!(opened.recovered, None, "it was closed in order, and is taken at its word");
    assert_eq!(read(&opened.journal).await, Some(JournalErrorKind::Corrupt));
    drop(opened);
    let opened = SqliteJournal::open_or_begin(&file, Timestamp(0)).unwrap();
    assert!(opened.recovered.is_some(), "what was met counts at the next start");
    assert_eq!(read(&opened.journal).await, None);
    assert_eq!(opened.journal.pairs().await.unwrap().len(), 1, "the folder is still known");
    drop(opened);
    assert_eq!(SqliteJournal::open_or_begin(&file, Timestamp(0)).unwrap().recovered, None);
}

/// Found by `windlass-fuzz`: such numbers made readers panic, and the writer, without which nothing can be written any more.
#[tokio::test]
async fn hc6_numbers_that_nobody_counted_are_damage_and_no_panic() {
    let folder = quick_folder();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).unwrap();
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
    let listing = journal.begin_listing("c", "b", "", false, Timestamp(0)).await.unwrap();
    let page = || vec![common::object("a", 1, None, "STANDARD")];
    journal.add_to_listing(listing, page()).await.unwrap();
    let hand = rusqlite::Connection::open(&file).unwrap();
    hand.execute_batch("UPDATE file_counts SET files = -3; UPDATE transfer_counts SET transfers = -1")
        .unwrap();
    let filter = windlass_ports::journal::UploadFilter::Open;
    for error in [
        journal.folder_counts(&pair_id()).await.map(|_| ()).unwrap_err(),
        journal.upload_window(filter, 0, 10).await.map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(error.kind, JournalErrorKind::Corrupt, "{}", error.source);
    }
    hand.execute_batch("UPDATE file_counts SET files = 9223372036854775807, bytes = -1").unwrap();
    assert_eq!(journal.folder_counts(&pair_id()).await.unwrap().total, u64::MAX);
    for change in ["next_row = 9223372036854775807", "next_row = -1", "rows = -1", "objects = 9"] {
        hand.execute_batch(&format!(
            "UPDATE listings SET next_row = 1, rows = 1, objects = 1; UPDATE listings SET {change}"
        ))
        .unwrap();
        let error = journal.add_to_listing(listing, page()).await.unwrap_err();
        assert_eq!(error.kind, JournalErrorKind::Corrupt, "{change}: {}", error.source);
        assert_eq!(journal.listing_info(listing).await.unwrap_err().kind, JournalErrorKind::Corrupt);
    }
    // The writer lives.
    journal.commit(vec![JournalWrite::SavePair(pair())]).await.unwrap();
}
