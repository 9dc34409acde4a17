//! Which vectors stand for these texts? `POST /v1/embeddings`, by the encoder that the index is searched with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};
use siren_domain::ports::{EmbedError, Embedder};

use crate::error::ApiError;
use crate::request::{json_body, json_object, wrong_type};
use crate::{App, Limits, tokens};

/// What clients call the encoder, whatever it is; its own identity is heeded too.
pub(crate) const MODEL: &str = "siren-embedding";

/// So many bodies are held for each request that is worked on: they are large, and come as slowly as clients like.
pub(crate) const BODIES: usize = 8;

/// A request for vectors, as far as it is heeded.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    texts: Vec<String>,
    /// Base64 of little-endian floats, which is a third of the bytes.
    packed: bool,
}

#[derive(Serialize)]
struct Embeddings<'a> {
    object: &'static str,
    data: Vec<Embedding>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Numbers,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Numbers {
    Plain(Vec<f32>),
    Packed(String),
}

/// Token counts, estimated.
#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

pub(crate) async fn embed(State(app): State<Arc<App>>, request: Request) -> Response {
    match answer(&app, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn answer(app: &App, request: Request) -> Result<Response, ApiError> {
    // Before a byte of the body is read: none is held in vain.
    let Some(embedder) = (app.embedder)() else { return Err(no_encoder()) };
    let Ok(_place) = app.embedding_bodies.try_acquire() else { return Err(sent_away()) };
    let body = json_body(request, app.limits.body_time, app.limits.embedding_bytes).await?;
    let wanted = read(&json_object(&body, "input")?, embedder.as_ref(), &app.limits)?;
    drop(body);
    let Ok(_permit) = app.embedding_permits.try_acquire() else { return Err(sent_away()) };
    let made = tokio::time::timeout(app.limits.answer_time, embedder.embed(&wanted.texts)).await;
    let vectors = match made {
        Ok(Ok(vectors)) if vectors.len() == wanted.texts.len() => vectors,
        Ok(Ok(vectors)) => return Err(told(&format!("{} vectors came", vectors.len()))),
        Ok(Err(EmbedError::Unavailable(cause) | EmbedError::Protocol(cause))) => return Err(told(&cause)),
        Err(_elapsed) => return Err(told("the time for an answer is up")),
    };
    let tokens = wanted.texts.iter().map(|text| tokens::count(text)).sum();
    let numbered = vectors.into_iter().enumerate();
    let data = numbered.map(|(index, vector)| Embedding {
        object: "embedding",
        index,
        embedding: if wanted.packed { Numbers::Packed(packed(&vector)) } else { Numbers::Plain(vector) },
    });
    let embeddings = Embeddings {
        object: "list",
        data: data.collect(),
        model: MODEL,
        usage: Usage { prompt_tokens: tokens, total_tokens: tokens },
    };
    Ok(Json(embeddings).into_response())
}

fn sent_away() -> ApiError {
    tracing::warn!(code = "too_many_embeddings", "a request for vectors was sent away");
    ApiError::saturated_embeddings()
}

fn packed(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    BASE64_STANDARD.encode(bytes)
}

/// Writes the cause to the log, and says what the client may know.
fn told(cause: &str) -> ApiError {
    tracing::error!(code = "unavailable", cause, "no vectors");
    ApiError::unavailable()
}

fn no_encoder() -> ApiError {
    ApiError::no_model(
        "This server has no encoder, so it makes no vectors: whoever runs it can fetch one with `siren setup` or \
         name a server in the table `embedding` of its settings.",
    )
}

fn read(root: &Map<String, Value>, embedder: &dyn Embedder, limits: &Limits) -> Result<Wanted, ApiError> {
    // Vectors of another model than the one that was asked for would be compared with its own, and mean nothing.
    match root.get("model") {
        Some(Value::String(model)) if model == MODEL || model == embedder.identity() => {}
        Some(Value::String(_)) => {
            return Err(ApiError::no_model(format!(
                "There is no such model for vectors here: ask for `{MODEL}`."
            )));
        }
        None | Some(Value::Null) => return Err(missing("model", &format!("send `{MODEL}`"))),
        Some(_) => return Err(wrong_type("model", &format!("the string `{MODEL}`"))),
    }
    match root.get("dimensions") {
        None | Some(Value::Null) => {}
        Some(wanted) if wanted.as_u64() == Some(embedder.dimensions() as u64) => {}
        Some(_) => {
            let all = embedder.dimensions();
            return Err(ApiError::field(
                "dimensions",
                "unsupported_dimensions",
                format!("Vectors have {all} numbers here and are not shortened: leave `dimensions` out."),
            ));
        }
    }
    let packed = match root.get("encoding_format") {
        None | Some(Value::Null) => false,
        Some(Value::String(format)) if format == "float" => false,
        Some(Value::String(format)) if format == "base64" => true,
        Some(_) => return Err(wrong_type("encoding_format", "`float` or `base64`, or left out")),
    };
    Ok(Wanted { texts: texts(root.get("input"), limits.embedding_texts)?, packed })
}

fn texts(input: Option<&Value>, most: usize) -> Result<Vec<String>, ApiError> {
    let parts = match input {
        None | Some(Value::Null) => return Err(missing("input", "send a text or an array of texts")),
        Some(Value::String(text)) => return Ok(vec![filled("input", text)?]),
        Some(Value::Array(parts)) => parts,
        Some(_) => return Err(wrong_type("input", "a text or an array of texts")),
    };
    if parts.is_empty() {
        return Err(ApiError::field("input", "empty_array", "`input` is empty: send at least one text."));
    }
    if parts.iter().any(|part| part.is_number() || part.is_array()) {
        return Err(ApiError::field(
            "input",
            "unsupported_tokens",
            "`input` holds token numbers, which mean nothing to this encoder: send the texts themselves.",
        ));
    }
    if parts.len() > most {
        let sent = parts.len();
        return Err(ApiError::field(
            "input",
            "too_many_texts",
            format!("`input` holds {sent} texts and the limit is {most}: send them in several requests."),
        ));
    }
    let texts = parts.iter().enumerate().map(|(index, part)| {
        let path = format!("input[{index}]");
        match part {
            Value::String(text) => filled(&path, text),
            _ => Err(wrong_type(&path, "a text")),
        }
    });
    texts.collect()
}

fn filled(path: &str, text: &str) -> Result<String, ApiError> {
    if text.trim().is_empty() {
        return Err(ApiError::field(
            path,
            "empty_text",
            format!("`{path}` is empty, and nothing has no meaning: leave it out."),
        ));
    }
    Ok(text.to_owned())
}

fn missing(field: &str, remedy: &str) -> ApiError {
    ApiError::field(field, "missing_required_parameter", format!("`{field}` is missing: {remedy}."))
}
