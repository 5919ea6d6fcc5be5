//! Objects dragged out of the window: fetched while they are held, and handed over only when all of them are here.
//!
//! Never offers a path that is not whole, and takes no path from the web view: files lie in a folder that only this module
//! chooses. Start reading at [`out`]; docs/adr/0012 says why a drop waits.
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod gtk;
mod staging;

#[cfg(not(target_os = "linux"))]
use self::elsewhere as surface;
#[cfg(target_os = "linux")]
use self::gtk as surface;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tauri::{AppHandle, Manager as _, WebviewWindow};
use tokio::sync::{oneshot, watch};
use windlass_api::{Api, ErrorCode, UiError, WholeLimit};

use crate::drag::staging::{Staging, Stored};

/// What can be held at the pointer while it is fetched. More goes to a folder that is chosen first.
const LIMIT: WholeLimit = WholeLimit { files: 2_000, bytes: 1024 * 1024 * 1024 };
/// Time that a program has to copy what was dropped on it. Many copy in the background after the drop has ended, and none
/// says when it is done.
const KEEP: Duration = Duration::from_secs(30 * 60);

/// What is held at the pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is on its way.
    Fetching,
    /// It is here, whole.
    Here(Vec<PathBuf>),
    /// It will not come.
    Lost,
}

/// How a drag ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A program took the files.
    Taken,
    /// Escape, or let go where nobody takes files.
    Nowhere,
    /// A program asked for the files, and they were not whole in time.
    Late,
}

/// A desktop's way to drag files out of a window.
pub(crate) trait DragSource {
    /// Begins a drag under the pressed pointer, with a promise of files: a program that asks for them before they are
    /// [`Held::Here`] waits for a while, and gets nothing when that was too short. Answers with the ending.
    ///
    /// # Errors
    /// When this desktop has no such way, or the drag could not begin.
    fn begin(
        &self,
        held: watch::Receiver<Held>,
    ) -> Pin<Box<dyn Future<Output = Result<Ending, UiError>> + Send>>;
}

/// Empties what earlier sessions left.
pub(crate) fn start(app: &AppHandle) {
    match app.path().app_cache_dir() {
        Ok(cache) => {
            let staging = Staging::below(&cache);
            staging.empty();
            app.manage(staging);
        }
        Err(error) => tracing::warn!(%error, "no folder for what is dragged out"),
    }
}

/// Fetches objects while they are dragged, and hands them to the program that they are dropped on. `true` when one took
/// them. Whatever else happens, nothing of them stays on this computer.
pub(crate) async fn out(
    app: &AppHandle,
    window: WebviewWindow,
    api: Arc<Api>,
    args: Value,
) -> Result<Value, UiError> {
    let text =
        |name: &str| args.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| bad(name));
    let (connection, bucket) = (text("connection")?, text("bucket")?);
    let keys: Vec<String> = args
        .get("keys")
        .cloned()
        .and_then(|keys| serde_json::from_value(keys).ok())
        .ok_or_else(|| bad("keys"))?;
    let source = surface::source(app.clone(), window);
    let staging = app.try_state::<Staging>().ok_or_else(|| no_room("there is no cache folder"))?;
    let stored = staging.open().map_err(|error| no_room(&error.to_string()))?;

    let (tell, held) = watch::channel(Held::Fetching);
    let ending = source.begin(held);
    let taken = carry(&api, (&connection, &bucket, &keys), &stored, tell, ending).await;
    if matches!(taken, Ok(true)) {
        // Owned by the app: what its end cuts off is made good by the next start.
        let _later = tauri::async_runtime::spawn(async move {
            tokio::time::sleep(KEEP).await;
            stored.remove().await;
        });
    } else {
        stored.remove().await;
    }
    taken.map(Value::Bool)
}

/// Fetches and drags side by side; whichever fails first ends the other.
async fn carry(
    api: &Api,
    (connection, bucket, keys): (&str, &str, &[String]),
    stored: &Stored,
    tell: watch::Sender<Held>,
    ending: impl Future<Output = Result<Ending, UiError>>,
) -> Result<bool, UiError> {
    let (stop, stopped) = oneshot::channel::<()>();
    let fetch = api.fetch_whole(connection, bucket, keys, stored.path().to_path_buf(), LIMIT, async {
        // A dropped sender stops it as well.
        let _ = stopped.await;
    });
    tokio::pin!(fetch, ending);
    tokio::select! {
        ended = &mut ending => {
            drop(stop);
            // It says that it was stopped; its files end with it.
            let _ = fetch.await;
            match ended? {
                Ending::Taken | Ending::Nowhere => Ok(false),
                Ending::Late => Err(late()),
            }
        }
        fetched = &mut fetch => {
            match fetched.and_then(|()| stored.names().map_err(|error| no_room(&error.to_string()))) {
                Ok(paths) => tell.send_replace(Held::Here(paths)),
                Err(error) => {
                    tell.send_replace(Held::Lost);
                    return Err(error);
                }
            };
            match ending.await? {
                Ending::Taken => Ok(true),
                Ending::Nowhere => Ok(false),
                Ending::Late => Err(late()),
            }
        }
    }
}

fn bad(what: &str) -> UiError {
    UiError {
        code: ErrorCode::BadRequest,
        message: format!("The field `{what}` of `drag_out` is missing or makes no sense. Nothing was done."),
        detail: None,
    }
}

fn late() -> UiError {
    UiError {
        code: ErrorCode::NotSupported,
        message: "Not all of it was here yet when you let go, and the other program did not wait longer. Nothing was handed \
                  over. Drag it again and hold it until Transfers says that it is there, or choose Download and a folder."
            .into(),
        detail: None,
    }
}

fn no_room(why: &str) -> UiError {
    UiError {
        code: ErrorCode::Unexpected,
        message: "There is no place on this computer to put what you drag. Nothing was handed over. Choose Download and a \
                  folder instead."
            .into(),
        detail: Some(why.to_owned()),
    }
}
