//! How much of a question a text speaks of.

use std::collections::{BTreeMap, BTreeSet};

use siren_domain::Passage;
use siren_domain::ports::TermWeight;
use siren_text::Analyser;

use super::cues::asks;

/// The question's terms with their weights, those that only ask left out.
#[derive(Debug)]
pub(super) struct Asked {
    words: BTreeMap<String, f32>,
    parts: BTreeMap<String, f32>,
}

/// The terms of a text.
pub(super) type Terms = BTreeSet<String>;

impl Asked {
    pub(super) fn new(weights: &[TermWeight]) -> Self {
        let kept = weights.iter().filter(|weight| !asks(&weight.term));
        let (words, parts) = kept
            .map(|weight| (weight.term.clone(), weight.idf))
            .partition(|(term, _): &(String, f32)| Analyser.is_word(term));
        Self { words, parts }
    }

    /// The share of the question, by weight, that `terms` speak of; what only `around` speaks of counts `partly`.
    pub(super) fn coverage(&self, terms: &Terms, around: &Terms, partly: f32) -> f32 {
        let share = |asked: &BTreeMap<String, f32>| {
            let total: f32 = asked.values().sum();
            let told = asked.iter().map(|(term, idf)| match () {
                () if terms.contains(term) => *idf,
                () if around.contains(term) => partly * idf,
                () => 0.0,
            });
            if total > 0.0 { told.sum::<f32>() / total } else { 0.0 }
        };
        match (self.words.is_empty(), self.parts.is_empty()) {
            (false, false) => 0.5 * (share(&self.words) + share(&self.parts)),
            (false, true) => share(&self.words),
            _ => share(&self.parts),
        }
    }
}

pub(super) fn terms(text: &str) -> Terms {
    Analyser.terms(text).into_iter().collect()
}

/// What stands above a passage: title, event, tags, headings, and its record's fields.
pub(super) fn frame(passage: &Passage) -> Terms {
    let meta = &passage.chunk.document;
    let above = [&meta.title].into_iter().chain(&meta.event).chain(&meta.tags).chain(&passage.chunk.heading);
    above.flat_map(|words| Analyser.terms(words)).collect()
}
