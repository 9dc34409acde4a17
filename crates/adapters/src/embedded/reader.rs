//! Searching one generation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use siren_domain::ports::{Generation, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_domain::{Chunk, Records};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

use super::INDEX;
use super::files::failed;
use super::schema::{Fields, NO_YEAR, fields_of};

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
        let mut hits = Vec::new();
        if query.n_candidates > 0 && weights.iter().any(|weight| weight.known) {
            let asked = self.asked(query, &terms);
            let collector = TopDocs::with_limit(query.n_candidates).order_by_score();
            for (score, address) in searcher.search(&asked, &collector)? {
                hits.push((self.chunk(&searcher.doc(address)?)?, score));
            }
        }
        hits.sort_by(|(a, a_score), (b, b_score)| b_score.total_cmp(a_score).then_with(|| a.id.cmp(&b.id)));
        Ok(StoreHits { generation: self.generation.number, terms: weights, hits })
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
        let groups = query.groups.iter().map(|group| Term::from_field_text(self.fields.groups, group));
        clauses.push(filter(groups.collect()));
        for one_of in &query.facets {
            let terms = one_of.iter().map(|facet| Term::from_field_text(self.fields.facets, facet));
            clauses.push(filter(terms.collect()));
        }
        if !query.years.is_empty() {
            let years = query.years.iter().map(|year| u64::from(*year)).chain([NO_YEAR]);
            clauses.push(filter(years.map(|year| Term::from_field_u64(self.fields.years, year)).collect()));
        }
        BooleanQuery::new(clauses)
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
