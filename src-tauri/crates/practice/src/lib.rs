//! The practice endpoint: a real S3 server inside our own process, on loopback only.
//!
//! **What it does.** Gives a newcomer without an account buckets that behave like S3 (versions, delete markers, multipart
//! uploads, conditions, checksums, tags, paging) with sample photos in them, and gives tests a server whose faults can be
//! scripted rule by rule ([`Faults`]).
//!
//! **What it never does.** It never listens on anything but 127.0.0.1, and it never promises to survive a power cut: what
//! was answered with success survives the end of the process, `kill -9` included, and nothing more.
//!
//! **Where to start reading.** [`PracticeServer`] in `server.rs` ties the pieces together: `layer.rs` sees every request
//! first (log, faults), the `s3s` crate speaks the protocol, `ops/` answers the operations, `store/` keeps the data.
#![deny(missing_docs)]

mod checksum;
mod config_docs;
mod credentials;
mod error;
mod fault_body;
mod faults;
mod layer;
mod lifecycle;
mod log;
mod ops;
mod sample;
mod server;
mod store;
mod target;
mod thaw;

pub use error::PracticeError;
pub use faults::{Fault, Faults, Profile, Rule, When};
pub use log::RequestRecord;
pub use server::{PracticeOptions, PracticeServer};
pub use target::Op;
pub use thaw::{ArchiveTier, ThawPace};
