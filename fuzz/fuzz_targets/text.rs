#![no_main]
//! Bytes of any encoding, with a head of any generator.

mod law;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| law::holds("a.txt", bytes));
