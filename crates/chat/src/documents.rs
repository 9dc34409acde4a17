//! What stands in a document, and which documents tell of something? For the page's panel and for whoever looks
//! something up: `GET /api/documents/{id}` and `GET /api/search`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use siren_domain::ports::{ReadDocument, RetrievalRequest, StoreError};
use siren_domain::{DocumentId, Locator, PartialDate, Passage, Principal};

use crate::App;
use crate::error::ApiError;

const MOST_PASSAGES: usize = 50;

/// A document as the asker may read it.
#[derive(Serialize)]
struct Document<'a> {
    id: &'a DocumentId,
    title: &'a str,
    source: &'a str,
    event: Option<&'a str>,
    date: Option<PartialDate>,
    owner: Option<&'a str>,
    url: Option<&'a str>,
    tags: &'a [String],
    language: Option<&'a str>,
    text: &'a str,
}

impl<'a> From<&'a ReadDocument> for Document<'a> {
    fn from(read: &'a ReadDocument) -> Self {
        let meta = read.meta.as_ref();
        Self {
            id: &meta.id,
            title: &meta.title,
            source: &meta.source,
            event: meta.event.as_deref(),
            date: meta.date,
            owner: meta.owner.as_deref(),
            url: meta.url.as_deref(),
            tags: &meta.tags,
            language: meta.language.as_deref(),
            text: &read.text,
        }
    }
}

#[derive(Serialize)]
struct Found<'a> {
    generation: u64,
    results: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    chunk_id: &'a str,
    document_id: &'a DocumentId,
    title: &'a str,
    text: &'a str,
    locator: Locator,
    url: Option<&'a str>,
    date: Option<PartialDate>,
    score: f32,
}

impl<'a> From<&'a Passage> for Shown<'a> {
    fn from(passage: &'a Passage) -> Self {
        let (chunk, document) = (&passage.chunk, passage.chunk.document.as_ref());
        Self {
            chunk_id: &chunk.id,
            document_id: &document.id,
            title: &document.title,
            text: &chunk.text,
            locator: chunk.locator(0..0),
            url: document.url.as_deref(),
            date: document.date,
            score: passage.score,
        }
    }
}

/// What is looked for.
#[derive(Deserialize)]
pub(crate) struct Sought {
    q: String,
    limit: Option<usize>,
}

/// The groups of whoever asks; without anybody who checks, everyone's alone.
fn groups(principal: Option<Extension<Principal>>) -> Vec<String> {
    principal.map_or_else(Vec::new, |Extension(principal)| principal.groups)
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    principal: Option<Extension<Principal>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    // What may not be read is told like what is not there.
    let gone = || {
        ApiError::not_found(
            "document_not_found",
            "There is no such document that you may read: it may have been removed since it was cited.",
        )
    };
    let id = DocumentId::from_text(id.map_err(|_not_text| gone())?.0);
    let _permit = permit(&app)?;
    let read = app.library.read(&id, &groups(principal)).await.map_err(|error| told(&error))?;
    let read = read.ok_or_else(gone)?;
    Ok(Json(Document::from(&read)).into_response())
}

pub(crate) async fn search(
    State(app): State<Arc<App>>,
    principal: Option<Extension<Principal>>,
    sought: Result<Query<Sought>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Sought { q, limit }) = sought.map_err(|_wrong| {
        ApiError::field(
            "q",
            "invalid_query",
            "Send what to look for as `q` and, if you like, a number as `limit`.",
        )
    })?;
    let (length, most) = (q.chars().count(), app.limits.question_chars);
    if q.trim().is_empty() {
        return Err(ApiError::field("q", "empty_query", "`q` is empty: write what to look for."));
    }
    if length > most {
        let message = format!("`q` is {length} characters long and the limit is {most}: shorten it.");
        return Err(ApiError::field("q", "question_too_long", message));
    }
    let limit = limit.unwrap_or(10);
    if !(1..=MOST_PASSAGES).contains(&limit) {
        let message = format!("`limit` must be between 1 and {MOST_PASSAGES}.");
        return Err(ApiError::field("limit", "invalid_limit", message));
    }
    let _permit = permit(&app)?;
    let groups = groups(principal);
    let request = RetrievalRequest { question: q, groups, top_k: Some(limit), ..RetrievalRequest::default() };
    let shelf = app.library.search(&request).await.map_err(|error| told(&error))?;
    let results = shelf.passages.iter().take(limit).map(Shown::from).collect();
    Ok(Json(Found { generation: shelf.generation, results }).into_response())
}

fn permit(app: &App) -> Result<tokio::sync::SemaphorePermit<'_>, ApiError> {
    app.permits.try_acquire().map_err(|_full| ApiError::saturated())
}

/// Writes the cause to the log, and says what the client may know.
pub(crate) fn told(error: &StoreError) -> ApiError {
    let told = match error {
        StoreError::Failed { .. } => ApiError::unavailable(),
        _ => ApiError::not_ready(),
    };
    tracing::error!(code = told.code, cause = %error, "no search");
    told
}
