//! Films and sound that are played: what they are by their bytes, what a player that asks for a range is answered, and in which
//! pieces the answer is fetched.
use std::ops::Range;

/// Bytes of the first piece of an answer: what a look at a file reads anyway, and enough for a player to begin with.
pub const FIRST_PIECE: u64 = 64 * 1024;
/// Most bytes of one piece, and so most that are read ahead of a player that stopped reading.
pub const LARGEST_PIECE: u64 = 1024 * 1024;

/// A kind of film or sound, with the one name it is served under. Never what its object says of itself (hazard HS2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// MPEG-4.
    Mp4,
    /// `QuickTime`.
    QuickTime,
    /// `WebM`.
    WebM,
    /// Matroska.
    Matroska,
    /// AVI.
    Avi,
    /// Sound in MPEG-4.
    M4a,
    /// MP3.
    Mp3,
    /// WAVE.
    Wav,
    /// FLAC.
    Flac,
    /// Ogg.
    Ogg,
    /// AIFF.
    Aiff,
    /// Core Audio.
    Caf,
}

impl MediaType {
    /// What a file that begins so is; `None` for whatever is neither film nor sound, pages and pictures among it.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        let at = |offset: usize, bytes: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
        match head {
            _ if at(4, b"ftyp") => Self::of_brand(head.get(8..12).unwrap_or_default()),
            // Files of old cameras begin without a word on what they are.
            _ if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") => Some(Self::QuickTime),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(if is_webm(head) { Self::WebM } else { Self::Matroska }),
            _ if at(0, b"RIFF") && at(8, b"AVI ") => Some(Self::Avi),
            _ if at(0, b"RIFF") && at(8, b"WAVE") => Some(Self::Wav),
            _ if at(0, b"fLaC") => Some(Self::Flac),
            _ if at(0, b"OggS") => Some(Self::Ogg),
            _ if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => Some(Self::Aiff),
            _ if at(0, b"caff") => Some(Self::Caf),
            _ if at(0, b"ID3") => Some(Self::Mp3),
            // A frame of MPEG audio of layer II or III: eleven bits set, and no reserved version or rate. Layer I is what the byte
            // order mark of UTF-16 would be.
            [0xFF, b, c, ..]
                if b & 0xE0 == 0xE0 && b & 0x18 != 0x08 && matches!(b & 0x06, 2 | 4) && c & 0xF0 != 0xF0 =>
            {
                Some(Self::Mp3)
            }
            _ => None,
        }
    }

    /// ISO base media: stills and raw files have the same structure.
    fn of_brand(brand: &[u8]) -> Option<Self> {
        match brand {
            b"crx " | b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif"
            | b"avis" => None,
            b"M4A " | b"M4B " | b"M4P " => Some(Self::M4a),
            b"qt  " => Some(Self::QuickTime),
            _ => Some(Self::Mp4),
        }
    }

    /// Its name in `Content-Type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::WebM => "video/webm",
            Self::Matroska => "video/x-matroska",
            Self::Avi => "video/x-msvideo",
            Self::M4a => "audio/mp4",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Ogg => "audio/ogg",
            Self::Aiff => "audio/aiff",
            Self::Caf => "audio/x-caf",
        }
    }
}

/// Whether the head of a Matroska file names its kind `webm` (RFC 8794, element `DocType` with id `4282`).
fn is_webm(head: &[u8]) -> bool {
    head.get(..head.len().min(64)).unwrap_or_default().windows(7).any(|w| w == b"\x42\x82\x84webm")
}

/// What a player is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeAnswer {
    /// 200: everything from the first byte on.
    Whole,
    /// 206: these bytes, and never none.
    Part(Range<u64>),
    /// 416: there are no such bytes.
    Unsatisfiable,
}

/// The answer to a `Range` header of a file of `size` bytes. What is no single range of bytes is taken as if it had not been sent, as
/// RFC 9110, section 14.2, allows.
#[must_use]
pub fn answer(header: Option<&str>, size: u64) -> RangeAnswer {
    let Some((first, last)) = header.and_then(single) else { return RangeAnswer::Whole };
    match (first, last) {
        (Some(first), Some(last)) if last < first => RangeAnswer::Whole,
        (Some(first), _) if first >= size => RangeAnswer::Unsatisfiable,
        (Some(first), last) => {
            RangeAnswer::Part(first..last.map_or(size, |last| last.saturating_add(1).min(size)))
        }
        (None, Some(0)) => RangeAnswer::Unsatisfiable,
        (None, Some(_)) if size == 0 => RangeAnswer::Unsatisfiable,
        (None, Some(last)) => RangeAnswer::Part(size.saturating_sub(last)..size),
        (None, None) => RangeAnswer::Whole,
    }
}

/// First and last byte of `bytes=A-B`, `bytes=A-` or `bytes=-B`.
fn single(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = header.split_once('=')?;
    let (first, last) = set.split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    Some((position(first)?, position(last)?))
}

/// A position that may be left out; the outer `None` is what is no number.
fn position(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    // A number that is larger than any file is as good as the largest.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

/// The piece that is fetched next for an answer that has come as far as `at`: small at first, so that playing begins soon, and twice
/// as much whenever the player took what there was. `None` at the end.
#[must_use]
pub fn next_piece(answer: &Range<u64>, at: u64) -> Option<Range<u64>> {
    if at < answer.start || at >= answer.end {
        return None;
    }
    let len = (at - answer.start).clamp(FIRST_PIECE, LARGEST_PIECE);
    Some(at..at.saturating_add(len).min(answer.end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_say_what_is_played() {
        for (bytes, media) in [
            (&b"\0\0\0\x18ftypisom\0\0\0\0"[..], Some(MediaType::Mp4)),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", Some(MediaType::QuickTime)),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Some(MediaType::QuickTime)),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", Some(MediaType::M4a)),
            (b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm", Some(MediaType::WebM)),
            (b"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\x82\x88matroska", Some(MediaType::Matroska)),
            (b"RIFF....AVI LIST", Some(MediaType::Avi)),
            (b"RIFF....WAVEfmt ", Some(MediaType::Wav)),
            (b"fLaC\0\0\0\x22", Some(MediaType::Flac)),
            (b"OggS\0\x02", Some(MediaType::Ogg)),
            (b"FORM....AIFFCOMM", Some(MediaType::Aiff)),
            (b"caff\0\x01", Some(MediaType::Caf)),
            (b"ID3\x04\0", Some(MediaType::Mp3)),
            (b"\xFF\xFB\x90\x64", Some(MediaType::Mp3)),
            (b"\0\0\0\x18ftypheic\0\0\0\0", None),
            (b"\0\0\0\x18ftypavif\0\0\0\0", None),
            (b"\0\0\0\x18ftypcrx \0\0\0\0", None),
            (b"\xFF\xD8\xFF\xE0....", None),
            (b"RIFF....WEBPVP8 ", None),
            (b"%PDF-1.7\n", None),
            (b"", None),
        ] {
            assert_eq!(MediaType::of(bytes), media, "{bytes:?}");
        }
    }

    #[test]
    fn hs2_pages_and_drawings_are_no_films() {
        for text in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"<!doctype html><script>alert(1)</script>",
            b"\xEF\xBB\xBF<html><body onload=alert(1)>",
            b"\xFF\xFE<\0h\0t\0m\0l\0>\0",
        ] {
            assert_eq!(MediaType::of(text), None);
        }
    }

    #[test]
    fn hs2_every_type_is_of_a_film_or_of_sound() {
        for media in [
            MediaType::Mp4,
            MediaType::QuickTime,
            MediaType::WebM,
            MediaType::Matroska,
            MediaType::Avi,
            MediaType::M4a,
            MediaType::Mp3,
            MediaType::Wav,
            MediaType::Flac,
            MediaType::Ogg,
            MediaType::Aiff,
            MediaType::Caf,
        ] {
            assert!(media.name().starts_with("video/") || media.name().starts_with("audio/"), "{media:?}");
        }
    }

    #[test]
    fn ranges_are_answered_as_rfc_9110_says() {
        use RangeAnswer::{Part, Unsatisfiable, Whole};
        for (header, size, wanted) in [
            (None, 10, Whole),
            (Some("bytes=0-"), 10, Part(0..10)),
            (Some("bytes=0-0"), 10, Part(0..1)),
            (Some("bytes=3-5"), 10, Part(3..6)),
            (Some("bytes=9-9"), 10, Part(9..10)),
            (Some("bytes=3-99"), 10, Part(3..10)),
            (Some("bytes=-4"), 10, Part(6..10)),
            (Some("bytes=-99"), 10, Part(0..10)),
            (Some("Bytes = 3 - 5"), 10, Part(3..6)),
            (Some("bytes=10-"), 10, Unsatisfiable),
            (Some("bytes=10-20"), 10, Unsatisfiable),
            (Some("bytes=-0"), 10, Unsatisfiable),
            (Some("bytes=0-"), 0, Unsatisfiable),
            (Some("bytes=-5"), 0, Unsatisfiable),
            (Some("bytes=99999999999999999999-"), 10, Unsatisfiable),
            (Some("bytes=2-99999999999999999999"), 10, Part(2..10)),
            // No ranges of bytes, or more than one.
            (Some("bytes=5-3"), 10, Whole),
            (Some("bytes=-"), 10, Whole),
            (Some("bytes=1-2,4-5"), 10, Whole),
            (Some("bytes=+1-2"), 10, Whole),
            (Some("bytes=a-"), 10, Whole),
            (Some("lines=1-2"), 10, Whole),
            (Some("bytes"), 10, Whole),
            (Some(""), 10, Whole),
        ] {
            assert_eq!(answer(header, size), wanted, "{header:?} of {size}");
        }
    }

    #[test]
    fn pieces_grow_from_64_kib_to_1_mib() {
        let asked = 1000..4_000_000;
        let mut at = asked.start;
        let mut sizes = Vec::new();
        while let Some(piece) = next_piece(&asked, at) {
            sizes.push((piece.end - piece.start) / 1024);
            at = piece.end;
        }
        assert_eq!(sizes[..7], [64, 64, 128, 256, 512, 1024, 1024]);
        assert_eq!(at, asked.end);
        assert_eq!(next_piece(&asked, 999), None);
    }

    proptest! {
        #[test]
        fn hb30_pieces_tile_the_answer(start in 0..u64::MAX, len in 0u64..40_000_000) {
            let asked = start..start.saturating_add(len);
            let mut at = asked.start;
            while let Some(piece) = next_piece(&asked, at) {
                prop_assert!(piece.start == at && piece.end > at && piece.end <= asked.end);
                prop_assert!(piece.end - piece.start <= LARGEST_PIECE);
                at = piece.end;
            }
            prop_assert_eq!(at, asked.end);
        }

        #[test]
        fn hs30_any_header_gets_an_answer_within_the_file(header in "(bytes|x)?=?[0-9,+ -]{0,44}|.{0,30}", size in any::<u64>()) {
            if let RangeAnswer::Part(part) = answer(Some(&header), size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
