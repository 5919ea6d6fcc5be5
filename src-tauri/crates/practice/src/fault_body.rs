//! A body that counts what passes, and can flip a bit, go slowly or break off.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use s3s::StdError;
use tokio::time::Sleep;

/// See the module.
pub(crate) struct FaultBody<B> {
    inner: Pin<Box<B>>,
    passed: Arc<AtomicU64>,
    flip_at: Option<u64>,
    cut_at: Option<u64>,
    bytes_per_sec: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<B> FaultBody<B> {
    pub(crate) fn new(inner: B, passed: Arc<AtomicU64>) -> Self {
        Self { inner: Box::pin(inner), passed, flip_at: None, cut_at: None, bytes_per_sec: None, pause: None }
    }

    /// Flips one bit of the byte at this place.
    pub(crate) fn flip_at(mut self, at: Option<u64>) -> Self {
        self.flip_at = at;
        self
    }

    /// Breaks off after this many bytes.
    pub(crate) fn cut_at(mut self, at: Option<u64>) -> Self {
        self.cut_at = at;
        self
    }

    /// Lets at most this many bytes through per second.
    pub(crate) fn slow(mut self, bytes_per_sec: Option<u64>) -> Self {
        self.bytes_per_sec = bytes_per_sec;
        self
    }

    fn touch(&self, data: Bytes, before: u64) -> Bytes {
        let after = before + data.len() as u64;
        match self.flip_at {
            Some(at) if (before..after).contains(&at) => {
                let mut bytes = data.to_vec();
                if let Some(byte) = usize::try_from(at - before).ok().and_then(|i| bytes.get_mut(i)) {
                    *byte ^= 0x10;
                }
                Bytes::from(bytes)
            }
            Some(_) | None => data,
        }
    }
}

impl<B> Body for FaultBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<StdError>,
{
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let before = self.passed.load(Ordering::Relaxed);
        if self.cut_at.is_some_and(|at| before >= at) {
            return Poll::Ready(Some(Err("the connection is cut on purpose".into())));
        }
        let Some(frame) = ready!(self.inner.as_mut().poll_frame(cx)) else { return Poll::Ready(None) };
        let frame = frame.map_err(Into::into)?;
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        if let Some(at) = self.cut_at {
            let room = usize::try_from(at.saturating_sub(before)).unwrap_or(usize::MAX);
            data.truncate(room);
        }
        let data = self.touch(data, before);
        self.passed.fetch_add(data.len() as u64, Ordering::Relaxed);
        if let Some(rate) = self.bytes_per_sec.filter(|r| *r > 0) {
            let nanos = u128::from(data.len() as u64) * 1_000_000_000 / u128::from(rate);
            let wait = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
            self.pause = Some(Box::pin(tokio::time::sleep(wait)));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.cut_at.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
