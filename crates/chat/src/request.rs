//! What is asked? From a request's body to one question, or to the field that is wrong and its remedy.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use serde_json::{Map, Value};
use siren_domain::Turn;

use crate::Limits;
use crate::error::ApiError;
use crate::messages::{self, Said};

/// So much of a body that is too large is read and thrown away: a client that is cut off in the middle of sending
/// would see a broken connection instead of the 413.
const DISCARDED_BYTES: usize = 8 * 1024 * 1024;

/// More tokens than any model writes.
pub(crate) const MOST_TOKENS: u64 = 1 << 31;

/// A request for an answer, as far as it is heeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The last thing that a user said in words.
    pub(crate) question: String,
    /// What was said before it.
    pub(crate) history: Vec<Turn>,
    /// Where it stood, for messages about it.
    pub(crate) param: String,
    /// Whether to answer piece by piece.
    pub(crate) stream: bool,
    /// Whether a stream ends with a usage chunk.
    pub(crate) include_usage: bool,
}

/// Reads and checks a whole request.
pub(crate) async fn read(request: Request, limits: &Limits) -> Result<Asked, ApiError> {
    parse(&read_json(request, limits).await?, limits.question_chars)
}

/// Reads a body that is said to be JSON.
pub(crate) async fn read_json(request: Request, limits: &Limits) -> Result<Vec<u8>, ApiError> {
    json_body(request, limits.body_time, limits.body_bytes).await
}

/// The bytes of a body that says it is JSON, if they come in time and are not too many.
pub(crate) async fn json_body(request: Request, time: Duration, bytes: usize) -> Result<Vec<u8>, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::wrong_content_type());
    }
    let (parts, body) = request.into_parts();
    let reading = read_body(&parts.headers, body, bytes);
    tokio::time::timeout(time, reading).await.map_err(|_| ApiError::body_timeout())?
}

/// The same request with all of its body, if that comes in time and is not too large. What it holds is for others to see.
pub(crate) async fn with_whole_body(request: Request, limits: &Limits) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let reading = read_body(&parts.headers, body, limits.body_bytes);
    let body =
        tokio::time::timeout(limits.body_time, reading).await.map_err(|_| ApiError::body_timeout())??;
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let essence = value
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase())
        .unwrap_or_default();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let too_large = || ApiError::body_too_large(limit);
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    let waits_for_leave = headers.contains_key(header::EXPECT);
    if announced > DISCARDED_BYTES || (announced > limit && waits_for_leave) {
        return Err(too_large());
    }
    let mut pieces = body.into_data_stream();
    let mut body = Vec::with_capacity(announced.min(limit));
    let mut seen = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            ApiError::invalid("incomplete_body", "The request body ended early: send all of it.")
        })?;
        seen += piece.len();
        if seen > DISCARDED_BYTES {
            break;
        }
        if seen <= limit {
            body.extend_from_slice(&piece);
        }
    }
    if seen > limit {
        return Err(too_large());
    }
    Ok(body)
}

/// The JSON object that a body is; `wanted` is what should be in it.
pub(crate) fn json_object(body: &[u8], wanted: &str) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ApiError::invalid(
            "empty_body",
            format!("The request has no body: send a JSON object with `{wanted}`."),
        ));
    }
    // The parser's own words may repeat the body; its position does not.
    let root: Value = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ApiError::invalid(
            "invalid_json",
            format!(
                "The body is not valid JSON at line {line} column {column}: send one JSON object in UTF-8."
            ),
        )
    })?;
    let Value::Object(root) = root else {
        return Err(ApiError::invalid(
            "invalid_type",
            format!("The body must be a JSON object with `{wanted}`."),
        ));
    };
    Ok(root)
}

fn parse(body: &[u8], question_chars: usize) -> Result<Asked, ApiError> {
    let root = json_object(body, "messages")?;
    if !matches!(root.get("model"), None | Some(Value::Null | Value::String(_))) {
        return Err(wrong_type("model", "a string, any will do"));
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        let valid = match root.get(name) {
            None | Some(Value::Null) => true,
            Some(value) => value.as_u64().is_some_and(|tokens| (1..=MOST_TOKENS).contains(&tokens)),
        };
        if !valid {
            return Err(wrong_type(name, "a positive whole number, or left out"));
        }
    }
    let stream = read_bool(&root, "stream", "stream")?;
    let include_usage = match root.get("stream_options") {
        None | Some(Value::Null) => false,
        Some(Value::Object(options)) => read_bool(options, "include_usage", "stream_options.include_usage")?,
        Some(_) => return Err(wrong_type("stream_options", "an object, or left out")),
    };
    let Said { question, param, history } = messages::read(&root)?;
    let length = question.chars().count();
    if length > question_chars {
        return Err(ApiError::field(
            param,
            "question_too_long",
            format!(
                "The question is {length} characters long and the limit is {question_chars}: shorten it."
            ),
        ));
    }
    Ok(Asked { question, history, param, stream, include_usage })
}

fn read_bool(object: &Map<String, Value>, name: &str, path: &str) -> Result<bool, ApiError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(wrong_type(path, "true or false, or left out")),
    }
}

pub(crate) fn wrong_type(path: &str, expected: &str) -> ApiError {
    ApiError::field(path, "invalid_type", format!("`{path}` has the wrong type: it must be {expected}."))
}
