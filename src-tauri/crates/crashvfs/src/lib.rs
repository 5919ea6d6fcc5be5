//! Power cuts for SQLite, for tests only.
//!
//! **Does** stand between SQLite and the disk as its default VFS and write down every call that changes a file below a folder
//! ([`Recording`]); afterwards it says what a power cut between any two of these calls could have left ([`Trace::cut`]).
//! **Never** changes what SQLite sees: calls go through to the real disk, with the real locks.
//! **Start reading** at `disk.rs` (what a disk may lose), then `shim.rs` (the C side, all that is `unsafe`).
#![deny(missing_docs)]

mod disk;
mod shim;

pub use disk::{Cut, Image, Lies, Print, Trace};
pub use shim::{NotRegistered, Recording};
