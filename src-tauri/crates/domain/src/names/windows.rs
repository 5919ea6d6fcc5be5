//! Stand-ins for what Windows forbids: the private code point U+F000 + c for the character c, as Cygwin and Services for
//! Macintosh have it. A key that has such a code point itself gets an escape before it, so that the way back is exact.

/// Stands before a code point of [`STAND_INS`] that a key really has.
const ESCAPE: char = '\u{F07F}';
/// Every stand-in, and the escape.
const STAND_INS: std::ops::RangeInclusive<char> = '\u{F001}'..=ESCAPE;
const OFFSET: u32 = 0xF000;

/// A path with stand-ins.
pub(super) fn stand_in(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for (number, segment) in path.split('/').enumerate() {
        if number > 0 {
            text.push('/');
        }
        let reserved = is_device(segment);
        let mut characters = segment.chars().enumerate().peekable();
        while let Some((at, c)) = characters.next() {
            let last = characters.peek().is_none();
            if STAND_INS.contains(&c) {
                text.extend([ESCAPE, c]);
            } else if is_forbidden(c) || (last && matches!(c, '.' | ' ')) || (at == 0 && reserved) {
                text.push(char::from_u32(OFFSET + u32::from(c)).unwrap_or(c));
            } else {
                text.push(c);
            }
        }
    }
    text
}

/// The path without stand-ins. Total; the caller looks whether [`stand_in`] leads back.
pub(super) fn take_back(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut characters = path.chars();
    while let Some(c) = characters.next() {
        if c == ESCAPE {
            text.push(characters.next().unwrap_or(c));
        } else if STAND_INS.contains(&c) {
            text.push(char::from_u32(u32::from(c) - OFFSET).unwrap_or(c));
        } else {
            text.push(c);
        }
    }
    text
}

const fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{1}'..='\u{1F}' | '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*')
}

/// Names of devices, with any ending: `NUL`, `con.txt`, `COM¹`.
fn is_device(segment: &str) -> bool {
    let name = segment.split('.').next().unwrap_or(segment).trim_end_matches(' ');
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(|d| name.eq_ignore_ascii_case(d)) {
        return true;
    }
    let mut characters = name.chars();
    let port: String = characters.by_ref().take(3).collect();
    let number = (characters.next(), characters.next());
    (port.eq_ignore_ascii_case("COM") || port.eq_ignore_ascii_case("LPT"))
        && matches!(number, (Some('0'..='9' | '¹' | '²' | '³'), None))
}
