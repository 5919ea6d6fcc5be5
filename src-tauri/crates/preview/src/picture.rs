//! Pictures: drawn anew in a size that is shown, upright, and without any facts in them (hazards HS17 and HS19).
use std::io::{BufReader, Cursor};

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageEncoder as _, ImageFormat, ImageReader, Limits};
use windlass_ports::decode::{Decoded, FileKind, Missing, PIECE, Picture, PictureFormat, Want};

use crate::facts;
use crate::source::Window;

/// Most pixels that are decoded.
const PIXELS: u64 = 100_000_000;
/// Most bytes a decoder may take for them.
const MEMORY: u64 = 420 * 1024 * 1024;
/// Longest side of a small picture, and of a large one.
const SMALL: u32 = 320;
const LARGE: u32 = 2048;

/// Facts of a picture, and the picture.
pub(crate) fn inspect(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    let exif = facts::read(file);
    let turn = exif.as_ref().map_or(1, facts::orientation);
    if let Some(exif) = &exif {
        facts::tell(exif, found);
    }
    if let Some((width, height)) = dimensions(file) {
        facts::dimensions(found, width, height);
        if u64::from(width) * u64::from(height) > PIXELS {
            found.missing = Some(Missing::TooLarge);
            return;
        }
    }
    match want {
        Want::Small => {
            let carried =
                exif.as_ref().and_then(facts::thumbnail).and_then(|jpeg| draw(jpeg, turn, want).ok());
            match carried {
                Some(picture) => found.picture = Some(picture),
                None if file.size() <= PIECE => whole(file, turn, want, found),
                None => found.missing = Some(Missing::NoSmallPicture),
            }
        }
        Want::Large | Want::Page(_) => whole(file, turn, want, found),
    }
}

fn whole(file: &mut Window<'_>, turn: u32, want: Want, found: &mut Decoded) {
    match file.whole() {
        Some(bytes) => set(draw(&bytes, turn, want), found),
        None => found.missing = Some(Missing::TooLarge),
    }
}

/// Notes a picture, or why there is none.
pub(crate) fn set(drawn: Result<Picture, Missing>, found: &mut Decoded) {
    match drawn {
        Ok(picture) => (found.picture, found.missing) = (Some(picture), None),
        Err(missing) => found.missing = Some(missing),
    }
}

/// Width and height as the first bytes tell them, without decoding.
fn dimensions(file: &Window<'_>) -> Option<(u32, u32)> {
    let format = match crate::kind::of(file.head(), file.size()) {
        FileKind::Jpeg => ImageFormat::Jpeg,
        FileKind::Png => ImageFormat::Png,
        FileKind::WebP => ImageFormat::WebP,
        FileKind::Gif => ImageFormat::Gif,
        _ => return None,
    };
    ImageReader::with_format(Cursor::new(file.head()), format).into_dimensions().ok()
}

/// Decodes a picture within the limits, makes it small enough, turns it upright, and codes it anew.
pub(crate) fn draw(bytes: &[u8], turn: u32, want: Want) -> Result<Picture, Missing> {
    let reader = || {
        ImageReader::new(BufReader::new(Cursor::new(bytes)))
            .with_guessed_format()
            .map_err(|_| Missing::Damaged)
    };
    let (width, height) = reader()?.into_dimensions().map_err(|_| Missing::Damaged)?;
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(Missing::TooLarge);
    }
    let mut reader = reader()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => Missing::TooLarge,
        _ => Missing::Damaged,
    })?;
    code(&upright(fit(picture, want), turn))
}

/// Turns a picture as a number of EXIF says.
pub(crate) fn upright(mut picture: DynamicImage, turn: u32) -> DynamicImage {
    let turn = u8::try_from(turn).ok().and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms);
    picture.apply_orientation(turn);
    picture
}

/// Pixels of the longest side of a picture that is drawn for this.
pub(crate) const fn longest_side(want: Want) -> u32 {
    match want {
        Want::Small => SMALL,
        Want::Large | Want::Page(_) => LARGE,
    }
}

/// Makes a picture small enough.
pub(crate) fn fit(picture: DynamicImage, want: Want) -> DynamicImage {
    let side = longest_side(want);
    if picture.width().max(picture.height()) > side { picture.thumbnail(side, side) } else { picture }
}

/// Codes a picture that fits.
pub(crate) fn code(picture: &DynamicImage) -> Result<Picture, Missing> {
    if !picture.color().has_alpha() {
        return code_jpeg(picture, 84);
    }
    let (width, height) = (picture.width(), picture.height());
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(&picture.to_rgba8(), width, height, image::ExtendedColorType::Rgba8)
        .map_err(|_| Missing::Damaged)?;
    Ok(Picture { format: PictureFormat::Png, bytes, width, height })
}

/// Codes a picture without transparency.
pub(crate) fn code_jpeg(picture: &DynamicImage, quality: u8) -> Result<Picture, Missing> {
    let (width, height) = (picture.width(), picture.height());
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(&picture.to_rgb8())
        .map_err(|_| Missing::Damaged)?;
    Ok(Picture { format: PictureFormat::Jpeg, bytes, width, height })
}
