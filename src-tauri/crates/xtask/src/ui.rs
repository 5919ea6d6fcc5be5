//! Which user interface file may import which: views → components/<domain> → components/shared, all → lib, and
//! lib/backend is the only door out.
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

/// A source file and what it imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Path below `ui/src`, with `/`.
    pub(crate) path: String,
    /// What stands in its import lines.
    pub(crate) imports: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tier {
    Root,
    View,
    Domain(String),
    Shared,
    Lib,
    /// Styles, pictures, texts: everybody may.
    Asset,
}

fn tier(path: &str) -> Tier {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("lib" | "i18n"), Some(_), _) => Tier::Lib,
        (Some("views"), Some(_), _) => Tier::View,
        (Some("components"), Some("shared"), _) => Tier::Shared,
        (Some("components"), Some(domain), Some(_)) => Tier::Domain(domain.to_owned()),
        (Some("styles" | "assets"), Some(_), _) => Tier::Asset,
        _ => Tier::Root,
    }
}

fn allowed(from: &Tier, to: &Tier) -> bool {
    match (from, to) {
        (_, Tier::Asset) | (Tier::Root, _) => true,
        (_, Tier::Lib) => *from != Tier::Asset,
        (Tier::View, Tier::View | Tier::Domain(_) | Tier::Shared) => true,
        (Tier::Domain(a), Tier::Domain(b)) => a == b,
        (Tier::Domain(_), Tier::Shared) | (Tier::Shared, Tier::Shared) => true,
        (Tier::Domain(_), Tier::View | Tier::Root)
        | (Tier::View, Tier::Root)
        | (Tier::Shared, Tier::Root | Tier::View | Tier::Domain(_))
        | (Tier::Lib, Tier::Root | Tier::View | Tier::Domain(_) | Tier::Shared)
        | (Tier::Asset, Tier::Root | Tier::View | Tier::Domain(_) | Tier::Shared) => false,
    }
}

/// Every import that breaks the tiers, in words.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        let from = tier(&file.path);
        for import in &file.imports {
            if import.starts_with("@tauri-apps/") && !file.path.starts_with("lib/backend/") {
                problems.push(format!(
                    "ui/src/{}: may not import {import}; lib/backend is the only door out",
                    file.path
                ));
            }
            if let Some(target) = resolve(&file.path, import)
                && !allowed(&from, &tier(&target))
            {
                problems.push(format!("ui/src/{}: may not import {target}", file.path));
            }
        }
    }
    problems
}

/// Path below `ui/src` that a relative import means; `None` for packages.
fn resolve(file: &str, import: &str) -> Option<String> {
    if !import.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Reads the TypeScript and Svelte files of a folder.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "ts" || kind == "svelte") {
                let text =
                    std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                files.push(File { path: below(&path, folder), imports: imports(&text) });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn below(path: &Path, folder: &Path) -> String {
    let rest: PathBuf = path.strip_prefix(folder).unwrap_or(path).to_owned();
    let parts: Vec<_> = rest
        .components()
        .filter_map(|part| if let Component::Normal(name) = part { name.to_str() } else { None })
        .collect();
    parts.join("/")
}

/// What stands between the quotes after `from`, `import` and `import(`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for (at, _) in text.match_indices(word) {
            let before = text.get(..at).and_then(|start| start.chars().next_back());
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
                continue;
            }
            let rest = text.get(at + word.len()..).unwrap_or_default().trim_start();
            let rest = rest.strip_prefix('(').unwrap_or(rest).trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else { continue };
            if let Some((name, _)) = rest.get(1..).and_then(|rest| rest.split_once(quote))
                && !name.contains('\n')
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, import: &str) -> Vec<File> {
        vec![File { path: path.into(), imports: vec![import.into()] }]
    }

    #[test]
    fn imports_downwards_pass() {
        for (path, import) in [
            ("views/Browse.svelte", "../components/browse/List.svelte"),
            ("components/browse/List.svelte", "../shared/Button.svelte"),
            ("components/browse/List.svelte", "./Row.svelte"),
            ("components/shared/Button.svelte", "../../lib/util/size"),
            ("lib/state/listing.svelte.ts", "../backend"),
            ("lib/backend/tauri.ts", "@tauri-apps/api/core"),
            ("main.ts", "./App.svelte"),
            ("App.svelte", "./views/Browse.svelte"),
        ] {
            assert_eq!(check(&one(path, import)), Vec::<String>::new(), "{path} imports {import}");
        }
    }

    #[test]
    fn imports_upwards_sideways_and_out_are_found() {
        for (path, import) in [
            ("components/browse/List.svelte", "../../views/Browse.svelte"),
            ("components/browse/List.svelte", "../transfers/Row.svelte"),
            ("components/shared/Button.svelte", "../browse/List.svelte"),
            ("lib/state/listing.svelte.ts", "../../components/shared/Button.svelte"),
            ("lib/state/listing.svelte.ts", "@tauri-apps/api/core"),
            ("views/Browse.svelte", "@tauri-apps/api/core"),
            ("components/browse/List.svelte", "../../App.svelte"),
        ] {
            assert_eq!(check(&one(path, import)).len(), 1, "{path} imports {import}: must be refused, once");
        }
    }

    #[test]
    fn all_forms_of_import_are_read() {
        let text = "import a from './a';\nimport type { B } from \"./b\";\nimport './c.css';\nexport { d } from './d';\n\
                    const e = await import('./e');\nconst from_ = 'no'; // transform 'no'\n";
        let mut found = imports(text);
        found.sort();
        assert_eq!(found, ["./a", "./b", "./c.css", "./d", "./e"]);
    }

    #[test]
    fn this_user_interface_keeps_its_tiers() {
        let files = read(&crate::root().join("ui/src")).unwrap();
        assert!(files.len() > 10, "only {} files were found", files.len());
        assert_eq!(check(&files), Vec::<String>::new());
    }
}
