//! What a person does not want to sync: lines in the syntax of gitignore, and a largest size (S4).
//!
//! A path that is left out is left alone on both sides, whatever the journal says of it: leaving out is never deleting
//! (hazard HD10). So the file, the object and the base are all asked about, and one that is left out counts for all.
use ::ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::path::RelPath;

/// A line that has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {number}, \"{line}\", has no meaning: {why}")]
pub struct BadLine {
    /// Which, from 1.
    pub number: usize,
    /// Its text.
    pub line: String,
    /// What is wrong with it.
    pub why: String,
}

/// What is left out of a sync folder.
#[derive(Debug, Clone)]
pub struct Filter {
    rules: Gitignore,
    largest: Option<u64>,
}

impl Filter {
    /// Reads lines as of a `.gitignore` in the root; `largest` is the largest size that is still synced, in bytes.
    ///
    /// # Errors
    /// [`BadLine`] for the first that is no pattern. A filter that is not understood is not used: it would sync what was to
    /// be left out.
    pub fn new(lines: &[String], largest: Option<u64>) -> Result<Self, BadLine> {
        let bad = |number: usize, line: &str, error: ::ignore::Error| BadLine {
            number,
            line: line.to_owned(),
            why: error.to_string(),
        };
        let mut builder = GitignoreBuilder::new("");
        for (line, number) in lines.iter().zip(1..) {
            builder.add_line(None, line).map_err(|error| bad(number, line, error))?;
        }
        let rules = builder.build().map_err(|error| bad(lines.len(), "", error))?;
        Ok(Self { rules, largest })
    }

    /// Leaves out everything: what stands in for a filter that is not understood.
    #[must_use]
    pub fn everything() -> Self {
        let mut builder = GitignoreBuilder::new("");
        // A line that this crate's own tests know to be one.
        let _known = builder.add_line(None, "*");
        Self { rules: builder.build().unwrap_or_else(|_| Gitignore::empty()), largest: Some(0) }
    }

    /// Whether a file is left out: it is too large, or the last line that fits it or a folder above it says so. As in git,
    /// nothing below a folder that is left out comes back with `!`.
    #[must_use]
    pub fn excludes(&self, path: &RelPath, size: u64) -> bool {
        self.largest.is_some_and(|largest| size > largest) || self.excludes_name(path)
    }

    fn excludes_name(&self, path: &RelPath) -> bool {
        !self.rules.is_empty()
            && (path.folders().any(|folder| self.rules.matched(folder, true).is_ignore())
                || self.rules.matched(path.as_str(), false).is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(lines: &[&str]) -> Filter {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Filter::new(&lines, None).unwrap()
    }

    fn out(filter: &Filter, text: &str) -> bool {
        filter.excludes(&RelPath::parse(text).unwrap(), 0)
    }

    #[test]
    fn lines_mean_what_they_mean_to_git() {
        let lines = [
            "# a comment",
            "",
            "*.tmp",
            "!keep.tmp",
            "/only-root",
            "build/",
            "docs/**/draft",
            "a/b",
            "\\#odd",
            "[Tt]humbs.db",
            "!build/keep",
        ];
        let filter = filter(&lines);
        for gone in [
            "x.tmp",
            "d/e/x.tmp",
            "only-root",
            "only-root/below",
            "build/x",
            "d/build/x/y",
            "build/keep",
            "docs/draft",
            "docs/1/2/draft/x",
            "a/b",
            "a/b/c",
            "#odd",
            "d/thumbs.db",
        ] {
            assert!(out(&filter, gone), "{gone} stays");
        }
        for stays in [
            "keep.tmp",
            "d/keep.tmp",
            "d/only-root",
            "build",
            "docs/drafts",
            "x/a/b",
            "# a comment",
            "tmp",
            "THUMBS.DB",
        ] {
            assert!(!out(&filter, stays), "{stays} is left out");
        }
    }

    /// As the user interface writes them (`ui/src/lib/util/kinds.ts`), with a line of a person's own behind them.
    #[test]
    fn s4_only_some_kinds_of_files() {
        let lines = [
            "# Only these kinds: audio",
            "*",
            "!*/",
            "!*.[wW][aA][vV]",
            "!*.[mM][pP]3",
            "!*.[mM]4[aA]",
            "!*.[fF][lL][aA][cC]",
            "!*.[aA][aA][cC]",
            "!*.[oO][gG][gG]",
            "# End of kinds",
            "drafts/",
        ];
        let filter = filter(&lines);
        for stays in ["a.wav", "A.WAV", "deep/er/b.Mp3", "d.old/c.flac"] {
            assert!(!out(&filter, stays), "{stays} is left out");
        }
        for gone in ["a.jpg", "deep/a.txt", "wav", "a.wav.tmp", "drafts/a.wav", "deep/drafts/a.wav"] {
            assert!(out(&filter, gone), "{gone} stays");
        }
    }

    #[test]
    fn everything_but_some_needs_its_folders_back() {
        let filter = filter(&["/*", "!/photos", "/photos/*", "!/photos/*.jpg"]);
        assert!(!out(&filter, "photos/a.jpg"));
        assert!(out(&filter, "photos/a.raw") && out(&filter, "photos/more/a.jpg") && out(&filter, "a.jpg"));
    }

    #[test]
    fn a_size_is_a_limit_and_no_line_brings_it_back() {
        let filter = Filter::new(&["!*".to_owned()], Some(100)).unwrap();
        let path = RelPath::parse("a").unwrap();
        assert!(!filter.excludes(&path, 100) && filter.excludes(&path, 101));
        assert!(!Filter::new(&[], None).unwrap().excludes(&path, u64::MAX));
    }

    #[test]
    fn a_line_without_meaning_is_named() {
        let lines: Vec<String> = ["*.ok", "", "a[z-a]"].iter().map(|line| (*line).to_owned()).collect();
        let bad = Filter::new(&lines, None).unwrap_err();
        assert_eq!((bad.number, bad.line.as_str()), (3, "a[z-a]"));
        assert!(bad.to_string().starts_with("line 3, \"a[z-a]\", has no meaning: "), "{bad}");
    }

    proptest! {
        #[test]
        fn what_is_below_something_left_out_is_left_out(
            lines in proptest::collection::vec("[!/]?[ab*]{1,2}(/[ab*]{1,2})?/?", 0..5),
            parts in proptest::collection::vec("[ab]{1,2}", 2..5),
        ) {
            if let Ok(filter) = Filter::new(&lines, None) {
                let path = RelPath::parse(&parts.join("/")).unwrap();
                let folder_out = path.folders().any(|folder| out(&filter, &format!("{folder}/zz")));
                // `zz` fits only lines with `*`, so such a line fits the folder itself or all that is in it.
                let by_folder = path.folders().any(|f| filter.rules.matched(f, true).is_ignore());
                prop_assert!(!by_folder || (filter.excludes(&path, 0) && folder_out));
            }
        }
    }
}
