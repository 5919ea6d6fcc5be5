//! Films for the web view's player, over HTTP on loopback: players of the system ask nothing but HTTP (see
//! `docs/adr/0014-films-over-loopback.md`).
//!
//! The port is there only while something is open. Whoever does not know a token of 128 bits or more gets nothing but 404, other users of
//! this computer and pages of the web among them (hazards HS5, HS16).
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use windlass_domain::MediaType;
use windlass_ports::{ByteRanges, Streams};

mod answer;

/// An address of which nothing was taken for so long is gone.
const UNUSED: Duration = Duration::from_secs(60 * 60);
/// Between two looks for such addresses.
const SWEEP: Duration = Duration::from_secs(60);
/// Connections at a time; more are closed unanswered.
const CONNECTIONS: usize = 24;
/// A request whose head takes longer is not waited for.
const HEAD: Duration = Duration::from_secs(10);
/// Most bytes of a head.
const HEAD_BYTES: usize = 16 * 1024;
/// Bytes that the system holds for a player that does not read; what it grants by itself is megabytes.
const SEND_BUFFER: u32 = 128 * 1024;

/// Serves what is open on a port of 127.0.0.1. Dropping it ends all of it.
#[derive(Debug, Default)]
pub struct LoopbackStreams {
    table: Arc<Table>,
    door: tokio::sync::Mutex<Option<Door>>,
}

/// The open port. Dropping it closes the port and all connections.
#[derive(Debug)]
struct Door {
    port: u16,
    accepting: JoinSet<()>,
}

impl LoopbackStreams {
    /// Nothing is open, and so there is no port.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Streams for LoopbackStreams {
    async fn open(
        &self,
        token: &str,
        media: MediaType,
        source: Arc<dyn ByteRanges>,
    ) -> std::io::Result<String> {
        let mut door = self.door.lock().await;
        // A door at which nothing was asked for an hour has closed itself.
        let here = door.as_ref().filter(|door| !door.accepting.is_empty()).map(|door| door.port);
        // First the entry, or the door could find nothing open and close again.
        self.table.add(token, media, source);
        let port = match here {
            Some(port) => port,
            None => match open_door(&self.table) {
                Ok(new) => door.insert(new).port,
                Err(error) => {
                    self.table.end(token);
                    return Err(error);
                }
            },
        };
        Ok(format!("http://{}:{port}/{token}", Ipv4Addr::LOCALHOST))
    }

    async fn close(&self, token: &str) {
        let mut door = self.door.lock().await;
        self.table.end(token);
        if self.table.is_empty() {
            *door = None;
        }
    }
}

fn open_door(table: &Arc<Table>) -> std::io::Result<Door> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(64)?;
    let port = listener.local_addr()?.port();
    let mut accepting = JoinSet::new();
    accepting.spawn(accept(listener, Arc::clone(table), format!("{}:{port}", Ipv4Addr::LOCALHOST)));
    Ok(Door { port, accepting })
}

/// Owns all connections: they end when this ends, which it does when nothing is open any more.
async fn accept(listener: TcpListener, table: Arc<Table>, host: String) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file handles, most likely: give the running requests a moment.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                };
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let (table, host) = (Arc::clone(&table), host.clone());
                connections.spawn(async move {
                    let _place = place;
                    serve(stream, &table, &host).await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = sweep.tick() => {
                table.end_unused(Instant::now());
                if table.is_empty() {
                    return;
                }
            }
        }
    }
}

/// Answers one request. Ends when the player goes away, and when what it plays is closed.
async fn serve(stream: TcpStream, table: &Table, host: &str) {
    let (playing, mut told) = watch::channel(None::<CancellationToken>);
    let service = hyper::service::service_fn(|request| answer::answer(request, table, host, &playing));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A player that does not read does not let its answer be asked for more, and would not learn of the end there.
    let ended = async {
        let token = told.wait_for(Option::is_some).await.ok().and_then(|token| token.clone());
        match token {
            Some(token) => token.cancelled_owned().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = connection => {
            if let Err(error) = served {
                tracing::debug!(%error, "a player's connection ended");
            }
        }
        () = ended => tracing::debug!("what was played was closed"),
    }
}

/// What is open, by token.
#[derive(Debug, Default)]
struct Table {
    open: Mutex<BTreeMap<String, Arc<Opened>>>,
}

/// One object that is played.
#[derive(Debug)]
struct Opened {
    media: MediaType,
    source: Arc<dyn ByteRanges>,
    /// When something was last taken.
    used: Mutex<Instant>,
    ended: CancellationToken,
}

impl Opened {
    fn touch(&self, now: Instant) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    fn is_unused(&self, now: Instant) -> bool {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        now.duration_since(used) >= UNUSED
    }
}

impl Table {
    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Opened>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, token: &str, media: MediaType, source: Arc<dyn ByteRanges>) {
        let used = Mutex::new(Instant::now());
        let opened = Opened { media, source, used, ended: CancellationToken::new() };
        self.open().insert(token.to_owned(), Arc::new(opened));
    }

    fn end(&self, token: &str) {
        if let Some(opened) = self.open().remove(token) {
            opened.ended.cancel();
        }
    }

    fn end_unused(&self, now: Instant) {
        self.open().retain(|_, opened| {
            let stays = !opened.is_unused(now);
            if !stays {
                opened.ended.cancel();
            }
            stays
        });
    }

    fn is_empty(&self) -> bool {
        self.open().is_empty()
    }

    /// What is open under this token. Takes as long for a token that is nearly right as for any other.
    fn find(&self, given: &str, now: Instant) -> Option<Arc<Opened>> {
        let open = self.open();
        let found = open
            .iter()
            .fold(None, |found, (token, opened)| if same(token, given) { Some(opened) } else { found });
        found.filter(|opened| !opened.is_unused(now)).cloned()
    }
}

fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use windlass_ports::RemoteError;

    use super::*;

    #[derive(Debug)]
    struct Nothing;

    #[async_trait]
    impl ByteRanges for Nothing {
        fn size(&self) -> u64 {
            0
        }
        async fn read(&self, _: u64, _: u64) -> Result<Bytes, RemoteError> {
            Ok(Bytes::new())
        }
    }

    /// What is looked at for hours stays, what nobody takes anything from goes.
    #[tokio::test]
    async fn hs16_an_address_of_which_nothing_is_taken_for_an_hour_is_gone() {
        let table = Table::default();
        let began = Instant::now();
        table.add("watched", MediaType::Mp4, Arc::new(Nothing));
        table.add("forgotten", MediaType::Mp4, Arc::new(Nothing));
        let forgotten = table.find("forgotten", began).unwrap();
        let later = began + UNUSED / 2;
        table.find("watched", later).unwrap().touch(later);
        let hour = Instant::now() + UNUSED;
        assert!(table.find("forgotten", hour).is_none(), "already before the next look");
        assert!(!forgotten.ended.is_cancelled());
        table.end_unused(hour);
        assert!(forgotten.ended.is_cancelled(), "what still waits is ended");
        assert!(table.find("watched", hour).is_some());
        table.end_unused(later + UNUSED);
        assert!(table.is_empty());
    }

    #[test]
    fn hs5_only_the_whole_token_is_the_token() {
        assert!(same("0123", "0123"));
        for other in ["", "012", "01234", "0124", "1123", "０123"] {
            assert!(!same("0123", other), "{other}");
        }
    }
}
