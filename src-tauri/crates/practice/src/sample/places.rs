//! Where the sample's photos were taken, and the documents that lie beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::scene::Motif;
use crate::store::{SeedContent, SeedItem};

/// One visit to one place.
pub(super) struct Place {
    pub(super) site: &'static str,
    pub(super) title: &'static str,
    folder: &'static str,
    name: &'static str,
    pub(super) first_number: u64,
    pub(super) photos: u32,
    /// Year, month, day.
    day: (i16, i8, i8),
    pub(super) make: &'static str,
    pub(super) model: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) altitude: f64,
    pub(super) motifs: &'static [Motif],
}

/// 400 photos in all.
pub(super) const PLACES: [Place; 7] = [
    Place {
        site: "A14-viaduct",
        title: "A14 viaduct, spring inspection",
        folder: "bridges/A14-viaduct/2026-05-12/raw",
        name: "DJI_",
        first_number: 112,
        photos: 62,
        day: (2026, 5, 12),
        make: "DJI",
        model: "M3E",
        latitude: 51.3397,
        longitude: 12.3731,
        altitude: 118.0,
        motifs: &[Motif::Viaduct, Motif::Pier, Motif::Crack],
    },
    Place {
        site: "A14-viaduct",
        title: "A14 viaduct, main inspection",
        folder: "bridges/A14-viaduct/2026-11-20/raw",
        name: "DJI_",
        first_number: 401,
        photos: 96,
        day: (2026, 11, 20),
        make: "DJI",
        model: "M3E",
        latitude: 51.3397,
        longitude: 12.3731,
        altitude: 118.0,
        motifs: &[Motif::Viaduct, Motif::Viaduct, Motif::Pier, Motif::Crack, Motif::Girders],
    },
    Place {
        site: "Harbour-bridge",
        title: "Harbour bridge, pylon and cables",
        folder: "bridges/Harbour-bridge/2026-09-03/raw",
        name: "DJI_",
        first_number: 21,
        photos: 74,
        day: (2026, 9, 3),
        make: "DJI",
        model: "FC6310S",
        latitude: 53.5321,
        longitude: 9.9414,
        altitude: 12.0,
        motifs: &[Motif::Cables, Motif::Cables, Motif::Girders],
    },
    Place {
        site: "Mill-stream-footbridge",
        title: "Footbridge over the mill stream",
        folder: "bridges/Mill-stream-footbridge/2026-10-08/photos",
        name: "IMG_",
        first_number: 2210,
        photos: 48,
        day: (2026, 10, 8),
        make: "RICOH",
        model: "WG-70",
        latitude: 48.7758,
        longitude: 9.1829,
        altitude: 247.0,
        motifs: &[Motif::Girders, Motif::Crack, Motif::Pier],
    },
    Place {
        site: "Pier-7-north",
        title: "Pier 7, north face, close-up",
        folder: "piers/Pier-7-north/2026-11-18/close-up",
        name: "P7N_",
        first_number: 1,
        photos: 60,
        day: (2026, 11, 18),
        make: "SONY",
        model: "ILCE-7RM4",
        latitude: 51.3402,
        longitude: 12.3749,
        altitude: 109.0,
        motifs: &[Motif::Crack, Motif::Pier],
    },
    Place {
        site: "B27-retaining-wall",
        title: "Retaining wall along the B27",
        folder: "walls/B27-retaining-wall/2026-10-29/photos",
        name: "IMG_",
        first_number: 804,
        photos: 40,
        day: (2026, 10, 29),
        make: "RICOH",
        model: "WG-70",
        latitude: 48.6912,
        longitude: 9.1517,
        altitude: 391.0,
        motifs: &[Motif::Crack],
    },
    Place {
        site: "Rail-culvert-12",
        title: "Rail culvert 12",
        folder: "culverts/Rail-culvert-12/2026-08-14/photos",
        name: "IMG_",
        first_number: 31,
        photos: 20,
        day: (2026, 8, 14),
        make: "RICOH",
        model: "WG-70",
        latitude: 50.9413,
        longitude: 6.9583,
        altitude: 52.0,
        motifs: &[Motif::Girders, Motif::Crack],
    },
];

impl Place {
    pub(super) fn key(&self, index: u32) -> String {
        format!("{}/{}{:04}.JPG", self.folder, self.name, self.first_number + u64::from(index))
    }

    /// Minutes after eight in the morning.
    pub(super) fn minute(&self, index: u32) -> i64 {
        i64::from(index) * 3 + i64::from(index % 3)
    }

    /// The time of a photo as EXIF writes it.
    pub(super) fn taken(&self, minute: i64, second: u32) -> String {
        let (year, month, day) = self.day;
        let of_day = 8 * 60 + minute;
        format!("{year:04}:{month:02}:{day:02} {:02}:{:02}:{:02}", of_day / 60, of_day % 60, second % 60)
    }

    /// When it reached the bucket: in the evening of that day.
    pub(super) fn uploaded_ms(&self, minute: i64) -> i64 {
        let (year, month, day) = self.day;
        evening_ms(year, month, day) + minute * 4_000
    }
}

fn evening_ms(year: i16, month: i8, day: i8) -> i64 {
    let evening = jiff::civil::date(year, month, day).at(17, 30, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    evening.map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

fn text(key: &str, modified_ms: i64, content_type: &'static str, body: String) -> SeedItem {
    let user = BTreeMap::from([("author".to_owned(), "inspection team".to_owned())]);
    let content = SeedContent { bytes: body.into_bytes(), content_type, user, tags: Vec::new() };
    SeedItem { key: key.to_owned(), modified_ms, content: Some(content) }
}

const KINDS: [&str; 5] = ["crack", "spalling", "efflorescence", "corrosion", "missing joint"];

/// A list of findings; a later version has more of them.
fn findings(place: &Place, count: u32) -> String {
    let mut csv = String::from("photo,element,finding,width_mm,grade\n");
    for row in 0..count {
        let kind = KINDS.get(row as usize % KINDS.len()).copied().unwrap_or("crack");
        let photo = place.key((row * 7 + 2) % place.photos.max(1));
        let photo = photo.rsplit('/').next().unwrap_or_default();
        let width = f64::from(row % 6) * 0.15 + 0.1;
        // Writing into a String can't fail.
        let _ = writeln!(
            csv,
            "{photo},span {} / pier {},{kind},{width:.2},{}",
            row % 9 + 1,
            row % 8 + 1,
            row % 4 + 1
        );
    }
    csv
}

/// The documents, with their history.
pub(super) fn document_items() -> Vec<SeedItem> {
    let hour = 3_600_000;
    let welcome = "Welcome to the practice bucket.\n\nIt lives on this computer only. Upload, overwrite and delete as you like:\n\
                   nothing here is anybody's real work, and one click brings the sample back.\n\n\
                   All photos are drawn by the program. The places are invented; positions and times are examples.\n";
    let mut items =
        vec![text("README.txt", evening_ms(2026, 5, 12), "text/plain; charset=utf-8", welcome.to_owned())];
    for place in &PLACES {
        let Some((folder, _)) = place.folder.rsplit_once('/') else { continue };
        let at = place.uploaded_ms(i64::from(place.photos) * 4);
        let key = format!("{folder}/report/findings.csv");
        for (version, count) in [9_u32, 14, 18].into_iter().enumerate() {
            let later = at + hour * 20 * i64::try_from(version).unwrap_or(0);
            items.push(text(&key, later, "text/csv", findings(place, count)));
        }
        let notes = format!(
            "{}\n\nWeather dry, 9 C, light wind. {} photos. Access from the north.\n",
            place.title, place.photos
        );
        items.push(text(
            &format!("{folder}/report/notes.txt"),
            at + hour,
            "text/plain; charset=utf-8",
            notes,
        ));
        let draft = format!("{folder}/report/draft.txt");
        let body = format!("Draft of the report on: {}\n", place.title);
        items.push(text(&draft, at + hour, "text/plain; charset=utf-8", body));
        items.push(SeedItem { key: draft, modified_ms: at + hour * 44, content: None });
    }
    items
}
