//! The shell: the only code that names `tauri`. It opens the windows, starts the core beside them, hands their questions to the
//! core and the core's hints to them.
//!
//! It decides nothing: whatever is said of buckets, files or transfers is said by `windlass-api`.
//! Start reading at [`run`].
#![deny(missing_docs)]

mod bridge;
mod commands;
mod core_cell;
mod dialogs;
mod drag;
pub mod renderer;
mod tray;
mod windows;

use anyhow::Context as _;
use tauri::{Manager as _, RunEvent, WindowEvent};

use crate::core_cell::CoreCell;
use crate::windows::Opened;

/// Opens the window and returns when the person has closed the last one and the core has saved its state.
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
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _folder| {
            windows::again(app, arguments);
        }))
        .plugin(tauri_plugin_dialog::init())
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_filter(|label| label == windows::FIRST)
                .build(),
        )
        .manage(CoreCell::new())
        .manage(Opened::default())
        .invoke_handler(tauri::generate_handler![commands::call, commands::subscribe])
        .setup(|app| {
            windows::begin(app.handle());
            app.state::<CoreCell>().start();
            drag::start(app.handle());
            tray::start(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("starting the window system")?;

    let code = app.run_return(|app, event| match event {
        RunEvent::Exit => tauri::async_runtime::block_on(app.state::<CoreCell>().stop()),
        RunEvent::WindowEvent { label, event: WindowEvent::Focused(true), .. } => {
            app.state::<Opened>().focused(&label);
        }
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => {
            app.state::<Opened>().forget(&label);
        }
        _ => {}
    });
    anyhow::ensure!(code == 0, "the window ended with code {code}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    /// Hazards HS1 and HS3: the window's policy is exactly this; whatever widens it is decided here. Players ask the core over
    /// loopback (ADR 0014), and nothing else of the network is reached.
    #[test]
    fn hs3_the_content_policy_of_the_window_is_this_one() {
        let config: Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        let wanted = json!({
            "default-src": "'self'",
            "connect-src": "ipc: http://ipc.localhost",
            "img-src": "'self' data: blob:",
            "media-src": "http://127.0.0.1:*",
            "font-src": "'self'",
            "style-src": "'self' 'unsafe-inline'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        });
        assert_eq!(config["app"]["security"]["csp"], wanted);
    }
}
