//! Stage 4: answers over HTTP.
//!
//! This crate never retrieves, never judges a question and never words an answer: it hands the question to an
//! [`Assistant`] and tells what comes back, in OpenAI's shapes and on one page. It never reads the environment, never
//! logs what a person typed, and never lets a failed answer look like a whole one.

mod answering;
mod completion;
mod documents;
mod embeddings;
mod error;
mod headers;
mod health;
mod mcp;
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
use siren_domain::ports::{Assistant, Embedder, Library};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

pub use mcp::serve_standard_streams;
pub use serve::serve;

/// What the routes need to answer.
#[derive(Clone)]
pub struct ChatState {
    /// Who answers.
    pub assistant: Arc<dyn Assistant>,
    /// The documents, to be looked for and read.
    pub library: Arc<dyn Library>,
    /// What turns texts into vectors, where there is such.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Whom programs on other machines may call this server, beside its own names.
    pub reach: Reach,
    /// The one model that clients see, such as `siren`.
    pub model_name: String,
    /// How much is taken on.
    pub limits: Limits,
    /// When this server started, in seconds since 1970.
    pub created: u64,
}

/// By which names, and from which web pages, tools may be called at `/mcp`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Names in the header `Host`. Empty: any, for a server that nobody reaches without saying who they are.
    pub hosts: Vec<String>,
    /// Origins of web pages, such as `https://app.example.com`. Empty: no web page.
    pub origins: Vec<String>,
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
    /// Bytes of a request for vectors.
    pub embedding_bytes: usize,
    /// Texts of a request for vectors.
    pub embedding_texts: usize,
    /// Requests for vectors that are worked on at once; one more is sent away with 429 and Retry-After.
    pub concurrent_embeddings: usize,
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
            embedding_bytes: 4 * 1024 * 1024,
            embedding_texts: 2_048,
            concurrent_embeddings: 2,
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
    let tools = mcp::over_http(app);
    Router::new()
        .route("/v1/chat/completions", post(completion::complete))
        .route("/v1/embeddings", post(embeddings::embed))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .route("/api/documents/{*id}", get(documents::read))
        .route("/api/search", get(documents::search))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(Arc::clone(app))
        .merge(assets.routes())
        .merge(tools)
        .method_not_allowed_fallback(error::method_not_allowed)
        .fallback(error::unknown_path)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(axum::middleware::map_response(headers::harden))
}

/// What one server holds while it runs.
struct App {
    assistant: Arc<dyn Assistant>,
    library: Arc<dyn Library>,
    embedder: Option<Arc<dyn Embedder>>,
    reach: Reach,
    model_name: String,
    limits: Limits,
    created: u64,
    started: Instant,
    permits: Arc<Semaphore>,
    embedding_permits: Arc<Semaphore>,
    /// True once the drain deadline has passed: open streams say so and end.
    closing: watch::Sender<bool>,
    was_ready: AtomicBool,
    salt: u64,
    answered: AtomicU64,
}

impl App {
    fn new(state: ChatState) -> Self {
        let permits = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self {
            permits: permits(state.limits.concurrent_answers),
            embedding_permits: permits(state.limits.concurrent_embeddings),
            assistant: state.assistant,
            library: state.library,
            embedder: state.embedder,
            reach: state.reach,
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

    /// A name for one answer, not given twice by any replica.
    fn next_id(&self) -> String {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        format!("chatcmpl-{:016x}{number:08x}", self.salt)
    }
}
