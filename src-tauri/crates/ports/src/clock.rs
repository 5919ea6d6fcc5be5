//! Time and chance, as ports: nothing in the engine reads either by itself.
use std::fmt::Debug;

use windlass_domain::Timestamp;

/// The wall clock. Timers use the runtime's monotonic time instead.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Random bits: ids and jitter.
pub trait Entropy: Debug + Send + Sync {
    /// Sixty-four random bits.
    fn next_u64(&self) -> u64;
}
