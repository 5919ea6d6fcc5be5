//! Where everything is put together: the only crate that names every adapter.
//!
//! **Does** build the journal, the disk, S3, secrets, the engine and the API in order, and ends them in order.
//! **Never** decides anything about a file.
//! **Start reading** at [`start`].
#![deny(missing_docs)]

mod connector;
mod core;
mod noted;
mod remotes;

pub use core::{ComposeOptions, Core, is_owned, start};
pub use remotes::LiveRemotes;

/// Name of the journal's file in the data folder.
pub const JOURNAL_FILE: &str = "journal.sqlite";
