//! What a person types to find objects: words, and limits for what a listing knows of an object.
//!
//! Words must all occur in the key, in any order and any case; `-word` must not, and quotes keep several words together.
//! Limits are `size:>10mb`, `date:2026-05`, `class:glacier`, `ext:jpg,png`, `type:photo`, `is:safe` and their like. What looks
//! like a limit and has a name of none is a word: keys may hold colons. `type:image/jpeg`, `tag:case=open`, `camera:nikon`,
//! `taken:2026-11` and `gps:47.3,8.4..47.5,8.6` ask for what only a look at an object tells ([`Facts`]).
mod facts;
mod limit;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::Timestamp;
pub use facts::{Asked, Capture, Facts, Fit, GeoBox, Place, TagAsked, same_change, wall_clock};
pub use limit::{Kind, Limits};

/// Most words that are looked for; the others of one question are refused.
pub const MOST_WORDS: usize = 16;

/// A question, as understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Query {
    /// Each must occur in the folded key. None is empty.
    pub words: Vec<String>,
    /// None of these may.
    pub without: Vec<String>,
    /// What else must hold.
    pub limits: Limits,
    /// What must hold of what was learned by looking at objects.
    pub facts: Asked,
}

/// Why a question cannot be understood, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryProblem {
    /// A limit with a value that is none.
    #[error("“{given}” does not say which {what}. Write it like {example}.")]
    Value {
        /// What was typed.
        given: String,
        /// What it should tell.
        what: &'static str,
        /// One that is understood.
        example: &'static str,
    },
    /// More than [`MOST_WORDS`].
    #[error("These are too many words to look for. Use up to {MOST_WORDS}.")]
    TooMany,
}

impl Query {
    /// Understands what was typed. `now` is what `newer:` and `older:` count from.
    ///
    /// # Errors
    /// A limit that has no value, or one that makes no sense.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, QueryProblem> {
        let mut query = Self::default();
        for Token { text, quoted, not } in tokens(text) {
            if !quoted && limit::read(&text, not, now, &mut query)? {
                continue;
            }
            let word = fold(&text).into_owned();
            if word.is_empty() {
                continue;
            }
            let list = if not { &mut query.without } else { &mut query.words };
            if !list.contains(&word) {
                list.push(word);
            }
        }
        if query.words.len() + query.without.len() > MOST_WORDS {
            return Err(QueryProblem::TooMany);
        }
        Ok(query)
    }

    /// Whether everything is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.without.is_empty()
            && self.limits == Limits::default()
            && self.facts.is_empty()
    }

    /// Whether a key with what its listing tells is meant. Says nothing of [`Limits::safe`] and of [`Query::facts`], which a
    /// listing does not tell.
    #[must_use]
    pub fn matches(&self, key: &str, size: u64, modified: Option<Timestamp>, class: &str) -> bool {
        let folded = fold(key);
        self.words.iter().all(|word| folded.contains(word.as_str()))
            && !self.without.iter().any(|word| folded.contains(word.as_str()))
            && self.limits.hold(size, modified, class, &folded)
    }
}

/// Keys and words as they are compared: composed, without case, and without the line break that a key may hold.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_uppercase() || b == b'\n') {
            return Cow::Owned(text.to_ascii_lowercase().replace('\n', "\u{1}"));
        }
        return Cow::Borrowed(text);
    }
    let folded: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
    Cow::Owned(folded.replace('\n', "\u{1}"))
}

struct Token {
    text: String,
    quoted: bool,
    not: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (not, body) = match rest.strip_prefix('-') {
            Some(body) if body.chars().next().is_some_and(|c| !c.is_whitespace()) => (true, body),
            Some(_) | None => (false, rest),
        };
        let (word, after, quoted) = match body.strip_prefix('"') {
            // One that is not closed reaches to the end: it is still being typed.
            Some(inner) => match inner.split_once('"') {
                Some((word, after)) => (word, after, true),
                None => (inner, "", true),
            },
            None => {
                let (word, after) = unquoted(body);
                found.push(Token { text: word, quoted: false, not });
                rest = after.trim_start();
                continue;
            }
        };
        found.push(Token { text: word.to_owned(), quoted, not });
        rest = after.trim_start();
    }
    found
}

/// Up to the next space, but with a value kept together by quotes: `tag:site="pier 7"`. Also what comes after it.
fn unquoted(body: &str) -> (String, &str) {
    let mut word = String::new();
    let mut inside = false;
    for (at, letter) in body.char_indices() {
        if letter == '"' && (inside || word.ends_with([':', '=', ','])) {
            inside = !inside;
        } else if letter.is_whitespace() && !inside {
            return (word, body.get(at..).unwrap_or_default());
        } else {
            word.push(letter);
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn parse(text: &str) -> Query {
        Query::parse(text, NOW).unwrap()
    }

    #[test]
    fn words_quotes_and_what_must_not_be() {
        let query = parse("  DJI  \"raw photos\" -draft  - 2026");
        assert_eq!(query.words, ["dji", "raw photos", "-", "2026"]);
        assert_eq!(query.without, ["draft"]);
        assert_eq!(parse("a a A").words, ["a"]);
        assert!(parse("  ").is_empty());
        assert_eq!(parse("\"still typing").words, ["still typing"]);
        assert_eq!(parse("a:\"b c\" x\"y z").words, ["a:b c", "x\"y", "z"]);
    }

    #[test]
    fn what_is_no_limit_is_a_word() {
        assert_eq!(parse("http://x urn:isbn:1 size").words, ["http://x", "urn:isbn:1", "size"]);
        assert_eq!(parse("\"size:>1kb\"").words, ["size:>1kb"]);
    }

    #[test]
    fn composed_and_decomposed_words_are_one() {
        assert_eq!(parse("Bru\u{308}cke").words, ["br\u{fc}cke"]);
        assert!(parse("BRÜCKE").matches("a/bru\u{308}cke.jpg", 1, None, "STANDARD"));
        assert!(parse("\"a\nb\"").matches("x/A\nB", 1, None, "STANDARD"));
    }

    #[test]
    fn too_many_words_are_refused() {
        let many: Vec<String> = (0..=MOST_WORDS).map(|i| format!("w{i}")).collect();
        assert_eq!(Query::parse(&many.join(" "), NOW), Err(QueryProblem::TooMany));
    }
}
