//! Stills of phones: HEIC and HEIF with HEVC inside, decoded by safe code on one thread. AV1 is not.
use std::ops::Range;

use heifer::heifer_isobmff::HeifFile;
use heifer::heifer_isobmff::boxes::ConstructionMethod;
use heifer::{Error, Options};
use image::{DynamicImage, RgbaImage};
use windlass_ports::decode::{Decoded, FactName, Missing, Picture, Want};

use crate::source::Window;
use crate::{boxes, facts, picture};

/// Most pixels that are decoded: four bytes each must fit beside the file.
const PIXELS: u64 = 80_000_000;
/// Most bytes of the table that says where everything is.
const TABLE: u64 = 512 * 1024;

/// Facts of a still, and its picture. How it is turned is said by the container; what its EXIF block says of that is for others.
pub(crate) fn inspect(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    let exif = facts::read(file);
    if let Some(exif) = &exif {
        facts::tell(exif, found);
    }
    if want != Want::Small {
        match file.whole() {
            Some(bytes) => picture::set(whole(&bytes, found, want), found),
            None => found.missing = Some(Missing::TooLarge),
        }
        return;
    }
    let carried = exif
        .as_ref()
        .and_then(|exif| picture::draw(facts::thumbnail(exif)?, facts::orientation(exif), want).ok());
    picture::set(carried.map_or_else(|| small(file), Ok), found);
}

fn whole(bytes: &[u8], found: &mut Decoded, want: Want) -> Result<Picture, Missing> {
    let about = HeifFile::parse(bytes).map_err(|error| reason(&error.into()))?;
    if let Ok(Some((width, height))) = about.image_size(about.primary_id)
        && u64::from(width) * u64::from(height) > PIXELS
    {
        return Err(Missing::TooLarge);
    }
    let options = Options { max_threads: 1, max_pixels: PIXELS };
    let drawn = match heifer::decode_srgb_rgba8(bytes, &options) {
        // A colour space that is not converted, such as one for bright screens, is better shown as it is than not at all.
        Err(Error::Unsupported(_)) => heifer::decode_rgba8(bytes, &options),
        other => other,
    }
    .map_err(|error| reason(&error))?;
    if found.facts.iter().all(|fact| fact.name != FactName::Dimensions) {
        facts::dimensions(found, drawn.width, drawn.height);
    }
    draw(drawn.width, drawn.height, drawn.has_alpha, drawn.data, want)
}

/// The small picture that phones put beside the large one, from the few ranges that it lies in.
fn small(file: &mut Window<'_>) -> Result<Picture, Missing> {
    let end = file.size();
    let size = usize::try_from(end).map_err(|_| Missing::TooLarge)?;
    let tables: Vec<_> = boxes::between(file, 0, end)
        .into_iter()
        .filter(|one| matches!(&one.name, b"ftyp" | b"meta") && one.end.saturating_sub(one.start) <= TABLE)
        .collect();
    let Some(about) = tables.iter().map(|one| one.end).max().and_then(|end| file.bytes(0, end)) else {
        return Err(Missing::Damaged);
    };
    // Untouched, its pages cost nothing.
    let mut bytes = vec![0; if end <= Want::Large.budget() { size } else { about.len() }];
    copy(&mut bytes, 0, &about).ok_or(Missing::Damaged)?;
    for range in thumbnail(&bytes).map_err(|error| reason(&error))?.ok_or(Missing::NoSmallPicture)? {
        let part = file.bytes(range.start, range.end - range.start).ok_or(Missing::NoSmallPicture)?;
        copy(&mut bytes, range.start, &part).ok_or(Missing::NoSmallPicture)?;
    }
    match heifer::decode_thumbnail(&bytes) {
        Ok(Some(drawn)) => draw(drawn.width, drawn.height, drawn.has_alpha, drawn.to_rgba8(), Want::Small),
        Ok(None) => Err(Missing::NoSmallPicture),
        Err(error) => Err(reason(&error)),
    }
}

/// Where the smallest thumbnail of the main picture lies, with the tiles that it is of; `None` when there is none.
fn thumbnail(bytes: &[u8]) -> Result<Option<Vec<Range<u64>>>, Error> {
    let file = HeifFile::parse(bytes)?;
    let mut thumbnails = file.referencing_items(file.primary_id, b"thmb");
    let pixels =
        |id| file.image_size(id).ok().flatten().map_or(u64::MAX, |(w, h)| u64::from(w) * u64::from(h));
    thumbnails.sort_by_key(|id| pixels(*id));
    let Some(smallest) = thumbnails.first() else { return Ok(None) };
    let places = std::iter::once(smallest)
        .chain(file.referenced_items(*smallest, b"dimg"))
        .filter_map(|id| file.item(*id).ok()?.location.as_ref())
        // What is not simply in the file is among its tables.
        .filter(|place| place.construction_method == ConstructionMethod::File);
    let ranges = places.flat_map(|place| &place.extents);
    Ok(ranges.map(|e| Some(e.offset..e.offset.checked_add(e.length)?)).collect())
}

fn copy(to: &mut [u8], at: u64, from: &[u8]) -> Option<()> {
    let at = usize::try_from(at).ok()?;
    to.get_mut(at..at.checked_add(from.len())?)?.copy_from_slice(from);
    Some(())
}

/// Red, green, blue and what shines through as a picture of the wanted size.
pub(crate) fn draw(
    width: u32,
    height: u32,
    clear: bool,
    pixels: Vec<u8>,
    want: Want,
) -> Result<Picture, Missing> {
    let picture = RgbaImage::from_raw(width, height, pixels).ok_or(Missing::Damaged)?;
    let picture = picture::fit(DynamicImage::ImageRgba8(picture), want);
    picture::code(&if clear { picture } else { DynamicImage::ImageRgb8(picture.into_rgb8()) })
}

fn reason(error: &Error) -> Missing {
    match error {
        Error::Unsupported(_) | Error::Hevc(heifer::heifer_hevc_dec::Error::Unimplemented(_)) => {
            Missing::NoHeif
        }
        Error::Container(_) | Error::Hevc(_) | Error::Encode(_) | Error::Invalid(_) => Missing::Damaged,
    }
}
