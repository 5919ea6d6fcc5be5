//! The two commands of a window. Every function of the core goes through [`call`]; see docs/adr/0003.
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};
use windlass_api::{UiError, UiEvent};

use crate::core_cell::CoreCell;
use crate::{bridge, dialogs, drag, windows};

/// Asks the core, or the desktop where only the desktop can answer.
#[tauri::command]
pub(crate) async fn call(
    app: AppHandle,
    window: WebviewWindow,
    core: State<'_, CoreCell>,
    name: String,
    args: Value,
) -> Result<Value, UiError> {
    match name.as_str() {
        "pick_folder" => dialogs::pick_folder(&app).await,
        "open_window" => windows::open(&app, &args),
        "opened" => Ok(windows::opened(&window)),
        "pick_files" => dialogs::pick_files(&app).await,
        "drag_out" => drag::out(&app, window, core.api().await?, args).await,
        _ => core.api().await?.call(&name, args).await,
    }
}

/// Sends the core's hints to the window until the window or the core ends.
#[tauri::command]
pub(crate) async fn subscribe(
    core: State<'_, CoreCell>,
    channel: Channel<Vec<UiEvent>>,
) -> Result<(), UiError> {
    let api = core.api().await?;
    bridge::forward(api.subscribe(), move |batch| channel.send(batch).is_ok()).await;
    Ok(())
}
