//! Jobs on the real engine, in a world that fails, forgets and dies.
mod bench;
mod deaths;
mod orders;
#[cfg(feature = "planted")]
mod planted;
mod weather;
