//! Pages of a PDF: drawn anew as a picture. Nothing in the document is run, opened or fetched (hazard HS2): the renderer knows
//! no script, no link, no form and no file beside the bytes.
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{DynamicImage, RgbImage};
use windlass_ports::decode::{Missing, Picture, Want};

use crate::picture::{code_jpeg, longest_side};

/// Lines of text stay sharp at this quality.
const QUALITY: u8 = 90;
/// Most that a page of a few points is drawn larger than it says.
const LARGER: f32 = 8.0;

/// Draws one page, counted from zero, so that its longer side is as long as is wanted.
pub(crate) fn draw(bytes: Vec<u8>, number: u32, want: Want) -> Result<Picture, Missing> {
    let document = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Missing::NoPdf,
        LoadPdfError::Invalid => Missing::Damaged,
    })?;
    let number = usize::try_from(number).map_err(|_| Missing::Damaged)?;
    let page = document.pages().get(number).ok_or(Missing::Damaged)?;
    let (width, height) = page.render_dimensions();
    let scale = scale(width, height, longest_side(want)).ok_or(Missing::Damaged)?;
    let cache = RenderCache::new();
    let (settings, how) = (InterpreterSettings::default(), RenderSettings::default());
    let onto = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let drawn = hayro::render(page, &cache, &settings, &how, &onto);
    // On white nothing is left to shine through, so the fourth byte of each pixel is always the same.
    let pixels =
        drawn.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
    let picture =
        RgbImage::from_raw(drawn.width().into(), drawn.height().into(), pixels).ok_or(Missing::Damaged)?;
    code_jpeg(&DynamicImage::ImageRgb8(picture), QUALITY)
}

/// By how much a page is drawn larger or smaller; `None` for one that has no size, or would be thinner than a pixel.
fn scale(width: f32, height: f32, side: u32) -> Option<f32> {
    let long = width.max(height);
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return None;
    }
    let scale = (side as f32 / long).min(LARGER);
    (width.min(height) * scale >= 1.0).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_drawn_as_long_as_wanted_and_one_without_a_size_not_at_all() {
        assert_eq!(scale(1024.0, 512.0, 2048), Some(2.0));
        assert_eq!(scale(512.0, 1024.0, 2048), Some(2.0));
        assert_eq!(scale(10.0, 10.0, 2048), Some(LARGER), "a stamp is no poster");
        for (width, height) in [(0.0, 10.0), (-1.0, 10.0), (f32::NAN, 10.0), (f32::INFINITY, 1.0), (1e9, 1.0)]
        {
            assert_eq!(scale(width, height, 2048), None, "{width} × {height}");
        }
    }
}
