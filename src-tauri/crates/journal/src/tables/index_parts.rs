//! Table `index_parts`: where the listers of a shared index are. Tests: `tests/index_parts.rs`.
use std::ops::Range;

use rusqlite::{Connection, Row, params};
use windlass_domain::shards::{Seam, Span, share};
use windlass_ports::{IndexPart, LevelEntry, ListingId, PartPage};

use super::listings::{self, Header, SPAN};
use super::{all, dropped, execute, first, get, text};
use crate::error::{Result, odd};

const SELECT: &str = "SELECT number, end_row, next_row, after, until, token, last_key, first_key, behind_key, done FROM index_parts
    WHERE listing_id = ?1 ORDER BY number";

/// A part, with the numbers of its rows.
struct Stored {
    part: IndexPart,
    next_row: i64,
    end_row: i64,
}

fn number(of: i64) -> Result<u32> {
    u32::try_from(of).map_err(|_| odd("a part of an index", "damaged"))
}

fn read(row: &Row<'_>) -> Result<Stored> {
    let seam = |column| -> Result<Option<Seam>> {
        let key: Option<String> = get(row, column)?;
        Ok(key.map(|key| if key.is_empty() { Seam::End } else { Seam::Key(key) }))
    };
    let (begin, end_row, next_row): (i64, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
    if !(begin <= next_row && next_row <= end_row && end_row <= SPAN) {
        return Err(odd("a part of an index", "damaged"));
    }
    let token = text(row, 5)?;
    let part = IndexPart {
        number: number(begin)?,
        span: Span { after: get(row, 3)?, until: get(row, 4)? },
        next: (!token.is_empty()).then(|| token.to_owned()),
        last: get(row, 6)?,
        first: seam(7)?,
        behind: seam(8)?,
        done: get(row, 9)?,
        room: (end_row - next_row).cast_unsigned(),
    };
    Ok(Stored { part, next_row, end_row })
}

fn stored(conn: &Connection, id: ListingId) -> Result<Vec<Stored>> {
    all(conn, SELECT, [id.0], read)
}

fn place(parts: &[Stored], number: u32) -> Result<usize> {
    parts
        .iter()
        .position(|stored| stored.part.number == number)
        .ok_or_else(|| odd("a part of an index", "gone"))
}

/// Its parts; one that was not shared out is a part of its own.
pub(crate) fn of(conn: &Connection, header: &Header, next: Option<&str>) -> Result<Vec<IndexPart>> {
    let parts = stored(conn, header.info.id)?;
    if !parts.is_empty() {
        return Ok(parts.into_iter().map(|stored| stored.part).collect());
    }
    Ok(vec![IndexPart {
        number: 0,
        span: Span::default(),
        next: next.map(str::to_owned),
        last: header.last_key().to_owned(),
        first: None,
        behind: None,
        done: header.info.complete,
        room: (SPAN - header.next_row).max(0).cast_unsigned(),
    }])
}

/// Row numbers in use, part by part; `None` for an index that was not shared out.
pub(crate) fn filled(conn: &Connection, id: ListingId) -> Result<Option<Vec<Range<u32>>>> {
    let parts = stored(conn, id)?;
    let range = |stored: &Stored| Ok(stored.part.number..number(stored.next_row.min(i64::from(u32::MAX)))?);
    if parts.is_empty() { Ok(None) } else { parts.iter().map(range).collect::<Result<_>>().map(Some) }
}

/// Cuts a part in two; whether it could be.
pub(crate) fn split(conn: &Connection, header: &Header, next: &str, number: u32, at: &str) -> Result<bool> {
    let id = header.info.id;
    let mut parts = stored(conn, id)?;
    if parts.is_empty() {
        execute(
            conn,
            "INSERT INTO index_parts (listing_id, number, end_row, next_row, token, last_key)
             VALUES (?1, 0, ?2, ?3, ?4, ?5)",
            params![id.0, SPAN, header.next_row, next, header.last_key()],
        )?;
        execute(conn, "UPDATE listings SET next = '' WHERE id = ?1", [id.0])?;
        parts = stored(conn, id)?;
    }
    let Some(cut) = parts.get(place(&parts, number)?) else { return Ok(false) };
    let open = cut.part.span.until.is_none();
    let middle = share(cut.next_row.cast_unsigned(), cut.end_row.cast_unsigned(), open);
    let (Some(middle), Some((left, right))) = (middle, cut.part.span.split(at)) else { return Ok(false) };
    if cut.part.done || at <= cut.part.last.as_str() {
        return Ok(false);
    }
    let middle = super::count(middle);
    execute(
        conn,
        "UPDATE index_parts SET until = ?3, end_row = ?4 WHERE listing_id = ?1 AND number = ?2",
        params![id.0, number, left.until, middle],
    )?;
    execute(
        conn,
        "INSERT INTO index_parts (listing_id, number, end_row, next_row, after, until) VALUES (?1, ?2, ?3, ?2, ?4, ?5)",
        params![id.0, middle, cut.end_row, right.after, right.until],
    )?;
    Ok(true)
}

const fn seam(seam: Option<&Seam>) -> Option<&str> {
    match seam {
        Some(Seam::Key(key)) => Some(key.as_str()),
        Some(Seam::End) => Some(""),
        None => None,
    }
}

/// Adds a page of a part, which has to be behind what is in it.
pub(crate) fn add(conn: &Connection, id: ListingId, number: u32, page: &PartPage) -> Result<()> {
    let parts = stored(conn, id)?;
    let at = place(&parts, number)?;
    let Some(Stored { part, next_row, end_row }) = parts.get(at) else { return Ok(()) };
    let keys = || page.entries.iter().map(LevelEntry::key);
    let (first, last) = (keys().next(), keys().next_back());
    let fits = keys().is_sorted_by(|a, b| a < b)
        && first.is_none_or(|first| first > part.last.as_str() && part.span.contains(first))
        && last.is_none_or(|last| part.span.contains(last))
        && page.entries.len() as u64 <= part.room
        && !part.done;
    if !fits {
        return Err(odd("a page of an index", "not behind the one before it"));
    }
    let new = listings::append(conn, id, &page.entries, *next_row)?;
    execute(
        conn,
        "UPDATE index_parts SET next_row = ?3, token = ?4, last_key = ?5, first_key = coalesce(first_key, ?6), behind_key = ?7,
             done = ?8 WHERE listing_id = ?1 AND number = ?2",
        params![
            id.0,
            number,
            new,
            page.next.as_deref().unwrap_or_default(),
            last.unwrap_or(&part.last),
            seam(page.first.as_ref()),
            seam(page.behind.as_ref()),
            page.behind.is_some(),
        ],
    )?;
    if page.behind.is_some() && new == i64::from(number) && at > 0 {
        give_back(conn, id, &parts, at, *end_row)?;
    }
    Ok(())
}

/// An empty part needs no numbers; the one before it may.
fn give_back(conn: &Connection, id: ListingId, parts: &[Stored], at: usize, end: i64) -> Result<()> {
    let (Some(before), Some(empty)) = (at.checked_sub(1).and_then(|at| parts.get(at)), parts.get(at)) else {
        return Ok(());
    };
    execute(
        conn,
        "UPDATE index_parts SET number = ?3, next_row = ?3 WHERE listing_id = ?1 AND number = ?2",
        params![id.0, empty.part.number, end - 1],
    )?;
    execute(
        conn,
        "UPDATE index_parts SET end_row = ?3 WHERE listing_id = ?1 AND number = ?2",
        params![id.0, before.part.number, end - 1],
    )
    .map(|_| ())
}

/// A key about in the middle between two, by the numbers of the rows, and how many lie there.
pub(crate) fn middle(
    conn: &Connection,
    header: &Header,
    after: &str,
    until: Option<&str>,
) -> Result<Option<(String, u64)>> {
    if header.keyed || !header.deep {
        return Ok(None);
    }
    let filled = filled(conn, header.info.id)?.unwrap_or_else(|| header.filled.clone());
    let (from, to) = listings::between(conn, header, after, until)?;
    let within = |range: &Range<u32>| range.start.max(from)..range.end.min(to).max(range.start.max(from));
    let parts: Vec<Range<u32>> = filled.iter().map(within).collect();
    let count: u64 = parts.iter().map(|part| u64::from(part.end - part.start)).sum();
    let mut half = count / 2;
    for part in parts {
        let len = u64::from(part.end - part.start);
        if half < len {
            let middle = part.start.saturating_add(u32::try_from(half).unwrap_or(u32::MAX));
            return Ok(listings::key_from(conn, header, middle, to)?.map(|key| (key, count)));
        }
        half -= len;
    }
    Ok(None)
}

/// Begins the index anew for one lister.
pub(crate) fn begin_alone(conn: &Connection, id: ListingId) -> Result<ListingId> {
    let known = first(
        conn,
        "SELECT connection, bucket, prefix, listed_at, requests FROM listings WHERE id = ?1",
        [id.0],
        |row| {
            let place: [String; 3] = [get(row, 0)?, get(row, 1)?, get(row, 2)?];
            Ok((place, get::<i64>(row, 3)?, get::<i64>(row, 4)?))
        },
    )?;
    let ([connection, bucket, prefix], at, requests) =
        known.ok_or_else(|| odd("an index", "gone; make it again"))?;
    let new = listings::begin(
        conn,
        &connection,
        &bucket,
        &prefix,
        listings::Kind::Deep,
        windlass_domain::Timestamp(at),
    )?;
    execute(conn, "UPDATE listings SET requests = ?2, alone = 1 WHERE id = ?1", [new.0, requests])?;
    dropped::put_away(conn, id)?;
    Ok(new)
}
