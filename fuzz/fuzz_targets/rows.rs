#![no_main]
use std::cell::LazyCell;

use windlass_fuzz::rows::Rows;

thread_local! {
    static ROWS: LazyCell<Rows> = LazyCell::new(Rows::new);
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ROWS.with(|rows| rows.check(bytes));
});
