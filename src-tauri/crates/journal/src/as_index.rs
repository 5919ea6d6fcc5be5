//! The port `Index`.
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::Timestamp;
use windlass_domain::search::Query;
use windlass_ports::{
    Index, IndexInfo, JournalError, KnownSizes, Learned, LevelEntry, ListingId, PartPage, Scope, SearchFound,
};

use crate::SqliteJournal;
use crate::as_journal::snapshot;
use crate::tables::{dropped, facts, index_parts, indexes, listings};

#[async_trait]
impl Index for SqliteJournal {
    async fn indexes(&self) -> Result<Vec<IndexInfo>, JournalError> {
        self.read(|conn| snapshot(conn, indexes::list)).await
    }

    async fn index(&self, id: ListingId) -> Result<Option<IndexInfo>, JournalError> {
        self.read(move |conn| snapshot(conn, |conn| indexes::one(conn, id))).await
    }

    async fn begin_index(
        &self,
        connection: &str,
        bucket: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<ListingId, JournalError> {
        let (connection, bucket, prefix) = (connection.to_owned(), bucket.to_owned(), prefix.to_owned());
        self.write(1, move |conn| {
            listings::begin(conn, &connection, &bucket, &prefix, listings::Kind::Deep, now)
        })
        .await
    }

    async fn add_to_index(
        &self,
        id: ListingId,
        mut entries: Vec<LevelEntry>,
        next: Option<String>,
    ) -> Result<IndexInfo, JournalError> {
        let weight = entries.len().max(1);
        let (info, gone) =
            self.write(weight, move |conn| indexes::add(conn, id, &mut entries, next.as_deref())).await?;
        self.arenas.remove(id, &gone);
        Ok(info)
    }

    async fn split_index(
        &self,
        id: ListingId,
        part: u32,
        at: &str,
    ) -> Result<Option<IndexInfo>, JournalError> {
        let at = at.to_owned();
        self.write(1, move |conn| indexes::split(conn, id, part, &at)).await
    }

    async fn add_to_part(&self, id: ListingId, part: u32, page: PartPage) -> Result<IndexInfo, JournalError> {
        let weight = page.entries.len().max(1);
        self.write(weight, move |conn| indexes::add_to_part(conn, id, part, &page)).await
    }

    async fn middle_of_index(
        &self,
        id: ListingId,
        after: &str,
        until: Option<&str>,
    ) -> Result<Option<(String, u64)>, JournalError> {
        let (after, until) = (after.to_owned(), until.map(str::to_owned));
        self.read(move |conn| snapshot(conn, |conn| indexes::middle(conn, id, &after, until.as_deref())))
            .await
    }

    async fn count_requests(&self, id: ListingId, requests: u64) -> Result<(), JournalError> {
        self.write(1, move |conn| indexes::count_requests(conn, id, requests)).await
    }

    async fn begin_index_alone(&self, id: ListingId) -> Result<ListingId, JournalError> {
        self.write(1, move |conn| index_parts::begin_alone(conn, id)).await
    }

    async fn finish_index(&self, id: ListingId, now: Timestamp) -> Result<IndexInfo, JournalError> {
        self.write(1, move |conn| indexes::finish(conn, id, now)).await
    }

    async fn drop_index(&self, id: ListingId) -> Result<(), JournalError> {
        self.write(1, move |conn| dropped::drop_one(conn, id)).await
    }

    async fn search(
        &self,
        query: &Query,
        scope: &Scope,
        offset: u64,
        limit: u64,
    ) -> Result<SearchFound, JournalError> {
        let (query, scope, arenas) = (query.clone(), scope.clone(), Arc::clone(&self.arenas));
        self.read(move |conn| snapshot(conn, |conn| arenas.search(conn, &query, &scope, offset, limit))).await
    }

    async fn learn(&self, learned: Vec<Learned>) -> Result<(), JournalError> {
        self.write(learned.len().max(1), move |conn| facts::learn(conn, &learned)).await
    }

    async fn prefix_sizes(
        &self,
        connection: &str,
        bucket: &str,
        prefixes: &[String],
    ) -> Result<Option<KnownSizes>, JournalError> {
        let scope = Scope {
            connection: Some(connection.to_owned()),
            bucket: Some(bucket.to_owned()),
            prefix: String::new(),
        };
        let (prefixes, arenas) = (prefixes.to_vec(), Arc::clone(&self.arenas));
        self.read(move |conn| snapshot(conn, |conn| arenas.sizes(conn, &scope, &prefixes))).await
    }

    async fn warm(&self, scope: &Scope) -> Result<u64, JournalError> {
        let (scope, arenas) = (scope.clone(), Arc::clone(&self.arenas));
        self.read(move |conn| snapshot(conn, |conn| arenas.warm(conn, &scope))).await
    }

    fn rest(&self) {
        self.arenas.clear();
    }
}
