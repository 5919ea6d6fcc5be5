//! Search, over all that was ever listed. What is not in memory is read in the background, and a hint tells to ask again.
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use windlass_domain::search::Query;
use windlass_ports::{Scope, SearchItem};

use crate::dto::ErrorCode;
use crate::dto_search::{PrefixSize, PrefixSizes, SearchKnown, SearchLine, SearchScope, SearchWindow};
use crate::names::{object_row, visible};
use crate::{Api, UiError};

/// Most lines in one answer.
const MAX_WINDOW: u64 = 1000;
/// Most prefixes of one question for sizes.
const MAX_SIZES: usize = 1000;
/// After so long without a search its memory is given back.
const IDLE: Duration = Duration::from_secs(600);

impl Api {
    pub(crate) async fn search(
        &self,
        text: String,
        scope: SearchScope,
        offset: u64,
        limit: u64,
    ) -> Result<SearchWindow, UiError> {
        let query = Query::parse(&text, self.clock.now())
            .map_err(|problem| UiError::new(ErrorCode::BadRequest, problem.to_string()))?;
        let scope = Scope {
            bucket: scope.bucket.filter(|_| scope.connection.is_some()),
            prefix: if scope.connection.is_some() { scope.prefix } else { String::new() },
            connection: scope.connection,
        };
        let found = self.index.search(&query, &scope, offset, limit.min(MAX_WINDOW)).await?;
        if found.behind > 0 {
            self.warm(scope);
        }
        self.used();
        let line = |item| match item {
            SearchItem::Prefix { connection, bucket, prefix, count } => {
                SearchLine::Prefix { name: visible(&prefix), connection, bucket, prefix, count }
            }
            SearchItem::Row { connection, bucket, row: Some(row) } => {
                SearchLine::Object { connection, bucket, row: object_row(row) }
            }
            SearchItem::Row { row: None, .. } => SearchLine::Gone,
        };
        Ok(SearchWindow {
            lines: found.items.into_iter().map(line).collect(),
            total: found.total,
            count: found.count,
            bytes: found.bytes,
            more: found.more,
            searched: found.searched,
            behind: found.behind,
            oldest: found.oldest.map(|at| at.millis()),
            known: found.known.map(|known| SearchKnown {
                types: query.facts.asks_type().then_some(known.types),
                tags: query.facts.asks_tags().then_some(known.tags),
                captures: query.facts.asks_capture().then_some(known.captures),
                of: known.of,
            }),
        })
    }

    pub(crate) async fn prefix_sizes(
        &self,
        connection: String,
        bucket: String,
        prefixes: Vec<String>,
    ) -> Result<PrefixSizes, UiError> {
        let prefixes: Vec<String> = prefixes.into_iter().take(MAX_SIZES).collect();
        let Some(known) = self.index.prefix_sizes(&connection, &bucket, &prefixes).await? else {
            return Ok(PrefixSizes { sizes: Vec::new(), at: None });
        };
        if known.behind > 0 {
            self.warm(Scope { connection: Some(connection), bucket: Some(bucket), prefix: String::new() });
            return Ok(PrefixSizes { sizes: Vec::new(), at: None });
        }
        self.used();
        let size = |(prefix, (objects, bytes))| PrefixSize { prefix, objects, bytes };
        let sizes = prefixes.into_iter().zip(known.sizes).map(size).collect();
        Ok(PrefixSizes { sizes, at: Some(known.at.millis()) })
    }

    /// Reads a scope into memory, unless somebody does.
    fn warm(&self, scope: Scope) {
        if self.warming.swap(true, Ordering::AcqRel) {
            return;
        }
        let (index, hub, warming) =
            (Arc::clone(&self.index), Arc::clone(&self.hub), Arc::clone(&self.warming));
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                let left = index.warm(&scope).await;
                hub.indexes();
                match left {
                    Ok(1..) => {}
                    Ok(0) => break,
                    Err(error) => {
                        tracing::warn!(
                            error = crate::chain(&error),
                            "the index could not be read into memory"
                        );
                        break;
                    }
                }
            }
            warming.store(false, Ordering::Release);
            // Who asked for another scope meanwhile asks again.
            hub.indexes();
        });
    }

    /// Gives memory back when nobody searches for a while.
    fn used(&self) {
        self.searched.notify_one();
    }

    pub(crate) async fn rest_when_idle(
        index: Arc<dyn windlass_ports::Index>,
        searched: Arc<tokio::sync::Notify>,
        stop: tokio_util::sync::CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = searched.notified() => {}
            }
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = searched.notified() => {}
                    () = tokio::time::sleep(IDLE) => break,
                }
            }
            index.rest();
        }
    }
}
