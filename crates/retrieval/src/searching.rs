//! One question, asked of one index: candidates, fused, looked at closer, in order.

use siren_domain::Passage;
use siren_domain::document::{EVERYONE, Metadata};
use siren_domain::ports::{RetrievalRequest, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_text::kinds;

use crate::fusion::fused;
use crate::linked::Asking;
use crate::rerank::reranked;
use crate::retriever::PassageRetriever;
use crate::signals::{Closer, look_closer};
use crate::understanding::days::{days, spellings};

/// Passages of one document, as long as there are others: what one document does not tell in three, another may.
const OF_ONE: usize = 3;
/// Records of one source are told alike: the same of them, unless several things are asked for.
const RECORDS_OF_ONE: usize = 3;

/// What was found for a question.
pub(crate) struct Found {
    pub(crate) generation: u64,
    pub(crate) terms: Vec<TermWeight>,
    /// Best first.
    pub(crate) passages: Vec<Passage>,
    /// How many of them are of the years that were asked for, from the first on.
    pub(crate) within: usize,
    /// Whether only some years were asked for.
    pub(crate) narrowed: bool,
}

impl Found {
    /// Whether the years were given up because nothing was found within them.
    pub(crate) fn widened(&self) -> bool {
        self.narrowed && self.within == 0 && !self.passages.is_empty()
    }

    /// How many passages an answer may be made from.
    pub(crate) fn usable(&self) -> usize {
        if self.narrowed && !self.widened() { self.within } else { self.passages.len() }
    }
}

impl PassageRetriever {
    /// What is found for the question that is asked.
    pub(crate) async fn found(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        top_k: usize,
    ) -> Result<Found, StoreError> {
        let mut query = self.query(asking, request, top_k).await;
        let mut hits = asking.store.search(&query).await?;
        let mut passages = self.kept(asking, &mut hits, top_k).await;
        asking.give_way(&mut passages);
        let within = passages.len();
        let narrowed = !query.years.is_empty();
        if narrowed && within < top_k {
            // Years narrow what an answer is made from, but they never hide that there is something else.
            query.years.clear();
            let mut others = asking.store.search(&query).await?;
            let others = self.kept(asking, &mut others, top_k).await;
            add_others(&mut passages, others, top_k);
        }
        let StoreHits { generation, terms, .. } = hits;
        Ok(Found { generation, terms, passages, within, narrowed })
    }

    async fn kept(&self, asking: &Asking<'_>, found: &mut StoreHits, top_k: usize) -> Vec<Passage> {
        let mut passages = fused(std::mem::take(&mut found.hits), self.settings.fusion);
        let closer = Closer::new(asking, &found.terms);
        look_closer(&closer, self.settings.fusion, &mut passages, self.settings.looked_at);
        if let Some(reranker) = &self.reranker {
            passages = reranked(reranker.as_ref(), asking.question, passages, self.settings.reranked).await;
        }
        let records = if kinds::asks_for_several(asking.question) { top_k } else { RECORDS_OF_ONE };
        spread(passages, top_k, records)
    }

    /// Without an answer from the embedder, terms alone find most of it: that is better than no answer.
    async fn vector(&self, question: &str) -> Option<Vec<f32>> {
        match self.embedder.as_ref()?.embed_question(question).await {
            Ok(vector) => Some(vector),
            Err(error) => {
                tracing::warn!("questions are searched by terms alone: {error}");
                None
            }
        }
    }

    async fn query(&self, asking: &Asking<'_>, request: &RetrievalRequest, top_k: usize) -> StoreQuery {
        let mut terms = self.analyser.question_terms(asking.question);
        let other_words = days(asking.question).into_iter().map(spellings);
        let kinds = kinds::asked(asking.question).into_iter().map(|kind| kind.names().to_owned());
        let met = self.aliases.met(asking.question).into_iter();
        let other_names = met.flat_map(|(_, others)| others.into_iter().map(str::to_owned));
        for words in other_words.chain(kinds).chain(other_names) {
            let more = self.analyser.terms(&words).into_iter();
            // Once each: it is one thing in other words.
            terms.extend(more.filter(|term| !terms.contains(term)).collect::<Vec<_>>());
        }
        StoreQuery {
            terms,
            vector: self.vector(asking.question).await,
            groups: asking.groups.to_vec(),
            years: asking.years.to_vec(),
            facets: request.facets.clone(),
            n_candidates: self.settings.n_candidates.max(top_k),
        }
    }
}

/// The first passages, with no more than a few of one document, and so many records of one source, as long as there are
/// others.
fn spread(passages: Vec<Passage>, top_k: usize, records: usize) -> Vec<Passage> {
    let mut kept: Vec<Passage> = Vec::with_capacity(top_k);
    let mut further = Vec::new();
    for passage in passages {
        let meta = &passage.chunk.document;
        let is_record = |meta: &Metadata| !meta.fields.is_empty();
        let (mut of_document, mut of_source) = (0, 0);
        for other in kept.iter().map(|other| &other.chunk.document) {
            of_document += usize::from(other.id == meta.id);
            of_source += usize::from(is_record(other) && is_record(meta) && other.source == meta.source);
        }
        let fits = kept.len() < top_k && of_document < OF_ONE && of_source < records;
        if fits { kept.push(passage) } else { further.push(passage) }
    }
    further.truncate(top_k - kept.len());
    kept.append(&mut further);
    in_order(&mut kept);
    kept
}

/// Passages that change places keep the order of scores: each is below the one before.
pub(crate) fn in_order(passages: &mut [Passage]) {
    let mut above = f32::INFINITY;
    for passage in passages {
        above = passage.score.min(above.next_down());
        passage.score = above;
    }
}

/// The groups of an asker, who is one of everyone.
pub(crate) fn with_everyone(groups: &[String]) -> Vec<String> {
    let mut groups = groups.to_vec();
    groups.push(EVERYONE.to_owned());
    groups.sort();
    groups.dedup();
    groups
}

/// Puts others behind the passages, as long as there is room.
pub(crate) fn add_others(passages: &mut Vec<Passage>, others: Vec<Passage>, top_k: usize) {
    for other in others {
        if passages.len() < top_k && passages.iter().all(|passage| passage.chunk.id != other.chunk.id) {
            passages.push(other);
        }
    }
}
