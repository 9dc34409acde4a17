//! Searching one generation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use siren_domain::ports::{Generation, Hit, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_domain::{Chunk, Records};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{
    DocAddress, DocSet, Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
};

use super::INDEX;
use super::files::failed;
use super::schema::{Fields, NO_YEAR, fields_of};
use super::vectors::{Beside, Nearest, Ordered, Rounded};

/// Chunks with their lexical score and their cosine.
type Found = BTreeMap<DocAddress, (f32, Option<f32>)>;

/// A generation, ready to be searched.
pub(super) struct OpenGeneration {
    pub(super) generation: Generation,
    pub(super) folder: PathBuf,
    /// Read when first asked for: most questions need it, most commands do not.
    pub(super) records: OnceLock<Arc<Records>>,
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
}

impl std::fmt::Debug for OpenGeneration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenGeneration").field("number", &self.generation.number).finish_non_exhaustive()
    }
}

impl OpenGeneration {
    pub(super) fn open(folder: &Path, generation: Generation) -> Result<Self, StoreError> {
        let index = folder.join(INDEX);
        let opened =
            Index::open_in_dir(&index).map_err(|error| failed(&index, "cannot be opened", &error))?;
        let fields = fields_of(&opened).ok_or_else(|| {
            StoreError::Mismatch(format!("generation {} has another schema", generation.number))
        })?;
        let reader = opened.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = reader.map_err(|error: TantivyError| failed(&index, "cannot be opened", &error))?;
        let records = OnceLock::new();
        Ok(Self { generation, folder: folder.to_path_buf(), records, reader, fields })
    }

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
        if query.n_candidates > 0 && weights.iter().any(|weight| weight.known) {
            let collector = TopDocs::with_limit(query.n_candidates).order_by_score();
            for (score, address) in searcher.search(&self.asked(query, &terms), &collector)? {
                found.insert(address, (score, None));
            }
        }
        if let Some(vector) = query.vector.as_ref().filter(|_| query.n_candidates > 0) {
            self.find_nearest(query, &terms, &searcher, Rounded::new(vector), &mut found)?;
        }
        let hit = |(address, (lexical, dense)): (DocAddress, (f32, Option<f32>))| {
            Ok(Hit { chunk: self.chunk(&searcher.doc(address)?)?, lexical, dense })
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

    /// Adds the nearest chunks, and to each chunk the score that it lacks.
    fn find_nearest(
        &self,
        query: &StoreQuery,
        terms: &BTreeMap<&str, u16>,
        searcher: &Searcher,
        wanted: Rounded,
        found: &mut Found,
    ) -> tantivy::Result<()> {
        for (address, scores) in found.iter_mut() {
            let mut beside = Beside::open(&wanted, searcher.segment_reader(address.segment_ord))?;
            scores.1 = beside.cosine(address.doc_id);
        }
        let readable = BooleanQuery::new(self.filters(query));
        let nearest = searcher.search(&readable, &Nearest { wanted, most: query.n_candidates })?;
        let mut new: Vec<(DocAddress, f32)> = nearest
            .into_iter()
            .map(|(cosine, at)| (at, cosine))
            .filter(|(at, _)| !found.contains_key(at))
            .collect();
        new.sort_by_key(|(at, _)| *at);
        let lexical = self.asked(query, terms).weight(EnableScoring::enabled_from_searcher(searcher))?;
        for of_segment in new.chunk_by(|(a, _), (b, _)| a.segment_ord == b.segment_ord) {
            let segment = searcher.segment_reader(of_segment[0].0.segment_ord);
            let mut scorer = lexical.scorer(segment, 1.0)?;
            for (at, cosine) in of_segment {
                let stands_at = if scorer.doc() < at.doc_id { scorer.seek(at.doc_id) } else { scorer.doc() };
                let score = if stands_at == at.doc_id { scorer.score() } else { 0.0 };
                found.insert(*at, (score, Some(*cosine)));
            }
        }
        Ok(())
    }

    pub(super) fn chunk(&self, stored: &TantivyDocument) -> tantivy::Result<Chunk> {
        let bytes =
            stored.get_first(self.fields.chunk).and_then(|value| value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(bytes)
            .map_err(|error| TantivyError::InternalError(format!("a stored chunk is damaged: {error}")))
    }

    /// BM25 over the terms, a repeated one as often as it is asked; filters take part in no score.
    fn asked(&self, query: &StoreQuery, terms: &BTreeMap<&str, u16>) -> BooleanQuery {
        let weighed = terms.iter().map(|(text, count)| {
            let term = Term::from_field_text(self.fields.terms, text);
            let one: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            let boosted = || BoostQuery::new(one.box_clone(), f32::from(*count));
            (Occur::Should, if *count == 1 { one } else { Box::new(boosted()) as Box<dyn Query> })
        });
        let mut clauses =
            vec![(Occur::Must, Box::new(BooleanQuery::new(weighed.collect())) as Box<dyn Query>)];
        clauses.extend(self.filters(query));
        BooleanQuery::new(clauses)
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
            let held = searcher.doc_freq(&Term::from_field_text(self.fields.terms, text))?;
            let idf = inverse_document_frequency(chunks, held);
            Ok(TermWeight { term: (*text).to_owned(), idf, known: held > 0 })
        };
        terms.keys().map(weigh).collect()
    }
}

pub(super) fn filter(terms: Vec<Term>) -> (Occur, Box<dyn Query>) {
    let any = terms.into_iter().map(|term| {
        (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>)
    });
    let any = Box::new(BooleanQuery::new(any.collect()));
    (Occur::Must, Box::new(ConstScoreQuery::new(any, 0.0)))
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
