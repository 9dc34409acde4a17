//! Stage 4: answers over HTTP.
//!
//! This crate never retrieves, never judges a question and never words an answer: it hands the question to an
//! [`Assistant`] and tells what comes back, in OpenAI's shapes and on one page. It never reads the environment, never
//! logs what a person typed, and never lets a failed answer look like a whole one.

mod admission;
mod answering;
mod api;
mod auth;
mod completion;
mod embeddings;
mod error;
mod headers;
mod health;
mod mcp;
mod messages;
mod models;
mod page;
mod reload;
mod request;
mod serve;
mod shapes;
mod telemetry;
mod tokens;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use siren_domain::ports::{Assistant, Dependency, Embedder, Library, Reload};
use siren_domain::{Answer, Principal};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

use admission::Admission;
pub use api::Application;
use api::Keeper;
pub use auth::{Access, Auditing, Masker, Rate};
pub use mcp::serve_standard_streams;
pub use serve::serve;
pub use telemetry::Metrics;

/// Something that may be exchanged while the server runs: told anew whenever it is needed.
pub type Current<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// What the routes need to answer.
#[derive(Clone)]
pub struct ChatState {
    /// Who answers.
    pub assistant: Arc<dyn Assistant>,
    /// The documents, to be looked for and read.
    pub library: Arc<dyn Library>,
    /// What turns texts into vectors, where there is such.
    pub embedder: Current<Option<Arc<dyn Embedder>>>,
    /// The one model that clients see, such as `siren`.
    pub model_name: String,
    /// How much is taken on.
    pub limits: Limits,
    /// Tells what was counted, at `GET /metrics`; none for no such route.
    pub metrics: Option<Metrics>,
    /// Who may come in.
    pub access: Access,
    /// What answers rest on beside the index.
    pub dependencies: Current<Vec<Arc<dyn Dependency>>>,
    /// Reads settings and rules anew; none: they stay as they are.
    pub reload: Option<Arc<dyn Reload>>,
    /// Where it is written down who did what.
    pub auditing: Auditing,
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
    /// Answers in the making.
    pub concurrent_answers: usize,
    /// Bytes of a request for vectors.
    pub embedding_bytes: usize,
    /// Texts of a request for vectors.
    pub embedding_texts: usize,
    /// Requests for vectors that are worked on at once; one more is sent away with 429 and Retry-After.
    pub concurrent_embeddings: usize,
    /// Questions that may wait for one of them to end; one more is sent away with 429 and Retry-After.
    pub queue_length: usize,
    /// How long they wait; then they are sent away with 503 and Retry-After.
    pub queue_wait: Duration,
    /// Connections at once; one more waits in the system's own queue.
    pub connections: usize,
    /// How long a client may take to send a request's head. A connection that nothing is asked on is closed after it.
    pub header_time: Duration,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// How long a client may refuse to take what is sent to it.
    pub write_time: Duration,
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
            queue_length: 64,
            queue_wait: Duration::from_millis(100),
            connections: 4_096,
            header_time: Duration::from_secs(30),
            header_bytes: 32 * 1024,
            write_time: Duration::from_secs(30),
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
    let native = app.application.as_ref().map(|parts| api::routes(app, parts));
    Router::new()
        .route("/v1/chat/completions", post(completion::complete))
        .route("/v1/embeddings", post(embeddings::embed))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(telemetry::metrics))
        .route("/api/admin/reload", post(reload::reload))
        .merge(auth::login_routes())
        .with_state(Arc::clone(app))
        .merge(assets.routes())
        .merge(tools)
        .merge(native.unwrap_or_default())
        .method_not_allowed_fallback(error::method_not_allowed)
        .fallback(error::unknown_path)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), auth::gate))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(axum::middleware::from_fn(telemetry::observe))
        .layer(axum::middleware::map_response(headers::harden))
}

/// What one server holds while it runs.
struct App {
    assistant: Arc<dyn Assistant>,
    library: Arc<dyn Library>,
    embedder: Current<Option<Arc<dyn Embedder>>>,
    model_name: String,
    limits: Limits,
    metrics: Option<Metrics>,
    created: u64,
    started: Instant,
    embedding_permits: Semaphore,
    /// Requests for vectors whose bodies may be held at once, of those that are worked on and those still being sent.
    embedding_bodies: Semaphore,
    admission: Admission,
    gate: auth::Gate,
    audit: auth::audit::Audit,
    dependencies: Current<Vec<Arc<dyn Dependency>>>,
    reload: Option<Arc<dyn Reload>>,
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
        telemetry::slots(state.limits.concurrent_answers);
        let kept = state.application.as_ref().filter(|parts| parts.keep_answers);
        let keeper = kept.map(|parts| Keeper::start(Arc::clone(&parts.state), Arc::clone(&parts.hints)));
        let semaphore = |places: usize| Semaphore::new(places.min(Semaphore::MAX_PERMITS));
        let most = state.limits.concurrent_embeddings;
        Self {
            embedding_permits: semaphore(most),
            embedding_bodies: semaphore(most.saturating_mul(embeddings::BODIES)),
            application: state.application.map(Arc::new),
            keeper,
            admission: Admission::new(&state.limits),
            gate: auth::Gate::new(state.access),
            audit: auth::audit::Audit::new(state.auditing),
            reload: state.reload,
            dependencies: state.dependencies,
            assistant: state.assistant,
            library: state.library,
            embedder: state.embedder,
            model_name: state.model_name,
            limits: state.limits,
            metrics: state.metrics,
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

    /// Keeps an answer that belongs to no conversation, behind the request.
    fn keep(&self, id: &str, asker: &Principal, question: &str, answer: &Answer) {
        if let Some(keeper) = &self.keeper {
            keeper.put(id, asker, self.now_ms(), question, answer);
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
