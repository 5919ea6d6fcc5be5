//! Bytes of a file by range, and a window over them that never reads more than it may.
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;
use windlass_ports::decode::{PIECE, Want};

/// Most bytes of one request.
const SPAN: u64 = 8 * 1024 * 1024;

/// Bytes of one version of one file.
pub trait Source {
    /// Bytes of the whole.
    fn size(&self) -> u64;
    /// These bytes; fewer only at the end.
    ///
    /// # Errors
    /// When they cannot be had.
    fn read_at(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>>;
}

/// A file, read by pieces of 64 KiB that are kept, and never beyond a budget. Reads of what is beyond fail as the end of the
/// file would, so that every parser above takes it for a short file; errors of the source itself are remembered.
pub(crate) struct Window<'a> {
    source: &'a mut (dyn Source + Send + Sync),
    head: Vec<u8>,
    pieces: BTreeMap<u64, Vec<u8>>,
    left: u64,
    at: u64,
    broken: Option<io::Error>,
}

impl<'a> Window<'a> {
    /// Reads the first piece.
    pub(crate) fn new(source: &'a mut (dyn Source + Send + Sync), want: Want) -> io::Result<Self> {
        let first = PIECE.min(source.size());
        let head = if first == 0 { Vec::new() } else { source.read_at(0, first)? };
        let left = want.budget().saturating_sub(first);
        Ok(Self { source, head, pieces: BTreeMap::new(), left, at: 0, broken: None })
    }

    pub(crate) fn size(&self) -> u64 {
        self.source.size()
    }

    /// The first piece.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether the first piece is the whole file.
    pub(crate) fn is_small(&self) -> bool {
        self.size() <= self.head.len() as u64
    }

    /// The source's own trouble, if there was any.
    pub(crate) fn broken(&mut self) -> Option<io::Error> {
        self.broken.take()
    }

    fn fetch(&mut self, offset: u64, len: u64) -> Option<Vec<u8>> {
        if self.broken.is_some() || len > self.left {
            return None;
        }
        self.left -= len;
        match self.source.read_at(offset, len) {
            Ok(bytes) if bytes.len() as u64 == len => Some(bytes),
            Ok(_) => None,
            Err(error) => {
                self.broken = Some(error);
                None
            }
        }
    }

    /// Exactly these bytes, in as few requests as can be; `None` when they are beyond the end or the budget.
    pub(crate) fn bytes(&mut self, offset: u64, len: u64) -> Option<Vec<u8>> {
        let end = offset.checked_add(len).filter(|end| *end <= self.size())?;
        let known = self.head.len() as u64;
        if end > known && end - offset.max(known) > self.left {
            return None;
        }
        let mut out = Vec::new();
        if offset < known {
            out.extend_from_slice(
                self.head.get(usize::try_from(offset).ok()?..usize::try_from(end.min(known)).ok()?)?,
            );
        }
        let mut at = offset.max(known);
        while at < end {
            let piece = self.fetch(at, (end - at).min(SPAN))?;
            at += piece.len() as u64;
            out.extend(piece);
        }
        Some(out)
    }

    /// The whole file, when the budget allows.
    pub(crate) fn whole(&mut self) -> Option<Vec<u8>> {
        self.bytes(0, self.size())
    }

    /// The beginning, at most these many bytes.
    pub(crate) fn start(&mut self, most: u64) -> Vec<u8> {
        let len = self.size().min(most);
        self.bytes(0, len).unwrap_or_else(|| self.head.clone())
    }

    /// Bytes of the piece a position is in, from that position on.
    fn here(&mut self) -> &[u8] {
        let at = self.at;
        if at >= self.size() {
            return &[];
        }
        if at < self.head.len() as u64 {
            return usize::try_from(at).ok().and_then(|at| self.head.get(at..)).unwrap_or_default();
        }
        let from = at - at % PIECE;
        if !self.pieces.contains_key(&from) {
            let len = PIECE.min(self.size() - from);
            let Some(piece) = self.fetch(from, len) else { return &[] };
            self.pieces.insert(from, piece);
        }
        let inside = usize::try_from(at - from).unwrap_or(usize::MAX);
        self.pieces.get(&from).and_then(|piece| piece.get(inside..)).unwrap_or_default()
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let found = self.here();
        let len = found.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..len), found.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for &mut Window<'_> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.size())
    }
}
