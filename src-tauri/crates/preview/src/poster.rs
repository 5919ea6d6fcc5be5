//! One still of a film: a picture that needs no other, about a tenth into it, since many films begin in the dark. Read are the
//! entries that say where it lies, and it; decoded by safe code on one thread.
use heifer::color::{ColorParams, frame_to_rgba_as};
use heifer::heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer::heifer_hevc_dec::recon::Frame;
use image::{DynamicImage, RgbaImage};
use rusty_h264_decoder::Decoder;
use windlass_ports::decode::{Missing, Picture, Want};

use crate::boxes::{self, Box4};
use crate::picture;
use crate::source::Window;

/// Most pixels of a still; films of 8K have 33 million.
const PIXELS: u64 = 40_000_000;
/// Most bytes of what a decoder is told before the first picture.
const CONFIGURATION: u64 = 64 * 1024;
/// Most entries that are gone through to find a sample.
const ENTRIES: u32 = 20_000;

/// Codings that can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
    /// Motion JPEG.
    Jpeg,
    /// Any other.
    Other,
}

/// A track with pictures.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) coding: Coding,
    /// What its decoder is told.
    pub(crate) about: Vec<Box4>,
    /// Where its samples lie.
    pub(crate) table: Vec<Box4>,
    /// How it is turned, in the numbers of EXIF.
    pub(crate) turn: u32,
}

/// How a track is turned by its matrix; only whole quarters are.
pub(crate) fn turn(matrix: &[u8; 36]) -> u32 {
    let at = |index: usize| long(matrix, index * 4).cast_signed() >> 16;
    match (at(0), at(1), at(3), at(4)) {
        (-1, 0, 0, -1) => 3,
        (0, 1, -1, 0) => 6,
        (0, -1, 1, 0) => 8,
        _ => 1,
    }
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).map_or(0, u32::from_be_bytes)
}

/// Draws the still.
pub(crate) fn draw(file: &mut Window<'_>, track: &Track, want: Want) -> Result<Picture, Missing> {
    if track.coding == Coding::Other {
        return Err(Missing::NoVideo);
    }
    let (offset, len) = sample(file, &track.table).ok_or(Missing::NoVideo)?;
    let short = if want == Want::Small { Missing::NoSmallPicture } else { Missing::TooLarge };
    let bytes = file.bytes(offset, len).ok_or(short)?;
    let frame = match track.coding {
        Coding::Jpeg => return picture::draw(&bytes, track.turn, want),
        Coding::Avc => avc(&stream(file, track, b"avcC", &bytes).ok_or(Missing::Damaged)?)?,
        Coding::Hevc => hevc(&stream(file, track, b"hvcC", &bytes).ok_or(Missing::Damaged)?)?,
        Coding::Other => return Err(Missing::NoVideo),
    };
    let pixels = frame_to_rgba_as::<u8>(&frame, colours(file, track, &frame));
    let pixels = RgbaImage::from_raw(pixels.width, pixels.height, pixels.data).ok_or(Missing::Damaged)?;
    let picture = picture::fit(DynamicImage::ImageRgba8(pixels), want).into_rgb8();
    picture::code(&picture::upright(DynamicImage::ImageRgb8(picture), track.turn))
}

/// Where the sample to be drawn lies, and its length.
fn sample(file: &mut Window<'_>, table: &[Box4]) -> Option<(u64, u64)> {
    let find = |name: &[u8; 4]| table.iter().find(|one| &one.name == name).copied();
    let entry = |file: &mut Window<'_>, one: Box4, at: u64| {
        let at = one.start.checked_add(at).filter(|at| at.saturating_add(4) <= one.end)?;
        boxes::read::<4>(file, at).map(u32::from_be_bytes)
    };
    let sizes = find(b"stsz")?;
    let (same, samples) = (entry(file, sizes, 4)?, entry(file, sizes, 8)?);
    // From one, as the tables count.
    let number = match find(b"stss") {
        Some(whole) => {
            let count = entry(file, whole, 4)?;
            entry(file, whole, 8 + u64::from(count / 10) * 4)?
        }
        None => samples / 10 + 1,
    };
    if number == 0 || number > samples {
        return None;
    }
    let runs = find(b"stsc")?;
    let count = entry(file, runs, 4)?.min(ENTRIES);
    let (mut before, mut found) = (0u32, None);
    for run in 0..count {
        let at = 8 + u64::from(run) * 12;
        let (first, each) = (entry(file, runs, at)?, entry(file, runs, at + 4)?.max(1));
        let next = if run + 1 < count { entry(file, runs, at + 12)? } else { u32::MAX };
        let inside = number - 1 - before;
        if inside / each < next.checked_sub(first)? {
            found = Some((first.checked_sub(1)? + inside / each, inside % each));
            break;
        }
        before = before.checked_add((next - first).checked_mul(each)?)?;
    }
    let (chunk, inside) = found.filter(|(_, inside)| *inside < ENTRIES)?;
    let mut offset = match (find(b"stco"), find(b"co64")) {
        (Some(short), _) => u64::from(entry(file, short, 8 + u64::from(chunk) * 4)?),
        (None, Some(wide)) => {
            let at = 8 + u64::from(chunk) * 8;
            u64::from(entry(file, wide, at)?) << 32 | u64::from(entry(file, wide, at + 4)?)
        }
        (None, None) => return None,
    };
    let size = |file: &mut Window<'_>, number: u32| match same {
        0 => entry(file, sizes, 12 + u64::from(number) * 4).map(u64::from),
        same => Some(u64::from(same)),
    };
    for earlier in number - 1 - inside..number - 1 {
        offset = offset.checked_add(size(file, earlier)?)?;
    }
    Some((offset, size(file, number - 1)?))
}

/// A sample as a stream of its own: what the decoder is told first, then the sample, each unit behind a mark.
fn stream(file: &mut Window<'_>, track: &Track, name: &[u8; 4], sample: &[u8]) -> Option<Vec<u8>> {
    let about = track.about.iter().find(|one| &one.name == name).copied()?;
    let about = file.bytes(about.start, about.end.saturating_sub(about.start).min(CONFIGURATION))?;
    let mut out = Vec::with_capacity(sample.len() + about.len() + 64);
    let mut rest = about.as_slice();
    let width = match track.coding {
        Coding::Hevc => {
            let fixed = take(&mut rest, 22)?;
            let arrays = number(&mut rest, 1)?;
            for _ in 0..arrays {
                take(&mut rest, 1)?;
                units(&mut rest, 2, 2, &mut out)?;
            }
            fixed.last()? & 3
        }
        Coding::Avc | Coding::Jpeg | Coding::Other => {
            let fixed = take(&mut rest, 5)?;
            let sets = number(&mut rest, 1)? & 31;
            for _ in 0..sets {
                unit(&mut rest, 2, &mut out)?;
            }
            units(&mut rest, 1, 2, &mut out)?;
            fixed.last()? & 3
        }
    };
    let mut rest = sample;
    while !rest.is_empty() {
        unit(&mut rest, usize::from(width) + 1, &mut out)?;
    }
    Some(out)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8], len: usize) -> Option<usize> {
    Some(take(rest, len)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

fn unit(rest: &mut &[u8], width: usize, out: &mut Vec<u8>) -> Option<()> {
    let len = number(rest, width)?;
    out.extend([0, 0, 0, 1]);
    out.extend(take(rest, len)?);
    Some(())
}

fn units(rest: &mut &[u8], counted: usize, width: usize, out: &mut Vec<u8>) -> Option<()> {
    for _ in 0..number(rest, counted)? {
        unit(rest, width, out)?;
    }
    Some(())
}

fn hevc(stream: &[u8]) -> Result<Frame, Missing> {
    let options = DecodeOptions { max_pixels: PIXELS, ..DecodeOptions::default() };
    decode_picture(stream, options).map_err(|error| match error {
        heifer::heifer_hevc_dec::Error::Unimplemented(_) => Missing::NoVideo,
        _ => Missing::Damaged,
    })
}

fn avc(stream: &[u8]) -> Result<Frame, Missing> {
    // Half of all profiles are for studios and links; this decoder says of them what it says of broken ones.
    let frames = Decoder::new().decode_stream(stream).map_err(|_| Missing::NoVideo)?;
    let frame = frames.into_iter().next().ok_or(Missing::Damaged)?;
    let size = |side: usize| u32::try_from(side).map_err(|_| Missing::Damaged);
    let (width, height) = (size(frame.width)?, size(frame.height)?);
    let (across, down) = (frame.width / 2, frame.height / 2);
    if frame.y.len() != frame.width * frame.height
        || [&frame.u, &frame.v].iter().any(|p| p.len() != across * down)
    {
        return Err(Missing::Damaged);
    }
    let wide = |plane: Vec<u8>| plane.into_iter().map(u16::from).collect();
    Ok(Frame {
        widths: [width, width / 2, width / 2],
        heights: [height, height / 2, height / 2],
        planes: [wide(frame.y), wide(frame.u), wide(frame.v)],
        bit_depth: [8, 8],
        chroma_format: 1,
        full_range: false,
        // What films of this size mean when they do not say (ITU-R BT.601 and BT.709).
        matrix_coeffs: if height >= 720 { 1 } else { 6 },
    })
}

/// How samples become colours: as the container says, or else the stream.
fn colours(file: &mut Window<'_>, track: &Track, frame: &Frame) -> ColorParams {
    let said = track
        .about
        .iter()
        .find(|one| &one.name == b"colr")
        .and_then(|one| boxes::read::<11>(file, one.start));
    match said {
        Some([b'n', b'c', b'l', kind, _, _, _, _, high, low, range]) => {
            let full_range = if kind == b'x' { range & 0x80 != 0 } else { frame.full_range };
            ColorParams { matrix: u16::from_be_bytes([high, low]), full_range }
        }
        _ => ColorParams::from_frame(frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_of_a_matrix_is_one_of_exif() {
        let matrix = |numbers: [i32; 4]| {
            let [a, b, c, d] = numbers;
            let mut bytes = [0; 36];
            for (at, number) in [(0, a), (1, b), (3, c), (4, d)] {
                bytes[at * 4..at * 4 + 4].copy_from_slice(&(number << 16).to_be_bytes());
            }
            bytes
        };
        for (numbers, wanted) in [
            ([1, 0, 0, 1], 1),
            ([0, 1, -1, 0], 6),
            ([-1, 0, 0, -1], 3),
            ([0, -1, 1, 0], 8),
            ([2, 0, 0, 2], 1),
        ] {
            assert_eq!(turn(&matrix(numbers)), wanted, "{numbers:?}");
        }
    }
}
