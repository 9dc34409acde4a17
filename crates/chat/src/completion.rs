//! How is a question answered? `POST /v1/chat/completions`, in one piece or as a stream.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Serialize;
use siren_domain::{Answer, Principal};

use crate::App;
use crate::admission::Admitted;
use crate::answering::{Answering, Failure, Step};
use crate::api::known;
use crate::auth::audit::Asking;
use crate::error::ApiError;
use crate::request::{self, Asked};
use crate::shapes::{Chunk, Completion, Head, Usage};
use crate::telemetry::Counted;

/// A stream's status line waits so long for the first event: a failure before it is then told by a status that
/// clients retry on, and a slow answer still starts at once.
pub(crate) const STATUS_WAIT: Duration = Duration::from_millis(300);

/// A comment so often while nothing else is sent, so that no proxy gives the stream up.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(crate) async fn complete(State(app): State<Arc<App>>, request: Request) -> Response {
    match answer(app, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn answer(app: Arc<App>, request: Request) -> Result<Response, ApiError> {
    let who = known(request.extensions())?.clone();
    let principal = who.principal.clone();
    let asked = request::read(request, &app.limits).await?;
    let id = app.next_id();
    let mut asking = app.audit.asking(&who, &asked.question, &id);
    let admitted = app.admission.admit().await.inspect_err(|error| asking.failed(error.code))?;
    let head = Head {
        id,
        object: if asked.stream { "chat.completion.chunk" } else { "chat.completion" },
        created: app.now(),
        model: app.model_name.clone(),
    };
    let mut job = Job {
        answering: Answering::begin(&app, &asked.question, asked.history.clone(), principal.clone()),
        app,
        asker: principal,
        asked,
        head,
        begun: Instant::now(),
        asking,
        _admitted: admitted,
    };
    if !job.asked.stream {
        return job.whole().await;
    }
    let first = tokio::time::timeout(STATUS_WAIT, job.answering.next()).await;
    let first = match first {
        Ok(Ok(step)) => Some(step),
        Ok(Err(failure)) => return Err(job.failed(failure)),
        Err(_still_working) => None,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    Ok(unbuffered(Sse::new(job.stream(first)).keep_alive(keep_alive)))
}

/// Events as they come: nginx would hold them back until there are enough of them.
pub(crate) fn unbuffered(events: impl IntoResponse) -> Response {
    let mut response = events.into_response();
    let name = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(name, HeaderValue::from_static("no"));
    response
}

/// One question being answered. It holds its permit until the last byte is out or the client is gone.
struct Job {
    app: Arc<App>,
    asker: Principal,
    answering: Answering,
    asked: Asked,
    head: Head,
    begun: Instant,
    asking: Asking,
    _admitted: Admitted,
}

impl Job {
    async fn whole(mut self) -> Result<Response, ApiError> {
        let answer = self.answering.whole().await.map_err(|failure| self.failed(failure))?;
        self.answered(&answer);
        let completion = Completion::of(&self.head, &self.asked, &answer);
        Ok(Json(completion).into_response())
    }

    fn answered(&mut self, answer: &Answer) {
        log_answer(&self.head.id, answer, self.begun);
        self.app.keep(&self.head.id, &self.asker, &self.asked.question, answer);
        self.asking.answered(answer);
    }

    fn failed(&mut self, failure: Failure) -> ApiError {
        let error = failure.told(&self.head.id, &self.asked.param);
        self.asking.failed(error.code);
        error
    }

    fn stream(self, first: Option<Step>) -> impl Stream<Item = Result<Event, Infallible>> {
        async_stream::stream! {
            // Taken whole: the right to answer is named nowhere below, and would otherwise be given back at once.
            let mut job = self;
            let _open = Counted::up("siren_open_streams");
            let include_usage = job.asked.include_usage;
            yield line(&Chunk::opening(&job.head).before_usage(include_usage));
            let mut first = first;
            let mut told_text = false;
            loop {
                let step = match first.take() {
                    Some(step) => Ok(step),
                    None => job.answering.next().await,
                };
                match step {
                    Ok(Step::Text(text)) if text.is_empty() => {}
                    Ok(Step::Text(text)) => {
                        told_text = true;
                        yield line(&Chunk::text(&job.head, &text).before_usage(include_usage));
                    }
                    Ok(Step::Done(answer)) => {
                        if !told_text && !answer.text.is_empty() {
                            yield line(&Chunk::text(&job.head, &answer.text).before_usage(include_usage));
                        }
                        job.answered(&answer);
                        yield line(&Chunk::finish(&job.head, &answer).before_usage(include_usage));
                        if include_usage {
                            let usage = Usage::of(&job.asked, &answer);
                            yield line(&Chunk::usage(&job.head, usage));
                        }
                        yield Ok(Event::default().data("[DONE]"));
                        break;
                    }
                    Err(failure) => {
                        let error = job.failed(failure);
                        yield line(&error.body());
                        break;
                    }
                }
            }
        }
    }
}

fn line(message: &impl Serialize) -> Result<Event, Infallible> {
    let event = Event::default().json_data(message).unwrap_or_else(|error| {
        // Cannot be: every shape here has string keys. Silence would be worse than this line.
        tracing::error!(%error, "a line of a stream could not be written");
        Event::default().json_data(ApiError::internal().body()).unwrap_or_default()
    });
    Ok(event)
}

pub(crate) fn log_answer(id: &str, answer: &Answer, begun: Instant) {
    tracing::info!(
        id,
        grounded = answer.grounded,
        rule = answer.verdict.rule,
        generation = answer.generation,
        model = answer.model,
        citations = answer.citations.len(),
        ms = begun.elapsed().as_secs_f64() * 1_000.0,
        "answered"
    );
}
