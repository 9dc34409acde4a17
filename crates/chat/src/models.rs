//! Which models are there? The one that answers, by the name in the settings, and the one that makes vectors, if any.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::App;
use crate::embeddings;
use crate::error::ApiError;

#[derive(Serialize)]
struct ModelList<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

impl App {
    fn models(&self) -> Vec<Model<'_>> {
        let answers = Some(self.model_name.as_str());
        let embeds = (self.embedder)().is_some().then_some(embeddings::MODEL);
        let (object, created, owned_by) = ("model", self.created, "siren");
        let ids = answers.into_iter().chain(embeds);
        ids.map(|id| Model { id, object, created, owned_by }).collect()
    }
}

pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let object = "list";
    Json(ModelList { object, data: app.models() }).into_response()
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    id: Result<axum::extract::Path<String>, PathRejection>,
) -> Response {
    let models = app.models();
    let wanted = id.ok().and_then(|id| models.iter().find(|model| model.id == id.as_str()));
    if let Some(model) = wanted {
        return Json(model).into_response();
    }
    let ids: Vec<String> = models.iter().map(|model| format!("`{}`", model.id)).collect();
    ApiError::no_model(format!("There is no such model here: there is {}.", ids.join(" and ")))
        .into_response()
}
