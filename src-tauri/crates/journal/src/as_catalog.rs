//! The port `Catalog`.
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::{Capabilities, Timestamp};
use windlass_ports::{
    Catalog, Connection, JournalError, LevelEntry, ListedRow, ListingId, ListingInfo, ListingSort, Picked,
    Tallied,
};

use crate::SqliteJournal;
use crate::as_journal::snapshot;
use crate::order::Window;
use crate::tables::listings::Kind;
use crate::tables::{capabilities, connections, dropped, listings, settings, tallies};

#[async_trait]
impl Catalog for SqliteJournal {
    async fn connections(&self) -> Result<Vec<Connection>, JournalError> {
        self.read(connections::list).await
    }

    async fn save_connection(&self, connection: Connection) -> Result<(), JournalError> {
        self.write(1, move |conn| connections::save(conn, &connection)).await
    }

    async fn remove_connection(&self, id: &str) -> Result<(), JournalError> {
        let id = id.to_owned();
        self.write(1, move |conn| connections::remove(conn, &id)).await
    }

    async fn forget_bucket(&self, connection: &str, bucket: &str) -> Result<(), JournalError> {
        let (connection, bucket) = (connection.to_owned(), bucket.to_owned());
        self.write(1, move |conn| {
            dropped::drop_bucket(conn, &connection, &bucket)?;
            capabilities::forget(conn, &connection, &bucket)
        })
        .await
    }

    async fn save_capabilities(
        &self,
        connection: &str,
        bucket: &str,
        found: &Capabilities,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        let (connection, bucket, found) = (connection.to_owned(), bucket.to_owned(), found.clone());
        self.write(1, move |conn| capabilities::save(conn, &connection, &bucket, &found, at)).await
    }

    async fn capabilities(
        &self,
        connection: &str,
        bucket: &str,
    ) -> Result<Option<(Capabilities, Timestamp)>, JournalError> {
        let (connection, bucket) = (connection.to_owned(), bucket.to_owned());
        self.read(move |conn| capabilities::find(conn, &connection, &bucket)).await
    }

    async fn find_listing(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        deleted: bool,
    ) -> Result<Option<ListingInfo>, JournalError> {
        let (connection, bucket, prefix) = (connection.to_owned(), bucket.to_owned(), prefix.to_owned());
        self.read(move |conn| listings::find(conn, &connection, &bucket, &prefix, deleted)).await
    }

    async fn begin_listing(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        deleted: bool,
        now: Timestamp,
    ) -> Result<ListingId, JournalError> {
        let (connection, bucket, prefix) = (connection.to_owned(), bucket.to_owned(), prefix.to_owned());
        let kind = if deleted { Kind::LevelWithDeleted } else { Kind::Level };
        self.write(1, move |conn| listings::begin(conn, &connection, &bucket, &prefix, kind, now)).await
    }

    async fn add_to_listing(
        &self,
        id: ListingId,
        mut entries: Vec<LevelEntry>,
    ) -> Result<ListingInfo, JournalError> {
        let (info, gone) =
            self.write(entries.len().max(1), move |conn| listings::add(conn, id, &mut entries)).await?;
        self.arenas.remove(id, &gone);
        Ok(info)
    }

    async fn finish_listing(&self, id: ListingId) -> Result<ListingInfo, JournalError> {
        self.write(1, move |conn| listings::finish(conn, id)).await
    }

    async fn listing_info(&self, id: ListingId) -> Result<Option<ListingInfo>, JournalError> {
        self.read(move |conn| Ok(listings::header(conn, id)?.map(|header| header.info))).await
    }

    async fn listing_window(
        &self,
        id: ListingId,
        offset: u64,
        limit: u64,
        sort: ListingSort,
        descending: bool,
        filter: &str,
    ) -> Result<(Vec<ListedRow>, u64), JournalError> {
        let window = Window { id, offset, limit, sort, descending, filter: filter.to_owned() };
        let orders = Arc::clone(&self.orders);
        self.read(move |conn| snapshot(conn, |conn| orders.window(conn, &window))).await
    }

    async fn tally(&self, id: ListingId, picked: Picked) -> Result<Tallied, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| tallies::tally(conn, id, &picked))).await
    }

    async fn remove_from_listing(&self, id: ListingId, keys: &[String]) -> Result<ListingInfo, JournalError> {
        let keys = keys.to_vec();
        let (info, gone) =
            self.write(keys.len().max(1), move |conn| listings::remove(conn, id, &keys)).await?;
        self.arenas.remove(id, &gone);
        Ok(info)
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        let name = name.to_owned();
        self.read(move |conn| settings::setting(conn, &name)).await
    }

    async fn save_setting(&self, name: &str, value: &str) -> Result<(), JournalError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(1, move |conn| settings::save_setting(conn, &name, &value)).await
    }
}
