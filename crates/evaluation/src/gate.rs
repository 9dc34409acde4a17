//! May what was changed be served?
//!
//! Three things say no: something shown to somebody who must not see it, a question that must be answered and no longer
//! is, and a loss that is more than chance.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compare::{Comparison, Side, Tags, compare};
use crate::outcome::{ABSTENTION, CITATION_CORRECTNESS, FACT_RECALL, FALSE_ABSTENTION, QuestionOutcome};
use crate::report::p_value;
use crate::significance::Chance;
use crate::suite_run::values_of;

/// What a loss is looked for in.
pub const GATED: [&str; 6] =
    ["nDCG@10", "R@5", FACT_RECALL, CITATION_CORRECTNESS, ABSTENTION, FALSE_ABSTENTION];
/// So many queries are named in a reason.
const NAMED: usize = 8;

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gated {
    /// Whether it may be served.
    pub passes: bool,
    /// Why not, for a person.
    pub reasons: Vec<String>,
    /// How it differs from what is served; none when there is nothing to compare with.
    pub comparison: Option<Comparison>,
}

/// Holds what is new to what was there before, question by question.
pub fn gate(before: Option<&[QuestionOutcome]>, now: &[QuestionOutcome], chance: Chance) -> Gated {
    let mut reasons = leaks(now);
    let mut comparison = None;
    if let Some(before) = before {
        reasons.extend(lost(before, now));
        let compared = losses(before, now, chance);
        reasons.extend(compared.order.iter().filter_map(|measure| loss(&compared, measure)));
        comparison = Some(compared);
    }
    Gated { passes: reasons.is_empty(), reasons, comparison }
}

fn leaks(now: &[QuestionOutcome]) -> Vec<String> {
    let leaking = now.iter().filter(|question| !question.leaked.is_empty());
    let told = leaking.map(|question| {
        let documents = question.leaked.join(", ");
        format!("leak: {} ({}) shows what its asker must not see: {documents}", question.id, question.text)
    });
    told.collect()
}

/// Whether a question got what it should.
fn is_good(question: &QuestionOutcome) -> bool {
    let withheld = question.abstained || question.refused_by.is_some();
    question.error.is_none()
        && if question.answerable { !withheld && question.missed_facts.is_empty() } else { withheld }
}

fn lost(before: &[QuestionOutcome], now: &[QuestionOutcome]) -> Vec<String> {
    let now: BTreeMap<&str, &QuestionOutcome> = now.iter().map(|q| (q.id.as_str(), q)).collect();
    let mut reasons = Vec::new();
    for was in before.iter().filter(|question| is_good(question)) {
        let Some(is) = now.get(was.id.as_str()).filter(|is| is.must && !is_good(is)) else { continue };
        let why = match is {
            QuestionOutcome { error: Some(error), .. } => format!("it ends in an error: {error}"),
            QuestionOutcome { answerable: false, .. } => {
                "it is answered, though no document tells".to_owned()
            }
            QuestionOutcome { refused_by: Some(rule), .. } => format!("the rule {rule} stops it"),
            QuestionOutcome { abstained: true, .. } => "it is not answered any more".to_owned(),
            _ => format!("the answer no longer says {}", is.missed_facts.join("; ")),
        };
        reasons.push(format!("lost: {} ({}) must be answered, and {why}", is.id, is.text));
    }
    reasons
}

fn losses(before: &[QuestionOutcome], now: &[QuestionOutcome], chance: Chance) -> Comparison {
    let order = GATED.map(str::to_owned);
    compare(&values_of(before), &values_of(now), &order, &Tags::new(), chance)
}

fn loss(comparison: &Comparison, measure: &str) -> Option<String> {
    let difference = comparison.measures.get(measure)?;
    if difference.winner != Some(Side::A) {
        return None;
    }
    let named: Vec<&str> = difference.losses.iter().take(NAMED).map(|change| change.query.as_str()).collect();
    let more = difference.losses.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "loss: {measure} {:.3} -> {:.3} (p {}, {} questions); worse on {}{more}",
        difference.mean_a,
        difference.mean_b,
        p_value(difference.p_corrected),
        difference.n,
        named.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{Chance, gate};
    use crate::outcome::QuestionOutcome;

    fn outcomes(change: impl Fn(usize, &mut QuestionOutcome)) -> Vec<QuestionOutcome> {
        let of = |n: usize| {
            let mut outcome = QuestionOutcome {
                id: format!("q{n:02}"),
                text: "물음".into(),
                answerable: n < 25,
                abstained: n >= 25,
                must: n == 3 || n == 26,
                ..QuestionOutcome::default()
            };
            outcome.values = [("nDCG@10".to_owned(), 0.9), ("fact_recall".to_owned(), 1.0)].into();
            change(n, &mut outcome);
            outcome
        };
        (0..30).map(of).collect()
    }

    fn set(outcome: &mut QuestionOutcome, measure: &str, value: f64) {
        outcome.values.insert(measure.to_owned(), value);
    }

    #[test]
    fn says_no_for_a_reason_that_names_the_queries() {
        let before = outcomes(|_, _| {});
        type Change = fn(usize, &mut QuestionOutcome);
        let cases: [(&str, Change, &[&str]); 9] = [
            ("the same", |_, _| {}, &[]),
            ("better", |_, q| set(q, "nDCG@10", 1.0), &[]),
            ("two are worse by chance", |n, q| set(q, "nDCG@10", if n < 2 { 0.1 } else { 0.9 }), &[]),
            (
                "half are worse",
                |n, q| set(q, "nDCG@10", if n % 2 == 0 { 0.1 } else { 0.9 }),
                &["loss: nDCG@10 0.900 -> 0.500 (p < .001, 30 questions); worse on q00, q02", "and 7 more"],
            ),
            (
                "one that must be is not answered",
                |n, q| q.abstained |= n == 3,
                &["lost: q03", "not answered"],
            ),
            ("one that need not be is not answered", |n, q| q.abstained |= n == 4, &[]),
            (
                "one is answered that nobody can",
                |n, q| q.abstained &= n != 26,
                &["lost: q26", "no document tells"],
            ),
            (
                "one fails",
                |n, q| q.error = (n == 3).then(|| "the disk is gone".into()),
                &["lost: q03", "the disk is gone"],
            ),
            (
                "a leak",
                |n, q| q.leaked = if n == 9 { vec!["hr/pay.md".into()] } else { Vec::new() },
                &["leak: q09 (물음)", "hr/pay.md"],
            ),
        ];
        for (case, change, needles) in cases {
            let said = gate(Some(&before), &outcomes(change), Chance::default());
            let told = said.reasons.join("\n");
            assert_eq!(said.passes, needles.is_empty(), "{case}: {told}");
            for needle in needles {
                assert!(told.contains(needle), "{case}: {needle:?} is not in {told:?}");
            }
        }
    }

    #[test]
    fn without_a_before_only_a_leak_says_no() {
        let worst = outcomes(|_, q| {
            q.error = Some("off".into());
            set(q, "nDCG@10", 0.0);
        });
        assert!(gate(None, &worst, Chance::default()).passes);
        let leaking = outcomes(|_, q| q.leaked = vec!["d".into()]);
        assert_eq!(gate(None, &leaking, Chance::default()).reasons.len(), 30);
    }
}
