//! The sample: one bucket of inspection photos with some history, the same every time.

mod canvas;
mod exif;
mod places;
mod scene;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::PracticeError;
use crate::store::{SeedContent, SeedItem, Store};
use canvas::{Dice, HEIGHT, WIDTH};
use exif::{Exif, with_exif};
use places::{Place, document_items};
use scene::{Motif, TAKES, draw};

/// The bucket the newcomer sees.
pub(crate) const BUCKET: &str = "inspections-practice";

const MOTIFS: [Motif; 5] = [Motif::Viaduct, Motif::Cables, Motif::Pier, Motif::Crack, Motif::Girders];
const QUALITY: u8 = 74;
const THUMBNAIL: (u32, u32) = (160, 107);

/// A drawn picture, encoded, with its thumbnail.
#[derive(Default)]
struct Picture {
    photo: Vec<u8>,
    thumbnail: Vec<u8>,
}

/// Puts the sample in, once. A kill in the middle leaves nothing of it, and the next start tries again.
pub(crate) fn seed(store: &Store) -> Result<(), PracticeError> {
    let wrap = |e: s3s::S3Error| PracticeError::Sample(Box::new(e));
    if store.is_seeded().map_err(wrap)? {
        return Ok(());
    }
    let pictures = pictures()?;
    let photos = places::PLACES.iter().flat_map(|place| photo_items(place, &pictures));
    store.seed(BUCKET, photos.chain(document_items())).map_err(wrap)
}

/// Draws all pictures, on as many threads as there are cores.
fn pictures() -> Result<BTreeMap<(Motif, u64), Picture>, PracticeError> {
    let jobs: Vec<(Motif, u64)> = MOTIFS.into_iter().flat_map(|m| (0..TAKES).map(move |t| (m, t))).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<(Motif, u64), Picture>> = Mutex::new(BTreeMap::new());
    let failed: Mutex<Option<image::ImageError>> = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((motif, take)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
                    match picture(motif, take) {
                        Ok(picture) => {
                            done.lock()
                                .unwrap_or_else(std::sync::PoisonError::into_inner)
                                .insert((motif, take), picture);
                        }
                        Err(error) => {
                            *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        return Err(PracticeError::Sample(Box::new(error)));
    }
    Ok(done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn picture(motif: Motif, take: u64) -> Result<Picture, image::ImageError> {
    let Some(image) = draw(motif, take).image() else { return Ok(Picture::default()) };
    let small = image::imageops::thumbnail(&image, THUMBNAIL.0, THUMBNAIL.1);
    Ok(Picture { photo: encode(&image, QUALITY)?, thumbnail: encode(&small, 60)? })
}

fn encode(image: &image::RgbImage, quality: u8) -> Result<Vec<u8>, image::ImageError> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality).encode_image(image)?;
    Ok(out)
}

/// All versions of the photos of one visit to one place.
fn photo_items(
    place: &'static Place,
    pictures: &BTreeMap<(Motif, u64), Picture>,
) -> impl Iterator<Item = SeedItem> {
    (0..place.photos).flat_map(move |index| {
        let key = place.key(index);
        let taken = place.minute(index);
        let mut items = Vec::new();
        let first = photo(place, index, taken, pictures);
        // Every 23rd photo was sent twice: a second look replaced the first.
        if index % 23 == 7 {
            let retake = photo(place, index, taken + 17, pictures);
            items.push(SeedItem {
                key: key.clone(),
                modified_ms: place.uploaded_ms(taken),
                content: Some(first),
            });
            items.push(SeedItem { key, modified_ms: place.uploaded_ms(taken + 17), content: Some(retake) });
        } else {
            items.push(SeedItem {
                key: key.clone(),
                modified_ms: place.uploaded_ms(taken),
                content: Some(first),
            });
            // Every 41st was deleted again: only its marker shows.
            if index % 41 == 11 {
                items.push(SeedItem { key, modified_ms: place.uploaded_ms(taken + 90), content: None });
            }
        }
        items
    })
}

fn photo(place: &Place, index: u32, minute: i64, pictures: &BTreeMap<(Motif, u64), Picture>) -> SeedContent {
    let mut dice = Dice::new(u64::from(index) * 7919 + place.first_number);
    let _ = dice.unit();
    let motif = place.motifs.get(index as usize % place.motifs.len().max(1)).copied().unwrap_or(Motif::Crack);
    let take = (u64::from(index) / 3 + place.first_number + u64::from(minute % 2 == 1)) % TAKES;
    let (photo, thumbnail) = pictures
        .get(&(motif, take))
        .map_or((&[][..], &[][..]), |p| (p.photo.as_slice(), p.thumbnail.as_slice()));
    let taken = place.taken(minute, u32::from(index % 2 == 1) * 30 + index % 29);
    let along = f64::from(index) / f64::from(place.photos.max(1));
    let exif = Exif {
        make: place.make,
        model: place.model,
        description: place.title,
        taken: &taken,
        latitude: place.latitude + along * 0.0021 + f64::from(dice.range(-0.00004, 0.00004)),
        longitude: place.longitude + along * 0.0034 + f64::from(dice.range(-0.00004, 0.00004)),
        altitude_m: place.altitude + f64::from(dice.range(0.0, 26.0)),
        exposure: (1, if index.is_multiple_of(4) { 640 } else { 320 }),
        f_number: (28, 10),
        focal_mm: (88, 10),
        iso: if index.is_multiple_of(5) { 200 } else { 100 },
        size: (u32::try_from(WIDTH).unwrap_or(0), u32::try_from(HEIGHT).unwrap_or(0)),
        thumbnail,
    };
    let user = BTreeMap::from([
        ("camera".to_owned(), place.model.to_owned()),
        ("site".to_owned(), place.site.to_owned()),
    ]);
    let tags = vec![("site".to_owned(), place.site.to_owned())];
    SeedContent { bytes: with_exif(photo, &exif), content_type: "image/jpeg", user, tags }
}
