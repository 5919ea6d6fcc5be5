//! Two versions of an object beside each other.
use std::time::{Duration, Instant};

use similar::{ChangeTag, TextDiff as Diff};

use crate::dto_preview::{Preview, PreviewWant};
use crate::dto_versions::{Comparison, DiffKind, DiffLine, FactDiff, TextDiff, VersionSide};
use crate::{Api, UiError};

/// Lines that are shown around each that differs.
const AROUND: usize = 3;
/// Lines of a diff; what is behind them is counted and not shown.
const MOST_LINES: usize = 5000;
/// After this long, what is left is told as other, however alike it is.
const LONGEST: Duration = Duration::from_secs(2);

impl Api {
    pub(crate) async fn compare_versions(
        &self,
        connection: String,
        bucket: String,
        key: String,
        older: VersionSide,
        newer: VersionSide,
    ) -> Result<Comparison, UiError> {
        let same_bytes = older.size == newer.size && older.etag == newer.etag;
        let look = |side: VersionSide| {
            let (connection, bucket, key) = (connection.clone(), bucket.clone(), key.clone());
            self.preview_version(connection, bucket, key, side.version, side.etag, PreviewWant::Large)
        };
        let (older, newer) = futures::future::try_join(look(older), look(newer)).await?;
        let texts = text_of(&older).zip(text_of(&newer));
        let text = match texts {
            Some(((old, old_whole), (new, new_whole))) => {
                let compared = tokio::task::spawn_blocking(move || lines(&old, &new)).await;
                let compared = compared.map_err(|died| {
                    UiError::new(
                        crate::ErrorCode::Unexpected,
                        "The two texts could not be compared, for a reason of our own.",
                    )
                    .with_detail(died)
                })?;
                Some(TextDiff { whole: compared.whole && old_whole && new_whole, ..compared })
            }
            None => None,
        };
        Ok(Comparison { text, facts: facts(&older, &newer), older, newer, same_bytes })
    }
}

/// What can be compared line by line, and whether it is all of it.
fn text_of(preview: &Preview) -> Option<(String, bool)> {
    let table = || {
        let table = preview.table.as_ref()?;
        let rows: Vec<String> = table.rows.iter().map(|row| row.join(", ")).collect();
        Some((rows.join("\n"), table.whole))
    };
    preview.text.as_ref().map(|text| (text.text.clone(), text.whole)).or_else(table)
}

pub(crate) fn lines(old: &str, new: &str) -> TextDiff {
    let diff = Diff::configure().deadline(Instant::now() + LONGEST).diff_lines(old, new);
    let number = |at: Option<usize>| at.and_then(|at| u32::try_from(at + 1).ok());
    let mut told = TextDiff { lines: Vec::new(), gone: 0, new: 0, whole: true };
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {}
            ChangeTag::Delete => told.gone = told.gone.saturating_add(1),
            ChangeTag::Insert => told.new = told.new.saturating_add(1),
        }
    }
    let skip = DiffLine { kind: DiffKind::Skip, old: None, new: None, text: String::new() };
    let total = old.lines().count();
    let mut seen = 0;
    for group in diff.grouped_ops(AROUND) {
        if group.first().is_some_and(|first| first.old_range().start > seen) {
            told.lines.push(skip.clone());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => DiffKind::Same,
                ChangeTag::Delete => DiffKind::Gone,
                ChangeTag::Insert => DiffKind::New,
            };
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            let (old, new) = (number(change.old_index()), number(change.new_index()));
            told.lines.push(DiffLine { kind, old, new, text });
        }
        seen = group.last().map_or(seen, |last| last.old_range().end);
        if told.lines.len() > MOST_LINES {
            told.lines.truncate(MOST_LINES);
            told.whole = false;
            return told;
        }
    }
    if !told.lines.is_empty() && seen < total {
        told.lines.push(skip);
    }
    told
}

/// Facts that are not the same in both, in the order of the older one, then those that only the newer one has.
fn facts(older: &Preview, newer: &Preview) -> Vec<FactDiff> {
    let value = |of: &Preview, name| {
        let values: Vec<&str> =
            of.facts.iter().filter(|fact| fact.name == name).map(|fact| fact.value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    let mut names = Vec::new();
    for fact in older.facts.iter().chain(&newer.facts) {
        if !names.contains(&fact.name) {
            names.push(fact.name);
        }
    }
    let both = |name| FactDiff { name, older: value(older, name), newer: value(newer, name) };
    names.into_iter().map(both).filter(|diff| diff.older != diff.newer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto_preview::{FactName, PreviewFact, PreviewKind, PreviewTable};

    fn told(old: &str, new: &str) -> Vec<(DiffKind, Option<u32>, Option<u32>, String)> {
        lines(old, new).lines.into_iter().map(|line| (line.kind, line.old, line.new, line.text)).collect()
    }

    fn nothing() -> Preview {
        Preview {
            kind: PreviewKind::Text,
            facts: Vec::new(),
            position: None,
            picture: None,
            text: None,
            table: None,
            missing: None,
        }
    }

    #[test]
    fn lines_that_differ_come_with_three_around_and_numbers_of_both_sides() {
        let old: Vec<String> = (1..=20).map(|n| format!("line {n}")).collect();
        let mut new = old.clone();
        new[9] = "other".to_owned();
        new.insert(1, "added".to_owned());
        let lines = told(&old.join("\r\n"), &new.join("\r\n"));
        assert_eq!(lines.first().unwrap(), &(DiffKind::Same, Some(1), Some(1), "line 1".to_owned()));
        assert_eq!(lines.get(1).unwrap(), &(DiffKind::New, None, Some(2), "added".to_owned()));
        let gone = lines.iter().position(|line| line.0 == DiffKind::Gone).unwrap();
        assert_eq!(lines[gone], (DiffKind::Gone, Some(10), None, "line 10".to_owned()));
        assert_eq!(lines[gone + 1], (DiffKind::New, None, Some(11), "other".to_owned()));
        assert_eq!(lines.last().unwrap().0, DiffKind::Skip);
        assert_eq!(lines.iter().filter(|line| line.0 == DiffKind::Skip).count(), 2);
    }

    #[test]
    fn texts_that_are_the_same_have_no_lines_and_empty_ones_are_texts() {
        assert_eq!(told("a\nb\n", "a\nb\n"), []);
        let all_new = lines("", "a\nb");
        assert_eq!((all_new.gone, all_new.new, all_new.lines.len()), (0, 2, 2));
    }

    #[test]
    fn a_table_is_compared_row_by_row() {
        let rows = vec![vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "2".to_owned()]];
        let preview = Preview { table: Some(PreviewTable { rows, whole: false }), ..nothing() };
        assert_eq!(text_of(&preview), Some(("a, b\n1, 2".to_owned(), false)));
        assert_eq!(text_of(&nothing()), None);
    }

    #[test]
    fn facts_that_only_one_has_are_facts_that_differ() {
        let fact = |name, value: &str| PreviewFact { name, value: value.to_owned() };
        let older = Preview {
            facts: vec![fact(FactName::Camera, "X"), fact(FactName::Iso, "100"), fact(FactName::Taken, "t")],
            ..nothing()
        };
        let newer =
            Preview { facts: vec![fact(FactName::Iso, "200"), fact(FactName::Taken, "t")], ..nothing() };
        let diff = |name, older: Option<&str>, newer: Option<&str>| FactDiff {
            name,
            older: older.map(str::to_owned),
            newer: newer.map(str::to_owned),
        };
        let expected =
            [diff(FactName::Camera, Some("X"), None), diff(FactName::Iso, Some("100"), Some("200"))];
        assert_eq!(facts(&older, &newer), expected);
        assert_eq!(facts(&newer, &older).len(), 2);
    }
}
