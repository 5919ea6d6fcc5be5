//! A small picture to draw on, and noise to make surfaces look like surfaces.

use std::sync::OnceLock;

/// Width of every photo.
pub(super) const WIDTH: usize = 640;
/// Height of every photo.
pub(super) const HEIGHT: usize = 426;

/// Red, green, blue, each 0 to 255.
pub(super) type Rgb = [f32; 3];

/// Numbers that look random and are the same every time (xorshift).
#[derive(Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to 1.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) as f32) / 16_777_216.0
    }

    /// `low` to `high`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
}

/// Side of the noise tile, a power of two.
const TILE: usize = 512;

/// A tile of soft noise, -1 to 1, made once.
fn tile() -> &'static [f32] {
    static NOISE: OnceLock<Vec<f32>> = OnceLock::new();
    NOISE.get_or_init(|| {
        let mut dice = Dice::new(77);
        let mut sum = vec![0.0_f32; TILE * TILE];
        for (cells, weight) in [(8_usize, 0.42_f32), (32, 0.28), (128, 0.18), (512, 0.12)] {
            let grid: Vec<f32> = (0..cells * cells).map(|_| dice.range(-1.0, 1.0)).collect();
            let step = TILE / cells;
            for (index, value) in sum.iter_mut().enumerate() {
                let (x, y) = (index % TILE, index / TILE);
                let (cx, cy) = (x / step, y / step);
                #[allow(clippy::cast_precision_loss)]
                let (fx, fy) = ((x % step) as f32 / step as f32, (y % step) as f32 / step as f32);
                let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
                let at =
                    |x: usize, y: usize| grid.get((y % cells) * cells + x % cells).copied().unwrap_or(0.0);
                let top = at(cx, cy) + (at(cx + 1, cy) - at(cx, cy)) * fx;
                let low = at(cx, cy + 1) + (at(cx + 1, cy + 1) - at(cx, cy + 1)) * fx;
                *value += weight * (top + (low - top) * fy);
            }
        }
        sum
    })
}

/// Noise at a place; any place will do.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn noise(x: f32, y: f32) -> f32 {
    let wrap = |v: f32| (v as i32).rem_euclid(512) as usize;
    tile().get(wrap(y) * TILE + wrap(x)).copied().unwrap_or(0.0)
}

/// From `a` to `b` by `t` (0 to 1).
pub(super) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    let t = t.clamp(0.0, 1.0);
    let [ar, ag, ab] = a;
    let [br, bg, bb] = b;
    [ar + (br - ar) * t, ag + (bg - ag) * t, ab + (bb - ab) * t]
}

/// Lighter (above 1) or darker.
pub(super) fn shade(c: Rgb, by: f32) -> Rgb {
    c.map(|v| v * by)
}

/// The picture.
pub(super) struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    /// Every pixel from a function of its place.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn paint(mut at: impl FnMut(f32, f32) -> Rgb) -> Self {
        let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                pixels.extend(at(x as f32, y as f32).map(|v| v.clamp(0.0, 255.0) as u8));
            }
        }
        Self { pixels }
    }

    /// Lays a colour over one place.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn blend(&mut self, x: f32, y: f32, color: Rgb, strength: f32) {
        if x < 0.0 || y < 0.0 || x >= 640.0 || y >= 426.0 {
            return;
        }
        let index = (y as usize * WIDTH + x as usize) * 3;
        for (offset, value) in color.into_iter().enumerate() {
            if let Some(byte) = self.pixels.get_mut(index + offset) {
                let old = f32::from(*byte);
                *byte = (old + (value - old) * strength.clamp(0.0, 1.0)).clamp(0.0, 255.0) as u8;
            }
        }
    }

    /// A line with soft edges.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, color: Rgb, strength: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).max(1.0).ceil();
        let mut step = 0.0;
        while step <= steps {
            let (x, y) = (from.0 + dx * step / steps, from.1 + dy * step / steps);
            let reach = (width / 2.0 + 1.0).ceil();
            let mut off = -reach;
            while off <= reach {
                let soft = (width / 2.0 + 0.5 - off.abs()).clamp(0.0, 1.0);
                if soft > 0.0 {
                    if dx.abs() > dy.abs() {
                        self.blend(x, y + off, color, strength * soft);
                    } else {
                        self.blend(x + off, y, color, strength * soft);
                    }
                }
                off += 1.0;
            }
            step += 1.0;
        }
    }

    /// A filled rectangle.
    pub(super) fn rect(
        &mut self,
        left: f32,
        top: f32,
        right: f32,
        bottom: f32,
        color: impl Fn(f32, f32) -> Rgb,
        strength: f32,
    ) {
        let mut y = top.max(0.0).floor();
        while y < bottom.min(426.0) {
            let mut x = left.max(0.0).floor();
            while x < right.min(640.0) {
                self.blend(x, y, color(x, y), strength);
                x += 1.0;
            }
            y += 1.0;
        }
    }

    /// The picture as an image.
    pub(super) fn image(self) -> Option<image::RgbImage> {
        image::RgbImage::from_raw(u32::try_from(WIDTH).ok()?, u32::try_from(HEIGHT).ok()?, self.pixels)
    }
}
