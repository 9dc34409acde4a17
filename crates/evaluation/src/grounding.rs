//! Do the passages that an answer cites say what it claims?
//!
//! What supports a claim is judged by the caller's own check, the one that serves: this crate knows none.

use std::collections::BTreeMap;

use siren_domain::Answer;

/// Share of an answer's citations whose passage supports the claim that cites it.
pub const CITATION_PRECISION: &str = "citation_precision";
/// Share of an answer's claims that the passages they cite support.
pub const CITATION_RECALL: &str = "citation_recall";
/// Share of an answer's claims that any retrieved passage supports.
pub const GROUNDEDNESS: &str = "groundedness";

/// A sentence of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its words, without marks.
    pub text: String,
    /// The numbers of the citations it ends with.
    pub marks: Vec<usize>,
}

/// Tells claims apart and judges them.
pub trait Grounding: Send + Sync {
    /// The sentences of an answer.
    fn claims(&self, answer: &str) -> Vec<Claim>;

    /// Whether these texts say what the claim does.
    fn is_supported(&self, claim: &str, texts: &[&str]) -> bool;
}

/// The three values of an answer that says anything.
///
/// After Gao, Yen, Yu, Chen, "Enabling large language models to generate text with citations" (ALCE), EMNLP 2023, with
/// the serving check in place of its inference model, and each citation judged by itself.
pub(crate) fn values(grounding: &dyn Grounding, answer: &Answer) -> BTreeMap<String, f64> {
    let claims = grounding.claims(&answer.text);
    if claims.is_empty() {
        return BTreeMap::new();
    }
    let shown: Vec<&str> = answer
        .passages
        .iter()
        .map(|passage| passage.chunk.text.as_str())
        .chain(answer.linked.iter().map(|linked| linked.counterpart.chunk.text.as_str()))
        .collect();
    let (mut marks, mut good_marks, mut cited_well, mut grounded) = (0, 0, 0, 0);
    for claim in &claims {
        let mut texts = Vec::new();
        for mark in &claim.marks {
            marks += 1;
            let cited = cited_texts(answer, *mark);
            good_marks += usize::from(!cited.is_empty() && grounding.is_supported(&claim.text, &cited));
            texts.extend(cited);
        }
        cited_well += usize::from(!texts.is_empty() && grounding.is_supported(&claim.text, &texts));
        grounded += usize::from(grounding.is_supported(&claim.text, &shown));
    }
    let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    BTreeMap::from([
        (CITATION_PRECISION.to_owned(), share(good_marks, marks)),
        (CITATION_RECALL.to_owned(), share(cited_well, claims.len())),
        (GROUNDEDNESS.to_owned(), share(grounded, claims.len())),
    ])
}

/// What stands behind a mark: the quote, if the document really says it.
fn cited_texts(answer: &Answer, mark: usize) -> Vec<&str> {
    let cited = answer.citations.iter().filter(|citation| citation.n == mark);
    cited.map(|citation| citation.quote.as_str()).collect()
}
