//! Pages of a listing: what is not there would look deleted, so a page that is not whole is never one.
use std::fmt::Write as _;

use windlass_ports::remote::Depth;
use windlass_ports::{Level, LevelEntry, RemoteError};
use windlass_s3::read_listing_page;

use crate::Bytes;

const PREFIX: &str = "p é/";
const MORE: &str = "<IsTruncated>false</IsTruncated>";

/// One page, of any bytes or well made and then changed.
pub fn check(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let depth = if bytes.byte() & 1 == 0 { Depth::Deep } else { Depth::Level };
    if bytes.byte() < 32 {
        return believed(bytes.rest(), depth, None);
    }
    let made = Made::of(&mut bytes, depth);
    let page = made.page.as_bytes();
    let level = read(page, depth).unwrap_or_else(|e| panic!("{} is refused: {}", made.page, e.source));
    assert_eq!(level.entries.iter().map(key).collect::<Vec<_>>(), made.keys, "{}", made.page);
    assert_eq!(level.next.is_some(), made.goes_on);

    // Cut off anywhere, it is no page.
    let at = bytes.below(page.len());
    assert!(read(&page[..at], depth).is_err(), "cut at {at}: {}", made.page);

    // One byte more or another one: refused, or with as many entries, and going on as it did.
    let mut changed = page.to_vec();
    let (at, byte) = (bytes.below(page.len()), bytes.byte());
    if bytes.byte() & 1 == 0 {
        changed[at] = byte
    } else {
        changed.insert(at, byte)
    }
    if let Ok(level) = read(&changed, depth) {
        let text = String::from_utf8_lossy(&changed);
        assert_eq!(level.entries.len(), made.keys.len(), "an entry is gone: {text}");
        assert_eq!(level.next.is_some(), made.goes_on, "{text}");
    }

    // Several changes.
    for _ in 0..=bytes.below(4) {
        change(&mut changed, &mut bytes);
    }
    believed(&changed, depth, Some(made.goes_on));
}

/// Whatever is believed has nothing in it from elsewhere, and what goes on is not taken for the end.
fn believed(page: &[u8], depth: Depth, goes_on: Option<bool>) {
    let Ok(level) = read(page, depth) else { return };
    let text = String::from_utf8_lossy(page);
    for entry in &level.entries {
        assert!(key(entry).starts_with(PREFIX), "{entry:?} is from elsewhere: {text}");
    }
    if level.next.is_none() {
        assert!(goes_on != Some(true) || text.contains(MORE), "it goes on and is taken for the end: {text}");
        assert!(
            depth == Depth::Level || text.contains("IsTruncated"),
            "it does not say that it ends: {text}"
        );
    }
}

fn read(page: &[u8], depth: Depth) -> Result<Level, RemoteError> {
    read_listing_page(page, "bucket", PREFIX, depth, None)
}

fn key(entry: &LevelEntry) -> String {
    entry.key().to_owned()
}

/// A page, and what it says.
struct Made {
    page: String,
    keys: Vec<String>,
    goes_on: bool,
}

impl Made {
    fn of(bytes: &mut Bytes<'_>, depth: Depth) -> Self {
        let (encoded, goes_on) = (bytes.byte() & 1 == 0, bytes.byte() & 1 == 0);
        let ns = *["", "", "s3:"].get(bytes.below(3)).unwrap_or(&"");
        let write = |text: &str| if encoded { percent(text) } else { escaped(text) };
        let mut page = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{ns}ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><{ns}Name>bucket</{ns}Name><{ns}Prefix>{}</{ns}Prefix>",
            write(PREFIX)
        );
        let mut say = |name: &str, value: &str| write!(page, "<{ns}{name}>{value}</{ns}{name}>").unwrap();
        say("MaxKeys", "1000");
        say("IsTruncated", if goes_on { "true" } else { "false" });
        if encoded {
            say("EncodingType", "url");
        }
        if goes_on {
            say("NextContinuationToken", "1ueGcxLPRx1Tr+/=");
        }
        let (mut folders, mut objects) = (Vec::new(), Vec::new());
        for _ in 0..bytes.below(5) {
            let name = format!("{PREFIX}{}", bytes.text(4));
            if depth == Depth::Level && bytes.byte() & 1 == 0 {
                write!(
                    page,
                    "<{ns}CommonPrefixes><{ns}Prefix>{}</{ns}Prefix></{ns}CommonPrefixes>",
                    write(&name)
                )
                .unwrap();
                folders.push(name);
            } else {
                write!(
                    page,
                    "<{ns}Contents><{ns}Key>{}</{ns}Key><{ns}LastModified>2026-01-31T12:30:00.000Z</{ns}LastModified><{ns}ETag>\"e\"</{ns}ETag><{ns}Size>{}</{ns}Size><{ns}Owner><{ns}ID>x</{ns}ID></{ns}Owner><{ns}StorageClass>STANDARD</{ns}StorageClass></{ns}Contents>",
                    write(&name),
                    bytes.byte()
                )
                .unwrap();
                objects.push(name);
            }
        }
        write!(page, "</{ns}ListBucketResult>").unwrap();
        folders.extend(objects);
        Self { page, keys: folders, goes_on }
    }
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'/' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
        out
    })
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' | '\0'..='\x08' => write!(out, "&#{};", u32::from(c)).unwrap(),
            _ => out.push(c),
        }
        out
    })
}

/// Pieces that a stranger may put in.
const PIECES: &[&str] = &[
    "<",
    ">",
    "/",
    "&",
    ";",
    "\"",
    "'",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!DOCTYPE a>",
    "&#0;",
    "&#x110000;",
    "&lt;",
    "%",
    "%00",
    "%FF",
    "+",
    "\u{feff}",
    "<Contents>",
    "</Contents>",
    "<Contents/>",
    "<CommonPrefixes/>",
    "<Key>elsewhere</Key>",
    "<Prefix>elsewhere/</Prefix>",
    "<Size>-1</Size>",
    "<Size>18446744073709551616</Size>",
    "<IsTruncated/>",
    MORE,
    "<IsTruncated>true</IsTruncated>",
    "<EncodingType>url</EncodingType>",
    "<Name>other</Name>",
    "</ListBucketResult>",
    "<NextContinuationToken/>",
    "<Error><Code>SlowDown</Code></Error>",
    "<a><a><a><a>",
];

fn change(page: &mut Vec<u8>, bytes: &mut Bytes<'_>) {
    let at = bytes.below(page.len() + 1);
    let end = (at + bytes.below(80)).min(page.len());
    match bytes.below(5) {
        0 if at < page.len() => page[at] ^= 1 << (bytes.byte() % 8),
        1 => drop(page.drain(at..end)),
        2 => {
            let copy = page[at..end].to_vec();
            let to = bytes.below(page.len() + 1);
            drop(page.splice(to..to, copy));
        }
        3 => drop(page.splice(at..at, bytes.some(8).to_vec())),
        _ => drop(page.splice(at..at, bytes.of(PIECES).bytes())),
    }
}
