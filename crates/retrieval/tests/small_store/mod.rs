//! An index that is small enough to be looked through word by word.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use siren_domain::document::Metadata;
use siren_domain::ports::{Generation, Hit, PassageStore, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_domain::{Authority, Chunk, DocumentId, Locator, OffsetMap, Origin, Record, Records, Value};
use siren_text::Analyser;

/// An index that counts which terms its chunks have.
pub(crate) struct SmallStore {
    chunks: Vec<(Chunk, BTreeSet<String>)>,
    records: Arc<Records>,
    /// Bytes of all terms that were looked for.
    pub(crate) asked: Arc<AtomicUsize>,
}

impl SmallStore {
    pub(crate) fn of(chunks: Vec<Chunk>) -> Self {
        let terms = |chunk: &Chunk| Analyser::default().terms(&chunk.text).into_iter().collect();
        Self {
            chunks: chunks.into_iter().map(|chunk| (chunk.clone(), terms(&chunk))).collect(),
            records: Arc::default(),
            asked: Arc::default(),
        }
    }

    pub(crate) fn with_records(mut self, records: Vec<Record>) -> Self {
        self.records = Arc::new(Records { generation: 1, records, conflicts: None });
        self
    }
}

/// A record of this id and name that everyone may read.
pub(crate) fn record(id: &str, name: &str) -> Record {
    let source = id.split('/').next().unwrap_or_default().to_owned();
    let locator = Locator::File { path: "r".into(), heading: vec![], part: None, bytes: None };
    Record {
        id: DocumentId::from_text(id),
        source,
        title: name.into(),
        locator,
        names: vec![name.into()],
        keys: BTreeMap::new(),
        checked: BTreeMap::new(),
        authority: Authority::Record,
        date: None,
        access: vec!["all".into()],
    }
}

#[async_trait]
impl PassageStore for SmallStore {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        self.asked.fetch_add(query.terms.iter().map(String::len).sum(), Ordering::Relaxed);
        let asked: BTreeSet<&String> = query.terms.iter().collect();
        let held = |term: &str| self.chunks.iter().filter(|(_, terms)| terms.contains(term)).count();
        let weight = |term: &&String| {
            let known = held(term);
            TermWeight { term: (*term).clone(), idf: 4.0 / (1.0 + known as f32), known: known > 0 }
        };
        let terms: Vec<TermWeight> = asked.iter().map(weight).collect();
        let may = |chunk: &Chunk| {
            let facets = chunk.document.facets();
            chunk.document.access.iter().any(|group| query.groups.contains(group))
                && (query.years.is_empty()
                    || query.years.iter().any(|year| chunk.document.years.contains(year)))
                && query.facets.iter().all(|any| any.iter().any(|facet| facets.contains(facet)))
        };
        let score = |own: &BTreeSet<String>| -> f32 {
            terms.iter().filter(|weight| own.contains(&weight.term)).map(|weight| weight.idf).sum()
        };
        let found = self.chunks.iter().filter(|(chunk, _)| may(chunk));
        let found = found.map(|(chunk, own)| Hit { chunk: chunk.clone(), lexical: score(own), dense: None });
        let mut hits: Vec<Hit> = found.filter(|hit| hit.lexical > 0.0).collect();
        hits.sort_by(|a, b| b.lexical.total_cmp(&a.lexical).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
        hits.truncate(query.n_candidates);
        Ok(StoreHits { generation: 1, terms, hits })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Err(StoreError::NoIndex)
    }

    async fn passages(&self, _: &[DocumentId], _: &[String]) -> Result<Vec<Chunk>, StoreError> {
        Ok(Vec::new())
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        Ok(Arc::clone(&self.records))
    }
}

pub(crate) fn chunk(id: &str, text: &str, access: &str, fields: &[(&str, Value)]) -> Chunk {
    let (document, _) = id.split_once('#').unwrap();
    let source = document.split('/').next().unwrap();
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let document = Metadata {
        access: vec![access.to_owned()],
        fields,
        ..Metadata::new(DocumentId::from_text(document), source, Origin::File { path: id.into() }, document)
    };
    Chunk {
        id: id.into(),
        document: Arc::new(document),
        heading: vec![],
        text: text.into(),
        tokens: 10,
        offsets: OffsetMap::identity(text.len()),
        parts: vec![],
        sections: vec![],
    }
}
