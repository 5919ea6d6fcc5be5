//! Table `parts`: what the store has of open multipart uploads. Kept apart from the transfer's state, so that a part costs
//! one small row.
use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use windlass_domain::{Crc64Nvme, ETag, PartReceipt, TransferId};

use super::{all, execute, get, text, unsigned};
use crate::error::Result;

fn read(row: &Row<'_>) -> Result<PartReceipt> {
    Ok(PartReceipt {
        number: get(row, 0)?,
        etag: ETag::new(text(row, 1)?),
        crc: Crc64Nvme { value: unsigned(row, 2)?, len: unsigned(row, 3)? },
    })
}

pub(crate) fn save(conn: &Connection, id: &TransferId, part: &PartReceipt) -> Result<()> {
    execute(
        conn,
        "INSERT INTO parts (transfer_id, number, etag, crc, len) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (transfer_id, number) DO UPDATE SET
             etag = excluded.etag, crc = excluded.crc, len = excluded.len",
        params![
            id.as_str(),
            part.number,
            part.etag.as_str(),
            part.crc.value.cast_signed(),
            part.crc.len.cast_signed()
        ],
    )
    .map(|_| ())
}

pub(crate) fn drop_all(conn: &Connection, id: &TransferId) -> Result<()> {
    execute(conn, "DELETE FROM parts WHERE transfer_id = ?1", [id.as_str()]).map(|_| ())
}

pub(crate) fn of(conn: &Connection, id: &TransferId) -> Result<BTreeMap<u32, PartReceipt>> {
    let parts =
        all(conn, "SELECT number, etag, crc, len FROM parts WHERE transfer_id = ?1", [id.as_str()], read)?;
    Ok(parts.into_iter().map(|part| (part.number, part)).collect())
}
