//! The bytes of one request on their way out: counted for the person who watches, held back by the cap.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use windlass_ports::Flow;

use crate::budget::Pace;
use crate::meter::Meter;
use crate::pool::Live;
use crate::shared::Shared;

/// Largest piece without a cap.
const FREE_PIECE: usize = 64 * 1024;
/// A cap is kept over about this part of a second.
const PIECES_A_SECOND: u64 = 20;

/// Follows one request. Unless it is [`Self::keep`]t, its bytes are taken off the upload's progress when it is dropped: a
/// request that failed sent nothing that counts.
#[derive(Debug)]
pub(crate) struct RequestFlow {
    inner: Arc<Inner>,
    kept: bool,
}

#[derive(Debug)]
struct Inner {
    pace: Arc<Pace>,
    all: Arc<Meter>,
    own: Arc<Meter>,
    progress: Arc<AtomicU64>,
    counted: AtomicU64,
}

impl Inner {
    fn take_back(&self) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        self.progress.fetch_sub(counted, Ordering::Relaxed);
    }
}

impl RequestFlow {
    pub(crate) fn new(shared: &Shared, live: &Live) -> Self {
        let inner = Inner {
            pace: Arc::clone(&shared.budget.pace),
            all: Arc::clone(&shared.meter),
            own: Arc::clone(&live.meter),
            progress: Arc::clone(&live.sent),
            counted: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner), kept: false }
    }

    /// For the body of the request.
    pub(crate) fn port(&self) -> Option<Arc<dyn Flow>> {
        Some(Arc::clone(&self.inner) as Arc<dyn Flow>)
    }

    /// The server took all `bytes`: whatever was counted on the way, these are sent.
    pub(crate) fn keep(mut self, bytes: u64) {
        self.kept = true;
        let counted = self.inner.counted.swap(bytes, Ordering::Relaxed);
        self.inner.progress.fetch_add(bytes, Ordering::Relaxed);
        self.inner.progress.fetch_sub(counted, Ordering::Relaxed);
    }
}

impl Drop for RequestFlow {
    fn drop(&mut self) {
        if !self.kept {
            self.inner.take_back();
        }
    }
}

impl Flow for Inner {
    fn piece(&self) -> usize {
        match self.pace.rate() {
            None => FREE_PIECE,
            Some(rate) => {
                usize::try_from(rate / PIECES_A_SECOND).unwrap_or(FREE_PIECE).clamp(512, FREE_PIECE)
            }
        }
    }

    fn admit(&self, bytes: usize) -> Option<BoxFuture<'static, ()>> {
        self.pace.rate()?;
        let pace = Arc::clone(&self.pace);
        Some(Box::pin(async move { pace.take(bytes as u64).await }))
    }

    fn sent(&self, bytes: usize) {
        let bytes = bytes as u64;
        self.counted.fetch_add(bytes, Ordering::Relaxed);
        self.progress.fetch_add(bytes, Ordering::Relaxed);
        self.own.add(bytes);
        self.all.add(bytes);
    }

    fn restarted(&self) {
        self.take_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(pace: Pace) -> (RequestFlow, Arc<AtomicU64>) {
        let progress = Arc::new(AtomicU64::new(1000));
        let inner = Inner {
            pace: Arc::new(pace),
            all: Arc::default(),
            own: Arc::default(),
            progress: Arc::clone(&progress),
            counted: AtomicU64::new(0),
        };
        (RequestFlow { inner: Arc::new(inner), kept: false }, progress)
    }

    #[tokio::test]
    async fn a_request_that_failed_sent_nothing_and_one_that_was_taken_all() {
        let (request, progress) = flow(Pace::new(None));
        request.port().unwrap().sent(400);
        request.port().unwrap().restarted();
        assert_eq!(progress.load(Ordering::Relaxed), 1000);
        request.port().unwrap().sent(400);
        assert_eq!(progress.load(Ordering::Relaxed), 1400);
        drop(request);
        assert_eq!(progress.load(Ordering::Relaxed), 1000);
        let (request, progress) = flow(Pace::new(None));
        request.port().unwrap().sent(400);
        request.keep(500);
        assert_eq!(progress.load(Ordering::Relaxed), 1500);
    }

    #[tokio::test]
    async fn he14_a_cap_makes_small_pieces_that_wait() {
        let (free, _) = flow(Pace::new(None));
        assert!(free.port().unwrap().admit(100).is_none());
        let (capped, _) = flow(Pace::new(Some(100_000)));
        let port = capped.port().unwrap();
        assert_eq!(port.piece(), 5000);
        port.admit(5000).unwrap().await;
        let mut second = port.admit(5000).unwrap();
        assert!(futures::poll!(second.as_mut()).is_pending());
    }
}
