//! Real photos of many makers, from the Debian package golang-github-rwcarlsen-goexif-dev (BSD-2-Clause). It holds the values
//! another reader of EXIF found in them as well, and these are what is expected here. One photo in all turns, from the Debian package
//! golang-github-disintegration-imaging-dev (MIT).
#![cfg(test)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::{decoded, fact};
use windlass_ports::decode::{FactName, FileKind, Want};

const FOLDER: &str = "/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif";
const TURNED: &str = "/usr/share/gocode/src/github.com/disintegration/imaging/testdata";

/// The other reader's values by file and field.
fn expected() -> BTreeMap<String, BTreeMap<String, String>> {
    let source = std::fs::read_to_string(Path::new(FOLDER).join("regress_expected_test.go"))
        .expect("the package golang-github-rwcarlsen-goexif-dev is installed");
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut file = String::new();
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) = line.strip_prefix('"').and_then(|rest| rest.split_once("\": map[")) {
            file = name.to_owned();
            all.entry(file.clone()).or_default();
        } else if let Some((field, value)) = line.split_once(':')
            && let Some(value) = value.trim().strip_prefix('`').and_then(|v| v.strip_suffix("`,"))
        {
            let value = value.trim_matches('"').trim().to_owned();
            all.entry(file.clone()).or_default().insert(field.to_owned(), value);
        }
    }
    all
}

fn photos() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in ["", "samples", "corrupt", "../tiff"] {
        for entry in std::fs::read_dir(Path::new(FOLDER).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "jpg" || e == "tif") {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                all.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    all
}

fn ratio(text: &str) -> Option<f64> {
    let (a, b) = text.split_once('/')?;
    let (a, b): (f64, f64) = (a.parse().ok()?, b.parse().ok()?);
    (b != 0.0).then_some(a / b)
}

/// B5, EXIF: camera, exposure, time and turn of real photos are what another reader finds in them.
#[test]
fn photos_of_many_makers_say_what_another_reader_finds_in_them() {
    let expected = expected();
    let mut makers = BTreeSet::new();
    let (mut compared, mut pictures, mut with_thumbnail) = (0, 0, 0);
    for (name, bytes) in photos() {
        let Some(fields) = expected.get(&name) else { continue };
        let found = decoded(Want::Small, &bytes);
        assert_eq!(found.kind, FileKind::Jpeg, "{name}");
        compared += 1;
        let field = |name: &str| fields.get(name).map(String::as_str).filter(|v| !v.is_empty());
        if let Some(make) = field("Make") {
            makers.insert(make.split_whitespace().next().unwrap_or_default().to_lowercase());
        }
        if let Some(model) = field("Model") {
            let camera = fact(&found, FactName::Camera).unwrap_or_default();
            assert!(camera.ends_with(model), "{name}: {camera:?} is no {model:?}");
        }
        if let Some(seconds) = field("ExposureTime").and_then(ratio).filter(|s| *s > 0.0) {
            let said = fact(&found, FactName::Exposure).unwrap_or_default();
            let said = said.trim_end_matches(" s");
            let said = ratio(said).or_else(|| said.parse().ok()).unwrap_or_default();
            assert!((said / seconds - 1.0).abs() < 0.06, "{name}: {said} instead of {seconds} seconds");
        }
        if let Some(f) = field("FNumber").and_then(ratio).filter(|f| *f > 0.0) {
            let said: f64 =
                fact(&found, FactName::Aperture).unwrap().trim_start_matches("f/").parse().unwrap();
            assert!((said - f).abs() < 0.06, "{name}: f/{said} instead of {f}");
        }
        if let Some(iso) = field("ISOSpeedRatings").filter(|iso| *iso != "0" && !iso.starts_with('[')) {
            assert_eq!(fact(&found, FactName::Iso).as_deref(), Some(iso), "{name}");
        }
        if let Some(taken) = field("DateTimeOriginal").filter(|t| t.len() == 19 && !t.starts_with("0000")) {
            let said = fact(&found, FactName::Taken).unwrap_or_default();
            assert_eq!(said.replace(['-', 'T'], ":"), taken.replace(' ', ":"), "{name}");
        }
        let turn = field("Orientation").filter(|turn| *turn != "1");
        assert_eq!(fact(&found, FactName::Orientation).as_deref(), turn, "{name}");
        // These photos were cut off after their EXIF block, so the picture is the one inside the block.
        let carries = field("ThumbJPEGInterchangeFormatLength").is_some_and(|len| len != "0");
        with_thumbnail += usize::from(carries);
        if let Some(picture) = &found.picture {
            pictures += 1;
            assert!(
                exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&picture.bytes)).is_err()
            );
        }
    }
    assert!(compared >= 55, "{compared} photos");
    assert!(makers.len() >= 18, "{makers:?}");
    println!(
        "{compared} photos, {} makers, {with_thumbnail} with a thumbnail, {pictures} drawn",
        makers.len()
    );
    assert!(pictures * 100 >= with_thumbnail * 95, "{pictures} pictures of {with_thumbnail}");
}

/// B5: one photo as eight positions of a camera wrote it, and once without a turn. All are drawn upright: as the one without.
#[test]
fn all_turns_of_a_photo_are_drawn_alike() {
    let drawn = |turn: u32| {
        let bytes = std::fs::read(Path::new(TURNED).join(format!("orientation_{turn}.jpg")))
            .expect("the package golang-github-disintegration-imaging-dev is installed");
        let found = decoded(Want::Large, &bytes);
        let said = fact(&found, FactName::Orientation);
        assert_eq!(said, (turn > 1).then(|| turn.to_string()), "what the facts say of turn {turn}");
        image::load_from_memory(&found.picture.expect("a picture").bytes).unwrap().to_rgb8()
    };
    let upright = drawn(0);
    for turn in 1..=8 {
        let other = drawn(turn);
        assert_eq!(other.dimensions(), upright.dimensions(), "turn {turn}");
        let apart: u64 = upright.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = apart as f64 / upright.len() as f64;
        assert!(mean < 8.0, "turn {turn}: pixels differ by {mean:.1} of 255 in the mean");
    }
}

/// Hazard HS17: broken files of every maker end in a plain state. Real photos cut off at many places, and with flipped bytes.
#[test]
fn hs17_broken_photos_end_in_a_plain_state() {
    let mut seed = 7u64;
    let mut next = move |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most.max(1)
    };
    let all = photos();
    assert!(all.len() >= 60, "{} photos", all.len());
    for (name, bytes) in all {
        for at in (0..24).map(|i| i * bytes.len() / 24) {
            let _cut = decoded(Want::Small, &bytes[..at]);
        }
        for _ in 0..24 {
            let mut damaged = bytes.clone();
            for _ in 0..8 {
                let at = next(damaged.len());
                damaged[at] ^= 1 << next(8);
            }
            let found = decoded(Want::Large, &damaged);
            assert!(found.picture.is_some() || found.missing.is_some(), "{name}: {found:?}");
        }
    }
}
