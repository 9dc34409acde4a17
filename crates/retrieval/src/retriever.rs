//! Asks the store and orders what comes back.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use siren_domain::Mended;
use siren_domain::ports::{
    Embedder, PassageStore, QuestionPart, Reranker, RetrievalRequest, Retrieved, Retriever, StoreError,
};
use siren_text::Analyser;

use crate::fusion::Fusion;
use crate::linked::{Asking, Cache, Known};
use crate::searching::{Found, with_everyone};
use crate::several::{Several, together};
use crate::understanding::aliases::Aliases;
use crate::understanding::mending::Mending;
use crate::understanding::order::Order;
use crate::understanding::parts::{parts, speaks_of};

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
    /// Passages whose words are looked at closer than BM25 does; 0 for no such look.
    pub looked_at: usize,
    /// Passages that a reranker is shown, where there is one.
    pub reranked: usize,
    /// Whether words that the index does not have are put right.
    pub mend: bool,
    /// Whether a question of two things is looked for twice.
    pub split: bool,
}

/// Retrieves passages from a store.
pub struct PassageRetriever {
    store: Arc<dyn PassageStore>,
    pub(crate) settings: RetrievalSettings,
    pub(crate) analyser: Analyser,
    cache: Cache,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) reranker: Option<Arc<dyn Reranker>>,
    pub(crate) orders: Vec<Order>,
    pub(crate) aliases: Arc<Aliases>,
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
            orders: Vec::new(),
            aliases: Arc::default(),
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

    /// The same retriever, which knows these other names of things.
    pub fn with_aliases(mut self, aliases: Arc<Aliases>) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same retriever, which knows that records stand in these orders.
    pub fn with_orders(mut self, orders: Vec<Order>) -> Self {
        self.orders = orders;
        self
    }
}

#[async_trait]
impl Retriever for PassageRetriever {
    async fn retrieve(&self, request: &RetrievalRequest) -> Result<Retrieved, StoreError> {
        // A generation that was pruned while it was asked: another one is served by now.
        match self.retrieve_from(&self.one_index().await?, request).await {
            Err(StoreError::NoGeneration(_)) => self.retrieve_from(&self.one_index().await?, request).await,
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
    ) -> Result<Retrieved, StoreError> {
        let groups = with_everyone(&request.groups);
        let known = self.cache.known(store.as_ref()).await?;
        let (question, mended) = self.mended(store.as_ref(), &known, &request.question, &groups).await?;
        let mut asking = Asking {
            store: store.as_ref(),
            known: &known,
            question: &question,
            groups: &groups,
            years: &request.years,
            events: &request.events,
            by_terms_alone: &AtomicBool::new(false),
            most: self.settings.linked_records,
            budget: 0,
        };
        let top_k = request.top_k.unwrap_or(self.settings.top_k);
        let mut found = self.found(&asking, request, top_k).await?;
        let pointed = self.pointed(&asking, request, &mut found, top_k).await?;
        let (found, parts) = match pointed {
            Some(_) => (found, Vec::new()),
            None => self.with_parts(&asking, request, found, top_k).await?,
        };
        let absent = if pointed.is_none() { self.absent(&asking, &found).await? } else { Vec::new() };
        let mut retrieved = self.in_context(&mut asking, found, &parts).await?;
        retrieved.looked_for = (question != request.question).then(|| question.clone());
        Ok(Retrieved { mended, parts, pointed, absent, ..retrieved })
    }

    async fn mended(
        &self,
        store: &dyn PassageStore,
        known: &Known,
        question: &str,
        groups: &[String],
    ) -> Result<(String, Vec<Mended>), StoreError> {
        let mending = Mending { store, groups, names: known.words_of_names() };
        let (question, mut told) = mending.by_other_names(question, &self.aliases).await?;
        if !self.settings.mend {
            return Ok((question, told));
        }
        let (question, mut mended) = mending.mended(&question).await?;
        told.append(&mut mended);
        Ok((question, told))
    }

    /// The passages of all that is asked, where it is several things.
    async fn with_parts(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        whole: Found,
        top_k: usize,
    ) -> Result<(Found, Vec<QuestionPart>), StoreError> {
        let asked = if self.settings.split { parts(asking.question) } else { Vec::new() };
        let mut several = Vec::with_capacity(asked.len());
        for question in asked {
            let years = named_in(asking.years, |year| speaks_of(&question, *year));
            let events = named_in(asking.events, |event| question.contains(event.as_str()));
            let of_part = Asking { question: &question, years: &years, events: &events, ..*asking };
            let found = self.found(&of_part, request, top_k).await?;
            several.push(Several { question, found });
        }
        Ok(together(whole, several, top_k))
    }
}

/// Those that a part of the question names, or all of them where it names none.
fn named_in<T: Clone>(all: &[T], is_named: impl Fn(&T) -> bool) -> Vec<T> {
    let named: Vec<T> = all.iter().filter(|one| is_named(one)).cloned().collect();
    if named.is_empty() { all.to_vec() } else { named }
}
