//! The terms that a chunk is found by: its own, and those of the title and headings above it.

use std::collections::BTreeSet;

use siren_domain::Chunk;
use siren_domain::ports::{AnalysedChunk, Terms};
use siren_text::Analyser;
use siren_text::terms::GROWN;

use crate::date_text::years;

/// The chunk with the terms and years that it is found by. The same analyser tells the same terms of the same chunk.
pub fn analysed(analyser: &Analyser, chunk: Chunk) -> AnalysedChunk {
    let meta = &chunk.document;
    let mut terms = Terms::with_capacity(chunk.text.len() * GROWN);
    analyser.tell(&chunk.text, &mut terms);
    if meta.fields.is_empty() {
        analyser.tell(&meta.title, &mut terms);
    } else {
        // A row's title is mostly made of the words of its text; counted twice, rows would crowd out documents.
        let told: BTreeSet<&str> = terms.iter().collect();
        let new: Vec<String> =
            analyser.terms(&meta.title).into_iter().filter(|term| !told.contains(term.as_str())).collect();
        terms.extend(new);
    }
    // The innermost heading stands in the text of its section's first chunk already.
    let shown = chunk.heading.last().is_some_and(|last| chunk.text.starts_with(last.as_str()));
    let above = &chunk.heading[..chunk.heading.len() - usize::from(shown)];
    let context = above.iter().chain(&meta.event).chain(&meta.tags);
    for words in context.filter(|words| **words != meta.title) {
        analyser.tell(words, &mut terms);
    }
    let mut about: BTreeSet<u16> = meta.years.iter().copied().collect();
    about.extend(years(&chunk.text));
    AnalysedChunk { terms, years: about.into_iter().collect(), vector: None, chunk }
}
