//! Asks the store and orders what comes back.

use std::sync::Arc;

use async_trait::async_trait;
use siren_domain::Passage;
use siren_domain::document::EVERYONE;
use siren_domain::ports::{
    Embedder, Fate, Hit, PassageStore, Reranker, RetrievalRequest, Retrieved, Retriever, StoreError,
    StoreHits, StoreQuery,
};
use siren_text::Analyser;

use crate::context::fates;
use crate::fusion::{Fusion, fused};
use crate::linked::{Asking, Cache};
use crate::rerank::reranked;

/// How much is fetched, kept and put before a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetrievalSettings {
    /// Chunks fetched from each retriever.
    pub n_candidates: usize,
    /// Passages kept.
    pub top_k: usize,
    /// Tokens that the passages of a prompt may have together.
    pub context_tokens: usize,
    /// Records that may come with the passages of a prompt.
    pub linked_records: usize,
    /// How terms and meaning become one order, where there is an embedder.
    pub fusion: Fusion,
    /// Passages that a reranker is shown, where there is one.
    pub reranked: usize,
}

/// Retrieves passages from a store.
pub struct PassageRetriever {
    store: Arc<dyn PassageStore>,
    settings: RetrievalSettings,
    analyser: Analyser,
    cache: Cache,
    embedder: Option<Arc<dyn Embedder>>,
    reranker: Option<Arc<dyn Reranker>>,
}

impl PassageRetriever {
    /// A retriever over `store`.
    pub fn new(store: Arc<dyn PassageStore>, settings: RetrievalSettings) -> Self {
        Self {
            store,
            settings,
            analyser: Analyser::default(),
            cache: Cache::default(),
            embedder: None,
            reranker: None,
        }
    }

    /// The same retriever, which also looks for what a question means: by the embedder that made the store's index.
    pub fn with_embedder(mut self, embedder: Option<Arc<dyn Embedder>>) -> Self {
        self.embedder = embedder;
        self
    }

    /// The same retriever, which shows its first passages to a reranker.
    pub fn with_reranker(mut self, reranker: Option<Arc<dyn Reranker>>) -> Self {
        self.reranker = reranker;
        self
    }

    /// The same retriever with another analyser than the built-in one: that which made the store's index.
    pub fn with_analyser(mut self, analyser: Analyser) -> Self {
        self.analyser = analyser;
        self
    }

    async fn kept(&self, question: &str, hits: Vec<Hit>, top_k: usize) -> Vec<Passage> {
        let mut passages = fused(hits, self.settings.fusion);
        if let Some(reranker) = &self.reranker {
            passages = reranked(reranker.as_ref(), question, passages, self.settings.reranked).await;
        }
        passages.truncate(top_k);
        passages
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

    async fn query(&self, request: &RetrievalRequest, top_k: usize) -> StoreQuery {
        let mut groups = request.groups.clone();
        groups.push(EVERYONE.to_owned());
        groups.sort();
        groups.dedup();
        StoreQuery {
            terms: self.analyser.question_terms(&request.question),
            vector: self.vector(&request.question).await,
            groups,
            years: request.years.clone(),
            facets: request.facets.clone(),
            n_candidates: self.settings.n_candidates.max(top_k),
        }
    }
}

#[async_trait]
impl Retriever for PassageRetriever {
    async fn retrieve(&self, request: &RetrievalRequest) -> Result<Retrieved, StoreError> {
        let top_k = request.top_k.unwrap_or(self.settings.top_k);
        let query = self.query(request, top_k).await;
        // A generation that was pruned while it was asked: another one is served by now.
        match self.retrieve_from(&self.one_index().await?, request, query.clone(), top_k).await {
            Err(StoreError::NoGeneration(_)) => {
                self.retrieve_from(&self.one_index().await?, request, query, top_k).await
            }
            retrieved => retrieved,
        }
    }
}

impl PassageRetriever {
    /// What is live now, for the whole of a question.
    async fn one_index(&self) -> Result<Arc<dyn PassageStore>, StoreError> {
        Ok(self.store.view().await?.unwrap_or_else(|| Arc::clone(&self.store)))
    }

    async fn retrieve_from(
        &self,
        store: &Arc<dyn PassageStore>,
        request: &RetrievalRequest,
        mut query: StoreQuery,
        top_k: usize,
    ) -> Result<Retrieved, StoreError> {
        let mut found = store.search(&query).await?;
        let known = self.cache.known(store.as_ref()).await?;
        let groups = query.groups.clone();
        let mut asking = Asking {
            store: store.as_ref(),
            known: &known,
            question: &request.question,
            groups: &groups,
            most: self.settings.linked_records,
            budget: 0,
        };
        let mut passages = self.kept(&request.question, std::mem::take(&mut found.hits), top_k).await;
        asking.give_way(&mut passages);
        let within = passages.len();
        let narrowed = !query.years.is_empty();
        if narrowed && within < top_k {
            // Years narrow what an answer is made from, but they never hide that there is something else.
            query.years.clear();
            let StoreHits { hits, .. } = store.search(&query).await?;
            let others = self.kept(&request.question, hits, top_k).await;
            passages = with_others(passages, others, top_k);
        }
        let widened = narrowed && within == 0 && !passages.is_empty();
        let usable = if narrowed && !widened { within } else { passages.len() };
        // Whether two passages say the same is told well enough without a dictionary.
        let mut fates = fates(&passages[..usable], self.settings.context_tokens);
        fates.resize(passages.len(), Fate::OtherYears);
        let context: Vec<usize> = (0..usable).filter(|at| fates[*at] == Fate::InContext).collect();
        let spent: usize = context.iter().map(|at| passages[*at].chunk.tokens as usize).sum();
        asking.budget = self.settings.context_tokens.saturating_sub(spent);
        let (linked, conflicts) = asking.travelling(&passages, &context).await?;
        let StoreHits { generation, terms, .. } = found;
        Ok(Retrieved { generation, terms, passages, fates, linked, conflicts, widened })
    }
}

fn with_others(mut passages: Vec<Passage>, others: Vec<Passage>, top_k: usize) -> Vec<Passage> {
    for other in others {
        if passages.len() < top_k && passages.iter().all(|passage| passage.chunk.id != other.chunk.id) {
            passages.push(other);
        }
    }
    passages
}
