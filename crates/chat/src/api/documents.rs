//! What may the asker find, read and ask?

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::json;
use siren_domain::ports::state::{FeedbackQuery, Feedbacks, StoredAnswer, Thumb};
use siren_domain::ports::{RetrievalRequest, StoreError};
use siren_domain::{DocumentId, Origin, Principal};

use super::Api;
use super::describe::{Operation, Routes};
use super::input::{Asker, Query, named};
use super::shapes::{DocumentShape, Found, PassageShape, Suggestions};
use crate::error::ApiError;

/// Praised answers that are looked at for questions to suggest.
const PRAISED: usize = 20;

/// What was found of them holds for so long: it costs many looks into state and index, and a page asks for it whenever it
/// is opened.
const HOLDS: Duration = Duration::from_secs(10);

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let limit = |most: u64| json!({ "type": "integer", "minimum": 1, "maximum": most });
    let q = json!({ "type": "string", "minLength": 1, "maxLength": 1000, "pattern": "[\\p{L}\\p{N}]" });
    let search = Operation::new("documents", "Searches the documents that the asker may read")
        .required_query("q", "what to look for, with a letter or digit in it", &q)
        .query("limit", "at most so many passages", &limit(100))
        .gives::<Found>(200, "What was found.");
    let read = Operation::new("documents", "Reads a document that the asker may read")
        .path("id", "the document's id, such as `takeaways/summit.md`, its slashes written as `%2F`");
    let suggest = Operation::new("documents", "Suggests questions that documents the asker may read answer")
        .query("limit", "at most so many", &limit(20))
        .gives::<Suggestions>(200, "The questions.");
    routes
        .get("/api/search", find, search)
        .get("/api/documents/{id}", read_it, read.gives::<DocumentShape>(200, "The document."))
        .get("/api/suggestions", suggested, suggest)
}

/// What a client is told of a store's failures; the cause goes to the log.
pub(crate) fn told(error: &StoreError) -> ApiError {
    let shown = match error {
        StoreError::NoIndex | StoreError::Mismatch(_) | StoreError::Busy(_) => ApiError::not_ready(),
        StoreError::NoGeneration(_) => ApiError::no_such_thing(),
        StoreError::Failed { .. } => ApiError::unavailable(),
    };
    tracing::error!(code = shown.code, %error, "the index");
    shown
}

async fn find(State(api): State<Api>, Asker(asker): Asker, uri: Uri) -> Result<Json<Found>, ApiError> {
    let query = Query::read(&uri, &["q", "limit"])?;
    let limit = query.limit(10, 100)?;
    let question = query.text("q", 1_000)?.filter(|q| q.chars().any(char::is_alphanumeric));
    let Some(question) = question else {
        return Err(ApiError::field("q", "invalid_parameter", "`q` is missing: write what to look for."));
    };
    let request = RetrievalRequest {
        question,
        groups: asker.groups,
        top_k: Some(limit),
        ..RetrievalRequest::default()
    };
    let _admitted = api.app.admission.admit().await?;
    let found = in_time(&api, api.parts.library.search(&request)).await?;
    let shelf = found.map_err(|error| told(&error))?;
    let results = shelf.passages.iter().take(limit).map(PassageShape::of).collect();
    Ok(Json(Found { generation: shelf.generation, results }))
}

async fn read_it(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<DocumentShape>, ApiError> {
    let id = DocumentId::from_text(named(id)?);
    let _admitted = api.app.admission.admit().await?;
    let read = in_time(&api, api.parts.library.read(&id, &asker.groups)).await?;
    let read = read.map_err(|error| told(&error))?;
    let Some(read) = read else { return Err(ApiError::no_such_thing()) };
    let meta = &read.meta;
    let place = match &meta.origin {
        Origin::File { path } => path.clone(),
        Origin::Row { database, table, key } => format!("{database}/{table}/{key}"),
    };
    Ok(Json(DocumentShape {
        id: meta.id.to_string(),
        title: meta.title.clone(),
        source: meta.source.clone(),
        event: meta.event.clone(),
        date: meta.date,
        owner: meta.owner.clone(),
        url: meta.url.clone(),
        tags: meta.tags.clone(),
        language: meta.language.clone(),
        place,
        text: read.text,
    }))
}

/// First what others were content to have asked, then what the documents tell.
async fn suggested(
    State(api): State<Api>,
    Asker(asker): Asker,
    uri: Uri,
) -> Result<Json<Suggestions>, ApiError> {
    let limit = Query::read(&uri, &["limit"])?.limit(6, 20)?;
    let _admitted = api.app.admission.admit().await?;
    let looked =
        async { (praised(&api, &asker).await, api.parts.hints.suggestions(&asker.groups, limit).await) };
    let (mut suggestions, hints) = in_time(&api, looked).await?;
    suggestions.truncate(limit / 2);
    let hints = hints.map_err(|error| told(&error))?;
    for hint in hints {
        if suggestions.len() < limit && !suggestions.contains(&hint) {
            suggestions.push(hint);
        }
    }
    Ok(Json(Suggestions { suggestions }))
}

/// What an asker waits for no longer than for an answer.
async fn in_time<T>(api: &Api, work: impl Future<Output = T>) -> Result<T, ApiError> {
    let done = tokio::time::timeout(api.app.limits.answer_time, work).await;
    done.map_err(|_elapsed| {
        tracing::error!(code = "timeout", "the documents: the time is up");
        ApiError::answer_timeout()
    })
}

/// Questions, and when they were found.
type Shown = (Instant, Vec<String>);

/// What members of the same groups were shown a moment ago.
#[derive(Default)]
pub(crate) struct Praised(Mutex<HashMap<Vec<String>, Shown>>);

impl Praised {
    fn get(&self, groups: &[String]) -> Option<Vec<String>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(groups).filter(|(at, _)| at.elapsed() < HOLDS).map(|(_, questions)| questions.clone())
    }

    fn put(&self, groups: &[String], questions: &[String]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| at.elapsed() < HOLDS);
        kept.insert(groups.to_vec(), (Instant::now(), questions.to_vec()));
    }
}

/// Questions with praised answers that cite only what this asker may read. Without the state there are none.
async fn praised(api: &Api, asker: &Principal) -> Vec<String> {
    if let Some(questions) = api.praised.get(&asker.groups) {
        return questions;
    }
    let questions = praised_now(api, asker).await;
    api.praised.put(&asker.groups, &questions);
    questions
}

async fn praised_now(api: &Api, asker: &Principal) -> Vec<String> {
    let query = FeedbackQuery { thumb: Some(Thumb::Up), since: 0, limit: PRAISED };
    let said = Feedbacks::list(api.state(), &query).await.unwrap_or_default();
    let (mut questions, mut seen) = (Vec::new(), BTreeSet::new());
    for feedback in said {
        let Ok(answer) = api.state().answer(&feedback.answer).await else { continue };
        if seen.insert(answer.question.clone()) && may_see(api, asker, &answer).await {
            questions.push(answer.question);
        }
    }
    questions
}

async fn may_see(api: &Api, asker: &Principal, answer: &StoredAnswer) -> bool {
    let cited: BTreeSet<&DocumentId> = answer.told.citations.iter().map(|cited| &cited.document_id).collect();
    for id in &cited {
        if !matches!(api.parts.library.read(id, &asker.groups).await, Ok(Some(_))) {
            return false;
        }
    }
    answer.told.grounded && !cited.is_empty()
}
