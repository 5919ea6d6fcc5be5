//! The motifs: a viaduct, a cable-stayed bridge, a pier, cracked concrete, girders from below.

use super::canvas::{Canvas, Dice, Rgb, mix, noise, shade};

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Motif {
    /// Arches in a valley.
    Viaduct,
    /// A pylon with cables over water.
    Cables,
    /// One pier from near by.
    Pier,
    /// A concrete surface with a crack and a scale.
    Crack,
    /// Steel girders seen from below.
    Girders,
}

/// How many different pictures there are of each motif.
pub(super) const TAKES: u64 = 7;

/// Draws one picture.
pub(super) fn draw(motif: Motif, take: u64) -> Canvas {
    let mut dice = Dice::new(take * 131 + 17);
    let _ = dice.unit();
    match motif {
        Motif::Viaduct => viaduct(&mut dice),
        Motif::Cables => cables(&mut dice),
        Motif::Pier => pier(&mut dice),
        Motif::Crack => crack(&mut dice),
        Motif::Girders => girders(&mut dice),
    }
}

/// Times of day: the sky above, the sky at the horizon, the colour of the light.
fn light(dice: &mut Dice) -> (Rgb, Rgb, Rgb) {
    let noon = ([86.0, 142.0, 206.0], [206.0, 226.0, 240.0], [1.0, 1.0, 1.0]);
    let dull = ([148.0, 160.0, 172.0], [212.0, 217.0, 220.0], [0.88, 0.91, 0.95]);
    let evening = ([88.0, 112.0, 168.0], [248.0, 206.0, 160.0], [1.08, 0.95, 0.82]);
    let roll = dice.unit();
    if roll < 0.5 {
        noon
    } else if roll < 0.75 {
        dull
    } else {
        evening
    }
}

fn lit(color: Rgb, light: Rgb) -> Rgb {
    let [r, g, b] = color;
    let [lr, lg, lb] = light;
    [r * lr, g * lg, b * lb]
}

fn sky(x: f32, y: f32, horizon: f32, top: Rgb, low: Rgb, drift: f32) -> Rgb {
    let base = mix(top, low, (y / horizon).clamp(0.0, 1.0).powf(1.3));
    let cloud = (noise(x * 0.5 + drift, y * 1.1 + drift * 0.3) - 0.05).max(0.0) * 2.2;
    mix(base, [250.0, 250.0, 250.0], cloud * (1.0 - y / (horizon * 1.4)).clamp(0.0, 1.0))
}

fn concrete(x: f32, y: f32, base: Rgb, shift: f32) -> Rgb {
    let fine = noise(x * 3.0 + shift, y * 3.0 + shift);
    let coarse = noise(x * 0.7 + shift, y * 0.35);
    shade(base, 1.0 + fine * 0.07 + coarse * 0.11)
}

fn viaduct(dice: &mut Dice) -> Canvas {
    let (top, low, glow) = light(dice);
    let horizon = dice.range(250.0, 300.0);
    let deck = dice.range(110.0, 165.0);
    let thick = dice.range(22.0, 30.0);
    let bay = dice.range(96.0, 150.0);
    let half_pier = bay * 0.11;
    let start = dice.range(-120.0, 0.0);
    let drift = dice.range(0.0, 500.0);
    let stone = mix([176.0, 168.0, 154.0], [164.0, 128.0, 104.0], dice.unit());
    let ground = move |x: f32| {
        horizon + 46.0 + 38.0 * -((x - 320.0) / 330.0).abs().powf(1.6) + noise(x * 0.8 + drift, 40.0) * 12.0
    };
    Canvas::paint(|x, y| {
        let floor = ground(x) + 30.0;
        let hill = horizon - 34.0 + noise(x * 0.35 + drift, 90.0) * 52.0;
        if y > floor {
            let grass = mix([92.0, 122.0, 62.0], [64.0, 88.0, 46.0], (y - floor) / 110.0);
            return lit(shade(grass, 1.0 + noise(x * 2.0, y * 4.0 + drift) * 0.28), glow);
        }
        let in_bay = (x - start).rem_euclid(bay);
        let middle = bay / 2.0;
        let radius = middle - half_pier;
        let spring = deck + thick + radius;
        let off = (in_bay - middle).abs();
        let open =
            off < radius && (y > spring || (off * off + (y - spring) * (y - spring)) < radius * radius);
        if y > deck - 9.0 && y <= deck {
            return lit(shade(stone, 0.82 + 0.1 * noise(x * 3.0, y)), glow);
        }
        if y > deck && !open {
            let course = if (y - deck).rem_euclid(11.0) < 1.2 { 0.9 } else { 1.0 };
            let ring = if off < radius + 7.0 && y < spring { 1.08 } else { 1.0 };
            let side = 1.0 - 0.16 * ((off - radius) / half_pier).clamp(-0.2, 1.0);
            return lit(shade(concrete(x, y, stone, drift), course * ring * side), glow);
        }
        if y > deck && open && off > radius - 10.0 && y > deck + thick {
            return lit(shade(concrete(x, y, stone, drift), 0.55), glow);
        }
        if y > hill {
            let wood = mix([92.0, 116.0, 84.0], [120.0, 138.0, 92.0], (y - hill) / 120.0);
            return lit(mix(shade(wood, 1.0 + noise(x * 2.5, y * 2.5 + drift) * 0.35), low, 0.22), glow);
        }
        sky(x, y, horizon, top, low, drift)
    })
}

fn cables(dice: &mut Dice) -> Canvas {
    let (top, low, glow) = light(dice);
    let horizon = dice.range(262.0, 290.0);
    let drift = dice.range(0.0, 500.0);
    let mast = dice.range(220.0, 420.0);
    let tip = dice.range(38.0, 70.0);
    let deck = horizon - dice.range(28.0, 44.0);
    let mut canvas = Canvas::paint(|x, y| {
        if y > horizon {
            let depth = (y - horizon) / 160.0;
            let wave = noise(x * 0.9 + drift, y * (6.0 - depth * 3.0));
            let water = mix(mix(low, [96.0, 128.0, 146.0], 0.45), [48.0, 78.0, 98.0], depth);
            let mirror = if (x - mast).abs() < 14.0 + depth * 6.0 { 0.82 } else { 1.0 };
            return lit(shade(water, (1.0 + wave * 0.22) * mirror), glow);
        }
        let bank = horizon - 12.0 - noise(x * 0.4 + drift, 30.0).abs() * 26.0;
        if y > bank {
            return lit(mix([88.0, 108.0, 90.0], low, 0.35), glow);
        }
        sky(x, y, horizon, top, low, drift)
    });
    let steel = lit([206.0, 208.0, 210.0], glow);
    for step in 0..13_u8 {
        let reach = 30.0 + f32::from(step) * 34.0;
        let height = tip + 16.0 + f32::from(12 - step) * 7.0;
        canvas.line((mast, height), (mast - reach, deck), 1.1, lit([226.0, 228.0, 230.0], glow), 0.85);
        canvas.line((mast, height), (mast + reach, deck), 1.1, lit([104.0, 112.0, 122.0], glow), 0.8);
    }
    canvas.rect(0.0, deck, 640.0, deck + 9.0, |x, y| shade(concrete(x, y, steel, drift), 0.86), 1.0);
    canvas.rect(0.0, deck + 9.0, 640.0, deck + 15.0, |x, y| shade(concrete(x, y, steel, drift), 0.5), 1.0);
    canvas.rect(
        mast - 9.0,
        tip,
        mast + 9.0,
        horizon + 26.0,
        |x, y| shade(concrete(x, y, steel, drift), 1.04 - 0.38 * ((x - mast + 9.0) / 18.0)),
        1.0,
    );
    for post in 0..40_u8 {
        let x = f32::from(post) * 16.0 + 5.0;
        canvas.line((x, deck - 7.0), (x, deck), 1.0, shade(steel, 0.6), 0.8);
    }
    canvas.line((0.0, deck - 7.0), (640.0, deck - 7.0), 1.0, shade(steel, 0.66), 0.9);
    canvas
}

fn pier(dice: &mut Dice) -> Canvas {
    let (top, low, glow) = light(dice);
    let drift = dice.range(0.0, 500.0);
    let middle = dice.range(230.0, 410.0);
    let half = dice.range(92.0, 138.0);
    let cap = dice.range(58.0, 96.0);
    let base = mix([172.0, 170.0, 164.0], [150.0, 148.0, 138.0], dice.unit());
    let lean = dice.range(-0.05, 0.05);
    let mut canvas = Canvas::paint(|x, y| {
        if y < cap {
            let under = if y > cap - 12.0 { 0.5 } else { 0.84 };
            return lit(
                shade(concrete(x, y, base, drift + 60.0), under + 0.04 * noise(x * 0.2, y * 8.0)),
                glow,
            );
        }
        let across = (x - middle - (y - 213.0) * lean) / (half * (1.0 + (y - cap) / 1500.0));
        if across.abs() < 1.0 {
            let round = 1.08 - 0.62 * ((across + 0.35) / 1.35).clamp(-1.0, 1.0).powi(2);
            let lift = if (y - cap).rem_euclid(88.0) < 2.0 { 0.8 } else { 1.0 };
            let wet = (noise(x * 0.9 + drift, y * 0.16) - 0.08).max(0.0) * (1.0 - (y - cap) / 420.0).max(0.0);
            let color = mix(concrete(x, y, base, drift), [96.0, 90.0, 78.0], wet * 1.5);
            return lit(shade(color, round * lift), glow);
        }
        let floor = 352.0 + noise(x * 0.7 + drift, 20.0) * 18.0;
        if y > floor {
            let gravel =
                mix([128.0, 120.0, 104.0], [92.0, 100.0, 66.0], noise(x * 0.3, y * 0.3 + drift) + 0.5);
            return lit(shade(gravel, 1.0 + noise(x * 5.0, y * 5.0) * 0.4), glow);
        }
        let wood = 268.0 + noise(x * 0.5 + drift, 70.0) * 46.0;
        if y > wood {
            return lit(
                mix(shade([78.0, 104.0, 66.0], 1.0 + noise(x * 2.0, y * 2.0) * 0.4), low, 0.18),
                glow,
            );
        }
        sky(x, y, 330.0, top, low, drift)
    });
    let mut at = (middle + dice.range(-50.0, 30.0), cap + dice.range(10.0, 40.0));
    for _ in 0..46 {
        let next = (at.0 + dice.range(-5.5, 6.5), at.1 + dice.range(1.5, 7.0));
        canvas.line(at, next, dice.range(0.8, 1.9), [48.0, 44.0, 40.0], 0.75);
        at = next;
    }
    canvas
}

fn crack(dice: &mut Dice) -> Canvas {
    let drift = dice.range(0.0, 500.0);
    let base = mix([186.0, 184.0, 178.0], [158.0, 152.0, 142.0], dice.unit());
    let seam = dice.range(90.0, 200.0);
    let damp = dice.range(0.25, 0.7);
    let mut canvas = Canvas::paint(|x, y| {
        let board = if x.rem_euclid(seam) < 2.0 { 0.86 } else { 1.0 };
        let grain = 1.0 + 0.03 * noise(x * 5.0 + drift, y * 0.5);
        let pore = noise(x * 7.0 + drift, y * 7.0 + drift * 0.5);
        let hole = if pore > 0.46 { 0.72 } else { 1.0 };
        let stain = (noise(x * 0.45 + drift, y * 0.22 + drift) + 0.05).max(0.0) * damp;
        let fall = 1.06 - 0.16 * (x / 640.0) - 0.06 * (y / 426.0);
        shade(mix(concrete(x, y, base, drift), [112.0, 104.0, 90.0], stain), board * grain * hole * fall)
    });
    for bolt in 0..6_u8 {
        let (x, y) = (seam * 0.5 + f32::from(bolt % 3) * seam * 1.6, 90.0 + f32::from(bolt / 3) * 240.0);
        disc(&mut canvas, x, y, 9.0, [88.0, 84.0, 78.0]);
        disc(&mut canvas, x + 1.0, y + 1.0, 6.5, [58.0, 55.0, 52.0]);
    }
    let mut at = (dice.range(-10.0, 60.0), dice.range(60.0, 340.0));
    let slope = dice.range(-0.45, 0.45);
    let mut width = dice.range(1.6, 3.6);
    while at.0 < 650.0 {
        let next = (at.0 + dice.range(3.0, 10.0), at.1 + slope * 6.0 + dice.range(-6.5, 6.5));
        width = (width + dice.range(-0.5, 0.5)).clamp(0.9, 4.6);
        canvas.line((at.0, at.1 + 2.0), (next.0, next.1 + 2.0), width + 3.0, [226.0, 224.0, 216.0], 0.28);
        canvas.line(at, next, width, [38.0, 34.0, 31.0], 0.9);
        if dice.unit() < 0.12 {
            let mut side = next;
            for _ in 0..9 {
                let on = (side.0 + dice.range(-1.0, 6.0), side.1 + dice.range(-2.0, 8.0));
                canvas.line(side, on, 1.0, [52.0, 48.0, 44.0], 0.7);
                side = on;
            }
        }
        at = next;
    }
    scale(&mut canvas, dice.range(380.0, 470.0), dice.range(330.0, 376.0));
    canvas
}

fn disc(canvas: &mut Canvas, cx: f32, cy: f32, radius: f32, color: Rgb) {
    let mut y = -radius;
    while y <= radius {
        let mut x = -radius;
        while x <= radius {
            let soft = radius + 0.5 - (x * x + y * y).sqrt();
            if soft > 0.0 {
                canvas.blend(cx + x, cy + y, color, soft.min(1.0) * 0.9);
            }
            x += 1.0;
        }
        y += 1.0;
    }
}

/// The yellow rule that is laid beside a crack.
fn scale(canvas: &mut Canvas, left: f32, top: f32) {
    canvas.rect(left + 2.0, top + 3.0, left + 152.0, top + 29.0, |_, _| [30.0, 28.0, 26.0], 0.35);
    canvas.rect(
        left,
        top,
        left + 150.0,
        top + 26.0,
        |x, y| shade([244.0, 204.0, 48.0], 1.0 + noise(x, y) * 0.05),
        1.0,
    );
    for tick in 0..30_u8 {
        let x = left + 3.0 + f32::from(tick) * 5.0;
        let length = if tick % 10 == 0 {
            15.0
        } else if tick % 5 == 0 {
            11.0
        } else {
            6.0
        };
        canvas.line((x, top), (x, top + length), 1.0, [24.0, 22.0, 20.0], 0.95);
    }
}

fn girders(dice: &mut Dice) -> Canvas {
    let drift = dice.range(0.0, 500.0);
    let vanish = (dice.range(240.0, 400.0), dice.range(120.0, 200.0));
    let paint = mix([104.0, 128.0, 118.0], [120.0, 122.0, 132.0], dice.unit());
    let rust = dice.range(0.5, 1.3);
    let beams = dice.range(5.0, 8.0).floor();
    Canvas::paint(|x, y| {
        let (dx, dy) = (x - vanish.0, y - vanish.1);
        let distance = (dx * dx + dy * dy).sqrt().max(1.0);
        let near = (distance / 420.0).clamp(0.0, 1.0);
        if distance < 26.0 {
            return mix([236.0, 238.0, 236.0], [180.0, 190.0, 180.0], distance / 26.0);
        }
        let turn = dy.atan2(dx) / std::f32::consts::TAU + 0.5;
        let across = (turn * beams * 2.0).rem_euclid(1.0);
        let depth = (900.0 / distance + drift).rem_euclid(1.6);
        let flange = !(0.2..=0.94).contains(&across);
        let brace = depth < 0.12;
        let spots = ((noise(x * 1.2 + drift, y * 1.2) - 0.04).max(0.0) * rust).min(0.85);
        let color = if flange || brace {
            mix(shade(paint, 1.18 - across * 0.5), [136.0, 78.0, 44.0], spots)
        } else {
            mix(concrete(x, y, [118.0, 116.0, 112.0], drift), shade(paint, 0.6), 0.35)
        };
        shade(color, (0.42 + 0.66 * near) * (1.0 + noise(x * 4.0, y * 4.0) * 0.06))
    })
}
