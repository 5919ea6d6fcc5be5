//! Prices, as the user interface sees them. Amounts are billionths of the list's currency.
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is known of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// It is known.
    Known,
    /// It costs nothing: the practice bucket is on this computer.
    Free,
    /// The price list has nothing for this server.
    Unlisted,
    /// Something is not in the list, or the list cannot be used.
    Unknown,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PricePart {
    /// LIST requests.
    Lists,
    /// PUT and COPY requests.
    Puts,
    /// GET and HEAD requests.
    Gets,
    /// Bytes that leave the provider.
    Egress,
    /// Bytes read from a class that asks for it.
    Retrieval,
    /// Requests that bring objects back from an archive.
    Restores,
    /// Bytes kept for a month.
    Storing,
}

/// One line of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PriceLine {
    /// What is paid for.
    pub part: PricePart,
    /// Storage class; empty where it does not matter.
    pub class: String,
    /// Requests or bytes.
    #[ts(type = "number")]
    pub units: u64,
    /// Billionths of the currency.
    #[ts(type = "number")]
    pub amount: u64,
}

/// Objects that are paid for to the end of their class's least time, should they be younger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PriceEarly {
    /// Storage class.
    pub class: String,
    /// How many.
    #[ts(type = "number")]
    pub objects: u64,
    /// Days.
    pub days: u32,
}

/// A price, with what it is made of and what list it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Price {
    /// What is known of it.
    pub kind: PriceKind,
    /// Billionths of the currency; 0 unless it is known.
    #[ts(type = "number")]
    pub amount: u64,
    /// Why it is not known, in plain words; else empty.
    pub why: String,
    /// Three letters.
    pub currency: String,
    /// Day that the list is of.
    pub date: String,
    /// Region of the bucket.
    pub region: String,
    /// What it is made of.
    pub lines: Vec<PriceLine>,
    /// What may be paid for beyond it.
    pub early: Vec<PriceEarly>,
}

/// What a person ticked in one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PriceChoice {
    /// Prefix of the list.
    pub prefix: String,
    /// Everything in it but `keys`; else `keys`.
    pub all: bool,
    /// Keys.
    pub keys: Vec<String>,
    /// Whether the server is asked what folders hold; without it they are only counted.
    pub look: bool,
}

/// What a download is, and costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DownloadPrice {
    /// Objects.
    #[ts(type = "number")]
    pub objects: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Folders that are not in it, because nobody looked into them.
    #[ts(type = "number")]
    pub folders: u64,
    /// Whether folders hold more than was looked at: it is more than this.
    pub more: bool,
    /// Whether a person wants to be asked before a download of this size.
    pub ask: bool,
    /// The price.
    pub price: Price,
}

/// The price list that is used, and when a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PriceSettings {
    /// A download of at least so many bytes is asked about first; none is, without a number.
    #[ts(type = "number | null")]
    pub ask_from: Option<u64>,
    /// Day that the list is of.
    pub date: String,
    /// Page that its prices were taken from.
    pub source: String,
    /// Whether it is the person's own.
    pub own: bool,
    /// File that a list of one's own is in, or would be.
    pub file: String,
    /// Why that file cannot be used; else empty.
    pub problem: String,
}
