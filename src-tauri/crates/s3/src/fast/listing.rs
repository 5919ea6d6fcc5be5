//! A page of a listing, read in one pass over its bytes.
use std::str::from_utf8;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use memchr::memchr2;
use percent_encoding::percent_decode_str;
use windlass_domain::Timestamp;
use windlass_ports::remote::Depth;
use windlass_ports::{Level, LevelEntry, RemoteError, RemoteErrorKind};

use super::xml::{CUT, Malformed, Scanner, Token, local};
use crate::error::own;
use crate::lanes::endless;

const STANDARD: &str = "STANDARD";

/// What a page says.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) folders: Vec<LevelEntry>,
    pub(crate) objects: Vec<LevelEntry>,
    pub(crate) encoded: bool,
    pub(crate) truncated: Option<bool>,
    pub(crate) next: Option<String>,
    /// The bucket it says it is of.
    pub(crate) bucket: Option<String>,
    /// The prefix it says it is of.
    pub(crate) prefix: Option<String>,
}

impl Page {
    /// The level, folders first, once it is certain that it is what was asked for: of this bucket and this prefix, with
    /// nothing in it from elsewhere, and said to end or to go on somewhere (hazard HB17). A deep one has to be whole: no
    /// folders that hide what is in them, and a version's mark on everything.
    pub(crate) fn level(
        self,
        bucket: &str,
        prefix: &str,
        depth: Depth,
        after: Option<&str>,
    ) -> Result<Level, RemoteError> {
        let odd = |why: String| Err(own(RemoteErrorKind::Unexpected, format!("status 200: {why}")));
        // The answer of an access point bears the name it has behind it.
        let by_another_name = bucket.contains(':') || bucket.ends_with("-s3alias");
        match self.bucket.as_deref() {
            Some(name) if name == bucket || by_another_name => {}
            Some(name) => return odd(format!("this is a listing of the bucket {name}")),
            None => return odd("the listing does not say of which bucket it is".to_owned()),
        }
        let of = self.prefix.as_deref().unwrap_or_default();
        if of != prefix && !(self.encoded && decoded(of) == prefix) {
            return odd(format!("this is a listing of what is below '{of}'"));
        }
        let mut entries = self.folders;
        if entries.is_empty() {
            entries = self.objects;
        } else if depth == Depth::Deep {
            return odd("the server grouped what was to be listed one by one".to_owned());
        } else {
            entries.extend(self.objects);
        }
        for entry in &mut entries {
            let (LevelEntry::Folder(name)
            | LevelEntry::Object { key: name, .. }
            | LevelEntry::Deleted { key: name, .. }) = entry;
            if self.encoded && memchr2(b'%', b'+', name.as_bytes()).is_some() {
                *name = decoded(name);
            }
            if !name.starts_with(prefix) {
                return odd(format!("{name} is not below '{prefix}'"));
            }
            if depth == Depth::Deep && matches!(entry, LevelEntry::Object { etag, .. } if etag.is_empty()) {
                return odd("an object has no ETag".to_owned());
            }
        }
        match self.truncated {
            None => odd("the listing does not say whether it goes on".to_owned()),
            Some(false) => Ok(Level { entries, next: None }),
            Some(true) => {
                let next = self.next.filter(|next| !next.is_empty() && Some(next.as_str()) != after);
                Ok(Level { entries, next: Some(next.ok_or_else(endless)?) })
            }
        }
    }
}

/// A name as it is, where the server says that it sent it percent-encoded because XML cannot hold every character a key
/// may have.
pub(crate) fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// Reads a page.
pub(crate) fn read(page: &[u8]) -> Result<Page, Malformed> {
    let text = from_utf8(page).map_err(|_| Malformed("it is not UTF-8"))?;
    let mut scan = Scanner::new(text);
    let (root, empty) = loop {
        match scan.next()? {
            Some(Token::Open { name, empty }) => break (name, empty),
            Some(Token::Text(text)) if text.trim_ascii().is_empty() => {}
            Some(_) | None => return Err(Malformed("it is no XML")),
        }
    };
    if local(root) != "ListBucketResult" {
        return Err(Malformed("it is no listing"));
    }
    let mut page = Page::default();
    if empty {
        return Ok(page);
    }
    loop {
        let (name, empty) = match scan.next()? {
            Some(Token::Open { name, empty }) => (name, empty),
            Some(Token::Close(name)) if name == root => return end(&mut scan, page),
            Some(Token::Text(_) | Token::Data(_)) => continue,
            Some(Token::Close(_)) => return Err(Malformed("an element is closed that is not open")),
            None => return Err(CUT),
        };
        match local(name) {
            "Contents" if !empty => page.objects.push(object(&mut scan, name)?),
            "CommonPrefixes" if !empty => folders(&mut scan, name, &mut page.folders)?,
            "IsTruncated" => once(&mut page.truncated, truth(&scan.text(name, empty)?)?)?,
            "Name" => once(&mut page.bucket, scan.text(name, empty)?.into_owned())?,
            "Prefix" => once(&mut page.prefix, scan.text(name, empty)?.into_owned())?,
            "NextContinuationToken" => once(&mut page.next, scan.text(name, empty)?.into_owned())?,
            "EncodingType" => page.encoded = scan.text(name, empty)?.trim_ascii() == "url",
            _ => scan.skip(name, empty)?,
        }
    }
}

/// Nothing follows the root: two halves of two pages are no page.
pub(super) fn end<T>(scan: &mut Scanner<'_>, page: T) -> Result<T, Malformed> {
    loop {
        match scan.next()? {
            None => return Ok(page),
            Some(Token::Text(text)) if text.trim_ascii().is_empty() => {}
            Some(_) => return Err(Malformed("something follows its end")),
        }
    }
}

/// Whoever says something twice says nothing.
pub(super) fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.replace(value).is_some() { Err(Malformed("it says one thing twice")) } else { Ok(()) }
}

/// Every element inside `parent`, up to and with its end.
pub(super) fn child<'a>(scan: &mut Scanner<'a>, parent: &str) -> Result<Option<(&'a str, bool)>, Malformed> {
    loop {
        match scan.next()? {
            Some(Token::Open { name, empty }) => return Ok(Some((name, empty))),
            Some(Token::Close(name)) if name == parent => return Ok(None),
            Some(Token::Text(_) | Token::Data(_)) => {}
            Some(Token::Close(_)) => return Err(Malformed("an element is closed that is not open")),
            None => return Err(CUT),
        }
    }
}

fn folders(scan: &mut Scanner<'_>, parent: &str, found: &mut Vec<LevelEntry>) -> Result<(), Malformed> {
    while let Some((name, empty)) = child(scan, parent)? {
        if local(name) == "Prefix" {
            found.push(LevelEntry::Folder(scan.text(name, empty)?.into_owned()));
        } else {
            scan.skip(name, empty)?;
        }
    }
    Ok(())
}

/// An object. One without a key or a size is not passed over, since what is missing would look deleted.
fn object(scan: &mut Scanner<'_>, parent: &str) -> Result<LevelEntry, Malformed> {
    let (mut key, mut size, mut modified) = (None, None, None);
    let (mut etag, mut class) = (String::new(), None);
    while let Some((name, empty)) = child(scan, parent)? {
        match local(name) {
            "Key" => once(&mut key, scan.text(name, empty)?.into_owned())?,
            "Size" => {
                let said = scan.text(name, empty)?;
                let said: i64 = said.trim_ascii().parse().map_err(|_| Malformed("a size is no number"))?;
                once(&mut size, u64::try_from(said).map_err(|_| Malformed("a size is below zero"))?)?;
            }
            "LastModified" => modified = moment(scan.text(name, empty)?.trim_ascii()),
            "ETag" => etag = scan.text(name, empty)?.into_owned(),
            "StorageClass" => class = Some(scan.text(name, empty)?.into_owned()),
            _ => scan.skip(name, empty)?,
        }
    }
    let class = class.filter(|c| !c.is_empty()).unwrap_or_else(|| STANDARD.to_owned());
    let key = key.filter(|key: &String| !key.is_empty()).ok_or(Malformed("an object has no key"))?;
    let size = size.ok_or(Malformed("an object has no size"))?;
    Ok(LevelEntry::Object { key, size, modified, etag, class })
}

pub(super) fn truth(text: &str) -> Result<bool, Malformed> {
    match text.trim_ascii() {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => Err(Malformed("a truth value is neither true nor false")),
    }
}

/// `2026-01-31T12:30:00.000Z` without detours; other forms as the SDK reads them.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    quick(text).or_else(|| {
        let date = DateTime::from_str(text, Format::DateTimeWithOffset).ok()?;
        date.to_millis().ok().map(Timestamp::from_millis)
    })
}

fn quick(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] =
        whole.as_bytes()
    else {
        return None;
    };
    let two = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let (year, month, day) = (two(y0, y1)? * 100 + two(y2, y3)?, two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    // What is unusual (a leap second, a day that may not exist) is left to the slow way.
    if !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || day > if month == 2 { 28 } else { 30 }
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let millis = match fraction.as_bytes() {
        [] => 0,
        &[b'.', a, b, c] => two(b'0', a)? * 100 + two(b, c)?,
        _ => return None,
    };
    // Days since 1970 of a date, with the year taken to begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469;
    Some(Timestamp::from_millis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn level(page: Page, after: Option<&str>) -> Result<Level, RemoteError> {
        page.level("b", "", Depth::Level, after)
    }

    fn object(key: &str, size: u64) -> LevelEntry {
        let modified = Some(Timestamp::from_millis(1_714_000_000_123));
        let (etag, class) = ("\"e\"".to_owned(), STANDARD.to_owned());
        LevelEntry::Object { key: key.to_owned(), size, modified, etag, class }
    }

    /// Every byte percent-encoded that may be, or every character as a reference where `references` says so.
    fn written(text: &str, encoded: bool, references: &[bool]) -> String {
        let mut out = String::new();
        if encoded {
            for byte in text.bytes() {
                match byte {
                    b' ' => out.push('+'),
                    b'a'..=b'z' | b'/' => out.push(char::from(byte)),
                    _ => write!(out, "%{byte:02X}").unwrap(),
                }
            }
            return out;
        }
        for (char, reference) in text.chars().zip(references.iter().cycle()) {
            match char {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '"' if *reference => out.push_str("&quot;"),
                _ if *reference => write!(out, "&#x{:X};", u32::from(char)).unwrap(),
                _ => out.push(char),
            }
        }
        out
    }

    fn page(entries: &[LevelEntry], encoded: bool, prefix: &str, space: &str, references: &[bool]) -> String {
        let text = |text: &str| written(text, encoded, references);
        let mut out = format!(
            "<?xml version=\"1.0\"?>{space}<{prefix}ListBucketResult xmlns=\"x>y\">{space}<{prefix}Name>b</{prefix}Name><{prefix}Prefix/>"
        );
        for entry in entries {
            match entry {
                LevelEntry::Folder(name) => write!(
                    out,
                    "<{prefix}CommonPrefixes>{space}<{prefix}Prefix>{}</{prefix}Prefix></{prefix}CommonPrefixes>{space}",
                    text(name)
                ),
                LevelEntry::Object { key, size, .. } => write!(
                    out,
                    "<{prefix}Contents>{space}<{prefix}Key>{}</{prefix}Key><{prefix}Owner><ID>x</ID><Key/></{prefix}Owner>{space}\
                     <{prefix}Size>{size}</{prefix}Size><{prefix}LastModified>2024-04-24T23:06:40.123Z</{prefix}LastModified>\
                     <{prefix}ETag>&quot;e&quot;</{prefix}ETag></{prefix}Contents>{space}",
                    text(key)
                ),
                LevelEntry::Deleted { .. } => panic!("a list of objects has none"),
            }
            .unwrap();
        }
        if encoded {
            write!(out, "<{prefix}EncodingType>url</{prefix}EncodingType>").unwrap();
        }
        write!(out, "{space}<{prefix}IsTruncated>false</{prefix}IsTruncated></{prefix}ListBucketResult>")
            .unwrap();
        out
    }

    #[test]
    fn times_are_those_of_the_slow_way() {
        for (year, month) in (1970..2105).flat_map(|y| (1..=12).map(move |m| (y, m))) {
            for day in [1, 2, 28, 29, 30, 31] {
                let text = format!("{year}-{month:02}-{day:02}T23:59:58.987Z");
                let slow = DateTime::from_str(&text, Format::DateTimeWithOffset).ok();
                let slow = slow.and_then(|d| d.to_millis().ok()).map(Timestamp::from_millis);
                if let Some(quick) = quick(&text) {
                    assert_eq!(Some(quick), slow, "{text}");
                }
                assert_eq!(moment(&text), slow, "{text}");
            }
        }
        assert_eq!(moment("2024-04-24T23:06:40Z"), Some(Timestamp::from_millis(1_714_000_000_000)));
        assert_eq!(moment("2024-04-25T01:06:40+02:00"), Some(Timestamp::from_millis(1_714_000_000_000)));
        for bad in ["", "yesterday", "2024-04-24", "2024-13-01T00:00:00Z", "2024-04-24T23:06:4éZ"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_listing_that_goes_on_says_where() {
        let page = |next: &str| {
            let text = format!(
                "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken></ListBucketResult>"
            );
            read(text.as_bytes()).unwrap()
        };
        assert_eq!(
            level(page("a+b%"), None).unwrap().next.as_deref(),
            Some("a+b%"),
            "a token is never decoded"
        );
        assert!(level(page("a"), Some("a")).is_err());
        assert!(level(page(""), None).is_err());
    }

    #[test]
    fn hb17_a_page_of_something_else_or_with_something_missing_is_no_listing() {
        let entry = "<Contents><Key>p%2Fa</Key><Size>1</Size><ETag>e</ETag></Contents>";
        let of = |inside: &str| {
            let text =
                format!("<ListBucketResult><EncodingType>url</EncodingType>{inside}</ListBucketResult>");
            let deep = |page: Page| page.level("b", "p/", Depth::Deep, None);
            read(text.as_bytes()).map_err(|e| own(RemoteErrorKind::Network, e.to_string())).and_then(deep)
        };
        let end = "<IsTruncated>false</IsTruncated>";
        for good in ["<Prefix>p/</Prefix>", "<Prefix>p%2F</Prefix>"] {
            let level = of(&format!("<Name>b</Name>{good}{end}{entry}")).unwrap();
            assert_eq!(level.entries.len(), 1);
        }
        let start = "<Name>b</Name><Prefix>p/</Prefix>";
        for bad in [
            String::new(),
            format!("<Prefix>p/</Prefix>{end}{entry}"),
            format!("<Name>c</Name><Prefix>p/</Prefix>{end}{entry}"),
            format!("<Name>b</Name>{end}"),
            format!("<Name>b</Name><Prefix>q/</Prefix>{end}"),
            format!("<Name>b</Name><Prefix></Prefix>{end}"),
            format!("{start}{entry}"),
            format!("{start}{end}<Contents><Key>q/a</Key><Size>1</Size><ETag>e</ETag></Contents>"),
            format!("{start}{end}<Contents><Size>1</Size><ETag>e</ETag></Contents>"),
            format!("{start}{end}<Contents><Key>p/a</Key><ETag>e</ETag></Contents>"),
            format!("{start}{end}<Contents><Key>p/a</Key><Size>1</Size></Contents>"),
            format!("{start}{end}<CommonPrefixes><Prefix>p/x/</Prefix></CommonPrefixes>"),
            format!("{start}<IsTruncated>true</IsTruncated>{entry}"),
        ] {
            assert!(of(&bad).is_err(), "{bad}");
        }
    }

    /// Found by `windlass-fuzz`: a page whose end came too early was a whole one at a level, and whoever said twice whether it
    /// goes on was believed the second time.
    #[test]
    fn hb17_a_page_with_two_ends_or_two_minds_is_no_listing() {
        let start = "<ListBucketResult><Name>b</Name>";
        let whole = format!("{start}<IsTruncated>false</IsTruncated></ListBucketResult>\n<!-- the end -->");
        assert!(level(read(whole.as_bytes()).unwrap(), None).is_ok());
        for bad in [
            format!("{whole}<IsTruncated>true</IsTruncated>"),
            format!("{whole}{whole}"),
            format!(
                "{start}<IsTruncated>true</IsTruncated><IsTruncated>false</IsTruncated></ListBucketResult>"
            ),
            format!("{start}<IsTruncated></IsTruncated></ListBucketResult>"),
            format!("{start}<IsTruncated/></ListBucketResult>"),
            format!("{start}<Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"),
            format!(
                "{start}<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents></ListBucketResult>"
            ),
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        // Without a word about it, it may go on: at a level, too.
        assert!(level(read(format!("{start}</ListBucketResult>").as_bytes()).unwrap(), None).is_err());
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        for bad in [
            &b""[..],
            b"<html></html>",
            b"<ListBucketResult>",
            b"<ListBucketResult><Contents></ListBucketResult>",
            b"<ListBucketResult><Contents><Key><b/></Key></Contents></ListBucketResult>",
            b"<ListBucketResult><Contents><Key>\xff</Key></Contents></ListBucketResult>",
            b"<ListBucketResult><IsTruncated>perhaps</IsTruncated></ListBucketResult>",
            b"<ListBucketResult><!DOCTYPE a></ListBucketResult>",
            b"<ListBucketResult></Other>",
        ] {
            assert!(read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_page_cut_or_changed_makes_it_panic(at in 0usize..900, byte in any::<u8>(), cut in any::<bool>()) {
            let mut page = page(&[LevelEntry::Folder("a b/".to_owned()), object("k&\u{e9}", 7)], true, "", "\n", &[true]).into_bytes();
            let at = at.min(page.len() - 1);
            if cut {
                page.truncate(at);
                prop_assert!(read(&page).is_err());
            } else {
                page[at] = byte;
                let _ = read(&page).map(|p| level(p, None));
            }
        }

        #[test]
        fn what_is_written_is_read(
            names in proptest::collection::vec((any::<bool>(), "[ -~\u{80}-\u{10ffff}\u{1}\r\n\t]{1,20}", any::<u32>()), 0..8),
            encoded in any::<bool>(),
            prefix in "(s3:)?",
            space in "[ \n]{0,3}",
            references in proptest::collection::vec(any::<bool>(), 1..5),
        ) {
            let mut entries: Vec<_> = names
                .iter()
                .map(|(folder, name, size)| {
                    if *folder { LevelEntry::Folder(name.clone()) } else { object(name, u64::from(*size)) }
                })
                .collect();
            let page = page(&entries, encoded, &prefix, &space, &references);
            entries.sort_by_key(|e| matches!(e, LevelEntry::Object { .. }));
            let level = level(read(page.as_bytes()).unwrap(), None).unwrap();
            prop_assert_eq!(level.entries, entries);
        }
    }
}
