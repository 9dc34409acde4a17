//! Stage 4: answers over HTTP.
//!
//! This crate never retrieves, never judges a question and never words an answer: it hands the question to an
//! [`Assistant`] and tells what comes back, in OpenAI's shapes and on one page. It never reads the environment, never
//! logs what a person typed, and never lets a failed answer look like a whole one.

mod answering;
mod api;
mod completion;
mod error;
mod headers;
mod health;
mod models;
mod page;
mod request;
mod serve;
mod shapes;
mod tokens;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use siren_domain::Answer;
use siren_domain::ports::Assistant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

use api::Keeper;
use error::ApiError;

pub use api::Application;
pub use serve::serve;

/// What the routes need to answer.
#[derive(Clone)]
pub struct ChatState {
    /// Who answers.
    pub assistant: Arc<dyn Assistant>,
    /// The one model that clients see, such as `siren`.
    pub model_name: String,
    /// How much is taken on.
    pub limits: Limits,
    /// When this server started, in seconds since 1970.
    pub created: u64,
    /// What the native API needs; none for OpenAI's routes and the page alone.
    pub application: Option<Application>,
}

/// How much a request may ask for, and how many are answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Characters of a question.
    pub question_chars: usize,
    /// Answers in the making; one more is sent away with 429 and Retry-After.
    pub concurrent_answers: usize,
    /// How long a client may take to send its body.
    pub body_time: Duration,
    /// How long an answer may take, from the question to its last word.
    pub answer_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            question_chars: 2_000,
            concurrent_answers: 64,
            body_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(120),
        }
    }
}

/// All routes, to be called with or without a socket. [`serve`] adds the socket and an orderly end.
pub fn router(state: ChatState) -> Router {
    routes(&Arc::new(App::new(state)))
}

fn routes(app: &Arc<App>) -> Router {
    let assets = page::Assets::new(&app.limits);
    let native = app.application.as_ref().map(|parts| api::routes(app, parts));
    Router::new()
        .route("/v1/chat/completions", post(completion::complete))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(Arc::clone(app))
        .merge(assets.routes())
        .merge(native.unwrap_or_default())
        .method_not_allowed_fallback(error::method_not_allowed)
        .fallback(error::unknown_path)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(axum::middleware::map_response(headers::harden))
}

/// What one server holds while it runs.
struct App {
    assistant: Arc<dyn Assistant>,
    model_name: String,
    limits: Limits,
    created: u64,
    started: Instant,
    permits: Arc<Semaphore>,
    /// True once the drain deadline has passed: open streams say so and end.
    closing: watch::Sender<bool>,
    was_ready: AtomicBool,
    salt: u64,
    answered: AtomicU64,
    application: Option<Arc<Application>>,
    /// Keeps answers outside conversations, where they are kept.
    keeper: Option<Keeper>,
}

impl App {
    fn new(state: ChatState) -> Self {
        let kept = state.application.as_ref().filter(|parts| parts.keep_answers);
        let keeper = kept.map(|parts| Keeper::start(Arc::clone(&parts.state), Arc::clone(&parts.hints)));
        Self {
            application: state.application.map(Arc::new),
            keeper,
            permits: Arc::new(Semaphore::new(state.limits.concurrent_answers.min(Semaphore::MAX_PERMITS))),
            assistant: state.assistant,
            model_name: state.model_name,
            limits: state.limits,
            created: state.created,
            started: Instant::now(),
            closing: watch::Sender::new(false),
            was_ready: AtomicBool::new(true),
            salt: RandomState::new().hash_one(state.created),
            answered: AtomicU64::new(0),
        }
    }

    /// Seconds since 1970, by the start that was passed in and a clock that never jumps.
    fn now(&self) -> u64 {
        self.created + self.started.elapsed().as_secs()
    }

    /// Milliseconds since 1970, by the same.
    fn now_ms(&self) -> u64 {
        self.created * 1_000 + u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX >> 1)
    }

    /// The right to have an answer made, if there is one left.
    fn permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            tracing::warn!(code = "too_many_answers", "a question was sent away");
            ApiError::saturated()
        })
    }

    /// Keeps an answer that belongs to no conversation, behind the request.
    fn keep(&self, id: &str, owner: &str, question: &str, answer: &Answer) {
        if let Some(keeper) = &self.keeper {
            keeper.put(id, owner, self.now_ms(), question, answer);
        }
    }

    /// A name that nobody can guess and that is not given twice.
    fn new_id(&self, prefix: &str) -> String {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let [first, second] = [0_u64, 1].map(|half| RandomState::new().hash_one((self.salt, number, half)));
        format!("{prefix}-{first:016x}{second:016x}")
    }

    /// A name for one answer, not given twice by any replica.
    fn next_id(&self) -> String {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        format!("chatcmpl-{:016x}{number:08x}", self.salt)
    }
}
