//! The decoder in a process of its own: one for each file, so that a file that takes it over takes over nothing else.
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use windlass_ports::decode::{ByteRanges, DecodeError, Decoded, Decoder, PictureFormat, Want};
use windlass_preview::wire::{self, FromDecoder, ToDecoder};

/// Longest time between two words of a decoder. Its processor time has a limit of its own; this one is for what waits for nothing,
/// and long enough for a busy computer. Waiting for the server is not its time.
const PATIENCE: Duration = Duration::from_secs(30);
/// Decoders at a time.
const AT_A_TIME: usize = 3;
/// Requests of one decoder.
const REQUESTS: usize = 512;

/// Starts the program `windlass-decoder` for each file.
#[derive(Debug)]
pub struct DecoderProcess {
    program: PathBuf,
    patience: Duration,
    places: Semaphore,
}

impl DecoderProcess {
    /// Uses this program.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program, patience: PATIENCE, places: Semaphore::new(AT_A_TIME) }
    }

    /// Uses the program that was installed with this one: beside it, or where a package puts it.
    #[must_use]
    pub fn installed() -> Self {
        let name = format!("windlass-decoder{}", std::env::consts::EXE_SUFFIX);
        let here = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let found = here.and_then(|here| {
            // A test program lies one folder below.
            [here.join(&name), here.join("../lib/windlass").join(&name), here.join("..").join(&name)]
                .into_iter()
                .find(|path| path.is_file())
        });
        Self::new(found.unwrap_or_else(|| PathBuf::from(name)))
    }

    /// With another patience, for tests.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

#[async_trait]
impl Decoder for DecoderProcess {
    async fn decode(&self, want: Want, source: &dyn ByteRanges) -> Result<Decoded, DecodeError> {
        let _place = self.places.acquire().await.map_err(|_| DecodeError::Died)?;
        // A bare name would be looked for in PATH, where anything may be.
        if !self.program.is_absolute() {
            return Err(DecodeError::Absent(std::io::ErrorKind::NotFound.into()));
        }
        let mut child = Command::new(&self.program)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(DecodeError::Absent)?;
        let done = match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Talk { to, from, patience: self.patience }.through(want, source).await,
            (None, _) | (_, None) => Err(DecodeError::Died),
        };
        end(&mut child).await;
        done
    }
}

/// Ends a decoder that has not ended, and takes note of its end, so that none is left behind.
async fn end(child: &mut Child) {
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "the decoder had ended already");
    }
}

struct Talk {
    to: ChildStdin,
    from: ChildStdout,
    patience: Duration,
}

impl Talk {
    async fn through(mut self, want: Want, source: &dyn ByteRanges) -> Result<Decoded, DecodeError> {
        let size = source.size();
        self.say(&ToDecoder::Start { want, size }, &[]).await?;
        let mut left = want.budget();
        for _ in 0..REQUESTS {
            match self.hear().await? {
                (FromDecoder::Need { offset, len }, _) => {
                    // The decoder keeps to the budget; one that was taken over may not.
                    let inside = offset.checked_add(len).is_some_and(|end| end <= size);
                    if !inside || len > left || len > u64::from(wire::BYTES) {
                        return Err(DecodeError::Died);
                    }
                    left -= len;
                    match source.read(offset, len).await {
                        Ok(bytes) => self.say(&ToDecoder::Bytes, &bytes).await?,
                        Err(error) => return Err(DecodeError::Source(error)),
                    }
                }
                (FromDecoder::Done(found), bytes) => return complete(found, bytes),
                (FromDecoder::Refused, _) => return Err(DecodeError::Died),
            }
        }
        Err(DecodeError::Died)
    }

    async fn say(&mut self, word: &ToDecoder, bytes: &[u8]) -> Result<(), DecodeError> {
        let frame = wire::frame(word, bytes).map_err(|_| DecodeError::Died)?;
        match tokio::time::timeout(self.patience, self.to.write_all(&frame)).await {
            Err(_) => Err(DecodeError::TimedOut),
            Ok(Err(_)) => Err(DecodeError::Died),
            Ok(Ok(())) => Ok(()),
        }
    }

    async fn hear(&mut self) -> Result<(FromDecoder, Vec<u8>), DecodeError> {
        let word = async {
            let mut prefix = [0; 8];
            self.from.read_exact(&mut prefix).await?;
            let (header, bytes) = wire::lengths(prefix)?;
            let mut head = vec![0; header];
            self.from.read_exact(&mut head).await?;
            let mut body = vec![0; bytes];
            self.from.read_exact(&mut body).await?;
            Ok::<_, std::io::Error>((serde_json::from_slice(&head)?, body))
        };
        match tokio::time::timeout(self.patience, word).await {
            Err(_) => Err(DecodeError::TimedOut),
            Ok(Err(_)) => Err(DecodeError::Died),
            Ok(Ok(word)) => Ok(word),
        }
    }
}

/// A picture must be what it says it is: a decoder that was taken over could send anything.
fn complete(mut found: Decoded, bytes: Vec<u8>) -> Result<Decoded, DecodeError> {
    if let Some(picture) = &mut found.picture {
        let magic: &[u8] = match picture.format {
            PictureFormat::Jpeg => &[0xFF, 0xD8, 0xFF],
            PictureFormat::Png => b"\x89PNG\r\n\x1a\n",
        };
        if !bytes.starts_with(magic) {
            return Err(DecodeError::Died);
        }
        picture.bytes = bytes;
    }
    Ok(found)
}
