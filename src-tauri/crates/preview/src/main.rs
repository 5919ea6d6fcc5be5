//! The decoder's process; see `windlass_preview::worker`.
use std::process::ExitCode;

fn main() -> ExitCode {
    match windlass_preview::worker::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the decoder ended: {error}");
            ExitCode::FAILURE
        }
    }
}
