//! The shell: the only code that names `tauri`. It opens the window, starts the core beside it, hands the window's questions
//! to the core and the core's hints to the window.
//!
//! It decides nothing: whatever is said of buckets, files or transfers is said by `windlass-api`.
//! Start reading at [`run`].
#![deny(missing_docs)]

mod bridge;
mod commands;
mod core_cell;
mod dialogs;
pub mod renderer;
mod tray;

use anyhow::Context as _;
use tauri::{Manager as _, RunEvent};

use crate::core_cell::CoreCell;

/// Opens the window and returns when the person has closed it and the core has saved its state.
///
/// # Errors
/// When no window can be opened: no display, or the web view is not installed.
pub fn run() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("WINDLASS_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("windlass=info,warn")),
        )
        .with_writer(std::io::stderr)
        .init();

    let app = tauri::Builder::default()
        // First, so that a second start ends before it opens the journal.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| show_window(app)))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(CoreCell::new())
        .invoke_handler(tauri::generate_handler![commands::call, commands::subscribe])
        .setup(|app| {
            app.state::<CoreCell>().start();
            tray::start(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("starting the window system")?;

    let code = app.run_return(|app, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(app.state::<CoreCell>().stop());
        }
    });
    anyhow::ensure!(code == 0, "the window ended with code {code}");
    Ok(())
}

/// Brings the window to the front: somebody started Windlass a second time.
fn show_window(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        for result in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = result {
                tracing::debug!(%error, "the window did not come to the front");
            }
        }
    }
}
