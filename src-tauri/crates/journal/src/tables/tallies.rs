//! Sums over the rows of a listing by storage class. Tests: `tests/tallies.rs`.
use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use windlass_domain::price::Tally;
use windlass_ports::{ListingId, Picked, Tallied};

use super::listings::{SPAN, base, find_row, header};
use super::{first, get, text, unsigned};
use crate::error::{Result, sql};

/// Up to so many keys are looked up one by one; for more the listing is read through once.
const FEW: usize = 500;

#[derive(Default)]
struct Sums {
    classes: BTreeMap<String, (u64, u64)>,
    folders: u64,
}

impl Sums {
    /// Columns: folder, size, class.
    fn add(&mut self, row: &Row<'_>) -> Result<()> {
        if get(row, 0)? {
            self.folders += 1;
            return Ok(());
        }
        let class = text(row, 2)?;
        if !self.classes.contains_key(class) {
            self.classes.insert(class.to_owned(), (0, 0));
        }
        if let Some((objects, bytes)) = self.classes.get_mut(class) {
            *objects += 1;
            *bytes = bytes.saturating_add(unsigned(row, 1)?);
        }
        Ok(())
    }
}

pub(crate) fn tally(conn: &Connection, id: ListingId, picked: &Picked) -> Result<Tallied> {
    let mut sums = Sums::default();
    if let (Some(header), Picked::Only(keys)) = (header(conn, id)?, picked)
        && keys.len() <= FEW
    {
        for key in keys {
            let Some(row) = find_row(conn, &header, key)? else { continue };
            first(conn, "SELECT folder, size, class FROM listing_rows WHERE id = ?1", [row], |row| {
                sums.add(row)
            })?;
        }
    } else {
        let mut statement = conn
            .prepare_cached("SELECT folder, size, class, key FROM listing_rows WHERE id >= ?1 AND id < ?2")
            .map_err(sql)?;
        let mut rows = statement.query([base(id), base(id) + SPAN]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            let meant = match picked {
                Picked::Only(keys) => keys.contains(text(row, 3)?),
                Picked::AllBut(keys) => keys.is_empty() || !keys.contains(text(row, 3)?),
            };
            if meant {
                sums.add(row)?;
            }
        }
    }
    let tally = |(class, (objects, bytes))| Tally { class, objects, bytes };
    Ok(Tallied { objects: sums.classes.into_iter().map(tally).collect(), folders: sums.folders })
}
