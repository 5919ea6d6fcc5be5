//! Which crate may use which: the table of docs/ARCHITECTURE.md as code.
//!
//! A crate exists only where it forbids an import we fear, so every crate has a line here; one without fails.
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

/// A crate of ours and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) needs: Vec<Need>,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) name: String,
    /// Only for tests, examples and benches.
    pub(crate) dev: bool,
}

/// Third-party crates a crate may use.
enum Foreign {
    /// Exactly these: the crate decides, and must stay small and the same in the simulator.
    Only(&'static [&'static str]),
    /// Whatever [`KEPT`] does not keep for others.
    Common,
}

struct Rule {
    name: &'static str,
    ours: &'static [&'static str],
    foreign: Foreign,
}

const ADAPTERS: &[&str] =
    &["domain", "ports", "engine", "api", "compose", "journal", "s3", "platform", "practice"];

/// What may touch a stranger's bytes: decoders without C code, and what shuts their process in. Nothing that opens a line.
const DECODERS: &[&str] = &[
    "csv",
    "hayro",
    "heifer",
    "image",
    "jiff",
    "kamadak-exif",
    "landlock",
    "libc",
    "lopdf",
    "parquet",
    "rustix",
    "rusty_h264-decoder",
    "seccompiler",
    "serde",
    "serde_json",
    "symphonia",
];

/// The import table.
const RULES: &[Rule] = &[
    Rule {
        name: "domain",
        ours: &[],
        foreign: Foreign::Only(&[
            "base64",
            "caseless",
            "crc-fast",
            // Only its gitignore patterns: text against text.
            "ignore",
            "serde",
            "serde_json",
            "thiserror",
            "unicode-normalization",
        ]),
    },
    Rule {
        name: "ports",
        ours: &["domain"],
        foreign: Foreign::Only(&[
            "async-trait",
            "bytes",
            "futures",
            "serde",
            "thiserror",
            "tokio",
            "zeroize",
        ]),
    },
    Rule {
        name: "engine",
        ours: &["domain", "ports"],
        foreign: Foreign::Only(&[
            "async-trait",
            "bytes",
            "futures",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tokio-util",
            "tracing",
        ]),
    },
    Rule { name: "search", ours: &["domain"], foreign: Foreign::Only(&["memchr"]) },
    Rule { name: "journal", ours: &["domain", "ports", "search"], foreign: Foreign::Common },
    Rule { name: "s3", ours: &["domain", "ports"], foreign: Foreign::Common },
    Rule { name: "platform", ours: &["domain", "ports", "preview"], foreign: Foreign::Common },
    Rule { name: "preview", ours: &["ports"], foreign: Foreign::Only(DECODERS) },
    Rule { name: "testkit", ours: &["domain", "ports"], foreign: Foreign::Common },
    Rule { name: "practice", ours: &[], foreign: Foreign::Common },
    Rule { name: "api", ours: &["domain", "ports", "engine"], foreign: Foreign::Common },
    Rule { name: "compose", ours: ADAPTERS, foreign: Foreign::Common },
    Rule { name: "app", ours: ADAPTERS, foreign: Foreign::Common },
    Rule { name: "cli", ours: ADAPTERS, foreign: Foreign::Common },
    Rule { name: "devserver", ours: ADAPTERS, foreign: Foreign::Common },
    Rule { name: "faultfs", ours: &[], foreign: Foreign::Common },
    Rule { name: "fuzz", ours: &["domain", "ports", "journal", "s3", "testkit"], foreign: Foreign::Common },
    Rule { name: "crashvfs", ours: &["testkit"], foreign: Foreign::Common },
    Rule { name: "xtask", ours: &["api"], foreign: Foreign::Common },
];

/// Third-party crates kept for some of ours; a name ending in `*` stands for all that begin so.
const KEPT: &[(&str, &[&str])] = &[
    ("tauri*", &["app"]),
    ("wry", &["app"]),
    ("tao", &["app"]),
    ("gtk", &["app"]),
    ("rusqlite", &["crashvfs", "fuzz", "journal", "practice"]),
    ("aws-*", &["s3"]),
    ("fuser", &["faultfs"]),
    ("notify*", &["platform"]),
    ("keyring*", &["platform"]),
    ("directories", &["platform"]),
    ("zbus*", &["platform"]),
    ("s3s*", &["practice"]),
    ("hayro", &["preview"]),
    ("heifer", &["preview"]),
    ("kamadak-exif", &["preview"]),
    ("landlock", &["preview"]),
    ("lopdf", &["preview"]),
    ("parquet", &["preview"]),
    ("rusty_h264*", &["preview"]),
    ("seccompiler", &["preview"]),
    ("symphonia*", &["preview"]),
    ("axum*", &["devserver", "testkit"]),
];

/// Every import that the table does not allow, in words.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    let mut problems = Vec::new();
    for one in crates {
        let short = short(&one.name);
        let Some(rule) = RULES.iter().find(|rule| rule.name == short) else {
            problems.push(format!("{}: the layers table has no line for this crate", one.name));
            continue;
        };
        for need in one.needs.iter().filter(|need| !need.dev) {
            if let Some(ours) = need.name.strip_prefix("windlass-") {
                if !rule.ours.contains(&ours) {
                    problems.push(format!("{}: may not use {}", one.name, need.name));
                }
                continue;
            }
            if let Foreign::Only(allowed) = &rule.foreign
                && !allowed.contains(&need.name.as_str())
            {
                problems.push(format!("{}: may not use {}; it stays small and pure", one.name, need.name));
            } else if let Some((_, keepers)) = KEPT.iter().find(|(pattern, _)| matches(pattern, &need.name))
                && !keepers.contains(&short)
            {
                problems.push(format!(
                    "{}: may not use {}; only {} may",
                    one.name,
                    need.name,
                    keepers.join(", ")
                ));
            }
        }
        for need in one.needs.iter().filter(|need| need.dev) {
            if need.name.starts_with("tauri") && short != "app" {
                problems.push(format!("{}: may not use {}, not even in tests", one.name, need.name));
            }
        }
    }
    problems
}

fn short(name: &str) -> &str {
    name.strip_prefix("windlass-").unwrap_or(name)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Reads the crates of the workspace and what they name.
pub(crate) fn read(root: &Path) -> anyhow::Result<Vec<Crate>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("starting cargo")?;
    anyhow::ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("reading the answer of cargo metadata")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages in the answer")?;
    packages.iter().map(package).collect()
}

fn package(value: &Value) -> anyhow::Result<Crate> {
    let name = text(value, "name")?;
    let needs =
        value.get("dependencies").and_then(Value::as_array).context("no dependencies in the answer")?;
    let needs = needs
        .iter()
        .map(|need| {
            let dev = need.get("kind").and_then(Value::as_str) == Some("dev");
            Ok(Need { name: text(need, "name")?, dev })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Crate { name, needs })
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value
        .get(field)
        .and_then(Value::as_str)
        .with_context(|| format!("no {field} in the answer"))?
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, needs: &[&str]) -> Vec<Crate> {
        let needs = needs.iter().map(|name| Need { name: (*name).into(), dev: false }).collect();
        vec![Crate { name: format!("windlass-{name}"), needs }]
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert_eq!(
            check(&one("engine", &["windlass-domain", "windlass-ports", "tokio"])),
            Vec::<String>::new()
        );
        assert_eq!(check(&one("journal", &["windlass-ports", "rusqlite"])), Vec::<String>::new());
        assert_eq!(
            check(&one("app", &["windlass-compose", "tauri", "tauri-plugin-dialog"])),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_feared_import_is_found() {
        for (name, need) in [
            ("domain", "tokio"),
            ("domain", "rand"),
            ("domain", "windlass-ports"),
            ("ports", "windlass-engine"),
            ("engine", "windlass-journal"),
            ("engine", "windlass-s3"),
            ("engine", "rusqlite"),
            ("engine", "aws-sdk-s3"),
            ("api", "windlass-s3"),
            ("api", "tauri"),
            ("journal", "aws-config"),
            ("s3", "rusqlite"),
            ("s3", "windlass-journal"),
            ("cli", "aws-sdk-s3"),
            ("cli", "tauri"),
            ("preview", "tokio"),
            ("preview", "windlass-domain"),
            ("api", "windlass-preview"),
            ("api", "kamadak-exif"),
            ("devserver", "tauri"),
            ("platform", "windlass-engine"),
            ("journal", "notify"),
            ("cli", "keyring-core"),
            ("compose", "directories"),
            ("api", "zbus-secret-service-keyring-store"),
            ("testkit", "windlass-engine"),
        ] {
            assert_eq!(check(&one(name, &[need])).len(), 1, "{name} with {need} must be refused, once");
        }
    }

    #[test]
    fn a_crate_without_a_line_in_the_table_is_refused() {
        assert_eq!(check(&one("helpers", &[])).len(), 1);
    }

    #[test]
    fn tests_may_use_the_practice_endpoint_and_the_sdk_but_never_tauri() {
        let dev = |name: &str| Need { name: name.into(), dev: true };
        let with = |need| vec![Crate { name: "windlass-s3".into(), needs: vec![need] }];
        assert!(check(&with(dev("windlass-practice"))).is_empty());
        assert_eq!(check(&with(dev("tauri"))).len(), 1);
    }

    #[test]
    fn this_repository_keeps_its_layers() {
        let crates = read(&crate::root()).unwrap();
        assert!(crates.len() > 10, "only {} crates were found", crates.len());
        assert_eq!(check(&crates), Vec::<String>::new());
    }
}
