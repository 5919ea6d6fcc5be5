//! The decoder's own process: one file, then it ends. Its limits are set before the first byte of a stranger is read.
use std::io::{self, Stdin, Stdout};

use crate::wire::{FromDecoder, ToDecoder, receive, send};
use crate::{Source, inspect, sandbox};

/// Asks whoever started this process for bytes.
struct Pipe {
    from: Stdin,
    to: Stdout,
    size: u64,
}

impl Source for Pipe {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        send(&mut self.to, &FromDecoder::Need { offset, len }, &[])?;
        match receive(&mut self.from)? {
            (ToDecoder::Bytes, bytes) => Ok(bytes),
            (ToDecoder::Refused | ToDecoder::Start { .. }, _) => Err(io::ErrorKind::Other.into()),
        }
    }
}

/// Gives up what a decoder does not need, takes one job from standard input, and answers on standard output.
///
/// # Errors
/// When the limits cannot be set, in which case nothing was read, or a pipe broke.
pub fn run() -> io::Result<()> {
    sandbox::close()?;
    let (mut from, mut to) = (io::stdin(), io::stdout());
    let (job, _) = receive::<ToDecoder>(&mut from)?;
    let ToDecoder::Start { want, size } = job else { return Err(io::ErrorKind::InvalidData.into()) };
    let mut pipe = Pipe { from, to: io::stdout(), size };
    match inspect(want, &mut pipe) {
        Ok(found) => {
            let bytes = found.picture.as_ref().map(|picture| picture.bytes.as_slice()).unwrap_or_default();
            send(&mut to, &FromDecoder::Done(found.clone()), bytes)
        }
        Err(_) => send(&mut to, &FromDecoder::Refused, &[]),
    }
}
