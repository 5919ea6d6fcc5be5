//! Between the library's callback, which must not wait, and a bounded channel, whose reader may be slow.
//!
//! What is not delivered yet is held here, at most [`MOST`] paths. When the channel or this place is full, all of it
//! becomes one `LookAtAll`, which waits until there is room.
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use windlass_ports::WatchEvent;

/// Paths held at most.
const MOST: usize = 1024;
/// How often a full channel is tried again, and a closed one noticed.
const RETRY: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_secs(5);
const LATER: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Held {
    touched: BTreeSet<PathBuf>,
    later: Vec<(Instant, PathBuf)>,
    all: bool,
    closed: bool,
}

/// Holds hints until they are delivered.
#[derive(Debug, Default)]
pub(super) struct Relay {
    held: Mutex<Held>,
    changed: Condvar,
}

impl Relay {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn touched(&self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.with(|held| {
                if !held.all {
                    held.touched.extend(paths);
                    if held.touched.len() > MOST {
                        held.collapse();
                    }
                }
            });
        }
    }

    /// Names a path again after a while.
    pub(super) fn again_later(&self, path: PathBuf) {
        self.with(|held| {
            if held.later.len() < MOST {
                held.later.push((Instant::now() + LATER, path));
            } else {
                held.collapse();
            }
        });
    }

    pub(super) fn all(&self) {
        self.with(Held::collapse);
    }

    pub(super) fn close(&self) {
        self.with(|held| held.closed = true);
    }

    fn with(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Waits for something to deliver. `None` when the watch has ended.
    fn next(&self, events: &mpsc::Sender<WatchEvent>) -> Option<WatchEvent> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if held.closed || events.is_closed() {
                return None;
            }
            let now = Instant::now();
            held.ripen(now);
            if held.all {
                held.all = false;
                return Some(WatchEvent::LookAtAll);
            }
            if !held.touched.is_empty() {
                return Some(WatchEvent::Touched(std::mem::take(&mut held.touched).into_iter().collect()));
            }
            let wait = held.later.first().map_or(IDLE, |(due, _)| due.saturating_duration_since(now));
            held = self.changed.wait_timeout(held, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Delivers, or keeps it as `LookAtAll` for the next try.
    fn deliver(&self, event: WatchEvent, events: &mpsc::Sender<WatchEvent>) {
        if let Err(TrySendError::Full(_)) = events.try_send(event) {
            self.with(Held::collapse);
            std::thread::sleep(RETRY);
        }
    }
}

impl Held {
    /// Everything held becomes one hint. What was to be named later still is: a folder may not be watched yet when
    /// everything is looked at.
    fn collapse(&mut self) {
        self.touched.clear();
        self.all = true;
    }

    fn ripen(&mut self, now: Instant) {
        // All wait equally long, so the oldest come first.
        let ripe = self.later.iter().take_while(|(due, _)| *due <= now).count();
        for (_, path) in self.later.drain(..ripe) {
            if !self.all {
                self.touched.insert(path);
            }
        }
    }
}

/// Starts the thread that delivers. It ends after [`Relay::close`], or when the channel's receiver is gone.
pub(super) fn start(relay: Arc<Relay>, events: mpsc::Sender<WatchEvent>) -> io::Result<()> {
    std::thread::Builder::new().name("file-events".to_owned()).spawn(move || {
        while let Some(event) = relay.next(&events) {
            relay.deliver(event, &events);
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(event: &WatchEvent) -> Vec<String> {
        match event {
            WatchEvent::Touched(paths) => paths.iter().map(|p| p.display().to_string()).collect(),
            WatchEvent::LookAtAll => vec!["*".to_owned()],
        }
    }

    #[tokio::test]
    async fn ha11_a_full_channel_collapses_and_is_never_lost() {
        let relay = Arc::new(Relay::new());
        let (to, mut from) = mpsc::channel(1);
        to.try_send(WatchEvent::Touched(vec!["old".into()])).unwrap();
        start(Arc::clone(&relay), to).unwrap();
        relay.touched(vec!["a".into()]);
        tokio::time::sleep(RETRY * 5).await;
        relay.touched(vec!["b".into()]);
        tokio::time::sleep(RETRY * 5).await;
        assert_eq!(paths(&from.recv().await.unwrap()), ["old"]);
        let next = tokio::time::timeout(Duration::from_secs(5), from.recv()).await.unwrap().unwrap();
        assert_eq!(paths(&next), ["*"], "both hints are in it");
        relay.touched(vec!["c".into()]);
        let next = tokio::time::timeout(Duration::from_secs(5), from.recv()).await.unwrap().unwrap();
        assert_eq!(paths(&next), ["c"]);
        relay.close();
        assert!(tokio::time::timeout(Duration::from_secs(5), from.recv()).await.unwrap().is_none());
    }

    #[test]
    fn ha11_too_many_paths_become_one_hint() {
        let relay = Relay::new();
        let (to, _from) = mpsc::channel(1);
        relay.touched((0..=MOST).map(|n| PathBuf::from(format!("{n}"))).collect());
        assert_eq!(paths(&relay.next(&to).unwrap()), ["*"]);
        assert!(relay.held.lock().unwrap().touched.is_empty());
    }

    #[test]
    fn one_path_is_named_once_and_a_new_folder_again() {
        let relay = Relay::new();
        let (to, _from) = mpsc::channel(1);
        relay.touched(vec!["a".into(), "a".into()]);
        relay.again_later("d".into());
        let begun = Instant::now();
        assert_eq!(paths(&relay.next(&to).unwrap()), ["a"]);
        assert_eq!(paths(&relay.next(&to).unwrap()), ["d"]);
        assert!(begun.elapsed() >= LATER);
    }
}
