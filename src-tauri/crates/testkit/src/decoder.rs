//! A decoder that does as it is told and counts what it is asked.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use windlass_ports::decode::{ByteRanges, DecodeError, Decoded, Decoder, FileKind, Want};

/// What a [`ScriptedDecoder`] does with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Reads these bytes, and finds a picture's kind and nothing more.
    Read(u64, u64),
    /// Dies.
    Die,
    /// Takes too long.
    Hang,
    /// Is not there.
    Absent,
}

/// Follows its script, one line for each file; when it is over, every file has nothing in it.
#[derive(Debug, Default)]
pub struct ScriptedDecoder {
    script: Mutex<VecDeque<Script>>,
    asked: Mutex<Vec<(Want, u64)>>,
}

impl ScriptedDecoder {
    /// With these lines.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = Script>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), asked: Mutex::default() }
    }

    /// How closely each file was to be looked at, and its size.
    #[must_use]
    pub fn asked(&self) -> Vec<(Want, u64)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Decoder for ScriptedDecoder {
    async fn decode(&self, want: Want, source: &dyn ByteRanges) -> Result<Decoded, DecodeError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((want, source.size()));
        let line = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match line {
            Some(Script::Read(offset, len)) => {
                source.read(offset, len).await.map_err(DecodeError::Source)?;
                Ok(Decoded::bare(FileKind::Jpeg))
            }
            Some(Script::Die) => Err(DecodeError::Died),
            Some(Script::Hang) => Err(DecodeError::TimedOut),
            Some(Script::Absent) => Err(DecodeError::Absent(std::io::ErrorKind::NotFound.into())),
            None => Ok(Decoded::bare(FileKind::Other)),
        }
    }
}
