//! Looks into files of strangers: what they are, what they say of themselves, and how they look.
//!
//! **Does** tell a file's kind by its bytes, read facts (camera, time, place, length, pages, columns), find the small picture
//! a photo carries, draw pictures anew in a size that is shown, and show the beginning of text and tables. All of it from
//! ranges, within budgets of bytes, pixels and depth. [`worker`] does it in a process that may do nothing else.
//! **Never** runs what is in a file, opens a file or a connection, or hands on bytes of a picture it did not draw itself.
//! **Start reading** at [`inspect`], then `worker.rs` and `sandbox.rs`.
#![deny(missing_docs)]

mod boxes;
mod document;
mod facts;
mod heif;
mod kind;
mod media;
mod page;
mod picture;
mod poster;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(not(target_os = "linux"))]
#[path = "sandbox_other.rs"]
mod sandbox;
mod source;
mod text;
mod tiff;
pub mod wire;
pub mod worker;

use std::io;

pub use source::Source;
use windlass_ports::decode::{Decoded, FileKind, Missing, Want};

use crate::source::Window;

/// Looks into one file.
///
/// Promises: reads at most [`Want::budget`] bytes, of a JPEG for a small picture only the first 64 KiB; whatever a file's
/// bytes say, the answer is a state in plain kinds, never a panic of ours.
///
/// # Errors
/// Only the source's own: bytes that could not be had.
pub fn inspect(want: Want, source: &mut (dyn Source + Send + Sync)) -> io::Result<Decoded> {
    let mut file = Window::new(source, want)?;
    let kind = kind::of(file.head(), file.size());
    let mut found = Decoded::bare(kind);
    match kind {
        FileKind::Jpeg | FileKind::Png | FileKind::WebP | FileKind::Gif => {
            picture::inspect(&mut file, want, &mut found);
        }
        FileKind::Tiff | FileKind::Raw => tiff::inspect(&mut file, want, &mut found),
        FileKind::Heic => heif::inspect(&mut file, want, &mut found),
        FileKind::Video => media::film(&mut file, want, &mut found),
        FileKind::Audio => media::sound(&mut file, &mut found),
        FileKind::Pdf => document::pdf(&mut file, want, &mut found),
        FileKind::Parquet => document::parquet(&mut file, &mut found),
        FileKind::Text | FileKind::Csv | FileKind::Json => text::inspect(&mut file, want, &mut found),
        FileKind::Empty => {}
        FileKind::Other => found.missing = Some(Missing::Unknown),
    }
    match file.broken() {
        Some(error) => Err(error),
        None => Ok(found),
    }
}
