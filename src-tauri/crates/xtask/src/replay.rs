//! `cargo xtask replay SEED`: one random schedule of the simulator again, with every step printed.
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// Runs the schedule of this seed and prints all that happens.
///
/// # Errors
/// When cargo cannot be started, or the schedule breaks something.
pub(crate) fn run(root: &Path, seed: u64) -> anyhow::Result<()> {
    let status = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .current_dir(root)
        .args(["test", "-p", "windlass-engine", "--test", "sim", "--"])
        .args(["random::random_schedules_break_nothing", "--exact", "--nocapture"])
        .env("WINDLASS_SEED", seed.to_string())
        .env("WINDLASS_VERBOSE", "1")
        .status()
        .context("starting cargo")?;
    anyhow::ensure!(status.success(), "seed {seed} breaks something; see above");
    Ok(())
}
