//! Which models are there? One, by the name in the settings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::App;
use crate::error::ApiError;

#[derive(Serialize)]
struct ModelList<'a> {
    object: &'static str,
    data: [Model<'a>; 1],
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

impl App {
    fn model(&self) -> Model<'_> {
        Model { id: &self.model_name, object: "model", created: self.created, owned_by: "siren" }
    }
}

pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let data = [app.model()];
    let object = "list";
    Json(ModelList { object, data }).into_response()
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    id: Result<axum::extract::Path<String>, PathRejection>,
) -> Response {
    if id.is_ok_and(|id| id.as_str() == app.model_name) {
        return Json(app.model()).into_response();
    }
    let message = format!("There is no such model here: the only one is `{}`.", app.model_name);
    let mut error = ApiError::not_found("model_not_found", message);
    error.param = Some("model".to_owned());
    error.into_response()
}
