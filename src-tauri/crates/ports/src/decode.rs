//! The decoder of strangers' files, and where its pictures are kept.
//!
//! What these types carry was made from hostile bytes: text is shown as text, and a picture is one the decoder drew itself.
use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{RemoteError, RemoteErrorKind};

/// Bytes of one piece of a file: what is read first, and what further reads of a picture in a list are cut into.
pub const PIECE: u64 = 64 * 1024;

/// How much of a file may be read for a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Want {
    /// For a row, a tile or the inspector: facts, and a small picture if the file carries one.
    Small,
    /// A person asked to see it: the file itself is read, within limits.
    Large,
    /// The same, but of a document this page, counted from zero. Of anything else as [`Want::Large`].
    Page(u32),
}

impl Want {
    /// Most bytes that are ever read of one file.
    #[must_use]
    pub const fn budget(self) -> u64 {
        match self {
            Self::Small => 1024 * 1024,
            Self::Large | Self::Page(_) => 64 * 1024 * 1024,
        }
    }
}

/// What a file is by its bytes. Its name is never asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// TIFF.
    Tiff,
    /// HEIC, HEIF or AVIF.
    Heic,
    /// A camera's raw file.
    Raw,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// PDF.
    Pdf,
    /// Text of any sort, SVG, HTML and source among it.
    Text,
    /// A table in text.
    Csv,
    /// JSON.
    Json,
    /// Parquet.
    Parquet,
    /// No bytes at all.
    Empty,
    /// Anything else.
    Other,
}

/// Name of one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum FactName {
    Dimensions,
    Camera,
    Lens,
    Exposure,
    Aperture,
    Iso,
    FocalLength,
    Taken,
    Orientation,
    Software,
    Duration,
    Codec,
    Title,
    Artist,
    Album,
    SampleRate,
    Channels,
    Bitrate,
    Pages,
    Author,
    Rows,
    Columns,
    Column,
}

/// One fact of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Which.
    pub name: FactName,
    /// In figures and units that need no translation. Of a stranger: may hold any characters.
    pub value: String,
}

/// Where a picture was taken, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
}

/// Coding of a picture the decoder drew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureFormat {
    /// JPEG.
    Jpeg,
    /// PNG, where there is transparency.
    Png,
}

/// A picture the decoder drew: turned upright, and with no facts of the file in it (hazard HS19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Coding.
    pub format: PictureFormat,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextStart {
    /// Text.
    pub text: String,
    /// Whether this is all of it.
    pub whole: bool,
}

/// The first rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableStart {
    /// Rows of cells; the first is most often a heading.
    pub rows: Vec<Vec<String>>,
    /// Whether these are all.
    pub whole: bool,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// The file carries no small picture; the whole file shows one.
    NoSmallPicture,
    /// More pixels or bytes than may be read.
    TooLarge,
    /// The bytes do not add up.
    Damaged,
    /// HEVC and AV1 are not decoded here.
    NoHeif,
    /// Films are not decoded here.
    NoVideo,
    /// The document opens with a password only.
    NoPdf,
    /// Only the camera maker's own coding is in it.
    NoRaw,
    /// Nothing is known of this sort of file.
    Unknown,
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decoded {
    /// What it is.
    pub kind: FileKind,
    /// Facts in the order shown.
    pub facts: Vec<Fact>,
    /// Where it was taken.
    pub position: Option<Position>,
    /// A picture of it.
    pub picture: Option<Picture>,
    /// Its text.
    pub text: Option<TextStart>,
    /// Its rows.
    pub table: Option<TableStart>,
    /// Why there is no picture, where one could be expected.
    pub missing: Option<Missing>,
}

impl Decoded {
    /// Nothing but what it is.
    #[must_use]
    pub const fn bare(kind: FileKind) -> Self {
        Self {
            kind,
            facts: Vec::new(),
            position: None,
            picture: None,
            text: None,
            table: None,
            missing: None,
        }
    }
}

/// Trouble with a decoder.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It died, or said what makes no sense: this file is not tried again.
    #[error("the decoder ended before it was done")]
    Died,
    /// It took too long and was ended: this file is not tried again.
    #[error("the decoder took too long")]
    TimedOut,
    /// The program is not there or cannot be started.
    #[error("the decoder cannot be started")]
    Absent(#[source] std::io::Error),
    /// The bytes could not be had.
    #[error("the file could not be read")]
    Source(#[source] RemoteError),
}

impl DecodeError {
    /// Whether the file is to blame, and would be again.
    #[must_use]
    pub const fn is_the_files_fault(&self) -> bool {
        match self {
            Self::Died | Self::TimedOut => true,
            Self::Absent(_) | Self::Source(_) => false,
        }
    }

    /// What kept the bytes away.
    #[must_use]
    pub const fn remote(&self) -> Option<RemoteErrorKind> {
        match self {
            Self::Source(error) => Some(error.kind),
            Self::Died | Self::TimedOut | Self::Absent(_) => None,
        }
    }
}

/// Bytes of one version of one file.
#[async_trait]
pub trait ByteRanges: Debug + Send + Sync {
    /// Bytes of the whole.
    fn size(&self) -> u64;
    /// These bytes; fewer only at the end of the file.
    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError>;
}

/// Looks into files of strangers, where they can do no harm.
#[async_trait]
pub trait Decoder: Debug + Send + Sync {
    /// Looks into one file. Reads at most [`Want::budget`] of it. Dropping the future ends the work.
    async fn decode(&self, want: Want, source: &dyn ByteRanges) -> Result<Decoded, DecodeError>;
}

/// Keeps what was drawn, for the next time. Losing any of it loses nothing.
#[async_trait]
pub trait PreviewCache: Debug + Send + Sync {
    /// What was kept under this name; `None` when it is not there or cannot be read.
    async fn get(&self, name: &str) -> Option<Bytes>;
    /// Keeps these bytes under this name, and lets go of what was used longest ago when there is too much. A disk that takes
    /// nothing is no error.
    async fn put(&self, name: &str, bytes: Bytes);
}
