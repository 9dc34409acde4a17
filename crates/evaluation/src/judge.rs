//! What does a model think of the answers, how sure is it of itself, and does it agree with what needs no model?
//!
//! Optional, and never what anything is chosen or held to by default: a judge changes with its version, prefers long
//! answers and its own kind, and contradicts itself. So each answer is judged several times, and beside every mean
//! stands how far the judge strays from itself and from the measures without one.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::grounding::GROUNDEDNESS;
use crate::outcome::{FACT_RECALL, QuestionOutcome};

/// Whether the answer tells what was asked, in the judge's eyes.
pub const JUDGED_CORRECT: &str = "judged_correct";
/// Whether the passages say what the answer does, in the judge's eyes.
pub const JUDGED_GROUNDED: &str = "judged_grounded";

/// From this value on an answer counts as good, where good and bad are counted: for the judge, more than half of its
/// tries gave the best grade and none the worst; for the other measures it is all that was asked.
const GOOD: f64 = 0.75;

/// What is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Case<'a> {
    /// The question.
    pub question: &'a str,
    /// The answer.
    pub answer: &'a str,
    /// What a right answer says.
    pub facts: &'a [Vec<String>],
    /// What the answer was made from.
    pub passages: Vec<String>,
}

/// Values between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grades {
    /// Whether the answer tells what was asked.
    pub correct: f64,
    /// Whether the passages say what it does.
    pub grounded: f64,
}

/// A model, or whoever else judges.
pub trait Judge: Send + Sync {
    /// Its name.
    fn name(&self) -> String;

    /// What its words are, as a hash.
    fn prompts(&self) -> String;

    /// Judges an answer for the `round`th time.
    fn grades<'a>(&'a self, case: &'a Case<'a>, round: u32) -> BoxFuture<'a, Result<Grades, String>>;
}

/// A judge, and how often it is asked about the same answer.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The judge.
    pub judge: &'a dyn Judge,
    /// How often.
    pub rounds: u32,
}

/// What a judge said of one answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Each time.
    pub grades: Vec<Grades>,
    /// Why there are fewer grades than there should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

impl Asking<'_> {
    /// Everything that the judge says of an answer.
    pub(crate) async fn about(self, case: &Case<'_>) -> Judged {
        let mut judged = Judged::default();
        for round in 0..self.rounds {
            match self.judge.grades(case, round).await {
                Ok(grades) => judged.grades.push(grades),
                Err(failure) => judged.failures.push(failure),
            }
        }
        judged
    }
}

impl Judged {
    /// The means of its grades; nothing where there is no grade at all.
    pub(crate) fn values(&self) -> BTreeMap<String, f64> {
        let means =
            [(JUDGED_CORRECT, mean(&self.series(correct))), (JUDGED_GROUNDED, mean(&self.series(grounded)))];
        let means = means.into_iter().filter_map(|(measure, mean)| Some((measure.to_owned(), mean?)));
        means.collect()
    }

    fn series(&self, of: fn(&Grades) -> f64) -> Vec<f64> {
        self.grades.iter().map(of).collect()
    }
}

fn correct(grades: &Grades) -> f64 {
    grades.correct
}

fn grounded(grades: &Grades) -> f64 {
    grades.grounded
}

/// How a judge's grades spread, and whom they agree with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeReport {
    /// The judge.
    pub judge: String,
    /// The hash of its words.
    pub prompts: String,
    /// How often it was asked about the same answer.
    pub rounds: u32,
    /// Answers it graded.
    pub answers: usize,
    /// Times it gave no grade.
    pub failures: usize,
    /// How far it strays from itself, by measure.
    pub itself: BTreeMap<String, Spread>,
    /// How far it agrees with measures that need no judge.
    pub agreement: Vec<Agreement>,
}

/// How far a judge strays from itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The mean over all answers.
    pub mean: f64,
    /// The standard deviation of the grades of one answer, on average.
    pub deviation: f64,
    /// Share of answers that did not always get the same grade.
    pub changed: f64,
    /// The means over all answers, one for each time: what two runs would have differed by.
    pub range: [f64; 2],
}

/// How far a judge agrees with a measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// What the judge says.
    pub judged: String,
    /// What it is held to.
    pub with: String,
    /// Answers that both have a value of.
    pub n: usize,
    /// Share of answers that both call good, or both not.
    pub same: f64,
    /// Cohen's kappa: what of that is more than chance; none where one of them calls all the same.
    pub kappa: Option<f64>,
    /// Pearson's correlation of the values; none where one of them never varies.
    pub correlation: Option<f64>,
}

/// What a judge's grades are worth; none where nothing was judged.
pub fn judge_report(asking: Asking<'_>, questions: &[QuestionOutcome]) -> JudgeReport {
    let judged: Vec<&Judged> = questions.iter().filter_map(|question| question.judged.as_ref()).collect();
    let spread =
        |of: fn(&Grades) -> f64| spread(&judged.iter().map(|judged| judged.series(of)).collect::<Vec<_>>());
    JudgeReport {
        judge: asking.judge.name(),
        prompts: asking.judge.prompts(),
        rounds: asking.rounds,
        answers: judged.iter().filter(|judged| !judged.grades.is_empty()).count(),
        failures: judged.iter().map(|judged| judged.failures.len()).sum(),
        itself: [(JUDGED_CORRECT, spread(correct)), (JUDGED_GROUNDED, spread(grounded))]
            .map(|(measure, spread)| (measure.to_owned(), spread))
            .into(),
        agreement: [(JUDGED_CORRECT, FACT_RECALL), (JUDGED_GROUNDED, GROUNDEDNESS)]
            .map(|(judged, with)| agreement(judged, with, questions))
            .into(),
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn spread(answers: &[Vec<f64>]) -> Spread {
    let answers: Vec<&Vec<f64>> = answers.iter().filter(|grades| !grades.is_empty()).collect();
    let deviation = |grades: &[f64]| {
        let middle = mean(grades).unwrap_or_default();
        let squares: f64 = grades.iter().map(|grade| (grade - middle).powi(2)).sum();
        // Of a sample: one grade says nothing of how it varies.
        (squares / (grades.len().max(2) - 1) as f64).sqrt()
    };
    let over = |value: &dyn Fn(&[f64]) -> f64| {
        mean(&answers.iter().map(|grades| value(grades)).collect::<Vec<_>>()).unwrap_or_default()
    };
    let rounds = answers.iter().map(|grades| grades.len()).max().unwrap_or(0);
    let of_round = |round: usize| {
        mean(&answers.iter().filter_map(|grades| grades.get(round).copied()).collect::<Vec<_>>())
    };
    let means: Vec<f64> = (0..rounds).filter_map(of_round).collect();
    Spread {
        mean: over(&|grades| mean(grades).unwrap_or_default()),
        deviation: over(&deviation),
        changed: over(&|grades| f64::from(u8::from(grades.iter().any(|grade| *grade != grades[0])))),
        range: [
            means.iter().copied().fold(f64::INFINITY, f64::min).min(1.0),
            means.iter().copied().fold(0.0, f64::max),
        ],
    }
}

fn agreement(judged: &str, with: &str, questions: &[QuestionOutcome]) -> Agreement {
    let pair =
        |question: &QuestionOutcome| Some((*question.values.get(judged)?, *question.values.get(with)?));
    let pairs: Vec<(f64, f64)> = questions.iter().filter_map(pair).collect();
    let calls: Vec<(bool, bool)> = pairs.iter().map(|(a, b)| (*a >= GOOD, *b >= 1.0 - 1e-9)).collect();
    Agreement {
        judged: judged.to_owned(),
        with: with.to_owned(),
        n: pairs.len(),
        same: share(&calls, |(a, b)| a == b),
        kappa: kappa(&calls),
        correlation: correlation(&pairs),
    }
}

fn share(calls: &[(bool, bool)], wanted: impl Fn(&(bool, bool)) -> bool) -> f64 {
    calls.iter().filter(|call| wanted(call)).count() as f64 / calls.len().max(1) as f64
}

/// Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
fn kappa(calls: &[(bool, bool)]) -> Option<f64> {
    let (first, second) = (share(calls, |call| call.0), share(calls, |call| call.1));
    let by_chance = first * second + (1.0 - first) * (1.0 - second);
    let observed = share(calls, |(a, b)| a == b);
    (!calls.is_empty() && by_chance < 1.0 - 1e-12).then(|| (observed - by_chance) / (1.0 - by_chance))
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let middle = |of: fn(&(f64, f64)) -> f64| mean(&pairs.iter().map(of).collect::<Vec<_>>());
    let (a, b) = (middle(|pair| pair.0)?, middle(|pair| pair.1)?);
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - a, y - b)).sum::<f64>();
    let (both, first, second) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
    (first > 1e-12 && second > 1e-12).then(|| both / (first * second).sqrt())
}

#[cfg(test)]
mod tests {
    use super::{correlation, kappa, spread};

    #[test]
    fn agreement_beyond_chance_as_it_is_counted_by_hand() {
        // Cohen's own kind of table: both yes, first only, second only, both no.
        let table = |both: usize, first: usize, second: usize, neither: usize| {
            let of = |n: usize, call: (bool, bool)| std::iter::repeat_n(call, n);
            of(both, (true, true))
                .chain(of(first, (true, false)))
                .chain(of(second, (false, true)))
                .chain(of(neither, (false, false)))
                .collect::<Vec<_>>()
        };
        let cases = [
            ((20, 5, 10, 15), Some(0.4)),
            ((45, 15, 25, 15), Some(0.130_434_782_6)),
            ((10, 0, 0, 10), Some(1.0)),
            ((0, 10, 10, 0), Some(-1.0)),
            ((10, 0, 0, 0), None),
            ((0, 0, 0, 0), None),
        ];
        for ((a, b, c, d), expected) in cases {
            let found = kappa(&table(a, b, c, d));
            let same = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected as f64).abs() < 1e-9,
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(same, "{a} {b} {c} {d}: {found:?}");
        }
    }

    #[test]
    fn correlations_that_are_known() {
        let cases: [(&[(f64, f64)], Option<f64>); 4] = [
            (&[(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)], Some(1.0)),
            (&[(0.0, 1.0), (1.0, 0.0)], Some(-1.0)),
            (&[(0.0, 1.0), (1.0, 1.0)], None),
            (&[], None),
        ];
        for (pairs, expected) in cases {
            let found = correlation(pairs);
            assert!(found.map(|r| (r * 1e9).round()) == expected.map(|r| r * 1e9), "{pairs:?}: {found:?}");
        }
    }

    #[test]
    fn a_judge_that_strays_is_seen_to() {
        let sure = spread(&[vec![1.0, 1.0, 1.0], vec![0.0, 0.0, 0.0]]);
        assert_eq!((sure.mean, sure.deviation, sure.changed, sure.range), (0.5, 0.0, 0.0, [0.5, 0.5]));
        let unsure = spread(&[vec![1.0, 0.0], vec![1.0, 1.0], vec![]]);
        assert_eq!((unsure.mean, unsure.changed, unsure.range), (0.75, 0.5, [0.5, 1.0]));
        assert!((unsure.deviation - 0.5_f64.sqrt() / 2.0).abs() < 1e-12);
    }
}
