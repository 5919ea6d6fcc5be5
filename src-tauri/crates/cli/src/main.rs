//! `windlass`: the command line on the same journal and engine as the app.
//!
//! **Does** list, copy, sync, watch, resolve, take back, verify and explain. **Never** holds rules of its own about what is safe: that is
//! the engine's. **Start reading** at [`args`], then the file of a command.

mod address;
mod args;
mod brake;
mod buckets;
mod changes;
mod cp;
mod doctor;
mod exit;
mod jobs;
mod ls;
mod open;
mod output;
mod past;
mod plan;
mod practice;
mod status;
mod sync;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::exit::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("WINDLASS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let output = Output::new(args.common.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output.fail(&Failure::unexpected("The program could not start its threads.", error));
        }
    };
    let result = runtime.block_on(run(args, &output));
    // Blocking reads of a dead disk must not keep the program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(code) => code.into(),
        Err(failure) => output.fail(&failure),
    }
}

async fn run(args: Args, output: &Output) -> Result<exit::Code, Failure> {
    let Args { common, command } = args;
    match command {
        Command::Ls(ls) => ls::run(&common, &ls, output).await,
        Command::Cp(cp) => cp::run(&common, &cp, output).await,
        Command::Mv(mv) => jobs::carry(&common, windlass_domain::JobKind::Move, &mv, output).await,
        Command::Diff(diff) => past::diff(&common, &diff, output).await,
        Command::Restore(restore) => jobs::restore(&common, &restore, output).await,
        Command::Purge(purge) => jobs::purge(&common, &purge, output).await,
        Command::Mb(mb) => buckets::make(&common, &mb, output).await,
        Command::Rb(rb) => buckets::remove(&common, &rb, output).await,
        Command::Jobs(list) => jobs::run(&common, &list, output).await,
        Command::Sync(sync) => sync::run(&common, &sync, output).await,
        Command::Watch(watch) => sync::watch(&common, &watch, output).await,
        Command::Conflicts(conflicts) => changes::conflicts(&common, &conflicts, output).await,
        Command::Undo(undo) => changes::undo(&common, &undo, output).await,
        Command::Status => status::folders(&common, output).await,
        Command::Transfers(list) => status::transfers(&common, &list, output).await,
        Command::Verify(verify) => verify::run(&common, &verify, output).await,
        Command::Doctor(doctor) => doctor::run(&common, &doctor, output).await,
        Command::Practice(practice) => practice::run(&common, &practice, output).await,
    }
}
