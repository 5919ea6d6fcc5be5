//! The simulator: the real engine in a world that a seed moves. See docs/TESTING.md, "Simulator".
//!
//! `WINDLASS_SEED=n` runs one random schedule and prints every step (`cargo xtask replay n` does that);
//! `WINDLASS_SIM_SECONDS=n` is how long random schedules run.
#![cfg(test)]

mod crash;
mod house;
#[cfg(feature = "planted")]
mod planted;
mod random;
mod run;
mod scenarios;
mod script;
