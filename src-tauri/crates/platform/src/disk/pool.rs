//! Read buffers that are used again: the pages of a fresh one cost more than the copy into it.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// What may rest here.
const MOST: usize = 64 * 1024 * 1024;
/// Sizes are rounded up to this, so that odd ones find each other.
const STEP: usize = 256 * 1024;
/// Smaller ones are not worth a visit.
const SMALL: usize = 64 * 1024;
/// How long one rests before [`Pool::tidy`] gives its memory back.
const REST: Duration = Duration::from_secs(10);

/// Buffers at rest, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Pool {
    resting: Mutex<Vec<(Vec<u8>, Instant)>>,
}

/// Bytes in a buffer that goes back to its pool.
struct Lent {
    buffer: Vec<u8>,
    len: usize,
    pool: Arc<Pool>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or(&self.buffer)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut self.buffer));
    }
}

impl Pool {
    /// A buffer of `len` bytes and little more, with whatever was in it. `None` when there is not enough memory.
    pub(super) fn take(&self, len: usize) -> Option<Vec<u8>> {
        let size = if len <= SMALL { len } else { len.checked_next_multiple_of(STEP)? };
        if len > SMALL {
            let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = resting.iter().rposition(|(buffer, _)| buffer.capacity() == size) {
                return Some(resting.remove(at).0);
            }
        }
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).ok()?;
        buffer.resize(size, 0);
        Some(buffer)
    }

    /// The first `len` bytes of a buffer, which comes back when nobody holds them any more.
    pub(super) fn lend(self: &Arc<Self>, buffer: Vec<u8>, len: usize) -> Bytes {
        if len <= SMALL {
            let mut bytes = Bytes::from(buffer);
            bytes.truncate(len);
            bytes
        } else {
            Bytes::from_owner(Lent { buffer, len, pool: Arc::clone(self) })
        }
    }

    fn give(&self, buffer: Vec<u8>) {
        let size = buffer.capacity();
        if size <= SMALL || size > MOST {
            return;
        }
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total: usize = size + resting.iter().map(|(buffer, _)| buffer.capacity()).sum::<usize>();
        while total > MOST && !resting.is_empty() {
            total -= resting.remove(0).0.capacity();
        }
        resting.push((buffer, Instant::now()));
    }

    /// Gives back the memory of buffers that nobody has wanted for a while. To be called now and then.
    pub(super) fn tidy(&self) {
        self.tidy_at(Instant::now());
    }

    fn tidy_at(&self, now: Instant) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.is_empty() {
            return;
        }
        resting.retain(|(_, since)| now.saturating_duration_since(*since) < REST);
        resting.shrink_to_fit();
    }

    #[cfg(test)]
    pub(super) fn at_rest(&self) -> (usize, usize) {
        let resting = self.resting.lock().unwrap();
        (resting.len(), resting.iter().map(|(buffer, _)| buffer.capacity()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: usize = 8 * 1024 * 1024;

    #[test]
    fn a_buffer_comes_back_when_its_last_reader_is_gone() {
        let pool = Arc::new(Pool::default());
        let mut buffer = pool.take(PART).unwrap();
        buffer.fill(7);
        let place = buffer.as_ptr();
        let bytes = pool.lend(buffer, PART - 1);
        let part = bytes.slice(5..9);
        drop(bytes);
        assert_eq!(pool.at_rest().0, 0, "a slice still reads it");
        assert_eq!(part.as_ref(), [7, 7, 7, 7]);
        drop(part);
        assert_eq!(pool.at_rest(), (1, PART));
        let again = pool.take(PART - 100).unwrap();
        assert_eq!(again.as_ptr(), place, "the same memory");
        assert_eq!(pool.lend(again, 3).len(), 3, "and no more of it than was asked for");
    }

    #[test]
    fn the_pool_stays_small() {
        let pool = Arc::new(Pool::default());
        let lent: Vec<_> = (0..20).map(|_| pool.lend(pool.take(PART).unwrap(), 0)).collect();
        drop(lent);
        let lent: Vec<_> = (0..20).map(|_| pool.lend(pool.take(PART).unwrap(), PART)).collect();
        drop(lent);
        assert_eq!(pool.at_rest(), (8, MOST));
        drop(pool.lend(pool.take(PART / 2).unwrap(), PART / 2));
        assert!(pool.at_rest().1 <= MOST);
        assert!(pool.take(PART / 2).is_some() && pool.at_rest().0 == 7, "a new size finds room");
        drop(pool.lend(pool.take(100).unwrap(), 100));
        assert_eq!(pool.at_rest().0, 7, "small ones do not rest");
        pool.tidy();
        assert_eq!(pool.at_rest().0, 7, "they may be wanted again at once");
        pool.tidy_at(Instant::now() + REST);
        assert_eq!(pool.at_rest(), (0, 0));
    }
}
