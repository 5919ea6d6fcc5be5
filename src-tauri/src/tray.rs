//! The icon beside the clock: what is going on in one line, pause and resume of everything, and the way back to the window.
//!
//! It says what the core says and decides nothing. Where the desktop has no place for such an icon, Windlass runs without one.
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager as _, Wry};
use tokio::sync::broadcast::error::RecvError;
use windlass_api::dto::{FolderState, SyncFolderRow, TransferWindow};
use windlass_api::{Api, UiError, UiEvent};

use crate::core_cell::CoreCell;
use crate::windows;

/// Least time between two looks; hints come much more often.
const BEAT: Duration = Duration::from_secs(1);
const OPEN: &str = "open";
const PAUSE: &str = "pause";
const QUIT: &str = "quit";

/// What the icon says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    line: String,
    paused: bool,
}

/// The icon and the parts of its menu that change.
struct Tray {
    icon: TrayIcon<Wry>,
    line: MenuItem<Wry>,
    pause: MenuItem<Wry>,
}

/// Puts the icon up and keeps it true until the core ends. Windlass runs on without one where there is no place for it.
pub(crate) fn start(app: &AppHandle) {
    if !desktop_has_trays() {
        tracing::info!("no library for an icon beside the clock; Windlass runs without one");
        return;
    }
    // Panels show it where the mouse rests on the icon; else it is the file name of the program.
    #[cfg(target_os = "linux")]
    glib::set_application_name("Windlass");
    match build(app) {
        Ok(tray) => {
            let app = app.clone();
            // Owned by the window: it ends with the core's hints.
            let _following = tauri::async_runtime::spawn(async move { follow(&app, &tray).await });
        }
        Err(error) => tracing::warn!(%error, "the icon beside the clock could not be made"),
    }
}

/// The library is loaded when the first icon is made, and a missing one would end the program.
fn desktop_has_trays() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let named = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let usual = ["/usr/lib", "/usr/lib64", "/lib", "/usr/local/lib"].map(Into::into);
    let triple = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    std::env::split_paths(&named).chain(usual).chain([triple.into()]).any(|folder| holds_library(&folder))
}

fn holds_library(folder: &Path) -> bool {
    ["libayatana-appindicator3.so.1", "libappindicator3.so.1"].iter().any(|name| folder.join(name).exists())
}

fn build(app: &AppHandle) -> tauri::Result<Tray> {
    let line = MenuItem::with_id(app, "line", "Starting…", false, None::<&str>)?;
    let open = MenuItem::with_id(app, OPEN, "Open Windlass", true, None::<&str>)?;
    let pause = MenuItem::with_id(app, PAUSE, "Pause all", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    let (first, second) = (PredefinedMenuItem::separator(app)?, PredefinedMenuItem::separator(app)?);
    let menu = Menu::with_items(app, &[&line, &first, &open, &pause, &second, &quit])?;
    let mut builder = TrayIconBuilder::with_id("windlass")
        .menu(&menu)
        .tooltip("Windlass")
        .show_menu_on_left_click(true)
        .on_menu_event(|app, event: MenuEvent| chosen(app, event.id().as_ref()));
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    Ok(Tray { icon: builder.build(app)?, line, pause })
}

fn chosen(app: &AppHandle, id: &str) {
    match id {
        OPEN => windows::again(app, Vec::new()),
        QUIT => app.exit(0),
        PAUSE => {
            let app = app.clone();
            // One click, one call; it ends by itself.
            let _turning = tauri::async_runtime::spawn(async move {
                if let Err(error) = turn(&app).await {
                    tracing::warn!(error = error.message, "pausing from the icon did not work");
                }
            });
        }
        other => tracing::debug!(id = other, "a menu entry that does nothing"),
    }
}

/// Pauses everything, or goes on with it when it is paused.
async fn turn(app: &AppHandle) -> Result<(), UiError> {
    let api = app.state::<CoreCell>().api().await?;
    let (_, transfers) = look(&api).await?;
    let name = if transfers.activity.paused { "resume_all" } else { "pause_all" };
    api.call(name, json!({})).await.map(|_| ())
}

async fn look(api: &Api) -> Result<(Vec<SyncFolderRow>, TransferWindow), UiError> {
    let folders = api.call("folders", json!({})).await?;
    let window = api.call("transfers", json!({ "offset": 0, "limit": 0, "filter": "open" })).await?;
    let read = |error: serde_json::Error| {
        UiError::bad_request("The core's answer was not understood.").with_detail(error)
    };
    Ok((serde_json::from_value(folders).map_err(read)?, serde_json::from_value(window).map_err(read)?))
}

async fn follow(app: &AppHandle, tray: &Tray) {
    let Ok(api) = app.state::<CoreCell>().api().await else { return };
    let mut hints = api.subscribe();
    let mut last = None;
    loop {
        match look(&api).await {
            Ok((folders, transfers)) => {
                let said = say(&folders, &transfers);
                if last.as_ref() != Some(&said) {
                    if let Err(error) = show(tray, &said) {
                        tracing::debug!(%error, "the icon was not renewed");
                    }
                    last = Some(said);
                }
            }
            Err(error) => tracing::debug!(error = error.message, "the icon could not ask the core"),
        }
        tokio::time::sleep(BEAT).await;
        loop {
            match hints.recv().await {
                Ok(UiEvent::Transfers { .. } | UiEvent::Folders | UiEvent::Missed)
                | Err(RecvError::Lagged(_)) => break,
                Ok(
                    UiEvent::Listing { .. }
                    | UiEvent::TestStep { .. }
                    | UiEvent::Connections
                    | UiEvent::Jobs
                    | UiEvent::Thaws
                    | UiEvent::Thawed { .. }
                    | UiEvent::Indexes
                    | UiEvent::Histories,
                ) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn show(tray: &Tray, said: &Said) -> tauri::Result<()> {
    tray.line.set_text(&said.line)?;
    tray.pause.set_text(if said.paused { "Resume all" } else { "Pause all" })?;
    tray.icon.set_tooltip(Some(format!("Windlass: {}", said.line)))
}

/// One line: what needs a person first, then what goes on, then that all is well.
fn say(folders: &[SyncFolderRow], transfers: &TransferWindow) -> Said {
    let paused = transfers.activity.paused;
    Said { line: line(folders, transfers, paused), paused }
}

fn line(folders: &[SyncFolderRow], transfers: &TransferWindow, paused: bool) -> String {
    let asks = |folder: &&SyncFolderRow| folder.brake.as_ref().is_some_and(|brake| brake.answer.is_none());
    if let Some(folder) = folders.iter().find(asks) {
        return format!("{} asks you: deletes are held", folder.name);
    }
    let failed: u64 = folders.iter().map(|folder| folder.counts.failed).sum();
    let conflicts: u64 = folders.iter().map(|folder| folder.conflicts).sum();
    if failed + conflicts > 0 {
        return format!("{} need you", files(failed + conflicts));
    }
    if let Some(folder) = folders.iter().find(|folder| folder.state == FolderState::Stopped) {
        return format!("{} stopped: please look", folder.name);
    }
    if paused {
        return "Paused".to_owned();
    }
    let first = |state| folders.iter().find(move |folder| folder.state == state);
    if transfers.counts.active == 0
        && let Some(folder) = first(FolderState::Waiting)
    {
        return of_itself(folder);
    }
    let moving = transfers.counts.active + transfers.counts.waiting;
    if moving > 0 {
        let share = transfers.activity.done.saturating_mul(100).checked_div(transfers.activity.total);
        return match share {
            Some(share) => format!("{} under way, {}%", files(moving), share.min(99)),
            None => format!("{} under way", files(moving)),
        };
    }
    if let Some(folder) = first(FolderState::Offline) {
        return format!("{} is not there", folder.name);
    }
    // What its counts say is true of all files only once it was looked at to the end, and only as long as it is watched.
    let quiet = |folder: &&SyncFolderRow| matches!(folder.state, FolderState::Watching | FolderState::Paused);
    if let Some(folder) = folders.iter().find(|folder| !quiet(folder)) {
        return of_itself(folder);
    }
    let paused = folders.iter().filter(|folder| folder.state == FolderState::Paused).count();
    let watched = folders.iter().filter(|folder| folder.state == FolderState::Watching);
    let busy = watched.filter(|folder| folder.counts.safe < folder.counts.total).count();
    match (busy, paused) {
        (0, 0) if folders.is_empty() => "Nothing to do".to_owned(),
        (0, 0) => "Everything is in step".to_owned(),
        (0, paused) => format!("{} paused", folders_are(paused)),
        (busy, _) => format!("{} not in step yet", folders_are(busy)),
    }
}

/// What the folder says of itself, without the advice that follows.
fn of_itself(folder: &SyncFolderRow) -> String {
    let said = folder.state_text.split(". ").next().unwrap_or_default();
    format!("{}: {}", folder.name, said.trim_end_matches('.'))
}

fn folders_are(count: usize) -> String {
    if count == 1 { "1 folder is".to_owned() } else { format!("{count} folders are") }
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn folder(change: &Value) -> SyncFolderRow {
        let mut row = json!({
            "id": "f", "name": "Reports", "local": "/r", "remote": "b/", "connection": "c", "state": "watching",
            "state_text": "", "last_scan": null, "rate": 0, "mode": "two_way", "conflicts": 0, "brake": null,
            "counts": { "total": 2, "safe": 2, "checking": 0, "uploading": 0, "waiting": 0, "failed": 0,
                        "bytes_total": 2, "bytes_safe": 2 },
            "nameless": 0, "nameless_sample": [],
            "options": { "ignore": [], "largest": null, "limits": null },
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        serde_json::from_value(row).unwrap()
    }

    fn transfers(active: u64, done: u64, total: u64, paused: bool) -> TransferWindow {
        serde_json::from_value(json!({
            "rows": [], "counts": { "open": active, "active": active, "waiting": 0, "failed": 0, "done": 0 },
            "activity": { "done": done, "total": total, "rate": 0, "seconds_left": null, "failed": 0, "paused": paused,
                          "cap": null, "title": "" },
        }))
        .unwrap()
    }

    #[test]
    fn what_needs_a_person_is_said_first() {
        let brake = json!({ "id": "1", "why": "share", "trash_here": 0, "delete_there": 3, "overwrite": 0, "bytes": 1,
                            "of": 3, "sample": [], "since": 1, "answer": null });
        let mut answered = brake.clone();
        answered["answer"] = json!("go");
        let failed = json!({ "total": 2, "safe": 1, "checking": 0, "uploading": 0, "waiting": 0, "failed": 1,
                             "bytes_total": 2, "bytes_safe": 1 });
        let open = json!({ "total": 2, "safe": 1, "checking": 0, "uploading": 0, "waiting": 1, "failed": 0,
                           "bytes_total": 2, "bytes_safe": 1 });
        let lost = "No connection. Uploads wait and start by themselves.";
        let (rest, still) = (transfers(4, 30, 60, true), transfers(0, 0, 0, false));
        let mut queued = still.clone();
        queued.counts.waiting = 3;
        for (change, moving, expected) in [
            (json!({ "brake": brake, "conflicts": 2 }), &rest, "Reports asks you: deletes are held"),
            (json!({ "brake": answered }), &rest, "Paused"),
            (json!({ "conflicts": 2, "counts": failed }), &rest, "3 files need you"),
            (json!({ "state": "stopped" }), &rest, "Reports stopped: please look"),
            (json!({}), &transfers(4, 30, 60, false), "4 files under way, 50%"),
            (json!({}), &transfers(1, 0, 0, false), "1 file under way"),
            (json!({ "state": "offline" }), &still, "Reports is not there"),
            (json!({}), &still, "Everything is in step"),
            (json!({ "counts": open }), &still, "1 folder is not in step yet"),
            // Nobody has looked, or nobody looks any more: no file is known of that would not be in step.
            (
                json!({ "state": "scanning", "state_text": "Looking at the folder" }),
                &still,
                "Reports: Looking at the folder",
            ),
            (json!({ "state": "waiting", "state_text": lost }), &still, "Reports: No connection"),
            (json!({ "state": "waiting", "state_text": lost }), &queued, "Reports: No connection"),
            (
                json!({ "state": "waiting", "state_text": lost }),
                &transfers(4, 30, 60, false),
                "4 files under way, 50%",
            ),
            (json!({ "state": "paused" }), &still, "1 folder is paused"),
            (json!({ "state": "paused", "counts": open }), &still, "1 folder is paused"),
        ] {
            assert_eq!(say(&[folder(&change)], moving).line, expected, "{change}");
        }
        assert_eq!(say(&[], &still).line, "Nothing to do");
        let paused = folder(&json!({ "state": "paused" }));
        assert_eq!(say(&[paused.clone(), paused.clone()], &still).line, "2 folders are paused");
        assert_eq!(
            say(&[paused, folder(&json!({ "counts": open }))], &still).line,
            "1 folder is not in step yet"
        );
        assert!(say(&[], &rest).paused);
    }

    #[test]
    fn the_library_is_looked_for_before_an_icon_is_made() {
        assert!(!holds_library(Path::new("/no/such/folder")));
    }
}
