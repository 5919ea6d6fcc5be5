//! Table `facts`: what looks at objects told beyond their listings. Tests: `tests/facts.rs`.
use rusqlite::{Connection, Row, params};
use windlass_domain::Timestamp;
use windlass_domain::search::{Capture, Facts, Place, same_change};
use windlass_ports::Learned;

use super::listings::Header;
use super::{all, amount, execute, first, get};
use crate::error::{Result, odd, other};

/// Most objects of which something is kept: about 30 MB.
const MOST: u64 = 100_000;

const COLUMNS: &str =
    "key, etag, modified, has_type, content_type, has_tags, tags, has_capture, camera, taken, north, east";

/// What is known of one version of an object.
#[derive(Debug, Clone)]
pub(crate) struct FactRow {
    pub(crate) key: String,
    pub(crate) etag: String,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) facts: Facts,
}

fn read(row: &Row<'_>) -> Result<FactRow> {
    let content_type = get::<bool>(row, 3)?.then(|| get(row, 4)).transpose()?;
    let tags = match get::<bool>(row, 5)? {
        true => {
            let text: String = get(row, 6)?;
            Some(serde_json::from_str(&text).map_err(|_| odd("tags", &text))?)
        }
        false => None,
    };
    let capture = match get::<bool>(row, 7)? {
        true => {
            let axes: (Option<i32>, Option<i32>) = (get(row, 10)?, get(row, 11)?);
            let place = axes.0.zip(axes.1).map(|(north, east)| Place { north, east });
            Some(Capture { camera: get(row, 8)?, taken: get(row, 9)?, place })
        }
        false => None,
    };
    Ok(FactRow {
        key: get(row, 0)?,
        etag: get(row, 1)?,
        modified: get::<Option<i64>>(row, 2)?.map(Timestamp),
        facts: Facts { content_type, tags, capture },
    })
}

/// Keeps what was learned, and forgets the oldest of what is too much.
pub(crate) fn learn(conn: &Connection, learned: &[Learned]) -> Result<()> {
    for one in learned {
        keep(conn, one)?;
    }
    forget_oldest(conn, MOST)
}

/// The same again changes nothing: a picture that is shown often would otherwise be written often.
fn keep(conn: &Connection, learned: &Learned) -> Result<()> {
    let Learned { connection, bucket, key, etag, modified, facts } = learned;
    if etag.is_empty() || facts.is_empty() {
        return Ok(());
    }
    let known = first(
        conn,
        &format!("SELECT {COLUMNS} FROM facts WHERE connection = ?1 AND bucket = ?2 AND key = ?3"),
        [connection, bucket, key],
        read,
    )?;
    let mut row =
        FactRow { key: key.clone(), etag: etag.clone(), modified: *modified, facts: facts.clone().bounded() };
    if let Some(known) = known.filter(|known| known.etag == *etag) {
        let mut both = known.facts.clone();
        if !same_change(known.modified, row.modified) {
            // Written anew since: of what was learned then, only what is in the bytes still holds.
            both.content_type = None;
            both.tags = None;
        }
        both.learn(row.facts);
        row.facts = both;
        row.modified = row.modified.or(known.modified);
        if row.facts == known.facts && row.modified == known.modified {
            return Ok(());
        }
    }
    put(conn, connection, bucket, &row)
}

fn put(conn: &Connection, connection: &str, bucket: &str, row: &FactRow) -> Result<()> {
    let Facts { content_type, tags, capture } = &row.facts;
    let place = capture.as_ref().and_then(|capture| capture.place);
    execute(
        conn,
        &format!(
            "INSERT OR REPLACE INTO facts (connection, bucket, {COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        ),
        params![
            connection,
            bucket,
            row.key,
            row.etag,
            row.modified.map(|at| at.0),
            content_type.is_some(),
            content_type.as_deref().unwrap_or_default(),
            tags.is_some(),
            serde_json::to_string(tags.as_deref().unwrap_or_default()).map_err(other)?,
            capture.is_some(),
            capture.as_ref().map_or("", |capture| capture.camera.as_str()),
            capture.as_ref().and_then(|capture| capture.taken),
            place.map(|place| place.north),
            place.map(|place| place.east),
        ],
    )
    .map(|_| ())
}

fn forget_oldest(conn: &Connection, most: u64) -> Result<()> {
    let (_, count) = stamp(conn)?;
    let much = count.saturating_sub(most);
    if much == 0 {
        return Ok(());
    }
    execute(
        conn,
        "DELETE FROM facts WHERE seq IN (SELECT seq FROM facts ORDER BY seq LIMIT ?1)",
        [super::count(much)],
    )
    .map(|_| ())
}

/// Changes with every change of the table: numbers are never given twice, so with the same last one only fewer can be there.
pub(crate) fn stamp(conn: &Connection) -> Result<(u64, u64)> {
    first(conn, "SELECT coalesce(max(seq), 0), count(*) FROM facts", [], |row| {
        Ok((amount(row, 0)?, amount(row, 1)?))
    })
    .map(Option::unwrap_or_default)
}

/// All that is known below the place of a listing, in key order.
pub(crate) fn below(conn: &Connection, header: &Header) -> Result<Vec<FactRow>> {
    all(
        conn,
        &format!(
            "SELECT {COLUMNS} FROM facts WHERE connection = ?1 AND bucket = ?2 AND key >= ?3
                 AND (?4 = '' OR key < ?4) ORDER BY key"
        ),
        [&header.connection, &header.bucket, &header.prefix, &end(&header.prefix)],
        read,
    )
}

/// The first text behind all that begin with a prefix; empty for all. Prefixes end in a slash, behind which comes a zero.
pub(crate) fn end(prefix: &str) -> String {
    prefix.strip_suffix('/').map(|body| format!("{body}0")).unwrap_or_default()
}

pub(crate) fn forget(conn: &Connection, connection: &str, bucket: &str, key: &str) -> Result<()> {
    execute(
        conn,
        "DELETE FROM facts WHERE connection = ?1 AND bucket = ?2 AND key = ?3",
        [connection, bucket, key],
    )
    .map(|_| ())
}

/// Forgets all below a prefix that is empty or ends in a slash.
pub(crate) fn forget_below(conn: &Connection, connection: &str, bucket: &str, prefix: &str) -> Result<()> {
    execute(
        conn,
        "DELETE FROM facts WHERE connection = ?1 AND bucket = ?2 AND key >= ?3 AND (?4 = '' OR key < ?4)",
        [connection, bucket, prefix, &end(prefix)],
    )
    .map(|_| ())
}

pub(crate) fn forget_connection(conn: &Connection, connection: &str) -> Result<()> {
    execute(conn, "DELETE FROM facts WHERE connection = ?1", [connection]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_longest_ago_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut conn = crate::db::open_writer(&path).unwrap();
        crate::migrate::migrate(&mut conn, &path, crate::migrate::MIGRATIONS).unwrap();
        let learned = |key: &str, camera: &str| Learned {
            connection: "c".to_owned(),
            bucket: "b".to_owned(),
            key: key.to_owned(),
            etag: "e".to_owned(),
            modified: None,
            facts: Facts {
                capture: Some(Capture { camera: camera.to_owned(), ..Capture::default() }),
                ..Facts::default()
            },
        };
        learn(&conn, &[learned("a", "x"), learned("b", "x"), learned("c", "x")]).unwrap();
        let before = stamp(&conn).unwrap();
        learn(&conn, &[learned("b", "x")]).unwrap();
        assert_eq!(stamp(&conn).unwrap(), before, "nothing new is nothing written");
        learn(&conn, &[learned("a", "y")]).unwrap();
        forget_oldest(&conn, 2).unwrap();
        let keys = all(&conn, "SELECT key FROM facts ORDER BY key", [], |row| get::<String>(row, 0)).unwrap();
        assert_eq!(keys, ["a", "c"]);
        assert_ne!(stamp(&conn).unwrap(), before);
        // The last number is not given again.
        let last = stamp(&conn).unwrap();
        forget(&conn, "c", "b", "a").unwrap();
        learn(&conn, &[learned("z", "y")]).unwrap();
        assert_ne!(stamp(&conn).unwrap(), last);
    }
}
