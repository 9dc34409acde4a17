//! What goes before a model: passages that tell something new, as many as fit.

use std::collections::BTreeSet;

use siren_domain::Passage;
use siren_domain::ports::Fate;
use siren_text::Analyser;

/// From this share of common terms on, two passages tell a reader the same.
const SAME: f32 = 0.9;

/// What becomes of each passage: the first that together cost at most `budget` tokens are the context, without those
/// that repeat another one. The best passage is always among them, or what tells the same and is newer: where two texts are
/// nearly the same, what differs has been changed.
pub(crate) fn fates(passages: &[Passage], budget: usize) -> Vec<Fate> {
    let mut chosen: Vec<(usize, BTreeSet<String>)> = Vec::new();
    let mut fates = Vec::with_capacity(passages.len());
    let mut spent = 0;
    for (at, passage) in passages.iter().enumerate() {
        let cost = passage.chunk.tokens as usize;
        if spent + cost > budget && !chosen.is_empty() {
            break;
        }
        let terms: BTreeSet<String> = Analyser::single_terms(&passage.chunk.text).into_iter().collect();
        let repeated =
            chosen.iter().find(|(earlier, told)| repeats(passage, &terms, &passages[*earlier], told));
        if let Some((earlier, _)) = repeated {
            let earlier = *earlier;
            if is_newer(passage, &passages[earlier]) {
                spent += cost.saturating_sub(passages[earlier].chunk.tokens as usize);
                fates[earlier] = Fate::Repeats { passage: at };
                chosen.retain(|(other, _)| *other != earlier);
                chosen.push((at, terms));
                fates.push(Fate::InContext);
            } else {
                fates.push(Fate::Repeats { passage: earlier });
            }
        } else {
            spent += cost;
            chosen.push((at, terms));
            fates.push(Fate::InContext);
        }
    }
    fates.resize(passages.len(), Fate::OverBudget);
    fates
}

/// Whether a document says that it is of a later date than another one says.
fn is_newer(passage: &Passage, other: &Passage) -> bool {
    match (&passage.chunk.document.date, &other.chunk.document.date) {
        (Some(date), Some(before)) => date > before,
        _ => false,
    }
}

/// Records of a database are alike by design (one template), so a row only repeats the very same text.
fn repeats(passage: &Passage, terms: &BTreeSet<String>, earlier: &Passage, told: &BTreeSet<String>) -> bool {
    let is_row = !passage.chunk.document.fields.is_empty();
    passage.chunk.text == earlier.chunk.text || (!is_row && alike(told, terms) >= SAME)
}

/// Jaccard's coefficient.
#[expect(clippy::cast_precision_loss, reason = "a passage has some hundred terms")]
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f32 / all as f32 }
}

#[cfg(test)]
mod tests {
    use super::fates;
    use siren_domain::ports::Fate::{InContext, OverBudget, Repeats};
    use siren_domain::{
        Chunk, DocumentId, Metadata, OffsetMap, Origin, PartialDate, Passage, ScoreParts, Value,
    };
    use std::sync::Arc;

    fn passage(text: &str, row: bool) -> Passage {
        let fields = if row { [("id".to_owned(), Value::Integer(1))].into() } else { Default::default() };
        let document = Arc::new(Metadata {
            fields,
            ..Metadata::new(DocumentId::from_text("s/d"), "s", Origin::File { path: "d".into() }, "d")
        });
        let chunk = Chunk {
            id: "s/d#0".into(),
            document,
            heading: Vec::new(),
            text: text.into(),
            tokens: 10,
            offsets: OffsetMap::default(),
            parts: Vec::new(),
            sections: Vec::new(),
        };
        Passage { chunk: Arc::new(chunk), score: 1.0, parts: ScoreParts::default() }
    }

    #[test]
    fn what_goes_before_a_model() {
        let long =
            "케이뱅크는 모든 서비스를 클라우드로 옮겼고 그 일은 두 해가 걸리지 않았다고 발표에서 말했다";
        let nearly = format!("{long}.");
        let of = |year: u16, text: &str| {
            let mut passage = passage(text, false);
            let mut chunk = (*passage.chunk).clone();
            let date = PartialDate::new(year, None, None);
            chunk.document = Arc::new(Metadata { date, ..(*chunk.document).clone() });
            passage.chunk = Arc::new(chunk);
            passage
        };
        let cases: [(&str, Vec<Passage>, usize, &[siren_domain::ports::Fate]); 8] = [
            (
                "a newer one",
                vec![of(2022, long), of(2024, &nearly), of(2023, &nearly)],
                100,
                &[Repeats { passage: 1 }, InContext, Repeats { passage: 1 }],
            ),
            (
                "an older one",
                vec![of(2024, long), of(2022, &nearly)],
                100,
                &[InContext, Repeats { passage: 0 }],
            ),
            (
                "no date to tell by",
                vec![passage(long, false), of(2024, &nearly)],
                100,
                &[InContext, Repeats { passage: 0 }],
            ),
            ("nothing", vec![], 100, &[]),
            (
                "a repetition",
                vec![passage(long, false), passage(&nearly, false), passage("다른 글", false)],
                100,
                &[InContext, Repeats { passage: 0 }, InContext],
            ),
            (
                "alike rows",
                vec![passage(long, true), passage(&format!("{long} 둘"), true)],
                100,
                &[InContext, InContext],
            ),
            (
                "the budget",
                vec![passage("하나", false), passage("둘", false), passage("셋", false)],
                20,
                &[InContext, InContext, OverBudget],
            ),
            (
                "too large a first",
                vec![passage("하나", false), passage("둘", false)],
                5,
                &[InContext, OverBudget],
            ),
        ];
        for (name, passages, budget, expected) in cases {
            assert_eq!(fates(&passages, budget), expected, "{name}");
        }
    }
}
