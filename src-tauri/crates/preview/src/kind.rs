//! What a file is, by its first bytes.
use windlass_ports::decode::FileKind;

use crate::text;

/// The kind of a file that begins so. SVG and HTML are text, whatever they are called (hazard HS2).
pub(crate) fn of(head: &[u8], size: u64) -> FileKind {
    if size == 0 || head.is_empty() {
        return FileKind::Empty;
    }
    let at = |offset: usize, bytes: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    match head {
        [0xFF, 0xD8, 0xFF, ..] => FileKind::Jpeg,
        _ if at(0, b"\x89PNG\r\n\x1a\n") => FileKind::Png,
        _ if at(0, b"GIF87a") || at(0, b"GIF89a") => FileKind::Gif,
        _ if at(0, b"RIFF") && at(8, b"WEBP") => FileKind::WebP,
        _ if at(0, b"RIFF") && at(8, b"WAVE") => FileKind::Audio,
        _ if at(0, b"RIFF") && at(8, b"AVI ") => FileKind::Video,
        _ if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") => FileKind::Tiff,
        // Olympus, Panasonic, Fujifilm, Minolta, Sigma.
        _ if at(0, b"IIRO") || at(0, b"IIRS") || at(0, b"MMOR") || at(0, b"IIU\0") => FileKind::Raw,
        _ if at(0, b"FUJIFILMCCD-RAW") || at(0, b"\0MRM") || at(0, b"FOVb") => FileKind::Raw,
        _ if at(4, b"ftyp") => brand(head),
        _ if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") => FileKind::Video,
        [0x1A, 0x45, 0xDF, 0xA3, ..] => FileKind::Video,
        _ if at(0, b"ID3") || at(0, b"fLaC") || at(0, b"OggS") => FileKind::Audio,
        _ if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => FileKind::Audio,
        _ if at(0, b"caff") => FileKind::Audio,
        // A frame of MPEG audio: eleven bits set, and no reserved version, layer or rate.
        [0xFF, b, c, ..] if b & 0xE0 == 0xE0 && b & 0x18 != 0x08 && b & 0x06 != 0 && c & 0xF0 != 0xF0 => {
            FileKind::Audio
        }
        _ if at(0, b"%PDF-") => FileKind::Pdf,
        _ if at(0, b"PAR1") => FileKind::Parquet,
        _ => text::kind(head, size > head.len() as u64),
    }
}

/// ISO base media: stills, raw files, sound and film share one box structure.
fn brand(head: &[u8]) -> FileKind {
    match head.get(8..12).unwrap_or_default() {
        b"crx " => FileKind::Raw,
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif" | b"avis" => {
            FileKind::Heic
        }
        b"M4A " | b"M4B " | b"M4P " => FileKind::Audio,
        _ => FileKind::Video,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_say_what_a_file_is() {
        for (bytes, kind) in [
            (&b"\xFF\xD8\xFF\xE0...."[..], FileKind::Jpeg),
            (b"\x89PNG\r\n\x1a\n....", FileKind::Png),
            (b"RIFF....WEBPVP8 ", FileKind::WebP),
            (b"RIFF....WAVEfmt ", FileKind::Audio),
            (b"II*\0\x08\0\0\0", FileKind::Tiff),
            (b"IIU\0....", FileKind::Raw),
            (b"\0\0\0\x18ftypheic\0\0\0\0", FileKind::Heic),
            (b"\0\0\0\x18ftypcrx \0\0\0\0", FileKind::Raw),
            (b"\0\0\0\x18ftypisom\0\0\0\0", FileKind::Video),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", FileKind::Audio),
            (b"%PDF-1.7\n", FileKind::Pdf),
            (b"PAR1....", FileKind::Parquet),
            (b"{\"a\": 1}", FileKind::Json),
            (b"\0\x01\x02\x03binary", FileKind::Other),
            (b"", FileKind::Empty),
        ] {
            assert_eq!(of(bytes, bytes.len() as u64), kind, "{bytes:?}");
        }
    }

    #[test]
    fn hs2_svg_and_html_are_text() {
        for text in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"<?xml version='1.0'?><svg onload='alert(1)'/>",
            b"<!doctype html><script>alert(1)</script>",
            b"\xEF\xBB\xBF<html><body onload=alert(1)>",
        ] {
            assert_eq!(of(text, text.len() as u64), FileKind::Text);
        }
    }
}
