//! How good is a run?

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::measures::{Measure, sum};
use crate::ranking::{Qrels, Run};

/// What a run is worth, over every judged query.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The measures, in the order asked for.
    pub measures: Vec<Measure>,
    /// Judged queries: what the means are over.
    pub queries: usize,
    /// Judged queries that the run does not have. They score 0 and stay in the mean.
    pub missing: usize,
    /// Queries of the run that nobody judged. They count for nothing.
    pub unjudged: usize,
    /// The mean over the judged queries.
    pub mean: BTreeMap<Measure, f64>,
    /// Each judged query.
    pub per_query: BTreeMap<String, BTreeMap<Measure, f64>>,
}

/// Scores a run as `trec_eval -c` does, on as many threads as there are.
pub fn score(qrels: &Qrels, run: &Run, measures: &[Measure]) -> Scores {
    let queries: Vec<_> = qrels.queries().collect();
    let values = queries.par_iter().map(|query| score_query(qrels, run, query, measures));
    let values: Vec<_> = values.collect();
    let per_query: BTreeMap<_, _> = queries.iter().map(|query| (*query).to_owned()).zip(values).collect();
    Scores {
        measures: measures.to_vec(),
        queries: per_query.len(),
        missing: queries.iter().filter(|query| !run.has(query)).count(),
        unjudged: run.queries().filter(|q| qrels.query(q).is_none()).count(),
        mean: means(&per_query, measures),
        per_query,
    }
}

/// One query's values; all 0 when it was not ranked.
pub fn score_query(qrels: &Qrels, run: &Run, query: &str, measures: &[Measure]) -> BTreeMap<Measure, f64> {
    let empty = BTreeMap::new();
    let labels = qrels.query(query).unwrap_or(&empty);
    let label = |document: &str| labels.get(document).copied().unwrap_or(0);
    let ranked: Vec<_> = run.ranked(query).map(|(id, _)| label(id)).collect();
    let judged: Vec<_> = labels.values().copied().collect();
    let values = measures.iter().map(|&m| (m, m.value(&ranked, &judged)));
    values.collect()
}

fn means(
    per_query: &BTreeMap<String, BTreeMap<Measure, f64>>,
    measures: &[Measure],
) -> BTreeMap<Measure, f64> {
    let count = per_query.len().max(1) as f64;
    let total = |m: &Measure| sum(per_query.values().filter_map(|values| values.get(m).copied()));
    measures.iter().map(|m| (*m, total(m) / count)).collect()
}
