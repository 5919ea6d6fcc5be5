//! From the core's hints to the window's one channel.
//!
//! A web view has no way to say "slower": every message is queued for it. So hints are gathered and sent at most ten times
//! a second, and of several hints about one thing only the newest goes through.
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use windlass_api::UiEvent;

/// Time in which hints are gathered.
const GATHER: Duration = Duration::from_millis(100);

/// Forwards hints until the core ends or `send` says that nobody listens.
pub(crate) async fn forward(mut events: Receiver<UiEvent>, send: impl Fn(Vec<UiEvent>) -> bool) {
    loop {
        let mut batch = Vec::new();
        match events.recv().await {
            Ok(event) => add(&mut batch, event),
            Err(RecvError::Lagged(_)) => add(&mut batch, UiEvent::Missed),
            Err(RecvError::Closed) => return,
        }
        let until = tokio::time::Instant::now() + GATHER;
        let closed = loop {
            match tokio::time::timeout_at(until, events.recv()).await {
                Ok(Ok(event)) => add(&mut batch, event),
                Ok(Err(RecvError::Lagged(_))) => add(&mut batch, UiEvent::Missed),
                Ok(Err(RecvError::Closed)) => break true,
                Err(_) => break false,
            }
        };
        if !send(batch) || closed {
            return;
        }
    }
}

/// Adds a hint; an older one about the same thing goes.
fn add(batch: &mut Vec<UiEvent>, event: UiEvent) {
    batch.retain(|old| !replaces(&event, old));
    batch.push(event);
}

fn replaces(new: &UiEvent, old: &UiEvent) -> bool {
    match new {
        UiEvent::Listing { id, .. } => matches!(old, UiEvent::Listing { id: other, .. } if other == id),
        UiEvent::Transfers { .. } => matches!(old, UiEvent::Transfers { .. }),
        UiEvent::Folders => matches!(old, UiEvent::Folders),
        UiEvent::Indexes => matches!(old, UiEvent::Indexes),
        UiEvent::Histories => matches!(old, UiEvent::Histories),
        UiEvent::Jobs => matches!(old, UiEvent::Jobs),
        UiEvent::Thaws => matches!(old, UiEvent::Thaws),
        UiEvent::Connections => matches!(old, UiEvent::Connections),
        UiEvent::Missed => matches!(old, UiEvent::Missed),
        // Every step of a test is shown, and so is every notice.
        UiEvent::TestStep { .. } | UiEvent::Thawed { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn hints_about_one_thing_become_one_and_batches_are_100_ms_apart() {
        let (send, events) = broadcast::channel(64);
        for revision in 0..20 {
            send.send(UiEvent::Transfers { revision }).unwrap();
        }
        send.send(UiEvent::Listing { id: "a".into(), revision: 1 }).unwrap();
        send.send(UiEvent::Listing { id: "b".into(), revision: 1 }).unwrap();
        drop(send);
        let batches = Mutex::new(Vec::new());
        forward(events, |batch| {
            batches.lock().unwrap().push(batch);
            true
        })
        .await;
        assert_eq!(
            batches.into_inner().unwrap(),
            vec![vec![
                UiEvent::Transfers { revision: 19 },
                UiEvent::Listing { id: "a".into(), revision: 1 },
                UiEvent::Listing { id: "b".into(), revision: 1 },
            ]]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_overflow_tells_the_window_to_read_everything_again() {
        let (send, events) = broadcast::channel(4);
        for revision in 0..20 {
            send.send(UiEvent::Transfers { revision }).unwrap();
        }
        drop(send);
        let first = Mutex::new(Vec::new());
        forward(events, |batch| {
            first.lock().unwrap().extend(batch);
            false
        })
        .await;
        assert!(first.into_inner().unwrap().contains(&UiEvent::Missed));
    }
}
