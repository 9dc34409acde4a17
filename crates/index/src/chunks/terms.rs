//! The terms that a chunk is found by: its own, and those of the title and headings above it.

use std::collections::BTreeSet;

use siren_domain::Chunk;
use siren_domain::ports::AnalysedChunk;
use siren_text::Analyser;

use crate::date_text::years;

/// The chunk with the terms and years that it is found by. The same analyser tells the same terms of the same chunk.
pub fn analysed(analyser: &Analyser, chunk: Chunk) -> AnalysedChunk {
    let meta = &chunk.document;
    let body = analyser.terms(&chunk.text);
    let mut terms = analyser.terms(&meta.title);
    if !meta.fields.is_empty() {
        // A row's title is mostly made of the words of its text; counted twice, rows would crowd out documents.
        let told: BTreeSet<&str> = body.iter().map(String::as_str).collect();
        terms.retain(|term| !told.contains(term.as_str()));
    }
    // The innermost heading stands in the text of its section's first chunk already.
    let shown = chunk.heading.last().is_some_and(|last| chunk.text.starts_with(last.as_str()));
    let above = &chunk.heading[..chunk.heading.len() - usize::from(shown)];
    let context = above.iter().chain(&meta.event).chain(&meta.tags);
    for words in context.filter(|words| **words != meta.title) {
        terms.extend(analyser.terms(words));
    }
    terms.extend(body);
    let mut about: BTreeSet<u16> = meta.years.iter().copied().collect();
    about.extend(years(&chunk.text));
    AnalysedChunk { terms, years: about.into_iter().collect(), vector: None, chunk }
}
