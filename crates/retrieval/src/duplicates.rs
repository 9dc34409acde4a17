//! Passages that say what a better one has said already.

use std::collections::BTreeSet;

use siren_domain::Passage;
use siren_text::Analyser;

/// From this share of common terms on, two passages tell a reader the same.
const SAME: f32 = 0.9;

/// Which passages tell something that no better one told. Records of a database are alike by design (one template),
/// so a row only goes where another passage has the very same text.
pub(crate) fn without_duplicates(passages: &[Passage], analyser: Analyser) -> Vec<usize> {
    let mut kept: Vec<(usize, BTreeSet<String>)> = Vec::with_capacity(passages.len());
    for (at, passage) in passages.iter().enumerate() {
        let terms: BTreeSet<String> = analyser.terms(&passage.chunk.text).into_iter().collect();
        let is_row = !passage.chunk.document.fields.is_empty();
        let told = kept.iter().any(|(earlier, earlier_terms)| {
            passages[*earlier].chunk.text == passage.chunk.text
                || (!is_row && alike(earlier_terms, &terms) >= SAME)
        });
        if !told {
            kept.push((at, terms));
        }
    }
    kept.into_iter().map(|(at, _)| at).collect()
}

/// Jaccard's coefficient.
#[expect(clippy::cast_precision_loss, reason = "a passage has some hundred terms")]
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f32 / all as f32 }
}
