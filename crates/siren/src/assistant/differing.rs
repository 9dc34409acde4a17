//! Sources that differ: whose value is told, and what is said of the other one.

use std::ops::Range;

use siren_domain::{Authority, Chunk, Conflict, Passage};
use siren_guard::grounding::support;
use siren_text::sentences;

/// A record up to this long is quoted whole.
const WHOLE_CHARS: usize = 260;

/// The conflicts of a context, and which of them the answer has met.
#[derive(Default)]
pub(super) struct Differing {
    conflicts: Vec<Conflict>,
    met: Vec<bool>,
}

/// A stretch of a passage.
type Place = (usize, Range<usize>);

/// A side of a conflict.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Stated,
    Recorded,
}

impl Differing {
    pub(super) fn new(conflicts: Vec<Conflict>) -> Self {
        let met = vec![false; conflicts.len()];
        Self { conflicts, met }
    }

    /// Where the right value stands, if the stretch tells one that is overruled. Remembers what was met on the way.
    pub(super) fn overruled(
        &mut self,
        passages: &[Passage],
        passage: usize,
        range: &Range<usize>,
    ) -> Option<Place> {
        let chunk = &passages.get(passage)?.chunk;
        let mut instead = None;
        for (conflict, met) in self.conflicts.iter().zip(&mut self.met) {
            let (right, wrong) = sides(conflict);
            if tells(conflict, wrong, chunk, range) {
                *met = true;
                instead = instead.or_else(|| place(conflict, right, passages));
            } else if tells(conflict, right, chunk, range) {
                *met = true;
            }
        }
        instead
    }

    /// The same for a model's own words, which rest on the stretch: they may tell another part of it.
    pub(super) fn overruled_words(
        &mut self,
        words: &str,
        passages: &[Passage],
        passage: usize,
        range: &Range<usize>,
    ) -> Option<Place> {
        let chunk = &passages.get(passage)?.chunk;
        let conflicts = self.conflicts.iter().zip(&mut self.met);
        let mut instead = None;
        for (conflict, met) in conflicts {
            let (right, wrong) = sides(conflict);
            let wrong_text = &conflict.sides().1.text;
            if tells(conflict, wrong, chunk, range) && says(words, wrong_text) {
                *met = true;
                instead = instead.or_else(|| place(conflict, right, passages));
            } else if tells(conflict, right, chunk, range) {
                *met = true;
            }
        }
        instead
    }

    /// The conflicts that the answer has met, each with the place of the value that is overruled.
    pub(super) fn met(&self, passages: &[Passage]) -> Vec<(Conflict, Option<Place>)> {
        let met = self.conflicts.iter().zip(&self.met).filter(|(_, met)| **met);
        met.map(|(conflict, _)| (conflict.clone(), place(conflict, sides(conflict).1, passages))).collect()
    }
}

/// The side that is right, and the other one.
fn sides(conflict: &Conflict) -> (Which, Which) {
    match conflict.authority {
        Authority::Record => (Which::Recorded, Which::Stated),
        Authority::Document => (Which::Stated, Which::Recorded),
    }
}

/// Whether a stretch of a chunk tells a side's value.
fn tells(conflict: &Conflict, side: Which, chunk: &Chunk, range: &Range<usize>) -> bool {
    match side {
        Which::Stated => {
            let at = &conflict.at;
            chunk.id == at.chunk_id && range.start < at.end && at.start < range.end
        }
        Which::Recorded => {
            chunk.document.id == conflict.recorded.document_id
                && chunk.text.get(range.clone()).is_some_and(|quote| {
                    let field = chunk.document.fields.get(&conflict.field);
                    says(quote, &conflict.recorded.text)
                        || field.is_some_and(|value| quote.contains(&value.to_string()))
                })
        }
    }
}

/// Whether words say a value, however it is spaced or grouped.
fn says(words: &str, value: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect::<String>();
    let number = || {
        value.contains(|c: char| c.is_ascii_digit()) && support(value, &[words]).missing_numbers.is_empty()
    };
    bare(words).contains(&bare(value)) || number()
}

/// Where a side's value stands among the passages: the sentence, or the record as a whole.
fn place(conflict: &Conflict, side: Which, passages: &[Passage]) -> Option<Place> {
    let at = passages.iter().position(|passage| match side {
        Which::Stated => passage.chunk.id == conflict.at.chunk_id,
        Which::Recorded => passage.chunk.document.id == conflict.recorded.document_id,
    })?;
    let chunk = &passages[at].chunk;
    let text = &chunk.text;
    let whole = text.len() - text.trim_start().len()..text.trim_end().len();
    if side == Which::Recorded && text.chars().count() <= WHOLE_CHARS {
        return Some((at, whole));
    }
    let found = sentences(text).into_iter().find(|range| tells(conflict, side, chunk, range));
    Some((at, found.unwrap_or(whole)))
}
