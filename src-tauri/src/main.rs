//! The desktop program. Everything of it is in the library, so that tests can reach it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    windlass_app_lib::renderer::settle();
    match windlass_app_lib::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Windlass could not open its window: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
