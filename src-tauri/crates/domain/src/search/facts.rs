//! What can be asked of an object beyond what a listing tells: content type, tags, and what a camera wrote.
//!
//! Such things are known only of objects that somebody looked at. What is not known is [`Fit::Unknown`], never "does not fit".
use super::{fold, limit};
use crate::Timestamp;

/// Longest content type, camera, tag name or tag value that is kept, in characters. S3 allows 128 and 256 for tags.
const LONGEST: usize = 256;
/// Most tags of one object that are kept; S3 allows 10.
const MOST_TAGS: usize = 50;

/// A point on the ground, in millionths of a degree (a tenth of a metre), WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// North, −90,000,000 to 90,000,000.
    pub north: i32,
    /// East, −180,000,000 to 180,000,000.
    pub east: i32,
}

impl Place {
    /// From degrees; `None` for what is no place on Earth.
    #[must_use]
    pub fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        Some(Self { north: millionths(latitude, 90.0)?, east: millionths(longitude, 180.0)? })
    }
}

#[allow(clippy::cast_possible_truncation, reason = "at most 180 million, as was just asked")]
fn millionths(degrees: f64, most: f64) -> Option<i32> {
    (degrees.is_finite() && degrees.abs() <= most).then(|| (degrees * 1e6).round() as i32)
}

/// What a camera wrote into a file. All of it may be absent: then the file was looked into and says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capture {
    /// Make and model.
    pub camera: String,
    /// What the camera's clock showed, as if that clock were UTC: milliseconds since 1970.
    pub taken: Option<i64>,
    /// Where.
    pub place: Option<Place>,
}

/// What was learned of one version of an object. `None` is "nobody looked".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Content type; empty when the object has none.
    pub content_type: Option<String>,
    /// Tags by name.
    pub tags: Option<Vec<(String, String)>>,
    /// What the camera wrote.
    pub capture: Option<Capture>,
}

impl Facts {
    /// Takes over what is known in `newer`; what is not known there stays.
    pub fn learn(&mut self, newer: Self) {
        self.content_type = newer.content_type.or_else(|| self.content_type.take());
        self.tags = newer.tags.or_else(|| self.tags.take());
        self.capture = newer.capture.or_else(|| self.capture.take());
    }

    /// Without what is too long to be kept. What is cut off cannot be asked for as a whole, so a long tag is left out.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
        self.content_type = self.content_type.map(|text| short(&text));
        if let Some(tags) = &mut self.tags {
            tags.retain(|(name, value)| name.chars().count() <= LONGEST && value.chars().count() <= LONGEST);
            tags.truncate(MOST_TAGS);
        }
        if let Some(capture) = &mut self.capture {
            capture.camera = short(&capture.camera);
        }
        self
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.content_type.is_none() && self.tags.is_none() && self.capture.is_none()
    }
}

/// One tag that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TagAsked {
    /// Name, folded.
    pub name: String,
    /// Whole value, folded; `None` is any.
    pub value: Option<String>,
}

/// A part of the Earth between two circles of latitude and two of longitude, borders included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeoBox {
    /// South-west corner.
    pub from: Place,
    /// North-east corner. Where it lies west of the other one, the box reaches over the 180th meridian.
    pub to: Place,
}

impl GeoBox {
    /// Whether a place lies in it.
    #[must_use]
    pub const fn holds(&self, place: Place) -> bool {
        let (west, east) = (self.from.east, self.to.east);
        let across = if west <= east {
            west <= place.east && place.east <= east
        } else {
            west <= place.east || place.east <= east
        };
        self.from.north <= place.north && place.north <= self.to.north && across
    }
}

/// What a question asks of facts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Asked {
    /// Content types (`image/jpeg`) or their first halves (`image`), lower case; one must fit.
    pub types: Vec<String>,
    /// Each must be there.
    pub tags: Vec<TagAsked>,
    /// Fragments of a camera's name, folded; one must fit.
    pub cameras: Vec<String>,
    /// Taken then or later, by the camera's clock.
    pub taken_since: Option<i64>,
    /// Taken before this, by the camera's clock.
    pub taken_before: Option<i64>,
    /// Where it was taken.
    pub within: Option<GeoBox>,
}

/// Whether an object is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Yes,
    /// It is not: something that is known of it says so.
    No,
    /// Nothing speaks against it, and not all that is asked is known.
    Unknown,
}

impl Asked {
    /// Whether nothing is asked of facts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the content type is asked for.
    #[must_use]
    pub const fn asks_type(&self) -> bool {
        !self.types.is_empty()
    }

    /// Whether tags are asked for.
    #[must_use]
    pub const fn asks_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Whether something that a camera writes is asked for.
    #[must_use]
    pub const fn asks_capture(&self) -> bool {
        !self.cameras.is_empty()
            || self.taken_since.is_some()
            || self.taken_before.is_some()
            || self.within.is_some()
    }

    /// What facts say to the question.
    #[must_use]
    pub fn judge(&self, facts: &Facts) -> Fit {
        let answers = [
            told(self.asks_type(), facts.content_type.as_ref(), |given| self.fits_type(given)),
            told(self.asks_tags(), facts.tags.as_ref(), |given| self.fits_tags(given)),
            told(self.asks_capture(), facts.capture.as_ref(), |given| self.fits_capture(given)),
        ];
        if answers.contains(&Fit::No) {
            Fit::No
        } else if answers.contains(&Fit::Unknown) {
            Fit::Unknown
        } else {
            Fit::Yes
        }
    }

    fn fits_type(&self, given: &str) -> bool {
        let whole = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let half = whole.split('/').next().unwrap_or_default();
        self.types.iter().any(|asked| *asked == whole || *asked == half)
    }

    fn fits_tags(&self, given: &[(String, String)]) -> bool {
        self.tags.iter().all(|asked| {
            given.iter().any(|(name, value)| {
                fold(name) == asked.name.as_str()
                    && asked.value.as_ref().is_none_or(|want| fold(value) == want.as_str())
            })
        })
    }

    fn fits_capture(&self, given: &Capture) -> bool {
        let camera = fold(&given.camera);
        let timed = self.taken_since.is_some() || self.taken_before.is_some();
        (self.cameras.is_empty() || self.cameras.iter().any(|part| camera.contains(part.as_str())))
            && (!timed
                || given.taken.is_some_and(|at| {
                    self.taken_since.is_none_or(|since| at >= since)
                        && self.taken_before.is_none_or(|before| at < before)
                }))
            && self.within.is_none_or(|within| given.place.is_some_and(|place| within.holds(place)))
    }
}

fn told<T: ?Sized>(asked: bool, given: Option<&T>, fits: impl FnOnce(&T) -> bool) -> Fit {
    match (asked, given) {
        (false, _) => Fit::Yes,
        (true, None) => Fit::Unknown,
        (true, Some(given)) if fits(given) => Fit::Yes,
        (true, Some(_)) => Fit::No,
    }
}

/// Whether what was learned of an object last changed at one time may be believed of one that was last changed at the other.
/// HEAD tells whole seconds and some servers round them, so a second does not count. What has no time says nothing against it.
#[must_use]
pub fn same_change(learned: Option<Timestamp>, listed: Option<Timestamp>) -> bool {
    match (learned, listed) {
        (Some(a), Some(b)) => a.millis().abs_diff(b.millis()) <= 1000,
        (None, _) | (_, None) => true,
    }
}

/// `2026-05-12T10:14:07`, with or without what follows, as [`Capture::taken`]: what the clock showed, wherever it was.
#[must_use]
pub fn wall_clock(text: &str) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let (day, _) = limit::date(day)?;
    let mut parts = rest.strip_prefix('T')?.get(..8)?.split(':').map(|part| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())
            .flatten()
    });
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let good = parts.next().is_none() && hours < 24 && minutes < 60 && seconds < 61;
    good.then_some(day + ((hours * 60 + minutes) * 60 + seconds) * 1000)
}

/// First halves of content types that are no kinds of ours as well (see [`super::Kind`]): those go by the ending.
const HALVES: [&str; 6] = ["image", "application", "text", "font", "model", "message"];

/// A content type, or the first half of one; lower case.
pub(super) fn content_type(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if HALVES.contains(&text.as_str()) {
        return Some(text);
    }
    let (half, rest) = text.split_once('/')?;
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    if !plain(half) {
        None
    } else if rest == "*" {
        Some(half.to_owned())
    } else {
        plain(rest).then_some(text)
    }
}

/// `case=open`, or `case` for any value.
pub(super) fn tag(text: &str) -> Option<TagAsked> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(fold(value).into_owned())),
        None => (text, None),
    };
    (!name.is_empty()).then(|| TagAsked { name: fold(name).into_owned(), value })
}

/// `47.3,8.4..47.5,8.6`: south-west corner, then north-east corner.
pub(super) fn geo_box(text: &str) -> Option<GeoBox> {
    let (from, to) = text.split_once("..")?;
    let found = GeoBox { from: place(from)?, to: place(to)? };
    (found.from.north <= found.to.north).then_some(found)
}

fn place(text: &str) -> Option<Place> {
    let (latitude, longitude) = text.split_once(',')?;
    let degrees = |text: &str| {
        let plain =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
        plain.then(|| text.parse::<f64>().ok()).flatten()
    };
    Place::from_degrees(degrees(latitude)?, degrees(longitude)?)
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn asked(text: &str) -> Asked {
        let query = Query::parse(text, NOW).unwrap();
        assert!(query.words.is_empty() && query.without.is_empty(), "{query:?}");
        assert_eq!(query.limits, super::super::Limits::default());
        query.facts
    }

    fn photo() -> Facts {
        Facts {
            content_type: Some("image/JPEG; q=1".to_owned()),
            tags: Some(vec![
                ("Case".to_owned(), "Open".to_owned()),
                ("site".to_owned(), "A14 West".to_owned()),
            ]),
            capture: Some(Capture {
                camera: "NIKON D850".to_owned(),
                taken: wall_clock("2026-11-21T23:59:59+05:00"),
                place: Place::from_degrees(47.4, 8.5),
            }),
        }
    }

    #[test]
    fn what_fits_and_what_does_not() {
        for (text, fit) in [
            ("type:image", Fit::Yes),
            ("type:image/jpeg,image/png", Fit::Yes),
            ("type:image/*", Fit::Yes),
            ("type:image/png", Fit::No),
            ("tag:case=open", Fit::Yes),
            ("tag:CASE=OPEN tag:site", Fit::Yes),
            ("tag:site=\"a14 west\"", Fit::Yes),
            ("tag:site=a14", Fit::No),
            ("tag:case=open tag:nothing", Fit::No),
            ("camera:nikon", Fit::Yes),
            ("camera:canon,\"nikon d8\"", Fit::Yes),
            ("camera:canon", Fit::No),
            ("taken:2026-11-20..2026-11-22", Fit::Yes),
            ("taken:2026-11-21", Fit::Yes),
            ("taken:<2026-11-21", Fit::No),
            ("taken:>2026-11", Fit::No),
            ("gps:47.3,8.4..47.5,8.6", Fit::Yes),
            ("gps:47.3,8.4..47.5,8.45", Fit::No),
            ("gps:-90,170..90,-170", Fit::No),
            ("gps:-90,8.5..90,-170", Fit::Yes),
            ("type:image tag:case camera:d850 taken:2026 gps:40,0..50,10", Fit::Yes),
        ] {
            assert_eq!(asked(text).judge(&photo()), fit, "{text}");
            assert_eq!(asked(text).judge(&Facts::default()), Fit::Unknown, "{text}");
        }
        // Looked into, and it says nothing: that is known.
        let bare = Facts {
            content_type: Some(String::new()),
            tags: Some(Vec::new()),
            capture: Some(Capture::default()),
        };
        for text in ["type:image", "tag:case", "camera:x", "taken:2026", "gps:-90,-180..90,180"] {
            assert_eq!(asked(text).judge(&bare), Fit::No, "{text}");
        }
        assert_eq!(Asked::default().judge(&Facts::default()), Fit::Yes);
    }

    #[test]
    fn one_thing_that_speaks_against_it_is_enough_also_where_others_are_not_known() {
        let half = Facts { capture: None, ..photo() };
        assert_eq!(asked("type:image/png camera:nikon").judge(&half), Fit::No);
        assert_eq!(asked("type:image camera:nikon").judge(&half), Fit::Unknown);
    }

    #[test]
    fn kinds_by_ending_stay_what_they_were_and_are_not_mixed_with_content_types() {
        let query = Query::parse("type:photo type:video,audio", NOW).unwrap();
        assert_eq!((query.limits.kinds.len(), query.facts.types.len()), (3, 0));
        let both = Query::parse("type:photo type:image/png", NOW).unwrap();
        assert_eq!((both.limits.kinds.len(), both.facts.types.len()), (1, 1));
        Query::parse("type:photo,image/png", NOW).unwrap_err();
    }

    #[test]
    fn values_that_are_none_are_told() {
        for text in [
            "type:image/",
            "type:/png",
            "type:a/b/c",
            "tag:",
            "tag:=x",
            "camera:",
            "taken:soon",
            "taken:2026-13",
            "gps:",
            "gps:47.3,8.4",
            "gps:47.5,8.4..47.3,8.6",
            "gps:91,0..92,0",
            "gps:0,0..1,181",
            "gps:nan,0..1,1",
            "gps:1e1,0..20,1",
        ] {
            let problem = Query::parse(text, NOW).unwrap_err();
            assert!(problem.to_string().starts_with(&format!("“{text}” does not say which")), "{problem}");
        }
    }

    #[test]
    fn clocks_are_read_as_they_showed() {
        assert_eq!(wall_clock("1970-01-02T00:00:01"), Some(86_401_000));
        assert_eq!(wall_clock("1970-01-02T00:00:01+09:00"), Some(86_401_000));
        for nothing in ["", "1970-01-02", "1970-01-02T24:00:00", "1970-02-30T00:00:00", "1970-01-02T00:0a:00"]
        {
            assert_eq!(wall_clock(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_learned_later_adds_to_what_was_known() {
        let mut facts = Facts { tags: Some(Vec::new()), ..Facts::default() };
        facts.learn(Facts { content_type: Some("a/b".to_owned()), ..Facts::default() });
        assert_eq!(
            (facts.tags.is_some(), facts.content_type.is_some(), facts.capture.is_some()),
            (true, true, false)
        );
        facts.learn(photo());
        assert_eq!(facts, photo());
        let long = Facts { tags: Some(vec![("a".to_owned(), "v".repeat(300))]), ..photo() }.bounded();
        assert_eq!(long.tags, Some(Vec::new()));
        assert!(!long.is_empty() && Facts::default().is_empty());
    }

    #[test]
    fn a_second_between_two_clocks_is_nothing() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        assert!(same_change(at(5000), at(5999)) && same_change(None, at(1)) && same_change(at(1), None));
        assert!(!same_change(at(5000), at(6001)));
    }
}
