//! Text, tables in text, and JSON: their beginnings, as text and nothing else.
use windlass_ports::decode::{Decoded, FileKind, PIECE, TableStart, TextStart, Want};

use crate::source::Window;

/// Most bytes of a text that are read when somebody asks to see it.
const MOST: u64 = 256 * 1024;
/// Most characters of a text that are shown.
const SHOWN: usize = 512 * 1024;
const ROWS: usize = 200;
const CELLS: usize = 50;
const CELL: usize = 200;
/// Columns a line may be moved in. Deeper levels stay there, so that a file of brackets grows by a factor only.
const DEEPEST: usize = 32;

/// Whether bytes are text, and of which sort.
pub(crate) fn kind(head: &[u8], more: bool) -> FileKind {
    let Some(text) = decode(head, more) else { return FileKind::Other };
    let start = text.trim_start();
    if is_json(start, more) {
        FileKind::Json
    } else if delimiter(&text, more).is_some() && !start.starts_with('<') {
        FileKind::Csv
    } else {
        FileKind::Text
    }
}

/// UTF-8, UTF-16 with a mark, or an old one-byte coding; `None` for what is no text. `cut` when the bytes are only a beginning.
fn decode(bytes: &[u8], cut: bool) -> Option<String> {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return wide(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let odd = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    if bytes.contains(&0) || bytes.iter().filter(|b| odd(b)).count() * 50 > bytes.len() {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if cut && error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).map(|b| String::from_utf8_lossy(b).into_owned())
        }
        // ISO 8859-1, whose bytes are the first characters of Unicode. Mostly letters, or it is no text at all.
        Err(_) => {
            let high = bytes.iter().filter(|b| **b >= 0x80).count();
            (high * 4 < bytes.len()).then(|| bytes.iter().map(|b| char::from(*b)).collect())
        }
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
    let text = String::from_utf16_lossy(&units);
    (!text.contains('\0')).then_some(text)
}

fn is_json(start: &str, more: bool) -> bool {
    if !start.starts_with(['{', '[']) {
        return false;
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(start) {
        Ok(_) => true,
        // Cut off, or too deep for the parser: it looked like JSON until then.
        Err(error) => (more && error.is_eof()) || error.to_string().starts_with("recursion limit"),
    }
}

/// The character between cells: the one that stands equally often, and at least once, in each of the first lines.
fn delimiter(text: &str, more: bool) -> Option<u8> {
    let mut lines: Vec<&str> = text.lines().take(20).collect();
    if more && lines.len() > 1 && lines.len() < 20 {
        lines.pop();
    }
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() < 2 {
        return None;
    }
    [b'\t', b';', b',', b'|'].into_iter().find(|mark| {
        let cells = |line: &str| {
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(*mark)
                .has_headers(false)
                .flexible(true)
                .from_reader(line.as_bytes());
            reader.records().next().and_then(Result::ok).map_or(0, |record| record.len())
        };
        let first = lines.first().map_or(0, |line| cells(line));
        first > 1 && lines.iter().all(|line| cells(line) == first)
    })
}

/// The beginning of a text.
pub(crate) fn inspect(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    let bytes = match want {
        Want::Small => file.start(PIECE),
        Want::Large | Want::Page(_) => file.start(MOST),
    };
    let cut = (bytes.len() as u64) < file.size();
    let Some(text) = decode(&bytes, cut) else {
        found.kind = FileKind::Other;
        return;
    };
    match found.kind {
        FileKind::Csv => match table(&text, cut) {
            Some(table) => found.table = Some(table),
            None => found.text = Some(shown(text, cut)),
        },
        FileKind::Json => found.text = Some(shown(indent(&text), cut)),
        _ => found.text = Some(shown(text, cut)),
    }
}

fn shown(mut text: String, cut: bool) -> TextStart {
    let long = text.len() > SHOWN;
    if long {
        let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    TextStart { text, whole: !cut && !long }
}

fn table(text: &str, cut: bool) -> Option<TableStart> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text, cut)?)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut whole = !cut;
    for record in reader.records() {
        let Ok(record) = record else {
            whole = false;
            break;
        };
        if rows.len() == ROWS {
            whole = false;
            break;
        }
        whole &= record.len() <= CELLS;
        rows.push(record.iter().take(CELLS).map(|cell| cell.chars().take(CELL).collect()).collect());
    }
    // The last row of a beginning is most often half a row.
    if cut && rows.len() > 1 && rows.len() < ROWS {
        rows.pop();
    }
    Some(TableStart { rows, whole })
}

/// JSON with a line for each value, in the order it has, whole or not. Done by hand because the beginning of a file is no
/// document to a parser, and because depth and growth have limits here.
fn indent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if out.len() > SHOWN {
            break;
        }
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|n| n.is_ascii_whitespace()).is_some() {}
                if let Some(close) = rest.next_if(|n| matches!(n, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_in_its_own_order_even_when_cut() {
        assert_eq!(
            indent(r#"{"b":1,"a":[ ],"c":"x,\"y"}"#),
            "{\n  \"b\": 1,\n  \"a\": [],\n  \"c\": \"x,\\\"y\"\n}"
        );
        assert_eq!(indent(r#"[1,{"a":"#), "[\n  1,\n  {\n    \"a\": ");
    }

    #[test]
    fn hs17_a_file_of_brackets_grows_by_a_factor_only() {
        let text = "[".repeat(256 * 1024);
        assert!(indent(&text).len() < SHOWN + 200);
        assert_eq!(kind("[".repeat(1000).as_bytes(), true), FileKind::Json);
    }

    #[test]
    fn tables_are_told_from_text() {
        assert_eq!(kind(b"a;b;c\n1;2;3\n4;5;6\n", false), FileKind::Csv);
        assert_eq!(kind(b"a,\"b,c\"\n1,2\n", false), FileKind::Csv);
        assert_eq!(kind(b"Dear all,\nthis is a letter.\n", false), FileKind::Text);
        assert_eq!(kind(b"fn main() {\n    let a = (1, 2);\n}\n", false), FileKind::Text);
        assert_eq!(kind(b"caf\xE9 cr\xE8me, old coding, mostly letters", false), FileKind::Text);
        assert_eq!(kind(b"\xFF\xFEh\0i\0", false), FileKind::Text);
        assert_eq!(kind(&[0x80; 64], false), FileKind::Other);
    }

    #[test]
    fn a_table_is_bounded() {
        let text = format!("{}\n", vec!["x".repeat(500); 80].join(",")).repeat(300);
        let table = table(&text, false).unwrap();
        assert_eq!((table.rows.len(), table.rows[0].len(), table.rows[0][0].len()), (ROWS, CELLS, CELL));
        assert!(!table.whole);
    }
}
