//! The targets with a fixed number of cases: hostile seeds first, then seeds bent by chance, then chance alone.
//! `WINDLASS_FUZZ_SEED` repeats a run, `WINDLASS_FUZZ_TIMES` multiplies it.
#![cfg(test)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use windlass_fuzz::{listing, names, rows::Rows};
use windlass_testkit::Rng;

/// Bytes that found something once, or stand at an edge.
const SEEDS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\x01\0\x05\0\x03\0\x06\0\x04\0\x07\0\x08\0\x02",
    b"\x01\x00<ListBucketResult><Name>bucket</Name><Prefix>p \xc3\xa9/</Prefix><IsTruncated></IsTruncated></ListBucketResult>",
    b"\x00\x00<ListBucketResult><Name>bucket</Name><Prefix>p \xc3\xa9/</Prefix><IsTruncated/></ListBucketResult>",
    b"\x00\x00<ListBucketResult><Contents><Key>../../etc/passwd</Key><Size>1</Size></Contents></ListBucketResult>",
    b"{\"size\":0,\"part_size\":0}",
];

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn run(name: &str, cases: u64, most: usize, mut check: impl FnMut(&[u8])) {
    let seed = number("WINDLASS_FUZZ_SEED", 1);
    let cases = cases * number("WINDLASS_FUZZ_TIMES", 1);
    let began = std::time::Instant::now();
    for case in 0..cases {
        let mut chance = Rng::new(seed.wrapping_mul(0x0100_0000_01b3) ^ case);
        let bytes = match SEEDS.get(usize::try_from(case).unwrap()) {
            Some(seed) => seed.to_vec(),
            None if case % 4 == 0 => {
                let mut bytes = SEEDS[usize::try_from(chance.next()).unwrap() % SEEDS.len()].to_vec();
                let at = usize::try_from(chance.next()).unwrap() % (bytes.len() + 1);
                bytes.splice(at..at, chance.bytes(9));
                bytes
            }
            None => chance.bytes(most),
        };
        if let Err(error) = catch_unwind(AssertUnwindSafe(|| check(&bytes))) {
            println!("{name}: case {case} of WINDLASS_FUZZ_SEED={seed}: b\"{}\"", bytes.escape_ascii());
            std::panic::resume_unwind(error);
        }
    }
    println!("{name}: {cases} cases, WINDLASS_FUZZ_SEED={seed}, {} ms", began.elapsed().as_millis());
}

#[test]
fn names_come_back_or_are_refused_and_never_leave_the_root() {
    run("names", 200_000, 60, names::check);
}

#[test]
fn no_page_of_a_listing_that_is_not_whole_is_believed() {
    run("listing", 20_000, 160, listing::check);
}

#[test]
fn rows_of_a_foreign_hand_are_read_or_refused_and_none_goes_missing() {
    let journal = Rows::new();
    let mut changed = 0;
    run("rows", 1_200, 600, |bytes| changed += journal.check(bytes));
    println!("{changed} rows changed");
    assert!(changed >= 20_000, "{changed}");
}
