//! Which cell is chosen, how good is choosing so, and is it worth a change?
//!
//! Nested validation: the questions are cut into parts; the cell that is best on all other parts is judged on the part
//! that it was not chosen on. What is reported of the choice is therefore no best of many.

use std::collections::BTreeMap;

use serde::Serialize;

use super::results::CellResult;
use crate::report::p_value;
use crate::significance::{Chance, Interval, interval, randomisation};

/// A cell is cheaper when it reads so much less.
const CHEAPER: f64 = 0.95;

/// What comes of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The best cell over all questions, by its place in the list.
    pub winner: usize,
    /// What it is worth on the questions that it was chosen on: too good to be true.
    pub optimistic: f64,
    /// What choosing so is worth on questions that were not chosen on.
    pub nested: f64,
    /// The cell chosen for each part.
    pub chosen: Vec<usize>,
    /// What the present settings are worth.
    pub present: f64,
    /// Nested less present.
    pub gain: f64,
    /// Where 95 % of resampled gains lie.
    pub interval: Interval,
    /// The chance of such a gain when there is none.
    pub p: f64,
    /// Whether the winner should take the place of the present settings.
    pub decision: Decision,
    /// Why, for a person.
    pub why: String,
}

/// Whether the winner should take the place of the present settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is better.
    Better,
    /// It is as good, and reads less.
    Cheaper,
    /// The present settings stay.
    Stay,
}

/// Chooses among cells; the first one is the present settings. `groups` tells what belongs together: a question in two
/// languages, the turns of a conversation.
pub fn choose(
    cells: &[CellResult],
    measure: &str,
    groups: &BTreeMap<String, String>,
    folds: usize,
    chance: Chance,
) -> Choice {
    let none = BTreeMap::new();
    let of = |cell: usize| cells[cell].values.get(measure).unwrap_or(&none);
    let questions: Vec<&String> = of(0).keys().filter(|q| cells.iter().all(|c| has(c, measure, q))).collect();
    let part =
        |question: &str| part_of(groups.get(question).map_or(question, String::as_str), folds, chance.seed);
    let mean = |cell: usize, wanted: &dyn Fn(&str) -> bool| {
        let values: Vec<f64> = questions.iter().filter(|q| wanted(q)).map(|q| of(cell)[*q]).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let best = |wanted: &dyn Fn(&str) -> bool| {
        let means: Vec<f64> = (0..cells.len()).map(|cell| mean(cell, wanted)).collect();
        // Equal means differ in their last digits; of equals the one that reads least, then the first.
        let rank = |cell: &usize| ((-means[*cell] * 1e9).round() as i64, cells[*cell].passage_tokens);
        (0..cells.len())
            .min_by(|a, b| rank(a).0.cmp(&rank(b).0).then(rank(a).1.total_cmp(&rank(b).1)))
            .unwrap_or(0)
    };
    let chosen: Vec<usize> = (0..folds).map(|fold| best(&|q| part(q) != fold)).collect();
    let held: Vec<f64> = questions.iter().map(|q| of(chosen[part(q)])[*q]).collect();
    let present: Vec<f64> = questions.iter().map(|q| of(0)[*q]).collect();
    let gains: Vec<f64> = held.iter().zip(&present).map(|(held, present)| held - present).collect();
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let winner = best(&|_| true);
    let differences: Vec<f64> = questions.iter().map(|q| of(winner)[*q] - of(0)[*q]).collect();
    let test = Tested {
        gain: average(&gains),
        p: randomisation(&gains, chance).p,
        difference: average(&differences),
        tokens: (cells[0].passage_tokens, cells[winner].passage_tokens),
        alpha: chance.alpha,
    };
    let (decision, why) = if winner == 0 {
        (Decision::Stay, "the present settings are the best of all cells".to_owned())
    } else {
        test.decide()
    };
    Choice {
        winner,
        optimistic: mean(winner, &|_| true),
        nested: average(&held),
        chosen,
        present: average(&present),
        gain: test.gain,
        interval: interval(&gains, chance),
        p: test.p,
        decision,
        why,
    }
}

struct Tested {
    gain: f64,
    p: f64,
    difference: f64,
    tokens: (f64, f64),
    alpha: f64,
}

impl Tested {
    fn decide(&self) -> (Decision, String) {
        let Self { gain, p, difference, tokens: (before, after), alpha } = self;
        let told = format!("{gain:+.4} on questions that it was not chosen on, p {}", p_value(*p));
        if *gain > 0.0 && p < alpha {
            return (Decision::Better, format!("it beats the present settings: {told}"));
        }
        if *difference >= 0.0 && *gain >= 0.0 && after < &(before * CHEAPER) {
            let why = format!(
                "it is as good ({told}) and reads {after:.0} tokens a question in place of {before:.0}"
            );
            return (Decision::Cheaper, why);
        }
        (Decision::Stay, format!("nothing beats the present settings beyond the noise: {told}"))
    }
}

fn has(cell: &CellResult, measure: &str, question: &str) -> bool {
    cell.values.get(measure).is_some_and(|values| values.contains_key(question))
}

/// Which part a question is in: by its own name, so that one question more moves no other.
fn part_of(name: &str, folds: usize, seed: u64) -> usize {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    (u64::from_le_bytes(first) % folds as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Chance, Choice, Decision, choose};
    use crate::sweep::CellResult;

    fn cell(tokens: f64, value: impl Fn(usize) -> f64) -> CellResult {
        let values = (0..60).map(|n| (format!("q{n}"), value(n))).collect();
        CellResult {
            passage_tokens: tokens,
            values: [("AP".to_owned(), values)].into(),
            ..CellResult::default()
        }
    }

    fn chosen(cells: &[CellResult]) -> Choice {
        choose(cells, "AP", &BTreeMap::new(), 5, Chance::default())
    }

    #[test]
    fn the_winner_is_promoted_for_a_reason() {
        let flat = |value: f64| move |_| value;
        let cases = [
            (
                "better",
                vec![cell(9.0, flat(0.5)), cell(9.0, |n| if n % 3 == 0 { 0.5 } else { 0.8 })],
                1,
                Decision::Better,
            ),
            ("worse", vec![cell(9.0, flat(0.5)), cell(1.0, flat(0.4))], 0, Decision::Stay),
            ("equal and cheaper", vec![cell(9.0, flat(0.5)), cell(5.0, flat(0.5))], 1, Decision::Cheaper),
            ("equal and as dear", vec![cell(9.0, flat(0.5)), cell(9.0, flat(0.5))], 0, Decision::Stay),
            (
                "one question better",
                vec![cell(9.0, flat(0.5)), cell(9.0, |n| if n == 7 { 0.9 } else { 0.5 })],
                1,
                Decision::Stay,
            ),
        ];
        for (case, cells, winner, decision) in cases {
            let choice = chosen(&cells);
            assert_eq!((choice.winner, choice.decision), (winner, decision), "{case}: {choice:?}");
        }
    }

    #[test]
    fn the_best_of_many_by_luck_is_seen_through() {
        // Each cell is good on its own sixth of the questions and nowhere else: whichever is chosen, the next question
        // is none of its own.
        let lucky = |own: usize| cell(9.0, move |n| if (n * 7919) % 23 == own { 1.0 } else { 0.0 });
        let cells: Vec<CellResult> = std::iter::once(cell(9.0, |_| 0.05)).chain((0..23).map(lucky)).collect();
        let choice = chosen(&cells);
        assert!(choice.nested < choice.optimistic, "{choice:?}");
        assert_eq!(choice.decision, Decision::Stay);
    }

    #[test]
    fn what_belongs_together_is_in_one_part() {
        let groups: BTreeMap<String, String> =
            (0..60).map(|n| (format!("q{n}"), format!("g{}", n / 2))).collect();
        for group in groups.values() {
            let parts: Vec<usize> = (0..3).map(|_| super::part_of(group, 5, 1)).collect();
            assert!(parts.iter().all(|part| *part == parts[0] && *part < 5));
        }
        let spread: std::collections::BTreeSet<usize> =
            groups.values().map(|g| super::part_of(g, 5, 1)).collect();
        assert_eq!(spread.len(), 5);
    }
}
