//! Sound and films: length, coding, size, tags, and one still of a film.
use symphonia::core::codecs::CodecParameters;
use symphonia::core::common::Limit;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataOptions, StandardTag};
use windlass_ports::decode::{Decoded, FactName, Missing, Want};

use crate::boxes::{self, Box4};
use crate::facts::{add, dimensions};
use crate::poster::{self, Coding};
use crate::source::Window;

/// Seconds from 1904, where films begin to count, to 1970.
const EPOCH: i64 = 2_082_844_800;
/// Bytes from the beginning of the list of codings to the boxes in its first entry: its head, the entry's head, and the fixed
/// part of an entry for pictures (ISO/IEC 14496-12, 12.1.3).
const ENTRY: u64 = 8 + 8 + 78;
/// Most bytes of one tag, and of a cover, which is thrown away.
const TAG: usize = 64 * 1024;

/// What a film says of itself, and one of its pictures.
pub(crate) fn film(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    found.missing = Some(Missing::NoVideo);
    if file.head().get(4..8).is_some_and(|name| matches!(name, b"ftyp" | b"moov" | b"mdat" | b"wide")) {
        let end = file.size();
        let moov = boxes::between(file, 0, end).into_iter().find(|one| &one.name == b"moov");
        match moov {
            Some(moov) => movie(file, moov, want, found),
            // Without its description nobody can play it: a copy that broke off most often.
            None => found.missing = Some(Missing::Damaged),
        }
    } else {
        streams(file, found);
    }
}

fn movie(file: &mut Window<'_>, moov: Box4, want: Want, found: &mut Decoded) {
    let mut shown = None;
    for one in boxes::between(file, moov.start, moov.end) {
        match &one.name {
            b"mvhd" => {
                if let Some(head) = boxes::read::<32>(file, one.start) {
                    let (made, scale, length) = movie_head(&head);
                    if scale > 0 {
                        length_of(found, length as f64 / f64::from(scale));
                    }
                    let made = i64::try_from(made).unwrap_or(0).saturating_sub(EPOCH);
                    if let Some(at) = (made > 0).then(|| jiff::Timestamp::from_second(made).ok()).flatten() {
                        add(found, FactName::Taken, at.to_string());
                    }
                }
            }
            b"trak" => shown = shown.or(track(file, one, found)),
            _ => {}
        }
    }
    if let Some(shown) = shown {
        crate::picture::set(poster::draw(file, &shown, want), found);
    }
}

/// Seconds since 1904, ticks in a second, ticks.
fn movie_head(head: &[u8; 32]) -> (u64, u32, u64) {
    let long =
        |at: usize| head.get(at..).and_then(|b| b.first_chunk().copied()).map_or(0, u32::from_be_bytes);
    let wide = |at: usize| u64::from(long(at)) << 32 | u64::from(long(at + 4));
    match head.first() {
        Some(1) => (wide(4), long(20), wide(24)),
        _ => (u64::from(long(4)), long(12), u64::from(long(16))),
    }
}

/// Tells of a track with pictures, and how to find them.
fn track(file: &mut Window<'_>, track: Box4, found: &mut Decoded) -> Option<poster::Track> {
    let parts = boxes::between(file, track.start, track.end);
    let inside = |file: &mut Window<'_>, parts: &[Box4], name: &[u8; 4]| {
        let one = parts.iter().find(|one| &one.name == name).copied();
        one.map(|one| boxes::between(file, one.start, one.end)).unwrap_or_default()
    };
    let media = inside(file, &parts, b"mdia");
    let handler = media.iter().find(|one| &one.name == b"hdlr").copied()?;
    if boxes::read::<12>(file, handler.start).is_none_or(|head| head.last_chunk() != Some(b"vide")) {
        return None;
    }
    let mut turn = 1;
    if let Some(head) = parts.iter().find(|one| &one.name == b"tkhd").copied() {
        turn = head
            .end
            .checked_sub(44)
            .and_then(|at| boxes::read::<36>(file, at))
            .map_or(1, |m| poster::turn(&m));
        // Width and height are its last eight bytes, in 16.16.
        if let Some(at) = head.end.checked_sub(8).filter(|at| *at >= head.start)
            && let Some([a, b, _, _, c, d, _, _]) = boxes::read::<8>(file, at)
        {
            dimensions(found, u32::from(u16::from_be_bytes([a, b])), u32::from(u16::from_be_bytes([c, d])));
        }
    }
    let table = inside(file, &media, b"minf");
    let table = inside(file, &table, b"stbl");
    let description = table.iter().find(|one| &one.name == b"stsd").copied()?;
    let head = boxes::read::<16>(file, description.start)?;
    let code = head.get(12..16).unwrap_or_default();
    let (name, coding) = match code {
        b"avc1" | b"avc3" => ("H.264", Coding::Avc),
        b"hvc1" | b"hev1" => ("HEVC", Coding::Hevc),
        b"av01" => ("AV1", Coding::Other),
        b"vp09" => ("VP9", Coding::Other),
        b"mp4v" => ("MPEG-4", Coding::Other),
        b"jpeg" | b"mjpa" => ("Motion JPEG", Coding::Jpeg),
        [b'a', b'p', ..] => ("ProRes", Coding::Other),
        _ => ("", Coding::Other),
    };
    let code: String = code.iter().map(|b| char::from(*b)).filter(|c| c.is_ascii_graphic()).collect();
    add(found, FactName::Codec, if name.is_empty() { code } else { name.to_owned() });
    let about = boxes::between(file, description.start + ENTRY, description.end);
    Some(poster::Track { coding, about, table, turn })
}

/// What a sound says of itself.
pub(crate) fn sound(file: &mut Window<'_>, found: &mut Decoded) {
    streams(file, found);
    if found.facts.is_empty() {
        found.missing = Some(Missing::Damaged);
    }
}

fn streams(file: &mut Window<'_>, found: &mut Decoded) {
    use std::io::{Seek as _, SeekFrom};
    if file.seek(SeekFrom::Start(0)).is_err() {
        return;
    }
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let tags =
        MetadataOptions::default().limit_tag_bytes(Limit::Maximum(TAG)).limit_visual_bytes(Limit::Maximum(0));
    let probe = symphonia::default::get_probe();
    let Ok(mut reader) = probe.probe(&Hint::new(), stream, FormatOptions::default(), tags) else { return };
    describe(reader.as_mut(), found);
}

fn describe(reader: &mut dyn FormatReader, found: &mut Decoded) {
    let info = *reader.media_info();
    let length = |base: Option<symphonia::core::units::TimeBase>, length| {
        base.zip(length).and_then(|(base, length)| base.calc_duration(length)).map(|time| time.as_secs_f64())
    };
    let whole = length(info.time_base, info.duration)
        .or_else(|| reader.tracks().iter().find_map(|track| length(track.time_base, track.duration)));
    if let Some(seconds) = whole {
        length_of(found, seconds);
    }
    for track in reader.tracks().iter().take(16) {
        if let Some(CodecParameters::Audio(audio)) = &track.codec_params {
            let codec = symphonia::default::get_codecs()
                .get_audio_decoder(audio.codec)
                .map(|c| c.codec.info.long_name);
            add(found, FactName::Codec, codec.unwrap_or_default());
            if let Some(rate) = audio.sample_rate {
                add(found, FactName::SampleRate, format!("{} kHz", f64::from(rate) / 1000.0));
            }
            if let Some(channels) = &audio.channels {
                add(found, FactName::Channels, channels.count().to_string());
            }
        }
    }
    let mut log = reader.metadata();
    if let Some(revision) = log.skip_to_latest() {
        for tag in revision.media.tags.iter().take(256) {
            match &tag.std {
                Some(StandardTag::TrackTitle(text)) => add(found, FactName::Title, text.as_str()),
                Some(StandardTag::Artist(text)) => add(found, FactName::Artist, text.as_str()),
                Some(StandardTag::Album(text)) => add(found, FactName::Album, text.as_str()),
                _ => {}
            }
        }
    }
}

/// `1:02:03` or `4:05`.
fn length_of(found: &mut Decoded, seconds: f64) {
    if seconds.is_finite() && seconds > 0.0 && seconds < 1e9 {
        let all = seconds.round() as u64;
        let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
        let text = if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        };
        add(found, FactName::Duration, text);
    }
}
