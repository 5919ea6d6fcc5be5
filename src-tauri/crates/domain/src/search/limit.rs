//! Limits of a question. Times are UTC, like those that S3 tells.
use super::{Query, QueryProblem, facts};
use crate::Timestamp;

/// What kind of file a name speaks of, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Nothing of the below.
    Other,
    /// Pictures, camera RAW included.
    Photo,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Texts and sheets that people read.
    Document,
    /// Rows, columns and records.
    Data,
    /// Several files in one.
    Archive,
}

const KINDS: &[(Kind, &str, &[&str])] = &[
    (
        Kind::Photo,
        "photo",
        &[
            "jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "heic", "heif", "avif", "bmp", "svg", "dng",
            "cr2", "cr3", "nef", "nrw", "arw", "raf", "rw2", "orf", "pef", "srw", "x3f", "raw",
        ],
    ),
    (Kind::Video, "video", &["mp4", "mov", "m4v", "avi", "mkv", "webm", "mts", "m2ts", "mxf", "braw", "r3d"]),
    (Kind::Audio, "audio", &["wav", "mp3", "flac", "aac", "m4a", "ogg", "opus", "aif", "aiff", "wma"]),
    (
        Kind::Document,
        "document",
        &[
            "pdf", "doc", "docx", "odt", "txt", "md", "rtf", "xls", "xlsx", "ods", "ppt", "pptx", "html",
            "htm",
        ],
    ),
    (
        Kind::Data,
        "data",
        &["csv", "tsv", "json", "ndjson", "jsonl", "parquet", "xml", "yaml", "yml", "sqlite", "log"],
    ),
    (Kind::Archive, "archive", &["zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "iso"]),
];

/// Longest ending in [`KINDS`].
const LONGEST: usize = 8;

impl Kind {
    /// By the ending of a name, in any case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let Some((_, ending)) = name.rsplit_once('.') else { return Self::Other };
        if ending.len() > LONGEST {
            return Self::Other;
        }
        let known = |endings: &[&str]| endings.iter().any(|known| known.eq_ignore_ascii_case(ending));
        KINDS.iter().find(|(_, _, endings)| known(endings)).map_or(Self::Other, |(kind, _, _)| *kind)
    }
}

/// What must hold beside the words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Limits {
    /// Least bytes.
    pub at_least: Option<u64>,
    /// Most bytes.
    pub at_most: Option<u64>,
    /// Changed then or later.
    pub since: Option<Timestamp>,
    /// Changed before this.
    pub before: Option<Timestamp>,
    /// Parts of names of storage classes, in capitals; one of them must fit.
    pub classes: Vec<String>,
    /// Endings, folded and without the dot; one of them must fit.
    pub endings: Vec<String>,
    /// Kinds; one of them must fit.
    pub kinds: Vec<Kind>,
    /// Whether the object must, or must not, be a Safe file of ours. The journal knows.
    pub safe: Option<bool>,
}

impl Limits {
    /// Whether all but [`Limits::safe`] hold for an object with this folded key. What has no time fits no limit of time.
    #[must_use]
    pub fn hold(&self, size: u64, modified: Option<Timestamp>, class: &str, folded: &str) -> bool {
        self.fits_size(size) && self.fits_time(modified) && self.fits_class(class) && self.fits_name(folded)
    }

    /// Whether this many bytes fit.
    #[must_use]
    pub fn fits_size(&self, size: u64) -> bool {
        self.at_least.is_none_or(|least| size >= least) && self.at_most.is_none_or(|most| size <= most)
    }

    /// Whether a change at this time fits.
    #[must_use]
    pub fn fits_time(&self, modified: Option<Timestamp>) -> bool {
        if self.since.is_none() && self.before.is_none() {
            return true;
        }
        modified.is_some_and(|at| {
            self.since.is_none_or(|since| at >= since) && self.before.is_none_or(|before| at < before)
        })
    }

    /// Whether this storage class fits.
    #[must_use]
    pub fn fits_class(&self, class: &str) -> bool {
        self.classes.is_empty() || self.classes.iter().any(|part| class.contains(part.as_str()))
    }

    /// Whether ending and kind fit a folded name or key.
    #[must_use]
    pub fn fits_name(&self, folded: &str) -> bool {
        let ends =
            |ending: &String| folded.strip_suffix(ending.as_str()).is_some_and(|rest| rest.ends_with('.'));
        (self.endings.is_empty() || self.endings.iter().any(ends))
            && (self.kinds.is_empty() || self.kinds.contains(&Kind::of(folded)))
    }
}

/// Takes a limit in; false when the text is none.
pub(super) fn read(text: &str, not: bool, now: Timestamp, query: &mut Query) -> Result<bool, QueryProblem> {
    let Some((name, value)) = text.split_once(':') else { return Ok(false) };
    let wrong = |what, example| QueryProblem::Value { given: text.to_owned(), what, example };
    let Query { limits, facts: asked, .. } = query;
    match (name.to_ascii_lowercase().as_str(), not) {
        ("size", false) => {
            let (least, most) =
                range(value, size).ok_or_else(|| wrong("size", "size:>10mb or size:1kb..5gb"))?;
            limits.at_least = least.map(|(at, _)| at).or(limits.at_least);
            limits.at_most = most.map(|(_, end)| end).or(limits.at_most);
        }
        ("date" | "modified", false) => {
            let (since, until) =
                range(value, date).ok_or_else(|| wrong("days", "date:2026-05 or date:>2026-05-12"))?;
            limits.since = since.map(|(at, _)| Timestamp::from_millis(at)).or(limits.since);
            limits.before = until.map(|(_, end)| Timestamp::from_millis(end)).or(limits.before);
        }
        (name @ ("newer" | "older"), false) => {
            let span = span(value).ok_or_else(|| wrong("time", "newer:7d or older:2y"))?;
            let at = Timestamp::from_millis(now.millis().saturating_sub(span));
            if name == "newer" { limits.since = Some(at) } else { limits.before = Some(at) }
        }
        ("class", false) => {
            let list = list(value, |v| Some(v.to_ascii_uppercase().replace(['-', ' '], "_")));
            limits.classes.extend(list.ok_or_else(|| wrong("storage class", "class:glacier"))?);
        }
        ("ext", false) => {
            let ending =
                |v: &str| Some(super::fold(v.trim_start_matches('.')).into_owned()).filter(|e| !e.is_empty());
            limits.endings.extend(list(value, ending).ok_or_else(|| wrong("ending", "ext:jpg,png"))?);
        }
        ("type", false) => {
            let kind = |v: &str| {
                let singular = v.to_ascii_lowercase();
                let singular = singular.strip_suffix('s').unwrap_or(&singular);
                KINDS.iter().find(|(_, word, _)| *word == singular).map(|(kind, _, _)| *kind)
            };
            // Kinds go by the ending, content types by what was learned: a list is of one or of the other.
            match (list(value, kind), list(value, facts::content_type)) {
                (Some(kinds), _) => limits.kinds.extend(kinds),
                (None, Some(types)) => asked.types.extend(types),
                (None, None) => {
                    return Err(wrong(
                        "kind",
                        "type:photo, type:video, type:audio, type:document, type:data, type:archive, or type:image/jpeg",
                    ));
                }
            }
        }
        ("tag", false) => {
            asked.tags.push(facts::tag(value).ok_or_else(|| wrong("tag", "tag:case=open or tag:case"))?);
        }
        ("camera", false) => {
            let part = |v: &str| Some(super::fold(v).into_owned());
            asked.cameras.extend(list(value, part).ok_or_else(|| wrong("camera", "camera:nikon"))?);
        }
        ("taken", false) => {
            let (since, until) = range(value, date)
                .ok_or_else(|| wrong("days", "taken:2026-11 or taken:2026-11-20..2026-11-22"))?;
            asked.taken_since = since.map(|(at, _)| at).or(asked.taken_since);
            asked.taken_before = until.map(|(_, end)| end).or(asked.taken_before);
        }
        ("gps", false) => {
            let within = facts::geo_box(value).ok_or_else(|| {
                wrong(
                    "part of the map",
                    "gps:47.3,8.4..47.5,8.6, from its south-west to its north-east corner",
                )
            })?;
            asked.within = Some(within);
        }
        ("is", not) if value.eq_ignore_ascii_case("safe") => limits.safe = Some(!not),
        _ => return Ok(false),
    }
    Ok(true)
}

fn list<T>(value: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let all: Option<Vec<T>> = value.split(',').filter(|v| !v.is_empty()).map(one).collect();
    all.filter(|all| !all.is_empty())
}

type Ends<T> = (Option<(T, T)>, Option<(T, T)>);

/// `>a`, `>=a`, `<b`, `<=b`, `a..b`, `a..`, `..b` or `a`. A value stands for a span (a month has a first and a last day): of
/// its two numbers the first is where it begins, the second where it ends.
fn range<T: Copy + One>(value: &str, read: impl Fn(&str) -> Option<(T, T)>) -> Option<Ends<T>> {
    if let Some(rest) = value.strip_prefix(">=") {
        return Some((Some(read(rest)?), None));
    }
    if let Some(rest) = value.strip_prefix("<=") {
        return Some((None, Some(read(rest)?)));
    }
    if let Some(rest) = value.strip_prefix('>') {
        let (_, end) = read(rest)?;
        return Some((Some((end.after(), end)), None));
    }
    if let Some(rest) = value.strip_prefix('<') {
        let (begin, _) = read(rest)?;
        return Some((None, Some((begin, begin.before()))));
    }
    if let Some((from, to)) = value.split_once("..") {
        let end = |text: &str| if text.is_empty() { Some(None) } else { read(text).map(Some) };
        let ends = (end(from)?, end(to)?);
        return (ends.0.is_some() || ends.1.is_some()).then_some(ends);
    }
    let whole = read(value)?;
    Some((Some(whole), Some(whole)))
}

/// What lies right beside a bound. Sizes are whole numbers up to and with the last; times reach up to a moment and not with it.
trait One {
    fn after(self) -> Self;
    fn before(self) -> Self;
}

impl One for u64 {
    fn after(self) -> Self {
        self.saturating_add(1)
    }
    fn before(self) -> Self {
        self.saturating_sub(1)
    }
}

impl One for i64 {
    fn after(self) -> Self {
        self
    }
    fn before(self) -> Self {
        self
    }
}

/// `10`, `10b`, `1.5kb`, `10mib`…: thousands as they are shown, and 1,024 where it says so.
fn size(text: &str) -> Option<(u64, u64)> {
    let text = text.to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let (base, unit) = match unit.strip_suffix("ib") {
        Some(unit) => (1024, unit),
        None => (1000, unit.strip_suffix('b').unwrap_or(unit)),
    };
    let power = match unit {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let scale = u64::checked_pow(base, power)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 6 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let ten = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let bytes = whole.checked_mul(scale)?.checked_add(part.checked_mul(scale)?.checked_div(ten)?)?;
    Some((bytes, bytes))
}

const DAY: i64 = 86_400_000;

/// `2026`, `2026-05` or `2026-05-12`: where it begins, and where what follows it begins.
pub(super) fn date(text: &str) -> Option<(i64, i64)> {
    let mut parts = text
        .split('-')
        .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten());
    let year = parts.next()??;
    let month = parts.next();
    let day = parts.next();
    if parts.next().is_some() || !(1970..=9999).contains(&year) {
        return None;
    }
    match (month, day) {
        (None, None) => Some((days(year, 1, 1) * DAY, days(year + 1, 1, 1) * DAY)),
        (Some(Some(month @ 1..=12)), None) => {
            Some((days(year, month, 1) * DAY, days(year + month / 12, month % 12 + 1, 1) * DAY))
        }
        (Some(Some(month @ 1..=12)), Some(Some(day))) => {
            let last = days(year + month / 12, month % 12 + 1, 1) - days(year, month, 1);
            let at = days(year, month, 1) + day - 1;
            (1..=last).contains(&day).then_some((at * DAY, (at + 1) * DAY))
        }
        _ => None,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. A year is counted from March, so that the day that some years have
/// more is its last one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 1 - 719_468
}

/// `12h`, `7d`, `3w`, `6m`, `2y`, in milliseconds; months have 30 days and years 365.
fn span(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    let one = match unit.to_ascii_lowercase() {
        'h' => DAY / 24,
        'd' => DAY,
        'w' => 7 * DAY,
        'm' => 30 * DAY,
        'y' => 365 * DAY,
        _ => return None,
    };
    number.checked_mul(one)
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn limits(text: &str) -> Limits {
        let query = Query::parse(text, NOW).unwrap();
        assert!(query.words.is_empty() && query.without.is_empty(), "{query:?}");
        query.limits
    }

    fn sizes(text: &str) -> (Option<u64>, Option<u64>) {
        let found = limits(text);
        (found.at_least, found.at_most)
    }

    fn times(text: &str) -> (Option<i64>, Option<i64>) {
        let found = limits(text);
        (found.since.map(Timestamp::millis), found.before.map(Timestamp::millis))
    }

    #[test]
    fn sizes_in_every_writing() {
        assert_eq!(sizes("size:>10MB"), (Some(10_000_001), None));
        assert_eq!(sizes("size:>=1.5kib"), (Some(1536), None));
        assert_eq!(sizes("size:<1k"), (None, Some(999)));
        assert_eq!(sizes("size:<=7"), (None, Some(7)));
        assert_eq!(sizes("size:1mb..2gb"), (Some(1_000_000), Some(2_000_000_000)));
        assert_eq!(sizes("size:..5"), (None, Some(5)));
        assert_eq!(sizes("size:0"), (Some(0), Some(0)));
        assert_eq!(sizes("size:>1kb size:<2kb"), (Some(1001), Some(1999)));
    }

    #[test]
    fn dates_stand_for_whole_days_months_and_years() {
        let day = |text: &str| date(text).unwrap().0;
        assert_eq!(day("1970-01-01"), 0);
        assert_eq!(day("2000-03-01"), 951_868_800_000);
        assert_eq!(day("2026-05-12"), 1_778_544_000_000);
        assert_eq!(times("date:2026-05"), (Some(day("2026-05-01")), Some(day("2026-06-01"))));
        assert_eq!(times("date:2026"), (Some(day("2026-01-01")), Some(day("2027-01-01"))));
        assert_eq!(times("date:2024-02-29"), (Some(day("2024-02-29")), Some(day("2024-03-01"))));
        assert_eq!(times("date:2025-12"), (Some(day("2025-12-01")), Some(day("2026-01-01"))));
        assert_eq!(times("date:>2026-05"), (Some(day("2026-06-01")), None));
        assert_eq!(times("date:>=2026-05"), (Some(day("2026-05-01")), None));
        assert_eq!(times("date:<2026-05"), (None, Some(day("2026-05-01"))));
        assert_eq!(times("modified:<=2026-05"), (None, Some(day("2026-06-01"))));
        assert_eq!(times("date:2026-01..2026-03"), (Some(day("2026-01-01")), Some(day("2026-04-01"))));
        assert_eq!(times("newer:7d"), (Some(NOW.millis() - 7 * DAY), None));
        assert_eq!(times("older:2w"), (None, Some(NOW.millis() - 14 * DAY)));
    }

    #[test]
    fn values_that_are_none_are_told() {
        for text in [
            "size:",
            "size:big",
            "size:>",
            "size:1.2.3",
            "size:..",
            "size:99999999999999999999",
            "date:2026-13",
            "date:2026-02-30",
            "date:2023-02-29",
            "date:yesterday",
            "date:1",
            "newer:7",
            "older:-1d",
            "class:",
            "ext:.",
            "type:poem",
            "type:",
            "size:1xb",
        ] {
            let problem = Query::parse(text, NOW).unwrap_err();
            assert!(problem.to_string().starts_with(&format!("“{text}” does not say")), "{problem}");
        }
    }

    #[test]
    fn classes_endings_kinds_and_safety() {
        let found = limits("class:deep-archive,ia ext:.JPG,png type:photos is:safe");
        assert_eq!(found.classes, ["DEEP_ARCHIVE", "IA"]);
        assert_eq!(found.endings, ["jpg", "png"]);
        assert_eq!(found.kinds, [Kind::Photo]);
        assert_eq!((found.safe, limits("-is:safe").safe), (Some(true), Some(false)));
        assert!(found.fits_class("STANDARD_IA") && !found.fits_class("STANDARD"));
        assert!(found.fits_name("a/b.jpg") && !found.fits_name("a/jpg") && !found.fits_name("a/b.gif"));
    }

    #[test]
    fn what_has_no_time_fits_no_limit_of_time() {
        let found = limits("date:>2026-01-01");
        assert!(!found.fits_time(None) && found.fits_time(Some(NOW)));
        assert!(limits("size:>1").fits_time(None));
    }

    #[test]
    fn kinds_go_by_the_ending() {
        assert_eq!(Kind::of("A/B.JPeG"), Kind::Photo);
        assert_eq!(Kind::of("x.tar.gz"), Kind::Archive);
        assert_eq!(Kind::of("jpg"), Kind::Other);
        assert_eq!(Kind::of("x.averylongending"), Kind::Other);
    }

    /// A day after the other, and none twice, over four hundred years.
    #[test]
    fn days_follow_each_other() {
        let mut expected = days(1970, 1, 1);
        assert_eq!(expected, 0);
        for year in 1970..2370 {
            for month in 1..=12 {
                assert_eq!(days(year, month, 1), expected, "{year}-{month}");
                let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                expected += match month {
                    2 if leap => 29,
                    2 => 28,
                    4 | 6 | 9 | 11 => 30,
                    _ => 31,
                };
            }
        }
    }
}
