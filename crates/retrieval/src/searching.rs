//! One question, asked of one index: candidates, fused, looked at closer, in order.

use std::sync::atomic::Ordering;

use siren_domain::Passage;
use siren_domain::document::{EVERYONE, Metadata};
use siren_domain::ports::{RetrievalRequest, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_text::kinds;

use crate::fusion::fused;
use crate::held::Held;
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
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) generation: u64,
    pub(crate) terms: Vec<TermWeight>,
    /// Best first.
    pub(crate) passages: Vec<Passage>,
    /// How many of them an answer may be made from, from the first on: those of the years and events that were asked for.
    pub(crate) usable: usize,
    /// Whether years were given up because nothing was found within them.
    pub(crate) other_years: bool,
    /// Whether events were given up because nothing was found of them.
    pub(crate) other_events: bool,
}

impl Found {
    /// Those that an answer may be made from.
    pub(crate) fn usable(&self) -> &[Passage] {
        &self.passages[..self.usable]
    }
}

/// What a search is narrowed to.
type Narrowed<'a> = (&'a [u16], &'a [String]);

/// What is asked for, then less and less of it: years are given up before events.
fn widening<'a>(asking: &Asking<'a>) -> Vec<Narrowed<'a>> {
    let mut all: Vec<Narrowed<'a>> = vec![(asking.years, asking.events), (&[], asking.events), (&[], &[])];
    all.dedup();
    all
}

impl PassageRetriever {
    /// What is found for the question that is asked.
    pub(crate) async fn found(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        top_k: usize,
    ) -> Result<Found, StoreError> {
        let mut query = self.query(asking, top_k).await;
        let mut found = Found::default();
        for (years, events) in widening(asking) {
            query.years = years.to_vec();
            query.facets = request.facets.clone();
            if !events.is_empty() {
                query.facets.push(events.iter().map(|event| format!("event={event}")).collect());
            }
            let mut hits = asking.store.search(&query).await?;
            let mut more = self.kept(asking, &mut hits, top_k).await;
            if found.passages.is_empty() {
                let held = Held::of(asking);
                // The record of what is asked about gives way to what tells the same alone.
                asking.give_way(&mut more, |passage, record| {
                    held.as_ref().is_none_or(|held| !held.is_of(record) || held.is_told_in(asking, passage))
                });
                (found.generation, found.terms) = (hits.generation, hits.terms);
                found.usable = more.len();
                found.other_years = !more.is_empty() && years != asking.years;
                found.other_events = !more.is_empty() && events != asking.events;
            }
            // Years and events narrow what an answer is made from, but they never hide that there is something else.
            add_others(&mut found.passages, more, top_k);
            if found.passages.len() >= top_k {
                break;
            }
        }
        Ok(found)
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
    async fn vector(&self, asking: &Asking<'_>) -> Option<Vec<f32>> {
        let embedder = self.embedder.as_ref()?;
        // What failed once is not waited for again by the other parts of a question.
        if asking.by_terms_alone.load(Ordering::Relaxed) {
            return None;
        }
        match embedder.embed_question(asking.question).await {
            Ok(vector) => Some(vector),
            Err(error) => {
                asking.by_terms_alone.store(true, Ordering::Relaxed);
                tracing::warn!("a question is searched by terms alone: {error}");
                None
            }
        }
    }

    async fn query(&self, asking: &Asking<'_>, top_k: usize) -> StoreQuery {
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
            vector: self.vector(asking).await,
            groups: asking.groups.to_vec(),
            n_candidates: self.settings.n_candidates.max(top_k),
            ..StoreQuery::default()
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
