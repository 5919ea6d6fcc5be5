//! Canonical scenarios as data. Every one is run undisturbed here, and with a death at every step in `crash.rs`.
use windlass_domain::Mode;
use windlass_testkit::{Act, Profile};

use crate::run::check;
use crate::script::Plan;

pub(crate) fn first() -> Plan {
    Plan::new("three-files", Mode::Ingest).acts([
        Act::write("a.jpg", 1, 40),
        Act::write("b/c.jpg", 2, 0),
        Act::write("b/d.jpg", 3, 5000),
    ])
}

#[test]
fn three_files_are_ingested() {
    let ran = check(&first());
    println!("{} steps, {} cuts", ran.steps, ran.cuts);
    for profile in Profile::ALL {
        check(&first().profile(profile));
    }
}
