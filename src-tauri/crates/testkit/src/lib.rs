//! A world in memory for the real engine: a disk, a bucket, a journal, time and chance, all moved by one seed.
//!
//! **Does** answer every port call when the seed says so, fail where the seed says so, and die where it is told to; keep
//! what a power cut would leave; and watch, by an [`Oracle`] that shares no code with the engine, that nothing is lost.
//! **Never** ships, and never knows the engine: the harness that starts it lies in `engine/tests/sim`.
//! **Start reading** at [`World`], then [`Scene`]; [`conformance`] is what every implementation of a port has to pass.
#![deny(missing_docs)]
// All of this is test code, where a broken assumption shall end the run loudly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test kit panics when a test is wrong"
)]

mod act;
pub mod conformance;
mod content;
mod decoder;
mod disk;
mod journal;
mod oracle;
mod rng;
mod s3;
mod scene;
mod world;

pub use act::Act;
pub use content::{Content, ContentId};
pub use decoder::{Script, ScriptedDecoder};
pub use disk::{DiskOptions, Power, VirtualDisk};
pub use journal::VirtualJournal;
pub use oracle::Oracle;
pub use rng::Rng;
pub use s3::{Calls, Profile, VirtualRemotes, VirtualS3};
pub use scene::{Computer, Scene, SceneOptions};
pub use world::{Edge, Event, Fault, Seen, Who, World, Wrong};
