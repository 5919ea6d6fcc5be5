//! A file system with faults, for tests: what lies in one folder appears in another, and misbehaves as it is told.
//!
//! `windlass-faultfs BEHIND PLACE [--short-reads] [--ignore-case] [--coarse SECONDS]` mounts and prints `mounted`. Then it reads
//! orders from its input, one a line, and answers each with one line:
//! `fail CALL N [TEXT]` lets the N-th call from now on fail with EIO (0: all of them), of those whose path holds TEXT;
//! `clear` ends all faults; `count CALL` says how many calls there were. When its input ends it unmounts and ends.
//! Start reading at [`main`].
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod mounted;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "windlass-faultfs", about = "A file system with faults, for tests")]
struct Arguments {
    /// Folder that holds the files.
    behind: PathBuf,
    /// Empty folder at which they appear.
    place: PathBuf,
    /// Every read gives only a part of what was asked for.
    #[arg(long)]
    short_reads: bool,
    /// `A` and `a` are one name.
    #[arg(long)]
    ignore_case: bool,
    /// Times are multiples of so many seconds.
    #[arg(long, default_value_t = 0)]
    coarse: u64,
    /// Names cannot change places, nor be renamed without replacing, as on many file systems.
    #[arg(long)]
    plain_rename: bool,
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match mounted::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("{:?}: only Linux has what this needs.", Arguments::parse());
    ExitCode::FAILURE
}
