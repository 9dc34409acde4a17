#![no_main]
//! Bytes read as CSV, TSV and JSON Lines: the first byte chooses.

mod law;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    law::holds(["a.csv", "a.tsv", "a.jsonl"][usize::from(*choice) % 3], rest);
});
