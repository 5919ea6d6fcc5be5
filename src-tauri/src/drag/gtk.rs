//! Dragging files out of a GTK window.
//!
//! Own code, because the ready-made one disconnects its answer at the drop, before the other program asks for the files.
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gtk::prelude::*;
use gtk::{gdk, glib};
use tauri::{AppHandle, WebviewWindow};
use tokio::sync::{oneshot, watch};
use windlass_api::{ErrorCode, UiError};

use crate::drag::{DragSource, Ending, Held};

/// Time that a program is kept waiting for files. GTK gives up a question after 30 seconds without an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// How often a waiting answer looks whether the files are here.
const LOOK: Duration = Duration::from_millis(50);

struct Gtk {
    app: AppHandle,
    window: WebviewWindow,
}

/// The way of this system.
pub(crate) fn source(app: AppHandle, window: WebviewWindow) -> impl DragSource {
    Gtk { app, window }
}

impl DragSource for Gtk {
    fn begin(
        &self,
        held: watch::Receiver<Held>,
    ) -> Pin<Box<dyn Future<Output = Result<Ending, UiError>> + Send>> {
        let (send, ended) = oneshot::channel();
        let window = self.window.clone();
        // All of GTK happens on its one thread.
        let asked = self.app.run_on_main_thread(move || {
            let answer = Answer(Rc::new(Cell::new(Some(send))));
            match window.gtk_window() {
                Ok(window) => begin(&window, held, answer),
                Err(error) => answer.send(Err(not_begun(&error.to_string()))),
            }
        });
        Box::pin(async move {
            asked.map_err(|error| not_begun(&error.to_string()))?;
            ended.await.unwrap_or(Ok(Ending::Nowhere))
        })
    }
}

/// The place where the ending goes, once.
#[derive(Clone)]
struct Answer(Rc<Cell<Option<Ended>>>);

type Ended = oneshot::Sender<Result<Ending, UiError>>;

impl Answer {
    fn send(&self, ending: Result<Ending, UiError>) {
        if let Some(send) = self.0.take() {
            // Nobody listens any more when the window has closed.
            let _ = send.send(ending);
        }
    }
}

/// What a drag has come to so far.
#[derive(Default)]
struct Course {
    given: Cell<bool>,
    late: Cell<bool>,
    failed: Cell<bool>,
    over: Cell<bool>,
}

fn begin(window: &gtk::ApplicationWindow, held: watch::Receiver<Held>, answer: Answer) {
    if !is_pressed(window) {
        // Let go before the drag could begin: without this it would hang at the pointer until the next click.
        answer.send(Ok(Ending::Nowhere));
        return;
    }
    let course = Rc::new(Course::default());
    let handlers: Rc<Cell<Vec<glib::SignalHandlerId>>> = Rc::default();

    let now = Rc::clone(&course);
    let get = window.connect_drag_data_get(move |_, drag, data, _, _| {
        // A web view of ours asks as soon as the drag is over it, in this window and in others. It has no use for the files, must
        // not be kept waiting, and would upload what it is given.
        let over = drag.dest_window();
        let ours = gtk::Window::list_toplevels();
        if ours.iter().any(|one| one.window().is_some_and(|own| own == over || own == over.toplevel())) {
            return;
        }
        match wait_for(&held, &now) {
            Held::Here(paths) => {
                let addresses: Vec<String> = paths
                    .iter()
                    .filter_map(|path| glib::filename_to_uri(path, None).ok())
                    .map(|address| address.to_string())
                    .collect();
                let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
                now.given.set(data.set_uris(&addresses));
            }
            Held::Fetching => now.late.set(true),
            Held::Lost => {}
        }
    });
    let now = Rc::clone(&course);
    let failed = window.connect_drag_failed(move |_, _, _| {
        now.failed.set(true);
        glib::Propagation::Proceed
    });
    // Only here: a program may ask for the files after the drop.
    let (now, connected, ends) = (Rc::clone(&course), Rc::clone(&handlers), answer.clone());
    let end = window.connect_drag_end(move |window, _| {
        now.over.set(true);
        for handler in connected.take() {
            window.disconnect(handler);
        }
        ends.send(Ok(match (now.given.get() && !now.failed.get(), now.late.get()) {
            (true, _) => Ending::Taken,
            (false, true) => Ending::Late,
            (false, false) => Ending::Nowhere,
        }));
    });
    handlers.set(vec![get, failed, end]);

    let targets = gtk::TargetList::new(&[]);
    targets.add_uri_targets(0);
    if window.drag_begin_with_coordinates(&targets, gdk::DragAction::COPY, 1, None, -1, -1).is_none() {
        for handler in handlers.take() {
            window.disconnect(handler);
        }
        answer.send(Err(not_begun("the window system refused it")));
    }
}

/// Keeps GTK going until the files are here, will not come, or the time is over. The question has to be answered before its
/// handler returns.
fn wait_for(held: &watch::Receiver<Held>, course: &Course) -> Held {
    let until = Instant::now() + ANSWER_WITHIN;
    let tick = glib::timeout_add_local(LOOK, || glib::ControlFlow::Continue);
    let context = glib::MainContext::default();
    let found = loop {
        let now = held.borrow().clone();
        if now != Held::Fetching {
            break now;
        }
        if course.over.get() {
            break Held::Lost;
        }
        if Instant::now() >= until {
            break Held::Fetching;
        }
        context.iteration(true);
    };
    tick.remove();
    found
}

/// Whether the first button of the pointer is down.
fn is_pressed(window: &gtk::ApplicationWindow) -> bool {
    let pointer = window.display().default_seat().and_then(|seat| seat.pointer());
    match (window.window(), pointer) {
        (Some(own), Some(pointer)) => {
            own.device_position(&pointer).3.contains(gdk::ModifierType::BUTTON1_MASK)
        }
        (_, _) => false,
    }
}

fn not_begun(why: &str) -> UiError {
    UiError {
        code: ErrorCode::Unexpected,
        message: "The drag did not begin. Nothing was fetched. Choose Download and a folder instead.".into(),
        detail: Some(why.to_owned()),
    }
}
