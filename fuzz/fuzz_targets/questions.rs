//! Any text is judged, searched for personal data and defused, and never a panic. `cargo fuzz run questions`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use siren_guard::{Guard, Subject, personal};

static GUARD: LazyLock<Guard> = LazyLock::new(Guard::default_rules);

fuzz_target!(|text: &str| {
    for applied in GUARD.judge(&Subject::of(text)).applied {
        assert!(applied.places.iter().all(|place| text.get(place.clone()).is_some()));
    }
    assert!(personal::find(text).iter().all(|found| text.get(found.range.clone()).is_some()));
    assert!(GUARD.defused(text).is_none_or(|clean| clean.len() == text.len()));
});
