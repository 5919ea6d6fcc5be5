//! The core beside the window: started while the window opens, stopped in order when it closes.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use windlass_api::{Api, ErrorCode, UiError};
use windlass_compose::{ComposeOptions, Core};

/// Time the core gets to bring transfers to a part border and close the journal. What is not saved by then is done again
/// on the next start, as after a power cut.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// What is known of the core.
#[derive(Clone)]
enum Phase {
    Starting,
    Ready(Arc<Api>),
    Failed(UiError),
}

/// Holds the core for the life of the window. Questions asked before the core is there wait for it.
pub(crate) struct CoreCell {
    phase: watch::Sender<Phase>,
    core: Arc<Mutex<Option<Core>>>,
}

impl CoreCell {
    pub(crate) fn new() -> Self {
        Self { phase: watch::Sender::new(Phase::Starting), core: Arc::default() }
    }

    /// Starts the core without keeping the window waiting.
    pub(crate) fn start(&self) {
        let phase = self.phase.clone();
        let keep = Arc::clone(&self.core);
        // Owned by the window: it ends when the core is up, and `stop` ends the core.
        let _starting = tauri::async_runtime::spawn(async move {
            let next = match windlass_compose::start(ComposeOptions::default()).await {
                Ok(core) => {
                    let api = Arc::clone(&core.api);
                    *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(core);
                    Phase::Ready(api)
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the core did not start");
                    Phase::Failed(explain(&error))
                }
            };
            phase.send_replace(next);
        });
    }

    /// The core's functions, as soon as they are there.
    pub(crate) async fn api(&self) -> Result<Arc<Api>, UiError> {
        let mut phase = self.phase.subscribe();
        let settled =
            phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await.map(|phase| phase.clone());
        match settled {
            Ok(Phase::Ready(api)) => Ok(api),
            Ok(Phase::Failed(error)) => Err(error),
            Ok(Phase::Starting) | Err(_) => Err(closing()),
        }
    }

    /// Stops the core in order: no new work, transfers at a part border, journal closed.
    pub(crate) async fn stop(&self) {
        self.phase.send_replace(Phase::Failed(closing()));
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(core) = core
            && tokio::time::timeout(STOP_WITHIN, core.shutdown()).await.is_err()
        {
            tracing::warn!("the core did not stop in time; the journal is made good on the next start");
        }
    }
}

fn closing() -> UiError {
    UiError { code: ErrorCode::Unexpected, message: "Windlass is closing.".into(), detail: None }
}

fn explain(error: &anyhow::Error) -> UiError {
    match error.downcast_ref::<UiError>() {
        Some(known) => known.clone(),
        None => UiError {
            code: ErrorCode::Unexpected,
            message: "Windlass could not start. Your files and buckets are as they were. Close this window and start it \
                      again; if it stays so, the detail below says why."
                .into(),
            detail: Some(format!("{error:#}")),
        },
    }
}
