//! Any text is a rule file or a list of mistakes, and never a panic. `cargo fuzz run rule_files`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match siren_guard::Guard::parse("fuzzed.toml", text) {
    Ok(guard) => {
        guard.check(text);
        guard.lint(None);
    }
    Err(errors) => assert!(!errors.0.is_empty()),
});
