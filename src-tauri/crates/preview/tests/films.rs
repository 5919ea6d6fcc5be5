//! Stills of phones and stills of films, made by the encoders that the field uses (see `samples/README.md`).
#![cfg(test)]

mod common;

use common::{Slice, decoded, fact};
use windlass_ports::decode::{Decoded, FactName, FileKind, Missing, PIECE, Want};

fn sample(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn drawn(found: &Decoded) -> image::RgbImage {
    let picture = found.picture.as_ref().unwrap_or_else(|| panic!("no picture: {found:?}"));
    let drawn = image::load_from_memory(&picture.bytes).unwrap().to_rgb8();
    assert_eq!(drawn.dimensions(), (picture.width, picture.height));
    drawn
}

/// The quarters of a picture that are red; the others must be blue. In the order top left, top right, bottom left, bottom right.
fn red(picture: &image::RgbImage) -> [bool; 4] {
    let (width, height) = picture.dimensions();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let (x, y) = (width * x / 4, height * y / 4);
        let square = (0..25).map(|i| picture.get_pixel(x + i % 5, y + i / 5).0);
        let [r, g, b] =
            square.fold([0u32; 3], |sum, p| [0, 1, 2].map(|i| sum[i] + u32::from(p[i]))).map(|s| s / 25);
        assert!(g < 80, "{:?}", [r, g, b]);
        match (r, b) {
            (150.., ..90) => true,
            (..90, 150..) => false,
            _ => panic!("neither red nor blue: {:?}", [r, g, b]),
        }
    })
}

const TOP_LEFT: [bool; 4] = [true, false, false, false];

#[test]
fn a_still_of_each_film_is_drawn() {
    for (name, codec) in [
        ("h264-high.mp4", "H.264"),
        ("h264-baseline.mp4", "H.264"),
        ("hevc.mp4", "HEVC"),
        ("hevc-10bit.mov", "HEVC"),
        ("mjpeg.mov", "Motion JPEG"),
    ] {
        for want in [Want::Small, Want::Large] {
            let found = decoded(want, &sample(name));
            assert_eq!((found.kind, found.missing), (FileKind::Video, None), "{name}");
            assert_eq!(fact(&found, FactName::Codec).as_deref(), Some(codec), "{name}");
            assert_eq!(fact(&found, FactName::Duration).as_deref(), Some("0:04"), "{name}");
            let picture = drawn(&found);
            assert_eq!((picture.dimensions(), red(&picture)), ((96, 64), TOP_LEFT), "{name}");
        }
    }
}

#[test]
fn a_film_that_was_held_upright_is_drawn_so() {
    let picture = drawn(&decoded(Want::Large, &sample("h264-turned.mp4")));
    assert_eq!((picture.dimensions(), red(&picture)), ((64, 96), [false, false, true, false]));
}

#[test]
fn a_coding_that_is_not_known_says_so_and_keeps_its_facts() {
    for name in ["vp9.mp4", "h264-444.mp4"] {
        let found = decoded(Want::Large, &sample(name));
        assert_eq!((found.picture.as_ref(), found.missing), (None, Some(Missing::NoVideo)), "{name}");
        assert_eq!(fact(&found, FactName::Dimensions).as_deref(), Some("96 × 64"), "{name}");
    }
}

/// A film of many megabytes costs its tables and one picture, wherever in it they are.
#[test]
fn a_still_of_a_long_film_costs_little() {
    let film = sample("h264-high.mp4");
    let name = |bytes: &[u8], name: &[u8; 4]| bytes.windows(4).position(|four| four == name).unwrap();
    // 40 MB of nothing before the pictures, as a card writes them: then every place moves by as much.
    let mdat = name(&film, b"mdat") - 4;
    const MORE: u32 = 40 * 1024 * 1024;
    let mut long = film[..mdat].to_vec();
    long.extend(MORE.to_be_bytes());
    long.extend(b"free");
    long.resize(mdat + MORE as usize, 0);
    long.extend(&film[mdat..]);
    let table = name(&long, b"stco");
    let count = u32::from_be_bytes(long[table + 8..table + 12].try_into().unwrap()) as usize;
    for entry in 0..count {
        let at = table + 12 + entry * 4;
        let offset = u32::from_be_bytes(long[at..at + 4].try_into().unwrap());
        long[at..at + 4].copy_from_slice(&(offset + MORE).to_be_bytes());
    }
    let mut source = Slice::new(&long);
    let found = windlass_preview::inspect(Want::Small, &mut source).unwrap();
    assert_eq!(red(&drawn(&found)), TOP_LEFT);
    assert!(source.read() <= 3 * PIECE, "{:?}", source.reads);
}

/// Hazard HS17: whatever the tables of a film say, the answer is a state.
#[test]
fn hs17_a_film_whose_tables_lie_has_a_plain_state() {
    for name in ["h264-high.mp4", "hevc.mp4", "mjpeg.mov"] {
        let film = sample(name);
        let moov = film.windows(4).position(|four| four == b"moov").unwrap();
        let mut seed = 7u32;
        let mut drawn = 0;
        for _ in 0..400 {
            let mut broken = film.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = moov + 8 + (seed >> 8) as usize % (broken.len() - moov - 8).min(1200);
                broken[at] = seed as u8;
            }
            let found = decoded(Want::Large, &broken);
            assert!(found.picture.is_some() || found.missing.is_some(), "{name}: {found:?}");
            drawn += usize::from(found.picture.is_some());
        }
        assert!((1..400).contains(&drawn), "{name}: {drawn} of 400 are drawn all the same");
    }
}

#[test]
fn a_still_of_a_phone_is_drawn_and_turned_as_its_container_says_and_not_twice() {
    let found = decoded(Want::Large, &sample("still.heic"));
    assert_eq!((found.kind, found.missing), (FileKind::Heic, None));
    assert_eq!(fact(&found, FactName::Dimensions).as_deref(), Some("96 × 64"));
    let picture = drawn(&found);
    assert_eq!((picture.dimensions(), red(&picture)), ((96, 64), TOP_LEFT));
    // What its EXIF block says of a turn is for others: the container says none.
    let picture = drawn(&decoded(Want::Large, &sample("turned.heic")));
    assert_eq!((picture.dimensions(), red(&picture)), ((96, 64), TOP_LEFT));
}

#[test]
fn the_small_picture_of_a_still_costs_its_tables_and_itself() {
    let still = sample("large.heic");
    assert!(still.len() as u64 > PIECE);
    let mut source = Slice::new(&still);
    let found = windlass_preview::inspect(Want::Small, &mut source).unwrap();
    let picture = drawn(&found);
    assert_eq!(picture.width().max(picture.height()), 64);
    assert_eq!(red(&picture), TOP_LEFT);
    assert!(source.read() < still.len() as u64, "{:?}", source.reads);
    // One without says that the whole file shows it.
    let found = decoded(Want::Small, &sample("turned.heic"));
    assert!(found.picture.is_some() || found.missing == Some(Missing::NoSmallPicture), "{found:?}");
}

#[test]
fn a_still_of_another_coding_says_so() {
    let found = decoded(Want::Large, &sample("still.avif"));
    assert_eq!((found.kind, found.missing, found.picture), (FileKind::Heic, Some(Missing::NoHeif), None));
}

#[test]
fn hs17_a_broken_still_has_a_plain_state() {
    let still = sample("still.heic");
    for len in (40..still.len()).step_by(16) {
        let found = decoded(Want::Large, &still[..len]);
        assert!(found.missing.is_some() || found.picture.is_some(), "{len}: {found:?}");
    }
    let half = decoded(Want::Large, &still[..still.len() / 2]);
    assert_eq!((half.picture, half.missing), (None, Some(Missing::Damaged)));
}
