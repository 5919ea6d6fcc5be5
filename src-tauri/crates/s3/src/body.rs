//! A request body that tells how far it has gone, so that a slow line is told apart from a dead one (hazard HE1).
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;
use windlass_ports::{Flow, RemoteError};

use crate::error::stalled;

const FRAME: usize = 64 * 1024;
/// No byte accepted for this long: the line is dead.
pub(crate) const QUIET: Duration = Duration::from_secs(60);
/// All bytes are handed to the system; they may still be on their way, and the server may take time to answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(300);

/// Bytes handed over so far, and who follows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    sent: Arc<AtomicU64>,
    flow: Option<Arc<dyn Flow>>,
}

impl Progress {
    pub(crate) fn new(flow: Option<&Arc<dyn Flow>>) -> Self {
        Self { sent: Arc::default(), flow: flow.cloned() }
    }

    /// Back to nothing, for a request that is sent once more.
    pub(crate) fn reset(&self) {
        if self.sent.swap(0, Ordering::Relaxed) > 0
            && let Some(flow) = &self.flow
        {
            flow.restarted();
        }
    }

    fn add(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Some(flow) = &self.flow {
            flow.sent(bytes);
        }
    }

    fn get(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Bytes that count as they are handed over, and go no faster than they may.
pub(crate) struct Counted {
    rest: Bytes,
    progress: Progress,
    /// The next piece, waited for.
    held: Option<(Mutex<BoxFuture<'static, ()>>, usize)>,
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counted").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

impl Counted {
    pub(crate) const fn new(rest: Bytes, progress: Progress) -> Self {
        Self { rest, progress, held: None }
    }
}

impl Counted {
    fn hand_over(&mut self, len: usize) -> Bytes {
        let frame = self.rest.split_to(len.min(self.rest.len()));
        self.progress.add(frame.len());
        frame
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if self.held.is_none()
            && let Some(flow) = &self.progress.flow
        {
            let len = self.rest.len().min(FRAME).min(flow.piece().max(1));
            self.held = flow.admit(len).map(|wait| (Mutex::new(wait), len));
            if self.held.is_none() {
                return Poll::Ready(Some(Ok(Frame::data(self.hand_over(len)))));
            }
        }
        let len = match &mut self.held {
            Some((wait, len)) => {
                let wait = wait.get_mut().unwrap_or_else(PoisonError::into_inner);
                std::task::ready!(wait.as_mut().poll(cx));
                *len
            }
            None => self.rest.len().min(FRAME),
        };
        self.held = None;
        Poll::Ready(Some(Ok(Frame::data(self.hand_over(len)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// A body of these bytes that counts. Without `counted` (the payload has to be signed, so it must lie in memory) the
/// whole is handed over at once.
pub(crate) fn body(bytes: &Bytes, counted: bool, progress: &Progress) -> ByteStream {
    if counted && !bytes.is_empty() {
        progress.reset();
        ByteStream::new(SdkBody::from_body_1_x(Counted::new(bytes.clone(), progress.clone())))
    } else {
        progress.reset();
        progress.add(bytes.len());
        ByteStream::from(bytes.clone())
    }
}

/// Waits for `send` as long as bytes move.
pub(crate) async fn watched<T>(
    send: impl Future<Output = Result<T, RemoteError>>,
    len: u64,
    progress: &Progress,
) -> Result<T, RemoteError> {
    let mut send = std::pin::pin!(send);
    loop {
        let before = progress.get();
        let limit = if before >= len { ANSWER } else { QUIET };
        if let Ok(done) = timeout(limit, &mut send).await {
            return done;
        }
        if progress.get() == before {
            return Err(stalled(limit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn he1_a_slow_line_lives_and_a_dead_one_is_given_up() {
        let progress = Progress::default();
        let moving = progress.clone();
        let slow = async move {
            for _ in 0..20 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                moving.add(1);
            }
            Ok(())
        };
        assert!(watched(slow, 1_000_000, &progress).await.is_ok());
        let dead = std::future::pending::<Result<(), RemoteError>>();
        assert!(watched(dead, 1_000_000, &progress).await.is_err());
    }
}
