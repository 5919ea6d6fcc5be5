//! From a walk on a blocking thread to a stream, in batches over a bounded channel.
//!
//! The walk says that it reached its end. A thread that died says nothing, and then the stream ends with an error:
//! half a walk must never look like a whole one.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::mpsc;
use windlass_ports::{FsError, FsErrorKind};

use crate::error::because;

const BATCH: usize = 512;
const BATCHES: usize = 4;
/// A slow disk still shows what it found so far.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

enum Message<T> {
    Batch(Vec<T>),
    End(Result<(), FsError>),
}

/// Why a walk ends before its end.
pub(super) enum Stop {
    /// Nobody listens any more.
    Unheard,
    /// The walk cannot go on.
    Failed(FsError),
}

/// Where a walk puts what it finds.
pub(super) struct Out<T> {
    to: mpsc::Sender<Message<T>>,
    batch: Vec<T>,
    since: Instant,
}

impl<T> Out<T> {
    /// Hands one finding on.
    pub(super) fn put(&mut self, item: T) -> Result<(), Stop> {
        self.batch.push(item);
        if self.batch.len() < BATCH { Ok(()) } else { self.flush() }
    }

    /// To be called now and then, also when nothing is found.
    pub(super) fn breathe(&mut self) -> Result<(), Stop> {
        if self.to.is_closed() {
            Err(Stop::Unheard)
        } else if !self.batch.is_empty() && self.since.elapsed() > LONGEST_WAIT {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let full = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.since = Instant::now();
        self.to.blocking_send(Message::Batch(full)).map_err(|_| Stop::Unheard)
    }
}

struct Running<T> {
    path: PathBuf,
    from: mpsc::Receiver<Message<T>>,
    batch: std::vec::IntoIter<T>,
    ended: bool,
}

/// Runs `walk` when the stream is first asked. Dropping the stream ends the thread at its next finding or folder.
pub(super) fn of<T, F>(path: PathBuf, walk: F) -> BoxStream<'static, Result<T, FsError>>
where
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> Result<(), Stop> + Send + 'static,
{
    stream::once(async move { start(path, walk) }).flat_map(|running| stream::unfold(running, next)).boxed()
}

fn start<T, F>(path: PathBuf, walk: F) -> Running<T>
where
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> Result<(), Stop> + Send + 'static,
{
    // Closed by the thread at its end, or by the stream's drop.
    let (to, from) = mpsc::channel(BATCHES);
    drop(tokio::task::spawn_blocking(move || {
        let mut out = Out { to, batch: Vec::new(), since: Instant::now() };
        let end = match walk(&mut out) {
            Ok(()) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Unheard) => return,
        };
        if out.flush().is_ok() {
            let _unheard = out.to.blocking_send(Message::End(end));
        }
    }));
    Running { path, from, batch: Vec::new().into_iter(), ended: false }
}

async fn next<T>(mut running: Running<T>) -> Option<(Result<T, FsError>, Running<T>)> {
    loop {
        if let Some(item) = running.batch.next() {
            return Some((Ok(item), running));
        }
        if running.ended {
            return None;
        }
        match running.from.recv().await {
            Some(Message::Batch(batch)) => running.batch = batch.into_iter(),
            Some(Message::End(end)) => {
                running.ended = true;
                if let Err(error) = end {
                    return Some((Err(error), running));
                }
            }
            None => {
                running.ended = true;
                let error = broken_off(&running.path);
                return Some((Err(error), running));
            }
        }
    }
}

fn broken_off(path: &Path) -> FsError {
    because(FsErrorKind::Other, path, "the walk broke off before its end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ha9_a_walk_that_died_never_looks_whole() {
        let mut stream = of(PathBuf::from("/r"), |out: &mut Out<u32>| {
            out.put(1)?;
            out.flush()?;
            panic!("the thread dies here, as the test wants it");
        });
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
        assert_eq!(stream.next().await.unwrap().unwrap_err().kind, FsErrorKind::Other);
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn what_was_found_comes_before_the_error() {
        let failed = |out: &mut Out<u32>| {
            out.put(7)?;
            Err(Stop::Failed(because(FsErrorKind::Denied, Path::new("/r"), "no")))
        };
        let all: Vec<_> = of(PathBuf::from("/r"), failed).collect().await;
        assert_eq!(all.len(), 2);
        assert_eq!(*all[0].as_ref().unwrap(), 7);
        assert_eq!(all[1].as_ref().unwrap_err().kind, FsErrorKind::Denied);
    }

    #[tokio::test]
    async fn a_dropped_stream_ends_its_thread() {
        let (tell, told) = std::sync::mpsc::channel();
        let mut stream = of(PathBuf::from("/r"), move |out: &mut Out<u64>| {
            let mut n = 0;
            loop {
                n += 1;
                if out.put(n).is_err() {
                    tell.send(n).unwrap();
                    return Err(Stop::Unheard);
                }
            }
        });
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
        drop(stream);
        let reached = tokio::task::spawn_blocking(move || told.recv_timeout(Duration::from_secs(10)))
            .await
            .unwrap()
            .expect("the thread ended");
        assert!(reached < 10_000, "the channel is bounded, yet the walk ran to {reached}");
    }
}
