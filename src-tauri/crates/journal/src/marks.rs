//! Marks: checksums over what a row says. SQLite notices a changed byte only where it breaks a page; a changed letter of a
//! path or digit of a size reads like any other (hazard HC6).
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row, params};
use windlass_domain::{BaseState, Crc64Nvme, Digest, LocalState, RelPath, RemoteState};

use crate::error::{Result, odd, sql};
use crate::tables::{all, execute, get};

/// Of a row written before there were marks: nothing can be said against it.
pub(crate) const BEFORE: i64 = 0;
/// Of something that the row does not have.
pub(crate) const NONE: i64 = 1;

/// Collects what a mark is over. Kept from row to row, so that reading a million costs no memory.
#[derive(Debug, Default)]
pub(crate) struct Mark(Vec<u8>);

impl Mark {
    fn begin(&mut self, what: u8, of: &[&str]) -> &mut Self {
        self.0.clear();
        self.0.push(what);
        for text in of {
            self.bytes(text.as_bytes());
        }
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn digest(&mut self, digest: Option<&Digest>) -> &mut Self {
        self.bytes(crate::tables::digest_bytes(digest))
    }

    fn local(&mut self, local: &LocalState) -> &mut Self {
        self.number(local.size)
            .number(local.mtime.0.cast_unsigned())
            .number(local.ctime.0.cast_unsigned())
            .number(local.file_id.device)
            .number(local.file_id.inode)
            .digest(local.digest.as_ref())
    }

    fn remote(&mut self, remote: &RemoteState) -> &mut Self {
        self.number(remote.size)
            .bytes(remote.etag.as_str().as_bytes())
            .bytes(remote.version.as_ref().map_or("", |v| v.as_str()).as_bytes())
            .digest(remote.digest.as_ref())
    }

    /// Four bytes are enough against chance, and are what SQLite keeps small.
    #[allow(clippy::cast_possible_truncation)]
    fn end(&self) -> i64 {
        match i64::from((Crc64Nvme::of(&self.0).value >> 32) as i32) {
            BEFORE | NONE => 2,
            mark => mark,
        }
    }

    /// Over the file as seen, with cause and note.
    pub(crate) fn of_local(
        &mut self,
        path: &RelPath,
        local: Option<&LocalState>,
        cause: &str,
        note: &str,
    ) -> i64 {
        self.begin(b'l', &[path.as_str(), cause, note]);
        match local {
            Some(local) => self.number(1).local(local).end(),
            None => self.number(0).end(),
        }
    }

    /// Over a base, its object included.
    pub(crate) fn of_base(&mut self, path: &RelPath, base: &BaseState) -> i64 {
        self.begin(b'b', &[path.as_str()]).local(&base.local).remote(&base.remote).end()
    }

    /// Over an object, of a base or as seen.
    pub(crate) fn of_object(&mut self, path: &RelPath, object: &RemoteState) -> i64 {
        self.begin(b'o', &[path.as_str()]).remote(object).end()
    }

    /// Over texts.
    pub(crate) fn of_texts(&mut self, texts: &[&str]) -> i64 {
        self.begin(b't', texts).end()
    }

    /// Over the first columns of a row, as they are stored. The last `added` of them only where they say something.
    fn of_columns(&mut self, row: &Row<'_>, columns: usize, added: usize) -> Result<i64> {
        self.begin(b'r', &[]);
        for column in 0..columns {
            match row.get_ref(column).map_err(sql)? {
                ValueRef::Integer(0) if column + added >= columns => continue,
                ValueRef::Null => self.number(0),
                ValueRef::Integer(number) => self.number(1).number(number.cast_unsigned()),
                ValueRef::Real(number) => self.number(2).number(number.to_bits()),
                ValueRef::Text(bytes) => self.number(3).bytes(bytes),
                ValueRef::Blob(bytes) => self.number(4).bytes(bytes),
            };
        }
        Ok(self.end())
    }
}

/// Whether a mark as stored is that of the row.
pub(crate) fn holds(stored: i64, computed: i64) -> bool {
    stored == computed || stored == BEFORE
}

/// A small table with one mark over each row, whose rows are only written one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marked {
    /// For people.
    pub(crate) what: &'static str,
    /// `SELECT` of every column but the mark; the key `id` comes first.
    pub(crate) columns: &'static [&'static str],
    /// How many columns at the end came later, with 0 for rows that were marked without them.
    pub(crate) added: usize,
    /// Table.
    pub(crate) table: &'static str,
}

impl Marked {
    /// The statement whose rows [`Marked::check`] reads.
    pub(crate) fn select(&self, rest: &str) -> String {
        format!("SELECT {}, mark FROM {} {rest}", self.columns.join(", "), self.table)
    }

    /// Writes the mark of a row that was just changed.
    pub(crate) fn seal(&self, conn: &Connection, id: &str) -> Result<()> {
        let rows = all(conn, &self.select("WHERE id = ?1"), [id], |row| {
            Mark::default().of_columns(row, self.columns.len(), self.added)
        })?;
        for mark in rows {
            execute(conn, &format!("UPDATE {} SET mark = ?2 WHERE id = ?1", self.table), params![id, mark])?;
        }
        Ok(())
    }

    /// Changes a row that is what was written, so that no mark is ever made over damage.
    pub(crate) fn change(&self, conn: &Connection, id: &str, text: &str, params: impl Params) -> Result<()> {
        self.rows(conn, "WHERE id = ?1", [id], |_| Ok(()))?;
        execute(conn, text, params)?;
        self.seal(conn, id)
    }

    /// Fails with `Corrupt` when the row (columns in the order of `columns`, then the mark) is not what was written.
    pub(crate) fn check(&self, row: &Row<'_>) -> Result<()> {
        let mark = Mark::default().of_columns(row, self.columns.len(), self.added)?;
        if holds(get(row, self.columns.len())?, mark) { Ok(()) } else { Err(odd(self.what, "damaged")) }
    }

    /// Reads and checks rows.
    pub(crate) fn rows<T>(
        &self,
        conn: &Connection,
        rest: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        all(conn, &self.select(rest), params, |row| {
            self.check(row)?;
            read(row)
        })
    }
}
