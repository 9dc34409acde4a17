//! Is the server up, and can it answer? For probes; nothing here costs more than a look.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use siren_domain::AskError;

use crate::App;

const READY_WAIT: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) async fn alive() -> Response {
    let status = "ok";
    Json(Health { status, reason: None }).into_response()
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let ready = tokio::time::timeout(READY_WAIT, app.assistant.ready()).await;
    let (reason, cause) = match ready {
        Ok(Ok(())) => {
            if !app.was_ready.swap(true, Ordering::Relaxed) {
                tracing::info!("ready again");
            }
            let status = "ready";
            return Json(Health { status, reason: None }).into_response();
        }
        // These two are written for whoever runs the server, which is who reads this.
        Ok(Err(AskError::NotReady(reason) | AskError::BadQuestion(reason))) => (reason.clone(), reason),
        Ok(Err(AskError::Unavailable(cause))) => {
            ("a store or disk failed: the server's log tells which".to_owned(), cause)
        }
        Err(_elapsed) => ("the check took too long".to_owned(), format!("no word after {READY_WAIT:?}")),
    };
    // Probes come every few seconds: only the change is news.
    if app.was_ready.swap(false, Ordering::Relaxed) {
        tracing::warn!(cause, "not ready");
    }
    let health = Health { status: "not_ready", reason: Some(reason) };
    (StatusCode::SERVICE_UNAVAILABLE, Json(health)).into_response()
}
