//! When to try again: exponential with full jitter, and a budget.
use std::time::Duration;

use windlass_domain::{Fault, FaultKind, Timestamp};
use windlass_ports::{Entropy, RemoteErrorKind};

const FIRST_MS: u64 = 400;
const LONGEST_MS: u64 = 60_000;
/// The longest wait for another try.
pub(crate) const LONGEST: Duration = Duration::from_millis(LONGEST_MS);
/// Tries before a silent network or a busy server is waited for instead of asked.
const PATIENT: u32 = 6;
/// Tries before an odd answer is given up on.
const ODD: u32 = 4;

/// A number in 0..1.
pub(crate) fn unit(entropy: &dyn Entropy) -> f64 {
    (entropy.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Milliseconds until try number `tries + 1`.
pub(crate) fn delay_ms(tries: u32, entropy: &dyn Entropy) -> u64 {
    let ceiling = FIRST_MS.saturating_mul(1 << tries.min(16)).min(LONGEST_MS);
    // Never nothing: half of it stays, so that a fleet spreads out and still backs off.
    ceiling / 2 + (unit(entropy) * (ceiling / 2) as f64) as u64
}

/// Tries of one transfer since it last got on.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    count: u32,
}

impl Tries {
    /// It got on: the budget is full again.
    pub(crate) fn reset(&mut self) {
        self.count = 0;
    }

    /// The fault with its next moment.
    pub(crate) fn fault(&mut self, kind: FaultKind, now: Timestamp, entropy: &dyn Entropy) -> Fault {
        let most = match kind {
            FaultKind::Network | FaultKind::Throttled | FaultKind::ConditionalConflict => PATIENT,
            FaultKind::PreconditionFailed
            | FaultKind::NoSuchUpload
            | FaultKind::Credentials
            | FaultKind::AccessDenied
            | FaultKind::BucketMissing
            | FaultKind::CorruptedInTransit
            | FaultKind::SourceUnreadable
            | FaultKind::SourceGone
            | FaultKind::Unsupported
            | FaultKind::Unexpected => ODD,
        };
        let retry_at = (self.count < most).then(|| now.plus_millis(delay_ms(self.count, entropy)));
        self.count += 1;
        Fault { kind, retry_at }
    }
}

/// What a kind of trouble with S3 means for an upload.
pub(crate) const fn fault_kind(kind: RemoteErrorKind) -> FaultKind {
    match kind {
        RemoteErrorKind::Network => FaultKind::Network,
        RemoteErrorKind::Throttled => FaultKind::Throttled,
        RemoteErrorKind::PreconditionFailed => FaultKind::PreconditionFailed,
        RemoteErrorKind::ConditionalConflict => FaultKind::ConditionalConflict,
        RemoteErrorKind::NoSuchUpload => FaultKind::NoSuchUpload,
        RemoteErrorKind::Unauthenticated => FaultKind::Credentials,
        RemoteErrorKind::AccessDenied => FaultKind::AccessDenied,
        RemoteErrorKind::BucketMissing => FaultKind::BucketMissing,
        RemoteErrorKind::Integrity => FaultKind::CorruptedInTransit,
        RemoteErrorKind::Unsupported => FaultKind::Unsupported,
        // The adapter corrects clock and region by itself; what is left is odd.
        RemoteErrorKind::NotFound
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::BadRequest
        | RemoteErrorKind::Archived
        | RemoteErrorKind::Unexpected => FaultKind::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u64);
    impl Entropy for Fixed {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn delays_grow_and_stay_within_bounds() {
        for draw in [0, u64::MAX / 2, u64::MAX] {
            let mut last = 0;
            for tries in 0..20 {
                let delay = delay_ms(tries, &Fixed(draw));
                assert!(delay >= last && delay <= LONGEST_MS, "{tries}: {delay}");
                last = delay;
            }
        }
    }

    #[test]
    fn the_budget_ends_and_fills_again() {
        let mut tries = Tries::default();
        let now = Timestamp(0);
        for _ in 0..ODD {
            assert!(tries.fault(FaultKind::Unexpected, now, &Fixed(1)).retry_at.is_some());
        }
        assert!(tries.fault(FaultKind::Unexpected, now, &Fixed(1)).retry_at.is_none());
        tries.reset();
        assert!(tries.fault(FaultKind::Network, now, &Fixed(1)).retry_at.is_some());
    }
}
