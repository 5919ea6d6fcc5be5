//! Connections that wait for the next request.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::Request;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::answer::Answer;
use super::line::{BoxError, Line, Lost};
use super::place::Place;
use crate::body::Counted;

/// How long a connection waits. S3 closes them after 5 to 20 seconds; one that is closed while we write to it leaves us
/// without knowing what became of the request.
const IDLE: Duration = Duration::from_secs(15);

#[derive(Default)]
struct Waiting {
    lines: HashMap<String, Vec<(Line, Instant)>>,
    /// A task takes care that they are closed in time.
    swept: bool,
}

impl Waiting {
    fn sweep(&mut self) {
        for lines in self.lines.values_mut() {
            lines.retain(|(_, since)| since.elapsed() < IDLE);
        }
        self.lines.retain(|_, lines| !lines.is_empty());
    }
}

/// Connections by origin. Dropping it closes those that wait.
#[derive(Default)]
pub(super) struct Pool {
    waiting: Arc<Mutex<Waiting>>,
    sweeper: Mutex<JoinSet<()>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    /// Sends a request, on a waiting connection if there is one. A request that did not leave because its connection
    /// had been closed goes out on a new one; every other trouble is the caller's, since it may have taken effect.
    pub(super) async fn exchange(
        &self,
        place: &Place,
        request: Request<Counted>,
        limit: usize,
    ) -> Result<Answer, BoxError> {
        let mut request = request;
        if let Some(mut line) = self.take(place) {
            match line.exchange(request, limit).await {
                Ok(answer) => {
                    self.give(place, line);
                    return Ok(answer);
                }
                Err(Lost::Unsent(back, _)) => request = *back,
                Err(Lost::Sent(error)) => return Err(error),
            }
        }
        let mut line = Line::open(&place.origin).await?;
        match line.exchange(request, limit).await {
            Ok(answer) => {
                self.give(place, line);
                Ok(answer)
            }
            Err(Lost::Unsent(_, error) | Lost::Sent(error)) => Err(error),
        }
    }

    /// The connection used last, so that those not needed grow old.
    fn take(&self, place: &Place) -> Option<Line> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = waiting.lines.get_mut(&place.start)?;
        while let Some((mut line, since)) = lines.pop() {
            if since.elapsed() < IDLE && line.usable() {
                return Some(line);
            }
        }
        None
    }

    fn give(&self, place: &Place, mut line: Line) {
        if !line.usable() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.lines.get_mut(&place.start) {
            Some(lines) => lines.push((line, Instant::now())),
            None => {
                waiting.lines.insert(place.start.clone(), vec![(line, Instant::now())]);
            }
        }
        if std::mem::replace(&mut waiting.swept, true) {
            return;
        }
        drop(waiting);
        let mut sweeper = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner);
        while sweeper.try_join_next().is_some() {}
        sweeper.spawn(sweep(Arc::downgrade(&self.waiting)));
    }
}

/// Closes what waited too long; ends when nothing waits.
async fn sweep(waiting: Weak<Mutex<Waiting>>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(waiting) = waiting.upgrade() else { return };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.sweep();
        if waiting.lines.is_empty() {
            waiting.swept = false;
            return;
        }
    }
}
