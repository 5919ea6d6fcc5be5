//! Sums that were made by hand first.
use super::*;

const GB: u64 = 1 << 30;

fn list() -> PriceList {
    let list: PriceList = serde_json::from_str(
        r#"{
            "currency": "USD", "date": "2026-11-01", "source": "https://prices.example", "bytes_per_gb": 1073741824,
            "places": [
                {
                    "region": "eu-central-1", "list_1000": "0.0054",
                    "egress": [{ "to_gb": 10, "gb": "0.09" }, { "to_gb": 50, "gb": "0.085" }, { "gb": "0.05" }],
                    "classes": {
                        "STANDARD": { "put_1000": "0.0054", "get_1000": "0.00043", "retrieve_gb": "0", "month_gb": "0.0245" },
                        "STANDARD_IA": { "put_1000": "0.01", "get_1000": "0.001", "retrieve_gb": "0.01", "month_gb": "0.0135",
                            "min_days": 30, "min_bytes": 131072 },
                        "GLACIER": { "put_1000": "0.03", "get_1000": "0.00043", "retrieve_gb": "0.012", "restore_1000": "0.06",
                            "month_gb": "0.0045", "min_days": 90 }
                    }
                },
                {
                    "endpoint": "s3.example:9000", "list_1000": "0", "egress": [{ "gb": "0.01" }],
                    "classes": { "STANDARD": { "put_1000": "0", "get_1000": "0", "retrieve_gb": "0", "month_gb": "0.006" } }
                }
            ]
        }"#,
    )
    .unwrap();
    list.check().unwrap();
    list
}

fn frankfurt() -> PriceAt {
    PriceAt { endpoint: None, region: "eu-central-1".to_owned() }
}

fn tally(class: &str, objects: u64, bytes: u64) -> Tally {
    Tally { class: class.to_owned(), objects, bytes }
}

fn lines(bill: &Bill) -> Vec<(Part, &str, u64, u64)> {
    bill.lines.iter().map(|l| (l.part, l.class.as_str(), l.units, l.amount.0)).collect()
}

#[test]
fn amounts_are_read_to_the_billionth_and_nothing_else_is_an_amount() {
    for (text, nano) in
        [("0", 0), ("0.0043", 4_300_000), ("12", 12_000_000_000), ("0.000000001", 1), ("1.50", 1_500_000_000)]
    {
        assert_eq!(Money::parse(text), Ok(Money(nano)), "{text}");
    }
    for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0,5", "1.0000000001", "99999999999999999999", " 1"]
    {
        assert_eq!(Money::parse(text), Err(PriceProblem::Amount(text.to_owned())), "{text}");
    }
}

#[test]
fn a_download_costs_requests_what_leaves_and_what_its_class_asks_for() {
    // 1,000 objects: 2,000 requests at 0.00043 per 1,000 are 0.00086; 4 GB that leave at 0.09 are 0.36.
    let bill = list().download(&frankfurt(), &[tally("STANDARD", 1000, 4 * GB)], 0).unwrap();
    assert_eq!(
        lines(&bill),
        [(Part::Gets, "STANDARD", 2000, 860_000), (Part::Egress, "", 4 * GB, 360_000_000)]
    );
    assert_eq!(bill.total, Money(360_860_000));
    // Two classes: 100 × 2 × 0.001 / 1,000 = 0.0002, and 2 GB read at 0.01 = 0.02. Together 6 GB leave: 0.54.
    let both = [tally("STANDARD", 1000, 4 * GB), tally("STANDARD_IA", 100, 2 * GB)];
    let bill = list().download(&frankfurt(), &both, 3).unwrap();
    assert_eq!(
        lines(&bill),
        [
            (Part::Lists, "", 3, 16_200),
            (Part::Gets, "STANDARD", 2000, 860_000),
            (Part::Gets, "STANDARD_IA", 200, 200_000),
            (Part::Retrieval, "STANDARD_IA", 2 * GB, 20_000_000),
            (Part::Egress, "", 6 * GB, 540_000_000),
        ]
    );
    assert_eq!(bill.total, Money(561_076_200));
    // An archive is asked to bring them back first: 10 × 0.06 / 1,000 = 0.0006; 1 GB at 0.012.
    let bill = list().download(&frankfurt(), &[tally("GLACIER", 10, GB)], 0).unwrap();
    assert_eq!(
        lines(&bill),
        [
            (Part::Gets, "GLACIER", 20, 8_600),
            (Part::Restores, "GLACIER", 10, 600_000),
            (Part::Retrieval, "GLACIER", GB, 12_000_000),
            (Part::Egress, "", GB, 90_000_000),
        ]
    );
}

#[test]
fn what_leaves_is_paid_tier_by_tier_from_its_first_byte() {
    let list = list();
    let egress = |bytes| {
        let bill = list.download(&frankfurt(), &[tally("STANDARD", 0, 0), tally("STANDARD", 1, bytes)], 0);
        bill.unwrap().lines.iter().filter(|l| l.part == Part::Egress).map(|l| l.amount.0).sum::<u64>()
    };
    // No free share of an account is assumed: the first byte costs, and is rounded up to a billionth.
    for (bytes, nano) in [
        (0, 0),
        (1, 1),
        (12, 2),
        (10 * GB, 900_000_000),
        // 10 × 0.09 + 1 × 0.085
        (11 * GB, 985_000_000),
        // 10 × 0.09 + 40 × 0.085
        (50 * GB, 4_300_000_000),
        // 10 × 0.09 + 40 × 0.085 + 150 × 0.05
        (200 * GB, 11_800_000_000),
        (10 * GB + 1, 900_000_001),
    ] {
        assert_eq!(egress(bytes), nano, "{bytes}");
    }
}

#[test]
fn each_line_is_rounded_up() {
    // One LIST: 0.0054 / 1,000 = 0.0000054. One GET of 0.00043 per 1,000, twice: 0.00000086.
    assert_eq!(list().listing(&frankfurt(), 1).unwrap().total, Money(5_400));
    let third = PriceList { bytes_per_gb: 3, ..list() };
    let bill = third.storing(&frankfurt(), &[tally("STANDARD", 1, 1)]).unwrap();
    assert_eq!(bill.total, Money(8_166_667), "0.0245 / 3 goes up");
    let most = [tally("STANDARD", u64::MAX, u64::MAX)];
    let bill = third.download(&frankfurt(), &most, u64::MAX).unwrap();
    assert_eq!(bill.total, Money(u64::MAX), "what is too much stays the most");
}

#[test]
fn a_copy_costs_a_request_for_each_object_and_its_class_counts() {
    let list = list();
    let here = frankfurt();
    let some = [tally("STANDARD_IA", 1000, GB)];
    // 1,000 × 0.01 / 1,000 = 0.01; 3,002 × 0.001 / 1,000 = 0.003002; 1 GB read at 0.01.
    let copy = list.carry(&here, &here, &some, Carry::Copy(None)).unwrap();
    assert_eq!(
        lines(&copy),
        [
            (Part::Puts, "STANDARD_IA", 1000, 10_000_000),
            (Part::Gets, "STANDARD_IA", 3002, 3_002_000),
            (Part::Retrieval, "STANDARD_IA", GB, 10_000_000),
        ]
    );
    assert_eq!(copy.early, []);
    let early = [Early { class: "STANDARD_IA".to_owned(), objects: 1000, days: 30 }];
    let moved = list.carry(&here, &here, &some, Carry::Move).unwrap();
    assert_eq!((moved.total, moved.early.as_slice()), (copy.total, early.as_slice()));
    // Another class: its own price for the request, 1,000 × 0.03 / 1,000.
    let colder = list.carry(&here, &here, &some, Carry::Copy(Some("GLACIER"))).unwrap();
    assert_eq!(lines(&colder)[0], (Part::Puts, "GLACIER", 1000, 30_000_000));
    assert_eq!(colder.early, early, "what was there is gone from its class");
    assert_eq!(list.carry(&here, &here, &some, Carry::Copy(Some("STANDARD_IA"))).unwrap().early, []);
    let gone = list.carry(&here, &here, &some, Carry::Delete).unwrap();
    assert_eq!((gone.lines.as_slice(), gone.total, gone.early.as_slice()), (&[][..], Money(0), &early[..]));
}

#[test]
fn a_large_object_is_copied_by_parts() {
    let list = list();
    let here = frankfurt();
    let puts = |objects, bytes| {
        let bill = list.carry(&here, &here, &[tally("STANDARD", objects, bytes)], Carry::Copy(None));
        bill.unwrap().lines.first().map_or(0, |line| line.units)
    };
    assert_eq!(puts(1, 5 * GB), 1);
    // Seven parts, the opening and the end: nine; counted are ten.
    assert_eq!(puts(1, 7 * GB), 10);
    assert_eq!(puts(1000, 5 * GB), 1000, "none of them can be large");
}

#[test]
fn keeping_costs_by_month_and_small_objects_are_paid_as_their_class_says() {
    let list = list();
    let month =
        |class, objects, bytes| list.storing(&frankfurt(), &[tally(class, objects, bytes)]).unwrap().total.0;
    assert_eq!(month("STANDARD", 3, 10 * GB), 245_000_000);
    // 8,192 objects of 128 KiB at least are 1 GB.
    assert_eq!(month("STANDARD_IA", 8192, 10), 13_500_000);
}

#[test]
fn what_is_not_in_the_list_has_no_price() {
    let list = list();
    let one = [tally("STANDARD", 1, GB)];
    let at = |endpoint: Option<&str>, region: &str| PriceAt {
        endpoint: endpoint.map(str::to_owned),
        region: region.to_owned(),
    };
    let missing = |at: &PriceAt, of: &[Tally]| list.download(at, of, 0).unwrap_err();
    assert_eq!(missing(&at(None, "eu-west-9"), &one), Missing::Region("eu-west-9".to_owned()));
    assert_eq!(missing(&at(Some("http://127.0.0.1:9000"), "eu-central-1"), &one), Missing::Server);
    let odd = [tally("STANDARD", 1, 1), tally("COLDER", 1, 1)];
    assert_eq!(missing(&frankfurt(), &odd), Missing::Class("COLDER".to_owned()));
    assert_eq!(list.listing(&at(Some("https://other"), ""), 1), Err(Missing::Server));
    let there = at(None, "us-east-1");
    assert_eq!(list.carry(&frankfurt(), &there, &one, Carry::Move), Err(Missing::BetweenRegions));
    assert_eq!(
        list.carry(&frankfurt(), &frankfurt(), &one, Carry::Copy(Some("COLDER"))),
        Err(Missing::Class("COLDER".to_owned()))
    );
    // A class that has no objects is not asked for.
    assert!(list.download(&frankfurt(), &[tally("COLDER", 0, 0)], 0).is_ok());
    // A person's own entry, for any region of that server.
    let own = at(Some("https://S3.example:9000/"), "here");
    assert_eq!(list.download(&own, &one, 0).unwrap().total, Money(10_000_000));
    // Amazon's own address, written out.
    let amazon = at(Some("https://s3.eu-central-1.amazonaws.com"), "eu-central-1");
    assert_eq!(list.download(&amazon, &one, 0), list.download(&frankfurt(), &one, 0));
}

#[test]
fn a_list_that_makes_no_sense_is_refused() {
    assert_eq!(PriceList { bytes_per_gb: 0, ..list() }.check(), Err(PriceProblem::NoBytes));
    let tier = |to_gb| EgressTier { to_gb, gb: Money(1) };
    for tiers in [
        vec![],
        vec![tier(Some(10))],
        vec![tier(None), tier(None)],
        vec![tier(Some(10)), tier(Some(10)), tier(None)],
        vec![tier(Some(20)), tier(Some(10)), tier(None)],
        vec![tier(Some(0)), tier(None)],
    ] {
        let mut list = list();
        list.places[0].egress = tiers;
        assert_eq!(list.check(), Err(PriceProblem::Tiers("eu-central-1".to_owned())), "{:?}", list.places[0]);
    }
    for text in [
        r#"{ "currency": "USD" }"#,
        r#"{ "currency": "USD", "date": "", "source": "", "bytes_per_gb": 1, "places": [], "more": 1 }"#,
        r#"{ "currency": "USD", "date": "", "source": "", "bytes_per_gb": 1, "places": [{ "list_1000": 0.5, "egress": [], "classes": {} }] }"#,
    ] {
        assert!(serde_json::from_str::<PriceList>(text).is_err(), "{text}");
    }
}
