//! What tests of several crates share.
//!
//! **Does** hold suites that every implementation of a port has to pass. **Never** is part of what is shipped. **Start
//! reading** at [`conformance`].
#![deny(missing_docs)]

pub mod conformance;
