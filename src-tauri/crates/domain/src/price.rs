//! What requests, bytes and months cost by a price list.
//!
//! Amounts are whole numbers: billionths of the list's currency ([`Money`]). Each line is rounded up, so that what is said
//! before is not less than what the list asks. Nothing is given as free that a list does not name: what is not in it has no
//! price ([`Missing`]), and free shares of an account are not assumed.
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Requests that list prices are per.
const PER: u128 = 1_000;
/// Requests of one download: a look, and the bytes. An empty object has none to fetch, and is counted all the same.
const DOWNLOAD_GETS: u64 = 2;
/// Looks at one object that is copied: at what is copied, at its access list, and at the copy.
const COPY_GETS: u64 = 3;
/// Looks at a bucket before the first copy from it: whether it has access lists at all.
const FIRST_GETS: u64 = 2;
/// Up to here an object is copied by one request.
const WHOLE_COPY: u64 = 5 << 30;
/// Bytes of a part of a larger copy.
const COPY_PART: u64 = 1 << 30;

/// An amount, in billionths of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub u64);

impl Money {
    /// Reads a decimal number with at most nine places, such as `0.0043`.
    ///
    /// # Errors
    /// [`PriceProblem::Amount`] for anything else.
    pub fn parse(text: &str) -> Result<Self, PriceProblem> {
        let wrong = || PriceProblem::Amount(text.to_owned());
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(places) || places.len() > 9 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{places:0<9}").parse().map_err(|_| wrong())?;
        whole.checked_mul(1_000_000_000).and_then(|w| w.checked_add(part)).map(Self).ok_or_else(wrong)
    }

    /// For so many units where the amount is for `per` of them, rounded up.
    const fn times(self, units: u128, per: u128) -> Self {
        let sum = (self.0 as u128).saturating_mul(units).div_ceil(per);
        Self(if sum > u64::MAX as u128 { u64::MAX } else { sum as u64 })
    }

    const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Why a price list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceProblem {
    /// No amount.
    #[error("'{0}' is no amount: it has to be digits in quotes, with at most nine after the point")]
    Amount(String),
    /// The list says no number of bytes in a GB.
    #[error("'bytes_per_gb' must not be 0")]
    NoBytes,
    /// Tiers of what goes out leave a gap.
    #[error("'egress' of {0} has to have tiers that rise, and the last one without 'to_gb'")]
    Tiers(String),
}

/// A price list, as it is written in its file. All of it can be replaced by a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Three letters, such as `USD`.
    pub currency: String,
    /// Day that the prices are of.
    pub date: String,
    /// Page that they were taken from.
    pub source: String,
    /// What a reader of the file should know.
    #[serde(default)]
    pub note: String,
    /// Bytes that the provider calls a GB.
    pub bytes_per_gb: u64,
    /// Prices by server and region.
    pub places: Vec<PricePlace>,
}

/// Prices of a region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricePlace {
    /// Host, with its port where it has one; empty for Amazon S3.
    #[serde(default)]
    pub endpoint: String,
    /// Region; empty for every region of that host.
    #[serde(default)]
    pub region: String,
    /// 1,000 LIST requests.
    pub list_1000: Money,
    /// A GB that leaves the provider, by how much left already. Each job is counted from its own first byte.
    pub egress: Vec<EgressTier>,
    /// By storage class.
    pub classes: BTreeMap<String, ClassPrice>,
}

/// A GB that leaves, up to an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressTier {
    /// Up to so many GB, counted from the first; the last tier has none.
    #[serde(default)]
    pub to_gb: Option<u64>,
    /// A GB.
    pub gb: Money,
}

/// What bringing objects back from an archive costs at another speed than the standard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedPrice {
    /// A GB that is read.
    pub retrieve_gb: Money,
    /// 1,000 requests.
    pub restore_1000: Money,
}

/// Prices of a storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPrice {
    /// 1,000 PUT or COPY requests into it.
    pub put_1000: Money,
    /// 1,000 GET or HEAD requests.
    pub get_1000: Money,
    /// A GB that is read.
    pub retrieve_gb: Money,
    /// 1,000 requests that bring objects back from an archive, at its standard speed; where a class has none, it needs none.
    #[serde(default)]
    pub restore_1000: Money,
    /// The same at its quickest speed, where there is one.
    #[serde(default)]
    pub expedited: Option<SpeedPrice>,
    /// The same at its slowest and cheapest speed.
    #[serde(default)]
    pub bulk: Option<SpeedPrice>,
    /// A GB for a month.
    pub month_gb: Money,
    /// Days that are paid for at least.
    #[serde(default)]
    pub min_days: u32,
    /// Bytes that each object is paid for at least.
    #[serde(default)]
    pub min_bytes: u64,
}

/// Objects of one storage class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Storage class.
    pub class: String,
    /// How many.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What has no price, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The list has nothing for this server.
    Server,
    /// The list has this server, and not this region.
    Region(String),
    /// The list does not have this storage class there.
    Class(String),
    /// The list has no price for bringing objects of this class back at this speed.
    Speed(String, &'static str),
    /// What goes from one region to another is not in the list.
    BetweenRegions,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
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

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is paid for.
    pub part: Part,
    /// Storage class; empty where it does not matter.
    pub class: String,
    /// Requests or bytes.
    pub units: u64,
    /// How much.
    pub amount: Money,
}

/// Objects that are paid for to the end of their class's least time, should they be younger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    /// Storage class.
    pub class: String,
    /// How many.
    pub objects: u64,
    /// Days.
    pub days: u32,
}

/// A price, with what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bill {
    /// Lines; none for what costs nothing.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: Money,
    /// What may be paid for beyond it.
    pub early: Vec<Early>,
}

impl Bill {
    /// Lines without an amount are left out: they say nothing.
    fn add(&mut self, part: Part, class: &str, units: u64, amount: Money) {
        if amount > Money(0) {
            self.lines.push(Line { part, class: class.to_owned(), units, amount });
            self.total = self.total.plus(amount);
        }
    }

    /// Both bills as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self.total = self.total.plus(other.total);
        self.early.extend(other.early);
        self
    }
}

/// What becomes of objects in a job on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry<'a> {
    /// Copied; into this class, or into the one they have.
    Copy(Option<&'a str>),
    /// Copied, and the sources deleted.
    Move,
    /// Deleted.
    Delete,
}

/// A bucket's server and region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceAt {
    /// Address of the server; `None` for Amazon S3.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: String,
}

impl PriceAt {
    /// Its host with the port, empty for Amazon S3.
    fn host(&self) -> String {
        let Some(endpoint) = self.endpoint.as_deref() else { return String::new() };
        let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
        if host.ends_with(".amazonaws.com") { String::new() } else { host }
    }
}

impl PriceList {
    /// Whether sums can be made with it.
    ///
    /// # Errors
    /// [`PriceProblem`] in words for whoever wrote the list.
    pub fn check(&self) -> Result<(), PriceProblem> {
        if self.bytes_per_gb == 0 {
            return Err(PriceProblem::NoBytes);
        }
        for place in &self.places {
            let name = || format!("{} {}", place.endpoint, place.region).trim().to_owned();
            let Some((last, before)) = place.egress.split_last() else {
                return Err(PriceProblem::Tiers(name()));
            };
            let ends: Vec<u64> = before.iter().filter_map(|tier| tier.to_gb).collect();
            let rise = ends.len() == before.len() && ends.is_sorted_by(|a, b| a < b);
            if last.to_gb.is_some() || !rise || ends.first() == Some(&0) {
                return Err(PriceProblem::Tiers(name()));
            }
        }
        Ok(())
    }

    fn place(&self, at: &PriceAt) -> Result<&PricePlace, Missing> {
        let host = at.host();
        let mut of_host = self.places.iter().filter(|p| p.endpoint.eq_ignore_ascii_case(&host)).peekable();
        if of_host.peek().is_none() {
            return Err(Missing::Server);
        }
        of_host
            .find(|p| p.region.is_empty() || p.region == at.region)
            .ok_or_else(|| Missing::Region(at.region.clone()))
    }

    fn gb(&self, price: Money, bytes: u64) -> Money {
        price.times(u128::from(bytes), u128::from(self.bytes_per_gb.max(1)))
    }

    /// What leaves, tier by tier from the first byte, rounded up once.
    fn egress(&self, place: &PricePlace, bytes: u64) -> Money {
        let gb = u128::from(self.bytes_per_gb.max(1));
        let (mut left, mut from, mut sum) = (u128::from(bytes), 0u128, 0u128);
        for tier in &place.egress {
            let room = tier.to_gb.map_or(left, |to| (u128::from(to) * gb).saturating_sub(from));
            let here = left.min(room);
            sum = sum.saturating_add(here * u128::from(tier.gb.0));
            (left, from) = (left - here, from + here);
        }
        Money(u64::try_from(sum.div_ceil(gb)).unwrap_or(u64::MAX))
    }

    /// Fetching objects: requests, what leaves the provider, and what their classes ask for being read.
    ///
    /// # Errors
    /// [`Missing`] when one of these is not in the list.
    pub fn download(&self, at: &PriceAt, of: &[Tally], lists: u64) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        bill.add(Part::Lists, "", lists, requests(place.list_1000, lists));
        let mut bytes = 0u64;
        for tally in of.iter().filter(|tally| tally.objects > 0) {
            let class = place.class(&tally.class)?;
            let gets = tally.objects.saturating_mul(DOWNLOAD_GETS);
            bill.add(Part::Gets, &tally.class, gets, requests(class.get_1000, gets));
            self.read(&mut bill, class, tally);
            bytes = bytes.saturating_add(tally.bytes);
        }
        bill.add(Part::Egress, "", bytes, self.egress(place, bytes));
        Ok(bill)
    }

    fn read(&self, bill: &mut Bill, class: &ClassPrice, tally: &Tally) {
        bill.add(Part::Restores, &tally.class, tally.objects, requests(class.restore_1000, tally.objects));
        bill.add(Part::Retrieval, &tally.class, tally.bytes, self.gb(class.retrieve_gb, tally.bytes));
    }

    /// So many LIST requests.
    ///
    /// # Errors
    /// [`Missing`] when the list does not have the place.
    pub fn listing(&self, at: &PriceAt, lists: u64) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        bill.add(Part::Lists, "", lists, requests(place.list_1000, lists));
        Ok(bill)
    }

    /// A copy, move, change of class or delete on the server. Deleting costs nothing, unless an object has not been there
    /// for the least time of its class, which the bill says. How old the objects are is not asked.
    ///
    /// # Errors
    /// [`Missing`] when something is not in the list, or the bytes go to another region.
    pub fn carry(&self, at: &PriceAt, to: &PriceAt, of: &[Tally], what: Carry<'_>) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        if at.host() != to.host() || at.region != to.region {
            return Err(Missing::BetweenRegions);
        }
        let mut bill = Bill::default();
        let mut first = FIRST_GETS;
        for tally in of.iter().filter(|tally| tally.objects > 0) {
            let class = place.class(&tally.class)?;
            let into = match what {
                Carry::Copy(Some(into)) => Some(into),
                Carry::Copy(None) | Carry::Move => Some(tally.class.as_str()),
                Carry::Delete => None,
            };
            if let Some(into) = into {
                let puts = copies(tally);
                bill.add(Part::Puts, into, puts, requests(place.class(into)?.put_1000, puts));
                let gets = tally.objects.saturating_mul(COPY_GETS).saturating_add(std::mem::take(&mut first));
                bill.add(Part::Gets, &tally.class, gets, requests(class.get_1000, gets));
                self.read(&mut bill, class, tally);
            }
            let leaves = match what {
                Carry::Move | Carry::Delete => true,
                Carry::Copy(into) => into.is_some_and(|into| into != tally.class),
            };
            if leaves && class.min_days > 0 {
                let (objects, days) = (tally.objects, class.min_days);
                bill.early.push(Early { class: tally.class.clone(), objects, days });
            }
        }
        Ok(bill)
    }

    /// Moves by lifecycle rules: one request for each object, into these classes.
    ///
    /// # Errors
    /// [`Missing`] when something is not in the list.
    pub fn moving(&self, at: &PriceAt, of: &[Tally]) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        for tally in of.iter().filter(|tally| tally.objects > 0) {
            let class = place.class(&tally.class)?;
            bill.add(Part::Puts, &tally.class, tally.objects, requests(class.put_1000, tally.objects));
        }
        Ok(bill)
    }

    /// Keeping objects for a month.
    ///
    /// # Errors
    /// [`Missing`] when something is not in the list.
    pub fn storing(&self, at: &PriceAt, of: &[Tally]) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        for tally in of.iter().filter(|tally| tally.objects > 0) {
            let class = place.class(&tally.class)?;
            let bytes = tally.bytes.max(tally.objects.saturating_mul(class.min_bytes));
            bill.add(Part::Storing, &tally.class, bytes, self.gb(class.month_gb, bytes));
        }
        Ok(bill)
    }
}

impl PricePlace {
    fn class(&self, name: &str) -> Result<&ClassPrice, Missing> {
        self.classes.get(name).ok_or_else(|| Missing::Class(name.to_owned()))
    }
}

fn requests(price: Money, count: u64) -> Money {
    price.times(u128::from(count), PER)
}

/// Requests that copy these objects: one each, and where some may be large, the most parts that their bytes can have, with
/// the opening and the end of each upload.
const fn copies(tally: &Tally) -> u64 {
    if tally.bytes <= WHOLE_COPY {
        return tally.objects;
    }
    let large = tally.bytes / WHOLE_COPY;
    let large = if large < tally.objects { large } else { tally.objects };
    tally.objects.saturating_add(tally.bytes / COPY_PART).saturating_add(large * 2)
}

#[cfg(test)]
mod tests;
mod thawing;
