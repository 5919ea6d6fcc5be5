//! docs/SEMANTICS.md against the tests it names: a sentence without a test, or a name that no test has, is a mistake.
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;

/// Names of the tests in a source: functions under `#[test]`, `#[tokio::test]` and the like, in macros as well.
fn tests_in(source: &str) -> Vec<&str> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        } else if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if is_test && !name.contains(char::is_whitespace) {
                names.push(name);
            }
            is_test = false;
        } else if !line.starts_with("//") {
            is_test = false;
        }
    }
    names
}

/// Names of all tests in the Rust sources below `folder`.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            tests_below(&path, found)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            found.extend(tests_in(&text).into_iter().map(str::to_owned));
        }
    }
    Ok(())
}

/// Names of tests in a text: what stands in backticks and has `::`.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|quote| quote.contains("::")).filter_map(|quote| quote.rsplit("::").next())
}

/// What is wrong with the document.
fn problems(document: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let sections = document.split("\n- ").skip(1).map(|item| item.split("\n#").next().unwrap_or(item));
    for item in sections {
        let first = item.lines().next().unwrap_or_default();
        let mut any = false;
        for name in named(item) {
            any = true;
            if !tests.contains(name) {
                problems.push(format!("no test is called {name} (\"{first}\")"));
            }
        }
        if !any {
            problems.push(format!("no test is named for \"{first}\""));
        }
    }
    problems
}

pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let path = root.join("docs/SEMANTICS.md");
    let document = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut tests = BTreeSet::new();
    tests_below(&root.join("src-tauri"), &mut tests)?;
    let found = problems(&document, &tests);
    for problem in &found {
        eprintln!("docs/SEMANTICS.md: {problem}");
    }
    anyhow::ensure!(found.is_empty(), "{} sentences of docs/SEMANTICS.md lack their test", found.len());
    println!("every sentence of docs/SEMANTICS.md names tests that exist");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_count() {
        let source = "fn helper() {}\n#[tokio::test(flavor = \"x\")]\n#[allow(a)]\nasync fn one() {}\n\n#[inline]\nfn two() {}\n\
                      p! {\n  #[test]\n  /// Says more.\n  fn three(a in b()) {}\n}\n#[test]\nstruct S;\nfn four() {}";
        assert_eq!(tests_in(source), ["one", "three"]);
    }

    #[test]
    fn sentences_need_tests_that_exist() {
        let tests = BTreeSet::from(["there".to_owned()]);
        assert!(problems("# T\n\n- Held. `a b::there`\n", &tests).is_empty());
        assert_eq!(problems("# T\n\n- Gone. `a b::gone`\n", &tests).len(), 1);
        assert_eq!(problems("# T\n\n- Bare `word`.\n\n## More\n\n`a b::there`\n", &tests).len(), 1);
    }
}
