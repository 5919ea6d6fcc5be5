//! A player that speaks HTTP by hand, so that nothing tidies what it sends or hides what it is answered.
use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// `127.0.0.1:PORT` and `/TOKEN` of an address.
pub(crate) fn parts(address: &str) -> (&str, &str) {
    let rest = address.strip_prefix("http://").expect("an address of HTTP");
    rest.split_at(rest.find('/').expect("a path"))
}

/// Sends a head as it is given, and gives the answer as far as it came before the connection ended.
pub(crate) async fn send(host: &str, head: &str) -> Answer {
    let mut line = TcpStream::connect(host).await.unwrap();
    line.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    // An answer that breaks off is an answer too.
    let _ended = line.read_to_end(&mut all).await;
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let text = String::from_utf8(all[..end].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    });
    Answer { status, headers: headers.collect(), body: all[end + 4..].to_vec() }
}

/// Asks as a player does; `range` is the value of the header.
pub(crate) async fn ask(address: &str, range: Option<&str>) -> Answer {
    let (host, path) = parts(address);
    let range = range.map(|range| format!("Range: {range}\r\n")).unwrap_or_default();
    send(host, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: video\r\n{range}\r\n")).await
}

/// Asks for everything from `from` on and reads only this many bytes of the body; the connection stays open.
pub(crate) async fn begin(address: &str, from: usize, bytes: usize) -> (TcpStream, Vec<u8>) {
    let (host, path) = parts(address);
    let mut line = TcpStream::connect(host).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nRange: bytes={from}-\r\n\r\n");
    line.write_all(head.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await.unwrap());
    }
    let mut body = vec![0; bytes];
    line.read_exact(&mut body).await.unwrap();
    (line, body)
}
