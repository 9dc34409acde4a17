//! BM25 as Lucene has it, written a second time: k1 1.2, b 0.75. Plain, slow, over all chunks.

use std::collections::BTreeMap;

use siren_domain::ports::StoreQuery;

use super::sample::Doc;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// What a search should give.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Chunks by id with their scores.
    pub(crate) scores: BTreeMap<String, f64>,
    /// Each term of the query with its inverse document frequency, and whether any chunk holds it.
    pub(crate) terms: BTreeMap<String, (f64, bool)>,
}

pub(crate) fn expected(docs: &[Doc], query: &StoreQuery) -> Expected {
    let chunks: Vec<(&Doc, String, Vec<&str>)> = docs
        .iter()
        .flat_map(|doc| {
            let chunks = doc.chunks.iter().enumerate();
            chunks
                .map(move |(at, terms)| (doc, format!("{}#{at}", doc.id), terms.split_whitespace().collect()))
        })
        .collect();
    let total = chunks.len() as f64;
    let length: usize = chunks.iter().map(|(_, _, terms)| terms.len()).sum();
    let average = length as f64 / total;
    let mut out = Expected { scores: BTreeMap::new(), terms: BTreeMap::new() };
    for term in &query.terms {
        let held = chunks.iter().filter(|(_, _, terms)| terms.contains(&term.as_str())).count() as f64;
        let idf = (1.0 + (total - held + 0.5) / (held + 0.5)).ln();
        out.terms.insert(term.clone(), (idf, held > 0.0));
        for (doc, id, terms) in &chunks {
            let times = terms.iter().filter(|other| **other == term.as_str()).count() as f64;
            let shared = doc.groups.iter().any(|group| query.groups.contains(group));
            let in_time = query.years.is_empty()
                || doc.years.is_empty()
                || doc.years.iter().any(|year| query.years.contains(year));
            if times > 0.0 && shared && in_time {
                let norm = K1 * (1.0 - B + B * terms.len() as f64 / average);
                *out.scores.entry(id.clone()).or_default() += idf * times * (K1 + 1.0) / (times + norm);
            }
        }
    }
    out
}
