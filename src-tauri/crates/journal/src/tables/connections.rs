//! Table `connections`. Secrets are never here.
use rusqlite::{Connection as Db, Row, params};
use windlass_ports::Connection;

use super::{execute, get, maybe, text};
use crate::error::{Result, odd, other};
use crate::marks::Marked;

/// Its rows.
pub(crate) const CONNECTIONS: Marked = Marked {
    what: "a connection",
    columns: &["id", "name", "source", "endpoint", "region", "start_in", "position"],
    added: 0,
    table: "connections",
};

/// A row of [`CONNECTIONS`].
pub(crate) fn read(row: &Row<'_>) -> Result<Connection> {
    let source = text(row, 2)?;
    Ok(Connection {
        id: get(row, 0)?,
        name: get(row, 1)?,
        source: serde_json::from_str(source).map_err(|_| odd("a connection's credentials", source))?,
        endpoint: maybe(text(row, 3)?).map(str::to_owned),
        region: maybe(text(row, 4)?).map(str::to_owned),
        start_in: get(row, 5)?,
        position: get(row, 6)?,
    })
}

pub(crate) fn list(conn: &Db) -> Result<Vec<Connection>> {
    CONNECTIONS.rows(conn, "ORDER BY position, name, id", [], read)
}

pub(crate) fn save(conn: &Db, connection: &Connection) -> Result<()> {
    execute(
        conn,
        "INSERT INTO connections (id, name, source, endpoint, region, start_in, position)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, source = excluded.source, endpoint = excluded.endpoint,
             region = excluded.region, start_in = excluded.start_in, position = excluded.position",
        params![
            connection.id,
            connection.name,
            serde_json::to_string(&connection.source).map_err(other)?,
            connection.endpoint.as_deref().unwrap_or(""),
            connection.region.as_deref().unwrap_or(""),
            connection.start_in,
            connection.position,
        ],
    )?;
    CONNECTIONS.seal(conn, &connection.id)
}

pub(crate) fn remove(conn: &Db, id: &str) -> Result<()> {
    super::dropped::drop_connection(conn, id)?;
    super::facts::forget_connection(conn, id)?;
    execute(conn, "DELETE FROM capabilities WHERE connection = ?1", [id])?;
    execute(conn, "DELETE FROM connections WHERE id = ?1", [id]).map(|_| ())
}
