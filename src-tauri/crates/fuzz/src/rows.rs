//! Rows of the journal's file that a foreign hand wrote: any type and any bytes in any column, its checksum wiped or not, while the
//! journal is open. What is read is an error or a row, and no row goes missing unseen.
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use tokio::runtime::Runtime;
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BaseState, BatchId, Bucket, Capabilities, Crc64Nvme, Digest, ETag, Ending, FileId, LocalState, Mode,
    ObjectKey, PairId, PartPlan, PartReceipt, RelPath, RemoteExpect, RemoteState, Timestamp, TransferId,
    Upload, UploadId, UploadSpec,
};
use windlass_journal::SqliteJournal;
use windlass_ports::journal::{FileFilter, UploadFilter};
use windlass_ports::{
    Catalog, Connection as Place, CredentialSource, FileState, IntentEnd, IntentKind, IntentRow, Journal,
    JournalError, JournalWrite, LevelEntry, ListingId, ListingSort, PairOptions, PairRow, UploadRow,
};

use crate::Bytes;

/// A value of any type; texts of any bytes.
#[derive(Debug, Clone)]
enum Cell {
    Plain(Value),
    Text(Vec<u8>),
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// An open journal, and a connection to its file that holds no rule.
#[derive(Debug)]
pub struct Rows {
    runtime: Runtime,
    journal: SqliteJournal,
    loose: Connection,
    tables: Vec<Table>,
    listing: ListingId,
    _folder: tempfile::TempDir,
}

fn pair_id() -> PairId {
    PairId::from("pair")
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn local(size: u64) -> LocalState {
    LocalState {
        size,
        mtime: Timestamp(5),
        ctime: Timestamp(7),
        file_id: FileId { device: 1, inode: 1 << 63 },
        digest: Some(Digest::Crc64Nvme([0xff; 8])),
    }
}

fn remote(size: u64) -> RemoteState {
    RemoteState { size, etag: ETag::new("\"e\""), version: None, digest: Some(Digest::Sha256([7; 32])) }
}

fn spec(n: u64) -> UploadSpec {
    UploadSpec {
        id: TransferId::from(format!("t{n}")),
        batch: BatchId::from("batch"),
        pair: Some(pair_id()),
        source: format!("/photos/{n}"),
        path: path(&format!("up/{n}")),
        connection: "connection".to_owned(),
        bucket: Bucket::new("bucket"),
        key: ObjectKey::parse(&format!("in/up/{n}")).unwrap(),
        snapshot: local(n),
        expect: RemoteExpect::Absent,
        parts: PartPlan::for_size(100 << 20),
    }
}

/// Some of everything.
async fn fill(journal: &SqliteJournal) -> Result<ListingId, JournalError> {
    let pair = PairRow {
        id: pair_id(),
        name: "Photos".to_owned(),
        root: "/photos".to_owned(),
        connection: "connection".to_owned(),
        bucket: "bucket".to_owned(),
        prefix: "in/".to_owned(),
        mode: Mode::TwoWay,
        paused: false,
        last_scan: Some(Timestamp(1)),
        epoch: 3,
        remote_marker: Some(ETag::new("\"m\"")),
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    };
    let mut batch = vec![JournalWrite::SavePair(pair)];
    let states = [
        FileState::Waiting,
        FileState::Uploading,
        FileState::Held,
        FileState::Failed(FailureCode::Unreadable),
    ];
    for (n, state) in (0..).zip(states) {
        let (pair, path) = (pair_id(), path(&format!("{n}/seen")));
        batch.push(JournalWrite::SaveFile { pair, path, local: Some(local(n)), state, note: "n".to_owned() });
        let base = BaseState { local: local(n), remote: remote(n) };
        batch.push(JournalWrite::SaveBase { pair: pair_id(), path: self::path(&format!("{n}/safe")), base });
    }
    batch.push(JournalWrite::SaveRemote(pair_id(), path("there"), Some(remote(4))));
    for n in 0..4 {
        let intent = IntentRow {
            id: format!("i{n}"),
            pair: pair_id(),
            kind: IntentKind::MoveLocal,
            path: path("a"),
            to: Some(path("b")),
            local: Some(local(3)),
            remote: Some(remote(3)),
            size: 3,
            cause: "why".to_owned(),
            at: Timestamp(1),
            meant: n == 3,
            trashed: None,
            marker: None,
            ended: if n < 2 { None } else { Some((Timestamp(2), IntentEnd::Done)) },
        };
        batch.push(JournalWrite::SaveIntent(Box::new(intent)));
        let upload = UploadId::new("u");
        let state = match n {
            0 => Upload::Queued,
            1 | 2 => Upload::Sending { upload, done: BTreeMap::new() },
            _ => Upload::Ended(Ending::Committed),
        };
        batch.push(JournalWrite::SaveUpload { spec: spec(n), state, at: Timestamp(1) });
    }
    let part = PartReceipt { number: 1, etag: ETag::new("\"p\""), crc: Crc64Nvme { value: 1, len: 8 << 20 } };
    batch.push(JournalWrite::SavePart(TransferId::from("t1"), part));
    journal.commit(batch).await?;
    let place = Place {
        id: "connection".to_owned(),
        name: "One".to_owned(),
        source: CredentialSource::AccessKey { access_key: "k".to_owned() },
        endpoint: Some("http://localhost:1".to_owned()),
        region: None,
        start_in: String::new(),
        position: 1,
    };
    journal.save_connection(place).await?;
    journal.save_capabilities("connection", "bucket", &Capabilities::default(), Timestamp(1)).await?;
    journal.save_setting("theme", "dark").await?;
    let id = journal.begin_listing("connection", "bucket", "", false, Timestamp(1)).await?;
    // The second page comes out of order.
    for keys in [["b", "c"], ["a", "d"]] {
        journal.add_to_listing(id, keys.iter().map(|key| object(key)).collect()).await?;
    }
    journal.finish_listing(id).await?;
    Ok(id)
}

fn object(key: &str) -> LevelEntry {
    LevelEntry::Object {
        key: key.to_owned(),
        size: 1,
        modified: Some(Timestamp(1)),
        etag: "\"e\"".to_owned(),
        class: "STANDARD".to_owned(),
    }
}

/// The same table without types and rules. What is in the file is kept the same way.
fn loosened(text: &str) -> String {
    text.replace(" STRICT, WITHOUT ROWID", " WITHOUT ROWID")
        .replace(" STRICT", "")
        .replace(" TEXT", " BLOB")
        .replace(" INTEGER NOT NULL", " BLOB")
        .replace(" NOT NULL", "")
}

/// A connection that read a schema without rules, which the file does not have any more: SQLite looks only at its number.
fn loose(file: &std::path::Path) -> rusqlite::Result<Connection> {
    let hand = Connection::open(file)?;
    hand.execute_batch(
        "PRAGMA writable_schema = ON; CREATE TEMP TABLE kept AS SELECT name, sql FROM sqlite_schema",
    )?;
    let texts: Vec<(String, String)> = hand
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, text) in texts {
        hand.execute("UPDATE main.sqlite_schema SET sql = ?2 WHERE name = ?1", [name, loosened(&text)])?;
    }
    let loose = Connection::open(file)?;
    loose.busy_timeout(Duration::from_secs(20))?;
    loose.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    loose.execute_batch(
        "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; SELECT count(*) FROM pairs",
    )?;
    loose.set_prepared_statement_cache_capacity(256);
    hand.execute_batch(
        "UPDATE main.sqlite_schema SET sql = (SELECT sql FROM kept WHERE kept.name = sqlite_schema.name)
         WHERE name IN (SELECT name FROM kept)",
    )?;
    Ok(loose)
}

impl Table {
    fn read(conn: &Connection, name: &str) -> rusqlite::Result<Self> {
        let mut statement = conn.prepare(&format!("SELECT * FROM {name}"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let rows = statement
            .query_map([], |row| {
                (0..width)
                    .map(|n| {
                        Ok(match row.get_ref(n)? {
                            ValueRef::Text(bytes) => Cell::Text(bytes.to_vec()),
                            other => Cell::Plain(other.try_into()?),
                        })
                    })
                    .collect()
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { name: name.to_owned(), columns, rows })
    }

    fn write(&self, conn: &Connection, changed: Option<(usize, &[Cell])>) -> rusqlite::Result<()> {
        conn.prepare_cached(&format!("DELETE FROM {}", self.name))?.execute([])?;
        for (number, row) in self.rows.iter().enumerate() {
            let row = changed.filter(|(at, _)| *at == number).map_or(row.as_slice(), |(_, row)| row);
            let places: Vec<String> = row
                .iter()
                .zip(1..)
                .map(|(cell, n)| {
                    if matches!(cell, Cell::Text(_)) {
                        format!("CAST(?{n} AS TEXT)")
                    } else {
                        format!("?{n}")
                    }
                })
                .collect();
            let text = format!("INSERT OR IGNORE INTO {} VALUES ({})", self.name, places.join(", "));
            let values = row.iter().map(|cell| match cell {
                Cell::Plain(value) => value.clone(),
                Cell::Text(bytes) => Value::Blob(bytes.clone()),
            });
            match conn.prepare_cached(&text)?.execute(params_from_iter(values)) {
                // A number that no rowid can be.
                Err(_) if changed.is_some_and(|(at, _)| at == number) => {}
                other => drop(other?),
            }
        }
        Ok(())
    }
}

const NUMBERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    255,
    1 << 31,
    1 << 32,
    -(1 << 32),
    1 << 53,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
    10_001,
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "waiting",
    "safe",
    "failed",
    "unreadable",
    "held",
    "ingest",
    "two_way",
    "done",
    "undone",
    "move_local",
    "..",
    "/",
    "a//b",
    "{}",
    "[]",
    "null",
    "0",
    "-1",
    "1e400",
    "true",
    "\"Queued\"",
    "{\"Sending\":{\"upload\":\"u\"}}",
    "pair",
    "t1",
    "active",
    "other",
    "{\"Ended\":\"Committed\"}",
    "{\"limits\":{\"files\":-1}}",
    "\u{feff}",
    "committed",
];

fn cell(before: &Cell, bytes: &mut Bytes<'_>) -> Cell {
    match bytes.below(8) {
        0 => Cell::Plain(Value::Null),
        1 => Cell::Plain(Value::Integer(NUMBERS[bytes.below(NUMBERS.len())])),
        2 => Cell::Plain(Value::Integer(bytes.number().cast_signed())),
        3 => Cell::Plain(Value::Real(f64::from_bits(bytes.number()))),
        4 => Cell::Text(bytes.of(TEXTS).as_bytes().to_vec()),
        5 => Cell::Text(bytes.some(40).to_vec()),
        6 => Cell::Plain(Value::Blob(bytes.some(40).to_vec())),
        // What was there, a little changed.
        _ => match before {
            Cell::Text(text) => Cell::Text(bent(text, bytes)),
            Cell::Plain(Value::Blob(blob)) => Cell::Plain(Value::Blob(bent(blob, bytes))),
            Cell::Plain(Value::Integer(number)) => Cell::Plain(Value::Integer(number ^ 1 << bytes.below(64))),
            Cell::Plain(other) => Cell::Plain(other.clone()),
        },
    }
}

fn bent(text: &[u8], bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=bytes.below(3) {
        let at = bytes.below(text.len() + 1);
        match bytes.below(4) {
            0 if at < text.len() => text[at] = bytes.byte(),
            1 => text.truncate(at),
            // Numbers in JSON.
            2 => {
                text.iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|digit| *digit = b"09"[at % 2])
            }
            _ => drop(text.splice(at..at, bytes.some(6).to_vec())),
        }
    }
    text
}

/// The answer, if it is one. Anything but a panic may be said instead.
fn answer<T: Debug>(result: Result<T, JournalError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let said = error.source.to_string();
            assert!(!said.contains("panic") && !said.contains("it is closed"), "it panicked: {said}");
            None
        }
    }
}

impl Rows {
    /// A journal with some of everything.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let file = folder.path().join("journal.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let journal = SqliteJournal::open(&file).unwrap();
        let listing = runtime.block_on(fill(&journal)).unwrap();
        let loose = loose(&file).unwrap();
        let names: Vec<String> = loose
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let tables: Vec<Table> = names.iter().map(|name| Table::read(&loose, name).unwrap()).collect();
        let tables = tables.into_iter().filter(|table| !table.rows.is_empty()).collect();
        Self { runtime, journal, loose, tables, listing, _folder: folder }
    }

    /// Changes one row in each table, reads everything, and puts it back. How many rows were changed.
    pub fn check(&self, bytes: &[u8]) -> usize {
        let mut bytes = Bytes::new(bytes);
        let mut touched = Vec::new();
        self.loose.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Hardly anything is read from two tables, so many are one case.
        for table in &self.tables {
            let number = bytes.below(table.rows.len());
            let mut row = table.rows[number].clone();
            for _ in 0..=bytes.below(2) {
                let column = bytes.below(row.len());
                row[column] = cell(&row[column], &mut bytes);
            }
            if table.name == "listings" && matches!(row[0], Cell::Plain(Value::Null)) {
                // SQLite would count on from the largest number there ever was, and says "full" after the last.
                row[0] = Cell::Plain(Value::Integer(0));
            }
            if bytes.byte() & 1 == 0 {
                // As a row that was written before there were checksums: nothing is said against it.
                for (column, cell) in
                    table.columns.iter().zip(&mut row).filter(|(name, _)| name.ends_with("mark"))
                {
                    *cell = if column == "mark" || bytes.byte() & 1 == 0 {
                        Cell::Plain(Value::Integer(0))
                    } else {
                        cell.clone()
                    };
                }
            }
            table.write(&self.loose, Some((number, &row))).unwrap();
            touched.push(table);
        }
        self.loose.execute_batch("COMMIT").unwrap();
        let writes = bytes.byte() & 15 == 0;
        self.runtime.block_on(self.read(writes));
        self.loose.execute_batch("BEGIN IMMEDIATE").unwrap();
        if writes {
            touched.extend(self.tables.iter().filter(|table| table.name.starts_with("listing")));
        }
        touched.iter().for_each(|table| table.write(&self.loose, None).unwrap());
        self.loose.execute_batch("COMMIT").unwrap();
        touched.len()
    }

    fn count(&self, text: &str) -> usize {
        let count: i64 = self.loose.prepare_cached(text).unwrap().query_row([], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// Rows of the folder's files whose paths are paths: all others are logged, and never lead to a delete.
    fn readable(&self) -> usize {
        let mut statement =
            self.loose.prepare_cached("SELECT path FROM files WHERE pair_id = 'pair'").unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut count = 0;
        while let Some(row) = rows.next().unwrap() {
            count +=
                usize::from(row.get_ref(0).unwrap().as_str().is_ok_and(|text| RelPath::parse(text).is_ok()));
        }
        count
    }

    /// Everything that can be asked.
    async fn read(&self, writes: bool) {
        let (journal, pair) = (&self.journal, pair_id());
        let files = self.readable();
        if let Some(rows) = answer(journal.files(&pair, None, 1000).await) {
            assert_eq!(rows.len(), files, "files are missing");
            for row in &rows {
                assert!(row.state != FileState::Safe || row.base.is_some(), "Safe without a proof: {row:?}");
            }
        }
        for filter in [FileFilter::All, FileFilter::Todo, FileFilter::Verified, FileFilter::Failed] {
            if let Some((rows, _)) = answer(journal.file_window(&pair, filter, 0, 1000).await)
                && filter == FileFilter::All
            {
                assert_eq!(rows.len(), files, "files are missing in the window");
            }
        }
        answer(journal.file(&pair, &path("0/seen")).await);
        answer(journal.folder_counts(&pair).await);
        answer(journal.failures(&pair).await);
        answer(journal.base_totals(&pair).await);
        if let Some(rows) = answer(journal.open_uploads().await) {
            assert_eq!(
                rows.len(),
                self.count("SELECT count(*) FROM transfers WHERE ending = ''"),
                "transfers are missing"
            );
            rows.iter().for_each(usable);
        }
        for filter in [
            UploadFilter::Open,
            UploadFilter::Active,
            UploadFilter::Waiting,
            UploadFilter::Failed,
            UploadFilter::Done,
        ] {
            if let Some((rows, _)) = answer(journal.upload_window(filter, 0, 1000).await) {
                rows.iter().for_each(usable);
            }
        }
        for id in ["t0", "t1", "t3"] {
            answer(journal.upload(&TransferId::from(id)).await);
        }
        answer(journal.open_upload_of(&pair, &path("up/1")).await);
        answer(journal.open_bytes().await);
        answer(journal.batch_open(&BatchId::from("batch")).await);
        if let Some(rows) = answer(journal.open_intents(&pair).await) {
            let text = "SELECT count(*) FROM intents WHERE pair_id = 'pair' AND ending = ''";
            assert_eq!(rows.len(), self.count(text), "intents are missing");
        }
        answer(journal.intent("i0").await);
        for kind in [None, Some(IntentKind::MoveLocal)] {
            answer(journal.intent_window(&pair, kind, 0, 100).await);
        }
        answer(journal.deleted_since(&pair, Timestamp(0)).await);
        answer(journal.replaced_since(&pair, Timestamp(0), &[]).await);
        answer(journal.device_id().await);
        if let Some(rows) = answer(journal.pairs().await) {
            assert_eq!(rows.len(), self.count("SELECT count(*) FROM pairs"), "folders are missing");
        }
        if let Some(rows) = answer(journal.connections().await) {
            assert_eq!(rows.len(), self.count("SELECT count(*) FROM connections"), "connections are missing");
        }
        answer(journal.capabilities("connection", "bucket").await);
        answer(journal.capabilities("connection", "").await);
        answer(journal.setting("theme").await);
        answer(journal.find_listing("connection", "bucket", "", false).await);
        answer(journal.listing_info(self.listing).await);
        for sort in [ListingSort::Name, ListingSort::Size, ListingSort::Modified, ListingSort::Class] {
            answer(journal.listing_window(self.listing, 0, 10, sort, false, "").await);
        }
        answer(journal.listing_window(self.listing, 1, 10, ListingSort::Size, true, "a").await);
        if writes {
            answer(journal.add_to_listing(self.listing, vec![object("c"), object("x")]).await);
            answer(journal.remove_from_listing(self.listing, &["c".to_owned()]).await);
        }
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::new()
    }
}

/// What a worker asks of an upload first.
fn usable(row: &UploadRow) {
    let count = row.spec.parts.count();
    for number in [0, 1, 2, count, count.saturating_add(1)] {
        let _range = row.spec.parts.range(number);
    }
    let _single = row.spec.single();
}
