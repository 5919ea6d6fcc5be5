//! The boxes of ISO base media: stills of phones, raw files of Canon, and what a film says of itself. Only headers are read,
//! and the few bodies that are needed.
use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};

use windlass_ports::decode::{Decoded, Missing, Want};

use crate::source::Window;
use crate::tiff::Carried;
use crate::{facts, tiff};

/// Boxes that are looked at on one level.
const BOXES: usize = 256;

/// A box: its name and where its body is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Box4 {
    pub(crate) name: [u8; 4],
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The boxes between two positions.
pub(crate) fn between(file: &mut Window<'_>, start: u64, end: u64) -> Vec<Box4> {
    let end = end.min(file.size());
    let mut at = start;
    let mut found = Vec::new();
    while at.saturating_add(8) <= end && found.len() < BOXES {
        let Some(head) = read::<16>(file, at) else { break };
        let [a, b, c, d, name @ ..] = head;
        let name: [u8; 4] = name.first_chunk().copied().unwrap_or_default();
        let size = u64::from(u32::from_be_bytes([a, b, c, d]));
        let (header, size) = match size {
            0 => (8, end - at),
            1 => (16, u64::from_be_bytes(head.last_chunk().copied().unwrap_or_default())),
            size => (8, size),
        };
        let Some(next) = at.checked_add(size).filter(|_| size >= header) else { break };
        found.push(Box4 { name, start: at + header, end: next.min(end) });
        at = next;
    }
    found
}

/// Bytes at a position, with zeros after the end of the file; `None` when they cannot be had.
pub(crate) fn read<const N: usize>(file: &mut Window<'_>, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) if filled < 8 => return None,
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(_) => return None,
        }
    }
    Some(bytes)
}

/// A raw file of Canon: facts in small TIFF blocks, pictures in boxes of its own.
pub(crate) fn canon(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    let end = file.size();
    let mut inside = Vec::new();
    for outer in between(file, 0, end) {
        match &outer.name {
            b"uuid" => inside.extend(between(file, outer.start + 24, outer.end)),
            b"moov" => {
                for one in between(file, outer.start, outer.end) {
                    if &one.name == b"uuid" {
                        inside.extend(between(file, one.start + 16, one.end));
                    }
                }
            }
            _ => {}
        }
    }
    let mut turn = 1;
    let mut carried = BTreeSet::new();
    for one in inside {
        let len = one.end.saturating_sub(one.start);
        match &one.name {
            b"CMT1" | b"CMT2" => {
                let block = file.bytes(one.start, len.min(64 * 1024)).and_then(facts::raw);
                if let Some(exif) = &block {
                    facts::tell(exif, found);
                    if &one.name == b"CMT1" {
                        turn = facts::orientation(exif);
                    }
                }
            }
            b"THMB" | b"PRVW" => {
                let Some(head) = read::<64>(file, one.start) else { continue };
                let Some(at) = head.windows(3).position(|three| three == [0xFF, 0xD8, 0xFF]) else {
                    continue;
                };
                let at = at as u64;
                carried.insert(Carried { len: len.saturating_sub(at), offset: one.start + at });
            }
            _ => {}
        }
    }
    if !tiff::carried(file, &carried, turn, want, found) {
        found.missing = Some(Missing::NoRaw);
    }
}
