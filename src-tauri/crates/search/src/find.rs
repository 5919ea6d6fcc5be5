//! Looking through an arena, on as many threads as there are processors for it.
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};
use windlass_domain::search::Query;

use crate::Arena;
use crate::plan::{Needs, Plan};
use crate::segment::{Filter, Segment};

/// Most threads of one search; the rest of the program wants to live, too.
const THREADS: usize = 4;
/// An arena of so many segments is looked through by one thread: starting others would take longer.
const FEW: usize = 2;

/// Rows of one prefix that follow each other among those found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Prefix, as it is in the keys.
    pub prefix: String,
    /// Its first row, as an index into [`Found::rows`].
    pub first: usize,
    /// Rows.
    pub count: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Numbers of the first ones, in order; at most as many as were wanted.
    pub rows: Vec<u32>,
    /// The same rows by prefix.
    pub groups: Vec<Group>,
    /// Their bytes.
    pub bytes: u64,
    /// Whether there are more, or may be: somebody broke it off.
    pub more: bool,
}

impl Arena {
    /// The first `most` rows of what the question means below `under` (empty, or a prefix with its slash).
    /// [`windlass_domain::search::Limits::safe`] is left to whoever knows. Ends soon after `stop` is set.
    #[must_use]
    pub fn find(&self, query: &Query, under: &str, most: usize, stop: &AtomicBool) -> Found {
        let plan = Plan::new(query);
        let filter = Filter::new(&query.limits, &self.classes);
        let search = Search { plan: &plan, filter: &filter, under, most, stop };
        let threads = if self.segments.len() <= FEW { 1 } else { THREADS };
        let parts = self.parts(&search, threads);
        let mut found = Found { more: stop.load(Ordering::Relaxed), ..Found::default() };
        for (segment, part) in self.segments.iter().zip(parts) {
            // Nobody looked at what comes behind enough.
            let Some(part) = part else {
                found.more = true;
                break;
            };
            found.take_in(segment, part, most);
        }
        found
    }

    /// Segments are taken in order and come to their end, so those that nobody looked at are the last ones.
    fn parts(&self, search: &Search<'_>, threads: usize) -> Vec<Option<Part>> {
        let next = AtomicUsize::new(0);
        let enough = AtomicUsize::new(0);
        let parts = Mutex::new(vec![None; self.segments.len()]);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(threads);
        let work = || {
            while enough.load(Ordering::Relaxed) <= search.most {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(segment) = self.segments.get(place) else { return };
                let part = search.segment(segment);
                enough.fetch_add(part.rows.len() + usize::from(part.more), Ordering::Relaxed);
                if let Some(slot) = parts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
                    *slot = Some(part);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        parts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn take_in(&mut self, segment: &Segment, part: Part, most: usize) {
        self.more |= part.more || self.rows.len() + part.rows.len() > most;
        for (block, rows) in part.groups {
            let Some(rows) = part.rows.get(rows) else { continue };
            let room = most.saturating_sub(self.rows.len());
            let Some(rows) = rows.get(..rows.len().min(room)).filter(|rows| !rows.is_empty()) else { return };
            let Some(block) = segment.blocks.get(block) else { continue };
            let first = self.rows.len();
            self.rows.extend_from_slice(rows);
            let bytes = |id: &u32| segment.size_of(*id);
            self.bytes = rows.iter().map(bytes).fold(self.bytes, u64::saturating_add);
            match self.groups.last_mut() {
                Some(last) if *last.prefix == *block.prefix => last.count += rows.len(),
                Some(_) | None => {
                    let prefix = block.prefix.to_string();
                    self.groups.push(Group { prefix, first, count: rows.len() });
                }
            }
        }
    }
}

/// What one segment gave.
#[derive(Debug, Clone, Default)]
struct Part {
    rows: Vec<u32>,
    /// Block, and its place in `rows`.
    groups: Vec<(usize, Range<usize>)>,
    more: bool,
}

struct Search<'a> {
    plan: &'a Plan,
    filter: &'a Filter<'a>,
    under: &'a str,
    most: usize,
    stop: &'a AtomicBool,
}

impl Search<'_> {
    fn needs(&self, segment: &Segment, block: usize) -> Option<Needs> {
        let block = segment.blocks.get(block)?;
        if !block.prefix.starts_with(self.under) {
            return None;
        }
        self.plan.needs(block.folded())
    }

    /// Blocks that need the same are looked through as one.
    fn segment(&self, segment: &Segment) -> Part {
        let mut part = Part::default();
        let ending = match self.filter.endings() {
            [one] => Some(Finder::new(format!(".{one}\n").as_bytes()).into_owned()),
            _ => None,
        };
        let blocks = segment.blocks.len();
        let mut first = 0;
        let mut needs = self.needs(segment, first);
        while first < blocks && !part.more && !self.stop.load(Ordering::Relaxed) {
            let mut end = first + 1;
            let mut next = self.needs(segment, end);
            while end < blocks && next == needs {
                end += 1;
                next = self.needs(segment, end);
            }
            if let Some(needs) = needs {
                self.run(segment, first..end, needs, ending.as_ref(), &mut part);
            }
            first = end;
            needs = next;
        }
        part
    }

    fn run(
        &self,
        segment: &Segment,
        blocks: Range<usize>,
        needs: Needs,
        ending: Option<&Finder<'_>>,
        part: &mut Part,
    ) {
        let row = |block: usize| segment.blocks.get(block).map_or(segment.rows(), |b| b.row);
        let start = |block: usize| segment.blocks.get(block).map_or(segment.text.len(), |b| b.start);
        let rows = row(blocks.start)..row(blocks.end);
        let mut out = Out { segment, part, block: blocks.start, most: self.most };
        let names = self.filter.endings().is_empty();
        if Plan::is_done(needs) && names {
            for row in rows {
                out.take_if_there(row, self.filter);
                if out.part.more {
                    break;
                }
            }
            return;
        }
        // With the break before the first name, so that a name's beginning can be looked for.
        let Some(text) =
            start(blocks.start).checked_sub(1).and_then(|s| segment.text.get(s..start(blocks.end)))
        else {
            return;
        };
        let needle = self.plan.rarest(needs, text).or_else(|| ending.map(|finder| (finder, false)));
        let alone = needle.is_some() && self.plan.is_single(needs) && names;
        let mut row = rows.start;
        // The break before the line that `row` is.
        let mut line = 0;
        while !out.part.more {
            let Some(rest) = text.get(line..).filter(|rest| rest.len() > 1) else { return };
            // Where the line begins in which the needle is: at the break before it.
            let skip = match needle {
                Some((finder, true)) => finder.find(rest),
                Some((finder, false)) => finder
                    .find(rest)
                    .and_then(|at| rest.get(..=at))
                    .map(|seen| memrchr(b'\n', seen).unwrap_or(0)),
                None => Some(0),
            };
            let Some(skip) = skip else { return };
            let Some(passed) = rest.get(1..=skip) else { return };
            row += memchr_iter(b'\n', passed).count();
            let Some(rest) = rest.get(skip..) else { return };
            let Some(len) = rest.get(1..).and_then(|name| memchr(b'\n', name)) else { return };
            if let Some(found) = rest.get(..len + 2)
                && (alone || self.plan.fits(needs, found))
                && (names || found.get(1..=len).is_some_and(|name| self.filter.ends(name)))
            {
                out.take_if_there(row, self.filter);
            }
            line += skip + len + 1;
            row += 1;
        }
    }
}

/// Notes rows, which come in order.
struct Out<'a> {
    segment: &'a Segment,
    part: &'a mut Part,
    block: usize,
    most: usize,
}

impl Out<'_> {
    fn take_if_there(&mut self, row: usize, filter: &Filter<'_>) {
        if !self.segment.fits(row, filter) {
            return;
        }
        if self.part.rows.len() >= self.most {
            self.part.more = true;
            return;
        }
        while self.segment.blocks.get(self.block + 1).is_some_and(|next| next.row <= row) {
            self.block += 1;
        }
        let at = self.part.rows.len();
        self.part.rows.push(self.segment.id(row));
        match self.part.groups.last_mut() {
            Some((block, rows)) if *block == self.block => rows.end = at + 1,
            Some(_) | None => self.part.groups.push((self.block, at..at + 1)),
        }
    }
}
