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
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde::Serialize;
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, ModelError};
use tokio::time::{Instant, sleep, timeout_at};

use self::failure::{Again, Failure, Teller, chain};
use self::opening::{Heard, Opening};
pub use self::prompt::INSTRUCTIONS;
use self::prompt::{Message, Prompts};
use self::reply::Piece;
pub use crate::secret::Secret;

mod failure;
mod opening;
mod prompt;
mod reply;

/// Waits before the second and the third attempt.
const WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// How long to listen on after the answer's end, for what may still follow.
const AFTER_END: Duration = Duration::from_secs(5);
/// So much is read of a body that is no stream.
const BODY_BYTES: usize = 4 << 20;

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
    /// A setting is wrong.
    #[error("the model server's `{key}`: {cause}")]
    BadSetting {
        /// The setting: `base_url` or `api_key`.
        key: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The HTTP client cannot be made, as where a machine has no certificates to trust.
    #[error("no connection to the model server can be made: {0}")]
    NoClient(String),
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
    client: Client,
    url: Url,
    authorization: Option<HeaderValue>,
    prompts: Prompts,
    teller: Teller,
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
        let url = address(&settings.base_url)?;
        let prompts = Prompts::new().map_err(|error| OpenAiChatError::BadPrompt(error.to_string()))?;
        let client = client(&url, settings.connect_timeout)?;
        let key = settings.api_key.as_ref().map(Secret::expose).filter(|key| !key.is_empty());
        let authorization = key.map(authorization).transpose()?;
        let mut shown = url.clone();
        shown.set_query(None);
        let teller = Teller {
            address: shown.to_string(),
            model: settings.model.clone(),
            key: settings.api_key.clone(),
        };
        Ok(Self { call: Arc::new(Call { settings, client, url, authorization, prompts, teller }) })
    }
}

/// Where the question goes: `/v1/chat/completions` unless the address has a path of its own.
fn address(base_url: &str) -> Result<Url, OpenAiChatError> {
    let bad = |cause: String| OpenAiChatError::BadSetting { key: "base_url", cause };
    let mut url = Url::parse(base_url.trim())
        .map_err(|error| bad(format!("{error}: write it like http://127.0.0.1:8000/v1")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it must begin with http:// or https://".into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not hold a name or password: give the key as the API key".into()));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/chat/completions").unwrap_or(path);
    let path = format!("{}/chat/completions", if path.is_empty() { "/v1" } else { path });
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

fn authorization(key: &str) -> Result<HeaderValue, OpenAiChatError> {
    let bad = |_| OpenAiChatError::BadSetting {
        key: "api_key",
        cause: "it holds characters that cannot be sent in a header".into(),
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

fn client(url: &Url, connect_timeout: Duration) -> Result<Client, OpenAiChatError> {
    let builder =
        crate::http_client::builder(Some(url)).connect_timeout(connect_timeout).redirect(Policy::none());
    builder.build().map_err(|error| OpenAiChatError::NoClient(chain(&error)))
}

impl Call {
    /// Sends the question, more than once if need be, and gives the reply as soon as it begins.
    async fn send(&self, messages: &[Message], deadline: Instant) -> Result<Response, ModelError> {
        let mut waits = WAITS.into_iter();
        loop {
            let attempt = timeout_at(deadline, self.attempt(messages)).await;
            let failure = match attempt {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(self.too_late()),
            };
            let wait = match (failure.again, waits.next()) {
                (Again::Soon, Some(wait)) => wait,
                (Again::After(asked), Some(wait)) => asked.max(wait),
                (Again::Never, _) | (_, None) => return Err(failure.error),
            };
            if Instant::now() + wait >= deadline {
                return Err(failure.error);
            }
            tracing::info!(cause = %failure.error, ?wait, "asking the model server again");
            sleep(wait).await;
        }
    }

    async fn attempt(&self, messages: &[Message]) -> Result<Response, Failure> {
        let Self { settings, teller, .. } = self;
        let body = Body {
            model: &settings.model,
            messages,
            stream: true,
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
        };
        let mut request = self.client.post(self.url.clone()).json(&body);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(|error| teller.broken(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if status.is_redirection() {
            let what =
                format!("status {}: the server sends us elsewhere (check `base_url`)", status.as_u16());
            return Err(Failure::last(teller.strange(&what, &header(LOCATION).unwrap_or_default())));
        }
        let retry_after = header(RETRY_AFTER);
        let body = self.body(response, Instant::now() + settings.idle_timeout).await.unwrap_or_default();
        Err(teller.refused(status, retry_after.as_deref(), &body))
    }

    /// The whole body. Its first byte may come as late as `deadline`.
    async fn body(&self, mut response: Response, deadline: Instant) -> Result<String, ModelError> {
        let mut bytes = Vec::new();
        let mut patience = deadline;
        loop {
            match timeout_at(patience, response.chunk()).await {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(self.teller.broken(error).error),
                Err(_) if bytes.is_empty() => return Err(self.too_late()),
                Err(_) => return Err(self.fell_silent()),
            }
            if bytes.len() > BODY_BYTES {
                let what = format!("the reply is longer than {BODY_BYTES} bytes");
                return Err(self.teller.strange(&what, ""));
            }
            patience = deadline.max(Instant::now() + self.settings.idle_timeout);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn too_late(&self) -> ModelError {
        let wait = self.settings.first_token_timeout;
        ModelError::Unavailable(format!("{}: no word came within {wait:?}", self.teller.address))
    }

    fn fell_silent(&self) -> ModelError {
        let wait = self.settings.idle_timeout;
        ModelError::Unavailable(format!(
            "{}: it fell silent for {wait:?} within an answer",
            self.teller.address
        ))
    }

    fn broke_off(&self, error: EventStreamError<reqwest::Error>) -> ModelError {
        match error {
            EventStreamError::Transport(error) => self.teller.broken(error).error,
            error => self.teller.strange("this is no event stream", &error.to_string()),
        }
    }

    /// Whether an answer that ended for this reason is whole.
    fn accept_end(&self, finish: Option<&str>) -> Result<(), ModelError> {
        match finish {
            None => Err(self.teller.strange("the stream ended without a finish_reason", "")),
            Some(reason @ ("content_filter" | "error")) => {
                Err(self.teller.strange("the server stopped the answer", reason))
            }
            Some(_) => Ok(()),
        }
    }

    fn empty(&self, finish: &str) -> ModelError {
        let what = format!("the answer is empty (it ended with {finish:?})");
        self.teller.strange(&what, if finish == "length" { "raise `max_tokens`" } else { "" })
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
            let messages = messages.map_err(|error| call.teller.strange("a prompt", &error.to_string()))?;
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
                let what = format!("{} is a web page (check `base_url`)", call.teller.address);
                return Err(call.teller.strange(&what, ""));
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
                let piece = Piece::read(&json, &self.call.teller)?;
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
                let piece = Piece::read(&data, &self.call.teller)?;
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

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn finds_the_address_to_ask() {
        let cases = [
            ("http://127.0.0.1:8000", Some("http://127.0.0.1:8000/v1/chat/completions")),
            ("http://127.0.0.1:8000/", Some("http://127.0.0.1:8000/v1/chat/completions")),
            ("https://api.openai.com/v1", Some("https://api.openai.com/v1/chat/completions")),
            ("https://api.openai.com/v1/", Some("https://api.openai.com/v1/chat/completions")),
            (" http://host/v1/chat/completions ", Some("http://host/v1/chat/completions")),
            ("https://host/v1beta/openai/", Some("https://host/v1beta/openai/chat/completions")),
            ("https://host/v1?version=1", Some("https://host/v1/chat/completions?version=1")),
            ("127.0.0.1:8000", None),
            ("localhost:8000", None),
            ("ftp://host", None),
            ("https://name:word@host/v1", None),
            ("", None),
        ];
        for (base, expected) in cases {
            assert_eq!(address(base).ok().map(String::from).as_deref(), expected, "{base:?}");
        }
    }
}
