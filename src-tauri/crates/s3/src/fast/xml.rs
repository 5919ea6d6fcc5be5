//! As much XML as a listing needs. Nothing is expanded but the five predefined entities and character references, so
//! that no document grows by being read (hazard HS20).
use std::borrow::Cow;

use memchr::memmem::find;
use memchr::{memchr, memchr3};

/// The text is not XML, or not as we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer cannot be read: {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// The document is not whole.
pub(crate) const CUT: Malformed = Malformed("it ends in the middle");
/// Deepest nesting that is looked at.
const DEEPEST: usize = 64;

/// One piece of a document. Names are whole; comments and processing instructions are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Open { name: &'a str, empty: bool },
    Close(&'a str),
    Text(&'a str),
    Data(&'a str),
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    rest: &'a str,
    /// Bytes that were left where the last piece began.
    begun: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let rest = text.trim_start_matches('\u{feff}');
        Self { rest, begun: rest.len() }
    }

    /// Bytes of the text from the beginning of the last piece on.
    pub(crate) const fn begun(&self) -> usize {
        self.begun
    }

    /// Bytes of the text behind the last piece.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// What is before byte `at`, and moves behind it and the `skip` bytes that follow.
    fn split(&mut self, at: usize, skip: usize) -> Result<&'a str, Malformed> {
        let (before, after) = self.rest.split_at_checked(at).ok_or(CUT)?;
        self.rest = after.get(skip..).ok_or(CUT)?;
        Ok(before)
    }

    fn through(&mut self, end: &str) -> Result<&'a str, Malformed> {
        let at = find(self.rest.as_bytes(), end.as_bytes()).ok_or(CUT)?;
        self.split(at, end.len())
    }

    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.begun = self.rest.len();
            let Some(after) = self.rest.strip_prefix('<') else {
                let at = memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
                return self.split(at, 0).map(|text| Some(Token::Text(text)));
            };
            match after.as_bytes().first() {
                Some(b'/') => {
                    let tag = self.through(">")?;
                    let name = tag.strip_prefix("</").unwrap_or_default().trim_ascii_end();
                    return Ok(Some(Token::Close(name)));
                }
                Some(b'?') => {
                    self.through("?>")?;
                }
                Some(b'!') => {
                    if let Some(comment) = after.strip_prefix("!--") {
                        self.rest = comment;
                        self.through("-->")?;
                    } else if let Some(data) = after.strip_prefix("![CDATA[") {
                        self.rest = data;
                        return self.through("]]>").map(|data| Some(Token::Data(data)));
                    } else {
                        return Err(Malformed("it has a declaration"));
                    }
                }
                Some(_) => return self.open(after).map(Some),
                None => return Err(CUT),
            }
        }
    }

    fn open(&mut self, after: &'a str) -> Result<Token<'a>, Malformed> {
        let bytes = after.as_bytes();
        let mut at = 0;
        // A value in quotes may hold a `>`.
        let end = loop {
            let from = bytes.get(at..).ok_or(CUT)?;
            let hit = at + memchr3(b'>', b'"', b'\'', from).ok_or(CUT)?;
            let quote = bytes.get(hit).copied().unwrap_or_default();
            if quote == b'>' {
                break hit;
            }
            let value = bytes.get(hit + 1..).ok_or(CUT)?;
            at = hit + 2 + memchr(quote, value).ok_or(CUT)?;
        };
        let tag = after.get(..end).ok_or(CUT)?;
        self.rest = after.get(end + 1..).ok_or(CUT)?;
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name =
            tag.bytes().position(|b| b.is_ascii_whitespace()).and_then(|n| tag.get(..n)).unwrap_or(tag);
        if name.is_empty() {
            return Err(Malformed("an element has no name"));
        }
        Ok(Token::Open { name, empty })
    }

    /// Text of the element `name` that was just opened, and moves behind its end. There may be no element inside.
    pub(crate) fn text(&mut self, name: &str, empty: bool) -> Result<Cow<'a, str>, Malformed> {
        if empty {
            return Ok(Cow::Borrowed(""));
        }
        let at = memchr(b'<', self.rest.as_bytes()).ok_or(CUT)?;
        let (text, after) = self.rest.split_at_checked(at).ok_or(CUT)?;
        let closed =
            after.strip_prefix("</").and_then(|a| a.strip_prefix(name)).and_then(|a| a.strip_prefix('>'));
        if let Some(rest) = closed {
            self.rest = rest;
            return unescape(text);
        }
        let mut whole = String::new();
        loop {
            match self.next()?.ok_or(CUT)? {
                Token::Text(text) => whole.push_str(&unescape(text)?),
                Token::Data(data) => whole.push_str(data),
                Token::Close(closed) if closed == name => return Ok(Cow::Owned(whole)),
                Token::Close(_) => return Err(Malformed("an element is closed that is not open")),
                Token::Open { .. } => return Err(Malformed("an element stands where text should")),
            }
        }
    }

    /// Moves behind the end of the element `name` that was just opened.
    pub(crate) fn skip(&mut self, name: &'a str, empty: bool) -> Result<(), Malformed> {
        if empty {
            return Ok(());
        }
        let mut open = vec![name];
        while let Some(current) = open.last() {
            match self.next()?.ok_or(CUT)? {
                Token::Open { empty: true, .. } | Token::Text(_) | Token::Data(_) => {}
                Token::Open { name, empty: false } if open.len() < DEEPEST => open.push(name),
                Token::Open { .. } => return Err(Malformed("it is nested too deep")),
                Token::Close(name) if name == *current => {
                    open.pop();
                }
                Token::Close(_) => return Err(Malformed("an element is closed that is not open")),
            }
        }
        Ok(())
    }
}

/// Text with its entities resolved.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, Malformed> {
    let Some((start, mut rest)) = text.split_once('&') else { return Ok(Cow::Borrowed(text)) };
    let mut whole = String::with_capacity(text.len());
    whole.push_str(start);
    loop {
        let (name, after) = rest.split_once(';').ok_or(Malformed("an entity has no end"))?;
        whole.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => number(name).ok_or(Malformed("it has an unknown entity"))?,
        });
        match after.split_once('&') {
            Some((plain, next)) => {
                whole.push_str(plain);
                rest = next;
            }
            None => {
                whole.push_str(after);
                return Ok(Cow::Owned(whole));
            }
        }
    }
}

fn number(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Result<Vec<Token<'_>>, Malformed> {
        let mut scan = Scanner::new(text);
        let mut found = Vec::new();
        while let Some(token) = scan.next()? {
            found.push(token);
        }
        Ok(found)
    }

    #[test]
    fn pieces_are_told_apart() {
        let found =
            all("\u{feff}<?xml version='1.0'?><s:a x='>' y=\"/>\"><!-- <b> --><b/>t<![CDATA[<&]]></s:a >")
                .unwrap();
        let wanted = [
            Token::Open { name: "s:a", empty: false },
            Token::Open { name: "b", empty: true },
            Token::Text("t"),
            Token::Data("<&"),
            Token::Close("s:a"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(local("s:a"), "a");
    }

    #[test]
    fn hs20_declarations_are_refused_and_entities_stay_small() {
        assert!(all("<!DOCTYPE a [<!ENTITY b 'cccc'>]><a>&b;</a>").is_err());
        assert!(unescape("&b;").is_err());
        assert!(unescape("a & b").is_err());
        assert_eq!(unescape("&amp;&lt;&gt;&quot;&apos;&#13;&#x1F600;&#xa;").unwrap(), "&<>\"'\r\u{1F600}\n");
        for bad in ["&#;", "&#x110000;", "&#xD800;", "&#-1;", "&;"] {
            assert!(unescape(bad).is_err(), "{bad}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(Scanner::new(&deep).skip("r", false).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>/!\\[\\]a\"'&;# -]{0,60}|\\PC{0,60}") {
            let _ = all(&text);
            let _ = unescape(&text);
            let _ = Scanner::new(&text).skip("a", false);
            let _ = Scanner::new(&text).text("a", false);
        }
    }
}
