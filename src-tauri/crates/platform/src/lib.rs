//! The operating system behind the ports: files, file events, secrets, time, chance and the application's folders.
//!
//! **Does** walk, read and write the local disk ([`Disk`]), watch folders ([`NotifyWatcher`]), keep secrets
//! ([`Secrets`]), start the decoder of strangers' files ([`DecoderProcess`]), keep its pictures ([`DiskCache`]), give players the
//! bytes of films over loopback ([`LoopbackStreams`]), and name the application's folders ([`dirs::AppDirs`]).
//! **Never** follows a link out of a root, opens a pipe or device, replaces a file that is not the expected one, or
//! writes a secret in clear.
//! **Start reading** at [`Disk`], then `disk/walk.rs` and `disk/stage.rs`.
#![deny(missing_docs)]

mod cache;
mod clock;
mod decoder;
pub mod dirs;
mod disk;
mod error;
mod folder;
mod names;
mod secrets;
mod streams;
mod watch;

pub use cache::DiskCache;
pub use clock::{SystemClock, SystemEntropy};
pub use decoder::DecoderProcess;
pub use disk::Disk;
pub use secrets::Secrets;
pub use streams::LoopbackStreams;
pub use watch::NotifyWatcher;
