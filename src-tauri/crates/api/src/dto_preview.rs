//! What is shown of a file's inside. All of it is of a stranger: text to be shown as text, and pictures the decoder drew.
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use windlass_ports::decode;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PreviewWant {
    /// For a row, a tile or the inspector; costs at most a few small requests.
    Small,
    /// A person asked to see it.
    Large,
    /// The same, of a document this page, counted from zero.
    Page(u32),
}

/// One enum of the decoder in the words of the window, and back from it.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident of $from:path { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? } $(and { $($(#[$own_doc:meta])* $own:ident),* $(,)? })?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "as in the decoder's own")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            $($($(#[$own_doc])* $own,)*)?
        }

        impl From<$from> for $name {
            fn from(from: $from) -> Self {
                use $from as From;
                match from {
                    $(From::$variant => Self::$variant,)*
                }
            }
        }
    };
}

mirror! {
    /// What a file is by its bytes.
    PreviewKind of decode::FileKind {
        Jpeg, Png, WebP, Gif, Tiff, Heic, Raw, Video, Audio, Pdf, Text, Csv, Json, Parquet, Empty, Other,
    }
}

mirror! {
    /// Name of a fact.
    FactName of decode::FactName {
        Dimensions, Camera, Lens, Exposure, Aperture, Iso, FocalLength, Taken, Orientation, Software, Duration, Codec, Title,
        Artist, Album, SampleRate, Channels, Bitrate, Pages, Author, Rows, Columns, Column,
    }
}

mirror! {
    /// Why nothing is shown.
    PreviewMissing of decode::Missing {
        NoSmallPicture, TooLarge, Damaged, NoHeif, NoVideo, NoPdf, NoRaw, Unknown,
    } and {
        /// The decoder ended over it, and does not try again.
        Unreadable,
        /// The decoder is not installed.
        NotInstalled,
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewFact {
    /// Which.
    pub name: FactName,
    /// In figures and units (bidirectional controls escaped).
    pub value: String,
}

/// Where a picture was taken, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct MapPosition {
    /// North.
    pub latitude: f64,
    /// East.
    pub longitude: f64,
}

/// A picture the decoder drew; it holds nothing but pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewPicture {
    /// `data:image/jpeg;base64,…` or `data:image/png;base64,…`
    pub data_url: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewText {
    /// Text.
    pub text: String,
    /// Whether this is all of it.
    pub whole: bool,
}

/// The first rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewTable {
    /// Rows of cells.
    pub rows: Vec<Vec<String>>,
    /// Whether these are all.
    pub whole: bool,
}

/// What is shown of a file's inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// What it is.
    pub kind: PreviewKind,
    /// Facts in the order shown.
    pub facts: Vec<PreviewFact>,
    /// Where it was taken.
    pub position: Option<MapPosition>,
    /// A picture of it.
    pub picture: Option<PreviewPicture>,
    /// Its text.
    pub text: Option<PreviewText>,
    /// Its rows.
    pub table: Option<PreviewTable>,
    /// Why there is no picture, where one could be expected.
    pub missing: Option<PreviewMissing>,
}

/// An object that is open to the player of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Playing {
    /// Names it in later calls. Whoever has it can read the object, so it goes to nobody but the window.
    pub id: String,
    /// Where the player gets its bytes, by ranges; on this computer.
    pub address: String,
    /// What it is by its bytes, such as `video/mp4`.
    pub media: String,
}
