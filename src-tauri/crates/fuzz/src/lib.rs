//! What strangers write, and what must hold whatever they wrote: names, listings, rows of the journal's file.
//!
//! **Does** turn any bytes into a case, run it through the real code and panic when something does not hold. The same functions
//! are fuzzed by libFuzzer (`fuzz/` at the root) and run with a fixed budget by this crate's tests. **Never** ships.
//! **Start reading** at [`names::check`], [`listing::check`], [`rows::Rows::check`].
#![deny(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod bytes;
pub mod listing;
pub mod names;
pub mod rows;

pub use bytes::Bytes;
