//! The pipeline in force: questions that have begun keep theirs, the next ones get the new one.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures::stream::BoxStream;
use siren_domain::ports::Assistant;
use siren_domain::{AnswerEvent, AskError, Basis, Question};

/// A pipeline that can be exchanged while it is asked.
pub(crate) struct CurrentAssistant(RwLock<Arc<dyn Assistant>>);

impl CurrentAssistant {
    pub(crate) fn new(assistant: Arc<dyn Assistant>) -> Self {
        Self(RwLock::new(assistant))
    }

    pub(crate) fn exchange(&self, assistant: Arc<dyn Assistant>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = assistant;
    }

    fn now(&self) -> Arc<dyn Assistant> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Assistant for CurrentAssistant {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        self.now().ask(question)
    }

    fn answer_again(&self, basis: Basis, model: &str) -> BoxStream<'static, AnswerEvent> {
        self.now().answer_again(basis, model)
    }

    async fn ready(&self) -> Result<(), AskError> {
        self.now().ready().await
    }
}
