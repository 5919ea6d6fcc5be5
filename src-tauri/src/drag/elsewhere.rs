//! Systems whose way to drag files out is not written yet.
use std::future::Future;
use std::pin::Pin;

use tauri::{AppHandle, WebviewWindow};
use tokio::sync::watch;
use windlass_api::{ErrorCode, UiError};

use crate::drag::{DragSource, Ending, Held};

struct NotThere;

/// The way of this system.
pub(crate) fn source(_app: AppHandle, _window: WebviewWindow) -> impl DragSource {
    NotThere
}

impl DragSource for NotThere {
    fn begin(
        &self,
        _held: watch::Receiver<Held>,
    ) -> Pin<Box<dyn Future<Output = Result<Ending, UiError>> + Send>> {
        Box::pin(async {
            Err(UiError {
                code: ErrorCode::NotSupported,
                message: "Dragging out of the window is not there yet on this system. Choose Download and a folder instead."
                    .into(),
                detail: None,
            })
        })
    }
}
