//! Is one run better than another, or is that noise?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::significance::{Chance, Interval, holm, interval, randomisation};

/// What each query is worth, by measure.
pub type Values = BTreeMap<String, BTreeMap<String, f64>>;

/// The tags of each query.
pub type Tags = BTreeMap<String, Vec<String>>;

/// Fewer queries of a tag than this say nothing.
const FEWEST: usize = 5;

/// Measures that are better the smaller they are.
const LOWER_IS_BETTER: [&str; 3] =
    [crate::outcome::FALSE_ABSTENTION, crate::outcome::COST, crate::outcome::LEAKS];
/// Measures that are neither better nor worse: they are told elsewhere.
const NEUTRAL: [&str; 4] = [
    crate::outcome::ANSWER_CHARS,
    crate::outcome::ANSWER_TOKENS,
    crate::outcome::PASSAGE_TOKENS,
    crate::outcome::REFUSED_BY_RULE,
];

/// Whether more of a measure is better; none if it is neither.
pub fn direction(measure: &str) -> Option<f64> {
    match measure {
        _ if NEUTRAL.contains(&measure) => None,
        _ if LOWER_IS_BETTER.contains(&measure) => Some(-1.0),
        _ => Some(1.0),
    }
}

/// One of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// A query that the two runs do not do equally well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The query.
    pub query: String,
    /// What it is worth in the first run.
    pub a: f64,
    /// What it is worth in the second one.
    pub b: f64,
}

/// How the runs differ by one measure, over some queries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Queries that both runs have a value of.
    pub n: usize,
    /// The first run's mean.
    pub mean_a: f64,
    /// The second run's mean.
    pub mean_b: f64,
    /// Second less first.
    pub difference: f64,
    /// Where 95 % of resampled differences lie.
    pub interval: Interval,
    /// The chance of a difference as large when there is none.
    pub p: f64,
    /// The same, corrected for the number of things that were tested.
    pub p_corrected: f64,
    /// Whether all permutations were gone through.
    pub exact: bool,
    /// Who is better; none inside the noise.
    pub winner: Option<Side>,
    /// Queries on which the second run is better, the largest difference first.
    pub wins: Vec<Change>,
    /// Queries on which the first run is better, the largest difference first.
    pub losses: Vec<Change>,
    /// Queries on which they are equal.
    pub ties: usize,
}

/// How two runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// By measure.
    pub measures: BTreeMap<String, Difference>,
    /// By tag, then by measure.
    pub tags: BTreeMap<String, BTreeMap<String, Difference>>,
    /// Measures in the order that was asked for.
    #[serde(skip)]
    pub order: Vec<String>,
}

/// Compares two runs by the measures that both have, on the queries that both have a value of.
pub fn compare(a: &Values, b: &Values, order: &[String], tags: &Tags, chance: Chance) -> Comparison {
    let measures: Vec<&String> =
        order.iter().filter(|m| a.contains_key(*m) && b.contains_key(*m) && direction(m).is_some()).collect();
    let of = |measure: &String, wanted: &dyn Fn(&str) -> bool| {
        difference(&a[measure], &b[measure], wanted, direction(measure).unwrap_or(1.0), chance)
    };
    let mut overall: BTreeMap<String, Difference> =
        measures.iter().map(|m| ((*m).clone(), of(m, &|_| true))).collect();
    correct(overall.values_mut(), chance);
    let names: BTreeSet<&String> = tags.values().flatten().collect();
    let mut by_tag: BTreeMap<String, BTreeMap<String, Difference>> = BTreeMap::new();
    for tag in names {
        let tagged = |query: &str| tags.get(query).is_some_and(|of| of.contains(tag));
        let all = measures.iter().map(|m| ((*m).clone(), of(m, &tagged)));
        let all: BTreeMap<_, _> = all.filter(|(_, difference)| difference.n >= FEWEST).collect();
        if !all.is_empty() {
            by_tag.insert(tag.clone(), all);
        }
    }
    correct(by_tag.values_mut().flat_map(BTreeMap::values_mut), chance);
    let order = measures.into_iter().cloned().collect();
    Comparison { measures: overall, tags: by_tag, order }
}

fn difference(
    a: &BTreeMap<String, f64>,
    b: &BTreeMap<String, f64>,
    wanted: &dyn Fn(&str) -> bool,
    direction: f64,
    chance: Chance,
) -> Difference {
    let both = a.iter().filter(|(query, _)| wanted(query));
    let pairs: Vec<(&String, f64, f64)> =
        both.filter_map(|(query, a)| Some((query, *a, *b.get(query)?))).collect();
    let differences: Vec<f64> = pairs.iter().map(|(_, a, b)| b - a).collect();
    let n = pairs.len();
    let mean = |sum: f64| if n == 0 { 0.0 } else { sum / n as f64 };
    let (mean_a, mean_b) =
        (mean(pairs.iter().map(|(_, a, _)| a).sum()), mean(pairs.iter().map(|(_, _, b)| b).sum()));
    let test = randomisation(&differences, chance);
    let changes = |better: f64| {
        let some = pairs.iter().filter(|(_, a, b)| (b - a) * better > 0.0);
        let mut some: Vec<Change> =
            some.map(|(query, a, b)| Change { query: (*query).clone(), a: *a, b: *b }).collect();
        let size = |change: &Change| (change.b - change.a).abs();
        some.sort_by(|x, y| size(y).total_cmp(&size(x)).then_with(|| x.query.cmp(&y.query)));
        some
    };
    let mean_difference = mean(differences.iter().sum());
    Difference {
        n,
        mean_a,
        mean_b,
        difference: mean_difference,
        interval: interval(&differences, chance),
        p: test.p,
        p_corrected: test.p,
        exact: test.exact,
        winner: match mean_difference * direction {
            better if better > 0.0 => Some(Side::B),
            better if better < 0.0 => Some(Side::A),
            _ => None,
        },
        wins: changes(direction),
        losses: changes(-direction),
        ties: differences.iter().filter(|d| **d == 0.0).count(),
    }
}

/// Corrects a family of comparisons, and takes back every winner that may be chance.
fn correct<'a>(family: impl Iterator<Item = &'a mut Difference>, chance: Chance) {
    let mut family: Vec<&mut Difference> = family.collect();
    let ps: Vec<f64> = family.iter().map(|difference| difference.p).collect();
    for (difference, p) in family.iter_mut().zip(holm(&ps)) {
        difference.p_corrected = p;
        if p >= chance.alpha {
            difference.winner = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chance, Side, Values, compare};

    fn values(measure: &str, of: &[f64]) -> Values {
        let queries = of.iter().enumerate().map(|(at, value)| (format!("q{at:03}"), *value));
        [(measure.to_owned(), queries.collect())].into()
    }

    #[test]
    fn names_a_winner_only_beyond_the_noise() {
        let better: Vec<f64> = (0..40).map(|n| if n % 4 == 0 { 0.5 } else { 1.0 }).collect();
        let noise: Vec<f64> = (0..40).map(|n| if n % 2 == 0 { 0.4 } else { 0.6 }).collect();
        let mirrored: Vec<f64> = (0..40).map(|n| if n % 2 == 1 { 0.4 } else { 0.6 }).collect();
        let flat = vec![0.5; 40];
        let cases = [
            ("nDCG@10", &flat, &better, Some(Side::B)),
            ("nDCG@10", &better, &flat, Some(Side::A)),
            ("false_abstention", &flat, &better, Some(Side::A)),
            ("nDCG@10", &noise, &mirrored, None),
            ("nDCG@10", &flat, &flat, None),
        ];
        for (measure, a, b, winner) in cases {
            let order = [measure.to_owned()];
            let (a, b) = (values(measure, a), values(measure, b));
            let compared = compare(&a, &b, &order, &Default::default(), Chance::default());
            let found = &compared.measures[measure];
            assert_eq!(found.winner, winner, "{measure}: {found:?}");
            assert_eq!(found.wins.len() + found.losses.len() + found.ties, found.n);
        }
    }

    #[test]
    fn tags_are_compared_by_themselves_and_small_ones_not_at_all() {
        let a = values("AP", &[0.0; 12]);
        let b = values("AP", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let tag = |at: usize| if at < 7 { vec!["first".to_owned()] } else { vec!["last".to_owned()] };
        let mut tags: super::Tags = (0..12).map(|at| (format!("q{at:03}"), tag(at))).collect();
        tags.entry("q000".into()).or_default().push("rare".into());
        let compared = compare(&a, &b, &["AP".to_owned()], &tags, Chance::default());
        assert_eq!(compared.tags.keys().collect::<Vec<_>>(), ["first", "last"]);
        let first = &compared.tags["first"]["AP"];
        assert_eq!((first.n, first.wins.len(), first.ties), (7, 6, 1));
        // 2 of 64 signs, twice corrected.
        assert!((first.p - 2.0 / 64.0).abs() < 1e-12 && (first.p_corrected - 4.0 / 64.0).abs() < 1e-12);
        assert_eq!((first.winner, compared.tags["last"]["AP"].p), (None, 1.0));
    }
}
