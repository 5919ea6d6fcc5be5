//! How fast bytes move, over the last seconds.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use windlass_domain::TransferId;

const WINDOW: Duration = Duration::from_secs(4);
const SLICE: Duration = Duration::from_millis(200);

/// A transfer that moves now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// Which.
    pub id: TransferId,
    /// Bytes sent and taken by the server.
    pub sent: u64,
    /// Bytes per second.
    pub rate: u64,
}

/// Bytes of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Slices>);

#[derive(Debug, Default)]
struct Slices {
    slices: VecDeque<(Instant, u64)>,
    began: Option<Instant>,
}

impl Meter {
    pub(crate) fn add(&self, bytes: u64) {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trim(&mut state, now);
        if state.slices.is_empty() {
            state.began = Some(now);
        }
        match state.slices.back_mut() {
            Some((at, sum)) if now.duration_since(*at) < SLICE => *sum += bytes,
            _ => state.slices.push_back((now, bytes)),
        }
    }

    /// Bytes per second.
    pub(crate) fn rate(&self) -> u64 {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trim(&mut state, now);
        let bytes: u64 = state.slices.iter().map(|(_, sum)| sum).sum();
        let span = state
            .began
            .map_or(WINDOW, |began| now.duration_since(began))
            .clamp(Duration::from_secs(1), WINDOW);
        (bytes as f64 / span.as_secs_f64()) as u64
    }
}

fn trim(state: &mut Slices, now: Instant) {
    while state.slices.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
        state.slices.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_follows_the_bytes() {
        let meter = Meter::default();
        for _ in 0..40 {
            meter.add(100_000);
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        let rate = meter.rate();
        assert!((900_000..=1_100_000).contains(&rate), "{rate}");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(meter.rate(), 0);
    }
}
