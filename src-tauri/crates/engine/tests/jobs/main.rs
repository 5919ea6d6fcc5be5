//! Jobs on the real engine, in a world that fails, forgets and dies.
#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "the harness is not the engine")]

mod bench;
mod deaths;
mod orders;
#[cfg(feature = "planted")]
mod planted;
mod purges;
mod restores;
mod weather;
