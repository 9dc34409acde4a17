//! How is the score of a run told?

use std::collections::BTreeMap;

use serde::Serialize;

use super::SCHEMA;
use super::table::{number, row, table};
use crate::measures::Measure;
use crate::score::Scores;

/// The JSON of `siren eval score`.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreReport<'a> {
    schema: u32,
    queries: usize,
    missing: usize,
    unjudged: usize,
    measures: &'a BTreeMap<Measure, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_query: Option<&'a BTreeMap<String, BTreeMap<Measure, f64>>>,
}

impl<'a> ScoreReport<'a> {
    /// The means, and each query if wished for.
    pub fn new(scores: &'a Scores, per_query: bool) -> Self {
        Self {
            schema: SCHEMA,
            queries: scores.queries,
            missing: scores.missing,
            unjudged: scores.unjudged,
            measures: &scores.mean,
            per_query: per_query.then_some(&scores.per_query),
        }
    }
}

/// The means as a table, and each query above them if wished for.
pub fn score_text(scores: &Scores, per_query: bool) -> String {
    let mut rows = vec![named("query", scores.measures.iter().map(ToString::to_string))];
    let values = |of: &BTreeMap<Measure, f64>| -> Vec<String> {
        let asked = scores.measures.iter().filter_map(|measure| of.get(measure));
        asked.map(|&value| number(value)).collect()
    };
    if per_query {
        rows.extend(scores.per_query.iter().map(|(id, of)| named(id, values(of))));
    }
    rows.push(named("mean", values(&scores.mean)));
    let Scores { queries, missing, unjudged, .. } = scores;
    let counts = format!(
        "{queries} judged queries, {missing} of them not in the run (scored 0); \
         {unjudged} queries of the run not judged (ignored)\n"
    );
    table(&rows) + &counts
}

fn named(name: &str, cells: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut named = row([name]);
    named.extend(cells);
    named
}
