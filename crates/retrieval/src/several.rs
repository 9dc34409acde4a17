//! The passages of several questions as those of one.

use siren_domain::ports::{QuestionPart, TermWeight};

use crate::searching::{Found, add_others, in_order};

/// One of the things that are asked for, and what was found for it.
pub(crate) struct Several {
    pub(crate) question: String,
    pub(crate) found: Found,
}

/// The best for the whole, which may tell of all, then the best of each in turn, then what else was found for the whole.
/// Each part keeps the order of its own passages.
pub(crate) fn together(whole: Found, several: Vec<Several>, top_k: usize) -> (Found, Vec<QuestionPart>) {
    if several.is_empty() {
        return (whole, Vec::new());
    }
    let ids = |found: &Found| found.usable().iter().map(|passage| passage.chunk.id.clone()).collect();
    let parts =
        several.iter().map(|one| QuestionPart { question: one.question.clone(), chunks: ids(&one.found) });
    let parts: Vec<QuestionPart> = parts.collect();
    let mut terms = whole.terms.clone();
    let mut passages: Vec<_> = whole.usable().iter().take(1).cloned().collect();
    let longest = several.iter().map(|one| one.found.usable).max().unwrap_or_default();
    for place in 0..longest {
        for one in &several {
            let next = one.found.usable().get(place).cloned();
            add_others(&mut passages, next.into_iter().collect(), top_k);
        }
    }
    several.into_iter().for_each(|one| add_terms(&mut terms, one.found.terms));
    let (mut usable, all) = (passages.len(), whole.usable == whole.passages.len());
    add_others(&mut passages, whole.passages, top_k);
    in_order(&mut passages);
    if all {
        usable = passages.len();
    }
    (Found { terms, passages, usable, ..whole }, parts)
}

fn add_terms(terms: &mut Vec<TermWeight>, more: Vec<TermWeight>) {
    let new: Vec<TermWeight> =
        more.into_iter().filter(|one| terms.iter().all(|other| other.term != one.term)).collect();
    terms.extend(new);
}
