#![no_main]
//! Bytes read as a file named `a.html`.

mod law;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| law::holds("a.html", bytes));
