//! Writes the EXIF part of a photo: camera, time, place and a thumbnail.

/// What the camera noted.
pub(super) struct Exif<'a> {
    pub(super) make: &'a str,
    pub(super) model: &'a str,
    pub(super) description: &'a str,
    /// `2026:11-20 09:41:07` with colons in the date, as EXIF wants it.
    pub(super) taken: &'a str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) altitude_m: f64,
    pub(super) exposure: (u32, u32),
    pub(super) f_number: (u32, u32),
    pub(super) focal_mm: (u32, u32),
    pub(super) iso: u16,
    pub(super) size: (u32, u32),
    pub(super) thumbnail: &'a [u8],
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

/// One directory of tags.
#[derive(Default)]
struct Directory {
    entries: Vec<(u16, u16, u32, Vec<u8>)>,
}

impl Directory {
    fn put(&mut self, tag: u16, kind: u16, count: usize, data: Vec<u8>) {
        self.entries.push((tag, kind, u32::try_from(count).unwrap_or(0), data));
    }

    fn text(&mut self, tag: u16, text: &str) {
        let mut data = text.as_bytes().to_vec();
        data.push(0);
        self.put(tag, ASCII, data.len(), data);
    }

    fn short(&mut self, tag: u16, value: u16) {
        self.put(tag, SHORT, 1, value.to_le_bytes().to_vec());
    }

    fn long(&mut self, tag: u16, value: u32) {
        self.put(tag, LONG, 1, value.to_le_bytes().to_vec());
    }

    fn rationals(&mut self, tag: u16, values: &[(u32, u32)]) {
        let data = values.iter().flat_map(|(n, d)| [n.to_le_bytes(), d.to_le_bytes()]).flatten().collect();
        self.put(tag, RATIONAL, values.len(), data);
    }

    /// Length with everything that doesn't fit into an entry.
    fn length(&self) -> usize {
        let outside: usize =
            self.entries.iter().map(|(_, _, _, d)| if d.len() > 4 { d.len() + d.len() % 2 } else { 0 }).sum();
        2 + 12 * self.entries.len() + 4 + outside
    }

    /// Writes the directory for a place in the file, with the place of the next one.
    fn write(mut self, at: usize, next: usize, out: &mut Vec<u8>) {
        self.entries.sort_by_key(|entry| entry.0);
        let mut outside = Vec::new();
        let data_at = at + 2 + 12 * self.entries.len() + 4;
        out.extend(u16::try_from(self.entries.len()).unwrap_or(0).to_le_bytes());
        for (tag, kind, count, mut data) in self.entries {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(count.to_le_bytes());
            if data.len() > 4 {
                out.extend(u32::try_from(data_at + outside.len()).unwrap_or(0).to_le_bytes());
                outside.append(&mut data);
                if outside.len() % 2 == 1 {
                    outside.push(0);
                }
            } else {
                data.resize(4, 0);
                out.append(&mut data);
            }
        }
        out.extend(u32::try_from(next).unwrap_or(0).to_le_bytes());
        out.append(&mut outside);
    }
}

/// Degrees, minutes and seconds as EXIF writes them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn degrees(value: f64) -> [(u32, u32); 3] {
    let value = value.abs();
    let minutes = value.fract() * 60.0;
    [(value as u32, 1), (minutes as u32, 1), ((minutes.fract() * 60.0 * 1000.0) as u32, 1000)]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn directories(exif: &Exif<'_>) -> [Directory; 4] {
    let mut main = Directory::default();
    main.text(0x010e, exif.description);
    main.text(0x010f, exif.make);
    main.text(0x0110, exif.model);
    main.short(0x0112, 1);
    main.rationals(0x011a, &[(72, 1)]);
    main.rationals(0x011b, &[(72, 1)]);
    main.short(0x0128, 2);
    main.text(0x0131, "v10.14.06.02");
    main.text(0x0132, exif.taken);
    main.long(0x8769, 0);
    main.long(0x8825, 0);
    let mut photo = Directory::default();
    photo.rationals(0x829a, &[exif.exposure]);
    photo.rationals(0x829d, &[exif.f_number]);
    photo.short(0x8827, exif.iso);
    photo.put(0x9000, UNDEFINED, 4, b"0232".to_vec());
    photo.text(0x9003, exif.taken);
    photo.text(0x9004, exif.taken);
    photo.text(0x9011, "+01:00");
    photo.rationals(0x920a, &[exif.focal_mm]);
    photo.short(0xa001, 1);
    photo.long(0xa002, exif.size.0);
    photo.long(0xa003, exif.size.1);
    let mut place = Directory::default();
    place.put(0x0000, BYTE, 4, vec![2, 3, 0, 0]);
    place.text(0x0001, if exif.latitude < 0.0 { "S" } else { "N" });
    place.rationals(0x0002, &degrees(exif.latitude));
    place.text(0x0003, if exif.longitude < 0.0 { "W" } else { "E" });
    place.rationals(0x0004, &degrees(exif.longitude));
    place.put(0x0005, BYTE, 1, vec![0]);
    place.rationals(0x0006, &[((exif.altitude_m.max(0.0) * 100.0) as u32, 100)]);
    place.text(0x001d, exif.taken.split(' ').next().unwrap_or_default());
    let mut small = Directory::default();
    small.short(0x0103, 6);
    small.rationals(0x011a, &[(72, 1)]);
    small.rationals(0x011b, &[(72, 1)]);
    small.short(0x0128, 2);
    small.long(0x0201, 0);
    small.long(0x0202, u32::try_from(exif.thumbnail.len()).unwrap_or(0));
    [main, photo, place, small]
}

fn point(directory: &mut Directory, tag: u16, at: usize) {
    for entry in directory.entries.iter_mut().filter(|entry| entry.0 == tag) {
        entry.3 = u32::try_from(at).unwrap_or(0).to_le_bytes().to_vec();
    }
}

/// The photo with the EXIF part in front, in place of the plain header the encoder wrote.
pub(super) fn with_exif(jpeg: &[u8], exif: &Exif<'_>) -> Vec<u8> {
    let [mut main, photo, place, mut small] = directories(exif);
    let main_at = 8;
    let photo_at = main_at + main.length();
    let place_at = photo_at + photo.length();
    let small_at = place_at + place.length();
    let thumbnail_at = small_at + small.length();
    point(&mut main, 0x8769, photo_at);
    point(&mut main, 0x8825, place_at);
    point(&mut small, 0x0201, thumbnail_at);
    let mut tiff = Vec::with_capacity(thumbnail_at + exif.thumbnail.len());
    tiff.extend(*b"II\x2a\x00\x08\x00\x00\x00");
    main.write(main_at, small_at, &mut tiff);
    photo.write(photo_at, 0, &mut tiff);
    place.write(place_at, 0, &mut tiff);
    small.write(small_at, 0, &mut tiff);
    tiff.extend_from_slice(exif.thumbnail);
    let mut out = Vec::with_capacity(jpeg.len() + tiff.len() + 16);
    out.extend([0xff, 0xd8, 0xff, 0xe1]);
    out.extend(u16::try_from(tiff.len() + 8).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(*b"Exif\0\0");
    out.append(&mut tiff);
    out.extend_from_slice(behind_header(jpeg));
    out
}

/// The JPEG without its start mark and its JFIF header.
fn behind_header(jpeg: &[u8]) -> &[u8] {
    match jpeg {
        [0xff, 0xd8, 0xff, 0xe0, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            jpeg.get(4 + length..).unwrap_or_default()
        }
        [0xff, 0xd8, rest @ ..] => rest,
        _ => jpeg,
    }
}
