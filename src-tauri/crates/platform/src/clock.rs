//! Time and chance of the real world.
use std::time::{SystemTime, UNIX_EPOCH};

use windlass_domain::Timestamp;
use windlass_ports::{Clock, Entropy};

/// The computer's wall clock. A time outside the years 1678 to 2262 is cut to the nearest of these.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        from_system(SystemTime::now())
    }
}

/// The thread's random generator, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next_u64(&self) -> u64 {
        rand::random()
    }
}

pub(crate) fn from_system(time: SystemTime) -> Timestamp {
    Timestamp(match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    })
}

/// The same time for the file system. `None` when the system cannot say it.
pub(crate) fn to_system(time: Timestamp) -> Option<SystemTime> {
    let distance = std::time::Duration::from_nanos(time.0.unsigned_abs());
    if time.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_also_from_before_1970() {
        for nanos in [0, 1, -1, 1_700_000_000_123_456_789, -86_400_000_000_001] {
            assert_eq!(from_system(to_system(Timestamp(nanos)).unwrap()), Timestamp(nanos));
        }
    }

    #[test]
    fn the_clock_goes_and_chance_differs() {
        assert!(SystemClock.now().0 > 1_700_000_000_000_000_000);
        assert_ne!(SystemEntropy.next_u64(), SystemEntropy.next_u64());
    }
}
