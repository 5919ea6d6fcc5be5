//! What was learned of objects, laid beside their rows in a listing. Only questions about it pay for that.
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use windlass_domain::Timestamp;
use windlass_domain::search::{Facts, Fit, Query, same_change};
use windlass_ports::{KnownFacts, LevelEntry, ListedRow};
use windlass_search::{Found, Group, split};

use crate::error::Result;
use crate::tables::facts;
use crate::tables::listings::{self, Header};

/// Listings whose rows are kept beside their facts, so that the next letter of a question costs nothing.
const KEPT: usize = 64;

/// A row of which something is known.
#[derive(Debug)]
struct Row {
    number: u32,
    key: String,
    size: u64,
    modified: Option<Timestamp>,
    class: String,
    facts: Facts,
}

/// The rows of one listing of which something is known, by number, as of one state of both.
#[derive(Debug)]
pub(crate) struct Known {
    listing: i64,
    revision: u64,
    stamp: (u64, u64),
    rows: Vec<Row>,
}

/// Those of some listings.
#[derive(Debug, Default)]
pub(crate) struct KnownRows(Mutex<Vec<Arc<Known>>>);

impl KnownRows {
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Those of a listing, read anew where something changed.
    pub(crate) fn of(&self, conn: &Connection, header: &Header, stamp: (u64, u64)) -> Result<Arc<Known>> {
        let id = header.info.id.0;
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |k: &&Arc<Known>| k.listing == id && k.revision == header.info.revision && k.stamp == stamp;
        if let Some(known) = kept().iter().find(same) {
            return Ok(Arc::clone(known));
        }
        let known =
            Arc::new(Known { listing: id, revision: header.info.revision, stamp, rows: read(conn, header)? });
        let mut kept = kept();
        kept.retain(|other| other.listing != id);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&known));
        Ok(known)
    }
}

fn read(conn: &Connection, header: &Header) -> Result<Vec<Row>> {
    let mut known = facts::below(conn, header)?;
    let keys: Vec<String> = known.iter_mut().map(|row| std::mem::take(&mut row.key)).collect();
    let wanted: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    listings::visit_keys(conn, header, &wanted, |place, number, entry| {
        let LevelEntry::Object { key, size, modified, etag, class } = entry else { return Ok(()) };
        let Some(learned) = known.get_mut(place).filter(|learned| learned.etag == etag) else {
            return Ok(());
        };
        let mut facts = std::mem::take(&mut learned.facts);
        if !same_change(learned.modified, modified) {
            // The same bytes, written anew: what is beside the bytes may be something else now.
            facts.content_type = None;
            facts.tags = None;
        }
        rows.push(Row { number, key, size, modified, class, facts });
        Ok(())
    })?;
    rows.sort_by_key(|row| row.number);
    Ok(rows)
}

impl Known {
    fn below<'a>(&'a self, under: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| split(&row.key).0.starts_with(under))
    }

    /// Adds of how many objects below a prefix each fact is known.
    pub(crate) fn count(&self, under: &str, known: &mut KnownFacts) {
        for Row { facts, .. } in self.below(under) {
            known.types += u64::from(facts.content_type.is_some());
            known.tags += u64::from(facts.tags.is_some());
            known.captures += u64::from(facts.capture.is_some());
        }
    }

    /// The first `most` of those that are known to be meant.
    pub(crate) fn find(
        &self,
        conn: &Connection,
        header: &Header,
        query: &Query,
        under: &str,
        most: usize,
    ) -> Result<Found> {
        let mut found = Found::default();
        for row in self.below(under) {
            let fits = query.facts.judge(&row.facts) == Fit::Yes
                && query.matches(&row.key, row.size, row.modified, &row.class)
                && match query.limits.safe {
                    None => true,
                    Some(safe) => matches!(
                        listings::row(conn, header, row.number)?,
                        Some(ListedRow { safe: is, .. }) if is == safe
                    ),
                };
            if !fits {
                continue;
            }
            if found.rows.len() >= most {
                found.more = true;
                break;
            }
            let (prefix, _) = split(&row.key);
            match found.groups.last_mut() {
                Some(last) if last.prefix == prefix => last.count += 1,
                Some(_) | None => {
                    let prefix = prefix.to_owned();
                    found.groups.push(Group { prefix, first: found.rows.len(), count: 1 });
                }
            }
            found.rows.push(row.number);
            found.bytes = found.bytes.saturating_add(row.size);
        }
        Ok(found)
    }
}
