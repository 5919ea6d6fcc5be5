//! What it costs to bring objects back from archives, by how quickly, and to keep their copies.
use super::{Bill, ClassPrice, Line, Missing, Money, Part, PriceAt, PriceList, SpeedPrice, requests};
use crate::thaw::{Archive, ThawPart, Tier};

/// Days of a month that a price is for.
const MONTH: u128 = 30;
/// Copies are kept in this class, whatever they are of.
const COPIES: &str = "STANDARD";

impl Archive {
    /// The storage class whose prices count for it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
            Self::TieringArchive | Self::TieringDeepArchive => "INTELLIGENT_TIERING",
        }
    }
}

fn speed(name: &str, class: &ClassPrice, tier: Tier) -> Result<SpeedPrice, Missing> {
    let missing = || Missing::Speed(name.to_owned(), tier.name());
    match tier {
        Tier::Standard => Ok(SpeedPrice { retrieve_gb: class.retrieve_gb, restore_1000: class.restore_1000 }),
        Tier::Expedited => class.expedited.ok_or_else(missing),
        Tier::Bulk => class.bulk.ok_or_else(missing),
    }
}

impl PriceList {
    /// Asking for archived objects at a speed: a request each, and their bytes.
    ///
    /// # Errors
    /// [`Missing`] when a class, or its price at this speed, is not in the list.
    pub fn thawing(&self, at: &PriceAt, of: &[ThawPart], tier: Tier) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        for part in of.iter().filter(|part| part.objects > 0) {
            let name = part.archive.class();
            let price = speed(name, place.class(name)?, tier)?;
            bill.add(Part::Restores, name, part.objects, requests(price.restore_1000, part.objects));
            bill.add(Part::Retrieval, name, part.bytes, self.gb(price.retrieve_gb, part.bytes));
        }
        Ok(bill)
    }

    /// Keeping the copies of what was thawed for so many days, beside the archived objects themselves. What stays by itself costs
    /// nothing here.
    ///
    /// # Errors
    /// [`Missing`] when the class of the copies is not in the list.
    pub fn keeping(&self, at: &PriceAt, of: &[ThawPart], days: u32) -> Result<Bill, Missing> {
        let lasting = of.iter().filter(|part| part.archive.has_days() && part.objects > 0);
        let bytes = lasting.fold(0u64, |bytes, part| bytes.saturating_add(part.bytes));
        let mut bill = Bill::default();
        if bytes > 0 {
            let price = self.place(at)?.class(COPIES)?.month_gb;
            let units = u128::from(bytes).saturating_mul(u128::from(days));
            let per = u128::from(self.bytes_per_gb.max(1)).saturating_mul(MONTH);
            let amount = price.times(units, per);
            if amount > Money(0) {
                bill.lines.push(Line { part: Part::Storing, class: COPIES.to_owned(), units: bytes, amount });
                bill.total = amount;
            }
        }
        Ok(bill)
    }

    /// Asking once more for copies that are there, so that they last longer: a request each, as at the standard speed.
    ///
    /// # Errors
    /// As [`Self::thawing`].
    pub fn asking_again(&self, at: &PriceAt, of: &[ThawPart]) -> Result<Bill, Missing> {
        let place = self.place(at)?;
        let mut bill = Bill::default();
        for part in of.iter().filter(|part| part.archive.has_days() && part.objects > 0) {
            let name = part.archive.class();
            let price = place.class(name)?.restore_1000;
            bill.add(Part::Restores, name, part.objects, requests(price, part.objects));
        }
        Ok(bill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    fn list() -> PriceList {
        let text = r#"{
            "currency": "USD", "date": "d", "source": "s", "bytes_per_gb": 1073741824,
            "places": [{ "list_1000": "1", "egress": [{ "gb": "1" }], "classes": {
                "STANDARD": { "put_1000": "1", "get_1000": "1", "retrieve_gb": "0", "month_gb": "0.03" },
                "GLACIER": { "put_1000": "1", "get_1000": "1", "retrieve_gb": "0.01", "restore_1000": "0.05",
                    "month_gb": "0.004", "bulk": { "retrieve_gb": "0", "restore_1000": "0" } },
                "INTELLIGENT_TIERING": { "put_1000": "1", "get_1000": "1", "retrieve_gb": "0", "month_gb": "0.02" }
            } }]
        }"#;
        serde_json::from_str(text).unwrap()
    }

    fn part(archive: Archive, objects: u64, bytes: u64) -> ThawPart {
        ThawPart { archive, objects, bytes }
    }

    #[test]
    fn each_speed_has_its_own_price_and_one_that_is_not_listed_is_not_known() {
        let (list, at) = (list(), PriceAt::default());
        let of = [part(Archive::Glacier, 2000, 10 * GB)];
        // 2,000 requests at 0.05 for a thousand, and 10 GB at 0.01.
        assert_eq!(list.thawing(&at, &of, Tier::Standard).unwrap().total, Money(200_000_000));
        let bulk = list.thawing(&at, &of, Tier::Bulk).unwrap();
        assert_eq!((bulk.total, bulk.lines.len()), (Money(0), 0), "it is listed as free");
        let missing = Missing::Speed("GLACIER".to_owned(), "Expedited");
        assert_eq!(list.thawing(&at, &of, Tier::Expedited), Err(missing));
        let deep = [part(Archive::DeepArchive, 1, 1)];
        let missing = Missing::Class("DEEP_ARCHIVE".to_owned());
        assert_eq!(list.thawing(&at, &deep, Tier::Standard), Err(missing));
    }

    #[test]
    fn copies_are_paid_by_the_day_beside_their_objects_and_what_stays_is_not() {
        let (list, at) = (list(), PriceAt::default());
        let of = [part(Archive::Glacier, 1, 3 * GB), part(Archive::TieringArchive, 1, 100 * GB)];
        // 3 GB at 0.03 a month, for a tenth of it.
        let bill = list.keeping(&at, &of, 3).unwrap();
        assert_eq!(bill.total, Money(9_000_000));
        assert_eq!((bill.lines[0].part, bill.lines[0].class.as_str()), (Part::Storing, "STANDARD"));
        assert_eq!(list.keeping(&at, &of[1..], 3).unwrap(), Bill::default());
        assert_eq!(list.asking_again(&at, &of).unwrap().total, Money(50_000));
    }
}
