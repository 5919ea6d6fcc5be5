//! Names of keys as they may be shown.
use windlass_domain::thaw::Archive;
use windlass_domain::{ObjectKey, map_key};
use windlass_ports::{LevelEntry, ListedRow};

use crate::dto::{ObjectRow, RowState};

/// Makes characters visible that reorder or break a line of text, so that a program cannot pass for a picture.
#[must_use]
pub fn visible(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => {
                text.push_str(&format!("⟨U+{:04X}⟩", c as u32));
            }
            c if c.is_control() => text.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
            c => text.push(c),
        }
    }
    text
}

/// The last part of a key; of a folder the part before its closing slash.
#[must_use]
pub(crate) fn last_part(key: &str) -> &str {
    let body = key.strip_suffix('/').unwrap_or(key);
    body.rsplit('/').next().unwrap_or(body)
}

/// Why this key cannot be a file name here.
#[must_use]
pub(crate) fn name_problem(key: &str, folder: bool) -> Option<String> {
    let body = if folder { key.strip_suffix('/').unwrap_or(key) } else { key };
    let problem = match ObjectKey::parse(body) {
        Ok(parsed) => map_key(&parsed, "").err().map(|p| p.to_string()),
        Err(problem) => Some(problem.to_string()),
    };
    problem.map(|p| format!("This key cannot be a file name here: {p}. It is shown and left as it is."))
}

/// The row of an entry.
#[must_use]
pub(crate) fn object_row(listed: ListedRow) -> ObjectRow {
    match listed.entry {
        LevelEntry::Folder(key) => ObjectRow {
            name: visible(last_part(&key)),
            name_problem: name_problem(&key, true),
            key,
            folder: true,
            size: 0,
            modified: None,
            class: String::new(),
            etag: String::new(),
            state: RowState::Stored,
            deleted_at: None,
        },
        LevelEntry::Deleted { key, size, modified, etag, class, at } => ObjectRow {
            name: visible(last_part(&key)),
            name_problem: name_problem(&key, false),
            key,
            folder: false,
            size,
            modified: Some(modified.millis()),
            etag,
            state: RowState::Deleted,
            deleted_at: Some(at.millis()),
            class,
        },
        LevelEntry::Object { key, size, modified, etag, class } => ObjectRow {
            name: visible(last_part(&key)),
            name_problem: name_problem(&key, false),
            key,
            folder: false,
            size,
            modified: modified.map(windlass_domain::Timestamp::millis),
            etag,
            state: if listed.safe {
                RowState::Safe
            } else if Archive::of(&class, None).is_some() {
                RowState::Archived
            } else {
                RowState::Stored
            },
            deleted_at: None,
            class,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_reorder_text_are_shown_as_what_they_are() {
        assert_eq!(visible("photo\u{202E}gpj.exe"), "photo⟨U+202E⟩gpj.exe");
        for c in ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}') {
            let shown = visible(&format!("a{c}b"));
            assert!(!shown.contains(c) && shown.contains(&format!("U+{:04X}", c as u32)));
        }
        assert_eq!(visible("ü 📷 中"), "ü 📷 中");
        assert_eq!(visible("a\nb"), "a⟨U+000A⟩b");
    }

    #[test]
    fn a_row_shows_the_last_part_and_says_when_it_is_no_file_name() {
        let row = object_row(ListedRow { entry: LevelEntry::Folder("a/b/".into()), safe: false });
        assert_eq!((row.name.as_str(), row.folder, row.name_problem), ("b", true, None));
        let object = |key: &str| {
            object_row(ListedRow {
                entry: LevelEntry::Object {
                    key: key.into(),
                    size: 1,
                    modified: None,
                    etag: "\"e\"".into(),
                    class: "STANDARD".into(),
                },
                safe: true,
            })
        };
        assert_eq!(object("a/b.jpg").name, "b.jpg");
        assert_eq!(object("a/b.jpg").state, RowState::Safe);
        assert!(object("a/../b").name_problem.is_some());
        assert!(object("a//b").name_problem.is_some());
    }
}
