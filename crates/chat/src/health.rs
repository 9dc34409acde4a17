//! Is the server up, and can it answer? For probes; nothing here costs more than a look.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use serde::Serialize;
use siren_domain::AskError;
use siren_domain::ports::{Dependency, Missing};

use crate::App;

const READY_WAIT: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// Of the first part that is needed and not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

/// Something that answers rest on.
#[derive(Serialize)]
struct Part {
    part: &'static str,
    ok: bool,
    /// Whether nothing can be answered without it.
    needed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) async fn alive() -> Response {
    Json(Health { status: "ok", reason: None, parts: Vec::new() }).into_response()
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let dependencies = (app.dependencies)();
    let others = dependencies.iter().map(|dependency| look(dependency.as_ref()));
    let (index, others) = tokio::join!(index(&app), join_all(others));
    let looked: Vec<_> = std::iter::once(index).chain(others).collect();
    let missing: Vec<_> = looked.iter().filter_map(|(part, cause)| Some((part, cause.as_ref()?))).collect();
    let first = missing.iter().find(|(part, _)| part.needed);
    let reason = first.and_then(|(part, _)| part.reason.clone());
    let is_ready = first.is_none();
    // Probes come every few seconds: only the change is news.
    if app.was_ready.swap(is_ready, Ordering::Relaxed) != is_ready {
        match first {
            None => tracing::info!("ready again"),
            Some((part, cause)) => tracing::warn!(part = part.part, cause, "not ready"),
        }
    }
    let parts = looked.into_iter().map(|(part, _)| part).collect();
    let (code, status) = match is_ready {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
    };
    (code, Json(Health { status, reason, parts })).into_response()
}

/// The index, and the cause where it cannot be searched.
async fn index(app: &App) -> (Part, Option<String>) {
    let ready = tokio::time::timeout(READY_WAIT, app.assistant.ready()).await;
    let missing = match ready {
        Ok(Ok(())) => return part("index", true, None),
        // These two are written for whoever runs the server, which is who reads this.
        Ok(Err(AskError::NotReady(told) | AskError::BadQuestion(told))) => {
            Missing { code: "no_index", cause: told.clone(), told }
        }
        Ok(Err(AskError::Unavailable(cause))) => Missing {
            code: "store_failed",
            told: "a store or disk failed: the server's log tells which".to_owned(),
            cause,
        },
        Ok(Err(AskError::Saturated)) | Err(_) => too_slow(),
    };
    part("index", true, Some(missing))
}

async fn look(dependency: &dyn Dependency) -> (Part, Option<String>) {
    let looked = tokio::time::timeout(READY_WAIT, dependency.look()).await;
    let missing = looked.unwrap_or_else(|_| Err(too_slow())).err();
    part(dependency.name(), dependency.is_needed(), missing)
}

fn too_slow() -> Missing {
    let told = "the check took too long".to_owned();
    Missing { code: "timeout", told, cause: format!("no word after {READY_WAIT:?}") }
}

fn part(part: &'static str, needed: bool, missing: Option<Missing>) -> (Part, Option<String>) {
    match missing {
        None => (Part { part, ok: true, needed, code: None, reason: None }, None),
        Some(Missing { code, told, cause }) => {
            (Part { part, ok: false, needed, code: Some(code), reason: Some(told) }, Some(cause))
        }
    }
}
