//! A listing shared out over the key space. Each lister goes over a part of its own; who is early done takes half of what another
//! has still before it.
//!
//! **Invariant:** parts lie one behind the other and hold every key there can be, each in exactly one of them.
//!
//! Whether nothing was lost between two parts is not believed but seen. The lister of a part reads on until it meets the first key
//! behind it ([`Seam`]), and that has to be the one which the next lister met first. A server in whatever order, as long as it is
//! always the same one, was then asked for all of its keys without a gap.
use std::time::Duration;

/// Most listers of one listing.
pub const MOST_LISTERS: usize = 16;
/// Pages of a part before it is split, and before it is split again.
pub const SETTLED: u64 = 4;
/// Full pages before a listing is taken to be a long one.
const PATIENCE: u64 = 8;
/// One lister is enough while the server needs less than so many times as long as the journal.
const WORTH: u32 = 4;
/// Answers that take so many times as long as the quickest ones come from a server that has enough to do.
const SLOWER: u32 = 3;
/// At most one of so many requests may be a look into a part that turns out empty.
const WASTE: u64 = 8;
/// Fewest row numbers of a part.
const ROOM: u64 = 1 << 24;
/// Places of a key that are looked at for a point to split at.
const DEPTH: usize = 64;

/// The part of the key space that one lister goes over: what is behind `after`, up to and with `until`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// Empty: from the first key.
    pub after: String,
    /// `None`: to the last.
    pub until: Option<String>,
}

/// What of a page belongs to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// All of it.
    Whole,
    /// Only so many of the first keys: the next one is another part's.
    At(usize),
    /// The keys do not rise: this server has an order of its own.
    Disorder,
}

/// The first key that a lister met at a border.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seam {
    /// This one.
    Key(String),
    /// None: the listing ended.
    End,
}

impl Span {
    /// Whether a key is in it.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        key > self.after.as_str() && self.until.as_deref().is_none_or(|until| key <= until)
    }

    /// What is up to and with `at`, and what is behind it. `None` when one of them would be nothing.
    #[must_use]
    pub fn split(&self, at: &str) -> Option<(Self, Self)> {
        let inside = at > self.after.as_str() && self.until.as_deref().is_none_or(|until| at < until);
        inside.then(|| {
            let left = Self { after: self.after.clone(), until: Some(at.to_owned()) };
            (left, Self { after: at.to_owned(), until: self.until.clone() })
        })
    }

    /// What of the keys of a page, as they came, belongs to it, after the last one that was taken.
    #[must_use]
    pub fn cut<'k>(&self, last: &str, keys: impl IntoIterator<Item = &'k str>) -> Cut {
        let mut before = if last > self.after.as_str() { last } else { self.after.as_str() };
        let mut cut = Cut::Whole;
        for (place, key) in keys.into_iter().enumerate() {
            if key <= before {
                return Cut::Disorder;
            }
            before = key;
            if cut == Cut::Whole && !self.contains(key) {
                cut = Cut::At(place);
            }
        }
        cut
    }
}

/// Whether every lister met what the next one began with: `(first met, met behind its end)` of all parts, in order.
#[must_use]
pub fn gap(seams: &[(Option<Seam>, Option<Seam>)]) -> Option<usize> {
    seams.windows(2).position(|pair| match pair {
        [(_, behind), (first, _)] => behind.is_none() || behind != first,
        _ => false,
    })
}

/// The first row number of the right half of a part that has `next..end` left, if there are enough for both. To the right of an
/// open part lies, as far as anybody knows, most of the listing.
#[must_use]
pub const fn share(next: u64, end: u64, open: bool) -> Option<u64> {
    let spare = end.saturating_sub(next);
    let left = if open { spare / 16 } else { spare / 2 };
    let left = if left < ROOM { ROOM } else { left };
    if spare < left.saturating_add(ROOM) { None } else { Some(next + left) }
}

/// Characters that are likely where this one is: those of its kind. None for signs, which keep parts of a name apart.
fn kind(of: char) -> Option<(char, char)> {
    match of {
        '0'..='9' => Some(('0', '9')),
        'A'..='Z' => Some(('A', 'Z')),
        'a'..='z' => Some(('a', 'z')),
        // Characters that differ in their last byte only.
        '\u{80}'.. => {
            let block = u32::from(of) & !0x3f;
            Some((char::from_u32(block)?, char::from_u32(block | 0x3f)?))
        }
        _ => None,
    }
}

/// The middle one of the likely characters behind `low` and before `high` (to the end of its kind without one).
fn middle(low: char, high: Option<char>) -> Option<char> {
    let between = |from: char, to: char| -> Option<char> {
        let (from, to) = (u32::from(from), u32::from(to));
        (from <= to).then(|| char::from_u32(from + (to - from) / 2)).flatten().filter(|c| {
            // No text: some servers take none of them.
            u32::from(*c) & 0xfffe != 0xfffe && !('\u{fdd0}'..='\u{fdef}').contains(c)
        })
    };
    let after = char::from_u32(u32::from(low) + 1)?;
    let Some(high) = high else {
        let (_, top) = kind(low)?;
        return between(after, top);
    };
    let before = char::from_u32(u32::from(high).checked_sub(1)?)?;
    let same = kind(low).filter(|(_, top)| *top < high).and_then(|(_, top)| between(after, top));
    // The kinds between the two, or of them as far as they reach.
    let kinds = [('0', '9'), ('A', 'Z'), ('a', 'z')];
    let reach = |(first, top): (char, char)| between(first.max(after), top.min(before));
    let under = kind(high).and_then(|(first, _)| between(first.max(after), before));
    same.or(under).or_else(|| kinds.into_iter().find_map(reach))
}

/// Index of the byte where two texts part, at a character's border in both.
fn common(a: &str, b: &str) -> usize {
    a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(a.len().min(b.len()), |((at, _), _)| at)
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn with(text: &str, at: usize, last: char) -> Option<String> {
    let mut point = text.get(..at)?.to_owned();
    point.push(last);
    Some(point)
}

/// A key to split at what is left of a part: behind the last key that was taken, before its end. It need not be there. `first` is
/// the first key of the whole listing: where it differs from the last one, keys differ.
#[must_use]
pub fn split_point(first: &str, last: &str, until: Option<&str>) -> Option<String> {
    let point = match until {
        Some(until) => halve(last, until),
        None => reach_out(first, last),
    }?;
    let inside = point.as_str() > last && until.is_none_or(|until| point.as_str() < until);
    (inside && point.len() <= 1024).then_some(point)
}

fn halve(last: &str, until: &str) -> Option<String> {
    let at = common(last, until);
    let high = char_at(until, at)?;
    // Nothing is before the first character, as nothing is behind the end.
    let low = char_at(last, at);
    if let Some(middle) = middle(low.unwrap_or('\u{20}'), Some(high)) {
        return with(last, at, middle);
    }
    let whole = with(until, at, high)?;
    if whole.len() < until.len() {
        return Some(whole);
    }
    let rest = last.get(at..)?.char_indices().skip(1).take(DEPTH);
    rest.map(|(place, c)| (at + place, c)).find_map(|(place, c)| with(last, place, middle(c, None)?))
}

/// Where nobody knows how far it goes: half of what is left where keys differ, then, when that is little, ten times as far.
fn reach_out(first: &str, last: &str) -> Option<String> {
    let at = common(first, last);
    let places: Vec<(usize, char)> = last.char_indices().take_while(|(place, _)| *place <= at).collect();
    let mut wider = places.iter().rev().take(DEPTH);
    if let Some((place, c)) = places.last()
        && *place == at
        && let Some((low, top)) = kind(*c)
        && (u32::from(top) - u32::from(*c)) * 2 >= u32::from(top) - u32::from(low)
    {
        return with(last, at, middle(*c, None)?);
    }
    let far = wider.clone().skip(1).find_map(|(place, c)| with(last, *place, middle(*c, None)?));
    far.or_else(|| wider.find_map(|(place, c)| with(last, *place, middle(*c, None)?))).or_else(|| {
        // All of this kind was seen: the next one.
        let c = last.chars().next()?;
        [('0', '9'), ('A', 'Z'), ('a', 'z')]
            .into_iter()
            .find(|(from, _)| *from > c)
            .and_then(|(from, top)| middle(from, Some(top)))
            .map(String::from)
    })
}

/// How many listers pay. It begins with one; where the way to the server takes much longer than keeping what it sent, there are more
/// with every page, until the server answers more slowly for it or asks for patience.
#[derive(Debug, Clone)]
pub struct Pace {
    listers: usize,
    pages: u64,
    wasted: u64,
    /// Pages since the number changed.
    since: usize,
    /// Whether the server asked for patience once.
    careful: bool,
    trip: Duration,
    keep: Duration,
    /// The quickest that `trip` was.
    calm: Duration,
}

impl Pace {
    /// Where so many pages were read already, and so many parts were found empty.
    #[must_use]
    pub const fn after(pages: u64, wasted: u64) -> Self {
        Self {
            listers: 1,
            pages,
            wasted,
            since: 0,
            careful: false,
            trip: Duration::ZERO,
            keep: Duration::ZERO,
            calm: Duration::MAX,
        }
    }

    /// A page came after `trip` and was kept within `keep`.
    pub fn page(&mut self, trip: Duration, keep: Duration) {
        let smooth = |old: Duration, new: Duration| {
            if old.is_zero() { new } else { old.mul_f64(0.75) + new.mul_f64(0.25) }
        };
        self.trip = smooth(self.trip, trip);
        self.keep = smooth(self.keep, keep);
        self.calm = self.calm.min(self.trip);
        self.pages += 1;
        self.since += 1;
        let round = if self.careful { self.listers } else { 1 };
        if self.pages < PATIENCE || self.since < round {
            return;
        }
        let worth = self.worth();
        if worth > self.listers && self.trip <= self.calm.saturating_mul(SLOWER) {
            self.listers += 1;
            self.since = 0;
        } else if worth < self.listers && self.since >= self.listers {
            self.listers -= 1;
            self.since = 0;
        }
    }

    /// As many as it takes for the journal to have something to do all the time.
    fn worth(&self) -> usize {
        if self.trip < self.keep.saturating_mul(WORTH) {
            return 1;
        }
        let times = self.trip.as_nanos().checked_div(self.keep.as_nanos()).unwrap_or(u128::MAX);
        usize::try_from(times).unwrap_or(usize::MAX).min(MOST_LISTERS)
    }

    /// A part was empty.
    pub const fn wasted(&mut self) {
        self.wasted += 1;
    }

    /// The server asked for patience.
    pub const fn throttled(&mut self) {
        self.listers = if self.listers > 1 { self.listers / 2 } else { 1 };
        self.since = 0;
        self.careful = true;
    }

    /// Listers that may be under way.
    #[must_use]
    pub const fn listers(&self) -> usize {
        self.listers
    }

    /// Whether a guess may be made of where to split; `known` when it is none.
    #[must_use]
    pub const fn may_split(&self, known: bool) -> bool {
        self.pages >= PATIENCE && (known || self.wasted * WASTE <= self.pages)
    }
}

#[cfg(test)]
mod tests;
