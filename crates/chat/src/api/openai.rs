//! What is described beside the native API: OpenAI's routes, health, and the description itself.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::describe::{Described, Operation};
use super::documented::{CompletionDoc, CompletionRequestDoc, HealthDoc, ModelDoc, ModelListDoc};

/// The descriptions of routes that others serve.
pub(crate) fn described(described: Described) -> Described {
    let completion = Operation::new("openai", "Answers a question, as OpenAI's clients ask")
        .takes::<CompletionRequestDoc>()
        .gives::<CompletionDoc>(200, "The answer, or a stream of its pieces (`stream`).")
        .gives_as::<String>(200, "A stream of its pieces.", "text/event-stream");
    let models = Operation::new("openai", "Lists the models that clients may name");
    let model = Operation::new("openai", "Tells of a model").path("id", "the model's name");
    let alive = Operation::new("health", "Whether the server is up");
    let ready = Operation::new("health", "Whether questions can be answered now");
    let document = Operation::new("health", "This description");
    described
        .also("post", "/v1/chat/completions", completion)
        .also("get", "/v1/models", models.gives::<ModelListDoc>(200, "The models."))
        .also("get", "/v1/models/{id}", model.gives::<ModelDoc>(200, "The model."))
        .also("get", "/healthz", alive.gives::<HealthDoc>(200, "It is."))
        .also(
            "get",
            "/readyz",
            ready.gives::<HealthDoc>(200, "They can.").gives::<HealthDoc>(503, "They cannot; why."),
        )
        .also("get", "/api/openapi.json", document.gives::<serde_json::Value>(200, "OpenAPI 3.1."))
}

/// Serves the description.
pub(crate) fn document_route(document: Arc<String>) -> Router {
    let send = move || {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = ([content_type], document.as_str().to_owned()).into_response();
        async move { response }
    };
    Router::new().route("/api/openapi.json", get(send))
}
