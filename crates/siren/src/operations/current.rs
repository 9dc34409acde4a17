//! What is in force: what has begun keeps what it began with, what comes next gets the new one. All of it is exchanged at
//! once, so that no way in still follows settings that another has given up.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures::stream::BoxStream;
use siren_domain::ports::{
    Assistant, Dependency, Embedder, Hints, Library, ReadDocument, RetrievalRequest, Shelf, StoreError,
};
use siren_domain::{AnswerEvent, AskError, Basis, DocumentId, Question};

use super::parts::models;
use crate::commands::Failure;
use crate::wiring::Wiring;

/// What questions, searches and readers meet, made from one set of settings.
#[derive(Clone)]
pub(crate) struct InForce {
    assistant: Arc<dyn Assistant>,
    library: Arc<dyn Library>,
    hints: Arc<dyn Hints>,
    embedder: Option<Arc<dyn Embedder>>,
    models: Option<Arc<dyn Dependency>>,
}

impl InForce {
    pub(crate) fn by(wiring: &Wiring) -> Result<Self, Failure> {
        Ok(Self {
            assistant: wiring.assistant()?,
            library: wiring.library()?,
            hints: wiring.hints()?,
            embedder: wiring.embedder()?,
            models: models(&wiring.settings.settings)?,
        })
    }
}

/// What is in force, to be exchanged while it is used.
pub(crate) struct Current(RwLock<InForce>);

impl Current {
    pub(crate) fn new(in_force: InForce) -> Self {
        Self(RwLock::new(in_force))
    }

    pub(crate) fn exchange(&self, in_force: InForce) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = in_force;
    }

    fn now(&self) -> InForce {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What makes vectors.
    pub(crate) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.now().embedder
    }

    /// The models that answer, where there are such.
    pub(crate) fn models(&self) -> Option<Arc<dyn Dependency>> {
        self.now().models
    }
}

#[async_trait]
impl Assistant for Current {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        self.now().assistant.ask(question)
    }

    fn answer_again(&self, basis: Basis, model: &str, asker: &str) -> BoxStream<'static, AnswerEvent> {
        self.now().assistant.answer_again(basis, model, asker)
    }

    async fn ready(&self) -> Result<(), AskError> {
        self.now().assistant.ready().await
    }
}

#[async_trait]
impl Library for Current {
    async fn search(&self, request: &RetrievalRequest) -> Result<Shelf, StoreError> {
        self.now().library.search(request).await
    }

    async fn read(&self, id: &DocumentId, groups: &[String]) -> Result<Option<ReadDocument>, StoreError> {
        self.now().library.read(id, groups).await
    }
}

#[async_trait]
impl Hints for Current {
    fn masked(&self, text: &str) -> String {
        self.now().hints.masked(text)
    }

    async fn suggestions(&self, groups: &[String], most: usize) -> Result<Vec<String>, StoreError> {
        self.now().hints.suggestions(groups, most).await
    }
}
