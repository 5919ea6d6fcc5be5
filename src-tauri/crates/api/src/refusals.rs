//! What the server refused to a connection: remembered, told, and forgotten when somebody tries again.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use windlass_domain::{Refusals, Right};
use windlass_ports::{Catalog, Clock};

use crate::dto_more::{RefusalRow, RefusedRight};
use crate::events::Hub;
use crate::{Api, UiError};

/// Answers that may wait to be noted; what comes while they do is told by the next answer of its kind.
const WAITING: usize = 256;

/// How a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It did what was asked.
    Done,
    /// This identity may not.
    Refused,
}

/// What was asked of a server, and how it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Through which connection.
    pub connection: String,
    /// What.
    pub right: Right,
    /// In which bucket; empty for none.
    pub bucket: String,
    /// At which key or prefix.
    pub key: String,
    /// The answer.
    pub answer: Answer,
}

/// Tells an [`Api`] of answers. Never waits; what cannot be told at once is not told.
#[derive(Debug, Clone)]
pub struct Teller {
    send: mpsc::Sender<Told>,
    any: Arc<AtomicBool>,
}

impl Teller {
    /// Whether such an answer changes anything: that something was done does only while refusals are remembered.
    #[must_use]
    pub fn wants(&self, answer: Answer) -> bool {
        match answer {
            Answer::Refused => true,
            Answer::Done => self.any.load(Ordering::Relaxed),
        }
    }

    /// Tells it.
    pub fn tell(&self, told: Told) {
        // A full channel loses a memory and nothing else.
        let _lost = self.send.try_send(told);
    }
}

/// Where an [`Api`] hears of answers.
#[derive(Debug)]
pub struct Ear {
    told: mpsc::Receiver<Told>,
    any: Arc<AtomicBool>,
}

/// A way to tell an [`Api`] of answers; it ends with the last teller.
#[must_use]
pub fn answers() -> (Teller, Ear) {
    let (send, told) = mpsc::channel(WAITING);
    let any = Arc::new(AtomicBool::new(false));
    (Teller { send, any: Arc::clone(&any) }, Ear { told, any })
}

/// The memory of all connections; the journal's settings keep it.
#[derive(Debug)]
pub(crate) struct Memory {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    hub: Arc<Hub>,
    any: Arc<AtomicBool>,
    known: Mutex<BTreeMap<String, Refusals>>,
}

fn setting(connection: &str) -> String {
    format!("refused.{connection}")
}

impl Memory {
    pub(crate) fn new(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, hub: Arc<Hub>, ear: &Ear) -> Self {
        Self { catalog, clock, hub, any: Arc::clone(&ear.any), known: Mutex::default() }
    }

    /// Notes what comes until nobody can tell anything any more.
    pub(crate) async fn listen(self: Arc<Self>, mut ear: Ear, stop: CancellationToken) {
        loop {
            let told = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                next = ear.told.recv() => match next { Some(told) => told, None => return },
            };
            let Told { connection, right, bucket, key, answer } = told;
            let now = self.clock.now();
            let change = |known: &mut Refusals| match answer {
                Answer::Refused => known.note(right, &bucket, &key, now),
                Answer::Done => known.allowed(right, &bucket, &key),
            };
            if let Err(error) = self.change(&connection, change).await {
                tracing::warn!(error = error.message, "a refusal could not be noted in the journal");
            }
        }
    }

    async fn read(
        &self,
        known: &mut BTreeMap<String, Refusals>,
        connection: &str,
    ) -> Result<Refusals, UiError> {
        if let Some(found) = known.get(connection) {
            return Ok(found.clone());
        }
        let text = self.catalog.setting(&setting(connection)).await?.unwrap_or_default();
        // What cannot be read is forgotten; the server says it again.
        let found: Refusals = serde_json::from_str(&text).unwrap_or_default();
        known.insert(connection.to_owned(), found.clone());
        self.weigh(known);
        Ok(found)
    }

    fn weigh(&self, known: &BTreeMap<String, Refusals>) {
        self.any.store(known.values().any(|known| !known.is_empty()), Ordering::Relaxed);
    }

    async fn change(
        &self,
        connection: &str,
        change: impl FnOnce(&mut Refusals) + Send,
    ) -> Result<(), UiError> {
        let mut known = self.known.lock().await;
        let before = self.read(&mut known, connection).await?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        known.insert(connection.to_owned(), after.clone());
        self.weigh(&known);
        let text = serde_json::to_string(&after).map_err(|e| {
            UiError::new(crate::ErrorCode::Unexpected, "A refusal could not be noted.").with_detail(e)
        })?;
        // In the order of the changes: the lock is kept until it is written.
        self.catalog.save_setting(&setting(connection), &text).await?;
        drop(known);
        self.hub.connections();
        Ok(())
    }

    /// Other credentials may do other things.
    pub(crate) async fn forget_all(&self, connection: &str) -> Result<(), UiError> {
        self.change(connection, |known| *known = Refusals::default()).await
    }
}

const RIGHTS: [(Right, RefusedRight); 6] = [
    (Right::List, RefusedRight::List),
    (Right::Read, RefusedRight::Read),
    (Right::Write, RefusedRight::Write),
    (Right::Delete, RefusedRight::Delete),
    (Right::MakeBuckets, RefusedRight::MakeBuckets),
    (Right::DeleteBucket, RefusedRight::DeleteBucket),
];

impl Api {
    /// What was refused in a folder and is remembered.
    pub(crate) async fn refusals(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
    ) -> Result<Vec<RefusalRow>, UiError> {
        let now = self.clock.now();
        let mut known = self.refused.known.lock().await;
        let found = self.refused.read(&mut known, &connection).await?;
        let row = |(right, name): (Right, RefusedRight)| {
            let (bucket, prefix) = place(right, &bucket, &prefix);
            found.find(right, bucket, prefix, now).map(|refusal| RefusalRow {
                right: name,
                prefix: refusal.prefix.clone(),
                at: refusal.at.millis(),
            })
        };
        Ok(RIGHTS.into_iter().filter_map(row).collect())
    }

    /// Forgets a refusal, so that it can be tried again.
    pub(crate) async fn forget_refusal(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
        right: RefusedRight,
    ) -> Result<(), UiError> {
        let Some((right, _)) = RIGHTS.into_iter().find(|(_, name)| *name == right) else { return Ok(()) };
        let (bucket, prefix) = place(right, &bucket, &prefix);
        self.refused.change(&connection, |known| known.forget(right, bucket, prefix)).await
    }
}

/// Where a right counts: those about buckets have no prefix, and making one has no bucket.
const fn place<'a>(right: Right, bucket: &'a str, prefix: &'a str) -> (&'a str, &'a str) {
    match right {
        Right::List | Right::Read | Right::Write | Right::Delete => (bucket, prefix),
        Right::DeleteBucket => (bucket, ""),
        Right::MakeBuckets => ("", ""),
    }
}
