//! What was judged, and what was ranked?

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Judgements: query -> document -> label. 1 or more is relevant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qrels(BTreeMap<String, BTreeMap<String, i32>>);

impl Qrels {
    /// Adds a judgement; false if the document was judged for this query before.
    pub fn insert(&mut self, query: &str, document: &str, label: i32) -> bool {
        let judged = self.0.entry(query.to_owned()).or_default();
        let new = !judged.contains_key(document);
        if new {
            judged.insert(document.to_owned(), label);
        }
        new
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

    pub(crate) fn of(judged: BTreeMap<String, BTreeMap<String, i32>>) -> Self {
        Self(judged)
    }
}

/// Rankings: query -> documents with their scores, best first: by score, then by document id, both descending, as
/// trec_eval does.
///
/// Scores are single precision because trec_eval's are: what differs only beyond that is a tie there. Document ids are
/// stretches of one text, so that a file of millions of lines is read without copying any of them.
#[derive(Clone, Debug, Default)]
pub struct Run {
    text: String,
    queries: BTreeMap<String, Vec<Entry>>,
}

/// A ranked document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) at: usize,
    pub(crate) length: u32,
    pub(crate) score: f32,
}

impl Entry {
    pub(crate) fn id(self, text: &str) -> &str {
        &text[self.at..self.at + self.length as usize]
    }

    pub(crate) fn order(self, other: Self, text: &str) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then_with(|| other.id(text).cmp(self.id(text)))
    }
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.queries.keys().eq(other.queries.keys())
            && self.queries().all(|query| self.ranked(query).eq(other.ranked(query)))
    }
}

impl Run {
    /// Adds a document; false if the query has it already.
    pub fn insert(&mut self, query: &str, document: &str, score: f32) -> bool {
        let new = self.place(query, document).is_none();
        if new {
            self.add(query, document, rankable(score));
        }
        new
    }

    /// Adds a document, or raises its score: a document is as good as its best passage.
    pub fn raise(&mut self, query: &str, document: &str, score: f32) {
        let score = rankable(score);
        if let Some(at) = self.place(query, document) {
            let Some(ranked) = self.queries.get_mut(query) else { return };
            if ranked[at].score >= score {
                return;
            }
            ranked.remove(at);
        }
        self.add(query, document, score);
    }

    fn place(&self, query: &str, document: &str) -> Option<usize> {
        self.queries.get(query)?.iter().position(|entry| entry.id(&self.text) == document)
    }

    fn add(&mut self, query: &str, document: &str, score: f32) {
        let entry = Entry { at: self.text.len(), length: length(document), score };
        self.text.push_str(document);
        if !self.queries.contains_key(query) {
            self.queries.insert(query.to_owned(), Vec::new());
        }
        let Some(ranked) = self.queries.get_mut(query) else { return };
        let at = ranked.partition_point(|other| other.order(entry, &self.text) == Ordering::Less);
        ranked.insert(at, entry);
    }

    /// A run whose entries point into `text` and stand in order.
    pub(crate) fn of(text: String, queries: BTreeMap<String, Vec<Entry>>) -> Self {
        Self { text, queries }
    }

    /// The queries for which something was ranked, in the order of their ids.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.queries.keys().map(String::as_str)
    }

    /// The documents of a query, best first.
    pub fn ranked(&self, query: &str) -> impl Iterator<Item = (&str, f32)> {
        let entries = self.queries.get(query).map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| (entry.id(&self.text), entry.score))
    }

    /// The documents of a query, best first, as a list.
    pub fn ranking(&self, query: &str) -> Vec<(&str, f32)> {
        self.ranked(query).collect()
    }

    /// Whether the query was ranked.
    pub fn has(&self, query: &str) -> bool {
        self.queries.contains_key(query)
    }
}

pub(crate) fn length(id: &str) -> u32 {
    u32::try_from(id.len()).unwrap_or(u32::MAX)
}

/// Both zeros are one, and what is not a number ranks last.
pub(crate) fn rankable(score: f32) -> f32 {
    if score.is_nan() { f32::NEG_INFINITY } else { score + 0.0 }
}
