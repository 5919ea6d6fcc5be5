//! TIFF, and the raw files of cameras, which are TIFF with other names: finds the JPEG pictures that are in them by following
//! the directories, so that only the bytes of the wanted one are read. Every offset comes from a stranger.
use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};

use windlass_ports::decode::{Decoded, FileKind, Missing, Want};

use crate::source::Window;
use crate::{boxes, facts, picture};

/// Directories that are looked at, and entries of one.
const DIRECTORIES: usize = 64;
const ENTRIES: u16 = 512;
/// A JPEG in a list is taken from those up to this size, if there is one.
const HANDY: u64 = 128 * 1024;
/// Pictures that are tried when the first cannot be decoded.
const TRIES: usize = 3;

/// A JPEG inside another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Carried {
    pub(crate) len: u64,
    pub(crate) offset: u64,
}

#[derive(Debug, Default)]
struct Found {
    carried: BTreeSet<Carried>,
    raw: bool,
}

/// Facts and a picture of a TIFF or raw file.
pub(crate) fn inspect(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    let start: [u8; 4] = file.head().first_chunk().copied().unwrap_or_default();
    let inside = match &start {
        b"FUJI" => fujifilm(file),
        _ if file.head().get(4..8) == Some(b"ftyp") => {
            boxes::canon(file, want, found);
            return;
        }
        b"\0MRM" | b"FOVb" => Found { raw: true, ..Found::default() },
        _ => directories(file),
    };
    if inside.raw {
        found.kind = FileKind::Raw;
    }
    let exif = match &start {
        b"II*\0" | b"MM\0*" => facts::read(file),
        [b'I', b'I', ..] | [b'M', b'M', ..] => named_tiff(file),
        _ => None,
    };
    if let Some(exif) = &exif {
        facts::tell(exif, found);
    }
    let turn = exif.as_ref().map_or(1, facts::orientation);
    if carried(file, &inside.carried, turn, want, found) {
        return;
    }
    if found.kind == FileKind::Raw {
        found.missing = Some(Missing::NoRaw);
    } else if want != Want::Small || file.size() <= want.budget() {
        match file.whole() {
            Some(bytes) => picture::set(picture::draw(&bytes, turn, want), found),
            None => found.missing = Some(Missing::TooLarge),
        }
    } else {
        found.missing = Some(Missing::NoSmallPicture);
    }
}

/// Olympus and Panasonic write other numbers where TIFF has 42.
fn named_tiff(file: &mut Window<'_>) -> Option<exif::Exif> {
    let mut bytes = file.start(256 * 1024);
    let magic: &[u8] = if bytes.starts_with(b"II") { b"II*\0" } else { b"MM\0*" };
    bytes.get_mut(..4)?.copy_from_slice(magic);
    facts::raw(bytes)
}

/// Draws the carried picture that fits best; whether one could be drawn.
pub(crate) fn carried(
    file: &mut Window<'_>,
    all: &BTreeSet<Carried>,
    turn: u32,
    want: Want,
    found: &mut Decoded,
) -> bool {
    let handy = all.iter().rev().filter(|one| one.len <= HANDY);
    let larger = all.iter().filter(|one| one.len > HANDY);
    let order: Vec<Carried> = match want {
        Want::Small => handy.chain(larger).copied().collect(),
        Want::Large | Want::Page(_) => all.iter().rev().copied().collect(),
    };
    for one in order.into_iter().take(TRIES) {
        let Some(jpeg) = file.bytes(one.offset, one.len) else { continue };
        if !jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) {
            continue;
        }
        // A whole photo inside has facts of its own; what is only a picture is turned as the file says.
        let own = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&jpeg)).ok();
        let turn = own.as_ref().map_or(turn, facts::orientation);
        if let Ok(picture) = picture::draw(&jpeg, turn, want) {
            if let Some(own) = &own
                && found.facts.is_empty()
            {
                facts::tell(own, found);
            }
            found.picture = Some(picture);
            return true;
        }
    }
    false
}

/// Fujifilm names its JPEG in the first hundred bytes.
fn fujifilm(file: &Window<'_>) -> Found {
    let word = |at: usize| {
        let bytes: [u8; 4] = file.head().get(at..)?.first_chunk().copied()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    let mut found = Found { raw: true, ..Found::default() };
    if let (Some(offset), Some(len)) = (word(84), word(88)) {
        found.carried.insert(Carried { len, offset });
    }
    found
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: u64,
    /// Where the four bytes of the value are.
    at: u64,
}

struct Walk<'w, 'a> {
    file: &'w mut Window<'a>,
    little: bool,
}

impl Walk<'_, '_> {
    fn bytes<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(at)).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    fn short(&mut self, at: u64) -> Option<u16> {
        let raw = self.bytes(at)?;
        Some(if self.little { u16::from_le_bytes(raw) } else { u16::from_be_bytes(raw) })
    }

    fn long(&mut self, at: u64) -> Option<u64> {
        let raw = self.bytes(at)?;
        Some(u64::from(if self.little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) }))
    }

    fn entries(&mut self, directory: u64) -> Option<(Vec<Entry>, u64)> {
        let count = self.short(directory)?;
        let mut entries = Vec::new();
        for i in 0..u64::from(count.min(ENTRIES)) {
            let at = directory + 2 + i * 12;
            let (Some(tag), Some(kind), Some(number)) =
                (self.short(at), self.short(at + 2), self.long(at + 4))
            else {
                break;
            };
            let value = if kind == 3 { self.short(at + 8).map(u64::from) } else { self.long(at + 8) };
            let Some(value) = value else { break };
            let count = u32::try_from(number).unwrap_or(u32::MAX);
            entries.push(Entry { tag, kind, count, value, at: at + 8 });
        }
        let next = self.long(directory + 2 + u64::from(count) * 12).unwrap_or(0);
        Some((entries, next))
    }
}

/// Follows all directories and those below them.
fn directories(file: &mut Window<'_>) -> Found {
    let mut found = Found::default();
    let head: [u8; 10] = file.head().first_chunk().copied().unwrap_or_default();
    found.raw =
        !head.starts_with(b"II*\0") && !head.starts_with(b"MM\0*") && !matches!(head.get(2), Some(b'+' | 0));
    found.raw |= head.ends_with(b"CR");
    let mut walk = Walk { file, little: head.starts_with(b"II") };
    let mut todo = vec![walk.long(4).unwrap_or(0)];
    let mut seen = BTreeSet::new();
    while let Some(directory) = todo.pop() {
        if directory == 0 || seen.len() >= DIRECTORIES || !seen.insert(directory) {
            continue;
        }
        let Some((entries, next)) = walk.entries(directory) else { continue };
        todo.push(next);
        let value = |tag| entries.iter().find(|e| e.tag == tag && e.count == 1).map(|e| e.value);
        let photometric = value(0x0106);
        found.raw |= matches!(photometric, Some(32803 | 34892)) || entries.iter().any(|e| e.tag == 0xC612);
        for (start, length) in [(0x0201, 0x0202), (0x0111, 0x0117)] {
            let strips = start == 0x0111;
            // Strips hold a JPEG only where the coding says so and the pixels are not the sensor's.
            if strips && (!matches!(value(0x0103), Some(6 | 7)) || matches!(photometric, Some(32803 | 34892)))
            {
                continue;
            }
            if let (Some(offset), Some(len)) = (value(start), value(length)) {
                found.carried.insert(Carried { len, offset });
            }
        }
        for entry in &entries {
            match entry.tag {
                // Panasonic keeps a whole photo in one value.
                0x002E if entry.kind == 7 && entry.count > 4 => {
                    found.carried.insert(Carried { len: u64::from(entry.count), offset: entry.value });
                }
                0x014A if entry.count == 1 => todo.push(entry.value),
                0x014A => {
                    for i in 0..u64::from(entry.count.min(8)) {
                        let at = if entry.count == 1 { entry.at } else { entry.value + i * 4 };
                        todo.push(walk.long(at).unwrap_or(0));
                    }
                }
                _ => {}
            }
        }
    }
    found.carried.retain(|one| one.len > 4);
    found
}
