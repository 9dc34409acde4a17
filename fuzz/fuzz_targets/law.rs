//! What must hold of whatever is read.

use siren_index::read::{Parsed, read};

/// Reads the bytes as a file of this name, and checks that every letter points at itself and all ranges fit.
pub fn holds(path: &str, bytes: &[u8]) {
    let Ok(Parsed { written, .. }) = read(path, bytes) else { return };
    let text = written.text.as_str();
    let mut end = 0;
    for section in &written.sections {
        assert!(section.range.start >= end && text.get(section.range.clone()).is_some(), "{:?}", section.range);
        end = section.range.end;
    }
    end = 0;
    for block in &written.blocks {
        assert!(block.range.start >= end && text.get(block.range.clone()).is_some(), "{:?}", block.range);
        assert!(written.sections.iter().any(|s| s.range.start <= block.range.start && block.range.end <= s.range.end));
        end = block.range.end;
    }
    let mut last = 0;
    for (at, _) in &written.parts {
        assert!(*at >= last && text.is_char_boundary(*at), "{at}");
        last = *at;
    }
    if written.offsets.is_empty() {
        return;
    }
    let Ok(original) = std::str::from_utf8(bytes) else { return };
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphabetic()) {
        let range = written.offsets.original_range(at..at + c.len_utf8());
        let source = original.get(range.clone()).unwrap_or_else(|| panic!("{range:?} cuts a character"));
        // What stands for something else (a reference, an escape) points at the whole of it.
        if source.chars().count() == 1 && source.chars().all(char::is_alphabetic) {
            assert!(siren_text::normalise(source).text.contains(c), "{c:?} at {range:?}, which is {source:?}");
        }
    }
}
