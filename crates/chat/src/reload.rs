//! What is read anew while the server runs? `POST /api/admin/reload`: settings and rules, all of them or none.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use siren_domain::ports::{Authenticated, Reloaded};

use crate::App;
use crate::error::ApiError;

#[derive(Serialize)]
struct Told {
    in_force: Vec<String>,
    needs_restart: Vec<String>,
}

pub(crate) async fn reload(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Authenticated>,
) -> Response {
    let Some(reload) = &app.reload else { return crate::error::unknown_path().await.into_response() };
    match reload.reload().await {
        Ok(Reloaded { in_force, needs_restart }) => {
            app.audit.did(&who, "reload", "done", "");
            Json(Told { in_force, needs_restart }).into_response()
        }
        // An operator asks, who wrote the file.
        Err(why) => {
            app.audit.did(&who, "reload", "refused", "");
            let message = format!("The old settings and rules stay in force: {why}.");
            ApiError::invalid("reload_refused", message).into_response()
        }
    }
}
