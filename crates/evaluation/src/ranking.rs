//! What was judged, and what was ranked?

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Judgements: query -> document -> label. 1 or more is relevant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qrels(BTreeMap<String, BTreeMap<String, i32>>);

impl Qrels {
    /// Adds a judgement; false if the document was judged for this query before.
    pub fn insert(&mut self, query: &str, document: &str, label: i32) -> bool {
        let judged = self.0.entry(query.to_owned()).or_default();
        add(judged, document, label)
    }

    /// The judged queries, in the order of their ids.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The judgements of a query; none if it was never judged.
    pub fn query(&self, id: &str) -> Option<&BTreeMap<String, i32>> {
        self.0.get(id)
    }

    /// Whether nothing was judged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Rankings: query -> document -> score.
///
/// Scores are single precision because trec_eval's are: what differs only beyond that is a tie there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run(BTreeMap<String, BTreeMap<String, f32>>);

impl Run {
    /// Adds a document; false if the query has it already.
    pub fn insert(&mut self, query: &str, document: &str, score: f32) -> bool {
        let ranked = self.0.entry(query.to_owned()).or_default();
        add(ranked, document, rankable(score))
    }

    /// Adds a document, or raises its score: a document is as good as its best passage.
    pub fn raise(&mut self, query: &str, document: &str, score: f32) {
        let score = rankable(score);
        let ranked = self.0.entry(query.to_owned()).or_default();
        let best = ranked.entry(document.to_owned()).or_insert(score);
        *best = best.max(score);
    }

    /// The queries for which something was ranked, in the order of their ids.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The documents of a query, best first: by score, then by document id, both descending, as trec_eval does.
    pub fn ranking(&self, query: &str) -> Vec<(&str, f32)> {
        let documents = self.0.get(query).into_iter().flatten();
        let mut ranking: Vec<_> = documents.map(|(id, &score)| (id.as_str(), score)).collect();
        ranking.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(a.0)));
        ranking
    }
}

fn add<T>(map: &mut BTreeMap<String, T>, key: &str, value: T) -> bool {
    match map.entry(key.to_owned()) {
        Entry::Occupied(_) => false,
        Entry::Vacant(free) => {
            free.insert(value);
            true
        }
    }
}

/// Both zeros are one, and what is not a number ranks last.
fn rankable(score: f32) -> f32 {
    if score.is_nan() { f32::NEG_INFINITY } else { score + 0.0 }
}
