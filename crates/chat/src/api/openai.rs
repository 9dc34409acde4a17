//! What is described beside the native API: OpenAI's routes, health, and the description itself.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::describe::{Described, Operation};
use super::documented::{
    CompletionDoc, CompletionRequestDoc, EmbeddingRequestDoc, EmbeddingsDoc, EventDoc, HealthDoc, ModelDoc,
    ModelListDoc, ReloadedDoc,
};

/// The descriptions of routes that others serve.
pub(crate) fn described(described: Described) -> Described {
    let completion = Operation::new("openai", "Answers a question, as OpenAI's clients ask")
        .takes::<CompletionRequestDoc>()
        .gives::<CompletionDoc>(200, "The answer, or a stream of its pieces (`stream`).")
        .gives_as::<EventDoc>(200, "A stream of its pieces.", "text/event-stream");
    let embeddings = Operation::new("openai", "Turns texts into vectors, where there is an encoder")
        .takes::<EmbeddingRequestDoc>()
        .gives::<EmbeddingsDoc>(200, "The vectors.")
        .error(404);
    let metrics = Operation::new("health", "Tells what was counted, in Prometheus' form")
        .gives_as::<String>(200, "The metrics.", "text/plain")
        .error(404);
    let reload = Operation::new("admin", "Reads settings and rules anew: all of them, or none")
        .gives::<ReloadedDoc>(200, "What is in force now.");
    let models = Operation::new("openai", "Lists the models that clients may name");
    let model = Operation::new("openai", "Tells of a model").path("id", "the model's name");
    let alive = Operation::new("health", "Whether the server is up");
    let ready = Operation::new("health", "Whether questions can be answered now");
    let document = Operation::new("health", "This description");
    described
        .also("post", "/v1/chat/completions", completion)
        .also("post", "/v1/embeddings", embeddings)
        .also("get", "/metrics", metrics)
        .also("post", "/api/admin/reload", reload)
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
