//! Orders of listings, kept in memory: four bytes a row, so that any window in any order is a slice and some look-ups.
//! The first window in an order sorts; the next ones do not. While a listing grows, orders by name only take in the new
//! rows, and the others are sorted again at most every quarter of a second.
use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use windlass_ports::{ListedRow, ListingId, ListingSort};

use crate::error::Result;
use crate::tables::listings::{self, Header};
use crate::tables::{get, text};

/// Orders kept at a time: at a million rows each is 4 MB.
const MOST_ORDERS: usize = 4;
/// Shortest time between two sorts of a growing listing.
const REST: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    listing: ListingId,
    sort: ListingSort,
    /// Always false for names: their descending order is the ascending one backwards.
    descending: bool,
    /// Lower case.
    filter: String,
}

/// Row numbers in order.
#[derive(Debug, Clone)]
struct Order {
    folders: Vec<u32>,
    objects: Vec<u32>,
    revision: u64,
    /// Rows looked at, with those that the filter left out.
    scanned: u64,
    /// Number after the last row looked at.
    next: u32,
    built: Instant,
    cost: Duration,
}

/// The cache, most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    kept: Mutex<Vec<(Key, Arc<Order>)>>,
}

/// Which rows are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) id: ListingId,
    pub(crate) offset: u64,
    pub(crate) limit: u64,
    pub(crate) sort: ListingSort,
    pub(crate) descending: bool,
    pub(crate) filter: String,
}

impl Orders {
    /// The rows of a window, and how many the filter leaves. Nothing for a listing that is gone.
    pub(crate) fn window(&self, conn: &Connection, window: &Window) -> Result<(Vec<ListedRow>, u64)> {
        let Some(header) = listings::header(conn, window.id)? else {
            self.lock().retain(|(key, _)| key.listing != window.id);
            return Ok((Vec::new(), 0));
        };
        let key = Key {
            listing: window.id,
            sort: window.sort,
            descending: window.descending && window.sort != ListingSort::Name,
            filter: window.filter.to_lowercase(),
        };
        let order = self.order(conn, &header, key)?;
        let total = order.folders.len() + order.objects.len();
        let offset = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let numbers = order.folders.iter().chain(&order.objects).copied();
        let wanted: Vec<u32> = if window.descending && window.sort == ListingSort::Name {
            numbers.rev().skip(offset).take(limit).collect()
        } else {
            numbers.skip(offset).take(limit).collect()
        };
        let rows = listings::rows(conn, &header, &wanted)?;
        Ok((rows, total as u64))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Key, Arc<Order>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, conn: &Connection, header: &Header, key: Key) -> Result<Arc<Order>> {
        let kept = self.lock().iter().find(|(k, _)| *k == key).map(|(_, order)| Arc::clone(order));
        let order = match kept {
            Some(order) if order.revision == header.info.revision => order,
            Some(order) => match grown(conn, header, &key, &order)? {
                Some(order) => Arc::new(order),
                None if !header.info.complete && order.built.elapsed() < REST.max(order.cost * 4) => order,
                None => Arc::new(build(conn, header, &key)?),
            },
            None => Arc::new(build(conn, header, &key)?),
        };
        let mut kept = self.lock();
        kept.retain(|(k, _)| *k != key);
        kept.push((key, Arc::clone(&order)));
        if kept.len() > MOST_ORDERS {
            kept.remove(0);
        }
        Ok(order)
    }
}

/// Whether the last part of a key has `filter` in it; `filter` is lower case.
fn matches(key: &str, filter: &str) -> bool {
    let name = key.strip_suffix('/').unwrap_or(key);
    let name = name.rsplit('/').next().unwrap_or(name);
    if name.is_ascii() && filter.is_ascii() {
        let filter = filter.as_bytes();
        return filter.is_empty()
            || name.as_bytes().windows(filter.len()).any(|part| part.eq_ignore_ascii_case(filter));
    }
    name.to_lowercase().contains(filter)
}

/// The same order with the rows that came since, when rows only came, and in key order.
fn grown(conn: &Connection, header: &Header, key: &Key, old: &Order) -> Result<Option<Order>> {
    if header.keyed || key.sort != ListingSort::Name {
        return Ok(None);
    }
    let begun = Instant::now();
    let mut order = old.clone();
    scan(conn, header, key, &mut order)?;
    // Another count than was looked at: something was taken out.
    if order.scanned != header.info.count {
        return Ok(None);
    }
    order.revision = header.info.revision;
    order.built = Instant::now();
    order.cost = begun.elapsed();
    Ok(Some(order))
}

/// Takes rows from `order.next` on into an order by name.
fn scan(conn: &Connection, header: &Header, key: &Key, order: &mut Order) -> Result<()> {
    let column = if key.filter.is_empty() { "folder" } else { "key" };
    let from = order.next;
    listings::visit(conn, header, column, from, |number, folder, row| {
        order.scanned += 1;
        order.next = order.next.max(number.saturating_add(1));
        if key.filter.is_empty() || matches(text(row, 2)?, &key.filter) {
            if folder { order.folders.push(number) } else { order.objects.push(number) }
        }
        Ok(())
    })
}

fn build(conn: &Connection, header: &Header, key: &Key) -> Result<Order> {
    let begun = Instant::now();
    let mut order = Order {
        folders: Vec::new(),
        objects: Vec::new(),
        revision: header.info.revision,
        scanned: 0,
        next: 0,
        built: begun,
        cost: Duration::ZERO,
    };
    scan(conn, header, key, &mut order)?;
    match key.sort {
        ListingSort::Name => {}
        ListingSort::Size => sort(conn, header, key, &mut order, "size", |row| get::<i64>(row, 2))?,
        ListingSort::Modified => sort(conn, header, key, &mut order, "modified", |row| get::<i64>(row, 2))?,
        ListingSort::Class => sort_by_class(conn, header, key, &mut order)?,
    }
    order.built = Instant::now();
    order.cost = begun.elapsed();
    Ok(order)
}

/// Sorts the objects by a value; equal ones stay in the order of their names.
fn sort(
    conn: &Connection,
    header: &Header,
    key: &Key,
    order: &mut Order,
    column: &'static str,
    mut value: impl FnMut(&rusqlite::Row<'_>) -> Result<i64>,
) -> Result<()> {
    let mut kept = order.objects.iter().copied().peekable();
    let mut pairs: Vec<(i64, u32)> = Vec::with_capacity(order.objects.len());
    // Both walk in the order of names, so that one step of this is at most one of that.
    listings::visit(conn, header, column, 0, |number, _, row| {
        if kept.peek() == Some(&number) {
            kept.next();
            pairs.push((value(row)?, number));
        }
        Ok(())
    })?;
    if key.descending {
        pairs.sort_by_key(|(value, _)| Reverse(*value));
    } else {
        pairs.sort_by_key(|(value, _)| *value);
    }
    order.objects = pairs.into_iter().map(|(_, number)| number).collect();
    Ok(())
}

/// There are few classes: sorts by their rank.
fn sort_by_class(conn: &Connection, header: &Header, key: &Key, order: &mut Order) -> Result<()> {
    let mut classes: Vec<String> = Vec::new();
    let mut kept = order.objects.iter().copied().peekable();
    let mut pairs: Vec<(usize, u32)> = Vec::with_capacity(order.objects.len());
    listings::visit(conn, header, "class", 0, |number, _, row| {
        if kept.peek() == Some(&number) {
            kept.next();
            let class = text(row, 2)?;
            let place = match classes.iter().position(|seen| seen == class) {
                Some(place) => place,
                None => {
                    classes.push(class.to_owned());
                    classes.len() - 1
                }
            };
            pairs.push((place, number));
        }
        Ok(())
    })?;
    let rank = |place: &usize| classes.get(*place).map(String::as_str).unwrap_or_default();
    if key.descending {
        pairs.sort_by(|(a, _), (b, _)| rank(b).cmp(rank(a)));
    } else {
        pairs.sort_by(|(a, _), (b, _)| rank(a).cmp(rank(b)));
    }
    order.objects = pairs.into_iter().map(|(_, number)| number).collect();
    Ok(())
}
