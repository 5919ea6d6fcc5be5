//! Sources and questions the tests share.
#![allow(dead_code, reason = "each test uses some of it")]

pub(crate) mod pdf;

use std::io;

use windlass_ports::decode::{Decoded, FactName, Want};
use windlass_preview::Source;

/// Bytes in memory that count what is read of them.
pub(crate) struct Slice<'a> {
    bytes: &'a [u8],
    /// Every read: where, and how much.
    pub(crate) reads: Vec<(u64, u64)>,
}

impl<'a> Slice<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, reads: Vec::new() }
    }

    pub(crate) fn read(&self) -> u64 {
        self.reads.iter().map(|(_, len)| len).sum()
    }
}

impl Source for Slice<'_> {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        self.reads.push((offset, len));
        let (start, end) = (offset as usize, (offset + len) as usize);
        Ok(self.bytes[start.min(self.bytes.len())..end.min(self.bytes.len())].to_vec())
    }
}

pub(crate) fn decoded(want: Want, bytes: &[u8]) -> Decoded {
    windlass_preview::inspect(want, &mut Slice::new(bytes)).unwrap()
}

pub(crate) fn fact(found: &Decoded, name: FactName) -> Option<String> {
    found.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone())
}

/// A photo with an EXIF block that says how it is turned. Its top left quarter is red.
pub(crate) fn photo(width: u32, height: u32, turn: u16) -> Vec<u8> {
    let picture = quartered(width, height);
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    tiff.extend(turn.to_be_bytes());
    tiff.extend([0; 6]);
    let mut out = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95);
    image::ImageEncoder::set_exif_metadata(&mut encoder, tiff).unwrap();
    encoder.encode_image(&picture).unwrap();
    out
}

/// A picture whose top left quarter is red, the rest blue.
pub(crate) fn quartered(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        if x < width / 2 && y < height / 2 { image::Rgb([220, 20, 20]) } else { image::Rgb([20, 20, 220]) }
    })
}

/// A PNG of noise, which cannot be packed.
pub(crate) fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut seed = 1u32;
    let noise = image::RgbImage::from_fn(width, height, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = seed.to_be_bytes();
        image::Rgb([a, b, c])
    });
    let mut out = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut named = name.to_vec();
    named.extend(body);
    let mut out = (body.len() as u32).to_be_bytes().to_vec();
    out.extend(&named);
    out.extend(crc32(&named).to_be_bytes());
    out
}

/// A PNG that claims a size and holds what is given.
pub(crate) fn png(width: u32, height: u32, depth: u8, color: u8, data: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = width.to_be_bytes().to_vec();
    head.extend(height.to_be_bytes());
    head.extend([depth, color, 0, 0, 0]);
    out.extend(chunk(b"IHDR", &head));
    out.extend(chunk(b"IDAT", data));
    out.extend(chunk(b"IEND", &[]));
    out
}

/// Files that claim to be far larger than they are.
pub(crate) fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let mut gif = b"GIF89a\xFF\xFF\xFF\xFF\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\xFF\xFF\xFF\xFF\0\x02".to_vec();
    gif.extend([2, 0x44, 1, 0, 0x3B]);
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3];
    jpeg.extend([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xFF, 0xDA, 0, 2]);
    let mut webp = b"RIFF\0\x10\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0".to_vec();
    webp.extend([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    webp.resize(4096, 0);
    let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
    for (tag, value) in [(0x100u16, 60_000u32), (0x101, 60_000), (0x106, 1)] {
        tiff.extend(tag.to_le_bytes());
        tiff.extend([4, 0, 1, 0, 0, 0]);
        tiff.extend(value.to_le_bytes());
    }
    tiff.extend([0; 64]);
    vec![
        ("a PNG of 60,000 by 60,000", png(60_000, 60_000, 8, 6, &[0x78; 60_000])),
        ("a PNG of 10,000 by 10,000 with 16 bits", png(10_000, 10_000, 16, 6, &[0x78; 60_000])),
        ("a PNG of one line of 4 thousand million", png(4_000_000_000, 1, 8, 2, &[])),
        ("a GIF", gif),
        ("a JPEG", jpeg),
        ("a WebP", webp),
        ("a TIFF", tiff),
    ]
}
