//! The desktop's own dialogs for choosing files and folders.
use serde_json::Value;
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt as _, FilePath};
use tokio::sync::oneshot;
use windlass_api::{ErrorCode, UiError};

/// Lets the person choose one folder. `null` when the dialog was closed.
pub(crate) async fn pick_folder(app: &AppHandle) -> Result<Value, UiError> {
    let (send, chosen) = oneshot::channel();
    app.dialog().file().pick_folder(move |path| {
        // Nobody listens any more when the window has closed.
        let _ = send.send(path);
    });
    match chosen.await.map_err(|_| no_dialog())? {
        Some(path) => Ok(Value::String(text(path)?)),
        None => Ok(Value::Null),
    }
}

/// Lets the person choose files. An empty list when the dialog was closed.
pub(crate) async fn pick_files(app: &AppHandle) -> Result<Value, UiError> {
    let (send, chosen) = oneshot::channel();
    app.dialog().file().pick_files(move |paths| {
        let _ = send.send(paths);
    });
    let paths = chosen.await.map_err(|_| no_dialog())?.unwrap_or_default();
    paths
        .into_iter()
        .map(|path| text(path).map(Value::String))
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn no_dialog() -> UiError {
    UiError {
        code: ErrorCode::Unexpected,
        message: "The dialog did not open. Drag the files or the folder into the window instead.".into(),
        detail: None,
    }
}

fn text(path: FilePath) -> Result<String, UiError> {
    let path = path.into_path().map_err(|error| UiError {
        code: ErrorCode::NotSupported,
        message: "This place is not a folder of this computer. Copy the files to this computer first.".into(),
        detail: Some(error.to_string()),
    })?;
    path.into_os_string().into_string().map_err(|raw| UiError {
        code: ErrorCode::NameNotAllowed,
        message: "A name on the way to this file is not readable text. Rename it, then choose it again."
            .into(),
        detail: Some(raw.to_string_lossy().into_owned()),
    })
}
