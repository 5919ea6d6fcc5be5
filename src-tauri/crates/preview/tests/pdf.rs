//! PDF: what a document says of itself, how its pages look, and what comes of hostile ones.
#![cfg(test)]

mod common;

use common::pdf::{bytes, document};
use common::{decoded, fact};
use lopdf::{Dictionary, Object, dictionary};
use windlass_ports::decode::{Decoded, FactName, FileKind, Missing, Want};

fn drawn(found: &Decoded) -> image::RgbImage {
    let picture = found.picture.as_ref().unwrap_or_else(|| panic!("no picture: {found:?}"));
    image::load_from_memory(&picture.bytes).unwrap().to_rgb8()
}

const RED_LEFT: &str = "1 0 0 rg 0 0 100 100 re f";
const BLUE_RIGHT: &str = "0 0 1 rg 100 0 100 100 re f";

#[test]
fn a_pdf_says_its_pages_and_title_and_nothing_in_it_runs() {
    let mut pdf = document(&["", ""], Dictionary::new());
    let script = pdf.add_object(dictionary! {
        "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)"),
    });
    pdf.catalog_mut().unwrap().set("OpenAction", script);
    let about = pdf.add_object(dictionary! { "Title" => Object::string_literal("Bridge A14") });
    pdf.trailer.set("Info", about);
    let found = decoded(Want::Large, &bytes(pdf));
    assert_eq!((found.kind, found.missing), (FileKind::Pdf, None));
    assert_eq!(fact(&found, FactName::Pages).as_deref(), Some("2"));
    assert_eq!(fact(&found, FactName::Title).as_deref(), Some("Bridge A14"));
    assert_eq!(found.text, None);
    assert!(drawn(&found).pixels().all(|pixel| pixel.0 == [255; 3]), "an empty page is white");
}

#[test]
fn each_page_of_a_pdf_is_drawn_when_it_is_wanted() {
    let pdf = bytes(document(&[RED_LEFT, BLUE_RIGHT], Dictionary::new()));
    let sides = |want| {
        let page = drawn(&decoded(want, &pdf));
        let at = |x: f32| page.get_pixel((page.width() as f32 * x) as u32, page.height() / 2).0;
        (page.dimensions(), at(0.25), at(0.75))
    };
    let near = |found: [u8; 3], wanted: [u8; 3]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 12);
    let ((width, height), left, right) = sides(Want::Large);
    // Eight times its 200 points, and no more.
    assert_eq!((width, height), (1600, 800));
    assert!(near(left, [255, 0, 0]) && near(right, [255, 255, 255]), "{left:?} {right:?}");
    assert_eq!(sides(Want::Page(0)), sides(Want::Large));
    let (_, left, right) = sides(Want::Page(1));
    assert!(near(left, [255, 255, 255]) && near(right, [0, 0, 255]), "{left:?} {right:?}");
    // A small file's first page is its small picture too.
    assert_eq!(sides(Want::Small).0, (320, 160));
    assert_eq!(decoded(Want::Page(2), &pdf).missing, Some(Missing::Damaged), "there is no third page");
}

#[test]
fn text_of_a_pdf_is_drawn_though_it_brings_no_font() {
    let found =
        decoded(Want::Large, &bytes(document(&["BT /F1 40 Tf 20 30 Td (Pier 07) Tj ET"], Dictionary::new())));
    let page = drawn(&found);
    let dark = page.pixels().filter(|pixel| pixel.0[0] < 80).count();
    let share = dark as f64 / f64::from(page.width() * page.height());
    assert!((0.02..0.3).contains(&share), "{share} of the page is ink");
}

#[test]
fn a_page_is_turned_as_the_document_says() {
    let turned = document(&[RED_LEFT], dictionary! { "Rotate" => 90 });
    let page = drawn(&decoded(Want::Large, &bytes(turned)));
    assert_eq!(page.dimensions(), (800, 1600));
    assert_eq!(page.get_pixel(400, 1200).0, [255; 3]);
    assert!(page.get_pixel(400, 400).0[1] < 12, "what was left is above");
}

#[test]
fn a_large_pdf_costs_one_piece_for_a_row_and_says_so() {
    let mut long = RED_LEFT.to_owned();
    long.push_str(&"\n% nothing".repeat(10_000));
    let pdf = bytes(document(&[&long], Dictionary::new()));
    let found = decoded(Want::Small, &pdf);
    assert_eq!((found.picture, found.missing), (None, Some(Missing::NoSmallPicture)));
    assert!(decoded(Want::Large, &pdf).picture.is_some());
}

/// Hazard HS17: documents of a stranger are a plain state, whatever they say of themselves.
#[test]
fn hs17_broken_pdfs_have_a_plain_state() {
    let whole = bytes(document(&[RED_LEFT], Dictionary::new()));
    let half = whole[..whole.len() / 3].to_vec();
    let media_box = |size: i64| {
        let media_box: Vec<Object> = vec![0.into(), 0.into(), size.into(), size.into()];
        bytes(document(&[RED_LEFT], dictionary! { "MediaBox" => media_box }))
    };
    for (what, pdf) in [
        ("cut off", half),
        ("nothing but a head", b"%PDF-1.7\n".to_vec()),
        ("no page", bytes(document(&[], Dictionary::new()))),
    ] {
        let found = decoded(Want::Large, &pdf);
        assert_eq!((found.picture, found.missing), (None, Some(Missing::Damaged)), "{what}");
    }
    // A page of kilometres is drawn as small as any other.
    let large = drawn(&decoded(Want::Large, &media_box(2_000_000_000)));
    assert!(large.width() <= 2048 && large.height() <= 2048);
}
