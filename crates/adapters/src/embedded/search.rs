//! Finding the best chunks of a generation, by terms and by meaning.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use siren_domain::ports::{Hit, StoreError, StoreHits, StoreQuery, TermWeight};
use tantivy::query::{BooleanQuery, BoostQuery, EnableScoring, Occur, Query, TermQuery, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, Score, Searcher, SegmentReader, Term};

use super::allowed::Allowed;
use super::reader::{OpenGeneration, filter};
use super::schema::NO_YEAR;
use super::vectors::{Beside, Ordered, Rounded};

/// Chunks with their lexical score and their cosine.
type Found = BTreeMap<DocAddress, (f32, Option<f32>)>;

/// Sums of the same numbers in another order differ in their last bits: those of a score are not told.
const LAST_BITS: u32 = 0x7f;

/// The best so far; the worst of them is on top, to be thrown out next; of equal ones the later.
pub(super) struct Best {
    heap: BinaryHeap<Reverse<(Ordered, Reverse<DocAddress>)>>,
    most: usize,
}

impl Best {
    pub(super) fn new(most: usize) -> Self {
        Self { heap: BinaryHeap::with_capacity(most + 1), most }
    }

    pub(super) fn push(&mut self, score: f32, at: DocAddress) {
        self.heap.push(Reverse((Ordered(score), Reverse(at))));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    /// What a score must exceed to be among them.
    pub(super) fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse((score, _))) if self.heap.len() >= self.most => score.0,
            _ => f32::MIN,
        }
    }

    pub(super) fn into_all(self) -> impl Iterator<Item = (f32, DocAddress)> {
        self.heap.into_iter().map(|Reverse((score, Reverse(at)))| (score.0, at))
    }
}

impl OpenGeneration {
    pub(super) fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        self.find(query).map_err(|error| StoreError::Failed {
            context: format!("generation {} cannot be searched", self.generation.number),
            cause: error.to_string(),
        })
    }

    fn find(&self, query: &StoreQuery) -> tantivy::Result<StoreHits> {
        let searcher = self.reader.searcher();
        let terms = counted(&query.terms);
        let weights = self.weights(&searcher, &terms)?;
        let mut found = Found::new();
        if query.n_candidates > 0 {
            let allowed = self.kept.allowed(query, &searcher, || BooleanQuery::new(self.filters(query)))?;
            let scoring = EnableScoring::enabled_from_searcher(&searcher);
            if weights.iter().any(|weight| weight.known) {
                let any_of = self.asked(&terms).map(|term| (Occur::Should, term)).collect();
                let lexical = BooleanQuery::new(any_of).weight(scoring)?;
                by_terms(lexical.as_ref(), &searcher, &allowed, query.n_candidates, &mut found)?;
            }
            if let Some(vector) = &query.vector {
                let wanted = Rounded::new(vector);
                add_cosines(&wanted, &searcher, &mut found)?;
                let nearest = self.vectors.nearest(&wanted, &searcher, &allowed, query.n_candidates)?;
                let terms: tantivy::Result<Vec<Box<dyn Weight>>> =
                    self.asked(&terms).map(|term| term.weight(scoring)).collect();
                add_nearest(nearest, &terms?, &searcher, &mut found)?;
            }
        }
        let hit = |(address, (lexical, dense)): (DocAddress, (f32, Option<f32>))| {
            Ok(Hit { chunk: self.chunk_at(address, &searcher)?, lexical, dense })
        };
        let hits: tantivy::Result<Vec<Hit>> = found.into_iter().map(hit).collect();
        let mut hits = hits?;
        let dense = |hit: &Hit| Ordered(hit.dense.unwrap_or(f32::NEG_INFINITY));
        hits.sort_by(|a, b| {
            let by_score = b.lexical.total_cmp(&a.lexical).then_with(|| dense(b).cmp(&dense(a)));
            by_score.then_with(|| a.chunk.id.cmp(&b.chunk.id))
        });
        Ok(StoreHits { generation: self.generation.number, terms: weights, hits })
    }

    /// BM25 over each term, a repeated one as often as it is asked.
    fn asked(&self, terms: &BTreeMap<&str, u16>) -> impl Iterator<Item = Box<dyn Query>> {
        terms.iter().map(|(text, count)| {
            let term = self.fields.term(text);
            let one: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            if *count == 1 { one } else { Box::new(BoostQuery::new(one, f32::from(*count))) }
        })
    }

    /// What the asker may read, of the years asked about.
    fn filters(&self, query: &StoreQuery) -> Vec<(Occur, Box<dyn Query>)> {
        let groups = query.groups.iter().map(|group| Term::from_field_text(self.fields.groups, group));
        let mut clauses = vec![filter(groups.collect())];
        for one_of in &query.facets {
            let terms = one_of.iter().map(|facet| Term::from_field_text(self.fields.facets, facet));
            clauses.push(filter(terms.collect()));
        }
        if !query.years.is_empty() {
            let years = query.years.iter().map(|year| u64::from(*year)).chain([NO_YEAR]);
            clauses.push(filter(years.map(|year| Term::from_field_u64(self.fields.years, year)).collect()));
        }
        clauses
    }

    fn weights(&self, searcher: &Searcher, terms: &BTreeMap<&str, u16>) -> tantivy::Result<Vec<TermWeight>> {
        let chunks: u64 = searcher.segment_readers().iter().map(|s| u64::from(s.max_doc())).sum();
        let weigh = |text: &&str| {
            let held = searcher.doc_freq(&self.fields.term(text))?;
            let idf = inverse_document_frequency(chunks, held);
            Ok(TermWeight { term: (*text).to_owned(), idf, known: held > 0 })
        };
        terms.keys().map(weigh).collect()
    }
}

/// Adds the best chunks by their terms. All that have one are counted: with the many terms of a question, working out by
/// blocks which can be passed over takes longer than counting them.
fn by_terms(
    lexical: &dyn Weight,
    searcher: &Searcher,
    allowed: &Allowed,
    most: usize,
    found: &mut Found,
) -> tantivy::Result<()> {
    let mut best = Best::new(most);
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        lexical.for_each(segment, &mut |chunk, score| {
            if score > best.threshold() && allowed.has(ordinal as usize, chunk) {
                best.push(score, DocAddress::new(ordinal, chunk));
            }
        })?;
    }
    found.extend(best.into_all().map(|(score, at)| (at, (even(score), None))));
    Ok(())
}

fn even(score: Score) -> f32 {
    f32::from_bits((score.to_bits() + LAST_BITS / 2) & !LAST_BITS)
}

/// Gives the chunks that were found by terms their cosines.
fn add_cosines(wanted: &Rounded, searcher: &Searcher, found: &mut Found) -> tantivy::Result<()> {
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        let mut beside = Beside::open(wanted, segment)?;
        let of_segment = found.range_mut(DocAddress::new(ordinal, 0)..=DocAddress::new(ordinal, u32::MAX));
        for (at, scores) in of_segment {
            scores.1 = beside.cosine(at.doc_id);
        }
    }
    Ok(())
}

/// Adds the nearest chunks with the scores of their terms.
fn add_nearest(
    nearest: Vec<(f32, DocAddress)>,
    terms: &[Box<dyn Weight>],
    searcher: &Searcher,
    found: &mut Found,
) -> tantivy::Result<()> {
    let mut new: Vec<(DocAddress, f32)> = nearest
        .into_iter()
        .map(|(cosine, at)| (at, cosine))
        .filter(|(at, _)| !found.contains_key(at))
        .collect();
    new.sort_by_key(|(at, _)| *at);
    for of_segment in new.chunk_by(|(a, _), (b, _)| a.segment_ord == b.segment_ord) {
        let chunks: Vec<DocId> = of_segment.iter().map(|(at, _)| at.doc_id).collect();
        let segment = searcher.segment_reader(of_segment[0].0.segment_ord);
        for ((at, cosine), score) in of_segment.iter().zip(scored(&chunks, terms, segment)?) {
            found.insert(*at, (even(score), Some(*cosine)));
        }
    }
    Ok(())
}

/// The scores of a few chunks, in order. Term by term: all terms at once would read what lies between the chunks as well.
fn scored(chunks: &[DocId], terms: &[Box<dyn Weight>], segment: &SegmentReader) -> tantivy::Result<Vec<f32>> {
    let mut scores = vec![0.0; chunks.len()];
    for term in terms {
        let mut scorer = term.scorer(segment, 1.0)?;
        for (chunk, score) in chunks.iter().zip(&mut scores) {
            let stands_at = if scorer.doc() < *chunk { scorer.seek(*chunk) } else { scorer.doc() };
            if stands_at == *chunk {
                *score += scorer.score();
            }
        }
    }
    Ok(scores)
}

fn counted(terms: &[String]) -> BTreeMap<&str, u16> {
    let mut counts = BTreeMap::new();
    for term in terms {
        let count: &mut u16 = counts.entry(term.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// As BM25 in Lucene and tantivy has it.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of chunks are far below 2^24 in any rounding that matters"
)]
fn inverse_document_frequency(chunks: u64, held: u64) -> f32 {
    let held = held.min(chunks) as f32;
    (1.0 + (chunks as f32 - held + 0.5) / (held + 0.5)).ln()
}
