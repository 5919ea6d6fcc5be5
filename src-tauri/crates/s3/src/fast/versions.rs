//! A page of a listing of versions, read in one pass over its bytes.
//!
//! The order within a key is what says which version was the visible one when two bear the same second. Amazon S3 writes versions and
//! delete markers in that order, mixed. Others (and what is made of a parsed answer) write all versions and then all markers; of such
//! a page the order is made again from what is on top and from the times.
use std::collections::{BTreeMap, VecDeque};

use windlass_domain::time::{Content, Version};
use windlass_domain::{ETag, Timestamp, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{ListedVersion, RemoteError, RemoteErrorKind, VersionMark, VersionPage};

use super::listing::{child, decoded, end, moment, once, truth};
use super::xml::{CUT, Malformed, Scanner, Token, local};
use crate::error::own;
use crate::lanes::endless;

const STANDARD: &str = "STANDARD";

/// What a page says.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) versions: Vec<ListedVersion>,
    pub(crate) encoded: bool,
    pub(crate) truncated: Option<bool>,
    pub(crate) next_key: Option<String>,
    pub(crate) next_version: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) folders: Vec<String>,
}

impl Page {
    /// The versions, once it is certain that they are what was asked for (hazard HB17).
    pub(crate) fn checked(
        self,
        bucket: &str,
        prefix: &str,
        depth: Depth,
        after: Option<&VersionMark>,
    ) -> Result<VersionPage, RemoteError> {
        let odd = |why: String| Err(own(RemoteErrorKind::Unexpected, format!("status 200: {why}")));
        let by_another_name = bucket.contains(':') || bucket.ends_with("-s3alias");
        match self.bucket.as_deref() {
            Some(name) if name == bucket || by_another_name => {}
            Some(name) => return odd(format!("these are versions of the bucket {name}")),
            None => return odd("the versions do not say of which bucket they are".to_owned()),
        }
        let name = |text: String| if self.encoded { decoded(&text) } else { text };
        let of = self.prefix.as_deref().unwrap_or_default();
        if of != prefix && !(self.encoded && decoded(of) == prefix) {
            return odd(format!("these are versions of what is below '{of}'"));
        }
        if depth == Depth::Deep && !self.folders.is_empty() {
            return odd("the server grouped what was to be listed one by one".to_owned());
        }
        let folders: Vec<String> = self.folders.into_iter().map(name).collect();
        if let Some(other) =
            folders.iter().find(|folder| !folder.starts_with(prefix) || !folder.ends_with('/'))
        {
            return odd(format!("{other} is no folder below '{prefix}'"));
        }
        let mut versions = self.versions;
        for one in &mut versions {
            one.key = name(std::mem::take(&mut one.key));
            if !one.key.starts_with(prefix) {
                return odd(format!("{} is not below '{prefix}'", one.key));
            }
        }
        in_order(&mut versions);
        let next = match self.truncated {
            None => return odd("the versions do not say whether they go on".to_owned()),
            Some(false) => None,
            Some(true) => {
                let key = self.next_key.filter(|key| !key.is_empty()).map(name).ok_or_else(endless)?;
                let mark =
                    VersionMark { key, version: self.next_version.filter(|version| !version.is_empty()) };
                if Some(&mark) == after {
                    return Err(endless());
                }
                Some(mark)
            }
        };
        Ok(VersionPage { folders, versions, next })
    }
}

/// Puts a page right on which all markers come behind all versions, or the other way round: the two lists of each key are merged by
/// their times, and each keeps its own order, which is the server's. A page that is mixed stays as it is.
pub(crate) fn in_order(versions: &mut Vec<ListedVersion>) {
    let marker = |one: &ListedVersion| one.version.content.is_none();
    let mut changes = versions.windows(2).filter(|two| matches!(two, [a, b] if marker(a) != marker(b)));
    let split = matches!((changes.next(), changes.next()), (Some(two), None) if {
        // In order by key, a single change between two keys is no sign of two lists; within one key it may be.
        let sorted = versions.windows(2).all(|two| matches!(two, [a, b] if a.key <= b.key));
        !sorted || matches!(two, [a, b] if a.key == b.key)
    });
    if !split {
        return;
    }
    let mut keys: BTreeMap<String, [VecDeque<ListedVersion>; 2]> = BTreeMap::new();
    for one in versions.drain(..) {
        let lists = keys.entry(one.key.clone()).or_default();
        let [held, markers] = lists;
        if marker(&one) { markers.push_back(one) } else { held.push_back(one) }
    }
    for [mut held, mut markers] in keys.into_values() {
        loop {
            let marker_first = match (held.front(), markers.front()) {
                (None, None) => break,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (Some(one), Some(marker)) if one.latest != marker.latest => marker.latest,
                (Some(one), Some(marker)) => marker.version.modified > one.version.modified,
            };
            versions.extend(if marker_first { markers.pop_front() } else { held.pop_front() });
        }
    }
}

/// Reads a page.
pub(crate) fn read(page: &[u8]) -> Result<Page, Malformed> {
    let text = std::str::from_utf8(page).map_err(|_| Malformed("it is not UTF-8"))?;
    let mut scan = Scanner::new(text);
    let (root, empty) = loop {
        match scan.next()? {
            Some(Token::Open { name, empty }) => break (name, empty),
            Some(Token::Text(text)) if text.trim_ascii().is_empty() => {}
            Some(_) | None => return Err(Malformed("it is no XML")),
        }
    };
    // Ceph says `ListVersionsResult` as Amazon S3 does; nothing else is taken for it.
    if local(root) != "ListVersionsResult" {
        return Err(Malformed("it is no listing of versions"));
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
            "Version" if !empty => page.versions.push(version(&mut scan, name, false)?),
            "DeleteMarker" if !empty => page.versions.push(version(&mut scan, name, true)?),
            "CommonPrefixes" if !empty => {
                while let Some((child, empty)) = child(&mut scan, name)? {
                    match local(child) {
                        "Prefix" => page.folders.push(scan.text(child, empty)?.into_owned()),
                        _ => scan.skip(child, empty)?,
                    }
                }
            }
            "IsTruncated" => once(&mut page.truncated, truth(&scan.text(name, empty)?)?)?,
            "Name" => once(&mut page.bucket, scan.text(name, empty)?.into_owned())?,
            "Prefix" => once(&mut page.prefix, scan.text(name, empty)?.into_owned())?,
            "NextKeyMarker" => once(&mut page.next_key, scan.text(name, empty)?.into_owned())?,
            "NextVersionIdMarker" => once(&mut page.next_version, scan.text(name, empty)?.into_owned())?,
            "EncodingType" => page.encoded = scan.text(name, empty)?.trim_ascii() == "url",
            _ => scan.skip(name, empty)?,
        }
    }
}

/// A version. One without a key, an id or a time is not passed over: without it the past would be another one.
fn version(scan: &mut Scanner<'_>, parent: &str, marker: bool) -> Result<ListedVersion, Malformed> {
    let (mut key, mut id, mut modified, mut latest): (_, _, Option<Timestamp>, _) = (None, None, None, None);
    let (mut size, mut etag, mut class, mut owner) = (None, None, None, None);
    while let Some((name, empty)) = child(scan, parent)? {
        match local(name) {
            "Key" => once(&mut key, scan.text(name, empty)?.into_owned())?,
            "VersionId" => once(&mut id, scan.text(name, empty)?.into_owned())?,
            "IsLatest" => once(&mut latest, truth(&scan.text(name, empty)?)?)?,
            "LastModified" => modified = moment(scan.text(name, empty)?.trim_ascii()),
            "Size" => {
                let said: u64 = scan
                    .text(name, empty)?
                    .trim_ascii()
                    .parse()
                    .map_err(|_| Malformed("a size is no number"))?;
                once(&mut size, said)?;
            }
            "ETag" => once(&mut etag, scan.text(name, empty)?.into_owned())?,
            "StorageClass" => once(&mut class, scan.text(name, empty)?.into_owned())?,
            "Owner" if !empty => owner = whose(scan, name)?,
            _ => scan.skip(name, empty)?,
        }
    }
    let content = if marker {
        None
    } else {
        Some(Content {
            size: size.ok_or(Malformed("a version has no size"))?,
            etag: ETag::new(etag.unwrap_or_default()),
            class: class
                .filter(|class| !class.is_empty())
                .map_or_else(|| STANDARD.into(), String::into_boxed_str),
        })
    };
    Ok(ListedVersion {
        key: key.filter(|key| !key.is_empty()).ok_or(Malformed("a version has no key"))?,
        version: Version {
            // A bucket that never kept versions has this one of each object.
            id: VersionId::new(id.filter(|id| !id.is_empty()).unwrap_or_else(|| "null".to_owned())),
            modified: modified.ok_or(Malformed("a version has no time"))?,
            content,
        },
        latest: latest.unwrap_or_default(),
        owner,
    })
}

fn whose(scan: &mut Scanner<'_>, parent: &str) -> Result<Option<String>, Malformed> {
    let (mut id, mut shown) = (None, None);
    while let Some((name, empty)) = child(scan, parent)? {
        match local(name) {
            "ID" => id = Some(scan.text(name, empty)?.into_owned()),
            "DisplayName" => shown = Some(scan.text(name, empty)?.into_owned()),
            _ => scan.skip(name, empty)?,
        }
    }
    Ok(shown.filter(|name| !name.is_empty()).or(id))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// `(key, id, second, latest)`; an id that begins with `d` is a marker's.
    type Row = (&'static str, &'static str, u8, bool);

    fn page(rows: &[Row], more: &str) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\"?>\n<ListVersionsResult xmlns=\"x\"><Name>b</Name><Prefix>p%2F</Prefix>",
        );
        for (key, id, second, latest) in rows {
            let name = if id.starts_with('d') { "DeleteMarker" } else { "Version" };
            write!(
                out,
                "<{name}><Key>p%2F{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
                 <LastModified>2026-11-12T14:05:{second:02}.000Z</LastModified><Owner><ID>7q4d</ID><DisplayName/></Owner>"
            )
            .unwrap();
            if name == "Version" {
                out.push_str("<Size>5</Size><ETag>&quot;e&quot;</ETag><StorageClass>GLACIER</StorageClass>");
            }
            write!(out, "</{name}>").unwrap();
        }
        write!(out, "<EncodingType>url</EncodingType>{more}</ListVersionsResult>").unwrap();
        out
    }

    const END: &str = "<IsTruncated>false</IsTruncated>";

    fn checked(page: &str, after: Option<&VersionMark>) -> Result<VersionPage, RemoteError> {
        read(page.as_bytes()).unwrap().checked("b", "p/", Depth::Deep, after)
    }

    fn ids(rows: &[Row]) -> Vec<String> {
        let page = checked(&page(rows, END), None).unwrap();
        page.versions.iter().map(|one| one.version.id.as_str().to_owned()).collect()
    }

    #[test]
    fn a_version_is_read_with_all_it_says() {
        let page = checked(&page(&[("a+b%26", "null", 1, true), ("c", "d1", 2, true)], END), None).unwrap();
        let [version, marker] = page.versions.as_slice() else { panic!("{page:?}") };
        assert_eq!((version.key.as_str(), marker.key.as_str()), ("p/a b&", "p/c"));
        assert_eq!(version.owner.as_deref(), Some("7q4d"));
        let content = version.version.content.as_ref().unwrap();
        assert_eq!((content.size, content.etag.as_str(), &*content.class), (5, "\"e\"", "GLACIER"));
        assert_eq!(version.version.modified.millis() % 60_000, 1000);
        assert_eq!(marker.version.content, None);
        assert_eq!(page.next, None);
    }

    #[test]
    fn what_is_mixed_keeps_the_order_of_the_server() {
        // The upload that began in second 1 came on top of that of second 3: the time it bears says otherwise.
        let rows = [("a", "v3", 1, true), ("a", "d2", 4, false), ("a", "v1", 3, false), ("b", "d1", 0, true)];
        assert_eq!(ids(&rows), ["v3", "d2", "v1", "d1"]);
        // All markers last, but of other keys.
        assert_eq!(
            ids(&[("a", "v2", 1, true), ("a", "v1", 3, false), ("b", "d1", 0, true)]),
            ["v2", "v1", "d1"]
        );
    }

    #[test]
    fn two_lists_are_merged_by_what_is_on_top_and_by_time() {
        let rows = [
            ("a", "v2", 5, false),
            ("a", "v1", 1, false),
            ("b", "v3", 2, true),
            ("b", "v0", 9, false),
            ("a", "d2", 5, true),
            ("a", "d1", 3, false),
            ("c", "d3", 1, true),
        ];
        assert_eq!(ids(&rows), ["d2", "v2", "d1", "v1", "v3", "v0", "d3"]);
        // One key alone.
        assert_eq!(ids(&[("a", "v1", 1, false), ("a", "d1", 1, true)]), ["d1", "v1"]);
    }

    #[test]
    fn a_page_that_is_not_what_was_asked_for_is_refused() {
        let all = |text: &str| checked(text, None).unwrap_err().kind;
        let good = page(&[("a", "v1", 1, true)], END);
        assert_eq!(all(&good.replace("<Name>b<", "<Name>c<")), RemoteErrorKind::Unexpected);
        assert_eq!(all(&good.replace("<Prefix>p%2F<", "<Prefix>q<")), RemoteErrorKind::Unexpected);
        assert_eq!(all(&good.replace("p%2Fa", "q%2Fa")), RemoteErrorKind::Unexpected);
        assert_eq!(all(&good.replace(END, "")), RemoteErrorKind::Unexpected);
        assert_eq!(all(&good.replace(END, "<IsTruncated>true</IsTruncated>")), endless().kind);
        let folder = format!("<CommonPrefixes><Prefix>p%2Fx%2F</Prefix></CommonPrefixes>{END}");
        assert_eq!(all(&good.replace(END, &folder)), RemoteErrorKind::Unexpected);
        for without in
            ["<Size>5</Size>", "<LastModified>2026-11-12T14:05:01.000Z</LastModified>", "<Key>p%2Fa</Key>"]
        {
            assert!(read(good.replace(without, "").as_bytes()).is_err(), "{without}");
        }
        assert_eq!(read(good.get(..good.len() - 9).unwrap().as_bytes()).unwrap_err(), CUT);
        assert!(read(format!("{good}{good}").as_bytes()).is_err());
    }

    #[test]
    fn of_one_level_folders_come_beside_the_versions() {
        let level = |folder: &str| {
            let folders = format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>{END}");
            let page = page(&[("a", "v1", 1, true)], &folders);
            read(page.as_bytes()).unwrap().checked("b", "p/", Depth::Level, None)
        };
        let page = level("p%2Fx+y%2F").unwrap();
        assert_eq!((page.folders, page.versions.len()), (vec!["p/x y/".to_owned()], 1));
        assert_eq!(level("q%2Fx%2F").unwrap_err().kind, RemoteErrorKind::Unexpected);
        assert_eq!(level("p%2Fx").unwrap_err().kind, RemoteErrorKind::Unexpected);
    }

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let more = "<IsTruncated>true</IsTruncated><NextKeyMarker>p%2Fa</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>";
        let page = page(&[("a", "v1", 1, true)], more);
        let mark = VersionMark { key: "p/a".to_owned(), version: Some("v1".to_owned()) };
        assert_eq!(checked(&page, None).unwrap().next, Some(mark.clone()));
        // A server that sends the same page for ever is stopped.
        assert_eq!(checked(&page, Some(&mark)).unwrap_err().kind, endless().kind);
    }
}
