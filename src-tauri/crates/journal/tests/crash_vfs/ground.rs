//! What is allowed to be found, and how it is looked for.
use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use windlass_crashvfs::{Cut, Image, Print, Recording, Trace};
use windlass_domain::Timestamp;
use windlass_journal::SqliteJournal;

/// In memory, since thousands of journals are written and opened.
pub(crate) fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What the journal held after each number of commits.
pub(crate) struct Ground {
    states: Vec<Print>,
    /// Version of the journal before, of which a copy has to be there once it was brought up.
    copy: Option<usize>,
}

/// What cuts led to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) cuts: usize,
    pub(crate) opened: usize,
    /// As many commits as had returned, or more (the one that was under way).
    pub(crate) exact: usize,
    pub(crate) newer: usize,
    pub(crate) wrong: Vec<String>,
    known: BTreeMap<Print, Result<usize, String>>,
}

impl Found {
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.cuts += other.cuts;
        self.opened += other.opened;
        self.exact += other.exact;
        self.newer += other.newer;
        self.wrong.extend(other.wrong);
        self
    }

    pub(crate) fn say(&self) -> String {
        format!(
            "{} wrong; the first:\n{}",
            self.wrong.len(),
            self.wrong[..self.wrong.len().min(5)].join("\n")
        )
    }
}

impl Ground {
    pub(crate) const fn new(states: Vec<Print>) -> Self {
        Self { states, copy: None }
    }

    pub(crate) fn with_copy_before(self, version: usize) -> Self {
        Self { copy: Some(version), ..self }
    }

    /// Opens what a cut left, and judges it.
    pub(crate) fn look(&self, at: usize, cut: Cut, image: Image, promised: usize, found: &mut Found) {
        found.cuts += 1;
        let mut print = Print::default();
        print.add_image(&image);
        let known = found.known.entry(print).or_insert_with(|| {
            found.opened += 1;
            self.open(&image)
        });
        // The first promise is that it was opened.
        let least = promised.saturating_sub(1);
        match known {
            Ok(commits) if *commits == least => found.exact += 1,
            Ok(commits) if *commits > least => found.newer += 1,
            Ok(commits) => {
                found.wrong.push(format!("call {at}, {cut:?}: {least} commits returned, {commits} are there"))
            }
            Err(error) => found.wrong.push(format!("call {at}, {cut:?}: {error}")),
        }
    }

    /// How many commits are there.
    fn open(&self, image: &Image) -> Result<usize, String> {
        let folder = quick_folder();
        for (name, bytes) in image {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let path = folder.path().join("journal.db");
        let opened = SqliteJournal::open_or_begin(&path, Timestamp(0))
            .map_err(|error| format!("it does not open: {}", error.source))?;
        if opened.recovered.is_some() {
            return Err("it was taken for damaged and put aside".to_owned());
        }
        let conn = Connection::open(&path).unwrap();
        let checked: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        if checked != "ok" || conn.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap() {
            return Err(format!("integrity_check: {checked}"));
        }
        let state = state_of(&conn);
        drop(conn);
        if let Some(version) = self.copy {
            let copy = folder.path().join(format!("journal.db.before-v{version}"));
            let conn = Connection::open(&copy).unwrap();
            let whole = |pragma: &str| conn.query_row(pragma, [], |row| row.get::<_, String>(0));
            let version_there: i64 =
                conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap_or(-1);
            if whole("PRAGMA integrity_check").as_deref() != Ok("ok")
                || version_there != i64::try_from(version).unwrap()
            {
                return Err(format!("the copy is not whole: version {version_there}"));
            }
        }
        drop(opened);
        // The last, since a commit may change nothing.
        self.states
            .iter()
            .rposition(|known| *known == state)
            .ok_or_else(|| "it holds what was there after no number of commits".to_owned())
    }

    /// Opens what a cut left while that is written down; the commits that were there then are what must be found later.
    pub(crate) fn recover(&self, image: &Image, promised: usize) -> (Trace, Self) {
        let folder = quick_folder();
        for (name, bytes) in image {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let path = folder.path().join("journal.db");
        let recording = Recording::begin(folder.path()).unwrap();
        let journal = SqliteJournal::open(&path).unwrap();
        recording.promise();
        let now = state(&path);
        drop(journal);
        let trace = recording.end();
        let commits = self.states.iter().rposition(|known| *known == now).unwrap();
        assert!(commits + 1 >= promised);
        (trace, Self::new(vec![now]))
    }
}

/// A number for all rows of all tables. The device's id is made by chance, and with it the counter's mark.
pub(crate) fn state(path: &Path) -> Print {
    state_of(&Connection::open(path).unwrap())
}

fn state_of(conn: &Connection) -> Print {
    let mut tables = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut print = Print::default();
    for table in tables {
        print.add(table.as_bytes());
        let columns = if table == "counter" { "revision" } else { "*" };
        let mut statement = conn.prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..width {
                match row.get_ref(column).unwrap() {
                    ValueRef::Null => print.add(&[]),
                    ValueRef::Integer(number) => print.add(&number.to_le_bytes()),
                    ValueRef::Real(number) => print.add(&number.to_le_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => print.add(bytes),
                }
            }
        }
    }
    print
}
