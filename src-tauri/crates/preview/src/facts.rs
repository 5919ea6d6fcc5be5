//! Facts of a photo from its EXIF block.
use std::io::Cursor;

use exif::{Context, Exif, Field, In, Rational, Reader, Tag, Value};
use windlass_ports::decode::{Decoded, Fact, FactName, FileKind, Position};

use crate::source::Window;

/// Most characters of one fact.
const LONGEST: usize = 160;
/// Bytes of a TIFF file that are looked through for facts.
const TIFF: u64 = 256 * 1024;

/// The EXIF block of a file, as much of it as makes sense.
pub(crate) fn read(file: &mut Window<'_>) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let found = match crate::kind::of(file.head(), file.size()) {
        // A whole TIFF file would be read; its directories are mostly at the beginning.
        FileKind::Tiff | FileKind::Raw => reader.read_raw(file.start(TIFF)),
        FileKind::Heic => {
            file_from_start(file);
            reader.read_from_container(&mut std::io::BufReader::with_capacity(4096, file))
        }
        // The first piece holds the block of a JPEG, and of others most often: nothing more is read for it.
        _ => reader.read_from_container(&mut Cursor::new(file.head())),
    };
    found.or_else(|error| error.distill_partial_result(|_| {})).ok()
}

/// The EXIF block in bytes that are TIFF.
pub(crate) fn raw(bytes: Vec<u8>) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    reader.read_raw(bytes).or_else(|error| error.distill_partial_result(|_| {})).ok()
}

fn file_from_start(file: &mut Window<'_>) {
    use std::io::{Seek as _, SeekFrom};
    // Seeking a window cannot fail at its start.
    let _at = file.seek(SeekFrom::Start(0));
}

/// A field of the main picture. Some phones write the camera's model among the settings of the photo, and Canon's raw files
/// keep those settings in a block of their own: the number counts, not the directory it is in.
fn anywhere(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY).or_else(|| {
        exif.fields().find(|field| {
            field.ifd_num == In::PRIMARY
                && field.tag.number() == tag.number()
                && matches!(field.tag.context(), Context::Tiff | Context::Exif)
        })
    })
}

/// How a picture must be turned, 1 to 8; 1 when nothing sensible is said.
pub(crate) fn orientation(exif: &Exif) -> u32 {
    anywhere(exif, Tag::Orientation)
        .and_then(|field| field.value.get_uint(0))
        .filter(|turn| (1..=8).contains(turn))
        .unwrap_or(1)
}

/// The JPEG an EXIF block carries.
pub(crate) fn thumbnail(exif: &Exif) -> Option<&[u8]> {
    let number = |tag| {
        let value = exif.get_field(tag, In::THUMBNAIL)?.value.get_uint(0)?;
        usize::try_from(value).ok()
    };
    let start = number(Tag::JPEGInterchangeFormat)?;
    let end = start.checked_add(number(Tag::JPEGInterchangeFormatLength)?)?;
    exif.buf().get(start..end).filter(|jpeg| jpeg.starts_with(&[0xFF, 0xD8, 0xFF]))
}

/// Notes a fact that has a value.
pub(crate) fn add(found: &mut Decoded, name: FactName, value: impl Into<String>) {
    let value: String = value.into();
    let value = value.trim().trim_matches('\0').trim();
    if !value.is_empty() && found.facts.iter().all(|fact| fact.name != name || name == FactName::Column) {
        found.facts.push(Fact { name, value: value.chars().take(LONGEST).collect() });
    }
}

/// Notes the size in pixels, first of all facts.
pub(crate) fn dimensions(found: &mut Decoded, width: u32, height: u32) {
    if width > 0 && height > 0 && found.facts.iter().all(|fact| fact.name != FactName::Dimensions) {
        found.facts.insert(0, Fact { name: FactName::Dimensions, value: format!("{width} × {height}") });
    }
}

/// Notes what a photo says of camera, light, time and place.
pub(crate) fn tell(exif: &Exif, found: &mut Decoded) {
    let field = |tag| anywhere(exif, tag);
    let words = |tag| field(tag).map(text).unwrap_or_default();
    let (make, model) = (words(Tag::Make), words(Tag::Model));
    let camera = if starts_with_word(&model, &make) { model } else { format!("{make} {model}") };
    add(found, FactName::Camera, camera);
    add(found, FactName::Lens, words(Tag::LensModel));
    if let Some(time) = field(Tag::ExposureTime).and_then(rational) {
        add(found, FactName::Exposure, exposure(time));
    }
    if let Some(f) = field(Tag::FNumber).and_then(rational).filter(|f| *f > 0.0) {
        add(found, FactName::Aperture, format!("f/{}", short(f)));
    }
    if let Some(iso) =
        field(Tag::PhotographicSensitivity).and_then(|f| f.value.get_uint(0)).filter(|v| *v > 0)
    {
        add(found, FactName::Iso, iso.to_string());
    }
    if let Some(length) = field(Tag::FocalLength).and_then(rational).filter(|l| *l > 0.0) {
        add(found, FactName::FocalLength, format!("{} mm", short(length)));
    }
    let taken = [(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal), (Tag::DateTime, Tag::OffsetTime)];
    if let Some(at) = taken.into_iter().find_map(|(time, zone)| moment(&words(time), &words(zone))) {
        add(found, FactName::Taken, at);
    }
    let turn = orientation(exif);
    if turn != 1 {
        add(found, FactName::Orientation, turn.to_string());
    }
    add(found, FactName::Software, words(Tag::Software));
    found.position = position(exif);
}

fn starts_with_word(model: &str, make: &str) -> bool {
    let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_lowercase();
    make.is_empty() || first(model) == first(make)
}

fn text(field: &Field) -> String {
    match &field.value {
        Value::Ascii(lines) => lines
            .first()
            .map(|line| String::from_utf8_lossy(line).trim_matches(['\0', ' ']).to_owned())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn rational(field: &Field) -> Option<f64> {
    match &field.value {
        Value::Rational(values) => values.first().and_then(ratio),
        _ => None,
    }
}

fn ratio(value: &Rational) -> Option<f64> {
    (value.denom != 0).then(|| f64::from(value.num) / f64::from(value.denom))
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn exposure(seconds: f64) -> String {
    if seconds <= 0.0 {
        String::new()
    } else if seconds < 0.3 {
        format!("1/{:.0} s", 1.0 / seconds)
    } else {
        format!("{} s", short(seconds))
    }
}

/// `2026:05-12 10:14:07` and `+02:00` as `2026-05-12T10:14:07+02:00`. Without an offset it is the camera's own time.
fn moment(time: &str, zone: &str) -> Option<String> {
    let mut bytes = time.get(..19)?.to_owned().into_bytes();
    for (at, want) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        *bytes.get_mut(at)? = want;
    }
    let digits =
        bytes.iter().enumerate().all(|(at, b)| matches!(at, 4 | 7 | 10 | 13 | 16) || b.is_ascii_digit());
    let text = String::from_utf8(bytes).ok().filter(|text| digits && !text.starts_with("0000"))?;
    let known = zone.len() == 6
        && zone.starts_with(['+', '-'])
        && zone
            .bytes()
            .enumerate()
            .skip(1)
            .all(|(at, b)| if at == 3 { b == b':' } else { b.is_ascii_digit() });
    Some(if known { text + zone } else { text })
}

fn position(exif: &Exif) -> Option<Position> {
    let axis = |value, sign, negative: &str, most: f64| {
        let field = exif.get_field(value, In::PRIMARY)?;
        let Value::Rational(parts) = &field.value else { return None };
        let [degrees, minutes, seconds] = [0, 1, 2].map(|at| parts.get(at).and_then(ratio));
        let sum = degrees? + minutes.unwrap_or(0.0) / 60.0 + seconds.unwrap_or(0.0) / 3600.0;
        let letter = exif.get_field(sign, In::PRIMARY).map(text).unwrap_or_default();
        (sum.is_finite() && sum <= most).then_some(if letter.eq_ignore_ascii_case(negative) {
            -sum
        } else {
            sum
        })
    };
    let latitude = axis(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S", 90.0)?;
    let longitude = axis(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W", 180.0)?;
    // Cameras without a fix write zeros.
    (latitude != 0.0 || longitude != 0.0).then_some(Position { latitude, longitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_exposure_are_said_as_on_the_camera() {
        for (seconds, said) in [(0.004, "1/250 s"), (0.5, "0.5 s"), (2.0, "2 s"), (0.0, ""), (30.0, "30 s")] {
            assert_eq!(exposure(seconds), said);
        }
    }

    #[test]
    fn a_moment_has_an_offset_only_where_the_photo_says_one() {
        assert_eq!(moment("2026:05:12 10:14:07", "+02:00").as_deref(), Some("2026-05-12T10:14:07+02:00"));
        assert_eq!(moment("2026:05:12 10:14:07", "").as_deref(), Some("2026-05-12T10:14:07"));
        assert_eq!(moment("2026:05:12 10:14:07", "<b>+1").as_deref(), Some("2026-05-12T10:14:07"));
        for nothing in ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday at about ten"] {
            assert_eq!(moment(nothing, "+02:00"), None);
        }
    }
}
