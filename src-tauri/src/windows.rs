//! Several windows of one program, and the links that other programs hand over.
//!
//! A link comes from anywhere: a web page, a chat, a mail. It is passed on as text to the page, which takes it for a place to show
//! and for nothing else; it opens no connection that a person has not added, and changes nothing.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tauri::{AppHandle, Emitter as _, Manager as _, WebviewWindow, WebviewWindowBuilder};
use windlass_api::{ErrorCode, UiError};

/// The window that the configuration names. Its tabs and its size come back at the next start.
pub(crate) const FIRST: &str = "main";
/// Others are called `extra-1` and so on; `capabilities/main.json` grants them the same few rights.
const OTHERS: &str = "extra-";
/// Each has a process of its own for its page.
const MOST_WINDOWS: usize = 20;
/// Longer texts are no links: a key has 1,024 bytes at most, and each may be written as three characters.
const LONGEST_LINK: usize = 4096;
/// Links that wait for one window; a flood is not kept.
const MOST_LINKS: usize = 20;
const LONGEST_ROUTE: usize = 16 * 1024;

/// What waits to be asked for by a window.
#[derive(Debug, Default)]
pub(crate) struct Opened(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    made: u32,
    /// The window that had the focus last.
    last: Option<String>,
    routes: HashMap<String, String>,
    links: HashMap<String, Vec<String>>,
}

/// What a window is to show. Links are given once; the route each time, since a page may be loaded again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ToShow {
    first: bool,
    route: Option<String>,
    links: Vec<String>,
}

impl Opened {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for one more window, which is to show a route.
    fn expect(&self, route: String) -> String {
        let mut waiting = self.lock();
        waiting.made += 1;
        let label = format!("{OTHERS}{}", waiting.made);
        waiting.routes.insert(label.clone(), route);
        label
    }

    /// A window has the focus. Another program has it by the time a link arrives, so it is noted.
    pub(crate) fn focused(&self, label: &str) {
        self.lock().last = Some(label.to_owned());
    }

    fn last(&self) -> Option<String> {
        self.lock().last.clone()
    }

    pub(crate) fn forget(&self, label: &str) {
        let mut waiting = self.lock();
        waiting.routes.remove(label);
        waiting.links.remove(label);
    }

    /// Keeps the links for a window; whether there were any.
    fn hand(&self, label: &str, links: Vec<String>) -> bool {
        let any = !links.is_empty();
        let mut waiting = self.lock();
        let kept = waiting.links.entry(label.to_owned()).or_default();
        kept.extend(links);
        kept.truncate(MOST_LINKS);
        any
    }

    fn take(&self, label: &str) -> ToShow {
        let mut waiting = self.lock();
        let links = waiting.links.remove(label).unwrap_or_default();
        ToShow { first: label == FIRST, route: waiting.routes.get(label).cloned(), links }
    }
}

/// The links among the arguments of a start.
fn links(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_link = |text: &String| {
        text.len() <= LONGEST_LINK
            && text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("windlass:"))
    };
    arguments.into_iter().filter(is_link).collect()
}

/// Links of the very first start wait for the first window.
pub(crate) fn begin(app: &AppHandle) {
    app.state::<Opened>().hand(FIRST, links(std::env::args().skip(1)));
}

/// Somebody started Windlass a second time, or followed a link: the window they used last comes to the front.
pub(crate) fn again(app: &AppHandle, arguments: Vec<String>) {
    let Some(window) = front(app) else { return };
    for result in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = result {
            tracing::debug!(%error, "the window did not come to the front");
        }
    }
    if app.state::<Opened>().hand(window.label(), links(arguments))
        && let Err(error) = app.emit_to(window.label(), "links", ())
    {
        tracing::warn!(%error, "the window was not told of a link; it asks when it is loaded again");
    }
}

/// The window that had the focus last, else the first one, else any.
fn front(app: &AppHandle) -> Option<WebviewWindow> {
    let windows = app.webview_windows();
    let last = app.state::<Opened>().last().and_then(|label| windows.get(&label));
    last.or_else(|| windows.get(FIRST)).or_else(|| windows.values().next()).cloned()
}

/// Opens one more window, which will ask what to show with [`opened`].
///
/// # Errors
/// `BadRequest` for arguments that make no sense, `NotSupported` when there are as many windows as there may be, `Unexpected`
/// when the system opens none. Nothing is left over then.
pub(crate) fn open(app: &AppHandle, args: &Value) -> Result<Value, UiError> {
    let Some(route) = args.get("route").and_then(Value::as_str) else {
        return Err(UiError::bad_request("The place for the new window was not understood."));
    };
    if route.len() > LONGEST_ROUTE {
        return Err(UiError::bad_request("The place for the new window is too long to be one."));
    }
    if app.webview_windows().len() >= MOST_WINDOWS {
        return Err(UiError {
            code: ErrorCode::NotSupported,
            message: format!("{MOST_WINDOWS} windows are open. Close one, then open the next."),
            detail: None,
        });
    }
    let Some(mut config) = app.config().app.windows.first().cloned() else {
        return Err(none("no window is described"));
    };
    let opened = app.state::<Opened>();
    config.label = opened.expect(route.to_owned());
    let made = WebviewWindowBuilder::from_config(app, &config).and_then(WebviewWindowBuilder::build);
    match made {
        Ok(_) => Ok(Value::Null),
        Err(error) => {
            opened.forget(&config.label);
            Err(none(error))
        }
    }
}

/// What this window is to show.
pub(crate) fn opened(window: &WebviewWindow) -> Value {
    let ToShow { first, route, links } = window.state::<Opened>().take(window.label());
    json!({ "first": first, "route": route, "links": links })
}

fn none(why: impl ToString) -> UiError {
    UiError {
        code: ErrorCode::Unexpected,
        message: "The new window did not open. Everything in this one goes on.".into(),
        detail: Some(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_of_ours_are_taken_from_the_arguments() {
        let long = format!("windlass://open/{}", "a".repeat(LONGEST_LINK));
        let given = [
            "--flag",
            "/etc/passwd",
            "windlass://open/b/k",
            "https://x",
            "WINDLASS://open/c",
            "ünï",
            &long,
            "",
        ];
        let found = links(given.map(str::to_owned));
        assert_eq!(found, ["windlass://open/b/k", "WINDLASS://open/c"]);
    }

    #[test]
    fn a_link_is_given_once_and_to_one_window() {
        let opened = Opened::default();
        let extra = opened.expect("{\"kind\":\"buckets\"}".into());
        assert!(opened.hand(FIRST, vec!["windlass://open/a".into()]));
        assert!(!opened.hand(FIRST, Vec::new()));
        let to_show = |first, route: Option<&str>, links: &[&str]| ToShow {
            first,
            route: route.map(str::to_owned),
            links: links.iter().map(|&link| link.to_owned()).collect(),
        };
        let route = Some("{\"kind\":\"buckets\"}");
        assert_eq!(opened.take(&extra), to_show(false, route, &[]));
        assert_eq!(opened.take(FIRST), to_show(true, None, &["windlass://open/a"]));
        assert_eq!(opened.take(FIRST), to_show(true, None, &[]));
        assert_eq!(
            opened.take(&extra),
            to_show(false, route, &[]),
            "a page that is loaded again shows it again"
        );
        opened.forget(&extra);
        assert_eq!(opened.take(&extra), to_show(false, None, &[]));
    }

    #[test]
    fn a_flood_of_links_is_not_kept() {
        let opened = Opened::default();
        opened.hand(FIRST, vec!["windlass://open/a".to_owned(); 1000]);
        assert_eq!(opened.take(FIRST).links.len(), MOST_LINKS);
    }
}
