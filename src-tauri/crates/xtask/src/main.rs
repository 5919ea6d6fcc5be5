//! Chores of the repository: `cargo xtask check-layers`, `cargo xtask replay SEED`, `cargo xtask semantics`, `cargo xtask types [--check]`.
//!
//! Reads and checks; the only thing it ever writes are the generated TypeScript types. Start reading at [`main`].
mod crates;
mod replay;
mod semantics;
mod types;
mod ui;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the Windlass repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks that crates and user interface files import only what docs/ARCHITECTURE.md allows.
    CheckLayers,
    /// Runs one random schedule of the simulator again and prints every step.
    Replay {
        /// The seed that the failed test printed.
        seed: u64,
    },
    /// Checks that every sentence of docs/SEMANTICS.md names tests that exist.
    Semantics,
    /// Writes the TypeScript types of the API to ui/src/lib/api.
    Types {
        /// Writes nothing; fails when the files are not what would be written.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::CheckLayers => check_layers(),
        Chore::Replay { seed } => replay::run(&root(), seed),
        Chore::Semantics => semantics::check(&root()),
        Chore::Types { check: true } => types::check(&root()),
        Chore::Types { check: false } => types::write(&root()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Root of the repository: the one this program runs in, or the one it was compiled in.
fn root() -> PathBuf {
    let compiled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let here = PathBuf::from(".");
    if here.join("tauri.conf.json").exists() { here } else { compiled }
}

fn check_layers() -> anyhow::Result<()> {
    let root = root();
    let found = crates::read(&root).context("reading the crates")?;
    let files = ui::read(&root.join("ui/src")).context("reading the user interface")?;
    let mut problems = crates::check(&found);
    problems.extend(ui::check(&files));
    for problem in &problems {
        eprintln!("{problem}");
    }
    anyhow::ensure!(
        problems.is_empty(),
        "{} imports break the layers; docs/ARCHITECTURE.md says which are allowed",
        problems.len()
    );
    println!("{} crates and {} user interface files keep the layers", found.len(), files.len());
    Ok(())
}
