//! The native API below `/api`: answers as typed events, conversations, feedback, documents, and what operators need.
//!
//! Answers are made by the same machinery as everywhere ([`crate::answering`]); here they also belong to conversations.

mod admin;
mod admin_shapes;
mod answers;
mod ask;
mod conversations;
mod describe;
mod documented;
mod documents;
mod export;
mod feedback;
mod input;
mod jobs;
mod keeping;
mod me;
mod openai;
mod shapes;

use std::sync::Arc;

use axum::Router;
use siren_domain::ports::state::{State as Kept, StateError};
use siren_domain::ports::{Hints, Library, Operations};

use self::describe::Routes;
use self::documents::Praised;
use crate::App;
use crate::error::ApiError;

pub(crate) use self::input::known;
pub(crate) use self::keeping::Keeper;
pub(crate) use self::shapes::ConflictShape;

/// What the native API needs beside an assistant.
#[derive(Clone)]
pub struct Application {
    /// What is remembered.
    pub state: Arc<dyn Kept>,
    /// The documents, to be looked for and read.
    pub library: Arc<dyn Library>,
    /// What can be shown to anybody, and what can be asked.
    pub hints: Arc<dyn Hints>,
    /// What those who run the server ask of it.
    pub operations: Arc<dyn Operations>,
    /// Tokens of a conversation that a follow-up may refer to.
    pub memory_tokens: usize,
    /// Whether answers outside conversations are kept.
    pub keep_answers: bool,
}

/// What the routes here share.
#[derive(Clone)]
pub(crate) struct Api {
    app: Arc<App>,
    parts: Arc<Application>,
    praised: Arc<Praised>,
}

impl Api {
    fn state(&self) -> &dyn Kept {
        self.parts.state.as_ref()
    }

    /// Milliseconds since 1970.
    fn now(&self) -> u64 {
        self.app.now_ms()
    }
}

/// All routes of the native API.
pub(crate) fn routes(app: &Arc<App>, parts: &Arc<Application>) -> Router {
    let routes = me::routes(Routes::new());
    let routes = documents::routes(conversations::routes(ask::routes(routes)));
    let routes = jobs::routes(admin::routes(answers::routes(feedback::routes(routes))));
    let (router, described) = routes.into_parts();
    let document = Arc::new(openai::described(described).document().to_string());
    let api = Api { app: Arc::clone(app), parts: Arc::clone(parts), praised: Arc::default() };
    router.with_state(api).merge(openai::document_route(document))
}

/// What a client is told of the state's failures; the cause goes to the log.
fn told(error: StateError) -> ApiError {
    match error {
        StateError::NotFound => ApiError::no_such_thing(),
        StateError::Lost(cause) | StateError::Unavailable(cause) | StateError::Damaged(cause) => {
            tracing::error!(code = "unavailable", cause, "the application's state");
            ApiError::state_unavailable()
        }
    }
}
