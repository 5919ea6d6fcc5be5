//! Objects and bytes by class: what a price is made of.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;

use common::fresh;
use windlass_domain::Timestamp;
use windlass_domain::price::Tally;
use windlass_ports::{Catalog, LevelEntry, Picked, Tallied};

fn tally(class: &str, objects: u64, bytes: u64) -> Tally {
    Tally { class: class.to_owned(), objects, bytes }
}

fn keys(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[tokio::test]
async fn picked_rows_are_summed_by_class_and_folders_only_counted() {
    let (_folder, journal) = fresh();
    let id = journal.begin_listing("c", "b", "p/", false, Timestamp(1)).await.unwrap();
    let object = |number: u64| LevelEntry::Object {
        key: format!("p/{number:04}"),
        size: number,
        modified: None,
        etag: String::new(),
        class: if number < 1000 { "STANDARD" } else { "GLACIER" }.to_owned(),
    };
    // Out of order too, so that keys are found both ways.
    for numbers in [0..700u64, 700..1500] {
        journal.add_to_listing(id, numbers.map(object).collect()).await.unwrap();
    }
    let folders = ["p/0001x/", "p/x/"].map(|key| LevelEntry::Folder(key.to_owned()));
    for step in 0..2 {
        if step == 1 {
            journal.add_to_listing(id, folders.to_vec()).await.unwrap();
        }
        let whole = journal.tally(id, Picked::AllBut(BTreeSet::new())).await.unwrap();
        let sums = [tally("GLACIER", 500, 624_750), tally("STANDARD", 1000, 499_500)];
        assert_eq!(whole, Tallied { objects: sums.to_vec(), folders: 2 * step });
        let few = keys(&["p/0003", "p/1001", "p/x/", "p/none"]);
        let picked = journal.tally(id, Picked::Only(few.clone())).await.unwrap();
        let sums = [tally("GLACIER", 1, 1001), tally("STANDARD", 1, 3)];
        assert_eq!(picked, Tallied { objects: sums.to_vec(), folders: step });
        let rest = journal.tally(id, Picked::AllBut(few)).await.unwrap();
        let sums = [tally("GLACIER", 499, 623_749), tally("STANDARD", 999, 499_497)];
        assert_eq!(rest, Tallied { objects: sums.to_vec(), folders: step });
        // So many that the listing is read through.
        let many: BTreeSet<String> = (0..900).map(|number| format!("p/{number:04}")).collect();
        let picked = journal.tally(id, Picked::Only(many)).await.unwrap();
        assert_eq!(picked.objects, [tally("STANDARD", 900, 404_550)]);
    }
}

#[tokio::test]
async fn a_listing_that_is_gone_holds_nothing() {
    let (_folder, journal) = fresh();
    let id = windlass_ports::ListingId(7);
    let none = journal.tally(id, Picked::Only(keys(&["a"]))).await.unwrap();
    assert_eq!(none, Tallied::default());
}
