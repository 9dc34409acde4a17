//! What does a tool do? It looks, asks or reads for its caller; whatever goes wrong is told as the tool's result.

use std::time::Instant;

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use siren_domain::ports::{Authenticated, RetrievalRequest, StoreError};
use siren_domain::{DocumentId, Question};

use super::shapes::{Answered, Asked, FoundPassages, Page, Read, Searched};
use crate::App;
use crate::admission::Admitted;
use crate::answering::Answering;
use crate::error::ApiError;

/// Calls of one caller.
pub(super) struct Calls<'a> {
    pub(super) app: &'a App,
    pub(super) caller: Authenticated,
}

impl Calls<'_> {
    pub(super) async fn search(&self, arguments: JsonObject) -> CallToolResult {
        shown(self.searched(arguments).await)
    }

    pub(super) async fn ask(&self, arguments: JsonObject) -> CallToolResult {
        shown(self.asked(arguments).await)
    }

    pub(super) async fn read(&self, arguments: JsonObject) -> CallToolResult {
        shown(self.document(arguments).await)
    }

    async fn searched(&self, arguments: JsonObject) -> Result<FoundPassages, String> {
        let Searched { query, limit, facets } = arguments_of(arguments)?;
        self.check_length("query", &query)?;
        let _permit = self.permit().await?;
        let limit = usize::try_from(limit.clamp(1, 50)).unwrap_or(50);
        let request = RetrievalRequest {
            question: query,
            groups: self.caller.principal.groups.clone(),
            years: Vec::new(),
            events: Vec::new(),
            facets: one_each(facets)?,
            top_k: Some(limit),
        };
        let found = self.in_time(self.app.library.search(&request)).await?;
        let mut shelf = found.map_err(|error| told(&error).message)?;
        shelf.passages.truncate(limit);
        Ok(shelf.into())
    }

    async fn asked(&self, arguments: JsonObject) -> Result<Answered, String> {
        let Asked { question, facets } = arguments_of(arguments)?;
        self.check_length("question", &question)?;
        let (id, begun) = (self.app.next_id(), Instant::now());
        let mut asking = self.app.audit.asking(&self.caller, &question, &id);
        let admitted = self.app.admission.admit().await.inspect_err(|error| asking.failed(error.code));
        let _permit = admitted.map_err(|error| error.message)?;
        let groups = self.caller.principal.groups.clone();
        let asker = self.caller.principal.name.clone();
        let question = Question { asker, groups, facets: one_each(facets)?, ..Question::new(question) };
        let answer = Answering::of(self.app, question).whole().await;
        let answer = answer.map_err(|failure| {
            let error = failure.told(&id, "question");
            asking.failed(error.code);
            error.message
        })?;
        asking.answered(&answer);
        tracing::info!(
            id,
            by = "mcp",
            grounded = answer.grounded,
            citations = answer.citations.len(),
            ms = begun.elapsed().as_secs_f64() * 1_000.0,
            "answered"
        );
        Ok(Answered::from(answer.as_ref()))
    }

    async fn document(&self, arguments: JsonObject) -> Result<Page, String> {
        let Read { id, from, max_chars } = arguments_of(arguments)?;
        let _permit = self.permit().await?;
        let id = DocumentId::from_text(id);
        let read = self.in_time(self.app.library.read(&id, &self.caller.principal.groups)).await?;
        // What may not be read is told like what is not there.
        let document = read.map_err(|error| told(&error).message)?.ok_or(
            "There is no such document that you may read: `search` tells the ids of those there are.",
        )?;
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Page::of(&document, number(from), number(max_chars.clamp(1, 100_000))))
    }

    fn check_length(&self, name: &str, text: &str) -> Result<(), String> {
        let (length, most) = (text.chars().count(), self.app.limits.question_chars);
        if text.trim().is_empty() {
            return Err(format!("`{name}` is empty: write there what you want to know."));
        }
        if length > most {
            return Err(format!("`{name}` is {length} characters long and the limit is {most}: shorten it."));
        }
        Ok(())
    }

    async fn permit(&self) -> Result<Admitted, String> {
        self.app.admission.admit().await.map_err(|error| error.message)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, String> {
        let done = tokio::time::timeout(self.app.limits.answer_time, work).await;
        done.map_err(|_elapsed| ApiError::answer_timeout().message)
    }
}

/// A call's result, or what went wrong, in a form that the client's model is shown.
fn shown(done: Result<impl Serialize, String>) -> CallToolResult {
    match done.map(|done| serde_json::to_value(done)) {
        Ok(Ok(value)) => CallToolResult::structured(value),
        Ok(Err(error)) => {
            tracing::error!(%error, "a tool's result could not be written");
            CallToolResult::error(vec![ContentBlock::text(ApiError::internal().message)])
        }
        Err(message) => CallToolResult::error(vec![ContentBlock::text(message)]),
    }
}

fn arguments_of<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("The arguments are wrong: {error}: see the tool's schema."))
}

/// Every facet must hold.
fn one_each(facets: Vec<String>) -> Result<Vec<Vec<String>>, String> {
    let wrong = facets.iter().find(|facet| !facet.contains('='));
    match wrong {
        Some(_) => Err("A facet must be written `NAME=VALUE`, such as `language=ko`.".to_owned()),
        None => Ok(facets.into_iter().map(|facet| vec![facet]).collect()),
    }
}

/// Writes the cause to the log, and says what the client may know.
fn told(error: &StoreError) -> ApiError {
    let told = match error {
        StoreError::Failed { .. } => ApiError::unavailable(),
        _ => ApiError::not_ready(),
    };
    tracing::error!(code = told.code, cause = %error, "no search");
    told
}
