//! The lifecycle document of a bucket: read to be understood, and kept as it is where it is not changed.
//!
//! **Does** find each rule in the text, say what it means and what in it is strange, and make the text anew with some rules changed
//! ([`draft`]). **Never** writes a byte of what was not changed in another way: somebody else's rule, an element that S3 got after this
//! was written, a comment, a blank.
//! **Start reading** at [`read`].
mod meaning;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use self::meaning::Rule;
pub(crate) use self::write::draft;
use crate::fast::xml::{CUT, Malformed, Scanner, Token, local};

/// Most rules of a bucket.
pub(crate) const MOST: usize = 1000;
const ROOT: &str = "LifecycleConfiguration";

/// An element, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// Its name, with a prefix if it has one.
    pub(crate) name: &'a str,
    /// All of it.
    pub(crate) whole: Range<usize>,
    /// What is between its tags; empty, and at its end, if it is one tag.
    pub(crate) inside: Range<usize>,
}

impl<'a> Element<'a> {
    /// Prefix of its name, colon included.
    pub(crate) fn space(&self) -> &'a str {
        self.name.strip_suffix(local(self.name)).unwrap_or_default()
    }

    /// Its name, if it is of the same namespace as its parent.
    pub(crate) fn known(&self, space: &str) -> Option<&'a str> {
        self.name.strip_prefix(space).filter(|name| !name.contains(':'))
    }

    /// Whether it is `<name/>`.
    pub(crate) const fn is_one_tag(&self) -> bool {
        self.inside.end == self.whole.end
    }

    pub(crate) fn text(&self, document: &'a str) -> Result<&'a str, Malformed> {
        document.get(self.whole.clone()).ok_or(CUT)
    }

    /// Its text with entities resolved; there may be no element in it.
    pub(crate) fn value(&self, document: &'a str) -> Result<String, Malformed> {
        if self.is_one_tag() {
            return Ok(String::new());
        }
        let from = document.get(self.inside.start..self.whole.end).ok_or(CUT)?;
        Scanner::new(from).text(self.name, false).map(std::borrow::Cow::into_owned)
    }
}

/// The elements in a range of a document. Between them are blanks and comments, and no text.
pub(crate) fn elements(document: &str, range: Range<usize>) -> Result<Vec<Element<'_>>, Malformed> {
    let end = range.end;
    let mut scan = Scanner::new(document.get(range).ok_or(CUT)?);
    let mut found = Vec::new();
    loop {
        match scan.next()? {
            None => return Ok(found),
            Some(Token::Text(text)) if text.trim_ascii().is_empty() => {}
            Some(Token::Text(_) | Token::Data(_)) => {
                return Err(Malformed("text stands where an element should"));
            }
            Some(Token::Close(_)) => return Err(Malformed("an element is closed that is not open")),
            Some(Token::Open { name, empty }) => {
                let (start, mut inside) = (end - scan.begun(), end - scan.left()..end - scan.left());
                if !empty {
                    scan.skip(name, false)?;
                    inside.end = end - scan.begun();
                }
                found.push(Element { name, whole: start..end - scan.left(), inside });
            }
        }
    }
}

/// A document with its rules.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) text: &'a str,
    pub(crate) root: Element<'a>,
    pub(crate) rules: Vec<Rule<'a>>,
}

/// Reads a document.
pub(crate) fn read(text: &str) -> Result<Document<'_>, Malformed> {
    let mut roots = elements(text, 0..text.len())?;
    let root = roots.pop().filter(|root| local(root.name) == ROOT && roots.is_empty());
    let root = root.ok_or(Malformed("it is no document of lifecycle rules"))?;
    let mut rules = Vec::new();
    for element in elements(text, root.inside.clone())? {
        if element.known(root.space()) == Some("Rule") {
            rules.push(Rule::read(text, element)?);
        }
    }
    Ok(Document { text, root, rules })
}
