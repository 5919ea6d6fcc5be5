//! What a download, an index or a job on the server costs by the price list. Nothing here changes anything, and what is not
//! in the list is said to be unknown, never to be free.
use std::collections::{BTreeMap, BTreeSet};

use windlass_domain::price::{Bill, Carry, Missing, Part, PriceAt, PriceList, Tally};
use windlass_domain::{self as domain, Bucket, JobId};
use windlass_ports::remote::Depth;
use windlass_ports::{CredentialSource, LevelEntry, Picked};

use crate::dto::ErrorCode;
use crate::dto_prices::{
    DownloadPrice, Price, PriceChoice, PriceEarly, PriceKind, PriceLine, PricePart, PriceSettings,
};
use crate::objects::{parent, parse_key};
use crate::{Api, UiError};

/// The list that comes with the program.
const LIST: &str = include_str!("../prices/amazon-s3.json");
/// Name of the setting that says from how many bytes on a person is asked.
const ASK: &str = "price.ask_from";
/// Its value for "never".
const NEVER: &str = "never";
const ASK_FROM: u64 = 1_000_000_000;
/// Pages of folders that are looked at for a price; what holds more is asked about in any case.
const PAGES: u64 = 100;
/// Objects outside of every list that was made, looked at one by one for a price.
const LOOKS: usize = 100;

/// A price list and whose it is.
struct Prices {
    list: Result<PriceList, String>,
    own: bool,
}

/// Objects of a download.
#[derive(Default)]
struct Found {
    classes: BTreeMap<String, (u64, u64)>,
    folders: u64,
    lists: u64,
    more: bool,
}

impl Found {
    fn add(&mut self, class: &str, objects: u64, bytes: u64) {
        let sum = self.classes.entry(class.to_owned()).or_default();
        sum.0 = sum.0.saturating_add(objects);
        sum.1 = sum.1.saturating_add(bytes);
    }

    fn take(&mut self, of: Vec<Tally>) {
        for tally in of {
            self.add(&tally.class, tally.objects, tally.bytes);
        }
    }

    fn tallies(&self) -> Vec<Tally> {
        let tally = |(class, &(objects, bytes)): (&String, &(u64, u64))| Tally {
            class: class.clone(),
            objects,
            bytes,
        };
        self.classes.iter().map(tally).collect()
    }

    fn sum(&self) -> (u64, u64) {
        self.classes.values().fold((0, 0), |(objects, bytes), one| {
            (objects.saturating_add(one.0), bytes.saturating_add(one.1))
        })
    }
}

impl Api {
    /// The price list that is used. One of the person's own replaces ours whole, also where it cannot be read: a price from
    /// another list than the one they wrote would be a surprise.
    async fn prices(&self) -> Prices {
        match self.connector.own_prices().await {
            Ok(None) => Prices { list: read(LIST), own: false },
            Ok(Some(text)) => Prices { list: read(&text), own: true },
            Err(error) => Prices { list: Err(error.message), own: true },
        }
    }

    pub(crate) async fn price_settings(&self) -> Result<PriceSettings, UiError> {
        let Prices { list, own } = self.prices().await;
        let ask_from = self.ask_from().await?;
        let (date, source, problem) = match list {
            Ok(list) => (list.date, list.source, String::new()),
            Err(problem) => (String::new(), String::new(), problem),
        };
        Ok(PriceSettings { ask_from, date, source, own, file: self.connector.prices_file(), problem })
    }

    pub(crate) async fn set_price_ask(&self, bytes: Option<u64>) -> Result<(), UiError> {
        let value = bytes.map_or_else(|| NEVER.to_owned(), |bytes| bytes.to_string());
        self.catalog.save_setting(ASK, &value).await?;
        Ok(())
    }

    async fn ask_from(&self) -> Result<Option<u64>, UiError> {
        Ok(match self.catalog.setting(ASK).await?.as_deref() {
            Some(NEVER) => None,
            Some(text) => Some(text.parse().unwrap_or(ASK_FROM)),
            None => Some(ASK_FROM),
        })
    }

    /// What a download is and costs. Sizes and classes are those of the lists that were made.
    pub(crate) async fn price_download(
        &self,
        connection: String,
        bucket: String,
        choice: PriceChoice,
    ) -> Result<DownloadPrice, UiError> {
        let found = self.found(&connection, &bucket, choice).await?;
        let (objects, bytes) = found.sum();
        let lists = found.lists;
        let price =
            self.price(&connection, &bucket, |list, at| list.download(at, &found.tallies(), lists)).await?;
        let asked = self.ask_from().await?.is_some_and(|from| bytes >= from || found.more);
        Ok(DownloadPrice { objects, bytes, folders: found.folders, more: found.more, ask: asked, price })
    }

    /// What so many LIST requests cost.
    pub(crate) async fn price_listing(
        &self,
        connection: String,
        bucket: String,
        requests: u64,
    ) -> Result<Price, UiError> {
        self.price(&connection, &bucket, |list, at| list.listing(at, requests)).await
    }

    /// What a job costs that was planned in this session. What its plan leaves as it is may be in it: it is the most.
    pub(crate) async fn price_job(&self, id: String) -> Result<Price, UiError> {
        let view = self.engine.job(&JobId::from(id)).await?;
        let spec = view.row.spec;
        let mut found = Found::default();
        found.take(view.classes);
        let single = spec.roots.iter().filter(|root| !root.is_folder()).map(|root| root.from.clone());
        let single: Vec<String> = single.collect();
        // The plan of a restore or a purge knows each version; what only loses or gets a marker costs nothing.
        let restore = matches!(spec.kind, domain::JobKind::Restore | domain::JobKind::Purge);
        if !restore {
            self.listed(&spec.connection, spec.bucket.as_str(), single, &mut found).await?;
        }
        let objects = view.row.counts.objects - view.row.counts.left;
        let known = spec.undoes.is_none() && (restore || found.sum().0 >= objects);
        let to = self.at(&spec.connection, spec.to_bucket.as_str()).await?;
        let carry = match spec.kind {
            domain::JobKind::Copy => Some(Carry::Copy(None)),
            domain::JobKind::Move => Some(Carry::Move),
            domain::JobKind::Edit => Some(Carry::Copy(spec.edit.class.as_deref())),
            domain::JobKind::Delete => Some(Carry::Delete),
            domain::JobKind::Undelete => None,
            domain::JobKind::Restore => Some(Carry::Copy(None)),
            domain::JobKind::Purge => Some(Carry::Delete),
            // Some requests for each object, which the list has no prices for.
            domain::JobKind::Lock => None,
        };
        let tallies = found.tallies();
        self.price(&spec.connection, spec.bucket.as_str(), |list, at| match carry {
            Some(carry) if known => list.carry(at, &to, &tallies, carry),
            Some(_) => Err(Missing::Class(String::new())),
            None => Ok(Bill::default()),
        })
        .await
    }

    /// Objects that were ticked, by class.
    async fn found(&self, connection: &str, bucket: &str, choice: PriceChoice) -> Result<Found, UiError> {
        let mut found = Found::default();
        if choice.all {
            let but = choice.keys.into_iter().collect();
            if let Some(listing) =
                self.catalog.find_listing(connection, bucket, &choice.prefix, false).await?
            {
                let tallied = self.catalog.tally(listing.id, Picked::AllBut(but)).await?;
                found.folders = tallied.folders;
                found.take(tallied.objects);
            }
            return Ok(found);
        }
        let (folders, objects): (Vec<String>, Vec<String>) =
            choice.keys.into_iter().partition(|key| key.ends_with('/'));
        let rest = self.listed(connection, bucket, objects, &mut found).await?;
        if !choice.look {
            found.folders += folders.len() as u64;
            // An object that no list has is one of unknown class, so that nothing is said that is less than it costs.
            found.add("", rest.len() as u64, 0);
            return Ok(found);
        }
        let place = Bucket::new(bucket);
        let browse = self.remotes.browse(connection).await?;
        found.more |= rest.len() > LOOKS;
        for key in rest.iter().take(LOOKS) {
            let head = browse.details(&place, &parse_key(key)?).await?;
            found.add(&head.class, 1, head.size);
        }
        for folder in &folders {
            let mut after = None;
            loop {
                if found.lists >= PAGES {
                    found.more = true;
                    return Ok(found);
                }
                let page = browse.level(&place, folder, Depth::Deep, after.as_deref()).await?;
                found.lists += 1;
                for entry in page.entries {
                    match entry {
                        LevelEntry::Object { key, size, class, .. } if !key.ends_with('/') => {
                            found.add(&class, 1, size);
                        }
                        LevelEntry::Object { .. } | LevelEntry::Deleted { .. } | LevelEntry::Folder(_) => {}
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Adds objects as the lists of their levels have them; those that no list has come back.
    async fn listed(
        &self,
        connection: &str,
        bucket: &str,
        keys: Vec<String>,
        found: &mut Found,
    ) -> Result<Vec<String>, UiError> {
        let mut levels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for key in keys {
            levels.entry(parent(&key).to_owned()).or_default().insert(key);
        }
        let mut rest = Vec::new();
        for (level, keys) in levels {
            let Some(listing) = self.catalog.find_listing(connection, bucket, &level, false).await? else {
                rest.extend(keys);
                continue;
            };
            let tallied = self.catalog.tally(listing.id, Picked::Only(keys.clone())).await?;
            let known: u64 = tallied.objects.iter().map(|tally| tally.objects).sum();
            if known == keys.len() as u64 {
                found.take(tallied.objects);
                continue;
            }
            for key in keys {
                let one = Picked::Only(BTreeSet::from([key.clone()]));
                let tallied = self.catalog.tally(listing.id, one).await?;
                if tallied.objects.is_empty() {
                    rest.push(key);
                }
                found.take(tallied.objects);
            }
        }
        Ok(rest)
    }

    /// The currency of the price list; empty where it cannot be used.
    pub(crate) async fn currency(&self) -> String {
        self.prices().await.list.map(|list| list.currency).unwrap_or_default()
    }

    async fn at(&self, connection: &str, bucket: &str) -> Result<PriceAt, UiError> {
        Ok(self.remotes.browse(connection).await?.place(&Bucket::new(bucket)))
    }

    pub(crate) async fn price(
        &self,
        connection: &str,
        bucket: &str,
        bill: impl FnOnce(&PriceList, &PriceAt) -> Result<Bill, Missing> + Send,
    ) -> Result<Price, UiError> {
        let at = self.at(connection, bucket).await?;
        let nothing = Price {
            kind: PriceKind::Unknown,
            amount: 0,
            why: String::new(),
            currency: String::new(),
            date: String::new(),
            region: at.region.clone(),
            lines: Vec::new(),
            early: Vec::new(),
        };
        let list = match self.prices().await.list {
            Ok(list) => list,
            Err(why) => return Ok(Price { why, ..nothing }),
        };
        let known = Price { currency: list.currency.clone(), date: list.date.clone(), ..nothing };
        let priced = bill(&list, &at);
        let practice = matches!(self.connection(connection).await?.source, CredentialSource::Practice);
        Ok(match priced {
            // A person may put a price on the practice bucket, to see what it would be.
            Err(Missing::Server) if practice => Price { kind: PriceKind::Free, ..known },
            Err(missing) => {
                let kind = if missing == Missing::Server { PriceKind::Unlisted } else { PriceKind::Unknown };
                Price { kind, why: words(&missing), ..known }
            }
            Ok(bill) => Price {
                kind: PriceKind::Known,
                amount: bill.total.0,
                lines: bill.lines.into_iter().map(line).collect(),
                early: bill
                    .early
                    .into_iter()
                    .map(|e| PriceEarly { class: e.class, objects: e.objects, days: e.days })
                    .collect(),
                ..known
            },
        })
    }
}

fn line(line: domain::price::Line) -> PriceLine {
    let part = match line.part {
        Part::Lists => PricePart::Lists,
        Part::Puts => PricePart::Puts,
        Part::Gets => PricePart::Gets,
        Part::Egress => PricePart::Egress,
        Part::Retrieval => PricePart::Retrieval,
        Part::Restores => PricePart::Restores,
        Part::Storing => PricePart::Storing,
    };
    PriceLine { part, class: line.class, units: line.units, amount: line.amount.0 }
}

fn read(text: &str) -> Result<PriceList, String> {
    let list: PriceList = serde_json::from_str(text).map_err(|error| broken(&error))?;
    list.check().map_err(|error| broken(&error))?;
    Ok(list)
}

fn broken(why: &dyn std::fmt::Display) -> String {
    format!("The price list cannot be used: {why}. Nothing has a price until it is corrected.")
}

fn words(missing: &Missing) -> String {
    match missing {
        Missing::Server => {
            "The price list has no prices for this server. Add them to a list of your own.".to_owned()
        }
        Missing::Region(region) if region.is_empty() => {
            "The region of this bucket is not known, so its prices are not either.".to_owned()
        }
        Missing::Region(region) => format!("The price list has no prices for the region {region}."),
        Missing::Class(class) if class.is_empty() => {
            "The storage class of some of it is not known. Refresh the list, then look again.".to_owned()
        }
        Missing::Class(class) => format!("The price list has no prices for the storage class {class} there."),
        Missing::Speed(class, speed) => format!(
            "The price list has no prices for bringing back {class} at the speed {speed} there. Add them to a list of your own."
        ),
        Missing::BetweenRegions => {
            "It goes to another region, and the price list has no prices for that.".to_owned()
        }
    }
}

/// Trouble with the file of a person's own list.
#[must_use]
pub fn prices_unreadable(path: &str, why: &dyn std::fmt::Display) -> UiError {
    UiError::new(
        ErrorCode::Unexpected,
        format!("The price list {path} cannot be read. Nothing has a price until it can be."),
    )
    .with_detail(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_comes_along_makes_sense_and_says_what_it_is() {
        let list = read(LIST).unwrap();
        assert_eq!((list.currency.as_str(), list.bytes_per_gb), ("USD", 1 << 30));
        assert!(list.source.starts_with("https://"), "{}", list.source);
        // Shown beside every price. It may become a plain day once somebody has compared the list with its source.
        assert_eq!(list.date, "2025-06, not checked against Amazon's page");
        let at = |region: &str| PriceAt { endpoint: None, region: region.to_owned() };
        let one = [Tally { class: "STANDARD".to_owned(), objects: 1000, bytes: 20 << 30 }];
        // 2,000 × 0.0004 / 1,000 + 20 × 0.09
        assert_eq!(list.download(&at("us-east-1"), &one, 0).unwrap().total.0, 1_800_800_000);
        // Every class with a least time is one of those that S3 has.
        for place in &list.places {
            assert!(
                place.classes.get("STANDARD").is_some_and(|class| class.min_days == 0),
                "{}",
                place.region
            );
            assert_eq!(place.classes.get("STANDARD_IA").map(|class| class.min_days), Some(30));
        }
    }

    #[test]
    fn a_broken_list_says_where() {
        let why = read("{ \"currency\": 3 }").unwrap_err();
        assert!(why.contains("line 1") && why.contains("Nothing has a price"), "{why}");
        let gap = LIST.replace("\"bytes_per_gb\": 1073741824", "\"bytes_per_gb\": 0");
        assert!(read(&gap).unwrap_err().contains("bytes_per_gb"));
    }
}
