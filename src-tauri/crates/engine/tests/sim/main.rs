//! The simulator: the real engine in a world that a seed moves. See docs/TESTING.md, "Simulator".
//!
//! `WINDLASS_SEED=n` runs one random schedule and prints every step (`cargo xtask replay n` does that);
//! `WINDLASS_SIM_SECONDS=n` is how long random schedules run.
#![cfg(test)]
// The harness around the world lives in the real one: its budget in seconds, its settings, the trace of a failure.
#![allow(clippy::disallowed_methods, reason = "the harness is not the engine")]

mod crash;
mod house;
mod named;
#[cfg(feature = "planted")]
mod planted;
mod random;
mod refused;
mod run;
mod scenarios;
mod script;
mod spellings;
