//! What a language model makes of the passages, asked through the interface that OpenAI's servers have in common with
//! vLLM, llama.cpp, Ollama and others.
//!
//! Never shows the API key, never takes a stream that breaks off for an answer, never follows a redirection.

use std::sync::Arc;
use std::time::Duration;

use async_stream::try_stream;
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, ModelError};
use tokio::time::{Instant, timeout_at};

use self::opening::{Heard, Opening};
pub use self::prompt::INSTRUCTIONS;
use self::prompt::{Message, Prompts};
use self::reply::Piece;
use crate::model_server::{Access, ModelServer, ModelServerError, Route};
pub use crate::secret::Secret;

mod opening;
mod prompt;
mod reply;

/// How long to listen on after the answer's end, for what may still follow.
const AFTER_END: Duration = Duration::from_secs(5);
/// Which server to ask, and how.
#[derive(Clone, Debug)]
pub struct OpenAiChatSettings {
    /// The server's address, with or without `/v1`.
    pub base_url: String,
    /// The model's name there; empty leaves the choice to the server.
    pub model: String,
    /// What the server wants to see, if anything.
    pub api_key: Option<Secret>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer's first word, all attempts together.
    pub first_token_timeout: Duration,
    /// How long to wait from one word to the next.
    pub idle_timeout: Duration,
    /// An answer is not longer than this.
    pub max_tokens: u32,
    /// How freely the model chooses its words; 0 for the likeliest.
    pub temperature: f32,
}

impl OpenAiChatSettings {
    /// The model `model` at `base_url`, and for the rest what suits short answers.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            api_key: None,
            connect_timeout: Duration::from_secs(5),
            first_token_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(20),
            max_tokens: 512,
            temperature: 0.0,
        }
    }
}

/// Why a model cannot be asked with these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenAiChatError {
    /// The server cannot be asked.
    #[error(transparent)]
    Server(#[from] ModelServerError),
    /// A prompt is no template.
    #[error("a prompt cannot be read: {0}")]
    BadPrompt(String),
}

/// A language model behind an OpenAI-compatible server.
#[derive(Clone, Debug)]
pub struct OpenAiChat {
    call: Arc<Call>,
}

/// All that a question needs on its way.
#[derive(Debug)]
struct Call {
    settings: OpenAiChatSettings,
    server: ModelServer,
    prompts: Prompts,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    temperature: f32,
    max_tokens: u32,
}

impl OpenAiChat {
    /// A model by its settings. The server is not asked anything yet.
    pub fn new(settings: OpenAiChatSettings) -> Result<Self, OpenAiChatError> {
        let prompts = Prompts::new().map_err(|error| OpenAiChatError::BadPrompt(error.to_string()))?;
        let server = ModelServer::new(Access {
            base_url: &settings.base_url,
            route: Route::OpenAi("chat/completions"),
            model: &settings.model,
            api_key: settings.api_key.as_ref(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.idle_timeout,
        })?;
        Ok(Self { call: Arc::new(Call { settings, server, prompts }) })
    }
}

impl Call {
    /// Sends the question, more than once if need be, and gives the reply as soon as it begins.
    async fn send(&self, messages: &[Message], deadline: Instant) -> Result<Response, ModelError> {
        let body = Body {
            model: &self.settings.model,
            messages,
            stream: true,
            temperature: self.settings.temperature,
            max_tokens: self.settings.max_tokens,
        };
        self.server.send(&body, deadline).await.map_err(|failed| failed.unwrap_or_else(|| self.too_late()))
    }

    /// The whole body. Its first byte may come as late as `deadline`.
    async fn body(&self, response: Response, deadline: Instant) -> Result<String, ModelError> {
        self.server.body(response, deadline).await.map_err(|failed| failed.unwrap_or_else(|| self.too_late()))
    }

    fn too_late(&self) -> ModelError {
        let wait = self.settings.first_token_timeout;
        ModelError::Unavailable(format!("{}: no word came within {wait:?}", self.server.teller.address))
    }

    fn fell_silent(&self) -> ModelError {
        self.server.fell_silent()
    }

    fn broke_off(&self, error: EventStreamError<reqwest::Error>) -> ModelError {
        match error {
            EventStreamError::Transport(error) => self.server.teller.broken(error).error,
            error => self.server.teller.strange("this is no event stream", &error.to_string()),
        }
    }

    /// Whether an answer that ended for this reason is whole.
    fn accept_end(&self, finish: Option<&str>) -> Result<(), ModelError> {
        match finish {
            None => Err(self.server.teller.strange("the stream ended without a finish_reason", "")),
            Some(reason @ ("content_filter" | "error")) => {
                Err(self.server.teller.strange("the server stopped the answer", reason))
            }
            Some(_) => Ok(()),
        }
    }

    fn empty(&self, finish: &str) -> ModelError {
        let what = format!("the answer is empty (it ended with {finish:?})");
        self.server.teller.strange(&what, if finish == "length" { "raise `max_tokens`" } else { "" })
    }
}

impl AnswerModel for OpenAiChat {
    fn name(&self) -> &str {
        match self.call.settings.model.as_str() {
            "" => "unnamed model",
            name => name,
        }
    }

    fn answer(&self, request: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>> {
        let call = Arc::clone(&self.call);
        Box::pin(try_stream! {
            let messages = call.prompts.messages(&request);
            let messages = messages.map_err(|error| call.server.teller.strange("a prompt", &error.to_string()))?;
            let deadline = Instant::now() + call.settings.first_token_timeout;
            let response = call.send(&messages, deadline).await?;
            let mut answer = Reading::new(Arc::clone(&call), response, deadline)?;
            let mut opening = Opening::default();
            while let Some(text) = answer.next().await? {
                match opening.hear(&text) {
                    Heard::Nothing => {}
                    Heard::Words(words) => yield AnswerPart::Delta(words),
                    Heard::NotFound => {
                        yield AnswerPart::NotFound;
                        return;
                    }
                }
            }
            let told = opening.told();
            match opening.end() {
                Some(rest) => yield AnswerPart::Delta(rest),
                None if told => {}
                None => Err(call.empty(answer.finish.as_deref().unwrap_or_default()))?,
            }
        })
    }
}

/// A reply on its way in.
struct Reading {
    call: Arc<Call>,
    body: Incoming,
    deadline: Instant,
    alive: bool,
    finish: Option<String>,
}

type Events = BoxStream<'static, Result<Event, EventStreamError<reqwest::Error>>>;

enum Incoming {
    Stream(Events),
    Whole(Response),
    Ended,
}

impl Reading {
    fn new(call: Arc<Call>, response: Response, deadline: Instant) -> Result<Self, ModelError> {
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = match kind.as_str() {
            "text/html" => {
                let what = format!("{} is a web page (check `base_url`)", call.server.teller.address);
                return Err(call.server.teller.strange(&what, ""));
            }
            "application/json" => Incoming::Whole(response),
            _ => Incoming::Stream(response.bytes_stream().eventsource().boxed()),
        };
        Ok(Self { call, body, deadline, alive: false, finish: None })
    }

    /// The next words, which may be none; `None` when the answer is whole.
    async fn next(&mut self) -> Result<Option<String>, ModelError> {
        match std::mem::replace(&mut self.body, Incoming::Ended) {
            Incoming::Ended => Ok(None),
            Incoming::Whole(response) => {
                let json = self.call.body(response, self.deadline).await?;
                let piece = Piece::read(&json, &self.call.server.teller)?;
                self.finish = piece.finish.or(Some("stop".into()));
                self.call.accept_end(self.finish.as_deref())?;
                Ok(Some(piece.text))
            }
            Incoming::Stream(mut events) => {
                let Some(data) = self.event(&mut events).await? else {
                    self.call.accept_end(self.finish.as_deref())?;
                    return Ok(None);
                };
                self.body = Incoming::Stream(events);
                let piece = Piece::read(&data, &self.call.server.teller)?;
                self.alive |= piece.alive;
                self.finish = piece.finish.or(self.finish.take());
                Ok(Some(piece.text))
            }
        }
    }

    /// The data of the next event; none at the end of the stream.
    async fn event(&mut self, events: &mut Events) -> Result<Option<String>, ModelError> {
        let idle = self.call.settings.idle_timeout;
        let ended = self.finish.is_some();
        let patience = match self.alive {
            _ if ended => Instant::now() + idle.min(AFTER_END),
            true => Instant::now() + idle,
            false => self.deadline,
        };
        match timeout_at(patience, events.next()).await {
            Ok(Some(Ok(event))) => Ok((event.data.trim() != "[DONE]").then_some(event.data)),
            Ok(None) => Ok(None),
            // The answer is whole: what does not follow it is not missed.
            Ok(Some(Err(_))) | Err(_) if ended => Ok(None),
            Ok(Some(Err(error))) => Err(self.call.broke_off(error)),
            Err(_) if self.alive => Err(self.call.fell_silent()),
            Err(_) => Err(self.call.too_late()),
        }
    }
}
