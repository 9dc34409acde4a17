#![no_main]
//! Bytes read as a file named `a.md`.

mod law;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| law::holds("a.md", bytes));
