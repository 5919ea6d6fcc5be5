//! Listings in memory, for searches: filled from their rows bit by bit, kept as long as somebody searches.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use windlass_domain::search::Query;
use windlass_ports::{
    KnownFacts, KnownSizes, LevelEntry, ListedRow, ListingId, Scope, SearchFound, SearchItem,
};
use windlass_search::{Arena, Entry, Found};

use crate::error::Result;
use crate::known::{Known, KnownRows};
use crate::tables::facts;
use crate::tables::indexes::sources;
use crate::tables::listings::{self, Header};

/// Rows that one call reads: a tenth of a second.
const STEP: u32 = 100_000;
/// Most lines of a search that can be read. Whoever has more asks a better question.
const MOST: usize = 100_000;
/// Most memory; what was searched longest ago goes first.
const MEMORY: u64 = 1 << 30;
/// Searches kept, so that scrolling is no search.
const SEARCHES: usize = 4;

#[derive(Debug, Default)]
struct Slot {
    arena: Arena,
    /// The row number that each part of the listing is read up to, by its first one.
    read: BTreeMap<u32, u32>,
    /// Rows taken out while the program runs: what is read later must not bring them back.
    gone: BTreeSet<u32>,
    /// Rises with every use.
    used: u64,
}

#[derive(Debug, Default)]
struct Kept {
    slots: BTreeMap<i64, Slot>,
    clock: u64,
}

/// Listings in memory.
#[derive(Debug, Default)]
pub(crate) struct Arenas {
    kept: Mutex<Kept>,
    searches: Mutex<Vec<Arc<Search>>>,
    known: KnownRows,
}

/// Where a search looked, as it was then: id, revision, and how much was in memory.
type Seen = Vec<(i64, u64, u64)>;

#[derive(Debug)]
struct Search {
    query: Query,
    scope: Scope,
    seen: Seen,
    sources: Vec<(Header, Found)>,
    /// Source and group of each prefix line, with the number of its line.
    starts: Vec<(u64, usize, usize)>,
    lines: u64,
    /// Whether there are lines that cannot be read.
    more: bool,
}

impl Slot {
    /// Row number that a part is read up to.
    fn read_to(&self, part: u32) -> u32 {
        self.read.get(&part).copied().unwrap_or(part)
    }

    /// Row numbers that were read.
    fn rows(&self) -> u64 {
        self.read.iter().map(|(from, to)| u64::from(to.saturating_sub(*from))).sum()
    }

    fn rest(&mut self) {
        self.arena = Arena::default();
        self.read.clear();
    }
}

impl Arenas {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows of this listing are gone.
    pub(crate) fn remove(&self, id: ListingId, rows: &[u32]) {
        if rows.is_empty() {
            return;
        }
        let mut kept = self.lock();
        let slot = kept.slots.entry(id.0).or_default();
        for row in rows {
            slot.arena.remove(*row);
            slot.gone.insert(*row);
        }
    }

    /// Forgets all of it.
    pub(crate) fn clear(&self) {
        // What is gone stays known: it is little, and the rows may be read again.
        self.lock().slots.values_mut().for_each(Slot::rest);
        self.searches.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.known.clear();
    }

    /// Reads some rows; how many are left.
    pub(crate) fn warm(&self, conn: &Connection, scope: &Scope) -> Result<u64> {
        let sources = sources(conn, scope)?;
        let mut step = STEP;
        let parts = sources.iter().flat_map(|header| header.filled.iter().map(move |part| (header, part)));
        for (header, part) in parts {
            let id = header.info.id.0;
            let (mut arena, from, before) = {
                let mut kept = self.lock();
                let slot = kept.slots.entry(id).or_default();
                (slot.arena.clone(), slot.read_to(part.start), slot.read.clone())
            };
            if from >= part.end {
                continue;
            }
            let mut read = 0;
            let more = listings::visit_by_number(conn, header, from..part.end, step, |row| {
                read += 1;
                arena.push(&Entry {
                    id: row.number,
                    key: row.key,
                    size: row.size,
                    modified: row.modified,
                    class: row.class,
                    folder: row.folder,
                });
            })?;
            // The last rows may be gone, which must not look like rows that are still to be read.
            let to = more.unwrap_or(part.end);
            let mut kept = self.lock();
            let slot = kept.slots.entry(id).or_default();
            // Somebody else may have read the same rows meanwhile.
            if slot.read == before {
                slot.read.insert(part.start, to);
                for row in &slot.gone {
                    arena.remove(*row);
                }
                slot.arena = arena;
            }
            step = step.saturating_sub(read);
            if step == 0 {
                break;
            }
        }
        self.make_room(&sources);
        Ok(self.behind(&sources))
    }

    /// What lies below each prefix of a bucket, if there is a whole index of it.
    pub(crate) fn sizes(
        &self,
        conn: &Connection,
        scope: &Scope,
        prefixes: &[String],
    ) -> Result<Option<KnownSizes>> {
        let sources = sources(conn, scope)?;
        let Some(header) = sources.first().filter(|header| header.deep && header.info.complete) else {
            return Ok(None);
        };
        let arena = {
            let mut kept = self.lock();
            kept.clock += 1;
            let clock = kept.clock;
            let slot = kept.slots.entry(header.info.id.0).or_default();
            slot.used = clock;
            slot.arena.clone()
        };
        let behind = self.behind(&sources);
        let sizes = if behind == 0 {
            prefixes.iter().map(|prefix| arena.measure(prefix)).collect()
        } else {
            Vec::new()
        };
        Ok(Some(KnownSizes { sizes, at: header.info.listed_at, behind }))
    }

    fn behind(&self, sources: &[Header]) -> u64 {
        let kept = self.lock();
        let left = |header: &Header| {
            let slot = kept.slots.get(&header.info.id.0);
            let have = |part: u32| slot.map_or(part, |slot| slot.read_to(part));
            let rest = |part: &Range<u32>| u64::from(part.end.saturating_sub(have(part.start)));
            header.filled.iter().map(rest).sum::<u64>()
        };
        sources.iter().map(left).sum()
    }

    fn make_room(&self, needed: &[Header]) {
        let mut kept = self.lock();
        loop {
            let bytes: u64 = kept.slots.values().map(|slot| slot.arena.bytes()).sum();
            if bytes <= MEMORY {
                return;
            }
            let free = kept.slots.iter().filter(|(id, slot)| {
                slot.arena.bytes() > 0 && !needed.iter().any(|header| header.info.id.0 == **id)
            });
            let Some(oldest) = free.min_by_key(|(_, slot)| slot.used).map(|(id, _)| *id) else { return };
            if let Some(slot) = kept.slots.get_mut(&oldest) {
                slot.rest();
            }
        }
    }

    /// A window of what the question means.
    pub(crate) fn search(
        &self,
        conn: &Connection,
        query: &Query,
        scope: &Scope,
        offset: u64,
        limit: u64,
    ) -> Result<SearchFound> {
        let sources = sources(conn, scope)?;
        if !query.facts.is_empty() {
            return self.search_known(conn, query, scope, sources, offset, limit);
        }
        let mut arenas = Vec::with_capacity(sources.len());
        let mut seen = Seen::with_capacity(sources.len());
        {
            let mut kept = self.lock();
            kept.clock += 1;
            let clock = kept.clock;
            for header in &sources {
                let slot = kept.slots.entry(header.info.id.0).or_default();
                slot.used = clock;
                arenas.push(slot.arena.clone());
                seen.push((header.info.id.0, header.info.revision, slot.rows()));
            }
        }
        let searched = seen.iter().map(|(_, _, rows)| rows).sum();
        let oldest = sources.iter().map(|header| header.info.listed_at).min();
        let behind = self.behind(&sources);
        let search = self.found(conn, query, scope, seen, sources, &arenas)?;
        Ok(SearchFound {
            items: search.window(conn, offset, limit)?,
            total: search.lines,
            count: search.sources.iter().map(|(_, found)| found.rows.len() as u64).sum(),
            bytes: search.sources.iter().map(|(_, found)| found.bytes).fold(0, u64::saturating_add),
            more: search.more,
            behind,
            searched,
            oldest,
            known: None,
        })
    }

    /// A question about what a listing does not tell goes through the objects of which it is known, and needs no arena.
    fn search_known(
        &self,
        conn: &Connection,
        query: &Query,
        scope: &Scope,
        sources: Vec<Header>,
        offset: u64,
        limit: u64,
    ) -> Result<SearchFound> {
        let stamp = facts::stamp(conn)?;
        let oldest = sources.iter().map(|header| header.info.listed_at).min();
        let rows: Vec<Arc<Known>> =
            sources.iter().map(|header| self.known.of(conn, header, stamp)).collect::<Result<_>>()?;
        let mut known = KnownFacts::default();
        let mut seen: Seen = vec![(-1, stamp.0, stamp.1)];
        for (header, rows) in sources.iter().zip(&rows) {
            rows.count(&scope.prefix, &mut known);
            known.of += listings::objects_below(conn, header, &scope.prefix)?;
            seen.push((header.info.id.0, header.info.revision, 0));
        }
        let search = if let Some(search) = self.kept_search(query, scope, &seen) {
            search
        } else {
            let mut room = MOST;
            let mut more = false;
            let mut found = Vec::new();
            for (header, rows) in sources.into_iter().zip(&rows) {
                let part = rows.find(conn, &header, query, &scope.prefix, room)?;
                room = room.saturating_sub(part.rows.len());
                more |= part.more;
                if !part.rows.is_empty() {
                    found.push((header, part));
                }
            }
            self.keep_search(Search::new(query, scope, seen, found, more))
        };
        Ok(SearchFound {
            items: search.window(conn, offset, limit)?,
            total: search.lines,
            count: search.sources.iter().map(|(_, found)| found.rows.len() as u64).sum(),
            bytes: search.sources.iter().map(|(_, found)| found.bytes).fold(0, u64::saturating_add),
            more: search.more,
            behind: 0,
            searched: known.of,
            oldest,
            known: Some(known),
        })
    }

    fn kept_search(&self, query: &Query, scope: &Scope, seen: &Seen) -> Option<Arc<Search>> {
        let kept = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|s| s.query == *query && s.scope == *scope && s.seen == *seen).map(Arc::clone)
    }

    fn keep_search(&self, search: Search) -> Arc<Search> {
        let search = Arc::new(search);
        let mut kept = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SEARCHES {
            kept.remove(0);
        }
        kept.push(Arc::clone(&search));
        search
    }

    fn found(
        &self,
        conn: &Connection,
        query: &Query,
        scope: &Scope,
        seen: Seen,
        headers: Vec<Header>,
        arenas: &[Arena],
    ) -> Result<Arc<Search>> {
        if let Some(known) = self.kept_search(query, scope, &seen) {
            return Ok(known);
        }
        let stop = AtomicBool::new(false);
        let mut room = MOST;
        let mut more = false;
        let mut sources = Vec::new();
        for (header, arena) in headers.into_iter().zip(arenas) {
            let mut found = arena.find(query, &scope.prefix, room, &stop);
            if let Some(safe) = query.limits.safe {
                found = only(conn, &header, &found, safe)?;
            }
            room = room.saturating_sub(found.rows.len());
            more |= found.more;
            if !found.rows.is_empty() {
                sources.push((header, found));
            }
        }
        Ok(self.keep_search(Search::new(query, scope, seen, sources, more)))
    }
}

/// What of it is Safe, or is not.
fn only(conn: &Connection, header: &Header, found: &Found, safe: bool) -> Result<Found> {
    let mut kept = Found { more: found.more, ..Found::default() };
    for group in &found.groups {
        let first = kept.rows.len();
        for number in found.rows.iter().skip(group.first).take(group.count) {
            if let Some(ListedRow { entry: LevelEntry::Object { size, .. }, safe: is }) =
                listings::row(conn, header, *number)?
                && is == safe
            {
                kept.rows.push(*number);
                kept.bytes = kept.bytes.saturating_add(size);
            }
        }
        let count = kept.rows.len() - first;
        if count > 0 {
            kept.groups.push(windlass_search::Group { prefix: group.prefix.clone(), first, count });
        }
    }
    Ok(kept)
}

impl Search {
    fn new(query: &Query, scope: &Scope, seen: Seen, sources: Vec<(Header, Found)>, more: bool) -> Self {
        let mut starts = Vec::new();
        let mut lines = 0;
        for (source, (_, found)) in sources.iter().enumerate() {
            for (group, rows) in found.groups.iter().enumerate() {
                starts.push((lines, source, group));
                lines += 1 + rows.count as u64;
            }
        }
        Self { query: query.clone(), scope: scope.clone(), seen, sources, starts, lines, more }
    }

    fn window(&self, conn: &Connection, offset: u64, limit: u64) -> Result<Vec<SearchItem>> {
        let mut items = Vec::new();
        let end = offset.saturating_add(limit).min(self.lines);
        let mut at = offset;
        let mut next = self.starts.partition_point(|(line, _, _)| *line <= offset).saturating_sub(1);
        while at < end {
            let Some((line, source, group)) = self.starts.get(next).copied() else { break };
            next += 1;
            let Some((header, found)) = self.sources.get(source) else { break };
            let Some(group) = found.groups.get(group) else { break };
            let (connection, bucket) = (&header.connection, &header.bucket);
            if at == line {
                items.push(SearchItem::Prefix {
                    connection: connection.clone(),
                    bucket: bucket.clone(),
                    prefix: group.prefix.clone(),
                    count: group.count as u64,
                });
                at += 1;
            }
            let skip = usize::try_from(at - line - 1).unwrap_or(usize::MAX);
            let take = usize::try_from(end - at).unwrap_or(usize::MAX).min(group.count.saturating_sub(skip));
            for number in found.rows.iter().skip(group.first + skip).take(take) {
                let row = listings::row(conn, header, *number)?;
                items.push(SearchItem::Row { connection: connection.clone(), bucket: bucket.clone(), row });
                at += 1;
            }
        }
        Ok(items)
    }
}
