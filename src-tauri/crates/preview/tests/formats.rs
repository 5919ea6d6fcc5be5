//! One file of each kind, made by real encoders or as its description says, and what is found in it.
#![cfg(test)]

mod common;

use std::io::Cursor;

use common::{Slice, decoded, fact, photo, quartered};
use image::{DynamicImage, ImageFormat};
use windlass_ports::decode::{Decoded, FactName, FileKind, Missing, PictureFormat, Want};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn drawn(found: &Decoded) -> image::RgbImage {
    let picture = found.picture.as_ref().unwrap_or_else(|| panic!("no picture: {found:?}"));
    let drawn = image::load_from_memory(&picture.bytes).unwrap().to_rgb8();
    assert_eq!(drawn.dimensions(), (picture.width, picture.height));
    drawn
}

#[test]
fn pictures_of_each_coding_are_drawn() {
    let picture = DynamicImage::from(quartered(60, 40));
    for (format, kind) in [
        (ImageFormat::Jpeg, FileKind::Jpeg),
        (ImageFormat::Png, FileKind::Png),
        (ImageFormat::WebP, FileKind::WebP),
        (ImageFormat::Gif, FileKind::Gif),
        (ImageFormat::Tiff, FileKind::Tiff),
    ] {
        for want in [Want::Small, Want::Large] {
            let found = decoded(want, &encoded(&picture, format));
            assert_eq!((found.kind, found.missing), (kind, None), "{format:?}");
            let drawn = drawn(&found);
            assert_eq!(drawn.dimensions(), (60, 40));
            let (red, blue) = (drawn.get_pixel(5, 5), drawn.get_pixel(55, 35));
            assert!(
                red[0] > 150 && red[2] < 90 && blue[2] > 150 && blue[0] < 90,
                "{format:?}: {red:?} {blue:?}"
            );
        }
    }
}

/// Where the red quarter of a picture is after it was turned as each of the eight orientations says.
#[test]
fn every_orientation_is_turned_upright() {
    // Orientation: the corner the first row and column of the file belong to.
    for (turn, right, bottom) in [
        (1, false, false),
        (2, true, false),
        (3, true, true),
        (4, false, true),
        (5, false, false),
        (6, true, false),
        (7, true, true),
        (8, false, true),
    ] {
        let found = decoded(Want::Large, &photo(64, 32, turn));
        let drawn = drawn(&found);
        let size = if turn >= 5 { (32, 64) } else { (64, 32) };
        assert_eq!(drawn.dimensions(), size, "orientation {turn}");
        let corner = |right: bool, bottom: bool| {
            let x = if right { size.0 - 4 } else { 3 };
            let y = if bottom { size.1 - 4 } else { 3 };
            *drawn.get_pixel(x, y)
        };
        for (r, b) in [(false, false), (true, false), (false, true), (true, true)] {
            let red = corner(r, b)[0] > 128;
            assert_eq!(red, (r, b) == (right, bottom), "orientation {turn}, corner {r} {b}");
        }
    }
}

#[test]
fn hs19_a_picture_that_was_drawn_holds_no_facts() {
    let found = decoded(Want::Large, &photo(64, 48, 6));
    let bytes = &found.picture.as_ref().unwrap().bytes;
    assert!(exif::Reader::new().read_from_container(&mut Cursor::new(bytes)).is_err());
    assert!(!bytes.windows(4).any(|w| w == b"Exif"));
}

#[test]
fn transparent_pictures_stay_transparent() {
    let picture = DynamicImage::from(image::RgbaImage::from_pixel(9, 9, image::Rgba([1, 2, 3, 40])));
    let found = decoded(Want::Large, &encoded(&picture, ImageFormat::Png));
    assert_eq!(found.picture.as_ref().unwrap().format, PictureFormat::Png);
}

/// B5: the small picture of a photo costs the first 64 KiB and nothing more, however large the photo is.
#[test]
fn the_small_picture_of_a_photo_costs_its_first_piece() {
    let mut bytes = photo(200, 100, 1);
    bytes.resize(8_000_000, 0);
    let mut source = Slice::new(&bytes);
    let found = windlass_preview::inspect(Want::Small, &mut source).unwrap();
    assert_eq!(source.reads, [(0, 65_536)]);
    assert_eq!(found.missing, Some(Missing::NoSmallPicture));
    assert_eq!(fact(&found, FactName::Dimensions).as_deref(), Some("200 × 100"));
}

/// A TIFF directory: entries sorted, little-endian.
fn directory(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut out = (entries.len() as u16).to_le_bytes().to_vec();
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
    out
}

/// A raw file as DNG lays it out: pixels of the sensor first, the JPEG in a directory below.
fn raw(magic: &[u8; 4]) -> Vec<u8> {
    let jpeg = encoded(&DynamicImage::from(quartered(300, 200)), ImageFormat::Jpeg);
    let at = 2_000_000u32;
    let mut out = magic.to_vec();
    out.extend(8u32.to_le_bytes());
    out.extend(directory(
        &[
            (0x0106, 3, 1, 32803),
            (0x010F, 2, 4, u32::from_le_bytes(*b"Acm\0")),
            (0x0112, 3, 1, 6),
            (0x014A, 4, 1, 100),
        ],
        0,
    ));
    out.resize(100, 0);
    out.extend(directory(
        &[(0x0103, 3, 1, 7), (0x0106, 3, 1, 6), (0x0111, 4, 1, at), (0x0117, 4, 1, jpeg.len() as u32)],
        0,
    ));
    out.resize(at as usize, 7);
    out.extend(jpeg);
    out
}

#[test]
fn the_jpeg_in_a_raw_file_is_found_by_its_offsets() {
    for magic in [b"II*\0", b"IIU\0", b"IIRO"] {
        let bytes = raw(magic);
        for want in [Want::Small, Want::Large] {
            let mut source = Slice::new(&bytes);
            let found = windlass_preview::inspect(want, &mut source).unwrap();
            assert_eq!(found.kind, FileKind::Raw, "{magic:?}");
            assert_eq!(drawn(&found).dimensions(), (200, 300), "{magic:?}: turned as the raw file says");
            assert_eq!(fact(&found, FactName::Camera).as_deref(), Some("Acm"));
            assert!(source.read() < 300_000, "{} bytes of {}", source.read(), bytes.len());
        }
    }
}

#[test]
fn the_jpeg_of_a_fujifilm_raw_file_is_found() {
    let jpeg = photo(300, 200, 1);
    let mut bytes = b"FUJIFILMCCD-RAW 0201".to_vec();
    bytes.resize(84, 0);
    bytes.extend(100_000u32.to_be_bytes());
    bytes.extend((jpeg.len() as u32).to_be_bytes());
    bytes.resize(100_000, 0);
    bytes.extend(jpeg);
    let found = decoded(Want::Small, &bytes);
    assert_eq!(found.kind, FileKind::Raw);
    assert_eq!(drawn(&found).dimensions(), (300, 200));
}

fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend(name);
    out.extend(body);
    out
}

#[test]
fn the_jpeg_of_a_canon_raw_file_is_found() {
    let jpeg = encoded(&DynamicImage::from(quartered(160, 120)), ImageFormat::Jpeg);
    let mut small = vec![0; 16];
    small.extend(&jpeg);
    let mut camera = b"II*\0\x08\0\0\0".to_vec();
    camera.extend(directory(&[(0x010F, 2, 4, u32::from_le_bytes(*b"Can\0")), (0x0112, 3, 1, 8)], 0));
    let mut own = vec![1; 16];
    own.extend(boxed(b"CMT1", &camera));
    own.extend(boxed(b"THMB", &small));
    let mut bytes = boxed(b"ftyp", b"crx \0\0\0\x01crx isom");
    bytes.extend(boxed(b"moov", &boxed(b"uuid", &own)));
    bytes.extend(boxed(b"mdat", &vec![0; 500_000]));
    let found = decoded(Want::Small, &bytes);
    assert_eq!(found.kind, FileKind::Raw);
    assert_eq!(fact(&found, FactName::Camera).as_deref(), Some("Can"));
    assert_eq!(drawn(&found).dimensions(), (120, 160));
}

/// A film whose description comes after its pictures, as cameras write it.
fn film() -> Vec<u8> {
    let mut movie = vec![0; 4];
    movie.extend(3_861_000_000u32.to_be_bytes());
    movie.extend([0; 4]);
    movie.extend(1000u32.to_be_bytes());
    movie.extend(125_000u32.to_be_bytes());
    movie.resize(100, 0);
    let mut track = vec![0; 76];
    track.extend((3840u32 << 16).to_be_bytes());
    track.extend((2160u32 << 16).to_be_bytes());
    let mut codings = vec![0, 0, 0, 0, 0, 0, 0, 1];
    codings.extend(boxed(b"hvc1", &[0; 70]));
    let tables = boxed(b"stbl", &boxed(b"stsd", &codings));
    let media = [boxed(b"hdlr", b"\0\0\0\0\0\0\0\0vide\0\0\0\0"), boxed(b"minf", &tables)].concat();
    let track = [boxed(b"tkhd", &track), boxed(b"mdia", &media)].concat();
    let moov = [boxed(b"mvhd", &movie), boxed(b"trak", &track)].concat();
    [boxed(b"ftyp", b"qt  \0\0\0\0qt  "), boxed(b"mdat", &vec![0; 3_000_000]), boxed(b"moov", &moov)].concat()
}

#[test]
fn a_film_says_its_length_and_size_without_being_read() {
    let bytes = film();
    let mut source = Slice::new(&bytes);
    let found = windlass_preview::inspect(Want::Small, &mut source).unwrap();
    assert_eq!((found.kind, found.missing), (FileKind::Video, Some(Missing::NoVideo)));
    for (name, value) in [
        (FactName::Dimensions, "3840 × 2160"),
        (FactName::Duration, "2:05"),
        (FactName::Codec, "HEVC"),
        (FactName::Taken, "2026-05-07T12:00:00Z"),
    ] {
        assert_eq!(fact(&found, name).as_deref(), Some(value));
    }
    assert!(source.read() <= 192 * 1024, "{} bytes", source.read());
    // Without its description it cannot be played, and that is said.
    let cut = decoded(Want::Small, &bytes[..2_000_000]);
    assert_eq!(cut.missing, Some(Missing::Damaged));
}

#[test]
fn a_sound_says_its_length_and_rate() {
    let mut bytes = b"RIFF".to_vec();
    let data = vec![0u8; 48_000 * 4 * 3];
    bytes.extend((data.len() as u32 + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    bytes.extend(48_000u32.to_le_bytes());
    bytes.extend((48_000u32 * 4).to_le_bytes());
    bytes.extend(b"\x04\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    let found = decoded(Want::Small, &bytes);
    assert_eq!((found.kind, found.missing), (FileKind::Audio, None));
    assert_eq!(fact(&found, FactName::Duration).as_deref(), Some("0:03"));
    assert_eq!(fact(&found, FactName::SampleRate).as_deref(), Some("48 kHz"));
    assert_eq!(fact(&found, FactName::Channels).as_deref(), Some("2"));
}

#[test]
fn a_parquet_file_says_its_rows_and_columns_from_its_footer() {
    let schema = "message m { required int64 at; required double level; }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let numbers: Vec<i64> = (0..200_000).map(|n| n * 7_919 % 1_000_003).collect();
    column.typed::<parquet::data_type::Int64Type>().write_batch(&numbers, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let numbers: Vec<f64> = numbers.iter().map(|n| *n as f64).collect();
    column.typed::<parquet::data_type::DoubleType>().write_batch(&numbers, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let mut source = Slice::new(&bytes);
    let found = windlass_preview::inspect(Want::Small, &mut source).unwrap();
    assert_eq!((found.kind, found.missing), (FileKind::Parquet, None));
    assert_eq!(fact(&found, FactName::Rows).as_deref(), Some("200000"));
    let columns: Vec<_> =
        found.facts.iter().filter(|f| f.name == FactName::Column).map(|f| f.value.as_str()).collect();
    assert_eq!(columns, ["at: INT64", "level: DOUBLE"]);
    assert!(source.read() < 70_000, "{} of {} bytes", source.read(), bytes.len());
}

#[test]
fn hs2_svg_and_html_are_shown_as_text() {
    for text in [
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "<html><script>alert(1)</script></html>",
    ] {
        let found = decoded(Want::Large, text.as_bytes());
        assert_eq!(found.kind, FileKind::Text);
        assert_eq!(found.text.unwrap().text, text);
        assert_eq!(found.picture, None);
    }
}

/// A file that is a picture and a page at once is taken for what its first bytes say, and only its pixels get through.
#[test]
fn hs2_of_a_polyglot_only_pixels_get_through() {
    let mut bytes = photo(64, 48, 1);
    bytes.extend(b"<html><script>alert(1)</script></html>");
    let found = decoded(Want::Large, &bytes);
    assert_eq!(found.kind, FileKind::Jpeg);
    let picture = found.picture.unwrap().bytes;
    assert!(!picture.windows(7).any(|w| w == b"<script"));
    let mut gif = b"GIF89a/*<script>alert(1)</script>*/=1;".to_vec();
    gif.extend([0; 100]);
    assert_eq!(decoded(Want::Large, &gif).picture, None);
}

#[test]
fn a_text_is_read_up_to_a_limit() {
    let bytes = "A line of text.\n".repeat(100_000);
    for (want, most) in [(Want::Small, 64 * 1024), (Want::Large, 256 * 1024)] {
        let mut source = Slice::new(bytes.as_bytes());
        let found = windlass_preview::inspect(want, &mut source).unwrap();
        assert_eq!(source.read(), most);
        let text = found.text.unwrap();
        assert_eq!((text.text.len() as u64, text.whole), (most, false));
    }
}

/// Hazard HS17: each kind cut off everywhere, and with flipped bytes, ends in a plain state.
#[test]
fn hs17_each_kind_broken_ends_in_a_plain_state() {
    let picture = DynamicImage::from(quartered(60, 40));
    let mut files: Vec<Vec<u8>> = [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Tiff]
        .map(|f| encoded(&picture, f))
        .into();
    files.extend([film(), raw(b"II*\0"), raw(b"IIU\0"), photo(60, 40, 3)]);
    files.extend([b"{\"a\":[1,2,{\"b\":null}]}".to_vec(), b"a;b\n1;2\n3;4\n".to_vec()]);
    let mut seed = 11u64;
    for file in files {
        let cuts = file.len().min(120);
        for cut in 0..cuts {
            decoded(Want::Large, &file[..cut * file.len() / cuts]);
        }
        for _ in 0..120 {
            let mut damaged = file.clone();
            let first = damaged.len().min(400);
            for _ in 0..4 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % first;
                damaged[at] ^= 1 << (seed >> 20 & 7);
            }
            decoded(Want::Large, &damaged);
        }
    }
}
