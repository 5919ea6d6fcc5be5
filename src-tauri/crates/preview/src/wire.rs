//! What is said between the program and its decoder, over pipes: a header in JSON, then bytes, each with its length before it.
use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use windlass_ports::decode::{Decoded, Want};

/// Most bytes of a header. Half a megabyte of text can be six times as long in JSON.
pub const HEADER: u32 = 4 * 1024 * 1024;
/// Most bytes that follow one.
pub const BYTES: u32 = 16 * 1024 * 1024;

/// What the decoder is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToDecoder {
    /// Look into a file of this size.
    Start {
        /// How closely.
        want: Want,
        /// Bytes of the whole file.
        size: u64,
    },
    /// The bytes that were asked for.
    Bytes,
    /// They cannot be had.
    Refused,
}

/// What the decoder says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromDecoder {
    /// It needs these bytes of the file.
    Need {
        /// From here.
        offset: u64,
        /// So many.
        len: u64,
    },
    /// It is done; the picture's bytes follow.
    Done(Decoded),
    /// The bytes it needed could not be had.
    Refused,
}

/// Header and bytes as they go over the pipe.
///
/// # Errors
/// When one of them is longer than it may be.
pub fn frame(header: &impl Serialize, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let (head_len, len) =
        (u32::try_from(header.len()).map_err(too_long)?, u32::try_from(bytes.len()).map_err(too_long)?);
    if head_len > HEADER || len > BYTES {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut out = Vec::with_capacity(header.len() + bytes.len() + 8);
    out.extend(head_len.to_le_bytes());
    out.extend(len.to_le_bytes());
    out.extend(header);
    out.extend_from_slice(bytes);
    Ok(out)
}

/// The two lengths before a header.
///
/// # Errors
/// When one of them is longer than it may be.
pub fn lengths(prefix: [u8; 8]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = prefix;
    let (header, bytes) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if header > HEADER || bytes > BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((header as usize, bytes as usize))
}

/// Reads one message.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut prefix = [0; 8];
    from.read_exact(&mut prefix)?;
    let (header, bytes) = lengths(prefix)?;
    let mut head = vec![0; header];
    from.read_exact(&mut head)?;
    let mut body = vec![0; bytes];
    from.read_exact(&mut body)?;
    Ok((serde_json::from_slice(&head)?, body))
}

/// Sends one message.
pub(crate) fn send(to: &mut impl Write, header: &impl Serialize, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&frame(header, bytes)?)?;
    to.flush()
}
