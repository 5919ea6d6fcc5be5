//! A request body that tells how far it has gone, so that a slow line is told apart from a dead one (hazard HE1).
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;
use windlass_ports::RemoteError;

use crate::error::stalled;

const FRAME: usize = 64 * 1024;
/// No byte accepted for this long: the line is dead.
pub(crate) const QUIET: Duration = Duration::from_secs(60);
/// All bytes are handed to the system; they may still be on their way, and the server may take time to answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(300);

/// Bytes handed over so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Back to nothing, for a request that is sent once more.
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// Bytes that count as they are handed over.
#[derive(Debug)]
pub(crate) struct Counted {
    rest: Bytes,
    progress: Progress,
}

impl Counted {
    pub(crate) const fn new(rest: Bytes, progress: Progress) -> Self {
        Self { rest, progress }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let len = self.rest.len().min(FRAME);
        let frame = self.rest.split_to(len);
        self.progress.0.fetch_add(len as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(frame))))
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
        progress.0.store(bytes.len() as u64, Ordering::Relaxed);
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
        let before = progress.0.load(Ordering::Relaxed);
        let limit = if before >= len { ANSWER } else { QUIET };
        if let Ok(done) = timeout(limit, &mut send).await {
            return done;
        }
        if progress.0.load(Ordering::Relaxed) == before {
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
                moving.0.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        assert!(watched(slow, 1_000_000, &progress).await.is_ok());
        let dead = std::future::pending::<Result<(), RemoteError>>();
        assert!(watched(dead, 1_000_000, &progress).await.is_err());
    }
}
