//! What a person left out of a sync folder: lines in the syntax of gitignore, and a largest size.
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::path::RelPath;

/// A line that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} cannot be understood: {why}")]
pub struct BadLine {
    /// Which one, from 1.
    pub line: usize,
    /// Why, in the words of the parser.
    pub why: String,
}

/// Decides what is left out. It reads no file.
#[derive(Debug, Clone)]
pub struct Filter {
    lines: Gitignore,
    largest: Option<u64>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { lines: Gitignore::empty(), largest: None }
    }
}

impl Filter {
    /// From lines as in a `.gitignore` at the folder's root, and the largest size in bytes.
    ///
    /// # Errors
    /// The first line that means nothing: to leave out less than was meant is as wrong as to leave out more.
    pub fn new(lines: &[String], largest: Option<u64>) -> Result<Self, BadLine> {
        let mut builder = GitignoreBuilder::new("");
        let bad = |line, error: ignore::Error| BadLine { line, why: error.to_string() };
        for (number, line) in lines.iter().enumerate() {
            builder.add_line(None, line).map_err(|error| bad(number + 1, error))?;
        }
        let lines = builder.build().map_err(|error| bad(lines.len(), error))?;
        Ok(Self { lines, largest })
    }

    /// Whether a file of this size is left out, by its own name or by that of a folder above it: below a folder that is left
    /// out nothing is let in again, as in git.
    #[must_use]
    pub fn excludes(&self, path: &RelPath, size: u64) -> bool {
        if self.largest.is_some_and(|largest| size > largest) {
            return true;
        }
        if self.lines.is_empty() {
            return false;
        }
        let text = path.as_str();
        let folders = text.match_indices('/').filter_map(|(slash, _)| text.get(..slash));
        folders.into_iter().any(|folder| self.lines.matched(folder, true).is_ignore())
            || self.lines.matched(text, false).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(lines: &[&str]) -> Filter {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Filter::new(&lines, Some(1000)).unwrap()
    }

    fn out(filter: &Filter, path: &str) -> bool {
        filter.excludes(&RelPath::parse(path).unwrap(), 10)
    }

    #[test]
    fn lines_mean_what_they_mean_to_git() {
        let some =
            filter(&["# a comment", "*.tmp", "!keep.tmp", "/build/", "raw/**/cache", "", "photo[0-3].jpg"]);
        for (path, is_out) in [
            ("a.tmp", true),
            ("deep/er/a.tmp", true),
            ("keep.tmp", false),
            ("build/x.jpg", true),
            ("sub/build/x.jpg", false),
            ("raw/a/b/cache/x", true),
            ("raw/cache.jpg", false),
            ("photo2.jpg", true),
            ("photo4.jpg", false),
        ] {
            assert_eq!(out(&some, path), is_out, "{path}");
        }
    }

    #[test]
    fn nothing_below_a_folder_left_out_is_let_in_again() {
        let some = filter(&["private", "!private/open.txt"]);
        assert!(out(&some, "private/open.txt"));
        assert!(out(&some, "deep/private/a/b"));
    }

    #[test]
    fn size_and_bad_lines() {
        assert!(filter(&[]).excludes(&RelPath::parse("a").unwrap(), 1001));
        assert!(!filter(&[]).excludes(&RelPath::parse("a").unwrap(), 1000));
        assert!(!Filter::default().excludes(&RelPath::parse("a").unwrap(), u64::MAX));
        let bad = Filter::new(&["fine".to_owned(), "[z-a]".to_owned()], None).unwrap_err();
        assert_eq!(bad.line, 2);
    }
}
